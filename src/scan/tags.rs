//! Joins the tags that came in bulk with what is live, by ARN; what nothing lists stands as `unclassified`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::aws::tagging::Tagged;
use crate::kinds::registry;
use crate::model::live::UNCLASSIFIED;
use crate::model::{Arn, Coverage, Live, Symbol};

use super::GLOBAL;

/// What ARNs of one sort have in common: the service, the first word of the resource, and how many words it has.
type Shape = (String, String, usize);

fn shape(arn: &Arn<'_>) -> Shape {
    let words: Vec<&str> = arn.resource.split(['/', ':']).collect();
    // `/restapis/…` begins with nothing; a bare name is no word.
    let first = match words.as_slice() {
        ["", first, ..] | [first, _, ..] => first,
        _ => "",
    };
    (arn.service.to_owned(), first.to_owned(), words.len())
}

/// Which kinds have ARNs of a shape, by the templates of all kinds and by what is live.
fn kinds_by_shape(live: &[Live]) -> FxHashMap<Shape, Vec<Symbol>> {
    let mut shapes: FxHashMap<Shape, Vec<Symbol>> = FxHashMap::default();
    let mut learn = |arn: &str, kind: Symbol| {
        if let Some(arn) = Arn::parse(arn) {
            let kinds = shapes.entry(shape(&arn)).or_default();
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    };
    for kind in registry::all() {
        if let Some(arn) = kind.arn_of("aws", "us-east-1", "123456789012", "x") {
            learn(&arn, Symbol::known(kind.name));
        }
    }
    for one in live.iter().filter(|one| !one.arn.is_empty()) {
        learn(&one.arn, one.kind);
    }
    shapes
}

/// Gives tags to what has none of its own, and adds what is tagged and that no kind lists.
pub(super) fn join(live: &mut Vec<Live>, tagged: Vec<Tagged>, account: Symbol, coverage: &Coverage) {
    if tagged.is_empty() {
        return;
    }
    let shapes = kinds_by_shape(live);
    let mut by_arn: FxHashMap<Box<str>, Vec<usize>> = FxHashMap::default();
    for (at, one) in live.iter().enumerate().filter(|(_, one)| !one.arn.is_empty()) {
        by_arn.entry(one.arn.clone()).or_default().push(at);
    }
    let mut further: BTreeMap<String, Live> = BTreeMap::new();
    for one in tagged {
        if let Some(places) = by_arn.get(one.arn.as_str()) {
            for at in places {
                if live[*at].tags.is_empty() {
                    live[*at].tagged(one.tags.clone());
                }
            }
            continue;
        }
        let Some(arn) = Arn::parse(&one.arn) else { continue };
        if !(arn.account.is_empty() || account == *arn.account) {
            continue;
        }
        let region = one.region.unwrap_or(GLOBAL);
        // Its sort is listed, and it was not there: it is gone, and only its tags are still known.
        let gone = shapes.get(&shape(&arn)).is_some_and(|kinds| {
            kinds
                .iter()
                .all(|kind| coverage.listed(*kind, account, region) || coverage.listed(*kind, account, GLOBAL))
        });
        if gone {
            continue;
        }
        let mut unclassified = Live::new(UNCLASSIFIED, account, region, arn.resource, one.arn.as_str());
        unclassified.tagged(one.tags);
        further.insert(one.arn, unclassified);
    }
    live.extend(further.into_values());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cell, CellStatus, Tags};

    fn cell(kind: &str, status: CellStatus) -> Cell {
        Cell {
            kind: kind.into(),
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            status,
            count: 0,
            detail: None,
        }
    }

    fn joined(coverage: &Coverage) -> Vec<String> {
        let account = Symbol::known("123456789012");
        let arn = |rest: &str| format!("arn:aws:{rest}");
        let queue = arn("sqs:eu-west-1:123456789012:jobs");
        let mut live = vec![Live::new(
            "aws_sqs_queue",
            account,
            "eu-west-1".into(),
            "jobs",
            queue.as_str(),
        )];
        let tags: Tags = [("Project", "shop")].into_iter().collect();
        let tagged = [
            queue,
            arn("ec2:eu-west-1:123456789012:vpc/vpc-0123456789abcdef0"),
            arn("oddity:eu-west-1:123456789012:thing/x"),
            arn("oddity:eu-west-1:210987654321:thing/x"),
        ];
        let tagged = tagged.into_iter().map(|arn| Tagged {
            arn,
            region: Some("eu-west-1".into()),
            tags: tags.clone(),
        });
        join(&mut live, tagged.collect(), account, coverage);
        assert!(live.iter().all(|one| one.tags.get("Project") == Some("shop")));
        live.iter().map(|one| format!("{} {}", one.kind, one.id)).collect()
    }

    #[test]
    fn tags_come_to_what_is_live_and_nothing_is_invisible() {
        let coverage = [cell("aws_vpc", CellStatus::Listed)].into_iter().collect();
        assert_eq!(
            joined(&coverage),
            ["aws_sqs_queue jobs", "unclassified thing/x"],
            "a VPC that was not listed where all are listed is gone"
        );
        let coverage = [cell("aws_vpc", CellStatus::Denied)].into_iter().collect();
        assert_eq!(
            joined(&coverage),
            [
                "aws_sqs_queue jobs",
                "unclassified vpc/vpc-0123456789abcdef0",
                "unclassified thing/x"
            ],
            "where they could not be listed it is seen all the same"
        );
    }
}

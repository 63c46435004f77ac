//! Joins the tags that came in bulk with what is live, by ARN; what nothing lists stands as `unclassified`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::kinds::registry;
use crate::model::live::UNCLASSIFIED;
use crate::model::{Arn, Coverage, Live, Symbol, Tags};

use super::GLOBAL;

/// Types of ARNs that are parts of what is listed, or that pass within hours
/// (source: service authorization reference; described kinds hold the first two as settings).
const PARTS: &[(&str, &str)] = &[
    ("ec2", "security-group-rule"),
    ("ec2", "elastic-gpu"),
    ("ecs", "task"),
    ("ecs", "task-set"),
    ("ecs", "container-instance"),
];

/// What stands before the first slash or colon of an ARN's resource: `vpc` of `vpc/vpc-1`; nothing for a bare name.
fn sort_of<'a>(arn: &Arn<'a>) -> (&'a str, &'a str) {
    let sort = arn.resource.split_once(['/', ':']).map_or("", |(sort, _)| sort);
    (arn.service, sort)
}

/// Gives tags to what has none of its own, and adds what is tagged and that no kind lists.
pub(super) fn join(live: &mut Vec<Live>, tagged: Vec<(String, Tags)>, account: Symbol, coverage: &Coverage) {
    let mut by_arn: FxHashMap<Box<str>, Vec<usize>> = FxHashMap::default();
    // Which kinds have ARNs of a sort, by what is live and by the templates of all kinds.
    let mut sorts: FxHashMap<(String, String), Vec<Symbol>> = FxHashMap::default();
    let mut learn = |arn: &str, kind: Symbol| {
        if let Some(arn) = Arn::parse(arn) {
            let (service, sort) = sort_of(&arn);
            let kinds = sorts.entry((service.to_owned(), sort.to_owned())).or_default();
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
    for (at, one) in live.iter().enumerate().filter(|(_, one)| !one.arn.is_empty()) {
        by_arn.entry(one.arn.clone()).or_default().push(at);
        learn(&one.arn, one.kind);
    }
    let mut further: BTreeMap<String, Live> = BTreeMap::new();
    for (text, tags) in tagged {
        if let Some(places) = by_arn.get(text.as_str()) {
            for at in places {
                if live[*at].tags.is_empty() {
                    live[*at].tagged(tags.clone());
                }
            }
            continue;
        }
        let Some(arn) = Arn::parse(&text) else { continue };
        if !(arn.account.is_empty() || account == *arn.account) || PARTS.contains(&sort_of(&arn)) {
            continue;
        }
        let region = if arn.region.is_empty() { GLOBAL } else { Symbol::new(arn.region) };
        let (service, sort) = sort_of(&arn);
        let kinds = sorts.get(&(service.to_owned(), sort.to_owned()));
        // Its sort is listed, and it was not there: it is gone, and only its tags are still known.
        let gone = kinds.is_some_and(|kinds| {
            kinds.iter().all(|kind| {
                coverage.listed(*kind, account, region) || coverage.listed(*kind, account, GLOBAL)
            })
        });
        if gone {
            continue;
        }
        let mut one = Live::new(UNCLASSIFIED, account, region, arn.resource, text.as_str());
        one.tagged(tags);
        further.insert(text, one);
    }
    live.extend(further.into_values());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cell, CellStatus};

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
        let mut live = vec![Live::new("aws_sqs_queue", account, "eu-west-1".into(), "jobs", queue.as_str())];
        let tags: Tags = [("Project", "shop")].into_iter().collect();
        let tagged = [
            queue,
            arn("ec2:eu-west-1:123456789012:vpc/vpc-0123456789abcdef0"),
            arn("oddity:eu-west-1:123456789012:thing/x"),
            arn("oddity:eu-west-1:210987654321:thing/x"),
            arn("ec2:eu-west-1:123456789012:security-group-rule/sgr-0123456789abcdef0"),
        ];
        join(
            &mut live,
            tagged.into_iter().map(|arn| (arn, tags.clone())).collect(),
            account,
            coverage,
        );
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
            ["aws_sqs_queue jobs", "unclassified vpc/vpc-0123456789abcdef0", "unclassified thing/x"],
            "where they could not be listed it is seen all the same"
        );
    }
}

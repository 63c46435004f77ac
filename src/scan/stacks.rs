//! Joins what `CloudFormation` says that its stacks hold with what is live.

use rustc_hash::FxHashMap;

use crate::aws::stacks::{Held, SYSTEM};
use crate::kinds::facts::Scope;
use crate::kinds::registry;
use crate::model::{Delegate, Live, Origin, Symbol};

use super::GLOBAL;

/// Marks what stacks hold as theirs; each comes with the region of its stack. What the API itself calls a default or
/// another system's stays that.
pub(super) fn mark(live: &mut [Live], held: &[(Symbol, Held)]) {
    if held.is_empty() {
        return;
    }
    let mut kinds: FxHashMap<&str, Vec<(Symbol, bool)>> = FxHashMap::default();
    for kind in registry::all().filter(|kind| !kind.cloudformation.is_empty()) {
        let everywhere = kind.scope == Scope::Global;
        let of_sort = kinds.entry(kind.cloudformation).or_default();
        of_sort.push((Symbol::known(kind.name), everywhere));
    }
    let mut by_arn: FxHashMap<Box<str>, Vec<usize>> = FxHashMap::default();
    let mut by_key: FxHashMap<(Symbol, Box<str>), Vec<usize>> = FxHashMap::default();
    for (at, one) in live.iter().enumerate() {
        if !one.arn.is_empty() {
            by_arn.entry(one.arn.clone()).or_default().push(at);
        }
        for key in std::iter::once(&one.id).chain(&one.keys).chain(&one.name) {
            by_key.entry((one.kind, key.clone())).or_default().push(at);
        }
    }
    for (region, held) in held {
        let mut places: Vec<usize> = by_arn.get(held.physical.as_str()).cloned().unwrap_or_default();
        // A queue's id is an address, of which there are several for one queue.
        let physical = match held.physical.split_once("://") {
            Some((_, address)) => address.rsplit('/').next().unwrap_or(address),
            None => held.physical.as_str(),
        };
        if places.is_empty() {
            for (kind, everywhere) in kinds.get(held.sort.as_str()).into_iter().flatten() {
                let found = by_key.get(&(*kind, physical.into()));
                places.extend(found.into_iter().flatten().copied().filter(|at| {
                    let place = live[*at].region;
                    *everywhere || place == *region || place == GLOBAL
                }));
            }
        }
        for at in places {
            if live[at].origin.is_own() {
                live[at].origin = Origin::Delegated(Box::new(Delegate {
                    system: Symbol::known(SYSTEM),
                    name: held.stack.as_str().into(),
                    evidence: format!("resource {} of the stack {}", held.logical, held.stack).into(),
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stack_holds_is_its_own_in_its_region_only() {
        let account = Symbol::known("123456789012");
        let live = |kind: &str, region: &str, id: &str, arn: &str| Live::new(kind, account, region.into(), id, arn);
        let topic = "arn:aws:sns:eu-west-1:123456789012:news";
        let mut all = vec![
            live(
                "aws_vpc",
                "eu-west-1",
                "vpc-0123456789abcdef0",
                "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0123456789abcdef0",
            ),
            live("aws_sns_topic", "eu-west-1", topic, topic),
            live("aws_dynamodb_table", "us-east-1", "orders", ""),
            live("aws_dynamodb_table", "eu-west-1", "orders", ""),
            live("aws_vpc", "eu-west-1", "vpc-00000000000000001", ""),
            live("aws_sqs_queue", "eu-west-1", "jobs", ""),
        ];
        let held = |sort: &str, physical: &str| {
            let held = Held {
                stack: "shop".to_owned(),
                logical: "L".to_owned(),
                physical: physical.to_owned(),
                sort: sort.to_owned(),
            };
            (Symbol::known("eu-west-1"), held)
        };
        mark(
            &mut all,
            &[
                held("AWS::EC2::VPC", "vpc-0123456789abcdef0"),
                held("AWS::SNS::Topic", topic),
                held("AWS::DynamoDB::Table", "orders"),
                held("AWS::SQS::Queue", "https://sqs.example.com/123456789012/jobs"),
            ],
        );
        let marked: Vec<bool> = all.iter().map(|one| !one.origin.is_own()).collect();
        assert_eq!(marked, [true, true, false, true, false, true]);
    }
}

//! Joins what `CloudFormation` says that its stacks hold with what is live.

use rustc_hash::FxHashMap;

use crate::aws::stacks::StackResource;
use crate::kinds::registry;
use crate::model::{Delegate, Live, Origin, Symbol};

use super::GLOBAL;

/// The kind of stacks.
pub(super) const STACK: &str = "aws_cloudformation_stack";

/// One stack, as it was listed.
pub(super) struct Stack {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) region: Symbol,
}

/// The stacks among what is live.
pub(super) fn of(live: &[Live]) -> Vec<Stack> {
    live.iter()
        .filter(|one| one.kind == STACK)
        .map(|one| Stack {
            name: one.name.as_deref().unwrap_or(&one.id).to_owned(),
            id: if one.arn.is_empty() { &one.id } else { &one.arn }.to_string(),
            region: one.region,
        })
        .collect()
}

/// Marks what stacks hold as theirs. What the API itself calls a default or another system's stays that.
pub(super) fn mark(live: &mut [Live], stacks: &[(Stack, Vec<StackResource>)]) {
    let mut kinds: FxHashMap<&str, Vec<&'static str>> = FxHashMap::default();
    for kind in registry::all().filter(|kind| !kind.cloudformation.is_empty()) {
        kinds.entry(kind.cloudformation).or_default().push(kind.name);
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
    for (stack, resources) in stacks {
        for resource in resources {
            let physical = resource.physical.as_str();
            let mut places: Vec<usize> = by_arn.get(physical).cloned().unwrap_or_default();
            if places.is_empty() {
                for kind in kinds.get(resource.sort.as_str()).into_iter().flatten() {
                    let found = by_key.get(&(Symbol::known(kind), physical.into()));
                    places.extend(found.into_iter().flatten().copied().filter(|at| {
                        // S3 buckets have a region and are listed once; their names are nobody else's.
                        live[*at].region == stack.region || live[*at].region == GLOBAL || *kind == "aws_s3_bucket"
                    }));
                }
            }
            for at in places {
                if live[at].origin.is_own() {
                    live[at].origin = Origin::Delegated(Box::new(Delegate {
                        system: Symbol::known("cloudformation"),
                        name: stack.name.as_str().into(),
                        evidence: format!("resource {} of the stack {}", resource.logical, stack.name).into(),
                    }));
                }
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
            live("aws_vpc", "eu-west-1", "vpc-0123456789abcdef0", "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0123456789abcdef0"),
            live("aws_sns_topic", "eu-west-1", topic, topic),
            live("aws_dynamodb_table", "us-east-1", "orders", ""),
            live("aws_dynamodb_table", "eu-west-1", "orders", ""),
            live("aws_vpc", "eu-west-1", "vpc-00000000000000001", ""),
        ];
        let stack = Stack {
            name: "shop".to_owned(),
            id: "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1".to_owned(),
            region: "eu-west-1".into(),
        };
        let held = |sort: &str, physical: &str| StackResource {
            logical: "L".to_owned(),
            physical: physical.to_owned(),
            sort: sort.to_owned(),
        };
        mark(
            &mut all,
            &[(
                stack,
                vec![
                    held("AWS::EC2::VPC", "vpc-0123456789abcdef0"),
                    held("AWS::SNS::Topic", topic),
                    held("AWS::DynamoDB::Table", "orders"),
                ],
            )],
        );
        let marked: Vec<bool> = all.iter().map(|one| !one.origin.is_own()).collect();
        assert_eq!(marked, [true, true, false, true, false]);
    }
}

//! States of version 4, what `terraform show -json` prints of them, and files that are neither.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

const STACK: &str = include_str!("../../../tests/fixtures/states/stack.tfstate");
const STACK_SHOWN: &str = include_str!("../../../tests/fixtures/states/stack.show.json");
const DEPOSED: &str = include_str!("../../../tests/fixtures/states/deposed.tfstate");
const DEPOSED_SHOWN: &str = include_str!("../../../tests/fixtures/states/deposed.show.json");
const ENCRYPTED: &str = include_str!("../../../tests/fixtures/states/opentofu-encrypted.tfstate");

const AWS: &str = r#"provider["registry.terraform.io/hashicorp/aws"]"#;
const CANARY: &str = "hunter2-CANARY";

fn parse(text: &str) -> Parsed {
    parse_state(text.as_bytes(), "states/shop.tfstate")
}

/// Reads a state that must be readable.
fn claims(text: &str) -> Vec<Claim> {
    let parsed = parse(text);
    assert_eq!(parsed.state.status, StateStatus::Read, "{:?}", parsed.state.error);
    parsed.claims
}

/// A state with the given resources.
fn state(resources: &Json) -> String {
    json!({"version": 4, "terraform_version": "1.12.0", "serial": 7, "lineage": "a-b", "outputs": {}, "resources": resources})
        .to_string()
}

/// A state with one instance of `kind`.
fn one(kind: &str, instance: &Json) -> String {
    // Keys in the order of Terraform: serde_json sorts them, and `instances` would come first.
    let instance = instance.to_string();
    let provider = Json::from(AWS);
    format!(
        r#"{{"version":4,"terraform_version":"1.12.0","serial":7,"lineage":"a-b","outputs":{{}},"resources":[
            {{"mode":"managed","type":"{kind}","name":"a","provider":{provider},"instances":[{instance}]}}]}}"#
    )
}

fn error(text: &str) -> String {
    let parsed = parse(text);
    assert_ne!(parsed.state.status, StateStatus::Read);
    assert!(parsed.claims.is_empty());
    assert!(parsed.state.hint.as_deref().is_some_and(|hint| !hint.is_empty()));
    parsed.state.error.expect("an error")
}

#[test]
fn a_whole_stack_is_read() {
    let parsed = parse(STACK);
    assert_eq!(parsed.state.status, StateStatus::Read);
    assert_eq!(parsed.state.serial, Some(60));
    assert_eq!(
        parsed.state.lineage.as_deref(),
        Some("42bf1968-3eff-15a6-8ce5-133d27057808")
    );
    assert_eq!(parsed.state.terraform_version.as_deref(), Some("1.11.4"));
    assert_eq!(&*parsed.state.project, "shop");
    assert_eq!(parsed.state.claims, 52);
    assert_eq!(parsed.claims.iter().filter(|claim| claim.is_managed()).count(), 52);
    assert_eq!(parsed.claims.iter().filter(|claim| claim.tainted).count(), 2);
    assert_eq!(
        parsed.other_providers,
        [(Symbol::new("terraform.io/builtin/terraform"), 1)]
    );

    let at = |address: &str| {
        parsed
            .claims
            .iter()
            .find(|claim| &*claim.address == address)
            .unwrap_or_else(|| panic!("{address}"))
    };
    let vpc = at("module.net.aws_vpc.this");
    assert!(vpc.id.as_deref().is_some_and(|id| id.starts_with("vpc-")));
    assert_eq!(vpc.region, Some(Symbol::new("us-east-1")));
    assert_eq!(vpc.account, Some(Symbol::new("123456789012")));
    assert_eq!(vpc.configuration.text("cidr_block"), Some("10.0.0.0/16"));
    assert_eq!(vpc.tags.get("ManagedBy"), Some("terraform"));

    let queue = at(r#"aws_sqs_queue.q["jobs"]"#);
    assert_eq!(queue.region, Some(Symbol::new("us-east-1")));
    let replica = at("aws_s3_bucket.replica");
    assert_eq!(&*replica.provider, format!("{AWS}.west"));
    assert_eq!(replica.region, Some(Symbol::new("us-west-2")));
    assert_eq!(replica.account, None);
    assert_eq!(at("data.aws_ami.al").mode, Mode::Data);
    assert_eq!(at("data.aws_ami.al").account, None);

    let service = at("aws_ecs_service.app");
    for (via, start) in [
        ("cluster", "arn:aws:ecs:"),
        ("network_configuration", "sg-"),
        ("network_configuration", "subnet-"),
        ("load_balancer", "arn:aws:elasticloadbalancing:"),
    ] {
        let known = service
            .candidates
            .iter()
            .any(|candidate| &*candidate.via == via && candidate.target.starts_with(start))
            || service.configuration.iter().any(|(name, _)| &*name == via);
        assert!(known, "{via} {start}");
    }
}

#[test]
fn what_show_prints_says_the_same() {
    let key = |claim: &Claim| (claim.address.clone(), claim.deposed.clone());
    for (state, shown) in [(STACK, STACK_SHOWN), (DEPOSED, DEPOSED_SHOWN)] {
        let state: BTreeMap<_, _> = claims(state).into_iter().map(|claim| (key(&claim), claim)).collect();
        let shown: BTreeMap<_, _> = claims(shown).into_iter().map(|claim| (key(&claim), claim)).collect();
        assert_eq!(state.keys().collect::<Vec<_>>(), shown.keys().collect::<Vec<_>>());
        for (key, claim) in state {
            let shown = &shown[&key];
            let alike = Claim {
                provider: claim.provider,
                tainted: claim.tainted,
                ..shown.clone()
            };
            assert_eq!(alike, claim);
            assert!(claim.provider.starts_with(shown.provider.as_str()));
        }
    }
    let parsed = parse(STACK_SHOWN);
    assert_eq!((parsed.state.lineage, parsed.state.serial), (None, None));
    assert_eq!(parsed.state.claims, 52);
}

#[test]
fn deposed_objects_are_claims_of_their_own() {
    let claims = claims(DEPOSED);
    assert_eq!(claims.len(), 2);
    assert_eq!(claims[0].address, claims[1].address);
    assert_eq!(claims[0].deposed, None);
    assert_eq!(claims[1].deposed.as_deref(), Some("20226192"));
    assert_ne!(claims[0].arn, claims[1].arn);
    assert_eq!(
        parse(DEPOSED)
            .other_providers
            .iter()
            .map(|(_, count)| count)
            .sum::<u64>(),
        17
    );
}

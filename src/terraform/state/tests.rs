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
/// Not in the form of anything that is kept.
const CANARY: &str = "hunter2 CANARY!";

fn parse(text: &str) -> Parsed {
    parse_state(text.as_bytes(), "states/shop.tfstate")
}

/// Reads a state that must be readable.
fn claims(text: &str) -> Vec<Claim> {
    let parsed = parse(text);
    assert_eq!(parsed.state.status, StateStatus::Read, "{:?}", parsed.state.error);
    parsed.claims
}

/// A state with the given resources. `serde_json` sorts keys here, so `instances` comes before `type`.
fn state(resources: &Json) -> String {
    json!({"version": 4, "terraform_version": "1.12.0", "serial": 7, "lineage": "a-b", "outputs": {}, "resources": resources})
        .to_string()
}

/// A state with one instance of `kind`.
fn one(kind: &str, instance: &Json) -> String {
    state(&json!([{"mode": "managed", "type": kind, "name": "a", "provider": AWS, "instances": [instance]}]))
}

/// The claim of one instance of `kind` with the given attributes.
fn claim(kind: &str, attributes: &Json) -> Claim {
    let mut claims = claims(&one(kind, &json!({"schema_version": 0, "attributes": attributes})));
    assert_eq!(claims.len(), 1);
    claims.remove(0)
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

#[test]
fn the_order_of_keys_changes_nothing() {
    for text in [STACK, STACK_SHOWN, DEPOSED, DEPOSED_SHOWN] {
        let json: Json = serde_json::from_str(text).expect("JSON");
        let (plain, sorted) = (parse(text), parse(&json.to_string()));
        assert_eq!(plain.state, sorted.state);
        // `child_modules` come before `resources` there.
        let in_order = |claims: Vec<Claim>| {
            let mut claims = claims;
            claims.sort_by(|a, b| (&a.address, &a.deposed).cmp(&(&b.address, &b.deposed)));
            claims
        };
        assert_eq!(in_order(plain.claims), in_order(sorted.claims));
        assert_eq!(plain.other_providers, sorted.other_providers);
    }
}

#[test]
fn modules_and_keys_make_the_address() {
    let resource = |module: Json, mode: &str, instances: Json| json!({"module": module, "mode": mode, "type": "aws_vpc", "name": "a", "provider": AWS, "instances": instances});
    let text = state(&json!([
        resource(json!(null), "managed", json!([{"attributes": {}}])),
        resource(
            json!("module.m[\"b c\"].module.n[0]"),
            "managed",
            json!([
                {"index_key": 0, "attributes": {}},
                {"index_key": 1, "attributes": {}},
                {"index_key": "k.\"1", "attributes": {}},
            ])
        ),
        resource(json!("module.m"), "data", json!([{"attributes": {}}])),
        resource(json!("module.none"), "managed", json!([])),
        resource(json!("module.none"), "managed", json!(null)),
    ]));
    let addresses: Vec<_> = claims(&text).into_iter().map(|claim| claim.address).collect();
    assert_eq!(
        addresses.iter().map(|address| &**address).collect::<Vec<_>>(),
        [
            "aws_vpc.a",
            "module.m[\"b c\"].module.n[0].aws_vpc.a[0]",
            "module.m[\"b c\"].module.n[0].aws_vpc.a[1]",
            "module.m[\"b c\"].module.n[0].aws_vpc.a[\"k.\\\"1\"]",
            "module.m.data.aws_vpc.a",
        ]
    );
}

#[test]
fn providers_are_told_apart() {
    let resource = |provider: &str, kind: &str| {
        let instance = json!({"attributes": {"id": "i"}});
        json!({"mode": "managed", "type": kind, "name": "a", "provider": provider, "instances": [instance, instance]})
    };
    let text = state(&json!([
        resource("provider.aws", "aws_vpc"),
        resource("module.x.provider.aws.west", "aws_vpc"),
        resource("provider[\"registry.opentofu.org/hashicorp/aws\"]", "aws_vpc"),
        resource("provider[\"registry.terraform.io/hashicorp/awscc\"]", "awscc_ec2_vpc"),
        resource("provider[\"example.com/fork/other\"]", "aws_vpc"),
        resource("provider[\"registry.terraform.io/hashicorp/random\"]", "random_password"),
        resource("provider[\"registry.terraform.io/hashicorp/google\"]", "google_project"),
        resource("provider[\"registry.terraform.io/hashicorp/google\"]", "google_compute_network"),
        {"mode": "data", "type": "http", "name": "a", "provider": "provider[\"registry.terraform.io/hashicorp/http\"]",
         "instances": [{"attributes": {}}]},
        // OpenTofu: the provider stands at the instances.
        {"mode": "managed", "type": "aws_vpc", "name": "a", "instances": [
            {"index_key": "x", "attributes": {}, "instance_provider": "provider[\"registry.opentofu.org/hashicorp/aws\"].by[\"x\"]"}]},
    ]));
    let parsed = parse(&text);
    assert_eq!(parsed.state.claims, 11);
    assert_eq!(
        parsed.other_providers,
        [
            (Symbol::new("registry.terraform.io/hashicorp/google"), 4),
            (Symbol::new("registry.terraform.io/hashicorp/random"), 2),
        ]
    );
    assert_eq!(
        &*parsed.claims[10].provider,
        "provider[\"registry.opentofu.org/hashicorp/aws\"].by[\"x\"]"
    );
    assert_eq!(parsed.state.unknown_types, [(Symbol::new("awscc_ec2_vpc"), 2)]);
}

#[test]
fn types_that_no_kind_knows_are_claims_and_counted() {
    let resource = |mode: &str, instances: usize| {
        let instance = json!({"schema_version": 99, "attributes": {
            "id": "n-1", "arn": "arn:aws:new:eu-west-1:123456789012:thing/n-1", "vpc": ["vpc-0a1b2c3d"], "name": CANARY}});
        json!({"mode": mode, "type": "aws_new_thing", "name": "a", "provider": AWS, "instances": vec![instance; instances]})
    };
    let parsed = parse(&state(&json!([resource("managed", 3), resource("data", 2)])));
    assert_eq!(parsed.state.unknown_types, [(Symbol::new("aws_new_thing"), 3)]);
    assert_eq!(parsed.claims.len(), 5);
    let claim = &parsed.claims[0];
    assert_eq!(claim.id.as_deref(), Some("n-1"));
    assert_eq!(claim.region, Some(Symbol::new("eu-west-1")));
    assert_eq!(&*claim.candidates[0].target, "vpc-0a1b2c3d");
    assert!(claim.configuration.is_empty());
}

#[test]
fn region_and_account_come_from_where_they_are_known() {
    let whereabouts = |instance: Json| {
        let claim = claims(&one("aws_vpc", &instance)).remove(0);
        (claim.region.map(Symbol::as_str), claim.account.map(Symbol::as_str))
    };
    for (instance, region, account) in [
        (json!({"attributes": {"id": "vpc-0a1b2c3d"}}), None, None),
        (
            json!({"attributes": {"arn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d"}}),
            Some("eu-west-1"),
            Some("123456789012"),
        ),
        (
            json!({"attributes": {"arn": "arn:aws:s3:::bucket", "region": "us-west-2"}}),
            Some("us-west-2"),
            None,
        ),
        (json!({"attributes": {"arn": "arn:aws:s3:::bucket"}}), None, None),
        (
            json!({"attributes": {"arn": "arn:aws:iam::123456789012:role/a"}}),
            None,
            Some("123456789012"),
        ),
        (
            json!({"attributes": {"id": "arn:aws-cn:ecs:cn-north-1:123456789012:service/a/b"}}),
            Some("cn-north-1"),
            Some("123456789012"),
        ),
        (
            json!({"attributes": {"arn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:With Spaces"}}),
            Some("eu-west-1"),
            Some("123456789012"),
        ),
        (
            json!({"attributes": {}, "identity": {"account_id": "123456789012", "region": "eu-north-1", "id": "x"}}),
            Some("eu-north-1"),
            Some("123456789012"),
        ),
        (
            json!({"attributes": {}, "identity": {"arn": "arn:aws:acm:eu-north-1:123456789012:certificate/a"}}),
            Some("eu-north-1"),
            Some("123456789012"),
        ),
        (
            json!({"attributes": {"region": "not a region", "arn": "x"}}),
            None,
            None,
        ),
    ] {
        assert_eq!(whereabouts(instance.clone()), (region, account), "{instance}");
    }
}

#[test]
fn the_identity_is_kept_as_the_provider_gave_it() {
    let instance = json!({"attributes": {"id": "a"}, "identity_schema_version": 1,
        "identity": {"account_id": "123456789012", "bucket": "a", "region": null, "n": 3, "nested": {"x": CANARY}}});
    let claim = claims(&one("aws_s3_bucket", &instance)).remove(0);
    assert_eq!(claim.identity.text("bucket"), Some("a"));
    assert_eq!(claim.identity.get("n"), Some(&crate::model::Value::Integer(3)));
    assert_eq!(claim.identity.len(), 3);
}

#[test]
fn the_tags_are_those_that_the_resource_carries() {
    let tags = |attributes: Json| {
        claim("aws_vpc", &attributes)
            .tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        tags(json!({"tags": {"a": "1"}, "tags_all": {"a": "1", "b": "2"}})),
        ["a=1", "b=2"]
    );
    assert_eq!(tags(json!({"tags": {"a": "1", "n": null}, "tags_all": {}})), ["a=1"]);
    assert_eq!(tags(json!({"tags": null, "tags_all": null})), [""; 0]);
    assert_eq!(
        tags(json!({"tag": [{"key": "a", "value": "1", "propagate_at_launch": true}, {"key": "b", "value": "2"}]})),
        ["a=1", "b=2"]
    );
    assert_eq!(tags(json!({"tags": "x", "tags_all": [["y"]]})), [""; 0]);
}

#[test]
fn other_strings_are_candidates_where_their_shape_is_exact() {
    let role = "arn:aws:iam::123456789012:role/a";
    let claim = claim(
        "aws_new_thing",
        &json!({
            "policy": format!("{{\"Resource\":\"{role}\"}}"),
            "text": format!("see {role} or"),
            "role_arn": role,
            "block": [{"role_arn": role, "vpc": "vpc-0a1b2c3d"}, {"vpc": "vpc-0a1b2c3d"}],
            "tags": {"vpc": "vpc-11111111"},
            "Odd Key": {"x": "vpc-22222222"},
            "n": [1, -1, 1.5, true, null],
        }),
    );
    let found: Vec<_> = claim
        .candidates
        .iter()
        .map(|candidate| (candidate.via.as_str(), &*candidate.target))
        .collect();
    assert_eq!(
        found,
        [
            ("attribute", "vpc-22222222"),
            ("block", role),
            ("block", "vpc-0a1b2c3d"),
            ("role_arn", role)
        ]
    );
}

#[test]
fn what_a_kind_names_is_kept_and_the_rest_is_not() {
    let claim = claim(
        "aws_vpc",
        &json!({
            "id": "vpc-0a1b2c3d", "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d",
            "cidr_block": "10.0.0.0/16", "instance_tenancy": "default", "dhcp_options_id": "dopt-0a1b2c3d",
            "enable_dns_support": true, "main_route_table_id": "rtb-0a1b2c3d", "vpc_copy": "vpc-0a1b2c3d",
            "owner_id": "123456789012", "timeouts": null,
        }),
    );
    assert_eq!(claim.configuration.text("cidr_block"), Some("10.0.0.0/16"));
    assert_eq!(claim.configuration.text("dhcp_options_id"), Some("dopt-0a1b2c3d"));
    assert_eq!(claim.configuration.get("owner_id"), None);
    let targets: Vec<_> = claim.candidates.iter().map(|candidate| &*candidate.target).collect();
    assert_eq!(targets, ["rtb-0a1b2c3d"]);
}

#[test]
fn a_facet_keeps_what_names_its_whole() {
    let claim = claim(
        "aws_vpc_ipv4_cidr_block_association",
        &json!({"id": "vpc-cidr-assoc-0a1b2c3d", "vpc_id": "vpc-0a1b2c3d", "cidr_block": "10.1.0.0/16"}),
    );
    assert_eq!(claim.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
    assert_eq!(claim.configuration.len(), 1);
}

#[test]
fn flat_attributes_of_old_states_give_ids_tags_and_candidates() {
    let instance = json!({"schema_version": 1, "attributes_flat": {
        "id": "vpc-0a1b2c3d", "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d", "cidr_block": "10.0.0.0/16",
        "dhcp_options_id": "dopt-0a1b2c3d", "tags.%": "1", "tags.Name": "main", "subnets.#": "1",
        "subnets.1234": "subnet-0a1b2c3d", "password": CANARY}});
    let parsed = parse(&one("aws_vpc", &instance));
    let claim = &parsed.claims[0];
    assert_eq!(claim.id.as_deref(), Some("vpc-0a1b2c3d"));
    assert_eq!(claim.region, Some(Symbol::new("eu-west-1")));
    assert_eq!(claim.tags.get("Name"), Some("main"));
    assert_eq!(claim.tags.len(), 1);
    assert_eq!(claim.configuration.text("dhcp_options_id"), Some("dopt-0a1b2c3d"));
    assert!(
        claim
            .candidates
            .iter()
            .any(|c| &*c.via == "subnets" && &*c.target == "subnet-0a1b2c3d")
    );
    assert!(!format!("{parsed:?}").contains(CANARY));
}

#[test]
fn a_half_made_instance_is_a_claim_too() {
    let instance = json!({"status": "tainted", "attributes": {"id": null, "arn": null, "tags": null}});
    let claim = claims(&one("aws_vpc", &instance)).remove(0);
    assert!(claim.tainted && claim.id.is_none() && claim.arn.is_none());
    assert_eq!(claims(&one("aws_vpc", &json!({"schema_version": 0}))).len(), 1);
}

#[test]
fn numbers_beyond_doubles_are_whole() {
    for (number, value) in [
        ("9007199254740993", crate::model::Value::Integer(9_007_199_254_740_993)),
        ("-5", crate::model::Value::Integer(-5)),
        ("5.0", crate::model::Value::Integer(5)),
        ("0.5", crate::model::Value::from("0.5")),
        (
            "18446744073709551615",
            crate::model::Value::from("18446744073709551615"),
        ),
    ] {
        let text = one("aws_vpc", &json!({"attributes": {"cidr_block": "NUMBER"}})).replace("\"NUMBER\"", number);
        assert_eq!(
            claims(&text)[0].configuration.get("cidr_block"),
            Some(&value),
            "{number}"
        );
    }
}

#[test]
fn byte_order_marks_line_ends_and_utf_16_are_fine() {
    let text = one("aws_vpc", &json!({"attributes": {"id": "vpc-0a1b2c3d"}})).replace(',', ",\r\n");
    let little: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    for bytes in [
        text.clone().into_bytes(),
        format!("\u{feff}{text}").into_bytes(),
        little,
        big,
    ] {
        let parsed = parse_state(&bytes, "a.tfstate");
        assert_eq!(parsed.state.error, None);
        assert_eq!(parsed.state.claims, 1);
    }
}

#[test]
fn a_state_without_resources_is_read_and_a_file_without_content_is_empty() {
    assert_eq!(claims(&state(&json!([]))), []);
    assert_eq!(claims(&state(&json!(null))), []);
    assert_eq!(
        claims(r#"{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":{}}}"#),
        []
    );
    for text in ["", " \r\n\t", "\u{feff}", "\0\0\0\0", r#"{"format_version":"1.0"}"#] {
        let parsed = parse(text);
        assert_eq!(parsed.state.status, StateStatus::Empty, "{text:?}");
        assert!(parsed.state.error.is_some() && parsed.state.hint.is_some());
        assert!(parsed.state.is_gap());
    }
}

#[test]
fn what_is_no_state_says_what_it_is() {
    for (text, start) in [
        (
            r#"{"version":3,"serial":1,"modules":[{"path":["root"],"resources":{"aws_vpc.a":{}}}]}"#,
            "has format version 3",
        ),
        (r#"{"version":1,"serial":1,"modules":[]}"#, "has format version 1"),
        (r#"{"version":5,"resources":[]}"#, "has format version 5"),
        (
            r#"{"version":"4","resources":[]}"#,
            "has a `version` that is not a number",
        ),
        (r#"{"version":4}"#, "has version 4 but no `resources`"),
        (r#"{"a":1}"#, "is JSON, but not a state: it has no `version`"),
        ("[]", "is JSON, but not a state"),
        ("7", "is JSON, but not a state"),
        (
            r#"{"format_version":"2.0","values":{"root_module":{}}}"#,
            "has a `format_version`",
        ),
        (
            r#"{"format_version":"1.0","provider_schemas":{}}"#,
            "is JSON from Terraform, but not a state",
        ),
        (
            r#"{"format_version":"1.2","planned_values":{},"resource_changes":[]}"#,
            "is a plan",
        ),
        (r#"{"version":4,"resources":[],"sops":{}}"#, "is encrypted by SOPS"),
        ("PK\u{3}\u{4}rest", "is a zip archive"),
        ("version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        ("$ANSIBLE_VAULT;1.1;AES256\n", "is encrypted by Ansible Vault"),
        ("<html>", "is HTML or XML"),
        ("<<<<<<< HEAD\n", "is HTML or XML"),
        ("{\n<<<<<<< HEAD\n", "holds conflict markers"),
        (
            "{\"version\":4,\"resources\":[]} x",
            "is not valid JSON, at line 1, column 30",
        ),
        ("not JSON", "is not valid JSON"),
        (ENCRYPTED, "is encrypted by OpenTofu"),
    ] {
        let error = error(text);
        assert!(error.starts_with(start), "{error}");
    }
    let encrypted = parse(ENCRYPTED).state;
    assert_eq!(encrypted.serial, Some(29));
    assert!(encrypted.hint.is_some_and(|hint| hint.contains("tofu state pull")));
    let plan = parse(r#"{"format_version":"1.2","resource_changes":[]}"#).state;
    assert!(plan.hint.is_some_and(|hint| hint.contains("whose check")));
    for bytes in [&b"\x1f\x8b\x08"[..], b"\xff\xfe\x00", b"{\"a\":\"\xc3\x28\"}"] {
        let parsed = parse_state(bytes, "a");
        assert_eq!(parsed.state.status, StateStatus::Unreadable);
    }
}

#[test]
fn a_backend_file_tells_its_type_and_nothing_else() {
    let text = json!({"version": 3, "terraform_version": "1.11.4", "backend": {
        "type": "s3", "config": {"access_key": CANARY, "bucket": CANARY}, "hash": 1}})
    .to_string();
    for text in [
        text.clone(),
        text.replace("\"version\"", "\"modules\":[{\"resources\":{}}],\"version\""),
    ] {
        let parsed = parse(&text);
        assert_eq!(parsed.backend, Some(Symbol::new("s3")));
        assert_eq!(parsed.state.status, StateStatus::Unreadable);
        assert!(!format!("{parsed:?}").contains(CANARY));
    }
    let old = text.replace(
        "\"version\"",
        "\"modules\":[{\"resources\":{\"aws_vpc.a\":{}}}],\"version\"",
    );
    assert_eq!(parse(&old).backend, None);
    let odd = text.replace("\"s3\"", &format!("\"{CANARY}\""));
    assert_eq!(parse(&odd).backend, Some(Symbol::new("unknown")));
}

#[test]
fn an_error_says_where() {
    let good = one("aws_vpc", &json!({"attributes": {"id": "a"}}));
    for (from, to, place) in [
        ("\"mode\":\"managed\"", "\"mode\":\"other\"", "(in `resources[0]`)"),
        ("\"type\":\"aws_vpc\"", "\"type\":{\"a\":1}", "(in `resources[0]`)"),
        ("\"type\":\"aws_vpc\"", "\"x\":1", "(in `resources[0].instances[0]`)"),
        ("\"instances\":[", "\"x\":[", "(in `resources[0]`)"),
        (
            "\"instances\":[{",
            "\"instances\":[7,{",
            "(in `resources[0].instances[0]`)",
        ),
        (
            "\"attributes\":{",
            "\"attributes\":\"x\",\"b\":{",
            "(in `resources[0].instances[0]`)",
        ),
        (
            "\"attributes\"",
            "\"index_key\":{},\"attributes\"",
            "(in `resources[0].instances[0]`)",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        let error = error(&good.replace(from, to));
        assert!(error.contains("line 1, column "), "{error}");
        if !from.contains("type\":\"aws_vpc") || !to.contains('x') {
            assert!(error.ends_with(place), "{to}: {error}");
        }
    }
}

#[test]
fn odd_json_ends_nowhere_but_in_words() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let nested = one("aws_vpc", &json!({"attributes": {"x": "DEEP"}})).replace("\"DEEP\"", &deep(100_000));
    assert!(error(&nested).starts_with("is nested too deeply"));
    // What is skipped may be as deep as it likes.
    let skipped = state(&json!([])).replace("\"outputs\":{}", &format!("\"outputs\":{}", deep(100_000)));
    assert_eq!(claims(&skipped), []);
    let twice = one("aws_vpc", &json!({"attributes": {"id": "a"}}))
        .replace(
            "\"attributes\":{",
            "\"attributes\":{\"id\":\"b\",\"tags\":{\"a\":\"1\",\"a\":\"2\"},",
        )
        .replace("\"version\":4", "\"version\":4,\"version\":4");
    assert_eq!(claims(&twice)[0].id.as_deref(), Some("a"));
    let key = "k".repeat(1 << 20);
    let huge = claims(&one("aws_vpc", &json!({"index_key": key, "attributes": {}})));
    assert_eq!(huge[0].address.len(), "aws_vpc.a[\"\"]".len() + (1 << 20));
    let number = one("aws_vpc", &json!({"attributes": {"x": "NUMBER"}})).replace("\"NUMBER\"", "1e999");
    assert!(error(&number).starts_with("is not valid JSON"));
}

/// A state that holds the canary everywhere where states hold secrets.
fn with_secrets() -> Json {
    let sensitive =
        json!([[{"type": "get_attr", "value": "instance_tenancy"}], [{"type": "get_attr", "value": "tags"}]]);
    let resource = |provider: &str, mode: &str, kind: &str, attributes: Json| {
        json!({"mode": mode, "type": kind, "name": "a", "provider": provider, "instances": [{
            "schema_version": 0, "attributes": attributes, "sensitive_attributes": [], "private": CANARY,
            "dependencies": [CANARY]}]})
    };
    let random = "provider[\"registry.terraform.io/hashicorp/random\"]";
    json!({
        "version": 4, "terraform_version": "1.12.0", "serial": 7, "lineage": "a-b",
        "outputs": {"pw": {"value": CANARY, "type": "string", "sensitive": true}},
        "check_results": [{"object_kind": CANARY}],
        "resources": [
            resource(random, "managed", "random_password", json!({"id": "none", "result": CANARY})),
            resource(AWS, "managed", "aws_db_instance", json!({
                "id": "db-ABC", "identifier": "shop", "password": CANARY, "password_wo": CANARY,
                "address": CANARY, "domain_auth_secret_arn": format!("arn:aws:x:::{CANARY}"),
                "user_data": CANARY, "secret": {CANARY: CANARY}, CANARY: [CANARY]})),
            resource(AWS, "managed", "aws_instance", json!({
                "id": "i-0a1b2c3d", "user_data": CANARY, "user_data_base64": CANARY, "password_data": CANARY})),
            resource(AWS, "managed", "aws_launch_template", json!({"id": "lt-0a1b2c3d", "user_data": CANARY})),
            resource(AWS, "managed", "aws_ecs_task_definition", json!({
                "id": "app", "container_definitions": format!("[{{\"environment\":[{{\"value\":\"{CANARY}\"}}]}}]")})),
            resource(AWS, "managed", "aws_lambda_function", json!({
                "id": "f", "environment": [{"variables": {"KEY": CANARY, CANARY: "x"}}]})),
            resource(AWS, "managed", "aws_secretsmanager_secret_version", json!({
                "id": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a|1", "secret_string": CANARY})),
            resource(AWS, "managed", "aws_ssm_parameter", json!({"id": "/a", "value": CANARY})),
            resource(AWS, "managed", "aws_iam_access_key", json!({"id": "AKIAIOSFODNN7EXAMPLE", "secret": CANARY})),
            resource(AWS, "managed", "aws_new_thing", json!({"id": "x", "name": CANARY, "list": [[CANARY]]})),
            resource(AWS, "data", "aws_secretsmanager_secret_version", json!({"id": "x", "secret_string": CANARY})),
            {"mode": "managed", "type": "aws_vpc", "name": "a", "provider": AWS, "instances": [{
                "attributes": {"id": "vpc-0a1b2c3d", "instance_tenancy": CANARY, "tags": {"a": CANARY},
                    "tags_all": {"a": CANARY}, "arn": CANARY, "region": CANARY},
                "sensitive_attributes": sensitive, "private": CANARY}]},
        ],
    })
}

fn assert_silent(bytes: &[u8], what: &str) {
    let parsed = parse_state(bytes, "a.tfstate");
    let said = format!("{parsed:?}");
    for part in ["hunter2", "CANARY"] {
        assert!(!said.contains(part), "{what}: {said}");
    }
}

#[test]
fn no_secret_outlives_the_reading() {
    let state = with_secrets();
    let parsed = parse(&state.to_string());
    assert_eq!(parsed.state.status, StateStatus::Read);
    assert_eq!(parsed.claims.len(), 11);
    assert_silent(state.to_string().as_bytes(), "compact");
    assert_silent(serde_json::to_string_pretty(&state).expect("JSON").as_bytes(), "pretty");
    // The same as `terraform show -json` prints it.
    let resources: Vec<Json> = state["resources"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|resource| {
            json!({"address": "x", "mode": resource["mode"], "type": resource["type"], "name": "a",
                "provider_name": "registry.terraform.io/hashicorp/aws", "values": resource["instances"][0]["attributes"],
                "sensitive_values": {"instance_tenancy": true, "tags": {"a": true}, "tags_all": [{"a": true}]}})
        })
        .collect();
    let shown = json!({"format_version": "1.0", "values": {"outputs": {"pw": {"value": CANARY}},
        "root_module": {"child_modules": [{"address": "m", "resources": resources}]}}});
    let parsed = parse(&shown.to_string());
    assert_eq!((parsed.state.status, parsed.claims.len()), (StateStatus::Read, 12));
    assert_silent(shown.to_string().as_bytes(), "shown");
}

#[test]
fn no_secret_is_in_what_is_said_of_a_broken_state() {
    let text = with_secrets().to_string();
    // Cut at each place.
    for end in 0..text.len() {
        assert_silent(&text.as_bytes()[..end], "cut");
    }
    // Broken right after each secret.
    for (at, _) in text.match_indices(CANARY) {
        let end = at + CANARY.len();
        for broken in ["\\q", "\u{1}", "\\ud800", "\" x", "\":"] {
            assert_silent(format!("{}{broken}{}", &text[..end], &text[end..]).as_bytes(), broken);
        }
        let mut bytes = text.as_bytes()[..end].to_vec();
        bytes.extend(b"\xff\xfe");
        bytes.extend(&text.as_bytes()[end..]);
        assert_silent(&bytes, "not UTF-8");
    }
}

/// Every place in a JSON value, as a pointer.
fn pointers(value: &Json, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                pointers(value, &format!("{at}/{}", escape(key)), into);
            }
        }
        Json::Array(items) => {
            for (number, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{number}"), into);
            }
        }
        _ => {}
    }
}

#[test]
fn no_secret_at_a_place_of_another_type_is_said() {
    let state = with_secrets();
    let mut places = Vec::new();
    pointers(&state, "", &mut places);
    assert!(places.len() > 100);
    // Where a text belongs and is kept: names, ids and what the facts name.
    // A path of another attribute makes that one sensitive.
    let kept = |place: &str| {
        ["/name", "/id", "/provider", "/type"]
            .iter()
            .any(|end| place.ends_with(end))
    };
    for place in places {
        if place.ends_with("/identifier") {
            // The facts name it, with whatever is in it.
            continue;
        }
        for value in [json!({CANARY: CANARY}), json!([CANARY]), json!([{CANARY: [CANARY]}])] {
            let mut broken = state.clone();
            *broken.pointer_mut(&place).expect("a place") = value;
            assert_silent(broken.to_string().as_bytes(), &place);
        }
        if !kept(&place) && !place.ends_with("/value") {
            let mut broken = state.clone();
            *broken.pointer_mut(&place).expect("a place") = json!(CANARY);
            assert_silent(broken.to_string().as_bytes(), &place);
        }
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        Just("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d".to_owned()),
        Just("sg-0a1b2c3d".to_owned()),
        Just("managed".to_owned()),
        Just("aws_vpc".to_owned()),
        ".{0,8}",
    ];
    let key = prop_oneof![
        Just("id".to_owned()),
        Just("tags".to_owned()),
        Just("value".to_owned()),
        Just("resources".to_owned()),
        Just("instances".to_owned()),
        Just("subnets".to_owned()),
        ".{0,4}",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        text.prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// Every type that a kind knows.
fn known_types() -> Vec<&'static str> {
    crate::kinds::registry::all()
        .flat_map(|kind| {
            let facets = kind.facets.iter().map(|facet| facet.kind);
            [kind.name]
                .into_iter()
                .chain(kind.aliases.iter().copied())
                .chain(kind.adopters.iter().copied())
                .chain(facets)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_value_in_any_place_gives_a_state(value in any_json(), place in any::<prop::sample::Index>()) {
        let mut state = with_secrets();
        let mut places = Vec::new();
        pointers(&state, "", &mut places);
        *state.pointer_mut(&places[place.index(places.len())]).expect("a place") = value;
        let parsed = parse(&state.to_string());
        prop_assert_eq!(parsed.state.status == StateStatus::Read, parsed.state.error.is_none());
    }

    #[test]
    fn any_attributes_of_any_type_give_a_claim(
        kind in prop::sample::select(known_types()),
        values in prop::collection::vec(any_json(), 32),
        extra in any_json(),
    ) {
        // Fill the attributes that the kind's facts name, so that its own code sees them.
        let facts = disposition(kind).kind().expect("a kind");
        let mut attributes = serde_json::Map::new();
        for (attribute, value) in facts.attributes.iter().zip(values) {
            let mut parts = attribute.path.split('.').rev();
            let last = parts.next().expect("a name");
            let value = parts.fold((last, value), |(name, value), outer| (outer, json!([{name: value}])));
            attributes.insert(value.0.to_owned(), value.1);
        }
        attributes.insert("extra".into(), extra);
        prop_assert_eq!(parse(&one(kind, &json!({"attributes": attributes}))).claims.len(), 1);
    }

    #[test]
    fn any_bytes_give_a_state(bytes in prop::collection::vec(any::<u8>(), 0..64), at in any::<prop::sample::Index>()) {
        let mut state = DEPOSED_SHOWN.as_bytes().to_vec();
        let at = at.index(state.len());
        let end = (at + bytes.len()).min(state.len());
        state.splice(at..end, bytes.clone());
        let _parsed = parse_state(&state, "a");
        let _parsed = parse_state(&bytes, "a");
    }
}

//! Tests of reading plans: recorded ones, damaged ones, and what must not come out of them.

use super::*;
use crate::model::Claim;
use crate::model::plan::Action;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/plans");

fn fixture(name: &str) -> Plan {
    let bytes = std::fs::read(format!("{FIXTURES}/{name}")).expect(name);
    parse_plan(&bytes, name).expect(name)
}

fn change<'a>(plan: &'a Plan, address: &str) -> &'a PlannedChange {
    plan.changes
        .iter()
        .find(|change| &*change.address == address)
        .unwrap_or_else(|| panic!("no {address}"))
}

#[test]
fn creates_have_what_is_known_and_the_names_of_the_rest() {
    let plan = fixture("create-without-state.json");
    assert_eq!(plan.changes.len(), 56);
    assert_eq!(plan.prior_instances, Some(0));
    assert!(plan.complete && !plan.errored);
    let database = change(&plan, "aws_db_instance.main");
    assert_eq!(database.action, Action::Create);
    assert!(database.before.is_none());
    let after = database.after.as_ref().expect("after");
    assert_eq!(after.configuration.text("identifier"), Some("platform"));
    assert_eq!(after.tags.get("Project"), Some("platform"));
    assert_eq!(after.region, Some("eu-west-1".into()));
    assert!(database.unknown.contains(&"vpc_security_group_ids".into()));
    let standby = change(&plan, "aws_vpc.standby").after.as_ref().expect("after");
    assert_eq!(standby.region, Some("us-east-1".into()), "its provider is aws.east");
    let nested = change(&plan, "module.dataroom.aws_ebs_volume.scratch");
    assert!(nested.after.as_ref().expect("after").region.is_some());
}

#[test]
fn deletes_have_ids_arns_and_how_they_end() {
    let plan = fixture("destroy-platform.json");
    assert!(plan.changes.iter().all(|change| change.action == Action::Delete));
    assert!(plan.prior_instances.is_some_and(|count| count >= 50));
    let before = change(&plan, "aws_db_instance.main").before.as_ref().expect("before");
    assert!(before.arn.as_deref().is_some_and(|arn| arn.ends_with(":db:platform")));
    assert_eq!(before.account, Some("123456789012".into()));
    let on = |name: &str| before.configuration.get(name).and_then(|value| value.as_bool());
    assert_eq!(on("skip_final_snapshot"), Some(true));
    assert_eq!(on("delete_automated_backups"), Some(true));
}

#[test]
fn replacements_and_updates_are_told_apart() {
    let plan = fixture("replace-database.json");
    let database = change(&plan, "aws_db_instance.main");
    assert_eq!(database.action, Action::DeleteCreate);
    assert!(!database.replaced_by.is_empty());
    let plan = fixture("drop-protection.json");
    let database = change(&plan, "aws_db_instance.main");
    assert_eq!(database.action, Action::Update);
    let protected = |claim: &Option<Claim>| {
        let claim = claim.as_ref().expect("a side");
        claim
            .configuration
            .get("deletion_protection")
            .and_then(|value| value.as_bool())
    };
    assert_eq!(
        (protected(&database.before), protected(&database.after)),
        (Some(true), Some(false))
    );
}

#[test]
fn no_secret_comes_out() {
    for name in [
        "create-without-state.json",
        "destroy-platform.json",
        "destroy-labs.json",
        "drop-protection.json",
        "replace-database.json",
        "small-change.json",
        "no-change.json",
    ] {
        let bytes = std::fs::read(format!("{FIXTURES}/{name}")).expect(name);
        let raw = String::from_utf8(bytes).expect("text");
        let kept = format!("{:?}", fixture(name)) + &serde_json::to_string(&fixture(name)).expect("JSON");
        assert!(
            raw.contains("CANARY") || name == "destroy-labs.json",
            "{name} has no canary to lose"
        );
        assert!(!kept.contains("CANARY"), "{name} lets a secret through");
    }
}

#[test]
fn keys_may_stand_in_any_order() {
    let plan =
        br#"{"resource_changes":[{"change":{"after":{"password":"CANARY-1","identifier":"a","tags":{"k":"CANARY-2"}},
        "after_sensitive":{"tags":true},"actions":["create"]},"type":"aws_db_instance","address":"aws_db_instance.a",
        "mode":"managed","provider_name":"registry.terraform.io/hashicorp/aws"}],"format_version":"1.2"}"#;
    let plan = parse_plan(plan, "plan.json").expect("a plan");
    let after = plan.changes[0].after.as_ref().expect("after");
    assert_eq!(after.configuration.text("identifier"), Some("a"));
    assert!(!format!("{plan:?}").contains("CANARY"));
}

#[test]
fn what_is_no_plan_is_named_and_never_quoted() {
    let whole = std::fs::read(format!("{FIXTURES}/destroy-platform.json")).expect("a plan");
    let cut = &whole[..whole.len() / 2];
    let state = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/snapshots/accounts/story-healthy/states/platform.tfstate"
    ))
    .expect("a state");
    for (bytes, says, wrong_file) in [
        (cut, "ends in the middle", false),
        (&b""[..], "is empty", true),
        (b"  \n", "is empty", true),
        (&state, "is a state, not a plan", true),
        (
            br#"{"format_version":"1.0","values":{"root_module":{}}}"#,
            "is a state that",
            true,
        ),
        (
            br#"{"format_version":"2.0","resource_changes":[]}"#,
            "format version 2.0",
            false,
        ),
        (
            br#"{"format_version":"1","resource_changes":[]}"#,
            "format version 1",
            false,
        ),
        (br#"{"format_version":"1.2"}"#, "not a plan", true),
        (br#"{"a":1}"#, "no `format_version`", true),
        (b"[1]", "is not JSON", true),
        (
            b"{\"@level\":\"info\",\"@message\":\"CANARY\"}\n{\"@level\":\"info\"}",
            "is the log of",
            true,
        ),
        (
            b"Terraform will perform the following actions: CANARY",
            "is not JSON",
            true,
        ),
        (
            br#"{"format_version":"1.2","resource_changes":"CANARY"}"#,
            "wrong type",
            false,
        ),
        (
            br#"{"format_version":"1.2","resource_changes":[{"type":"CANARY !","change":{}}]}"#,
            "wrong type",
            false,
        ),
        (
            br#"{"meta":{},"encrypted_data":"CANARY","encryption_version":"v0"}"#,
            "is encrypted",
            false,
        ),
    ] {
        let error = parse_plan(bytes, "plan.json").expect_err(says);
        let text = error.to_string();
        assert!(text.contains(says), "{text} instead of {says}");
        assert!(!text.contains("CANARY") && !error.hint().is_empty(), "{text}");
        assert_eq!(error.is_wrong_file(), wrong_file, "{text}");
    }
}

#[test]
fn an_errored_or_partial_plan_says_so() {
    let plan = parse_plan(br#"{"format_version":"1.2","resource_changes":[],"errored":true}"#, "p").expect("a plan");
    assert!(plan.errored && plan.complete);
    let plan = parse_plan(
        br#"{"format_version":"1.2","resource_changes":[],"complete":false}"#,
        "p",
    )
    .expect("a plan");
    assert!(!plan.complete);
}

#[test]
fn other_providers_are_counted() {
    let plan = parse_plan(
        br#"{"format_version":"1.2","resource_changes":[{"address":"random_pet.a","mode":"managed","type":"random_pet",
        "provider_name":"registry.terraform.io/hashicorp/random","change":{"actions":["delete"],"before":{"id":"x"}}}]}"#,
        "p",
    )
    .expect("a plan");
    assert!(plan.changes.is_empty());
    assert_eq!(
        plan.other_providers,
        [("registry.terraform.io/hashicorp/random".into(), 1)]
    );
}

#[test]
fn a_binary_plan_knows_the_state_that_it_was_made_from() {
    let bytes = std::fs::read(format!("{FIXTURES}/destroy-platform.tfplan")).expect("a plan");
    let origin = archive::read(&bytes, "p").expect("a plan");
    assert_eq!(origin.serial, Some(57));
    assert_eq!(origin.lineage.as_deref(), Some("04278d6d-65e4-de3d-3b36-2d7fc5cad56c"));
    assert!(origin.made_at.is_some());
    let bytes = std::fs::read(format!("{FIXTURES}/create-without-state.tfplan")).expect("a plan");
    let origin = archive::read(&bytes, "p").expect("a plan");
    assert_eq!((origin.lineage, origin.instances), (None, Some(0)));
    assert!(matches!(
        archive::read(b"PK\x03\x04junk", "p"),
        Err(PlanError::Archive { .. })
    ));
}

#[cfg(unix)]
#[test]
fn a_binary_plan_is_shown_by_the_program_that_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("terraform");
    let json = format!("{FIXTURES}/destroy-platform.json");
    let script =
        format!("#!/bin/sh\n[ \"$1 $2 $3\" = 'show -json -no-color' ] && [ -f \"$4\" ] && exec cat {json:?}\n");
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("allowed");
    let file = PlanFile::open(Path::new(&format!("{FIXTURES}/destroy-platform.tfplan"))).expect("readable");
    let shown = |path: &Path| {
        read_plan(
            &file,
            Some(&Program {
                path: Some(path.to_owned()),
                folder: None,
            }),
        )
    };
    let plan = shown(&program).expect("a plan");
    assert_eq!((plan.changes.len(), plan.serial), (56, Some(57)));
    let error = shown(&folder.path().join("nothing")).expect_err("no program");
    assert!(matches!(error, PlanError::NoProgram { .. }));
    std::fs::write(
        &program,
        "#!/bin/sh\necho CANARY: please run terraform init >&2\nexit 1\n",
    )
    .expect("written");
    let error = shown(&program).expect_err("it fails");
    assert!(!error.to_string().contains("CANARY"), "{error}");
    assert!(error.hint().contains("--chdir"), "{}", error.hint());
}

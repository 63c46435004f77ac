//! Settings of listed kinds from end to end: an account that real Terraform made, what people changed in it by hand,
//! and what they made once more.

use std::collections::BTreeMap;
use std::process::Command;

use whose::findings::Finding;
use whose::kinds::facts::Role;
use whose::kinds::{is_described, kind};
use whose::ledger::{Input, Ledger, compare};
use whose::snapshot;

use crate::closure::unmanaged;
use crate::harness::{Run, account, json, own_account, python, root, states, whose_at};

/// The kinds of the account: those whose settings the table tells, and what they stand on.
fn kinds() -> String {
    let table = include_str!("../../src/kinds/table/configuration.tsv");
    let mut kinds: Vec<&str> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .collect();
    kinds.dedup();
    format!("described,aws_cloudwatch_event_bus,{}", kinds.join(","))
}

fn scan_with(url: &str, change: impl FnOnce(&mut Command)) -> Run {
    let mut command = whose_at(url);
    command.args(["scan", "--no-config", "--region", "eu-west-1", "--kind", &kinds()]);
    command.args(["--state", &states("wide-listed")]);
    change(&mut command);
    json(&mut command)
}

fn findings<'a>(run: &'a Run, code: &str) -> Vec<&'a Finding> {
    run.document.findings.iter().filter(|one| one.code == code).collect()
}

fn by_hand(url: &str, what: &str) {
    let mut command = Command::new(python());
    let done = command
        .arg(root().join("tests/story/by_hand.py"))
        .args([url, what])
        .output();
    let done = done.expect("a Python");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn right_after_an_apply_everything_is_managed_and_nothing_has_drifted() {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("now.jsonl");
    let run = scan_with(&account("wide-listed"), |command| {
        command.arg("--snapshot").arg(&saved);
    });
    // The emulator does not list recovery points.
    let mut gaps = run.gaps();
    gaps.retain(|gap| !gap.contains(": not enabled "));
    assert_eq!(gaps, Vec::<String>::new());
    assert_eq!(run.missing(), Vec::<&str>::new());
    assert_eq!(unmanaged(&run), Vec::<String>::new());
    let drifted: Vec<_> = findings(&run, "drifted")
        .into_iter()
        .map(|one| (&one.title, &one.evidence))
        .collect();
    assert_eq!(drifted, []);
    assert_eq!(run.document.summary.duplicate_sets, 0);
    assert_eq!(run.document.summary.orphans, 0);

    // No drift is worth something only where both sides say something.
    let snapshot = snapshot::read(&saved).expect("a snapshot");
    let ledger = Ledger::new(Input {
        scan: snapshot.scan,
        states: snapshot.states,
        claims: snapshot.claims,
        ..Input::default()
    });
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, entry) in ledger.entries.iter().enumerate() {
        let live = &ledger.live[at];
        let facts = kind(&live.kind).expect("a kind");
        for held in entry.claims.iter().filter(|held| !held.facet) {
            let claim = &ledger.claims[held.claim as usize];
            let told = facts.attributes.iter().filter(|attribute| {
                let says = |configuration| !compare::value_at(configuration, attribute).is_empty();
                attribute.role != Role::Kept && says(&claim.configuration) && says(&live.configuration)
            });
            *compared.entry(facts.name).or_default() += told.count();
        }
    }
    compared.retain(|kind, _| !is_described(kind));
    let all: usize = compared.values().sum();
    assert!(
        compared.len() >= 30 && all >= 200,
        "{all} of {} kinds: {compared:?}",
        compared.len()
    );
    // The emulator lists distributions without their settings.
    let silent: Vec<_> = compared
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(kind, _)| *kind)
        .collect();
    assert_eq!(silent, ["aws_cloudfront_distribution"]);
}

#[test]
fn what_was_changed_by_hand_is_seen_on_the_claim_that_says_it() {
    let server = own_account("wide-listed");
    by_hand(&server.url, "change");
    let run = scan_with(&server.url, |_| {});
    let mut told: Vec<String> = Vec::new();
    for one in findings(&run, "drifted") {
        let mut address = "";
        for line in &one.evidence {
            match line.split_once(" in ") {
                Some((head, _)) if line.ends_with(".tfstate") => address = head,
                _ => told.push(format!("{address} {line}")),
            }
        }
    }
    told.sort();
    let trust = |text: &str| {
        told.iter()
            .any(|one| one.starts_with("aws_iam_role.main assume_role_policy") && one.contains(text))
    };
    assert!(trust("lambda.amazonaws.com") && trust("live is"), "{told:#?}");
    told.retain(|one| !one.starts_with("aws_iam_role.main"));
    assert_eq!(
        told,
        [
            "aws_autoscaling_group.old max_size: state says 3, live is 30",
            "aws_cloudwatch_event_rule.nightly state: state says \"ENABLED\", live is \"DISABLED\"",
            "aws_cloudwatch_log_group.forever retention_in_days: state says 0, live is 1",
            "aws_dynamodb_table.orders point_in_time_recovery.enabled: state says true, live is false",
            "aws_dynamodb_table.orders read_capacity: state says 5, live is 50",
            "aws_ecr_repository.web image_tag_mutability: state says \"IMMUTABLE\", live is \"MUTABLE\"",
            "aws_kms_key.main is_enabled: state says true, live is false",
            "aws_lambda_function.worker timeout: state says 30, live is 900",
            "aws_s3_bucket.code versioning.enabled: state says false, live is true",
            "aws_s3_bucket_public_access_block.logs aws_s3_bucket_public_access_block.block_public_acls: state says true, live is false",
            "aws_s3_bucket_versioning.logs aws_s3_bucket_versioning.versioning_configuration.status: state says \"Enabled\", live is \"Suspended\"",
            "aws_sns_topic.alerts display_name: state says \"Alerts\", live is \"Noise\"",
            "aws_sqs_queue.jobs visibility_timeout_seconds: state says 90, live is 31",
        ]
    );
}

#[test]
fn what_was_made_once_more_by_hand_is_a_copy() {
    let server = own_account("wide-listed");
    by_hand(&server.url, "copy");
    let run = scan_with(&server.url, |_| {});
    let mut copies: Vec<String> = Vec::new();
    for set in findings(&run, "duplicate-set") {
        let mut kinds: Vec<&str> = Vec::new();
        for arn in &set.resources {
            let one = run
                .document
                .resources
                .iter()
                .find(|one| one.arn == *arn)
                .expect("a resource");
            kinds.push(&one.kind);
        }
        copies.push(kinds.join(" "));
    }
    copies.sort();
    // Two keys without a name and without tags are alike by chance.
    assert_eq!(copies, ["aws_api_gateway_rest_api aws_api_gateway_rest_api"]);
}

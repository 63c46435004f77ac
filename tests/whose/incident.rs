//! The fire: an account is scanned, things are deleted, and the commands that triage prints bring them back.

use std::path::Path;

use serde_json::Value;

use crate::cli::run;
use crate::harness::{REGIONS, own_account, states, whose_at};
use crate::wire::{Answer, query_in};

const EC2: &str = "2016-11-15";
const RDS: &str = "2014-10-31";
const REDSHIFT: &str = "2012-12-01";

fn rds(url: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
    query_in(url, "rds", "eu-west-1", RDS, action, parameters)
}

fn ec2(url: &str, action: &str, parameters: &[(&str, &str)]) -> Answer {
    query_in(url, "ec2", "eu-west-1", EC2, action, parameters)
}

fn json(url: &str, arguments: &[&str]) -> (Value, i32) {
    let mut command = whose_at(url);
    command.args(arguments).args(["--region", REGIONS, "--format", "json"]);
    if !arguments.contains(&"--kind") {
        command.args(["--kind", "described"]);
    }
    command.args(["--state", &states("story-healthy")]);
    let (out, err, code) = run(&mut command);
    (
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}")),
        code,
    )
}

/// `--db-instance-identifier` as the API writes it.
fn parameter(option: &str) -> String {
    let words = option.trim_start_matches('-').split('-');
    words
        .map(|word| match word {
            "db" => "DB".to_owned(),
            _ => word[..1].to_uppercase() + &word[1..],
        })
        .collect()
}

/// Runs a printed command as the AWS CLI would.
pub(crate) fn run_printed(url: &str, command: &str) {
    let words: Vec<&str> = command.split(' ').collect();
    let ["aws", service, operation, "--region", region, options @ ..] = words.as_slice() else {
        panic!("{command}");
    };
    let action = parameter(operation).replace("Db", "DB");
    let mut parameters: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    while at < options.len() {
        let name = parameter(options[at]);
        let values: Vec<&str> = options[at + 1..]
            .iter()
            .take_while(|word| !word.starts_with("--"))
            .copied()
            .collect();
        at += 1 + values.len();
        match values.as_slice() {
            [] => parameters.push((name, "true".to_owned())),
            many if name.ends_with("Ids") => {
                let name = name.trim_end_matches('s');
                // EC2 numbers the values, RDS names them too.
                for (number, value) in many.iter().enumerate() {
                    let number = number + 1;
                    let full = if matches!(*service, "rds" | "redshift") {
                        format!("{name}s.{name}.{number}")
                    } else {
                        format!("{name}.{number}")
                    };
                    parameters.push((full, (*value).to_owned()));
                }
            }
            many => parameters.push((name, many.join(" "))),
        }
    }
    if *operation == "run-instances" {
        parameters.extend([
            ("MinCount".to_owned(), "1".to_owned()),
            ("MaxCount".to_owned(), "1".to_owned()),
        ]);
    }
    let parameters: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let version = match *service {
        "rds" => RDS,
        "redshift" => REDSHIFT,
        _ => EC2,
    };
    query_in(url, service, region, version, &action, &parameters);
}

/// A machine and its volume that the story's bastion has.
fn bastion(url: &str) -> (String, String) {
    let (report, _) = json(
        url,
        &["scan", "--kind", "aws_instance,aws_ebs_volume", "--fail-on", "never"],
    );
    let id = |name: &str| {
        let all = report["resources"].as_array().expect("resources");
        let one = all
            .iter()
            .find(|one| one["name"] == name && one["region"] == "eu-west-1");
        one.unwrap_or_else(|| panic!("no {name}"))["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    (id("platform-bastion"), id("platform-bastion-home"))
}

fn saved(url: &str, folder: &Path) {
    let mut command = whose_at(url);
    command.args([
        "scan",
        "--region",
        REGIONS,
        "--state",
        &states("story-healthy"),
        "--fail-on",
        "never",
    ]);
    command
        .args(["--kind", "described", "-o", "/dev/null", "--snapshot"])
        .arg(folder);
    let (_, err, code) = run(&mut command);
    assert!(matches!(code, 0 | 4), "{err}");
}

#[test]
fn what_triage_prints_brings_back_what_was_deleted() {
    let server = own_account("story-healthy");
    let url = server.url.as_str();
    let (machine, volume) = bastion(url);
    rds(
        url,
        "CreateDBSnapshot",
        &[("DBInstanceIdentifier", "platform"), ("DBSnapshotIdentifier", "drill")],
    );
    ec2(url, "CreateSnapshot", &[("VolumeId", &volume)]);
    ec2(url, "CreateImage", &[("InstanceId", &machine), ("Name", "drill")]);
    let folder = tempfile::tempdir().expect("a folder");
    saved(url, folder.path());

    rds(
        url,
        "ModifyDBInstance",
        &[("DBInstanceIdentifier", "platform"), ("DeletionProtection", "false")],
    );
    rds(
        url,
        "DeleteDBInstance",
        &[("DBInstanceIdentifier", "platform"), ("SkipFinalSnapshot", "true")],
    );
    ec2(url, "TerminateInstances", &[("InstanceId.1", &machine)]);
    ec2(url, "DeleteVolume", &[("VolumeId", &volume)]);

    let snapshots = folder.path().to_str().expect("UTF-8");
    let (triage, code) = json(url, &["triage", "--since", "last", "--snapshots", snapshots]);
    assert_eq!(code, 3);
    let gone: Vec<(&str, &str)> = triage["gone"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["part_of"].is_null())
        .map(|one| {
            (
                one["id"].as_str().expect("an id"),
                one["projects"][0].as_str().expect("a project"),
            )
        })
        .collect();
    assert_eq!(
        gone,
        [
            ("platform", "platform"),
            (volume.as_str(), "platform"),
            (machine.as_str(), "platform")
        ]
    );
    assert_eq!(triage["no_way_back"], Value::Array(Vec::new()));
    // The emulator knows no LookupEvents, and that is said.
    assert_eq!(triage["who"]["status"], "unreadable");
    let why = triage["who"]["detail"].as_str().expect("a reason");
    assert!(
        why.contains("cloudtrail:LookupEvents") && why.contains("eu-west-1"),
        "{why}"
    );
    let letter = triage["support"][0].as_str().expect("a letter");
    assert!(
        letter.contains("resource id db-") && letter.contains("eu-west-1"),
        "{letter}"
    );

    let commands: Vec<&str> = triage["restore"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|way| way["command"].as_str().expect("a command"))
        .collect();
    assert_eq!(commands.len(), 3, "{commands:#?}");
    for command in commands {
        run_printed(url, command);
    }
    let (after, _) = json(url, &["scan", "--fail-on", "never"]);
    let live = after["resources"].as_array().expect("resources");
    let database = live.iter().find(|one| one["kind"] == "aws_db_instance");
    assert_eq!(database.expect("the database is back")["id"], "platform");
    let has_new = |kind: &str, old: &str| {
        let of_kind = live
            .iter()
            .filter(|one| one["kind"] == kind && one["region"] == "eu-west-1");
        of_kind
            .filter(|one| one["ownership"] == "unmanaged")
            .any(|one| one["id"] != old)
    };
    assert!(
        has_new("aws_ebs_volume", &volume),
        "the volume is back under another id"
    );
    assert!(
        has_new("aws_instance", &machine),
        "the machine is back under another id"
    );
    // The drill then says what was restored from what.
    let (drill, _) = json(url, &["recoverable"]);
    let text = drill.to_string();
    assert!(text.contains("drill"), "{text}");
}

/// Everything of one state is destroyed, as in the story.
#[test]
fn the_story_ends_with_everything_named_and_nothing_promised() {
    let before = own_account("story-demo");
    let folder = tempfile::tempdir().expect("a folder");
    let states = states("story-demo");
    let path = folder.path().join("before.jsonl.zst");
    let mut command = whose_at(&before.url);
    command.args([
        "scan",
        "--kind",
        "described",
        "--region",
        REGIONS,
        "--state",
        &states,
        "--fail-on",
        "never",
        "--snapshot",
    ]);
    run(command.arg(&path).args(["-o", "/dev/null"]));
    let url = crate::harness::account("story-destroyed");
    let triage = |arguments: &[&str]| {
        let mut command = whose_at(&url);
        command
            .args(["triage", "--region", REGIONS, "--kind", "described", "--format", "json"])
            .args(arguments);
        let (out, err, _) = run(&mut command);
        let triage: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        triage
    };
    let claimed = |triage: &Value| {
        let mut all: Vec<String> = triage["gone"]
            .as_array()
            .expect("a list")
            .iter()
            .flat_map(|one| one["claims"].as_array().expect("a list"))
            .map(|claim| claim["address"].as_str().expect("an address").to_owned())
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let destroyed = crate::harness::states("story-destroyed");
    let by_snapshot = triage(&["--state", &destroyed, "--since", path.to_str().expect("UTF-8")]);
    let by_states = triage(&["--state", &states]);
    // The states before the destroy name whatever they claimed; the snapshot knows the same and its facets besides.
    let (one, other) = (claimed(&by_snapshot), claimed(&by_states));
    for address in &other {
        assert!(one.contains(address), "{address} is not in {one:?}");
    }
    assert!(other.len() > 40, "{other:?}");
    for triage in [&by_snapshot, &by_states] {
        let lost = triage["no_way_back"].as_array().expect("a list");
        assert!(
            lost.iter()
                .any(|arn| arn.as_str().is_some_and(|arn| arn.ends_with(":db:platform"))),
            "{lost:?}"
        );
        assert!(!triage.to_string().contains("CANARY"));
    }
}

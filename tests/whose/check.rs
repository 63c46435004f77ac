//! The gate from end to end: the story, step by step, plans that are fine, and input of every bad sort.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use whose::check::{CheckReport, Verdict};
use whose::snapshot;

use crate::cli::{run, whose};
use crate::harness::{REGIONS, account, own_account, recorded, root, states, whose_at};
use crate::wire::{query, query_in};

const RDS: &str = "2014-10-31";
const EC2: &str = "2016-11-15";

fn plan(name: &str) -> String {
    format!("tests/fixtures/plans/{name}")
}

/// Checks against an account that is up, with the states in a folder.
fn at(url: &str, states: &[&str], arguments: &[&str]) -> (CheckReport, i32) {
    let mut command = whose_at(url);
    command.args(["check", "--region", REGIONS]);
    for state in states {
        command.args(["--state", state]);
    }
    json(command.args(arguments))
}

fn json(command: &mut Command) -> (CheckReport, i32) {
    let (out, err, code) = run(command.args(["--format", "json"]));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
    (report, code)
}

/// Codes that block, each once, in the order of the report.
fn blocks(report: &CheckReport) -> Vec<&str> {
    let mut codes: Vec<&str> = Vec::new();
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Block)
    {
        if !codes.contains(&finding.code.as_str()) {
            codes.push(&finding.code);
        }
    }
    codes
}

fn verdict(report: &CheckReport, address: &str) -> Verdict {
    let change = report.changes.iter().find(|change| change.address == address);
    change.unwrap_or_else(|| panic!("no {address}")).verdict
}

// The story.

#[test]
fn a_plan_without_state_says_how_much_exists_and_whose_it_is() {
    let url = account("story-healthy");
    let (report, code) = at(&url, &[&states("story-healthy")], &[&plan("create-without-state.json")]);
    assert_eq!((report.verdict, report.complete, code), (Verdict::Block, true, 3));
    assert_eq!(blocks(&report), ["creates-what-exists"]);
    let finding = &report.findings[0];
    let numbers: Vec<usize> = finding.title.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [existing, planned] = numbers[..] else {
        panic!("{}", finding.title);
    };
    // All but snapshots and revisions, many of which are alike by nature.
    assert!(existing >= 40 && planned - existing <= 6, "{}", finding.title);
    assert_eq!(existing, finding.resources.len());
    assert!(finding.advice.contains("states/platform.tfstate"), "{}", finding.advice);
    // Without any state it is the same, and the tags say whose the twins are.
    let (report, code) = at(&url, &[], &[&plan("create-without-state.json")]);
    assert_eq!((report.verdict, code), (Verdict::Block, 3));
    assert!(report.findings[0].evidence.iter().any(|line| line.contains("platform")));
}

#[test]
fn of_a_list_of_copies_the_one_original_blocks() {
    let copies = [
        "nat-02974775a846478d9",
        "eipalloc-96b6b44512a412e29",
        "rtb-0450631fe36d754fd",
        "rtb-cd3e5c9a555474763",
        "vpce-06da29483498bd2f8",
    ];
    let original = "sg-8a67639f74080f56c";
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list.txt");
    let text = format!(
        "# the copies\n{}\n{original}  # from the same screen\n",
        copies.join("\n")
    );
    std::fs::write(&list, text).expect("written");
    let url = account("story-copies");
    let (report, code) = at(&url, &[&states("story-copies")], &[list.to_str().expect("UTF-8")]);
    assert_eq!((report.verdict, report.complete, code), (Verdict::Block, true, 3));
    assert_eq!(verdict(&report, original), Verdict::Block);
    for copy in copies {
        assert_eq!(verdict(&report, copy), Verdict::Pass, "{copy}");
    }
    let ids: Vec<&str> = copies.iter().flat_map(|copy| ["--id", copy]).collect();
    let (report, code) = at(&url, &[&states("story-copies")], &ids);
    assert_eq!((report.verdict, code), (Verdict::Pass, 0));
}

#[cfg(unix)]
#[test]
fn an_old_state_in_the_place_of_the_new_one_is_swapped() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("states");
    let put = |from: &str| {
        std::fs::create_dir_all(&place).expect("a folder");
        for name in ["platform.tfstate", "labs.tfstate"] {
            std::fs::copy(recorded("story-copies").join(from).join(name), place.join(name)).expect("copied");
        }
    };
    let place_text = place.to_str().expect("UTF-8");
    let saved = folder.path().join("last.jsonl.zst");
    put("states-after-copies");
    let url = account("story-copies");
    let snapshot = format!("--snapshot={}", saved.display());
    let (_, err, _) = run(whose_at(&url).args(["scan", "--region", REGIONS, "--state", place_text, &snapshot]));
    assert!(saved.exists(), "{err}");
    put("states");
    // Terraform itself is not needed to know what a plan file comes from, only to show it.
    let terraform = fake_terraform(folder.path(), &plan("destroy-platform.json"));
    let mut command = whose();
    command
        .current_dir(root())
        .args(["check", &plan("destroy-platform.tfplan"), "--state", place_text]);
    command.arg("--snapshot").arg(&saved).arg("--terraform").arg(&terraform);
    let (report, _) = json(&mut command);
    assert_eq!(report.verdict, Verdict::Block);
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.code == "state-swapped")
        .expect("swapped");
    assert!(
        finding.title.contains("lineage") && finding.title.contains("serial went back"),
        "{}",
        finding.title
    );
    assert!(
        finding.evidence.iter().any(|line| line.contains("serial 57")),
        "{:?}",
        finding.evidence
    );
}

#[cfg(unix)]
fn fake_terraform(folder: &Path, prints: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("terraform");
    let json = root().join(prints);
    std::fs::write(&path, format!("#!/bin/sh\nexec cat '{}'\n", json.display())).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("allowed");
    path
}

#[test]
fn the_destroy_blocks_for_every_reason_and_less_when_they_are_gone() {
    let server = own_account("story-healthy");
    let (report, code) = at(
        &server.url,
        &[&states("story-healthy")],
        &[&plan("destroy-platform.json")],
    );
    assert_eq!(report.verdict, Verdict::Block);
    assert!(code == 3 || (code == 4 && !report.complete), "{code}");
    for wanted in [
        "last-backup-dies",
        "destroys-data",
        "destroys-shared",
        "strands-dependents",
    ] {
        assert!(
            blocks(&report).contains(&wanted),
            "{wanted} is not in {:?}",
            blocks(&report)
        );
    }
    assert!(report.findings.iter().any(|finding| finding.code == "mass-destroy"));
    let database = report
        .changes
        .iter()
        .find(|change| change.address == "aws_db_instance.main")
        .expect("it");
    assert!(
        database.survives.is_empty() && database.dies_with_it.len() >= 2,
        "{database:?}"
    );
    assert!(database.reasons.contains(&"last-backup-dies".to_owned()));

    // Snapshots of everything that holds data, and labs is gone.
    query(
        &server.url,
        "rds",
        RDS,
        "CreateDBSnapshot",
        &[
            ("DBInstanceIdentifier", "platform"),
            ("DBSnapshotIdentifier", "before-the-destroy"),
        ],
    );
    for (region, volume) in [
        ("eu-west-1", "vol-ee98f2c226929174a"),
        ("eu-west-1", "vol-f3c068642de602c02"),
        ("eu-west-1", "vol-5699b700d6dd5b6b1"),
        ("us-east-1", "vol-72e04900fcf95a533"),
    ] {
        query_in(
            &server.url,
            "ec2",
            region,
            EC2,
            "CreateSnapshot",
            &[("VolumeId", volume)],
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("now.jsonl.zst");
    let option = format!("--snapshot={}", saved.display());
    let (_, err, _) = run(whose_at(&server.url).args([
        "scan",
        "--region",
        REGIONS,
        "--state",
        &states("story-healthy"),
        &option,
    ]));
    assert!(saved.exists(), "{err}");
    let mut after = snapshot::read(&saved).expect("a snapshot");
    let labs = after
        .states
        .iter()
        .position(|state| state.project == "labs")
        .and_then(|at| u32::try_from(at).ok())
        .expect("labs");
    let gone: Vec<String> = after
        .claims
        .iter()
        .filter(|claim| claim.state == labs && claim.is_managed())
        .filter_map(|claim| claim.arn.as_deref().or(claim.id.as_deref()).map(str::to_owned))
        .collect();
    after.scan.live.retain(|live| !gone.contains(&live.arn.to_string()));
    after.claims.retain(|claim| claim.state != labs);
    snapshot::write(&saved, &after).expect("written");
    let (report, _) = json(
        whose()
            .current_dir(root())
            .args(["check", &plan("destroy-platform.json"), "--snapshot"])
            .arg(&saved),
    );
    for gone in ["last-backup-dies", "destroys-shared", "strands-dependents"] {
        assert!(
            !blocks(&report).contains(&gone),
            "{gone} is still in {:#?}",
            report.findings
        );
    }
    let database = report
        .changes
        .iter()
        .find(|change| change.address == "aws_db_instance.main")
        .expect("it");
    assert_eq!(database.verdict, Verdict::Review);
    assert!(
        database.survives.iter().any(|line| line.contains("before-the-destroy")),
        "{:?}",
        database.survives
    );
}

#[test]
fn honest_small_things_pass() {
    let url = account("story-healthy");
    for name in ["small-change.json", "no-change.json"] {
        let (report, code) = at(&url, &[&states("story-healthy")], &[&plan(name)]);
        assert_eq!(
            (report.verdict, report.complete, code),
            (Verdict::Pass, true, 0),
            "{name}"
        );
        assert!(report.findings.is_empty(), "{name}: {:?}", report.findings);
    }
    let (report, code) = at(&url, &[&states("story-healthy")], &[&plan("destroy-labs.json")]);
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(
        (codes, code),
        (vec!["mass-destroy"], 3),
        "nothing is left behind and nothing is shared"
    );
}

#[test]
fn what_loses_data_or_its_guard_does_not() {
    let (report, code) = at(
        &account("story-healthy"),
        &[&states("story-healthy")],
        &[&plan("replace-database.json")],
    );
    assert_eq!(
        (blocks(&report), code),
        (vec!["last-backup-dies", "destroys-data", "replaces-data"], 3)
    );
    let (report, code) = at(
        &account("story-protected"),
        &[&states("story-protected")],
        &[&plan("drop-protection.json")],
    );
    assert_eq!((report.verdict, code), (Verdict::Review, 3));
    assert_eq!(report.findings[0].code, "drops-protection");
}

// Input of every bad sort.

/// A snapshot of the story's account at its fullest, so many seconds old.
fn demo(folder: &Path, age: i64) -> PathBuf {
    let mut demo = snapshot::read_bytes(include_bytes!("../../snapshots/demo.jsonl.zst"), "demo").expect("readable");
    let now = whose::model::Timestamp::now().as_second();
    demo.scan.scanned_at = whose::model::Timestamp::from_second(now - age).expect("a time");
    let path = folder.join("demo.jsonl.zst");
    snapshot::write(&path, &demo).expect("written");
    path
}

#[test]
fn no_bad_input_is_ever_a_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = demo(folder.path(), 0);
    let whole = std::fs::read_to_string(root().join(plan("small-change.json"))).expect("a plan");
    let edited = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        whole.replacen(from, to, 1)
    };
    let state = std::fs::read_to_string(recorded("story-healthy/states/platform.tfstate")).expect("a state");
    let random = r#"{"format_version":"1.2","resource_changes":[{"address":"google_x.a","mode":"managed","type":"google_x",
        "provider_name":"registry.terraform.io/hashicorp/google","change":{"actions":["create"],"before":null,"after":{}}}]}"#;
    let binary = std::fs::read(root().join(plan("small-change.tfplan"))).expect("a plan");
    let cases: Vec<(&str, Vec<u8>, i32, &str)> = vec![
        (
            "truncated",
            whole.as_bytes()[..whole.len() / 2].to_vec(),
            1,
            "ends in the middle",
        ),
        (
            "newer",
            edited(r#""format_version":"1.2""#, r#""format_version":"2.0""#).into(),
            1,
            "format version 2.0",
        ),
        (
            "errored",
            edited(r#""errored":false"#, r#""errored":true"#).into(),
            4,
            "ended with an error",
        ),
        (
            "partial",
            edited(r#""complete":true"#, r#""complete":false"#).into(),
            4,
            "not complete",
        ),
        ("other", random.into(), 4, "nothing in this plan is of the AWS provider"),
        ("state", state.into(), 2, "is a state, not a plan"),
        ("empty", Vec::new(), 2, "is empty"),
        ("comments", b"# nothing\n\n".to_vec(), 2, "is empty"),
        ("noise", vec![0xff, 0xfe, 0xfd], 2, "is not text"),
        ("bytes", vec![0x80, 0x81, 0x82], 2, "neither a plan nor a list"),
        (
            "text",
            b"Terraform will perform the following actions:\n\n  # aws_vpc.a".to_vec(),
            2,
            "cannot be read for sure",
        ),
        ("json", b"{\"a\": 1}".to_vec(), 2, "not a plan"),
        ("binary", binary, 1, "neither terraform nor tofu"),
        ("zip", b"PK\x03\x04 cut off".to_vec(), 1, "damaged zip"),
        ("unknown", b"vpc-0123456789abcdef0".to_vec(), 3, "not live"),
    ];
    for (name, bytes, expected, says) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let mut command = whose();
        command
            .env("PATH", folder.path())
            .arg("check")
            .arg(&path)
            .arg("--snapshot")
            .arg(&snapshot);
        let (out, err, code) = run(&mut command);
        let all = format!("{out}{err}").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code, expected, "{name}: {all}");
        assert!(all.contains(says), "{name}: {all}");
        assert!(!all.contains("CANARY"), "{name}");
        if code == 1 || code == 2 {
            assert!(out.is_empty() && err.contains("hint:"), "{name}: {all}");
        }
    }
    let missing = run(whose().args(["check", "nowhere.json", "--snapshot"]).arg(&snapshot));
    assert_eq!(missing.2, 1, "{}", missing.1);
    assert_eq!(run(whose().arg("check")).2, 2);
    assert_eq!(run(whose().args(["check", "x", "--id", "y"])).2, 2);
    assert_eq!(
        run(whose().args(["check", "--id", "", "--snapshot"]).arg(&snapshot)).2,
        2
    );
}

#[test]
fn a_snapshot_that_is_too_old_decides_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = demo(folder.path(), 7_200);
    let check = |age: &[&str]| {
        let mut command = whose();
        command
            .current_dir(root())
            .args(["check", &plan("no-change.json"), "--snapshot"]);
        json(command.arg(&old).args(age))
    };
    let (report, code) = check(&[]);
    assert_eq!((report.verdict, code), (Verdict::Incomplete, 4));
    assert!(
        report.findings[0].title.contains("--max-age"),
        "{}",
        report.findings[0].title
    );
    let (report, code) = check(&["--max-age", "36500d"]);
    assert_eq!((report.verdict, code), (Verdict::Pass, 0));
    assert_eq!(run(whose().args(["check", "--id", "x", "--max-age", "soon"])).2, 2);
}

// Formats.

#[test]
fn no_canary_comes_out_in_any_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = demo(folder.path(), 0);
    for name in [
        "destroy-platform.json",
        "create-without-state.json",
        "replace-database.json",
    ] {
        for format in ["human", "json", "markdown"] {
            let mut command = whose();
            command
                .current_dir(root())
                .args(["check", &plan(name), "--all", "-vv", "--format", format, "--snapshot"]);
            let (out, err, _) = run(command.arg(&snapshot));
            assert!(out.len() > 500, "{name} {format}");
            assert!(!out.contains("CANARY") && !err.contains("CANARY"), "{name} {format}");
        }
    }
}

#[test]
fn the_contract_has_its_keys_and_files_their_formats() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshot = demo(folder.path(), 0);
    let to = |name: &str| {
        let path = folder.path().join(name);
        let mut command = whose();
        command
            .current_dir(root())
            .args(["check", &plan("destroy-platform.json"), "--snapshot"]);
        let (out, _, _) = run(command.arg(&snapshot).arg("-o").arg(&path));
        assert!(out.is_empty());
        std::fs::read_to_string(path).expect("written")
    };
    let json: Value = serde_json::from_str(&to("answer.json")).expect("JSON");
    let keys: Vec<&str> = json
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    for key in [
        "schema",
        "verdict",
        "plan",
        "findings",
        "changes",
        "coverage",
        "complete",
        "scanned_at",
    ] {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(json["schema"], "whose.check/1");
    assert_eq!(json["verdict"], "block");
    let change = &json["changes"][0];
    for key in [
        "address",
        "actions",
        "arn",
        "verdict",
        "reasons",
        "survives",
        "dies_with_it",
    ] {
        assert!(change.get(key).is_some(), "{key}");
    }
    assert!(to("answer.md").starts_with("## 🛑 Whose check: block"));
    let text = to("answer.txt");
    assert!(text.starts_with("BLOCK") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_answer_for_people_stays_as_it_is() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/check"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r", \d+ (minutes?|hours?|days?) ago", "");
    settings.add_filter(
        r"the newest \d+ (minutes?|hours?|days?|months?|years?) old",
        "the newest [AGE] old",
    );
    settings.bind(|| {
        for name in ["destroy-platform", "create-without-state", "small-change"] {
            let mut command = whose();
            command
                .current_dir(root())
                .args(["check", &plan(&format!("{name}.json")), "--max-age", "36500d"]);
            let (out, _, _) = run(command.args(["--snapshot", "snapshots/demo.jsonl.zst"]));
            assert!(
                out.lines().all(|line| line.chars().count() <= 100
                    || line.contains("arn:")
                    || line.trim_start().starts_with("aws ")),
                "{out}"
            );
            insta::assert_snapshot!(name, out);
        }
    });
}

#[test]
fn every_code_is_explained() {
    for rule in whose::check::RULES {
        let (out, err, code) = run(whose().args(["explain", rule.code]));
        assert_eq!((code, err.as_str()), (0, ""), "{}", rule.code);
        assert!(out.starts_with(rule.code) && out.contains("Needs:"), "{out}");
    }
}

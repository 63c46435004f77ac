//! Small scans, written and read.

use std::path::Path;

use super::diff::{Diff, diff};
use super::*;
use crate::ledger::compare::Missing;
use crate::ledger::duplicates::Across;
use crate::ledger::projects::ProjectRule;
use crate::ledger::testing::{claim_of, input, live, state};
use crate::ledger::{Input, Ledger, Projects};
use crate::model::{Account, Cell, CellStatus, Configuration, Live, Origin};

fn sample() -> Snapshot {
    let mut live = Live::new(
        "aws_vpc",
        "123456789012".into(),
        "eu-west-1".into(),
        "vpc-1",
        "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1",
    );
    live.tagged([("Name", "main"), ("Project", "platform")].into_iter().collect());
    live.configuration = Configuration::new()
        .with("cidr_block", "10.0.0.0/16")
        .with("ports", vec![1, 2]);
    live.origin = Origin::AwsMade("the default".into());
    live.lives_with("aws_vpc", "vpc-2", "for the test");
    live.refer("peer", "vpc-3");
    Snapshot {
        scan: Scan {
            scanned_at: "2026-11-24T00:00:00Z".parse().expect("a time"),
            accounts: vec![Account {
                id: "123456789012".into(),
                alias: None,
                partition: "aws".into(),
            }],
            regions: vec!["eu-west-1".into()],
            every_region: true,
            live: vec![live],
            coverage: [Cell {
                kind: "aws_vpc".into(),
                account: "123456789012".into(),
                region: "eu-west-1".into(),
                status: CellStatus::Listed,
                count: 1,
                detail: None,
            }]
            .into_iter()
            .collect(),
        },
        states: Vec::new(),
        claims: Vec::new(),
    }
}

#[test]
fn what_is_written_is_read_again_plain_and_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["plain.jsonl", "packed.jsonl.zst"] {
        let path = folder.path().join(name);
        write(&path, &sample()).expect("written");
        let again = read(&path).expect("read");
        assert_eq!(again.scan.live, sample().scan.live);
        assert_eq!(again.scan.coverage, sample().scan.coverage);
        assert_eq!(again.scan.scanned_at, sample().scan.scanned_at);
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        2,
        "nothing is left beside them"
    );
}

#[test]
fn every_cut_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["plain.jsonl", "packed.jsonl.zst"] {
        let path = folder.path().join(name);
        write(&path, &sample()).expect("written");
        let whole = std::fs::read(&path).expect("read");
        for length in 0..whole.len() - 1 {
            let error = read_bytes(&whole[..length], name).expect_err("a cut file reads as whole");
            let packed = name.ends_with("zst") && length >= 4;
            assert!(
                !packed || matches!(error, SnapshotError::CutOff { .. }),
                "{name} cut at {length}: {error}"
            );
        }
    }
}

/// A network with a database that two states claim, with a reader and a user of each.
fn account() -> Input {
    let vpc = live("aws_vpc", "vpc-0000000a");
    let mut subnet = live("aws_subnet", "subnet-0000000a");
    subnet.configuration = Configuration::new().with("vpc_id", "vpc-0000000a");
    let database = live("aws_db_instance", "main");
    let claims = vec![
        claim_of(0, "aws_vpc.main", &vpc),
        claim_of(0, "aws_db_instance.main", &database),
        claim_of(1, "aws_db_instance.main", &database),
        claim_of(1, "aws_subnet.a", &subnet),
    ];
    let kinds = [vpc.kind, subnet.kind, database.kind];
    let mut input = input(
        vec![vpc, subnet, database],
        vec![state("platform"), state("labs")],
        claims,
    );
    // Small, because it is tried with every byte of it.
    let cells = input
        .scan
        .coverage
        .cells()
        .filter(|cell| kinds.contains(&cell.kind))
        .cloned();
    input.scan.coverage = cells.collect();
    input
}

fn rules() -> Rules {
    Rules::new(&Projects::default(), Across::Nothing)
}

/// What is gone, if the scan at `path` is the older one and nothing is left.
fn gone_since(path: &Path) -> Result<Diff, SnapshotError> {
    let mut empty = account();
    empty.scan.live.clear();
    let old = Joined::open(path, &rules())?.expect("of these rules");
    diff(old, Joined::of(&Ledger::new(empty))?, Missing::Counts)
}

#[test]
fn a_joined_scan_that_is_cut_or_damaged_anywhere_says_nothing_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["plain.jsonl", "packed.jsonl.zst"] {
        let path = folder.path().join(name);
        write_joined(&path, &Ledger::new(account()), &rules()).expect("written");
        let said = serde_json::to_value(gone_since(&path).expect("whole")).expect("JSON");
        assert_eq!(said["summary"]["gone"], 3);
        let whole = std::fs::read(&path).expect("read");
        let damaged = folder.path().join("damaged");
        // Every cut of the compressed one, and every line of the other in some places.
        let step = if name == "plain.jsonl" { 11 } else { 1 };
        for length in (0..whole.len() - 1).step_by(step) {
            std::fs::write(&damaged, &whole[..length]).expect("written");
            assert!(gone_since(&damaged).is_err(), "{name} cut at {length} reads as whole");
        }
        if name == "plain.jsonl" {
            // There is no sum: a claim is looked at, though it is not needed.
            let text = String::from_utf8(whole).expect("text");
            std::fs::write(&damaged, text.replacen("{\"claim\":{", "{\"claim\":", 1)).expect("written");
            assert!(gone_since(&damaged).is_err());
            continue;
        }
        // Claims are passed by, and still a changed byte among them is noticed.
        for at in 0..whole.len() {
            let mut text = whole.clone();
            text[at] ^= 0x10;
            std::fs::write(&damaged, &text).expect("written");
            if let Ok(diff) = gone_since(&damaged) {
                assert_eq!(serde_json::to_value(diff).expect("JSON"), said, "byte {at}");
            }
        }
    }
}

#[test]
fn resources_out_of_order_are_refused_because_they_would_look_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.jsonl");
    write_joined(&path, &Ledger::new(account()), &rules()).expect("written");
    let text = std::fs::read_to_string(&path).expect("read");
    let mut lines: Vec<&str> = text.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.starts_with("{\"live\""))
        .expect("there");
    lines.swap(first, first + 1);
    std::fs::write(&path, lines.join("\n") + "\n").expect("written");
    let error = gone_since(&path).expect_err("refused");
    assert!(
        matches!(error, SnapshotError::Damaged { line, .. } if line == first as u64 + 2),
        "{error}"
    );
    read(&path).expect("a reader that joins does not care");
}

#[test]
fn a_result_of_other_rules_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.jsonl");
    let is_used = |rules: &Rules| Joined::open(&path, rules).expect("readable").is_some();
    write_joined(&path, &Ledger::new(account()), &rules()).expect("written");
    assert!(is_used(&rules()));
    assert!(!is_used(&Rules::new(&Projects::default(), Across::Regions)));
    let mut projects = Projects::default();
    projects.tag_keys.push("team".to_owned());
    assert!(!is_used(&Rules::new(&projects, Across::Nothing)));
    let by_state = |pattern: &str| {
        let mut projects = Projects::default();
        projects.rules.push(ProjectRule {
            name: "network".into(),
            states: vec![ProjectRule::pattern(pattern).expect("a glob")],
            addresses: Vec::new(),
            accounts: Vec::new(),
        });
        Rules::new(&projects, Across::Nothing)
    };
    write_joined(&path, &Ledger::new(account()), &by_state("a/*")).expect("written");
    assert!(is_used(&by_state("a/*")) && !is_used(&by_state("b/*")) && !is_used(&rules()));
    // Another build may join in another way, and know other words.
    let text = std::fs::read_to_string(&path).expect("read");
    let code = format!("\"code\":\"{}\"", env!("WHOSE_JOIN"));
    assert!(text.contains(&code));
    let other = text
        .replacen(&code, "\"code\":\"another\"", 1)
        .replace("\"across\":\"nothing\"", "\"across\":\"universes\"")
        .replace("\"joined\":{\"ownership\":\"", "\"joined\":{\"ownership\":\"un");
    std::fs::write(&path, other).expect("written");
    assert!(!is_used(&by_state("a/*")));
    assert_eq!(read(&path).expect("the scan itself is as ever").scan.live.len(), 3);
    assert!(head(&path).is_ok());
    // Neither is one that is not there.
    write(&path, &sample()).expect("written");
    assert!(!is_used(&rules()));
}

#[test]
fn other_files_and_later_formats_are_told_apart() {
    let foreign = read_bytes(b"{\"version\":4}\n", "x").expect_err("foreign");
    assert!(matches!(foreign, SnapshotError::Foreign { .. }));
    let later = read_bytes(b"{\"header\":{\"schema\":\"whose.snapshot/9\"}}\n", "x").expect_err("later");
    assert!(matches!(later, SnapshotError::Unknown { .. }));
}

//! Snapshots over time: every format that was ever written, cut-off writes, drift of recorded accounts.

use std::path::{Path, PathBuf};

use whose::findings;
use whose::kinds::facts::Role;
use whose::kinds::kind;
use whose::ledger::compare::value_at;
use whose::ledger::{Input, Ledger};
use whose::snapshot::{self, SCHEMA, Snapshot};

fn fixture(version: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/snapshots");
    folder.join(format!("whose.snapshot-{version}.jsonl.zst"))
}

fn joined(snapshot: Snapshot) -> Ledger {
    Ledger::new(Input {
        scan: snapshot.scan,
        states: snapshot.states,
        claims: snapshot.claims,
        ..Input::default()
    })
}

#[test]
fn a_file_of_every_format_is_still_read() {
    let newest: u32 = SCHEMA
        .strip_prefix("whose.snapshot/")
        .and_then(|version| version.parse().ok())
        .expect("a number");
    for version in 1..=newest {
        // It is the story's account at its fullest, whoever wrote it.
        let snapshot = snapshot::read(&fixture(version)).expect("read");
        assert_eq!((snapshot.scan.live.len(), snapshot.states.len()), (114, 3), "{version}");
        let ledger = joined(snapshot);
        assert_eq!(ledger.duplicates.len(), 1, "{version}");
        let managed = ledger.entries.iter().filter(|entry| !entry.projects.is_empty()).count();
        assert_eq!(managed, 59, "{version}");
    }
}

#[test]
fn an_account_as_terraform_left_it_has_not_drifted() {
    let ledger = joined(snapshot::read(&fixture(1)).expect("read"));
    let drifted: Vec<String> = findings::all(&ledger)
        .into_iter()
        .filter(|finding| finding.code == "drifted")
        .map(|finding| format!("{}: {}", finding.title, finding.evidence.join("; ")))
        .collect();
    assert!(drifted.is_empty(), "{drifted:#?}");
    // It is not silent because it had nothing to compare.
    let mut compared = 0;
    for (live, entry) in ledger.live.iter().zip(&ledger.entries) {
        let facts = kind(&live.kind).expect("a kind");
        for held in entry.claims.iter().filter(|held| !held.facet) {
            let claim = &ledger.claims[held.claim as usize];
            let both = facts.attributes.iter().filter(|attribute| {
                attribute.role != Role::Kept
                    && !value_at(&claim.configuration, attribute).is_empty()
                    && !value_at(&live.configuration, attribute).is_empty()
            });
            compared += both.count();
        }
    }
    assert!(compared > 300, "only {compared} attributes were compared");
}

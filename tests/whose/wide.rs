//! The join over as many types as the emulator can make: a recorded account with the states that real Terraform wrote.

use std::process::Command;

use crate::harness::{python, recorded, root};

/// Says for each type of the wide configuration what came of it; `snapshots/wide.tsv` keeps it.
#[test]
fn each_claim_of_each_type_that_can_be_made_is_found() {
    let kept = root().join("snapshots/wide.tsv");
    let folder = tempfile::tempdir().expect("a folder");
    let made = folder.path().join("wide.tsv");
    let output = Command::new(python())
        .arg(root().join("tests/story/wide.py"))
        .arg("table")
        .arg(recorded("wide"))
        .arg(&made)
        .env("WHOSE", env!("CARGO_BIN_EXE_whose"))
        .output()
        .expect("the script runs");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let now = std::fs::read_to_string(&made).unwrap_or_default();
    let mismatches: Vec<&str> = now.lines().filter(|line| line.contains("\tmismatch\t")).collect();
    assert_eq!(mismatches, Vec::<&str>::new(), "{said}");
    assert!(output.status.success(), "{said}");
    let tried = now.lines().filter(|line| line.contains("\tok\t")).count();
    assert!(tried > 200, "only {tried} types were tried: {said}");
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    assert!(
        readme.contains(&format!("{tried} types are found live")),
        "the README says otherwise than {tried}"
    );
    let before = std::fs::read_to_string(&kept).unwrap_or_default();
    if std::env::var("INSTA_UPDATE").is_ok_and(|word| word == "always") {
        std::fs::write(&kept, now).expect("written");
        return;
    }
    let changed: Vec<&str> = now.lines().filter(|line| !before.contains(line)).collect();
    assert_eq!(
        now, before,
        "changed: {changed:#?}\nINSTA_UPDATE=always writes snapshots/wide.tsv anew"
    );
}

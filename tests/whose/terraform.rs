//! The join from end to end with real Terraform, where it is on the machine.

use std::io::Write;
use std::process::{Command, Output};

use super::harness::{python, root};

/// The code by which the script says that something it needs is not there.
const SKIPPED: i32 = 77;

#[test]
fn what_terraform_made_is_found_and_what_it_forgot_is_named() {
    let script = root().join("tests/story/closure.sh");
    let Some((said, success)) = run(&mut Command::new(script), "tests/whose/closure.rs") else {
        return;
    };
    assert!(success, "{said}");
    assert_eq!(
        said.matches("\nok  ").count() + usize::from(said.starts_with("ok  ")),
        4,
        "{said}"
    );
}

/// What the script said; `None` where it needs what is not there, which is said past the test runner's capture: nobody
/// should think that this was tested.
fn run(command: &mut Command, stands_in: &str) -> Option<(String, bool)> {
    let Output { status, stdout, stderr } = command
        .env("WHOSE", env!("CARGO_BIN_EXE_whose"))
        .output()
        .expect("the script runs");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    if status.code() != Some(SKIPPED) {
        return Some((said, status.success()));
    }
    loudly(&format!("{said}*** The recorded accounts stand in ({stands_in})."));
    None
}

fn loudly(text: &str) {
    let loud = format!("\n*** {text}\n");
    std::io::stderr().write_all(loud.as_bytes()).expect("stderr");
}

/// All groups take ten minutes; without being asked, one is applied.
#[test]
fn each_claim_that_terraform_made_of_many_types_is_found() {
    let everything = std::env::var_os("WHOSE_WIDE_TERRAFORM").is_some();
    if !everything {
        loudly(
            "PARTLY SKIPPED: of the wide configuration only the group `identity` is applied with real Terraform; \
             WHOSE_WIDE_TERRAFORM=1 applies all of it (ten minutes)",
        );
    }
    let account = tempfile::tempdir().expect("a folder");
    let script = root().join("tests/story/wide.py");
    let mut record = Command::new(python());
    record.arg(&script).arg("record").arg(account.path());
    if !everything {
        record.arg("identity");
    }
    let Some((said, success)) = run(&mut record, "tests/whose/wide.rs") else {
        return;
    };
    assert!(success, "{said}");
    let made = account.path().join("table.tsv");
    let mut table = Command::new(python());
    table.arg(&script).arg("table").arg(account.path()).arg(&made);
    let (said, success) = run(&mut table, "tests/whose/wide.rs").expect("it needs no Terraform");
    assert!(success, "{said}");
    let lines = std::fs::read_to_string(made).expect("a table");
    let tried = lines.lines().filter(|line| line.contains("\tok\t")).count();
    assert!(tried > if everything { 200 } else { 35 }, "{said}{lines}");
}

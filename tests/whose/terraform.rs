//! The join from end to end with real Terraform, where it is on the machine.

use std::io::Write;
use std::process::Command;

use super::harness::root;

/// The code by which the script says that something it needs is not there.
const SKIPPED: i32 = 77;

#[test]
fn what_terraform_made_is_found_and_what_it_forgot_is_named() {
    let script = root().join("tests/story/closure.sh");
    let output = Command::new(&script)
        .env("WHOSE", env!("CARGO_BIN_EXE_whose"))
        .output()
        .expect("the script runs");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    if output.status.code() == Some(SKIPPED) {
        // Past the test runner's capture: nobody should think that this was tested.
        let loud = format!("\n*** {said}*** The recorded accounts stand in (tests/whose/closure.rs).\n");
        std::io::stderr().write_all(loud.as_bytes()).expect("stderr");
        return;
    }
    assert!(output.status.success(), "{said}");
    assert_eq!(
        said.matches("\nok  ").count() + usize::from(said.starts_with("ok  ")),
        4,
        "{said}"
    );
}

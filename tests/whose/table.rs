//! The table of listed kinds against the service models of AWS that ship with botocore: `tests/table/check_table.py`.

use std::process::Command;

use crate::harness::{python, root};

#[test]
fn every_row_agrees_with_the_service_models() {
    let python = python();
    let has_models = Command::new(&python).args(["-c", "import botocore"]).output();
    if !has_models.expect("Python runs").status.success() {
        // Said past the test's own capture of its output, so that nobody takes it for a pass.
        let mut said = std::io::stderr().lock();
        let line = "\nSKIPPED: the table was not checked: botocore is not importable; run tests/setup\n";
        std::io::Write::write_all(&mut said, line.as_bytes()).expect("said");
        return;
    }
    let check = Command::new(&python)
        .arg(root().join("tests/table/check_table.py"))
        .output();
    let check = check.expect("Python runs");
    let said = String::from_utf8_lossy(&check.stdout);
    let errors = String::from_utf8_lossy(&check.stderr);
    assert!(check.status.success(), "{said}{errors}");
    let last = said.lines().last().unwrap_or_default();
    let rows: usize = last.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let known = whose::kinds::listed::rows().len();
    assert!(rows >= known, "{known} rows are used, and the check says: {last}");
    assert!(last.ends_with("0 defects"), "{last}");
}

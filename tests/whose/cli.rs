//! Exit codes, streams, colours, pipes, files: the wiring, without AWS.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use whose::model::{Cell, CellStatus, StateStatus};
use whose::snapshot::{self, Snapshot};

/// The binary, without anything of the machine: no credentials, no home, no metadata service, and every AWS
/// endpoint a closed port.
pub(crate) fn whose() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whose"));
    command.env_clear();
    for kept in ["PATH", "SystemRoot"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
        .env("HOME", "/nonexistent")
        .env("WHOSE_RECEIPTS", concat!(env!("CARGO_TARGET_TMPDIR"), "/receipts"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_MAX_ATTEMPTS", "1")
        .env("AWS_REGION", "eu-west-1")
        .stdin(Stdio::null());
    command
}

/// Standard output, standard error, exit code.
pub(crate) fn run(command: &mut Command) -> (String, String, i32) {
    let output = command.output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code().expect("an exit code"),
    )
}

fn demo() -> Snapshot {
    snapshot::read_bytes(include_bytes!("../../snapshots/demo.jsonl.zst"), "demo").expect("readable")
}

fn saved(folder: &Path, snapshot: &Snapshot) -> PathBuf {
    let path = folder.join("saved.jsonl.zst");
    snapshot::write(&path, snapshot).expect("written");
    path
}

/// The recorded account with a listing that was denied.
fn with_a_gap() -> Snapshot {
    let mut snapshot = demo();
    let account = snapshot.scan.accounts[0].id;
    snapshot.scan.coverage.enter(Cell {
        kind: "aws_vpc".into(),
        account,
        region: snapshot.scan.regions[0],
        status: CellStatus::Denied,
        count: 0,
        detail: Some("ec2:DescribeVpcs: UnauthorizedOperation".to_owned()),
    });
    snapshot
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn the_demo_reports_and_does_not_fail() {
    let (out, err, code) = run(whose().arg("demo"));
    assert_eq!((err.as_str(), code), ("", 0));
    assert!(out.starts_with("Account "), "{out}");
    assert!(!out.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn fail_on_takes_severities_and_codes() {
    for (value, expected) in [
        ("never", 0),
        ("info", 3),
        ("unmanaged", 3),
        ("critical,unmanaged", 3),
        ("nonsense,critical", 2),
        ("hihg", 2),
        ("never,high", 2),
    ] {
        let (out, err, code) = run(whose().args(["demo", "--fail-on", value]));
        assert_eq!(code, expected, "{value}: {err}");
        assert_eq!(out.is_empty(), code == 2, "{value}");
        if code == 2 {
            assert!(err.starts_with("error: --fail-on") && err.contains("\nhint: "), "{err}");
        }
    }
}

#[test]
fn a_gap_outranks_findings() {
    let folder = folder();
    let path = saved(folder.path(), &with_a_gap());
    for value in ["info", "never"] {
        let (out, err, code) = run(whose().arg("report").arg(&path).args(["--fail-on", value]));
        assert_eq!(code, 4, "{err}");
        assert!(out.contains("INCOMPLETE") && out.contains("denied"), "{out}");
        assert!(err.contains("exit 4"), "{err}");
    }
    let mut unread = demo();
    unread.states[0].status = StateStatus::Unreadable;
    unread.claims.retain(|claim| claim.state != 0);
    let path = saved(folder.path(), &unread);
    let (out, _, code) = run(whose().arg("report").arg(&path));
    assert_eq!(code, 4);
    assert!(out.contains("?  unmanaged"), "{out}");
}

#[test]
fn a_snapshot_reports_the_same_bytes_as_what_it_was_made_of() {
    let folder = folder();
    let path = saved(folder.path(), &demo());
    for format in ["human", "json", "markdown", "csv"] {
        let (one, ..) = run(whose().args(["demo", "--format", format]));
        let (two, _, code) = run(whose()
            .arg("report")
            .arg(&path)
            .args(["--format", format, "--fail-on", "never"]));
        assert_eq!(code, 0);
        assert!(!one.is_empty());
        assert_eq!(one, two, "{format}");
    }
}

#[test]
fn wrong_usage_is_found_before_aws() {
    for arguments in [
        &["scan", "--no-such-option"][..],
        &["scan", "--account", "42"],
        &["scan", "--region", "Ireland"],
        &["scan", "--region", "eu-west-1", "--exclude-region", "eu-west-1"],
        &["scan", "--kind", "aws_unheard_of"],
        &["scan", "--fail-on", "worst"],
        &["scan", "--state", "/nonexistent.tfstate"],
        &["scan", "--config", "/nonexistent.toml"],
        &["scan", "--format", "xml"],
        &["scan", "--format", "json", "-o", "a.json", "-o", "b.json"],
        &["scan", "--quiet", "--verbose"],
        &["explain"],
        &["explain", ""],
        &["explain", "vpc-1", "--demo", "--snapshot", "x"],
        &["explain", "vpc-1", "--demo", "--profile", "x"],
        &["kinds", "--format", "csv"],
        &["report"],
        &["frobnicate"],
    ] {
        let (out, err, code) = run(whose().args(arguments));
        assert_eq!((out.as_str(), code), ("", 2), "{arguments:?}: {err}");
        assert!(err.starts_with("error: "), "{arguments:?}: {err}");
    }
}

#[test]
fn without_credentials_one_message_and_one_hint() {
    let (out, err, code) = run(whose().arg("scan"));
    assert_eq!((out.as_str(), code), ("", 1), "{err}");
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 2, "{err}");
    assert_eq!(
        lines[0],
        "error: failed to connect to AWS: no AWS credentials were found"
    );
    assert!(lines[1].starts_with("hint: "), "{err}");
}

#[test]
fn a_place_that_cannot_be_written_is_found_before_aws() {
    for option in ["--output", "--snapshot"] {
        let (_, err, code) = run(whose().args(["scan", option, "/nonexistent/folder/file.md"]));
        assert_eq!(code, 1);
        assert!(
            err.starts_with("error: failed to write /nonexistent/folder/file.md"),
            "{option}: {err}"
        );
    }
}

#[test]
fn files_get_what_stdout_would_have_got() {
    let folder = folder();
    let (json, human) = (folder.path().join("a.json"), folder.path().join("b.txt"));
    let (out, err, code) = run(whose().arg("demo").arg("-o").arg(&json).arg("-o").arg(&human));
    assert_eq!((out.as_str(), err.as_str(), code), ("", "", 0));
    let (stdout, ..) = run(whose().args(["demo", "--format", "json"]));
    assert_eq!(std::fs::read_to_string(&json).expect("written"), stdout);
    let (stdout, ..) = run(whose().args(["demo", "--color", "always", "-o", "-"]));
    let plain = std::fs::read_to_string(&human).expect("written");
    assert!(stdout.contains('\u{1b}') && !plain.contains('\u{1b}'));
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("a folder").count(),
        2,
        "nothing is left"
    );
}

#[test]
fn the_json_is_the_contract() {
    let (out, ..) = run(whose().args(["demo", "--format", "json"]));
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
    assert_eq!(value["schema"], "whose.report/1");
    for key in [
        "schema",
        "tool",
        "scanned_at",
        "accounts",
        "regions",
        "states",
        "coverage",
        "summary",
        "resources",
        "missing",
        "findings",
    ] {
        assert!(keys.iter().any(|have| *have == key), "{key}");
    }
    let (out, _, code) = run(whose().args(["kinds", "--format", "json"]));
    assert_eq!(code, 0);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&out).expect("JSON");
    let vpc = rows.iter().find(|row| row["type"] == "aws_vpc").expect("aws_vpc");
    assert_eq!(
        *vpc,
        serde_json::json!({"type": "aws_vpc", "disposition": "described", "of": null, "why": null})
    );
}

#[test]
fn colours_are_asked_for_or_seen_on_a_terminal() {
    let colours = |command: &mut Command| run(command).0.contains('\u{1b}');
    assert!(!colours(whose().arg("demo")));
    assert!(colours(whose().args(["demo", "--color", "always"])));
    assert!(colours(whose().args(["--color=always", "demo"])));
    assert!(!colours(
        whose().args(["demo", "--color", "never"]).env("CLICOLOR_FORCE", "1")
    ));
    assert!(colours(whose().arg("demo").env("CLICOLOR_FORCE", "1")));
    assert!(!colours(
        whose().arg("demo").env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1")
    ));
    let (_, err, _) = run(whose().args(["demo", "--fail-on", "x", "--color", "always"]));
    assert!(err.contains("\u{1b}["), "{err:?}");
    let (out, ..) = run(whose().args(["--color", "always", "--help"]));
    assert!(out.contains('\u{1b}'), "{out:?}");
}

#[test]
fn a_closed_pipe_ends_quietly_with_the_right_code() {
    for (value, expected) in [("never", 0), ("info", 3)] {
        let mut child = whose()
            .args(["demo", "--format", "json", "--fail-on", value, "--quiet"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(expected));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("a device");
    let output = whose().arg("demo").stdout(full).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.starts_with("error: failed to write the report: "), "{err}");
    let (_, err, code) = run(whose().args(["demo", "-o", "/dev/full"]));
    assert_eq!(code, 1);
    assert!(err.starts_with("error: failed to write /dev/full: "), "{err}");
}

#[test]
fn files_that_are_no_snapshots_are_told_so() {
    let folder = folder();
    let path = folder.path().join("x.jsonl");
    std::fs::write(&path, "{\"version\": 4, \"password\": \"hunter2\"}\n").expect("written");
    let (out, err, code) = run(whose().arg("report").arg(&path));
    assert_eq!((out.as_str(), code), ("", 1));
    assert!(
        err.contains("is not a snapshot of whose") && err.contains("\nhint: "),
        "{err}"
    );
    assert!(!err.contains("hunter2"), "{err}");
    let (_, err, code) = run(whose().args(["report", "/nonexistent"]));
    assert_eq!(code, 1);
    assert!(err.contains("could not be read"), "{err}");
}

#[test]
fn explain_needs_no_aws_for_codes_snapshots_and_the_demo() {
    for code in whose::findings::RULES.iter().map(|rule| rule.code) {
        let (out, err, exit) = run(whose().args(["explain", code]));
        assert_eq!((err.as_str(), exit), ("", 0), "{code}");
        assert!(out.starts_with(code), "{out}");
    }
    let arn = demo().scan.live[0].arn.to_string();
    let (out, err, code) = run(whose().args(["explain", &arn, "--demo"]));
    assert_eq!((err.as_str(), code), ("", 0));
    assert!(out.contains(&arn) && out.contains("ownership"), "{out}");
    let address = demo().claims[0].address.to_string();
    let (out, _, code) = run(whose().args(["explain", &address, "--demo"]));
    assert_eq!(code, 0);
    assert!(out.starts_with(&address), "{out}");
}

#[test]
fn what_is_not_found_may_be_in_a_gap() {
    let (out, err, code) = run(whose().args(["explain", "vpc-00000000000000000", "--demo"]));
    assert_eq!((out.as_str(), code), ("", 1), "{err}");
    let folder = folder();
    let path = saved(folder.path(), &with_a_gap());
    let (out, err, code) = run(whose()
        .args(["explain", "vpc-00000000000000000", "--snapshot"])
        .arg(&path));
    assert_eq!((out.as_str(), code), ("", 4), "{err}");
    assert!(err.contains("1 listing failed: it may"), "{err}");
}

#[test]
fn the_config_file_is_found_named_or_left_alone() {
    let folder = folder();
    let path = saved(folder.path(), &demo());
    std::fs::write(
        folder.path().join("whose.toml"),
        "fail_on = [\"never\"]\n[[ignores]]\nresource = \"no-such-*\"\nreason = \"a test\"\n",
    )
    .expect("written");
    let report = || {
        let mut command = whose();
        command.arg("report").arg(&path);
        command
    };
    let (out, err, code) = run(report().current_dir(folder.path()));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("unused-ignore"), "{out}");
    let (out, _, code) = run(report().current_dir(folder.path()).arg("--no-config"));
    assert_eq!(code, 3);
    assert!(!out.contains("unused-ignore"), "{out}");
    let (_, _, code) = run(report().current_dir(folder.path()).args(["--fail-on", "low"]));
    assert_eq!(code, 3, "the command line outranks the file");
    std::fs::write(folder.path().join("bad.toml"), "fail_no = [\"low\"]\n").expect("written");
    let (out, err, code) = run(report().arg("--config").arg(folder.path().join("bad.toml")));
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(
        err.starts_with("error: failed to use the config file: ") && err.contains("line 1"),
        "{err}"
    );
}

#[test]
fn foreign_text_in_messages_is_harmless() {
    let (_, err, code) = run(whose().args(["explain", "\u{1b}[2Jboo\u{202e}", "--demo"]));
    assert_eq!(code, 1);
    assert!(
        !err.contains('\u{1b}') && !err.contains('\u{202e}') && err.contains("boo"),
        "{err:?}"
    );
    let (_, err, code) = run(whose().args(["report", "/nonexistent/\u{1b}[2J"]));
    assert_eq!(code, 1);
    assert!(!err.contains('\u{1b}'), "{err:?}");
}

#[test]
fn the_log_goes_to_stderr() {
    let (quiet, ..) = run(whose().arg("demo"));
    let (loud, ..) = run(whose().args(["-vv", "demo"]));
    assert_eq!(quiet, loud);
}

#[test]
fn every_type_of_the_provider_has_one_row() {
    let (out, err, code) = run(whose().args(["kinds", "--format", "json"]));
    assert_eq!(code, 0, "{err}");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&out).expect("JSON");
    let types: std::collections::BTreeSet<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
    assert_eq!(
        (rows.len(), types.len()),
        (1526, 1526),
        "provider 5.100 has 1,526 types"
    );
    let count = |words: &[&str]| {
        let of = |row: &&serde_json::Value| row["disposition"].as_str().is_some_and(|word| words.contains(&word));
        rows.iter().filter(of).count()
    };
    // The README says so.
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("a README");
    let kinds = count(&["described", "listed"]);
    let types = kinds + count(&["alias"]);
    assert!(
        readme.contains(&format!("**{kinds} kinds**")) && readme.contains(&format!("{types} types are found")),
        "the README gives other numbers: {kinds} kinds, {types} types"
    );
    for row in &rows {
        let word = row["disposition"].as_str().expect("a word");
        assert!(
            word != "not_inventoried" || row["why"].is_string(),
            "{row} says no reason"
        );
        assert!(
            !matches!(word, "alias" | "part_of") || row["of"].is_string(),
            "{row} names no kind"
        );
    }
}

#[test]
fn init_writes_a_file_that_is_understood_and_replaces_none() {
    let folder = folder();
    let state = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/snapshots/accounts/story-demo/states/labs.tfstate"
    );
    std::fs::copy(state, folder.path().join("labs.tfstate")).expect("copied");
    let (_, err, code) = run(whose().current_dir(folder.path()).arg("init"));
    assert_eq!(code, 0, "{err}");
    let text = std::fs::read_to_string(folder.path().join("whose.toml")).expect("written");
    assert!(
        text.contains("123456789012") && text.contains("[projects.labs]"),
        "{text}"
    );
    assert!(!text.contains("CANARY"), "{text}");
    let snapshot = saved(folder.path(), &demo());
    let mut report = whose();
    report
        .current_dir(folder.path())
        .arg("report")
        .arg(&snapshot)
        .args(["--fail-on", "never"]);
    let (_, err, code) = run(&mut report);
    assert_eq!(code, 0, "the file is read where it is found: {err}");
    let (_, err, code) = run(whose().current_dir(folder.path()).arg("init"));
    assert_eq!(code, 2, "{err}");
}

//! Help is how people learn the tool: it is kept as snapshots, and what it promises is tried.

use crate::cli::{run, whose};

fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/help"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn help_of_every_command() {
    let (out, err, code) = run(whose().arg("--help"));
    assert_eq!((err.as_str(), code), ("", 0));
    check("whose", &out);
    for command in [
        "scan",
        "check",
        "guard",
        "hook",
        "report",
        "diff",
        "triage",
        "recoverable",
        "explain",
        "kinds",
        "policy",
        "demo",
        "completions",
    ] {
        assert!(out.contains(command), "{command} is not in the help");
        let (out, err, code) = run(whose().args([command, "--help"]));
        assert_eq!((err.as_str(), code), ("", 0), "{command}");
        assert!(out.contains("Examples:"), "{command} has no examples");
        assert!(
            out.lines().all(|line| line.chars().count() <= 100),
            "{command} is too wide"
        );
        check(command, &out);
    }
}

#[test]
fn nothing_said_is_answered_with_help() {
    let (out, err, code) = run(&mut whose());
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(err.contains("Usage: whose"), "{err}");
}

#[test]
fn the_version_is_the_packages() {
    let (out, _, code) = run(whose().arg("--version"));
    assert_eq!((out.trim(), code), (concat!("whose ", env!("CARGO_PKG_VERSION")), 0));
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (out, _, code) = run(whose().args(["completions", shell]));
        assert_eq!(code, 0, "{shell}");
        assert!(out.contains("explain") && out.contains("exclude-region"), "{shell}");
    }
}

//! Receipts, guard and hook from end to end: what was checked may run, and nothing else.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use whose::check::Verdict;

use crate::cli::run;
use crate::harness::{REGIONS, account, root, states, whose_at};

/// A folder with receipts, programs that say how they were called, and the way to the account.
struct Desk {
    folder: tempfile::TempDir,
    url: String,
    states: String,
}

impl Desk {
    fn new(name: &str) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().expect("a folder"),
            url: account(name),
            states: states(name),
        };
        std::fs::create_dir(desk.path("bin")).expect("a folder");
        desk.program("aws", "exit 7");
        // Shows a plan that the test puts there; an apply keeps the bytes that it was given.
        desk.program(
            "terraform",
            &format!(
                "for last; do :; done\ncase \"$1 $2 $*\" in\n  *show*) exec cat '{0}/plan.json' ;;\n  *apply*) cp \"$last\" '{0}/applied' || exit 1 ; exit 5 ;;\n  *) exit 6 ;;\nesac",
                desk.folder.path().display()
            ),
        );
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        let log = self.path("log");
        std::fs::write(
            &path,
            format!("#!/bin/sh\necho \"{name} $*\" >> '{}'\n{text}\n", log.display()),
        )
        .expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("allowed");
    }

    /// What ran since the last question.
    fn ran(&self) -> String {
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        std::fs::remove_file(self.path("log")).ok();
        log
    }

    fn whose(&self) -> Command {
        let mut command = whose_at(&self.url);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("WHOSE_RECEIPTS", self.path("receipts"))
            .current_dir(self.folder.path());
        command
    }

    fn check(&self, arguments: &[&str]) -> (Verdict, i32) {
        let mut command = self.whose();
        let at = root().join(&self.states);
        command.args(["check", "--format", "json", "--region", REGIONS, "--state"]);
        let (out, err, code) = run(command.arg(at).args(arguments));
        let report: whose::check::CheckReport =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
        self.ran();
        (report.verdict, code)
    }

    fn plan(&self, name: &str) {
        for (from, to) in [("tfplan", "plan.out"), ("json", "plan.json")] {
            let from = root().join(format!("tests/fixtures/plans/{name}.{from}"));
            std::fs::copy(from, self.path(to)).expect("copied");
        }
    }

    fn guard(&self, words: &[&str]) -> (String, i32) {
        let (out, err, code) = run(self.whose().args(["guard", "--"]).args(words));
        assert_eq!(out, "");
        (err, code)
    }

    /// Whether the hook denies the command; what it says is checked on the way.
    fn denies(&self, text: &str) -> bool {
        let call = serde_json::json!({"hook_event_name": "PreToolUse", "tool_name": "Bash", "cwd": self.folder.path(),
            "tool_input": {"command": text}});
        let mut child = self
            .whose()
            .arg("hook")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(call.to_string().as_bytes())
            .expect("written");
        let output = child.wait_with_output().expect("it ends");
        match output.status.code() {
            Some(0) => {
                assert!(
                    output.stdout.is_empty() && output.stderr.is_empty(),
                    "{text}: a hook never grants"
                );
                false
            }
            Some(2) => {
                assert!(!output.stderr.is_empty(), "{text}: a denial has a reason");
                let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
                assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny");
                true
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn a_plan_that_passed_is_applied_as_it_was_checked() {
    let desk = Desk::new("story-healthy");
    desk.plan("small-change");
    let (err, code) = desk.guard(&["terraform", "apply", "plan.out"]);
    assert_eq!((code, desk.ran().as_str()), (3, ""), "{err}");
    assert!(err.contains("no receipt"), "{err}");
    assert!(desk.denies("terraform apply plan.out"));

    assert_eq!(desk.check(&["plan.out"]), (Verdict::Pass, 0));
    let receipts = desk.path("receipts");
    let receipt = std::fs::read_dir(&receipts)
        .expect("a folder")
        .next()
        .expect("a receipt")
        .expect("it")
        .path();
    assert_eq!((mode(&receipts), mode(&receipt)), (0o700, 0o600));
    let text = std::fs::read_to_string(&receipt).expect("text");
    assert!(
        text.contains("whose.receipt/1") && text.contains("123456789012"),
        "{text}"
    );

    assert!(!desk.denies("terraform apply plan.out"));
    assert!(desk.denies("terraform apply -auto-approve plan.out"));
    let (err, code) = desk.guard(&["terraform", "apply", "-input=false", "plan.out"]);
    assert_eq!(code, 5, "the command's own code: {err}");
    let ran = desk.ran();
    assert!(ran.starts_with("terraform apply -input=false /"), "{ran}");
    assert!(
        !ran.contains(&*desk.path("plan.out").to_string_lossy()),
        "a copy is applied: {ran}"
    );
    let bytes = |name: &str| std::fs::read(desk.path(name)).expect("a file");
    assert_eq!(bytes("applied"), bytes("plan.out"));
    let copy = ran.trim().rsplit(' ').next().expect("a path").to_owned();
    assert!(!Path::new(&copy).exists(), "the copy is gone");

    // One byte more is another plan.
    let mut changed = bytes("plan.out");
    changed.push(0);
    std::fs::write(desk.path("plan.out"), changed).expect("written");
    assert_eq!(desk.guard(&["terraform", "apply", "plan.out"]).1, 3);
    assert!(desk.denies("terraform apply plan.out"));
    assert_eq!(desk.ran(), "");
}

#[test]
fn a_plan_that_blocks_is_not_applied_by_anybody() {
    let desk = Desk::new("story-healthy");
    desk.plan("destroy-platform");
    assert_eq!(desk.check(&["plan.out"]).0, Verdict::Block);
    let (err, code) = desk.guard(&["terraform", "apply", "plan.out"]);
    assert_eq!((code, desk.ran().as_str()), (3, ""));
    assert!(err.contains("block") || err.contains("incomplete"), "{err}");
    assert!(desk.denies("terraform apply plan.out"));
}

#[test]
fn the_guard_refuses_what_has_no_plan_and_lets_reading_through() {
    let desk = Desk::new("story-healthy");
    for words in [
        &["terraform", "destroy"][..],
        &["terraform", "apply"],
        &["terraform", "apply", "-auto-approve"],
        &["terraform", "-chdir=x", "destroy"],
        &["terraform", "state", "rm", "x"],
        &["tofu", "destroy"],
        &["terragrunt", "run-all", "destroy"],
        &["bash", "-c", "terraform destroy"],
        &["env", "A=b", "terraform", "destroy"],
        &["aws", "ec2", "delete-vpc", "--vpc-id", "vpc-1"],
    ] {
        let (err, code) = desk.guard(words);
        assert_eq!((code, desk.ran().as_str()), (3, ""), "{words:?}: {err}");
        assert!(err.contains("hint:"), "{words:?}: {err}");
    }
    assert_eq!(desk.guard(&["terraform", "plan", "-out=plan.out"]).1, 6);
    assert_eq!(desk.guard(&["aws", "ec2", "describe-vpcs"]).1, 7);
    assert_eq!(desk.guard(&["sh", "-c", "exit 9"]).1, 9);
    assert_eq!(desk.guard(&["sh", "-c", "kill -9 $$"]).1, 137);
    assert_eq!(desk.guard(&["no-such-program-anywhere"]).1, 1);
    let (_, _, code) =
        run(desk
            .whose()
            .env("TF_CLI_ARGS_apply", "-auto-approve")
            .args(["guard", "--", "terraform", "plan"]));
    assert_eq!(code, 3, "arguments from the environment");
}

#[test]
fn a_script_of_deletions_is_checked_command_by_command() {
    let desk = Desk::new("story-copies");
    let copy = "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-06da29483498bd2f8";
    assert_eq!(desk.check(&["--command", copy]), (Verdict::Pass, 0));
    assert!(!desk.denies(copy));
    assert!(desk.denies("aws ec2 delete-vpc-endpoints --vpc-endpoint-ids vpce-0000000000000000a"));
    assert!(desk.denies(&format!("{copy} --region us-east-1")));
    assert!(desk.denies(&format!("AWS_PROFILE=other {copy}")));
    assert!(desk.denies(&format!("cd x; {copy}; true")));
    let words: Vec<&str> = copy.split(' ').collect();
    assert_eq!(desk.guard(&words).1, 7, "the command's own code");
    assert_eq!(desk.ran().trim(), copy);

    let script = desk.path("clean-up.sh");
    let text = "#!/bin/sh\nset -e\nfor id in eipalloc-96b6b44512a412e29; do\n  aws ec2 release-address --allocation-id \"$id\"\ndone\n\
                aws ec2 delete-security-group --group-id sg-8a67639f74080f56c\n";
    std::fs::write(&script, text).expect("written");
    let script = script.to_str().expect("UTF-8");
    assert_eq!(desk.check(&[script]).0, Verdict::Block);
    assert!(
        desk.denies("aws ec2 release-address --allocation-id eipalloc-96b6b44512a412e29"),
        "all or nothing"
    );

    // A block takes the place of an older pass.
    let both = format!("{copy}\naws ec2 delete-security-group --group-id sg-8a67639f74080f56c");
    assert_eq!(desk.check(&["--command", &both]).0, Verdict::Block);
    assert!(desk.denies(copy));

    for (command, why) in [
        ("aws ec2 delete-vpc --vpc-id $ID", "unknown"),
        (
            "aws rds delete-db-instance --db-instance-identifier no-such-database",
            "no such name",
        ),
        ("aws ec2 delete-something-new --id x", "no such command"),
    ] {
        assert_eq!(desk.check(&["--command", command]), (Verdict::Review, 3), "{why}");
    }
    let (out, err, code) = run(desk.whose().args(["check", "--command", "aws ec2 describe-vpcs"]));
    assert_eq!((out.as_str(), code), ("", 2), "{err}");
}

#[test]
fn the_hook_answers_in_the_agents_words() {
    let desk = Desk::new("story-healthy");
    assert!(desk.denies("cd infra && te''rraform destroy"));
    assert!(!desk.denies("cargo test && git status"));
    // Nobody but the check writes receipts.
    assert!(desk.denies(&format!("echo x > {}/x.json", desk.path("receipts").display())));
}

#[test]
fn a_review_needs_a_person() {
    let desk = Desk::new("story-copies");
    let command = "aws ec2 delete-something-new --id x";
    assert_eq!(desk.check(&["--command", command]), (Verdict::Review, 3));
    let words: Vec<&str> = command.split(' ').collect();
    let (err, code) = desk.guard(&words);
    assert_eq!((code, desk.ran().as_str()), (3, ""));
    assert!(err.contains("no person at a terminal"), "{err}");
    assert!(desk.denies(command), "an agent is no person");
}

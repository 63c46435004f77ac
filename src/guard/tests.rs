use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;

mod bash;

/// Files and receipts made up for a test.
#[derive(Default)]
struct Made {
    files: BTreeMap<PathBuf, Look>,
    plans: Vec<PathBuf>,
    commands: Vec<String>,
    looked: RefCell<Vec<PathBuf>>,
}

impl Surroundings for Made {
    fn look(&self, path: &Path) -> Look {
        self.looked.borrow_mut().push(path.to_owned());
        self.files.get(path).cloned().unwrap_or(Look::Missing)
    }

    fn plan_receipt(&self, plan: &Path) -> Result<(), String> {
        if self.plans.iter().any(|known| known == plan) {
            Ok(())
        } else {
            Err("it has no receipt".to_owned())
        }
    }

    fn command_receipt(&self, args: &[&str], _: &Run) -> Result<(), String> {
        if self.commands.contains(&args.join(" ")) {
            Ok(())
        } else {
            Err("it has no receipt".to_owned())
        }
    }

    fn home(&self) -> Option<PathBuf> {
        Some(PathBuf::from("/home/x"))
    }

    fn is_this_program(&self, path: &str) -> bool {
        path == "/opt/whose"
    }
}

fn files() -> Made {
    let text = |text: &str| Look::Text(text.to_owned());
    let mut made = Made::default();
    for (path, look) in [
        (
            "destroy.sh",
            text("#!/bin/bash\nset -e\ncd infra\nterraform destroy -auto-approve\n"),
        ),
        ("calls.sh", text("#!/bin/sh\n./destroy.sh\n")),
        (
            "build.sh",
            text("#!/usr/bin/env bash\nset -euo pipefail\necho building\ncargo build \"$@\"\nterraform fmt\n"),
        ),
        (
            "clean.py",
            text("#!/usr/bin/env python3\nimport boto3\nboto3.client('ec2').delete_vpc(VpcId='vpc-1')\n"),
        ),
        ("app.py", text("import json\nprint(json.dumps({}))\n")),
        ("scripts/down.sh", text("#!/bin/sh\nterraform destroy -auto-approve\n")),
        ("cmds.txt", text("terraform destroy -auto-approve\n")),
        ("infra/Makefile", text("wipe:\n\tterraform destroy -auto-approve\n")),
        (
            "justfile",
            text("wipe:\n    terraform destroy -auto-approve\nbuild:\n    cargo build\n"),
        ),
        (
            "Taskfile.yml",
            text(
                "version: \"3\"\ntasks:\n  wipe:\n    cmds:\n      - terraform destroy -auto-approve\n  build:\n    cmds: [cargo build]\n",
            ),
        ),
        (
            "scripts/wipe.js",
            text("const {execSync} = require('child_process'); execSync('terraform destroy')\n"),
        ),
        (".venv/bin/activate", text("export VIRTUAL_ENV=x\n")),
        ("x.awk", text("{print}\n")),
        (
            ".git/config",
            text("[alias]\n\tx = !terraform destroy\n\tst = status\n"),
        ),
        ("tf", Look::Program("terraform".to_owned())),
        ("app", Look::Program("app".to_owned())),
        (
            "package.json",
            text(
                r#"{"scripts":{"clean-up":"cd infra && terraform destroy -auto-approve","test":"vitest","pretest":"eslint .","wipe":"node scripts/wipe.js","nuke2":"npm run clean-up"}}"#,
            ),
        ),
        (
            "Makefile",
            text(
                "TF = terraform\nall: build\nbuild:\n\tcargo build\nwipe:\n\t@$(TF) destroy -auto-approve\nreset: wipe\nclean2:\n\tbash scripts/down.sh\nsub:\n\t$(MAKE) -C infra wipe\nfmt:\n\t$(TF) fmt\n",
            ),
        ),
    ] {
        made.files.insert(Path::new("/srv").join(path), look);
    }
    made
}

fn judged(text: &str) -> Option<Refusal> {
    judge(text, Path::new("/srv"), &files())
}

fn list(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| line.starts_with('"'))
        .map(|line| serde_json::from_str(line).expect("a string"))
        .collect()
}

/// Ways to destroy, in plain sight and hidden. Each of them must be denied.
fn denied() -> Vec<String> {
    list(include_str!("../../tests/fixtures/hook/denied.txt"))
}

/// What people and agents do all day. None of it may be denied.
fn allowed() -> Vec<String> {
    list(include_str!("../../tests/fixtures/hook/allowed.txt"))
}

#[test]
fn nothing_that_destroys_gets_through() {
    let all = denied();
    assert!(all.len() > 1000, "the list was not read: {}", all.len());
    let through: Vec<&String> = all.iter().filter(|text| judged(text).is_none()).collect();
    assert!(through.is_empty(), "{} of {}: {through:#?}", through.len(), all.len());
}

#[test]
fn what_only_reads_goes_on() {
    let all = allowed();
    assert!(all.len() > 350, "the list was not read: {}", all.len());
    let denied: Vec<(&String, Refusal)> = all.iter().filter_map(|text| Some((text, judged(text)?))).collect();
    assert!(denied.is_empty(), "{} of {}: {denied:#?}", denied.len(), all.len());
}

#[test]
fn refusals_say_what_and_what_to_do() {
    let refusal = judged("cd infra && terraform destroy").expect("denied");
    assert_eq!(refusal.command, "terraform destroy");
    assert!(refusal.why.contains("deletes whatever the state holds"), "{refusal:?}");
    assert!(refusal.hint.contains("plan -destroy"), "{refusal:?}");
    let refusal = judged("./calls.sh").expect("denied");
    assert!(refusal.why.contains("/srv/calls.sh"), "{refusal:?}");
    assert!(refusal.why.contains("/srv/destroy.sh"), "{refusal:?}");
}

#[test]
fn a_receipt_lets_exactly_its_own_through() {
    let made = Made {
        plans: vec![PathBuf::from("/srv/plan.out"), PathBuf::from("/srv/infra/plan.out")],
        commands: vec!["aws ec2 delete-vpc --vpc-id vpc-1".to_owned()],
        ..files()
    };
    let denied = |text: &str| judge(text, Path::new("/srv"), &made).is_some();
    for text in [
        "terraform apply plan.out",
        "terraform apply -input=false -no-color plan.out",
        "/usr/bin/terraform apply ./plan.out",
        "terraform -chdir=infra apply plan.out",
        "cd infra && terraform apply plan.out",
        "aws ec2 delete-vpc --vpc-id vpc-1",
    ] {
        assert!(!denied(text), "{text}");
    }
    for text in [
        "terraform apply other.out",
        "terraform apply -auto-approve plan.out",
        "terraform apply -lock=false plan.out",
        "terraform apply -state=x plan.out",
        "terraform apply plan.out other.out",
        "terraform destroy plan.out",
        "cp other.out plan.out && terraform apply plan.out",
        "terraform apply plan.out; terraform apply plan.out -destroy",
        "terraform apply $PLAN",
        "terraform apply \"$PLAN\"",
        "cd other; terraform apply plan.out",
        "cd other || terraform apply plan.out",
        "cd $X && terraform apply plan.out",
        "pushd x && terraform apply plan.out",
        "ssh host terraform apply plan.out",
        "docker run hashicorp/terraform apply plan.out",
        "aws ec2 delete-vpc --vpc-id vpc-2",
        "aws ec2 delete-vpc --vpc-id vpc-1; true",
        "ssh host aws ec2 delete-vpc --vpc-id vpc-1",
    ] {
        assert!(denied(text), "{text}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    for text in [
        "(".repeat(100_000),
        "$(".repeat(100_000),
        "`".repeat(100_001),
        "\"$(".repeat(50_000),
        "{ ".repeat(100_000),
        "if ".repeat(100_000),
        "<(".repeat(100_000),
        "${x:-".repeat(100_000),
        "$((".repeat(100_000),
        "((".repeat(3_000),
        "a".repeat(3 << 20),
        format!("{}{}", "f() { f; f; f; }; ", "f"),
        format!("{}ls", "sudo ".repeat(10_000)),
    ] {
        // A reading without bounds would not end in a day; machines that do much else are slow.
        let start = std::time::Instant::now();
        assert!(judged(&text).is_some(), "{}", &text[..20]);
        assert!(start.elapsed().as_secs() < 120, "{}", &text[..20]);
    }
    let doubling: String = (0..40).map(|n| format!("f{n}() {{ f{0}; f{0}; }}; ", n + 1)).collect();
    assert!(judged(&format!("{doubling} f0")).is_some());
    // Each line doubles what the one before holds: 2^60 bytes, arguments, or copies of an environment.
    let lines = |line: &dyn Fn(usize) -> String| (1..60).map(line).collect::<String>();
    for text in [
        format!("a0=xx; {}", lines(&|n| format!("a{n}=$a{0}$a{0}; ", n - 1))),
        format!(
            "a0=(x y); {}",
            lines(&|n| format!("a{n}=(\"${{a{0}[@]}}\" \"${{a{0}[@]}}\"); ", n - 1))
        ),
        format!(
            "x={}; {}",
            "y".repeat(500_000),
            (0..30_000).map(|n| format!("ls {n}; ")).collect::<String>()
        ),
    ] {
        assert!(judged(&text).is_some(), "{}", &text[..60]);
    }
    let values: String = (0..30).map(|n| format!("X={n}; ")).collect();
    judged(&format!("{values} echo $X$X$X$X$X$X$X$X"));
}

//! The README's commands: each is understood by the program, the demo's are run, and the weekly workflow is tried.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::run;
use crate::harness::{account, python, recorded, root, whose_at};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("the README")
}

/// The blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == fence {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// The commands of a line of shell: words without quotes, split where a shell splits commands.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => word.get_or_insert_default().push(letter),
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            ('#', None) if word.is_none() => break,
            (';' | '|' | '&', None) => {
                all.last_mut().expect("one").extend(word.take());
                all.push(Vec::new());
            }
            ('>', None) => {
                // What follows is a file.
                all.last_mut().expect("one").extend(word.take());
                all.push(Vec::new());
            }
            (letter, None) if letter.is_whitespace() => all.last_mut().expect("one").extend(word.take()),
            (letter, None) => word.get_or_insert_default().push(letter),
        }
    }
    all.last_mut().expect("one").extend(word.take());
    all
}

/// Every command of `whose` in some lines of shell.
fn of_whose(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().flat_map(commands);
    lines
        .filter_map(|words| {
            let start = words.iter().position(|word| word == "whose")?;
            // `command whose`, `[ … ]` and the like are no run of it; fields of a crontab and `then` stand before one.
            Some(words[start..].to_vec())
        })
        .collect()
}

/// The workflow as data.
fn workflow() -> Value {
    let text = readme();
    let blocks = blocks(&text, "yaml");
    let [yaml] = blocks.as_slice() else {
        panic!("one workflow is expected: {blocks:?}")
    };
    let script = "import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin.read()), default=str))";
    let mut command = Command::new(python());
    command.args(["-c", script]).stdin(std::process::Stdio::piped());
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().expect("Python");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), yaml.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("an answer");
    assert!(output.status.success(), "the workflow is no YAML");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The script of a step of the workflow.
fn step(name: &str) -> String {
    let workflow = workflow();
    let steps = workflow["jobs"]["weekly"]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["name"] == name);
    step.and_then(|step| step["run"].as_str())
        .unwrap_or_else(|| panic!("no step {name}"))
        .to_owned()
}

#[test]
fn every_command_of_the_readme_is_understood() {
    let text = readme();
    let mut shell = blocks(&text, "sh");
    shell.extend(blocks(&text, "crontab"));
    shell.extend(["Scan", "Report"].map(step));
    let commands: Vec<_> = shell.iter().flat_map(|block| of_whose(block)).collect();
    assert!(commands.len() > 15, "{commands:#?}");
    for words in &commands {
        let arguments = words.iter().map(OsString::from);
        if let Err(why) = whose::cli::understands(arguments) {
            panic!("{}: {why}", words.join(" "));
        }
    }
    // The test can fail.
    assert!(whose::cli::understands(["whose", "scan", "--no-such-option"].map(OsString::from)).is_err());
    assert_eq!(
        of_whose("0 6 * * 1 cd x && whose scan -o a; whose diff 7d | head # whose x").len(),
        2
    );
}

#[test]
fn the_demo_of_the_readme_runs_and_says_what_stands_there() {
    let text = readme();
    assert!(
        text.contains("cargo run -- demo") || text.contains("whose demo"),
        "no demo"
    );
    let (out, err, code) = run(crate::cli::whose().args(["demo", "--width", "100"]));
    assert!(matches!(code, 0 | 3), "{err}");
    // However the lines are wrapped, what the README shows is what the demo says.
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (said, shown) = (plain(&out), blocks(&text, "text"));
    let shown = shown.first().expect("an excerpt");
    let lines: Vec<String> = shown.lines().map(plain).filter(|line| line.len() > 3).collect();
    assert!(lines.len() > 7, "{shown}");
    for line in lines {
        assert!(said.contains(&line), "not in the demo's answer: {line}");
    }
}

/// Runs a step as a runner does: `bash -e`, in the folder of the checkout.
fn runs(step: &str, folder: &Path, url: &str) -> (String, i32) {
    let binary = whose_at(url).get_program().to_owned();
    // The described kinds are enough here, and take seconds.
    let shell = format!(
        "whose() {{ local verb=$1; shift; if [ \"$verb\" = scan ]; then set -- --kind described --region eu-west-1 \"$@\"; \
         fi; {:?} \"$verb\" \"$@\"; }}\n{step}",
        binary.to_str().expect("UTF-8")
    );
    let mut command = whose_at(url);
    let settings: Vec<_> = command
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
        .collect();
    command = Command::new("bash");
    for (name, value) in settings {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .args(["-e", "-c", &shell])
        .current_dir(folder)
        .env("GITHUB_STEP_SUMMARY", folder.join("summary.md"));
    let output = command.output().expect("bash");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (said, output.status.code().unwrap_or(-1))
}

#[test]
fn the_workflow_keeps_its_snapshots_and_posts_what_became_of_them() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("states")).expect("made");
    for state in std::fs::read_dir(recorded("story-demo").join("states")).expect("states") {
        let state = state.expect("a state");
        std::fs::copy(state.path(), folder.path().join("states").join(state.file_name())).expect("copied");
    }
    let url = account("story-demo");
    let (scan, report) = (step("Scan"), step("Report"));
    let summary = || std::fs::read_to_string(folder.path().join("summary.md")).unwrap_or_default();

    let (said, code) = runs(&scan, folder.path(), &url);
    assert_eq!(code, 0, "{said}");
    let (said, code) = runs(&report, folder.path(), &url);
    assert_eq!(
        (code, summary().as_str()),
        (0, "The first week: nothing to compare with yet.\n"),
        "{said}"
    );

    // Names of snapshots are good for a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let (said, code) = runs(&scan, folder.path(), &url);
    assert_eq!(code, 0, "{said}");
    let (said, code) = runs(&report, folder.path(), &url);
    assert_eq!(code, 0, "nothing became worse: {said}");
    assert!(summary().contains("# ") && summary().len() > 500, "{}", summary());
    assert!(folder.path().join("weekly.html").is_file() && folder.path().join("scan.html").is_file());
    assert_eq!(
        std::fs::read_dir(folder.path().join("snapshots"))
            .expect("kept")
            .count(),
        2
    );

    // Another account than the one that was named: the job fails, and nothing is posted as if it were well.
    let (said, code) = runs(&scan.replace("123456789012", "210987654321"), folder.path(), &url);
    assert!(!matches!(code, 0 | 4), "{said}");
}

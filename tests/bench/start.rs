//! How long the program takes to start, and the hook to answer: an agent waits for it before every command.
//!
//! `WHOSE` names the binary, else the one that the profile built.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 50;

/// What an agent is about to run: read through, read into a file, denied, and a long one.
fn commands() -> Vec<(&'static str, String)> {
    vec![
        ("hook: a harmless command", "git status && git diff --stat".to_owned()),
        (
            "hook: terraform destroy",
            "cd infra && terraform destroy -auto-approve".to_owned(),
        ),
        (
            "hook: code in a here-document",
            "python3 - <<'EOF'\nimport subprocess\nsubprocess.run(['git', 'log'])\nEOF".to_owned(),
        ),
        (
            "hook: 2,000 lines of shell",
            "x=1; if [ \"$x\" ]; then ls -l a b; fi\n".repeat(2000),
        ),
    ]
}

pub(crate) fn run() {
    let program = std::env::var("WHOSE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_whose").to_owned());
    measured("start: whose --help", &program, "--help", "");
    for (name, command) in commands() {
        let call = serde_json::json!({"tool_name": "Bash", "tool_input": {"command": command}});
        measured(name, &program, "hook", &call.to_string());
    }
}

fn measured(name: &str, program: &str, argument: &str, input: &str) {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let mut child = Command::new(program)
                .arg(argument)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            child
                .stdin
                .take()
                .expect("a pipe")
                .write_all(input.as_bytes())
                .expect("it reads");
            let end = child.wait().expect("it ends");
            assert!(matches!(end.code(), Some(0 | 2)), "{name}: {end}");
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{name} in {:.1} ms (median of {RUNS}; best {:.1} ms)",
        times[RUNS / 2],
        times[0]
    );
}

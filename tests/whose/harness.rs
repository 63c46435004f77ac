//! Stands accounts up for the tests, and runs the binary against them.
//!
//! A recorded account takes seconds to come up, so each is started once and shared by all tests that only look. It
//! stops by itself when this process ends, however it ends: its standard input closes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use whose::report::Document;

/// A server of this test run.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing its standard input would do; this also waits.
        drop(self.child.stdin.take());
        if let Err(error) = self.child.wait() {
            panic!("the account did not stop: {error}");
        }
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of a recorded account.
pub(crate) fn recorded(name: &str) -> PathBuf {
    root().join("snapshots/accounts").join(name)
}

/// A folder with states of a recorded account, as a relative path: that is how reports name them.
pub(crate) fn states(name: &str) -> String {
    format!("snapshots/accounts/{name}/states")
}

/// The account `name`, shared by all tests: only to be looked at.
pub(crate) fn account(name: &str) -> String {
    static SERVERS: Mutex<BTreeMap<String, Arc<OnceLock<Server>>>> = Mutex::new(BTreeMap::new());
    let server = Arc::clone(
        SERVERS
            .lock()
            .expect("not poisoned")
            .entry(name.to_owned())
            .or_default(),
    );
    server.get_or_init(|| own_account(name)).url.clone()
}

/// The account `name`, for one test alone.
pub(crate) fn own_account(name: &str) -> Server {
    let script = root().join("tests/story/account.py");
    let mut command = Command::new(python());
    command.arg(script).arg("serve").arg(recorded(name)).arg("--until-eof");
    start(command)
}

/// The Python that `tests/setup` made.
pub(crate) fn python() -> PathBuf {
    let python = root().join(".venv/bin/python");
    assert!(
        python.exists(),
        "\n\n{} is not there. The test accounts need it: run tests/setup first, or tests/run, which does.\n",
        python.display()
    );
    python
}

fn start(mut command: Command) -> Server {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the account starts");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let (said, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = output.read_line(&mut line);
        // Nobody listens where the account was too slow; the test has failed then.
        drop(said.send(read.map(|_| line)));
        // A server whose words nobody takes any more would break off its answers.
        std::io::copy(&mut output, &mut std::io::sink()).ok();
    });
    let line = heard.recv_timeout(Duration::from_secs(180));
    let line = line.expect("the account is up within three minutes").expect("a line");
    let Some(url) = line.strip_prefix("ready ") else {
        drop(child.stdin.take());
        let mut why = String::new();
        if let Some(mut errors) = child.stderr.take() {
            errors.read_to_string(&mut why).expect("UTF-8");
        }
        panic!("{command:?} did not come up:\n{why}");
    };
    // Whatever it says later must not fill a pipe that nobody reads.
    if let Some(mut errors) = child.stderr.take() {
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
    }
    Server {
        url: url.trim().to_owned(),
        child,
    }
}

/// The binary, pointed at a server, with keys that everybody may know and nothing else of the machine.
///
/// It runs in the project's folder, so that reports name states the same everywhere.
pub(crate) fn whose_at(url: &str) -> Command {
    let mut command = crate::cli::whose();
    command
        .current_dir(root())
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) document: Document,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

/// The regions that the recorded accounts are in.
pub(crate) const REGIONS: &str = "eu-west-1,us-east-1";

/// Scans the described kinds in the two regions of the recorded accounts, with states.
pub(crate) fn scan(url: &str, states: &[&str]) -> Run {
    let mut command = whose_at(url);
    command.args(["scan", "--no-config", "--kind", "described", "--region", REGIONS]);
    for state in states {
        command.args(["--state", state]);
    }
    json(&mut command)
}

/// Runs a scan that is set up but for the format, and reads its report.
pub(crate) fn json(command: &mut Command) -> Run {
    let (stdout, stderr, code) = crate::cli::run(command.args(["--format", "json"]));
    let document = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}\n{stderr}"));
    Run { document, stderr, code }
}

impl Run {
    /// `kind id`, for those that `keep` keeps.
    pub(crate) fn ids(&self, keep: impl Fn(&whose::report::document::Resource) -> bool) -> Vec<String> {
        let all = self.document.resources.iter().filter(|one| keep(one));
        all.map(|one| format!("{} {}", one.kind, one.id)).collect()
    }

    /// Addresses of the missing claims.
    pub(crate) fn missing(&self) -> Vec<&str> {
        self.document.missing.iter().map(|one| one.address.as_str()).collect()
    }

    /// Codes of the findings, each once.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let mut codes: Vec<&str> = self.document.findings.iter().map(|one| one.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The gaps, as `kind region: status (detail)`.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let cells = self.document.coverage.cells.iter();
        cells
            .filter(|cell| cell.status != whose::model::CellStatus::Listed)
            .map(|cell| {
                let detail = cell.detail.as_deref().unwrap_or_default();
                format!("{} {}: {} ({detail})", cell.kind, cell.region, cell.status.word())
            })
            .collect()
    }
}

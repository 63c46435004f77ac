//! The promises of ARCHITECTURE.md, held against the binary: it only reads, it keeps secrets to itself, and it gives
//! the same bytes for the same account.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use whose::aws::readonly::is_read_only;
use whose::kinds::LISTINGS;
use whose::{snapshot, terraform};

use crate::cli::run;
use crate::harness::{REGIONS, account, root, states, whose_at};
use crate::proxy::{FIRST, Proxy};

/// The accounts with the folders of their states.
const ACCOUNTS: &[(&str, &[&str])] = &[
    ("story-healthy", &["states"]),
    ("story-copies", &["states", "states-after-copies"]),
    ("story-demo", &["states"]),
    ("story-destroyed", &["states"]),
    ("wide-described", &["states"]),
];

/// Every operation that the binary can call.
fn operations() -> BTreeSet<&'static str> {
    let described = LISTINGS.iter().flat_map(|listing| listing.actions.iter().copied());
    let rows = whose::kinds::listed::rows()
        .iter()
        .flat_map(whose::kinds::listed::Row::operations);
    described
        .chain(rows)
        .chain([whose::aws::tagging::ACTION, whose::aws::trail::ACTION])
        .chain(whose::aws::stacks::ACTIONS)
        .chain(whose::scan::remains::actions())
        .chain(FIRST)
        .collect()
}

#[test]
fn every_operation_only_reads() {
    let operations = operations();
    for operation in &operations {
        let (service, name) = operation.split_once(':').expect("service:Operation");
        assert!(is_read_only(name), "{operation}");
        assert!(!service.is_empty());
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/promises"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let list: Vec<_> = operations.into_iter().collect();
    assert!(list.len() > 500);
    settings.bind(|| insta::assert_snapshot!("operations", list.join("\n")));
}

fn scan(url: &str, name: &str, folders: &[&str]) -> Command {
    let mut command = whose_at(url);
    command.args(["scan", "--no-config", "--kind", "described", "--region", REGIONS]);
    for folder in folders {
        command
            .arg("--state")
            .arg(format!("snapshots/accounts/{name}/{folder}"));
    }
    command
}

/// Asserts that a text has no canary of the fixtures in it.
fn assert_silent(what: &str, text: &str) {
    if let Some(at) = text.find("CANARY") {
        let from = text[..at].char_indices().rev().take(200).last().map_or(0, |(at, _)| at);
        panic!(
            "{what} tells a secret: …{}",
            text[from..].chars().take(300).collect::<String>()
        );
    }
}

#[test]
fn no_account_gives_a_secret_away_and_no_account_is_asked_to_change() {
    let operations = operations();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, folders) in ACCOUNTS {
        let proxy = Proxy::start(&account(name), Vec::new());
        let saved = folder.path().join(format!("{name}.jsonl"));
        for format in ["human", "json", "markdown", "csv", "html"] {
            let mut command = scan(&proxy.url, name, folders);
            command.args(["--format", format, "-vv", "--snapshot"]).arg(&saved);
            let (stdout, stderr, code) = run(command.env("RUST_LOG", "trace"));
            assert!(matches!(code, 0 | 3), "{name} {format}: {code} {stderr}");
            assert!(stdout.len() > 1000, "{name} {format}");
            assert!(stderr.contains("call"), "-vv says nothing: {stderr}");
            assert_silent(&format!("{name} as {format}"), &stdout);
            assert_silent(&format!("{name}'s log"), &stderr);
        }
        let text = std::fs::read_to_string(&saved).expect("a snapshot");
        assert!(text.len() > 10_000);
        assert_silent(&format!("{name}'s snapshot"), &text);
        for (operation, region) in proxy.seen().keys() {
            assert!(
                operations.contains(operation.as_str()),
                "{operation} in {region} is on no list"
            );
        }
    }
    // The test can fail: the secrets are there to be told.
    let state = std::fs::read_to_string(root().join(states("story-healthy")).join("platform.tfstate"));
    assert!(state.expect("a state").contains("CANARY-db-password"));
}

/// Every state file of the fixtures.
fn state_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("snapshots/accounts"), root().join("tests/fixtures/states")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
            if path.is_dir() {
                folders.push(path);
            } else if name.contains(".tfstate") || name.ends_with(".show.json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Variants of a state that no reader can like, each with what was done to it.
fn broken(text: &str) -> Vec<(String, Vec<u8>)> {
    let mut variants = Vec::new();
    let mut cuts: Vec<usize> = (1..24).map(|part| text.len() * part / 24).collect();
    for (at, _) in text.match_indices("CANARY").take(12) {
        // Before, within and after the secret, and after the quotation mark that ends it.
        cuts.extend([at, at + 4, at + 12, at + 20, at + 24, at + 25, at + 30]);
    }
    for cut in cuts.into_iter().filter(|cut| text.is_char_boundary(*cut)) {
        variants.push((format!("cut at {cut}"), text.as_bytes()[..cut].to_vec()));
    }
    let swap = |what: &str, from: &str, to: &str| (what.to_owned(), text.replacen(from, to, 1).into_bytes());
    variants.extend([
        swap("a version of text", "\"version\": 4", "\"version\": \"CANARY-version\""),
        swap("another version", "\"version\": 4", "\"version\": 99"),
        swap(
            "a serial of text",
            "\"serial\": ",
            "\"serial\": \"CANARY-serial\", \"x\": ",
        ),
        swap("a lineage that is a number", "\"lineage\": ", "\"lineage\": 7, \"x\": "),
        swap(
            "resources that are text",
            "\"resources\": [",
            "\"resources\": \"CANARY-resources\", \"x\": [",
        ),
        swap(
            "instances that are text",
            "\"instances\": [",
            "\"instances\": \"CANARY-instances\", \"x\": [",
        ),
        swap(
            "attributes that are text",
            "\"attributes\": {",
            "\"attributes\": \"CANARY-attributes\", \"x\": {",
        ),
        swap(
            "attributes that are a list",
            "\"attributes\": {",
            "\"attributes\": [\"CANARY-attributes\"], \"x\": {",
        ),
        swap("a type that is a number", "\"type\": \"", "\"type\": 7, \"x\": \""),
        swap(
            "a provider of another kind",
            "\"provider\": \"",
            "\"provider\": {\"CANARY-provider\": 1}, \"x\": \"",
        ),
        swap("an escape that does not exist", "CANARY", "CANARY\\q"),
        swap("half an escape", "CANARY", "CANARY\\ud800"),
        swap("a line break in a string", "CANARY", "CANARY\n"),
        swap("a quotation mark too many", "CANARY", "CANARY\""),
        swap(
            "an index of a strange type",
            "\"index_key\": ",
            "\"index_key\": {\"CANARY-index\": 1}, \"x\": ",
        ),
        swap("an id that is a list", "\"id\": ", "\"id\": [\"CANARY-id\"], \"x\": "),
        swap("an ARN that is a secret", "\"arn\": \"", "\"arn\": \"CANARY-arn-"),
        swap("tags that are text", "\"tags\": ", "\"tags\": \"CANARY-tags\", \"x\": "),
    ]);
    let mut bytes = text.as_bytes().to_vec();
    if let Some(at) = text.find("CANARY") {
        bytes[at + 3] = 0xff;
    }
    variants.push(("bytes that are no UTF-8".to_owned(), bytes));
    variants.push((
        "deep nesting".to_owned(),
        [vec![b'['; 100_000], text.as_bytes().to_vec()].concat(),
    ));
    variants
}

#[test]
fn no_broken_state_gives_a_secret_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("broken.tfstate");
    let mut tried = 0;
    for file in state_files() {
        let text = std::fs::read_to_string(&file).expect("UTF-8");
        for (what, bytes) in broken(&text) {
            std::fs::write(&place, &bytes).expect("written");
            let what = format!("{} with {what}", file.display());
            // Whatever can be printed, logged or saved later is in what the reader hands on.
            let read = terraform::read_all(&[terraform::Input::from_argument(place.to_str().expect("UTF-8"))]);
            assert_silent(&what, &format!("{read:?}"));
            if let Err(error) = read {
                assert_silent(&what, &error.to_string());
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried} variants");
}

#[test]
fn the_binary_keeps_broken_states_to_itself_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = Proxy::start(&account("story-healthy"), Vec::new());
    let file = root().join(states("story-healthy")).join("platform.tfstate");
    let text = std::fs::read_to_string(file).expect("UTF-8");
    let saved = folder.path().join("saved.jsonl");
    let place = folder.path().join("platform.tfstate");
    for (what, bytes) in broken(&text).into_iter().step_by(5) {
        std::fs::write(&place, &bytes).expect("written");
        let mut command = whose_at(&proxy.url);
        command.args([
            "scan",
            "--no-config",
            "--kind",
            "described",
            "--region",
            "eu-west-1",
            "-vv",
            "--format",
            "json",
            "--snapshot",
        ]);
        command.arg(&saved).arg("--state").arg(&place);
        let (stdout, stderr, code) = run(&mut command);
        assert!(matches!(code, 1..=4), "{what}: {code}");
        assert_silent(&what, &stdout);
        assert_silent(&what, &stderr);
        assert_silent(&what, &std::fs::read_to_string(&saved).unwrap_or_default());
    }
}

/// The text with the time of the scan taken out: what differs between two scans.
fn timeless(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some(at) = rest.find("\"scanned_at\":") {
        let value = at + "\"scanned_at\":".len();
        let open = value + rest[value..].find('"').expect("a string") + 1;
        let close = open + rest[open..].find('"').expect("its end");
        out += &rest[..open];
        out += "THEN";
        rest = &rest[close..];
    }
    assert!(!out.is_empty(), "no time of a scan in it");
    out + rest
}

#[test]
fn one_at_a_time_and_sixteen_at_once_give_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, folders) in [ACCOUNTS[2], ACCOUNTS[4]] {
        let proxy = Proxy::start(&account(name), Vec::new());
        let of = |concurrency: &str| {
            let saved = folder.path().join(format!("{name}-{concurrency}.jsonl"));
            let mut command = scan(&proxy.url, name, folders);
            command
                .args(["--concurrency", concurrency, "--format", "json", "--snapshot"])
                .arg(&saved);
            let (stdout, stderr, code) = run(&mut command);
            assert!(matches!(code, 0 | 3), "{stderr}");
            (timeless(&stdout), saved)
        };
        let (one, one_saved) = of("1");
        let (many, many_saved) = of("16");
        assert!(one == many, "{name}: JSON differs");
        let text = |path: &Path| timeless(&std::fs::read_to_string(path).expect("a snapshot"));
        assert!(text(&one_saved) == text(&many_saved), "{name}: snapshots differ");
        // The ages in the other formats follow from the time of the scan, so both get the same one.
        let first = snapshot::read(&one_saved).expect("readable");
        let mut second = snapshot::read(&many_saved).expect("readable");
        second.scan.scanned_at = first.scan.scanned_at;
        snapshot::write(&many_saved, &second).expect("written");
        for format in ["human", "json", "markdown", "csv", "html"] {
            let report = |path: &Path| {
                let mut command = whose_at("http://127.0.0.1:9");
                run(command.arg("report").arg(path).args(["--format", format])).0
            };
            let (one, many) = (report(&one_saved), report(&many_saved));
            assert!(one.len() > 1000 && one == many, "{name}: {format} differs");
        }
    }
}

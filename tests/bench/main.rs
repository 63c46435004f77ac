//! Prints figures: `cargo bench --profile dev -- [NAME …]`. It asserts no time.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

mod account;
mod start;
mod states;
mod wide;

use std::path::Path;
use std::time::Instant;

use whose::check::{Request, Thresholds};
use whose::ledger::compare::Missing;
use whose::ledger::duplicates::Across;
use whose::ledger::{Input, Ledger, Projects};
use whose::model::plan::Intent;
use whose::snapshot::diff::diff;
use whose::snapshot::{self, Joined, Rules, Snapshot};

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    match wanted.as_slice() {
        [word, path] if word == "join-of" => return read_and_join(path),
        [word, old, new] if word == "diff-of" => return compare(old, new),
        _ => {}
    }
    let run = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.starts_with(word.as_str()));
    if run("parse") {
        parse(200);
    }
    if run("start") || run("hook") {
        start::run();
    }
    if run("ledger") {
        for size in [10_000, 100_000, 1_000_000] {
            ledger(size);
        }
    }
    if run("check") {
        for size in [10_000, 100_000, 1_000_000] {
            check(size, 10_000);
        }
    }
    if run("wide") {
        wide::run();
    }
    if run("snapshot") {
        for size in [10_000, 100_000, 1_000_000] {
            snapshots(size);
        }
    }
    if run("join") {
        for size in [10_000, 100_000, 1_000_000] {
            join(size);
        }
    }
}

/// Reads a set of states.
fn parse(megabytes: usize) {
    let (folder, bytes) = states::write(megabytes);
    let input = whose::terraform::Input::from_argument(&folder.path().to_string_lossy());
    let before = resident();
    let start = Instant::now();
    let read = whose::terraform::read_all(&[input]).expect("readable");
    let seconds = start.elapsed().as_secs_f64();
    let size = bytes as f64 / 1e6;
    println!(
        "parse: {} states, {} claims, {size:.0} MB in {seconds:.2} s, {:.0} MB/s on all cores; {before} MB before, peak {} MB",
        read.states.len(),
        read.claims.len(),
        size / seconds,
        peak(),
    );
}

/// Holds a plan against an account: a tenth is destroyed, a tenth made again under new names, a tenth made that exists,
/// the rest changed in place.
fn check(size: usize, changes: usize) {
    let start = Instant::now();
    let input = account::input(size);
    let plan = account::plan(&input, changes);
    let ledger = Ledger::new(input);
    let request = Request {
        now: ledger.scanned_at,
        intent: Intent::Plan(Box::new(plan)),
        known: Vec::new(),
        projects: Projects::default(),
        expected_accounts: Vec::new(),
        thresholds: Thresholds::default(),
    };
    let (loading, before) = (start.elapsed().as_secs_f64(), resident());
    let start = Instant::now();
    let report = whose::check::check(&ledger, &request);
    println!(
        "check: {changes} changes x {} live: {}, {} findings; {:.2} s besides {loading:.2} s of loading; {before} MB before, peak {} MB",
        ledger.live.len(),
        report.verdict.word(),
        report.findings.len(),
        start.elapsed().as_secs_f64(),
        peak(),
    );
}

/// Writes and reads a snapshot, and compares it with one in which a thousandth of everything changed.
fn snapshots(size: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (folder.path().join("old.jsonl.zst"), folder.path().join("new.jsonl.zst"));
    let bytes = |path: &Path| std::fs::metadata(path).expect("there").len() as f64 / 1e6;
    let save = |path: &Path, change: bool| {
        let mut input = account::input(size);
        if change {
            let mut at = 0_usize;
            input.scan.live.retain_mut(|live| {
                at += 1;
                if at.is_multiple_of(2000) {
                    live.configuration.set("cidr_block", "192.0.2.0/24");
                }
                !at.is_multiple_of(3000)
            });
        }
        // As a scan does it: first what was seen, then that with what the join says.
        let snapshot = Snapshot {
            scan: input.scan,
            states: input.states,
            claims: input.claims,
        };
        let start = now();
        snapshot::write(path, &snapshot).expect("written");
        let plain = (timed(start), bytes(path));
        let ledger = joined(snapshot);
        let start = now();
        snapshot::write_joined(path, &ledger, &rules()).expect("written");
        (plain, (timed(start), bytes(path)))
    };
    let (plain, with_result) = save(&old, false);
    save(&new, true);
    println!(
        "snapshot: {size} live + {size} claims: written in {}, {:.1} MB; with what the join said in {}, {:.1} MB",
        plain.0, plain.1, with_result.0, with_result.1
    );
    // Memory of the making is not that of the reading.
    for arguments in [
        vec!["join-of".as_ref(), old.as_os_str()],
        vec!["diff-of".as_ref(), old.as_os_str(), new.as_os_str()],
    ] {
        let mut command = std::process::Command::new(std::env::current_exe().expect("this bench"));
        assert!(command.args(arguments).status().expect("it starts").success());
    }
}

fn rules() -> Rules {
    Rules::new(&Projects::default(), Across::Nothing)
}

fn joined(snapshot: Snapshot) -> Ledger {
    Ledger::new(Input {
        scan: snapshot.scan,
        states: snapshot.states,
        claims: snapshot.claims,
        across: Across::Nothing,
        ..Input::default()
    })
}

/// Reads a snapshot and joins it, as every command does that says more than what changed.
fn read_and_join(path: &str) {
    let start = now();
    let snapshot = snapshot::read(Path::new(path)).expect("read");
    let (reading, start) = (timed(start), now());
    let ledger = joined(snapshot);
    println!(
        "snapshot: read in {reading}, joined in {}, {} live, peak {} MB",
        timed(start),
        ledger.live.len(),
        peak()
    );
}

/// Compares two snapshots, as `whose diff` does: with what the joins said then, and joined again.
fn compare(old: &str, new: &str) {
    let open = |path: &str| {
        Joined::open(Path::new(path), &rules())
            .expect("readable")
            .expect("of these rules")
    };
    let start = now();
    let changed = diff(open(old), open(new), Missing::Counts).expect("whole");
    let stored = (timed(start), peak());
    let again = |path: &str| Joined::of(&joined(snapshot::read(Path::new(path)).expect("read"))).expect("in memory");
    let start = now();
    let same = diff(again(old), again(new), Missing::Counts).expect("whole");
    let summary = changed.summary;
    assert_eq!(summary, same.summary);
    println!(
        "diff: {} gone, {} changed: {}, peak {} MB; joined again: {}, peak {} MB",
        summary.gone,
        summary.changed,
        stored.0,
        stored.1,
        timed(start),
        peak()
    );
}

/// Seconds that went by, and seconds of processor.
fn timed((start, busy): (Instant, f64)) -> String {
    format!(
        "{:.2} s ({:.2} s of processor)",
        start.elapsed().as_secs_f64(),
        processor() - busy
    )
}

fn now() -> (Instant, f64) {
    (Instant::now(), processor())
}

/// Joins as many claims as there are live resources.
fn join(size: usize) {
    let input = account::input(size);
    let (live, claims) = (input.scan.live.len(), input.claims.len());
    let before = resident();
    let (start, busy) = (Instant::now(), processor());
    let ledger = Ledger::new(input);
    let seconds = start.elapsed().as_secs_f64();
    let busy = processor() - busy;
    let managed = ledger.entries.iter().filter(|entry| !entry.projects.is_empty()).count();
    println!(
        "join: {live} live x {claims} claims, {} references, {managed} claimed: {seconds:.2} s ({busy:.2} s of processor); input {before} MB, peak {} MB",
        ledger.references.all().len(),
        peak(),
    );
}

/// Joins a tangled account, and runs every rule over it.
fn ledger(size: usize) {
    let input = account::tangled(size);
    let before = resident();
    let (start, busy) = (Instant::now(), processor());
    let ledger = Ledger::new(input);
    let joined = start.elapsed().as_secs_f64();
    let findings = whose::findings::all(&ledger);
    println!(
        "ledger: {} live, {} references, {} duplicate sets: {joined:.2} s, with {} findings {:.2} s ({:.2} s of processor); \
         input {before} MB, peak {} MB",
        ledger.live.len(),
        ledger.references.all().len(),
        ledger.duplicates.len(),
        findings.len(),
        start.elapsed().as_secs_f64(),
        processor() - busy,
        peak(),
    );
}

/// Seconds that all threads have had a processor for, as Linux tells it; 0 elsewhere.
fn processor() -> f64 {
    processor_of("self")
}

/// The same of another process.
fn processor_of(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    // Of what follows the name and the state's letter: user and system time in hundredths.
    fields
        .get(10)
        .zip(fields.get(11))
        .map_or(0.0, |(user, system)| (user + system) / 100.0)
}

/// Resident memory now, in MB, as Linux tells it; 0 elsewhere.
fn resident() -> u64 {
    status_of("self", "VmRSS:")
}

/// The most that was resident so far, in MB.
fn peak() -> u64 {
    status_of("self", "VmHWM:")
}

/// A line of what Linux tells of a process, in MB.
fn status_of(process: &str, key: &str) -> u64 {
    std::fs::read_to_string(format!("/proc/{process}/status"))
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            line.strip_prefix(key)?
                .trim()
                .strip_suffix("kB")?
                .trim()
                .parse::<u64>()
                .ok()
        })
        .map_or(0, |kib| kib / 1024)
}

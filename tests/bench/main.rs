//! Prints figures: `cargo bench --profile dev -- [NAME …]`. It asserts no time.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

mod account;
mod start;
mod states;
mod wide;

use std::time::Instant;

use whose::check::{Request, Thresholds};
use whose::ledger::compare::Missing;
use whose::ledger::duplicates::Across;
use whose::ledger::{Input, Ledger, Projects};
use whose::model::plan::Intent;
use whose::snapshot::diff::{Book, diff};
use whose::snapshot::{self, Snapshot};

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    if let [word, old, new] = wanted.as_slice()
        && word == "diff-of"
    {
        return compare(old, new);
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
    let save = |path: &std::path::Path, change: bool| {
        let input = account::input(size);
        let mut snapshot = Snapshot {
            scan: input.scan,
            states: input.states,
            claims: input.claims,
        };
        if change {
            let mut at = 0_usize;
            snapshot.scan.live.retain_mut(|live| {
                at += 1;
                if at.is_multiple_of(2000) {
                    live.configuration.set("cidr_block", "192.0.2.0/24");
                }
                !at.is_multiple_of(3000)
            });
        }
        let (start, before) = (Instant::now(), processor());
        snapshot::write(path, &snapshot).expect("written");
        (start.elapsed().as_secs_f64(), processor() - before)
    };
    let written = save(&old, false);
    save(&new, true);
    // Memory of the making is not that of the reading.
    let mut command = std::process::Command::new(std::env::current_exe().expect("this bench"));
    command.arg("diff-of").arg(&old).arg(&new);
    let bytes = std::fs::metadata(&old).expect("there").len();
    println!(
        "snapshot: {size} live + {size} claims: written in {:.2} s ({:.2} s of processor), {:.1} MB",
        written.0,
        written.1,
        bytes as f64 / 1e6
    );
    assert!(command.status().expect("it starts").success());
}

/// Reads two snapshots, joins and compares them, as `whose diff` does.
fn compare(old: &str, new: &str) {
    // Each figure: seconds that went by, and seconds of processor.
    let timed = |start: (Instant, f64)| (start.0.elapsed().as_secs_f64(), processor() - start.1);
    let now = || (Instant::now(), processor());
    let load = |path: &str| {
        let start = now();
        let read = snapshot::read(std::path::Path::new(path)).expect("read");
        let (reading, start) = (timed(start), now());
        let ledger = Ledger::new(Input {
            scan: read.scan,
            states: read.states,
            claims: read.claims,
            across: Across::Nothing,
            ..Input::default()
        });
        let joining = timed(start);
        println!(
            "snapshot: read in {:.2} s ({:.2} s of processor), joined in {:.2} s ({:.2} s), peak {} MB",
            reading.0,
            reading.1,
            joining.0,
            joining.1,
            peak()
        );
        ledger
    };
    let whole = now();
    let book = Book::of(load(new));
    let ledger = load(old);
    let start = now();
    let changed = diff(&ledger, &book, Missing::Counts);
    let (compared, whole) = (timed(start), timed(whole));
    println!(
        "diff: {:.2} s ({:.2} s of processor), {} gone, {} changed; everything {:.2} s ({:.2} s), peak {} MB",
        compared.0,
        compared.1,
        changed.summary.gone,
        changed.summary.changed,
        whole.0,
        whole.1,
        peak()
    );
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

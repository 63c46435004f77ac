//! Prints figures: `cargo bench --profile dev -- [NAME …]`. It asserts no time.

mod account;

use std::time::Instant;

use whose::ledger::Ledger;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let run = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.starts_with(word.as_str()));
    if run("join") {
        for size in [10_000, 100_000, 1_000_000] {
            join(size);
        }
    }
}

/// Joins as many claims as there are live resources.
fn join(size: usize) {
    let input = account::input(size);
    let (live, claims) = (input.scan.live.len(), input.claims.len());
    let before = resident();
    let start = Instant::now();
    let ledger = Ledger::new(input);
    let seconds = start.elapsed().as_secs_f64();
    let managed = ledger.entries.iter().filter(|entry| !entry.projects.is_empty()).count();
    println!(
        "join: {live} live x {claims} claims, {} references, {managed} claimed: {seconds:.2} s; input {before} MB, peak {} MB",
        ledger.references.all().len(),
        peak(),
    );
}

/// Resident memory now, in MB, as Linux tells it; 0 elsewhere.
fn resident() -> u64 {
    status("VmRSS:")
}

/// The most that was resident so far, in MB.
fn peak() -> u64 {
    status("VmHWM:")
}

fn status(key: &str) -> u64 {
    std::fs::read_to_string("/proc/self/status")
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

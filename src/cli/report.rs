//! `whose report`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::across::AcrossArgs;
use super::config::{ConfigArgs, Settings};
use super::exit::Exit;
use super::failure::Failure;
use super::gather;
use super::output::{End, Format, Output, OutputArgs};
use super::since::{self, Asked, Newer};
use super::ui::Ui;
use crate::findings::{self, ignores};
use crate::ledger::duplicates::Across;
use crate::model::Timestamp;
use crate::report::json;
use crate::report::weekly::{self, Now, Point, Weekly};
use crate::snapshot::diff::diff;
use crate::snapshot::{DEFAULT_FOLDER, Folder, Joined, Saved};

/// Reports again from a snapshot, without AWS; with --since, what became of it since an older one
///
/// Without --since the report is the same, byte for byte, as the one of the scan that saved the snapshot. With --since
/// it is the weekly report: what is new and nobody's, what drifted, orphans and what they cost, the age of everything
/// unmanaged, the trend over the kept snapshots, ignores that expired, and what could not be seen. Only findings that
/// the older scan did not have count for --fail-on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose report snapshots/123456789012-20261124T080000Z.jsonl.zst
  whose report last.jsonl.zst --format json | jq '.resources[] | select(.ownership == \"unmanaged\") | .arn'
  whose report last.jsonl.zst -o report.md -o resources.csv --fail-on never
  whose report --since last -o week.md -o week.html
      Every Monday, after 'whose scan --snapshot --keep'.
  whose report --since 7d --fail-on high --format markdown")]
pub(crate) struct Args {
    /// A file that 'whose scan --snapshot' wrote [default with --since: the newest of the folder]
    #[arg(value_name = "SNAPSHOT", required_unless_present = "since")]
    snapshot: Option<PathBuf>,
    /// Reports on the time since an older snapshot: a file, 'last' (the one before), a day, a time, or an age such as 7d
    #[arg(long, value_name = "SNAPSHOT|TIME", help_heading = "Report")]
    since: Option<String>,
    /// The folder of snapshots
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_FOLDER, help_heading = "Report")]
    snapshots: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    across: AcrossArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let config = args.config.settle()?;
    let output = args.output.settle(ui, &config, "medium")?;
    let across = args.across.settle();
    let folder = Folder::new(args.snapshots);
    let path = match args.snapshot {
        Some(path) => path,
        None => Asked::Last.find(&folder, None)?,
    };
    match args.since {
        Some(since) => week(&path, &since, &folder, config, across, output, ui),
        None => output.deliver(&gather::saved(&path, config.projects, across)?, ui),
    }
}

fn week(
    new_path: &Path,
    since: &str,
    folder: &Folder,
    config: Settings,
    across: Across,
    output: Output,
    ui: &mut Ui,
) -> Result<Exit, Failure> {
    let new_head = since::head(new_path)?;
    let newer = Newer::of(new_path, &new_head);
    let old_path = Asked::parse(since, "--since")?.find(folder, Some(&newer))?;
    let old_head = since::head(&old_path)?;
    since::check_pair(&old_head, &new_head)?;
    ui.note(&format!("from {} to {}", old_path.display(), new_path.display()));
    let load = |path: &Path| gather::saved(path, config.projects.clone(), across);

    let ledger = load(new_path)?.ledger;
    let found = ignores::apply(findings::all(&ledger), output.ignores(), &ledger);
    let now = Now::of(&ledger, found);
    // Two ledgers of a great account need not stand in memory side by side.
    let after = Joined::of(&ledger)?;
    drop(ledger);
    let ledger = load(&old_path)?.ledger;
    let missing = since::missing(&old_head.tool, &new_head.tool);
    let changed = diff(Joined::of(&ledger)?, after, missing)?;
    let before = findings::all(&ledger);
    drop(ledger);

    let nobodys: BTreeSet<String> = now.unmanaged().map(str::to_owned).collect();
    let mut first_seen: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut trend = Vec::new();
    for saved in worth_a_point(folder, &newer, &old_path) {
        // A kept snapshot that is damaged must not cost the report of this week.
        let Ok(gathered) = load(&saved) else {
            ui.warn(&format!(
                "{} cannot be read and is left out of the trend",
                saved.display()
            ));
            continue;
        };
        trend.push(Point::of(&gathered.ledger));
        for live in gathered.ledger.live.iter().filter(|live| nobodys.contains(&*live.arn)) {
            first_seen
                .entry(live.arn.to_string())
                .or_insert(gathered.ledger.scanned_at);
        }
    }
    let weekly = Weekly::new(now, changed, &before, trend, &first_seen);
    let end = End {
        findings: &weekly.new_findings,
        complete: weekly.before.complete && weekly.after.complete,
        interrupted: false,
    };
    output.write(&end, ui, |format, look| match format {
        Format::Human => weekly::human(&weekly, look),
        Format::Json => json::pretty(&weekly),
        Format::Markdown => weekly::markdown(&weekly, look),
        Format::Html => weekly::html(&weekly),
        Format::Csv => weekly::table(&weekly),
    })
}

/// Points of the trend: at most so many weeks back.
const WEEKS: usize = 12;

/// The newest older snapshot of each calendar week, the oldest first, and the one that is compared with.
fn worth_a_point(folder: &Folder, newer: &Newer, old_path: &Path) -> Vec<PathBuf> {
    let all: Vec<Saved> = folder.list().unwrap_or_default();
    let mut weeks: BTreeMap<(i16, i8), PathBuf> = BTreeMap::new();
    for saved in all.into_iter().filter(|saved| since::fits(saved, Some(newer))) {
        let date = jiff::tz::TimeZone::UTC.to_datetime(saved.scanned_at).date();
        let week = date.iso_week_date();
        weeks.insert((week.year(), week.week()), saved.path);
    }
    let mut paths: Vec<PathBuf> = weeks.into_values().rev().take(WEEKS).collect();
    paths.reverse();
    let known = |path: &PathBuf| path.canonicalize().ok() == old_path.canonicalize().ok();
    if !paths.iter().any(known) {
        paths.push(old_path.to_owned());
        paths.sort_by_key(|path| since::head(path).map(|head| head.scanned_at).ok());
    }
    paths
}

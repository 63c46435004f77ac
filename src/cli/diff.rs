//! `whose diff`.

use std::path::PathBuf;

use super::config::ConfigArgs;
use super::exit::Exit;
use super::fail_on::FailOn;
use super::failure::Failure;
use super::gather;
use super::paper::{Format, PaperArgs};
use super::since::{self, Asked, Newer};
use super::ui::Ui;
use crate::report::{changes, json};
use crate::snapshot::diff::{Diff, diff};
use crate::snapshot::{DEFAULT_FOLDER, Folder};

/// Says what changed between two snapshots, without AWS
///
/// What is gone (data first), new, made anew under an old name, unmanaged or shared since; changed owners, settings and
/// tags; copies that appeared; states that were swapped or went back; what could be seen then and cannot be now. Nothing
/// is called gone or new across a gap in either snapshot.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose diff last
      The two newest snapshots of snapshots/.
  whose diff 2026-11-17
      From then (the newest of that day, or before it) until the newest.
  whose diff 7d --fail-on gone,newly-unmanaged --format markdown -o changes.md
  whose diff before.jsonl.zst after.jsonl.zst --format json

Exit codes: 0 nothing at or above --fail-on; 3 something; 4 one of the two could not see everything.")]
pub(crate) struct Args {
    /// The older snapshot: a file, 'last' (the one before the newer), a day, a time, or an age such as 7d
    #[arg(value_name = "OLD")]
    old: String,
    /// The newer snapshot, in the same words [default: the newest]
    #[arg(value_name = "NEW")]
    new: Option<String>,
    /// The folder of snapshots
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_FOLDER, help_heading = "Report")]
    snapshots: PathBuf,
    /// Changes that make the exit code 3: a severity and worse, codes (gone, replaced, new, new-unmanaged,
    /// newly-unmanaged, newly-shared, changed-owner, changed, retagged, duplicate-set, state-changed, coverage-lost), or
    /// never; may be repeated or separated by commas [default: medium]
    #[arg(long, value_name = "SEVERITY|CODE", value_delimiter = ',', help_heading = "Report")]
    fail_on: Vec<String>,
    #[command(flatten)]
    output: PaperArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let default = ["medium".to_owned()];
    let words: &[String] = if args.fail_on.is_empty() {
        &default
    } else {
        &args.fail_on
    };
    let fail_on = FailOn::parse_with(words, changes::CODES)?;
    let output = args.output.settle(ui)?;
    let folder = Folder::new(args.snapshots);
    let old = Asked::parse(&args.old, "OLD")?;
    let new = match &args.new {
        Some(text) => Asked::parse(text, "NEW")?,
        None => Asked::Last,
    };
    let new_path = new.find(&folder, None)?;
    let new_head = since::head(&new_path)?;
    let old_path = old.find(&folder, Some(&Newer::of(&new_path, &new_head)))?;
    let old_head = since::head(&old_path)?;
    since::check_pair(&old_head, &new_head)?;
    ui.note(&format!("from {} to {}", old_path.display(), new_path.display()));
    let projects = args.config.settle()?.projects;
    let before = gather::joined(&old_path, &projects)?;
    let after = gather::joined(&new_path, &projects)?;
    let missing = since::missing(&old_head.tool, &new_head.tool);
    let changed = diff(before, after, missing)?;
    output.deliver(
        |format, look| match format {
            Format::Human => changes::human(&changed, look),
            Format::Json => json::pretty(&changed),
            Format::Markdown => changes::markdown(&changed, look),
        },
        ui,
    )?;
    Ok(exit(&changed, &fail_on, ui))
}

/// The exit code of changes.
pub(crate) fn exit(changed: &Diff, fail_on: &FailOn, ui: &Ui) -> Exit {
    if !changed.is_complete() {
        ui.note("incomplete: something could not be seen or read in one of the two (exit 4)");
        return Exit::Incomplete;
    }
    let hits: u64 = changes::weigh(changed)
        .into_iter()
        .filter(|(code, severity, _)| fail_on.hits_code(code, *severity))
        .map(|(_, _, count)| count)
        .sum();
    if hits > 0 {
        let noun = if hits == 1 { "change" } else { "changes" };
        ui.note(&format!("{hits} {noun} {} (exit 3)", fail_on.words()));
        Exit::Findings
    } else {
        Exit::Clean
    }
}

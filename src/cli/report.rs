//! `whose report`.

use std::path::PathBuf;

use super::across::AcrossArgs;
use super::config::ConfigArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::gather;
use super::output::OutputArgs;
use super::ui::Ui;

/// Reports again from a snapshot, without AWS
///
/// The report is the same, byte for byte, as the one of the scan that saved the snapshot.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose report snapshots/123456789012-20261124T080000Z.jsonl.zst
  whose report last.jsonl.zst --format json | jq '.resources[] | select(.ownership == \"unmanaged\") | .arn'
  whose report last.jsonl.zst -o report.md -o resources.csv --fail-on never")]
pub(crate) struct Args {
    /// A file that 'whose scan --snapshot' wrote
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
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
    let gathered = gather::saved(&args.snapshot, config.projects, args.across.settle())?;
    output.deliver(&gathered, ui)
}

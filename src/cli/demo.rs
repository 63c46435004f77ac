//! `whose demo`.

use super::across::AcrossArgs;
use super::config;
use super::exit::Exit;
use super::failure::Failure;
use super::gather;
use super::output::OutputArgs;
use super::ui::Ui;

/// Reports on a recorded account, without credentials and without network
///
/// Findings do not fail it: --fail-on is never, unless you say otherwise. whose.toml is left alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose demo
  whose demo --format json
  whose explain aws_vpc.main --demo")]
pub(crate) struct Args {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    across: AcrossArgs,
}

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let output = args.output.settle(ui, &config::Settings::default(), "never")?;
    output.deliver(&gather::demo(args.across.settle())?, ui)
}

//! `whose scan`.

use std::path::PathBuf;

use super::across::AcrossArgs;
use super::config::ConfigArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::gather::{self, AccountArgs, SnapshotPlace};
use super::output::OutputArgs;
use super::ui::Ui;

/// Lists what is live, joins it with Terraform states, and reports whose everything is
///
/// Every enabled region is looked at, with read-only calls. A listing that is denied, throttled or out of reach is
/// a gap: it is shown, the exit code is 4, and across it nothing is called missing or unmanaged. Ctrl-C reports what
/// was seen until then.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose scan --state terraform.tfstate
      One state, the default credentials, every region.
  whose scan --profile prod --account 123456789012 --state states/
      All states of a folder; refuses to go on in another account.
  whose scan --state states/ --region eu-west-1,us-east-1 --kind aws_vpc,aws_subnet
      Less, and quicker.
  whose scan --state states/ --snapshot --keep --fail-on high,state-stale -o report.md -o report.json
      For CI: a snapshot under snapshots/, which is thinned to a year of weeks, and two reports.")]
pub(crate) struct Args {
    #[command(flatten)]
    account: AccountArgs,
    /// Saves the scan, to be looked at again without AWS: in a file (.zst compresses), or in a folder (an existing one, or
    /// a name that ends in /) under a name made of account and time [without a value: snapshots/]
    #[arg(long, value_name = "FOLDER|FILE", num_args = 0..=1, help_heading = "Report")]
    #[expect(
        clippy::option_option,
        reason = "clap's way to say: not given, given alone, given with a value"
    )]
    snapshot: Option<Option<PathBuf>>,
    /// After saving, thins the folder of snapshots: all of the last seven days stay, and of each week before that, for so
    /// many weeks, the fullest. Only files that whose wrote are ever deleted [without a value: 52]
    #[arg(long, value_name = "WEEKS", num_args = 0..=1, default_missing_value = "52", requires = "snapshot",
          help_heading = "Report")]
    keep: Option<u16>,
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
    let save = args
        .snapshot
        .map(|path| SnapshotPlace::settle(path, args.keep))
        .transpose()?;
    if let Some(place) = &save {
        place.check()?;
    }
    let settings = args.account.settle(ui, config)?;
    let gathered = gather::live(settings, save.as_ref(), args.across.settle(), ui)?;
    output.deliver(&gathered, ui)
}

//! The command line: arguments, settings, the one writer, exit codes.
//!
//! A subcommand is one file with an `Args` struct, whose doc comments are its help, and one `run` function.
//! Arguments are taken in two steps: clap only parses; then settings are validated once, and what is cheap to check
//! (states, places to write to, codes) is checked before AWS is asked anything.

mod across;
mod check;
mod completions;
mod config;
mod demo;
mod diff;
mod exit;
mod explain;
mod fail_on;
mod failure;
mod gather;
mod guard;
mod hook;
mod init;
mod kinds;
mod look;
mod output;
mod paper;
mod policy;
mod receipts;
mod report;
mod scan;
mod since;
mod target;
mod triage;
mod ui;

pub use exit::Exit;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use failure::Failure;
use ui::Ui;

/// Whose is every resource in an AWS account, and what breaks if it goes?
///
/// whose lists what is live in an account, joins it with the Terraform states that you give, and says what is
/// unmanaged, shared by two projects, missing, made twice, or used by nothing, and what it could not see.
/// It only reads: it never changes anything, and it never prints what a state keeps secret.
#[derive(Debug, Parser)]
#[command(
    name = "whose",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 clean, 1 could not finish, 2 wrong usage, 3 findings, 4 incomplete, 130 interrupted.\n\
                  'whose --help' has examples.",
    after_long_help = AFTER_HELP,
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Before a clean-up: what is whose, and what does this thing carry?
  whose scan --profile prod --state states/ --state old-laptop/terraform.tfstate
  whose explain sg-0123456789abcdef0 --profile prod --state states/
      'whose sg-0123456789abcdef0 …' is the short form.

Every week, in CI: fail when something new is wrong, and keep the evidence
  whose scan --account 123456789012 --state 'states/**/*.tfstate' --fail-on high \\
      --snapshot --output report.md

In an incident: what was there, from a snapshot and without AWS
  whose report snapshots/123456789012-20261124T080000Z.jsonl.zst
  whose explain aws_db_instance.main --snapshot snapshots/123456789012-20261124T080000Z.jsonl.zst

To try it: a recorded account, no credentials and no network
  whose demo

Exit codes:
    0  clean: nothing at or above --fail-on, and everything was seen
    1  could not finish
    2  wrong usage
    3  findings at or above --fail-on
    4  incomplete: something could not be seen or read (outranks 3)
  130  interrupted; what was seen is reported as incomplete

The report goes to stdout; progress, warnings and hints go to stderr.";

/// Options of every command.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Common {
    /// When to use colours; NO_COLOR is respected
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, help_heading = "General")]
    color: Color,
    /// Writes nothing to stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "General")]
    quiet: bool,
    /// Logs to stderr what is done; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "General")]
    verbose: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Scan(Box<scan::Args>),
    Check(Box<check::Args>),
    Guard(guard::Args),
    Hook(hook::Args),
    Report(report::Args),
    Diff(diff::Args),
    Triage(Box<triage::Args>),
    Recoverable(Box<triage::RecoverableArgs>),
    Explain(Box<explain::Args>),
    Kinds(kinds::Args),
    Policy(policy::Args),
    Demo(demo::Args),
    Init(init::Args),
    Completions(completions::Args),
}

/// Reads arguments as a run would, and runs nothing.
///
/// # Errors
/// What is wrong with them, in clap's words.
pub fn understands(args: impl IntoIterator<Item = OsString>) -> Result<(), String> {
    let args = long_form(args.into_iter().collect());
    let matches = command(Color::Never).try_get_matches_from(&args);
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.map(|_| ()).map_err(|error| error.to_string())
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args = long_form(args.into_iter().collect());
    let matches = command(early_color(&args)).try_get_matches_from(&args);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let mut ui = Ui::new(Common {
                color: early_color(&args),
                quiet: false,
                verbose: 0,
            });
            return ui.usage(&error);
        }
    };
    let mut ui = Ui::new(cli.common);
    ui.start_log();
    let end = match cli.command {
        Command::Scan(args) => scan::run(*args, &mut ui),
        Command::Check(args) => check::run(*args, &mut ui),
        Command::Guard(args) => guard::run(args, &mut ui),
        Command::Hook(args) => hook::run(args, &mut ui),
        Command::Report(args) => report::run(args, &mut ui),
        Command::Diff(args) => diff::run(args, &mut ui),
        Command::Triage(args) => triage::run(*args, &mut ui),
        Command::Recoverable(args) => triage::run_recoverable(*args, &mut ui),
        Command::Explain(args) => explain::run(*args, &mut ui),
        Command::Kinds(args) => kinds::run(&args, &mut ui),
        Command::Policy(args) => policy::run(&args, &mut ui),
        Command::Demo(args) => demo::run(args, &mut ui),
        Command::Init(args) => init::run(args, &mut ui),
        Command::Completions(args) => completions::run(&args, &mut ui),
    };
    end.unwrap_or_else(|failure: Failure| {
        ui.failed(&failure);
        failure.exit()
    })
}

/// Completes the short form: `whose vpc-0a1b2c3d` is `whose explain vpc-0a1b2c3d`.
fn long_form(mut args: Vec<OsString>) -> Vec<OsString> {
    let short = args.get(1).and_then(|word| word.to_str()).is_some_and(|word| {
        let address = word.starts_with("aws_") || word.starts_with("module.") || word.starts_with("data.aws_");
        crate::model::shape::is_candidate(word) || (address && word.contains('.'))
    });
    if short {
        args.insert(1, "explain".into());
    }
    args
}

fn command(color: Color) -> clap::Command {
    Cli::command().color(match color {
        Color::Auto => clap::ColorChoice::Auto,
        Color::Always => clap::ColorChoice::Always,
        Color::Never => clap::ColorChoice::Never,
    })
}

/// The colour choice for usage errors, for which there are no parsed arguments.
fn early_color(args: &[OsString]) -> Color {
    let mut words = args.iter().filter_map(|arg| arg.to_str());
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(color) = value.and_then(|value| Color::from_str(value, false).ok()) {
            return color;
        }
    }
    Color::Auto
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clap_is_content_with_every_argument() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_id_an_arn_or_an_address_alone_is_explained() {
        let long = |word: &str| long_form(vec!["whose".into(), word.into()]).len() == 3;
        for word in [
            "vpc-0a1b2c3d",
            "arn:aws:s3:::bucket",
            "aws_vpc.main",
            "module.net.aws_subnet.a[0]",
        ] {
            assert!(long(word), "{word}");
        }
        for word in ["scan", "explain", "--help", "vpc", "aws_vpc", "demo"] {
            assert!(!long(word), "{word}");
        }
    }

    #[test]
    fn every_option_and_command_explains_itself() {
        fn look(command: &clap::Command) {
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                assert!(
                    argument.get_help().is_some(),
                    "{} of {} has no help",
                    argument.get_id(),
                    command.get_name()
                );
            }
            for sub in command.get_subcommands() {
                assert!(sub.get_about().is_some(), "{} has no help", sub.get_name());
                assert!(sub.get_after_help().is_some(), "{} has no examples", sub.get_name());
                look(sub);
            }
        }
        look(&Cli::command());
    }
}

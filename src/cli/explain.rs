//! `whose explain`.

use std::path::PathBuf;

use super::across::AcrossArgs;
use super::config::ConfigArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::gather::{self, AccountArgs, Gathered};
use super::look::LookArgs;
use super::ui::Ui;
use crate::findings::RULES;
use crate::ledger::Ledger;
use crate::report::explain;

/// Says everything about one resource, one address in a state, or one code of a finding
///
/// For a resource: whose it is and why, its age, what claims it, what it is part of, what uses it and what it uses,
/// its tags, how to import it, and what to do. For an address: its resource, or whether it is missing or was not
/// seen. For a code: what it means; that needs no AWS.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose explain sg-0123456789abcdef0 --profile prod --state states/
  whose explain arn:aws:rds:eu-west-1:123456789012:db:main --snapshot last.jsonl.zst
  whose explain 'module.net.aws_subnet.public[\"a\"]' --snapshot last.jsonl.zst
  whose explain shared

Exit codes: 0 found; 1 not found, though everything was seen; 4 not found, but it may be in a gap.")]
pub(crate) struct Args {
    /// An id, an ARN, a name, an address in a state, or a code
    #[arg(value_name = "ID|ARN|ADDRESS|CODE")]
    asked: String,
    /// Looks into a snapshot instead of the account
    #[arg(long, value_name = "FILE", conflicts_with = "demo", help_heading = "Report")]
    snapshot: Option<PathBuf>,
    /// Looks into the recorded account of 'whose demo'
    #[arg(long, help_heading = "Report")]
    demo: bool,
    #[command(flatten)]
    look: LookArgs,
    #[command(flatten)]
    across: AcrossArgs,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let look = args.look.settle(ui);
    let across = args.across.settle();
    let asked = args.asked.trim();
    if asked.is_empty() {
        return Err(Failure::usage(
            "there is nothing to explain",
            "give an id, an ARN, an address or a code",
        ));
    }
    if let Some(rule) = explain::rule(asked) {
        ui.report(&explain::render_rule(rule, look.width))?;
        return Ok(Exit::Clean);
    }
    if let Some(rule) = crate::check::rule(asked) {
        ui.report(&crate::report::check::render_rule(rule, look.width))?;
        return Ok(Exit::Clean);
    }
    if (args.demo || args.snapshot.is_some()) && args.account.is_given() {
        return Err(Failure::usage(
            "--snapshot and --demo do not go with options of a live scan",
            "leave out --state, --profile, --account, --region, --exclude-region and --kind",
        ));
    }
    let Gathered { ledger, interrupted } = match &args.snapshot {
        _ if args.demo => gather::demo(across)?,
        Some(path) => gather::saved(path, args.config.settle()?.projects, across)?,
        None => gather::live(args.account.settle(ui, args.config.settle()?)?, None, across, ui)?,
    };
    let subjects = explain::find(&ledger, asked);
    if subjects.is_empty() {
        return if interrupted {
            Err(Failure::Interrupted)
        } else {
            Err(not_found(&ledger, asked))
        };
    }
    ui.report(&explain::render(&ledger, asked, &subjects, look))?;
    if interrupted {
        return Ok(Exit::Interrupted);
    }
    let gaps = explain::gap_count(&ledger);
    if gaps > 0 {
        ui.warn(&format!(
            "{} could not be seen; there may be more that uses it",
            explain::gap_words(&ledger)
        ));
    }
    Ok(Exit::Clean)
}

fn not_found(ledger: &Ledger, asked: &str) -> Failure {
    let gaps = explain::gap_count(ledger);
    let because = if gaps > 0 {
        let verb = if gaps == 1 { "it" } else { "they" };
        format!(
            "it is not among what was seen, but {} failed: {} may hold it",
            explain::gap_words(ledger),
            verb
        )
    } else {
        format!(
            "it is none of {} live resources and {} claims, and everything that was asked for was seen",
            ledger.live.len(),
            ledger.claims.len()
        )
    };
    let hint = if asked.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
        format!("if you meant a code: {}", codes.join(", "))
    } else if gaps > 0 {
        "close the gaps that 'whose scan' names, and ask again".to_owned()
    } else {
        "check the account, the regions and the kinds ('whose kinds') that were looked at".to_owned()
    };
    Failure::NotFound {
        asked: asked.to_owned(),
        because,
        hint,
        gaps: gaps > 0,
    }
}

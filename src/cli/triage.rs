//! `whose triage` and `whose recoverable`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::config::ConfigArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::gather::{self, AccountArgs, Gathered};
use super::paper::{Format, PaperArgs};
use super::since::{self, Asked, Newer, head};
use super::ui::Ui;
use crate::aws::{ConnectOptions, trail as aws_trail};
use crate::ledger::duplicates::Across;
use crate::model::{Symbol, Timestamp};
use crate::report::{json, triage as render};
use crate::snapshot::diff::diff;
use crate::snapshot::{DEFAULT_FOLDER, Folder, Joined};
use crate::triage::remains;
use crate::triage::trail::{self, Event, Status, Trail};
use crate::triage::{Before, Triage, recoverable};

/// After something was deleted: what is gone, what can still be restored, who did it, and what to do
///
/// What is gone is told by project, data first, against the newest older snapshot or another one (--since); without any,
/// against what the states claim. Then every backup that is left, with its deadline and the exact command; who did it, by
/// CloudTrail (which may be a quarter of an hour behind); what to do and what not; and what to build again, in order. It
/// runs none of the commands.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose triage --profile prod --since last
  whose triage --profile prod --state terraform.tfstate.backup
      No snapshot: the states are the \"before\".
  whose triage --since 2026-11-23 --snapshot now.jsonl.zst --format markdown -o incident.md
  aws cloudtrail lookup-events --start-time 2026-11-24T09:00:00Z --output json > trail.json
  whose triage --profile prod --since last --trail trail.json

Exit codes: 0 nothing is gone; 3 something is; 4 something could not be seen.")]
pub(crate) struct Args {
    /// What it was before: a snapshot, 'last', a day, a time, or an age such as 3h; without it the states say
    #[arg(long, value_name = "SNAPSHOT|TIME", help_heading = "Triage")]
    since: Option<String>,
    /// What it is now, from a snapshot instead of the account
    #[arg(long, value_name = "FILE", help_heading = "Triage")]
    snapshot: Option<PathBuf>,
    /// The folder of snapshots
    #[arg(long, value_name = "FOLDER", default_value = DEFAULT_FOLDER, help_heading = "Triage")]
    snapshots: PathBuf,
    /// Reads an answer of CloudTrail's LookupEvents, as the AWS CLI prints it in JSON, instead of asking; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Triage")]
    trail: Vec<PathBuf>,
    /// Does not ask CloudTrail
    #[arg(long, conflicts_with = "trail", help_heading = "Triage")]
    no_trail: bool,
    #[command(flatten)]
    output: PaperArgs,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let output = args.output.settle(ui)?;
    let since = args
        .since
        .as_deref()
        .map(|text| Asked::parse(text, "--since"))
        .transpose()?;
    if let Some(Asked::File(path)) = &since {
        // Found out before a scan of many minutes.
        head(path)?;
    }
    let events = read_trail(&args.trail)?;
    let config = args.config.settle()?;
    let projects = config.projects.clone();
    let (Gathered { ledger, interrupted }, connect) = now(args.snapshot.as_deref(), args.account, config, ui)?;
    let mut found = match &since {
        None => Triage::new(Before::States, &ledger),
        Some(asked) => {
            let newer = Newer {
                path: args.snapshot.clone(),
                scanned_at: ledger.scanned_at,
                accounts: ledger.accounts.iter().map(|account| account.id.to_string()).collect(),
            };
            let path = asked.find(&Folder::new(args.snapshots), Some(&newer))?;
            let new_tool = match &args.snapshot {
                Some(path) => head(path)?.tool,
                None => env!("CARGO_PKG_VERSION").to_owned(),
            };
            let missing = since::missing(&head(&path)?.tool, &new_tool);
            ui.note(&format!("compared with {}", path.display()));
            let then = gather::saved(&path, projects, Across::default())?.ledger;
            let changed = diff(Joined::of(&then)?, Joined::of(&ledger)?, missing)?;
            Triage::new(Before::Scan(&then, &changed), &ledger)
        }
    };
    found.who = match (events, connect) {
        (Some((events, unreadable)), _) => Trail::read(events, unreadable, &names(&found)),
        (None, Some(connect)) if !args.no_trail && !interrupted && !found.gone.is_empty() => {
            asked(&found, &connect, ui)
        }
        _ => Trail {
            detail: Some("Give --trail what 'aws cloudtrail lookup-events --output json' prints.".to_owned()),
            ..Trail::default()
        },
    };
    output.deliver(
        |format, look| match format {
            Format::Human => render::human(&found, look),
            Format::Json => json::pretty(&found),
            Format::Markdown => render::markdown(&found, look),
        },
        ui,
    )?;
    Ok(if interrupted {
        ui.note("interrupted: what was not listed until then is a gap (exit 130)");
        Exit::Interrupted
    } else if !found.complete {
        ui.note("incomplete: something could not be seen or read (exit 4)");
        Exit::Incomplete
    } else if found.gone.is_empty() {
        Exit::Clean
    } else {
        ui.note(&format!("{} gone (exit 3)", found.gone.len()));
        Exit::Findings
    })
}

/// The account as it is now, and how it was reached, unless it is a snapshot.
fn now(
    snapshot: Option<&Path>,
    account: AccountArgs,
    config: super::config::Settings,
    ui: &Ui,
) -> Result<(Gathered, Option<ConnectOptions>), Failure> {
    match snapshot {
        Some(path) if account.is_given() => Err(Failure::usage(
            format!("--snapshot {} does not go with options of a live scan", path.display()),
            "leave out --state, --profile, --account, --region, --exclude-region and --kind",
        )),
        Some(path) => Ok((gather::saved(path, config.projects, Across::default())?, None)),
        None => {
            let settings = account.settle(ui, config)?;
            let connect = settings.connect();
            Ok((gather::live(settings, None, Across::default(), ui)?, Some(connect)))
        }
    }
}

/// Asks what AWS keeps of deleted things, and hands it over.
fn kept(
    connect: &ConnectOptions,
    regions: &[Symbol],
    ui: &Ui,
    hand_over: impl FnOnce(&[remains::Answer<'_>]),
) -> Result<(), Failure> {
    ui.note("asking for what is kept of deleted things");
    let answers = gather::remains(connect, regions)?;
    let answers: Vec<remains::Answer<'_>> = answers
        .iter()
        .map(|one| remains::Answer {
            sort: one.sort,
            live: &one.live,
            region: &one.cell.region,
            status: one.cell.status,
        })
        .collect();
    hand_over(&answers);
    Ok(())
}

/// Events of recorded answers, and how many could not be read; `None` where no answer was given.
fn read_trail(paths: &[PathBuf]) -> Result<Option<(Vec<Event>, u64)>, Failure> {
    if paths.is_empty() {
        return Ok(None);
    }
    let (mut all, mut unreadable) = (Vec::new(), 0);
    for path in paths {
        let bad = |message: String| {
            Failure::usage(
                format!("--trail {}: {message}", path.display()),
                "give what 'aws cloudtrail lookup-events --output json' printed",
            )
        };
        let text = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
        let (events, skipped) = trail::parse(&text).map_err(bad)?;
        all.extend(events);
        unreadable += skipped;
    }
    Ok(Some((all, unreadable)))
}

/// The ids and ARNs that the incident is about.
fn names(found: &Triage) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for one in &found.gone {
        names.insert(one.id.as_str());
        names.extend(one.arn.as_deref());
    }
    names
}

/// The region in which CloudTrail writes down what belongs to no region
/// (source: AWS CloudTrail User Guide, "Global service events").
fn home(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// Names that are looked up by themselves in each region: lost data, as far as two calls a second allow.
const NAMES: usize = 10;
/// Pages of 50 events in each region: half a minute at the pace that CloudTrail allows.
const PAGES: usize = 50;

/// What to ask CloudTrail: in the regions where something was lost, from the older scan (else the last week) until now.
fn questions(found: &Triage, now: Timestamp) -> Vec<aws_trail::Question> {
    let days = |days: i64| now - jiff::SignedDuration::from_hours(24 * days);
    let from = found.since.unwrap_or(days(7)).max(days(aws_trail::DAYS));
    let partition = found
        .accounts
        .first()
        .map_or("aws", |account| account.partition.as_str());
    let mut regions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in &found.gone {
        let Some(region) = one.region.as_deref() else { continue };
        let region = if region == "global" { home(partition) } else { region };
        let names = regions.entry(region).or_default();
        if one.is_own_data() && names.len() < NAMES {
            names.push(one.id.clone());
        }
    }
    let question = |(region, names)| aws_trail::Question {
        region: Symbol::new(region),
        from,
        until: now,
        names,
        pages: PAGES,
    };
    regions.into_iter().map(question).collect()
}

/// Asks CloudTrail. What cannot be read is said; triage goes on without it.
fn asked(found: &Triage, connect: &ConnectOptions, ui: &Ui) -> Trail {
    let now = Timestamp::now();
    let questions = questions(found, now);
    let regions: Vec<&str> = questions.iter().map(|one| one.region.as_str()).collect();
    ui.note(&format!("asking CloudTrail in {}", regions.join(", ")));
    let answers = match gather::trail(connect, questions) {
        Ok(answers) => answers,
        Err(failure) => {
            return Trail {
                status: Status::Unreadable,
                detail: Some(failure.to_string()),
                ..Trail::default()
            };
        }
    };
    let (mut events, mut holes, mut read) = (Vec::new(), Vec::new(), 0);
    for answer in answers {
        for page in &answer.pages {
            read += 1;
            match trail::parse(page) {
                Ok((some, unreadable)) => {
                    events.extend(some);
                    if unreadable > 0 {
                        holes.push(format!("{unreadable} events in {} could not be read", answer.region));
                    }
                }
                Err(error) => holes.push(format!("{}: {error}", answer.region)),
            }
        }
        holes.extend(answer.fault.map(|fault| format!("{}: {fault}", answer.region)));
        if answer.more {
            holes.push(format!("{} has more events than were asked for", answer.region));
        }
    }
    if found
        .since
        .is_some_and(|since| since < now - jiff::SignedDuration::from_hours(24 * aws_trail::DAYS))
    {
        holes.push(format!(
            "events older than {} days cannot be looked up",
            aws_trail::DAYS
        ));
    }
    let mut told = Trail::read(events, 0, &names(found));
    if !holes.is_empty() {
        told.status = if read == 0 { Status::Unreadable } else { Status::Partly };
        told.detail = Some(holes.join("; "));
    }
    told
}

/// The drill before the fire: what holds data, and how it would be had back
///
/// First what has no way back: no backup that outlives it, or none that could be seen. Then the rest, with the age of
/// the newest backup and the command that restores it beside the original, under another name. It runs none of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose recoverable --profile prod --state states/
  whose recoverable --snapshot last.jsonl.zst --format json

Exit codes: 0 everything has a way back; 3 something has none; 4 something could not be seen.")]
pub(crate) struct RecoverableArgs {
    /// Looks into a snapshot instead of the account
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    snapshot: Option<PathBuf>,
    #[command(flatten)]
    output: PaperArgs,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run_recoverable(args: RecoverableArgs, ui: &mut Ui) -> Result<Exit, Failure> {
    let output = args.output.settle(ui)?;
    let config = args.config.settle()?;
    let (Gathered { ledger, interrupted }, connect) = now(args.snapshot.as_deref(), args.account, config, ui)?;
    let mut drill = recoverable(&ledger);
    if let Some(connect) = connect.filter(|_| !interrupted) {
        kept(&connect, &ledger.regions, ui, |answers| drill.keep(answers))?;
    }
    drop(ledger);
    output.deliver(
        |format, look| match format {
            Format::Human => render::recoverable_human(&drill, look),
            Format::Json => json::pretty(&drill),
            Format::Markdown => render::recoverable_markdown(&drill, look),
        },
        ui,
    )?;
    let without = drill.resources.iter().filter(|one| one.is_without_way_back()).count();
    Ok(if interrupted {
        ui.note("interrupted: what was not listed until then is a gap (exit 130)");
        Exit::Interrupted
    } else if !drill.complete {
        ui.note("incomplete: something could not be seen or read (exit 4)");
        Exit::Incomplete
    } else if without > 0 {
        ui.note(&format!("{without} without a way back (exit 3)"));
        Exit::Findings
    } else {
        Exit::Clean
    })
}

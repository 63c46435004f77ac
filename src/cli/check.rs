//! `whose check`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::config::{self, ConfigArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::gather::{self, AccountArgs, Gathered};
use super::look::LookArgs;
use super::receipts::{self, Matter};
use super::target::Target;
use super::ui::Ui;
use crate::check::{self, CheckReport, Known, Request, Thresholds, Verdict};
use crate::commands::{self, Named};
use crate::guard::receipt::sha256;
use crate::ledger::Ledger;
use crate::ledger::duplicates::Across;
use crate::model::plan::{Deletion, Intent, Item};
use crate::model::{Configuration, Symbol, Timestamp};
use crate::report::check as render;
use crate::report::human::Look;
use crate::terraform::{PlanFile, Program, parse_plan, read_plan};

/// Holds a plan, a destroy, a list of ids or a script of deletions against what is live, before it happens
///
/// The answer is pass, review or block, with the reasons; or incomplete where something that the answer needs could not
/// be seen. It fails closed: what was not seen never passes. In a script, the deletions of the AWS CLI are looked up;
/// what it would delete and cannot be told is a review.
///
/// A check of a plan file or of commands leaves a receipt for 'whose guard' and 'whose hook': it holds for an hour,
/// and for exactly these bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  terraform plan -out=plan.out && terraform show -json plan.out > plan.json
  whose check plan.json --state states/ --profile prod
  whose check plan.out --state states/ --snapshot last.jsonl.zst --max-age 2h
  whose check plan.out --state terraform.tfstate --known last-week.jsonl.zst
  printf 'vpc-0123456789abcdef0\\nsg-0123456789abcdef0\\n' | whose check - --state states/
  whose check --id i-0123456789abcdef0 --state states/
  whose check clean-up.sh --state states/ --snapshot last.jsonl.zst
  whose check --command 'aws ec2 delete-vpc --vpc-id vpc-0123456789abcdef0' --state states/

Exit codes: 0 pass; 3 review or block; 4 something that the answer needs could not be seen, also
where the verdict is block; 1 and 2 as everywhere.")]
pub(crate) struct Args {
    /// A plan (what 'terraform show -json' prints, or the file of 'plan -out'), a list of ids and ARNs, one a line, or
    /// a shell script; '-' is stdin
    #[arg(value_name = "PLAN|LIST|SCRIPT", required_unless_present_any = ["id", "command"])]
    input: Option<PathBuf>,
    /// An id or ARN that is about to be deleted by hand; may be repeated
    #[arg(long, value_name = "ID|ARN", conflicts_with = "input")]
    id: Vec<String>,
    /// A command line with deletions of the AWS CLI, as it would be run
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["input", "id"])]
    command: Option<String>,
    /// Writes the receipt to a file, too
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    sight: SightArgs,
    /// The terraform or tofu that shows a plan of 'plan -out' [default: what is in PATH]
    #[arg(long, value_name = "PROGRAM", help_heading = "Terraform")]
    terraform: Option<PathBuf>,
    /// The folder where the plan was made and 'init' was run [default: the plan's own, else the working folder]
    #[arg(long, value_name = "FOLDER", help_heading = "Terraform")]
    chdir: Option<PathBuf>,
    /// The format of the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Report")]
    format: Format,
    /// Writes the answer to a file instead of stdout; the format is told by the ending (.json, .md) where none is given
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    output: Option<PathBuf>,
    #[command(flatten)]
    look: LookArgs,
}

/// What the intent is held against; shared with the commands that build on this one.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SightArgs {
    /// Holds it against a snapshot instead of the account; its states count unless --state gives others
    #[arg(long, value_name = "FILE", help_heading = "Check")]
    snapshot: Option<PathBuf>,
    /// How old the snapshot may be: 90s, 30m, 1h, 2d
    #[arg(long, value_name = "AGE", default_value = "1h", value_parser = span, help_heading = "Check")]
    max_age: u64,
    /// An older snapshot that knows the project's state; lineage and serial are compared with it; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Check")]
    known: Vec<PathBuf>,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// The contract whose.check/1
    Json,
    /// For pull requests
    Markdown,
}

/// The live side and all that the answer depends on besides the intent.
pub(crate) struct Sight {
    pub ledger: Ledger,
    pub interrupted: bool,
    known: Vec<Known>,
    config: config::Settings,
    max_age: u64,
}

impl SightArgs {
    /// Reads the states, the snapshots and, without one, the account.
    pub(crate) fn look(self, ui: &Ui) -> Result<Sight, Failure> {
        let config = self.config.settle()?;
        // Cheap inputs first.
        let mut known = Vec::new();
        for path in &self.known {
            known.push(gather::known(path)?);
        }
        let Gathered { ledger, interrupted } = match &self.snapshot {
            Some(path) => {
                if self.account.looks_live() {
                    return Err(Failure::usage(
                        "--snapshot does not go with options of a live scan",
                        "leave out --profile, --account, --region, --exclude-region and --kind",
                    ));
                }
                let states = self.account.states(&config, ui)?;
                if states.is_some() {
                    // What the snapshot knows of the states is the past of those that were given.
                    known.push(gather::known(path)?);
                }
                gather::saved_with(path, config.projects.clone(), states)?
            }
            None => gather::live(self.account.settle(ui, config.clone())?, None, Across::Nothing, ui)?,
        };
        // What earlier checks saw of the states' serials.
        known.extend(receipts::known(&ledger.accounts));
        known.sort_by_key(|known| std::cmp::Reverse(known.at));
        Ok(Sight {
            ledger,
            interrupted,
            known,
            config,
            max_age: self.max_age,
        })
    }
}

impl Sight {
    /// The answer.
    pub(crate) fn check(&self, intent: Intent) -> CheckReport {
        let limits = &self.config.check;
        let request = Request {
            intent,
            known: self.known.clone(),
            projects: self.config.projects.clone(),
            expected_accounts: self.config.accounts.iter().map(|id| Symbol::new(id)).collect(),
            thresholds: Thresholds {
                project_percent: limits.mass_destroy_project_percent.into(),
                project_count: limits.mass_destroy_project_least.into(),
                account_percent: limits.mass_destroy_account_percent.into(),
                account_count: limits.mass_destroy_account_least.into(),
                max_age_seconds: self.max_age,
                ..Thresholds::default()
            },
            now: Timestamp::now(),
        };
        check::check(&self.ledger, &request)
    }
}

/// The exit code of an answer: a gap outranks all else.
pub(crate) fn exit(report: &CheckReport) -> Exit {
    match report.verdict {
        _ if !report.complete => Exit::Incomplete,
        Verdict::Pass => Exit::Clean,
        Verdict::Review | Verdict::Block => Exit::Findings,
        Verdict::Incomplete => Exit::Incomplete,
    }
}

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let look = args.look.settle(ui);
    let format = args
        .output
        .as_deref()
        .map_or(args.format, |path| Format::of(path, args.format));
    let target = args.output.as_deref().map(Target::open).transpose()?;
    let program = Program {
        path: args.terraform,
        folder: args.chdir,
    };
    let profile = args.sight.account.profile().map(str::to_owned);
    let asked = match (&args.input, args.command) {
        (Some(path), _) => read_intent(path, &program, profile.as_deref())?,
        (None, Some(text)) => Asked::script("--command".to_owned(), text, profile.as_deref())?,
        (None, None) => Asked::Intent {
            intent: Intent::Deletions {
                source: "--id".to_owned(),
                items: args.id.iter().filter_map(|id| item(id)).collect(),
            },
            plan: None,
        },
    };
    if let Asked::Intent {
        intent: Intent::Deletions { source, items },
        ..
    } = &asked
        && items.is_empty()
    {
        return Err(Failure::usage(
            format!("{source} names nothing"),
            "give one id or ARN a line; a line that starts with # is a comment",
        ));
    }
    let matter = asked.matter();
    if matter.is_none() && args.receipt.is_some() {
        return Err(Failure::usage(
            "--receipt needs the file of 'plan -out' or commands: a list or JSON is not what will be run",
            "check the plan file itself; whose reads it through 'terraform show -json'",
        ));
    }
    let sight = args.sight.look(ui)?;
    let report = sight.check(asked.settle(&sight.ledger));
    // Before the answer is shown: a pass that is on the screen can be used.
    if let (Some(matter), false) = (matter, sight.interrupted) {
        leave_receipt(&report, &matter, args.input.as_deref(), args.receipt.as_deref(), ui)?;
    }
    let text = |look: Look| match format {
        Format::Human => render::human(&report, look),
        Format::Json => render::json(&report),
        Format::Markdown => render::markdown(&report, look),
    };
    match target {
        Some(target) => {
            let text = text(Look { width: 100, ..look });
            target.write(&anstream::adapter::strip_str(&text).to_string())?;
        }
        None => ui.report(&text(look))?,
    }
    if sight.interrupted {
        ui.note("interrupted: what was not listed until then is a gap (exit 130)");
        return Ok(Exit::Interrupted);
    }
    let exit = exit(&report);
    match exit {
        Exit::Incomplete => ui.note("incomplete: something that the answer needs could not be seen (exit 4)"),
        Exit::Findings => ui.note(&format!("{} (exit 3)", report.verdict.word())),
        _ => {}
    }
    Ok(exit)
}

impl Format {
    fn of(path: &Path, given: Self) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") if given == Self::Human => Self::Json,
            Some("md" | "markdown") if given == Self::Human => Self::Markdown,
            _ => given,
        }
    }
}

/// What is to be checked, as far as it is known before the live side.
pub(crate) enum Asked {
    Intent {
        intent: Intent,
        /// The SHA-256 of a plan file that can be applied.
        plan: Option<String>,
    },
    Script {
        source: String,
        text: String,
        named: Vec<Named>,
    },
}

impl Asked {
    fn script(source: String, text: String, profile: Option<&str>) -> Result<Self, Failure> {
        let named = commands::read(&text, profile);
        if named.is_empty() {
            return Err(Failure::usage(
                format!("nothing in {source} deletes anything"),
                "whose looks at deletions of the AWS CLI; plans are checked as plans",
            ));
        }
        Ok(Self::Script { source, text, named })
    }

    /// What a receipt can be for.
    fn matter(&self) -> Option<Matter> {
        match self {
            Self::Intent { plan, .. } => plan.clone().map(|sha256| Matter::Plan { sha256 }),
            Self::Script { text, .. } => {
                let commands = receipts::commands_of(text);
                (!commands.is_empty()).then_some(Matter::Commands(commands))
            }
        }
    }

    fn settle(self, ledger: &Ledger) -> Intent {
        match self {
            Self::Intent { intent, .. } => intent,
            Self::Script { source, named, .. } => Intent::Deletions {
                source,
                items: commands::settle(named, ledger),
            },
        }
    }
}

fn leave_receipt(
    report: &CheckReport,
    matter: &Matter,
    input: Option<&Path>,
    file: Option<&Path>,
    ui: &Ui,
) -> Result<(), Failure> {
    if let (Matter::Plan { sha256: before }, Some(path)) = (matter, input)
        && std::fs::read(path).ok().map(|bytes| sha256(&bytes)).as_ref() != Some(before)
    {
        return Err(Failure::usage(
            format!("{} changed while it was checked", path.display()),
            "check it again",
        ));
    }
    match receipts::leave(report, matter, file, Timestamp::now(), ui) {
        // The answer counts without its receipt, unless that was asked for.
        Err(failure) if file.is_none() => {
            ui.warn(&format!("no receipt was left: {failure}"));
            Ok(())
        }
        other => other,
    }
}

/// Says whether a text is commands rather than a list: a line that is no comment has more than one word.
fn is_script(text: &str) -> bool {
    text.starts_with("#!")
        || text
            .lines()
            .map(|line| line.split(" #").next().unwrap_or(line).trim())
            .any(|line| !line.starts_with('#') && line.contains(char::is_whitespace))
}

/// Reads a plan, a list of ids or a script.
pub(crate) fn read_intent(path: &Path, program: &Program, profile: Option<&str>) -> Result<Asked, Failure> {
    if path == Path::new("-") && std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "there is nothing on stdin",
            "pipe a plan or a list of ids into it, or name a file",
        ));
    }
    let file = PlanFile::open(path)?;
    let source = if path == Path::new("-") {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    };
    if file.is_structured() {
        let plan = if path == Path::new("-") && !file.is_zip() {
            parse_plan(&file.bytes, &source)?
        } else if path == Path::new("-") {
            return Err(Failure::usage(
                "a binary plan cannot come from stdin",
                "name the file, or pipe what 'terraform show -json PLAN' prints",
            ));
        } else {
            read_plan(&file, Some(program))?
        };
        return Ok(Asked::Intent {
            intent: Intent::Plan(Box::new(plan)),
            plan: file.is_zip().then(|| sha256(&file.bytes)),
        });
    }
    let Ok(text) = String::from_utf8(file.bytes) else {
        return Err(Failure::usage(
            format!("{source} is neither a plan nor a list of ids"),
            "give what 'terraform show -json PLAN' prints, the file of 'plan -out', or one id or ARN a line",
        ));
    };
    if PLAN_TEXT.iter().any(|words| text.contains(words)) {
        return Err(Failure::usage(
            format!("{source} is what 'terraform plan' printed, which cannot be read for sure"),
            "terraform plan -out=PLAN && terraform show -json PLAN > plan.json && whose check plan.json",
        ));
    }
    if is_script(&text) {
        return Asked::script(source, text, profile);
    }
    let items: Vec<Item> = text.lines().filter_map(item).collect();
    if items.is_empty() {
        return Err(Failure::usage(
            format!("{source} is empty"),
            "give a plan, or one id or ARN a line; a line that starts with # is a comment",
        ));
    }
    Ok(Asked::Intent {
        intent: Intent::Deletions { source, items },
        plan: None,
    })
}

/// Words that only Terraform's output for people has.
const PLAN_TEXT: &[&str] = &[
    "Terraform will perform the following actions",
    "OpenTofu will perform the following actions",
    "Terraform used the selected providers",
    "OpenTofu used the selected providers",
    "No changes. Your infrastructure matches",
];

/// One line of a list: an id or ARN, with an optional comment.
fn item(line: &str) -> Option<Item> {
    let line = line.trim().trim_start_matches('\u{feff}');
    let before_comment = line.split(" #").next().unwrap_or(line).trim();
    if before_comment.is_empty() || before_comment.starts_with('#') {
        return None;
    }
    if before_comment.contains(char::is_whitespace) {
        return Some(Item::Unresolved {
            text: before_comment.to_owned(),
            why: "it is no id and no ARN: more than one word".to_owned(),
        });
    }
    Some(Item::Deletion(Box::new(Deletion {
        text: before_comment.to_owned(),
        target: before_comment.to_owned(),
        settings: Configuration::new(),
        ..Deletion::default()
    })))
}

/// A span of time: `90s`, `30m`, `1h`, `2d`.
fn span(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no age: write 90s, 30m, 1h or 2d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    count.checked_mul(seconds).filter(|span| *span > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_unit() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172_800)] {
            assert_eq!(span(text), Ok(seconds));
        }
        for text in [
            "",
            "1",
            "h",
            "-1h",
            "1.5h",
            "0s",
            "1w",
            "é",
            "99999999999999999999h",
            "999999999999999999h",
        ] {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_have_comments() {
        let target = |line: &str| match item(line) {
            Some(Item::Deletion(deletion)) => Some(deletion.target),
            _ => None,
        };
        assert_eq!(target(" vpc-1  # the old one").as_deref(), Some("vpc-1"));
        assert_eq!(target("# vpc-1"), None);
        assert!(item("").is_none() && item("   ").is_none());
        assert!(matches!(item("rm -rf"), Some(Item::Unresolved { .. })));
    }

    #[test]
    fn a_gap_outranks_a_block() {
        for (verdict, complete, code) in [
            (Verdict::Pass, true, Exit::Clean),
            (Verdict::Review, true, Exit::Findings),
            (Verdict::Block, true, Exit::Findings),
            (Verdict::Block, false, Exit::Incomplete),
            (Verdict::Incomplete, false, Exit::Incomplete),
            (Verdict::Incomplete, true, Exit::Incomplete),
        ] {
            let ledger = Ledger::default();
            let request = Request {
                intent: Intent::Deletions {
                    source: String::new(),
                    items: Vec::new(),
                },
                known: Vec::new(),
                projects: crate::ledger::Projects::default(),
                expected_accounts: Vec::new(),
                thresholds: Thresholds::default(),
                now: Timestamp::default(),
            };
            let report = CheckReport {
                verdict,
                complete,
                ..check::check(&ledger, &request)
            };
            assert_eq!(exit(&report), code, "{verdict:?} {complete}");
        }
    }
}

//! Where receipts lie: a folder of the user's own, one file for each thing that was checked, named by its SHA-256.
//!
//! A newer check of the same thing replaces the older receipt, so that a `block` is never outlived by a `pass`.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::ui::Ui;
use crate::check::{CheckReport, Known, Subject as Checked};
use crate::guard::receipt::{self, Receipt, SCHEMA, Subject, VALID_SECONDS, Word};
use crate::model::{Account, State, StateStatus, Symbol, Timestamp};

/// The folder: `WHOSE_RECEIPTS`, else `whose/receipts` in `XDG_STATE_HOME` or `~/.local/state`.
pub(crate) fn folder() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("WHOSE_RECEIPTS").or_else(|| {
        set("XDG_STATE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".local/state")))
            .map(|state| state.join("whose/receipts"))
    })
}

/// What was checked, for the receipt.
pub(crate) enum Matter {
    /// A plan file, by its bytes.
    Plan { sha256: String },
    /// Commands of the AWS CLI, by their hash and text.
    Commands(Vec<(String, String)>),
}

/// The commands in a text that delete something, each with its hash; they get receipts.
pub(crate) fn commands_of(text: &str) -> Vec<(String, String)> {
    let mut commands = Vec::new();
    for step in crate::shell::read(text, &crate::guard::is_watched) {
        let crate::shell::Step::Run(run) = step else { continue };
        let is_aws = run.args[0].program().is_some_and(|name| crate::commands::is_aws(&name));
        let deletes = matches!(
            crate::commands::aws::deed(&run, None),
            crate::commands::aws::Deed::Deletes(_)
        );
        let args: Option<Vec<&str>> = run.args.iter().map(crate::shell::Arg::known).collect();
        if let (true, true, false, Some(args)) = (is_aws, deletes, run.elsewhere, args)
            && let Some(hash) = command_sha256(&args, &run)
        {
            commands.push((hash, run.text.clone()));
        }
    }
    commands
}

/// The hash of a command that would run in this process's environment; `None` where its text sets a variable that
/// decides the account to something unknown.
pub(crate) fn command_sha256(args: &[&str], run: &crate::shell::Run) -> Option<String> {
    if crate::commands::aws::DECIDING
        .iter()
        .any(|name| run.environment.get(*name).is_some_and(|value| value.known().is_none()))
    {
        return None;
    }
    Some(receipt::command_sha256(args, |name| match run.environment.get(name) {
        Some(value) => value.known().map(str::to_owned),
        None => std::env::var(name).ok(),
    }))
}

/// Leaves the receipts of a check.
///
/// `file` gets one, too, where it was asked for.
pub(crate) fn leave(
    report: &CheckReport,
    matter: &Matter,
    file: Option<&Path>,
    now: Timestamp,
    ui: &Ui,
) -> Result<(), Failure> {
    let receipts: Vec<Receipt> = match matter {
        Matter::Plan { sha256 } => {
            let (source, lineage, serial) = match &report.plan {
                Checked::Plan(plan) => (plan.source.clone(), plan.lineage.clone(), plan.serial),
                Checked::Deletions { source, .. } => (source.clone(), None, None),
            };
            vec![of(
                report,
                Subject::Plan {
                    sha256: sha256.clone(),
                    source,
                    lineage,
                    serial,
                },
                now,
            )]
        }
        Matter::Commands(commands) => commands
            .iter()
            .map(|(sha256, text)| {
                let subject = Subject::Command {
                    sha256: sha256.clone(),
                    text: text.clone(),
                };
                of(report, subject, now)
            })
            .collect(),
    };
    if let Some(path) = file {
        let [receipt] = receipts.as_slice() else {
            return Err(Failure::usage(
                "--receipt FILE holds one receipt, and there are several commands",
                "leave --receipt out: each command gets a receipt of its own in your folder of receipts",
            ));
        };
        write(path, receipt)?;
        ui.note(&format!("receipt ({}) in {}", receipt.verdict.word(), path.display()));
    }
    let Some(folder) = folder() else {
        return Ok(());
    };
    for receipt in &receipts {
        private_folder(&folder)?;
        write(&folder.join(format!("{}.json", receipt.subject.sha256())), receipt)?;
    }
    Ok(())
}

fn of(report: &CheckReport, subject: Subject, now: Timestamp) -> Receipt {
    let later = now.as_second().saturating_add(VALID_SECONDS);
    Receipt {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: report.verdict,
        complete: report.complete,
        subject,
        projects: report.projects.clone(),
        accounts: report.accounts.iter().map(|account| account.id.to_string()).collect(),
        scanned_at: report.scanned_at,
        checked_at: now,
        expires_at: Timestamp::from_second(later).unwrap_or(now),
    }
}

fn private_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|source| Failure::Output {
        path: folder.to_owned(),
        source,
    })
}

/// Written beside its place, readable for its owner only (as temporary files are), then renamed.
fn write(path: &Path, receipt: &Receipt) -> Result<(), Failure> {
    let failed = |source| Failure::Output {
        path: path.to_owned(),
        source,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut text = serde_json::to_string_pretty(receipt).map_err(|error| failed(error.into()))?;
    text.push('\n');
    let mut file = tempfile::Builder::new()
        .prefix(".whose-")
        .suffix(".part")
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A receipt for this hash, in `file` or else in the folder.
///
/// Says in one clause why there is none.
pub(crate) fn find(sha256: &str, file: Option<&Path>) -> Result<Receipt, String> {
    let path = match file {
        Some(path) => path.to_owned(),
        None => folder()
            .ok_or("there is no folder of receipts (HOME is not set)")?
            .join(format!("{sha256}.json")),
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err("it has no receipt: it was not checked, or has changed since".to_owned());
        }
        Err(_) => return Err(format!("its receipt {} cannot be read", path.display())),
    };
    serde_json::from_str(&text).map_err(|_| format!("its receipt {} is not one", path.display()))
}

/// Receipts that are read for what they know; older ones have seen less.
const REMEMBERED: usize = 500;

/// The lineages and serials that earlier checks of these accounts saw. A receipt that cannot be read knows nothing.
pub(crate) fn known(accounts: &[Account]) -> Vec<Known> {
    let Some(entries) = folder().and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    let mut files: Vec<(std::time::SystemTime, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter_map(|path| Some((std::fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    files.sort_by(|one, other| other.cmp(one));
    files
        .iter()
        .take(REMEMBERED)
        .filter_map(|(_, path)| serde_json::from_slice::<Receipt>(&std::fs::read(path).ok()?).ok())
        .filter(|receipt| {
            receipt.schema == SCHEMA
                && receipt
                    .accounts
                    .iter()
                    .any(|id| accounts.iter().any(|account| *account.id == **id))
        })
        .filter_map(|receipt| seen_by(&receipt))
        .collect()
}

fn seen_by(receipt: &Receipt) -> Option<Known> {
    let Subject::Plan {
        source,
        lineage: Some(lineage),
        serial: Some(serial),
        ..
    } = &receipt.subject
    else {
        return None;
    };
    Some(Known {
        source: format!("{source}, checked at {},", receipt.checked_at),
        at: receipt.checked_at,
        of_receipt: true,
        states: vec![State {
            source: source.clone(),
            status: StateStatus::Read,
            project: Symbol::default(),
            lineage: Some(lineage.clone()),
            serial: Some(*serial),
            terraform_version: None,
            claims: 0,
            unknown_types: Vec::new(),
            error: None,
            hint: None,
        }],
        claims: Vec::new(),
    })
}

/// What the receipt for this hash is worth now.
pub(crate) fn word(sha256: &str, file: Option<&Path>) -> Result<(Receipt, Word), String> {
    let receipt = find(sha256, file)?;
    let word = receipt.word(sha256, Timestamp::now())?;
    Ok((receipt, word))
}

//! Gets the ledger that a command works on: from a live account, from a snapshot, from the recorded account.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::config;
use super::failure::Failure;
use super::ui::Ui;
use crate::aws::{ConnectOptions, Session, trail};
use crate::kinds::{disposition, registry};
use crate::ledger::duplicates::Across;
use crate::ledger::{Input, Ledger, Projects};
use crate::model::{Account, Claim, Scan, State, Symbol, Timestamp};

use crate::scan::{self, ScanOptions};
use crate::snapshot::{self, Folder, Joined, Rules, Snapshot};
use crate::terraform::{self, States};

/// Which account, which regions, which kinds, which states.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AccountArgs {
    /// Terraform or OpenTofu states: a file, a folder (searched for *.tfstate), a quoted glob, or - for stdin; may be
    /// repeated
    #[arg(short, long, value_name = "STATE", help_heading = "Terraform")]
    state: Vec<String>,
    /// The AWS profile; else the standard credential chain decides
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    profile: Option<String>,
    /// Goes on only if the caller is of this account (twelve digits)
    #[arg(long, value_name = "ID", help_heading = "AWS")]
    account: Option<String>,
    /// A region to look at; may be repeated [default: all that are enabled for the account]
    #[arg(long, value_name = "REGION", value_delimiter = ',', help_heading = "AWS")]
    region: Vec<String>,
    /// A region to leave out; may be repeated
    #[arg(long, value_name = "REGION", value_delimiter = ',', help_heading = "AWS")]
    exclude_region: Vec<String>,
    /// A kind to look at, by its Terraform type (see 'whose kinds'), or 'described' for those whose configuration is
    /// compared too; may be repeated [default: all]
    #[arg(long, value_name = "TYPE", value_delimiter = ',', help_heading = "AWS")]
    kind: Vec<String>,
    /// Listings under way at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 128, help_heading = "AWS",
          value_parser = clap::value_parser!(u16).range(1..=512))]
    concurrency: u16,
    /// Seconds that one call may take, its retries included
    #[arg(long, value_name = "SECONDS", default_value_t = 60, help_heading = "AWS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    call_deadline: u64,
}

/// Validated: everything that can be known to be wrong without AWS is right.
#[derive(Debug)]
pub(crate) struct AccountSettings {
    connect: ConnectOptions,
    account: Option<String>,
    /// Those that the config file allows; none allows every one.
    allowed: Vec<String>,
    projects: Projects,
    scan: ScanOptions,
    states: Vec<State>,
    claims: Vec<Claim>,
}

impl AccountSettings {
    /// How the account is reached.
    pub(crate) fn connect(&self) -> ConnectOptions {
        self.connect.clone()
    }
}

impl AccountArgs {
    /// The AWS profile that was given.
    pub(crate) fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Says whether anything was given that only a live scan uses.
    pub(crate) fn is_given(&self) -> bool {
        !self.state.is_empty()
            || self.profile.is_some()
            || self.account.is_some()
            || !self.region.is_empty()
            || !self.exclude_region.is_empty()
            || !self.kind.is_empty()
    }

    /// Says whether anything was given that only a live scan uses, states aside.
    pub(crate) fn looks_live(&self) -> bool {
        let without_states = Self {
            state: Vec::new(),
            ..self.clone()
        };
        without_states.is_given()
    }

    /// The states that the command line names, else the config file; `None` where neither does.
    pub(crate) fn states(
        &self,
        config: &config::Settings,
        ui: &Ui,
    ) -> Result<Option<(Vec<State>, Vec<Claim>)>, Failure> {
        let named = if self.state.is_empty() {
            &config.states
        } else {
            &self.state
        };
        if named.is_empty() {
            return Ok(None);
        }
        read_states(named, ui).map(Some)
    }

    /// Validates, and reads the states.
    pub(crate) fn settle(self, ui: &Ui, config: config::Settings) -> Result<AccountSettings, Failure> {
        if let Some(id) = &self.account
            && !(id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(Failure::usage(
                format!("--account: '{id}' is no account id"),
                "an account id is twelve digits",
            ));
        }
        for region in self.region.iter().chain(&self.exclude_region) {
            let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if region.is_empty() || !region.bytes().all(word) || !region.contains('-') {
                return Err(Failure::usage(
                    format!("'{region}' is no region"),
                    "a region looks like eu-west-1",
                ));
            }
        }
        if let Some(region) = self.region.iter().find(|region| self.exclude_region.contains(region)) {
            return Err(Failure::usage(
                format!("{region} is asked for and left out"),
                "give it to --region or to --exclude-region",
            ));
        }
        let (kinds, listed) = chosen_kinds(&self.kind)?;
        let (states, claims) = read_states(
            if self.state.is_empty() {
                &config.states
            } else {
                &self.state
            },
            ui,
        )?;
        Ok(AccountSettings {
            connect: ConnectOptions {
                profile: self.profile,
                home_region: None,
                call_deadline: Duration::from_secs(self.call_deadline),
                attempts: None,
            },
            account: self.account,
            allowed: config.accounts,
            projects: config.projects,
            scan: ScanOptions {
                regions: self.region,
                exclude_regions: self.exclude_region,
                kinds,
                listed,
                concurrency: usize::from(self.concurrency),
                ..ScanOptions::default()
            },
            states,
            claims,
        })
    }
}

/// Stands for all kinds that are written in code.
const DESCRIBED: &str = "described";

/// The kinds that are asked for, none for all; and whether those of the table are among them.
pub(crate) fn chosen_kinds(names: &[String]) -> Result<(Vec<String>, bool), Failure> {
    let listed = names.is_empty() || names.iter().any(|name| name != DESCRIBED);
    if !listed {
        // Alone it is no choice among kinds: of a family that is listed together nothing is left out.
        return Ok((Vec::new(), false));
    }
    let mut kinds = Vec::new();
    for name in names {
        if name == DESCRIBED {
            kinds.extend(registry::described().map(|kind| kind.name.to_owned()));
        } else {
            kinds.push(known_kind(name)?);
        }
    }
    Ok((kinds, true))
}

/// The kind that a Terraform type belongs to: asking for `aws_alb` is asking for `aws_lb`.
fn known_kind(name: &str) -> Result<String, Failure> {
    match disposition(name).kind() {
        Some(kind) => Ok(kind.name.to_owned()),
        None => Err(Failure::usage(
            format!("--kind: '{name}' is no kind that can be listed"),
            "'whose kinds' prints them all",
        )),
    }
}

/// Reads the states, and says at once what is wrong with them: not after a scan of many minutes.
fn read_states(arguments: &[String], ui: &Ui) -> Result<(Vec<State>, Vec<Claim>), Failure> {
    let inputs: Vec<terraform::Input> = arguments
        .iter()
        .map(|argument| terraform::Input::from_argument(argument))
        .collect();
    let States {
        states, claims, notes, ..
    } = terraform::read_all(&inputs)?;
    for note in notes {
        ui.warn(&format!("{}: {}", note.source, note.text));
        if let Some(hint) = note.hint {
            ui.aside(&hint);
        }
    }
    for state in states.iter().filter(|state| state.is_gap()) {
        let why = state.error.as_deref().unwrap_or("it has no content");
        ui.warn(&format!("{} could not be read: {why}", state.source));
        if let Some(hint) = &state.hint {
            ui.aside(hint);
        }
    }
    tracing::info!(states = states.len(), claims = claims.len(), "states read");
    Ok((states, claims))
}

/// The joined book, and how it came about.
pub(crate) struct Gathered {
    pub ledger: Ledger,
    pub interrupted: bool,
}

impl Gathered {
    fn of(snapshot: Snapshot, interrupted: bool, projects: Projects, across: Across) -> Self {
        let Snapshot { scan, states, claims } = snapshot;
        Self {
            ledger: Ledger::new(Input {
                scan,
                states,
                claims,
                projects,
                across,
            }),
            interrupted,
        }
    }
}

/// Where `--snapshot` writes to.
#[derive(Clone, Debug)]
pub(crate) enum SnapshotPlace {
    File(PathBuf),
    /// A name made from account and time; `keep` thins the folder afterwards to so many weeks.
    Folder {
        folder: Folder,
        keep: Option<u16>,
    },
}

impl SnapshotPlace {
    /// Tells a folder from a file: a folder is there, or ends like one.
    pub(crate) fn settle(path: Option<PathBuf>, keep: Option<u16>) -> Result<Self, Failure> {
        let path = path.unwrap_or_else(|| snapshot::DEFAULT_FOLDER.into());
        let ends_as_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/")
            || path.as_os_str() == snapshot::DEFAULT_FOLDER
            || path.is_dir();
        match (ends_as_folder, keep) {
            (true, keep) => Ok(Self::Folder {
                folder: Folder::new(path),
                keep,
            }),
            (false, None) => Ok(Self::File(path)),
            (false, Some(_)) => Err(Failure::usage(
                format!("--keep thins a folder, and {} is a file", path.display()),
                "give --snapshot a folder: an existing one, or a name that ends in /",
            )),
        }
    }

    /// Finds out, before the scan, whether the place can be written.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self {
            Self::File(path) => super::target::Target::open(path).map(drop),
            Self::Folder { folder, .. } => {
                let path = folder.path();
                std::fs::create_dir_all(path).map_err(|source| Failure::Output {
                    path: path.to_owned(),
                    source,
                })?;
                super::target::Target::open(&path.join("probe")).map(drop)
            }
        }
    }

    /// Saves the scan; returns where it is now.
    fn save(&self, snapshot: &Snapshot) -> Result<PathBuf, Failure> {
        let path = match self {
            Self::File(path) => path.clone(),
            Self::Folder { folder, .. } => folder.place(&snapshot.scan),
        };
        snapshot::write(&path, snapshot)?;
        Ok(path)
    }

    /// Says that it is saved, with all that it will hold, and thins the folder.
    fn saved(&self, path: &Path, scanned_at: Timestamp, ui: &Ui) -> Result<(), Failure> {
        ui.note(&format!("saved {}", path.display()));
        if let Self::Folder {
            folder,
            keep: Some(weeks),
        } = self
        {
            let thinned = folder.thin(scanned_at, *weeks)?;
            if !thinned.deleted.is_empty() {
                ui.note(&format!(
                    "thinned {}: {} deleted, {} kept",
                    folder.path().display(),
                    thinned.deleted.len(),
                    thinned.kept
                ));
            }
        }
        Ok(())
    }
}

/// Asks CloudTrail: an answer for each question, with what could not be read.
pub(crate) fn trail(connect: &ConnectOptions, questions: Vec<trail::Question>) -> Result<Vec<trail::Answer>, Failure> {
    connected(connect, async |session| {
        let asked = questions.into_iter().map(|question| trail::lookup(session, question));
        futures::future::join_all(asked).await
    })
}

/// Asks what is kept of things that were deleted, and inside of what is live.
pub(crate) fn remains(connect: &ConnectOptions, regions: &[Symbol]) -> Result<Vec<scan::remains::Answer>, Failure> {
    connected(connect, async |session| scan::remains::run(session, regions).await)
}

/// Connects, and asks something until it is answered or interrupted.
fn connected<T>(connect: &ConnectOptions, ask: impl AsyncFnOnce(&Session) -> T) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Start)?;
    let answer = runtime.block_on(async {
        let stop = tokio::signal::ctrl_c();
        let ask = async {
            let session = Session::connect(connect).await?;
            Ok::<_, Failure>(ask(&session).await)
        };
        tokio::select! {
            biased;
            _ = stop => Err(Failure::Interrupted),
            answer = ask => answer,
        }
    });
    runtime.shutdown_background();
    answer
}

/// Scans the account, saves the scan where that was asked for, and joins.
pub(crate) fn live(
    settings: AccountSettings,
    save: Option<&SnapshotPlace>,
    across: Across,
    ui: &Ui,
) -> Result<Gathered, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Start)?;
    let end = runtime.block_on(look(&settings, ui));
    // A name look-up that hangs must not hold the end back.
    runtime.shutdown_background();
    let (scan, interrupted) = end?;
    let snapshot = Snapshot {
        scan,
        states: settings.states,
        claims: settings.claims,
    };
    let rules = Rules::new(&settings.projects, across);
    // A scan of many minutes is safe before anything else is made of it.
    let saved = match save {
        Some(place) => Some((place, place.save(&snapshot)?)),
        None => None,
    };
    let gathered = Gathered::of(snapshot, interrupted, settings.projects, across);
    if let Some((place, path)) = saved {
        let ledger = &gathered.ledger;
        if let Err(error) = snapshot::write_joined(&path, ledger, &rules) {
            ui.warn(&format!(
                "{error}: it stays without what the join said, and diff will join it again"
            ));
        }
        place.saved(&path, ledger.scanned_at, ui)?;
    }
    Ok(gathered)
}

async fn look(settings: &AccountSettings, ui: &Ui) -> Result<(Scan, bool), Failure> {
    // One listener for the whole run: a second one would not see what came before it.
    let stop = tokio::signal::ctrl_c();
    tokio::pin!(stop);
    let session = tokio::select! {
        biased;
        _ = &mut stop => return Err(Failure::Interrupted),
        session = Session::connect(&settings.connect) => session?,
    };
    guard(settings, &session.account, &session.caller)?;
    tracing::info!(account = %session.account.id, caller = %session.caller, "connected");
    let interrupted = AtomicBool::new(false);
    let progress = ui.progress();
    let watch = |event| progress.on(event);
    let scan = scan::run(&session, &settings.scan, &watch, async {
        if stop.await.is_err() {
            // Without a listener there is nothing to wait for, and nothing was interrupted.
            std::future::pending::<()>().await;
        }
        interrupted.store(true, Ordering::Relaxed);
    })
    .await;
    progress.end();
    tracing::info!(resources = scan.live.len(), "scanned");
    Ok((scan, interrupted.load(Ordering::Relaxed)))
}

/// Refuses an account that neither the command line nor the config file allows.
fn guard(settings: &AccountSettings, actual: &Account, caller: &str) -> Result<(), Failure> {
    let rule = match &settings.account {
        Some(expected) if *expected != *actual.id => format!("--account says {expected}"),
        _ if !settings.allowed.is_empty() && !settings.allowed.iter().any(|id| *id == *actual.id) => {
            format!("the config file allows {}", settings.allowed.join(", "))
        }
        _ => return Ok(()),
    };
    Err(Failure::WrongAccount {
        caller: caller.to_owned(),
        actual: actual.id.to_string(),
        rule,
    })
}

/// Reads a snapshot and joins.
pub(crate) fn saved(path: &Path, projects: Projects, across: Across) -> Result<Gathered, Failure> {
    Ok(Gathered::of(snapshot::read(path)?, false, projects, across))
}

/// Opens a snapshot for a comparison. Where it was saved with what a join of today would say, it is not joined again.
pub(crate) fn joined(path: &Path, projects: &Projects) -> Result<Joined, Failure> {
    let across = Across::Nothing;
    if let Some(joined) = Joined::open(path, &Rules::new(projects, across))? {
        return Ok(joined);
    }
    tracing::info!(path = %path.display(), "joined again");
    Ok(Joined::of(&saved(path, projects.clone(), across)?.ledger)?)
}

/// Reads a snapshot and joins it with other states than its own, where they are given.
pub(crate) fn saved_with(
    path: &Path,
    projects: Projects,
    states: Option<(Vec<State>, Vec<Claim>)>,
) -> Result<Gathered, Failure> {
    let mut snapshot = snapshot::read(path)?;
    if let Some((states, claims)) = states {
        snapshot.states = states;
        snapshot.claims = claims;
    }
    Ok(Gathered::of(snapshot, false, projects, Across::default()))
}

/// What a snapshot knows about states.
pub(crate) fn known(path: &Path) -> Result<crate::check::Known, Failure> {
    let Snapshot { scan, states, claims } = snapshot::read(path)?;
    Ok(crate::check::Known {
        source: path.display().to_string(),
        at: scan.scanned_at,
        of_receipt: false,
        states,
        claims,
    })
}

/// The recorded account, which is in the program.
static DEMO: &[u8] = include_bytes!("../../snapshots/demo.jsonl.zst");

/// Joins the recorded account.
pub(crate) fn demo(across: Across) -> Result<Gathered, Failure> {
    let snapshot = snapshot::read_bytes(DEMO, "the recorded account")?;
    Ok(Gathered::of(snapshot, false, Projects::default(), across))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_account_is_whole() {
        let gathered = demo(Across::default()).expect("readable");
        assert!(gathered.ledger.complete(), "a first look must not be at gaps");
        assert!(!gathered.ledger.live.is_empty());
    }
}

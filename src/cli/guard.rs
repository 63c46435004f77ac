//! `whose guard`.

use std::ffi::OsString;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;
use super::receipts;
use super::ui::Ui;
use crate::commands::aws;
use crate::commands::stacks::{self, SavedPlan};
use crate::commands::{is_aws, is_stack_tool};
use crate::guard::receipt::{Receipt, Word, sha256};
use crate::guard::{self, Look, Refusal, Surroundings};
use crate::shell::{Arg, Directory, Run};

/// Runs a command only if 'whose check' let it pass
///
/// 'terraform apply PLAN' runs if a valid receipt says that exactly this plan file passed; where the check said
/// review, a person must confirm at the terminal by typing the project's name. The plan is read once: what was
/// compared with the receipt is what is applied. The same goes for tofu and terragrunt, and for deletions of the AWS
/// CLI. Destroy, -auto-approve, an apply without a saved plan and changes of the state are refused. Commands that
/// only read are run as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  terraform plan -out=plan.out && whose check plan.out --state states/ && whose guard -- terraform apply plan.out
  whose guard -- aws ec2 delete-vpc --vpc-id vpc-0123456789abcdef0

Exit codes: the command's own; 3 where it was refused, and nothing was run.")]
pub(crate) struct Args {
    /// Uses this receipt, and not the one in your folder of receipts
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// The command, after --
    #[arg(
        value_name = "COMMAND",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<OsString>,
}

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let words = args
        .command
        .iter()
        .map(|word| word.to_str().map(str::to_owned))
        .collect::<Option<Vec<String>>>()
        .ok_or_else(|| Failure::refused("the command holds bytes that are no text", "write it in plain words"))?;
    let mut command = words.clone();
    let run = as_run(&words);
    let program = run.args[0].program().unwrap_or_default();
    let mut copy = None;
    if is_stack_tool(&program) {
        match stacks::deed(&run) {
            stacks::Deed::Reads => {}
            stacks::Deed::Applies(plan) => {
                let checked = checked_copy(&plan, args.receipt.as_deref(), ui)?;
                command[plan.at] = checked.path().display().to_string();
                copy = Some(checked);
            }
            stacks::Deed::Changes { why, hint } => return Err(Failure::refused(why, hint)),
        }
    } else if is_aws(&program) {
        if let aws::Deed::Deletes(_) = aws::deed(&run, None) {
            let args_text: Vec<&str> = words.iter().map(String::as_str).collect();
            let hash = receipts::command_sha256(&args_text, &run).unwrap_or_default();
            let (receipt, word) = receipts::word(&hash, args.receipt.as_deref()).map_err(|why| {
                Failure::refused(
                    format!("the command deletes something, or may, and {why}"),
                    "check it: whose check --command '…' --state …",
                )
            })?;
            settle(word, &receipt, ui)?;
        }
    } else {
        let here = std::env::current_dir().map_err(Failure::Start)?;
        if let Some(Refusal { command, why, hint }) =
            guard::judge_args(&words, &here, &Around { receipt: args.receipt })
        {
            return Err(Failure::refused(format!("{command}: {why}"), hint));
        }
    }
    let end = child(&command);
    // The copy lives as long as the command.
    drop(copy);
    end
}

/// The arguments as a command in this process's environment.
fn as_run(words: &[String]) -> Run {
    Run {
        args: words.iter().cloned().map(Arg::Known).collect(),
        environment: std::env::vars_os()
            .filter_map(|(name, value)| {
                let name = name.into_string().ok()?;
                (name.starts_with("TF_CLI_ARGS") || name.starts_with("TG_") || name.starts_with("TERRAGRUNT_"))
                    .then(|| (name, Arg::Known(value.to_string_lossy().into_owned())))
            })
            .collect(),
        directory: Directory::Known(String::new()),
        elsewhere: false,
        guessed: false,
        unfamiliar: false,
        text: words.join(" "),
    }
}

/// A private copy of the bytes that the receipt is for, so that nobody can change the file in between.
fn checked_copy(plan: &SavedPlan, receipt: Option<&Path>, ui: &mut Ui) -> Result<tempfile::NamedTempFile, Failure> {
    let Directory::Known(folder) = &plan.directory else {
        return Err(Failure::refused("where the plan is cannot be told", "write -chdir out"));
    };
    let path = Path::new(folder).join(&plan.path);
    if path.is_dir() {
        return Err(Failure::refused(
            format!("{} is a folder and no saved plan", path.display()),
            "make a plan: terraform plan -out=plan.out",
        ));
    }
    let bytes = std::fs::read(&path).map_err(|error| {
        Failure::refused(
            format!("the plan {} cannot be read: {error}", path.display()),
            "make a plan: terraform plan -out=plan.out",
        )
    })?;
    let (receipt, word) = receipts::word(&sha256(&bytes), receipt).map_err(|why| {
        Failure::refused(
            format!("the plan {} may not be applied: {why}", path.display()),
            format!("check it: whose check {} --state …", path.display()),
        )
    })?;
    settle(word, &receipt, ui)?;
    // Made for its owner only, as temporary files are.
    let failed = |source| Failure::Output {
        path: std::env::temp_dir(),
        source,
    };
    let mut copy = tempfile::Builder::new()
        .prefix("whose-plan-")
        .tempfile()
        .map_err(failed)?;
    copy.write_all(&bytes).map_err(failed)?;
    copy.as_file().sync_all().map_err(failed)?;
    Ok(copy)
}

/// Lets a pass go on, and asks a person about a review.
fn settle(word: Word, receipt: &Receipt, ui: &mut Ui) -> Result<(), Failure> {
    if word == Word::Pass {
        ui.note(&format!("checked at {}: pass", receipt.checked_at));
        return Ok(());
    }
    let names = if receipt.projects.is_empty() {
        &receipt.accounts
    } else {
        &receipt.projects
    };
    if names.is_empty() || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::refused(
            "the check said review, and there is no person at a terminal to confirm it",
            "run the same command at a terminal, after reading what the check said",
        ));
    }
    ui.warn("the check said review: read its reasons before you go on");
    for name in names {
        ui.note(&format!("type '{name}' to go on"));
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(Failure::Start)?;
        if line.trim_end_matches(['\n', '\r']) != name {
            return Err(Failure::refused("it was not confirmed", "nothing was run"));
        }
    }
    Ok(())
}

/// Runs the command and waits; Ctrl-C goes to it, and this program stays until it is done.
fn child(command: &[String]) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::Start)?;
    runtime.block_on(async {
        let mut interrupts = Signals::listen().map_err(Failure::Start)?;
        let mut child = tokio::process::Command::new(&command[0])
            .args(&command[1..])
            .spawn()
            .map_err(|source| Failure::Run {
                program: command[0].clone(),
                source,
            })?;
        let id = child.id();
        loop {
            tokio::select! {
                status = child.wait() => return Ok(Exit::Child(code(status.map_err(Failure::Start)?))),
                () = interrupts.next() => forward(id).await,
            }
        }
    })
}

fn code(status: std::process::ExitStatus) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return u8::try_from(128 + signal).unwrap_or(u8::MAX);
        }
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal that the command did not get itself. Ctrl-C at a terminal goes to both.
    async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => return,
            }
        }
    }
}

/// Tells the command to end, as this program was told.
#[cfg(unix)]
async fn forward(id: Option<u32>) {
    if let Some(id) = id {
        tokio::process::Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await
            .ok();
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on other systems")]
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        tokio::signal::ctrl_c().await.ok();
    }
}

#[cfg(not(unix))]
async fn forward(_: Option<u32>) {}

/// Scripts above this are not read.
const LARGEST_SCRIPT: u64 = 1 << 20;

/// The watched program that a program is a copy of, by its size: they are far too large to be read for every command.
fn copied(path: &Path, size: u64) -> Option<String> {
    let folders = std::env::var_os("PATH")?;
    for folder in std::env::split_paths(&folders) {
        for name in ["terraform", "tofu", "terragrunt", "pulumi", "aws"] {
            let original = folder.join(name);
            // A link is followed: package managers put programs elsewhere.
            let same = std::fs::metadata(&original).is_ok_and(|facts| facts.is_file() && facts.len() == size);
            if same && size > 1 << 16 && std::fs::canonicalize(&original).is_ok_and(|original| original != path) {
                return Some(name.to_owned());
            }
        }
    }
    None
}

/// The real file system and the user's receipts.
pub(crate) struct Around {
    pub(crate) receipt: Option<PathBuf>,
}

impl Surroundings for Around {
    fn look(&self, path: &Path) -> Look {
        let Ok(real) = std::fs::canonicalize(path) else {
            return Look::Missing;
        };
        let Ok(facts) = std::fs::metadata(&real) else {
            return Look::Unreadable;
        };
        if facts.is_dir() {
            return Look::Missing;
        }
        if !facts.is_file() {
            return Look::Unreadable;
        }
        let name = real
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let mut head = [0; 512];
        let read = std::fs::File::open(&real).and_then(|mut file| std::io::Read::read(&mut file, &mut head));
        // What can be run and not read: a program, by its name.
        let Ok(length) = read else { return Look::Program(name) };
        if head[..length].contains(&0) {
            return Look::Program(copied(&real, facts.len()).unwrap_or(name));
        }
        if facts.len() > LARGEST_SCRIPT {
            return Look::Unreadable;
        }
        match std::fs::read(&real).map(String::from_utf8) {
            Ok(Ok(text)) => Look::Text(text),
            _ => Look::Unreadable,
        }
    }

    fn plan_receipt(&self, plan: &Path) -> Result<(), String> {
        let unreadable = || format!("the plan {} cannot be read", plan.display());
        // A device has no end.
        if !std::fs::metadata(plan).is_ok_and(|facts| facts.is_file()) {
            return Err(unreadable());
        }
        let bytes = std::fs::read(plan).map_err(|_| unreadable())?;
        passes(&sha256(&bytes), self.receipt.as_deref())
    }

    fn command_receipt(&self, args: &[&str], run: &Run) -> Result<(), String> {
        let hash = receipts::command_sha256(args, run).ok_or("its account cannot be told")?;
        passes(&hash, self.receipt.as_deref())
    }

    fn home(&self) -> Option<PathBuf> {
        std::env::home_dir()
    }

    fn is_this_program(&self, path: &str) -> bool {
        match (
            std::fs::canonicalize(path),
            std::env::current_exe().and_then(std::fs::canonicalize),
        ) {
            (Ok(one), Ok(two)) => one == two,
            _ => false,
        }
    }
}

fn passes(sha256: &str, file: Option<&Path>) -> Result<(), String> {
    match receipts::word(sha256, file)? {
        (_, Word::Pass) => Ok(()),
        (_, Word::Review) => Err("the check said review: a person must run it, with whose guard".to_owned()),
    }
}

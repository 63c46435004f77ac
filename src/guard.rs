//! The guard before a command: what may run, what needs a receipt of `whose check`, and what is refused.
//!
//! [`judge`] is for a command line that somebody else wrote (`whose hook`); [`receipt`] is what a check leaves
//! behind for the guard. Both decide from what they are given; files are looked at through [`Surroundings`].

mod calls;
mod code;
mod filters;
mod later;
pub mod makefile;
pub mod receipt;
mod runners;
mod written;

use std::path::{Path, PathBuf};

use calls::Call;
use filters::Runs;

use crate::commands::aws;
use crate::commands::http;
use crate::commands::stacks::{self, SavedPlan};
use crate::commands::{is_aws, is_stack_tool};
use crate::shell::{self, Arg, Directory, Run, Step};

/// Why a command may not run, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The command that is meant, as it was written.
    pub command: String,
    pub why: String,
    pub hint: String,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// A text file.
    Text(String),
    /// Something else that can be run, by the name that it has in the end (links are followed).
    Program(String),
    /// Nothing.
    Missing,
    /// It cannot be read, or is too large.
    Unreadable,
}

/// The file system and the receipts, as far as a judgement needs them.
pub trait Surroundings {
    fn look(&self, path: &Path) -> Look;
    /// Why there is no passing receipt for exactly the plan in this file.
    ///
    /// # Errors
    /// Says why in one clause.
    fn plan_receipt(&self, plan: &Path) -> Result<(), String>;
    /// Why there is no passing receipt for exactly this command.
    ///
    /// # Errors
    /// Says why in one clause.
    fn command_receipt(&self, args: &[&str], run: &Run) -> Result<(), String>;
    /// The user's own folder.
    fn home(&self) -> Option<PathBuf>;
    /// Whether this path is this program.
    fn is_this_program(&self, path: &str) -> bool;
}

pub use later::written;

/// Scripts in scripts.
const DEPTH: usize = 4;

const WRITE_IT_OUT: &str = "write the command out in full, or ask a person to run it";
const CHECK_COMMAND: &str = "check it first (whose check --command '…'), and run exactly the checked command";

/// Judges a command line that runs in `folder`; `Some` where it must not run.
pub fn judge(text: &str, folder: &Path, around: &dyn Surroundings) -> Option<Refusal> {
    Judge {
        around,
        folder: folder.to_owned(),
        text,
        depth: 0,
        elsewhere: false,
        writes_task_file: false,
    }
    .text(text)
}

/// Judges a command that is given as its arguments, without a shell.
pub fn judge_args(args: &[String], folder: &Path, around: &dyn Surroundings) -> Option<Refusal> {
    // Quoted, every argument is itself again.
    let text = args
        .iter()
        .map(|arg| format!("'{}'", arg.replace('\'', r"'\''")))
        .collect::<Vec<_>>()
        .join(" ");
    judge(&text, folder, around)
}

/// Whether a program is one that this tool watches, by its bare name.
#[must_use]
pub fn is_watched(program: &str) -> bool {
    is_aws(program) || is_stack_tool(program)
}

struct Judge<'a> {
    around: &'a dyn Surroundings,
    folder: PathBuf,
    /// The whole text, for what one part of it does to another.
    text: &'a str,
    depth: usize,
    /// The text runs on another machine.
    elsewhere: bool,
    /// The text writes a file that a task runner reads.
    writes_task_file: bool,
}

impl<'a> Judge<'a> {
    /// A judge of a text that is run by the one that is judged.
    fn within(&self, text: &'a str) -> Judge<'a> {
        Judge {
            around: self.around,
            folder: self.folder.clone(),
            text,
            depth: self.depth + 1,
            elsewhere: self.elsewhere,
            writes_task_file: false,
        }
    }

    fn refuse(&self, command: &str, why: impl Into<String>, hint: &str) -> Option<Refusal> {
        Some(Refusal {
            command: command.to_owned(),
            why: why.into(),
            hint: hint.to_owned(),
        })
    }

    fn text(mut self, text: &str) -> Option<Refusal> {
        let steps = shell::read(text, &is_watched);
        let writes = |step: &&Step| matches!(step, Step::Write { .. });
        let alone = !self.elsewhere && steps.iter().filter(|step| !writes(step)).count() == 1;
        let runs_script = |step: &Step| match step {
            Step::Run(run) => steps
                .iter()
                .any(|other| matches!(other, Step::Script { file, .. } if *file == run.args[0])),
            _ => false,
        };
        let plain_writers = steps.iter().all(|step| writes_plainly(step) || runs_script(step));
        self.writes_task_file = steps.iter().any(|step| match step {
            Step::Write { file, .. } => file.known().is_none_or(later::is_task_file),
            _ => false,
        });
        let found = steps.iter().find_map(|step| match step {
            Step::Run(run) => self.run(run, alone),
            Step::Script {
                run,
                file,
                shell,
                written_here,
                fed,
            } => {
                if run.elsewhere && !fed {
                    return None;
                }
                self.script(run, file, *shell, *written_here, plain_writers)
            }
            Step::Write { file, .. } => later::written(file.known()?, self.text),
            Step::Code { program, code, text } => self.code(program, code, text),
            Step::Unresolved { text, why } => self.refuse(text, why, WRITE_IT_OUT),
        });
        found.or_else(|| written::and_run(&steps, text))
    }

    fn run(&self, run: &Run, alone: bool) -> Option<Refusal> {
        let program = run.args[0].program()?;
        let alone = alone && !self.elsewhere;
        if program == "whose" {
            return self.own(run);
        }
        if is_stack_tool(&program) {
            return match stacks::deed(run) {
                stacks::Deed::Reads => None,
                stacks::Deed::Applies(plan) => self.saved_plan(&plan, run, alone),
                stacks::Deed::Changes { why, hint } => self.refuse(&run.text, why, &hint),
            };
        }
        if is_aws(&program) {
            return self.aws(run, alone);
        }
        if let Some(why) = http::deed(run) {
            return self.refuse(&run.text, why, WRITE_IT_OUT);
        }
        if program == "git" {
            return self.git_alias(run);
        }
        if matches!(program.as_str(), "cp" | "ln" | "mv" | "install" | "dd" | "rsync") {
            return self.renames(run);
        }
        self.runner(&program, run)
    }

    /// An alias of git's that runs a command, where the repository or the user set one.
    fn git_alias(&self, run: &Run) -> Option<Refusal> {
        let command = run.args[1..]
            .iter()
            .find_map(|arg| arg.known().filter(|word| !word.starts_with('-')))?;
        let Directory::Known(directory) = &run.directory else {
            return None;
        };
        let mut folders: Vec<PathBuf> = vec![self.folder.join(directory).join(".git/config")];
        folders.extend(self.around.home().map(|home| home.join(".gitconfig")));
        folders.iter().find_map(|path| {
            let Look::Text(text) = self.around.look(path) else {
                return None;
            };
            let code = text.lines().find_map(|line| {
                let (name, code) = line.split_once('=')?;
                (name.trim() == command)
                    .then(|| code.trim().trim_matches('"'))?
                    .strip_prefix('!')
            })?;
            let code = code.to_owned();
            let refusal = self.within(&code).certain(&code)?;
            Some(Refusal {
                why: format!("it is an alias for {}: {}", shortened(&code), refusal.why),
                ..refusal
            })
        })
    }

    /// Judges by what is certain alone: files that others wrote are full of variables of their own.
    fn certain(&self, text: &str) -> Option<Refusal> {
        shell::read(text, &is_watched).iter().find_map(|step| match step {
            Step::Run(run) => self.run(run, false),
            Step::Script {
                run,
                file,
                shell,
                written_here: false,
                ..
            } if !run.elsewhere
                && file
                    .known()
                    .is_some_and(|path| matches!(self.around.look(&self.folder.join(path)), Look::Text(_))) =>
            {
                self.script(run, file, *shell, false, false)
            }
            Step::Code { program, code, text } => self.speaks(program, code, text),
            _ => None,
        })
    }

    /// `whose guard` judges for itself when it runs; everything else of this program reads.
    fn own(&self, run: &Run) -> Option<Refusal> {
        let name = run.args[0].known()?;
        if name == "whose" || self.around.is_this_program(name) {
            return None;
        }
        let at = run.args.iter().position(|arg| arg.known() == Some("--"))?;
        let inner = Run {
            args: run.args[at + 1..].to_vec(),
            ..run.clone()
        };
        inner.args.first()?;
        self.run(&inner, false)
    }

    fn saved_plan(&self, plan: &SavedPlan, run: &Run, alone: bool) -> Option<Refusal> {
        let hint = "run: whose guard -- terraform apply PLAN";
        if !alone {
            return self.refuse(
                &run.text,
                "other commands in the same line could change the plan before it is applied",
                hint,
            );
        }
        let Some(path) = self.path(&run.directory, &plan.directory, &plan.path) else {
            return self.refuse(&run.text, "where its plan is cannot be told", hint);
        };
        match self.around.plan_receipt(&path) {
            Ok(()) => None,
            Err(why) => self.refuse(
                &run.text,
                why,
                "check the plan (whose check PLAN); a person can confirm a review with: whose guard -- \
                 terraform apply PLAN",
            ),
        }
    }

    fn aws(&self, run: &Run, alone: bool) -> Option<Refusal> {
        match aws::deed(run, None) {
            aws::Deed::Nothing => self.starts(run),
            aws::Deed::Deletes(_) => {
                let args: Option<Vec<&str>> = run.args.iter().map(Arg::known).collect();
                let Some(args) = args.filter(|_| alone && !run.elsewhere && !run.guessed) else {
                    return self.refuse(&run.text, "it deletes something, or may", CHECK_COMMAND);
                };
                match self.around.command_receipt(&args, run) {
                    Ok(()) => None,
                    Err(why) => self.refuse(
                        &run.text,
                        format!("it deletes something, or may, and {why}"),
                        CHECK_COMMAND,
                    ),
                }
            }
        }
    }

    /// `aws codebuild start-build --project-name destroy`
    fn starts(&self, run: &Run) -> Option<Refusal> {
        let words: Vec<&str> = run.args[1..].iter().filter_map(Arg::known).collect();
        let starts = words.iter().any(|word| {
            ["start-", "invoke", "run-", "execute-", "send-", "put-events"]
                .iter()
                .any(|verb| word.starts_with(verb))
        });
        words
            .iter()
            .find(|word| starts && runners::says_destroy(word))
            .and_then(|word| self.refuse(&run.text, format!("it starts {word}, which was not read"), WRITE_IT_OUT))
    }

    fn path(&self, directory: &Directory, further: &Directory, path: &str) -> Option<PathBuf> {
        let (Directory::Known(directory), Directory::Known(further)) = (directory, further) else {
            return None;
        };
        if [directory, further].iter().any(|part| part.starts_with('~')) || path.starts_with('~') {
            return None;
        }
        // Without `.` in between.
        Some(
            self.folder
                .join(directory)
                .join(further)
                .join(path)
                .components()
                .collect(),
        )
    }

    // --- scripts

    fn script(&self, run: &Run, file: &Arg, shell: bool, written_here: bool, plain: bool) -> Option<Refusal> {
        if let Some(path) = file.known().filter(|path| {
            matches!(*path, "/dev/stdin" | "/dev/fd/0") || path.starts_with("/dev/") || path.starts_with("/proc/")
        }) {
            return self.refuse(&run.text, format!("what {path} holds cannot be seen"), WRITE_IT_OUT);
        }
        // What is written in plain sight was in the text that is judged.
        let in_sight = written_here && plain && self.depth == 0 && file.known().is_some();
        if in_sight && let Some(word) = code::mentions(self.text) {
            return self.refuse(
                &run.text,
                format!("the script written here speaks of {word}"),
                WRITE_IT_OUT,
            );
        }
        if written_here && !in_sight {
            return self.refuse(
                &run.text,
                format!("{} is written in the same line that runs it", file.text()),
                "write the script first and run it in a command of its own",
            );
        }
        let missing = |why: String| self.refuse(&run.text, why, "run it where the file can be read first");
        let Some(path) = file
            .known()
            .and_then(|path| self.path(&run.directory, &Directory::Known(String::new()), path))
        else {
            // A program in a folder that cannot be seen: only its words can tell.
            return if in_sight {
                None
            } else if shell {
                missing(format!("the commands in {} cannot be seen", file.text()))
            } else {
                self.words(run)
            };
        };
        match self.around.look(&path) {
            // It will be there, with what the text writes.
            Look::Missing if in_sight => None,
            // It may still hold what it held: `>>`, or another file is written.
            Look::Text(text) => self.script_text(&text, shell, &path, run),
            Look::Program(name) if is_watched(&name) => {
                let mut run = run.clone();
                let at = run.args.iter().position(|arg| arg == file).unwrap_or(0);
                run.args.drain(..at);
                run.args[0] = Arg::Known(name);
                self.run(&run, false)
            }
            Look::Program(_) => self.words(run),
            // `python3 -m venv .venv && . .venv/bin/activate`
            Look::Missing if shell && path.ends_with("bin/activate") && self.text.contains("venv") => None,
            Look::Missing if shell => missing(format!(
                "the commands in {} cannot be seen: it is not there",
                path.display()
            )),
            // Nothing can be seen of it but what stands beside it.
            Look::Missing if self.depth == 0 && run.args[0] == *file => self.words(run).or_else(|| {
                code::mentions(self.text).and_then(|word| {
                    self.refuse(
                        &run.text,
                        format!("what {} is cannot be seen, and the text speaks of {word}", file.text()),
                        WRITE_IT_OUT,
                    )
                })
            }),
            Look::Missing => self.words(run),
            Look::Unreadable => missing(format!("the commands in {} cannot be read", path.display())),
        }
    }

    fn script_text(&self, text: &str, shell: bool, path: &Path, run: &Run) -> Option<Refusal> {
        if self.depth >= DEPTH {
            return self.refuse(&run.text, "scripts call scripts too deep", WRITE_IT_OUT);
        }
        let first = text.lines().next().unwrap_or_default();
        let interpreter = first.strip_prefix("#!").map(|line| {
            let mut words = line
                .split_whitespace()
                .map(|word| word.rsplit('/').next().unwrap_or(word));
            match words.next() {
                Some("env") => words
                    .find(|word| !word.starts_with('-') && !word.contains('='))
                    .unwrap_or_default(),
                other => other.unwrap_or_default(),
            }
        });
        let is_shell = shell || interpreter.is_some_and(|name| name.ends_with("sh"));
        let found = if is_shell {
            let inner = Judge {
                elsewhere: self.elsewhere || run.elsewhere,
                ..self.within(text)
            };
            inner
                .text(text)
                .filter(|refusal| self.depth == 0 || !refusal.command.is_empty())
        } else {
            code::program_mentions(text)
                .and_then(|word| self.refuse(&run.text, format!("it speaks of {word}"), WRITE_IT_OUT))
        };
        found.map(|refusal| Refusal {
            why: format!(
                "in {}: {}: {}",
                path.display(),
                shortened(&refusal.command),
                refusal.why
            ),
            command: run.text.clone(),
            hint: refusal.hint,
        })
    }

    fn code(&self, program: &str, code: &str, text: &str) -> Option<Refusal> {
        let found = self.speaks(program, code, text);
        if found.is_some() || self.depth >= DEPTH {
            return found;
        }
        let filter = match program {
            "sed" => Some(filters::sed(code)),
            "awk" => Some(filters::awk(code)),
            _ => None,
        };
        if let Some(runs) = filter {
            return runs.iter().find_map(|runs| match runs {
                // Whatever it prints may be what the command reads.
                Runs::Command(command) => {
                    let command = format!("cat unseen | {command}");
                    self.within(&command).text(&command)
                }
                Runs::Input => self.refuse(text, format!("{program} runs what it reads"), WRITE_IT_OUT),
            });
        }
        calls::calls(program, code).iter().find_map(|call| match call {
            Call::Command(command) => self.within(command).text(command).map(|refusal| Refusal {
                why: format!("it runs {}: {}", shortened(command), refusal.why),
                command: text.to_owned(),
                hint: refusal.hint,
            }),
            Call::Code(code) => self.within(code).code(program, code, text),
            Call::Hidden(name) => self.refuse(
                text,
                format!("what the code for {program} runs with {name} cannot be told"),
                WRITE_IT_OUT,
            ),
            Call::Loads(file) => {
                // Data.
                if file.strip_suffix(".json").is_some() {
                    return None;
                }
                let names = [
                    file.clone(),
                    format!("{file}.js"),
                    format!("{file}.rb"),
                    format!("{file}.ts"),
                ];
                names.iter().find_map(|name| {
                    let Look::Text(loaded) = self.around.look(&self.folder.join(name)) else {
                        return None;
                    };
                    code::program_mentions(&loaded).and_then(|word| {
                        self.refuse(text, format!("it loads {name}, which speaks of {word}"), WRITE_IT_OUT)
                    })
                })
            }
        })
    }

    /// What code says in plain words.
    fn speaks(&self, program: &str, code: &str, text: &str) -> Option<Refusal> {
        // Programs of sed and awk are about text.
        if matches!(program, "sed" | "awk") {
            return None;
        }
        if let Some(word) = code::mentions(code) {
            return self.refuse(text, format!("the code for {program} speaks of {word}"), WRITE_IT_OUT);
        }
        if program.starts_with("powershell") || program.starts_with("pwsh") {
            let encoded = code.lines().any(|line| {
                let line = line.to_lowercase();
                line.len() > 1 && "-encodedcommand".starts_with(&line)
            });
            if encoded {
                return self.refuse(text, "it runs what it decodes", WRITE_IT_OUT);
            }
        }
        code::hides(code).and_then(|word| {
            self.refuse(
                text,
                format!("the code for {program} runs what it decodes ({word})"),
                WRITE_IT_OUT,
            )
        })
    }

    /// A program that cannot be looked into.
    fn words(&self, run: &Run) -> Option<Refusal> {
        let says = |word: &str| {
            let word = word.trim_start_matches('+');
            matches!(word, "destroy" | "-auto-approve" | "--auto-approve" | "-destroy")
                || (runners::says_destroy(word)
                    && ["terraform", "tofu", "tf-", "infra"]
                        .iter()
                        .any(|name| word.contains(name))
                    && !word.contains(['/', ' ']))
        };
        run.args
            .iter()
            .skip(1)
            .filter_map(Arg::known)
            .find(|arg| says(arg))
            .and_then(|word| {
                self.refuse(
                    &run.text,
                    format!("it is told to {word}, and what it is cannot be seen"),
                    WRITE_IT_OUT,
                )
            })
    }

    /// A watched program that is given another name, and a script that is put where it runs by itself.
    fn renames(&self, run: &Run) -> Option<Refusal> {
        let asks = |text: &str| {
            [
                "which",
                "command -v",
                "type -p",
                "type -P",
                "whereis",
                "realpath",
                "readlink",
                "bin/",
            ]
            .iter()
            .any(|word| text.contains(word))
        };
        let watched = |text: &str| {
            text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
                .find(|word| is_watched(word))
                .map(str::to_owned)
        };
        for arg in &run.args[1..] {
            // What a variable holds stands somewhere in the text.
            let text = if arg.known().is_some() { arg.text() } else { self.text };
            if let Some(name) = watched(text).filter(|_| asks(text)) {
                return self.refuse(&run.text, format!("it gives {name} another name"), WRITE_IT_OUT);
            }
        }
        let [from, .., to] = run.args.get(1..)? else {
            return None;
        };
        if !later::runs_by_itself(to.known()?) {
            return None;
        }
        let path = self.path(&run.directory, &Directory::Known(String::new()), from.known()?)?;
        match self.around.look(&path) {
            Look::Text(text) => later::written(to.known()?, &text),
            _ => None,
        }
    }
}

/// A command that writes only what stands in the text.
fn writes_plainly(step: &Step) -> bool {
    const PLAIN: &[&str] = &[
        "cat", "echo", "tee", "chmod", "mkdir", "ls", "touch", "rm", "true", "pwd", "head", "tail", "wc", "grep",
        "diff",
    ];
    match step {
        Step::Run(run) => {
            run.args[0].program().is_some_and(|name| {
                PLAIN.contains(&name.as_str()) || matches!(name.as_str(), "python" | "python3" | "node" | "bash" | "sh")
            }) && run
                .args
                .iter()
                .all(|arg| arg.known().is_some_and(|arg| !arg.contains('\\')))
        }
        Step::Script { .. } | Step::Write { .. } => true,
        Step::Code { .. } | Step::Unresolved { .. } => false,
    }
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;

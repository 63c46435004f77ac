//! The guard before a command: what may run, what needs a receipt of `whose check`, and what is refused.
//!
//! [`judge`] is for a command line that somebody else wrote (`whose hook`); [`receipt`] is what a check leaves
//! behind for the guard. Both decide from what they are given; files are looked at through [`Surroundings`].

pub mod makefile;
pub mod receipt;

use std::path::{Path, PathBuf};

use crate::commands::aws::{self};
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
    /// Whether this path is this program.
    fn is_this_program(&self, path: &str) -> bool;
}

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
}

impl Judge<'_> {
    fn refuse(&self, command: &str, why: impl Into<String>, hint: &str) -> Option<Refusal> {
        Some(Refusal {
            command: command.to_owned(),
            why: why.into(),
            hint: hint.to_owned(),
        })
    }

    fn text(&self, text: &str) -> Option<Refusal> {
        let steps = shell::read(text, &is_watched);
        let alone = steps.len() == 1;
        let plain_writers = steps.iter().all(writes_plainly);
        steps.iter().find_map(|step| match step {
            Step::Run(run) => self.run(run, alone),
            Step::Script {
                run,
                file,
                shell,
                written_here,
            } => self.script(run, file, *shell, *written_here, plain_writers),
            Step::Code { program, code, text } => self.code(program, code, text),
            Step::Unresolved { text, why } => self.refuse(text, why, WRITE_IT_OUT),
        })
    }

    fn run(&self, run: &Run, alone: bool) -> Option<Refusal> {
        let program = run.args[0].program()?;
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
        self.runner(&program, run)
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
            aws::Deed::Nothing => None,
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
        if run.elsewhere {
            return None;
        }
        if let Some(path) = file.known().filter(|path| {
            matches!(*path, "/dev/stdin" | "/dev/fd/0") || path.starts_with("/dev/") || path.starts_with("/proc/")
        }) {
            return self.refuse(&run.text, format!("what {path} holds cannot be seen"), WRITE_IT_OUT);
        }
        if written_here {
            // What is written in plain sight was in the text that is judged.
            if plain && self.depth == 0 && file.known().is_some() {
                return mentions(self.text).and_then(|word| {
                    self.refuse(
                        &run.text,
                        format!("the script written here speaks of {word}"),
                        WRITE_IT_OUT,
                    )
                });
            }
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
            return if shell {
                missing(format!("the commands in {} cannot be seen", file.text()))
            } else {
                self.words(run)
            };
        };
        match self.around.look(&path) {
            Look::Text(text) => self.script_text(&text, shell, &path, run),
            Look::Program(name) if is_watched(&name) => {
                let mut run = run.clone();
                let at = run.args.iter().position(|arg| arg == file).unwrap_or(0);
                run.args.drain(..at);
                run.args[0] = Arg::Known(name);
                self.run(&run, false)
            }
            Look::Program(_) => self.words(run),
            Look::Missing if shell => missing(format!(
                "the commands in {} cannot be seen: it is not there",
                path.display()
            )),
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
                around: self.around,
                folder: self.folder.clone(),
                text,
                depth: self.depth + 1,
            };
            inner
                .text(text)
                .filter(|refusal| self.depth == 0 || !refusal.command.is_empty())
        } else {
            program_mentions(text).and_then(|word| self.refuse(&run.text, format!("it speaks of {word}"), WRITE_IT_OUT))
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
        if matches!(program, "sed" | "gsed") && !sed_runs(code) {
            return None;
        }
        match mentions(code) {
            Some(word) => self.refuse(text, format!("the code for {program} speaks of {word}"), WRITE_IT_OUT),
            None => hides(code).and_then(|word| {
                self.refuse(
                    text,
                    format!("the code for {program} runs what it decodes ({word})"),
                    WRITE_IT_OUT,
                )
            }),
        }
    }

    /// A program that cannot be looked into.
    fn words(&self, run: &Run) -> Option<Refusal> {
        let words = ["destroy", "-auto-approve", "--auto-approve"];
        run.args
            .iter()
            .skip(1)
            .filter_map(Arg::known)
            .find(|arg| words.contains(arg))
            .and_then(|word| {
                self.refuse(
                    &run.text,
                    format!("it is told to {word}, and what it is cannot be seen"),
                    WRITE_IT_OUT,
                )
            })
    }

    /// A watched program that is given another name.
    fn renames(&self, run: &Run) -> Option<Refusal> {
        run.args[1..].iter().find_map(|arg| {
            let text = arg.text();
            let found = text.contains("which ") || text.contains("command -v") || text.contains("bin/");
            let name = text
                .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
                .find(|word| is_watched(word))?;
            found
                .then(|| self.refuse(&run.text, format!("it gives {name} another name"), WRITE_IT_OUT))
                .flatten()
        })
    }

    // --- make, npm and the like

    fn runner(&self, program: &str, run: &Run) -> Option<Refusal> {
        if matches!(program, "cp" | "ln" | "mv" | "install") {
            return self.renames(run);
        }
        let words: Vec<&str> = run.args[1..].iter().filter_map(Arg::known).collect();
        match program {
            "make" | "gmake" | "just" | "task" | "rake" | "invoke" | "inv" | "nox" | "tox" | "gradle" | "gradlew"
            | "mage" | "ant" | "mvn" | "npm" | "pnpm" | "yarn" | "bun" | "nx" | "turbo" | "composer" | "lerna"
            | "ansible-playbook" | "ansible" | "atlantis" | "atmos" | "terramate" => {
                if let Some(word) = words.iter().find(|word| says_destroy(word)) {
                    return self.refuse(
                        &run.text,
                        format!(
                            "{program} {word} names a target that destroys or applies, and what it runs was not read"
                        ),
                        WRITE_IT_OUT,
                    );
                }
            }
            _ => return None,
        }
        let Directory::Known(directory) = &run.directory else {
            return None;
        };
        let folder = self.folder.join(directory);
        let commands = match program {
            "make" | "gmake" => makefile::commands(&words, |name| match self.around.look(&folder.join(name)) {
                Look::Text(text) => Some(text),
                _ => None,
            }),
            "npm" | "pnpm" | "yarn" | "bun" => match self.around.look(&folder.join("package.json")) {
                Look::Text(text) => package_scripts(&text, &words),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        if self.depth >= DEPTH {
            return None;
        }
        commands.iter().find_map(|command| {
            let inner = Judge {
                around: self.around,
                folder: folder.clone(),
                text: command,
                depth: self.depth + 1,
            };
            let steps = shell::read(command, &is_watched);
            // Only what is certain: such files are full of variables of their own.
            let refusal = steps.iter().find_map(|step| match step {
                Step::Run(run) => inner.run(run, false),
                Step::Script {
                    run,
                    file,
                    shell,
                    written_here: false,
                } if file
                    .known()
                    .is_some_and(|path| matches!(inner.around.look(&folder.join(path)), Look::Text(_))) =>
                {
                    inner.script(run, file, *shell, false, false)
                }
                Step::Code { program, code, text } => inner.code(program, code, text),
                _ => None,
            })?;
            Some(Refusal {
                why: format!("it runs {}: {}", shortened(&refusal.command), refusal.why),
                command: run.text.clone(),
                hint: refusal.hint,
            })
        })
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
        Step::Script { .. } => true,
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

/// `destroy`, `tf-destroy`, `infra:apply`
fn says_destroy(word: &str) -> bool {
    let word = word.to_lowercase();
    let parts: Vec<&str> = word
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let any = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    !word.starts_with("--")
        && (any(&["destroy", "teardown", "nuke"])
            || (any(&["apply"]) && (parts.len() == 1 || any(&["tf", "terraform", "tofu", "terragrunt", "infra"])))
            || word.contains("tfdestroy")
            || word.contains("tfapply"))
}

/// The words of code that delete: names of tools or libraries with verbs, whatever stands between them.
///
/// Quotes, pluses and blanks are taken out first, so that `"terra" + "form"` reads as one word.
fn mentions(code: &str) -> Option<&'static str> {
    let dense: String = code
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let has = |words: &[&'static str]| words.iter().copied().find(|word| dense.contains(word));
    let stack = has(&["terraform", "opentofu", "tofu", "terragrunt", "pulumi", "cdktf"]);
    if let Some(tool) = stack
        && has(&[
            "destroy",
            "apply",
            "autoapprove",
            "staterm",
            "statepush",
            "statemv",
            "forceunlock",
        ])
        .is_some()
    {
        return Some(tool);
    }
    // Bare letters of the name occur in many words: it must be a word or a library.
    let words = code.to_lowercase();
    let aws = words
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .any(|word| {
            matches!(
                word,
                "aws" | "boto3" | "boto" | "botocore" | "aioboto3" | "awscli" | "aws_sdk"
            )
        })
        || has(&["boto3", "botocore", "awssdk", "awscli", "pythonmawscli"]).is_some();
    (aws && has(&[
        "delete",
        "terminate",
        "release",
        "deregister",
        "purge",
        "removebucket",
        "schedulekeydeletion",
        "s3rb",
        "s3rm",
        "emptybucket",
    ])
    .is_some())
    .then_some("deletions in AWS")
}

/// The same for a program in a file, which may speak of many things: the tool and the verb stand side by side, or
/// a call deletes a thing of an account rather than an item in it.
fn program_mentions(code: &str) -> Option<&'static str> {
    const CALLS: &[&str] = &[
        "terminateinstances",
        "deletevpc",
        "deletesubnet",
        "deletesecuritygroup",
        "deletevolume",
        "deletesnapshot",
        "deletenatgateway",
        "deletedbinstance",
        "deletedbcluster",
        "deletedbsnapshot",
        "deletecluster",
        "deleteservice",
        "deletebucket",
        "deletestack",
        "deleteloadbalancer",
        "deletetargetgroup",
        "deletetable",
        "deletefilesystem",
        "deletehostedzone",
        "deleteloggroup",
        "deletesecret",
        "deleterepository",
        "deletefunction",
        "deletereplicationgroup",
        "deletecachecluster",
        "schedulekeydeletion",
        "releaseaddress",
        "deregisterimage",
    ];
    let dense: String = code
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    for tool in ["terraform", "tofu", "terragrunt", "pulumi"] {
        let near = |(at, _): (usize, &str)| {
            let rest = &dense[at..(at + 60).min(dense.len())];
            rest.contains("destroy") || rest.contains("apply") || rest.contains("staterm")
        };
        if dense.match_indices(tool).any(near) {
            return Some(tool);
        }
    }
    let library = ["boto3", "botocore", "awssdk", "aws"]
        .iter()
        .any(|name| dense.contains(name));
    (library && CALLS.iter().any(|call| dense.contains(call))).then_some("deletions in AWS")
}

/// Code that decodes something and runs it.
fn hides(code: &str) -> Option<&'static str> {
    let lower = code.to_lowercase();
    let decodes = [
        "base64",
        "b64decode",
        "fromhex",
        "unhexlify",
        "codecs.decode",
        "rot13",
        "rot_13",
        "chr(",
        "fromcharcode",
        "atob(",
        "zlib.decompress",
        "marshal.loads",
        "unpack(",
        "frombase64string",
        "-encodedcommand",
        "[::-1]",
        ".reverse",
    ]
    .into_iter()
    .find(|word| lower.contains(word))?;
    [
        "subprocess",
        "os.system",
        "os.exec",
        "os.popen",
        "popen",
        "exec(",
        "execsync",
        "spawn",
        "eval",
        "child_process",
        "system(",
        "`",
        "pty.",
        "shell",
        "__import__",
        "iex",
    ]
    .into_iter()
    .any(|word| lower.contains(word))
    .then_some(decodes)
}

/// `e` of GNU sed runs commands.
fn sed_runs(code: &str) -> bool {
    let bytes = code.as_bytes();
    code.lines().any(|line| {
        let line = line
            .trim()
            .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '$' | ';' | '{' | ' '));
        line == "e" || line.starts_with("e ")
    }) || code.contains("/e ")
        || code.contains(";e ")
        || code.contains("{e ")
        || code.lines().any(|line| {
            line.rsplit(['/', '|', '#', ',', '@', '!']).next().is_some_and(|flags| {
                !flags.is_empty()
                    && flags.len() < 6
                    && flags.contains('e')
                    && flags.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        })
        || bytes.windows(3).any(|window| window == b"/e;")
}

/// The commands of the scripts that `npm run x` and the like would run.
fn package_scripts(text: &str, words: &[&str]) -> Vec<String> {
    let Ok(serde_json::Value::Object(package)) = serde_json::from_str(text) else {
        return Vec::new();
    };
    let Some(scripts) = package.get("scripts").and_then(serde_json::Value::as_object) else {
        return Vec::new();
    };
    words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .flat_map(|word| [format!("pre{word}"), (*word).to_owned(), format!("post{word}")])
        .filter_map(|name| scripts.get(&name)?.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests;

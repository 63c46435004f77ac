//! What a text writes or sets, and then runs itself: the file is not there yet when the text is judged.

use std::collections::BTreeSet;

use super::later::{is_task_file, name, runs_by_itself};
use super::{Refusal, code};
use crate::shell::{Arg, Run, Step};

/// Programs that write what they are given to the files that they name.
const WRITERS: &[&str] = &[
    "tee", "cp", "mv", "ln", "install", "dd", "sort", "openssl", "rsync", "sponge",
];

/// Programs that take commands from a file of theirs, or from one that they are told.
const TASK_RUNNERS: &[&str] = &[
    "make", "gmake", "just", "task", "rake", "invoke", "fab", "nox", "tox", "doit", "mage", "composer", "earthly",
    "npm", "npx", "pnpm", "yarn", "bun", "gradle", "mise",
];

/// Others that run what a file says, where it is named to them.
const READERS: &[&str] = &[
    "ssh",
    "scp",
    "sftp",
    "vim",
    "vi",
    "nvim",
    "ex",
    "view",
    "emacs",
    "run-parts",
    "gdb",
    "expect",
    "screen",
    "tmux",
];

/// Others that take commands from variables of theirs.
const LISTENERS: &[&str] = &["git", "tar", "man", "less", "crontab"];

const SHELLS: &[&str] = &["bash", "sh", "dash", "zsh", "ksh", "fish"];
const LANGUAGES: &[&str] = &["python", "python3", "node", "ruby", "perl", "php", "deno"];

/// Variables that name what a language loads before anything else.
const LOADED: &[&str] = &[
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5LIB",
    "PERL5OPT",
    "RUBYLIB",
    "RUBYOPT",
];

/// Words of a text that tell git where its settings, hooks and commands are.
const GIT_SETTINGS: &[&str] = &[
    "git_config",
    "gitconfig",
    ".git/",
    "/hooks",
    "hooks/",
    "git-dir",
    "alias.",
    "include.path",
    "--template",
    "config/git",
];

/// Commands of git that run none of these.
const GIT_LOOKS: &[&str] = &["config", "add", "rm", "status", "diff", "log", "grep", "show"];

/// Why a text must not run: it speaks of deletions, writes that to a file or into the environment, and runs a program
/// that may take its commands from there.
pub(super) fn and_run(steps: &[Step], text: &str) -> Option<Refusal> {
    let word = code::mentions(text)?;
    let written = Written::by(steps, text);
    let run = steps.iter().find_map(|step| match step {
        Step::Run(run) if written.may_tell(run) => Some(run),
        _ => None,
    })?;
    let program = run.args[0].program().unwrap_or_default();
    Some(Refusal {
        command: run.text.clone(),
        why: format!("{program} may run what this text writes or sets, and the text speaks of {word}"),
        hint: "write the file first, and run it in a command of its own".to_owned(),
    })
}

/// What a text may write.
struct Written<'a> {
    text: &'a str,
    paths: BTreeSet<&'a str>,
}

impl<'a> Written<'a> {
    fn by(steps: &'a [Step], text: &'a str) -> Self {
        let mut paths = BTreeSet::new();
        for step in steps {
            match step {
                Step::Write { file, .. } => {
                    paths.insert(match file {
                        Arg::Known(path) => path.as_str(),
                        Arg::Unknown { end, .. } => end.as_str(),
                    });
                }
                Step::Run(run) if run.args[0].program().is_some_and(|name| WRITERS.contains(&&*name)) => {
                    let words = run.args[1..].iter().filter_map(Arg::known);
                    paths.extend(words.map(|word| word.strip_prefix("of=").unwrap_or(word)));
                }
                _ => {}
            }
        }
        paths.retain(|path| !path.is_empty() && !path.starts_with('-'));
        Self { text, paths }
    }

    fn any(&self, test: impl Fn(&str) -> bool) -> bool {
        self.paths.iter().any(|path| test(path))
    }

    fn has(&self, path: &str) -> bool {
        !path.is_empty() && self.any(|written| name(written) == name(path))
    }

    /// Says whether the program may run what is written or set.
    fn may_tell(&self, run: &Run) -> bool {
        let Some(program) = run.args[0].program() else {
            return false;
        };
        let program = program.as_str();
        let args: Vec<&str> = run.args[1..].iter().filter_map(Arg::known).collect();
        let (runs_tasks, reads) = (TASK_RUNNERS.contains(&program), READERS.contains(&program));
        // By way of PATH.
        (self.has(program) && !WRITERS.contains(&program))
            || (runs_tasks && self.any(is_task_file))
            || ((runs_tasks || reads) && self.is_named(&args))
            || (program == "git" && self.tells_git(&args))
            || (SHELLS.contains(&program) && self.tells_shell(&args))
            || (LANGUAGES.contains(&program) && self.tells_language(&args))
            || ((runs_tasks || reads || LISTENERS.contains(&program)) && is_told_by_variables(run))
    }

    /// `-ffile`, `--file=file`, or a folder that something is written into.
    fn is_named(&self, args: &[&str]) -> bool {
        args.iter().any(|arg| {
            let value = arg.split_once('=').map_or(*arg, |(_, value)| value);
            let inside = format!("{}/", value.trim_end_matches('/'));
            self.has(value) || self.has(arg.trim_start_matches("-f")) || self.any(|path| path.starts_with(&inside))
        })
    }

    /// Its settings or hooks, or a command of its own.
    fn tells_git(&self, args: &[&str]) -> bool {
        let command = args.iter().find(|arg| !arg.starts_with('-'));
        let lower = self.text.to_lowercase();
        command.is_some_and(|command| self.has(&format!("git-{command}")))
            || (!command.is_some_and(|command| GIT_LOOKS.contains(command))
                && GIT_SETTINGS.iter().any(|word| lower.contains(word)))
    }

    /// The files that a shell for a person reads first.
    fn tells_shell(&self, args: &[&str]) -> bool {
        let for_a_person = args.iter().any(|arg| {
            *arg == "--login" || (arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['i', 'l']))
        });
        for_a_person && (self.any(runs_by_itself) || self.text.contains("ENV"))
    }

    /// A module that it imports, or that it loads by itself.
    fn tells_language(&self, args: &[&str]) -> bool {
        let imports = |path: &str| {
            let file = name(path);
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            let forms = [
                format!("import {stem}"),
                format!("from {stem}"),
                format!("require('./{stem}"),
            ];
            args.iter()
                .any(|arg| forms.iter().any(|form| arg.contains(form.as_str())))
                || args.windows(2).any(|pair| pair == ["-m", stem])
        };
        self.any(imports) || (!self.paths.is_empty() && LOADED.iter().any(|name| self.text.contains(name)))
    }
}

/// `CC='terraform destroy;' make x`
fn is_told_by_variables(run: &Run) -> bool {
    let mut values = run.environment.values().filter_map(Arg::known);
    values.any(|value| code::mentions(value).is_some())
}

//! Files that are run without anybody running them, or by a task runner.

use std::collections::BTreeSet;

use super::{Refusal, code};
use crate::shell::{Arg, Run, Step};

/// Names of files that a shell, git or a system runs by itself.
const NAMES: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".envrc",
    ".gitconfig",
    "crontab",
    "config.fish",
];

/// Folders whose files are run by themselves.
const FOLDERS: &[&str] = &[
    ".git/hooks/",
    ".git/config",
    ".husky/",
    "etc/cron",
    "spool/cron",
    "etc/profile.d/",
    "systemd/",
    "LaunchAgents/",
    "LaunchDaemons/",
    "autostart/",
    "fish/conf.d/",
    "init.d/",
];

/// Files of task runners.
const TASK_FILES: &[&str] = &[
    "makefile",
    "gnumakefile",
    "package.json",
    "justfile",
    "rakefile",
    "tasks.py",
    "noxfile.py",
    "fabfile.py",
    "composer.json",
    "earthfile",
    "dodo.py",
    "magefile.go",
];

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Says whether what is written there runs later by itself.
pub(super) fn runs_by_itself(path: &str) -> bool {
    NAMES.contains(&name(path)) || FOLDERS.iter().any(|folder| path.contains(folder))
}

/// Says whether a task runner takes its commands from there.
pub(super) fn is_task_file(path: &str) -> bool {
    let name = name(path).to_lowercase();
    TASK_FILES.contains(&name.as_str())
        || name.starts_with("taskfile.")
        || name.starts_with("build.gradle")
        || name.strip_suffix(".mk").is_some()
        || name.ends_with("mise.toml")
}

/// Why `text` must not be written to `path`: it runs there by itself, and speaks of deletions.
#[must_use]
pub fn written(path: &str, text: &str) -> Option<Refusal> {
    let word = code::mentions(text).filter(|_| runs_by_itself(path))?;
    Some(Refusal {
        command: String::new(),
        why: format!("what is written to {path} runs there by itself, and speaks of {word}"),
        hint: "write a script, and let a person run it".to_owned(),
    })
}

/// Programs that write what they are given to the files that they name.
const WRITERS: &[&str] = &[
    "tee", "cp", "mv", "ln", "install", "dd", "sort", "openssl", "rsync", "sponge", "git",
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

const SHELLS: &[&str] = &["bash", "sh", "dash", "zsh", "ksh", "fish"];
const LANGUAGES: &[&str] = &["python", "python3", "node", "ruby", "perl", "php", "deno"];

/// Words of a text that tells git where its settings, hooks and commands are.
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

/// Why a text must not run: it speaks of deletions, writes that to a file or into the environment, and runs a program
/// that may take its commands from there.
pub(super) fn written_and_run(steps: &[Step], text: &str) -> Option<Refusal> {
    let word = code::mentions(text)?;
    let written = written_files(steps);
    let runs = steps.iter().filter_map(|step| match step {
        Step::Run(run) => Some(run),
        _ => None,
    });
    let run = runs.into_iter().find(|run| takes_commands(run, &written, text))?;
    let program = run.args[0].program().unwrap_or_default();
    Some(Refusal {
        command: run.text.clone(),
        why: format!("{program} may run what this text writes or sets, and the text speaks of {word}"),
        hint: "write the file first, and run it in a command of its own".to_owned(),
    })
}

/// Paths that the text may write.
fn written_files(steps: &[Step]) -> BTreeSet<&str> {
    let mut files = BTreeSet::new();
    for step in steps {
        match step {
            Step::Write { file, .. } => {
                files.extend(match file {
                    Arg::Known(path) => Some(path.as_str()),
                    Arg::Unknown { end, .. } => Some(end.as_str()),
                });
            }
            Step::Run(run)
                if run.args[0]
                    .program()
                    .is_some_and(|name| WRITERS.contains(&name.as_str())) =>
            {
                let paths = run.args[1..].iter().filter_map(Arg::known);
                files.extend(paths.map(|path| path.strip_prefix("of=").unwrap_or(path)));
            }
            _ => {}
        }
    }
    files.retain(|path| !path.is_empty() && !path.starts_with('-'));
    files
}

fn takes_commands(run: &Run, written: &BTreeSet<&str>, text: &str) -> bool {
    let Some(program) = run.args[0].program() else {
        return false;
    };
    let program = program.as_str();
    let args: Vec<&str> = run.args[1..].iter().filter_map(Arg::known).collect();
    let is_written = |wanted: &str| !wanted.is_empty() && written.iter().any(|path| name(path) == name(wanted));
    // `-ffile`, `--file=file`, and a folder that something is written into.
    let names_written = || {
        args.iter().any(|arg| {
            let value = arg.split_once('=').map_or(*arg, |(_, value)| value);
            let inside = format!("{}/", value.trim_end_matches('/'));
            is_written(value)
                || is_written(arg.trim_start_matches("-f"))
                || written.iter().any(|path| path.starts_with(&inside))
        })
    };
    let is_task_runner = TASK_RUNNERS.contains(&program);
    let is_reader = READERS.contains(&program);
    // A program of that name, by way of PATH.
    if is_written(program) && !WRITERS.contains(&program) {
        return true;
    }
    if is_task_runner && (written.iter().any(|path| is_task_file(path)) || names_written())
        || is_reader && names_written()
    {
        return true;
    }
    if program == "git" {
        let lower = text.to_lowercase();
        let own = args.iter().any(|arg| is_written(&format!("git-{arg}")));
        let changes = |arg: &&str| {
            matches!(
                *arg,
                "config" | "add" | "rm" | "status" | "diff" | "log" | "grep" | "show"
            )
        };
        let command = args.iter().find(|arg| !arg.starts_with('-'));
        if own || (GIT_SETTINGS.iter().any(|word| lower.contains(word)) && !command.is_some_and(changes)) {
            return true;
        }
    }
    if SHELLS.contains(&program)
        && args.iter().any(|arg| {
            *arg == "--login" || (arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['i', 'l']))
        })
        && (written.iter().any(|path| runs_by_itself(path)) || text.contains("ENV"))
    {
        return true;
    }
    if LANGUAGES.contains(&program) {
        let loads = |path: &&str| {
            let stem = name(path).rsplit_once('.').map_or(name(path), |(stem, _)| stem);
            let forms = [
                format!("import {stem}"),
                format!("from {stem}"),
                format!("require('./{stem}"),
            ];
            args.iter()
                .any(|arg| forms.iter().any(|form| arg.contains(form.as_str())))
                || args.windows(2).any(|pair| pair == ["-m", stem])
        };
        let set = [
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "NODE_OPTIONS",
            "NODE_PATH",
            "PERL5LIB",
            "PERL5OPT",
            "RUBYLIB",
            "RUBYOPT",
        ];
        if written.iter().any(|path| loads(path)) || (!written.is_empty() && set.iter().any(|name| text.contains(name)))
        {
            return true;
        }
    }
    let listens = is_task_runner || is_reader || matches!(program, "git" | "tar" | "man" | "less" | "crontab");
    listens
        && run
            .environment
            .values()
            .any(|value| value.known().is_some_and(|value| code::mentions(value).is_some()))
}

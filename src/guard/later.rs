//! Files that are run without anybody running them, or by a task runner.

use super::{Refusal, code};

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

pub(super) fn name(path: &str) -> &str {
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

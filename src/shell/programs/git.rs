//! What git runs: aliases, hooks' folders, pagers, editors, helpers.

use super::super::Arg;
use super::super::walk::{Scope, Walk};
use super::joined;

/// Options of git and its commands whose value is run by a shell. Source: the manual pages of git 2.47.
const RUN: &[&str] = &[
    "-x",
    "--exec",
    "--extcmd",
    "--upload-pack",
    "--receive-pack",
    "--open-files-in-pager",
    "--tree-filter",
    "--index-filter",
    "--msg-filter",
    "--env-filter",
    "--commit-filter",
    "--parent-filter",
    "--tag-name-filter",
    "--to-cmd",
    "--cc-cmd",
    "--sendmail-cmd",
];

/// Settings whose value is run, by the end of their name.
fn runs(setting: &str) -> bool {
    let setting = setting.to_lowercase();
    setting.starts_with("alias.")
        || setting.starts_with("pager.")
        || [
            "editor",
            "pager",
            "sshcommand",
            "fsmonitor",
            ".external",
            ".helper",
            ".cmd",
            ".textconv",
            ".clean",
            ".smudge",
            ".process",
            ".driver",
            ".command",
            "askpass",
            "gitproxy",
            "uploadpack",
            "receivepack",
            ".program",
        ]
        .iter()
        .any(|end| setting.ends_with(end))
}

impl Walk<'_> {
    pub(super) fn git(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        for (name, value) in scope.environment.clone() {
            if name.starts_with("GIT_CONFIG_VALUE_") || name == "GIT_CONFIG_PARAMETERS" {
                self.git_code(&value, text, scope);
            }
        }
        let command_at = Self::git_command(rest);
        for (at, arg) in rest.iter().enumerate() {
            let next = rest.get(at + 1);
            let Some(word) = arg.known() else { continue };
            match word {
                "-c" | "--config-env" if command_at.is_none_or(|command| at < command) => {
                    self.git_setting(next.unwrap_or(arg), text, scope);
                }
                _ if word.starts_with("ext::") => self.git_code(&Arg::Known(word[5..].to_owned()), text, scope),
                "-u" if rest
                    .iter()
                    .any(|arg| matches!(arg.known(), Some("clone" | "fetch" | "ls-remote"))) =>
                {
                    if let Some(next) = next {
                        self.git_code(next, text, scope);
                    }
                }
                _ if word.len() > 2 && word.starts_with("-O") => {
                    self.git_code(&Arg::Known(word[2..].to_owned()), text, scope);
                }
                _ => {
                    for option in RUN {
                        if word == *option {
                            if let Some(next) = next {
                                self.git_code(next, text, scope);
                            }
                        } else if let Some(value) = word.strip_prefix(option).and_then(|rest| rest.strip_prefix('=')) {
                            self.git_code(&Arg::Known(value.to_owned()), text, scope);
                        }
                    }
                }
            }
        }
        let Some((Some(command), operands)) = command_at.map(|at| (rest[at].known(), &rest[at + 1..])) else {
            return;
        };
        match command {
            "bisect" if operands.first().and_then(Arg::known) == Some("run") && operands.len() > 1 => {
                self.dispatch(operands[1..].to_vec(), text, scope);
            }
            "submodule" => {
                if let Some(at) = operands.iter().position(|arg| arg.known() == Some("foreach")) {
                    let code: Vec<Arg> = operands[at + 1..]
                        .iter()
                        .skip_while(|arg| super::is_option(arg))
                        .cloned()
                        .collect();
                    match joined(&code) {
                        Some(code) => self.nested(&code, &mut Self::fresh(scope)),
                        None => self.unresolved(text, "what it runs in each module cannot be told"),
                    }
                }
            }
            "config" => {
                let words: Vec<&Arg> = operands.iter().filter(|arg| !super::is_option(arg)).collect();
                let words = match words.as_slice() {
                    [Arg::Known(verb), rest @ ..] if verb == "set" => rest,
                    words => words,
                };
                if let [Arg::Known(name), value, ..] = words {
                    self.git_value(name, Some(value), text, scope);
                }
            }
            _ => {}
        }
    }

    /// Where the command of git stands.
    fn git_command(rest: &[Arg]) -> Option<usize> {
        let mut at = 0;
        while let Some(arg) = rest.get(at) {
            match arg.known() {
                Some("-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" | "--exec-path" | "--config-env") => {
                    at += 2;
                }
                Some(word) if word.starts_with('-') => at += 1,
                _ => return Some(at),
            }
        }
        None
    }

    fn git_setting(&mut self, setting: &Arg, text: &str, scope: &Scope) {
        match setting {
            Arg::Known(setting) => match setting.split_once('=') {
                Some((name, value)) => self.git_value(name, Some(&Arg::Known(value.to_owned())), text, scope),
                None => self.git_value(setting, None, text, scope),
            },
            Arg::Unknown { start, .. } => match start.split_once('=') {
                Some((name, _)) if !runs(name) && !name.eq_ignore_ascii_case("core.hookspath") => {}
                _ => self.unresolved(text, format!("what git runs depends on {}", setting.text())),
            },
        }
    }

    fn git_value(&mut self, name: &str, value: Option<&Arg>, text: &str, scope: &Scope) {
        if name.eq_ignore_ascii_case("core.hookspath") && value.is_some_and(|value| value.known() != Some("/dev/null"))
        {
            self.unresolved(text, "the hooks in that folder would run, and were not read");
        }
        if let Some(value) = value
            && runs(name)
        {
            self.git_code(value, text, scope);
        }
    }

    fn git_code(&mut self, code: &Arg, text: &str, scope: &Scope) {
        match code.known() {
            Some(code) => {
                let code = code.trim_start_matches('!');
                // Names of helpers and booleans are no commands that matter here; an unclosed quote is.
                if !matches!(code, "" | "true" | "false" | "0" | "1") {
                    let mut inner = Self::fresh(scope);
                    inner.guessed = true;
                    self.nested(code, &mut inner);
                }
            }
            None => self.unresolved(text, format!("what git runs depends on {}", code.text())),
        }
    }
}

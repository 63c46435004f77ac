//! Programs that run other programs: shells, wrappers, interpreters, and the shell's own commands.

mod builtins;
mod carriers;
mod files;
mod shells;
mod tables;

use super::walk::{Input, Scope, Walk};
use super::{Arg, Step};
use files::script_file;
use tables::{GIT_RUNS, TEXT_ONLY, is_interpreter, is_shell};

fn is_option(arg: &Arg) -> bool {
    match arg {
        Arg::Known(text) => text.len() > 1 && text.starts_with(['-', '+']),
        Arg::Unknown { start, .. } => start.starts_with('-'),
    }
}

/// `NAME=value`
fn assignment(arg: &Arg) -> Option<(String, Arg)> {
    let start = match arg {
        Arg::Known(text) => text,
        Arg::Unknown { start, .. } => start,
    };
    let (name, value) = start.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| {
        (
            name.to_owned(),
            match arg {
                Arg::Known(_) => Arg::Known(value.to_owned()),
                Arg::Unknown { text, .. } => Arg::unknown(text, false),
            },
        )
    })
}

fn joined(args: &[Arg]) -> Option<String> {
    Some(args.iter().map(Arg::known).collect::<Option<Vec<_>>>()?.join(" "))
}

impl Walk<'_> {
    /// Runs a command whose words are known as far as they can be.
    pub(super) fn dispatch(&mut self, args: Vec<Arg>, text: &str, scope: &mut Scope) {
        // Long commands are more work.
        if !(self.spend() && args.chunks(64).skip(1).all(|_| self.spend())) {
            return;
        }
        let Some(name) = args.first().and_then(Arg::program) else {
            let first = args.first().map_or("", Arg::text);
            self.unresolved(text, format!("what it runs depends on {first}"));
            return;
        };
        if scope.depth >= super::LIMITS.depth {
            self.unresolved(text, "commands are nested too deep");
            return;
        }
        // A shell's own commands and functions have no folder.
        if let Some(word) = args[0].known().filter(|word| !word.contains('/')) {
            let word = word.to_owned();
            self.call(&word, Some(args[1..].to_vec()), scope);
            if self.builtin(&word, &args, text, scope) {
                return;
            }
        }
        let own = self.program(&name, &args, text, scope);
        if !own && let Some(file) = script_file(&args) {
            self.script_step(file, false, &args, text, scope);
        }
        let run = self.run_of(args, text, scope);
        self.push(Step::Run(run));
    }


    /// Runs what the program runs; says whether the program is one of those that this file knows.
    fn program(&mut self, name: &str, args: &[Arg], text: &str, scope: &Scope) -> bool {
        let mut inner = scope.clone();
        inner.depth += 1;
        let rest = &args[1..];
        match name {
            "command" => self.command_builtin(rest, text, &mut inner),
            "env" => self.env(rest, text, &mut inner),
            "xargs" => self.xargs(rest, text, &mut inner),
            "find" | "fd" | "fdfind" | "gfind" => self.find(rest, text, &mut inner),
            "parallel" => self.parallel(rest, text, &mut inner),
            "watch" | "entr" | "hyperfine" => {
                self.search(rest, &mut inner);
                match joined(&without_options(rest, &["-n", "--interval", "-w", "-r", "-m"])) {
                    Some(code) => self.nested(&code, &mut Self::fresh(&inner)),
                    None => self.unresolved(text, "what it runs cannot be told"),
                }
            }
            "ssh" | "mosh" => self.ssh(rest, text, &mut inner),
            "su" | "runuser" | "script" | "tmux" | "screen" | "at" | "batch" | "crontab" => {
                inner.elsewhere |= matches!(name, "tmux" | "screen" | "at" | "batch" | "crontab");
                self.search(rest, &mut inner);
                if name == "crontab" && inner.input != Input::Inherited {
                    self.unresolved(text, "what it runs later was not read");
                }
                if name == "at" && rest.iter().any(|arg| arg.text().starts_with("-f")) {
                    self.unresolved(text, "what it runs later was not read");
                }
                self.shell_input(text, &mut inner, matches!(name, "at" | "batch" | "su"));
            }
            "git" => {
                if rest.iter().any(|arg| {
                    arg.known()
                        .is_none_or(|arg| GIT_RUNS.iter().any(|word| arg.starts_with(word)))
                }) {
                    self.search(rest, &mut inner);
                }
            }
            name if is_shell(name) => self.shell(rest, args, text, &mut inner),
            name if is_interpreter(name) => self.interpreter(name, rest, args, text, &mut inner),
            name if TEXT_ONLY.contains(&name) => self.note_files(name, rest),
            name => {
                self.note_files(name, rest);
                return self.wrapped(name, args, text, &mut inner);
            }
        }
        true
    }
}

/// The arguments without options and their values.
fn without_options(args: &[Arg], valued: &[&str]) -> Vec<Arg> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += 1;
        if !out.is_empty() || !is_option(arg) {
            out.push(arg.clone());
        } else if arg.known().is_some_and(|word| valued.contains(&word)) {
            at += 1;
        }
    }
    out
}

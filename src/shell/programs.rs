//! Programs that run other programs: which of them a command is, and where its commands are then found.

mod builtins;
mod carriers;
mod files;
mod git;
mod interpreters;
mod later;
mod options;
mod shells;
mod tables;

use super::walk::{Scope, Walk};
use super::{Arg, Step};
use files::script_file;
use tables::{is_interpreter, is_shell, takes_text, wrapper};

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
        let familiar = self.program(&name, &args, text, scope);
        let file = script_file(&args);
        let unfamiliar = !familiar && file.is_none();
        if !familiar && let Some(file) = file {
            self.script_step(file, false, &args, text, scope);
        }
        let mut run = self.run_of(args, text, scope);
        run.unfamiliar = unfamiliar;
        self.push(Step::Run(run));
    }

    /// Runs what the program runs; says whether the program is one of those that are known here.
    fn program(&mut self, name: &str, args: &[Arg], text: &str, scope: &Scope) -> bool {
        let mut inner = scope.clone();
        inner.depth += 1;
        let rest = &args[1..];
        self.options(name, rest, text, &mut inner);
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
            "su" | "runuser" | "script" => {
                self.search(rest, &mut inner);
                self.shell_input(text, &mut inner, name == "su");
            }
            "tmux" | "screen" | "at" | "batch" | "crontab" => self.later(name, rest, text, &mut inner),
            "git" => self.git(rest, text, &mut inner),
            "go" if rest.first().and_then(Arg::known) == Some("run") => self.go_run(rest, args, text, &mut inner),
            name if is_shell(name) => self.shell(rest, args, text, &mut inner),
            name if is_interpreter(name) => self.interpreter(name, rest, args, text, &mut inner),
            _ if self.stands_for(args, text, &mut inner) => {}
            name if wrapper(name, args).is_some() => return self.wrapped(name, args, text, &mut inner),
            name if takes_text(name) => self.note_files(name, rest),
            name => {
                self.note_files(name, rest);
                return self.wrapped(name, args, text, &mut inner);
            }
        }
        true
    }
}

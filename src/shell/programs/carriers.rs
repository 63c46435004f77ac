//! Programs that run their arguments as commands, and the search for commands among arguments.

use super::super::walk::{Input, Scope, Walk, value_of};
use super::super::{Arg, Directory, LIMITS};
use super::tables::{Wrapper, is_interpreter, is_shell, wrapper};
use super::{assignment, is_option, joined, without_options};

impl Walk<'_> {
    pub(super) fn env(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        let mut at = 0;
        while let Some(arg) = rest.get(at) {
            at += 1;
            if let Some((name, value)) = assignment(arg) {
                self.set(&name, value_of(&value), scope);
                scope.environment.insert(name, value);
                continue;
            }
            if arg.text().starts_with("BASH_FUNC_") {
                self.unresolved(text, "it hands a function to a shell");
                return;
            }
            let Some(word) = arg.known() else {
                if !is_option(arg) && !arg.splits() {
                    at -= 1;
                    break;
                }
                self.unresolved(text, format!("what it runs depends on {}", arg.text()));
                return;
            };
            match word {
                "-u" | "--unset" | "-P" | "-a" | "--argv0" => at += 1,
                "-C" | "--chdir" => {
                    at += 1;
                    scope.directory = Directory::Unknown;
                }
                "-S" | "--split-string" | "--split" | "--spli" | "--spl" | "--sp" | "--s" => {
                    let code = rest.get(at).and_then(Arg::known).map(str::to_owned);
                    self.split_string(code.as_deref(), &rest[(at + 1).min(rest.len())..], text, scope);
                    return;
                }
                _ if splits_string(word) => {
                    let code = word.split_once(['=', 'S']).map(|(_, code)| code);
                    self.split_string(code, &rest[at..], text, scope);
                    return;
                }
                _ if word.starts_with("--chdir=") => scope.directory = Directory::Unknown,
                _ if word.starts_with('-') => {}
                _ => {
                    at -= 1;
                    break;
                }
            }
        }
        if at < rest.len() {
            self.dispatch(rest[at..].to_vec(), text, scope);
        }
    }

    pub(super) fn split_string(&mut self, code: Option<&str>, rest: &[Arg], text: &str, scope: &mut Scope) {
        match (code, joined(rest)) {
            (Some(code), Some(rest)) => self.nested(&format!("env {code} {rest}"), &mut Self::fresh(scope)),
            _ => self.unresolved(text, "what it runs cannot be told"),
        }
    }

    pub(super) fn xargs(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        const VALUED: &[&str] = &[
            "-I",
            "-J",
            "-R",
            "-S",
            "-n",
            "-P",
            "-L",
            "-d",
            "-E",
            "-s",
            "-a",
            "--arg-file",
            "--delimiter",
            "--max-args",
            "--max-procs",
            "--max-lines",
            "--max-chars",
            "--process-slot-var",
        ];
        let mut place = None;
        let mut at = 0;
        while let Some(arg) = rest.get(at).filter(|arg| is_option(arg)) {
            let Some(word) = arg.known() else {
                self.unresolved(text, format!("what it runs depends on {}", arg.text()));
                return;
            };
            let long = word.strip_prefix("--").and_then(|word| word.split_once('='));
            let given = match long {
                // Long options may be cut short.
                Some((name, given)) => (!name.is_empty() && "replace".starts_with(name)).then_some(given),
                // Letters may stand together, the last of them with its value: `-0I{}`.
                None if word.starts_with("--") => None,
                None => word
                    .find(['I', 'J', 'i'])
                    .filter(|at| {
                        let letters = &word[1..*at];
                        letters.bytes().all(|letter| b"0prtxo".contains(&letter))
                    })
                    .map(|at| match (word.as_bytes()[at], &word[at + 1..]) {
                        (b'i', "") => "{}",
                        (_, given) => given,
                    }),
            };
            if let Some(given) = given {
                let next = rest.get(at + 1).and_then(Arg::known);
                place = Some(if given.is_empty() { next.unwrap_or("{}") } else { given }.to_owned());
            } else if word.len() > 3 && "--replace".starts_with(word) {
                place = Some("{}".to_owned());
            }
            let takes_next = VALUED.contains(&word) || (given == Some("") && !word.contains('='));
            at += 1 + usize::from(takes_next);
        }
        let mut command: Vec<Arg> = rest.get(at..).unwrap_or_default().to_vec();
        if command.is_empty() {
            return;
        }
        match place {
            Some(place) => {
                for arg in &mut command {
                    if arg.text().contains(&place) {
                        *arg = Arg::unknown(arg.text(), false);
                    }
                }
            }
            None => command.push(Arg::unknown("(what xargs reads)", true)),
        }
        scope.input = Input::Unseen;
        self.dispatch(command, text, scope);
    }

    pub(super) fn find(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        const RUNS: &[&str] = &[
            "-exec",
            "-execdir",
            "-ok",
            "-okdir",
            "-x",
            "-X",
            "--exec",
            "--exec-batch",
        ];
        for (at, arg) in rest.iter().enumerate() {
            match arg.known() {
                Some(word) if RUNS.contains(&word) => {
                    let command: Vec<Arg> = rest[at + 1..]
                        .iter()
                        .take_while(|arg| !matches!(arg.known(), Some(";" | "+")))
                        .map(|arg| {
                            if arg.text().contains("{}") {
                                Arg::unknown(arg.text(), false)
                            } else {
                                arg.clone()
                            }
                        })
                        .collect();
                    if !command.is_empty() {
                        self.dispatch(command, text, scope);
                    }
                }
                Some(_) => {}
                None if arg.splits() => self.search(rest, scope),
                None => {}
            }
        }
    }

    pub(super) fn parallel(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        let command: Vec<Arg> =
            without_options(rest, &["-j", "--jobs", "-n", "-N", "-a", "--joblog", "--timeout", "-S"])
                .into_iter()
                .take_while(|arg| !arg.text().starts_with(":::"))
                .map(|arg| {
                    if arg.text().contains('{') {
                        Arg::unknown(arg.text(), false)
                    } else {
                        arg
                    }
                })
                .collect();
        self.search(rest, scope);
        match command.as_slice() {
            [] => self.unresolved(text, "the commands that it reads cannot be seen"),
            [Arg::Known(code)] => {
                let code = code.clone();
                self.nested(&format!("{code} \"$@\""), &mut Self::fresh(scope));
            }
            [Arg::Unknown { .. }] => self.unresolved(text, "what it runs cannot be told"),
            _ => {
                let mut command = command;
                command.push(Arg::unknown("(what parallel reads)", true));
                self.dispatch(command, text, scope);
            }
        }
    }

    /// A program of which nothing is known, or a wrapper: what is behind it may be a command.
    pub(super) fn wrapped(&mut self, name: &str, args: &[Arg], text: &str, scope: &mut Scope) -> bool {
        let found = wrapper(name, args);
        let mut scope = scope.clone();
        if let Some(wrapper) = found {
            scope.elsewhere |= wrapper.elsewhere;
            let rest = &args[wrapper.words.len()..];
            match command_at(rest, wrapper) {
                Ok(Some(at)) => {
                    if name == "sudo" || name == "doas" {
                        scope = Self::fresh(&scope);
                    }
                    // `uv run x.py`
                    if rest[at]
                        .known()
                        .is_some_and(|file| file.strip_suffix(".py").is_some_and(|name| !name.contains('/')))
                    {
                        self.script_step(rest[at].clone(), false, args, text, &scope);
                    }
                    self.dispatch(rest[at..].to_vec(), text, &mut scope);
                }
                Ok(None) => {}
                Err(arg) => self.unresolved(text, format!("what it runs depends on {arg}")),
            }
        } else if (self.watched)(name) {
            return true;
        } else if let Some(at) = args.iter().position(|arg| arg.known() == Some("--"))
            && args.get(at + 1).is_some_and(|arg| arg.known().is_some())
        {
            let mut inner = scope.clone();
            inner.guessed = true;
            self.dispatch(args[at + 1..].to_vec(), text, &mut inner);
        }
        self.search(&args[1..], &mut scope);
        found.is_some()
    }

    pub(super) fn dispatch_guess(&mut self, args: Vec<Arg>, text: &str, scope: &Scope) {
        if args.first().is_some_and(|arg| arg.known().is_some()) {
            let mut inner = scope.clone();
            inner.guessed = true;
            self.dispatch(args, text, &mut inner);
        }
    }

    /// Looks for commands among the arguments of a program that may run them.
    pub(super) fn search(&mut self, args: &[Arg], scope: &mut Scope) {
        let mut inner = scope.clone();
        inner.guessed = true;
        inner.depth += 1;
        if inner.depth >= LIMITS.depth {
            return;
        }
        for (at, arg) in args.iter().enumerate() {
            if at % 4 == 3 && !self.spend() {
                return;
            }
            let Some(name) = arg.program() else { continue };
            // `--username AWS`
            if arg.text().contains(char::is_uppercase)
                && !arg.text().contains(['/', '.'])
                && arg.text() == name.to_uppercase()
            {
                continue;
            }
            let takes_code = || {
                args[at + 1..].iter().take_while(|arg| is_option(arg)).any(|arg| {
                    arg.known()
                        .is_some_and(|arg| !arg.starts_with("--") && arg.contains(['c', 'e']))
                })
            };
            if (self.watched)(&name) || ((is_shell(&name) || is_interpreter(&name)) && takes_code()) {
                let text = args[at..].iter().map(Arg::text).collect::<Vec<_>>().join(" ");
                self.dispatch(args[at..].to_vec(), &text, &mut inner);
            }
            if let Some(word) = arg.known().filter(|word| word.contains(char::is_whitespace)) {
                let word = word.to_owned();
                self.guess(&word, &mut inner);
                // `core.pager=x y`, `--action=exec=x y`
                for (at, _) in word.match_indices('=').take(8) {
                    self.guess(&word[at + 1..], &mut inner);
                }
            }
        }
    }

    /// Says whether a text names a watched program anywhere, through quotes.
    pub(in crate::shell) fn names_watched(&self, text: &str) -> bool {
        let bare: String = text.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        bare.to_lowercase()
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .any(|word| (self.watched)(word))
    }

    /// Reads a text that may be commands, where it names a watched program.
    pub(in crate::shell) fn guess(&mut self, text: &str, scope: &mut Scope) {
        if !self.names_watched(text) {
            return;
        }
        // `--command=x y`, `-cx y`, `!x y`
        let code = match text.strip_prefix('-') {
            Some(option) => option
                .split_once('=')
                .map_or_else(|| option.get(1..).unwrap_or(""), |(_, code)| code),
            None => text.trim_start_matches(['!', ':']),
        };
        let mut inner = Self::fresh(scope);
        inner.guessed = true;
        self.nested(code, &mut inner);
    }
}

/// An option of `env` that holds a command: `-S…`, after other letters too, and `--split-string=…`, cut short or not.
fn splits_string(word: &str) -> bool {
    match word.strip_prefix("--") {
        Some(long) => long
            .split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && "split-string".starts_with(name)),
        None => word
            .strip_prefix('-')
            .and_then(|letters| letters.split_once('S'))
            .is_some_and(|(letters, _)| letters.bytes().all(|letter| b"iv0".contains(&letter))),
    }
}

/// Where the command starts; the argument that hides it where that cannot be told.
fn command_at(args: &[Arg], wrapper: &Wrapper) -> Result<Option<usize>, String> {
    let mut operands = wrapper.operands;
    let mut at = 0;
    let mut options = true;
    while let Some(arg) = args.get(at) {
        if arg.splits() && arg.program().is_none() {
            return Err(arg.text().to_owned());
        }
        if options && arg.known() == Some("--") {
            options = false;
            at += 1;
        } else if options && is_option(arg) {
            at += 1 + usize::from(arg.known().is_some_and(|word| wrapper.valued.contains(&word)));
        } else if operands > 0 {
            operands -= 1;
            at += 1;
        } else if assignment(arg).is_some() {
            at += 1;
        } else {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

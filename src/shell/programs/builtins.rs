//! The shell's own commands.

use super::super::parse::parse;
use super::super::syntax::{self, DECLARING};
use super::super::walk::{Scope, Value, Walk, value_of};
use super::super::{Arg, Directory};
use super::tables::is_reader;
use super::{assignment, is_option, joined};

impl Walk<'_> {
    /// Says whether the command was one of the shell's own, and all that is to say about it is said.
    pub(super) fn builtin(&mut self, name: &str, args: &[Arg], text: &str, scope: &mut Scope) -> bool {
        if matches!(
            name,
            "let" | "test" | "[" | "unset" | "read" | "printf" | "declare" | "typeset" | "export"
        ) {
            self.subscripts(args, scope);
        }
        match name {
            "cd" | "chdir" => self.change_directory(&args[1..], scope),
            "pushd" | "popd" => scope.directory = Directory::Unknown,
            "eval" => match joined(&args[1..]) {
                Some(code) => {
                    self.poison();
                    self.nested(&code, scope);
                }
                None => self.unresolved(text, "what it evaluates cannot be told"),
            },
            "source" | "." => {
                self.poison();
                match args.get(1) {
                    Some(file) => self.script_step(file.clone(), true, args, text, scope),
                    None => return false,
                }
                scope.directory = Directory::Unknown;
            }
            "trap" => {
                let action = args[1..].iter().find(|arg| arg.known() != Some("--"));
                if let Some(action) = action.filter(|arg| !is_option(arg)) {
                    match action.known().map(str::to_owned) {
                        Some(code) => self.nested(&code, &mut scope.clone()),
                        None => self.unresolved(text, "what it runs later cannot be told"),
                    }
                }
            }
            "alias" => {
                for arg in &args[1..] {
                    self.alias(arg, text);
                }
            }
            "set" if args.len() > 1 => {
                if args[1..].iter().any(|arg| !is_option(arg)) || args[1].known() == Some("--") {
                    scope.positional = None;
                }
            }
            "shift" => scope.positional = None,
            "printf"
                if args
                    .get(1)
                    .is_some_and(|arg| arg.known().is_none_or(|arg| arg.starts_with("-v"))) =>
            {
                let joined = args[1].known().and_then(|arg| arg.strip_prefix("-v"));
                let variable = joined
                    .filter(|name| !name.is_empty())
                    .or_else(|| args.get(2).and_then(Arg::known));
                match variable {
                    Some(variable) => self.assign(variable_of(variable), Value::Unknown),
                    None => self.poison(),
                }
            }
            "hash" | "enable"
                if args.iter().any(|arg| {
                    arg.known()
                        .is_none_or(|arg| arg.starts_with("-p") || arg.starts_with("-f"))
                }) =>
            {
                self.unresolved(text, "it changes what a name stands for");
            }
            "fc" if !args.iter().any(|arg| arg.known() == Some("-l")) => {
                self.unresolved(text, "it runs again what was run before");
            }
            _ if name.len() > 1 && name.starts_with('!') => {
                self.unresolved(text, "it runs again what was run before");
            }
            name if DECLARING.contains(&name) => self.declare(name, &args[1..], scope),
            name if is_reader(name) => {
                for (at, arg) in args.iter().enumerate().skip(1) {
                    match arg.known() {
                        // What mapfile calls.
                        Some(word) if word.starts_with("-C") => {
                            let joined = Some(&word[2..]).filter(|code| !code.is_empty());
                            let code = joined.or_else(|| args.get(at + 1).and_then(Arg::known));
                            self.nested(code.unwrap_or_default(), &mut scope.clone());
                        }
                        // `-aX`
                        Some(word) if word.starts_with('-') => {
                            if let Some((_, variable)) = word.split_once('a') {
                                self.assign(variable_of(variable), Value::Unknown);
                            }
                        }
                        Some(word) => self.assign(variable_of(word), Value::Unknown),
                        None => self.poison(),
                    }
                }
                for variable in ["REPLY", "MAPFILE", "OPTARG"] {
                    self.assign(variable, Value::Unknown);
                }
            }
            _ => return false,
        }
        true
    }

    /// The shell evaluates what stands in `a[…]` once more.
    fn subscripts(&mut self, args: &[Arg], scope: &mut Scope) {
        for arg in &args[1..] {
            let evaluates = |text: &str| {
                text.find('[')
                    .is_some_and(|at| text[at..].contains("$(") || text[at..].contains('`'))
            };
            if let Some(text) = arg.known().filter(|text| evaluates(text)) {
                let code = format!(": \"{}\"", text.replace('"', ""));
                self.nested(&code, &mut Self::fresh(scope));
            }
        }
    }

    pub(super) fn change_directory(&mut self, args: &[Arg], scope: &mut Scope) {
        self.assign("OLDPWD", Value::Unknown);
        self.assign("PWD", Value::Unknown);
        let operands: Vec<&Arg> = args.iter().filter(|arg| !is_option(arg)).collect();
        scope.directory = match (&scope.directory, operands.as_slice()) {
            (Directory::Known(base), [Arg::Known(path)]) if path != "-" && !path.is_empty() => {
                Directory::Known(if path.starts_with(['/', '~']) || base.is_empty() {
                    path.clone()
                } else {
                    format!("{base}/{path}")
                })
            }
            _ => Directory::Unknown,
        };
    }

    /// Assignments that did not look like ones before their words were known: `export "x=$y"`.
    pub(super) fn declare(&mut self, name: &str, args: &[Arg], scope: &mut Scope) {
        for arg in args {
            if let Some((variable, value)) = assignment(arg) {
                self.set_definite(&variable, value_of(&value), scope);
                continue;
            }
            match arg.known() {
                // A reference to another variable.
                Some(option) if option.starts_with('-') && option.contains('n') && name != "export" => self.poison(),
                Some(option) if option.starts_with(['-', '+']) => {}
                // `a[0]=x` sets what `$a` is, too.
                Some(element) if element.contains('[') => self.assign(variable_of(element), Value::Unknown),
                Some(variable) if name == "readonly" => self.assign(variable, Value::Unknown),
                Some(variable) if name != "export" => {
                    self.assign(variable, Value::Text(String::new()));
                }
                Some(_) => {}
                None => self.poison(),
            }
        }
    }

    pub(super) fn alias(&mut self, arg: &Arg, text: &str) {
        match arg.known().map(|arg| arg.split_once('=')) {
            Some(Some((_, value))) if value.contains('#') || value.contains("<<") => {
                self.unresolved(text, "it changes how what follows it is read");
            }
            Some(Some((name, value))) => match parse(&format!("{value} \"$@\""), 1) {
                Ok(script) => self.define(
                    name,
                    &std::rc::Rc::new(syntax::Command {
                        form: syntax::Form::Group(script),
                        redirects: Vec::new(),
                        text: value.to_owned(),
                    }),
                ),
                Err(why) => self.unresolved(text, format!("it cannot be read: {why}")),
            },
            Some(None) => {}
            None => self.unresolved(text, "what it stands for cannot be told"),
        }
    }

    /// `command x`, `command -v x`
    pub(super) fn command_builtin(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        let at = rest.iter().position(|arg| !is_option(arg));
        let asks = rest
            .iter()
            .take(at.unwrap_or(rest.len()))
            .any(|arg| arg.known().is_none_or(|arg| arg.contains(['v', 'V'])));
        if let (Some(at), false) = (at, asks) {
            self.dispatch(rest[at..].to_vec(), text, scope);
            scope.directory = Directory::Unknown;
        }
    }
}

/// The variable that `name` or `name[…]` means.
fn variable_of(word: &str) -> &str {
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &word[..end.unwrap_or(word.len())]
}

//! Variables: what is put into them, and what a command finds of them.

use std::collections::BTreeMap;

use super::super::syntax::Assigned;
use super::words::quoted;
use super::{Arg, Scope, Value, Walk, value_of};

/// Values of one variable; more are unknown.
const VALUES: usize = 4096;

/// Variables whose value some program runs as a command.
const RUN_BY_OTHERS: &[&str] = &[
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS4",
    "PAGER",
    "MANPAGER",
    "AWS_PAGER",
    "EDITOR",
    "VISUAL",
    "BROWSER",
    "LESSOPEN",
    "LESSCLOSE",
    "GIT_EDITOR",
    "GIT_PAGER",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "MAKEFLAGS",
    "SHELL",
    "NODE_OPTIONS",
    "PYTHONSTARTUP",
    "PERL5OPT",
    "RUBYOPT",
];

impl Walk<'_> {
    /// Gives a variable one more value, and walks the value where a program would run it.
    pub(in crate::shell) fn set(&mut self, name: &str, value: Value, scope: &Scope) {
        if let Value::Text(text) = &value
            && RUN_BY_OTHERS.contains(&name)
        {
            let mut inner = scope.clone();
            inner.guessed = true;
            self.guess(text, &mut inner);
        }
        // Shells read these files before anything else.
        if matches!(name, "BASH_ENV" | "ENV") {
            let file = match &value {
                Value::Text(text) => Arg::Known(text.clone()),
                _ => Arg::unknown(&format!("${name}"), false),
            };
            let args = vec![Arg::Known("sh".to_owned()), file.clone()];
            self.script_step(file, true, &args, name, scope);
        }
        self.assign(name, value);
    }

    pub(in crate::shell) fn set_definite(&mut self, name: &str, value: Value, scope: &mut Scope) {
        self.set(name, value, scope);
        scope.definite.insert(name.to_owned());
    }

    pub(in crate::shell) fn assign(&mut self, name: &str, value: Value) {
        if name == "IFS" {
            self.splits_oddly = true;
        }
        // Arithmetic, a prompt and `${x@P}` evaluate what a variable holds.
        if let Value::Text(text) = &value
            && (text.contains("$(") || text.contains('`'))
            && self.names_watched(text)
        {
            let mut aside = Scope::new();
            aside.guessed = true;
            self.nested(&format!(": \"{}\"", text.replace('"', "")), &mut aside);
        }
        let values = self.variables.entry(name.to_owned()).or_default();
        if values.len() < VALUES {
            values.insert(value);
        } else {
            values.insert(Value::Unknown);
        }
    }

    pub(super) fn values_of(&mut self, assigned: &Assigned, scope: &Scope) -> Vec<Value> {
        match assigned {
            Assigned::Word(word) => {
                // No splitting where a value is assigned.
                let ways = self.pieces(&quoted(&word.pieces), scope);
                ways.into_iter()
                    .map(|args| match args.as_slice() {
                        [] => Value::Text(String::new()),
                        [arg] => value_of(arg),
                        _ => Value::Unknown,
                    })
                    .collect()
            }
            Assigned::Array(words) => {
                let mut ways = self.ways(words, scope);
                match (ways.pop(), ways.is_empty()) {
                    (Some(args), true) => vec![Value::List(args)],
                    _ => vec![Value::Unknown],
                }
            }
            Assigned::Unknown(word) => {
                self.expand(word, scope);
                vec![Value::Unknown]
            }
        }
    }

    /// What the environment of a command may hold by this text.
    pub(in crate::shell) fn environment(&self, scope: &Scope) -> BTreeMap<String, Arg> {
        let mut environment = BTreeMap::new();
        for (name, values) in &self.variables {
            let mut values = values.iter();
            let arg = match (values.next(), values.next()) {
                (Some(Value::Text(text)), None) if scope.definite.contains(name) && !self.poisoned => {
                    Arg::Known(text.clone())
                }
                _ => Arg::unknown(&format!("${name}"), false),
            };
            environment.insert(name.clone(), arg);
        }
        environment.extend(scope.environment.clone());
        environment
    }
}

//! What words can stand for: variables, substitutions, patterns, splitting.

use super::super::syntax::{Piece, Word};
use super::super::{Arg, LIMITS};
use super::{PATHS, Scope, Value, Walk, size, value_of};

impl Walk<'_> {
    /// All argument lists that the words can stand for.
    pub(super) fn ways(&mut self, words: &[Word], scope: &Scope) -> Vec<Vec<Arg>> {
        let mut ways: Vec<Vec<Arg>> = vec![Vec::new()];
        for word in words {
            let mut expanded = self.expand(word, scope);
            if ways.len() * expanded.len() > LIMITS.ways {
                expanded = vec![vec![Arg::unknown(&word.text, true)]];
            }
            let more = expanded.iter().flatten().map(size).sum::<usize>();
            if !self.grow(more.saturating_mul(ways.len())) {
                return vec![vec![Arg::unknown(&word.text, true)]];
            }
            ways = product(&ways, &expanded, |way, args| {
                way.extend_from_slice(args);
            });
        }
        ways
    }

    /// The argument lists that one word can stand for; what it substitutes is walked.
    pub(super) fn expand(&mut self, word: &Word, scope: &Scope) -> Vec<Vec<Arg>> {
        if matches!(word.bare(), Some("[" | "[[" | "{}")) {
            return vec![vec![Arg::Known(word.text.clone())]];
        }
        if has_braces(&word.pieces) {
            self.run_inside(&word.pieces, scope);
            return vec![vec![Arg::unknown(&word.text, true)]];
        }
        let mut ways = self.pieces(&word.pieces, scope);
        for arg in ways.iter_mut().flatten() {
            if let Arg::Unknown { text, .. } = arg {
                text.clone_from(&word.text);
            }
        }
        ways
    }

    pub(super) fn pieces(&mut self, pieces: &[Piece], scope: &Scope) -> Vec<Vec<Arg>> {
        let mut ways = vec![Growing::default()];
        for piece in pieces {
            let choices = self.piece(piece, scope);
            if ways.len() * choices.len() > LIMITS.ways {
                ways = vec![Growing::default()];
                ways[0].unknown(true);
                continue;
            }
            let more = choices.iter().map(Choice::size).sum::<usize>();
            if !self.grow(more.saturating_mul(ways.len())) {
                return vec![vec![Arg::unknown("", true)]];
            }
            ways = product(&ways, &choices, |way, choice| way.add(choice, self.splits_oddly));
        }
        let mut ended: Vec<Vec<Arg>> = ways.into_iter().map(Growing::end).collect();
        ended.dedup();
        ended
    }

    fn piece(&mut self, piece: &Piece, scope: &Scope) -> Vec<Choice> {
        let choice = |value, quoted| Choice { value, quoted };
        match piece {
            Piece::Text { text, quoted: true } => vec![choice(Value::Text(text.clone()), true)],
            Piece::Text { text, quoted: false } => {
                // A pattern stands for files that cannot be seen here.
                let special = |c| matches!(c, '*' | '?' | '[');
                let pieces = if let (Some(first), Some(last)) = (text.find(special), text.rfind(special)) {
                    vec![
                        Arg::Known(text[..first].to_owned()),
                        Arg::unknown("", true),
                        Arg::Known(text[last + 1..].to_owned()),
                    ]
                } else {
                    vec![Arg::Known(text.clone())]
                };
                vec![choice(Value::List(pieces), true)]
            }
            Piece::Variable { name, quoted } => self
                .values(name, scope)
                .into_iter()
                .map(|value| match value {
                    // The first element of a list, as a shell has it; which one that is does not matter here.
                    Value::List(_) => choice(Value::Unknown, *quoted),
                    value => choice(value, *quoted),
                })
                .collect(),
            Piece::Either {
                name,
                word,
                assigns,
                quoted,
            } => {
                let mut values = self.values(name, scope);
                for args in self.pieces(word, scope) {
                    let value = match args.as_slice() {
                        [] => Value::Text(String::new()),
                        [arg] => value_of(arg),
                        _ => Value::Unknown,
                    };
                    if *assigns {
                        self.assign(name, value.clone());
                    }
                    values.push(value);
                }
                values
                    .into_iter()
                    .map(|value| match value {
                        Value::List(_) => choice(Value::Unknown, *quoted),
                        value => choice(value, *quoted),
                    })
                    .collect()
            }
            Piece::Elements { name, quoted } => self.elements(name, *quoted, scope),
            Piece::Substitution { script, quoted } => {
                self.script(script, &mut scope.clone());
                vec![choice(Value::Unknown, *quoted)]
            }
            Piece::Process(script) => {
                self.script(script, &mut scope.clone());
                vec![choice(Value::Unknown, true)]
            }
            Piece::Unknown { inner, quoted } => {
                self.run_inside(inner, scope);
                vec![choice(Value::Unknown, *quoted)]
            }
        }
    }

    /// Walks what is substituted in pieces whose value does not matter.
    pub(super) fn run_inside(&mut self, pieces: &[Piece], scope: &Scope) {
        for piece in pieces {
            self.piece(piece, scope);
        }
    }

    fn elements(&self, name: &str, quoted: bool, scope: &Scope) -> Vec<Choice> {
        let lists = match name {
            "@" | "*" => match &scope.positional {
                Some(args) => vec![Value::List(args.clone())],
                None => vec![Value::Unknown],
            },
            name => self.values(name, scope),
        };
        lists
            .into_iter()
            .map(|value| match value {
                // Several arguments at once fit only where the word is nothing else; elsewhere they are unknown.
                Value::List(args) if quoted && args.iter().all(|arg| arg.known().is_some()) => Choice {
                    value: Value::List(args),
                    quoted: false,
                },
                _ => Choice {
                    value: Value::Unknown,
                    quoted: false,
                },
            })
            .collect()
    }

    fn values(&self, name: &str, scope: &Scope) -> Vec<Value> {
        if let Ok(index) = name.parse::<usize>() {
            return vec![match (&scope.positional, index.checked_sub(1)) {
                (Some(args), Some(index)) => args.get(index).map_or(Value::Text(String::new()), value_of),
                _ => Value::Unknown,
            }];
        }
        let mut values: Vec<Value> = self
            .variables
            .get(name)
            .map(|values| values.iter().cloned().collect())
            .unwrap_or_default();
        // The shell sets these itself.
        let is_own = matches!(name, "_" | "REPLY" | "BASH_REMATCH" | "OPTARG" | "MAPFILE" | "COPROC");
        if self.poisoned || is_own || !scope.definite.contains(name) {
            values.push(if PATHS.contains(&name) && values.is_empty() && !self.poisoned {
                Value::Path
            } else {
                Value::Unknown
            });
        }
        values
    }
}

/// The same pieces as between double quotes.
pub(super) fn quoted(pieces: &[Piece]) -> Vec<Piece> {
    pieces
        .iter()
        .cloned()
        .map(|piece| match piece {
            Piece::Text { text, .. } => Piece::Text { text, quoted: true },
            Piece::Variable { name, .. } => Piece::Variable { name, quoted: true },
            Piece::Either {
                name, word, assigns, ..
            } => Piece::Either {
                name,
                word: quoted(&word),
                assigns,
                quoted: true,
            },
            Piece::Substitution { script, .. } => Piece::Substitution { script, quoted: true },
            Piece::Unknown { inner, .. } => Piece::Unknown { inner, quoted: true },
            other => other,
        })
        .collect()
}

/// `{a,b}` or `{1..3}` outside quotes.
fn has_braces(pieces: &[Piece]) -> bool {
    let mut plain = String::new();
    for piece in pieces {
        match piece {
            Piece::Text { text, quoted: false } => plain.push_str(text),
            _ => plain.push('\u{0}'),
        }
    }
    plain.find('{').is_some_and(|open| {
        let rest = &plain[open..];
        rest.contains('}') && (rest.contains(',') || rest.contains(".."))
    })
}

fn product<A: Clone, B>(ways: &[A], choices: &[B], add: impl Fn(&mut A, &B)) -> Vec<A> {
    let mut out = Vec::with_capacity(ways.len() * choices.len());
    for way in ways {
        for choice in choices {
            let mut way = way.clone();
            add(&mut way, choice);
            out.push(way);
        }
    }
    out
}

/// One value that a piece of a word can have.
struct Choice {
    value: Value,
    quoted: bool,
}

impl Choice {
    /// Bytes that it adds, about.
    fn size(&self) -> usize {
        match &self.value {
            Value::Text(text) => text.len(),
            Value::List(args) => args.iter().map(size).sum(),
            Value::Path | Value::Unknown => 0,
        }
    }
}

/// The arguments that a word becomes, piece by piece.
#[derive(Clone, Default)]
struct Growing {
    done: Vec<Arg>,
    current: Option<Current>,
}

#[derive(Clone, Default)]
struct Current {
    /// What is known from its start; all of it where nothing is unknown.
    start: String,
    /// What is known after the last unknown part.
    end: String,
    unknown: bool,
    splits: bool,
}

impl Growing {
    fn current(&mut self) -> &mut Current {
        self.current.get_or_insert_default()
    }

    fn known(&mut self, text: &str) {
        let current = self.current();
        if current.unknown {
            current.end.push_str(text);
        } else {
            current.start.push_str(text);
        }
    }

    fn unknown(&mut self, splits: bool) {
        let current = self.current();
        current.unknown = true;
        current.splits |= splits;
        current.end.clear();
    }

    fn close(&mut self) {
        if let Some(current) = self.current.take() {
            self.done.push(if current.unknown {
                Arg::Unknown {
                    text: String::new(),
                    start: current.start,
                    end: current.end,
                    splits: current.splits,
                }
            } else {
                Arg::Known(current.start)
            });
        }
    }

    fn end(mut self) -> Vec<Arg> {
        self.close();
        self.done
    }

    fn add(&mut self, choice: &Choice, splits_oddly: bool) {
        match (&choice.value, choice.quoted) {
            (Value::Text(text), true) => self.known(text),
            (Value::Text(text), false) => {
                let pattern = text.contains(['*', '?', '[', '\\']);
                if pattern || (splits_oddly && !text.is_empty()) {
                    self.unknown(true);
                } else {
                    self.split(text);
                }
            }
            // Parts of one argument.
            (Value::List(parts), true) => {
                for part in parts {
                    match part {
                        Arg::Known(text) if text.is_empty() => {}
                        Arg::Known(text) => self.known(text),
                        Arg::Unknown { splits, .. } => self.unknown(*splits),
                    }
                }
            }
            // Arguments of their own; the first and the last join what stands beside them.
            (Value::List(args), false) => {
                for (index, arg) in args.iter().enumerate() {
                    if index > 0 {
                        self.close();
                    }
                    match arg {
                        Arg::Known(text) => self.known(text),
                        Arg::Unknown { splits, .. } => self.unknown(*splits),
                    }
                }
            }
            (Value::Path, _) => self.unknown(false),
            (Value::Unknown, quoted) => self.unknown(!quoted),
        }
    }

    /// Adds an unquoted value, which is split at blanks.
    fn split(&mut self, text: &str) {
        if text.starts_with([' ', '\t', '\n']) {
            self.close();
        }
        for (index, part) in text.split_ascii_whitespace().enumerate() {
            if index > 0 {
                self.close();
            }
            self.known(part);
        }
        if text.ends_with([' ', '\t', '\n']) {
            self.close();
        }
    }
}

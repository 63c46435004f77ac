//! What programs are to this reader: two tables, `programs.tsv` and `wrappers.tsv`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::Arg;

/// What a program does with its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Shell,
    Interpreter,
    Text,
    Reader,
}

/// A program that runs the rest of its arguments as a command.
pub(super) struct Wrapper {
    /// The program, and the words that must follow it.
    pub(super) words: Vec<&'static str>,
    /// Options whose value is the next argument.
    pub(super) valued: Vec<&'static str>,
    /// Arguments between the options and the command.
    pub(super) operands: usize,
    /// The command runs on another machine or in a container.
    pub(super) elsewhere: bool,
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

static SORTS: LazyLock<HashMap<&'static str, Sort>> = LazyLock::new(|| {
    rows(include_str!("programs.tsv"))
        .filter_map(|row| {
            let sort = match *row.first()? {
                "shell" => Sort::Shell,
                "interpreter" => Sort::Interpreter,
                "text" => Sort::Text,
                "reader" => Sort::Reader,
                _ => return None,
            };
            Some(row.get(1)?.split(' ').map(move |program| (program, sort)))
        })
        .flatten()
        .collect()
});

static WRAPPERS: LazyLock<Vec<Wrapper>> = LazyLock::new(|| {
    rows(include_str!("wrappers.tsv"))
        .filter_map(|row| {
            let [words, place, operands, valued] = row.as_slice() else {
                return None;
            };
            Some(Wrapper {
                words: words.split(' ').collect(),
                valued: valued.split(' ').collect(),
                operands: operands.parse().ok()?,
                elsewhere: *place == "away",
            })
        })
        .collect()
});

fn is(name: &str, sort: Sort) -> bool {
    SORTS.get(name) == Some(&sort)
}

pub(super) fn is_shell(name: &str) -> bool {
    is(name, Sort::Shell)
}

/// Also with a version behind the name: `python3.12`.
pub(super) fn is_interpreter(name: &str) -> bool {
    is(language(name), Sort::Interpreter) || is(name, Sort::Interpreter)
}

/// The name of an interpreter without its version.
pub(super) fn language(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-')
}

/// Says whether a program's arguments are text or files, and never commands.
pub(super) fn takes_text(name: &str) -> bool {
    is(name, Sort::Text)
}

/// Says whether a built-in command fills variables with what cannot be seen.
pub(super) fn is_reader(name: &str) -> bool {
    is(name, Sort::Reader)
}

/// The wrapper that a command starts with, by its longest name.
pub(super) fn wrapper(name: &str, args: &[Arg]) -> Option<&'static Wrapper> {
    WRAPPERS
        .iter()
        .filter(|wrapper| {
            wrapper.words[0] == name
                && wrapper.words[1..]
                    .iter()
                    .enumerate()
                    .all(|(at, word)| args.get(at + 1).and_then(Arg::known) == Some(word))
        })
        .max_by_key(|wrapper| wrapper.words.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A row that cannot be read would be left out, and what it guards against let through.
    #[test]
    fn every_row_is_read_and_every_program_has_one_sort() {
        for row in rows(include_str!("programs.tsv")) {
            assert!(matches!(row[0], "shell" | "interpreter" | "text" | "reader"), "{row:?}");
            assert_eq!(row.len(), 2, "{row:?}");
        }
        let all: Vec<&str> = rows(include_str!("programs.tsv"))
            .flat_map(|row| row[1].split(' '))
            .collect();
        let one: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), one.len(), "a program stands there twice");
        assert!(!one.contains(""), "two blanks");
        assert_eq!(WRAPPERS.len(), rows(include_str!("wrappers.tsv")).count());
    }
}

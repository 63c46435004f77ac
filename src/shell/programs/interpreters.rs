//! Programs that run code of another language: where that code stands.

use super::super::walk::{Input, Scope, Walk};
use super::super::{Arg, Step};
use super::is_option;
use super::tables::language;

/// Editors and debuggers: any of their arguments may be commands of theirs.
const EDITORS: &[&str] = &["vim", "vi", "nvim", "emacs", "gdb", "ed"];

/// Options that take the next argument as their value, and whether it is code, a file with code, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Code,
    File,
    Other,
}

/// Letters of options with a value, by language. Source: the manual pages of GNU sed 4.9 and gawk 5.3.
fn lettered(language: &str, letter: char) -> Option<Takes> {
    Some(match (language, letter) {
        (_, 'e') => Takes::Code,
        (_, 'f' | 'E') if language != "sed" => Takes::File,
        ("sed", 'f') => Takes::File,
        ("awk", 'i' | 'l') => Takes::File,
        ("awk", 'v' | 'F' | 'm') => Takes::Other,
        ("sed", 'l') => Takes::Other,
        _ => return None,
    })
}

/// Options of other interpreters with a value that is no script.
const VALUED: &[&str] = &[
    "-W",
    "-X",
    "-I",
    "-L",
    "-C",
    "-d",
    "-Q",
    "--check-hash-based-pycs",
    "--loader",
    "--experimental-loader",
    "--conditions",
    "--input-type",
    "--title",
    "--dns-result-order",
    "--env-file",
];

/// Options of other interpreters that run a file first.
const FIRST: &[&str] = &["-r", "--require", "--import", "--preload"];

impl Walk<'_> {
    pub(super) fn interpreter(&mut self, name: &str, rest: &[Arg], args: &[Arg], text: &str, scope: &mut Scope) {
        match language(name) {
            "sed" | "gsed" => return self.filter("sed", rest, args, text, scope),
            "awk" | "gawk" | "mawk" | "nawk" => return self.filter("awk", rest, args, text, scope),
            language if EDITORS.contains(&language) => {
                let mut all = rest.iter().map(Arg::text).collect::<Vec<_>>().join("\n");
                match &scope.input {
                    Input::Text(code) => all.push_str(&format!("\n{code}")),
                    Input::Unseen if language == "ed" => {
                        self.unresolved(text, "the commands that it reads cannot be seen");
                    }
                    _ => {}
                }
                self.code(name, all, text);
                self.note_files(name, rest);
                return;
            }
            _ => {}
        }
        let takes_code = |word: &str| takes_code(name, word);
        let code_at = rest.iter().position(|arg| arg.known().is_some_and(takes_code));
        if code_at.is_some() || rest.iter().any(|arg| arg.text().contains("eval")) {
            let hidden = code_at.is_some_and(|at| rest.get(at + 1).is_some_and(|arg| arg.known().is_none()));
            if hidden {
                self.unresolved(text, "the code that it runs cannot be told");
            }
            let mut code = rest.iter().map(Arg::text).collect::<Vec<_>>().join("\n");
            // Code may run what it reads.
            if let Input::Text(input) = &scope.input {
                code.push_str(&format!("\n{input}"));
            }
            self.code(name, code, text);
        }
        if self.module(name, rest, args, text, scope) {
            return;
        }
        for (at, arg) in rest.iter().enumerate() {
            if arg.known().is_some_and(|word| FIRST.contains(&word))
                && !language(name).starts_with("php")
                && let Some(file) = rest.get(at + 1)
            {
                self.script_step(file.clone(), false, args, text, scope);
            }
        }
        if code_at.is_some() {
            return;
        }
        let mut operands: Vec<&Arg> = Vec::new();
        let mut at = 0;
        while let Some(arg) = rest.get(at) {
            let valued = operands.is_empty()
                && arg
                    .known()
                    .is_some_and(|word| VALUED.contains(&word) || FIRST.contains(&word));
            at += 1 + usize::from(valued);
            if !valued && !is_option(arg) {
                operands.push(arg);
            }
        }
        let file = match (language(name), operands.as_slice()) {
            ("deno" | "bun", [Arg::Known(run), file, ..]) if run == "run" => Some(*file),
            (_, [file, ..]) if file.known() != Some("-") => Some(*file),
            _ => None,
        };
        match file {
            Some(file) => self.script_step(file.clone(), false, args, text, scope),
            None => match scope.input.clone() {
                Input::Inherited => {}
                Input::Text(code) => {
                    let words = operands.iter().map(|arg| arg.text()).collect::<Vec<_>>().join("\n");
                    self.code(name, format!("{code}\n{words}"), text);
                }
                Input::File(file) => self.fed_step(file, false, text, scope),
                Input::Unseen => self.unresolved(text, "the code that it reads cannot be seen"),
            },
        }
    }

    fn code(&mut self, program: &str, code: String, text: &str) {
        self.push(Step::Code {
            program: program.to_owned(),
            code,
            text: text.to_owned(),
        });
    }

    /// `python3 -m x`; says whether it is that.
    fn module(&mut self, name: &str, rest: &[Arg], args: &[Arg], text: &str, scope: &Scope) -> bool {
        if !language(name).starts_with("py") {
            return false;
        }
        let Some(at) = rest.iter().position(|arg| arg.known() == Some("-m")) else {
            return false;
        };
        if rest
            .iter()
            .position(|arg| !is_option(arg))
            .is_some_and(|operand| operand < at)
        {
            return false;
        }
        if let Some(module) = rest.get(at + 1) {
            let mut command = rest[at + 1..].to_vec();
            match module.known() {
                // The AWS CLI is also a module.
                Some("awscli") => command[0] = Arg::Known("aws".to_owned()),
                Some(module) => {
                    let path = module.replace('.', "/");
                    for file in [format!("{path}.py"), format!("{path}/__main__.py")] {
                        self.script_step(Arg::Known(file), false, args, text, scope);
                    }
                }
                None => {}
            }
            self.dispatch_guess(command, text, scope);
        }
        true
    }

    /// `sed` and `awk`: a program among the arguments, or in files.
    fn filter(&mut self, language: &str, rest: &[Arg], args: &[Arg], text: &str, scope: &Scope) {
        let mut given = false;
        let mut at = 0;
        let mut operand = None;
        while let Some(arg) = rest.get(at) {
            at += 1;
            let word = arg.text();
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (long, None),
                };
                let takes = match name {
                    "expression" | "source" => Takes::Code,
                    "file" | "exec" | "include" | "load" => Takes::File,
                    "assign" | "field-separator" | "line-length" => Takes::Other,
                    _ => continue,
                };
                let value = value.map(Arg::Known).or_else(|| {
                    at += 1;
                    rest.get(at - 1).cloned()
                });
                given |= takes != Takes::Other;
                self.part(language, takes, value, args, text, scope);
            } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                for (index, letter) in letters.char_indices() {
                    if letter == 'i' && language == "sed" {
                        break;
                    }
                    if let Some(takes) = lettered(language, letter) {
                        let attached = &letters[index + letter.len_utf8()..];
                        let value = if attached.is_empty() {
                            at += 1;
                            rest.get(at - 1).cloned()
                        } else {
                            Some(Arg::Known(attached.to_owned()))
                        };
                        given |= takes != Takes::Other;
                        self.part(language, takes, value, args, text, scope);
                        break;
                    }
                }
            } else if operand.is_none() && !word.is_empty() {
                operand = Some(arg.clone());
            }
        }
        if !given {
            self.part(language, Takes::Code, operand, args, text, scope);
        }
        self.note_files(language, rest);
    }

    fn part(&mut self, language: &str, takes: Takes, value: Option<Arg>, args: &[Arg], text: &str, scope: &Scope) {
        match (takes, value) {
            (Takes::Other, _) | (_, None) => {}
            // Its unknown parts are data that somebody else put together; what is known of it is looked at.
            (Takes::Code, Some(code)) => self.code(language, code.text().to_owned(), text),
            (Takes::File, Some(Arg::Known(dash))) if dash == "-" || dash == "/dev/stdin" => match &scope.input {
                Input::Text(code) => {
                    let code = code.clone();
                    self.code(language, code, text);
                }
                _ => self.unresolved(text, "the code that it reads cannot be seen"),
            },
            (Takes::File, Some(file)) => self.script_step(file, false, args, text, scope),
        }
    }
}

fn takes_code(name: &str, word: &str) -> bool {
    let python = name.starts_with("py") || name == "ipython" || name == "pwsh" || name == "powershell";
    let last = word.trim_start_matches('-').to_lowercase();
    let last = last.split('=').next().unwrap_or_default();
    word.starts_with('-')
        && (matches!(
            last,
            "eval" | "print" | "command" | "encodedcommand" | "code" | "execute"
        ) || (!word.starts_with("--")
            && if python {
                word.contains('c') || (last.starts_with('e') && !name.starts_with("py"))
            } else {
                word.contains(['e', 'E', 'r', 'p', 'n', 'c'])
            }))
}

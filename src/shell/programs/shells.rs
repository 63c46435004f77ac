//! Shells and interpreters: where their code comes from.

use super::super::walk::{Input, Scope, Walk};
use super::super::{Arg, Directory, Step};
use super::{is_option, joined, without_options};

impl Walk<'_> {
    pub(super) fn ssh(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        const VALUED: &[&str] = &[
            "-b", "-c", "-D", "-E", "-e", "-F", "-I", "-i", "-J", "-L", "-l", "-m", "-O", "-o", "-p", "-Q", "-R", "-S",
            "-W", "-w",
        ];
        scope.elsewhere = true;
        scope.directory = Directory::Unknown;
        let words = without_options(rest, VALUED);
        let mut fresh = Self::fresh(scope);
        self.search(rest, &mut fresh);
        match words.get(1..) {
            None => {}
            Some([]) => self.shell_input(text, &mut fresh, true),
            Some(command) => match joined(command) {
                Some(code) => self.nested(&code, &mut fresh),
                None => self.unresolved(text, "what it runs on the other machine cannot be told"),
            },
        }
    }

    pub(super) fn shell(&mut self, rest: &[Arg], args: &[Arg], text: &str, scope: &mut Scope) {
        let mut at = 0;
        let mut code = false;
        let mut input = false;
        while let Some(arg) = rest.get(at).filter(|arg| is_option(arg)) {
            let Some(word) = arg.known() else {
                self.unresolved(text, format!("what it runs depends on {}", arg.text()));
                return;
            };
            at += 1;
            if word == "--" {
                break;
            }
            match word {
                "--rcfile" | "--init-file" => {
                    if let Some(file) = rest.get(at).cloned() {
                        self.script_step(file, true, args, text, scope);
                    }
                    at += 1;
                }
                "-o" | "+o" | "-O" | "+O" => at += 1,
                "--command" => code = true,
                _ if word.starts_with("--") => {
                    if let Some(given) = word.strip_prefix("--command=") {
                        self.nested(given, &mut Self::fresh(scope));
                        return;
                    }
                }
                _ => {
                    code |= word.starts_with('-') && word.contains('c');
                    input |= word.starts_with('-') && word.contains('s');
                    at += word.matches(['o', 'O']).count();
                }
            }
        }
        let operands = rest.get(at..).unwrap_or_default();
        let mut inner = Self::fresh(scope);
        match operands.first() {
            Some(Arg::Known(text)) if code => {
                inner.positional = Some(operands.get(2..).unwrap_or_default().to_vec());
                let code = text.clone();
                self.nested(&code, &mut inner);
            }
            Some(_) if code => self.unresolved(text, "the commands for the shell cannot be told"),
            Some(Arg::Known(dash)) if dash == "-" => self.shell_input(text, &mut inner, true),
            Some(file) if !input => self.script_step(file.clone(), true, args, text, &inner),
            _ => self.shell_input(text, &mut inner, true),
        }
    }

    /// A shell that reads its commands.
    pub(super) fn shell_input(&mut self, text: &str, scope: &mut Scope, reads: bool) {
        if !reads {
            return;
        }
        match std::mem::replace(&mut scope.input, Input::Inherited) {
            Input::Inherited => {}
            Input::Text(code) => self.nested(&code, scope),
            Input::File(file) => {
                let args = vec![Arg::Known("sh".to_owned()), file.clone()];
                self.script_step(file, true, &args, text, scope);
            }
            Input::Unseen => self.unresolved(text, "the commands that it reads cannot be seen"),
        }
    }

    pub(super) fn interpreter(&mut self, name: &str, rest: &[Arg], args: &[Arg], text: &str, scope: &mut Scope) {
        let takes_code = |word: &str| {
            let python = name.starts_with("py") || name == "ipython" || name == "pwsh" || name == "powershell";
            let last = word.trim_start_matches('-').to_lowercase();
            word.starts_with('-')
                && (matches!(
                    last.as_str(),
                    "eval" | "print" | "command" | "encodedcommand" | "code" | "execute"
                ) || (!word.starts_with("--")
                    && if python {
                        word.contains('c') || (last.starts_with('e') && !name.starts_with("py"))
                    } else {
                        word.contains(['e', 'E', 'r', 'p', 'n', 'c'])
                    }))
        };
        let language = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
        let first_is_code = matches!(
            language,
            "awk" | "gawk" | "mawk" | "nawk" | "sed" | "gsed" | "vim" | "vi" | "nvim" | "emacs" | "gdb" | "ed"
        );
        let code_at = rest.iter().position(|arg| arg.known().is_some_and(takes_code));
        let all = rest.iter().map(Arg::text).collect::<Vec<_>>().join("\n");
        if first_is_code || code_at.is_some() || rest.iter().any(|arg| arg.text().contains("eval")) {
            let hidden = code_at.is_some_and(|at| rest.get(at + 1).is_some_and(|arg| arg.known().is_none()));
            if hidden && !first_is_code {
                self.unresolved(text, "the code that it runs cannot be told");
            }
            self.push(Step::Code {
                program: name.to_owned(),
                code: all,
                text: text.to_owned(),
            });
            if first_is_code {
                self.note_files(name, rest);
                return;
            }
        }
        let operand = rest.iter().position(|arg| !is_option(arg));
        match rest.iter().position(|arg| arg.known() == Some("-m")) {
            Some(at) if language.starts_with("py") && operand.is_none_or(|operand| operand > at) => {
                // The AWS CLI is also a module.
                if let Some(module) = rest.get(at + 1) {
                    let mut command = rest[at + 1..].to_vec();
                    if module.known() == Some("awscli") {
                        command[0] = Arg::Known("aws".to_owned());
                    }
                    self.dispatch_guess(command, text, scope);
                }
                return;
            }
            _ => {}
        }
        if code_at.is_some() {
            return;
        }
        let operands: Vec<&Arg> = rest.iter().filter(|arg| !is_option(arg)).collect();
        let file = match (language, operands.as_slice()) {
            ("deno" | "bun", [Arg::Known(run), file, ..]) if run == "run" => Some(*file),
            (_, [file, ..]) if file.known() != Some("-") => Some(*file),
            _ => None,
        };
        match file {
            Some(file) => self.script_step(file.clone(), false, args, text, scope),
            None => match scope.input.clone() {
                Input::Inherited => {}
                Input::Text(code) => self.push(Step::Code {
                    program: name.to_owned(),
                    code,
                    text: text.to_owned(),
                }),
                Input::File(file) => self.script_step(file, false, args, text, scope),
                Input::Unseen => self.unresolved(text, "the code that it reads cannot be seen"),
            },
        }
    }
}

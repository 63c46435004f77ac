//! Shells, here and on other machines: where their commands come from.

use super::super::walk::{Input, Scope, Walk};
use super::super::{Arg, Directory};
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
        // `-n`: it is read, and not run; a shell for a person takes no notice.
        let (mut only_reads, mut for_a_person) = (false, false);
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
                    only_reads |= word.starts_with('-') && word.contains('n');
                    for_a_person |= word.contains(['i', '+']);
                    at += word.matches(['o', 'O']).count();
                }
            }
        }
        let operands = rest.get(at..).unwrap_or_default();
        if only_reads && !for_a_person {
            return;
        }
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
            _ => {
                inner.positional = Some(operands.to_vec());
                self.shell_input(text, &mut inner, true);
            }
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
            Input::File(file) => self.fed_step(file, true, text, scope),
            Input::Unseen => self.unresolved(text, "the commands that it reads cannot be seen"),
        }
    }
}

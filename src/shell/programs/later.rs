//! Programs that hand a command to another terminal, or to another time.

use super::super::Arg;
use super::super::walk::{Input, Scope, Walk};

impl Walk<'_> {
    pub(super) fn later(&mut self, name: &str, rest: &[Arg], text: &str, scope: &mut Scope) {
        scope.elsewhere = true;
        self.search(rest, scope);
        let operand = rest
            .iter()
            .find(|arg| !super::is_option(arg) && arg.known() != Some("-"));
        match name {
            // What is typed arrives as one line.
            "tmux" | "screen" => self.typed(rest, text, scope),
            "crontab"
                if scope.input != Input::Inherited
                    || operand.is_some() && !rest.iter().any(|arg| matches!(arg.known(), Some("-l" | "-r" | "-e"))) =>
            {
                self.unresolved(text, "what it runs later was not read");
            }
            "at" if rest.iter().any(|arg| arg.text().starts_with("-f")) => {
                self.unresolved(text, "what it runs later was not read");
            }
            "at" | "batch" => self.shell_input(text, scope, true),
            _ => {}
        }
    }

    /// `tmux send-keys -t 0 'ls' Enter`, `screen -X stuff 'ls\n'`
    fn typed(&mut self, rest: &[Arg], text: &str, scope: &Scope) {
        let Some(at) = rest.iter().position(|arg| {
            matches!(
                arg.known(),
                Some("send-keys" | "send" | "stuff" | "set-buffer" | "run-shell" | "run")
            )
        }) else {
            return;
        };
        let mut keys = rest[at + 1..].iter();
        let mut line = String::new();
        while let Some(key) = keys.next() {
            match key.known() {
                Some("-t" | "-N" | "-b") => drop(keys.next()),
                Some("Enter" | "C-m" | "KPEnter") => line.push('\n'),
                Some("Space") => line.push(' '),
                Some(option) if option.starts_with('-') => {}
                Some(key) => line.push_str(&key.replace("\\n", "\n").replace("\\r", "\n").replace("^M", "\n")),
                None => {
                    self.unresolved(text, format!("what is typed depends on {}", key.text()));
                    return;
                }
            }
        }
        let mut inner = Self::fresh(scope);
        inner.guessed = true;
        self.nested(&line, &mut inner);
    }
}

//! Options that make a program run a command, in programs that otherwise only read and write.

use super::super::Arg;
use super::super::walk::{Scope, Walk};

/// The programs, and the options whose value they run. A value stands in the next argument, after `=`, or right behind
/// an option of one letter. Source: the programs' manual pages.
const RUN: &[(&[&str], &[&str])] = &[
    (
        &["tar", "gtar", "bsdtar"],
        &[
            "--checkpoint-action",
            "--to-command",
            "--use-compress-program",
            "-I",
            "--rsh-command",
            "--info-script",
            "--new-volume-script",
        ],
    ),
    (&["rsync"], &["-e", "--rsh"]),
    (&["zip"], &["-TT", "--unzip-command"]),
    (&["sort", "gsort"], &["--compress-program"]),
    (&["split", "gsplit"], &["--filter"]),
    (&["man"], &["-P", "--pager", "-H", "--html"]),
    (&["wget"], &["--use-askpass"]),
    (&["scp", "sftp"], &["-S"]),
    (&["nc", "ncat", "netcat"], &["-e", "-c", "--exec", "--sh-exec"]),
    (&["ip", "capsh"], &["-c"]),
    (&["bind"], &["-x"]),
    (&["less", "more", "most"], &["+!", "+|"]),
    (&["ansible"], &["-a", "--args"]),
    (&["sops"], &["exec-env", "exec-file"]),
    (&["gh", "glab"], &["--shell", "--exec"]),
];

/// Options of `ssh -o` whose value is a command.
const SSH: &[&str] = &["proxycommand", "localcommand", "knownhostscommand", "remotecommand"];

/// Programs of other names that run a file that they are given.
const OPENERS: &[&str] = &["open", "xdg-open", "start", "gio"];

/// Commands that are another program by another name.
const STANDS_FOR: &[(&[&str], &str)] = &[
    (&["tfenv", "exec"], "terraform"),
    (&["tofuenv", "exec"], "tofu"),
    (&["tgenv", "exec"], "terragrunt"),
    (&["atmos", "terraform"], "terraform"),
    (&["brew", "sh"], "bash"),
];

/// Where the value of an option stands.
enum Given<'a> {
    Here(&'a str),
    /// In the next argument.
    Next,
}

/// The value that an argument gives to an option, where it is that option.
fn given<'a>(arg: &'a str, option: &str) -> Option<Given<'a>> {
    match arg.strip_prefix(option)? {
        "" => Some(Given::Next),
        rest => match rest.strip_prefix('=') {
            Some(value) => Some(Given::Here(value)),
            None => (!option.starts_with("--")).then_some(Given::Here(rest)),
        },
    }
}

impl Walk<'_> {
    pub(super) fn options(&mut self, name: &str, rest: &[Arg], text: &str, scope: &mut Scope) {
        for (programs, options) in RUN {
            if !programs.contains(&name) {
                continue;
            }
            for (at, arg) in rest.iter().enumerate() {
                let found = options.iter().find_map(|option| given(arg.known()?, option));
                match found {
                    Some(Given::Here(value)) => self.value(&Arg::Known(value.to_owned()), text, scope),
                    Some(Given::Next) => {
                        if let Some(value) = rest.get(at + 1) {
                            self.value(value, text, scope);
                        }
                    }
                    None => {}
                }
            }
        }
        if matches!(name, "ssh" | "scp" | "sftp" | "sshfs" | "mosh" | "autossh") {
            self.ssh_options(rest, text, scope);
        }
        if name == "socat" {
            for arg in rest {
                let upper = arg.text().to_uppercase();
                if let Some(at) = ["EXEC:", "SYSTEM:", "SHELL:"]
                    .iter()
                    .find_map(|start| upper.starts_with(start).then_some(start.len()))
                {
                    let value = arg.known().map(|text| Arg::Known(text[at..].to_owned()));
                    self.value(&value.unwrap_or_else(|| arg.clone()), text, scope);
                }
            }
        }
        if OPENERS.contains(&name) {
            for arg in rest.iter().filter(|arg| {
                let path = arg.text().to_lowercase();
                [".sh", ".command", ".bash", ".zsh", ".tool", ".bat", ".cmd"]
                    .iter()
                    .any(|end| path.ends_with(end))
            }) {
                let args = [Arg::Known(name.to_owned()), arg.clone()];
                self.script_step(arg.clone(), true, &args, text, scope);
            }
        }
    }

    fn ssh_options(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        for (at, arg) in rest.iter().enumerate() {
            let value = match given(arg.text(), "-o") {
                Some(Given::Here(value)) => Arg::Known(value.to_owned()),
                Some(Given::Next) => match rest.get(at + 1) {
                    Some(value) => value.clone(),
                    None => continue,
                },
                None => continue,
            };
            let Some((option, code)) = value.text().split_once(['=', ' ']) else {
                continue;
            };
            if SSH.contains(&option.trim().to_lowercase().as_str()) {
                let code = value.known().map(|_| Arg::Known(code.trim().to_owned()));
                self.value(&code.unwrap_or_else(|| value.clone()), text, scope);
            }
        }
    }

    /// Walks a value that is a command.
    fn value(&mut self, value: &Arg, text: &str, scope: &Scope) {
        match value {
            Arg::Known(code) => {
                let code = code.strip_prefix("exec=").unwrap_or(code);
                // Other actions of tar's checkpoints are words: `dot`, `echo`, `sleep=1`.
                if !code.starts_with("echo=") && !code.starts_with("sleep=") {
                    self.nested(code, &mut Self::fresh(scope));
                }
            }
            // `ssh -i $KEY`: the program is known.
            Arg::Unknown { start, .. } if start.contains(' ') => {}
            Arg::Unknown { .. } => self.unresolved(text, format!("what it runs depends on {}", value.text())),
        }
    }

    /// A command that is a watched program by another name.
    pub(super) fn stands_for(&mut self, args: &[Arg], text: &str, scope: &mut Scope) -> bool {
        let name = args[0].program();
        let found = STANDS_FOR.iter().find(|(words, _)| {
            name.as_deref() == Some(words[0])
                && words[1..]
                    .iter()
                    .enumerate()
                    .all(|(at, word)| args.get(at + 1).and_then(Arg::known) == Some(word))
        });
        let Some((words, program)) = found else {
            return false;
        };
        let mut rest = args[words.len()..].to_vec();
        if rest.first().and_then(Arg::known) != Some(program) {
            rest.insert(0, Arg::Known((*program).to_owned()));
        }
        self.dispatch(rest, text, scope);
        true
    }

    /// `go run x.go`, `go run example.org/x@latest`
    pub(super) fn go_run(&mut self, rest: &[Arg], args: &[Arg], text: &str, scope: &mut Scope) {
        let Some(at) = rest
            .iter()
            .skip(1)
            .position(|arg| !super::is_option(arg))
            .map(|at| at + 1)
        else {
            return;
        };
        if rest[at].text().to_lowercase().ends_with(".go") {
            self.script_step(rest[at].clone(), false, args, text, scope);
            return;
        }
        let mut command = rest[at..].to_vec();
        let name = command[0].text().split('@').next().unwrap_or_default().to_owned();
        command[0] = Arg::Known(name);
        if command[0].program().is_some_and(|name| (self.watched)(&name)) {
            self.dispatch(command, text, scope);
        }
    }
}

//! Programs that run other programs: shells, wrappers, interpreters, and the shell's own commands.

use super::parse::parse;
use super::syntax::DECLARING;
use super::walk::{Input, Scope, Value, Walk, value_of};
use super::{Arg, Directory, Step};

/// A program that runs the rest of its arguments as a command.
struct Wrapper {
    /// The program, and the words that must follow it.
    words: &'static [&'static str],
    /// Options whose value is the next argument.
    valued: &'static [&'static str],
    /// Arguments between the options and the command.
    operands: usize,
    /// The command runs on another machine or in a container.
    elsewhere: bool,
}

const fn wrapper(words: &'static [&'static str], valued: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper {
        words,
        valued,
        operands,
        elsewhere: false,
    }
}

const fn away(words: &'static [&'static str], valued: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper {
        elsewhere: true,
        ..wrapper(words, valued, operands)
    }
}

const DOCKER_VALUED: &[&str] = &[
    "-e",
    "--env",
    "-v",
    "--volume",
    "-w",
    "--workdir",
    "-u",
    "--user",
    "--name",
    "--network",
    "--entrypoint",
    "-p",
    "--publish",
    "--mount",
    "--env-file",
    "-h",
    "--hostname",
    "--platform",
    "-l",
    "--label",
    "-m",
    "--memory",
];

/// Source of the options: the programs' manual pages. A wrong guess hides nothing: what is behind a wrapper is
/// also searched word by word.
const WRAPPERS: &[Wrapper] = &[
    wrapper(
        &["sudo"],
        &[
            "-u",
            "--user",
            "-g",
            "--group",
            "-h",
            "--host",
            "-p",
            "--prompt",
            "-C",
            "--close-from",
            "-T",
            "--command-timeout",
            "-D",
            "--chdir",
            "-R",
            "--chroot",
            "-r",
            "--role",
            "-t",
            "--type",
            "-U",
            "--other-user",
        ],
        0,
    ),
    wrapper(&["doas"], &["-u", "-C"], 0),
    wrapper(&["nohup"], &[], 0),
    wrapper(&["time"], &["-f", "--format", "-o", "--output"], 0),
    wrapper(&["builtin"], &[], 0),
    wrapper(&["exec"], &["-a"], 0),
    wrapper(&["nice"], &["-n", "--adjustment"], 0),
    wrapper(&["ionice"], &["-c", "--class", "-n", "--classdata"], 0),
    wrapper(&["timeout"], &["-k", "--kill-after", "-s", "--signal"], 1),
    wrapper(&["gtimeout"], &["-k", "--kill-after", "-s", "--signal"], 1),
    wrapper(&["stdbuf"], &["-i", "--input", "-o", "--output", "-e", "--error"], 0),
    wrapper(&["setsid"], &[], 0),
    wrapper(
        &["flock"],
        &["-w", "--wait", "--timeout", "-E", "--conflict-exit-code"],
        1,
    ),
    wrapper(&["chronic"], &[], 0),
    wrapper(&["unbuffer"], &[], 0),
    wrapper(&["caffeinate"], &["-t", "-w"], 0),
    wrapper(
        &["strace"],
        &["-e", "-o", "-s", "-u", "-E", "-P", "-a", "-b", "-I", "-O", "-S"],
        0,
    ),
    wrapper(&["ltrace"], &["-e", "-o", "-s", "-u", "-n", "-a", "-A", "-D"], 0),
    wrapper(&["taskset"], &[], 1),
    wrapper(&["chrt"], &[], 1),
    wrapper(&["chroot"], &[], 1),
    wrapper(&["busybox"], &[], 0),
    wrapper(&["toybox"], &[], 0),
    wrapper(&["fakeroot"], &[], 0),
    wrapper(&["firejail"], &[], 0),
    wrapper(&["proot"], &["-r", "-b", "-w"], 0),
    wrapper(
        &["systemd-run"],
        &["-u", "--unit", "-p", "--property", "-E", "--setenv"],
        0,
    ),
    wrapper(&["systemd-inhibit"], &[], 0),
    wrapper(&["dbus-run-session"], &[], 0),
    wrapper(&["xvfb-run"], &["-n", "-s", "-e", "-f", "-p", "-w"], 0),
    wrapper(&["unshare"], &[], 0),
    wrapper(&["nsenter"], &["-t", "--target"], 0),
    wrapper(&["arch"], &[], 0),
    wrapper(&["npx"], &["-p", "--package"], 0),
    wrapper(&["bunx"], &[], 0),
    wrapper(
        &["uv", "run"],
        &[
            "--with",
            "--python",
            "-p",
            "--extra",
            "--group",
            "--project",
            "--directory",
        ],
        0,
    ),
    wrapper(&["uvx"], &["--with", "--python", "--from"], 0),
    wrapper(&["poetry", "run"], &[], 0),
    wrapper(&["pipenv", "run"], &[], 0),
    wrapper(&["pdm", "run"], &[], 0),
    wrapper(&["rye", "run"], &[], 0),
    wrapper(&["hatch", "run"], &[], 0),
    wrapper(&["bundle", "exec"], &[], 0),
    wrapper(&["mise", "exec"], &[], 0),
    wrapper(&["mise", "x"], &[], 0),
    wrapper(&["rtx", "exec"], &[], 0),
    wrapper(&["asdf", "exec"], &[], 0),
    wrapper(&["pnpm", "exec"], &[], 0),
    wrapper(&["yarn", "exec"], &[], 0),
    wrapper(&["npm", "exec"], &["-p", "--package"], 0),
    wrapper(&["direnv", "exec"], &[], 1),
    wrapper(&["aws-vault", "exec"], &["-d", "--duration", "--region"], 1),
    wrapper(&["chamber", "exec"], &[], 1),
    wrapper(&["op", "run"], &["--env-file", "--account"], 0),
    wrapper(
        &["doppler", "run"],
        &["-p", "--project", "-c", "--config", "-t", "--token"],
        0,
    ),
    wrapper(&["infisical", "run"], &["--env", "--path"], 0),
    wrapper(&["teller", "run"], &[], 0),
    wrapper(&["dotenvx", "run"], &["-f"], 0),
    wrapper(&["dotenv"], &["-e", "-f"], 0),
    away(&["docker", "exec"], DOCKER_VALUED, 1),
    away(&["docker", "run"], DOCKER_VALUED, 1),
    away(&["podman", "exec"], DOCKER_VALUED, 1),
    away(&["podman", "run"], DOCKER_VALUED, 1),
    away(&["nerdctl", "run"], DOCKER_VALUED, 1),
    away(
        &["kubectl", "exec"],
        &["-n", "--namespace", "-c", "--container", "--context"],
        1,
    ),
];

const SHELLS: &[&str] = &[
    "sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "rbash", "yash", "fish", "csh", "tcsh", "brush",
];

/// Programs that run code in a language of their own, by the start of their name.
const INTERPRETERS: &[&str] = &[
    "python",
    "pypy",
    "ipython",
    "node",
    "nodejs",
    "deno",
    "bun",
    "ts-node",
    "tsx",
    "ruby",
    "perl",
    "php",
    "lua",
    "luajit",
    "awk",
    "gawk",
    "mawk",
    "nawk",
    "sed",
    "gsed",
    "osascript",
    "pwsh",
    "powershell",
    "rscript",
    "tclsh",
    "expect",
    "julia",
    "groovy",
    "jshell",
    "ed",
    "vim",
    "vi",
    "nvim",
    "emacs",
    "gdb",
];

/// Programs whose arguments are text or files, and never commands.
const TEXT_ONLY: &[&str] = &[
    ":",
    "[",
    "test",
    "true",
    "false",
    "echo",
    "printf",
    "cat",
    "tac",
    "ls",
    "ll",
    "dir",
    "tree",
    "pwd",
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "ag",
    "ack",
    "head",
    "tail",
    "wc",
    "sort",
    "uniq",
    "cut",
    "tr",
    "tee",
    "diff",
    "cmp",
    "comm",
    "cp",
    "mv",
    "rm",
    "ln",
    "mkdir",
    "rmdir",
    "touch",
    "chmod",
    "chown",
    "stat",
    "file",
    "du",
    "df",
    "basename",
    "dirname",
    "realpath",
    "readlink",
    "which",
    "whereis",
    "type",
    "man",
    "info",
    "whatis",
    "help",
    "date",
    "sleep",
    "seq",
    "id",
    "whoami",
    "hostname",
    "uname",
    "kill",
    "ps",
    "jq",
    "yq",
    "curl",
    "wget",
    "gh",
    "glab",
    "hub",
    "open",
    "code",
    "less",
    "more",
    "bat",
    "column",
    "paste",
    "fold",
    "fmt",
    "nl",
    "od",
    "xxd",
    "hexdump",
    "base64",
    "md5sum",
    "sha1sum",
    "sha256sum",
    "shasum",
    "zip",
    "unzip",
    "gzip",
    "gunzip",
    "apt",
    "apt-get",
    "brew",
    "yum",
    "dnf",
    "apk",
    "pacman",
    "snap",
    "pip",
    "pip3",
    "pipx",
    "gem",
    "tfenv",
    "tfswitch",
    "tgenv",
    "tflint",
    "tfsec",
    "checkov",
    "trivy",
    "shellcheck",
    "cargo",
    "rustc",
    "go",
    "gofmt",
    "shfmt",
    "return",
    "exit",
    "break",
    "continue",
    "wait",
    "umask",
    "ulimit",
    "jobs",
    "fg",
    "bg",
    "disown",
    "times",
    "getconf",
    "locale",
    "logger",
    "notify-send",
    "say",
    "pbcopy",
    "xclip",
    "tput",
    "stty",
    "clear",
    "reset",
    "history",
    "dirs",
    "caller",
    "ssh-keygen",
    "ssh-add",
    "scp",
    "whose",
];

/// Parts of `git` that run commands from their arguments.
const GIT_RUNS: &[&str] = &[
    "-c",
    "--exec",
    "-x",
    "bisect",
    "submodule",
    "filter-branch",
    "config",
    "rebase",
    "difftool",
    "mergetool",
    "--config-env",
    "--upload-pack",
    "--receive-pack",
    "--open-files-in-pager",
    "alias",
];

/// Built-in commands that fill variables with what cannot be seen.
const READERS: &[&str] = &["read", "mapfile", "readarray", "getopts", "let", "unset", "wait"];

fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

fn is_interpreter(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    INTERPRETERS.contains(&stem) || INTERPRETERS.contains(&name)
}

fn is_option(arg: &Arg) -> bool {
    match arg {
        Arg::Known(text) => text.len() > 1 && text.starts_with(['-', '+']),
        Arg::Unknown { start, .. } => start.starts_with('-'),
    }
}

/// `NAME=value`
fn assignment(arg: &Arg) -> Option<(String, Arg)> {
    let start = match arg {
        Arg::Known(text) => text,
        Arg::Unknown { start, .. } => start,
    };
    let (name, value) = start.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| {
        (
            name.to_owned(),
            match arg {
                Arg::Known(_) => Arg::Known(value.to_owned()),
                Arg::Unknown { text, .. } => Arg::unknown(text, false),
            },
        )
    })
}

fn joined(args: &[Arg]) -> Option<String> {
    Some(args.iter().map(Arg::known).collect::<Option<Vec<_>>>()?.join(" "))
}

impl Walk<'_> {
    /// Runs a command whose words are known as far as they can be.
    pub(super) fn dispatch(&mut self, args: Vec<Arg>, text: &str, scope: &mut Scope) {
        // Long commands are more work.
        if !(self.spend() && args.chunks(64).skip(1).all(|_| self.spend())) {
            return;
        }
        let Some(name) = args.first().and_then(Arg::program) else {
            let first = args.first().map_or("", Arg::text);
            self.unresolved(text, format!("what it runs depends on {first}"));
            return;
        };
        if scope.depth >= super::LIMITS.depth {
            self.unresolved(text, "commands are nested too deep");
            return;
        }
        // A shell's own commands and functions have no folder.
        if let Some(word) = args[0].known().filter(|word| !word.contains('/')) {
            let word = word.to_owned();
            self.call(&word, Some(args[1..].to_vec()), scope);
            if self.builtin(&word, &args, text, scope) {
                return;
            }
        }
        let own = self.program(&name, &args, text, scope);
        if !own && let Some(file) = script_file(&args) {
            self.script_step(file, false, &args, text, scope);
        }
        let run = self.run_of(args, text, scope);
        self.push(Step::Run(run));
    }

    /// Says whether the command was one of the shell's own, and all that is to say about it is said.
    fn builtin(&mut self, name: &str, args: &[Arg], text: &str, scope: &mut Scope) -> bool {
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
                scope.directory = Directory::Unknown;
                match args.get(1) {
                    Some(file) => self.script_step(file.clone(), true, args, text, scope),
                    None => return false,
                }
            }
            "trap" => {
                if let Some(action) = args.get(1).filter(|arg| !is_option(arg)) {
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
            "printf" if args.get(1).and_then(Arg::known) == Some("-v") => match args.get(2).and_then(Arg::known) {
                Some(variable) => self.assign(variable, Value::Unknown),
                None => self.poison(),
            },
            "hash" | "enable"
                if args.iter().any(|arg| {
                    arg.known()
                        .is_none_or(|arg| arg.starts_with("-p") || arg.starts_with("-f"))
                }) =>
            {
                self.unresolved(text, "it changes what a name stands for");
            }
            name if DECLARING.contains(&name) => self.declare(name, &args[1..], scope),
            name if READERS.contains(&name) => {
                for arg in &args[1..] {
                    match arg.known() {
                        Some(word) if word.starts_with('-') => {}
                        Some(word) => {
                            let end = word
                                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                                .unwrap_or(word.len());
                            self.assign(&word[..end], Value::Unknown);
                        }
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

    fn change_directory(&mut self, args: &[Arg], scope: &mut Scope) {
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
    fn declare(&mut self, name: &str, args: &[Arg], scope: &mut Scope) {
        for arg in args {
            if let Some((variable, value)) = assignment(arg) {
                self.set_definite(&variable, value_of(&value), scope);
                continue;
            }
            match arg.known() {
                // A reference to another variable.
                Some(option) if option.starts_with('-') && option.contains('n') && name != "export" => self.poison(),
                Some(option) if option.starts_with(['-', '+']) => {}
                Some(variable) if name != "export" && name != "readonly" => {
                    self.assign(variable, Value::Text(String::new()));
                }
                Some(_) => {}
                None => self.poison(),
            }
        }
    }

    fn alias(&mut self, arg: &Arg, text: &str) {
        match arg.known().map(|arg| arg.split_once('=')) {
            Some(Some((name, value))) => match parse(&format!("{value} \"$@\""), 1) {
                Ok(script) => self.define(
                    name,
                    &std::rc::Rc::new(super::syntax::Command {
                        form: super::syntax::Form::Group(script),
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

    /// Runs what the program runs; says whether the program is one of those that this file knows.
    fn program(&mut self, name: &str, args: &[Arg], text: &str, scope: &Scope) -> bool {
        let mut inner = scope.clone();
        inner.depth += 1;
        let rest = &args[1..];
        match name {
            "command" => self.command_builtin(rest, text, &mut inner),
            "env" => self.env(rest, text, &mut inner),
            "xargs" => self.xargs(rest, text, &mut inner),
            "find" | "fd" | "fdfind" | "gfind" => self.find(rest, text, &mut inner),
            "parallel" => self.parallel(rest, text, &mut inner),
            "watch" | "entr" | "hyperfine" => {
                self.search(rest, &mut inner);
                match joined(&without_options(rest, &["-n", "--interval", "-w", "-r", "-m"])) {
                    Some(code) => self.nested(&code, &mut Self::fresh(&inner)),
                    None => self.unresolved(text, "what it runs cannot be told"),
                }
            }
            "ssh" | "mosh" => self.ssh(rest, text, &mut inner),
            "su" | "runuser" | "script" | "tmux" | "screen" | "at" | "batch" | "crontab" => {
                inner.elsewhere |= matches!(name, "tmux" | "screen" | "at" | "batch" | "crontab");
                self.search(rest, &mut inner);
                if name == "crontab" && inner.input != Input::Inherited {
                    self.unresolved(text, "what it runs later was not read");
                }
                if name == "at" && rest.iter().any(|arg| arg.text().starts_with("-f")) {
                    self.unresolved(text, "what it runs later was not read");
                }
                self.shell_input(text, &mut inner, matches!(name, "at" | "batch" | "su"));
            }
            "git" => {
                if rest.iter().any(|arg| {
                    arg.known()
                        .is_none_or(|arg| GIT_RUNS.iter().any(|word| arg.starts_with(word)))
                }) {
                    self.search(rest, &mut inner);
                }
            }
            name if is_shell(name) => self.shell(rest, args, text, &mut inner),
            name if is_interpreter(name) => self.interpreter(name, rest, args, text, &mut inner),
            name if TEXT_ONLY.contains(&name) => self.note_files(name, rest),
            name => {
                self.note_files(name, rest);
                return self.wrapped(name, args, text, &mut inner);
            }
        }
        true
    }

    /// `command x`, `command -v x`
    fn command_builtin(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
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

    fn env(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
        let mut at = 0;
        while let Some(arg) = rest.get(at) {
            at += 1;
            if let Some((name, value)) = assignment(arg) {
                self.assign(&name, value_of(&value));
                scope.environment.insert(name, value);
                continue;
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
                "-u" | "--unset" | "-P" => at += 1,
                "-C" | "--chdir" => {
                    at += 1;
                    scope.directory = Directory::Unknown;
                }
                "-S" | "--split-string" => {
                    let code = rest.get(at).and_then(Arg::known).map(str::to_owned);
                    self.split_string(code.as_deref(), &rest[(at + 1).min(rest.len())..], text, scope);
                    return;
                }
                _ if word.starts_with("--split-string=") || word.starts_with("-S") || word.starts_with("-vS") => {
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

    fn split_string(&mut self, code: Option<&str>, rest: &[Arg], text: &str, scope: &mut Scope) {
        match (code, joined(rest)) {
            (Some(code), Some(rest)) => self.nested(&format!("env {code} {rest}"), &mut Self::fresh(scope)),
            _ => self.unresolved(text, "what it runs cannot be told"),
        }
    }

    fn xargs(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
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
            if let Some(given) = word.strip_prefix("-I").or_else(|| word.strip_prefix("--replace=")) {
                let next = rest.get(at + 1).and_then(Arg::known);
                place = Some(if given.is_empty() { next.unwrap_or("{}") } else { given }.to_owned());
            } else if word == "-i" || word == "--replace" {
                place = Some("{}".to_owned());
            }
            at += 1 + usize::from(VALUED.contains(&word));
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

    fn find(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
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

    fn parallel(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
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

    fn ssh(&mut self, rest: &[Arg], text: &str, scope: &mut Scope) {
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

    fn shell(&mut self, rest: &[Arg], args: &[Arg], text: &str, scope: &mut Scope) {
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
    fn shell_input(&mut self, text: &str, scope: &mut Scope, reads: bool) {
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

    fn interpreter(&mut self, name: &str, rest: &[Arg], args: &[Arg], text: &str, scope: &mut Scope) {
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

    pub(super) fn script_step(&mut self, file: Arg, shell: bool, args: &[Arg], text: &str, scope: &Scope) {
        let written_here = match file.known() {
            None => true,
            Some(path) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                self.writes_unknown || self.written.iter().any(|other| other.rsplit('/').next() == Some(name))
            }
        };
        let run = self.run_of(args.to_vec(), text, scope);
        self.push(Step::Script {
            run,
            file,
            shell,
            written_here,
        });
    }

    /// Remembers names of files that a program may write.
    fn note_files(&mut self, name: &str, rest: &[Arg]) {
        const READ_ONLY: &[&str] = &[
            "chmod",
            "chown",
            "ls",
            "cat",
            "test",
            "[",
            "head",
            "tail",
            "grep",
            "rg",
            "stat",
            "file",
            "wc",
            "shellcheck",
            "diff",
            "echo",
            "printf",
            "sha256sum",
            "which",
            "type",
            "shfmt",
            "git",
            "awk",
            "realpath",
            "readlink",
            "dirname",
            "basename",
            "exit",
            "return",
            "less",
            "bat",
        ];
        if READ_ONLY.contains(&name) {
            return;
        }
        for arg in rest {
            if let Some(word) = arg.known()
                && !word.starts_with('-')
                && (word.contains('/') || word.contains('.'))
            {
                self.written.insert(word.to_owned());
            }
        }
    }

    /// A program of which nothing is known, or a wrapper: what is behind it may be a command.
    fn wrapped(&mut self, name: &str, args: &[Arg], text: &str, scope: &mut Scope) -> bool {
        let is = |wrapper: &&Wrapper| {
            wrapper.words[0] == name
                && wrapper.words[1..]
                    .iter()
                    .enumerate()
                    .all(|(at, word)| args.get(at + 1).and_then(Arg::known) == Some(word))
        };
        let found = WRAPPERS.iter().find(is);
        let mut scope = scope.clone();
        if let Some(wrapper) = found {
            scope.elsewhere |= wrapper.elsewhere;
            let rest = &args[wrapper.words.len()..];
            match command_at(rest, wrapper) {
                Ok(Some(at)) => {
                    if name == "sudo" || name == "doas" {
                        scope = Self::fresh(&scope);
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

    fn dispatch_guess(&mut self, args: Vec<Arg>, text: &str, scope: &Scope) {
        if args.first().is_some_and(|arg| arg.known().is_some()) {
            let mut inner = scope.clone();
            inner.guessed = true;
            self.dispatch(args, text, &mut inner);
        }
    }

    /// Looks for commands among the arguments of a program that may run them.
    fn search(&mut self, args: &[Arg], scope: &mut Scope) {
        let mut inner = scope.clone();
        inner.guessed = true;
        inner.depth += 1;
        if inner.depth >= super::LIMITS.depth {
            return;
        }
        for (at, arg) in args.iter().enumerate() {
            if at % 4 == 3 && !self.spend() {
                return;
            }
            let Some(name) = arg.program() else { continue };
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

    /// Reads a text that may be commands, where it names a watched program.
    pub(super) fn guess(&mut self, text: &str, scope: &mut Scope) {
        let bare: String = text.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        let names = bare
            .to_lowercase()
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .any(|word| (self.watched)(word));
        if !names {
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

/// A file that is run by its path.
fn script_file(args: &[Arg]) -> Option<Arg> {
    match args.first()? {
        Arg::Known(path) if path.contains('/') => Some(Arg::Known(path.clone())),
        Arg::Known(_) => None,
        arg @ Arg::Unknown { .. } => Some(arg.clone()),
    }
}

/// The arguments without options and their values.
fn without_options(args: &[Arg], valued: &[&str]) -> Vec<Arg> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += 1;
        if !out.is_empty() || !is_option(arg) {
            out.push(arg.clone());
        } else if arg.known().is_some_and(|word| valued.contains(&word)) {
            at += 1;
        }
    }
    out
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

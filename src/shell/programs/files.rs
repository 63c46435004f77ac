//! Files that the text runs, and files that it may have written.

use super::super::walk::{Scope, Walk};
use super::super::{Arg, Directory, Step};

impl Walk<'_> {
    /// The file is fed to a shell or an interpreter, wherever that runs.
    pub(super) fn fed_step(&mut self, file: Arg, shell: bool, text: &str, scope: &Scope) {
        let args = vec![Arg::Known(if shell { "sh" } else { "python" }.to_owned()), file.clone()];
        let mut scope = scope.clone();
        scope.directory = Directory::Known(String::new());
        self.script_step(file, shell, &args, text, &scope);
        if let Some(Step::Script { fed, .. }) = self.steps.last_mut() {
            *fed = true;
        }
    }

    pub(in crate::shell) fn script_step(&mut self, file: Arg, shell: bool, args: &[Arg], text: &str, scope: &Scope) {
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
            fed: false,
        });
    }

    /// Remembers names of files that a program may write.
    pub(super) fn note_files(&mut self, name: &str, rest: &[Arg]) {
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
        // These make a file of whatever name they are given.
        let copies = matches!(
            name,
            "cp" | "mv" | "ln" | "install" | "dd" | "rsync" | "curl" | "wget" | "tee" | "scp" | "mkfifo"
        );
        for arg in rest {
            if let Some(word) = arg.known()
                && !word.starts_with('-')
                && (copies || word.contains('/') || word.contains('.'))
            {
                self.written.insert(word.trim_start_matches("of=").to_owned());
            }
        }
    }
}

/// A file that is run by its path.
pub(super) fn script_file(args: &[Arg]) -> Option<Arg> {
    match args.first()? {
        Arg::Known(path) if path.contains('/') => Some(Arg::Known(path.clone())),
        Arg::Known(_) => None,
        arg @ Arg::Unknown { .. } => Some(arg.clone()),
    }
}

//! Files that the text runs, and files that it may have written.

use super::super::walk::{Scope, Walk};
use super::super::{Arg, Step};

impl Walk<'_> {
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
        for arg in rest {
            if let Some(word) = arg.known()
                && !word.starts_with('-')
                && (word.contains('/') || word.contains('.'))
            {
                self.written.insert(word.to_owned());
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

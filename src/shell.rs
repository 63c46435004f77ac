//! Reads shell command lines and scripts, and finds every command that would run.
//!
//! It is for judging what somebody else wrote, so it is total: whatever is not understood, or depends on something
//! that cannot be seen here (an environment variable, the output of a command, a file), is [`Step::Unresolved`] or
//! an [`Arg::Unknown`], never left out and never taken for harmless. It assumes that every branch is taken and
//! every function is called. It runs nothing, reads no files and knows nothing of Terraform or AWS: which programs
//! matter is told by the caller.
//!
//! The grammar is that of POSIX sh with the parts of bash that hide commands. It is written here rather than taken
//! from a library because a hook that crashes lets the command through: depth, size and work are bounded
//! ([`LIMITS`]), and there is no input that recurses without end. (brush-parser recurses as deep as its input and
//! builds a grammar engine; yash-syntax is under the GPL; shlex knows words only.)

mod parse;
mod programs;
mod syntax;
mod walk;

use std::collections::BTreeMap;

/// What is too much: above it the whole text is unresolved.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of text.
    pub size: usize,
    /// Nested substitutions, groups, quotes and shells in shells.
    pub depth: usize,
    /// Commands walked, those in called functions and in every round counted again.
    pub work: usize,
    /// Bytes that words stand for, in every round again: `x=$x$x` doubles with each line.
    pub growth: usize,
    /// Ways in which one command can be read, because its variables can have several values.
    pub ways: usize,
}

/// The limits of every reading.
pub const LIMITS: Limits = Limits {
    size: 1 << 20,
    depth: 40,
    work: 20_000,
    growth: 64 << 20,
    ways: 256,
};

/// One argument of a command, or its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arg {
    Known(String),
    /// It depends on something that cannot be seen.
    Unknown {
        /// As it was written.
        text: String,
        /// What it starts with for certain.
        start: String,
        /// What it ends with for certain.
        end: String,
        /// It may turn out to be several arguments, or none.
        splits: bool,
    },
}

impl Arg {
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unknown { .. } => None,
        }
    }

    /// As it was written, or what it is.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Known(text) | Self::Unknown { text, .. } => text,
        }
    }

    /// Says whether it may turn out to be several arguments.
    #[must_use]
    pub fn splits(&self) -> bool {
        matches!(self, Self::Unknown { splits: true, .. })
    }

    /// An argument of which nothing is known.
    #[must_use]
    pub fn unknown(text: &str, splits: bool) -> Self {
        Self::Unknown {
            text: text.to_owned(),
            start: String::new(),
            end: String::new(),
            splits,
        }
    }

    /// The name of the program that this runs as a command's first word: without folders, in lower case (file
    /// systems of some systems do not tell cases apart), without `.exe`.
    #[must_use]
    pub fn program(&self) -> Option<String> {
        let path = match self {
            Self::Known(text) => text.as_str(),
            Self::Unknown { end, splits: false, .. } if end.contains(['/', '\\']) => end.as_str(),
            Self::Unknown { .. } => return None,
        };
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase();
        Some(name.strip_suffix(".exe").map_or(name.clone(), str::to_owned))
    }
}

/// The folder in which a command runs, relative to where the text starts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Directory {
    /// A path; empty where it did not change.
    Known(String),
    Unknown,
}

/// A command that would run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// The program first; never empty.
    pub args: Vec<Arg>,
    /// Variables that the text sets and the command may see. A variable with several possible values is unknown.
    pub environment: BTreeMap<String, Arg>,
    pub directory: Directory,
    /// It runs on another machine or in a container.
    pub elsewhere: bool,
    /// It was found behind a program that this reader does not know; it may be no command at all.
    pub guessed: bool,
    /// What the program does with its arguments is not known here.
    pub unfamiliar: bool,
    /// The command as it was written.
    pub text: String,
}

/// One thing that the text does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Run(Run),
    /// A file with commands is run: `sh deploy.sh`, `./deploy.sh`, `python3 clean.py`.
    Script {
        run: Run,
        file: Arg,
        /// The shell reads it (`sh`, `source`); else what it is must be found out.
        shell: bool,
        /// The text itself may have written or fetched the file.
        written_here: bool,
        /// The file is read here, wherever its commands run.
        fed: bool,
    },
    /// Code of another language is run: `python3 -c …`.
    Code {
        program: String,
        code: String,
        text: String,
    },
    /// A file is written by a redirection.
    Write {
        file: Arg,
        text: String,
    },
    /// It may run something, and what cannot be told.
    Unresolved {
        text: String,
        why: String,
    },
}

/// Finds every command that `text` would run.
///
/// `watched` says whether a program, by its bare name, is one that the caller must see wherever it stands.
#[must_use]
pub fn read(text: &str, watched: &dyn Fn(&str) -> bool) -> Vec<Step> {
    walk::read(text, watched)
}

#[cfg(test)]
mod tests;

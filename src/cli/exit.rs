//! The exit codes, which are a contract.

use std::process::ExitCode;

/// How the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing at or above the threshold, and everything that was asked for was seen.
    Clean,
    /// Something went wrong that no gap can stand for: no credentials, a disk that is full.
    CouldNotFinish,
    /// The arguments make no sense; nothing was done.
    Usage,
    /// Findings at or above the threshold.
    Findings,
    /// Something could not be seen or read. It outranks [`Exit::Findings`]: what was not seen may be worse.
    Incomplete,
    /// Ctrl-C; what was seen until then was reported.
    Interrupted,
    /// The code of a command that was run, or that an agent's hook must give.
    Child(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Clean => 0,
            Exit::CouldNotFinish => 1,
            Exit::Usage => 2,
            Exit::Findings => 3,
            Exit::Incomplete => 4,
            Exit::Interrupted => 130,
            Exit::Child(code) => code,
        })
    }
}

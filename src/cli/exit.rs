//! The exit codes, which are a contract.

use std::process::ExitCode;

/// How the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Nothing at or above the threshold, and everything that was asked for was seen.
    Clean = 0,
    /// Something went wrong that no gap can stand for: no credentials, a disk that is full.
    CouldNotFinish = 1,
    /// The arguments make no sense; nothing was done.
    Usage = 2,
    /// Findings at or above the threshold.
    Findings = 3,
    /// Something could not be seen or read. It outranks [`Exit::Findings`]: what was not seen may be worse.
    Incomplete = 4,
    /// Ctrl-C; what was seen until then was reported.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

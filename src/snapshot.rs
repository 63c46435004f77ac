//! Snapshots: a saved scan with the states of that time, as JSON lines, streamed out and in.
//!
//! The first line is the header, and the last one counts the others: a file without it was cut off and is refused. A
//! name that ends in `.zst` is compressed. It is written beside its place and renamed, so that a cut-off run leaves no
//! half file. Its permissions are those of any new file (what the umask leaves), or those of the file that it replaces:
//! it holds no secrets, and CI jobs hand it to other users.
//!
//! It is read a megabyte of lines at a time: neither the text nor a line's JSON tree is ever held as a whole.
//!
//! A scan that was joined is saved with what the join said ([`Standing`]). A comparison of two such files reads both
//! side by side, in the order of the ledger, and needs neither their claims nor a join ([`Joined`]). Everything else
//! joins what was seen and claimed again, and a result of other rules or of another build is never used ([`Rules`]).

pub mod diff;
mod folder;
mod joined;
mod line;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use folder::{DEFAULT_FOLDER, Folder, Saved, Thinned};
pub use joined::{Joined, Rules, Set, Standing};
pub use line::SCHEMA;
pub use read::{head, read, read_bytes};
pub use write::{write, write_joined};

use std::path::PathBuf;

use crate::model::{Account, Claim, Scan, State, Timestamp};

/// A scan with the states of that time.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub scan: Scan,
    pub states: Vec<State>,
    pub claims: Vec<Claim>,
}

/// What the first line says.
#[derive(Clone, Debug)]
pub struct Head {
    /// The version of the tool that wrote it.
    pub tool: String,
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    /// Cells that were listed; 0 where the writer did not say.
    pub listed: u64,
}

/// The start of the name of a file that is being written; its end is [`PART`].
const BESIDE: &str = ".whose-snapshot-";
const PART: &str = ".part";

/// A snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("{path} could not be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} could not be written")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a file, and would have to be read more than once")]
    NoFile { path: PathBuf },
    #[error("{path} is not a snapshot of whose")]
    Foreign { path: PathBuf },
    #[error("{path} has the format {schema}, which this version does not know")]
    Unknown { path: PathBuf, schema: String },
    #[error("{path} is damaged at line {line}")]
    Damaged { path: PathBuf, line: u64 },
    #[error("{path} was cut off: it has {lines} lines and no end")]
    CutOff { path: PathBuf, lines: u64 },
}

impl SnapshotError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check the path and its permissions",
            Self::NoFile { .. } => "give the snapshot itself, not a pipe or a folder",
            Self::Write { .. } => "check that the folder exists, is writable and has space",
            Self::Foreign { .. } => "give a file that 'whose scan --snapshot FILE' wrote",
            Self::Unknown { .. } => "use a newer version of whose",
            Self::Damaged { .. } | Self::CutOff { .. } => "scan again; nothing of a damaged snapshot is used",
        }
    }
}

//! What can end a run, in one message and one hint each.

use std::borrow::Cow;
use std::path::PathBuf;

use super::exit::Exit;
use crate::aws::ConnectError;
use crate::config::ConfigError;
use crate::snapshot::SnapshotError;
use crate::terraform::{PlanError, SourceError};

/// Why the run ended without doing what was asked. `Display` is the whole message; sources are printed after it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{message}")]
    Usage { message: String, hint: String },
    #[error("failed to connect to AWS")]
    Connect(#[from] ConnectError),
    #[error("refused to go on: the caller {caller} is of account {actual}, and {rule}")]
    WrongAccount {
        caller: String,
        actual: String,
        /// Which accounts are allowed, and who says so.
        rule: String,
    },
    #[error("failed to use the config file")]
    Config(#[from] ConfigError),
    #[error("failed to use --state")]
    States(#[from] SourceError),
    #[error("failed to read the plan")]
    Plan(#[from] PlanError),
    #[error("failed to use the snapshot")]
    Snapshot(#[from] SnapshotError),
    #[error("failed to write {path}")]
    Output { path: PathBuf, source: std::io::Error },
    #[error("failed to write the report")]
    Stdout(#[source] std::io::Error),
    #[error("failed to start")]
    Start(#[source] std::io::Error),
    #[error("failed to find {asked}: {because}")]
    NotFound {
        asked: String,
        because: String,
        hint: String,
        /// Something could not be seen, and it may be there.
        gaps: bool,
    },
    #[error("refused: {message}")]
    Refused { message: String, hint: String },
    #[error("failed to run {program}")]
    Run { program: String, source: std::io::Error },
    #[error("interrupted before anything was seen")]
    Interrupted,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint: hint.into(),
        }
    }

    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage { .. } | Self::States(_) | Self::Config(_) => Exit::Usage,
            Self::Plan(error) if error.is_wrong_file() => Exit::Usage,
            Self::NotFound { gaps: true, .. } => Exit::Incomplete,
            Self::Interrupted => Exit::Interrupted,
            Self::Refused { .. } => Exit::Findings,
            Self::Connect(_)
            | Self::WrongAccount { .. }
            | Self::Plan(_)
            | Self::Snapshot(_)
            | Self::Output { .. }
            | Self::Stdout(_)
            | Self::Start(_)
            | Self::Run { .. }
            | Self::NotFound { gaps: false, .. } => Exit::CouldNotFinish,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Usage { hint, .. } | Self::Refused { hint, .. } | Self::NotFound { hint, .. } => Some(hint.into()),
            Self::Config(error) => Some(error.hint().into()),
            Self::States(error) => Some(error.hint().into()),
            Self::Connect(error) => Some(error.hint().into()),
            Self::Plan(error) => Some(error.hint().into()),
            Self::Snapshot(error) => Some(error.hint().into()),
            Self::WrongAccount { .. } => {
                Some("choose the account's --profile, or correct what names the account".into())
            }
            Self::Output { .. } => Some("check that the folder exists, is writable and has space".into()),
            Self::Run { .. } | Self::Stdout(_) | Self::Start(_) | Self::Interrupted => None,
        }
    }
}

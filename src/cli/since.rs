//! Which snapshot is meant: a file, `last`, a day, a time, or so long ago.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::ledger::compare::Missing;
use crate::model::Timestamp;
use crate::snapshot::{self, Folder, Head, Saved};

/// What the user said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The newest, or the one before.
    Last,
    File(PathBuf),
    /// The newest at or before a moment.
    At(Timestamp),
    /// The newest that is at least so many seconds older.
    Ago(i64),
}

impl Asked {
    /// Reads an argument; `option` names it in errors.
    pub(crate) fn parse(text: &str, option: &str) -> Result<Self, Failure> {
        if text == "last" {
            return Ok(Self::Last);
        }
        if let Some(seconds) = duration(text) {
            return Ok(Self::Ago(seconds));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at));
        }
        // A snapshot of a day is as of that day.
        if text.len() == 10
            && let Ok(end) = format!("{text}T23:59:59.999999999Z").parse()
        {
            return Ok(Self::At(end));
        }
        let path = Path::new(text);
        if path.exists() || path.extension().is_some() || text.contains('/') {
            return Ok(Self::File(path.to_owned()));
        }
        Err(Failure::usage(
            format!("{option}: '{text}' is neither a snapshot nor a time"),
            "give a file, 'last', a day (2026-11-17), a time (2026-11-17T06:00:00Z) or an age (7d, 12h)",
        ))
    }

    /// Finds the file. `newer` is the snapshot that it is to be older than.
    pub(crate) fn find(&self, folder: &Folder, newer: Option<&Newer>) -> Result<PathBuf, Failure> {
        if let Self::File(path) = self {
            return Ok(path.clone());
        }
        let all: Vec<Saved> = folder.list()?.into_iter().filter(|saved| fits(saved, newer)).collect();
        let until = match (self, newer) {
            (Self::At(at), _) => Some(*at),
            (Self::Ago(seconds), newer) => {
                let from = newer.map_or_else(Timestamp::now, |newer| newer.scanned_at);
                Some(from - jiff::SignedDuration::from_secs(*seconds))
            }
            _ => None,
        };
        let found = all
            .iter()
            .rfind(|saved| until.is_none_or(|until| saved.scanned_at <= until));
        let oldest = all.first().map(|saved| saved.scanned_at.to_string());
        found.map(|saved| saved.path.clone()).ok_or_else(|| Failure::NotFound {
            asked: "a snapshot".to_owned(),
            because: match (&oldest, newer) {
                (Some(oldest), _) => format!("the oldest in {} is of {oldest}", folder.path().display()),
                (None, Some(_)) => format!("{} has none of this account that is older", folder.path().display()),
                (None, None) => format!("{} has none", folder.path().display()),
            },
            hint: "'whose scan --snapshot' saves one; --snapshots names another folder".to_owned(),
            gaps: false,
        })
    }
}

/// The snapshot that others are compared with.
#[derive(Clone, Debug)]
pub(crate) struct Newer {
    /// `None` for a scan that is not saved.
    pub(crate) path: Option<PathBuf>,
    pub(crate) scanned_at: Timestamp,
    pub(crate) accounts: Vec<String>,
}

impl Newer {
    pub(crate) fn of(path: &Path, head: &Head) -> Self {
        Self {
            path: Some(path.to_owned()),
            scanned_at: head.scanned_at,
            accounts: head.accounts.iter().map(|account| account.id.to_string()).collect(),
        }
    }
}

pub(crate) fn fits(saved: &Saved, newer: Option<&Newer>) -> bool {
    newer.is_none_or(|newer| {
        let itself = newer
            .path
            .as_deref()
            .is_some_and(|path| path.canonicalize().ok() == saved.path.canonicalize().ok());
        let same = saved
            .accounts
            .iter()
            .any(|account| newer.accounts.iter().any(|other| *other == **account));
        !itself && same && saved.scanned_at <= newer.scanned_at
    })
}

/// `7d`, `12h`, `30m`, `2w` in seconds.
fn duration(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    number.parse::<u32>().ok().map(|number| i64::from(number) * seconds)
}

/// Compares the two first lines, before anything is read whole.
pub(crate) fn check_pair(old: &Head, new: &Head) -> Result<(), Failure> {
    if old.scanned_at > new.scanned_at {
        return Err(Failure::usage(
            format!(
                "the first snapshot ({}) is newer than the second ({})",
                old.scanned_at, new.scanned_at
            ),
            "give the older one first",
        ));
    }
    let common = old
        .accounts
        .iter()
        .any(|account| new.accounts.iter().any(|other| other.id == account.id));
    if !common {
        return Err(Failure::usage(
            "the snapshots have no account in common",
            "compare two scans of one account",
        ));
    }
    Ok(())
}

/// What it means that one of two scans does not have an attribute: another version of the tool may not know it.
pub(crate) fn missing(old_tool: &str, new_tool: &str) -> Missing {
    if old_tool == new_tool {
        Missing::Counts
    } else {
        Missing::SaysNothing
    }
}

/// The head of a snapshot.
pub(crate) fn head(path: &Path) -> Result<Head, Failure> {
    Ok(snapshot::head(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_files() {
        let parse = |text: &str| Asked::parse(text, "OLD").expect("known");
        assert_eq!(parse("last"), Asked::Last);
        assert_eq!(parse("7d"), Asked::Ago(604_800));
        assert_eq!(parse("90m"), Asked::Ago(5400));
        assert_eq!(
            parse("2026-11-17"),
            Asked::At("2026-11-17T23:59:59.999999999Z".parse().expect("a time"))
        );
        assert_eq!(
            parse("2026-11-17T06:00:00Z"),
            Asked::At("2026-11-17T06:00:00Z".parse().expect("a time"))
        );
        assert_eq!(parse("old/x"), Asked::File("old/x".into()));
        assert_eq!(parse("x.jsonl.zst"), Asked::File("x.jsonl.zst".into()));
        assert_eq!(
            Asked::parse("yesterday", "OLD").expect_err("unknown").exit(),
            super::super::Exit::Usage
        );
    }
}

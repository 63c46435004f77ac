//! What changed between two scans: in a stable order, silent where either one could not see.

mod changes;
mod compare;
#[cfg(test)]
mod tests;

pub use compare::diff;

use serde::{Deserialize, Serialize};

use super::joined::{Resource, Set};
use crate::ledger::{Ledger, Ownership};
use crate::model::{Account, CellStatus, Live, Symbol, Timestamp, Value};

/// The schema's name; it changes only with a breaking change.
pub const SCHEMA: &str = "whose.diff/1";

/// Everything that changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Diff {
    pub schema: String,
    pub before: Side,
    pub after: Side,
    pub summary: Summary,
    /// Was live, and is not any more; data first, then by kind.
    pub gone: Vec<Gone>,
    /// Has the ARN of an older one, but was made since: the older one is gone.
    pub replaced: Vec<Replaced>,
    #[serde(rename = "new")]
    pub appeared: Vec<Row>,
    pub newly_unmanaged: Vec<Owner>,
    pub newly_shared: Vec<Owner>,
    /// Any other change of owner.
    pub changed_owner: Vec<Owner>,
    /// Settings or tags.
    pub changed: Vec<Changed>,
    /// Sets that were not there, or have grown.
    pub duplicate_sets: Vec<Set>,
    pub states: Vec<StateChange>,
    pub coverage: Vec<CellChange>,
    /// Seen in one scan only, where the other could not see: neither gone nor new.
    pub unsure: Vec<Unsure>,
}

/// One of the two scans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    pub regions: Vec<String>,
    /// Everything that was asked for was seen and read.
    pub complete: bool,
    pub live: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub gone: u64,
    /// Of those: held data.
    pub gone_with_data: u64,
    pub replaced: u64,
    pub new: u64,
    /// Of those: claimed by nobody.
    pub new_unmanaged: u64,
    pub newly_unmanaged: u64,
    pub newly_shared: u64,
    pub changed_owner: u64,
    /// Settings.
    pub changed: u64,
    /// Tags and nothing else.
    pub retagged: u64,
    pub duplicate_sets: u64,
    pub states: u64,
    pub coverage_lost: u64,
    pub coverage_won: u64,
    pub unsure: u64,
}

/// A live resource, as far as a list of changes needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub arn: String,
    pub kind: String,
    pub id: String,
    pub account: String,
    pub region: String,
    pub name: Option<String>,
    pub created_at: Option<Timestamp>,
    pub ownership: Ownership,
    pub projects: Vec<String>,
    /// The ARN of the whole that it lived and died with.
    pub part_of: Option<String>,
}

/// What was live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    #[serde(flatten)]
    pub row: Row,
    pub holds_data: bool,
    /// Its addresses in the states of that time.
    pub claims: Vec<ClaimAt>,
    /// Who used it at that time: labels, with the project where there was one.
    pub used_by: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimAt {
    pub address: String,
    pub source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    #[serde(flatten)]
    pub row: Row,
    pub holds_data: bool,
    pub created_before: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    #[serde(flatten)]
    pub row: Row,
    pub ownership_before: Ownership,
    pub projects_before: Vec<String>,
    /// What else explains it: a state that was not given this time.
    pub because: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    #[serde(flatten)]
    pub row: Row,
    pub attributes: Vec<AttributeChange>,
    pub tags: Vec<TagChange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeChange {
    pub path: String,
    pub old: Value,
    pub new: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagChange {
    pub key: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateEvent {
    /// Another state took the file's place.
    LineageChanged,
    /// An older copy took its place.
    SerialWentBack,
    /// It held claims and holds none: destroyed, or all taken out of it.
    Emptied,
    /// It could be read, and now cannot.
    Unreadable,
    /// It was read then and was not given now.
    NotGiven,
    /// The same state under another name.
    Moved,
    Appeared,
    /// It could not be read, and now can.
    ReadAgain,
    /// Terraform worked.
    Advanced,
}

impl StateEvent {
    /// Says whether a person should look at it.
    #[must_use]
    pub fn is_alarming(self) -> bool {
        matches!(
            self,
            Self::LineageChanged | Self::SerialWentBack | Self::Emptied | Self::Unreadable | Self::NotGiven
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    pub event: StateEvent,
    pub source: String,
    pub old: Option<StateAt>,
    pub new: Option<StateAt>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateAt {
    pub source: String,
    pub lineage: Option<String>,
    pub serial: Option<u64>,
    pub claims: u64,
}

/// A listing that is seen now and was not, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellChange {
    pub kind: String,
    pub account: String,
    pub region: String,
    /// `null`: it was not asked for.
    pub old: Option<CellStatus>,
    pub new: Option<CellStatus>,
}

impl CellChange {
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.old == Some(CellStatus::Listed)
    }
}

/// Resources of one listing that one scan saw and the other could not have seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsure {
    pub kind: String,
    pub account: String,
    pub region: String,
    /// Seen then only.
    pub then: u64,
    /// Seen now only.
    pub now: u64,
    pub old: Option<CellStatus>,
    pub new: Option<CellStatus>,
}

impl Diff {
    /// Says whether nothing changed at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.summary == Summary::default()
    }

    /// Says whether both scans saw everything that they were asked for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.before.complete && self.after.complete
    }
}

impl Row {
    /// A resource of a ledger.
    #[must_use]
    pub fn of(ledger: &Ledger, at: usize) -> Self {
        let entry = &ledger.entries[at];
        let whole = entry.whole.map(|whole| &*ledger.live[whole as usize].arn);
        Self::new(&ledger.live[at], entry.ownership, &entry.projects, whole)
    }

    fn of_joined(one: &Resource) -> Self {
        let standing = &one.standing;
        Self::new(
            &one.live,
            standing.ownership,
            &standing.projects,
            standing.part_of.as_deref(),
        )
    }

    fn new(live: &Live, ownership: Ownership, projects: &[Symbol], part_of: Option<&str>) -> Self {
        Self {
            arn: live.arn.to_string(),
            kind: live.kind.to_string(),
            id: live.id.to_string(),
            account: live.account.to_string(),
            region: live.region.to_string(),
            name: live.name.as_deref().map(str::to_owned),
            created_at: live.created_at,
            ownership,
            projects: names(projects),
            part_of: part_of.map(str::to_owned),
        }
    }
}

fn names(projects: &[Symbol]) -> Vec<String> {
    projects.iter().map(ToString::to_string).collect()
}

//! The joined book: every live resource with its claims, references both ways, wholes and parts, ownership;
//! every claim that matched nothing; the coverage.
//!
//! Pure data and pure functions: no network, no file system, no clock. Everything after it (findings, checks,
//! reports, snapshots) is a function of it, and the order of its inputs changes nothing.

pub mod compare;
pub mod duplicates;
pub mod find;
pub mod fingerprint;
mod index;
mod join;
mod ownership;
pub mod projects;
mod references;
mod sort;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use projects::Projects;

use crate::kinds::facts::Kind;
use crate::model::{Account, Claim, Coverage, Delegate, Live, Scan, State, Symbol, Timestamp};

/// What the ledger is made from.
#[derive(Clone, Debug, Default)]
pub struct Input {
    pub scan: Scan,
    pub states: Vec<State>,
    /// Their `project` is decided by the ledger.
    pub claims: Vec<Claim>,
    pub projects: Projects,
    pub across: duplicates::Across,
}

/// The position of a live resource in [`Ledger::live`].
pub type LiveIndex = u32;
/// The position of a claim in [`Ledger::claims`].
pub type ClaimIndex = u32;

/// The joined book.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    pub regions: Vec<Symbol>,
    pub every_region: bool,
    pub coverage: Coverage,
    pub states: Vec<State>,
    /// By state, then address.
    pub claims: Vec<Claim>,
    /// By kind, account, region, id, ARN.
    pub live: Vec<Live>,
    /// What was found out about each live resource, in the order of `live`.
    pub entries: Vec<Entry>,
    /// Every managed claim that matched no live resource, in the order of `claims`.
    pub unmatched: Vec<Unmatched>,
    pub references: References,
    pub duplicates: Vec<duplicates::DuplicateSet>,
}

/// What was found out about one live resource.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub ownership: Ownership,
    /// Why, where the word alone does not say it: the gap, the default, the sharing.
    pub why: Option<Box<str>>,
    /// Every managed claim on it, by any state.
    pub claims: Vec<Held>,
    /// The projects that claim it, sorted.
    pub projects: Vec<Symbol>,
    /// Other projects that use it, sorted.
    pub used_by_projects: Vec<Symbol>,
    /// The live resource that it lives and dies with.
    pub whole: Option<LiveIndex>,
    /// The system that made and manages it, also where a claim outranks that.
    pub delegate: Option<Box<Delegate>>,
    /// Whose it probably is by its tags, where nobody claims it.
    pub likely_project: Option<Symbol>,
    /// Why nothing uses it, where nobody claims it.
    pub orphan: Option<Box<str>>,
}

/// A claim on a live resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    pub claim: ClaimIndex,
    /// The claim is on a part or setting of it (a rule, a route, an attachment), not on itself.
    pub facet: bool,
}

/// Whose a live resource is; exactly one holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// One project claims it.
    Managed,
    /// Two or more projects or states claim it, or one claims it and another uses it.
    Shared,
    /// Nobody claims it, and everything needed to say so was seen.
    Unmanaged,
    /// Another system made and manages it.
    Delegated,
    /// A default that AWS made.
    AwsMade,
    /// It cannot be said, because of a named gap.
    #[default]
    Undecided,
}

impl Ownership {
    /// All of them, in the order of reports.
    pub const ALL: [Ownership; 6] = [
        Ownership::Managed,
        Ownership::Shared,
        Ownership::Unmanaged,
        Ownership::Delegated,
        Ownership::AwsMade,
        Ownership::Undecided,
    ];

    /// The word in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Ownership::Managed => "managed",
            Ownership::Shared => "shared",
            Ownership::Unmanaged => "unmanaged",
            Ownership::Delegated => "delegated",
            Ownership::AwsMade => "aws_made",
            Ownership::Undecided => "undecided",
        }
    }
}

/// A managed claim that matched no live resource.
#[derive(Clone, Debug)]
pub struct Unmatched {
    pub claim: ClaimIndex,
    pub why: NoMatch,
}

/// Why a claim matched nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMatch {
    /// Its kind and region were fully listed, and it is not there.
    Missing,
    /// Its kind could not be, or was not, listed where it should be. The text names the gap.
    NotSeen(Box<str>),
    /// No kind knows its type, so it was never looked for.
    UnknownType,
    /// Several live resources may be meant.
    Ambiguous(Vec<LiveIndex>),
    /// The claim is a part or setting of something that is itself missing or not seen.
    WholeNotLive,
}

/// One end of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    Live(LiveIndex),
    /// A claim that is no live resource itself: a data source that reads, or a claim that matched nothing.
    Claim(ClaimIndex),
}

/// A resolved reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: Node,
    pub to: LiveIndex,
    /// The attribute that holds it.
    pub via: Symbol,
}

/// All references, readable both ways.
#[derive(Clone, Debug, Default)]
pub struct References {
    /// Sorted by `to`, then `from`, then `via`.
    by_target: Vec<Edge>,
    /// Where each live resource's edges begin in `by_target`; one more than there are resources.
    target_starts: Vec<u32>,
    /// Positions in `by_target`, sorted by `from` (live resources only).
    by_source: Vec<u32>,
    source_starts: Vec<u32>,
}

impl References {
    /// Edges that end at `live`: who uses it.
    #[must_use]
    pub fn used_by(&self, live: LiveIndex) -> &[Edge] {
        let at = live as usize;
        match (self.target_starts.get(at), self.target_starts.get(at + 1)) {
            (Some(from), Some(to)) => &self.by_target[*from as usize..*to as usize],
            _ => &[],
        }
    }

    /// Edges that start at `live`: what it uses.
    pub fn uses(&self, live: LiveIndex) -> impl Iterator<Item = Edge> + '_ {
        let at = live as usize;
        let range = match (self.source_starts.get(at), self.source_starts.get(at + 1)) {
            (Some(from), Some(to)) => *from as usize..*to as usize,
            _ => 0..0,
        };
        self.by_source[range]
            .iter()
            .map(|position| self.by_target[*position as usize])
    }

    /// Every edge.
    #[must_use]
    pub fn all(&self) -> &[Edge] {
        &self.by_target
    }
}

impl Ledger {
    /// Joins what is live with what is claimed.
    #[must_use]
    pub fn new(input: Input) -> Self {
        join::build(input)
    }

    /// The facts of a live resource's kind.
    #[must_use]
    pub fn kind(&self, live: LiveIndex) -> Option<&'static Kind> {
        crate::kinds::kind(&self.live[live as usize].kind)
    }

    /// Claims that are missing: gone, where everything was listed that could have shown them.
    pub fn missing(&self) -> impl Iterator<Item = &Claim> {
        self.unmatched
            .iter()
            .filter(|unmatched| unmatched.why == NoMatch::Missing)
            .map(|unmatched| &self.claims[unmatched.claim as usize])
    }

    /// States that should have been read and were not.
    pub fn state_gaps(&self) -> impl Iterator<Item = &State> {
        self.states.iter().filter(|state| state.is_gap())
    }

    /// Says whether everything that was asked for was seen and read.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.coverage.complete() && self.state_gaps().next().is_none()
    }

    /// The whole of a part, up to the top; the resource itself where it is no part.
    #[must_use]
    pub fn top(&self, live: LiveIndex) -> LiveIndex {
        let mut at = live;
        // A chain of parts is short; the bound guards against a ring in what an API said.
        for _ in 0..8 {
            match self.entries[at as usize].whole {
                Some(whole) => at = whole,
                None => break,
            }
        }
        at
    }

    /// What stands on a resource, directly or through others: what uses it or a part of it, what uses that, and so on.
    /// Parts stand for nothing of their own; their wholes are there. Sorted.
    #[must_use]
    pub fn stands_on(&self, live: LiveIndex) -> Vec<LiveIndex> {
        let own = self.top(live);
        let mut seen = std::collections::BTreeSet::new();
        let mut open = vec![live];
        if own == live {
            open.extend(
                (0..)
                    .zip(&self.entries)
                    .filter(|(_, entry)| entry.whole == Some(live))
                    .map(|(at, _)| at),
            );
        }
        while let Some(at) = open.pop() {
            for edge in self.references.used_by(at) {
                let Node::Live(user) = edge.from else { continue };
                let user = self.top(user);
                if user != live && user != own && seen.insert(user) {
                    open.push(user);
                }
            }
        }
        seen.into_iter().collect()
    }

    /// Finds live resources by ARN, id or name.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<LiveIndex> {
        let hits = |test: &dyn Fn(&Live) -> bool| -> Vec<LiveIndex> {
            (0..)
                .zip(&self.live)
                .filter(|(_, live)| test(live))
                .map(|(at, _)| at)
                .collect()
        };
        let exact = hits(&|live| *live.arn == *text || *live.id == *text || live.keys.iter().any(|key| **key == *text));
        if exact.is_empty() {
            hits(&|live| live.name.as_deref() == Some(text))
        } else {
            exact
        }
    }
}

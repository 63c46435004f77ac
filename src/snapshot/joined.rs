//! A joined scan that is read from the front to the back: what a comparison needs, and nothing to hold in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::SnapshotError;
use super::line::{CLAIM, End, Header, LineIn};
use super::read::{Lines, header, open_again};
use super::write::pack;
use crate::ledger::duplicates::Across;
use crate::ledger::{ClaimIndex, Ledger, LiveIndex, Node, Ownership, Projects};
use crate::model::{Account, Cell, Claim, Coverage, Live, State, Symbol, Timestamp};

/// Everything besides the scan itself that the result of a join depends on: the code, how claims become projects, and
/// how far apart copies may stand. What another version wrote is compared, and need not be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rules(serde_json::Value);

impl Rules {
    #[must_use]
    pub fn new(projects: &Projects, across: Across) -> Self {
        Self(serde_json::json!({ "code": CODE, "projects": projects, "across": across }))
    }
}

/// Stands for the sources of the join (`build.rs`).
const CODE: &str = env!("WHOSE_JOIN");

/// What the join said of one live resource.
///
/// Other resources and claims are named by their positions in the file, because most of them are never asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub ownership: Ownership,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<Symbol>,
    /// The ARN of the whole that it lives and dies with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Box<str>>,
    /// The states that claim it, then those that claim its whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimIndex>,
    /// Live resources that refer to it, its own parts aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<LiveIndex>,
    /// Claims that refer to it and are no live resource: data sources that read it, and claims that matched nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named_by: Vec<ClaimIndex>,
}

impl Standing {
    /// Takes it from the ledger.
    pub(super) fn of(ledger: &Ledger, at: usize) -> Self {
        let entry = &ledger.entries[at];
        let own = u32::try_from(at).unwrap_or(u32::MAX);
        let top = ledger.top(own);
        let mut states: Vec<u32> = entry
            .claims
            .iter()
            .chain(&ledger.entries[top as usize].claims)
            .map(|held| ledger.claims[held.claim as usize].state)
            .collect();
        states.dedup();
        let (mut used_by, mut named_by) = (Vec::new(), Vec::new());
        for edge in ledger.references.used_by(own) {
            match edge.from {
                Node::Live(user) if ledger.top(user) == top => {}
                Node::Live(user) => used_by.push(user),
                Node::Claim(claim) => named_by.push(claim),
            }
        }
        used_by.dedup();
        named_by.dedup();
        Self {
            ownership: entry.ownership,
            projects: entry.projects.clone(),
            part_of: entry.whole.map(|whole| ledger.live[whole as usize].arn.clone()),
            states,
            claims: entry.claims.iter().map(|held| held.claim).collect(),
            used_by,
            named_by,
        }
    }
}

/// A duplicate set, by ARNs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Set {
    /// The first stack is the original.
    pub decided: bool,
    pub stacks: Vec<Vec<String>>,
}

impl Set {
    pub(super) fn all_of(ledger: &Ledger) -> impl Iterator<Item = Self> {
        let arn = |at: &LiveIndex| ledger.live[*at as usize].arn.to_string();
        ledger.duplicates.iter().map(move |set| Self {
            decided: set.decided,
            stacks: set
                .stacks
                .iter()
                .map(|stack| stack.members.iter().map(arn).collect())
                .collect(),
        })
    }
}

/// What stands before the live resources.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) scanned_at: Timestamp,
    pub(super) accounts: Vec<Account>,
    pub(super) regions: Vec<Symbol>,
    pub(super) coverage: Coverage,
    pub(super) states: Vec<State>,
    pub(super) sets: Vec<Set>,
}

impl Front {
    /// As [`Ledger::complete`].
    pub(super) fn complete(&self) -> bool {
        self.coverage.complete() && !self.states.iter().any(State::is_gap)
    }
}

/// One live resource.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) live: Live,
    pub(super) standing: Standing,
}

/// A line with what the join said.
type Line = LineIn<Set, Box<Standing>>;

/// A joined scan: its front, then its live resources one after the other, then names of what they mention.
pub struct Joined {
    source: Source,
    front: Front,
    lines: Lines<'static>,
    /// Lines that were parsed and not asked for yet.
    ahead: VecDeque<Part>,
    /// Lines that were taken from there.
    line: u64,
    /// What they held.
    read: End,
    end: Option<End>,
    /// Lines before the first live resource.
    head: u64,
}

/// Where the text is; it can be read again.
enum Source {
    /// Kept open: a file that takes its place meanwhile is another one.
    File(File, PathBuf),
    Memory(Arc<[u8]>, PathBuf),
}

impl Source {
    fn path(&self) -> &Path {
        match self {
            Self::File(_, path) | Self::Memory(_, path) => path,
        }
    }

    /// The text from its start.
    fn reader(&self) -> Result<Box<dyn Read + Send>, SnapshotError> {
        match self {
            Self::Memory(text, _) => Ok(Box::new(Cursor::new(Arc::clone(text)))),
            Self::File(file, path) => {
                let again = file.try_clone().and_then(|mut file| file.rewind().map(|()| file));
                again
                    .map(|file| Box::new(file) as Box<dyn Read + Send>)
                    .map_err(|source| SnapshotError::Read {
                        path: path.clone(),
                        source,
                    })
            }
        }
    }

    fn lines(&self) -> Result<Lines<'static>, SnapshotError> {
        Lines::new(self.reader()?, self.path())
    }
}

/// A parsed line.
enum Part {
    Header,
    State(Box<State>),
    Cell(Box<Cell>),
    Set(Set),
    Live(Box<Resource>),
    Claim,
    End(End),
}

impl Part {
    /// A claim is passed by where a sum over the whole text tells whether it is damaged.
    fn parse(line: &[u8], has_sum: bool) -> Option<Self> {
        if line.starts_with(CLAIM) && has_sum {
            return Some(Self::Claim);
        }
        let line = Line::parse(line)?;
        Some(match line {
            LineIn {
                live: Some(live),
                joined: Some(standing),
                ..
            } => Self::Live(Box::new(Resource {
                live: *live,
                standing: *standing,
            })),
            LineIn { header: Some(_), .. } => Self::Header,
            LineIn { state: Some(one), .. } => Self::State(one),
            LineIn { claim: Some(_), .. } => Self::Claim,
            LineIn { cell: Some(one), .. } => Self::Cell(one),
            LineIn { set: Some(one), .. } => Self::Set(one),
            LineIn { end: Some(one), .. } => Self::End(one),
            _ => return None,
        })
    }
}

impl Joined {
    /// Opens a snapshot; `None` where it does not hold what this build would say by these rules.
    ///
    /// # Errors
    /// Where the file cannot be read or is none. Whether it is whole is seen only when it was read to its end.
    pub fn open(path: &Path, rules: &Rules) -> Result<Option<Self>, SnapshotError> {
        let joined_by = |header: &Header| header.joined.as_ref() == Some(rules);
        Self::start(Source::File(open_again(path)?, path.to_owned()), &joined_by)
    }

    /// A ledger, made ready to be compared.
    ///
    /// # Errors
    /// None in practice: it is written to memory and read from there.
    pub fn of(ledger: &Ledger) -> Result<Self, SnapshotError> {
        let name = PathBuf::from("the joined scan");
        let text = pack(ledger, &Rules::default()).map_err(|source| SnapshotError::Write {
            path: name.clone(),
            source,
        })?;
        let joined = Self::start(Source::Memory(text.into(), name.clone()), &|_| true)?;
        joined.ok_or(SnapshotError::Foreign { path: name })
    }

    fn start(source: Source, joined_by: &dyn Fn(&Header) -> bool) -> Result<Option<Self>, SnapshotError> {
        let header = header(source.reader()?, source.path())?;
        if !joined_by(&header) {
            return Ok(None);
        }
        let mut joined = Self {
            front: Front {
                scanned_at: header.scanned_at,
                accounts: header.accounts,
                regions: header.regions,
                coverage: Coverage::default(),
                states: Vec::new(),
                sets: Vec::new(),
            },
            lines: source.lines()?,
            source,
            ahead: VecDeque::new(),
            line: 0,
            read: End::default(),
            end: None,
            head: 0,
        };
        joined.read_front()?;
        Ok(Some(joined))
    }

    fn read_front(&mut self) -> Result<(), SnapshotError> {
        while let Some(part) = self.part()? {
            match part {
                Part::Header if self.line == 1 => {}
                Part::State(state) => self.front.states.push(*state),
                Part::Cell(cell) => {
                    self.read.cells += 1;
                    self.front.coverage.enter(*cell);
                }
                Part::Set(set) => self.front.sets.push(set),
                other => {
                    self.ahead.push_front(other);
                    self.line -= 1;
                    break;
                }
            }
        }
        self.head = self.line;
        self.read.states = self.front.states.len() as u64;
        self.read.sets = self.front.sets.len() as u64;
        Ok(())
    }

    fn part(&mut self) -> Result<Option<Part>, SnapshotError> {
        if self.ahead.is_empty() {
            let has_sum = self.lines.has_sum();
            self.ahead = self.lines.next(|_, line| Part::parse(line, has_sum))?.into();
        }
        let part = self.ahead.pop_front();
        self.line += u64::from(part.is_some());
        Ok(part)
    }

    pub(super) fn front(&self) -> &Front {
        &self.front
    }

    /// Live resources that were read so far.
    pub(super) fn live(&self) -> u64 {
        self.read.live
    }

    /// The next live resource; `None` when the file was read to its end, and is whole.
    pub(super) fn next(&mut self) -> Result<Option<Resource>, SnapshotError> {
        while let Some(part) = self.part()? {
            match part {
                Part::Live(one) if self.read.claims == 0 && self.end.is_none() => {
                    self.read.live += 1;
                    return Ok(Some(*one));
                }
                Part::Claim if self.end.is_none() => self.read.claims += 1,
                Part::End(end) if self.end.is_none() => self.end = Some(end),
                _ => return Err(self.misplaced()),
            }
        }
        self.lines.check_end(self.end, self.read)?;
        Ok(None)
    }

    /// The error for what was read last, where it is not where it belongs.
    pub(super) fn misplaced(&self) -> SnapshotError {
        self.lines.damaged(self.line - 1)
    }

    /// Reads again, for the names of some resources and claims. All live resources must have been read.
    pub(super) fn names(&self, mut wanted: Wanted) -> Result<Names, SnapshotError> {
        let mut names = Names::default();
        wanted.live.sort_unstable();
        wanted.live.dedup();
        wanted.claims.sort_unstable();
        wanted.claims.dedup();
        let position = |line: u64, first: u64, wanted: &[u32]| {
            let at = u32::try_from(line.checked_sub(first)?).ok()?;
            wanted.binary_search(&at).ok().map(|_| at)
        };
        let (first_live, first_claim) = (self.head, self.head + self.read.live);
        let is_found =
            |names: &Names| names.live.len() == wanted.live.len() && names.claims.len() == wanted.claims.len();
        let mut lines = self.source.lines()?;
        while !is_found(&names) {
            let found = lines.next(|line, text| {
                let claim = position(line, first_claim, &wanted.claims);
                let live = position(line, first_live, &wanted.live).filter(|_| line < first_claim);
                match claim.or(live) {
                    Some(at) => Line::parse(text).map(|parsed| Some((at, parsed))),
                    None => Some(None),
                }
            })?;
            if found.is_empty() {
                // It was not so when it was read before.
                return Err(self.misplaced());
            }
            for (at, line) in found.into_iter().flatten() {
                if let Some(claim) = line.claim {
                    names.claims.insert(at, *claim);
                } else if let (Some(live), Some(standing)) = (line.live, line.joined) {
                    names
                        .live
                        .insert(at, (live.label(), standing.projects.first().copied()));
                }
            }
        }
        Ok(names)
    }
}

/// Whose names are asked for, by their positions.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) live: Vec<LiveIndex>,
    pub(super) claims: Vec<ClaimIndex>,
}

/// Names, by positions.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// With the first of its projects.
    pub(super) live: FxHashMap<LiveIndex, (String, Option<Symbol>)>,
    pub(super) claims: FxHashMap<ClaimIndex, Claim>,
}

//! What changed between two scans: pure, in a stable order, silent where either one could not see.
//!
//! The older scan is a whole ledger, because what is gone must be told with its owner and its users; of the newer one
//! a [`Book`] is enough, so that two scans of a million resources need not stand in memory side by side.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::kinds::{is_described, kind};
use crate::ledger::compare::{Missing, differences};
use crate::ledger::{Ledger, LiveIndex, Node, Ownership};
use crate::model::{Account, Cell, CellStatus, Coverage, Live, State, StateStatus, Symbol, Tags, Timestamp, Value};

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
    pub duplicate_sets: Vec<Duplicates>,
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

/// A duplicate set that was not there, or has grown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicates {
    /// The first is the original.
    pub decided: bool,
    /// ARNs, stack by stack.
    pub stacks: Vec<Vec<String>>,
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

/// A joined scan without what no comparison needs.
#[derive(Clone, Debug, Default)]
pub struct Book {
    scanned_at: Timestamp,
    accounts: Vec<Account>,
    regions: Vec<Symbol>,
    complete: bool,
    coverage: Coverage,
    states: Vec<State>,
    /// In the order of the ledger.
    live: Vec<Live>,
    entries: Vec<Lean>,
    duplicates: Vec<(bool, Vec<Vec<LiveIndex>>)>,
}

#[derive(Clone, Debug)]
struct Lean {
    ownership: Ownership,
    projects: Box<[Symbol]>,
    whole: Option<LiveIndex>,
}

impl Book {
    /// Keeps of a ledger what a comparison needs.
    #[must_use]
    pub fn of(ledger: Ledger) -> Self {
        let complete = ledger.complete();
        let mut live = ledger.live;
        for one in &mut live {
            one.references = Vec::new();
            one.observed = crate::model::Configuration::new();
        }
        Self {
            scanned_at: ledger.scanned_at,
            accounts: ledger.accounts,
            regions: ledger.regions,
            complete,
            coverage: ledger.coverage,
            states: ledger.states,
            live,
            entries: ledger
                .entries
                .into_iter()
                .map(|entry| Lean {
                    ownership: entry.ownership,
                    projects: entry.projects.into(),
                    whole: entry.whole,
                })
                .collect(),
            duplicates: ledger
                .duplicates
                .into_iter()
                .map(|set| (set.decided, set.stacks.into_iter().map(|stack| stack.members).collect()))
                .collect(),
        }
    }
}

/// Compares an older scan with a newer one.
#[must_use]
pub fn diff(old: &Ledger, new: &Book, missing: Missing) -> Diff {
    let mut diff = Diff {
        schema: SCHEMA.to_owned(),
        before: Side {
            scanned_at: old.scanned_at,
            accounts: old.accounts.clone(),
            regions: old.regions.iter().map(ToString::to_string).collect(),
            complete: old.complete(),
            live: old.live.len() as u64,
        },
        after: Side {
            scanned_at: new.scanned_at,
            accounts: new.accounts.clone(),
            regions: new.regions.iter().map(ToString::to_string).collect(),
            complete: new.complete,
            live: new.live.len() as u64,
        },
        summary: Summary::default(),
        gone: Vec::new(),
        replaced: Vec::new(),
        appeared: Vec::new(),
        newly_unmanaged: Vec::new(),
        newly_shared: Vec::new(),
        changed_owner: Vec::new(),
        changed: Vec::new(),
        duplicate_sets: duplicates(old, new),
        states: states(&old.states, &new.states),
        coverage: coverage(&old.coverage, &new.coverage),
        unsure: Vec::new(),
    };
    let mut unsure = BTreeMap::new();
    merge(old, new, |pair| match pair {
        Pair::Old(at) => {
            let live = &old.live[at];
            let seen = cells(old, new, live);
            if seen == (Some(CellStatus::Listed), Some(CellStatus::Listed)) {
                diff.gone.push(gone(old, at));
            } else {
                unsure
                    .entry((live.kind, live.account, live.region))
                    .or_insert((0, 0, seen))
                    .0 += 1;
            }
        }
        Pair::New(at) => {
            let live = &new.live[at];
            let seen = cells(old, new, live);
            if seen.0 == Some(CellStatus::Listed) {
                diff.appeared.push(row_of_new(new, at));
            } else {
                unsure
                    .entry((live.kind, live.account, live.region))
                    .or_insert((0, 0, seen))
                    .1 += 1;
            }
        }
        Pair::Both(then, now) => both(old, then, new, now, missing, &mut diff),
    });
    diff.unsure = unsure
        .into_iter()
        .map(|((kind, account, region), (then, now, (old, new)))| Unsure {
            kind: kind.to_string(),
            account: account.to_string(),
            region: region.to_string(),
            then,
            now,
            old,
            new,
        })
        .collect();
    diff.gone.sort_by_key(|gone| !gone.holds_data);
    diff.replaced.sort_by_key(|replaced| !replaced.holds_data);
    diff.summary = summary(&diff);
    diff
}

fn summary(diff: &Diff) -> Summary {
    let unmanaged = |row: &&Row| row.ownership == Ownership::Unmanaged && row.part_of.is_none();
    Summary {
        gone: diff.gone.len() as u64,
        gone_with_data: diff.gone.iter().filter(|gone| gone.holds_data).count() as u64,
        replaced: diff.replaced.len() as u64,
        new: diff.appeared.len() as u64,
        new_unmanaged: diff.appeared.iter().filter(unmanaged).count() as u64,
        newly_unmanaged: diff.newly_unmanaged.len() as u64,
        newly_shared: diff.newly_shared.len() as u64,
        changed_owner: diff.changed_owner.len() as u64,
        changed: diff.changed.iter().filter(|one| !one.attributes.is_empty()).count() as u64,
        retagged: diff.changed.iter().filter(|one| one.attributes.is_empty()).count() as u64,
        duplicate_sets: diff.duplicate_sets.len() as u64,
        states: diff.states.len() as u64,
        coverage_lost: diff.coverage.iter().filter(|cell| cell.is_lost()).count() as u64,
        coverage_won: diff.coverage.iter().filter(|cell| !cell.is_lost()).count() as u64,
        unsure: diff.unsure.iter().map(|unsure| unsure.then + unsure.now).sum(),
    }
}

/// A resource of the old scan, of the new one, or of both.
enum Pair {
    Old(usize),
    New(usize),
    Both(usize, usize),
}

/// Walks both lists, which have one order.
fn merge(old: &Ledger, new: &Book, mut visit: impl FnMut(Pair)) {
    fn key(live: &Live) -> (Symbol, Symbol, Symbol, &str, &str) {
        (live.kind, live.account, live.region, &live.id, &live.arn)
    }
    let (mut then, mut now) = (0, 0);
    loop {
        let order = match (old.live.get(then), new.live.get(now)) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => key(one).cmp(&key(other)),
        };
        match order {
            Ordering::Less => visit(Pair::Old(then)),
            Ordering::Greater => visit(Pair::New(now)),
            Ordering::Equal => visit(Pair::Both(then, now)),
        }
        then += usize::from(order != Ordering::Greater);
        now += usize::from(order != Ordering::Less);
    }
}

type Seen = (Option<CellStatus>, Option<CellStatus>);

/// How the listing of a resource's kind and place ended, then and now.
fn cells(old: &Ledger, new: &Book, live: &Live) -> Seen {
    let status = |coverage: &Coverage| {
        coverage
            .cell(live.kind, live.account, live.region)
            .map(|cell| cell.status)
    };
    (status(&old.coverage), status(&new.coverage))
}

fn row(live: &Live, ownership: Ownership, projects: &[Symbol], whole: Option<&Live>) -> Row {
    Row {
        arn: live.arn.to_string(),
        kind: live.kind.to_string(),
        id: live.id.to_string(),
        account: live.account.to_string(),
        region: live.region.to_string(),
        name: live.name.as_deref().map(str::to_owned),
        created_at: live.created_at,
        ownership,
        projects: names(projects),
        part_of: whole.map(|whole| whole.arn.to_string()),
    }
}

/// A resource of a ledger, as lists of changes have it.
#[must_use]
pub fn row_of(ledger: &Ledger, at: usize) -> Row {
    let entry = &ledger.entries[at];
    let whole = entry.whole.map(|whole| &ledger.live[whole as usize]);
    row(&ledger.live[at], entry.ownership, &entry.projects, whole)
}

fn names(projects: &[Symbol]) -> Vec<String> {
    projects.iter().map(ToString::to_string).collect()
}

fn row_of_new(new: &Book, at: usize) -> Row {
    let entry = &new.entries[at];
    let whole = entry.whole.map(|whole| &new.live[whole as usize]);
    row(&new.live[at], entry.ownership, &entry.projects, whole)
}

fn holds_data(live: &Live) -> bool {
    kind(&live.kind).is_some_and(|kind| kind.holds_data)
}

fn gone(old: &Ledger, at: usize) -> Gone {
    let (live, entry) = (&old.live[at], &old.entries[at]);
    let own = u32::try_from(at).unwrap_or(u32::MAX);
    let mut used_by = BTreeSet::new();
    for edge in old.references.used_by(own) {
        used_by.insert(match edge.from {
            // Its own parts are no users.
            Node::Live(user) if old.top(user) == old.top(own) => continue,
            Node::Live(user) => with_project(
                &old.live[user as usize].label(),
                old.entries[user as usize].projects.first(),
            ),
            Node::Claim(claim) => {
                let claim = &old.claims[claim as usize];
                with_project(&claim.address, Some(&claim.project))
            }
        });
    }
    Gone {
        row: row(
            live,
            entry.ownership,
            &entry.projects,
            entry.whole.map(|whole| &old.live[whole as usize]),
        ),
        holds_data: holds_data(live),
        claims: entry
            .claims
            .iter()
            .map(|held| {
                let claim = &old.claims[held.claim as usize];
                ClaimAt {
                    address: claim.address.to_string(),
                    source: old.states[claim.state as usize].source.clone(),
                }
            })
            .collect(),
        used_by: used_by.into_iter().collect(),
    }
}

fn with_project(label: &str, project: Option<&Symbol>) -> String {
    match project {
        Some(project) => format!("{label} of {project}"),
        None => label.to_owned(),
    }
}

/// A resource that both scans saw.
fn both(old: &Ledger, then: usize, new: &Book, now: usize, missing: Missing, diff: &mut Diff) {
    let (before, after) = (&old.live[then], &new.live[now]);
    if let Some(created_before) = remade(before, after) {
        diff.replaced.push(Replaced {
            row: row_of_new(new, now),
            holds_data: holds_data(before),
            created_before,
        });
    }
    owner(old, then, new, now, diff);
    let attributes: Vec<AttributeChange> = if before.configuration == after.configuration {
        Vec::new()
    } else {
        kind(&before.kind).map_or_else(Vec::new, |kind| {
            // What could not be asked for is not gone.
            let missing = if before.is_wholly_seen() && after.is_wholly_seen() {
                missing
            } else {
                Missing::SaysNothing
            };
            differences(kind, &before.configuration, &after.configuration, missing)
                .into_iter()
                .map(|found| AttributeChange {
                    path: found.attribute.path.to_owned(),
                    old: found.before,
                    new: found.after,
                })
                .collect()
        })
    };
    let tags = retagged(&before.tags, &after.tags);
    if !attributes.is_empty() || !tags.is_empty() {
        diff.changed.push(Changed {
            row: row_of_new(new, now),
            attributes,
            tags,
        });
    }
}

/// When the older one was made, where the newer one is another with the same ARN.
///
/// Only for kinds whose time of creation is known to be one: elsewhere it may be that of the last change.
fn remade(before: &Live, after: &Live) -> Option<Timestamp> {
    let (then, now) = (before.created_at?, after.created_at?);
    (now > then && is_described(&before.kind)).then_some(then)
}

fn owner(old: &Ledger, then: usize, new: &Book, now: usize, diff: &mut Diff) {
    let (before, after) = (&old.entries[then], &new.entries[now]);
    let same = before.ownership == after.ownership && *before.projects == *after.projects;
    // A part changes hands with its whole; across a gap nobody can say whose it was, or is.
    if same
        || after.whole.is_some()
        || before.ownership == Ownership::Undecided
        || after.ownership == Ownership::Undecided
    {
        return;
    }
    let change = Owner {
        row: row_of_new(new, now),
        ownership_before: before.ownership,
        projects_before: names(&before.projects),
        because: not_given(old, then, new),
    };
    let list = match after.ownership {
        Ownership::Unmanaged => &mut diff.newly_unmanaged,
        Ownership::Shared if before.ownership != Ownership::Shared => &mut diff.newly_shared,
        _ => &mut diff.changed_owner,
    };
    list.push(change);
}

/// The state that claimed a resource then and was not read now.
fn not_given(old: &Ledger, then: usize, new: &Book) -> Option<String> {
    let top = old.top(u32::try_from(then).unwrap_or(u32::MAX)) as usize;
    let claims = old.entries[then].claims.iter().chain(&old.entries[top].claims);
    let mut states: Vec<&State> = claims
        .map(|held| &old.states[old.claims[held.claim as usize].state as usize])
        .collect();
    states.dedup_by(|a, b| a.source == b.source);
    let gone = states.into_iter().find(|state| {
        !new.states.iter().any(|other| {
            other.status == StateStatus::Read
                && (other.source == state.source || (other.lineage.is_some() && other.lineage == state.lineage))
        })
    })?;
    Some(format!("the state {} was not read this time", gone.source))
}

fn retagged(before: &Tags, after: &Tags) -> Vec<TagChange> {
    if before == after {
        return Vec::new();
    }
    let keys: BTreeSet<&str> = before.iter().chain(after.iter()).map(|(key, _)| key).collect();
    keys.into_iter()
        .filter(|key| before.get(key) != after.get(key))
        .map(|key| TagChange {
            key: key.to_owned(),
            old: before.get(key).map(str::to_owned),
            new: after.get(key).map(str::to_owned),
        })
        .collect()
}

/// Sets with a member that no set had before.
fn duplicates(old: &Ledger, new: &Book) -> Vec<Duplicates> {
    let known: FxHashSet<&str> = old
        .duplicates
        .iter()
        .flat_map(|set| &set.stacks)
        .flat_map(|stack| &stack.members)
        .map(|at| &*old.live[*at as usize].arn)
        .collect();
    let arns = |members: &Vec<LiveIndex>| -> Vec<String> {
        members
            .iter()
            .map(|at| new.live[*at as usize].arn.to_string())
            .collect()
    };
    new.duplicates
        .iter()
        .map(|(decided, stacks)| Duplicates {
            decided: *decided,
            stacks: stacks.iter().map(arns).collect(),
        })
        .filter(|set| set.stacks.iter().flatten().any(|arn| !known.contains(arn.as_str())))
        .collect()
}

fn states(old: &[State], new: &[State]) -> Vec<StateChange> {
    let at = |state: &State| StateAt {
        source: state.source.clone(),
        lineage: state.lineage.clone(),
        serial: state.serial,
        claims: state.claims,
    };
    let change = |event, old: Option<&State>, new: Option<&State>| StateChange {
        event,
        source: new.or(old).map(|state| state.source.clone()).unwrap_or_default(),
        old: old.map(at),
        new: new.map(at),
    };
    let is_read = |state: &&State| state.status == StateStatus::Read;
    let mut changes = Vec::new();
    let mut met: BTreeSet<&str> = BTreeSet::new();
    for before in old {
        let here = new.iter().find(|after| after.source == before.source);
        let kin = new
            .iter()
            .filter(is_read)
            .find(|after| after.lineage.is_some() && after.lineage == before.lineage);
        met.extend(here.map(|state| state.source.as_str()));
        met.extend(kin.map(|state| state.source.as_str()));
        match (before.status, here) {
            (StateStatus::Read, Some(after)) if after.is_gap() => {
                changes.push(change(StateEvent::Unreadable, Some(before), here));
            }
            (StateStatus::Unreadable | StateStatus::Empty, Some(after)) if !after.is_gap() => {
                changes.push(change(StateEvent::ReadAgain, Some(before), here));
            }
            (StateStatus::Read, Some(after))
                if before.lineage.is_some() && after.lineage.is_some() && before.lineage != after.lineage =>
            {
                changes.push(change(StateEvent::LineageChanged, Some(before), here));
            }
            (StateStatus::Read, None) if kin.is_none() => {
                changes.push(change(StateEvent::NotGiven, Some(before), None));
            }
            _ => {}
        }
        let Some(after) = kin.filter(|_| before.status == StateStatus::Read) else {
            continue;
        };
        let event = match after.serial.cmp(&before.serial) {
            Ordering::Less => StateEvent::SerialWentBack,
            Ordering::Greater if before.claims > 0 && after.claims == 0 => StateEvent::Emptied,
            Ordering::Greater => StateEvent::Advanced,
            Ordering::Equal if here.is_none() => StateEvent::Moved,
            Ordering::Equal => continue,
        };
        changes.push(change(event, Some(before), kin));
    }
    for after in new.iter().filter(|after| !met.contains(after.source.as_str())) {
        changes.push(change(StateEvent::Appeared, None, Some(after)));
    }
    changes.sort_by(|a, b| (a.event, &a.source).cmp(&(b.event, &b.source)));
    changes
}

fn coverage(old: &Coverage, new: &Coverage) -> Vec<CellChange> {
    let key = |cell: &Cell| (cell.kind, cell.account, cell.region);
    let keys: BTreeSet<(Symbol, Symbol, Symbol)> = old.cells().chain(new.cells()).map(key).collect();
    keys.into_iter()
        .filter_map(|(kind, account, region)| {
            let status = |coverage: &Coverage| coverage.cell(kind, account, region).map(|cell| cell.status);
            let (before, after) = (status(old), status(new));
            let listed = |status| status == Some(CellStatus::Listed);
            (listed(before) != listed(after)).then(|| CellChange {
                kind: kind.to_string(),
                account: account.to_string(),
                region: region.to_string(),
                old: before,
                new: after,
            })
        })
        .collect()
}

/// The kinds of a list of things to build again, each after those that it refers to.
///
/// What a claim refers to stands in the ledger's references where it was live; the order of what is gone follows from
/// those alone, because a resource can only refer to what was there before it.
#[must_use]
pub fn in_order_of_building(old: &Ledger, gone: &[usize]) -> Vec<usize> {
    let members: FxHashSet<usize> = gone.iter().copied().collect();
    let mut placed: FxHashSet<usize> = FxHashSet::default();
    let mut order = Vec::with_capacity(gone.len());
    let mut open: FxHashSet<usize> = FxHashSet::default();
    // Depth first; a ring (two groups that name each other) is entered where it is met first.
    let mut stack: Vec<(usize, bool)> = gone.iter().rev().map(|at| (*at, false)).collect();
    while let Some((at, left)) = stack.pop() {
        if left {
            open.remove(&at);
            if placed.insert(at) {
                order.push(at);
            }
            continue;
        }
        if placed.contains(&at) || !open.insert(at) {
            continue;
        }
        stack.push((at, true));
        let mut needs: Vec<usize> = old
            .references
            .uses(u32::try_from(at).unwrap_or(u32::MAX))
            .map(|edge| edge.to as usize)
            .filter(|to| members.contains(to) && !placed.contains(to))
            .collect();
        needs.sort_unstable();
        needs.dedup();
        stack.extend(needs.into_iter().rev().map(|to| (to, false)));
    }
    order
}

#[cfg(test)]
mod tests;

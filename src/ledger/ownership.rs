//! Whose each live resource is, from its claims, its whole, its origin, and what could not be seen.

use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::kinds::facts::Usage;
use crate::model::coverage::{STACK_RESOURCES, TAGS};
use crate::model::live::UNCLASSIFIED;
use crate::model::{Cell, CellStatus, Coverage, Delegate, Live, Origin, Symbol};

use super::index::{GLOBAL, Index};
use super::projects::Voices;
use super::{ClaimIndex, Entry, Held, Ledger, LiveIndex, NoMatch, Node, Ownership, Projects};

pub(super) fn decide(ledger: &mut Ledger, projects: &Projects, voices: &[Voices]) {
    claimants(ledger);
    let reason = state_gap(ledger);
    let disputed = disputed(ledger);
    let mut entries = std::mem::take(&mut ledger.entries);
    entries.par_iter_mut().enumerate().for_each(|(at, entry)| {
        by_itself(ledger, at, entry, reason.as_deref(), &disputed, projects);
    });
    ledger.entries = entries;
    users(ledger, voices);
    parts(ledger);
    orphans(ledger);
}

/// Finds the whole of each part.
pub(super) fn wholes(live: &[Live], index: &Index<'_>) -> Vec<(usize, LiveIndex)> {
    live.par_iter()
        .enumerate()
        .filter_map(|(at, one)| {
            let part = one.part_of.as_ref()?;
            let whole = index.near(&[part.kind.as_str()], &part.whole, one.account, one.region)?;
            (whole as usize != at).then_some((at, whole))
        })
        .collect()
}

/// The projects that claim each resource.
fn claimants(ledger: &mut Ledger) {
    let claims = &ledger.claims;
    for entry in &mut ledger.entries {
        entry.claims.sort_unstable();
        let mut projects: Vec<Symbol> = entry
            .claims
            .iter()
            .map(|held| claims[held.claim as usize].project)
            .collect();
        projects.sort_unstable();
        projects.dedup();
        entry.projects = projects;
    }
}

/// Why nothing may be called unmanaged, where a state is not known.
fn state_gap(ledger: &Ledger) -> Option<String> {
    if ledger.states.is_empty() {
        return Some("no Terraform state was given".to_owned());
    }
    let mut gaps = ledger.state_gaps().map(|state| state.source.as_str());
    let first = gaps.next()?;
    let more = gaps.count();
    Some(if more == 0 {
        format!("the state {first} could not be used and may claim it")
    } else {
        format!("the state {first} and {more} more does not count and may claim it")
    })
}

/// Why an unclaimed resource may not be called unmanaged, where a listing has a gap.
///
/// Of its own kind: what was to be said of it last (its tags, what it is part of) may be what is missing. Of the kind of
/// its whole: the whole may be claimed, and was not seen.
fn listing_gap(ledger: &Ledger, live: &Live, whole_found: bool) -> Option<String> {
    let unseen = |kind: Symbol| {
        let mut cells = ledger
            .coverage
            .of_kind(kind)
            .filter(|cell| cell.account == live.account && (cell.region == live.region || cell.region == GLOBAL))
            .peekable();
        if cells.peek().is_none() {
            return Some(format!("{kind} in {} was not listed", live.region));
        }
        let gap = cells.find(|cell| cell.status != CellStatus::Listed)?;
        Some(format!("{kind} in {} is {}", gap.region, gap.status.word()))
    };
    let part = live.part_of.as_ref().filter(|_| !whole_found);
    let of_whole = part.filter(|part| !part.kind.as_str().is_empty()).and_then(|part| {
        let gap = unseen(part.kind)?;
        Some(format!("it is part of {}, and {gap}", part.whole))
    });
    let own = || {
        let own = ledger.coverage.cell(live.kind, live.account, live.region)?;
        (own.status != CellStatus::Listed).then(|| format!("{} in {} is {}", own.kind, own.region, own.status.word()))
    };
    of_whole.or_else(own).or_else(|| maker_gap(ledger, live))
}

/// Why it cannot be said that no other system made it: where its tags, or what stacks hold, were not seen.
fn maker_gap(ledger: &Ledger, live: &Live) -> Option<String> {
    if live.kind == UNCLASSIFIED {
        return Some("only its tags are known: no kind lists it".to_owned());
    }
    let kind = crate::kinds::kind(&live.kind);
    // Described kinds bring their own tags.
    let tags = live.tags.is_empty() && !crate::kinds::is_described(&live.kind);
    let stacks = kind.is_some_and(|kind| !kind.cloudformation.is_empty());
    let mut asked = [(tags, TAGS), (stacks, STACK_RESOURCES)].into_iter();
    asked.find_map(|(matters, what)| matters.then(|| unseen_beside(ledger, what, live)).flatten())
}

/// Why what is asked beside the kinds was not seen where `live` is; `None` also where it was never asked.
fn unseen_beside(ledger: &Ledger, what: Symbol, live: &Live) -> Option<String> {
    let mut asked = ledger
        .coverage
        .of_kind(what)
        .filter(|cell| cell.account == live.account)
        .peekable();
    asked.peek()?;
    let of_region = |cell: &&Cell| live.region == GLOBAL || cell.region == live.region;
    let mut seen = asked.filter(of_region).peekable();
    if seen.peek().is_none() {
        return Some(format!("{what} in {} was not listed", live.region));
    }
    let gap = seen.find(|cell| cell.status != CellStatus::Listed);
    gap.map(|gap| format!("{what} in {} is {}", gap.region, gap.status.word()))
}

/// Resources that a claim may mean without saying which.
fn disputed(ledger: &Ledger) -> FxHashMap<LiveIndex, String> {
    let mut disputed = FxHashMap::default();
    for unmatched in &ledger.unmatched {
        let NoMatch::Ambiguous(several) = &unmatched.why else {
            continue;
        };
        let claim = &ledger.claims[unmatched.claim as usize];
        for at in several {
            disputed.entry(*at).or_insert_with(|| {
                format!(
                    "{} may be this one or one of {} others with the same id",
                    claim.address,
                    several.len() - 1
                )
            });
        }
    }
    disputed
}

/// Whose a resource is, by its claims and its origin alone.
fn by_itself(
    ledger: &Ledger,
    at: usize,
    entry: &mut Entry,
    state_gap: Option<&str>,
    disputed: &FxHashMap<LiveIndex, String>,
    projects: &Projects,
) {
    let live = &ledger.live[at];
    entry.delegate = match &live.origin {
        Origin::Delegated(delegate) => Some(delegate.clone()),
        _ => crate::kinds::markers::by_tags(&live.kind, &live.tags).map(Box::new),
    };
    let mut states: Vec<u32> = entry
        .claims
        .iter()
        .map(|held| ledger.claims[held.claim as usize].state)
        .collect();
    states.sort_unstable();
    states.dedup();
    if entry.claims.is_empty() {
        entry.likely_project = projects.by_tags(&live.tags);
    }
    let dispute = u32::try_from(at).ok().and_then(|at| disputed.get(&at));
    let gap = match state_gap {
        Some(gap) => Some(gap.to_owned()),
        None => listing_gap(ledger, live, entry.whole.is_some()),
    };
    let (ownership, why) = match (states.len(), entry.projects.len()) {
        (2.., _) => (Ownership::Shared, Some(format!("claimed by {} states", states.len()))),
        (1, 2..) => (
            Ownership::Shared,
            Some(format!("claimed by {} projects", entry.projects.len())),
        ),
        (1, _) => (Ownership::Managed, None),
        (0, _) => unclaimed(
            &live.origin,
            entry.delegate.as_deref(),
            dispute.map(String::as_str).or(gap.as_deref()),
        ),
    };
    entry.ownership = ownership;
    entry.why = why.map(Into::into);
}

/// Whose a resource is that nobody claims.
fn unclaimed(origin: &Origin, delegate: Option<&Delegate>, gap: Option<&str>) -> (Ownership, Option<String>) {
    if let Some(delegate) = delegate {
        let why = format!("{} {}: {}", delegate.system, delegate.name, delegate.evidence);
        return (Ownership::Delegated, Some(why));
    }
    if let Origin::AwsMade(reason) = origin {
        return (Ownership::AwsMade, Some(reason.to_string()));
    }
    match gap {
        Some(gap) => (Ownership::Undecided, Some(gap.to_owned())),
        None => (Ownership::Unmanaged, None),
    }
}

/// Finds resources that one project claims and another uses.
fn users(ledger: &mut Ledger, voices: &[Voices]) {
    let named: Vec<Option<(Symbol, Symbol)>> = ledger
        .states
        .iter()
        .zip(voices)
        .map(|(state, voices)| Some((state.project, voices.agreed()?)))
        .collect();
    // The name of a state and the project that its claims agree on are two words for one, between claims of that state.
    let is_one = |state: u32, a: Symbol, b: Symbol| {
        let names = named.get(state as usize).copied().flatten();
        names.is_some_and(|(name, agreed)| (a == name && b == agreed) || (a == agreed && b == name))
    };
    let word = |claim: ClaimIndex| {
        let claim = &ledger.claims[claim as usize];
        (claim.project, claim.state)
    };
    let claims_of = |at: LiveIndex| {
        let own = &ledger.entries[at as usize].claims;
        if own.is_empty() {
            &ledger.entries[ledger.top(at) as usize].claims
        } else {
            own
        }
    };
    let others: Vec<(usize, Vec<Symbol>)> = (0..ledger.entries.len())
        .into_par_iter()
        .filter(|at| matches!(ledger.entries[*at].ownership, Ownership::Managed | Ownership::Shared))
        .filter_map(|at| {
            let own = &ledger.entries[at];
            let mut others: Vec<(Symbol, u32)> = Vec::new();
            for edge in ledger.references.used_by(u32::try_from(at).unwrap_or(u32::MAX)) {
                match edge.from {
                    Node::Live(user) => others.extend(claims_of(user).iter().map(|held| word(held.claim))),
                    Node::Claim(claim) => others.push(word(claim)),
                }
            }
            others.sort_unstable();
            others.dedup();
            others.retain(|(project, state)| {
                let is_kin = |held: &Held| {
                    let (own, of) = word(held.claim);
                    of == *state && is_one(of, own, *project)
                };
                !own.projects.contains(project) && !own.claims.iter().any(is_kin)
            });
            let mut others: Vec<Symbol> = others.into_iter().map(|(project, _)| project).collect();
            others.dedup();
            (!others.is_empty()).then_some((at, others))
        })
        .collect();
    for (at, others) in others {
        let entry = &mut ledger.entries[at];
        if entry.ownership == Ownership::Managed {
            entry.ownership = Ownership::Shared;
            let names: Vec<&str> = others.iter().map(|name| name.as_str()).collect();
            entry.why = Some(format!("used by {}", names.join(", ")).into());
        }
        entry.used_by_projects = others;
    }
}

/// A part that nobody claims takes its whole's ownership.
fn parts(ledger: &mut Ledger) {
    let taken: Vec<(usize, LiveIndex)> = (0..ledger.entries.len())
        .filter(|at| ledger.entries[*at].whole.is_some() && ledger.entries[*at].claims.is_empty())
        .map(|at| (at, ledger.top(u32::try_from(at).unwrap_or(u32::MAX))))
        .collect();
    for (at, top) in taken {
        if top as usize == at {
            continue;
        }
        let whole = &ledger.entries[top as usize];
        let (ownership, projects, likely) = (whole.ownership, whole.projects.clone(), whole.likely_project);
        let evidence = ledger.live[at].part_of.as_ref().map(|part| part.evidence.clone());
        let entry = &mut ledger.entries[at];
        // A default that AWS made inside somebody's VPC stays what it is called, unless the whole is claimed.
        if entry.ownership == Ownership::AwsMade && !matches!(ownership, Ownership::Managed | Ownership::Shared) {
            continue;
        }
        entry.ownership = ownership;
        entry.projects = projects;
        entry.likely_project = likely;
        entry.why = evidence.or(entry.why.take());
    }
}

/// Finds unmanaged resources that nothing uses.
fn orphans(ledger: &mut Ledger) {
    let unmanaged: Vec<usize> = (0..ledger.entries.len())
        .filter(|at| {
            let entry = &ledger.entries[*at];
            entry.ownership == Ownership::Unmanaged && entry.whole.is_none()
        })
        .collect();
    if unmanaged.is_empty() {
        return;
    }
    // Few tests ask what is live.
    let index: OnceLock<Index<'_>> = OnceLock::new();
    let users = users_of_kinds();
    let found: Vec<(usize, Box<str>)> = unmanaged
        .into_par_iter()
        .filter_map(|at| {
            let live = &ledger.live[at];
            let kind = crate::kinds::kind(&live.kind)?;
            let test = kind.orphan?;
            let own = u32::try_from(at).unwrap_or(u32::MAX);
            let used_by: Vec<(Symbol, Symbol)> = ledger
                .references
                .used_by(own)
                .iter()
                .filter_map(|edge| match edge.from {
                    Node::Live(user) if ledger.top(user) == own => None,
                    Node::Live(user) => Some((ledger.live[user as usize].kind, edge.via)),
                    Node::Claim(claim) => Some((ledger.claims[claim as usize].kind, edge.via)),
                })
                .collect();
            let all_users_listed = users
                .get(kind.name)
                .is_none_or(|kinds| kinds.iter().all(|user| may_speak(ledger, user, live)));
            let is_live = |kind: &str, text: &str| {
                let listed = ledger.coverage.listed(Symbol::new(kind), live.account, live.region);
                index
                    .get_or_init(|| Index::new(&ledger.live))
                    .exact(text)
                    .map(|_| true)
                    .or(listed.then_some(false))
            };
            let usage = Usage {
                used_by: &used_by,
                all_users_listed,
                is_live: &is_live,
            };
            test(live, &usage).map(|sentence| (at, sentence.into()))
        })
        .collect();
    drop(index);
    for (at, sentence) in found {
        ledger.entries[at].orphan = Some(sentence);
    }
}

/// Says whether a kind that could use `live` was looked at well enough for its silence to mean something.
///
/// A described kind must have been listed there. A kind of the table counts where it was tried and failed; one that
/// was never asked for is not held against the described ones.
fn may_speak(ledger: &Ledger, user: &str, live: &Live) -> bool {
    let there = |kind: Symbol| {
        let cells = ledger.coverage.of_kind(kind);
        cells.filter(|cell| cell.account == live.account && (cell.region == live.region || cell.region == GLOBAL))
    };
    // What it refers to stands in settings that could not be had.
    if there(Coverage::settings_of(Symbol::new(user))).next().is_some() {
        return false;
    }
    let mut cells = there(Symbol::new(user)).peekable();
    if cells.peek().is_none() {
        return !crate::kinds::is_described(user);
    }
    cells.all(|cell| matches!(cell.status, CellStatus::Listed | CellStatus::NotEnabled))
}

/// Which kinds may refer to a kind, by the facts of all.
pub(super) fn users_of_kinds() -> FxHashMap<&'static str, Vec<&'static str>> {
    let mut users: FxHashMap<&'static str, Vec<&'static str>> = FxHashMap::default();
    for kind in crate::kinds::registry::all() {
        for target in kind.attributes.iter().flat_map(|attribute| attribute.refers_to) {
            users.entry(target).or_default().push(kind.name);
        }
    }
    for kinds in users.values_mut() {
        kinds.sort_unstable();
        kinds.dedup();
    }
    users
}

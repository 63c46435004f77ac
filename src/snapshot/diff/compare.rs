//! The comparison: both scans are read side by side, in the order of the ledger.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::{
    AttributeChange, Changed, ClaimAt, Diff, Gone, Owner, Replaced, Row, SCHEMA, Side, Summary, TagChange, Unsure,
    changes, names,
};
use crate::kinds::{is_described, kind};
use crate::ledger::Ownership;
use crate::ledger::compare::{Missing, differences};
use crate::model::{CellStatus, Coverage, Live, State, StateStatus, Symbol, Tags, Timestamp};
use crate::snapshot::SnapshotError;
use crate::snapshot::joined::{Front, Joined, Resource, Set, Standing, Wanted};

/// Compares an older scan with a newer one.
///
/// # Errors
/// Where one of the two is not whole: then nothing is said.
pub fn diff(mut old: Joined, mut new: Joined, missing: Missing) -> Result<Diff, SnapshotError> {
    let mut diff = Diff {
        schema: SCHEMA.to_owned(),
        before: side(old.front()),
        after: side(new.front()),
        summary: Summary::default(),
        gone: Vec::new(),
        replaced: Vec::new(),
        appeared: Vec::new(),
        newly_unmanaged: Vec::new(),
        newly_shared: Vec::new(),
        changed_owner: Vec::new(),
        changed: Vec::new(),
        duplicate_sets: new_sets(&old.front().sets, &new.front().sets),
        states: changes::of_states(&old.front().states, &new.front().states),
        coverage: changes::of_coverage(&old.front().coverage, &new.front().coverage),
        unsure: Vec::new(),
    };
    let mut gone: Vec<(Gone, Standing)> = Vec::new();
    let mut unsure = BTreeMap::new();
    let (mut then, mut now) = (old.next()?, new.next()?);
    loop {
        let order = match (&then, &now) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => key(one).cmp(&key(other)),
        };
        let before = if order == Ordering::Greater { None } else { then.take() };
        let after = if order == Ordering::Less { None } else { now.take() };
        if let Some(one) = &before {
            then = following(&mut old, one)?;
        }
        if let Some(one) = &after {
            now = following(&mut new, one)?;
        }
        match (before, after) {
            (Some(before), Some(after)) => both((&before, old.front()), (&after, new.front()), missing, &mut diff),
            (Some(before), None) => {
                let seen = cells(old.front(), new.front(), &before.live);
                if seen == (Some(CellStatus::Listed), Some(CellStatus::Listed)) {
                    gone.push((was(&before), before.standing));
                } else {
                    count(&mut unsure, &before.live, seen).0 += 1;
                }
            }
            (None, Some(after)) => {
                let seen = cells(old.front(), new.front(), &after.live);
                if seen.0 == Some(CellStatus::Listed) {
                    diff.appeared.push(Row::of_joined(&after));
                } else {
                    count(&mut unsure, &after.live, seen).1 += 1;
                }
            }
            (None, None) => {}
        }
    }
    diff.before.live = old.live();
    diff.after.live = new.live();
    diff.gone = with_names(&old, gone)?;
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
    Ok(diff)
}

/// One side, as far as its front tells.
fn side(front: &Front) -> Side {
    Side {
        scanned_at: front.scanned_at,
        accounts: front.accounts.clone(),
        regions: front.regions.iter().map(ToString::to_string).collect(),
        complete: front.complete(),
        live: 0,
    }
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

/// The order of the ledger.
fn key(one: &Resource) -> (Symbol, Symbol, Symbol, &str, &str) {
    let live = &one.live;
    (live.kind, live.account, live.region, &live.id, &live.arn)
}

/// The resource after another one. Out of order the two scans cannot be read side by side: what is there would look gone.
fn following(joined: &mut Joined, one: &Resource) -> Result<Option<Resource>, SnapshotError> {
    let next = joined.next()?;
    match &next {
        Some(next) if key(next) < key(one) => Err(joined.misplaced()),
        _ => Ok(next),
    }
}

type Seen = (Option<CellStatus>, Option<CellStatus>);

/// How the listing of a resource's kind and place ended, then and now.
fn cells(old: &Front, new: &Front, live: &Live) -> Seen {
    let status = |coverage: &Coverage| {
        coverage
            .cell(live.kind, live.account, live.region)
            .map(|cell| cell.status)
    };
    (status(&old.coverage), status(&new.coverage))
}

/// Resources of one listing that only one scan saw, then and now.
type Doubts = BTreeMap<(Symbol, Symbol, Symbol), (u64, u64, Seen)>;

fn count<'a>(unsure: &'a mut Doubts, live: &Live, seen: Seen) -> &'a mut (u64, u64, Seen) {
    unsure
        .entry((live.kind, live.account, live.region))
        .or_insert((0, 0, seen))
}

fn holds_data(live: &Live) -> bool {
    kind(&live.kind).is_some_and(|kind| kind.holds_data)
}

/// What is gone; who claimed and used it is added when all of it is known.
fn was(one: &Resource) -> Gone {
    Gone {
        row: Row::of_joined(one),
        holds_data: holds_data(&one.live),
        claims: Vec::new(),
        used_by: Vec::new(),
    }
}

/// Adds to each of what is gone who claimed and who used it.
fn with_names(old: &Joined, gone: Vec<(Gone, Standing)>) -> Result<Vec<Gone>, SnapshotError> {
    let mut wanted = Wanted::default();
    for (_, standing) in &gone {
        wanted.live.extend(&standing.used_by);
        wanted.claims.extend(standing.claims.iter().chain(&standing.named_by));
    }
    let names = old.names(wanted)?;
    let named = gone.into_iter().map(|(mut gone, standing)| {
        let claims = standing.claims.iter().filter_map(|at| names.claims.get(at));
        gone.claims = claims
            .map(|claim| ClaimAt {
                address: claim.address.to_string(),
                source: source(old.front(), claim.state),
            })
            .collect();
        let live = standing.used_by.iter().filter_map(|at| names.live.get(at));
        let claims = standing.named_by.iter().filter_map(|at| names.claims.get(at));
        let users: BTreeSet<String> = live
            .map(|(label, project)| with_project(label, *project))
            .chain(claims.map(|claim| with_project(&claim.address, Some(claim.project))))
            .collect();
        gone.used_by = users.into_iter().collect();
        gone
    });
    Ok(named.collect())
}

fn source(front: &Front, state: u32) -> String {
    front
        .states
        .get(state as usize)
        .map(|state| state.source.clone())
        .unwrap_or_default()
}

fn with_project(label: &str, project: Option<Symbol>) -> String {
    match project {
        Some(project) => format!("{label} of {project}"),
        None => label.to_owned(),
    }
}

/// A resource that both scans saw.
fn both(then: (&Resource, &Front), now: (&Resource, &Front), missing: Missing, diff: &mut Diff) {
    let (before, after) = (&then.0.live, &now.0.live);
    if let Some(created_before) = remade(before, after) {
        diff.replaced.push(Replaced {
            row: Row::of_joined(now.0),
            holds_data: holds_data(before),
            created_before,
        });
    }
    owner(then, now, diff);
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
            row: Row::of_joined(now.0),
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

fn owner(then: (&Resource, &Front), now: (&Resource, &Front), diff: &mut Diff) {
    let (before, after) = (&then.0.standing, &now.0.standing);
    let same = before.ownership == after.ownership && before.projects == after.projects;
    // A part changes hands with its whole; across a gap nobody can say whose it was, or is.
    if same
        || after.part_of.is_some()
        || before.ownership == Ownership::Undecided
        || after.ownership == Ownership::Undecided
    {
        return;
    }
    let change = Owner {
        row: Row::of_joined(now.0),
        ownership_before: before.ownership,
        projects_before: names(&before.projects),
        because: not_given(&before.states, then.1, now.1),
    };
    let list = match after.ownership {
        Ownership::Unmanaged => &mut diff.newly_unmanaged,
        Ownership::Shared if before.ownership != Ownership::Shared => &mut diff.newly_shared,
        _ => &mut diff.changed_owner,
    };
    list.push(change);
}

/// The first of the states that claimed a resource then, if it was not read now.
fn not_given(claimed_by: &[u32], old: &Front, new: &Front) -> Option<String> {
    let is_here = |state: &&State| {
        new.states.iter().any(|other| {
            other.status == StateStatus::Read
                && (other.source == state.source || (other.lineage.is_some() && other.lineage == state.lineage))
        })
    };
    let mut states = claimed_by.iter().filter_map(|at| old.states.get(*at as usize));
    let gone = states.find(|state| !is_here(state))?;
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
fn new_sets(old: &[Set], new: &[Set]) -> Vec<Set> {
    let known: FxHashSet<&str> = old
        .iter()
        .flat_map(|set| &set.stacks)
        .flatten()
        .map(String::as_str)
        .collect();
    let has_news = |set: &&Set| set.stacks.iter().flatten().any(|arn| !known.contains(arn.as_str()));
    new.iter().filter(has_news).cloned().collect()
}

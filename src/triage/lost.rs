//! What is gone: by comparison with an older scan, or with what the states claim.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::order::in_order_of_building;
use crate::kinds::loss::is_backup;
use crate::kinds::{disposition, facts::Kind};
use crate::ledger::{Ledger, LiveIndex, Node};
use crate::model::shape::is_candidate;
use crate::model::{Claim, Configuration, Live, Symbol, Timestamp};
use crate::snapshot::diff::{ClaimAt, Diff, Row};

/// Something that was there and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    pub kind: String,
    /// What people call the kind.
    pub title: String,
    pub id: String,
    pub label: String,
    pub arn: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub projects: Vec<String>,
    pub holds_data: bool,
    /// It is itself a backup of something.
    pub is_backup: bool,
    pub created_at: Option<Timestamp>,
    /// Its addresses in states.
    pub claims: Vec<ClaimAt>,
    /// Who used it: labels, with the project where there was one.
    pub used_by: Vec<String>,
    /// The ARN of the whole that it lived and died with.
    pub part_of: Option<String>,
    /// Something else has its name now.
    pub replaced: bool,
    /// Further ids by which AWS knows it: `db-…` of a database.
    pub keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Configuration::is_empty")]
    pub configuration: Configuration,
}

impl Lost {
    /// What to call it where there is room for one word: its ARN, else its id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.arn.as_deref().unwrap_or(&self.id)
    }

    /// Says whether data was lost that is not a copy or part of something else's.
    #[must_use]
    pub fn is_own_data(&self) -> bool {
        self.holds_data && !self.is_backup && self.part_of.is_none()
    }
}

/// The list, data first, and its order of building (positions in the list).
type Losses = (Vec<Lost>, Vec<usize>);

pub(super) fn of_scan(then: &Ledger, diff: &Diff, now: &Ledger) -> Losses {
    // Not everything has an ARN.
    type Key<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);
    let positions: FxHashMap<Key<'_>, usize> = then
        .live
        .iter()
        .enumerate()
        .map(|(at, live)| ((&*live.arn, &*live.kind, &*live.id, &*live.account, &*live.region), at))
        .collect();
    let position = |row: &Row| {
        let key = (&*row.arn, &*row.kind, &*row.id, &*row.account, &*row.region);
        positions.get(&key).copied()
    };
    let mut lost = Vec::new();
    let mut places = Vec::new();
    for gone in &diff.gone {
        let Some(at) = position(&gone.row) else {
            continue;
        };
        let mut one = of_live(then, at);
        one.used_by.clone_from(&gone.used_by);
        one.claims.clone_from(&gone.claims);
        lost.push(one);
        places.push(at);
    }
    for replaced in &diff.replaced {
        if let Some(at) = position(&replaced.row) {
            let mut one = of_live(then, at);
            one.replaced = true;
            lost.push(one);
            places.push(at);
        }
    }
    // What the states miss beyond that was gone before the older scan already; it is no news, but it is lost.
    let known: BTreeSet<String> = lost.iter().map(|one| one.name().to_owned()).collect();
    let missing = of_states(now).0;
    lost.extend(missing.into_iter().filter(|one| !known.contains(one.name())));
    let order = in_order_of_building(then, &places);
    let row_of: FxHashMap<usize, usize> = places.iter().enumerate().map(|(row, at)| (*at, row)).collect();
    let order: Vec<usize> = order
        .into_iter()
        .map(|at| row_of[&at])
        .filter(|row| lost[*row].part_of.is_none() && !lost[*row].replaced)
        .collect();
    sorted(lost, &order)
}

/// Data first, then by project, kind and id; the order of building follows.
fn sorted(lost: Vec<Lost>, order: &[usize]) -> Losses {
    let mut rows: Vec<(usize, Lost)> = lost.into_iter().enumerate().collect();
    rows.sort_by(|(_, a), (_, b)| {
        let key = |one: &Lost| (!one.is_own_data(), !one.holds_data, one.part_of.is_some());
        (key(a), &a.projects, &a.kind, &a.id).cmp(&(key(b), &b.projects, &b.kind, &b.id))
    });
    let mut place = vec![0; rows.len()];
    for (new, (old, _)) in rows.iter().enumerate() {
        place[*old] = new;
    }
    let order = order.iter().map(|old| place[*old]).collect();
    (rows.into_iter().map(|(_, one)| one).collect(), order)
}

fn of_live(then: &Ledger, at: usize) -> Lost {
    let (live, entry) = (&then.live[at], &then.entries[at]);
    let facts = crate::kinds::kind(&live.kind);
    Lost {
        kind: live.kind.to_string(),
        title: facts.map_or(live.kind.as_str(), |kind| kind.title).to_owned(),
        id: live.id.to_string(),
        label: live.label(),
        arn: Some(live.arn.to_string()),
        account: Some(live.account.to_string()),
        region: Some(live.region.to_string()),
        projects: entry.projects.iter().map(ToString::to_string).collect(),
        holds_data: facts.is_some_and(|kind| kind.holds_data),
        is_backup: is_backup(&live.kind),
        created_at: live.created_at,
        claims: Vec::new(),
        used_by: Vec::new(),
        part_of: entry.whole.map(|whole| then.live[whole as usize].arn.to_string()),
        replaced: false,
        keys: live.keys.iter().map(ToString::to_string).collect(),
        configuration: live.configuration.clone(),
    }
}

pub(super) fn of_states(now: &Ledger) -> Losses {
    let missing: Vec<&Claim> = now.missing().filter(|claim| claim.deposed.is_none()).collect();
    let users = users(now, &missing);
    let lost: Vec<Lost> = missing
        .iter()
        .zip(users)
        .map(|(claim, used_by)| Lost {
            used_by: used_by.into_iter().collect(),
            ..of_claim(now, claim)
        })
        .collect();
    let order = order_of_claims(&missing);
    sorted(lost, &order)
}

fn of_claim(now: &Ledger, claim: &Claim) -> Lost {
    let facts = disposition(&claim.kind).kind();
    let kind = facts.map_or(claim.kind.as_str(), |kind| kind.name);
    let id = id_of(facts, claim).unwrap_or(&claim.address);
    // The id that the provider keeps beside the identifier: `db-…`.
    let keys = claim.id.iter().filter(|other| ***other != *id);
    let arn = claim.arn.as_deref().or_else(|| claim.identity.text("arn"));
    let place = arn.and_then(crate::model::Arn::parse);
    let part = |known: Option<Symbol>, of_arn: Option<&str>| {
        known
            .map(|symbol| symbol.to_string())
            .or_else(|| of_arn.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let name = claim.tags.get("Name").filter(|name| *name != id);
    Lost {
        kind: kind.to_owned(),
        title: facts.map_or(kind, |kind| kind.title).to_owned(),
        id: id.to_owned(),
        label: name.map_or_else(|| id.to_owned(), |name| format!("{id} ({name})")),
        arn: arn.map(str::to_owned),
        account: part(claim.account, place.as_ref().map(|arn| arn.account)),
        region: part(claim.region, place.as_ref().map(|arn| arn.region)),
        projects: vec![claim.project.to_string()],
        holds_data: facts.is_some_and(|kind| kind.holds_data),
        is_backup: is_backup(kind),
        created_at: None,
        claims: vec![ClaimAt {
            address: claim.address.to_string(),
            source: now.states[claim.state as usize].source.clone(),
        }],
        used_by: Vec::new(),
        part_of: None,
        replaced: false,
        keys: keys.map(ToString::to_string).collect(),
        configuration: claim.configuration.clone(),
    }
}

fn id_of<'a>(facts: Option<&'static Kind>, claim: &'a Claim) -> Option<&'a str> {
    let of_attribute = facts
        .filter(|kind| kind.id_attribute != "id")
        .and_then(|kind| claim.configuration.text(kind.id_attribute));
    of_attribute.or(claim.id.as_deref())
}

/// The ids and ARNs by which others name a missing claim, with its position.
fn names_of<'a>(missing: &[&'a Claim]) -> FxHashMap<&'a str, usize> {
    let mut names = FxHashMap::default();
    for (at, claim) in missing.iter().enumerate() {
        for name in claim.arn.as_deref().into_iter().chain(claim.id.as_deref()) {
            if is_candidate(name) {
                names.insert(name, at);
            }
        }
    }
    names
}

/// Who names each missing claim: what is live, and other claims.
fn users(now: &Ledger, missing: &[&Claim]) -> Vec<BTreeSet<String>> {
    let names = names_of(missing);
    let mut users = vec![BTreeSet::new(); missing.len()];
    if names.is_empty() {
        return users;
    }
    let told = |text: &str, label: &dyn Fn() -> String, users: &mut Vec<BTreeSet<String>>| {
        if let Some(at) = names.get(text) {
            users[*at].insert(label());
        }
    };
    for (at, live) in now.live.iter().enumerate() {
        let label = || with_project(live.label(), now.entries[at].projects.first());
        each_name(live, &mut |text| told(text, &label, &mut users));
    }
    for (own, claim) in now.claims.iter().enumerate() {
        let label = || with_project(claim.address.to_string(), Some(&claim.project));
        let mut named = Vec::new();
        each_name_of_claim(claim, &mut |text| {
            if let Some(at) = names.get(text) {
                named.push(*at);
            }
        });
        for at in named {
            if !std::ptr::eq(missing[at], &raw const now.claims[own]) {
                users[at].insert(label());
            }
        }
    }
    users
}

fn each_name<'a>(live: &'a Live, visit: &mut dyn FnMut(&'a str)) {
    live.configuration.iter().for_each(|(_, value)| value.each_text(visit));
    live.references.iter().for_each(|reference| visit(&reference.target));
}

fn each_name_of_claim<'a>(claim: &'a Claim, visit: &mut dyn FnMut(&'a str)) {
    claim.configuration.iter().for_each(|(_, value)| value.each_text(visit));
    claim.candidates.iter().for_each(|candidate| visit(&candidate.target));
}

fn with_project(label: String, project: Option<&Symbol>) -> String {
    match project {
        Some(project) => format!("{label} of {project}"),
        None => label,
    }
}

/// Each claim after those that it names.
fn order_of_claims(missing: &[&Claim]) -> Vec<usize> {
    let names = names_of(missing);
    let mut order = Vec::with_capacity(missing.len());
    let mut placed = vec![false; missing.len()];
    let mut entered = vec![false; missing.len()];
    let mut stack: Vec<(usize, bool)> = (0..missing.len()).rev().map(|at| (at, false)).collect();
    while let Some((at, left)) = stack.pop() {
        if left {
            if !std::mem::replace(&mut placed[at], true) {
                order.push(at);
            }
            continue;
        }
        if std::mem::replace(&mut entered[at], true) {
            continue;
        }
        stack.push((at, true));
        let mut needs = BTreeSet::new();
        each_name_of_claim(missing[at], &mut |text| needs.extend(names.get(text).copied()));
        stack.extend(needs.into_iter().rev().filter(|to| !entered[*to]).map(|to| (to, false)));
    }
    order
}

/// Says who used a live resource: labels, with the project where there is one; its own parts are no users.
pub(super) fn users_of(ledger: &Ledger, at: LiveIndex) -> Vec<String> {
    let mut users = BTreeSet::new();
    for edge in ledger.references.used_by(at) {
        match edge.from {
            Node::Live(user) if ledger.top(user) == ledger.top(at) => {}
            Node::Live(user) => {
                let project = ledger.entries[user as usize].projects.first();
                users.insert(with_project(ledger.live[user as usize].label(), project));
            }
            Node::Claim(_) => {}
        }
    }
    users.into_iter().collect()
}

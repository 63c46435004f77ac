//! Which of several files of one state counts: one lineage is one state, and its highest serial is the truth.

use std::collections::BTreeMap;

use super::source::{Found, Role};
use super::state::Parsed;
use crate::model::{Mode, StateStatus};

/// Decides which states count. `found` is sorted by source.
pub(super) fn settle(found: &mut [Found]) {
    let mut lineages: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, one) in found.iter().enumerate() {
        if let Some(lineage) = &one.parsed.state.lineage
            && (one.parsed.state.status == StateStatus::Read || one.parsed.encrypted)
        {
            lineages.entry(lineage.clone()).or_default().push(at);
        }
    }
    for members in lineages.values() {
        one_lineage(found, members);
    }
    copies_without_lineage(found);
    lone_backups(found);
    spoilt_backups(found);
}

fn one_lineage(found: &mut [Found], members: &[usize]) {
    let is = |found: &[Found], at: usize, role: fn(Role) -> bool| {
        found[at].parsed.state.status == StateStatus::Read && role(found[at].role)
    };
    let current: Vec<usize> = members
        .iter()
        .copied()
        .filter(|at| is(found, *at, |role| role != Role::Backup))
        .collect();
    let mut backups: Vec<usize> = members
        .iter()
        .copied()
        .filter(|at| is(found, *at, |role| role == Role::Backup))
        .collect();
    backups.sort_by_key(|at| std::cmp::Reverse(found[*at].parsed.state.serial));

    // The first of the highest serial; among backups only, `lone_backups` says the rest.
    let highest = |list: &[usize]| {
        let serial = list.iter().filter_map(|at| found[*at].parsed.state.serial).max();
        list.iter()
            .copied()
            .find(|at| found[*at].parsed.state.serial == serial)
            .map(|at| (at, serial))
    };
    let Some((best, serial)) = highest(&current).or_else(|| highest(&backups)) else {
        return;
    };
    let mut counted = vec![best];
    for at in current.into_iter().chain(backups) {
        if at == best {
            continue;
        }
        let own = found[at].parsed.state.serial;
        if own.is_some() && own < serial {
            let hint = format!(
                "`{}` has serial {} of the same lineage and counts instead",
                found[best].parsed.state.source,
                serial.unwrap_or_default()
            );
            set_stale(&mut found[at].parsed, hint);
            continue;
        }
        if own.is_some() && own > serial && counted.len() > 1 {
            // A backup, and a higher one counts already.
            let higher = counted
                .iter()
                .find(|other| found[**other].parsed.state.serial > own)
                .copied();
            if let Some(higher) = higher {
                let hint = format!(
                    "`{}` has a higher serial of the same lineage and counts instead",
                    found[higher].parsed.state.source
                );
                set_stale(&mut found[at].parsed, hint);
                continue;
            }
        }
        if let Some(copy) = counted.iter().copied().find(|other| {
            found[*other].parsed.state.serial == own && found[*other].parsed.claims == found[at].parsed.claims
        }) {
            let hint = format!("a copy of `{}`, which counts instead", found[copy].parsed.state.source);
            set_stale(&mut found[at].parsed, hint);
            continue;
        }
        let other = found[best].parsed.state.source.clone();
        let state = &mut found[at].parsed.state;
        if own.is_none() || serial.is_none() {
            state.error = Some(format!(
                "the same lineage as `{other}`, and no serial to say which is newer"
            ));
        } else if own == serial {
            state.error = Some(format!("same lineage and serial as `{other}`, different content"));
        } else {
            state.error = Some(format!(
                "a backup with a higher serial than `{other}`, of the same lineage: the state went back"
            ));
        }
        state.hint = Some("both count; find out which one is right, and take the other away".into());
        counted.push(at);
    }
    let best_source = found[best].parsed.state.source.clone();
    for at in members {
        let parsed = &mut found[*at].parsed;
        if parsed.encrypted && found[best].role != Role::Backup {
            let parsed = &mut found[*at].parsed;
            if parsed.state.serial.is_some() && parsed.state.serial <= serial {
                set_stale(
                    parsed,
                    format!("encrypted, but `{best_source}` has the same lineage and at least its serial, and counts"),
                );
                parsed.state.error = None;
            }
        }
    }
}

/// States without a lineage, as `terraform show -json` gives them, that say the same as another one.
fn copies_without_lineage(found: &mut [Found]) {
    for at in 0..found.len() {
        let one = &found[at].parsed;
        if one.state.status != StateStatus::Read || one.state.lineage.is_some() || one.claims.is_empty() {
            continue;
        }
        let other = found.iter().enumerate().find(|(other, candidate)| {
            let counts = candidate.parsed.state.status == StateStatus::Read && candidate.role != Role::Backup;
            let first = *other < at || candidate.parsed.state.lineage.is_some();
            *other != at && counts && first && same_instances(one, &candidate.parsed)
        });
        if let Some((_, other)) = other {
            let hint = format!(
                "it holds the same instances as `{}`, which counts instead",
                other.parsed.state.source
            );
            set_stale(&mut found[at].parsed, hint);
        }
    }
}

fn same_instances(one: &Parsed, other: &Parsed) -> bool {
    if one.claims.len() != other.claims.len() {
        return false;
    }
    let instances = |parsed: &Parsed| {
        let mut all: Vec<(Box<str>, Mode, Option<Box<str>>, Option<Box<str>>)> = parsed
            .claims
            .iter()
            .map(|claim| (claim.address.clone(), claim.mode, claim.id.clone(), claim.arn.clone()))
            .collect();
        all.sort();
        all
    };
    instances(one) == instances(other)
}

/// Backups that count because no other file has their lineage: they stop counting, but loudly.
fn lone_backups(found: &mut [Found]) {
    for at in 0..found.len() {
        let one = &found[at];
        if one.role != Role::Backup || one.parsed.state.status != StateStatus::Read {
            continue;
        }
        let beside = one.parsed.state.lineage.is_some()
            && found.iter().any(|other| {
                other.role != Role::Backup
                    && other.parsed.state.status == StateStatus::Read
                    && other.parsed.state.lineage == one.parsed.state.lineage
            });
        if !beside {
            let parsed = &mut found[at].parsed;
            set_stale(
                parsed,
                "it may be all that is left of that state: restore it, or name this file itself, and its claims count"
                    .into(),
            );
            parsed.state.error = Some("a backup, and no other file has its lineage: its claims do not count".into());
        }
    }
}

/// Backups that cannot be read: no loss where the state that they are of can be.
fn spoilt_backups(found: &mut [Found]) {
    let read: std::collections::BTreeSet<String> = found
        .iter()
        .filter(|one| one.role != Role::Backup && one.parsed.state.status == StateStatus::Read)
        .map(|one| one.parsed.state.source.clone())
        .collect();
    for one in found
        .iter_mut()
        .filter(|one| one.role == Role::Backup && one.parsed.state.is_gap())
    {
        let source = &one.parsed.state.source;
        if let Some(end) = source.rfind(".tfstate.")
            && let original = &source[..end + ".tfstate".len()]
            && read.contains(original)
        {
            let hint = format!("a backup of `{original}`, which can be read and counts");
            set_stale(&mut one.parsed, hint);
        }
    }
}

/// Takes a state out of the count; how many claims it holds is still said.
fn set_stale(parsed: &mut Parsed, hint: String) {
    parsed.state.status = StateStatus::Stale;
    parsed.state.hint = Some(hint);
    parsed.state.unknown_types.clear();
    parsed.claims = Vec::new();
    parsed.other_providers = Vec::new();
}

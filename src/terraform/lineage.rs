//! Which of several files of one state counts: one lineage is one state, and its highest serial is the truth.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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
    let mut order: Vec<usize> = members
        .iter()
        .copied()
        .filter(|at| found[*at].parsed.state.status == StateStatus::Read)
        .collect();
    // What is no backup goes first, then the highest serial; members come sorted by source.
    order.sort_by_key(|at| (found[*at].role == Role::Backup, Reverse(found[*at].parsed.state.serial)));
    let Some(&best) = order.first() else {
        return;
    };
    let mut counted = vec![best];
    for at in order.into_iter().skip(1) {
        match beside(found, &counted, at) {
            Beside::Stale(hint) => set_stale(&mut found[at].parsed, hint),
            Beside::Disputed(error) => {
                let state = &mut found[at].parsed.state;
                state.error = Some(error);
                state.hint = Some("both count; find out which one is right, and take the other away".into());
                counted.push(at);
            }
        }
    }
    let serial = found[best].parsed.state.serial;
    let counts = found[best].role != Role::Backup;
    let hint = format!(
        "encrypted, but `{}` has the same lineage and no lower serial, and counts",
        found[best].parsed.state.source
    );
    for at in members {
        let parsed = &mut found[*at].parsed;
        if parsed.encrypted && counts && parsed.state.serial.is_some() && parsed.state.serial <= serial {
            set_stale(parsed, hint.clone());
            parsed.state.error = None;
        }
    }
}

/// What a state is beside those of its lineage that count.
enum Beside {
    /// Another one counts instead.
    Stale(String),
    /// It counts too: nothing says which one is right.
    Disputed(String),
}

fn beside(found: &[Found], counted: &[usize], at: usize) -> Beside {
    let one = &found[at].parsed;
    let own = one.state.serial;
    let best = &found[counted[0]].parsed.state;
    let higher = counted
        .iter()
        .map(|other| &found[*other].parsed.state)
        .find(|other| own.is_some() && other.serial > own);
    if let Some(higher) = higher {
        return Beside::Stale(format!(
            "`{}` has serial {} of the same lineage and counts instead",
            higher.source,
            higher.serial.unwrap_or_default()
        ));
    }
    let copy = counted
        .iter()
        .map(|other| &found[*other].parsed)
        .find(|other| other.state.serial == own && other.claims == one.claims);
    if let Some(copy) = copy {
        return Beside::Stale(format!("a copy of `{}`, which counts instead", copy.state.source));
    }
    let other = &best.source;
    Beside::Disputed(if own.is_none() || best.serial.is_none() {
        format!("the same lineage as `{other}`, and no serial to say which is newer")
    } else if own == best.serial {
        format!("same lineage and serial as `{other}`, different content")
    } else {
        format!("a backup with a higher serial than `{other}`, of the same lineage: the state went back")
    })
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
    one.claims.len() == other.claims.len() && instances(one) == instances(other)
}

type Instance<'a> = (&'a str, Mode, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn instances(parsed: &Parsed) -> Vec<Instance<'_>> {
    let mut all: Vec<Instance<'_>> = parsed
        .claims
        .iter()
        .map(|claim| {
            (
                &*claim.address,
                claim.mode,
                claim.deposed.as_deref(),
                claim.id.as_deref(),
                claim.arn.as_deref(),
            )
        })
        .collect();
    all.sort_unstable();
    all
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
    let read: BTreeSet<String> = found
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
            // Nothing that it could have said is missing: the state itself says it.
            one.parsed.state.error = None;
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

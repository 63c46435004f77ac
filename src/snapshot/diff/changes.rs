//! What changed besides resources: the states, and what could be seen.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{CellChange, StateAt, StateChange, StateEvent};
use crate::model::{Cell, CellStatus, Coverage, State, StateStatus, Symbol};

/// What became of the states.
pub(super) fn of_states(old: &[State], new: &[State]) -> Vec<StateChange> {
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

/// Listings that only one of the two scans has.
pub(super) fn of_coverage(old: &Coverage, new: &Coverage) -> Vec<CellChange> {
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

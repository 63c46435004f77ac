//! What else falls with a resource, and where it stands twice.

use std::collections::BTreeMap;

use super::super::human::{BAD, Look, Page};
use super::super::text::counted;
use super::{LABEL, list, row, title};
use crate::ledger::duplicates::{DuplicateSet, letter};
use crate::ledger::fingerprint::without_suffix;
use crate::ledger::{Ledger, LiveIndex};

/// The sets of the same stack that it is a member of, with its twins in each.
pub(super) fn duplicates(page: &mut Page, ledger: &Ledger, at: LiveIndex, look: Look) {
    let top = ledger.top(at);
    for set in &ledger.duplicates {
        let own = set
            .stacks
            .iter()
            .position(|stack| stack.members.binary_search(&top).is_ok());
        let Some(own) = own else { continue };
        row(page, "duplicate", &place(set, own));
        let twins: Vec<String> = set
            .stacks
            .iter()
            .enumerate()
            .filter(|(number, _)| *number != own)
            .flat_map(|(number, stack)| {
                let twins = stack.members.iter().filter(|other| is_twin(ledger, top, **other));
                twins.map(move |other| format!("{} of {}", ledger.live[*other as usize].label(), letter(number)))
            })
            .collect();
        list(page, "twins", &twins, look);
    }
}

/// `the original: A of 2 sets of the same stack`.
pub(in crate::report) fn place(set: &DuplicateSet, own: usize) -> String {
    let role = match (set.decided, own) {
        (true, 0) => "the original",
        (true, _) => "a copy",
        (false, _) => "original or copy, undecided",
    };
    let many = set.stacks[own].members.len() as u64;
    format!(
        "{role}: {} of {} sets of the same stack, with {}",
        letter(own),
        set.stacks.len(),
        counted(many, "resource", "resources")
    )
}

fn is_twin(ledger: &Ledger, one: LiveIndex, other: LiveIndex) -> bool {
    let (one, other) = (&ledger.live[one as usize], &ledger.live[other as usize]);
    let name = |live: &crate::model::Live| live.name.as_deref().map(|name| without_suffix(name).into_owned());
    one.kind == other.kind && (name(one) == name(other) || one.name.as_deref() == Some(&*one.id))
}

/// What stands on it, directly or through others, by project; what holds data by name and first.
pub(super) fn would_break(page: &mut Page, ledger: &Ledger, at: LiveIndex, look: Look) {
    let mut by_project: BTreeMap<String, (Vec<String>, BTreeMap<&str, usize>)> = BTreeMap::new();
    for user in ledger.stands_on(at) {
        let (live, entry) = (&ledger.live[user as usize], &ledger.entries[user as usize]);
        let names: Vec<&str> = entry.projects.iter().map(|name| name.as_str()).collect();
        let project = if names.is_empty() {
            entry.ownership.word().to_owned()
        } else {
            names.join(" and ")
        };
        let (data, kinds) = by_project.entry(project).or_default();
        if ledger.kind(user).is_some_and(|kind| kind.holds_data) {
            data.push(format!("{} {} (holds data)", title(live), live.label()));
        } else {
            *kinds.entry(title(live)).or_default() += 1;
        }
    }
    let mut rows: Vec<(bool, String)> = by_project
        .into_iter()
        .map(|(project, (data, kinds))| {
            let shown = if look.all { usize::MAX } else { 5 };
            let more = data.len().saturating_sub(shown);
            let holds_data = !data.is_empty();
            let mut parts: Vec<String> = data.into_iter().take(shown).collect();
            if more > 0 {
                parts.push(format!("{more} more with data"));
            }
            parts.extend(
                kinds
                    .into_iter()
                    .map(|(title, many)| crate::findings::count_of(many, title)),
            );
            (!holds_data, format!("{project}: {}", parts.join(", ")))
        })
        .collect();
    rows.sort();
    for (number, (_, text)) in rows.into_iter().enumerate() {
        let label = if number == 0 { "would break" } else { "" };
        page.labelled(2, label, LABEL, BAD, &text);
    }
}

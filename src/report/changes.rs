//! What changed between two scans, for people: counts first, then what was lost, then the rest.

use super::human::{Look, listed};
use super::paper::{Item, Paper, Tone};
use super::text::{counted, day, moment, thousands};
use crate::findings::Severity;
use crate::kinds::kind;
use crate::model::{Arn, CellStatus};
use crate::snapshot::diff::{CellChange, Changed, Diff, Gone, Owner, Row, StateChange, StateEvent, Summary};

/// The codes of changes, for `--fail-on`.
pub const CODES: &[&str] = &[
    "gone",
    "replaced",
    "new",
    "new-unmanaged",
    "newly-unmanaged",
    "newly-shared",
    "changed-owner",
    "changed",
    "retagged",
    "duplicate-set",
    "state-changed",
    "coverage-lost",
];

/// Each sort of change that happened: its code, how much it matters, how many there are.
#[must_use]
pub fn weigh(diff: &Diff) -> Vec<(&'static str, Severity, u64)> {
    let Summary {
        gone,
        gone_with_data,
        replaced,
        new,
        new_unmanaged,
        newly_unmanaged,
        newly_shared,
        changed_owner,
        changed,
        retagged,
        duplicate_sets,
        coverage_lost,
        ..
    } = diff.summary;
    let replaced_data = diff.replaced.iter().filter(|one| one.holds_data).count() as u64;
    let alarming = diff.states.iter().filter(|state| state.event.is_alarming()).count() as u64;
    let mut all = vec![
        ("gone", Severity::Critical, gone_with_data),
        ("gone", Severity::Medium, gone - gone_with_data),
        ("replaced", Severity::Critical, replaced_data),
        ("replaced", Severity::Medium, replaced - replaced_data),
        ("new", Severity::Info, new - new_unmanaged),
        ("new-unmanaged", Severity::Medium, new_unmanaged),
        ("newly-unmanaged", Severity::High, newly_unmanaged),
        ("newly-shared", Severity::Medium, newly_shared),
        ("changed-owner", Severity::Medium, changed_owner),
        ("changed", Severity::Low, changed),
        ("retagged", Severity::Info, retagged),
        ("duplicate-set", Severity::High, duplicate_sets),
        ("state-changed", Severity::High, alarming),
        ("coverage-lost", Severity::Medium, coverage_lost),
    ];
    all.retain(|(_, _, count)| *count > 0);
    all
}

/// For a terminal.
#[must_use]
pub fn human(diff: &Diff, look: Look) -> String {
    paper(diff, look).human(look)
}

/// For a pull request or a job summary.
#[must_use]
pub fn markdown(diff: &Diff, look: Look) -> String {
    paper(diff, look).markdown()
}

fn paper(diff: &Diff, look: Look) -> Paper {
    let mut paper = Paper::new(look);
    let ids: Vec<String> = diff
        .after
        .accounts
        .iter()
        .map(|account| account.id.to_string())
        .collect();
    paper.title(format!(
        "Account {}: from {} to {}",
        ids.join(", "),
        moment(diff.before.scanned_at),
        moment(diff.after.scanned_at)
    ));
    sight(&mut paper, diff);
    if diff.is_empty() {
        paper.text("Nothing changed.", Tone::Good);
        return paper;
    }
    counts(&mut paper, diff);
    sections(&mut paper, diff);
    paper
}

fn sight(paper: &mut Paper, diff: &Diff) {
    let which = match (diff.before.complete, diff.after.complete) {
        (true, true) => return,
        (false, true) => "The older scan",
        (true, false) => "The newer scan",
        (false, false) => "Each scan",
    };
    paper.text(
        format!(
            "INCOMPLETE: {which} could not see everything. Across what was not seen nothing is called gone or new."
        ),
        Tone::Bad,
    );
}

fn counts(paper: &mut Paper, diff: &Diff) {
    let summary = &diff.summary;
    let mut count = |number: u64, word: &str, meaning: String, tone: Tone| {
        if number > 0 {
            paper.count(thousands(number), word, meaning, tone);
        }
    };
    let of_those = |number: u64, text: &str| {
        if number > 0 {
            format!("; {} {text}", thousands(number))
        } else {
            String::new()
        }
    };
    count(
        summary.gone,
        "gone",
        format!(
            "was live, and is not any more{}",
            of_those(summary.gone_with_data, "held data")
        ),
        if summary.gone_with_data > 0 {
            Tone::Bad
        } else {
            Tone::Warn
        },
    );
    count(
        summary.replaced,
        "replaced",
        "made anew under the same name; the older one is gone".to_owned(),
        Tone::Bad,
    );
    count(
        summary.new,
        "new",
        format!(
            "was not there before{}",
            of_those(summary.new_unmanaged, "claimed by nobody")
        ),
        if summary.new_unmanaged > 0 {
            Tone::Warn
        } else {
            Tone::Plain
        },
    );
    count(
        summary.newly_unmanaged,
        "newly unmanaged",
        "a state let go of it".to_owned(),
        Tone::Warn,
    );
    count(
        summary.newly_shared,
        "newly shared",
        "a second project is on it now".to_owned(),
        Tone::Warn,
    );
    count(
        summary.changed_owner,
        "changed owner",
        "another project claims it now".to_owned(),
        Tone::Warn,
    );
    count(
        summary.duplicate_sets,
        "duplicate sets",
        "appeared or grew: the same thing twice by different hands".to_owned(),
        Tone::Warn,
    );
    count(summary.changed, "changed", "in their settings".to_owned(), Tone::Plain);
    count(
        summary.retagged,
        "retagged",
        "in their tags alone".to_owned(),
        Tone::Plain,
    );
    let alarming = diff.states.iter().any(|state| state.event.is_alarming());
    let tone = if alarming { Tone::Bad } else { Tone::Plain };
    count(summary.states, "states", "changed, came or went".to_owned(), tone);
    count(
        summary.coverage_lost,
        "coverage lost",
        "listings that were seen and are not any more".to_owned(),
        Tone::Warn,
    );
    count(
        summary.coverage_won,
        "coverage won",
        "listings that were not seen before".to_owned(),
        Tone::Plain,
    );
    count(
        summary.unsure,
        "unsure",
        "seen in one scan only, where the other could not see".to_owned(),
        Tone::Warn,
    );
}

fn sections(paper: &mut Paper, diff: &Diff) {
    states(paper, diff);
    if !diff.gone.is_empty() {
        paper.section("Gone", Tone::Bad);
        paper.list(gone_items(&diff.gone), "that are gone");
    }
    if !diff.replaced.is_empty() {
        paper.section("Replaced: made anew under the same name", Tone::Bad);
        let items = diff.replaced.iter().map(|one| {
            let data = if one.holds_data {
                "; what the older one held may not be in it"
            } else {
                ""
            };
            Item::new(format!("{}{data}", what(&one.row)))
                .note(format!("the older one was made {}", moment(one.created_before)))
        });
        paper.list(items, "that were replaced");
    }
    if !diff.appeared.is_empty() {
        paper.section("New", Tone::Plain);
        paper.list(new_items(&diff.appeared), "that are new");
    }
    owners(paper, "Newly unmanaged", &diff.newly_unmanaged);
    owners(paper, "Newly shared", &diff.newly_shared);
    owners(paper, "Changed owner", &diff.changed_owner);
    if !diff.duplicate_sets.is_empty() {
        paper.section("Duplicate sets that appeared or grew", Tone::Warn);
        let items = diff.duplicate_sets.iter().map(|set| {
            let sizes: Vec<String> = set.stacks.iter().map(|stack| stack.len().to_string()).collect();
            let mut item = Item::new(format!(
                "{} stacks of {} resources{}",
                set.stacks.len(),
                sizes.join(" and "),
                if set.decided {
                    ", the first is the original"
                } else {
                    "; it cannot be said which is the original"
                }
            ));
            for stack in &set.stacks {
                let arns: Vec<&str> = stack.iter().map(String::as_str).collect();
                item = item.note(listed(&arns, 3));
            }
            item
        });
        paper.list(items, "sets");
    }
    if !diff.changed.is_empty() {
        paper.section("Changed", Tone::Plain);
        paper.list(diff.changed.iter().map(changed), "that changed");
    }
    coverage(paper, diff);
}

/// `database instance main of platform in eu-west-1`.
pub(super) fn what(row: &Row) -> String {
    let title = kind(&row.kind).map_or(row.kind.as_str(), |kind| kind.title);
    // Of an id that is an ARN only what follows the account stands in sentences.
    let id = Arn::parse(&row.id).map_or(row.id.as_str(), |arn| arn.resource);
    let name = match &row.name {
        Some(name) if !id.ends_with(name.as_str()) => format!("{id} ({name})"),
        _ => id.to_owned(),
    };
    let owner = if row.projects.is_empty() {
        match row.ownership {
            crate::ledger::Ownership::Unmanaged => " of nobody".to_owned(),
            crate::ledger::Ownership::AwsMade => ", made by AWS".to_owned(),
            crate::ledger::Ownership::Delegated => ", made by another system".to_owned(),
            _ => String::new(),
        }
    } else {
        format!(" of {}", row.projects.join(" and "))
    };
    format!("{title} {name}{owner} in {}", row.region)
}

/// Wholes, each with the number of its parts; parts whose whole is still there stand alone.
fn gone_items(gone: &[Gone]) -> impl Iterator<Item = Item> {
    let mut parts = std::collections::BTreeMap::<&str, u64>::new();
    let wholes: std::collections::BTreeSet<&str> = gone.iter().map(|one| one.row.arn.as_str()).collect();
    let is_inside = |row: &Row| row.part_of.as_deref().is_some_and(|whole| wholes.contains(whole));
    let mut top = Vec::new();
    for one in gone {
        match &one.row.part_of {
            Some(whole) if is_inside(&one.row) => *parts.entry(whole.as_str()).or_default() += 1,
            _ => top.push(one),
        }
    }
    top.into_iter().map(move |one| {
        let data = if one.holds_data { "; it held data" } else { "" };
        let parts = parts.get(one.row.arn.as_str()).copied().unwrap_or(0);
        let parts = if parts > 0 {
            format!(", with {}", counted(parts, "part", "parts"))
        } else {
            String::new()
        };
        let mut item = Item::new(format!("{}{parts}{data}", what(&one.row)));
        if let Some(created) = one.row.created_at {
            item = item.note(format!("made {}", day(created)));
        }
        for claim in &one.claims {
            item = item.note(format!("{} in {}", claim.address, claim.source));
        }
        if !one.used_by.is_empty() {
            let users: Vec<&str> = one.used_by.iter().map(String::as_str).collect();
            item = item.note(format!("used by {}", listed(&users, 5)));
        }
        item
    })
}

/// Those that nobody claims first; parts of new things are not told one by one.
fn new_items(rows: &[Row]) -> Vec<Item> {
    let all: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.arn.as_str()).collect();
    let mut shown: Vec<&Row> = rows
        .iter()
        .filter(|row| row.part_of.as_deref().is_none_or(|whole| !all.contains(whole)))
        .collect();
    shown.sort_by_key(|row| row.ownership != crate::ledger::Ownership::Unmanaged);
    shown
        .into_iter()
        .map(|row| {
            let mut item = Item::new(what(row));
            if let Some(created) = row.created_at {
                item = item.note(format!("made {}", moment(created)));
            }
            item
        })
        .collect()
}

fn owners(paper: &mut Paper, title: &str, owners: &[Owner]) {
    if owners.is_empty() {
        return;
    }
    paper.section(title, Tone::Warn);
    let items = owners.iter().map(|one| {
        let before = if one.projects_before.is_empty() {
            one.ownership_before.word().replace('_', " ")
        } else {
            one.projects_before.join(" and ")
        };
        let mut item = Item::new(what(&one.row)).note(format!("before: {before}"));
        if let Some(because) = &one.because {
            item = item.note(because.clone());
        }
        item
    });
    paper.list(items, "of them");
}

fn changed(one: &Changed) -> Item {
    let mut item = Item::new(what(&one.row));
    for change in &one.attributes {
        item = item.note(format!("{}: {} is now {}", change.path, change.old, change.new));
    }
    for tag in &one.tags {
        let said = |value: &Option<String>| value.as_ref().map_or("none".to_owned(), |value| format!("{value:?}"));
        item = item.note(format!("tag {}: {} is now {}", tag.key, said(&tag.old), said(&tag.new)));
    }
    item
}

fn states(paper: &mut Paper, diff: &Diff) {
    if diff.states.is_empty() {
        return;
    }
    let alarming = diff.states.iter().any(|state| state.event.is_alarming());
    paper.section("States", if alarming { Tone::Bad } else { Tone::Plain });
    paper.whole_list(diff.states.iter().map(|change| Item::new(sentence(change))));
}

/// What happened to a state.
pub(super) fn sentence(change: &StateChange) -> String {
    let source = &change.source;
    let serial = |at: &Option<crate::snapshot::diff::StateAt>| {
        at.as_ref()
            .and_then(|at| at.serial)
            .map_or("none".to_owned(), |serial| serial.to_string())
    };
    let claims = |at: &Option<crate::snapshot::diff::StateAt>| at.as_ref().map_or(0, |at| at.claims);
    let grew = format!(
        "serial {} to {}, claims {} to {}",
        serial(&change.old),
        serial(&change.new),
        claims(&change.old),
        claims(&change.new)
    );
    match change.event {
        StateEvent::LineageChanged => format!("{source}: ANOTHER STATE took its place (its lineage changed): {grew}"),
        StateEvent::SerialWentBack => format!("{source}: an OLDER copy took its place: {grew}"),
        StateEvent::Emptied => format!("{source}: everything was taken out of it, or destroyed with it: {grew}"),
        StateEvent::Unreadable => format!("{source}: it could be read then, and cannot now"),
        StateEvent::NotGiven => format!("{source}: it was read then, and was not given now"),
        StateEvent::Moved => format!(
            "{source}: the same state, which was {} then",
            change.old.as_ref().map_or("elsewhere", |old| old.source.as_str())
        ),
        StateEvent::Appeared => format!(
            "{source}: not read then; {}",
            counted(claims(&change.new), "claim", "claims")
        ),
        StateEvent::ReadAgain => format!("{source}: it could not be read then, and can now"),
        StateEvent::Advanced => format!("{source}: {grew}"),
    }
}

fn coverage(paper: &mut Paper, diff: &Diff) {
    for (title, lost, tone) in [
        ("Coverage lost", true, Tone::Warn),
        ("Coverage won", false, Tone::Plain),
    ] {
        let cells: Vec<&CellChange> = diff.coverage.iter().filter(|cell| cell.is_lost() == lost).collect();
        if cells.is_empty() {
            continue;
        }
        paper.section(title, tone);
        // Kinds that went the same way in the same place stand together.
        let mut places: std::collections::BTreeMap<(String, &'static str), Vec<&str>> =
            std::collections::BTreeMap::new();
        for cell in cells {
            let other = if lost { cell.new } else { cell.old };
            let word = other.map_or("not asked for", CellStatus::word);
            places
                .entry((format!("{} in {}", cell.region, cell.account), word))
                .or_default()
                .push(&cell.kind);
        }
        let items = places.into_iter().map(|((place, word), kinds)| {
            let now = if lost { "now" } else { "before:" };
            Item::new(format!(
                "{place}, {now} {word}: {} ({})",
                counted(kinds.len() as u64, "kind", "kinds"),
                listed(&kinds, 8)
            ))
        });
        paper.list(items, "places");
    }
    if !diff.unsure.is_empty() {
        paper.section(
            "Unsure: seen in one scan only, where the other could not see",
            Tone::Warn,
        );
        let items = diff.unsure.iter().map(|one| {
            let mut parts = Vec::new();
            if one.then > 0 {
                parts.push(format!("{} seen then", thousands(one.then)));
            }
            if one.now > 0 {
                parts.push(format!("{} seen now", thousands(one.now)));
            }
            let word = |status: Option<CellStatus>| status.map_or("not asked for", CellStatus::word);
            Item::new(format!(
                "{} in {}: {}; the listing was {} then and is {} now",
                one.kind,
                one.region,
                parts.join(", "),
                word(one.old),
                word(one.new)
            ))
        });
        paper.list(items, "listings");
    }
}

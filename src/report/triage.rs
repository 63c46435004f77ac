//! Triage and the drill, for people: one screen, in the order in which somebody in trouble needs it.

use std::collections::BTreeMap;

use super::changes::sentence;
use super::human::{Look, listed};
use super::paper::{Item, Paper, Tone};
use super::text::{age, counted, moment, thousands};
use crate::model::Timestamp;
use crate::triage::remains::{Asked, Remain};
use crate::triage::trail::{Status, Trail};
use crate::triage::{Lost, Recoverable, Standing, Triage, Way};

/// For a terminal.
#[must_use]
pub fn human(triage: &Triage, look: Look) -> String {
    paper(triage, look).human(look)
}

/// For an incident's page.
#[must_use]
pub fn markdown(triage: &Triage, look: Look) -> String {
    paper(triage, look).markdown()
}

/// What can be restored alone, for a terminal.
#[must_use]
pub fn recoverable_human(drill: &Recoverable, look: Look) -> String {
    drill_paper(drill, look).human(look)
}

/// What can be restored alone, as Markdown.
#[must_use]
pub fn recoverable_markdown(drill: &Recoverable, look: Look) -> String {
    drill_paper(drill, look).markdown()
}

fn paper(triage: &Triage, look: Look) -> Paper {
    let mut paper = Paper::new(look);
    let ids: Vec<String> = triage.accounts.iter().map(|account| account.id.to_string()).collect();
    let before = match triage.since {
        Some(since) => format!("since {}", moment(since)),
        None => "by what the states claim".to_owned(),
    };
    paper.title(format!(
        "Triage of account {}, {before}, seen {}",
        ids.join(", "),
        moment(triage.scanned_at)
    ));
    if !triage.complete {
        paper.text(
            "INCOMPLETE: something could not be seen or read, so more may be gone, and more may be left, than stands here.",
            Tone::Bad,
        );
    }
    gone(&mut paper, triage);
    restore(&mut paper, triage);
    who(&mut paper, &triage.who, triage.gone.is_empty());
    if !triage.now.is_empty() {
        paper.section("4. What to do now, and what not", Tone::Warn);
        paper.whole_list(triage.now.iter().map(|text| Item::new(format!("DO: {text}"))));
        paper.whole_list(triage.never.iter().map(|text| Item::new(format!("DO NOT: {text}"))));
        for letter in &triage.support {
            paper.text(
                "Write to AWS Support; they may hold a snapshot that no API shows:",
                Tone::Plain,
            );
            paper.whole_list([Item::new(letter.clone())]);
        }
    }
    rebuild(&mut paper, triage);
    paper
}

fn gone(paper: &mut Paper, triage: &Triage) {
    if triage.gone.is_empty() {
        paper.text("Nothing is gone.", Tone::Good);
    } else {
        let data = triage.gone.iter().filter(|one| one.is_own_data()).count();
        let parts = triage.gone.iter().filter(|one| one.part_of.is_some()).count();
        let mut words = vec![counted(triage.gone.len() as u64, "resource", "resources")];
        if data > 0 {
            words.push(format!("{} held data", thousands(data as u64)));
        }
        if parts > 0 {
            words.push(format!("{} were parts of others", thousands(parts as u64)));
        }
        paper.section(format!("1. What is gone: {}", words.join(", ")), Tone::Bad);
        for (project, members) in by_project(triage.gone.iter().filter(|one| one.is_own_data())) {
            paper.text(format!("Data of {project}:"), Tone::Bad);
            paper.whole_list(members.into_iter().map(lost_item));
        }
        let mut folded = false;
        let rest = triage
            .gone
            .iter()
            .filter(|one| !one.is_own_data() && one.part_of.is_none());
        for (project, members) in by_project(rest) {
            if paper.is_whole() {
                paper.text(format!("The rest of {project}:"), Tone::Plain);
                paper.whole_list(members.into_iter().map(lost_item));
            } else {
                paper.whole_list([summary(&project, &members)]);
                folded = true;
            }
        }
        if folded {
            paper.text("Each of them: --all, or --format json.", Tone::Quiet);
        }
    }
    if triage.unsure > 0 {
        paper.text(
            format!(
                "{} more were there and could not be looked for now: they may be gone too.",
                thousands(triage.unsure)
            ),
            Tone::Warn,
        );
    }
    if !triage.states.is_empty() {
        paper.text("The states:", Tone::Bad);
        paper.whole_list(triage.states.iter().map(|change| Item::new(sentence(change))));
    }
}

fn by_project<'a>(lost: impl Iterator<Item = &'a Lost>) -> BTreeMap<String, Vec<&'a Lost>> {
    let mut projects: BTreeMap<String, Vec<&Lost>> = BTreeMap::new();
    for one in lost {
        projects.entry(owner(&one.projects)).or_default().push(one);
    }
    projects
}

fn owner(projects: &[String]) -> String {
    if projects.is_empty() {
        "nobody".to_owned()
    } else {
        projects.join(" and ")
    }
}

/// `The rest of platform: 2 subnets, 1 VPC`, and which other projects' things used any of it.
fn summary(project: &str, members: &[&Lost]) -> Item {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for one in members {
        *kinds.entry(&one.title).or_default() += 1;
    }
    let kinds: Vec<String> = kinds
        .into_iter()
        .map(|(title, count)| crate::findings::count_of(count, title))
        .collect();
    let mut item = Item::new(format!("The rest of {project}: {}", kinds.join(", ")));
    let own = format!(" of {project}");
    let others: std::collections::BTreeSet<&str> = members
        .iter()
        .flat_map(|one| &one.used_by)
        .filter(|user| user.contains(" of ") && !user.ends_with(&own))
        .map(String::as_str)
        .collect();
    if !others.is_empty() {
        let others: Vec<&str> = others.into_iter().collect();
        item = item.note(format!("used from outside by {}", listed(&others, 5)));
    }
    item
}

fn lost_item(one: &Lost) -> Item {
    let place = one
        .region
        .as_deref()
        .map(|region| format!(" in {region}"))
        .unwrap_or_default();
    let replaced = if one.replaced {
        "; something else has its name now"
    } else {
        ""
    };
    let mut item = Item::new(format!("{} {}{place}{replaced}", one.title, one.label));
    for claim in &one.claims {
        item = item.note(format!("{} in {}", claim.address, claim.source));
    }
    if !one.used_by.is_empty() {
        let users: Vec<&str> = one.used_by.iter().map(String::as_str).collect();
        item = item.note(format!("used by {}", listed(&users, 5)));
    }
    item
}

fn restore(paper: &mut Paper, triage: &Triage) {
    if triage.gone.is_empty() {
        return;
    }
    let tone = if triage.restore.is_empty() {
        Tone::Bad
    } else {
        Tone::Good
    };
    paper.section(
        format!(
            "2. What can still be restored: {}",
            counted(triage.restore.len() as u64, "backup", "backups")
        ),
        tone,
    );
    paper.whole_list(triage.restore.iter().map(|way| way_item(way, triage.scanned_at)));
    let labels: BTreeMap<&str, String> = triage
        .gone
        .iter()
        .map(|one| (one.name(), format!("{} {}", one.title, one.label)))
        .collect();
    for name in &triage.no_way_back {
        let label = labels.get(name.as_str()).map_or(name.as_str(), String::as_str);
        paper.text(format!("No way back was found for {label}."), Tone::Bad);
    }
    let (of_lost, others): (Vec<&Remain>, Vec<&Remain>) = triage.remains.iter().partition(|one| one.of.is_some());
    if !of_lost.is_empty() {
        paper.text("Deleted, and kept for a while:", Tone::Good);
        paper.whole_list(of_lost.into_iter().map(|one| remain_item(one, triage.scanned_at)));
    }
    if !others.is_empty() {
        paper.text(
            "Kept as well, of what no snapshot or state here told to be lost:",
            Tone::Plain,
        );
        paper.list(
            others.into_iter().map(|one| remain_item(one, triage.scanned_at)),
            "kept",
        );
    }
    not_asked(paper, triage.remains_asked);
    unseen(paper, &triage.unseen_backups);
    if !triage.look.is_empty() {
        paper.text("Where else to look:", Tone::Plain);
        let data: std::collections::BTreeSet<&str> = triage
            .gone
            .iter()
            .filter(|one| one.is_own_data())
            .map(Lost::name)
            .collect();
        let whole = paper.is_whole();
        let matters = |of: &str| whole || data.contains(of);
        let (first, rest): (Vec<_>, Vec<_>) = triage.look.iter().partition(|look| matters(&look.of) || look.restores);
        paper.whole_list(first.into_iter().map(|look| {
            let days = look.days.map_or(String::new(), |days| {
                format!(" (at most {days} days after the deletion)")
            });
            Item {
                commands: vec![look.command.clone()],
                ..Item::new(format!("{}: {}{days}", look.label, look.sentence))
            }
        }));
        paper.more(rest.len(), "places to look, for what held no data");
    }
}

/// `KMS key that waits for its deletion: 1234… in eu-west-1`, until when, and the command.
fn remain_item(one: &Remain, now: Timestamp) -> Item {
    let mut item = Item::new(format!("{}: {} in {}", one.title, one.label, one.region));
    let mut facts: Vec<String> = one
        .deleted_at
        .map(|at| format!("deleted {}", moment(at)))
        .into_iter()
        .collect();
    facts.extend(one.deadline.map(|deadline| {
        if deadline <= now {
            format!("RAN OUT {}; try at once", moment(deadline))
        } else {
            format!("RUNS OUT {}", moment(deadline))
        }
    }));
    if !facts.is_empty() {
        item = item.note(facts.join("; "));
    }
    item.commands.extend(one.command.clone());
    item.note(one.sentence.clone())
}

fn not_asked(paper: &mut Paper, asked: Asked) {
    if asked == Asked::No {
        paper.text(
            "The account was not reached, so nobody asked for keys and secrets that wait for their deletion, the recycle \
             bin, deleted stacks and versions of objects.",
            Tone::Warn,
        );
    }
}

fn unseen(paper: &mut Paper, unseen: &[String]) {
    if !unseen.is_empty() {
        paper.text(
            "These backups could not be listed; there may be more than stands here:",
            Tone::Warn,
        );
        paper.whole_list(unseen.iter().map(|text| Item::new(text.clone())));
    }
}

fn way_item(way: &Way, now: Timestamp) -> Item {
    let mut facts = Vec::new();
    if let Some(created) = way.created_at {
        facts.push(format!("made {}", moment(created)));
    }
    if let Some(until) = way.holds_until {
        facts.push(format!("holds everything until {}", moment(until)));
    }
    facts.push(match (way.deadline, way.dies_with_it) {
        (Some(deadline), _) if deadline <= now => format!("RAN OUT {}; try at once", moment(deadline)),
        (Some(deadline), _) => format!("RUNS OUT {}", moment(deadline)),
        (None, true) => "is deleted together with it".to_owned(),
        (None, false) => "stays until somebody deletes it".to_owned(),
    });
    let mut item = Item::new(format!(
        "{} from {} {} in {}",
        way.of_label, way.title, way.id, way.region
    ))
    .note(facts.join("; "));
    if let Some(status) = &way.status {
        item = item.note(format!("its status is {status}: it cannot be used as it is"));
    }
    if !way.restored_as.is_empty() {
        let made: Vec<&str> = way.restored_as.iter().map(String::as_str).collect();
        item = item.note(format!("was restored before, as {}", listed(&made, 3)));
    }
    item.commands.push(way.command.clone());
    item.note(way.then.clone())
}

fn who(paper: &mut Paper, trail: &Trail, nothing_gone: bool) {
    if nothing_gone && trail.status == Status::NotAsked {
        return;
    }
    paper.section("3. Who did it", Tone::Plain);
    let detail = trail.detail.as_deref().unwrap_or_default();
    match trail.status {
        Status::NotAsked => paper.text(format!("CloudTrail was not asked. {detail}"), Tone::Warn),
        Status::Unreadable => paper.text(format!("CloudTrail could not be read: {detail}"), Tone::Warn),
        Status::Partly => paper.text(format!("CloudTrail was read in part: {detail}"), Tone::Warn),
        Status::Read => paper.text(
            format!(
                "CloudTrail: {} looked at, {} changed something.",
                counted(trail.events, "event", "events"),
                {
                    let calls: u64 = trail.groups.iter().flat_map(|group| group.calls.values()).sum();
                    thousands(calls)
                }
            ),
            Tone::Quiet,
        ),
    }
    // What touched the lost things first, then what was done close to it.
    let (first, rest): (Vec<_>, Vec<_>) = trail.groups.iter().partition(|group| group.touches_lost);
    let items = first.into_iter().chain(rest).map(|group| {
        let calls: Vec<String> = group
            .calls
            .iter()
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
        let mut item = Item::new(format!(
            "{}: {} with {}{}",
            moment(group.minute),
            group.principal,
            group.tool.word(),
            if group.touches_lost { ", on what is gone" } else { "" }
        ));
        if !calls.is_empty() {
            item = item.note(listed(&calls, 8));
        }
        if group.refused > 0 {
            item = item.note(counted(group.refused, "call was refused", "calls were refused"));
        }
        item.note(format!(
            "from {} in {}",
            group.addresses.join(", "),
            group.regions.join(", ")
        ))
    });
    paper.list(items, "minutes");
}

fn rebuild(paper: &mut Paper, triage: &Triage) {
    if triage.rebuild.is_empty() {
        return;
    }
    paper.section("5. What to build again, in this order", Tone::Plain);
    let sources: std::collections::BTreeSet<&str> =
        triage.rebuild.iter().filter_map(|one| one.source.as_deref()).collect();
    if !sources.is_empty() {
        let sources: Vec<&str> = sources.into_iter().collect();
        paper.text(
            format!("The states that described them: {}", listed(&sources, 10)),
            Tone::Plain,
        );
    }
    let whole = paper.is_whole();
    let items = triage.rebuild.iter().enumerate().map(|(at, one)| {
        let address = one
            .address
            .as_deref()
            .map_or(String::new(), |address| format!(", {address}"));
        let mut item = Item::new(format!("{}. {} {}{address}", at + 1, one.kind, one.id));
        if !whole {
            return item;
        }
        let settings: Vec<String> = one
            .configuration
            .iter()
            .filter(|(_, value)| !matches!(value, crate::model::Value::Block(_)))
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        if !settings.is_empty() {
            item = item.note(listed(&settings, 8));
        }
        item
    });
    paper.list(items, "to build again");
}

fn drill_paper(drill: &Recoverable, look: Look) -> Paper {
    let mut paper = Paper::new(look);
    let ids: Vec<String> = drill.accounts.iter().map(|account| account.id.to_string()).collect();
    paper.title(format!(
        "What of account {} could be had back, seen {}",
        ids.join(", "),
        moment(drill.scanned_at)
    ));
    if !drill.complete {
        paper.text("INCOMPLETE: something could not be seen or read.", Tone::Bad);
    }
    let (without, with): (Vec<&Standing>, Vec<&Standing>) =
        drill.resources.iter().partition(|one| one.is_without_way_back());
    let tone = if without.is_empty() { Tone::Good } else { Tone::Bad };
    paper.count(
        thousands(without.len() as u64),
        "without a way back",
        "no backup that outlives it",
        tone,
    );
    paper.count(
        thousands(with.len() as u64),
        "with one",
        "a backup outlives it",
        Tone::Plain,
    );
    if !without.is_empty() {
        paper.section("Without a way back", Tone::Bad);
        let items = without.into_iter().map(|one| {
            let mut item = Item::new(standing(one));
            item = match one.inside.first() {
                Some(newest) => item.note(format!(
                    "{} that would be deleted with it, the newest {}",
                    counted(one.inside.len() as u64, "backup", "backups"),
                    newest.id
                )),
                None => item.note("no backup of any sort was found"),
            };
            item = kept_inside(item, one);
            if one.unseen {
                item = item.note("but backups of it could not be listed, so there may be one");
            }
            item
        });
        paper.list(items, "without a way back");
    }
    if !with.is_empty() {
        paper.section("With a way back", Tone::Good);
        let items = with
            .into_iter()
            .filter_map(|one| one.outside.first().map(|way| (one, way)))
            .map(|(one, way)| {
                let old = one.newest_outside.and_then(|newest| age(newest, drill.scanned_at));
                let old = old.map_or(String::new(), |old| format!("; the newest is {old} old"));
                let count = counted(one.outside.len() as u64, "backup", "backups");
                let mut item = Item::new(format!("{}: {count} outlive it{old}", standing(one)));
                item = item.note(if one.outside.iter().any(|way| !way.restored_as.is_empty()) {
                    "one was restored before"
                } else {
                    "whether one was ever restored is not known: try it before you need it"
                });
                item.commands.push(way.command.clone());
                kept_inside(item, one)
            });
        paper.list(items, "with a way back");
    }
    if !drill.remains.is_empty() {
        paper.section("Deleted, and kept for a while", Tone::Warn);
        paper.list(
            drill.remains.iter().map(|one| remain_item(one, drill.scanned_at)),
            "kept",
        );
    }
    not_asked(&mut paper, drill.remains_asked);
    unseen(&mut paper, &drill.unseen_backups);
    paper
}

/// Adds what is kept inside of a live thing.
fn kept_inside(mut item: Item, one: &Standing) -> Item {
    for kept in &one.kept {
        item = item.note(format!("{}: {}", kept.title, kept.sentence));
        item.commands.extend(kept.command.clone());
    }
    item
}

fn standing(one: &Standing) -> String {
    let owner = if one.projects.is_empty() {
        "nobody".to_owned()
    } else {
        one.projects.join(" and ")
    };
    format!("{} {} of {owner} in {}", one.title, one.label, one.region)
}

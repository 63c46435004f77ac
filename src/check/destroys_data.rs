//! `destroys-data`: what holds data goes.

use super::Verdict;
use super::age::age;
use super::case::{Case, Target};
use super::fate::{Backups, Fate, by_plan_alone, is_kept, is_refused_unless_empty};
use super::rules::{Raised, Rule};
use crate::kinds::loss;
use crate::ledger::LiveIndex;

pub(super) static RULE: Rule = Rule {
    code: "destroys-data",
    summary: "a database, volume, bucket or other holder of data is destroyed",
    explanation: "\
The resource holds data, and the data goes with it. The finding says what is left (manual snapshots, a final
snapshot if one will be made, replicas, a time in which the deletion can be taken back) and what dies with it: the
automated backups of a database go with the database unless delete_automated_backups is false, and the provider's
default is true.

With something left it asks for a look; with nothing left it blocks, and last-backup-dies says so too. Recovery points
of AWS Backup count like snapshots. A backup that is not complete, or failed, does not count.

Take a snapshot and wait until it is complete, before anything else.

Needs: the kind's backups listed in its account and region.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, backups: &Backups) -> Vec<Raised> {
    let mut raised = Vec::new();
    for (number, target) in case.targets.iter().enumerate() {
        if !target.action.destroys() || target.is_facet() {
            continue;
        }
        let loss = loss::of(target.kind_name());
        match (target.found.itself(), loss) {
            (Some(at), _) if loss::is_backup(&case.live(at).kind) => {
                raised.extend(backup(rule, case, backups, number, at));
            }
            (Some(at), Some(facts)) => {
                if !is_kept(facts, target.settings) {
                    let fate = backups.fate(case, at, target);
                    raised.push(holder(rule, case, number, target, Some(at), facts, &fate));
                }
            }
            (Some(at), None) => raised.extend(disks(rule, case, backups, number, at)),
            // Not seen: the plan alone says that it holds data. What is not there any more has none.
            (None, Some(facts)) if is_not_seen(target) && !is_kept(facts, target.settings) => {
                let fate = by_plan_alone(facts, target.settings);
                raised.push(holder(rule, case, number, target, None, facts, &fate));
            }
            (None, _) => {}
        }
    }
    raised
}

fn is_not_seen(target: &Target<'_>) -> bool {
    matches!(
        target.found,
        crate::ledger::find::Found::None(
            crate::ledger::NoMatch::NotSeen(_)
                | crate::ledger::NoMatch::UnknownType
                | crate::ledger::NoMatch::Ambiguous(_)
        )
    )
}

fn holder(
    rule: &Rule,
    case: &Case<'_>,
    number: usize,
    target: &Target<'_>,
    at: Option<LiveIndex>,
    facts: &loss::Loss,
    fate: &Fate,
) -> Raised {
    let what = match at {
        Some(at) => case.name(at),
        None => target.label.to_owned(),
    };
    let verb = if target.action.replaces() {
        "replaces"
    } else {
        "deletes"
    };
    let lost = fate.survives.is_empty();
    let mut title = format!("{verb} {what}");
    if fate.automated_die {
        title.push_str("; its automated backups die with it");
    }
    if lost {
        title.push_str(&format!(", and nothing is left of its {}", facts.data));
    } else if fate.backups_left > 0 {
        let newest = fate
            .newest
            .and_then(|newest| age(newest, case.request.now))
            .map_or_else(String::new, |age| format!(", the newest {age} old"));
        title.push_str(&format!(
            "; {} left{newest}",
            super::rules::counted(fate.backups_left, "backup")
        ));
    }
    let mut raised = rule
        .raise(if lost { Verdict::Block } else { Verdict::Review }, title)
        .about(case, [number]);
    raised.finding.evidence.extend(fate.last.clone());
    raised.finding.evidence.extend(fate.unfinished.iter().cloned());
    if at.is_some_and(|at| is_protected(case, at)) {
        raised = raised
            .evidence("it is protected against deletion now: the deletion will be refused until that is taken away");
    }
    raised = raised
        .shown(
            fate.survives.iter().map(|line| format!("survives: {line}")),
            "that survive",
        )
        .shown(
            fate.dies.iter().map(|line| format!("dies with it: {line}")),
            "that die with it",
        );
    let advice = if is_refused_unless_empty(facts, target.settings) {
        "see what is in it, and copy what somebody may need"
    } else if lost {
        super::last_backup_dies::SAVE_FIRST
    } else {
        "restore what is left once, somewhere else, before you rely on it"
    };
    raised.advice(advice)
}

/// The data that goes with a thing that is no holder of data itself: the disks of a machine.
fn disks(rule: &Rule, case: &Case<'_>, backups: &Backups, number: usize, at: LiveIndex) -> Vec<Raised> {
    let target = &case.targets[number];
    let mut raised = Vec::new();
    for part in case.parts.get(&at).into_iter().flatten().copied() {
        let Some(facts) = loss::of(&case.live(part).kind) else {
            continue;
        };
        if case.going.contains_key(&part) {
            continue;
        }
        let live = case.live(at);
        let system = loss::SYSTEM_DISKS
            .iter()
            .any(|(kind, path)| live.kind == **kind && names_at(case, at, target, path, &case.live(part).id));
        // A machine that is made again gets a new disk of this sort every time; nobody keeps data on it.
        if system && target.action.replaces() {
            continue;
        }
        let fate = backups.fate(case, part, target);
        let mut one = holder(rule, case, number, target, Some(part), facts, &fate);
        let left = if fate.survives.is_empty() {
            format!(", and nothing is left of its {}", facts.data)
        } else {
            String::new()
        };
        one.finding.title = format!("{} goes with {}{left}", case.name(part), case.name(at));
        if system {
            one.finding.verdict = Verdict::Review;
            one = one.advice("see whether anything on the disk that it started from is worth keeping");
        }
        one.finding.resources = vec![case.live(part).arn.to_string()];
        raised.push(one);
    }
    raised
}

/// Says whether the live side, the plan or a state has an id at a path.
fn names_at(case: &Case<'_>, at: LiveIndex, target: &Target<'_>, path: &str, id: &str) -> bool {
    let claims = case.ledger.entries[at as usize]
        .claims
        .iter()
        .map(|held| &case.ledger.claims[held.claim as usize].configuration);
    let mut found = false;
    for configuration in std::iter::once(&case.live(at).configuration)
        .chain(target.settings)
        .chain(claims)
    {
        configuration.each_at(path, &mut |value| value.each_text(&mut |text| found |= text == id));
    }
    found
}

/// A backup that goes: what it is a backup of may still be there.
fn backup(rule: &Rule, case: &Case<'_>, backups: &Backups, number: usize, at: LiveIndex) -> Option<Raised> {
    let others: Vec<LiveIndex> = backups
        .siblings(at)
        .into_iter()
        .filter(|other| case.goes(*other).is_none())
        .collect();
    let name = case.name(at);
    let source = backups.source(at).and_then(|source| match case.goes(source) {
        None => Some(source),
        // A copy goes with its backups, and what it was copied from stays.
        Some(_) => case.original_of(source),
    });
    let (verdict, title) = match (source, others.is_empty()) {
        (Some(_), false) => return None,
        (Some(source), true) => (
            Verdict::Review,
            format!("deletes {name}, the last backup of {}", case.name(source)),
        ),
        (None, false) => (
            Verdict::Review,
            format!(
                "deletes {name}; of what it is a backup of, {} left",
                super::rules::counted(others.len(), "backup")
            ),
        ),
        (None, true) => (
            Verdict::Block,
            match backups.source(at) {
                Some(gone) => format!(
                    "deletes {name} together with {}, and no other backup is left",
                    case.name(gone)
                ),
                None => format!("deletes {name}, and nothing else is left of what it is a backup of"),
            },
        ),
    };
    let mut raised = rule.raise(verdict, title).about(case, [number]);
    if let Some(source) = source {
        raised = raised.evidence(format!("survives: {}", case.name(source)));
    }
    Some(
        raised
            .shown(
                others.iter().map(|other| format!("survives: {}", case.name(*other))),
                "that survive",
            )
            .advice("keep it until another backup is complete and was restored once"),
    )
}

/// Says whether the live side says that it is protected against deletion.
fn is_protected(case: &Case<'_>, at: LiveIndex) -> bool {
    let on = |name: &str| {
        case.live(at)
            .configuration
            .get(name)
            .and_then(crate::model::Value::as_bool)
            == Some(true)
    };
    on("deletion_protection") || on("deletion_protection_enabled")
}

/// What is left of a target's data and what dies with it, for the list of changes.
pub(super) fn fate_of(case: &Case<'_>, backups: &Backups, target: &Target<'_>) -> Option<Fate> {
    if !target.action.destroys() || target.is_facet() {
        return None;
    }
    let facts = loss::of(target.kind_name());
    match (target.found.itself(), facts) {
        (Some(at), Some(_)) => Some(backups.fate(case, at, target)),
        (Some(at), None) => {
            let parts = case.parts.get(&at)?;
            let dies: Vec<String> = parts
                .iter()
                .filter(|part| loss::of(&case.live(**part).kind).is_some())
                .map(|part| case.name(*part))
                .collect();
            (!dies.is_empty()).then(|| Fate {
                dies,
                ..Fate::default()
            })
        }
        (None, Some(facts)) if is_not_seen(target) => Some(by_plan_alone(facts, target.settings)),
        (None, _) => None,
    }
}

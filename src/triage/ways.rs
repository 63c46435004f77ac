//! Ways back: which backups there are of what is lost, or of what is live, until when, and the exact command.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::lost::{Lost, users_of};
use super::remains::{Asked, Remain};
use super::shell;
use crate::kinds::loss::{BACKUPS, Backup, By, is_backup, is_of, is_whole};
use crate::kinds::recover::{Argument, From, Restore, Until, restore};
use crate::ledger::{Ledger, LiveIndex};
use crate::model::{Account, Configuration, Live, Timestamp, Value};

/// A backup, and how it is restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The ARN (else the id) of what it restores, where that is known.
    pub of: Option<String>,
    /// What to call that.
    pub of_label: String,
    pub kind: String,
    pub title: String,
    pub id: String,
    pub arn: String,
    pub region: String,
    pub created_at: Option<Timestamp>,
    /// The newest moment that it can bring back.
    pub holds_until: Option<Timestamp>,
    /// When the way closes; `null` where it stays until somebody deletes the backup.
    pub deadline: Option<Timestamp>,
    /// It goes when what it is a backup of goes.
    pub dies_with_it: bool,
    /// It cannot be used as it is: its status.
    pub status: Option<String>,
    pub command: String,
    pub then: String,
    /// Live resources that were made from it.
    pub restored_as: Vec<String>,
}

/// What a backup is of.
struct Subject<'a> {
    name: &'a str,
    label: &'a str,
    id: &'a str,
    configuration: &'a Configuration,
    /// It has ids beside its name, which no other thing of that name has.
    has_keys: bool,
    /// Its name is free.
    gone: bool,
    zone: Option<&'a str>,
    /// Of what is live; of what is lost an older thing of the same name is a way back, too.
    created_at: Option<Timestamp>,
}

/// Finds subjects by what backups say of them.
struct Subjects<'a> {
    subjects: Vec<Subject<'a>>,
    arns: FxHashMap<&'a str, usize>,
    /// By kind and id, or kind and further key.
    ids: BTreeMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> Subjects<'a> {
    fn new() -> Self {
        Self {
            subjects: Vec::new(),
            arns: FxHashMap::default(),
            ids: BTreeMap::new(),
        }
    }

    fn add(&mut self, kind: &'a str, arn: Option<&'a str>, keys: impl Iterator<Item = &'a str>, subject: Subject<'a>) {
        let at = self.subjects.len();
        self.arns.extend(arn.map(|arn| (arn, at)));
        for key in keys.chain([subject.id]) {
            let places = self.ids.entry((kind, key)).or_default();
            if !places.contains(&at) {
                places.push(at);
            }
        }
        self.subjects.push(subject);
    }

    /// The subject of a backup: by ARN, else by the resource id that no other has, else by its identifier.
    fn of(&self, live: &Live, backup: &Backup) -> Option<&Subject<'a>> {
        let only = |key: &str| match self.ids.get(&(backup.of, key)).map(Vec::as_slice) {
            Some([only]) => Some(&self.subjects[*only]),
            _ => None,
        };
        match backup.by {
            By::Id(path) => live.configuration.text(path).and_then(only),
            By::Arn(path) => {
                let by_arn = live.observed.text(path).and_then(|arn| self.arns.get(arn));
                let resource = ["dbi_resource_id", "db_cluster_resource_id"]
                    .iter()
                    .find_map(|key| live.observed.text(key));
                by_arn
                    .map(|at| &self.subjects[*at])
                    .or_else(|| resource.and_then(only))
                    // Without a resource id on either side the name is all there is.
                    .or_else(|| {
                        let named = live.observed.text("source_identifier").and_then(only)?;
                        (resource.is_none() || !named.has_keys).then_some(named)
                    })
            }
        }
    }
}

/// Every backup of what is lost; what runs out first stands first, then data, then the newest.
pub(super) fn for_lost(now: &Ledger, lost: &[Lost]) -> Vec<Way> {
    let mut subjects = Subjects::new();
    for one in lost.iter().filter(|one| one.part_of.is_none() && !one.is_backup) {
        let subject = Subject {
            name: one.name(),
            label: &one.label,
            id: &one.id,
            configuration: &one.configuration,
            has_keys: !one.keys.is_empty(),
            gone: !one.replaced,
            zone: one.configuration.text("availability_zone"),
            created_at: None,
        };
        subjects.add(
            &one.kind,
            one.arn.as_deref(),
            one.keys.iter().map(String::as_str),
            subject,
        );
    }
    let mut ways = each(now, &subjects, false);
    let data: BTreeSet<&str> = lost.iter().filter(|one| one.holds_data).map(Lost::name).collect();
    ways.sort_by(|a, b| {
        let key = |way: &Way| {
            (
                way.deadline.is_none(),
                way.deadline,
                !way.of.as_deref().is_some_and(|of| data.contains(of)),
                way.of.clone(),
                std::cmp::Reverse(newest(way)),
            )
        };
        key(a).cmp(&key(b)).then_with(|| a.arn.cmp(&b.arn))
    });
    ways
}

/// The newest moment that a way brings back, as far as it is known.
fn newest(way: &Way) -> Option<Timestamp> {
    way.holds_until.or(way.created_at)
}

/// Every backup whose subject is known.
fn each(now: &Ledger, subjects: &Subjects<'_>, with_parts: bool) -> Vec<Way> {
    (0..)
        .zip(&now.live)
        .filter_map(|(at, live)| {
            let backup = BACKUPS.iter().find(|backup| *backup.kind == *live.kind)?;
            let restore = restore(backup.kind)?;
            let subject = subjects
                .of(live, backup)
                .filter(|subject| is_of(live, subject.created_at))?;
            let dies = live.part_of.as_ref().is_some_and(|part| {
                let is_whole = |one: &Backup| *one.kind == *live.kind && *one.of == *part.kind;
                part.kind.is_empty() || BACKUPS.iter().any(is_whole)
            });
            (with_parts || subject.gone || !dies).then(|| way(now, at, restore, subject, dies))
        })
        .collect()
}

fn way(now: &Ledger, at: LiveIndex, restore: &'static Restore, subject: &Subject<'_>, dies_with_it: bool) -> Way {
    let live = &now.live[at as usize];
    let facts = crate::kinds::kind(&live.kind);
    let time = |path: &str| live.observed.text(path).and_then(|text| text.parse::<Timestamp>().ok());
    let status = live.observed.text("status").unwrap_or_default();
    let ready = status.is_empty() || is_whole(status) || status.eq_ignore_ascii_case("replicating");
    let deadline = match restore.until {
        Until::Deleted => None,
        Until::At(fact) => time(fact),
        Until::RunsOut { .. } if dies_with_it && !subject.gone => None,
        Until::RunsOut { last, days } => {
            let days = match live.observed.get(days) {
                Some(Value::Text(text)) => text.parse().ok(),
                other => other.and_then(Value::as_integer),
            };
            time(last)
                // Redshift says -1 where it is kept until somebody deletes it.
                .zip(days.filter(|days| *days >= 0))
                .and_then(|(last, days)| last.checked_add(jiff::SignedDuration::from_hours(24 * days)).ok())
        }
    };
    Way {
        of: Some(subject.name.to_owned()),
        of_label: subject.label.to_owned(),
        kind: live.kind.to_string(),
        title: facts.map_or(live.kind.as_str(), |kind| kind.title).to_owned(),
        id: live.id.to_string(),
        arn: if live.arn.is_empty() { &live.id } else { &live.arn }.to_string(),
        region: live.region.to_string(),
        created_at: live.created_at,
        holds_until: time("latest_restorable_time"),
        deadline,
        dies_with_it,
        status: (!ready).then(|| status.to_owned()),
        command: command(now, live, restore, subject),
        then: restore.then.to_owned(),
        restored_as: users_of(now, at),
    }
}

/// The command, ready to be run.
fn command(now: &Ledger, live: &Live, restore: &Restore, subject: &Subject<'_>) -> String {
    let mut words = vec![format!("aws {} --region {}", restore.command, shell(&live.region))];
    for Argument { option, value } in restore.arguments {
        let values: Vec<String> = match value {
            From::Nothing => {
                words.push((*option).to_owned());
                continue;
            }
            From::Id => vec![live.id.to_string()],
            From::Backup(path) => texts(&live.observed, path)
                .into_iter()
                .chain(texts(&live.configuration, path))
                .take(1)
                .collect(),
            From::SourceUnless(path) if live.observed.text(path).is_some() => Vec::new(),
            From::SourceUnless(_) => vec![subject.id.to_owned()],
            From::NewName if subject.gone => vec![subject.id.to_owned()],
            From::NewName => vec![format!("{}-restored", subject.id)],
            From::Source(path) => texts(subject.configuration, path),
            From::SourceIfLive(path) => texts(subject.configuration, path)
                .into_iter()
                .filter(|name| {
                    let near = |at: &LiveIndex| now.live[*at as usize].region == live.region;
                    now.find(name).iter().any(near)
                })
                .collect(),
            From::Printed(inner) => {
                let value = |name: &str| match name {
                    "id" => Some(live.id.to_string()),
                    "region" => Some(live.region.to_string()),
                    fact => texts(&live.observed, fact).into_iter().next(),
                };
                if let Some(inner) = super::filled(inner, value) {
                    words.push(format!("{option} \"$({inner})\""));
                }
                continue;
            }
            From::Zone => {
                let zone = subject.zone.filter(|zone| zone.starts_with(live.region.as_str()));
                vec![zone.map_or_else(|| format!("{}a", live.region), str::to_owned)]
            }
        };
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(|value| shell(value)).collect();
            words.push(format!("{option} {}", values.join(" ")));
        }
    }
    words.join(" ")
}

/// The texts at a path.
fn texts(configuration: &Configuration, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    configuration.each_at(path, &mut |value| {
        value.each_text(&mut |text| found.push(text.to_owned()));
    });
    found
}

/// The schema's name; it changes only with a breaking change.
const SCHEMA: &str = "whose.recoverable/1";

/// The drill before the fire: what holds data, and how it would be had back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recoverable {
    pub schema: String,
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    pub complete: bool,
    /// Without a way back first, then by project.
    pub resources: Vec<Standing>,
    /// Kinds of backups that could not be listed.
    pub unseen_backups: Vec<String>,
    /// What AWS keeps of things that were deleted; what runs out first stands first.
    #[serde(default)]
    pub remains: Vec<Remain>,
    #[serde(default)]
    pub remains_asked: Asked,
}

/// How one thing that holds data stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub arn: String,
    pub kind: String,
    pub title: String,
    pub id: String,
    pub label: String,
    pub region: String,
    pub projects: Vec<String>,
    /// Backups that outlive it; the newest first.
    pub outside: Vec<Way>,
    /// Backups that die with it; the newest first.
    pub inside: Vec<Way>,
    /// When the newest that outlives it was made, or how far it reaches.
    pub newest_outside: Option<Timestamp>,
    /// Backups of this sort could not be listed, so nothing can be said.
    pub unseen: bool,
    /// What is kept inside of it: versions of objects, point-in-time recovery.
    #[serde(default)]
    pub kept: Vec<Remain>,
}

impl Standing {
    /// Says whether it would be lost for good.
    #[must_use]
    pub fn is_without_way_back(&self) -> bool {
        self.outside.is_empty()
    }
}

/// Says of everything live that holds data how it would be had back.
#[must_use]
pub fn recoverable(now: &Ledger) -> Recoverable {
    let holders: Vec<usize> = (0..now.live.len())
        .filter(|at| {
            let live = &now.live[*at];
            let holds = crate::kinds::kind(&live.kind).is_some_and(|kind| kind.holds_data);
            holds && !is_backup(&live.kind)
        })
        .collect();
    let labels: Vec<String> = now.live.iter().map(Live::label).collect();
    let mut subjects = Subjects::new();
    // Kinds without data of their own have backups too: an image of a machine whose disks hold it.
    for (at, live) in now.live.iter().enumerate().filter(|(_, live)| !is_backup(&live.kind)) {
        let subject = Subject {
            name: &live.arn,
            label: &labels[at],
            id: &live.id,
            configuration: &live.configuration,
            has_keys: !live.keys.is_empty(),
            gone: false,
            zone: live.configuration.text("availability_zone"),
            created_at: live.created_at,
        };
        if BACKUPS.iter().any(|backup| *backup.of == *live.kind) {
            subjects.add(&live.kind, Some(&live.arn), live.keys.iter().map(|key| &**key), subject);
        }
    }
    let mut by_subject: BTreeMap<String, Vec<Way>> = BTreeMap::new();
    for way in each(now, &subjects, true) {
        by_subject
            .entry(way.of.clone().unwrap_or_default())
            .or_default()
            .push(way);
    }
    let mut resources: Vec<Standing> = holders
        .into_iter()
        .map(|at| {
            let (live, entry) = (&now.live[at], &now.entries[at]);
            let mut ways = by_subject.remove(&*live.arn).unwrap_or_default();
            ways.sort_by(|a, b| newest(b).cmp(&newest(a)).then_with(|| a.arn.cmp(&b.arn)));
            let (inside, outside): (Vec<Way>, Vec<Way>) = ways.into_iter().partition(|way| way.dies_with_it);
            let unseen = BACKUPS.iter().filter(|backup| *backup.of == *live.kind).any(|backup| {
                let cells = now.coverage.of_kind(crate::model::Symbol::new(backup.kind));
                cells
                    .filter(|cell| cell.account == live.account && cell.region == live.region)
                    .any(|cell| cell.status != crate::model::CellStatus::Listed)
            });
            Standing {
                arn: live.arn.to_string(),
                kind: live.kind.to_string(),
                title: crate::kinds::kind(&live.kind)
                    .map_or(live.kind.as_str(), |kind| kind.title)
                    .to_owned(),
                id: live.id.to_string(),
                label: live.label(),
                region: live.region.to_string(),
                projects: entry.projects.iter().map(ToString::to_string).collect(),
                newest_outside: outside.iter().filter_map(newest).max(),
                outside,
                inside,
                unseen,
                kept: Vec::new(),
            }
        })
        .collect();
    resources.sort_by(|a, b| {
        let key = |one: &Standing| !one.is_without_way_back();
        (key(a), &a.projects, &a.kind, &a.id).cmp(&(key(b), &b.projects, &b.kind, &b.id))
    });
    Recoverable {
        schema: SCHEMA.to_owned(),
        scanned_at: now.scanned_at,
        accounts: now.accounts.clone(),
        complete: now.complete(),
        resources,
        unseen_backups: super::unseen_backups(now),
        remains: Vec::new(),
        remains_asked: Asked::No,
    }
}

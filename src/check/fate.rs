//! What becomes of data: what dies with a resource, and what is left of it.

use rustc_hash::FxHashMap;

use super::case::{Case, Target};
use crate::kinds::loss::{self, Automated, BACKUPS, By, Final, Loss};
use crate::ledger::LiveIndex;
use crate::model::{Configuration, Timestamp, Value};

/// What becomes of the data of one target.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    pub(super) survives: Vec<String>,
    pub(super) dies: Vec<String>,
    /// The newest copy that is left, where its time is known.
    pub(super) newest: Option<Timestamp>,
    /// What is left is a backup, not the thing itself.
    pub(super) backups_left: usize,
    /// Backups that the same plan or list destroys at changes of their own.
    pub(super) destroyed_backups: Vec<LiveIndex>,
    /// Backups that cannot be restored from: not complete, or failed.
    pub(super) unfinished: Vec<String>,
    /// The automated backups go too.
    pub(super) automated_die: bool,
    /// The sentence on the final backup.
    pub(super) last: Option<String>,
    /// Why it could not be seen which backups there are.
    pub(super) gaps: Vec<String>,
}

/// Every backup by what it is a backup of.
pub(super) struct Backups {
    of: FxHashMap<LiveIndex, Vec<LiveIndex>>,
    source: FxHashMap<LiveIndex, LiveIndex>,
    /// Backups of one thing that is gone, by the word that names it.
    lost: FxHashMap<(&'static str, String), Vec<LiveIndex>>,
}

impl Backups {
    pub(super) fn new(case: &Case<'_>) -> Self {
        let mut all = Self {
            of: FxHashMap::default(),
            source: FxHashMap::default(),
            lost: FxHashMap::default(),
        };
        for backup in BACKUPS {
            let Some(source_kind) = crate::kinds::kind(backup.of) else {
                continue;
            };
            for at in case.ledger.of_kind(backup.kind) {
                let live = case.live(at);
                let named = match backup.by {
                    By::Arn(word) => live.observed.text(word),
                    By::Id(word) => live.configuration.text(word),
                };
                let Some(named) = named else { continue };
                let source = match backup.by {
                    By::Arn(_) => case.finder.arn(named),
                    By::Id(_) => case
                        .finder
                        .id(source_kind, named, Some(live.account), Some(live.region))
                        .first()
                        .copied(),
                };
                match source {
                    // A kind that may be a backup of several has a line for each.
                    Some(source) if case.live(source).kind != *backup.of => {}
                    Some(source) if !loss::is_of(live, case.live(source).created_at) => {}
                    Some(source) => {
                        all.of.entry(source).or_default().push(at);
                        all.source.insert(at, source);
                    }
                    None => all.lost.entry((backup.of, named.to_owned())).or_default().push(at),
                }
            }
        }
        all
    }

    /// Backups of a live resource.
    fn of(&self, at: LiveIndex) -> &[LiveIndex] {
        self.of.get(&at).map_or(&[], Vec::as_slice)
    }

    /// What a backup is a backup of, where that is live.
    pub(super) fn source(&self, backup: LiveIndex) -> Option<LiveIndex> {
        self.source.get(&backup).copied()
    }

    /// The other backups of what a backup is a backup of.
    pub(super) fn siblings(&self, backup: LiveIndex) -> Vec<LiveIndex> {
        let all = match self.source(backup) {
            Some(source) => self.of(source),
            None => self
                .lost
                .values()
                .find(|group| group.contains(&backup))
                .map_or(&[][..], Vec::as_slice),
        };
        all.iter().copied().filter(|other| *other != backup).collect()
    }

    /// What becomes of the data of a live resource that goes.
    pub(super) fn fate(&self, case: &Case<'_>, at: LiveIndex, target: &Target<'_>) -> Fate {
        let live = case.live(at);
        let mut fate = Fate::default();
        let facts = loss::of(&live.kind);
        let keeps_automated = facts.is_some_and(|facts| keeps_automated(facts, target.settings));
        let mut arns: Vec<&str> = Vec::new();
        for backup in self.of(at) {
            // A recovery point of AWS Backup is often a snapshot of the service, listed there too.
            let (arn, id) = (&*case.live(*backup).arn, &*case.live(*backup).id);
            if (!arn.is_empty() && arns.contains(&arn)) || arns.contains(&id) {
                continue;
            }
            arns.extend([arn, id]);
            self.enter(case, at, *backup, keeps_automated, &mut fate);
        }
        for backup in BACKUPS.iter().filter(|backup| *backup.of == *live.kind) {
            fate.gaps.extend(case.gap(backup.kind, live.account, live.region));
        }
        if let Some(original) = case.original_of(at) {
            fate.survives
                .push(format!("{}, of which this is a copy", case.name(original)));
        }
        if let Some(facts) = facts {
            by_settings(facts, target.settings, &mut fate);
            self.replicas(case, at, facts, &mut fate);
        }
        fate
    }

    fn enter(&self, case: &Case<'_>, of: LiveIndex, backup: LiveIndex, keeps_automated: bool, fate: &mut Fate) {
        let live = case.live(backup);
        let name = match live.created_at {
            Some(at) => format!("{} of {}", case.name(backup), at.strftime("%Y-%m-%d %H:%M UTC")),
            None => case.name(backup),
        };
        let is_part =
            case.ledger.top(backup) == case.ledger.top(of) && case.ledger.entries[backup as usize].whole.is_some();
        let automated = is_part || live.observed.get("automated").and_then(Value::as_bool) == Some(true);
        let status = live.observed.text("status").filter(|status| !loss::is_whole(status));
        if case.going.contains_key(&backup) {
            fate.dies.push(format!("{name}, which is deleted here too"));
            fate.destroyed_backups.push(backup);
        } else if let Some(needed) = needed_and_going(case, of, backup) {
            fate.dies.push(format!(
                "{name}, which needs {}, which is deleted here too",
                case.name(needed)
            ));
        } else if let Some(status) = status {
            fate.unfinished.push(format!("{name} is {status}, and no backup yet"));
        } else if automated && !keeps_automated {
            fate.dies.push(name);
        } else {
            let word = if automated {
                ", kept until its retention ends"
            } else {
                ""
            };
            fate.survives.push(format!("{name}{word}"));
            fate.newest = fate.newest.max(live.created_at);
            fate.backups_left += 1;
        }
    }

    /// Others that hold the same data.
    fn replicas(&self, case: &Case<'_>, at: LiveIndex, facts: &Loss, fate: &mut Fate) {
        for edge in case.ledger.references.uses(at) {
            if facts.replica_of.contains(&edge.via.as_str()) && case.goes(edge.to).is_none() {
                fate.survives
                    .push(format!("{}, of which this is a replica", case.name(edge.to)));
            }
        }
        for edge in case.ledger.references.used_by(at) {
            if let crate::ledger::Node::Live(user) = edge.from
                && facts.replica_of.contains(&edge.via.as_str())
                && case.goes(user).is_none()
            {
                fate.survives
                    .push(format!("{}, a replica, which then stands alone", case.name(user)));
            }
        }
    }
}

/// What a backup cannot be restored without, and goes: its vault, the key that it is encrypted with, a snapshot that
/// an image is made of.
fn needed_and_going(case: &Case<'_>, of: LiveIndex, backup: LiveIndex) -> Option<LiveIndex> {
    case.ledger.references.uses(backup).map(|edge| edge.to).find(|needed| {
        let kind = &case.live(*needed).kind;
        *needed != of && case.goes(*needed).is_some() && (loss::of(kind).is_some() || loss::is_backup(kind))
    })
}

/// What becomes of the data of something that was not found, by what the plan says alone.
pub(super) fn by_plan_alone(facts: &Loss, settings: Option<&Configuration>) -> Fate {
    let mut fate = Fate::default();
    by_settings(facts, settings, &mut fate);
    fate
}

/// Says whether Terraform leaves the resource alone although it is destroyed in its state.
pub(super) fn is_kept(facts: &Loss, settings: Option<&Configuration>) -> bool {
    facts.kept_by.is_some_and(|attribute| is_on(settings, attribute))
}

/// Says whether the deletion is refused while something is in it.
pub(super) fn is_refused_unless_empty(facts: &Loss, settings: Option<&Configuration>) -> bool {
    facts.forced_by.is_some_and(|attribute| !is_on(settings, attribute))
}

fn keeps_automated(facts: &Loss, settings: Option<&Configuration>) -> bool {
    match facts.automated_backups {
        Automated::DieUnlessFalse(attribute) => value(settings, attribute).and_then(Value::as_bool) == Some(false),
        Automated::None | Automated::Die => false,
    }
}

fn value<'a>(settings: Option<&'a Configuration>, path: &str) -> Option<&'a Value> {
    let mut found = None;
    settings?.each_at(path, &mut |value| found = found.or(Some(value)));
    found
}

fn is_on(settings: Option<&Configuration>, path: &str) -> bool {
    value(settings, path).and_then(Value::as_bool) == Some(true)
}

fn by_settings(facts: &Loss, settings: Option<&Configuration>, fate: &mut Fate) {
    fate.automated_die = facts.automated_backups != Automated::None && !keeps_automated(facts, settings);
    if fate.automated_die {
        let why = match facts.automated_backups {
            Automated::DieUnlessFalse(attribute) if value(settings, attribute).is_none() => {
                format!(" ({attribute} is true by default)")
            }
            Automated::DieUnlessFalse(attribute) => format!(" ({attribute} is true)"),
            Automated::None | Automated::Die => String::new(),
        };
        fate.dies.push(format!("its automated backups{why}"));
    } else if facts.automated_backups != Automated::None
        && value(settings, "backup_retention_period").and_then(Value::as_integer) != Some(0)
    {
        let days = value(settings, "backup_retention_period").and_then(Value::as_integer);
        let until = days.map_or_else(String::new, |days| format!(" for {days} days"));
        fate.survives.push(format!("its automated backups, retained{until}"));
    }
    let text = |attribute: &str| value(settings, attribute).and_then(Value::as_str).map(str::to_owned);
    match facts.final_backup {
        Final::None => {}
        Final::Unless { skip, .. } if is_on(settings, skip) => {
            fate.last = Some(format!("no final snapshot is made ({skip} is true)"));
        }
        Final::Unless { name, skip } => match text(name) {
            Some(name) => fate
                .survives
                .push(format!("the final snapshot {name}, which is made at the end")),
            None if settings.is_some_and(|settings| !settings.is_empty()) => {
                fate.last = Some(format!(
                    "a final snapshot is wanted but has no name: the deletion will fail until {name} or {skip} is set"
                ));
            }
            None => fate.last = Some("nothing says that a final snapshot is made".to_owned()),
        },
        Final::UnlessSkipped(skip) if is_on(settings, skip) => {
            fate.last = Some(format!("no final backup is made ({skip} is true)"));
        }
        Final::UnlessSkipped(_) => fate
            .survives
            .push("the final backup, which is made at the end".to_owned()),
        Final::Named(attribute) => match text(attribute) {
            Some(name) => fate
                .survives
                .push(format!("the final snapshot {name}, which is made at the end")),
            None => fate.last = Some(format!("no final snapshot is made ({attribute} is not set)")),
        },
        Final::Asked(attribute) if is_on(settings, attribute) => {
            fate.survives
                .push("the final snapshot, which is made at the end".to_owned());
        }
        Final::Asked(_) => {}
    }
    if let Some((attribute, default)) = facts.waits {
        match value(settings, attribute)
            .and_then(Value::as_integer)
            .unwrap_or(default)
        {
            0 => fate.last = Some(format!("it cannot be taken back ({attribute} is 0)")),
            days => fate.survives.push(format!(
                "everything, for {days} days in which the deletion can be taken back"
            )),
        }
    }
    if let Some((attribute, sentence)) = facts.leaves
        && is_on(settings, attribute)
    {
        fate.survives.push(sentence.to_owned());
    }
    if is_refused_unless_empty(facts, settings) {
        let attribute = facts.forced_by.unwrap_or_default();
        fate.survives.push(format!(
            "everything, if anything is in it: AWS refuses to delete it then ({attribute} is not true)"
        ));
    }
}

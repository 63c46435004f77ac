//! After something was deleted: what is gone, what can still be had back, who did it, what to do and what not.
//!
//! Pure functions of two ledgers, or of one and its states, and of what the trail said. The facts of the kinds
//! (`kinds::loss`, `kinds::recover`) say how a thing is had back; nothing here branches on a kind's name, and nothing
//! here runs a command.

mod lost;
mod order;
pub mod remains;
pub mod trail;
mod ways;

pub use lost::Lost;
pub use ways::{Recoverable, Standing, Way, recoverable};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kinds::loss::BACKUPS;
use crate::kinds::recover;
use crate::ledger::Ledger;
use crate::model::{Account, CellStatus, Configuration, Timestamp};
use crate::snapshot::diff::{Diff, StateChange};
use remains::{Asked, Remain};
use trail::Trail;

/// The schema's name; it changes only with a breaking change.
pub const SCHEMA: &str = "whose.triage/1";

/// What things are compared with.
#[derive(Clone, Copy, Debug)]
pub enum Before<'a> {
    /// An older scan, and what changed since.
    Scan(&'a Ledger, &'a Diff),
    /// The states: what they claim and is not live.
    States,
}

/// Everything that a person in trouble needs, in the order in which they need it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Triage {
    pub schema: String,
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    /// The time of the older scan; `null` where the states are what things are compared with.
    pub since: Option<Timestamp>,
    /// Everything that was asked for was seen and read, then and now.
    pub complete: bool,
    /// What is gone, data first, then by project.
    pub gone: Vec<Lost>,
    /// Seen then, and not seen now because of a gap: these may be gone too.
    pub unsure: u64,
    /// States that were swapped, went back, or cannot be read any more.
    pub states: Vec<StateChange>,
    /// What restores what is gone; what runs out first stands first.
    pub restore: Vec<Way>,
    /// What AWS keeps of deleted things, and under delete markers; of what is lost first.
    #[serde(default)]
    pub remains: Vec<Remain>,
    #[serde(default)]
    pub remains_asked: Asked,
    /// Where else to look.
    pub look: Vec<Look>,
    /// Lost data (ARNs) that no way back was found for.
    pub no_way_back: Vec<String>,
    /// Kinds of backups that could not be listed: `aws_db_snapshot in eu-west-1: denied`.
    pub unseen_backups: Vec<String>,
    /// Not asked yet, until somebody does.
    pub who: Trail,
    /// Sentences, in order.
    pub now: Vec<String>,
    pub never: Vec<String>,
    /// What to write to AWS Support, for each lost database.
    pub support: Vec<String>,
    /// What to build again, each after what it needs.
    pub rebuild: Vec<Rebuild>,
}

/// A trace of something that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The ARN, id or address of what is gone.
    pub of: String,
    pub label: String,
    pub sentence: String,
    pub command: String,
    /// The command gives it back; otherwise it shows whether there is something.
    pub restores: bool,
    /// Days after the deletion for which it can be had back, at most.
    pub days: Option<u16>,
}

/// A lost resource, as a list of things to build again needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuild {
    pub kind: String,
    pub id: String,
    /// Where a state described it.
    pub address: Option<String>,
    pub source: Option<String>,
    /// By Terraform's attribute names.
    pub configuration: Configuration,
}

impl Triage {
    /// Finds out what was lost between `before` and `now`, and what there is of it.
    #[must_use]
    pub fn new(before: Before<'_>, now: &Ledger) -> Self {
        let (lost, order) = match before {
            Before::Scan(then, diff) => lost::of_scan(then, diff, now),
            Before::States => lost::of_states(now),
        };
        let (since, then_complete, states, unsure) = match before {
            Before::Scan(then, diff) => (
                Some(then.scanned_at),
                diff.is_complete(),
                diff.states
                    .iter()
                    .filter(|state| state.event.is_alarming())
                    .cloned()
                    .collect(),
                diff.unsure.iter().map(|unsure| unsure.then).sum(),
            ),
            Before::States => (None, true, Vec::new(), 0),
        };
        let restore = ways::for_lost(now, &lost);
        let look = looks(&lost);
        let no_way_back = lost
            .iter()
            .filter(|one| one.is_own_data() && !restore.iter().any(|way| way.of.as_deref() == Some(one.name())))
            .map(|one| one.name().to_owned())
            .collect();
        let rebuild = order
            .into_iter()
            .map(|at| {
                let one = &lost[at];
                let claim = one.claims.first();
                Rebuild {
                    kind: one.kind.clone(),
                    id: one.id.clone(),
                    address: claim.map(|claim| claim.address.clone()),
                    source: claim.map(|claim| claim.source.clone()),
                    configuration: one.configuration.clone(),
                }
            })
            .collect();
        Self {
            schema: SCHEMA.to_owned(),
            scanned_at: now.scanned_at,
            accounts: now.accounts.clone(),
            since,
            complete: now.complete() && then_complete,
            unsure,
            states,
            now: what_to_do(&lost, &restore),
            never: what_not_to_do(&lost),
            support: lost
                .iter()
                .filter_map(|one| support(one, since, now.scanned_at))
                .collect(),
            restore,
            remains: Vec::new(),
            remains_asked: Asked::No,
            look,
            no_way_back,
            unseen_backups: unseen_backups(now),
            who: Trail::default(),
            rebuild,
            gone: lost,
        }
    }
}

/// Traces of what is gone, data first.
fn looks(lost: &[Lost]) -> Vec<Look> {
    lost.iter()
        .filter(|one| one.part_of.is_none())
        .flat_map(|one| recover::traces(&one.kind).filter_map(move |trace| look(one, trace)))
        .collect()
}

fn look(one: &Lost, trace: &recover::Trace) -> Option<Look> {
    let command = filled(trace.command, |name| {
        let value = match name {
            "id" => Some(one.id.as_str()),
            "arn" => one.arn.as_deref(),
            "region" => one.region.as_deref(),
            attribute => one.configuration.text(attribute),
        };
        value.map(str::to_owned)
    })?;
    Some(Look {
        of: one.name().to_owned(),
        label: one.label.clone(),
        sentence: trace.sentence.to_owned(),
        command,
        restores: trace.restores,
        days: trace.days,
    })
}

/// A command with what stands for each `{name}`; none where one of them is not known.
fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut command = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        command.push_str(before);
        command.push_str(&shell(&value(name)?));
        rest = tail;
    }
    command.push_str(rest);
    Some(command)
}

/// A word as a shell takes it: quoted where it holds anything but what no shell looks at.
#[must_use]
pub fn shell(word: &str) -> String {
    let harmless =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | ',' | '@' | '+');
    if !word.is_empty() && word.chars().all(harmless) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Backups that nobody could look for.
fn unseen_backups(now: &Ledger) -> Vec<String> {
    let mut unseen: BTreeMap<(&str, CellStatus), Vec<&str>> = BTreeMap::new();
    for cell in now.coverage.gaps() {
        let is_backup = BACKUPS.iter().any(|backup| *backup.kind == *cell.kind);
        if is_backup && cell.status != CellStatus::NotEnabled {
            unseen
                .entry((cell.kind.as_str(), cell.status))
                .or_default()
                .push(cell.region.as_str());
        }
    }
    unseen
        .into_iter()
        .map(|((kind, status), regions)| format!("{kind} in {}: {}", regions.join(", "), status.word()))
        .collect()
}

fn what_to_do(lost: &[Lost], ways: &[Way]) -> Vec<String> {
    let mut now = Vec::new();
    if lost.is_empty() {
        return now;
    }
    now.push("stop everything that applies: pipelines, schedules, colleagues; say who decides from here on".to_owned());
    if let Some(first) = ways.iter().filter_map(|way| way.deadline).min() {
        now.push(format!(
            "something runs out at {first}: copy or restore that first (part 2)"
        ));
    }
    if lost.iter().any(Lost::is_own_data) {
        now.push("restore data under part 2 before anything is built around it; a restore deletes nothing".to_owned());
        now.push("write to AWS Support now, also without a plan that includes it: buy one for a month".to_owned());
    }
    now.push("keep the state files that there are, the old and the new ones, and the snapshot of this tool".to_owned());
    now.push("then build the rest in the order of part 5".to_owned());
    now
}

fn what_not_to_do(lost: &[Lost]) -> Vec<String> {
    let mut never = Vec::new();
    if lost.is_empty() {
        return never;
    }
    never.push("do not run terraform apply or destroy: it would make empty things under the old names".to_owned());
    if lost.iter().any(Lost::is_own_data) {
        never.push(
            "do not delete or tidy up any snapshot, backup or vault, and do not let a retention rule do it".to_owned(),
        );
        never.push(
            "do not make a new, empty database under the old name: Support and the restore commands need that name"
                .to_owned(),
        );
    }
    never.push("do not edit or move state files, and do not run terraform state rm".to_owned());
    never
}

/// What Support needs to look for a snapshot that no API shows.
fn support(one: &Lost, since: Option<Timestamp>, now: Timestamp) -> Option<String> {
    // Only databases have a resource id of their own, which outlives their name.
    let resource = one
        .keys
        .iter()
        .find(|key| key.starts_with("db-") || key.starts_with("cluster-"))?;
    if one.part_of.is_some() || !one.holds_data {
        return None;
    }
    let region = one.region.as_deref().unwrap_or("?");
    let account = one.account.as_deref().unwrap_or("?");
    let when = match since {
        Some(since) => format!("between {since} and {now}"),
        None => format!("before {now}"),
    };
    Some(format!(
        "Our {} {} (resource id {resource}) in {region}, account {account}, was deleted by mistake {when}. Is there any \
         snapshot or automated backup of it left on your side, one that the API does not show? Please keep whatever there \
         is, and tell us how it can be restored.",
        one.title, one.id
    ))
}

#[cfg(test)]
mod tests;

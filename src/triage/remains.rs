//! What AWS keeps of deleted things, or inside of live ones, as triage and the drill tell it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Lost, Recoverable, Triage, filled};
use crate::kinds::remains::{Of, Remains};
use crate::model::{CellStatus, Live, Timestamp, Value};

/// Something that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remain {
    /// The Terraform type of what it is or was.
    pub kind: String,
    /// What people call what is kept.
    pub title: String,
    pub id: String,
    pub label: String,
    pub arn: Option<String>,
    pub region: String,
    /// The ARN (else the id) of what was lost or is live, where it is known there.
    pub of: Option<String>,
    /// It is inside of something that is live; otherwise it is of something that was deleted.
    pub live: bool,
    pub deleted_at: Option<Timestamp>,
    /// After that it cannot be had back.
    pub deadline: Option<Timestamp>,
    pub sentence: String,
    /// Absent where nothing is kept: point-in-time recovery or versioning is off.
    pub command: Option<String>,
}

/// What was asked for, and how that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Nobody asked: the account was not reached.
    #[default]
    No,
    Yes,
}

/// One sort in one region, as it was answered.
pub struct Answer<'a> {
    pub sort: &'static Remains,
    pub live: &'a [Live],
    pub region: &'a str,
    pub status: CellStatus,
}

impl Triage {
    /// Enters what is kept of what is gone, and of everything that was deleted.
    pub fn keep(&mut self, answers: &[Answer<'_>]) {
        self.remains_asked = Asked::Yes;
        let now = self.scanned_at;
        for answer in answers {
            self.unseen_backups.extend(unseen(answer));
            for live in answer.live {
                let lost = self.gone.iter().find(|one| is_it(one, live));
                let told = match answer.sort.of {
                    Of::Deleted => true,
                    Of::Old => lost.is_some() || live.observed.get("retained").is_some(),
                    Of::Live => live.observed.get("delete_markers").and_then(Value::as_integer) > Some(0),
                };
                if told {
                    let of = lost.map(|one| one.name().to_owned());
                    self.remains.push(remain(answer.sort, live, of, now));
                }
            }
        }
        self.remains.sort_by(|a, b| order(a).cmp(&order(b)));
        let back: BTreeSet<&str> = self.remains.iter().filter_map(|one| one.of.as_deref()).collect();
        self.no_way_back.retain(|name| !back.contains(name.as_str()));
        // What was looked for need not be looked for again by hand.
        let seen = |kind: &str, region: Option<&str>| {
            answers.iter().any(|one| {
                one.sort.kind == kind
                    && one.sort.of != Of::Live
                    && Some(one.region) == region
                    && one.status == CellStatus::Listed
            })
        };
        let gone = &self.gone;
        self.look.retain(|look| {
            let of = gone.iter().find(|one| one.name() == look.of);
            of.is_none_or(|one| !seen(&one.kind, one.region.as_deref()))
        });
    }
}

impl Recoverable {
    /// Enters what is kept of deleted things, and inside of what is live.
    pub fn keep(&mut self, answers: &[Answer<'_>]) {
        self.remains_asked = Asked::Yes;
        let now = self.scanned_at;
        for answer in answers {
            self.unseen_backups.extend(unseen(answer));
            for live in answer.live {
                match answer.sort.of {
                    Of::Live => {
                        let standing = self
                            .resources
                            .iter_mut()
                            .find(|one| one.kind == answer.sort.kind && one.arn == *live.arn);
                        if let Some(standing) = standing {
                            let of = Some(standing.arn.clone());
                            standing.kept.push(remain(answer.sort, live, of, now));
                        }
                    }
                    Of::Old if live.observed.get("retained").is_none() => {}
                    Of::Old | Of::Deleted => self.remains.push(remain(answer.sort, live, None, now)),
                }
            }
        }
        self.remains.sort_by(|a, b| order(a).cmp(&order(b)));
    }
}

/// What is known to be lost first, then what runs out first.
fn order(one: &Remain) -> (bool, bool, bool, Option<Timestamp>, &str, &str) {
    (
        one.of.is_none(),
        one.live,
        one.deadline.is_none(),
        one.deadline,
        &one.kind,
        &one.id,
    )
}

fn is_it(lost: &Lost, live: &Live) -> bool {
    let same = |id: &str| !id.is_empty() && (id == &*live.id || id == &*live.arn);
    lost.kind == *live.kind
        && lost.region.as_deref().is_none_or(|region| region == &*live.region)
        && (same(&lost.id) || lost.arn.as_deref().is_some_and(same) || lost.keys.iter().any(|key| same(key)))
}

fn unseen(answer: &Answer<'_>) -> Option<String> {
    let seen = matches!(answer.status, CellStatus::Listed | CellStatus::NotEnabled);
    (!seen).then(|| format!("{} in {}: {}", answer.sort.title, answer.region, answer.status.word()))
}

fn remain(sort: &'static Remains, live: &Live, of: Option<String>, now: Timestamp) -> Remain {
    let time = |fact: &str| live.observed.text(fact).and_then(|text| text.parse::<Timestamp>().ok());
    let kept = live.observed.get("protected").and_then(Value::as_bool) != Some(false)
        || live.observed.get("delete_markers").and_then(Value::as_integer) > Some(0);
    // Some services give the time of the deletion that is still to come under the same name.
    let (deleted_at, deadline) = match time("deleted_at") {
        Some(to_come) if to_come > now => (None, Some(to_come)),
        past => (past, time("until")),
    };
    Remain {
        kind: sort.kind.to_owned(),
        title: sort.title.to_owned(),
        id: live.id.to_string(),
        label: live.label(),
        arn: Some(live.arn.to_string()).filter(|arn| !arn.is_empty()),
        region: live.region.to_string(),
        of,
        live: sort.of == Of::Live,
        deleted_at,
        deadline,
        sentence: sentence(sort, live, kept),
        command: filled(sort.command, |name| {
            let value = match name {
                "id" => Some(&*live.id),
                "arn" => Some(&*live.arn).filter(|arn| !arn.is_empty()),
                "region" => Some(&*live.region),
                fact => live.observed.text(fact),
            };
            value.map(str::to_owned)
        })
        .filter(|_| kept),
    }
}

/// The sort's sentence, with what is known of this one before it.
fn sentence(sort: &'static Remains, live: &Live, kept: bool) -> String {
    let text = |fact: &str| live.observed.text(fact);
    let mut facts: Vec<String> = Vec::new();
    if let Some(versioning) = text("versioning") {
        facts.push(format!(
            "versioning is {}",
            if versioning == "enabled" { "on" } else { versioning }
        ));
    } else if live.observed.get("protected").is_some() {
        facts.push(format!("it is {}", if kept { "on" } else { "off" }));
    }
    if let Some(markers) = live.observed.get("delete_markers").and_then(Value::as_integer) {
        let all = live.observed.get("counted_all").and_then(Value::as_bool) == Some(true);
        let at_least = if all { "" } else { "at least " };
        let objects = if markers == 1 { "object lies" } else { "objects lie" };
        facts.push(format!("{at_least}{markers} deleted {objects} under a marker"));
    }
    if let (Some(from), Some(to)) = (text("from"), text("to")) {
        facts.push(format!("from {from} to {to}"));
    }
    if let Some(Value::List(retained)) = live.observed.get("retained") {
        let names: Vec<&str> = retained.iter().filter_map(Value::as_str).collect();
        facts.push(format!("it retained {}", names.join(", ")));
    }
    facts.push(
        if kept {
            sort.sentence
        } else {
            "what is deleted in it is gone"
        }
        .to_owned(),
    );
    facts.join("; ")
}

//! The weekly report: what became worse since an older scan, what it costs, how old it is, and how it goes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::changes::what;
use super::csv;
use super::human::{Look, listed};
use super::paper::{Item, Paper, Tone};
use super::text::{age, counted, day, moment, thousands};
use crate::findings::{Finding, Severity};
use crate::ledger::{Ledger, Ownership};
use crate::model::{CellStatus, Timestamp};
use crate::snapshot::diff::{Diff, Row, Side, StateChange, Summary};

/// The schema's name; it changes only with a breaking change.
pub const SCHEMA: &str = "whose.weekly/1";

/// The week.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Weekly {
    pub schema: String,
    pub before: Side,
    pub after: Side,
    pub changes: Summary,
    /// Findings that the older scan did not have; these count for `--fail-on`.
    pub new_findings: Vec<Finding>,
    /// Nobody's, and new, or let go of since.
    pub new_unmanaged: Vec<Row>,
    pub drifted: Vec<Finding>,
    pub orphans: Vec<OrphanRow>,
    /// The sum of the estimates, in US dollars by list price; what has no estimate is not in it.
    pub orphans_monthly_cost: f64,
    /// The oldest first.
    pub unmanaged: Vec<Aged>,
    /// States that were swapped, went back, were emptied, or cannot be read any more.
    pub states: Vec<StateChange>,
    /// The oldest first; the last is this scan.
    pub trend: Vec<Point>,
    /// Ignores that expired or match nothing.
    pub ignores: Vec<Finding>,
    /// What could not be seen: `aws_vpc in eu-west-1: denied`.
    pub unseen: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrphanRow {
    #[serde(flatten)]
    pub row: Row,
    pub why: String,
    /// In US dollars by list price; an estimate.
    pub monthly_cost: Option<f64>,
}

/// Something that nobody claims, with its age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aged {
    #[serde(flatten)]
    pub row: Row,
    /// In the oldest snapshot that had it, where AWS does not say when it was made.
    pub first_seen: Option<Timestamp>,
}

impl Aged {
    fn since(&self) -> Option<Timestamp> {
        self.row.created_at.or(self.first_seen)
    }
}

/// The account at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub at: Timestamp,
    pub complete: bool,
    pub live: u64,
    pub managed: u64,
    pub shared: u64,
    pub unmanaged: u64,
    pub orphans: u64,
    pub missing: u64,
    pub duplicate_sets: u64,
}

impl Point {
    #[must_use]
    pub fn of(ledger: &Ledger) -> Self {
        let count = |ownership: Ownership| {
            let of = ledger.entries.iter().filter(|entry| entry.ownership == ownership);
            of.count() as u64
        };
        Self {
            at: ledger.scanned_at,
            complete: ledger.complete(),
            live: ledger.live.len() as u64,
            managed: count(Ownership::Managed),
            shared: count(Ownership::Shared),
            unmanaged: count(Ownership::Unmanaged),
            orphans: ledger.entries.iter().filter(|entry| entry.orphan.is_some()).count() as u64,
            missing: ledger.missing().count() as u64,
            duplicate_sets: ledger.duplicates.len() as u64,
        }
    }
}

/// What the weekly report needs of the newer scan.
#[derive(Clone, Debug)]
pub struct Now {
    findings: Vec<Finding>,
    orphans: Vec<OrphanRow>,
    unmanaged: Vec<Row>,
    unseen: Vec<String>,
    point: Point,
}

impl Now {
    /// `findings` are those of the ledger, without what is ignored.
    #[must_use]
    pub fn of(ledger: &Ledger, findings: Vec<Finding>) -> Self {
        let of_code = |code: &str| -> BTreeSet<&str> {
            let of = findings.iter().filter(|finding| finding.code == code);
            of.flat_map(|finding| &finding.resources).map(String::as_str).collect()
        };
        let (orphans, unmanaged) = (of_code("orphan"), of_code("unmanaged"));
        let mut now = Self {
            orphans: Vec::new(),
            unmanaged: Vec::new(),
            unseen: unseen(ledger),
            point: Point::of(ledger),
            findings: Vec::new(),
        };
        for (at, live) in ledger.live.iter().enumerate() {
            if unmanaged.contains(&*live.arn) {
                now.unmanaged.push(Row::of(ledger, at));
            }
            if let Some(why) = ledger.entries[at]
                .orphan
                .as_deref()
                .filter(|_| orphans.contains(&*live.arn))
            {
                let cost = crate::kinds::kind(&live.kind).and_then(|kind| kind.monthly_cost);
                now.orphans.push(OrphanRow {
                    row: Row::of(ledger, at),
                    why: why.to_owned(),
                    monthly_cost: cost.and_then(|cost| cost(live)),
                });
            }
        }
        now.findings = findings;
        now
    }

    /// The ARNs of what nobody claims.
    pub fn unmanaged(&self) -> impl Iterator<Item = &str> {
        self.unmanaged.iter().map(|row| row.arn.as_str())
    }
}

fn unseen(ledger: &Ledger) -> Vec<String> {
    let mut places: BTreeMap<(&str, CellStatus), Vec<&str>> = BTreeMap::new();
    for cell in ledger.coverage.gaps().filter(|cell| cell.status != CellStatus::Skipped) {
        places
            .entry((cell.kind.as_str(), cell.status))
            .or_default()
            .push(&cell.region);
    }
    let listings = places
        .into_iter()
        .map(|((kind, status), regions)| format!("{kind} in {}: {}", listed(&regions, 6), status.word()));
    let states = ledger
        .state_gaps()
        .map(|state| format!("the state {}: unread", state.source));
    states.chain(listings).collect()
}

impl Weekly {
    /// Puts the week together. `first_seen` says in which snapshot an ARN stood first.
    #[must_use]
    pub fn new(
        now: Now,
        diff: Diff,
        before: &[Finding],
        mut trend: Vec<Point>,
        first_seen: &BTreeMap<String, Timestamp>,
    ) -> Self {
        let known: BTreeSet<(&str, &str)> = before
            .iter()
            .flat_map(|finding| keys(finding).map(|key| (finding.code.as_str(), key)))
            .collect();
        let is_new = |finding: &&Finding| {
            let mut keys = keys(finding);
            keys.any(|key| !known.contains(&(finding.code.as_str(), key)))
        };
        let of_code = |code: &str| -> Vec<Finding> {
            let of = now.findings.iter().filter(|finding| finding.code == code);
            of.cloned().collect()
        };
        let mut costs: f64 = now.orphans.iter().filter_map(|orphan| orphan.monthly_cost).sum();
        costs = (costs * 100.0).round() / 100.0;
        let nobodys: BTreeSet<&str> = now.unmanaged.iter().map(|row| row.arn.as_str()).collect();
        let let_go = diff.newly_unmanaged.iter().map(|owner| &owner.row);
        let new_unmanaged = diff.appeared.iter().chain(let_go);
        let new_unmanaged = new_unmanaged
            .filter(|row| nobodys.contains(row.arn.as_str()))
            .cloned()
            .collect();
        trend.push(now.point);
        let mut unmanaged: Vec<Aged> = now
            .unmanaged
            .iter()
            .map(|row| Aged {
                row: row.clone(),
                first_seen: first_seen.get(&row.arn).copied().filter(|_| row.created_at.is_none()),
            })
            .collect();
        unmanaged.sort_by(|a, b| {
            let key = |one: &Aged| (one.since().is_none(), one.since());
            key(a)
                .cmp(&key(b))
                .then_with(|| (&a.row.kind, &a.row.id).cmp(&(&b.row.kind, &b.row.id)))
        });
        Self {
            schema: SCHEMA.to_owned(),
            new_findings: now
                .findings
                .iter()
                .filter(|one| one.code != "gap")
                .filter(is_new)
                .cloned()
                .collect(),
            drifted: of_code("drifted"),
            ignores: of_code("unused-ignore"),
            states: diff
                .states
                .into_iter()
                .filter(|state| state.event.is_alarming())
                .collect(),
            before: diff.before,
            after: diff.after,
            changes: diff.summary,
            new_unmanaged,
            orphans: now.orphans,
            orphans_monthly_cost: costs,
            unmanaged,
            trend,
            unseen: now.unseen,
        }
    }
}

/// By what a finding is known again: its resources, or its title where it has none.
fn keys(finding: &Finding) -> impl Iterator<Item = &str> {
    let title = finding.resources.is_empty().then_some(finding.title.as_str());
    finding.resources.iter().map(String::as_str).chain(title)
}

/// For a terminal.
#[must_use]
pub fn human(weekly: &Weekly, look: Look) -> String {
    paper(weekly, look).human(look)
}

/// For a job summary or a channel.
#[must_use]
pub fn markdown(weekly: &Weekly, look: Look) -> String {
    paper(weekly, look).markdown()
}

/// One self-contained page.
#[must_use]
pub fn html(weekly: &Weekly) -> String {
    let look = Look { width: 100, all: true };
    paper(weekly, look).html()
}

fn paper(weekly: &Weekly, look: Look) -> Paper {
    let mut paper = Paper::new(look);
    let ids: Vec<String> = weekly
        .after
        .accounts
        .iter()
        .map(|account| account.id.to_string())
        .collect();
    paper.title(format!(
        "Account {} from {} to {}",
        ids.join(", "),
        moment(weekly.before.scanned_at),
        moment(weekly.after.scanned_at)
    ));
    if !(weekly.before.complete && weekly.after.complete) {
        paper.text(
            "INCOMPLETE: something could not be seen or read; across that nothing is called gone, new or unmanaged.",
            Tone::Bad,
        );
    }
    counts(&mut paper, weekly);
    if !weekly.states.is_empty() {
        paper.section("States", Tone::Bad);
        paper.whole_list(
            weekly
                .states
                .iter()
                .map(|state| Item::new(super::changes::sentence(state))),
        );
    }
    if !weekly.new_findings.is_empty() {
        paper.section("New findings", Tone::Warn);
        let items = weekly.new_findings.iter().map(|finding| {
            Item::new(format!(
                "{} {}: {}",
                finding.severity.word().to_uppercase(),
                finding.code,
                finding.title
            ))
        });
        paper.list(items, "findings");
    }
    if !weekly.new_unmanaged.is_empty() {
        paper.section("New, and nobody's", Tone::Warn);
        let items = weekly.new_unmanaged.iter().map(|row| {
            let item = Item::new(what(row));
            match row.created_at {
                Some(at) => item.note(format!("made {}", moment(at))),
                None => item,
            }
        });
        paper.list(items, "of them");
    }
    if !weekly.drifted.is_empty() {
        paper.section("Drifted from the state", Tone::Warn);
        let items = weekly.drifted.iter().map(|finding| {
            let mut item = Item::new(finding.title.clone());
            item.notes.clone_from(&finding.evidence);
            item
        });
        paper.list(items, "that drifted");
    }
    if !weekly.orphans.is_empty() {
        paper.section(
            format!(
                "Orphans, about ${:.2} a month by list price",
                weekly.orphans_monthly_cost
            ),
            Tone::Warn,
        );
        let items = weekly.orphans.iter().map(|orphan| {
            let cost = orphan
                .monthly_cost
                .map_or(String::new(), |cost| format!(", about ${cost:.2} a month"));
            Item::new(format!("{}{cost}", what(&orphan.row))).note(orphan.why.clone())
        });
        paper.list(items, "orphans");
    }
    ages(&mut paper, weekly);
    trend(&mut paper, weekly);
    if !weekly.ignores.is_empty() {
        paper.section("Ignores to look at", Tone::Plain);
        paper.list(
            weekly.ignores.iter().map(|finding| Item::new(finding.title.clone())),
            "ignores",
        );
    }
    if !weekly.unseen.is_empty() {
        paper.section("What could not be seen", Tone::Warn);
        paper.list(weekly.unseen.iter().map(|text| Item::new(text.clone())), "gaps");
    }
    paper
}

fn counts(paper: &mut Paper, weekly: &Weekly) {
    let changes = &weekly.changes;
    let mut count = |number: u64, word: &str, meaning: String, tone: Tone| {
        let tone = if number > 0 { tone } else { Tone::Plain };
        paper.count(thousands(number), word, meaning, tone);
    };
    let worst = weekly.new_findings.iter().map(|finding| finding.severity).max();
    let worst = worst.map_or(String::new(), |worst| format!("; the worst is {}", worst.word()));
    let alarming = weekly
        .new_findings
        .iter()
        .any(|finding| finding.severity >= Severity::High);
    count(
        weekly.new_findings.len() as u64,
        "new findings",
        format!("the older scan did not have them{worst}"),
        if alarming { Tone::Bad } else { Tone::Warn },
    );
    count(
        changes.gone,
        "gone",
        format!("was live then; {} held data", thousands(changes.gone_with_data)),
        if changes.gone_with_data > 0 {
            Tone::Bad
        } else {
            Tone::Warn
        },
    );
    count(
        changes.new,
        "new",
        format!(
            "was not there then; {} claimed by nobody",
            thousands(changes.new_unmanaged)
        ),
        Tone::Plain,
    );
    count(
        weekly.new_unmanaged.len() as u64,
        "new, nobody's",
        "new, or a state let go of it".to_owned(),
        Tone::Warn,
    );
    count(
        weekly.drifted.len() as u64,
        "drifted",
        "managed, and not as the state says".to_owned(),
        Tone::Warn,
    );
    count(
        weekly.orphans.len() as u64,
        "orphans",
        format!(
            "nothing uses them; about ${:.2} a month by list price",
            weekly.orphans_monthly_cost
        ),
        Tone::Warn,
    );
    count(
        weekly.unmanaged.len() as u64,
        "unmanaged",
        "claimed by no state".to_owned(),
        Tone::Warn,
    );
}

fn ages(paper: &mut Paper, weekly: &Weekly) {
    if weekly.unmanaged.is_empty() {
        return;
    }
    paper.section("Nobody's, the oldest first", Tone::Plain);
    let items = weekly.unmanaged.iter().map(|one| {
        let old = match (one.row.created_at, one.first_seen) {
            (Some(at), _) => age(at, weekly.after.scanned_at).map(|age| format!("{age} old")),
            (None, Some(at)) => Some(format!("at least since {}", day(at))),
            (None, None) => None,
        };
        Item::new(format!(
            "{}: {}",
            what(&one.row),
            old.unwrap_or_else(|| "of unknown age".to_owned())
        ))
    });
    paper.list(items, "that nobody claims");
}

fn trend(paper: &mut Paper, weekly: &Weekly) {
    if weekly.trend.len() < 2 {
        return;
    }
    paper.section("How it goes", Tone::Plain);
    let items = weekly.trend.iter().map(|point| {
        let hole = if point.complete { "" } else { " (incomplete)" };
        Item::new(format!(
            "{}: {} live, {} managed, {} shared, {} unmanaged, {}, {} missing{hole}",
            day(point.at),
            thousands(point.live),
            thousands(point.managed),
            thousands(point.shared),
            thousands(point.unmanaged),
            counted(point.orphans, "orphan", "orphans"),
            thousands(point.missing)
        ))
    });
    paper.whole_list(items);
}

/// One row for each thing that a person should look at.
#[must_use]
pub fn table(weekly: &Weekly) -> String {
    let mut out = String::new();
    let header = [
        "what",
        "kind",
        "id",
        "name",
        "account",
        "region",
        "since",
        "monthly_cost",
        "why",
        "arn",
    ];
    csv::row(&mut out, header);
    let mut row = |word: &str, row: &Row, since: Option<Timestamp>, cost: Option<f64>, why: &str| {
        let cost = cost.map_or(String::new(), |cost| format!("{cost:.2}"));
        let since = since.map_or(String::new(), |at| at.to_string());
        let name = row.name.as_deref().unwrap_or_default();
        csv::row(
            &mut out,
            [
                word,
                &row.kind,
                &row.id,
                name,
                &row.account,
                &row.region,
                &since,
                &cost,
                why,
                &row.arn,
            ],
        );
    };
    for one in &weekly.new_unmanaged {
        row("new-unmanaged", one, one.created_at, None, "");
    }
    for orphan in &weekly.orphans {
        row(
            "orphan",
            &orphan.row,
            orphan.row.created_at,
            orphan.monthly_cost,
            &orphan.why,
        );
    }
    for one in &weekly.unmanaged {
        row("unmanaged", &one.row, one.since(), None, "");
    }
    for finding in &weekly.drifted {
        for arn in &finding.resources {
            let cells = ["drifted", "", "", "", "", "", "", "", &finding.title, arn];
            csv::row(&mut out, cells);
        }
    }
    out
}

//! What the reports for people (human, Markdown) share: counts, gaps and groups, made once from the document.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::document::{Document, Resource, StateRow, not_seen};
use crate::findings::{Finding, RULES, Severity};
use crate::ledger::Ledger;
use crate::model::shape::is_candidate;
use crate::model::{Cell, CellStatus, StateStatus};

use super::text::{counted, moment, thousands};

/// As [`not_seen`] says it.
const UNKNOWN_TYPE: &str = "no kind knows this type";

/// The document, and what people need beyond the contract.
pub struct View<'a> {
    pub document: &'a Document,
    /// Why claims are neither found nor called missing.
    pub(super) not_seen: Vec<NotSeen>,
    /// Claims that could not be looked for, those of unknown types included.
    unseen: u64,
    /// States that could not be read, with what to do about each.
    hints: HashMap<&'a str, &'a str>,
    by_arn: HashMap<&'a str, &'a Resource>,
}

/// A line of the count of resources.
pub(super) struct Count {
    /// `?` where it cannot be said.
    pub number: String,
    pub word: &'static str,
    pub meaning: String,
    /// It is above zero, and a person should look at it.
    pub alarming: bool,
}

/// Claims that could not be looked for, for one reason.
pub(super) struct NotSeen {
    pub count: u64,
    /// The kinds that the reason names, if any.
    pub kinds: Vec<String>,
    /// What is said of those kinds, or the whole reason.
    pub why: String,
}

impl NotSeen {
    /// `14 claims could not be looked for: aws_eip, aws_subnet in us-east-1 was not listed`.
    pub(super) fn sentence(&self, shown: usize) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        let blank = if kinds.is_empty() { "" } else { " " };
        format!(
            "{} could not be looked for: {}{blank}{}",
            counted(self.count, "claim", "claims"),
            super::human::listed(&kinds, shown),
            self.why
        )
    }
}

/// Listings that ended in the same way, for the same reason, in the same places.
pub(super) struct GapGroup<'a> {
    pub status: CellStatus,
    pub kinds: Vec<&'a str>,
    pub places: Vec<String>,
    pub details: Vec<&'a str>,
}

/// Findings of one code and severity.
pub(super) struct FindingGroup<'a> {
    pub severity: Severity,
    pub code: &'a str,
    pub summary: &'static str,
    pub findings: Vec<&'a Finding>,
    /// What to do, where it is the same for all of them.
    pub advice: Option<&'a str>,
}

impl<'a> View<'a> {
    /// Prepares a report on `ledger`, whose document is `document`.
    #[must_use]
    pub fn new(ledger: &'a Ledger, document: &'a Document) -> Self {
        // Reasons that begin with a kind differ in nothing else: those kinds stand together.
        let mut reasons: BTreeMap<&str, (u64, BTreeSet<&str>)> = BTreeMap::new();
        for (_, why) in not_seen(ledger) {
            let (kind, rest) = match why.split_once(' ') {
                Some((kind, rest)) if kind.starts_with("aws_") => (Some(kind), rest),
                _ => (None, why),
            };
            let (count, kinds) = reasons.entry(rest).or_default();
            *count += 1;
            kinds.extend(kind);
        }
        let unseen = reasons.values().map(|(count, _)| count).sum();
        // The types themselves are named where the states say them.
        if document.states.iter().any(|state| !state.unknown_types.is_empty()) {
            reasons.remove(UNKNOWN_TYPE);
        }
        let mut not_seen: Vec<NotSeen> = reasons
            .into_iter()
            .map(|(why, (count, kinds))| NotSeen {
                count,
                kinds: kinds.into_iter().map(str::to_owned).collect(),
                why: why.to_owned(),
            })
            .collect();
        not_seen.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.why.cmp(&b.why)));
        Self {
            document,
            not_seen,
            unseen,
            hints: ledger
                .states
                .iter()
                .filter_map(|state| Some((state.source.as_str(), state.hint.as_deref()?)))
                .collect(),
            by_arn: document.resources.iter().map(|one| (one.arn.as_str(), one)).collect(),
        }
    }

    pub(super) fn resource(&self, arn: &str) -> Option<&'a Resource> {
        self.by_arn.get(arn).copied()
    }

    /// The resources of a finding that its evidence does not name already, by id.
    ///
    /// Only ids that AWS made and ARNs count as named: an id that a person chose may be any word of a sentence.
    pub(super) fn unnamed<'f>(&self, finding: &'f Finding) -> Vec<&'f str> {
        let words: HashSet<&str> = finding
            .evidence
            .iter()
            .flat_map(|line| line.split([' ', ',', ';']))
            .map(|word| word.trim_end_matches(':'))
            .collect();
        let is_named = |arn: &str| {
            let by_id = |one: &Resource| is_candidate(&one.id) && words.contains(one.id.as_str());
            words.contains(arn) || self.resource(arn).is_some_and(by_id)
        };
        let all = finding.resources.iter().map(String::as_str);
        all.filter(|arn| !is_named(arn)).collect()
    }

    /// Where and when: `Account 123456789012 (acme) in eu-west-1, seen 2026-11-24 08:30 UTC`.
    pub(super) fn place(&self) -> String {
        let document = self.document;
        let accounts: Vec<String> = document
            .accounts
            .iter()
            .map(|account| match &account.alias {
                Some(alias) => format!("{} ({alias})", account.id),
                None => account.id.to_string(),
            })
            .collect();
        let word = if accounts.len() == 1 { "Account" } else { "Accounts" };
        let regions = match document.regions.len() {
            0 => "no region".to_owned(),
            1..=4 => document.regions.join(", "),
            many => format!("{many} regions"),
        };
        format!(
            "{word} {} in {regions}, seen {}",
            accounts.join(", "),
            moment(document.scanned_at)
        )
    }

    /// What was read of the states: `2 states read with 52 claims (labs, platform); 1 stale; 1 unreadable`.
    pub(super) fn states(&self) -> String {
        let states = &self.document.states;
        let with = |status: StateStatus| states.iter().filter(move |state| state.status == status);
        if states.is_empty() {
            return "No Terraform state was read, so nothing can be called unmanaged: give --state".to_owned();
        }
        let claims = with(StateStatus::Read).map(|state| state.claims).sum();
        let read = with(StateStatus::Read).count() as u64;
        let mut parts = vec![format!(
            "{} read with {}",
            counted(read, "state", "states"),
            counted(claims, "claim", "claims")
        )];
        for (status, word) in [
            (StateStatus::Stale, "stale"),
            (StateStatus::Empty, "EMPTY"),
            (StateStatus::Unreadable, "UNREADABLE"),
        ] {
            let count = with(status).count() as u64;
            if count > 0 {
                parts.push(format!("{} {word}", thousands(count)));
            }
        }
        let mut line = parts.join("; ");
        let projects = self.projects();
        if !projects.is_empty() {
            let shown: Vec<&str> = projects.iter().take(6).copied().collect();
            let more = projects.len() - shown.len();
            line.push_str("; projects: ");
            line.push_str(&shown.join(", "));
            if more > 0 {
                line.push_str(&format!(" and {more} more"));
            }
        }
        line
    }

    fn projects(&self) -> BTreeSet<&'a str> {
        let of_live = self.document.resources.iter().flat_map(|one| &one.claims);
        of_live
            .map(|claim| claim.project.as_str())
            .chain(self.document.missing.iter().map(|claim| claim.project.as_str()))
            .collect()
    }

    /// The count of resources, what needs a person first.
    pub(super) fn counts(&self) -> Vec<Count> {
        let summary = &self.document.summary;
        let no_state = !self.document.states.iter().any(|s| s.status == StateStatus::Read);
        let state_gaps = self.state_gaps().next().is_some();
        let parts = self
            .document
            .resources
            .iter()
            .filter(|one| one.ownership == crate::ledger::Ownership::Unmanaged && one.part_of.is_some())
            .count() as u64;
        let mut unmanaged = "no state claims it".to_owned();
        if parts > 0 {
            unmanaged.push_str(&match parts {
                1 => "; 1 is a part of another".to_owned(),
                many => format!("; {} are parts of others", thousands(many)),
            });
        }
        if summary.orphans > 0 {
            let them = if summary.orphans == 1 { "it" } else { "them" };
            unmanaged.push_str(&format!(
                "; {} (nothing uses {them})",
                counted(summary.orphans, "orphan", "orphans")
            ));
        }
        let count = |number: u64, word: &'static str, meaning: &str, matters: bool| Count {
            number: thousands(number),
            word,
            meaning: meaning.to_owned(),
            alarming: matters && number > 0,
        };
        let unsaid = |word: &'static str, meaning: &str| Count {
            number: "?".to_owned(),
            word,
            meaning: meaning.to_owned(),
            alarming: true,
        };
        let mut rows = vec![count(
            summary.shared,
            "shared",
            "two projects are on it: destroying one breaks the other",
            true,
        )];
        rows.push(if no_state {
            unsaid("missing", "cannot be said: no state was read")
        } else if self.unseen == 0 {
            count(summary.missing, "missing", "a state claims it, and it is gone", true)
        } else {
            let meaning = format!(
                "claimed, and gone; {} more could not be looked for",
                thousands(self.unseen)
            );
            count(summary.missing, "missing", &meaning, true)
        });
        rows.push(if no_state {
            unsaid("unmanaged", "cannot be said: no state was read")
        } else if state_gaps {
            unsaid("unmanaged", "cannot be said: a state could not be read")
        } else {
            count(summary.unmanaged, "unmanaged", &unmanaged, true)
        });
        if summary.undecided > 0 {
            rows.push(count(
                summary.undecided,
                "undecided",
                if no_state {
                    "no state was read"
                } else if state_gaps {
                    "an unread state may claim it"
                } else {
                    "it cannot be said whose it is; each one says why"
                },
                true,
            ));
        }
        if summary.duplicate_sets > 0 {
            rows.push(count(
                summary.duplicate_sets,
                "duplicate sets",
                "the same thing made twice by different hands",
                true,
            ));
        }
        rows.push(count(summary.managed, "managed", "one project claims it", false));
        rows.push(count(
            summary.delegated,
            "delegated",
            "another system manages it (CloudFormation, Auto Scaling …)",
            false,
        ));
        rows.push(count(summary.aws_made, "made by AWS", "defaults that AWS made", false));
        if summary.unclassified > 0 {
            let meaning = "they have tags, and no kind lists them";
            rows.push(count(summary.unclassified, "unclassified", meaning, false));
        }
        rows.push(count(summary.live, "live in all", "", false));
        rows
    }

    pub(super) fn state_gaps(&self) -> impl Iterator<Item = &'a StateRow> {
        self.document
            .states
            .iter()
            .filter(|state| matches!(state.status, StateStatus::Unreadable | StateStatus::Empty))
    }

    pub(super) fn hint(&self, state: &StateRow) -> Option<&'a str> {
        self.hints.get(state.source.as_str()).copied()
    }

    /// One sentence on what was and was not seen.
    pub(super) fn sight(&self) -> String {
        let cells = &self.document.coverage.cells;
        let failed = cells
            .iter()
            .filter(|cell| {
                !matches!(
                    cell.status,
                    CellStatus::Listed | CellStatus::Skipped | CellStatus::NotEnabled
                )
            })
            .count() as u64;
        let with = |status| cells.iter().filter(|cell| cell.status == status).count() as u64;
        let absent = with(CellStatus::NotEnabled);
        let states = self.state_gaps().count() as u64;
        if self.document.coverage.complete {
            let read = counted(with(CellStatus::Listed), "listing", "listings");
            // Not proof that nothing is there, and no failure either: said, but not listed one by one.
            let rest = match absent {
                0 => String::new(),
                many => format!(
                    "; {} of services that are not offered or not in use there",
                    thousands(many)
                ),
            };
            return format!("Everything that was asked for was seen: {read} read to the last page{rest}.");
        }
        let mut parts = Vec::new();
        if failed > 0 {
            parts.push(format!(
                "{} of {}",
                thousands(failed),
                counted(cells.len() as u64, "listing", "listings")
            ));
        }
        if states > 0 {
            parts.push(format!(
                "{} of {}",
                thousands(states),
                counted(self.document.states.len() as u64, "state", "states")
            ));
        }
        let mut text = format!("INCOMPLETE: {} could not be seen.", parts.join(" and "));
        if failed > 0 {
            text.push_str(
                " What those listings would show is not in this report, and nothing is called missing there.",
            );
        }
        if states > 0 {
            text.push_str(" While a state is unread nothing is called unmanaged.");
        }
        text
    }

    /// What could not be listed: kinds with the same end in the same places together.
    pub(super) fn gaps(&self) -> Vec<GapGroup<'a>> {
        let several = self.document.accounts.len() > 1;
        let mut by_kind: BTreeMap<(CellStatus, &str), (Vec<String>, BTreeSet<&str>)> = BTreeMap::new();
        let gaps = self.document.coverage.cells.iter();
        for cell in gaps.filter(|cell| !matches!(cell.status, CellStatus::Listed | CellStatus::NotEnabled)) {
            let (places, details) = by_kind.entry((cell.status, cell.kind.as_str())).or_default();
            places.push(place(cell, several));
            details.extend(cell.detail.as_deref());
        }
        let mut groups: BTreeMap<(CellStatus, Vec<String>), (Vec<&str>, BTreeSet<&str>)> = BTreeMap::new();
        for ((status, kind), (places, details)) in by_kind {
            let group = groups.entry((status, places)).or_default();
            group.0.push(kind);
            group.1.extend(details);
        }
        groups
            .into_iter()
            .map(|((status, places), (kinds, details))| GapGroup {
                status,
                kinds,
                places,
                details: details.into_iter().collect(),
            })
            .collect()
    }

    /// Findings by severity, then code; what could not be seen stands in a section of its own.
    pub(super) fn groups(&self) -> Vec<FindingGroup<'a>> {
        let mut groups: Vec<FindingGroup<'a>> = Vec::new();
        for finding in self.document.findings.iter().filter(|finding| finding.code != "gap") {
            let same = |group: &&mut FindingGroup<'a>| group.code == finding.code && group.severity == finding.severity;
            match groups.iter_mut().find(same) {
                Some(group) => group.findings.push(finding),
                None => groups.push(FindingGroup {
                    severity: finding.severity,
                    code: &finding.code,
                    summary: RULES
                        .iter()
                        .find(|rule| rule.code == finding.code)
                        .map_or("", |rule| rule.summary),
                    findings: vec![finding],
                    advice: None,
                }),
            }
        }
        for group in &mut groups {
            let first = group.findings[0].advice.as_str();
            let same = group.findings.iter().all(|finding| finding.advice == first);
            group.advice = (same && !first.is_empty()).then_some(first);
        }
        groups
    }

    /// `1 critical, 3 high, 2 low`.
    pub(super) fn tally(&self) -> String {
        let parts: Vec<String> = [
            Severity::Critical,
            Severity::High,
            Severity::Medium,
            Severity::Low,
            Severity::Info,
        ]
        .into_iter()
        .filter_map(|severity| {
            let findings = self.document.findings.iter();
            let count = findings.filter(|f| f.code != "gap" && f.severity == severity).count();
            (count > 0).then(|| format!("{count} {}", severity.word()))
        })
        .collect();
        parts.join(", ")
    }
}

fn place(cell: &Cell, several: bool) -> String {
    if several {
        format!("{} in {}", cell.region, cell.account)
    } else {
        cell.region.to_string()
    }
}

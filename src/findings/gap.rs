//! `gap`: what could not be seen.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity, count_of};
use crate::ledger::Ledger;
use crate::model::CellStatus;

pub(super) static RULE: Rule = Rule {
    code: "gap",
    severity: Severity::Medium,
    summary: "something could not be seen or read, so the report is incomplete",
    explanation: "\
A listing was denied, throttled until the retries ran out, unreachable or broken; or a state could not be read.
Nothing is called missing or unmanaged across a gap in the listings, and nothing is called unmanaged while a state
that could explain it is unread. The exit code is 4, and it outranks 3.

Give the permission (the action is named), ask again later, or leave the region out on purpose with
--exclude-region. For a state: restore the file or pull it again with terraform state pull.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    let mut findings: Vec<Finding> = ledger
        .state_gaps()
        .map(|state| {
            let mut finding = rule.finding(format!("the state {} could not be read", state.source), Vec::new());
            finding.severity = Severity::High;
            finding.evidence.extend(state.error.clone());
            finding
                .evidence
                .push("nothing is called unmanaged while it may claim it".to_owned());
            finding.advice = state
                .hint
                .clone()
                .unwrap_or_else(|| "restore the file, or leave it out".to_owned());
            finding
        })
        .collect();
    // One finding for each way in which a listing failed, however many regions it failed in.
    let mut groups: BTreeMap<(&str, CellStatus), Vec<String>> = BTreeMap::new();
    for cell in ledger.coverage.gaps().filter(|cell| cell.status != CellStatus::Skipped) {
        let detail = cell
            .detail
            .as_deref()
            .map_or_else(String::new, |detail| format!(": {detail}"));
        groups
            .entry((cell.kind.as_str(), cell.status))
            .or_default()
            .push(format!("{} in {}{detail}", cell.account, cell.region));
    }
    findings.extend(groups.into_iter().map(|((kind, status), places)| {
        let mut finding = rule.finding(
            format!("{kind} {} in {}", status.word(), count_of(places.len(), "region")),
            Vec::new(),
        );
        finding.evidence = places;
        finding.advice = match status {
            CellStatus::Denied => "allow the action to the caller, and scan again",
            CellStatus::Throttled => "scan again later, or fewer regions at a time",
            CellStatus::NotEnabled => "enable the region, or leave it out with --exclude-region",
            _ => "scan again; if it stays, leave the region out with --exclude-region",
        }
        .to_owned();
        finding
    }));
    findings
}

//! `state-stale`: an older copy of a state lies around.

use super::{Finding, Rule, Severity};
use crate::ledger::Ledger;
use crate::model::StateStatus;

pub(super) static RULE: Rule = Rule {
    code: "state-stale",
    severity: Severity::Medium,
    summary: "a file holds an older copy of a state that was read",
    explanation: "\
Two files with one lineage are one state: the higher serial counts, this one does not. An old copy that takes the
place of the new one (unpacked from an archive, restored from a backup) makes Terraform plan from the past: it would
create again what was made since, or destroy what was replaced.

Move it out of reach of terraform, or delete it once nobody needs it.

Needs: both files.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    ledger
        .states
        .iter()
        .filter(|state| state.status == StateStatus::Stale)
        .map(|state| {
            let newer = ledger.states.iter().find(|other| {
                other.status == StateStatus::Read && other.lineage.is_some() && other.lineage == state.lineage
            });
            let serial = |serial: Option<u64>| serial.map_or_else(|| "no serial".to_owned(), |n| format!("serial {n}"));
            let mut finding = rule.finding(format!("{} is an older copy of a state", state.source), Vec::new());
            finding.evidence.push(match newer {
                Some(newer) => format!(
                    "{} here, {} in {}, one lineage",
                    serial(state.serial),
                    serial(newer.serial),
                    newer.source
                ),
                None => format!("{}; no other file with its lineage was read", serial(state.serial)),
            });
            finding.advice = state
                .hint
                .clone()
                .unwrap_or_else(|| "keep it away from where terraform runs; it would plan from the past".to_owned());
            finding
        })
        .collect()
}

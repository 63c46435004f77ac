//! `state-overlap`: two states, or two addresses of one, claim the same resource.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity, count_of};
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "state-overlap",
    severity: Severity::High,
    summary: "two states, or two addresses of one state, claim the same resource",
    explanation: "\
A resource should stand in one state once. In two states, each apply undoes the other's changes, and a destroy with
either deletes it for both. It comes from an import, from a copied state file, or from an apply without state:
creating an ECS cluster, SNS topic or SQS queue that exists already succeeds, and hands the new state the old
resource.

Keep it in one state, and take it out of the other with terraform state rm (nothing is deleted by that). A claim of
an address that is marked deposed is a left-over of a replacement that did not end.

Needs: both states.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    // One finding for each pair (or set) of states, however many resources they fight over.
    let mut groups: BTreeMap<Vec<u32>, Vec<usize>> = BTreeMap::new();
    for (at, entry) in ledger.entries.iter().enumerate() {
        let mut states: Vec<u32> = entry
            .claims
            .iter()
            .filter(|held| !held.facet)
            .map(|held| ledger.claims[held.claim as usize].state)
            .collect();
        if states.len() > 1 {
            states.sort_unstable();
            states.dedup();
            groups.entry(states).or_default().push(at);
        }
    }
    groups
        .into_iter()
        .map(|(states, members)| {
            let sources: Vec<&str> = states
                .iter()
                .map(|state| ledger.states[*state as usize].source.as_str())
                .collect();
            let many = count_of(members.len(), "resource");
            let title = match sources.as_slice() {
                [only] => format!("{many} claimed twice by {only}"),
                several => format!("{many} claimed by both {}", several.join(" and ")),
            };
            let mut finding = rule.finding(
                title,
                members.iter().map(|at| ledger.live[*at].arn.to_string()).collect(),
            );
            for at in &members {
                let claims = ledger.entries[*at].claims.iter().filter(|held| !held.facet);
                let addresses: Vec<String> = claims
                    .map(|held| {
                        let claim = &ledger.claims[held.claim as usize];
                        let source = &ledger.states[claim.state as usize].source;
                        let deposed = if claim.deposed.is_some() { " (deposed)" } else { "" };
                        format!("{}{deposed} in {source}", claim.address)
                    })
                    .collect();
                finding
                    .evidence
                    .push(format!("{}: {}", ledger.live[*at].label(), addresses.join("; ")));
            }
            finding.advice =
                "keep each in one state; terraform state rm it from the other, which deletes nothing".to_owned();
            finding
        })
        .collect()
}

//! `missing`: claimed, and gone.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity, count_of, title_of};
use crate::kinds::disposition;
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "missing",
    severity: Severity::Medium,
    summary: "claims of a state whose resource is not live any more",
    explanation: "\
A state claims these, and they are not in the account, although their kind and region were listed to the last
page. Somebody deleted them behind Terraform's back, or the state is an old one. The next apply would create them
again, empty. If a database or a volume is among them, look for what can be restored before anybody applies.

A claim whose kind or region could not be listed is never called missing.

Needs: the claim's kind listed in its account and region; where the state does not say the region, in every region.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, claim) in ledger.missing().enumerate() {
        groups
            .entry((claim.project.as_str(), claim.kind.as_str()))
            .or_default()
            .push(at);
    }
    let missing: Vec<_> = ledger.missing().collect();
    groups
        .into_iter()
        .map(|((project, kind), members)| {
            let facts = disposition(kind).kind();
            let title = facts.map_or(kind, |facts| title_of(facts.name));
            let verb = if members.len() == 1 { "is" } else { "are" };
            let mut finding = rule.finding(
                format!("{} of {project} {verb} gone", count_of(members.len(), title)),
                members
                    .iter()
                    .map(|at| {
                        let claim = missing[*at];
                        claim
                            .arn
                            .as_deref()
                            .or(claim.id.as_deref())
                            .unwrap_or(&claim.address)
                            .to_owned()
                    })
                    .collect(),
            );
            if facts.is_some_and(|facts| facts.holds_data) {
                finding.severity = Severity::Critical;
            }
            finding.evidence = members
                .iter()
                .map(|at| {
                    let claim = missing[*at];
                    let source = &ledger.states[claim.state as usize].source;
                    format!("{} in {source}", claim.address)
                })
                .collect();
            finding.advice = if finding.severity == Severity::Critical {
                "it held data: do not apply; look first for snapshots and retained backups".to_owned()
            } else {
                "if it was meant to go: terraform state rm; if not: terraform apply makes it again".to_owned()
            };
            finding
        })
        .collect()
}

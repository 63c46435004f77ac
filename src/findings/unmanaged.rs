//! `unmanaged`: no state claims it.

use super::{Finding, Rule, Severity, by_kind, count_of, title_of};
use crate::ledger::{Ledger, Ownership};

pub(super) static RULE: Rule = Rule {
    code: "unmanaged",
    severity: Severity::Medium,
    summary: "live resources that no Terraform state claims",
    explanation: "\
The account holds these, and no state that was read claims them. Every state that was given could be read;
otherwise they would be called undecided. Parts (a root volume, a load balancer's network interface), defaults
that AWS made, and what another system manages (CloudFormation, an Auto Scaling group …) are not among them.

Unmanaged does not mean unused. Before one is deleted, look at who uses it: whose explain ID. To take it over
instead, write a block for it and run terraform import.

Needs: at least one state, and every given state readable.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    let is_own = |at: usize| {
        let entry = &ledger.entries[at];
        entry.ownership == Ownership::Unmanaged && entry.whole.is_none()
    };
    by_kind(ledger, is_own)
        .into_iter()
        .map(|(kind, members)| {
            let used = members
                .iter()
                .filter(|at| {
                    !ledger
                        .references
                        .used_by(u32::try_from(**at).unwrap_or(u32::MAX))
                        .is_empty()
                })
                .count();
            let verb = if members.len() == 1 { "is" } else { "are" };
            let mut finding = rule.finding(
                format!("{} {verb} claimed by no state", count_of(members.len(), title_of(kind))),
                members.iter().map(|at| ledger.live[*at].arn.to_string()).collect(),
            );
            finding.evidence.push(format!(
                "{used} of {} used by something else that is live",
                members.len()
            ));
            finding.advice =
                "look at each with whose explain ID; import what is wanted, and check before deleting the rest"
                    .to_owned();
            finding
        })
        .collect()
}

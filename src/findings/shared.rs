//! `shared`: two projects on one resource.

use std::collections::BTreeSet;

use super::{Finding, Rule, Severity, title_of};
use crate::ledger::{Ledger, Node, Ownership};

pub(super) static RULE: Rule = Rule {
    code: "shared",
    severity: Severity::High,
    summary: "resources that two projects claim, or that one claims and another uses",
    explanation: "\
One project's Terraform would change or destroy these, and another project lives on them: a VPC, a cluster, a load
balancer that was lent to save a few dollars. A terraform destroy of the first takes the second with it, and nothing
in its plan says so.

A resource is shared where two projects or two states claim it (itself, or a rule, route or attachment of it), or
where a live resource, claim or data source of another project refers to it. Tags alone never make it shared.

Before either project is destroyed: move what is shared into a state of its own, or end the use.

Needs: the states of both projects.",
    find,
};

/// Edges that are shown of each resource.
const SHOWN: usize = 20;

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    (0..ledger.live.len())
        .filter(|at| ledger.entries[*at].ownership == Ownership::Shared && ledger.entries[*at].whole.is_none())
        .map(|at| {
            let (live, entry) = (&ledger.live[at], &ledger.entries[at]);
            let names =
                |list: &[crate::model::Symbol]| list.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" and ");
            let what = format!("{} {}", title_of(&live.kind), live.label());
            let title = if entry.projects.len() > 1 {
                format!("{what} is claimed by {}", names(&entry.projects))
            } else if entry.used_by_projects.is_empty() {
                format!("{what} is claimed twice by {}", names(&entry.projects))
            } else {
                format!(
                    "{what} belongs to {} and is used by {}",
                    names(&entry.projects),
                    names(&entry.used_by_projects)
                )
            };
            let mut finding = rule.finding(title, vec![live.arn.to_string()]);
            for held in &entry.claims {
                let claim = &ledger.claims[held.claim as usize];
                let source = &ledger.states[claim.state as usize].source;
                finding
                    .evidence
                    .push(format!("claimed by {} as {} in {source}", claim.project, claim.address));
            }
            let mut uses = BTreeSet::new();
            for edge in ledger.references.used_by(u32::try_from(at).unwrap_or(u32::MAX)) {
                match edge.from {
                    Node::Live(user) => {
                        let top = ledger.top(user) as usize;
                        if ledger.entries[top]
                            .projects
                            .iter()
                            .any(|p| entry.used_by_projects.contains(p))
                        {
                            uses.insert(format!(
                                "used by {} of {} ({})",
                                ledger.live[user as usize].label(),
                                names(&ledger.entries[top].projects),
                                edge.via
                            ));
                        }
                    }
                    Node::Claim(claim) => {
                        let claim = &ledger.claims[claim as usize];
                        if entry.used_by_projects.contains(&claim.project) {
                            uses.insert(format!("used by {} of {} ({})", claim.address, claim.project, edge.via));
                        }
                    }
                }
            }
            let more = uses.len().saturating_sub(SHOWN);
            finding.evidence.extend(uses.into_iter().take(SHOWN));
            if more > 0 {
                finding.evidence.push(format!("and {more} more uses"));
            }
            finding.advice =
                "destroy neither project before this is in a state of its own or no longer shared".to_owned();
            finding
        })
        .collect()
}

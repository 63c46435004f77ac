//! `state-mixes-projects`: the story's first mistake.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity, count_of};
use crate::ledger::Ledger;
use crate::model::Symbol;

pub(super) static RULE: Rule = Rule {
    code: "state-mixes-projects",
    severity: Severity::High,
    summary: "one state holds the resources of several projects",
    explanation: "\
Everything in a state is destroyed together. A state that holds two projects cannot be destroyed for the one without
the other, and whoever looks at it sees one name only.

The project of a claim is told by the config file, else by its project tag, else by the state's name. Claims without
any project of their own do not count against the others here.

Split the state (terraform state mv -state-out, or removed and import blocks), or say in whose.toml that they are one
project.

Needs: project tags, or rules in whose.toml.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    let mut held: BTreeMap<u32, BTreeMap<Symbol, Vec<String>>> = BTreeMap::new();
    for claim in ledger.claims.iter().filter(|claim| claim.is_managed()) {
        // Where nothing but the state's name speaks, the claim has no project of its own.
        if claim.project != ledger.states[claim.state as usize].project || !claim.tags.is_empty() {
            held.entry(claim.state)
                .or_default()
                .entry(claim.project)
                .or_default()
                .push(claim.address.to_string());
        }
    }
    held.into_iter()
        .filter(|(_, projects)| projects.len() > 1)
        .map(|(state, projects)| {
            let source = &ledger.states[state as usize].source;
            let names: Vec<&str> = projects.keys().map(|name| name.as_str()).collect();
            let mut resources: Vec<String> = Vec::new();
            for (at, entry) in ledger.entries.iter().enumerate() {
                if entry
                    .claims
                    .iter()
                    .any(|held| ledger.claims[held.claim as usize].state == state)
                {
                    resources.push(ledger.live[at].arn.to_string());
                }
            }
            let mut finding = rule.finding(format!("{source} holds {}", names.join(" and ")), resources);
            for (name, addresses) in &projects {
                let some: Vec<&str> = addresses.iter().take(5).map(String::as_str).collect();
                let rest = if addresses.len() > 5 { ", …" } else { "" };
                finding.evidence.push(format!(
                    "{name}: {}: {}{rest}",
                    count_of(addresses.len(), "claim"),
                    some.join(", ")
                ));
            }
            finding.advice = "split it before anybody runs terraform destroy with it".to_owned();
            finding
        })
        .collect()
}

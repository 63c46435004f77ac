//! `destroys-shared`: somebody else's, or used by somebody else.

use std::collections::{BTreeMap, BTreeSet};

use super::Verdict;
use super::case::{Case, Target};
use super::fate::Backups;
use super::rules::{Raised, Rule, counted, joined, listed};
use crate::ledger::{LiveIndex, Node, Ownership};
use crate::model::Symbol;
use crate::model::plan::Action;

pub(super) static RULE: Rule = Rule {
    code: "destroys-shared",
    summary: "what is destroyed is claimed or used by another project or state",
    explanation: "\
Another state claims it (itself, or a rule, route or attachment of it), or a resource or data source of another
project refers to it: a VPC, a cluster or a load balancer that was lent to save a few dollars. Nothing in the plan
says so. For a deletion by hand every claim counts: what a state claims is deleted through that state.

Move what is shared into a state of its own, end the use, or leave it out: terraform destroy -target for the rest, or
a removed block with destroy = false for what must stay.

Needs: the states of all projects. One that could not be read makes the answer incomplete.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let mut blocked = Vec::new();
    let mut looked_at = Vec::new();
    let mut lines = Vec::new();
    let mut soft_lines = Vec::new();
    let mut others: BTreeSet<Symbol> = BTreeSet::new();
    for (number, target, at) in case.destroyed() {
        let mut reasons = claims_of_others(case, at, &mut others);
        reasons.extend(uses_of_others(case, at, &mut others));
        if reasons.is_empty() {
            if let Some(reason) = soft(case, target, at) {
                soft_lines.push(format!("{} {reason}", case.name(at)));
                looked_at.push(number);
            }
        } else {
            blocked.push(number);
            let name = case.name(at);
            lines.extend(reasons.into_iter().map(|reason| format!("{name} {reason}")));
        }
    }
    let mut raised = Vec::new();
    if !blocked.is_empty() {
        let names: Vec<String> = others.iter().map(|name| name.as_str().to_owned()).collect();
        let of = if names.is_empty() {
            "another state".to_owned()
        } else {
            listed(&names, 3)
        };
        // Of a list every claim is another's, and so named; of a plan its own is not.
        let verb = "claims or uses";
        let verb = if names.len() > 1 {
            verb.replace("claims", "claim").replace("uses", "use")
        } else {
            verb.to_owned()
        };
        let what = match blocked.as_slice() {
            [only] => case.name_of(&case.targets[*only]),
            many => counted(many.len(), "resource"),
        };
        let advice = if case.plan().is_some() {
            "leave them out (terraform destroy -target for the rest, or removed blocks with destroy = false), or move them \
             into a state of their own first"
        } else {
            "take them off the list; what a state claims is deleted through that state"
        };
        raised.push(
            rule.raise(Verdict::Block, format!("destroys {what} that {of} {verb}"))
                .about(case, blocked)
                .shown(lines, "claims and uses")
                .advice(advice),
        );
    }
    if !looked_at.is_empty() {
        raised.push(
            rule.raise(
                Verdict::Review,
                format!(
                    "destroys {} that may belong to somebody else",
                    counted(looked_at.len(), "resource")
                ),
            )
            .about(case, looked_at)
            .shown(soft_lines, "of these")
            .advice("ask whose they are before they are deleted"),
        );
    }
    // A part of somebody else's thing that is taken away.
    let reaching: Vec<usize> = (0..case.targets.len())
        .filter(|number| reaches_out(case, &case.targets[*number]))
        .collect();
    if !reaching.is_empty() {
        let lines: Vec<String> = reaching
            .iter()
            .map(|number| {
                let target = &case.targets[*number];
                match target.found {
                    crate::ledger::find::Found::Facet(at) => format!("{} is part of {}", target.label, case.name(at)),
                    _ => target.label.to_owned(),
                }
            })
            .collect();
        raised.push(
            rule.raise(
                Verdict::Review,
                format!(
                    "changes {} of what another state claims",
                    counted(reaching.len(), "part")
                ),
            )
            .about(case, reaching)
            .shown(lines, "parts")
            .advice("ask the other project; its next plan may want them back"),
        );
    }
    raised
}

/// Claims of states that the plan was not made from.
fn claims_of_others(case: &Case<'_>, at: LiveIndex, others: &mut BTreeSet<Symbol>) -> Vec<String> {
    let top = case.ledger.top(at);
    let mut reasons = Vec::new();
    for of in [at, top].into_iter().take(if top == at { 1 } else { 2 }) {
        if of != at && case.goes(of).is_some() {
            continue;
        }
        for held in &case.ledger.entries[of as usize].claims {
            let claim = &case.ledger.claims[held.claim as usize];
            if case.is_own(claim.state) {
                continue;
            }
            let source = &case.ledger.states[claim.state as usize].source;
            let what = match (held.facet, of == at) {
                (_, false) => format!("is part of {}, claimed by", case.name(of)),
                (true, true) => "has a part claimed by".to_owned(),
                (false, true) => "is claimed by".to_owned(),
            };
            others.insert(claim.project);
            reasons.push(format!("{what} {} as {} in {source}", claim.project, claim.address));
        }
    }
    reasons
}

/// Resources and data sources of other states that refer to it and stay.
fn uses_of_others(case: &Case<'_>, at: LiveIndex, others: &mut BTreeSet<Symbol>) -> Vec<String> {
    // By what is said: the attributes through which it is so.
    let mut reasons: BTreeMap<String, BTreeSet<Symbol>> = BTreeMap::new();
    for edge in case.ledger.references.used_by(at) {
        match edge.from {
            Node::Live(user) => {
                if case.goes(user).is_some() || case.goes_with_its_maker(user) {
                    continue;
                }
                let mut entry = &case.ledger.entries[user as usize];
                if entry.claims.is_empty() {
                    entry = &case.ledger.entries[case.ledger.top(user) as usize];
                }
                // Its own claims, not those on rules and attachments of it, where it has any.
                let itself = entry.claims.iter().any(|held| !held.facet);
                for held in entry.claims.iter().filter(|held| !(itself && held.facet)) {
                    let claim = &case.ledger.claims[held.claim as usize];
                    if !case.is_own(claim.state) {
                        others.insert(claim.project);
                        let reason = format!(
                            "is used by {} of {} as {}",
                            case.name(user),
                            claim.project,
                            claim.address
                        );
                        reasons.entry(reason).or_default().insert(edge.via);
                    }
                }
            }
            Node::Claim(claim) => {
                let claim = &case.ledger.claims[claim as usize];
                if !case.is_own(claim.state) && !claim.is_managed() {
                    others.insert(claim.project);
                    let reason = format!("is read by {} of {}", claim.address, claim.project);
                    reasons.entry(reason).or_default().insert(edge.via);
                }
            }
        }
    }
    reasons
        .into_iter()
        .map(|(reason, vias)| format!("{reason} ({})", joined(&vias)))
        .collect()
}

/// What asks for a look without being a claim.
fn soft(case: &Case<'_>, target: &Target<'_>, at: LiveIndex) -> Option<String> {
    let entry = &case.ledger.entries[at as usize];
    if target.action != Action::Delete || case.plan().is_some() {
        return None;
    }
    match entry.ownership {
        Ownership::Delegated => entry
            .delegate
            .as_ref()
            .map(|delegate| format!("was made and is managed by {} {}", delegate.system, delegate.name)),
        Ownership::AwsMade => Some("is a default that AWS made".to_owned()),
        Ownership::Unmanaged if case.original_of(at).is_none() => entry
            .likely_project
            .map(|project| format!("has the tags of {project}, and no state that was given claims it")),
        _ => None,
    }
}

/// Says whether a part is destroyed of something that another state claims and the plan's own does not.
fn reaches_out(case: &Case<'_>, target: &Target<'_>) -> bool {
    let crate::ledger::find::Found::Facet(at) = target.found else {
        return false;
    };
    if !target.action.destroys() || case.goes(at).is_some() {
        return false;
    }
    let entry = &case.ledger.entries[at as usize];
    let mut own = false;
    let mut other = false;
    for held in entry.claims.iter().filter(|held| !held.facet) {
        if case.is_own(case.ledger.claims[held.claim as usize].state) {
            own = true;
        } else {
            other = true;
        }
    }
    other && !own
}

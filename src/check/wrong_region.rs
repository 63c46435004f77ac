//! `wrong-region`: the plan is about another region than the one that was seen, or than its state's.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Verdict;
use super::case::{Case, Target};
use super::fate::Backups;
use super::rules::{Raised, Rule, counted};
use crate::kinds::facts::Scope;
use crate::model::Symbol;

pub(super) static RULE: Rule = Rule {
    code: "wrong-region",
    summary: "the plan is about another region than the one that was seen, or than the one of its state",
    explanation: "\
Either everything in the plan stands in a region that was not looked at; or the plan makes again, in another region,
what its own state has and what is live: AWS_REGION, the profile or a variable names another region than the last
time. Terraform then finds nothing of what the state says, and plans to make all of it once more.

Set the region that the state's resources are in and make the plan again; or scan the plan's region (--region).

Needs: the region of the plan's providers or of its resources; for the second, a binary plan (it knows the lineage)
and its state.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    if case.plan().is_none() {
        return Vec::new();
    }
    let mut raised = Vec::new();
    let planned: BTreeSet<Symbol> = case
        .targets
        .iter()
        .filter(|target| target.action.changes() && is_regional(target))
        .filter_map(region)
        .collect();
    let seen: BTreeSet<Symbol> = case.ledger.regions.iter().copied().collect();
    let words = |regions: &BTreeSet<Symbol>| {
        let names: Vec<&str> = regions.iter().map(|region| region.as_str()).collect();
        names.join(", ")
    };
    if !planned.is_empty() && !seen.is_empty() && planned.is_disjoint(&seen) {
        raised.push(
            rule.raise(
                Verdict::Block,
                format!(
                    "the plan is about {}, and what was seen is {}",
                    words(&planned),
                    words(&seen)
                ),
            )
            .advice(format!(
                "if {} is meant, scan it (--region {}) and check again; if not, set the region and plan again",
                words(&planned),
                words(&planned).replace(", ", ",")
            )),
        );
    }
    raised.extend(made_again(rule, case));
    raised
}

/// Creates at addresses at which the plan's own state has something that is live in another region.
fn made_again(rule: &Rule, case: &Case<'_>) -> Option<Raised> {
    let plan = case.plan()?;
    plan.lineage.as_ref()?;
    let of_state: FxHashMap<&str, Symbol> = case
        .ledger
        .entries
        .iter()
        .flat_map(|entry| &entry.claims)
        .map(|held| &case.ledger.claims[held.claim as usize])
        .filter(|claim| case.is_own(claim.state) && claim.is_managed())
        .filter_map(|claim| Some((&*claim.address, claim.region?)))
        .collect();
    // By the two regions: how many, and which.
    let mut moved: BTreeMap<(Symbol, Symbol), Vec<usize>> = BTreeMap::new();
    for (number, target) in case.targets.iter().enumerate() {
        if !target.action.creates() || target.action.destroys() || !is_regional(target) {
            continue;
        }
        if let (Some(there), Some(here)) = (of_state.get(target.label), region(target))
            && *there != here
        {
            moved.entry((*there, here)).or_default().push(number);
        }
    }
    let ((there, here), numbers) = moved.into_iter().max_by_key(|(_, numbers)| numbers.len())?;
    Some(
        rule.raise(
            Verdict::Block,
            format!(
                "creates {} in {here} that its own state has in {there}, where they are live",
                counted(numbers.len(), "resource")
            ),
        )
        .about(case, numbers)
        .advice(format!(
            "set the region to {there} (AWS_REGION, the profile or the provider's variable) and make the plan again"
        )),
    )
}

fn is_regional(target: &Target<'_>) -> bool {
    target.kind().is_none_or(|kind| kind.scope == Scope::Regional)
}

fn region(target: &Target<'_>) -> Option<Symbol> {
    target
        .before()
        .and_then(|claim| claim.region)
        .or_else(|| target.after().and_then(|claim| claim.region))
        .filter(|region| region.as_str() != "global")
}

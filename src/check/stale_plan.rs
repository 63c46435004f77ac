//! `stale-plan`: the state moved on since the plan was made.

use super::Verdict;
use super::case::Case;
use super::fate::Backups;
use super::rules::{Raised, Rule};
use super::state_swapped::newest_known;

pub(super) static RULE: Rule = Rule {
    code: "stale-plan",
    summary: "the state moved on since the plan was made",
    explanation: "\
The plan was made from an older serial than the state has now: somebody applied in between. What the plan says about
what is there is no longer so, and Terraform itself would refuse to apply it.

Make the plan again.

Needs: a binary plan (it knows lineage and serial), and the state, a snapshot or a receipt with the same lineage.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let Some(plan) = case.plan() else {
        return Vec::new();
    };
    let (Some(lineage), Some(serial)) = (&plan.lineage, plan.serial) else {
        return Vec::new();
    };
    let Some(newest) = newest_known(case, lineage).filter(|newest| newest.serial > serial) else {
        return Vec::new();
    };
    // Made after the newer one was seen: then it is the state that went back.
    if plan.made_at.is_some_and(|made| made > newest.at) {
        return Vec::new();
    }
    vec![
        rule.raise(
            Verdict::Block,
            format!(
                "the state moved on: the plan was made from serial {serial}, and {} has {}",
                newest.source, newest.serial
            ),
        )
        .advice("make the plan again: terraform plan -out=PLAN"),
    ]
}

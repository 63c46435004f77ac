//! `replaces-data`: deleted and made again, empty.

use super::Verdict;
use super::case::Case;
use super::fate::Backups;
use super::rules::{Raised, Rule};
use crate::kinds::loss;

pub(super) static RULE: Rule = Rule {
    code: "replaces-data",
    summary: "a holder of data is deleted and made again, empty",
    explanation: "\
Terraform cannot change the attribute in place, so it deletes the database, volume or bucket and makes a new one with
the same name and nothing in it. In a long plan it looks like any other change: -/+.

Undo the change of the attribute that forces it, or restore the new one from a snapshot that is taken first
(snapshot_identifier), or keep the old one: lifecycle { prevent_destroy = true } makes Terraform stop.

Needs: nothing but the plan.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    case.targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.action.replaces() && !target.is_facet())
        .filter(|(_, target)| {
            loss::of(target.kind_name()).is_some_and(|facts| !super::fate::is_kept(facts, target.settings))
        })
        .map(|(number, target)| {
            let forced: Vec<&str> = target
                .change
                .map(|change| change.replaced_by.iter().map(|name| name.as_str()).collect())
                .unwrap_or_default();
            let mut raised = rule
                .raise(
                    Verdict::Block,
                    format!("{} is deleted and made again, empty", case.name_of(target)),
                )
                .about(case, [number]);
            if !forced.is_empty() {
                raised = raised.evidence(format!("forced by {}", forced.join(", ")));
            }
            raised.advice("undo what forces it, or take a snapshot and make the new one from it (snapshot_identifier)")
        })
        .collect()
}

//! `mass-destroy`: a large share of a project or account goes at once.

use std::collections::BTreeMap;

use super::Verdict;
use super::case::Case;
use super::fate::Backups;
use super::rules::{Raised, Rule, counted};
use crate::ledger::LiveIndex;
use crate::model::plan::Action;
use crate::model::{Origin, Symbol};

pub(super) static RULE: Rule = Rule {
    code: "mass-destroy",
    summary: "a large share of a project or of the account is destroyed at once",
    explanation: "\
More than half of a project's live resources (and at least five), or more than a fifth of an account's (and at least
ten), go in one step. That may be what is meant; it is also what a wrong workspace, a wrong folder or an old state
look like. What is replaced does not count. The thresholds stand under [check] in whose.toml.

It asks for a look: read the list, and say the project's name aloud.

Needs: the state of the project for its share; the listing of the account for the account's.",
    find,
};

const ADVICE: &str = "read the list of what goes; if all of it is meant to go, its owner should say so";

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let gone: Vec<(usize, LiveIndex)> = case
        .destroyed()
        .filter(|(_, target, _)| target.action == Action::Delete)
        .map(|(number, _, at)| (number, at))
        .collect();
    let limits = &case.request.thresholds;
    let mut raised = Vec::new();
    if (gone.len() as u64) < limits.project_count.min(limits.account_count) {
        return raised;
    }
    for (project, (destroyed, total)) in projects(case, &gone) {
        if destroyed >= limits.project_count && destroyed * 100 > total * limits.project_percent {
            raised.push(
                rule.raise(
                    Verdict::Review,
                    if destroyed == total {
                        format!("destroys all {total} live resources of {project}")
                    } else {
                        format!("destroys {destroyed} of the {total} live resources of {project}")
                    },
                )
                .advice(ADVICE),
            );
        }
    }
    for account in &case.ledger.accounts {
        let counts = |at: LiveIndex| {
            let live = case.live(at);
            live.account == account.id
                && matches!(live.origin, Origin::Own)
                && case.ledger.entries[at as usize].whole.is_none()
        };
        let total = (0..).take(case.ledger.live.len()).filter(|at| counts(*at)).count() as u64;
        let destroyed = gone.iter().filter(|(_, at)| counts(*at)).count() as u64;
        if destroyed >= limits.account_count && destroyed * 100 > total * limits.account_percent {
            raised.push(
                rule.raise(
                    Verdict::Review,
                    format!(
                        "destroys {destroyed} of the {} in account {}",
                        counted(usize::try_from(total).unwrap_or(usize::MAX), "live resource"),
                        account.id
                    ),
                )
                .advice(ADVICE),
            );
        }
    }
    raised
}

/// Of each project: how many of its live resources are destroyed, and how many there are.
fn projects(case: &Case<'_>, gone: &[(usize, LiveIndex)]) -> BTreeMap<Symbol, (u64, u64)> {
    let mut all: BTreeMap<Symbol, (u64, u64)> = BTreeMap::new();
    let mut each = |at: LiveIndex, visit: &mut dyn FnMut(&mut (u64, u64))| {
        let entry = &case.ledger.entries[at as usize];
        if entry.whole.is_some() && entry.claims.is_empty() {
            return;
        }
        let mut none = true;
        for project in entry.projects.iter().copied().chain(entry.likely_project) {
            none = false;
            visit(all.entry(project).or_default());
        }
        // Claimed by no state that was given, but the plan knows it.
        if none
            && case.known.contains_key(&at)
            && let Some(project) = case.projects.first()
        {
            visit(all.entry(*project).or_default());
        }
    };
    for (at, _) in (0..).zip(&case.ledger.live) {
        each(at, &mut |counts| counts.1 += 1);
    }
    for (_, at) in gone {
        each(*at, &mut |counts| counts.0 += 1);
    }
    all
}

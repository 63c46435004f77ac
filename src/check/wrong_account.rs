//! `wrong-account`: the plan is about another account or region than the one that was seen.

mod region;

use std::collections::BTreeSet;

use super::Verdict;
use super::case::Case;
use super::fate::Backups;
use super::rules::{Raised, Rule};
use crate::model::Symbol;

pub(super) static RULE: Rule = Rule {
    code: "wrong-account",
    summary: "the plan is about another account or region than the one that was seen or is allowed",
    explanation: "\
The ids and ARNs in the plan, its providers' allowed accounts or the role that they assume name an account that is
not the one of the credentials or the snapshot; or a provider forbids the account; or the config file does not allow
it. What was seen says nothing about what the plan would do.

Or everything in the plan stands in a region that was not looked at. Or the plan makes again, in another region, what
its own state has and what is live: AWS_REGION, the profile or a variable names another region than the last time.
Terraform then finds nothing of what the state says, and plans to make all of it once more.

Use the credentials of the plan's account (--profile) and the region that the state's resources are in, or make the
plan again; or scan the plan's region (--region).

Needs: an ARN, an account id or a role in the plan (one that only creates may name none); the region of its providers
or resources; for what is made again, a binary plan (it knows the lineage) and its state.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let Some(plan) = case.plan() else {
        return Vec::new();
    };
    let seen: BTreeSet<Symbol> = case.ledger.accounts.iter().map(|account| account.id).collect();
    let planned: BTreeSet<Symbol> = case
        .targets
        .iter()
        .flat_map(|target| [target.before(), target.after()])
        .flatten()
        .filter_map(|claim| claim.account)
        .collect();
    let words = |accounts: &BTreeSet<Symbol>| {
        let names: Vec<&str> = accounts.iter().map(|account| account.as_str()).collect();
        names.join(", ")
    };
    let advice = "use the credentials of the plan's account (--profile), or make the plan again in this one";
    let mut raised = Vec::new();
    if !planned.is_empty() && !seen.is_empty() && planned.is_disjoint(&seen) {
        raised.push(
            rule.raise(
                Verdict::Block,
                format!(
                    "the plan is about account {}, and what was seen is {}",
                    words(&planned),
                    words(&seen)
                ),
            )
            .advice(advice),
        );
    }
    let expected: BTreeSet<Symbol> = case.request.expected_accounts.iter().copied().collect();
    let outside: BTreeSet<Symbol> = planned
        .iter()
        .chain(&seen)
        .copied()
        .filter(|id| !expected.contains(id))
        .collect();
    if !expected.is_empty() && !outside.is_empty() {
        raised.push(
            rule.raise(
                Verdict::Block,
                format!(
                    "account {} is not allowed: {} is expected",
                    words(&outside),
                    words(&expected)
                ),
            )
            .advice("correct the accounts in whose.toml, or use the credentials of an allowed one"),
        );
    }
    for provider in &plan.providers {
        let used = plan.providers.len() == 1 || !planned.is_empty();
        let allowed: BTreeSet<Symbol> = provider.accounts.iter().copied().collect();
        if let Some(forbidden) = provider
            .forbidden_accounts
            .iter()
            .find(|account| seen.contains(*account))
        {
            raised.push(
                rule.raise(
                    Verdict::Block,
                    format!(
                        "the provider {} forbids account {forbidden}, which is the one that was seen",
                        provider.name
                    ),
                )
                .advice(advice),
            );
        } else if used && planned.is_empty() && !allowed.is_empty() && allowed.is_disjoint(&seen) {
            raised.push(
                rule.raise(
                    Verdict::Block,
                    format!(
                        "the provider {} works in account {}, and what was seen is {}",
                        provider.name,
                        words(&allowed),
                        words(&seen)
                    ),
                )
                .advice(advice),
            );
        }
    }
    raised.extend(region::find(rule, case));
    raised
}

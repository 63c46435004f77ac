//! `unseen`: what the answer needs, and what could not be seen.

use std::collections::{BTreeMap, BTreeSet};

use super::Verdict;
use super::case::{Case, Target};
use super::fate::Backups;
use super::rules::{Raised, Rule, SHOWN, counted};
use crate::kinds::facts::Scope;
use crate::kinds::loss::BACKUPS;
use crate::ledger::NoMatch;
use crate::ledger::find::Found;
use crate::model::Symbol;
use crate::model::plan::{Action, Intent};

pub(super) static RULE: Rule = Rule {
    code: "unseen",
    summary: "something that the answer needs could not be seen, so it cannot be pass",
    explanation: "\
A listing that matters here was denied, failed or was left out; a state could not be read or none was given; the
snapshot is too old; the plan errored or is not complete; a resource to be destroyed is of a type or in a region that
was not looked at. What was not seen may be a second project, a user, or the last backup, so the verdict is incomplete
and the exit code 4, never pass. Where something blocks for certain the verdict stays block, and the exit code is 4
all the same.

Close the gap that is named and check again.

Needs: nothing.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let mut reasons = Reasons::default();
    age(case, &mut reasons);
    plan(case, &mut reasons);
    for (number, target) in case.targets.iter().enumerate() {
        about(case, number, target, &mut reasons);
    }
    states(case, &mut reasons);
    let mut raised: Vec<Raised> = reasons
        .by_title
        .into_iter()
        .map(|((_, title), reason)| {
            let details: Vec<String> = reason.details.into_iter().collect();
            let (title, details) = match details.as_slice() {
                [] => (title, Vec::new()),
                [only] => (format!("{title}: {only}"), Vec::new()),
                many => (format!("{title}: {}", counted(many.len(), "gap")), details),
            };
            rule.raise(Verdict::Incomplete, title)
                .about(case, reason.targets)
                .shown(details, "gaps")
                .advice(reason.advice)
        })
        .collect();
    raised.extend(of_others(rule, case));
    raised.extend(unresolved(rule, case));
    raised
}

/// Reasons in a stable order.
#[derive(Default)]
struct Reasons {
    by_title: BTreeMap<(u8, String), Reason>,
}

/// The changes that a reason is about, and the gaps that are behind it.
#[derive(Default)]
struct Reason {
    advice: &'static str,
    details: BTreeSet<String>,
    targets: Vec<usize>,
}

impl Reasons {
    fn add(&mut self, order: u8, title: impl Into<String>, advice: &'static str, target: Option<usize>) {
        let reason = self.by_title.entry((order, title.into())).or_default();
        reason.advice = advice;
        reason.targets.extend(target);
    }

    /// The same with a gap, of which there may be many.
    fn gap(&mut self, order: u8, title: &str, gap: impl Into<String>, target: usize) {
        self.add(order, title, SCAN, Some(target));
        if let Some(reason) = self.by_title.get_mut(&(order, title.to_owned())) {
            reason.details.insert(gap.into());
        }
    }
}

const SCAN: &str = "allow the listing or leave out fewer kinds and regions, scan again, and check again";

fn age(case: &Case<'_>, reasons: &mut Reasons) {
    let age = case.request.now.as_second() - case.ledger.scanned_at.as_second();
    let limit = i64::try_from(case.request.thresholds.max_age_seconds).unwrap_or(i64::MAX);
    if age > limit {
        let words = super::age::age(case.ledger.scanned_at, case.request.now).unwrap_or_default();
        reasons.add(
            0,
            format!(
                "what was seen is {words} old, and --max-age allows {}",
                super::age::span(limit)
            ),
            "scan again, or allow an older snapshot with --max-age if nothing changed since",
            None,
        );
    }
    // Clocks differ by a little; not by minutes.
    if age < -300 {
        reasons.add(
            0,
            "the snapshot is from the future by this machine's clock",
            "set the clock, and scan again",
            None,
        );
    }
}

fn plan(case: &Case<'_>, reasons: &mut Reasons) {
    let Some(plan) = case.plan() else { return };
    if plan.errored {
        reasons.add(
            1,
            "the plan ended with an error, so it does not hold every change",
            "correct the error and make the plan again",
            None,
        );
    }
    if !plan.complete {
        reasons.add(
            1,
            "the plan is not complete: Terraform left changes for a later round",
            "check the plan of the later round as well, before it is applied",
            None,
        );
    }
    if plan.changes.is_empty() && !plan.other_providers.is_empty() {
        reasons.add(
            1,
            "nothing in this plan is of the AWS provider, so nothing of it was looked at",
            "whose knows AWS only; check the plan by eye",
            None,
        );
    }
    if let (Some(lineage), Some(serial)) = (&plan.lineage, plan.serial)
        && let Some(newest) = super::state_swapped::newest_seen(case, lineage)
        && newest.serial < serial
    {
        reasons.add(
            1,
            format!(
                "the state moved on since: {} has serial {}, and the plan was made from {serial}",
                newest.source, newest.serial
            ),
            "scan again with the state as it is now",
            None,
        );
    }
}

fn about(case: &Case<'_>, number: usize, target: &Target<'_>, reasons: &mut Reasons) {
    if target.unresolved.is_some() {
        return;
    }
    if target.action == Action::Unknown {
        reasons.add(
            2,
            "the plan has actions that this version does not know",
            "use a newer version of whose",
            Some(number),
        );
        return;
    }
    if !target.action.changes() {
        return;
    }
    if target.action.creates() && !target.action.destroys() {
        created(case, number, target, reasons);
        return;
    }
    match &target.found {
        Found::None(NoMatch::NotSeen(why)) => {
            reasons.gap(3, "what is changed could not be seen", &**why, number);
        }
        Found::None(NoMatch::Ambiguous(several)) => reasons.add(
            3,
            format!("{} may be one of {} live resources", target.label, several.len()),
            "name it by its ARN",
            Some(number),
        ),
        Found::None(NoMatch::UnknownType) if target.action.destroys() => {
            let name = target.terraform_type.map_or("something", |name| name.as_str());
            reasons.gap(
                3,
                "what is destroyed is of a type that whose does not list",
                name,
                number,
            );
        }
        Found::None(NoMatch::WholeNotLive) if target.action.destroys() => {
            if let (Some(kind), Some(before)) = (target.kind(), target.before())
                && let NoMatch::NotSeen(why) = case.finder.absence(kind, before.account, before.region)
            {
                reasons.gap(3, "what is changed could not be seen", &*why, number);
            }
        }
        Found::None(_) | Found::On(_) | Found::Facet(_) => {}
    }
    if let Some(at) = target.destroys() {
        for gap in case.user_gaps(at) {
            reasons.gap(4, "what uses it may not have been seen", gap, number);
        }
        let live = case.live(at);
        for backup in BACKUPS.iter().filter(|backup| *backup.of == *live.kind) {
            if let Some(gap) = case.gap(backup.kind, live.account, live.region) {
                reasons.gap(4, "its backups may not have been seen", gap, number);
            }
        }
    }
}

/// A create needs its kind listed where it will be, to say that it is not there.
fn created(case: &Case<'_>, number: usize, target: &Target<'_>, reasons: &mut Reasons) {
    let Some(kind) = target.kind().filter(|_| !target.is_facet()) else {
        return;
    };
    let Some(after) = target.after() else { return };
    let regions: Vec<Symbol> = match (kind.scope, after.region) {
        (Scope::Global, _) => vec![Symbol::known("global")],
        (Scope::Regional, Some(region)) => vec![region],
        (Scope::Regional, None) => case.ledger.regions.clone(),
    };
    for account in &case.ledger.accounts {
        if after.account.is_some_and(|planned| planned != account.id) {
            continue;
        }
        for region in &regions {
            if let Some(gap) = case.gap(kind.name, account.id, *region) {
                reasons.gap(
                    5,
                    "whether what is created exists already could not be seen",
                    gap,
                    number,
                );
            }
        }
    }
}

/// Whose what is destroyed is, and who uses it, is for the states to say.
fn states(case: &Case<'_>, reasons: &mut Reasons) {
    let destroying: Vec<usize> = (0..case.targets.len())
        .filter(|number| {
            let target = &case.targets[*number];
            target.action.destroys() && !target.is_facet() && target.unresolved.is_none()
        })
        .collect();
    if destroying.is_empty() {
        return;
    }
    if case.ledger.states.is_empty() {
        for number in destroying {
            reasons.add(
                2,
                "no state was given, so nobody can say whether another project claims or uses what is destroyed",
                "give the states of every project in the account: --state FOLDER",
                Some(number),
            );
        }
        return;
    }
    for state in case.ledger.state_gaps() {
        for number in &destroying {
            reasons.add(
                2,
                format!(
                    "the state {} could not be read, and may claim or use what is destroyed",
                    state.source
                ),
                "restore the state or fetch it again: terraform state pull",
                Some(*number),
            );
        }
    }
}

/// Deletions by other providers, which nobody looked at.
fn of_others(rule: &Rule, case: &Case<'_>) -> Option<Raised> {
    let plan = case.plan()?;
    if plan.changes.is_empty() || plan.other_deletes.is_empty() {
        return None;
    }
    let lines: Vec<String> = plan
        .other_deletes
        .iter()
        .map(|(provider, count)| {
            format!(
                "{provider}: {}",
                counted(usize::try_from(*count).unwrap_or(usize::MAX), "deletion")
            )
        })
        .collect();
    Some(
        rule.raise(Verdict::Review, "deletes what is not of AWS, which was not looked at")
            .shown(lines, "providers")
            .advice("look at these by eye"),
    )
}

/// Lines of a list or script that could not be told, and ids that are not live.
fn unresolved(rule: &Rule, case: &Case<'_>) -> Vec<Raised> {
    let Intent::Deletions { .. } = &case.request.intent else {
        return Vec::new();
    };
    let mut raised = Vec::new();
    let unclear: Vec<usize> = (0..case.targets.len())
        .filter(|number| case.targets[*number].unresolved.is_some())
        .collect();
    if !unclear.is_empty() {
        let lines: Vec<String> = unclear
            .iter()
            .map(|number| {
                let target = &case.targets[*number];
                format!("{}: {}", target.label, target.unresolved.as_deref().unwrap_or_default())
            })
            .collect();
        raised.push(
            rule.raise(
                Verdict::Review,
                format!("what {} would delete cannot be told", counted(unclear.len(), "line")),
            )
            .about(case, unclear)
            .shown(lines, "lines")
            .advice("write out the ids"),
        );
    }
    let absent: Vec<usize> = (0..case.targets.len())
        .filter(|number| {
            let target = &case.targets[*number];
            target.unresolved.is_none() && matches!(target.found, Found::None(NoMatch::Missing | NoMatch::WholeNotLive))
        })
        .collect();
    if !absent.is_empty() {
        let names: Vec<String> = absent
            .iter()
            .map(|number| case.targets[*number].label.to_owned())
            .collect();
        raised.push(
            rule.raise(
                Verdict::Review,
                format!(
                    "{} of the list {} not live",
                    counted(absent.len(), "item"),
                    if absent.len() == 1 { "is" } else { "are" }
                ),
            )
            .about(case, absent)
            .shown(names.into_iter().take(SHOWN), "items")
            .advice("see whether they are of another account or region, or gone already"),
        );
    }
    raised
}

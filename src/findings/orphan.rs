//! `orphan`: unmanaged, and nothing uses it.

use super::{Finding, Rule, Severity, title_of};
use crate::ledger::Ledger;

pub(super) static RULE: Rule = Rule {
    code: "orphan",
    severity: Severity::Low,
    summary: "unmanaged, and nothing that is live uses it",
    explanation: "\
No state claims it and nothing uses it: an unattached volume, an address that is associated with nothing, a target
group without a load balancer, a snapshot whose source is gone. Each kind has its own test; the sentence in the
report says which fact of the API it rests on.

An orphan is the safest thing to clean up, but not a safe one: a volume or a snapshot may be the last copy of
something. The monthly cost is an estimate by list price.

Needs: no state claims it (every state readable), and every kind that could use it listed in its region.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    ledger
        .entries
        .iter()
        .zip(&ledger.live)
        .filter_map(|(entry, live)| {
            let sentence = entry.orphan.as_ref()?;
            let kind = crate::kinds::kind(&live.kind);
            let mut finding = rule.finding(
                format!("{} {} is an orphan", title_of(&live.kind), live.label()),
                vec![live.arn.to_string()],
            );
            finding.evidence.push(sentence.to_string());
            if let Some(cost) = kind.and_then(|kind| kind.monthly_cost).and_then(|cost| cost(live)) {
                finding
                    .evidence
                    .push(format!("about ${cost:.2} a month by list price (an estimate)"));
            }
            finding.advice = if kind.is_some_and(|kind| kind.holds_data) {
                "it holds data: keep a copy before it is deleted".to_owned()
            } else {
                "delete it if nobody asks for it".to_owned()
            };
            Some(finding)
        })
        .collect()
}

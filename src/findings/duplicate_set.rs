//! `duplicate-set`: the same stack twice, by different hands.

use super::{Finding, Rule, Severity, count_of, title_of};
use crate::ledger::Ledger;
use crate::ledger::duplicates::{DuplicateSet, Stack, letter};
use crate::model::Timestamp;

pub(super) static RULE: Rule = Rule {
    code: "duplicate-set",
    severity: Severity::High,
    summary: "the same stack exists twice, made by different hands",
    explanation: "\
Two or more sets of live resources were made from the same configuration: same kinds, same settings, same tags, same
places in the same graph. That is what an apply without its state leaves behind: partial copies of production beside
production. What one state holds on purpose (count, for_each, a module used twice) is not reported.

The report says which set is the original, by what a deletion would destroy: data, use by others, age. Claims decide
only where those say nothing, because after a lost state the new state claims the copies. Where the evidence
contradicts itself, the report says so, and nothing should be deleted before a person has looked.

Delete by the copy's own ids only, after whose check; never by name or tag: the original has the same.

Needs: the kinds of the stack listed. A name's generated suffix (name_prefix, UUID, random hex, date) does not count.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    ledger.duplicates.iter().map(|set| finding(rule, ledger, set)).collect()
}

fn finding(rule: &Rule, ledger: &Ledger, set: &DuplicateSet) -> Finding {
    let first = &set.stacks[0];
    let place = first
        .members
        .first()
        .map_or("", |at| ledger.live[*at as usize].region.as_str());
    let title = if let ([_, copy], true) = (set.stacks.as_slice(), set.decided) {
        format!(
            "{} in {place}: {} of the original, {} of a copy",
            if first.members.len() == 1 {
                "the same thing twice"
            } else {
                "two sets of the same stack"
            },
            count_of(first.members.len(), "resource"),
            copy.members.len()
        )
    } else {
        format!("{} sets of the same stack in {place}", set.stacks.len())
    };
    let members = set.stacks.iter().flat_map(|stack| &stack.members);
    let mut finding = rule.finding(
        title,
        members.map(|at| ledger.live[*at as usize].arn.to_string()).collect(),
    );
    for (number, stack) in set.stacks.iter().enumerate() {
        let role = match (set.decided, number) {
            (true, 0) => "original",
            (true, _) => "copy",
            (false, _) => "undecided",
        };
        finding
            .evidence
            .push(format!("{} ({role}): {}", letter(number), portrait(ledger, stack)));
    }
    for (number, stack) in set.stacks.iter().enumerate() {
        let name = letter(number);
        let is_original = set.decided && number == 0;
        if !stack.lacks.is_empty() && !is_original {
            let lacks: Vec<String> = stack
                .lacks
                .iter()
                .map(|(kind, many)| count_of(*many, title_of(kind)))
                .collect();
            finding.evidence.push(format!("{name} lacks {}", lacks.join(", ")));
        }
        for at in &stack.members {
            let live = &ledger.live[*at as usize];
            finding
                .evidence
                .push(format!("{name}: {} {}", title_of(&live.kind), live.label()));
        }
    }
    finding.advice = match &set.doubt {
        None => "delete only by the ids of the copy, and hold the list against whose check first".to_owned(),
        Some(doubt) => {
            format!("undecided which is the original: {doubt}; do not delete either before a person has looked")
        }
    };
    finding
}

/// `2.5 years old, claimed by platform, used by 3 other resources, holds data (db-1)`.
fn portrait(ledger: &Ledger, stack: &Stack) -> String {
    let mut said = vec![count_of(stack.members.len(), "resource")];
    said.push(stack.oldest.map_or_else(
        || "of unknown age".to_owned(),
        |oldest| format!("{} old", age(oldest, ledger.scanned_at)),
    ));
    said.push(if stack.states.is_empty() {
        "claimed by no state".to_owned()
    } else {
        let names: Vec<&str> = stack.projects.iter().map(|name| name.as_str()).collect();
        let sources: Vec<&str> = stack
            .states
            .iter()
            .map(|at| ledger.states[*at as usize].source.as_str())
            .collect();
        format!("claimed by {} ({})", names.join(" and "), sources.join(", "))
    });
    said.push(match stack.used_by {
        0 => "used by nothing outside".to_owned(),
        1 => "used by one thing outside".to_owned(),
        many => format!("used by {many} things outside"),
    });
    said.push(if stack.data.is_empty() {
        "holds no data".to_owned()
    } else {
        let names: Vec<String> = stack.data.iter().map(|at| ledger.live[*at as usize].label()).collect();
        format!("holds data: {}", names.join(", "))
    });
    said.join(", ")
}

/// An age in one unit that a person can picture.
pub(super) fn age(from: Timestamp, to: Timestamp) -> String {
    let minutes = (to.as_second() - from.as_second()).max(0) / 60;
    let (days, years) = (minutes / 1440, minutes / 525_960);
    match () {
        () if minutes < 120 => format!("{minutes} minutes"),
        () if minutes < 2880 => format!("{} hours", minutes / 60),
        () if days < 60 => format!("{days} days"),
        () if years < 2 => format!("{} months", days * 12 / 365),
        () => format!("{}.{} years", years, (minutes % 525_960) * 10 / 525_960),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_in_units_that_a_person_can_picture() {
        let now: Timestamp = "2026-11-24T00:00:00Z".parse().expect("a time");
        for (from, text) in [
            ("2026-11-23T23:20:00Z", "40 minutes"),
            ("2026-11-23T00:00:00Z", "24 hours"),
            ("2026-11-01T00:00:00Z", "23 days"),
            ("2025-11-24T00:00:00Z", "12 months"),
            ("2024-05-20T00:00:00Z", "2.5 years"),
            ("2027-01-01T00:00:00Z", "0 minutes"),
        ] {
            assert_eq!(age(from.parse().expect("a time"), now), text);
        }
    }
}

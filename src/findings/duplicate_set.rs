//! `duplicate-set`: the same stack twice, by different hands.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity, count_of, title_of};
use crate::ledger::duplicates::{DuplicateSet, Stack, letter};
use crate::ledger::{Ledger, LiveIndex};
use crate::model::{Live, Symbol, Timestamp};

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

What stands in such a set and has the kind, the name and the place of something in the other counts too where a
setting differs (a newer image); the report says so. Things that hang on nothing (an address, a volume) count only
where a name ties them, and not where each is used by things of its own.

Needs: the kinds of the stack listed. A name's generated suffix (name_prefix, UUID, random hex, date) does not count.
Copies in other regions or accounts: --duplicates-across.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    ledger.duplicates.iter().map(|set| finding(rule, ledger, set)).collect()
}

/// Stacks that are described; a fleet of a thousand copies needs no thousand portraits.
const SHOWN: usize = 20;

fn finding(rule: &Rule, ledger: &Ledger, set: &DuplicateSet) -> Finding {
    let mut order: Vec<usize> = (0..set.stacks.len()).collect();
    if set.decided {
        // The copy's members first: those are what somebody would delete.
        order.rotate_left(1);
    }
    let members = order.iter().flat_map(|number| &set.stacks[*number].members);
    let mut finding = rule.finding(
        title(ledger, set),
        members.map(|at| ledger.live[*at as usize].arn.to_string()).collect(),
    );
    for (number, stack) in set.stacks.iter().enumerate().take(SHOWN) {
        let role = match (set.decided, number) {
            (true, 0) => "original",
            (true, _) => "copy",
            (false, _) => "original or copy, undecided",
        };
        let claimed = claims(ledger, stack);
        let text = format!(
            "{} ({role}): {}, {claimed}",
            letter(number),
            portrait(ledger, stack, true)
        );
        finding.evidence.push(text);
    }
    if set.stacks.len() > SHOWN {
        let more = set.stacks.len() - SHOWN;
        finding.evidence.push(format!("and {} more", count_of(more, "set")));
    }
    for (number, stack) in set.stacks.iter().enumerate().take(SHOWN) {
        if !stack.lacks.is_empty() && !(set.decided && number == 0) {
            let lacks = stack.lacks.iter().map(|(kind, many)| count_of(*many, title_of(kind)));
            let lacks: Vec<String> = lacks.collect();
            finding
                .evidence
                .push(format!("{} lacks {}", letter(number), lacks.join(", ")));
        }
    }
    let places = Places::of(ledger, set);
    for number in order {
        let stack = &set.stacks[number];
        for at in &stack.members {
            let live = &ledger.live[*at as usize];
            let name = live.name.as_deref().filter(|name| !live.id.ends_with(*name));
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            let alike = if stack.alike.binary_search(at).is_ok() {
                ", alike in name and place, not in every setting"
            } else {
                ""
            };
            finding.evidence.push(format!(
                "{}: {} {}{name}{}{alike}",
                letter(number),
                title_of(&live.kind),
                live.id,
                places.suffix(live)
            ));
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

/// Whether the members of a set have to be told apart by account or region.
struct Places {
    accounts: bool,
    regions: bool,
}

impl Places {
    fn of(ledger: &Ledger, set: &DuplicateSet) -> Self {
        let members = || set.stacks.iter().flat_map(|stack| &stack.members);
        let several = |of: fn(&Live) -> Symbol| {
            let mut seen = members().map(|at| of(&ledger.live[*at as usize]));
            let first = seen.next();
            seen.any(|other| Some(other) != first)
        };
        Self {
            accounts: several(|live| live.account),
            regions: several(|live| live.region),
        }
    }

    /// ` in us-east-1 of 210987654321`, as far as it is needed.
    fn suffix(&self, live: &Live) -> String {
        match (self.regions, self.accounts) {
            (false, false) => String::new(),
            (true, false) => format!(" in {}", live.region),
            (false, true) => format!(" of {}", live.account),
            (true, true) => format!(" in {} of {}", live.region, live.account),
        }
    }
}

/// `Two sets of the same stack. A: 2.5 years old, in use, holds data (…). B: 40 minutes old …, claimed by no state.`
fn title(ledger: &Ledger, set: &DuplicateSet) -> String {
    let lone = set.stacks.iter().all(|stack| stack.members.len() == 1);
    let what = match (lone, set.stacks.len()) {
        (true, 2) => "the same thing twice".to_owned(),
        (true, many) => format!("the same thing {many} times"),
        (false, 2) => "two sets of the same stack".to_owned(),
        (false, many) => format!("{many} sets of the same stack"),
    };
    let mut text = what;
    for (number, stack) in set.stacks.iter().enumerate().take(3) {
        let claimed = if stack.states.is_empty() {
            ", claimed by no state"
        } else {
            ""
        };
        text.push_str(&format!(
            ". {}: {}{claimed}",
            letter(number),
            portrait(ledger, stack, false)
        ));
    }
    if set.stacks.len() > 3 {
        text.push_str(&format!(". And {} more", set.stacks.len() - 3));
    }
    text
}

/// `22 resources, 2.5 years old, used by 20 things outside, holds data that is in use: db-1`.
fn portrait(ledger: &Ledger, stack: &Stack, names: bool) -> String {
    let mut said = Vec::new();
    if names {
        said.push(count_of(stack.members.len(), "resource"));
    }
    said.push(stack.oldest.map_or_else(
        || "of unknown age".to_owned(),
        |oldest| format!("{} old", age(oldest, ledger.scanned_at)),
    ));
    said.push(match stack.used_by {
        0 => "used by nothing outside".to_owned(),
        many => format!("used by {} outside", count_of(many, "thing")),
    });
    let of = |data: &[LiveIndex]| {
        if names {
            let labels: Vec<String> = data.iter().map(|at| ledger.live[*at as usize].label()).collect();
            format!(": {}", labels.join(", "))
        } else {
            String::new()
        }
    };
    // A fresh copy has volumes too: that it has them is said, not that they hold anything.
    let idle = kinds_of(ledger, &stack.idle_data);
    said.push(match (stack.data.is_empty(), stack.idle_data.is_empty()) {
        (true, true) => "holds no data".to_owned(),
        (true, false) => format!(
            "holds no data in use, but {idle} that nothing uses{}",
            of(&stack.idle_data)
        ),
        (false, true) => format!("holds data in use{}", of(&stack.data)),
        (false, false) if names => format!(
            "holds data in use{}, and {idle} that nothing uses{}",
            of(&stack.data),
            of(&stack.idle_data)
        ),
        (false, false) => "holds data in use".to_owned(),
    });
    said.join(", ")
}

/// `3 EBS volumes and 1 EBS snapshot`.
fn kinds_of(ledger: &Ledger, data: &[LiveIndex]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for at in data {
        *kinds.entry(title_of(&ledger.live[*at as usize].kind)).or_default() += 1;
    }
    let said: Vec<String> = kinds.into_iter().map(|(title, many)| count_of(many, title)).collect();
    said.join(" and ")
}

fn claims(ledger: &Ledger, stack: &Stack) -> String {
    if stack.states.is_empty() {
        return "claimed by no state".to_owned();
    }
    let names: Vec<&str> = stack.projects.iter().map(|name| name.as_str()).collect();
    let states = stack.states.iter();
    let sources: Vec<&str> = states.map(|at| ledger.states[*at as usize].source.as_str()).collect();
    format!("claimed by {} ({})", names.join(" and "), sources.join(", "))
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

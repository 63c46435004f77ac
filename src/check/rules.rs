//! The rules of the gate: what each is called, what it means, and how it is found.

use std::collections::BTreeSet;

use super::Verdict;
use super::case::Case;
use super::fate::Backups;
use super::report::Finding;
use crate::model::Symbol;

/// A rule: its code, what the code means, and how it is found.
pub struct Rule {
    pub code: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What it means, why it matters, what to do, and what evidence it needs.
    pub explanation: &'static str,
    pub(super) find: fn(&Rule, &Case<'_>, &Backups) -> Vec<Raised>,
}

/// A finding with the changes that it is about.
pub(super) struct Raised {
    pub(super) finding: Finding,
    /// Positions in [`Case::targets`]; none where it is about the plan as a whole.
    pub(super) targets: Vec<usize>,
}

impl Rule {
    pub(super) fn raise(&self, verdict: Verdict, title: impl Into<String>) -> Raised {
        Raised {
            finding: Finding {
                code: self.code.to_owned(),
                verdict,
                title: title.into(),
                resources: Vec::new(),
                evidence: Vec::new(),
                advice: String::new(),
            },
            targets: Vec::new(),
        }
    }
}

impl Raised {
    pub(super) fn about(mut self, case: &Case<'_>, targets: impl IntoIterator<Item = usize>) -> Self {
        for number in targets {
            if self.targets.contains(&number) {
                continue;
            }
            self.targets.push(number);
            let target = &case.targets[number];
            self.finding.resources.push(match target.found.itself() {
                Some(at) => case.live(at).arn.to_string(),
                None => target.label.to_owned(),
            });
        }
        self
    }

    /// Adds the first of many lines, and how many more there are.
    pub(super) fn shown(mut self, lines: impl IntoIterator<Item = String>, what: &str) -> Self {
        let mut lines = lines.into_iter();
        self.finding.evidence.extend(lines.by_ref().take(SHOWN));
        let more = lines.count();
        if more > 0 {
            self.finding.evidence.push(format!("and {more} more {what}"));
        }
        self
    }

    pub(super) fn evidence(mut self, line: impl Into<String>) -> Self {
        self.finding.evidence.push(line.into());
        self
    }

    pub(super) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.finding.advice = advice.into();
        self
    }
}

/// Lines of evidence that are shown of one sort.
pub(super) const SHOWN: usize = 20;

/// `1 resource`, `3 resources`.
pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else if let Some(stem) = one.strip_suffix('y') {
        format!("{count} {stem}ies")
    } else if one.ends_with('s') || one.ends_with("ch") {
        format!("{count} {one}es")
    } else {
        format!("{count} {one}s")
    }
}

/// `ingress, vpc_id`
pub(super) fn joined(words: &BTreeSet<Symbol>) -> String {
    let words: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
    words.join(", ")
}

/// `a`, `a and b`, `a, b and 3 more`.
pub(super) fn listed(names: &[String], shown: usize) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        _ if names.len() > shown + 1 => {
            format!("{} and {} more", names[..shown].join(", "), names.len() - shown)
        }
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Every rule, in the order of reports.
pub static RULES: &[&Rule] = &[
    &super::wrong_account::RULE,
    &super::wrong_region::RULE,
    &super::state_swapped::RULE,
    &super::stale_plan::RULE,
    &super::creates_what_exists::RULE,
    &super::last_backup_dies::RULE,
    &super::destroys_data::RULE,
    &super::replaces_data::RULE,
    &super::destroys_shared::RULE,
    &super::strands_dependents::RULE,
    &super::mass_destroy::RULE,
    &super::drops_protection::RULE,
    &super::unseen::RULE,
];

/// The rule of a code.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_explains_itself() {
        for rule in RULES {
            assert!(rule.explanation.len() > 120, "{} says too little", rule.code);
            assert!(rule.summary.len() > 20 && !rule.summary.contains('\n'), "{}", rule.code);
            assert!(rule.explanation.contains("Needs: "), "{} says no evidence", rule.code);
        }
    }

    #[test]
    fn codes_are_the_contracts() {
        let mut codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
        codes.sort_unstable();
        assert_eq!(
            codes,
            [
                "creates-what-exists",
                "destroys-data",
                "destroys-shared",
                "drops-protection",
                "last-backup-dies",
                "mass-destroy",
                "replaces-data",
                "stale-plan",
                "state-swapped",
                "strands-dependents",
                "unseen",
                "wrong-account",
                "wrong-region",
            ]
        );
        for finding in crate::findings::RULES {
            assert!(rule(finding.code).is_none(), "{} is a finding's code too", finding.code);
        }
    }

    #[test]
    fn lists_end_in_words() {
        let names: Vec<String> = ["a", "b", "c", "d"].map(String::from).to_vec();
        assert_eq!(listed(&names[..1], 2), "a");
        assert_eq!(listed(&names[..3], 2), "a, b and c");
        assert_eq!(listed(&names, 2), "a, b and 2 more");
        assert_eq!(counted(2, "copy"), "2 copies");
    }
}

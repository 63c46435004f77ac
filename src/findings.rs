//! Findings: what the ledger says that a person should know before a clean-up. One file a rule.
//!
//! Each rule is a pure function of the ledger and states what it needs to be sure; it stays silent where the
//! coverage cannot support it (ownership has seen to that: across a gap things are `undecided`, not `unmanaged`).

mod drifted;
mod duplicate_set;
mod gap;
pub mod ignores;
mod missing;
mod orphan;
mod shared;
mod state_mixes_projects;
mod state_overlap;
mod state_stale;
mod tagged_but_unclaimed;
mod unmanaged;

use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Costs or clutters; nothing breaks.
    Low,
    /// Somebody should decide before a clean-up.
    Medium,
    /// Something may be lost.
    High,
    /// Something is lost, or about to be.
    Critical,
}

impl Severity {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable word in kebab-case; `whose explain CODE` says more.
    pub code: String,
    pub severity: Severity,
    pub title: String,
    /// ARNs; where a claim has no live resource, its ARN, else its id, else its address.
    pub resources: Vec<String>,
    pub evidence: Vec<String>,
    pub advice: String,
}

/// A rule: its code, what the code means, and how it is found.
pub struct Rule {
    pub code: &'static str,
    pub severity: Severity,
    /// One line.
    pub summary: &'static str,
    /// What it means, why it matters, what to do, and what evidence it needs.
    pub explanation: &'static str,
    pub find: fn(&Rule, &Ledger) -> Vec<Finding>,
}

impl Rule {
    fn finding(&self, title: String, resources: Vec<String>) -> Finding {
        Finding {
            code: self.code.to_owned(),
            severity: self.severity,
            title,
            resources,
            evidence: Vec::new(),
            advice: String::new(),
        }
    }
}

/// Every rule, in the order of reports.
pub static RULES: &[&Rule] = &[
    &duplicate_set::RULE,
    &shared::RULE,
    &state_overlap::RULE,
    &state_mixes_projects::RULE,
    &missing::RULE,
    &tagged_but_unclaimed::RULE,
    &unmanaged::RULE,
    &orphan::RULE,
    &drifted::RULE,
    &state_stale::RULE,
    &ignores::RULE,
    &gap::RULE,
];

/// Runs every rule; the worst first, then in the order of [`RULES`].
#[must_use]
pub fn all(ledger: &Ledger) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| (rule.find)(rule, ledger)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// `1 VPC`, `2 VPCs`, `3 security groups`, `2 NAT gateways`, `2 EC2 instances`.
pub(crate) fn count_of(count: usize, title: &str) -> String {
    let plural = match title.strip_suffix('y') {
        Some(stem) if !title.ends_with("ay") && !title.ends_with("ey") => format!("{stem}ies"),
        _ if title.ends_with('s') || title.ends_with("ch") => format!("{title}es"),
        _ => format!("{title}s"),
    };
    if count == 1 {
        format!("1 {title}")
    } else {
        format!("{count} {plural}")
    }
}

/// Groups live resources by kind, and says what people call each kind.
fn by_kind(ledger: &Ledger, keep: impl Fn(usize) -> bool) -> Vec<(&'static str, Vec<usize>)> {
    let mut groups: Vec<(&'static str, Vec<usize>)> = Vec::new();
    // `live` is sorted by kind.
    for at in (0..ledger.live.len()).filter(|at| keep(*at)) {
        let kind = ledger.live[at].kind.as_str();
        match groups.last_mut() {
            Some((last, members)) if *last == kind => members.push(at),
            _ => groups.push((kind, vec![at])),
        }
    }
    groups
}

/// What people call a kind; its Terraform type where nobody named it.
fn title_of(kind: &str) -> &str {
    crate::kinds::kind(kind).map_or(kind, |kind| kind.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_english() {
        for (title, two) in [
            ("VPC", "2 VPCs"),
            ("security group", "2 security groups"),
            ("NAT gateway", "2 NAT gateways"),
            ("EIP address", "2 EIP addresses"),
            ("IAM policy", "2 IAM policies"),
            ("key", "2 keys"),
        ] {
            assert_eq!(count_of(2, title), two);
        }
        assert_eq!(count_of(1, "VPC"), "1 VPC");
    }

    #[test]
    fn every_rule_explains_itself() {
        for rule in RULES {
            assert!(rule.explanation.len() > 120, "{} says too little", rule.code);
            assert!(rule.summary.len() > 20 && !rule.summary.contains('\n'), "{}", rule.code);
        }
    }
}

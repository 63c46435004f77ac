//! `tagged-but-unclaimed`: Terraform made it, and no state holds it.

use std::collections::BTreeMap;

use super::{Finding, Rule, Severity, count_of, title_of};
use crate::ledger::{Ledger, Ownership};
use crate::model::{Symbol, Tags};

pub(super) static RULE: Rule = Rule {
    code: "tagged-but-unclaimed",
    severity: Severity::High,
    summary: "the tags say Terraform, but no state holds it: a lost state?",
    explanation: "\
The tags of these say that Terraform manages them (ManagedBy = terraform and the like), and no state that was read
claims them. Either their state was not given, or it is lost. With a lost state the next plan proposes to create
everything again; a clean-up by hand may delete production.

Find the state (another laptop, the bucket's older versions, a .backup file) before you delete or apply anything.

Needs: every given state readable. Tags never make a claim; they only raise this question.",
    find,
};

/// Tag keys by which people say what manages a resource; compared without case, `-` and `_`.
const KEYS: &[&str] = &[
    "managedby",
    "createdby",
    "provisionedby",
    "provisioner",
    "iac",
    "managed",
    "terraform",
    "tool",
];

fn says_terraform(tags: &Tags) -> Option<(&str, &str)> {
    tags.own().find(|(key, value)| {
        let key: String = key
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let value = value.to_ascii_lowercase();
        KEYS.contains(&key.as_str())
            && (value.contains("terraform")
                || value.contains("opentofu")
                || value.contains("terragrunt")
                || (key == "terraform" && matches!(value.as_str(), "true" | "yes" | "1")))
    })
}

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    let mut groups: BTreeMap<Option<Symbol>, Vec<usize>> = BTreeMap::new();
    for (at, entry) in ledger.entries.iter().enumerate() {
        if entry.ownership == Ownership::Unmanaged
            && entry.whole.is_none()
            && says_terraform(&ledger.live[at].tags).is_some()
        {
            groups.entry(entry.likely_project).or_default().push(at);
        }
    }
    groups
        .into_iter()
        .map(|(project, members)| {
            let of = project.map_or_else(String::new, |name| format!(" of {name}"));
            let many = count_of(members.len(), "resource");
            let mut finding = rule.finding(
                format!("{many}{of} tagged as Terraform's, claimed by no state"),
                members.iter().map(|at| ledger.live[*at].arn.to_string()).collect(),
            );
            for at in &members {
                let live = &ledger.live[*at];
                if let Some((key, value)) = says_terraform(&live.tags) {
                    finding
                        .evidence
                        .push(format!("{} {}: {key} = {value}", title_of(&live.kind), live.label()));
                }
            }
            finding.advice = "find the state that made them before anything is deleted or applied".to_owned();
            finding
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_spellings_say_terraform() {
        for (key, value) in [
            ("ManagedBy", "terraform"),
            ("managed-by", "Terraform"),
            ("created_by", "terraform-ci"),
            ("Terraform", "true"),
            ("IaC", "OpenTofu"),
        ] {
            let tags: Tags = [(key, value)].into_iter().collect();
            assert!(says_terraform(&tags).is_some(), "{key}={value}");
        }
        for (key, value) in [("ManagedBy", "hand"), ("Name", "terraform"), ("Terraform", "false")] {
            let tags: Tags = [(key, value)].into_iter().collect();
            assert!(says_terraform(&tags).is_none(), "{key}={value}");
        }
    }
}

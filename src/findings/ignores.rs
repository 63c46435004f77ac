//! Ignores: findings that somebody decided not to hear of, each with a reason; and `unused-ignore`.

use globset::GlobMatcher;

use super::{Finding, Rule, Severity};
use crate::ledger::Ledger;

/// An ignore of the config file.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// Every code where it is `None`.
    pub code: Option<String>,
    /// As it was written.
    pub pattern: String,
    /// Over the ARN, or what stands in its place.
    pub resource: GlobMatcher,
    pub reason: String,
    /// The last day on which it counts.
    pub expires: Option<jiff::civil::Date>,
}

pub(super) static RULE: Rule = Rule {
    code: "unused-ignore",
    severity: Severity::Low,
    summary: "an ignore of whose.toml matches nothing, or has expired",
    explanation: "\
An ignore that matches nothing hides nothing today, but it will hide the next thing that happens to match. One that
has expired does not count any more: what it hid is reported again.

Delete it from whose.toml, correct its pattern, or give it a later day.

Needs: a whole report; while something could not be seen, an ignore that matches nothing is not held against anybody.",
    find: |_, _| Vec::new(),
};

/// Takes out what is ignored, resource by resource, and reports ignores that are of no use.
///
/// A finding goes only where every one of its resources is ignored. Gaps can never be ignored.
#[must_use]
pub fn apply(findings: Vec<Finding>, ignores: &[Ignore], ledger: &Ledger) -> Vec<Finding> {
    let today = jiff::tz::TimeZone::UTC.to_datetime(ledger.scanned_at).date();
    let mut used = vec![false; ignores.len()];
    let mut kept = Vec::with_capacity(findings.len());
    for mut finding in findings {
        if finding.code == super::gap::RULE.code || finding.resources.is_empty() {
            kept.push(finding);
            continue;
        }
        let before = finding.resources.len();
        finding.resources.retain(|resource| {
            let mut ignored = false;
            for (ignore, used) in ignores.iter().zip(&mut used) {
                let holds = ignore.code.as_deref().is_none_or(|code| code == finding.code)
                    && ignore.resource.is_match(resource);
                if holds && ignore.expires.is_none_or(|last| today <= last) {
                    (ignored, *used) = (true, true);
                }
            }
            !ignored
        });
        let after = finding.resources.len();
        // Sets mean something only as a whole: one member less would make it another finding.
        if after == 0 {
            continue;
        }
        if after < before {
            finding
                .evidence
                .push(format!("{} more ignored by whose.toml", before - after));
        }
        kept.push(finding);
    }
    for (ignore, used) in ignores.iter().zip(used) {
        let expired = ignore.expires.filter(|last| today > *last);
        let title = match expired {
            Some(last) => format!("the ignore of {} expired on {last}", ignore.pattern),
            None if !used && ledger.complete() => format!("the ignore of {} matches nothing", ignore.pattern),
            None => continue,
        };
        let mut finding = RULE.finding(title, Vec::new());
        finding.evidence.push(format!("its reason was: {}", ignore.reason));
        finding.advice = "delete it from whose.toml, or correct it".to_owned();
        kept.push(finding);
    }
    kept.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::projects::ProjectRule;
    use crate::ledger::testing::{ledger, live, state};

    fn ignore(code: Option<&str>, pattern: &str, expires: Option<&str>) -> Ignore {
        Ignore {
            code: code.map(str::to_owned),
            pattern: pattern.to_owned(),
            resource: ProjectRule::pattern(pattern).expect("a glob"),
            reason: "for the test".to_owned(),
            expires: expires.map(|day| day.parse().expect("a day")),
        }
    }

    fn codes(ignores: &[Ignore]) -> Vec<String> {
        let lives = vec![live("aws_vpc", "vpc-0000000a"), live("aws_vpc", "vpc-0000000b")];
        let ledger = ledger(lives, vec![state("platform")], Vec::new());
        let unmanaged: Vec<Finding> = crate::findings::all(&ledger)
            .into_iter()
            .filter(|finding| finding.code == "unmanaged")
            .collect();
        apply(unmanaged, ignores, &ledger)
            .into_iter()
            .map(|finding| format!("{} {}", finding.code, finding.resources.len()))
            .collect()
    }

    #[test]
    fn an_ignore_takes_out_what_it_names_and_no_more() {
        assert_eq!(
            codes(&[ignore(Some("unmanaged"), "*vpc-0000000a", None)]),
            ["unmanaged 1"]
        );
        assert!(codes(&[ignore(None, "arn:aws:ec2:*:*:vpc/*", None)]).is_empty());
        assert_eq!(
            codes(&[ignore(Some("orphan"), "*", None)]),
            ["unmanaged 2", "unused-ignore 0"]
        );
    }

    #[test]
    fn an_expired_ignore_hides_nothing_and_is_reported() {
        assert_eq!(
            codes(&[ignore(None, "*", Some("2026-11-23"))]),
            ["unmanaged 2", "unused-ignore 0"]
        );
        assert!(codes(&[ignore(None, "*", Some("2026-11-24"))]).is_empty());
    }
}

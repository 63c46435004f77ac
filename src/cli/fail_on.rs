//! `--fail-on`: which findings make the exit code 3.

use super::failure::Failure;
use crate::findings::{Finding, RULES, Severity};

const SEVERITIES: [Severity; 5] = [
    Severity::Info,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];

/// The findings that matter to the exit code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FailOn {
    threshold: Option<Severity>,
    codes: Vec<&'static str>,
}

impl FailOn {
    /// Reads what the user gave: severities (the lowest counts) and codes, or `never` alone.
    pub(crate) fn parse(words: &[String]) -> Result<Self, Failure> {
        let codes: Vec<&'static str> = RULES.iter().map(|rule| rule.code).collect();
        Self::parse_with(words, &codes)
    }

    /// The same, with codes of another sort than those of findings.
    pub(crate) fn parse_with(words: &[String], codes: &[&'static str]) -> Result<Self, Failure> {
        let mut wanted = Self::default();
        for word in words {
            let word = word.trim();
            if word == "never" {
                if words.len() > 1 {
                    return Err(Failure::usage(
                        "--fail-on never stands alone",
                        "leave out 'never' or everything else",
                    ));
                }
            } else if let Some(severity) = SEVERITIES.into_iter().find(|severity| severity.word() == word) {
                wanted.threshold = Some(wanted.threshold.map_or(severity, |old| old.min(severity)));
            } else if let Some(code) = codes.iter().find(|code| **code == word) {
                wanted.codes.push(code);
            } else {
                return Err(Failure::usage(
                    format!("--fail-on: '{word}' is neither a severity nor a code"),
                    format!(
                        "severities: info, low, medium, high, critical, never; codes: {}",
                        codes.join(", ")
                    ),
                ));
            }
        }
        Ok(wanted)
    }

    pub(crate) fn hits(&self, finding: &Finding) -> bool {
        self.hits_code(&finding.code, finding.severity)
    }

    pub(crate) fn hits_code(&self, code: &str, severity: Severity) -> bool {
        self.threshold.is_some_and(|threshold| severity >= threshold) || self.codes.contains(&code)
    }

    /// `at or above medium`.
    pub(crate) fn words(&self) -> String {
        let mut parts = Vec::new();
        if let Some(threshold) = self.threshold {
            parts.push(format!("at or above {}", threshold.word()));
        }
        if !self.codes.is_empty() {
            parts.push(format!("with the code {}", self.codes.join(" or ")));
        }
        parts.join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<FailOn, Failure> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        FailOn::parse(&words)
    }

    fn finding(code: &str, severity: Severity) -> Finding {
        Finding {
            code: code.to_owned(),
            severity,
            title: String::new(),
            resources: Vec::new(),
            evidence: Vec::new(),
            advice: String::new(),
        }
    }

    #[test]
    fn severities_and_codes_add_up() {
        let medium = parse(&["medium"]).expect("a severity");
        assert!(medium.hits(&finding("x", Severity::High)) && !medium.hits(&finding("x", Severity::Low)));
        let both = parse(&["critical", "orphan"]).expect("both");
        assert!(both.hits(&finding("orphan", Severity::Low)) && !both.hits(&finding("x", Severity::High)));
        let lowest = parse(&["critical", "low"]).expect("both");
        assert!(lowest.hits(&finding("x", Severity::Low)));
        assert!(
            !parse(&["never"])
                .expect("alone")
                .hits(&finding("x", Severity::Critical))
        );
        let code = parse(&["orphan"]).expect("a code");
        assert!(
            !code.hits(&finding("missing", Severity::Critical)),
            "a code alone has no threshold"
        );
    }

    #[test]
    fn what_is_unknown_is_wrong_usage() {
        for words in [&["hihg"][..], &["never", "low"], &[""]] {
            let failure = parse(words).expect_err("wrong");
            assert_eq!(failure.exit(), super::super::Exit::Usage, "{words:?}");
        }
    }
}

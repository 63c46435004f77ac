//! The gate: what is about to be changed is held against the ledger, and the answer is `pass`, `review` or `block`,
//! or `incomplete` where something that the answer needs could not be seen.
//!
//! Pure functions of the intent, the ledger and the time. One file a rule; each rule says which evidence it needs,
//! and a rule that lacks it says `unseen` instead of nothing. Nothing here may branch on the name of a kind.
//!
//! The verdicts are ordered `pass < review < incomplete < block`: what was not seen may be worse than what asks for
//! a look, and what blocks for certain blocks whatever else was not seen. The exit code is 4 wherever
//! [`CheckReport::complete`] is false, also beside a block: a caller that looks at one number must not take a report
//! with holes for a whole one.

mod age;
mod case;
mod creates_what_exists;
mod destroys_data;
mod destroys_shared;
mod drops_protection;
mod fate;
mod last_backup_dies;
mod mass_destroy;
mod replaces_data;
mod report;
mod rules;
mod stale_plan;
mod state_swapped;
mod strands_dependents;
mod unseen;
mod wrong_account;
mod wrong_region;

pub use report::{ChangeRow, CheckReport, CoverageRows, Finding, PlanRow, SCHEMA, Subject, Tool};
pub use rules::{RULES, Rule, rule};

use serde::{Deserialize, Serialize};

use crate::ledger::{Ledger, Projects};
use crate::model::plan::Intent;
use crate::model::{Claim, State, Symbol, Timestamp};

/// The answer; see the order in the module's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing speaks against it.
    #[default]
    Pass,
    /// A person should look before it is done.
    Review,
    /// Something that the answer needs could not be seen.
    Incomplete,
    /// It must not be done.
    Block,
}

impl Verdict {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Review => "review",
            Verdict::Incomplete => "incomplete",
            Verdict::Block => "block",
        }
    }
}

/// How much may go at once before that alone is a reason.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Share of a project's live resources, in percent; above it …
    pub project_percent: u64,
    /// … and at least this many.
    pub project_count: u64,
    /// Share of an account's live resources, in percent; above it …
    pub account_percent: u64,
    /// … and at least this many.
    pub account_count: u64,
    /// Planned creates that are live already: this many block.
    pub existing_count: u64,
    /// A snapshot older than this many seconds is too old to decide on.
    pub max_age_seconds: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            project_percent: 50,
            project_count: 5,
            account_percent: 20,
            account_count: 10,
            existing_count: 3,
            max_age_seconds: 3600,
        }
    }
}

/// States as they were known at an earlier time: from the last snapshot, or from a receipt.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Where that is written, as the user would write it.
    pub source: String,
    pub at: Timestamp,
    /// A receipt knows the lineage and serial of one state, and neither its place nor its project.
    pub of_receipt: bool,
    pub states: Vec<State>,
    /// Their claims, where they are known; `state` is an index into `states`.
    pub claims: Vec<Claim>,
}

/// What is to be checked, and what the answer depends on besides the ledger.
#[derive(Clone, Debug)]
pub struct Request {
    pub intent: Intent,
    /// Earlier knowledge of states, the newest first.
    pub known: Vec<Known>,
    /// How claims of the plan become projects.
    pub projects: Projects,
    /// Accounts that the config or the caller expects; none given expects those of the scan.
    pub expected_accounts: Vec<Symbol>,
    pub thresholds: Thresholds,
    /// When the question is asked; the age of the scan is counted from here.
    pub now: Timestamp,
}

/// Holds the intent against the ledger.
#[must_use]
pub fn check(ledger: &Ledger, request: &Request) -> CheckReport {
    report::build(ledger, request)
}

#[cfg(test)]
mod tests;

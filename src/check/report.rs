//! The contract `whose.check/1`: all that a check says, in a stable order. Every renderer and the receipt start from it.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::destroys_data::fate_of;
use super::fate::Backups;
use super::rules::{RULES, Raised};
use super::{Request, Verdict};
use crate::ledger::Ledger;
use crate::ledger::find::Found;
use crate::model::plan::{Action, Intent};
use crate::model::{Account, Cell, Timestamp};

/// The schema's name; it changes only with a breaking change.
pub const SCHEMA: &str = "whose.check/1";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    pub schema: String,
    pub tool: Tool,
    pub verdict: Verdict,
    /// `false` where something that the answer needs could not be seen; the exit code is 4 then, whatever the verdict.
    pub complete: bool,
    /// What was checked.
    pub plan: Subject,
    /// The projects of what is changed, sorted; a person who confirms types one of them.
    pub projects: Vec<String>,
    /// When the live side was seen.
    pub scanned_at: Timestamp,
    /// How old that was when the question was asked.
    pub scan_age_seconds: i64,
    pub accounts: Vec<Account>,
    /// The worst first, then in the order of the rules.
    pub findings: Vec<Finding>,
    /// Every change; those that change nothing are only counted.
    pub changes: Vec<ChangeRow>,
    pub coverage: CoverageRows,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sort", rename_all = "snake_case")]
pub enum Subject {
    Plan(PlanRow),
    /// Ids, ARNs or commands.
    Deletions {
        source: String,
        items: u64,
        unresolved: u64,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    pub source: String,
    pub format_version: String,
    pub terraform_version: Option<String>,
    pub made_at: Option<Timestamp>,
    pub lineage: Option<String>,
    pub serial: Option<u64>,
    pub create: u64,
    pub update: u64,
    pub replace: u64,
    pub delete: u64,
    pub forget: u64,
    pub no_op: u64,
    /// Changes of other providers, which were not looked at.
    pub other_providers: u64,
}

/// A reason, with what shows it and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable word in kebab-case; `whose explain CODE` says more.
    pub code: String,
    pub verdict: Verdict,
    /// One line.
    pub title: String,
    /// ARNs; where there is none, addresses or the text that was given.
    pub resources: Vec<String>,
    pub evidence: Vec<String>,
    pub advice: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// The address in the plan, or the id or command that was given.
    pub address: String,
    /// Terraform's words: `["delete", "create"]`.
    pub actions: Vec<String>,
    /// The kind's Terraform type.
    pub kind: Option<String>,
    /// The live resource that is changed, or that a planned create is a twin of.
    pub arn: Option<String>,
    pub verdict: Verdict,
    /// Codes of the findings that are about it.
    pub reasons: Vec<String>,
    /// What is left of its data.
    pub survives: Vec<String>,
    pub dies_with_it: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRows {
    /// Whether the scan saw everything, also what this check did not need.
    pub complete: bool,
    /// The gaps alone.
    pub gaps: Vec<Cell>,
}

impl CheckReport {
    /// Says whether it may go on without anybody's word.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.verdict == Verdict::Pass && self.complete
    }

    /// Says whether a person's word is enough to go on: nothing blocks, and nothing was unseen.
    #[must_use]
    pub fn may_be_confirmed(&self) -> bool {
        self.verdict == Verdict::Review && self.complete
    }
}

pub(super) fn build(ledger: &Ledger, request: &Request) -> CheckReport {
    let case = Case::new(ledger, request);
    let backups = Backups::new(&case);
    let mut raised: Vec<Raised> = RULES
        .iter()
        .flat_map(|rule| (rule.find)(rule, &case, &backups))
        .collect();
    raised.sort_by_key(|one| std::cmp::Reverse(one.finding.verdict));
    let changes = changes(&case, &backups, &raised);
    let verdict = raised.iter().map(|one| one.finding.verdict).max().unwrap_or_default();
    let complete = raised.iter().all(|one| one.finding.verdict != Verdict::Incomplete);
    CheckReport {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "whose".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        verdict,
        complete,
        plan: subject(&case),
        projects: case
            .projects
            .iter()
            .map(|project| project.as_str().to_owned())
            .collect(),
        scanned_at: ledger.scanned_at,
        scan_age_seconds: request.now.as_second() - ledger.scanned_at.as_second(),
        accounts: ledger.accounts.clone(),
        findings: raised.into_iter().map(|one| one.finding).collect(),
        changes,
        coverage: CoverageRows {
            complete: ledger.complete(),
            gaps: ledger.coverage.gaps().cloned().collect(),
        },
    }
}

fn subject(case: &Case<'_>) -> Subject {
    let plan = match &case.request.intent {
        Intent::Plan(plan) => plan,
        Intent::Deletions { source, items } => {
            return Subject::Deletions {
                source: source.clone(),
                items: items.len() as u64,
                unresolved: items
                    .iter()
                    .filter(|item| matches!(item, crate::model::plan::Item::Unresolved { .. }))
                    .count() as u64,
            };
        }
    };
    let count = |test: &dyn Fn(Action) -> bool| case.targets.iter().filter(|target| test(target.action)).count() as u64;
    Subject::Plan(PlanRow {
        source: plan.source.clone(),
        format_version: plan.format_version.clone(),
        terraform_version: plan.terraform_version.clone(),
        made_at: plan.made_at,
        lineage: plan.lineage.clone(),
        serial: plan.serial,
        create: count(&|action| matches!(action, Action::Create | Action::CreateForget)),
        update: count(&|action| action == Action::Update),
        replace: count(&Action::replaces),
        delete: count(&|action| action == Action::Delete),
        forget: count(&|action| matches!(action, Action::Forget | Action::CreateForget)),
        no_op: count(&|action| action == Action::NoOp),
        other_providers: plan.other_providers.iter().map(|(_, count)| count).sum(),
    })
}

fn changes(case: &Case<'_>, backups: &Backups, raised: &[Raised]) -> Vec<ChangeRow> {
    let mut reasons: Vec<Vec<(&str, Verdict)>> = vec![Vec::new(); case.targets.len()];
    let mut twins: Vec<Option<&str>> = vec![None; case.targets.len()];
    for one in raised {
        for (place, number) in one.targets.iter().enumerate() {
            reasons[*number].push((&one.finding.code, one.finding.verdict));
            twins[*number] = twins[*number].or(one.finding.resources.get(place).map(String::as_str));
        }
    }
    case.targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.action.changes() || target.action == Action::Forget)
        .map(|(number, target)| {
            let mut codes: Vec<String> = Vec::new();
            for (code, _) in &reasons[number] {
                if !codes.iter().any(|known| known == code) {
                    codes.push((*code).to_owned());
                }
            }
            let fate = fate_of(case, backups, target).unwrap_or_default();
            let arn = match target.found {
                Found::On(at) | Found::Facet(at) => Some(case.live(at).arn.to_string()),
                Found::None(_) => twins[number].filter(|text| text.starts_with("arn:")).map(str::to_owned),
            };
            ChangeRow {
                address: target.label.to_owned(),
                actions: target.action.words().iter().map(|word| (*word).to_owned()).collect(),
                kind: target.terraform_type.map(|name| name.as_str().to_owned()),
                arn,
                verdict: reasons[number]
                    .iter()
                    .map(|(_, verdict)| *verdict)
                    .max()
                    .unwrap_or_default(),
                reasons: codes,
                survives: fate.survives,
                dies_with_it: fate.dies,
            }
        })
        .collect()
}

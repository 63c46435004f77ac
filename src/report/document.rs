//! The contract `whose.report/1`: all that a report says, in a stable order. Every renderer starts from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::findings::{self, Finding};
use crate::ledger::{Ledger, NoMatch, Node, Ownership};
use crate::model::live::UNCLASSIFIED;
use crate::model::{Account, Cell, Delegate, StateStatus, Tags, Timestamp};

/// The schema's name; it changes only with a breaking change.
pub const SCHEMA: &str = "whose.report/1";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Document {
    pub schema: String,
    pub tool: Tool,
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    pub regions: Vec<String>,
    pub states: Vec<StateRow>,
    pub coverage: CoverageRows,
    pub summary: Summary,
    pub resources: Vec<Resource>,
    pub missing: Vec<Missing>,
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StateRow {
    pub source: String,
    pub status: StateStatus,
    pub project: String,
    pub lineage: Option<String>,
    pub serial: Option<u64>,
    pub terraform_version: Option<String>,
    pub claims: u64,
    pub error: Option<String>,
    /// Types that no kind knows, with the number of instances: counted, never dropped.
    #[serde(default)]
    pub unknown_types: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CoverageRows {
    pub complete: bool,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub live: u64,
    pub managed: u64,
    pub shared: u64,
    pub unmanaged: u64,
    pub delegated: u64,
    pub aws_made: u64,
    pub undecided: u64,
    pub missing: u64,
    pub duplicate_sets: u64,
    pub orphans: u64,
    /// Of the live: what has tags, and is listed by no kind.
    #[serde(default)]
    pub unclassified: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resource {
    pub arn: String,
    pub kind: String,
    pub id: String,
    pub account: String,
    pub region: String,
    pub name: Option<String>,
    pub created_at: Option<Timestamp>,
    pub tags: Tags,
    pub ownership: Ownership,
    /// Why, where the word alone does not say it.
    pub why: Option<String>,
    pub projects: Vec<String>,
    pub claims: Vec<ClaimRow>,
    pub used_by: Vec<UsedBy>,
    /// The ARN of the whole.
    pub part_of: Option<String>,
    pub delegate: Option<Delegate>,
    pub likely_project: Option<String>,
    pub orphan: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimRow {
    pub project: String,
    pub address: String,
    pub source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UsedBy {
    /// The user's ARN; `null` where a claim without a live resource uses it.
    pub arn: Option<String>,
    /// The user's project, where one claims it.
    pub project: Option<String>,
    /// The user's address in a state, where one claims it.
    pub address: Option<String>,
    /// The attribute that refers to it.
    pub via: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Missing {
    pub kind: String,
    pub id: Option<String>,
    pub arn: Option<String>,
    pub project: String,
    pub address: String,
    pub source: String,
}

impl Document {
    /// Writes down what the ledger says.
    #[must_use]
    pub fn new(ledger: &Ledger) -> Self {
        let findings = findings::all(ledger);
        let mut summary = Summary {
            live: ledger.live.len() as u64,
            missing: ledger.missing().count() as u64,
            duplicate_sets: findings
                .iter()
                .filter(|finding| finding.code == "duplicate-set")
                .count() as u64,
            orphans: ledger.entries.iter().filter(|entry| entry.orphan.is_some()).count() as u64,
            unclassified: ledger.live.iter().filter(|one| one.kind == UNCLASSIFIED).count() as u64,
            ..Summary::default()
        };
        for entry in &ledger.entries {
            *match entry.ownership {
                Ownership::Managed => &mut summary.managed,
                Ownership::Shared => &mut summary.shared,
                Ownership::Unmanaged => &mut summary.unmanaged,
                Ownership::Delegated => &mut summary.delegated,
                Ownership::AwsMade => &mut summary.aws_made,
                Ownership::Undecided => &mut summary.undecided,
            } += 1;
        }
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: "whose".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            scanned_at: ledger.scanned_at,
            accounts: ledger.accounts.clone(),
            regions: ledger.regions.iter().map(ToString::to_string).collect(),
            states: ledger.states.iter().map(state_row).collect(),
            coverage: CoverageRows {
                complete: ledger.complete(),
                cells: ledger.coverage.cells().cloned().collect(),
            },
            summary,
            resources: (0..ledger.live.len()).map(|at| resource(ledger, at)).collect(),
            missing: ledger.missing().map(|claim| missing(ledger, claim)).collect(),
            findings,
        }
    }
}

fn state_row(state: &crate::model::State) -> StateRow {
    StateRow {
        source: state.source.clone(),
        status: state.status,
        project: state.project.to_string(),
        lineage: state.lineage.clone(),
        serial: state.serial,
        terraform_version: state.terraform_version.clone(),
        claims: state.claims,
        error: state.error.clone(),
        unknown_types: state
            .unknown_types
            .iter()
            .map(|(name, count)| (name.to_string(), *count))
            .collect(),
    }
}

fn missing(ledger: &Ledger, claim: &crate::model::Claim) -> Missing {
    Missing {
        kind: crate::kinds::disposition(&claim.kind)
            .kind()
            .map_or(claim.kind.as_str(), |kind| kind.name)
            .to_owned(),
        id: claim.id.as_deref().map(str::to_owned),
        arn: claim.arn.as_deref().map(str::to_owned),
        project: claim.project.to_string(),
        address: claim.address.to_string(),
        source: ledger.states[claim.state as usize].source.clone(),
    }
}

fn resource(ledger: &Ledger, at: usize) -> Resource {
    let (live, entry) = (&ledger.live[at], &ledger.entries[at]);
    Resource {
        arn: live.arn.to_string(),
        kind: live.kind.to_string(),
        id: live.id.to_string(),
        account: live.account.to_string(),
        region: live.region.to_string(),
        name: live.name.as_deref().map(str::to_owned),
        created_at: live.created_at,
        tags: live.tags.clone(),
        ownership: entry.ownership,
        why: entry.why.as_deref().map(str::to_owned),
        projects: entry.projects.iter().map(ToString::to_string).collect(),
        claims: entry
            .claims
            .iter()
            .map(|held| {
                let claim = &ledger.claims[held.claim as usize];
                ClaimRow {
                    project: claim.project.to_string(),
                    address: claim.address.to_string(),
                    source: ledger.states[claim.state as usize].source.clone(),
                }
            })
            .collect(),
        used_by: used_by(ledger, at),
        part_of: entry.whole.map(|whole| ledger.live[whole as usize].arn.to_string()),
        delegate: entry.delegate.as_deref().cloned(),
        likely_project: entry.likely_project.map(|name| name.to_string()),
        orphan: entry.orphan.is_some(),
    }
}

fn used_by(ledger: &Ledger, at: usize) -> Vec<UsedBy> {
    let mut users: Vec<UsedBy> = ledger
        .references
        .used_by(u32::try_from(at).unwrap_or(u32::MAX))
        .iter()
        .map(|edge| match edge.from {
            Node::Live(user) => {
                let entry = &ledger.entries[user as usize];
                let own = entry.claims.iter().find(|held| !held.facet).or(entry.claims.first());
                UsedBy {
                    arn: Some(ledger.live[user as usize].arn.to_string()),
                    project: entry.projects.first().map(ToString::to_string),
                    address: own.map(|held| ledger.claims[held.claim as usize].address.to_string()),
                    via: edge.via.to_string(),
                }
            }
            Node::Claim(claim) => {
                let claim = &ledger.claims[claim as usize];
                UsedBy {
                    arn: None,
                    project: Some(claim.project.to_string()),
                    address: Some(claim.address.to_string()),
                    via: edge.via.to_string(),
                }
            }
        })
        .collect();
    users.sort();
    users.dedup();
    users
}

/// Claims that were not found and cannot be called missing, with the reason; reports show their number.
pub fn not_seen(ledger: &Ledger) -> impl Iterator<Item = (&crate::model::Claim, &str)> {
    ledger.unmatched.iter().filter_map(|unmatched| {
        let why = match &unmatched.why {
            NoMatch::NotSeen(why) => why,
            NoMatch::UnknownType => "no kind knows this type",
            NoMatch::Ambiguous(_) => "several live resources have this id",
            NoMatch::Missing | NoMatch::WholeNotLive => return None,
        };
        Some((&ledger.claims[unmatched.claim as usize], why))
    })
}

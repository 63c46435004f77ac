//! What the gate says, on accounts made for each case.

use super::*;
use crate::ledger::testing::{ACCOUNT, REGION, claim_of, deny, input, live, live_in, state};
use crate::ledger::{Input, Ledger};
use crate::model::plan::{Action, Deletion, Item, Plan, PlannedChange, ProviderPlace};
use crate::model::{Configuration, Delegate, Live, Mode, Origin, StateStatus, Value};

mod creates;
mod data;
mod destroys;
mod lists;
mod passes;
mod unseen;
mod whole_plan;

const NOW: &str = "2026-11-24T06:10:00Z";

/// A change of `live` at `address`.
fn change(action: Action, address: &str, live: &Live) -> PlannedChange {
    let mut before = claim_of(0, address, live);
    before.tags = live.tags.clone();
    before.configuration = live.configuration.clone();
    let mut after = before.clone();
    if action.creates() {
        (after.id, after.arn) = (None, None);
    }
    PlannedChange {
        address: address.into(),
        mode: Mode::Managed,
        kind: before.kind,
        action,
        deposed: None,
        before: (action != Action::Create).then_some(before),
        after: (action != Action::Delete).then_some(after),
        unknown: Vec::new(),
        imports: false,
        previous_address: None,
        replaced_by: Vec::new(),
    }
}

fn plan(changes: Vec<PlannedChange>) -> Plan {
    let prior = changes.iter().filter(|change| change.before.is_some()).count();
    Plan {
        source: "plan.json".to_owned(),
        format_version: "1.2".to_owned(),
        complete: true,
        prior_instances: Some(prior as u64),
        changes,
        ..Plan::default()
    }
}

fn request(intent: Intent) -> Request {
    Request {
        intent,
        known: Vec::new(),
        projects: Projects::default(),
        expected_accounts: Vec::new(),
        thresholds: Thresholds::default(),
        now: NOW.parse().expect("a time"),
    }
}

fn of_plan(ledger: &Ledger, plan: Plan) -> CheckReport {
    check(ledger, &request(Intent::Plan(Box::new(plan))))
}

fn of_ids(ledger: &Ledger, ids: &[&str]) -> CheckReport {
    let items = ids
        .iter()
        .map(|id| {
            Item::Deletion(Box::new(Deletion {
                text: (*id).to_owned(),
                target: (*id).to_owned(),
                ..Deletion::default()
            }))
        })
        .collect();
    check(
        ledger,
        &request(Intent::Deletions {
            source: "list".to_owned(),
            items,
        }),
    )
}

/// `verdict code`, each once, in the order of the report.
fn says(report: &CheckReport) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for finding in &report.findings {
        let word = format!("{} {}", finding.verdict.word(), finding.code);
        if !all.contains(&word) {
            all.push(word);
        }
    }
    all
}

fn row<'a>(report: &'a CheckReport, address: &str) -> &'a ChangeRow {
    report
        .changes
        .iter()
        .find(|change| change.address == address)
        .unwrap_or_else(|| panic!("no {address}"))
}

fn with(mut live: Live, name: &str, value: impl Into<Value>) -> Live {
    live.configuration.set(name.to_owned().as_str(), value);
    live
}

fn tagged(mut live: Live, name: &str, project: &str) -> Live {
    live.tagged([("Name", name), ("Project", project)].into_iter().collect());
    live
}

fn vpc() -> Live {
    live("aws_vpc", "vpc-0000000a")
}

fn subnet() -> Live {
    with(live("aws_subnet", "subnet-0000000a"), "vpc_id", "vpc-0000000a")
}

fn database() -> Live {
    let mut database = live("aws_db_instance", "main");
    database
        .configuration
        .set("identifier", "main")
        .set("engine", "postgres")
        .set("skip_final_snapshot", true)
        .set("backup_retention_period", 7);
    database
}

fn db_snapshot(id: &str, automated: bool) -> Live {
    let mut snapshot = live("aws_db_snapshot", id);
    let source = database().arn;
    snapshot.created_at = Some("2026-11-20T06:00:00Z".parse().expect("a time"));
    snapshot.observed.set("backup_of", &*source).set("automated", automated);
    if automated {
        snapshot.lives_with("aws_db_instance", source, "an automated snapshot");
    }
    snapshot
}

/// A ledger in which `platform` claims all that is given at addresses of its own kind and number.
fn platforms(all: Vec<Live>) -> Ledger {
    Ledger::new(platforms_input(all))
}

fn platforms_input(all: Vec<Live>) -> Input {
    let claims = all
        .iter()
        .enumerate()
        .map(|(number, one)| {
            let mut claim = claim_of(0, &format!("{}.n{number}", one.kind), one);
            claim.configuration = one.configuration.clone();
            claim
        })
        .collect();
    input(all, vec![state("platform")], claims)
}

/// A claim on a bucket, whose ARN tells neither account nor region.
fn claim_of_bucket(state: u32, address: &str, bucket: &Live) -> Claim {
    Claim {
        account: Some(ACCOUNT.into()),
        region: Some(REGION.into()),
        configuration: Configuration::new().with("bucket", &*bucket.id),
        ..claim_of(state, address, bucket)
    }
}

/// A change of a bucket or of a part of it.
fn change_of_bucket(action: Action, address: &str, bucket: &Live) -> PlannedChange {
    let mut change = change(action, address, bucket);
    change.before = Some(claim_of_bucket(0, address, bucket));
    change
}

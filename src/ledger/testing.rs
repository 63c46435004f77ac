//! Small accounts for tests, in a few words.

use super::{Input, Ledger};
use crate::model::{
    Account, Arn, Cell, CellStatus, Claim, Configuration, Coverage, Live, Mode, Scan, State, StateStatus, Symbol,
};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";

/// A live resource in account 123456789012, region eu-west-1, with the ARN of its kind's template.
pub(crate) fn live(kind: &'static str, id: &str) -> Live {
    live_in(kind, id, REGION)
}

/// The same in another region.
pub(crate) fn live_in(kind: &'static str, id: &str, region: &str) -> Live {
    let facts = crate::kinds::kind(kind).unwrap_or_else(|| panic!("no kind {kind}"));
    let arn = facts
        .arn_of("aws", region, ACCOUNT, id)
        .unwrap_or_else(|| format!("arn:aws:{}:{region}:{ACCOUNT}:{kind}/{id}", facts.service));
    Live::new(kind, ACCOUNT.into(), region.into(), id, arn)
}

/// A claim by id alone.
pub(crate) fn claim(state: u32, address: &str, id: &str) -> Claim {
    let kind = address.rsplit('.').nth(1).unwrap_or(address);
    Claim {
        state,
        mode: if address.starts_with("data.") {
            Mode::Data
        } else {
            Mode::Managed
        },
        kind: kind.into(),
        address: address.into(),
        provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
        id: Some(id.into()),
        arn: None,
        identity: Configuration::new(),
        region: None,
        account: None,
        tags: crate::model::Tags::default(),
        configuration: Configuration::new(),
        candidates: Vec::new(),
        deposed: None,
        tainted: false,
        project: Symbol::default(),
    }
}

/// A claim that knows the ARN of `live`.
pub(crate) fn claim_of(state: u32, address: &str, live: &Live) -> Claim {
    let arn = Arn::parse(&live.arn).expect("an ARN");
    Claim {
        arn: Some(live.arn.clone()),
        account: Some(arn.account.into()),
        region: Some(arn.region.into()),
        ..claim(state, address, &live.id)
    }
}

/// A state that was read; its project is its name.
pub(crate) fn state(name: &str) -> State {
    State {
        source: format!("states/{name}.tfstate"),
        status: StateStatus::Read,
        project: name.into(),
        lineage: Some(format!("lineage of {name}")),
        serial: Some(1),
        terraform_version: Some("1.11.4".to_owned()),
        claims: 0,
        unknown_types: Vec::new(),
        error: None,
        hint: None,
    }
}

/// Every kind listed in eu-west-1 and us-east-1, and nowhere else.
pub(crate) fn listed() -> Coverage {
    crate::kinds::registry::all()
        .flat_map(|kind| {
            let regions: &[&str] = match kind.scope {
                crate::kinds::facts::Scope::Global => &["global"],
                crate::kinds::facts::Scope::Regional => &[REGION, "us-east-1"],
            };
            regions.iter().map(|region| Cell {
                kind: Symbol::known(kind.name),
                account: ACCOUNT.into(),
                region: (*region).into(),
                status: CellStatus::Listed,
                count: 0,
                detail: None,
            })
        })
        .collect()
}

/// An account that was listed to the last page.
pub(crate) fn input(live: Vec<Live>, states: Vec<State>, claims: Vec<Claim>) -> Input {
    Input {
        scan: Scan {
            scanned_at: "2026-11-24T06:00:00Z".parse().expect("a time"),
            accounts: vec![Account {
                id: ACCOUNT.into(),
                alias: None,
                partition: "aws".into(),
            }],
            regions: vec![REGION.into(), "us-east-1".into()],
            every_region: true,
            live,
            coverage: listed(),
        },
        states,
        claims,
        projects: super::Projects::default(),
        across: super::duplicates::Across::Nothing,
    }
}

/// The ledger of it.
pub(crate) fn ledger(live: Vec<Live>, states: Vec<State>, claims: Vec<Claim>) -> Ledger {
    Ledger::new(input(live, states, claims))
}

/// Makes the listing of a kind in a region a gap.
pub(crate) fn deny(input: &mut Input, kind: &str, region: &str) {
    input.scan.coverage.enter(Cell {
        kind: kind.into(),
        account: ACCOUNT.into(),
        region: region.into(),
        status: CellStatus::Denied,
        count: 0,
        detail: Some("denied for a test".to_owned()),
    });
}

//! A small account for the tests of reports: the story's lent VPC, with everything that a report can say.

use crate::ledger::duplicates::Across;
use crate::ledger::{Input, Ledger, Projects};
use crate::model::{
    Account, Cell, CellStatus, Claim, Configuration, Delegate, Live, Mode, Origin, Scan, State, StateStatus, Symbol,
    Tags,
};
use crate::snapshot::Snapshot;

const ACCOUNT: Symbol = Symbol::known("123456789012");
const HERE: Symbol = Symbol::known("eu-west-1");
const THERE: Symbol = Symbol::known("us-east-1");

/// A name that tries to repaint the terminal, to leave its table cell and to be a formula.
pub(crate) const HOSTILE: &str = "=evil\u{1b}[2J\u{202e}|`x`<b>\nnext";

pub(crate) fn ledger(snapshot: Snapshot) -> Ledger {
    Ledger::new(Input {
        scan: snapshot.scan,
        states: snapshot.states,
        claims: snapshot.claims,
        projects: Projects::default(),
        across: Across::default(),
    })
}

fn live(kind: &str, path: &str, region: Symbol, id: &str, name: Option<&str>) -> Live {
    let arn = format!("arn:aws:ec2:{region}:{ACCOUNT}:{path}/{id}");
    let mut live = Live::new(kind, ACCOUNT, region, id, arn);
    live.created_at = Some("2024-01-02T03:04:05Z".parse().expect("a time"));
    live.tagged(name.map(|name| ("Name", name)).into_iter().collect());
    live
}

fn claim(state: u32, address: &str, id: &str) -> Claim {
    let (kind, _) = address.split_once('.').expect("a type");
    Claim {
        state,
        mode: Mode::Managed,
        kind: kind.into(),
        address: address.into(),
        provider: r#"provider["registry.terraform.io/hashicorp/aws"]"#.into(),
        id: Some(id.into()),
        arn: None,
        identity: Configuration::new(),
        region: Some(HERE),
        account: Some(ACCOUNT),
        tags: Tags::default(),
        configuration: Configuration::new(),
        candidates: Vec::new(),
        deposed: None,
        tainted: false,
        project: Symbol::default(),
    }
}

fn state(source: &str, project: &str, claims: u64, status: StateStatus) -> State {
    State {
        source: source.to_owned(),
        status,
        project: project.into(),
        lineage: Some(format!("lineage-of-{project}")),
        serial: Some(if status == StateStatus::Stale { 31 } else { 40 }),
        terraform_version: Some("1.11.4".to_owned()),
        claims,
        unknown_types: Vec::new(),
        error: None,
        hint: None,
    }
}

/// Everything was seen.
pub(crate) fn whole() -> Snapshot {
    let vpc = live("aws_vpc", "vpc", HERE, "vpc-0a1b2c3d4e5f60718", Some("main"));
    let mut subnet = live(
        "aws_subnet",
        "subnet",
        HERE,
        "subnet-0a1b2c3d4e5f60718",
        Some("labs-public-a"),
    );
    subnet.configuration.set("vpc_id", &*vpc.id);
    let mut hostile = live(
        "aws_security_group",
        "security-group",
        HERE,
        "sg-0bad0bad0bad0bad0",
        None,
    );
    hostile.tagged([("Name", HOSTILE), ("note", HOSTILE)].into_iter().collect());
    hostile.configuration.set("vpc_id", &*vpc.id);
    let mut lost = live(
        "aws_security_group",
        "security-group",
        HERE,
        "sg-0a1b2c3d4e5f60718",
        Some("lost"),
    );
    let tags = [("Name", "lost"), ("Project", "labs"), ("ManagedBy", "terraform")];
    lost.tagged(tags.into_iter().collect());
    let mut stack = live(
        "aws_security_group",
        "security-group",
        HERE,
        "sg-0c1b2c3d4e5f60718",
        Some("of-a-stack"),
    );
    stack.origin = Origin::Delegated(Box::new(Delegate {
        system: "cloudformation".into(),
        name: "legacy-network".into(),
        evidence: "the tag aws:cloudformation:stack-name".into(),
    }));
    let mut default = live("aws_vpc", "vpc", THERE, "vpc-0d1b2c3d4e5f60718", None);
    default.origin = Origin::AwsMade("the default VPC of the region".into());
    let mut all = vec![
        vpc,
        subnet,
        hostile,
        lost,
        stack,
        default,
        live("aws_eip", "elastic-ip", THERE, "eipalloc-0a1b2c3d4e5f6071", None),
    ];
    for number in 0..24 {
        let name = format!("laptop-{number:02}-with-a-rather-long-name-that-somebody-chose-years-ago-for-good-reasons");
        all.push(live("aws_key_pair", "key-pair", HERE, &name, Some(&name)));
    }
    let mut coverage = Vec::new();
    for kind in [
        "aws_eip",
        "aws_instance",
        "aws_key_pair",
        "aws_security_group",
        "aws_subnet",
        "aws_vpc",
    ] {
        for region in [HERE, THERE] {
            let count = all
                .iter()
                .filter(|one| one.kind == *kind && one.region == region)
                .count();
            coverage.push(Cell {
                kind: kind.into(),
                account: ACCOUNT,
                region,
                status: CellStatus::Listed,
                count: count as u64,
                detail: None,
            });
        }
    }
    Snapshot {
        scan: Scan {
            scanned_at: "2026-07-01T12:00:00Z".parse().expect("a time"),
            accounts: vec![Account {
                id: ACCOUNT,
                alias: Some("acme".to_owned()),
                partition: "aws".into(),
            }],
            regions: vec![HERE, THERE],
            every_region: true,
            live: all,
            coverage: coverage.into_iter().collect(),
        },
        states: vec![
            state("states/labs.tfstate", "labs", 3, StateStatus::Read),
            state("states/old/platform.tfstate", "platform", 0, StateStatus::Stale),
            state("states/platform.tfstate", "platform", 1, StateStatus::Read),
        ],
        claims: vec![
            claim(0, "aws_subnet.public[\"a b\"]", "subnet-0a1b2c3d4e5f60718"),
            claim(0, "aws_instance.runner", "i-0a1b2c3d4e5f60718"),
            claim(0, "aws_no_such_type.x", "x"),
            claim(2, "aws_vpc.main", "vpc-0a1b2c3d4e5f60718"),
        ],
    }
}

/// A listing was denied and another throttled.
pub(crate) fn with_gaps() -> Snapshot {
    let mut snapshot = whole();
    for (kind, region, status, detail) in [
        (
            "aws_instance",
            HERE,
            CellStatus::Denied,
            "ec2:DescribeInstances: UnauthorizedOperation",
        ),
        (
            "aws_instance",
            THERE,
            CellStatus::Denied,
            "ec2:DescribeInstances: UnauthorizedOperation",
        ),
        (
            "aws_eip",
            THERE,
            CellStatus::Throttled,
            "ec2:DescribeAddresses: RequestLimitExceeded",
        ),
    ] {
        snapshot.scan.coverage.enter(Cell {
            kind: kind.into(),
            account: ACCOUNT,
            region,
            status,
            count: 0,
            detail: Some(detail.to_owned()),
        });
    }
    snapshot.states[0].unknown_types = vec![("aws_no_such_type".into(), 1)];
    snapshot
}

/// A state could not be read.
pub(crate) fn with_an_unread_state() -> Snapshot {
    let mut snapshot = with_gaps();
    let mut broken = state("states/broken.tfstate", "broken", 0, StateStatus::Unreadable);
    broken.error = Some("no JSON at line 3, column 17".to_owned());
    broken.hint = Some("restore the file from a backup, or leave it out".to_owned());
    snapshot.states.push(broken);
    snapshot
}

/// No state was given.
pub(crate) fn without_states() -> Snapshot {
    let mut snapshot = whole();
    snapshot.states.clear();
    snapshot.claims.clear();
    snapshot
}

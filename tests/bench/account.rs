//! A made-up account of any size: stacks of a network, machines, a load balancer and a database, as they come.

use whose::ledger::{Input, Projects};
use whose::model::plan::{Action, Plan, PlannedChange};
use whose::model::{
    Account, Arn, Cell, CellStatus, Claim, Configuration, Live, Mode, Reference, Scan, State, StateStatus, Symbol,
    Tags, Value,
};

const ACCOUNT: &str = "123456789012";
const REGIONS: [&str; 4] = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2"];

/// What a stack is made of: kind, id prefix, ARN resource, references by attribute to earlier members.
const STACK: &[(&str, &str, &str, &[(&str, usize)])] = &[
    ("aws_vpc", "vpc", "ec2:vpc/", &[]),
    ("aws_subnet", "subnet", "ec2:subnet/", &[("vpc_id", 0)]),
    ("aws_subnet", "subnet", "ec2:subnet/", &[("vpc_id", 0)]),
    ("aws_security_group", "sg", "ec2:security-group/", &[("vpc_id", 0)]),
    ("aws_route_table", "rtb", "ec2:route-table/", &[("vpc_id", 0)]),
    (
        "aws_network_interface",
        "eni",
        "ec2:network-interface/",
        &[("subnet_id", 1), ("security_groups", 3)],
    ),
    (
        "aws_instance",
        "i",
        "ec2:instance/",
        &[("subnet_id", 1), ("vpc_security_group_ids", 3)],
    ),
    (
        "aws_instance",
        "i",
        "ec2:instance/",
        &[("subnet_id", 2), ("vpc_security_group_ids", 3)],
    ),
    ("aws_ebs_volume", "vol", "ec2:volume/", &[]),
    ("aws_ebs_volume", "vol", "ec2:volume/", &[]),
    (
        "aws_lb",
        "lb",
        "elasticloadbalancing:loadbalancer/app/",
        &[("subnets", 1), ("subnets", 2), ("security_groups", 3)],
    ),
    (
        "aws_lb_target_group",
        "tg",
        "elasticloadbalancing:targetgroup/",
        &[("vpc_id", 0)],
    ),
    ("aws_db_instance", "db", "rds:db:", &[("vpc_security_group_ids", 3)]),
];

/// Makes `size` live resources and as many claims on them, in states of 50 stacks.
pub(crate) fn input(size: usize) -> Input {
    made(size, false)
}

/// The same with three references for each resource, with stacks that nobody claims, and with copies of stacks.
pub(crate) fn tangled(size: usize) -> Input {
    made(size, true)
}

fn made(size: usize, tangled: bool) -> Input {
    let mut live = Vec::with_capacity(size);
    let mut claims = Vec::with_capacity(size);
    let mut states: Vec<State> = Vec::new();
    let account = Symbol::new(ACCOUNT);
    let provider = Symbol::new("provider[\"registry.terraform.io/hashicorp/aws\"]");
    let mut stack = 0_usize;
    while live.len() < size {
        if stack.is_multiple_of(50) {
            let number = states.len();
            states.push(State {
                source: format!("states/project-{number}.tfstate"),
                status: StateStatus::Read,
                project: Symbol::new(&format!("project-{number}")),
                lineage: Some(format!("lineage-{number}")),
                serial: Some(1),
                terraform_version: Some("1.11.4".to_owned()),
                claims: 0,
                unknown_types: Vec::new(),
                error: None,
                hint: None,
            });
        }
        let state = u32::try_from(states.len() - 1).expect("few states");
        let region = Symbol::new(REGIONS[stack % REGIONS.len()]);
        let mut ids: Vec<String> = Vec::new();
        for (at, (kind, prefix, resource, references)) in STACK.iter().enumerate() {
            if live.len() == size {
                break;
            }
            let id = match *prefix {
                "lb" | "tg" | "db" => format!("{prefix}-{stack}-{at}"),
                _ => format!("{prefix}-{:017x}", stack * STACK.len() + at + 1),
            };
            let (service, path) = resource.split_once(':').expect("service:path");
            let arn = format!("arn:aws:{service}:{region}:{ACCOUNT}:{path}{id}");
            assert!(Arn::parse(&arn).is_some());
            // Of forty stacks one is a copy of the one before it, and two are claimed by nobody.
            let name = if tangled && stack % 40 == 4 { stack - 4 } else { stack };
            let claimed = !(tangled && matches!(stack % 40, 4 | 7));
            let tags: Tags = [
                ("Name", format!("{prefix}-{name}")),
                ("Project", format!("project-{state}")),
            ]
            .into_iter()
            .collect();
            let mut one = Live::new(*kind, account, region, id.as_str(), arn.as_str());
            for (attribute, to) in *references {
                let target = Value::from(ids[*to].as_str());
                let value = match one.configuration.get(attribute) {
                    Some(old) => Value::set([old.clone(), target]),
                    None => target,
                };
                one.configuration.set(*attribute, value);
            }
            one.configuration
                .set("cidr_block", format!("10.{}.{at}.0/24", name % 256));
            one.configuration.shrink();
            one.tagged(tags.clone());
            let others = ids
                .iter()
                .enumerate()
                .filter(|(to, _)| tangled && references.iter().all(|(_, old)| old != to));
            let candidates = others.rev().take(3).map(|(_, id)| Reference {
                via: Symbol::known("depends_on"),
                target: id.as_str().into(),
            });
            let claim = Claim {
                state,
                mode: Mode::Managed,
                kind: Symbol::new(kind),
                address: format!("module.stack_{stack}.{kind}.this[{at}]").into(),
                provider,
                id: Some(id.as_str().into()),
                arn: Some(arn.into()),
                identity: Configuration::new(),
                region: Some(region),
                account: Some(account),
                tags,
                configuration: one.configuration.clone(),
                candidates: candidates.collect(),
                deposed: None,
                tainted: false,
                project: Symbol::default(),
            };
            claims.extend(claimed.then_some(claim));
            live.push(one);
            ids.push(id);
        }
        stack += 1;
    }
    let coverage = whose::kinds::registry::all()
        .flat_map(|kind| {
            REGIONS.iter().map(|region| Cell {
                kind: Symbol::known(kind.name),
                account,
                region: Symbol::new(region),
                status: CellStatus::Listed,
                count: 0,
                detail: None,
            })
        })
        .collect();
    Input {
        scan: Scan {
            scanned_at: "2026-11-24T00:00:00Z".parse().expect("a time"),
            accounts: vec![Account {
                id: account,
                alias: None,
                partition: "aws".into(),
            }],
            regions: REGIONS.iter().map(|region| Symbol::new(region)).collect(),
            every_region: true,
            live,
            coverage,
        },
        states,
        claims,
        projects: Projects::default(),
        across: whose::ledger::duplicates::Across::Nothing,
    }
}

/// A plan over the first claims of the account; every tenth create is of something that is there.
pub(crate) fn plan(input: &Input, changes: usize) -> Plan {
    let changed = input
        .claims
        .iter()
        .cycle()
        .take(changes)
        .enumerate()
        .map(|(number, claim)| {
            let action = match number % 10 {
                0 => Action::Delete,
                1 | 2 => Action::Create,
                _ => Action::Update,
            };
            let mut after = claim.clone();
            if number % 10 == 1 {
                let other = format!("new-{number}");
                after.tags = [("Name", other.as_str()), ("Project", "new")].into_iter().collect();
                after
                    .configuration
                    .set("name", other.as_str())
                    .set("identifier", other.as_str());
            }
            if action == Action::Create {
                (after.id, after.arn) = (None, None);
            }
            PlannedChange {
                address: format!("{}-{number}", claim.address).into(),
                mode: Mode::Managed,
                kind: claim.kind,
                action,
                deposed: None,
                before: (action != Action::Create).then(|| claim.clone()),
                after: (action != Action::Delete).then_some(after),
                unknown: Vec::new(),
                imports: false,
                previous_address: None,
                replaced_by: Vec::new(),
            }
        });
    Plan {
        source: "plan.json".to_owned(),
        format_version: "1.2".to_owned(),
        complete: true,
        prior_instances: Some(input.claims.len() as u64),
        changes: changed.collect(),
        ..Plan::default()
    }
}

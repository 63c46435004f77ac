//! The plan as a whole.

use super::*;

#[test]
fn another_account_blocks() {
    let mut foreign = vpc();
    foreign.arn = foreign.arn.replace(ACCOUNT, "210987654321").into();
    let mut destroy = change(Action::Delete, "aws_vpc.n0", &foreign);
    destroy.before.as_mut().expect("before").account = Some("210987654321".into());
    let report = of_plan(&platforms(vec![vpc()]), plan(vec![destroy]));
    assert_eq!(says(&report), ["block wrong-account", "incomplete unseen"]);
    let mut forbidden = plan(vec![change(
        Action::Create,
        "aws_vpc.new",
        &live("aws_vpc", "vpc-0000000f"),
    )]);
    forbidden.changes[0].after.as_mut().expect("after").account = None;
    forbidden.providers.push(ProviderPlace {
        name: "aws".to_owned(),
        accounts: vec!["210987654321".into()],
        ..ProviderPlace::default()
    });
    assert_eq!(
        says(&of_plan(&platforms(vec![vpc()]), forbidden)),
        ["block wrong-account"]
    );
    let mut request = request(Intent::Plan(Box::new(plan(vec![change(
        Action::NoOp,
        "aws_vpc.n0",
        &vpc(),
    )]))));
    request.expected_accounts = vec!["210987654321".into()];
    assert_eq!(says(&check(&platforms(vec![vpc()]), &request)), ["block wrong-account"]);
}

/// A plan of three things from a state with a lineage and serial.
fn from(lineage: &str, serial: u64, made_at: &str) -> Plan {
    let changes = three()
        .iter()
        .enumerate()
        .map(|(number, one)| change(Action::NoOp, &format!("{}.n{number}", one.kind), one))
        .collect();
    Plan {
        lineage: Some(lineage.to_owned()),
        serial: Some(serial),
        made_at: Some(made_at.parse().expect("a time")),
        ..plan(changes)
    }
}

fn three() -> Vec<Live> {
    (0..3)
        .map(|number| live("aws_vpc", &format!("vpc-0000000{number}")))
        .collect()
}

#[test]
fn an_older_serial_is_stale_before_and_swapped_after() {
    let mut input = platforms_input(three());
    input.states[0].serial = Some(9);
    let ledger = Ledger::new(input);
    let says_of = |serial, made: &str| says(&of_plan(&ledger, from("lineage of platform", serial, made)));
    // The scan is of 06:00.
    assert_eq!(says_of(7, "2026-11-24T05:00:00Z"), ["block stale-plan"]);
    assert_eq!(says_of(7, "2026-11-24T06:05:00Z"), ["block state-swapped"]);
    assert_eq!(says_of(9, "2026-11-24T06:05:00Z"), Vec::<String>::new());
    assert_eq!(
        says_of(11, "2026-11-24T06:05:00Z"),
        ["incomplete unseen"],
        "the scan is older than the state"
    );
}

#[test]
fn another_lineage_at_the_same_place_is_swapped() {
    let mut request = request(Intent::Plan(Box::new(from("lineage of platform", 1, NOW))));
    let mut before = state("platform");
    before.lineage = Some("what it was".to_owned());
    before.serial = Some(40);
    request.known.push(Known {
        of_receipt: false,
        source: "last.jsonl.zst".to_owned(),
        at: "2026-11-20T00:00:00Z".parse().expect("a time"),
        states: vec![before],
        claims: Vec::new(),
    });
    let report = check(&platforms(three()), &request);
    assert_eq!(says(&report), ["block state-swapped"]);
    assert!(
        report.findings[0].title.contains("lineage"),
        "{}",
        report.findings[0].title
    );
    assert!(
        report.findings[0].title.contains("serial went back"),
        "{}",
        report.findings[0].title
    );
    // A known state of another project says nothing.
    request.known[0].states[0] = state("labs");
    assert_eq!(check(&platforms(three()), &request).verdict, Verdict::Pass);
}

#[test]
fn a_lineage_that_nobody_knows_is_swapped_where_the_addresses_are_known() {
    let other: Vec<Live> = (3..6)
        .map(|number| live("aws_vpc", &format!("vpc-0000000{number}")))
        .collect();
    let mut all = other.clone();
    all.extend(three());
    let claims = other
        .iter()
        .enumerate()
        .map(|(number, one)| claim_of(0, &format!("aws_vpc.n{number}"), one))
        .collect();
    let ledger = Ledger::new(input(all, vec![state("platform")], claims));
    let report = of_plan(&ledger, from("somewhere else", 1, NOW));
    assert_eq!(says(&report), ["block state-swapped"]);
    // Without a lineage the plan may be of another environment: a look.
    let mut json = from("", 0, NOW);
    (json.lineage, json.serial) = (None, None);
    assert_eq!(says(&of_plan(&ledger, json)), ["review state-swapped"]);
}

#[test]
fn a_large_share_asks_for_a_look() {
    let vpcs = |count: usize| -> Vec<Live> {
        (0..count)
            .map(|number| live("aws_vpc", &format!("vpc-{number:08x}")))
            .collect()
    };
    let destroy = |total: usize, gone: usize| {
        let all = vpcs(total);
        let changes = all
            .iter()
            .enumerate()
            .map(|(number, one)| {
                let action = if number < gone { Action::Delete } else { Action::NoOp };
                change(action, &format!("aws_vpc.n{number}"), one)
            })
            .collect();
        says(&of_plan(&platforms(all), plan(changes)))
    };
    assert_eq!(destroy(4, 4), Vec::<String>::new(), "few");
    assert_eq!(destroy(10, 5), Vec::<String>::new(), "half is not more than half");
    assert_eq!(destroy(9, 5), ["review mass-destroy"]);
    assert_eq!(destroy(60, 10), Vec::<String>::new());
    assert_eq!(destroy(40, 10), ["review mass-destroy"], "of the account");
}

#[test]
fn a_plan_of_a_region_that_was_not_seen_blocks() {
    let elsewhere = |action| {
        let one = live_in("aws_vpc", "vpc-0000000f", "eu-central-1");
        of_plan(&platforms(vec![vpc()]), plan(vec![change(action, "aws_vpc.far", &one)]))
    };
    for action in [Action::Create, Action::Update, Action::Delete] {
        assert_eq!(
            says(&elsewhere(action)),
            ["block wrong-region", "incomplete unseen"],
            "{action:?}"
        );
    }
    assert!(elsewhere(Action::NoOp).findings.is_empty());
    // One of several regions is a gap, and no sign of another region.
    let both = plan(vec![
        change(
            Action::Create,
            "aws_vpc.far",
            &live_in("aws_vpc", "vpc-0000000f", "eu-central-1"),
        ),
        change(Action::Create, "aws_vpc.near", &live("aws_vpc", "vpc-0000000e")),
    ]);
    assert_eq!(says(&of_plan(&platforms(vec![vpc()]), both)), ["incomplete unseen"]);
}

#[test]
fn what_the_state_has_in_another_region_is_made_again_in_the_wrong_one() {
    let creates = |addresses: &[&str]| {
        let changes = addresses
            .iter()
            .zip(["vpc-0000000d", "vpc-0000000e", "vpc-0000000f"])
            .map(|(address, id)| change(Action::Create, address, &live_in("aws_vpc", id, "us-east-1")))
            .collect();
        Plan {
            lineage: Some("lineage of platform".to_owned()),
            serial: Some(1),
            ..plan(changes)
        }
    };
    let report = of_plan(
        &platforms(three()),
        creates(&["aws_vpc.n0", "aws_vpc.n1", "aws_vpc.n2"]),
    );
    assert_eq!(says(&report), ["block wrong-region"]);
    assert_eq!(
        report.findings[0].title,
        "creates 3 resources in us-east-1 that its own state has in eu-west-1, where they are live"
    );
    // New addresses in a second region are what they look like.
    let report = of_plan(&platforms(three()), creates(&["aws_vpc.standby"]));
    assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
}

#[test]
fn an_earlier_check_knows_a_serial_and_nothing_else() {
    let receipt = |lineage: &str, serial: u64| {
        let mut seen = state("");
        seen.lineage = Some(lineage.to_owned());
        seen.serial = Some(serial);
        Known {
            of_receipt: true,
            source: "plan.out, checked at 2026-11-20T00:00:00Z,".to_owned(),
            at: "2026-11-20T00:00:00Z".parse().expect("a time"),
            states: vec![seen],
            claims: Vec::new(),
        }
    };
    let answer = |known: Known, serial: u64| {
        let mut request = request(Intent::Plan(Box::new(from("lineage of platform", serial, NOW))));
        request.known.push(known);
        // The state is not given: only the receipt knows the lineage.
        let ledger = Ledger::new(input(three(), Vec::new(), Vec::new()));
        check(&ledger, &request)
    };
    let report = answer(receipt("lineage of platform", 65), 41);
    assert_eq!(says(&report), ["block state-swapped"]);
    assert!(
        report.findings[0].title.contains("plan.out, checked at"),
        "{}",
        report.findings[0].title
    );
    // The state moved on since that check, or it was of another state: nothing is wrong.
    for known in [receipt("lineage of platform", 40), receipt("of another", 65)] {
        let report = answer(known, 41);
        assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
    }
}

#[test]
fn an_account_that_a_provider_forbids_blocks() {
    let answer = |forbidden: &str| {
        let mut plan = plan(vec![change(Action::NoOp, "aws_vpc.n0", &vpc())]);
        plan.providers.push(ProviderPlace {
            name: "aws".to_owned(),
            forbidden_accounts: vec![forbidden.into()],
            ..ProviderPlace::default()
        });
        says(&of_plan(&platforms(vec![vpc()]), plan))
    };
    assert_eq!(answer(ACCOUNT), ["block wrong-account"]);
    assert_eq!(answer("210987654321"), Vec::<String>::new());
}

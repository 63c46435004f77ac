//! Creates.

use super::*;

#[test]
fn one_twin_of_a_healthy_state_asks_for_a_look_and_an_empty_state_blocks() {
    let mut key = live("aws_key_pair", "deploy");
    key.configuration.set("key_name", "deploy");
    let ledger = Ledger::new(input(
        vec![key.clone(), vpc()],
        vec![state("platform")],
        vec![claim_of(0, "aws_vpc.n0", &vpc())],
    ));
    let create = change(Action::Create, "aws_key_pair.deploy", &key);
    let healthy = plan(vec![change(Action::NoOp, "aws_vpc.n0", &vpc()), create.clone()]);
    let report = of_plan(&ledger, healthy.clone());
    assert_eq!(says(&report), ["review creates-what-exists"]);
    assert_eq!(row(&report, "aws_key_pair.deploy").arn.as_deref(), Some(&*key.arn));
    let report = of_plan(&ledger, plan(vec![create.clone()]));
    assert_eq!(says(&report), ["block creates-what-exists"]);
    assert!(
        report.findings[0]
            .title
            .starts_with("1 of the 1 resource that this plan creates already exists live")
    );
    let imported = PlannedChange {
        imports: true,
        ..create
    };
    assert_eq!(of_plan(&ledger, plan(vec![imported])).verdict, Verdict::Pass);
}

#[test]
fn the_state_that_claims_the_twins_is_named() {
    let all: Vec<Live> = (0..4)
        .map(|number| {
            let id = format!("vpc-0000000{number}");
            with(
                tagged(live("aws_vpc", &id), &id, "platform"),
                "cidr_block",
                format!("10.{number}.0.0/16"),
            )
        })
        .collect();
    let ledger = platforms(all.clone());
    let creates: Vec<PlannedChange> = all
        .iter()
        .map(|one| change(Action::Create, &format!("aws_vpc.{}", one.id), one))
        .collect();
    let report = of_plan(&ledger, plan(creates.clone()));
    let finding = &report.findings[0];
    assert!(finding.title.contains("4 of the 4 resources"), "{}", finding.title);
    assert!(finding.advice.contains("states/platform.tfstate"), "{}", finding.advice);
    assert!(
        finding
            .evidence
            .iter()
            .any(|line| line.contains("claims 4 of them (lineage lineage of platform, serial 1)"))
    );
    // Known from a snapshot alone.
    let unclaimed = Ledger::new(input(all.clone(), Vec::new(), Vec::new()));
    let mut request = request(Intent::Plan(Box::new(plan(creates))));
    request.known.push(Known {
        of_receipt: false,
        source: "last.jsonl.zst".to_owned(),
        at: "2026-11-20T00:00:00Z".parse().expect("a time"),
        states: vec![state("platform")],
        claims: all.iter().map(|one| claim_of(0, "aws_vpc.x", one)).collect(),
    });
    let report = check(&unclaimed, &request);
    let evidence = &report.findings[0].evidence;
    assert!(
        evidence
            .iter()
            .any(|line| line.contains("claimed 4 of them in last.jsonl.zst")),
        "{evidence:?}"
    );
}

#[test]
fn equal_tags_with_other_settings_are_no_twin() {
    let one = with(tagged(vpc(), "main", "platform"), "cidr_block", "10.0.0.0/16");
    let ledger = platforms(vec![one.clone()]);
    let other = with(
        tagged(live("aws_vpc", "vpc-0000000b"), "main", "platform"),
        "cidr_block",
        "10.9.0.0/16",
    );
    assert_eq!(
        of_plan(&ledger, plan(vec![change(Action::Create, "aws_vpc.b", &other)])).verdict,
        Verdict::Pass
    );
    let mut elsewhere = change(Action::Create, "aws_vpc.c", &one);
    elsewhere.after.as_mut().expect("after").region = Some("us-east-1".into());
    assert_eq!(
        of_plan(&ledger, plan(vec![elsewhere])).verdict,
        Verdict::Pass,
        "another region"
    );
}

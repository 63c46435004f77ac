//! Destroys.

use super::*;

#[test]
fn what_another_project_uses_blocks_with_its_name() {
    let cluster = live("aws_ecs_cluster", "main");
    let mut service = live("aws_ecs_service", "web");
    service.configuration.set("cluster", &*cluster.arn).set("name", "web");
    let all = |labs: bool| {
        let mut claims = vec![claim_of(0, "aws_ecs_cluster.n0", &cluster)];
        claims.push(claim_of(u32::from(labs), "aws_ecs_service.web", &service));
        Ledger::new(input(
            vec![cluster.clone(), service.clone()],
            vec![state("platform"), state("labs")],
            claims,
        ))
    };
    let destroy = || change(Action::Delete, "aws_ecs_cluster.n0", &cluster);
    let report = of_plan(&all(true), plan(vec![destroy()]));
    assert_eq!(says(&report), ["block destroys-shared", "block strands-dependents"]);
    assert!(
        report.findings[0].title.contains("labs"),
        "{}",
        report.findings[0].title
    );
    assert_eq!(
        row(&report, "aws_ecs_cluster.n0").reasons,
        ["destroys-shared", "strands-dependents"]
    );
    // Its own service: stranded where the plan leaves it, fine where it goes too.
    let report = of_plan(&all(false), plan(vec![destroy()]));
    assert_eq!(says(&report), ["block strands-dependents"]);
    let report = of_plan(
        &all(false),
        plan(vec![destroy(), change(Action::Delete, "aws_ecs_service.web", &service)]),
    );
    assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
}

#[test]
fn a_data_source_of_another_project_is_a_use() {
    let mut reader = claim_of(1, "data.aws_vpc.shared", &vpc());
    reader.tags = [("Project", "platform")].into_iter().collect();
    let ledger = Ledger::new(input(
        vec![vpc()],
        vec![state("platform"), state("labs")],
        vec![claim_of(0, "aws_vpc.n0", &vpc()), reader],
    ));
    let report = of_plan(&ledger, plan(vec![change(Action::Delete, "aws_vpc.n0", &vpc())]));
    assert_eq!(says(&report), ["block destroys-shared"]);
    assert!(
        report.findings[0].title.contains("labs"),
        "the tags of what it reads are not its own"
    );
}

#[test]
fn unmanaged_users_count_and_parts_and_defaults_do_not() {
    let mut default = live("aws_security_group", "sg-0000000d");
    default.configuration.set("vpc_id", "vpc-0000000a");
    default.lives_with("aws_vpc", "vpc-0000000a", "the default group goes with its VPC");
    default.origin = Origin::AwsMade("the default security group".into());
    let ledger = Ledger::new(input(
        vec![vpc(), default.clone()],
        vec![state("platform")],
        vec![claim_of(0, "aws_vpc.n0", &vpc())],
    ));
    let destroy = || plan(vec![change(Action::Delete, "aws_vpc.n0", &vpc())]);
    assert_eq!(of_plan(&ledger, destroy()).verdict, Verdict::Pass);
    let ledger = Ledger::new(input(
        vec![vpc(), default, subnet()],
        vec![state("platform")],
        vec![claim_of(0, "aws_vpc.n0", &vpc())],
    ));
    let report = of_plan(&ledger, destroy());
    assert_eq!(says(&report), ["block strands-dependents"]);
    assert!(
        report.findings[0].evidence[0].contains("unmanaged"),
        "{:?}",
        report.findings[0].evidence
    );
}

#[test]
fn a_user_that_the_plan_frees_is_not_stranded() {
    let group = live("aws_security_group", "sg-0000000a");
    let mut machine = live("aws_instance", "i-0000000a");
    machine.configuration.set("vpc_security_group_ids", vec!["sg-0000000a"]);
    let ledger = platforms(vec![group.clone(), machine.clone()]);
    let destroy = change(Action::Delete, "aws_security_group.n0", &group);
    let mut freed = change(Action::Update, "aws_instance.n1", &machine);
    freed
        .after
        .as_mut()
        .expect("after")
        .configuration
        .set("vpc_security_group_ids", vec!["sg-0000000b"]);
    assert_eq!(
        of_plan(&ledger, plan(vec![destroy.clone(), freed])).verdict,
        Verdict::Pass
    );
    let kept = change(Action::Update, "aws_instance.n1", &machine);
    assert_eq!(
        says(&of_plan(&ledger, plan(vec![destroy, kept]))),
        ["block strands-dependents"]
    );
}

#[test]
fn what_a_group_made_goes_with_the_group() {
    let group = live("aws_security_group", "sg-0000000a");
    let service = live("aws_ecs_service", "web");
    let mut machine = live("aws_instance", "i-0000000a");
    machine.configuration.set("vpc_security_group_ids", vec!["sg-0000000a"]);
    machine.origin = Origin::Delegated(Box::new(Delegate {
        system: "ecs".into(),
        name: "web".into(),
        evidence: "a tag".into(),
    }));
    let ledger = Ledger::new(input(
        vec![group.clone(), service.clone(), machine],
        vec![state("platform")],
        vec![
            claim_of(0, "aws_security_group.a", &group),
            claim_of(0, "aws_ecs_service.web", &service),
        ],
    ));
    let group = change(Action::Delete, "aws_security_group.a", &group);
    let service = change(Action::Delete, "aws_ecs_service.web", &service);
    assert_eq!(
        says(&of_plan(&ledger, plan(vec![group.clone()]))),
        ["block strands-dependents"]
    );
    assert_eq!(of_plan(&ledger, plan(vec![group, service])).verdict, Verdict::Pass);
}

#[test]
fn a_part_of_what_another_state_claims_asks_for_a_look() {
    let bucket = live("aws_s3_bucket", "assets");
    let answer = |owner: u32| {
        let ledger = Ledger::new(input(
            vec![bucket.clone(), vpc()],
            vec![state("platform"), state("labs")],
            vec![
                claim_of_bucket(owner, "aws_s3_bucket.assets", &bucket),
                claim_of_bucket(0, "aws_s3_bucket_policy.assets", &bucket),
                claim_of(0, "aws_vpc.n0", &vpc()),
            ],
        ));
        let changes = vec![
            change(Action::NoOp, "aws_vpc.n0", &vpc()),
            change_of_bucket(Action::Delete, "aws_s3_bucket_policy.assets", &bucket),
        ];
        says(&of_plan(
            &ledger,
            Plan {
                lineage: Some("lineage of platform".to_owned()),
                serial: Some(1),
                ..plan(changes)
            },
        ))
    };
    assert_eq!(answer(1), ["review destroys-shared"]);
    assert_eq!(answer(0), Vec::<String>::new(), "a part of its own bucket");
}

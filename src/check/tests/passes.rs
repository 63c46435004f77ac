//! What is nobody else's business passes.

use super::*;

#[test]
fn an_empty_plan_and_one_of_no_changes_pass() {
    let ledger = platforms(vec![vpc()]);
    for changes in [Vec::new(), vec![change(Action::NoOp, "aws_vpc.n0", &vpc())]] {
        let report = of_plan(&ledger, plan(changes));
        assert_eq!(
            (report.verdict, report.complete, says(&report)),
            (Verdict::Pass, true, Vec::new())
        );
        assert!(report.changes.is_empty());
    }
}

#[test]
fn a_first_apply_into_an_empty_account_passes() {
    let ledger = Ledger::new(input(Vec::new(), Vec::new(), Vec::new()));
    let changes = (0..40)
        .map(|number| {
            let id = format!("vpc-{number:08x}");
            change(
                Action::Create,
                &format!("aws_vpc.n{number}"),
                &tagged(live("aws_vpc", &id), &id, "new"),
            )
        })
        .collect();
    let report = of_plan(&ledger, plan(changes));
    assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
    assert_eq!(report.projects, ["new"]);
}

#[test]
fn a_second_environment_with_other_names_passes() {
    let of = |environment: &str, number: usize| -> Vec<Live> {
        let mut vpc = live("aws_vpc", &format!("vpc-0000000{number}"));
        vpc.configuration.set("cidr_block", "10.0.0.0/16");
        let mut group = live("aws_security_group", &format!("sg-0000000{number}"));
        group.configuration.set("name", "app").set("description", "the app");
        let mut database = live("aws_db_instance", &format!("{environment}-main"));
        database
            .configuration
            .set("identifier", format!("{environment}-main"))
            .set("engine", "postgres");
        let mut all = vec![vpc, group, database];
        for one in &mut all {
            let name = format!("{environment}-x");
            one.tagged(
                [
                    ("Name", name.as_str()),
                    ("Project", "shop"),
                    ("Environment", environment),
                ]
                .into_iter()
                .collect(),
            );
        }
        all
    };
    let ledger = platforms(of("prod", 1));
    let changes = of("staging", 2)
        .iter()
        .map(|one| change(Action::Create, &format!("{}.staging", one.kind), one))
        .collect();
    let report = of_plan(&ledger, plan(changes));
    assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
    // The same again under the same names is another matter: the state is not there.
    let changes = of("prod", 2)
        .iter()
        .map(|one| change(Action::Create, &format!("{}.prod", one.kind), one))
        .collect();
    let report = of_plan(&ledger, plan(changes));
    assert_eq!(says(&report), ["block creates-what-exists"]);
}

#[test]
fn scaling_out_makes_siblings_and_no_copies() {
    let machine = |number: usize| {
        let mut machine = live("aws_instance", &format!("i-0000000{number}"));
        machine
            .configuration
            .set("instance_type", "t3.small")
            .set("ami", "ami-00000001");
        tagged(machine, "web", "platform")
    };
    let ledger = platforms(vec![machine(0), machine(1)]);
    let with_neighbours = vec![
        change(Action::NoOp, "aws_instance.n0", &machine(0)),
        change(Action::NoOp, "aws_instance.n1", &machine(1)),
        change(Action::Create, "aws_instance.n2", &machine(2)),
    ];
    let report = of_plan(&ledger, plan(with_neighbours));
    assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
    // With -target the plan shows one neighbour only: the state knows the other.
    let targeted = vec![
        change(Action::NoOp, "aws_instance.n0", &machine(0)),
        change(Action::Create, "aws_instance.n2", &machine(2)),
    ];
    assert_eq!(of_plan(&ledger, plan(targeted)).verdict, Verdict::Pass);
}

#[test]
fn a_new_revision_of_a_task_definition_passes() {
    let mut task = live("aws_ecs_task_definition", "web:1");
    task.configuration.set("family", "web");
    let mut service = live("aws_ecs_service", "web");
    service
        .configuration
        .set("task_definition", &*task.arn)
        .set("name", "web");
    let ledger = platforms(vec![service.clone(), task.clone()]);
    for service_action in [Action::Update, Action::NoOp] {
        let report = of_plan(
            &ledger,
            plan(vec![
                change(service_action, "aws_ecs_service.n0", &service),
                change(Action::DeleteCreate, "aws_ecs_task_definition.n1", &task),
            ]),
        );
        assert_eq!(
            (report.verdict, says(&report)),
            (Verdict::Pass, Vec::new()),
            "{service_action:?}"
        );
    }
}

//! What the gate says, on accounts made for each case.

use super::*;
use crate::ledger::testing::{ACCOUNT, REGION, claim_of, deny, input, live, state};
use crate::ledger::{Input, Ledger};
use crate::model::plan::{Action, Deletion, Item, Plan, PlannedChange, ProviderPlace};
use crate::model::{Configuration, Delegate, Live, Mode, Origin, StateStatus, Value};

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

// What is nobody else's business passes.

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

// Creates.

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

// Destroys.

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

// Data.

fn destroy_database(backups: Vec<Live>, settings: &[(&str, Value)]) -> CheckReport {
    let mut database = database();
    for (name, value) in settings {
        database.configuration.set(*name, value.clone());
    }
    let mut all = vec![database.clone()];
    all.extend(backups);
    let ledger = Ledger::new(input(
        all,
        vec![state("platform")],
        vec![claim_of(0, "aws_db_instance.n0", &database)],
    ));
    of_plan(
        &ledger,
        plan(vec![change(Action::Delete, "aws_db_instance.n0", &database)]),
    )
}

#[test]
fn the_last_copy_of_a_database_blocks() {
    let report = destroy_database(vec![db_snapshot("rds:main-1", true)], &[]);
    assert_eq!(says(&report), ["block last-backup-dies", "block destroys-data"]);
    let row = row(&report, "aws_db_instance.n0");
    assert!(row.survives.is_empty());
    assert!(row.dies_with_it.iter().any(|line| line.contains("rds:main-1")));
    assert!(
        row.dies_with_it.iter().any(|line| line.contains("true by default")),
        "{:?}",
        row.dies_with_it
    );
}

#[test]
fn whatever_stays_makes_it_a_look() {
    let manual = destroy_database(vec![db_snapshot("before", false)], &[]);
    assert_eq!(says(&manual), ["review destroys-data"]);
    assert!(row(&manual, "aws_db_instance.n0").survives[0].contains("before"));
    assert!(
        manual.findings[0].title.contains("the newest 4 days old"),
        "{}",
        manual.findings[0].title
    );
    let retained = destroy_database(
        vec![db_snapshot("rds:main-1", true)],
        &[("delete_automated_backups", Value::Bool(false))],
    );
    assert_eq!(says(&retained), ["review destroys-data"]);
    let last = destroy_database(
        Vec::new(),
        &[
            ("skip_final_snapshot", Value::Bool(false)),
            ("final_snapshot_identifier", "main-final".into()),
        ],
    );
    assert_eq!(says(&last), ["review destroys-data"]);
    let unnamed = destroy_database(Vec::new(), &[("skip_final_snapshot", Value::Bool(false))]);
    assert_eq!(says(&unnamed), ["block last-backup-dies", "block destroys-data"]);
}

#[test]
fn a_snapshot_that_goes_in_the_same_plan_saves_nothing() {
    let (database, snapshot) = (database(), db_snapshot("before", false));
    let ledger = platforms(vec![database.clone(), snapshot.clone()]);
    let report = of_plan(
        &ledger,
        plan(vec![
            change(Action::Delete, "aws_db_instance.n0", &database),
            change(Action::Delete, "aws_db_snapshot.n1", &snapshot),
        ]),
    );
    assert_eq!(says(&report), ["block last-backup-dies", "block destroys-data"]);
    assert!(
        report.findings[0]
            .title
            .ends_with("and its last backups are deleted together")
    );
    assert_eq!(row(&report, "aws_db_snapshot.n1").verdict, Verdict::Block);
}

#[test]
fn of_backups_the_last_one_matters() {
    let (first, second) = (db_snapshot("first", false), db_snapshot("second", false));
    let delete = |ledger: &Ledger| {
        let report = of_plan(ledger, plan(vec![change(Action::Delete, "aws_db_snapshot.n0", &first)]));
        (report.verdict, says(&report))
    };
    let ledger = platforms(vec![first.clone(), second.clone(), database()]);
    assert_eq!(
        delete(&ledger),
        (Verdict::Pass, Vec::new()),
        "the database and another stay"
    );
    let ledger = platforms(vec![first.clone(), database()]);
    assert_eq!(delete(&ledger).1, ["review destroys-data"], "the database stays");
    let ledger = platforms(vec![first.clone(), second]);
    assert_eq!(delete(&ledger).1, ["review destroys-data"], "another stays");
    let ledger = platforms(vec![first.clone()]);
    assert_eq!(delete(&ledger).1, ["block destroys-data"], "nothing stays");
}

#[test]
fn snapshots_of_a_volume_are_known_by_its_id() {
    let volume = live("aws_ebs_volume", "vol-0000000a");
    let snapshot = with(live("aws_ebs_snapshot", "snap-0000000a"), "volume_id", "vol-0000000a");
    let destroy = || plan(vec![change(Action::Delete, "aws_ebs_volume.n0", &volume)]);
    let alone = of_plan(&platforms(vec![volume.clone()]), destroy());
    assert_eq!(says(&alone), ["block last-backup-dies", "block destroys-data"]);
    let saved = of_plan(&platforms(vec![volume.clone(), snapshot]), destroy());
    assert_eq!(says(&saved), ["review destroys-data"]);
}

#[test]
fn a_replacement_of_data_blocks_and_one_of_its_root_disk_does_not() {
    let mut forced = change(Action::DeleteCreate, "aws_db_instance.n0", &database());
    forced.replaced_by = vec!["storage_encrypted".into()];
    let report = of_plan(
        &platforms(vec![database(), db_snapshot("before", false)]),
        plan(vec![forced]),
    );
    assert_eq!(says(&report), ["block replaces-data", "review destroys-data"]);
    assert_eq!(report.findings[0].evidence, ["forced by storage_encrypted"]);

    let mut disk = live("aws_ebs_volume", "vol-0000000a");
    disk.lives_with("aws_instance", "i-0000000a", "to be deleted with it");
    let machine = |path: &str| {
        let block = Configuration::new().with("volume_id", "vol-0000000a");
        with(live("aws_instance", "i-0000000a"), path, vec![Value::from(block)])
    };
    let check = |path: &str, action: Action| {
        let machine = machine(path);
        let ledger = Ledger::new(input(
            vec![machine.clone(), disk.clone()],
            vec![state("platform")],
            vec![claim_of(0, "aws_instance.n0", &machine)],
        ));
        says(&of_plan(
            &ledger,
            plan(vec![change(action, "aws_instance.n0", &machine)]),
        ))
    };
    assert_eq!(check("root_block_device", Action::DeleteCreate), Vec::<String>::new());
    assert_eq!(check("root_block_device", Action::Delete), ["review destroys-data"]);
    assert_eq!(check("ebs_block_device", Action::DeleteCreate), ["block destroys-data"]);
}

#[test]
fn guards_that_are_taken_away_ask_for_a_look() {
    let with_settings = |name: &'static str, value: Value| {
        let mut database = database();
        database.configuration.set("skip_final_snapshot", false);
        database.configuration.set(name, value);
        database
    };
    let update = |name: &'static str, before: Value, after: Value| {
        let (old, new) = (with_settings(name, before), with_settings(name, after));
        let mut change = change(Action::Update, "aws_db_instance.n0", &old);
        change.after.as_mut().expect("after").configuration = new.configuration;
        says(&of_plan(&platforms(vec![old]), plan(vec![change])))
    };
    let look = ["review drops-protection"];
    assert_eq!(update("deletion_protection", true.into(), false.into()), look);
    assert_eq!(update("deletion_protection", true.into(), Value::Null), look);
    assert_eq!(update("skip_final_snapshot", false.into(), true.into()), look);
    assert_eq!(update("backup_retention_period", 35.into(), 7.into()), look);
    assert_eq!(update("deletion_protection", "ACTIVE".into(), "INACTIVE".into()), look);
    for (name, before, after) in [
        ("deletion_protection", Value::Bool(false), Value::Bool(true)),
        ("skip_final_snapshot", Value::Bool(true), Value::Bool(false)),
        ("backup_retention_period", Value::Integer(7), Value::Integer(35)),
        ("engine", "postgres".into(), "mysql".into()),
    ] {
        assert_eq!(update(name, before, after), Vec::<String>::new(), "{name}");
    }
}

// The plan as a whole.

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

// What was not seen never passes.

#[test]
fn every_gap_that_matters_makes_it_incomplete() {
    let destroy = || plan(vec![change(Action::Delete, "aws_vpc.n0", &vpc())]);
    let mut denied = platforms_input(vec![vpc()]);
    deny(&mut denied, "aws_subnet", REGION);
    let report = of_plan(&Ledger::new(denied), destroy());
    assert_eq!((report.verdict, report.complete), (Verdict::Incomplete, false));
    assert!(
        report.findings[0].title.contains("aws_subnet"),
        "{}",
        report.findings[0].title
    );
    // Elsewhere it does not matter.
    let mut denied = platforms_input(vec![vpc()]);
    deny(&mut denied, "aws_subnet", "us-east-1");
    deny(&mut denied, "aws_db_snapshot", REGION);
    assert_eq!(of_plan(&Ledger::new(denied), destroy()).verdict, Verdict::Pass);

    let mut unread = platforms_input(vec![vpc()]);
    unread.states.push(crate::model::State {
        status: StateStatus::Unreadable,
        ..state("labs")
    });
    assert_eq!(of_plan(&Ledger::new(unread), destroy()).verdict, Verdict::Incomplete);

    let stateless = Ledger::new(input(vec![vpc()], Vec::new(), Vec::new()));
    assert_eq!(says(&of_plan(&stateless, destroy())), ["incomplete unseen"]);

    let mut gone = platforms_input(Vec::new());
    deny(&mut gone, "aws_vpc", REGION);
    assert_eq!(
        of_plan(&Ledger::new(gone), destroy()).verdict,
        Verdict::Incomplete,
        "it may be there"
    );
    assert_eq!(
        of_plan(&platforms(Vec::new()), destroy()).verdict,
        Verdict::Pass,
        "it is gone already"
    );

    let mut blind = platforms_input(Vec::new());
    deny(&mut blind, "aws_vpc", REGION);
    let create = change(Action::Create, "aws_vpc.new", &vpc());
    assert_eq!(
        of_plan(&Ledger::new(blind), plan(vec![create])).verdict,
        Verdict::Incomplete
    );
}

#[test]
fn a_block_stays_a_block_beside_a_gap_and_is_incomplete_too() {
    let mut denied = platforms_input(vec![database()]);
    deny(&mut denied, "aws_db_snapshot", REGION);
    let report = of_plan(
        &Ledger::new(denied),
        plan(vec![change(Action::Delete, "aws_db_instance.n0", &database())]),
    );
    assert_eq!((report.verdict, report.complete), (Verdict::Block, false));
    assert!(!report.passes() && !report.may_be_confirmed());
}

#[test]
fn plans_that_say_too_little_are_incomplete() {
    let ledger = platforms(vec![vpc()]);
    let quiet = || plan(vec![change(Action::NoOp, "aws_vpc.n0", &vpc())]);
    for (name, plan) in [
        (
            "errored",
            Plan {
                errored: true,
                ..quiet()
            },
        ),
        (
            "partial",
            Plan {
                complete: false,
                ..quiet()
            },
        ),
        (
            "of another provider",
            Plan {
                other_providers: vec![("registry.terraform.io/hashicorp/google".into(), 3)],
                ..plan(Vec::new())
            },
        ),
        (
            "of unknown words",
            plan(vec![change(Action::Unknown, "aws_vpc.n0", &vpc())]),
        ),
    ] {
        assert_eq!(of_plan(&ledger, plan).verdict, Verdict::Incomplete, "{name}");
    }
    let unknown = PlannedChange {
        kind: "aws_quantum_ledger".into(),
        ..change(Action::Delete, "aws_vpc.n0", &vpc())
    };
    let mut unknown = unknown;
    let before = unknown.before.as_mut().expect("before");
    before.kind = "aws_quantum_ledger".into();
    (before.id, before.arn) = (Some("q-1".into()), None);
    assert_eq!(of_plan(&ledger, plan(vec![unknown])).verdict, Verdict::Incomplete);
}

#[test]
fn an_old_snapshot_is_incomplete() {
    let ledger = platforms(vec![vpc()]);
    let mut request = request(Intent::Plan(Box::new(plan(Vec::new()))));
    for (now, verdict) in [
        ("2026-11-24T06:59:00Z", Verdict::Pass),
        ("2026-11-24T07:00:01Z", Verdict::Incomplete),
        ("2026-11-24T05:00:00Z", Verdict::Incomplete),
    ] {
        request.now = now.parse().expect("a time");
        assert_eq!(check(&ledger, &request).verdict, verdict, "{now}");
    }
}

// Lists.

#[test]
fn of_a_list_each_line_has_its_own_verdict() {
    let mut made = live("aws_instance", "i-0000000a");
    made.origin = Origin::Delegated(Box::new(Delegate {
        system: "autoscaling".into(),
        name: "web".into(),
        evidence: "a tag".into(),
    }));
    let ledger = Ledger::new(input(
        vec![vpc(), live("aws_vpc", "vpc-0000000b"), made],
        vec![state("platform")],
        vec![claim_of(0, "aws_vpc.n0", &vpc())],
    ));
    let report = of_ids(&ledger, &["vpc-0000000a", "vpc-0000000b", "i-0000000a", "vpc-0000000c"]);
    let verdict = |text: &str| row(&report, text).verdict;
    assert_eq!(verdict("vpc-0000000a"), Verdict::Block, "claimed");
    assert_eq!(verdict("vpc-0000000b"), Verdict::Pass, "nobody's");
    assert_eq!(verdict("i-0000000a"), Verdict::Review, "a group's");
    assert_eq!(verdict("vpc-0000000c"), Verdict::Review, "not live");
    assert_eq!(report.verdict, Verdict::Block);
    let report = of_ids(&ledger, &["vpc-0000000b"]);
    assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
}

#[test]
fn what_a_command_says_counts() {
    let ledger = Ledger::new(input(vec![database()], vec![state("platform")], Vec::new()));
    let delete = |settings: Configuration, kind: Option<&str>| {
        let item = Item::Deletion(Box::new(Deletion {
            text: "aws rds delete-db-instance --db-instance-identifier main".to_owned(),
            target: "main".to_owned(),
            kind: kind.map(Symbol::new),
            region: Some(REGION.into()),
            account: None,
            settings,
        }));
        says(&check(
            &ledger,
            &request(Intent::Deletions {
                source: "script".to_owned(),
                items: vec![item],
            }),
        ))
    };
    let skip = Configuration::new().with("skip_final_snapshot", true);
    assert_eq!(
        delete(skip, Some("aws_db_instance")),
        ["block last-backup-dies", "block destroys-data"]
    );
    let last = Configuration::new()
        .with("skip_final_snapshot", false)
        .with("final_snapshot_identifier", "main-final");
    assert_eq!(delete(last, Some("aws_db_instance")), ["review destroys-data"]);
    assert_eq!(
        delete(Configuration::new(), None),
        ["block last-backup-dies", "block destroys-data"],
        "an id alone promises nothing"
    );
    let unclear = Intent::Deletions {
        source: "script".to_owned(),
        items: vec![Item::Unresolved {
            text: "aws ec2 delete-vpc --vpc-id $ID".to_owned(),
            why: "a variable".to_owned(),
        }],
    };
    assert_eq!(says(&check(&ledger, &request(unclear))), ["review unseen"]);
}

#[test]
fn the_order_of_changes_changes_nothing_but_their_order() {
    let all: Vec<Live> = vec![vpc(), subnet(), database(), db_snapshot("before", false)];
    let ledger = platforms(all.clone());
    let changes: Vec<PlannedChange> = all
        .iter()
        .enumerate()
        .map(|(number, one)| change(Action::Delete, &format!("{}.n{number}", one.kind), one))
        .collect();
    let forward = of_plan(&ledger, plan(changes.clone()));
    let backward = of_plan(&ledger, plan(changes.into_iter().rev().collect()));
    let titles = |report: &CheckReport| {
        let mut titles: Vec<String> = report.findings.iter().map(|finding| finding.title.clone()).collect();
        titles.sort();
        titles
    };
    assert_eq!(titles(&forward), titles(&backward));
    assert_eq!(forward.verdict, backward.verdict);
    assert_eq!(
        forward,
        of_plan(&ledger, {
            let changes = all
                .iter()
                .enumerate()
                .map(|(number, one)| change(Action::Delete, &format!("{}.n{number}", one.kind), one))
                .collect();
            plan(changes)
        })
    );
}

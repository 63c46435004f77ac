//! Data.

use super::*;

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

#[test]
fn a_backup_that_is_not_complete_saves_nothing() {
    for (status, verdict) in [
        ("available", "review destroys-data"),
        ("creating", "block last-backup-dies"),
        ("failed", "block last-backup-dies"),
    ] {
        let mut snapshot = db_snapshot("before", false);
        snapshot.observed.set("status", status);
        let report = destroy_database(vec![snapshot], &[]);
        assert_eq!(says(&report)[0], verdict, "{status}");
        if status != "available" {
            let evidence = &report.findings[0].evidence;
            assert!(evidence.iter().any(|line| line.contains(status)), "{evidence:?}");
        }
    }
}

fn recovery_point(id: &str) -> Live {
    let mut point = live("aws_backup_recovery_point", id);
    point
        .observed
        .set("backup_of", &*database().arn)
        .set("status", "completed");
    point
}

#[test]
fn a_recovery_point_is_a_backup_and_counts_once() {
    let report = destroy_database(
        vec![recovery_point("arn:aws:backup:eu-west-1:123456789012:recovery-point:1")],
        &[],
    );
    assert_eq!(says(&report), ["review destroys-data"]);
    assert!(
        report.findings[0].title.contains("1 backup left"),
        "{}",
        report.findings[0].title
    );
    // A snapshot that AWS Backup made is listed twice: by RDS, and as a recovery point with its ARN.
    let snapshot = db_snapshot("awsbackup:job-1", false);
    let point = recovery_point(&snapshot.arn);
    let report = destroy_database(vec![snapshot, point], &[]);
    assert!(
        report.findings[0].title.contains("1 backup left"),
        "{}",
        report.findings[0].title
    );
}

#[test]
fn a_backup_whose_vault_or_key_goes_too_saves_nothing() {
    let key = live("aws_kms_key", "0a1b2c3d-0000-0000-0000-000000000000");
    let snapshot = with(db_snapshot("before", false), "kms_key_id", &*key.arn);
    let ledger = platforms(vec![database(), snapshot, key.clone()]);
    let destroy = |with_key: bool| {
        let mut changes = vec![change(Action::Delete, "aws_db_instance.n0", &database())];
        if with_key {
            changes.push(change(Action::Delete, "aws_kms_key.n2", &key));
        }
        of_plan(&ledger, plan(changes))
    };
    assert_eq!(row(&destroy(false), "aws_db_instance.n0").verdict, Verdict::Review);
    let report = destroy(true);
    let database = row(&report, "aws_db_instance.n0");
    assert_eq!(database.verdict, Verdict::Block);
    assert!(
        database.dies_with_it.iter().any(|line| line.contains("which needs")),
        "{:?}",
        database.dies_with_it
    );
}

#[test]
fn versioning_that_goes_with_its_bucket_guards_nothing_any_more() {
    let bucket = live("aws_s3_bucket", "assets");
    let answer = |with_bucket: bool| {
        let mut changes = vec![change_of_bucket(
            Action::Delete,
            "aws_s3_bucket_versioning.assets",
            &bucket,
        )];
        if with_bucket {
            changes.push(change_of_bucket(Action::Delete, "aws_s3_bucket.n0", &bucket));
        }
        let claims = vec![
            claim_of_bucket(0, "aws_s3_bucket.n0", &bucket),
            claim_of_bucket(0, "aws_s3_bucket_versioning.assets", &bucket),
        ];
        let ledger = Ledger::new(input(vec![bucket.clone()], vec![state("platform")], claims));
        says(&of_plan(&ledger, plan(changes)))
    };
    assert_eq!(answer(false), ["review drops-protection"]);
    assert_eq!(answer(true), ["review destroys-data"]);
}

#[test]
fn a_snapshot_of_an_older_thing_of_that_name_saves_nothing() {
    let mut warehouse = live("aws_redshift_cluster", "figures");
    warehouse.created_at = Some("2026-01-01T00:00:00Z".parse().expect("a time"));
    let verdict = |source_created_at: &str| {
        let mut snapshot = live("aws_redshift_cluster_snapshot", "kept");
        snapshot
            .observed
            .set("backup_of", &*warehouse.arn)
            .set("status", "available")
            .set("source_created_at", source_created_at);
        let claims = vec![claim_of(0, "aws_redshift_cluster.a", &warehouse)];
        let ledger = Ledger::new(input(
            vec![warehouse.clone(), snapshot],
            vec![state("platform")],
            claims,
        ));
        let report = of_plan(
            &ledger,
            plan(vec![change(Action::Delete, "aws_redshift_cluster.a", &warehouse)]),
        );
        says(&report)[0].clone()
    };
    assert_eq!(verdict("2026-01-01T00:00:00Z"), "review destroys-data");
    assert_eq!(verdict("2024-05-14T08:30:00Z"), "block last-backup-dies");
}

//! A small account, before and after.

use super::*;
use crate::ledger::Input;
use crate::ledger::compare::Missing;
use crate::ledger::testing::{claim_of, deny, input, live, state};
use crate::model::{Live, Value};
use crate::snapshot::Joined;
use crate::snapshot::diff::diff;

fn database() -> Live {
    let mut database = live("aws_db_instance", "main");
    database.keys.push("db-ABCDEFGHIJKLMNOPQRSTUVWXYZ".into());
    database.configuration = Configuration::new()
        .with("instance_class", "db.t3.micro")
        .with("db_subnet_group_name", "main")
        .with("vpc_security_group_ids", Value::set(["sg-0000000a", "sg-0000000b"]));
    database
}

fn snapshot_of(gone: bool) -> Live {
    let mut snapshot = live("aws_db_snapshot", "before it's $late");
    snapshot.created_at = Some("2026-11-23T00:00:00Z".parse().expect("a time"));
    snapshot.observed = Configuration::new()
        .with("status", "available")
        .with("source_identifier", "main")
        .with("dbi_resource_id", "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if gone {
        snapshot.observed.set("source_gone", true);
    } else {
        snapshot.observed.set("backup_of", &*database().arn);
    }
    snapshot
}

fn retained() -> Live {
    let mut backup = live("aws_db_instance_automated_backup", "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    backup.observed = Configuration::new()
        .with("status", "retained")
        .with("source_identifier", "main")
        .with("dbi_resource_id", "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        .with("latest_restorable_time", "2026-11-24T05:55:00Z")
        .with("backup_retention_period", 7);
    backup
}

fn before() -> Input {
    let mut snapshot = snapshot_of(false);
    snapshot.references.clear();
    let group = live("aws_security_group", "sg-0000000a");
    let database = database();
    let claims = vec![claim_of(0, "aws_db_instance.main", &database)];
    input(vec![database, group, snapshot], vec![state("platform")], claims)
}

fn after() -> Input {
    let group = live("aws_security_group", "sg-0000000a");
    input(
        vec![group, snapshot_of(true), retained()],
        vec![state("platform")],
        Vec::new(),
    )
}

fn triage(before: Input, after: Input) -> Triage {
    let (then, now) = (Ledger::new(before), Ledger::new(after));
    let joined = |ledger| Joined::of(ledger).expect("in memory");
    let changed = diff(joined(&then), joined(&now), Missing::Counts).expect("whole");
    Triage::new(Before::Scan(&then, &changed), &now)
}

#[test]
fn a_lost_database_is_told_with_every_way_back() {
    let triage = triage(before(), after());
    let [database] = triage.gone.as_slice() else {
        panic!("{:?}", triage.gone);
    };
    assert_eq!(
        (database.label.as_str(), database.projects[0].as_str()),
        ("main", "platform")
    );
    let commands: Vec<&str> = triage.restore.iter().map(|way| way.command.as_str()).collect();
    // What runs out stands first. Of what the command names only what is still live: the subnet group and one of the
    // security groups are gone.
    assert_eq!(
        commands,
        [
            "aws rds restore-db-instance-to-point-in-time --region eu-west-1 \
             --source-dbi-resource-id db-ABCDEFGHIJKLMNOPQRSTUVWXYZ --target-db-instance-identifier main \
             --use-latest-restorable-time --db-instance-class db.t3.micro --vpc-security-group-ids sg-0000000a \
             --deletion-protection",
            "aws rds restore-db-instance-from-db-snapshot --region eu-west-1 --db-instance-identifier main \
             --db-snapshot-identifier 'before it'\\''s $late' --db-instance-class db.t3.micro \
             --vpc-security-group-ids sg-0000000a --deletion-protection",
        ]
    );
    let deadline = triage.restore[0].deadline.map(|at| at.to_string());
    assert_eq!(deadline.as_deref(), Some("2026-12-01T05:55:00Z"));
    assert!(triage.no_way_back.is_empty());
    assert!(triage.now[1].contains("2026-12-01T05:55:00Z"), "{:?}", triage.now);
    let letter = &triage.support[0];
    for word in [
        "main",
        "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "eu-west-1",
        "123456789012",
        "2026-11-24T06:00:00Z",
    ] {
        assert!(letter.contains(word), "{letter}");
    }
    assert!(
        triage
            .look
            .iter()
            .any(|look| look.command.contains("list-recovery-points-by-resource"))
    );
    assert_eq!(triage.rebuild[0].address.as_deref(), Some("aws_db_instance.main"));
}

#[test]
fn without_a_backup_it_says_so_and_which_backups_could_not_be_looked_for() {
    let mut bare = after();
    bare.scan.live.truncate(1);
    deny(&mut bare, "aws_db_snapshot", "eu-west-1");
    let triage = triage(before(), bare);
    assert_eq!(triage.no_way_back, [&*database().arn]);
    assert_eq!(triage.unseen_backups, ["aws_db_snapshot in eu-west-1: denied"]);
    assert!(!triage.complete);
}

#[test]
fn a_snapshot_of_another_database_of_that_name_is_no_way_back() {
    let mut other = after();
    for live in &mut other.scan.live {
        live.observed.set("dbi_resource_id", "db-ZZZZZZZZZZZZZZZZZZZZZZZZZZ");
    }
    let triage = triage(before(), other);
    // The name alone ties them together, and both have ids that say otherwise.
    assert_eq!(triage.restore.len(), 0, "{:?}", triage.restore);
}

#[test]
fn the_states_are_the_before_where_there_is_no_snapshot() {
    let mut now = after();
    let mut claim = claim_of(0, "aws_db_instance.main", &database());
    claim.id = Some("db-ABCDEFGHIJKLMNOPQRSTUVWXYZ".into());
    claim.configuration = database().configuration.with("identifier", "main");
    now.claims.push(claim);
    let triage = Triage::new(Before::States, &Ledger::new(now));
    assert_eq!(triage.gone[0].id, "main");
    assert_eq!(triage.restore.len(), 2, "{:?}", triage.gone);
    assert_eq!(triage.since, None);
}

#[test]
fn nothing_gone_is_nothing_to_do() {
    let triage = triage(before(), before());
    assert!(triage.gone.is_empty() && triage.now.is_empty() && triage.never.is_empty() && triage.restore.is_empty());
}

#[test]
fn the_drill_tells_backups_that_outlive_from_those_that_do_not() {
    let mut healthy = before();
    let mut automated = snapshot_of(false);
    automated.id = "rds:main-2026-11-24".into();
    automated.arn = "arn:aws:rds:eu-west-1:123456789012:snapshot:rds:main-2026-11-24".into();
    automated.lives_with("aws_db_instance", &*database().arn, "SnapshotType is automated");
    healthy.scan.live.push(automated);
    healthy.scan.live.push(live("aws_ebs_volume", "vol-0000000a"));
    let drill = recoverable(&Ledger::new(healthy));
    let [volume, database] = drill.resources.as_slice() else {
        panic!("{drill:?}");
    };
    assert!(volume.is_without_way_back() && volume.id == "vol-0000000a");
    assert_eq!((database.outside.len(), database.inside.len()), (1, 1));
    assert!(
        database.outside[0]
            .command
            .contains("--db-instance-identifier main-restored")
    );
    let newest = database.newest_outside.map(|at| at.to_string());
    assert_eq!(newest.as_deref(), Some("2026-11-23T00:00:00Z"));
}

#[test]
fn nothing_in_a_word_is_run() {
    for (word, quoted) in [
        ("rds:platform-2026-11-24", "rds:platform-2026-11-24"),
        ("a b", "'a b'"),
        ("$(rm -rf /)", "'$(rm -rf /)'"),
        ("it's;`x`", r"'it'\''s;`x`'"),
        ("", "''"),
        ("~root", "'~root'"),
    ] {
        assert_eq!(shell(word), quoted);
    }
}

/// Answers of one sort of what is kept.
fn kept<'a>(kind: &str, live: &'a [Live], status: crate::model::CellStatus) -> remains::Answer<'a> {
    let sort = crate::kinds::remains::REMAINS.iter().find(|sort| sort.kind == kind);
    remains::Answer {
        sort: sort.expect("a sort"),
        live,
        region: "eu-west-1",
        status,
    }
}

#[test]
fn what_is_kept_of_the_lost_stands_first_and_ends_the_search() {
    let volume = live("aws_ebs_volume", "vol-0000000a");
    let claims = vec![claim_of(0, "aws_ebs_volume.main", &volume)];
    let before = input(vec![volume], vec![state("platform")], claims);
    let after = input(Vec::new(), vec![state("platform")], Vec::new());
    let mut triage = triage(before, after);
    let of = triage.gone[0].name().to_owned();
    assert_eq!(triage.no_way_back, [of.as_str()]);
    assert!(triage.look.iter().any(|look| look.of == of));

    let in_bin = |id: &str, until: &str| {
        let mut one = live("aws_ebs_volume", id);
        one.arn = "".into();
        one.observed.set("until", until);
        one
    };
    let volumes = [
        in_bin("vol-0000000b", "2026-11-25T00:00:00Z"),
        in_bin("vol-0000000a", "2026-12-01T00:00:00Z"),
    ];
    let listed = crate::model::CellStatus::Listed;
    let denied = crate::model::CellStatus::Denied;
    triage.keep(&[
        kept("aws_ebs_volume", &volumes, listed),
        kept("aws_kms_key", &[], denied),
    ]);
    let told: Vec<_> = triage
        .remains
        .iter()
        .map(|one| (one.id.as_str(), one.of.is_some()))
        .collect();
    assert_eq!(told, [("vol-0000000a", true), ("vol-0000000b", false)]);
    assert_eq!(
        triage.remains[0].command.as_deref(),
        Some("aws ec2 restore-volume-from-recycle-bin --region eu-west-1 --volume-id vol-0000000a")
    );
    assert!(
        triage.no_way_back.is_empty() && triage.look.is_empty(),
        "{:?}",
        triage.look
    );
    let unseen = "KMS key that waits for its deletion in eu-west-1: denied";
    assert!(triage.unseen_backups.iter().any(|line| line == unseen));
}

#[test]
fn a_warehouse_and_a_file_system_have_ways_back_with_the_deadline_that_their_service_sets() {
    let warehouse = live("aws_redshift_cluster", "figures");
    let files = live("aws_fsx_windows_file_system", "fs-0a1b2c3d4e5f60000");
    let snapshot = |id: &str, days: &str| {
        let mut snapshot = live("aws_redshift_cluster_snapshot", id);
        snapshot
            .observed
            .set("backup_of", &*warehouse.arn)
            .set("status", "available")
            .set("retained_from", "2026-11-20T00:00:00Z")
            .set("retained_days", days);
        snapshot
    };
    let mut backup = live("aws_fsx_backup", "backup-0a1b2c3d4e5f60001");
    backup.observed.set("backup_of", &*files.arn).set("status", "AVAILABLE");
    let left = vec![snapshot("for-a-week", "7"), snapshot("for-ever", "-1"), backup];
    let lives = [vec![warehouse.clone(), files], left.clone()].concat();
    let triage = triage(
        input(lives, Vec::new(), Vec::new()),
        input(left, Vec::new(), Vec::new()),
    );
    assert!(triage.no_way_back.is_empty(), "{:?}", triage.no_way_back);
    let ways: Vec<(&str, Option<String>, bool)> = triage
        .restore
        .iter()
        .map(|way| {
            (
                way.id.as_str(),
                way.deadline.map(|at| at.to_string()),
                way.status.is_none(),
            )
        })
        .collect();
    assert_eq!(ways[0], ("for-a-week", Some("2026-11-27T00:00:00Z".to_owned()), true));
    assert!(ways.contains(&("for-ever", None, true)) && ways.contains(&("backup-0a1b2c3d4e5f60001", None, true)));
    let of_files = triage.restore.iter().find(|way| way.kind == "aws_fsx_backup");
    assert_eq!(
        of_files.map(|way| way.command.as_str()),
        Some(
            "aws fsx create-file-system-from-backup --region eu-west-1 --backup-id backup-0a1b2c3d4e5f60001 \
             --subnet-ids \"$(aws fsx describe-backups --region eu-west-1 --backup-ids backup-0a1b2c3d4e5f60001 \
             --query 'Backups[0].FileSystem.SubnetIds[0]' --output text)\""
        )
    );
}

#[test]
fn what_dies_with_its_file_system_is_no_way_back() {
    for kind in [
        "aws_fsx_lustre_file_system",
        "aws_fsx_windows_file_system",
        "aws_fsx_openzfs_file_system",
    ] {
        let files = live(kind, "fs-0a1b2c3d4e5f60000");
        let mut backup = live("aws_fsx_backup", "backup-0a1b2c3d4e5f60001");
        backup.observed.set("backup_of", &*files.arn).set("status", "AVAILABLE");
        let without = |backup: Live| {
            let drill = recoverable(&Ledger::new(input(vec![files.clone(), backup], Vec::new(), Vec::new())));
            let one = drill
                .resources
                .iter()
                .find(|one| one.kind == kind)
                .expect("it is there");
            one.is_without_way_back()
        };
        assert!(!without(backup.clone()), "{kind}");
        // As the table says it of automatic ones, whatever the file system is.
        backup.lives_with("aws_fsx_windows_file_system", "fs-0a1b2c3d4e5f60000", "Type");
        assert!(without(backup), "{kind}");
    }
}

#[test]
fn a_snapshot_of_an_older_thing_of_that_name_is_no_way_back_for_the_new_one() {
    let mut warehouse = live("aws_redshift_cluster", "figures");
    warehouse.created_at = Some("2026-01-01T00:00:00Z".parse().expect("a time"));
    let mut snapshot = live("aws_redshift_cluster_snapshot", "kept");
    snapshot
        .observed
        .set("backup_of", &*warehouse.arn)
        .set("source_created_at", "2026-01-01T00:00:00.123Z");
    let without = |snapshot: &Live| {
        let lives = vec![warehouse.clone(), snapshot.clone()];
        let drill = recoverable(&Ledger::new(input(lives, Vec::new(), Vec::new())));
        drill.resources[0].is_without_way_back()
    };
    assert!(!without(&snapshot));
    snapshot.observed.set("source_created_at", "2024-05-14T08:30:00Z");
    assert!(without(&snapshot));
}

//! Backups that services of the table make themselves: of warehouses, of databases in memory, of file systems.
//!
//! The emulator's backups of file systems do not say of what they are: those are tested with answers in the documented
//! shape, beside their listing.

use serde_json::{Value, json};

use crate::cli::run;
use crate::harness::{Server, own_account, states, whose_at};
use crate::incident::run_printed;
use crate::remains::call;
use crate::wire::query_in;

const KINDS: &str = "aws_redshift_cluster,aws_redshift_cluster_snapshot,aws_memorydb_cluster,aws_memorydb_snapshot,\
                     aws_backup_recovery_point";

fn redshift(url: &str, action: &str, parameters: &[(&str, &str)]) {
    let answer = query_in(url, "redshift", "eu-west-1", "2012-12-01", action, parameters);
    assert!(answer.status < 300, "{action}: {}", answer.text());
}

fn memorydb(url: &str, operation: &str, body: &Value) -> Value {
    call(url, "memorydb", &format!("AmazonMemoryDB.{operation}"), body)
}

/// Runs `whose` on these kinds, with the exit code.
fn whose(url: &str, arguments: &[&str]) -> (Value, i32) {
    let mut command = whose_at(url);
    command
        .args(arguments)
        .args(["--no-config", "--region", "eu-west-1", "--format", "json"]);
    command.args(["--kind", KINDS, "--state", &states("story-healthy")]);
    let (out, err, code) = run(&mut command);
    let json = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    (json, code)
}

/// A warehouse and a database in memory, each with a backup that a person made.
fn account() -> Server {
    let server = own_account("story-healthy");
    let url = server.url.as_str();
    redshift(
        url,
        "CreateCluster",
        &[
            ("ClusterIdentifier", "figures"),
            ("NodeType", "ra3.xlplus"),
            ("MasterUsername", "admin"),
            ("MasterUserPassword", "CANARY-Secret1"),
            ("DBName", "figures"),
        ],
    );
    redshift(
        url,
        "CreateClusterSnapshot",
        &[("ClusterIdentifier", "figures"), ("SnapshotIdentifier", "figures-kept")],
    );
    let cluster = json!({"ClusterName": "sessions", "NodeType": "db.t4g.small", "ACLName": "open-access"});
    memorydb(url, "CreateCluster", &cluster);
    let snapshot = json!({"ClusterName": "sessions", "SnapshotName": "sessions-kept"});
    memorydb(url, "CreateSnapshot", &snapshot);
    server
}

#[test]
fn backups_of_warehouses_and_of_databases_in_memory_are_ways_back_and_their_commands_work() {
    let server = account();
    let url = server.url.as_str();
    // The drill: nothing of it is without a way back.
    let (drill, _) = whose(url, &["recoverable"]);
    for id in ["figures", "sessions"] {
        let all = drill["resources"].as_array().expect("a list");
        let one = all
            .iter()
            .find(|one| one["id"] == id)
            .unwrap_or_else(|| panic!("{id}: {drill}"));
        assert!(
            one["outside"].as_array().is_some_and(|backups| backups.len() == 1),
            "{one}"
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("before.jsonl.zst");
    let saved = saved.to_str().expect("UTF-8");
    whose(url, &["scan", "--fail-on", "never", "--snapshot", saved]);

    let no_snapshot = [("ClusterIdentifier", "figures"), ("SkipFinalClusterSnapshot", "true")];
    redshift(url, "DeleteCluster", &no_snapshot);
    memorydb(url, "DeleteCluster", &json!({"ClusterName": "sessions"}));

    let (triage, code) = whose(url, &["triage", "--no-trail", "--since", saved]);
    assert_eq!(code, 3, "{triage}");
    assert_eq!(triage["no_way_back"], json!([]), "{triage}");
    let commands: Vec<&str> = triage["restore"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|way| way["command"].as_str().expect("a command"))
        .collect();
    assert_eq!(commands.len(), 2, "{commands:#?}");
    let of = |service: &str| {
        let found = commands
            .iter()
            .find(|command| command.split(' ').nth(1) == Some(service));
        *found.unwrap_or_else(|| panic!("{service}: {commands:#?}"))
    };
    assert_eq!(
        of("redshift"),
        "aws redshift restore-from-cluster-snapshot --region eu-west-1 --cluster-identifier figures \
         --snapshot-identifier figures-kept"
    );
    assert_eq!(
        of("memorydb"),
        "aws memorydb create-cluster --region eu-west-1 --cluster-name sessions --snapshot-name sessions-kept \
         --node-type db.t4g.small --acl-name open-access"
    );
    run_printed(url, of("redshift"));
    memorydb(
        url,
        "CreateCluster",
        &json!({"ClusterName": "sessions", "SnapshotName": "sessions-kept", "NodeType": "db.t4g.small",
            "ACLName": "open-access"}),
    );
    let (after, _) = whose(url, &["scan", "--fail-on", "never"]);
    let live = after["resources"].as_array().expect("a list");
    for id in ["figures", "sessions"] {
        assert!(live.iter().any(|one| one["id"] == id), "{id} is not back");
    }
}

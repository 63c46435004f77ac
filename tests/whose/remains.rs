//! What AWS keeps of deleted things: asked for, told with its deadline, and had back by the command that is printed.
//!
//! The emulator has keys, secrets, tables and buckets. It has no recycle bin, and lists neither inactive task definitions
//! nor recovery points: their listings are tested with recorded answers, beside them.

use serde_json::{Value, json};

use crate::cli::run;
use crate::harness::{Server, own_account, states, whose_at};
use crate::wire::{post, send};

/// Calls a service of a JSON protocol.
pub(crate) fn call(url: &str, service: &str, target: &str, body: &Value) -> Value {
    let scope = format!("Credential=test/20260101/eu-west-1/{service}/aws4_request");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = [
        header(
            "Authorization",
            &format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
        ),
        header("Content-Type", "application/x-amz-json-1.1"),
        header("X-Amz-Target", target),
    ];
    let answer = post(url, "/", &headers, body.to_string().as_bytes());
    assert!(answer.status < 300, "{target}: {}", answer.text());
    serde_json::from_str(answer.text()).unwrap_or(Value::Null)
}

fn s3(url: &str, method: &str, path: &str, body: &str) {
    let scope = "Credential=test/20260101/eu-west-1/s3/aws4_request";
    let authorization = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0");
    let headers = [("Authorization".to_owned(), authorization)];
    let answer = send(method, url, path, &headers, body.as_bytes());
    assert!(answer.status < 300, "{method} {path}: {}", answer.text());
}

/// The target prefix of each service that printed commands name.
fn prefix(service: &str) -> &'static str {
    match service {
        "kms" => "TrentService",
        "secretsmanager" => "secretsmanager",
        "dynamodb" => "DynamoDB_20120810",
        "ecs" => "AmazonEC2ContainerServiceV20141113",
        other => panic!("{other} is not tried here"),
    }
}

/// `target-table-name` as the API writes it.
fn camel(words: &str) -> String {
    let words = words.trim_start_matches("--").split('-');
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Runs a printed command, or several joined by `&&`, as the AWS CLI would.
fn run_printed(url: &str, command: &str) {
    for command in command.split(" && ") {
        let words: Vec<&str> = command.split(' ').collect();
        let ["aws", service, operation, "--region", "eu-west-1", options @ ..] = words.as_slice() else {
            panic!("{command}");
        };
        let mut body = json!({});
        let mut at = 0;
        while at < options.len() {
            let value = options.get(at + 1).filter(|word| !word.starts_with("--"));
            body[camel(options[at])] = value.map_or(Value::Bool(true), |value| Value::from(*value));
            at += if value.is_some() { 2 } else { 1 };
        }
        call(
            url,
            service,
            &format!("{}.{}", prefix(service), camel(operation)),
            &body,
        );
    }
}

fn drill(url: &str) -> Value {
    let mut command = whose_at(url);
    command.args([
        "recoverable",
        "--no-config",
        "--region",
        "eu-west-1",
        "--state",
        &states("story-healthy"),
    ]);
    command.args([
        "--kind",
        "described",
        "--kind",
        "aws_dynamodb_table",
        "--kind",
        "aws_s3_bucket",
    ]);
    let (out, err, _) = run(command.args(["--format", "json"]));
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"))
}

/// What waits, as `kind id`, and the commands.
fn waiting(drill: &Value) -> Vec<(String, String, String)> {
    let all = drill["remains"].as_array().expect("a list");
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    all.iter()
        .map(|one| (text(one, "kind"), text(one, "id"), text(one, "command")))
        .collect()
}

struct Story {
    server: Server,
    key: String,
    secret: String,
    task: String,
}

/// An account in which a key, a secret, a table, a task definition and an object were deleted.
fn story() -> Story {
    let server = own_account("story-healthy");
    let url = server.url.as_str();
    let key = call(url, "kms", "TrentService.CreateKey", &json!({"Description": "orders"}));
    let key = key["KeyMetadata"]["KeyId"].as_str().expect("an id").to_owned();
    call(
        url,
        "kms",
        "TrentService.ScheduleKeyDeletion",
        &json!({"KeyId": key, "PendingWindowInDays": 7}),
    );
    let secret = call(
        url,
        "secretsmanager",
        "secretsmanager.CreateSecret",
        &json!({"Name": "orders", "SecretString": "CANARY-secret", "ClientRequestToken": "00000000-0000-4000-8000-000000000000"}),
    );
    let secret = secret["ARN"].as_str().expect("an ARN").to_owned();
    call(
        url,
        "secretsmanager",
        "secretsmanager.DeleteSecret",
        &json!({"SecretId": secret}),
    );
    for table in ["orders", "carts"] {
        call(
            url,
            "dynamodb",
            "DynamoDB_20120810.CreateTable",
            &json!({"TableName": table, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
        );
    }
    call(
        url,
        "dynamodb",
        "DynamoDB_20120810.UpdateContinuousBackups",
        &json!({"TableName": "carts", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}),
    );
    call(
        url,
        "dynamodb",
        "DynamoDB_20120810.CreateBackup",
        &json!({"TableName": "orders", "BackupName": "before"}),
    );
    let task = call(
        url,
        "ecs",
        "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
        &json!({"family": "orders", "containerDefinitions": [{"name": "app", "image": "app", "memory": 128}]}),
    );
    let task = task["taskDefinition"]["taskDefinitionArn"]
        .as_str()
        .expect("an ARN")
        .to_owned();
    s3(
        url,
        "PUT",
        "/whose-versions",
        "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>",
    );
    s3(
        url,
        "PUT",
        "/whose-versions?versioning",
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    );
    s3(url, "PUT", "/whose-versions/CANARY-object", "x");
    s3(url, "DELETE", "/whose-versions/CANARY-object", "");
    Story {
        server,
        key,
        secret,
        task,
    }
}

#[test]
fn what_waits_for_its_deletion_is_told_and_the_commands_take_it_back() {
    let story = story();
    let url = story.server.url.as_str();
    let before = drill(url);
    let all = waiting(&before);
    let kinds: Vec<(&str, &str)> = all.iter().map(|(kind, id, _)| (kind.as_str(), id.as_str())).collect();
    assert_eq!(
        kinds,
        [
            ("aws_kms_key", story.key.as_str()),
            ("aws_secretsmanager_secret", story.secret.as_str())
        ],
        "{before:#}"
    );
    for one in before["remains"].as_array().expect("a list") {
        assert!(one["deadline"].is_string(), "{one}");
    }
    // Tables and buckets say what is kept inside of them.
    let standing = |id: &str| {
        let all = before["resources"].as_array().expect("a list");
        all.iter()
            .find(|one| one["id"] == id)
            .unwrap_or_else(|| panic!("no {id}: {before:#}"))
    };
    let kept = |id: &str| &standing(id)["kept"][0];
    assert!(
        kept("carts")["command"]
            .as_str()
            .expect("a command")
            .contains("restore-table-to-point-in-time")
    );
    assert!(kept("orders")["command"].is_null() && kept("orders")["sentence"].as_str().expect("why").contains("off"));
    let bucket = kept("whose-versions");
    assert!(
        bucket["sentence"]
            .as_str()
            .expect("why")
            .contains("1 deleted object lies"),
        "{bucket}"
    );
    let restore = standing("orders")["outside"][0]["command"].as_str().expect("a command");
    assert!(
        restore.contains("--target-table-name orders-restored --backup-arn arn:"),
        "{restore}"
    );
    assert!(
        !before.to_string().contains("CANARY"),
        "no name of an object and no value comes out"
    );

    for (_, _, command) in &all {
        run_printed(url, command);
    }
    run_printed(url, restore);
    run_printed(url, kept("carts")["command"].as_str().expect("a command"));
    let after = drill(url);
    assert_eq!(waiting(&after), [], "all of it is back");
    let tables: Vec<&str> = after["resources"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert!(
        tables.contains(&"orders-restored") && tables.contains(&"carts-restored"),
        "{tables:?}"
    );
}

#[test]
fn what_is_lost_and_kept_stands_with_what_is_gone() {
    let story = story();
    let url = story.server.url.as_str();
    let folder = tempfile::tempdir().expect("a folder");
    let kinds = "aws_ecs_task_definition,aws_dynamodb_table,aws_dynamodb_backup";
    let scan = |arguments: &[&str]| {
        let mut command = whose_at(url);
        command
            .args(arguments)
            .args(["--no-config", "--region", "eu-west-1", "--kind", kinds]);
        run(command.args(["--state", &states("story-healthy")]))
    };
    let snapshots = folder.path().to_str().expect("UTF-8");
    let (_, err, _) = scan(&["scan", "--fail-on", "never", "--snapshot", snapshots, "-o", "/dev/null"]);
    assert!(err.contains("saved"), "{err}");
    call(
        url,
        "ecs",
        "AmazonEC2ContainerServiceV20141113.DeregisterTaskDefinition",
        &json!({"taskDefinition": story.task}),
    );
    call(
        url,
        "dynamodb",
        "DynamoDB_20120810.DeleteTable",
        &json!({"TableName": "orders"}),
    );
    let (out, err, code) = scan(&[
        "triage",
        "--since",
        "last",
        "--snapshots",
        snapshots,
        "--no-trail",
        "--format",
        "json",
    ]);
    let triage: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    assert_eq!(code, 3, "{err}");
    let ways: Vec<&str> = triage["restore"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|way| way["command"].as_str())
        .collect();
    let [way] = ways.as_slice() else { panic!("{ways:?}") };
    // Its name is free, so it gets it back.
    assert!(
        way.starts_with(
            "aws dynamodb restore-table-from-backup --region eu-west-1 --target-table-name orders --backup-arn"
        ),
        "{way}"
    );
    run_printed(url, way);
    let (out, ..) = scan(&[
        "triage",
        "--since",
        "last",
        "--snapshots",
        snapshots,
        "--no-trail",
        "--format",
        "json",
    ]);
    let triage: Value = serde_json::from_str(&out).expect("JSON");
    let gone: Vec<&str> = triage["gone"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["kind"].as_str())
        .collect();
    assert_eq!(gone, ["aws_ecs_task_definition"], "the table is back");
}

#[test]
fn what_cannot_be_asked_for_is_said() {
    let server = own_account("story-healthy");
    let proxy = crate::proxy::Proxy::start(
        &server.url,
        vec![crate::proxy::rule(
            "secretsmanager:ListSecrets",
            crate::proxy::Fault::Denied,
        )],
    );
    let drill = drill(&proxy.url);
    let unseen: Vec<&str> = drill["unseen_backups"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let denied = |line: &&str| line.contains("secret that waits for its deletion in eu-west-1: denied");
    assert!(unseen.iter().any(denied), "{unseen:?}");
}

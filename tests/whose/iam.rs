//! The emulator's own enforcement of IAM policies: denials that no proxy made.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;
use whose::model::CellStatus;

use crate::harness::{REGIONS, Run, json, own_account, states, whose_at};
use crate::wire::{element, post, query_in};

const VERSION: &str = "2010-05-08";
const REGION: &str = "eu-west-1";

/// Everything that whose asks but RDS, AWS Backup and volumes.
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["ec2:Describe*","ecs:Describe*","ecs:List*","elasticloadbalancing:Describe*","sts:GetCallerIdentity","dynamodb:List*","cloudformation:List*"],"Resource":"*"},
    {"Effect":"Deny","Action":"ec2:DescribeVolumes","Resource":"*"}]}"#;

/// A user with one policy, and its keys.
fn user(url: &str, name: &str, policy: &str) -> (String, String) {
    let iam =
        |action: &str, parameters: &[(&str, &str)]| query_in(url, "iam", "us-east-1", VERSION, action, parameters);
    iam("CreateUser", &[("UserName", name)]);
    let parameters = [("UserName", name), ("PolicyName", "looks"), ("PolicyDocument", policy)];
    iam("PutUserPolicy", &parameters);
    let keys = iam("CreateAccessKey", &[("UserName", name)]);
    let key = |name: &str| element(keys.text(), name).expect("a key").to_owned();
    (key("AccessKeyId"), key("SecretAccessKey"))
}

/// From here on every request is checked against its caller's policies.
fn enforce(url: &str) {
    assert_eq!(post(url, "/moto-api/reset-auth", &[], b"0").status, 200);
}

#[test]
fn what_a_policy_does_not_allow_is_denied_and_the_rest_is_seen() {
    let server = own_account("story-healthy");
    let (id, secret) = user(&server.url, "limited", POLICY);
    enforce(&server.url);

    let scan = |id: &str, secret: &str| {
        let mut command = whose_at(&server.url);
        command
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret);
        command.args([
            "scan",
            "--no-config",
            "--kind",
            "described",
            "--region",
            REGIONS,
            "--state",
            &states("story-healthy"),
        ]);
        command
    };
    let run = json(&mut scan(&id, &secret));
    assert_eq!(run.code, 4, "{}", run.stderr);
    for cell in &run.document.coverage.cells {
        if cell.kind == *"aws_rds_cluster_automated_backup" {
            // The emulator does not know the operation; the account answers it, and asks nobody.
            continue;
        }
        let kind = whose::kinds::kind(&cell.kind);
        let denied =
            kind.is_some_and(|kind| matches!(kind.service, "rds" | "backup")) || cell.kind == *"aws_ebs_volume";
        let expected = if denied { CellStatus::Denied } else { CellStatus::Listed };
        assert_eq!(
            cell.status, expected,
            "{} {}: {:?}",
            cell.kind, cell.region, cell.detail
        );
    }
    let rds = run.ids(|one| one.kind.starts_with("aws_db_") || one.kind == "aws_ebs_volume");
    assert_eq!(rds, Vec::<String>::new());
    assert_eq!(
        run.missing(),
        Vec::<&str>::new(),
        "the database is claimed and was not looked for"
    );
    assert_eq!(run.document.summary.unmanaged, 0);
    assert!(run.document.summary.managed + run.document.summary.shared > 40);

    // With the wrong secret nothing can be said at all, and nothing is reported.
    let (stdout, stderr, code) = crate::cli::run(&mut scan(&id, "wrong"));
    assert_eq!((stdout.as_str(), code), ("", 1), "{stderr}");
    assert!(stderr.contains("not valid"), "{stderr}");
}

/// Described kinds, and kinds of the table whose services the emulator guards.
const KINDS: &str = "described,aws_sqs_queue,aws_sns_topic,aws_dynamodb_table,aws_kms_key,aws_secretsmanager_secret,\
    aws_ssm_parameter,aws_cloudwatch_log_group,aws_iam_role,aws_iam_user,aws_cloudformation_stack,aws_ecr_repository,\
    aws_sfn_state_machine,aws_autoscaling_group";

/// Actions that are left out one at a time, and every kind that is not wholly seen then.
const LESS: &[(&str, &[&str])] = &[
    ("sqs:ListQueues", &["aws_sqs_queue"]),
    ("sqs:GetQueueAttributes", &["aws_sqs_queue.settings"]),
    ("sns:ListTopics", &["aws_sns_topic"]),
    ("dynamodb:ListTables", &["aws_dynamodb_table"]),
    ("kms:ListKeys", &["aws_kms_key"]),
    ("secretsmanager:ListSecrets", &["aws_secretsmanager_secret"]),
    ("logs:DescribeLogGroups", &["aws_cloudwatch_log_group"]),
    ("iam:GetAccountAuthorizationDetails", &["aws_iam_role", "aws_iam_user"]),
    (
        "cloudformation:ListStacks",
        &["aws_cloudformation_stack", "aws_stack_resources"],
    ),
    ("cloudformation:ListStackResources", &["aws_stack_resources"]),
    ("tag:GetResources", &["aws_resource_tags"]),
    ("ec2:DescribeRegions", &["aws_regions"]),
    ("ec2:DescribeVpcs", &["aws_internet_gateway", "aws_vpc"]),
    ("ec2:DescribeSubnets", &["aws_subnet"]),
    ("ecs:ListClusters", &["aws_ecs_cluster", "aws_ecs_service"]),
];

/// A policy as the emulator takes it: it knows an action by the name under which its request is signed.
fn for_the_emulator(policy: &str) -> String {
    policy.replace("\"tag:", "\"tagging:")
}

/// Its listing is a GET with a query, whose signature the emulator takes for a wrong one.
const NOT_ENFORCED: &str = "aws_backup_recovery_point";

#[test]
fn the_policy_that_is_printed_suffices_and_each_of_its_actions_is_needed() {
    let server = own_account("story-healthy");
    let ask = |service: &str, version: &str, action: &str, parameters: &[(&str, &str)]| {
        query_in(&server.url, service, REGION, version, action, parameters);
    };
    ask("sqs", "2012-11-05", "CreateQueue", &[("QueueName", "jobs")]);
    let stack = r#"{"Resources":{"News":{"Type":"AWS::SNS::Topic"}}}"#;
    let stack = [("StackName", "shop"), ("TemplateBody", stack)];
    ask("cloudformation", "2010-05-15", "CreateStack", &stack);

    let (policy, stderr, code) = crate::cli::run(crate::cli::whose().args(["policy", "--kind", KINDS]));
    assert_eq!(code, 0, "{stderr}");
    let document: Value = serde_json::from_str(&policy).expect("JSON");
    let actions = document["Statement"][0]["Action"].as_array().expect("actions").clone();
    let without = |left_out: &str| {
        let mut document = document.clone();
        document["Statement"][0]["Action"] = actions.iter().filter(|one| **one != left_out).cloned().collect();
        for_the_emulator(&document.to_string())
    };
    let exact = user(&server.url, "exact", &for_the_emulator(&policy));
    let users: Vec<_> = (0..)
        .zip(LESS)
        .map(|(number, (action, kinds))| {
            assert!(actions.contains(&Value::from(*action)), "{action} is not in the policy");
            let keys = user(&server.url, &format!("less-{number}"), &without(action));
            (*action, *kinds, keys)
        })
        .collect();
    enforce(&server.url);

    let scan = |(id, secret): &(String, String)| -> Run {
        let mut command = whose_at(&server.url);
        command
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret);
        command.args(["scan", "--no-config", "--region", REGION, "--kind", KINDS]);
        json(&mut command)
    };
    let run = scan(&exact);
    assert_eq!(gaps(&run), BTreeSet::new(), "{:?}", run.gaps());
    let left = Mutex::new(users.iter());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((action, kinds, keys)) = left.lock().expect("not poisoned").next() else {
                        break;
                    };
                    let run = scan(keys);
                    let expected: BTreeSet<&str> = kinds.iter().copied().collect();
                    if gaps(&run) != expected {
                        wrong
                            .lock()
                            .expect("not poisoned")
                            .push(format!("without {action}: {:?}", run.gaps()));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("not poisoned");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Kinds that are gaps, each for being denied.
fn gaps(run: &Run) -> BTreeSet<&str> {
    let cells = run.document.coverage.cells.iter();
    cells
        .filter(|cell| !matches!(cell.status, CellStatus::Listed | CellStatus::NotEnabled))
        .filter(|cell| cell.kind != *NOT_ENFORCED)
        .inspect(|cell| assert_eq!(cell.status, CellStatus::Denied, "{cell:?}"))
        .map(|cell| cell.kind.as_str())
        .collect()
}

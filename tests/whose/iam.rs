//! The emulator's own enforcement of IAM policies: denials that no proxy made.

use whose::model::CellStatus;

use crate::harness::{REGIONS, json, own_account, states, whose_at};
use crate::wire::{element, post, query_in};

const VERSION: &str = "2010-05-08";
/// Everything that whose asks but RDS, AWS Backup and volumes.
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["ec2:Describe*","ecs:Describe*","ecs:List*","elasticloadbalancing:Describe*","sts:GetCallerIdentity","dynamodb:List*","cloudformation:List*"],"Resource":"*"},
    {"Effect":"Deny","Action":"ec2:DescribeVolumes","Resource":"*"}]}"#;

#[test]
fn what_a_policy_does_not_allow_is_denied_and_the_rest_is_seen() {
    let server = own_account("story-healthy");
    let iam = |action: &str, parameters: &[(&str, &str)]| {
        query_in(&server.url, "iam", "us-east-1", VERSION, action, parameters)
    };
    iam("CreateUser", &[("UserName", "limited")]);
    iam(
        "PutUserPolicy",
        &[
            ("UserName", "limited"),
            ("PolicyName", "looks"),
            ("PolicyDocument", POLICY),
        ],
    );
    let keys = iam("CreateAccessKey", &[("UserName", "limited")]);
    let key = |name: &str| element(keys.text(), name).expect("a key").to_owned();
    let (id, secret) = (key("AccessKeyId"), key("SecretAccessKey"));
    // From here on every request is checked against its caller's policies.
    assert_eq!(post(&server.url, "/moto-api/reset-auth", &[], b"0").status, 200);

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

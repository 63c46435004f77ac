//! What is seen in command lines, and what it is taken for.

use super::*;
use crate::model::Value;

fn shown(text: &str) -> Vec<String> {
    read(text, None)
        .iter()
        .map(|named| match &named.item {
            Item::Deletion(deletion) => {
                let settings: Vec<String> = deletion
                    .settings
                    .iter()
                    .map(|(name, value)| match value {
                        Value::Bool(yes) => format!(" {name}={yes}"),
                        Value::Text(text) => format!(" {name}={text}"),
                        Value::Integer(number) => format!(" {name}={number}"),
                        other => format!(" {name}={other:?}"),
                    })
                    .collect();
                format!(
                    "{} {}{}{}",
                    deletion.kind.map_or("-".to_owned(), |kind| kind.to_string()),
                    deletion.target,
                    deletion.region.map_or(String::new(), |region| format!(" in {region}")),
                    settings.concat()
                )
            }
            Item::Unresolved { why, .. } => format!("? {why}"),
        })
        .collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(shown(text), expected, "{text}");
}

#[test]
fn deletions_of_the_story() {
    check("aws ec2 delete-vpc --vpc-id vpc-1", &["aws_vpc vpc-1"]);
    check(
        "aws ec2 delete-vpc --vpc-id=vpc-1 --region=eu-west-1",
        &["aws_vpc vpc-1 in eu-west-1"],
    );
    check(
        "aws --region eu-west-1 ec2 terminate-instances --instance-ids i-1 i-2",
        &["aws_instance i-1 in eu-west-1", "aws_instance i-2 in eu-west-1"],
    );
    check(
        "aws rds delete-db-instance --db-instance-identifier main --skip-final-snapshot --delete-automated-backups",
        &["aws_db_instance main delete_automated_backups=true skip_final_snapshot=true"],
    );
    check(
        "aws rds delete-db-instance --db-instance-identifier main --final-db-snapshot-identifier last --no-delete-automated-backups",
        &["aws_db_instance main delete_automated_backups=false final_snapshot_identifier=last"],
    );
    check(
        "aws ecs delete-service --cluster c --service s --force",
        &["aws_ecs_service c/s force_destroy=true"],
    );
    check("aws ecs delete-service --service s", &["aws_ecs_service default/s"]);
    check(
        "aws ecs delete-service --cluster arn:aws:ecs:eu-west-1:123456789012:cluster/c --service s",
        &["aws_ecs_service c/s"],
    );
    check(
        "aws s3 rb s3://logs --force",
        &["aws_s3_bucket logs force_destroy=true"],
    );
    check(
        "aws s3 rm --recursive s3://logs",
        &["aws_s3_bucket logs force_destroy=true"],
    );
    check(
        "aws ec2 release-address --allocation-id eipalloc-1",
        &["aws_eip eipalloc-1"],
    );
    check(
        "aws kms schedule-key-deletion --key-id k --pending-window-in-days 7",
        &["aws_kms_key k deletion_window_in_days=7"],
    );
}

#[test]
fn scripts_with_loops_and_variables() {
    check(
        "#!/bin/sh\nR=eu-west-1\nfor id in vpc-1 vpc-2; do\n  aws ec2 delete-vpc --vpc-id \"$id\" --region $R\ndone\n",
        &["aws_vpc vpc-1 in eu-west-1", "aws_vpc vpc-2 in eu-west-1"],
    );
    check(
        "del() { aws ec2 delete-vpc --vpc-id \"$1\"; }\ndel vpc-1\ndel vpc-2",
        &["aws_vpc vpc-1", "aws_vpc vpc-2"],
    );
    check("aws ec2 \\\n  delete-vpc \\\n  --vpc-id vpc-1", &["aws_vpc vpc-1"]);
    check(
        "export AWS_REGION=us-east-1\naws ec2 delete-vpc --vpc-id vpc-1",
        &["aws_vpc vpc-1 in us-east-1"],
    );
}

#[test]
fn what_cannot_be_told_is_a_question() {
    for text in [
        "aws ec2 delete-vpc --vpc-id $ID",
        "aws ec2 delete-vpc --vpc-id $(cat id)",
        "aws ec2 delete-vpc",
        "aws ec2 delete-vpc --cli-input-json file://x.json",
        "aws ec2 delete-something-new --id x",
        "aws ec2 delete-vpc --vpc-id vpc-1 --region $R",
        "aws ec2 delete-vpc --vpc-id vpc-1 --profile other",
        "AWS_PROFILE=other aws ec2 delete-vpc --vpc-id vpc-1",
        "AWS_ACCESS_KEY_ID=x aws ec2 delete-vpc --vpc-id vpc-1",
        "aws ec2 delete-vpc --vpc-id vpc-1 --endpoint-url http://localhost",
        "ssh host aws ec2 delete-vpc --vpc-id vpc-1",
        "cat ids | xargs -n1 aws ec2 delete-vpc --vpc-id",
        "while read id; do aws ec2 delete-vpc --vpc-id $id; done < ids",
        "aws s3 rm s3://logs/key",
        "aws s3api delete-objects --bucket b --delete file://x",
        "aws $X",
        "terraform destroy",
        "./more.sh",
        "python3 -c 'print(1)'",
        "vpc-0123456789abcdef0",
        "echo 'not closed",
    ] {
        let items = shown(text);
        assert!(items.iter().any(|item| item.starts_with('?')), "{text}: {items:?}");
    }
    for text in [
        "aws ec2 describe-vpcs",
        "aws ec2 create-vpc --cidr-block 10.0.0.0/16",
        "terraform plan",
        "echo aws ec2 delete-vpc",
        "",
    ] {
        assert!(shown(text).is_empty(), "{text}: {:?}", shown(text));
    }
}

#[test]
fn the_profile_of_the_look_may_be_named() {
    let items = read("aws ec2 delete-vpc --vpc-id vpc-1 --profile prod", Some("prod"));
    assert!(matches!(items[0].item, Item::Deletion(_)), "{items:?}");
}

#!/usr/bin/env python3
"""What people do by hand in the account wide-listed, for the tests of drift and of copies.

    by_hand.py URL change     changes a setting of one resource of each kind where the emulator lets it
    by_hand.py URL copy       makes what is there once more, where names need not be unique
"""
import json
import sys

import boto3


def client(name):
    return boto3.client(name, region_name="eu-west-1", endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test")


def change():
    sqs = client("sqs")
    jobs = sqs.get_queue_url(QueueName="wide-listed-jobs")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=jobs, Attributes={"VisibilityTimeout": "31"})
    topics = client("sns").list_topics()["Topics"]
    alerts = next(t["TopicArn"] for t in topics if t["TopicArn"].endswith("alerts"))
    client("sns").set_topic_attributes(TopicArn=alerts, AttributeName="DisplayName", AttributeValue="Noise")
    client("dynamodb").update_table(TableName="wide-listed-orders", ProvisionedThroughput={"ReadCapacityUnits": 50, "WriteCapacityUnits": 4})
    client("dynamodb").update_continuous_backups(
        TableName="wide-listed-orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    client("logs").put_retention_policy(logGroupName="/wide-listed/forever", retentionInDays=1)
    client("lambda").update_function_configuration(FunctionName="wide-listed-worker", Timeout=900)
    client("ecr").put_image_tag_mutability(repositoryName="wide-listed/web", imageTagMutability="MUTABLE")
    client("s3").put_bucket_versioning(Bucket="wide-listed-code", VersioningConfiguration={"Status": "Enabled"})
    # What is claimed on its own, as aws_s3_bucket_versioning: drift of that claim, and not of the bucket's.
    client("s3").put_bucket_versioning(Bucket="wide-listed-logs", VersioningConfiguration={"Status": "Suspended"})
    public = {"BlockPublicAcls": False, "BlockPublicPolicy": True, "IgnorePublicAcls": False, "RestrictPublicBuckets": False}
    client("s3").put_public_access_block(Bucket="wide-listed-logs", PublicAccessBlockConfiguration=public)
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
    client("iam").update_assume_role_policy(RoleName="wide-listed", PolicyDocument=json.dumps(trust))
    client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="wide-listed-old", MaxSize=30)
    client("events").disable_rule(Name="wide-listed-nightly")
    key = client("kms").describe_key(KeyId="alias/wide-listed")["KeyMetadata"]["KeyId"]
    client("kms").disable_key(KeyId=key)


def copy():
    tags = {"Project": "wide", "ManagedBy": "terraform"}
    client("kms").create_key(Description="wide listed", Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()])
    client("apigateway").create_rest_api(
        name="wide-listed", description="the first", endpointConfiguration={"types": ["REGIONAL"]}, tags=tags
    )


url = sys.argv[1]
{"change": change, "copy": copy}[sys.argv[2]]()

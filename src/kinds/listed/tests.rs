//! Listed kinds through the replay connector: two pages each, documented bodies, one subtle case.

mod conformance;
mod faults;

use rustc_hash::FxHashSet;

use super::list::{End, Group, Run};
use crate::aws::call::Place;
use crate::aws::fault::Reason;
use crate::aws::replay::Replay;
use crate::model::{Live, Value};

/// Lists one kind in account 123456789012, region eu-west-1.
async fn list(kind: &'static str, replay: &Replay) -> (Vec<Live>, End) {
    let group = Group::roots()
        .iter()
        .find(|group| group.kinds().contains(&kind))
        .expect("a group");
    let (clients, only) = (replay.clients(), FxHashSet::from_iter([kind]));
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
    };
    let run = Run::new(&clients, place, "eu-west-1".into(), &only);
    run.list(group).await;
    let (live, mut ends) = run.finish();
    (live, ends.remove(kind).expect("an end"))
}

/// Asserts that a listing that went well gave these ids, and the first of them these settings.
#[track_caller]
fn assert_first(found: &(Vec<Live>, End), ids: &[&str], settings: &[(&str, Value)]) {
    let (live, end) = found;
    assert!(end.fault.is_none() && end.settings.is_none(), "{end:?}");
    assert_eq!(live.iter().map(|live| &*live.id).collect::<Vec<_>>(), ids);
    for (path, wanted) in settings {
        let mut said = Vec::new();
        live[0]
            .configuration
            .each_at(path, &mut |value| said.push(value.clone()));
        let said = match said.len() {
            0 => Value::Null,
            1 => said.remove(0),
            _ => Value::List(said),
        };
        assert_eq!(said, *wanted, "{path}");
    }
}

fn table(name: &str) -> String {
    format!(
        r#"{{"Table":{{"TableName":"{name}","TableStatus":"ACTIVE","CreationDateTime":1.7673230e9,
        "AttributeDefinitions":[{{"AttributeName":"placed","AttributeType":"N"}},{{"AttributeName":"customer","AttributeType":"S"}}],
        "KeySchema":[{{"AttributeName":"customer","KeyType":"HASH"}},{{"AttributeName":"placed","KeyType":"RANGE"}}],
        "ProvisionedThroughput":{{"ReadCapacityUnits":5,"WriteCapacityUnits":4,"NumberOfDecreasesToday":0}},
        "SSEDescription":{{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms:eu-west-1:123456789012:key/0a1b"}},
        "DeletionProtectionEnabled":true,"ItemCount":12,"TableSizeBytes":4096}}}}"#
    )
}

const BACKUPS: &str = r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",
    "PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"ENABLED"}}}"#;

#[tokio::test]
async fn tables_of_two_pages_with_what_only_a_describe_call_says() {
    let replay = Replay::default()
        .answer(
            "ListTables",
            r#"{"TableNames":["orders"],"LastEvaluatedTableName":"orders"}"#,
        )
        .answer("ListTables", r#"{"TableNames":["sessions"]}"#)
        .answer("DescribeContinuousBackups", BACKUPS)
        .answer("DescribeContinuousBackups", BACKUPS)
        .answer("DescribeTable", &table("orders"))
        .answer("DescribeTable", &table("sessions"));
    let found = list("aws_dynamodb_table", &replay).await;
    assert_first(
        &found,
        &["orders", "sessions"],
        &[
            ("billing_mode", "PROVISIONED".into()),
            ("read_capacity", 5.into()),
            ("hash_key", "customer".into()),
            ("range_key", "placed".into()),
            ("attribute.name", Value::from(vec!["customer", "placed"])),
            ("deletion_protection_enabled", true.into()),
            ("point_in_time_recovery.enabled", true.into()),
            ("table_class", "STANDARD".into()),
            (
                "server_side_encryption.kms_key_arn",
                "arn:aws:kms:eu-west-1:123456789012:key/0a1b".into(),
            ),
        ],
    );
    assert!(found.0[0].created_at.is_some() && found.0[0].is_wholly_seen());
}

#[tokio::test]
async fn what_a_describe_call_does_not_say_is_a_gap_of_the_settings_and_what_is_gone_is_skipped() {
    let denied = r#"{"__type":"com.amazonaws.dynamodb#AccessDeniedException","Message":"CANARY"}"#;
    let gone = r#"{"__type":"com.amazonaws.dynamodb#ResourceNotFoundException"}"#;
    let replay = Replay::default()
        .answer("ListTables", r#"{"TableNames":["locked","deleted"]}"#)
        .answer("DescribeContinuousBackups", BACKUPS)
        .fail("DescribeContinuousBackups", 400, gone)
        .fail("DescribeTable", 400, denied);
    let (live, end) = list("aws_dynamodb_table", &replay).await;
    assert_eq!((live.len(), &*live[0].id, end.count), (1, "locked", 1));
    assert!(end.fault.is_none(), "it was listed: {end:?}");
    let fault = end.settings.expect("a gap");
    assert_eq!((fault.reason, fault.action), (Reason::Denied, "dynamodb:DescribeTable"));
    assert!(!live[0].is_wholly_seen());
    assert_eq!(live[0].configuration.get("hash_key"), None);
    assert_eq!(live[0].configuration.text("name"), Some("locked"));
}

#[tokio::test]
async fn buckets_are_asked_in_their_own_region_and_no_setting_is_no_gap() {
    let bucket = |name: &str, region: &str| {
        format!(
            "<Bucket><Name>{name}</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate><BucketRegion>{region}</BucketRegion></Bucket>"
        )
    };
    let page = |inside: &str, token: &str| {
        format!("<ListAllMyBucketsResult><Buckets>{inside}</Buckets>{token}</ListAllMyBucketsResult>")
    };
    let of = |region: &str, name: &str, what: &str| format!("https://s3.{region}.amazonaws.com/{name}?{what}=");
    let first = "https://s3.us-east-1.amazonaws.com/?max-buckets=1000";
    let none = |code: &str| format!("<Error><Code>{code}</Code></Error>");
    let replay = Replay::default()
        .answer(first, &page(&bucket("logs", "eu-west-1"), "<ContinuationToken>t</ContinuationToken>"))
        .answer(&format!("{first}&continuation-token=t"), &page(&bucket("code", "us-east-1"), ""))
        .answer(
            &of("eu-west-1", "logs", "encryption"),
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        )
        .answer(&of("eu-west-1", "logs", "versioning"), "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
        .answer(
            &of("eu-west-1", "logs", "publicAccessBlock"),
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><BlockPublicPolicy>false</BlockPublicPolicy></PublicAccessBlockConfiguration>",
        )
        .fail(&of("us-east-1", "code", "encryption"), 404, &none("ServerSideEncryptionConfigurationNotFoundError"))
        .answer(&of("us-east-1", "code", "versioning"), "<VersioningConfiguration/>")
        .fail(&of("us-east-1", "code", "publicAccessBlock"), 404, &none("NoSuchPublicAccessBlockConfiguration"));
    let found = list("aws_s3_bucket", &replay).await;
    assert_first(
        &found,
        &["logs", "code"],
        &[
            ("bucket", "logs".into()),
            ("versioning.enabled", true.into()),
            (
                "server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.sse_algorithm",
                "aws:kms".into(),
            ),
        ],
    );
    let mut parts = Vec::new();
    for path in [
        "public_access_block.block_public_acls",
        "public_access_block.block_public_policy",
        "versioning.versioning_configuration.status",
    ] {
        found.0[0]
            .configuration
            .each_at(&format!("aws_s3_bucket_{path}"), &mut |value| parts.push(value.clone()));
    }
    assert_eq!(
        parts,
        [true.into(), false.into(), Value::from("Enabled")],
        "what its parts are held against"
    );
    assert!(found.0[1].is_wholly_seen(), "nothing set is something said");
}

#[tokio::test]
async fn queues_and_topics_in_the_form_of_a_state() {
    let queue = |name: &str| format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}");
    let attributes = r#"{"Attributes":{"VisibilityTimeout":"90","DelaySeconds":"0","SqsManagedSseEnabled":"true","FifoQueue":"true",
        "CreatedTimestamp":"1767323045","RedrivePolicy":"{\"maxReceiveCount\":\"4\",\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:123456789012:dead.fifo\"}"}}"#;
    let replay = Replay::default()
        .answer(
            "ListQueues",
            &format!(r#"{{"QueueUrls":["{}"],"NextToken":"t"}}"#, queue("jobs.fifo")),
        )
        .answer("ListQueues", &format!(r#"{{"QueueUrls":["{}"]}}"#, queue("dead.fifo")))
        .answer("GetQueueAttributes", attributes)
        .answer("GetQueueAttributes", r#"{"Attributes":{"VisibilityTimeout":"30"}}"#);
    let found = list("aws_sqs_queue", &replay).await;
    assert_first(
        &found,
        &[&queue("jobs.fifo"), &queue("dead.fifo")],
        &[
            ("name", "jobs.fifo".into()),
            ("visibility_timeout_seconds", 90.into()),
            ("delay_seconds", 0.into()),
            ("fifo_queue", true.into()),
            (
                "redrive_policy",
                r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead.fifo","maxReceiveCount":"4"}"#
                    .into(),
            ),
        ],
    );
    let dead = "arn:aws:sqs:eu-west-1:123456789012:dead.fifo";
    assert!(
        found.0[0].references.iter().any(|one| &*one.target == dead),
        "the dead letter queue is used"
    );

    let topic = |name: &str| format!("arn:aws:sns:eu-west-1:123456789012:{name}");
    let page = |name: &str, token: &str| {
        format!(
            "<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>{}</TopicArn></member></Topics>{token}</ListTopicsResult></ListTopicsResponse>",
            topic(name)
        )
    };
    let entry = |key: &str, value: &str| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let attributes = |entries: &str| {
        format!(
            "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>{entries}</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>"
        )
    };
    let replay = Replay::default()
        .answer("ListTopics", &page("alerts", "<NextToken>t</NextToken>"))
        .answer("ListTopics", &page("other", ""))
        .answer(
            "GetTopicAttributes",
            &attributes(&(entry("Owner", "123456789012") + &entry("DisplayName", "Alerts"))),
        )
        .answer("GetTopicAttributes", &attributes(""));
    let found = list("aws_sns_topic", &replay).await;
    assert_first(
        &found,
        &[&topic("alerts"), &topic("other")],
        &[("name", "alerts".into()), ("display_name", "Alerts".into())],
    );
}

#[tokio::test]
async fn the_environment_of_a_function_is_never_kept() {
    let function = |name: &str| {
        format!(
            r#"{{"FunctionName":"{name}","FunctionArn":"arn:aws:lambda:eu-west-1:123456789012:function:{name}","Runtime":"python3.12",
            "Role":"arn:aws:iam::123456789012:role/wide/worker","Handler":"main.handler","Timeout":30,"MemorySize":256,"CodeSha256":"q1w2",
            "VpcConfig":{{"SubnetIds":["subnet-0b","subnet-0a"],"SecurityGroupIds":["sg-0a"],"VpcId":"vpc-0a"}},"PackageType":"Zip",
            "Environment":{{"Variables":{{"TOKEN":"CANARY-env-secret-91bc","QUEUE":"arn:aws:sqs:eu-west-1:123456789012:jobs"}}}},
            "Layers":[{{"Arn":"arn:aws:lambda:eu-west-1:123456789012:layer:base:7","CodeSize":1}}],"Architectures":["arm64"]}}"#
        )
    };
    let uri = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions?MaxItems=1000";
    let replay = Replay::default()
        .answer(
            uri,
            &format!(r#"{{"Functions":[{}],"NextMarker":"m"}}"#, function("worker")),
        )
        .answer(
            &format!("{uri}&Marker=m"),
            &format!(r#"{{"Functions":[{}]}}"#, function("other")),
        );
    let found = list("aws_lambda_function", &replay).await;
    assert_first(
        &found,
        &["worker", "other"],
        &[
            ("memory_size", 256.into()),
            ("role", "arn:aws:iam::123456789012:role/wide/worker".into()),
            ("vpc_config.subnet_ids", Value::from(vec!["subnet-0a", "subnet-0b"])),
            (
                "layers",
                Value::from("arn:aws:lambda:eu-west-1:123456789012:layer:base:7"),
            ),
        ],
    );
    assert!(!format!("{:?}", found.0).contains("CANARY"));
    let queue = "arn:aws:sqs:eu-west-1:123456789012:jobs";
    assert!(
        found.0[0].references.iter().any(|one| &*one.target == queue),
        "what it names it uses"
    );
}

#[tokio::test]
async fn databases_of_several_services() {
    let page = |id: &str, marker: &str| {
        format!(
            "<DescribeCacheClustersResponse><DescribeCacheClustersResult>{marker}<CacheClusters><CacheCluster><CacheClusterId>{id}</CacheClusterId>\
             <Engine>redis</Engine><EngineVersion>7.0.7</EngineVersion><CacheNodeType>cache.t3.micro</CacheNodeType><NumCacheNodes>1</NumCacheNodes>\
             <CacheSubnetGroupName>main</CacheSubnetGroupName><CacheParameterGroup><CacheParameterGroupName>default.redis7</CacheParameterGroupName></CacheParameterGroup>\
             <SecurityGroups><member><SecurityGroupId>sg-0b</SecurityGroupId></member><member><SecurityGroupId>sg-0a</SecurityGroupId></member></SecurityGroups>\
             <ReplicationGroupId>cache</ReplicationGroupId><AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade>\
             <ARN>arn:aws:elasticache:eu-west-1:123456789012:cluster:{id}</ARN></CacheCluster></CacheClusters>\
             </DescribeCacheClustersResult></DescribeCacheClustersResponse>"
        )
    };
    let replay = Replay::default()
        .answer("DescribeCacheClusters", &page("cache-001", "<Marker>m</Marker>"))
        .answer("DescribeCacheClusters", &page("cache-002", ""));
    let found = list("aws_elasticache_cluster", &replay).await;
    assert_first(
        &found,
        &["cache-001", "cache-002"],
        &[
            ("num_cache_nodes", 1.into()),
            ("engine_version_actual", "7.0.7".into()),
            ("parameter_group_name", "default.redis7".into()),
            ("security_group_ids", Value::from(vec!["sg-0a", "sg-0b"])),
        ],
    );
    assert!(found.0[0].part_of.is_some(), "a member of its replication group");

    let page = |id: &str, marker: &str| {
        format!(
            "<DescribeReplicationGroupsResponse><DescribeReplicationGroupsResult>{marker}<ReplicationGroups><ReplicationGroup><ReplicationGroupId>{id}</ReplicationGroupId>\
             <Description>sessions</Description><AutomaticFailover>enabled</AutomaticFailover><MultiAZ>disabled</MultiAZ><CacheNodeType>cache.t3.micro</CacheNodeType>\
             <AtRestEncryptionEnabled>true</AtRestEncryptionEnabled><ARN>arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:{id}</ARN></ReplicationGroup></ReplicationGroups>\
             </DescribeReplicationGroupsResult></DescribeReplicationGroupsResponse>"
        )
    };
    let replay = Replay::default()
        .answer("DescribeReplicationGroups", &page("cache", "<Marker>m</Marker>"))
        .answer("DescribeReplicationGroups", &page("other", ""));
    let found = list("aws_elasticache_replication_group", &replay).await;
    assert_first(
        &found,
        &["cache", "other"],
        &[
            ("automatic_failover_enabled", true.into()),
            ("multi_az_enabled", false.into()),
            ("description", "sessions".into()),
        ],
    );

    let page = |id: &str, marker: &str| {
        format!(
            "<DescribeClustersResponse><DescribeClustersResult>{marker}<Clusters><Cluster><ClusterIdentifier>{id}</ClusterIdentifier><NodeType>ra3.xlplus</NodeType>\
             <NumberOfNodes>2</NumberOfNodes><DBName>dev</DBName><Endpoint><Port>5439</Port></Endpoint><Encrypted>true</Encrypted><MasterUsername>admin</MasterUsername>\
             <IamRoles><ClusterIamRole><IamRoleArn>arn:aws:iam::123456789012:role/load</IamRoleArn></ClusterIamRole></IamRoles>\
             <VpcSecurityGroups><VpcSecurityGroup><VpcSecurityGroupId>sg-0a</VpcSecurityGroupId></VpcSecurityGroup></VpcSecurityGroups></Cluster></Clusters>\
             </DescribeClustersResult></DescribeClustersResponse>"
        )
    };
    let replay = Replay::default()
        .answer("DescribeClusters", &page("warehouse", "<Marker>m</Marker>"))
        .answer("DescribeClusters", &page("other", ""));
    let found = list("aws_redshift_cluster", &replay).await;
    assert_first(
        &found,
        &["warehouse", "other"],
        &[
            ("port", 5439.into()),
            ("number_of_nodes", 2.into()),
            ("encrypted", true.into()),
            ("iam_roles", "arn:aws:iam::123456789012:role/load".into()),
            ("vpc_security_group_ids", "sg-0a".into()),
        ],
    );

    let cluster = |name: &str| {
        format!(
            r#"{{"clusterArn":"arn:aws:kafka:eu-west-1:123456789012:cluster/{name}/0a","clusterName":"{name}","clusterType":"PROVISIONED","state":"ACTIVE",
            "provisioned":{{"numberOfBrokerNodes":3,"enhancedMonitoring":"DEFAULT","currentBrokerSoftwareInfo":{{"kafkaVersion":"3.5.1"}},
            "brokerNodeGroupInfo":{{"clientSubnets":["subnet-0a"],"instanceType":"kafka.m5.large","securityGroups":["sg-0a"],
            "storageInfo":{{"ebsStorageInfo":{{"volumeSize":100}}}}}}}}}}"#
        )
    };
    let uri = "https://kafka.eu-west-1.amazonaws.com/api/v2/clusters?maxResults=100";
    let replay = Replay::default()
        .answer(
            uri,
            &format!(r#"{{"clusterInfoList":[{}],"nextToken":"t"}}"#, cluster("events")),
        )
        .answer(
            &format!("{uri}&nextToken=t"),
            &format!(r#"{{"clusterInfoList":[{}]}}"#, cluster("other")),
        );
    let found = list("aws_msk_cluster", &replay).await;
    assert_first(
        &found,
        &[
            "arn:aws:kafka:eu-west-1:123456789012:cluster/events/0a",
            "arn:aws:kafka:eu-west-1:123456789012:cluster/other/0a",
        ],
        &[
            ("number_of_broker_nodes", 3.into()),
            (
                "broker_node_group_info.storage_info.ebs_storage_info.volume_size",
                100.into(),
            ),
            ("kafka_version", "3.5.1".into()),
        ],
    );

    let domain = r#"{"DomainStatus":{"DomainId":"1/logs","DomainName":"logs","ARN":"arn:aws:es:eu-west-1:123456789012:domain/logs","EngineVersion":"OpenSearch_2.11",
        "ClusterConfig":{"InstanceType":"t3.small.search","InstanceCount":2,"DedicatedMasterEnabled":false,"ZoneAwarenessEnabled":true},
        "EBSOptions":{"EBSEnabled":true,"VolumeType":"gp3","VolumeSize":20},"EncryptionAtRestOptions":{"Enabled":true},
        "VPCOptions":{"SubnetIds":["subnet-0a"],"SecurityGroupIds":["sg-0a"]}}}"#;
    let host = "https://es.eu-west-1.amazonaws.com/2021-01-01";
    let replay = Replay::default()
        .answer(
            &format!("{host}/domain"),
            r#"{"DomainNames":[{"DomainName":"logs","EngineType":"OpenSearch"}]}"#,
        )
        .answer(&format!("{host}/opensearch/domain/logs"), domain);
    let found = list("aws_opensearch_domain", &replay).await;
    assert_first(
        &found,
        &["logs"],
        &[
            ("engine_version", "OpenSearch_2.11".into()),
            ("cluster_config.instance_count", 2.into()),
            ("cluster_config.zone_awareness_enabled", true.into()),
            ("ebs_options.volume_size", 20.into()),
            ("vpc_options.subnet_ids", "subnet-0a".into()),
        ],
    );
}

#[tokio::test]
async fn of_a_state_machine_only_what_its_definition_refers_to_is_kept() {
    let machine = |name: &str| format!("arn:aws:states:eu-west-1:123456789012:stateMachine:{name}");
    let one = |name: &str| {
        format!(
            r#"{{"stateMachineArn":"{}","name":"{name}","type":"STANDARD","creationDate":1.7673230e9}}"#,
            machine(name)
        )
    };
    let definition = r#"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:lambda:eu-west-1:123456789012:function:worker\",\"Parameters\":{\"token\":\"CANARY-definition\"},\"End\":true}}}"#;
    let described = |name: &str| {
        format!(
            r#"{{"stateMachineArn":"{}","name":"{name}","roleArn":"arn:aws:iam::123456789012:role/flow","definition":"{definition}"}}"#,
            machine(name)
        )
    };
    let replay = Replay::default()
        .answer(
            "ListStateMachines",
            &format!(r#"{{"stateMachines":[{}],"nextToken":"t"}}"#, one("flow")),
        )
        .answer(
            "ListStateMachines",
            &format!(r#"{{"stateMachines":[{}]}}"#, one("other")),
        )
        .answer("DescribeStateMachine", &described("flow"))
        .answer("DescribeStateMachine", &described("other"));
    let found = list("aws_sfn_state_machine", &replay).await;
    assert_first(
        &found,
        &[&machine("flow"), &machine("other")],
        &[
            ("type", "STANDARD".into()),
            ("role_arn", "arn:aws:iam::123456789012:role/flow".into()),
            ("definition", Value::Null),
        ],
    );
    assert!(!format!("{:?}", found.0).contains("CANARY"));
    let worker = "arn:aws:lambda:eu-west-1:123456789012:function:worker";
    assert!(found.0[0].references.iter().any(|one| &*one.target == worker));
}

#[tokio::test]
async fn certificates_and_distributions() {
    let certificate = |name: &str| {
        format!(
            r#"{{"CertificateArn":"arn:aws:acm:eu-west-1:123456789012:certificate/{name}","DomainName":"{name}.example","InUse":false,"Exported":false,
            "SubjectAlternativeNameSummaries":["{name}.example","a.{name}.example"],"Status":"ISSUED","Type":"AMAZON_ISSUED","CreatedAt":1.7673230e9}}"#
        )
    };
    let replay = Replay::default()
        .answer(
            "ListCertificates",
            &format!(
                r#"{{"CertificateSummaryList":[{}],"NextToken":"t"}}"#,
                certificate("web")
            ),
        )
        .answer(
            "ListCertificates",
            &format!(r#"{{"CertificateSummaryList":[{}]}}"#, certificate("other")),
        );
    let found = list("aws_acm_certificate", &replay).await;
    assert_first(
        &found,
        &[
            "arn:aws:acm:eu-west-1:123456789012:certificate/web",
            "arn:aws:acm:eu-west-1:123456789012:certificate/other",
        ],
        &[
            ("domain_name", "web.example".into()),
            (
                "subject_alternative_names",
                Value::from(vec!["a.web.example", "web.example"]),
            ),
        ],
    );
    assert_eq!(found.0[0].observed.text("in_use"), Some("false"));

    let page = |id: &str, more: &str| {
        format!(
            "<DistributionList>{more}<Items><DistributionSummary><Id>{id}</Id><ARN>arn:aws:cloudfront::123456789012:distribution/{id}</ARN>\
             <Aliases><Quantity>1</Quantity><Items><CNAME>web.example</CNAME></Items></Aliases><Origins><Quantity>1</Quantity><Items><Origin><Id>s3</Id>\
             <DomainName>b.s3.amazonaws.com</DomainName></Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>s3</TargetOriginId>\
             <ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy></DefaultCacheBehavior><Comment>web</Comment><PriceClass>PriceClass_100</PriceClass>\
             <Enabled>true</Enabled><ViewerCertificate><ACMCertificateArn>arn:aws:acm:us-east-1:123456789012:certificate/web</ACMCertificateArn></ViewerCertificate>\
             <HttpVersion>HTTP2</HttpVersion><IsIPV6Enabled>true</IsIPV6Enabled></DistributionSummary></Items></DistributionList>"
        )
    };
    let uri = "https://cloudfront.amazonaws.com/2020-05-31/distribution?MaxItems=100";
    let replay = Replay::default()
        .answer(
            uri,
            &page("E1", "<IsTruncated>true</IsTruncated><NextMarker>E1</NextMarker>"),
        )
        .answer(
            &format!("{uri}&Marker=E1"),
            &page("E2", "<IsTruncated>false</IsTruncated>"),
        );
    let found = list("aws_cloudfront_distribution", &replay).await;
    assert_first(
        &found,
        &["E1", "E2"],
        &[
            ("aliases", "web.example".into()),
            ("origin.domain_name", "b.s3.amazonaws.com".into()),
            ("http_version", "http2".into()),
            ("enabled", true.into()),
            (
                "viewer_certificate.acm_certificate_arn",
                "arn:aws:acm:us-east-1:123456789012:certificate/web".into(),
            ),
        ],
    );
}

#[tokio::test]
async fn a_replica_of_a_secret_belongs_to_its_primary() {
    let secret = |region: &str, name: &str, primary: &str| {
        format!(
            r#"{{"ARN":"arn:aws:secretsmanager:{region}:123456789012:secret:{name}-AbCdEf","Name":"{name}","Description":"d"{primary}}}"#
        )
    };
    let here = secret("eu-west-1", "token", r#","PrimaryRegion":"eu-west-1""#);
    let other = secret("eu-west-1", "copy", r#","PrimaryRegion":"us-east-1""#);
    let plain = secret("eu-west-1", "plain", "");
    let replay = Replay::default()
        .answer(
            "ListSecrets",
            &format!(r#"{{"SecretList":[{here},{other}],"NextToken":"t"}}"#),
        )
        .answer("ListSecrets", &format!(r#"{{"SecretList":[{plain}]}}"#));
    let (live, _) = list("aws_secretsmanager_secret", &replay).await;
    let delegates: Vec<_> = live
        .iter()
        .map(|one| match &one.origin {
            crate::model::Origin::Delegated(delegate) => delegate.name.to_string(),
            _ => String::new(),
        })
        .collect();
    assert_eq!(delegates, ["", "us-east-1", ""]);
}

/// Answers in the shape of the services' API references: the emulator's backups of file systems do not say of which.
#[tokio::test]
async fn backups_say_what_they_are_of_and_which_of_them_die_with_it() {
    let files = r#"{"Backups":[
        {"BackupId":"backup-0a1b2c3d4e5f60001","Lifecycle":"AVAILABLE","Type":"AUTOMATIC","CreationTime":1732435200.0,
         "ResourceARN":"arn:aws:fsx:eu-west-1:123456789012:backup/backup-0a1b2c3d4e5f60001","FileSystem":{
            "FileSystemId":"fs-0a1b2c3d4e5f60000","SubnetIds":["subnet-0000000a"],
            "ResourceARN":"arn:aws:fsx:eu-west-1:123456789012:file-system/fs-0a1b2c3d4e5f60000"}},
        {"BackupId":"backup-0a1b2c3d4e5f60002","Lifecycle":"AVAILABLE","Type":"USER_INITIATED","CreationTime":1732435200.0,
         "ResourceARN":"arn:aws:fsx:eu-west-1:123456789012:backup/backup-0a1b2c3d4e5f60002","FileSystem":{
            "FileSystemId":"fs-0a1b2c3d4e5f60000",
            "ResourceARN":"arn:aws:fsx:eu-west-1:123456789012:file-system/fs-0a1b2c3d4e5f60000"}}]}"#;
    let (live, _) = list("aws_fsx_backup", &Replay::default().answer("DescribeBackups", files)).await;
    for backup in &live {
        assert_eq!(
            backup.observed.text("backup_of"),
            Some("arn:aws:fsx:eu-west-1:123456789012:file-system/fs-0a1b2c3d4e5f60000")
        );
    }
    let wholes: Vec<Option<&str>> = live
        .iter()
        .map(|backup| backup.part_of.as_deref().map(|part| &*part.whole))
        .collect();
    assert_eq!(wholes, [Some("fs-0a1b2c3d4e5f60000"), None]);

    let snapshot = |name: &str, sort: &str, more: &str| {
        format!(
            "<Snapshot><SnapshotIdentifier>{name}</SnapshotIdentifier><ClusterIdentifier>figures</ClusterIdentifier>\
             <SnapshotCreateTime>2026-11-20T01:02:03.004Z</SnapshotCreateTime><Status>available</Status>\
             <ClusterCreateTime>2024-05-14T08:30:00.123Z</ClusterCreateTime>{more}<SnapshotType>{sort}</SnapshotType><ManualSnapshotRetentionPeriod>-1</ManualSnapshotRetentionPeriod>\
             <SnapshotArn>arn:aws:redshift:eu-west-1:123456789012:snapshot:figures/{name}</SnapshotArn></Snapshot>"
        )
    };
    let answer = format!(
        "<DescribeClusterSnapshotsResponse><DescribeClusterSnapshotsResult><Snapshots>{}{}{}</Snapshots>\
         </DescribeClusterSnapshotsResult></DescribeClusterSnapshotsResponse>",
        snapshot("kept", "manual", ""),
        snapshot("rs:figures", "automated", ""),
        snapshot("copied", "manual", "<SourceRegion>us-east-1</SourceRegion>"),
    );
    let (live, _) = list(
        "aws_redshift_cluster_snapshot",
        &Replay::default().answer("DescribeClusterSnapshots", &answer),
    )
    .await;
    let [kept, copied] = live.as_slice() else {
        panic!("{live:?}")
    };
    assert_eq!(
        copied.observed.text("backup_of"),
        Some("arn:aws:redshift:us-east-1:123456789012:cluster:figures")
    );
    assert_eq!(
        kept.observed.text("backup_of"),
        Some("arn:aws:redshift:eu-west-1:123456789012:cluster:figures")
    );
    assert_eq!(kept.observed.text("retained_from"), Some("2026-11-20T01:02:03.004Z"));
}

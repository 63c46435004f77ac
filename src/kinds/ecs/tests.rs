//! One recorded account for the whole family: what needs what is what is tested.

use super::*;
use crate::aws::replay::Replay;
use crate::model::{Live, Origin, Value};

const ARN: &str = "arn:aws:ecs:eu-west-1:123456789012";

fn arn(rest: &str) -> String {
    format!("{ARN}:{rest}")
}

fn by_id<'a>(live: &'a [Live], id: &str) -> &'a Live {
    live.iter().find(|live| *live.id == *id).expect(id)
}

fn texts(live: &Live, path: &str) -> Vec<String> {
    let mut texts = Vec::new();
    live.configuration.each_at(path, &mut |value| {
        value.each_text(&mut |text| texts.push(text.to_owned()));
    });
    texts
}

fn clusters(replay: Replay) -> Replay {
    replay
        .answer(
            "ListClusters",
            &format!(r#"{{"clusterArns":["{ARN}:cluster/prod"],"nextToken":"2"}}"#),
        )
        .answer(
            "ListClusters",
            &format!(r#"{{"clusterArns":["{ARN}:cluster/default","{ARN}:cluster/gone"]}}"#),
        )
        .answer(
            "DescribeClusters",
            &format!(
                r#"{{"clusters":[
                {{"clusterArn":"{ARN}:cluster/prod","clusterName":"prod","status":"ACTIVE","activeServicesCount":1,
                  "runningTasksCount":3,"pendingTasksCount":0,"registeredContainerInstancesCount":0,
                  "settings":[{{"name":"containerInsights","value":"disabled"}}],
                  "configuration":{{"executeCommandConfiguration":{{"kmsKeyId":"k-1",
                    "logConfiguration":{{"cloudWatchLogGroupName":"/ecs/exec","s3BucketName":"exec"}}}}}},
                  "capacityProviders":["FARGATE","spare"],"tags":[{{"key":"Project","value":"platform"}}]}},
                {{"clusterArn":"{ARN}:cluster/default","clusterName":"default","status":"ACTIVE",
                  "activeServicesCount":0,"runningTasksCount":0,"pendingTasksCount":0,
                  "registeredContainerInstancesCount":0}},
                {{"clusterArn":"{ARN}:cluster/gone","clusterName":"gone","status":"INACTIVE"}}],"failures":[]}}"#
            ),
        )
}

fn services(replay: Replay) -> Replay {
    replay
        .answer(
            "ListServices",
            &format!(r#"{{"serviceArns":["{ARN}:service/prod/web"],"nextToken":"2"}}"#),
        )
        .answer(
            "ListServices",
            &format!(r#"{{"serviceArns":["{ARN}:service/prod/old","{ARN}:service/prod/gone"]}}"#),
        )
        .answer("ListServices", r#"{"serviceArns":[]}"#)
        .fail(
            "ListServices",
            400,
            r#"{"__type":"ClusterNotFoundException","message":"no"}"#,
        )
        .answer(
            "DescribeServices",
            &format!(
                r#"{{"services":[
                {{"serviceArn":"{ARN}:service/prod/web","serviceName":"web","clusterArn":"{ARN}:cluster/prod",
                  "status":"ACTIVE","desiredCount":2,"runningCount":2,"pendingCount":0,"launchType":"FARGATE",
                  "schedulingStrategy":"REPLICA","platformVersion":"LATEST","createdAt":1672531200.5,
                  "deploymentController":{{"type":"ECS"}},"taskDefinition":"{ARN}:task-definition/web:7",
                  "loadBalancers":[{{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1",
                    "containerName":"app","containerPort":8080}}],
                  "networkConfiguration":{{"awsvpcConfiguration":{{"subnets":["subnet-2","subnet-1"],
                    "securityGroups":["sg-1"],"assignPublicIp":"DISABLED"}}}},
                  "deployments":[{{"status":"PRIMARY","taskDefinition":"{ARN}:task-definition/web:7",
                    "serviceConnectConfiguration":{{"enabled":true,"namespace":"arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-1"}}}},
                    {{"status":"ACTIVE","taskDefinition":"{ARN}:task-definition/web:5"}}],
                  "roleArn":"arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
                  "enableExecuteCommand":false,"tags":[{{"key":"Name","value":"Web"}}]}},
                {{"serviceArn":"{ARN}:service/prod/old","serviceName":"old","clusterArn":"{ARN}:cluster/prod",
                  "status":"INACTIVE","taskDefinition":"{ARN}:task-definition/web:1"}}],
                "failures":[{{"arn":"{ARN}:service/prod/gone","reason":"MISSING"}}]}}"#
            ),
        )
}

/// Three tasks run, and the service accounts for two.
fn tasks(replay: Replay) -> Replay {
    replay
        .answer(
            "ListTasks",
            &format!(r#"{{"taskArns":["{ARN}:task/prod/1"],"nextToken":"2"}}"#),
        )
        .answer("ListTasks", &format!(r#"{{"taskArns":["{ARN}:task/prod/2"]}}"#))
        .answer(
            "DescribeTasks",
            &format!(
                r#"{{"tasks":[
                {{"taskArn":"{ARN}:task/prod/1","group":"service:web","taskDefinitionArn":"{ARN}:task-definition/web:7"}},
                {{"taskArn":"{ARN}:task/prod/2","group":"family:migrate","taskDefinitionArn":"{ARN}:task-definition/migrate:1"}}]}}"#
            ),
        )
}

fn definition(family: &str, revision: u32, status: &str) -> String {
    format!(
        r#"{{"taskDefinition":{{"taskDefinitionArn":"{ARN}:task-definition/{family}:{revision}","family":"{family}",
        "revision":{revision},"status":"{status}","cpu":"256","memory":"512","networkMode":"awsvpc",
        "requiresCompatibilities":["FARGATE"],"registeredAt":1672531200,
        "executionRoleArn":"arn:aws:iam::123456789012:role/exec","taskRoleArn":"arn:aws:iam::123456789012:role/task",
        "runtimePlatform":{{"cpuArchitecture":"ARM64","operatingSystemFamily":"LINUX"}},
        "volumes":[{{"name":"data","efsVolumeConfiguration":{{"fileSystemId":"fs-1",
          "authorizationConfig":{{"accessPointId":"fsap-1"}}}}}}],
        "containerDefinitions":[{{"name":"app","image":"210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/app:v1",
          "environment":[{{"name":"PASSWORD","value":"hunter2"}}],"command":["--token","hunter2"],
          "secrets":[{{"name":"A","valueFrom":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf:password::"}},
            {{"name":"B","valueFrom":"/app/key"}}],
          "environmentFiles":[{{"type":"s3","value":"arn:aws:s3:::env/prod/app.env"}}],
          "logConfiguration":{{"logDriver":"awslogs","options":{{"awslogs-group":"/ecs/web","awslogs-region":"eu-west-1"}}}}
        }}]}},"tags":[{{"key":"Project","value":"platform"}}]}}"#
    )
}

/// Described, in the order of ARNs: migrate:1, web:5 (deregistered, but still rolled back to), web:7, web:9 (latest).
fn definitions(replay: Replay) -> Replay {
    replay
        .answer(
            "ListTaskDefinitions",
            &format!(
                r#"{{"taskDefinitionArns":["{ARN}:task-definition/web:9","{ARN}:task-definition/web:7"],"nextToken":"2"}}"#
            ),
        )
        .answer(
            "ListTaskDefinitions",
            &format!(
                r#"{{"taskDefinitionArns":["{ARN}:task-definition/web:6","{ARN}:task-definition/migrate:1","{ARN}:task-definition/lost:1"]}}"#
            ),
        )
        .fail(
            "DescribeTaskDefinition",
            400,
            r#"{"__type":"ClientException","message":"Unable to describe task definition."}"#,
        )
        .answer("DescribeTaskDefinition", &definition("migrate", 1, "ACTIVE"))
        .answer("DescribeTaskDefinition", &definition("web", 5, "INACTIVE"))
        .answer("DescribeTaskDefinition", &definition("web", 7, "ACTIVE"))
        .answer("DescribeTaskDefinition", &definition("web", 9, "ACTIVE"))
}

fn providers(replay: Replay) -> Replay {
    replay
        .answer(
            "DescribeCapacityProviders",
            &format!(
                r#"{{"capacityProviders":[{{"capacityProviderArn":"{ARN}:capacity-provider/FARGATE","name":"FARGATE",
                "status":"ACTIVE"}},{{"capacityProviderArn":"{ARN}:capacity-provider/old","name":"old",
                "status":"INACTIVE"}}],"nextToken":"2"}}"#
            ),
        )
        .answer(
            "DescribeCapacityProviders",
            &format!(
                r#"{{"capacityProviders":[{{"capacityProviderArn":"{ARN}:capacity-provider/ec2","name":"ec2",
                "status":"ACTIVE","tags":[{{"key":"Project","value":"platform"}}],
                "autoScalingGroupProvider":{{"autoScalingGroupArn":"arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:u:autoScalingGroupName/a",
                "managedScaling":{{"status":"ENABLED","targetCapacity":100}},"managedTerminationProtection":"ENABLED"}}}}]}}"#
            ),
        )
        // `spare` is shown by its cluster only.
        .answer(
            "DescribeCapacityProviders",
            &format!(
                r#"{{"capacityProviders":[{{"capacityProviderArn":"{ARN}:capacity-provider/FARGATE","name":"FARGATE"}},
                {{"capacityProviderArn":"{ARN}:capacity-provider/spare","name":"spare","status":"ACTIVE",
                "cluster":"{ARN}:cluster/prod","managedInstancesProvider":{{"infrastructureRoleArn":"arn:aws:iam::123456789012:role/infra"}}}}]}}"#
            ),
        )
}

async fn account() -> Vec<Live> {
    providers(definitions(tasks(services(clusters(Replay::default())))))
        .list(LISTING.list)
        .await
        .expect("all answers")
}

#[tokio::test]
async fn clusters_come_from_two_pages_without_the_deleted() {
    let live = account().await;
    let clusters: Vec<_> = live.iter().filter(|live| live.kind == "aws_ecs_cluster").collect();
    assert_eq!(clusters.len(), 2);
    let prod = by_id(&live, "prod");
    assert_eq!(*prod.arn, *arn("cluster/prod"));
    assert_eq!(prod.name.as_deref(), Some("prod"));
    assert_eq!(prod.tags.get("Project"), Some("platform"));
    assert_eq!(prod.observed.get("active_services"), Some(&Value::Integer(1)));
    assert_eq!(
        texts(
            prod,
            "configuration.execute_command_configuration.log_configuration.cloud_watch_log_group_name"
        ),
        ["/ecs/exec"]
    );
    assert_eq!(texts(prod, "capacity_providers"), ["FARGATE", "spare"]);
    // The task that no service started.
    assert_eq!(*prod.references[0].target, *arn("task-definition/migrate:1"));
    assert_eq!(prod.references.len(), 1);
    assert!(matches!(by_id(&live, "default").origin, Origin::AwsMade(_)));
    assert!(matches!(prod.origin, Origin::Own));
}

#[tokio::test]
async fn a_service_is_known_by_its_cluster_and_name() {
    let live = account().await;
    let services: Vec<_> = live.iter().filter(|live| live.kind == "aws_ecs_service").collect();
    assert_eq!(services.len(), 1);
    let web = services[0];
    assert_eq!(&*web.id, "prod/web");
    assert_eq!(*web.arn, *arn("service/prod/web"));
    assert_eq!(web.name.as_deref(), Some("web"));
    assert_eq!(web.keys, ["web".to_owned().into_boxed_str(), arn("service/web").into()]);
    assert_eq!(web.created_at.expect("a time").to_string(), "2023-01-01T00:00:00Z");
    assert_eq!(web.configuration.get("desired_count"), Some(&Value::Integer(2)));
    assert_eq!(texts(web, "network_configuration.subnets"), ["subnet-1", "subnet-2"]);
    assert_eq!(texts(web, "load_balancer.container_name"), ["app"]);
    assert_eq!(texts(web, "deployment_controller.type"), ["ECS"]);
    let mut public = None;
    web.configuration
        .each_at("network_configuration.assign_public_ip", &mut |value| {
            public = value.as_bool();
        });
    assert_eq!(public, Some(false));
    assert_eq!(texts(web, "service_connect_configuration.namespace").len(), 1);
    // The deployment that is being replaced still runs.
    assert_eq!(*web.references[0].target, *arn("task-definition/web:5"));
}

#[tokio::test]
async fn all_revisions_are_listed_and_those_that_matter_described() {
    let live = account().await;
    let mut ids: Vec<_> = live
        .iter()
        .filter(|live| live.kind == "aws_ecs_task_definition")
        .map(|live| &*live.id)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["migrate:1", "web:5", "web:6", "web:7", "web:9"]);

    let history = by_id(&live, "web:6");
    assert_eq!(
        *history.part_of.as_ref().expect("history").whole,
        *arn("task-definition/web:9")
    );
    assert_eq!(history.configuration.get("cpu"), None);
    for id in ["web:5", "web:7", "web:9"] {
        assert!(by_id(&live, id).part_of.is_none(), "{id}");
    }
    let web = by_id(&live, "web:7");
    assert_eq!(web.name.as_deref(), Some("web"));
    assert_eq!(web.created_at.expect("a time").to_string(), "2023-01-01T00:00:00Z");
    assert_eq!(web.tags.get("Project"), Some("platform"));
    assert_eq!(web.configuration.get("revision"), Some(&Value::Integer(7)));
    assert_eq!(web.configuration.text("cpu"), Some("256"));
    assert_eq!(web.configuration.text("network_mode"), Some("awsvpc"));
    assert_eq!(
        texts(
            web,
            "volume.efs_volume_configuration.authorization_config.access_point_id"
        ),
        ["fsap-1"]
    );
    let targets: Vec<_> = web.references.iter().map(|reference| &*reference.target).collect();
    assert_eq!(
        targets,
        [
            "arn:aws:ecr:eu-west-1:210987654321:repository/team/app",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web",
            "arn:aws:s3:::env",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf",
            "arn:aws:ssm:eu-west-1:123456789012:parameter/app/key",
        ]
    );
    assert_eq!(by_id(&live, "web:5").observed.text("status"), Some("inactive"));
}

#[tokio::test]
async fn nothing_of_a_containers_environment_or_command_is_kept() {
    let all = format!("{:?}", account().await);
    assert!(!all.contains("hunter2"));
}

#[tokio::test]
async fn capacity_providers_include_what_only_a_cluster_shows() {
    let live = account().await;
    let mut names: Vec<_> = live
        .iter()
        .filter(|live| live.kind == "aws_ecs_capacity_provider")
        .map(|live| &*live.id)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["FARGATE", "ec2", "spare"]);
    assert!(matches!(by_id(&live, "FARGATE").origin, Origin::AwsMade(_)));
    let ec2 = by_id(&live, "ec2");
    assert_eq!(*ec2.arn, *arn("capacity-provider/ec2"));
    assert_eq!(ec2.tags.get("Project"), Some("platform"));
    assert_eq!(
        texts(ec2, "auto_scaling_group_provider.auto_scaling_group_arn").len(),
        1
    );
    assert_eq!(texts(by_id(&live, "spare"), "cluster"), [arn("cluster/prod")]);
}

#[tokio::test]
async fn one_denied_call_is_the_gap_of_its_kind_only() {
    let denied = r#"{"__type":"AccessDeniedException","message":"no"}"#;
    let replay = Replay::default()
        .fail("ListClusters", 400, denied)
        .answer(
            "ListTaskDefinitions",
            &format!(r#"{{"taskDefinitionArns":["{ARN}:task-definition/web:9","{ARN}:task-definition/web:8"]}}"#),
        )
        .fail("DescribeTaskDefinition", 400, denied)
        .fail("DescribeCapacityProviders", 500, "<html>");
    let (live, faults, result) = replay.run(LISTING.list).await;
    result.expect("gaps, not a fault");
    // Both revisions are known by ARN although none could be described.
    assert_eq!(live.len(), 2);
    let gaps: Vec<_> = faults
        .iter()
        .map(|(kind, fault)| (kind.as_str(), fault.action))
        .collect();
    assert_eq!(
        gaps,
        [
            ("aws_ecs_service", "ecs:ListClusters"),
            ("aws_ecs_cluster", "ecs:ListClusters"),
            ("aws_ecs_task_definition", "ecs:DescribeTaskDefinition"),
            ("aws_ecs_capacity_provider", "ecs:DescribeCapacityProviders"),
        ]
    );
}

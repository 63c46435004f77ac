//! `aws_ecs_cluster`. The API does not say when a cluster was made.

use aws_sdk_ecs::types::{Cluster, ClusterConfiguration};

use super::{Services, Standalone};
use crate::kinds::convert::{delegated, ecs_tags, texts};
use crate::kinds::facts::{Attribute, Kind, Usage, changing, facet, kept_reference, name, refers};
use crate::model::{Configuration, Live, Origin, Value};

const NAMESPACES: &[&str] = &[
    "aws_service_discovery_http_namespace",
    "aws_service_discovery_private_dns_namespace",
    "aws_service_discovery_public_dns_namespace",
];

/// A cluster, known by its name.
pub(super) static KIND: Kind = Kind {
    facets: &[facet("aws_ecs_cluster_capacity_providers", "cluster_name")],
    arn: "arn:{partition}:ecs:{region}:{account}:cluster/{id}",
    id_attribute: "name",
    attributes: &[
        name("name"),
        Attribute {
            unordered: true,
            ..changing("setting")
        },
        refers(
            "configuration.execute_command_configuration.kms_key_id",
            &["aws_kms_key", "aws_kms_alias"],
        ),
        refers(
            "configuration.execute_command_configuration.log_configuration.cloud_watch_log_group_name",
            &["aws_cloudwatch_log_group"],
        ),
        refers(
            "configuration.execute_command_configuration.log_configuration.s3_bucket_name",
            &["aws_s3_bucket"],
        ),
        refers(
            "configuration.managed_storage_configuration.kms_key_id",
            &["aws_kms_key", "aws_kms_alias"],
        ),
        refers(
            "configuration.managed_storage_configuration.fargate_ephemeral_storage_kms_key_id",
            &["aws_kms_key", "aws_kms_alias"],
        ),
        refers("service_connect_defaults.namespace", NAMESPACES),
        // Of the facet, and of the cluster itself before provider 5.
        kept_reference("capacity_providers", &["aws_ecs_capacity_provider"]),
    ],
    cloudformation: "AWS::ECS::Cluster",
    orphan: Some(orphan),
    ..Kind::regional("aws_ecs_cluster", "ECS cluster", "ecs")
};

pub(super) fn live(
    cx: &crate::aws::ListCx<'_>,
    cluster: &Cluster,
    services: Option<&Services>,
    standalone: &Standalone,
) -> Option<Live> {
    // A deleted cluster can be described for a while.
    if cluster.status() == Some("INACTIVE") {
        return None;
    }
    let cluster_name = cluster.cluster_name()?;
    let mut live = cx.live(&KIND, cluster_name);
    live.arn = cluster.cluster_arn()?.into();
    live.name = Some(cluster_name.into());
    live.configuration
        .set("name", cluster_name)
        .set(
            "setting",
            Value::set(cluster.settings().iter().map(|setting| {
                Configuration::new()
                    .with("name", setting.name().map(|name| name.as_str()))
                    .with("value", setting.value())
            })),
        )
        .set(
            "configuration",
            cluster.configuration().map(|all| vec![configuration(all)]),
        )
        .set(
            "service_connect_defaults",
            cluster
                .service_connect_defaults()
                .map(|defaults| vec![Configuration::new().with("namespace", defaults.namespace())]),
        )
        .set(
            "capacity_providers",
            texts(cluster.capacity_providers().iter().map(String::as_str)),
        );
    let tasks: u32 = standalone.values().sum();
    live.observed
        .set("status", cluster.status().map(str::to_lowercase))
        .set("active_services", cluster.active_services_count())
        // Those that are being drained count as well.
        .set(
            "services",
            services
                .filter(|services| services.complete)
                .and_then(|services| i64::try_from(services.found.len()).ok()),
        )
        .set("running_tasks", cluster.running_tasks_count())
        .set("pending_tasks", cluster.pending_tasks_count())
        .set("container_instances", cluster.registered_container_instances_count())
        .set("standalone_tasks", i64::from(tasks));
    for definition in standalone.keys() {
        live.refer("task", definition.as_str());
    }
    live.tagged(ecs_tags(cluster.tags()));
    if cluster_name == "default" && is_empty(&live) && live.tags.is_empty() {
        live.origin = Origin::AwsMade("the empty cluster `default`, which ECS makes for who names none".into());
    } else if is_of_batch(cluster_name) {
        live.origin = delegated("batch", cluster_name, "its name is one that AWS Batch gives");
    }
    Some(live)
}

/// `AWSBatch-…`, and of older compute environments `P2OnDemand_Batch_2c06f29d-d1fe-3a49-879d-42394c86effc`
/// (source: AWS Batch API reference, `DescribeComputeEnvironments`, example).
fn is_of_batch(name: &str) -> bool {
    let is_uuid = |text: &str| {
        text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4 && {
            text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        }
    };
    name.starts_with("AWSBatch-") || name.rsplit_once("_Batch_").is_some_and(|(_, end)| is_uuid(end))
}

fn configuration(all: &ClusterConfiguration) -> Configuration {
    let command = all.execute_command_configuration().map(|command| {
        let log = command.log_configuration().map(|log| {
            vec![
                Configuration::new()
                    .with("cloud_watch_log_group_name", log.cloud_watch_log_group_name())
                    .with("s3_bucket_name", log.s3_bucket_name()),
            ]
        });
        vec![
            Configuration::new()
                .with("kms_key_id", command.kms_key_id())
                .with("log_configuration", log),
        ]
    });
    let storage = all.managed_storage_configuration().map(|storage| {
        vec![Configuration::new().with("kms_key_id", storage.kms_key_id()).with(
            "fargate_ephemeral_storage_kms_key_id",
            storage.fargate_ephemeral_storage_kms_key_id(),
        )]
    });
    Configuration::new()
        .with("execute_command_configuration", command)
        .with("managed_storage_configuration", storage)
}

fn is_empty(live: &Live) -> bool {
    [
        "active_services",
        "running_tasks",
        "pending_tasks",
        "container_instances",
    ]
    .into_iter()
    .all(|count| live.observed.get(count).and_then(Value::as_integer) == Some(0))
}

fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    (is_empty(live) && usage.is_unused())
        .then(|| "it has no active service, no task and no container instance".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clusters_of_batch_are_known_by_their_names() {
        for name in [
            "AWSBatch-nightly-2c06f29d-d1fe-3a49-879d-42394c86effc",
            "P2OnDemand_Batch_2c06f29d-d1fe-3a49-879d-42394c86effc",
        ] {
            assert!(is_of_batch(name), "{name}");
        }
        for name in [
            "prod",
            "Our_Batch_Jobs",
            "a_Batch_2c06f29d-d1fe-3a49-879d-42394c86effg",
            "_Batch_",
        ] {
            assert!(!is_of_batch(name), "{name}");
        }
    }
}

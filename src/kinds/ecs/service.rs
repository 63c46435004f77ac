//! `aws_ecs_service`.

use aws_sdk_ecs::types::{AssignPublicIp, Deployment, NetworkConfiguration, Service};

use crate::kinds::convert::{ecs_tags, texts, time};
use crate::kinds::facts::{
    Attribute, Kind, changing, facet, kept, kept_reference, name, refers, refers_set, stable, stable_set,
};
use crate::model::{Configuration, Live, Value};

/// A service, known by `cluster/name`: its name is its own within the cluster only.
///
/// A state has the ARN as its id. An older ARN has no cluster in it; it is a further key.
pub(super) static KIND: Kind = Kind {
    facets: &[facet("aws_ecs_task_set", "service")],
    arn: "arn:{partition}:ecs:{region}:{account}:service/{id}",
    attributes: &[
        name("name"),
        refers("cluster", &["aws_ecs_cluster"]),
        Attribute {
            refers_to: &["aws_ecs_task_definition"],
            ..changing("task_definition")
        },
        changing("desired_count"),
        stable("launch_type"),
        stable("scheduling_strategy"),
        stable("deployment_controller.type"),
        changing("platform_version"),
        changing("enable_execute_command"),
        kept("propagate_tags"),
        refers_set("load_balancer.target_group_arn", &["aws_lb_target_group"]),
        refers_set("load_balancer.elb_name", &["aws_elb"]),
        stable_set("load_balancer.container_name"),
        stable_set("load_balancer.container_port"),
        refers_set("network_configuration.subnets", &["aws_subnet"]),
        refers_set("network_configuration.security_groups", &["aws_security_group"]),
        stable("network_configuration.assign_public_ip"),
        refers_set(
            "capacity_provider_strategy.capacity_provider",
            &["aws_ecs_capacity_provider"],
        ),
        refers_set("service_registries.registry_arn", &["aws_service_discovery_service"]),
        kept_reference("iam_role", &["aws_iam_role"]),
        kept_reference(
            "service_connect_configuration.namespace",
            &[
                "aws_service_discovery_http_namespace",
                "aws_service_discovery_private_dns_namespace",
            ],
        ),
        kept_reference("volume_configuration.managed_ebs_volume.role_arn", &["aws_iam_role"]),
        kept_reference("volume_configuration.managed_ebs_volume.kms_key_id", &["aws_kms_key"]),
        kept_reference(
            "volume_configuration.managed_ebs_volume.snapshot_id",
            &["aws_ebs_snapshot"],
        ),
        kept_reference("vpc_lattice_configurations.role_arn", &["aws_iam_role"]),
        kept_reference(
            "vpc_lattice_configurations.target_group_arn",
            &["aws_vpclattice_target_group"],
        ),
    ],
    cloudformation: "AWS::ECS::Service",
    ..Kind::regional("aws_ecs_service", "ECS service", "ecs")
};

pub(super) fn live(cx: &crate::aws::ListCx<'_>, service: &Service) -> Option<Live> {
    // A deleted service can be described for a while.
    if service.status() == Some("INACTIVE") {
        return None;
    }
    let service_name = service.service_name()?;
    let arn = service.service_arn()?;
    let cluster = service.cluster_arn()?;
    let cluster_name = cluster.rsplit('/').next().unwrap_or(cluster);
    let mut live = cx.live(&KIND, &format!("{cluster_name}/{service_name}"));
    live.arn = arn.into();
    live.name = Some(service_name.into());
    live.created_at = time(service.created_at());
    live.keys.push(service_name.into());
    if let Some(start) = arn.strip_suffix(&format!("{cluster_name}/{service_name}")) {
        live.keys.push(format!("{start}{service_name}").into());
    }
    configure(&mut live, service);
    live.observed
        .set("status", service.status().map(str::to_lowercase))
        .set("running_count", service.running_count())
        .set("pending_count", service.pending_count())
        .set("created_by", service.created_by());
    let current = service.task_definition();
    for definition in task_definitions(service).filter(|definition| Some(*definition) != current) {
        live.refer("deployments", definition);
    }
    live.tagged(ecs_tags(service.tags()));
    Some(live)
}

/// Every task definition that the service runs or rolls out: its own, those of its deployments and task sets.
pub(super) fn task_definitions(service: &Service) -> impl Iterator<Item = &str> {
    let own = service.task_definition();
    let deployments = service.deployments().iter().filter_map(Deployment::task_definition);
    let sets = service.task_sets().iter().filter_map(|set| set.task_definition());
    let mut all: Vec<&str> = own.into_iter().chain(deployments).chain(sets).collect();
    if service.status() == Some("INACTIVE") {
        all.clear();
    }
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}

fn configure(live: &mut Live, service: &Service) {
    let controller = service.deployment_controller().map(|by| by.r#type().as_str());
    live.configuration
        .set("name", service.service_name())
        .set("cluster", service.cluster_arn())
        .set("task_definition", service.task_definition())
        .set("desired_count", service.desired_count())
        .set("launch_type", service.launch_type().map(|launch| launch.as_str()))
        .set(
            "scheduling_strategy",
            service.scheduling_strategy().map(|strategy| strategy.as_str()),
        )
        .set("deployment_controller", one("type", controller))
        .set("platform_version", service.platform_version())
        .set("enable_execute_command", service.enable_execute_command())
        .set("propagate_tags", service.propagate_tags().map(|from| from.as_str()))
        .set("iam_role", service.role_arn())
        .set(
            "load_balancer",
            Value::set(service.load_balancers().iter().map(|balancer| {
                Configuration::new()
                    .with("target_group_arn", balancer.target_group_arn())
                    .with("elb_name", balancer.load_balancer_name())
                    .with("container_name", balancer.container_name())
                    .with("container_port", balancer.container_port())
            })),
        )
        .set(
            "network_configuration",
            service.network_configuration().and_then(network),
        )
        .set(
            "capacity_provider_strategy",
            Value::set(
                service
                    .capacity_provider_strategy()
                    .iter()
                    .map(|item| Configuration::new().with("capacity_provider", item.capacity_provider())),
            ),
        )
        .set(
            "service_registries",
            service
                .service_registries()
                .iter()
                .map(|registry| Configuration::new().with("registry_arn", registry.registry_arn()))
                .collect::<Vec<_>>(),
        );
    // The rest of what a service is stands in its primary deployment only.
    let primary = service
        .deployments()
        .iter()
        .find(|deployment| deployment.status() == Some("PRIMARY"));
    if let Some(primary) = primary {
        of_deployment(live, primary);
    }
}

fn of_deployment(live: &mut Live, primary: &Deployment) {
    let namespace = primary
        .service_connect_configuration()
        .and_then(|connect| connect.namespace());
    let volumes = primary.volume_configurations().iter().filter_map(|volume| {
        let ebs = volume.managed_ebs_volume()?;
        let block = Configuration::new()
            .with("role_arn", ebs.role_arn())
            .with("kms_key_id", ebs.kms_key_id())
            .with("snapshot_id", ebs.snapshot_id());
        Some(Configuration::new().with("managed_ebs_volume", vec![block]))
    });
    let lattice = primary.vpc_lattice_configurations().iter().map(|lattice| {
        Configuration::new()
            .with("role_arn", lattice.role_arn())
            .with("target_group_arn", lattice.target_group_arn())
    });
    live.configuration
        .set("service_connect_configuration", one("namespace", namespace))
        .set("volume_configuration", volumes.collect::<Vec<_>>())
        .set("vpc_lattice_configurations", Value::set(lattice));
}

fn network(configuration: &NetworkConfiguration) -> Option<Value> {
    let vpc = configuration.awsvpc_configuration()?;
    let public = vpc.assign_public_ip() == Some(&AssignPublicIp::Enabled);
    let block = Configuration::new()
        .with("subnets", texts(vpc.subnets().iter().map(String::as_str)))
        .with(
            "security_groups",
            texts(vpc.security_groups().iter().map(String::as_str)),
        )
        .with("assign_public_ip", public);
    Some(Value::from(vec![block]))
}

/// A block with one attribute, as Terraform has it: a list of one.
fn one(attribute: &'static str, value: Option<&str>) -> Value {
    Value::from(value.map(|value| vec![Configuration::new().with(attribute, value)]))
}

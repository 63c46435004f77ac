//! `aws_ecs_capacity_provider`. The API does not say when one was made.

use aws_sdk_ecs::types::{CapacityProvider, CapacityProviderStatus};

use crate::kinds::convert::ecs_tags;
use crate::kinds::facts::{Kind, Usage, changing, name, refers, stable};
use crate::model::{Configuration, Live, Origin};

/// A capacity provider, known by its name.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:ecs:{region}:{account}:capacity-provider/{id}",
    id_attribute: "name",
    attributes: &[
        name("name"),
        refers("cluster", &["aws_ecs_cluster"]),
        refers(
            "auto_scaling_group_provider.auto_scaling_group_arn",
            &["aws_autoscaling_group"],
        ),
        stable("auto_scaling_group_provider.managed_termination_protection"),
        stable("auto_scaling_group_provider.managed_draining"),
        stable("auto_scaling_group_provider.managed_scaling.status"),
        changing("auto_scaling_group_provider.managed_scaling.target_capacity"),
        refers("managed_instances_provider.infrastructure_role_arn", &["aws_iam_role"]),
    ],
    cloudformation: "AWS::ECS::CapacityProvider",
    orphan: Some(orphan),
    ..Kind::regional("aws_ecs_capacity_provider", "ECS capacity provider", "ecs")
};

pub(super) fn live(cx: &crate::aws::ListCx<'_>, provider: &CapacityProvider) -> Option<Live> {
    let provider_name = provider.name()?;
    // A deleted one can be described for a while.
    if provider.status() == Some(&CapacityProviderStatus::Inactive) {
        return None;
    }
    let mut live = cx.live(&KIND, provider_name);
    if let Some(arn) = provider.capacity_provider_arn() {
        live.arn = arn.into();
    }
    live.name = Some(provider_name.into());
    let group = provider.auto_scaling_group_provider().map(|group| {
        let scaling = group.managed_scaling().map(|scaling| {
            vec![
                Configuration::new()
                    .with("status", scaling.status().map(|status| status.as_str()))
                    .with("target_capacity", scaling.target_capacity()),
            ]
        });
        vec![
            Configuration::new()
                .with("auto_scaling_group_arn", group.auto_scaling_group_arn())
                .with(
                    "managed_termination_protection",
                    group.managed_termination_protection().map(|status| status.as_str()),
                )
                .with(
                    "managed_draining",
                    group.managed_draining().map(|status| status.as_str()),
                )
                .with("managed_scaling", scaling),
        ]
    });
    let instances = provider.managed_instances_provider().map(|instances| {
        vec![Configuration::new().with("infrastructure_role_arn", instances.infrastructure_role_arn())]
    });
    live.configuration
        .set("name", provider_name)
        .set("cluster", provider.cluster())
        .set("auto_scaling_group_provider", group)
        .set("managed_instances_provider", instances);
    live.observed
        .set("status", provider.status().map(|status| status.as_str().to_lowercase()));
    live.tagged(ecs_tags(provider.tags()));
    if matches!(provider_name, "FARGATE" | "FARGATE_SPOT") {
        live.origin = Origin::AwsMade("a capacity provider that every account has".into());
    }
    Some(live)
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage
        .is_unused()
        .then(|| "no cluster and no service uses it".to_owned())
}

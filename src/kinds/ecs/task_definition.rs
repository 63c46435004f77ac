//! `aws_ecs_task_definition`.
//!
//! A family may have thousands of active revisions, and there is no bulk call that describes them. All are listed by
//! ARN, which is the identity that states have. Described are those that matter: the latest of each family and each that
//! a service or task uses, active or not. An older revision that nothing uses is the family's history: a part of
//! the latest one.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{
    ContainerDefinition, LogDriver, Secret, SortOrder, TaskDefinition, TaskDefinitionField, TaskDefinitionStatus,
    Volume,
};
use futures::stream::StreamExt;

use super::at_once;
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::kinds::convert::{ecs_tags, texts, time};
use crate::kinds::facts::{Kind, kept, name, refers, refers_set, stable, stable_set};
use crate::model::{Arn, Configuration, Live, Tags, Value};

/// One revision of a family, known by `family:revision`.
///
/// A state's `id` is the family alone and never joins; its `arn` has the revision.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:ecs:{region}:{account}:task-definition/{id}",
    id_attribute: "arn",
    attributes: &[
        name("family"),
        kept("revision"),
        stable("cpu"),
        stable("memory"),
        stable("network_mode"),
        stable_set("requires_compatibilities"),
        stable("pid_mode"),
        stable("ipc_mode"),
        stable("runtime_platform.cpu_architecture"),
        stable("runtime_platform.operating_system_family"),
        refers("execution_role_arn", &["aws_iam_role"]),
        refers("task_role_arn", &["aws_iam_role"]),
        stable_set("volume.name"),
        refers_set(
            "volume.efs_volume_configuration.file_system_id",
            &["aws_efs_file_system"],
        ),
        refers_set(
            "volume.efs_volume_configuration.authorization_config.access_point_id",
            &["aws_efs_access_point"],
        ),
        refers_set(
            "volume.fsx_windows_file_server_volume_configuration.file_system_id",
            &["aws_fsx_windows_file_system"],
        ),
    ],
    cloudformation: "AWS::ECS::TaskDefinition",
    import_id: "{arn}",
    many_alike: true,
    ..Kind::regional("aws_ecs_task_definition", "ECS task definition", "ecs")
};

/// Lists all active revisions, and those in `used` that are not active any more.
pub(super) async fn list(cx: &ListCx<'_>, used: &BTreeSet<&str>) {
    let active = active(cx).await;
    let mut latest: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for arn in &active {
        let Some((family, revision)) = family_and_revision(arn) else {
            continue;
        };
        let newest = latest.entry(family).or_insert((revision, arn));
        if revision >= newest.0 {
            *newest = (revision, arn);
        }
    }
    let newest: BTreeSet<&str> = latest.values().map(|(_, arn)| *arn).collect();
    let matter: BTreeSet<&str> = used.union(&newest).copied().collect();
    let described = describe(cx, &matter).await;

    let all: BTreeSet<&str> = active.iter().map(String::as_str).chain(used.iter().copied()).collect();
    for arn in all {
        let is_used = used.contains(arn);
        let live = match described.get(arn) {
            Some(None) => continue,
            Some(Some((definition, tags))) => {
                let gone = definition.status() != Some(&TaskDefinitionStatus::Active);
                if gone && !is_used {
                    continue;
                }
                described_live(cx, arn, definition, tags)
            }
            None => revision_live(cx, arn),
        };
        let Some(mut live) = live else { continue };
        let is_latest = newest.contains(arn);
        live.observed.set("latest", is_latest).set("in_use", is_used);
        if !is_latest
            && !is_used
            && let Some((_, latest)) = family_and_revision(arn).and_then(|(family, _)| latest.get(family))
        {
            live.lives_with(
                KIND.name,
                *latest,
                "an older revision of its family, which nothing uses",
            );
        }
        cx.found(live);
    }
}

/// The ARNs of all active revisions.
async fn active(cx: &ListCx<'_>) -> Vec<String> {
    let mut arns = Vec::new();
    let all = cx
        .pages(
            "ecs:ListTaskDefinitions",
            |token| {
                let request = cx.ecs().list_task_definitions().max_results(100);
                request
                    .status(TaskDefinitionStatus::Active)
                    .sort(SortOrder::Desc)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                arns.extend(page.task_definition_arns.unwrap_or_default());
                page.next_token
            },
        )
        .await;
    if let Err(fault) = all {
        cx.gap(KIND.name, fault);
    }
    arns
}

/// Describes each of `arns`; what is gone is `None`, and what could not be asked for is not in the answer.
///
/// One fault ends it: where one call is denied, so are the rest.
async fn describe<'a>(cx: &ListCx<'_>, arns: &BTreeSet<&'a str>) -> BTreeMap<&'a str, Option<(TaskDefinition, Tags)>> {
    let mut described = BTreeMap::new();
    let mut answers = at_once(arns.iter().map(|arn| describe_one(cx, arn)).collect());
    while let Some((arn, answer)) = answers.next().await {
        match answer {
            Ok(answer) => {
                described.insert(arn, answer);
            }
            Err(fault) => {
                cx.gap(KIND.name, fault);
                break;
            }
        }
    }
    described
}

async fn describe_one<'a>(cx: &ListCx<'_>, arn: &'a str) -> (&'a str, Result<Option<(TaskDefinition, Tags)>, Fault>) {
    let request = cx.ecs().describe_task_definition().task_definition(arn);
    let request = request.include(TaskDefinitionField::Tags);
    let answer = match cx.call("ecs:DescribeTaskDefinition", request.send()).await {
        Ok(answer) => {
            let tags = ecs_tags(answer.tags());
            Ok(answer.task_definition.map(|definition| (definition, tags)))
        }
        // ECS has no code of its own for a revision that it does not know.
        Err(fault) if fault.reason == Reason::Gone || fault.code.as_deref() == Some("ClientException") => Ok(None),
        Err(fault) => Err(fault),
    };
    (arn, answer)
}

/// Takes `family` and `revision` from `…:task-definition/family:revision`.
fn family_and_revision(arn: &str) -> Option<(&str, u64)> {
    let (family, revision) = arn.rsplit_once('/')?.1.split_once(':')?;
    Some((family, revision.parse().ok()?))
}

/// What the ARN alone says.
fn revision_live(cx: &ListCx<'_>, arn: &str) -> Option<Live> {
    let (family, revision) = family_and_revision(arn)?;
    let mut live = cx.live(&KIND, &format!("{family}:{revision}"));
    live.arn = arn.into();
    live.name = Some(family.into());
    live.configuration
        .set("family", family)
        .set("revision", i64::try_from(revision).ok());
    Some(live)
}

fn described_live(cx: &ListCx<'_>, arn: &str, definition: &TaskDefinition, tags: &Tags) -> Option<Live> {
    let mut live = revision_live(cx, arn)?;
    live.created_at = time(definition.registered_at());
    let platform = definition.runtime_platform().map(|platform| {
        let system = platform.operating_system_family().map(|family| family.as_str());
        let architecture = platform.cpu_architecture().map(|architecture| architecture.as_str());
        vec![
            Configuration::new()
                .with("cpu_architecture", architecture)
                .with("operating_system_family", system),
        ]
    });
    let needs = definition.requires_compatibilities().iter();
    live.configuration
        .set("cpu", definition.cpu())
        .set("memory", definition.memory())
        .set("network_mode", definition.network_mode().map(|mode| mode.as_str()))
        .set("requires_compatibilities", texts(needs.map(|need| need.as_str())))
        .set("pid_mode", definition.pid_mode().map(|mode| mode.as_str()))
        .set("ipc_mode", definition.ipc_mode().map(|mode| mode.as_str()))
        .set("runtime_platform", platform)
        .set("execution_role_arn", definition.execution_role_arn())
        .set("task_role_arn", definition.task_role_arn())
        .set("volume", Value::set(definition.volumes().iter().map(volume)));
    let containers = definition.container_definitions();
    live.observed
        .set(
            "status",
            definition.status().map(|status| status.as_str().to_lowercase()),
        )
        .set(
            "images",
            texts(containers.iter().filter_map(|container| container.image())),
        )
        .set("registered_by", definition.registered_by());
    let used: BTreeSet<String> = containers
        .iter()
        .flat_map(|container| used_by_container(cx, container))
        .collect();
    for target in used {
        live.refer("container_definitions", target);
    }
    live.tagged(tags.clone());
    Some(live)
}

fn volume(volume: &Volume) -> Configuration {
    let efs = volume.efs_volume_configuration().map(|efs| {
        let access = efs
            .authorization_config()
            .map(|access| vec![Configuration::new().with("access_point_id", access.access_point_id())]);
        vec![
            Configuration::new()
                .with("file_system_id", efs.file_system_id())
                .with("authorization_config", access),
        ]
    });
    let windows = volume
        .fsx_windows_file_server_volume_configuration()
        .map(|windows| vec![Configuration::new().with("file_system_id", windows.file_system_id())]);
    Configuration::new()
        .with("name", volume.name())
        .with("efs_volume_configuration", efs)
        .with("fsx_windows_file_server_volume_configuration", windows)
}

/// The ARNs of what a container needs: the names of its secrets (not their values), its log group, its image's
/// repository, the bucket of its environment files.
fn used_by_container(cx: &ListCx<'_>, container: &ContainerDefinition) -> Vec<String> {
    let log = container.log_configuration();
    let secrets = container.secrets().iter();
    let secrets = secrets.chain(log.map(|log| log.secret_options()).unwrap_or_default());
    let mut used: Vec<String> = secrets.map(Secret::value_from).map(|from| secret(cx, from)).collect();
    if let Some(credentials) = container.repository_credentials() {
        used.push(secret(cx, credentials.credentials_parameter()));
    }
    if let Some(log) = log.filter(|log| *log.log_driver() == LogDriver::Awslogs)
        && let Some(options) = log.options()
        && let Some(group) = options.get("awslogs-group")
    {
        let region = options.get("awslogs-region").map_or(cx.region.as_str(), String::as_str);
        used.push(format!(
            "arn:{}:logs:{region}:{}:log-group:{group}",
            cx.partition, cx.account
        ));
    }
    used.extend(container.image().and_then(|image| repository(cx, image)));
    for file in container.environment_files() {
        // `arn:aws:s3:::bucket/key`
        let bucket = Arn::parse(file.value()).filter(|arn| arn.service == "s3");
        let bucket = bucket.and_then(|arn| arn.resource.split('/').next());
        used.extend(bucket.map(|bucket| format!("arn:{}:s3:::{bucket}", cx.partition)));
    }
    used
}

/// The ARN of a secret or parameter from what stands in `valueFrom`: an ARN, for Secrets Manager with a key and
/// version behind it, or the name of a parameter (source: ECS Developer Guide, "Pass sensitive data").
fn secret(cx: &ListCx<'_>, from: &str) -> String {
    let Some(arn) = Arn::parse(from) else {
        let parameter = from.strip_prefix('/').unwrap_or(from);
        return format!(
            "arn:{}:ssm:{}:{}:parameter/{parameter}",
            cx.partition, cx.region, cx.account
        );
    };
    if arn.service != "secretsmanager" {
        return from.to_owned();
    }
    let parts: Vec<&str> = from.splitn(8, ':').take(7).collect();
    parts.join(":")
}

/// The ARN of the ECR repository of an image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:tag`.
fn repository(cx: &ListCx<'_>, image: &str) -> Option<String> {
    let (host, path) = image.split_once('/')?;
    let mut parts = host.split('.');
    let account = parts.next().filter(|account| account.len() == 12)?;
    if (parts.next()?, parts.next()?) != ("dkr", "ecr") {
        return None;
    }
    let region = parts.next()?;
    let name = path.split(['@', ':']).next()?;
    Some(format!("arn:{}:ecr:{region}:{account}:repository/{name}", cx.partition))
}

//! `aws_launch_template`.
//!
//! What a template launches stands in its versions. The latest and the default version of all templates come in
//! bulk; user data comes with them, is never looked at, and is dropped with the answer.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{LaunchTemplate, LaunchTemplateVersion, ResponseLaunchTemplateData};

use super::Listing;
use super::convert::{delegated, ec2_operator, ec2_tags, knows_no_managed_resources, texts, time};
use super::facts::{Kind, Usage, changing, kept, kept_reference, name, refers, refers_set, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Arn, Configuration, Live, Origin, Value};

/// A launch template. Like a state, its configuration is that of the latest version.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:ec2:{region}:{account}:launch-template/{id}",
    attributes: &[
        name("name"),
        refers("image_id", &["aws_ami"]),
        stable("instance_type"),
        refers("key_name", &["aws_key_pair"]),
        refers_set("vpc_security_group_ids", &["aws_security_group"]),
        refers("iam_instance_profile.arn", &["aws_iam_instance_profile"]),
        refers("iam_instance_profile.name", &["aws_iam_instance_profile"]),
        refers_set("network_interfaces.subnet_id", &["aws_subnet"]),
        refers_set("network_interfaces.security_groups", &["aws_security_group"]),
        refers_set("network_interfaces.network_interface_id", &["aws_network_interface"]),
        refers_set("block_device_mappings.ebs.snapshot_id", &["aws_ebs_snapshot"]),
        refers_set("block_device_mappings.ebs.kms_key_id", &["aws_kms_key"]),
        refers("placement.group_name", &["aws_placement_group"]),
        kept_reference("placement.host_id", &["aws_ec2_host"]),
        changing("default_version"),
        changing("latest_version"),
        kept("description"),
    ],
    cloudformation: "AWS::EC2::LaunchTemplate",
    orphan: Some(orphan),
    ..Kind::regional("aws_launch_template", "launch template", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut templates = Vec::new();
    let mut all = template_pages(cx, Some(true), &mut templates).await;
    if knows_no_managed_resources(&all) {
        all = template_pages(cx, None, &mut templates).await;
    }
    let mut versions = BTreeMap::new();
    if !templates.is_empty() {
        let mut described = version_pages(cx, Some(true), &mut versions).await;
        if knows_no_managed_resources(&described) {
            described = version_pages(cx, None, &mut versions).await;
        }
        all = all.and(described);
    }
    // Templates without their versions are found as well; the fault says that something is missing.
    templates
        .iter()
        .filter_map(|template| live(cx, template, &versions))
        .for_each(|template| cx.found(template));
    all
}

async fn template_pages(
    cx: &ListCx<'_>,
    managed: Option<bool>,
    templates: &mut Vec<LaunchTemplate>,
) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeLaunchTemplates",
        |token| {
            let request = cx.ec2().describe_launch_templates().max_results(200);
            request
                .set_include_managed_resources(managed)
                .set_next_token(token)
                .send()
        },
        |page| {
            templates.extend(page.launch_templates.unwrap_or_default());
            page.next_token
        },
    )
    .await
}

/// The latest and default versions, by template; one that is both comes once or twice.
type Versions = BTreeMap<String, Vec<LaunchTemplateVersion>>;

async fn version_pages(cx: &ListCx<'_>, managed: Option<bool>, versions: &mut Versions) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeLaunchTemplateVersions",
        |token| {
            let request = cx.ec2().describe_launch_template_versions().max_results(200);
            request
                .versions("$Latest")
                .versions("$Default")
                .set_include_managed_resources(managed)
                .set_next_token(token)
                .send()
        },
        |page| {
            for mut version in page.launch_template_versions.unwrap_or_default() {
                if let Some(data) = &mut version.launch_template_data {
                    data.user_data = None;
                }
                if let Some(template) = version.launch_template_id() {
                    versions.entry(template.to_owned()).or_default().push(version);
                }
            }
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, template: &LaunchTemplate, versions: &Versions) -> Option<Live> {
    let id = template.launch_template_id()?;
    let mut live = cx.live(&KIND, id);
    live.name = template.launch_template_name().map(Into::into);
    live.created_at = time(template.create_time());
    live.keys.extend(template.launch_template_name().map(Into::into));
    live.configuration
        .set("name", template.launch_template_name())
        .set("default_version", template.default_version_number())
        .set("latest_version", template.latest_version_number());
    let versions = versions.get(id).map(Vec::as_slice).unwrap_or_default();
    let latest = versions.iter().max_by_key(|version| version.version_number());
    if let Some(latest) = latest {
        live.configuration.set("description", latest.version_description());
        if let Some(data) = latest.launch_template_data() {
            configure(&mut live.configuration, data);
        }
    }
    // What the default version needs is needed as well: most groups launch that one.
    for version in versions {
        if version.version_number() == latest.and_then(|latest| latest.version_number()) {
            continue;
        }
        let mut default = Configuration::new();
        if let Some(data) = version.launch_template_data() {
            configure(&mut default, data);
        }
        for attribute in KIND
            .attributes
            .iter()
            .filter(|attribute| !attribute.refers_to.is_empty())
        {
            default.each_at(attribute.path, &mut |value| {
                value.each_text(&mut |target| live.refer(attribute.path, target));
            });
        }
    }
    live.observed.set("created_by", template.created_by());
    live.tagged(ec2_tags(template.tags()));
    if let Some(origin) = ec2_operator(template.operator()).or_else(|| template.created_by().and_then(by_service)) {
        live.origin = origin;
    }
    Some(live)
}

/// Says which service made it, where its maker is the service's own linked role:
/// `arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForAmazonEKSNodegroup/EKS`.
fn by_service(created_by: &str) -> Option<Origin> {
    let role = Arn::parse(created_by)?.resource.split('/').nth(1)?;
    let service = role.strip_prefix("AWSServiceRoleFor")?;
    let system = match service {
        service if service.starts_with("AmazonEKS") => "eks".to_owned(),
        "AutoScaling" => "autoscaling".to_owned(),
        service => service.trim_start_matches("Amazon").to_lowercase(),
    };
    Some(delegated(
        &system,
        role,
        format!("made by the service-linked role {role}"),
    ))
}

fn configure(configuration: &mut Configuration, data: &ResponseLaunchTemplateData) {
    let profile = data.iam_instance_profile().map(|profile| {
        vec![
            Configuration::new()
                .with("arn", profile.arn())
                .with("name", profile.name()),
        ]
    });
    let interfaces = data.network_interfaces().iter().map(|interface| {
        Configuration::new()
            .with("subnet_id", interface.subnet_id())
            .with("security_groups", texts(interface.groups().iter().map(String::as_str)))
            .with("network_interface_id", interface.network_interface_id())
    });
    let devices = data.block_device_mappings().iter().filter_map(|device| {
        let ebs = device.ebs()?;
        let block = Configuration::new()
            .with("snapshot_id", ebs.snapshot_id())
            .with("kms_key_id", ebs.kms_key_id());
        Some(
            Configuration::new()
                .with("device_name", device.device_name())
                .with("ebs", vec![block]),
        )
    });
    let placement = data.placement().map(|placement| {
        vec![
            Configuration::new()
                .with("group_name", placement.group_name())
                .with("host_id", placement.host_id()),
        ]
    });
    configuration
        .set("image_id", data.image_id())
        .set("instance_type", data.instance_type().map(|kind| kind.as_str()))
        .set("key_name", data.key_name())
        .set(
            "vpc_security_group_ids",
            texts(data.security_group_ids().iter().map(String::as_str)),
        )
        .set("iam_instance_profile", profile)
        .set("network_interfaces", interfaces.collect::<Vec<_>>())
        .set("block_device_mappings", Value::from(devices.collect::<Vec<_>>()))
        .set("placement", placement);
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage
        .is_unused()
        .then(|| "no group, fleet or instance that is listed was launched from it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const TEMPLATES: [&str; 2] = [
        "<DescribeLaunchTemplatesResponse><launchTemplates><item>\
         <launchTemplateId>lt-0a1b2c3d</launchTemplateId><launchTemplateName>web-1</launchTemplateName>\
         <createTime>2024-03-01T10:00:00.000Z</createTime><createdBy>arn:aws:iam::123456789012:user/ana</createdBy>\
         <defaultVersionNumber>1</defaultVersionNumber><latestVersionNumber>3</latestVersionNumber>\
         <tagSet><item><key>Project</key><value>platform</value></item></tagSet></item></launchTemplates>\
         <nextToken>2</nextToken></DescribeLaunchTemplatesResponse>",
        "<DescribeLaunchTemplatesResponse><launchTemplates><item>\
         <launchTemplateId>lt-1a1b2c3d</launchTemplateId><launchTemplateName>eks-1</launchTemplateName>\
         <createdBy>arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForAmazonEKSNodegroup/EKS</createdBy>\
         </item></launchTemplates></DescribeLaunchTemplatesResponse>",
    ];

    const VERSIONS: [&str; 2] = [
        "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>\
         <launchTemplateId>lt-0a1b2c3d</launchTemplateId><versionNumber>1</versionNumber>\
         <defaultVersion>true</defaultVersion><launchTemplateData><imageId>ami-0a1b2c3d</imageId>\
         <userData>aHVudGVyMg==</userData></launchTemplateData></item></launchTemplateVersionSet>\
         <nextToken>2</nextToken></DescribeLaunchTemplateVersionsResponse>",
        "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>\
         <launchTemplateId>lt-0a1b2c3d</launchTemplateId><versionNumber>3</versionNumber>\
         <defaultVersion>false</defaultVersion><launchTemplateData><imageId>ami-1a1b2c3d</imageId>\
         <instanceType>t3.micro</instanceType><keyName>bastion</keyName><userData>aHVudGVyMg==</userData>\
         <securityGroupIdSet><item>sg-2</item><item>sg-1</item></securityGroupIdSet>\
         <iamInstanceProfile><name>web</name></iamInstanceProfile>\
         <networkInterfaceSet><item><subnetId>subnet-1</subnetId><groupSet><groupId>sg-3</groupId></groupSet></item>\
         </networkInterfaceSet><blockDeviceMappingSet><item><deviceName>/dev/xvda</deviceName>\
         <ebs><snapshotId>snap-1</snapshotId></ebs></item></blockDeviceMappingSet>\
         <placement><groupName>db</groupName></placement></launchTemplateData></item>\
         </launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>",
    ];

    async fn listed() -> Vec<Live> {
        Replay::default()
            .answer("DescribeLaunchTemplates", TEMPLATES[0])
            .answer("DescribeLaunchTemplates", TEMPLATES[1])
            .answer("DescribeLaunchTemplateVersions", VERSIONS[0])
            .answer("DescribeLaunchTemplateVersions", VERSIONS[1])
            .list(LISTING.list)
            .await
            .expect("all pages")
    }

    #[tokio::test]
    async fn the_latest_version_is_the_configuration_and_the_default_is_needed_too() {
        let live = listed().await;
        assert_eq!(live.len(), 2);
        let web = &live[0];
        assert_eq!(
            &*web.arn,
            "arn:aws:ec2:eu-west-1:123456789012:launch-template/lt-0a1b2c3d"
        );
        assert_eq!(web.name.as_deref(), Some("web-1"));
        assert_eq!(web.created_at.expect("a time").to_string(), "2024-03-01T10:00:00Z");
        assert_eq!(web.tags.get("Project"), Some("platform"));
        assert_eq!(web.configuration.text("image_id"), Some("ami-1a1b2c3d"));
        assert_eq!(web.configuration.get("latest_version"), Some(&Value::Integer(3)));
        assert_eq!(
            web.configuration.get("vpc_security_group_ids"),
            Some(&texts(["sg-1", "sg-2"]))
        );
        for (path, text) in [
            ("iam_instance_profile.name", "web"),
            ("network_interfaces.security_groups", "sg-3"),
            ("block_device_mappings.ebs.snapshot_id", "snap-1"),
            ("placement.group_name", "db"),
        ] {
            let mut seen = Vec::new();
            web.configuration.each_at(path, &mut |value| {
                value.each_text(&mut |text| seen.push(text.to_owned()));
            });
            assert_eq!(seen, [text], "{path}");
        }
        assert_eq!(web.references.len(), 1);
        assert_eq!(&*web.references[0].target, "ami-0a1b2c3d");
    }

    #[tokio::test]
    async fn what_a_service_linked_role_made_is_delegated() {
        let live = listed().await;
        let Origin::Delegated(delegate) = &live[1].origin else {
            panic!("delegated, not {:?}", live[1].origin);
        };
        assert_eq!(delegate.system, "eks");
        assert!(live[0].origin.is_own());
    }

    #[tokio::test]
    async fn user_data_is_not_kept() {
        assert!(!format!("{:?}", listed().await).contains("aHVudGVyMg"));
    }

    #[tokio::test]
    async fn templates_are_found_although_their_versions_are_denied() {
        let (live, _, result) = Replay::default()
            .answer("DescribeLaunchTemplates", TEMPLATES[1])
            .fail(
                "DescribeLaunchTemplateVersions",
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
            )
            .run(LISTING.list)
            .await;
        assert_eq!(live.len(), 1);
        assert_eq!(
            result.expect_err("a fault").action,
            "ec2:DescribeLaunchTemplateVersions"
        );
    }
}

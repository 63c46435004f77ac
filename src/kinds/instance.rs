//! `aws_instance`, listed together with `aws_ebs_volume`: an instance's block devices say which volumes die with it.
//!
//! User data is never asked for: `DescribeInstances` does not return it.

use aws_sdk_ec2::types::Instance;

use super::Listing;
use super::convert::{ec2_operator, ec2_tags, knows_no_managed_resources, time};
use super::ebs_volume::{self, Devices};
use super::facts::{Kind, changing, facet, kept, kept_reference, refers, refers_set, stable};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::{Arn, Configuration, Live, Timestamp, Value};

/// A virtual machine.
///
/// Its data is on volumes: those that die with it are parts of it, and hold the data themselves.
pub(super) static KIND: Kind = Kind {
    // What a spot request made, and what its destruction ends, is the instance; its id is a key of the instance.
    aliases: &["aws_spot_instance_request"],
    facets: &[facet("aws_ec2_instance_state", "instance_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:instance/{id}",
    attributes: &[
        refers("ami", &["aws_ami"]),
        stable("instance_type"),
        refers("subnet_id", &["aws_subnet"]),
        refers_set("vpc_security_group_ids", &["aws_security_group"]),
        refers("key_name", &["aws_key_pair"]),
        refers("iam_instance_profile", &["aws_iam_instance_profile"]),
        refers("placement_group", &["aws_placement_group"]),
        stable("tenancy"),
        stable("source_dest_check"),
        changing("ebs_optimized"),
        changing("monitoring"),
        changing("metadata_options.http_tokens"),
        kept("availability_zone"),
        kept("private_ip"),
        kept("public_ip"),
        // Only states have these two: the API gives them by one call for each instance.
        kept("disable_api_termination"),
        kept("disable_api_stop"),
        kept_reference("host_id", &["aws_ec2_host"]),
        kept_reference("launch_template.id", &["aws_launch_template"]),
        kept_reference("primary_network_interface_id", &["aws_network_interface"]),
        kept_reference("network_interface.network_interface_id", &["aws_network_interface"]),
        kept_reference("root_block_device.volume_id", &["aws_ebs_volume"]),
        kept("root_block_device.delete_on_termination"),
        kept_reference("ebs_block_device.volume_id", &["aws_ebs_volume"]),
        kept("ebs_block_device.delete_on_termination"),
    ],
    cloudformation: "AWS::EC2::Instance",
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_instance", "EC2 instance", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND, &ebs_volume::KIND],
    actions: &["ec2:DescribeInstances", "ec2:DescribeVolumes"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut devices = Devices::new();
    let mut all = pages(cx, &mut devices, Some(true)).await;
    if knows_no_managed_resources(&all) {
        all = pages(cx, &mut devices, None).await;
    }
    if let Err(fault) = all {
        cx.gap(KIND.name, fault);
    }
    if let Err(fault) = ebs_volume::list(cx, &devices).await {
        cx.gap(ebs_volume::KIND.name, fault);
    }
    Ok(())
}

async fn pages(cx: &ListCx<'_>, devices: &mut Devices, managed: Option<bool>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeInstances",
        |token| {
            let request = cx.ec2().describe_instances().max_results(1000);
            request
                .set_include_managed_resources(managed)
                .set_next_token(token)
                .send()
        },
        |page| {
            let instances = page.reservations().iter();
            for instance in instances.flat_map(|reservation| reservation.instances()) {
                let Some(live) = live(cx, instance) else { continue };
                devices.extend(dying_devices(instance));
                cx.found(live);
            }
            page.next_token
        },
    )
    .await
}

/// The volumes that are deleted when the instance is terminated, with the instance and the device.
fn dying_devices(instance: &Instance) -> impl Iterator<Item = (String, (String, String))> {
    instance.block_device_mappings().iter().filter_map(|device| {
        let ebs = device.ebs().filter(|ebs| ebs.delete_on_termination() == Some(true))?;
        let (id, name) = (instance.instance_id()?, device.device_name()?);
        Some((ebs.volume_id()?.to_owned(), (id.to_owned(), name.to_owned())))
    })
}

fn live(cx: &ListCx<'_>, instance: &Instance) -> Option<Live> {
    let status = instance
        .state()
        .and_then(|state| state.name())
        .map(|status| status.as_str());
    // It stays listed for about an hour, and everything it had is gone.
    if status == Some("terminated") {
        return None;
    }
    let mut live = cx.live(&KIND, instance.instance_id()?);
    live.created_at = created_at(instance);
    live.keys.extend(instance.spot_instance_request_id().map(Into::into));
    configure(&mut live, instance);
    live.observed
        .set("status", status)
        .set("platform", instance.platform_details())
        .set("lifecycle", instance.instance_lifecycle().map(|kind| kind.as_str()))
        .set("launched_at", time(instance.launch_time()).map(|at| at.to_string()))
        .set("stopped_because", instance.state_transition_reason());
    if let Some(vpc) = instance.vpc_id() {
        live.refer("vpc_id", vpc);
    }
    if let Some(reservation) = instance.capacity_reservation_id() {
        live.refer("capacity_reservation_id", reservation);
    }
    live.tagged(ec2_tags(instance.tags()));
    // The only trace of the template that an instance was launched from.
    if let Some(template) = live.tags.get("aws:ec2launchtemplate:id").map(str::to_owned) {
        let template = Configuration::new().with("id", template);
        live.configuration.set("launch_template", vec![template]);
    }
    if let Some(origin) = ec2_operator(instance.operator()) {
        live.origin = origin;
    }
    Some(live)
}

fn configure(live: &mut Live, instance: &Instance) {
    let placement = instance.placement();
    live.configuration
        .set("ami", instance.image_id())
        .set("instance_type", instance.instance_type().map(|kind| kind.as_str()))
        .set("subnet_id", instance.subnet_id())
        .set(
            "vpc_security_group_ids",
            Value::set(instance.security_groups().iter().filter_map(|group| group.group_id())),
        )
        .set("key_name", instance.key_name())
        .set("placement_group", placement.and_then(|place| place.group_name()))
        .set("host_id", placement.and_then(|place| place.host_id()))
        .set(
            "availability_zone",
            placement.and_then(|place| place.availability_zone()),
        )
        .set(
            "tenancy",
            placement
                .and_then(|place| place.tenancy())
                .map(|tenancy| tenancy.as_str()),
        )
        .set("source_dest_check", instance.source_dest_check())
        .set("ebs_optimized", instance.ebs_optimized().unwrap_or(false))
        .set(
            "monitoring",
            instance
                .monitoring()
                .and_then(|monitoring| monitoring.state())
                .map(|state| matches!(state.as_str(), "enabled" | "pending")),
        )
        .set("private_ip", instance.private_ip_address())
        .set("public_ip", instance.public_ip_address());
    if let Some(tokens) = instance.metadata_options().and_then(|options| options.http_tokens()) {
        let options = Configuration::new().with("http_tokens", tokens.as_str());
        live.configuration.set("metadata_options", vec![options]);
    }
    // Terraform has the profile's name, which is the end of its ARN; the ARN says it without doubt.
    if let Some(profile) = instance.iam_instance_profile().and_then(|profile| profile.arn()) {
        live.configuration.set(
            "iam_instance_profile",
            Arn::parse(profile).map(|arn| arn.last_segment()),
        );
        live.refer("iam_instance_profile", profile);
    }
    let (mut root, mut others) = (Vec::new(), Vec::new());
    for device in instance.block_device_mappings() {
        let Some(ebs) = device.ebs() else { continue };
        let block = Configuration::new()
            .with("device_name", device.device_name())
            .with("volume_id", ebs.volume_id())
            .with("delete_on_termination", ebs.delete_on_termination());
        if device.device_name() == root_device(instance) {
            root.push(block);
        } else {
            others.push(block);
        }
    }
    live.configuration
        .set("root_block_device", root)
        .set("ebs_block_device", Value::set(others));
    for interface in instance.network_interfaces() {
        let Some(id) = interface.network_interface_id() else {
            continue;
        };
        if interface.attachment().and_then(|attachment| attachment.device_index()) == Some(0) {
            live.configuration.set("primary_network_interface_id", id);
        } else {
            live.refer("network_interface", id);
        }
    }
}

/// The device that the instance starts from.
///
/// Where the named one is not mapped (emulators name one and map another), it is the one at a name that EC2 reserves
/// for it. Source: Amazon EC2 User Guide, "Device names for volumes on Amazon EC2 instances".
fn root_device(instance: &Instance) -> Option<&str> {
    let mapped = |name: &str| {
        let mut devices = instance.block_device_mappings().iter();
        devices.any(|device| device.device_name() == Some(name))
    };
    let named = instance.root_device_name()?;
    if mapped(named) {
        return Some(named);
    }
    ["/dev/sda1", "/dev/xvda"].into_iter().find(|name| mapped(name))
}

/// When the instance was made, as near as the API says it.
///
/// `launchTime` is that of the last start. The root volume and the first network interface were attached when the
/// instance was made, unless somebody has exchanged the volume since; the earliest of all counts.
fn created_at(instance: &Instance) -> Option<Timestamp> {
    let root = instance
        .block_device_mappings()
        .iter()
        .filter(|device| device.device_name().is_some() && device.device_name() == root_device(instance))
        .find_map(|device| device.ebs()?.attach_time());
    let interface = instance.network_interfaces().iter().find_map(|interface| {
        let attachment = interface.attachment()?;
        (attachment.device_index() == Some(0))
            .then(|| attachment.attach_time())
            .flatten()
    });
    [instance.launch_time(), root, interface]
        .into_iter()
        .filter_map(time)
        .min()
}

/// A running Linux instance on demand; its volumes and addresses count for themselves.
fn monthly_cost(live: &Live) -> Option<f64> {
    let linux = live
        .observed
        .text("platform")
        .is_none_or(|platform| platform.starts_with("Linux"));
    let shared = matches!(live.configuration.text("tenancy"), None | Some("default"));
    let counts =
        live.observed.text("status") == Some("running") && live.observed.text("lifecycle").is_none() && linux && shared;
    let hour = prices::ec2_instance_hour(live.configuration.text("instance_type")?)?;
    counts.then(|| prices::month(hour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::model::Origin;

    const BASTION: &str = "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>\
        <instanceId>i-0a1b2c3d</instanceId><imageId>ami-0a1b2c3d</imageId><instanceType>t3.micro</instanceType>\
        <instanceState><code>16</code><name>running</name></instanceState><keyName>bastion</keyName>\
        <launchTime>2026-02-01T10:00:00.000Z</launchTime>\
        <placement><availabilityZone>eu-west-1a</availabilityZone><tenancy>default</tenancy></placement>\
        <monitoring><state>disabled</state></monitoring><platformDetails>Linux/UNIX</platformDetails>\
        <subnetId>subnet-0a1b2c3d</subnetId><vpcId>vpc-0a1b2c3d</vpcId>\
        <privateIpAddress>10.0.0.4</privateIpAddress><sourceDestCheck>true</sourceDestCheck>\
        <groupSet><item><groupId>sg-2</groupId></item><item><groupId>sg-1</groupId></item></groupSet>\
        <rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>\
        <item><deviceName>/dev/sdf</deviceName><ebs><volumeId>vol-1a1b2c3d</volumeId>\
        <attachTime>2023-01-01T00:00:00.000Z</attachTime><deleteOnTermination>false</deleteOnTermination></ebs></item>\
        <item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-0a1b2c3d</volumeId>\
        <attachTime>2023-06-01T10:00:00.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item>\
        </blockDeviceMapping><networkInterfaceSet>\
        <item><networkInterfaceId>eni-0a1b2c3d</networkInterfaceId><attachment><deviceIndex>0</deviceIndex>\
        <attachTime>2023-06-01T09:59:58.000Z</attachTime></attachment></item>\
        <item><networkInterfaceId>eni-1a1b2c3d</networkInterfaceId><attachment><deviceIndex>1</deviceIndex>\
        <attachTime>2022-01-01T00:00:00.000Z</attachTime></attachment></item></networkInterfaceSet>\
        <iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/team/bastion</arn><id>AIPA</id>\
        </iamInstanceProfile><metadataOptions><httpTokens>required</httpTokens></metadataOptions>\
        <tagSet><item><key>Name</key><value>bastion</value></item>\
        <item><key>aws:ec2launchtemplate:id</key><value>lt-0a1b2c3d</value></item></tagSet>\
        </item></instancesSet></item></reservationSet><nextToken>2</nextToken></DescribeInstancesResponse>";

    const SECOND: &str = "<DescribeInstancesResponse><reservationSet><item><instancesSet>\
        <item><instanceId>i-1a1b2c3d</instanceId><instanceType>t3.micro</instanceType>\
        <spotInstanceRequestId>sir-0a1b2c3d</spotInstanceRequestId>\
        <instanceState><name>stopped</name></instanceState>\
        <operator><managed>true</managed><principal>eks.amazonaws.com</principal></operator></item>\
        <item><instanceId>i-2a1b2c3d</instanceId><instanceState><name>terminated</name></instanceState></item>\
        </instancesSet></item></reservationSet></DescribeInstancesResponse>";

    const VOLUMES: &str = "<DescribeVolumesResponse><volumeSet>\
        <item><volumeId>vol-0a1b2c3d</volumeId><attachmentSet><item><instanceId>i-0a1b2c3d</instanceId></item>\
        </attachmentSet></item>\
        <item><volumeId>vol-1a1b2c3d</volumeId><attachmentSet><item><instanceId>i-0a1b2c3d</instanceId></item>\
        </attachmentSet></item></volumeSet></DescribeVolumesResponse>";

    /// The instances; with them come two volumes.
    async fn listed() -> Vec<Live> {
        let mut live = Replay::default()
            .answer("DescribeInstances", BASTION)
            .answer("DescribeInstances", SECOND)
            .answer("DescribeVolumes", VOLUMES)
            .list(LISTING.list)
            .await
            .expect("both pages");
        let volumes = live.split_off(2);
        // What `DescribeVolumes` left out here, the instance's own block devices say.
        assert_eq!(volumes.len(), 2);
        assert_eq!(
            &*volumes[0].part_of.as_ref().expect("the root volume").whole,
            "i-0a1b2c3d"
        );
        assert!(volumes[1].part_of.is_none());
        live
    }

    fn texts(live: &Live, path: &str) -> Vec<String> {
        let mut texts = Vec::new();
        live.configuration.each_at(path, &mut |value| {
            value.each_text(&mut |text| texts.push(text.to_owned()));
        });
        texts
    }

    #[tokio::test]
    async fn two_pages_give_all_that_is_not_terminated() {
        let live = listed().await;
        assert_eq!(live.len(), 2);
        let bastion = &live[0];
        assert_eq!(&*bastion.arn, "arn:aws:ec2:eu-west-1:123456789012:instance/i-0a1b2c3d");
        assert_eq!(bastion.name.as_deref(), Some("bastion"));
        assert_eq!(bastion.configuration.text("instance_type"), Some("t3.micro"));
        assert_eq!(bastion.configuration.text("iam_instance_profile"), Some("bastion"));
        assert_eq!(bastion.configuration.get("monitoring"), Some(&Value::Bool(false)));
        assert_eq!(texts(bastion, "vpc_security_group_ids"), ["sg-1", "sg-2"]);
        assert_eq!(texts(bastion, "root_block_device.volume_id"), ["vol-0a1b2c3d"]);
        assert_eq!(texts(bastion, "ebs_block_device.volume_id"), ["vol-1a1b2c3d"]);
        assert_eq!(texts(bastion, "launch_template.id"), ["lt-0a1b2c3d"]);
        assert_eq!(texts(bastion, "metadata_options.http_tokens"), ["required"]);
        assert_eq!(
            bastion.configuration.text("primary_network_interface_id"),
            Some("eni-0a1b2c3d")
        );
        let targets: Vec<_> = bastion.references.iter().map(|edge| &*edge.target).collect();
        assert_eq!(
            targets,
            [
                "arn:aws:iam::123456789012:instance-profile/team/bastion",
                "eni-1a1b2c3d",
                "vpc-0a1b2c3d"
            ]
        );
    }

    #[tokio::test]
    async fn a_restart_does_not_make_an_instance_younger() {
        let live = listed().await;
        // Launched again in 2026; neither the volume nor the interface that were added are older evidence.
        assert_eq!(live[0].created_at.expect("a time").to_string(), "2023-06-01T09:59:58Z");
    }

    #[tokio::test]
    async fn what_a_service_operates_is_delegated_and_what_is_stopped_costs_no_hours() {
        let live = listed().await;
        assert!((monthly_cost(&live[0]).expect("a price") - 7.592).abs() < 0.001);
        assert_eq!(monthly_cost(&live[1]), None);
        assert_eq!(&*live[1].keys[0], "sir-0a1b2c3d");
        let Origin::Delegated(delegate) = &live[1].origin else {
            panic!("delegated, not {:?}", live[1].origin);
        };
        assert_eq!(delegate.system, "eks");
    }

    #[tokio::test]
    async fn denied_instances_leave_the_volumes() {
        let (live, faults, result) = Replay::default()
            .fail(
                "DescribeInstances",
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
            )
            .answer("DescribeVolumes", VOLUMES)
            .run(LISTING.list)
            .await;
        result.expect("a gap, not a fault");
        assert_eq!(live.len(), 2);
        assert_eq!(faults[0].0, "aws_instance");
    }

    #[tokio::test]
    async fn where_the_named_root_device_is_not_mapped_the_reserved_name_counts() {
        let quirk = BASTION.replace("<rootDeviceName>/dev/xvda<", "<rootDeviceName>/dev/sdz<");
        let live = Replay::default()
            .answer("DescribeInstances", &quirk)
            .answer("DescribeInstances", SECOND)
            .answer("DescribeVolumes", VOLUMES)
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(texts(&live[0], "root_block_device.volume_id"), ["vol-0a1b2c3d"]);
        assert_eq!(texts(&live[0], "ebs_block_device.volume_id"), ["vol-1a1b2c3d"]);
    }
}

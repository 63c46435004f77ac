//! `aws_ebs_volume`. Its listing is a part of that of `aws_instance`.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Volume, VolumeAttachment};

use super::convert::{delegated, ec2_operator, ec2_tags, knows_no_managed_resources, time};
use super::facts::{Kind, Usage, changing, facet, kept, refers, stable};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// A block storage volume.
pub(super) static KIND: Kind = Kind {
    facets: &[facet("aws_volume_attachment", "volume_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:volume/{id}",
    attributes: &[
        stable("availability_zone"),
        stable("size"),
        stable("type"),
        changing("iops"),
        changing("throughput"),
        stable("encrypted"),
        stable("multi_attach_enabled"),
        refers("kms_key_id", &["aws_kms_key"]),
        refers("snapshot_id", &["aws_ebs_snapshot"]),
        kept("outpost_arn"),
    ],
    cloudformation: "AWS::EC2::Volume",
    holds_data: true,
    orphan: Some(orphan),
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_ebs_volume", "EBS volume", "ec2")
};

/// The volumes that an instance says die with it, with the instance and the device.
pub(super) type Devices = BTreeMap<String, (String, String)>;

/// Lists the volumes. `devices` is what the instances say of them: `DescribeVolumes` says the same, but not
/// everywhere that speaks its language.
pub(super) async fn list(cx: &ListCx<'_>, devices: &Devices) -> Result<(), Fault> {
    let all = pages(cx, devices, Some(true)).await;
    if knows_no_managed_resources(&all) {
        return pages(cx, devices, None).await;
    }
    all
}

async fn pages(cx: &ListCx<'_>, devices: &Devices, managed: Option<bool>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeVolumes",
        |token| {
            let request = cx.ec2().describe_volumes().max_results(500);
            request
                .set_include_managed_resources(managed)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.volumes()
                .iter()
                .filter_map(|volume| live(cx, volume, devices))
                .for_each(|volume| cx.found(volume));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, volume: &Volume, devices: &Devices) -> Option<Live> {
    let status = volume.state().map(|state| state.as_str());
    if status == Some("deleted") {
        return None;
    }
    let mut live = cx.live(&KIND, volume.volume_id()?);
    live.created_at = time(volume.create_time());
    live.configuration
        .set("availability_zone", volume.availability_zone())
        .set("size", volume.size())
        .set("type", volume.volume_type().map(|kind| kind.as_str()))
        .set("iops", volume.iops().unwrap_or(0))
        .set("throughput", volume.throughput().unwrap_or(0))
        .set("encrypted", volume.encrypted().unwrap_or(false))
        .set("multi_attach_enabled", volume.multi_attach_enabled().unwrap_or(false))
        .set("kms_key_id", volume.kms_key_id())
        .set("snapshot_id", volume.snapshot_id())
        .set("outpost_arn", volume.outpost_arn());
    live.observed
        .set("status", status)
        .set("attached", !volume.attachments().is_empty())
        .set("size_gib", volume.size())
        .set("encrypted", volume.encrypted());
    live.tagged(ec2_tags(volume.tags()));
    if let [only] = volume.attachments() {
        attached(&mut live, only, devices);
    }
    if let Some(origin) = ec2_operator(volume.operator()) {
        live.origin = origin;
    }
    Some(live)
}

/// Reads the only attachment. An instance's own claim and reference lead to the volume, not the other way round:
/// a volume needs no instance.
fn attached(live: &mut Live, attachment: &VolumeAttachment, devices: &Devices) {
    live.observed.set("attached_to", attachment.instance_id());
    let dies_with = match (attachment.delete_on_termination(), devices.get(&*live.id)) {
        (Some(true), _) => attachment
            .instance_id()
            .map(|instance| (instance, attachment.device().unwrap_or("a device"))),
        (_, Some((instance, device))) => Some((instance.as_str(), device.as_str())),
        _ => None,
    };
    if let Some((instance, device)) = dies_with {
        live.lives_with(
            "aws_instance",
            instance,
            format!("attached as {device}, to be deleted when the instance is terminated"),
        );
    }
    // A volume that ECS attached to a task on Fargate: the instance belongs to the service.
    if let Some(service) = attachment.instance_owning_service() {
        let task = attachment.associated_resource().unwrap_or(service);
        live.origin = delegated(service, task, format!("attached to an instance that {service} owns"));
    }
}

fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    let alone = live.observed.text("status") == Some("available")
        && live.observed.get("attached").and_then(|attached| attached.as_bool()) == Some(false)
        // A snapshot says where it came from; it does not need the volume.
        && usage.used_by.iter().all(|(user, _)| user.starts_with("aws_ebs_snapshot"));
    alone.then(
        || match live.observed.get("size_gib").and_then(|size| size.as_integer()) {
            Some(size) => format!("attached to no instance; its {size} GiB are billed"),
            None => "attached to no instance, and billed for it".to_owned(),
        },
    )
}

fn monthly_cost(live: &Live) -> Option<f64> {
    let number = |name: &str| live.configuration.get(name).and_then(|value| value.as_integer());
    prices::ebs_volume_month(
        live.configuration.text("type")?,
        number("size")?,
        number("iops"),
        number("throughput"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::kinds::instance::LISTING;
    use crate::model::{Origin, Value};

    const FIRST: &str = "<DescribeVolumesResponse><volumeSet>\
        <item><volumeId>vol-0a1b2c3d</volumeId><size>100</size><snapshotId>snap-0a1b2c3d</snapshotId>\
        <availabilityZone>eu-west-1a</availabilityZone><status>available</status>\
        <createTime>2023-05-01T08:00:00.000Z</createTime><attachmentSet/><volumeType>gp3</volumeType>\
        <iops>3000</iops><throughput>125</throughput><encrypted>true</encrypted>\
        <kmsKeyId>arn:aws:kms:eu-west-1:123456789012:key/k-1</kmsKeyId><multiAttachEnabled>false</multiAttachEnabled>\
        <tagSet><item><key>Name</key><value>data</value></item></tagSet></item>\
        <item><volumeId>vol-1a1b2c3d</volumeId><status>deleted</status></item>\
        </volumeSet><nextToken>2</nextToken></DescribeVolumesResponse>";

    fn attached(id: &str, attachment: &str) -> String {
        format!(
            "<DescribeVolumesResponse><volumeSet><item><volumeId>{id}</volumeId><size>8</size><status>in-use</status>\
             <attachmentSet><item><volumeId>{id}</volumeId>{attachment}<status>attached</status></item></attachmentSet>\
             <volumeType>gp2</volumeType></item></volumeSet></DescribeVolumesResponse>"
        )
    }

    fn without_instances() -> Replay {
        Replay::default().answer(
            "DescribeInstances",
            "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>",
        )
    }

    fn usage(is_live: &dyn Fn(&str, &str) -> Option<bool>) -> Usage<'_> {
        Usage {
            used_by: &[],
            all_users_listed: true,
            is_live,
        }
    }

    #[tokio::test]
    async fn two_pages_give_all_but_what_is_deleted() {
        let root = attached(
            "vol-2a1b2c3d",
            "<instanceId>i-0a1b2c3d</instanceId><device>/dev/xvda</device>\
             <deleteOnTermination>true</deleteOnTermination>",
        );
        let live = without_instances()
            .answer("DescribeVolumes", FIRST)
            .answer("DescribeVolumes", &root)
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        let data = &live[0];
        assert_eq!(&*data.arn, "arn:aws:ec2:eu-west-1:123456789012:volume/vol-0a1b2c3d");
        assert_eq!(data.name.as_deref(), Some("data"));
        assert_eq!(data.created_at.expect("a time").to_string(), "2023-05-01T08:00:00Z");
        assert_eq!(data.configuration.get("size"), Some(&Value::Integer(100)));
        assert_eq!(data.configuration.text("snapshot_id"), Some("snap-0a1b2c3d"));
        assert_eq!(data.observed.get("attached"), Some(&Value::Bool(false)));
        assert!(data.part_of.is_none());
        let sentence = (KIND.orphan.expect("a test"))(data, &usage(&|_, _| None)).expect("an orphan");
        assert!(sentence.contains("100 GiB"), "{sentence}");
        assert!((monthly_cost(data).expect("a price") - 8.0).abs() < 0.01);

        let root = &live[1];
        assert_eq!(&*root.part_of.as_ref().expect("a part").whole, "i-0a1b2c3d");
        assert_eq!((KIND.orphan.expect("a test"))(root, &usage(&|_, _| None)), None);
    }

    #[tokio::test]
    async fn a_volume_that_outlives_its_instance_is_no_part_of_it() {
        let kept = attached(
            "vol-3a1b2c3d",
            "<instanceId>i-0a1b2c3d</instanceId><device>/dev/sdf</device>\
             <deleteOnTermination>false</deleteOnTermination>",
        );
        let live = without_instances()
            .answer("DescribeVolumes", &kept)
            .list(LISTING.list)
            .await
            .expect("one page");
        assert!(live[0].part_of.is_none());
        assert_eq!(live[0].observed.get("attached"), Some(&Value::Bool(true)));
        assert_eq!((KIND.orphan.expect("a test"))(&live[0], &usage(&|_, _| None)), None);
    }

    #[tokio::test]
    async fn a_partition_that_does_not_know_the_parameter_is_asked_without_it() {
        let live = without_instances()
            .fail(
                "DescribeVolumes",
                400,
                "<Response><Errors><Error><Code>UnknownParameter</Code><Message>no</Message></Error></Errors>\
                 <RequestID>r</RequestID></Response>",
            )
            .answer("DescribeVolumes", FIRST)
            .answer(
                "DescribeVolumes",
                "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("the second try");
        assert_eq!(live.len(), 1);
    }

    #[tokio::test]
    async fn a_volume_of_a_task_belongs_to_the_service_that_owns_its_instance() {
        let task = attached(
            "vol-4a1b2c3d",
            "<associatedResource>arn:aws:ecs:eu-west-1:123456789012:task/prod/1</associatedResource>\
             <instanceOwningService>fargate.amazonaws.com</instanceOwningService>",
        );
        let live = without_instances()
            .answer("DescribeVolumes", &task)
            .list(LISTING.list)
            .await
            .expect("one page");
        let Origin::Delegated(delegate) = &live[0].origin else {
            panic!("delegated, not {:?}", live[0].origin);
        };
        assert_eq!(delegate.system, "fargate");
    }
}

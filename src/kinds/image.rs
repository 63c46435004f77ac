//! `aws_ami` and `aws_ebs_snapshot`, own ones only: everybody's public ones number hundreds of thousands.
//!
//! One listing, because an image's block devices say which snapshots belong to it.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Image, Snapshot, StorageTier};

use super::Listing;
use super::convert::{ec2_tags, is_foreign, time, time_of_text};
use super::facts::{Kind, Usage, facet, kept, kept_reference, stable};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Value};

/// A machine image.
pub(super) static IMAGE: Kind = Kind {
    // The same thing, made from another image or from an instance.
    aliases: &["aws_ami_copy", "aws_ami_from_instance"],
    facets: &[facet("aws_ami_launch_permission", "image_id")],
    arn: "arn:{partition}:ec2:{region}::image/{id}",
    attributes: &[
        // Not a `name`: the end of an image's name is mostly its version.
        stable("name"),
        stable("architecture"),
        stable("virtualization_type"),
        stable("root_device_name"),
        kept("description"),
        kept_reference("ebs_block_device.snapshot_id", &["aws_ebs_snapshot"]),
        kept("source_ami_id"),
        kept("source_instance_id"),
    ],
    holds_data: true,
    many_alike: true,
    orphan: Some(unused_image),
    ..Kind::regional("aws_ami", "machine image", "ec2")
};

/// A snapshot of a volume.
pub(super) static SNAPSHOT: Kind = Kind {
    aliases: &["aws_ebs_snapshot_copy", "aws_ebs_snapshot_import"],
    facets: &[
        facet("aws_snapshot_create_volume_permission", "snapshot_id"),
        facet("aws_ebs_fast_snapshot_restore", "snapshot_id"),
    ],
    arn: "arn:{partition}:ec2:{region}::snapshot/{id}",
    attributes: &[
        // Where it came from; it does not need the volume, which may be long gone.
        kept("volume_id"),
        stable("volume_size"),
        stable("description"),
        stable("encrypted"),
        kept("storage_tier"),
        kept_reference("kms_key_id", &["aws_kms_key"]),
    ],
    holds_data: true,
    many_alike: true,
    orphan: Some(lonely_snapshot),
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_ebs_snapshot", "EBS snapshot", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&IMAGE, &SNAPSHOT],
    actions: &["ec2:DescribeImages", "ec2:DescribeSnapshots"],
    list: |cx| Box::pin(list(cx)),
};

/// The image that a snapshot is a block device of, by snapshot.
type Devices = BTreeMap<String, String>;

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut devices = Devices::new();
    if let Err(fault) = images(cx, &mut devices).await {
        cx.gap(IMAGE.name, fault);
    }
    if let Err(fault) = snapshots(cx, &devices).await {
        cx.gap(SNAPSHOT.name, fault);
    }
    Ok(())
}

async fn images(cx: &ListCx<'_>, devices: &mut Devices) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeImages",
        |token| {
            let request = cx.ec2().describe_images().owners("self").max_results(1000);
            request
                .include_deprecated(true)
                .include_disabled(true)
                .set_next_token(token)
                .send()
        },
        |page| {
            for image in page.images() {
                let Some(live) = image_live(cx, image) else { continue };
                for snapshot in snapshots_of(image) {
                    devices.insert(snapshot.to_owned(), live.id.to_string());
                }
                cx.found(live);
            }
            page.next_token
        },
    )
    .await
}

fn snapshots_of(image: &Image) -> impl Iterator<Item = &str> {
    let devices = image.block_device_mappings().iter();
    devices.filter_map(|device| device.ebs()?.snapshot_id())
}

fn image_live(cx: &ListCx<'_>, image: &Image) -> Option<Live> {
    if is_foreign(cx, image.owner_id()) || image.state().is_some_and(|state| state.as_str() == "deregistered") {
        return None;
    }
    let mut live = cx.live(&IMAGE, image.image_id()?);
    live.name = image.name().filter(|name| !name.is_empty()).map(Into::into);
    live.created_at = time_of_text(image.creation_date());
    let devices = image.block_device_mappings().iter().filter_map(|device| {
        let ebs = device.ebs()?;
        Some(
            Configuration::new()
                .with("device_name", device.device_name())
                .with("snapshot_id", ebs.snapshot_id()),
        )
    });
    live.configuration
        .set("name", image.name())
        .set("architecture", image.architecture().map(|kind| kind.as_str()))
        .set(
            "virtualization_type",
            image.virtualization_type().map(|kind| kind.as_str()),
        )
        .set("root_device_name", image.root_device_name())
        .set("description", image.description())
        .set("ebs_block_device", Value::set(devices))
        .set("source_ami_id", image.source_image_id())
        .set("source_instance_id", image.source_instance_id());
    live.observed
        .set("status", image.state().map(|state| state.as_str()))
        .set("public", image.public())
        .set("last_launched_at", image.last_launched_time())
        .set("deprecated_at", image.deprecation_time());
    live.tagged(ec2_tags(image.tags()));
    Some(live)
}

async fn snapshots(cx: &ListCx<'_>, devices: &Devices) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeSnapshots",
        |token| {
            let request = cx.ec2().describe_snapshots().owner_ids("self").max_results(1000);
            request.set_next_token(token).send()
        },
        |page| {
            page.snapshots()
                .iter()
                .filter_map(|snapshot| snapshot_live(cx, snapshot, devices))
                .for_each(|snapshot| cx.found(snapshot));
            page.next_token
        },
    )
    .await
}

fn snapshot_live(cx: &ListCx<'_>, snapshot: &Snapshot, devices: &Devices) -> Option<Live> {
    if is_foreign(cx, snapshot.owner_id()) {
        return None;
    }
    let id = snapshot.snapshot_id()?;
    let mut live = cx.live(&SNAPSHOT, id);
    live.created_at = time(snapshot.start_time());
    let description = snapshot.description().unwrap_or_default();
    live.configuration
        .set("volume_id", snapshot.volume_id())
        .set("volume_size", snapshot.volume_size())
        .set("description", description)
        .set("encrypted", snapshot.encrypted().unwrap_or(false))
        .set("storage_tier", snapshot.storage_tier().map(StorageTier::as_str))
        .set("kms_key_id", snapshot.kms_key_id());
    live.observed
        .set("status", snapshot.state().map(|state| state.as_str()))
        .set("size_gib", snapshot.volume_size())
        .set("full_size_bytes", snapshot.full_snapshot_size_in_bytes())
        .set("encrypted", snapshot.encrypted());
    // Made together with the image, not an own one that the image was registered with
    // (source: EC2 User Guide, "Create an AMI", on the descriptions of CreateImage and CopyImage).
    let by_image = description.starts_with("Created by CreateImage(") || description.starts_with("Copied for Dest");
    if by_image && let Some(image) = devices.get(id) {
        live.lives_with(
            IMAGE.name,
            image.as_str(),
            "a block device of the image, made together with it",
        );
    }
    live.tagged(ec2_tags(snapshot.tags()));
    Some(live)
}

fn unused_image(live: &Live, usage: &Usage<'_>) -> Option<String> {
    let public = live.observed.get("public").and_then(Value::as_bool) != Some(false);
    (usage.is_unused() && !public).then(|| {
        let last = match live.observed.text("last_launched_at") {
            Some(at) => format!("last launched {at}"),
            None => "not known to have been launched lately".to_owned(),
        };
        format!("no instance and no launch template of this account uses it; {last}; its snapshots are billed")
    })
}

/// The volume that stands for none: of a copy, or of a snapshot that was written by itself.
const NO_VOLUME: &str = "vol-ffffffff";

fn lonely_snapshot(live: &Live, usage: &Usage<'_>) -> Option<String> {
    let volume = live
        .configuration
        .text("volume_id")
        .filter(|volume| *volume != NO_VOLUME)?;
    let gone = (usage.is_live)("aws_ebs_volume", volume) == Some(false);
    (usage.is_unused() && live.part_of.is_none() && gone)
        .then(|| format!("its volume {volume} is gone, and no image uses it"))
}

/// An upper bound: a snapshot is billed for the blocks that no earlier one has.
fn monthly_cost(live: &Live) -> Option<f64> {
    let number = |value: Option<&Value>| value.and_then(Value::as_integer);
    let archived = live.configuration.text("storage_tier") == Some("archive");
    let bytes = number(live.observed.get("full_size_bytes"))
        .or_else(|| number(live.observed.get("size_gib")).map(|gib| gib << 30))?;
    let price = if archived {
        prices::EBS_SNAPSHOT_ARCHIVE_GB_MONTH
    } else {
        prices::EBS_SNAPSHOT_GB_MONTH
    };
    Some(prices::gib(bytes) * price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const IMAGES: [&str; 2] = [
        "<DescribeImagesResponse><imagesSet><item><imageId>ami-0a1b2c3d</imageId><name>app-20260101</name>\
         <imageOwnerId>123456789012</imageOwnerId><imageState>available</imageState><isPublic>false</isPublic>\
         <creationDate>2024-03-01T10:00:00.500Z</creationDate><architecture>x86_64</architecture>\
         <rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>\
         <item><deviceName>/dev/xvda</deviceName><ebs><snapshotId>snap-0a1b2c3d</snapshotId></ebs></item>\
         <item><deviceName>/dev/sdf</deviceName><ebs><snapshotId>snap-1a1b2c3d</snapshotId></ebs></item>\
         </blockDeviceMapping><tagSet><item><key>Project</key><value>platform</value></item></tagSet></item>\
         </imagesSet><nextToken>2</nextToken></DescribeImagesResponse>",
        "<DescribeImagesResponse><imagesSet><item><imageId>ami-1a1b2c3d</imageId>\
         <imageOwnerId>210987654321</imageOwnerId></item></imagesSet></DescribeImagesResponse>",
    ];

    const SNAPSHOTS: [&str; 2] = [
        "<DescribeSnapshotsResponse><snapshotSet>\
         <item><snapshotId>snap-0a1b2c3d</snapshotId><volumeId>vol-0a1b2c3d</volumeId><status>completed</status>\
         <startTime>2024-03-01T09:59:00.000Z</startTime><ownerId>123456789012</ownerId><volumeSize>8</volumeSize>\
         <description>Created by CreateImage(i-0a1b2c3d) for ami-0a1b2c3d</description></item>\
         <item><snapshotId>snap-1a1b2c3d</snapshotId><volumeId>vol-1a1b2c3d</volumeId>\
         <ownerId>123456789012</ownerId><description>nightly</description></item></snapshotSet>\
         <nextToken>2</nextToken></DescribeSnapshotsResponse>",
        "<DescribeSnapshotsResponse><snapshotSet>\
         <item><snapshotId>snap-2a1b2c3d</snapshotId><ownerId>801119661308</ownerId></item>\
         <item><snapshotId>snap-3a1b2c3d</snapshotId><volumeId>vol-2a1b2c3d</volumeId><ownerId>123456789012</ownerId>\
         <volumeSize>100</volumeSize><storageTier>standard</storageTier><encrypted>true</encrypted>\
         <tagSet><item><key>Name</key><value>before the move</value></item></tagSet></item>\
         <item><snapshotId>snap-4a1b2c3d</snapshotId><volumeId>vol-ffffffff</volumeId><ownerId>123456789012</ownerId>\
         </item></snapshotSet></DescribeSnapshotsResponse>",
    ];

    async fn listed() -> Vec<Live> {
        Replay::default()
            .answer("DescribeImages", IMAGES[0])
            .answer("DescribeImages", IMAGES[1])
            .answer("DescribeSnapshots", SNAPSHOTS[0])
            .answer("DescribeSnapshots", SNAPSHOTS[1])
            .list(LISTING.list)
            .await
            .expect("all pages")
    }

    #[tokio::test]
    async fn only_own_images_and_snapshots_are_found() {
        let live = listed().await;
        let ids: Vec<_> = live.iter().map(|live| &*live.id).collect();
        assert_eq!(
            ids,
            [
                "ami-0a1b2c3d",
                "snap-0a1b2c3d",
                "snap-1a1b2c3d",
                "snap-3a1b2c3d",
                "snap-4a1b2c3d"
            ]
        );
        let image = &live[0];
        assert_eq!(&*image.arn, "arn:aws:ec2:eu-west-1::image/ami-0a1b2c3d");
        assert_eq!(image.name.as_deref(), Some("app-20260101"));
        assert_eq!(image.created_at.expect("a time").to_string(), "2024-03-01T10:00:00Z");
        assert_eq!(image.tags.get("Project"), Some("platform"));
        let mut snapshots = Vec::new();
        image
            .configuration
            .each_at("ebs_block_device.snapshot_id", &mut |value| {
                snapshots.extend(value.as_str());
            });
        snapshots.sort_unstable();
        assert_eq!(snapshots, ["snap-0a1b2c3d", "snap-1a1b2c3d"]);
        let snapshot = &live[3];
        assert_eq!(&*snapshot.arn, "arn:aws:ec2:eu-west-1::snapshot/snap-3a1b2c3d");
        assert_eq!(snapshot.name.as_deref(), Some("before the move"));
        assert!((monthly_cost(snapshot).expect("a price") - 5.0).abs() < 0.001);
    }

    #[tokio::test]
    async fn a_snapshot_made_with_an_image_is_part_of_it_and_an_older_one_is_not() {
        let live = listed().await;
        assert_eq!(&*live[1].part_of.as_ref().expect("a part").whole, "ami-0a1b2c3d");
        assert!(live[2].part_of.is_none());
    }

    #[tokio::test]
    async fn a_snapshot_is_an_orphan_when_its_volume_is_known_to_be_gone() {
        let live = listed().await;
        let test = |live: &Live, gone: Option<bool>| {
            let is_live = |_: &str, _: &str| gone;
            let usage = Usage {
                used_by: &[],
                all_users_listed: true,
                is_live: &is_live,
            };
            lonely_snapshot(live, &usage)
        };
        assert!(test(&live[3], Some(false)).expect("an orphan").contains("vol-2a1b2c3d"));
        assert_eq!(test(&live[3], Some(true)), None);
        assert_eq!(test(&live[3], None), None);
        // A copy never had a volume here.
        assert_eq!(test(&live[4], Some(false)), None);
    }

    #[tokio::test]
    async fn denied_images_leave_the_snapshots() {
        let (live, faults, result) = Replay::default()
            .fail(
                "DescribeImages",
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
            )
            .answer("DescribeSnapshots", SNAPSHOTS[1])
            .run(LISTING.list)
            .await;
        result.expect("a gap, not a fault");
        assert_eq!(live.len(), 2);
        assert_eq!(faults[0].0, "aws_ami");
    }
}

//! `aws_db_snapshot`: manual snapshots, and automated ones, which die with their instance.

use aws_sdk_rds::types::DbSnapshot;

use super::facts::{Kind, Usage, kept, kept_reference, name};
use super::rds::{self, Sources};
use super::{Listing, convert, prices};
use crate::aws::{Fault, ListCx};
use crate::model::{Arn, Delegate, Live, Origin};

/// A snapshot of a database instance. A manual one outlives the instance and may be the last copy of its data.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_db_snapshot_copy"],
    arn: "arn:{partition}:rds:{region}:{account}:snapshot:{id}",
    attributes: &[
        name("db_snapshot_identifier"),
        // Not a reference: the snapshot does not need the instance.
        kept("db_instance_identifier"),
        kept_reference("kms_key_id", &["aws_kms_key"]),
        kept("allocated_storage"),
        kept("encrypted"),
        kept("engine"),
        kept("engine_version"),
        kept("snapshot_type"),
        kept("source_db_snapshot_identifier"),
    ],
    holds_data: true,
    many_alike: true,
    orphan: Some(orphan),
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_db_snapshot", "database snapshot", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    // After the snapshots, so that an instance made meanwhile is not taken for gone.
    let mut snapshots = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBSnapshots",
            |token| {
                let request = cx.rds().describe_db_snapshots().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                snapshots.extend(page.db_snapshots.unwrap_or_default());
                page.marker
            },
        )
        .await;
    if snapshots.is_empty() {
        return listed;
    }
    let sources = Sources::instances(cx).await;
    snapshots
        .iter()
        .filter_map(|snapshot| live(cx, snapshot, sources.as_ref().ok()))
        .for_each(|snapshot| cx.found(snapshot));
    listed
}

fn live(cx: &ListCx<'_>, snapshot: &DbSnapshot, sources: Option<&Sources>) -> Option<Live> {
    let id = snapshot.db_snapshot_identifier()?;
    let arn = snapshot.db_snapshot_arn();
    if arn.and_then(Arn::parse).is_some_and(|arn| arn.account != &*cx.account) {
        return None;
    }
    let mut live = rds::live(cx, &KIND, id, arn);
    live.created_at = convert::time(
        snapshot
            .original_snapshot_create_time()
            .or_else(|| snapshot.snapshot_create_time()),
    );
    let kind = snapshot.snapshot_type().unwrap_or_default().to_ascii_lowercase();
    live.configuration
        .set("db_snapshot_identifier", id)
        .set("db_instance_identifier", snapshot.db_instance_identifier())
        .set("allocated_storage", snapshot.allocated_storage())
        .set("encrypted", snapshot.encrypted().unwrap_or_default())
        .set("engine", snapshot.engine())
        .set("engine_version", snapshot.engine_version())
        .set("kms_key_id", snapshot.kms_key_id())
        .set("snapshot_type", kind.as_str())
        .set(
            "source_db_snapshot_identifier",
            snapshot.source_db_snapshot_identifier(),
        );
    live.observed
        .set("status", snapshot.status())
        .set("automated", kind == "automated")
        .set("engine", snapshot.engine())
        .set("allocated_storage_gib", snapshot.allocated_storage())
        .set("size_bytes", snapshot.full_snapshot_size_in_bytes())
        .set("storage_encrypted", snapshot.encrypted())
        .set("dbi_resource_id", snapshot.dbi_resource_id())
        .set("source_identifier", snapshot.db_instance_identifier())
        .set("source_region", snapshot.source_region());
    rds::backup_of(
        cx,
        &mut live,
        &rds::Backup {
            kind: "aws_db_instance",
            arn_word: "db",
            identifier: snapshot.db_instance_identifier(),
            resource_id: snapshot.dbi_resource_id(),
            created: convert::time(snapshot.instance_create_time()),
            elsewhere: rds::is_copy(cx, snapshot.source_region(), snapshot.source_db_snapshot_identifier()),
            dies_with_it: (kind == "automated").then_some("SnapshotType is automated"),
        },
        sources,
    );
    if kind == "awsbackup" {
        live.origin = Origin::Delegated(Box::new(Delegate {
            system: "backup".into(),
            name: id.into(),
            evidence: "SnapshotType is awsbackup".into(),
        }));
    }
    live.tagged(rds::tags(snapshot.tag_list()));
    Some(live)
}

pub(super) fn orphan(live: &Live, _: &Usage<'_>) -> Option<String> {
    let gone = live.observed.get("source_gone")?.as_bool()?;
    let source = live.observed.text("source_identifier")?;
    gone.then(|| format!("the database {source} that it was taken from is gone; it may be the last copy of its data"))
}

/// By the full size where the API gives it: what a snapshot takes beyond another cannot be told.
fn monthly_cost(live: &Live) -> Option<f64> {
    const GIB: i64 = 1 << 30;
    let gib = live.observed.get("size_bytes")?.as_integer()? / GIB;
    Some(f64::from(u32::try_from(gib).ok()?) * prices::RDS_BACKUP_GB_MONTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::model::Value;

    fn snapshot(id: &str, kind: &str, instance: &str, resource: &str, rest: &str) -> String {
        format!(
            "<DBSnapshot><DBSnapshotIdentifier>{id}</DBSnapshotIdentifier><SnapshotType>{kind}</SnapshotType>\
             <DBInstanceIdentifier>{instance}</DBInstanceIdentifier><DbiResourceId>{resource}</DbiResourceId>\
             <DBSnapshotArn>arn:aws:rds:eu-west-1:123456789012:snapshot:{id}</DBSnapshotArn><Status>available</Status>\
             <SnapshotCreateTime>2026-11-01T02:00:00Z</SnapshotCreateTime><AllocatedStorage>20</AllocatedStorage>{rest}\
             </DBSnapshot>"
        )
    }

    fn page(snapshots: &str, marker: &str) -> String {
        format!(
            "<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots>{snapshots}</DBSnapshots>{marker}\
             </DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>"
        )
    }

    /// `prod` is there, restored under the name of a deleted one: `db-NEW`, not `db-OLD`.
    const INSTANCES: &str = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
        <DBInstanceIdentifier>prod</DBInstanceIdentifier><DbiResourceId>db-NEW</DbiResourceId>\
        <DBInstanceArn>arn:aws:rds:eu-west-1:123456789012:db:prod</DBInstanceArn></DBInstance>\
        </DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>";

    async fn list() -> Vec<Live> {
        Replay::default()
            .answer(
                "DescribeDBSnapshots",
                &page(
                    &snapshot(
                        "rds:prod-2026-11-01",
                        "automated",
                        "prod",
                        "db-NEW",
                        "<TagList><Tag><Key>Project</Key><Value>platform</Value></Tag></TagList>",
                    ),
                    "<Marker>2</Marker>",
                ),
            )
            .answer(
                "DescribeDBSnapshots",
                &page(
                    &[
                        snapshot("rds:prod-2025-01-01", "automated", "prod", "db-OLD", ""),
                        snapshot("final", "manual", "prod", "db-OLD", ""),
                        snapshot("before-upgrade", "manual", "prod", "db-NEW", ""),
                        snapshot(
                            "copied",
                            "manual",
                            "prod",
                            "db-FAR",
                            "<SourceRegion>us-east-1</SourceRegion>",
                        ),
                        snapshot("before-renaming", "manual", "staging", "db-NEW", ""),
                        snapshot("foreign", "manual", "prod", "db-NEW", "").replace("123456789012", "210987654321"),
                        snapshot("awsbackup:job-1", "awsbackup", "prod", "db-NEW", ""),
                    ]
                    .concat(),
                    "",
                ),
            )
            .answer("DescribeDBInstances", INSTANCES)
            .list(LISTING.list)
            .await
            .expect("both pages")
    }

    fn by_id<'a>(live: &'a [Live], id: &str) -> &'a Live {
        live.iter().find(|live| &*live.id == id).expect(id)
    }

    const UNUSED: Usage<'_> = Usage {
        used_by: &[],
        all_users_listed: true,
        is_live: &|_, _| None,
    };

    #[tokio::test]
    async fn automated_ones_are_part_of_their_instance() {
        let live = list().await;
        assert_eq!(live.len(), 7, "all but the one of another account");
        let automated = by_id(&live, "rds:prod-2026-11-01");
        assert_eq!(
            &*automated.arn,
            "arn:aws:rds:eu-west-1:123456789012:snapshot:rds:prod-2026-11-01"
        );
        let part_of = automated.part_of.as_ref().expect("part of its instance");
        assert_eq!(&*part_of.whole, "arn:aws:rds:eu-west-1:123456789012:db:prod");
        assert_eq!(automated.observed.get("automated"), Some(&Value::Bool(true)));
        assert_eq!(automated.tags.get("Project"), Some("platform"));
        assert!(automated.created_at.is_some());
    }

    #[tokio::test]
    async fn a_name_that_was_used_again_is_not_the_source() {
        let live = list().await;
        assert!(by_id(&live, "rds:prod-2025-01-01").part_of.is_none());
        let last = by_id(&live, "final");
        assert_eq!(last.observed.text("backup_of"), None);
        assert!(orphan(last, &UNUSED).is_some());
    }

    #[tokio::test]
    async fn manual_ones_outlive_their_instance() {
        let live = list().await;
        let manual = by_id(&live, "before-upgrade");
        assert!(manual.part_of.is_none());
        assert!(manual.references.is_empty(), "it does not need the instance");
        assert_eq!(
            manual.observed.text("backup_of"),
            Some("arn:aws:rds:eu-west-1:123456789012:db:prod")
        );
        assert_eq!(orphan(manual, &UNUSED), None);
        let renamed = by_id(&live, "before-renaming");
        assert_eq!(renamed.observed.text("backup_of"), manual.observed.text("backup_of"));
        let copied = by_id(&live, "copied");
        assert_eq!(orphan(copied, &UNUSED), None, "its source is in another region");
        assert!(matches!(by_id(&live, "awsbackup:job-1").origin, Origin::Delegated(_)));
    }

    #[tokio::test]
    async fn without_the_instances_nothing_is_said_to_be_gone() {
        let (live, gaps, result) = Replay::default()
            .answer(
                "DescribeDBSnapshots",
                &page(
                    &[
                        snapshot("rds:prod-1", "automated", "prod", "db-OLD", ""),
                        snapshot("manual", "manual", "prod", "db-OLD", ""),
                    ]
                    .concat(),
                    "",
                ),
            )
            .fail(
                "DescribeDBInstances",
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
            )
            .run(LISTING.list)
            .await;
        result.expect("the snapshots were listed");
        assert!(gaps.is_empty(), "the instances' own listing says that");
        assert!(live[0].part_of.is_some());
        assert_eq!(orphan(&live[1], &UNUSED), None);
    }
}

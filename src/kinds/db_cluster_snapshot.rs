//! `aws_db_cluster_snapshot`, and the snapshots of `DocumentDB` and Neptune clusters, which the same call returns.

use aws_sdk_rds::types::DbClusterSnapshot;

use super::db_snapshot::orphan;
use super::facts::{Kind, kept, kept_reference, name};
use super::rds::{self, Family, Sources};
use super::{Listing, convert, rds_cluster};
use crate::aws::{Fault, ListCx};
use crate::model::{Arn, Delegate, Live, Origin};

const ARN: &str = "arn:{partition}:rds:{region}:{account}:cluster-snapshot:{id}";

/// What the snapshots of all three families have. The cluster is no reference: the snapshot does not need it.
const ATTRIBUTES: &[super::facts::Attribute] = &[
    name("db_cluster_snapshot_identifier"),
    kept("db_cluster_identifier"),
    kept_reference("kms_key_id", &["aws_kms_key"]),
    kept("engine"),
    kept("engine_version"),
    kept("snapshot_type"),
    kept("source_db_cluster_snapshot_arn"),
    kept("storage_encrypted"),
];

/// A snapshot of an Aurora or Multi-AZ cluster.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_rds_cluster_snapshot_copy"],
    arn: ARN,
    attributes: ATTRIBUTES,
    holds_data: true,
    many_alike: true,
    orphan: Some(orphan),
    ..Kind::regional("aws_db_cluster_snapshot", "database cluster snapshot", "rds")
};

/// A snapshot of a `DocumentDB` cluster.
pub(super) static DOCDB_SNAPSHOT: Kind = Kind {
    arn: ARN,
    attributes: ATTRIBUTES,
    holds_data: true,
    many_alike: true,
    orphan: Some(orphan),
    ..Kind::regional("aws_docdb_cluster_snapshot", "DocumentDB cluster snapshot", "rds")
};

/// A snapshot of a Neptune cluster.
pub(super) static NEPTUNE_SNAPSHOT: Kind = Kind {
    arn: ARN,
    attributes: ATTRIBUTES,
    holds_data: true,
    many_alike: true,
    orphan: Some(orphan),
    ..Kind::regional("aws_neptune_cluster_snapshot", "Neptune cluster snapshot", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND, &DOCDB_SNAPSHOT, &NEPTUNE_SNAPSHOT],
    actions: &["rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut snapshots = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBClusterSnapshots",
            |token| {
                let request = cx.rds().describe_db_cluster_snapshots().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                snapshots.extend(page.db_cluster_snapshots.unwrap_or_default());
                page.marker
            },
        )
        .await;
    if snapshots.is_empty() {
        return listed;
    }
    // After the snapshots, so that a cluster made meanwhile is not taken for gone.
    let sources = Sources::clusters(cx).await;
    snapshots
        .iter()
        .filter_map(|snapshot| live(cx, snapshot, sources.as_ref().ok()))
        .for_each(|snapshot| cx.found(snapshot));
    listed
}

fn live(cx: &ListCx<'_>, snapshot: &DbClusterSnapshot, sources: Option<&Sources>) -> Option<Live> {
    let id = snapshot.db_cluster_snapshot_identifier()?;
    let arn = snapshot.db_cluster_snapshot_arn();
    if arn.and_then(Arn::parse).is_some_and(|arn| arn.account != &*cx.account) {
        return None;
    }
    let family = rds::family(snapshot.engine());
    let this = match family {
        Family::Rds => &KIND,
        Family::DocumentDb => &DOCDB_SNAPSHOT,
        Family::Neptune => &NEPTUNE_SNAPSHOT,
    };
    let mut live = rds::live(cx, this, id, arn);
    live.created_at = convert::time(snapshot.snapshot_create_time());
    let kind = snapshot.snapshot_type().unwrap_or_default().to_ascii_lowercase();
    live.configuration
        .set("db_cluster_snapshot_identifier", id)
        .set("db_cluster_identifier", snapshot.db_cluster_identifier())
        .set("engine", snapshot.engine())
        .set("engine_version", snapshot.engine_version())
        .set("kms_key_id", snapshot.kms_key_id())
        .set("snapshot_type", kind.as_str())
        .set(
            "source_db_cluster_snapshot_arn",
            snapshot.source_db_cluster_snapshot_arn(),
        )
        .set("storage_encrypted", snapshot.storage_encrypted().unwrap_or_default());
    live.observed
        .set("status", snapshot.status())
        .set("automated", kind == "automated")
        .set("engine", snapshot.engine())
        .set("allocated_storage_gib", snapshot.allocated_storage())
        .set("storage_encrypted", snapshot.storage_encrypted())
        .set("db_cluster_resource_id", snapshot.db_cluster_resource_id())
        .set("source_identifier", snapshot.db_cluster_identifier());
    rds::backup_of(
        cx,
        &mut live,
        &rds::Backup {
            kind: rds_cluster::kind_of(family).name,
            arn_word: "cluster",
            identifier: snapshot.db_cluster_identifier(),
            resource_id: snapshot.db_cluster_resource_id(),
            created: convert::time(snapshot.cluster_create_time()),
            elsewhere: rds::is_copy(cx, None, snapshot.source_db_cluster_snapshot_arn()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::kinds::facts::Usage;

    fn page(id: &str, kind: &str, engine: &str, cluster: &str, marker: &str) -> String {
        format!(
            "<DescribeDBClusterSnapshotsResponse><DescribeDBClusterSnapshotsResult><DBClusterSnapshots><DBClusterSnapshot>\
             <DBClusterSnapshotIdentifier>{id}</DBClusterSnapshotIdentifier><SnapshotType>{kind}</SnapshotType>\
             <Engine>{engine}</Engine><DBClusterIdentifier>{cluster}</DBClusterIdentifier>\
             <DBClusterSnapshotArn>arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:{id}</DBClusterSnapshotArn>\
             <SnapshotCreateTime>2026-11-01T02:00:00Z</SnapshotCreateTime>\
             <TagList><Tag><Key>Project</Key><Value>platform</Value></Tag></TagList></DBClusterSnapshot>\
             </DBClusterSnapshots>{marker}</DescribeDBClusterSnapshotsResult></DescribeDBClusterSnapshotsResponse>"
        )
    }

    #[tokio::test]
    async fn two_pages_of_two_families() {
        let live = Replay::default()
            .answer(
                "DescribeDBClusterSnapshots",
                &page("rds:main-1", "automated", "aurora-mysql", "main", "<Marker>2</Marker>"),
            )
            .answer(
                "DescribeDBClusterSnapshots",
                &page("last", "manual", "docdb", "docs", ""),
            )
            .answer(
                "DescribeDBClusters",
                "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
                 <DBClusterIdentifier>main</DBClusterIdentifier><DbClusterResourceId>cluster-A</DbClusterResourceId>\
                 <DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:main</DBClusterArn></DBCluster></DBClusters>\
                 </DescribeDBClustersResult></DescribeDBClustersResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(&*live[0].kind, "aws_db_cluster_snapshot");
        assert_eq!(&*live[0].id, "rds:main-1");
        assert_eq!(
            &*live[0].arn,
            "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:rds:main-1"
        );
        assert!(live[0].created_at.is_some());
        assert_eq!(live[0].tags.get("Project"), Some("platform"));
        let part_of = live[0].part_of.as_ref().expect("part of its cluster");
        assert_eq!(
            (&*part_of.kind, &*part_of.whole),
            ("aws_rds_cluster", "arn:aws:rds:eu-west-1:123456789012:cluster:main")
        );

        assert_eq!(&*live[1].kind, "aws_docdb_cluster_snapshot");
        let unused = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert!(orphan(&live[1], &unused).is_some_and(|sentence| sentence.contains("docs")));
    }
}

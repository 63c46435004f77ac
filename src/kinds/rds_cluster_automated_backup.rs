//! Automated backups of clusters, also those that outlive a deleted cluster (*retained* ones).
//!
//! `aws_rds_cluster_automated_backup` is a name of our own: Terraform has no type for it, because RDS makes it together
//! with the cluster.

use aws_sdk_rds::types::DbClusterAutomatedBackup;

use super::facts::{Kind, kept, kept_reference, stable};
use super::rds::{self, Sources};
use super::{Listing, convert, rds_cluster};
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// The automated backups of one cluster. Part of it while it is there; retained ones are part of nothing.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:rds:{region}:{account}:cluster-auto-backup:{id}",
    attributes: &[
        stable("source_identifier"),
        stable("db_cluster_resource_id"),
        kept_reference("kms_key_id", &["aws_kms_key"]),
        kept("retention_period"),
    ],
    // No type of Terraform holds it.
    import_id: "",
    holds_data: true,
    many_alike: true,
    ..Kind::regional(
        "aws_rds_cluster_automated_backup",
        "automated database cluster backup",
        "rds",
    )
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeDBClusterAutomatedBackups", "rds:DescribeDBClusters"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut backups = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBClusterAutomatedBackups",
            |token| {
                let request = cx.rds().describe_db_cluster_automated_backups().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                backups.extend(page.db_cluster_automated_backups.unwrap_or_default());
                page.marker
            },
        )
        .await;
    if backups.is_empty() {
        return listed;
    }
    let sources = Sources::clusters(cx).await;
    backups
        .iter()
        .filter_map(|backup| live(cx, backup, sources.as_ref().ok()))
        .for_each(|backup| cx.found(backup));
    listed
}

fn live(cx: &ListCx<'_>, backup: &DbClusterAutomatedBackup, sources: Option<&Sources>) -> Option<Live> {
    let identifier = backup.db_cluster_identifier();
    let id = backup.db_cluster_resource_id().or(identifier)?;
    let mut live = rds::live(cx, &KIND, id, backup.db_cluster_automated_backups_arn());
    live.name = identifier.map(Into::into);
    let status = backup.status().unwrap_or_default().to_ascii_lowercase();
    live.configuration
        .set("source_identifier", identifier)
        .set("db_cluster_resource_id", backup.db_cluster_resource_id())
        .set("kms_key_id", backup.kms_key_id())
        .set("retention_period", backup.backup_retention_period());
    live.observed
        .set("status", status.as_str())
        .set("automated", true)
        .set("engine", backup.engine())
        .set("engine_version", backup.engine_version())
        .set("allocated_storage_gib", backup.allocated_storage())
        .set("storage_encrypted", backup.storage_encrypted())
        .set("backup_retention_period", backup.backup_retention_period())
        .set("db_cluster_resource_id", backup.db_cluster_resource_id())
        .set("source_identifier", identifier)
        .set("source_region", backup.region())
        .set("aws_backup_recovery_point", backup.aws_backup_recovery_point_arn());
    rds::restore_window(&mut live, backup.restore_window());
    if let Some(created) = convert::time(backup.cluster_create_time()) {
        live.observed.set("cluster_created_at", created.to_string());
    }
    let elsewhere = rds::is_copy(cx, backup.region(), backup.db_cluster_arn());
    let whole = rds_cluster::kind_of(rds::family(backup.engine())).name;
    if status == "retained" {
        live.observed.set("source_gone", true);
    } else if let (true, Some(source)) = (elsewhere, backup.db_cluster_arn()) {
        live.observed.set("backup_of", source);
        live.lives_with(
            whole,
            source,
            "it replicates the backups of a cluster in another region",
        );
    } else {
        rds::backup_of(
            cx,
            &mut live,
            &rds::Backup {
                kind: whole,
                arn_word: "cluster",
                identifier,
                resource_id: backup.db_cluster_resource_id(),
                created: convert::time(backup.cluster_create_time()),
                elsewhere,
                dies_with_it: Some("its Status is not retained"),
            },
            sources,
        );
    }
    live.tagged(rds::tags(backup.tag_list()));
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn page(status: &str, id: &str, marker: &str) -> String {
        format!(
            "<DescribeDBClusterAutomatedBackupsResponse><DescribeDBClusterAutomatedBackupsResult>\
             <DBClusterAutomatedBackups><DBClusterAutomatedBackup><Engine>aurora-mysql</Engine>\
             <DBClusterIdentifier>main</DBClusterIdentifier><DbClusterResourceId>{id}</DbClusterResourceId>\
             <Status>{status}</Status><Region>eu-west-1</Region>\
             <DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:main</DBClusterArn>\
             <DBClusterAutomatedBackupsArn>arn:aws:rds:eu-west-1:123456789012:cluster-auto-backup:ab-{id}\
             </DBClusterAutomatedBackupsArn><RestoreWindow><LatestTime>2026-11-24T05:00:00Z</LatestTime></RestoreWindow>\
             </DBClusterAutomatedBackup></DBClusterAutomatedBackups>{marker}\
             </DescribeDBClusterAutomatedBackupsResult></DescribeDBClusterAutomatedBackupsResponse>"
        )
    }

    #[tokio::test]
    async fn active_ones_are_part_of_the_cluster_and_retained_ones_of_nothing() {
        let live = Replay::default()
            .answer(
                "DescribeDBClusterAutomatedBackups",
                &page("available", "cluster-NEW", "<Marker>2</Marker>"),
            )
            .answer(
                "DescribeDBClusterAutomatedBackups",
                &page("retained", "cluster-OLD", ""),
            )
            .answer(
                "DescribeDBClusters",
                "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
                 <DBClusterIdentifier>main</DBClusterIdentifier><DbClusterResourceId>cluster-NEW</DbClusterResourceId>\
                 <DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:main</DBClusterArn></DBCluster></DBClusters>\
                 </DescribeDBClustersResult></DescribeDBClustersResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(&*live[0].id, "cluster-NEW");
        assert_eq!(
            &*live[0].arn,
            "arn:aws:rds:eu-west-1:123456789012:cluster-auto-backup:ab-cluster-NEW"
        );
        let part_of = live[0].part_of.as_ref().expect("part of its cluster");
        assert_eq!(&*part_of.whole, "arn:aws:rds:eu-west-1:123456789012:cluster:main");
        assert!(live[1].part_of.is_none());
        assert_eq!(
            live[1].observed.text("latest_restorable_time"),
            Some("2026-11-24T05:00:00Z")
        );
    }
}

//! Automated backups of database instances, also those that outlive a deleted instance (*retained* ones).
//!
//! `aws_db_instance_automated_backup` is a name of our own: Terraform has no type for the backup itself, because RDS
//! makes it together with the instance. `aws_db_instance_automated_backups_replication` asks for one in another region;
//! its id is the ARN of the backup there.

use aws_sdk_rds::types::DbInstanceAutomatedBackup;

use super::facts::{Kind, kept, kept_reference, stable};
use super::rds::{self, Sources};
use super::{Listing, convert};
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// The automated backups of one instance: its system snapshots and transaction logs.
///
/// Part of the instance while that is there. Retained ones are part of nothing; RDS removes them when the last system
/// snapshot expires (source: Amazon RDS user guide, "Retaining automated backups").
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_db_instance_automated_backups_replication"],
    arn: "arn:{partition}:rds:{region}:{account}:auto-backup:{id}",
    attributes: &[
        stable("source_identifier"),
        stable("dbi_resource_id"),
        kept_reference("kms_key_id", &["aws_kms_key"]),
        kept("retention_period"),
        kept("source_db_instance_arn"),
    ],
    // No type of Terraform holds it.
    import_id: "",
    holds_data: true,
    many_alike: true,
    ..Kind::regional("aws_db_instance_automated_backup", "automated database backup", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeDBInstanceAutomatedBackups", "rds:DescribeDBInstances"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut backups = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBInstanceAutomatedBackups",
            |token| {
                let request = cx.rds().describe_db_instance_automated_backups().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                backups.extend(page.db_instance_automated_backups.unwrap_or_default());
                page.marker
            },
        )
        .await;
    if backups.is_empty() {
        return listed;
    }
    let sources = Sources::instances(cx).await;
    backups
        .iter()
        .filter_map(|backup| live(cx, backup, sources.as_ref().ok()))
        .for_each(|backup| cx.found(backup));
    listed
}

fn live(cx: &ListCx<'_>, backup: &DbInstanceAutomatedBackup, sources: Option<&Sources>) -> Option<Live> {
    let identifier = backup.db_instance_identifier();
    // Some servers of the API answer with identifier and status alone.
    let id = backup.dbi_resource_id().or(identifier)?;
    let mut live = rds::live(cx, &KIND, id, backup.db_instance_automated_backups_arn());
    live.name = identifier.map(Into::into);
    let status = backup.status().unwrap_or_default().to_ascii_lowercase();
    live.configuration
        .set("source_identifier", identifier)
        .set("dbi_resource_id", backup.dbi_resource_id())
        .set("kms_key_id", backup.kms_key_id())
        .set("retention_period", backup.backup_retention_period())
        .set("source_db_instance_arn", backup.db_instance_arn());
    live.observed
        .set("status", status.as_str())
        .set("automated", true)
        .set("engine", backup.engine())
        .set("engine_version", backup.engine_version())
        .set("allocated_storage_gib", backup.allocated_storage())
        .set("storage_encrypted", backup.encrypted())
        .set("backup_retention_period", backup.backup_retention_period())
        .set("dbi_resource_id", backup.dbi_resource_id())
        .set("source_identifier", identifier)
        .set("source_region", backup.region())
        .set("aws_backup_recovery_point", backup.aws_backup_recovery_point_arn());
    rds::restore_window(&mut live, backup.restore_window());
    if let Some(created) = convert::time(backup.instance_create_time()) {
        live.observed.set("instance_created_at", created.to_string());
    }
    let elsewhere = rds::is_copy(cx, backup.region(), backup.db_instance_arn());
    if status == "retained" {
        live.observed.set("source_gone", true);
    } else if let (true, Some(source)) = (elsewhere, backup.db_instance_arn()) {
        live.observed.set("backup_of", source);
        live.lives_with(
            "aws_db_instance",
            source,
            "it replicates the backups of an instance in another region",
        );
    } else {
        rds::backup_of(
            cx,
            &mut live,
            &rds::Backup {
                kind: "aws_db_instance",
                arn_word: "db",
                identifier,
                resource_id: backup.dbi_resource_id(),
                created: convert::time(backup.instance_create_time()),
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

    fn page(backup: &str, marker: &str) -> String {
        format!(
            "<DescribeDBInstanceAutomatedBackupsResponse><DescribeDBInstanceAutomatedBackupsResult>\
             <DBInstanceAutomatedBackups>{backup}</DBInstanceAutomatedBackups>{marker}\
             </DescribeDBInstanceAutomatedBackupsResult></DescribeDBInstanceAutomatedBackupsResponse>"
        )
    }

    fn backup(status: &str, resource: &str) -> String {
        format!(
            "<DBInstanceAutomatedBackup><DBInstanceIdentifier>prod</DBInstanceIdentifier><Status>{status}</Status>\
             <DBInstanceArn>arn:aws:rds:eu-west-1:123456789012:db:prod</DBInstanceArn><Region>eu-west-1</Region>\
             <DbiResourceId>{resource}</DbiResourceId><RestoreWindow><EarliestTime>2026-11-01T00:00:00Z</EarliestTime>\
             <LatestTime>2026-11-24T05:00:00Z</LatestTime></RestoreWindow><DBInstanceAutomatedBackupsArn>\
             arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-{resource}</DBInstanceAutomatedBackupsArn>\
             </DBInstanceAutomatedBackup>"
        )
    }

    const INSTANCES: &str = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
        <DBInstanceIdentifier>prod</DBInstanceIdentifier><DbiResourceId>db-NEW</DbiResourceId>\
        <DBInstanceArn>arn:aws:rds:eu-west-1:123456789012:db:prod</DBInstanceArn></DBInstance>\
        </DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>";

    #[tokio::test]
    async fn active_ones_are_part_of_the_instance_and_retained_ones_of_nothing() {
        let live = Replay::default()
            .answer(
                "DescribeDBInstanceAutomatedBackups",
                &page(&backup("active", "db-NEW"), "<Marker>2</Marker>"),
            )
            .answer(
                "DescribeDBInstanceAutomatedBackups",
                &page(&backup("retained", "db-OLD"), ""),
            )
            .answer("DescribeDBInstances", INSTANCES)
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(&*live[0].id, "db-NEW");
        assert_eq!(
            &*live[0].arn,
            "arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-db-NEW"
        );
        let part_of = live[0].part_of.as_ref().expect("part of its instance");
        assert_eq!(&*part_of.whole, "arn:aws:rds:eu-west-1:123456789012:db:prod");
        assert!(live[1].part_of.is_none());
        assert_eq!(live[1].observed.text("backup_of"), None);
        assert_eq!(live[1].observed.text("status"), Some("retained"));
        assert_eq!(
            live[1].observed.text("latest_restorable_time"),
            Some("2026-11-24T05:00:00Z")
        );
    }

    #[tokio::test]
    async fn an_answer_of_identifier_and_status_alone_is_enough() {
        let stub = "<DBInstanceAutomatedBackup><DBInstanceIdentifier>prod</DBInstanceIdentifier><Status>active</Status>\
            </DBInstanceAutomatedBackup>";
        let live = Replay::default()
            .answer("DescribeDBInstanceAutomatedBackups", &page(stub, ""))
            .answer("DescribeDBInstances", INSTANCES)
            .list(LISTING.list)
            .await
            .expect("listed");
        assert_eq!(&*live[0].arn, "arn:aws:rds:eu-west-1:123456789012:auto-backup:prod");
        assert!(live[0].part_of.is_some());
    }

    #[tokio::test]
    async fn a_replica_in_another_region_is_part_of_the_instance_there() {
        let far = backup("active", "db-FAR")
            .replace("<Region>eu-west-1", "<Region>us-east-1")
            .replace("rds:eu-west-1:123456789012:db:", "rds:us-east-1:123456789012:db:");
        let live = Replay::default()
            .answer("DescribeDBInstanceAutomatedBackups", &page(&far, ""))
            .answer("DescribeDBInstances", INSTANCES)
            .list(LISTING.list)
            .await
            .expect("listed");
        let part_of = live[0].part_of.as_ref().expect("part of the instance there");
        assert_eq!(&*part_of.whole, "arn:aws:rds:us-east-1:123456789012:db:prod");
    }
}

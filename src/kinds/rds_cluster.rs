//! `aws_rds_cluster`, and the clusters of `DocumentDB` and Neptune, which the same call returns.

use aws_sdk_rds::types::DbCluster;

use super::facts::{
    Kind, changing, facet, kept, kept_reference, kept_set, name, refers, refers_set, stable, stable_set,
};
use super::rds::{self, Family};
use super::{Listing, convert};
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Value};

const ARN: &str = "arn:{partition}:rds:{region}:{account}:cluster:{id}";

/// An Aurora or Multi-AZ cluster; it holds the data of its instances.
pub(super) static KIND: Kind = Kind {
    facets: &[
        facet("aws_rds_cluster_activity_stream", "resource_arn"),
        facet("aws_rds_cluster_role_association", "db_cluster_identifier"),
    ],
    arn: ARN,
    attributes: &[
        name("cluster_identifier"),
        stable("engine"),
        stable("engine_mode"),
        stable("database_name"),
        stable("port"),
        stable("storage_encrypted"),
        stable("db_cluster_instance_class"),
        refers("db_subnet_group_name", &["aws_db_subnet_group"]),
        refers("db_cluster_parameter_group_name", &["aws_rds_cluster_parameter_group"]),
        refers("kms_key_id", &["aws_kms_key"]),
        refers("global_cluster_identifier", &["aws_rds_global_cluster"]),
        refers("replication_source_identifier", &["aws_rds_cluster", "aws_db_instance"]),
        refers_set("vpc_security_group_ids", &["aws_security_group"]),
        changing("allocated_storage"),
        changing("backup_retention_period"),
        changing("copy_tags_to_snapshot"),
        changing("deletion_protection"),
        changing("enable_http_endpoint"),
        changing("iam_database_authentication_enabled"),
        changing("iops"),
        changing("preferred_backup_window"),
        changing("preferred_maintenance_window"),
        changing("storage_type"),
        kept_reference("iam_roles", &["aws_iam_role"]),
        kept_reference("master_user_secret.secret_arn", &["aws_secretsmanager_secret"]),
        kept_reference("monitoring_role_arn", &["aws_iam_role"]),
        kept_reference("performance_insights_kms_key_id", &["aws_kms_key"]),
        kept_reference("snapshot_identifier", &["aws_db_cluster_snapshot", "aws_db_snapshot"]),
        kept_set("availability_zones"),
        kept_set("enabled_cloudwatch_logs_exports"),
        kept("cluster_identifier_prefix"),
        kept("cluster_resource_id"),
        kept("engine_version_actual"),
        // What the provider does at the end; only states and plans have these.
        kept("delete_automated_backups"),
        kept("final_snapshot_identifier"),
        kept("skip_final_snapshot"),
    ],
    cloudformation: "AWS::RDS::DBCluster",
    holds_data: true,
    ..Kind::regional("aws_rds_cluster", "database cluster", "rds")
};

/// A `DocumentDB` cluster; RDS's own call returns it.
pub(super) static DOCDB: Kind = Kind {
    arn: ARN,
    attributes: &[
        name("cluster_identifier"),
        stable("engine"),
        stable("port"),
        stable("storage_encrypted"),
        refers("db_subnet_group_name", &["aws_db_subnet_group"]),
        refers("db_cluster_parameter_group_name", &["aws_rds_cluster_parameter_group"]),
        refers("kms_key_id", &["aws_kms_key"]),
        refers("global_cluster_identifier", &["aws_rds_global_cluster"]),
        refers_set("vpc_security_group_ids", &["aws_security_group"]),
        stable_set("enabled_cloudwatch_logs_exports"),
        changing("backup_retention_period"),
        changing("deletion_protection"),
        changing("preferred_backup_window"),
        changing("preferred_maintenance_window"),
        kept_reference("snapshot_identifier", &["aws_docdb_cluster_snapshot"]),
        kept("cluster_identifier_prefix"),
        kept("cluster_resource_id"),
        kept("final_snapshot_identifier"),
        kept("skip_final_snapshot"),
    ],
    cloudformation: "AWS::DocDB::DBCluster",
    holds_data: true,
    ..Kind::regional("aws_docdb_cluster", "DocumentDB cluster", "rds")
};

/// A Neptune cluster; RDS's own call returns it.
pub(super) static NEPTUNE: Kind = Kind {
    arn: ARN,
    attributes: &[
        name("cluster_identifier"),
        stable("engine"),
        stable("port"),
        stable("storage_encrypted"),
        refers("neptune_subnet_group_name", &["aws_db_subnet_group"]),
        refers(
            "neptune_cluster_parameter_group_name",
            &["aws_rds_cluster_parameter_group"],
        ),
        refers("kms_key_arn", &["aws_kms_key"]),
        refers("global_cluster_identifier", &["aws_rds_global_cluster"]),
        refers("replication_source_identifier", &["aws_neptune_cluster"]),
        refers_set("vpc_security_group_ids", &["aws_security_group"]),
        changing("backup_retention_period"),
        changing("copy_tags_to_snapshot"),
        changing("deletion_protection"),
        changing("iam_database_authentication_enabled"),
        changing("preferred_backup_window"),
        changing("preferred_maintenance_window"),
        kept_reference("iam_roles", &["aws_iam_role"]),
        kept_reference("snapshot_identifier", &["aws_neptune_cluster_snapshot"]),
        kept("cluster_identifier_prefix"),
        kept("cluster_resource_id"),
        kept("final_snapshot_identifier"),
        kept("skip_final_snapshot"),
    ],
    cloudformation: "AWS::Neptune::DBCluster",
    holds_data: true,
    ..Kind::regional("aws_neptune_cluster", "Neptune cluster", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND, &DOCDB, &NEPTUNE],
    actions: &["rds:DescribeDBClusters"],
    list: |cx| Box::pin(list(cx)),
};

/// The kind of a family's clusters.
pub(super) fn kind_of(family: Family) -> &'static Kind {
    match family {
        Family::Rds => &KIND,
        Family::DocumentDb => &DOCDB,
        Family::Neptune => &NEPTUNE,
    }
}

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "rds:DescribeDBClusters",
        |token| {
            let request = cx.rds().describe_db_clusters().max_records(rds::PAGE);
            request.set_marker(token).send()
        },
        |page| {
            page.db_clusters()
                .iter()
                .filter_map(|cluster| live(cx, cluster))
                .for_each(|cluster| cx.found(cluster));
            page.marker
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, cluster: &DbCluster) -> Option<Live> {
    let id = cluster.db_cluster_identifier()?;
    let family = rds::family(cluster.engine());
    let mut live = rds::live(cx, kind_of(family), id, cluster.db_cluster_arn());
    live.created_at = convert::time(cluster.cluster_create_time());
    live.keys.extend(cluster.db_cluster_resource_id().map(Into::into));
    let (subnet_group, parameter_group, key) = match family {
        Family::Rds | Family::DocumentDb => ("db_subnet_group_name", "db_cluster_parameter_group_name", "kms_key_id"),
        Family::Neptune => (
            "neptune_subnet_group_name",
            "neptune_cluster_parameter_group_name",
            "kms_key_arn",
        ),
    };
    live.configuration
        .set("cluster_identifier", id)
        .set("cluster_resource_id", cluster.db_cluster_resource_id())
        .set("engine", cluster.engine())
        .set("port", cluster.port())
        .set("storage_encrypted", cluster.storage_encrypted().unwrap_or_default())
        .set(subnet_group, cluster.db_subnet_group())
        .set(parameter_group, cluster.db_cluster_parameter_group())
        .set(key, cluster.kms_key_id())
        .set("global_cluster_identifier", cluster.global_cluster_identifier())
        .set(
            "vpc_security_group_ids",
            rds::security_groups(cluster.vpc_security_groups()),
        )
        .set("backup_retention_period", cluster.backup_retention_period())
        .set("deletion_protection", cluster.deletion_protection().unwrap_or_default())
        .set("preferred_backup_window", cluster.preferred_backup_window())
        .set("preferred_maintenance_window", cluster.preferred_maintenance_window());
    if family != Family::DocumentDb {
        live.configuration
            .set(
                "copy_tags_to_snapshot",
                cluster.copy_tags_to_snapshot().unwrap_or_default(),
            )
            .set(
                "iam_database_authentication_enabled",
                cluster.iam_database_authentication_enabled().unwrap_or_default(),
            )
            .set(
                "iam_roles",
                Value::set(cluster.associated_roles().iter().filter_map(|role| role.role_arn())),
            )
            .set("replication_source_identifier", cluster.replication_source_identifier());
    }
    if family != Family::Neptune {
        live.configuration.set(
            "enabled_cloudwatch_logs_exports",
            Value::set(cluster.enabled_cloudwatch_logs_exports()),
        );
    }
    if family == Family::Rds {
        describe_rds(&mut live, cluster);
    }
    observe(&mut live, cluster);
    live.tagged(rds::tags(cluster.tag_list()));
    Some(live)
}

/// What only clusters of RDS itself have.
fn describe_rds(live: &mut Live, cluster: &DbCluster) {
    // Aurora grows its storage by itself and always says 1 here.
    let allocated = cluster.db_cluster_instance_class().and(cluster.allocated_storage());
    live.configuration
        .set("allocated_storage", allocated)
        .set("availability_zones", Value::set(cluster.availability_zones()))
        .set("database_name", cluster.database_name())
        .set("db_cluster_instance_class", cluster.db_cluster_instance_class())
        .set(
            "enable_http_endpoint",
            cluster.http_endpoint_enabled().unwrap_or_default(),
        )
        .set("engine_mode", cluster.engine_mode())
        .set("engine_version_actual", cluster.engine_version())
        .set("iops", cluster.iops().unwrap_or(0))
        .set("monitoring_role_arn", cluster.monitoring_role_arn())
        .set(
            "performance_insights_kms_key_id",
            cluster.performance_insights_kms_key_id(),
        )
        .set("storage_type", cluster.storage_type());
    let secret = cluster.master_user_secret().and_then(|secret| secret.secret_arn());
    if let Some(secret) = secret {
        let block = Configuration::new().with("secret_arn", secret);
        live.configuration.set("master_user_secret", vec![block]);
    }
    live.observed.set("allocated_storage_gib", allocated);
}

fn observe(live: &mut Live, cluster: &DbCluster) {
    live.observed
        .set("status", cluster.status())
        .set("engine", cluster.engine())
        .set("engine_version", cluster.engine_version())
        .set("storage_encrypted", cluster.storage_encrypted())
        .set("multi_az", cluster.multi_az())
        .set("deletion_protection", cluster.deletion_protection())
        .set("backup_retention_period", cluster.backup_retention_period())
        .set(
            "earliest_restorable_time",
            rds::time_text(cluster.earliest_restorable_time()),
        )
        .set(
            "latest_restorable_time",
            rds::time_text(cluster.latest_restorable_time()),
        )
        .set("db_cluster_resource_id", cluster.db_cluster_resource_id())
        .set(
            "members",
            Value::set(
                cluster
                    .db_cluster_members()
                    .iter()
                    .filter_map(|member| member.db_instance_identifier()),
            ),
        )
        .set("read_replicas", Value::set(cluster.read_replica_identifiers()))
        .set("aws_backup_recovery_point", cluster.aws_backup_recovery_point_arn());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const AURORA: &str = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
        <DBClusterIdentifier>main</DBClusterIdentifier><Engine>aurora-postgresql</Engine><AllocatedStorage>1</AllocatedStorage>\
        <DBClusterArn>arn:aws:rds:eu-west-1:123456789012:cluster:main</DBClusterArn><Status>available</Status>\
        <DbClusterResourceId>cluster-ABC</DbClusterResourceId><ClusterCreateTime>2024-05-01T10:00:00Z</ClusterCreateTime>\
        <DBSubnetGroup>prod-db</DBSubnetGroup><DBClusterParameterGroup>main</DBClusterParameterGroup><Port>5432</Port>\
        <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-0a1b2c3d</VpcSecurityGroupId>\
        </VpcSecurityGroupMembership></VpcSecurityGroups><DBClusterMembers><DBClusterMember>\
        <DBInstanceIdentifier>main-1</DBInstanceIdentifier></DBClusterMember></DBClusterMembers>\
        <BackupRetentionPeriod>7</BackupRetentionPeriod><DeletionProtection>true</DeletionProtection>\
        <TagList><Tag><Key>Project</Key><Value>platform</Value></Tag></TagList></DBCluster></DBClusters><Marker>2</Marker>\
        </DescribeDBClustersResult></DescribeDBClustersResponse>";
    const GRAPH: &str = "<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>\
        <DBClusterIdentifier>graph</DBClusterIdentifier><Engine>neptune</Engine><KmsKeyId>arn:aws:kms:k</KmsKeyId>\
        <DBSubnetGroup>prod-db</DBSubnetGroup></DBCluster></DBClusters></DescribeDBClustersResult>\
        </DescribeDBClustersResponse>";

    #[tokio::test]
    async fn two_pages_and_each_family_with_its_own_names() {
        let live = Replay::default()
            .answer("DescribeDBClusters", AURORA)
            .answer("DescribeDBClusters", GRAPH)
            .list(LISTING.list)
            .await
            .expect("both pages");
        let [aurora, graph] = &live[..] else { panic!("two") };
        assert_eq!((&*aurora.kind, &*aurora.id), ("aws_rds_cluster", "main"));
        assert_eq!(&*aurora.arn, "arn:aws:rds:eu-west-1:123456789012:cluster:main");
        assert_eq!(&*aurora.keys[0], "cluster-ABC");
        assert!(aurora.created_at.is_some());
        assert_eq!(aurora.tags.get("Project"), Some("platform"));
        assert_eq!(aurora.configuration.text("db_subnet_group_name"), Some("prod-db"));
        assert_eq!(aurora.configuration.get("allocated_storage"), None);
        assert_eq!(aurora.observed.get("deletion_protection"), Some(&Value::Bool(true)));
        assert_eq!(aurora.observed.get("members"), Some(&Value::set(["main-1"])));

        assert_eq!(&*graph.kind, "aws_neptune_cluster");
        assert_eq!(graph.configuration.text("neptune_subnet_group_name"), Some("prod-db"));
        assert_eq!(graph.configuration.text("kms_key_arn"), Some("arn:aws:kms:k"));
    }
}

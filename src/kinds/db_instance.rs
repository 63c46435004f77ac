//! `aws_db_instance`, and the instances of clusters, which the same call returns: `aws_rds_cluster_instance`,
//! `aws_docdb_cluster_instance`, `aws_neptune_cluster_instance`.

use aws_sdk_rds::types::DbInstance;

use super::facts::{Attribute, Kind, changing, facet, kept, kept_reference, name, refers, refers_set, stable};
use super::rds::{self, Family};
use super::{Listing, convert, prices};
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Value};

const ARN: &str = "arn:{partition}:rds:{region}:{account}:db:{id}";

/// A database instance that stands for itself.
pub(super) static KIND: Kind = Kind {
    facets: &[
        facet("aws_db_instance_role_association", "db_instance_identifier"),
        facet("aws_rds_instance_state", "identifier"),
    ],
    arn: ARN,
    // `id` is the resource id `db-…` since version 5 of the provider; older states have the identifier there too.
    id_attribute: "identifier",
    attributes: &[
        name("identifier"),
        stable("engine"),
        stable("instance_class"),
        stable("db_name"),
        stable("port"),
        stable("storage_encrypted"),
        stable("character_set_name"),
        refers("db_subnet_group_name", &["aws_db_subnet_group"]),
        refers_set("vpc_security_group_ids", &["aws_security_group"]),
        refers("parameter_group_name", &["aws_db_parameter_group"]),
        refers("option_group_name", &["aws_db_option_group"]),
        refers("kms_key_id", &["aws_kms_key"]),
        refers("replicate_source_db", &["aws_db_instance", "aws_rds_cluster"]),
        // What an operator or AWS itself changes while the database lives.
        changing("allocated_storage"),
        changing("auto_minor_version_upgrade"),
        changing("backup_retention_period"),
        changing("backup_window"),
        changing("copy_tags_to_snapshot"),
        changing("deletion_protection"),
        Attribute {
            unordered: true,
            ..changing("enabled_cloudwatch_logs_exports")
        },
        changing("iam_database_authentication_enabled"),
        changing("iops"),
        changing("maintenance_window"),
        changing("max_allocated_storage"),
        changing("monitoring_interval"),
        changing("multi_az"),
        changing("performance_insights_enabled"),
        changing("publicly_accessible"),
        changing("storage_throughput"),
        changing("storage_type"),
        kept_reference("monitoring_role_arn", &["aws_iam_role"]),
        kept_reference("performance_insights_kms_key_id", &["aws_kms_key"]),
        kept_reference("master_user_secret.secret_arn", &["aws_secretsmanager_secret"]),
        kept_reference("snapshot_identifier", &["aws_db_snapshot", "aws_db_cluster_snapshot"]),
        kept("availability_zone"),
        kept("engine_version_actual"),
        kept("identifier_prefix"),
        kept("license_model"),
        kept("resource_id"),
        // What the provider does at the end; only states and plans have these.
        kept("delete_automated_backups"),
        kept("final_snapshot_identifier"),
        kept("skip_final_snapshot"),
    ],
    cloudformation: "AWS::RDS::DBInstance",
    holds_data: true,
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_db_instance", "database instance", "rds")
};

/// An instance of an Aurora or Multi-AZ cluster. The data is the cluster's.
pub(super) static CLUSTER_INSTANCE: Kind = Kind {
    arn: ARN,
    attributes: &[
        name("identifier"),
        stable("engine"),
        stable("instance_class"),
        refers("cluster_identifier", &["aws_rds_cluster"]),
        refers("db_parameter_group_name", &["aws_db_parameter_group"]),
        refers("db_subnet_group_name", &["aws_db_subnet_group"]),
        changing("auto_minor_version_upgrade"),
        changing("copy_tags_to_snapshot"),
        changing("monitoring_interval"),
        changing("performance_insights_enabled"),
        changing("preferred_maintenance_window"),
        changing("promotion_tier"),
        changing("publicly_accessible"),
        kept_reference("monitoring_role_arn", &["aws_iam_role"]),
        kept_reference("performance_insights_kms_key_id", &["aws_kms_key"]),
        kept("availability_zone"),
        kept("dbi_resource_id"),
        kept("engine_version_actual"),
        kept("identifier_prefix"),
    ],
    cloudformation: "AWS::RDS::DBInstance",
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_rds_cluster_instance", "database cluster instance", "rds")
};

/// An instance of a `DocumentDB` cluster; RDS's own call returns it.
pub(super) static DOCDB_INSTANCE: Kind = Kind {
    arn: ARN,
    attributes: &[
        name("identifier"),
        stable("engine"),
        stable("instance_class"),
        refers("cluster_identifier", &["aws_docdb_cluster"]),
        changing("auto_minor_version_upgrade"),
        changing("preferred_maintenance_window"),
        changing("promotion_tier"),
        kept("availability_zone"),
        kept("dbi_resource_id"),
    ],
    cloudformation: "AWS::DocDB::DBInstance",
    ..Kind::regional("aws_docdb_cluster_instance", "DocumentDB instance", "rds")
};

/// An instance of a Neptune cluster; RDS's own call returns it.
pub(super) static NEPTUNE_INSTANCE: Kind = Kind {
    arn: ARN,
    attributes: &[
        name("identifier"),
        stable("engine"),
        stable("instance_class"),
        refers("cluster_identifier", &["aws_neptune_cluster"]),
        refers("neptune_parameter_group_name", &["aws_db_parameter_group"]),
        refers("neptune_subnet_group_name", &["aws_db_subnet_group"]),
        changing("auto_minor_version_upgrade"),
        changing("preferred_maintenance_window"),
        changing("promotion_tier"),
        kept("availability_zone"),
        kept("dbi_resource_id"),
    ],
    cloudformation: "AWS::Neptune::DBInstance",
    ..Kind::regional("aws_neptune_cluster_instance", "Neptune instance", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND, &CLUSTER_INSTANCE, &DOCDB_INSTANCE, &NEPTUNE_INSTANCE],
    actions: &["rds:DescribeDBInstances"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "rds:DescribeDBInstances",
        |token| {
            let request = cx.rds().describe_db_instances().max_records(rds::PAGE);
            request.set_marker(token).send()
        },
        |page| {
            page.db_instances()
                .iter()
                .filter_map(|instance| live(cx, instance))
                .for_each(|instance| cx.found(instance));
            page.marker
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, instance: &DbInstance) -> Option<Live> {
    let id = instance.db_instance_identifier()?;
    let cluster = instance.db_cluster_identifier();
    // An instance of DocumentDB or Neptune is always one of a cluster.
    let kind = match (rds::family(instance.engine()), cluster) {
        (Family::DocumentDb, _) => &DOCDB_INSTANCE,
        (Family::Neptune, _) => &NEPTUNE_INSTANCE,
        (Family::Rds, Some(_)) => &CLUSTER_INSTANCE,
        (Family::Rds, None) => &KIND,
    };
    let mut live = rds::live(cx, kind, id, instance.db_instance_arn());
    live.created_at = convert::time(instance.instance_create_time());
    live.keys.extend(instance.dbi_resource_id().map(Into::into));
    describe(&mut live, instance);
    match cluster {
        Some(cluster) => describe_member(cx, &mut live, instance, cluster),
        None => describe_alone(&mut live, instance),
    }
    observe(&mut live, instance);
    if let Some(vpc) = instance.db_subnet_group().and_then(|group| group.vpc_id()) {
        live.refer("vpc_id", vpc);
    }
    live.tagged(rds::tags(instance.tag_list()));
    Some(live)
}

/// What instances of all families have under the same names.
fn describe(live: &mut Live, instance: &DbInstance) {
    live.configuration
        .set("identifier", instance.db_instance_identifier())
        .set("engine", instance.engine())
        .set("engine_version_actual", instance.engine_version())
        .set("instance_class", instance.db_instance_class())
        .set("auto_minor_version_upgrade", instance.auto_minor_version_upgrade())
        .set("availability_zone", instance.availability_zone())
        .set(
            "copy_tags_to_snapshot",
            instance.copy_tags_to_snapshot().unwrap_or_default(),
        )
        .set("monitoring_interval", instance.monitoring_interval().unwrap_or(0))
        .set("monitoring_role_arn", instance.monitoring_role_arn())
        .set(
            "performance_insights_enabled",
            instance.performance_insights_enabled().unwrap_or_default(),
        )
        .set(
            "performance_insights_kms_key_id",
            instance.performance_insights_kms_key_id(),
        )
        .set(
            "publicly_accessible",
            instance.publicly_accessible().unwrap_or_default(),
        );
}

fn subnet_group(instance: &DbInstance) -> Option<&str> {
    instance.db_subnet_group()?.db_subnet_group_name()
}

fn parameter_group(instance: &DbInstance) -> Option<&str> {
    instance.db_parameter_groups().first()?.db_parameter_group_name()
}

fn describe_alone(live: &mut Live, instance: &DbInstance) {
    let secret = instance.master_user_secret().and_then(|secret| secret.secret_arn());
    live.configuration
        .set("allocated_storage", instance.allocated_storage())
        .set("backup_retention_period", instance.backup_retention_period())
        .set("backup_window", instance.preferred_backup_window())
        .set("character_set_name", instance.character_set_name())
        .set("db_name", instance.db_name())
        .set("db_subnet_group_name", subnet_group(instance))
        .set(
            "deletion_protection",
            instance.deletion_protection().unwrap_or_default(),
        )
        .set(
            "enabled_cloudwatch_logs_exports",
            Value::set(instance.enabled_cloudwatch_logs_exports()),
        )
        .set(
            "iam_database_authentication_enabled",
            instance.iam_database_authentication_enabled().unwrap_or_default(),
        )
        .set("iops", instance.iops().unwrap_or(0))
        .set("kms_key_id", instance.kms_key_id())
        .set("license_model", instance.license_model())
        .set("maintenance_window", instance.preferred_maintenance_window())
        .set("max_allocated_storage", instance.max_allocated_storage().unwrap_or(0))
        .set("multi_az", instance.multi_az().unwrap_or_default())
        .set(
            "option_group_name",
            instance
                .option_group_memberships()
                .first()
                .and_then(|group| group.option_group_name()),
        )
        .set("parameter_group_name", parameter_group(instance))
        .set(
            "port",
            instance
                .endpoint()
                .and_then(|endpoint| endpoint.port())
                .or_else(|| instance.db_instance_port().filter(|port| *port != 0)),
        )
        .set(
            "replicate_source_db",
            instance
                .read_replica_source_db_instance_identifier()
                .or_else(|| instance.read_replica_source_db_cluster_identifier()),
        )
        .set("resource_id", instance.dbi_resource_id())
        .set("storage_encrypted", instance.storage_encrypted().unwrap_or_default())
        .set("storage_throughput", instance.storage_throughput().unwrap_or(0))
        .set("storage_type", instance.storage_type())
        .set(
            "vpc_security_group_ids",
            rds::security_groups(instance.vpc_security_groups()),
        );
    if let Some(secret) = secret {
        let block = Configuration::new().with("secret_arn", secret);
        live.configuration.set("master_user_secret", vec![block]);
    }
}

fn describe_member(cx: &ListCx<'_>, live: &mut Live, instance: &DbInstance, cluster: &str) {
    let (parameter_group_name, subnet_group_name, whole) = match rds::family(instance.engine()) {
        Family::Rds => ("db_parameter_group_name", "db_subnet_group_name", "aws_rds_cluster"),
        Family::DocumentDb => ("", "db_subnet_group_name", "aws_docdb_cluster"),
        Family::Neptune => (
            "neptune_parameter_group_name",
            "neptune_subnet_group_name",
            "aws_neptune_cluster",
        ),
    };
    live.configuration
        .set("cluster_identifier", cluster)
        .set("dbi_resource_id", instance.dbi_resource_id())
        .set("preferred_maintenance_window", instance.preferred_maintenance_window())
        .set("promotion_tier", instance.promotion_tier())
        .set(subnet_group_name, subnet_group(instance));
    if !parameter_group_name.is_empty() {
        live.configuration.set(parameter_group_name, parameter_group(instance));
    }
    // The security groups are the cluster's, so no attribute of the instance holds them.
    for group in instance.vpc_security_groups() {
        if let Some(id) = group.vpc_security_group_id() {
            live.refer("vpc_security_group_ids", id);
        }
    }
    live.lives_with(
        whole,
        format!(
            "arn:{}:rds:{}:{}:cluster:{cluster}",
            cx.partition, cx.region, cx.account
        ),
        format!("DBClusterIdentifier is {cluster}"),
    );
}

fn observe(live: &mut Live, instance: &DbInstance) {
    live.observed
        .set("status", instance.db_instance_status())
        .set("engine", instance.engine())
        .set("engine_version", instance.engine_version())
        .set("instance_class", instance.db_instance_class())
        .set("storage_type", instance.storage_type())
        .set("allocated_storage_gib", instance.allocated_storage())
        .set("storage_encrypted", instance.storage_encrypted())
        .set("multi_az", instance.multi_az())
        .set("publicly_accessible", instance.publicly_accessible())
        .set("deletion_protection", instance.deletion_protection())
        .set("backup_retention_period", instance.backup_retention_period())
        .set(
            "latest_restorable_time",
            rds::time_text(instance.latest_restorable_time()),
        )
        .set("dbi_resource_id", instance.dbi_resource_id())
        .set(
            "read_replicas",
            Value::set(
                instance
                    .read_replica_db_instance_identifiers()
                    .iter()
                    .chain(instance.read_replica_db_cluster_identifiers()),
            ),
        )
        .set("aws_backup_recovery_point", instance.aws_backup_recovery_point_arn())
        .set(
            "replicated_backups",
            Value::set(
                instance
                    .db_instance_automated_backups_replications()
                    .iter()
                    .filter_map(|replication| replication.db_instance_automated_backups_arn()),
            ),
        );
}

/// The instance and, where it has storage of its own, that; twice for two availability zones.
fn monthly_cost(live: &Live) -> Option<f64> {
    let text = |name| live.observed.text(name);
    let hour = prices::rds_instance_hour(text("instance_class")?, text("engine")?)?;
    let storage = match (text("storage_type"), rds::gib(live, "allocated_storage_gib")) {
        (Some(kind), Some(gib)) => prices::rds_storage_gb_month(kind).map_or(0.0, |price| price * gib),
        _ => 0.0,
    };
    let zones = match live.observed.get("multi_az").and_then(Value::as_bool) {
        Some(true) if live.part_of.is_none() => 2.0,
        _ => 1.0,
    };
    Some((prices::month(hour) + storage) * zones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const DATABASE: &str = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
        <DBInstanceIdentifier>prod-db</DBInstanceIdentifier><DBInstanceClass>db.t3.micro</DBInstanceClass>\
        <Engine>postgres</Engine><EngineVersion>15.4</EngineVersion><DBInstanceStatus>available</DBInstanceStatus>\
        <DBName>app</DBName><Endpoint><Address>prod-db.x.rds.amazonaws.com</Address><Port>5432</Port></Endpoint>\
        <AllocatedStorage>20</AllocatedStorage><InstanceCreateTime>2024-05-01T10:00:00.123Z</InstanceCreateTime>\
        <BackupRetentionPeriod>7</BackupRetentionPeriod><LatestRestorableTime>2026-11-24T05:22:28Z</LatestRestorableTime>\
        <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-0b000000000000002</VpcSecurityGroupId>\
        </VpcSecurityGroupMembership><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-0a000000000000001</VpcSecurityGroupId>\
        </VpcSecurityGroupMembership></VpcSecurityGroups><DBParameterGroups><DBParameterGroup>\
        <DBParameterGroupName>default.postgres15</DBParameterGroupName></DBParameterGroup></DBParameterGroups>\
        <DBSubnetGroup><DBSubnetGroupName>prod-db</DBSubnetGroupName><VpcId>vpc-0a1b2c3d</VpcId></DBSubnetGroup><MultiAZ>true</MultiAZ>\
        <StorageType>gp3</StorageType><StorageEncrypted>true</StorageEncrypted><DbiResourceId>db-ABCDEFG</DbiResourceId>\
        <DBInstanceArn>arn:aws:rds:eu-west-1:123456789012:db:prod-db</DBInstanceArn>\
        <DeletionProtection>false</DeletionProtection><TagList><Tag><Key>Project</Key><Value>platform</Value></Tag></TagList>\
        </DBInstance></DBInstances><Marker>2</Marker></DescribeDBInstancesResult></DescribeDBInstancesResponse>";

    const MEMBERS: &str = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>\
        <DBInstance><DBInstanceIdentifier>aurora-1</DBInstanceIdentifier><Engine>aurora-postgresql</Engine>\
        <DBInstanceClass>db.r6g.large</DBInstanceClass><DBClusterIdentifier>aurora</DBClusterIdentifier>\
        <PromotionTier>1</PromotionTier></DBInstance>\
        <DBInstance><DBInstanceIdentifier>docs-1</DBInstanceIdentifier><Engine>docdb</Engine>\
        <DBClusterIdentifier>docs</DBClusterIdentifier></DBInstance>\
        <DBInstance><DBInstanceIdentifier>graph-1</DBInstanceIdentifier><Engine>neptune</Engine>\
        <DBClusterIdentifier>graph</DBClusterIdentifier></DBInstance>\
        </DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>";

    async fn both_pages() -> Vec<Live> {
        Replay::default()
            .answer("DescribeDBInstances", DATABASE)
            .answer("DescribeDBInstances", MEMBERS)
            .list(LISTING.list)
            .await
            .expect("both pages")
    }

    #[tokio::test]
    async fn a_database_has_the_attributes_of_a_state() {
        let live = &both_pages().await[0];
        assert_eq!((&*live.kind, &*live.id), ("aws_db_instance", "prod-db"));
        assert_eq!(&*live.arn, "arn:aws:rds:eu-west-1:123456789012:db:prod-db");
        assert_eq!(&*live.keys[0], "db-ABCDEFG");
        assert_eq!(
            live.created_at.map(|at| at.to_string()).as_deref(),
            Some("2024-05-01T10:00:00Z")
        );
        assert_eq!(live.tags.get("Project"), Some("platform"));
        let configuration = &live.configuration;
        assert_eq!(configuration.text("db_subnet_group_name"), Some("prod-db"));
        assert_eq!(configuration.text("parameter_group_name"), Some("default.postgres15"));
        assert_eq!(configuration.get("port"), Some(&Value::Integer(5432)));
        assert_eq!(configuration.get("iops"), Some(&Value::Integer(0)));
        assert_eq!(
            configuration.get("vpc_security_group_ids"),
            Some(&Value::set(["sg-0a000000000000001", "sg-0b000000000000002"]))
        );
        assert_eq!(live.observed.get("deletion_protection"), Some(&Value::Bool(false)));
        assert_eq!(
            live.observed.text("latest_restorable_time"),
            Some("2026-11-24T05:22:28Z")
        );
        assert_eq!(&*live.references[0].target, "vpc-0a1b2c3d");
        assert!(live.part_of.is_none());
    }

    #[tokio::test]
    async fn members_of_clusters_are_of_the_kind_of_their_family() {
        let live = both_pages().await;
        let kinds: Vec<&str> = live[1..].iter().map(|live| live.kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "aws_rds_cluster_instance",
                "aws_docdb_cluster_instance",
                "aws_neptune_cluster_instance"
            ]
        );
        let part_of = live[1].part_of.as_ref().expect("part of its cluster");
        assert_eq!(&*part_of.kind, "aws_rds_cluster");
        assert_eq!(&*part_of.whole, "arn:aws:rds:eu-west-1:123456789012:cluster:aurora");
        assert_eq!(live[1].configuration.text("cluster_identifier"), Some("aurora"));
    }

    #[tokio::test]
    async fn two_zones_cost_twice() {
        let mut live = both_pages().await.swap_remove(0);
        let two = monthly_cost(&live).expect("a price");
        live.observed.set("multi_az", false);
        let one = monthly_cost(&live).expect("a price");
        assert!((two - 2.0 * one).abs() < 0.001);
    }
}

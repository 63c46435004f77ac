//! List prices of a handful of common things, for estimates of what an unused resource costs a month.
//!
//! Every figure is an **estimate in US dollars** for us-east-1, on demand, without tax, free tier, discounts,
//! reservations, savings plans and data transfer; other regions are mostly 0 to 30 % dearer. It is there to sort
//! findings and to give a sense of size, never to check a bill.
//!
//! Source: the list prices that AWS publishes for Amazon EC2, Amazon EBS, Amazon VPC, Elastic Load Balancing,
//! AWS Transit Gateway, AWS VPN, Amazon RDS, Amazon EKS, Amazon EFS, AWS KMS, AWS Secrets Manager, Amazon Route 53 and
//! Amazon CloudWatch. Set down by hand in [`AS_OF`] and compared with public price tables of
//! third parties, not read from the AWS Price List API. What is not in the tables has no price: a missing figure is
//! better than a guessed one.
//!
//! Plain numbers; it must not know the kinds that use it.

/// When the figures were set down.
pub const AS_OF: &str = "November 2026";

/// The region whose list prices these are.
pub const REGION: &str = "us-east-1";

/// Hours in a month, as AWS's own calculator counts them.
pub const HOURS: f64 = 730.0;

/// A month of something that costs `hourly` dollars an hour.
#[must_use]
pub const fn month(hourly: f64) -> f64 {
    hourly * HOURS
}

/// A public IPv4 address, in use or not, an hour (since February 2024).
pub const PUBLIC_IPV4_HOUR: f64 = 0.005;
/// A NAT gateway, an hour, without the data that it processes.
pub const NAT_GATEWAY_HOUR: f64 = 0.045;
/// An application load balancer, an hour, without capacity units.
pub const APPLICATION_LOAD_BALANCER_HOUR: f64 = 0.0225;
/// A network load balancer, an hour, without capacity units.
pub const NETWORK_LOAD_BALANCER_HOUR: f64 = 0.0225;
/// A gateway load balancer, an hour in each availability zone, without capacity units.
pub const GATEWAY_LOAD_BALANCER_HOUR: f64 = 0.0125;
/// A classic load balancer, an hour.
pub const CLASSIC_LOAD_BALANCER_HOUR: f64 = 0.025;
/// An interface endpoint of a VPC, an hour in each availability zone.
pub const INTERFACE_ENDPOINT_HOUR: f64 = 0.01;
/// A gateway load balancer endpoint of a VPC, an hour in each availability zone.
pub const GATEWAY_LOAD_BALANCER_ENDPOINT_HOUR: f64 = 0.01;
/// An attachment to a transit gateway, an hour. The gateway alone costs nothing.
pub const TRANSIT_GATEWAY_ATTACHMENT_HOUR: f64 = 0.05;
/// A site-to-site VPN connection, an hour.
pub const VPN_CONNECTION_HOUR: f64 = 0.05;
/// A subnet association of a client VPN endpoint, an hour.
pub const CLIENT_VPN_ASSOCIATION_HOUR: f64 = 0.10;

/// An EKS cluster's control plane, an hour, within standard support of its version.
pub const EKS_CLUSTER_HOUR: f64 = 0.10;

/// A customer's key in KMS for a month, without requests.
pub const KMS_KEY_MONTH: f64 = 1.0;
/// A secret in Secrets Manager for a month, without requests.
pub const SECRET_MONTH: f64 = 0.40;
/// A hosted zone for a month, one of the first 25, without queries.
pub const HOSTED_ZONE_MONTH: f64 = 0.50;
/// A CloudWatch alarm on one metric of standard resolution for a month.
pub const ALARM_MONTH: f64 = 0.10;
/// A GB of stored log events for a month, without ingestion.
pub const LOGS_GB_MONTH: f64 = 0.03;
/// A GB of an EFS file system for a month, standard storage in several zones.
pub const EFS_GB_MONTH: f64 = 0.30;

/// A GB of an EBS snapshot for a month, standard tier. A snapshot is incremental, so that the size of its volume
/// gives an upper bound only.
pub const EBS_SNAPSHOT_GB_MONTH: f64 = 0.05;
/// The same in the archive tier, which holds the full snapshot.
pub const EBS_SNAPSHOT_ARCHIVE_GB_MONTH: f64 = 0.0125;

/// A GB of RDS backup storage for a month, beyond the free part (as much as the databases' own storage).
pub const RDS_BACKUP_GB_MONTH: f64 = 0.095;
/// A GB of Aurora backup storage for a month, beyond the retention's free day.
pub const AURORA_BACKUP_GB_MONTH: f64 = 0.021;
/// A GB of Aurora cluster storage for a month, standard configuration, without I/O.
pub const AURORA_STORAGE_GB_MONTH: f64 = 0.10;

/// A GB of an EBS volume for a month, without provisioned IOPS and throughput.
#[must_use]
pub fn ebs_gb_month(volume_type: &str) -> Option<f64> {
    Some(match volume_type {
        "gp2" => 0.10,
        "gp3" => 0.08,
        "io1" | "io2" => 0.125,
        "st1" => 0.045,
        "sc1" => 0.015,
        "standard" => 0.05,
        _ => return None,
    })
}

/// A month of an EBS volume: its gibibytes, and the IOPS and MiB/s that it is provisioned with beyond what is free.
#[must_use]
pub fn ebs_volume_month(volume_type: &str, gib: i64, iops: Option<i64>, throughput: Option<i64>) -> Option<f64> {
    let storage = ebs_gb_month(volume_type)? * number(gib);
    let iops = iops.unwrap_or_default();
    let extra = match volume_type {
        "gp3" => number((iops - 3000).max(0)) * 0.005 + number((throughput.unwrap_or_default() - 125).max(0)) * 0.04,
        "io1" => number(iops) * 0.065,
        // Three tiers: to 32,000, to 64,000, and beyond.
        "io2" => {
            number(iops.min(32_000)) * 0.065
                + number((iops.min(64_000) - 32_000).max(0)) * 0.0455
                + number((iops - 64_000).max(0)) * 0.03185
        }
        _ => 0.0,
    };
    Some(storage + extra)
}

/// A GB of RDS instance storage for a month in one availability zone; twice that in two.
#[must_use]
pub fn rds_storage_gb_month(storage_type: &str) -> Option<f64> {
    Some(match storage_type {
        "gp2" | "gp3" => 0.115,
        "io1" | "io2" => 0.125,
        "standard" => 0.10,
        _ => return None,
    })
}

/// An hour of a Linux instance, on demand, on shared hardware: `t3.micro`. Bare metal and further families have no price here.
#[must_use]
pub fn ec2_instance_hour(instance_type: &str) -> Option<f64> {
    // The listed price of the one size that does not follow from its family.
    if instance_type == "t2.small" {
        return Some(0.023);
    }
    let (family, size) = instance_type.split_once('.')?;
    let (_, large) = EC2_LARGE.iter().find(|(name, _)| *name == family)?;
    Some(large * larges(size)?)
}

/// An hour of an RDS instance in one availability zone, of an engine without a licence: `db.t3.micro`, `postgres`.
/// Twice that for a deployment in two zones. Oracle, SQL Server and Db2 have no price here.
#[must_use]
pub fn rds_instance_hour(instance_class: &str, engine: &str) -> Option<f64> {
    let (family, size) = instance_class.strip_prefix("db.")?.split_once('.')?;
    let table = match engine {
        "mysql" | "mariadb" => MYSQL_LARGE,
        "postgres" => POSTGRES_LARGE,
        "aurora" | "aurora-mysql" | "aurora-postgresql" => AURORA_LARGE,
        _ => return None,
    };
    let (_, large) = table.iter().find(|(name, _)| *name == family)?;
    Some(large * larges(size)?)
}

/// How many times `large` a size costs, within a family: its prices double with its size.
fn larges(size: &str) -> Option<f64> {
    Some(match size {
        "nano" => 0.0625,
        "micro" => 0.125,
        "small" => 0.25,
        "medium" => 0.5,
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => f64::from(size.strip_suffix("xlarge")?.parse::<u16>().ok()?) * 2.0,
    })
}

/// The hourly price of `large`, by family of EC2 instances.
const EC2_LARGE: &[(&str, f64)] = &[
    ("c5", 0.085),
    ("c5a", 0.077),
    ("c6a", 0.0765),
    ("c6g", 0.068),
    ("c6i", 0.085),
    ("c7g", 0.0725),
    ("c7i", 0.08925),
    ("m4", 0.10),
    ("m5", 0.096),
    ("m5a", 0.086),
    ("m6a", 0.0864),
    ("m6g", 0.077),
    ("m6i", 0.096),
    ("m7g", 0.0816),
    ("m7i", 0.1008),
    ("r5", 0.126),
    ("r5a", 0.113),
    ("r6a", 0.1134),
    ("r6g", 0.1008),
    ("r6i", 0.126),
    ("r7g", 0.1071),
    ("r7i", 0.1323),
    ("t2", 0.0928),
    ("t3", 0.0832),
    ("t3a", 0.0752),
    ("t4g", 0.0672),
];

/// The hourly price of `large`, by family of RDS instances for `MySQL` and `MariaDB`.
const MYSQL_LARGE: &[(&str, f64)] = &[
    ("m5", 0.171),
    ("m6g", 0.152),
    ("m6i", 0.171),
    ("r5", 0.24),
    ("r6g", 0.215),
    ("r6i", 0.24),
    ("t2", 0.136),
    ("t3", 0.136),
    ("t4g", 0.129),
];

/// The same for `PostgreSQL`.
const POSTGRES_LARGE: &[(&str, f64)] = &[
    ("m5", 0.178),
    ("m6g", 0.159),
    ("m6i", 0.178),
    ("r5", 0.25),
    ("r6g", 0.225),
    ("r6i", 0.25),
    ("t2", 0.145),
    ("t3", 0.145),
    ("t4g", 0.129),
];

/// The same for Aurora, standard configuration.
const AURORA_LARGE: &[(&str, f64)] = &[
    ("r5", 0.29),
    ("r6g", 0.26),
    ("r6i", 0.29),
    ("t3", 0.164),
    ("t4g", 0.146),
];

/// Bytes as gibibytes.
#[must_use]
pub fn gib(bytes: i64) -> f64 {
    number(bytes) / 1_073_741_824.0
}

/// A count as a number to multiply with; counts here are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "bytes, gibibytes and IOPS are far below 2^52")]
const fn number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(estimate: Option<f64>, listed: f64) -> bool {
        estimate.is_some_and(|estimate| (estimate - listed).abs() < 0.0006)
    }

    #[test]
    fn sizes_follow_from_their_family() {
        for (instance, listed) in [
            ("t2.micro", 0.0116),
            ("t2.small", 0.023),
            ("t3.nano", 0.0052),
            ("t3.medium", 0.0416),
            ("t4g.2xlarge", 0.2688),
            ("m5.large", 0.096),
            ("m6i.4xlarge", 0.768),
            ("c5.9xlarge", 1.53),
            ("r5.24xlarge", 6.048),
        ] {
            assert!(close(ec2_instance_hour(instance), listed), "{instance}");
        }
        for unknown in ["m5.metal", "p5.48xlarge", "t3", "", "t3.hugexlarge"] {
            assert_eq!(ec2_instance_hour(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_database_costs_by_engine() {
        assert!(close(rds_instance_hour("db.t3.micro", "mysql"), 0.017));
        assert!(close(rds_instance_hour("db.t3.micro", "postgres"), 0.018));
        assert!(close(rds_instance_hour("db.r6g.xlarge", "aurora-postgresql"), 0.52));
        assert_eq!(rds_instance_hour("db.m5.large", "oracle-ee"), None);
        assert_eq!(rds_instance_hour("m5.large", "mysql"), None);
    }

    #[test]
    fn a_volume_costs_by_size_and_by_what_is_provisioned() {
        assert!(close(ebs_volume_month("gp2", 100, Some(300), None), 10.0));
        assert!(close(ebs_volume_month("gp3", 100, Some(3000), Some(125)), 8.0));
        assert!(close(ebs_volume_month("gp3", 100, Some(4000), Some(225)), 17.0));
        assert!(close(ebs_volume_month("io1", 10, Some(1000), None), 66.25));
        assert_eq!(ebs_volume_month("floppy", 1, None, None), None);
        assert!(close(Some(month(NAT_GATEWAY_HOUR)), 32.85));
    }
}

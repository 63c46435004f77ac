//! What is lost when a resource goes, what is left of it, and what guards it: facts of AWS and of its Terraform
//! provider that no listing tells.
//!
//! One table for described and listed kinds alike, by Terraform type. Plain data; it must not know any SDK.
//!
//! Sources: the arguments and defaults are those of the AWS provider's documentation (version 5.100); what AWS keeps
//! after a deletion is from each service's user guide, named at the row where it is not obvious.

use crate::model::{Live, Timestamp};

/// What happens to the data of a kind when it is deleted.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// The Terraform type.
    pub kind: &'static str,
    /// What people lose: `rows`, `objects`, `log events`.
    pub data: &'static str,
    pub automated_backups: Automated,
    pub final_backup: Final,
    /// AWS refuses to delete it while it holds anything, unless this attribute is true.
    pub forced_by: Option<&'static str>,
    /// The attribute with the number of days for which the deletion can be taken back, and its default.
    pub waits: Option<(&'static str, i64)>,
    /// Terraform leaves it where it is if this attribute is true.
    pub kept_by: Option<&'static str>,
    /// If this attribute is true, AWS itself leaves what the sentence says.
    pub leaves: Option<(&'static str, &'static str)>,
    /// Attributes that name a resource with the same data.
    pub replica_of: &'static [&'static str],
}

/// What happens to the automated backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Automated {
    /// There are none.
    None,
    /// They are deleted with it, always.
    Die,
    /// They are deleted with it unless the attribute is false; the provider's default is true.
    DieUnlessFalse(&'static str),
}

/// Whether a last backup is made at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Final {
    None,
    /// Made unless `skip` is true, with the name in `name`; without a name the deletion fails.
    Unless {
        skip: &'static str,
        name: &'static str,
    },
    /// Made unless the attribute is true; AWS gives the name.
    UnlessSkipped(&'static str),
    /// Made where the attribute holds a name.
    Named(&'static str),
    /// Made where the attribute is true.
    Asked(&'static str),
}

impl Loss {
    const fn of(kind: &'static str, data: &'static str) -> Self {
        Self {
            kind,
            data,
            automated_backups: Automated::None,
            final_backup: Final::None,
            forced_by: None,
            waits: None,
            kept_by: None,
            leaves: None,
            replica_of: &[],
        }
    }

    /// Every attribute that it asks for.
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> {
        let automated = match self.automated_backups {
            Automated::DieUnlessFalse(attribute) => Some(attribute),
            Automated::None | Automated::Die => None,
        };
        let finals = match self.final_backup {
            Final::None => [None, None],
            Final::Unless { skip, name } => [Some(skip), Some(name)],
            Final::UnlessSkipped(attribute) | Final::Named(attribute) | Final::Asked(attribute) => {
                [Some(attribute), None]
            }
        };
        automated
            .into_iter()
            .chain(finals.into_iter().flatten())
            .chain(self.forced_by)
            .chain(self.waits.map(|(attribute, _)| attribute))
            .chain(self.kept_by)
            .chain(self.leaves.map(|(attribute, _)| attribute))
            .chain(self.replica_of.iter().copied())
    }
}

const FINAL_SNAPSHOT: Final = Final::Unless {
    skip: "skip_final_snapshot",
    name: "final_snapshot_identifier",
};

/// Kinds that hold data, with what is left of it.
pub static LOSSES: &[Loss] = &[
    Loss {
        automated_backups: Automated::DieUnlessFalse("delete_automated_backups"),
        final_backup: FINAL_SNAPSHOT,
        replica_of: &["replicate_source_db"],
        ..Loss::of("aws_db_instance", "rows")
    },
    Loss {
        automated_backups: Automated::DieUnlessFalse("delete_automated_backups"),
        final_backup: FINAL_SNAPSHOT,
        replica_of: &["replication_source_identifier"],
        ..Loss::of("aws_rds_cluster", "rows")
    },
    Loss {
        automated_backups: Automated::Die,
        final_backup: FINAL_SNAPSHOT,
        ..Loss::of("aws_docdb_cluster", "documents")
    },
    Loss {
        automated_backups: Automated::Die,
        final_backup: FINAL_SNAPSHOT,
        replica_of: &["replication_source_identifier"],
        ..Loss::of("aws_neptune_cluster", "graph")
    },
    Loss::of("aws_docdbelastic_cluster", "documents"),
    Loss {
        automated_backups: Automated::Die,
        final_backup: FINAL_SNAPSHOT,
        ..Loss::of("aws_redshift_cluster", "rows")
    },
    Loss {
        automated_backups: Automated::Die,
        ..Loss::of("aws_redshiftserverless_namespace", "rows")
    },
    Loss {
        final_backup: Final::Asked("final_snapshot"),
        ..Loss::of("aws_ebs_volume", "blocks")
    },
    Loss {
        forced_by: Some("force_destroy"),
        ..Loss::of("aws_s3_bucket", "objects and their versions")
    },
    Loss {
        forced_by: Some("force_destroy"),
        ..Loss::of("aws_s3_directory_bucket", "objects")
    },
    Loss::of("aws_efs_file_system", "files"),
    Loss {
        automated_backups: Automated::Die,
        final_backup: Final::UnlessSkipped("skip_final_backup"),
        ..Loss::of("aws_fsx_lustre_file_system", "files")
    },
    Loss {
        automated_backups: Automated::Die,
        final_backup: Final::UnlessSkipped("skip_final_backup"),
        ..Loss::of("aws_fsx_windows_file_system", "files")
    },
    Loss {
        automated_backups: Automated::Die,
        final_backup: Final::UnlessSkipped("skip_final_backup"),
        ..Loss::of("aws_fsx_openzfs_file_system", "files")
    },
    Loss {
        automated_backups: Automated::Die,
        final_backup: Final::UnlessSkipped("skip_final_backup"),
        ..Loss::of("aws_fsx_ontap_volume", "files")
    },
    Loss {
        // Amazon DynamoDB Developer Guide, "Point-in-time recovery": deleting the table makes a system backup.
        leaves: Some((
            "point_in_time_recovery.enabled",
            "a system backup, which AWS keeps for 35 days because point-in-time recovery is on",
        )),
        ..Loss::of("aws_dynamodb_table", "items")
    },
    Loss::of("aws_keyspaces_table", "rows"),
    Loss {
        automated_backups: Automated::Die,
        final_backup: Final::Named("final_snapshot_identifier"),
        ..Loss::of("aws_elasticache_cluster", "keys")
    },
    Loss {
        automated_backups: Automated::Die,
        final_backup: Final::Named("final_snapshot_identifier"),
        ..Loss::of("aws_elasticache_replication_group", "keys")
    },
    Loss {
        automated_backups: Automated::Die,
        final_backup: Final::Named("final_snapshot_name"),
        ..Loss::of("aws_memorydb_cluster", "keys")
    },
    Loss {
        automated_backups: Automated::Die,
        ..Loss::of("aws_opensearch_domain", "indices")
    },
    Loss {
        automated_backups: Automated::Die,
        ..Loss::of("aws_elasticsearch_domain", "indices")
    },
    Loss::of("aws_opensearchserverless_collection", "indices"),
    Loss::of("aws_msk_cluster", "messages"),
    Loss::of("aws_msk_serverless_cluster", "messages"),
    Loss::of("aws_kinesis_stream", "records"),
    Loss {
        waits: Some(("deletion_window_in_days", 30)),
        ..Loss::of("aws_kms_key", "everything that it encrypts")
    },
    Loss {
        waits: Some(("recovery_window_in_days", 30)),
        ..Loss::of("aws_secretsmanager_secret", "secret values")
    },
    Loss {
        kept_by: Some("skip_destroy"),
        ..Loss::of("aws_cloudwatch_log_group", "log events")
    },
    Loss {
        forced_by: Some("force_delete"),
        ..Loss::of("aws_ecr_repository", "images")
    },
    Loss {
        forced_by: Some("force_destroy"),
        ..Loss::of("aws_ecrpublic_repository", "images")
    },
    Loss {
        forced_by: Some("force_destroy"),
        ..Loss::of("aws_backup_vault", "recovery points")
    },
    Loss::of("aws_glacier_vault", "archives"),
    Loss::of("aws_qldb_ledger", "ledger"),
    Loss::of("aws_timestreamwrite_table", "records"),
    Loss::of("aws_codecommit_repository", "commits"),
    Loss::of("aws_cognito_user_pool", "users"),
];

/// What is known of a Terraform type's data; `None` where it is not known to hold any.
#[must_use]
pub fn of(kind: &str) -> Option<&'static Loss> {
    LOSSES.iter().find(|loss| loss.kind == kind)
}

/// A kind that is a backup of another.
#[derive(Clone, Copy, Debug)]
pub struct Backup {
    /// The backup's Terraform type.
    pub kind: &'static str,
    /// Whose backup it is.
    pub of: &'static str,
    pub by: By,
}

/// How a backup says whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `observed` holds the ARN.
    Arn(&'static str),
    /// The configuration holds the id.
    Id(&'static str),
}

const BY_ARN: By = By::Arn("backup_of");

const fn backup(kind: &'static str, of: &'static str, by: By) -> Backup {
    Backup { kind, of, by }
}

/// Every kind that is a backup; one that may be of several kinds stands once for each.
pub static BACKUPS: &[Backup] = &[
    backup("aws_db_snapshot", "aws_db_instance", BY_ARN),
    backup("aws_db_instance_automated_backup", "aws_db_instance", BY_ARN),
    backup("aws_db_cluster_snapshot", "aws_rds_cluster", BY_ARN),
    backup("aws_rds_cluster_automated_backup", "aws_rds_cluster", BY_ARN),
    backup("aws_docdb_cluster_snapshot", "aws_docdb_cluster", BY_ARN),
    backup("aws_neptune_cluster_snapshot", "aws_neptune_cluster", BY_ARN),
    backup("aws_ebs_snapshot", "aws_ebs_volume", By::Id("volume_id")),
    backup("aws_ami", "aws_instance", By::Id("source_instance_id")),
    backup("aws_dynamodb_backup", "aws_dynamodb_table", BY_ARN),
    backup("aws_redshift_cluster_snapshot", "aws_redshift_cluster", BY_ARN),
    backup(
        "aws_redshiftserverless_snapshot",
        "aws_redshiftserverless_namespace",
        BY_ARN,
    ),
    backup("aws_memorydb_snapshot", "aws_memorydb_cluster", BY_ARN),
    // Backups of ONTAP volumes are restored with another command; their recovery points stand below.
    backup("aws_fsx_backup", "aws_fsx_lustre_file_system", BY_ARN),
    backup("aws_fsx_backup", "aws_fsx_windows_file_system", BY_ARN),
    backup("aws_fsx_backup", "aws_fsx_openzfs_file_system", BY_ARN),
    // AWS Backup Developer Guide, "Supported resources".
    recovery_point("aws_db_instance"),
    recovery_point("aws_rds_cluster"),
    recovery_point("aws_docdb_cluster"),
    recovery_point("aws_neptune_cluster"),
    recovery_point("aws_redshift_cluster"),
    recovery_point("aws_redshiftserverless_namespace"),
    recovery_point("aws_dynamodb_table"),
    recovery_point("aws_timestreamwrite_table"),
    recovery_point("aws_ebs_volume"),
    recovery_point("aws_instance"),
    recovery_point("aws_efs_file_system"),
    recovery_point("aws_fsx_lustre_file_system"),
    recovery_point("aws_fsx_windows_file_system"),
    recovery_point("aws_fsx_openzfs_file_system"),
    recovery_point("aws_fsx_ontap_volume"),
    recovery_point("aws_s3_bucket"),
];

/// A recovery point of AWS Backup may be of many kinds; its own ARN says of which thing.
const fn recovery_point(of: &'static str) -> Backup {
    backup("aws_backup_recovery_point", of, BY_ARN)
}

/// The command of the AWS CLI that makes a backup by hand, with `{}` for the id. Source: the AWS CLI's reference.
const SAVES: &[(&str, &str)] = &[
    (
        "aws_db_instance",
        "rds create-db-snapshot --db-instance-identifier {} --db-snapshot-identifier {}-before-destroy",
    ),
    (
        "aws_rds_cluster",
        "rds create-db-cluster-snapshot --db-cluster-identifier {} --db-cluster-snapshot-identifier {}-before-destroy",
    ),
    (
        "aws_docdb_cluster",
        "docdb create-db-cluster-snapshot --db-cluster-identifier {} --db-cluster-snapshot-identifier {}-before-destroy",
    ),
    (
        "aws_neptune_cluster",
        "neptune create-db-cluster-snapshot --db-cluster-identifier {} --db-cluster-snapshot-identifier \
         {}-before-destroy",
    ),
    (
        "aws_redshift_cluster",
        "redshift create-cluster-snapshot --cluster-identifier {} --snapshot-identifier {}-before-destroy",
    ),
    (
        "aws_elasticache_replication_group",
        "elasticache create-snapshot --replication-group-id {} --snapshot-name {}-before-destroy",
    ),
    (
        "aws_memorydb_cluster",
        "memorydb create-snapshot --cluster-name {} --snapshot-name {}-before-destroy",
    ),
    ("aws_ebs_volume", "ec2 create-snapshot --volume-id {}"),
    (
        "aws_dynamodb_table",
        "dynamodb create-backup --table-name {} --backup-name {}-before-destroy",
    ),
];

/// The command that makes a backup of a resource by hand, where there is one.
#[must_use]
pub fn save_command(kind: &str, id: &str, region: &str) -> Option<String> {
    let (_, command) = SAVES.iter().find(|(name, _)| *name == kind)?;
    // An id of AWS goes into a command that people copy: nothing but an id may stand there.
    let plain = id
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    plain.then(|| format!("aws {} --region {region}", command.replace("{}", id)))
}

/// States in which a backup can be restored from; one whose listing says no state is taken for whole.
/// Source: the values of `Status`, `State` and `Lifecycle` in the API references of RDS, EC2, DynamoDB, AWS Backup, Redshift,
/// `MemoryDB` and `FSx`.
const WHOLE: &[&str] = &["available", "completed", "active", "retained"];

/// Says whether a backup in this state can be restored from.
#[must_use]
pub fn is_whole(status: &str) -> bool {
    WHOLE.iter().any(|whole| status.eq_ignore_ascii_case(whole))
}

/// Says whether a backup that names a thing can be of the one of that name that was made then: where it knows when its
/// own was made (`observed.source_created_at`), another one is another thing, whose name was used again.
#[must_use]
pub fn is_of(backup: &Live, created_at: Option<Timestamp>) -> bool {
    let of = backup.observed.text("source_created_at");
    match (of.and_then(|text| text.parse::<Timestamp>().ok()), created_at) {
        (Some(of), Some(own)) => of.as_second() == own.as_second(),
        _ => true,
    }
}

/// Says whether the type is a backup of something.
#[must_use]
pub fn is_backup(kind: &str) -> bool {
    BACKUPS.iter().any(|backup| backup.kind == kind)
}

/// Attributes of a whole that name a part whose data is the whole's own and goes with every replacement of it:
/// the disk that a machine starts from.
pub static SYSTEM_DISKS: &[(&str, &str)] = &[("aws_instance", "root_block_device.volume_id")];

/// A setting that guards data or a resource.
#[derive(Clone, Copy, Debug)]
pub struct Protection {
    /// The Terraform type; empty where the attribute means the same in every type that has it.
    pub kind: &'static str,
    /// A dotted path.
    pub path: &'static str,
    pub guards: Guards,
}

/// Which value guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    /// True, `ACTIVE`, `Enabled` …
    WhenOn,
    /// False, or nothing said.
    WhenOff,
    /// The more the better: days that backups or deleted things are kept.
    ByNumber,
}

const fn guard(path: &'static str, guards: Guards) -> Protection {
    Protection { kind: "", path, guards }
}

const fn guard_of(kind: &'static str, path: &'static str, guards: Guards) -> Protection {
    Protection { kind, path, guards }
}

/// Every setting that guards.
pub static PROTECTIONS: &[Protection] = &[
    guard("deletion_protection", Guards::WhenOn),
    guard("deletion_protection_enabled", Guards::WhenOn),
    guard("enable_deletion_protection", Guards::WhenOn),
    guard("delete_protection", Guards::WhenOn),
    guard("termination_protection", Guards::WhenOn),
    guard("disable_api_termination", Guards::WhenOn),
    guard("disable_api_stop", Guards::WhenOn),
    guard("protect_from_scale_in", Guards::WhenOn),
    guard("skip_destroy", Guards::WhenOn),
    guard("skip_final_snapshot", Guards::WhenOff),
    guard("skip_final_backup", Guards::WhenOff),
    guard("delete_automated_backups", Guards::WhenOff),
    guard("force_destroy", Guards::WhenOff),
    guard("force_delete", Guards::WhenOff),
    guard("backup_retention_period", Guards::ByNumber),
    guard("automated_snapshot_retention_period", Guards::ByNumber),
    guard("snapshot_retention_limit", Guards::ByNumber),
    guard("automatic_backup_retention_days", Guards::ByNumber),
    guard("recovery_window_in_days", Guards::ByNumber),
    guard("deletion_window_in_days", Guards::ByNumber),
    guard("point_in_time_recovery.enabled", Guards::WhenOn),
    guard("object_lock_enabled", Guards::WhenOn),
    guard_of("aws_s3_bucket", "versioning.enabled", Guards::WhenOn),
    guard_of(
        "aws_s3_bucket_versioning",
        "versioning_configuration.status",
        Guards::WhenOn,
    ),
    guard_of(
        "aws_s3_bucket_versioning",
        "versioning_configuration.mfa_delete",
        Guards::WhenOn,
    ),
    guard_of("aws_efs_backup_policy", "backup_policy.status", Guards::WhenOn),
    guard_of("aws_cloudwatch_log_group", "retention_in_days", Guards::ByNumber),
    guard_of("aws_kinesis_stream", "retention_period", Guards::ByNumber),
];

/// The settings that guard something of a type.
pub fn protections(kind: &str) -> impl Iterator<Item = &'static Protection> {
    PROTECTIONS
        .iter()
        .filter(move |protection| protection.kind.is_empty() || protection.kind == kind)
}

/// Types that are nothing but a protection of something else: destroying one takes it away.
pub static GUARDIANS: &[(&str, &str)] = &[
    ("aws_s3_bucket_versioning", "versioning"),
    ("aws_s3_bucket_object_lock_configuration", "the object lock"),
    ("aws_s3_bucket_replication_configuration", "replication"),
    ("aws_backup_vault_lock_configuration", "the vault's lock"),
    ("aws_backup_plan", "a backup plan"),
    ("aws_backup_selection", "a selection for backups"),
    ("aws_dlm_lifecycle_policy", "a policy that makes snapshots"),
    ("aws_efs_backup_policy", "automatic backups"),
    ("aws_efs_replication_configuration", "replication"),
    (
        "aws_db_instance_automated_backups_replication",
        "the copies of automated backups in another region",
    ),
    ("aws_dynamodb_table_replica", "a replica"),
];

/// What a type protects by being there.
#[must_use]
pub fn guardian(kind: &str) -> Option<&'static str> {
    GUARDIANS.iter().find(|(name, _)| *name == kind).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::registry;

    #[test]
    fn each_type_stands_once() {
        for (at, loss) in LOSSES.iter().enumerate() {
            assert!(
                LOSSES[..at].iter().all(|other| other.kind != loss.kind),
                "{}",
                loss.kind
            );
        }
    }

    #[test]
    fn what_the_kinds_say_and_what_stands_here_agree() {
        for kind in registry::described() {
            let here = of(kind.name).is_some() || is_backup(kind.name);
            assert!(
                !kind.holds_data || here,
                "{} holds data: say in LOSSES what is left of it, or in BACKUPS whose it is",
                kind.name
            );
        }
    }

    #[test]
    fn what_says_whose_a_backup_is_is_kept() {
        for backup in BACKUPS {
            let Some(kind) = registry::kind(backup.kind) else {
                continue;
            };
            if let By::Id(path) = backup.by {
                assert!(kind.attribute(path).is_some(), "{}.{path}", backup.kind);
            }
            assert!(registry::kind(backup.of).is_some(), "{}", backup.of);
        }
        for (kind, path) in SYSTEM_DISKS {
            let kind = registry::kind(kind).expect("a kind");
            assert!(kind.attribute(path).is_some(), "{}.{path}", kind.name);
        }
    }
}

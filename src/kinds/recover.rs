//! How lost things are had back: the command that restores a backup, and where AWS keeps a trace of what is deleted.
//!
//! Plain data for described and listed kinds alike, by Terraform type; which kinds are backups of which stands in
//! [`super::loss`]. The commands are the AWS CLI's (source: AWS CLI Command Reference, version 2), for people to read
//! and run; nothing here runs anything.

/// How a backup is restored.
#[derive(Clone, Copy, Debug)]
pub struct Restore {
    /// The backup's Terraform type.
    pub kind: &'static str,
    /// `rds restore-db-instance-from-db-snapshot`.
    pub command: &'static str,
    pub arguments: &'static [Argument],
    pub until: Until,
    /// What is left to do when the command is done.
    pub then: &'static str,
}

/// An option of a command; left out where its value is not known.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// `--db-snapshot-identifier`.
    pub option: &'static str,
    pub value: From,
}

/// Where the value of an option comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The option has none.
    Nothing,
    /// The backup's id.
    Id,
    /// An attribute or observed fact of the backup.
    Backup(&'static str),
    /// The id of what the backup is of, unless the backup has this fact.
    SourceUnless(&'static str),
    /// A name for what will be made: that of the source where that is free, else with `-restored`.
    NewName,
    /// An attribute of what the backup is of.
    Source(&'static str),
    /// The same, where what it names is still live.
    SourceIfLive(&'static str),
    /// What this command prints, with `{id}`, `{region}` and facts of the backup.
    Printed(&'static str),
    /// The availability zone of the source; the first of the region where that is not known.
    Zone,
}

/// How long the way stays open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until somebody deletes it.
    Deleted,
    /// Until the time in this fact; until somebody deletes it where there is none.
    At(&'static str),
    /// What is retained runs out: this fact is the last moment it holds, that one the days for which it is kept.
    RunsOut { last: &'static str, days: &'static str },
}

/// What the listing of a snapshot says of its period of retention.
const RETAINED: Until = Until::RunsOut {
    last: "retained_from",
    days: "retained_days",
};

const fn argument(option: &'static str, value: From) -> Argument {
    Argument { option, value }
}

const SUBNETS: Argument = argument("--db-subnet-group-name", From::SourceIfLive("db_subnet_group_name"));
const GROUPS: Argument = argument("--vpc-security-group-ids", From::SourceIfLive("vpc_security_group_ids"));
const CLASS: Argument = argument("--db-instance-class", From::Source("instance_class"));
const PARAMETERS: Argument = argument("--db-parameter-group-name", From::SourceIfLive("parameter_group_name"));
const PROTECTED: Argument = argument("--deletion-protection", From::Nothing);
const LATEST: Argument = argument("--use-latest-restorable-time", From::Nothing);

const DATABASE_THEN: &str = "then point the application at its endpoint; the password is that of the backup's time";
const CLUSTER_THEN: &str =
    "then give it instances (create-db-instance with the cluster's identifier), and point the application at it";

/// The snapshots of clusters of one family.
const fn cluster_snapshot(kind: &'static str, command: &'static str, arguments: &'static [Argument]) -> Restore {
    Restore {
        kind,
        command,
        arguments,
        until: Until::Deleted,
        then: CLUSTER_THEN,
    }
}

/// The arguments for a family of clusters, which differ in where the cluster's subnet group is named.
const fn cluster_arguments(subnets: Argument) -> [Argument; 6] {
    [
        argument("--db-cluster-identifier", From::NewName),
        argument("--snapshot-identifier", From::Id),
        argument("--engine", From::Backup("engine")),
        subnets,
        GROUPS,
        PROTECTED,
    ]
}

const CLUSTER_SNAPSHOT: &[Argument] = &cluster_arguments(SUBNETS);
const NEPTUNE_SNAPSHOT: &[Argument] = &cluster_arguments(argument(
    "--db-subnet-group-name",
    From::SourceIfLive("neptune_subnet_group_name"),
));

/// Every backup that a command restores.
pub static RESTORES: &[Restore] = &[
    Restore {
        kind: "aws_db_snapshot",
        command: "rds restore-db-instance-from-db-snapshot",
        arguments: &[
            argument("--db-instance-identifier", From::NewName),
            argument("--db-snapshot-identifier", From::Id),
            CLASS,
            PARAMETERS,
            SUBNETS,
            GROUPS,
            PROTECTED,
        ],
        until: Until::Deleted,
        then: DATABASE_THEN,
    },
    Restore {
        kind: "aws_db_instance_automated_backup",
        command: "rds restore-db-instance-to-point-in-time",
        arguments: &[
            argument("--source-dbi-resource-id", From::Backup("dbi_resource_id")),
            argument("--source-db-instance-identifier", From::SourceUnless("dbi_resource_id")),
            argument("--target-db-instance-identifier", From::NewName),
            LATEST,
            CLASS,
            PARAMETERS,
            SUBNETS,
            GROUPS,
            PROTECTED,
        ],
        // Amazon RDS User Guide, "Retaining automated backups": they are kept for the instance's retention period.
        until: Until::RunsOut {
            last: "latest_restorable_time",
            days: "backup_retention_period",
        },
        then: DATABASE_THEN,
    },
    cluster_snapshot(
        "aws_db_cluster_snapshot",
        "rds restore-db-cluster-from-snapshot",
        CLUSTER_SNAPSHOT,
    ),
    cluster_snapshot(
        "aws_docdb_cluster_snapshot",
        "docdb restore-db-cluster-from-snapshot",
        CLUSTER_SNAPSHOT,
    ),
    cluster_snapshot(
        "aws_neptune_cluster_snapshot",
        "neptune restore-db-cluster-from-snapshot",
        NEPTUNE_SNAPSHOT,
    ),
    Restore {
        kind: "aws_rds_cluster_automated_backup",
        command: "rds restore-db-cluster-to-point-in-time",
        arguments: &[
            argument(
                "--source-db-cluster-resource-id",
                From::Backup("db_cluster_resource_id"),
            ),
            argument(
                "--source-db-cluster-identifier",
                From::SourceUnless("db_cluster_resource_id"),
            ),
            argument("--db-cluster-identifier", From::NewName),
            LATEST,
            SUBNETS,
            GROUPS,
            PROTECTED,
        ],
        until: Until::RunsOut {
            last: "latest_restorable_time",
            days: "backup_retention_period",
        },
        then: CLUSTER_THEN,
    },
    Restore {
        kind: "aws_ebs_snapshot",
        command: "ec2 create-volume",
        arguments: &[
            argument("--snapshot-id", From::Id),
            argument("--availability-zone", From::Zone),
            argument("--volume-type", From::Source("type")),
        ],
        until: Until::Deleted,
        then: "then attach it (attach-volume) in the same availability zone",
    },
    Restore {
        kind: "aws_ami",
        command: "ec2 run-instances",
        arguments: &[
            argument("--image-id", From::Id),
            argument("--instance-type", From::Source("instance_type")),
            argument("--subnet-id", From::SourceIfLive("subnet_id")),
            argument("--security-group-ids", From::SourceIfLive("vpc_security_group_ids")),
            argument("--key-name", From::SourceIfLive("key_name")),
        ],
        until: Until::Deleted,
        then: "its private address and its instance id will be others",
    },
    Restore {
        kind: "aws_dynamodb_backup",
        command: "dynamodb restore-table-from-backup",
        arguments: &[
            argument("--target-table-name", From::NewName),
            argument("--backup-arn", From::Id),
        ],
        until: Until::At("delete_at"),
        then: "then set again what no backup holds: scaling, alarms, tags, streams, time to live, point-in-time recovery",
    },
    Restore {
        kind: "aws_redshift_cluster_snapshot",
        command: "redshift restore-from-cluster-snapshot",
        arguments: &[
            argument("--cluster-identifier", From::NewName),
            argument("--snapshot-identifier", From::Id),
            argument(
                "--cluster-subnet-group-name",
                From::SourceIfLive("cluster_subnet_group_name"),
            ),
            argument("--vpc-security-group-ids", From::SourceIfLive("vpc_security_group_ids")),
        ],
        // Amazon Redshift Management Guide, "Manual snapshots": for ever, unless a period was set.
        until: RETAINED,
        then: "then give it its parameter group and roles (modify-cluster, modify-cluster-iam-roles), and point the \
               application at its endpoint; users and passwords are those of the snapshot's time",
    },
    Restore {
        kind: "aws_redshiftserverless_snapshot",
        command: "redshift-serverless restore-from-snapshot",
        arguments: &[
            argument("--namespace-name", From::NewName),
            argument("--workgroup-name", From::NewName),
            argument("--snapshot-name", From::Id),
        ],
        until: RETAINED,
        then: "first make an empty namespace and workgroup of that name (create-namespace, create-workgroup): the command \
               replaces whatever the namespace holds",
    },
    Restore {
        kind: "aws_memorydb_snapshot",
        command: "memorydb create-cluster",
        arguments: &[
            argument("--cluster-name", From::NewName),
            argument("--snapshot-name", From::Id),
            argument("--node-type", From::Backup("node_type")),
            argument("--acl-name", From::Source("acl_name")),
            argument("--subnet-group-name", From::SourceIfLive("subnet_group_name")),
            argument("--security-group-ids", From::SourceIfLive("security_group_ids")),
        ],
        until: Until::Deleted,
        then: "then point the application at its endpoint; where --acl-name is missing, give the access control list",
    },
    Restore {
        kind: "aws_fsx_backup",
        command: "fsx create-file-system-from-backup",
        arguments: &[
            argument("--backup-id", From::Id),
            // Amazon FSx API Reference, Backup: what it says of the file system stays when that is deleted.
            argument(
                "--subnet-ids",
                From::Printed(
                    "aws fsx describe-backups --region {region} --backup-ids {id} \
                     --query 'Backups[0].FileSystem.SubnetIds[0]' --output text",
                ),
            ),
        ],
        until: Until::Deleted,
        then: "then mount it by its new name and give its network interfaces their security groups; one that spans two \
               zones needs both subnets and the preferred one",
    },
    Restore {
        kind: "aws_backup_recovery_point",
        command: "backup start-restore-job",
        arguments: &[
            argument("--recovery-point-arn", From::Id),
            argument("--iam-role-arn", From::Backup("iam_role_arn")),
            argument(
                "--metadata",
                From::Printed(
                    "aws backup get-recovery-point-restore-metadata --region {region} \
                     --backup-vault-name {backup_vault_name} --recovery-point-arn {id} \
                     --query RestoreMetadata --output json",
                ),
            ),
        ],
        until: Until::At("delete_at"),
        then: "then 'aws backup describe-restore-job' with the id that it prints; where a name of the metadata is taken, \
               give another one",
    },
];

/// How a backup of this type is restored.
#[must_use]
pub fn restore(kind: &str) -> Option<&'static Restore> {
    RESTORES.iter().find(|restore| restore.kind == kind)
}

/// What AWS keeps of a thing after its deletion, without listing it among what is live.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// The Terraform type of what was lost.
    pub kind: &'static str,
    /// What is kept, and for how long.
    pub sentence: &'static str,
    /// The command, with `{id}`, `{arn}`, `{region}` and attributes; one whose placeholder is not known is left out.
    pub command: &'static str,
    /// The command gives it back; otherwise it only shows whether there is something.
    pub restores: bool,
    /// Days after the deletion for which it can be had back, at most.
    pub days: Option<u16>,
}

const fn look(kind: &'static str, sentence: &'static str, command: &'static str, days: Option<u16>) -> Trace {
    Trace {
        kind,
        sentence,
        command,
        restores: false,
        days,
    }
}

const fn undo(kind: &'static str, sentence: &'static str, command: &'static str, days: Option<u16>) -> Trace {
    Trace {
        restores: true,
        ..look(kind, sentence, command, days)
    }
}

/// Any vault of AWS Backup may hold it (source: AWS Backup Developer Guide, "Supported resources").
const fn vaults(kind: &'static str) -> Trace {
    look(
        kind,
        "AWS Backup may hold recovery points of it, in any vault",
        "aws backup list-recovery-points-by-resource --region {region} --resource-arn {arn}",
        None,
    )
}

/// Every trace, by what was lost.
pub static TRACES: &[Trace] = &[
    vaults("aws_db_instance"),
    vaults("aws_rds_cluster"),
    vaults("aws_docdb_cluster"),
    vaults("aws_neptune_cluster"),
    vaults("aws_ebs_volume"),
    vaults("aws_instance"),
    vaults("aws_efs_file_system"),
    vaults("aws_dynamodb_table"),
    vaults("aws_s3_bucket"),
    look(
        "aws_db_instance",
        "a final snapshot, or backups that were retained, may have been made while this scan ran",
        "aws rds describe-db-instance-automated-backups --region {region} --db-instance-identifier {id}",
        None,
    ),
    look(
        "aws_ebs_snapshot",
        "a retention rule of the Recycle Bin may keep it; restore-snapshot-from-recycle-bin gives it back",
        "aws ec2 list-snapshots-in-recycle-bin --region {region} --snapshot-ids {id}",
        Some(365),
    ),
    look(
        "aws_ami",
        "a retention rule of the Recycle Bin may keep it; restore-image-from-recycle-bin gives it back",
        "aws ec2 list-images-in-recycle-bin --region {region} --image-ids {id}",
        Some(365),
    ),
    look(
        "aws_ecs_task_definition",
        "AWS keeps deregistered revisions as INACTIVE: what this prints can be registered again (register-task-definition)",
        "aws ecs describe-task-definition --region {region} --task-definition {arn} --include TAGS",
        None,
    ),
    undo(
        "aws_eip",
        "the address itself can be had back while nobody else was given it",
        "aws ec2 allocate-address --region {region} --domain vpc --address {public_ip}",
        None,
    ),
    // AWS KMS Developer Guide, "Deleting keys": 7 to 30 days.
    undo(
        "aws_kms_key",
        "a key waits 7 to 30 days for its deletion, and everything that it encrypted with it; afterwards enable-key",
        "aws kms cancel-key-deletion --region {region} --key-id {id}",
        Some(30),
    ),
    // AWS Secrets Manager User Guide, "Delete a secret": 7 to 30 days, unless it was forced.
    undo(
        "aws_secretsmanager_secret",
        "a secret waits 7 to 30 days for its deletion, unless that was forced",
        "aws secretsmanager restore-secret --region {region} --secret-id {arn}",
        Some(30),
    ),
    // Amazon DynamoDB Developer Guide, "Point-in-time recovery": a system backup for 35 days.
    look(
        "aws_dynamodb_table",
        "with point-in-time recovery AWS made a system backup at the deletion; restore-table-from-backup gives it back",
        "aws dynamodb list-backups --region {region} --table-name {id} --backup-type ALL",
        Some(35),
    ),
    look(
        "aws_cloudformation_stack",
        "a deleted stack is described for 90 days by its id, with what it retained",
        "aws cloudformation describe-stack-resources --region {region} --stack-name {arn}",
        Some(90),
    ),
];

/// The traces of what was lost.
pub fn traces(kind: &str) -> impl Iterator<Item = &'static Trace> {
    TRACES.iter().filter(move |trace| trace.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::loss::BACKUPS;
    use crate::kinds::registry;

    #[test]
    fn every_backup_can_be_restored_and_nothing_else_is_one() {
        for backup in BACKUPS {
            assert!(restore(backup.kind).is_some(), "{} has no way back", backup.kind);
        }
        for restore in RESTORES {
            assert!(
                BACKUPS.iter().any(|backup| backup.kind == restore.kind),
                "{}",
                restore.kind
            );
        }
    }

    #[test]
    fn what_a_command_takes_from_the_source_is_known_of_it() {
        for restore in RESTORES {
            for of in BACKUPS.iter().filter(|backup| backup.kind == restore.kind) {
                let source = registry::kind(of.of).expect("a kind");
                for argument in restore.arguments {
                    if let From::Source(path) | From::SourceIfLive(path) = argument.value {
                        assert!(source.attribute(path).is_some(), "{}.{path}", of.of);
                    }
                    assert!(argument.option.starts_with("--"), "{}", argument.option);
                }
            }
        }
    }

    #[test]
    fn placeholders_are_attributes() {
        for trace in TRACES {
            let mut rest = trace.command;
            while let Some((_, after)) = rest.split_once('{') {
                let (name, tail) = after.split_once('}').expect("closed");
                let known = ["id", "arn", "region"].contains(&name)
                    || registry::kind(trace.kind).is_some_and(|kind| kind.attribute(name).is_some());
                assert!(known, "{}: {{{name}}}", trace.kind);
                rest = tail;
            }
        }
    }
}

//! What commands of the AWS CLI delete: the option that names it, the kind, and what their flags mean in Terraform's
//! words.
//!
//! The table `table/deletions.tsv` has one row a command. Its sources: the service models of botocore 1.43 (required
//! members of delete operations), the create operations of the AWS provider 5.100 for the kinds, and every option
//! was looked up in the argument tables of the AWS CLI 1.45. A command that is not in the table is not harmless:
//! [`sort`] judges it by its verb, and knows a verb as harmless only where it is listed here.

use crate::model::Value;

static TABLE: &str = include_str!("table/deletions.tsv");

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// How the target is put together from options: `{vpc-id}`, `{group-id|group-name}` (whichever is given),
    /// `{cluster=default}/{service}`, `{0}` (the first operand).
    pub target: &'static str,
    /// Terraform types that it may be, joined by `|`; empty where no kind is known.
    pub kinds: &'static str,
}

/// What a command of the AWS CLI may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// It changes nothing in an account.
    Reads,
    /// It makes or changes something.
    Changes,
    /// It takes something away, or may.
    Deletes,
    /// It runs commands or whole templates that cannot be seen here.
    Hands,
}

/// The row of a command.
#[must_use]
pub fn deletion(service: &str, command: &str) -> Option<Deletion> {
    TABLE.lines().skip(1).find_map(|line| {
        let rest = line.strip_prefix(service)?.strip_prefix('\t')?;
        let rest = rest.strip_prefix(command)?.strip_prefix('\t')?;
        let (target, kinds) = rest.split_once('\t')?;
        Some(Deletion {
            target,
            kinds: if kinds == "-" { "" } else { kinds },
        })
    })
}

/// Verbs of operations that read. Source: all 18,378 operations of botocore 1.43, sorted by hand.
const READING: &[&str] = &[
    "check", "contains", "count", "decode", "describe", "detect", "discover", "download", "estimate", "evaluate",
    "export", "filter", "forecast", "generate", "get", "head", "help", "is", "list", "lookup", "preview", "query",
    "scan", "search", "select", "simulate", "tail", "test", "validate", "verify", "view", "wait",
];

/// Verbs of operations that make or change things, and take nothing away.
const CHANGING: &[&str] = &[
    "accept",
    "acknowledge",
    "activate",
    "add",
    "admin",
    "advertise",
    "allocate",
    "allow",
    "analyze",
    "apply",
    "approve",
    "archive",
    "assign",
    "associate",
    "assume",
    "attach",
    "authorize",
    "autocomplete",
    "begin",
    "build",
    "bundle",
    "calculate",
    "change",
    "chat",
    "checkout",
    "claim",
    "classify",
    "clone",
    "compare",
    "complete",
    "compose",
    "configure",
    "confirm",
    "connect",
    "continue",
    "convert",
    "converse",
    "copy",
    "create",
    "decrypt",
    "define",
    "derive",
    "distribute",
    "enable",
    "encrypt",
    "exchange",
    "extend",
    "failover",
    "finalize",
    "geocode",
    "grant",
    "group",
    "import",
    "index",
    "infer",
    "ingest",
    "initialize",
    "initiate",
    "insert",
    "instantiate",
    "invite",
    "invoke",
    "issue",
    "join",
    "label",
    "launch",
    "lock",
    "login",
    "meter",
    "modify",
    "monitor",
    "notify",
    "open",
    "optimize",
    "package",
    "peer",
    "poll",
    "post",
    "predict",
    "prepare",
    "promote",
    "provision",
    "publish",
    "purchase",
    "push",
    "put",
    "re",
    "reboot",
    "rebalance",
    "rebuild",
    "receive",
    "recognize",
    "record",
    "redrive",
    "refresh",
    "register",
    "reload",
    "rename",
    "renew",
    "render",
    "reorder",
    "replicate",
    "report",
    "request",
    "rescore",
    "resend",
    "reserve",
    "resize",
    "resolve",
    "respond",
    "restart",
    "restore",
    "resume",
    "resync",
    "retrieve",
    "retry",
    "rotate",
    "run",
    "save",
    "send",
    "set",
    "setup",
    "share",
    "sign",
    "signal",
    "simulate",
    "split",
    "start",
    "stop",
    "submit",
    "subscribe",
    "suggest",
    "sync",
    "synchronize",
    "synthesize",
    "tag",
    "translate",
    "unarchive",
    "unassign",
    "undeprecate",
    "unlock",
    "untag",
    "update",
    "upgrade",
    "upload",
    "vote",
    "write",
];

/// Commands that the verb alone would judge wrongly.
const EXCEPTIONS: &[(&str, &str, Sort)] = &[
    ("s3", "ls", Sort::Reads),
    ("s3", "presign", Sort::Reads),
    ("s3", "cp", Sort::Changes),
    ("s3", "mb", Sort::Changes),
    ("s3", "website", Sort::Changes),
    ("sts", "*", Sort::Reads),
    ("configure", "*", Sort::Reads),
    ("sso", "*", Sort::Reads),
    ("history", "*", Sort::Reads),
    ("login", "*", Sort::Reads),
    ("logout", "*", Sort::Reads),
    ("help", "*", Sort::Reads),
    ("kms", "cancel-key-deletion", Sort::Changes),
    ("secretsmanager", "cancel-rotate-secret", Sort::Changes),
    ("cloudformation", "detect-stack-drift", Sort::Reads),
    ("cloudformation", "package", Sort::Changes),
    ("cloudformation", "create-change-set", Sort::Changes),
    ("cloudformation", "update-stack", Sort::Hands),
    ("cloudformation", "update-stack-set", Sort::Hands),
    ("cloudformation", "deploy", Sort::Hands),
    ("cloudformation", "execute-change-set", Sort::Hands),
    ("cloudformation", "rollback-stack", Sort::Hands),
    ("cloudformation", "continue-update-rollback", Sort::Hands),
    ("ssm", "send-command", Sort::Hands),
    ("ssm", "start-automation-execution", Sort::Hands),
    ("ecs", "execute-command", Sort::Hands),
    ("route53", "change-resource-record-sets", Sort::Deletes),
    ("rds", "backtrack-db-cluster", Sort::Deletes),
    ("s3api", "put-bucket-lifecycle", Sort::Deletes),
    ("s3api", "put-bucket-lifecycle-configuration", Sort::Deletes),
    ("ec2", "reset-image-attribute", Sort::Changes),
    ("organizations", "leave-organization", Sort::Deletes),
    ("organizations", "close-account", Sort::Deletes),
    ("emr", "terminate-clusters", Sort::Deletes),
    ("logs", "tail", Sort::Reads),
    ("logs", "put-retention-policy", Sort::Deletes),
    ("deploy", "push", Sort::Changes),
    ("eks", "update-kubeconfig", Sort::Reads),
    ("ecr", "get-login-password", Sort::Reads),
];

/// Says what a command may do, by the table, by name, or by its verb; an unknown verb may delete.
#[must_use]
pub fn sort(service: &str, command: &str) -> Sort {
    if let Some((_, _, sort)) = EXCEPTIONS
        .iter()
        .find(|(of, name, _)| *of == service && (*name == "*" || *name == command))
    {
        return *sort;
    }
    if deletion(service, command).is_some() {
        return Sort::Deletes;
    }
    // `delete-tags` and `remove-tags-from-resource` take a label away, not a thing.
    if command.split('-').any(|word| word == "tags") {
        return Sort::Changes;
    }
    let mut words = command.split('-');
    let verb = match words.next() {
        Some("batch" | "bulk" | "admin" | "transact") => words.next(),
        verb => verb,
    };
    match verb {
        Some(verb) if READING.contains(&verb) => Sort::Reads,
        Some(verb) if CHANGING.contains(&verb) => Sort::Changes,
        _ => Sort::Deletes,
    }
}

/// What an option says about how something is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The flag alone says it.
    Is(bool),
    /// The option's value, as text.
    Text,
    /// The option's value, as a number.
    Number,
    /// The flag alone says that it is nought.
    Zero,
}

/// Options that say how something is deleted: the option and Terraform's attribute.
/// Source: the references of the AWS CLI and of the provider's resources.
const SETTINGS: &[(&str, &str, Setting)] = &[
    ("skip-final-snapshot", "skip_final_snapshot", Setting::Is(true)),
    ("no-skip-final-snapshot", "skip_final_snapshot", Setting::Is(false)),
    ("skip-final-cluster-snapshot", "skip_final_snapshot", Setting::Is(true)),
    (
        "no-skip-final-cluster-snapshot",
        "skip_final_snapshot",
        Setting::Is(false),
    ),
    (
        "final-db-snapshot-identifier",
        "final_snapshot_identifier",
        Setting::Text,
    ),
    ("final-snapshot-identifier", "final_snapshot_identifier", Setting::Text),
    (
        "final-cluster-snapshot-identifier",
        "final_snapshot_identifier",
        Setting::Text,
    ),
    (
        "delete-automated-backups",
        "delete_automated_backups",
        Setting::Is(true),
    ),
    (
        "no-delete-automated-backups",
        "delete_automated_backups",
        Setting::Is(false),
    ),
    (
        "force-delete-without-recovery",
        "recovery_window_in_days",
        Setting::Zero,
    ),
    ("recovery-window-in-days", "recovery_window_in_days", Setting::Number),
    ("pending-window-in-days", "deletion_window_in_days", Setting::Number),
    ("force", "force_destroy", Setting::Is(true)),
    ("force-delete", "force_delete", Setting::Is(true)),
];

/// What the option (without dashes) sets, by Terraform's attribute name.
#[must_use]
pub fn setting(option: &str, value: Option<&str>) -> Option<(&'static str, Value)> {
    let (_, attribute, setting) = SETTINGS.iter().find(|(name, _, _)| *name == option)?;
    let value = match setting {
        Setting::Is(yes) => Value::Bool(*yes),
        Setting::Zero => Value::Integer(0),
        Setting::Text => Value::Text(value?.into()),
        Setting::Number => Value::Integer(value?.parse().ok()?),
    };
    Some((attribute, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::disposition;

    #[test]
    fn every_row_is_well_formed_and_names_kinds_that_exist() {
        let mut before = "";
        for line in TABLE.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 4, "{line}");
            assert!(before < line, "{line} is not in its place");
            before = line;
            assert!(fields[2].contains('{') && fields[2].contains('}'), "{line}");
            for kind in fields[3].split('|').filter(|kind| *kind != "-") {
                let listed = TYPES.lines().any(|line| {
                    let mut fields = line.split('\t');
                    fields.next() == Some(kind) && matches!(fields.next(), Some("listed" | "described"))
                });
                assert!(listed || disposition(kind).kind().is_some(), "{kind}: no such kind");
            }
        }
    }

    static TYPES: &str = include_str!("table/types.tsv");

    #[test]
    fn every_described_kind_can_be_deleted_by_some_command() {
        let all: Vec<&str> = TABLE
            .lines()
            .flat_map(|line| line.rsplit('\t').next().unwrap_or_default().split('|'))
            .collect();
        let missing: Vec<&str> = crate::kinds::LISTINGS
            .iter()
            .flat_map(|listing| listing.kinds)
            .map(|kind| kind.name)
            .filter(|name| !all.contains(name))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn what_is_not_known_deletes() {
        for (service, command) in [
            ("ec2", "delete-something-new"),
            ("newservice", "terminate-everything"),
            ("ec2", "frobnicate"),
            ("kms", "schedule-key-deletion"),
            ("sqs", "purge-queue"),
            ("ecr", "batch-delete-image"),
            ("ec2", "disassociate-address"),
            ("s3", "rm"),
            ("s3", "mv"),
        ] {
            assert_eq!(sort(service, command), Sort::Deletes, "{service} {command}");
        }
        for (service, command) in [
            ("ec2", "describe-vpcs"),
            ("dynamodb", "batch-get-item"),
            ("sts", "get-caller-identity"),
        ] {
            assert_eq!(sort(service, command), Sort::Reads, "{service} {command}");
        }
        for (service, command) in [
            ("ec2", "run-instances"),
            ("ec2", "delete-tags"),
            ("rds", "create-db-snapshot"),
        ] {
            assert_eq!(sort(service, command), Sort::Changes, "{service} {command}");
        }
    }
}

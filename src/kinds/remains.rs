//! What AWS keeps of things that were deleted, or keeps inside of things that are live: the recycle bin, keys and secrets
//! that wait for their deletion, versions of objects.
//!
//! None of it is live, so no scan lists it; triage and the drill ask for it. One line a sort, in [`REMAINS`]. What a
//! sort lists are [`Live`]s of the deleted thing's own type, with these facts in `observed`: `deleted_at`, `until` (the
//! moment after which it cannot be had back), and whatever the command names.

mod cloudformation;
mod containers;
mod dynamodb;
mod keys;
mod recycle_bin;
mod s3;

use crate::aws::List;

/// One sort of thing that is kept.
pub struct Remains {
    /// The Terraform type of what it is or was.
    pub kind: &'static str,
    /// What people call what is kept.
    pub title: &'static str,
    /// Every IAM action that it calls.
    pub actions: &'static [&'static str],
    pub list: List,
    /// What is kept and what to do with it.
    pub sentence: &'static str,
    /// The command, with `{id}`, `{arn}`, `{region}` and observed facts.
    pub command: &'static str,
    pub of: Of,
}

/// What something is kept of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A thing that was deleted, and is back after the command.
    Deleted,
    /// The same, but there are many that nobody misses: it is told only of what is known to be lost.
    Old,
    /// Contents of a thing that is live.
    Live,
}

/// Every sort, by what was deleted.
pub static REMAINS: &[Remains] = &[
    recycle_bin::SNAPSHOTS,
    recycle_bin::IMAGES,
    recycle_bin::VOLUMES,
    keys::KEYS,
    keys::SECRETS,
    keys::AUTHORITIES,
    containers::TASK_DEFINITIONS,
    cloudformation::STACKS,
    dynamodb::TABLES,
    s3::BUCKETS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::registry;

    #[test]
    fn each_is_of_a_kind_and_names_what_it_calls() {
        for one in REMAINS {
            assert!(registry::kind(one.kind).is_some(), "{}", one.kind);
            assert!(
                !one.actions.is_empty() && one.command.starts_with("aws "),
                "{}",
                one.kind
            );
            for action in one.actions {
                let operation = action.split_once(':').map_or("", |(_, operation)| operation);
                let known = crate::aws::readonly::is_read_only(operation) || *action == "s3:ListAllMyBuckets";
                assert!(known, "{action}");
            }
        }
    }
}

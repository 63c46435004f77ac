//! Plans and other intentions: what somebody is about to change, in the same shape as what is live and claimed.

use serde::{Deserialize, Serialize};

use super::{Claim, Configuration, Mode, Symbol, Timestamp};

/// What a plan does to one resource instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    NoOp,
    /// A data source is read.
    Read,
    Create,
    Update,
    /// Destroyed first, then made again.
    DeleteCreate,
    /// Made again first, then the old one is destroyed.
    CreateDelete,
    Delete,
    /// Taken out of the state; nothing happens to the resource.
    Forget,
    /// Made again, and the old one stays, in no state any more.
    CreateForget,
    /// A word that this version does not know.
    Unknown,
}

impl Action {
    /// Says whether the resource that is there now goes.
    #[must_use]
    pub fn destroys(self) -> bool {
        matches!(self, Action::DeleteCreate | Action::CreateDelete | Action::Delete)
    }

    /// Says whether a new resource is made.
    #[must_use]
    pub fn creates(self) -> bool {
        matches!(
            self,
            Action::Create | Action::DeleteCreate | Action::CreateDelete | Action::CreateForget
        )
    }

    /// Says whether it is one and the other.
    #[must_use]
    pub fn replaces(self) -> bool {
        matches!(self, Action::DeleteCreate | Action::CreateDelete)
    }

    /// Says whether anything happens to a resource.
    #[must_use]
    pub fn changes(self) -> bool {
        !matches!(self, Action::NoOp | Action::Read | Action::Forget)
    }

    /// Terraform's own words, in its own order.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Action::NoOp => &["no-op"],
            Action::Read => &["read"],
            Action::Create => &["create"],
            Action::Update => &["update"],
            Action::DeleteCreate => &["delete", "create"],
            Action::CreateDelete => &["create", "delete"],
            Action::Delete => &["delete"],
            Action::Forget => &["forget"],
            Action::CreateForget => &["create", "forget"],
            Action::Unknown => &["unknown"],
        }
    }
}

/// What a plan does to one instance.
///
/// `before` and `after` hold no more than a claim of a state does: plans hold passwords in clear text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedChange {
    pub address: Box<str>,
    pub mode: Mode,
    /// The Terraform type as the plan says it.
    pub kind: Symbol,
    pub action: Action,
    /// The key of a deposed object that is cleaned up.
    pub deposed: Option<Box<str>>,
    pub before: Option<Claim>,
    pub after: Option<Claim>,
    /// Names of top-level attributes that are known only after the apply.
    pub unknown: Vec<Symbol>,
    /// It is imported, not made: the resource exists and is meant to.
    pub imports: bool,
    /// The address that it had before it was moved.
    pub previous_address: Option<Box<str>>,
    /// Names of the top-level attributes that force a replacement.
    pub replaced_by: Vec<Symbol>,
}

/// Where a provider's configuration says that it works, as far as it says so in constants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderPlace {
    /// The key in the configuration: `aws`, `aws.east`, `module.x:aws`.
    pub name: String,
    pub region: Option<Symbol>,
    /// From `allowed_account_ids` and the role to assume.
    pub accounts: Vec<Symbol>,
    /// From `forbidden_account_ids`.
    pub forbidden_accounts: Vec<Symbol>,
}

/// A plan of Terraform or OpenTofu.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The path as the user would write it.
    pub source: String,
    pub format_version: String,
    pub terraform_version: Option<String>,
    /// When it was made.
    pub made_at: Option<Timestamp>,
    /// Of the state that it was made from; only binary plans know.
    pub lineage: Option<String>,
    pub serial: Option<u64>,
    pub errored: bool,
    /// `false` where Terraform left something for a later round.
    pub complete: bool,
    /// Managed instances in the state that it was made from; `None` where the plan does not say.
    pub prior_instances: Option<u64>,
    /// In the order of the plan; those that change nothing too.
    pub changes: Vec<PlannedChange>,
    pub providers: Vec<ProviderPlace>,
    /// Changes of other providers, by the provider's source: they are not looked at.
    pub other_providers: Vec<(Symbol, u64)>,
    /// Of these, what is deleted, where it is more than a helper's bookkeeping.
    pub other_deletes: Vec<(Symbol, u64)>,
}

/// Something to be deleted by hand: an id of a list, or what a command line names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// As the person wrote it: the line of the list, or the command.
    pub text: String,
    /// An id, ARN or name.
    pub target: String,
    /// The Terraform type, where the text says it: a command names the kind, an id alone may not.
    pub kind: Option<Symbol>,
    pub region: Option<Symbol>,
    pub account: Option<Symbol>,
    /// What the text says about how it is deleted, by Terraform's attribute names: `skip_final_snapshot`,
    /// `delete_automated_backups`, `force_destroy` …
    pub settings: Configuration,
}

/// One item of a list or script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    Deletion(Box<Deletion>),
    /// It may delete something, and what cannot be told.
    Unresolved {
        text: String,
        why: String,
    },
}

/// What somebody is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    Plan(Box<Plan>),
    Deletions { source: String, items: Vec<Item> },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_say_what_happens_to_what_is_there() {
        for action in [Action::DeleteCreate, Action::CreateDelete] {
            assert!(action.destroys() && action.creates() && action.replaces() && action.changes());
        }
        assert!(Action::Delete.destroys() && !Action::Delete.creates());
        assert!(!Action::Forget.destroys() && !Action::Forget.changes());
        assert!(!Action::CreateForget.destroys() && Action::CreateForget.creates());
    }
}

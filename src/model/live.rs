//! Live resources: what an AWS API listed.

use serde::{Deserialize, Serialize};

use super::{Configuration, Coverage, Symbol, Tags, Timestamp};

/// The kind of what carries tags and is listed by no kind.
pub const UNCLASSIFIED: Symbol = Symbol::known("unclassified");

/// Stands in [`Live::observed`] where some of its settings could not be asked for: the operations that gave no answer.
/// Of what it does not say then, nothing may be concluded.
pub const UNSEEN: &str = "unseen";

/// A resource that an AWS API listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// The Terraform type that owns it: `aws_vpc`.
    pub kind: Symbol,
    pub arn: Box<str>,
    /// The id that people and the AWS CLI use: `vpc-…`, a name, an identifier.
    pub id: Box<str>,
    pub account: Symbol,
    /// `global` for kinds without a region.
    pub region: Symbol,
    /// The name that a person gave, from the API or from the tag `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// By Terraform's attribute names, as far as the kind's facts name them.
    #[serde(default, skip_serializing_if = "Configuration::is_empty")]
    pub configuration: Configuration,
    /// What the API says beyond Terraform's attributes and a rule may need: `status`, `attached`, `automated` …
    #[serde(default, skip_serializing_if = "Configuration::is_empty")]
    pub observed: Configuration,
    /// References beyond those that stand in the configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Further ids by which a state may hold it: `db-…` of a database instance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Origin::is_own")]
    pub origin: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Box<PartOf>>,
}

impl Live {
    /// Starts a resource; what the API says is added to it.
    #[must_use]
    pub fn new(
        kind: impl Into<Symbol>,
        account: Symbol,
        region: Symbol,
        id: impl Into<Box<str>>,
        arn: impl Into<Box<str>>,
    ) -> Self {
        Self {
            kind: kind.into(),
            arn: arn.into(),
            id: id.into(),
            account,
            region,
            name: None,
            created_at: None,
            tags: Tags::default(),
            configuration: Configuration::new(),
            observed: Configuration::new(),
            references: Vec::new(),
            keys: Vec::new(),
            origin: Origin::Own,
            part_of: None,
        }
    }

    /// Sets the tags, and the name from the tag `Name` where there is none yet.
    pub fn tagged(&mut self, tags: Tags) {
        if self.name.is_none() {
            self.name = tags.get("Name").filter(|name| !name.is_empty()).map(Into::into);
        }
        self.tags = tags;
    }

    /// Says whether all of its settings that can be had were seen.
    #[must_use]
    pub fn is_wholly_seen(&self) -> bool {
        self.observed.get(UNSEEN).is_none()
    }

    /// Adds a reference to the resource that `target` names, by id, ARN or name.
    pub fn refer(&mut self, via: &'static str, target: impl Into<Box<str>>) {
        self.references.push(Reference {
            via: Symbol::known(via),
            target: target.into(),
        });
    }

    /// Says that it lives and dies with `whole` (an id or ARN), and what in the API shows it.
    pub fn lives_with(&mut self, kind: &'static str, whole: impl Into<Box<str>>, evidence: impl Into<Box<str>>) {
        self.part_of = Some(Box::new(PartOf {
            kind: Symbol::known(kind),
            whole: whole.into(),
            evidence: evidence.into(),
        }));
    }

    /// What to call it in a sentence: the id, with the name where there is another one. Of an id that is an ARN only
    /// what follows the account stands in sentences; the whole ARN stands with the resource.
    #[must_use]
    pub fn label(&self) -> String {
        let id = super::Arn::parse(&self.id).map_or(&*self.id, |arn| arn.resource);
        match &self.name {
            Some(name) if !id.ends_with(&**name) => format!("{id} ({name})"),
            _ => id.to_owned(),
        }
    }
}

/// An edge to another live resource, not resolved yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// The attribute that holds it.
    pub via: Symbol,
    /// An ARN, an id that AWS made, or a name that the attribute's facts can resolve.
    pub target: Box<str>,
}

/// Who made a live resource, as far as the API itself says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody but the account's own people and tools, as far as can be seen.
    #[default]
    Own,
    /// A default that AWS made; the sentence says which.
    AwsMade(Box<str>),
    /// Another system made and manages it.
    Delegated(Box<Delegate>),
}

impl Origin {
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self, Origin::Own)
    }
}

/// The system that made and manages a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Delegate {
    /// `cloudformation`, `autoscaling`, `eks` …
    pub system: Symbol,
    /// The stack, group or cluster.
    pub name: Box<str>,
    /// The API fact or tag that shows it.
    pub evidence: Box<str>,
}

/// Says with what a part lives and dies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartOf {
    /// The whole's kind, where the API says it; empty where only an id is known.
    pub kind: Symbol,
    /// The whole's id or ARN.
    pub whole: Box<str>,
    /// The API fact that shows it.
    pub evidence: Box<str>,
}

/// An AWS account that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// Twelve digits.
    pub id: Symbol,
    pub alias: Option<String>,
    /// `aws`, `aws-cn`, `aws-us-gov` …
    pub partition: Symbol,
}

/// All that one run saw: data and gaps, never an error.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    pub regions: Vec<Symbol>,
    /// Whether `regions` are all that are enabled for the accounts: only then can a claim
    /// without a known region be called missing.
    pub every_region: bool,
    pub live: Vec<Live>,
    pub coverage: Coverage,
}

//! What a kind is: plain facts, without any SDK.
//!
//! Every rule of the tool reads these; nothing outside `src/kinds` may branch on a kind's name.

use crate::model::{Configuration, Live};

/// Where a kind lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Once in each region.
    Regional,
    /// Once in an account; its region is `global`.
    Global,
}

/// A Terraform attribute that is kept from states and filled by the kind's listing.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// A top-level attribute or a dotted path into blocks: `network_configuration.subnets`.
    /// A path that names a block keeps all that is in it, so name only blocks without secrets.
    /// One that begins with a facet's type is an attribute of the facet.
    pub path: &'static str,
    pub role: Role,
    /// The kinds whose id, ARN or name its strings are; empty for plain values.
    pub refers_to: &'static [&'static str],
    /// The order of its items means nothing.
    pub unordered: bool,
}

impl Attribute {
    /// The path inside a part of the kind, where the attribute is one of that part: the path begins with its type then
    /// (`aws_s3_bucket_versioning.versioning_configuration.status`).
    #[must_use]
    pub fn of_part(&self, part: &str) -> Option<&'static str> {
        self.path.strip_prefix(part)?.strip_prefix('.')
    }
}

/// What an attribute is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Set by whoever made the resource, alike in two copies of it: part of the fingerprint and of drift.
    Stable,
    /// A name: like `Stable`, but a generated suffix does not count.
    Name,
    /// Set by the maker but changed in passing (desired counts, versions): drift only.
    Changing,
    /// Kept to show or to join; never compared.
    Kept,
}

const fn attribute(path: &'static str, role: Role) -> Attribute {
    Attribute {
        path,
        role,
        refers_to: &[],
        unordered: false,
    }
}

/// An attribute that two copies share (see [`Role::Stable`]).
#[must_use]
pub const fn stable(path: &'static str) -> Attribute {
    attribute(path, Role::Stable)
}

/// A stable attribute whose items have no order.
#[must_use]
pub const fn stable_set(path: &'static str) -> Attribute {
    Attribute {
        unordered: true,
        ..attribute(path, Role::Stable)
    }
}

/// A name (see [`Role::Name`]).
#[must_use]
pub const fn name(path: &'static str) -> Attribute {
    attribute(path, Role::Name)
}

/// An attribute that changes in passing (see [`Role::Changing`]).
#[must_use]
pub const fn changing(path: &'static str) -> Attribute {
    attribute(path, Role::Changing)
}

/// An attribute that is kept and never compared.
#[must_use]
pub const fn kept(path: &'static str) -> Attribute {
    attribute(path, Role::Kept)
}

/// An attribute without an order that is kept and never compared.
#[must_use]
pub const fn kept_set(path: &'static str) -> Attribute {
    Attribute {
        unordered: true,
        ..attribute(path, Role::Kept)
    }
}

/// A stable attribute that names other resources.
#[must_use]
pub const fn refers(path: &'static str, kinds: &'static [&'static str]) -> Attribute {
    Attribute {
        refers_to: kinds,
        ..attribute(path, Role::Stable)
    }
}

/// The same without an order.
#[must_use]
pub const fn refers_set(path: &'static str, kinds: &'static [&'static str]) -> Attribute {
    Attribute {
        refers_to: kinds,
        unordered: true,
        ..attribute(path, Role::Stable)
    }
}

/// A reference that is kept, but says nothing about whether two resources are copies.
#[must_use]
pub const fn kept_reference(path: &'static str, kinds: &'static [&'static str]) -> Attribute {
    Attribute {
        refers_to: kinds,
        unordered: true,
        ..attribute(path, Role::Kept)
    }
}

/// A Terraform type that is a part or setting of the kind and is never listed on its own.
#[derive(Clone, Copy, Debug)]
pub struct Facet {
    /// `aws_security_group_rule`.
    pub kind: &'static str,
    /// The facet's attribute that holds the whole's id, ARN or name: `security_group_id`; or the whole's id made of
    /// several: `{event_bus_name}/{rule}`.
    pub whole: &'static str,
}

impl Facet {
    /// The attributes that name the whole.
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> + use<> {
        let template = self.whole.contains('{');
        let names = self
            .whole
            .split('{')
            .skip(1)
            .filter_map(|part| Some(part.split_once('}')?.0));
        (!template).then_some(self.whole).into_iter().chain(names)
    }
}

/// Fills the attributes into a template; `None` where one of them has no value, or there is none in it.
pub(crate) fn filled(template: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (before, mut rest) = template.split_once('{')?;
    let mut text = before.to_owned();
    loop {
        let (name, after) = rest.split_once('}')?;
        text.push_str(&attribute(name)?);
        match after.split_once('{') {
            Some((between, further)) => {
                text.push_str(between);
                rest = further;
            }
            None => {
                text.push_str(after);
                return Some(text);
            }
        }
    }
}

/// A facet of the type `kind` whose attribute `whole` names the whole.
#[must_use]
pub const fn facet(kind: &'static str, whole: &'static str) -> Facet {
    Facet { kind, whole }
}

/// Brings a configuration, from the API or from a state, into the one form in which equal settings are equal values.
///
/// For what Terraform lets people write in several ways that mean the same: five CIDR blocks in one rule or in five.
/// Doing it twice changes nothing.
pub type Canonical = fn(&mut Configuration);

/// What an unmanaged, unused resource costs a month, by list price; an estimate.
pub type MonthlyCost = fn(&Live) -> Option<f64>;

/// Who uses a live resource, as the orphan tests need it.
pub struct Usage<'a> {
    /// The kinds of live resources that refer to it (parts of it left out), with the attribute.
    pub used_by: &'a [(crate::model::Symbol, crate::model::Symbol)],
    /// Says whether every kind that could refer to it was fully listed there.
    pub all_users_listed: bool,
    /// Says whether the resource of a kind with an id or ARN is live there; `None` where that cannot be said.
    pub is_live: &'a dyn Fn(&str, &str) -> Option<bool>,
}

impl Usage<'_> {
    /// Says whether nothing refers to it, and everything needed to say so was listed.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.used_by.is_empty() && self.all_users_listed
    }

    /// Says whether a resource of `kind` refers to it.
    #[must_use]
    pub fn is_used_by(&self, kind: &str) -> bool {
        self.used_by.iter().any(|(user, _)| *user == *kind)
    }
}

/// Returns the sentence that says why nothing uses it, or `None` where something does.
pub type Orphan = fn(&Live, &Usage<'_>) -> Option<String>;

/// The facts of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The Terraform type: `aws_vpc`.
    pub name: &'static str,
    /// What people call it, for headings: `VPC`.
    pub title: &'static str,
    /// The service in ARNs and IAM actions: `ec2`.
    pub service: &'static str,
    pub scope: Scope,
    /// Further Terraform types for the same thing: `aws_alb`.
    pub aliases: &'static [&'static str],
    /// Terraform types that take over a default that AWS made: `aws_default_vpc`.
    pub adopters: &'static [&'static str],
    pub facets: &'static [Facet],
    /// With `{partition}`, `{region}`, `{account}` and `{id}`; empty where only the API knows the ARN.
    pub arn: &'static str,
    /// The state's attribute that equals the live id, or one of its further keys: `id`, or `identifier`; or a template
    /// over attributes: `{rest_api_id}/{stage_name}`.
    pub id_attribute: &'static str,
    /// The attribute `arn` of its states is the ARN of another thing, on which it works.
    pub foreign_arn: bool,
    pub attributes: &'static [Attribute],
    /// How to make equal settings equal values, where the attributes' facts are not enough.
    /// The kind's listing has done it already; whoever reads states and plans must.
    pub canonical: Option<Canonical>,
    /// `AWS::EC2::VPC`; empty where CloudFormation has none.
    pub cloudformation: &'static str,
    /// What `terraform import` takes, with `{id}`, `{arn}`, `{name}` or a configuration attribute.
    pub import_id: &'static str,
    /// Deleting it loses data that nothing else may hold.
    pub holds_data: bool,
    /// Many alike are its nature (snapshots, images, revisions): equal ones are no copies of each other.
    pub many_alike: bool,
    /// Says that nothing uses it.
    pub orphan: Option<Orphan>,
    pub monthly_cost: Option<MonthlyCost>,
}

impl Kind {
    /// The least that a kind is; const descriptors start from it.
    #[must_use]
    pub const fn regional(name: &'static str, title: &'static str, service: &'static str) -> Self {
        Self {
            name,
            title,
            service,
            scope: Scope::Regional,
            aliases: &[],
            adopters: &[],
            facets: &[],
            arn: "",
            id_attribute: "id",
            foreign_arn: false,
            attributes: &[],
            canonical: None,
            cloudformation: "",
            import_id: "{id}",
            holds_data: false,
            many_alike: false,
            orphan: None,
            monthly_cost: None,
        }
    }

    /// The ARN from the template, where the kind has one.
    #[must_use]
    pub fn arn_of(&self, partition: &str, region: &str, account: &str, id: &str) -> Option<String> {
        (!self.arn.is_empty()).then(|| {
            self.arn
                .replace("{partition}", partition)
                .replace("{region}", region)
                .replace("{account}", account)
                .replace("{id}", id)
        })
    }

    /// The attributes of a state that `id_attribute` needs.
    pub fn id_attributes(&self) -> impl Iterator<Item = &'static str> {
        let (plain, template) = if self.id_attribute.contains('{') {
            (None, Some(self.id_attribute))
        } else {
            (Some(self.id_attribute), None)
        };
        let names = template.into_iter().flat_map(|template| template.split('{').skip(1));
        plain
            .into_iter()
            .chain(names.filter_map(|rest| rest.split_once('}').map(|(name, _)| name)))
    }

    /// Fills the template of `id_attribute`; nothing where it is none, or an attribute is missing.
    #[must_use]
    pub fn id_from(&self, attribute: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        filled(self.id_attribute, attribute)
    }

    /// The facts of the attribute at `path`.
    #[must_use]
    pub fn attribute(&self, path: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.path == path)
    }
}

//! Listed kinds: rows of data (`table/`), embedded in the program and read once, when a kind is first asked for.
//!
//! Here are their facts; `listed/list.rs` runs the rows. `table/README.md` says what every column means.

mod configuration;
pub mod describe;
mod item;
mod json;
pub(crate) mod list;
mod orphans;
mod path;
mod services;
#[cfg(test)]
mod tests;
mod titles;

pub(super) use item::time;
pub(super) use services::find as service;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Deserializer};

use super::facts::{Attribute, Canonical, Facet, Kind, Role, Scope};

/// One row: how a kind is listed. Names and paths are those on the wire.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The Terraform type, or a helper's name, which begins with `_`.
    pub kind: Word,
    pub service: Word,
    pub op: Word,
    #[serde(default)]
    pub method: Word,
    #[serde(default)]
    pub uri: Word,
    #[serde(default)]
    pub query: BTreeMap<Word, OneOrMany>,
    #[serde(default)]
    pub headers: BTreeMap<Word, Word>,
    #[serde(default)]
    pub form: BTreeMap<Word, Word>,
    #[serde(default)]
    pub body: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    pub host_prefix: Word,
    #[serde(default)]
    pub each: Vec<Word>,
    #[serde(default)]
    pub page: Word,
    #[serde(default)]
    pub tokens: Vec<(Word, Word)>,
    #[serde(default)]
    pub more: Word,
    pub items: Word,
    pub id: Word,
    #[serde(default)]
    pub arn: Word,
    #[serde(default)]
    pub name: Word,
    #[serde(default)]
    pub created: Word,
    #[serde(default)]
    pub region: Word,
    #[serde(default)]
    pub detail: Option<Detail>,
    #[serde(default)]
    pub keep: Vec<Word>,
    #[serde(default)]
    pub drop: Vec<Word>,
    #[serde(default)]
    pub parent: Vec<Word>,
    #[serde(default)]
    pub at: Word,
    #[serde(default)]
    pub join: Vec<Word>,
    #[serde(default)]
    pub cfn: Word,
    pub iam: Vec<Word>,
    #[serde(default)]
    pub data: Word,
    #[serde(default)]
    pub whole: Option<Whole>,
}

/// One call more for each item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    pub op: Word,
    #[serde(default)]
    pub method: Word,
    #[serde(default)]
    pub uri: Word,
    #[serde(default)]
    pub query: BTreeMap<Word, OneOrMany>,
    #[serde(default)]
    pub headers: BTreeMap<Word, Word>,
    #[serde(default)]
    pub form: BTreeMap<Word, Word>,
    #[serde(default)]
    pub body: serde_json::Map<String, serde_json::Value>,
    pub path: Word,
}

/// What an item is part of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    pub kind: Word,
    pub field: Word,
    #[serde(default)]
    pub when: Word,
}

/// The values of one parameter in a query.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(Word),
    Many(Vec<Word>),
}

/// A word of the table, which lives as long as the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(pub &'static str);

impl std::ops::Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The few texts are kept for the whole run anyway: rows are.
        Ok(Self(Box::leak(String::deserialize(deserializer)?.into_boxed_str())))
    }
}

/// What the table says of one type of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeRow {
    pub name: &'static str,
    /// `described`, `listed`, `alias`, `part_of` or `not_inventoried`.
    pub disposition: &'static str,
    /// The kind that it is an alias or a part of; empty for the others.
    pub of: &'static str,
    /// Why it is not inventoried; empty for the others.
    pub why: &'static str,
    /// For a part: the attribute that names its whole.
    pub whole: &'static str,
}

struct Table {
    rows: Vec<Row>,
    kinds: Vec<&'static Kind>,
    types: Vec<TypeRow>,
}

static TABLE: LazyLock<Table> = LazyLock::new(read);

/// The lines of a table, without its head.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

fn read() -> Table {
    let facet_attributes: FxHashMap<&str, &'static str> = lines(include_str!("table/facets.tsv"))
        .filter_map(|cells| Some((*cells.first()?, *cells.get(2)?)))
        .collect();
    let types: Vec<TypeRow> = lines(include_str!("table/types.tsv"))
        .filter_map(|cells| match cells.as_slice() {
            [name, disposition, of, _, why] => Some(TypeRow {
                name,
                disposition,
                of,
                why,
                whole: facet_attributes.get(name).copied().unwrap_or_default(),
            }),
            _ => None,
        })
        .collect();
    // Whatever code describes wins over its row.
    let described: FxHashSet<&str> = super::LISTINGS
        .iter()
        .flat_map(|listing| listing.kinds)
        .flat_map(|kind| {
            std::iter::once(&kind.name)
                .chain(kind.aliases)
                .chain(kind.adopters)
                .copied()
                .chain(kind.facets.iter().map(|facet| facet.kind))
        })
        .collect();
    let rows: Vec<Row> = include_str!("table/kinds.jsonl")
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|row: &Row| !described.contains(row.kind.0))
        .collect();

    let mut parts: FxHashMap<&str, Vec<Facet>> = FxHashMap::default();
    let mut aliases: FxHashMap<&str, Vec<&'static str>> = FxHashMap::default();
    for row in types.iter().filter(|row| !described.contains(row.name)) {
        match row.disposition {
            "part_of" => parts.entry(row.of).or_default().push(Facet {
                kind: row.name,
                whole: row.whole,
            }),
            "alias" => aliases.entry(row.of).or_default().push(row.name),
            _ => {}
        }
    }
    let mut attributes = attributes();
    let with_json: FxHashSet<&str> = lines(include_str!("table/configuration.tsv"))
        .filter(|cells| cells.get(3) == Some(&"json") && !cells[1].starts_with('@'))
        .map(|cells| cells[0])
        .collect();
    let kinds: Vec<Kind> = rows
        .iter()
        .filter(|row| !row.kind.starts_with('_'))
        .map(|row| {
            let attributes = attributes.remove(row.kind.0).unwrap_or_default();
            Kind {
                canonical: with_json.contains(row.kind.0).then_some(json::canonical as Canonical),
                orphan: orphans::test_of(row.kind.0),
                monthly_cost: orphans::cost_of(row.kind.0),
                ..kind_of(
                    row,
                    aliases.remove(row.kind.0).unwrap_or_default(),
                    parts.remove(row.kind.0).unwrap_or_default(),
                    attributes,
                )
            }
        })
        .collect();
    let kinds: &'static [Kind] = Vec::leak(kinds);
    Table {
        kinds: kinds.iter().collect(),
        rows,
        types,
    }
}

/// What is known of the attributes of each type: those that refer to others, and those that a listing fills.
fn attributes() -> FxHashMap<&'static str, Vec<Attribute>> {
    let mut attributes: FxHashMap<&'static str, BTreeMap<&'static str, Attribute>> = FxHashMap::default();
    for cells in lines(include_str!("table/configuration.tsv")) {
        let [kind, path, role, sort, _] = cells.as_slice() else {
            continue;
        };
        // What begins with `@` is no attribute of a state.
        if path.starts_with('@') {
            continue;
        }
        let role = match *role {
            "stable" => Role::Stable,
            "name" => Role::Name,
            "changing" => Role::Changing,
            _ => Role::Kept,
        };
        attributes.entry(kind).or_default().insert(
            path,
            Attribute {
                path,
                role,
                refers_to: &[],
                unordered: matches!(*sort, "set" | "numbers"),
            },
        );
    }
    for cells in lines(include_str!("table/references.tsv")) {
        let [kind, path, targets] = cells.as_slice() else {
            continue;
        };
        let path: &'static str = if path.contains("[]") {
            Box::leak(path.replace("[]", "").into_boxed_str())
        } else {
            path
        };
        let targets: &'static [&'static str] = Vec::leak(targets.split(',').collect());
        attributes
            .entry(kind)
            .or_default()
            .entry(path)
            .and_modify(|known| known.refers_to = targets)
            .or_insert(Attribute {
                path,
                role: Role::Kept,
                refers_to: targets,
                unordered: true,
            });
    }
    attributes
        .into_iter()
        .map(|(kind, attributes)| (kind, attributes.into_values().collect()))
        .collect()
}

fn kind_of(row: &Row, aliases: Vec<&'static str>, facets: Vec<Facet>, attributes: Vec<Attribute>) -> Kind {
    // As ARNs call it; where only the API knows them, as IAM actions do, which is the same for nearly all.
    let of_arn = row
        .arn
        .0
        .strip_prefix("arn:{partition}:")
        .and_then(|rest| rest.split(':').next());
    let of_action = row.iam.first().and_then(|action| action.0.split(':').next());
    let service = of_arn.or(of_action).unwrap_or(row.service.0);
    let comparable = attributes
        .iter()
        .any(|attribute| matches!(attribute.role, Role::Stable));
    Kind {
        scope: if row.is_global() {
            Scope::Global
        } else {
            Scope::Regional
        },
        aliases: Vec::leak(aliases),
        facets: Vec::leak(facets),
        arn: arn_template(row),
        id_attribute: id_attribute(row),
        // `arn=id`: the state's `arn` is another thing's, and names this one.
        foreign_arn: !row.join.iter().any(|part| part.0 == "arn"),
        attributes: Vec::leak(attributes),
        cloudformation: row.cfn.0,
        import_id: import_id(row),
        holds_data: !row.data.is_empty(),
        // Of a kind of which no configuration is known, two are alike in nothing but their kind.
        many_alike: !comparable,
        ..Kind::regional(row.kind.0, titles::title(row.kind.0), service)
    }
}

/// The row's ARN template with `{id}`, where the kind's own id is all that it needs.
fn arn_template(row: &Row) -> &'static str {
    if !row.arn.starts_with("arn:") {
        return "";
    }
    let own = if row.id.contains('{') {
        row.id.0.to_owned()
    } else {
        format!("{{{}}}", row.id.0)
    };
    let template = row.arn.replace(&own, "{id}");
    let mut left = template.clone();
    for known in ["{partition}", "{region}", "{account}", "{id}"] {
        left = left.replace(known, "");
    }
    if left.contains('{') || !template.contains("{id}") {
        return "";
    }
    // A global call's region is nothing that a state knows.
    let region = template.split(':').nth(3).unwrap_or_default();
    if row.is_global() && !region.is_empty() {
        return "";
    }
    Box::leak(template.into_boxed_str())
}

/// The attribute, or the template of attributes, that equals the live id or one of its further keys.
fn id_attribute(row: &Row) -> &'static str {
    let mut sides = row
        .join
        .iter()
        .map(|part| part.0.split_once('=').unwrap_or((part.0, part.0)));
    let own = sides.clone().find(|(_, row_side)| *row_side == "id");
    own.or_else(|| sides.find(|(state, row_side)| *state != "arn" && *row_side != "id"))
        .map_or("arn", |(state, _)| state)
}

fn import_id(row: &Row) -> &'static str {
    for part in &row.join {
        match part.0 {
            "id" => return "{id}",
            "id=arn" => return "{arn}",
            "name=name" => return "{name}",
            _ => {}
        }
    }
    if row.join.iter().any(|part| part.contains('{')) {
        "{id}"
    } else {
        "{arn}"
    }
}

impl Row {
    /// Says whether it is called once an account.
    #[must_use]
    pub fn is_global(&self) -> bool {
        !self.at.is_empty() || services::find(&self.service).is_some_and(crate::aws::call::Service::is_global)
    }

    /// Says whether it is listed for its children's sake only.
    #[must_use]
    pub fn is_helper(&self) -> bool {
        self.kind.starts_with('_')
    }

    /// The operations that it calls, with the service that they are of: `sqs:ListQueues`.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> {
        let discovery = services::find(&self.service).map(|service| service.discovery);
        std::iter::once(self.op.0)
            .chain(self.detail.as_ref().map(|detail| detail.op.0))
            .chain(describe::of(self.kind.0).iter().map(|describe| describe.op.0))
            .chain(discovery.filter(|operation| !operation.is_empty()))
            .map(|operation| crate::model::Symbol::new(&format!("{}:{operation}", self.service.0)).as_str())
    }

    /// The IAM actions that it needs.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        let discovery = services::find(&self.service)
            .filter(|service| !service.discovery.is_empty())
            .and_then(|service| {
                let prefix = self.iam.first()?.split(':').next()?;
                Some(crate::model::Symbol::new(&format!("{prefix}:{}", service.discovery)).as_str())
            });
        let describes = describe::of(self.kind.0).iter().map(|describe| describe.iam.0);
        self.iam.iter().map(|action| action.0).chain(describes).chain(discovery)
    }

    /// What else than its id a state may hold a live thing by.
    fn further_keys(&self) -> impl Iterator<Item = &'static str> {
        self.join
            .iter()
            .filter_map(|part| part.0.split_once('='))
            .map(|(_, row_side)| row_side)
            .filter(|side| *side != "id")
    }
}

/// All rows that no code describes, helpers included, sorted by kind.
#[must_use]
pub fn rows() -> &'static [Row] {
    &TABLE.rows
}

/// The kinds of the rows, sorted by name.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    TABLE.kinds.iter().copied()
}

/// All types of the provider, sorted by name.
#[must_use]
pub fn types() -> &'static [TypeRow] {
    &TABLE.types
}

//! Finds a kind by any Terraform type that belongs to it.
//!
//! Described kinds (code) and listed kinds (rows) are one registry; where both know a type, the code's word counts.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::facts::{Facet, Kind};
use super::{LISTINGS, listed};

/// What a Terraform type is to the inventory.
#[derive(Clone, Copy, Debug)]
pub enum Disposition {
    /// The kind itself.
    Kind(&'static Kind),
    /// Another name for it.
    Alias(&'static Kind),
    /// A type that takes over a default of it.
    Adopter(&'static Kind),
    /// A part or setting of it, never listed on its own.
    Facet(&'static Kind, &'static Facet),
    /// Known, and for a reason not in the inventory.
    NotInventoried(&'static str),
    /// No kind knows the type.
    Unknown,
}

impl Disposition {
    /// The kind that the type belongs to.
    #[must_use]
    pub fn kind(self) -> Option<&'static Kind> {
        match self {
            Self::Kind(kind) | Self::Alias(kind) | Self::Adopter(kind) | Self::Facet(kind, _) => Some(kind),
            Self::NotInventoried(_) | Self::Unknown => None,
        }
    }
}

static TYPES: LazyLock<FxHashMap<&'static str, Disposition>> = LazyLock::new(|| {
    let mut types = FxHashMap::default();
    for kind in described().chain(listed::kinds()) {
        types.insert(kind.name, Disposition::Kind(kind));
        for alias in kind.aliases {
            types.insert(*alias, Disposition::Alias(kind));
        }
        for adopter in kind.adopters {
            types.insert(*adopter, Disposition::Adopter(kind));
        }
        for facet in kind.facets {
            types.insert(facet.kind, Disposition::Facet(kind, facet));
        }
    }
    // What the table knows of described kinds beyond their code.
    for row in listed::types() {
        if types.contains_key(row.name) {
            continue;
        }
        let of = types.get(row.of).copied().and_then(Disposition::kind);
        let disposition = match (row.disposition, of) {
            ("alias", Some(kind)) => Disposition::Alias(kind),
            ("part_of", Some(kind)) => Disposition::Facet(
                kind,
                Box::leak(Box::new(Facet {
                    kind: row.name,
                    whole: row.whole,
                })),
            ),
            ("not_inventoried", _) => Disposition::NotInventoried(row.why),
            _ => continue,
        };
        types.insert(row.name, disposition);
    }
    types
});

/// The kinds that are written in code, in the registry's order.
pub fn described() -> impl Iterator<Item = &'static Kind> {
    LISTINGS.iter().flat_map(|listing| listing.kinds.iter().copied())
}

/// All kinds: the described ones in the registry's order, then the listed ones by name.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    described().chain(listed::kinds())
}

/// All Terraform types that are known, with what they are, sorted by name.
#[must_use]
pub fn types() -> Vec<(&'static str, Disposition)> {
    let mut types: Vec<_> = TYPES.iter().map(|(name, disposition)| (*name, *disposition)).collect();
    types.sort_unstable_by_key(|(name, _)| *name);
    types
}

/// Says whether a kind is written in code, with its full configuration.
#[must_use]
pub fn is_described(name: &str) -> bool {
    described().any(|kind| kind.name == name)
}

/// Finds a kind by its own name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    match disposition(name) {
        Disposition::Kind(kind) => Some(kind),
        _ => None,
    }
}

/// Says what a Terraform type is to the inventory.
#[must_use]
pub fn disposition(terraform_type: &str) -> Disposition {
    TYPES.get(terraform_type).copied().unwrap_or(Disposition::Unknown)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kinds::facts::Scope;

    /// Types of the provider 5.100 (source: its schema).
    const PROVIDER_TYPES: usize = 1526;

    #[test]
    fn every_type_of_the_provider_has_a_disposition() {
        assert_eq!(listed::types().len(), PROVIDER_TYPES);
        for row in listed::types() {
            let found = disposition(row.name);
            assert!(!matches!(found, Disposition::Unknown), "{}", row.name);
            if row.disposition == "described" {
                assert!(
                    matches!(found, Disposition::Kind(kind) if is_described(kind.name)),
                    "{}",
                    row.name
                );
            }
        }
    }

    #[test]
    fn every_type_belongs_to_exactly_one_kind() {
        let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for kind in all() {
            let own = std::iter::once(&kind.name)
                .chain(kind.aliases)
                .chain(kind.adopters)
                .copied()
                .chain(kind.facets.iter().map(|facet| facet.kind));
            for name in own {
                owners.entry(name).or_default().push(kind.name);
            }
        }
        let several: Vec<_> = owners.iter().filter(|(_, kinds)| kinds.len() > 1).collect();
        assert!(several.is_empty(), "{several:?}");
    }

    #[test]
    fn every_reference_has_a_kind_at_its_end() {
        for kind in all() {
            for attribute in kind.attributes {
                for target in attribute.refers_to {
                    assert!(
                        super::kind(target).is_some(),
                        "{}.{} refers to {target}",
                        kind.name,
                        attribute.path
                    );
                }
            }
        }
    }

    #[test]
    fn arn_templates_hold_nothing_but_known_words() {
        for kind in all().filter(|kind| !kind.arn.is_empty()) {
            let region = if kind.scope == Scope::Global {
                "us-east-1"
            } else {
                "eu-west-1"
            };
            let arn = kind.arn_of("aws", region, "123456789012", "x").expect("a template");
            assert!(crate::model::Arn::parse(&arn).is_some(), "{}: {arn}", kind.name);
        }
    }
}

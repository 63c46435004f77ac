//! Finds a kind by any Terraform type that belongs to it.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::LISTINGS;
use super::facts::{Facet, Kind};

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
    /// No kind knows the type.
    Unknown,
}

impl Disposition {
    /// The kind that the type belongs to.
    #[must_use]
    pub fn kind(self) -> Option<&'static Kind> {
        match self {
            Self::Kind(kind) | Self::Alias(kind) | Self::Adopter(kind) | Self::Facet(kind, _) => Some(kind),
            Self::Unknown => None,
        }
    }
}

static TYPES: LazyLock<FxHashMap<&'static str, Disposition>> = LazyLock::new(|| {
    let mut types = FxHashMap::default();
    for kind in all() {
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
    types
});

/// All kinds, in the registry's order.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    LISTINGS.iter().flat_map(|listing| listing.kinds.iter().copied())
}

/// Finds a kind by its own name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    match disposition(name) {
        Disposition::Kind(kind) => Some(kind),
        _ => None,
    }
}

/// Says whether a kind is written in code, with its full configuration.
#[must_use]
pub fn is_described(name: &str) -> bool {
    LISTINGS
        .iter()
        .any(|listing| listing.kinds.iter().any(|kind| kind.name == name))
}

/// Says what a Terraform type is to the inventory.
#[must_use]
pub fn disposition(terraform_type: &str) -> Disposition {
    TYPES.get(terraform_type).copied().unwrap_or(Disposition::Unknown)
}

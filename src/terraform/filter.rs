//! The allow-list: which attributes of a Terraform type are kept from a state.

use crate::kinds::facts::Attribute;
use crate::kinds::loss;
use crate::kinds::registry::Disposition;

/// The attributes of one object or block that are kept, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Filter(Vec<(&'static str, Node)>);

/// An attribute that is kept, or that something kept stands in.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Set where a path of the facts ends: the value is kept with all that is in it.
    pub(super) kept: Option<Kept>,
    /// It, or something in it, is needed to join or to follow references: kept even where a state calls it sensitive.
    pub(super) joins: bool,
    pub(super) inner: Filter,
}

/// How a value is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// The order of its items means nothing.
    pub(super) unordered: bool,
    /// The facts say what its strings refer to, so that they need not be kept as candidates as well.
    pub(super) reference: bool,
}

impl Filter {
    /// What is kept of a type: the kind's attributes and its id for the kind, its aliases and adopters;
    /// the attribute that holds the whole for a facet; nothing for a type that no kind knows.
    pub(super) fn of(disposition: Disposition) -> Self {
        let mut filter = Self::default();
        if let Disposition::Facet(kind, facet) = disposition {
            let kept = Kept {
                unordered: false,
                reference: true,
            };
            for attribute in facet.attributes() {
                filter.insert(attribute, kept, true);
            }
            // What the whole's listing says of its parts.
            for attribute in kind.attributes {
                if let Some(path) = attribute.of_part(facet.kind) {
                    filter.insert_attribute(path, attribute);
                }
            }
        } else if let Some(kind) = disposition.kind() {
            filter.add(kind.attributes);
            // `id` and `arn` are fields of every claim.
            for name in kind.id_attributes().filter(|name| !matches!(*name, "id" | "arn")) {
                filter.insert(name, Kept::default(), true);
            }
        }
        filter
    }

    /// The same for a planned change, and what the rules for plans ask for: what is lost with it, what guards it,
    /// what it is called.
    pub(super) fn of_plan(kind: &str, disposition: Disposition) -> Self {
        let mut filter = Self::of(disposition);
        let name = disposition.kind().map_or(kind, |kind| kind.name);
        let kept = Kept::default();
        for attribute in loss::of(name).iter().flat_map(|loss| loss.attributes()) {
            filter.insert(attribute, kept, false);
        }
        for protection in loss::protections(kind) {
            filter.insert(protection.path, kept, false);
        }
        filter.insert("name", kept, true);
        filter
    }

    pub(super) fn add(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            self.insert_attribute(attribute.path, attribute);
        }
    }

    fn insert_attribute(&mut self, path: &'static str, attribute: &Attribute) {
        let reference = !attribute.refers_to.is_empty();
        let kept = Kept {
            unordered: attribute.unordered,
            reference,
        };
        self.insert(path, kept, reference);
    }

    fn insert(&mut self, path: &'static str, kept: Kept, joins: bool) {
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        if head.is_empty() {
            return;
        }
        let at = match self.0.binary_search_by_key(&head, |(name, _)| name) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (head, Node::default()));
                at
            }
        };
        let node = &mut self.0[at].1;
        node.joins |= joins;
        if rest.is_empty() {
            let before = node.kept.unwrap_or_default();
            node.kept = Some(Kept {
                unordered: before.unordered || kept.unordered,
                reference: before.reference || kept.reference,
            });
        } else {
            node.inner.insert(rest, kept, joins);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<(&'static str, &Node)> {
        let at = self.0.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        let (name, node) = &self.0[at];
        Some((name, node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::facts::{kept, refers_set, stable};
    use crate::kinds::registry::{all, disposition};

    #[test]
    fn paths_become_a_tree() {
        let mut filter = Filter::default();
        filter.add(&[stable("a"), refers_set("b.c.d", &["aws_vpc"]), kept("b.e")]);
        assert!(filter.get("a").expect("a").1.kept.is_some());
        let (_, b) = filter.get("b").expect("b");
        assert!(b.kept.is_none() && b.joins);
        let (_, d) = b.inner.get("c").expect("c").1.inner.get("d").expect("d");
        assert_eq!(
            d.kept,
            Some(Kept {
                unordered: true,
                reference: true
            })
        );
        assert!(filter.get("c").is_none());
    }

    #[test]
    fn every_kind_and_each_of_its_types_has_one() {
        for kind in all() {
            for name in [kind.name].iter().chain(kind.aliases).chain(kind.adopters) {
                let filter = Filter::of(disposition(name));
                for attribute in kind.attributes {
                    let head = attribute.path.split('.').next().expect("a name");
                    assert!(filter.get(head).is_some(), "{name}.{head}");
                }
            }
            for facet in kind.facets {
                let filter = Filter::of(disposition(facet.kind));
                for attribute in facet.attributes() {
                    let head = attribute.split('.').next().expect("a name");
                    assert!(filter.get(head).is_some() || head.is_empty(), "{}.{head}", facet.kind);
                }
            }
        }
    }
}

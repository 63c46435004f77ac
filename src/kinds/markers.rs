//! Marks that other systems leave on what they make: which tags prove it.
//!
//! The rows are data (`table/markers.tsv`). Tags that begin with `aws:` are proof, since users cannot set them; of the
//! others only those count that the system sets itself and that people do not copy by hand.

use std::sync::LazyLock;

use globset::{Glob, GlobMatcher};
use rustc_hash::FxHashMap;

use crate::model::{Delegate, Symbol, Tags};

struct Marker {
    system: Symbol,
    /// The kind that it is good for; `None` for every kind.
    kind: Option<&'static str>,
    key: Pattern,
    value: Pattern,
}

enum Pattern {
    Any,
    Word(&'static str),
    /// A word and a star.
    Start(&'static str),
    Glob(GlobMatcher),
}

impl Pattern {
    fn new(text: &'static str) -> Self {
        match text {
            "*" => Self::Any,
            _ if text.ends_with('*') && !text[..text.len() - 1].contains(['*', '[', '?']) => {
                Self::Start(&text[..text.len() - 1])
            }
            _ if text.contains(['*', '[', '?']) => {
                Glob::new(text).map_or(Self::Word(text), |glob| Self::Glob(glob.compile_matcher()))
            }
            _ => Self::Word(text),
        }
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Word(word) => *word == text,
            Self::Start(start) => text.starts_with(start),
            Self::Glob(glob) => glob.is_match(text),
        }
    }
}

/// Columns: system, kind, sort, key, value, strength, note.
static MARKERS: LazyLock<Vec<Marker>> = LazyLock::new(|| {
    include_str!("table/markers.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let columns: Vec<&'static str> = line.split('\t').collect();
            let [system, kind, "tag", key, value, "certain" | "strong", ..] = columns.as_slice() else {
                return None;
            };
            Some(Marker {
                system: Symbol::known(system),
                kind: (*kind != "*").then_some(*kind),
                key: Pattern::new(key),
                value: Pattern::new(value),
            })
        })
        .collect()
});

/// Where the markers of a key are: most keys are words, and a million resources ask for each of their tags.
struct Keys {
    words: FxHashMap<&'static str, Vec<usize>>,
    patterns: Vec<usize>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let mut keys = Keys {
        words: FxHashMap::default(),
        patterns: Vec::new(),
    };
    for (at, marker) in MARKERS.iter().enumerate() {
        match marker.key {
            Pattern::Word(word) => keys.words.entry(word).or_default().push(at),
            _ => keys.patterns.push(at),
        }
    }
    keys
});

/// The markers whose key may hold for a tag's key, in the order of the table.
fn of_key(key: &str) -> impl Iterator<Item = &'static Marker> {
    let keys = &*KEYS;
    let words = keys.words.get(key).map_or(&[][..], Vec::as_slice);
    words.iter().chain(&keys.patterns).map(|at| &MARKERS[*at])
}

/// Systems whose mark says more than that of the machinery below them, the outermost first.
const OUTER: &[&str] = &["servicecatalog", "elasticbeanstalk", "karpenter", "eks"];

/// The system that made a resource of `kind`, as its tags prove it.
#[must_use]
pub fn by_tags(kind: &str, tags: &Tags) -> Option<Delegate> {
    let rank = |system: Symbol| OUTER.iter().position(|outer| system == *outer).unwrap_or(OUTER.len());
    let (marker, key, value) = tags
        .iter()
        .flat_map(|(key, value)| {
            of_key(key)
                .filter(move |marker| {
                    marker.kind.is_none_or(|only| only == kind) && marker.key.holds(key) && marker.value.holds(value)
                })
                .map(move |marker| (marker, key, value))
        })
        .min_by_key(|(marker, ..)| rank(marker.system))?;
    let name = if marker.system == "cloudformation" {
        tags.get("aws:cloudformation:stack-name")
    } else {
        None
    };
    Some(Delegate {
        system: marker.system,
        name: name
            .or(Some(value).filter(|value| !matches!(*value, "" | "true" | "owned")))
            .unwrap_or(key)
            .into(),
        evidence: format!("tag {key} = {value}").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(pairs: &[(&str, &str)]) -> Option<(String, String)> {
        let tags: Tags = pairs.iter().copied().collect();
        by_tags("aws_instance", &tags).map(|delegate| (delegate.system.to_string(), delegate.name.to_string()))
    }

    #[test]
    fn the_systems_own_tags_are_proof() {
        let said = |system: &str, name: &str| Some((system.to_owned(), name.to_owned()));
        assert_eq!(
            system(&[("aws:autoscaling:groupName", "web")]),
            said("autoscaling", "web")
        );
        assert_eq!(
            system(&[
                (
                    "aws:cloudformation:stack-id",
                    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1"
                ),
                ("aws:cloudformation:stack-name", "shop"),
            ]),
            said("cloudformation", "shop")
        );
        assert_eq!(
            system(&[("kubernetes.io/cluster/main", "owned")]),
            said("eks", "kubernetes.io/cluster/main")
        );
        assert_eq!(
            system(&[("aws:autoscaling:groupName", "g"), ("aws:eks:cluster-name", "main")]),
            said("eks", "main"),
            "the outer system counts"
        );
    }

    #[test]
    fn what_people_set_proves_nothing() {
        for pairs in [
            [("kubernetes.io/cluster/main", "shared")].as_slice(),
            &[("ManagedBy", "terraform")],
            &[("pulumi:project", "x")],
            &[],
        ] {
            assert_eq!(system(pairs), None, "{pairs:?}");
        }
    }

    #[test]
    fn every_row_is_used_or_left_out_on_purpose() {
        let tags = include_str!("table/markers.tsv")
            .lines()
            .skip(1)
            .filter(|line| line.split('\t').nth(2) == Some("tag"));
        let weak = tags
            .clone()
            .filter(|line| line.split('\t').nth(5) == Some("weak"))
            .count();
        assert_eq!(MARKERS.len(), tags.count() - weak);
    }
}

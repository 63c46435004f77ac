//! Tags of a live resource or a claim.

use super::Symbol;

/// Tags, sorted by key; compact, because a million resources carry them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tags(Box<[(Symbol, Box<str>)]>);

impl Tags {
    /// Pairs that are sorted by key, each once.
    pub(super) fn sorted(pairs: Vec<(Symbol, Box<str>)>) -> Self {
        Self(pairs.into())
    }

    /// Returns the value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok()?;
        Some(&self.0[at].1)
    }

    /// Iterates over keys and values in order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_ref()))
    }

    /// Those that a person or a tool set: AWS keeps the prefix `aws:` for itself.
    pub fn own(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(key, _)| !key.starts_with("aws:"))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: AsRef<str>, V: Into<Box<str>>> FromIterator<(K, V)> for Tags {
    /// Later values win over earlier ones of the same key.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut list: Vec<(Symbol, Box<str>)> = pairs
            .into_iter()
            .map(|(k, v)| (Symbol::new(k.as_ref()), v.into()))
            .collect();
        list.reverse();
        list.sort_by_key(|a| a.0);
        list.dedup_by(|later, first| later.0 == first.0);
        Self(list.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_key_wins() {
        let tags: Tags = [("b", "1"), ("a", "2"), ("b", "3"), ("aws:x", "4")]
            .into_iter()
            .collect();
        assert_eq!(tags.get("b"), Some("3"));
        assert_eq!(tags.get("c"), None);
        assert_eq!(tags.own().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
    }
}

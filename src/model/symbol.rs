//! Interned text for the few words that stand in a million places: kinds, accounts, regions, attribute names.

use std::borrow::Borrow;
use std::fmt;
use std::sync::{LazyLock, RwLock};

use rustc_hash::FxHashSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word that is kept once for the whole run; copying it is free.
///
/// Meant for words from a small vocabulary. Ids, ARNs and addresses are not symbols.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(&'static str);

static WORDS: LazyLock<RwLock<FxHashSet<&'static str>>> = LazyLock::new(RwLock::default);

impl Symbol {
    /// Interns `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if let Ok(words) = WORDS.read()
            && let Some(known) = words.get(text)
        {
            return Self(known);
        }
        let mut words = WORDS.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = words.get(text) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(text.into());
        words.insert(kept);
        Self(kept)
    }

    /// Wraps a word that is in the program already.
    #[must_use]
    pub const fn known(text: &'static str) -> Self {
        Self(text)
    }

    /// Returns the word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Default for Symbol {
    fn default() -> Self {
        Self::known("")
    }
}

impl std::ops::Deref for Symbol {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

impl Borrow<str> for Symbol {
    fn borrow(&self) -> &str {
        self.0
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

impl Serialize for Symbol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Symbol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Symbol;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word")
            }

            fn visit_str<E>(self, text: &str) -> Result<Symbol, E> {
                Ok(Symbol::new(text))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_word_is_kept_once() {
        let one = Symbol::new(&String::from("eu-west-1"));
        let two = Symbol::new(&String::from("eu-west-1"));
        assert!(std::ptr::eq(one.as_str(), two.as_str()));
        assert_eq!(one, Symbol::known("eu-west-1"));
    }
}

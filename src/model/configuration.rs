//! The one shape of a configuration: Terraform's attribute names and plain values.

use std::fmt;

use serde::Serialize;

use super::Symbol;

/// The value of an attribute, alike for live resources, claims and planned changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Text(Box<str>),
    List(Vec<Value>),
    Block(Configuration),
}

impl Value {
    /// A list whose order means nothing; it is sorted, so that equal sets are equal values.
    #[must_use]
    pub fn set<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect()).unordered()
    }

    /// The same value with its own list (not those inside it) sorted and without doubles.
    #[must_use]
    pub fn unordered(mut self) -> Self {
        if let Value::List(items) = &mut self {
            items.sort();
            items.dedup();
        }
        self
    }

    /// Says whether nothing is said: null, the empty text, an empty list or block.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Text(text) => text.is_empty(),
            Value::List(items) => items.iter().all(Value::is_empty),
            Value::Block(block) => block.iter().all(|(_, value)| value.is_empty()),
            Value::Bool(_) | Value::Integer(_) => false,
        }
    }

    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(yes) => Some(*yes),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// Calls `visit` with every text in this value, those in lists and blocks included.
    pub fn each_text<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Value::Text(text) => visit(text),
            Value::List(items) => items.iter().for_each(|item| item.each_text(visit)),
            Value::Block(block) => block.iter().for_each(|(_, value)| value.each_text(visit)),
            Value::Null | Value::Bool(_) | Value::Integer(_) => {}
        }
    }

    /// Calls `visit` with every value that stands at `path`, looking into each item of a list on the way.
    ///
    /// A path is attribute names with dots: `network_configuration.subnets`.
    pub fn each_at<'a>(&'a self, path: &str, visit: &mut dyn FnMut(&'a Value)) {
        match self {
            Value::List(items) => items.iter().for_each(|item| item.each_at(path, visit)),
            _ if path.is_empty() => visit(self),
            Value::Block(block) => block.each_at(path, visit),
            _ => {}
        }
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Value::Bool(yes)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}
impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Value::Integer(number.into())
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(text.as_str().into())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}
impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(items: Vec<V>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}
impl From<Configuration> for Value {
    fn from(block: Configuration) -> Self {
        Value::Block(block)
    }
}

impl fmt::Display for Value {
    /// Writes the value as JSON would be written, for evidence and differences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(yes) => write!(f, "{yes}"),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Value::Block(block) => {
                f.write_str("{")?;
                for (at, (key, value)) in block.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Attributes by Terraform's names, sorted by name. Attributes that say nothing are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Configuration(Vec<(Symbol, Value)>);

impl Configuration {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Pairs that are sorted by name, each once.
    pub(super) fn sorted(pairs: Vec<(Symbol, Value)>) -> Self {
        Self(pairs)
    }

    /// Sets `name`; a value that says nothing (null, empty text, empty list) is not kept.
    pub fn set(&mut self, name: impl Into<Symbol>, value: impl Into<Value>) -> &mut Self {
        let (name, value) = (name.into(), value.into());
        match self.0.binary_search_by(|(key, _)| key.cmp(&name)) {
            Ok(at) if value.is_empty() => {
                self.0.remove(at);
            }
            Ok(at) => self.0[at].1 = value,
            Err(_) if value.is_empty() => {}
            Err(at) => self.0.insert(at, (name, value)),
        }
        self
    }

    /// The same, for building a value in one expression.
    #[must_use]
    pub fn with(mut self, name: impl Into<Symbol>, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.0.binary_search_by(|(key, _)| key.as_str().cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// The text of `name`, where it is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Calls `visit` with every value at a dotted path (see [`Value::each_at`]).
    pub fn each_at<'a>(&'a self, path: &str, visit: &mut dyn FnMut(&'a Value)) {
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        if let Some(value) = self.get(head) {
            value.each_at(rest, visit);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Symbol, &Value)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Gives back memory that building it took.
    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

impl FromIterator<(Symbol, Value)> for Configuration {
    fn from_iter<I: IntoIterator<Item = (Symbol, Value)>>(pairs: I) -> Self {
        let mut configuration = Self::new();
        for (name, value) in pairs {
            configuration.set(name, value);
        }
        configuration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_looks_into_every_item_of_a_list() {
        let inner = |id: &str| Value::from(Configuration::new().with("subnets", vec![id, "subnet-z"]));
        let all = Configuration::new().with("network", Value::List(vec![inner("subnet-a"), inner("subnet-b")]));
        let mut seen = Vec::new();
        all.each_at("network.subnets", &mut |value| seen.extend(value.as_str()));
        assert_eq!(seen, ["subnet-a", "subnet-z", "subnet-b", "subnet-z"]);
    }

    #[test]
    fn nothing_said_is_nothing_kept() {
        let said = Configuration::new()
            .with("a", Value::Null)
            .with("b", "")
            .with("c", Vec::<String>::new())
            .with("d", false);
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn sets_are_equal_in_any_order() {
        assert_eq!(Value::set(["b", "a", "b"]), Value::set(["a", "b"]));
    }
}

//! Compares two configurations of one kind by the facts of its attributes.
//!
//! Live then and live now, or live and what a state says: one comparison for both. It knows no kind by name.

use crate::kinds::facts::{Attribute, Kind, Role};
use crate::model::{Configuration, Value};

/// An attribute that differs.
#[derive(Clone, Debug)]
pub struct Difference {
    pub attribute: &'static Attribute,
    /// `null` where it is not said.
    pub before: Value,
    pub after: Value,
}

/// What counts as a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A value on one side alone is one: both were written by the same reader.
    Counts,
    /// It says nothing: the sides were written by different readers, and one may not know the attribute.
    SaysNothing,
}

/// The attributes that differ, in the order of the kind's facts. Those that are kept only to be shown are left out.
#[must_use]
pub fn differences(kind: &Kind, before: &Configuration, after: &Configuration, missing: Missing) -> Vec<Difference> {
    kind.attributes
        .iter()
        .filter(|attribute| attribute.role != Role::Kept)
        .filter_map(|attribute| {
            let (old, new) = (value_at(before, attribute), value_at(after, attribute));
            let unsaid = old.is_empty() || new.is_empty();
            if (unsaid && missing == Missing::SaysNothing) || old.is_empty() && new.is_empty() {
                return None;
            }
            (!same(attribute, &old, &new)).then_some(Difference {
                attribute,
                before: old,
                after: new,
            })
        })
        .collect()
}

/// What stands at an attribute's path: one value, a list of several, or null.
#[must_use]
pub fn value_at(configuration: &Configuration, attribute: &Attribute) -> Value {
    // Most attributes are plain, and a million resources are compared.
    if !attribute.path.contains('.') {
        match configuration.get(attribute.path) {
            None => return Value::Null,
            Some(Value::List(_)) => {}
            Some(plain) => return plain.clone(),
        }
    }
    let mut found = Vec::new();
    configuration.each_at(attribute.path, &mut |value| {
        if !value.is_empty() {
            found.push(value.clone());
        }
    });
    match found.len() {
        0 => Value::Null,
        1 => found.remove(0),
        _ if attribute.unordered => match Value::List(found).unordered() {
            // Several blocks that say one thing are a set of one.
            Value::List(mut items) if items.len() == 1 => items.remove(0),
            set => set,
        },
        _ => Value::List(found),
    }
}

fn same(attribute: &Attribute, old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::List(old), Value::List(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(attribute, old, new))
        }
        (Value::Text(old), Value::Text(new)) => {
            old == new
                || (!attribute.refers_to.is_empty() && same_resource(old, new))
                || (attribute.role == Role::Name && old.eq_ignore_ascii_case(new))
        }
        // States write some numbers and truths as texts.
        (Value::Text(text), other) | (other, Value::Text(text)) => match other {
            Value::Integer(number) => text.parse() == Ok(*number),
            Value::Bool(truth) => text.parse() == Ok(*truth),
            _ => false,
        },
        _ => old == new,
    }
}

/// Says whether two texts may mean one resource: an ARN, and the id or name at its end.
fn same_resource(one: &str, other: &str) -> bool {
    let tail = |arn: &str, id: &str| {
        arn.starts_with("arn:")
            && !id.starts_with("arn:")
            && arn.strip_suffix(id).is_some_and(|rest| rest.ends_with(['/', ':']))
    };
    tail(one, other) || tail(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::facts::{changing, kept, name, refers_set, stable};

    static ATTRIBUTES: &[Attribute] = &[
        name("identifier"),
        stable("port"),
        changing("block.size"),
        refers_set("groups", &["aws_security_group"]),
        kept("zone"),
    ];

    fn kind() -> Kind {
        Kind {
            attributes: ATTRIBUTES,
            ..Kind::regional("aws_test", "test", "test")
        }
    }

    fn base() -> Configuration {
        Configuration::new()
            .with("identifier", "main")
            .with("port", 5432)
            .with("zone", "a")
            .with("groups", vec!["arn:aws:x:eu-west-1:1:group/g-1", "g-2"])
            .with("block", vec![Configuration::new().with("size", 8)])
    }

    fn paths(after: &Configuration, missing: Missing) -> Vec<&'static str> {
        let found = differences(&kind(), &base(), after, missing);
        found.iter().map(|found| found.attribute.path).collect()
    }

    #[test]
    fn forms_of_one_value_are_equal() {
        let same = base()
            .with("identifier", "MAIN")
            .with("port", "5432")
            .with("zone", "b")
            .with("groups", vec!["g-1", "g-2"]);
        let sorted = Configuration::new().with("groups", Value::set(["g-2", "g-1"]));
        assert!(paths(&same, Missing::Counts).is_empty());
        assert_eq!(
            value_at(&sorted, &ATTRIBUTES[3]),
            value_at(&Configuration::new().with("groups", vec!["g-2", "g-1"]), &ATTRIBUTES[3])
        );
    }

    #[test]
    fn what_differs_is_found_at_any_depth() {
        let other = base()
            .with("port", 5433)
            .with("block", vec![Configuration::new().with("size", 9)])
            .with("groups", vec!["g-1", "g-3"]);
        assert_eq!(paths(&other, Missing::SaysNothing), ["port", "block.size", "groups"]);
    }

    #[test]
    fn what_one_side_does_not_say_counts_only_between_equals() {
        let less = base().with("port", Value::Null).with("block", Value::Null);
        assert_eq!(paths(&less, Missing::Counts), ["port", "block.size"]);
        assert!(paths(&less, Missing::SaysNothing).is_empty());
    }
}

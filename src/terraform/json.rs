//! What the readers of states and plans have in common: they pass over a document once and keep nothing that they
//! were not told to keep. It knows nothing of Terraform.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::Value;

/// Makes a visitor its own seed: `seed!(ReadChange<'_> => (), deserialize_map);`
macro_rules! seed {
    ($reader:ty => $value:ty, $how:ident) => {
        impl<'de> serde::de::DeserializeSeed<'de> for $reader {
            type Value = $value;

            fn deserialize<D: serde::de::Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.$how(self)
            }
        }
    };
}
pub(super) use seed;

/// Says what a visitor reads, where an error names it; `or null` where nothing at all may stand there too.
macro_rules! expects {
    ($what:literal) => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str($what)
        }
    };
    ($what:literal, or null) => {
        expects!($what);

        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }
    };
}
pub(super) use expects;

/// Gives `$value` for every plain JSON value but objects and lists, which a visitor then treats itself.
/// `null` may have a value of its own.
macro_rules! plain_values_are {
    ($value:expr) => {
        plain_values_are!($value, $value);
    };
    ($value:expr, $null:expr) => {
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a value")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($null)
        }
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}
pub(super) use plain_values_are;

/// Reads a key without copying it, where it has no escapes.
pub(super) struct Key;

seed!(Key => Cow<'de, str>, deserialize_str);

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    expects!("a key");

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.into()))
    }
}

/// A value that may be of any type, of which only short plain ones matter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(Box<str>),
    /// A list or an object; it was skipped.
    Nested,
}

impl Scalar {
    pub(super) fn text(self) -> Option<Box<str>> {
        match self {
            Scalar::Text(text) if !text.is_empty() => Some(text),
            Scalar::Unsigned(number) => Some(number.to_string().into()),
            Scalar::Signed(number) => Some(number.to_string().into()),
            _ => None,
        }
    }

    /// The same value in a configuration.
    pub(super) fn value(&self) -> Value {
        match self {
            Scalar::Null | Scalar::Nested => Value::Null,
            Scalar::Bool(yes) => Value::Bool(*yes),
            Scalar::Unsigned(number) => unsigned(*number),
            Scalar::Signed(number) => Value::Integer(*number),
            Scalar::Float(number) => float(*number),
            Scalar::Text(text) => Value::Text(text.clone()),
        }
    }
}

pub(super) fn unsigned(number: u64) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number.to_string()), Value::Integer)
}

/// A whole number as an integer, any other as its decimal text: configurations have no fractions.
pub(super) fn float(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Value::Integer(number as i64);
    }
    Value::from(number.to_string())
}

/// Reads one value of any type.
pub(super) fn scalar<'de, M: MapAccess<'de>>(map: &mut M) -> Result<Scalar, M::Error> {
    map.next_value_seed(ReadScalar)
}

struct ReadScalar;

seed!(ReadScalar => Scalar, deserialize_any);

impl<'de> Visitor<'de> for ReadScalar {
    type Value = Scalar;

    expects!("a value");

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(yes))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar::Unsigned(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Signed(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested)
    }
}

//! What a state or a plan calls sensitive: names only, so that the values can be left out.

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::terraform::json::{Key, Scalar, expects, plain_values_are, scalar, seed};

/// Which top-level attributes a state calls sensitive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::terraform) struct Sensitive {
    /// The whole instance is, or it cannot be told what is.
    all: bool,
    names: Vec<Box<str>>,
}

impl Sensitive {
    const ALL: Self = Self {
        all: true,
        names: Vec::new(),
    };

    pub(super) fn names(&self, name: &str) -> bool {
        self.all || self.names.iter().any(|known| **known == *name)
    }
}

/// Reads a state's list of paths, whose first steps are `{"type": "get_attr", "value": NAME}`.
pub(in crate::terraform) struct ReadSensitivePaths;

seed!(ReadSensitivePaths => Sensitive, deserialize_any);

impl<'de> Visitor<'de> for ReadSensitivePaths {
    type Value = Sensitive;

    plain_values_are!(Sensitive::ALL, Sensitive::default());

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Sensitive, A::Error> {
        let mut sensitive = Sensitive::default();
        while let Some(first) = seq.next_element_seed(FirstStep)? {
            match first {
                Some(name) => sensitive.names.push(name),
                None => sensitive.all = true,
            }
        }
        Ok(sensitive)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sensitive, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Sensitive::ALL)
    }
}

/// Reads the attribute that a path starts at, if it starts at one.
struct FirstStep;

seed!(FirstStep => Option<Box<str>>, deserialize_any);

impl<'de> Visitor<'de> for FirstStep {
    type Value = Option<Box<str>>;

    plain_values_are!(None);

    /// A path.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let first = seq.next_element_seed(FirstStep)?.flatten();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }

    /// One step.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut is_attribute, mut name) = (false, None);
        while let Some(key) = map.next_key_seed(Key)? {
            match (&*key, scalar(&mut map)?) {
                ("type", Scalar::Text(text)) => is_attribute = &*text == "get_attr",
                ("value", Scalar::Text(text)) => name = Some(text),
                _ => {}
            }
        }
        Ok(name.filter(|_| is_attribute))
    }
}

/// Reads what `terraform show -json` gives: an object in the shape of the values, with `true` where something is
/// sensitive.
pub(in crate::terraform) struct ReadSensitiveValues;

seed!(ReadSensitiveValues => Sensitive, deserialize_any);

impl<'de> Visitor<'de> for ReadSensitiveValues {
    type Value = Sensitive;

    plain_values_are!(Sensitive::ALL, Sensitive::default());

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Sensitive, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Sensitive::ALL)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sensitive, A::Error> {
        let mut sensitive = Sensitive::default();
        while let Some(key) = map.next_key_seed(Key)? {
            if map.next_value_seed(AnyTrue)? {
                sensitive.names.push(Box::from(&*key));
            }
        }
        Ok(sensitive)
    }
}

/// Says whether a `true` stands anywhere in a value.
pub(in crate::terraform) struct AnyTrue;

seed!(AnyTrue => bool, deserialize_any);

impl<'de> Visitor<'de> for AnyTrue {
    type Value = bool;

    expects!("a value");

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<bool, E> {
        Ok(yes)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        let mut any = false;
        while let Some(yes) = seq.next_element_seed(AnyTrue)? {
            any |= yes;
        }
        Ok(any)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut any = false;
        while map.next_key::<IgnoredAny>()?.is_some() {
            any |= map.next_value_seed(AnyTrue)?;
        }
        Ok(any)
    }
}

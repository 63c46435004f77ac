//! How configurations and tags stand in JSON: plain maps, read and written without a copy in between.
//!
//! A snapshot holds millions of them; what serde derives would build a tree for each value and a map for each list.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::{Configuration, Symbol, Tags, Value};

impl Serialize for Configuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Configuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs(PhantomData)).map(Self::sorted)
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs(PhantomData)).map(Self::sorted)
    }
}

/// The pairs of a map, sorted by key; of a key that stands twice the last one counts.
struct Pairs<V>(PhantomData<V>);

impl<V> Pairs<V> {
    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Vec<(Symbol, V)>, A::Error>
    where
        V: Deserialize<'de>,
    {
        let mut pairs: Vec<(Symbol, V)> = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        if !pairs.is_sorted_by(|(one, _), (next, _)| one < next) {
            pairs.reverse();
            pairs.sort_by_key(|(key, _)| *key);
            pairs.dedup_by(|(later, _), (first, _)| later == first);
        }
        pairs.shrink_to_fit();
        Ok(pairs)
    }
}

impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
    type Value = Vec<(Symbol, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Self::read(map)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without fractions")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        // The number itself is never part of an error.
        i64::try_from(number)
            .map(Value::Integer)
            .map_err(|_| E::custom("a number that is too large"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        Err(E::custom("a number with a fraction"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        list.shrink_to_fit();
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        Ok(Value::Block(Configuration::sorted(Pairs::read(map)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let text = r#"{"a":null,"b":true,"c":-3,"d":"x","e":["y",{"f":1}],"g":{}}"#;
        let read: Configuration = serde_json::from_str(text).expect("JSON");
        assert_eq!(read.get("c"), Some(&Value::Integer(-3)));
        assert_eq!(serde_json::to_string(&read).expect("JSON"), text);
        let tags: Tags = serde_json::from_str(r#"{"Name":"x","Project":"y"}"#).expect("JSON");
        assert_eq!(tags.get("Project"), Some("y"));
        assert_eq!(
            serde_json::to_string(&tags).expect("JSON"),
            r#"{"Name":"x","Project":"y"}"#
        );
    }

    #[test]
    fn any_order_is_read_and_the_last_of_a_key_counts() {
        let read: Configuration = serde_json::from_str(r#"{"b":1,"a":2,"b":3}"#).expect("JSON");
        assert_eq!(read, Configuration::new().with("a", 2).with("b", 3));
        let tags: Tags = serde_json::from_str(r#"{"b":"1","a":"2","b":"3"}"#).expect("JSON");
        assert_eq!((tags.get("b"), tags.len()), (Some("3"), 2));
    }

    #[test]
    fn what_has_no_place_is_refused_without_its_value() {
        for text in [r#"{"a":1.5}"#, r#"{"a":18446744073709551615}"#, r#"["hunter2"]"#] {
            let error = serde_json::from_str::<Configuration>(text)
                .expect_err("refused")
                .to_string();
            assert!(
                !error.contains("1.5") && !error.contains("hunter2") && !error.contains("1844"),
                "{error}"
            );
        }
    }
}

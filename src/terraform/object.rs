//! The attributes of one instance: what the allow-list names is built, every other string is looked at and dropped.

mod sensitive;

use std::borrow::Cow;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::filter::{Filter, Kept, Node};
use super::json::{Key, Scalar, expects, float, plain_values_are, scalar, seed, unsigned};
use crate::model::shape::is_candidate;
use crate::model::{Configuration, Reference, Symbol, Tags, Value};
pub(super) use sensitive::{AnyTrue, ReadSensitivePaths, ReadSensitiveValues, Sensitive};

/// No id and no ARN is longer (an ARN's resource has 1600 bytes at most).
const LONGEST_CANDIDATE: usize = 2048;

/// What is kept of an instance's attributes.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) id: Option<Box<str>>,
    pub(super) arn: Option<Box<str>>,
    pub(super) region: Option<Symbol>,
    pub(super) tags: Option<Tags>,
    /// With those of the provider's `default_tags`: the tags that the resource really carries.
    pub(super) tags_all: Option<Tags>,
    /// From blocks `tag { key, value }`, as Auto Scaling groups have them.
    tag_blocks: Option<Tags>,
    /// Name, value and whether it is needed to join.
    attributes: Vec<(&'static str, Value, bool)>,
    candidates: Vec<Reference>,
}

impl Object {
    /// Adds what another form of the attributes says.
    pub(super) fn absorb(&mut self, other: Object) {
        let mut other = other;
        if self.attributes.is_empty() && self.candidates.is_empty() && self.id.is_none() {
            std::mem::swap(self, &mut other);
        }
        self.id = self.id.take().or(other.id);
        self.arn = self.arn.take().or(other.arn);
        self.region = self.region.or(other.region);
        self.tags = self.tags.take().or(other.tags);
        self.tags_all = self.tags_all.take().or(other.tags_all);
        self.tag_blocks = self.tag_blocks.take().or(other.tag_blocks);
        self.attributes.append(&mut other.attributes);
        self.candidates.append(&mut other.candidates);
    }

    /// The tags that the resource carries, as far as the state knows; none where the state calls them sensitive.
    pub(super) fn take_tags(&mut self, sensitive: &Sensitive) -> Tags {
        let is_sensitive = |name: &str| sensitive.names(name);
        let of = |name: &str, tags: Option<Tags>| tags.filter(|tags| !tags.is_empty() && !is_sensitive(name));
        of("tags_all", self.tags_all.take())
            .filter(|_| !is_sensitive("tags"))
            .or_else(|| of("tags", self.tags.take()))
            .or_else(|| of("tag", self.tag_blocks.take()))
            .unwrap_or_default()
    }

    /// The kept attributes. Those that the state calls sensitive go, unless the join needs them.
    pub(super) fn take_configuration(&mut self, sensitive: &Sensitive) -> Configuration {
        std::mem::take(&mut self.attributes)
            .into_iter()
            .filter(|(name, _, joins)| *joins || !sensitive.names(name))
            .map(|(name, value, _)| (Symbol::known(name), value))
            .collect()
    }

    /// The candidates, sorted, each once; `own` leaves out the instance's own id and ARN.
    pub(super) fn take_candidates(&mut self, own: bool) -> Vec<Reference> {
        let mut candidates = std::mem::take(&mut self.candidates);
        if own {
            candidates.retain(|candidate| {
                self.id.as_ref() != Some(&candidate.target) && self.arn.as_ref() != Some(&candidate.target)
            });
        }
        candidates.sort();
        candidates.dedup();
        candidates.shrink_to_fit();
        candidates
    }
}

/// Collects the strings of one attribute that may be references.
pub(super) struct Sink<'a> {
    attribute: &'a str,
    via: Option<Symbol>,
    found: &'a mut Vec<Reference>,
}

impl<'a> Sink<'a> {
    fn new(attribute: &'a str, found: &'a mut Vec<Reference>) -> Self {
        Self {
            attribute,
            via: None,
            found,
        }
    }

    fn see(&mut self, text: &str) {
        if text.len() <= LONGEST_CANDIDATE && is_candidate(text) {
            let attribute = self.attribute;
            let via = *self.via.get_or_insert_with(|| word(attribute));
            self.found.push(Reference {
                via,
                target: text.into(),
            });
        }
    }
}

/// Interns the name of an attribute; a key that cannot be one is not kept.
fn word(name: &str) -> Symbol {
    if is_name(name) {
        Symbol::new(name)
    } else {
        Symbol::known("attribute")
    }
}

/// Says whether `text` has the form of a name in Terraform's schemas: `cidr_block`.
pub(super) fn is_name(text: &str) -> bool {
    (1..=96).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A region's name, such as `eu-west-1`; anything else is not kept.
pub(super) fn region(text: &str) -> Option<Symbol> {
    let known = (2..=32).contains(&text.len())
        && text.contains('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.ends_with(|c: char| c.is_ascii_digit());
    known.then(|| Symbol::new(text))
}

/// An account's number: twelve digits.
pub(super) fn account(text: &str) -> Option<Symbol> {
    (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| Symbol::new(text))
}

/// Looks at every string of a value that is not kept.
struct Scan<'a, 'b>(&'a mut Sink<'b>);

seed!(Scan<'_, '_> => (), deserialize_any);

impl<'de> Visitor<'de> for Scan<'_, '_> {
    type Value = ();

    expects!("a value", or null);

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.see(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Scan(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Scan(self.0))?;
        }
        Ok(())
    }
}

/// Builds a value that is kept, or the blocks that something kept stands in.
struct Build<'a, 'b> {
    kept: Option<Kept>,
    inner: Option<&'a Filter>,
    sink: &'a mut Sink<'b>,
}

impl<'a, 'b> Build<'a, 'b> {
    fn new(node: &'a Node, sink: &'a mut Sink<'b>) -> Self {
        Self {
            kept: node.kept,
            inner: Some(&node.inner),
            sink,
        }
    }

    fn plain(&self, value: impl Into<Value>) -> Value {
        if self.kept.is_some() { value.into() } else { Value::Null }
    }
}

seed!(Build<'_, '_> => Value, deserialize_any);

impl<'de> Visitor<'de> for Build<'_, '_> {
    type Value = Value;

    expects!("a value");

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(self.plain(yes))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(self.plain(unsigned(number)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(self.plain(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(self.plain(float(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        if !self.kept.is_some_and(|kept| kept.reference) {
            self.sink.see(text);
        }
        Ok(self.plain(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        // Only the list at the path's end is unordered, not those inside it.
        let kept = self.kept.map(|kept| Kept {
            unordered: false,
            ..kept
        });
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Build {
            kept,
            inner: self.inner,
            sink: self.sink,
        })? {
            match item {
                Value::Null => {}
                Value::Block(block) if block.is_empty() => {}
                item => items.push(item),
            }
        }
        items.shrink_to_fit();
        let list = Value::List(items);
        Ok(if self.kept.is_some_and(|kept| kept.unordered) {
            list.unordered()
        } else {
            list
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut block = Configuration::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let node = self.inner.and_then(|inner| inner.get(&key));
            let kept = self.kept.map(|kept| Kept {
                unordered: false,
                ..kept
            });
            match (node, kept) {
                (Some((name, node)), kept) => {
                    let value = map.next_value_seed(Build {
                        kept: node.kept.or(kept),
                        inner: Some(&node.inner),
                        sink: self.sink,
                    })?;
                    block.set(Symbol::known(name), value);
                }
                (None, Some(_)) => {
                    let value = map.next_value_seed(Build {
                        kept,
                        inner: None,
                        sink: self.sink,
                    })?;
                    block.set(&*key, value);
                }
                (None, None) => map.next_value_seed(Scan(self.sink))?,
            }
        }
        block.shrink();
        Ok(Value::Block(block))
    }
}

/// Reads tags: an object of texts. Anything else in their place gives none.
struct ReadTags;

seed!(ReadTags => Option<Tags>, deserialize_any);

impl<'de> Visitor<'de> for ReadTags {
    type Value = Option<Tags>;

    plain_values_are!(None);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tags: Vec<(Cow<'de, str>, Box<str>)> = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            if let Scalar::Text(value) = scalar(&mut map)? {
                tags.push((key, value));
            }
        }
        Ok(Some(tags.into_iter().collect()))
    }

    /// A list of `{key, value}`, as Auto Scaling groups write their tags.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut tags = Vec::new();
        while let Some(pair) = seq.next_element_seed(ReadTags)? {
            let pair = pair.unwrap_or_default();
            if let (Some(key), Some(value)) = (pair.get("key"), pair.get("value")) {
                tags.push((Box::<str>::from(key), Box::<str>::from(value)));
            }
        }
        Ok(Some(tags.into_iter().collect()))
    }
}

/// Reads an instance's attributes as an object, or nothing where they are null.
pub(super) struct ReadObject<'a>(pub(super) &'a Filter);

seed!(ReadObject<'_> => Object, deserialize_any);

impl<'de> Visitor<'de> for ReadObject<'_> {
    type Value = Object;

    expects!("an object of attributes");

    fn visit_unit<E: Error>(self) -> Result<Object, E> {
        Ok(Object::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        while let Some(key) = map.next_key_seed(Key)? {
            let node = self.0.get(&key);
            match &*key {
                "id" | "arn" | "region" => {
                    let value = scalar(&mut map)?;
                    if let Some((name, node)) = node {
                        object.attributes.push((name, value.value(), node.joins));
                    }
                    let text = value.text();
                    match &*key {
                        "id" => object.id = text,
                        "arn" => object.arn = text.filter(|text| text.starts_with("arn:")),
                        _ => object.region = text.and_then(|text| region(&text)),
                    }
                }
                "tags" => object.tags = map.next_value_seed(ReadTags)?,
                "tags_all" => object.tags_all = map.next_value_seed(ReadTags)?,
                "tag" => object.tag_blocks = map.next_value_seed(ReadTags)?,
                _ => {
                    let mut sink = Sink::new(&key, &mut object.candidates);
                    match node {
                        Some((name, node)) => {
                            let value = map.next_value_seed(Build::new(node, &mut sink))?;
                            object.attributes.push((name, value, node.joins));
                        }
                        None => map.next_value_seed(Scan(&mut sink))?,
                    }
                }
            }
        }
        Ok(object)
    }
}

/// Reads attributes in the flat form of Terraform 0.11: `tags.%`, `tags.Name`, `subnets.0`.
///
/// Types are lost in it, so only ids, ARNs, tags, candidates and plain attributes that join are kept.
pub(super) struct ReadFlat<'a>(pub(super) &'a Filter);

seed!(ReadFlat<'_> => Object, deserialize_any);

impl<'de> Visitor<'de> for ReadFlat<'_> {
    type Value = Object;

    expects!("an object of flat attributes");

    fn visit_unit<E: Error>(self) -> Result<Object, E> {
        Ok(Object::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        let mut tags: Vec<(Box<str>, Box<str>)> = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let Scalar::Text(text) = scalar(&mut map)? else {
                continue;
            };
            if let Some(tag) = key.strip_prefix("tags.").or_else(|| key.strip_prefix("tags_all.")) {
                if tag != "%" && tag != "#" {
                    tags.push((tag.into(), text));
                }
                continue;
            }
            match &*key {
                "id" => object.id = Some(text).filter(|text| !text.is_empty()),
                "arn" => object.arn = Some(text).filter(|text| text.starts_with("arn:")),
                "region" => object.region = region(&text),
                _ => {
                    let attribute = key.split('.').next().unwrap_or_default();
                    Sink::new(attribute, &mut object.candidates).see(&text);
                    if let Some((name, node)) = self.0.get(&key)
                        && node.joins
                        && node.kept.is_some()
                    {
                        object.attributes.push((name, Value::Text(text), true));
                    }
                }
            }
        }
        if !tags.is_empty() {
            object.tags = Some(tags.into_iter().collect());
        }
        Ok(object)
    }
}

/// Reads the provider's identity of an instance: an object of plain values.
pub(super) struct ReadIdentity;

seed!(ReadIdentity => Configuration, deserialize_any);

impl<'de> Visitor<'de> for ReadIdentity {
    type Value = Configuration;

    plain_values_are!(Configuration::new());

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Configuration, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Configuration::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Configuration, A::Error> {
        let mut identity = Configuration::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let value = scalar(&mut map)?;
            if is_name(&key) {
                identity.set(&*key, value.value());
            }
        }
        identity.shrink();
        Ok(identity)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeSeed as _;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::kinds::facts::{Attribute, kept, refers, refers_set, stable, stable_set};

    fn read(attributes: &[Attribute], json: &Json) -> Object {
        let mut filter = Filter::default();
        filter.add(attributes);
        ReadObject(&filter).deserialize(json).expect("an object")
    }

    fn configuration(attributes: &[Attribute], json: &Json) -> String {
        let configuration = read(attributes, json).take_configuration(&Sensitive::default());
        Value::Block(configuration).to_string()
    }

    #[test]
    fn attributes_have_the_same_form_as_live_ones() {
        let json = json!({
            "plain": "x", "number": 3, "whole": 3.0, "yes": false, "nothing": null, "empty": "", "none": [],
            "set": ["b", "a", "b"], "list": ["b", "a", null], "id": "i", "dropped": "y",
            "network": [{"subnets": ["s-2", "s-1"], "groups": [], "public": true, "dropped": "y"}],
            "bare": [{"dropped": "y"}],
            "deep": [{"a": [{"b": "1", "c": "2"}, {"c": "3"}]}],
            "tree": [{"x": {"y": ["2", "1"]}, "z": [{}], "n": null}],
        });
        let attributes = [
            stable("plain"),
            stable("number"),
            stable("whole"),
            stable("yes"),
            stable("nothing"),
            stable("empty"),
            stable("none"),
            stable_set("set"),
            stable("list"),
            kept("id"),
            refers_set("network.subnets", &["aws_subnet"]),
            stable("network.groups"),
            stable("network.public"),
            stable("bare.other"),
            stable("deep.a.b"),
            stable_set("tree"),
            stable("absent"),
        ];
        assert_eq!(
            configuration(&attributes, &json),
            r#"{deep: [{a: [{b: "1"}]}], id: "i", list: ["b", "a"], network: [{public: true, subnets: ["s-1", "s-2"]}], number: 3, plain: "x", set: ["a", "b"], tree: [{x: {y: ["2", "1"]}}], whole: 3, yes: false}"#
        );
    }

    #[test]
    fn a_path_inside_a_kept_block_may_say_more() {
        let json = json!({"block": [{"a": ["2", "1"], "b": ["2", "1"]}]});
        assert_eq!(
            configuration(&[stable("block"), stable_set("block.a")], &json),
            r#"{block: [{a: ["1", "2"], b: ["2", "1"]}]}"#
        );
    }

    #[test]
    fn another_type_than_the_facts_expect_is_no_harm() {
        let attributes = [stable("a.b"), stable("c")];
        for json in [
            json!({"a": "text", "c": {"x": 1}}),
            json!({"a": ["text", 1, true, null, [["x"]]], "c": [[1]]}),
            json!({"a": {"b": {"c": 1}}, "c": null}),
        ] {
            let _configuration = configuration(&attributes, &json);
        }
        assert_eq!(configuration(&attributes, &json!({"a": "text", "c": 1})), "{c: 1}");
    }

    #[test]
    fn what_the_facts_follow_is_no_candidate_and_the_rest_is() {
        let json = json!({
            "vpc_id": "vpc-0a1b2c3d", "copy": "vpc-0a1b2c3d",
            "block": [{"subnet": "subnet-0a1b2c3d", "kept": "sg-0a1b2c3d", "other": "eni-0a1b2c3d"}],
            "plain": "vol-0a1b2c3d",
        });
        let attributes = [
            refers("vpc_id", &["aws_vpc"]),
            refers("block.subnet", &["aws_subnet"]),
            stable("block.kept"),
            stable("plain"),
        ];
        let found: Vec<String> = read(&attributes, &json)
            .take_candidates(true)
            .into_iter()
            .map(|candidate| format!("{} {}", candidate.via, candidate.target))
            .collect();
        assert_eq!(
            found,
            [
                "block eni-0a1b2c3d",
                "block sg-0a1b2c3d",
                "copy vpc-0a1b2c3d",
                "plain vol-0a1b2c3d"
            ]
        );
    }

    #[test]
    fn a_sensitive_attribute_stays_only_where_the_join_needs_it() {
        let json = json!({"a": "1", "vpc_id": "vpc-0a1b2c3d"});
        let attributes = [stable("a"), refers("vpc_id", &["aws_vpc"])];
        let with = |sensitive: Json| {
            let sensitive = ReadSensitivePaths.deserialize(sensitive).expect("paths");
            Value::Block(read(&attributes, &json).take_configuration(&sensitive)).to_string()
        };
        let all = r#"{a: "1", vpc_id: "vpc-0a1b2c3d"}"#;
        let joins = r#"{vpc_id: "vpc-0a1b2c3d"}"#;
        assert_eq!(with(json!(null)), all);
        assert_eq!(with(json!([])), all);
        assert_eq!(with(json!([[{"type": "get_attr", "value": "b"}]])), all);
        let path = json!([[{"type": "get_attr", "value": "a"}, {"type": "index", "value": {"value": 0, "type": "number"}}],
            [{"type": "get_attr", "value": "vpc_id"}]]);
        assert_eq!(with(path), joins);
        // What cannot be understood may mean anything.
        for odd in [
            json!("a"),
            json!([[]]),
            json!(["a"]),
            json!({}),
            json!([[{"type": "index", "value": "b"}]]),
        ] {
            assert_eq!(with(odd), joins);
        }
    }
}

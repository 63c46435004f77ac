//! What a plan's configuration says about its providers: where they work. Nothing else of it is kept.

use rustc_hash::FxHashMap;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::attribute_name;
use crate::model::plan::ProviderPlace;
use crate::model::{Arn, Symbol};
use crate::terraform::json::{Key, Scalar, expects, plain_values_are, scalar};
use crate::terraform::object::{account, region};

/// The providers' places, and which block uses which provider.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By the provider's key: `aws.east`.
    providers: FxHashMap<Box<str>, ProviderPlace>,
    /// The variable that gives a provider's region, where it is one.
    region_variables: Vec<(Box<str>, Box<str>)>,
    /// Values of variables that have the shape of a region.
    variables: FxHashMap<Box<str>, Symbol>,
    /// The provider's key by the address of the block, without keys of instances.
    blocks: FxHashMap<Box<str>, Box<str>>,
}

impl Places {
    /// The provider's key and place of an instance.
    pub(super) fn provider_of(&self, address: &str) -> Option<(&str, ProviderPlace)> {
        let key = self.blocks.get(without_keys(address).as_str())?;
        let mut place = self.providers.get(key).cloned().unwrap_or_default();
        self.settle(key, &mut place);
        Some((key, place))
    }

    fn settle(&self, key: &str, place: &mut ProviderPlace) {
        if place.region.is_none() {
            place.region = self
                .region_variables
                .iter()
                .find(|(provider, _)| **provider == *key)
                .and_then(|(_, variable)| self.variables.get(variable).copied());
        }
    }

    pub(super) fn into_providers(self) -> Vec<ProviderPlace> {
        let mut all: Vec<ProviderPlace> = self
            .providers
            .iter()
            .map(|(key, place)| {
                let mut place = place.clone();
                self.settle(key, &mut place);
                place
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }
}

/// `module.m["x"].aws_a.b[0]` as the configuration names it: `module.m.aws_a.b`.
fn without_keys(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let (mut inside, mut quoted, mut escaped) = (false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            '[' if !inside => inside = true,
            ']' if inside && !quoted => inside = false,
            _ if inside => {}
            c => out.push(c),
        }
    }
    out
}

/// Implements a seed that takes any value.
macro_rules! any {
    ($seed:ty, $value:ty) => {
        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_any(self)
            }
        }
    };
}

fn skip_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// `configuration`.
pub(super) struct Read<'a>(pub(super) &'a mut Places);
any!(Read<'_>, ());

impl<'de> Visitor<'de> for Read<'_> {
    type Value = ();

    plain_values_are!(());

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        skip_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "provider_config" => map.next_value_seed(ReadProviders(self.0))?,
                "root_module" => map.next_value_seed(ReadModule(self.0, ""))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct ReadProviders<'a>(&'a mut Places);
any!(ReadProviders<'_>, ());

impl<'de> Visitor<'de> for ReadProviders<'_> {
    type Value = ();

    plain_values_are!(());

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        skip_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let key: Box<str> = key.into();
            let place = ProviderPlace {
                name: key.to_string(),
                ..ProviderPlace::default()
            };
            let (place, variable) = map.next_value_seed(ReadProvider(place))?;
            if let Some(variable) = variable {
                self.0.region_variables.push((key.clone(), variable));
            }
            self.0.providers.insert(key, place);
        }
        Ok(())
    }
}

/// One provider's configuration; gives its place and the variable that its region comes from.
struct ReadProvider(ProviderPlace);
any!(ReadProvider, (ProviderPlace, Option<Box<str>>));

impl<'de> Visitor<'de> for ReadProvider {
    type Value = (ProviderPlace, Option<Box<str>>);

    expects!("a provider's configuration");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut place = self.0;
        let mut variable = None;
        while let Some(key) = map.next_key_seed(Key)? {
            if key != "expressions" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let found = map.next_value_seed(ReadExpressions)?;
            place.region = found.region.texts.iter().find_map(|text| region(text));
            variable = match found.region.references.as_slice() {
                [only] => only.strip_prefix("var.").map(Into::into),
                _ => None,
            };
            place.accounts = found.allowed.texts.iter().filter_map(|text| account(text)).collect();
            place.forbidden_accounts = found.forbidden.texts.iter().filter_map(|text| account(text)).collect();
            if place.accounts.is_empty() {
                let roles = found.role.texts.iter().filter_map(|text| Arn::parse(text));
                place.accounts = roles.filter_map(|arn| account(arn.account)).collect();
            }
        }
        Ok((place, variable))
    }
}

#[derive(Default)]
struct Expressions {
    region: Expression,
    allowed: Expression,
    forbidden: Expression,
    role: Expression,
}

struct ReadExpressions;
any!(ReadExpressions, Expressions);

impl<'de> Visitor<'de> for ReadExpressions {
    type Value = Expressions;

    expects!("expressions");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Expressions, A::Error> {
        let mut found = Expressions::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "region" => found.region = map.next_value_seed(ReadExpression)?,
                "allowed_account_ids" => found.allowed = map.next_value_seed(ReadExpression)?,
                "forbidden_account_ids" => found.forbidden = map.next_value_seed(ReadExpression)?,
                "assume_role" => found.role = map.next_value_seed(ReadExpression)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// Constant texts, and references.
#[derive(Default)]
struct Expression {
    texts: Vec<Box<str>>,
    references: Vec<Box<str>>,
}

/// An expression, a block of them, or a list of blocks. Only texts in the shape of a region, an account or a role's
/// ARN are looked at later; nothing of it is kept.
struct ReadExpression;
any!(ReadExpression, Expression);

impl<'de> Visitor<'de> for ReadExpression {
    type Value = Expression;

    expects!("an expression");

    fn visit_unit<E>(self) -> Result<Expression, E> {
        Ok(Expression::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Expression, E> {
        Ok(Expression::default())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Expression, E> {
        Ok(Expression {
            texts: vec![format!("{number:012}").into()],
            references: Vec::new(),
        })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Expression, E> {
        Ok(Expression::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Expression, E> {
        Ok(Expression::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Expression, E> {
        Ok(Expression {
            texts: vec![text.into()],
            references: Vec::new(),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Expression, A::Error> {
        let mut all = Expression::default();
        while let Some(one) = seq.next_element_seed(ReadExpression)? {
            all.texts.extend(one.texts);
            all.references.extend(one.references);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Expression, A::Error> {
        let mut all = Expression::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "constant_value" | "role_arn" => {
                    let one = map.next_value_seed(ReadExpression)?;
                    all.texts.extend(one.texts);
                    all.references.extend(one.references);
                }
                "references" => all.references.extend(map.next_value_seed(ReadExpression)?.texts),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(all)
    }
}

/// A module: its blocks with their providers, and the modules that it calls.
struct ReadModule<'a, 'b>(&'a mut Places, &'b str);
any!(ReadModule<'_, '_>, ());

impl<'de> Visitor<'de> for ReadModule<'_, '_> {
    type Value = ();

    plain_values_are!(());

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        skip_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "resources" => map.next_value_seed(ReadBlocks(self.0, self.1))?,
                "module_calls" => map.next_value_seed(ReadCalls(self.0, self.1))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct ReadCalls<'a, 'b>(&'a mut Places, &'b str);
any!(ReadCalls<'_, '_>, ());

impl<'de> Visitor<'de> for ReadCalls<'_, '_> {
    type Value = ();

    plain_values_are!(());

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        skip_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Key)? {
            let path = format!("{}module.{name}.", self.1);
            map.next_value_seed(ReadCall(self.0, &path))?;
        }
        Ok(())
    }
}

struct ReadCall<'a, 'b>(&'a mut Places, &'b str);
any!(ReadCall<'_, '_>, ());

impl<'de> Visitor<'de> for ReadCall<'_, '_> {
    type Value = ();

    plain_values_are!(());

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        skip_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "module" {
                map.next_value_seed(ReadModule(self.0, self.1))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct ReadBlocks<'a, 'b>(&'a mut Places, &'b str);
any!(ReadBlocks<'_, '_>, ());

impl<'de> Visitor<'de> for ReadBlocks<'_, '_> {
    type Value = ();

    plain_values_are!(());

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(block) = seq.next_element_seed(ReadBlock)? {
            if let (Some(address), Some(provider)) = block {
                self.0.blocks.insert(format!("{}{address}", self.1).into(), provider);
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A block's address and its provider's key.
struct ReadBlock;
any!(ReadBlock, (Option<Box<str>>, Option<Box<str>>));

impl<'de> Visitor<'de> for ReadBlock {
    type Value = (Option<Box<str>>, Option<Box<str>>);

    plain_values_are!((None, None));

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        skip_seq(seq)?;
        Ok((None, None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut address, mut provider) = (None, None);
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "address" => address = scalar(&mut map)?.text(),
                "provider_config_key" => provider = scalar(&mut map)?.text(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok((address, provider))
    }
}

/// `variables`: only values in the shape of a region are kept.
pub(super) struct ReadVariables<'a>(pub(super) &'a mut Places);
any!(ReadVariables<'_>, ());

impl<'de> Visitor<'de> for ReadVariables<'_> {
    type Value = ();

    plain_values_are!(());

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        skip_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Key)? {
            let name: Box<str> = name.into();
            if let Some(region) = map.next_value_seed(ReadRegion)? {
                self.0.variables.insert(name, region);
            }
        }
        Ok(())
    }
}

/// The value of one variable, if it has the shape of a region.
struct ReadRegion;
any!(ReadRegion, Option<Symbol>);

impl<'de> Visitor<'de> for ReadRegion {
    type Value = Option<Symbol>;

    plain_values_are!(None);

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        skip_seq(seq)?;
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "value" {
                if let Scalar::Text(text) = scalar(&mut map)? {
                    found = region(&text);
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// The names of an object under which a `true` stands anywhere: `after_unknown`.
pub(super) struct ReadTrueNames;
any!(ReadTrueNames, Vec<Symbol>);

impl<'de> Visitor<'de> for ReadTrueNames {
    type Value = Vec<Symbol>;

    plain_values_are!(Vec::new());

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        skip_seq(seq)?;
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            if map.next_value_seed(crate::terraform::object::AnyTrue)? {
                names.extend(attribute_name(&key));
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// The first step of each path: `replace_paths`.
pub(super) struct ReadFirstSteps;
any!(ReadFirstSteps, Vec<Symbol>);

impl<'de> Visitor<'de> for ReadFirstSteps {
    type Value = Vec<Symbol>;

    plain_values_are!(Vec::new());

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some(step) = seq.next_element_seed(ReadFirstStep)? {
            names.extend(step);
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }
}

struct ReadFirstStep;
any!(ReadFirstStep, Option<Symbol>);

impl<'de> Visitor<'de> for ReadFirstStep {
    type Value = Option<Symbol>;

    expects!("a path");

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(attribute_name(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let first = seq.next_element_seed(ReadFirstStep)?.flatten();
        skip_seq(seq)?;
        Ok(first)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_instances_are_no_part_of_the_configuration() {
        for (address, block) in [
            (r#"module.m["a]."].aws_x.y[0]"#, "module.m.aws_x.y"),
            (r#"module.m["q\"]["].data.aws_x.y["b"]"#, "module.m.data.aws_x.y"),
            ("aws_x.y", "aws_x.y"),
        ] {
            assert_eq!(without_keys(address), block);
        }
    }
}

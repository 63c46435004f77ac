//! Reads `show -json` of a plan in one pass, change by change.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::configuration;
use super::{Document, HELPERS, Pass, Reading, Type};
use crate::kinds::registry::Disposition;
use crate::model::plan::{Action, PlannedChange};
use crate::model::{Claim, Configuration, Mode, Symbol};
use crate::terraform::address;
use crate::terraform::filter::Filter;
use crate::terraform::json::{Key, Scalar, expects, plain_values_are, scalar, seed};
use crate::terraform::object::{Object, ReadIdentity, ReadObject, ReadSensitiveValues};
use crate::terraform::state::{self, whereabouts};

pub(super) struct ReadDocument<'a>(pub(super) &'a mut Reading);

seed!(ReadDocument<'_> => Document, deserialize_map);

impl<'de> Visitor<'de> for ReadDocument<'_> {
    type Value = Document;

    expects!("a plan");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let reading = self.0;
        let mut document = Document::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "format_version" => document.format_version = word(scalar(&mut map)?),
                "terraform_version" => document.terraform_version = word(scalar(&mut map)?),
                "timestamp" => document.made_at = word(scalar(&mut map)?).and_then(|text| text.parse().ok()),
                "errored" => {
                    document.is_recent = true;
                    document.errored = scalar(&mut map)? == Scalar::Bool(true);
                }
                "complete" => document.complete = Some(scalar(&mut map)? == Scalar::Bool(true)),
                "resource_changes" => {
                    document.has_changes = true;
                    map.next_value_seed(ReadChanges(reading))?;
                }
                "prior_state" => {
                    document.is_plan = true;
                    document.prior_instances = Some(map.next_value_seed(CountManaged)?);
                }
                "planned_values" | "output_changes" | "resource_drift" => {
                    document.is_plan = true;
                    map.next_value::<IgnoredAny>()?;
                }
                "configuration" => map.next_value_seed(configuration::Read(&mut document.configuration))?,
                "variables" => map.next_value_seed(configuration::ReadVariables(&mut document.configuration))?,
                "lineage" | "resources" | "modules" | "version" => {
                    document.is_state = true;
                    map.next_value::<IgnoredAny>()?;
                }
                "values" => {
                    document.is_shown_state = true;
                    map.next_value::<IgnoredAny>()?;
                }
                "encrypted_data" | "encryption_version" => {
                    document.encrypted = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(document)
    }
}

/// A short word of versions and times.
fn word(value: Scalar) -> Option<String> {
    let text = value.text()?;
    let tame = text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b':'));
    tame.then(|| text.into())
}

/// Counts managed instances anywhere in `values`.
struct CountManaged;

seed!(CountManaged => u64, deserialize_any);

impl<'de> Visitor<'de> for CountManaged {
    type Value = u64;

    plain_values_are!(0);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while let Some(more) = seq.next_element_seed(CountManaged)? {
            count += more;
        }
        Ok(count)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "mode" => count += u64::from(scalar(&mut map)? == Scalar::Text("managed".into())),
                "root_module" | "child_modules" | "resources" => count += map.next_value_seed(CountManaged)?,
                // The outermost `values` hold the root module; those of a resource hold its attributes, in which a
                // word `mode` may stand.
                "values" => count += map.next_value_seed(CountRoot)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(count)
    }
}

/// Counts in `values` only what stands in a root module.
struct CountRoot;

seed!(CountRoot => u64, deserialize_any);

impl<'de> Visitor<'de> for CountRoot {
    type Value = u64;

    plain_values_are!(0);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<u64, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "root_module" {
                count += map.next_value_seed(CountManaged)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(count)
    }
}

struct ReadChanges<'a>(&'a mut Reading);

seed!(ReadChanges<'_> => (), deserialize_any);

impl<'de> Visitor<'de> for ReadChanges<'_> {
    type Value = ();

    expects!("a list of changes", or null);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(ReadChange(self.0))?.is_some() {}
        Ok(())
    }
}

struct ReadChange<'a>(&'a mut Reading);

seed!(ReadChange<'_> => (), deserialize_map);

impl<'de> Visitor<'de> for ReadChange<'_> {
    type Value = ();

    expects!("a change");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        use serde::de::Error;
        let reading = self.0;
        let number = reading.begun;
        reading.begun += 1;
        let mut kind = match &reading.pass {
            Pass::Known(kinds) => kinds.get(number).copied(),
            Pass::Hopeful | Pass::Types(_) => None,
        };
        let mut address = None;
        let mut provider = None;
        let mut mode = Mode::Managed;
        let mut deposed = None;
        let mut previous_address = None;
        let mut body: Option<Body> = None;
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "address" => address = scalar(&mut map)?.text(),
                "type" => {
                    let text = scalar(&mut map)?.text();
                    kind = Some(state::kind(text.as_deref()).map_err(A::Error::custom)?);
                }
                "mode" => mode = state::mode(scalar(&mut map)?.text().as_deref()).map_err(A::Error::custom)?,
                "provider_name" => provider = scalar(&mut map)?.text(),
                "deposed" => deposed = scalar(&mut map)?.text(),
                "previous_address" => previous_address = scalar(&mut map)?.text(),
                "change" => match (kind, &reading.pass) {
                    (_, Pass::Types(_)) => {
                        map.next_value::<IgnoredAny>()?;
                    }
                    (Some(kind), _) => {
                        let of = reading.kind(kind);
                        body = Some(map.next_value_seed(ReadBody(&of.filter))?);
                    }
                    (None, _) => {
                        reading.reorder = true;
                        return Err(A::Error::custom("type after change"));
                    }
                },
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let Pass::Types(kinds) = &mut reading.pass {
            kinds.push(kind.unwrap_or_default());
            return Ok(());
        }
        let (Some(address), Some(kind), Some(body)) = (address, kind, body) else {
            return Err(A::Error::custom("a change without address, type or change"));
        };
        let source = provider.as_deref().unwrap_or_default();
        if !address::is_aws(address::provider_source(source), &kind) {
            if body.action.changes() && mode == Mode::Managed {
                let name = if source.is_empty() { "unknown" } else { source };
                let printable = name.len() <= 128
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/'));
                let name = Symbol::new(if printable { name } else { "unknown" });
                *reading.others.entry(name).or_default() += 1;
                let short = name.rsplit('/').next().unwrap_or_default();
                if body.action.destroys() && !HELPERS.contains(&short) {
                    *reading.other_deletes.entry(name).or_default() += 1;
                }
            }
            return Ok(());
        }
        let of = reading.kind(kind);
        let provider = if source.contains('/') {
            Symbol::new(&format!("provider[\"{source}\"]"))
        } else {
            Symbol::new(&format!("provider.{source}"))
        };
        reading.providers.insert(address.clone(), provider);
        let action = body.action;
        let build = |side: Side| side.claim(kind, &of, mode, &address, provider);
        let has_before = action != Action::Create && action != Action::Read;
        let has_after = action != Action::Delete && action != Action::Forget;
        reading.changes.push(PlannedChange {
            mode,
            kind,
            action,
            deposed: deposed.clone(),
            before: has_before.then(|| build(body.before)),
            after: has_after.then(|| build(body.after)),
            unknown: body.unknown,
            imports: body.imports,
            previous_address,
            replaced_by: body.replaced_by,
            address,
        });
        Ok(())
    }
}

/// One side of a change.
#[derive(Default)]
struct Side {
    object: Object,
    sensitive: <ReadSensitiveValues as DeserializeSeed<'static>>::Value,
    identity: Configuration,
}

impl Side {
    fn claim(self, kind: Symbol, of: &Type, mode: Mode, address: &str, provider: Symbol) -> Claim {
        let Self {
            mut object,
            sensitive,
            identity,
        } = self;
        // The id of a part or of an unknown type may be its whole's: that candidate stays.
        let own = !matches!(of.disposition, Disposition::Unknown | Disposition::Facet(..));
        let (region, account) = whereabouts(&object, &identity);
        let mut configuration = object.take_configuration(&sensitive);
        if let Disposition::Kind(facts) | Disposition::Alias(facts) | Disposition::Adopter(facts) = of.disposition
            && let Some(canonical) = facts.canonical
        {
            canonical(&mut configuration);
        }
        Claim {
            state: 0,
            mode,
            kind,
            address: address.into(),
            provider,
            region,
            account,
            tags: object.take_tags(&sensitive),
            configuration,
            candidates: object.take_candidates(own),
            id: object.id,
            arn: object.arn,
            identity,
            deposed: None,
            tainted: false,
            project: Symbol::default(),
        }
    }
}

/// What stands in `change`.
struct Body {
    action: Action,
    before: Side,
    after: Side,
    unknown: Vec<Symbol>,
    imports: bool,
    replaced_by: Vec<Symbol>,
}

struct ReadBody<'a>(&'a Filter);

seed!(ReadBody<'_> => Body, deserialize_map);

impl<'de> Visitor<'de> for ReadBody<'_> {
    type Value = Body;

    expects!("a change");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
        let mut body = Body {
            action: Action::Unknown,
            before: Side::default(),
            after: Side::default(),
            unknown: Vec::new(),
            imports: false,
            replaced_by: Vec::new(),
        };
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "actions" => body.action = action(&map.next_value::<Vec<Cow<'_, str>>>()?),
                "before" => body.before.object = map.next_value_seed(ReadObject(self.0))?,
                "after" => body.after.object = map.next_value_seed(ReadObject(self.0))?,
                "before_sensitive" => body.before.sensitive = map.next_value_seed(ReadSensitiveValues)?,
                "after_sensitive" => body.after.sensitive = map.next_value_seed(ReadSensitiveValues)?,
                "before_identity" => body.before.identity = map.next_value_seed(ReadIdentity)?,
                "after_identity" => body.after.identity = map.next_value_seed(ReadIdentity)?,
                "after_unknown" => body.unknown = map.next_value_seed(configuration::ReadTrueNames)?,
                "importing" => body.imports = scalar(&mut map)? != Scalar::Null,
                "replace_paths" => body.replaced_by = map.next_value_seed(configuration::ReadFirstSteps)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(body)
    }
}

fn action(words: &[Cow<'_, str>]) -> Action {
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    match words.as_slice() {
        ["no-op"] => Action::NoOp,
        ["read"] => Action::Read,
        ["create"] => Action::Create,
        ["update"] => Action::Update,
        ["delete"] => Action::Delete,
        ["delete", "create"] => Action::DeleteCreate,
        ["create", "delete"] => Action::CreateDelete,
        ["forget"] => Action::Forget,
        ["create", "forget"] | ["forget", "create"] => Action::CreateForget,
        _ => Action::Unknown,
    }
}

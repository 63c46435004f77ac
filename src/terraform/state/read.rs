//! Reads a state file in one pass: version 4 resource by resource, and the marks of what it may be instead.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Document, Instance, Mark, Place, Reading, index_key};
use crate::model::{Mode, Symbol};
use crate::terraform::filter::Filter;
use crate::terraform::json::{Key, Scalar, expects, plain_values_are, scalar, seed};
use crate::terraform::object::{ReadFlat, ReadIdentity, ReadObject, ReadSensitivePaths, is_name};
use crate::terraform::{address, show};

pub(super) struct ReadDocument<'a>(pub(super) &'a mut Reading);

impl<'de> DeserializeSeed<'de> for ReadDocument<'_> {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        self.0.wrong = Some("is JSON, but not a state");
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadDocument<'_> {
    type Value = Document;

    expects!("a state");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let reading = self.0;
        reading.wrong = None;
        let mut document = Document::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "version" => document.version = Some(scalar(&mut map)?),
                "format_version" => document.format_version = Some(scalar(&mut map)?),
                "terraform_version" => document.terraform_version = Some(scalar(&mut map)?),
                "serial" => document.serial = Some(scalar(&mut map)?),
                "lineage" => document.lineage = Some(scalar(&mut map)?),
                "resources" => {
                    reading.place.part = "resources";
                    map.next_value_seed(ReadResources(reading))?;
                    reading.place = Place::default();
                    document.marks.insert(Mark::Resources);
                }
                "values" => {
                    reading.place.part = "values";
                    if map.next_value_seed(show::ReadValues(reading))? {
                        document.marks.insert(Mark::Values);
                    }
                    reading.place = Place::default();
                }
                "modules" => {
                    if map.next_value_seed(AnyEntryOf("resources"))? {
                        document.marks.insert(Mark::OldResources);
                    }
                }
                "backend" | "state_store" => document.backend = Some(map.next_value_seed(BackendType)?),
                key => {
                    document.marks.extend(match key {
                        "encrypted_data" => Some(Mark::Encrypted),
                        "sops" => Some(Mark::Sops),
                        "planned_values" | "resource_changes" | "output_changes" | "prior_state" => Some(Mark::Plan),
                        "checks" | "outputs" | "check_results" => None,
                        _ => Some(Mark::Foreign),
                    });
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(document)
    }
}

/// Reads the type of a backend and nothing else of it: its settings may hold credentials.
struct BackendType;

seed!(BackendType => Symbol, deserialize_any);

impl<'de> Visitor<'de> for BackendType {
    type Value = Symbol;

    plain_values_are!(Symbol::known("unknown"));

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Symbol, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Symbol::known("unknown"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Symbol, A::Error> {
        let mut found = Symbol::known("unknown");
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "type" {
                if let Scalar::Text(text) = scalar(&mut map)?
                    && is_name(&text)
                    && text.len() <= 32
                {
                    found = Symbol::new(&text);
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Says whether some object in a list has an entry under a key: `resources` of version 3's modules.
#[derive(Clone, Copy)]
struct AnyEntryOf(&'static str);

seed!(AnyEntryOf => bool, deserialize_any);

impl<'de> Visitor<'de> for AnyEntryOf {
    type Value = bool;

    plain_values_are!(false);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        let mut any = false;
        while let Some(yes) = seq.next_element_seed(self)? {
            any |= yes;
        }
        Ok(any)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut any = false;
        while let Some(key) = map.next_key_seed(Key)? {
            if self.0.is_empty() {
                any = true;
            }
            if key == self.0 {
                // One level down, any key counts.
                any |= map.next_value_seed(AnyEntryOf(""))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(any)
    }
}

/// The list of resources.
struct ReadResources<'a>(&'a mut Reading);

seed!(ReadResources<'_> => (), deserialize_any);

impl<'de> Visitor<'de> for ReadResources<'_> {
    type Value = ();

    expects!("a list of resources", or null);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut number = 0;
        loop {
            self.0.place.resource = Some(number);
            if seq.next_element_seed(ReadResource(self.0))?.is_none() {
                break;
            }
            self.0.place.instance = None;
            number += 1;
        }
        Ok(())
    }
}

struct ReadResource<'a>(&'a mut Reading);

seed!(ReadResource<'_> => (), deserialize_map);

impl<'de> Visitor<'de> for ReadResource<'_> {
    type Value = ();

    expects!("a resource");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let known = reading.begin();
        let is_known = known.is_some();
        let mut header = known.unwrap_or_default();
        let mut seen = false;
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "module" | "mode" | "type" | "name" | "provider" => {
                    let value = scalar(&mut map)?;
                    if is_known {
                        continue;
                    }
                    if seen && !reading.collects_headers() {
                        return Err(reading.too_late());
                    }
                    header.set(&key, value).map_err(|wrong| reading.wrong(wrong))?;
                }
                "instances" => {
                    seen = true;
                    if reading.collects_headers() {
                        map.next_value::<IgnoredAny>()?;
                    } else if let (Some(mode), Some(kind), Some(name)) = (header.mode, header.kind, &header.name) {
                        let module = header.module.as_deref().unwrap_or_default();
                        map.next_value_seed(ReadInstances {
                            block: address::block(module, mode, &kind, name),
                            mode,
                            kind,
                            provider: header.provider.unwrap_or_default(),
                            reading,
                        })?;
                    } else if is_known {
                        return Err(reading.wrong("has a resource without `mode`, `type` or `name`"));
                    } else {
                        return Err(reading.too_late());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if !seen {
            return Err(reading.wrong("has a resource without `instances`"));
        }
        reading.collect(header);
        Ok(())
    }
}

/// The instances of one resource.
struct ReadInstances<'a> {
    block: String,
    mode: Mode,
    kind: Symbol,
    provider: Symbol,
    reading: &'a mut Reading,
}

seed!(ReadInstances<'_> => (), deserialize_any);

impl<'de> Visitor<'de> for ReadInstances<'_> {
    type Value = ();

    expects!("a list of instances", or null);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self {
            block,
            mode,
            kind,
            provider,
            reading,
        } = self;
        let source = address::provider_source(&provider);
        if !address::is_aws(source, &kind) {
            let mut count = 0;
            while seq.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
            reading.count_other(source, mode, count);
            return Ok(());
        }
        let of = reading.kind(kind);
        let mut number = 0;
        loop {
            reading.place.instance = Some(number);
            let read = ReadInstance {
                filter: &of.filter,
                provider,
                reading,
            };
            let Some(instance) = seq.next_element_seed(read)? else {
                break;
            };
            let address = address::instance(&block, instance.key.as_ref());
            reading.add(instance, kind, &of, mode, address);
            number += 1;
        }
        Ok(())
    }
}

struct ReadInstance<'a> {
    filter: &'a Filter,
    provider: Symbol,
    reading: &'a mut Reading,
}

seed!(ReadInstance<'_> => Instance, deserialize_map);

impl<'de> Visitor<'de> for ReadInstance<'_> {
    type Value = Instance;

    expects!("an instance");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Instance, A::Error> {
        let mut instance = Instance {
            provider: self.provider,
            ..Instance::default()
        };
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "index_key" => {
                    let value = scalar(&mut map)?;
                    instance.key = index_key(value).map_err(|wrong| self.reading.wrong(wrong))?;
                }
                "status" => instance.tainted = scalar(&mut map)? == Scalar::Text("tainted".into()),
                "deposed" => instance.deposed = deposed(scalar(&mut map)?),
                "attributes" => {
                    let object = map.next_value_seed(ReadObject(self.filter))?;
                    instance.object.absorb(object);
                }
                "attributes_flat" => {
                    let object = map.next_value_seed(ReadFlat(self.filter))?;
                    instance.object.absorb(object);
                }
                "sensitive_attributes" => instance.sensitive = map.next_value_seed(ReadSensitivePaths)?,
                "identity" => instance.identity = map.next_value_seed(ReadIdentity)?,
                // OpenTofu, where a resource's instances have several providers.
                "instance_provider" => {
                    if let Some(text) = scalar(&mut map)?.text() {
                        instance.provider = Symbol::new(&text);
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(instance)
    }
}

/// The key of a deposed object: eight hexadecimal digits. Whatever else stands there, the object is deposed.
pub(in crate::terraform) fn deposed(value: Scalar) -> Option<Box<str>> {
    match value {
        Scalar::Text(text) if text.is_empty() => None,
        Scalar::Text(text) if text.len() <= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric()) => Some(text),
        Scalar::Null => None,
        _ => Some("unknown".into()),
    }
}

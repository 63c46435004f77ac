//! What `terraform show -json` prints of a state: no lineage, no serial, providers without aliases.
//!
//! Source of the format: Terraform's documentation, "JSON Output Format", values representation.

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::address;
use super::json::{Key, Scalar, expects, scalar, seed};
use super::object::{ReadIdentity, ReadObject, ReadSensitiveValues};
use super::state::read::deposed;
use super::state::{Header, Instance, Reading};
use crate::model::Symbol;

/// `values`; says whether they hold a root module.
pub(super) struct ReadValues<'a>(pub(super) &'a mut Reading);

seed!(ReadValues<'_> => bool, deserialize_any);

impl<'de> Visitor<'de> for ReadValues<'_> {
    type Value = bool;

    expects!("values");

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut root = false;
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "root_module" {
                root = true;
                map.next_value_seed(ReadModule(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(root)
    }
}

struct ReadModule<'a>(&'a mut Reading);

seed!(ReadModule<'_> => (), deserialize_map);

impl<'de> Visitor<'de> for ReadModule<'_> {
    type Value = ();

    expects!("a module");

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "resources" => map.next_value_seed(ReadList(self.0, Item::Resource))?,
                "child_modules" => map.next_value_seed(ReadList(self.0, Item::Module))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Item {
    Resource,
    Module,
}

struct ReadList<'a>(&'a mut Reading, Item);

seed!(ReadList<'_> => (), deserialize_any);

impl<'de> Visitor<'de> for ReadList<'_> {
    type Value = ();

    expects!("a list", or null);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        loop {
            let more = match self.1 {
                Item::Resource => seq.next_element_seed(ReadResource(self.0))?,
                Item::Module => seq.next_element_seed(ReadModule(self.0))?,
            };
            if more.is_none() {
                return Ok(());
            }
        }
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
        reading.place.resource = Some(reading.begun() - 1);
        let is_known = known.is_some();
        let mut header = known.unwrap_or_default();
        let mut address: Option<Box<str>> = None;
        let mut instance = Instance::default();
        let mut seen = false;
        while let Some(key) = map.next_key_seed(Key)? {
            match &*key {
                "address" => {
                    if let Scalar::Text(text) = scalar(&mut map)? {
                        address = Some(text);
                    }
                }
                "mode" | "type" | "provider_name" => {
                    let value = scalar(&mut map)?;
                    if is_known {
                        continue;
                    }
                    if seen && !reading.collects_headers() {
                        return Err(reading.too_late());
                    }
                    header.set(&key, value).map_err(|wrong| reading.wrong(wrong))?;
                }
                "deposed_key" => instance.deposed = deposed(scalar(&mut map)?),
                "tainted" => instance.tainted = scalar(&mut map)? == Scalar::Bool(true),
                "sensitive_values" => instance.sensitive = map.next_value_seed(ReadSensitiveValues)?,
                "identity" => instance.identity = map.next_value_seed(ReadIdentity)?,
                "values" => {
                    seen = true;
                    if reading.collects_headers() {
                        map.next_value::<IgnoredAny>()?;
                    } else if let Some(kind) = header.kind {
                        if header.is_aws(kind) {
                            let of = reading.kind(kind);
                            instance.object = map.next_value_seed(ReadObject(&of.filter))?;
                        } else {
                            map.next_value::<IgnoredAny>()?;
                        }
                    } else if is_known {
                        return Err(reading.wrong("has a resource without `type`"));
                    } else {
                        return Err(reading.too_late());
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if reading.collects_headers() {
            reading.collect(header);
            return Ok(());
        }
        let (Some(kind), Some(mode), Some(address)) = (header.kind, header.mode, address) else {
            return Err(reading.wrong("has a resource without `address`, `mode` or `type`"));
        };
        if header.is_aws(kind) {
            instance.provider = header.shown_provider();
            let of = reading.kind(kind);
            reading.add(instance, kind, &of, mode, address);
        } else {
            let provider = header.provider.unwrap_or_default();
            reading.count_other(&provider, mode, 1);
        }
        Ok(())
    }
}

impl Header {
    fn is_aws(&self, kind: Symbol) -> bool {
        address::is_aws(address::provider_source(&self.provider.unwrap_or_default()), &kind)
    }

    /// The provider in the form that a state file has.
    fn shown_provider(&self) -> Symbol {
        match self.provider {
            Some(source) if source.contains('/') => Symbol::new(&format!("provider[\"{source}\"]")),
            Some(source) => Symbol::new(&format!("provider.{source}")),
            None => Symbol::default(),
        }
    }
}

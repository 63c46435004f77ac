//! Plans: what `terraform show -json` prints of one (format 1.x), and the zip files that `plan -out` writes.
//!
//! Plans hold passwords in clear text, before and after. The same allow-list as for states decides what is kept, while
//! parsing; see [`super::filter`]. Source of the format: Terraform's documentation, "JSON Output Format", plan
//! representation, and `jsonplan/plan.go` of Terraform and OpenTofu.

mod archive;
mod configuration;
mod show;

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::address;
use super::filter::Filter;
use super::object::{
    Key, Object, ReadIdentity, ReadObject, ReadSensitiveValues, Scalar, is_name, plain_values_are, scalar,
};
use super::state::{self, whereabouts};
use crate::kinds::registry::{Disposition, disposition};
use crate::model::plan::{Action, Plan, PlannedChange};
use crate::model::{Claim, Configuration, Mode, Symbol, Timestamp};

pub use show::Program;

/// Why a plan cannot be used. What stands in it is never quoted: places only.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{source_name} could not be read")]
    Read {
        source_name: String,
        source: std::io::Error,
    },
    #[error("{source_name} is empty")]
    Empty { source_name: String },
    #[error("{source_name} {what}")]
    NotAPlan {
        source_name: String,
        what: &'static str,
        hint: &'static str,
    },
    #[error("{source_name} {what}, at line {line}, column {column}")]
    Damaged {
        source_name: String,
        what: &'static str,
        line: usize,
        column: usize,
    },
    #[error("{source_name} has the format version {version}, which this version of whose does not know")]
    Format { source_name: String, version: String },
    #[error("{source_name} is a binary plan, and neither terraform nor tofu was found to show it")]
    NoProgram { source_name: String },
    #[error("{program} could not show {source_name} ({status})")]
    Show {
        source_name: String,
        program: String,
        status: String,
        /// What the program itself says to do, where its message is one of the known ones.
        hint: &'static str,
    },
    #[error("{source_name} is a damaged zip file")]
    Archive { source_name: String },
    #[error("{source_name} is encrypted by OpenTofu")]
    Encrypted { source_name: String },
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check the path and its permissions",
            Self::Empty { .. } | Self::Damaged { .. } => SHOW,
            Self::NotAPlan { hint, .. } | Self::Show { hint, .. } => hint,
            Self::Format { .. } => "use a newer version of whose",
            Self::NoProgram { .. } => {
                "install terraform or tofu, name it with --terraform, or give what it prints: terraform show -json PLAN > \
                 plan.json && whose check plan.json"
            }
            Self::Archive { .. } => "make the plan again: terraform plan -out=PLAN",
            Self::Encrypted { .. } => {
                "show it where the key is: tofu show -json PLAN > plan.json && whose check plan.json"
            }
        }
    }

    /// Says whether the file is another thing than a plan, so that another file was meant.
    #[must_use]
    pub fn is_wrong_file(&self) -> bool {
        matches!(self, Self::NotAPlan { .. } | Self::Empty { .. })
    }
}

const SHOW: &str = "make it again: terraform plan -out=PLAN && terraform show -json PLAN > plan.json";

/// A file that may be a plan.
#[derive(Clone, Debug)]
pub struct PlanFile {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

impl PlanFile {
    /// Reads the file; `-` is the standard input.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn open(path: &Path) -> Result<Self, PlanError> {
        let failed = |source| PlanError::Read {
            source_name: path.display().to_string(),
            source,
        };
        let bytes = if path == Path::new("-") {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
            bytes
        } else {
            std::fs::read(path).map_err(failed)?
        };
        Ok(Self {
            path: path.to_owned(),
            bytes,
        })
    }

    /// Says whether it is a zip file, as `plan -out` writes.
    #[must_use]
    pub fn is_zip(&self) -> bool {
        archive::is_zip(&self.bytes)
    }

    /// Says whether it looks like a plan, a state or other JSON, or like a zip file: not like a list of ids.
    #[must_use]
    pub fn is_structured(&self) -> bool {
        let text = self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes);
        let utf16 = text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]);
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        utf16 || archive::is_zip(text) || matches!(first, Some(b'{' | b'['))
    }
}

/// Reads a plan from a file, binary or not.
///
/// A binary plan is shown by `program`, else by the `terraform` or `tofu` that is found.
///
/// # Errors
///
/// Where it is no plan that can be used.
pub fn read_plan(file: &PlanFile, program: Option<&Program>) -> Result<Plan, PlanError> {
    let source = file.path.display().to_string();
    if !archive::is_zip(&file.bytes) {
        return parse_plan(&file.bytes, &source);
    }
    let origin = archive::read(&file.bytes, &source)?;
    let json = show::show(&file.path, program)?;
    let mut plan = parse_plan(&json, &source)?;
    plan.lineage = origin.lineage;
    plan.serial = origin.serial;
    plan.made_at = plan.made_at.or(origin.made_at);
    plan.prior_instances = plan.prior_instances.or(origin.instances);
    Ok(plan)
}

/// Reads what `terraform show -json` prints of a plan.
///
/// # Errors
///
/// Where it is no plan, is cut off, or has a format that is not known.
pub fn parse_plan(bytes: &[u8], source: &str) -> Result<Plan, PlanError> {
    let text = state::decode(bytes).map_err(|refusal| {
        if refusal.is_empty() {
            PlanError::Empty {
                source_name: source.to_owned(),
            }
        } else {
            PlanError::NotAPlan {
                source_name: source.to_owned(),
                what: "is not text that can be read",
                hint: SHOW,
            }
        }
    })?;
    parse(&text, source)
}

fn parse(text: &str, source: &str) -> Result<Plan, PlanError> {
    let mut reading = Reading::default();
    let mut outcome = document(text, &mut reading);
    if outcome.is_err() && reading.reorder {
        // Keys in an order that Terraform does not write: collect the types first.
        let mut types = Reading {
            pass: Pass::Types(Vec::new()),
            ..Reading::default()
        };
        outcome = document(text, &mut types);
        if outcome.is_ok()
            && let Pass::Types(found) = types.pass
        {
            reading = Reading {
                pass: Pass::Known(found),
                ..Reading::default()
            };
            outcome = document(text, &mut reading);
        }
    }
    let document = outcome.map_err(|error| explain(&error, text, source))?;
    let not = |what, hint| {
        Err(PlanError::NotAPlan {
            source_name: source.to_owned(),
            what,
            hint,
        })
    };
    if document.encrypted {
        return Err(PlanError::Encrypted {
            source_name: source.to_owned(),
        });
    }
    if document.is_state {
        return not(
            "is a state, not a plan",
            "give it with --state, and the plan here: terraform plan -out=PLAN && terraform show -json PLAN > plan.json",
        );
    }
    let Some(format) = &document.format_version else {
        return not("is JSON, but not a plan: it has no `format_version`", SHOW);
    };
    if !is_known_format(format) {
        return Err(PlanError::Format {
            source_name: source.to_owned(),
            version: format.clone(),
        });
    }
    if document.is_shown_state {
        return not(
            "is a state that `terraform show -json` printed, not a plan",
            "name the plan file: terraform show -json PLAN > plan.json",
        );
    }
    if !document.has_changes && !document.is_plan {
        return not("is JSON from Terraform, but not a plan", SHOW);
    }
    Ok(finish(document, reading, source))
}

fn is_known_format(version: &str) -> bool {
    let (major, minor) = version.split_once('.').unwrap_or((version, ""));
    matches!(major, "0" | "1") && !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())
}

fn finish(document: Document, reading: Reading, source: &str) -> Plan {
    let mut changes = reading.changes;
    let places = document.configuration;
    for change in &mut changes {
        let Some((name, place)) = places.provider_of(&change.address) else {
            continue;
        };
        let provider = reading.providers.get(&change.address).copied().unwrap_or_default();
        let alias = name.rsplit_once('.').map_or("", |(_, alias)| alias);
        let provider = if alias.is_empty() || provider.is_empty() {
            provider
        } else {
            Symbol::new(&format!("{provider}.{alias}"))
        };
        for claim in [&mut change.before, &mut change.after].into_iter().flatten() {
            claim.provider = provider;
            claim.region = claim.region.or(place.region);
            if let [only] = place.accounts.as_slice() {
                claim.account = claim.account.or(Some(*only));
            }
        }
    }
    Plan {
        source: source.to_owned(),
        format_version: document.format_version.unwrap_or_default(),
        terraform_version: document.terraform_version,
        made_at: document.made_at,
        lineage: None,
        serial: None,
        errored: document.errored,
        complete: document.complete.unwrap_or(true),
        prior_instances: document
            .prior_instances
            .or_else(|| document.has_changes.then_some(0).filter(|_| document.is_recent)),
        changes,
        providers: places.into_providers(),
        other_providers: reading.others.into_iter().collect(),
        other_deletes: reading.other_deletes.into_iter().collect(),
    }
}

/// Says where the text is wrong. The error's own words are not used: they quote values.
fn explain(error: &serde_json::Error, text: &str, source: &str) -> PlanError {
    use serde_json::error::Category;
    let not = |what, hint| PlanError::NotAPlan {
        source_name: source.to_owned(),
        what,
        hint,
    };
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.starts_with("{\"@level\"") {
        return not("is the log of `terraform plan -json`, which has no plan in it", SHOW);
    }
    if !start.starts_with('{') {
        return not("is not JSON", SHOW);
    }
    let what = match error.classify() {
        Category::Eof => "ends in the middle",
        Category::Data => "has a value of the wrong type",
        Category::Syntax | Category::Io => "is not valid JSON",
    };
    PlanError::Damaged {
        source_name: source.to_owned(),
        what,
        line: error.line(),
        column: error.column(),
    }
}

fn document(text: &str, reading: &mut Reading) -> Result<Document, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let document = ReadDocument(reading).deserialize(&mut json)?;
    json.end()?;
    Ok(document)
}

/// What stands at the top.
#[derive(Default)]
struct Document {
    format_version: Option<String>,
    terraform_version: Option<String>,
    made_at: Option<Timestamp>,
    errored: bool,
    complete: Option<bool>,
    prior_instances: Option<u64>,
    has_changes: bool,
    is_plan: bool,
    /// It says `errored`, so its Terraform also says the prior state where there is one.
    is_recent: bool,
    is_state: bool,
    is_shown_state: bool,
    encrypted: bool,
    configuration: configuration::Places,
}

/// Providers whose resources are nothing but values in the state or files beside it.
const HELPERS: &[&str] = &[
    "archive",
    "cloudinit",
    "external",
    "http",
    "local",
    "null",
    "random",
    "template",
    "terraform",
    "time",
    "tls",
];

/// How often the text was read, and what is known from that.
enum Pass {
    /// For the first time, hoping that a change's type stands before the change.
    Hopeful,
    /// Only for the types, in order.
    Types(Vec<Symbol>),
    Known(Vec<Symbol>),
}

/// The state of the reading.
struct Reading {
    pass: Pass,
    begun: usize,
    reorder: bool,
    changes: Vec<PlannedChange>,
    /// The provider of each change, in the form that a state has.
    providers: FxHashMap<Box<str>, Symbol>,
    others: std::collections::BTreeMap<Symbol, u64>,
    other_deletes: std::collections::BTreeMap<Symbol, u64>,
    types: FxHashMap<Symbol, std::rc::Rc<Type>>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            pass: Pass::Hopeful,
            begun: 0,
            reorder: false,
            changes: Vec::new(),
            providers: FxHashMap::default(),
            others: std::collections::BTreeMap::default(),
            other_deletes: std::collections::BTreeMap::default(),
            types: FxHashMap::default(),
        }
    }
}

struct Type {
    disposition: Disposition,
    filter: Filter,
}

impl Reading {
    fn kind(&mut self, kind: Symbol) -> std::rc::Rc<Type> {
        std::rc::Rc::clone(self.types.entry(kind).or_insert_with(|| {
            let disposition = disposition(&kind);
            std::rc::Rc::new(Type {
                disposition,
                filter: Filter::of_plan(&kind, disposition),
            })
        }))
    }
}

struct ReadDocument<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for ReadDocument<'_> {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadDocument<'_> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plan")
    }

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

impl<'de> DeserializeSeed<'de> for CountManaged {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

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

impl<'de> DeserializeSeed<'de> for CountRoot {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

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

impl<'de> DeserializeSeed<'de> for ReadChanges<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadChanges<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of changes")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(ReadChange(self.0))?.is_some() {}
        Ok(())
    }
}

struct ReadChange<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for ReadChange<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadChange<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a change")
    }

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

impl<'de> DeserializeSeed<'de> for ReadBody<'_> {
    type Value = Body;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Body, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadBody<'_> {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a change")
    }

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

/// Interns the name of a top-level attribute; what cannot be one is not kept.
fn attribute_name(text: &str) -> Option<Symbol> {
    is_name(text).then(|| Symbol::new(text))
}

#[cfg(test)]
mod tests;

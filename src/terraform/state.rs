//! One state from its bytes: which format they are in, and format version 4 itself.
//!
//! Source of the format: `stateV4` in Terraform's and OpenTofu's `states/statefile/version4.go`.

pub(super) mod read;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde::de::DeserializeSeed;

use super::address::IndexKey;
use super::filter::Filter;
use super::json::Scalar;
use super::object::{Object, Sensitive, account, region};
use super::project;
use crate::kinds::registry::{Disposition, disposition};
use crate::model::{Arn, Claim, Configuration, Mode, State, StateStatus, Symbol};

/// What was read from the bytes of one state.
#[derive(Clone, Debug)]
pub struct Parsed {
    pub state: State,
    /// In the order of the file; their `state` is 0 until they join those of other states.
    pub claims: Vec<Claim>,
    /// Managed instances of providers other than AWS, by the provider's source.
    pub other_providers: Vec<(Symbol, u64)>,
    /// Set where the bytes are no state but say which backend holds it: the backend's type.
    pub backend: Option<Symbol>,
    /// The content is there but encrypted; lineage and serial may still be known.
    pub(super) encrypted: bool,
}

/// Reads a state of format version 4, or what `terraform show -json` prints of one.
///
/// `source` is the path or address as the user would write it. It never fails: what cannot be read is a state
/// with status `Unreadable` or `Empty`, an error that says where (never what stands there) and a hint.
#[must_use]
pub fn parse_state(bytes: &[u8], source: &str) -> Parsed {
    let mut reading = Reading::default();
    let outcome = decode(bytes).and_then(|text| read(&text, &mut reading));
    let mut parsed = Parsed::unreadable(source, "", None);
    let refusal = match outcome {
        Ok(document) => {
            parsed.encrypted = document.has(Mark::Encrypted);
            parsed.state.lineage = document
                .lineage
                .and_then(Scalar::text)
                .filter(|text| is_lineage(text))
                .map(Into::into);
            parsed.state.serial = document.serial.and_then(|serial| match serial {
                Scalar::Unsigned(number) => Some(number),
                _ => None,
            });
            parsed.state.terraform_version = document
                .terraform_version
                .and_then(Scalar::text)
                .filter(|text| is_version(text))
                .map(Into::into);
            document.refusal
        }
        Err(refusal) => Some(refusal),
    };
    match refusal {
        None => {
            parsed.state.status = StateStatus::Read;
            parsed.state.error = None;
            parsed.state.claims = reading.managed;
            parsed.state.unknown_types = reading.unknown.into_iter().collect();
            parsed.other_providers = reading.others.into_iter().collect();
            parsed.claims = reading.claims;
            parsed.claims.shrink_to_fit();
        }
        Some(refusal) => {
            parsed.state.status = refusal.status;
            parsed.state.error = Some(refusal.error);
            parsed.state.hint = Some(refusal.hint.into());
            parsed.backend = refusal.backend;
        }
    }
    parsed
}

/// Says whether a lineage can be one: a UUID, or a word that somebody chose. Others are not compared.
fn is_lineage(text: &str) -> bool {
    text.len() <= 128
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_version(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'))
}

/// Why bytes are not taken as a state.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StateStatus,
    error: String,
    hint: &'static str,
    backend: Option<Symbol>,
}

impl Parsed {
    /// A state that could not be fetched or opened.
    #[must_use]
    pub fn unreadable(source: &str, error: impl Into<String>, hint: Option<String>) -> Self {
        Self {
            state: State {
                source: source.to_owned(),
                status: StateStatus::Unreadable,
                project: Symbol::new(&project::names(source)[0]),
                lineage: None,
                serial: None,
                terraform_version: None,
                claims: 0,
                unknown_types: Vec::new(),
                error: Some(error.into()),
                hint,
            },
            claims: Vec::new(),
            other_providers: Vec::new(),
            backend: None,
            encrypted: false,
        }
    }
}

impl Refusal {
    /// Says whether there is nothing in the bytes.
    pub(super) fn is_empty(&self) -> bool {
        self.status == StateStatus::Empty
    }

    fn new(error: impl Into<String>, hint: &'static str) -> Self {
        Self {
            status: StateStatus::Unreadable,
            error: error.into(),
            hint,
            backend: None,
        }
    }

    fn empty(error: &str, hint: &'static str) -> Self {
        Self {
            status: StateStatus::Empty,
            ..Self::new(error, hint)
        }
    }
}

const PULL: &str = "fetch it again with `terraform state pull > FILE` (or `tofu state pull`) and name that file";
const PLAN: &str = "plans are read by `whose check`: `terraform show -json PLAN > plan.json && whose check plan.json`";
const MOVED: &str = "Terraform leaves an empty file behind when a state moves to a remote backend: fetch that one with \
                     `terraform state pull > FILE`";

/// Files that are taken for states by mistake, by their first bytes.
const OTHER_FILES: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "is a zip archive, as saved plans are, not a state", PLAN),
    (
        b"\x1f\x8b",
        "is compressed with gzip",
        "decompress it with `gunzip` and name the result",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "is compressed with zstd",
        "decompress it with `zstd -d` and name the result",
    ),
    (
        b"version https://git-lfs.github.com/",
        "is a Git LFS pointer, not the state itself",
        "fetch the content with `git lfs pull`",
    ),
    (
        b"\0GITCRYPT\0",
        "is encrypted by git-crypt",
        "decrypt the working copy with `git-crypt unlock`",
    ),
    (
        b"$ANSIBLE_VAULT;",
        "is encrypted by Ansible Vault",
        "write a decrypted copy with `ansible-vault view FILE > COPY` and name it",
    ),
    (
        b"age-encryption.org/",
        "is encrypted by age",
        "write a decrypted copy with `age -d FILE > COPY` and name it",
    ),
    (
        b"-----BEGIN ",
        "is an armoured (encrypted or signed) file",
        "write a decrypted copy and name it",
    ),
    (b"<", "is HTML or XML, as error pages are, not a state", PULL),
];

/// Turns bytes into text: UTF-8 with or without a byte order mark, or UTF-16 with one, as PowerShell writes it.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    for (start, error, hint) in OTHER_FILES {
        if bytes.starts_with(start) {
            return Err(Refusal::new(*error, hint));
        }
    }
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
        text.ok()
            .filter(|_| rest.is_empty())
            .ok_or_else(|| Refusal::new("is not whole UTF-16 text", PULL))
    };
    let text: Cow<'_, str> = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?.into(),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?.into(),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            std::str::from_utf8(bytes)
                .map_err(|error| {
                    Refusal::new(format!("is not UTF-8 text, from byte {} on", error.valid_up_to()), PULL)
                })?
                .into()
        }
    };
    if text.bytes().all(|b| b.is_ascii_whitespace()) {
        return Err(Refusal::empty("is empty", MOVED));
    }
    if text.bytes().all(|b| b == 0) {
        return Err(Refusal::empty("holds nothing but zero bytes", PULL));
    }
    Ok(text)
}

/// What a document holds, told from the keys at its top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// `resources` of version 4.
    Resources,
    /// `modules` of version 3 and before, with at least one resource.
    OldResources,
    /// `values` of `terraform show -json`.
    Values,
    Plan,
    /// Encrypted by OpenTofu.
    Encrypted,
    Sops,
    /// A key that no state has.
    Foreign,
}

/// What stands at the top of the file.
#[derive(Debug, Default)]
pub(super) struct Document {
    version: Option<Scalar>,
    format_version: Option<Scalar>,
    terraform_version: Option<Scalar>,
    serial: Option<Scalar>,
    lineage: Option<Scalar>,
    /// The type of a backend, in the files under `.terraform`.
    backend: Option<Symbol>,
    marks: BTreeSet<Mark>,
    refusal: Option<Refusal>,
}

impl Document {
    fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }

    /// Says why the document is not a state that can be used, if it is not.
    fn judge(&self) -> Option<Refusal> {
        if self.has(Mark::Sops) {
            return Some(Refusal::new(
                "is encrypted by SOPS",
                "write a decrypted copy with `sops -d FILE > COPY` and name it",
            ));
        }
        if self.has(Mark::Encrypted) {
            return Some(Refusal::new(
                "is encrypted by OpenTofu",
                "write the decrypted state to a file with `tofu state pull > FILE` and name it",
            ));
        }
        if self.has(Mark::Plan) {
            return Some(Refusal::new("is a plan, not a state", PLAN));
        }
        if let Some(format) = &self.format_version {
            let known = matches!(format, Scalar::Text(text) if text.starts_with("1.") || text.starts_with("0."));
            return if !known {
                Some(Refusal::new(
                    "has a `format_version` that this version of whose does not know",
                    "look for a newer whose, or name the state file itself",
                ))
            } else if self.has(Mark::Values) {
                None
            } else if self.has(Mark::Foreign) {
                Some(Refusal::new("is JSON from Terraform, but not a state", PULL))
            } else {
                Some(Refusal::empty(
                    "holds no values: `terraform show` found no state",
                    "run `terraform show -json` where `terraform state list` lists resources",
                ))
            };
        }
        match self.version {
            Some(Scalar::Unsigned(4)) if self.has(Mark::Resources) => None,
            Some(Scalar::Unsigned(4)) => Some(Refusal::new("has version 4 but no `resources`", PULL)),
            Some(Scalar::Unsigned(1..=3)) if self.backend.is_some() && !self.has(Mark::OldResources) => {
                let backend = self.backend.unwrap_or_default();
                Some(Refusal {
                    backend: Some(backend),
                    ..Refusal::new(
                        format!("is not a state: it says that the state is in a backend of type `{backend}`"),
                        "fetch the state with `terraform state pull > FILE` and name that file",
                    )
                })
            }
            Some(Scalar::Unsigned(version @ 1..=3)) => Some(Refusal::new(
                format!("has format version {version}, of Terraform 0.11 and before"),
                "`terraform state pull > FILE` with Terraform 0.12 or later writes version 4 (`terraform 0.12upgrade` \
                 helps with the configuration)",
            )),
            Some(Scalar::Unsigned(version)) => Some(Refusal::new(
                format!("has format version {version}, which this version of whose does not know"),
                "look for a newer whose; `terraform show -json > FILE` may give a form that it can read",
            )),
            Some(_) => Some(Refusal::new("has a `version` that is not a number", PULL)),
            None => Some(Refusal::new("is JSON, but not a state: it has no `version`", PULL)),
        }
    }
}

/// Reads the text, with a second pass where keys stand in an order that Terraform does not write.
fn read(text: &str, reading: &mut Reading) -> Result<Document, Refusal> {
    let mut outcome = document(text, reading);
    if reading.reorder {
        *reading = Reading {
            pass: Pass::Headers(Vec::new()),
            ..Reading::default()
        };
        outcome = document(text, reading);
        if outcome.is_ok()
            && let Pass::Headers(headers) = std::mem::take(&mut reading.pass)
        {
            *reading = Reading {
                pass: Pass::Known(headers),
                ..Reading::default()
            };
            outcome = document(text, reading);
        }
    }
    match outcome {
        Ok(mut document) => {
            document.refusal = document.judge();
            Ok(document)
        }
        Err(error) => Err(explain(&error, text, reading)),
    }
}

fn document(text: &str, reading: &mut Reading) -> Result<Document, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let document = read::ReadDocument(reading).deserialize(&mut json)?;
    reading.place = Place::default();
    json.end()?;
    Ok(document)
}

/// Says where the text is wrong. The error's own words are not used: they quote values.
fn explain(error: &serde_json::Error, text: &str, reading: &Reading) -> Refusal {
    use serde_json::error::Category;
    let place = format!("line {}, column {}{}", error.line(), error.column(), reading.place);
    match error.classify() {
        Category::Eof => Refusal::new(format!("ends in the middle, at {place}"), PULL),
        Category::Data => match reading.wrong {
            Some(wrong) => Refusal::new(format!("{wrong}, at {place}"), PULL),
            None => Refusal::new(format!("has a value of the wrong type, at {place}"), PULL),
        },
        Category::Syntax | Category::Io => {
            if text.starts_with("<<<<<<< ") || text.contains("\n<<<<<<< ") {
                return Refusal::new(
                    format!("holds conflict markers of a merge, at {place}"),
                    "resolve the conflict, or fetch the state again with `terraform state pull > FILE`",
                );
            }
            // Static text of serde_json, without a value in it.
            let deep = error.to_string().starts_with("recursion limit exceeded");
            let what = if deep {
                "is nested too deeply"
            } else {
                "is not valid JSON"
            };
            Refusal::new(format!("{what}, at {place}"), PULL)
        }
    }
}

/// Where in the file the reading is: numbers and words of the format only.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) part: &'static str,
    pub(super) resource: Option<usize>,
    pub(super) instance: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.resource, self.instance) {
            (None, _) if self.part.is_empty() => Ok(()),
            (None, _) => write!(f, " (in `{}`)", self.part),
            (Some(resource), _) if self.part == "values" => write!(f, " (in `values`, resource {resource})"),
            (Some(resource), None) => write!(f, " (in `{}[{resource}]`)", self.part),
            (Some(resource), Some(instance)) => {
                write!(f, " (in `{}[{resource}].instances[{instance}]`)", self.part)
            }
        }
    }
}

/// What says which resource an instance belongs to.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    module: Option<Box<str>>,
    pub(super) mode: Option<Mode>,
    pub(super) kind: Option<Symbol>,
    name: Option<Box<str>>,
    pub(super) provider: Option<Symbol>,
}

impl Header {
    /// Takes a field, or says what is wrong with it.
    pub(super) fn set(&mut self, field: &str, value: Scalar) -> Result<(), &'static str> {
        let text = match value {
            Scalar::Null => None,
            Scalar::Text(text) => Some(text),
            _ => return Err("has a resource with a field of the wrong type"),
        };
        match field {
            "module" => self.module = text,
            "mode" => self.mode = Some(mode(text.as_deref())?),
            "type" => self.kind = Some(kind(text.as_deref())?),
            "name" => self.name = text,
            _ => self.provider = text.filter(|text| !text.is_empty()).map(|text| Symbol::new(&text)),
        }
        Ok(())
    }
}

pub(super) fn mode(text: Option<&str>) -> Result<Mode, &'static str> {
    match text {
        Some("managed") => Ok(Mode::Managed),
        Some("data") => Ok(Mode::Data),
        _ => Err("has a resource whose `mode` is neither `managed` nor `data`"),
    }
}

pub(super) fn kind(text: Option<&str>) -> Result<Symbol, &'static str> {
    // Types of providers outside the public registry may hold dashes and capitals.
    text.filter(|text| {
        (1..=128).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    })
    .map(Symbol::new)
    .ok_or("has a resource without a proper `type`")
}

/// How often the text was read before, and what is known from that.
#[derive(Debug, Default)]
pub(super) enum Pass {
    /// For the first time, hoping for the order that Terraform writes.
    #[default]
    Hopeful,
    /// Only to collect the headers of all resources, in order.
    Headers(Vec<Header>),
    /// With the headers known.
    Known(Vec<Header>),
}

/// A type, what the inventory knows of it, and what is kept of it.
#[derive(Debug)]
pub(super) struct Type {
    disposition: Disposition,
    pub(super) filter: Filter,
}

/// The state of the reading of one file, and what was found.
#[derive(Debug, Default)]
pub(super) struct Reading {
    claims: Vec<Claim>,
    managed: u64,
    unknown: BTreeMap<Symbol, u64>,
    others: BTreeMap<Symbol, u64>,
    types: FxHashMap<Symbol, Rc<Type>>,
    pub(super) pass: Pass,
    /// How many resources were begun.
    begun: usize,
    pub(super) place: Place,
    /// What is wrong, in fixed words.
    pub(super) wrong: Option<&'static str>,
    /// A header came too late: read once more.
    pub(super) reorder: bool,
}

impl Reading {
    /// Ends the reading, for a reason in fixed words.
    pub(super) fn wrong<E: serde::de::Error>(&mut self, wrong: &'static str) -> E {
        self.wrong = Some(wrong);
        E::custom(wrong)
    }

    /// Ends this pass; another one follows.
    pub(super) fn too_late<E: serde::de::Error>(&mut self) -> E {
        self.reorder = true;
        E::custom("header after content")
    }

    pub(super) fn collects_headers(&self) -> bool {
        matches!(self.pass, Pass::Headers(_))
    }

    /// Starts the next resource: its number, and its header where that is known already.
    pub(super) fn begin(&mut self) -> Option<Header> {
        let number = self.begun;
        self.begun += 1;
        match &self.pass {
            Pass::Known(headers) => Some(headers.get(number).cloned().unwrap_or_default()),
            _ => None,
        }
    }

    pub(super) fn begun(&self) -> usize {
        self.begun
    }

    pub(super) fn collect(&mut self, header: Header) {
        if let Pass::Headers(headers) = &mut self.pass {
            headers.push(header);
        }
    }

    pub(super) fn kind(&mut self, kind: Symbol) -> Rc<Type> {
        Rc::clone(self.types.entry(kind).or_insert_with(|| {
            let disposition = disposition(&kind);
            Rc::new(Type {
                disposition,
                filter: Filter::of(disposition),
            })
        }))
    }

    /// Counts instances of another provider.
    pub(super) fn count_other(&mut self, provider: &str, mode: Mode, instances: u64) {
        if mode == Mode::Managed && instances > 0 {
            let printable = (1..=128).contains(&provider.len())
                && provider
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/'));
            let provider = if printable { provider } else { "unknown" };
            *self.others.entry(Symbol::new(provider)).or_default() += instances;
        }
    }

    /// Adds an instance of an AWS provider.
    pub(super) fn add(&mut self, instance: Instance, kind: Symbol, of: &Type, mode: Mode, address: Box<str>) {
        let Instance {
            mut object,
            sensitive,
            identity,
            provider,
            deposed,
            tainted,
            ..
        } = instance;
        if mode == Mode::Managed {
            self.managed += 1;
            if matches!(of.disposition, Disposition::Unknown) {
                *self.unknown.entry(kind).or_default() += 1;
            }
        }
        // The id of a part or of an unknown type may be its whole's: that candidate stays.
        let own = !matches!(of.disposition, Disposition::Unknown | Disposition::Facet(..));
        let (region, account) = whereabouts(&object, &identity);
        let mut configuration = object.take_configuration(&sensitive);
        if let Disposition::Kind(kind) | Disposition::Alias(kind) | Disposition::Adopter(kind) = of.disposition
            && let Some(canonical) = kind.canonical
        {
            canonical(&mut configuration);
        }
        configuration.shrink();
        self.claims.push(Claim {
            state: 0,
            mode,
            kind,
            address,
            provider,
            region,
            account,
            tags: object.take_tags(&sensitive),
            configuration,
            candidates: object.take_candidates(own),
            id: object.id,
            arn: object.arn,
            identity,
            deposed,
            tainted,
            project: Symbol::default(),
        });
    }
}

/// Region and account of an instance. An ARN comes from AWS itself, so it goes first; a few types have another
/// meaning for the attribute `region` before version 6 of the provider.
pub(super) fn whereabouts(object: &Object, identity: &Configuration) -> (Option<Symbol>, Option<Symbol>) {
    let arns = [object.arn.as_deref(), object.id.as_deref(), identity.text("arn")];
    let mut parts = arns.into_iter().flatten().filter_map(arn_parts);
    let (of_region, of_account) = parts.next().unwrap_or_default();
    let region = region(of_region)
        .or(object.region)
        .or_else(|| identity.text("region").and_then(region));
    let account = account(of_account).or_else(|| identity.text("account_id").and_then(account));
    (region, account)
}

/// Region and account in an ARN; alarms and others have names with spaces, which an exact ARN has not.
fn arn_parts(text: &str) -> Option<(&str, &str)> {
    if let Some(arn) = Arn::parse(text) {
        return Some((arn.region, arn.account));
    }
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':').skip(2);
    let parts = (parts.next()?, parts.next()?);
    Some(parts)
}

/// What is kept of one instance before its address is known.
#[derive(Debug, Default)]
pub(super) struct Instance {
    pub(super) object: Object,
    pub(super) sensitive: Sensitive,
    pub(super) identity: Configuration,
    pub(super) provider: Symbol,
    pub(super) key: Option<IndexKey>,
    pub(super) deposed: Option<Box<str>>,
    pub(super) tainted: bool,
}

/// Takes the key of an instance, or says what is wrong with it.
pub(super) fn index_key(value: Scalar) -> Result<Option<IndexKey>, &'static str> {
    const WRONG: &str = "has an instance whose key is neither a number nor a text";
    match value {
        Scalar::Null => Ok(None),
        Scalar::Unsigned(number) => i64::try_from(number)
            .map(|number| Some(IndexKey::Number(number)))
            .map_err(|_| WRONG),
        Scalar::Signed(number) => Ok(Some(IndexKey::Number(number))),
        Scalar::Text(text) => Ok(Some(IndexKey::Text(text))),
        _ => Err(WRONG),
    }
}

#[cfg(test)]
mod tests;

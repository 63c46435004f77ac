//! Plans: what `terraform show -json` prints of one (format 1.x), and the zip files that `plan -out` writes.
//!
//! Plans hold passwords in clear text, before and after. The same allow-list as for states decides what is kept, while
//! parsing; see [`super::filter`]. Source of the format: Terraform's documentation, "JSON Output Format", plan
//! representation, and `jsonplan/plan.go` of Terraform and OpenTofu.

mod archive;
mod configuration;
mod read;
mod show;

use std::io::Read;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use serde::de::DeserializeSeed;

use super::filter::Filter;
use super::object::is_name;
use super::state;
use crate::kinds::registry::{Disposition, disposition};
use crate::model::plan::{Plan, PlannedChange};
use crate::model::{Symbol, Timestamp};

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
    let document = read::ReadDocument(reading).deserialize(&mut json)?;
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

/// Interns the name of a top-level attribute; what cannot be one is not kept.
fn attribute_name(text: &str) -> Option<Symbol> {
    is_name(text).then(|| Symbol::new(text))
}

#[cfg(test)]
mod tests;

//! `whose.toml`: projects, ignores and thresholds, as a person writes them.
//!
//! It only parses and checks. Who applies an ignore, and what a project is, stands in `findings` and `ledger`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::findings::Severity;
use crate::ledger::Projects;
use crate::ledger::projects::ProjectRule;
use crate::model::Symbol;

/// The file's name, looked for in the working folder.
pub const FILE: &str = "whose.toml";

/// Everything that the file can say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Severities and codes that make the exit code 3.
    pub fail_on: Option<Vec<String>>,
    /// Tag keys that name a project, in the order in which they are asked.
    pub project_tags: Option<Vec<String>>,
    /// States to read where the command line names none.
    pub states: Vec<String>,
    /// Accounts that may be scanned at all; none given allows every one.
    pub accounts: Vec<String>,
    /// By the project's name.
    pub projects: std::collections::BTreeMap<String, Project>,
    pub ignores: Vec<Ignore>,
    pub check: Thresholds,
}

/// A project: which claims are its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Project {
    /// Globs over the path of the state, as it is given.
    pub states: Vec<String>,
    /// Globs over the address in the state.
    pub addresses: Vec<String>,
    /// Account ids.
    pub accounts: Vec<String>,
}

/// Something that need not be reported, with the reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// A finding's code; every code where it is not given.
    pub code: Option<String>,
    /// A glob over the ARN (or over the address of a claim that is missing).
    pub resource: String,
    /// Why; it must say something.
    pub reason: String,
    /// The last day on which it counts, `2027-01-31`.
    pub expires: Option<String>,
}

/// When a plan is a mass destruction.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// The share of a project, in percent, above which a plan that destroys it needs a person's word.
    pub mass_destroy_project_percent: u8,
    /// But never below so many resources.
    pub mass_destroy_project_least: u32,
    /// The share of the account, in percent.
    pub mass_destroy_account_percent: u8,
    /// But never below so many resources.
    pub mass_destroy_account_least: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            mass_destroy_project_percent: 50,
            mass_destroy_project_least: 5,
            mass_destroy_account_percent: 20,
            mass_destroy_account_least: 10,
        }
    }
}

/// The config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path} could not be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}, line {line}: {message}")]
    Syntax {
        path: PathBuf,
        line: usize,
        message: String,
    },
    #[error("{path}: {message}")]
    Meaning { path: PathBuf, message: String },
}

impl ConfigError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check the path, or leave --config out",
            Self::Syntax { .. } | Self::Meaning { .. } => "'whose init --stdout' prints a commented example",
        }
    }
}

impl Config {
    /// Reads a config file.
    ///
    /// # Errors
    /// Where it cannot be read, is no TOML, has a key that nobody knows, or says what cannot be.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads the file of the working folder, where there is one.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn find(folder: &Path) -> Result<Option<(PathBuf, Self)>, ConfigError> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let config = Self::read(&path)?;
        Ok(Some((path, config)))
    }

    /// Parses the text of a config file; `path` stands in errors.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            ConfigError::Syntax {
                path: path.to_owned(),
                line,
                message,
            }
        })?;
        config.projects().map_err(|message| ConfigError::Meaning {
            path: path.to_owned(),
            message,
        })?;
        config.ignores().map_err(|message| ConfigError::Meaning {
            path: path.to_owned(),
            message,
        })?;
        Ok(config)
    }

    /// How claims become projects.
    ///
    /// # Errors
    /// Where a pattern is no glob.
    pub fn projects(&self) -> Result<Projects, String> {
        let globs = |patterns: &[String]| {
            patterns
                .iter()
                .map(|text| ProjectRule::pattern(text).map_err(|_| format!("{text:?} is not a glob")))
                .collect::<Result<Vec<_>, _>>()
        };
        let mut projects = Projects::default();
        if let Some(keys) = &self.project_tags {
            projects.tag_keys.clone_from(keys);
        }
        for (name, project) in &self.projects {
            projects.rules.push(ProjectRule {
                name: Symbol::new(name),
                states: globs(&project.states)?,
                addresses: globs(&project.addresses)?,
                accounts: project.accounts.iter().map(|account| Symbol::new(account)).collect(),
            });
        }
        Ok(projects)
    }

    /// The ignores, ready to be applied.
    ///
    /// # Errors
    /// Where a pattern is no glob, a reason is empty, a code is unknown, or a date is none.
    pub fn ignores(&self) -> Result<Vec<crate::findings::ignores::Ignore>, String> {
        self.ignores
            .iter()
            .map(|ignore| {
                if ignore.reason.trim().is_empty() {
                    return Err(format!("the ignore of {:?} has no reason", ignore.resource));
                }
                if let Some(code) = &ignore.code
                    && !crate::findings::RULES.iter().any(|rule| rule.code == code)
                {
                    return Err(format!("there is no finding {code:?}"));
                }
                let expires = match &ignore.expires {
                    None => None,
                    Some(text) => Some(
                        text.parse::<jiff::civil::Date>()
                            .map_err(|_| format!("{text:?} is not a date (2027-01-31)"))?,
                    ),
                };
                Ok(crate::findings::ignores::Ignore {
                    code: ignore.code.clone(),
                    pattern: ignore.resource.clone(),
                    resource: ProjectRule::pattern(&ignore.resource)
                        .map_err(|_| format!("{:?} is not a glob", ignore.resource))?,
                    reason: ignore.reason.trim().to_owned(),
                    expires,
                })
            })
            .collect()
    }

    /// The severities and codes of `fail_on`, as the command line would give them.
    #[must_use]
    pub fn fail_on(&self) -> Option<String> {
        self.fail_on.as_ref().map(|words| words.join(","))
    }
}

/// Writes a commented config file from what was found.
#[must_use]
pub fn example(found: &Found) -> String {
    use std::fmt::Write;
    let mut text = String::from(
        "# whose.toml: what whose cannot see in the account. Every key is optional.\n\
         # Reference: README.md, \"whose.toml\".\n\n",
    );
    let list = |items: &[String]| {
        let quoted: Vec<String> = items.iter().map(|item| toml_string(item)).collect();
        format!("[{}]", quoted.join(", "))
    };
    let _ = writeln!(
        text,
        "# What makes the exit code 3: severities (info, low, medium, high, critical) and codes.\nfail_on = [\"medium\"]\n"
    );
    let _ = writeln!(
        text,
        "# States to read where the command line names none.\nstates = {}\n",
        list(&found.states)
    );
    let _ = writeln!(
        text,
        "# Accounts that may be scanned; another one is refused.\n{}accounts = {}\n",
        if found.accounts.is_empty() { "# " } else { "" },
        list(if found.accounts.is_empty() {
            &found.example_accounts
        } else {
            &found.accounts
        })
    );
    let keys: Vec<String> = if found.tag_keys.is_empty() {
        crate::ledger::projects::TAG_KEYS
            .iter()
            .map(|key| (*key).to_owned())
            .collect()
    } else {
        found.tag_keys.clone()
    };
    let _ = writeln!(
        text,
        "# Tag keys that name a project, the first that is there counts.\nproject_tags = {}\n",
        list(&keys)
    );
    let _ = writeln!(
        text,
        "# Whose a claim is: every part that is given must hold. Without a rule the project tag decides, then the\n\
         # state's name. Globs; brackets are literal.\n\
         # [projects.platform]\n# states = [\"states/platform.tfstate\"]\n# addresses = [\"module.network.*\"]\n"
    );
    for (name, states) in &found.projects {
        let _ = writeln!(text, "[projects.{}]\nstates = {}\n", toml_key(name), list(states));
    }
    let _ = writeln!(
        text,
        "# When whose check calls a plan a mass destruction, in percent and at least so many resources.\n[check]\n\
         mass_destroy_project_percent = 50\nmass_destroy_project_least = 5\n\
         mass_destroy_account_percent = 20\nmass_destroy_account_least = 10\n"
    );
    let _ = writeln!(
        text,
        "# What need not be reported, each with a reason. An ignore that matches nothing, or has expired, is reported.\n\
         # [[ignores]]\n# code = \"unmanaged\"\n# resource = \"arn:aws:ec2:*:*:key-pair/*\"\n\
         # reason = \"made by hand, one a person\"\n# expires = \"2027-01-31\"\n"
    );
    for (code, resource) in &found.ignores {
        let _ = writeln!(
            text,
            "# [[ignores]]\n# code = {}\n# resource = {}\n# reason = \"\"\n",
            toml_string(code),
            toml_string(resource)
        );
    }
    text
}

/// What `whose init` found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub states: Vec<String>,
    pub accounts: Vec<String>,
    /// Shown in a comment where no account is known.
    pub example_accounts: Vec<String>,
    pub tag_keys: Vec<String>,
    /// Project names with their states.
    pub projects: Vec<(String, Vec<String>)>,
    /// Today's findings: code and resource; written as comments, because a reason is missing.
    pub ignores: Vec<(String, String)>,
}

fn toml_string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn toml_key(text: &str) -> String {
    let bare = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { text.to_owned() } else { toml_string(text) }
}

/// The least severe that still makes the exit code 3, where nothing is said.
pub const FAIL_ON: Severity = Severity::Medium;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("whose.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_full_file_is_understood() {
        let config = parse(
            r#"
            fail_on = ["high", "orphan"]
            project_tags = ["team"]
            states = ["states"]
            accounts = ["123456789012"]
            [projects.platform]
            states = ["**/platform.tfstate"]
            addresses = ["module.a[\"x\"].*"]
            [[ignores]]
            code = "unmanaged"
            resource = "arn:aws:ec2:*:*:key-pair/*"
            reason = "made by hand"
            expires = "2027-01-31"
            [check]
            mass_destroy_project_percent = 30
            "#,
        )
        .expect("a config");
        assert_eq!(config.projects().expect("rules").rules.len(), 1);
        assert_eq!(config.ignores().expect("ignores").len(), 1);
        assert_eq!(config.check.mass_destroy_account_percent, 20);
        assert_eq!(config.fail_on().as_deref(), Some("high,orphan"));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, part) in [
            ("fail_onn = []", "line 1"),
            ("\n\nstates = [", "line 3"),
            ("[[ignores]]\nresource = \"x\"\nreason = \" \"", "no reason"),
            (
                "[[ignores]]\nresource = \"x\"\nreason = \"r\"\ncode = \"nonsense\"",
                "no finding",
            ),
            (
                "[[ignores]]\nresource = \"x\"\nreason = \"r\"\nexpires = \"soon\"",
                "not a date",
            ),
            ("[[ignores]]\nresource = \"x\"", "reason"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_init_writes_is_understood() {
        let found = Found {
            states: vec!["states/a \"b\".tfstate".to_owned()],
            accounts: vec!["123456789012".to_owned()],
            tag_keys: vec!["Project".to_owned()],
            projects: vec![("my project".to_owned(), vec!["states/x.tfstate".to_owned()])],
            ignores: vec![(
                "orphan".to_owned(),
                "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1".to_owned(),
            )],
            ..Found::default()
        };
        let config = parse(&example(&found)).expect("a config");
        assert_eq!(config.states, found.states);
        assert_eq!(config.projects.len(), 1);
        parse(&example(&Found::default())).expect("a config of an empty folder");
        // With the comments of an example taken away, the ignore is complete but for its reason.
        let filled = example(&found).replace(
            "# [[ignores]]\n# code = \"orphan\"\n# resource",
            "[[ignores]]\ncode = \"orphan\"\nresource",
        );
        let filled = filled.replace("# reason = \"\"", "reason = \"kept for the audit\"");
        assert_eq!(parse(&filled).expect("a config").ignores.len(), 1);
    }
}

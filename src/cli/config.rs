//! `whose.toml` on the command line: found in the working folder, or named, or left alone.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::config::{Config, ConfigError};
use crate::findings::ignores::Ignore;
use crate::ledger::Projects;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ConfigArgs {
    /// The config file [default: whose.toml in the working folder, where there is one]
    #[arg(long, value_name = "FILE", help_heading = "General")]
    config: Option<PathBuf>,
    /// Leaves whose.toml alone
    #[arg(long, conflicts_with = "config", help_heading = "General")]
    no_config: bool,
}

/// What the config file says, checked; by default nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub projects: Projects,
    pub ignores: Vec<Ignore>,
    pub fail_on: Option<Vec<String>>,
    /// Read where the command line names none.
    pub states: Vec<String>,
    /// The only ones that may be scanned; none allows every one.
    pub accounts: Vec<String>,
    pub check: crate::config::Thresholds,
}

impl ConfigArgs {
    pub(crate) fn settle(self) -> Result<Settings, Failure> {
        let found = match self.config {
            Some(path) => Some((path.clone(), Config::read(&path)?)),
            None if self.no_config => None,
            None => Config::find(Path::new("."))?,
        };
        let Some((path, config)) = found else {
            return Ok(Settings::default());
        };
        tracing::info!(path = %path.display(), "config read");
        let meaning = |message| ConfigError::Meaning {
            path: path.clone(),
            message,
        };
        Ok(Settings {
            projects: config.projects().map_err(meaning)?,
            ignores: config.ignores().map_err(meaning)?,
            fail_on: config.fail_on,
            states: config.states,
            accounts: config.accounts,
            check: config.check,
        })
    }
}

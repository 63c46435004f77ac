//! Asks `terraform` or `tofu` for what a binary plan holds. It reads files and plugins on this machine and nothing else.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PlanError;

/// A program that can show a binary plan, and where it is to run.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Else `terraform`, then `tofu`, are looked for.
    pub path: Option<PathBuf>,
    /// The folder of the configuration, where `init` was run; else the plan's own, if it was run there, else the
    /// working folder.
    pub folder: Option<PathBuf>,
}

/// Shows the plan as JSON.
pub(super) fn show(plan: &Path, program: Option<&Program>) -> Result<Vec<u8>, PlanError> {
    let source_name = plan.display().to_string();
    let plan = std::path::absolute(plan).map_err(|source| PlanError::Read {
        source_name: source_name.clone(),
        source,
    })?;
    let own = plan.parent().filter(|folder| folder.join(".terraform").is_dir());
    let folder = program.and_then(|program| program.folder.as_deref()).or(own);
    let named = program.and_then(|program| program.path.clone());
    let candidates = named.map_or_else(|| vec!["terraform".into(), "tofu".into()], |path| vec![path]);
    let mut failed = None;
    for candidate in &candidates {
        let mut command = Command::new(candidate);
        command
            .args(["show", "-json", "-no-color"])
            .arg(&plan)
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_LOG")
            .env_remove("TF_CLI_ARGS")
            .env_remove("TF_CLI_ARGS_show")
            .stdin(Stdio::null());
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        match command.output() {
            Ok(output) if output.status.success() => return Ok(output.stdout),
            Ok(output) => {
                failed = failed.or(Some(PlanError::Show {
                    source_name: source_name.clone(),
                    program: candidate.display().to_string(),
                    status: output.status.to_string(),
                    hint: hint(&output.stderr),
                }));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(PlanError::Read {
                    source_name: candidate.display().to_string(),
                    source,
                });
            }
        }
    }
    Err(failed.unwrap_or(PlanError::NoProgram { source_name }))
}

/// What to do about a message of the program. The message itself is not shown: it may quote values.
fn hint(stderr: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(stderr);
    let says = |words: &str| text.contains(words);
    if says("terraform init") || says("tofu init") || says("plugin") || says("rovider") {
        "run it where the plan was made and `init` was run: cd there, or name the folder with --chdir"
    } else if says("version") {
        "show it with the version that made it: --terraform PATH"
    } else if says("ncrypt") {
        "show it where the key is, and give what it prints: tofu show -json PLAN > plan.json"
    } else {
        "run `terraform show PLAN` to see why, and give what `terraform show -json PLAN` prints"
    }
}

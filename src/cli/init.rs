//! `whose init`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;
use super::gather;
use super::target::Target;
use super::ui::Ui;
use crate::config::{self, Found};
use crate::ledger::Projects;
use crate::ledger::duplicates::Across;
use crate::model::StateStatus;
use crate::terraform;

/// Writes a commented whose.toml from the states of this folder, their tags, and today's findings
///
/// Nothing in the file is needed to start with; it is for what cannot be seen in an account: which claims are whose,
/// and which findings somebody decided not to hear of. Ignores are written as comments, because each needs a reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose init
  whose init --state states/ --snapshot last.jsonl.zst
      With today's findings as proposals for ignores.
  whose init --stdout")]
pub(crate) struct Args {
    /// Where to look for states: a file, a folder or a quoted glob; may be repeated
    #[arg(short, long, value_name = "STATE", default_value = ".")]
    state: Vec<String>,
    /// Proposes ignores from the findings of this snapshot
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Prints the file instead of writing it
    #[arg(long)]
    stdout: bool,
    /// Replaces a whose.toml that is there
    #[arg(long)]
    force: bool,
}

/// Ignores that are proposed at most; more would be no help.
const PROPOSED: usize = 30;

pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let path = Path::new(config::FILE);
    if !args.stdout && !args.force && path.exists() {
        return Err(Failure::usage(
            format!("there is a {} already", config::FILE),
            "look at it, use --stdout, or replace it with --force",
        ));
    }
    let target = if args.stdout { None } else { Some(Target::open(path)?) };
    let mut found = from_states(&args.state, ui)?;
    if let Some(snapshot) = &args.snapshot {
        from_snapshot(snapshot, &mut found)?;
    }
    let text = config::example(&found);
    match target {
        Some(target) => {
            target.write(&text)?;
            ui.note(&format!("wrote {}", path.display()));
        }
        None => ui.report(&text)?,
    }
    Ok(Exit::Clean)
}

fn from_states(arguments: &[String], ui: &mut Ui) -> Result<Found, Failure> {
    let inputs: Vec<_> = arguments
        .iter()
        .map(|argument| terraform::Input::from_argument(argument))
        .collect();
    let mut found = Found {
        example_accounts: vec!["123456789012".to_owned()],
        ..Found::default()
    };
    let states = match terraform::read_all(&inputs) {
        Ok(states) => states,
        // No state in the folder yet: the file is still of use.
        Err(_) if arguments == ["."] => {
            ui.warn("no Terraform state is in this folder");
            return Ok(found);
        }
        Err(error) => return Err(error.into()),
    };
    let mut accounts = BTreeSet::new();
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    let projects = Projects::default();
    let mut by_project: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for claim in states.claims.iter().filter(|claim| claim.is_managed()) {
        let state = &states.states[claim.state as usize];
        accounts.extend(claim.account);
        for (key, _) in claim.tags.iter() {
            let plain: String = key
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
                .to_ascii_lowercase();
            if matches!(
                plain.as_str(),
                "project" | "projectname" | "application" | "app" | "service" | "team" | "product"
            ) {
                *keys.entry(key).or_default() += 1;
            }
        }
        by_project
            .entry(projects.of(claim, state).to_string())
            .or_default()
            .insert(state.source.clone());
    }
    found.states = states
        .states
        .iter()
        .filter(|state| state.status == StateStatus::Read)
        .map(|state| state.source.clone())
        .collect();
    found.accounts = accounts.iter().map(ToString::to_string).collect();
    let mut keys: Vec<(&str, usize)> = keys.into_iter().collect();
    keys.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
    found.tag_keys = keys.into_iter().map(|(key, _)| key.to_owned()).collect();
    // A rule for a whole state would overrule its tags: only states with one project get one.
    found.projects = by_project
        .iter()
        .filter(|(_, sources)| {
            sources
                .iter()
                .all(|source| by_project.values().filter(|others| others.contains(source)).count() == 1)
        })
        .map(|(name, sources)| (name.clone(), sources.iter().cloned().collect()))
        .collect();
    Ok(found)
}

fn from_snapshot(path: &Path, found: &mut Found) -> Result<(), Failure> {
    let gathered = gather::saved(path, Projects::default(), Across::Nothing)?;
    let mut seen = BTreeSet::new();
    for finding in crate::findings::all(&gathered.ledger) {
        let severe = finding.severity >= crate::findings::Severity::High;
        // What is severe should be looked at, not ignored.
        if severe || finding.code == "gap" {
            continue;
        }
        for resource in finding.resources {
            if found.ignores.len() < PROPOSED && seen.insert((finding.code.clone(), resource.clone())) {
                found.ignores.push((finding.code.clone(), resource));
            }
        }
    }
    Ok(())
}

//! Deletions by hand: from a script or command line to what it would delete.
//!
//! Every command of the AWS CLI that may delete something becomes a [`Deletion`] or, where what it deletes cannot
//! be told, an [`Item::Unresolved`]; nothing is dropped. Commands that only read or make things are no items.

pub mod aws;
pub mod http;
pub mod stacks;

use std::collections::BTreeSet;

use crate::ledger::Ledger;
use crate::model::plan::{Deletion, Item};
use crate::model::{Symbol, arn};
use crate::shell::{self, Step};
use aws::Deed;

/// The bare names of programs that are the AWS CLI.
#[must_use]
pub fn is_aws(program: &str) -> bool {
    matches!(
        bare(program),
        "aws" | "aws2" | "aws-cli" | "awscli" | "awslocal" | "awsv2"
    )
}

/// Without what stands around a program's name elsewhere: `.cmd` on Windows, the tag of a container's image
/// (`terraform:1.11`), a flake (`nixpkgs#terraform`), a target (`//:terraform`), `=terraform` in zsh.
fn bare(program: &str) -> &str {
    let program = program.rsplit('#').next().unwrap_or(program);
    let program = program.trim_start_matches([':', '=']);
    let program = program.split([':', '@']).next().unwrap_or(program);
    program.strip_suffix(".cmd").unwrap_or(program)
}

/// The bare names of programs that change whole stacks at once.
#[must_use]
pub fn is_stack_tool(program: &str) -> bool {
    let program = bare(program);
    let stem = |name: &str| {
        program.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix(['-', '_', 'v'])
                    .unwrap_or(rest)
                    .trim_start_matches('v')
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b'.')
        })
    };
    [
        "terraform",
        "tofu",
        "opentofu",
        "terragrunt",
        "tf",
        "tg",
        "tflocal",
        "tofulocal",
        "pulumi",
    ]
    .into_iter()
    .any(stem)
        || stacks::is_other(program)
}

/// A deletion whose kind is one of several until it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub item: Item,
    /// Further kinds that it may be of.
    pub kinds: Vec<Symbol>,
}

/// What a script or command line would delete, in its order.
///
/// `profile` is the AWS profile that the account is looked at with: a command that names another one deletes
/// somewhere else, and is unresolved.
#[must_use]
pub fn read(text: &str, profile: Option<&str>) -> Vec<Named> {
    let watched = |name: &str| is_aws(name) || is_stack_tool(name);
    let mut items = Vec::new();
    for step in shell::read(text, &watched) {
        match step {
            Step::Run(run) => {
                let program = run.args.first().and_then(shell::Arg::program).unwrap_or_default();
                if is_stack_tool(&program) {
                    if stacks::deed(&run) != stacks::Deed::Reads {
                        items.push(unresolved(
                            &run.text,
                            &format!("{program} decides what it deletes: check its plan instead"),
                        ));
                    }
                } else if is_aws(&program) {
                    match aws::deed(&run, profile) {
                        Deed::Nothing => {}
                        Deed::Deletes(found) => items.extend(found),
                    }
                } else if let Some(why) = http::deed(&run) {
                    items.push(unresolved(&run.text, &why));
                } else if run.args.len() == 1 && is_made_by_aws(run.args[0].text()) {
                    items.push(unresolved(
                        &run.text,
                        "it is an id and no command: give ids in a list of their own",
                    ));
                }
            }
            Step::Script { run, file, .. } => items.push(unresolved(
                &run.text,
                &format!("the commands in {} were not read: check that file too", file.text()),
            )),
            Step::Code { program, text, .. } => {
                items.push(unresolved(
                    &text,
                    &format!("what the code for {program} does was not read"),
                ));
            }
            Step::Unresolved { text, why } => items.push(unresolved(&text, &why)),
            Step::Write { .. } => {}
        }
    }
    let mut seen = BTreeSet::new();
    items.retain(|named| seen.insert(format!("{named:?}")));
    items
}

fn unresolved(text: &str, why: &str) -> Named {
    Named {
        item: Item::Unresolved {
            text: one_line(text),
            why: why.to_owned(),
        },
        kinds: Vec::new(),
    }
}

/// The first line of a command, as it stands in reports.
fn one_line(text: &str) -> String {
    let text = text.trim();
    match text.split_once('\n') {
        Some((first, _)) => format!("{} …", first.trim_end_matches('\\').trim_end()),
        None => text.to_owned(),
    }
}

/// Chooses the kinds by what is live. A name that nothing live has stays a question: it may be gone, or be called
/// otherwise in the API; an AWS-made id or ARN that nothing has is gone.
#[must_use]
pub fn settle(named: Vec<Named>, ledger: &Ledger) -> Vec<Item> {
    let names: BTreeSet<(&str, &str)> = ledger
        .live
        .iter()
        .flat_map(|live| {
            [Some(&*live.arn), Some(&*live.id), live.name.as_deref()]
                .into_iter()
                .flatten()
                .map(|name| (live.kind.as_str(), name))
        })
        .collect();
    named
        .into_iter()
        .map(|Named { item, kinds }| match item {
            Item::Deletion(mut deletion) => {
                let target = deletion.target.clone();
                let is_live = |kind: &Symbol| names.contains(&(kind.as_str(), target.as_str()));
                if let Some(kind) = deletion.kind.iter().chain(&kinds).find(|kind| is_live(kind)) {
                    deletion.kind = Some(*kind);
                    return Item::Deletion(deletion);
                }
                if is_made_by_aws(&target) {
                    return Item::Deletion(deletion);
                }
                Item::Unresolved {
                    text: deletion.text,
                    why: format!("nothing live is called {target}: it is gone already, or called otherwise"),
                }
            }
            unresolved @ Item::Unresolved { .. } => unresolved,
        })
        .collect()
}

/// Ids such as `vpc-0123456789abcdef0`, and ARNs: they mean one thing everywhere.
fn is_made_by_aws(target: &str) -> bool {
    arn::Arn::parse(target).is_some()
        || target.rsplit_once('-').is_some_and(|(prefix, hex)| {
            !prefix.is_empty()
                && matches!(hex.len(), 8 | 17)
                && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
}

fn deletion(text: &str, target: &str, kinds: &[&str]) -> Named {
    let mut kinds = kinds.iter().map(|kind| Symbol::from(*kind));
    Named {
        item: Item::Deletion(Box::new(Deletion {
            text: one_line(text),
            target: target.to_owned(),
            kind: kinds.next(),
            ..Deletion::default()
        })),
        kinds: kinds.collect(),
    }
}

#[cfg(test)]
mod tests;

//! `strands-dependents`: what is left standing without what it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::Verdict;
use super::case::{Case, Target};
use super::fate::Backups;
use super::rules::{Raised, Rule, counted, joined};
use crate::kinds::facts::Role;
use crate::kinds::loss;
use crate::ledger::{Edge, LiveIndex, Node};
use crate::model::plan::Action;
use crate::model::{Origin, Symbol};

pub(super) static RULE: Rule = Rule {
    code: "strands-dependents",
    summary: "live resources that are not part of this use what it destroys",
    explanation: "\
Something live that is not destroyed with it refers to what is destroyed: a service in the cluster, an interface in
the subnet, a rule that names the security group; also things that no state claims. Either AWS refuses the deletion
half-way, or they are left broken.

What lives and dies with a destroyed resource does not count, nor what another system made for it, nor backups of it,
nor what the same plan changes. Where the reference holds the user up (a subnet, a cluster) it blocks; where it is
incidental (a role for monitoring) or the user is one of many revisions, it asks for a look.

Needs: every kind that may refer to it listed in its account and region.",
    find,
};

/// A user that stays, and what of it that goes it uses.
struct Stranded {
    target: usize,
    user: LiveIndex,
    used: LiveIndex,
    via: Symbol,
    holds_up: bool,
}

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let mut all: Vec<Stranded> = Vec::new();
    for (number, target, at) in case.destroyed() {
        if loss::of(target.kind_name()).is_some_and(|facts| super::fate::is_kept(facts, target.settings)) {
            continue;
        }
        let parts = case.parts.get(&at).map_or(&[][..], Vec::as_slice);
        for used in std::iter::once(at).chain(parts.iter().copied()) {
            for edge in case.ledger.references.used_by(used) {
                if let Some(stranded) = stranded(case, number, target, used, *edge) {
                    all.push(stranded);
                }
            }
        }
    }
    [(true, Verdict::Block), (false, Verdict::Review)]
        .into_iter()
        .filter_map(|(holds_up, verdict)| {
            let some: Vec<&Stranded> = all.iter().filter(|one| one.holds_up == holds_up).collect();
            if some.is_empty() {
                return None;
            }
            let users: BTreeSet<LiveIndex> = some.iter().map(|one| one.user).collect();
            let targets: BTreeSet<usize> = some.iter().map(|one| one.target).collect();
            let what = match targets.iter().next() {
                Some(only) if targets.len() == 1 => case.name_of(&case.targets[*only]),
                _ => format!("{} that it destroys", counted(targets.len(), "resource")),
            };
            let verb = if users.len() == 1 { "uses" } else { "use" };
            let mut uses: BTreeMap<String, BTreeSet<Symbol>> = BTreeMap::new();
            for one in &some {
                let line = format!(
                    "{}{} uses {}",
                    case.name(one.user),
                    whose(case, one.user),
                    case.name(one.used)
                );
                uses.entry(line).or_default().insert(one.via);
            }
            let lines = uses
                .into_iter()
                .map(|(line, vias)| format!("{line} ({})", joined(&vias)));
            Some(
                rule.raise(
                    verdict,
                    format!(
                        "{} outside this {} {verb} {what}",
                        counted(users.len(), "live resource"),
                        if case.plan().is_some() { "plan" } else { "list" }
                    ),
                )
                .about(case, targets)
                .shown(lines, "uses")
                .advice(if holds_up {
                    "move or delete the users first, or leave out what they use"
                } else {
                    "see whether the users can do without it"
                }),
            )
        })
        .collect()
}

/// `, of labs` or `, unmanaged`.
fn whose(case: &Case<'_>, at: LiveIndex) -> String {
    let entry = &case.ledger.entries[at as usize];
    match entry.projects.first() {
        Some(project) => format!(" of {project}"),
        None => format!(", {},", entry.ownership.word()),
    }
}

fn stranded(case: &Case<'_>, number: usize, target: &Target<'_>, used: LiveIndex, edge: Edge) -> Option<Stranded> {
    let Node::Live(user) = edge.from else { return None };
    let live = case.live(user);
    let replaced = target.action.replaces();
    let spared = case.goes(user).is_some()
        || case.goes_with_its_maker(user)
        || matches!(live.origin, Origin::AwsMade(_))
        || loss::BACKUPS
            .iter()
            .any(|backup| backup.kind == live.kind.as_str() && backup.of == case.live(used).kind.as_str())
        || is_handled(case, user, used, replaced);
    if spared {
        return None;
    }
    let facts = crate::kinds::kind(&live.kind);
    let needs = facts
        .and_then(|facts| facts.attribute(&edge.via))
        .is_some_and(|attribute| attribute.role == Role::Stable);
    let revision = facts.is_some_and(|facts| facts.many_alike);
    Some(Stranded {
        target: number,
        user,
        used,
        via: edge.via,
        holds_up: needs && !revision && !replaced,
    })
}

/// Says whether the plan itself takes care of a user: it changes it, or it makes again what the user uses.
fn is_handled(case: &Case<'_>, user: LiveIndex, used: LiveIndex, replaced: bool) -> bool {
    let top = case.ledger.top(user);
    let known = case.known.get(&user).or_else(|| case.known.get(&top));
    match known.map(|number| &case.targets[*number]) {
        // The attribute gets the new id, or the configuration ignores it on purpose.
        Some(_) if replaced => true,
        Some(target) if target.action == Action::Update => {
            // It is updated so that it does without, unless what it will be still names it.
            target.after().is_none_or(|after| {
                let live = case.live(used);
                let mut still = after
                    .candidates
                    .iter()
                    .any(|candidate| candidate.target == live.id || candidate.target == live.arn);
                for (_, value) in after.configuration.iter() {
                    value.each_text(&mut |text| still |= text == &*live.id || text == &*live.arn);
                }
                !still
            })
        }
        _ => false,
    }
}

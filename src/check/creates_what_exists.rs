//! `creates-what-exists`: what the plan would make is there already.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Verdict;
use super::case::{Case, Target};
use super::fate::Backups;
use super::rules::{Raised, Rule, SHOWN, counted, listed};
use crate::kinds::facts::{Kind, Role};
use crate::ledger::LiveIndex;
use crate::model::plan::Action;
use crate::model::{Claim, Live, Origin, Symbol, Value};

pub(super) static RULE: Rule = Rule {
    code: "creates-what-exists",
    summary: "the plan creates resources that are live already",
    explanation: "\
Terraform creates what its state does not hold. Where many of the things that a plan would create are live already,
under the same names, tags and settings, the state is missing or is not the right one: a new laptop, a wrong folder,
a wrong workspace, a lost file. An apply makes a second copy of whatever has no unique name, takes over what has one
(an ECS cluster, a queue) and stops half-way at the rest.

A planned resource is taken for a live one where its unique name is taken; or where they share a name, nothing in
names, tags and stable settings speaks against it, and the tags or the settings are equal; or, without any name, where
all tags and settings are equal. What the plan's own state claims, and what the plan knows under another address, is
never taken for a twin: siblings of count and for_each are no copies.

One or two in a plan from a state that is otherwise whole ask for a look (import them); three or more, or any in a
plan from an empty or new state, block.

Needs: the kinds of what is created listed in their region.",
    find,
};

/// A planned create and the live resource that it would be made beside.
struct Twin {
    target: usize,
    live: LiveIndex,
    why: &'static str,
}

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let Some(plan) = case.plan() else {
        return Vec::new();
    };
    let creates: Vec<usize> = (0..case.targets.len())
        .filter(|number| is_create(&case.targets[*number]))
        .collect();
    let twins = twins(case, &creates);
    if twins.is_empty() {
        return Vec::new();
    }
    let empty = plan.prior_instances == Some(0) || (plan.prior_instances.is_none() && case.known.is_empty());
    let young = plan.serial.is_some_and(|serial| serial <= 1)
        || plan
            .prior_instances
            .is_some_and(|prior| prior.saturating_mul(10) < creates.len() as u64);
    let many = twins.len() as u64 >= case.request.thresholds.existing_count;
    let verdict = if empty || young || many {
        Verdict::Block
    } else {
        Verdict::Review
    };
    let title = format!(
        "{} of the {} that this plan creates already exist{} live{}",
        twins.len(),
        counted(creates.len(), "resource"),
        if twins.len() == 1 { "s" } else { "" },
        if verdict == Verdict::Block {
            ". Your state is missing or is not the right one"
        } else {
            ""
        }
    );
    let (holders, evidence) = holders(case, &twins);
    let mut raised = rule
        .raise(verdict, title)
        .about(case, twins.iter().map(|twin| twin.target));
    raised.finding.resources = twins.iter().map(|twin| case.live(twin.live).arn.to_string()).collect();
    if empty {
        raised = raised.evidence("the state that the plan was made from is empty");
    } else if young {
        raised = raised.evidence("the state that the plan was made from is new");
    }
    raised.finding.evidence.extend(evidence);
    let lines = twins.iter().map(|twin| {
        format!(
            "{} is {} ({})",
            case.targets[twin.target].label,
            case.name(twin.live),
            twin.why
        )
    });
    raised = raised.shown(lines, "that exist");
    raised.finding.advice = match (verdict, holders.as_slice()) {
        (Verdict::Review, _) => {
            "import them (terraform import, or an import block), or give them other names".to_owned()
        }
        (_, []) => {
            "do not apply: find the state first (terraform state pull in the right folder and workspace, the versions \
                    of the state's bucket); if there is none, import what exists"
                .to_owned()
        }
        (_, holders) => format!(
            "do not apply: fetch the state that claims them ({}), or go to its folder and workspace, and plan again",
            listed(holders, 2)
        ),
    };
    vec![raised]
}

/// A thing of its own that is made, not imported and not made again.
fn is_create(target: &Target<'_>) -> bool {
    matches!(target.action, Action::Create | Action::CreateForget)
        && target.change.is_some_and(|change| !change.imports)
        && target.kind().is_some()
        && !target.is_facet()
}

fn twins(case: &Case<'_>, creates: &[usize]) -> Vec<Twin> {
    let mut by_kind: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for number in creates {
        if let Some(kind) = case.targets[*number].kind().filter(|kind| !kind.many_alike) {
            by_kind.entry(kind.name).or_default().push(*number);
        }
    }
    let mut twins = Vec::new();
    for (name, numbers) in by_kind {
        let Some(kind) = crate::kinds::kind(name) else { continue };
        let claims: Vec<&Claim> = numbers
            .iter()
            .filter_map(|number| case.targets[*number].after())
            .collect();
        let candidates = Candidates::of(case, kind, &claims);
        let mut taken: FxHashSet<LiveIndex> = FxHashSet::default();
        // Those with the clearest sign choose first.
        let mut pairs: Vec<(u64, usize, LiveIndex, &'static str)> = Vec::new();
        for number in &numbers {
            let Some(claim) = case.targets[*number].after() else {
                continue;
            };
            for at in candidates.near(kind, claim) {
                if let Some((weight, why)) = likeness(kind, claim, case.live(at)) {
                    pairs.push((weight, *number, at, why));
                }
            }
        }
        pairs.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut served: FxHashSet<usize> = FxHashSet::default();
        for (_, target, live, why) in pairs {
            if !served.contains(&target) && taken.insert(live) {
                served.insert(target);
                twins.push(Twin { target, live, why });
            }
        }
    }
    twins.sort_unstable_by_key(|twin| twin.target);
    twins
}

/// Live resources of one kind that a create could be a second of, by names and by tags.
struct Candidates<'a> {
    by_name: FxHashMap<&'a str, Vec<LiveIndex>>,
    by_tags: FxHashMap<Vec<(&'a str, &'a str)>, Vec<LiveIndex>>,
}

impl<'a> Candidates<'a> {
    /// Those that any of the planned ones could be a second of; an account may hold a million others.
    fn of(case: &Case<'a>, kind: &'static Kind, planned: &[&Claim]) -> Self {
        let names: FxHashSet<&str> = planned.iter().flat_map(|claim| names_of_claim(kind, claim)).collect();
        let nameless = planned.iter().any(|claim| names_of_claim(kind, claim).is_empty());
        let mut all = Self {
            by_name: FxHashMap::default(),
            by_tags: FxHashMap::default(),
        };
        for at in case.ledger.of_kind(kind.name) {
            let live = case.live(at);
            let mut own_names: Vec<&str> = names_of_live(kind, live).filter(|name| names.contains(name)).collect();
            if own_names.is_empty() && !nameless {
                continue;
            }
            let entry = &case.ledger.entries[at as usize];
            let own = entry
                .claims
                .iter()
                .any(|held| case.is_own(case.ledger.claims[held.claim as usize].state));
            if own || case.known.contains_key(&at) || matches!(live.origin, Origin::AwsMade(_)) {
                continue;
            }
            own_names.sort_unstable();
            own_names.dedup();
            for name in own_names {
                all.by_name.entry(name).or_default().push(at);
            }
            if nameless && live.tags.own().next().is_some() {
                all.by_tags.entry(live.tags.own().collect()).or_default().push(at);
            }
        }
        all
    }

    fn near(&self, kind: &'static Kind, claim: &Claim) -> Vec<LiveIndex> {
        let names = names_of_claim(kind, claim);
        let mut found: Vec<LiveIndex> = if names.is_empty() {
            let tags: Vec<(&str, &str)> = claim.tags.own().collect();
            self.by_tags.get(&tags).cloned().unwrap_or_default()
        } else {
            names
                .iter()
                .filter_map(|name| self.by_name.get(name))
                .flatten()
                .copied()
                .collect()
        };
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn name_attributes(kind: &'static Kind) -> impl Iterator<Item = &'static str> {
    let named = kind
        .attributes
        .iter()
        .filter(|attribute| attribute.role == Role::Name)
        .map(|attribute| attribute.path);
    let id = (!matches!(kind.id_attribute, "id" | "arn")).then_some(kind.id_attribute);
    named.chain(id).chain(["name"])
}

fn names_of_claim<'a>(kind: &'static Kind, claim: &'a Claim) -> Vec<&'a str> {
    let mut names: Vec<&str> = name_attributes(kind)
        .filter_map(|path| claim.configuration.text(path))
        .chain(claim.tags.get("Name"))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn names_of_live<'a>(kind: &'static Kind, live: &'a Live) -> impl Iterator<Item = &'a str> {
    name_attributes(kind)
        .filter_map(|path| live.configuration.text(path))
        .chain(live.name.as_deref())
        .chain([&*live.id])
}

/// Whether a planned resource is the same thing as a live one: how strongly, and why.
fn likeness(kind: &'static Kind, claim: &Claim, live: &Live) -> Option<(u64, &'static str)> {
    let elsewhere = |planned: Option<Symbol>, there: Symbol| planned.is_some_and(|place| place != there);
    let global = kind.scope == crate::kinds::facts::Scope::Global;
    if elsewhere(claim.account, live.account) || (!global && elsewhere(claim.region, live.region)) {
        return None;
    }
    let settings = Settings::compare(kind, claim, live);
    let unique = name_attributes(kind).any(|path| claim.configuration.text(path) == Some(&*live.id));
    if unique {
        return Some((1_000_000 + settings.equal, "its name is taken, and is unique"));
    }
    let different_name = name_attributes(kind).any(|path| {
        matches!(
            (claim.configuration.text(path), live.configuration.text(path)),
            (Some(planned), Some(there)) if planned != there
        )
    });
    let tags = Tags::compare(claim, live);
    if different_name || tags.contradict || settings.contradict {
        return None;
    }
    let names = names_of_claim(kind, claim);
    if names_of_live(kind, live).any(|name| names.contains(&name)) {
        return match (tags.all_equal, settings.equal) {
            (true, _) => Some((10_000 + settings.equal, "equal name and tags")),
            (false, 1..) => Some((5_000 + settings.equal, "equal name and settings")),
            (false, 0) => None,
        };
    }
    let nameless = names.is_empty() && tags.all_equal && settings.equal > 0;
    nameless.then_some((settings.equal, "equal tags and settings"))
}

struct Tags {
    all_equal: bool,
    contradict: bool,
}

impl Tags {
    fn compare(claim: &Claim, live: &Live) -> Self {
        let mut all_equal = claim.tags.own().next().is_some();
        let mut contradict = false;
        for (key, planned) in claim.tags.own() {
            match live.tags.get(key) {
                Some(there) if there == planned => {}
                Some(_) => contradict = true,
                None => all_equal = false,
            }
        }
        Self {
            all_equal: all_equal && !contradict,
            contradict,
        }
    }
}

struct Settings {
    equal: u64,
    contradict: bool,
}

impl Settings {
    /// Compares what is known of the stable settings on both sides.
    fn compare(kind: &'static Kind, claim: &Claim, live: &Live) -> Self {
        let mut settings = Self {
            equal: 0,
            contradict: false,
        };
        for attribute in kind
            .attributes
            .iter()
            .filter(|attribute| attribute.role == Role::Stable)
        {
            let values = |configuration: &crate::model::Configuration| {
                let mut values: Vec<Value> = Vec::new();
                configuration.each_at(attribute.path, &mut |value| {
                    if !value.is_empty() {
                        values.push(value.clone());
                    }
                });
                if attribute.unordered {
                    values.sort();
                    values.dedup();
                }
                values
            };
            let (planned, there) = (values(&claim.configuration), values(&live.configuration));
            if planned.is_empty() || there.is_empty() {
                continue;
            }
            if planned == there {
                settings.equal += 1;
            } else if attribute.refers_to.is_empty() && !planned.iter().any(|value| matches!(value, Value::Block(_))) {
                // A reference may be said by id or by name, and a block may hold defaults: unequal ones say nothing.
                settings.contradict = true;
            }
        }
        settings
    }
}

/// Who claims the twins: names of states for the advice, and lines of evidence.
fn holders(case: &Case<'_>, twins: &[Twin]) -> (Vec<String>, Vec<String>) {
    let mut by_state: BTreeMap<u32, usize> = BTreeMap::new();
    let mut likely: BTreeMap<Symbol, usize> = BTreeMap::new();
    let mut nobody = 0_usize;
    let known: Vec<FxHashMap<&str, &str>> = case
        .request
        .known
        .iter()
        .map(|known| {
            known
                .claims
                .iter()
                .filter(|claim| claim.is_managed())
                .filter_map(|claim| {
                    let state = known.states.get(claim.state as usize)?;
                    Some((claim.arn.as_deref()?, state.source.as_str()))
                })
                .collect()
        })
        .collect();
    let mut before: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for twin in twins {
        let entry = &case.ledger.entries[twin.live as usize];
        let mut states: Vec<u32> = entry
            .claims
            .iter()
            .map(|held| case.ledger.claims[held.claim as usize].state)
            .collect();
        states.sort_unstable();
        states.dedup();
        if !states.is_empty() {
            for state in states {
                *by_state.entry(state).or_default() += 1;
            }
            continue;
        }
        let arn = &*case.live(twin.live).arn;
        let found = known
            .iter()
            .enumerate()
            .find_map(|(number, claims)| claims.get(arn).map(|source| (number, *source)));
        match (found, entry.likely_project) {
            (Some(found), _) => *before.entry(found).or_default() += 1,
            (None, Some(project)) => *likely.entry(project).or_default() += 1,
            (None, None) => nobody += 1,
        }
    }
    let mut names = Vec::new();
    let mut lines = Vec::new();
    for (number, count) in by_state {
        let state = &case.ledger.states[number as usize];
        names.push(state.source.clone());
        let serial = state
            .serial
            .map_or_else(String::new, |serial| format!(", serial {serial}"));
        let lineage = state
            .lineage
            .as_deref()
            .map_or_else(String::new, |lineage| format!(" (lineage {lineage}{serial})"));
        lines.push(format!("{} claims {count} of them{lineage}", state.source));
    }
    for ((number, source), count) in before {
        names.push(source.to_owned());
        lines.push(format!(
            "{source} claimed {count} of them in {}",
            case.request.known[number].source
        ));
    }
    for (project, count) in likely {
        lines.push(format!(
            "the tags of {count} of them say {project}, and no state that was given claims them"
        ));
    }
    if nobody > 0 {
        lines.push(format!("{} by no state that was given", counted_claimed(nobody)));
    }
    lines.truncate(SHOWN);
    (names, lines)
}

fn counted_claimed(count: usize) -> String {
    if count == 1 {
        "1 of them is claimed".to_owned()
    } else {
        format!("{count} of them are claimed")
    }
}

//! What every rule works on: each change with its live resource, what goes with it, and whose the plan is.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Request;
use crate::kinds::facts::{Kind, Scope};
use crate::kinds::registry::{Disposition, disposition};
use crate::ledger::find::{Finder, Found, users_of_kinds};
use crate::ledger::{Ledger, LiveIndex, NoMatch};
use crate::model::plan::{Action, Intent, Item, Plan, PlannedChange};
use crate::model::{CellStatus, Claim, Configuration, Live, Mode, State, StateStatus, Symbol};

/// The region of kinds that have none.
const GLOBAL: Symbol = Symbol::known("global");

/// The intent, joined with the ledger.
pub(super) struct Case<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) request: &'a Request,
    pub(super) finder: Finder<'a>,
    pub(super) targets: Vec<Target<'a>>,
    /// What goes at a change of its own, with the change.
    pub(super) going: FxHashMap<LiveIndex, usize>,
    /// Parts of what goes, by their whole.
    pub(super) parts: FxHashMap<LiveIndex, Vec<LiveIndex>>,
    /// Live resources that the plan knows: their changes, those that change nothing too.
    pub(super) known: FxHashMap<LiveIndex, usize>,
    /// The states of the ledger that the plan was made from.
    pub(super) own_states: Vec<u32>,
    /// The projects of what is changed.
    pub(super) projects: BTreeSet<Symbol>,
    users: FxHashMap<&'static str, Vec<&'static str>>,
    gaps: RefCell<FxHashMap<(&'static str, Symbol, Symbol), Option<String>>>,
    names_of_going: FxHashSet<&'a str>,
}

/// One thing that is about to happen.
pub(super) struct Target<'a> {
    /// The address, or the text of the list or command.
    pub(super) label: &'a str,
    pub(super) action: Action,
    /// The Terraform type as it was said.
    pub(super) terraform_type: Option<Symbol>,
    pub(super) disposition: Disposition,
    pub(super) change: Option<&'a PlannedChange>,
    /// How it is deleted: the state before, or what a command says.
    pub(super) settings: Option<&'a Configuration>,
    /// What is there now.
    pub(super) found: Found,
    /// Why the text of a list or command could not be told.
    pub(super) unresolved: Option<String>,
}

impl<'a> Target<'a> {
    pub(super) fn kind(&self) -> Option<&'static Kind> {
        self.disposition.kind()
    }

    /// It is a part or setting, not a thing of its own.
    pub(super) fn is_facet(&self) -> bool {
        matches!(self.disposition, Disposition::Facet(..))
    }

    pub(super) fn before(&self) -> Option<&'a Claim> {
        self.change.and_then(|change| change.before.as_ref())
    }

    pub(super) fn after(&self) -> Option<&'a Claim> {
        self.change.and_then(|change| change.after.as_ref())
    }

    /// The live resource that it destroys.
    pub(super) fn destroys(&self) -> Option<LiveIndex> {
        self.found.itself().filter(|_| self.action.destroys())
    }

    /// The type by which facts about it are found.
    pub(super) fn kind_name(&self) -> &'static str {
        match (self.kind(), self.terraform_type) {
            (Some(kind), _) if !self.is_facet() => kind.name,
            (_, Some(name)) => name.as_str(),
            _ => "",
        }
    }
}

impl<'a> Case<'a> {
    pub(super) fn new(ledger: &'a Ledger, request: &'a Request) -> Self {
        let finder = Finder::new(ledger);
        let targets = match &request.intent {
            Intent::Plan(plan) => of_plan(&finder, plan),
            Intent::Deletions { items, .. } => items.iter().flat_map(|item| of_item(ledger, &finder, item)).collect(),
        };
        let mut going = FxHashMap::default();
        let mut known = FxHashMap::default();
        for (number, target) in targets.iter().enumerate() {
            if let Some(at) = target.found.itself() {
                known.entry(at).or_insert(number);
                if target.action.destroys() {
                    going.entry(at).or_insert(number);
                }
            }
        }
        let mut parts: FxHashMap<LiveIndex, Vec<LiveIndex>> = FxHashMap::default();
        if !going.is_empty() {
            for (at, entry) in (0..).zip(&ledger.entries) {
                if entry.whole.is_some() {
                    let top = wholes(ledger, at).find(|whole| going.contains_key(whole));
                    if let Some(top) = top {
                        parts.entry(top).or_default().push(at);
                    }
                }
            }
        }
        let names_of_going = going
            .keys()
            .chain(parts.values().flatten())
            .flat_map(|at| {
                let live = &ledger.live[*at as usize];
                [Some(&*live.id), Some(&*live.arn), live.name.as_deref()]
            })
            .flatten()
            .collect();
        let mut case = Self {
            ledger,
            request,
            finder,
            targets,
            going,
            parts,
            known,
            own_states: Vec::new(),
            projects: BTreeSet::new(),
            users: users_of_kinds(),
            gaps: RefCell::default(),
            names_of_going,
        };
        case.own_states = case.find_own_states();
        case.projects = case.find_projects();
        case
    }

    pub(super) fn plan(&self) -> Option<&'a Plan> {
        match &self.request.intent {
            Intent::Plan(plan) => Some(plan),
            Intent::Deletions { .. } => None,
        }
    }

    pub(super) fn live(&self, at: LiveIndex) -> &'a Live {
        &self.ledger.live[at as usize]
    }

    /// What to call a live resource: `VPC vpc-1 (main)`.
    pub(super) fn name(&self, at: LiveIndex) -> String {
        let live = self.live(at);
        let title = crate::kinds::kind(&live.kind).map_or(live.kind.as_str(), |kind| kind.title);
        format!("{title} {}", live.label())
    }

    /// What to call what a target is about.
    pub(super) fn name_of(&self, target: &Target<'_>) -> String {
        match target.found.itself() {
            Some(at) => self.name(at),
            None => target.label.to_owned(),
        }
    }

    /// Every target that destroys a live resource of its own, with that resource.
    pub(super) fn destroyed(&self) -> impl Iterator<Item = (usize, &Target<'a>, LiveIndex)> {
        self.targets
            .iter()
            .enumerate()
            .filter_map(|(number, target)| Some((number, target, target.destroys()?)))
    }

    /// The change at which a live resource goes, itself or as a part of something.
    pub(super) fn goes(&self, at: LiveIndex) -> Option<usize> {
        self.going
            .get(&at)
            .copied()
            .or_else(|| wholes(self.ledger, at).find_map(|whole| self.going.get(&whole).copied()))
    }

    /// Says whether another system made it for something that goes: an instance of a group, a task of a service.
    pub(super) fn goes_with_its_maker(&self, at: LiveIndex) -> bool {
        let top = self.ledger.top(at) as usize;
        [at as usize, top].iter().any(|at| {
            self.ledger.entries[*at].delegate.as_ref().is_some_and(|delegate| {
                let last = delegate.name.rsplit('/').next().unwrap_or_default();
                self.names_of_going.contains(&*delegate.name)
                    || (!last.is_empty() && self.names_of_going.contains(last))
            })
        })
    }

    /// What a copy is a copy of, where it is known which of the two is the original, and the original stays.
    pub(super) fn original_of(&self, at: LiveIndex) -> Option<LiveIndex> {
        let top = self.ledger.top(at);
        let is_in = |members: &[LiveIndex]| [at, top].iter().any(|at| members.contains(at));
        let set = self
            .ledger
            .duplicates
            .iter()
            .filter(|set| set.decided)
            // What is alike in name and place only may be another thing; here the doubt counts.
            .find(|set| {
                let mut copies = set.stacks.iter().skip(1);
                copies.any(|stack| is_in(&stack.members) && !is_in(&stack.alike))
            })?;
        let (own, name) = (self.live(top), self.live(top).name.as_deref());
        set.stacks
            .first()?
            .members
            .iter()
            .copied()
            .filter(|other| self.goes(*other).is_none())
            .find(|other| {
                let live = self.live(*other);
                live.kind == own.kind && live.name.as_deref() == name
            })
    }

    /// Says whether a state of the ledger is one that the plan was made from.
    pub(super) fn is_own(&self, state: u32) -> bool {
        self.own_states.contains(&state)
    }

    /// Why a kind could not be seen in a place; `None` where it was.
    pub(super) fn gap(&self, kind: &'static str, account: Symbol, region: Symbol) -> Option<String> {
        let key = (kind, account, region);
        if let Some(known) = self.gaps.borrow().get(&key) {
            return known.clone();
        }
        let facts = crate::kinds::kind(kind);
        let global = facts.is_some_and(|facts| facts.scope == Scope::Global);
        let places: &[Symbol] = if global { &[GLOBAL] } else { &[region, GLOBAL] };
        let cells: Vec<_> = places
            .iter()
            .filter_map(|place| self.ledger.coverage.cell(Symbol::known(kind), account, *place))
            .collect();
        let gap = match (facts, cells.as_slice()) {
            // A kind of another version: it can be asked for by nobody.
            (None, _) => None,
            (Some(_), []) => Some(format!("{kind} in {region} was not listed")),
            (Some(_), cells) => cells
                .iter()
                // Nothing can be in a region that is not enabled.
                .find(|cell| !matches!(cell.status, CellStatus::Listed | CellStatus::NotEnabled))
                .map(|cell| format!("{kind} in {} is {}", cell.region, cell.status.word())),
        };
        self.gaps.borrow_mut().insert(key, gap.clone());
        gap
    }

    /// Why not everything that may use a live resource could be seen.
    pub(super) fn user_gaps(&self, at: LiveIndex) -> Vec<String> {
        let live = self.live(at);
        let kinds = self.users.get(live.kind.as_str());
        let mut gaps: Vec<String> = Vec::new();
        for kind in kinds.into_iter().flatten() {
            if live.region == GLOBAL {
                for region in &self.ledger.regions {
                    gaps.extend(self.gap(kind, live.account, *region));
                }
            } else {
                gaps.extend(self.gap(kind, live.account, live.region));
            }
        }
        gaps.sort_unstable();
        gaps.dedup();
        gaps
    }

    fn find_own_states(&self) -> Vec<u32> {
        let Some(plan) = self.plan() else {
            return Vec::new();
        };
        if let Some(lineage) = &plan.lineage {
            return (0..)
                .zip(&self.ledger.states)
                .filter(|(_, state)| state.status == StateStatus::Read && state.lineage.as_ref() == Some(lineage))
                .map(|(number, _)| number)
                .collect();
        }
        // Without a lineage: the states that hold what the plan changes, at the same addresses.
        let mut shared: FxHashMap<u32, usize> = FxHashMap::default();
        let mut all = 0_usize;
        for target in &self.targets {
            // A part is a claim on its whole, at an address of its own.
            let (Found::On(at) | Found::Facet(at), Some(before)) = (&target.found, target.before()) else {
                continue;
            };
            let at = *at;
            all += 1;
            let previous = target.change.and_then(|change| change.previous_address.as_deref());
            let mut states: Vec<u32> = self.ledger.entries[at as usize]
                .claims
                .iter()
                .map(|held| &self.ledger.claims[held.claim as usize])
                .filter(|claim| *claim.address == *before.address || Some(&*claim.address) == previous)
                .map(|claim| claim.state)
                .collect();
            states.sort_unstable();
            states.dedup();
            for state in states {
                *shared.entry(state).or_default() += 1;
            }
        }
        let most = shared.values().copied().max().unwrap_or(0);
        let mut own: Vec<u32> = shared
            .into_iter()
            .filter(|(_, count)| *count == most && most * 2 >= all)
            .map(|(state, _)| state)
            .collect();
        own.sort_unstable();
        own
    }

    fn find_projects(&self) -> BTreeSet<Symbol> {
        let own = self
            .own_states
            .first()
            .map(|number| self.ledger.states[*number as usize].clone());
        let fallback = own.unwrap_or_else(|| nameless(self.plan().map_or("", |plan| plan.source.as_str())));
        let mut projects = BTreeSet::new();
        for target in self.targets.iter().filter(|target| target.action.changes()) {
            let live = match target.found {
                Found::On(at) | Found::Facet(at) => Some(at),
                Found::None(_) => None,
            };
            let of_claim = |claim: &Claim| {
                let project = self.request.projects.of(claim, &fallback);
                (!project.is_empty()).then_some(project)
            };
            let found = match self.plan() {
                Some(_) => live
                    .and_then(|at| self.own_project(at))
                    .or_else(|| target.before().and_then(of_claim))
                    .or_else(|| target.after().and_then(of_claim)),
                None => live.and_then(|at| {
                    let entry = &self.ledger.entries[at as usize];
                    entry.projects.first().copied().or(entry.likely_project)
                }),
            };
            projects.extend(found);
        }
        projects
    }

    /// The project of the plan's own claim on a live resource.
    fn own_project(&self, at: LiveIndex) -> Option<Symbol> {
        self.ledger.entries[at as usize]
            .claims
            .iter()
            .map(|held| &self.ledger.claims[held.claim as usize])
            .find(|claim| self.is_own(claim.state))
            .map(|claim| claim.project)
    }
}

/// The wholes of a part, the nearest first.
fn wholes(ledger: &Ledger, at: LiveIndex) -> impl Iterator<Item = LiveIndex> {
    // A chain of parts is short; the bound guards against a ring in what an API said.
    std::iter::successors(ledger.entries[at as usize].whole, |whole| {
        ledger.entries[*whole as usize].whole
    })
    .take(8)
}

/// A state that names no project.
fn nameless(source: &str) -> State {
    State {
        source: source.to_owned(),
        status: StateStatus::Read,
        project: Symbol::default(),
        lineage: None,
        serial: None,
        terraform_version: None,
        claims: 0,
        unknown_types: Vec::new(),
        error: None,
        hint: None,
    }
}

fn of_plan<'a>(finder: &Finder<'a>, plan: &'a Plan) -> Vec<Target<'a>> {
    let changes: Vec<&PlannedChange> = plan
        .changes
        .iter()
        .filter(|change| change.mode == Mode::Managed)
        .collect();
    let sides: Vec<&Claim> = changes.iter().filter_map(|change| change.before.as_ref()).collect();
    let mut found = finder.claims(&sides).into_iter();
    changes
        .into_iter()
        .map(|change| Target {
            label: &change.address,
            action: change.action,
            terraform_type: Some(change.kind),
            disposition: disposition(&change.kind),
            change: Some(change),
            settings: change.before.as_ref().map(|before| &before.configuration),
            found: match &change.before {
                Some(_) => found.next().unwrap_or(Found::None(NoMatch::UnknownType)),
                None => Found::None(NoMatch::Missing),
            },
            unresolved: None,
        })
        .collect()
}

fn of_item<'a>(ledger: &Ledger, finder: &Finder<'a>, item: &'a Item) -> Vec<Target<'a>> {
    let target = |label: &'a str| Target {
        label,
        action: Action::Delete,
        terraform_type: None,
        disposition: Disposition::Unknown,
        change: None,
        settings: None,
        found: Found::None(NoMatch::UnknownType),
        unresolved: None,
    };
    let deletion = match item {
        Item::Unresolved { text, why } => {
            return vec![Target {
                unresolved: Some(why.clone()),
                ..target(text)
            }];
        }
        Item::Deletion(deletion) => deletion,
    };
    let said = deletion.kind.map_or(Disposition::Unknown, |kind| disposition(&kind));
    let hits = finder.text(&deletion.target, said.kind(), deletion.account, deletion.region);
    let base = Target {
        terraform_type: deletion.kind,
        disposition: said,
        settings: Some(&deletion.settings),
        ..target(&deletion.text)
    };
    match hits.as_slice() {
        [] => {
            let why = match said.kind() {
                Some(kind) => finder.absence(kind, deletion.account, deletion.region),
                None if ledger.complete() => NoMatch::Missing,
                None => NoMatch::NotSeen("it is not among what was seen, and not everything was".into()),
            };
            vec![Target {
                found: Found::None(why),
                ..base
            }]
        }
        [only] => {
            let kind = ledger.live[*only as usize].kind;
            let facet = matches!(said, Disposition::Facet(..));
            vec![Target {
                terraform_type: Some(deletion.kind.unwrap_or(kind)),
                disposition: if facet { said } else { disposition(&kind) },
                found: if facet { Found::Facet(*only) } else { Found::On(*only) },
                ..base
            }]
        }
        several => vec![Target {
            found: Found::None(NoMatch::Ambiguous(several.to_vec())),
            ..base
        }],
    }
}

//! `state-swapped`: another state stands where the project's state was.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Verdict;
use super::case::Case;
use super::fate::Backups;
use super::rules::{Raised, Rule, counted};
use crate::model::{Claim, State, StateStatus, Timestamp};

pub(super) static RULE: Rule = Rule {
    code: "state-swapped",
    summary: "the plan was made from another state than the project's last known one",
    explanation: "\
A state has a lineage, which stays for its whole life, and a serial, which only grows. Here the lineage is another
one than the last snapshot, the given states or a receipt know for this project, or the serial went back: an old
copy was unpacked over the new one, or terraform ran in the wrong folder or workspace. Such a plan describes the past;
a destroy from it takes whatever the old state held.

Put the right state back (terraform state pull shows what is there now; the versions of a state bucket have the
others), and make the plan again. If it is another state of the same project, name it too, with --state.

Needs: a binary plan, which knows lineage and serial (what terraform show -json prints does not); and the project's
state from before: --state, --known SNAPSHOT, or the snapshot that is checked against. For a JSON plan the ids at
equal addresses are compared instead, which is enough to ask for a look and not enough to block.",
    find,
};

/// The highest serial of a lineage that is known.
pub(super) struct Newest {
    pub(super) serial: u64,
    pub(super) source: String,
    pub(super) at: Timestamp,
}

/// By the states that were given, the snapshots, and earlier checks.
pub(super) fn newest_known(case: &Case<'_>, lineage: &str) -> Option<Newest> {
    newest(case, lineage, true)
}

/// By the states that were given and the snapshots alone.
pub(super) fn newest_seen(case: &Case<'_>, lineage: &str) -> Option<Newest> {
    newest(case, lineage, false)
}

fn newest(case: &Case<'_>, lineage: &str, receipts: bool) -> Option<Newest> {
    let now = case
        .ledger
        .states
        .iter()
        .map(|state| (state, state.source.clone(), case.ledger.scanned_at));
    let before = case
        .request
        .known
        .iter()
        .filter(|known| receipts || !known.of_receipt)
        .flat_map(|known| {
            known.states.iter().map(|state| {
                let source = if known.of_receipt {
                    known.source.clone()
                } else {
                    format!("{} in {}", state.source, known.source)
                };
                (state, source, known.at)
            })
        });
    now.chain(before)
        .filter(|(state, ..)| state.lineage.as_deref() == Some(lineage))
        .filter_map(|(state, source, at)| {
            Some(Newest {
                serial: state.serial?,
                source,
                at,
            })
        })
        .max_by_key(|newest| newest.serial)
}

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let Some(plan) = case.plan() else {
        return Vec::new();
    };
    let mut raised = Vec::new();
    if let (Some(lineage), Some(serial)) = (&plan.lineage, plan.serial)
        && let Some(newest) = newest_known(case, lineage).filter(|newest| newest.serial > serial)
        && plan.made_at.is_some_and(|made| made > newest.at)
    {
        raised.push(rule.raise(
            Verdict::Block,
            format!(
                "the serial went back: {} had {}, and the plan was made from {serial}",
                newest.source, newest.serial
            ),
        ));
    }
    raised.extend(replaced(rule, case));
    if raised.is_empty() {
        raised.extend(stranger(rule, case));
    }
    if raised.is_empty() && plan.lineage.is_none() {
        raised.extend(other_ids(rule, case));
    }
    let foreign = foreign_projects(case);
    for one in &mut raised {
        one.finding.evidence.extend(foreign.iter().cloned());
        if one.finding.advice.is_empty() {
            one.finding.advice =
                "do not apply; find the state that the project had last (terraform state pull, the versions of \
                                  the state's bucket) and make the plan again from it"
                    .to_owned();
        }
    }
    raised
}

fn counts(state: &State) -> bool {
    state.status == StateStatus::Read && state.lineage.is_some()
}

/// A state that stood at one place earlier, and another that stands there now, from which the plan was made.
fn replaced(rule: &Rule, case: &Case<'_>) -> Vec<Raised> {
    let mut raised = Vec::new();
    for known in case.request.known.iter().filter(|known| !known.of_receipt) {
        for old in known.states.iter().filter(|state| counts(state)) {
            let only_one = |states: &[State]| {
                let same = states
                    .iter()
                    .filter(|state| counts(state) && state.project == old.project);
                same.count() == 1
            };
            let lonely = only_one(&known.states) && only_one(&case.ledger.states);
            let now = (0_u32..).zip(&case.ledger.states).find(|(_, state)| {
                counts(state) && (state.source == old.source || (lonely && state.project == old.project))
            });
            let Some((number, new)) = now else { continue };
            let is_plans = match case.plan().and_then(|plan| plan.lineage.as_ref()) {
                Some(lineage) => new.lineage.as_ref() == Some(lineage),
                None => case.is_own(number),
            };
            if !is_plans {
                continue;
            }
            let went_back = new.serial < old.serial;
            let title = if new.lineage != old.lineage {
                let back = if went_back { " and the serial went back" } else { "" };
                format!(
                    "the lineage of {} changed{back}: another state was put in its place",
                    new.source
                )
            } else if went_back {
                format!(
                    "the serial of {} went back: an older copy was put in its place",
                    new.source
                )
            } else {
                continue;
            };
            let number = |serial: Option<u64>| {
                serial.map_or_else(|| "no serial".to_owned(), |serial| format!("serial {serial}"))
            };
            let lineage = |state: &State| state.lineage.clone().unwrap_or_default();
            raised.push(
                rule.raise(Verdict::Block, title)
                    .evidence(format!(
                        "{} knew lineage {}, {}, {}",
                        known.source,
                        lineage(old),
                        number(old.serial),
                        counted(usize::try_from(old.claims).unwrap_or(usize::MAX), "claim")
                    ))
                    .evidence(format!(
                        "now it has lineage {}, {}, {}",
                        lineage(new),
                        number(new.serial),
                        counted(usize::try_from(new.claims).unwrap_or(usize::MAX), "claim")
                    )),
            );
        }
        if !raised.is_empty() {
            break;
        }
    }
    raised
}

/// A lineage that nobody knows, for a project of which another state is known.
fn stranger(rule: &Rule, case: &Case<'_>) -> Option<Raised> {
    let plan = case.plan()?;
    let lineage = plan.lineage.as_ref()?;
    if plan.prior_instances == Some(0) || newest_known(case, lineage).is_some() {
        return None;
    }
    let now = std::iter::once((
        &case.ledger.states,
        &case.ledger.claims,
        "the states that were given".to_owned(),
    ));
    let before = case
        .request
        .known
        .iter()
        .filter(|known| !known.of_receipt)
        .map(|known| (&known.states, &known.claims, known.source.clone()));
    for (states, claims, source) in now.chain(before) {
        for (number, state) in (0_u32..).zip(states).filter(|(_, state)| counts(state)) {
            let of_state: Vec<&Claim> = claims
                .iter()
                .filter(|claim| claim.state == number && claim.is_managed())
                .collect();
            let overlap = Overlap::of(case, &of_state);
            // Where the claims are not known, the project's name must do.
            let same = if of_state.is_empty() {
                case.projects.contains(&state.project)
            } else {
                overlap.is_one_configuration()
            };
            if same {
                return Some(
                    rule.raise(
                        Verdict::Block,
                        format!(
                            "the plan was made from a state that nobody knows, and {} is known for the project",
                            state.source
                        ),
                    )
                    .evidence(format!(
                        "the plan: lineage {lineage}, serial {}",
                        plan.serial
                            .map_or_else(|| "none".to_owned(), |serial| serial.to_string())
                    ))
                    .evidence(format!(
                        "{source}: {} has lineage {}, serial {}",
                        state.source,
                        state.lineage.as_deref().unwrap_or_default(),
                        state
                            .serial
                            .map_or_else(|| "none".to_owned(), |serial| serial.to_string())
                    ))
                    .evidence(overlap.words()),
                );
            }
        }
    }
    None
}

/// For a plan without a lineage: known states with the same addresses, and none with the same ids.
fn other_ids(rule: &Rule, case: &Case<'_>) -> Option<Raised> {
    if !case.own_states.is_empty() {
        return None;
    }
    let mut by_state: FxHashMap<u32, Vec<&Claim>> = FxHashMap::default();
    for claim in case.ledger.claims.iter().filter(|claim| claim.is_managed()) {
        by_state.entry(claim.state).or_default().push(claim);
    }
    let mut best: Option<(u32, Overlap)> = None;
    for (number, claims) in by_state {
        let overlap = Overlap::of(case, &claims);
        if overlap.is_one_configuration()
            && best
                .as_ref()
                .is_none_or(|(other, most)| (overlap.addresses, *other) > (most.addresses, number))
        {
            best = Some((number, overlap));
        }
    }
    let (number, overlap) = best?;
    let state = &case.ledger.states[number as usize];
    Some(
        rule.raise(
            Verdict::Review,
            format!(
                "no state that was given holds what this plan was made from; {} has other ids at the same addresses",
                state.source
            ),
        )
        .evidence(overlap.words())
        .advice("give the plan's own state with --state; if it is another environment of the same module, that is all"),
    )
}

/// How far a plan and a state's claims are of one configuration.
struct Overlap {
    /// What the plan has that exists already.
    planned: usize,
    /// Of these, at an address that the state has.
    addresses: usize,
    /// Of these, with the same id.
    ids: usize,
}

impl Overlap {
    fn of(case: &Case<'_>, claims: &[&Claim]) -> Self {
        let by_address: FxHashMap<&str, &Claim> = claims.iter().map(|claim| (&*claim.address, *claim)).collect();
        let mut overlap = Self {
            planned: 0,
            addresses: 0,
            ids: 0,
        };
        for before in case.targets.iter().filter_map(super::case::Target::before) {
            overlap.planned += 1;
            if let Some(claim) = by_address.get(&*before.address) {
                overlap.addresses += 1;
                let same_arn = claim.arn.is_some() && claim.arn == before.arn;
                overlap.ids += usize::from(same_arn || claim.id == before.id);
            }
        }
        overlap
    }

    /// Most of the plan stands at addresses of the state, and is something else there.
    fn is_one_configuration(&self) -> bool {
        self.addresses >= 3 && self.addresses * 2 >= self.planned && self.ids * 2 < self.addresses
    }

    fn words(&self) -> String {
        format!(
            "{} of the plan's {} addresses are in that state, {} with the same id",
            self.addresses, self.planned, self.ids
        )
    }
}

/// What the plan's state holds of other projects.
fn foreign_projects(case: &Case<'_>) -> Vec<String> {
    let mut foreign: FxHashMap<&str, FxHashSet<u32>> = FxHashMap::default();
    for at in case.known.keys() {
        for held in &case.ledger.entries[*at as usize].claims {
            let claim = &case.ledger.claims[held.claim as usize];
            if !case.is_own(claim.state) && !case.projects.contains(&claim.project) {
                foreign.entry(claim.project.as_str()).or_default().insert(*at);
            }
        }
    }
    let mut lines: Vec<String> = foreign
        .into_iter()
        .map(|(project, live)| format!("it holds {} that {project} claims", counted(live.len(), "resource")))
        .collect();
    lines.sort_unstable();
    lines
}

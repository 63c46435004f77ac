//! Duplicate sets: live resources made from the same configuration by different hands.
//!
//! Resources with one fingerprint in one place are candidates. What hangs together by references and is held by the
//! same hand (one state, or nobody) is one *stack*; stacks that share fingerprints and are of different hands are one
//! duplicate set. Siblings of `count` and `for_each`, and whatever else one state holds, are replicas: one hand made
//! them on purpose.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::kinds::facts::Role;
use crate::model::{Origin, Symbol, Timestamp};

use super::fingerprint::{self, Fingerprint};
use super::{Ledger, LiveIndex, Node};

/// How far apart copies may stand from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Across {
    /// Same account, same region.
    #[default]
    Nothing,
    /// Same account, any region.
    Regions,
    /// Any account, any region.
    Accounts,
}

/// Stacks made from one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateSet {
    /// At least two; the original first, where it is known, then by what evidence there is.
    pub stacks: Vec<Stack>,
    /// Whether the first stack is the original. Where it is not known, `doubt` says why.
    pub decided: bool,
    pub doubt: Option<String>,
}

/// Resources that hang together and are held by one hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// The members that have a twin in another stack of the set.
    pub members: Vec<LiveIndex>,
    pub projects: Vec<Symbol>,
    /// Indexes of the states that claim members; empty where nobody does.
    pub states: Vec<u32>,
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    /// Members and resources on them that hold data.
    pub data: Vec<LiveIndex>,
    /// Live resources outside the stack's members that use them.
    pub used_by: usize,
    /// Twins that another stack of the set has and this one has not, and what hangs on those, by kind.
    pub lacks: BTreeMap<Symbol, usize>,
}

/// Finds every duplicate set, in a stable order.
#[must_use]
pub fn find(ledger: &Ledger, across: Across) -> Vec<DuplicateSet> {
    if ledger.live.len() < 2 {
        return Vec::new();
    }
    let prints = fingerprint::all(ledger);
    let groups = groups(ledger, &prints, across);
    let mut group_of: FxHashMap<LiveIndex, usize> = FxHashMap::default();
    for (number, members) in groups.iter().enumerate() {
        group_of.extend(members.iter().map(|member| (*member, number)));
    }
    let stacks = stacks(ledger, &group_of);
    let mut sets: Vec<DuplicateSet> = cluster(&stacks, &group_of)
        .into_iter()
        .filter_map(|numbers| {
            let stacks = numbers.iter().map(|number| &stacks[*number]).collect();
            weigh(ledger, &piece_together(ledger, stacks, &group_of), &group_of)
        })
        .collect();
    sets.sort_by(|a, b| a.stacks[0].members.cmp(&b.stacks[0].members));
    sets
}

/// Groups of candidates with one fingerprint in one place, at least two in each.
fn groups(ledger: &Ledger, prints: &[Fingerprint], across: Across) -> Vec<Vec<LiveIndex>> {
    let mut places: FxHashMap<(Fingerprint, Symbol, Symbol), Vec<LiveIndex>> = FxHashMap::default();
    for (at, live) in (0..).zip(&ledger.live) {
        if !may_be_copied(ledger, at) {
            continue;
        }
        let (account, region) = match across {
            Across::Nothing => (live.account, live.region),
            Across::Regions => (live.account, Symbol::default()),
            Across::Accounts => (Symbol::default(), Symbol::default()),
        };
        places
            .entry((prints[at as usize], account, region))
            .or_default()
            .push(at);
    }
    let mut groups: Vec<Vec<LiveIndex>> = places.into_values().filter(|members| members.len() > 1).collect();
    groups.sort_unstable();
    groups
}

/// Says whether a resource can be one of several copies at all.
fn may_be_copied(ledger: &Ledger, at: LiveIndex) -> bool {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    let Some(kind) = crate::kinds::kind(&live.kind) else {
        return false;
    };
    let compared = kind
        .attributes
        .iter()
        .any(|attribute| matches!(attribute.role, Role::Stable | Role::Name));
    compared
        && !kind.many_alike
        && entry.whole.is_none()
        && entry.delegate.is_none()
        && !matches!(live.origin, Origin::AwsMade(_))
}

/// Whose hand holds a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Hand {
    State(u32),
    Nobody,
}

fn hand(ledger: &Ledger, at: LiveIndex) -> Hand {
    let entry = &ledger.entries[at as usize];
    let own = entry.claims.iter().find(|held| !held.facet).or(entry.claims.first());
    own.map_or(Hand::Nobody, |held| {
        Hand::State(ledger.claims[held.claim as usize].state)
    })
}

/// Candidates that hang together and are of one hand.
struct Candidates {
    hand: Hand,
    members: Vec<LiveIndex>,
}

fn stacks(ledger: &Ledger, group_of: &FxHashMap<LiveIndex, usize>) -> Vec<Candidates> {
    let mut members: Vec<LiveIndex> = group_of.keys().copied().collect();
    members.sort_unstable();
    let place: FxHashMap<LiveIndex, usize> = members.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let mut together = petgraph::unionfind::UnionFind::<usize>::new(members.len());
    for (own, at) in members.iter().enumerate() {
        for edge in ledger.references.uses(*at) {
            if let Some(other) = place.get(&edge.to)
                && hand(ledger, *at) == hand(ledger, edge.to)
            {
                together.union(own, *other);
            }
        }
    }
    // Whatever one state holds is of one hand, also where no reference ties it together.
    let mut by_root: BTreeMap<(Hand, usize), Vec<LiveIndex>> = BTreeMap::new();
    for (own, at) in members.iter().enumerate() {
        let hand = hand(ledger, *at);
        let root = match hand {
            Hand::State(_) => 0,
            Hand::Nobody => together.find(own),
        };
        by_root.entry((hand, root)).or_default().push(*at);
    }
    by_root
        .into_iter()
        .map(|((hand, _), members)| Candidates { hand, members })
        .collect()
}

/// Which stacks are twins of each other.
fn cluster(stacks: &[Candidates], group_of: &FxHashMap<LiveIndex, usize>) -> Vec<Vec<usize>> {
    let mut holders: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, stack) in stacks.iter().enumerate() {
        for at in &stack.members {
            let holders = holders.entry(group_of[at]).or_default();
            if holders.last() != Some(&number) {
                holders.push(number);
            }
        }
    }
    let mut twins = petgraph::unionfind::UnionFind::<usize>::new(stacks.len());
    for numbers in holders.values() {
        for pair in numbers.windows(2) {
            twins.union(pair[0], pair[1]);
        }
    }
    let mut clusters: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for number in 0..stacks.len() {
        clusters.entry(twins.find(number)).or_default().push(number);
    }
    clusters.into_values().filter(|numbers| numbers.len() > 1).collect()
}

/// Unclaimed pieces of one copy: a volume or a second network hangs on nothing else, but was made by the same apply.
/// Pieces belong together where none has a twin of the other, and they were made about the same time.
fn piece_together(
    ledger: &Ledger,
    stacks: Vec<&Candidates>,
    group_of: &FxHashMap<LiveIndex, usize>,
) -> Vec<Candidates> {
    let (mut whole, mut pieces): (Vec<Candidates>, Vec<Candidates>) = stacks
        .into_iter()
        .map(|stack| Candidates {
            hand: stack.hand,
            members: stack.members.clone(),
        })
        .partition(|stack| stack.hand != Hand::Nobody);
    pieces.sort_by_key(|piece| (std::cmp::Reverse(piece.members.len()), piece.members.first().copied()));
    let mut copies: Vec<(Candidates, FxHashSet<usize>, Option<i64>)> = Vec::new();
    for piece in pieces {
        let groups: FxHashSet<usize> = piece.members.iter().map(|at| group_of[at]).collect();
        let times = piece
            .members
            .iter()
            .filter_map(|at| ledger.live[*at as usize].created_at);
        let oldest = times.map(|time| time.as_second()).min();
        let near = |other: Option<i64>| oldest.zip(other).is_none_or(|(a, b)| (a - b).abs() < ONE_APPLY);
        match copies
            .iter_mut()
            .find(|(_, held, time)| held.is_disjoint(&groups) && near(*time))
        {
            Some((copy, held, time)) => {
                copy.members.extend(piece.members);
                copy.members.sort_unstable();
                held.extend(groups);
                *time = time.or(oldest);
            }
            None => copies.push((piece, groups, oldest)),
        }
    }
    whole.extend(copies.into_iter().map(|(copy, ..)| copy));
    whole
}

/// Pieces that were made further apart were not made by one apply, in seconds.
const ONE_APPLY: i64 = 86_400;

/// A lone unclaimed pair is called copies only if made at least this far apart, in seconds: a script that makes
/// several at once makes replicas.
const APART: i64 = 600;

/// Ages that differ by less say nothing about which is the original, in seconds.
const AGE_THAT_COUNTS: i64 = 3600;

/// Decides what a cluster of stacks is, and which is the original.
fn weigh(ledger: &Ledger, stacks: &[Candidates], group_of: &FxHashMap<LiveIndex, usize>) -> Option<DuplicateSet> {
    // A state's candidates may have twins in several clusters; only those with a twin in this one belong here.
    let mut seen: FxHashMap<usize, usize> = FxHashMap::default();
    for stack in stacks {
        let mut groups: Vec<usize> = stack.members.iter().map(|at| group_of[at]).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            *seen.entry(group).or_default() += 1;
        }
    }
    let mut found: Vec<Stack> = stacks
        .iter()
        .map(|stack| {
            let members: Vec<LiveIndex> = stack
                .members
                .iter()
                .copied()
                .filter(|at| seen[&group_of[at]] > 1)
                .collect();
            describe(ledger, members)
        })
        .filter(|stack| !stack.members.is_empty())
        .collect();
    if found.len() < 2 || !is_telling(ledger, stacks, &found) {
        return None;
    }
    let lacks: Vec<BTreeMap<Symbol, usize>> = (0..found.len())
        .map(|own| lacking(ledger, own, &found, group_of))
        .collect();
    for (stack, lacks) in found.iter_mut().zip(lacks) {
        stack.lacks = lacks;
    }
    let (order, doubt) = original(&found);
    found = order.into_iter().map(|at| found[at].clone()).collect();
    Some(DuplicateSet {
        stacks: found,
        decided: doubt.is_none(),
        doubt,
    })
}

/// Says whether equal fingerprints are more than chance: something in the stack has a name or tags of its own,
/// and where nobody claims any of it, it is more than one thing, or made at different times.
fn is_telling(ledger: &Ledger, candidates: &[Candidates], stacks: &[Stack]) -> bool {
    let named = stacks.iter().all(|stack| {
        stack.members.iter().any(|at| {
            let live = &ledger.live[*at as usize];
            live.name.as_deref().is_some_and(|name| *name != *live.id) || live.tags.own().next().is_some()
        })
    });
    if !named {
        return false;
    }
    let claimed = candidates.iter().any(|stack| stack.hand != Hand::Nobody);
    let large = stacks.iter().filter(|stack| stack.members.len() > 1).count() > 1;
    let apart = {
        let mut times: Vec<i64> = stacks
            .iter()
            .filter_map(|stack| stack.oldest)
            .map(|time| time.as_second())
            .collect();
        times.sort_unstable();
        times.windows(2).any(|pair| pair[1] - pair[0] >= APART)
    };
    claimed || large || apart
}

fn describe(ledger: &Ledger, members: Vec<LiveIndex>) -> Stack {
    let mut stack = Stack::default();
    let mut users = FxHashSet::default();
    let inside = |at: LiveIndex| members.binary_search(&at).is_ok() || members.binary_search(&ledger.top(at)).is_ok();
    for at in &members {
        let (live, entry) = (&ledger.live[*at as usize], &ledger.entries[*at as usize]);
        stack.projects.extend(&entry.projects);
        stack
            .states
            .extend(entry.claims.iter().map(|held| ledger.claims[held.claim as usize].state));
        if let Some(time) = live.created_at {
            stack.oldest = Some(stack.oldest.map_or(time, |old| old.min(time)));
            stack.newest = Some(stack.newest.map_or(time, |new| new.max(time)));
        }
        if holds_data(ledger, *at) {
            stack.data.push(*at);
        }
        for edge in ledger.references.used_by(*at) {
            let Node::Live(user) = edge.from else {
                users.insert(edge.from);
                continue;
            };
            if inside(user) {
                continue;
            }
            users.insert(Node::Live(ledger.top(user)));
            if holds_data(ledger, user) {
                stack.data.push(user);
            }
            // What stands on a member is as old as the stack at most: a database tells the age of a network
            // whose API gives none.
            if let Some(time) = ledger.live[user as usize].created_at {
                stack.oldest = Some(stack.oldest.map_or(time, |old| old.min(time)));
            }
        }
    }
    stack.used_by = users.len();
    stack.projects.sort_unstable();
    stack.projects.dedup();
    stack.states.sort_unstable();
    stack.states.dedup();
    stack.data.sort_unstable();
    stack.data.dedup();
    stack.members = members;
    stack
}

fn holds_data(ledger: &Ledger, at: LiveIndex) -> bool {
    ledger.kind(at).is_some_and(|kind| kind.holds_data)
}

/// What others of the set have and this stack has not: twins, and what stands on the twins.
fn lacking(
    ledger: &Ledger,
    own: usize,
    stacks: &[Stack],
    group_of: &FxHashMap<LiveIndex, usize>,
) -> BTreeMap<Symbol, usize> {
    let count = |stack: &Stack| {
        let mut counts: FxHashMap<usize, usize> = FxHashMap::default();
        for at in &stack.members {
            *counts.entry(group_of[at]).or_default() += 1;
        }
        counts
    };
    let mine = count(&stacks[own]);
    let mut lacks: BTreeMap<Symbol, usize> = BTreeMap::new();
    let mut most: FxHashMap<usize, (usize, Symbol)> = FxHashMap::default();
    let mut hanging: FxHashMap<Symbol, usize> = FxHashMap::default();
    for (number, stack) in stacks.iter().enumerate() {
        if number == own {
            continue;
        }
        for (group, many) in count(stack) {
            let kind = stack
                .members
                .iter()
                .find(|at| group_of[at] == group)
                .map(|at| ledger.live[*at as usize].kind);
            let entry = most.entry(group).or_insert((0, kind.unwrap_or_default()));
            entry.0 = entry.0.max(many);
        }
        let hand_of_stack = stack.members.first().map(|at| hand(ledger, *at));
        let mut users: Vec<LiveIndex> = stack
            .members
            .iter()
            .flat_map(|at| ledger.references.used_by(*at))
            .filter_map(|edge| match edge.from {
                Node::Live(user) => Some(user),
                Node::Claim(_) => None,
            })
            // What another hand put there is no part of the stack, and a twin is counted already.
            .filter(|user| {
                !group_of.contains_key(user)
                    && may_be_copied(ledger, *user)
                    && hand_of_stack == Some(hand(ledger, *user))
            })
            .collect();
        users.sort_unstable();
        users.dedup();
        for user in users {
            *hanging.entry(ledger.live[user as usize].kind).or_default() += 1;
        }
    }
    for (group, (many, kind)) in most {
        let missing = many.saturating_sub(mine.get(&group).copied().unwrap_or(0));
        if missing > 0 {
            *lacks.entry(kind).or_default() += missing;
        }
    }
    for (kind, many) in hanging {
        *lacks.entry(kind).or_default() += many;
    }
    lacks
}

/// Orders the stacks, the original first; says why where it cannot be told.
///
/// Data, use and age are what a deletion destroys, so they decide. Claims decide only where those say nothing:
/// after a lost state the *copies* are the ones that the new state claims.
fn original(stacks: &[Stack]) -> (Vec<usize>, Option<String>) {
    let by_data = best(
        stacks,
        &|stack| Some(i64::try_from(stack.data.len().min(1)).unwrap_or(1)),
        1,
    );
    let by_use = best(stacks, &|stack| Some(i64::from(stack.used_by > 0)), 1);
    let by_age = best(
        stacks,
        &|stack| stack.oldest.map(|time| -time.as_second()),
        AGE_THAT_COUNTS,
    );
    let by_claims = best(stacks, &|stack| Some(i64::from(!stack.states.is_empty())), 1);
    let mut votes: Vec<(usize, &str)> = [(by_data, "data"), (by_use, "use"), (by_age, "age")]
        .into_iter()
        .filter_map(|(vote, name)| vote.map(|stack| (stack, name)))
        .collect();
    if votes.is_empty() {
        votes.extend(by_claims.map(|stack| (stack, "claims")));
    }
    let mut order: Vec<usize> = (0..stacks.len()).collect();
    let doubt = match votes.first() {
        None => Some("the stacks do not differ in data, use, age or claims".to_owned()),
        Some((first, _)) if votes.iter().all(|(stack, _)| stack == first) => None,
        Some(_) => {
            let said: Vec<String> = votes
                .iter()
                .map(|(stack, name)| format!("{name} speaks for {}", letter(*stack)))
                .collect();
            Some(said.join(", "))
        }
    };
    if doubt.is_none()
        && let Some((first, _)) = votes.first()
    {
        order.retain(|at| at != first);
        order.insert(0, *first);
    }
    (order, doubt)
}

/// The one stack that leads by at least `margin`, where one does and every stack could be asked.
fn best(stacks: &[Stack], score: &dyn Fn(&Stack) -> Option<i64>, margin: i64) -> Option<usize> {
    let scores: Vec<i64> = stacks.iter().map(score).collect::<Option<_>>()?;
    let (first, top) = scores
        .iter()
        .enumerate()
        .max_by_key(|(at, score)| (**score, std::cmp::Reverse(*at)))?;
    let second = scores
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != first)
        .map(|(_, score)| *score)
        .max()?;
    (top - second >= margin).then_some(first)
}

/// `A`, `B` … for stacks in a sentence.
#[must_use]
pub fn letter(stack: usize) -> String {
    u8::try_from(stack)
        .ok()
        .filter(|n| *n < 26)
        .map_or_else(|| format!("#{stack}"), |n| char::from(b'A' + n).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{claim_of, ledger, live, state};
    use crate::model::{Claim, Live};

    /// A network with a machine in it, and a database where it is the whole stack.
    fn stack(salt: u32, whole: bool) -> Vec<Live> {
        let id = |prefix: &str| format!("{prefix}-{salt:08x}");
        let mut vpc = live("aws_vpc", &id("vpc"));
        vpc.configuration.set("cidr_block", "10.0.0.0/16");
        vpc.tagged([("Name", "main")].into_iter().collect());
        let mut subnet = live("aws_subnet", &id("subnet"));
        subnet
            .configuration
            .set("vpc_id", id("vpc"))
            .set("cidr_block", "10.0.1.0/24");
        let mut all = vec![vpc, subnet];
        if whole {
            let mut machine = live("aws_instance", &id("i"));
            machine
                .configuration
                .set("subnet_id", id("subnet"))
                .set("instance_type", "t3.micro");
            machine.created_at = Some("2024-05-01T00:00:00Z".parse().expect("a time"));
            all.push(machine);
        }
        all
    }

    fn claims(state: u32, lives: &[Live]) -> Vec<Claim> {
        lives
            .iter()
            .map(|live| claim_of(state, &format!("{}.main", live.kind), live))
            .collect()
    }

    #[test]
    fn a_partial_copy_that_nobody_claims_is_told_from_the_original() {
        let (a, b) = (stack(1, true), stack(2, false));
        let claims = claims(0, &a);
        let ledger = ledger([a, b].concat(), vec![state("platform")], claims);
        let sets = find(&ledger, Across::Nothing);
        assert_eq!(sets.len(), 1);
        let [original, copy] = sets[0].stacks.as_slice() else {
            panic!("two stacks")
        };
        assert!(sets[0].decided, "{:?}", sets[0].doubt);
        assert_eq!(original.projects, ["platform"]);
        assert_eq!((original.members.len(), copy.members.len()), (2, 2));
        assert!(copy.states.is_empty());
        assert_eq!(copy.lacks.get("aws_instance"), Some(&1));
        assert!(original.lacks.is_empty());
    }

    #[test]
    fn where_the_new_state_claims_the_copies_the_original_is_still_the_one_in_use() {
        let (a, b) = (stack(1, true), stack(2, false));
        let claims = claims(0, &b);
        let ledger = ledger([a, b].concat(), vec![state("new")], claims);
        let sets = find(&ledger, Across::Nothing);
        assert!(sets[0].decided, "{:?}", sets[0].doubt);
        assert!(
            sets[0].stacks[0].states.is_empty(),
            "the unclaimed one holds the machine"
        );
    }

    #[test]
    fn two_states_that_made_the_same_are_copies_too() {
        let (a, b) = (stack(1, false), stack(2, false));
        let both = [claims(0, &a), claims(1, &b)].concat();
        let ledger = ledger([a, b].concat(), vec![state("one"), state("two")], both);
        let sets = find(&ledger, Across::Nothing);
        assert_eq!(sets.len(), 1);
        assert!(!sets[0].decided, "nothing tells them apart");
    }

    #[test]
    fn replicas_of_one_state_are_no_copies() {
        let (a, b) = (stack(1, true), stack(2, true));
        let both = [claims(0, &a), claims(0, &b)].concat();
        let ledger = ledger([a, b].concat(), vec![state("platform")], both);
        assert_eq!(find(&ledger, Across::Nothing), []);
    }

    #[test]
    fn pieces_of_one_copy_are_one_copy() {
        let volume = |id: &str, name: &'static str| {
            let mut volume = live("aws_ebs_volume", id);
            volume.configuration.set("size", 8).set("type", "gp3");
            volume.tagged([("Name", name)].into_iter().collect());
            volume
        };
        let original = [
            stack(1, false),
            vec![volume("vol-00000001", "a"), volume("vol-00000002", "b")],
        ]
        .concat();
        let copy = [
            stack(2, false),
            vec![volume("vol-00000003", "a"), volume("vol-00000004", "b")],
        ]
        .concat();
        let claims = claims(0, &original);
        let ledger = ledger([original, copy].concat(), vec![state("platform")], claims);
        let sets = find(&ledger, Across::Nothing);
        assert_eq!(sets.len(), 1);
        let sizes: Vec<usize> = sets[0].stacks.iter().map(|stack| stack.members.len()).collect();
        assert_eq!(sizes, [4, 4]);
    }

    #[test]
    fn nameless_lone_things_are_no_copies() {
        let volume = |id: &str| {
            let mut volume = live("aws_ebs_volume", id);
            volume.configuration.set("size", 8).set("type", "gp3");
            volume
        };
        let ledger = ledger(
            vec![volume("vol-00000001"), volume("vol-00000002")],
            vec![state("platform")],
            Vec::new(),
        );
        assert_eq!(find(&ledger, Across::Nothing), []);
    }

    #[test]
    fn a_second_environment_with_other_names_is_no_copy() {
        let (a, mut b) = (stack(1, true), stack(2, true));
        b[0].tagged([("Name", "staging")].into_iter().collect());
        let both = [claims(0, &a), claims(1, &b)].concat();
        let ledger = ledger([a, b].concat(), vec![state("production"), state("staging")], both);
        assert_eq!(find(&ledger, Across::Nothing), []);
    }
}

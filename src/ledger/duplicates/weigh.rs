//! What a set of equal stacks is: chance or copies, which is the original, what each lacks.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::fingerprint::without_suffix;
use super::super::{Ledger, LiveIndex, Node as User};
use super::pieces::{APART, is_named};
use super::{Candidates, DraftSet, DuplicateSet, Group, Hand, Stack, hand, letter, may_be_copied};
use crate::model::{Live, Symbol};

/// Ages that differ by less say nothing about which is the original, in seconds.
const AGE_THAT_COUNTS: i64 = 3600;

/// Sets of more stacks are described, but not compared with each other.
const COMPARED: usize = 64;

/// Steps from what is surely equal to what is equal by kind, name and place.
const STEPS: usize = 8;

/// One hand's part of a set.
struct Side {
    hand: Hand,
    /// With the number of the twins that each belongs to, sorted.
    members: Vec<(LiveIndex, Group)>,
    alike: Vec<LiveIndex>,
}

/// Decides what a set is, and which is the original.
pub(super) fn weigh(candidates: &Candidates<'_>, set: DraftSet) -> Option<DuplicateSet> {
    let ledger = candidates.ledger;
    let sides = set.stacks.into_iter().map(|stack| Side {
        hand: stack.hand,
        members: stack
            .members
            .iter()
            .map(|node| (candidates.at(*node), candidates.group(*node)))
            .collect(),
        alike: Vec::new(),
    });
    let mut sides = with_twins(named(ledger, sides.collect()));
    if sides.len() < 2 {
        return None;
    }
    if sides.iter().filter(|side| hangs_together(ledger, side)).take(2).count() == 2 {
        // The same places in the same graph are no chance; one equal thing of a third hand beside them may be.
        sides.retain(|side| {
            hangs_together(ledger, side) || side.members.iter().any(|(_, group)| *group != side.members[0].1)
        });
        sides = with_twins(sides);
        if sides.len() <= COMPARED {
            add_alike(candidates, &mut sides);
        }
    } else {
        sides = keep_telling(ledger, sides);
        if sides.len() < 2 {
            return None;
        }
    }
    let mut found: Vec<Stack> = sides.iter().map(|side| describe(ledger, side)).collect();
    if !were_made_apart(&sides, &found) {
        return None;
    }
    lacks(ledger, &sides, &mut found);
    let (order, doubt) = original(&found);
    let stacks = order.into_iter().map(|at| std::mem::take(&mut found[at])).collect();
    Some(DuplicateSet {
        stacks,
        decided: doubt.is_none(),
        doubt,
    })
}

/// Leaves members that have a twin on another side, and sides that have members.
fn with_twins(mut sides: Vec<Side>) -> Vec<Side> {
    let mut seen: FxHashMap<Group, (usize, bool)> = FxHashMap::default();
    for (number, side) in sides.iter().enumerate() {
        for (_, group) in &side.members {
            let (first, several) = seen.entry(*group).or_insert((number, false));
            *several |= *first != number;
        }
    }
    for side in &mut sides {
        side.members.retain(|(_, group)| seen[group].1);
    }
    sides.retain(|side| !side.members.is_empty());
    sides
}

fn name_of(live: &Live) -> Option<&str> {
    live.name.as_deref().filter(|name| *name != &*live.id)
}

/// Leaves the sides on which something has a name or tags of its own.
fn named(ledger: &Ledger, mut sides: Vec<Side>) -> Vec<Side> {
    sides.retain(|side| side.members.iter().any(|(at, _)| is_named(ledger, *at)));
    sides
}

/// Says whether members of a side refer to each other.
fn hangs_together(ledger: &Ledger, side: &Side) -> bool {
    let inside = |at: LiveIndex| side.members.binary_search_by_key(&at, |(member, _)| *member).is_ok();
    let mut members = side.members.iter();
    members.any(|(at, _)| ledger.references.uses(*at).any(|edge| inside(edge.to)))
}

/// Of things that hang on nothing, leaves those that equality says something about: they have a name that a person
/// gave, and they are not used on every side by things of one kind that are no twins of each other (two projects each
/// with an address `nat`, in a NAT gateway of its own).
fn keep_telling(ledger: &Ledger, mut sides: Vec<Side>) -> Vec<Side> {
    let mut users: BTreeMap<Group, Vec<Vec<Symbol>>> = BTreeMap::new();
    for side in &sides {
        let mut of_side: BTreeMap<Group, Vec<Symbol>> = BTreeMap::new();
        for (at, group) in &side.members {
            let kinds = of_side.entry(*group).or_default();
            kinds.extend(
                ledger
                    .references
                    .used_by(*at)
                    .iter()
                    .filter_map(|edge| match edge.from {
                        User::Live(user) if ledger.top(user) != *at => Some(ledger.live[user as usize].kind),
                        _ => None,
                    }),
            );
        }
        for (group, kinds) in of_side {
            users.entry(group).or_default().push(kinds);
        }
    }
    let used_alike = |group: &Group| {
        let of_sides = &users[group];
        let shared = |kind: &Symbol| of_sides[1..].iter().all(|kinds| kinds.contains(kind));
        of_sides[0].iter().any(shared)
    };
    for side in &mut sides {
        side.members
            .retain(|(at, group)| name_of(&ledger.live[*at as usize]).is_some() && !used_alike(group));
    }
    with_twins(sides)
}

/// Where nobody claims any of it: more than one thing hangs together, or it was made at different times.
fn were_made_apart(sides: &[Side], stacks: &[Stack]) -> bool {
    if sides.iter().any(|side| side.hand != Hand::Nobody) || stacks.iter().filter(|s| s.members.len() > 1).count() > 1 {
        return true;
    }
    let times = stacks.iter().filter_map(|stack| stack.oldest);
    let mut times: Vec<i64> = times.map(|time| time.as_second()).collect();
    times.sort_unstable();
    times.windows(2).any(|pair| pair[1] - pair[0] >= APART)
}

/// Adds what is next to the sides' members and has the kind and the name of something on another side. The place is surely the
/// same, so a setting that differs (a newer image, a size that was changed since) does not make it another thing.
fn add_alike(candidates: &Candidates<'_>, sides: &mut [Side]) {
    let ledger = candidates.ledger;
    let mut hanging: BTreeMap<(Symbol, String), Vec<(usize, LiveIndex)>> = BTreeMap::new();
    let mut seen: FxHashSet<LiveIndex> = FxHashSet::default();
    let mut next = candidates.groups;
    let mut fresh: Vec<(usize, LiveIndex)> = Vec::new();
    for (number, side) in sides.iter().enumerate() {
        fresh.extend(side.members.iter().map(|(at, _)| (number, *at)));
    }
    for _ in 0..STEPS {
        let mut changed: Vec<(Symbol, String)> = Vec::new();
        for (number, at) in fresh.drain(..) {
            let users = ledger.references.used_by(at).iter().filter_map(|edge| match edge.from {
                User::Live(user) => Some(user),
                User::Claim(_) => None,
            });
            // Down as well: the volume of a machine, the network that somebody has tagged since.
            for user in users.chain(ledger.references.uses(at).map(|edge| edge.to)) {
                let one = &ledger.live[user as usize];
                let Some(name) = name_of(one) else { continue };
                let mine = !candidates.node.contains_key(&user)
                    && hand(ledger, user) == sides[number].hand
                    && may_be_copied(ledger, user)
                    && seen.insert(user);
                if mine {
                    let key = (one.kind, without_suffix(name).into_owned());
                    hanging.entry(key.clone()).or_default().push((number, user));
                    changed.push(key);
                }
            }
        }
        changed.sort_unstable();
        changed.dedup();
        for key in changed {
            let twins = &hanging[&key];
            if twins.iter().all(|(number, _)| *number == twins[0].0) {
                continue;
            }
            let twins = hanging.remove(&key).unwrap_or_default();
            for (number, at) in twins {
                sides[number].members.push((at, next));
                sides[number].alike.push(at);
                fresh.push((number, at));
            }
            next += 1;
        }
        if fresh.is_empty() {
            break;
        }
    }
    for side in sides {
        side.members.sort_unstable();
        side.alike.sort_unstable();
    }
}

fn describe(ledger: &Ledger, side: &Side) -> Stack {
    let mut stack = Stack {
        members: side.members.iter().map(|(at, _)| *at).collect(),
        alike: side.alike.clone(),
        ..Stack::default()
    };
    let mut users = FxHashSet::default();
    let mut data = Vec::new();
    let inside = |at: LiveIndex| {
        stack.members.binary_search(&at).is_ok() || stack.members.binary_search(&ledger.top(at)).is_ok()
    };
    for at in &stack.members {
        let (live, entry) = (&ledger.live[*at as usize], &ledger.entries[*at as usize]);
        for held in entry.claims.iter().filter(|held| !held.facet) {
            let claim = &ledger.claims[held.claim as usize];
            stack.projects.push(claim.project);
            stack.states.push(claim.state);
        }
        if let Some(time) = live.created_at {
            stack.oldest = Some(stack.oldest.map_or(time, |old| old.min(time)));
            stack.newest = Some(stack.newest.map_or(time, |new| new.max(time)));
        }
        data.push(*at);
        for edge in ledger.references.used_by(*at) {
            let User::Live(user) = edge.from else {
                users.insert(edge.from);
                continue;
            };
            if inside(user) {
                continue;
            }
            users.insert(User::Live(ledger.top(user)));
            data.push(user);
            // What stands on a member is as old as the stack at most: a database tells the age of a network
            // whose API gives none.
            if let Some(time) = ledger.live[user as usize].created_at {
                stack.oldest = Some(stack.oldest.map_or(time, |old| old.min(time)));
            }
        }
    }
    stack.used_by = users.len();
    data.retain(|at| holds_data(ledger, *at));
    data.sort_unstable();
    data.dedup();
    (stack.data, stack.idle_data) = data.into_iter().partition(|at| is_in_use(ledger, *at));
    stack.projects.sort_unstable();
    stack.projects.dedup();
    stack.states.sort_unstable();
    stack.states.dedup();
    stack
}

fn holds_data(ledger: &Ledger, at: LiveIndex) -> bool {
    ledger.kind(at).is_some_and(|kind| kind.holds_data)
}

/// Says whether something uses what holds data. A kind for which there is no orphan test (a database) is in use by
/// being there; a volume is not, nor is a snapshot that nothing was made from.
fn is_in_use(ledger: &Ledger, at: LiveIndex) -> bool {
    let live = &ledger.live[at as usize];
    if let Some(attached) = live.observed.get("attached").and_then(crate::model::Value::as_bool) {
        return attached;
    }
    let kind = ledger.kind(at);
    let is_backup = |user: LiveIndex| ledger.kind(user).is_some_and(|kind| kind.many_alike);
    kind.is_some_and(|kind| kind.orphan.is_none() && !kind.many_alike)
        || ledger.entries[at as usize].whole.is_some()
        || ledger
            .references
            .used_by(at)
            .iter()
            .any(|edge| matches!(edge.from, User::Live(user) if !is_backup(user)))
}

/// The largest number that another side has, for each thing that is counted.
struct Most<K> {
    /// The largest with its side, and the largest of the other sides.
    by_key: BTreeMap<K, (usize, usize, usize)>,
}

impl<K: Ord + Copy> Most<K> {
    fn of(counts: &[BTreeMap<K, usize>]) -> Self {
        let mut by_key: BTreeMap<K, (usize, usize, usize)> = BTreeMap::new();
        for (side, counts) in counts.iter().enumerate() {
            for (key, many) in counts {
                let most = by_key.entry(*key).or_insert((side, 0, 0));
                if *many > most.1 {
                    *most = (side, *many, most.1);
                } else {
                    most.2 = most.2.max(*many);
                }
            }
        }
        Self { by_key }
    }

    /// How many of each another side has more than `side`.
    fn missing<'s>(&'s self, side: usize, own: &'s BTreeMap<K, usize>) -> impl Iterator<Item = (K, usize)> + 's {
        self.by_key.iter().filter_map(move |(key, (first, most, second))| {
            let of_others = if *first == side { *second } else { *most };
            let more = of_others.saturating_sub(own.get(key).copied().unwrap_or(0));
            (more > 0).then_some((*key, more))
        })
    }
}

/// Fills in what others of the set have and a stack has not: twins, and what stands on the twins.
fn lacks(ledger: &Ledger, sides: &[Side], stacks: &mut [Stack]) {
    if sides.len() > COMPARED {
        return;
    }
    let mut kind_of: FxHashMap<Group, Symbol> = FxHashMap::default();
    let mut twins: Vec<BTreeMap<Group, usize>> = Vec::new();
    let mut hanging: Vec<BTreeMap<Symbol, usize>> = Vec::new();
    let members: FxHashSet<LiveIndex> = sides.iter().flat_map(|side| &side.members).map(|(at, _)| *at).collect();
    for side in sides {
        let mut counts: BTreeMap<Group, usize> = BTreeMap::new();
        let mut users: Vec<LiveIndex> = Vec::new();
        for (at, group) in &side.members {
            kind_of.insert(*group, ledger.live[*at as usize].kind);
            *counts.entry(*group).or_default() += 1;
            users.extend(
                ledger
                    .references
                    .used_by(*at)
                    .iter()
                    .filter_map(|edge| match edge.from {
                        // What another hand put there is no part of the stack, and a twin is counted already.
                        User::Live(user)
                            if !members.contains(&user)
                                && hand(ledger, user) == side.hand
                                && may_be_copied(ledger, user) =>
                        {
                            Some(user)
                        }
                        _ => None,
                    }),
            );
        }
        users.sort_unstable();
        users.dedup();
        let mut kinds: BTreeMap<Symbol, usize> = BTreeMap::new();
        for user in users {
            *kinds.entry(ledger.live[user as usize].kind).or_default() += 1;
        }
        twins.push(counts);
        hanging.push(kinds);
    }
    let (most_twins, most_hanging) = (Most::of(&twins), Most::of(&hanging));
    for (number, stack) in stacks.iter_mut().enumerate() {
        for (group, many) in most_twins.missing(number, &twins[number]) {
            *stack.lacks.entry(kind_of[&group]).or_default() += many;
        }
        for (kind, many) in most_hanging.missing(number, &hanging[number]) {
            *stack.lacks.entry(kind).or_default() += many;
        }
    }
}

/// Orders the stacks, the original first; says why where it cannot be told.
///
/// Data, use and age are what a deletion destroys, so they decide. Claims decide only where those say nothing:
/// after a lost state the *copies* are the ones that the new state claims.
fn original(stacks: &[Stack]) -> (Vec<usize>, Option<String>) {
    let by_data = best(
        stacks,
        // Data that something uses outweighs volumes that are attached to nothing, and those outweigh none.
        &|stack| {
            Some(match (stack.data.is_empty(), stack.idle_data.is_empty()) {
                (false, _) => 2,
                (true, false) => 1,
                (true, true) => 0,
            })
        },
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

//! Duplicate sets: live resources made from the same configuration by different hands.
//!
//! 1. Resources with one fingerprint in one place are a *group*. A group that one state holds alone is dropped:
//!    `count`, `for_each` and a module used twice are replicas, which one hand made on purpose.
//!    A group of things that rest on nothing is split by what uses them: addresses named `nat` of ten projects are
//!    alike, and only those are twins whose gateways are.
//! 2. Groups hang together where a member of one refers to a member of the other and both are of one hand.
//! 3. What a state holds of such groups is one *stack*. What nobody claims is taken apart into *pieces* that rest on
//!    each other, and the pieces are put together to stacks again: one apply leaves several (a network, a volume).
//! 4. Groups that share a stack of pieces, or the same two states, are one *set*, unless equality may be chance.
//! 5. In a set that is found, what stands on it and has the same kind and name counts too, though a setting differs:
//!    an image that is newer today, a size that somebody changed.
//!
//! Everything is sorted or bounded, so that 100,000 equal things cost no more than 100,000 different ones.

mod pieces;
mod refine;
mod weigh;

use std::collections::BTreeMap;

use petgraph::unionfind::UnionFind;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::kinds::facts::Role;
use crate::model::{Origin, Symbol, Timestamp};

use super::fingerprint::Fingerprint;
use super::{Ledger, LiveIndex};
use refine::by_use;

/// How far apart copies may stand from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// The members that have a twin in another stack of the set, sorted.
    pub members: Vec<LiveIndex>,
    /// Those among them that are not alike in every setting, but have the kind, the name and the place of their twin.
    pub alike: Vec<LiveIndex>,
    pub projects: Vec<Symbol>,
    /// Indexes of the states that claim members; empty where nobody does.
    pub states: Vec<u32>,
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    /// Members and resources on them that hold data and are in use.
    pub data: Vec<LiveIndex>,
    /// The same, but nothing uses them: a fresh copy has volumes too, and nothing in them.
    pub idle_data: Vec<LiveIndex>,
    /// Live resources outside the stack's members that use them.
    pub used_by: usize,
    /// Twins that another stack of the set has and this one has not, and what hangs on those, by kind.
    pub lacks: BTreeMap<Symbol, usize>,
}

/// Whose hand holds a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Hand {
    State(u32),
    Nobody,
}

/// A rule or a route that another state puts on something does not make it that state's.
fn hand(ledger: &Ledger, at: LiveIndex) -> Hand {
    let mut own = ledger.entries[at as usize].claims.iter().filter(|held| !held.facet);
    own.next().map_or(Hand::Nobody, |held| {
        Hand::State(ledger.claims[held.claim as usize].state)
    })
}

/// Finds every duplicate set, in a stable order.
pub(super) fn find(ledger: &Ledger, prints: &[Fingerprint], across: Across) -> Vec<DuplicateSet> {
    let candidates = Candidates::new(ledger, prints, across);
    if candidates.members.is_empty() {
        return Vec::new();
    }
    let mut sets: Vec<DuplicateSet> = sets(&candidates)
        .into_iter()
        .filter_map(|stacks| weigh::weigh(&candidates, stacks))
        .collect();
    sets.sort_by(|a, b| a.stacks[0].members.cmp(&b.stacks[0].members));
    sets
}

/// The position of a candidate in [`Candidates::members`].
type Node = u32;
/// The number of a group of equal candidates.
type Group = u32;

/// Resources that have an equal in their place, by another hand or by nobody's.
struct Candidates<'a> {
    ledger: &'a Ledger,
    /// In the ledger's order.
    members: Vec<LiveIndex>,
    group: Vec<Group>,
    hand: Vec<Hand>,
    groups: u32,
    node: FxHashMap<LiveIndex, Node>,
}

impl<'a> Candidates<'a> {
    fn new(ledger: &'a Ledger, prints: &[Fingerprint], across: Across) -> Self {
        let mut known: Option<(Symbol, bool)> = None;
        let mut rows: Vec<(Fingerprint, Symbol, Symbol, LiveIndex)> = Vec::new();
        for (at, live) in (0..).zip(&ledger.live) {
            // The ledger is sorted by kind.
            let compared = match known {
                Some((kind, compared)) if kind == live.kind => compared,
                _ => {
                    let compared = is_compared(&live.kind);
                    known = Some((live.kind, compared));
                    compared
                }
            };
            if compared && stands_alone(ledger, at) {
                let (account, region) = match across {
                    Across::Nothing => (live.account, live.region),
                    Across::Regions => (live.account, Symbol::default()),
                    Across::Accounts => (Symbol::default(), Symbol::default()),
                };
                rows.push((prints[at as usize], account, region, at));
            }
        }
        rows.par_sort_unstable();
        let mut found: Vec<(LiveIndex, u32)> = Vec::new();
        let equal = |a: &(Fingerprint, Symbol, Symbol, LiveIndex), b: &(Fingerprint, Symbol, Symbol, LiveIndex)| {
            (a.0, a.1, a.2) == (b.0, b.1, b.2)
        };
        for (number, rows) in (0..).zip(rows.chunk_by(equal).filter(|rows| rows.len() > 1)) {
            let first = hand(ledger, rows[0].3);
            if first == Hand::Nobody || rows.iter().any(|row| hand(ledger, row.3) != first) {
                found.extend(rows.iter().map(|row| (row.3, number)));
            }
        }
        found.sort_unstable();
        // Groups are numbered as their first members stand in the ledger, not as the hashes happen to be.
        let mut numbers: FxHashMap<u32, Group> = FxHashMap::default();
        let mut candidates = Self {
            ledger,
            members: Vec::with_capacity(found.len()),
            group: Vec::with_capacity(found.len()),
            hand: Vec::with_capacity(found.len()),
            groups: 0,
            node: FxHashMap::default(),
        };
        for (node, (at, number)) in (0..).zip(found) {
            let group = *numbers.entry(number).or_insert_with(|| {
                candidates.groups += 1;
                candidates.groups - 1
            });
            candidates.members.push(at);
            candidates.group.push(group);
            candidates.hand.push(hand(ledger, at));
            candidates.node.insert(at, node);
        }
        by_use(&mut candidates);
        candidates
    }

    fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        0..u32::try_from(self.members.len()).unwrap_or(u32::MAX)
    }

    fn at(&self, node: Node) -> LiveIndex {
        self.members[node as usize]
    }

    fn group(&self, node: Node) -> Group {
        self.group[node as usize]
    }

    fn hand(&self, node: Node) -> Hand {
        self.hand[node as usize]
    }

    /// The candidates of its own hand that it refers to, and whether it rests on them: whether the reference is one of
    /// its own settings, and not just told by the API (an association, an attachment).
    fn uses(&self, node: Node) -> impl Iterator<Item = (Node, bool)> + '_ {
        let at = self.at(node);
        let kind = self.ledger.kind(at);
        self.ledger.references.uses(at).filter_map(move |edge| {
            let target = *self.node.get(&edge.to)?;
            let rests = kind
                .and_then(|kind| kind.attribute(&edge.via))
                .is_some_and(|attribute| matches!(attribute.role, Role::Stable | Role::Name));
            (self.hand(target) == self.hand(node)).then_some((target, rests))
        })
    }
}

/// Says whether a resource can be one of several copies at all.
fn may_be_copied(ledger: &Ledger, at: LiveIndex) -> bool {
    is_compared(&ledger.live[at as usize].kind) && stands_alone(ledger, at)
}

fn is_compared(kind: &str) -> bool {
    crate::kinds::kind(kind).is_some_and(|kind| {
        let mut roles = kind.attributes.iter().map(|attribute| attribute.role);
        !kind.many_alike && roles.any(|role| matches!(role, Role::Stable | Role::Name))
    })
}

fn stands_alone(ledger: &Ledger, at: LiveIndex) -> bool {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    entry.whole.is_none() && entry.delegate.is_none() && !matches!(live.origin, Origin::AwsMade(_))
}

/// One hand's part of a set, before it is weighed.
struct Draft {
    hand: Hand,
    members: Vec<Node>,
}

/// A set before it is weighed.
struct DraftSet {
    stacks: Vec<Draft>,
}

/// Puts groups and pieces together to sets.
fn sets(candidates: &Candidates<'_>) -> Vec<DraftSet> {
    let mut together: UnionFind<u32> = UnionFind::new(candidates.groups as usize);
    for node in candidates.nodes() {
        for (target, _) in candidates.uses(node) {
            together.union(candidates.group(node), candidates.group(target));
        }
    }
    let mut states: BTreeMap<Group, Vec<u32>> = BTreeMap::new();
    for node in candidates.nodes() {
        let of_whole = states.entry(together.find(candidates.group(node))).or_default();
        if let Hand::State(state) = candidates.hand(node) {
            of_whole.push(state);
        }
    }
    for states in states.values_mut() {
        states.sort_unstable();
        states.dedup();
    }
    let copies = pieces::copies(candidates, &|group| &states[&together.find(group)]);
    // Groups with a stack of pieces in common are one set; so are those that the same states share.
    for copy in &copies {
        for pair in copy.windows(2) {
            together.union(candidates.group(pair[0]), candidates.group(pair[1]));
        }
    }
    let mut first_of: BTreeMap<&[u32], Group> = BTreeMap::new();
    for (group, states) in states.iter().filter(|(_, states)| states.len() > 1) {
        let first = first_of.entry(states).or_insert(*group);
        together.union(*first, *group);
    }
    let mut held: BTreeMap<(Group, Hand), Vec<Node>> = BTreeMap::new();
    for node in candidates.nodes().filter(|node| candidates.hand(*node) != Hand::Nobody) {
        let set = together.find(candidates.group(node));
        held.entry((set, candidates.hand(node))).or_default().push(node);
    }
    let mut sets: BTreeMap<Group, DraftSet> = BTreeMap::new();
    let of_states = held
        .into_iter()
        .map(|((set, hand), members)| (set, Draft { hand, members }));
    let of_nobody = copies.into_iter().map(|members| {
        let set = together.find(candidates.group(members[0]));
        let hand = Hand::Nobody;
        (set, Draft { hand, members })
    });
    for (set, stack) in of_states.chain(of_nobody) {
        let set = sets.entry(set).or_insert_with(|| DraftSet { stacks: Vec::new() });
        set.stacks.push(stack);
    }
    sets.into_values().filter(|set| set.stacks.len() > 1).collect()
}

/// `A`, `B` … for stacks in a sentence.
#[must_use]
pub fn letter(stack: usize) -> String {
    u8::try_from(stack)
        .ok()
        .filter(|n| *n < 26)
        .map_or_else(|| format!("#{}", stack + 1), |n| char::from(b'A' + n).to_string())
}

#[cfg(test)]
mod tests {
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
        let sets = &ledger.duplicates;
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
        let sets = &ledger.duplicates;
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
        let sets = &ledger.duplicates;
        assert_eq!(sets.len(), 1);
        assert!(!sets[0].decided, "nothing tells them apart");
    }

    #[test]
    fn replicas_of_one_state_are_no_copies() {
        let (a, b) = (stack(1, true), stack(2, true));
        let both = [claims(0, &a), claims(0, &b)].concat();
        let ledger = ledger([a, b].concat(), vec![state("platform")], both);
        assert_eq!(ledger.duplicates, []);
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
        let sets = &ledger.duplicates;
        assert_eq!(sets.len(), 1);
        let sizes: Vec<usize> = sets[0].stacks.iter().map(|stack| stack.members.len()).collect();
        assert_eq!(sizes, [4, 4]);
    }

    #[test]
    fn a_copy_is_found_where_nobody_holds_either_though_it_leans_on_the_original() {
        let (a, mut b) = (stack(1, true), stack(2, true));
        let group = |salt: u32| {
            let mut group = live("aws_security_group", &format!("sg-{salt:08x}"));
            group
                .configuration
                .set("name", "web")
                .set("vpc_id", format!("vpc-{salt:08x}"));
            group.name = Some("web".into());
            group
        };
        let mut a = [a, vec![group(1)]].concat();
        b.push(group(2));
        for machine in [&mut a[2], &mut b[2]] {
            // Both machines stand in the original's group.
            machine.configuration.set("vpc_security_group_ids", vec!["sg-00000001"]);
        }
        b[2].created_at = Some("2026-11-23T00:00:00Z".parse().expect("a time"));
        let ledger = ledger([a, b].concat(), vec![state("other")], Vec::new());
        let sizes: Vec<Vec<usize>> = ledger
            .duplicates
            .iter()
            .map(|set| set.stacks.iter().map(|stack| stack.members.len()).collect())
            .collect();
        assert_eq!(sizes, [[4, 4]]);
        let first = &ledger.duplicates[0].stacks[0];
        assert!(first.members.contains(&ledger.find("vpc-00000001")[0]));
        assert!(ledger.duplicates[0].decided, "it is older, and the other leans on it");
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
        assert_eq!(ledger.duplicates, []);
    }

    #[test]
    fn a_second_environment_with_other_names_is_no_copy() {
        let (a, mut b) = (stack(1, true), stack(2, true));
        b[0].tagged([("Name", "staging")].into_iter().collect());
        let both = [claims(0, &a), claims(1, &b)].concat();
        let ledger = ledger([a, b].concat(), vec![state("production"), state("staging")], both);
        assert_eq!(ledger.duplicates, []);
    }
}

//! What nobody claims, taken apart into pieces that rest on each other, and put together to copies.
//!
//! A state says of what it holds that it is one stack. Where nobody claims anything, only the graph and the times say
//! what belongs together; and a copy may lean on the original (an instance of the copy in a group of the original).

use std::collections::{BTreeMap, VecDeque};

use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::{Ledger, LiveIndex};
use super::{Candidates, Group, Hand, Node};

/// Pieces that were made further apart were not made by one apply, in seconds.
const ONE_APPLY: i64 = 86_400;

/// Equal things that hang on nothing and were made at most this far apart were made by one hand, in seconds: a script
/// that makes several at once makes replicas.
pub(super) const APART: i64 = 600;

/// More than so many equal things that hang on nothing are a series that some machine makes, and no copies.
const SERIES: usize = 8;

/// Copies that a piece is tried on before it becomes one of its own.
const TRIES: usize = 64;

/// The copies that nobody claims, each as its members, sorted.
pub(super) fn copies<'s>(candidates: &Candidates<'_>, states: &dyn Fn(Group) -> &'s [u32]) -> Vec<Vec<Node>> {
    let pieces = bundle(candidates, pieces(candidates));
    let mut series: FxHashMap<Group, usize> = FxHashMap::default();
    let alike = |piece: &[Node]| {
        let first = candidates.group(piece[0]);
        piece
            .iter()
            .all(|node| candidates.group(*node) == first)
            .then_some(first)
    };
    for group in pieces.iter().filter_map(|piece| alike(piece)) {
        *series.entry(group).or_default() += 1;
    }
    let is_series = |piece: &[Node]| alike(piece).is_some_and(|group| series[&group] > SERIES);
    let mut pieces: Vec<Piece> = pieces
        .into_iter()
        .filter(|piece| !is_series(piece))
        .map(|members| Piece::new(candidates, members))
        .collect();
    // What many others may belong to comes first.
    pieces.sort_by(|a, b| {
        (std::cmp::Reverse(a.members.len()), a.members[0]).cmp(&(std::cmp::Reverse(b.members.len()), b.members[0]))
    });
    let mut copies: Vec<Copy> = Vec::new();
    let mut open: BTreeMap<(&[u32], Option<i64>), Vec<usize>> = BTreeMap::new();
    for piece in pieces {
        let states = states(candidates.group(piece.members[0]));
        let fits = |copy: &usize| copies[*copy].groups.is_disjoint(&piece.groups);
        let mut near: Vec<usize> = match piece.time {
            // A time in common says little of things that have no name.
            Some(_) if states.is_empty() && !piece.named => Vec::new(),
            Some(time) => {
                let window = (states, Some(time - ONE_APPLY))..=(states, Some(time + ONE_APPLY));
                open.range(window)
                    .flat_map(|(_, copies)| copies)
                    .copied()
                    .take(TRIES)
                    .collect()
            }
            None => Vec::new(),
        };
        // Where a state holds the original, whatever else there is belongs to a copy, though nobody says when it was
        // made. Where nobody holds either, it may as well belong to the original.
        if !states.is_empty() {
            let timeless = open.get(&(states, None));
            near.extend(timeless.into_iter().flatten().take(TRIES));
            if piece.time.is_none() {
                let all = open.range((states, None)..=(states, Some(i64::MAX)));
                near.extend(all.flat_map(|(_, copies)| copies).take(TRIES));
            }
        }
        near.sort_unstable();
        match near.into_iter().find(|copy| fits(copy)) {
            Some(copy) => {
                copies[copy].members.extend(piece.members);
                copies[copy].groups.extend(piece.groups);
            }
            None => {
                open.entry((states, piece.time)).or_default().push(copies.len());
                copies.push(Copy {
                    members: piece.members,
                    groups: piece.groups,
                });
            }
        }
    }
    copies
        .into_iter()
        .map(|copy| {
            let mut members = copy.members;
            members.sort_unstable();
            members
        })
        .collect()
}

struct Copy {
    members: Vec<Node>,
    groups: FxHashSet<Group>,
}

/// Members that rest on each other.
struct Piece {
    members: Vec<Node>,
    groups: FxHashSet<Group>,
    /// When the oldest of it, or of what stands on it, was made, in seconds.
    time: Option<i64>,
    /// Something in it has a name or tags of its own.
    named: bool,
}

impl Piece {
    fn new(candidates: &Candidates<'_>, members: Vec<Node>) -> Self {
        let ledger = candidates.ledger;
        let time_of = |at: u32| ledger.live[at as usize].created_at.map(|time| time.as_second());
        let time = members
            .iter()
            .flat_map(|node| {
                let at = candidates.at(*node);
                let users = ledger.references.used_by(at).iter().filter_map(|edge| match edge.from {
                    super::super::Node::Live(user) => time_of(user),
                    super::super::Node::Claim(_) => None,
                });
                time_of(at).into_iter().chain(users)
            })
            .min();
        Self {
            groups: members.iter().map(|node| candidates.group(*node)).collect(),
            named: members.iter().any(|node| is_named(ledger, candidates.at(*node))),
            members,
            time,
        }
    }
}

/// Says whether a resource has a name or tags of its own: equal settings alone are chance.
pub(super) fn is_named(ledger: &Ledger, at: LiveIndex) -> bool {
    let live = &ledger.live[at as usize];
    live.name.as_deref().is_some_and(|name| *name != *live.id) || live.tags.own().next().is_some()
}

/// Takes what nobody claims apart: what rests on each other is a piece, unless it would hold its own twin.
fn pieces(candidates: &Candidates<'_>) -> Vec<Vec<Node>> {
    let count = candidates.members.len();
    let mut parts = Parts {
        candidates,
        roots: UnionFind::new(count),
        groups: FxHashMap::default(),
    };
    // What a node rests on comes before it; what is left over names itself in a ring.
    let mut rests_on: Vec<Vec<Node>> = vec![Vec::new(); count];
    let mut carries: Vec<Vec<Node>> = vec![Vec::new(); count];
    let loose = || candidates.nodes().filter(|node| candidates.hand(*node) == Hand::Nobody);
    for node in loose() {
        let own = &mut rests_on[node as usize];
        own.extend(
            candidates
                .uses(node)
                .filter(|(_, rests)| *rests)
                .map(|(target, _)| target),
        );
        own.sort_unstable();
        own.dedup();
        own.iter().for_each(|target| carries[*target as usize].push(node));
    }
    let mut waits: Vec<usize> = rests_on.iter().map(Vec::len).collect();
    let mut ready: VecDeque<Node> = loose().filter(|node| waits[*node as usize] == 0).collect();
    let mut torn: VecDeque<Node> = VecDeque::new();
    let mut done = vec![false; count];
    let mut rings = loose();
    let mut siblings: FxHashMap<(Group, Vec<Node>), Node> = FxHashMap::default();
    loop {
        // Those that all their targets agree on come before those that are torn between two stacks.
        let (node, may_wait) = match ready.pop_front() {
            Some(node) => (node, true),
            None => match torn.pop_front() {
                Some(node) => (node, false),
                None => match rings.find(|node| !done[*node as usize]) {
                    Some(node) => (node, false),
                    None => break,
                },
            },
        };
        if done[node as usize] {
            continue;
        }
        let targets = &rests_on[node as usize];
        if !targets.is_empty() {
            let key = (candidates.group(node), targets.clone());
            match siblings.get(&key) {
                // Equal, and on the very same things: a replica.
                Some(sibling) => parts.join(node, *sibling),
                None => {
                    if !parts.settle(node, targets, &carries, may_wait) {
                        torn.push_back(node);
                        continue;
                    }
                    siblings.insert(key, node);
                }
            }
        }
        done[node as usize] = true;
        for user in &carries[node as usize] {
            waits[*user as usize] -= 1;
            if waits[*user as usize] == 0 {
                ready.push_back(*user);
            }
        }
    }
    // What hangs on nothing belongs to what is attached to it.
    let mut sizes: FxHashMap<Node, usize> = FxHashMap::default();
    for node in loose() {
        *sizes.entry(parts.roots.find(node)).or_default() += 1;
    }
    for node in loose() {
        for (target, _) in candidates.uses(node) {
            let lone = |node: Node| sizes.get(&parts.roots.find(node)) == Some(&1);
            if lone(node) || lone(target) {
                parts.roots.union(node, target);
            }
        }
    }
    let mut pieces: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    for node in loose() {
        pieces.entry(parts.roots.find(node)).or_default().push(node);
    }
    pieces.into_values().collect()
}

/// Pieces in the making, each with the groups that it holds.
struct Parts<'a> {
    candidates: &'a Candidates<'a>,
    roots: UnionFind<Node>,
    /// By root, once a piece has more than one member.
    groups: FxHashMap<Node, FxHashSet<Group>>,
}

impl Parts<'_> {
    fn groups_of(&mut self, root: Node) -> FxHashSet<Group> {
        let own = self.candidates.group(root);
        self.groups
            .remove(&root)
            .unwrap_or_else(|| std::iter::once(own).collect())
    }

    fn holds(&self, root: Node, group: Group) -> bool {
        match self.groups.get(&root) {
            Some(groups) => groups.contains(&group),
            None => self.candidates.group(root) == group,
        }
    }

    fn are_apart(&self, a: Node, b: Node) -> bool {
        let size = |root: Node| self.groups.get(&root).map_or(1, FxHashSet::len);
        let (small, large) = if size(a) <= size(b) { (a, b) } else { (b, a) };
        match self.groups.get(&small) {
            Some(groups) => !groups.iter().any(|group| self.holds(large, *group)),
            None => !self.holds(large, self.candidates.group(small)),
        }
    }

    fn join(&mut self, a: Node, b: Node) {
        let (a, b) = (self.roots.find(a), self.roots.find(b));
        if a == b {
            return;
        }
        let (of_a, of_b) = (self.groups_of(a), self.groups_of(b));
        let (small, mut large) = if of_a.len() <= of_b.len() {
            (of_a, of_b)
        } else {
            (of_b, of_a)
        };
        large.extend(small);
        self.roots.union(a, b);
        let root = self.roots.find(a);
        self.groups.insert(root, large);
    }

    /// Finds the piece of a node by what it rests on. Returns whether it is settled; a node whose targets lie in two
    /// copies may wait until everything that is clear has been settled.
    fn settle(&mut self, node: Node, targets: &[Node], carries: &[Vec<Node>], may_wait: bool) -> bool {
        let mut counts: BTreeMap<Node, usize> = BTreeMap::new();
        for target in targets {
            *counts.entry(self.roots.find(*target)).or_default() += 1;
        }
        // An address that only this gateway uses is its own, whether or not another gateway has an equal one.
        let only_mine =
            |parts: &Self, root: Node| carries[root as usize] == [node] && !parts.groups.contains_key(&root);
        let (mine, roots): (Vec<(Node, usize)>, Vec<(Node, usize)>) =
            counts.into_iter().partition(|(root, _)| only_mine(self, *root));
        let clear = roots
            .iter()
            .enumerate()
            .all(|(at, (root, _))| roots[..at].iter().all(|(other, _)| self.are_apart(*root, *other)));
        if !clear && may_wait {
            return false;
        }
        let group = self.candidates.group(node);
        let size = |parts: &Self, root: Node| parts.groups.get(&root).map_or(1, FxHashSet::len);
        // Most of its targets, and no twin of its own there yet.
        let best = roots
            .iter()
            .filter(|(root, _)| !self.holds(*root, group))
            .max_by_key(|(root, count)| (*count, size(self, *root), std::cmp::Reverse(*root)))
            .map(|(root, _)| *root);
        let mut home = node;
        if let Some(best) = best {
            self.join(home, best);
            home = self.roots.find(home);
            for (root, _) in roots {
                let root = self.roots.find(root);
                if root != home && self.are_apart(home, root) {
                    self.join(home, root);
                    home = self.roots.find(home);
                }
            }
        }
        for (root, _) in mine {
            self.join(home, root);
        }
        true
    }
}

/// Puts equal things that hang on nothing into one piece where one hand made them: as many as a state holds of them,
/// or, where no state does, those that were made at the same time.
fn bundle(candidates: &Candidates<'_>, pieces: Vec<Vec<Node>>) -> Vec<Vec<Node>> {
    let (mut bundles, lone): (Vec<Vec<Node>>, Vec<Vec<Node>>) = pieces.into_iter().partition(|piece| piece.len() > 1);
    let mut by_group: BTreeMap<Group, Vec<Node>> = BTreeMap::new();
    for node in lone.into_iter().flatten() {
        by_group.entry(candidates.group(node)).or_default().push(node);
    }
    let mut held: FxHashMap<(Group, Hand), usize> = FxHashMap::default();
    let mut most: FxHashMap<Group, usize> = FxHashMap::default();
    for node in candidates.nodes().filter(|node| candidates.hand(*node) != Hand::Nobody) {
        let many = held.entry((candidates.group(node), candidates.hand(node))).or_default();
        *many += 1;
        let most = most.entry(candidates.group(node)).or_default();
        *most = (*most).max(*many);
    }
    for (group, mut nodes) in by_group {
        let time = |node: &Node| {
            let time = candidates.ledger.live[candidates.at(*node) as usize].created_at;
            time.map(|time| time.as_second())
        };
        nodes.sort_by_key(|node| (time(node), *node));
        let (longest, gap) = most.get(&group).map_or((usize::MAX, APART), |most| (*most, ONE_APPLY));
        let mut bundle: Vec<Node> = Vec::new();
        for node in nodes {
            let apart = bundle
                .last()
                .and_then(|last| time(last).zip(time(&node)))
                .is_some_and(|(last, this)| this - last >= gap);
            if !bundle.is_empty() && (apart || bundle.len() >= longest) {
                bundles.push(std::mem::take(&mut bundle));
            }
            bundle.push(node);
        }
        bundles.push(bundle);
    }
    bundles.iter_mut().for_each(|bundle| bundle.sort_unstable());
    bundles
}

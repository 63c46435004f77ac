//! Splits groups of things that rest on nothing by what uses them.
//!
//! A fingerprint looks down: what stands on a VPC has the VPC in it. It does not look up: an address, a volume or a
//! VPC says nothing of its place but its own name, and ten projects have an address that is named `nat`. What uses
//! them tells them apart.

use std::collections::BTreeMap;

use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::Node as User;
use super::{Candidates, Group, Hand, Node, hand};

/// What is known of a member's use.
enum Use {
    /// By other candidates: these groups.
    By(Vec<Group>),
    /// Only by things of its own hand that have no twin.
    ByOthers,
    Idle,
}

/// Numbers the groups anew.
pub(super) fn by_use(candidates: &mut Candidates<'_>) {
    let mut members: Vec<Vec<Node>> = vec![Vec::new(); candidates.groups as usize];
    let mut rests = vec![false; candidates.groups as usize];
    for node in candidates.nodes() {
        let group = candidates.group(node) as usize;
        members[group].push(node);
        rests[group] |= candidates.uses(node).any(|(_, rests)| rests);
    }
    let partners = partners(candidates, &members, &rests);
    let mut split: Vec<Vec<Node>> = Vec::new();
    for (group, nodes) in members.into_iter().enumerate() {
        if rests[group] || nodes.len() < 3 {
            split.push(nodes);
        } else {
            split.extend(parts(candidates, &nodes, &partners));
        }
    }
    let mut kept: Vec<(Node, Group)> = Vec::new();
    let mut groups = 0;
    split.sort_unstable();
    for nodes in split {
        let first = candidates.hand(nodes[0]);
        let several = nodes.iter().any(|node| candidates.hand(*node) != first);
        if nodes.len() > 1 && (several || first == Hand::Nobody) {
            kept.extend(nodes.into_iter().map(|node| (node, groups)));
            groups += 1;
        }
    }
    kept.sort_unstable();
    let take = |node: Node| node as usize;
    candidates.group = kept.iter().map(|(_, group)| *group).collect();
    candidates.members = kept.iter().map(|(node, _)| candidates.members[take(*node)]).collect();
    candidates.hand = kept.iter().map(|(node, _)| candidates.hand[take(*node)]).collect();
    candidates.groups = groups;
    candidates.node = (0..).zip(&candidates.members).map(|(node, at)| (*at, node)).collect();
}

/// Which hands hold twins that do rest on something.
fn partners(candidates: &Candidates<'_>, members: &[Vec<Node>], rests: &[bool]) -> FxHashMap<Hand, FxHashSet<Hand>> {
    let mut partners: FxHashMap<Hand, FxHashSet<Hand>> = FxHashMap::default();
    for (nodes, _) in members.iter().zip(rests).filter(|(_, rests)| **rests) {
        let hands: FxHashSet<Hand> = nodes.iter().map(|node| candidates.hand(*node)).collect();
        for hand in &hands {
            let own = partners.entry(*hand).or_default();
            // Of a fleet it is enough to know some.
            own.extend(hands.iter().filter(|other| *other != hand).take(64));
        }
    }
    partners
}

fn parts(candidates: &Candidates<'_>, nodes: &[Node], partners: &FxHashMap<Hand, FxHashSet<Hand>>) -> Vec<Vec<Node>> {
    let uses: Vec<Use> = nodes.iter().map(|node| use_of(candidates, *node)).collect();
    let mut together: UnionFind<usize> = UnionFind::new(nodes.len());
    let mut first_with: FxHashMap<Group, usize> = FxHashMap::default();
    for (place, of_node) in uses.iter().enumerate() {
        if let Use::By(groups) = of_node {
            for group in groups {
                together.union(place, *first_with.entry(*group).or_insert(place));
            }
        }
    }
    let mut classes: FxHashMap<usize, Vec<Node>> = FxHashMap::default();
    let (mut idle, mut others) = (Vec::new(), Vec::new());
    for (place, (node, of_node)) in nodes.iter().zip(&uses).enumerate() {
        match of_node {
            Use::By(_) => classes.entry(together.find(place)).or_default().push(*node),
            Use::ByOthers => others.push(*node),
            Use::Idle => idle.push(*node),
        }
    }
    let mut classes: Vec<Vec<Node>> = classes.into_values().collect();
    classes.sort_unstable();
    let several: FxHashSet<Hand> = nodes.iter().map(|node| candidates.hand(*node)).collect();
    if classes.is_empty() && several.len() < 3 {
        return vec![nodes.to_vec()];
    }
    let hands: Vec<FxHashSet<Hand>> = classes
        .iter()
        .map(|class| class.iter().map(|node| candidates.hand(*node)).collect())
        .collect();
    let mut homeless = Vec::new();
    for node in idle {
        let own = candidates.hand(node);
        let mut homes = (0..classes.len()).filter(|class| {
            let known = partners.get(&own);
            hands[*class].contains(&own)
                || known.is_some_and(|known| hands[*class].iter().any(|hand| known.contains(hand)))
        });
        match (homes.next(), homes.next()) {
            (Some(home), None) => classes[home].push(node),
            _ => homeless.push(node),
        }
    }
    // What something else uses is nobody's copy, and what nothing uses is no copy of it; but where two hands have
    // twins besides, the apply may have ended between a volume and its machine.
    classes.extend(paired(candidates, homeless, others, partners));
    classes.retain(|class| !class.is_empty());
    classes.iter_mut().for_each(|class| class.sort_unstable());
    classes
}

/// Puts what nothing uses to what others use, where only one of their hands has twins of its hand besides.
fn paired(
    candidates: &Candidates<'_>,
    idle: Vec<Node>,
    others: Vec<Node>,
    partners: &FxHashMap<Hand, FxHashSet<Hand>>,
) -> Vec<Vec<Node>> {
    let mut by_hand: BTreeMap<Hand, Vec<Node>> = BTreeMap::new();
    for node in others {
        by_hand.entry(candidates.hand(node)).or_default().push(node);
    }
    let mut pairs: BTreeMap<Hand, Vec<Node>> = BTreeMap::new();
    let mut alone = Vec::new();
    for node in idle {
        let known = partners.get(&candidates.hand(node));
        let states = by_hand.keys().filter(|hand| **hand != Hand::Nobody);
        let mut hands = states.filter(|hand| known.is_some_and(|known| known.contains(hand)));
        match (hands.next(), hands.next()) {
            (Some(hand), None) => pairs.entry(*hand).or_default().push(node),
            _ => alone.push(node),
        }
    }
    let mut rest = Vec::new();
    for (hand, nodes) in by_hand {
        match pairs.get_mut(&hand) {
            Some(pair) => pair.extend(nodes),
            None => rest.extend(nodes),
        }
    }
    pairs.into_values().chain([alone, rest]).collect()
}

fn use_of(candidates: &Candidates<'_>, node: Node) -> Use {
    let (ledger, at) = (candidates.ledger, candidates.at(node));
    let mut groups = Vec::new();
    let mut others = false;
    for edge in ledger.references.used_by(at) {
        let User::Live(user) = edge.from else { continue };
        match candidates.node.get(&user) {
            Some(user) if candidates.hand(*user) == candidates.hand(node) => groups.push(candidates.group(*user)),
            Some(_) => {}
            None => others |= ledger.top(user) != at && hand(ledger, user) == candidates.hand(node),
        }
    }
    groups.sort_unstable();
    groups.dedup();
    match (groups.is_empty(), others) {
        (false, _) => Use::By(groups),
        (true, true) => Use::ByOthers,
        (true, false) => Use::Idle,
    }
}

//! Fingerprints: two resources made from the same configuration have the same one, whatever their ids.
//!
//! A fingerprint is a hash of the kind, the stable configuration, the own tags, and the fingerprints of what the
//! configuration refers to (a Merkle hash over the reference graph, from the leaves up). What a copy depends on was
//! made before it, so the part of a stack that was copied has the original's fingerprints even where the rest is not
//! there yet. Resources that name each other (security groups) are hashed together, in rounds.
//!
//! Not hashed: ids, ARNs, times, generated suffixes of names, the account's number, the region's name.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::kinds::facts::{Attribute, Kind, Role};
use crate::model::{Configuration, Live, Origin, Tags, Value};

use super::index::Index;
use super::{Ledger, LiveIndex};

/// The first half of a SHA-256.
pub type Fingerprint = u128;

/// Rounds in which the members of a cycle look at each other. Three tell apart all that is three steps away.
const ROUNDS: usize = 3;

/// The fingerprint of every live resource, in the ledger's order.
#[must_use]
pub fn all(ledger: &Ledger) -> Vec<Fingerprint> {
    let index = Index::new(&ledger.live);
    let drafts: Vec<Draft> = ledger.live.par_iter().map(|live| Draft::new(live, &index)).collect();
    drop(index);
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(drafts.len(), drafts.len());
    for _ in &drafts {
        graph.add_node(());
    }
    for (at, draft) in drafts.iter().enumerate() {
        let mut targets = Vec::new();
        draft.collect_targets(&mut targets);
        for target in targets {
            graph.add_edge(NodeIndex::new(at), NodeIndex::new(target as usize), ());
        }
    }
    // Kosaraju's components come with what they refer to first.
    let components = kosaraju_scc(&graph);
    drop(graph);
    let mut prints: Vec<Fingerprint> = vec![0; drafts.len()];
    for component in components {
        match component.as_slice() {
            [only] => {
                let at = only.index();
                prints[at] = drafts[at].hash(&|target| prints[target as usize]);
            }
            ring => {
                // In the first round the others in the ring are all alike; each round tells more apart.
                let inside: rustc_hash::FxHashMap<LiveIndex, usize> = ring
                    .iter()
                    .enumerate()
                    .map(|(place, node)| (u32::try_from(node.index()).unwrap_or(u32::MAX), place))
                    .collect();
                let mut round: Vec<Fingerprint> = vec![1; ring.len()];
                for _ in 0..ROUNDS.min(ring.len()) + 1 {
                    round = ring
                        .iter()
                        .map(|node| {
                            drafts[node.index()].hash(&|target| {
                                inside
                                    .get(&target)
                                    .map_or_else(|| prints[target as usize], |place| round[*place])
                            })
                        })
                        .collect();
                }
                for (node, print) in ring.iter().zip(round) {
                    prints[node.index()] = print;
                }
            }
        }
    }
    prints
}

/// What of a resource is hashed, with places for the fingerprints of its targets.
struct Draft {
    /// Canonical text; a zero byte stands where a target's fingerprint belongs.
    text: Vec<u8>,
    /// Targets in the order of their places.
    targets: Vec<LiveIndex>,
    /// Lists without an order; a byte of one stands in `text` where each belongs.
    unordered: Vec<Unordered>,
}

/// Items of a list without an order, each with its own text and targets.
struct Unordered {
    items: Vec<Draft>,
}

impl Draft {
    fn empty() -> Self {
        Self {
            text: Vec::new(),
            targets: Vec::new(),
            unordered: Vec::new(),
        }
    }

    fn new(live: &Live, index: &Index<'_>) -> Self {
        let mut draft = Self::empty();
        draft.text.extend(live.kind.as_bytes());
        let place = Place { live, index };
        if let Some(kind) = crate::kinds::kind(&live.kind) {
            draft.configuration(kind, &live.configuration, &place);
        }
        draft.tags(&live.tags, &place);
        draft
    }

    fn configuration(&mut self, kind: &'static Kind, configuration: &Configuration, place: &Place<'_>) {
        for attribute in kind
            .attributes
            .iter()
            .filter(|a| matches!(a.role, Role::Stable | Role::Name))
        {
            // Every item of a list comes on its own.
            let mut items = Vec::new();
            configuration.each_at(attribute.path, &mut |value| items.push(value));
            if items.is_empty() {
                continue;
            }
            self.text.push(b'\n');
            self.text.extend(attribute.path.as_bytes());
            self.text.push(b'=');
            self.list(&items, attribute, place);
        }
    }

    fn list(&mut self, items: &[&Value], attribute: &Attribute, place: &Place<'_>) {
        if !attribute.unordered {
            for item in items {
                self.text.push(b'[');
                self.value(item, attribute, place);
            }
            return;
        }
        // Sorted later, by what the items say once their targets are known: ids would give another order.
        let drafts = items
            .iter()
            .map(|item| {
                let mut draft = Self::empty();
                draft.value(item, attribute, place);
                draft
            })
            .collect();
        self.text.push(1);
        self.unordered.push(Unordered { items: drafts });
    }

    fn tags(&mut self, tags: &Tags, place: &Place<'_>) {
        for (key, value) in tags.own() {
            self.text.extend(b"\n#");
            self.text.extend(key.as_bytes());
            self.text.push(b'=');
            self.plain(&without_suffix(value), place);
        }
    }

    fn value(&mut self, value: &Value, attribute: &Attribute, place: &Place<'_>) {
        match value {
            Value::Text(text) => match place.target(text, attribute) {
                Some(target) => {
                    self.text.push(0);
                    self.targets.push(target);
                }
                None if attribute.role == Role::Name => self.plain(&without_suffix(text), place),
                None => self.plain(text, place),
            },
            Value::List(items) => self.list(&items.iter().collect::<Vec<_>>(), attribute, place),
            Value::Block(block) => {
                for (key, value) in block.iter() {
                    self.text.push(b'{');
                    self.text.extend(key.as_bytes());
                    self.text.push(b'=');
                    self.value(value, attribute, place);
                }
                self.text.push(b'}');
            }
            Value::Null => self.text.push(b'~'),
            Value::Bool(yes) => self.text.push(if *yes { b'y' } else { b'n' }),
            Value::Integer(number) => self.text.extend(number.to_string().as_bytes()),
        }
    }

    /// Text without what differs by place only; control characters cannot forge a place.
    fn plain(&mut self, text: &str, place: &Place<'_>) {
        let text = text.replace(place.live.account.as_str(), "{account}");
        let text = if place.live.region.is_empty() {
            text
        } else {
            text.replace(place.live.region.as_str(), "{region}")
        };
        self.text.push(b'"');
        self.text
            .extend(text.bytes().map(|byte| if byte < 2 { b'?' } else { byte }));
        self.text.push(b'"');
    }

    fn hash(&self, print: &dyn Fn(LiveIndex) -> Fingerprint) -> Fingerprint {
        let mut hasher = Sha256::new();
        let (mut targets, mut lists) = (self.targets.iter(), self.unordered.iter());
        let mut rest = self.text.as_slice();
        while let Some(at) = rest.iter().position(|byte| *byte < 2) {
            hasher.update(&rest[..at]);
            if rest[at] == 0 {
                hasher.update(targets.next().map_or(0, |target| print(*target)).to_be_bytes());
            } else if let Some(list) = lists.next() {
                let mut items: Vec<Fingerprint> = list.items.iter().map(|item| item.hash(print)).collect();
                items.sort_unstable();
                items.dedup();
                for item in items {
                    hasher.update(item.to_be_bytes());
                }
            }
            rest = &rest[at + 1..];
        }
        hasher.update(rest);
        let digest = hasher.finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        u128::from_be_bytes(half)
    }
}

/// Where a resource stands, to say what a text in its configuration means.
struct Place<'a> {
    live: &'a Live,
    index: &'a Index<'a>,
}

impl Place<'_> {
    /// The resource that a text names, where its fingerprint takes the text's place.
    /// A default that AWS made is the same for every copy: its id stays.
    fn target(&self, text: &str, attribute: &Attribute) -> Option<LiveIndex> {
        let at = self
            .index
            .near(attribute.refers_to, text, self.live.account, self.live.region)?;
        let target = self.index.live(at);
        let own = std::ptr::eq(target, self.live);
        (!own && !matches!(target.origin, Origin::AwsMade(_))).then_some(at)
    }
}

impl Draft {
    /// Every target, those in lists included; for the graph.
    fn collect_targets(&self, into: &mut Vec<LiveIndex>) {
        into.extend(&self.targets);
        for list in &self.unordered {
            list.items.iter().for_each(|item| item.collect_targets(into));
        }
    }
}

/// A name without the suffix that a tool generated:
/// Terraform's `name_prefix` (18 digits of time and 8 hexadecimal digits of a counter; source: terraform-plugin-sdk,
/// `id.UniqueId`), a UUID, 8 or more hexadecimal digits with a digit among them (`random_id`), or 8 or more digits
/// (dates and times).
#[must_use]
pub fn without_suffix(name: &str) -> String {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if name.len() >= 26 && name.is_char_boundary(name.len() - 26) {
        let (head, tail) = name.split_at(name.len() - 26);
        if tail[..18].bytes().all(|b| b.is_ascii_digit()) && is_hex(&tail[18..]) {
            return format!("{head}*");
        }
    }
    if name.len() >= 36 && name.is_char_boundary(name.len() - 36) {
        let (head, tail) = name.split_at(name.len() - 36);
        let parts: Vec<usize> = tail.split('-').map(str::len).collect();
        if parts == [8, 4, 4, 4, 12] && is_hex(&tail.replace('-', "")) {
            return format!("{head}*");
        }
    }
    if let Some(cut) = name.rfind(['-', '_', '.']) {
        let tail = &name[cut + 1..];
        if tail.len() >= 8 && is_hex(tail) && tail.bytes().any(|b| b.is_ascii_digit()) {
            return format!("{}*", &name[..=cut]);
        }
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{ledger, live, state};

    #[test]
    fn generated_suffixes_do_not_count_and_chosen_ones_do() {
        for (name, stem) in [
            ("web-20261124051952174200000009", "web-*"),
            ("web20261124051952174200000009", "web*"),
            ("web-1a2b3c4d", "web-*"),
            ("web-123e4567-e89b-12d3-a456-426614174000", "web-*"),
            ("backup-20261124", "backup-*"),
            ("web-staging", "web-staging"),
            ("web-2", "web-2"),
            ("web-facade", "web-facade"),
            ("", ""),
            ("日本-1a2b3c4d", "日本-*"),
        ] {
            assert_eq!(without_suffix(name), stem, "{name}");
        }
    }

    fn stack(salt: u32, cidr: &str) -> Vec<Live> {
        let id = |prefix: &str, n: u32| format!("{prefix}-{:08x}", salt * 16 + n);
        let mut vpc = live("aws_vpc", &id("vpc", 0));
        vpc.configuration.set("cidr_block", cidr);
        let mut groups: Vec<Live> = (0..2).map(|n| live("aws_security_group", &id("sg", n))).collect();
        for (at, group) in groups.iter_mut().enumerate() {
            group
                .configuration
                .set("vpc_id", id("vpc", 0))
                .set("name", format!("group-{at}"));
            // They name each other: a ring.
            let other = Configuration::new().with(
                "security_groups",
                vec![id("sg", 1 - u32::try_from(at).expect("0 or 1"))],
            );
            group.configuration.set("ingress", vec![Value::from(other)]);
        }
        let mut all = vec![vpc];
        all.extend(groups);
        all
    }

    fn prints(live: Vec<Live>) -> Vec<(String, Fingerprint)> {
        let ledger = ledger(live, vec![state("platform")], Vec::new());
        let prints = all(&ledger);
        ledger.live.iter().map(|live| live.id.to_string()).zip(prints).collect()
    }

    #[test]
    fn a_copy_has_the_originals_fingerprints_rings_included() {
        let both = prints([stack(1, "10.0.0.0/16"), stack(2, "10.0.0.0/16")].concat());
        let of = |id: &str| both.iter().find(|(name, _)| name == id).expect("live").1;
        assert_eq!(of("vpc-00000010"), of("vpc-00000020"));
        assert_eq!(of("sg-00000010"), of("sg-00000020"));
        assert_eq!(of("sg-00000011"), of("sg-00000021"));
        assert_ne!(of("sg-00000010"), of("sg-00000011"));
    }

    #[test]
    fn what_a_stack_stands_on_tells_it_apart() {
        let both = prints([stack(1, "10.0.0.0/16"), stack(2, "10.1.0.0/16")].concat());
        let of = |id: &str| both.iter().find(|(name, _)| name == id).expect("live").1;
        assert_ne!(
            of("sg-00000010"),
            of("sg-00000020"),
            "the same group in another network is another thing"
        );
    }

    #[test]
    fn another_stack_changes_nothing() {
        let alone = prints(stack(1, "10.0.0.0/16"));
        let among = prints(
            [
                stack(1, "10.0.0.0/16"),
                stack(2, "10.0.0.0/16"),
                stack(3, "10.9.0.0/16"),
            ]
            .concat(),
        );
        for row in alone {
            assert!(among.contains(&row), "{}", row.0);
        }
    }
}

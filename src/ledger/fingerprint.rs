//! Fingerprints: two resources made from the same configuration have the same one, whatever their ids.
//!
//! A fingerprint is a hash of the kind, the stable configuration, the own tags, and the fingerprints of what the
//! configuration refers to (a Merkle hash over the reference graph, from the leaves up). What a copy depends on was
//! made before it, so the part of a stack that was copied has the original's fingerprints even where the rest is not
//! there yet. Resources that name each other (security groups) are hashed together, in rounds.
//!
//! Not hashed: ids, ARNs, times, generated suffixes of names, the account's number, the region's name.

use std::borrow::Cow;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::kinds::facts::{Attribute, Kind, Role};
use crate::model::{Configuration, Live, Tags, Value};

use super::LiveIndex;
use super::index::Index;

/// The first half of a SHA-256.
pub type Fingerprint = u128;

/// Rounds in which the members of a cycle look at each other. Three tell apart all that is three steps away; what is
/// further away is told apart by the whole cycle, which is hashed last.
const ROUNDS: usize = 3;

/// Levels of the graph with fewer resources than this are hashed on one core: starting more would cost more.
const WORTH_SHARING: usize = 512;

/// The fingerprint of every live resource, in the ledger's order.
pub(super) fn all(live: &[Live], index: &Index<'_>) -> Vec<Fingerprint> {
    let drafts: Vec<Draft> = live.par_iter().map(|live| Draft::new(live, index)).collect();
    let graph = Graph::of(&drafts);
    let mut prints: Vec<Fingerprint> = vec![0; drafts.len()];
    let levels = graph.levels();
    drop(graph);
    for level in levels.iter() {
        let of_component = |component: &&[LiveIndex]| match component {
            [only] => vec![(*only, drafts[*only as usize].hash(&|target| prints[target as usize]))],
            ring => of_ring(ring, &drafts, &prints),
        };
        let done: Vec<(LiveIndex, Fingerprint)> = if level.len() < WORTH_SHARING {
            level.iter().flat_map(of_component).collect()
        } else {
            level.par_iter().flat_map_iter(of_component).collect()
        };
        for (at, print) in done {
            prints[at as usize] = print;
        }
    }
    prints
}

/// Resources that refer to each other: in the first round the others in the ring are all alike; each round tells more
/// apart, and last comes the whole ring, so that two rings are alike only where all of them is.
fn of_ring(ring: &[LiveIndex], drafts: &[Draft], prints: &[Fingerprint]) -> Vec<(LiveIndex, Fingerprint)> {
    let mut members = ring.to_vec();
    members.sort_unstable();
    let mut round: Vec<Fingerprint> = vec![1; members.len()];
    for _ in 0..=ROUNDS.min(members.len()) {
        round = members
            .iter()
            .map(|at| {
                drafts[*at as usize].hash(&|target| {
                    members
                        .binary_search(&target)
                        .map_or_else(|_| prints[target as usize], |place| round[place])
                })
            })
            .collect();
    }
    let mut sorted = round.clone();
    sorted.sort_unstable();
    let mut whole = Sha256::new();
    sorted.iter().for_each(|print| whole.update(print.to_be_bytes()));
    let whole = half(&whole.finalize());
    members
        .into_iter()
        .zip(round)
        .map(|(at, print)| {
            let mut both = Sha256::new();
            both.update(print.to_be_bytes());
            both.update(whole.to_be_bytes());
            (at, half(&both.finalize()))
        })
        .collect()
}

fn half(digest: &[u8]) -> Fingerprint {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(half)
}

/// Who refers to whom, without doubles of its own: two arrays, because a million resources have three million edges.
struct Graph {
    starts: Vec<u32>,
    targets: Vec<LiveIndex>,
}

impl Graph {
    fn of(drafts: &[Draft]) -> Self {
        let mut starts = Vec::with_capacity(drafts.len() + 1);
        let mut targets = Vec::new();
        for draft in drafts {
            starts.push(u32::try_from(targets.len()).unwrap_or(u32::MAX));
            draft.each_target(&mut |target| targets.push(target));
        }
        starts.push(u32::try_from(targets.len()).unwrap_or(u32::MAX));
        Self { starts, targets }
    }

    fn targets(&self, at: LiveIndex) -> &[LiveIndex] {
        &self.targets[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize]
    }

    /// Components (a resource alone, or a ring), those first that refer to nothing, then those that refer to the first,
    /// and so on: within one level nothing refers to anything.
    fn levels(&self) -> Levels {
        let components = self.components();
        let mut level_of: Vec<u32> = vec![0; self.starts.len() - 1];
        let mut levels: Vec<Vec<std::ops::Range<u32>>> = Vec::new();
        for range in components.ranges() {
            let members = &components.members[range.start as usize..range.end as usize];
            // Targets outside the ring came before; those inside still stand at zero.
            let level = members
                .iter()
                .flat_map(|at| self.targets(*at))
                .map(|target| level_of[*target as usize])
                .max()
                .unwrap_or(0);
            for at in members {
                // One above its targets; zero means that it was not reached yet.
                level_of[*at as usize] = level + 1;
            }
            let level = level as usize;
            if levels.len() <= level {
                levels.resize_with(level + 1, Vec::new);
            }
            levels[level].push(range);
        }
        Levels {
            members: components.members,
            levels,
        }
    }

    /// Tarjan's algorithm, without recursion: a chain may be as long as the account is large.
    fn components(&self) -> Components {
        const UNSEEN: u32 = u32::MAX;
        let count = self.starts.len() - 1;
        let mut order = vec![UNSEEN; count];
        let mut low = vec![0_u32; count];
        let mut open = vec![false; count];
        let mut path: Vec<LiveIndex> = Vec::new();
        let mut calls: Vec<(LiveIndex, u32)> = Vec::new();
        let mut next = 0_u32;
        let mut found = Components {
            members: Vec::with_capacity(count),
            ends: Vec::with_capacity(count),
        };
        for root in (0..).take(count) {
            if order[root as usize] != UNSEEN {
                continue;
            }
            calls.push((root, 0));
            while let Some((at, step)) = calls.pop() {
                let own = at as usize;
                if step == 0 {
                    order[own] = next;
                    low[own] = next;
                    next += 1;
                    path.push(at);
                    open[own] = true;
                }
                let targets = self.targets(at);
                if step > 0 {
                    low[own] = low[own].min(low[targets[step as usize - 1] as usize]);
                }
                let mut step = step as usize;
                let mut deeper = None;
                while let Some(target) = targets.get(step) {
                    step += 1;
                    if order[*target as usize] == UNSEEN {
                        deeper = Some(*target);
                        break;
                    }
                    if open[*target as usize] {
                        low[own] = low[own].min(order[*target as usize]);
                    }
                }
                if let Some(target) = deeper {
                    calls.push((at, u32::try_from(step).unwrap_or(u32::MAX)));
                    calls.push((target, 0));
                    continue;
                }
                if low[own] == order[own] {
                    while let Some(member) = path.pop() {
                        open[member as usize] = false;
                        // Nothing that comes later may lower itself by it.
                        low[member as usize] = UNSEEN;
                        found.members.push(member);
                        if member == at {
                            break;
                        }
                    }
                    found.ends.push(u32::try_from(found.members.len()).unwrap_or(u32::MAX));
                }
            }
        }
        found
    }
}

/// Strongly connected components, what they refer to first.
struct Components {
    members: Vec<LiveIndex>,
    ends: Vec<u32>,
}

impl Components {
    fn ranges(&self) -> impl Iterator<Item = std::ops::Range<u32>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter().copied()).map(|(from, to)| from..to)
    }
}

struct Levels {
    members: Vec<LiveIndex>,
    levels: Vec<Vec<std::ops::Range<u32>>>,
}

impl Levels {
    fn iter(&self) -> impl Iterator<Item = Vec<&[LiveIndex]>> {
        self.levels.iter().map(|ranges| {
            let members = ranges.iter();
            members
                .map(|range| &self.members[range.start as usize..range.end as usize])
                .collect()
        })
    }
}

/// What of a resource is hashed: canonical text, with marks where fingerprints of its targets belong.
///
/// One run of bytes, because a million are kept at once. After [`TARGET`] follow four bytes, the target's index; after
/// [`SET`] four bytes, the length of a list without an order, and in it each item as four bytes of length and a draft
/// of its own. No other byte below two is in the text.
struct Draft(Vec<u8>);

const TARGET: u8 = 0;
const SET: u8 = 1;

/// A piece of a draft.
enum Piece<'a> {
    Text(&'a [u8]),
    Target(LiveIndex),
    Set(&'a [u8]),
}

/// Takes four bytes of a number from the front.
fn number(rest: &mut &[u8]) -> u32 {
    match rest.split_first_chunk() {
        Some((bytes, after)) => {
            *rest = after;
            u32::from_le_bytes(*bytes)
        }
        None => 0,
    }
}

/// Takes so many bytes from the front.
fn run<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (head, tail) = rest.split_at(length.min(rest.len()));
    *rest = tail;
    head
}

fn each_piece<'a>(mut rest: &'a [u8], visit: &mut dyn FnMut(Piece<'a>)) {
    while !rest.is_empty() {
        let text = rest.iter().position(|byte| *byte < 2).unwrap_or(rest.len());
        if text > 0 {
            visit(Piece::Text(run(&mut rest, text)));
        }
        match rest.split_first() {
            Some((&TARGET, after)) => {
                rest = after;
                visit(Piece::Target(number(&mut rest)));
            }
            Some((_, after)) => {
                rest = after;
                let length = number(&mut rest) as usize;
                visit(Piece::Set(run(&mut rest, length)));
            }
            None => {}
        }
    }
}

fn each_item<'a>(mut set: &'a [u8], visit: &mut dyn FnMut(&'a [u8])) {
    while !set.is_empty() {
        let length = number(&mut set) as usize;
        visit(run(&mut set, length));
    }
}

fn each_target(draft: &[u8], visit: &mut dyn FnMut(LiveIndex)) {
    each_piece(draft, &mut |piece| match piece {
        Piece::Text(_) => {}
        Piece::Target(target) => visit(target),
        Piece::Set(set) => each_item(set, &mut |item| each_target(item, visit)),
    });
}

fn hash(draft: &[u8], print: &dyn Fn(LiveIndex) -> Fingerprint) -> Fingerprint {
    let mut hasher = Sha256::new();
    each_piece(draft, &mut |piece| match piece {
        Piece::Text(text) => hasher.update(text),
        Piece::Target(target) => {
            hasher.update([TARGET]);
            hasher.update(print(target).to_be_bytes());
        }
        Piece::Set(set) => {
            // Sorted by what the items say once their targets are known: ids would give another order.
            let mut items = Vec::new();
            each_item(set, &mut |item| items.push(hash(item, print)));
            items.sort_unstable();
            items.dedup();
            hasher.update([SET]);
            items.iter().for_each(|item| hasher.update(item.to_be_bytes()));
        }
    });
    half(&hasher.finalize())
}

impl Draft {
    fn new(live: &Live, index: &Index<'_>) -> Self {
        let mut draft = Self(Vec::with_capacity(192));
        draft.0.extend(live.kind.as_bytes());
        let place = Place { live, index };
        if let Some(kind) = crate::kinds::kind(&live.kind) {
            draft.configuration(kind, &live.configuration, &place);
        }
        // What was not wholly seen is like nothing else: equal would be only what is known of it.
        if !live.is_wholly_seen() {
            draft.0.push(b'\n');
            draft.0.extend(live.arn.bytes().chain(live.id.bytes()).map(harmless));
        }
        draft.tags(&live.tags, &place);
        draft.0.shrink_to_fit();
        draft
    }

    fn hash(&self, print: &dyn Fn(LiveIndex) -> Fingerprint) -> Fingerprint {
        hash(&self.0, print)
    }

    /// Every target, those in lists included; for the graph.
    fn each_target(&self, visit: &mut dyn FnMut(LiveIndex)) {
        each_target(&self.0, visit);
    }

    fn configuration(&mut self, kind: &'static Kind, configuration: &Configuration, place: &Place<'_>) {
        if configuration.is_empty() {
            return;
        }
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
            self.0.push(b'\n');
            self.0.extend(attribute.path.as_bytes());
            self.0.push(b'=');
            self.list(items.into_iter(), attribute, place);
        }
    }

    fn list<'v>(&mut self, items: impl Iterator<Item = &'v Value>, attribute: &Attribute, place: &Place<'_>) {
        if !attribute.unordered {
            for item in items {
                self.0.push(b'[');
                self.value(item, attribute, place);
            }
            return;
        }
        self.0.push(SET);
        self.measured(|draft| {
            for item in items {
                draft.measured(|draft| draft.value(item, attribute, place));
            }
        });
    }

    /// What `write` adds, with its length before it.
    fn measured(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.0.extend([0; 4]);
        write(self);
        let length = u32::try_from(self.0.len() - start - 4).unwrap_or(u32::MAX);
        self.0[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    fn tags(&mut self, tags: &Tags, place: &Place<'_>) {
        for (key, value) in tags.own() {
            self.0.extend(b"\n#");
            self.0.extend(key.bytes().map(harmless));
            self.0.push(b'=');
            self.plain(&without_suffix(value), place);
        }
    }

    fn value(&mut self, value: &Value, attribute: &Attribute, place: &Place<'_>) {
        match value {
            Value::Text(text) => match place.target(text, attribute) {
                Target::Other(target) => {
                    self.0.push(TARGET);
                    self.0.extend(target.to_le_bytes());
                }
                // A group that lets itself in: the copy's id is another, and means the same.
                Target::Itself => self.0.extend(b"{self}"),
                Target::None if attribute.role == Role::Name => self.plain(&without_suffix(text), place),
                Target::None => self.plain(text, place),
            },
            Value::List(items) => self.list(items.iter(), attribute, place),
            Value::Block(block) => {
                for (key, value) in block.iter() {
                    self.0.push(b'{');
                    self.0.extend(key.as_bytes());
                    self.0.push(b'=');
                    self.value(value, attribute, place);
                }
                self.0.push(b'}');
            }
            Value::Null => self.0.push(b'~'),
            Value::Bool(yes) => self.0.push(if *yes { b'y' } else { b'n' }),
            Value::Integer(number) => self.0.extend(number.to_string().as_bytes()),
        }
    }

    /// Text without what differs by place only; control characters cannot forge a mark.
    fn plain(&mut self, text: &str, place: &Place<'_>) {
        let text = without(text, &place.live.account, "{account}");
        let text = without(&text, &place.live.region, "{region}");
        self.0.push(b'"');
        self.0.extend(text.bytes().map(harmless));
        self.0.push(b'"');
    }
}

fn harmless(byte: u8) -> u8 {
    if byte < 2 { b'?' } else { byte }
}

fn without<'a>(text: &'a str, word: &str, mark: &str) -> Cow<'a, str> {
    if word.is_empty() || text.len() < word.len() || !text.contains(word) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.replace(word, mark))
    }
}

/// Where a resource stands, to say what a text in its configuration means.
struct Place<'a> {
    live: &'a Live,
    index: &'a Index<'a>,
}

/// What a text in a configuration names.
enum Target {
    None,
    Itself,
    Other(LiveIndex),
}

impl Place<'_> {
    /// The resource that a text names; its fingerprint takes the text's place. Defaults that AWS made are no exception:
    /// each copy of a VPC has a default security group of its own, and what uses it is a copy all the same.
    fn target(&self, text: &str, attribute: &Attribute) -> Target {
        match self
            .index
            .near(attribute.refers_to, text, self.live.account, self.live.region)
        {
            None => Target::None,
            Some(at) if std::ptr::eq(self.index.live(at), self.live) => Target::Itself,
            Some(at) => Target::Other(at),
        }
    }
}

/// A name without the suffix that a tool generated:
/// Terraform's `name_prefix` (18 digits of time and 8 hexadecimal digits of a counter; source: terraform-plugin-sdk,
/// `id.UniqueId`), a UUID, 8 or more hexadecimal digits with a digit among them (`random_id`), or 8 or more digits
/// (dates and times).
#[must_use]
pub fn without_suffix(name: &str) -> Cow<'_, str> {
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if name.len() >= 26 && name.is_char_boundary(name.len() - 26) {
        let (head, tail) = name.split_at(name.len() - 26);
        if tail[..18].bytes().all(|b| b.is_ascii_digit()) && is_hex(&tail[18..]) {
            return format!("{head}*").into();
        }
    }
    if name.len() >= 36 && name.is_char_boundary(name.len() - 36) {
        let (head, tail) = name.split_at(name.len() - 36);
        let parts: Vec<usize> = tail.split('-').map(str::len).collect();
        if parts == [8, 4, 4, 4, 12] && is_hex(&tail.replace('-', "")) {
            return format!("{head}*").into();
        }
    }
    if let Some(cut) = name.rfind(['-', '_', '.']) {
        let tail = &name[cut + 1..];
        if tail.len() >= 8 && is_hex(tail) && tail.bytes().any(|b| b.is_ascii_digit()) {
            return format!("{}*", &name[..=cut]).into();
        }
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{ledger, live, state};
    use proptest::prelude::*;

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
        let prints = all(&ledger.live, &Index::new(&ledger.live));
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

    /// Databases that name each other at will, rings included. `edges` may lead anywhere; ids differ by `salt`.
    fn databases(salt: usize, labels: &[u8], edges: &[(usize, usize)], kept: &[bool]) -> Vec<Live> {
        let id = |n: usize| format!("db-{salt}-{n}");
        let arn = |n: usize| format!("arn:aws:rds:eu-west-1:123456789012:db:{}", id(n));
        (0..labels.len())
            .filter(|n| kept[*n])
            .map(|n| {
                let mut one = live("aws_db_instance", &id(n));
                let targets = |set: bool| -> Vec<String> {
                    let own = edges.iter().filter(|(from, to)| *from == n && (to % 2 == 0) == set);
                    own.map(|(_, to)| arn(*to)).collect()
                };
                one.configuration
                    .set("engine", format!("engine-{}", labels[n]))
                    .set("replicate_source_db", targets(false))
                    .set("vpc_security_group_ids", targets(true));
                one
            })
            .collect()
    }

    proptest! {
        #[test]
        fn a_copy_of_what_is_closed_under_what_it_needs_has_the_originals_fingerprints(
            labels in prop::collection::vec(0_u8..2, 1..9),
            edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..16),
            wanted in prop::collection::vec(any::<bool>(), 8),
        ) {
            let count = labels.len();
            let edges: Vec<_> = edges.into_iter().filter(|(from, to)| *from < count && *to < count).collect();
            let mut kept = wanted;
            for _ in 0..count {
                for (from, to) in &edges {
                    kept[*to] |= kept[*from];
                }
            }
            let original = databases(1, &labels, &edges, &[true; 8]);
            let copy = databases(2, &labels, &edges, &kept);
            let alone = prints(original.clone());
            let both = prints([original, copy].concat());
            let of = |id: &str| both.iter().find(|(name, _)| name == id).expect("live").1;
            for (id, print) in &alone {
                prop_assert_eq!(of(id), *print, "another stack changed {}", id);
                let twin = id.replacen("db-1-", "db-2-", 1);
                let number: usize = id.rsplit('-').next().expect("a number").parse().expect("a number");
                if kept[number] {
                    prop_assert_eq!(of(&twin), *print);
                }
            }
        }
    }

    #[test]
    fn rings_of_another_length_are_other_rings() {
        let ring = |salt: usize, count: usize| {
            let edges: Vec<_> = (0..count).map(|n| (n, (n + 1) % count)).collect();
            databases(salt, &vec![0; count], &edges, &vec![true; count])
        };
        let both = prints([ring(1, 10), ring(2, 12)].concat());
        let of = |id: &str| both.iter().find(|(name, _)| name == id).expect("live").1;
        assert_ne!(of("db-1-0"), of("db-2-0"));
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

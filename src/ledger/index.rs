//! Finds live resources by ARN, by id, by kind and id.

use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::kinds::facts::{Kind, Scope};
use crate::model::shape::is_aws_id;
use crate::model::{Live, Symbol};

use super::LiveIndex;

/// The region of kinds that have none.
pub(super) const GLOBAL: Symbol = Symbol::known("global");

/// One or several resources behind a key.
enum Hits {
    One(LiveIndex),
    Many(Vec<LiveIndex>),
}

impl Hits {
    fn add(&mut self, at: LiveIndex) {
        match self {
            Hits::One(first) if *first == at => {}
            Hits::One(first) => *self = Hits::Many(vec![*first, at]),
            Hits::Many(all) if all.contains(&at) => {}
            Hits::Many(all) => all.push(at),
        }
    }

    fn as_slice(&self) -> &[LiveIndex] {
        match self {
            Hits::One(at) => std::slice::from_ref(at),
            Hits::Many(all) => all,
        }
    }
}

/// Indexes over a list of live resources.
pub(super) struct Index<'a> {
    live: &'a [Live],
    arns: FxHashMap<&'a str, LiveIndex>,
    /// Ids that AWS made are unique; any of them finds its resource without a kind.
    made_ids: FxHashMap<&'a str, LiveIndex>,
    /// By kind, then id or further key.
    keys: FxHashMap<&'static str, FxHashMap<&'a str, Hits>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(live: &'a [Live]) -> Self {
        let numbered = || (0..).zip(live);
        let arns = || {
            let mut arns = FxHashMap::with_capacity_and_hasher(live.len(), rustc_hash::FxBuildHasher);
            for (at, one) in numbered().filter(|(_, one)| !one.arn.is_empty()) {
                arns.entry(&*one.arn).or_insert(at);
            }
            arns
        };
        let made_ids = || {
            let mut made_ids = FxHashMap::default();
            for (at, one) in numbered().filter(|(_, one)| is_aws_id(&one.id)) {
                made_ids.entry(&*one.id).or_insert(at);
            }
            made_ids
        };
        // The ledger is sorted by kind.
        let starts = live.chunk_by(|a, b| a.kind == b.kind).scan(0, |next, chunk| {
            let start = *next;
            *next += chunk.len();
            Some((start, chunk))
        });
        let chunks: Vec<(usize, &[Live])> = starts.collect();
        let keys = || {
            let of_kind = |(start, chunk): &(usize, &'a [Live])| {
                let mut keys: FxHashMap<&'a str, Hits> =
                    FxHashMap::with_capacity_and_hasher(chunk.len(), FxBuildHasher);
                for (at, one) in (*start..).zip(*chunk) {
                    let at = LiveIndex::try_from(at).unwrap_or(LiveIndex::MAX);
                    for key in std::iter::once(&one.id).chain(&one.keys) {
                        keys.entry(&**key)
                            .and_modify(|hits: &mut Hits| hits.add(at))
                            .or_insert(Hits::One(at));
                    }
                }
                (chunk[0].kind.as_str(), keys)
            };
            chunks.par_iter().map(of_kind).collect()
        };
        let (keys, (arns, made_ids)) = rayon::join(keys, || (arns(), made_ids()));
        Self {
            live,
            arns,
            made_ids,
            keys,
        }
    }

    /// The resource at a position.
    pub(super) fn live(&self, at: LiveIndex) -> &'a Live {
        &self.live[at as usize]
    }

    /// By ARN.
    pub(super) fn arn(&self, arn: &str) -> Option<LiveIndex> {
        self.arns.get(arn).copied()
    }

    /// By ARN or by an id that AWS made, whatever the kind.
    pub(super) fn exact(&self, text: &str) -> Option<LiveIndex> {
        if text.starts_with("arn:") {
            self.arn(text)
        } else if text.contains('-') {
            self.made_ids.get(text).copied()
        } else {
            None
        }
    }

    /// By kind and id, where account and region (as far as they are known) leave.
    pub(super) fn keyed(
        &self,
        kind: &Kind,
        id: &str,
        account: Option<Symbol>,
        region: Option<Symbol>,
    ) -> Vec<LiveIndex> {
        let Some(hits) = self.keys.get(kind.name).and_then(|ids| ids.get(id)) else {
            return Vec::new();
        };
        let region = if kind.scope == Scope::Global { None } else { region };
        hits.as_slice()
            .iter()
            .copied()
            .filter(|at| {
                let one = &self.live[*at as usize];
                account.is_none_or(|account| one.account == account)
                    && region.is_none_or(|region| one.region == region || one.region == GLOBAL)
            })
            .collect()
    }

    /// The only resource of a kind with this id, ARN or name, near another resource.
    pub(super) fn near(
        &self,
        kinds: &[&'static str],
        text: &str,
        account: Symbol,
        region: Symbol,
    ) -> Option<LiveIndex> {
        if let Some(at) = self.exact(text) {
            return Some(at);
        }
        kinds.iter().find_map(|name| {
            let kind = crate::kinds::kind(name)?;
            let hits = self.keyed(kind, text, Some(account), (region != GLOBAL).then_some(region));
            match hits.as_slice() {
                [only] => Some(*only),
                _ => None,
            }
        })
    }
}

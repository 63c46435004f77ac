//! Finds the live resources of things that are no claims of the ledger: planned changes, ids of a list.
//!
//! The same keys in the same order as the join, so that a plan means what its state means.

use crate::kinds::facts::Kind;
use crate::model::{Claim, Symbol};

use super::index::Index;
use super::join::{self, Match, Places};
use super::{Ledger, LiveIndex, NoMatch};

/// Indexes over the live side of a ledger. Making one takes about as long as a tenth of the join.
pub struct Finder<'a> {
    ledger: &'a Ledger,
    index: Index<'a>,
}

/// What a claim-like thing is on the live side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    On(LiveIndex),
    /// It is a part or setting of it.
    Facet(LiveIndex),
    None(NoMatch),
}

impl Found {
    /// The live resource itself, not one that it is a part of.
    #[must_use]
    pub fn itself(&self) -> Option<LiveIndex> {
        match self {
            Found::On(at) => Some(*at),
            Found::Facet(_) | Found::None(_) => None,
        }
    }
}

impl<'a> Finder<'a> {
    #[must_use]
    pub fn new(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            index: Index::new(&ledger.live),
        }
    }

    /// Finds what each claim is on. What some of them say about where a provider works counts for the others.
    #[must_use]
    pub fn claims(&self, claims: &[&Claim]) -> Vec<Found> {
        let places = Places::of(claims.iter().copied());
        claims
            .iter()
            .map(|claim| match join::find(self.ledger, &self.index, &places, claim) {
                Match::On(at) => Found::On(at),
                Match::Facet(at) => Found::Facet(at),
                Match::None(why) => Found::None(why),
            })
            .collect()
    }

    /// By ARN.
    #[must_use]
    pub fn arn(&self, arn: &str) -> Option<LiveIndex> {
        self.index.arn(arn)
    }

    /// By kind and id.
    #[must_use]
    pub fn id(&self, kind: &Kind, id: &str, account: Option<Symbol>, region: Option<Symbol>) -> Vec<LiveIndex> {
        self.index.keyed(kind, id, account, region)
    }

    /// By ARN, by an id of any kind, and where a kind is given by a name of it.
    #[must_use]
    pub fn text(
        &self,
        text: &str,
        kind: Option<&'static Kind>,
        account: Option<Symbol>,
        region: Option<Symbol>,
    ) -> Vec<LiveIndex> {
        if let Some(at) = self.index.exact(text) {
            return vec![at];
        }
        let mut found: Vec<LiveIndex> = match kind {
            Some(kind) => self.index.keyed(kind, text, account, region),
            None => crate::kinds::registry::all()
                .flat_map(|kind| self.index.keyed(kind, text, account, region))
                .collect(),
        };
        if let Some(kind) = kind
            && found.is_empty()
        {
            found = self
                .ledger
                .of_kind(kind.name)
                .filter(|at| {
                    let live = &self.ledger.live[*at as usize];
                    live.name.as_deref() == Some(text)
                        && account.is_none_or(|account| live.account == account)
                        && region.is_none_or(|region| live.region == region)
                })
                .collect();
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Why nothing of a kind was found in a place: it is not there, or it could not be seen.
    #[must_use]
    pub fn absence(&self, kind: &Kind, account: Option<Symbol>, region: Option<Symbol>) -> NoMatch {
        join::absence(self.ledger, kind, account, region)
    }
}

impl Ledger {
    /// Every live resource of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = LiveIndex> + use<> {
        // `live` is sorted by kind.
        let from = self.live.partition_point(|live| live.kind.as_str() < kind);
        let count = self.live[from..].partition_point(|live| live.kind.as_str() <= kind);
        let index = |at: usize| LiveIndex::try_from(at).unwrap_or(LiveIndex::MAX);
        index(from)..index(from + count)
    }
}

/// Which kinds may refer to a kind, by the facts of all.
#[must_use]
pub fn users_of_kinds() -> rustc_hash::FxHashMap<&'static str, Vec<&'static str>> {
    super::ownership::users_of_kinds()
}

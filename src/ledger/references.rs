//! References: who uses what, from live resources and from claims, readable both ways.

use rayon::prelude::*;

use crate::kinds::disposition;
use crate::kinds::facts::Kind;
use crate::model::{Claim, Configuration, Live, Symbol};

use super::index::{GLOBAL, Index};
use super::join::Match;
use super::{Edge, Ledger, LiveIndex, Node, References};

/// Resolves every reference of the ledger.
pub(super) fn collect(ledger: &Ledger, index: &Index<'_>, matches: &[Match]) -> References {
    let of_live = ledger.live.par_iter().enumerate().flat_map_iter(|(at, live)| {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let mut edges = Vec::new();
        of_live(index, live, &mut |via, to| {
            edges.push(Edge {
                from: Node::Live(at),
                to,
                via,
            });
        });
        edges
    });
    let of_claims = ledger
        .claims
        .par_iter()
        .zip(matches)
        .enumerate()
        .flat_map_iter(|(at, (claim, found))| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            // What a claim says about a live resource counts as that resource's own reference.
            let from = match found {
                Match::On(live) if claim.is_managed() => Node::Live(*live),
                // A data source reads the resource that it names.
                Match::On(live) | Match::Facet(live) if !claim.is_managed() => {
                    let mut edges = vec![Edge {
                        from: Node::Claim(at),
                        to: *live,
                        via: Symbol::known("reads"),
                    }];
                    of_claim(index, claim, &mut |via, to| {
                        edges.push(Edge {
                            from: Node::Claim(at),
                            to,
                            via,
                        });
                    });
                    return edges;
                }
                Match::Facet(live) => Node::Live(*live),
                _ => Node::Claim(at),
            };
            let mut edges = Vec::new();
            of_claim(index, claim, &mut |via, to| edges.push(Edge { from, to, via }));
            edges
        });
    let mut edges: Vec<Edge> = of_live.chain(of_claims).collect();
    edges.retain(|edge| edge.from != Node::Live(edge.to));
    edges.par_sort_unstable_by_key(|edge| (edge.to, edge.from, edge.via));
    edges.dedup();
    sorted(edges, ledger.live.len())
}

fn sorted(by_target: Vec<Edge>, resources: usize) -> References {
    let starts = |keys: &mut dyn Iterator<Item = LiveIndex>| {
        let mut starts = vec![0_u32; resources + 1];
        for key in keys {
            starts[key as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        starts
    };
    let target_starts = starts(&mut by_target.iter().map(|edge| edge.to));
    let source = |edge: &Edge| match edge.from {
        Node::Live(at) => Some(at),
        Node::Claim(_) => None,
    };
    let source_starts = starts(&mut by_target.iter().filter_map(source));
    // Where each source's next edge goes: they come in order, so nothing has to be compared.
    let mut next = source_starts.clone();
    let mut by_source = vec![0_u32; source_starts.last().copied().unwrap_or(0) as usize];
    for (position, edge) in (0..).zip(&by_target) {
        if let Some(at) = source(edge) {
            by_source[next[at as usize] as usize] = position;
            next[at as usize] += 1;
        }
    }
    References {
        by_target,
        target_starts,
        by_source,
        source_starts,
    }
}

fn of_live(index: &Index<'_>, live: &Live, edge: &mut dyn FnMut(Symbol, LiveIndex)) {
    let kind = crate::kinds::kind(&live.kind);
    of_configuration(index, kind, &live.configuration, live.account, live.region, edge);
    for reference in &live.references {
        let kinds = kind
            .and_then(|kind| kind.attribute(&reference.via))
            .map_or(&[][..], |facts| facts.refers_to);
        if let Some(to) = index.near(kinds, &reference.target, live.account, live.region) {
            edge(reference.via, to);
        }
    }
}

fn of_claim(index: &Index<'_>, claim: &Claim, edge: &mut dyn FnMut(Symbol, LiveIndex)) {
    let kind = disposition(&claim.kind).kind();
    let (account, region) = (claim.account.unwrap_or_default(), claim.region.unwrap_or(GLOBAL));
    of_configuration(index, kind, &claim.configuration, account, region, edge);
    for candidate in &claim.candidates {
        if let Some(to) = index.exact(&candidate.target) {
            edge(candidate.via, to);
        }
    }
}

/// What the facts of a kind say: the attributes that name other resources.
fn of_configuration(
    index: &Index<'_>,
    kind: Option<&'static Kind>,
    configuration: &Configuration,
    account: Symbol,
    region: Symbol,
    edge: &mut dyn FnMut(Symbol, LiveIndex),
) {
    let Some(kind) = kind else { return };
    for attribute in kind
        .attributes
        .iter()
        .filter(|attribute| !attribute.refers_to.is_empty())
    {
        configuration.each_at(attribute.path, &mut |value| {
            value.each_text(&mut |text| {
                if let Some(to) = index.near(attribute.refers_to, text, account, region) {
                    edge(Symbol::known(attribute.path), to);
                }
            });
        });
    }
}

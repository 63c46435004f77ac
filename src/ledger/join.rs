//! The join: which claim is on which live resource. Many-to-many, pure, order-free.
//!
//! Keys, strongest first: the instance's identity, the attribute `arn`, an id that is an ARN, the ARN from the
//! kind's template, then kind, account, region and id. Two states with one resource are two claims: a match is
//! never taken away from the list.

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::kinds::facts::{Facet, Kind, Scope, filled};
use crate::kinds::{Disposition, disposition};
use crate::model::live::UNCLASSIFIED;
use crate::model::{Arn, Claim, Live, State, Symbol, Value};

use super::index::{GLOBAL, Index};
use super::projects::{Projects, Voices};
use super::{
    ClaimIndex, Entry, Held, Input, Ledger, LiveIndex, NoMatch, Unmatched, duplicates, fingerprint, ownership,
    references, sort,
};

/// What the join says about one claim.
#[derive(Clone, Debug)]
pub(super) enum Match {
    On(LiveIndex),
    Facet(LiveIndex),
    None(NoMatch),
}

pub(super) fn build(input: Input) -> Ledger {
    let Input {
        scan,
        states,
        mut claims,
        projects,
        across,
    } = input;
    let mut live = scan.live;
    let mut places: Vec<(Symbol, Symbol, Symbol)> = Vec::new();
    let mut place_of: FxHashMap<(Symbol, Symbol, Symbol), u32> = FxHashMap::default();
    for one in &live {
        place_of.entry((one.kind, one.account, one.region)).or_insert_with(|| {
            places.push((one.kind, one.account, one.region));
            0
        });
    }
    places.sort_unstable();
    for (rank, place) in (0..).zip(places) {
        place_of.insert(place, rank);
    }
    sort::sort(
        &mut live,
        &|one| place_of[&(one.kind, one.account, one.region)],
        &|one| &*one.id,
        &|a, b| (&a.arn, b.configuration.len()).cmp(&(&b.arn, a.configuration.len())),
    );
    // Two listings may see one thing (an instance by two operations); the one that says more stays.
    live.dedup_by(|b, a| !a.arn.is_empty() && a.kind == b.kind && a.arn == b.arn);

    let voices = name_projects(&mut claims, &states, &projects);
    sort::sort(&mut claims, &|claim| claim.state, &|claim| &*claim.address, &|a, b| {
        (&a.deposed, a.mode).cmp(&(&b.deposed, b.mode))
    });

    let mut ledger = Ledger {
        scanned_at: scan.scanned_at,
        accounts: scan.accounts,
        regions: scan.regions,
        every_region: scan.every_region,
        coverage: scan.coverage,
        states,
        entries: vec![Entry::default(); live.len()],
        claims,
        live,
        ..Ledger::default()
    };
    let places = Places::of(&ledger.claims);
    let (matches, edges, wholes, prints) = {
        let index = Index::new(&ledger.live);
        let matches: Vec<Match> = ledger
            .claims
            .par_iter()
            .map(|claim| find(&ledger, &index, &places, claim))
            .collect();
        let edges = references::collect(&ledger, &index, &matches);
        let wholes = ownership::wholes(&ledger.live, &index);
        let prints = fingerprint::all(&ledger.live, &index);
        (matches, edges, wholes, prints)
    };
    ledger.references = edges;
    for (part, whole) in wholes {
        ledger.entries[part].whole = Some(whole);
    }
    facets_follow(&mut ledger, &matches, &projects);
    for (at, (claim, found)) in (0..).zip(ledger.claims.iter().zip(matches)) {
        if !claim.is_managed() {
            continue;
        }
        match found {
            Match::On(live) => ledger.entries[live as usize].claims.push(Held {
                claim: at,
                facet: false,
            }),
            Match::Facet(live) => ledger.entries[live as usize]
                .claims
                .push(Held { claim: at, facet: true }),
            Match::None(why) => ledger.unmatched.push(Unmatched {
                claim: at as ClaimIndex,
                why,
            }),
        }
    }
    ownership::decide(&mut ledger, &projects, &voices);
    ledger.duplicates = duplicates::find(&ledger, &prints, across);
    ledger
}

/// Gives each claim its project; returns what the claims of each state say.
fn name_projects(claims: &mut [Claim], states: &[State], projects: &Projects) -> Vec<Voices> {
    let mut voices = vec![Voices::default(); states.len()];
    for claim in claims {
        let Some(state) = states.get(claim.state as usize) else {
            continue;
        };
        let said = projects.said_by(claim, state);
        claim.project = said.unwrap_or(state.project);
        // A facet has no tags of its own, so that its silence says nothing.
        if claim.is_managed() && !(said.is_none() && matches!(disposition(&claim.kind), Disposition::Facet(..))) {
            voices[claim.state as usize].hear(said);
        }
    }
    voices
}

/// A facet that says nothing of its project is of the project that claims its whole in the same state.
fn facets_follow(ledger: &mut Ledger, matches: &[Match], projects: &Projects) {
    let silent: Vec<(usize, LiveIndex)> = (0..)
        .zip(matches)
        .filter_map(|(at, found)| match found {
            Match::Facet(whole) => Some((at, *whole)),
            _ => None,
        })
        .filter(|(at, _)| {
            let claim = &ledger.claims[*at];
            let state = ledger.states.get(claim.state as usize);
            state.is_some_and(|state| projects.said_by(claim, state).is_none())
        })
        .collect();
    let wanted: FxHashSet<LiveIndex> = silent.iter().map(|(_, whole)| *whole).collect();
    let mut of_whole: FxHashMap<(u32, LiveIndex), Symbol> = FxHashMap::default();
    for (claim, found) in ledger.claims.iter().zip(matches) {
        if let Match::On(live) = found
            && claim.is_managed()
            && wanted.contains(live)
        {
            of_whole.entry((claim.state, *live)).or_insert(claim.project);
        }
    }
    for (at, whole) in silent {
        let claim = &mut ledger.claims[at];
        if let Some(project) = of_whole.get(&(claim.state, whole)) {
            claim.project = *project;
        }
    }
}

/// Where the claims of one provider block of a state are, told from those among them that have an ARN.
pub(super) struct Places {
    places: FxHashMap<(u32, Symbol), (Vouched, Vouched)>,
}

/// A word on which all agree, or not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vouched {
    Nothing,
    By(Symbol),
    Disputed,
}

impl Vouched {
    fn hear(&mut self, word: Option<Symbol>) {
        let Some(word) = word else { return };
        *self = match *self {
            Vouched::Nothing => Vouched::By(word),
            Vouched::By(old) if old == word => *self,
            _ => Vouched::Disputed,
        };
    }

    fn word(self) -> Option<Symbol> {
        match self {
            Vouched::By(word) => Some(word),
            _ => None,
        }
    }
}

impl Places {
    pub(super) fn of<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> Self {
        let mut places: FxHashMap<_, (Vouched, Vouched)> = FxHashMap::default();
        for claim in claims
            .into_iter()
            .filter(|claim| claim.is_managed() && claim.arn.is_some())
        {
            let place = places
                .entry((claim.state, claim.provider))
                .or_insert((Vouched::Nothing, Vouched::Nothing));
            place.0.hear(claim.account);
            place.1.hear(claim.region);
        }
        Self { places }
    }

    /// The account and region of a claim: its own, else those on which its provider's other claims agree.
    pub(super) fn place(&self, claim: &Claim) -> (Option<Symbol>, Option<Symbol>) {
        let (account, region) = self
            .places
            .get(&(claim.state, claim.provider))
            .map_or((None, None), |(account, region)| (account.word(), region.word()));
        (claim.account.or(account), claim.region.or(region))
    }
}

pub(super) fn find(ledger: &Ledger, index: &Index<'_>, places: &Places, claim: &Claim) -> Match {
    let (account, region) = places.place(claim);
    let disposition = disposition(&claim.kind);
    // What no kind lists is held by whatever claims its ARN, a part of something else too.
    if let Some(at) = claim.arn.as_deref().and_then(|arn| index.arn(arn))
        && index.live(at).kind == UNCLASSIFIED
    {
        return Match::On(at);
    }
    if let Disposition::Facet(kind, facet) = disposition {
        return find_whole(index, claim, kind, facet, account, region);
    }
    let arns = claim
        .identity
        .text("arn")
        .into_iter()
        .chain(claim.arn.as_deref())
        .chain(claim.id.as_deref().filter(|id| id.starts_with("arn:")));
    let foreign = disposition.kind().is_some_and(|kind| kind.foreign_arn);
    for arn in arns.filter(|_| !foreign) {
        if let Some(at) = index.arn(arn) {
            return Match::On(at);
        }
    }
    let Some(kind) = disposition.kind() else {
        return Match::None(NoMatch::UnknownType);
    };
    let id = live_id(kind, claim);
    if let Some(id) = id.as_deref() {
        if let (Some(account), Some(region)) = (account, region)
            && let Some(partition) = ledger.accounts.iter().find(|a| a.id == account).map(|a| a.partition)
            && let Some(at) = kind
                .arn_of(&partition, &region, &account, id)
                .and_then(|arn| index.arn(&arn))
        {
            return Match::On(at);
        }
        match index.keyed(kind, id, account, region).as_slice() {
            [] => {}
            // An ARN that names another resource outranks an equal id: a name used again in another account.
            [only]
                if claim
                    .arn
                    .as_deref()
                    .is_none_or(|arn| same_place(arn, &ledger.live[*only as usize])) =>
            {
                return Match::On(*only);
            }
            [_] => {}
            several => return Match::None(NoMatch::Ambiguous(several.to_vec())),
        }
    }
    Match::None(absence(ledger, kind, account, region))
}

/// The text by which the live side knows the claim: the kind's id attribute, else `id`.
fn live_id<'a>(kind: &Kind, claim: &'a Claim) -> Option<Cow<'a, str>> {
    let attribute = |name: &str| match name {
        "id" => claim.id.as_deref().map(str::to_owned),
        "arn" => claim.arn.as_deref().map(str::to_owned),
        name => text_of(claim, name),
    };
    let of_attribute = match kind.id_attribute {
        "id" => None,
        template if template.contains('{') => kind.id_from(&attribute).map(Cow::Owned),
        path => claim.configuration.text(path).map(Cow::Borrowed),
    };
    of_attribute
        .or(claim.identity.text("id").map(Cow::Borrowed))
        .or(claim.id.as_deref().map(Cow::Borrowed))
}

/// Says whether the live resource stands where a claim's ARN says.
///
/// An ARN that differs in nothing but form (a short ECS ARN, a renamed path) must not part what the id joins;
/// one that names another account or region must.
fn same_place(arn: &str, live: &Live) -> bool {
    Arn::parse(arn).is_none_or(|arn| {
        (arn.account.is_empty() || live.account == *arn.account)
            && (arn.region.is_empty() || live.region == *arn.region || live.region == GLOBAL)
    })
}

/// An attribute as a text, as it stands in an id.
fn text_of(claim: &Claim, attribute: &str) -> Option<String> {
    match claim.configuration.get(attribute)? {
        Value::Text(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A part or setting is a claim on its whole.
fn find_whole(
    index: &Index<'_>,
    claim: &Claim,
    kind: &'static Kind,
    facet: &Facet,
    account: Option<Symbol>,
    region: Option<Symbol>,
) -> Match {
    let made = filled(facet.whole, &|name| text_of(claim, name));
    let mut wholes: Vec<&str> = made.as_deref().into_iter().collect();
    if made.is_none() {
        claim
            .configuration
            .each_at(facet.whole, &mut |value| value.each_text(&mut |text| wholes.push(text)));
    }
    for whole in &wholes {
        if let Some(at) = index.exact(whole) {
            return Match::Facet(at);
        }
        if let [only] = index.keyed(kind, whole, account, region).as_slice() {
            return Match::Facet(*only);
        }
    }
    Match::None(NoMatch::WholeNotLive)
}

/// Why a claim of a known kind is not among the live: gone, or not looked for where it should be.
pub(super) fn absence(ledger: &Ledger, kind: &Kind, account: Option<Symbol>, region: Option<Symbol>) -> NoMatch {
    let name = Symbol::known(kind.name);
    let region = if kind.scope == Scope::Global {
        Some(GLOBAL)
    } else {
        region
    };
    if let Some(account) = account
        && !ledger.accounts.iter().any(|known| known.id == account)
    {
        return NoMatch::NotSeen(format!("account {account} was not scanned").into());
    }
    let mut cells = ledger
        .coverage
        .of_kind(name)
        .filter(|cell| account.is_none_or(|account| cell.account == account))
        .filter(|cell| region.is_none_or(|region| cell.region == region))
        .peekable();
    if cells.peek().is_none() {
        return NoMatch::NotSeen(match region {
            Some(region) if region != GLOBAL => format!("{name} in {region} was not listed").into(),
            _ => format!("{name} was not listed").into(),
        });
    }
    if let Some(gap) = cells.find(|cell| cell.status != crate::model::CellStatus::Listed) {
        return NoMatch::NotSeen(format!("{name} in {} is {}", gap.region, gap.status.word()).into());
    }
    if region.is_none() && !ledger.every_region {
        return NoMatch::NotSeen("its region is not known, and not every region was scanned".into());
    }
    NoMatch::Missing
}

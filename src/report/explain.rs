//! Everything that is known about one thing: a live resource, a claim, or a finding's code.

mod fall;

use std::collections::BTreeSet;

use anstyle::Style;

pub(super) use self::fall::place;
use super::human::{BAD, BOLD, DIM, GOOD, Look, Page, SHOWN, WARN, style_of};
use super::text::{age, counted, moment, pad, plain, width};
use crate::findings::{RULES, Rule};
use crate::kinds::disposition;
use crate::ledger::{ClaimIndex, Edge, Entry, Ledger, LiveIndex, NoMatch, Node, Ownership};
use crate::model::{Claim, Live};

/// What a word that the user gave may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Live(LiveIndex),
    /// A claim by its address or by an id that is not live, with the live resource that it is on (or is a part of).
    Claim(ClaimIndex, Option<LiveIndex>),
}

/// The rule with this code.
#[must_use]
pub fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.code == code)
}

/// Finds what `text` may mean: an ARN, id or name of a live resource; an address; the id of something that is gone.
#[must_use]
pub fn find(ledger: &Ledger, text: &str) -> Vec<Subject> {
    let live = ledger.find(text);
    if !live.is_empty() {
        return live.into_iter().map(Subject::Live).collect();
    }
    let claims = |test: &dyn Fn(&Claim) -> bool| -> Vec<Subject> {
        (0..)
            .zip(&ledger.claims)
            .filter(|(_, claim)| test(claim))
            .map(|(at, _)| Subject::Claim(at, live_of(ledger, at)))
            .collect()
    };
    let exact = claims(&|claim| *claim.address == *text);
    if !exact.is_empty() {
        return exact;
    }
    let block = claims(&|claim| claim.block() == text);
    if !block.is_empty() {
        return block;
    }
    claims(&|claim| claim.id.as_deref() == Some(text) || claim.arn.as_deref() == Some(text))
}

/// The live resource that a claim is on, owns a part of, or reads.
fn live_of(ledger: &Ledger, claim: ClaimIndex) -> Option<LiveIndex> {
    let held = (0..)
        .zip(&ledger.entries)
        .find(|(_, entry)| entry.claims.iter().any(|held| held.claim == claim))
        .map(|(at, _)| at);
    held.or_else(|| {
        let edges = ledger.references.all().iter();
        edges
            .filter(|edge| edge.from == Node::Claim(claim) && edge.via == "reads")
            .map(|edge| edge.to)
            .next()
    })
}

/// Explains a finding's code.
#[must_use]
pub fn render_rule(rule: &Rule, width: usize) -> String {
    let mut page = Page::new(width);
    let style = style_of(rule.severity);
    page.line(&format!(
        "{BOLD}{}{BOLD:#} ({style}{}{style:#})",
        rule.code,
        rule.severity.word()
    ));
    page.prose(2, 0, Style::new(), rule.summary);
    for paragraph in rule.explanation.split("\n\n") {
        page.blank();
        page.prose(2, 0, Style::new(), &paragraph.replace('\n', " "));
    }
    page.text
}

/// Explains what was found: one thing in full; several live ones as a list to choose from.
#[must_use]
pub fn render(ledger: &Ledger, asked: &str, subjects: &[Subject], look: Look) -> String {
    let mut page = Page::new(look.width);
    let several_live = subjects.len() > 1 && subjects.iter().all(|one| matches!(one, Subject::Live(_)));
    if several_live {
        choose(&mut page, ledger, asked, subjects, look);
        return page.text;
    }
    for (at, subject) in subjects.iter().take(shown(look)).enumerate() {
        if at > 0 {
            page.blank();
        }
        match subject {
            Subject::Live(live) => resource(&mut page, ledger, *live, look),
            Subject::Claim(claim, live) => claimed(&mut page, ledger, *claim, *live, look),
        }
    }
    more(&mut page, 0, subjects.len(), look);
    page.text
}

fn shown(look: Look) -> usize {
    if look.all { usize::MAX } else { SHOWN }
}

fn more(page: &mut Page, indent: usize, count: usize, look: Look) {
    let more = count.saturating_sub(shown(look));
    if more > 0 {
        page.prose(indent, 2, DIM, &format!("and {more} more (use --all)"));
    }
}

fn choose(page: &mut Page, ledger: &Ledger, asked: &str, subjects: &[Subject], look: Look) {
    let text = format!(
        "{} resources are called {asked}. Ask again with the ARN of the one that you mean:",
        subjects.len()
    );
    page.prose(0, 0, BOLD, &text);
    let titles = subjects.iter().filter_map(|subject| match subject {
        Subject::Live(at) => Some(width(title(&ledger.live[*at as usize]))),
        Subject::Claim(..) => None,
    });
    let titles = titles.max().unwrap_or(0);
    for subject in subjects.iter().take(shown(look)) {
        if let Subject::Live(at) = subject {
            let (live, entry) = (&ledger.live[*at as usize], &ledger.entries[*at as usize]);
            page.line(&format!(
                "  {}  {:<9}  {}",
                pad(&plain(title(live)), titles),
                entry.ownership.word(),
                plain(&live.arn)
            ));
        }
    }
    more(page, 2, subjects.len(), look);
}

pub(super) fn title(live: &Live) -> &str {
    crate::kinds::kind(&live.kind).map_or(live.kind.as_str(), |kind| kind.title)
}

/// Columns of the labels.
const LABEL: usize = 12;

fn row(page: &mut Page, label: &str, text: &str) {
    page.labelled(2, label, LABEL, DIM, text);
}

fn resource(page: &mut Page, ledger: &Ledger, at: LiveIndex, look: Look) {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    let kind = ledger.kind(at);
    page.prose(0, 2, BOLD, &format!("{} {}", title(live), live.label()));
    let style = match entry.ownership {
        Ownership::Managed => GOOD,
        Ownership::Shared => BAD,
        Ownership::Unmanaged | Ownership::Undecided => WARN,
        Ownership::Delegated | Ownership::AwsMade => BOLD,
    };
    page.labelled(2, "ownership", LABEL, style, &whose(entry));
    page.labelled(2, "do", LABEL, BOLD, &advice(ledger, at));
    page.blank();
    row(page, "kind", &live.kind);
    row(page, "where", &format!("account {}, {}", live.account, live.region));
    if let Some(born) = live.created_at {
        let age = age(born, ledger.scanned_at)
            .map(|age| format!(", {age} before the scan"))
            .unwrap_or_default();
        row(page, "created", &format!("{}{age}", moment(born)));
    }
    if kind.is_some_and(|kind| kind.holds_data) {
        row(page, "data", "it holds data that a deletion loses");
    }
    if let Some(delegate) = &entry.delegate {
        let text = format!("{} {}: {}", delegate.system, delegate.name, delegate.evidence);
        row(page, "managed by", &text);
    }
    if let Some(name) = entry.likely_project {
        row(page, "likely", &format!("{name}, by its tags; no state says so"));
    }
    if let Some(sentence) = &entry.orphan {
        row(page, "orphan", sentence);
        if let Some(cost) = cost(ledger, at) {
            row(page, "cost", &cost);
        }
    }
    claims(page, ledger, at, look);
    neighbours(page, ledger, at, look);
    fall::would_break(page, ledger, at, look);
    fall::duplicates(page, ledger, at, look);
    let mut tags = live.tags.iter().map(|(key, value)| format!("{key} = {value}"));
    if let Some(first) = tags.next() {
        row(page, "tags", &first);
        tags.for_each(|tag| row(page, "", &tag));
    }
    if let Some(command) = import(ledger, at) {
        raw_row(page, "import", &command);
    }
    raw_row(page, "arn", &live.arn);
}

/// What an orphan costs, where its kind has a price.
pub(super) fn cost(ledger: &Ledger, at: LiveIndex) -> Option<String> {
    ledger.entries[at as usize].orphan.as_ref()?;
    let cost = ledger.kind(at)?.monthly_cost?(&ledger.live[at as usize])?;
    Some(format!("about ${cost:.2} a month by list price (an estimate)"))
}

/// `shared: claimed by platform; used by labs`.
pub(super) fn whose(entry: &Entry) -> String {
    let names: Vec<&str> = entry.projects.iter().map(|name| name.as_str()).collect();
    let mut facts = Vec::new();
    if !names.is_empty() {
        facts.push(format!("claimed by {}", names.join(" and ")));
    }
    facts.extend(entry.why.as_deref().map(str::to_owned));
    if facts.is_empty() {
        entry.ownership.word().to_owned()
    } else {
        format!("{}: {}", entry.ownership.word(), facts.join("; "))
    }
}

/// A value that is copied: on one line, whatever its length.
fn raw_row(page: &mut Page, label: &str, value: &str) {
    page.line(&format!("  {DIM}{label:<LABEL$}{DIM:#}{}", plain(value)));
}

fn claims(page: &mut Page, ledger: &Ledger, at: LiveIndex, look: Look) {
    let entry = &ledger.entries[at as usize];
    let mut label = "claims";
    for held in entry.claims.iter().take(shown(look)) {
        let claim = &ledger.claims[held.claim as usize];
        let facet = if held.facet { facet(claim) } else { String::new() };
        let text = format!(
            "{} as {}{}{facet}{}",
            claim.project,
            claim.address,
            deposed(claim),
            held_in(ledger, claim)
        );
        row(page, label, &text);
        label = "";
    }
    more(page, 2 + LABEL, entry.claims.len(), look);
    if entry.claims.is_empty() {
        row(page, "claims", "none");
    }
}

pub(super) fn facet(claim: &Claim) -> String {
    format!(" (a part or setting of it: {})", claim.kind)
}

pub(super) fn deposed(claim: &Claim) -> &'static str {
    if claim.deposed.is_some() {
        " (deposed: the state does not want it any more)"
    } else {
        ""
    }
}

pub(super) fn held_in(ledger: &Ledger, claim: &Claim) -> String {
    let Some(state) = ledger.states.get(claim.state as usize) else {
        return String::new();
    };
    let serial = state.serial.map(|n| format!(", serial {n}")).unwrap_or_default();
    format!(" in {}{serial}", state.source)
}

/// Wholes, parts, users and what it uses.
fn neighbours(page: &mut Page, ledger: &Ledger, at: LiveIndex, look: Look) {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    match (entry.whole, &live.part_of) {
        (Some(whole), Some(part)) => {
            let whole = &ledger.live[whole as usize];
            let text = format!("{} {}: {}", title(whole), whole.label(), part.evidence);
            row(page, "part of", &text);
        }
        (None, Some(part)) => row(
            page,
            "part of",
            &format!("{}, which was not found: {}", part.whole, part.evidence),
        ),
        _ => {}
    }
    let parts: Vec<String> = (0..)
        .zip(&ledger.entries)
        .filter(|(_, other)| other.whole == Some(at))
        .map(|(other, _)| named(ledger, other))
        .collect();
    list(page, "parts", &parts, look);
    // A data source fails the next plan of its project, but nothing that is live stands on what it reads.
    let is_reader = |from: Node| match from {
        Node::Claim(claim) => !ledger.claims[claim as usize].is_managed(),
        Node::Live(_) => false,
    };
    let edges = ledger.references.used_by(at).iter();
    let (readers, users): (BTreeSet<_>, BTreeSet<_>) = edges
        .map(|edge| (is_reader(edge.from), user(ledger, *edge)))
        .partition(|(reads, _)| *reads);
    let texts = |of: BTreeSet<(bool, String)>| of.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let (readers, used) = (texts(readers), texts(users));
    if used.is_empty() && readers.is_empty() {
        let gaps = gap_count(ledger);
        let text = if gaps == 0 {
            "nothing that was listed".to_owned()
        } else {
            format!("nothing that was listed, but {} could not be seen", gap_words(ledger))
        };
        row(page, "used by", &text);
    }
    list(page, "used by", &used, look);
    list(page, "read by", &readers, look);
    let uses: BTreeSet<String> = ledger
        .references
        .uses(at)
        .map(|edge| format!("{} ({})", named(ledger, edge.to), edge.via))
        .collect();
    list(page, "uses", &uses.into_iter().collect::<Vec<_>>(), look);
}

fn list(page: &mut Page, label: &str, items: &[String], look: Look) {
    for (at, item) in items.iter().take(shown(look)).enumerate() {
        row(page, if at == 0 { label } else { "" }, item);
    }
    more(page, 2 + LABEL, items.len(), look);
}

/// `subnet subnet-1 (public) of platform, aws_subnet.public`.
fn named(ledger: &Ledger, at: LiveIndex) -> String {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    let mut text = format!("{} {}", title(live), live.label());
    let own = entry.claims.iter().find(|held| !held.facet).or(entry.claims.first());
    if let Some(held) = own {
        let claim = &ledger.claims[held.claim as usize];
        text.push_str(&format!(" of {}, {}", claim.project, claim.address));
    } else {
        text.push_str(&format!(", {}", entry.ownership.word()));
    }
    text
}

fn user(ledger: &Ledger, edge: Edge) -> String {
    match edge.from {
        Node::Live(user) => format!("{} ({})", named(ledger, user), edge.via),
        Node::Claim(claim) => {
            let claim = &ledger.claims[claim as usize];
            let what = reader(claim);
            format!("{} of {}, {what} ({})", claim.address, claim.project, edge.via)
        }
    }
}

/// What uses a resource and is no live resource itself.
pub(super) fn reader(claim: &Claim) -> &'static str {
    if claim.is_managed() {
        "a claim that is not live"
    } else {
        "a data source"
    }
}

fn claimed(page: &mut Page, ledger: &Ledger, at: ClaimIndex, live: Option<LiveIndex>, look: Look) {
    let claim = &ledger.claims[at as usize];
    page.prose(0, 2, BOLD, &format!("{}{}", claim.address, deposed(claim)));
    let what = if claim.is_managed() { "claimed by" } else { "read by" };
    row(page, what, &format!("{}{}", claim.project, held_in(ledger, claim)));
    if let Some(live) = live {
        let facet = ledger.entries[live as usize]
            .claims
            .iter()
            .any(|held| held.claim == at && held.facet);
        let sentence = match (claim.is_managed(), facet) {
            (false, _) => "it reads the resource below",
            (true, true) => "it is a part or setting of the resource below",
            (true, false) => "live: it is the resource below",
        };
        row(page, "status", sentence);
        page.blank();
        resource(page, ledger, live, look);
        return;
    }
    let (style, status, todo) = absence(ledger, at);
    page.labelled(2, "status", LABEL, style, &status);
    page.labelled(2, "do", LABEL, BOLD, todo);
    row(page, "type", &claim.kind);
    if let Some(region) = claim.region {
        row(page, "region", &region);
    }
    for (label, value) in [("id", &claim.id), ("arn", &claim.arn)] {
        if let Some(value) = value {
            raw_row(page, label, value);
        }
    }
}

/// Why a claim has no live resource, and what to do.
pub(super) fn absence(ledger: &Ledger, at: ClaimIndex) -> (Style, String, &'static str) {
    let claim = &ledger.claims[at as usize];
    let unmatched = ledger.unmatched.iter().find(|unmatched| unmatched.claim == at);
    let holds_data = disposition(&claim.kind).kind().is_some_and(|kind| kind.holds_data);
    match unmatched.map(|unmatched| &unmatched.why) {
        Some(NoMatch::Missing) => (
            BAD,
            "missing: its kind and region were listed to the last page, and it is not there".to_owned(),
            if holds_data {
                "it held data: do not apply; look first for snapshots and retained backups"
            } else {
                "if it was meant to go: terraform state rm; if not: terraform apply makes it again"
            },
        ),
        Some(NoMatch::NotSeen(why)) => (
            WARN,
            format!("not seen, so it cannot be called missing: {why}"),
            "close the gap and scan again before you decide anything",
        ),
        Some(NoMatch::UnknownType) => (
            WARN,
            "not looked for: no kind knows this type".to_owned(),
            "look for it with the AWS CLI",
        ),
        Some(NoMatch::Ambiguous(several)) => {
            let ids: Vec<String> = several
                .iter()
                .map(|at| ledger.live[*at as usize].arn.to_string())
                .collect();
            (
                WARN,
                format!("several live resources may be meant: {}", ids.join(" ")),
                "explain each of them by its ARN",
            )
        }
        Some(NoMatch::WholeNotLive) => (
            WARN,
            "it is a part or setting of something that is missing or was not seen".to_owned(),
            "explain the resource that it belongs to",
        ),
        None => (
            WARN,
            "nothing live that was listed is what it names".to_owned(),
            "close the gaps, if there are any, and scan again",
        ),
    }
}

/// What a person should do, and not do, with a live resource.
pub(super) fn advice(ledger: &Ledger, at: LiveIndex) -> String {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    let users = ledger.references.used_by(at).len() as u64;
    let holds_data = ledger.kind(at).is_some_and(|kind| kind.holds_data);
    let mut text = match entry.ownership {
        _ if entry.whole.is_some() => "leave it to what it is part of; it goes when that goes".to_owned(),
        Ownership::Shared => {
            "destroy neither project before this is in a state of its own or no longer shared".to_owned()
        }
        Ownership::Managed => "change it in the configuration of its project, not by hand".to_owned(),
        Ownership::Delegated => match &entry.delegate {
            Some(by) => format!("change it in {} {}, not by hand", by.system, by.name),
            None => "change it in the system that made it, not by hand".to_owned(),
        },
        Ownership::AwsMade => "leave it; AWS made it, and it costs nothing by itself".to_owned(),
        Ownership::Undecided => "decide nothing before the gap is closed".to_owned(),
        Ownership::Unmanaged if users > 0 => format!(
            "do not delete it: {}. Import it, or end the use first",
            if users == 1 {
                "something uses it".to_owned()
            } else {
                format!("{} use it", counted(users, "thing", "things"))
            }
        ),
        Ownership::Unmanaged if entry.likely_project.is_some() => {
            "find the state that made it before you delete or apply anything".to_owned()
        }
        Ownership::Unmanaged if entry.orphan.is_some() => "delete it if nobody asks for it".to_owned(),
        Ownership::Unmanaged => "ask whose it is; import it, or delete it once nobody needs it".to_owned(),
    };
    let mine = matches!(
        entry.ownership,
        Ownership::Unmanaged | Ownership::Undecided | Ownership::Shared
    );
    if holds_data && mine {
        text.push_str("; it holds data, so keep a copy before anything is deleted");
    }
    if !ledger.coverage.complete() && users == 0 && mine && live.part_of.is_none() {
        text.push_str("; what uses it may be among what could not be listed");
    }
    text
}

/// The command that takes the resource into a state.
pub(super) fn import(ledger: &Ledger, at: LiveIndex) -> Option<String> {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    if matches!(entry.ownership, Ownership::Delegated | Ownership::AwsMade) || entry.whole.is_some() {
        return None;
    }
    let kind = ledger.kind(at)?;
    let id = filled(kind.import_id, live)?;
    let own = entry.claims.iter().find(|held| !held.facet);
    let address = match own {
        Some(held) => ledger.claims[held.claim as usize].address.to_string(),
        None => format!("{}.{}", kind.name, identifier(live.name.as_deref().unwrap_or(&live.id))),
    };
    Some(format!("terraform import {} {}", shell(&address), shell(&id)))
}

/// Fills `{id}`, `{arn}`, `{name}` and configuration attributes into a template.
fn filled(template: &str, live: &Live) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, left) = after.split_once('}')?;
        out.push_str(before);
        match key {
            "id" => out.push_str(&live.id),
            "arn" => out.push_str(&live.arn),
            "name" => out.push_str(live.configuration.text("name").or(live.name.as_deref())?),
            "region" => out.push_str(&live.region),
            "account" => out.push_str(&live.account),
            key => out.push_str(live.configuration.text(key)?),
        }
        rest = left;
    }
    out.push_str(rest);
    (!out.is_empty()).then_some(out)
}

/// A name that Terraform takes, from whatever a person called the thing.
fn identifier(name: &str) -> String {
    let mut out: String = name
        .chars()
        .take(60)
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if !out.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        out.insert(0, '_');
    }
    out
}

/// One word of a POSIX shell: ids are foreign text, and the command will be pasted.
fn shell(word: &str) -> String {
    let tame = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(tame) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Listings and states that were to be seen and were not.
#[must_use]
pub fn gap_count(ledger: &Ledger) -> usize {
    failed(ledger) + ledger.state_gaps().count()
}

fn failed(ledger: &Ledger) -> usize {
    let gaps = ledger.coverage.gaps();
    gaps.filter(|cell| cell.status != crate::model::CellStatus::Skipped)
        .count()
}

/// `3 listings and 1 state`.
#[must_use]
pub fn gap_words(ledger: &Ledger) -> String {
    let mut parts = Vec::new();
    let (listings, states) = (failed(ledger) as u64, ledger.state_gaps().count() as u64);
    if listings > 0 {
        parts.push(counted(listings, "listing", "listings"));
    }
    if states > 0 {
        parts.push(counted(states, "state", "states"));
    }
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_command_runs_nothing_else() {
        assert_eq!(shell("vpc-1"), "vpc-1");
        assert_eq!(shell("aws_subnet.a[\"b\"]"), "'aws_subnet.a[\"b\"]'");
        assert_eq!(shell("x'; rm -rf $(y)"), r"'x'\''; rm -rf $(y)'");
        assert_eq!(shell(""), "''");
    }

    #[test]
    fn import_ids_come_from_the_template() {
        let mut live = Live::new("aws_x", "1".into(), "eu-west-1".into(), "the-id", "arn:x");
        live.configuration.set("cluster", "main");
        assert_eq!(filled("{cluster}/{id}", &live).as_deref(), Some("main/the-id"));
        assert_eq!(filled("{nowhere}", &live), None);
        assert_eq!(identifier("42 is/the name"), "_42_is_the_name");
    }
}

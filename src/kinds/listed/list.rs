//! Runs the rows of an account in one place: pages, parents and children, details; what cannot be had is a gap.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use futures::StreamExt;
use futures::future::BoxFuture;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value as Json;

use super::describe::{self, Answers, Describe};
use super::item::{Found, Parent, Reader, Words};
use super::path::{Expression, Field, Path, Scope};
use super::{Detail, OneOrMany, Row, Word, services};
use crate::aws::Clients;
use crate::aws::call::{Call, Place, Request, Service, Tree, encoded};
use crate::aws::fault::{Fault, Reason};
use crate::model::{Live, Symbol};

/// Rows that one call answers, and what is listed under their items.
pub(crate) struct Group {
    rows: Vec<&'static Row>,
    /// Groups whose parent is one of the rows, with that row's kind.
    children: Vec<(&'static str, &'static Group)>,
    /// One for each row, read when first needed: it is the same in every region.
    readers: OnceLock<Vec<Reader>>,
}

/// The groups that need no parent.
static ROOTS: LazyLock<Vec<&'static Group>> = LazyLock::new(|| {
    let mut groups: Vec<Vec<&'static Row>> = Vec::new();
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    for row in super::rows() {
        let at = *known.entry(same_call(row)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(row);
    }
    let build = |at: usize| Group::build(&groups, at, 0);
    (0..groups.len())
        .filter(|at| groups[*at].iter().any(|row| row.parent.is_empty()))
        .map(build)
        .collect()
});

/// Parents of parents; a table whose rows are each other's parents would never end.
const GENERATIONS: usize = 5;
/// Calls for the parents of one listing at the same time; the pace of each service bounds them further.
const PARENTS_AT_ONCE: usize = 8;
/// Calls for the details of one page at the same time.
const DETAILS_AT_ONCE: usize = 8;

fn same_call(row: &Row) -> String {
    let fixed = (
        &row.query.len(),
        &row.headers,
        &row.form,
        &row.body,
        &row.each,
        &row.parent,
    );
    let query: Vec<_> = row
        .query
        .iter()
        .map(|(name, value)| format!("{}={value:?}", name.0))
        .collect();
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{query:?}\t{fixed:?}\t{:?}",
        row.service.0,
        row.op.0,
        row.method.0,
        row.uri.0,
        row.at.0,
        row.items.0,
        row.detail.as_ref().map(|detail| detail.op.0)
    )
}

impl Group {
    fn build(groups: &[Vec<&'static Row>], at: usize, depth: usize) -> &'static Group {
        let rows = groups[at].clone();
        let mut children = Vec::new();
        if depth < GENERATIONS {
            for row in &rows {
                for (child, candidates) in groups.iter().enumerate() {
                    // A row that names itself is asked again for each of its own items, in the run.
                    if child != at
                        && candidates
                            .iter()
                            .any(|candidate| candidate.parent.iter().any(|parent| parent.0 == row.kind.0))
                    {
                        children.push((row.kind.0, Self::build(groups, child, depth + 1)));
                    }
                }
            }
        }
        Box::leak(Box::new(Self {
            rows,
            children,
            readers: OnceLock::new(),
        }))
    }

    fn readers(&self) -> &[Reader] {
        self.readers
            .get_or_init(|| self.rows.iter().map(|row| Reader::new(row)).collect())
    }

    /// The groups that need no parent, in the order of the table.
    pub(crate) fn roots() -> &'static [&'static Group] {
        &ROOTS
    }

    /// Says whether it is called once an account.
    pub(crate) fn is_global(&self) -> bool {
        self.rows.first().is_some_and(|row| row.is_global())
    }

    /// The kinds that it and the groups under it list, helpers left out.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<_> = self
            .rows
            .iter()
            .filter(|row| !row.is_helper())
            .map(|row| row.kind.0)
            .chain(self.children.iter().flat_map(|(_, child)| child.kinds()))
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The same with helpers.
    #[cfg(test)]
    pub(super) fn all_kinds(&self) -> Vec<&'static str> {
        self.rows
            .iter()
            .map(|row| row.kind.0)
            .chain(self.children.iter().flat_map(|(_, child)| child.all_kinds()))
            .collect()
    }

    fn wants(&self, run: &Run<'_>) -> bool {
        self.rows.iter().any(|row| run.wanted(&row.kind)) || self.children.iter().any(|(_, child)| child.wants(run))
    }

    /// The rows that are called where only these kinds (or all) are wanted: those and what they stand under.
    pub(crate) fn needed(&self, only: &FxHashSet<&str>) -> Vec<&'static Row> {
        let wanted = |row: &Row| !row.is_helper() && (only.is_empty() || only.contains(row.kind.0));
        let below: Vec<&'static Row> = self.children.iter().flat_map(|(_, child)| child.needed(only)).collect();
        if below.is_empty() && !self.rows.iter().any(|row| wanted(row)) {
            return Vec::new();
        }
        self.rows.iter().copied().chain(below).collect()
    }
}

/// How the listing of one kind ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct End {
    pub(crate) count: u64,
    pub(crate) fault: Option<Fault>,
    /// Said instead of the fault's own words: whose children could not be asked for.
    pub(crate) detail: Option<String>,
    /// Why some of the settings of some items are not known; the items were listed all the same.
    pub(crate) settings: Option<Fault>,
}

/// One group's run in one place; what it found so far can be taken at any time.
pub(crate) struct Run<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) place: Place,
    /// The region of its cells: `global` for what is called once an account.
    pub(crate) region: Symbol,
    /// Names of kinds; all where it is empty.
    pub(crate) only: &'a FxHashSet<&'a str>,
    found: Mutex<Vec<Live>>,
    ends: Mutex<BTreeMap<&'static str, End>>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(clients: &'a Clients, place: Place, region: Symbol, only: &'a FxHashSet<&'a str>) -> Self {
        Self {
            clients,
            place,
            region,
            only,
            found: Mutex::default(),
            ends: Mutex::default(),
        }
    }

    fn wanted(&self, kind: &Word) -> bool {
        !kind.starts_with('_') && (self.only.is_empty() || self.only.contains(kind.0))
    }

    /// Lists a group and what is under it. What is not there when it is dropped half-way has no end.
    pub(crate) async fn list(&self, group: &'static Group) {
        self.group(group, None).await;
    }

    /// What was found, and how each kind ended; kinds that are not in it did not end.
    pub(crate) fn finish(self) -> (Vec<Live>, BTreeMap<&'static str, End>) {
        (
            self.found.into_inner().unwrap_or_else(PoisonError::into_inner),
            self.ends.into_inner().unwrap_or_else(PoisonError::into_inner),
        )
    }

    fn end(&self, kind: &'static str, count: u64, fault: Option<Fault>, detail: Option<String>) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let end = ends.entry(kind).or_default();
        end.count += count;
        if end.fault.is_none() && fault.is_some() {
            end.fault = fault;
            end.detail = detail;
        }
    }

    /// Says that describe calls of a kind failed.
    fn unseen(&self, kind: &'static str, fault: Fault) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.entry(kind).or_default().settings.get_or_insert(fault);
    }

    /// Says of all that is listed under a group's items that they could not be asked for.
    fn end_children(&self, group: &'static Group, of: Option<&str>, fault: &Fault) {
        for (parent, child) in &group.children {
            if of.is_some_and(|of| of != *parent) {
                continue;
            }
            for kind in child.kinds().into_iter().filter(|kind| self.wanted(&Word(kind))) {
                let why = format!("its parent {}: {fault}", parent.trim_start_matches('_'));
                self.end(kind, 0, Some(fault.clone()), Some(why));
            }
        }
    }

    fn group<'f>(&'f self, group: &'static Group, parent: Option<Arc<Parent>>) -> BoxFuture<'f, ()> {
        Box::pin(async move {
            let mut listed = Listed::default();
            let mut asked: Vec<Option<Arc<Parent>>> = vec![parent];
            // A row that is its own parent: what it found is asked in turn, until nothing new comes.
            let recursive = group.rows.iter().any(|row| row.parent.contains(&row.kind));
            let mut seen = FxHashSet::default();
            while let Some(under) = asked.pop() {
                let mut once = Listed::default();
                let result = self.pages(group, under.as_ref(), &mut once).await;
                for (row, count) in group.rows.iter().zip(once.counts.iter().chain(std::iter::repeat(&0))) {
                    if row.is_helper() || !self.wanted(&row.kind) {
                        continue;
                    }
                    let fault = result.as_ref().err().filter(|fault| {
                        // What was listed under is gone meanwhile, and all that was in it.
                        under.is_none() || fault.reason != Reason::Gone
                    });
                    self.end(row.kind.0, *count, fault.cloned(), None);
                }
                if let Err(fault) = &result
                    && (under.is_none() || fault.reason != Reason::Gone)
                {
                    self.end_children(group, None, fault);
                }
                for fault in once.faults {
                    self.end_children(group, Some(fault.0), &fault.1);
                    if self.wanted(&Word(fault.0)) {
                        self.end(fault.0, 0, Some(fault.1), None);
                    }
                }
                for (kind, item) in once.parents {
                    if recursive && seen.insert(item.id.clone()) {
                        asked.push(Some(Arc::clone(&item)));
                    }
                    listed.parents.push((kind, item));
                }
            }
            for (kind, child) in &group.children {
                if !child.wants(self) {
                    continue;
                }
                for kind in child.kinds().into_iter().filter(|kind| self.wanted(&Word(kind))) {
                    self.end(kind, 0, None, None);
                }
                let asked: Vec<BoxFuture<'_, ()>> = listed
                    .parents
                    .iter()
                    .filter(|(of, _)| of == kind)
                    .map(|(_, item)| self.group(child, Some(Arc::clone(item))))
                    .collect();
                futures::stream::iter(asked)
                    .buffer_unordered(PARENTS_AT_ONCE)
                    .for_each(|()| std::future::ready(()))
                    .await;
            }
        })
    }

    /// Lists the rows of a group under one parent, for each of its values, page by page.
    async fn pages(
        &self,
        group: &'static Group,
        parent: Option<&Arc<Parent>>,
        listed: &mut Listed,
    ) -> Result<(), Fault> {
        let Some(row) = group.rows.first() else { return Ok(()) };
        let readers = group.readers();
        listed.counts = vec![0; readers.len()];
        let Some(service) = services::find(&row.service) else {
            return Ok(());
        };
        let mut place = self.place;
        if !row.at.is_empty() && place.partition == "aws" {
            place.region = Symbol::known(row.at.0);
        }
        let mut first_fault = None;
        let mut unknown_value = None;
        let mut answered = false;
        let whole = [Word("")];
        let values: &[Word] = if row.each.is_empty() { &whole } else { &row.each };
        for value in values {
            let (value, at) = value.0.split_once('@').unwrap_or((value.0, ""));
            if !at.is_empty() && (place.partition != "aws" || place.region != at) {
                continue;
            }
            let words = Words {
                place: Place {
                    region: service.region(&place.partition, place.region),
                    ..place
                },
                each: value,
                parent: parent.cloned(),
            };
            match self.value(row, service, readers, group, words, listed).await {
                Ok(()) => answered = true,
                Err(fault) if !value.is_empty() && refuses_value(&fault) => {
                    unknown_value.get_or_insert(fault);
                }
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                }
            }
        }
        // Where it answers to others, it does not know things of that sort there.
        first_fault.or(unknown_value.filter(|_| !answered)).map_or(Ok(()), Err)
    }

    async fn value(
        &self,
        row: &'static Row,
        service: &'static Service,
        readers: &[Reader],
        group: &'static Group,
        words: Words,
        listed: &mut Listed,
    ) -> Result<(), Fault> {
        let action = row.iam.first().map_or("", |action| action.0);
        let caller = self.clients.caller();
        let call = caller
            .prepare(service, row.op.0, action, row.host_prefix.0, words.place)
            .await?;
        let detail = match &row.detail {
            Some(detail) => {
                let action = row.iam.get(1).map_or(action, |action| action.0);
                let call = caller
                    .prepare(service, detail.op.0, action, row.host_prefix.0, words.place)
                    .await?;
                Some((detail, call, action))
            }
            None => None,
        };
        let items = Path::new(row.items.0);
        let more = (!row.more.is_empty()).then(|| Path::new(row.more.0));
        let mut token: Vec<(&'static str, String)> = Vec::new();
        let mut seen = FxHashSet::default();
        let mut calls = describe::Calls::default();
        loop {
            let request = request(row, &words, &token);
            let answer = self.send(&call, action, request).await?;
            let nodes = items.all(&answer);
            let answers = self.describe(service, group, &nodes, &mut calls, &words).await;
            self.take(row, readers, group, &nodes, &answers, detail.as_ref(), &words, listed)
                .await;
            if let Some(more) = &more
                && more.text(&answer) != Some("true")
            {
                return Ok(());
            }
            token = row
                .tokens
                .iter()
                .filter_map(|(place, path)| {
                    let next = match path.strip_prefix("@last:") {
                        Some(_) => {
                            let field = Field::new(&path.0["@last:".len()..]);
                            let none = |_: &str| None;
                            field.value(&Scope {
                                item: nodes.last()?,
                                detail: None,
                                answers: &[],
                                words: &none,
                            })
                        }
                        None => Path::new(path.0).text(&answer).map(str::to_owned),
                    };
                    Some((place.0, next?))
                })
                .collect();
            if token.is_empty() {
                return Ok(());
            }
            if !seen.insert(token.clone()) {
                return Err(Fault::ours(action, Reason::RepeatedToken));
            }
        }
    }

    pub(super) async fn send(&self, call: &Call, action: &'static str, request: Request) -> Result<Tree, Fault> {
        let _place = self.clients.pace(action).await;
        call.send(request).await
    }

    fn detail<'f>(
        &'f self,
        call: &'f Call,
        action: &'static str,
        path: &'f Path,
        request: Request,
    ) -> BoxFuture<'f, Result<Option<Tree>, Fault>> {
        Box::pin(async move {
            let answer = self.send(call, action, request).await?;
            Ok(path.all(&answer).first().map(|tree| (*tree).clone()))
        })
    }

    /// Asks for the settings of one page's items, of those kinds that need it and are wanted.
    async fn describe(
        &self,
        service: &'static Service,
        group: &'static Group,
        nodes: &[&Tree],
        calls: &mut describe::Calls,
        words: &Words,
    ) -> Vec<Answers> {
        let row = group
            .rows
            .iter()
            .find(|row| self.wanted(&row.kind) && !describe::of(row.kind.0).is_empty());
        let Some(row) = row else {
            return nodes.iter().map(|_| Answers::default()).collect();
        };
        let mut asked: Vec<BoxFuture<'_, Answers>> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let prepared = describe::prepare(calls, self, row, service, node, words).await;
            asked.push(Box::pin(describe::ask(self, prepared, node, words)));
        }
        let answers: Vec<Answers> = futures::stream::iter(asked).buffered(DETAILS_AT_ONCE).collect().await;
        if let Some(fault) = answers.iter().find_map(|answers| answers.fault.clone()) {
            self.unseen(row.kind.0, fault);
        }
        answers
    }

    /// Turns the items of one page into live resources and parents.
    #[expect(clippy::too_many_arguments, reason = "all of one page, and used once")]
    async fn take(
        &self,
        row: &'static Row,
        readers: &[Reader],
        group: &'static Group,
        nodes: &[&Tree],
        answers: &[Answers],
        detail: Option<&(&'static Detail, Call, &'static str)>,
        words: &Words,
        listed: &mut Listed,
    ) {
        let details: Vec<Option<Tree>> = match detail {
            None => vec![None; nodes.len()],
            Some((facts, call, action)) => {
                let path = Path::new(facts.path.0);
                let asked: Vec<BoxFuture<'_, Result<Option<Tree>, Fault>>> = nodes
                    .iter()
                    .map(|node| self.detail(call, action, &path, detail_request(facts, node, words)))
                    .collect();
                futures::stream::iter(asked)
                    .buffered(DETAILS_AT_ONCE)
                    .collect::<Vec<_>>()
                    .await
                    .into_iter()
                    .map(|answer| match answer {
                        Ok(detail) => detail,
                        Err(fault) if fault.reason == Reason::Gone => None,
                        Err(fault) => {
                            listed.fault(row.kind.0, fault);
                            None
                        }
                    })
                    .collect()
            }
        };
        let has_children: Vec<bool> = group
            .rows
            .iter()
            .map(|row| group.children.iter().any(|(kind, _)| *kind == row.kind.0) || row.parent.contains(&row.kind))
            .collect();
        let mut found = Vec::new();
        for ((node, detail), answers) in nodes.iter().zip(&details).zip(answers) {
            for (at, (row, reader)) in group.rows.iter().zip(readers).enumerate() {
                match reader.read(node, detail.as_ref(), answers, words, self.region) {
                    Found::Not => {}
                    Found::WithoutId => {
                        let action = row.iam.first().map_or("", |action| action.0);
                        listed.fault(row.kind.0, Fault::ours(action, Reason::Broken));
                    }
                    Found::One { live, parent } => {
                        if has_children[at] {
                            listed.parents.push((row.kind.0, Arc::new(parent)));
                        }
                        if self.wanted(&row.kind) {
                            listed.counts[at] += 1;
                            found.push(*live);
                        }
                    }
                }
            }
        }
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .append(&mut found);
    }
}

/// Says whether a service refuses a parameter's value: an older region or partition may not know all of them.
fn refuses_value(fault: &Fault) -> bool {
    matches!(
        fault.code.as_deref(),
        Some("ValidationException" | "InvalidInputException" | "InvalidParameterException")
    )
}

/// What one call gave.
#[derive(Default)]
struct Listed {
    /// By row.
    counts: Vec<u64>,
    parents: Vec<(&'static str, Arc<Parent>)>,
    /// The first of each kind.
    faults: BTreeMap<&'static str, Fault>,
}

impl Listed {
    fn fault(&mut self, kind: &'static str, fault: Fault) {
        self.faults.entry(kind).or_insert(fault);
    }
}

/// Fills the call's own words into a text.
fn fill(text: &str, word: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, further)) if word(name).is_some() => {
                out.push_str(&word(name).unwrap_or_default());
                rest = further;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn fill_json(value: &Json, word: &dyn Fn(&str) -> Option<String>) -> Json {
    match value {
        Json::String(text) => Json::String(fill(text, word)),
        Json::Array(items) => Json::Array(items.iter().map(|item| fill_json(item, word)).collect()),
        Json::Object(fields) => Json::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), fill_json(value, word)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The fixed parts of a request.
struct Parts<'a> {
    method: Word,
    uri: Word,
    query: &'a BTreeMap<Word, OneOrMany>,
    headers: &'a BTreeMap<Word, Word>,
    form: &'a BTreeMap<Word, Word>,
    body: &'a serde_json::Map<String, Json>,
}

fn assembled(parts: &Parts<'_>, word: &dyn Fn(&str) -> Option<String>) -> Request {
    let pairs = |map: &BTreeMap<Word, Word>| {
        map.iter()
            .map(|(name, value)| (name.0.to_owned(), fill(value, word)))
            .collect()
    };
    let mut query = Vec::new();
    for (name, values) in parts.query {
        let values = match values {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        };
        query.extend(values.iter().map(|value| (name.0.to_owned(), fill(value, word))));
    }
    Request {
        method: parts.method.0,
        path: fill(&parts.uri, &|name| word(name).map(|text| encoded(&text))),
        query,
        headers: pairs(parts.headers),
        form: pairs(parts.form),
        body: parts
            .body
            .iter()
            .map(|(name, value)| (name.clone(), fill_json(value, word)))
            .collect(),
    }
}

/// The request for one page.
fn request(row: &Row, words: &Words, token: &[(&'static str, String)]) -> Request {
    let parts = Parts {
        method: row.method,
        uri: row.uri,
        query: &row.query,
        headers: &row.headers,
        form: &row.form,
        body: &row.body,
    };
    let mut request = assembled(&parts, &|word| words.get(word));
    if let Some((place, size)) = row.page.rsplit_once('=') {
        put(&mut request, place, size, true);
    }
    for (place, value) in token {
        put(&mut request, place, value, false);
    }
    request
}

/// Sets one parameter. `number`: a member of a JSON body is a number, not a text.
fn put(request: &mut Request, place: &str, value: &str, number: bool) {
    let Some((part, name)) = place.split_once(':') else {
        return;
    };
    let list = match part {
        "query" => &mut request.query,
        "header" => &mut request.headers,
        "form" => &mut request.form,
        _ => {
            let value = match value.parse::<i64>() {
                Ok(value) if number && part == "body" => Json::from(value),
                _ => Json::from(value),
            };
            request.body.insert(name.to_owned(), value);
            return;
        }
    };
    match list.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => value.clone_into(old),
        None => list.push((name.to_owned(), value.to_owned())),
    }
}

fn detail_request(detail: &'static Detail, item: &Tree, words: &Words) -> Request {
    let parts = Parts {
        method: detail.method,
        uri: detail.uri,
        query: &detail.query,
        headers: &detail.headers,
        form: &detail.form,
        body: &detail.body,
    };
    item_request(&parts, item, words)
}

/// The request of a describe call for one item.
pub(super) fn describe_request(describe: &'static Describe, item: &Tree, words: &Words) -> Request {
    let parts = Parts {
        method: describe.method,
        uri: describe.uri,
        query: &describe.query,
        headers: &describe.headers,
        form: &describe.form,
        body: &describe.body,
    };
    item_request(&parts, item, words)
}

fn item_request(parts: &Parts<'_>, item: &Tree, words: &Words) -> Request {
    let get = |word: &str| words.get(word);
    assembled(parts, &|word| {
        words.get(word).or_else(|| {
            // The few names of details are kept for the run: an expression borrows its text.
            let name = Symbol::new(word).as_str();
            Expression::new(name)?.value(&Scope {
                item,
                detail: None,
                answers: &[],
                words: &get,
            })
        })
    })
}

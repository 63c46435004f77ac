//! Describe calls: what a list does not say of an item is asked for item by item (`table/describes.jsonl`).
//!
//! They tell settings only. Without their answer an item is still listed: it is marked as not wholly seen, so that
//! nothing is concluded from what it does not say, and the gap has a cell of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::item::Words;
use super::path::{Condition, Expression, Scope};
use super::{OneOrMany, Row, Word};
use crate::aws::call::{Call, Place, Service, Tree};
use crate::aws::fault::{Fault, Reason};
use crate::model::Symbol;

/// One call more for each item of a kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Describe {
    pub kind: Word,
    pub op: Word,
    #[serde(default)]
    pub method: Word,
    #[serde(default)]
    pub uri: Word,
    #[serde(default)]
    pub query: BTreeMap<Word, OneOrMany>,
    #[serde(default)]
    pub headers: BTreeMap<Word, Word>,
    #[serde(default)]
    pub form: BTreeMap<Word, Word>,
    #[serde(default)]
    pub body: serde_json::Map<String, serde_json::Value>,
    /// Asked only where this holds.
    #[serde(default)]
    pub when: Word,
    /// The region to ask in, where it is the item's own and not the listing's.
    #[serde(default)]
    pub region: Word,
    /// Error codes that say that nothing is set.
    #[serde(default)]
    pub none: Vec<Word>,
    pub iam: Word,
}

static DESCRIBES: LazyLock<FxHashMap<&'static str, Vec<Describe>>> = LazyLock::new(|| {
    let mut describes: FxHashMap<&'static str, Vec<Describe>> = FxHashMap::default();
    for line in include_str!("../table/describes.jsonl").lines() {
        if let Ok(describe) = serde_json::from_str::<Describe>(line) {
            describes.entry(describe.kind.0).or_default().push(describe);
        }
    }
    describes
});

/// The describe calls of a kind.
#[must_use]
pub fn of(kind: &str) -> &'static [Describe] {
    DESCRIBES.get(kind).map_or(&[], Vec::as_slice)
}

/// What the describe calls of one item said.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By operation.
    pub(super) said: Vec<(&'static str, Tree)>,
    /// Operations that gave no answer.
    pub(super) unseen: Vec<&'static str>,
    pub(super) fault: Option<Fault>,
    /// It was deleted since it was listed.
    pub(super) gone: bool,
}

/// Prepared calls, by operation and region.
#[derive(Default)]
pub(super) struct Calls(FxHashMap<(&'static str, Symbol), Result<Arc<Call>, Fault>>);

impl Calls {
    /// The call of one operation for one item; prepared once a region.
    async fn get(
        &mut self,
        run: &super::list::Run<'_>,
        row: &Row,
        service: &'static Service,
        describe: &'static Describe,
        place: Place,
    ) -> Result<Arc<Call>, Fault> {
        if let Some(known) = self.0.get(&(describe.op.0, place.region)) {
            return known.clone();
        }
        let caller = run.clients.caller();
        let call = caller
            .prepare_in(service, describe.op.0, describe.iam.0, row.host_prefix.0, place)
            .await
            .map(Arc::new);
        self.0.insert((describe.op.0, place.region), call.clone());
        call
    }
}

/// One item's calls, ready to be made.
pub(super) type Prepared = Vec<(&'static Describe, Result<Arc<Call>, Fault>)>;

/// Prepares the calls that an item needs.
pub(super) async fn prepare(
    calls: &mut Calls,
    run: &super::list::Run<'_>,
    row: &'static Row,
    service: &'static Service,
    item: &Tree,
    words: &Words,
) -> Prepared {
    let mut prepared = Vec::new();
    for describe in of(row.kind.0) {
        let Some(place) = place_of(describe, item, words) else {
            continue;
        };
        let call = calls.get(run, row, service, describe, place).await;
        prepared.push((describe, call));
    }
    prepared
}

/// Where an item is asked for; nothing where it is not to be asked for.
fn place_of(describe: &'static Describe, item: &Tree, words: &Words) -> Option<Place> {
    let get = |word: &str| words.get(word);
    let scope = Scope {
        item,
        detail: None,
        answers: &[],
        words: &get,
    };
    if !describe.when.is_empty() && !Condition::new(describe.when.0)?.holds(&scope) {
        return None;
    }
    let region = Expression::new(describe.region.0).and_then(|region| region.value(&scope));
    Some(Place {
        region: region.map_or(words.place.region, |region| Symbol::new(&region)),
        ..words.place
    })
}

/// Makes an item's calls, one after the other.
pub(super) async fn ask(run: &super::list::Run<'_>, prepared: Prepared, item: &Tree, words: &Words) -> Answers {
    let mut answers = Answers::default();
    for (describe, call) in prepared {
        let answer = match call {
            Ok(call) => {
                let request = super::list::describe_request(describe, item, words);
                run.send(&call, describe.iam.0, request).await
            }
            Err(fault) => Err(fault),
        };
        match answer {
            Ok(tree) => answers.said.push((describe.op.0, tree)),
            Err(fault)
                if fault
                    .code
                    .as_deref()
                    .is_some_and(|code| describe.none.iter().any(|none| none.0 == code)) =>
            {
                answers.said.push((describe.op.0, Tree::Null));
            }
            Err(fault) if is_gone(&fault) => {
                tracing::debug!(action = describe.iam.0, "gone between its list and its describe call");
                answers.gone = true;
                return answers;
            }
            Err(fault) => {
                answers.unseen.push(describe.op.0);
                answers.fault.get_or_insert(fault);
            }
        }
    }
    answers
}

/// Says whether the item itself is not there any more: its own error code for that, and no other thing's.
fn is_gone(fault: &Fault) -> bool {
    fault.reason == Reason::Gone
        || matches!(
            fault.code.as_deref(),
            Some(
                "NoSuchBucket"
                    | "NoSuchHostedZone"
                    | "AWS.SimpleQueueService.NonExistentQueue"
                    | "QueueDoesNotExist"
                    | "NotFound"
                    | "StateMachineDoesNotExist"
            )
        )
}

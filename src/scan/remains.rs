//! Asks for what is kept of deleted things, and inside of live ones: not part of a scan, because none of it is live.

use std::time::Duration;

use futures::StreamExt;

use crate::aws::{ListCx, Session};
use crate::kinds::remains::{REMAINS, Remains};
use crate::model::{Cell, CellStatus, Live, Symbol};

/// What one sort in one region gave.
pub struct Answer {
    pub sort: &'static Remains,
    pub live: Vec<Live>,
    pub cell: Cell,
}

/// The longest that one sort in one region may take.
const DEADLINE: Duration = Duration::from_secs(120);
/// Listings under way at the same time.
const AT_ONCE: usize = 16;

/// Every IAM action that it may call.
#[must_use]
pub fn actions() -> Vec<&'static str> {
    REMAINS.iter().flat_map(|sort| sort.actions.iter().copied()).collect()
}

/// Asks for every sort in every region; what cannot be had is a gap.
pub async fn run(session: &Session, regions: &[Symbol]) -> Vec<Answer> {
    let clients: Vec<_> = regions
        .iter()
        .map(|region| (*region, session.clients(*region)))
        .collect();
    let jobs = REMAINS
        .iter()
        .flat_map(|sort| clients.iter().map(move |(region, clients)| (sort, *region, clients)));
    let asked = jobs.map(|(sort, region, clients)| async move {
        let cx = ListCx::new(clients, session.account.id, region, session.account.partition);
        let end = tokio::time::timeout(DEADLINE, (sort.list)(&cx)).await;
        let (live, faults) = cx.finish();
        let first = faults.into_iter().map(|(_, fault)| fault).next();
        let (status, detail) = match end {
            Ok(end) => match end.err().or(first) {
                Some(fault) => (fault.status(), Some(fault.to_string())),
                None => (CellStatus::Listed, None),
            },
            Err(_) => (CellStatus::Failed, Some(super::job::late(DEADLINE))),
        };
        let cell = Cell {
            kind: Symbol::known(sort.kind),
            account: session.account.id,
            region,
            status,
            count: live.len() as u64,
            detail,
        };
        Answer { sort, live, cell }
    });
    let mut answers: Vec<Answer> = futures::stream::iter(asked).buffered(AT_ONCE).collect().await;
    for answer in &mut answers {
        answer.live.sort_by(|a, b| (&a.id, &a.arn).cmp(&(&b.id, &b.arn)));
    }
    answers
}

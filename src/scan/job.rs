//! One task of a scan in one region, and what came of it.

use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::aws::call::Place;
use crate::aws::clients::Clients;
use crate::aws::fault::Fault;
use crate::aws::stacks::Held;
use crate::aws::tagging::Tagged;
use crate::aws::{ListCx, stacks, tagging};
use crate::kinds::Listing;
use crate::kinds::listed::list::{Group, Run};
use crate::model::coverage::{STACK_RESOURCES, TAGS};
use crate::model::{Cell, CellStatus, Coverage, Live, Symbol};

use super::{GLOBAL, Task};

/// One task in one region.
pub(super) struct Job<'a> {
    pub(super) task: Task,
    pub(super) clients: &'a Clients,
    /// The region of its cells.
    pub(super) region: Symbol,
    /// Where it is called.
    pub(super) place: Place,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) live: Vec<Live>,
    pub(super) tagged: Vec<Tagged>,
    /// Each with the region of its stack.
    pub(super) held: Vec<(Symbol, Held)>,
    pub(super) cells: Vec<Cell>,
}

impl Job<'_> {
    pub(super) async fn run(&self, only: &FxHashSet<&str>, deadline: Duration) -> Outcome {
        match self.task {
            Task::Described(listing) => self.described(listing, deadline).await,
            Task::Rows(group) => self.rows(group, only, deadline).await,
            Task::Tags => self.tags(deadline).await,
            Task::Stacks => self.stacks(deadline).await,
        }
    }

    async fn described(&self, listing: &'static Listing, deadline: Duration) -> Outcome {
        let cx = ListCx::new(self.clients, self.place.account, self.region, self.place.partition);
        let end = tokio::time::timeout(deadline, (listing.list)(&cx)).await;
        let (live, faults) = cx.finish();
        let whole = match end {
            Ok(Ok(())) => (CellStatus::Listed, None),
            Ok(Err(fault)) => (fault.status(), Some(fault.to_string())),
            Err(_) => (CellStatus::Failed, Some(late(deadline))),
        };
        let cells = listing
            .kinds
            .iter()
            .map(|kind| {
                let count = live.iter().filter(|one| one.kind == *kind.name).count() as u64;
                let (status, detail) = faults
                    .iter()
                    .find(|(name, _)| *name == *kind.name)
                    .map_or(whole.clone(), |(_, fault)| (fault.status(), Some(fault.to_string())));
                self.cell(kind.name, status, count, detail)
            })
            .collect();
        Outcome {
            live,
            cells,
            ..Outcome::default()
        }
    }

    async fn rows(&self, group: &'static Group, only: &FxHashSet<&str>, deadline: Duration) -> Outcome {
        let run = Run::new(self.clients, self.place, self.region, only);
        let in_time = tokio::time::timeout(deadline, run.list(group)).await.is_ok();
        let (live, ends) = run.finish();
        let cells = self
            .task
            .kinds(only)
            .into_iter()
            .map(|kind| {
                let end = ends.get(kind).cloned().unwrap_or_default();
                let (status, detail) = match end.fault {
                    Some(fault) => (fault.status(), Some(end.detail.unwrap_or_else(|| fault.to_string()))),
                    None if !in_time => (CellStatus::Failed, Some(late(deadline))),
                    None => (CellStatus::Listed, None),
                };
                self.cell(kind, status, end.count, detail)
            })
            .chain(ends.iter().filter_map(|(kind, end)| {
                let fault = end.settings.as_ref()?;
                let cell = self.cell(kind, fault.status(), 0, Some(fault.to_string()));
                Some(Cell {
                    kind: Coverage::settings_of(cell.kind),
                    ..cell
                })
            }))
            .collect();
        Outcome {
            live,
            cells,
            ..Outcome::default()
        }
    }

    async fn tags(&self, deadline: Duration) -> Outcome {
        let mut tagged: Vec<Tagged> = Vec::new();
        let mut take = |one| tagged.push(one);
        let end = tokio::time::timeout(deadline, tagging::tagged(self.clients, self.place, &mut take)).await;
        if self.region == GLOBAL {
            // Its region was not asked for; only what is in none is wanted of its answer.
            tagged.retain(|one| one.region.is_none());
        }
        Outcome {
            cells: vec![self.whole(TAGS.as_str(), end.ok(), deadline, tagged.len())],
            tagged,
            ..Outcome::default()
        }
    }

    async fn stacks(&self, deadline: Duration) -> Outcome {
        let mut held = Vec::new();
        let mut take = |one| held.push((self.region, one));
        let end = tokio::time::timeout(deadline, stacks::held(self.clients, self.place, &mut take)).await;
        Outcome {
            cells: vec![self.whole(STACK_RESOURCES.as_str(), end.ok(), deadline, held.len())],
            held,
            ..Outcome::default()
        }
    }

    /// The cell of what is one listing; `end` is `None` where it was not done in time.
    fn whole(&self, kind: &'static str, end: Option<Result<(), Fault>>, deadline: Duration, count: usize) -> Cell {
        let (status, detail) = match end {
            Some(Ok(())) => (CellStatus::Listed, None),
            Some(Err(fault)) => (fault.status(), Some(fault.to_string())),
            None => (CellStatus::Failed, Some(late(deadline))),
        };
        self.cell(kind, status, count as u64, detail)
    }

    pub(super) fn cell(&self, kind: &'static str, status: CellStatus, count: u64, detail: Option<String>) -> Cell {
        super::cell(kind, self.place.account, self.region, status, count, detail)
    }
}

pub(super) fn late(deadline: Duration) -> String {
    format!("not done after {} seconds", deadline.as_secs())
}

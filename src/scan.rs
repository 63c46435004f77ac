//! Runs the kinds over the regions of an account and returns data and gaps, never an error.
//!
//! A scan cannot fail, it can only be incomplete.

pub mod remains;

use std::future::Future;
use std::time::Duration;

use futures::StreamExt;
use rustc_hash::FxHashSet;

use crate::aws::call::Place;
use crate::aws::clients::Clients;
use crate::aws::{ListCx, Regions, Session};
use crate::kinds::facts::Scope;
use crate::kinds::listed::list::{Group, Run};
use crate::kinds::{LISTINGS, Listing};
use crate::model::{Cell, CellStatus, Coverage, Live, Scan, Symbol, Timestamp};

/// What to look at.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Empty for every enabled region.
    pub regions: Vec<String>,
    pub exclude_regions: Vec<String>,
    /// Names of kinds; empty for all.
    pub kinds: Vec<String>,
    /// The kinds of the table too, not only those that are described in code.
    pub listed: bool,
    /// Listings under way at the same time.
    pub concurrency: usize,
    /// The longest that one listing (all its pages) may take.
    pub listing_deadline: Duration,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            exclude_regions: Vec::new(),
            kinds: Vec::new(),
            listed: true,
            concurrency: 64,
            listing_deadline: Duration::from_secs(600),
        }
    }
}

/// What happens during a scan, for a progress display.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// So many listings will be made.
    Planned { listings: usize },
    /// One listing ended.
    Listed { found: usize, gap: bool },
}

/// Stands in the coverage for the list of regions itself.
const REGIONS: Symbol = Symbol::known("aws_regions");

/// The region of kinds that have none.
const GLOBAL: Symbol = Symbol::known("global");

/// Lists everything. When `stop` completes, what is not finished becomes a gap and the rest is returned.
pub async fn run(
    session: &Session,
    options: &ScanOptions,
    watch: &(dyn Fn(Event) + Send + Sync),
    stop: impl Future<Output = ()>,
) -> Scan {
    let scanned_at = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    let account = session.account.id;
    let regions = session.regions(&options.regions, &options.exclude_regions).await;
    let mut coverage = Coverage::default();
    let only: FxHashSet<&str> = options.kinds.iter().map(String::as_str).collect();
    let work = Work::wanted(&only, options.listed);
    enter_closed_regions(&mut coverage, &work, account, &regions);

    let clients: Vec<(Symbol, Clients)> = regions
        .enabled
        .iter()
        .map(|region| (*region, session.clients(*region)))
        .collect();
    let home = session.clients(session.home());
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for task in &work.tasks {
        let job = |clients, region, called_in| Job {
            task: *task,
            clients,
            region,
            place: Place {
                partition: session.account.partition,
                account,
                region: called_in,
            },
        };
        if task.is_global() {
            jobs.push(job(&home, GLOBAL, session.home()));
        } else {
            jobs.extend(clients.iter().map(|(region, clients)| job(clients, *region, *region)));
        }
    }
    watch(Event::Planned { listings: jobs.len() });

    let mut open: Vec<bool> = vec![true; jobs.len()];
    let mut live = Vec::new();
    {
        let deadline = options.listing_deadline;
        let only = &only;
        let mut running = futures::stream::iter(
            jobs.iter()
                .enumerate()
                .map(|(at, job)| async move { (at, job.run(only, deadline).await) }),
        )
        .buffer_unordered(options.concurrency.max(1));
        tokio::pin!(stop);
        loop {
            let done = tokio::select! {
                biased;
                done = running.next() => done,
                () = &mut stop => None,
            };
            let Some((at, outcome)) = done else { break };
            open[at] = false;
            watch(Event::Listed {
                found: outcome.live.len(),
                gap: outcome
                    .cells
                    .iter()
                    .any(|cell| !matches!(cell.status, CellStatus::Listed | CellStatus::NotEnabled)),
            });
            live.extend(outcome.live);
            outcome.cells.into_iter().for_each(|cell| coverage.enter(cell));
        }
    }
    for (job, _) in jobs.iter().zip(&open).filter(|(_, open)| **open) {
        for kind in job.task.kinds(&only) {
            coverage.enter(job.cell(kind, CellStatus::Failed, 0, Some("interrupted".to_owned())));
        }
    }
    if !options.kinds.is_empty() {
        // A family is listed together; of it, only what was asked for is reported.
        let asked = |kind: Symbol| {
            let name = kind.as_str().strip_suffix(".settings").unwrap_or(kind.as_str());
            kind == REGIONS || only.contains(name)
        };
        live.retain(|one: &Live| asked(one.kind));
        coverage = coverage.cells().filter(|cell| asked(cell.kind)).cloned().collect();
    }
    // Listings end in any order; what is saved and reported must not.
    live.sort_unstable_by(|a: &Live, b: &Live| {
        (a.kind, a.account, a.region, &a.id, &a.arn).cmp(&(b.kind, b.account, b.region, &b.id, &b.arn))
    });
    let every_region = options.regions.is_empty() && options.exclude_regions.is_empty() && regions.fault.is_none();
    Scan {
        scanned_at,
        accounts: vec![session.account.clone()],
        regions: regions.enabled,
        every_region,
        live,
        coverage,
    }
}

/// Everything that is to be listed.
struct Work {
    tasks: Vec<Task>,
    /// Every kind that comes of it.
    kinds: Vec<&'static str>,
}

/// One way to list one kind or a few: in code, or by rows of the table.
#[derive(Clone, Copy)]
enum Task {
    Described(&'static Listing),
    Rows(&'static Group),
}

impl Work {
    fn wanted(only: &FxHashSet<&str>, listed: bool) -> Self {
        let described = LISTINGS.iter().copied().map(Task::Described);
        let groups = if listed { Group::roots() } else { &[] };
        let tasks: Vec<Task> = described
            .chain(groups.iter().copied().map(Task::Rows))
            .filter(|task| !task.kinds(only).is_empty())
            .collect();
        let mut kinds: Vec<&'static str> = tasks.iter().flat_map(|task| task.kinds(only)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        Self { tasks, kinds }
    }
}

impl Task {
    /// The wanted kinds that it lists. What a described listing gives besides is wanted too.
    fn kinds(self, only: &FxHashSet<&str>) -> Vec<&'static str> {
        let wanted = |name: &&str| only.is_empty() || only.contains(*name);
        match self {
            Self::Described(listing) if listing.kinds.iter().any(|kind| wanted(&kind.name)) => {
                listing.kinds.iter().map(|kind| kind.name).collect()
            }
            Self::Described(_) => Vec::new(),
            Self::Rows(group) => group.kinds().into_iter().filter(wanted).collect(),
        }
    }

    fn is_global(self) -> bool {
        match self {
            Self::Described(listing) => listing.kinds.iter().all(|kind| kind.scope == Scope::Global),
            Self::Rows(group) => group.is_global(),
        }
    }
}

/// Enters the regions that were asked for and cannot be looked at.
fn enter_closed_regions(coverage: &mut Coverage, work: &Work, account: Symbol, regions: &Regions) {
    let closed = regions
        .not_enabled
        .iter()
        .map(|region| {
            (
                *region,
                CellStatus::NotEnabled,
                "the region is not enabled for the account",
            )
        })
        .chain(
            regions
                .unknown
                .iter()
                .map(|region| (*region, CellStatus::Failed, "no such region")),
        );
    for (region, status, why) in closed {
        let mut enter = |kind: Symbol, status| {
            coverage.enter(Cell {
                kind,
                account,
                region,
                status,
                count: 0,
                detail: Some(why.to_owned()),
            });
        };
        // It was asked for by name: that it cannot be looked at is a failure, though nothing can be in it.
        enter(REGIONS, CellStatus::Failed);
        work.kinds.iter().for_each(|kind| enter(Symbol::known(kind), status));
    }
    if let Some(fault) = &regions.fault {
        coverage.enter(Cell {
            kind: REGIONS,
            account,
            region: GLOBAL,
            status: fault.status(),
            count: 0,
            detail: Some(format!("{fault}; only the regions named here were scanned")),
        });
    }
}

/// One task in one region.
struct Job<'a> {
    task: Task,
    clients: &'a Clients,
    /// The region of its cells.
    region: Symbol,
    /// Where it is called.
    place: Place,
}

/// What came of it.
struct Outcome {
    live: Vec<Live>,
    cells: Vec<Cell>,
}

impl Job<'_> {
    async fn run(&self, only: &FxHashSet<&str>, deadline: Duration) -> Outcome {
        match self.task {
            Task::Described(listing) => self.described(listing, deadline).await,
            Task::Rows(group) => self.rows(group, only, deadline).await,
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
        Outcome { live, cells }
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
        Outcome { live, cells }
    }

    fn cell(&self, kind: &'static str, status: CellStatus, count: u64, detail: Option<String>) -> Cell {
        Cell {
            kind: Symbol::known(kind),
            account: self.place.account,
            region: self.region,
            status,
            count,
            detail,
        }
    }
}

fn late(deadline: Duration) -> String {
    format!("not done after {} seconds", deadline.as_secs())
}

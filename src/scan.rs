//! Runs the kinds over the regions of an account and returns data and gaps, never an error.
//!
//! A scan cannot fail, it can only be incomplete.

use std::future::Future;
use std::time::Duration;

use futures::StreamExt;

use crate::aws::clients::Clients;
use crate::aws::{ListCx, Regions, Session};
use crate::kinds::facts::Scope;
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
    let listings: Vec<&'static Listing> = LISTINGS
        .iter()
        .copied()
        .filter(|listing| wanted(listing, options))
        .collect();
    enter_closed_regions(&mut coverage, &listings, account, &regions);

    let clients: Vec<(Symbol, Clients)> = regions
        .enabled
        .iter()
        .map(|region| (*region, session.clients(*region)))
        .collect();
    let home = session.clients(session.home());
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for listing in &listings {
        let global = listing.kinds.iter().all(|kind| kind.scope == Scope::Global);
        if global {
            jobs.push(Job {
                listing,
                clients: &home,
                region: GLOBAL,
            });
        } else {
            jobs.extend(clients.iter().map(|(region, clients)| Job {
                listing,
                clients,
                region: *region,
            }));
        }
    }
    watch(Event::Planned { listings: jobs.len() });

    let mut open: Vec<bool> = vec![true; jobs.len()];
    let mut live = Vec::new();
    {
        let partition = session.account.partition;
        let deadline = options.listing_deadline;
        let mut running = futures::stream::iter(
            jobs.iter()
                .enumerate()
                .map(|(at, job)| async move { (at, job.run(account, partition, deadline).await) }),
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
                gap: outcome.cells.iter().any(|cell| cell.status != CellStatus::Listed),
            });
            live.extend(outcome.live);
            outcome.cells.into_iter().for_each(|cell| coverage.enter(cell));
        }
    }
    for (job, _) in jobs.iter().zip(&open).filter(|(_, open)| **open) {
        for kind in job.listing.kinds {
            coverage.enter(job.cell(
                account,
                kind.name,
                CellStatus::Failed,
                0,
                Some("interrupted".to_owned()),
            ));
        }
    }
    if !options.kinds.is_empty() {
        // A family is listed together; of it, only what was asked for is reported.
        let asked = |kind: Symbol| kind == REGIONS || options.kinds.iter().any(|name| kind == name.as_str());
        live.retain(|one: &Live| asked(one.kind));
        coverage = coverage.cells().filter(|cell| asked(cell.kind)).cloned().collect();
    }
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

fn wanted(listing: &Listing, options: &ScanOptions) -> bool {
    options.kinds.is_empty()
        || listing
            .kinds
            .iter()
            .any(|kind| options.kinds.iter().any(|name| name == kind.name))
}

/// Enters the regions that were asked for and cannot be looked at.
fn enter_closed_regions(coverage: &mut Coverage, listings: &[&Listing], account: Symbol, regions: &Regions) {
    let closed = regions
        .not_enabled
        .iter()
        .map(|region| (*region, CellStatus::NotEnabled, None))
        .chain(
            regions
                .unknown
                .iter()
                .map(|region| (*region, CellStatus::Failed, Some("no such region".to_owned()))),
        );
    for (region, status, detail) in closed {
        for kind in listings.iter().flat_map(|listing| listing.kinds) {
            coverage.enter(Cell {
                kind: Symbol::known(kind.name),
                account,
                region,
                status,
                count: 0,
                detail: detail.clone(),
            });
        }
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

/// One listing in one region.
struct Job<'a> {
    listing: &'static Listing,
    clients: &'a Clients,
    region: Symbol,
}

/// What came of it.
struct Outcome {
    live: Vec<Live>,
    cells: Vec<Cell>,
}

impl Job<'_> {
    async fn run(&self, account: Symbol, partition: Symbol, deadline: Duration) -> Outcome {
        let cx = ListCx::new(self.clients, account, self.region, partition);
        let end = tokio::time::timeout(deadline, (self.listing.list)(&cx)).await;
        let (live, faults) = cx.finish();
        let whole = match end {
            Ok(Ok(())) => (CellStatus::Listed, None),
            Ok(Err(fault)) => (fault.status(), Some(fault.to_string())),
            Err(_) => (
                CellStatus::Failed,
                Some(format!("not done after {} seconds", deadline.as_secs())),
            ),
        };
        let cells = self
            .listing
            .kinds
            .iter()
            .map(|kind| {
                let count = live.iter().filter(|one| one.kind == *kind.name).count() as u64;
                let (status, detail) = faults
                    .iter()
                    .find(|(name, _)| *name == *kind.name)
                    .map_or(whole.clone(), |(_, fault)| (fault.status(), Some(fault.to_string())));
                self.cell(account, kind.name, status, count, detail)
            })
            .collect();
        Outcome { live, cells }
    }

    fn cell(
        &self,
        account: Symbol,
        kind: &'static str,
        status: CellStatus,
        count: u64,
        detail: Option<String>,
    ) -> Cell {
        Cell {
            kind: Symbol::known(kind),
            account,
            region: self.region,
            status,
            count,
            detail,
        }
    }
}

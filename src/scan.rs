//! Runs the kinds over the regions of an account and returns data and gaps, never an error.
//!
//! A scan cannot fail, it can only be incomplete.

mod job;
pub mod remains;
mod stacks;
mod tags;

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use futures::StreamExt;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::aws::call::Place;
use crate::aws::clients::Clients;
use crate::aws::{Regions, Session, tagging};
use crate::kinds::facts::Scope;
use crate::kinds::listed::Row;
use crate::kinds::listed::list::Group;
use crate::kinds::{LISTINGS, Listing};
use crate::model::coverage::{STACK_RESOURCES, TAGS};
use crate::model::{Cell, CellStatus, Coverage, Live, Scan, Symbol, Timestamp};

use job::{Job, Outcome};

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
            concurrency: 128,
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

/// Why a listing that was under way when the run was stopped is a gap.
const INTERRUPTED: &str = "interrupted";

/// The region of kinds that have none.
const GLOBAL: Symbol = Symbol::known("global");

/// Every IAM action that a scan of these kinds calls; of all where `kinds` is empty.
#[must_use]
pub fn actions(kinds: &[String], listed: bool) -> BTreeSet<&'static str> {
    let only: FxHashSet<&str> = kinds.iter().map(String::as_str).collect();
    let mut actions = BTreeSet::from(["ec2:DescribeRegions", "sts:GetCallerIdentity"]);
    for task in Task::wanted(&only, listed) {
        match task {
            Task::Described(listing) => actions.extend(listing.actions),
            Task::Rows(group) => actions.extend(group.needed(&only).into_iter().flat_map(Row::actions)),
            Task::Tags => drop(actions.insert(tagging::ACTION)),
            Task::Stacks => actions.extend(crate::aws::stacks::ACTIONS),
        }
    }
    actions
}

/// Lists everything. When `stop` completes, what is not finished becomes a gap and the rest is returned.
pub async fn run(
    session: &Session,
    options: &ScanOptions,
    watch: &(dyn Fn(Event) + Send + Sync),
    stop: impl Future<Output = ()>,
) -> Scan {
    let scanned_at = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    let account = session.account.id;
    let only: FxHashSet<&str> = options.kinds.iter().map(String::as_str).collect();
    let tasks = Task::wanted(&only, options.listed);
    let mut coverage = Coverage::default();
    let mut found = Outcome::default();
    tokio::pin!(stop);
    let regions = tokio::select! {
        biased;
        regions = session.regions(&options.regions, &options.exclude_regions) => regions,
        () = &mut stop => {
            coverage.enter(cell(REGIONS.as_str(), account, GLOBAL, CellStatus::Failed, 0, Some(INTERRUPTED.to_owned())));
            return Scan {
                scanned_at,
                accounts: vec![session.account.clone()],
                coverage,
                ..Scan::default()
            };
        }
    };
    enter_closed_regions(&mut coverage, &tasks, &only, account, &regions);
    let clients: Vec<(Symbol, Clients)> = regions
        .enabled
        .iter()
        .map(|region| (*region, session.clients(*region)))
        .collect();
    let home = session.clients(session.home());
    let of_global = tagging::home_of_global(&session.account.partition);
    let tags_home = session.clients(of_global);
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for task in &tasks {
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
            continue;
        }
        jobs.extend(clients.iter().map(|(region, clients)| job(clients, *region, *region)));
        if matches!(task, Task::Tags) && !regions.enabled.contains(&of_global) {
            jobs.push(job(&tags_home, GLOBAL, of_global));
        }
    }
    watch(Event::Planned { listings: jobs.len() });

    let mut open: Vec<bool> = vec![true; jobs.len()];
    {
        let deadline = options.listing_deadline;
        let only = &only;
        let mut running = futures::stream::iter(
            jobs.iter()
                .enumerate()
                .map(|(at, job)| async move { (at, job.run(only, deadline).await) }),
        )
        .buffer_unordered(options.concurrency.max(1));
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
            found.live.extend(outcome.live);
            found.tagged.extend(outcome.tagged);
            found.held.extend(outcome.held);
            outcome.cells.into_iter().for_each(|cell| coverage.enter(cell));
        }
    }
    for (job, _) in jobs.iter().zip(&open).filter(|(_, open)| **open) {
        for kind in job.task.kinds(&only) {
            coverage.enter(job.cell(kind, CellStatus::Failed, 0, Some(INTERRUPTED.to_owned())));
        }
    }
    let live = joined(found, account, &coverage);
    let mut scan = Scan {
        scanned_at,
        accounts: vec![session.account.clone()],
        every_region: options.regions.is_empty() && options.exclude_regions.is_empty() && regions.fault.is_none(),
        regions: regions.enabled,
        live,
        coverage,
    };
    if !only.is_empty() {
        // A family is listed together; of it, only what was asked for is reported.
        let beside = [REGIONS, TAGS, STACK_RESOURCES];
        let asked = |kind: Symbol| {
            let name = kind.as_str().strip_suffix(".settings").unwrap_or(kind.as_str());
            beside.contains(&kind) || only.contains(name)
        };
        scan.live.retain(|one| asked(one.kind));
        scan.coverage = scan.coverage.cells().filter(|cell| asked(cell.kind)).cloned().collect();
    }
    scan
}

/// What was found, with its tags and makers, in an order that does not depend on which listing ended first.
fn joined(found: Outcome, account: Symbol, coverage: &Coverage) -> Vec<Live> {
    let mut live = found.live;
    live.sort_unstable_by(|a: &Live, b: &Live| order(a).cmp(&order(b)));
    one_kind_for_one_arn(&mut live);
    tags::join(&mut live, found.tagged, account, coverage);
    let mut held = found.held;
    held.sort_unstable();
    stacks::mark(&mut live, &held);
    live.sort_unstable_by(|a: &Live, b: &Live| order(a).cmp(&order(b)));
    live
}

fn order(live: &Live) -> (Symbol, Symbol, Symbol, &str, &str) {
    (live.kind, live.account, live.region, &live.id, &live.arn)
}

/// Leaves of each ARN one resource: a described one, else that of the first kind in order. Two operations may list one
/// thing (an application by either version of its API).
fn one_kind_for_one_arn(live: &mut Vec<Live>) {
    let mut kept: FxHashMap<Box<str>, Symbol> = FxHashMap::default();
    for described in [true, false] {
        for one in live.iter().filter(|one| !one.arn.is_empty()) {
            if crate::kinds::is_described(&one.kind) == described {
                kept.entry(one.arn.clone()).or_insert(one.kind);
            }
        }
    }
    live.retain(|one| {
        one.arn.is_empty() || crate::kinds::is_described(&one.kind) || kept.get(&one.arn) == Some(&one.kind)
    });
}

/// One way to list one kind or a few, in code or by rows of the table; or what is asked besides.
#[derive(Clone, Copy)]
enum Task {
    Described(&'static Listing),
    Rows(&'static Group),
    /// The tags of all that a region holds.
    Tags,
    /// What the stacks of a region hold.
    Stacks,
}

impl Task {
    /// Everything that is to be asked.
    fn wanted(only: &FxHashSet<&str>, listed: bool) -> Vec<Self> {
        let described = LISTINGS.iter().copied().map(Self::Described);
        let groups = if listed { Group::roots() } else { &[] };
        let mut tasks: Vec<Self> = described
            .chain(groups.iter().copied().map(Self::Rows))
            .filter(|task| !task.kinds(only).is_empty())
            .collect();
        // Described kinds bring their own tags. Without tags and stacks nobody could say that no other system made it.
        if tasks.iter().any(|task| matches!(task, Self::Rows(_))) {
            tasks.push(Self::Tags);
        }
        tasks.push(Self::Stacks);
        tasks
    }

    /// The wanted kinds that it lists. What a described listing gives besides is wanted too.
    fn kinds(self, only: &FxHashSet<&str>) -> Vec<&'static str> {
        let wanted = |name: &&str| only.is_empty() || only.contains(*name);
        match self {
            Self::Described(listing) if listing.kinds.iter().any(|kind| wanted(&kind.name)) => {
                listing.kinds.iter().map(|kind| kind.name).collect()
            }
            Self::Described(_) => Vec::new(),
            Self::Rows(group) => group.kinds().into_iter().filter(wanted).collect(),
            Self::Tags => vec![TAGS.as_str()],
            Self::Stacks => vec![STACK_RESOURCES.as_str()],
        }
    }

    fn is_global(self) -> bool {
        match self {
            Self::Described(listing) => listing.kinds.iter().all(|kind| kind.scope == Scope::Global),
            Self::Rows(group) => group.is_global(),
            Self::Tags | Self::Stacks => false,
        }
    }
}

/// Enters the regions that were asked for and cannot be looked at.
fn enter_closed_regions(
    coverage: &mut Coverage,
    tasks: &[Task],
    only: &FxHashSet<&str>,
    account: Symbol,
    regions: &Regions,
) {
    let mut kinds: Vec<&'static str> = tasks.iter().flat_map(|task| task.kinds(only)).collect();
    kinds.sort_unstable();
    kinds.dedup();
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
        let mut enter = |kind, status| coverage.enter(cell(kind, account, region, status, 0, Some(why.to_owned())));
        // It was asked for by name: that it cannot be looked at is a failure, though nothing can be in it.
        enter(REGIONS.as_str(), CellStatus::Failed);
        kinds.iter().for_each(|kind| enter(kind, status));
    }
    if let Some(fault) = &regions.fault {
        let detail = format!("{fault}; only the regions named here were scanned");
        coverage.enter(cell(REGIONS.as_str(), account, GLOBAL, fault.status(), 0, Some(detail)));
    }
}

fn cell(
    kind: &'static str,
    account: Symbol,
    region: Symbol,
    status: CellStatus,
    count: u64,
    detail: Option<String>,
) -> Cell {
    Cell {
        kind: Symbol::known(kind),
        account,
        region,
        status,
        count,
        detail,
    }
}

//! What every listing must hold to, over the whole registry: all pages are read, and what could not be seen is a gap,
//! never an empty list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

use whose::kinds::LISTINGS;
use whose::ledger::Ownership;
use whose::model::CellStatus;
use whose::report::document::Resource;

use crate::harness::{Run, account, json, states, whose_at};
use crate::proxy::{FIRST, Fault, MESSAGE, OPERATIONS, Proxy, Seen, rule};

/// The accounts whose resources are used, each with its states.
const ACCOUNTS: [&str; 2] = ["wide-described", "story-demo"];
const REGION: &str = "eu-west-1";

/// Operations that no recorded account makes necessary, with the reason.
const NOT_CALLED: &[(&str, &str)] = &[
    (
        "backup:ListRecoveryPointsByBackupVault",
        "the emulator has vaults, but no listing of what is in them",
    ),
    (
        "ecs:ListTasks",
        "the emulator's services run no tasks, so no cluster runs more than its services",
    ),
    ("ecs:DescribeTasks", "the same"),
    (
        "rds:DescribeDBProxyTargets",
        "the recorded accounts have no proxy, because the emulator's have no listing of targets",
    ),
];

/// Services that the generic caller asks. It takes a page for people, from a server that stands in for AWS, to say that
/// the server does not know the service; AWS itself answers no such pages (`aws::call` tests that).
const GENERIC: [&str; 2] = ["backup:", "dynamodb:"];

fn is_generic(action: &str) -> bool {
    GENERIC.iter().any(|service| action.starts_with(service))
}

/// A scan of an account, through a proxy.
fn scan_through(proxy: &Proxy, name: &str, more: &[&str]) -> Run {
    let mut command = whose_at(&proxy.url);
    command
        .args([
            "scan",
            "--no-config",
            "--kind",
            "described",
            "--region",
            REGION,
            "--state",
            &states(name),
        ])
        .args(more);
    json(&mut command)
}

/// What an account gives where nothing fails.
struct Baseline {
    name: &'static str,
    run: Run,
    seen: Seen,
}

fn baselines() -> &'static [Baseline] {
    static BASELINES: OnceLock<Vec<Baseline>> = OnceLock::new();
    BASELINES.get_or_init(|| {
        ACCOUNTS
            .iter()
            .map(|name| {
                let proxy = Proxy::start(&account(name), Vec::new());
                let run = scan_through(&proxy, name, &[]);
                assert_eq!(run.gaps(), Vec::<String>::new());
                Baseline {
                    name,
                    run,
                    seen: proxy.seen(),
                }
            })
            .collect()
    })
}

/// The account in which an operation lists the most.
fn best(action: &str) -> Option<&'static Baseline> {
    let key = (action.to_owned(), REGION.to_owned());
    let with = baselines()
        .iter()
        .filter_map(|baseline| Some((baseline.seen.get(&key)?, baseline)));
    with.max_by_key(|(items, _)| **items).map(|(_, baseline)| baseline)
}

/// Every action of the registry, with the kinds of the listings that call it.
fn actions() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut actions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for listing in LISTINGS {
        for action in listing.actions {
            actions
                .entry(*action)
                .or_default()
                .extend(listing.kinds.iter().map(|kind| kind.name));
        }
    }
    actions
}

fn identities(resources: &[Resource], keep: impl Fn(&Resource) -> bool) -> BTreeSet<(String, String)> {
    let kept = resources.iter().filter(|one| keep(one));
    kept.map(|one| (one.kind.clone(), one.arn.clone())).collect()
}

/// Runs a check for every action that some account calls, on two threads, and reports all that fail.
fn for_each_action(
    check: impl Fn(&'static str, &BTreeSet<&'static str>, &'static Baseline) -> Result<(), String> + Sync,
) {
    let actions = actions();
    let todo = Mutex::new(actions.iter());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((action, kinds)) = todo.lock().expect("not poisoned").next() else {
                        break;
                    };
                    let Some(baseline) = best(action) else { continue };
                    if let Err(why) = check(action, kinds, baseline) {
                        failed
                            .lock()
                            .expect("not poisoned")
                            .push(format!("{action} in {}: {why}", baseline.name));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("not poisoned");
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err(format!($($why)+));
        }
    };
}

/// Asserts what must hold whatever fails: a gap of the right kinds with the right word, and no wrong word elsewhere.
fn a_gap(
    run: &Run,
    kinds: &BTreeSet<&'static str>,
    baseline: &Baseline,
    status: CellStatus,
    action: &str,
) -> Result<(), String> {
    let cells = &run.document.coverage.cells;
    let gaps: BTreeSet<&str> = cells
        .iter()
        .filter(|cell| cell.status != CellStatus::Listed)
        .map(|cell| cell.kind.as_str())
        .collect();
    ensure!(!gaps.is_empty(), "no gap");
    let all = run.gaps();
    ensure!(
        gaps.iter().all(|kind| kinds.contains(kind)),
        "gaps {all:?}, where only {kinds:?} need it"
    );
    for cell in cells.iter().filter(|cell| gaps.contains(cell.kind.as_str())) {
        let detail = cell.detail.as_deref().unwrap_or_default();
        ensure!(
            cell.status == status,
            "{} is {}: {detail}",
            cell.kind,
            cell.status.word()
        );
        ensure!(detail.contains(action), "the gap does not name the operation: {detail}");
    }
    ensure!(
        run.code == 4 && !run.document.coverage.complete,
        "exit code {}",
        run.code
    );
    let everything = format!("{:?}{}", run.document, run.stderr);
    ensure!(!everything.contains(MESSAGE), "the service's message came out");

    // What is not across the gap is what it was.
    let outside = |one: &Resource| !gaps.contains(one.kind.as_str());
    let (was, is) = (
        identities(&baseline.run.document.resources, outside),
        identities(&run.document.resources, outside),
    );
    ensure!(was == is, "others changed: {:?}", was.symmetric_difference(&is));
    // Nothing is called by a worse word than where all was seen.
    for (word, of) in [
        (
            "unmanaged",
            (|one| one.ownership == Ownership::Unmanaged) as fn(&Resource) -> bool,
        ),
        ("an orphan", |one| one.orphan),
    ] {
        let was = identities(&baseline.run.document.resources, of);
        let is = identities(&run.document.resources, of);
        let new: Vec<_> = is.difference(&was).collect();
        ensure!(new.is_empty(), "called {word} only since the gap: {new:?}");
    }
    let unmanaged = |one: &Resource| one.ownership == Ownership::Unmanaged && gaps.contains(one.kind.as_str());
    let across = identities(&run.document.resources, unmanaged);
    ensure!(across.is_empty(), "called unmanaged across a gap: {across:?}");
    let was = baseline.run.missing();
    let new: Vec<_> = run
        .missing()
        .into_iter()
        .filter(|address| !was.contains(address))
        .collect();
    ensure!(new.is_empty(), "called missing across a gap: {new:?}");
    Ok(())
}

#[test]
fn every_operation_of_the_registry_is_called_and_no_other() {
    let declared: BTreeSet<&str> = actions().into_keys().collect();
    let called: BTreeSet<&str> = baselines()
        .iter()
        .flat_map(|baseline| baseline.seen.keys().map(|(action, _)| action.as_str()))
        .collect();
    let undeclared: Vec<_> = called
        .iter()
        .filter(|action| {
            !declared.contains(**action) && !FIRST.contains(*action) && !whose::aws::stacks::ACTIONS.contains(*action)
        })
        .collect();
    assert!(
        undeclared.is_empty(),
        "called, but in no listing's actions: {undeclared:?}"
    );
    let exempt: BTreeSet<&str> = NOT_CALLED.iter().map(|(action, _)| *action).collect();
    let idle: BTreeSet<&str> = declared.difference(&called).copied().collect();
    assert_eq!(idle, exempt, "declared and never called; and the exemptions from that");
}

#[test]
fn what_is_denied_is_a_gap_of_exactly_the_kinds_that_need_it() {
    for_each_action(|action, kinds, baseline| {
        let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::Denied)]);
        let run = scan_through(&proxy, baseline.name, &[]);
        a_gap(&run, kinds, baseline, CellStatus::Denied, action)
    });
}

#[test]
fn what_is_cut_off_is_a_gap_and_never_a_shorter_list() {
    for_each_action(|action, kinds, baseline| {
        // Empty, in the head, in the middle, in the very last tag.
        for thousandths in [0, 20, 500, 990] {
            let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::Cut(thousandths))]);
            let run = scan_through(&proxy, baseline.name, &[]);
            a_gap(&run, kinds, baseline, CellStatus::Failed, action)
                .map_err(|why| format!("cut at {thousandths}/1000: {why}"))?;
        }
        Ok(())
    });
}

#[test]
fn two_pages_give_what_one_gave() {
    for_each_action(|action, _, baseline| {
        if OPERATIONS[action].token.is_empty() {
            return Ok(());
        }
        let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::TwoPages)]);
        let run = scan_through(&proxy, baseline.name, &[]);
        let (was, is) = (&baseline.run.document.resources, &run.document.resources);
        ensure!(run.gaps().is_empty(), "{:?}", run.gaps());
        let (was, is) = (identities(was, |_| true), identities(is, |_| true));
        ensure!(was == is, "lost or found: {:?}", was.symmetric_difference(&is));
        let before = serde_json::to_value(&baseline.run.document.resources).expect("JSON");
        let after = serde_json::to_value(&run.document.resources).expect("JSON");
        ensure!(before == after, "the same resources, but not alike");
        Ok(())
    });
}

#[test]
fn a_page_that_comes_again_is_a_gap() {
    for_each_action(|action, kinds, baseline| {
        if OPERATIONS[action].token.is_empty() {
            return Ok(());
        }
        let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::TokenRepeats)]);
        let run = scan_through(&proxy, baseline.name, &[]);
        a_gap(&run, kinds, baseline, CellStatus::Failed, action)
    });
}

#[test]
fn a_second_page_that_is_denied_is_a_gap() {
    for_each_action(|action, kinds, baseline| {
        if OPERATIONS[action].token.is_empty() {
            return Ok(());
        }
        let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::SecondPageDenied)]);
        let run = scan_through(&proxy, baseline.name, &[]);
        a_gap(&run, kinds, baseline, CellStatus::Denied, action)
    });
}

#[test]
fn what_is_throttled_until_the_attempts_run_out_is_a_gap() {
    for_each_action(|action, kinds, baseline| {
        let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::Throttled)]);
        let run = scan_through(&proxy, baseline.name, &[]);
        a_gap(&run, kinds, baseline, CellStatus::Throttled, action)
    });
}

#[test]
fn a_page_for_people_is_a_gap_whatever_its_status() {
    for_each_action(|action, kinds, baseline| {
        let statuses: &[u16] = if is_generic(action) {
            &[200]
        } else {
            &[200, 404, 500, 502]
        };
        for status in statuses.iter().copied() {
            let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::Html(status))]);
            let run = scan_through(&proxy, baseline.name, &[]);
            // 404 says that something is not there; it must not say so of a whole service.
            a_gap(&run, kinds, baseline, CellStatus::Failed, action).map_err(|why| format!("{status}: {why}"))?;
        }
        Ok(())
    });
}

/// How services answer where what is asked about was deleted a moment ago
/// (sources: the errors of each operation in the API references of Amazon ECS, Elastic Load Balancing, and RDS).
const GONE: &[(&str, u16, &str)] = &[
    ("ecs:DescribeServices", 400, "ClusterNotFoundException"),
    ("ecs:DescribeTaskDefinition", 400, "ClientException"),
    ("ecs:ListServices", 400, "ClusterNotFoundException"),
    ("elasticloadbalancing:DescribeListeners", 400, "LoadBalancerNotFound"),
    (
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        400,
        "LoadBalancerNotFound",
    ),
    ("elasticloadbalancing:DescribeRules", 400, "ListenerNotFound"),
    ("elasticloadbalancing:DescribeTags", 400, "LoadBalancerNotFound"),
    ("elasticloadbalancing:DescribeTags", 400, "TargetGroupNotFound"),
    ("rds:ListTagsForResource", 404, "DBSubnetGroupNotFoundFault"),
    ("rds:ListTagsForResource", 404, "DBParameterGroupNotFound"),
];

#[test]
fn what_went_between_the_list_and_its_details_is_skipped_and_no_gap() {
    let actions = actions();
    for (action, status, code) in GONE {
        let baseline = best(action).expect("it is called");
        let proxy = Proxy::start(&account(baseline.name), vec![rule(action, Fault::Code(*status, code))]);
        let run = scan_through(&proxy, baseline.name, &[]);
        assert_eq!(run.gaps(), Vec::<String>::new(), "{action} {code}");
        assert_ne!(run.code, 4, "{action} {code}");
        let outside = |one: &Resource| !actions[action].contains(one.kind.as_str());
        let (was, is) = (
            identities(&baseline.run.document.resources, outside),
            identities(&run.document.resources, outside),
        );
        assert_eq!(was, is, "{action} {code}");
    }
}

/// Scans two regions, of which one fails as a whole.
fn with_a_bad_region(fault: Fault, more: &[&str]) -> Run {
    let mut all = rule("*", fault);
    all.region = Some("us-east-1");
    let proxy = Proxy::start(&account("story-demo"), vec![all]);
    let mut command = whose_at(&proxy.url);
    command.args([
        "scan",
        "--no-config",
        "--kind",
        "described",
        "--region",
        "eu-west-1,us-east-1",
        "--state",
        &states("story-demo"),
    ]);
    json(command.args(more))
}

#[test]
fn a_region_that_fails_takes_no_other_with_it() {
    let baseline = best("ec2:DescribeVpcs").expect("it is called");
    assert_eq!(baseline.name, "story-demo");
    for (fault, status, more) in [
        (Fault::Denied, CellStatus::Denied, [].as_slice()),
        (Fault::Throttled, CellStatus::Throttled, &[]),
        (Fault::Html(502), CellStatus::Failed, &[]),
        // The deadline is long enough for the region that answers, on a machine that is busy.
        (Fault::Hangs, CellStatus::Failed, &["--call-deadline", "6"]),
    ] {
        let run = with_a_bad_region(fault, more);
        assert_eq!(run.code, 4, "{fault:?}");
        for cell in &run.document.coverage.cells {
            let expected = match cell.region.as_str() {
                "us-east-1" => status,
                _ => CellStatus::Listed,
            };
            assert_eq!(
                cell.status, expected,
                "{fault:?}: {} {}: {:?}",
                cell.kind, cell.region, cell.detail
            );
            if fault == Fault::Hangs && cell.region == "us-east-1" {
                let detail = cell.detail.as_deref().unwrap_or_default();
                assert!(detail.ends_with("timed out"), "{detail}");
            }
        }
        let here = |one: &Resource| one.region == REGION;
        let (was, is) = (
            identities(&baseline.run.document.resources, here),
            identities(&run.document.resources, here),
        );
        assert_eq!(was, is, "{fault:?}");
        // Three states' worth of claims are in the region that was not seen; none may be called missing.
        assert_eq!(run.missing(), Vec::<&str>::new(), "{fault:?}");
        let elsewhere = run.ids(|one| one.region == "us-east-1" && one.ownership == Ownership::Unmanaged);
        assert_eq!(elsewhere, Vec::<String>::new(), "{fault:?}");
    }
}

#[test]
fn after_a_destroy_nothing_is_called_missing_across_a_gap() {
    let all = {
        let proxy = Proxy::start(&account("story-destroyed"), Vec::new());
        scan_through(&proxy, "story-healthy", &[])
    };
    assert!(all.missing().len() > 35);
    for (action, kind) in [
        ("ec2:DescribeInstances", "aws_instance"),
        ("rds:DescribeDBInstances", "aws_db_instance"),
        ("ecs:ListClusters", "aws_ecs_cluster"),
        ("elasticloadbalancing:DescribeLoadBalancers", "aws_lb"),
    ] {
        for fault in [Fault::Denied, Fault::Throttled, Fault::Cut(500), Fault::TokenRepeats] {
            let proxy = Proxy::start(&account("story-destroyed"), vec![rule(action, fault)]);
            let run = scan_through(&proxy, "story-healthy", &[]);
            assert_eq!(run.code, 4, "{action} {fault:?}");
            let across: Vec<_> = run.document.missing.iter().filter(|one| one.kind == kind).collect();
            assert!(across.is_empty(), "{action} {fault:?}: {across:?}");
            assert!(
                run.missing().len() > 20,
                "{action} {fault:?}: others are as missing as before"
            );
        }
    }
}

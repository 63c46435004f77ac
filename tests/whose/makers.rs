//! Who else may have made it: what stacks hold, and the tags that come in bulk; and what no kind lists.

use std::sync::LazyLock;

use whose::ledger::Ownership;
use whose::model::CellStatus;
use whose::report::document::Resource;

use crate::harness::{Run, Server, json, own_account, states, whose_at};
use crate::proxy::{Fault, Proxy, rule};
use crate::wire::query_in;

const REGION: &str = "eu-west-1";

const TEMPLATE: &str = r#"{"Resources":{
    "News":{"Type":"AWS::SNS::Topic","Properties":{"TopicName":"news"}},
    "Jobs":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"jobs"}}}}"#;

/// An account with a stack, and a queue that somebody made by hand and tagged.
static ACCOUNT: LazyLock<Server> = LazyLock::new(|| {
    let server = own_account("story-healthy");
    let ask = |service: &str, version: &str, action: &str, parameters: &[(&str, &str)]| {
        query_in(&server.url, service, REGION, version, action, parameters);
    };
    let stack = [("StackName", "shop"), ("TemplateBody", TEMPLATE)];
    ask("cloudformation", "2010-05-15", "CreateStack", &stack);
    let queue = [
        ("QueueName", "by-hand"),
        ("Tag.1.Key", "Project"),
        ("Tag.1.Value", "shop"),
    ];
    ask("sqs", "2012-11-05", "CreateQueue", &queue);
    server
});

const KINDS: &str = "aws_sns_topic,aws_sqs_queue,aws_cloudformation_stack,aws_vpc";

fn scan(url: &str, kinds: &str) -> std::process::Command {
    let mut command = whose_at(url);
    command.args([
        "scan",
        "--no-config",
        "--region",
        REGION,
        "--state",
        &states("story-healthy"),
    ]);
    command.args(["--kind", kinds]);
    command
}

/// Scans with one operation denied.
fn denied(action: &str) -> Run {
    let proxy = Proxy::start(&ACCOUNT.url, vec![rule(action, Fault::Denied)]);
    json(&mut scan(&proxy.url, KINDS))
}

fn one<'a>(run: &'a Run, end: &str) -> &'a Resource {
    let mut found = run.document.resources.iter().filter(|one| one.arn.ends_with(end));
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no {end} in {:?}", run.ids(|_| true)));
    assert!(found.next().is_none(), "{end} stands there twice");
    first
}

fn status(run: &Run, kind: &str) -> CellStatus {
    let mut cells = run.document.coverage.cells.iter();
    let cell = cells.find(|cell| cell.kind == *kind && cell.region == *REGION);
    cell.unwrap_or_else(|| panic!("{kind} is in no cell")).status
}

#[test]
fn what_a_stack_holds_is_the_stacks_and_tags_come_in_bulk() {
    let run = json(&mut scan(&ACCOUNT.url, KINDS));
    assert_eq!(run.gaps(), Vec::<String>::new());
    for (end, logical) in [(":news", "News"), (":jobs", "Jobs")] {
        let held = one(&run, end);
        assert_eq!(held.ownership, Ownership::Delegated, "{held:?}");
        let delegate = held.delegate.as_ref().expect("a delegate");
        assert_eq!((delegate.system.as_str(), &*delegate.name), ("cloudformation", "shop"));
        assert_eq!(&*delegate.evidence, format!("resource {logical} of the stack shop"));
    }
    let queue = one(&run, ":by-hand");
    assert_eq!(
        (queue.ownership, queue.tags.get("Project")),
        (Ownership::Unmanaged, Some("shop"))
    );
    assert_eq!(run.document.summary.unclassified, 0);
}

#[test]
fn where_stacks_cannot_be_asked_nothing_is_unmanaged() {
    for action in ["cloudformation:ListStackResources", "cloudformation:ListStacks"] {
        let run = denied(action);
        assert_eq!(
            (run.code, status(&run, "aws_stack_resources")),
            (4, CellStatus::Denied),
            "{action}"
        );
        for end in [":news", ":jobs", ":by-hand"] {
            let one = one(&run, end);
            assert_eq!(one.ownership, Ownership::Undecided, "{action}: {one:?}");
            let why = one.why.as_deref().unwrap_or_default();
            assert_eq!(why, "aws_stack_resources in eu-west-1 is denied", "{action}");
        }
        let summary = &run.document.summary;
        assert!(
            summary.managed + summary.shared > 0,
            "{action}: what is claimed stays claimed"
        );
    }
}

#[test]
fn where_tags_cannot_be_had_nothing_that_they_would_have_told_is_unmanaged() {
    let run = denied("tagging:GetResources");
    assert_eq!((run.code, status(&run, "aws_resource_tags")), (4, CellStatus::Denied));
    assert_eq!(one(&run, ":news").ownership, Ownership::Delegated);
    let queue = one(&run, ":by-hand");
    assert_eq!(queue.ownership, Ownership::Undecided);
    assert_eq!(queue.why.as_deref(), Some("aws_resource_tags in eu-west-1 is denied"));
}

#[test]
fn what_is_tagged_and_listed_by_no_kind_is_unclassified_and_nobody_says_unmanaged() {
    // Of all kinds: of a few only, what else is there is not asked about.
    let proxy = Proxy::start(&ACCOUNT.url, vec![rule("sqs:ListQueues", Fault::Denied)]);
    let run = json(&mut scan(&proxy.url, KINDS));
    assert_eq!(run.document.summary.unclassified, 0, "only some kinds were asked for");
    let mut command = whose_at(&proxy.url);
    command.args([
        "scan",
        "--no-config",
        "--region",
        REGION,
        "--state",
        &states("story-healthy"),
    ]);
    let saved = tempfile::tempdir().expect("a folder");
    let file = saved.path().join("scan.jsonl");
    let run = json(command.arg("--snapshot").arg(&file));
    let queue = one(&run, ":by-hand");
    assert_eq!(
        (queue.kind.as_str(), queue.tags.get("Project")),
        ("unclassified", Some("shop"))
    );
    assert_eq!(queue.ownership, Ownership::Undecided);
    assert_eq!(queue.why.as_deref(), Some("only its tags are known: no kind lists it"));
    assert!(run.document.summary.unclassified >= 1);
    // Every format has it, from a snapshot too.
    for (format, words) in [
        ("csv", "\nunclassified,by-hand,"),
        ("human", "unclassified  they have tags, and no kind"),
    ] {
        let mut report = whose_at(&proxy.url);
        report.args(["report", "--no-config", "--format", format]).arg(&file);
        let (stdout, stderr, _) = crate::cli::run(&mut report);
        assert!(stdout.contains(words), "{format}: {stdout}{stderr}");
    }
}

//! What was not seen never passes.

use super::*;

#[test]
fn every_gap_that_matters_makes_it_incomplete() {
    let destroy = || plan(vec![change(Action::Delete, "aws_vpc.n0", &vpc())]);
    let mut denied = platforms_input(vec![vpc()]);
    deny(&mut denied, "aws_subnet", REGION);
    let report = of_plan(&Ledger::new(denied), destroy());
    assert_eq!((report.verdict, report.complete), (Verdict::Incomplete, false));
    assert!(
        report.findings[0].title.contains("aws_subnet"),
        "{}",
        report.findings[0].title
    );
    // Elsewhere it does not matter.
    let mut denied = platforms_input(vec![vpc()]);
    deny(&mut denied, "aws_subnet", "us-east-1");
    deny(&mut denied, "aws_db_snapshot", REGION);
    assert_eq!(of_plan(&Ledger::new(denied), destroy()).verdict, Verdict::Pass);

    let mut unread = platforms_input(vec![vpc()]);
    unread.states.push(crate::model::State {
        status: StateStatus::Unreadable,
        ..state("labs")
    });
    assert_eq!(of_plan(&Ledger::new(unread), destroy()).verdict, Verdict::Incomplete);

    let stateless = Ledger::new(input(vec![vpc()], Vec::new(), Vec::new()));
    assert_eq!(says(&of_plan(&stateless, destroy())), ["incomplete unseen"]);

    let mut gone = platforms_input(Vec::new());
    deny(&mut gone, "aws_vpc", REGION);
    assert_eq!(
        of_plan(&Ledger::new(gone), destroy()).verdict,
        Verdict::Incomplete,
        "it may be there"
    );
    assert_eq!(
        of_plan(&platforms(Vec::new()), destroy()).verdict,
        Verdict::Pass,
        "it is gone already"
    );

    let mut blind = platforms_input(Vec::new());
    deny(&mut blind, "aws_vpc", REGION);
    let create = change(Action::Create, "aws_vpc.new", &vpc());
    assert_eq!(
        of_plan(&Ledger::new(blind), plan(vec![create])).verdict,
        Verdict::Incomplete
    );
}

#[test]
fn a_block_stays_a_block_beside_a_gap_and_is_incomplete_too() {
    let mut denied = platforms_input(vec![database()]);
    deny(&mut denied, "aws_db_snapshot", REGION);
    let report = of_plan(
        &Ledger::new(denied),
        plan(vec![change(Action::Delete, "aws_db_instance.n0", &database())]),
    );
    assert_eq!((report.verdict, report.complete), (Verdict::Block, false));
    assert!(!report.passes() && !report.may_be_confirmed());
}

#[test]
fn plans_that_say_too_little_are_incomplete() {
    let ledger = platforms(vec![vpc()]);
    let quiet = || plan(vec![change(Action::NoOp, "aws_vpc.n0", &vpc())]);
    for (name, plan) in [
        (
            "errored",
            Plan {
                errored: true,
                ..quiet()
            },
        ),
        (
            "partial",
            Plan {
                complete: false,
                ..quiet()
            },
        ),
        (
            "of another provider",
            Plan {
                other_providers: vec![("registry.terraform.io/hashicorp/google".into(), 3)],
                ..plan(Vec::new())
            },
        ),
        (
            "of unknown words",
            plan(vec![change(Action::Unknown, "aws_vpc.n0", &vpc())]),
        ),
    ] {
        assert_eq!(of_plan(&ledger, plan).verdict, Verdict::Incomplete, "{name}");
    }
    let unknown = PlannedChange {
        kind: "aws_quantum_ledger".into(),
        ..change(Action::Delete, "aws_vpc.n0", &vpc())
    };
    let mut unknown = unknown;
    let before = unknown.before.as_mut().expect("before");
    before.kind = "aws_quantum_ledger".into();
    (before.id, before.arn) = (Some("q-1".into()), None);
    assert_eq!(of_plan(&ledger, plan(vec![unknown])).verdict, Verdict::Incomplete);
}

#[test]
fn an_old_snapshot_is_incomplete() {
    let ledger = platforms(vec![vpc()]);
    let mut request = request(Intent::Plan(Box::new(plan(Vec::new()))));
    for (now, verdict) in [
        ("2026-11-24T06:59:00Z", Verdict::Pass),
        ("2026-11-24T07:00:01Z", Verdict::Incomplete),
        ("2026-11-24T05:00:00Z", Verdict::Incomplete),
    ] {
        request.now = now.parse().expect("a time");
        assert_eq!(check(&ledger, &request).verdict, verdict, "{now}");
    }
}

//! Small accounts at two times.

use super::*;
use crate::ledger::Input;
use crate::ledger::compare::Missing;
use crate::ledger::testing::{claim_of, deny, input, live, state};
use crate::model::{Configuration, Coverage, State, StateStatus};
use crate::snapshot::Joined;

fn compare(old: Input, new: Input) -> Diff {
    changes(old, new, Missing::Counts)
}

fn changes(old: Input, new: Input, missing: Missing) -> Diff {
    let joined = |input| Joined::of(&Ledger::new(input)).expect("in memory");
    diff(joined(old), joined(new), missing).expect("whole")
}

fn ids(rows: &[Gone]) -> Vec<&str> {
    rows.iter().map(|gone| gone.row.id.as_str()).collect()
}

fn account() -> Input {
    let vpc = live("aws_vpc", "vpc-0000000a");
    let mut subnet = live("aws_subnet", "subnet-0000000a");
    subnet.configuration = Configuration::new().with("vpc_id", "vpc-0000000a");
    let mut database = live("aws_db_instance", "main");
    database.created_at = Some("2024-05-14T08:30:00Z".parse().expect("a time"));
    database.configuration = Configuration::new().with("instance_class", "db.t3.micro");
    let claims = vec![
        claim_of(0, "aws_vpc.main", &vpc),
        claim_of(0, "aws_db_instance.main", &database),
        claim_of(1, "aws_subnet.a", &subnet),
    ];
    input(
        vec![vpc, subnet, database],
        vec![state("platform"), state("labs")],
        claims,
    )
}

#[test]
fn nothing_changed_is_nothing_said() {
    let mut again = account();
    again.scan.live.reverse();
    again.claims.reverse();
    let diff = compare(account(), again);
    assert!(diff.is_empty(), "{diff:?}");
}

#[test]
fn what_is_gone_is_told_with_its_owner_and_its_users_and_data_first() {
    let mut new = account();
    new.scan.live.clear();
    let diff = compare(account(), new);
    assert_eq!(ids(&diff.gone), ["main", "subnet-0000000a", "vpc-0000000a"]);
    let database = &diff.gone[0];
    assert!(database.holds_data);
    assert_eq!(database.row.projects, ["platform"]);
    assert_eq!(database.claims[0].address, "aws_db_instance.main");
    assert_eq!(diff.gone[2].used_by, ["subnet-0000000a of labs"]);
    assert_eq!((diff.summary.gone, diff.summary.gone_with_data), (3, 1));
}

#[test]
fn nothing_is_gone_or_new_across_a_gap_in_either() {
    let lost = || {
        let mut new = account();
        new.scan.live.clear();
        new
    };
    let mut now_denied = lost();
    deny(&mut now_denied, "aws_db_instance", "eu-west-1");
    let diff = compare(account(), now_denied);
    assert_eq!(ids(&diff.gone), ["subnet-0000000a", "vpc-0000000a"]);
    assert_eq!(diff.summary.unsure, 1);
    assert_eq!(diff.summary.coverage_lost, 1);
    assert!(!diff.is_complete());

    let mut then_denied = account();
    deny(&mut then_denied, "aws_vpc", "eu-west-1");
    let diff = compare(then_denied, lost());
    assert_eq!(ids(&diff.gone), ["main", "subnet-0000000a"]);
    assert_eq!(diff.summary.coverage_won, 1);

    let mut then_denied = lost();
    deny(&mut then_denied, "aws_vpc", "eu-west-1");
    let diff = compare(then_denied, account());
    let new: Vec<&str> = diff.appeared.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(new, ["main", "subnet-0000000a"]);
    assert_eq!(diff.unsure[0].now, 1);

    // A place that was never looked at is one, too.
    let mut narrow = lost();
    narrow.scan.coverage = Coverage::default();
    assert!(compare(account(), narrow).gone.is_empty());
}

#[test]
fn owners_come_and_go() {
    let mut new = account();
    // labs' state is still read and lets go of the subnet; platform's VPC moves to labs.
    new.claims.retain(|claim| &*claim.address != "aws_subnet.a");
    for claim in &mut new.claims {
        if &*claim.address == "aws_vpc.main" {
            claim.state = 1;
        }
    }
    let diff = compare(account(), new);
    let [subnet] = diff.newly_unmanaged.as_slice() else {
        panic!("{diff:?}");
    };
    assert_eq!((subnet.row.id.as_str(), &subnet.because), ("subnet-0000000a", &None));
    assert_eq!(subnet.projects_before, ["labs"]);
    let [vpc] = diff.changed_owner.as_slice() else {
        panic!("{diff:?}");
    };
    assert_eq!(
        (vpc.projects_before[0].as_str(), vpc.row.projects[0].as_str()),
        ("platform", "labs")
    );

    let mut both = account();
    let vpc = both.scan.live[0].clone();
    both.claims.push(claim_of(1, "aws_vpc.stolen", &vpc));
    let before = compare(account(), both);
    // It was shared already, because labs' subnet uses it; now a second state claims it.
    assert_eq!(before.changed_owner.len(), 1);
    let mut apart = account();
    apart.scan.live[1].configuration = Configuration::new();
    let shared = compare(apart, account());
    assert_eq!(shared.newly_shared[0].row.id, "vpc-0000000a");
}

#[test]
fn a_state_that_was_not_given_explains_what_nobody_claims_now() {
    let mut new = account();
    new.states.truncate(1);
    new.claims.retain(|claim| claim.state == 0);
    let diff = compare(account(), new);
    let because = diff.newly_unmanaged[0].because.as_deref();
    assert_eq!(because, Some("the state states/labs.tfstate was not read this time"));
    assert_eq!(diff.states[0].event, StateEvent::NotGiven);

    let mut unread = account();
    unread.states[1].status = StateStatus::Unreadable;
    unread.claims.retain(|claim| claim.state == 0);
    let diff = compare(account(), unread);
    assert!(diff.newly_unmanaged.is_empty(), "undecided is no change of owner");
    assert_eq!(diff.states[0].event, StateEvent::Unreadable);
}

#[test]
fn settings_and_tags_change_by_the_facts_of_the_kind() {
    let mut new = account();
    let database = &mut new.scan.live[2];
    database.configuration = Configuration::new()
        .with("instance_class", "db.r6g.large")
        .with("deletion_protection", true)
        // Kept to be shown, never compared.
        .with("availability_zone", "eu-west-1b");
    database.tagged([("Owner", "sam")].into_iter().collect());
    let changed = compare(account(), new.clone()).changed;
    let said: Vec<String> = changed[0]
        .attributes
        .iter()
        .map(|change| format!("{} {} {}", change.path, change.old, change.new))
        .collect();
    assert_eq!(
        said,
        [
            "instance_class \"db.t3.micro\" \"db.r6g.large\"",
            "deletion_protection null true"
        ]
    );
    assert_eq!(changed[0].tags[0].new.as_deref(), Some("sam"));
    // Another version of the tool may know attributes that this one did not.
    let lenient = changes(account(), new, Missing::SaysNothing);
    assert_eq!(lenient.changed[0].attributes.len(), 1);
}

#[test]
fn the_same_name_made_anew_is_another_thing() {
    let mut new = account();
    new.scan.live[2].created_at = Some("2026-11-24T10:00:00Z".parse().expect("a time"));
    let diff = compare(account(), new);
    let [database] = diff.replaced.as_slice() else {
        panic!("{diff:?}");
    };
    assert!(database.holds_data && diff.gone.is_empty());
    assert_eq!(database.created_before.to_string(), "2024-05-14T08:30:00Z");
}

#[test]
fn states_swap_go_back_move_and_advance() {
    let event = |change: &dyn Fn(&mut State)| {
        let mut new = account();
        change(&mut new.states[0]);
        let mut old = account();
        old.states[0].claims = 2;
        let diff = compare(old, new);
        let events: Vec<StateEvent> = diff.states.iter().map(|change| change.event).collect();
        events
    };
    assert_eq!(event(&|state| state.serial = Some(9)), [StateEvent::Emptied]);
    let advanced = |state: &mut State| (state.serial, state.claims) = (Some(9), 1);
    assert_eq!(event(&advanced), [StateEvent::Advanced]);
    assert_eq!(event(&|state| state.serial = Some(0)), [StateEvent::SerialWentBack]);
    assert_eq!(
        event(&|state| state.lineage = Some("another".to_owned())),
        [StateEvent::LineageChanged]
    );
    assert_eq!(
        event(&|state| state.source = "elsewhere.tfstate".to_owned()),
        [StateEvent::Moved]
    );
}

#[test]
fn copies_that_appear_are_a_set() {
    let stack = |number: char, made: &str| {
        let mut vpc = live("aws_vpc", &format!("vpc-0000000{number}"));
        vpc.configuration = Configuration::new().with("cidr_block", "10.20.0.0/16");
        vpc.tagged([("Name", "main")].into_iter().collect());
        let mut subnet = live("aws_subnet", &format!("subnet-0000000{number}"));
        subnet.configuration = Configuration::new()
            .with("vpc_id", &*vpc.id)
            .with("cidr_block", "10.20.1.0/24");
        subnet.tagged([("Name", "a")].into_iter().collect());
        for one in [&mut vpc, &mut subnet] {
            one.created_at = Some(made.parse().expect("a time"));
        }
        [vpc, subnet]
    };
    let original = stack('a', "2024-05-14T08:30:00Z");
    let claims = vec![
        claim_of(0, "aws_vpc.main", &original[0]),
        claim_of(0, "aws_subnet.a", &original[1]),
    ];
    let old = input(original.to_vec(), vec![state("platform")], claims.clone());
    let copied = [original, stack('b', "2026-11-20T09:20:00Z")].concat();
    let new = input(copied, vec![state("platform")], claims);
    let diff = compare(old, new.clone());
    assert_eq!(diff.summary.new_unmanaged, 2);
    assert_eq!(diff.duplicate_sets.len(), 1);
    assert!(diff.duplicate_sets[0].decided);
    assert!(compare(new.clone(), new).is_empty());
}

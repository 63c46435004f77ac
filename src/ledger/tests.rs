//! What the ledger promises, case by case, and over made-up accounts.

use proptest::prelude::*;

use super::testing::{claim, claim_of, deny, input, ledger, live, live_in, state};
use super::{Input, Ledger, NoMatch, Ownership};
use crate::model::{Claim, Live, Origin, State, StateStatus, Tags, Value};

fn owner(ledger: &Ledger, id: &str) -> Ownership {
    let found = ledger.find(id);
    assert_eq!(found.len(), 1, "{id} is live once");
    ledger.entries[found[0] as usize].ownership
}

#[test]
fn a_claimed_resource_is_managed_and_the_rest_is_unmanaged() {
    let (a, b) = (live("aws_vpc", "vpc-0000000a"), live("aws_vpc", "vpc-0000000b"));
    let claims = vec![claim_of(0, "aws_vpc.main", &a)];
    let ledger = ledger(vec![a, b], vec![state("platform")], claims);
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Managed);
    assert_eq!(owner(&ledger, "vpc-0000000b"), Ownership::Unmanaged);
    assert_eq!(ledger.missing().count(), 0);
}

#[test]
fn one_resource_in_two_states_has_two_claims_and_is_never_missing() {
    let vpc = live("aws_vpc", "vpc-0000000a");
    let claims = vec![claim_of(0, "aws_vpc.main", &vpc), claim_of(1, "aws_vpc.lent", &vpc)];
    let ledger = ledger(vec![vpc], vec![state("platform"), state("labs")], claims);
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Shared);
    assert_eq!(ledger.entries[0].claims.len(), 2);
    assert_eq!(ledger.missing().count(), 0);
}

#[test]
fn imported_twice_into_one_state_is_two_claims_of_one_project() {
    let vpc = live("aws_vpc", "vpc-0000000a");
    let claims = vec![claim_of(0, "aws_vpc.a", &vpc), claim_of(0, "aws_vpc.b", &vpc)];
    let ledger = ledger(vec![vpc], vec![state("platform")], claims);
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Managed);
    assert_eq!(ledger.entries[0].claims.len(), 2);
    let codes: Vec<_> = crate::findings::all(&ledger)
        .into_iter()
        .map(|finding| finding.code)
        .collect();
    assert!(codes.contains(&"state-overlap".to_owned()), "{codes:?}");
}

#[test]
fn nothing_is_unmanaged_while_a_state_is_unread_or_none_was_given() {
    for status in [StateStatus::Unreadable, StateStatus::Empty] {
        let states = vec![
            state("platform"),
            State {
                status,
                ..state("labs")
            },
        ];
        let ledger = ledger(vec![live("aws_vpc", "vpc-0000000a")], states, Vec::new());
        assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Undecided);
        assert!(!ledger.complete());
        assert!(ledger.entries[0].why.as_deref().is_some_and(|why| why.contains("labs")));
    }
    let ledger = ledger(vec![live("aws_vpc", "vpc-0000000a")], Vec::new(), Vec::new());
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Undecided);
    assert!(ledger.complete(), "no state was given: a choice, not a failure");
}

#[test]
fn a_backup_whose_own_state_is_not_there_may_claim_anything() {
    let lone = State {
        status: StateStatus::Stale,
        error: Some("a backup, and no other file has its lineage".to_owned()),
        ..state("old")
    };
    let ledger = ledger(
        vec![live("aws_vpc", "vpc-0000000a")],
        vec![state("platform"), lone],
        Vec::new(),
    );
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Undecided);
}

#[test]
fn a_stale_copy_takes_nothing_away() {
    let states = vec![
        state("platform"),
        State {
            status: StateStatus::Stale,
            ..state("old")
        },
    ];
    let ledger = ledger(vec![live("aws_vpc", "vpc-0000000a")], states, Vec::new());
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Unmanaged);
}

#[test]
fn a_claim_is_missing_only_where_all_was_listed() {
    let gone = live("aws_vpc", "vpc-0000000a");
    let claims = vec![claim_of(0, "aws_vpc.main", &gone)];
    let made = input(Vec::new(), vec![state("platform")], claims);
    assert_eq!(Ledger::new(made.clone()).missing().count(), 1);

    let mut denied = made.clone();
    deny(&mut denied, "aws_vpc", "eu-west-1");
    let ledger = Ledger::new(denied);
    assert_eq!(ledger.missing().count(), 0);
    assert!(matches!(ledger.unmatched[0].why, NoMatch::NotSeen(_)));

    // A gap in another region does not matter to a claim whose region is known.
    let mut elsewhere = made.clone();
    deny(&mut elsewhere, "aws_vpc", "us-east-1");
    assert_eq!(Ledger::new(elsewhere).missing().count(), 1);
}

#[test]
fn a_claim_in_a_region_or_account_that_was_not_scanned_is_not_missing() {
    let far = live_in("aws_vpc", "vpc-0000000a", "ap-south-1");
    let mut other = live("aws_vpc", "vpc-0000000b");
    other.arn = "arn:aws:ec2:eu-west-1:210987654321:vpc/vpc-0000000b".into();
    let claims = vec![claim_of(0, "aws_vpc.far", &far), claim_of(0, "aws_vpc.other", &other)];
    let ledger = ledger(Vec::new(), vec![state("platform")], claims);
    assert_eq!(ledger.missing().count(), 0);
    assert_eq!(ledger.unmatched.len(), 2);
}

#[test]
fn a_claim_without_a_region_is_missing_only_where_every_region_was_scanned() {
    let claims = vec![claim(0, "aws_nat_gateway.a", "nat-0000000a")];
    let mut made = input(Vec::new(), vec![state("platform")], claims);
    assert_eq!(Ledger::new(made.clone()).missing().count(), 1);
    made.scan.every_region = false;
    assert_eq!(Ledger::new(made).missing().count(), 0);
}

#[test]
fn the_region_of_a_claim_is_told_from_its_providers_other_claims() {
    // Two key pairs of one name in two regions; the state's other claims of that provider are in us-east-1.
    let keys = [
        live_in("aws_key_pair", "deploy", "eu-west-1"),
        live_in("aws_key_pair", "deploy", "us-east-1"),
    ];
    let vpc = live_in("aws_vpc", "vpc-0000000a", "us-east-1");
    let claims = vec![
        claim(0, "aws_key_pair.deploy", "deploy"),
        claim_of(0, "aws_vpc.main", &vpc),
    ];
    let ledger = ledger([keys.to_vec(), vec![vpc]].concat(), vec![state("platform")], claims);
    let owners: Vec<_> = ledger
        .live
        .iter()
        .zip(&ledger.entries)
        .filter(|(live, _)| live.kind == "aws_key_pair")
        .map(|(live, entry)| (live.region.as_str(), entry.ownership))
        .collect();
    assert_eq!(
        owners,
        [("eu-west-1", Ownership::Unmanaged), ("us-east-1", Ownership::Managed)]
    );
}

#[test]
fn where_two_may_be_meant_neither_is_called_unmanaged() {
    let keys = vec![
        live_in("aws_key_pair", "deploy", "eu-west-1"),
        live_in("aws_key_pair", "deploy", "us-east-1"),
    ];
    let ledger = ledger(
        keys,
        vec![state("platform")],
        vec![claim(0, "aws_key_pair.deploy", "deploy")],
    );
    assert!(
        ledger
            .entries
            .iter()
            .all(|entry| entry.ownership == Ownership::Undecided)
    );
    assert_eq!(ledger.missing().count(), 0);
}

#[test]
fn an_equal_name_in_another_account_does_not_join() {
    let key = live("aws_key_pair", "deploy");
    let mut elsewhere = claim(0, "aws_key_pair.deploy", "deploy");
    elsewhere.arn = Some("arn:aws:ec2:eu-west-1:210987654321:key-pair/deploy".into());
    elsewhere.account = Some("210987654321".into());
    elsewhere.region = Some("eu-west-1".into());
    let ledger = ledger(vec![key], vec![state("platform")], vec![elsewhere]);
    assert_eq!(owner(&ledger, "deploy"), Ownership::Unmanaged);
    assert_eq!(ledger.missing().count(), 0);
}

#[test]
fn facets_are_claims_on_their_whole_and_show_who_reaches_in() {
    let group = live("aws_security_group", "sg-0000000a");
    let mut rule = claim(1, "aws_security_group_rule.in", "sgrule-123456");
    rule.configuration.set("security_group_id", "sg-0000000a");
    let claims = vec![claim_of(0, "aws_security_group.web", &group), rule];
    let ledger = ledger(vec![group], vec![state("platform"), state("labs")], claims);
    assert_eq!(owner(&ledger, "sg-0000000a"), Ownership::Shared);
    assert!(ledger.unmatched.is_empty());
}

#[test]
fn an_adopter_joins_the_default_that_aws_made() {
    let mut vpc = live("aws_vpc", "vpc-0000000a");
    vpc.origin = Origin::AwsMade("the default VPC of the region".into());
    let alone = ledger(vec![vpc.clone()], vec![state("platform")], Vec::new());
    assert_eq!(owner(&alone, "vpc-0000000a"), Ownership::AwsMade);
    let claims = vec![claim_of(0, "aws_default_vpc.default", &vpc)];
    let adopted = ledger(vec![vpc], vec![state("platform")], claims);
    assert_eq!(owner(&adopted, "vpc-0000000a"), Ownership::Managed);
}

#[test]
fn a_part_takes_its_wholes_ownership() {
    let instance = live("aws_instance", "i-0000000a");
    let mut volume = live("aws_ebs_volume", "vol-0000000a");
    volume.lives_with("aws_instance", "i-0000000a", "deleted with the instance");
    let claims = vec![claim_of(0, "aws_instance.bastion", &instance)];
    let managed = ledger(vec![instance.clone(), volume.clone()], vec![state("platform")], claims);
    assert_eq!(owner(&managed, "vol-0000000a"), Ownership::Managed);
    let unmanaged = ledger(vec![instance, volume], vec![state("platform")], Vec::new());
    assert_eq!(owner(&unmanaged, "vol-0000000a"), Ownership::Unmanaged);
    let codes = crate::findings::all(&unmanaged);
    let named: Vec<_> = codes.iter().flat_map(|finding| &finding.resources).collect();
    assert!(
        !named.iter().any(|arn| arn.contains("vol-0000000a")),
        "a part is never a finding of its own"
    );
}

#[test]
fn claimed_by_one_and_used_by_another_is_shared() {
    let vpc = live("aws_vpc", "vpc-0000000a");
    let mut group = live("aws_security_group", "sg-0000000a");
    group.configuration.set("vpc_id", "vpc-0000000a");
    let claims = vec![
        claim_of(0, "aws_vpc.main", &vpc),
        claim_of(1, "aws_security_group.web", &group),
    ];
    let ledger = ledger(vec![vpc, group], vec![state("platform"), state("labs")], claims);
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Shared);
    assert_eq!(owner(&ledger, "sg-0000000a"), Ownership::Managed);
    let at = ledger.find("vpc-0000000a")[0];
    assert_eq!(ledger.references.used_by(at).len(), 1);
    assert_eq!(ledger.references.uses(ledger.find("sg-0000000a")[0]).count(), 1);
}

fn tagged(mut claim: Claim, project: &str) -> Claim {
    claim.tags = [("Project", project)].into_iter().collect();
    claim
}

#[test]
fn an_untagged_thing_among_tagged_ones_of_its_state_is_not_shared_with_them() {
    let key = live("aws_key_pair", "deployer");
    let mut instance = live("aws_instance", "i-0000000a");
    instance.refer("key_name", "deployer");
    let volume = live("aws_ebs_volume", "vol-0000000a");
    let claims = |second: &str| {
        vec![
            claim_of(0, "aws_key_pair.deployer", &key),
            tagged(claim_of(0, "aws_instance.web", &instance), "shop"),
            tagged(claim_of(0, "aws_ebs_volume.data", &volume), second),
        ]
    };
    let all = || vec![key.clone(), instance.clone(), volume.clone()];
    let ledger_of = |claims| ledger(all(), vec![state("infra")], claims);

    let one_voice = ledger_of(claims("shop"));
    assert_eq!(owner(&one_voice, "deployer"), Ownership::Managed);
    let at = one_voice.find("deployer")[0] as usize;
    assert_eq!(
        one_voice.entries[at].projects[0].as_str(),
        "infra",
        "the project stays the state's name"
    );

    // A project of another state that happens to be called like this state is another project.
    let mut called_alike = claims("shop");
    called_alike[0] = tagged(called_alike[0].clone(), "shop");
    called_alike[1] = tagged(claim_of(1, "aws_instance.web", &instance), "infra");
    let two = ledger(all(), vec![state("infra"), state("other")], called_alike);
    assert_eq!(owner(&two, "deployer"), Ownership::Shared);

    // Where the state holds two projects, or most of it says nothing, the silent one may be anybody's.
    assert_eq!(owner(&ledger_of(claims("labs")), "deployer"), Ownership::Shared);
    let mut mostly_silent = claims("shop");
    mostly_silent[2].tags = Tags::default();
    assert_eq!(owner(&ledger_of(mostly_silent), "deployer"), Ownership::Shared);
}

#[test]
fn a_facet_is_of_the_project_that_claims_its_whole_in_the_same_state() {
    let group = live("aws_security_group", "sg-0000000a");
    let rule = |state| {
        let mut rule = claim(state, "aws_security_group_rule.in", "sgrule-123456");
        rule.configuration.set("security_group_id", "sg-0000000a");
        rule
    };
    let own = tagged(claim_of(0, "aws_security_group.web", &group), "shop");
    let one = ledger(vec![group.clone()], vec![state("infra")], vec![own.clone(), rule(0)]);
    assert_eq!(owner(&one, "sg-0000000a"), Ownership::Managed);
    assert_eq!(one.entries[0].projects.len(), 1);
    let two = ledger(vec![group], vec![state("infra"), state("labs")], vec![own, rule(1)]);
    assert_eq!(
        owner(&two, "sg-0000000a"),
        Ownership::Shared,
        "another state reaches into it"
    );
}

#[test]
fn a_data_source_reads_and_so_shares() {
    let vpc = live("aws_vpc", "vpc-0000000a");
    let claims = vec![
        claim_of(0, "aws_vpc.main", &vpc),
        claim_of(1, "data.aws_vpc.lent", &vpc),
    ];
    let ledger = ledger(vec![vpc], vec![state("platform"), state("labs")], claims);
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Shared);
    assert_eq!(ledger.entries[0].claims.len(), 1, "reading is no claim");
}

#[test]
fn an_unknown_type_is_neither_missing_nor_dropped() {
    let claims = vec![claim(0, "aws_frobnicator.x", "frob-1")];
    let ledger = ledger(Vec::new(), vec![state("platform")], claims);
    assert_eq!(ledger.unmatched[0].why, NoMatch::UnknownType);
    assert_eq!(ledger.missing().count(), 0);
}

#[test]
fn a_deposed_object_is_a_second_claim() {
    let (old, new) = (live("aws_vpc", "vpc-0000000a"), live("aws_vpc", "vpc-0000000b"));
    let mut deposed = claim_of(0, "aws_vpc.main", &old);
    deposed.deposed = Some("0123abcd".into());
    let claims = vec![deposed, claim_of(0, "aws_vpc.main", &new)];
    let ledger = ledger(vec![old, new], vec![state("platform")], claims);
    assert!(ledger.entries.iter().all(|entry| entry.ownership == Ownership::Managed));
}

#[test]
fn tags_make_a_likely_project_and_never_a_claim() {
    let mut vpc = live("aws_vpc", "vpc-0000000a");
    vpc.tagged([("Project", "labs"), ("ManagedBy", "terraform")].into_iter().collect());
    let ledger = ledger(vec![vpc], vec![state("platform")], Vec::new());
    assert_eq!(owner(&ledger, "vpc-0000000a"), Ownership::Unmanaged);
    assert_eq!(ledger.entries[0].likely_project.map(|name| name.as_str()), Some("labs"));
    assert!(
        crate::findings::all(&ledger)
            .iter()
            .any(|finding| finding.code == "tagged-but-unclaimed")
    );
}

/// A made-up account: VPCs, groups in them, claims of two states on some.
fn accounts() -> impl Strategy<Value = (Vec<Live>, Vec<Claim>)> {
    prop::collection::vec((0_u8..6, 0_u8..6, prop::option::of(0_u32..2), any::<bool>()), 0..24).prop_map(|rows| {
        let mut lives: Vec<Live> = Vec::new();
        let mut claims = Vec::new();
        for (at, (vpc, group, state, by_id)) in rows.into_iter().enumerate() {
            let whole = live("aws_vpc", &format!("vpc-{vpc:08x}"));
            let mut member = live("aws_security_group", &format!("sg-{group:08x}"));
            member.configuration.set("vpc_id", Value::Text(whole.id.clone()));
            for (one, kind) in [(&whole, "aws_vpc"), (&member, "aws_security_group")] {
                if let Some(state) = state {
                    let address = format!("{kind}.n{at}");
                    claims.push(if by_id {
                        claim(state, &address, &one.id)
                    } else {
                        claim_of(state, &address, one)
                    });
                }
            }
            for one in [whole, member] {
                if at % 5 != 4 && !lives.iter().any(|known| known.arn == one.arn) {
                    lives.push(one);
                }
            }
        }
        (lives, claims)
    })
}

fn text(input: Input) -> String {
    serde_json::to_string(&crate::report::Document::new(&Ledger::new(input))).expect("a document")
}

proptest! {
    #[test]
    fn the_order_of_the_inputs_changes_nothing((lives, claims) in accounts(), seed in any::<u64>()) {
        let states = vec![state("platform"), state("labs")];
        let one = text(input(lives.clone(), states.clone(), claims.clone()));
        let (mut lives, mut claims) = (lives, claims);
        shuffle(&mut lives, seed);
        shuffle(&mut claims, seed.rotate_left(7));
        prop_assert_eq!(one, text(input(lives, states, claims)));
    }

    #[test]
    fn every_claim_is_matched_or_accounted_for((lives, claims) in accounts()) {
        let count = claims.len();
        let ledger = ledger(lives, vec![state("platform"), state("labs")], claims);
        let held: usize = ledger.entries.iter().map(|entry| entry.claims.len()).sum();
        prop_assert_eq!(held + ledger.unmatched.len(), count);
    }

    #[test]
    fn a_state_more_never_makes_a_claimed_resource_unmanaged((lives, claims) in accounts()) {
        let (first, both): (Vec<_>, Vec<_>) = (claims.iter().filter(|c| c.state == 0).cloned().collect(), claims.clone());
        let one = ledger(lives.clone(), vec![state("platform")], first);
        let two = ledger(lives, vec![state("platform"), state("labs")], both);
        for (a, b) in one.entries.iter().zip(&two.entries) {
            prop_assert!(a.claims.len() <= b.claims.len());
            prop_assert!(a.claims.is_empty() || b.ownership != Ownership::Unmanaged);
        }
    }
}

fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for at in (1..items.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let to = usize::try_from(state >> 33).expect("31 bits") % (at + 1);
        items.swap(at, to);
    }
}

//! Lists.

use super::*;

#[test]
fn of_a_list_each_line_has_its_own_verdict() {
    let mut made = live("aws_instance", "i-0000000a");
    made.origin = Origin::Delegated(Box::new(Delegate {
        system: "autoscaling".into(),
        name: "web".into(),
        evidence: "a tag".into(),
    }));
    let ledger = Ledger::new(input(
        vec![vpc(), live("aws_vpc", "vpc-0000000b"), made],
        vec![state("platform")],
        vec![claim_of(0, "aws_vpc.n0", &vpc())],
    ));
    let report = of_ids(&ledger, &["vpc-0000000a", "vpc-0000000b", "i-0000000a", "vpc-0000000c"]);
    let verdict = |text: &str| row(&report, text).verdict;
    assert_eq!(verdict("vpc-0000000a"), Verdict::Block, "claimed");
    assert_eq!(verdict("vpc-0000000b"), Verdict::Pass, "nobody's");
    assert_eq!(verdict("i-0000000a"), Verdict::Review, "a group's");
    assert_eq!(verdict("vpc-0000000c"), Verdict::Review, "not live");
    assert_eq!(report.verdict, Verdict::Block);
    let report = of_ids(&ledger, &["vpc-0000000b"]);
    assert_eq!((report.verdict, says(&report)), (Verdict::Pass, Vec::new()));
}

#[test]
fn what_a_command_says_counts() {
    let ledger = Ledger::new(input(vec![database()], vec![state("platform")], Vec::new()));
    let delete = |settings: Configuration, kind: Option<&str>| {
        let item = Item::Deletion(Box::new(Deletion {
            text: "aws rds delete-db-instance --db-instance-identifier main".to_owned(),
            target: "main".to_owned(),
            kind: kind.map(Symbol::new),
            region: Some(REGION.into()),
            account: None,
            settings,
        }));
        says(&check(
            &ledger,
            &request(Intent::Deletions {
                source: "script".to_owned(),
                items: vec![item],
            }),
        ))
    };
    let skip = Configuration::new().with("skip_final_snapshot", true);
    assert_eq!(
        delete(skip, Some("aws_db_instance")),
        ["block last-backup-dies", "block destroys-data"]
    );
    let last = Configuration::new()
        .with("skip_final_snapshot", false)
        .with("final_snapshot_identifier", "main-final");
    assert_eq!(delete(last, Some("aws_db_instance")), ["review destroys-data"]);
    assert_eq!(
        delete(Configuration::new(), None),
        ["block last-backup-dies", "block destroys-data"],
        "an id alone promises nothing"
    );
    let unclear = Intent::Deletions {
        source: "script".to_owned(),
        items: vec![Item::Unresolved {
            text: "aws ec2 delete-vpc --vpc-id $ID".to_owned(),
            why: "a variable".to_owned(),
        }],
    };
    assert_eq!(says(&check(&ledger, &request(unclear))), ["review unseen"]);
}

#[test]
fn the_order_of_changes_changes_nothing_but_their_order() {
    let all: Vec<Live> = vec![vpc(), subnet(), database(), db_snapshot("before", false)];
    let ledger = platforms(all.clone());
    let changes: Vec<PlannedChange> = all
        .iter()
        .enumerate()
        .map(|(number, one)| change(Action::Delete, &format!("{}.n{number}", one.kind), one))
        .collect();
    let forward = of_plan(&ledger, plan(changes.clone()));
    let backward = of_plan(&ledger, plan(changes.into_iter().rev().collect()));
    let titles = |report: &CheckReport| {
        let mut titles: Vec<String> = report.findings.iter().map(|finding| finding.title.clone()).collect();
        titles.sort();
        titles
    };
    assert_eq!(titles(&forward), titles(&backward));
    assert_eq!(forward.verdict, backward.verdict);
    assert_eq!(
        forward,
        of_plan(&ledger, {
            let changes = all
                .iter()
                .enumerate()
                .map(|(number, one)| change(Action::Delete, &format!("{}.n{number}", one.kind), one))
                .collect();
            plan(changes)
        })
    );
}

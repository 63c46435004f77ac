//! The join from end to end: recorded accounts with the states that real Terraform wrote for them.
//!
//! Whatever is claimed is found, nothing is left over, and what is taken away on either side is missed: that and no
//! more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use whose::kinds::{disposition, is_described};
use whose::ledger::Ownership;

use crate::harness::{Run, account, own_account, recorded, root, scan, states, whose_at};
use crate::wire::query;

pub(crate) const EC2: &str = "2016-11-15";

/// The addresses of managed resources of kinds that are listed, read here once more and in another way.
pub(crate) fn addresses(state: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(state).unwrap_or_else(|error| panic!("{}: {error}", state.display()));
    let state: Value = serde_json::from_str(&text).expect("JSON");
    let mut addresses = BTreeSet::new();
    for resource in state["resources"].as_array().expect("resources") {
        let kind = resource["type"].as_str().expect("a type");
        if resource["mode"] != "managed" || !disposition(kind).kind().is_some_and(|kind| is_described(kind.name)) {
            continue;
        }
        let module = resource["module"]
            .as_str()
            .map_or(String::new(), |module| format!("{module}."));
        let name = resource["name"].as_str().expect("a name");
        for instance in resource["instances"].as_array().expect("instances") {
            let index = match &instance["index_key"] {
                Value::Null => String::new(),
                key => format!("[{key}]"),
            };
            addresses.insert(format!("{module}{kind}.{name}{index}"));
        }
    }
    addresses
}

/// The addresses by which live resources are claimed from one state.
fn claimed(run: &Run, source: &str) -> BTreeSet<String> {
    let claims = run.document.resources.iter().flat_map(|one| &one.claims);
    claims
        .filter(|claim| claim.source.ends_with(source))
        .map(|claim| claim.address.clone())
        .collect()
}

/// Resources that nobody claims, though they are no defaults and nobody else's.
pub(crate) fn unmanaged(run: &Run) -> Vec<String> {
    run.ids(|one| matches!(one.ownership, Ownership::Unmanaged | Ownership::Undecided))
}

/// Asserts that the states and the account say the same.
pub(crate) fn assert_closed(run: &Run, state_files: &[PathBuf], left: &[&str]) {
    assert_eq!(run.gaps(), Vec::<String>::new());
    assert_eq!(run.missing(), Vec::<&str>::new());
    assert_eq!(unmanaged(run), left);
    for file in state_files {
        let source = file.file_name().and_then(|name| name.to_str()).expect("a name");
        let expected = addresses(file);
        assert!(expected.len() > 5, "{source} has next to nothing in it");
        assert_eq!(claimed(run, source), expected, "{source}");
    }
    for one in run.document.resources.iter().filter(|one| !one.claims.is_empty()) {
        assert!(
            matches!(one.ownership, Ownership::Managed | Ownership::Shared),
            "{} {}",
            one.kind,
            one.id
        );
    }
    assert_eq!(run.document.summary.duplicate_sets, 0);
    assert_eq!(run.document.summary.orphans, 0);
    assert!(matches!(run.code, 0 | 3), "exit code {}", run.code);
}

#[test]
fn two_projects_with_their_states_leave_nothing_over() {
    let run = scan(&account("story-healthy"), &[&states("story-healthy")]);
    let folder = recorded("story-healthy/states");
    assert_closed(
        &run,
        &[folder.join("platform.tfstate"), folder.join("labs.tfstate")],
        &[],
    );
    // What labs uses of platform's is shared; the rest is platform's alone.
    let shared = run.ids(|one| one.ownership == Ownership::Shared);
    for one in ["aws_ecs_cluster platform", "aws_vpc vpc-f56a9a0fbb2cea5a0"] {
        assert!(shared.contains(&one.to_owned()), "{one} is used by labs: {shared:?}");
    }
    assert!(!shared.contains(&"aws_db_instance platform".to_owned()), "{shared:?}");
    assert_eq!(run.codes(), ["shared", "state-mixes-projects"]);
}

#[test]
fn one_of_each_kind_leaves_nothing_over() {
    let run = scan(&account("wide-described"), &[&states("wide-described")]);
    // The emulator gives an image another snapshot than the one that it was registered with.
    let made_up = ["aws_ebs_snapshot snap-eac4ad250ddbf8dd6"];
    assert_closed(&run, &[recorded("wide-described/states/wide.tfstate")], &made_up);
}

/// A copy of a state, changed.
pub(crate) fn changed(from: &Path, to: &Path, change: impl FnOnce(&mut Value)) {
    let text = std::fs::read_to_string(from).expect("a state");
    let mut state: Value = serde_json::from_str(&text).expect("JSON");
    change(&mut state);
    std::fs::write(to, serde_json::to_string(&state).expect("JSON")).expect("written");
}

/// `terraform state rm`.
fn remove(state: &mut Value, kind: &str, name: &str) {
    let resources = state["resources"].as_array_mut().expect("resources");
    let before = resources.len();
    resources.retain(|one| one["type"] != kind || one["name"] != name || one["mode"] != "managed");
    assert_eq!(resources.len(), before - 1, "{kind}.{name}");
}

#[test]
fn three_removed_from_the_state_are_unmanaged_with_their_parts_and_nothing_else_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("platform.tfstate");
    changed(&recorded("story-healthy/states/platform.tfstate"), &state, |state| {
        remove(state, "aws_instance", "bastion");
        remove(state, "aws_db_instance", "main");
        remove(state, "aws_key_pair", "bastion");
    });
    let labs = format!("{}/labs.tfstate", states("story-healthy"));
    let run = scan(&account("story-healthy"), &[state.to_str().expect("UTF-8"), &labs]);
    assert_eq!(run.missing(), Vec::<&str>::new());
    let removed: Vec<_> = run
        .document
        .resources
        .iter()
        .filter(|one| one.ownership == Ownership::Unmanaged)
        .collect();
    let wholes: Vec<_> = removed
        .iter()
        .filter(|one| one.part_of.is_none())
        .map(|one| &one.kind)
        .collect();
    assert_eq!(wholes, ["aws_db_instance", "aws_instance", "aws_key_pair"]);
    let parts: BTreeMap<_, usize> =
        removed
            .iter()
            .filter(|one| one.part_of.is_some())
            .fold(BTreeMap::new(), |mut count, one| {
                *count.entry(one.kind.as_str()).or_default() += 1;
                count
            });
    let expected = [
        ("aws_db_instance_automated_backup", 1),
        ("aws_db_snapshot", 1),
        ("aws_ebs_volume", 1),
        ("aws_network_interface", 1),
    ];
    assert_eq!(parts, BTreeMap::from(expected));
    let resources = &run.document.resources;
    let wholes: BTreeSet<_> = removed.iter().map(|one| one.arn.as_str()).collect();
    for part in removed.iter().filter_map(|one| one.part_of.as_deref()) {
        assert!(wholes.contains(part), "{part} is not among the removed");
    }
    assert_eq!(run.document.summary.undecided, 0);
    assert!(resources.len() > 70);
}

#[test]
fn two_deleted_behind_its_back_are_missing_and_nothing_else_is() {
    let server = own_account("story-healthy");
    query(
        &server.url,
        "ec2",
        EC2,
        "DeleteKeyPair",
        &[("KeyName", "platform-bastion")],
    );
    let before = scan(&server.url, &[&states("story-healthy")]);
    assert_eq!(before.missing(), ["aws_key_pair.bastion"]);
    let endpoint = before.ids(|one| one.kind == "aws_vpc_endpoint");
    let endpoint = endpoint[0].split(' ').nth(1).expect("an id");
    query(
        &server.url,
        "ec2",
        EC2,
        "DeleteVpcEndpoints",
        &[("VpcEndpointId.1", endpoint)],
    );
    let run = scan(&server.url, &[&states("story-healthy")]);
    assert_eq!(run.missing(), ["aws_key_pair.bastion", "aws_vpc_endpoint.s3"]);
    assert_eq!(unmanaged(&run), Vec::<String>::new());
    assert!(run.codes().contains(&"missing"));
    assert_eq!(run.code, 3);
}

#[test]
fn a_resource_in_a_second_state_is_shared_with_both_claims() {
    let folder = tempfile::tempdir().expect("a folder");
    let second = folder.path().join("imported.tfstate");
    changed(&recorded("story-healthy/states/platform.tfstate"), &second, |state| {
        state["lineage"] = "0f0f0f0f-1111-2222-3333-444444444444".into();
        let resources = state["resources"].as_array_mut().expect("resources");
        resources.retain(|one| one["type"] == "aws_db_instance" && one["name"] == "main");
        assert_eq!(resources.len(), 1);
        resources[0]["name"] = "imported".into();
    });
    let run = scan(
        &account("story-healthy"),
        &[&states("story-healthy"), second.to_str().expect("UTF-8")],
    );
    let database = run
        .document
        .resources
        .iter()
        .find(|one| one.kind == "aws_db_instance")
        .expect("a database");
    assert_eq!(database.ownership, Ownership::Shared);
    let claims: Vec<_> = database.claims.iter().map(|claim| claim.address.as_str()).collect();
    assert_eq!(claims.len(), 2, "{claims:?}");
    assert!(claims.contains(&"aws_db_instance.main") && claims.contains(&"aws_db_instance.imported"));
    assert_eq!(run.missing(), Vec::<&str>::new());
    assert_eq!(unmanaged(&run), Vec::<String>::new());
    assert!(run.codes().contains(&"state-overlap"), "{:?}", run.codes());
}

#[test]
fn another_account_is_refused_before_anything_is_listed() {
    let mut command = whose_at(&account("story-healthy"));
    command.args(["scan", "--account", "210987654321", "--state", &states("story-healthy")]);
    let (stdout, stderr, code) = crate::cli::run(&mut command);
    assert_eq!((stdout.as_str(), code), ("", 1), "{stderr}");
    assert!(
        stderr.contains("123456789012") && stderr.contains("210987654321"),
        "{stderr}"
    );
}

/// The ids that a duplicate set's evidence names for one of its sets.
fn members(run: &Run, set: &str) -> BTreeSet<String> {
    let sets: Vec<_> = run
        .document
        .findings
        .iter()
        .filter(|one| one.code == "duplicate-set")
        .collect();
    let [finding] = sets[..] else {
        panic!("{} duplicate sets", sets.len());
    };
    let lines = finding
        .evidence
        .iter()
        .filter_map(|line| line.strip_prefix(set)?.strip_prefix(": "));
    lines
        .filter_map(|line| line.split(' ').find(|word| is_aws_id(word)))
        .map(str::to_owned)
        .collect()
}

/// `vpc-0a1b2c3d4e5f60718`, and not a name with a hyphen.
fn is_aws_id(word: &str) -> bool {
    word.rsplit_once('-')
        .is_some_and(|(_, hex)| hex.len() == 17 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The ids of the claims of a state.
fn ids_in(state: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(state).expect("a state");
    let state: Value = serde_json::from_str(&text).expect("JSON");
    let resources = state["resources"].as_array().expect("resources").iter();
    let instances = resources
        .filter(|one| one["mode"] == "managed")
        .flat_map(|one| one["instances"].as_array().expect("instances"));
    instances
        .filter_map(|one| one["attributes"]["id"].as_str())
        .map(str::to_owned)
        .collect()
}

/// Asserts that the copies are told from the original, whoever claims which.
fn assert_copies(run: &Run) {
    let (a, b) = (members(run, "A"), members(run, "B"));
    let original = ids_in(&recorded("story-copies/states/platform.tfstate"));
    let copy = ids_in(&recorded("story-copies/states-after-copies/platform.tfstate"));
    assert_eq!((a.len(), b.len()), (22, 22));
    assert!(a.is_subset(&original), "{:?}", a.difference(&original));
    assert!(b.is_subset(&copy), "{:?}", b.difference(&copy));
    assert!(b.is_disjoint(&original));
    let finding = run.document.findings.iter().find(|one| one.code == "duplicate-set");
    let evidence = &finding.expect("a finding").evidence;
    assert!(
        evidence[0].starts_with("A (original): 22 resources, 2.5 years old"),
        "{}",
        evidence[0]
    );
    assert!(evidence[1].starts_with("B (copy): 22 resources"), "{}", evidence[1]);
    // Replicas of one state are no copies of each other.
    assert_eq!(run.document.summary.duplicate_sets, 1);
}

#[test]
fn copies_are_told_from_the_original_whoever_claims_them() {
    let url = account("story-copies");
    let (old, new) = (
        states("story-copies"),
        "snapshots/accounts/story-copies/states-after-copies",
    );
    // As the new laptop sees it, whose state claims the copies; with both states; and with the old one only.
    for given in [vec![new], vec![&old, new], vec![&old]] {
        let run = scan(&url, &given);
        assert_copies(&run);
        assert_eq!(run.missing(), Vec::<&str>::new());
    }
    // Two states claim production's cluster: AWS answers CreateCluster with the one that is there.
    let run = scan(&url, &[&old, new]);
    let overlap = run.document.findings.iter().find(|one| one.code == "state-overlap");
    let overlap = overlap.expect("two states claim the cluster");
    assert_eq!(
        overlap.resources,
        ["arn:aws:ecs:eu-west-1:123456789012:cluster/platform"]
    );
}

#[test]
fn the_story_is_told() {
    let run = scan(&account("story-demo"), &[&states("story-demo")]);
    assert_copies(&run);
    let orphans = run.ids(|one| one.orphan);
    for one in [
        "aws_ebs_snapshot snap-953ba61bf6ba77ee6",
        "aws_ebs_volume vol-bd9e7d18672581714",
        "aws_ebs_volume vol-c5e7660fc18c7fd9a",
        "aws_eip eipalloc-9721c903583ed4ed7",
        "aws_security_group sg-65ff0c308bf4ed8e4",
    ] {
        assert!(
            orphans.contains(&one.to_owned()),
            "{one} is used by nothing: {orphans:?}"
        );
    }
    assert!(orphans.iter().any(|one| one.contains("targetgroup/reindex/")));
    // What is attached, associated or holds a copy's NAT gateway up is used, claimed or not.
    for one in [
        "aws_ebs_volume vol-ee98f2c226929174a",
        "aws_eip eipalloc-96b6b44512a412e29",
    ] {
        assert!(!orphans.contains(&one.to_owned()), "{one}");
    }
    for code in [
        "duplicate-set",
        "orphan",
        "state-stale",
        "state-mixes-projects",
        "tagged-but-unclaimed",
        "shared",
    ] {
        assert!(run.codes().contains(&code), "{code}: {:?}", run.codes());
    }
    let stale: Vec<_> = run
        .document
        .states
        .iter()
        .filter(|state| state.status == whose::model::StateStatus::Stale)
        .map(|state| state.source.as_str())
        .collect();
    assert_eq!(stale, ["snapshots/accounts/story-demo/states/platform.tfstate.backup"]);
    assert_eq!(run.missing(), Vec::<&str>::new());
}

#[test]
fn after_the_destroy_everything_of_the_old_state_is_missing() {
    let url = account("story-destroyed");
    let run = scan(&url, &[&states("story-destroyed")]);
    let gone = std::fs::read_to_string(recorded("story-destroyed/gone.txt")).expect("a list");
    let gone: Vec<_> = gone.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(run.missing(), gone);
    // With the state of before: every whole of it is gone, and nothing live is claimed by it.
    let before = format!("{}/platform.tfstate", states("story-healthy"));
    let run = scan(&url, &[&before]);
    assert_eq!(claimed(&run, "platform.tfstate"), BTreeSet::new());
    let facet = |address: &str| {
        let kind = address.rsplit('.').nth(1).expect("a type").to_owned();
        matches!(disposition(&kind), whose::kinds::Disposition::Facet(..))
    };
    let wholes: BTreeSet<String> = addresses(&root().join(&before))
        .into_iter()
        .filter(|one| !facet(one))
        .collect();
    let missing: BTreeSet<String> = run.missing().into_iter().map(str::to_owned).collect();
    assert_eq!(missing, wholes);
    assert!(wholes.len() > 40);
}

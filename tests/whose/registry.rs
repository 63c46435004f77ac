//! What must hold of every kind: the registry is data, and data is tested as a whole.

use std::collections::{BTreeMap, BTreeSet};

use whose::kinds::facts::{Kind, Scope};
use whose::kinds::{LISTINGS, registry};
use whose::model::Arn;

use crate::harness::root;
use crate::proxy::OPERATIONS;

/// Every type of the AWS provider, and a few of other providers' makes that hold AWS resources.
fn terraform_types() -> BTreeSet<&'static str> {
    let table = include_str!("../../src/kinds/table/types.tsv");
    table
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
        .collect()
}

#[test]
fn every_terraform_type_belongs_to_one_kind() {
    let mut owners: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in registry::described() {
        let facets = kind.facets.iter().map(|facet| &facet.kind);
        for name in [&kind.name]
            .into_iter()
            .chain(kind.aliases)
            .chain(kind.adopters)
            .chain(facets)
        {
            owners.entry(name).or_default().push(kind.name);
        }
    }
    for (name, kinds) in &owners {
        assert_eq!(kinds.len(), 1, "{name} belongs to {kinds:?}");
    }
    // And it is a type that somebody can write.
    let known = terraform_types();
    assert!(known.len() > 1500);
    let unknown: Vec<_> = owners.keys().filter(|name| !known.contains(**name)).collect();
    let exempt: Vec<&&str> = NO_TYPE.iter().map(|(name, _)| name).collect();
    assert_eq!(
        unknown, exempt,
        "not a type of the provider; and the exemptions from that"
    );
}

/// Names of ours for what no type of the provider owns, with the reason.
const NO_TYPE: &[(&str, &str)] = &[
    (
        "aws_backup_recovery_point",
        "AWS Backup makes them, and Terraform has no type for them",
    ),
    (
        "aws_db_instance_automated_backup",
        "RDS makes them, and Terraform has a type for copies in other regions only",
    ),
    (
        "aws_dynamodb_backup",
        "made by hand or by DynamoDB; Terraform has no type for them",
    ),
    (
        "aws_rds_cluster_automated_backup",
        "RDS makes them, and Terraform has no type for them",
    ),
];

#[test]
fn every_reference_leads_to_a_type_that_exists() {
    let known = terraform_types();
    for kind in registry::all() {
        for attribute in kind.attributes {
            for target in attribute.refers_to {
                assert!(
                    known.contains(target) || registry::disposition(target).kind().is_some(),
                    "{}.{} refers to {target}",
                    kind.name,
                    attribute.path
                );
            }
        }
    }
}

#[test]
fn attributes_are_named_once_and_ids_are_among_them() {
    for kind in registry::described() {
        let mut paths = BTreeSet::new();
        for attribute in kind.attributes {
            assert!(
                paths.insert(attribute.path),
                "{} has {} twice",
                kind.name,
                attribute.path
            );
        }
        let id = kind.id_attribute;
        assert!(
            matches!(id, "id" | "arn") || paths.contains(id),
            "{}: the id attribute {id} is not kept from states",
            kind.name
        );
    }
}

/// The words in braces.
fn placeholders(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .map(|rest| rest.split('}').next().unwrap_or_default())
        .collect()
}

#[test]
fn arn_templates_are_arns() {
    for kind in registry::all().filter(|kind| !kind.arn.is_empty()) {
        for name in placeholders(kind.arn) {
            assert!(
                matches!(name, "partition" | "region" | "account" | "id"),
                "{}: {{{name}}} in {}",
                kind.name,
                kind.arn
            );
        }
        let text = kind
            .arn_of("aws-us-gov", "us-gov-west-1", "123456789012", "x-0a1b")
            .expect("a template");
        let arn = Arn::parse(&text).unwrap_or_else(|| panic!("{}: {text} is no ARN", kind.name));
        assert_eq!(
            (arn.partition, arn.service),
            ("aws-us-gov", kind.service),
            "{}",
            kind.name
        );
        assert!(text.contains("x-0a1b"), "{}: {text}", kind.name);
        // A global kind may stand in one region, always the same.
        let varies = kind.arn.contains("{region}");
        assert!(!varies || kind.scope == Scope::Regional, "{}: {text}", kind.name);
    }
}

#[test]
fn import_ids_are_made_of_what_is_known() {
    for kind in registry::all() {
        for name in placeholders(kind.import_id) {
            let known = matches!(name, "id" | "arn" | "name" | "region" | "account") || kind.attribute(name).is_some();
            assert!(known, "{}: {{{name}}} in {}", kind.name, kind.import_id);
        }
    }
}

#[test]
fn every_action_is_an_operation_that_aws_has() {
    for listing in LISTINGS {
        let kinds: Vec<_> = listing.kinds.iter().map(|kind| kind.name).collect();
        assert!(!listing.actions.is_empty() && !kinds.is_empty(), "{kinds:?}");
        let mut seen = BTreeSet::new();
        for action in listing.actions {
            assert!(OPERATIONS.contains_key(action), "{kinds:?}: {action}");
            assert!(seen.insert(action), "{kinds:?}: {action} twice");
        }
        let of = |kind: &&Kind| {
            listing
                .actions
                .iter()
                .any(|action| action.starts_with(&format!("{}:", kind.service)))
        };
        assert!(listing.kinds.iter().all(of), "{kinds:?}: no action of their service");
    }
}

#[test]
fn every_cloudformation_type_exists() {
    let known: BTreeSet<_> = include_str!("../fixtures/reference/cloudformation_types.txt")
        .lines()
        .collect();
    for kind in registry::described().filter(|kind| !kind.cloudformation.is_empty()) {
        assert!(
            known.contains(kind.cloudformation),
            "{}: {}",
            kind.name,
            kind.cloudformation
        );
    }
}

#[test]
fn every_kind_has_words_for_people() {
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    for kind in registry::described() {
        assert!(
            !kind.title.is_empty() && !kind.title.starts_with("aws_"),
            "{}",
            kind.name
        );
        assert!(
            !kind.title.ends_with('s') || kind.title.ends_with("ss") || kind.title.ends_with("options"),
            "{}: one, not many",
            kind.title
        );
        if let Some(other) = titles.insert(kind.title, kind.name) {
            panic!("{other} and {} are both called {}", kind.name, kind.title);
        }
    }
}

/// Files of `src/kinds` without a listing, with what they are.
const NO_LISTING: &[(&str, &str)] = &[
    ("convert", "what all listings share"),
    ("deletions", "what commands delete"),
    (
        "ebs_volume",
        "listed with the instances, which say which volumes go with them",
    ),
    ("elb", "what load balancers share"),
    ("facts", "what a kind is"),
    ("listed", "the table of listed kinds, with its own caller"),
    ("loss", "what is lost with a kind"),
    ("markers", "marks of other systems"),
    ("prices", "list prices"),
    ("rds", "what databases share"),
    ("recover", "what can be restored"),
    ("registry", "the look-up"),
    ("remains", "what is kept of deleted things, which no scan lists"),
];

#[test]
fn the_folder_is_the_registry() {
    let mut statics = 0;
    let mut without = BTreeSet::new();
    let mut listed = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("src/kinds")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let count = text.matches(": Listing = Listing {").count();
        statics += count;
        if count == 0 {
            without.insert(name);
        } else {
            listed.insert(name);
        }
    }
    assert_eq!(
        statics,
        LISTINGS.len(),
        "a listing that stands in a file and not in LISTINGS, or the other way round"
    );
    let exempt: BTreeSet<String> = NO_LISTING.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(without, exempt, "files without a listing; and the exemptions from that");
    // LISTINGS is sorted by file, so that two who add one meet in no line.
    let text = std::fs::read_to_string(root().join("src/kinds.rs")).expect("UTF-8");
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("    &")).collect();
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    assert_eq!(lines, sorted);
    assert_eq!(lines.len(), LISTINGS.len());
}

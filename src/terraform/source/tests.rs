//! Files, folders, globs and the standard input, and which of several files of one state counts.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::*;

const CANARY: &str = "hunter2 CANARY!";

/// A state of `lineage` with one VPC for each of `ids`.
fn state(lineage: &str, serial: u64, ids: &[&str]) -> String {
    let instances: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(number, id)| json!({"index_key": number, "attributes": {"id": id}, "private": CANARY}))
        .collect();
    json!({"version": 4, "serial": serial, "lineage": lineage, "outputs": {"a": {"value": CANARY}}, "resources": [{
        "mode": "managed", "type": "aws_vpc", "name": "a", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
        "instances": instances}]})
    .to_string()
}

/// A folder with the given files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, content).expect("a file");
    }
    folder
}

fn read(folder: &TempDir, arguments: &[&str]) -> Result<States, SourceError> {
    let inputs: Vec<Input> = arguments
        .iter()
        .map(|argument| match *argument {
            "-" => Input::Stdin,
            "." => Input::Path(folder.path().to_owned()),
            argument => Input::Path(folder.path().join(argument)),
        })
        .collect();
    read_all_from(&inputs, &mut state("stdin", 1, &["vpc-5"]).as_bytes())
}

/// What was read, without the folder's own path: source, status, project, claims.
fn said(folder: &TempDir, arguments: &[&str]) -> Vec<String> {
    let states = read(folder, arguments).expect("states");
    let root = format!("{}/", folder.path().display());
    let said = format!("{states:?}");
    assert!(!said.contains("hunter2"), "{said}");
    for claim in &states.claims {
        assert_eq!(states.states[claim.state as usize].status, StateStatus::Read);
    }
    states
        .states
        .iter()
        .enumerate()
        .map(|(number, state)| {
            let claims = states
                .claims
                .iter()
                .filter(|claim| claim.state as usize == number)
                .count();
            let status = format!("{:?}", state.status).to_lowercase();
            let text = format!("{} {status} {} {claims}", state.source, state.project);
            let error = state
                .error
                .as_ref()
                .map(|error| format!(" ({error})"))
                .unwrap_or_default();
            format!("{text}{error}").replace(&root, "")
        })
        .collect()
}

#[test]
fn files_folders_globs_and_the_standard_input() {
    let folder = folder(&[
        ("a/shop.tfstate", &state("l1", 1, &["vpc-1"])),
        ("a/deep/er/terraform.tfstate", &state("l2", 1, &["vpc-2", "vpc-3"])),
        ("a/main.tf", "resource"),
        ("b/x.json", &state("l3", 1, &["vpc-4"])),
        ("b/README.md", "words"),
        (".git/refs/heads/fix.tfstate", "0123abc"),
    ]);
    let shop = "a/shop.tfstate read shop 1";
    let er = "a/deep/er/terraform.tfstate read er 2";
    let x = "b/x.json read x 1";
    assert_eq!(said(&folder, &["a/shop.tfstate"]), [shop]);
    assert_eq!(said(&folder, &["a"]), [er, shop]);
    assert_eq!(said(&folder, &["a/*.tfstate"]), [shop]);
    assert_eq!(said(&folder, &["**/*.tfstate"]), [er, shop]);
    assert_eq!(said(&folder, &["?/*.{json,tfstate}"]), [shop, x]);
    assert_eq!(said(&folder, &["a/d*"]), [er]);
    assert_eq!(said(&folder, &["-"]), ["- read stdin 1"]);
    // No order and no repetition changes anything.
    let all = ["- read stdin 1", er, shop, x];
    assert_eq!(said(&folder, &["b/x.json", "-", ".", "a/*.tfstate", "a", "-"]), all);
    assert_eq!(said(&folder, &["a/../a/shop.tfstate", "a", ".", "-", "b/x.json"]), all);
}

#[test]
fn an_input_that_matches_nothing_is_an_error_with_a_hint() {
    let folder = folder(&[
        ("empty/main.tf", ""),
        (
            "remote/.terraform/terraform.tfstate",
            &json!({"version": 3, "backend": {"type": "s3", "config": {"secret_key": CANARY}}}).to_string(),
        ),
        ("a.tfstate", &state("l", 1, &[])),
    ]);
    for (argument, start, hint) in [
        ("missing.tfstate", "there is no file or folder", "--state"),
        ("a.tfstate/x", "there is no file or folder", "--state"),
        ("s3://bucket/key", "there is no file or folder", "scheme"),
        ("empty", "`", "*.tfstate"),
        ("none/*.tfstate", "`", "*.tfstate"),
        ("*.none", "`", "*.tfstate"),
        ("[", "`", "quotes"),
        ("remote", "`", "backend of type `s3`"),
        ("remote/.terraform/terraform.tfstate", "`", "terraform state pull"),
    ] {
        let error = read(&folder, &["a.tfstate", argument]).expect_err(argument);
        assert!(error.to_string().starts_with(start), "{error}");
        assert!(error.hint().contains(hint), "{argument}: {}", error.hint());
        assert!(!format!("{error:?}{error}").contains("hunter2"));
    }
    assert!(read(&folder, &[]).expect("nothing named").states.is_empty());
}

#[test]
fn a_backend_file_in_a_folder_is_a_note() {
    let backend = json!({"version": 3, "backend": {"type": "s3", "config": {"secret_key": CANARY}}}).to_string();
    let folder = folder(&[
        ("x/.terraform/terraform.tfstate", &backend),
        ("x/.terraform/providers/a.tfstate", "no state"),
        ("y/old.tfstate", &backend),
        ("y/a.tfstate", &state("l", 1, &["vpc-1"])),
    ]);
    let states = read(&folder, &["."]).expect("states");
    assert_eq!(states.states.len(), 1);
    assert_eq!(states.notes.len(), 2);
    for note in &states.notes {
        assert!(note.text.contains("backend of type `s3`"), "{}", note.text);
        assert!(!format!("{note:?}").contains("hunter2"));
    }
}

#[test]
fn what_cannot_be_read_is_a_gap_with_a_name() {
    let folder = folder(&[
        ("a.tfstate", ""),
        ("b.tfstate", &state("l1", 1, &["vpc-1"])[..80]),
        ("c.tfstate", &state("l2", 1, &["vpc-2"])),
    ]);
    fs::create_dir(folder.path().join("dir.tfstate")).expect("a folder");
    assert_eq!(
        said(&folder, &["."]),
        [
            "a.tfstate empty a 0 (is empty)",
            "b.tfstate unreadable b 0 (ends in the middle, at line 1, column 80 (in `resources[0]`))",
            "c.tfstate read c 1",
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_and_pipes_do_no_harm() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[
        ("real/a.tfstate", &state("l1", 1, &["vpc-1"])),
        ("z/b.tfstate", &state("l2", 1, &[])),
    ]);
    let at = |name: &str| folder.path().join(name);
    symlink(at("real"), at("real/loop")).expect("a link");
    symlink(at("real"), at("again")).expect("a link");
    symlink(at("z"), at("real/z")).expect("a link");
    symlink(at("real"), at("z/real")).expect("a link");
    symlink(at("real/a.tfstate"), at("z/c.tfstate")).expect("a link");
    symlink(at("gone"), at("z/gone.tfstate")).expect("a link");
    symlink(at("gone"), at("z/folder")).expect("a link");
    symlink(at("gone"), at("z/main.tf")).expect("a link");
    let states = read(&folder, &["."]).expect("states");
    assert_eq!(states.claims.len(), 1);
    assert_eq!(states.states.iter().filter(|state| state.is_gap()).count(), 1);
    assert_eq!(states.states.len(), 3);
    assert_eq!(states.notes.len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_in_a_folder_is_not_waited_for() {
    let folder = folder(&[("a.tfstate", &state("l1", 1, &[]))]);
    // A socket stands for all that is no regular file.
    let socket = std::os::unix::net::UnixListener::bind(folder.path().join("pipe.tfstate"));
    assert!(socket.is_ok());
    assert_eq!(
        said(&folder, &["."]),
        [
            "a.tfstate read a 0",
            "pipe.tfstate unreadable pipe 0 (is not a regular file)"
        ]
    );
}

#[test]
fn the_highest_serial_of_a_lineage_counts() {
    let folder = folder(&[
        ("a.tfstate", &state("l", 4, &["vpc-1"])),
        ("b.tfstate", &state("l", 10, &["vpc-1", "vpc-2"])),
        ("c.tfstate", &state("l", 9, &["vpc-1", "vpc-3"])),
        ("d.tfstate", &state("other", 1, &["vpc-1"])),
    ]);
    assert_eq!(
        said(&folder, &["."]),
        [
            "a.tfstate stale a 0",
            "b.tfstate read b 2",
            "c.tfstate stale c 0",
            "d.tfstate read d 1"
        ]
    );
    let states = read(&folder, &["."]).expect("states").states;
    assert!(
        states[0]
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("b.tfstate` has serial 10"))
    );
    assert_eq!(states[0].claims, 1);
}

#[test]
fn one_serial_of_a_lineage_in_two_files() {
    let content = state("l", 4, &["vpc-1"]);
    let spaced = content.replace(',', ", ");
    let folder = folder(&[
        ("a.tfstate", &content),
        ("b.tfstate", &spaced),
        ("c.tfstate", &state("l", 4, &["vpc-2"])),
        ("d.tfstate", &state("l", 3, &["vpc-2"])),
    ]);
    let said = said(&folder, &["."]);
    assert_eq!(said[..2], ["a.tfstate read a 1", "b.tfstate stale b 0"]);
    assert!(
        said[2].starts_with("c.tfstate read c 1 (same lineage and serial as `"),
        "{}",
        said[2]
    );
    assert!(said[2].ends_with("a.tfstate`, different content)"), "{}", said[2]);
    assert_eq!(said[3], "d.tfstate stale d 0");
}

#[test]
fn backups_are_stale_and_a_lone_one_is_loud() {
    let folder = folder(&[
        ("x/terraform.tfstate", &state("l1", 8, &["vpc-1"])),
        ("x/terraform.tfstate.backup", &state("l1", 7, &["vpc-1", "vpc-2"])),
        ("x/terraform.tfstate.1700000000.backup", &state("l1", 2, &["vpc-3"])),
        ("y/terraform.tfstate.backup", &state("l2", 3, &["vpc-4"])),
        ("y/terraform.tfstate.1700000000.backup", &state("l2", 2, &["vpc-4"])),
        ("z/terraform.tfstate", &state("l3", 8, &["vpc-5"])),
        ("z/terraform.tfstate.backup", ""),
        ("w/terraform.tfstate.backup", "{"),
        ("notes.backup", "no state"),
    ]);
    assert_eq!(
        said(&folder, &["."]),
        [
            "w/terraform.tfstate.backup unreadable w 0 (ends in the middle, at line 1, column 1)",
            "x/terraform.tfstate read x 1",
            "x/terraform.tfstate.1700000000.backup stale x 0",
            "x/terraform.tfstate.backup stale x 0",
            "y/terraform.tfstate.1700000000.backup stale y 0",
            "y/terraform.tfstate.backup stale y 0 (a backup, and no other file has its lineage: its claims do not count)",
            "z/terraform.tfstate read z 1",
            "z/terraform.tfstate.backup stale z 0",
        ]
    );
    // Whoever names a backup means it.
    assert_eq!(
        said(&folder, &["y/terraform.tfstate.backup"]),
        ["y/terraform.tfstate.backup read y 1"]
    );
}

#[test]
fn a_backup_with_a_higher_serial_says_that_the_state_went_back() {
    let folder = folder(&[
        ("terraform.tfstate", &state("l", 5, &["vpc-1"])),
        ("terraform.tfstate.backup", &state("l", 9, &["vpc-1", "vpc-2"])),
        ("terraform.tfstate.1.backup", &state("l", 7, &["vpc-3"])),
    ]);
    let states = read(&folder, &["."]).expect("states");
    let statuses: Vec<_> = states.states.iter().map(|state| state.status).collect();
    assert_eq!(statuses, [StateStatus::Read, StateStatus::Stale, StateStatus::Read]);
    assert!(
        states.states[2]
            .error
            .as_deref()
            .is_some_and(|error| error.contains("the state went back"))
    );
    assert_eq!(states.claims.len(), 3);
}

#[test]
fn an_encrypted_state_whose_content_is_there_too_is_no_gap() {
    let encrypted = |serial: u64| {
        json!({"serial": serial, "lineage": "l", "meta": {}, "encrypted_data": CANARY, "encryption_version": "v0"})
            .to_string()
    };
    let folder = folder(&[
        ("a.tfstate", &encrypted(4)),
        ("b.tfstate", &encrypted(5)),
        ("pulled.tfstate", &state("l", 4, &["vpc-1"])),
    ]);
    assert_eq!(
        said(&folder, &["."]),
        [
            "a.tfstate stale a 0",
            "b.tfstate unreadable b 0 (is encrypted by OpenTofu)",
            "pulled.tfstate read pulled 1"
        ]
    );
}

#[test]
fn what_show_prints_of_a_state_that_is_there_too_counts_once() {
    let shown = json!({"format_version": "1.0", "values": {"root_module": {"resources": [{
        "address": "aws_vpc.a[0]", "mode": "managed", "type": "aws_vpc", "name": "a", "index": 0,
        "provider_name": "registry.terraform.io/hashicorp/aws", "values": {"id": "vpc-1"}, "sensitive_values": {}}]}}})
    .to_string();
    let folder = folder(&[
        ("a.json", &shown),
        ("b.json", &shown),
        ("c.tfstate", &state("l", 4, &["vpc-1"])),
        ("d.tfstate", &state("m", 4, &["vpc-1"])),
    ]);
    assert_eq!(
        said(&folder, &["a.json", "b.json"]),
        ["a.json read a 1", "b.json stale b 0"]
    );
    assert_eq!(
        said(&folder, &["*.json", "c.tfstate"]),
        ["a.json stale a 0", "b.json stale b 0", "c.tfstate read c 1"]
    );
    // Two lineages that claim one resource are two states.
    assert_eq!(
        said(&folder, &["c.tfstate", "d.tfstate"]),
        ["c.tfstate read c 1", "d.tfstate read d 1"]
    );
}

#[test]
fn states_of_one_name_are_told_apart_by_their_folders() {
    let folder = folder(&[
        ("prod/vpc/terraform.tfstate", &state("l1", 1, &["vpc-1"])),
        ("dev/vpc/terraform.tfstate", &state("l2", 1, &["vpc-2"])),
        ("dev/dns/terraform.tfstate", &state("l3", 1, &["vpc-3"])),
        (
            "app/terraform.tfstate.d/eu/terraform.tfstate",
            &state("l4", 1, &["vpc-4"]),
        ),
        (
            "app/terraform.tfstate.d/us/terraform.tfstate",
            &state("l5", 1, &["vpc-5"]),
        ),
    ]);
    assert_eq!(
        said(&folder, &["."]),
        [
            "app/terraform.tfstate.d/eu/terraform.tfstate read app-eu 1",
            "app/terraform.tfstate.d/us/terraform.tfstate read app-us 1",
            "dev/dns/terraform.tfstate read dns 1",
            "dev/vpc/terraform.tfstate read dev/vpc 1",
            "prod/vpc/terraform.tfstate read prod/vpc 1",
        ]
    );
}

#[test]
fn what_was_fetched_takes_part_in_all_of_it() {
    let folder = folder(&[("a.tfstate", &state("l", 4, &["vpc-1"]))]);
    let inputs = [
        Input::Path(folder.path().to_owned()),
        Input::Bytes {
            source: "s3://bucket/shop/terraform.tfstate".into(),
            bytes: state("l", 5, &["vpc-1", "vpc-2"]).into_bytes(),
        },
        Input::Failed {
            source: "s3://bucket/ops/terraform.tfstate".into(),
            error: "access denied".into(),
            hint: None,
        },
    ];
    let states = read_all_from(&inputs, &mut io::empty()).expect("states");
    assert_eq!(states.claims.len(), 2);
    let statuses: Vec<_> = states
        .states
        .iter()
        .map(|state| (state.status, state.project.as_str()))
        .collect();
    assert_eq!(
        statuses,
        [
            (StateStatus::Stale, "a"),
            (StateStatus::Unreadable, "ops"),
            (StateStatus::Read, "shop")
        ]
    );
}

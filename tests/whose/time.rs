//! Snapshots over time: every format that was ever written, cut-off writes, drift of recorded accounts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use whose::findings;
use whose::kinds::facts::Role;
use whose::kinds::kind;
use whose::ledger::compare::value_at;
use whose::ledger::duplicates::Across;
use whose::ledger::{Input, Ledger, Projects};
use whose::model::{Cell, CellStatus, Live, StateStatus, Timestamp};
use whose::snapshot::{self, Folder, Joined, Rules, SCHEMA, Snapshot};

use crate::cli::{run, whose};
use crate::harness::{REGIONS, account, states, whose_at};

fn fixture(version: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/snapshots");
    folder.join(format!("whose.snapshot-{version}.jsonl.zst"))
}

fn rules() -> Rules {
    Rules::new(&Projects::default(), Across::Nothing)
}

fn joined(snapshot: Snapshot) -> Ledger {
    Ledger::new(Input {
        scan: snapshot.scan,
        states: snapshot.states,
        claims: snapshot.claims,
        ..Input::default()
    })
}

#[test]
fn a_file_of_every_format_is_still_read() {
    let newest: u32 = SCHEMA
        .strip_prefix("whose.snapshot/")
        .and_then(|version| version.parse().ok())
        .expect("a number");
    for version in 1..=newest {
        // It is the story's account at its fullest, whoever wrote it.
        let snapshot = snapshot::read(&fixture(version)).expect("read");
        assert_eq!((snapshot.scan.live.len(), snapshot.states.len()), (114, 3), "{version}");
        let ledger = joined(snapshot);
        assert_eq!(ledger.duplicates.len(), 1, "{version}");
        let managed = ledger.entries.iter().filter(|entry| !entry.projects.is_empty()).count();
        assert_eq!(managed, 59, "{version}");
    }
}

#[test]
fn an_account_as_terraform_left_it_has_not_drifted() {
    let ledger = joined(snapshot::read(&fixture(1)).expect("read"));
    let drifted: Vec<String> = findings::all(&ledger)
        .into_iter()
        .filter(|finding| finding.code == "drifted")
        .map(|finding| format!("{}: {}", finding.title, finding.evidence.join("; ")))
        .collect();
    assert!(drifted.is_empty(), "{drifted:#?}");
    // It is not silent because it had nothing to compare.
    let mut compared = 0;
    for (live, entry) in ledger.live.iter().zip(&ledger.entries) {
        let facts = kind(&live.kind).expect("a kind");
        for held in entry.claims.iter().filter(|held| !held.facet) {
            let claim = &ledger.claims[held.claim as usize];
            let both = facts.attributes.iter().filter(|attribute| {
                attribute.role != Role::Kept
                    && !value_at(&claim.configuration, attribute).is_empty()
                    && !value_at(&live.configuration, attribute).is_empty()
            });
            compared += both.count();
        }
    }
    assert!(compared > 300, "only {compared} attributes were compared");
}

/// Scans a recorded account with its states, and returns the snapshot.
fn scanned(name: &str, states: &[&str], folder: &Path, arguments: &[&str]) -> PathBuf {
    let path = folder.join(format!("{name}.jsonl.zst"));
    let mut command = whose_at(&account(name));
    command.args([
        "scan",
        "--kind",
        "described",
        "--region",
        REGIONS,
        "--fail-on",
        "never",
        "--snapshot",
    ]);
    command.arg(&path).args(arguments);
    for state in states {
        command.args(["--state", state]);
    }
    let (_, err, code) = run(&mut command);
    assert!(matches!(code, 0 | 4), "{err}");
    path
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn accounts_as_terraform_left_them_have_not_drifted() {
    let folder = folder();
    for name in ["story-healthy", "story-protected", "wide-described"] {
        let path = scanned(name, &[&states(name)], folder.path(), &[]);
        let drifted: Vec<_> = findings::all(&joined(snapshot::read(&path).expect("read")))
            .into_iter()
            .filter(|finding| finding.code == "drifted")
            .map(|finding| (finding.title, finding.evidence))
            .collect();
        assert!(drifted.is_empty(), "{name}: {drifted:#?}");
    }
}

#[test]
fn a_scan_and_itself_differ_in_nothing_at_any_concurrency() {
    let folder = folder();
    let one = scanned(
        "story-demo",
        &[&states("story-demo")],
        folder.path(),
        &["--concurrency", "1"],
    );
    let other = folder.path().join("other.jsonl.zst");
    std::fs::rename(&one, &other).expect("renamed");
    let many = scanned(
        "story-demo",
        &[&states("story-demo")],
        folder.path(),
        &["--concurrency", "16"],
    );
    let (out, err, code) = run(whose().arg("diff").arg(&other).arg(&many));
    assert!(out.contains("Nothing changed."), "{out}{err}");
    assert_eq!(code, 0, "{err}");
    // A scan saves what its join said, so that diff need not join it again.
    for path in [&other, &many] {
        assert!(Joined::open(path, &rules()).expect("readable").is_some());
    }
}

/// The recorded account with a time, in a folder.
fn kept(folder: &Folder, at: &str, change: &dyn Fn(&mut Snapshot)) -> PathBuf {
    let mut snapshot = snapshot::read(&fixture(1)).expect("read");
    // What the emulator could not list is not what is tried here.
    let cells: Vec<Cell> = snapshot.scan.coverage.cells().cloned().collect();
    snapshot.scan.coverage = cells
        .into_iter()
        .map(|cell| Cell {
            status: CellStatus::Listed,
            detail: None,
            ..cell
        })
        .collect();
    snapshot.scan.scanned_at = at.parse().expect("a time");
    change(&mut snapshot);
    let path = folder.place(&snapshot.scan);
    snapshot::write(&path, &snapshot).expect("written");
    path
}

/// The same snapshot with what its join said.
fn with_result(path: &Path, extension: &str) -> PathBuf {
    let ledger = joined(snapshot::read(path).expect("read"));
    let place = path.with_file_name(format!("joined-{}{extension}", ledger.scanned_at.as_second()));
    snapshot::write_joined(&place, &ledger, &rules()).expect("written");
    place
}

#[test]
fn a_saved_result_and_a_new_join_give_the_same_changes() {
    let temporary = folder();
    let folder = Folder::new(temporary.path());
    let before = kept(&folder, "2026-11-17T06:00:00Z", &|snapshot| {
        // The copies are not there yet, and things were called and tagged otherwise.
        let made: Timestamp = "2025-06-01T00:00:00Z".parse().expect("a time");
        let old = |live: &Live| live.created_at.is_none_or(|at| at < made) || live.kind == "aws_db_instance";
        snapshot.scan.live.retain(old);
        for live in snapshot.scan.live.iter_mut().filter(|live| live.kind == "aws_subnet") {
            live.tagged([("Name", "before")].into_iter().collect());
        }
    });
    let after = kept(&folder, "2026-11-24T06:00:00Z", &|snapshot| {
        // A state is not given any more, some things are gone, one listing is denied.
        snapshot.claims.retain(|claim| claim.state != 1);
        snapshot.states[1].status = StateStatus::Unreadable;
        let gone = ["aws_db_instance", "aws_vpc", "aws_lb"];
        snapshot.scan.live.retain(|live| !gone.contains(&live.kind.as_str()));
        let cells: Vec<Cell> = snapshot.scan.coverage.cells().cloned().collect();
        for cell in cells.into_iter().filter(|cell| cell.kind == "aws_lb") {
            let status = CellStatus::Denied;
            snapshot.scan.coverage.enter(Cell { status, ..cell });
        }
    });
    let (then, now) = (with_result(&before, ".jsonl.zst"), with_result(&after, ".jsonl"));
    let config = temporary.path().join("whose.toml");
    std::fs::write(&config, "[projects.everything]\nstates = [\"**\"]\n").expect("written");
    let compare = |old: &Path, new: &Path, arguments: &[&str]| {
        let (out, err, _) = run(whose()
            .args(["diff", "--format", "json"])
            .args(arguments)
            .args([old, new]));
        serde_json::from_str::<serde_json::Value>(&out).unwrap_or_else(|_| panic!("{err}"))
    };
    let configured = ["--config", config.to_str().expect("UTF-8")];
    for arguments in [&[][..], &configured] {
        let again = compare(&before, &after, arguments);
        for list in [
            "gone",
            "new",
            "changed",
            "states",
            "coverage",
            "unsure",
            "changed_owner",
        ] {
            let some = again[list].as_array().is_some_and(|list| !list.is_empty());
            assert!(
                some || list == "changed_owner" && !arguments.is_empty(),
                "{list}: {again}"
            );
        }
        let used = |gone: &serde_json::Value| gone["used_by"].as_array().is_some_and(|users| !users.is_empty());
        assert!(again["gone"].as_array().is_some_and(|gone| gone.iter().any(used)));
        for (old, new) in [(&then, &now), (&before, &now), (&then, &after)] {
            assert_eq!(compare(old, new, arguments), again);
        }
    }
    // A saved result counts where the rules are the same, and only there.
    let text = std::fs::read_to_string(&now).expect("read");
    let other = text.replacen("{\"ownership\":\"managed\"", "{\"ownership\":\"unmanaged\"", 1);
    assert_ne!(text, other);
    std::fs::write(&now, other).expect("written");
    let unmanaged = |old: &Path, new: &Path, arguments: &[&str]| {
        let count = &compare(old, new, arguments)["summary"]["newly_unmanaged"];
        count.as_u64().expect("a number")
    };
    assert_eq!(unmanaged(&then, &now, &[]), unmanaged(&before, &after, &[]) + 1);
    assert_eq!(
        unmanaged(&then, &now, &configured),
        unmanaged(&before, &after, &configured)
    );
}

#[test]
fn diff_finds_snapshots_by_time_and_says_what_is_gone() {
    let temporary = folder();
    let folder = Folder::new(temporary.path());
    kept(&folder, "2026-11-17T06:00:00Z", &|_| {});
    kept(&folder, "2026-11-20T06:00:00Z", &|_| {});
    let no_database = |snapshot: &mut Snapshot| snapshot.scan.live.retain(|live| live.kind != "aws_db_instance");
    kept(&folder, "2026-11-24T06:00:00Z", &no_database);
    let diff = |arguments: &[&str]| {
        run(whose()
            .args(["diff", "--snapshots"])
            .arg(temporary.path())
            .args(arguments))
    };
    for old in ["last", "2026-11-20", "2026-11-23", "2d", "2026-11-17T06:00:00Z"] {
        let (out, err, code) = diff(&[old]);
        assert_eq!(code, 3, "{old}: {err}");
        assert!(out.contains("  1  gone"), "{out}");
        assert!(
            out.contains("database instance platform of platform in eu-west-1"),
            "{out}"
        );
    }
    assert_eq!(diff(&["last", "--fail-on", "never"]).2, 0);
    assert_eq!(diff(&["last", "--fail-on", "new,changed"]).2, 0);
    assert_eq!(diff(&["last", "--fail-on", "gone"]).2, 3);
    assert_eq!(diff(&["2026-11-17", "2026-11-20"]).2, 0);
    for (wrong, expected) in [
        (&["2026-11-16"][..], 1),
        (&["yesterday"], 2),
        (&["last", "--fail-on", "unmanaged"], 2),
        (&["no/such.jsonl"], 1),
    ] {
        let (out, err, code) = diff(wrong);
        assert_eq!((out.as_str(), code), ("", expected), "{err}");
        assert!(err.contains("hint: "), "{err}");
    }
    let (out, ..) = diff(&["last", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&json["schema"], &json["summary"]["gone_with_data"]),
        (&"whose.diff/1".into(), &1.into())
    );
    assert_eq!(json["gone"][0]["claims"][0]["address"], "aws_db_instance.main");
    let (out, ..) = diff(&["last", "--format", "markdown"]);
    assert!(
        out.starts_with("## Account 123456789012") && out.contains("| **1** | **gone** |"),
        "{out}"
    );
}

#[test]
fn a_region_denied_in_the_second_scan_makes_nothing_gone() {
    let temporary = folder();
    let folder = Folder::new(temporary.path());
    kept(&folder, "2026-11-17T06:00:00Z", &|_| {});
    kept(&folder, "2026-11-24T06:00:00Z", &|snapshot| {
        snapshot.scan.live.retain(|live| live.region != "eu-west-1");
        let cells: Vec<Cell> = snapshot.scan.coverage.cells().cloned().collect();
        for cell in cells.into_iter().filter(|cell| cell.region == "eu-west-1") {
            let status = CellStatus::Denied;
            snapshot.scan.coverage.enter(Cell { status, ..cell });
        }
    });
    let (out, _, code) = run(whose()
        .args(["diff", "last", "--format", "json", "--snapshots"])
        .arg(temporary.path()));
    assert_eq!(code, 4);
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json["summary"]["gone"], 0);
    assert!(json["summary"]["unsure"].as_u64().expect("a number") > 50, "{out}");
    assert!(
        json["summary"]["coverage_lost"].as_u64().expect("a number") > 30,
        "{out}"
    );
}

#[test]
fn a_scan_keeps_its_folder_thin() {
    let temporary = folder();
    let folder = Folder::new(temporary.path());
    for day in ["2019-01-01", "2019-01-02", "2019-01-03"] {
        kept(&folder, &format!("{day}T06:00:00Z"), &|_| {});
    }
    std::fs::write(temporary.path().join("mine.jsonl.zst"), "mine").expect("written");
    let mut command = whose_at(&account("story-demo"));
    command.args([
        "scan",
        "--region",
        REGIONS,
        "--kind",
        "aws_vpc",
        "--state",
        &states("story-demo"),
    ]);
    let (_, err, code) = run(command
        .args(["--fail-on", "never", "--keep", "--snapshot"])
        .arg(temporary.path()));
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("3 deleted, 1 kept"), "{err}");
    let mut names: Vec<_> = std::fs::read_dir(temporary.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    let (_, err, code) = run(whose().args(["scan", "--snapshot", "x.jsonl", "--keep"]));
    assert_eq!(code, 2, "{err}");
    let (_, err, code) = run(whose().args(["scan", "--keep"]));
    assert_eq!(code, 2, "{err}");
}

#[cfg(unix)]
#[test]
fn a_snapshot_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let any = folder.path().join("any");
    std::fs::write(&any, "").expect("written");
    let path = folder.path().join("x.jsonl.zst");
    snapshot::write(&path, &Snapshot::default()).expect("written");
    assert_eq!(mode(&path), mode(&any));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("set");
    snapshot::write(&path, &Snapshot::default()).expect("written");
    assert_eq!(mode(&path), 0o640, "what was chosen for the old one stays");
}

/// Writes snapshots until it is killed. Run by the test below, in a process of its own.
#[test]
#[ignore = "it runs for ever: the next test starts and kills it"]
fn writes_until_it_is_killed() {
    let path = std::env::var_os("WHOSE_TEST_PATH").expect("set by the test that starts it");
    let mut snapshot = snapshot::read(&fixture(1)).expect("read");
    let all = snapshot.scan.live.clone();
    for _ in 0..200 {
        snapshot.scan.live.extend(all.iter().cloned());
    }
    loop {
        snapshot::write(Path::new(&path), &snapshot).expect("written");
    }
}

#[cfg(unix)]
#[test]
fn a_write_that_is_killed_never_leaves_a_file_that_reads_as_whole_and_is_not() {
    let folder = folder();
    let mut left = 0;
    for round in 0..20_u64 {
        let path = folder
            .path()
            .join(["x.jsonl.zst", "x.jsonl"][usize::from(round % 2 == 1)]);
        let mut child = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--ignored", "--exact", "time::writes_until_it_is_killed"])
            .env("WHOSE_TEST_PATH", &path)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(60 + 17 * round));
        // SIGKILL: nothing can be tidied up.
        child.kill().expect("killed");
        child.wait().expect("ended");
        for entry in std::fs::read_dir(folder.path()).expect("a folder") {
            let found = entry.expect("an entry").path();
            match snapshot::read(&found) {
                Ok(whole) => assert_eq!(whole.scan.live.len(), 114 * 201, "{}", found.display()),
                Err(_) => {
                    assert_ne!(found, path, "a half file has the name of a whole one");
                    left += 1;
                    std::fs::remove_file(&found).expect("removed");
                }
            }
        }
    }
    assert!(left > 0, "no write was ever cut off, so nothing was tried");
}

/// Two weeks of drift: what a person and another tool did meanwhile, in the words of the weekly report.
#[test]
fn the_weekly_report_tells_what_became_worse_and_what_it_costs() {
    let temporary = folder();
    let folder = Folder::new(temporary.path());
    let clutter = |snapshot: &mut Snapshot, keep: bool| {
        // The copies and the clutter are not there yet.
        if !keep {
            let made = "2025-06-01T00:00:00Z".parse().expect("a time");
            snapshot
                .scan
                .live
                .retain(|live| live.created_at.is_none_or(|at| at < made));
        }
    };
    kept(&folder, "2026-11-10T06:00:00Z", &|snapshot| clutter(snapshot, false));
    kept(&folder, "2026-11-17T06:00:00Z", &|snapshot| clutter(snapshot, false));
    kept(&folder, "2026-11-24T06:00:00Z", &|snapshot| {
        clutter(snapshot, true);
        let database = snapshot
            .scan
            .live
            .iter_mut()
            .find(|live| live.kind == "aws_db_instance");
        let database = database.expect("the story's database");
        database.configuration.set("instance_class", "db.r6g.4xlarge");
        database.configuration.set("deletion_protection", false);
    });
    let config = temporary.path().join("whose.toml");
    let ignore = "[[ignores]]\nresource = \"no-such-*\"\nreason = \"was needed\"\nexpires = \"2026-11-20\"\n";
    std::fs::write(&config, ignore).expect("written");
    let week = |arguments: &[&str]| {
        let mut command = whose();
        command
            .args(["report", "--since", "last", "--width", "100"])
            .args(arguments);
        command
            .arg("--snapshots")
            .arg(temporary.path())
            .arg("--config")
            .arg(&config);
        run(&mut command)
    };
    let (out, err, code) = week(&["--format", "json"]);
    assert_eq!(code, 3, "{err}");
    let json: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(json["schema"], "whose.weekly/1");
    assert_eq!(
        json["drifted"][0]["evidence"][1],
        r#"instance_class: state says "db.t4g.medium", live is "db.r6g.4xlarge""#
    );
    let count = |name: &str| json[name].as_array().expect("a list").len();
    assert_eq!((count("trend"), count("ignores"), count("drifted")), (3, 1, 1));
    assert!(
        count("new_unmanaged") > 5 && count("unmanaged") >= count("new_unmanaged"),
        "{out}"
    );
    assert!(json["orphans_monthly_cost"].as_f64().expect("a number") > 1.0, "{out}");
    // What AWS gives no age for is at least as old as the snapshots that had it.
    let unmanaged = json["unmanaged"].as_array().expect("a list");
    assert!(
        unmanaged.iter().any(|one| one["first_seen"] == "2026-11-10T06:00:00Z"),
        "{out}"
    );
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/report"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for format in ["human", "markdown", "csv"] {
        let (out, _, code) = week(&["--format", format]);
        assert_eq!(code, 3);
        assert!(!out.contains("CANARY"));
        settings.bind(|| insta::assert_snapshot!(format!("weekly-{format}"), out));
    }
    let (page, ..) = week(&["--format", "html"]);
    assert!(
        page.starts_with("<!doctype html>") && page.contains("<h2>Drifted from the state</h2>"),
        "{page}"
    );
    assert!(
        !page.contains("http://") && !page.contains("<script"),
        "nothing is fetched, nothing runs"
    );

    assert_eq!(week(&["--fail-on", "never"]).2, 0);
    // Nothing is new against itself, so nothing fails again.
    let newest = folder.list().expect("listed").pop().expect("one").path;
    let newest = newest.to_str().expect("UTF-8");
    let (out, err, code) = run(whose().args(["report", newest, "--since", newest, "--no-config"]));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("0  new findings"), "{out}");
}

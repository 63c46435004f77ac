//! A folder of snapshots: one file a scan, named by account and time; found again by time, thinned by a rule.
//!
//! The folder may hold anything else. A file counts as a snapshot of this tool only where its name has the pattern,
//! its first line is the header of a format that is known, and both say the same: nothing else is ever deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::{BESIDE, Head, PART, SnapshotError, head};
use crate::model::{Scan, Symbol, Timestamp};

/// Where snapshots go that were given no place.
pub const DEFAULT_FOLDER: &str = "snapshots";

/// Every snapshot that is younger stays, in seconds: one week.
const ALL_OF: i64 = 7 * 86_400;

/// Accounts that a name spells out; more are counted.
const NAMED: usize = 3;

/// A file of a cut-off run is cleared away when it is older.
const ABANDONED: Duration = Duration::from_secs(86_400);

/// A folder with snapshots in it.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// One snapshot in a folder, by its header.
#[derive(Clone, Debug)]
pub struct Saved {
    pub path: PathBuf,
    pub scanned_at: Timestamp,
    /// Sorted.
    pub accounts: Vec<Symbol>,
    /// Listings that were read to the last page.
    pub listed: u64,
}

/// What thinning did.
#[derive(Clone, Debug, Default)]
pub struct Thinned {
    pub kept: usize,
    pub deleted: Vec<PathBuf>,
}

impl Folder {
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A name for the snapshot of a scan that no file has yet.
    #[must_use]
    pub fn place(&self, scan: &Scan) -> PathBuf {
        let ids: BTreeSet<&str> = scan.accounts.iter().map(|account| account.id.as_str()).collect();
        let stem = format!("{}-{}", accounts_word(&ids), time_word(scan.scanned_at));
        let named = |tail: &str| self.path.join(format!("{stem}{tail}.jsonl.zst"));
        // Two scans may end in one second.
        std::iter::once(named(""))
            .chain((2..).map(|number| named(&format!("-{number}"))))
            .find(|path| !path.exists())
            .unwrap_or_else(|| named(""))
    }

    /// Every snapshot of the folder, the oldest first.
    ///
    /// # Errors
    /// Where the folder cannot be read. A file that cannot is none of ours.
    pub fn list(&self) -> Result<Vec<Saved>, SnapshotError> {
        let failed = |source| SnapshotError::Read {
            path: self.path.clone(),
            source,
        };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A link is not followed: what it points to stands elsewhere and is somebody else's.
            if entry.file_type().is_ok_and(|kind| kind.is_file()) {
                found.extend(saved(entry.path()));
            }
        }
        found.sort_by(|a, b| (a.scanned_at, &a.path).cmp(&(b.scanned_at, &b.path)));
        Ok(found)
    }

    /// Thins the folder: every snapshot of the last seven days before `now` stays, and of each calendar week before
    /// that, back to `weeks` weeks, the fullest (the newest of equally full ones). The newest of each set of accounts
    /// always stays.
    ///
    /// # Errors
    /// Where the folder cannot be read, or a snapshot not deleted.
    pub fn thin(&self, now: Timestamp, weeks: u16) -> Result<Thinned, SnapshotError> {
        let all = self.list()?;
        let keep = worth_keeping(&all, now, weeks);
        let mut thinned = Thinned::default();
        for (saved, keep) in all.into_iter().zip(keep) {
            if keep {
                thinned.kept += 1;
                continue;
            }
            std::fs::remove_file(&saved.path).map_err(|source| SnapshotError::Write {
                path: saved.path.clone(),
                source,
            })?;
            thinned.deleted.push(saved.path);
        }
        self.clear_abandoned();
        Ok(thinned)
    }

    /// Deletes what cut-off runs left: files that only this tool names so, and that nobody has touched for a day.
    fn clear_abandoned(&self) {
        let Ok(entries) = std::fs::read_dir(&self.path) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let ours = name
                .to_str()
                .and_then(|name| name.strip_prefix(BESIDE)?.strip_suffix(PART))
                .is_some_and(|middle| middle.len() == 6 && middle.bytes().all(|b| b.is_ascii_alphanumeric()));
            let old = entry.metadata().is_ok_and(|data| {
                let age = data
                    .modified()
                    .ok()
                    .and_then(|at| SystemTime::now().duration_since(at).ok());
                data.is_file() && age.is_some_and(|age| age > ABANDONED)
            });
            if ours && old && std::fs::remove_file(entry.path()).is_ok() {
                tracing::info!(path = %entry.path().display(), "left by a cut-off run, deleted");
            }
        }
    }
}

/// Which of `all`, the oldest first, stay.
fn worth_keeping(all: &[Saved], now: Timestamp, weeks: u16) -> Vec<bool> {
    let oldest = i64::from(weeks) * 7 * 86_400 + ALL_OF;
    let mut best: BTreeMap<(&[Symbol], i16, i8), usize> = BTreeMap::new();
    let mut newest: BTreeMap<&[Symbol], usize> = BTreeMap::new();
    let age = |saved: &Saved| now.as_second() - saved.scanned_at.as_second();
    for (at, saved) in all.iter().enumerate() {
        newest.insert(&saved.accounts, at);
        let week = jiff::tz::TimeZone::UTC
            .to_datetime(saved.scanned_at)
            .date()
            .iso_week_date();
        let key = (saved.accounts.as_slice(), week.year(), week.week());
        let held = best.entry(key).or_insert(at);
        if saved.listed >= all[*held].listed {
            *held = at;
        }
    }
    let weekly: BTreeSet<usize> = best.into_values().collect();
    let newest: BTreeSet<usize> = newest.into_values().collect();
    all.iter()
        .enumerate()
        .map(|(at, saved)| {
            let age = age(saved);
            age <= ALL_OF || newest.contains(&at) || (age <= oldest && weekly.contains(&at))
        })
        .collect()
}

fn accounts_word(ids: &BTreeSet<&str>) -> String {
    let named: Vec<&str> = ids.iter().copied().collect();
    match named.len() {
        0 => "no-account".to_owned(),
        1..=NAMED => named.join("-"),
        many => {
            let all = Sha256::digest(named.join(" "));
            format!("{}-and-{}-more-{}", named[0], many - 1, hex::encode(&all[..4]))
        }
    }
}

fn time_word(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The file as a snapshot, where its name and its header say that it is one and agree.
fn saved(path: PathBuf) -> Option<Saved> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".zst").unwrap_or(name).strip_suffix(".jsonl")?;
    let Head {
        scanned_at,
        accounts,
        listed,
        ..
    } = head(&path).ok()?;
    let ids: BTreeSet<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let tail = stem.strip_prefix(&format!("{}-{}", accounts_word(&ids), time_word(scanned_at)))?;
    let numbered = |tail: &str| tail.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok());
    (tail.is_empty() || numbered(tail)).then(|| Saved {
        scanned_at,
        accounts: ids.into_iter().map(Symbol::new).collect(),
        listed,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Cell, CellStatus};
    use crate::snapshot::{Snapshot, write};

    fn scan(account: &str, at: &str, listed: usize) -> Scan {
        let cell = |number: usize| Cell {
            kind: Symbol::new(&format!("aws_kind_{number}")),
            account: account.into(),
            region: "eu-west-1".into(),
            status: CellStatus::Listed,
            count: 0,
            detail: None,
        };
        Scan {
            scanned_at: at.parse().expect("a time"),
            accounts: vec![Account {
                id: account.into(),
                alias: None,
                partition: "aws".into(),
            }],
            coverage: (0..listed).map(cell).collect(),
            ..Scan::default()
        }
    }

    fn save(folder: &Folder, scan: Scan) -> PathBuf {
        let path = folder.place(&scan);
        let snapshot = Snapshot {
            scan,
            ..Snapshot::default()
        };
        write(&path, &snapshot).expect("written");
        path
    }

    fn names(folder: &Folder) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    const ONE: &str = "123456789012";
    const OTHER: &str = "210987654321";

    #[test]
    fn a_name_is_never_taken_twice() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(temporary.path());
        save(&folder, scan(ONE, "2026-11-24T08:00:00Z", 1));
        save(&folder, scan(ONE, "2026-11-24T08:00:00Z", 1));
        assert_eq!(
            names(&folder),
            [
                "123456789012-20261124T080000Z-2.jsonl.zst",
                "123456789012-20261124T080000Z.jsonl.zst"
            ]
        );
        assert_eq!(folder.list().expect("listed").len(), 2);
        let many: BTreeSet<&str> = [ONE, OTHER, "333333333333", "444444444444"].into_iter().collect();
        assert!(accounts_word(&many).starts_with("123456789012-and-3-more-"));
    }

    #[test]
    fn this_week_stays_whole_and_older_weeks_keep_their_fullest() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(temporary.path());
        for day in 1..=24 {
            // The 4th was the one whole scan of its week (Monday the 2nd to Sunday the 8th).
            let listed = if day == 4 { 9 } else { 5 };
            save(&folder, scan(ONE, &format!("2026-11-{day:02}T08:00:00Z"), listed));
        }
        // Another account's only one is old, and stays.
        save(&folder, scan(OTHER, "2024-01-01T08:00:00Z", 5));
        let now = "2026-11-24T08:00:00Z".parse().expect("a time");
        let thinned = folder.thin(now, 2).expect("thinned");
        let days: Vec<String> = folder
            .list()
            .expect("listed")
            .iter()
            .map(|saved| saved.scanned_at.strftime("%m-%d").to_string())
            .collect();
        // The 15th is a Sunday; the week of the 16th has its newest within the seven days.
        assert_eq!(
            days,
            [
                "01-01", "11-04", "11-15", "11-17", "11-18", "11-19", "11-20", "11-21", "11-22", "11-23", "11-24"
            ]
        );
        assert_eq!(thinned.kept, days.len());
        assert_eq!(thinned.deleted.len(), 25 - days.len());
        let again = folder.thin(now, 2).expect("thinned");
        assert!(again.deleted.is_empty(), "thinning twice changes nothing");
    }

    #[test]
    fn what_it_did_not_write_is_never_deleted() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(temporary.path());
        let old = save(&folder, scan(ONE, "2020-01-01T08:00:00Z", 1));
        save(&folder, scan(ONE, "2026-11-24T08:00:00Z", 1));
        let beside = |name: &str| folder.path().join(name);
        // A person's own name for one of ours; our name for another scan; our name on anything else; a link.
        std::fs::copy(&old, beside("before-the-move.jsonl.zst")).expect("copied");
        std::fs::copy(&old, beside("123456789012-20200102T080000Z.jsonl.zst")).expect("copied");
        std::fs::copy(&old, beside("210987654321-20200101T080000Z.jsonl.zst")).expect("copied");
        std::fs::write(beside("123456789012-20200103T080000Z.jsonl"), "{}\n").expect("written");
        std::fs::write(
            beside("123456789012-20200104T080000Z.jsonl"),
            "{\"header\":{\"schema\":\"whose.snapshot/9\"}}\n",
        )
        .expect("written");
        std::fs::write(beside("notes.txt"), "mine").expect("written");
        std::fs::write(beside(".whose-snapshot-abc.part"), "not six letters").expect("written");
        std::fs::create_dir(beside("123456789012-20200105T080000Z.jsonl.zst")).expect("made");
        let before = names(&folder);
        let thinned = folder
            .thin("2026-11-24T08:00:00Z".parse().expect("a time"), 1)
            .expect("thinned");
        assert_eq!(thinned.deleted, [old]);
        assert_eq!(names(&folder).len(), before.len() - 1);
    }

    #[test]
    fn what_a_cut_off_run_left_is_cleared_after_a_day() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(temporary.path());
        for (name, hours) in [(".whose-snapshot-aB3xYz.part", 25), (".whose-snapshot-qQ3xYz.part", 23)] {
            let file = std::fs::File::create(folder.path().join(name)).expect("made");
            let at = SystemTime::now() - Duration::from_secs(hours * 3600);
            file.set_modified(at).expect("set");
        }
        folder.thin(Timestamp::now(), 1).expect("thinned");
        assert_eq!(names(&folder), [".whose-snapshot-qQ3xYz.part"]);
    }
}

//! Snapshots: a saved scan with the states of that time, as JSON lines, streamed out and in.
//!
//! The first line is the header, then one line for each state, claim, cell and live resource, and last a line
//! that counts them: a file without it was cut off and is refused. A name that ends in `.zst` is compressed.
//! It is written beside its place and renamed, so that a cut-off run leaves no half file. Its permissions are those of
//! any new file (what the umask leaves), or those of the file that it replaces: it holds no secrets, and CI jobs hand it
//! to other users.
//!
//! It is read a megabyte of lines at a time: neither the text nor a line's JSON tree is ever held as a whole.

pub mod diff;
mod folder;

pub use folder::{DEFAULT_FOLDER, Folder, Saved, Thinned};

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::{Account, Cell, CellStatus, Claim, Coverage, Live, Scan, State, Symbol, Timestamp};

/// The version of the format that is written.
pub const SCHEMA: &str = "whose.snapshot/1";

/// The level of compression: quick, and within a few percent of the slow ones on this sort of text.
const LEVEL: i32 = 3;

/// A scan with the states of that time.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub scan: Scan,
    pub states: Vec<State>,
    pub claims: Vec<Claim>,
}

/// A snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("{path} could not be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} could not be written")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a snapshot of whose")]
    Foreign { path: PathBuf },
    #[error("{path} has the format {schema}, which this version does not know")]
    Unknown { path: PathBuf, schema: String },
    #[error("{path} is damaged at line {line}")]
    Damaged { path: PathBuf, line: u64 },
    #[error("{path} was cut off: it has {lines} lines and no end")]
    CutOff { path: PathBuf, lines: u64 },
}

impl SnapshotError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check the path and its permissions",
            Self::Write { .. } => "check that the folder exists, is writable and has space",
            Self::Foreign { .. } => "give a file that 'whose scan --snapshot FILE' wrote",
            Self::Unknown { .. } => "use a newer version of whose",
            Self::Damaged { .. } | Self::CutOff { .. } => "scan again; nothing of a damaged snapshot is used",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    schema: String,
    tool: String,
    scanned_at: Timestamp,
    accounts: Vec<Account>,
    regions: Vec<Symbol>,
    every_region: bool,
    /// Cells that were listed to the last page, so that the fuller of two can be told without reading them.
    #[serde(default)]
    listed: u64,
}

/// What the first line says.
#[derive(Clone, Debug)]
pub struct Head {
    /// The version of the tool that wrote it.
    pub tool: String,
    pub scanned_at: Timestamp,
    pub accounts: Vec<Account>,
    /// Cells that were listed; 0 where the writer did not say.
    pub listed: u64,
}

#[derive(Serialize, Deserialize)]
struct End {
    states: u64,
    claims: u64,
    cells: u64,
    live: u64,
}

/// One line; the key says what it is.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum LineOut<'a> {
    Header(&'a Header),
    State(&'a State),
    Claim(&'a Claim),
    Cell(&'a Cell),
    Live(&'a Live),
    End(&'a End),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LineIn {
    Header(Header),
    State(State),
    Claim(Box<Claim>),
    Cell(Cell),
    Live(Box<Live>),
    End(End),
}

/// Writes a snapshot.
///
/// # Errors
/// Where the file cannot be written; then the old one, if any, is still there.
pub fn write(path: &Path, snapshot: &Snapshot) -> Result<(), SnapshotError> {
    let failed = |source| SnapshotError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = beside(path, folder).map_err(failed)?;
    if path.extension().is_some_and(|extension| extension == "zst") {
        let mut packed = zstd::Encoder::new(file.as_file_mut(), LEVEL).map_err(failed)?;
        lines(&mut packed, snapshot).map_err(failed)?;
        packed.finish().map_err(failed)?;
    } else {
        let mut plain = BufWriter::new(file.as_file_mut());
        lines(&mut plain, snapshot).map_err(failed)?;
        plain.flush().map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The start of the name of a file that is being written; its end is [`PART`].
const BESIDE: &str = ".whose-snapshot-";
const PART: &str = ".part";

/// A file in the same folder, with the permissions that the snapshot is to have.
fn beside(path: &Path, folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(BESIDE).suffix(PART);
    let old = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
    let permissions = old.map(|old| old.permissions());
    #[cfg(unix)]
    let permissions = permissions.or_else(|| {
        use std::os::unix::fs::PermissionsExt;
        Some(std::fs::Permissions::from_mode(0o666))
    });
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    builder.tempfile_in(folder)
}

fn lines(out: &mut dyn Write, snapshot: &Snapshot) -> std::io::Result<()> {
    let Snapshot { scan, states, claims } = snapshot;
    let mut out = BufWriter::with_capacity(1 << 16, out);
    one(
        &mut out,
        &LineOut::Header(&Header {
            schema: SCHEMA.to_owned(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            scanned_at: scan.scanned_at,
            accounts: scan.accounts.clone(),
            regions: scan.regions.clone(),
            every_region: scan.every_region,
            listed: scan
                .coverage
                .cells()
                .filter(|cell| cell.status == CellStatus::Listed)
                .count() as u64,
        }),
    )?;
    states
        .iter()
        .try_for_each(|state| one(&mut out, &LineOut::State(state)))?;
    many(&mut out, claims, LineOut::Claim)?;
    let mut cells = 0;
    for cell in scan.coverage.cells() {
        cells += 1;
        one(&mut out, &LineOut::Cell(cell))?;
    }
    many(&mut out, &scan.live, LineOut::Live)?;
    one(
        &mut out,
        &LineOut::End(&End {
            states: states.len() as u64,
            claims: claims.len() as u64,
            cells,
            live: scan.live.len() as u64,
        }),
    )?;
    out.flush()
}

fn one(out: &mut impl Write, line: &LineOut<'_>) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Items that become text on all cores at the same time, some thousands at once.
fn many<'a, T: Sync>(
    out: &mut impl Write,
    items: &'a [T],
    line: impl Fn(&'a T) -> LineOut<'a> + Sync,
) -> std::io::Result<()> {
    const AT_ONCE: usize = 8192;
    const EACH: usize = 256;
    let text = |items: &'a [T]| {
        let mut text = Vec::new();
        items
            .iter()
            .try_for_each(|item| one(&mut text, &line(item)))
            .map(|()| text)
    };
    for items in items.chunks(AT_ONCE) {
        let texts: Vec<_> = items.par_chunks(EACH).map(text).collect();
        for text in texts {
            out.write_all(&text?)?;
        }
    }
    Ok(())
}

/// Reads a snapshot, compressed or not.
///
/// # Errors
/// Where the file cannot be read, is none, or is not whole.
pub fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    let file = File::open(path).map_err(|source| SnapshotError::Read {
        path: path.to_owned(),
        source,
    })?;
    read_from(file, path)
}

/// Reads a snapshot that is in memory; `name` stands in errors.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8], name: &str) -> Result<Snapshot, SnapshotError> {
    read_from(bytes, Path::new(name))
}

/// The first bytes of a zstd frame (source: RFC 8878, section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

fn read_from(reader: impl Read, path: &Path) -> Result<Snapshot, SnapshotError> {
    parse(unpack(reader, path)?, path)
}

/// The text of a snapshot, compressed or not.
fn unpack<'a>(reader: impl Read + 'a, path: &Path) -> Result<Box<dyn BufRead + 'a>, SnapshotError> {
    let failed = |source| SnapshotError::Read {
        path: path.to_owned(),
        source,
    };
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    if reader.fill_buf().map_err(failed)?.starts_with(&ZSTD) {
        let unpacked = zstd::Decoder::with_buffer(reader).map_err(failed)?;
        Ok(Box::new(BufReader::with_capacity(1 << 16, unpacked)))
    } else {
        Ok(Box::new(reader))
    }
}

/// The longest first line that is looked at: a file without line ends must not be read whole to see that it is foreign.
const LONGEST_HEADER: u64 = 1 << 20;

/// Reads the first line of a snapshot, and nothing more: it does not tell whether the file is whole.
///
/// # Errors
/// Where the file cannot be read or is none.
pub fn head(path: &Path) -> Result<Head, SnapshotError> {
    let failed = |source| SnapshotError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let mut line = Vec::new();
    let foreign = || SnapshotError::Foreign { path: path.to_owned() };
    unpack(file, path)?
        .take(LONGEST_HEADER)
        .read_until(b'\n', &mut line)
        .map_err(|_| foreign())?;
    check_schema(&line, path)?;
    match serde_json::from_slice(&line) {
        Ok(LineIn::Header(header)) => Ok(Head {
            tool: header.tool,
            scanned_at: header.scanned_at,
            accounts: header.accounts,
            listed: header.listed,
        }),
        _ => Err(foreign()),
    }
}

/// Some lines of a file, which are read together and parsed at the same time.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    lines: Vec<std::ops::Range<usize>>,
}

impl Batch {
    /// Bytes that are read at once, or a few more: the last line is whole.
    const SIZE: usize = 1 << 20;

    /// Reads the next lines; none at the end of the file. Lines before an error are there.
    fn fill(&mut self, reader: &mut impl BufRead) -> std::io::Result<()> {
        self.text.clear();
        self.lines.clear();
        while self.text.len() < Self::SIZE {
            let start = self.text.len();
            if reader.read_until(b'\n', &mut self.text)? == 0 {
                break;
            }
            self.lines.push(start..self.text.len());
        }
        Ok(())
    }

    fn line(&self, at: usize) -> &[u8] {
        &self.text[self.lines[at].clone()]
    }
}

fn parse(mut reader: impl BufRead, path: &Path) -> Result<Snapshot, SnapshotError> {
    let mut snapshot = Snapshot::default();
    let mut cells: Vec<Cell> = Vec::new();
    let mut number = 0;
    let mut end = None;
    let mut batch = Batch::default();
    loop {
        let failed = batch.fill(&mut reader).err();
        if number == 0 && !batch.lines.is_empty() {
            check_schema(batch.line(0), path)?;
        }
        // Text becomes data on all cores; the order stays that of the lines.
        let parsed: Vec<Option<LineIn>> = (0..batch.lines.len())
            .into_par_iter()
            .map(|at| serde_json::from_slice(batch.line(at)).ok())
            .collect();
        for (at, line) in parsed.into_iter().enumerate() {
            number += 1;
            match line {
                Some(LineIn::Header(header)) => {
                    snapshot.scan.scanned_at = header.scanned_at;
                    snapshot.scan.accounts = header.accounts;
                    snapshot.scan.regions = header.regions;
                    snapshot.scan.every_region = header.every_region;
                }
                Some(LineIn::State(state)) => snapshot.states.push(state),
                Some(LineIn::Claim(claim)) => snapshot.claims.push(*claim),
                Some(LineIn::Cell(cell)) => cells.push(cell),
                Some(LineIn::Live(live)) => snapshot.scan.live.push(*live),
                Some(LineIn::End(counts)) => end = Some(counts),
                None if batch.line(at).ends_with(b"\n") => {
                    return Err(SnapshotError::Damaged {
                        path: path.to_owned(),
                        line: number,
                    });
                }
                None => {
                    return Err(SnapshotError::CutOff {
                        path: path.to_owned(),
                        lines: number,
                    });
                }
            }
        }
        match failed {
            // A compressed file that was cut off ends in the middle of a frame.
            Some(error) if number > 0 && error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(SnapshotError::CutOff {
                    path: path.to_owned(),
                    lines: number,
                });
            }
            Some(source) => {
                return Err(SnapshotError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
            None if batch.lines.is_empty() => break,
            None => {}
        }
    }
    let whole = end.is_some_and(|end| {
        end.states == snapshot.states.len() as u64
            && end.claims == snapshot.claims.len() as u64
            && end.cells == cells.len() as u64
            && end.live == snapshot.scan.live.len() as u64
    });
    if !whole {
        return Err(SnapshotError::CutOff {
            path: path.to_owned(),
            lines: number,
        });
    }
    snapshot.scan.coverage = cells.into_iter().collect::<Coverage>();
    Ok(snapshot)
}

/// The first line says which format the rest has.
fn check_schema(line: &[u8], path: &Path) -> Result<(), SnapshotError> {
    #[derive(Deserialize)]
    struct Probe {
        header: Schema,
    }
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let Ok(Probe { header }) = serde_json::from_slice(line) else {
        return Err(SnapshotError::Foreign { path: path.to_owned() });
    };
    match header.schema.as_str() {
        SCHEMA => Ok(()),
        other if other.starts_with("whose.snapshot/") => Err(SnapshotError::Unknown {
            path: path.to_owned(),
            schema: other.to_owned(),
        }),
        _ => Err(SnapshotError::Foreign { path: path.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Configuration, Origin};

    fn sample() -> Snapshot {
        let mut live = Live::new(
            "aws_vpc",
            "123456789012".into(),
            "eu-west-1".into(),
            "vpc-1",
            "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1",
        );
        live.tagged([("Name", "main"), ("Project", "platform")].into_iter().collect());
        live.configuration = Configuration::new()
            .with("cidr_block", "10.0.0.0/16")
            .with("ports", vec![1, 2]);
        live.origin = Origin::AwsMade("the default".into());
        live.lives_with("aws_vpc", "vpc-2", "for the test");
        live.refer("peer", "vpc-3");
        Snapshot {
            scan: Scan {
                scanned_at: "2026-11-24T00:00:00Z".parse().expect("a time"),
                accounts: vec![Account {
                    id: "123456789012".into(),
                    alias: None,
                    partition: "aws".into(),
                }],
                regions: vec!["eu-west-1".into()],
                every_region: true,
                live: vec![live],
                coverage: [Cell {
                    kind: "aws_vpc".into(),
                    account: "123456789012".into(),
                    region: "eu-west-1".into(),
                    status: CellStatus::Listed,
                    count: 1,
                    detail: None,
                }]
                .into_iter()
                .collect(),
            },
            states: Vec::new(),
            claims: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_is_read_again_plain_and_packed() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["plain.jsonl", "packed.jsonl.zst"] {
            let path = folder.path().join(name);
            write(&path, &sample()).expect("written");
            let again = read(&path).expect("read");
            assert_eq!(again.scan.live, sample().scan.live);
            assert_eq!(again.scan.coverage, sample().scan.coverage);
            assert_eq!(again.scan.scanned_at, sample().scan.scanned_at);
        }
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("a folder").count(),
            2,
            "nothing is left beside them"
        );
    }

    #[test]
    fn every_cut_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["plain.jsonl", "packed.jsonl.zst"] {
            let path = folder.path().join(name);
            write(&path, &sample()).expect("written");
            let whole = std::fs::read(&path).expect("read");
            for length in 0..whole.len() - 1 {
                assert!(
                    read_bytes(&whole[..length], name).is_err(),
                    "{name} cut at {length} reads as whole"
                );
            }
        }
    }

    #[test]
    fn other_files_and_later_formats_are_told_apart() {
        let foreign = read_bytes(b"{\"version\":4}\n", "x").expect_err("foreign");
        assert!(matches!(foreign, SnapshotError::Foreign { .. }));
        let later = read_bytes(b"{\"header\":{\"schema\":\"whose.snapshot/9\"}}\n", "x").expect_err("later");
        assert!(matches!(later, SnapshotError::Unknown { .. }));
    }
}

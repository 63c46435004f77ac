//! Reads snapshots, a megabyte of lines at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::line::{End, Format, Header, LineIn};
use super::{Head, Snapshot, SnapshotError};
use crate::model::{Cell, Coverage};

/// Reads a snapshot, compressed or not.
///
/// # Errors
/// Where the file cannot be read, is none, or is not whole.
pub fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    whole(Lines::new(open(path)?, path)?)
}

/// Reads a snapshot that is in memory; `name` stands in errors.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8], name: &str) -> Result<Snapshot, SnapshotError> {
    whole(Lines::new(bytes, Path::new(name))?)
}

/// The longest first line that is looked at: a file without line ends must not be read whole to see that it is foreign.
const LONGEST_HEADER: u64 = 1 << 20;

/// Reads the first line of a snapshot, and nothing more: it does not tell whether the file is whole.
///
/// # Errors
/// Where the file cannot be read or is none.
pub fn head(path: &Path) -> Result<Head, SnapshotError> {
    let header = header(open_again(path)?, path)?;
    Ok(Head {
        tool: header.tool,
        scanned_at: header.scanned_at,
        accounts: header.accounts,
        listed: header.listed,
    })
}

pub(super) fn header(reader: impl Read + Send, path: &Path) -> Result<Header, SnapshotError> {
    let mut line = Vec::new();
    let foreign = || SnapshotError::Foreign { path: path.to_owned() };
    unpack(reader, path)?
        .reader
        .take(LONGEST_HEADER)
        .read_until(b'\n', &mut line)
        .map_err(|error| match error.kind() {
            // A small file is one frame, of which nothing can be read without its end.
            std::io::ErrorKind::UnexpectedEof => SnapshotError::CutOff {
                path: path.to_owned(),
                lines: 0,
            },
            _ => foreign(),
        })?;
    check_format(&line, path)?;
    let header = <LineIn>::parse(&line).and_then(|line| line.header);
    header.map(|header| *header).ok_or_else(foreign)
}

/// Opens what is read more than once.
pub(super) fn open_again(path: &Path) -> Result<File, SnapshotError> {
    let file = open(path)?;
    if file.metadata().is_ok_and(|about| about.is_file()) {
        Ok(file)
    } else {
        Err(SnapshotError::NoFile { path: path.to_owned() })
    }
}

fn open(path: &Path) -> Result<File, SnapshotError> {
    File::open(path).map_err(|source| SnapshotError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The first line says which format the rest has.
fn check_format(line: &[u8], path: &Path) -> Result<(), SnapshotError> {
    let path = path.to_owned();
    match Format::of(line) {
        Format::Known => Ok(()),
        Format::Unknown(schema) => Err(SnapshotError::Unknown { path, schema }),
        Format::Foreign => Err(SnapshotError::Foreign { path }),
    }
}

/// The first bytes of a zstd frame (source: RFC 8878, section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// The bit of the byte after them that says that a sum stands at the end (the same, section 3.1.1.1.1).
const SUM: u8 = 1 << 2;

/// The text of a snapshot.
struct Unpacked<'a> {
    reader: Box<dyn BufRead + Send + 'a>,
    /// A sum at the end tells whether any of it is damaged.
    has_sum: bool,
}

/// Unpacks a text that is compressed, or not.
fn unpack<'a>(reader: impl Read + Send + 'a, path: &Path) -> Result<Unpacked<'a>, SnapshotError> {
    let failed = |source| SnapshotError::Read {
        path: path.to_owned(),
        source,
    };
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let start = reader.fill_buf().map_err(failed)?;
    if start.starts_with(&ZSTD) {
        let has_sum = start.get(ZSTD.len()).is_some_and(|descriptor| descriptor & SUM != 0);
        let unpacked = zstd::Decoder::with_buffer(reader).map_err(failed)?;
        Ok(Unpacked {
            reader: Box::new(BufReader::with_capacity(1 << 16, unpacked)),
            has_sum,
        })
    } else {
        Ok(Unpacked {
            reader: Box::new(reader),
            has_sum: false,
        })
    }
}

/// Some lines of a file, which are read together and parsed at the same time.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    lines: Vec<std::ops::Range<usize>>,
    /// Why there are no more; the lines before it are there.
    failed: Option<std::io::Error>,
}

impl Batch {
    /// Bytes that are read at once, or a few more: the last line is whole.
    const SIZE: usize = 1 << 20;

    /// Reads the next lines; none at the end of the file.
    fn fill(&mut self, reader: &mut impl BufRead) {
        self.text.clear();
        self.lines.clear();
        self.failed = None;
        while self.text.len() < Self::SIZE {
            let start = self.text.len();
            match reader.read_until(b'\n', &mut self.text) {
                Ok(0) => break,
                Ok(_) => self.lines.push(start..self.text.len()),
                Err(error) => {
                    self.failed = Some(error);
                    break;
                }
            }
        }
    }

    fn line(&self, at: usize) -> &[u8] {
        &self.text[self.lines[at].clone()]
    }
}

/// The lines of a snapshot, in their order.
pub(super) struct Lines<'a> {
    path: PathBuf,
    reader: Box<dyn BufRead + Send + 'a>,
    batch: Batch,
    /// Read while the lines before it are parsed.
    ahead: Batch,
    /// Lines that were read so far.
    read: u64,
    has_sum: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(reader: impl Read + Send + 'a, path: &Path) -> Result<Self, SnapshotError> {
        let Unpacked { mut reader, has_sum } = unpack(reader, path)?;
        let mut ahead = Batch::default();
        ahead.fill(&mut reader);
        Ok(Self {
            path: path.to_owned(),
            reader,
            batch: Batch::default(),
            ahead,
            read: 0,
            has_sum,
        })
    }

    /// Says whether damage anywhere is noticed, at the end at the latest.
    pub(super) fn has_sum(&self) -> bool {
        self.has_sum
    }

    /// Parses the next lines on all cores, in their order; there are none at the end. `parse` gets the position of the
    /// line in the file, and says `None` where it makes nothing of it: then the file is damaged, or was cut off there.
    pub(super) fn next<T: Send>(
        &mut self,
        parse: impl Fn(u64, &[u8]) -> Option<T> + Sync,
    ) -> Result<Vec<T>, SnapshotError> {
        std::mem::swap(&mut self.batch, &mut self.ahead);
        let failed = self.batch.failed.take();
        if self.read == 0 && !self.batch.lines.is_empty() {
            check_format(self.batch.line(0), &self.path)?;
        }
        let before = self.read;
        let (batch, ahead, reader) = (&self.batch, &mut self.ahead, &mut self.reader);
        let parse = || -> Vec<Result<T, usize>> {
            (0..batch.lines.len())
                .into_par_iter()
                .map(|at| parse(before + at as u64, batch.line(at)).ok_or(at))
                .collect()
        };
        let (parsed, ()) = rayon::join(parse, || ahead.fill(reader));
        self.read += self.batch.lines.len() as u64;
        let parsed = parsed.into_iter().collect::<Result<Vec<T>, usize>>();
        match (parsed, failed) {
            (Err(at), _) if self.batch.line(at).ends_with(b"\n") => Err(self.damaged(before + at as u64)),
            (Err(at), _) => Err(self.cut_off(before + at as u64 + 1)),
            // A compressed file that was cut off ends in the middle of a frame.
            (Ok(_), Some(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(self.cut_off(self.read)),
            (Ok(_), Some(source)) => Err(SnapshotError::Read {
                path: self.path.clone(),
                source,
            }),
            (Ok(parsed), None) => Ok(parsed),
        }
    }

    /// The error for a line that cannot be as it is; its position counts from 0.
    pub(super) fn damaged(&self, at: u64) -> SnapshotError {
        SnapshotError::Damaged {
            path: self.path.clone(),
            line: at + 1,
        }
    }

    fn cut_off(&self, lines: u64) -> SnapshotError {
        SnapshotError::CutOff {
            path: self.path.clone(),
            lines,
        }
    }

    /// Holds what was read against what the last line says.
    pub(super) fn check_end(&self, end: Option<End>, read: End) -> Result<(), SnapshotError> {
        if end == Some(read) {
            Ok(())
        } else {
            Err(self.cut_off(self.read))
        }
    }
}

fn whole(mut lines: Lines<'_>) -> Result<Snapshot, SnapshotError> {
    let mut snapshot = Snapshot::default();
    let mut cells: Vec<Cell> = Vec::new();
    let (mut sets, mut end) = (0, None);
    loop {
        let parsed = lines.next(|_, line| <LineIn>::parse(line))?;
        if parsed.is_empty() {
            break;
        }
        for line in parsed {
            if let Some(live) = line.live {
                snapshot.scan.live.push(*live);
            } else if let Some(claim) = line.claim {
                snapshot.claims.push(*claim);
            } else if let Some(cell) = line.cell {
                cells.push(*cell);
            } else if let Some(state) = line.state {
                snapshot.states.push(*state);
            } else if let Some(header) = line.header {
                snapshot.scan.scanned_at = header.scanned_at;
                snapshot.scan.accounts = header.accounts;
                snapshot.scan.regions = header.regions;
                snapshot.scan.every_region = header.every_region;
            }
            sets += u64::from(line.set.is_some());
            end = line.end.or(end);
        }
    }
    let read = End {
        states: snapshot.states.len() as u64,
        claims: snapshot.claims.len() as u64,
        cells: cells.len() as u64,
        sets,
        live: snapshot.scan.live.len() as u64,
    };
    lines.check_end(end, read)?;
    snapshot.scan.coverage = cells.into_iter().collect::<Coverage>();
    Ok(snapshot)
}

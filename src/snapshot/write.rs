//! Writes snapshots, beside their place first.

use std::io::{BufWriter, Write};
use std::path::Path;

use rayon::prelude::*;

use super::joined::{Rules, Set, Standing};
use super::line::{End, Header, LineOut, SCHEMA, TOOL};
use super::{BESIDE, PART, Snapshot, SnapshotError};
use crate::ledger::Ledger;
use crate::model::{Account, CellStatus, Claim, Coverage, Live, State, Symbol, Timestamp};

/// The level of compression: quick, and within a few percent of the slow ones on this sort of text.
const LEVEL: i32 = 3;

/// Writes a scan.
///
/// # Errors
/// Where the file cannot be written; then the old one, if any, is still there.
pub fn write(path: &Path, snapshot: &Snapshot) -> Result<(), SnapshotError> {
    place(path, &Content::of_scan(snapshot))
}

/// Writes a scan with what its join said, so that a comparison need not join it again.
///
/// # Errors
/// As [`write`].
pub fn write_joined(path: &Path, ledger: &Ledger, rules: &Rules) -> Result<(), SnapshotError> {
    place(path, &Content::of_ledger(ledger, rules))
}

/// The text of a joined scan, compressed, in memory.
pub(super) fn pack(ledger: &Ledger, rules: &Rules) -> std::io::Result<Vec<u8>> {
    let mut packed = packer(Vec::new())?;
    lines(&mut packed, &Content::of_ledger(ledger, rules))?;
    packed.finish()
}

/// What a snapshot is written from.
struct Content<'a> {
    scanned_at: Timestamp,
    accounts: &'a [Account],
    regions: &'a [Symbol],
    every_region: bool,
    coverage: &'a Coverage,
    states: &'a [State],
    claims: &'a [Claim],
    live: &'a [Live],
    joined: Option<(&'a Ledger, &'a Rules)>,
}

impl<'a> Content<'a> {
    fn of_scan(snapshot: &'a Snapshot) -> Self {
        let Snapshot { scan, states, claims } = snapshot;
        Self {
            scanned_at: scan.scanned_at,
            accounts: &scan.accounts,
            regions: &scan.regions,
            every_region: scan.every_region,
            coverage: &scan.coverage,
            states,
            claims,
            live: &scan.live,
            joined: None,
        }
    }

    fn of_ledger(ledger: &'a Ledger, rules: &'a Rules) -> Self {
        Self {
            scanned_at: ledger.scanned_at,
            accounts: &ledger.accounts,
            regions: &ledger.regions,
            every_region: ledger.every_region,
            coverage: &ledger.coverage,
            states: &ledger.states,
            claims: &ledger.claims,
            live: &ledger.live,
            joined: Some((ledger, rules)),
        }
    }

    fn header(&self) -> Header {
        let listed = |status| status == CellStatus::Listed;
        Header {
            schema: SCHEMA.to_owned(),
            tool: TOOL.to_owned(),
            scanned_at: self.scanned_at,
            accounts: self.accounts.to_vec(),
            regions: self.regions.to_vec(),
            every_region: self.every_region,
            listed: self.coverage.cells().filter(|cell| listed(cell.status)).count() as u64,
            joined: self.joined.map(|(_, rules)| rules.clone()),
        }
    }
}

fn place(path: &Path, content: &Content<'_>) -> Result<(), SnapshotError> {
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
        let mut packed = packer(file.as_file_mut()).map_err(failed)?;
        lines(&mut packed, content).map_err(failed)?;
        packed.finish().map_err(failed)?;
    } else {
        let mut plain = BufWriter::new(file.as_file_mut());
        lines(&mut plain, content).map_err(failed)?;
        plain.flush().map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Compresses; the sum at the end tells damage also in lines that a reader passes by.
fn packer<'a, W: Write>(to: W) -> std::io::Result<zstd::Encoder<'a, W>> {
    let mut packer = zstd::Encoder::new(to, LEVEL)?;
    packer.include_checksum(true)?;
    Ok(packer)
}

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

fn lines(out: &mut dyn Write, content: &Content<'_>) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let mut end = End {
        states: content.states.len() as u64,
        claims: content.claims.len() as u64,
        live: content.live.len() as u64,
        ..End::default()
    };
    one(&mut out, &LineOut::Header(&content.header()))?;
    for state in content.states {
        one(&mut out, &LineOut::State(state))?;
    }
    for cell in content.coverage.cells() {
        end.cells += 1;
        one(&mut out, &LineOut::Cell(cell))?;
    }
    let ledger = content.joined.map(|(ledger, _)| ledger);
    for set in ledger.into_iter().flat_map(Set::all_of) {
        end.sets += 1;
        one(&mut out, &LineOut::Set(&set))?;
    }
    many(&mut out, content.live, |at, live| LineOut::Live {
        live,
        joined: ledger.map(|ledger| Standing::of(ledger, at)),
    })?;
    many(&mut out, content.claims, |_, claim| LineOut::Claim(claim))?;
    one(&mut out, &LineOut::End(&end))?;
    out.flush()
}

fn one(out: &mut impl Write, line: &LineOut<'_>) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Items that become text on all cores at the same time, some thousands at once. `line` gets their positions, too.
fn many<'a, T: Sync>(
    out: &mut impl Write,
    items: &'a [T],
    line: impl Fn(usize, &'a T) -> LineOut<'a> + Sync,
) -> std::io::Result<()> {
    const AT_ONCE: usize = 8192;
    const EACH: usize = 256;
    let text = |(from, items): (usize, &'a [T])| {
        let mut text = Vec::new();
        (from..)
            .zip(items)
            .try_for_each(|(at, item)| one(&mut text, &line(at, item)))
            .map(|()| text)
    };
    let mut from = 0;
    for items in items.chunks(AT_ONCE) {
        let texts: Vec<_> = items
            .par_chunks(EACH)
            .enumerate()
            .map(|(chunk, items)| text((from + chunk * EACH, items)))
            .collect();
        from += items.len();
        for text in texts {
            out.write_all(&text?)?;
        }
    }
    Ok(())
}

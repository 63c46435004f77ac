//! The lines of a snapshot: what they hold, and which formats are known.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::joined::{Rules, Set, Standing};
use crate::model::{Account, Cell, Claim, Live, State, Symbol, Timestamp};

/// The version of the format that is written.
///
/// - 1: header, states, claims, cells, live resources, end.
/// - 2: header, states, cells, duplicate sets, live resources in the order of the ledger, claims, end. Where the header
///   says by which rules the scan was joined, each live resource has its result beside it, and sets are there.
pub const SCHEMA: &str = "whose.snapshot/2";

/// Every version that is read.
const READABLE: [&str; 2] = ["whose.snapshot/1", SCHEMA];

/// The version of this tool, as headers have it.
pub(super) const TOOL: &str = env!("CARGO_PKG_VERSION");

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) schema: String,
    pub(super) tool: String,
    pub(super) scanned_at: Timestamp,
    pub(super) accounts: Vec<Account>,
    pub(super) regions: Vec<Symbol>,
    pub(super) every_region: bool,
    /// Cells that were listed to the last page, so that the fuller of two can be told without reading them.
    #[serde(default)]
    pub(super) listed: u64,
    /// How the scan was joined, where the result stands in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) joined: Option<Rules>,
}

/// The last line: what the file must hold to be whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) states: u64,
    pub(super) claims: u64,
    pub(super) cells: u64,
    #[serde(default)]
    pub(super) sets: u64,
    pub(super) live: u64,
}

/// One line; the key says what it is.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineOut<'a> {
    Header(&'a Header),
    State(&'a State),
    Claim(&'a Claim),
    Cell(&'a Cell),
    Set(&'a Set),
    End(&'a End),
    #[serde(untagged)]
    Live {
        live: &'a Live,
        #[serde(skip_serializing_if = "Option::is_none")]
        joined: Option<Standing>,
    },
}

/// How a line with a claim starts: who needs none may pass it by.
pub(super) const CLAIM: &[u8] = b"{\"claim\":";

/// One line, read: exactly one of them is there, and `joined` only with `live`.
///
/// A reader that joins itself needs neither sets nor standings, and must not stumble over them: it takes whatever they
/// hold ([`IgnoredAny`]).
#[derive(Deserialize)]
pub(super) struct LineIn<S = IgnoredAny, J = IgnoredAny> {
    pub(super) header: Option<Box<Header>>,
    pub(super) state: Option<Box<State>>,
    pub(super) claim: Option<Box<Claim>>,
    pub(super) cell: Option<Box<Cell>>,
    pub(super) set: Option<S>,
    pub(super) live: Option<Box<Live>>,
    pub(super) joined: Option<J>,
    pub(super) end: Option<End>,
}

impl<S: DeserializeOwned, J: DeserializeOwned> LineIn<S, J> {
    /// Parses a line; `None` where it is damaged, or says nothing that is known.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line: Self = serde_json::from_slice(line).ok()?;
        let said = [
            line.header.is_some(),
            line.state.is_some(),
            line.claim.is_some(),
            line.cell.is_some(),
            line.set.is_some(),
            line.live.is_some(),
            line.end.is_some(),
        ];
        let is_one = said.into_iter().filter(|said| *said).count() == 1;
        (is_one && (line.joined.is_none() || line.live.is_some())).then_some(line)
    }
}

/// What the first line says about the format.
pub(super) enum Format {
    Known,
    /// Of a later version of the tool.
    Unknown(String),
    Foreign,
}

impl Format {
    pub(super) fn of(line: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Probe {
            header: Schema,
        }
        #[derive(Deserialize)]
        struct Schema {
            schema: String,
        }
        match serde_json::from_slice(line) {
            Ok(Probe { header }) if READABLE.contains(&header.schema.as_str()) => Self::Known,
            Ok(Probe { header }) if header.schema.starts_with("whose.snapshot/") => Self::Unknown(header.schema),
            _ => Self::Foreign,
        }
    }
}

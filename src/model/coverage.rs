//! What was looked at: kind x account x region, and with what success.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Symbol;

/// Stands in the coverage for the tags that come in bulk, beside the kinds.
pub const TAGS: Symbol = Symbol::known("aws_resource_tags");

/// Stands in the coverage for what stacks say that they hold, beside the kinds.
pub const STACK_RESOURCES: Symbol = Symbol::known("aws_stack_resources");

/// How the listing of one kind in one account and region ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellStatus {
    /// All pages were read.
    Listed,
    /// The caller may not list it.
    Denied,
    /// The service kept asking to slow down until the retries ran out.
    Throttled,
    /// Unreachable, timed out, or an answer that could not be read.
    Failed,
    /// There is nothing to list: the service is not offered in the region, or the account does not use it.
    /// No failure, but no proof either: nothing is called missing there.
    NotEnabled,
    /// It was asked not to look.
    Skipped,
}

impl CellStatus {
    /// The word for it in prose.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            CellStatus::Listed => "listed",
            CellStatus::Denied => "denied",
            CellStatus::Throttled => "throttled",
            CellStatus::Failed => "failed",
            CellStatus::NotEnabled => "not enabled",
            CellStatus::Skipped => "skipped",
        }
    }
}

/// One kind in one account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub kind: Symbol,
    pub account: Symbol,
    pub region: Symbol,
    pub status: CellStatus,
    /// Resources found, also where the listing ended early.
    pub count: u64,
    /// Why it is a gap: the operation and the service's error code. Never a message body.
    pub detail: Option<String>,
}

/// The book of cells, in a stable order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    cells: BTreeMap<(Symbol, Symbol, Symbol), Cell>,
}

impl Coverage {
    /// Enters a cell. Where the cell is there already the worse status stays, so that a gap is never painted over.
    pub fn enter(&mut self, cell: Cell) {
        let key = (cell.kind, cell.account, cell.region);
        match self.cells.entry(key) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(cell);
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                let old = place.get_mut();
                old.count += cell.count;
                if old.status == CellStatus::Listed && cell.status != CellStatus::Listed {
                    old.status = cell.status;
                    old.detail = cell.detail;
                }
            }
        }
    }

    /// Returns the cell of a kind; `region` is `global` for global kinds.
    #[must_use]
    pub fn cell(&self, kind: Symbol, account: Symbol, region: Symbol) -> Option<&Cell> {
        self.cells.get(&(kind, account, region))
    }

    /// Says whether every page of this kind was read there.
    #[must_use]
    pub fn listed(&self, kind: Symbol, account: Symbol, region: Symbol) -> bool {
        self.cell(kind, account, region)
            .is_some_and(|cell| cell.status == CellStatus::Listed)
    }

    /// The name under which the gaps in a kind's settings are entered: its resources were listed, but a describe call
    /// that tells more of them failed. There is a cell only where there is such a gap.
    #[must_use]
    pub fn settings_of(kind: Symbol) -> Symbol {
        Symbol::new(&format!("{kind}.settings"))
    }

    /// All cells of one kind.
    pub fn of_kind(&self, kind: Symbol) -> impl Iterator<Item = &Cell> {
        let low = (kind, Symbol::known(""), Symbol::known(""));
        self.cells
            .range(low..)
            .take_while(move |(key, _)| key.0 == kind)
            .map(|(_, cell)| cell)
    }

    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.values()
    }

    /// Cells that may hold something that was not seen: neither `listed` nor `not enabled`.
    pub fn gaps(&self) -> impl Iterator<Item = &Cell> {
        self.cells()
            .filter(|cell| !matches!(cell.status, CellStatus::Listed | CellStatus::NotEnabled))
    }

    /// Says whether all that was asked for was seen. What the user chose to skip does not count
    /// (though nothing is called missing there).
    #[must_use]
    pub fn complete(&self) -> bool {
        self.gaps().all(|cell| cell.status == CellStatus::Skipped)
    }
}

impl FromIterator<Cell> for Coverage {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        let mut coverage = Self::default();
        for cell in cells {
            coverage.enter(cell);
        }
        coverage
    }
}

impl Serialize for Coverage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.cells())
    }
}

impl<'de> Deserialize<'de> for Coverage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Cell>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(status: CellStatus) -> Cell {
        Cell {
            kind: "aws_vpc".into(),
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            status,
            count: 1,
            detail: None,
        }
    }

    #[test]
    fn a_gap_is_never_painted_over() {
        let coverage: Coverage = [
            cell(CellStatus::Listed),
            cell(CellStatus::Denied),
            cell(CellStatus::Listed),
        ]
        .into_iter()
        .collect();
        let only = coverage.cells().next().expect("one cell");
        assert_eq!((only.status, only.count), (CellStatus::Denied, 3));
        assert!(!coverage.complete());
    }

    #[test]
    fn a_service_that_is_not_there_is_no_gap_and_not_listed() {
        let coverage: Coverage = [cell(CellStatus::NotEnabled)].into_iter().collect();
        assert!(coverage.complete());
        assert_eq!(coverage.gaps().count(), 0);
        assert!(!coverage.listed("aws_vpc".into(), "123456789012".into(), "eu-west-1".into()));
    }

    #[test]
    fn what_was_skipped_on_purpose_is_a_gap_but_not_a_failure() {
        let coverage: Coverage = [cell(CellStatus::Skipped)].into_iter().collect();
        assert!(coverage.complete());
        assert_eq!(coverage.gaps().count(), 1);
    }
}

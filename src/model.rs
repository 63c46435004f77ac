//! The words of the tool as data: what is live, what is claimed, what was seen.
//!
//! Plain data and pure functions. It must not know AWS clients, files, the clock or a terminal.

pub mod arn;
pub mod claim;
pub mod configuration;
pub mod coverage;
pub mod live;
pub mod plan;
pub mod shape;
pub mod symbol;
pub mod tags;
mod wire;

pub use arn::Arn;
pub use claim::{Claim, Mode, State, StateStatus};
pub use configuration::{Configuration, Value};
pub use coverage::{Cell, CellStatus, Coverage};
pub use live::{Account, Delegate, Live, Origin, PartOf, Reference, Scan, UNSEEN};
pub use symbol::Symbol;
pub use tags::Tags;

/// A moment, printed as RFC 3339 in UTC.
pub type Timestamp = jiff::Timestamp;

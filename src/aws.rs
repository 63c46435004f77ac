//! AWS: credentials, accounts, regions, clients, pacing and faults.
//!
//! Together with `src/kinds` the only place that names the SDK. It must not know what a kind looks like,
//! and it can only read: [`readonly`] refuses every other operation before it leaves the machine.

pub mod call;
pub mod clients;
pub mod fault;
pub mod list;
mod pace;
pub mod readonly;
#[cfg(test)]
pub mod replay;
pub mod session;
pub mod stacks;
pub mod tagging;
pub mod trail;
pub mod whole;

pub use clients::Clients;
pub use fault::Fault;
pub use list::{List, ListCx};
pub use session::{ConnectError, ConnectOptions, Regions, Session};

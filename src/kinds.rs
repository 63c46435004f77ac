//! The kinds: what each one is (facts) and how it is listed, one file a kind or tight family, one line in [`LISTINGS`].
//!
//! Facts are plain data that every layer may use. The `list` functions are the only code besides `src/aws`
//! that names an AWS service.

pub mod facts;
pub mod prices;
pub mod registry;

mod convert;
mod ebs_volume;
mod eip;
mod instance;
mod internet_gateway;
mod key_pair;
mod nat_gateway;
mod route_table;
mod security_group;
mod subnet;
mod vpc;

use facts::Kind;

use crate::aws::List;

/// One way to list one kind, or a tight family that one operation returns together.
pub struct Listing {
    /// The kinds that it returns.
    pub kinds: &'static [&'static Kind],
    /// Every IAM action that it calls.
    pub actions: &'static [&'static str],
    pub list: List,
}

/// Every described kind, sorted by file.
pub static LISTINGS: &[&Listing] = &[
    &ebs_volume::LISTING,
    &eip::LISTING,
    &instance::LISTING,
    &internet_gateway::EGRESS_ONLY_LISTING,
    &internet_gateway::LISTING,
    &key_pair::LISTING,
    &nat_gateway::LISTING,
    &route_table::LISTING,
    &security_group::LISTING,
    &subnet::LISTING,
    &vpc::LISTING,
];

pub use registry::{Disposition, disposition, kind};

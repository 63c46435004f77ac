//! Runs the binary: one integration test for all, because each further one would link the SDK again.

mod check;
mod cli;
mod closure;
mod conformance;
mod generated;
#[cfg(unix)]
mod guard;
mod harness;
mod help;
mod iam;
mod incident;
mod layers;
mod live;
mod makers;
mod precision;
mod promises;
mod proxy;
mod readme;
mod registry;
mod remains;
mod settings;
mod table;
mod terraform;
mod time;
mod trail;
mod warehouses;
mod wide;
mod wire;

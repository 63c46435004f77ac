//! Runs the binary: one integration test for all, because each further one would link the SDK again.

mod cli;
mod closure;
mod generated;
mod harness;
mod help;
mod live;
mod precision;
mod time;
mod wire;

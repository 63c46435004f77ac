//! Runs the binary: one integration test for all, because each further one would link the SDK again.

mod check;
mod cli;
mod closure;
mod harness;
mod help;
mod incident;
mod live;
mod time;
mod wire;

//! `whose`: whose is every resource in an AWS account, and what breaks if it goes?
//!
//! ARCHITECTURE.md has the layers; a test holds them.

pub mod aws;
pub mod check;
pub mod cli;
pub mod commands;
pub mod config;
pub mod findings;
pub mod guard;
pub mod kinds;
pub mod ledger;
pub mod model;
pub mod report;
pub mod scan;
pub mod shell;
pub mod snapshot;
pub mod terraform;
pub mod triage;

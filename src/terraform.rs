//! Terraform and OpenTofu: what states say, read as plain JSON, without any provider.
//!
//! Bytes go in, claims come out. It knows file formats and where states lie on a disk; it must not
//! know AWS, the join, or how anything is printed. States hold passwords, so what is kept is decided
//! here, while parsing: attributes that a kind's facts name, tags, ids, and strings in the exact shape
//! of an ARN or AWS-made id. Everything else is skipped without being built, and an error says where
//! in a file something is wrong, never what stands there.

mod address;
mod filter;
mod json;
mod lineage;
mod object;
mod plan;
mod project;
mod show;
mod source;
mod state;

pub use plan::{PlanError, PlanFile, Program, parse_plan, read_plan};
pub use source::{Input, Note, SourceError, States, read_all, read_all_from};
pub use state::{Parsed, parse_state};

//! Reports: one document, rendered for people and for machines. Everything here returns text and writes nothing.

pub mod changes;
pub mod check;
pub mod csv;
pub mod document;
pub mod explain;
pub mod html;
pub mod human;
pub mod json;
pub mod markdown;
mod paper;
pub mod text;
pub mod triage;
mod view;
pub mod weekly;

pub use document::Document;
pub use view::View;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

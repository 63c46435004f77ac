//! Reports: one document, rendered for people and for machines. Everything here returns text and writes nothing.

pub mod document;

pub use document::Document;

//! JSON: the contract `whose.report/1`, as [`Document`] defines it.

use std::fmt::Write as _;

use serde::Serialize;

use super::Document;
use super::text::is_hostile;

/// Renders the report.
#[must_use]
pub fn render(document: &Document) -> String {
    pretty(document)
}

/// Renders any of the tool's JSON, so that it is also safe to look at in a terminal.
///
/// # Panics
/// Never: the tool's own types have string keys and no failing parts.
#[must_use]
pub fn pretty(value: &impl Serialize) -> String {
    #[expect(
        clippy::expect_used,
        reason = "only foreign `Serialize` impls and non-string keys can fail"
    )]
    let text = serde_json::to_string_pretty(value).expect("the tool's own types are JSON");
    let mut text = escape(text);
    text.push('\n');
    text
}

/// JSON escapes what stands below the blank; what else a terminal would obey can only stand inside a string, and is
/// the same string when it is escaped too.
fn escape(text: String) -> String {
    let hostile = |c: char| c != '\n' && is_hostile(c);
    if !text.contains(hostile) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut units = [0; 2];
    for c in text.chars() {
        if hostile(c) {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_changes_the_bytes_and_not_the_value() {
        let hostile = "a\u{1b}[2J\u{9b}m\u{202e}\u{e0001}\n\u{7f}";
        let text = pretty(&vec![hostile]);
        assert!(!text.chars().any(|c| c != '\n' && is_hostile(c)), "{text:?}");
        let again: Vec<String> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(again, [hostile]);
    }
}

//! CSV: one row for each live resource.
//!
//! Quoting follows RFC 4180, with `\n` as the end of a line. A cell that a spreadsheet would take for a formula (it
//! starts with `=`, `+`, `-` or `@`) gets a `'` in front, because a name or tag may be somebody's trap. Control
//! characters are written out (`\n`, `\u{1b}`), so a resource is always one line. Lists are joined with `; `.

use super::Document;
use super::text::plain;

const HEADER: &[&str] = &[
    "kind",
    "id",
    "name",
    "account",
    "region",
    "created_at",
    "ownership",
    "why",
    "projects",
    "addresses",
    "sources",
    "used_by",
    "used_by_projects",
    "part_of",
    "delegate",
    "likely_project",
    "orphan",
    "tags",
    "arn",
];

/// Renders the report.
#[must_use]
pub fn render(document: &Document) -> String {
    let mut out = String::new();
    row(&mut out, HEADER.iter().copied());
    for one in &document.resources {
        let created = one.created_at.map(|at| at.to_string()).unwrap_or_default();
        let delegate = one
            .delegate
            .as_ref()
            .map(|delegate| format!("{} {}", delegate.system, delegate.name))
            .unwrap_or_default();
        let tags = joined(one.tags.iter().map(|(key, value)| format!("{key}={value}")));
        let mut users: Vec<&str> = one.used_by.iter().filter_map(|user| user.project.as_deref()).collect();
        users.sort_unstable();
        users.dedup();
        row(
            &mut out,
            [
                one.kind.as_str(),
                &one.id,
                one.name.as_deref().unwrap_or_default(),
                &one.account,
                &one.region,
                &created,
                one.ownership.word(),
                one.why.as_deref().unwrap_or_default(),
                &one.projects.join("; "),
                &joined(one.claims.iter().map(|claim| claim.address.clone())),
                &joined(one.claims.iter().map(|claim| claim.source.clone())),
                &one.used_by.len().to_string(),
                &users.join("; "),
                one.part_of.as_deref().unwrap_or_default(),
                &delegate,
                one.likely_project.as_deref().unwrap_or_default(),
                if one.orphan { "true" } else { "false" },
                &tags,
                &one.arn,
            ],
        );
    }
    out
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("; ")
}

pub(super) fn row<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (at, text) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&cell(text));
    }
    out.push('\n');
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    let text = plain(text);
    if text.contains([',', '"']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_not_run() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            (
                "=HYPERLINK(\"http://x\",\"y\")",
                "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
            ),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("two\nlines\u{1b}[0m", "two\\nlines\\u{1b}[0m"),
            (" padded", "\" padded\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}

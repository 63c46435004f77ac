//! Markdown, for a pull request or the summary of a CI job: what the report for people says.
//!
//! Names and tags are foreign text: what Markdown, HTML or a table would obey is escaped, and ids stand in code spans.

use super::human::{Look, SHOWN, listed, unknown_types};
use super::text::{counted, day, plain, thousands};
use super::view::{FindingGroup, View};
use crate::findings::Finding;

/// Renders the report. The width does not matter to it.
#[must_use]
pub fn render(view: &View<'_>, look: Look) -> String {
    let mut out = String::from("## Whose\n\n");
    push(
        &mut out,
        &format!("**{}**  \n{}", escape(&view.place()), escape(&view.states())),
    );
    out.push_str("\n| | | |\n|--:|---|---|\n");
    for row in view.counts() {
        let (open, close) = if row.alarming { ("**", "**") } else { ("", "") };
        push(
            &mut out,
            &format!(
                "| {open}{}{close} | {open}{}{close} | {} |",
                row.number,
                row.word,
                escape(&row.meaning)
            ),
        );
    }
    out.push('\n');
    sight(&mut out, view, look);
    findings(&mut out, view, look);
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn sight(out: &mut String, view: &View<'_>, look: Look) {
    let shown = if look.all { usize::MAX } else { SHOWN };
    if view.document.coverage.complete {
        push(out, &escape(&view.sight()));
    } else {
        push(out, &format!("> [!WARNING]\n> {}", escape(&view.sight())));
    }
    let mut lines = Vec::new();
    for state in view.state_gaps() {
        let why = state.error.as_deref().unwrap_or("it has no content");
        let hint = view.hint(state).map(|hint| format!(" ({hint})")).unwrap_or_default();
        lines.push(format!(
            "**unreadable** {}: {}",
            code(&state.source),
            escape(&format!("{why}{hint}"))
        ));
    }
    for gap in view.gaps() {
        let kinds: Vec<String> = gap.kinds.iter().take(shown).map(|kind| code(kind)).collect();
        let more = gap.kinds.len().saturating_sub(shown);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let places: Vec<&str> = gap.places.iter().map(String::as_str).collect();
        let details = if gap.details.is_empty() {
            String::new()
        } else {
            format!(": {}", escape(&listed(&gap.details, shown)))
        };
        lines.push(format!(
            "**{}** {}{more} in {}{details}",
            gap.status.word(),
            kinds.join(", "),
            escape(&listed(&places, shown)),
        ));
    }
    let unknown = unknown_types(view);
    if !unknown.is_empty() {
        let total = unknown.iter().map(|(_, count)| count).sum();
        let names: Vec<&str> = unknown.iter().map(|(name, _)| name.as_str()).collect();
        lines.push(format!(
            "**unknown** {} of types that no kind knows: {}",
            counted(total, "claim", "claims"),
            escape(&listed(&names, shown))
        ));
    }
    for reason in view.not_seen.iter().take(shown) {
        lines.push(format!("**not seen** {}", escape(&reason.sentence(shown))));
    }
    let more: u64 = view.not_seen.iter().skip(shown).map(|reason| reason.count).sum();
    if more > 0 {
        lines.push(format!("and {} more claims, for other reasons", thousands(more)));
    }
    if !lines.is_empty() {
        out.push('\n');
    }
    for line in lines {
        push(out, &format!("- {line}"));
    }
    out.push('\n');
}

fn findings(out: &mut String, view: &View<'_>, look: Look) {
    let groups = view.groups();
    if groups.is_empty() {
        push(out, "No findings.");
        return;
    }
    push(out, &format!("### Findings: {}", view.tally()));
    for group in &groups {
        out.push('\n');
        push(
            out,
            &format!("#### {} · {}", group.severity.word().to_uppercase(), code(group.code)),
        );
        out.push('\n');
        push(out, &escape(group.summary));
        if let Some(advice) = group.advice {
            push(out, &format!("\n**Do:** {}", escape(advice)));
        }
        out.push('\n');
        members(out, view, group, look);
    }
}

fn members(out: &mut String, view: &View<'_>, group: &FindingGroup<'_>, look: Look) {
    let shown = if look.all { usize::MAX } else { SHOWN };
    for finding in group.findings.iter().take(shown) {
        push(out, &format!("- **{}**", escape(&finding.title)));
        for line in finding.evidence.iter().take(shown) {
            push(out, &format!("  - {}", escape(line)));
        }
        more(out, "  ", finding.evidence.len(), shown, "lines");
        if group.advice.is_none() && !finding.advice.is_empty() {
            push(out, &format!("  - **Do:** {}", escape(&finding.advice)));
        }
        resources(out, view, finding, shown);
    }
    more(out, "", group.findings.len(), shown, "findings");
}

fn resources(out: &mut String, view: &View<'_>, finding: &Finding, shown: usize) {
    let unnamed = view.unnamed(finding);
    for text in unnamed.iter().copied().take(shown) {
        let Some(one) = view.resource(text) else {
            push(out, &format!("  - {}", code(text)));
            continue;
        };
        let mut facts = vec![one.region.clone()];
        facts.extend(one.created_at.map(day));
        if !one.used_by.is_empty() {
            facts.push(format!("used by {}", one.used_by.len()));
        }
        facts.extend(one.name.as_deref().filter(|name| *name != one.id).map(escape));
        push(out, &format!("  - {}: {}", facts.join(", "), code(&one.id)));
    }
    more(out, "  ", unnamed.len(), shown, "resources");
}

fn more(out: &mut String, indent: &str, count: usize, shown: usize, what: &str) {
    let more = count.saturating_sub(shown);
    if more > 0 {
        push(
            out,
            &format!("{indent}- and {more} more {what} (use --all or --format json)"),
        );
    }
}

/// Foreign text as text: nothing in it is markup.
#[must_use]
pub fn escape(text: &str) -> String {
    let text = plain(text);
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Foreign text in a code span, which is longer than any run of backticks in it.
#[must_use]
pub fn code(text: &str) -> String {
    let text = plain(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    // Outside a table a pipe needs no escape, and code spans of ours stand in no table.
    format!("{fence}{blank}{text}{blank}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_names_is_text() {
        assert_eq!(
            escape("<img src=x> a|b `c` [d](e) *f*\n# g"),
            "&lt;img src=x&gt; a\\|b \\`c\\` \\[d\\](e) \\*f\\*\\\\n\\# g"
        );
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code("vpc-1"), "`vpc-1`");
    }
}

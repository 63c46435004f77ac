//! The report for people: a summary for ten seconds, what could not be seen, then the findings, the worst first.
//!
//! Ids stand last on their line and are never wrapped or cut, so that they can be copied. Colour only repeats what a
//! word says already; the caller strips it where it is not wanted.

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::text::{counted, day, pad, plain, shorten, width, wrap};
use super::view::{FindingGroup, View};
use crate::findings::{Finding, Severity};
use crate::model::CellStatus;

/// How to lay out the report.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of a line of prose.
    pub width: usize,
    /// Shows every member of a long group.
    pub all: bool,
}

/// Members of a group that are shown without `--all`.
pub const SHOWN: usize = 20;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();

pub(super) fn style_of(severity: Severity) -> Style {
    match severity {
        Severity::Critical => BAD.invert(),
        Severity::High => BAD,
        Severity::Medium => WARN,
        Severity::Low => AnsiColor::Cyan.on_default().bold(),
        Severity::Info => BOLD,
    }
}

/// Renders the report, with colours.
#[must_use]
pub fn render(view: &View<'_>, look: Look) -> String {
    let mut page = Page::new(look.width);
    head(&mut page, view);
    counts(&mut page, view);
    sight(&mut page, view, look);
    findings(&mut page, view, look);
    page.text
}

/// Lines of text, fitted to a width.
pub(super) struct Page {
    pub text: String,
    pub width: usize,
}

impl Page {
    pub(super) fn new(width: usize) -> Self {
        Self {
            text: String::new(),
            width: width.max(40),
        }
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// One line as it is; for lines that end in an id. The text must be harmless already.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A sentence in lines of the page's width; those after the first stand `hang` columns further in.
    pub(super) fn prose(&mut self, indent: usize, hang: usize, style: Style, text: &str) {
        let text = plain(text);
        let room = self.width.saturating_sub(indent + hang).max(20);
        for (at, line) in wrap(&text, room).iter().enumerate() {
            let blanks = if at == 0 { indent } else { indent + hang };
            self.text.push_str(&format!("{:blanks$}{style}{line}{style:#}\n", ""));
        }
    }

    /// A word in a column of `columns`, and a sentence beside it.
    pub(super) fn labelled(&mut self, indent: usize, label: &str, columns: usize, style: Style, text: &str) {
        let (label, text) = (plain(label), plain(text));
        let label_end = indent + columns;
        let room = self.width.saturating_sub(label_end).max(20);
        for (at, line) in wrap(&text, room).iter().enumerate() {
            let line = if at == 0 {
                format!("{:indent$}{style}{}{style:#}{line}", "", pad(&label, columns))
            } else {
                format!("{:label_end$}{line}", "")
            };
            self.line(&line);
        }
    }
}

fn head(page: &mut Page, view: &View<'_>) {
    page.prose(0, 2, BOLD, &view.place());
    let unread = view.document.states.is_empty() || view.state_gaps().next().is_some();
    page.prose(0, 2, if unread { WARN } else { Style::new() }, &view.states());
    page.blank();
}

fn counts(page: &mut Page, view: &View<'_>) {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(page.width).unwrap_or(u16::MAX))
        // Whether colours come out is for the writer to say, not for what this process's stdout is.
        .enforce_styling();
    for row in view.counts() {
        let mut cells = [
            Cell::new(&row.number).set_alignment(CellAlignment::Right),
            Cell::new(row.word),
            Cell::new(plain(&row.meaning)),
        ];
        if row.alarming {
            let [number, word, meaning] = cells;
            cells = [number.fg(Color::Yellow), word.fg(Color::Yellow), meaning];
        }
        table.add_row(cells);
    }
    for (column, (left, right)) in table.column_iter_mut().zip([(2, 2), (0, 2), (0, 0)]) {
        column.set_padding((left, right));
    }
    for line in table.lines() {
        page.line(line.trim_end());
    }
    page.blank();
}

fn sight(page: &mut Page, view: &View<'_>, look: Look) {
    let complete = view.document.coverage.complete;
    page.prose(0, 2, if complete { GOOD } else { BAD }, &view.sight());
    for state in view.state_gaps() {
        let why = state.error.as_deref().unwrap_or("it has no content");
        page.labelled(2, "unreadable", 13, WARN, &format!("{}: {why}", state.source));
        if let Some(hint) = view.hint(state) {
            page.labelled(2, "", 13, DIM, hint);
        }
    }
    for gap in view.gaps() {
        let style = if gap.status == CellStatus::Skipped { DIM } else { WARN };
        let kinds = listed(&gap.kinds, if look.all { usize::MAX } else { SHOWN });
        let places = places(&gap.places, look);
        page.labelled(2, gap.status.word(), 13, style, &format!("{kinds} in {places}"));
        let shown = if look.all { usize::MAX } else { 3 };
        for detail in gap.details.iter().take(shown) {
            page.labelled(2, "", 13, DIM, detail);
        }
        let more = gap.details.len().saturating_sub(shown);
        if more > 0 {
            page.labelled(
                2,
                "",
                13,
                DIM,
                &format!("and {} more", counted(more as u64, "reason", "reasons")),
            );
        }
    }
    let unknown: Vec<(&String, u64)> = unknown_types(view);
    if !unknown.is_empty() {
        let total: u64 = unknown.iter().map(|(_, count)| count).sum();
        let names: Vec<&str> = unknown.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!(
            "{} of types that no kind knows: {}",
            counted(total, "claim", "claims"),
            listed(&names, if look.all { usize::MAX } else { SHOWN })
        );
        page.labelled(2, "unknown", 13, WARN, &text);
    }
    let shown = if look.all { usize::MAX } else { 5 };
    for reason in view.not_seen.iter().take(shown) {
        page.labelled(
            2,
            "not seen",
            13,
            WARN,
            &reason.sentence(if look.all { usize::MAX } else { 5 }),
        );
    }
    let more: u64 = view.not_seen.iter().skip(shown).map(|reason| reason.count).sum();
    if more > 0 {
        page.labelled(2, "", 13, DIM, &format!("and {more} more, for other reasons"));
    }
    page.blank();
}

pub(super) fn unknown_types<'a>(view: &View<'a>) -> Vec<(&'a String, u64)> {
    let mut all = std::collections::BTreeMap::new();
    for state in &view.document.states {
        for (name, count) in &state.unknown_types {
            *all.entry(name).or_insert(0) += count;
        }
    }
    all.into_iter().collect()
}

/// `a, b, c and 40 more`.
pub(super) fn listed(items: &[&str], shown: usize) -> String {
    let more = items.len().saturating_sub(shown);
    let some = items[..items.len() - more].join(", ");
    if more > 0 {
        format!("{some} and {more} more")
    } else {
        some
    }
}

fn places(places: &[String], look: Look) -> String {
    let names: Vec<&str> = places.iter().map(String::as_str).collect();
    if names.len() > 6 && !look.all {
        format!("{} regions: {}", names.len(), listed(&names, 3))
    } else {
        names.join(", ")
    }
}

fn findings(page: &mut Page, view: &View<'_>, look: Look) {
    let groups = view.groups();
    if groups.is_empty() {
        page.line("No findings.");
        return;
    }
    let tally = view.tally();
    page.line(&format!("{BOLD}Findings: {tally}{BOLD:#}"));
    let columns = Columns::of(view);
    for group in &groups {
        page.blank();
        let style = style_of(group.severity);
        let label = format!("{} {}", group.severity.word().to_uppercase(), group.code);
        let text = if group.summary.is_empty() {
            String::new()
        } else {
            format!(": {}", group.summary)
        };
        let lines = wrap(&format!("{label}{text}"), page.width - 2);
        for (at, line) in lines.iter().enumerate() {
            match line.strip_prefix(label.as_str()).filter(|_| at == 0) {
                Some(rest) => page.line(&format!("{style}{label}{style:#}{rest}")),
                None => page.line(&format!("  {line}")),
            }
        }
        if let Some(advice) = group.advice {
            page.prose(2, 4, BOLD, &format!("Do: {advice}"));
        }
        members(page, view, group, &columns, look);
    }
}

fn members(page: &mut Page, view: &View<'_>, group: &FindingGroup<'_>, columns: &Columns, look: Look) {
    let shown = if look.all { usize::MAX } else { SHOWN };
    for finding in group.findings.iter().take(shown) {
        page.blank();
        page.prose(2, 2, BOLD, &finding.title);
        for line in finding.evidence.iter().take(shown) {
            page.prose(4, 2, Style::new(), line);
        }
        more(page, 4, finding.evidence.len(), shown, "lines");
        if group.advice.is_none() && !finding.advice.is_empty() {
            page.prose(4, 4, BOLD, &format!("Do: {}", finding.advice));
        }
        resources(page, view, finding, columns, shown);
    }
    if group.findings.len() > shown {
        page.blank();
        more(page, 2, group.findings.len(), shown, group.code);
    }
}

fn more(page: &mut Page, indent: usize, count: usize, shown: usize, what: &str) {
    let more = count.saturating_sub(shown);
    if more > 0 {
        let text = format!("and {more} more {what} (use --all or --format json)");
        page.prose(indent, 2, DIM, &text);
    }
}

/// Which columns the lines of resources have: a column that says the same on each line says nothing.
struct Columns {
    account: bool,
    region: bool,
}

impl Columns {
    fn of(view: &View<'_>) -> Self {
        Self {
            account: view.document.accounts.len() > 1,
            region: view.document.regions.len() != 1,
        }
    }
}

/// One line for each resource that the evidence has not named: where, since when, how used, its name, and last its id.
fn resources(page: &mut Page, view: &View<'_>, finding: &Finding, columns: &Columns, shown: usize) {
    let mut rows: Vec<(Vec<String>, String)> = Vec::new();
    let unnamed = view.unnamed(finding);
    for text in unnamed.iter().copied().take(shown) {
        let Some(one) = view.resource(text) else {
            rows.push((Vec::new(), plain(text).into_owned()));
            continue;
        };
        let mut cells = Vec::new();
        if columns.account {
            cells.push(one.account.clone());
        }
        if columns.region {
            cells.push(one.region.clone());
        }
        cells.push(one.created_at.map(day).unwrap_or_default());
        cells.push(match one.used_by.len() {
            0 => String::new(),
            uses => format!("{uses} use{} it", if uses == 1 { "s" } else { "" }),
        });
        let name = one.name.as_deref().filter(|name| *name != one.id).unwrap_or_default();
        cells.push(plain(name).into_owned());
        rows.push((cells, plain(&one.id).into_owned()));
    }
    let count = rows.iter().map(|(cells, _)| cells.len()).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..count)
        .map(|at| {
            rows.iter()
                .filter_map(|(cells, _)| cells.get(at))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let ids = rows.iter().map(|(_, id)| width(id)).max().unwrap_or(0);
    if let Some((name, others)) = widths.split_last_mut() {
        let taken: usize = others.iter().filter(|wide| **wide > 0).map(|wide| wide + 2).sum();
        let room = page.width.saturating_sub(4 + taken + 2 + ids);
        *name = (*name).min(room.clamp(8, 48));
    }
    for (cells, id) in &rows {
        let mut line = String::from("    ");
        for (at, wide) in widths.iter().enumerate().filter(|(_, wide)| **wide > 0) {
            // A claim that is gone has nothing but its id.
            let Some(cell) = cells.get(at) else { continue };
            line.push_str(&pad(&shorten(cell, *wide), *wide));
            line.push_str("  ");
        }
        line.push_str(id);
        page.line(&line);
    }
    more(page, 4, unnamed.len(), shown, "resources");
}

//! The answer of `whose check`: for people, as JSON, and as Markdown.
//!
//! The verdict comes first, then one line for each reason, the changes by verdict, what shows each reason, and what to do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::human::{BAD, BOLD, DIM, GOOD, Look, Page, SHOWN, WARN};
use super::json;
use super::markdown::{code, escape};
use super::text::{counted, moment, pad, plain, width};
use crate::check::{ChangeRow, CheckReport, Finding, Rule, Subject, Verdict};

/// Renders the contract `whose.check/1`.
#[must_use]
pub fn json(report: &CheckReport) -> String {
    json::pretty(report)
}

const VERDICTS: [Verdict; 4] = [Verdict::Block, Verdict::Incomplete, Verdict::Review, Verdict::Pass];

fn style_of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Block => BAD,
        Verdict::Incomplete => WARN,
        Verdict::Review => AnsiColor::Yellow.on_default(),
        Verdict::Pass => GOOD,
    }
}

/// Renders the answer for people, with colours.
#[must_use]
pub fn human(report: &CheckReport, look: Look) -> String {
    let mut page = Page::new(look.width);
    let style = style_of(report.verdict);
    page.labelled(
        0,
        &report.verdict.word().to_uppercase(),
        report.verdict.word().len() + 2,
        style.bold(),
        &headline(report),
    );
    page.prose(0, 2, DIM, &sight(report));
    if !report.complete && report.verdict != Verdict::Incomplete {
        page.prose(
            0,
            2,
            WARN,
            "Incomplete as well: something that the answer needs could not be seen.",
        );
    }
    reasons(&mut page, report);
    changes(&mut page, report, look);
    evidence(&mut page, report, look);
    advice(&mut page, report);
    page.text
}

fn reasons(page: &mut Page, report: &CheckReport) {
    if report.findings.is_empty() {
        return;
    }
    page.blank();
    page.line(&format!("{BOLD}Why{BOLD:#}"));
    let columns = report
        .findings
        .iter()
        .map(|finding| finding.code.len())
        .max()
        .unwrap_or(0)
        + 2;
    for finding in &report.findings {
        let style = style_of(finding.verdict);
        let word = pad(finding.verdict.word(), 12);
        let label = format!("{word}{}", pad(&finding.code, columns));
        page.labelled(2, &label, 12 + columns, style, &finding.title);
    }
}

/// The changes by verdict, the worst first.
fn groups(report: &CheckReport) -> impl Iterator<Item = (Verdict, Vec<&ChangeRow>)> {
    VERDICTS.into_iter().filter_map(|verdict| {
        let rows = report.changes.iter();
        let group: Vec<&ChangeRow> = rows.filter(|change| change.verdict == verdict).collect();
        (!group.is_empty()).then_some((verdict, group))
    })
}

fn changes(page: &mut Page, report: &CheckReport, look: Look) {
    for (verdict, group) in groups(report) {
        page.blank();
        let style = style_of(verdict);
        let many = counted(group.len() as u64, "change", "changes");
        // A reason that all of them have is said once.
        let common = common_reasons(&group);
        let why = common.map_or_else(String::new, |reasons| format!(": {}", reasons.join(", ")));
        page.line(&format!(
            "{style}{}{style:#} {BOLD}{many}{BOLD:#}{why}",
            pad(verdict.word(), 11)
        ));
        // What passes is of no interest one by one, unless it is little or was asked for.
        if verdict == Verdict::Pass && group.len() > SHOWN && !look.all {
            page.prose(2, 2, Style::new(), &by_action(&group));
            continue;
        }
        let shown = if look.all { usize::MAX } else { SHOWN };
        for change in group.iter().take(shown) {
            row(page, change, common.is_none(), look);
        }
        more(page, 2, group.len(), shown);
    }
    if let Subject::Plan(plan) = &report.plan {
        let mut quiet = Vec::new();
        if plan.no_op > 0 {
            quiet.push(format!("{} unchanged", plan.no_op));
        }
        if plan.other_providers > 0 {
            let words = counted(plan.other_providers, "change", "changes");
            quiet.push(format!("{words} of other providers, not looked at"));
        }
        if !quiet.is_empty() {
            page.blank();
            page.prose(0, 2, DIM, &quiet.join("; "));
        }
    }
}

/// The reasons of several changes, where they are the same.
fn common_reasons<'a>(group: &[&'a ChangeRow]) -> Option<&'a [String]> {
    let (first, rest) = group.split_first()?;
    let same =
        !rest.is_empty() && !first.reasons.is_empty() && rest.iter().all(|change| change.reasons == first.reasons);
    same.then_some(first.reasons.as_slice())
}

fn row(page: &mut Page, change: &ChangeRow, with_reasons: bool, look: Look) {
    let actions = pad(&actions(change), 12);
    // Addresses and ARNs are copied: never wrapped.
    page.line(&format!("  {actions}{}", plain(&change.address)));
    if with_reasons && !change.reasons.is_empty() {
        page.labelled(14, "", 0, Style::new(), &change.reasons.join(", "));
    }
    if let Some(arn) = change.arn.as_deref().filter(|arn| *arn != change.address) {
        page.line(&format!("              {DIM}{}{DIM:#}", plain(arn)));
    }
    let shown = if look.all { usize::MAX } else { 5 };
    for (label, lines, style) in [
        ("survives", &change.survives, GOOD),
        ("dies", &change.dies_with_it, BAD),
    ] {
        for line in lines.iter().take(shown) {
            page.labelled(14, label, 10, style, line);
        }
        more(page, 24, lines.len(), shown);
    }
}

fn actions(change: &ChangeRow) -> String {
    match change.actions.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["delete", "create"] | ["create", "delete"] => "replace".to_owned(),
        words => words.join(", "),
    }
}

fn by_action(group: &[&ChangeRow]) -> String {
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for change in group {
        *kinds.entry(actions(change)).or_default() += 1;
    }
    let parts: Vec<String> = kinds
        .iter()
        .map(|(action, count)| format!("{count} to {action}"))
        .collect();
    format!("{} (--all lists them)", parts.join(", "))
}

fn more(page: &mut Page, indent: usize, count: usize, shown: usize) {
    let more = count.saturating_sub(shown);
    if more > 0 {
        page.prose(indent, 0, DIM, &format!("and {more} more (--all shows them)"));
    }
}

fn evidence(page: &mut Page, report: &CheckReport, look: Look) {
    let some: Vec<(&Finding, Vec<&str>)> = report
        .findings
        .iter()
        .map(|finding| (finding, beside_the_changes(finding)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    if some.is_empty() {
        return;
    }
    page.blank();
    page.line(&format!("{BOLD}What shows it{BOLD:#}"));
    let shown = if look.all { usize::MAX } else { 10 };
    for (finding, lines) in &some {
        let style = style_of(finding.verdict);
        let several = some.iter().filter(|(other, _)| other.code == finding.code).count() > 1;
        // Of several with one code, which one it is.
        let which = if several { short(&finding.title) } else { "" };
        if which.is_empty() {
            page.line(&format!("  {style}{}{style:#}", plain(&finding.code)));
        } else {
            page.labelled(2, &finding.code, finding.code.len() + 2, style, which);
        }
        for line in lines.iter().take(shown) {
            // Commands are copied: never wrapped.
            if line.starts_with("aws ") {
                page.line(&format!("    {}", plain(line)));
            } else {
                page.prose(4, 2, Style::new(), line);
            }
        }
        more(page, 4, lines.len(), shown);
    }
}

/// The evidence of a finding without what stands beside its changes already.
fn beside_the_changes(finding: &Finding) -> Vec<&str> {
    finding
        .evidence
        .iter()
        .map(String::as_str)
        .filter(|line| !line.starts_with("survives: ") && !line.starts_with("dies with it: "))
        .collect()
}

/// The first clause of a title.
fn short(title: &str) -> &str {
    let end = [": ", "; ", ", ", " and "]
        .iter()
        .filter_map(|stop| title.find(stop))
        .min();
    &title[..end.unwrap_or(title.len())]
}

/// Each advice once, with the codes that it is for, in the order of the reasons.
fn advices(report: &CheckReport) -> Vec<(&str, Vec<&str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in report.findings.iter().filter(|finding| !finding.advice.is_empty()) {
        match all.iter_mut().find(|(advice, _)| *advice == finding.advice) {
            Some((_, codes)) if codes.contains(&finding.code.as_str()) => {}
            Some((_, codes)) => codes.push(&finding.code),
            None => all.push((&finding.advice, vec![&finding.code])),
        }
    }
    all
}

fn advice(page: &mut Page, report: &CheckReport) {
    let all = advices(report);
    if all.is_empty() {
        return;
    }
    page.blank();
    page.line(&format!("{BOLD}What to do{BOLD:#}"));
    for (number, (advice, codes)) in all.iter().enumerate() {
        let label = format!("{}.", number + 1);
        page.labelled(2, &label, 4, BOLD, &format!("{advice} ({})", codes.join(", ")));
    }
    page.blank();
    page.prose(0, 2, DIM, "'whose explain CODE' says more about each.");
}

/// `plan.json: 1 to create, 2 to change, 0 to replace, 3 to destroy, in platform`.
fn headline(report: &CheckReport) -> String {
    let projects = if report.projects.is_empty() {
        String::new()
    } else {
        format!(", in {}", report.projects.join(" and "))
    };
    match &report.plan {
        Subject::Plan(plan) => {
            let counts: Vec<String> = [
                (plan.create, "create"),
                (plan.update, "change"),
                (plan.replace, "replace"),
                (plan.delete, "destroy"),
                (plan.forget, "forget"),
            ]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, verb)| format!("{count} to {verb}"))
            .collect();
            let counts = if counts.is_empty() {
                "no changes".to_owned()
            } else {
                counts.join(", ")
            };
            format!("{}: {counts}{projects}", plan.source)
        }
        Subject::Deletions { source, items, .. } => {
            format!(
                "{source}: {} to delete{projects}",
                counted(*items, "resource", "resources")
            )
        }
    }
}

/// Which account was seen when, and which state the plan was made from.
fn sight(report: &CheckReport) -> String {
    let accounts: Vec<&str> = report.accounts.iter().map(|account| account.id.as_str()).collect();
    let mut text = format!(
        "Held against account {}, seen {}",
        accounts.join(", "),
        moment(report.scanned_at)
    );
    let seconds = report.scan_age_seconds;
    if seconds >= 60 {
        let age = match seconds {
            60..7200 => counted(seconds.unsigned_abs() / 60, "minute", "minutes"),
            7200..172_800 => counted(seconds.unsigned_abs() / 3600, "hour", "hours"),
            _ => counted(seconds.unsigned_abs() / 86_400, "day", "days"),
        };
        let _ = write!(text, ", {age} ago");
    }
    if let Subject::Plan(plan) = &report.plan
        && let (Some(lineage), Some(serial)) = (&plan.lineage, plan.serial)
    {
        let _ = write!(text, "; planned from lineage {lineage}, serial {serial}");
    }
    text.push('.');
    text
}

/// Renders the answer for a pull request.
#[must_use]
pub fn markdown(report: &CheckReport, look: Look) -> String {
    let mut out = String::new();
    let sign = match report.verdict {
        Verdict::Block => "🛑",
        Verdict::Incomplete => "❔",
        Verdict::Review => "⚠️",
        Verdict::Pass => "✅",
    };
    let _ = writeln!(out, "## {sign} Whose check: {}\n", report.verdict.word());
    let _ = writeln!(out, "**{}**  \n{}", escape(&headline(report)), escape(&sight(report)));
    if !report.complete && report.verdict != Verdict::Incomplete {
        out.push_str("\n> [!WARNING]\n> Incomplete as well: something that the answer needs could not be seen.\n");
    }
    if !report.findings.is_empty() {
        out.push_str("\n| verdict | code | why |\n|---|---|---|\n");
        for finding in &report.findings {
            let _ = writeln!(
                out,
                "| **{}** | {} | {} |",
                finding.verdict.word(),
                code(&finding.code),
                escape(&finding.title)
            );
        }
    }
    let shown = if look.all { usize::MAX } else { SHOWN };
    for (verdict, group) in groups(report) {
        let many = counted(group.len() as u64, "change", "changes");
        let _ = writeln!(
            out,
            "\n<details{}><summary>{}: {many}</summary>\n",
            if verdict == Verdict::Pass { "" } else { " open" },
            verdict.word()
        );
        for change in group.iter().take(shown) {
            let reasons = if change.reasons.is_empty() {
                String::new()
            } else {
                format!(": {}", change.reasons.join(", "))
            };
            let _ = writeln!(out, "- {} {}{reasons}", actions(change), code(&change.address));
            for (label, lines) in [("survives", &change.survives), ("dies with it", &change.dies_with_it)] {
                for line in lines.iter().take(shown) {
                    let _ = writeln!(out, "  - {label}: {}", escape(line));
                }
            }
        }
        let rest = group.len().saturating_sub(shown);
        if rest > 0 {
            let _ = writeln!(out, "- and {rest} more (use --all or --format json)");
        }
        out.push_str("\n</details>\n");
    }
    let some = report.findings.iter().filter(|finding| !finding.evidence.is_empty());
    let mut first = true;
    for finding in some {
        if first {
            out.push_str("\n### What shows it\n\n");
            first = false;
        }
        let _ = writeln!(out, "- {}", code(&finding.code));
        for line in finding.evidence.iter().take(shown) {
            let _ = writeln!(out, "  - {}", escape(line));
        }
    }
    let all = advices(report);
    if !all.is_empty() {
        out.push_str("\n### What to do\n\n");
        for (number, (advice, codes)) in all.iter().enumerate() {
            let codes: Vec<String> = codes.iter().map(|word| code(word)).collect();
            let _ = writeln!(out, "{}. {} ({})", number + 1, escape(advice), codes.join(", "));
        }
    }
    out
}

/// Explains a code of the gate.
#[must_use]
pub fn render_rule(rule: &Rule, columns: usize) -> String {
    let mut page = Page::new(columns);
    page.line(&format!("{BOLD}{}{BOLD:#} (check)", rule.code));
    page.prose(2, 0, Style::new(), rule.summary);
    for paragraph in rule.explanation.split("\n\n") {
        page.blank();
        // Commands stand on indented lines of their own.
        for line in blocks(paragraph) {
            if line.starts_with(' ') {
                page.line(&line);
            } else {
                page.prose(2, 0, Style::new(), &line);
            }
        }
    }
    page.text
}

/// Prose joined into one line, indented lines as they are.
fn blocks(paragraph: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in paragraph.lines() {
        if line.starts_with(' ') {
            out.push(format!("  {line}"));
        } else if let Some(last) = out.last_mut().filter(|last| !last.starts_with(' ')) {
            last.push(' ');
            last.push_str(line);
        } else {
            out.push(line.to_owned());
        }
    }
    out
}

/// The widest line, for tests of layout.
#[must_use]
pub fn widest(text: &str) -> usize {
    text.lines().map(width).max().unwrap_or(0)
}

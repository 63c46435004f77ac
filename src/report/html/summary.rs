//! The page's frame and its first view: the summary for ten seconds, what could not be seen, then the findings.
//!
//! The words and their order are those of the report for people.

use super::super::View;
use super::super::explain;
use super::super::human::{SHOWN, listed, unknown_types};
use super::super::text::{counted, day, moment};
use super::super::view::{Count, FindingGroup};
use super::escape::{Html, route};
use crate::findings::{Finding, Severity};
use crate::model::{CellStatus, StateStatus};

/// Members of a group that are shown at once; those after them fold away.
const OPEN: usize = 5;
/// Lines of evidence that are shown at once: the first ones weigh, the others mostly name what the rows name.
const EVIDENCE: usize = 6;
/// Members of a group, and lines of evidence, that the page holds at most; the JSON report holds all.
const HELD: usize = 500;

pub(super) fn body(page: &mut Html, view: &View<'_>) {
    page.raw(
        "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header class=\"top\">\n\
         <a class=\"brand\" href=\"#/\">whose</a>\n<nav aria-label=\"Pages\"><ul>\
         <li><a href=\"#/\" data-page=\"summary\">Summary</a></li>\
         <li><a href=\"#/resources\" data-page=\"resources\">Resources</a></li>\
         <li><a href=\"#/projects\" data-page=\"projects\">Projects</a></li></ul></nav>\n\
         <label class=\"theme\">Theme <select id=\"theme\"><option value=\"\">system</option>\
         <option value=\"light\">light</option><option value=\"dark\">dark</option></select></label>\n</header>\n\
         <main id=\"main\" tabindex=\"-1\">\n<section id=\"summary\" aria-labelledby=\"summary-title\">\n",
    );
    head(page, view);
    counts(page, view);
    sight(page, view);
    findings(page, view);
    states(page, view);
    page.raw(
        "</section>\n<section id=\"app\" hidden></section>\n\
         <noscript><p class=\"note\">Search, the page of each resource and the pictures need the script that is in \
         this file; the summary and the findings do not.</p></noscript>\n</main>\n<footer><p>",
    );
    page.text(&format!(
        "whose {}. Everything is in this file; it loads nothing and sends nothing. Rows are placed by \
         @tanstack/virtual-core (MIT, © 2021–present Tanner Linsley).",
        view.document.tool.version
    ));
    page.raw("</p></footer>\n");
}

fn head(page: &mut Html, view: &View<'_>) {
    page.raw("<h1 id=\"summary-title\" tabindex=\"-1\">")
        .text(&view.place())
        .raw("</h1>\n");
    let unread = view.document.states.is_empty() || view.state_gaps().next().is_some();
    page.element("p", if unread { "states alarm" } else { "states" }, &view.states());
    page.raw("\n");
}

/// The filter of the table that shows what a line counts.
fn target(count: &Count) -> Option<&'static str> {
    Some(match count.word {
        "shared" => "#/resources?owner=shared",
        "missing" => "#/resources?owner=missing",
        "unmanaged" => "#/resources?owner=unmanaged",
        "undecided" => "#/resources?owner=undecided",
        "managed" => "#/resources?owner=managed",
        "delegated" => "#/resources?owner=delegated",
        "made by AWS" => "#/resources?owner=aws_made",
        "duplicate sets" => "#/resources?code=duplicate-set",
        "live in all" => "#/resources",
        _ => return None,
    })
}

fn counts(page: &mut Html, view: &View<'_>) {
    bar(page, view);
    page.raw(
        "<table class=\"counts\"><caption class=\"unseen\">Resources by whose they are</caption>\
              <thead class=\"unseen\"><tr><th scope=\"col\">Number</th><th scope=\"col\">Ownership</th>\
              <th scope=\"col\">Meaning</th></tr></thead><tbody>\n",
    );
    for count in view.counts() {
        let word = count.word.replace(' ', "-");
        page.raw("<tr").attribute(
            "class",
            &format!("count {word}{}", if count.alarming { " alarming" } else { "" }),
        );
        page.raw("><td class=\"number\">")
            .text(&count.number)
            .raw("</td><th scope=\"row\">");
        match target(&count) {
            Some(href) if count.number != "0" && count.number != "?" => page.link("", href, count.word),
            _ => page.text(count.word),
        };
        page.raw("</th><td class=\"meaning\">")
            .text(&count.meaning)
            .raw("</td></tr>\n");
    }
    page.raw("</tbody></table>\n");
}

/// The shares as one bar; the table beside it says them in words.
fn bar(page: &mut Html, view: &View<'_>) {
    let summary = &view.document.summary;
    let shares = [
        ("shared", summary.shared),
        ("unmanaged", summary.unmanaged),
        ("undecided", summary.undecided),
        ("managed", summary.managed),
        ("delegated", summary.delegated),
        ("aws_made", summary.aws_made),
    ];
    let total = summary.live.max(1);
    page.raw("<svg class=\"bar\" viewBox=\"0 0 10000 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">");
    let mut before = 0;
    for (owner, count) in shares.into_iter().filter(|(_, count)| *count > 0) {
        let (from, to) = (before * 10_000 / total, (before + count) * 10_000 / total);
        before += count;
        page.raw("<rect y=\"0\" height=\"100\"")
            .attribute("class", &format!("fill-{owner}"))
            .attribute("x", &from.to_string())
            .attribute("width", &(to - from).to_string())
            .raw("></rect>");
    }
    page.raw("</svg>\n");
}

fn sight(page: &mut Html, view: &View<'_>) {
    let complete = view.document.coverage.complete;
    page.raw("<section aria-label=\"What was seen\"")
        .attribute("class", if complete { "sight" } else { "sight incomplete" });
    page.raw(">");
    page.element("p", "sentence", &view.sight());
    let mut lines: Vec<(&str, String, Vec<String>)> = Vec::new();
    for state in view.state_gaps() {
        let why = state.error.as_deref().unwrap_or("it has no content");
        let hint = view.hint(state).map(str::to_owned).into_iter().collect();
        lines.push(("unreadable", format!("{}: {why}", state.source), hint));
    }
    for gap in view.gaps() {
        let places: Vec<&str> = gap.places.iter().map(String::as_str).collect();
        let places = if places.len() > 6 {
            format!("{} regions: {}", places.len(), listed(&places, 3))
        } else {
            places.join(", ")
        };
        let mut details: Vec<String> = gap
            .details
            .iter()
            .take(SHOWN)
            .map(|detail| (*detail).to_owned())
            .collect();
        let more = gap.details.len().saturating_sub(SHOWN);
        if more > 0 {
            details.push(format!("and {} more", counted(more as u64, "reason", "reasons")));
        }
        lines.push((
            gap.status.word(),
            format!("{} in {places}", listed(&gap.kinds, HELD)),
            details,
        ));
    }
    let unknown = unknown_types(view);
    if !unknown.is_empty() {
        let total: u64 = unknown.iter().map(|(_, count)| count).sum();
        let names: Vec<&str> = unknown.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!(
            "{} of types that no kind knows: {}",
            counted(total, "claim", "claims"),
            listed(&names, HELD)
        );
        lines.push(("unknown", text, Vec::new()));
    }
    for reason in &view.not_seen {
        lines.push(("not seen", reason.sentence(SHOWN), Vec::new()));
    }
    if !lines.is_empty() {
        page.raw("<dl>");
        for (word, text, details) in lines {
            let quiet = word == CellStatus::Skipped.word();
            page.element("dt", if quiet { "quiet" } else { "" }, word)
                .raw("<dd>")
                .text(&text);
            for detail in details {
                page.element("p", "detail", &detail);
            }
            page.raw("</dd>");
        }
        page.raw("</dl>");
    }
    page.raw("</section>\n");
}

fn findings(page: &mut Html, view: &View<'_>) {
    let groups = view.groups();
    if groups.is_empty() {
        page.raw("<h2>No findings.</h2>\n");
        return;
    }
    page.element("h2", "", &format!("Findings: {}", view.tally())).raw("\n");
    let shown = view.document.findings.iter().filter(|finding| finding.code != "gap");
    let numbers: std::collections::HashMap<*const Finding, usize> = shown
        .enumerate()
        .map(|(at, finding)| (std::ptr::from_ref(finding), at))
        .collect();
    for group in &groups {
        group_of(page, view, group, &|finding| {
            numbers.get(&std::ptr::from_ref(finding)).copied().unwrap_or(0)
        });
    }
}

fn group_of(page: &mut Html, view: &View<'_>, group: &FindingGroup<'_>, number: &dyn Fn(&Finding) -> usize) {
    page.raw("<section class=\"group\"><h3>");
    page.element(
        "span",
        &format!("severity {}", group.severity.word()),
        &group.severity.word().to_uppercase(),
    );
    page.raw(" ").element("code", "", group.code);
    if !group.summary.is_empty() {
        page.raw("<span class=\"unseen\">: </span> ")
            .element("span", "what", group.summary);
    }
    page.raw("</h3>\n");
    if let Some(advice) = group.advice {
        page.raw("<p class=\"do\"><b>Do:</b> ").text(advice).raw("</p>\n");
    }
    if let Some(rule) = explain::rule(group.code) {
        page.raw("<details class=\"rule\"><summary>What this means</summary>");
        for paragraph in rule.explanation.split("\n\n") {
            page.element("p", "", &paragraph.replace('\n', " "));
        }
        page.raw("</details>\n");
    }
    // What may be lost stands open where it is not a long list.
    let open = group.severity >= Severity::High && group.findings.len() <= OPEN || group.findings.len() == 1;
    for finding in group.findings.iter().take(SHOWN) {
        member(page, view, group, finding, number(finding), open);
    }
    if group.findings.len() > SHOWN {
        page.raw("<details class=\"more\"><summary>")
            .text(&format!("and {} more {}", group.findings.len() - SHOWN, group.code))
            .raw("</summary>\n");
        for finding in group.findings.iter().take(HELD).skip(SHOWN) {
            member(page, view, group, finding, number(finding), false);
        }
        if group.findings.len() > HELD {
            let more = group.findings.len() - HELD;
            page.element("p", "note", &format!("and {more} more in the JSON report"));
        }
        page.raw("</details>\n");
    }
    page.raw("</section>\n");
}

fn member(page: &mut Html, view: &View<'_>, group: &FindingGroup<'_>, finding: &Finding, number: usize, open: bool) {
    page.raw("<details class=\"finding\"");
    page.attribute("id", &format!("finding-{number}"));
    page.raw(if open { " open><summary>" } else { "><summary>" });
    page.prose(&finding.title).raw("</summary>\n");
    if !finding.evidence.is_empty() {
        page.raw("<ul class=\"evidence\">");
        let few = if finding.evidence.len() <= EVIDENCE + 2 {
            EVIDENCE + 2
        } else {
            EVIDENCE
        };
        for line in finding.evidence.iter().take(few) {
            page.raw("<li>").prose(line).raw("</li>");
        }
        page.raw("</ul>\n");
        if finding.evidence.len() > few {
            page.raw("<details class=\"more\"><summary>")
                .text(&format!("and {} more lines", finding.evidence.len() - few))
                .raw("</summary><ul class=\"evidence\">");
            for line in finding.evidence.iter().take(HELD).skip(few) {
                page.raw("<li>").prose(line).raw("</li>");
            }
            page.raw("</ul>");
            if finding.evidence.len() > HELD {
                let more = finding.evidence.len() - HELD;
                page.element("p", "note", &format!("and {more} more in the JSON report"));
            }
            page.raw("</details>\n");
        }
    }
    if group.advice.is_none() && !finding.advice.is_empty() {
        page.raw("<p class=\"do\"><b>Do:</b> ")
            .text(&finding.advice)
            .raw("</p>\n");
    }
    resources(page, view, finding, number);
    page.raw("</details>\n");
}

/// One row for each resource: where, since when, how used, its name, and last its id.
fn resources(page: &mut Html, view: &View<'_>, finding: &Finding, number: usize) {
    if finding.resources.is_empty() {
        return;
    }
    let (account, region) = (view.document.accounts.len() > 1, view.document.regions.len() != 1);
    page.raw("<table class=\"members\"><thead class=\"unseen\"><tr>");
    for (shown, title) in [
        (account, "Account"),
        (region, "Region"),
        (true, "Created"),
        (true, "Used by"),
        (true, "Name"),
        (true, "Id"),
    ] {
        if shown {
            page.raw("<th scope=\"col\">").text(title).raw("</th>");
        }
    }
    page.raw("</tr></thead><tbody>\n");
    for text in finding.resources.iter().take(SHOWN) {
        page.raw("<tr>");
        match view.resource(text) {
            Some(one) => {
                if account {
                    page.element("td", "where", &one.account);
                }
                if region {
                    page.element("td", "where", &one.region);
                }
                page.element("td", "date", &one.created_at.map(day).unwrap_or_default());
                let uses = match one.used_by.len() {
                    0 => String::new(),
                    uses => format!("{uses} use{} it", if uses == 1 { "s" } else { "" }),
                };
                page.element("td", "uses", &uses);
                let name = one.name.as_deref().filter(|name| *name != one.id).unwrap_or_default();
                page.raw("<td class=\"name\">")
                    .element("bdi", "", name)
                    .raw("</td><td class=\"id\">");
                page.link("", &route("resource", &one.arn), &one.id).raw("</td>");
            }
            // A claim that is gone has nothing but its id.
            None => {
                page.raw("<td class=\"id\"");
                page.attribute("colspan", &(4 + usize::from(account) + usize::from(region)).to_string());
                page.raw(">").text(text).raw("</td>");
            }
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table>\n");
    let all = finding.resources.len();
    if all > 1 {
        let text = if all > SHOWN {
            format!("and {} more: all {all} in the table", all - SHOWN)
        } else {
            format!("all {all} in the table")
        };
        page.raw("<p class=\"all\">")
            .link("", &format!("#/resources?finding={number}"), &text)
            .raw("</p>\n");
    }
}

fn states(page: &mut Html, view: &View<'_>) {
    let states = &view.document.states;
    if states.is_empty() {
        return;
    }
    page.raw("<h2 id=\"states-title\">States</h2>\n<div class=\"scroll\" role=\"region\" aria-labelledby=\"states-title\" tabindex=\"0\">\
              <table class=\"plain\"><thead><tr><th scope=\"col\">State</th><th scope=\"col\">Status</th>\
              <th scope=\"col\">Project</th><th scope=\"col\" class=\"number\">Claims</th>\
              <th scope=\"col\" class=\"number\">Serial</th><th scope=\"col\">Terraform</th><th scope=\"col\">Lineage</th></tr></thead><tbody>\n");
    for state in states {
        let (status, alarm) = match state.status {
            StateStatus::Read => ("read", false),
            StateStatus::Stale => ("stale", true),
            StateStatus::Unreadable => ("unreadable", true),
            StateStatus::Empty => ("empty", true),
        };
        page.raw("<tr><th scope=\"row\" class=\"id\">")
            .text(&state.source)
            .raw("</th>");
        page.element("td", if alarm { "alarm" } else { "" }, status);
        page.element("td", "", &state.project);
        page.element("td", "number", &super::super::text::thousands(state.claims));
        page.element(
            "td",
            "number",
            &state.serial.map(|serial| serial.to_string()).unwrap_or_default(),
        );
        page.element("td", "", state.terraform_version.as_deref().unwrap_or_default());
        page.element("td", "id", state.lineage.as_deref().unwrap_or_default());
        page.raw("</tr>\n");
    }
    page.raw("</tbody></table></div>\n");
    page.element("p", "note", &format!("Seen {}.", moment(view.document.scanned_at)))
        .raw("\n");
}

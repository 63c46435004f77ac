//! The reports of small accounts, as bytes.

use super::human::{self, Look};
use super::text::is_hostile;
use super::{Document, View, csv, explain, json, markdown, sample};
use crate::ledger::Ledger;
use crate::snapshot::Snapshot;

fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/report"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn colourless(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn human_of(snapshot: Snapshot, look: Look) -> String {
    let ledger = sample::ledger(snapshot);
    let document = Document::new(&ledger);
    human::render(&View::new(&ledger, &document), look)
}

const NARROW: Look = Look { width: 80, all: false };
const WIDE: Look = Look { width: 200, all: false };

#[test]
fn human_at_two_widths() {
    check("human-80", &colourless(&human_of(sample::with_gaps(), NARROW)));
    check("human-200", &colourless(&human_of(sample::with_gaps(), WIDE)));
}

#[test]
fn human_where_all_was_seen_and_where_states_were_not() {
    check("human-whole-80", &colourless(&human_of(sample::whole(), NARROW)));
    check(
        "human-unread-state-80",
        &colourless(&human_of(sample::with_an_unread_state(), NARROW)),
    );
    check(
        "human-without-states-80",
        &colourless(&human_of(sample::without_states(), NARROW)),
    );
}

#[test]
fn machine_formats() {
    let ledger = sample::ledger(sample::with_gaps());
    let document = Document::new(&ledger);
    let text = json::render(&document).replace(env!("CARGO_PKG_VERSION"), "[version]");
    check("json", &text);
    check("csv", &csv::render(&document));
    check("markdown", &markdown::render(&View::new(&ledger, &document), NARROW));
}

#[test]
fn every_line_without_an_id_fits() {
    for look in [NARROW, WIDE] {
        for line in colourless(&human_of(sample::with_an_unread_state(), look)).lines() {
            let long_word = line.split_whitespace().any(|word| word.len() > 40);
            assert!(super::text::width(line) <= look.width || long_word, "too long: {line}");
        }
    }
}

#[test]
fn colour_carries_nothing_and_foreign_text_no_colour() {
    let ledger = sample::ledger(sample::with_gaps());
    let document = Document::new(&ledger);
    let view = View::new(&ledger, &document);
    let all = Look { width: 80, all: true };
    let subjects = explain::find(&ledger, "sg-0bad0bad0bad0bad0");
    let text = explain::render(&ledger, "sg-0bad0bad0bad0bad0", &subjects, all);
    for text in [
        colourless(&human::render(&view, all)),
        colourless(&text),
        markdown::render(&view, all),
        csv::render(&document),
        json::render(&document),
    ] {
        assert!(text.contains("evil"), "the name is shown");
        assert!(!text.chars().any(|c| c != '\n' && is_hostile(c)), "{text}");
    }
    // With colours, the only escapes are the renderer's own: those that set colours.
    let coloured = human::render(&view, all);
    for (at, _) in coloured.match_indices('\u{1b}') {
        let end = coloured[at..].find(|c: char| c.is_ascii_alphabetic());
        let end = end.map(|end| &coloured[at + end..=at + end]);
        assert_eq!(end, Some("m"), "an escape that is no colour");
    }
    assert!(markdown::render(&view, all).contains("&lt;b&gt;"));
}

#[test]
fn ids_are_whole_in_every_format() {
    let ledger = sample::ledger(sample::with_gaps());
    let document = Document::new(&ledger);
    let view = View::new(&ledger, &document);
    let all = Look { width: 80, all: true };
    let human = colourless(&human::render(&view, all));
    let listed = |one: &&super::document::Resource| one.ownership == crate::ledger::Ownership::Unmanaged;
    for one in document.resources.iter().filter(listed) {
        assert!(
            human.lines().any(|line| line.ends_with(&format!("  {}", one.id))),
            "{} is last on no line",
            one.id
        );
    }
}

#[test]
fn explanations() {
    let show = |name: &str, ledger: &Ledger, asked: &str| {
        let subjects = explain::find(ledger, asked);
        assert!(!subjects.is_empty(), "{asked} is found");
        check(name, &colourless(&explain::render(ledger, asked, &subjects, NARROW)));
    };
    let ledger = sample::ledger(sample::with_gaps());
    show("explain-shared-vpc", &ledger, "vpc-0a1b2c3d4e5f60718");
    show("explain-hostile", &ledger, "sg-0bad0bad0bad0bad0");
    show("explain-delegated", &ledger, "of-a-stack");
    show("explain-address", &ledger, "aws_subnet.public[\"a b\"]");
    show("explain-block", &ledger, "aws_subnet.public");
    show("explain-not-seen", &ledger, "aws_instance.runner");
    show(
        "explain-gone-id",
        &sample::ledger(sample::whole()),
        "i-0a1b2c3d4e5f60718",
    );
    let mut twice = sample::whole();
    for one in &mut twice.scan.live {
        one.name = Some("same".into());
    }
    show("explain-choice", &sample::ledger(twice), "same");
    let rule = explain::rule("shared").expect("a code");
    check("explain-code", &colourless(&explain::render_rule(rule, 80)));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let mut turned = sample::with_an_unread_state();
    turned.scan.live.reverse();
    turned.claims.reverse();
    let look = Look { width: 80, all: true };
    assert_eq!(human_of(turned, look), human_of(sample::with_an_unread_state(), look));
}

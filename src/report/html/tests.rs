//! The page as bytes: what is foreign stays text, what runs is named by its hash, the same input gives the same page.

use sha2::{Digest, Sha256};

use super::super::{Document, View, sample};
use super::{LIBRARY, SCRIPT, STYLE, base64, render, script};
use crate::snapshot::Snapshot;

fn page_of(snapshot: Snapshot) -> String {
    let ledger = sample::ledger(snapshot);
    let document = Document::new(&ledger);
    render(&ledger, &View::new(&ledger, &document))
}

fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = page.split_once(from).expect("its beginning");
    rest.split_once(to).expect("its end").0
}

/// The page without what is the same on every page.
fn own_part(page: &str) -> String {
    page.replace(STYLE, "[style]")
        .replace(&script(), "[script]")
        .replace(env!("CARGO_PKG_VERSION"), "[version]")
}

fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/report"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"sha256-[A-Za-z0-9+/=]{44}", "sha256-[hash]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_page_that_says_everything() {
    check("html", &own_part(&page_of(sample::with_an_unread_state())));
}

#[test]
fn the_policy_names_what_is_in_the_page() {
    let page = page_of(sample::whole());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'");
    for (directive, text) in [
        ("script-src", between(&page, "\n<script>", "</script>\n</body>")),
        ("style-src", between(&page, "<style>", "</style>")),
    ] {
        let hash = base64(&Sha256::digest(text));
        assert!(
            policy.contains(&format!("{directive} 'sha256-{hash}'")),
            "{directive}: {policy}"
        );
    }
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[test]
fn what_is_foreign_cannot_leave_its_place() {
    let attacks = [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "' onmouseover='alert(1)",
        "<!--<script>",
        "--> ]]> {{7*7}} ${7*7} \\u003c/script\\u003e",
        "javascript:alert(1)",
        "\u{202e}desrever\u{2028}\u{2029}\u{0}\u{1}\u{2}",
        "שלום مرحبا",
        &"x".repeat(10_000),
    ];
    let calm = page_of(sample::with_an_unread_state());
    let mut snapshot = sample::with_an_unread_state();
    for (at, one) in snapshot.scan.live.iter_mut().enumerate() {
        let attack = attacks[at % attacks.len()];
        one.name = Some(attack.into());
        one.tags = [("Name", attack), (attack, attack)].into_iter().collect();
        if at % 3 == 1 {
            one.id = format!("{attack}{at}").into();
            one.arn = format!("arn:aws:ec2:eu-west-1:123456789012:x/{attack}{at}").into();
        }
    }
    for (at, claim) in snapshot.claims.iter_mut().enumerate() {
        claim.address = format!("aws_vpc.x[\"{}\"]", attacks[at % attacks.len()]).into();
    }
    for (at, state) in snapshot.states.iter_mut().enumerate() {
        state.source = format!("{}.tfstate", attacks[at % attacks.len()]);
        state.project = attacks[(at + 1) % attacks.len()].into();
        state.error = state.error.as_ref().map(|_| attacks[1].to_owned());
    }
    snapshot.scan.accounts[0].alias = Some(attacks[0].to_owned());
    let page = page_of(snapshot);
    let count = |text: &str, what: &str| text.to_ascii_lowercase().matches(what).count();
    for what in ["<script", "</script", "<style", "<!--"] {
        assert_eq!(count(&page, what), count(&calm, what), "{what}");
    }
    let (markup, _) = page.split_once("id=\"data\">").expect("data");
    for what in ["<img", "<svg onload", " onmouseover='", "href=\"javascript"] {
        assert_eq!(count(markup, what), 0, "{what}");
    }
    assert!(!page.chars().any(|c| c != '\n' && crate::report::text::is_hostile(c)));
    assert!(
        page.contains("שלום مرحبا"),
        "names of other scripts are shown as they are"
    );
    let data = between(&page, "id=\"data\">", "</script>");
    assert!(!data.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
    let value: serde_json::Value = serde_json::from_str(data).expect("JSON");
    let names = value["name"].as_array().expect("names");
    assert!(names.iter().any(|name| name == attacks[0]), "the value is what it was");
}

#[test]
fn the_same_input_gives_the_same_page() {
    let mut turned = sample::with_an_unread_state();
    turned.scan.live.reverse();
    turned.claims.reverse();
    assert_eq!(page_of(turned), page_of(sample::with_an_unread_state()));
}

#[test]
fn nothing_is_loaded_and_no_markup_is_made_by_the_script() {
    for part in SCRIPT {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "fetch(",
            "XMLHttpRequest",
            "import(",
        ] {
            assert!(!part.contains(word), "{word}");
        }
    }
    for (word, text) in [("url(", STYLE), ("@import", STYLE)] {
        assert!(!text.contains(word), "{word}");
    }
    // `</script` would end it early, `<!--` would change how it is read.
    let script = script().to_ascii_lowercase();
    assert!(!script.contains("</script") && !script.contains("<!--"));
}

#[test]
fn the_library_is_what_its_readme_says() {
    let readme = include_str!("vendor/README.md");
    let licence = include_str!("vendor/tanstack-virtual-core/LICENSE");
    let files = LIBRARY
        .iter()
        .map(|(name, text)| (name.trim_start_matches("./"), *text));
    for (name, text) in files.chain([("LICENSE", licence)]) {
        let hash = hex::encode(Sha256::digest(text));
        let line = format!("| `tanstack-virtual-core/{name}` | `{hash}` |");
        assert!(
            readme.contains(&line),
            "{name} is not as published, or the README is old: {line}"
        );
    }
    assert!(licence.starts_with("MIT License"));
}

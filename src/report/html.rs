//! HTML: one self-contained page for people, which loads nothing from anywhere.
//!
//! The summary and the findings are plain HTML, in the words and the order of the report for people, and can be read
//! and printed without a script. A script adds what needs one: search and filters over all resources, a page for
//! each resource that says what `whose explain` says, and pictures of stacks.
//!
//! Names and tags are somebody else's text. Three walls stand around them, each of which would do alone: everything
//! foreign is escaped where it enters ([`escape`]), the script makes elements from text only, and the page's content
//! security policy runs no script but the one whose hash it names, sends nothing anywhere, and has the browser refuse
//! to make elements from strings (`require-trusted-types-for`).

mod data;
mod escape;
mod summary;

use sha2::{Digest, Sha256};

use self::data::Data;
use self::escape::{Html, base64, script_json};
use super::View;
use crate::ledger::Ledger;

const STYLE: &str = include_str!("html/page.css");

/// Modules of the one library, as published; `vendor/README.md` says what, whose and from where.
const LIBRARY: &[(&str, &str)] = &[
    (
        "./utils.cjs",
        include_str!("html/vendor/tanstack-virtual-core/utils.cjs"),
    ),
    (
        "./lazy-measurements.cjs",
        include_str!("html/vendor/tanstack-virtual-core/lazy-measurements.cjs"),
    ),
    (
        "./scroll-classifier.cjs",
        include_str!("html/vendor/tanstack-virtual-core/scroll-classifier.cjs"),
    ),
    (
        "./ios-gesture.cjs",
        include_str!("html/vendor/tanstack-virtual-core/ios-gesture.cjs"),
    ),
    (
        "./index.cjs",
        include_str!("html/vendor/tanstack-virtual-core/index.cjs"),
    ),
];

/// The page's own script, in the order in which its parts build on each other.
const SCRIPT: &[&str] = &[
    include_str!("html/script/dom.js"),
    include_str!("html/script/data.js"),
    include_str!("html/script/words.js"),
    include_str!("html/script/table.js"),
    include_str!("html/script/resource.js"),
    include_str!("html/script/picture.js"),
    include_str!("html/script/pages.js"),
];

/// Renders the report.
///
/// # Panics
/// Never: the page's own types have string keys and no failing parts.
#[must_use]
pub fn render(ledger: &Ledger, view: &View<'_>) -> String {
    let script = script();
    #[expect(
        clippy::expect_used,
        reason = "only foreign `Serialize` impls and non-string keys can fail"
    )]
    let data = serde_json::to_string(&Data::new(ledger, view)).expect("the page's own types are JSON");
    let mut page = Html::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\"");
    page.attribute("content", &policy(&script));
    page.raw(
        ">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n",
    );
    page.element("title", "", &format!("whose: {}", view.place()));
    page.raw("\n<style>").raw(STYLE).raw("</style>\n</head>\n<body>\n");
    summary::body(&mut page, view);
    let mut page = page.finish();
    // Neither goes through the builder: the data is escaped for its own place, the script is the crate's own.
    page.push_str("<script type=\"application/json\" id=\"data\">");
    page.push_str(&script_json(&data));
    page.push_str("</script>\n<script>");
    page.push_str(&script);
    page.push_str("</script>\n</body>\n</html>\n");
    page
}

/// Nothing is loaded or sent; only this style and this script count; no element is made from a string.
fn policy(script: &str) -> String {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        base64(&Sha256::digest(script)),
        base64(&Sha256::digest(STYLE)),
    )
}

/// The library in the wrapping that its kind of module expects, then the page's own parts, all in one scope.
fn script() -> String {
    let mut out = String::from(
        "(() => {\n'use strict';\nconst process = { env: { NODE_ENV: 'production' } };\nconst modules = {};\n\
         const require = (name) => modules[name];\n",
    );
    for (name, text) in LIBRARY {
        out.push_str(&format!("modules['{name}'] = {{}};\n((exports) => {{\n"));
        // The maps are not here to be looked for.
        for line in text.lines().filter(|line| !line.starts_with("//# sourceMappingURL")) {
            out.push_str(line);
            out.push('\n');
        }
        out.push_str(&format!("}})(modules['{name}']);\n"));
    }
    for part in SCRIPT {
        out.push_str(part);
    }
    out.push_str("})();\n");
    out
}

#[cfg(test)]
mod tests;

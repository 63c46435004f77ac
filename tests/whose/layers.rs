//! Which part of the code may use which: the table of ARCHITECTURE.md, held against every path in the source.

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::root;

/// A part of the code.
struct Layer {
    name: &'static str,
    /// What it may use besides itself.
    uses: &'static [&'static str],
    /// It touches neither network, files, environment nor clock.
    pure: bool,
}

const fn layer(name: &'static str, uses: &'static [&'static str], pure: bool) -> Layer {
    Layer { name, uses, pure }
}

/// A row uses what stands above it, and not all of that.
const LAYERS: &[Layer] = &[
    layer("model", &[], true),
    layer("facts", &["model"], true),
    layer("aws", &["model", "facts"], false),
    layer("kinds", &["model", "facts", "aws"], true),
    layer("scan", &["model", "facts", "aws", "kinds"], false),
    layer("terraform", &["model", "facts", "kinds"], false),
    layer("ledger", &["model", "facts", "kinds"], true),
    layer("findings", &["model", "facts", "kinds", "ledger"], true),
    layer("check", &["model", "facts", "kinds", "ledger", "findings"], true),
    layer("shell", &[], true),
    layer("commands", &["model", "facts", "kinds", "ledger", "shell"], true),
    layer("guard", &["model", "shell", "commands", "check"], false),
    layer("config", &["model", "ledger", "findings"], false),
    layer("snapshot", &["model", "facts", "kinds", "ledger", "findings"], false),
    layer(
        "triage",
        &[
            "model", "facts", "kinds", "ledger", "snapshot", "shell", "commands", "check",
        ],
        true,
    ),
    layer(
        "report",
        &[
            "model", "facts", "kinds", "ledger", "findings", "check", "snapshot", "triage",
        ],
        true,
    ),
];

/// Files of `src/kinds` that hold facts and no listing: everybody above `model` may use them.
const FACTS: &[&str] = &["deletions", "facts", "loss", "markers", "prices", "recover"];

/// Uses that the table forbids, with the reason why they stay.
const EXEMPT: &[(&str, &str, &str)] = &[];

/// The layer of a file; `None` for the command line, which uses everything.
fn layer_of(file: &Path) -> Option<&'static Layer> {
    let parts: Vec<_> = file.iter().filter_map(|part| part.to_str()).collect();
    let folder = parts.get(1)?.trim_end_matches(".rs");
    let name = match (folder, parts.get(2)) {
        ("kinds", Some(name)) if FACTS.contains(&name.trim_end_matches(".rs")) => "facts",
        _ => folder,
    };
    LAYERS.iter().find(|layer| layer.name == name)
}

fn sources() -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Says whether a file is compiled for tests only.
fn is_test(file: &Path) -> bool {
    let inside = file.parent().and_then(Path::file_name);
    [file.file_stem(), inside]
        .into_iter()
        .flatten()
        .any(|name| name == "tests" || name == "testing" || name == "sample")
}

/// The code without comments, strings and tests. A test may use what it likes.
fn code(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with("#[cfg(test)]") {
            break;
        }
        let trimmed = line.trim_start();
        if !trimmed.starts_with("//") {
            out += line.split(" // ").next().unwrap_or_default();
            out.push('\n');
        }
    }
    out
}

/// What follows `prefix` in paths: `a` of `crate::a::b`; and both of `crate::{a, b}`.
fn heads(code: &str, prefix: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(text.len());
        text[..end].to_owned()
    };
    let mut heads = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut item = String::new();
                for c in group.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            heads.insert(word(item.trim()));
                            item.clear();
                            continue;
                        }
                        _ => {}
                    }
                    item.push(c);
                }
                heads.insert(word(item.trim()));
            }
            None => {
                heads.insert(word(rest));
            }
        }
    }
    heads.remove("");
    heads
}

#[test]
fn heads_are_found_in_groups_too() {
    let found = heads("use crate::{a, b::{c, d}, e};\nlet x = crate::f::G;", "crate::");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "b", "e", "f"]);
}

#[test]
fn no_part_uses_what_stands_below_it() {
    let mut wrong = Vec::new();
    let mut needed = BTreeSet::new();
    let known: BTreeSet<&str> = LAYERS.iter().map(|layer| layer.name).chain(["cli"]).collect();
    for path in sources() {
        let file = path.strip_prefix(root()).expect("inside");
        if is_test(file) {
            continue;
        }
        let Some(layer) = layer_of(file) else {
            let top = file.iter().nth(1).and_then(|name| name.to_str()).unwrap_or_default();
            let top = top.trim_end_matches(".rs");
            assert!(
                matches!(top, "cli" | "main" | "lib"),
                "{} belongs to no layer",
                file.display()
            );
            continue;
        };
        let text = code(&std::fs::read_to_string(&path).expect("UTF-8"));
        // `super` as often as it takes to get to the root.
        let root_by_super = "super::".repeat(file.iter().count() - 1);
        for used in heads(&text, "crate::").union(&heads(&text, &root_by_super)) {
            if !known.contains(used.as_str()) {
                // A type or function that the crate's root hands on, or a macro.
                continue;
            }
            let facts = *used == "kinds" && only_facts(&text);
            let allowed = *used == layer.name
                || layer.uses.contains(&used.as_str())
                || facts && layer.uses.contains(&"facts")
                || *used == "kinds" && layer.name == "facts";
            if allowed {
                continue;
            }
            let name = file.display().to_string();
            match EXEMPT.iter().find(|(file, what, _)| *file == name && what == used) {
                Some(exempt) => {
                    needed.insert(exempt.0);
                }
                None => wrong.push(format!("{name} uses {used}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (file, what, reason) in EXEMPT {
        assert!(needed.contains(file), "{file} needs no exemption for {what} ({reason})");
    }
}

/// Says whether all that a file takes from `kinds` are facts.
fn only_facts(code: &str) -> bool {
    heads(code, "crate::kinds::")
        .iter()
        .all(|name| FACTS.contains(&name.as_str()))
}

#[test]
fn only_kinds_and_aws_name_the_sdk() {
    for path in sources() {
        let file = path.strip_prefix(root()).expect("inside");
        if file.starts_with("src/kinds") || file.starts_with("src/aws") || file == Path::new("src/aws.rs") {
            continue;
        }
        let text = code(&std::fs::read_to_string(&path).expect("UTF-8"));
        for name in [
            "aws_sdk_",
            "aws_smithy_",
            "aws_config",
            "aws_types",
            "aws_runtime",
            "aws_credential_types",
        ] {
            assert!(!text.contains(name), "{} names {name}", file.display());
        }
    }
}

/// What a pure part may not touch.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::io::stdin",
    "tokio::",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
];

#[test]
fn pure_parts_touch_nothing_outside() {
    let mut wrong = Vec::new();
    for path in sources() {
        let file = path.strip_prefix(root()).expect("inside");
        if !layer_of(file).is_some_and(|layer| layer.pure) {
            continue;
        }
        if is_test(file) {
            continue;
        }
        let text = code(&std::fs::read_to_string(&path).expect("UTF-8"));
        let found = OUTSIDE.iter().filter(|name| text.contains(**name));
        wrong.extend(found.map(|name| format!("{} touches {name}", file.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_above_the_kinds_branches_on_a_kinds_name() {
    let mut wrong = Vec::new();
    for path in sources() {
        let file = path.strip_prefix(root()).expect("inside");
        let layer = layer_of(file);
        if !layer.is_some_and(|layer| matches!(layer.name, "ledger" | "findings" | "snapshot" | "scan")) {
            continue;
        }
        if is_test(file) {
            continue;
        }
        for line in code(&std::fs::read_to_string(&path).expect("UTF-8")).lines() {
            if line.contains("\"aws_") && !line.contains("\"aws_made") && !line.contains("\"aws_regions\"") {
                wrong.push(format!("{}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "a case that needs a branch needs a field of the kind:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_module_says_what_it_is_for() {
    for path in sources() {
        if is_test(&path) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let main = path.file_name().is_some_and(|name| name == "main.rs");
        assert!(
            main || text.starts_with("//! "),
            "{} begins with no //!",
            path.display()
        );
    }
}

//! What `make` would run, as far as a makefile shows it in plain sight: recipes of the targets and of what they
//! depend on, with the variables that the file sets. Includes, functions and patterns are not followed.

use std::collections::{BTreeMap, BTreeSet};

/// The recipes' lines, for targets and options of `make` as they stand on its command line.
pub fn commands(words: &[&str], read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut names = vec!["GNUmakefile".to_owned(), "makefile".to_owned(), "Makefile".to_owned()];
    let mut folder = String::new();
    let mut targets: Vec<String> = Vec::new();
    let mut variables = BTreeMap::from([("MAKE".to_owned(), "make".to_owned())]);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let next = words.get(at).copied().unwrap_or_default();
        match *word {
            "-f" | "--file" | "--makefile" => names = vec![next.to_owned()],
            "-C" | "--directory" => folder = format!("{next}/"),
            _ if word.starts_with("--") => {
                match word.split_once('=') {
                    Some(("--file" | "--makefile", name)) => names = vec![name.to_owned()],
                    Some(("--directory", name)) => folder = format!("{name}/"),
                    _ => {}
                }
                continue;
            }
            // `-sf file`
            _ if word.starts_with('-') && word.len() > 2 && word.ends_with(['f', 'C']) => {
                if word.ends_with('f') {
                    names = vec![next.to_owned()];
                } else {
                    folder = format!("{next}/");
                }
                at += 1;
                continue;
            }
            _ if word.starts_with("-C") => folder = format!("{}/", &word[2..]),
            _ if word.starts_with("-f") => names = vec![word[2..].to_owned()],
            _ if word.starts_with('-') => continue,
            _ => {
                match word.split_once('=') {
                    Some((name, value)) => drop(variables.insert(name.to_owned(), value.to_owned())),
                    None => targets.push((*word).to_owned()),
                }
                continue;
            }
        }
        at += usize::from(!(word.len() > 2 && !word.starts_with("--")));
    }
    let Some(text) = names.iter().find_map(|name| read(&format!("{folder}{name}"))) else {
        return Vec::new();
    };
    recipes(&text, targets, variables)
}

#[derive(Default)]
struct Rule {
    needs: Vec<String>,
    lines: Vec<String>,
}

fn recipes(text: &str, mut targets: Vec<String>, mut variables: BTreeMap<String, String>) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let given: BTreeSet<String> = variables.keys().cloned().collect();
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    let mut current: Vec<String> = Vec::new();
    let mut first = None;
    for line in text.lines() {
        if let Some(recipe) = line.strip_prefix('\t') {
            for target in &current {
                rules.entry(target.clone()).or_default().lines.push(recipe.to_owned());
            }
            continue;
        }
        let line = line.split('#').next().unwrap_or_default().trim_end();
        if let Some((name, value)) = assignment(line) {
            // What the command line gives wins; of the file's own values all count, because conditions are not read.
            if !given.contains(&name) {
                let held = variables.entry(name).or_default();
                if !held.is_empty() {
                    held.push(if line.contains("+=") { ' ' } else { '\n' });
                }
                held.push_str(&value);
            }
        } else if let Some((heads, needs)) = line.split_once(':') {
            let (needs, recipe) = needs.split_once(';').unwrap_or((needs, ""));
            current = heads.split_whitespace().map(str::to_owned).collect();
            for target in &current {
                if first.is_none() && !target.starts_with('.') {
                    first = Some(target.clone());
                }
                let rule = rules.entry(target.clone()).or_default();
                rule.needs
                    .extend(needs.split_whitespace().filter(|need| *need != "|").map(str::to_owned));
                if !recipe.is_empty() {
                    rule.lines.push(recipe.to_owned());
                }
            }
        } else if !line.trim().is_empty() {
            current.clear();
        }
    }
    if targets.is_empty() {
        targets.extend(first);
    }
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    while let Some(target) = targets.pop() {
        if !seen.insert(target.clone()) {
            continue;
        }
        if let Some(rule) = rules.get(&target) {
            for need in &rule.needs {
                targets.extend(expand(need, &variables).split_whitespace().map(str::to_owned));
            }
            out.extend(
                rule.lines
                    .iter()
                    .map(|line| expand(line.trim_start_matches(['@', '-', '+', ' ']), &variables)),
            );
        }
    }
    out
}

fn assignment(line: &str) -> Option<(String, String)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!', ' ', '\t']).trim();
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    is_name.then(|| (name.to_owned(), value.trim().to_owned()))
}

/// Bytes and variables of a line; variables of variables of variables may hold any number.
const LONGEST: usize = 1 << 16;

/// Puts the variables in; what the file does not set stays as a word that is no command.
fn expand(line: &str, variables: &BTreeMap<String, String>) -> String {
    let mut left = LONGEST;
    // To a shell this is a command that cannot be told.
    filled(line, variables, 0, &mut left).unwrap_or_else(|| "$TOO_LONG".to_owned())
}

/// `None` as soon as nothing is `left` to spend, so that doubling takes no time either.
fn filled(line: &str, variables: &BTreeMap<String, String>, depth: usize, left: &mut usize) -> Option<String> {
    *left = left.checked_sub(line.len() + 1)?;
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let close = match rest.chars().next() {
            Some('(') => ')',
            Some('{') => '}',
            _ => continue,
        };
        let Some(end) = rest.find(close) else { break };
        let name = &rest[1..end];
        match variables.get(name) {
            Some(value) if depth < 8 => out.push_str(&filled(value, variables, depth + 1, left)?),
            _ => out.push_str("make-variable"),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "TF ?= terraform -chdir=infra\n.PHONY: all\nall: build\nbuild:\n\tgo build ./...\ndown: build\n\t@$(TF) destroy \\\n\t  -auto-approve\n";

    #[test]
    fn recipes_of_a_target_and_of_what_it_needs() {
        let read = |name: &str| (name == "Makefile").then(|| FILE.to_owned());
        assert_eq!(commands(&[], read), ["go build ./..."]);
        let down = commands(&["down"], read);
        assert_eq!(down.len(), 2);
        assert!(down[0].starts_with("terraform -chdir=infra destroy"), "{down:?}");
        assert!(commands(&["TF=echo", "down"], read)[0].starts_with("echo destroy"));
        assert!(commands(&["-f", "other.mk", "down"], read).is_empty());
    }

    #[test]
    fn its_file_and_folder_are_named_in_several_ways() {
        let read = |name: &str| (name == "infra/tasks").then(|| FILE.to_owned());
        for words in [
            &["-C", "infra", "-f", "tasks", "down"][..],
            &["-Cinfra", "-ftasks", "down"],
            &["--directory=infra", "--file=tasks", "down"],
            &["-sC", "infra", "-sf", "tasks", "down"],
        ] {
            assert_eq!(commands(words, read).len(), 2, "{words:?}");
        }
    }

    #[test]
    fn values_add_up_and_never_without_end() {
        let of = |text: &str| commands(&["all"], |_| Some(text.to_owned()));
        assert_eq!(of("V = terraform\nV += destroy\nall:\n\t$(V)\n"), ["terraform destroy"]);
        assert_eq!(
            of("D = down\nall: $(D)\ndown:\n\tterraform destroy\n"),
            ["terraform destroy"]
        );
        let doubling: String = (1..8)
            .map(|n| format!("A{n} = {}\n", format!("$(A{})", n - 1).repeat(20)))
            .collect();
        assert_eq!(
            of(&format!("A0 = xxxxxxxxxxxx\n{doubling}all:\n\t$(A7)$(A7)\n")),
            ["$TOO_LONG"]
        );
    }
}

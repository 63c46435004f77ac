//! Commands that programs of sed and awk run.

/// What a program of sed or awk runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Runs {
    Command(String),
    /// Whatever it reads.
    Input,
}

/// The commands that a script of sed runs: `e command`, `e`, and the flag `e` of `s`.
pub(super) fn sed(script: &str) -> Vec<Runs> {
    let mut runs = Vec::new();
    let chars: Vec<char> = script.chars().collect();
    let mut at = 0;
    // To behind the next `end` that is not escaped.
    let until = |mut at: usize, end: char| {
        while at < chars.len() && chars[at] != end {
            at += 1 + usize::from(chars[at] == '\\');
        }
        at + 1
    };
    let line = |at: usize| (at..chars.len()).find(|at| chars[*at] == '\n').unwrap_or(chars.len());
    while let Some(c) = chars.get(at).copied() {
        at += 1;
        match c {
            // Addresses.
            '/' => at = until(at, '/'),
            '\\' => {
                if let Some(end) = chars.get(at).copied() {
                    at = until(at + 1, end);
                }
            }
            's' | 'y' => {
                let Some(end) = chars.get(at).copied() else { break };
                at = until(until(at + 1, end), end);
                while let Some(flag) = chars.get(at).copied() {
                    match flag {
                        'w' => {
                            at = line(at);
                            break;
                        }
                        'e' if c == 's' => runs.push(Runs::Input),
                        flag if flag.is_ascii_alphanumeric() => {}
                        _ => break,
                    }
                    at += 1;
                }
            }
            // Text and file names to the end of the line; labels of GNU sed to a semicolon.
            'a' | 'i' | 'c' => {
                at = line(at);
                while at > 0 && at < chars.len() && chars[at - 1] == '\\' {
                    at = line(at + 1);
                }
            }
            'r' | 'R' | 'w' | 'W' | '#' => at = line(at),
            ':' | 'b' | 't' | 'T' => {
                while chars.get(at).is_some_and(|c| !matches!(c, ';' | '\n' | '}')) {
                    at += 1;
                }
            }
            'e' => {
                let end = line(at);
                let command: String = chars[at..end].iter().collect();
                let command = command.trim().trim_end_matches('}').trim_end_matches(';').trim();
                runs.push(if command.is_empty() {
                    Runs::Input
                } else {
                    Runs::Command(command.to_owned())
                });
                at = end;
            }
            _ => {}
        }
    }
    runs
}

/// The commands that a program of awk runs: `system(…)`, and pipes to and from commands.
pub(super) fn awk(program: &str) -> Vec<Runs> {
    let mut runs = Vec::new();
    let chars: Vec<char> = program.chars().collect();
    let mut at = 0;
    let mut last_string: Option<String> = None;
    while let Some(c) = chars.get(at).copied() {
        match c {
            '"' => {
                let (text, end) = string(&chars, at);
                last_string = Some(text);
                at = end;
                continue;
            }
            '#' => {
                while chars.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
                continue;
            }
            // `/a|b/` after something that no division can follow.
            '/' if chars[..at]
                .iter()
                .rev()
                .find(|c| !c.is_whitespace())
                .is_none_or(|c| matches!(c, '~' | '(' | ',' | '{' | ';' | '!' | '&' | '|' | '\n' | '}')) =>
            {
                at += 1;
                while chars.get(at).is_some_and(|c| *c != '/' && *c != '\n') {
                    at += 1 + usize::from(chars[at] == '\\');
                }
            }
            '|' if chars.get(at + 1) == Some(&'|') => at += 1,
            '|' => {
                let next = (at + 1..chars.len()).find(|at| !chars[*at].is_whitespace() && chars[*at] != '&');
                let rest: String = next
                    .map(|next| chars[next..].iter().take(7).collect())
                    .unwrap_or_default();
                if rest.starts_with("getline") {
                    runs.push(last_string.take().map_or(Runs::Input, Runs::Command));
                } else if rest.starts_with('"') {
                    let (text, end) = string(&chars, next.unwrap_or(at));
                    let whole = chars[end..]
                        .iter()
                        .find(|c| **c == '\n' || !c.is_whitespace())
                        .is_none_or(|c| matches!(c, '}' | ';' | '\n'));
                    runs.push(if whole { Runs::Command(text) } else { Runs::Input });
                    at = end;
                    continue;
                } else {
                    runs.push(Runs::Input);
                }
            }
            's' if chars[at..].iter().take(6).collect::<String>() == "system" => {
                at += 6;
                let open = (at..chars.len()).find(|at| !chars[*at].is_whitespace());
                if let Some(open) = open.filter(|open| chars[*open] == '(') {
                    let start = (open + 1..chars.len()).find(|at| !chars[*at].is_whitespace());
                    runs.push(match start.filter(|start| chars[*start] == '"') {
                        Some(start) => {
                            let (text, end) = string(&chars, start);
                            let whole = chars[end..].iter().find(|c| !c.is_whitespace()) == Some(&')');
                            if whole { Runs::Command(text) } else { Runs::Input }
                        }
                        None => Runs::Input,
                    });
                }
                continue;
            }
            c if !c.is_whitespace() => last_string = None,
            _ => {}
        }
        at += 1;
    }
    // Where a pattern starts is not always told from a division: whatever the rest is, this is a call.
    for (at, call) in program.match_indices("system(\"") {
        let rest: Vec<char> = program[at + call.len() - 1..].chars().collect();
        let (text, end) = string(&rest, 0);
        let is_whole = rest[end.min(rest.len())..].iter().find(|c| !c.is_whitespace()) == Some(&')');
        let found = Runs::Command(text);
        if is_whole && !runs.contains(&found) {
            runs.push(found);
        }
    }
    runs
}

fn string(chars: &[char], open: usize) -> (String, usize) {
    let mut text = String::new();
    let mut at = open + 1;
    while let Some(c) = chars.get(at) {
        at += 1;
        match c {
            '"' => break,
            '\\' => {
                // Letters by their numbers are left as they are, and are then no command that is known.
                match chars.get(at) {
                    Some('"') => text.push('"'),
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(c) => text.extend(['$', *c]),
                    None => {}
                }
                at += 1;
            }
            c => text.push(*c),
        }
    }
    (text, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Vec<Runs> {
        vec![Runs::Command(text.to_owned())]
    }

    #[test]
    fn sed_runs_with_e_alone() {
        for script in [
            "s/here/there/",
            "s|/some/where|/else/e|g",
            "s/a/e/;s/e/a/g",
            "/re/p",
            "/foo/,/here/d",
            "y/abc/efg/",
            "a some/the",
            "1,40p",
            "$!N;s/x/y/;P;D",
            ":e;N;be",
            "s/a/b/w e",
        ] {
            assert_eq!(sed(script), [], "{script}");
        }
        for script in ["e", "1e", "s/a/b/e", "s#a#b#ge", "/x/{e\n}", "$!{s/a/b/;e\n}"] {
            assert_eq!(sed(script), [Runs::Input], "{script}");
        }
        assert_eq!(sed("1e ls -l"), command("ls -l"));
        assert_eq!(sed("/x/{ e ls\n}"), command("ls"));
    }

    #[test]
    fn awk_runs_with_system_and_pipes() {
        for program in [
            "{print $1}",
            "$1 ~ /a|b/ {print}",
            "/a|b/",
            "a || b {print}",
            "{ print \"a | b\" }",
            "# system(x)",
        ] {
            assert_eq!(awk(program), [], "{program}");
        }
        assert_eq!(awk("BEGIN{system(\"ls\")}"), command("ls"));
        assert_eq!(awk("{print | \"sort -u\"}"), command("sort -u"));
        assert_eq!(awk("BEGIN{\"date\" | getline d; print d}"), command("date"));
        for program in [
            "{system($0)}",
            "{system(\"ls \" $1)}",
            "{print | c}",
            "{print | \"s\" \"h\"}",
            "{c | getline}",
        ] {
            assert_eq!(awk(program), [Runs::Input], "{program}");
        }
    }
}

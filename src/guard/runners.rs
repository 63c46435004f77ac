//! Task runners and service managers: what stands behind the word that they are given.

use crate::shell::{Arg, Directory, Run};

use super::{DEPTH, Judge, Look, Refusal, WRITE_IT_OUT, code, makefile, shortened};

/// Files of task runners that are searched for the block of a target.
const FILES: &[(&[&str], &[&str])] = &[
    (&["just"], &["justfile", "Justfile", ".justfile"]),
    (&["task", "go-task"], &["Taskfile.yml", "Taskfile.yaml", "taskfile.yml"]),
    (&["rake"], &["Rakefile", "rakefile.rb"]),
    (&["invoke", "inv"], &["tasks.py"]),
    (&["fab"], &["fabfile.py"]),
    (&["nox"], &["noxfile.py"]),
    (&["mage"], &["magefile.go"]),
    (&["composer"], &["composer.json"]),
    (&["gradle", "gradlew"], &["build.gradle", "build.gradle.kts"]),
    (&["earthly"], &["Earthfile"]),
    (&["gitlab-runner", "gitlab-ci-local"], &[".gitlab-ci.yml"]),
    (&["mise", "rtx"], &["mise.toml", ".mise.toml"]),
    (&["doit"], &["dodo.py"]),
];

impl Judge<'_> {
    pub(super) fn runner(&self, program: &str, run: &Run) -> Option<Refusal> {
        let words: Vec<&str> = run.args[1..].iter().filter_map(Arg::known).collect();
        match program {
            "make" | "gmake" | "just" | "task" | "rake" | "invoke" | "inv" | "nox" | "tox" | "gradle" | "gradlew"
            | "mage" | "ant" | "mvn" | "npm" | "pnpm" | "yarn" | "bun" | "nx" | "turbo" | "composer" | "lerna"
            | "ansible-playbook" | "ansible" | "atlantis" | "atmos" | "terramate" | "go-task" | "fab" | "doit"
            | "earthly" | "gitlab-runner" | "gitlab-ci-local" | "act" | "dagger" | "mise" | "supervisorctl"
            | "systemctl" | "launchctl" | "service" => {
                if let Some(word) = words.iter().find(|word| says_destroy(word)) {
                    return self.refuse(
                        &run.text,
                        format!(
                            "{program} {word} names a target that destroys or applies, and what it runs was not read"
                        ),
                        WRITE_IT_OUT,
                    );
                }
            }
            // `gh workflow run destroy.yml`
            "gh" | "glab" => {
                let starts = words.iter().any(|word| matches!(*word, "run" | "rerun" | "trigger"));
                return words.iter().find(|word| starts && says_destroy(word)).and_then(|word| {
                    self.refuse(&run.text, format!("it starts {word}, which was not read"), WRITE_IT_OUT)
                });
            }
            "cargo" | "go" if words.first() == Some(&"run") => return self.words(run),
            _ if run.unfamiliar => return self.words(run),
            _ => return None,
        }
        if program == "ansible"
            && let Some(word) = code::mentions(&words.join(" "))
        {
            return self.refuse(&run.text, format!("it speaks of {word}"), WRITE_IT_OUT);
        }
        // A file that the same text writes, or that arrives through a pipe, is not there yet.
        let fed = words
            .iter()
            .any(|word| matches!(*word, "-f-" | "-f/dev/stdin" | "/dev/stdin") || word.starts_with("--eval"))
            || words.windows(2).any(|pair| pair == ["-f", "-"]);
        if (fed || self.writes_task_file) && self.depth == 0 {
            if let Some(word) = code::mentions(self.text) {
                return self.refuse(
                    &run.text,
                    format!("what {program} runs is written in the same text, which speaks of {word}"),
                    WRITE_IT_OUT,
                );
            }
            if fed {
                return self.refuse(&run.text, format!("what {program} reads was not read"), WRITE_IT_OUT);
            }
        }
        let Directory::Known(directory) = &run.directory else {
            return None;
        };
        let folder = self.folder.join(directory);
        let commands = match program {
            "make" | "gmake" => makefile::commands(&words, |name| match self.around.look(&folder.join(name)) {
                Look::Text(text) => Some(text),
                _ => None,
            }),
            "npm" | "pnpm" | "yarn" | "bun" => match self.around.look(&folder.join("package.json")) {
                Look::Text(text) => package_scripts(&text, &words),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        if let Some((_, files)) = FILES.iter().find(|(programs, _)| programs.contains(&program)) {
            let text = files
                .iter()
                .find_map(|name| match self.around.look(&folder.join(name)) {
                    Look::Text(text) => Some(text),
                    _ => None,
                });
            let found = text.and_then(|text| words.iter().find_map(|word| code::mentions(&block(&text, word, 0))));
            if let Some(word) = found {
                return self.refuse(&run.text, format!("what it runs speaks of {word}"), WRITE_IT_OUT);
            }
        }
        if self.depth >= DEPTH {
            return None;
        }
        commands.iter().find_map(|command| {
            let inner = Judge {
                folder: folder.clone(),
                ..self.within(command)
            };
            let refusal = inner.certain(command)?;
            Some(Refusal {
                why: format!("it runs {}: {}", shortened(&refusal.command), refusal.why),
                command: run.text.clone(),
                hint: refusal.hint,
            })
        })
    }
}

/// `destroy`, `tf-destroy`, `infra:apply`
pub(super) fn says_destroy(word: &str) -> bool {
    let word = word.to_lowercase();
    let parts: Vec<&str> = word
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let any = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    !word.starts_with("--")
        && (any(&["destroy", "teardown", "nuke"])
            || (any(&["apply"]) && (parts.len() == 1 || any(&["tf", "terraform", "tofu", "terragrunt", "infra"])))
            || word.contains("tfdestroy")
            || word.contains("tfapply"))
}

/// The commands of the scripts that `npm run x` and the like would run.
fn package_scripts(text: &str, words: &[&str]) -> Vec<String> {
    let Ok(serde_json::Value::Object(package)) = serde_json::from_str(text) else {
        return Vec::new();
    };
    let Some(scripts) = package.get("scripts").and_then(serde_json::Value::as_object) else {
        return Vec::new();
    };
    words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .flat_map(|word| [format!("pre{word}"), (*word).to_owned(), format!("post{word}")])
        .filter_map(|name| scripts.get(&name)?.as_str().map(str::to_owned))
        .collect()
}

/// The lines of a target in a file of tasks, and of the targets that its first line names: from a line that says its
/// name to the next one that is not indented deeper.
fn block(text: &str, target: &str, depth: usize) -> String {
    let target = target.trim_start_matches('+');
    let word = |line: &str| {
        // `name: needs`
        let line = line.split_once(": ").map_or(line, |(name, _)| name);
        line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.')))
            .any(|word| word.trim_matches(':') == target)
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    if target.is_empty() || depth > 4 {
        return out;
    }
    for (at, head) in lines.iter().enumerate().filter(|(_, line)| word(line)) {
        let body: Vec<&str> = lines[at + 1..]
            .iter()
            .copied()
            .take_while(|line| line.trim().is_empty() || indent(line) > indent(head))
            .take(200)
            .collect();
        if body.is_empty() && !head.contains(['{', '[', '"']) {
            continue;
        }
        out.push_str(head);
        out.push('\n');
        out.push_str(&body.join("\n"));
        out.push('\n');
        let needed = head.split_once(':').map_or("", |(_, needs)| needs);
        for need in needed.split_whitespace().filter(|need| *need != target) {
            out.push_str(&block(text, need, depth + 1));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_target_and_what_it_needs() {
        let just = "build:\n    cargo build\nwipe: stop\n    a\n    b\nstop:\n    c\n";
        assert_eq!(block(just, "build", 0), "build:\n    cargo build\n");
        assert_eq!(block(just, "wipe", 0), "wipe: stop\n    a\n    b\nstop:\n    c\n");
        let yaml = "tasks:\n  wipe:\n    cmds:\n      - a\n  build:\n    cmds: [b]\n";
        assert_eq!(block(yaml, "wipe", 0), "  wipe:\n    cmds:\n      - a\n");
        assert_eq!(block(yaml, "other", 0), "");
    }
}

//! A real bash tells which disguises work, and the hook must deny each of those.

use super::*;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.roll(items.len())]
    }
}

/// A real bash, in a folder of its own, whose PATH has only a `terraform` that says that it ran, and what it was told.
struct Bash {
    folder: tempfile::TempDir,
}

impl Bash {
    /// `None` where there is no bash to try with.
    fn new() -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;
        if !Path::new("/bin/bash").exists() || !Path::new("/usr/bin/timeout").exists() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).expect("a folder");
        let program = bin.join("terraform");
        std::fs::write(
            &program,
            format!(
                "#!/bin/bash\necho \"$*\" >> '{}'\n",
                folder.path().join("log").display()
            ),
        )
        .expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("a program");
        for name in [
            "bash", "sh", "env", "xargs", "cat", "find", "nice", "timeout", "rev", "base64",
        ] {
            for from in ["/bin", "/usr/bin"] {
                let path = Path::new(from).join(name);
                if path.exists() && !bin.join(name).exists() {
                    std::os::unix::fs::symlink(path, bin.join(name)).expect("a link");
                }
            }
        }
        Some(Self { folder })
    }

    /// Says whether `terraform` was told to destroy.
    fn destroys(&self, text: &str) -> bool {
        let log = self.folder.path().join("log");
        std::fs::remove_file(&log).ok();
        let work = self.folder.path().join("work");
        std::fs::create_dir_all(&work).expect("a folder");
        std::process::Command::new("/usr/bin/timeout")
            .args(["-s", "KILL", "5", "/bin/bash", "-c", text])
            .env_clear()
            .env("PATH", self.folder.path().join("bin"))
            .current_dir(&work)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .expect("bash ran");
        std::fs::remove_dir_all(&work).ok();
        std::fs::read_to_string(&log).is_ok_and(|log| log.contains("destroy"))
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The word, so that bash still reads it as that.
fn disguised(dice: &mut Dice, word: &str) -> String {
    let cut = 1 + dice.roll(word.len() - 1);
    let (a, b) = word.split_at(cut);
    match dice.roll(9) {
        0 => format!("{a}''{b}"),
        1 => format!("{a}\"{b}\""),
        2 => format!("\\{word}"),
        3 => format!("{a}\\\n{b}"),
        4 => format!("$'{}'", word.bytes().map(|b| format!("\\x{b:02x}")).collect::<String>()),
        5 => format!("{a}${{NOT_SET}}{b}"),
        6 => format!("$(echo {word})"),
        7 => format!("\"{a}\"'{b}'"),
        _ => word.to_owned(),
    }
}

fn wrapped(dice: &mut Dice, command: &str) -> String {
    let text = quoted(command);
    match dice.roll(30) {
        0 => format!("sh -c {text}"),
        1 => format!("bash -ec {text}"),
        2 => format!("eval {text}"),
        3 => format!("env A=1 bash -c {text}"),
        4 => format!("( {command}\n)"),
        5 => format!("{{ {command}\n}}"),
        6 => format!("if true; then {command}\nfi"),
        7 => format!("for i in 1; do {command}\ndone"),
        8 => format!("f() {{ {command}\n}}; f"),
        9 => format!("echo $( {command}\n)"),
        10 => format!("bash <<'END{0}'\n{command}\nEND{0}\n", dice.roll(1000)),
        11 => format!("bash <<< {text}"),
        12 => format!("true && {command}"),
        13 => format!("case a in a) {command}\n;; esac"),
        14 => format!("timeout 5 sh -c {text}"),
        15 => format!("find . -maxdepth 0 -exec sh -c {text} \\;"),
        16 => format!("trap {text} EXIT"),
        17 => format!("[[ -n $( {command}\n) ]]"),
        18 => format!("cat <( {command}\n)"),
        19 => format!("x=$( {command}\n)"),
        20 => format!("echo \"${{y:-$( {command}\n)}}\""),
        21 => format!("true | {{ {command}\n}}"),
        22 => format!("xargs -I% bash -c {text} <<< x"),
        23 => format!("c={text}; eval \"$c\""),
        24 => format!("c={text}; bash -c \"$c\""),
        25 => format!("while true; do {command}\nbreak; done"),
        26 => format!("nice bash -c {text}"),
        27 => format!("shopt -s expand_aliases\nalias t={text}\nt"),
        28 => format!("f() {{ eval \"$1\"; }}; f {text}"),
        _ => format!("true; {command}"),
    }
}

fn rounds(usual: usize) -> usize {
    std::env::var("WHOSE_FUZZ")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

#[test]
fn disguises_that_work_in_bash_are_denied() {
    let Some(bash) = Bash::new() else { return };
    let mut dice = Dice(7);
    let mut worked = 0;
    let count = rounds(60);
    for _ in 0..count {
        let mut text = format!(
            "{} {}",
            disguised(&mut dice, "terraform"),
            disguised(&mut dice, "destroy")
        );
        for _ in 0..dice.roll(4) {
            text = wrapped(&mut dice, &text);
        }
        worked += usize::from(bash.destroys(&text));
        assert!(judged(&text).is_some(), "{text}");
    }
    assert!(
        worked * 10 >= count * 8,
        "only {worked} of {count} worked in bash: the test tests little"
    );
}

#[test]
fn whatever_bash_makes_of_a_muddle_it_is_denied_where_it_destroys() {
    const BITS: &[&str] = &[
        "terraform destroy",
        "terraform destroy",
        "terraform",
        "destroy",
        " ",
        " ",
        " ",
        "\n",
        ";",
        "&",
        "|",
        "&&",
        "||",
        "(",
        ")",
        "{ ",
        "; }",
        "$(",
        "`",
        "\"",
        "'",
        "\\",
        "#",
        "<<E",
        "\nE\n",
        "<<<",
        "X=terraform",
        "$X",
        "${X}",
        "${X:-",
        "}",
        "if ",
        "; then ",
        "; fi",
        "for X in ",
        "; do ",
        "; done",
        "echo ",
        "case x in x) ",
        ";; esac",
        "<(",
        "$((",
        "))",
        "[[ ",
        " ]]",
        "f() ",
        "f",
        "eval ",
        "! ",
        ">o ",
        "<o ",
        "{a,b}",
        "a=(",
        "${a[@]}",
        "bash -c ",
        "bash",
        "env ",
        "$'",
        "$\"",
        "~",
        "*",
        "?",
        "=",
        "+=",
        "-",
        "1",
        "2>&1",
        "&>o",
        "while false",
        "function f ",
        "time ",
        "exec ",
        "command ",
        "$1",
        "$@",
        "set -- ",
        "((",
    ];
    let Some(bash) = Bash::new() else { return };
    let mut dice = Dice(11);
    let mut worked = 0;
    for _ in 0..rounds(150) {
        let text: String = (0..2 + dice.roll(12)).map(|_| dice.pick(BITS)).collect();
        if bash.destroys(&text) {
            worked += 1;
            assert!(judged(&text).is_some(), "{text:?}");
        } else {
            // Whatever it is, it is read to its end.
            judged(&text);
        }
    }
    assert!(worked > 0, "nothing worked in bash: the test tests nothing");
}

#[test]
fn the_list_of_disguises_is_not_made_up() {
    let Some(bash) = Bash::new() else { return };
    let worked = denied()
        .iter()
        .filter(|text| text.contains("terraform") && !text.contains("exec terraform") && bash.destroys(text))
        .count();
    assert!(worked >= 100, "only {worked} of them work in this bash");
}

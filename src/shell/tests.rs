use super::*;

fn watched(name: &str) -> bool {
    name == "cut-down"
}

fn shown(step: &Step) -> String {
    let args = |run: &Run| {
        run.args
            .iter()
            .map(|arg| match arg {
                Arg::Known(text) => format!("[{text}]"),
                Arg::Unknown { text, splits, .. } => format!("<{text}{}>", if *splits { "…" } else { "" }),
            })
            .collect::<String>()
    };
    match step {
        Step::Run(run) => args(run),
        Step::Script { file, .. } => format!("script {}", file.text()),
        Step::Code { program, .. } => format!("code {program}"),
        Step::Write { file, .. } => format!("> {}", file.text()),
        Step::Unresolved { why, .. } => format!("? {why}"),
    }
}

/// Reads a text, and compares what it would run.
fn check(text: &str, expected: &[&str]) {
    let steps: Vec<String> = read(text, &watched).iter().map(shown).collect();
    assert_eq!(steps, expected, "{text}");
}

#[test]
fn words_quotes_and_comments() {
    check("a b  c", &["[a][b][c]"]);
    check("a 'b c' \"d e\" f\\ g", &["[a][b c][d e][f g]"]);
    check("a '' \"\"", &["[a][][]"]);
    check("a'b'\"c\"\\d", &["[abcd]"]);
    check("a $'x\\ty\\x41\\u00e9\\101'", &["[a][x\tyAéA]"]);
    check("a # b\n# c\nd", &["[a]", "[d]"]);
    check("a b#c", &["[a][b#c]"]);
    check("a \\\n b", &["[a][b]"]);
    check("a 'b\\\nc'", &["[a][b\\\nc]"]);
    check("a;b&c|d&&e||f\ng", &["[a]", "[b]", "[c]", "[d]", "[e]", "[f]", "[g]"]);
}

#[test]
fn variables_have_all_values_that_they_may_have() {
    check("x=1; a $x", &["[a][1]"]);
    check("a $x", &["[a]<$x…>"]);
    check("a \"$x\"", &["[a]<\"$x\">"]);
    check("x='1 2'; a $x \"$x\"", &["[a][1][2][1 2]"]);
    check(
        "if t; then x=1; else x=2; fi; a \"$x\"",
        &["[t]", "[a][1]", "[a][2]", "[a]<\"$x\">"],
    );
    check("for x in 1 2 3; do a \"$x\"; done", &["[a][1]", "[a][2]", "[a][3]"]);
    check("x=(1 2); a \"${x[@]}\"", &["[a][1][2]"]);
    check("f() { a \"$1\"; }; f 1; f 2", &["[a][1]", "[f][1]", "[a][2]", "[f][2]"]);
    check("a ${x:-1}", &["[a]<${x:-1}…>", "[a][1]"]);
    check("a *.tf {b,c}", &["[a]<*.tf…><{b,c}…>"]);
    check("x=1 a", &["[a]"]);
}

#[test]
fn commands_inside_commands() {
    check("a $(b $(c))", &["[c]", "[b]<$(c)…>", "[a]<$(b $(c))…>"]);
    check("a `b`", &["[b]", "[a]<`b`…>"]);
    check("a \"$(b)\"", &["[b]", "[a]<\"$(b)\">"]);
    check("sh -c 'a b; c'", &["[a][b]", "[c]", "[sh][-c][a b; c]"]);
    check("env X=1 a b", &["[a][b]", "[env][X=1][a][b]"]);
    check("cat <<E\nx $(a)\nE\nb", &["[a]", "[cat]", "[b]"]);
    check("cat <<'E'\nx $(a)\nE\nb", &["[cat]", "[b]"]);
    check("bash <<E\na\nE", &["[a]", "[bash]"]);
    check("case $x in a|b) c;; *) d;; esac", &["[c]", "[d]"]);
}

#[test]
fn what_cannot_be_told_is_said() {
    for text in [
        "$x a",
        "eval $x",
        "sh -c \"$x\"",
        "a | sh",
        "'",
        "\"",
        "$(",
        "a)",
        "fi",
        "a;;",
        "{ a",
        "${x",
        "`a",
        "a\0b",
        "echo +(a|b)",
        "xargs -I{} {} a",
        "env -S \"$x\"",
        "alias \"$x\"",
    ] {
        let steps = read(text, &watched);
        assert!(
            steps.iter().any(|step| matches!(step, Step::Unresolved { .. })),
            "{text}: {steps:?}"
        );
    }
}

#[test]
fn watched_programs_are_found_behind_any_program() {
    for text in [
        "other --flag cut-down now",
        "other -- cut-down now",
        "other 'cut-down now'",
        "other --run='cut-down now'",
        "sudo -u x nice -n 5 cut-down now",
    ] {
        let found = read(text, &watched).iter().any(|step| shown(step) == "[cut-down][now]");
        assert!(found, "{text}");
    }
    let found = read("grep cut-down now", &watched)
        .iter()
        .any(|step| shown(step) == "[cut-down][now]");
    assert!(!found, "text is no command");
}

#[test]
fn folders_are_followed_where_they_are_certain() {
    let folder = |text: &str| match read(text, &watched).last() {
        Some(Step::Run(run)) => run.directory.clone(),
        other => panic!("{other:?}"),
    };
    let known = |text: &str| Directory::Known(text.to_owned());
    assert_eq!(folder("a"), known(""));
    assert_eq!(folder("cd x && a"), known("x"));
    assert_eq!(folder("cd x && cd y && a"), known("x/y"));
    assert_eq!(folder("(cd x); a"), known(""));
    for text in [
        "cd x; a",
        "cd x || a",
        "cd $x && a",
        "cd && a",
        "pushd x && a",
        "if b; then cd x; fi; a",
        "cd - && a",
    ] {
        assert_eq!(folder(text), Directory::Unknown, "{text}");
    }
}

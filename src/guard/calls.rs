//! Calls in code of other languages that run a program, turned into commands of a shell so that one judge serves both.
//!
//! This is no parser of those languages: it finds the calls by their names, reads the strings and lists in their
//! arguments, and puts a variable that nobody has set in the place of everything else. What that variable hides is
//! then as unknown as any other variable.

/// In the place of what cannot be told.
const UNKNOWN: &str = "${unknown_value}";

/// How a call takes what it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// The first argument is a command, or a list of words; the others are settings.
    First,
    /// The first argument is a program, and the others its words.
    All,
    /// The first argument is code of the same language.
    Code,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Script,
    /// Ruby, Perl, PHP, Lua and others with backticks or calls without parentheses.
    Other,
}

/// A command that code runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    Command(String),
    /// Code that it runs in turn.
    Code(String),
    /// What it runs cannot be told; as it was written.
    Hidden(String),
    /// A file of the same language that it loads.
    Loads(String),
}

fn language(program: &str) -> Language {
    if program.starts_with("py") || program.starts_with("ipython") {
        Language::Python
    } else if ["node", "deno", "bun", "ts-node", "tsx"]
        .iter()
        .any(|name| program.starts_with(name))
    {
        Language::Script
    } else {
        Language::Other
    }
}

/// How the function `path` takes what it runs; `None` where it runs nothing.
fn takes(language: Language, path: &str, code: &str) -> Option<Takes> {
    let last = path.rsplit(['.', ':', '>']).next().unwrap_or(path);
    let bare = last == path || path.starts_with("builtins.") || path.starts_with("globalThis.");
    match language {
        Language::Python => match last {
            "system"
            | "popen"
            | "getoutput"
            | "getstatusoutput"
            | "Popen"
            | "check_call"
            | "check_output"
            | "create_subprocess_shell" => Some(Takes::First),
            "run" | "call" if code.contains("subprocess") && !path.starts_with("asyncio") => Some(Takes::First),
            "create_subprocess_exec" | "spawn" => Some(Takes::All),
            _ if path.contains("os.") && (last.starts_with("exec") || last.starts_with("spawn")) => Some(Takes::All),
            "exec" | "eval" | "compile" | "execfile" if bare => Some(Takes::Code),
            _ => None,
        },
        Language::Script => match last {
            "execSync" | "exec" if code.contains("child_process") => Some(Takes::First),
            "execFile" | "execFileSync" | "spawn" | "spawnSync" | "fork" | "Command" => Some(Takes::All),
            "eval" | "Function" if bare => Some(Takes::Code),
            _ => None,
        },
        Language::Other => match last {
            "popen" | "popen2e" | "capture2" | "capture2e" | "capture3" | "shell_exec" | "passthru" | "proc_open"
            | "execute" => Some(Takes::First),
            "system" | "exec" | "spawn" | "pcntl_exec" | "execvp" => Some(Takes::All),
            "eval" | "instance_eval" | "class_eval" if bare => Some(Takes::Code),
            _ => None,
        },
    }
}

/// Every call in `code` that runs or loads something.
pub(super) fn calls(program: &str, code: &str) -> Vec<Call> {
    let language = language(program);
    let chars: Vec<char> = code.chars().collect();
    let reader = Reader {
        chars: &chars,
        code,
        language,
    };
    let mut found = reader.loads();
    let mut at = 0;
    while at < chars.len() && found.len() < 64 {
        let c = chars[at];
        if c.is_ascii_alphabetic() || c == '_' {
            let start = at;
            while chars
                .get(at)
                .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'))
            {
                at += 1;
            }
            let path: String = chars[start..at].iter().collect();
            let signed = start > 0 && matches!(chars[start - 1], '.' | '_' | '$' | '@');
            // `$stdin.system`, `x().eval(`: still calls; `literal_eval(` is one word.
            let path = if signed { format!("?.{path}") } else { path };
            if let Some(takes) = takes(language, path.trim_end_matches([':', '.']), code) {
                found.extend(reader.call(&path, at, takes));
            }
        } else if c == '`' && (language == Language::Other) {
            let end = (at + 1..chars.len())
                .find(|end| chars[*end] == '`')
                .unwrap_or(chars.len());
            let text: String = chars[at + 1..end].iter().collect();
            found.push(Call::Command(interpolated(&text, language, true)));
            at = end + 1;
        } else if c == '%' && chars.get(at + 1) == Some(&'x') && language == Language::Other {
            let end = (at + 3..chars.len())
                .find(|end| matches!(chars[*end], ')' | '}' | ']' | '|' | '>'))
                .unwrap_or(chars.len());
            if let Some(text) = chars.get(at + 3..end) {
                let text: String = text.iter().collect();
                found.push(Call::Command(interpolated(&text, language, true)));
            }
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// A value in code: the words that it is, as a shell would write them.
struct Value {
    /// As text that a shell reads: of a string its content, of a list its quoted words.
    shell: String,
    /// As words of their own.
    words: String,
    /// Nothing of it is known.
    hidden: bool,
}

struct Reader<'a> {
    chars: &'a [char],
    code: &'a str,
    language: Language,
}

fn quoted(word: &str) -> String {
    if word.contains(UNKNOWN) {
        format!("\"{}\"", word.replace('"', "\\\""))
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Puts the unknown in the place of `#{x}`, `${x}` and `{x}`.
fn interpolated(text: &str, language: Language, interpolates: bool) -> String {
    if !interpolates {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    let opens: &[&str] = match language {
        Language::Python => &["{"],
        Language::Script => &["${"],
        Language::Other => &["#{", "${", "@{"],
    };
    while let Some((at, open)) = opens
        .iter()
        .filter_map(|open| Some((rest.find(open)?, *open)))
        .min_by_key(|(at, _)| *at)
    {
        out.push_str(&rest[..at]);
        out.push_str(UNKNOWN);
        rest = rest[at + open.len()..].split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

impl Reader<'_> {
    fn skip(&self, mut at: usize) -> usize {
        while self.chars.get(at).is_some_and(|c| c.is_whitespace()) {
            at += 1;
        }
        at
    }

    fn starts(&self, at: usize, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(index, c)| self.chars.get(at + index) == Some(&c))
    }

    fn call(&self, path: &str, after: usize, takes: Takes) -> Option<Call> {
        let mut at = self.skip(after);
        let open = self.chars.get(at) == Some(&'(');
        if open {
            at += 1;
        } else if self.language != Language::Other
            || self
                .chars
                .get(at)
                .is_none_or(|c| matches!(c, '=' | ',' | ')' | ';' | '}'))
        {
            // A name that is not called: `from os import system`.
            return None;
        }
        let mut values = Vec::new();
        loop {
            at = self.skip(at);
            if self
                .chars
                .get(at)
                .is_none_or(|c| matches!(c, ')' | ';' | '\n') && (*c != '\n' || !open))
            {
                break;
            }
            let (value, end) = self.value(at, 0);
            values.push(value);
            at = self.skip(end);
            if self.chars.get(at) == Some(&',') && values.len() < 32 {
                at += 1;
            } else {
                break;
            }
        }
        let first = values.first()?;
        if first.hidden {
            return Some(Call::Hidden(path.trim_start_matches("?.").to_owned()));
        }
        Some(match takes {
            Takes::Code => Call::Code(first.shell.clone()),
            Takes::First => Call::Command(first.shell.clone()),
            Takes::All if values.len() == 1 => Call::Command(first.shell.clone()),
            Takes::All => Call::Command(
                values
                    .iter()
                    .map(|value| value.words.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
        })
    }

    /// The value that stands at `at`, up to a comma or bracket that closes; and where it ends.
    fn value(&self, at: usize, depth: usize) -> (Value, usize) {
        let (mut value, mut at) = self.term(at, depth);
        loop {
            // A line ends a value, unless the next one goes on with it.
            let next = self.skip(at);
            let breaks = self.chars[at..next].contains(&'\n');
            if breaks
                && !matches!(
                    self.chars.get(next),
                    Some('+' | '.' | '"' | '\'' | ',' | ')' | ']' | '}')
                )
            {
                return (value, at);
            }
            at = next;
            match self.chars.get(at) {
                Some('+') => at += 1,
                Some('.') if self.language == Language::Other => at += 1,
                // Strings side by side are one.
                Some('"' | '\'') => {}
                None | Some(',' | ')' | ']' | '}' | ';' | '\n') => return (value, at),
                Some(_) if self.starts(at, ".split(") => return (value, self.closing(at)),
                Some(_) => {
                    // Whatever is done to it, it may be anything afterwards.
                    value.shell = UNKNOWN.to_owned();
                    value.words = UNKNOWN.to_owned();
                    value.hidden = true;
                    return (value, self.closing(at));
                }
            }
            let (more, end) = self.term(self.skip(at), depth);
            value.shell.push_str(&more.shell);
            value.words = quoted(&value.shell);
            value.hidden &= more.hidden;
            at = end;
        }
    }

    /// The end of a value that is of no interest.
    fn closing(&self, mut at: usize) -> usize {
        let mut depth = 0_usize;
        while let Some(c) = self.chars.get(at) {
            match c {
                '"' | '\'' => {
                    at = self.string(at, false).1;
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => return at,
                ')' | ']' | '}' => depth -= 1,
                ',' | ';' if depth == 0 => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }

    fn hidden(&self, at: usize) -> (Value, usize) {
        let end = self.closing(at);
        (
            Value {
                shell: UNKNOWN.to_owned(),
                words: UNKNOWN.to_owned(),
                hidden: true,
            },
            end.max(at + 1),
        )
    }

    fn term(&self, at: usize, depth: usize) -> (Value, usize) {
        let known = |text: String| Value {
            words: quoted(&text),
            shell: text,
            hidden: false,
        };
        if depth > 8 {
            return self.hidden(at);
        }
        match self.chars.get(at) {
            Some('"' | '\'') => {
                let (text, end) = self.string(at, self.language == Language::Other && self.chars[at] == '"');
                (known(text), end)
            }
            Some('`') if self.language == Language::Script => {
                let end = (at + 1..self.chars.len())
                    .find(|end| self.chars[*end] == '`')
                    .unwrap_or(self.chars.len());
                let text: String = self.chars[at + 1..end].iter().collect();
                (known(interpolated(&text, self.language, true)), end + 1)
            }
            Some('[' | '{') => self.list(at, depth),
            Some('*' | '.') if self.starts(at, "*") || self.starts(at, "...") => self.hidden(at),
            Some(c) if c.is_ascii_alphabetic() || *c == '_' => self.name(at, depth),
            _ => self.hidden(at),
        }
    }

    /// A list's elements, or the values of an object, as words.
    fn list(&self, open: usize, depth: usize) -> (Value, usize) {
        let mut words: Vec<String> = Vec::new();
        let mut at = open + 1;
        let mut first_hidden = false;
        while let Some(c) = self.chars.get(at) {
            match c {
                ']' | '}' => {
                    at += 1;
                    break;
                }
                ',' => at += 1,
                c if c.is_whitespace() => at += 1,
                _ => {
                    // `args: ["x"]` in an object.
                    let mut start = at;
                    if self.chars[open] == '{' {
                        while self
                            .chars
                            .get(start)
                            .is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_')
                        {
                            start += 1;
                        }
                        start = if self.chars.get(start) == Some(&':') {
                            self.skip(start + 1)
                        } else {
                            at
                        };
                    }
                    let (value, end) = self.value(start, depth + 1);
                    first_hidden |= words.is_empty() && value.hidden;
                    words.push(value.words);
                    at = end.max(at + 1);
                }
            }
        }
        let text = words.join(" ");
        (
            Value {
                shell: text.clone(),
                words: text,
                hidden: first_hidden && self.chars[open] == '[',
            },
            at,
        )
    }

    /// A name: a prefix of a string, a known program, a variable with one visible value, a call that passes on.
    fn name(&self, start: usize, depth: usize) -> (Value, usize) {
        let mut at = start;
        while self
            .chars
            .get(at)
            .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        {
            at += 1;
        }
        let name: String = self.chars[start..at].iter().collect();
        let known = |text: &str| Value {
            shell: text.to_owned(),
            words: text.to_owned(),
            hidden: false,
        };
        let next = self.chars.get(at);
        if matches!(next, Some('"' | '\'')) && name.len() <= 2 && self.language == Language::Python {
            let (text, end) = self.string(at, name.to_lowercase().contains('f'));
            return (
                Value {
                    words: quoted(&text),
                    shell: text,
                    hidden: false,
                },
                end,
            );
        }
        match name.as_str() {
            "sys.executable" => return (known("python3"), at),
            "process.execPath" => return (known("node"), at),
            "shlex.split" | "list" | "tuple" | "str" if next == Some(&'(') => {
                let (value, end) = self.value(self.skip(at + 1), depth + 1);
                return (value, self.skip(end) + 1);
            }
            "qw" => {
                let end = (at + 1..self.chars.len())
                    .find(|end| matches!(self.chars[*end], ')' | '/' | ']' | '}' | '>'))
                    .unwrap_or(self.chars.len());
                let words: String = self.chars.get(at + 1..end).unwrap_or_default().iter().collect();
                return (known(&words), end + 1);
            }
            _ => {}
        }
        // A setting: `shell=True`, `stdio: x`.
        let after = self.skip(at);
        if self.chars.get(after) == Some(&'=') && self.chars.get(after + 1) != Some(&'=') {
            let end = self.closing(after);
            return (known(""), end);
        }
        if matches!(next, None | Some(',' | ')' | ']' | ' ' | '\n'))
            && let Some(value) = self.variable(&name, depth)
        {
            return (value, at);
        }
        self.hidden(start)
    }

    /// What the code gives to a variable, where it does so once.
    fn variable(&self, name: &str, depth: usize) -> Option<Value> {
        let mut found = None;
        for (index, _) in self.code.match_indices(name) {
            let before = self.code[..index].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '\'')) {
                continue;
            }
            let rest = self.code[index + name.len()..].trim_start_matches([' ', '\t']);
            let written = rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
            let changed = ["+=", ".append", ".extend", ".push", ".insert", "[", ".concat", "<<"]
                .iter()
                .any(|change| rest.starts_with(change));
            // A loop or a parameter gives it other values.
            let looped = self.code[..index].trim_end().ends_with("for");
            if changed || looped || (written && found.is_some()) {
                return None;
            }
            if written {
                let at = self.code[..self.code.len() - rest.len()].chars().count() + 1;
                found = Some(self.value(self.skip(at), depth + 1).0);
            }
        }
        found.filter(|value| !value.hidden)
    }

    /// The string that opens at `at`, and where it ends.
    fn string(&self, at: usize, interpolates: bool) -> (String, usize) {
        let quote = self.chars[at];
        let triple = self.language == Language::Python
            && self.chars.get(at + 1) == Some(&quote)
            && self.chars.get(at + 2) == Some(&quote);
        let mut at = at + if triple { 3 } else { 1 };
        let mut text = String::new();
        while let Some(c) = self.chars.get(at) {
            if *c == quote
                && (!triple || (self.chars.get(at + 1) == Some(&quote) && self.chars.get(at + 2) == Some(&quote)))
            {
                at += if triple { 3 } else { 1 };
                break;
            }
            if *c == '\\' {
                at += 1;
                match self.chars.get(at) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    // Letters by their numbers: nobody writes commands like that who has nothing to hide.
                    Some('x' | 'u' | 'U' | 'N' | '0'..='7') => text.push_str(UNKNOWN),
                    Some(c) => text.push(*c),
                    None => {}
                }
            } else {
                text.push(*c);
            }
            at += 1;
        }
        (interpolated(&text, self.language, interpolates), at)
    }

    /// Modules and files of one's own that the code loads.
    fn loads(&self) -> Vec<Call> {
        let mut found = Vec::new();
        match self.language {
            Language::Python => {
                for statement in self.code.split(['\n', ';']) {
                    let mut words = statement.split_whitespace();
                    let Some("import" | "from") = words.next() else {
                        continue;
                    };
                    let names: Vec<&str> = if statement.trim_start().starts_with("from") {
                        words.next().into_iter().collect()
                    } else {
                        words
                            .flat_map(|word| word.split(','))
                            .filter(|word| !word.is_empty())
                            .collect()
                    };
                    found.extend(
                        names
                            .into_iter()
                            .map(|name| Call::Loads(format!("{}.py", name.replace('.', "/")))),
                    );
                }
                for call in ["run_path(", "run_module(", "import_module(", "__import__("] {
                    self.loaded(call, &mut found);
                }
            }
            Language::Script => {
                for call in ["require(", "import(", "from "] {
                    self.loaded(call, &mut found);
                }
            }
            Language::Other => {
                for call in [
                    "require ",
                    "load ",
                    "require_relative ",
                    "do ",
                    "require_once ",
                    "include ",
                ] {
                    self.loaded(call, &mut found);
                }
            }
        }
        found
    }

    fn loaded(&self, call: &str, found: &mut Vec<Call>) {
        for (index, _) in self.code.match_indices(call) {
            let at = self.skip(self.code[..index + call.len()].chars().count());
            if matches!(self.chars.get(at), Some('"' | '\'')) {
                found.push(Call::Loads(self.string(at, false).0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(program: &str, code: &str) -> Vec<String> {
        calls(program, code)
            .into_iter()
            .filter_map(|call| match call {
                Call::Command(text) => Some(text),
                Call::Code(code) => Some(format!("code {code}")),
                Call::Hidden(call) => Some(format!("hidden {call}")),
                Call::Loads(_) => None,
            })
            .collect()
    }

    #[test]
    fn python() {
        for (code, expected) in [
            ("os.system('a b')", "a b"),
            ("subprocess.run(['a', 'b c'], check=True)", "'a' 'b c'"),
            ("subprocess.run('a b', shell=True)", "a b"),
            ("os.system('a' + 'b')", "ab"),
            ("os.system(f'a {x} b')", "a ${unknown_value} b"),
            ("subprocess.check_output(['a', x])", "'a' ${unknown_value}"),
            ("subprocess.run([sys.executable, '-m', 'x'])", "python3 '-m' 'x'"),
            ("c = ['a', 'b']\nsubprocess.run(c)", "'a' 'b'"),
            ("subprocess.run('a b'.split())", "a b"),
            ("os.execvp('a', ['a', 'b'])", "'a' 'a' 'b'"),
            ("os.system(x)", "hidden os.system"),
            ("subprocess.run(sys.argv[1:])", "hidden subprocess.run"),
            ("c = 'a'\nc += x\nos.system(c)", "hidden os.system"),
            ("os.system('a'[::-1])", "hidden os.system"),
            ("exec('a')", "code a"),
            ("exec(open('x').read())", "hidden exec"),
        ] {
            assert_eq!(commands("python3", code), [expected], "{code}");
        }
        for code in [
            "re.compile('a')",
            "ast.literal_eval(x)",
            "app.run(x)",
            "from os import system",
            "print('x')",
        ] {
            assert_eq!(commands("python3", code), [""; 0], "{code}");
        }
    }

    #[test]
    fn others() {
        for (program, code, expected) in [
            (
                "node",
                "require('child_process').execSync('a b', {stdio: 'inherit'})",
                "a b",
            ),
            (
                "node",
                "require('child_process').execSync(`a ${b}`)",
                "a ${unknown_value}",
            ),
            ("node", "spawnSync('a', ['b', 'c'])", "'a' 'b' 'c'"),
            ("node", "spawnSync(process.argv[1], x)", "hidden spawnSync"),
            ("deno", "new Deno.Command('a', {args: ['b']})", "'a' 'b'"),
            ("ruby", "`a b`", "a b"),
            ("ruby", "system 'a', 'b'", "'a' 'b'"),
            ("ruby", "%x(a b)", "a b"),
            ("perl", "exec qw(a b)", "a b"),
            ("perl", "system $_", "hidden system"),
            ("perl", "system(@ARGV)", "hidden system"),
            ("php", "passthru(\"a b\");", "a b"),
            ("lua", "os.execute('a')", "a"),
        ] {
            assert_eq!(commands(program, code), [expected], "{code}");
        }
        assert_eq!(commands("node", "/x/.exec(text)"), [""; 0]);
    }
}

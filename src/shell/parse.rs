//! From text to syntax tree: words with their quotes, here-documents, compound commands.
//!
//! A text that this grammar does not hold is an error, and the caller takes all of it as unresolved.

use std::cell::OnceCell;
use std::rc::Rc;

use super::LIMITS;
use super::syntax::{AndOr, Assigned, Assignment, Command, DECLARING, Form, Piece, Redirect, Script, Word};

/// Why a text could not be read.
pub(super) type Stop = &'static str;

type Read<T> = Result<T, Stop>;

/// Reads a whole text; `depth` is how deep it stands in others.
pub(super) fn parse(text: &str, depth: usize) -> Read<Script> {
    if text.len() > LIMITS.size {
        return Err("it is too long");
    }
    // A shell drops NUL bytes from scripts, which would join what looks apart.
    if text.contains('\0') {
        return Err("it holds a NUL byte");
    }
    let mut parser = Parser {
        chars: text.replace("\r\n", "\n").chars().collect(),
        at: 0,
        depth,
        pending: Vec::new(),
        in_test: false,
    };
    let script = parser.list(&[])?;
    match parser.peek() {
        None => {
            parser.here_documents();
            Ok(script)
        }
        Some(_) => Err("a word or sign stands where none can"),
    }
}

struct Pending {
    body: Rc<OnceCell<Word>>,
    end: String,
    strip_tabs: bool,
    literal: bool,
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    pending: Vec<Pending>,
    /// Inside `[[ … ]]`, where patterns have parentheses.
    in_test: bool,
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// Ends a word where it is not quoted.
fn ends_word(c: char) -> bool {
    is_blank(c) || matches!(c, '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

const CLOSERS: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl Parser {
    // --- characters

    fn raw(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// The next character; line continuations are not there.
    fn peek(&mut self) -> Option<char> {
        while self.raw(0) == Some('\\') && self.raw(1) == Some('\n') {
            self.at += 2;
        }
        self.raw(0)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += 1;
        }
        there
    }

    /// Takes `text` where it comes next, with line continuations anywhere in it.
    fn eat_all(&mut self, text: &str) -> bool {
        let start = self.at;
        if text.chars().all(|c| self.eat(c)) {
            return true;
        }
        self.at = start;
        false
    }

    fn comes(&mut self, text: &str) -> bool {
        let start = self.at;
        let there = self.eat_all(text);
        self.at = start;
        there
    }

    fn since(&self, start: usize) -> String {
        self.chars[start..self.at.min(self.chars.len())].iter().collect()
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= LIMITS.depth {
            return Err("it is nested too deep");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
        // A comment starts where a word could.
        if self.peek() == Some('#') {
            while self.raw(0).is_some_and(|c| c != '\n') {
                self.at += 1;
            }
        }
    }

    fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() != Some('\n') {
                return;
            }
            self.at += 1;
            self.here_documents();
        }
    }

    // --- commands

    /// The keyword that comes next, where a keyword can stand.
    fn keyword(&mut self) -> Option<String> {
        let start = self.at;
        let mut word = String::new();
        while let Some(c) = self.peek() {
            if ends_word(c) {
                break;
            }
            if matches!(c, '\'' | '"' | '\\' | '$' | '`') || word.len() > 12 {
                self.at = start;
                return None;
            }
            word.push(c);
            self.at += 1;
        }
        self.at = start;
        (!word.is_empty()).then_some(word)
    }

    fn eat_keyword(&mut self, word: &str) -> bool {
        let there = self.keyword().as_deref() == Some(word);
        if there {
            self.eat_all(word);
        }
        there
    }

    fn expect_keyword(&mut self, word: &str) -> Read<()> {
        self.skip_lines();
        if self.eat_keyword(word) {
            Ok(())
        } else {
            Err("a compound command is not finished")
        }
    }

    /// Commands until the end, a closing sign or one of the keywords that close something.
    fn list(&mut self, ends: &[&str]) -> Read<Script> {
        let mut script = Script::new();
        loop {
            self.skip_lines();
            match self.peek() {
                None | Some(')') => return Ok(script),
                Some(';') if self.comes(";;") || self.comes(";&") => return Ok(script),
                Some(_) => {}
            }
            if let Some(word) = self.keyword() {
                if ends.contains(&word.as_str()) {
                    return Ok(script);
                }
                if CLOSERS.contains(&word.as_str()) {
                    return Err("a keyword closes what was not opened");
                }
            }
            let mut and_or = self.and_or()?;
            self.skip_blanks();
            and_or.background = self.peek() == Some('&');
            script.push(and_or);
            if self.comes(";;") || self.comes(";&") {
                return Ok(script);
            }
            match self.peek() {
                Some(';' | '&') => self.at += 1,
                Some('\n' | ')') | None => {}
                Some(_) => return Err("a command does not end where it should"),
            }
        }
    }

    fn and_or(&mut self) -> Read<AndOr> {
        let mut pipelines = vec![self.pipeline()?];
        let mut alternatives = false;
        loop {
            self.skip_blanks();
            if self.eat_all("||") {
                alternatives = true;
            } else if !self.eat_all("&&") {
                return Ok(AndOr {
                    pipelines,
                    alternatives,
                    background: false,
                });
            }
            self.skip_lines();
            pipelines.push(self.pipeline()?);
        }
    }

    fn pipeline(&mut self) -> Read<Vec<Command>> {
        self.skip_blanks();
        while self.eat_keyword("!") || self.eat_keyword("time") {
            self.skip_blanks();
            self.eat_keyword("-p");
            self.skip_blanks();
        }
        let mut commands = vec![self.command()?];
        loop {
            self.skip_blanks();
            if self.comes("||") || !self.eat('|') {
                return Ok(commands);
            }
            self.eat('&');
            self.skip_lines();
            commands.push(self.command()?);
        }
    }

    fn command(&mut self) -> Read<Command> {
        self.deeper(|parser| {
            parser.skip_blanks();
            let start = parser.at;
            let (form, mut redirects) = parser.form()?;
            if !matches!(form, Form::Simple { .. }) {
                loop {
                    parser.skip_blanks();
                    match parser.redirect()? {
                        Some(redirect) => redirects.push(redirect),
                        None => break,
                    }
                }
            }
            let text = parser.since(start).trim_end().to_owned();
            Ok(Command { form, redirects, text })
        })
    }

    fn form(&mut self) -> Read<(Form, Vec<Redirect>)> {
        let compound = |form| Ok((form, Vec::new()));
        if self.peek() == Some('(') {
            if self.is_arithmetic("((") {
                return compound(Form::Test(self.arithmetic()?));
            }
            self.at += 1;
            let script = self.list(&[])?;
            return if self.eat(')') {
                compound(Form::Subshell(script))
            } else {
                Err("a subshell is not closed")
            };
        }
        match self.keyword().as_deref() {
            Some("{") => {
                self.eat('{');
                let script = self.list(&["}"])?;
                self.expect_keyword("}")?;
                compound(Form::Group(script))
            }
            Some("if") => compound(self.if_form()?),
            Some(word @ ("while" | "until")) => {
                self.eat_all(word);
                let condition = self.list(&["do"])?;
                let body = self.do_group()?;
                compound(Form::Branches {
                    words: Vec::new(),
                    scripts: vec![condition, body],
                })
            }
            Some(word @ ("for" | "select")) => {
                self.eat_all(word);
                compound(self.for_form()?)
            }
            Some("case") => compound(self.case_form()?),
            Some("[[") => {
                self.eat_all("[[");
                self.in_test = true;
                let pieces = self.test_words();
                self.in_test = false;
                compound(Form::Test(pieces?))
            }
            Some("function") => {
                self.eat_all("function");
                self.skip_blanks();
                let name = self.word()?.ok_or("a function has no name")?.text;
                self.skip_blanks();
                if self.eat('(') {
                    self.skip_blanks();
                    if !self.eat(')') {
                        return Err("a function is not well formed");
                    }
                }
                self.skip_lines();
                compound(Form::Function {
                    name,
                    body: Rc::new(self.command()?),
                })
            }
            Some("coproc") => {
                self.eat_all("coproc");
                let command = self.command()?;
                compound(Form::Subshell(vec![AndOr {
                    pipelines: vec![vec![command]],
                    alternatives: false,
                    background: true,
                }]))
            }
            _ => self.simple(),
        }
    }

    fn if_form(&mut self) -> Read<Form> {
        self.eat_all("if");
        let mut scripts = vec![self.list(&["then"])?];
        self.expect_keyword("then")?;
        loop {
            scripts.push(self.list(&["elif", "else", "fi"])?);
            if self.eat_keyword("elif") {
                scripts.push(self.list(&["then"])?);
                self.expect_keyword("then")?;
            } else if self.eat_keyword("else") {
                scripts.push(self.list(&["fi"])?);
            }
            if self.eat_keyword("fi") {
                return Ok(Form::Branches {
                    words: Vec::new(),
                    scripts,
                });
            }
            if self.peek().is_none() {
                return Err("an if is not closed");
            }
        }
    }

    fn do_group(&mut self) -> Read<Script> {
        self.expect_keyword("do")?;
        let body = self.list(&["done"])?;
        self.expect_keyword("done")?;
        Ok(body)
    }

    fn for_form(&mut self) -> Read<Form> {
        self.skip_blanks();
        if self.is_arithmetic("((") {
            let pieces = self.arithmetic()?;
            self.skip_lines();
            self.eat(';');
            self.skip_lines();
            let body = if self.keyword().as_deref() == Some("{") {
                self.eat('{');
                let body = self.list(&["}"])?;
                self.expect_keyword("}")?;
                body
            } else {
                self.do_group()?
            };
            let words = vec![Word {
                pieces,
                text: String::new(),
            }];
            return Ok(Form::Branches {
                words,
                scripts: vec![body],
            });
        }
        let name = self.word()?.ok_or("a loop has no variable")?.text;
        self.skip_lines();
        let mut words = None;
        if self.eat_keyword("in") {
            let list = words.insert(Vec::new());
            loop {
                self.skip_blanks();
                match self.word()? {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
        }
        self.skip_blanks();
        self.eat(';');
        let body = self.do_group()?;
        Ok(Form::For { name, words, body })
    }

    fn case_form(&mut self) -> Read<Form> {
        self.eat_all("case");
        self.skip_blanks();
        let mut words = vec![self.word()?.ok_or("a case has no word")?];
        self.expect_keyword("in")?;
        let mut scripts = Vec::new();
        loop {
            self.skip_lines();
            if self.eat_keyword("esac") {
                return Ok(Form::Branches { words, scripts });
            }
            self.eat('(');
            loop {
                self.skip_blanks();
                match self.word()? {
                    Some(word) => words.push(word),
                    None if self.eat('|') => {}
                    None if self.eat(')') => break,
                    None => return Err("a case is not well formed"),
                }
            }
            scripts.push(self.list(&["esac"])?);
            if !(self.eat_all(";;&") || self.eat_all(";;") || self.eat_all(";&")) {
                self.expect_keyword("esac")?;
                return Ok(Form::Branches { words, scripts });
            }
        }
    }

    /// The inside of `[[ … ]]`.
    fn test_words(&mut self) -> Read<Vec<Piece>> {
        let mut pieces = Vec::new();
        loop {
            self.skip_lines();
            match self.peek() {
                None => return Err("a test is not closed"),
                Some('(' | ')' | '<' | '>' | '&' | '|' | ';') if !(self.comes("<(") || self.comes(">(")) => {
                    self.at += 1;
                }
                Some(_) => {
                    if self.eat_keyword("]]") {
                        return Ok(pieces);
                    }
                    match self.word()? {
                        Some(word) => pieces.extend(word.pieces),
                        None => return Err("a test is not well formed"),
                    }
                }
            }
        }
    }

    fn simple(&mut self) -> Read<(Form, Vec<Redirect>)> {
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            let declares = words
                .first()
                .and_then(Word::bare)
                .is_some_and(|word| DECLARING.contains(&word));
            if (words.is_empty() || declares)
                && let Some(assignment) = self.assignment()?
            {
                assignments.push(assignment);
                continue;
            }
            let Some(word) = self.word()? else { break };
            // The number or `{name}` right before a redirection belongs to it.
            let is_number = word
                .bare()
                .is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()) || is_descriptor(text));
            if is_number && matches!(self.peek(), Some('<' | '>')) && !(self.comes("<(") || self.comes(">(")) {
                continue;
            }
            if words.is_empty() && assignments.is_empty() && redirects.is_empty() && self.function_signs() {
                self.skip_lines();
                let body = Rc::new(self.command()?);
                return Ok((Form::Function { name: word.text, body }, redirects));
            }
            words.push(word);
        }
        if assignments.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err("a command is missing");
        }
        Ok((Form::Simple { assignments, words }, redirects))
    }

    /// Takes `( )` after a name.
    fn function_signs(&mut self) -> bool {
        let start = self.at;
        self.skip_blanks();
        if self.eat('(') {
            self.skip_blanks();
            if self.eat(')') {
                return true;
            }
        }
        self.at = start;
        false
    }

    /// `name=word`, `name+=word`, `name=(words)`, `name[…]=word`.
    fn assignment(&mut self) -> Read<Option<Assignment>> {
        let start = self.at;
        let mut name = String::new();
        if !self.peek().is_some_and(is_name_start) {
            return Ok(None);
        }
        while let Some(c) = self.peek().filter(|c| is_name(*c)) {
            name.push(c);
            self.at += 1;
        }
        let mut plain = true;
        if self.peek() == Some('[') {
            plain = false;
            while let Some(c) = self.peek() {
                // Whatever is hidden in an index is found when this is read as a word.
                if c == ']' || ends_word(c) || matches!(c, '$' | '`' | '\'' | '"') {
                    break;
                }
                self.at += 1;
            }
            self.eat(']');
        }
        if self.eat('+') {
            plain = false;
        }
        if !self.eat('=') {
            self.at = start;
            return Ok(None);
        }
        if self.peek() == Some('(') {
            self.at += 1;
            let mut words = Vec::new();
            loop {
                self.skip_lines();
                match self.word()? {
                    Some(word) => words.push(word),
                    None if self.eat(')') => break,
                    None => return Err("a list is not closed"),
                }
            }
            return Ok(Some(Assignment {
                name,
                value: if plain {
                    Assigned::Array(words)
                } else {
                    Assigned::Unknown(Word {
                        pieces: words.into_iter().flat_map(|word| word.pieces).collect(),
                        text: self.since(start),
                    })
                },
            }));
        }
        let word = self.word()?.unwrap_or_default();
        Ok(Some(Assignment {
            name,
            value: if plain {
                Assigned::Word(word)
            } else {
                Assigned::Unknown(word)
            },
        }))
    }

    fn redirect(&mut self) -> Read<Option<Redirect>> {
        if self.comes("<(") || self.comes(">(") {
            return Ok(None);
        }
        if self.eat_all("<<<") {
            return Ok(Some(Redirect::HereString(self.operand()?)));
        }
        if self.eat_all("<<") {
            let strip_tabs = self.eat('-');
            let word = self.operand()?;
            let literal = word.bare().is_none();
            let end = word
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text { text, .. } => Ok(text.as_str()),
                    _ => Err("the end of a here-document is not plain"),
                })
                .collect::<Read<String>>()?;
            let body = Rc::new(OnceCell::new());
            self.pending.push(Pending {
                body: Rc::clone(&body),
                end,
                strip_tabs,
                literal,
            });
            return Ok(Some(Redirect::HereDocument(body)));
        }
        for sign in ["<&", ">&"] {
            if self.eat_all(sign) {
                let word = self.operand()?;
                let is_file = sign == ">&" && !word.text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                return Ok(Some(if is_file {
                    Redirect::To(word)
                } else {
                    Redirect::Other(word)
                }));
            }
        }
        for sign in ["&>>", "&>", ">>", ">|", "<>", ">"] {
            if self.eat_all(sign) {
                return Ok(Some(Redirect::To(self.operand()?)));
            }
        }
        if self.eat('<') {
            return Ok(Some(Redirect::From(self.operand()?)));
        }
        Ok(None)
    }

    fn operand(&mut self) -> Read<Word> {
        self.skip_blanks();
        self.word()?.ok_or("a redirection has no target")
    }

    /// Reads the lines of the here-documents whose start was on the line that ended here.
    fn here_documents(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let mut text = String::new();
            while self.at < self.chars.len() {
                let mut line = String::new();
                while let Some(c) = self.raw(0) {
                    self.at += 1;
                    if c == '\n' {
                        break;
                    }
                    line.push(c);
                }
                let line = if pending.strip_tabs {
                    line.trim_start_matches('\t')
                } else {
                    &line
                };
                if line == pending.end {
                    break;
                }
                text.push_str(line);
                text.push('\n');
            }
            let pieces = if pending.literal {
                vec![Piece::Text {
                    text: text.clone(),
                    quoted: true,
                }]
            } else {
                let mut inside = Parser {
                    chars: text.chars().collect(),
                    at: 0,
                    depth: self.depth + 1,
                    pending: Vec::new(),
                    in_test: false,
                };
                // What cannot be read there is unknown, and nothing in it can be told.
                inside.pieces_until(None, true).unwrap_or_else(|_| {
                    vec![Piece::Unknown {
                        inner: Vec::new(),
                        quoted: true,
                    }]
                })
            };
            pending.body.set(Word { pieces, text }).ok();
        }
    }

    // --- words

    fn word(&mut self) -> Read<Option<Word>> {
        self.peek();
        let start = self.at;
        let mut pieces = Vec::new();
        let mut plain = String::new();
        while let Some(c) = self.peek() {
            if (c == '<' || c == '>') && (self.comes("<(") || self.comes(">(")) {
                flush(&mut pieces, &mut plain);
                self.at += 2;
                let script = self.deeper(|parser| parser.list(&[]))?;
                if !self.eat(')') {
                    return Err("a process substitution is not closed");
                }
                pieces.push(Piece::Process(script));
                continue;
            }
            if c == '(' && !self.in_test && plain.ends_with(['?', '*', '+', '@', '!']) {
                return Err("it holds an extended pattern");
            }
            if ends_word(c) {
                break;
            }
            match c {
                '\'' | '"' | '$' | '`' | '\\' => {
                    flush(&mut pieces, &mut plain);
                    self.special(c, &mut pieces, false)?;
                }
                c => {
                    plain.push(c);
                    self.at += 1;
                }
            }
        }
        flush(&mut pieces, &mut plain);
        if pieces.is_empty() {
            return Ok(None);
        }
        Ok(Some(Word {
            pieces,
            text: self.since(start),
        }))
    }

    /// Reads what starts with a quote, a dollar, a backtick or a backslash.
    fn special(&mut self, c: char, pieces: &mut Vec<Piece>, quoted: bool) -> Read<()> {
        self.at += 1;
        match c {
            '\'' => {
                let start = self.at;
                while self.raw(0).ok_or("a quote is not closed")? != '\'' {
                    self.at += 1;
                }
                let text = self.since(start);
                self.at += 1;
                pieces.push(Piece::Text { text, quoted: true });
            }
            '"' => {
                let inner = self.deeper(|parser| parser.pieces_until(Some('"'), true))?;
                // An empty pair of quotes is still an argument.
                pieces.push(Piece::Text {
                    text: String::new(),
                    quoted: true,
                });
                pieces.extend(inner);
            }
            '`' => pieces.push(self.backticks(quoted)?),
            '\\' => match self.raw(0) {
                Some(next) => {
                    self.at += 1;
                    pieces.push(Piece::Text {
                        text: next.to_string(),
                        quoted: true,
                    });
                }
                None => pieces.push(Piece::Text {
                    text: "\\".to_owned(),
                    quoted: true,
                }),
            },
            _ => self.dollar(pieces, quoted)?,
        }
        Ok(())
    }

    /// Pieces as between double quotes, or in `${…}`, until `close` (which is taken) or the end.
    fn pieces_until(&mut self, close: Option<char>, quoted: bool) -> Read<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        loop {
            let Some(c) = self.peek() else {
                if close.is_some() {
                    return Err("a quote or brace is not closed");
                }
                break;
            };
            if Some(c) == close {
                self.at += 1;
                break;
            }
            match c {
                '\\' if quoted => {
                    self.at += 1;
                    match self.raw(0) {
                        Some(next)
                            if matches!(next, '$' | '`' | '\\')
                                || close == Some(next)
                                || (close == Some('}') && next == '"') =>
                        {
                            plain.push(next);
                            self.at += 1;
                        }
                        _ => plain.push('\\'),
                    }
                }
                '$' | '`' => {
                    flush_as(&mut pieces, &mut plain, quoted);
                    self.special(c, &mut pieces, quoted)?;
                }
                // In `${x:-"y"}` quotes are quotes, in a here-document they are text.
                '\'' | '"' | '\\' if close == Some('}') && (c == '"' || !quoted) => {
                    flush_as(&mut pieces, &mut plain, quoted);
                    self.special(c, &mut pieces, quoted)?;
                }
                c => {
                    plain.push(c);
                    self.at += 1;
                }
            }
        }
        flush_as(&mut pieces, &mut plain, quoted);
        Ok(pieces)
    }

    fn backticks(&mut self, quoted: bool) -> Read<Piece> {
        let mut text = String::new();
        loop {
            match self.raw(0).ok_or("a backtick is not closed")? {
                '`' => break,
                '\\' => match self.raw(1) {
                    Some(c @ ('`' | '\\' | '$')) => {
                        text.push(c);
                        self.at += 1;
                    }
                    Some('"') if quoted => {
                        text.push('"');
                        self.at += 1;
                    }
                    _ => text.push('\\'),
                },
                c => text.push(c),
            }
            self.at += 1;
        }
        self.at += 1;
        let script = self.deeper(|parser| parse(&text, parser.depth))?;
        Ok(Piece::Substitution { script, quoted })
    }

    /// What follows a dollar sign, which is taken.
    fn dollar(&mut self, pieces: &mut Vec<Piece>, quoted: bool) -> Read<()> {
        match self.peek() {
            Some('\'') if !quoted => {
                self.at += 1;
                let text = self.ansi_c()?;
                pieces.push(Piece::Text { text, quoted: true });
            }
            Some('"') if !quoted => self.special('"', pieces, false)?,
            Some('(') => {
                if self.is_arithmetic("((") {
                    let inner = self.arithmetic()?;
                    pieces.push(Piece::Unknown { inner, quoted: true });
                    return Ok(());
                }
                self.at += 1;
                let script = self.deeper(|parser| parser.list(&[]))?;
                if !self.eat(')') {
                    return Err("a substitution is not closed");
                }
                pieces.push(Piece::Substitution { script, quoted });
            }
            Some('{') => {
                self.at += 1;
                let piece = self.deeper(|parser| parser.parameter(quoted))?;
                pieces.push(piece);
            }
            Some('[') => return Err("it holds arithmetic in an old form"),
            Some(c) if is_name_start(c) => {
                let mut name = String::new();
                while let Some(c) = self.peek().filter(|c| is_name(*c)) {
                    name.push(c);
                    self.at += 1;
                }
                pieces.push(Piece::Variable { name, quoted });
            }
            Some(c @ ('@' | '*')) => {
                self.at += 1;
                pieces.push(Piece::Elements {
                    name: c.to_string(),
                    quoted,
                });
            }
            Some(c) if c.is_ascii_digit() => {
                self.at += 1;
                pieces.push(Piece::Variable {
                    name: c.to_string(),
                    quoted,
                });
            }
            Some('#' | '?' | '-' | '$' | '!') => {
                self.at += 1;
                pieces.push(Piece::Unknown {
                    inner: Vec::new(),
                    quoted: true,
                });
            }
            _ => pieces.push(Piece::Text {
                text: "$".to_owned(),
                quoted: true,
            }),
        }
        Ok(())
    }

    /// `${…}` after its opening brace.
    fn parameter(&mut self, quoted: bool) -> Read<Piece> {
        let mut name = String::new();
        if matches!(self.peek(), Some('@' | '*')) {
            name.extend(self.next());
        }
        while let Some(c) = self.peek().filter(|c| is_name(*c)) {
            name.push(c);
            self.at += 1;
        }
        if !name.is_empty() {
            if self.eat('}') {
                return Ok(if name == "@" || name == "*" {
                    Piece::Elements { name, quoted }
                } else {
                    Piece::Variable { name, quoted }
                });
            }
            if self.eat_all("[@]}") || self.eat_all("[*]}") {
                return Ok(Piece::Elements { name, quoted });
            }
            self.eat(':');
            if let Some(sign @ ('-' | '=' | '+')) = self.peek() {
                self.at += 1;
                let word = self.pieces_until(Some('}'), quoted)?;
                return Ok(Piece::Either {
                    name,
                    word,
                    assigns: sign == '=',
                    quoted,
                });
            }
        }
        // Lengths, cuts, replacements, indirection: the value cannot be told, what is inside runs.
        let inner = self.pieces_until(Some('}'), quoted)?;
        Ok(Piece::Unknown { inner, quoted })
    }

    /// Says whether the parentheses that come next are arithmetic: the first that closes the inner one is followed
    /// by the one that closes the outer.
    fn is_arithmetic(&mut self, open: &str) -> bool {
        if !self.comes(open) {
            return false;
        }
        let mut depth = 0_usize;
        let mut quote = None;
        for at in self.at..self.chars.len() {
            let c = self.chars[at];
            match (quote, c) {
                (Some(q), c) if q == c => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => {
                    depth -= 1;
                    if depth == 1 {
                        return self.chars.get(at + 1) == Some(&')');
                    }
                }
                (None, _) => {}
            }
        }
        false
    }

    /// `((…))`: only what it substitutes matters.
    fn arithmetic(&mut self) -> Read<Vec<Piece>> {
        self.eat_all("((");
        let start = self.at;
        let mut depth = 2_usize;
        let mut quote = None;
        while depth > 1 {
            let c = self.raw(0).ok_or("arithmetic is not closed")?;
            match (quote, c) {
                (Some(q), c) if q == c => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => depth -= 1,
                (None, _) => {}
            }
            self.at += 1;
        }
        let text: String = self.chars[start..self.at - 1].iter().collect();
        if !self.eat(')') {
            return Err("arithmetic is not closed");
        }
        self.deeper(|parser| {
            let mut inside = Parser {
                chars: text.chars().collect(),
                at: 0,
                depth: parser.depth,
                pending: Vec::new(),
                in_test: false,
            };
            inside.pieces_until(None, true)
        })
    }

    /// `$'…'` after its opening quote.
    fn ansi_c(&mut self) -> Read<String> {
        // Some escapes name bytes, and several of them may make one character.
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let c = self.raw(0).ok_or("a quote is not closed")?;
            self.at += 1;
            match c {
                '\'' => return String::from_utf8(bytes).map_err(|_| "a quote holds no text"),
                '\\' => self.ansi_c_escape(&mut bytes)?,
                c => push(&mut bytes, c),
            }
        }
    }

    fn ansi_c_escape(&mut self, bytes: &mut Vec<u8>) -> Read<()> {
        let c = self.raw(0).ok_or("a quote is not closed")?;
        self.at += 1;
        match c {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'e' | 'E' => bytes.push(0x1b),
            'f' => bytes.push(0xc),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(0xb),
            '\\' | '\'' | '"' | '?' => push(bytes, c),
            '0'..='7' => {
                self.at -= 1;
                bytes.push(u8::try_from(self.number(8, 3) & 0xff).map_err(|_| "a quote holds no text")?);
            }
            'x' => bytes.push(u8::try_from(self.number(16, 2)).map_err(|_| "a quote holds no text")?),
            'u' | 'U' => {
                let number = self.number(16, if c == 'u' { 4 } else { 8 });
                push(bytes, char::from_u32(number).ok_or("a quote holds no text")?);
            }
            'c' => return Err("a quote holds a control character"),
            other => {
                bytes.push(b'\\');
                push(bytes, other);
            }
        }
        // The shell ends such a text at a NUL byte.
        if bytes.last() == Some(&0) {
            return Err("a quote holds a NUL byte");
        }
        Ok(())
    }

    fn number(&mut self, radix: u32, digits: usize) -> u32 {
        let mut number = 0;
        for _ in 0..digits {
            let Some(digit) = self.raw(0).and_then(|c| c.to_digit(radix)) else {
                break;
            };
            number = number * radix + digit;
            self.at += 1;
        }
        number
    }
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn flush(pieces: &mut Vec<Piece>, plain: &mut String) {
    flush_as(pieces, plain, false);
}

fn flush_as(pieces: &mut Vec<Piece>, plain: &mut String, quoted: bool) {
    if !plain.is_empty() {
        pieces.push(Piece::Text {
            text: std::mem::take(plain),
            quoted,
        });
    }
}

/// `{name}` before a redirection.
fn is_descriptor(text: &str) -> bool {
    text.strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
}

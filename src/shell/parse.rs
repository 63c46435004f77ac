//! From text to syntax tree: words with their quotes, here-documents, compound commands.
//!
//! A text that this grammar does not hold is an error, and the caller takes all of it as unresolved.

mod forms;
mod words;

use std::cell::OnceCell;
use std::rc::Rc;

use super::LIMITS;
use super::syntax::{AndOr, Assigned, Assignment, Command, DECLARING, Form, Piece, Redirect, Script, Word};

/// Why a text could not be read.
pub(super) type Stop = &'static str;

type Read<T> = Result<T, Stop>;

/// Why a text that is nested beyond [`LIMITS`] is not read.
pub(super) const TOO_DEEP: &str = "it is nested too deep";

/// Reads a whole text; `depth` is how deep it stands in others.
pub(super) fn parse(text: &str, depth: usize) -> Read<Script> {
    if text.len() > LIMITS.size {
        return Err("it is too long");
    }
    // A shell drops NUL bytes from scripts, which would join what looks apart.
    if text.contains('\0') {
        return Err("it holds a NUL byte");
    }
    // A carriage return is a character to a shell: after a backslash it is what is quoted, and not the line's end; and
    // no here-document ends at a line that has one.
    if text.contains("\\\r\n") || (text.contains("\r\n") && text.contains("<<")) {
        return Err("carriage returns change what it means");
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
            parser.here_documents()?;
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
            return Err(TOO_DEEP);
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

    fn skip_lines(&mut self) -> Read<()> {
        loop {
            self.skip_blanks();
            if self.peek() != Some('\n') {
                return Ok(());
            }
            self.at += 1;
            self.here_documents()?;
        }
    }

    /// Commands inside a word: here-documents that start there end there.
    fn substituted(&mut self) -> Read<Script> {
        let outer = std::mem::take(&mut self.pending);
        let script = self.deeper(|parser| parser.list(&[]))?;
        if !self.eat(')') {
            return Err("a substitution is not closed");
        }
        if !self.pending.is_empty() {
            return Err("a substitution ends before its here-document");
        }
        self.pending = outer;
        Ok(script)
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
        self.skip_lines()?;
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
            self.skip_lines()?;
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
            self.skip_lines()?;
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
            self.skip_lines()?;
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

    fn simple(&mut self) -> Read<(Form, Vec<Redirect>)> {
        let mut assignments = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        let mut redirects = Vec::new();
        let mut splits = false;
        loop {
            self.skip_blanks();
            let sends_all = self.comes("&>");
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                splits |= sends_all;
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
            if splits {
                // `a &> b c` is one command in bash, and `a &` and `> b c` elsewhere.
                return Err("what follows &> is another command to some shells");
            }
            // The number or `{name}` right before a redirection belongs to it.
            let is_number = word
                .bare()
                .is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()) || is_descriptor(text));
            if is_number && matches!(self.peek(), Some('<' | '>')) && !(self.comes("<(") || self.comes(">(")) {
                let own = matches!(word.bare(), Some("0" | "1" | "2"));
                match self.redirect()? {
                    Some(redirect) if own => redirects.push(redirect),
                    Some(redirect) => redirects.push(Redirect::Beside(Box::new(redirect))),
                    None => {}
                }
                continue;
            }
            if words.is_empty() && assignments.is_empty() && redirects.is_empty() && self.function_signs() {
                self.skip_lines()?;
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
                self.skip_lines()?;
                match self.word()? {
                    Some(word) => words.push(word),
                    None if self.eat(')') => break,
                    None => return Err("a list is not closed"),
                }
            }
            if self.peek() == Some('#') {
                return Err("a sign stands where none can");
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
            if ["$'", "$\"", "\\\n"].iter().any(|odd| word.text.contains(odd)) {
                return Err("the end of a here-document is not plain");
            }
            let literal = word.text.contains(['\'', '"', '\\']);
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
        if self.eat_all("<>") {
            return Ok(Some(Redirect::From(self.operand()?)));
        }
        for sign in ["&>>", "&>", ">>", ">|", ">"] {
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
    fn here_documents(&mut self) -> Read<()> {
        for pending in std::mem::take(&mut self.pending) {
            let mut text = String::new();
            while self.at < self.chars.len() {
                let line = self.document_line(pending.literal);
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
                match inside.pieces_until(None, true) {
                    Ok(pieces) => pieces,
                    Err(why) if text.contains("$(") || text.contains('`') => return Err(why),
                    // It runs nothing, and what it says cannot be told.
                    Err(_) => vec![Piece::Unknown {
                        inner: Vec::new(),
                        quoted: true,
                    }],
                }
            };
            pending.body.set(Word { pieces, text }).ok();
        }
        Ok(())
    }

    /// One line of a here-document; where it is expanded, a line that ends in a backslash goes on in the next.
    fn document_line(&mut self, literal: bool) -> String {
        let mut line = String::new();
        while let Some(c) = self.raw(0) {
            self.at += 1;
            if c != '\n' {
                line.push(c);
                continue;
            }
            let backslashes = line.chars().rev().take_while(|c| *c == '\\').count();
            if literal || backslashes % 2 == 0 {
                break;
            }
            line.pop();
        }
        line
    }
}

/// `{name}` before a redirection.
fn is_descriptor(text: &str) -> bool {
    text.strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
}

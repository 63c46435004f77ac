//! Words: quotes, expansions, arithmetic.

use super::super::syntax::{Piece, Word};
use super::{Parser, Read, ends_word, is_name, is_name_start, parse};

impl Parser {
    pub(super) fn word(&mut self) -> Read<Option<Word>> {
        self.peek();
        let start = self.at;
        let mut pieces = Vec::new();
        let mut plain = String::new();
        while let Some(c) = self.peek() {
            if (c == '<' || c == '>') && (self.comes("<(") || self.comes(">(")) {
                flush(&mut pieces, &mut plain);
                self.at += 2;
                pieces.push(Piece::Process(self.substituted()?));
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
    pub(super) fn special(&mut self, c: char, pieces: &mut Vec<Piece>, quoted: bool) -> Read<()> {
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
    pub(super) fn pieces_until(&mut self, close: Option<char>, quoted: bool) -> Read<Vec<Piece>> {
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

    pub(super) fn backticks(&mut self, quoted: bool) -> Read<Piece> {
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
    pub(super) fn dollar(&mut self, pieces: &mut Vec<Piece>, quoted: bool) -> Read<()> {
        match self.peek() {
            Some('\'') if !quoted => {
                self.at += 1;
                let text = self.ansi_c()?;
                pieces.push(Piece::Text { text, quoted: true });
            }
            Some('"') if !quoted => self.special('"', pieces, false)?,
            Some('(') => {
                if self.is_arithmetic("((") {
                    let (inner, _) = self.arithmetic()?;
                    pieces.push(Piece::Unknown { inner, quoted: true });
                    return Ok(());
                }
                self.at += 1;
                let script = self.substituted()?;
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
    pub(super) fn parameter(&mut self, quoted: bool) -> Read<Piece> {
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
            let colon = self.eat(':');
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
            // In a pattern quotes are quotes, also between double quotes.
            if !colon && matches!(self.peek(), Some('#' | '%' | '/' | '^' | ',')) {
                let inner = self.pieces_until(Some('}'), false)?;
                return Ok(Piece::Unknown { inner, quoted });
            }
        }
        // Lengths, cuts, replacements, indirection: the value cannot be told, what is inside runs.
        let inner = self.pieces_until(Some('}'), quoted)?;
        Ok(Piece::Unknown { inner, quoted })
    }

    /// Says whether the parentheses that come next are arithmetic: the first that closes the inner one is followed
    /// by the one that closes the outer.
    pub(super) fn is_arithmetic(&mut self, open: &str) -> bool {
        self.comes(open)
            && self
                .closing(self.at, 1)
                .is_some_and(|at| self.chars.get(at + 1) == Some(&')'))
    }

    /// Where the parenthesis is closed that stands inside so many others, from a place before all of them.
    fn closing(&self, start: usize, outside: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut quote = None;
        let mut at = start;
        while let Some(&c) = self.chars.get(at) {
            match (quote, c) {
                (Some('\''), '\'') => quote = None,
                (Some('\''), _) => {}
                (_, '\\') => at += 1,
                (Some(q), c) if q == c => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => {
                    depth = depth.checked_sub(1)?;
                    if depth == outside {
                        return Some(at);
                    }
                }
                (None, _) => {}
            }
            at += 1;
        }
        None
    }

    /// `((…))`: what it substitutes, and the text between.
    pub(super) fn arithmetic(&mut self) -> Read<(Vec<Piece>, String)> {
        let end = self.closing(self.at, 1).ok_or("arithmetic is not closed")?;
        self.eat_all("((");
        let text: String = self.chars[self.at.min(end)..end].iter().collect();
        self.at = end + 1;
        if !self.eat(')') {
            return Err("arithmetic is not closed");
        }
        let pieces = self.deeper(|parser| {
            let mut inside = Parser {
                chars: text.chars().collect(),
                at: 0,
                depth: parser.depth,
                pending: Vec::new(),
                in_test: false,
            };
            inside.pieces_until(None, true)
        })?;
        Ok((pieces, text))
    }

    /// `$'…'` after its opening quote.
    pub(super) fn ansi_c(&mut self) -> Read<String> {
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

    pub(super) fn ansi_c_escape(&mut self, bytes: &mut Vec<u8>) -> Read<()> {
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

    pub(super) fn number(&mut self, radix: u32, digits: usize) -> u32 {
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

//! Compound commands: conditions, loops, branches, tests.

use std::rc::Rc;

use super::super::syntax::{AndOr, Form, Piece, Redirect, Script, Word};
use super::{Parser, Read};

impl Parser {
    pub(super) fn form(&mut self) -> Read<(Form, Vec<Redirect>)> {
        let compound = |form| Ok((form, Vec::new()));
        if self.peek() == Some('(') {
            if self.is_arithmetic("((") {
                let (pieces, text) = self.arithmetic()?;
                return compound(Form::Test { pieces, text });
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
                let start = self.at;
                self.eat_all("[[");
                self.in_test = true;
                let pieces = self.test_words();
                self.in_test = false;
                let text = self.since(start);
                compound(Form::Test {
                    pieces: pieces?,
                    text: text.replacen("[[", "test", 1),
                })
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
                self.skip_lines()?;
                compound(Form::Function {
                    name,
                    body: Rc::new(self.command()?),
                })
            }
            Some("coproc") => {
                self.eat_all("coproc");
                let mut command = self.command()?;
                // What it reads is written to it later.
                command.redirects.push(Redirect::Other(Word {
                    pieces: Vec::new(),
                    text: "coproc".to_owned(),
                }));
                compound(Form::Subshell(vec![AndOr {
                    pipelines: vec![vec![command]],
                    alternatives: false,
                    background: true,
                }]))
            }
            _ => self.simple(),
        }
    }

    pub(super) fn if_form(&mut self) -> Read<Form> {
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

    pub(super) fn do_group(&mut self) -> Read<Script> {
        self.expect_keyword("do")?;
        let body = self.list(&["done"])?;
        self.expect_keyword("done")?;
        Ok(body)
    }

    pub(super) fn for_form(&mut self) -> Read<Form> {
        self.skip_blanks();
        if self.is_arithmetic("((") {
            let (pieces, _) = self.arithmetic()?;
            self.skip_lines()?;
            self.eat(';');
            self.skip_lines()?;
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
        self.skip_lines()?;
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

    pub(super) fn case_form(&mut self) -> Read<Form> {
        self.eat_all("case");
        self.skip_blanks();
        let mut words = vec![self.word()?.ok_or("a case has no word")?];
        self.expect_keyword("in")?;
        let mut scripts = Vec::new();
        loop {
            self.skip_lines()?;
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
    pub(super) fn test_words(&mut self) -> Read<Vec<Piece>> {
        let mut pieces = Vec::new();
        loop {
            self.skip_lines()?;
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
}

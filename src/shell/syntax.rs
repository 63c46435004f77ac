//! The syntax tree of a shell text, as far as finding commands needs it.

use std::cell::OnceCell;
use std::rc::Rc;

/// A part of a word.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text {
        text: String,
        quoted: bool,
    },
    /// `$x`
    Variable {
        name: String,
        quoted: bool,
    },
    /// `${x:-word}` and the like: the variable or the word.
    Either {
        name: String,
        word: Vec<Piece>,
        assigns: bool,
        quoted: bool,
    },
    /// `"${a[@]}"`, `$@`: as many arguments as there are elements.
    Elements {
        name: String,
        quoted: bool,
    },
    /// `$(…)`
    Substitution {
        script: Script,
        quoted: bool,
    },
    /// `<(…)`
    Process(Script),
    /// Its value cannot be told; what is inside runs all the same.
    Unknown {
        inner: Vec<Piece>,
        quoted: bool,
    },
}

#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) pieces: Vec<Piece>,
    /// As it was written.
    pub(super) text: String,
}

impl Word {
    /// The word's text where it is plain, without any quotes.
    pub(super) fn bare(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text { text, quoted: false }] => Some(text),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Assigned {
    Word(Word),
    Array(Vec<Word>),
    /// `x+=…`, `a[1]=…`
    Unknown(Word),
}

#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) value: Assigned,
}

#[derive(Clone, Debug)]
pub(super) enum Redirect {
    /// `<<`; filled when its lines are reached.
    HereDocument(Rc<OnceCell<Word>>),
    /// `<<<`
    HereString(Word),
    /// `< file`
    From(Word),
    /// `> file` and the like.
    To(Word),
    /// `2>&1`, `<&3`
    Other(Word),
    /// `3< file`: of a descriptor that is neither what is read nor what is written.
    Beside(Box<Redirect>),
}

pub(super) type Script = Vec<AndOr>;

/// `a && b || c`
#[derive(Clone, Debug)]
pub(super) struct AndOr {
    pub(super) pipelines: Vec<Vec<Command>>,
    /// Some of them run only where another failed.
    pub(super) alternatives: bool,
    /// `… &`: in a process of its own.
    pub(super) background: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) form: Form,
    pub(super) redirects: Vec<Redirect>,
    /// As it was written.
    pub(super) text: String,
}

#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Assignments before the words are for this command alone, unless it declares (`export x=1`).
    Simple {
        assignments: Vec<Assignment>,
        words: Vec<Word>,
    },
    /// `{ …; }`
    Group(Script),
    /// `( … )`
    Subshell(Script),
    /// Each of them may run: the branches of `if` and `case`, conditions and bodies of loops.
    Branches {
        words: Vec<Word>,
        scripts: Vec<Script>,
    },
    /// `for x in a b; do …; done`; without a list it goes over the arguments.
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Script,
    },
    Function {
        name: String,
        body: Rc<Command>,
    },
    /// `[[ … ]]`, `(( … ))`: in bash only substitutions inside can run anything. In a shell that knows neither, such as
    /// dash, they are a command of that name and those that follow, and a subshell in a subshell.
    Test {
        pieces: Vec<Piece>,
        /// What it would be in such a shell.
        text: String,
    },
}

/// Commands whose arguments are assignments.
pub(super) const DECLARING: &[&str] = &["declare", "export", "local", "readonly", "typeset"];

//! From syntax tree to commands: variables, functions, folders, what flows into a shell.
//!
//! Every branch is walked and every function called. A variable stands for all values that the text gives it
//! anywhere, and for anything at all where it may not have been given one: so the walk is repeated until no
//! new value turns up.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

mod variables;
mod words;

use super::parse::{TOO_DEEP, parse};
use super::syntax::{AndOr, Assignment, Command, DECLARING, Form, Redirect, Script, Word};
use super::{Arg, Directory, LIMITS, Run, Step};

/// Rounds until variables that still change count as unknown.
const ROUNDS: usize = 5;

/// Variables that every system sets, to a path without blanks.
const PATHS: &[&str] = &[
    "HOME",
    "PWD",
    "OLDPWD",
    "TMPDIR",
    "USER",
    "LOGNAME",
    "UID",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "JAVA_HOME",
    "GOPATH",
    "CARGO_HOME",
];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Text(String),
    List(Vec<Arg>),
    /// A path of which nothing else is known.
    Path,
    Unknown,
}

/// What a command reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Inherited,
    Text(String),
    File(Arg),
    Unseen,
}

/// What holds at one place of the text.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Variables that have been given a value for certain.
    definite: BTreeSet<String>,
    pub(super) directory: Directory,
    /// `$1` and those after it; `None` where they are unknown.
    pub(super) positional: Option<Vec<Arg>>,
    pub(super) input: Input,
    /// Set by `env` and by assignments in front of the command.
    pub(super) environment: BTreeMap<String, Arg>,
    pub(super) elsewhere: bool,
    pub(super) guessed: bool,
    pub(super) depth: usize,
}

pub(super) struct Walk<'w> {
    pub(super) watched: &'w dyn Fn(&str) -> bool,
    pub(super) steps: Vec<Step>,
    /// Hashes of the steps, which may be long.
    seen: HashSet<u64>,
    hasher: RandomState,
    variables: BTreeMap<String, BTreeSet<Value>>,
    functions: BTreeMap<String, Vec<Rc<Command>>>,
    called: BTreeSet<String>,
    /// Anything may have any value.
    poisoned: bool,
    /// Words are split where nobody expects it.
    splits_oddly: bool,
    /// Files that the text writes, and words of its commands that could name such files.
    pub(super) written: BTreeSet<String>,
    pub(super) writes_unknown: bool,
    work: usize,
    grown: usize,
}

pub(super) fn read(text: &str, watched: &dyn Fn(&str) -> bool) -> Vec<Step> {
    let script = match parse(text, 0) {
        Ok(script) => script,
        Err(why) => {
            return vec![Step::Unresolved {
                text: text.to_owned(),
                why: format!("it cannot be read: {why}"),
            }];
        }
    };
    let mut walk = Walk::new(watched);
    for round in 0.. {
        let before = walk.knowledge();
        walk.steps.clear();
        walk.seen.clear();
        walk.called.clear();
        let mut scope = Scope::new();
        walk.script(&script, &mut scope);
        walk.uncalled(&scope);
        if walk.knowledge() == before || walk.exhausted() {
            break;
        }
        walk.poisoned |= round >= ROUNDS;
    }
    let exhausted = walk.exhausted();
    let mut steps = walk.steps;
    if exhausted {
        steps.push(Step::Unresolved {
            text: text.to_owned(),
            why: "it runs too many commands to look at each".to_owned(),
        });
    }
    steps
}

impl Scope {
    fn new() -> Self {
        Self {
            definite: BTreeSet::new(),
            directory: Directory::Known(String::new()),
            positional: None,
            input: Input::Inherited,
            environment: BTreeMap::new(),
            elsewhere: false,
            guessed: false,
            depth: 0,
        }
    }

    /// Takes over what holds after a part that may not have run, or ran in a process of its own.
    fn after(&mut self, inner: &Scope, same_process: bool) {
        if same_process && inner.directory != self.directory {
            self.directory = Directory::Unknown;
        }
        if same_process && inner.positional != self.positional {
            self.positional = None;
        }
    }
}

impl<'w> Walk<'w> {
    fn new(watched: &'w dyn Fn(&str) -> bool) -> Self {
        Self {
            watched,
            steps: Vec::new(),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            variables: BTreeMap::new(),
            functions: BTreeMap::new(),
            called: BTreeSet::new(),
            poisoned: false,
            splits_oddly: false,
            written: BTreeSet::new(),
            writes_unknown: false,
            work: 0,
            grown: 0,
        }
    }

    /// A measure of what is known; it grows until there is nothing more to find.
    fn knowledge(&self) -> (usize, usize, usize, bool, bool) {
        (
            self.variables.values().map(BTreeSet::len).sum(),
            self.functions.values().map(Vec::len).sum(),
            self.written.len() + usize::from(self.writes_unknown),
            self.poisoned,
            self.splits_oddly,
        )
    }

    fn exhausted(&self) -> bool {
        self.work > LIMITS.work || self.grown > LIMITS.growth
    }

    pub(super) fn spend(&mut self) -> bool {
        self.work += 1;
        !self.exhausted()
    }

    /// Counts bytes that come to be held.
    fn grow(&mut self, bytes: usize) -> bool {
        self.grown = self.grown.saturating_add(bytes);
        !self.exhausted()
    }

    pub(super) fn push(&mut self, step: Step) {
        if self.seen.insert(self.hasher.hash_one(&step)) {
            let text = match &step {
                Step::Run(run) | Step::Script { run, .. } => &run.text,
                Step::Code { text, .. } | Step::Write { text, .. } | Step::Unresolved { text, .. } => text,
            };
            self.grow(text.len());
            self.steps.push(step);
        }
    }

    pub(super) fn unresolved(&mut self, text: &str, why: impl Into<String>) {
        self.push(Step::Unresolved {
            text: text.to_owned(),
            why: why.into(),
        });
    }

    pub(super) fn writes(&mut self, file: Arg, text: &str) {
        self.push(Step::Write {
            file,
            text: text.to_owned(),
        });
    }

    pub(super) fn poison(&mut self) {
        self.poisoned = true;
    }

    // --- commands

    pub(super) fn script(&mut self, script: &Script, scope: &mut Scope) {
        for and_or in script {
            if self.exhausted() {
                return;
            }
            self.and_or(and_or, scope);
        }
    }

    fn and_or(&mut self, and_or: &AndOr, scope: &mut Scope) {
        let mut inner = scope.clone();
        for (index, pipeline) in and_or.pipelines.iter().enumerate() {
            let before = inner.directory.clone();
            self.pipeline(pipeline, &mut inner);
            if and_or.alternatives && inner.directory != before {
                inner.directory = Directory::Unknown;
            }
            if index == 0 && !and_or.background {
                scope.definite = inner.definite.clone();
            }
        }
        if let ([_], false) = (and_or.pipelines.as_slice(), and_or.background) {
            // Whatever comes next runs also where this failed: `cd x; …`.
            scope.input = inner.input.clone();
        }
        scope.after(&inner, !and_or.background);
    }

    fn pipeline(&mut self, pipeline: &[Command], scope: &mut Scope) {
        if let [command] = pipeline {
            self.command(command, scope);
            return;
        }
        let mut input = scope.input.clone();
        for command in pipeline {
            let mut inner = scope.clone();
            inner.input = input;
            self.command(command, &mut inner);
            input = self.output(command, &inner);
        }
    }

    /// What a command writes, where that can be told.
    fn output(&mut self, command: &Command, scope: &Scope) -> Input {
        if let Form::Simple { assignments, words } = &command.form
            && assignments.is_empty()
            && words.first().and_then(Word::bare) == Some("echo")
            && let [only] = self.ways(words, scope).as_slice()
            && let Some(args) = only.iter().map(Arg::known).collect::<Option<Vec<_>>>()
            && args.get(1).is_none_or(|arg| !arg.starts_with('-'))
            && !args.iter().any(|arg| arg.contains('\\'))
        {
            return Input::Text(args[1..].join(" "));
        }
        Input::Unseen
    }

    fn command(&mut self, command: &Command, scope: &mut Scope) {
        if !self.spend() {
            return;
        }
        let old_input = scope.input.clone();
        let changes = self.redirects(&command.redirects, scope);
        match &command.form {
            Form::Simple { assignments, words } => {
                self.simple(assignments, words, &command.text, scope);
                // `exec < file` stays.
                if words.len() == 1 && words[0].bare() == Some("exec") && changes {
                    scope.input = Input::Unseen;
                    return;
                }
            }
            Form::Group(script) => self.script(script, scope),
            Form::Subshell(script) => self.script(script, &mut scope.clone()),
            Form::Branches { words, scripts } => {
                for word in words {
                    self.expand(word, scope);
                }
                for script in scripts {
                    let mut inner = scope.clone();
                    self.script(script, &mut inner);
                    scope.after(&inner, true);
                }
            }
            Form::For { name, words, body } => self.for_loop(name, words.as_deref(), body, scope),
            Form::Function { name, body } => self.define(name, body),
            Form::Test { pieces, text } => {
                self.run_inside(pieces, scope);
                self.perhaps(text, scope);
            }
        }
        scope.input = old_input;
    }

    fn for_loop(&mut self, name: &str, words: Option<&[Word]>, body: &Script, scope: &mut Scope) {
        match words {
            Some(words) => {
                for word in words {
                    for args in self.expand(word, scope) {
                        for arg in args {
                            self.assign(name, value_of(&arg));
                        }
                    }
                }
            }
            None => match scope.positional.clone() {
                Some(args) => args.iter().for_each(|arg| self.assign(name, value_of(arg))),
                None => self.assign(name, Value::Unknown),
            },
        }
        let mut inner = scope.clone();
        inner.definite.insert(name.to_owned());
        self.script(body, &mut inner);
        scope.after(&inner, true);
    }

    pub(super) fn define(&mut self, name: &str, body: &Rc<Command>) {
        let bodies = self.functions.entry(name.to_owned()).or_default();
        if !bodies.iter().any(|other| other.text == body.text) {
            bodies.push(Rc::clone(body));
        }
    }

    /// Functions that nothing seen calls may be called by what was not seen.
    fn uncalled(&mut self, scope: &Scope) {
        let names: Vec<String> = self
            .functions
            .keys()
            .filter(|name| !self.called.contains(*name))
            .cloned()
            .collect();
        for name in names {
            self.call(&name, None, &mut scope.clone());
        }
    }

    /// Walks the function, where there is one of that name.
    pub(super) fn call(&mut self, name: &str, args: Option<Vec<Arg>>, scope: &mut Scope) {
        let Some(bodies) = self.functions.get(name).cloned() else {
            return;
        };
        self.called.insert(name.to_owned());
        if scope.depth >= LIMITS.depth {
            self.unresolved(name, "a function calls itself too often");
            return;
        }
        for body in bodies {
            let mut inner = scope.clone();
            inner.depth += 1;
            inner.positional.clone_from(&args);
            self.command(&body, &mut inner);
            inner.positional.clone_from(&scope.positional);
            scope.after(&inner, true);
        }
    }

    /// What a shell that is started anew knows: of the variables, only what was exported.
    pub(super) fn fresh(scope: &Scope) -> Scope {
        let mut inner = scope.clone();
        inner.definite.clear();
        inner
    }

    /// Reads and walks text that a command hands to a shell.
    pub(super) fn nested(&mut self, text: &str, scope: &mut Scope) {
        if scope.depth >= LIMITS.depth {
            self.unresolved(text, "shells are nested too deep");
            return;
        }
        match parse(text, scope.depth) {
            Ok(script) => {
                scope.depth += 1;
                self.script(&script, scope);
                scope.depth -= 1;
            }
            Err(why) => self.unresolved(text, format!("it cannot be read: {why}")),
        }
    }

    /// Walks a text that is a script only for some shells: what it would run counts, and nothing else that it would do
    /// or leave open, because it is hardly ever one.
    fn perhaps(&mut self, text: &str, scope: &Scope) {
        let mut inner = scope.clone();
        inner.depth += 1;
        let script = match parse(text, inner.depth) {
            Ok(script) => script,
            Err(why) if why == TOO_DEEP || self.names_watched(text) => return self.unresolved(text, why),
            Err(_) => return,
        };
        let mut aside = Walk {
            variables: self.variables.clone(),
            functions: self.functions.clone(),
            poisoned: self.poisoned,
            splits_oddly: self.splits_oddly,
            written: self.written.clone(),
            writes_unknown: self.writes_unknown,
            work: self.work,
            grown: self.grown,
            ..Walk::new(self.watched)
        };
        aside.script(&script, &mut inner);
        (self.work, self.grown) = (aside.work, aside.grown);
        for step in aside.steps {
            let counts = match &step {
                Step::Run(run) => run.args.first().and_then(Arg::program).is_some(),
                // `>` was no redirection in the other reading.
                Step::Script { file, written_here, .. } => file.known().is_some() && !written_here,
                Step::Code { .. } => true,
                Step::Unresolved { why, .. } => why == TOO_DEEP,
                Step::Write { .. } => false,
            };
            if counts {
                self.push(step);
            }
        }
    }

    /// Says whether what is read was changed.
    fn redirects(&mut self, redirects: &[Redirect], scope: &mut Scope) -> bool {
        let mut changes = false;
        for redirect in redirects {
            match redirect {
                Redirect::HereDocument(body) => {
                    changes = true;
                    scope.input = match body.get() {
                        Some(body) => self.input_of(body, scope),
                        None => Input::Unseen,
                    };
                }
                Redirect::HereString(word) => {
                    changes = true;
                    scope.input = self.input_of(word, scope);
                }
                Redirect::From(word) => {
                    changes = true;
                    scope.input = match (self.single(word, scope), &scope.directory) {
                        // It is opened here, wherever its reader goes.
                        (Some(Arg::Known(path)), Directory::Known(folder))
                            if !folder.is_empty() && !path.starts_with(['/', '~']) =>
                        {
                            Input::File(Arg::Known(format!("{folder}/{path}")))
                        }
                        (Some(arg), Directory::Known(_)) => Input::File(arg),
                        (Some(arg), Directory::Unknown) => Input::File(Arg::unknown(arg.text(), false)),
                        (None, _) => Input::Unseen,
                    };
                }
                Redirect::To(word) => match self.single(word, scope) {
                    Some(Arg::Known(path)) => {
                        if !matches!(path.as_str(), "/dev/null" | "/dev/stderr" | "/dev/stdout" | "/dev/tty") {
                            self.writes(Arg::Known(path.clone()), &word.text);
                            self.written.insert(path);
                        }
                    }
                    other => {
                        self.writes(other.unwrap_or_else(|| Arg::unknown(&word.text, true)), &word.text);
                        self.writes_unknown = true;
                    }
                },
                Redirect::Beside(redirect) => {
                    let input = scope.input.clone();
                    self.redirects(std::slice::from_ref(redirect), scope);
                    scope.input = input;
                }
                Redirect::Other(word) => {
                    self.expand(word, scope);
                    if !matches!(word.bare(), Some("1" | "2" | "-")) {
                        scope.input = Input::Unseen;
                    }
                }
            }
        }
        changes
    }

    fn input_of(&mut self, word: &Word, scope: &Scope) -> Input {
        match self.single(word, scope) {
            Some(Arg::Known(text)) => Input::Text(text),
            _ => Input::Unseen,
        }
    }

    /// The one argument that a word is, where it is one.
    fn single(&mut self, word: &Word, scope: &Scope) -> Option<Arg> {
        match self.expand(word, scope).as_slice() {
            [args] => match args.as_slice() {
                [arg] => Some(arg.clone()),
                [] => Some(Arg::Known(String::new())),
                _ => None,
            },
            _ => None,
        }
    }

    fn simple(&mut self, assignments: &[Assignment], words: &[Word], text: &str, scope: &mut Scope) {
        let declares = words
            .first()
            .and_then(Word::bare)
            .is_some_and(|word| DECLARING.contains(&word));
        let own = !words.is_empty() && !declares;
        let old_environment = scope.environment.clone();
        for assignment in assignments {
            let values = self.values_of(&assignment.value, scope);
            if own {
                let arg = match values.as_slice() {
                    [Value::Text(text)] => Arg::Known(text.clone()),
                    _ => Arg::unknown(&format!("${}", assignment.name), false),
                };
                scope.environment.insert(assignment.name.clone(), arg);
            }
            for value in values {
                self.set(&assignment.name, value, scope);
            }
            if !own {
                scope.definite.insert(assignment.name.clone());
            }
        }
        if !words.is_empty() {
            for args in self.ways(words, scope) {
                if !self.spend() {
                    break;
                }
                if !args.is_empty() {
                    self.dispatch(args, text, scope);
                }
            }
        }
        if own {
            scope.environment = old_environment;
        }
    }

    pub(super) fn run_of(&mut self, args: Vec<Arg>, text: &str, scope: &Scope) -> Run {
        let environment = self.environment(scope);
        self.grow(environment.iter().map(|(name, arg)| name.len() + size(arg)).sum());
        Run {
            args,
            environment,
            directory: scope.directory.clone(),
            elsewhere: scope.elsewhere,
            guessed: scope.guessed,
            unfamiliar: false,
            text: text.to_owned(),
        }
    }
}

/// Bytes that an argument takes, about.
fn size(arg: &Arg) -> usize {
    size_of::<Arg>()
        + match arg {
            Arg::Known(text) => text.len(),
            Arg::Unknown { text, start, end, .. } => text.len() + start.len() + end.len(),
        }
}

pub(super) fn value_of(arg: &Arg) -> Value {
    match arg {
        Arg::Known(text) => Value::Text(text.clone()),
        Arg::Unknown { .. } => Value::Unknown,
    }
}

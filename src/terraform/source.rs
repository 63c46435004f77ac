//! Where states come from: files, folders, globs and the standard input, read and parsed on all cores.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use rayon::prelude::*;
use walkdir::WalkDir;

use super::state::{Parsed, parse_state};
use super::{lineage, project};
use crate::model::{Claim, State, StateStatus, Symbol};

/// One place to read states from.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file, a folder that is searched for states, or a glob.
    Path(PathBuf),
    /// The standard input.
    Stdin,
    /// Bytes that were fetched from elsewhere, such as a bucket; they take part in everything that files do.
    Bytes { source: String, bytes: Vec<u8> },
    /// A state that should have been fetched and could not be: a gap.
    Failed {
        source: String,
        error: String,
        hint: Option<String>,
    },
}

impl Input {
    /// Takes an argument of the command line: `-` is the standard input, all else a path or glob.
    #[must_use]
    pub fn from_argument(argument: &str) -> Self {
        if argument == "-" {
            Self::Stdin
        } else {
            Self::Path(argument.into())
        }
    }
}

/// All states that were named, and what they claim.
#[derive(Clone, Debug, Default)]
pub struct States {
    /// Sorted by source.
    pub states: Vec<State>,
    /// Of the states that count, in the order of the states and then of their files.
    pub claims: Vec<Claim>,
    /// What was found beside the states and is worth a word.
    pub notes: Vec<Note>,
    /// Managed instances of other providers in the states that count, by the provider's source.
    pub other_providers: Vec<(Symbol, u64)>,
}

/// Something that was found while looking for states, and that is no gap by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    pub source: String,
    pub text: String,
    pub hint: Option<String>,
}

/// Why the inputs cannot be what the user meant.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("there is no file or folder `{input}`")]
    Missing { input: String },
    #[error("`{input}` is not a pattern for files")]
    Pattern { input: String },
    #[error("`{input}` holds no state")]
    NoState {
        input: String,
        /// The backend's type, where a file says that the state is elsewhere.
        backend: Option<Symbol>,
    },
    #[error("`{file}` is not a state: it says that the state is in a backend of type `{backend}`")]
    Backend { file: String, backend: Symbol },
}

impl SourceError {
    /// What to do about it, for a line of its own.
    #[must_use]
    pub fn hint(&self) -> String {
        let pull = "fetch it with `terraform state pull > FILE` and name that file";
        match self {
            Self::Missing { input } if input.contains("://") => {
                "addresses are read only where the documentation names their scheme".into()
            }
            Self::Missing { .. } => {
                "`--state` takes a file, a folder, a glob in quotes, or `-` for the standard input".into()
            }
            Self::Pattern { .. } => {
                "put the name in quotes, and a backslash before a bracket that is part of it".into()
            }
            Self::NoState {
                backend: Some(backend), ..
            } => format!("its state is in a backend of type `{backend}`: {pull}"),
            Self::NoState { .. } => "folders are searched for `*.tfstate`; name other files themselves".into(),
            Self::Backend { .. } => pull.into(),
        }
    }
}

/// How a file came to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The user named it.
    Named,
    /// It was found in a folder or by a glob.
    Found,
    /// It was found and is a backup by its name: `terraform.tfstate.backup`.
    Backup,
}

/// A state that was read, with how it came to be.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) role: Role,
    pub(super) parsed: Parsed,
    /// See [`project::names`].
    names: Vec<String>,
    /// The inputs that led to it, as indices.
    inputs: BTreeSet<usize>,
    is_file: bool,
}

/// Reads all states that `inputs` name.
///
/// The result is the same in whatever order they are named. A file named twice, or reached by two paths, is read once.
/// One lineage is one state: its highest serial counts, others are `Stale`.
///
/// # Errors
///
/// Where an input matches nothing, is not a pattern, or names a file that only says where the state is. A state that
/// cannot be read is no error but a [`State`] with status `Unreadable` or `Empty`.
pub fn read_all(inputs: &[Input]) -> Result<States, SourceError> {
    read_all_from(inputs, &mut io::stdin().lock())
}

/// The same with another standard input.
///
/// # Errors
///
/// See [`read_all`].
pub fn read_all_from(inputs: &[Input], stdin: &mut dyn Read) -> Result<States, SourceError> {
    let mut search = Search::default();
    for (number, input) in inputs.iter().enumerate() {
        search.number = number;
        search.input(input, stdin)?;
    }
    let mut entries: Vec<Entry<'_>> = search.entries.into_values().collect();
    entries.sort_by(|a, b| a.source.cmp(&b.source));

    let read: Vec<Found> = entries.into_par_iter().map(Entry::read).collect();
    let mut notes = search.notes;
    let mut found = Vec::with_capacity(read.len());
    let mut backends: BTreeMap<usize, Symbol> = BTreeMap::new();
    let mut answered: BTreeSet<usize> = BTreeSet::new();
    for one in read {
        match one.parsed.backend {
            Some(backend) if one.is_file && one.role == Role::Named => {
                return Err(SourceError::Backend {
                    file: one.parsed.state.source,
                    backend,
                });
            }
            Some(backend) if one.is_file => {
                backends.extend(one.inputs.iter().map(|input| (*input, backend)));
                notes.push(Note {
                    source: one.parsed.state.source,
                    text: one.parsed.state.error.unwrap_or_default(),
                    hint: one.parsed.state.hint,
                });
            }
            _ => {
                answered.extend(&one.inputs);
                found.push(one);
            }
        }
    }
    for (number, input) in inputs.iter().enumerate() {
        if let Input::Path(path) = input
            && !answered.contains(&number)
        {
            return Err(SourceError::NoState {
                input: display(path),
                backend: backends.get(&number).copied(),
            });
        }
    }

    lineage::settle(&mut found);
    name_projects(&mut found);
    notes.sort();
    notes.dedup();
    Ok(collect(found, notes))
}

fn collect(found: Vec<Found>, notes: Vec<Note>) -> States {
    let mut states = States {
        notes,
        ..States::default()
    };
    let mut others: BTreeMap<Symbol, u64> = BTreeMap::new();
    states
        .claims
        .reserve_exact(found.iter().map(|one| one.parsed.claims.len()).sum());
    for (number, one) in found.into_iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        states.claims.extend(one.parsed.claims.into_iter().map(|mut claim| {
            claim.state = number;
            claim
        }));
        for (provider, count) in one.parsed.other_providers {
            *others.entry(provider).or_default() += count;
        }
        states.states.push(one.parsed.state);
    }
    states.other_providers = others.into_iter().collect();
    states
}

/// Gives each state that counts the shortest of its names that no state of another lineage has.
fn name_projects(found: &mut [Found]) {
    let mut length = vec![0_usize; found.len()];
    loop {
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, one) in found.iter().enumerate() {
            if one.parsed.state.status == StateStatus::Read {
                named.entry(&one.names[length[at]]).or_default().push(at);
            }
        }
        let mut longer = Vec::new();
        for same in named.into_values() {
            let lineage = |at: usize| found[at].parsed.state.lineage.as_deref();
            let first = lineage(same[0]);
            if same.len() > 1 && (first.is_none() || same.iter().any(|at| lineage(*at) != first)) {
                longer.extend(same.into_iter().filter(|at| length[*at] + 1 < found[*at].names.len()));
            }
        }
        if longer.is_empty() {
            break;
        }
        for at in longer {
            length[at] += 1;
        }
    }
    for (one, length) in found.iter_mut().zip(length) {
        one.parsed.state.project = Symbol::new(&one.names[length]);
    }
}

/// What makes two entries one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    File(PathBuf),
    Stdin,
    Address(String),
}

#[derive(Debug)]
struct Entry<'a> {
    source: String,
    role: Role,
    content: Content<'a>,
    inputs: BTreeSet<usize>,
}

#[derive(Debug)]
enum Content<'a> {
    File(PathBuf),
    Bytes(Cow<'a, [u8]>),
    Failed { error: String, hint: Option<String> },
}

impl Entry<'_> {
    fn read(self) -> Found {
        let mut names = project::names(&self.source);
        let mut is_file = false;
        let parsed = match self.content {
            Content::Bytes(bytes) => parse_state(&bytes, &self.source),
            Content::Failed { error, hint } => Parsed::unreadable(&self.source, error, hint),
            Content::File(path) => {
                is_file = true;
                names = project::names(&whole(&path));
                match std::fs::read(&path) {
                    Ok(bytes) => parse_state(&bytes, &self.source),
                    Err(error) => unreadable(&self.source, &error),
                }
            }
        };
        Found {
            role: self.role,
            parsed,
            names,
            inputs: self.inputs,
            is_file,
        }
    }
}

fn unreadable(source: &str, error: &io::Error) -> Parsed {
    Parsed::unreadable(source, format!("cannot be read: {}", error.kind()), hint_of(error))
}

fn hint_of(error: &io::Error) -> Option<String> {
    (error.kind() == io::ErrorKind::PermissionDenied)
        .then(|| "run whose as somebody who may read it, or leave it out".to_owned())
}

/// The whole path, so that `terraform.tfstate` in the current folder has a name too.
fn whole(path: &Path) -> String {
    let dots = path.components().any(|part| part == Component::ParentDir);
    let whole = if dots {
        path.canonicalize()
    } else {
        std::path::absolute(path)
    };
    whole.as_deref().unwrap_or(path).to_string_lossy().into_owned()
}

/// A path as the user would write it.
fn display(path: &Path) -> String {
    let text = path.to_string_lossy();
    match text.strip_prefix("./") {
        Some("") | None => text.into_owned(),
        Some(rest) => rest.to_owned(),
    }
}

/// Says whether a file's name is that of a state's backup.
fn is_backup(name: &str) -> bool {
    name.ends_with(".backup") && name.contains(".tfstate.")
}

/// The entries found so far.
#[derive(Default)]
struct Search<'a> {
    /// The input that is being looked at.
    number: usize,
    entries: BTreeMap<Identity, Entry<'a>>,
    notes: Vec<Note>,
}

impl<'a> Search<'a> {
    fn input(&mut self, input: &'a Input, stdin: &mut dyn Read) -> Result<(), SourceError> {
        match input {
            Input::Stdin => {
                if !self.entries.contains_key(&Identity::Stdin) {
                    let mut bytes = Vec::new();
                    let content = match stdin.read_to_end(&mut bytes) {
                        Ok(_) => Content::Bytes(bytes.into()),
                        Err(error) => failed(&error),
                    };
                    self.add(Identity::Stdin, "-".into(), Role::Named, content);
                }
            }
            Input::Bytes { source, bytes } => {
                let content = Content::Bytes(bytes.into());
                self.add(Identity::Address(source.clone()), source.clone(), Role::Named, content);
            }
            Input::Failed { source, error, hint } => {
                let content = Content::Failed {
                    error: error.clone(),
                    hint: hint.clone(),
                };
                self.add(Identity::Address(source.clone()), source.clone(), Role::Named, content);
            }
            Input::Path(path) => self.path(path)?,
        }
        Ok(())
    }

    fn path(&mut self, path: &Path) -> Result<(), SourceError> {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.folder(path),
            Ok(_) => self.file(path, Role::Named),
            Err(error) => {
                let text = path.to_string_lossy();
                if text.contains(['*', '?', '[', '{']) {
                    self.glob(&text)?;
                } else if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::NotADirectory {
                    return Err(SourceError::Missing { input: display(path) });
                } else {
                    self.lost(path, &error);
                }
            }
        }
        Ok(())
    }

    /// Searches a folder and all below it. `.git` and `.terraform` hold no states, but `.terraform` may say where
    /// the state is.
    fn folder(&mut self, folder: &Path) {
        let mut backends = Vec::new();
        let mut seen = BTreeSet::new();
        let walk = walk(folder, usize::MAX, &mut |name, path| {
            if name == ".terraform" {
                backends.push(path.join("terraform.tfstate"));
            }
            name == ".terraform" || name == ".git" || !first_time(path, &mut seen)
        });
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => {
                    let name = entry.file_name().to_string_lossy();
                    if name.ends_with(".tfstate") {
                        self.found(entry.path(), entry.file_type().is_file(), Role::Found);
                    } else if is_backup(&name) {
                        self.found(entry.path(), entry.file_type().is_file(), Role::Backup);
                    }
                }
                Err(error) => self.trouble(&error),
            }
        }
        for path in backends {
            if path.is_file() {
                self.file(&path, Role::Found);
            }
        }
    }

    /// Reads all that matches a pattern; folders that match are searched.
    fn glob(&mut self, pattern: &str) -> Result<(), SourceError> {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let bad = || SourceError::Pattern {
            input: pattern.to_owned(),
        };
        let matcher = GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|_| bad())?
            .compile_matcher();
        let parts: Vec<&str> = pattern.split('/').collect();
        let plain = parts
            .iter()
            .take(parts.len() - 1)
            .take_while(|part| !part.contains(['*', '?', '[', '{', '\\']))
            .count();
        let base = parts[..plain].join("/");
        let base = match base.as_str() {
            "" if pattern.starts_with('/') => Path::new("/"),
            "" => Path::new("."),
            base => Path::new(base),
        };
        let depth = if pattern.contains("**") || pattern.contains('{') {
            usize::MAX
        } else {
            parts.len() - plain
        };
        if !base.exists() {
            return Ok(());
        }
        let mut seen = BTreeSet::new();
        let hidden = pattern.contains(".terraform");
        let walk = walk(base, depth, &mut |name, path| {
            (name == ".terraform" && !hidden) || name == ".git" || !first_time(path, &mut seen)
        });
        for entry in walk {
            match entry {
                Ok(entry) if !matcher.is_match(display(entry.path())) => {}
                Ok(entry) if entry.file_type().is_dir() => self.folder(entry.path()),
                Ok(entry) => {
                    let backup = is_backup(&entry.file_name().to_string_lossy());
                    let role = if backup { Role::Backup } else { Role::Found };
                    self.found(entry.path(), entry.file_type().is_file(), role);
                }
                Err(error) => self.trouble(&error),
            }
        }
        Ok(())
    }

    fn found(&mut self, path: &Path, is_file: bool, role: Role) {
        if is_file {
            self.file(path, role);
        } else {
            // Reading a pipe that nobody writes to would never end.
            let content = Content::Failed {
                error: "is not a regular file".into(),
                hint: Some("name it itself if it is to be read".into()),
            };
            self.add(Identity::File(path.to_owned()), display(path), role, content);
        }
    }

    fn file(&mut self, path: &Path, role: Role) {
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.add(
            Identity::File(identity),
            display(path),
            role,
            Content::File(path.to_owned()),
        );
    }

    /// A file or folder that is there and cannot be looked at.
    fn lost(&mut self, path: &Path, error: &io::Error) {
        self.add(
            Identity::File(path.to_owned()),
            display(path),
            Role::Found,
            failed(error),
        );
    }

    fn trouble(&mut self, error: &walkdir::Error) {
        let Some(path) = error.path() else {
            return;
        };
        if error.loop_ancestor().is_some() {
            // A link to a folder that is being searched already.
            return;
        }
        let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !is_link || name.ends_with(".tfstate") {
            match error.io_error() {
                Some(error) => self.lost(path, error),
                None => self.lost(path, &io::ErrorKind::Other.into()),
            }
        } else if path.extension().is_none() {
            self.notes.push(Note {
                source: display(path),
                text: "is a link to nothing; if it was a folder of states, they are not seen".into(),
                hint: None,
            });
        }
    }

    fn add(&mut self, identity: Identity, source: String, role: Role, content: Content<'a>) {
        let entry = self.entries.entry(identity).or_insert_with(|| Entry {
            source: source.clone(),
            role,
            content,
            inputs: BTreeSet::new(),
        });
        if (source.len(), &source) < (entry.source.len(), &entry.source) {
            entry.source = source;
        }
        entry.role = entry.role.min(role);
        entry.inputs.insert(self.number);
    }
}

fn failed(error: &io::Error) -> Content<'static> {
    Content::Failed {
        error: format!("cannot be read: {}", error.kind()),
        hint: hint_of(error),
    }
}

/// Remembers a folder by its real path, so that links cannot lead the search in circles or to one place twice.
fn first_time(path: &Path, seen: &mut BTreeSet<PathBuf>) -> bool {
    path.canonicalize().map_or(true, |path| seen.insert(path))
}

/// Walks in the order of names, through links too, but not into folders that `skip` names.
fn walk(
    root: &Path,
    depth: usize,
    skip: &mut dyn FnMut(&str, &Path) -> bool,
) -> Vec<walkdir::Result<walkdir::DirEntry>> {
    WalkDir::new(root)
        .follow_links(true)
        .max_depth(depth)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let name = entry.file_name().to_string_lossy();
            let skipped = entry.depth() > 0 && entry.file_type().is_dir() && skip(&name, entry.path());
            !skipped
        })
        .collect()
}

#[cfg(test)]
mod tests;

//! Whose a claim is: by a rule of the config file, else by its project tag, else by its state's name.

use globset::{Glob, GlobMatcher};
use serde::{Serialize, Serializer};

use crate::model::{Claim, State, Symbol, Tags};

/// Tag keys that name a project, in the order in which they are asked, where the config names none.
pub const TAG_KEYS: &[&str] = &["Project", "project", "PROJECT", "project-name", "ProjectName"];

/// How claims become projects.
#[derive(Clone, Debug, Serialize)]
pub struct Projects {
    pub rules: Vec<ProjectRule>,
    pub tag_keys: Vec<String>,
}

impl Default for Projects {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            tag_keys: TAG_KEYS.iter().map(|key| (*key).to_owned()).collect(),
        }
    }
}

/// A rule of the config file; a claim is the project's where every part that is given holds.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectRule {
    pub name: Symbol,
    /// Globs over the state's source; none given matches every state.
    #[serde(serialize_with = "texts")]
    pub states: Vec<GlobMatcher>,
    /// Globs over the claim's address; none given matches every address.
    #[serde(serialize_with = "texts")]
    pub addresses: Vec<GlobMatcher>,
    /// Accounts; none given matches every account.
    pub accounts: Vec<Symbol>,
}

fn texts<S: Serializer>(globs: &[GlobMatcher], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(globs.iter().map(|glob| glob.glob().glob()))
}

impl ProjectRule {
    /// Compiles a glob of a rule. Brackets are literal, because addresses are full of them.
    ///
    /// # Errors
    /// Where the pattern is no glob.
    pub fn pattern(text: &str) -> Result<GlobMatcher, globset::Error> {
        let literal: String = text
            .chars()
            .flat_map(|c| match c {
                '[' | ']' | '{' | '}' => vec!['\\', c],
                _ => vec![c],
            })
            .collect();
        Ok(Glob::new(&literal)?.compile_matcher())
    }

    fn holds(&self, claim: &Claim, state: &State) -> bool {
        let any = |globs: &[GlobMatcher], text: &str| globs.is_empty() || globs.iter().any(|glob| glob.is_match(text));
        any(&self.states, &state.source)
            && any(&self.addresses, &claim.address)
            && (self.accounts.is_empty() || claim.account.is_some_and(|account| self.accounts.contains(&account)))
    }
}

impl Projects {
    /// The project of a claim: what it says itself, else its state's name.
    #[must_use]
    pub fn of(&self, claim: &Claim, state: &State) -> Symbol {
        self.said_by(claim, state).unwrap_or(state.project)
    }

    /// The project that a rule or the claim's own tags name.
    pub(super) fn said_by(&self, claim: &Claim, state: &State) -> Option<Symbol> {
        let by_rule = self.rules.iter().find(|rule| rule.holds(claim, state));
        by_rule
            .map(|rule| rule.name)
            // The tags of a data source are those of what it reads, which may be another project's.
            .or_else(|| claim.is_managed().then(|| self.by_tags(&claim.tags)).flatten())
    }

    /// The project that tags name.
    #[must_use]
    pub fn by_tags(&self, tags: &Tags) -> Option<Symbol> {
        self.tag_keys
            .iter()
            .find_map(|key| tags.get(key))
            .filter(|name| !name.trim().is_empty())
            .map(|name| Symbol::new(name.trim()))
    }
}

/// What the claims of one state say of their projects.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Voices {
    said: Option<Symbol>,
    disputed: bool,
    speaking: usize,
    silent: usize,
}

impl Voices {
    pub(super) fn hear(&mut self, said: Option<Symbol>) {
        match (said, self.said) {
            (None, _) => self.silent += 1,
            (Some(_), None) => (self.said, self.speaking) = (said, 1),
            (Some(new), Some(old)) => {
                self.disputed |= new != old;
                self.speaking += 1;
            }
        }
    }

    /// The one project that most claims of the state name, and none contradicts.
    ///
    /// Nearly every state holds some things without the project tag that the others have (a key pair, a rule). Their
    /// project is the state's name, but that is no other project than the one which the rest names.
    pub(super) fn agreed(self) -> Option<Symbol> {
        self.said.filter(|_| !self.disputed && self.speaking > self.silent)
    }
}

//! What the page's script knows: every resource and absent claim in columns, small enough for 100,000 rows.
//!
//! - Text that repeats is a number into one list of words.
//! - Inside a word the row's own ARN, id, address and name are single control characters, so that `arn:…:vpc/ID`,
//!   `ID (NAME)` and `terraform import ADDRESS ID` are one word for all VPCs. Foreign text has no control characters
//!   left ([`plain`]), so nothing else can look like one.
//! - Columns of numbers are written plainly, as runs, or as runs of differences, whatever is shortest.
//!
//! `script/data.js` reads it.

use std::collections::{BTreeMap, HashMap};

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use super::super::View;
use super::super::explain;
use super::super::text::{age, plain};
use crate::ledger::duplicates::{DuplicateSet, letter};
use crate::ledger::fingerprint::without_suffix;
use crate::ledger::{ClaimIndex, Ledger, LiveIndex, NoMatch, Node};
use crate::model::{Claim, Tags};

/// In words: the row's ARN, id, first own address and name.
const MARKS: [char; 4] = ['\u{1}', '\u{2}', '\u{3}', '\u{4}'];
/// Owner numbers after those of [`crate::ledger::Ownership::ALL`].
const MISSING: i64 = 6;
const NOT_SEEN: i64 = 7;

/// Numbers, one a row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Column(Vec<i64>);

impl Column {
    fn push(&mut self, number: impl Into<i64>) {
        self.0.push(number.into());
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Runs<'a> {
            r: &'a [i64],
        }
        #[derive(Serialize)]
        struct Differences<'a> {
            d: &'a [i64],
        }
        let runs = runs(self.0.iter().copied());
        let mut before = 0;
        let differences = self::runs(
            self.0
                .iter()
                .map(|number| number - std::mem::replace(&mut before, *number)),
        );
        let (plain, short, steps) = (digits(&self.0), digits(&runs), digits(&differences));
        if plain <= short && plain <= steps {
            self.0.serialize(serializer)
        } else if short <= steps {
            Runs { r: &runs }.serialize(serializer)
        } else {
            Differences { d: &differences }.serialize(serializer)
        }
    }
}

/// `[number, how often, number, how often, …]`.
fn runs(numbers: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut out: Vec<i64> = Vec::new();
    for number in numbers {
        match out.len().checked_sub(2) {
            Some(last) if out[last] == number => out[last + 1] += 1,
            _ => out.extend([number, 1]),
        }
    }
    out
}

/// Bytes of the numbers as JSON.
fn digits(numbers: &[i64]) -> usize {
    let one = |number: &i64| {
        let sign = usize::from(*number < 0);
        sign + 2 + number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize
    };
    numbers.iter().map(one).sum()
}

#[derive(Debug, Serialize)]
pub(super) struct Data {
    words: Vec<String>,
    /// Terraform type, what people call it, whether it holds data, what people call several.
    kinds: Vec<(String, String, bool, String)>,
    projects: Vec<String>,
    /// Positions in `projects`.
    project_sets: Vec<Vec<u32>>,
    /// Key and value, as words.
    tags: Vec<(u32, u32)>,
    /// Positions in `tags`.
    tag_sets: Vec<Vec<u32>>,
    /// The first rows are live resources; the others are claims without one.
    live: usize,
    /// What is said where nothing uses a thing.
    unused: String,
    id: Vec<String>,
    /// Empty where there is none.
    name: Vec<String>,
    /// By name; see [`Rows`].
    rows: BTreeMap<&'static str, Column>,
    /// Addresses, one for each claim of each row.
    address: Vec<String>,
    claims: BTreeMap<&'static str, Column>,
    edges: BTreeMap<&'static str, Column>,
    /// What uses a resource without being live: address, project, what it is (a word), the row or -1.
    readers: Vec<(String, u32, u32, i64)>,
    findings: Vec<FindingRows>,
    /// Sets of the same stack.
    duplicates: Vec<Vec<StackRows>>,
}

#[derive(Debug, Serialize)]
struct StackRows {
    letter: String,
    /// Said of its members: `the original: A of 2 sets of the same stack, with 22 resources`.
    place: String,
    rows: Column,
    /// For each row its name without a generated suffix, as a word; -1 where it has none.
    bare: Column,
    /// For each row whether its name is its id, which is no name to be told by.
    nameless: Column,
}

#[derive(Debug, Serialize)]
struct FindingRows {
    code: String,
    severity: &'static str,
    title: String,
    rows: Column,
}

/// Numbers each distinct value by its first use.
#[derive(Debug)]
struct Numbered<T> {
    numbers: FxHashMap<T, u32>,
    values: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    fn new() -> Self {
        Self {
            numbers: FxHashMap::default(),
            values: Vec::new(),
        }
    }

    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.numbers.insert(value.clone(), number);
        self.values.push(value);
        number
    }
}

struct Maker<'a> {
    ledger: &'a Ledger,
    words: Numbered<String>,
    kinds: Numbered<(String, String, bool, String)>,
    projects: Numbered<String>,
    project_sets: Numbered<Vec<u32>>,
    tags: Numbered<(u32, u32)>,
    tag_sets: Numbered<Vec<u32>>,
    id: Vec<String>,
    name: Vec<String>,
    rows: BTreeMap<&'static str, Column>,
    address: Vec<String>,
    claims: BTreeMap<&'static str, Column>,
    edges: BTreeMap<&'static str, Column>,
}

/// What a row's words may leave out.
struct Own {
    /// In the order of [`MARKS`].
    parts: [String; 4],
}

impl Own {
    /// The text with the row's own parts as marks.
    fn shorten(&self, text: &str) -> String {
        let mut out = plain(text).into_owned();
        // An id of one or two characters stands everywhere and would only make words differ.
        for (mark, part) in MARKS.iter().zip(&self.parts).filter(|(_, part)| part.len() > 2) {
            if out.contains(part.as_str()) {
                out = out.replace(part.as_str(), mark.encode_utf8(&mut [0; 4]));
            }
        }
        out
    }
}

impl Maker<'_> {
    fn put(&mut self, column: &'static str, number: impl Into<i64>) {
        self.rows.entry(column).or_default().push(number);
    }

    fn put_word(&mut self, column: &'static str, own: &Own, text: &str) {
        let word = self.words.number(own.shorten(text));
        self.put(column, word);
    }

    /// A word of a column that is not a row's.
    fn word(&mut self, text: &str) -> u32 {
        self.words.number(plain(text).into_owned())
    }

    fn project(&mut self, name: &str) -> u32 {
        self.projects.number(plain(name).into_owned())
    }

    fn kind(&mut self, name: &str) {
        let facts = crate::kinds::kind(name);
        let title = facts.map_or(name, |kind| kind.title);
        let number = self.kinds.number((
            plain(name).into_owned(),
            plain(title).into_owned(),
            facts.is_some_and(|kind| kind.holds_data),
            plain(crate::findings::count_of(2, title).trim_start_matches("2 ")).into_owned(),
        ));
        self.put("kind", number);
    }

    fn claim(&mut self, claim: &Claim, facet: bool) {
        let project = self.project(&claim.project);
        let mut note = explain::deposed(claim).to_owned();
        if facet {
            note.push_str(&explain::facet(claim));
        }
        let (note, held) = (self.word(&note), self.word(&explain::held_in(self.ledger, claim)));
        self.address.push(plain(&claim.address).into_owned());
        for (column, number) in [
            ("project", project),
            ("note", note),
            ("held", held),
            ("facet", facet.into()),
        ] {
            self.claims.entry(column).or_default().push(number);
        }
    }

    fn tag_set(&mut self, own: &Own, tags: &Tags) {
        let pairs = tags
            .iter()
            .map(|(key, value)| {
                let key = self.word(key);
                let value = self.words.number(own.shorten(value));
                self.tags.number((key, value))
            })
            .collect();
        let set = self.tag_sets.number(pairs);
        self.put("tags", set);
    }

    fn live(&mut self, at: LiveIndex) {
        let ledger = self.ledger;
        let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
        let first = entry.claims.iter().find(|held| !held.facet).or(entry.claims.first());
        let address = first.map_or("", |held| &ledger.claims[held.claim as usize].address);
        let own = Own {
            parts: [&*live.arn, &*live.id, address, live.name.as_deref().unwrap_or_default()]
                .map(|part| plain(part).into_owned()),
        };
        self.kind(&live.kind);
        let (account, region) = (self.word(&live.account), self.word(&live.region));
        self.put("account", account);
        self.put("region", region);
        self.put(
            "owner",
            crate::ledger::Ownership::ALL
                .iter()
                .position(|one| *one == entry.ownership)
                .map_or(0, small),
        );
        let projects = entry.projects.iter().map(|name| self.project(name)).collect();
        let projects = self.project_sets.number(projects);
        self.put("projects", projects);
        let born = live.created_at.map_or(0, jiff::Timestamp::as_second);
        self.put("created", born);
        let old = live.created_at.and_then(|born| age(born, ledger.scanned_at));
        self.put_word(
            "age",
            &own,
            &old.map(|age| format!(", {age} before the scan")).unwrap_or_default(),
        );
        // The ARN cannot stand for itself.
        let whole = Own {
            parts: [String::new(), own.parts[1].clone(), String::new(), String::new()],
        };
        self.put_word("arn", &whole, &live.arn);
        self.put_word("label", &own, &live.label());
        self.put_word("whose", &own, &explain::whose(entry));
        self.put_word("todo", &own, &explain::advice(ledger, at));
        let delegate = entry.delegate.as_ref();
        let delegate = delegate.map(|by| format!("{} {}: {}", by.system, by.name, by.evidence));
        self.put_word("delegate", &own, &delegate.unwrap_or_default());
        self.put_word(
            "likely",
            &own,
            entry.likely_project.as_ref().map_or("", |name| name.as_str()),
        );
        self.put_word("orphan", &own, entry.orphan.as_deref().unwrap_or_default());
        self.put_word("cost", &own, &explain::cost(ledger, at).unwrap_or_default());
        self.put("whole", entry.whole.map_or(-1, i64::from));
        let part = match (&live.part_of, entry.whole) {
            (Some(part), Some(_)) => part.evidence.to_string(),
            (Some(part), None) => format!("{}, which was not found: {}", part.whole, part.evidence),
            (None, _) => String::new(),
        };
        self.put_word("part", &own, &part);
        self.put_word("import", &own, &explain::import(ledger, at).unwrap_or_default());
        self.tag_set(&own, &live.tags);
        self.put("claims", small(entry.claims.len()));
        for held in &entry.claims {
            self.claim(&ledger.claims[held.claim as usize], held.facet);
        }
        let [_, id, _, name] = own.parts;
        self.id.push(id);
        self.name.push(name);
    }

    fn stacks(&mut self, set: &DuplicateSet) -> Vec<StackRows> {
        let mut out = Vec::new();
        for (own, stack) in set.stacks.iter().enumerate() {
            let mut rows = StackRows {
                letter: letter(own),
                place: explain::place(set, own),
                rows: Column::default(),
                bare: Column::default(),
                nameless: Column::default(),
            };
            for at in &stack.members {
                let live = &self.ledger.live[*at as usize];
                rows.rows.push(*at);
                let bare = live
                    .name
                    .as_deref()
                    .map(|name| i64::from(self.word(&without_suffix(name))));
                rows.bare.push(bare.unwrap_or(-1));
                rows.nameless.push(i64::from(live.name.as_deref() == Some(&*live.id)));
            }
            out.push(rows);
        }
        out
    }

    /// A claim that no live resource answers to.
    fn absent(&mut self, at: ClaimIndex, why: &NoMatch) {
        let ledger = self.ledger;
        let claim = &ledger.claims[at as usize];
        let id = claim.id.as_deref().or(claim.arn.as_deref()).unwrap_or_default();
        let own = Own {
            parts: [claim.arn.as_deref().unwrap_or_default(), id, &*claim.address, ""]
                .map(|part| plain(part).into_owned()),
        };
        let kind = crate::kinds::disposition(&claim.kind)
            .kind()
            .map_or(claim.kind.as_str(), |kind| kind.name);
        self.kind(kind);
        let account = self.word(claim.account.as_ref().map_or("", |account| account.as_str()));
        let region = self.word(claim.region.as_ref().map_or("", |region| region.as_str()));
        self.put("account", account);
        self.put("region", region);
        self.put("owner", if *why == NoMatch::Missing { MISSING } else { NOT_SEEN });
        let project = self.project(&claim.project);
        let projects = self.project_sets.number(vec![project]);
        self.put("projects", projects);
        let (_, status, todo) = explain::absence(ledger, at);
        let whole = Own {
            parts: [String::new(), own.parts[1].clone(), String::new(), String::new()],
        };
        self.put_word("arn", &whole, claim.arn.as_deref().unwrap_or_default());
        self.put_word("label", &own, &claim.address);
        self.put_word("whose", &own, &status);
        self.put_word("todo", &own, todo);
        for column in ["age", "delegate", "likely", "orphan", "cost", "part", "import"] {
            self.put_word(column, &own, "");
        }
        self.put("created", 0);
        self.put("whole", -1);
        self.tag_set(&own, &Tags::default());
        self.put("claims", 1);
        self.claim(claim, false);
        let [_, id, ..] = own.parts;
        self.id.push(id);
        self.name.push(String::new());
    }
}

fn small(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Data {
    pub(super) fn new(ledger: &Ledger, view: &View<'_>) -> Self {
        let mut maker = Maker {
            ledger,
            words: Numbered::new(),
            kinds: Numbered::new(),
            projects: Numbered::new(),
            project_sets: Numbered::new(),
            tags: Numbered::new(),
            tag_sets: Numbered::new(),
            id: Vec::new(),
            name: Vec::new(),
            rows: BTreeMap::new(),
            address: Vec::new(),
            claims: BTreeMap::new(),
            edges: BTreeMap::new(),
        };
        // Projects are numbered by name, so that colours do not depend on what comes first.
        let mut names: Vec<&str> = ledger.claims.iter().map(|claim| claim.project.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            maker.project(name);
        }
        maker.word("");
        for (at, _) in (0..).zip(&ledger.live) {
            maker.live(at);
        }
        let mut row_of_claim: FxHashMap<ClaimIndex, i64> = FxHashMap::default();
        for unmatched in &ledger.unmatched {
            row_of_claim.insert(unmatched.claim, small(maker.id.len()));
            maker.absent(unmatched.claim, &unmatched.why);
        }
        let mut readers: Numbered<ClaimIndex> = Numbered::new();
        for (at, _) in (0..).zip(&ledger.live) {
            let edges = ledger.references.used_by(at);
            maker.put("users", small(edges.len()));
            for edge in edges {
                let from = match edge.from {
                    Node::Live(user) => i64::from(user),
                    Node::Claim(claim) => -1 - i64::from(readers.number(claim)),
                };
                let via = maker.word(&edge.via);
                maker.edges.entry("from").or_default().push(from);
                maker.edges.entry("via").or_default().push(via);
            }
        }
        let readers = readers
            .values
            .iter()
            .map(|at| {
                let claim = &ledger.claims[*at as usize];
                let (project, what) = (maker.project(&claim.project), maker.word(explain::reader(claim)));
                let row = row_of_claim.get(at).copied().unwrap_or(-1);
                (plain(&claim.address).into_owned(), project, what, row)
            })
            .collect();
        let findings = findings(ledger, view, &row_of_claim);
        let duplicates = ledger.duplicates.iter().map(|set| maker.stacks(set)).collect();
        let unused = match explain::gap_count(ledger) {
            0 => "nothing that was listed".to_owned(),
            _ => format!(
                "nothing that was listed, but {} could not be seen",
                explain::gap_words(ledger)
            ),
        };
        Self {
            words: maker.words.values,
            kinds: maker.kinds.values,
            projects: maker.projects.values,
            project_sets: maker.project_sets.values,
            tags: maker.tags.values,
            tag_sets: maker.tag_sets.values,
            live: ledger.live.len(),
            unused,
            id: maker.id,
            name: maker.name,
            rows: maker.rows,
            address: maker.address,
            claims: maker.claims,
            edges: maker.edges,
            readers,
            findings,
            duplicates,
        }
    }
}

/// Which rows each finding names.
fn findings(ledger: &Ledger, view: &View<'_>, row_of_claim: &FxHashMap<ClaimIndex, i64>) -> Vec<FindingRows> {
    let mut rows: HashMap<&str, i64> = HashMap::new();
    for unmatched in &ledger.unmatched {
        let claim = &ledger.claims[unmatched.claim as usize];
        let row = row_of_claim[&unmatched.claim];
        // As the rules name what is not live: by ARN, else by id, else by address.
        let name = claim.arn.as_deref().or(claim.id.as_deref()).unwrap_or(&claim.address);
        rows.entry(name).or_insert(row);
    }
    for (at, live) in (0..).zip(&ledger.live) {
        rows.insert(&live.arn, at);
    }
    let shown = view.document.findings.iter().filter(|finding| finding.code != "gap");
    shown
        .map(|finding| FindingRows {
            code: finding.code.clone(),
            severity: finding.severity.word(),
            title: plain(&finding.title).into_owned(),
            rows: Column(
                finding
                    .resources
                    .iter()
                    .filter_map(|name| rows.get(name.as_str()).copied())
                    .collect(),
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_take_the_shortest_way() {
        let write = |numbers: &[i64]| serde_json::to_string(&Column(numbers.to_vec())).expect("JSON");
        assert_eq!(write(&[3, 1, 2]), "[3,1,2]");
        assert_eq!(write(&[7, 7, 7, 7, 7, 7]), r#"{"r":[7,6]}"#);
        assert_eq!(write(&[5, 6, 7, 8, 9, 10]), r#"{"d":[5,1,1,5]}"#);
        assert_eq!(write(&[]), "[]");
    }

    #[test]
    fn a_row_of_its_own_parts_is_one_word() {
        let own = Own {
            parts: ["arn:aws:ec2:::vpc/vpc-1", "vpc-1", "aws_vpc.a", "main"].map(str::to_owned),
        };
        assert_eq!(own.shorten("vpc-1 (main)"), "\u{2} (\u{4})");
        assert_eq!(
            own.shorten("terraform import aws_vpc.a vpc-1"),
            "terraform import \u{3} \u{2}"
        );
        // Whatever marks foreign text holds are written out first.
        assert_eq!(own.shorten("\u{2}"), "\\u{2}");
    }
}

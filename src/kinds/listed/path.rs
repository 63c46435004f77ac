//! The small language of the table: paths, expressions with filters, templates, conditions (see `table/README.md`).

use globset::{Glob, GlobMatcher};

use crate::aws::call::Tree;

/// Where values stand in an answer.
#[derive(Clone, Debug)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug)]
struct Step {
    name: &'static str,
    each: bool,
    /// Of the elements only those whose child of that name has that text.
    pick: Option<(&'static str, &'static str)>,
}

impl Step {
    fn new(text: &'static str) -> Self {
        let Some((name, inside)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) else {
            return Self {
                name: text,
                each: false,
                pick: None,
            };
        };
        Self {
            name,
            each: true,
            pick: inside.split_once('='),
        }
    }

    fn picks(&self, element: &Tree) -> bool {
        self.pick
            .is_none_or(|(name, wanted)| element.get(name).and_then(Tree::text) == Some(wanted))
    }
}

impl Path {
    pub(super) fn new(text: &'static str) -> Self {
        if text == "." || text.is_empty() {
            return Self(Vec::new());
        }
        Self(text.split('.').map(Step::new).collect())
    }

    /// Calls `visit` with every value at the path, in order.
    pub(super) fn each<'a>(&self, tree: &'a Tree, visit: &mut dyn FnMut(&'a Tree)) {
        walk(&self.0, tree, visit);
    }

    /// The values at the path.
    pub(super) fn all<'a>(&self, tree: &'a Tree) -> Vec<&'a Tree> {
        let mut found = Vec::new();
        self.each(tree, &mut |value| found.push(value));
        found
    }

    /// The first text at the path.
    pub(super) fn text<'a>(&self, tree: &'a Tree) -> Option<&'a str> {
        let mut found = None;
        self.each(tree, &mut |value| found = found.or(value.text()));
        found
    }
}

fn walk<'a>(steps: &[Step], tree: &'a Tree, visit: &mut dyn FnMut(&'a Tree)) {
    let Some((step, rest)) = steps.split_first() else {
        if *tree != Tree::Null {
            visit(tree);
        }
        return;
    };
    let Tree::Map(children) = tree else { return };
    let named = children
        .iter()
        .filter(|(name, _)| **name == *step.name)
        .map(|(_, child)| child);
    if !step.each {
        if let Some(child) = named.into_iter().next() {
            walk(rest, child, visit);
        }
        return;
    }
    for child in named {
        match child {
            Tree::List(items) => items
                .iter()
                .filter(|item| step.picks(item))
                .for_each(|item| walk(rest, item, visit)),
            // In XML every element of that name is one; an empty one may still be an item.
            other if step.picks(other) => walk(rest, other, visit),
            _ => {}
        }
    }
}

#[derive(Clone, Debug)]
enum Filter {
    StripPrefix(&'static str),
    StripSuffix(&'static str),
    AfterLast(&'static str),
    Lower,
    Unescape,
    /// Whether it is that word: `true` or `false`.
    Is(&'static str),
    /// Percent-encoding taken away.
    Url,
    /// Quotation marks around it taken away.
    Unquote,
    /// The one form of JSON texts that mean the same.
    Json,
}

impl Filter {
    fn new(text: &'static str) -> Option<Self> {
        let (name, argument) = text.split_once(':').unwrap_or((text, ""));
        Some(match name {
            "strip_prefix" => Self::StripPrefix(argument),
            "strip_suffix" => Self::StripSuffix(argument),
            "after_last" => Self::AfterLast(argument),
            "lower" => Self::Lower,
            "unescape" => Self::Unescape,
            "is" => Self::Is(argument),
            "url" => Self::Url,
            "unquote" => Self::Unquote,
            "json" => Self::Json,
            _ => return None,
        })
    }

    fn apply(&self, text: &str) -> String {
        match self {
            Self::StripPrefix(prefix) => text.strip_prefix(prefix).unwrap_or(text).to_owned(),
            Self::StripSuffix(suffix) => text.strip_suffix(suffix).unwrap_or(text).to_owned(),
            Self::AfterLast(mark) => text.rsplit(mark).next().unwrap_or(text).to_owned(),
            Self::Lower => text.to_lowercase(),
            Self::Unescape => unescaped(text),
            Self::Is(word) => (text == *word).to_string(),
            Self::Url => without_percents(text),
            Self::Unquote => text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'))
                .unwrap_or(text)
                .to_owned(),
            Self::Json => super::json::normal(text),
        }
    }
}

/// `%7B` is `{`; what is not UTF-8 after it stays as it was.
fn without_percents(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// `\052` is `*`: three octal digits, as Route 53 writes names.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let octal = after
            .get(..3)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        match octal
            .and_then(|digits| u32::from_str_radix(digits, 8).ok())
            .and_then(char::from_u32)
        {
            Some(letter) => {
                out.push(letter);
                rest = &after[3..];
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What an expression is looked up in.
pub(super) struct Scope<'a> {
    pub(super) item: &'a Tree,
    pub(super) detail: Option<&'a Tree>,
    /// What the describe calls said, by operation.
    pub(super) answers: &'a [(&'static str, Tree)],
    /// The call's own words: `region`, `parent.id` …
    pub(super) words: &'a dyn Fn(&str) -> Option<String>,
}

/// A path with filters and alternatives: `a.b|lower||c`.
#[derive(Clone, Debug)]
pub(super) struct Field(Vec<Alternative>);

#[derive(Clone, Debug)]
struct Alternative {
    /// As it is written, without filters: it may be one of the call's own words.
    word: &'static str,
    /// The answer that it stands in: `detail`, or the operation of a describe call. Empty for the item.
    answer: &'static str,
    place: AltPlace,
    filters: Vec<Filter>,
}

#[derive(Clone, Debug)]
enum AltPlace {
    At(Path),
    /// A text of the table's own, where the answer is there: what a service leaves out means that.
    Literal(&'static str),
}

impl Field {
    pub(super) fn new(text: &'static str) -> Self {
        Self(
            text.split("||")
                .map(|text| {
                    let mut parts = text.split('|');
                    let word = parts.next().unwrap_or_default();
                    let (answer, path) = word.split_once(':').unwrap_or(("", word));
                    let literal = path.strip_prefix('\'').and_then(|path| path.strip_suffix('\''));
                    Alternative {
                        word,
                        answer,
                        place: literal.map_or_else(|| AltPlace::At(Path::new(path)), AltPlace::Literal),
                        filters: parts.filter_map(Filter::new).collect(),
                    }
                })
                .collect(),
        )
    }

    pub(super) fn value(&self, scope: &Scope<'_>) -> Option<String> {
        self.0.iter().find_map(|alternative| alternative.value(scope))
    }

    /// Every text at the first alternative that has one.
    pub(super) fn values(&self, scope: &Scope<'_>) -> Vec<String> {
        let all = |alternative: &Alternative| match (alternative.base(scope), &alternative.place) {
            (Some(base), AltPlace::At(path)) => {
                let texts = path.all(base).into_iter().filter_map(Tree::text);
                texts.map(|text| alternative.filtered(text)).collect()
            }
            (Some(_), AltPlace::Literal(text)) => vec![(*text).to_owned()],
            (None, _) => Vec::new(),
        };
        self.0
            .iter()
            .map(all)
            .find(|texts| !texts.is_empty())
            .unwrap_or_default()
    }

    /// The values themselves.
    pub(super) fn trees<'a>(&self, scope: &Scope<'a>) -> Vec<&'a Tree> {
        let all = |alternative: &Alternative| match (alternative.base(scope), &alternative.place) {
            (Some(base), AltPlace::At(path)) => path.all(base),
            _ => Vec::new(),
        };
        self.0
            .iter()
            .map(all)
            .find(|trees| !trees.is_empty())
            .unwrap_or_default()
    }

    /// The same where the call's own words win.
    fn value_or_word(&self, scope: &Scope<'_>) -> Option<String> {
        self.0.iter().find_map(|alternative| {
            (scope.words)(alternative.word)
                .map(|word| alternative.filtered(&word))
                .filter(|text| !text.is_empty())
                .or_else(|| alternative.value(scope))
        })
    }

    fn is_there(&self, scope: &Scope<'_>) -> bool {
        !self.trees(scope).is_empty()
    }
}

impl Alternative {
    fn base<'a>(&self, scope: &Scope<'a>) -> Option<&'a Tree> {
        match self.answer {
            "" => Some(scope.item),
            "detail" => scope.detail,
            operation => {
                let found = scope.answers.iter().find(|(name, _)| *name == operation);
                found.map(|(_, answer)| answer)
            }
        }
    }

    /// The text that it finds, unless that is empty.
    fn value(&self, scope: &Scope<'_>) -> Option<String> {
        let base = self.base(scope)?;
        let text = match &self.place {
            AltPlace::At(path) => path.text(base)?,
            AltPlace::Literal(text) => text,
        };
        Some(self.filtered(text)).filter(|text| !text.is_empty())
    }

    fn filtered(&self, text: &str) -> String {
        self.filters
            .iter()
            .fold(text.to_owned(), |text, filter| filter.apply(&text))
    }
}

/// An expression: a field, or a template over fields.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Field(Field),
    Template(Vec<Piece>),
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(&'static str),
    Field(Field),
}

impl Expression {
    /// Nothing for an empty text.
    pub(super) fn new(text: &'static str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        Some(if text.contains('{') {
            Self::Template(pieces(text))
        } else {
            Self::Field(Field::new(text))
        })
    }

    pub(super) fn value(&self, scope: &Scope<'_>) -> Option<String> {
        match self {
            Self::Field(field) => field.value(scope),
            Self::Template(pieces) => filled(pieces, scope),
        }
    }
}

fn pieces(text: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((field, after)) = after.split_once('}') else {
            break;
        };
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Field(Field::new(field)));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn filled(pieces: &[Piece], scope: &Scope<'_>) -> Option<String> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Field(field) => out.push_str(&field.value_or_word(scope)?),
        }
    }
    Some(out)
}

/// A condition on an item: parts that hold together.
#[derive(Clone, Debug)]
pub(super) struct Condition(Vec<Test>);

#[derive(Clone, Debug)]
struct Test {
    field: Field,
    is: Is,
}

#[derive(Clone, Debug)]
enum Is {
    Equal(Vec<Piece>),
    Unequal(Vec<Piece>),
    Prefix(Vec<Piece>),
    Glob(GlobMatcher),
    There,
}

impl Condition {
    /// Nothing where it cannot be read.
    pub(super) fn new(text: &'static str) -> Option<Self> {
        text.split(" && ").map(Test::new).collect::<Option<_>>().map(Self)
    }

    pub(super) fn holds(&self, scope: &Scope<'_>) -> bool {
        self.0.iter().all(|test| test.holds(scope))
    }

    /// The text of the first field that it looks at, for evidence.
    pub(super) fn subject(&self, scope: &Scope<'_>) -> Option<String> {
        self.0.first()?.field.value(scope)
    }
}

impl Test {
    fn new(text: &'static str) -> Option<Self> {
        let at = ["==", "!=", "^=", "~="]
            .iter()
            .filter_map(|operator| text.find(operator))
            .min();
        let Some(at) = at else {
            return Some(Self {
                field: Field::new(text.strip_suffix('?')?),
                is: Is::There,
            });
        };
        let (field, operator, wanted) = (&text[..at], &text[at..at + 2], &text[at + 2..]);
        Some(Self {
            field: Field::new(field),
            is: match operator {
                "==" => Is::Equal(pieces(wanted)),
                "!=" => Is::Unequal(pieces(wanted)),
                "^=" => Is::Prefix(pieces(wanted)),
                _ => Is::Glob(Glob::new(wanted).ok()?.compile_matcher()),
            },
        })
    }

    fn holds(&self, scope: &Scope<'_>) -> bool {
        let given = self.field.value(scope);
        let wanted = |pieces: &[Piece]| filled(pieces, scope);
        match &self.is {
            // Equal to a word that the call has not is equal to nothing.
            Is::Equal(pieces) => given.is_some() && given == wanted(pieces),
            Is::Unequal(pieces) => given.is_none() || given != wanted(pieces),
            Is::Prefix(pieces) => {
                wanted(pieces).is_some_and(|wanted| given.is_some_and(|given| given.starts_with(&wanted)))
            }
            Is::Glob(glob) => given.is_some_and(|given| glob.is_match(given)),
            Is::There => self.field.is_there(scope),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Tree {
        Tree::from_json(text.as_bytes()).expect("JSON")
    }

    fn value(expression: &'static str, item: &Tree) -> Option<String> {
        let words = |word: &str| match word {
            "region" => Some("eu-west-1".to_owned()),
            "parent.id" => Some("Z1".to_owned()),
            _ => None,
        };
        Expression::new(expression)?.value(&Scope {
            item,
            detail: Some(&json(r#"{"state":"on"}"#)),
            answers: &[(
                "GetThing",
                json(r#"{"Mode":"Enabled","Doc":"%7B%22a%22%3A%5B1%5D%7D"}"#),
            )],
            words: &words,
        })
    }

    #[test]
    fn expressions_find_filter_and_fill() {
        let item = json(
            r#"{"Name":"\\052.example.com.","Type":"A","Tags":[{"K":"a"},{"K":"b"}],"N":17,"Empty":"","region":"x"}"#,
        );
        for (expression, wanted) in [
            ("Name|strip_suffix:.|unescape", Some("*.example.com")),
            (
                "{parent.id}_{Name|strip_suffix:.|unescape}_{Type}",
                Some("Z1_*.example.com_A"),
            ),
            ("Missing||Type|lower", Some("a")),
            ("Tags[].K", Some("a")),
            ("N", Some("17")),
            ("Empty", None),
            ("x/{Missing}", None),
            ("arn:{region}", Some("arn:eu-west-1")),
            ("detail:state", Some("on")),
            ("GetThing:Mode|is:Enabled", Some("true")),
            ("GetThing:Mode|is:Off", Some("false")),
            ("GetThing:Missing||GetThing:'STANDARD'", Some("STANDARD")),
            ("GetOther:Missing||GetOther:'STANDARD'", None),
            ("GetThing:Doc|url|json", Some(r#"{"a":"1"}"#)),
            ("Tags[K=b].K", Some("b")),
            ("Tags[K=c].K", None),
            ("Missing", None),
        ] {
            assert_eq!(value(expression, &item).as_deref(), wanted, "{expression}");
        }
        let plain = Tree::Text("https://sqs.example.com/1/queue".into());
        assert_eq!(value(".|after_last:/", &plain).as_deref(), Some("queue"));
    }

    #[test]
    fn conditions_hold_or_not() {
        let item =
            json(r#"{"Path":"/aws-service-role/x","Yes":true,"At":{"a":1},"Null":null,"Name":"ns.example.com."}"#);
        let words = |word: &str| (word == "parent.name").then(|| "ns.example.com".to_owned());
        let scope = Scope {
            item: &item,
            detail: None,
            answers: &[],
            words: &words,
        };
        for (text, wanted) in [
            ("Path^=/aws-service-role/", true),
            ("Path^=/x", false),
            ("Yes==true", true),
            ("Yes!=true", false),
            ("Missing!=true", true),
            ("Missing==true", false),
            ("At?", true),
            ("Null?", false),
            ("Missing?", false),
            ("Path~=*role*", true),
            ("Yes==true && Name|strip_suffix:.=={parent.name}", true),
            ("Yes==true && Name=={parent.name}", false),
            ("Name=={parent.id}", false),
            ("detail:X==1", false),
        ] {
            assert_eq!(Condition::new(text).expect(text).holds(&scope), wanted, "{text}");
        }
        assert!(Condition::new("no condition").is_none());
    }

    #[test]
    fn repeated_elements_and_lists_are_the_same_to_a_path() {
        let xml = Tree::from_xml(b"<r><q><i><n>1</n></i><i><n>2</n></i></q><e/></r>").expect("XML");
        let found: Vec<_> = Path::new("q.i[].n")
            .all(&xml)
            .into_iter()
            .filter_map(Tree::text)
            .collect();
        assert_eq!(found, ["1", "2"]);
        assert!(Path::new("e.i[]").all(&xml).is_empty());
        let json = json(r#"{"q":{"i":[{"n":"1"},{"n":"2"}]}}"#);
        let found: Vec<_> = Path::new("q.i[].n")
            .all(&json)
            .into_iter()
            .filter_map(Tree::text)
            .collect();
        assert_eq!(found, ["1", "2"]);
    }
}

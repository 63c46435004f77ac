//! One small tree for every answer: JSON and XML read into the same shape, so that one sort of path finds things in both.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use xmlparser::{ElementEnd, Token, Tokenizer};

use crate::model::shape;

/// A part of an answer.
///
/// An XML element without children is text; one with children is a map in which a name may stand more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Tree {
    #[default]
    Null,
    Bool(bool),
    /// As it was written, as far as that can be had.
    Number(Box<str>),
    Text(Box<str>),
    List(Vec<Tree>),
    Map(Vec<(Box<str>, Tree)>),
}

/// The answer is neither what its protocol says nor anything else that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an answer that cannot be read")]
pub struct Unreadable;

/// Says whether what stands under a name may be secrets that somebody put there: the environment of functions and
/// builds, user data. It is dropped as it is read.
fn may_be_secret(name: &str) -> bool {
    matches!(
        name,
        "Environment" | "EnvironmentVariables" | "environmentVariables" | "UserData" | "userData"
    )
}

/// Elements inside each other; more than any answer of AWS, and little enough for the stack of whoever walks the tree.
const DEPTH: usize = 64;

impl Tree {
    /// Reads JSON.
    ///
    /// # Errors
    /// Where it is none. The text itself is never part of the error.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(bytes).map_err(|_| Unreadable)
    }

    /// Reads XML and returns what stands in the root element.
    ///
    /// # Errors
    /// Where it is none, is not closed, or nests too deep. The text itself is never part of the error.
    pub fn from_xml(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // The elements that are open: name, children so far, text so far.
        let mut open: Vec<(&str, Vec<(Box<str>, Tree)>, String)> = Vec::new();
        let mut root = None;
        for token in Tokenizer::from(text) {
            match token.map_err(|_| Unreadable)? {
                Token::ElementStart { local, .. } => {
                    if open.len() == DEPTH || root.is_some() {
                        return Err(Unreadable);
                    }
                    open.push((local.as_str(), Vec::new(), String::new()));
                }
                Token::ElementEnd { end, .. } => {
                    match end {
                        ElementEnd::Open => continue,
                        ElementEnd::Close(_, local) if open.last().is_none_or(|(name, ..)| *name != local.as_str()) => {
                            return Err(Unreadable);
                        }
                        ElementEnd::Close(..) | ElementEnd::Empty => {}
                    }
                    let (name, children, text) = open.pop().ok_or(Unreadable)?;
                    let mut tree = if children.is_empty() {
                        Tree::Text(text.trim().into())
                    } else {
                        Tree::Map(children)
                    };
                    if may_be_secret(name) {
                        tree.keep_references();
                    }
                    match open.last_mut() {
                        Some((_, siblings, _)) => siblings.push((name.into(), tree)),
                        None => root = Some(tree),
                    }
                }
                Token::Text { text } => {
                    if let Some((_, _, so_far)) = open.last_mut() {
                        unescape(text.as_str(), so_far)?;
                    }
                }
                Token::Cdata { text, .. } => {
                    if let Some((_, _, so_far)) = open.last_mut() {
                        so_far.push_str(text.as_str());
                    }
                }
                // A declaration may be there; entities of its own would make a small text large.
                Token::DtdStart { .. } | Token::EntityDeclaration { .. } => return Err(Unreadable),
                _ => {}
            }
        }
        root.filter(|_| open.is_empty()).ok_or(Unreadable)
    }

    /// The first child of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tree> {
        match self {
            Tree::Map(children) => children.iter().find(|(key, _)| **key == *name).map(|(_, child)| child),
            _ => None,
        }
    }

    /// What stands at a path of names, as text.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(self, |tree, name| tree.get(name))?.text()
    }

    /// The items of a list of that name; none where there is no such list. In XML they are called `item` or `member`.
    #[must_use]
    pub fn items(&self, name: &str) -> Vec<&Tree> {
        match self.get(name) {
            Some(Tree::List(items)) => items.iter().collect(),
            Some(list @ Tree::Map(_)) => [list.all("item"), list.all("member")].concat(),
            _ => Vec::new(),
        }
    }

    /// Every child of that name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&Tree> {
        match self {
            Tree::Map(children) => {
                let named = children.iter().filter(|(key, _)| **key == *name);
                named.map(|(_, child)| child).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The value as text: text, numbers and truth values; nothing for what is empty or has parts.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Tree::Bool(true) => Some("true"),
            Tree::Bool(false) => Some("false"),
            Tree::Number(text) | Tree::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Drops every text but those with the exact shape of an ARN or of an AWS-made id.
    fn keep_references(&mut self) {
        match self {
            Tree::Text(text) if !shape::is_candidate(text) => *self = Tree::Null,
            Tree::Text(_) => {}
            Tree::List(items) => items.iter_mut().for_each(Tree::keep_references),
            Tree::Map(children) => children.iter_mut().for_each(|(_, child)| child.keep_references()),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) => *self = Tree::Null,
        }
    }

    /// Calls `visit` with every text and the name under which it stands; items of a list stand under the list's name.
    pub fn each_text<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a str)) {
        self.each_text_under("", visit);
    }

    fn each_text_under<'a>(&'a self, name: &'a str, visit: &mut dyn FnMut(&'a str, &'a str)) {
        match self {
            Tree::Text(text) => visit(name, text),
            Tree::List(items) => items.iter().for_each(|item| item.each_text_under(name, visit)),
            Tree::Map(children) => {
                for (key, child) in children {
                    // Lists in XML are elements that are called `member` or `item`: the name above says more.
                    let name = if matches!(&**key, "member" | "item") { name } else { key };
                    child.each_text_under(name, visit);
                }
            }
            Tree::Null | Tree::Bool(_) | Tree::Number(_) => {}
        }
    }
}

/// Appends XML text with its references resolved
/// (source: XML 1.0, 4.1 and 4.6: five names, and numbers).
fn unescape(text: &str, out: &mut String) -> Result<(), Unreadable> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').ok_or(Unreadable)?;
        match name {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            _ => {
                let digits = name.strip_prefix('#').ok_or(Unreadable)?;
                let number = match digits.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                out.push(number.ok().and_then(char::from_u32).ok_or(Unreadable)?);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E>(self, yes: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(yes))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
                Ok(Tree::Number(number.to_string().into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
                Ok(Tree::Number(number.to_string().into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
                Ok(Tree::Number(number.to_string().into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.into()))
            }

            fn visit_string<E>(self, text: String) -> Result<Tree, E> {
                Ok(Tree::Text(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Tree::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
                let mut map = Vec::new();
                while let Some((name, mut tree)) = entries.next_entry::<Box<str>, Tree>()? {
                    if may_be_secret(&name) {
                        tree.keep_references();
                    }
                    map.push((name, tree));
                }
                Ok(Tree::Map(map))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_and_json_give_the_same_tree() {
        let xml = Tree::from_xml(
            br#"<?xml version="1.0" encoding="UTF-8"?>
            <R xmlns="http://example.com/"><a>1 &lt; 2 &#x26; 3</a><b><member>x</member></b><c/><!-- no --><d><![CDATA[<&]]></d></R>"#,
        )
        .expect("XML");
        assert_eq!(xml.get("a").and_then(Tree::text), Some("1 < 2 & 3"));
        assert_eq!(
            xml.get("b").and_then(|b| b.get("member")).and_then(Tree::text),
            Some("x")
        );
        assert_eq!(xml.get("c").and_then(Tree::text), None, "empty is nothing");
        assert_eq!(xml.get("d").and_then(Tree::text), Some("<&"));
        let json = Tree::from_json(br#"{"a":"1 < 2 & 3","n":17,"f":1.5,"y":true,"l":["x",null]}"#).expect("JSON");
        assert_eq!(json.get("a"), xml.get("a"));
        assert_eq!(json.get("n").and_then(Tree::text), Some("17"));
        assert_eq!(json.get("y").and_then(Tree::text), Some("true"));
        assert!(matches!(json.get("l"), Some(Tree::List(items)) if items.len() == 2));
    }

    #[test]
    fn what_somebody_put_into_an_environment_is_dropped_but_for_what_it_refers_to() {
        let arn = "arn:aws:sqs:eu-west-1:123456789012:jobs";
        let json = format!(
            r#"{{"FunctionName":"f","Environment":{{"Variables":{{"TOKEN":"CANARY-a","PORT":5432,"QUEUE":"{arn}"}}}},"UserData":"CANARY-b"}}"#
        );
        let xml = format!("<r><Environment><T>CANARY-c</T><Q>{arn}</Q></Environment><UserData>CANARY-d</UserData></r>");
        for tree in [Tree::from_json(json.as_bytes()), Tree::from_xml(xml.as_bytes())] {
            let tree = tree.expect("an answer");
            let text = format!("{tree:?}");
            assert!(!text.contains("CANARY") && !text.contains("5432"), "{text}");
            assert!(text.contains(arn), "{text}");
        }
    }

    #[test]
    fn what_is_broken_is_no_tree() {
        for text in [
            "",
            "<a>",
            "<a></b>",
            "<a></a><b></b>",
            "<html><body>&nbsp;</body></html>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "{}",
        ] {
            assert!(Tree::from_xml(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Tree::from_json(b"<html>").is_err());
        let deep = "<a>".repeat(100_000);
        assert!(Tree::from_xml(deep.as_bytes()).is_err());
        let deep = "[".repeat(100_000);
        assert!(Tree::from_json(deep.as_bytes()).is_err());
    }

    #[test]
    fn texts_stand_under_the_name_that_says_something() {
        let tree =
            Tree::from_xml(b"<r><groups><member>sg-1</member><member><id>x</id></member></groups></r>").expect("XML");
        let mut seen = Vec::new();
        tree.each_text(&mut |name, text| seen.push(format!("{name}={text}")));
        assert_eq!(seen, ["groups=sg-1", "id=x"]);
    }
}

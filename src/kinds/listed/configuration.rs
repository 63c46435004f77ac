//! What a listing says of Terraform's attributes: `table/configuration.tsv`, in the form in which a state has them.
//!
//! It is the allow-list of what is kept of an answer: what stands in no line never leaves it.

use super::json;
use super::lines;
use super::path::{Expression, Field, Scope};
use crate::aws::call::Tree;
use crate::model::{Configuration, Live, Reference, Symbol, Value, shape};

/// One line of the table, read for use.
pub(super) struct Line {
    attribute: &'static str,
    sort: Sort,
}

/// In which form the value stands in a state.
enum Sort {
    Text(Expression),
    Number(Expression),
    Bool(Expression),
    Json(Expression),
    /// Texts, one or many; `split` is what stands between those that the API gives as one text.
    Many {
        field: Field,
        split: Option<&'static str>,
        numbers: bool,
        ordered: bool,
    },
    /// A list of pairs, which in a state is a map; with the names of the pair's parts.
    Map {
        field: Field,
        key: &'static str,
        value: &'static str,
    },
}

impl Line {
    /// The lines of a kind.
    pub(super) fn of(kind: &str) -> Vec<Self> {
        lines(include_str!("../table/configuration.tsv"))
            .filter(|cells| cells.first() == Some(&kind))
            .filter_map(|cells| match cells.as_slice() {
                [_, attribute, _, sort, field] => Self::new(attribute, sort, field),
                _ => None,
            })
            .collect()
    }

    fn new(attribute: &'static str, sort: &str, text: &'static str) -> Option<Self> {
        let sort = match sort {
            "number" => Sort::Number(Expression::new(text)?),
            "bool" => Sort::Bool(Expression::new(text)?),
            "json" => Sort::Json(Expression::new(text)?),
            "set" | "list" | "numbers" => Sort::Many {
                field: Field::new(text),
                split: text.split_once("|split:").map(|(_, mark)| mark),
                numbers: sort == "numbers",
                ordered: sort == "list",
            },
            "map" => {
                let (_, names) = text.split_once("|pairs:")?;
                let (key, value) = names.split_once(':')?;
                let field = Field::new(text);
                Sort::Map { field, key, value }
            }
            _ => Sort::Text(Expression::new(text)?),
        };
        Some(Self { attribute, sort })
    }

    /// Reads its value and puts it where it belongs.
    pub(super) fn fill(&self, live: &mut Live, scope: &Scope<'_>) {
        let Some(value) = self.value(scope) else { return };
        if let Sort::Json(_) = self.sort
            && let Some(text) = value.as_str()
        {
            refer(live, self.attribute, text);
        }
        match self.attribute.strip_prefix('@') {
            None => set(&mut live.configuration, self.attribute, value),
            Some("created") => live.created_at = value.as_str().and_then(super::item::time),
            Some("references") => {
                if let Some(text) = value.as_str() {
                    refer(live, "definition", text);
                }
            }
            Some(other) => {
                if let Some(name) = other.strip_prefix("observed.") {
                    live.observed.set(name, value);
                }
            }
        }
    }

    fn value(&self, scope: &Scope<'_>) -> Option<Value> {
        match &self.sort {
            Sort::Text(expression) | Sort::Json(expression) => expression.value(scope).map(Value::from),
            Sort::Number(expression) => expression.value(scope).map(|text| number(&text)),
            Sort::Bool(expression) => match &*expression.value(scope)? {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => None,
            },
            Sort::Many {
                field,
                split,
                numbers,
                ordered,
            } => {
                let texts = field.values(scope).into_iter();
                let texts: Vec<String> = match split {
                    Some(mark) => texts
                        .flat_map(|text| text.split(*mark).map(str::to_owned).collect::<Vec<_>>())
                        .collect(),
                    None => texts.collect(),
                };
                let items = texts
                    .into_iter()
                    .map(|text| if *numbers { number(&text) } else { Value::from(text) });
                Some(if *ordered {
                    Value::List(items.collect())
                } else {
                    Value::set(items)
                })
            }
            Sort::Map { field, key, value } => {
                let mut map = Configuration::new();
                for pair in field.trees(scope) {
                    let text = |name| pair.get(name).and_then(Tree::text);
                    if let (Some(key), Some(value)) = (text(key), text(value)) {
                        map.set(Symbol::new(key), value);
                    }
                }
                Some(Value::Block(map))
            }
        }
    }
}

/// A number as states are read: whole ones as integers, others as their text.
fn number(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return Value::Integer(number);
    }
    match text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough to be exact")]
        Ok(number) if number.fract() == 0.0 && number.abs() < 9e15 => Value::Integer(number as i64),
        Ok(number) => Value::from(number.to_string()),
        Err(_) => Value::from(text),
    }
}

/// Sets an attribute, which may stand in blocks in blocks: `versioning.enabled`.
fn set(configuration: &mut Configuration, path: &'static str, value: Value) {
    let Some((block, inner)) = path.split_once('.') else {
        configuration.set(path, value);
        return;
    };
    let mut inside = match configuration.get(block) {
        Some(Value::Block(block)) => block.clone(),
        _ => Configuration::new(),
    };
    set(&mut inside, inner, value);
    configuration.set(block, inside);
}

/// Keeps what a JSON text refers to.
fn refer(live: &mut Live, attribute: &'static str, text: &str) {
    let mut found = Vec::new();
    json::each_text(text, &mut |text| {
        if shape::is_candidate(text) {
            found.push(Reference {
                via: Symbol::known(attribute),
                target: text.into(),
            });
        }
    });
    live.references.extend(found);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(attribute: &'static str, sort: &str, field: &'static str) -> Live {
        let item = Tree::from_json(
            br#"{"Yes":true,"Size":"30","Big":80.0,"Part":0.5,"Name":"007","Zones":"b,a","Ids":["z","y"],"Days":[120,35],
                 "Pairs":[{"Name":"Q","Value":"main"}],"Doc":"{\"t\":\"arn:aws:sqs:eu-west-1:123456789012:dead\"}"}"#,
        )
        .expect("JSON");
        let mut live = Live::new("aws_test", "123456789012".into(), "eu-west-1".into(), "x", "");
        let scope = Scope {
            item: &item,
            detail: None,
            answers: &[],
            words: &|_| None,
        };
        Line::new(attribute, sort, field)
            .expect("a line")
            .fill(&mut live, &scope);
        live
    }

    #[test]
    fn values_have_the_form_of_a_state() {
        for (sort, field, wanted) in [
            ("bool", "Yes", Value::Bool(true)),
            ("bool", "Name", Value::Null),
            ("number", "Size", Value::Integer(30)),
            ("number", "Big", Value::Integer(80)),
            ("number", "Part", Value::from("0.5")),
            ("text", "Name", Value::from("007")),
            ("set", "Zones|split:,", Value::from(vec!["a", "b"])),
            ("list", "Ids[]", Value::from(vec!["z", "y"])),
            ("numbers", "Days[]", Value::from(vec![35, 120])),
            (
                "map",
                "Pairs[]|pairs:Name:Value",
                Value::from(Configuration::new().with("Q", "main")),
            ),
            ("text", "Missing", Value::Null),
        ] {
            let live = filled("a", sort, field);
            assert_eq!(
                live.configuration.get("a").cloned().unwrap_or(Value::Null),
                wanted,
                "{sort} {field}"
            );
        }
        let deep = filled("a.b.c", "text", "Name");
        let mut found = None;
        deep.configuration.each_at("a.b.c", &mut |value| found = value.as_str());
        assert_eq!(found, Some("007"));
    }

    #[test]
    fn what_a_json_text_refers_to_is_a_reference() {
        for (attribute, kept) in [("redrive_policy", true), ("@references", false)] {
            let live = filled(attribute, "json", "Doc|json");
            assert_eq!(&*live.references[0].target, "arn:aws:sqs:eu-west-1:123456789012:dead");
            assert_eq!(live.configuration.get("redrive_policy").is_some(), kept);
        }
    }

    #[test]
    fn every_line_can_be_read_and_belongs_to_a_row() {
        let kinds: std::collections::BTreeSet<_> = lines(include_str!("../table/configuration.tsv"))
            .map(|cells| cells[0])
            .collect();
        for kind in kinds {
            assert!(
                super::super::rows().iter().any(|row| row.kind.0 == kind),
                "{kind} has no row"
            );
            let in_table = lines(include_str!("../table/configuration.tsv")).filter(|cells| cells[0] == kind);
            assert_eq!(Line::of(kind).len(), in_table.count(), "{kind}");
        }
    }
}

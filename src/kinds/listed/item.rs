//! One item of a listing: is it of the kind, and what of it is kept.
//!
//! Kept are the fields that the row and `table/configuration.tsv` name, tags, and strings with the exact shape of an
//! ARN or of an AWS-made id. Nothing else of an answer outlives this module.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::configuration::Line;
use super::describe::Answers;
use super::path::{Condition, Expression, Scope};
use super::{Row, lines};
use crate::aws::call::{Place, Tree};
use crate::kinds::facts::Kind;
use crate::model::{Arn, Delegate, Live, Origin, Symbol, Tags, Timestamp, UNSEEN, shape};

/// The item under which others are listed.
#[derive(Debug, Default)]
pub(super) struct Parent {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) parent: Option<Arc<Parent>>,
}

/// The words that a call brings with it.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) place: Place,
    pub(super) each: &'static str,
    pub(super) parent: Option<Arc<Parent>>,
}

impl Words {
    pub(super) fn get(&self, word: &str) -> Option<String> {
        Some(match word {
            "partition" => self.place.partition.to_string(),
            "account" => self.place.account.to_string(),
            "region" => self.place.region.to_string(),
            "each" if !self.each.is_empty() => self.each.to_owned(),
            _ => {
                let mut path = word.strip_prefix("parent.")?;
                let mut parent = self.parent.as_ref()?;
                while let Some(further) = path.strip_prefix("parent.") {
                    parent = parent.parent.as_ref()?;
                    path = further;
                }
                let text = match path {
                    "id" => &parent.id,
                    "arn" => &parent.arn,
                    "name" => &parent.name,
                    _ => return None,
                };
                return Some(text.clone()).filter(|text| !text.is_empty());
            }
        })
    }
}

/// A row, read for use.
pub(super) struct Reader {
    row: &'static Row,
    kind: Option<&'static Kind>,
    id: Option<Expression>,
    arn: Option<Expression>,
    name: Option<Expression>,
    created: Option<Expression>,
    region: Option<Expression>,
    keep: Vec<Condition>,
    drop: Vec<Condition>,
    whole: Option<(Expression, Option<Condition>)>,
    aws_made: Vec<(Condition, &'static str)>,
    markers: Vec<(Condition, &'static str, &'static str, bool)>,
    configuration: Vec<Line>,
}

/// What an item turned out to be.
pub(super) enum Found {
    /// Not of this kind, or deleted.
    Not,
    /// It cannot be told apart from others.
    WithoutId,
    One {
        live: Box<Live>,
        parent: Parent,
    },
}

impl Reader {
    pub(super) fn new(row: &'static Row) -> Self {
        let conditions = |texts: &[super::Word]| texts.iter().filter_map(|text| Condition::new(text.0)).collect();
        Self {
            row,
            kind: super::super::kind(&row.kind),
            id: Expression::new(row.id.0),
            arn: Expression::new(row.arn.0),
            name: Expression::new(row.name.0),
            created: Expression::new(row.created.0),
            region: Expression::new(row.region.0),
            keep: conditions(&row.keep),
            drop: conditions(&row.drop),
            whole: row
                .whole
                .as_ref()
                .and_then(|whole| Some((Expression::new(whole.field.0)?, Condition::new(whole.when.0)))),
            aws_made: lines(include_str!("../table/aws_made.tsv"))
                .filter(|cells| cells.first() == Some(&row.kind.0))
                .filter_map(|cells| Some((Condition::new(cells.get(1)?)?, *cells.get(2)?)))
                .collect(),
            markers: lines(include_str!("../table/markers.tsv"))
                .filter_map(|cells| match cells.as_slice() {
                    [system, kind, "field", key, _, "certain" | "strong", note] if *kind == row.kind.0 => {
                        let condition = Condition::new(key)?;
                        let names_owner = *note == "the owner is the field's value";
                        Some((condition, *system, key.trim_end_matches('?'), names_owner))
                    }
                    _ => None,
                })
                .collect(),
            configuration: Line::of(row.kind.0),
        }
    }

    /// Reads one item. `region` is that of the row's cell: `global` for a row that is called once an account.
    pub(super) fn read(
        &self,
        item: &Tree,
        detail: Option<&Tree>,
        answers: &Answers,
        words: &Words,
        region: Symbol,
    ) -> Found {
        let get = |word: &str| words.get(word);
        let scope = Scope {
            item,
            detail,
            answers: &answers.said,
            words: &get,
        };
        if answers.gone {
            return Found::Not;
        }
        if self.drop.iter().any(|condition| condition.holds(&scope))
            || !self.keep.iter().all(|condition| condition.holds(&scope))
        {
            return Found::Not;
        }
        let value = |expression: &Option<Expression>| expression.as_ref().and_then(|one| one.value(&scope));
        let Some(id) = value(&self.id) else {
            return Found::WithoutId;
        };
        let arn = value(&self.arn)
            .filter(|arn| Arn::parse(arn).is_some())
            .unwrap_or_default();
        let name = value(&self.name);
        let parent = Parent {
            id: id.clone(),
            arn: arn.clone(),
            name: name.clone().unwrap_or_default(),
            parent: words.parent.clone(),
        };
        let region = value(&self.region).map_or(region, |region| Symbol::new(&region));
        let mut live = Live::new(
            Symbol::known(self.row.kind.0),
            words.place.account,
            region,
            id.as_str(),
            arn.as_str(),
        );
        live.name = name.as_deref().map(Into::into);
        live.created_at = value(&self.created).and_then(|text| time(&text));
        if let Some(tags) = tags(item).or_else(|| detail.and_then(tags)) {
            live.tagged(tags);
        }
        for side in self.row.further_keys() {
            let key = match side {
                "arn" => &arn,
                _ => name.as_ref().unwrap_or(&id),
            };
            if !key.is_empty() && **key != *live.id {
                live.keys.push(key.as_str().into());
            }
        }
        if let Some((_, reason)) = self.aws_made.iter().find(|(condition, _)| condition.holds(&scope)) {
            live.origin = Origin::AwsMade((*reason).into());
        } else if let Some((condition, system, field, names_owner)) =
            self.markers.iter().find(|(condition, ..)| condition.holds(&scope))
        {
            let subject = condition.subject(&scope).unwrap_or_default();
            live.origin = Origin::Delegated(Box::new(Delegate {
                system: Symbol::known(system),
                name: if *names_owner && !subject.is_empty() {
                    subject.as_str()
                } else {
                    system
                }
                .into(),
                evidence: format!(
                    "{} of the {}",
                    field_name(field),
                    self.kind.map_or("item", |kind| kind.title)
                )
                .into(),
            }));
        }
        if let Some((field, when)) = &self.whole
            && when.as_ref().is_none_or(|condition| condition.holds(&scope))
            && let Some(whole) = field.value(&scope)
            && let Some(facts) = &self.row.whole
        {
            live.lives_with(facts.kind.0, whole, field_name(facts.field.0));
        }
        for line in &self.configuration {
            line.fill(&mut live, &scope);
        }
        if !answers.unseen.is_empty() {
            live.observed.set(UNSEEN, answers.unseen.clone());
        }
        references(&mut live, item);
        for tree in detail.into_iter().chain(answers.said.iter().map(|(_, tree)| tree)) {
            references(&mut live, tree);
        }
        live.references.sort();
        live.references.dedup();
        Found::One {
            live: Box::new(live),
            parent,
        }
    }
}

/// `ReplicationGroupId` of `a.b.ReplicationGroupId|lower`.
fn field_name(expression: &str) -> &str {
    let path = expression.split(['|', '=', '!', '^', '~']).next().unwrap_or(expression);
    path.rsplit('.')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or("name")
}

/// A creation time: RFC 3339 or near to it, or seconds or milliseconds since 1970.
pub(in crate::kinds) fn time(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<f64>() {
        const MILLISECONDS: f64 = 100_000_000_000.0;
        let seconds = if number > MILLISECONDS { number / 1000.0 } else { number };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "cast of a float saturates, and the parser refuses what is no time"
        )]
        let seconds = seconds as i64;
        return Timestamp::from_second(seconds).ok().filter(|_| seconds > 0);
    }
    let whole = |time: Timestamp| Timestamp::from_second(time.as_second()).ok();
    if let Ok(time) = text.parse::<Timestamp>() {
        return whole(time);
    }
    // `2026-01-01T00:00:00` and `2026-01-01 00:00:00`, in UTC by all that is documented.
    let civil = text.trim_end_matches("UTC").trim();
    civil
        .parse::<jiff::civil::DateTime>()
        .ok()
        .and_then(|time| jiff::tz::TimeZone::UTC.to_timestamp(time).ok())
        .and_then(whole)
}

/// Tags that an item carries itself: a list of pairs, or a map.
fn tags(tree: &Tree) -> Option<Tags> {
    let found = ["Tags", "tags", "TagList", "tagSet", "TagSet", "tagList"]
        .iter()
        .find_map(|name| tree.get(name))?;
    let pair = |one: &Tree| {
        let text = |names: &[&str]| names.iter().find_map(|name| one.get(name)?.text().map(str::to_owned));
        let key = text(&["Key", "key", "TagKey", "tagKey"])?;
        Some((
            key,
            text(&["Value", "value", "TagValue", "tagValue"]).unwrap_or_default(),
        ))
    };
    let pairs: Vec<(String, String)> = match found {
        Tree::List(items) => items.iter().filter_map(pair).collect(),
        // A list in XML, whose elements have one of a few names, or a map in JSON.
        Tree::Map(entries) if entries.iter().all(|(_, one)| matches!(one, Tree::Map(_))) => {
            entries.iter().filter_map(|(_, one)| pair(one)).collect()
        }
        Tree::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.to_string(), value.text().unwrap_or_default().to_owned()))
            .collect(),
        _ => return None,
    };
    (!pairs.is_empty()).then(|| pairs.into_iter().collect())
}

/// Everything in an item that has the exact shape of an ARN or of an AWS-made id, but the item's own.
fn references(live: &mut Live, tree: &Tree) {
    let mut names: FxHashMap<&str, Symbol> = FxHashMap::default();
    let (id, arn) = (live.id.clone(), live.arn.clone());
    let mut found = Vec::new();
    tree.each_text(&mut |name, text| {
        if text == &*id || text == &*arn || !shape::is_candidate(text) {
            return;
        }
        let via = *names.entry(name).or_insert_with(|| Symbol::new(&snake_case(name)));
        found.push(crate::model::Reference {
            via,
            target: text.into(),
        });
    });
    live.references.extend(found);
}

/// `subnet_ids` of `SubnetIds`. What somebody may have chosen as a name says only that it stands somewhere inside.
fn snake_case(name: &str) -> String {
    let ordinary = !name.is_empty()
        && name.len() <= 60
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
        && name.bytes().any(|b| b.is_ascii_lowercase());
    if !ordinary {
        return "item".to_owned();
    }
    let mut out = String::with_capacity(name.len() + 4);
    let bytes = name.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_uppercase() {
            let after_lower = at > 0 && !bytes[at - 1].is_ascii_uppercase();
            let begins_word = at > 0 && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            if after_lower || (begins_word && bytes.get(at + 1) != Some(&b's')) {
                out.push('_');
            }
        }
        out.push(char::from(byte.to_ascii_lowercase()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_every_form_that_services_use() {
        let wanted = "2026-01-02T03:04:05Z".parse::<Timestamp>().ok();
        for text in [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.678Z",
            "2026-01-02T04:04:05+01:00",
            "2026-01-02T03:04:05+0000",
            "2026-01-02T03:04:05",
            "1767323045",
            "1767323045.5",
            "1767323045123",
        ] {
            assert_eq!(time(text), wanted, "{text}");
        }
        for text in ["", "yesterday", "-1", "0", "1e300"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn field_names_become_attribute_names() {
        for (name, wanted) in [
            ("SubnetIds", "subnet_ids"),
            ("vpcId", "vpc_id"),
            ("KMSKeyArn", "kms_key_arn"),
            ("VPCs", "vpcs"),
            ("DB_SECRET", "item"),
            ("my-variable", "item"),
            ("", "item"),
        ] {
            assert_eq!(snake_case(name), wanted, "{name}");
        }
    }

    #[test]
    fn tags_of_all_forms() {
        for text in [
            r#"{"Tags":[{"Key":"a","Value":"1"}]}"#,
            r#"{"tags":{"a":"1"}}"#,
            r#"{"TagList":[{"TagKey":"a","TagValue":"1"}]}"#,
        ] {
            let tree = Tree::from_json(text.as_bytes()).expect("JSON");
            assert_eq!(tags(&tree).expect("tags").get("a"), Some("1"), "{text}");
        }
        let xml =
            b"<r><Tags><member><Key>a</Key><Value>1</Value></member><member><Key>b</Key><Value/></member></Tags></r>";
        let tags = tags(&Tree::from_xml(xml).expect("XML")).expect("tags");
        assert_eq!((tags.get("a"), tags.get("b")), (Some("1"), Some("")));
    }
}

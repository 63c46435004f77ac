//! One form for JSON texts that mean the same: policies, event patterns, redrive policies.
//!
//! Terraform keeps such a text as somebody wrote it, the API gives it back in another form, and the provider itself
//! calls the two equal. It must not know which attribute it reads.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::model::{Configuration, Value};

/// The normal form: names sorted, plain values as texts, a list of one as the one, lists sorted and without doubles,
/// an account's root as the account. What is no JSON object or list stays as it is.
///
/// Lists have no order and one item needs no list in IAM's policies and in event patterns (sources: IAM user guide,
/// "Grammar of the IAM JSON policy language"; EventBridge user guide, "Event patterns").
pub(super) fn normal(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(json @ (Json::Object(_) | Json::Array(_))) => Json::to_string(&normal_value(json)),
        _ => text.to_owned(),
    }
}

fn normal_value(json: Json) -> Json {
    match json {
        Json::Null => Json::Null,
        Json::Bool(yes) => Json::String(yes.to_string()),
        Json::Number(number) => Json::String(number.to_string()),
        Json::String(text) => Json::String(match account_root(&text) {
            Some(account) => account.to_owned(),
            None => text,
        }),
        Json::Array(items) => {
            // By their texts: JSON values have no order of their own.
            let items: BTreeMap<String, Json> = items
                .into_iter()
                .map(normal_value)
                .map(|item| (item.to_string(), item))
                .collect();
            let mut items: Vec<Json> = items.into_values().collect();
            match items.len() {
                1 => items.remove(0),
                _ => Json::Array(items),
            }
        }
        // The map of serde_json is sorted by name.
        Json::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, normal_value(value)))
            .collect(),
    }
}

/// `123456789012` of `arn:aws:iam::123456789012:root`: a principal may be written either way.
fn account_root(text: &str) -> Option<&str> {
    let account = text.strip_suffix(":root")?.rsplit(':').next()?;
    (text.starts_with("arn:") && text.contains(":iam::") && account.len() == 12).then_some(account)
}

/// Every text inside a JSON text, at any depth.
pub(super) fn each_text(text: &str, visit: &mut dyn FnMut(&str)) {
    fn walk(json: &Json, visit: &mut dyn FnMut(&str)) {
        match json {
            Json::String(text) => visit(text),
            Json::Array(items) => items.iter().for_each(|item| walk(item, visit)),
            Json::Object(fields) => fields.values().for_each(|value| walk(value, visit)),
            _ => {}
        }
    }
    if let Ok(json) = serde_json::from_str(text) {
        walk(&json, visit);
    }
}

/// Brings every JSON text of a configuration into its normal form; for what states and plans say.
pub(super) fn canonical(configuration: &mut Configuration) {
    let changed: Vec<_> = configuration
        .iter()
        .filter_map(|(name, value)| match value {
            Value::Text(text) if text.trim_start().starts_with(['{', '[']) => {
                Some((name, Value::from(normal(text.trim()))))
            }
            _ => None,
        })
        .collect();
    for (name, value) in changed {
        configuration.set(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_the_same() {
        let one = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["b","a","a"],"Principal":{"AWS":"arn:aws:iam::123456789012:root"}}]}"#;
        let other = r#"{ "Statement": {"Principal":{"AWS":["123456789012"]},"Action":["a","b"],"Effect":"Allow"}, "Version": "2012-10-17"}"#;
        assert_eq!(normal(one), normal(other));
        assert_eq!(normal(&normal(one)), normal(one), "twice changes nothing");
        assert_eq!(normal(r#"{"n":5}"#), normal(r#"{"n":"5"}"#));
        assert_ne!(normal(r#"{"Effect":"Allow"}"#), normal(r#"{"Effect":"Deny"}"#));
        for text in ["", "plain", "5", "{broken"] {
            assert_eq!(normal(text), text);
        }
    }

    #[test]
    fn a_state_is_brought_into_the_form_of_the_listing() {
        let mut state = Configuration::new()
            .with("policy", " {\"b\": [1], \"a\": 2} ")
            .with("name", "{not json");
        canonical(&mut state);
        assert_eq!(state.text("policy"), Some(r#"{"a":"2","b":"1"}"#));
        assert_eq!(state.text("name"), Some("{not json"));
    }
}

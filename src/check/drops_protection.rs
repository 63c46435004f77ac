//! `drops-protection`: a guard is taken away.

use super::Verdict;
use super::case::{Case, Target};
use super::fate::Backups;
use super::rules::{Raised, Rule, counted};
use crate::kinds::loss::{self, Guards};
use crate::model::plan::Action;
use crate::model::{Configuration, Value};

pub(super) static RULE: Rule = Rule {
    code: "drops-protection",
    summary: "a setting that guards a resource or its backups is taken away",
    explanation: "\
Deletion protection is turned off, skip_final_snapshot or force_destroy is turned on, versioning is suspended, or
backups are kept for a shorter time. By itself it destroys little, but it is the step before: the next plan can
destroy what this one could not. A shorter retention deletes the older backups at once.

If the resource is to go, say so to whoever owns it; if not, leave the guard where it is.

Needs: nothing but the plan.",
    find,
};

fn find(rule: &Rule, case: &Case<'_>, _: &Backups) -> Vec<Raised> {
    let mut raised = Vec::new();
    for (number, target) in case.targets.iter().enumerate() {
        let dropped = match target.action {
            Action::Update | Action::DeleteCreate | Action::CreateDelete => dropped(target),
            // What guards something that goes as well guards nothing.
            Action::Delete if !is_guard_of_what_goes(case, target) => {
                loss::guardian(target.terraform_type.map_or("", |name| name.as_str()))
                    .map(|what| format!("{what} is taken away"))
                    .into_iter()
                    .collect()
            }
            _ => Vec::new(),
        };
        if dropped.is_empty() {
            continue;
        }
        let what = match target.found {
            crate::ledger::find::Found::Facet(at) => case.name(at),
            _ => case.name_of(target),
        };
        let title = match dropped.as_slice() {
            [only] => format!("{what}: {only}"),
            many => format!("{what} loses {}", counted(many.len(), "guard")),
        };
        let evidence = if dropped.len() > 1 { dropped } else { Vec::new() };
        raised.push(
            rule.raise(Verdict::Review, title)
                .about(case, [number])
                .shown(evidence, "guards")
                .advice("leave the guard where it is, unless the resource is to go and its owner knows"),
        );
    }
    raised
}

fn is_guard_of_what_goes(case: &Case<'_>, target: &Target<'_>) -> bool {
    matches!(target.found, crate::ledger::find::Found::Facet(at) if case.goes(at).is_some())
}

fn dropped(target: &Target<'_>) -> Vec<String> {
    let (Some(change), Some(before), Some(after)) = (target.change, target.before(), target.after()) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for protection in loss::protections(&change.kind) {
        let head = protection.path.split('.').next().unwrap_or_default();
        if change.unknown.iter().any(|name| *name == *head) {
            continue;
        }
        let (old, new) = (
            value(&before.configuration, protection.path),
            value(&after.configuration, protection.path),
        );
        let line = match protection.guards {
            Guards::WhenOn if is_on(old) && !is_on(new) => Some("is turned off".to_owned()),
            Guards::WhenOff if !is_on(old) && is_on(new) => Some("is turned on".to_owned()),
            Guards::ByNumber => match (old.and_then(Value::as_integer), new.and_then(Value::as_integer)) {
                (Some(old), Some(new)) if new < old => Some(format!("goes from {old} down to {new}")),
                _ => None,
            },
            _ => None,
        };
        lines.extend(line.map(|line| format!("{} {line}", protection.path)));
    }
    lines
}

fn value<'a>(configuration: &'a Configuration, path: &str) -> Option<&'a Value> {
    let mut found = None;
    configuration.each_at(path, &mut |value| found = found.or(Some(value)));
    found
}

fn is_on(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(on)) => *on,
        Some(Value::Text(text)) => ["active", "enabled", "true", "on"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

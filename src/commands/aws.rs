//! Commands of the AWS CLI: what they are, and what those that delete would delete.

use super::{Named, deletion, unresolved};
use crate::kinds::deletions::{self, Sort};
use crate::model::Symbol;
use crate::model::plan::Item;
use crate::shell::{Arg, Run};

/// What a command does to resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It deletes nothing.
    Nothing,
    /// It deletes these; never empty.
    Deletes(Vec<Named>),
}

/// Global options that take a value. Source: the AWS CLI's own table of global options, versions 1 and 2.
const VALUED: &[&str] = &[
    "region",
    "profile",
    "endpoint-url",
    "output",
    "query",
    "color",
    "ca-bundle",
    "cli-read-timeout",
    "cli-connect-timeout",
    "cli-binary-format",
    "cli-error-format",
];

/// Global options without one.
const FLAGS: &[&str] = &[
    "debug",
    "no-debug",
    "no-verify-ssl",
    "verify-ssl",
    "no-paginate",
    "paginate",
    "no-sign-request",
    "sign-request",
    "no-cli-pager",
    "cli-pager",
    "cli-auto-prompt",
    "no-cli-auto-prompt",
    "version",
];

/// Flags of the commands of `aws s3`, which also have operands.
const S3_FLAGS: &[&str] = &[
    "recursive",
    "dryrun",
    "quiet",
    "only-show-errors",
    "force",
    "no-progress",
    "delete",
    "exact-timestamps",
    "size-only",
    "follow-symlinks",
    "no-follow-symlinks",
];

/// Variables that decide which account and region the AWS CLI works in.
pub const DECIDING: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_ROLE_ARN",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/// A command, taken apart.
#[derive(Debug, Default)]
struct Call<'a> {
    service: &'a str,
    command: &'a str,
    /// In their order, without dashes.
    options: Vec<(&'a str, Vec<&'a Arg>)>,
    operands: Vec<&'a Arg>,
}

impl<'a> Call<'a> {
    /// `Err` holds why it cannot be told what the command is; `Ok(None)` is a call without a command.
    fn parse(args: &'a [Arg]) -> Result<Option<Self>, String> {
        let mut call = Self::default();
        let mut words = 0;
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            at += 1;
            let start = match arg {
                Arg::Known(text) => text.as_str(),
                Arg::Unknown { start, .. } => start.as_str(),
            };
            if let Some(option) = start.strip_prefix("--") {
                let (name, given) = match option.split_once('=') {
                    Some((name, _)) => (name, true),
                    None => (option, false),
                };
                if arg.known().is_none() && !given {
                    return Err(format!("it depends on {}", arg.text()));
                }
                let mut values: Vec<&Arg> = Vec::new();
                if given {
                    values.push(arg);
                } else if VALUED.contains(&name) {
                    values.extend(args.get(at));
                    at += 1;
                } else if FLAGS.contains(&name) || (call.service == "s3" && S3_FLAGS.contains(&name)) {
                    // No value follows.
                } else if words < 2 {
                    return Err(format!("--{name} is no option that is known to stand there"));
                } else {
                    while let Some(value) = args.get(at).filter(|value| !value.text().starts_with("--")) {
                        values.push(value);
                        at += 1;
                    }
                }
                if words < 2 && values.iter().any(|value| value.splits()) {
                    return Err("what it does depends on a value that cannot be seen".to_owned());
                }
                call.options.push((name, values));
                continue;
            }
            match (words, arg) {
                (0, Arg::Known(word)) => call.service = word,
                (1, Arg::Known(word)) => call.command = word,
                (0 | 1, arg) => return Err(format!("what it does depends on {}", arg.text())),
                _ => call.operands.push(arg),
            }
            words += 1;
        }
        Ok((words > 0).then_some(call))
    }

    fn values(&self, option: &str) -> Option<&[&'a Arg]> {
        // The last one counts.
        let found = self.options.iter().rev().find(|(name, _)| *name == option)?;
        Some(&found.1)
    }

    fn has(&self, option: &str) -> bool {
        self.values(option).is_some()
    }
}

/// The value of an option: what stands after `=` where it is one argument.
fn value_of<'a>(arg: &'a Arg, option: &str) -> Option<&'a str> {
    let text = arg.known()?;
    match text.strip_prefix("--").and_then(|rest| rest.strip_prefix(option)) {
        Some(rest) => rest.strip_prefix('='),
        None => Some(text),
    }
}

/// Says what the command does.
///
/// `profile` is the profile that the account is looked at with.
#[must_use]
pub fn deed(run: &Run, profile: Option<&str>) -> Deed {
    let question = |why: &str| Deed::Deletes(vec![unresolved(&run.text, why)]);
    let call = match Call::parse(&run.args[1..]) {
        Ok(Some(call)) => call,
        Ok(None) => return Deed::Nothing,
        Err(why) => return question(&why),
    };
    if call.command == "help" || call.operands.first().and_then(|arg| arg.known()) == Some("help") {
        return Deed::Nothing;
    }
    let reads = matches!(deletions::sort(call.service, call.command), Sort::Reads);
    if call.command.is_empty() {
        return if reads {
            Deed::Nothing
        } else {
            question("it is an alias of the AWS CLI's own, or a command that is not known")
        };
    }
    if reads || is_rehearsal(&call) {
        return Deed::Nothing;
    }
    let sort = deletions::sort(call.service, call.command);
    if sort == Sort::Changes {
        return match takes_protection(&call) {
            Some(why) => question(&why),
            None => Deed::Nothing,
        };
    }
    if run.elsewhere {
        return question("it runs on another machine or in a container, perhaps for another account");
    }
    if sort == Sort::Hands {
        return question("what it changes or deletes is not in the command");
    }
    if let Some(why) = elsewhere(&call, run, profile) {
        return question(&why);
    }
    Deed::Deletes(targets(&call, run))
}

/// `--dry-run` and the like.
fn is_rehearsal(call: &Call<'_>) -> bool {
    let last = |yes: &str, no: &str| {
        call.options
            .iter()
            .rev()
            .find(|(name, _)| *name == yes || *name == no)
            .is_some_and(|(name, values)| *name == yes && values.is_empty())
    };
    (call.service == "ec2" && last("dry-run", "no-dry-run"))
        || (call.service == "s3" && call.has("dryrun"))
        || (call.has("generate-cli-skeleton")
            && call.values("generate-cli-skeleton").is_some_and(|values| {
                values
                    .iter()
                    .all(|value| matches!(value.known(), Some("input" | "yaml-input" | "output")))
            }))
}

/// Changes that delete nothing themselves, and take away what guards against it.
fn takes_protection(call: &Call<'_>) -> Option<String> {
    match (call.service, call.command) {
        ("ecr", "put-lifecycle-policy") => return Some("the policy may delete images".to_owned()),
        ("dynamodb", "batch-write-item" | "transact-write-items") => {
            return Some("what it writes may be deletions of items".to_owned());
        }
        _ => {}
    }
    for (name, values) in &call.options {
        if name.starts_with("no-") && (name.contains("protection") || name.contains("termination")) {
            return Some(format!("--{name} takes protection away"));
        }
        if *name == "backup-retention-period" && values.iter().any(|value| value_of(value, name) == Some("0")) {
            return Some("no retention of backups deletes the automated backups".to_owned());
        }
        if matches!(*name, "desired-capacity" | "max-size")
            && call.service == "autoscaling"
            && values
                .iter()
                .any(|value| value_of(value, name).is_none_or(|value| value == "0"))
        {
            return Some("an Auto Scaling group of 0 terminates its instances".to_owned());
        }
        if *name == "point-in-time-recovery-specification"
            && values
                .iter()
                .any(|value| value.known().is_none_or(|value| value.to_lowercase().contains("false")))
        {
            return Some("it ends the table's point-in-time recovery, and its backups with it".to_owned());
        }
        if *name == "delete" && call.command == "sync" {
            return Some("--delete deletes what is not in the source".to_owned());
        }
        if *name == "versioning-configuration"
            && values
                .iter()
                .any(|value| value.known().is_none_or(|value| value.contains("Suspended")))
        {
            return Some("it stops versioning".to_owned());
        }
    }
    None
}

/// Why the command may work in another account than the one that is looked at.
fn elsewhere(call: &Call<'_>, run: &Run, profile: Option<&str>) -> Option<String> {
    if call.has("endpoint-url") {
        return Some("--endpoint-url sends it to another place".to_owned());
    }
    let named = call
        .values("profile")
        .and_then(|values| values.first().copied())
        .or_else(|| {
            ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]
                .into_iter()
                .find_map(|name| run.environment.get(name))
        });
    if let Some(named) = named {
        return match value_of(named, "profile") {
            Some(name) if Some(name) == profile => None,
            Some(name) => Some(format!(
                "it uses the profile {name}, and the account was looked at with another one"
            )),
            None => Some("its profile cannot be told".to_owned()),
        };
    }
    DECIDING
        .iter()
        .find(|name| {
            !matches!(
                **name,
                "AWS_REGION" | "AWS_DEFAULT_REGION" | "AWS_PROFILE" | "AWS_DEFAULT_PROFILE"
            ) && run.environment.contains_key(**name)
        })
        .map(|name| format!("{name} may send it to another account"))
}

/// What it deletes, one item each.
fn targets(call: &Call<'_>, run: &Run) -> Vec<Named> {
    let question = |why: String| vec![unresolved(&run.text, &why)];
    for (name, values) in &call.options {
        if matches!(*name, "cli-input-json" | "cli-input-yaml") {
            return question("what it deletes stands in a file or a document".to_owned());
        }
        let in_file = |value: &&Arg| {
            value
                .known()
                .is_some_and(|text| text.starts_with("file://") || text.starts_with("fileb://"))
        };
        if values.iter().any(in_file) {
            return question("what it deletes stands in a file".to_owned());
        }
    }
    if call.service == "s3" {
        return vec![bucket(call, run)];
    }
    let Some(row) = deletions::deletion(call.service, call.command) else {
        return question(format!(
            "{} {} deletes or takes something away, and of what kind is not known",
            call.service, call.command
        ));
    };
    let Some(targets) = fill(row.target, call) else {
        return question("what it deletes cannot be told from the command".to_owned());
    };
    let kinds: Vec<&str> = row.kinds.split('|').filter(|kind| !kind.is_empty()).collect();
    targets
        .iter()
        .map(|target| with_details(deletion(&run.text, target, &kinds), call, run))
        .collect()
}

/// The bucket of `aws s3 rb` and of `aws s3 rm --recursive` without a prefix.
fn bucket(call: &Call<'_>, run: &Run) -> Named {
    let place = call
        .operands
        .first()
        .and_then(|arg| arg.known())
        .and_then(|text| text.strip_prefix("s3://"));
    let (bucket, key) = match place.map(|place| place.split_once('/').unwrap_or((place, ""))) {
        Some((bucket, key)) if !bucket.is_empty() => (bucket, key),
        _ => return unresolved(&run.text, "its bucket cannot be told"),
    };
    let whole = call.command == "rb" || (call.command == "rm" && call.has("recursive") && key.is_empty());
    if !whole {
        return unresolved(
            &run.text,
            &format!("it deletes objects in the bucket {bucket}, which are not looked at"),
        );
    }
    let mut named = with_details(deletion(&run.text, bucket, &["aws_s3_bucket"]), call, run);
    if call.command == "rm"
        && let Item::Deletion(deletion) = &mut named.item
    {
        deletion.settings.set("force_destroy", true);
    }
    named
}

fn with_details(mut named: Named, call: &Call<'_>, run: &Run) -> Named {
    let Item::Deletion(deletion) = &mut named.item else {
        return named;
    };
    let region = call
        .values("region")
        .and_then(|values| values.first().copied())
        .or_else(|| {
            ["AWS_REGION", "AWS_DEFAULT_REGION"]
                .into_iter()
                .find_map(|name| run.environment.get(name))
        });
    if let Some(region) = region {
        match value_of(region, "region") {
            Some(region) => deletion.region = Some(Symbol::from(region)),
            None => return unresolved(&run.text, "its region cannot be told"),
        }
    }
    for (name, values) in &call.options {
        let value = values.first().and_then(|value| value_of(value, name));
        if let Some((attribute, value)) = deletions::setting(name, value) {
            deletion.settings.set(attribute, value);
        }
    }
    named
}

/// Fills a row's target; `None` where an option is missing or unknown.
fn fill(pattern: &str, call: &Call<'_>) -> Option<Vec<String>> {
    let mut filled = vec![String::new()];
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}')? + open;
        let (before, name) = (&rest[..open], &rest[open + 1..close]);
        rest = &rest[close + 1..];
        let (names, default) = match name.split_once('=') {
            Some((name, default)) => (name, Some(default)),
            None => (name, None),
        };
        let values = if names == "0" {
            vec![call.operands.first()?.known()?.to_owned()]
        } else {
            match names.split('|').find(|name| call.has(name)) {
                Some(name) => texts(call.values(name)?, name)?,
                None => vec![default?.to_owned()],
            }
        };
        filled = filled
            .iter()
            .flat_map(|start| {
                values.iter().map(move |value| {
                    // An ARN needs nothing in front of it, and of an ARN in front the name is enough.
                    let start = start.rsplit('/').find(|part| !part.is_empty()).unwrap_or(start);
                    if value.starts_with("arn:") || start.is_empty() {
                        value.clone()
                    } else {
                        format!("{start}{before}{value}")
                    }
                })
            })
            .collect();
    }
    Some(filled)
}

/// The values of an option: words, or a list in JSON; `None` where one is unknown or there is none.
fn texts(values: &[&Arg], name: &str) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for value in values {
        let text = value_of(value, name)?;
        if text.trim_start().starts_with('[') {
            texts.extend(serde_json::from_str::<Vec<String>>(text).ok()?);
        } else {
            texts.push(text.to_owned());
        }
    }
    let whole = texts
        .iter()
        .all(|text| !text.is_empty() && !text.contains(char::is_whitespace));
    (whole && !texts.is_empty()).then_some(texts)
}

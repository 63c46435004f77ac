//! Requests that go straight to an API of AWS or of Terraform's own services, past every command line tool.

use crate::shell::{Arg, Run};

/// Programs that send requests.
const PROGRAMS: &[&str] = &[
    "curl", "curlie", "wget", "wget2", "http", "https", "httpie", "xh", "xhs", "awscurl", "hurl", "grpcurl",
];

/// Hosts whose requests change an account or its stacks.
const HOSTS: &[&str] = &[
    "amazonaws.com",
    "api.aws",
    "app.terraform.io",
    "api.pulumi.com",
    "app.spacelift.io",
    "api.env0.com",
];

/// Verbs of actions that read.
const READING: &[&str] = &[
    "describe", "list", "get", "head", "batchget", "lookup", "search", "query", "scan",
];

/// Why a request may delete something; `None` where it reads, or goes elsewhere.
#[must_use]
pub fn deed(run: &Run) -> Option<String> {
    let program = run.args.first()?.program()?;
    if !PROGRAMS.contains(&program.as_str()) {
        return None;
    }
    let args = &run.args[1..];
    let texts: Vec<&str> = args.iter().map(Arg::text).collect();
    let to_aws = program == "awscurl"
        || texts
            .iter()
            .any(|text| HOSTS.iter().any(|host| text.contains(host)) || text.starts_with("--aws-sigv4"));
    let method = method(&program, &texts);
    if method.as_deref() == Some("DELETE") {
        if to_aws {
            return Some("it sends a DELETE to an API of AWS or of the stack's service".to_owned());
        }
        let known_host = args.iter().any(|arg| {
            let start = match arg {
                Arg::Known(text) => text.as_str(),
                Arg::Unknown { start, .. } => start.as_str(),
            };
            start.contains("://") && start.split("://").nth(1).is_some_and(|rest| !rest.is_empty())
                || start.starts_with("localhost")
                || (start.contains('.') && start.contains('/') && !start.starts_with(['-', '@', '.', '/']))
        });
        return args
            .iter()
            .any(|arg| arg.known().is_none() && !known_host)
            .then(|| "it sends a DELETE, and where to cannot be told".to_owned());
    }
    if !to_aws {
        return None;
    }
    let all = texts.join("\n");
    let action = all
        .split_once("Action=")
        .or_else(|| {
            all.to_lowercase()
                .contains("x-amz-target")
                .then(|| all.rsplit_once('.'))
                .flatten()
        })
        .map(|(_, rest)| {
            rest.chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect::<String>()
                .to_lowercase()
        });
    match action {
        Some(action) if READING.iter().any(|verb| action.starts_with(verb)) => None,
        Some(action) => Some(format!("it calls {action} of an API of AWS")),
        None if method.as_deref() == Some("POST") && all.contains("/actions/") => {
            Some("it starts a run of the stack's service".to_owned())
        }
        None => None,
    }
}

/// The request's method, in capitals, where it is given.
fn method(program: &str, texts: &[&str]) -> Option<String> {
    let mut found = None;
    for (at, text) in texts.iter().enumerate() {
        let value = match *text {
            "-X" | "--request" | "--method" => texts.get(at + 1).copied(),
            _ => text
                .strip_prefix("--request=")
                .or_else(|| text.strip_prefix("--method="))
                .or_else(|| text.strip_prefix("-X")),
        };
        // `-sX DELETE`
        let value = value.or_else(|| {
            (text.starts_with('-') && !text.starts_with("--") && text.ends_with('X'))
                .then(|| texts.get(at + 1).copied())
                .flatten()
        });
        found = value.map(str::to_uppercase).or(found);
    }
    if found.is_none() && matches!(program, "http" | "https" | "httpie" | "xh" | "xhs" | "curlie") {
        found = texts
            .iter()
            .find(|text| matches!(text.to_uppercase().as_str(), "DELETE" | "POST" | "PUT" | "PATCH"))
            .map(|text| text.to_uppercase());
    }
    found
}

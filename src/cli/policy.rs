//! `whose policy`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::exit::Exit;
use super::failure::Failure;
use super::gather::chosen_kinds;
use super::ui::Ui;
use crate::aws::trail;
use crate::report::text::{counted, thousands};
use crate::scan;

/// Prints the smallest IAM policy with which a scan sees everything: these actions, and each of them only reads
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  whose policy > whose.json
  whose policy --kind described
  whose policy --kind aws_s3_bucket,aws_vpc
  whose policy --triage > whose.json
  whose policy --part 1 > whose-1.json
  whose policy --format terraform > whose.tf")]
pub(crate) struct Args {
    /// A kind to look at, by its Terraform type (see 'whose kinds'), or 'described' for those whose configuration is
    /// compared too; may be repeated [default: all]
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    kind: Vec<String>,
    /// Adds what 'whose triage' and 'whose recoverable' ask besides: CloudTrail, and what is kept of deleted things
    #[arg(long)]
    triage: bool,
    /// The format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Json)]
    format: Format,
    /// Prints one of the parts into which the policy falls, each small enough for a managed policy
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    part: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A policy document
    Json,
    /// Managed policies for Terraform
    Terraform,
}

/// Characters of a managed policy, spaces left out (source: IAM user guide, "IAM and AWS STS quotas").
const LARGEST: usize = 6144;

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let (kinds, listed) = chosen_kinds(&args.kind)?;
    let mut actions = scan::actions(&kinds, listed);
    if args.triage {
        actions.extend(scan::remains::actions());
        actions.insert(trail::ACTION);
    }
    let parts = parts(&actions);
    let chosen: Vec<Vec<&str>> = match args.part {
        None if args.format == Format::Json => vec![actions.iter().copied().collect()],
        None => parts.clone(),
        Some(number) => match parts.get(usize::from(number) - 1) {
            Some(part) => vec![part.clone()],
            None => {
                return Err(Failure::usage(
                    format!(
                        "--part {number}: the policy has {}",
                        counted(parts.len() as u64, "part", "parts")
                    ),
                    "parts are counted from 1",
                ));
            }
        },
    };
    match args.format {
        Format::Json => {
            let document = document(&chosen.concat());
            let text = serde_json::to_string_pretty(&document).unwrap_or_default();
            ui.report(&format!("{text}\n"))?;
            if args.part.is_none() && parts.len() > 1 {
                ui.note(&format!(
                    "more than the {} characters of a managed policy: take --part 1 to --part {}, or --format terraform",
                    thousands(LARGEST as u64),
                    parts.len()
                ));
            }
        }
        Format::Terraform => ui.report(&terraform(&chosen))?,
    }
    Ok(Exit::Clean)
}

/// Actions that would allow more than a listing on everything, and on what a listing needs them
/// (source: Amazon Keyspaces developer guide: keyspaces and tables are listed from the system keyspaces).
const NARROW: &[(&str, &str)] = &[("cassandra:Select", "arn:*:cassandra:*:*:/keyspace/system*")];

/// Actions with what they are allowed on: everything, for what is there cannot be known before it is listed.
fn statements<'a>(actions: &[&'a str]) -> Vec<(&'static str, &'static str, Vec<&'a str>)> {
    let narrow = |action: &str| NARROW.iter().find(|(name, _)| *name == action);
    let wide: Vec<&str> = actions
        .iter()
        .copied()
        .filter(|action| narrow(action).is_none())
        .collect();
    let mut statements = vec![("WhoseReads", "*", wide)];
    for action in actions {
        if let Some((_, resource)) = narrow(action) {
            statements.push(("WhoseReadsTables", resource, vec![action]));
        }
    }
    statements.retain(|(.., actions)| !actions.is_empty());
    statements
}

fn document(actions: &[&str]) -> Value {
    let statements: Vec<Value> = statements(actions)
        .into_iter()
        .map(|(sid, resource, actions)| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}))
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The actions in as few parts as fit into managed policies, in order.
fn parts<'a>(actions: &BTreeSet<&'a str>) -> Vec<Vec<&'a str>> {
    // The frame of a document with both of its statements.
    let empty = document(&["", NARROW[0].0]).to_string().len();
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    let mut size = empty;
    for action in actions {
        // With its quotes and comma.
        let more = action.len() + 3;
        if size + more > LARGEST {
            parts.push(Vec::new());
            size = empty;
        }
        size += more;
        if let Some(part) = parts.last_mut() {
            part.push(action);
        }
    }
    parts
}

/// Data sources and managed policies, one for each part.
fn terraform(parts: &[Vec<&str>]) -> String {
    let mut out =
        String::from("# Made by 'whose policy': everything that a scan calls, and nothing that changes anything.\n");
    for (number, part) in (1..).zip(parts) {
        let name = if parts.len() == 1 {
            "whose".to_owned()
        } else {
            format!("whose_{number}")
        };
        let label = name.replace('_', "-");
        let _ = write!(out, "\ndata \"aws_iam_policy_document\" \"{name}\" {{");
        for (sid, resource, actions) in statements(part) {
            let _ = write!(
                out,
                "\n  statement {{\n    sid       = \"{sid}\"\n    effect    = \"Allow\"\n    \
                 resources = [\"{resource}\"]\n    actions = [\n"
            );
            for action in actions {
                let _ = writeln!(out, "      \"{action}\",");
            }
            out.push_str("    ]\n  }\n");
        }
        let _ = write!(
            out,
            "}}\n\nresource \"aws_iam_policy\" \"{name}\" {{\n  name   = \"{label}\"\n  \
             policy = data.aws_iam_policy_document.{name}.json\n}}\n"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::readonly::VERBS;

    #[test]
    fn every_part_fits_and_nothing_is_lost() {
        let actions = scan::actions(&[], true);
        let parts = parts(&actions);
        assert!(parts.len() > 1);
        assert!(parts.iter().all(|part| document(part).to_string().len() <= LARGEST));
        assert_eq!(parts.concat(), actions.iter().copied().collect::<Vec<_>>());
        let text = terraform(&parts);
        assert_eq!(text.matches("resource \"aws_iam_policy\"").count(), parts.len());
    }

    #[test]
    fn every_action_only_reads() {
        // One action for all that shows budgets; one for all that reads tables, which is allowed on the system's own
        // (source: service authorization reference).
        const VIEWS: &[&str] = &["budgets:ViewBudget", "cassandra:Select"];
        for action in scan::actions(&[], true) {
            let name = action.split(':').nth(1).unwrap_or_default();
            assert!(
                VERBS.iter().any(|verb| name.starts_with(verb)) || VIEWS.contains(&action) || name == "GET",
                "{action}"
            );
        }
    }

    #[test]
    fn a_few_kinds_need_a_few_actions() {
        let actions = scan::actions(&["aws_sqs_queue".to_owned()], true);
        assert_eq!(
            actions.into_iter().collect::<Vec<_>>(),
            [
                "cloudformation:ListStackResources",
                "cloudformation:ListStacks",
                "ec2:DescribeRegions",
                "sqs:GetQueueAttributes",
                "sqs:ListQueues",
                "sts:GetCallerIdentity",
                "tag:GetResources"
            ]
        );
        let child = scan::actions(&["aws_route53_record".to_owned()], true);
        assert!(child.contains("route53:ListHostedZones"), "{child:?}");
    }
}

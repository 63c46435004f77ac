//! Who did it: the events of CloudTrail, grouped by principal, minute and tool.
//!
//! It reads the answers of `LookupEvents` (source: AWS CloudTrail API Reference, "`LookupEvents`", and User Guide,
//! "CloudTrail record contents"). Of an event only the fields named here are kept: its request and response may hold
//! secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// What the trail said, or why it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    pub status: Status,
    /// Why it could not be read: the operation and the error's code.
    pub detail: Option<String>,
    /// Events looked at, reading ones included.
    pub events: u64,
    /// Those that changed something, the newest first.
    pub groups: Vec<Group>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody asked it.
    #[default]
    NotAsked,
    Read,
    /// Some of it was read: more events than were asked for, or a region that did not answer.
    Partly,
    Unreadable,
}

/// One change, as CloudTrail wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// CloudTrail's own; an event that is answered twice counts once.
    pub id: Option<String>,
    pub at: Timestamp,
    /// `DeleteDBInstance`.
    pub name: String,
    /// `rds.amazonaws.com`.
    pub service: String,
    pub principal: String,
    pub tool: Tool,
    pub address: Option<String>,
    pub region: Option<String>,
    /// It was refused, with this code.
    pub error: Option<String>,
    pub resources: Vec<String>,
    pub reads: bool,
}

/// With what it was done, by what the caller said of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    Terraform,
    Console,
    Cli,
    /// An assistant that calls AWS by itself.
    Agent,
    Cloudformation,
    /// An SDK: a script or a service of somebody's own.
    Sdk,
    /// AWS itself, for somebody.
    Aws,
    Unknown,
}

impl Tool {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Tool::Terraform => "Terraform",
            Tool::Console => "the console",
            Tool::Cli => "the AWS CLI",
            Tool::Agent => "an agent",
            Tool::Cloudformation => "CloudFormation",
            Tool::Sdk => "an SDK or script",
            Tool::Aws => "AWS itself",
            Tool::Unknown => "an unknown tool",
        }
    }

    /// Tells the tool by the user agent and the source of a call. An agent that calls the CLI calls itself the CLI,
    /// unless it says more; so `Cli` does not mean that a person typed.
    #[must_use]
    pub fn of(user_agent: &str, source: &str) -> Self {
        let agent = user_agent.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| agent.contains(word));
        if has(&[
            "mcp",
            "claude",
            "cursor",
            "copilot",
            "amazon-q",
            "amazonq",
            "bedrock-agent",
            "openai",
            "langchain",
        ]) {
            Self::Agent
        } else if has(&["terraform", "opentofu", "hashicorp"]) {
            Self::Terraform
        } else if has(&["cloudformation.amazonaws.com"]) || source == "cloudformation.amazonaws.com" {
            Self::Cloudformation
        } else if has(&[
            "console.amazonaws.com",
            "signin.amazonaws.com",
            "aws-internal",
            "console.aws",
        ]) {
            Self::Console
        } else if has(&["aws-cli/"]) {
            Self::Cli
        } else if agent.ends_with(".amazonaws.com") || source.ends_with(".amazonaws.com") {
            Self::Aws
        } else if has(&["boto", "aws-sdk", "sdk-", "smithy", "botocore"]) {
            Self::Sdk
        } else {
            Self::Unknown
        }
    }
}

/// What one principal did with one tool in one minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The start of the minute.
    pub minute: Timestamp,
    pub principal: String,
    pub tool: Tool,
    /// Where the calls came from.
    pub addresses: Vec<String>,
    pub regions: Vec<String>,
    /// How often each operation succeeded.
    pub calls: BTreeMap<String, u64>,
    /// Calls that were refused.
    pub refused: u64,
    /// What they were about: those that the incident is about first.
    pub resources: Vec<String>,
    /// One of the lost resources is among them.
    pub touches_lost: bool,
}

/// One page of `LookupEvents`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    events: Vec<Outer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outer {
    event_id: Option<String>,
    event_name: Option<String>,
    #[serde(default)]
    resources: Vec<Named>,
    /// A JSON text in the JSON.
    cloud_trail_event: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    resource_name: Option<String>,
}

/// The fields of a record that are kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_time: Timestamp,
    event_name: Option<String>,
    #[serde(default)]
    event_source: String,
    aws_region: Option<String>,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Option<String>,
    #[serde(default)]
    user_agent: String,
    error_code: Option<String>,
    read_only: Option<bool>,
    user_identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    arn: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    invoked_by: Option<String>,
    user_name: Option<String>,
}

/// Reads one answer of `LookupEvents`.
///
/// # Errors
/// Where it is no such answer; the place, never the content. An event that cannot be read is skipped and counted.
pub fn parse(answer: &[u8]) -> Result<(Vec<Event>, u64), String> {
    let page: Page = serde_json::from_slice(answer).map_err(|error| {
        format!(
            "no answer of LookupEvents at line {}, column {}",
            error.line(),
            error.column()
        )
    })?;
    let mut events = Vec::new();
    let mut unreadable = 0;
    for outer in page.events {
        match event(outer) {
            Some(event) => events.push(event),
            None => unreadable += 1,
        }
    }
    Ok((events, unreadable))
}

fn event(outer: Outer) -> Option<Event> {
    let record: Record = serde_json::from_str(outer.cloud_trail_event.as_deref()?).ok()?;
    let name = record.event_name.or(outer.event_name)?;
    let source = record.source_ip_address.unwrap_or_default();
    let identity = record.user_identity;
    let principal = identity
        .and_then(|identity| {
            identity
                .arn
                .or(identity.invoked_by)
                .or(identity.user_name)
                .or(identity.kind)
        })
        .unwrap_or_else(|| "unknown".to_owned());
    Some(Event {
        id: outer.event_id,
        at: record.event_time,
        reads: record.read_only.unwrap_or_else(|| is_reading(&name)),
        tool: Tool::of(&record.user_agent, &source),
        service: record.event_source,
        principal,
        address: Some(source).filter(|source| !source.is_empty()),
        region: record.aws_region,
        error: record.error_code,
        resources: outer
            .resources
            .into_iter()
            .filter_map(|named| named.resource_name)
            .collect(),
        name,
    })
}

/// Older records do not say whether a call only read.
fn is_reading(name: &str) -> bool {
    ["Describe", "List", "Get", "Head", "BatchGet", "Lookup", "Search"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// Groups what changed something. `lost` holds the ids and ARNs that the incident is about.
#[must_use]
pub fn group(events: &[Event], lost: &BTreeSet<&str>) -> Vec<Group> {
    let mut groups: BTreeMap<(Timestamp, &str, Tool), Group> = BTreeMap::new();
    for event in events.iter().filter(|event| !event.reads) {
        let minute = Timestamp::from_second(event.at.as_second().div_euclid(60) * 60).unwrap_or(event.at);
        let group = groups
            .entry((minute, event.principal.as_str(), event.tool))
            .or_insert_with(|| Group {
                minute,
                principal: event.principal.clone(),
                tool: event.tool,
                addresses: Vec::new(),
                regions: Vec::new(),
                calls: BTreeMap::new(),
                refused: 0,
                resources: Vec::new(),
                touches_lost: false,
            });
        if event.error.is_some() {
            group.refused += 1;
        } else {
            *group.calls.entry(event.name.clone()).or_default() += 1;
            group.resources.extend(event.resources.iter().cloned());
        }
        group.addresses.extend(event.address.clone());
        group.regions.extend(event.region.clone());
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    for group in &mut groups {
        for list in [&mut group.addresses, &mut group.regions, &mut group.resources] {
            list.sort();
            list.dedup();
        }
        let is_lost = |name: &String| lost.contains(name.as_str());
        group.touches_lost = group.resources.iter().any(is_lost);
        group.resources.sort_by_key(|name| !is_lost(name));
    }
    groups.sort_by(|a, b| {
        b.minute
            .cmp(&a.minute)
            .then_with(|| (&a.principal, a.tool).cmp(&(&b.principal, b.tool)))
    });
    groups
}

impl Trail {
    /// What recorded answers say.
    #[must_use]
    pub fn read(mut events: Vec<Event>, unreadable: u64, lost: &BTreeSet<&str>) -> Self {
        let mut seen = BTreeSet::new();
        events.retain(|event| event.id.as_ref().is_none_or(|id| seen.insert(id.clone())));
        Self {
            status: if unreadable > 0 { Status::Partly } else { Status::Read },
            detail: (unreadable > 0).then(|| format!("{unreadable} events could not be read")),
            events: events.len() as u64,
            groups: group(&events, lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As AWS documents it: a record is a JSON text in the answer.
    fn answer(records: &[(&str, &str, &str, &str, &str)]) -> Vec<u8> {
        let events: Vec<serde_json::Value> = records
            .iter()
            .map(|(time, name, agent, error, resource)| {
                let mut record = serde_json::json!({
                    "eventVersion": "1.11",
                    "userIdentity": {
                        "type": "AssumedRole",
                        "principalId": "AROAEXAMPLE:sam",
                        "arn": "arn:aws:sts::123456789012:assumed-role/admin/sam",
                        "accountId": "123456789012"
                    },
                    "eventTime": time,
                    "eventSource": "rds.amazonaws.com",
                    "eventName": name,
                    "awsRegion": "eu-west-1",
                    "sourceIPAddress": "203.0.113.7",
                    "userAgent": agent,
                    "requestParameters": {"masterUserPassword": "CANARY-db-password-7f3a"},
                    "eventID": "00000000-0000-0000-0000-000000000000",
                    "readOnly": name.starts_with("Describe"),
                    "eventType": "AwsApiCall"
                });
                if !error.is_empty() {
                    record["errorCode"] = (*error).into();
                }
                serde_json::json!({
                    "EventId": format!("{time} {name}"),
                    "EventName": name,
                    "EventTime": 1_764_000_000,
                    "EventSource": "rds.amazonaws.com",
                    "Username": "sam",
                    "Resources": [{"ResourceType": "AWS::RDS::DBInstance", "ResourceName": resource}],
                    "CloudTrailEvent": record.to_string()
                })
            })
            .collect();
        serde_json::to_vec(&serde_json::json!({ "Events": events })).expect("JSON")
    }

    const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) \
                             terraform-provider-aws/5.100.0 aws-sdk-go-v2/1.36.3 md/GOOS#linux api/rds#1.97.0";

    #[test]
    fn what_one_hand_did_in_one_minute_stands_together() {
        let page = answer(&[
            ("2026-11-24T10:03:59Z", "DeleteDBInstance", TERRAFORM, "", "platform"),
            (
                "2026-11-24T10:03:01Z",
                "DeleteDBSubnetGroup",
                TERRAFORM,
                "InvalidDBSubnetGroupStateFault",
                "platform",
            ),
            ("2026-11-24T10:03:30Z", "DescribeDBInstances", TERRAFORM, "", "platform"),
            (
                "2026-11-24T10:04:00Z",
                "DeleteDBSubnetGroup",
                TERRAFORM,
                "",
                "platform-subnets",
            ),
            (
                "2026-11-24T10:04:10Z",
                "ModifyDBInstance",
                "aws-cli/2.22.7 md/awscrt#0.23.4",
                "",
                "other",
            ),
        ]);
        let (events, unreadable) = parse(&page).expect("an answer");
        assert_eq!((events.len(), unreadable), (5, 0));
        let lost: BTreeSet<&str> = ["platform"].into_iter().collect();
        // A second answer may hold the same events; each counts once.
        let trail = Trail::read([events.clone(), events].concat(), unreadable, &lost);
        assert_eq!(trail.events, 5);
        let told: Vec<String> = trail
            .groups
            .iter()
            .map(|group| {
                format!(
                    "{} {} {:?} {}",
                    group.minute,
                    group.tool.word(),
                    group.calls,
                    group.refused
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "2026-11-24T10:04:00Z Terraform {\"DeleteDBSubnetGroup\": 1} 0",
                "2026-11-24T10:04:00Z the AWS CLI {\"ModifyDBInstance\": 1} 0",
                "2026-11-24T10:03:00Z Terraform {\"DeleteDBInstance\": 1} 1",
            ]
        );
        assert!(trail.groups[2].touches_lost && !trail.groups[0].touches_lost);
        let json = serde_json::to_string(&trail).expect("JSON");
        assert!(!json.contains("CANARY"), "{json}");
    }

    #[test]
    fn tools_say_who_they_are() {
        for (agent, source, tool) in [
            (TERRAFORM, "203.0.113.7", Tool::Terraform),
            ("APN/1.0 HashiCorp/1.0 OpenTofu/1.9.0", "203.0.113.7", Tool::Terraform),
            ("console.amazonaws.com", "203.0.113.7", Tool::Console),
            ("AWS Internal", "203.0.113.7", Tool::Unknown),
            ("aws-cli/2.22.7 md/awscrt#0.23.4", "203.0.113.7", Tool::Cli),
            ("Boto3/1.40.0 md/Botocore#1.40.0", "203.0.113.7", Tool::Sdk),
            (
                "awslabs/mcp/aws-api-mcp-server/1.0 aws-cli/2.22.7",
                "203.0.113.7",
                Tool::Agent,
            ),
            (
                "cloudformation.amazonaws.com",
                "cloudformation.amazonaws.com",
                Tool::Cloudformation,
            ),
            ("autoscaling.amazonaws.com", "autoscaling.amazonaws.com", Tool::Aws),
            ("", "", Tool::Unknown),
        ] {
            assert_eq!(Tool::of(agent, source), tool, "{agent}");
        }
    }

    #[test]
    fn an_event_that_cannot_be_read_is_counted_and_another_answer_is_an_error() {
        let page = br#"{"Events":[{"EventName":"X","CloudTrailEvent":"{broken"},{"EventName":"Y"}]}"#;
        assert_eq!(parse(page).expect("an answer").1, 2);
        let error = parse(br#"{"Events":"hunter2"}"#).expect_err("none");
        assert!(!error.contains("hunter2"), "{error}");
        assert!(parse(b"{}").expect("no events").0.is_empty());
    }
}

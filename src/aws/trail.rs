//! Asks CloudTrail who changed something: `LookupEvents`, through the generic caller.
//!
//! It hands over what `aws cloudtrail lookup-events` would print; who reads that stands in `triage::trail`. An event
//! may hold anything that a caller sent, so nothing here is logged.

use std::time::Duration;

use serde_json::json;

use super::call::{Call, Host, Place, Protocol, Request, Service, Tree};
use super::fault::Fault;
use super::session::Session;
use crate::model::{Symbol, Timestamp};

/// The IAM action that it needs.
pub const ACTION: &str = "cloudtrail:LookupEvents";

/// Source: AWS CloudTrail API Reference, and botocore's `endpoints.json`.
static SERVICE: Service = Service {
    name: "cloudtrail",
    protocol: Protocol::Json {
        version: "1.1",
        target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    },
    api_version: "2013-11-01",
    signing_name: "cloudtrail",
    hosts: [
        host("cloudtrail.{region}.amazonaws.com"),
        host("cloudtrail.{region}.amazonaws.com.cn"),
        host("cloudtrail.{region}.amazonaws.com"),
    ],
    id: "CLOUDTRAIL",
    not_in_use: "",
    discovery: "",
    absent: &[],
    regions_known: false,
};

const fn host(name: &'static str) -> Host {
    Host { name, home: "" }
}

/// Two calls a second for an account and region (source: AWS CloudTrail User Guide, "Quotas").
const PACE: Duration = Duration::from_millis(550);

/// Days that events can be looked up for.
pub const DAYS: i64 = 90;

/// What one region answered.
#[derive(Debug)]
pub struct Answer {
    pub region: Symbol,
    /// JSON, as the AWS CLI prints it.
    pub pages: Vec<Vec<u8>>,
    /// There are more events than were asked for.
    pub more: bool,
    /// What ended it early.
    pub fault: Option<Fault>,
}

/// What to look up in one region.
#[derive(Clone, Debug)]
pub struct Question {
    pub region: Symbol,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Names of resources whose events are looked up first, a page of 50 each: in a busy account theirs may be beyond
    /// the pages that follow.
    pub names: Vec<String>,
    /// Pages of everything that changed something, the newest first.
    pub pages: usize,
}

/// Looks up what changed something in a region, never faster than CloudTrail allows.
pub async fn lookup(session: &Session, question: Question) -> Answer {
    let mut answer = Answer {
        region: question.region,
        pages: Vec::new(),
        more: false,
        fault: None,
    };
    let place = Place {
        partition: session.account.partition,
        account: session.account.id,
        region: question.region,
    };
    let outcome = match session
        .generic()
        .prepare(&SERVICE, "LookupEvents", ACTION, "", place)
        .await
    {
        Ok(call) => read(&call, &question, &mut answer).await,
        Err(fault) => Err(fault),
    };
    answer.fault = outcome.err();
    answer
}

async fn read(call: &Call, question: &Question, answer: &mut Answer) -> Result<(), Fault> {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for name in &question.names {
        pace.tick().await;
        let tree = call.send(request(question, "ResourceName", name, None)).await?;
        answer.pages.push(kept(&tree));
    }
    let mut token: Option<String> = None;
    for _ in 0..question.pages {
        pace.tick().await;
        let tree = call
            .send(request(question, "ReadOnly", "false", token.as_deref()))
            .await?;
        answer.pages.push(kept(&tree));
        let next = tree.get("NextToken").and_then(Tree::text).map(str::to_owned);
        // A token that repeats would never end.
        if next.is_none() || next == token {
            answer.more = next.is_some();
            return Ok(());
        }
        token = next;
    }
    answer.more = true;
    Ok(())
}

fn request(question: &Question, key: &str, value: &str, token: Option<&str>) -> Request {
    let mut request = Request::default();
    let mut ask = |name: &str, value: serde_json::Value| request.body.insert(name.to_owned(), value);
    ask("StartTime", json!(question.from.as_second()));
    ask("EndTime", json!(question.until.as_second()));
    ask("MaxResults", json!(50));
    ask(
        "LookupAttributes",
        json!([{"AttributeKey": key, "AttributeValue": value}]),
    );
    if let Some(token) = token {
        ask("NextToken", json!(token));
    }
    request
}

/// The part of an answer that is looked at.
fn kept(tree: &Tree) -> Vec<u8> {
    let events = match tree.get("Events") {
        Some(Tree::List(events)) => events.as_slice(),
        _ => &[],
    };
    let text = |tree: &Tree, name: &str| tree.get(name).and_then(Tree::text).map(str::to_owned);
    let events: Vec<serde_json::Value> = events
        .iter()
        .map(|event| {
            let resources = match event.get("Resources") {
                Some(Tree::List(resources)) => resources.as_slice(),
                _ => &[],
            };
            let resources: Vec<serde_json::Value> = resources
                .iter()
                .map(|one| json!({"ResourceName": text(one, "ResourceName")}))
                .collect();
            json!({
                "EventId": text(event, "EventId"),
                "EventName": text(event, "EventName"),
                "Resources": resources,
                "CloudTrailEvent": text(event, "CloudTrailEvent"),
            })
        })
        .collect();
    json!({ "Events": events }).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_only_what_is_looked_at_is_handed_over() {
        let answer =
            br#"{"Events":[{"EventId":"1","EventName":"DeleteVolume","Username":"sam","EventTime":1764000000.5,
            "Resources":[{"ResourceType":"AWS::EC2::Volume","ResourceName":"vol-0000000a"}],
            "CloudTrailEvent":"{\"eventName\":\"DeleteVolume\"}"}],"NextToken":"t"}"#;
        let tree = Tree::from_json(answer).expect("JSON");
        let kept: serde_json::Value = serde_json::from_slice(&kept(&tree)).expect("JSON");
        assert_eq!(
            kept,
            json!({"Events": [{
                "EventId": "1",
                "EventName": "DeleteVolume",
                "Resources": [{"ResourceName": "vol-0000000a"}],
                "CloudTrailEvent": "{\"eventName\":\"DeleteVolume\"}",
            }]})
        );
        assert_eq!(super::kept(&Tree::Null), b"{\"Events\":[]}");
    }
}

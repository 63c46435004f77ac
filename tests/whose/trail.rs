//! `whose triage` asks CloudTrail who did it.
//!
//! The emulator knows no `LookupEvents`, so a server here answers it in the shape that AWS documents (AWS CloudTrail API
//! Reference, "LookupEvents"; User Guide, "CloudTrail record contents"). Everything else comes from a recorded account.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};

use crate::cli::run;
use crate::harness::{REGIONS, account, states, whose_at};
use crate::wire::{Answer, Request, Service, serve};

/// What was asked, when and in which region.
type Asked = Arc<Mutex<Vec<(Instant, String, Value)>>>;

fn trail(
    answer: impl Fn(&str, &Value) -> Result<Value, (u16, &'static str)> + Send + Sync + 'static,
) -> (Service, Asked) {
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    let service = serve(move |request: Request| {
        let target = request.header("x-amz-target").unwrap_or_default();
        assert_eq!(
            target,
            "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
        );
        let scope = request.header("authorization").unwrap_or_default();
        assert!(scope.contains("/cloudtrail/aws4_request"), "{scope}");
        let region = scope.split('/').nth(2).expect("a region").to_owned();
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let (status, body) = match answer(&region, &body) {
            Ok(answer) => (200, answer),
            Err((status, code)) => (
                status,
                json!({"__type": format!("com.amazonaws.cloudtrail#{code}"), "message": "CANARY-error-message"}),
            ),
        };
        let at = Instant::now();
        kept.lock()
            .expect("not poisoned")
            .push((at, region, serde_json::from_str(&request.body).expect("JSON")));
        request.respond(&Answer {
            status,
            content_type: "application/x-amz-json-1.1".to_owned(),
            body: body.to_string().into_bytes(),
        });
    });
    (service, asked)
}

fn event(id: &str, time: &str, name: &str, agent: &str, resource: &str) -> Value {
    let record = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:sam",
            "arn": "arn:aws:sts::123456789012:assumed-role/admin/sam",
            "accountId": "123456789012",
            "accessKeyId": "ASIAEXAMPLE"
        },
        "eventTime": time,
        "eventSource": "rds.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": agent,
        "requestParameters": {"masterUserPassword": "CANARY-db-password-7f3a"},
        "responseElements": null,
        "eventID": id,
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "123456789012"
    });
    json!({
        "EventId": id,
        "EventName": name,
        "ReadOnly": "false",
        "AccessKeyId": "ASIAEXAMPLE",
        "EventTime": 1_764_000_000.0,
        "EventSource": "rds.amazonaws.com",
        "Username": "sam",
        "Resources": [{"ResourceType": "AWS::RDS::DBInstance", "ResourceName": resource}],
        "CloudTrailEvent": record.to_string()
    })
}

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) \
                         terraform-provider-aws/5.100.0 aws-sdk-go-v2/1.36.3";

/// Triage of the destroyed story, with CloudTrail at `url`.
fn triage(url: &str, format: &str) -> (String, String, i32) {
    let mut command = whose_at(&account("story-destroyed"));
    command
        .args(["triage", "--no-config", "--kind", "described", "--region", REGIONS])
        .args(["--state", &states("story-demo"), "--format", format])
        .env("AWS_ENDPOINT_URL_CLOUDTRAIL", url)
        .env("AWS_MAX_ATTEMPTS", "1");
    run(&mut command)
}

#[test]
fn who_did_it_is_asked_page_by_page_and_never_too_fast() {
    let (service, asked) = trail(|region, ask| {
        if region != "eu-west-1" {
            return Err((400, "ThrottlingException"));
        }
        let attribute = &ask["LookupAttributes"][0];
        if attribute["AttributeKey"] == "ResourceName" {
            let name = attribute["AttributeValue"].as_str().unwrap_or_default();
            let events = if name == "platform" {
                vec![event(
                    "1",
                    "2026-11-24T10:03:59Z",
                    "DeleteDBInstance",
                    TERRAFORM,
                    "platform",
                )]
            } else {
                Vec::new()
            };
            return Ok(json!({"Events": events}));
        }
        assert_eq!(
            attribute,
            &json!({"AttributeKey": "ReadOnly", "AttributeValue": "false"})
        );
        match ask["NextToken"].as_str() {
            None => Ok(json!({
                "Events": [
                    event("1", "2026-11-24T10:03:59Z", "DeleteDBInstance", TERRAFORM, "platform"),
                    event("2", "2026-11-24T10:03:10Z", "DeleteVpc", TERRAFORM, "vpc-0"),
                ],
                "NextToken": "second"
            })),
            Some("second") => Ok(json!({"Events": [
                event("3", "2026-11-24T09:00:10Z", "ModifyDBInstance", "console.amazonaws.com", "platform"),
                event("4", "2026-11-24T08:59:10Z", "DeleteKeyPair", "aws-cli/2.22.7 md/awscrt#0.23.4", "old"),
                event("5", "2026-11-24T08:58:10Z", "DeleteKeyPair", "claude-code/2.0 aws-cli/2.22.7", "old"),
            ]})),
            Some(_) => Err((400, "InvalidNextTokenException")),
        }
    });
    let (out, err, _) = triage(&service.url, "json");
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    let who = &found["who"];
    let groups: Vec<String> = who["groups"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            format!(
                "{} {} {} {}",
                one["minute"], one["tool"], one["calls"], one["touches_lost"]
            )
        })
        .collect();
    assert_eq!(
        groups,
        [
            r#""2026-11-24T10:03:00Z" "terraform" {"DeleteDBInstance":1,"DeleteVpc":1} true"#,
            r#""2026-11-24T09:00:00Z" "console" {"ModifyDBInstance":1} true"#,
            r#""2026-11-24T08:59:00Z" "cli" {"DeleteKeyPair":1} false"#,
            r#""2026-11-24T08:58:00Z" "agent" {"DeleteKeyPair":1} false"#,
        ]
    );
    assert_eq!(
        who["groups"][0]["principal"],
        "arn:aws:sts::123456789012:assumed-role/admin/sam"
    );
    // The other region did not answer, and that is said.
    assert_eq!(who["status"], "partly");
    let why = who["detail"].as_str().expect("a reason");
    assert!(
        why.contains("us-east-1") && why.contains("ThrottlingException"),
        "{why}"
    );
    assert!(!out.contains("CANARY") && !err.contains("CANARY"));

    let asked = asked.lock().expect("not poisoned");
    let calls: Vec<_> = asked.iter().filter(|(_, region, _)| region == "eu-west-1").collect();
    assert!(calls.len() >= 3, "{calls:?}");
    for pair in calls.windows(2) {
        let apart = pair[1].0.duration_since(pair[0].0).as_millis();
        assert!(
            apart >= 500,
            "two calls a second are allowed, these are {apart} ms apart"
        );
    }
    for (_, _, ask) in &calls {
        let days = (ask["EndTime"].as_i64().expect("a time") - ask["StartTime"].as_i64().expect("a time")) / 86_400;
        assert_eq!((days, &ask["MaxResults"]), (7, &json!(50)), "{ask}");
    }
}

#[test]
fn a_trail_that_cannot_be_read_is_said_and_triage_goes_on() {
    let (service, _) = trail(|_, _| Err((400, "AccessDeniedException")));
    let (out, err, code) = triage(&service.url, "json");
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
    assert!(matches!(code, 3 | 4), "{err}");
    assert!(found["gone"].as_array().expect("a list").len() > 40);
    assert_eq!(found["who"]["status"], "unreadable");
    let why = found["who"]["detail"].as_str().expect("a reason");
    assert!(
        why.contains("cloudtrail:LookupEvents") && why.contains("AccessDenied"),
        "{why}"
    );
    let (out, ..) = triage(&service.url, "human");
    assert!(out.contains("CloudTrail could not be read: eu-west-1: "), "{out}");
}

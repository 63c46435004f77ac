//! Rows against canned answers: some by hand, and every row against answers that are made from the row itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json};

use super::super::list::{End, Group, Run};
use super::super::{Detail, Row, describe, rows, services};
use crate::aws::Clients;
use crate::aws::call::{Place, Protocol};
use crate::aws::fault::Reason;
use crate::aws::replay::{Replay, clients_on};
use crate::model::{Live, Origin, Symbol};

pub(super) fn group_of(kind: &str) -> &'static Group {
    Group::roots()
        .iter()
        .find(|group| group.all_kinds().contains(&kind))
        .unwrap_or_else(|| panic!("no group lists {kind}"))
}

pub(super) async fn listed(
    clients: &Clients,
    group: &'static Group,
    only: &[&str],
) -> (Vec<Live>, BTreeMap<&'static str, End>) {
    let only: FxHashSet<&str> = only.iter().copied().collect();
    let place = Place {
        partition: Symbol::known("aws"),
        account: Symbol::known("123456789012"),
        region: Symbol::known("eu-west-1"),
    };
    let region = if group.is_global() { "global" } else { "eu-west-1" };
    let run = Run::new(clients, place, Symbol::known(region), &only);
    run.list(group).await;
    run.finish()
}

#[test]
fn the_table_is_read_whole() {
    let lines = include_str!("../../table/kinds.jsonl").lines().count();
    assert_eq!(
        rows().len(),
        lines,
        "a row cannot be read, or code describes its kind: drop it from the table"
    );
    let own: Vec<_> = rows().iter().filter(|row| !row.is_helper()).collect();
    let free = own.iter().filter(|row| row.parent.is_empty()).count();
    assert!(
        own.len() >= 800 && free >= 690,
        "{} rows, {free} without a parent",
        own.len()
    );
}

#[tokio::test]
async fn json_pages_give_ids_arns_and_names() {
    let replay = Replay::default()
        .answer(
            "ListQueues",
            r#"{"QueueUrls":["https://sqs.example.com/123456789012/a"],"NextToken":"t1"}"#,
        )
        .answer(
            "ListQueues",
            r#"{"QueueUrls":["https://sqs.example.com/123456789012/b"]}"#,
        );
    let (live, ends) = listed(&replay.clients(), group_of("aws_sqs_queue"), &[]).await;
    assert_eq!(ends["aws_sqs_queue"].count, 2);
    assert_eq!(&*live[1].arn, "arn:aws:sqs:eu-west-1:123456789012:b");
    assert_eq!(
        (&*live[1].id, live[1].name.as_deref()),
        ("https://sqs.example.com/123456789012/b", Some("b"))
    );
}

#[tokio::test]
async fn a_repeated_token_is_a_gap_and_what_came_before_it_stays() {
    let page = r#"{"QueueUrls":["https://sqs.example.com/123456789012/a"],"NextToken":"t1"}"#;
    let replay = Replay::default().answer("ListQueues", page).answer("ListQueues", page);
    let (live, ends) = listed(&replay.clients(), group_of("aws_sqs_queue"), &[]).await;
    let fault = ends["aws_sqs_queue"].fault.clone().expect("a gap");
    assert_eq!((live.len(), fault.reason), (2, Reason::RepeatedToken));
}

#[tokio::test]
async fn faults_are_told_by_code_and_never_by_words() {
    for (body, status, reason) in [
        (
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"canary"}"#,
            400,
            Reason::Denied,
        ),
        (
            r#"{"__type":"ThrottlingException","message":"canary"}"#,
            400,
            Reason::Throttled,
        ),
        (r#"{"__type":"OptInRequired"}"#, 400, Reason::NotEnabled),
        (r#"{"__type":"UnknownOperationException"}"#, 400, Reason::NotOffered),
        ("<html><title>canary</title></html>", 500, Reason::Other),
        (r#"{"QueueUrls":"#, 200, Reason::Broken),
        ("", 200, Reason::Broken),
    ] {
        let replay = Replay::default().fail("ListQueues", status, body);
        let (live, ends) = listed(&replay.clients(), group_of("aws_sqs_queue"), &[]).await;
        let fault = ends["aws_sqs_queue"].fault.clone().expect("a gap");
        assert_eq!((live.len(), fault.reason), (0, reason), "{body}");
        assert!(!format!("{fault} {fault:?}").contains("canary"));
    }
}

#[tokio::test]
async fn children_come_after_their_parents_and_a_failed_parent_is_their_gap_too() {
    let zones = |id: &str, more: bool| {
        let next = if more {
            "<IsTruncated>true</IsTruncated><NextMarker>m</NextMarker>"
        } else {
            "<IsTruncated>false</IsTruncated>"
        };
        format!(
            "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/{id}</Id><Name>example.com.</Name></HostedZone></HostedZones>{next}</ListHostedZonesResponse>"
        )
    };
    let records = |name: &str, next: &str| {
        format!(
            "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>{name}</Name><Type>A</Type></ResourceRecordSet></ResourceRecordSets>{next}</ListResourceRecordSetsResponse>"
        )
    };
    let more = "<IsTruncated>true</IsTruncated><NextRecordName>b.example.com.</NextRecordName><NextRecordType>A</NextRecordType>";
    let end = "<IsTruncated>false</IsTruncated>";
    let replay = Replay::default()
        .answer("GET /2013-04-01/hostedzone?maxitems=100", &zones("Z1", true))
        .answer("GET /2013-04-01/hostedzone?maxitems=100&marker=m", &zones("Z2", false))
        .answer(
            "GET /2013-04-01/hostedzone/Z1/rrset?maxitems=100",
            &records("\\052.example.com.", more),
        )
        .answer(
            "GET /2013-04-01/hostedzone/Z1/rrset?maxitems=100&name=b.example.com.&type=A",
            &records("b.example.com.", end),
        )
        .fail(
            "GET /2013-04-01/hostedzone/Z2/rrset?maxitems=100",
            403,
            "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
        );
    let group = group_of("aws_route53_record");
    let (live, ends) = listed(&replay.clients(), group, &["aws_route53_zone", "aws_route53_record"]).await;
    let ids: Vec<_> = live
        .iter()
        .filter(|one| one.kind == "aws_route53_record")
        .map(|one| &*one.id)
        .collect();
    assert_eq!(ids, ["Z1_*.example.com_A", "Z1_b.example.com_A"]);
    assert!(live.iter().all(|one| one.region == "global"));
    assert_eq!(ends["aws_route53_zone"].count, 2);
    assert!(ends["aws_route53_zone"].fault.is_none());
    assert_eq!(
        ends["aws_route53_record"].fault.as_ref().map(|fault| fault.reason),
        Some(Reason::Denied)
    );

    let replay = Replay::default().fail(
        "GET /2013-04-01/hostedzone?maxitems=100",
        403,
        "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
    );
    let (_, ends) = listed(&replay.clients(), group, &["aws_route53_record"]).await;
    let record = &ends["aws_route53_record"];
    assert_eq!(record.fault.as_ref().map(|fault| fault.reason), Some(Reason::Denied));
    assert!(
        record
            .detail
            .as_deref()
            .is_some_and(|text| text.contains("aws_route53_zone")),
        "{record:?}"
    );
    assert!(!ends.contains_key("aws_route53_zone"), "it was not asked for");
}

#[tokio::test]
async fn roles_come_in_bulk_with_tags_references_and_origin() {
    let replay = Replay::default().answer(
        "GetAccountAuthorizationDetails",
        "<R><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated><RoleDetailList>\
         <member><Path>/</Path><RoleName>web</RoleName><Arn>arn:aws:iam::123456789012:role/web</Arn>\
           <CreateDate>2026-01-02T03:04:05Z</CreateDate>\
           <RolePolicyList><member><PolicyName>p</PolicyName><PolicyDocument>canary-of-a-document</PolicyDocument></member></RolePolicyList>\
           <AttachedManagedPolicies><member><PolicyName>p</PolicyName><PolicyArn>arn:aws:iam::123456789012:policy/p</PolicyArn></member></AttachedManagedPolicies>\
           <Tags><member><Key>Project</Key><Value>shop</Value></member></Tags></member>\
         <member><Path>/aws-service-role/x/</Path><RoleName>AWSServiceRoleForX</RoleName>\
           <Arn>arn:aws:iam::123456789012:role/aws-service-role/x/AWSServiceRoleForX</Arn></member>\
         </RoleDetailList></GetAccountAuthorizationDetailsResult></R>",
    );
    let (live, _) = listed(&replay.clients(), group_of("aws_iam_role"), &[]).await;
    let role = live.iter().find(|one| one.kind == "aws_iam_role").expect("a role");
    assert_eq!((&*role.id, role.tags.get("Project")), ("web", Some("shop")));
    let uses: Vec<_> = role
        .references
        .iter()
        .map(|one| (one.via.as_str(), &*one.target))
        .collect();
    assert_eq!(uses, [("policy_arn", "arn:aws:iam::123456789012:policy/p")]);
    assert_eq!(live.iter().filter(|one| one.kind == "aws_iam_role").count(), 1);
    let linked = live
        .iter()
        .find(|one| one.kind == "aws_iam_service_linked_role")
        .expect("one");
    assert!(matches!(linked.origin, Origin::AwsMade(_)));
    assert!(!format!("{live:?}").contains("canary"));
}

// --- every row ------------------------------------------------------------------------------------------------------

/// Answers every call with two pages of one item each, made from the rows that the call answers.
#[derive(Clone, Debug, Default)]
struct FromRows {
    /// What each page shall hold, by operation.
    answers: Arc<Mutex<BTreeMap<String, Vec<String>>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl HttpClient for FromRows {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for FromRows {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request
            .body()
            .bytes()
            .map(String::from_utf8_lossy)
            .unwrap_or_default()
            .into_owned();
        self.calls
            .lock()
            .expect("not poisoned")
            .push(format!("{} {} {body}", request.method(), request.uri()));
        let mut answers = self.answers.lock().expect("not poisoned");
        // One row is asked at a time: whatever is asked, the next page is the answer.
        let next = answers
            .values_mut()
            .next()
            .filter(|pages| !pages.is_empty())
            .map(|pages| pages.remove(0));
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            200.try_into().expect("a status"),
            SdkBody::from(next.unwrap_or_else(|| "{}".to_owned())),
        )))
    }
}

/// Puts a value at a path; a list gets one item.
fn put(at: &mut Json, path: &str, value: &str) {
    if path == "." {
        *at = Json::from(value);
        return;
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    if !at.is_object() {
        *at = Json::Object(Map::new());
    }
    let fields = at.as_object_mut().expect("an object");
    let (name, list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
    let mut place = fields.entry(name.to_owned()).or_insert(Json::Null);
    if list {
        if !place.is_array() {
            *place = Json::Array(vec![Json::Null]);
        }
        place = &mut place.as_array_mut().expect("a list")[0];
    }
    if rest.is_empty() {
        if !place.is_object() && !place.is_array() && (place.is_null() || !value.starts_with("any")) {
            *place = Json::from(value);
        }
    } else {
        put(place, rest, value);
    }
}

fn xml(value: &Json) -> String {
    match value {
        Json::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value {
                Json::Array(items) => items
                    .iter()
                    .map(|item| format!("<{name}>{}</{name}>", xml(item)))
                    .collect(),
                value => format!("<{name}>{}</{name}>", xml(value)),
            })
            .collect(),
        Json::String(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// The paths of an item that an expression reads.
fn paths(expression: &str) -> Vec<String> {
    let fields: Vec<&str> = if expression.contains('{') {
        expression
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect()
    } else {
        vec![expression]
    };
    fields
        .into_iter()
        .filter_map(|field| field.split("||").next()?.split('|').next())
        .filter(|path| {
            !path.is_empty()
                && !path.starts_with("detail:")
                && !path.starts_with("parent.")
                && !matches!(*path, "partition" | "account" | "region" | "each")
        })
        .map(str::to_owned)
        .collect()
}

/// An item of the row's kind, the `number`-th.
fn item(row: &Row, number: usize) -> Json {
    let mut item = Json::Null;
    for expression in [row.id.0, row.name.0] {
        for path in paths(expression) {
            put(&mut item, &path, &format!("any-{number}"));
        }
    }
    for path in paths(row.arn.0) {
        let value = if row.arn.contains('{') {
            format!("any-{number}")
        } else {
            format!("arn:aws:service:eu-west-1:123456789012:thing/any-{number}")
        };
        let own = paths(row.id.0).contains(&path);
        if !own || !row.arn.contains('{') {
            put(&mut item, &path, &value);
        }
    }
    for condition in &row.keep {
        for test in condition.split(" && ") {
            let at = ["==", "!=", "^=", "~="]
                .iter()
                .filter_map(|operator| test.find(operator))
                .min();
            let Some(at) = at else {
                let path = test.trim_end_matches('?').split('|').next().unwrap_or_default();
                put(&mut item, path, "any");
                continue;
            };
            let (path, operator, wanted) = (&test[..at], &test[at..at + 2], &test[at + 2..]);
            let path = path.split('|').next().unwrap_or_default();
            if path.starts_with("detail:") {
                continue;
            }
            let value = match operator {
                "==" => wanted.to_owned(),
                "^=" => format!("{wanted}{number}"),
                "~=" => wanted.replace('*', &format!("x{number}")),
                _ => format!("any-{number}"),
            };
            if path == "." {
                item = Json::from(value);
            } else {
                put(&mut item, path, &value);
            }
        }
    }
    item
}

/// A page with one item, and the token of the next one where there is one.
pub(super) fn page(row: &Row, number: usize, last: bool) -> String {
    let mut answer = Json::Object(Map::new());
    put(&mut answer, row.items.0, "");
    let mut at = &mut answer;
    for step in row.items.split('.') {
        let (name, list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        at = &mut at[name];
        if list {
            at = &mut at[0];
        }
    }
    *at = item(row, number);
    if !row.more.is_empty() {
        put(&mut answer, row.more.0, if last { "false" } else { "true" });
    }
    if !last {
        for (_, path) in &row.tokens {
            if !path.starts_with("@last:") {
                put(&mut answer, path.0, "next");
            }
        }
    }
    let service = services::find(&row.service).expect("a service");
    match service.protocol {
        Protocol::Json { .. } | Protocol::RestJson => answer.to_string(),
        Protocol::Query => format!("<R><{op}Result>{}</{op}Result></R>", xml(&answer), op = row.op.0),
        Protocol::Ec2 | Protocol::RestXml => format!("<R>{}</R>", xml(&answer)),
    }
}

/// The answer of a call for details: what the row reads of it.
pub(super) fn detail_answer(row: &Row, detail: &Detail) -> String {
    let mut answer = Json::Object(Map::new());
    let at = if detail.path.is_empty() {
        String::new()
    } else {
        format!("{}.", detail.path.0)
    };
    let keep = row.keep.iter().map(|condition| condition.0);
    for expression in [row.id.0, row.name.0, row.arn.0].into_iter().chain(keep) {
        for piece in expression.split("detail:").skip(1) {
            let path = piece
                .split(['}', '|', '=', '!', '^', '~', '?', ' '])
                .next()
                .unwrap_or_default();
            let value = piece.split_once("==").map_or("any-1", |(_, wanted)| wanted);
            put(&mut answer, &format!("{at}{path}"), value);
        }
    }
    let service = services::find(&row.service).expect("a service");
    match service.protocol {
        Protocol::Json { .. } | Protocol::RestJson => answer.to_string(),
        Protocol::Query => format!("<R><{op}Result>{}</{op}Result></R>", xml(&answer), op = detail.op.0),
        Protocol::Ec2 | Protocol::RestXml => format!("<R>{}</R>", xml(&answer)),
    }
}

/// Rows that cannot be tried this way, with the reason.
const OTHERWISE: &[(&str, &str)] = &[("timestream", "the service is asked for its endpoint first")];

#[tokio::test]
async fn every_row_without_a_parent_reads_all_its_pages() {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for row in rows() {
        if !row.parent.is_empty()
            || row.detail.is_some()
            || !describe::of(row.kind.0).is_empty()
            || !row.each.is_empty()
            || OTHERWISE.iter().any(|(service, _)| row.service.starts_with(service))
        {
            continue;
        }
        let http = FromRows::default();
        let paged = !row.tokens.is_empty();
        let pages = if paged {
            vec![page(row, 1, false), page(row, 2, true)]
        } else {
            vec![page(row, 1, true)]
        };
        let wanted = pages.len();
        http.answers
            .lock()
            .expect("not poisoned")
            .insert(String::new(), pages.clone());
        let group = group_of(row.kind.0);
        let only = if row.is_helper() {
            group.kinds()
        } else {
            vec![row.kind.0]
        };
        let (live, ends) = listed(&clients_on(http.clone()), group, &only).await;
        tried += 1;
        let of_kind: BTreeSet<&str> = live
            .iter()
            .filter(|one| one.kind == row.kind.0)
            .map(|one| &*one.id)
            .collect();
        let fault = ends.get(row.kind.0).and_then(|end| end.fault.clone());
        if !row.is_helper() && (of_kind.len() != wanted || fault.is_some()) {
            wrong.push(format!(
                "{}: {of_kind:?} of {wanted}, {fault:?} in {pages:?}",
                row.kind.0
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 650, "{tried}");
}

#[tokio::test]
async fn every_group_that_is_denied_is_a_gap_of_all_its_kinds() {
    #[derive(Clone, Debug)]
    struct Denied;
    impl HttpClient for Denied {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }
    impl HttpConnector for Denied {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let mut answer = HttpResponse::new(403.try_into().expect("a status"), SdkBody::from("canary"));
            answer
                .headers_mut()
                .insert("x-amzn-errortype", "AccessDeniedException:http://example.com/");
            HttpConnectorFuture::ready(Ok(answer))
        }
    }
    let clients = clients_on(Denied);
    for group in Group::roots() {
        let (live, ends) = listed(&clients, group, &[]).await;
        assert!(live.is_empty());
        for kind in group.kinds() {
            let fault = ends.get(kind).and_then(|end| end.fault.clone());
            assert_eq!(fault.map(|fault| fault.reason), Some(Reason::Denied), "{kind}");
        }
    }
}

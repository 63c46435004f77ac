//! Every row of the table against every way in which its answer can fail: a gap of its kind, and never a shorter list.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::super::{Row, rows, services};
use super::conformance::{detail_answer, group_of, listed, page};
use crate::aws::call::Protocol;
use crate::aws::replay::clients_on;
use crate::model::CellStatus;

/// How the list call of a row fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It does not: shows that the row is reached at all.
    Well,
    Denied,
    Throttled,
    /// So many hundredths of the answer come.
    Cut(usize),
    /// A page for people, with this status.
    Html(u16),
    TokenRepeats,
    SecondPageDenied,
}

const MODES: &[Mode] = &[
    Mode::Well,
    Mode::Denied,
    Mode::Throttled,
    Mode::Cut(0),
    Mode::Cut(50),
    Mode::Cut(98),
    Mode::Html(200),
    Mode::Html(502),
    Mode::TokenRepeats,
    Mode::SecondPageDenied,
];

/// What stands in every error and must come out nowhere.
const CANARY: &str = "canary-of-a-message";

/// Answers for a row and those that it stands under.
#[derive(Clone, Debug)]
struct Faulty {
    /// From the root down; the last is the row itself.
    chain: Arc<Vec<&'static Row>>,
    mode: Mode,
    /// How deep the chain has been asked for: what stands under something comes after it.
    reached: Arc<Mutex<usize>>,
    /// Calls of the row itself.
    calls: Arc<Mutex<usize>>,
}

impl HttpClient for Faulty {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, html, body) = self.answer(&request);
        let mut answer = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
        if html {
            answer.headers_mut().insert("content-type", "text/html");
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl Faulty {
    fn answer(&self, request: &HttpRequest) -> (u16, bool, String) {
        let asks = |row: &Row| is_of(request, row.service.0, row.op.0, row.uri.0, row.method.0);
        let mut reached = self.reached.lock().expect("not poisoned");
        // The deepest first: a path of a child may look like its parent's.
        let Some(at) = (0..=*reached).rev().find(|at| asks(self.chain[*at])) else {
            return (200, false, self.besides(request));
        };
        let row = self.chain[at];
        if at + 1 < self.chain.len() {
            *reached = (at + 1).max(*reached);
            return (200, false, page(row, 1, true));
        }
        let number = {
            let mut calls = self.calls.lock().expect("not poisoned");
            *calls += 1;
            *calls
        };
        match self.mode {
            Mode::Well => (200, false, page(row, 1, true)),
            Mode::TokenRepeats => (200, false, page(row, 1, false)),
            Mode::SecondPageDenied if number == 1 => (200, false, page(row, 1, false)),
            Mode::SecondPageDenied | Mode::Denied => error(row, 403, "AccessDenied", "UnauthorizedOperation"),
            Mode::Throttled => error(row, 400, "Throttling", "RequestLimitExceeded"),
            Mode::Cut(hundredths) => {
                let mut whole = page(row, 1, true);
                whole.truncate(whole.len() * hundredths / 100);
                (200, false, whole)
            }
            Mode::Html(status) => (status, status != 200, format!("<html><body>{CANARY}</body></html>")),
        }
    }

    /// Details of an item, or the endpoint that a service names.
    fn besides(&self, request: &HttpRequest) -> String {
        let details = self.chain.iter().filter_map(|row| Some((row, row.detail.as_ref()?)));
        for (row, detail) in details {
            if is_of(request, row.service.0, detail.op.0, detail.uri.0, detail.method.0) {
                return detail_answer(row, detail);
            }
        }
        let json = request
            .headers()
            .get("content-type")
            .is_none_or(|kind| kind.contains("json"));
        if json {
            r#"{"Endpoints":[{"Address":"localhost","CachePeriodInMinutes":1}]}"#.to_owned()
        } else {
            "<R/>".to_owned()
        }
    }
}

fn error(row: &Row, status: u16, code: &str, of_ec2: &str) -> (u16, bool, String) {
    let service = services::find(&row.service).expect("a service");
    let body = match service.protocol {
        Protocol::Json { .. } | Protocol::RestJson => {
            format!(r#"{{"__type":"x#{code}Exception","message":"{CANARY}"}}"#)
        }
        Protocol::Ec2 => format!(
            "<Response><Errors><Error><Code>{of_ec2}</Code><Message>{CANARY}</Message></Error></Errors></Response>"
        ),
        Protocol::Query | Protocol::RestXml => {
            format!("<ErrorResponse><Error><Code>{code}</Code><Message>{CANARY}</Message></Error></ErrorResponse>")
        }
    };
    (status, false, body)
}

/// Says whether a request asks for an operation.
fn is_of(request: &HttpRequest, service: &str, operation: &str, uri: &str, method: &str) -> bool {
    let protocol = services::find(service).expect("a service").protocol;
    match protocol {
        Protocol::Json { .. } => {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            target.rsplit('.').next() == Some(operation)
        }
        Protocol::Query | Protocol::Ec2 => {
            let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
            body.split('&')
                .any(|pair| pair.strip_prefix("Action=") == Some(operation))
        }
        Protocol::RestJson | Protocol::RestXml => {
            let asked = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
            let asked: Vec<&str> = asked.split('?').next().unwrap_or_default().split('/').collect();
            let uri = uri.trim_start_matches('/').split('?').next().unwrap_or_default();
            // A placeholder may hold what would part it, within its braces.
            let mut segments = vec![String::new()];
            let mut depth = 0_usize;
            for c in uri.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    '/' if depth == 0 => segments.push(String::new()),
                    _ => {}
                }
                if (c != '/' || depth > 0)
                    && let Some(last) = segments.last_mut()
                {
                    last.push(c);
                }
            }
            let method = if method.is_empty() { "POST" } else { method };
            request.method() == method
                && segments.len() == asked.len()
                && segments
                    .iter()
                    .zip(asked)
                    .all(|(wanted, said)| wanted.contains('{') || wanted == said)
        }
    }
}

/// A row with those that it stands under, from the root down.
fn chain_of(row: &'static Row) -> Vec<&'static Row> {
    let mut chain = vec![row];
    while let Some(parent) = chain
        .last()
        .and_then(|row| row.parent.iter().find(|parent| parent.0 != row.kind.0))
    {
        let parent = rows().iter().find(|row| row.kind == *parent).expect("a parent");
        assert!(chain.len() < 6, "{} has no root", row.kind.0);
        chain.push(parent);
    }
    chain.reverse();
    chain
}

/// What is wrong with how a row takes a failure.
async fn wrong(row: &'static Row, mode: Mode) -> Option<String> {
    let http = Faulty {
        chain: Arc::new(chain_of(row)),
        mode,
        reached: Arc::default(),
        calls: Arc::default(),
    };
    let group = group_of(http.chain[0].kind.0);
    let (live, ends) = listed(&clients_on(http.clone()), group, &[row.kind.0]).await;
    let of_kind: BTreeSet<&str> = live
        .iter()
        .filter(|one| one.kind == row.kind.0)
        .map(|one| &*one.id)
        .collect();
    let fault = ends.get(row.kind.0).and_then(|end| end.fault.clone());
    let calls = *http.calls.lock().expect("not poisoned");
    if calls == 0 {
        return Some("never called".to_owned());
    }
    if mode == Mode::Well {
        return (of_kind.len() != 1 || fault.is_some()).then(|| format!("{of_kind:?}, {fault:?}"));
    }
    let Some(fault) = fault else {
        return Some(format!("no gap, and {} listed", of_kind.len()));
    };
    let expected = match mode {
        Mode::Denied | Mode::SecondPageDenied => CellStatus::Denied,
        Mode::Throttled => CellStatus::Throttled,
        _ => CellStatus::Failed,
    };
    let pages = matches!(mode, Mode::TokenRepeats | Mode::SecondPageDenied);
    if fault.status() != expected {
        Some(format!("{fault}"))
    } else if !pages && !of_kind.is_empty() {
        Some(format!("{of_kind:?} listed"))
    } else if format!("{fault} {fault:?} {ends:?}").contains(CANARY) {
        Some("the message came out".to_owned())
    } else {
        None
    }
}

#[test]
fn every_failure_of_every_row_is_a_gap_of_its_kind() {
    let rows: Vec<&'static Row> = rows().iter().filter(|row| !row.is_helper()).collect();
    assert!(rows.len() > 800);
    let found = Mutex::new(Vec::new());
    let tried = Mutex::new(0);
    std::thread::scope(|scope| {
        for half in rows.chunks(rows.len().div_ceil(2)) {
            let (found, tried) = (&found, &tried);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime");
                for row in half {
                    for mode in MODES {
                        let pages = matches!(mode, Mode::TokenRepeats | Mode::SecondPageDenied);
                        if pages && row.tokens.is_empty() {
                            continue;
                        }
                        if let Some(why) = runtime.block_on(wrong(row, *mode)) {
                            found
                                .lock()
                                .expect("not poisoned")
                                .push(format!("{} {mode:?}: {why}", row.kind.0));
                        }
                        *tried.lock().expect("not poisoned") += 1;
                    }
                }
            });
        }
    });
    let (found, tried) = (
        found.into_inner().expect("not poisoned"),
        tried.into_inner().expect("not poisoned"),
    );
    assert!(found.is_empty(), "{} of {tried}:\n{}", found.len(), found.join("\n"));
    assert!(tried > 7500, "{tried}");
}

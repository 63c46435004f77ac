//! A proxy in front of an account that lets chosen operations fail in the ways in which AWS fails, and keeps a record
//! of every operation that it saw.
//!
//! The emulator neither denies, throttles nor answers EC2 in pages, so all that happens here. Answers of the account
//! are kept: it must not change while a proxy stands before it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::Value;

use crate::wire::{Answer, Request, Service, children, field, send, serve};

/// How an operation fails, or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The caller may not do it.
    Denied,
    /// The service asks to slow down, each time.
    Throttled,
    /// No answer comes.
    Hangs,
    /// Only so many thousandths of the answer come, though it says that it is whole.
    Cut(usize),
    /// A page in HTML with this status, as from something between here and there.
    Html(u16),
    /// The first page comes again and again, with one token.
    TokenRepeats,
    /// The answer comes in two pages, of which the first is empty where there is one item only.
    TwoPages,
    /// The first page comes; the second is denied.
    SecondPageDenied,
    /// An error of the service's own.
    Code(u16, &'static str),
}

/// Where a fault strikes.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// `ec2:DescribeVpcs`, or `*` for all but those by which a scan begins.
    pub(crate) action: String,
    /// Any region where none is given.
    pub(crate) region: Option<&'static str>,
    pub(crate) fault: Fault,
}

/// A rule for all regions.
pub(crate) fn rule(action: &str, fault: Fault) -> Rule {
    Rule {
        action: action.to_owned(),
        region: None,
        fault,
    }
}

/// What stands in every error's message, and must come out nowhere.
pub(crate) const MESSAGE: &str = "CANARY-error-message-44ce";

/// The operations by which a scan begins.
pub(crate) const FIRST: [&str; 2] = ["sts:GetCallerIdentity", "ec2:DescribeRegions"];

/// What a scan asked for: operation and region, with the number of items that it was told of.
pub(crate) type Seen = BTreeMap<(String, String), usize>;

pub(crate) struct Proxy {
    pub(crate) url: String,
    inner: Arc<Inner>,
    _service: Service,
}

struct Inner {
    upstream: String,
    rules: Vec<Rule>,
    seen: Mutex<Seen>,
    /// Further pages, by token.
    pages: Mutex<HashMap<String, Answer>>,
    /// Requests that wait for an answer in vain.
    held: Mutex<Vec<Request>>,
}

impl Proxy {
    pub(crate) fn start(upstream: &str, rules: Vec<Rule>) -> Self {
        let inner = Arc::new(Inner {
            upstream: upstream.to_owned(),
            rules,
            seen: Mutex::default(),
            pages: Mutex::default(),
            held: Mutex::default(),
        });
        let service = {
            let inner = Arc::clone(&inner);
            serve(move |request| inner.serve(request))
        };
        Self {
            url: service.url.clone(),
            inner,
            _service: service,
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.inner.seen.lock().expect("not poisoned").clone()
    }
}

/// One request, understood.
struct Call {
    /// `ec2:DescribeVpcs`.
    action: String,
    region: String,
    protocol: Protocol,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// The operation of a REST service, by its path.
fn rest_operation(service: &str, path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    match service {
        "backup" if path.ends_with("/recovery-points/") => Some("ListRecoveryPointsByBackupVault"),
        "backup" if path == "/backup-vaults/" => Some("ListBackupVaults"),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Ec2,
    Query,
    Json,
}

impl Call {
    fn read(request: &Request) -> Self {
        let body = request.body.clone();
        let header = |name: &str| request.header(name).map(str::to_owned);
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let signed = header("authorization").unwrap_or_default();
        let mut scope = signed
            .split("Credential=")
            .nth(1)
            .unwrap_or_default()
            .split('/')
            .skip(2);
        let region = scope.next().unwrap_or_default().to_owned();
        let service = scope.next().unwrap_or_default().to_owned();
        let target = header("x-amz-target");
        let operation = match (&target, rest_operation(&service, &request.path)) {
            (Some(target), _) => target.rsplit('.').next().unwrap_or_default().to_owned(),
            (None, Some(operation)) => operation.to_owned(),
            (None, None) => {
                field(&body, "Action").map_or_else(|| format!("{} {}", request.method, request.path), str::to_owned)
            }
        };
        let protocol = match (&target, service.as_str()) {
            (Some(_), _) | (None, "backup") => Protocol::Json,
            (None, "ec2") => Protocol::Ec2,
            (None, _) => Protocol::Query,
        };
        let kept = ["authorization", "content-type", "x-amz-target"];
        let headers = kept
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), header(name)?)))
            .collect();
        Self {
            action: format!("{service}:{operation}"),
            region,
            protocol,
            method: request.method.clone(),
            path: request.path.clone(),
            headers,
            body,
        }
    }

    /// The token of ours with which it asks for a further page.
    fn token(&self) -> Option<String> {
        let asked = format!("{}\n{}", self.path, self.body);
        let rest = &asked[asked.find("whose-page-")?..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        Some(rest[..end.unwrap_or(rest.len())].to_owned())
    }

    /// An error in the form of the protocol.
    fn error(&self, status: u16, code: &str) -> Answer {
        let (content_type, body) = match self.protocol {
            Protocol::Ec2 => (
                "text/xml",
                format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>{MESSAGE}</Message></Error></Errors>\
                     <RequestID>11111111-2222-3333-4444-555555555555</RequestID></Response>"
                ),
            ),
            Protocol::Query => (
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{MESSAGE}</Message></Error>\
                     <RequestId>11111111-2222-3333-4444-555555555555</RequestId></ErrorResponse>"
                ),
            ),
            Protocol::Json => (
                "application/x-amz-json-1.1",
                format!(r#"{{"__type":"com.amazonaws#{code}","message":"{MESSAGE}"}}"#),
            ),
        };
        Answer {
            status,
            content_type: content_type.to_owned(),
            body: body.into_bytes(),
        }
    }
}

/// What is known of an operation: see `tests/fixtures/reference/make_operations.py`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    /// The element or key of the next page's token; empty where there are no pages.
    pub(crate) token: &'static str,
    pub(crate) items: &'static str,
}

/// Every operation of the services of described kinds that reads.
pub(crate) static OPERATIONS: LazyLock<BTreeMap<&'static str, Operation>> = LazyLock::new(|| {
    let text = include_str!("../fixtures/reference/operations.tsv");
    let rows = text.lines().skip(2).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|row| {
        let operation = Operation {
            token: row[3],
            items: row[4],
        };
        (row[0], operation)
    })
    .collect()
});

/// Answers of the accounts, so that a hundred scans cost one.
static ANSWERS: LazyLock<Mutex<HashMap<String, Answer>>> = LazyLock::new(Mutex::default);

impl Inner {
    fn serve(&self, request: Request) {
        let call = Call::read(&request);
        let fault = self.fault(&call);
        if fault == Some(Fault::Hangs) {
            self.see(&call, 0);
            self.held.lock().expect("not poisoned").push(request);
            return;
        }
        let answer = self.answer(&call, fault);
        let items = items_in(&call, &answer);
        self.see(&call, items);
        request.respond(&answer);
    }

    fn see(&self, call: &Call, items: usize) {
        let mut seen = self.seen.lock().expect("not poisoned");
        *seen.entry((call.action.clone(), call.region.clone())).or_default() += items;
    }

    fn fault(&self, call: &Call) -> Option<Fault> {
        let first = FIRST.contains(&call.action.as_str());
        self.rules
            .iter()
            .find(|rule| {
                (rule.action == call.action || rule.action == "*" && !first)
                    && rule.region.is_none_or(|region| region == call.region)
            })
            .map(|rule| rule.fault)
    }

    fn answer(&self, call: &Call, fault: Option<Fault>) -> Answer {
        if let Some(token) = call.token() {
            if fault == Some(Fault::SecondPageDenied) {
                return denied(call);
            }
            let pages = self.pages.lock().expect("not poisoned");
            return pages
                .get(&token)
                .unwrap_or_else(|| panic!("{token} was never given"))
                .clone();
        }
        match fault {
            None => self.upstream(call),
            Some(Fault::Denied) => denied(call),
            Some(Fault::Throttled) => match call.protocol {
                Protocol::Ec2 => call.error(503, "RequestLimitExceeded"),
                Protocol::Query => call.error(400, "Throttling"),
                Protocol::Json => call.error(400, "ThrottlingException"),
            },
            Some(Fault::Html(status)) => Answer {
                status,
                content_type: "text/html".to_owned(),
                body: format!("<html><body>Bad gateway {MESSAGE}</body></html>").into_bytes(),
            },
            Some(Fault::Cut(thousandths)) => {
                let mut answer = self.upstream(call);
                answer.body.truncate(answer.body.len() * thousandths / 1000);
                answer
            }
            Some(Fault::Code(status, code)) => call.error(status, code),
            Some(Fault::TwoPages | Fault::SecondPageDenied) => self.first_page(call, |_, second| second),
            Some(Fault::TokenRepeats) => self.first_page(call, |first, _| first),
            Some(Fault::Hangs) => unreachable!("held back by the caller"),
        }
    }

    /// Answers with the first half and a token, for which `next` chooses an answer.
    fn first_page(&self, call: &Call, next: impl FnOnce(Answer, Answer) -> Answer) -> Answer {
        let whole = self.upstream(call);
        let mut pages = self.pages.lock().expect("not poisoned");
        let token = format!("whose-page-{}", pages.len() + 1);
        let Some((first, second)) = split(call, &whole, &token) else {
            return whole;
        };
        pages.insert(token, next(first.clone(), second));
        first
    }

    fn upstream(&self, call: &Call) -> Answer {
        let target = call.headers.iter().find(|(name, _)| name == "x-amz-target");
        let key = format!(
            "{} {} {} {} {target:?} {}",
            self.upstream, call.region, call.action, call.path, call.body
        );
        if let Some(known) = ANSWERS.lock().expect("not poisoned").get(&key) {
            return known.clone();
        }
        let answer = send(
            &call.method,
            &self.upstream,
            &call.path,
            &call.headers,
            call.body.as_bytes(),
        );
        ANSWERS.lock().expect("not poisoned").insert(key, answer.clone());
        answer
    }
}

fn denied(call: &Call) -> Answer {
    match call.protocol {
        Protocol::Ec2 => call.error(403, "UnauthorizedOperation"),
        Protocol::Query => call.error(403, "AccessDenied"),
        Protocol::Json => call.error(400, "AccessDeniedException"),
    }
}

/// How many items an answer lists.
fn items_in(call: &Call, answer: &Answer) -> usize {
    let Some(operation) = OPERATIONS.get(call.action.as_str()) else {
        return 0;
    };
    if answer.status >= 300 || operation.items.is_empty() {
        return 0;
    }
    match call.protocol {
        Protocol::Json => serde_json::from_slice::<Value>(&answer.body)
            .ok()
            .and_then(|body| Some(body[operation.items].as_array()?.len()))
            .unwrap_or(0),
        _ => std::str::from_utf8(&answer.body)
            .ok()
            .and_then(|text| children(text, operation.items))
            .map_or(0, |(items, _)| items.len()),
    }
}

/// Cuts an answer in two halves, the first with a token.
///
/// `None` for what has no pages, for errors, and for answers that have a next page already.
fn split(call: &Call, answer: &Answer, token: &str) -> Option<(Answer, Answer)> {
    let operation = OPERATIONS.get(call.action.as_str())?;
    if answer.status >= 300 || operation.items.is_empty() || operation.token.is_empty() {
        return None;
    }
    let with = |body: String| Answer {
        body: body.into_bytes(),
        ..answer.clone()
    };
    if call.protocol == Protocol::Json {
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        if body[operation.token].is_string() {
            return None;
        }
        let items = body[operation.items].as_array().cloned().unwrap_or_default();
        let of = |items: &[Value], token: Option<&str>| {
            let mut page = body.clone();
            page[operation.items] = items.into();
            if let Some(token) = token {
                page[operation.token] = token.into();
            }
            with(page.to_string())
        };
        let (first, second) = items.split_at(items.len() / 2);
        return Some((of(first, Some(token)), of(second, None)));
    }
    let name = call.action.split(':').nth(1).unwrap_or_default();
    let end = match call.protocol {
        Protocol::Ec2 => format!("</{name}Response>"),
        _ => format!("</{name}Result>"),
    };
    let empty_token = format!("<{}/>", operation.token);
    let text = answer.text().replace(&empty_token, "");
    if text.contains(&format!("<{}>", operation.token)) {
        return None;
    }
    let next = format!("<{0}>{token}</{0}>{end}", operation.token);
    let Some((items, range)) = children(&text, operation.items) else {
        // No list at all: an empty one.
        let first = text.replace(&end, &next);
        assert_ne!(first, text, "{}: {text}", call.action);
        return Some((with(first), with(text)));
    };
    let of = |items: &[String]| format!("{}{}{}", &text[..range.start], items.concat(), &text[range.end..]);
    let (first, second) = items.split_at(items.len() / 2);
    let first = of(first).replace(&end, &next);
    assert!(first.contains(token), "{}: {text}", call.action);
    Some((with(first), with(of(second))))
}

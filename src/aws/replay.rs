//! Answers for the tests of kinds: canned bodies instead of a network, by operation, in order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::call::Caller;
use super::clients::Clients;
use super::fault::Fault;
use super::list::{List, ListCx};
use crate::model::{Live, Symbol};

type Answers = BTreeMap<String, Vec<(u16, String)>>;

/// An HTTP client that knows no network.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    answers: Arc<Mutex<Answers>>,
}

impl Replay {
    /// Adds the next answer (HTTP 200) for an operation: `DescribeVpcs`.
    #[must_use]
    pub fn answer(self, operation: &str, body: &str) -> Self {
        self.fail(operation, 200, body)
    }

    /// Adds the next answer for an operation, with its HTTP status.
    #[must_use]
    pub fn fail(self, operation: &str, status: u16, body: &str) -> Self {
        self.answers
            .lock()
            .expect("not poisoned")
            .entry(operation.to_owned())
            .or_default()
            .push((status, body.to_owned()));
        self
    }

    /// Runs a kind's `list` in account 123456789012, region eu-west-1.
    ///
    /// # Errors
    /// The fault that `list` returned.
    ///
    /// # Panics
    /// Where an answer was not asked for.
    pub async fn list(&self, list: List) -> Result<Vec<Live>, Fault> {
        let (live, faults, result) = self.run(list).await;
        result?;
        assert!(faults.is_empty(), "unexpected gaps: {faults:?}");
        let left: Vec<_> = {
            let answers = self.answers.lock().expect("not poisoned");
            answers
                .iter()
                .filter(|(_, left)| !left.is_empty())
                .map(|(name, _)| name.clone())
                .collect()
        };
        assert!(left.is_empty(), "answers that were not asked for: {left:?}");
        Ok(live)
    }

    /// Clients of eu-west-1 that this answers.
    #[must_use]
    pub fn clients(&self) -> Clients {
        clients_on(self.clone())
    }

    /// The same with everything that came of it.
    pub async fn run(&self, list: List) -> (Vec<Live>, Vec<(Symbol, Fault)>, Result<(), Fault>) {
        let clients = self.clients();
        let cx = ListCx::new(&clients, "123456789012".into(), "eu-west-1".into(), "aws".into());
        let result = list(&cx).await;
        let (live, faults) = cx.finish();
        (live, faults, result)
    }
}

/// Clients of eu-west-1 without retries, on any HTTP client.
pub fn clients_on(http: impl HttpClient + 'static) -> Clients {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            aws_credential_types::Credentials::new("AKIAEXAMPLE", "example", None, None, "replay"),
        ))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .http_client(http)
        .build();
    Clients::new(&config, &Arc::new(Caller::new(&config)), Symbol::known("eu-west-1"))
}

impl HttpClient for Replay {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut answers = self.answers.lock().expect("not poisoned");
        let operation = operation_of(&request, &answers);
        let answer = {
            // A test that cares where it is asked names the whole address.
            let key = if answers.contains_key(request.uri()) {
                request.uri()
            } else {
                &operation
            };
            match answers.get_mut(key) {
                Some(left) if !left.is_empty() => Some(left.remove(0)),
                _ => None,
            }
        };
        HttpConnectorFuture::ready(match answer {
            Some((status, body)) => {
                let mut response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
                response.headers_mut().insert("content-type", "text/xml");
                Ok(response)
            }
            None => Err(ConnectorError::other(
                format!("no answer left for {operation}").into(),
                None,
            )),
        })
    }
}

/// Names the operation of a request of any of the protocols: `Action=` of query, the target header of JSON; in REST the
/// path, without the slashes at its ends, unless there is an answer for the whole of it: `GET /a?b=c`.
fn operation_of(request: &HttpRequest, answers: &Answers) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    body.split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
        .map_or_else(
            || {
                let after_host = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
                let whole = format!("{} /{after_host}", request.method());
                if answers.contains_key(&whole) {
                    whole
                } else {
                    path_of(request.uri())
                }
            },
            str::to_owned,
        )
}

/// `backup-vaults` of `https://backup.eu-west-1.amazonaws.com/backup-vaults/?maxResults=1000`.
fn path_of(uri: &str) -> String {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = rest.split('?').next().unwrap_or_default();
    let path = path.split_once('/').map_or("", |(_, path)| path);
    path.trim_matches('/').to_owned()
}

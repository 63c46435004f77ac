//! The generic caller: any read operation of any service, from facts alone, on the runtime of the SDK.
//!
//! Credentials, retries, timeouts, pacing, signing and the HTTP client are the SDK's own; here are only the five
//! protocols, which come down to where a parameter stands in the request. It must not know what a kind looks like.

mod service;
mod tree;

use std::sync::{Arc, Mutex, PoisonError};

use aws_runtime::auth::sigv4::{self, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_types::SdkConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use aws_types::service_config::ServiceConfigKey;
use rustc_hash::FxHashMap;
use tokio::task::JoinSet;

pub use service::{Host, Protocol, Service};
pub use tree::{Tree, Unreadable};

use super::fault::{Fault, Reason};
use super::readonly::ReadOnly;
use super::whole::{self, CutOff};
use crate::model::Symbol;

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub partition: Symbol,
    pub account: Symbol,
    pub region: Symbol,
}

/// What is asked; names are those on the wire.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, or empty for `POST`.
    pub method: &'static str,
    /// With placeholders filled in and percent-encoded; empty for `/`.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    pub body: serde_json::Map<String, serde_json::Value>,
}

/// Makes calls; one for all regions of an account.
pub struct Caller {
    config: SdkConfig,
    identity: Option<SharedIdentityResolver>,
    /// The endpoint that a service names by itself, by service and region.
    discovered: Mutex<FxHashMap<(&'static str, Symbol), Arc<str>>>,
}

/// One operation of one service in one place, ready to be called for every page.
pub struct Call {
    service: &'static Service,
    operation: Operation<Request, Tree, Refusal>,
    action: &'static str,
    pub place: Place,
    /// The endpoint is not AWS's own: it was named by the settings of the caller.
    elsewhere: bool,
}

impl Caller {
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            identity: config.credentials_provider().map(SharedIdentityResolver::new),
            config: config.clone(),
            discovered: Mutex::default(),
        }
    }

    /// The endpoint that the settings name for a service: `AWS_ENDPOINT_URL_…`, `AWS_ENDPOINT_URL`, or the profile's.
    fn override_of(&self, service: &Service) -> Option<String> {
        let own = self.config.service_config().and_then(|settings| {
            let key = ServiceConfigKey::builder()
                .service_id(service.id)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build()
                .ok()?;
            settings.load_config(key)
        });
        own.or_else(|| self.config.endpoint_url().map(str::to_owned))
    }

    /// Prepares an operation. `action` is its IAM action, for faults and pacing; `host_prefix` stands before the host.
    ///
    /// # Errors
    /// Where the partition does not have the service, or there are no credentials.
    pub async fn prepare(
        &self,
        service: &'static Service,
        operation: &'static str,
        action: &'static str,
        host_prefix: &str,
        place: Place,
    ) -> Result<Call, Fault> {
        let place = Place {
            region: service.region(&place.partition, place.region),
            ..place
        };
        self.prepare_in(service, operation, action, host_prefix, place).await
    }

    /// The same in exactly that region, though the service may be listed in one for all (buckets).
    ///
    /// # Errors
    /// As [`Caller::prepare`].
    pub async fn prepare_in(
        &self,
        service: &'static Service,
        operation: &'static str,
        action: &'static str,
        host_prefix: &str,
        place: Place,
    ) -> Result<Call, Fault> {
        let named = self.override_of(service);
        let elsewhere = named.is_some();
        let endpoint = match named {
            Some(url) => url,
            None => {
                let fips = self.config.use_fips().unwrap_or(false);
                let host = service
                    .host_name(&place.partition, &place.region, &place.account, fips)
                    .ok_or_else(|| Fault::ours(action, Reason::NotOffered))?;
                format!("https://{host_prefix}{host}")
            }
        };
        let endpoint = if service.discovery.is_empty() || elsewhere || operation == service.discovery {
            endpoint
        } else {
            self.discover(service, &endpoint, action, place).await?
        };
        self.call_at(service, operation, action, place, &endpoint, elsewhere)
    }

    /// Asks a service for its real endpoint
    /// (source: Amazon Timestream developer guide, "The endpoint discovery pattern").
    async fn discover(
        &self,
        service: &'static Service,
        endpoint: &str,
        action: &'static str,
        place: Place,
    ) -> Result<String, Fault> {
        let key = (service.name, place.region);
        let known = self
            .discovered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(known) = known {
            return Ok(known.to_string());
        }
        let answer = self
            .call_at(service, service.discovery, action, place, endpoint, false)?
            .send(Request::default())
            .await?;
        let address = match answer.get("Endpoints") {
            Some(Tree::List(items)) => items.first().and_then(|one| one.get("Address")).and_then(Tree::text),
            _ => None,
        };
        let address: Arc<str> = format!(
            "https://{}",
            address.ok_or_else(|| Fault::ours(action, Reason::Broken))?
        )
        .into();
        self.discovered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(&address));
        Ok(address.to_string())
    }

    fn call_at(
        &self,
        service: &'static Service,
        operation: &'static str,
        action: &'static str,
        place: Place,
        endpoint: &str,
        elsewhere: bool,
    ) -> Result<Call, Fault> {
        let identity = self
            .identity
            .clone()
            .ok_or_else(|| Fault::ours(action, Reason::Credentials))?;
        let is_s3 = matches!(service.signing_name, "s3" | "s3express" | "s3-outposts");
        let mut signing = SigningOptions::default();
        signing.double_uri_encode = !is_s3;
        signing.normalize_uri_path = !is_s3;
        signing.content_sha256_header = is_s3 || service.name == "glacier";
        let mut layer = Layer::new("generic caller");
        layer.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(place.region.as_str()))),
            name: Some(SigningName::from_static(service.signing_name)),
            signing_options: signing,
            ..SigV4OperationSigningConfig::default()
        });
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(ApiMetadata::new(service.signing_name, env!("CARGO_PKG_VERSION")));
        layer.store_put(RetryPartition::new(format!("{}-{}", service.name, place.region)));
        let mut parts = RuntimeComponentsBuilder::new("generic caller")
            .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![sigv4::SCHEME_ID])))
            .with_identity_resolver(sigv4::SCHEME_ID, identity)
            .with_interceptor(ServiceClockSkewInterceptor::new())
            .with_interceptor(RequestInfoInterceptor::new())
            .with_interceptor(UserAgentInterceptor::new())
            .with_interceptor(InvocationIdInterceptor::new())
            .with_interceptor(ConnectionPoisoningInterceptor::new());
        if let Some(cache) = self.config.identity_cache() {
            parts = parts.with_identity_cache(Some(cache));
        }
        let mut builder = Operation::builder()
            .service_name(service.name)
            .operation_name(operation)
            .endpoint_url(endpoint)
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
            .retry_classifier(ServiceClockSkewClassifier::<Refusal>::new())
            .retry_classifier(Futile)
            .interceptor(ReadOnly);
        if let Some(client) = self.config.http_client() {
            builder = builder.http_client(client);
        }
        if let Some(retries) = self.config.retry_config() {
            builder = builder.standard_retry(retries);
        }
        if let Some(timeouts) = self.config.timeout_config() {
            builder = builder.timeout_config(timeouts.clone());
        }
        if let Some(sleep) = self.config.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        if let Some(time) = self.config.time_source() {
            builder = builder.time_source(time);
        }
        if let Some(version) = self.config.behavior_version() {
            builder = builder.behavior_version(version);
        }
        let operation = builder
            .runtime_plugin(
                StaticRuntimePlugin::new()
                    .with_config(layer.freeze())
                    .with_runtime_components(parts),
            )
            .serializer(move |request: Request| Ok(on_the_wire(service, operation, request)?))
            .deserializer(move |answer: &HttpResponse| read(service, operation, answer))
            .build();
        Ok(Call {
            service,
            operation,
            action,
            place,
            elsewhere,
        })
    }
}

impl Call {
    /// Sends one request and reads its answer.
    ///
    /// # Errors
    /// The fault that ended it, after the SDK's retries.
    pub async fn send(&self, request: Request) -> Result<Tree, Fault> {
        tracing::debug!(action = self.action, region = %self.place.region, "call");
        // On any thread of the runtime: signing and reading keep one alone too busy, where calls are many. What drops
        // this future drops the set, and so ends the call.
        let mut calls = JoinSet::new();
        let operation = self.operation.clone();
        calls.spawn(async move { operation.invoke(request).await });
        let answer = match calls.join_next().await {
            Some(Ok(answer)) => answer,
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime is being shut down.
            _ => return Err(Fault::ours(self.action, Reason::TimedOut)),
        };
        answer.map_err(|error| {
            let mut fault = Fault::from_sdk(self.action, &error);
            fault.reason = self.judged(&fault, &error);
            tracing::debug!(region = %self.place.region, %fault, "fault");
            fault
        })
    }

    /// Tells a service that is not there, or not in use, from a failure.
    fn judged(
        &self,
        fault: &Fault,
        error: &aws_smithy_runtime_api::client::result::SdkError<Refusal, HttpResponse>,
    ) -> Reason {
        let code = fault.code.as_deref().unwrap_or_default();
        // By its code alone a denial is a denial, whatever the service may mean by it.
        if fault.reason == Reason::Denied {
            let not_set_up = error.as_service_error().is_some_and(|refusal| refusal.not_set_up);
            return if not_set_up { Reason::NotEnabled } else { Reason::Denied };
        }
        if !code.is_empty() && code == self.service.not_in_use {
            return Reason::NotEnabled;
        }
        match fault.reason {
            Reason::Unreachable if is_unknown_host(error) => {
                // The name does not resolve. Where the service is known to have an endpoint, that is a failure.
                if self.service.is_absent(&self.place.region) || !self.service.regions_known {
                    Reason::NotOffered
                } else {
                    Reason::Unreachable
                }
            }
            // A server that stands in for AWS knows what it knows.
            Reason::NotAvailable if self.elsewhere => Reason::NotOffered,
            _ if self.elsewhere && error.as_service_error().is_some_and(|refusal| refusal.foreign) => {
                Reason::NotOffered
            }
            // A service that does not know the operation there has nothing of the sort there.
            Reason::NotAvailable if matches!(code, "UnknownOperationException" | "InvalidAction") => Reason::NotOffered,
            reason => reason,
        }
    }
}

/// A service's error: its code, never its message.
#[derive(Debug)]
struct Refusal {
    meta: ErrorMetadata,
    /// Not an answer of this service's API, and no failure on the way: a page for people that says that there is no such
    /// thing, or another service's form of error.
    foreign: bool,
    /// The service says that nobody has set it up here, and says so with the code of a denial.
    not_set_up: bool,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.meta.code().unwrap_or("an error without a code"))
    }
}

impl std::error::Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

/// Forbids retries that cannot help: a page for people, a name that does not resolve.
#[derive(Debug)]
struct Futile;

impl ClassifyRetry for Futile {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let page = error
            .as_operation_error()
            .and_then(|error| error.downcast_ref::<Refusal>())
            .is_some_and(|refusal| refusal.foreign || refusal.meta.code() == Some("NotImplemented"));
        let nowhere = error.as_connector_error().is_some_and(|error| unknown_host(error));
        if page || nowhere {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "futile"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_before(RetryClassifierPriority::http_status_code_classifier())
    }
}

fn is_unknown_host<E: std::error::Error + 'static>(
    error: &aws_smithy_runtime_api::client::result::SdkError<E, HttpResponse>,
) -> bool {
    match error {
        aws_smithy_runtime_api::client::result::SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().is_some_and(|error| unknown_host(error))
        }
        _ => false,
    }
}

/// Says whether the resolver answered that there is no such name; not where it gave no answer
/// (source: the texts of `gai_strerror` in glibc, musl and macOS, and of Windows error 11001; the standard library
/// has no kind for them).
fn unknown_host(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if [
            "Name or service not known",
            "No address associated with hostname",
            "Name does not resolve",
            "nodename nor servname provided, or not known",
            "No such host is known",
        ]
        .iter()
        .any(|known| text.contains(known))
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// Percent-encodes what is not unreserved (source: RFC 3986, 2.3).
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn encoded_pairs(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.join("&")
}

/// A request as its service's protocol has it.
fn on_the_wire(
    service: &Service,
    operation: &str,
    request: Request,
) -> Result<HttpRequest, aws_smithy_runtime_api::http::HttpError> {
    let method = if request.method.is_empty() {
        "POST"
    } else {
        request.method
    };
    let mut headers = request.headers;
    let mut header = |name: &str, value: String| headers.push((name.to_owned(), value));
    let json = |body| serde_json::Value::Object(body).to_string();
    let body = match service.protocol {
        Protocol::Query | Protocol::Ec2 => {
            header(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            );
            let mut form = vec![
                ("Action".to_owned(), operation.to_owned()),
                ("Version".to_owned(), service.api_version.to_owned()),
            ];
            form.extend(request.form);
            encoded_pairs(&form)
        }
        Protocol::Json { version, target } => {
            header("content-type", format!("application/x-amz-json-{version}"));
            header("x-amz-target", format!("{target}.{operation}"));
            json(request.body)
        }
        Protocol::RestJson => {
            // API Gateway answers in another form to whoever does not say this.
            header("accept", "application/json".to_owned());
            if service.name == "glacier" {
                header("x-amz-glacier-version", service.api_version.to_owned());
            }
            if method == "GET" && request.body.is_empty() {
                String::new()
            } else {
                header("content-type", "application/json".to_owned());
                json(request.body)
            }
        }
        Protocol::RestXml => String::new(),
    };
    let mut uri = if request.path.is_empty() {
        "/".to_owned()
    } else {
        request.path
    };
    if !request.query.is_empty() {
        uri.push('?');
        uri.push_str(&encoded_pairs(&request.query));
    }
    let mut out = HttpRequest::new(SdkBody::from(body));
    out.set_method(method)?;
    out.set_uri(uri)?;
    for (name, value) in headers {
        out.headers_mut().try_insert(name, value)?;
    }
    if let Some(length) = out.body().content_length().filter(|length| *length > 0) {
        out.headers_mut().try_insert("content-length", length.to_string())?;
    }
    Ok(out)
}

fn read(service: &Service, operation: &str, answer: &HttpResponse) -> Result<Tree, OrchestratorError<Refusal>> {
    let bytes = answer.body().bytes().unwrap_or_default();
    if !answer.status().is_success() {
        return Err(OrchestratorError::operation(refusal(service, answer, bytes)));
    }
    // The same test as the SDK's answers pass (see `whole`). What is read below must be all of it, too.
    if !whole::is_whole(bytes) || whole::is_page(bytes) {
        return Err(OrchestratorError::response(CutOff.into()));
    }
    let tree = match service.protocol {
        Protocol::Json { .. } | Protocol::RestJson => Tree::from_json(bytes),
        Protocol::Query => Tree::from_xml(bytes).map(|mut tree| {
            if let Tree::Map(children) = &mut tree
                && let Some(at) = children
                    .iter()
                    .position(|(name, _)| name.strip_suffix("Result") == Some(operation))
            {
                return children.swap_remove(at).1;
            }
            tree
        }),
        Protocol::Ec2 | Protocol::RestXml => Tree::from_xml(bytes),
    };
    tree.map_err(|error| OrchestratorError::response(error.into()))
}

/// Services that say with the code of a denial that nobody has set them up, and the words by which they do
/// (sources: Amazon Macie API reference, "Errors"; AWS Audit Manager API reference, "`AccessDeniedException`").
/// The words are compared here and dropped.
const NOT_SET_UP: &[(&str, &str)] = &[
    ("macie2", "Macie is not enabled"),
    ("auditmanager", "Please complete AWS Audit Manager setup"),
];

fn refusal(service: &Service, answer: &HttpResponse, bytes: &[u8]) -> Refusal {
    let header = |name: &str| answer.headers().get(name);
    let html = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let tree = if html {
        Tree::Null
    } else {
        match service.protocol {
            Protocol::Json { .. } | Protocol::RestJson => Tree::from_json(bytes),
            Protocol::Query | Protocol::Ec2 | Protocol::RestXml => Tree::from_xml(bytes),
        }
        .unwrap_or_default()
    };
    let code = header("x-amzn-errortype")
        .or_else(|| {
            ["__type", "code", "Code"]
                .iter()
                .find_map(|name| tree.get(name)?.text())
        })
        .or_else(|| first(&tree, "Code", 4))
        // `namespace#Code:http://…`
        .map(|code| code.rsplit('#').next().unwrap_or(code))
        .map(|code| code.split(':').next().unwrap_or(code).trim())
        .filter(|code| !code.is_empty() && code.len() <= 80 && code.bytes().all(|b| b.is_ascii_graphic()));
    let message = ["message", "Message"]
        .iter()
        .find_map(|name| tree.get(name)?.text())
        .unwrap_or_default();
    let request_id = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        .into_iter()
        .find_map(header);
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code {
        meta = meta.code(code);
    }
    if let Some(id) = request_id {
        meta = meta.custom("aws_request_id", id);
    }
    Refusal {
        meta: meta.build(),
        foreign: html && matches!(answer.status().as_u16(), 404 | 500 | 501)
            || matches!(service.protocol, Protocol::Json { .. } | Protocol::RestJson)
                && header("content-type").is_some_and(|kind| kind.contains("xml")),
        not_set_up: NOT_SET_UP
            .iter()
            .any(|(name, words)| *name == service.name && message.starts_with(words)),
    }
}

/// The first text of that name, no deeper than `depth`.
fn first<'a>(tree: &'a Tree, name: &str, depth: usize) -> Option<&'a str> {
    let Tree::Map(children) = tree else { return None };
    tree.get(name).and_then(Tree::text).or_else(|| {
        let deeper = depth.checked_sub(1)?;
        children.iter().find_map(|(_, child)| first(child, name, deeper))
    })
}

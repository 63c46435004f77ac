//! Credentials, the account they belong to, and its regions.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::region::Region;

use super::call::Caller;
use super::clients::Clients;
use super::fault::{Fault, Reason};
use super::readonly::ReadOnly;
use super::whole::Whole;
use crate::model::{Account, Symbol};

/// How to reach AWS.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    pub profile: Option<String>,
    /// The region of the first calls (identity, list of regions); else the profile's or the environment's.
    pub home_region: Option<String>,
    /// The longest that one call may take, retries included.
    pub call_deadline: Duration,
    /// Further attempts after the first; `None` leaves it to `AWS_MAX_ATTEMPTS`, else [`ATTEMPTS`].
    pub attempts: Option<u32>,
}

/// Attempts of one call. The SDK's default of 3 is soon used up when a whole account is listed.
pub const ATTEMPTS: u32 = 6;

/// The connection to one account could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no AWS credentials were found")]
    NoCredentials,
    #[error("the AWS credentials are expired or not valid{}", code.as_deref().map(|c| format!(" ({c})")).unwrap_or_default())]
    BadCredentials { code: Option<String> },
    #[error("AWS could not be reached: {0}")]
    Unreachable(Fault),
    #[error("the caller's account could not be told: {0}")]
    Identity(Fault),
    #[error("{path}, named by AWS_CA_BUNDLE, could not be read")]
    CaBundle { path: String, source: std::io::Error },
    #[error("{path}, named by AWS_CA_BUNDLE, holds no usable certificates")]
    BadCaBundle { path: String },
}

impl ConnectError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoCredentials => {
                "set --profile or AWS_PROFILE, or run 'aws sso login'; 'whose demo' needs no credentials"
            }
            Self::BadCredentials { .. } => "run 'aws sso login', or renew the keys, then try again",
            Self::Unreachable(_) => "check the network, the proxy, --region and AWS_ENDPOINT_URL",
            Self::Identity(_) => "sts:GetCallerIdentity needs no permission; check the clock and the endpoint",
            Self::CaBundle { .. } | Self::BadCaBundle { .. } => "correct or unset AWS_CA_BUNDLE",
        }
    }
}

/// The regions to look at.
#[derive(Clone, Debug, Default)]
pub struct Regions {
    pub enabled: Vec<Symbol>,
    /// Asked for, but not enabled for the account.
    pub not_enabled: Vec<Symbol>,
    /// Asked for, but unknown to AWS.
    pub unknown: Vec<Symbol>,
    /// The list could not be had: `enabled` holds no more than what was asked for or configured.
    pub fault: Option<Fault>,
}

/// Working credentials of one account.
pub struct Session {
    config: SdkConfig,
    generic: Arc<Caller>,
    pub account: Account,
    /// The ARN of the user or role that calls.
    pub caller: String,
    home: Symbol,
}

impl Session {
    /// Finds credentials and asks whose they are.
    ///
    /// # Errors
    /// Where there are none, or they do not work.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let config = load(options).await?;
        if config.credentials_provider().is_none() {
            return Err(ConnectError::NoCredentials);
        }
        let home = config.region().map_or("us-east-1", |region| region.as_ref());
        let home = Symbol::new(home);
        let config = config.to_builder().region(Region::new(home.as_str())).build();
        if let Some(provider) = config.credentials_provider() {
            use aws_credential_types::provider::ProvideCredentials;
            use aws_credential_types::provider::error::CredentialsError;
            if let Err(error) = provider.provide_credentials().await {
                return Err(match error {
                    CredentialsError::CredentialsNotLoaded(_) => ConnectError::NoCredentials,
                    _ => ConnectError::BadCredentials { code: None },
                });
            }
        }
        let sts = aws_sdk_sts::config::Builder::from(&config)
            .interceptor(ReadOnly)
            .interceptor(Whole)
            .build();
        let action = "sts:GetCallerIdentity";
        let identity = aws_sdk_sts::Client::from_conf(sts)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| {
                let fault = Fault::from_sdk(action, &error);
                match fault.reason {
                    Reason::Credentials | Reason::Denied => ConnectError::BadCredentials { code: fault.code },
                    Reason::Unreachable | Reason::TimedOut => ConnectError::Unreachable(fault),
                    _ => ConnectError::Identity(fault),
                }
            })?;
        let caller = identity.arn().unwrap_or_default().to_owned();
        let id = identity.account().unwrap_or_default();
        if id.is_empty() {
            return Err(ConnectError::Identity(Fault::ours(action, Reason::Broken)));
        }
        let partition = crate::model::Arn::parse(&caller).map_or("aws", |arn| arn.partition);
        let account = Account {
            id: Symbol::new(id),
            alias: None,
            partition: Symbol::new(partition),
        };
        Ok(Self {
            generic: Arc::new(Caller::new(&config)),
            config,
            account,
            caller,
            home,
        })
    }

    /// The regions to look at: those asked for, else all that are enabled, without the excluded ones.
    pub async fn regions(&self, asked: &[String], excluded: &[String]) -> Regions {
        let clients = self.clients(self.home);
        let action = "ec2:DescribeRegions";
        let answer = clients.ec2().describe_regions().all_regions(true).send().await;
        let keep = |name: &str| !excluded.iter().any(|out| out == name);
        let mut regions = Regions::default();
        match answer {
            Ok(answer) => {
                let mut off = Vec::new();
                for region in answer.regions() {
                    let Some(name) = region.region_name() else { continue };
                    if region.opt_in_status() == Some("not-opted-in") {
                        off.push(Symbol::new(name));
                    } else {
                        regions.enabled.push(Symbol::new(name));
                    }
                }
                if !asked.is_empty() {
                    let (on, rest): (Vec<_>, Vec<_>) = asked
                        .iter()
                        .map(|name| Symbol::new(name))
                        .partition(|name| regions.enabled.contains(name));
                    let (not_enabled, unknown) = rest.into_iter().partition(|name| off.contains(name));
                    regions = Regions {
                        enabled: on,
                        not_enabled,
                        unknown,
                        fault: None,
                    };
                }
            }
            Err(error) => {
                regions.fault = Some(Fault::from_sdk(action, &error));
                regions.enabled = if asked.is_empty() {
                    vec![self.home]
                } else {
                    asked.iter().map(|name| Symbol::new(name)).collect()
                };
            }
        }
        regions.enabled.retain(|name| keep(name));
        regions.enabled.sort_unstable();
        regions.enabled.dedup();
        regions
    }

    /// The region of calls that belong to no region.
    #[must_use]
    pub fn home(&self) -> Symbol {
        self.home
    }

    /// The generic caller.
    pub(super) fn generic(&self) -> &Caller {
        &self.generic
    }

    /// The clients of one region.
    #[must_use]
    pub fn clients(&self, region: Symbol) -> Clients {
        Clients::new(&self.config, &self.generic, region)
    }
}

async fn load(options: &ConnectOptions) -> Result<SdkConfig, ConnectError> {
    let attempt = options.call_deadline.div_f32(2.0).max(Duration::from_secs(1));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5).min(attempt))
        .operation_attempt_timeout(attempt)
        .operation_timeout(options.call_deadline)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client()?)
        .timeout_config(timeouts);
    if options.attempts.is_some() || std::env::var_os("AWS_MAX_ATTEMPTS").is_none() {
        let attempts = options.attempts.unwrap_or(ATTEMPTS);
        loader = loader.retry_config(RetryConfig::adaptive().with_max_attempts(attempts.max(1)));
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.home_region {
        loader = loader.region(Region::new(region.clone()));
    }
    Ok(loader.load().await)
}

/// One HTTP client for everything: rustls with ring, the system's certificates and those of `AWS_CA_BUNDLE`.
fn http_client() -> Result<aws_smithy_runtime_api::client::http::SharedHttpClient, ConnectError> {
    let mut trust = TrustStore::default();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let path = path.to_string_lossy().into_owned();
        let pem = std::fs::read(&path).map_err(|source| ConnectError::CaBundle {
            path: path.clone(),
            source,
        })?;
        if !pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
            return Err(ConnectError::BadCaBundle { path });
        }
        trust = trust.with_pem_certificate(pem);
    }
    let context = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|_| ConnectError::BadCaBundle {
            path: "the certificate store".to_owned(),
        })?;
    Ok(aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(context)
        .build_https())
}

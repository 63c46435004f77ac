//! One set of clients for each region, all on one HTTP client.

use std::sync::{Arc, OnceLock};

use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio::sync::OwnedSemaphorePermit;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::call::Caller;
use super::pace::Pace;
use super::readonly::ReadOnly;
use super::whole::Whole;
use crate::model::Symbol;

/// The SDK clients of one region, made when first asked for.
pub struct Clients {
    config: SdkConfig,
    caller: Arc<Caller>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    elb: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    /// Each service counts for itself.
    pub(super) pace: Pace,
}

/// Forbids to ask again where a service says, with a page for people, that it does not know the operation.
#[derive(Debug)]
pub(super) struct NotHere;

impl ClassifyRetry for NotHere {
    fn name(&self) -> &'static str {
        "NotHere"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let page = context.response().is_some_and(|response| {
            matches!(response.status().as_u16(), 404 | 500 | 501)
                && response
                    .headers()
                    .get("content-type")
                    .is_some_and(|kind| kind.starts_with("text/html"))
        });
        if page {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }
}

impl Clients {
    pub(super) fn new(base: &SdkConfig, caller: &Arc<Caller>, region: Symbol) -> Self {
        let config = base.to_builder().region(Region::new(region.as_str())).build();
        Self {
            config,
            caller: Arc::clone(caller),
            ec2: OnceLock::new(),
            ecs: OnceLock::new(),
            rds: OnceLock::new(),
            elb: OnceLock::new(),
            pace: Pace::default(),
        }
    }

    /// The generic caller, for services that have no client here.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Waits for a place for a call of the service that `action` (`sqs:ListQueues`) names; the call holds it.
    pub async fn pace(&self, action: &'static str) -> Option<OwnedSemaphorePermit> {
        self.pace.place(action).await
    }

    pub fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| {
            let config = aws_sdk_ec2::config::Builder::from(&self.config)
                .interceptor(ReadOnly)
                .interceptor(Whole)
                .retry_classifier(NotHere);
            aws_sdk_ec2::Client::from_conf(config.build())
        })
    }

    pub fn ecs(&self) -> &aws_sdk_ecs::Client {
        self.ecs.get_or_init(|| {
            let config = aws_sdk_ecs::config::Builder::from(&self.config)
                .interceptor(ReadOnly)
                .interceptor(Whole)
                .retry_classifier(NotHere);
            aws_sdk_ecs::Client::from_conf(config.build())
        })
    }

    pub fn rds(&self) -> &aws_sdk_rds::Client {
        self.rds.get_or_init(|| {
            let config = aws_sdk_rds::config::Builder::from(&self.config)
                .interceptor(ReadOnly)
                .interceptor(Whole)
                .retry_classifier(NotHere);
            aws_sdk_rds::Client::from_conf(config.build())
        })
    }

    pub fn elb(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        self.elb.get_or_init(|| {
            let config = aws_sdk_elasticloadbalancingv2::config::Builder::from(&self.config)
                .interceptor(ReadOnly)
                .interceptor(Whole)
                .retry_classifier(NotHere);
            aws_sdk_elasticloadbalancingv2::Client::from_conf(config.build())
        })
    }
}

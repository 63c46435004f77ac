//! One set of clients for each region, all on one HTTP client.

use std::sync::OnceLock;

use aws_types::SdkConfig;
use aws_types::region::Region;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::readonly::ReadOnly;
use super::whole::Whole;
use crate::model::Symbol;

/// The SDK clients of one region, made when first asked for.
pub struct Clients {
    config: SdkConfig,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    ecs: OnceLock<aws_sdk_ecs::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    elb: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    /// Calls of one region that are under way at the same time; each service counts for itself.
    pub(super) pace: Pace,
}

/// Bounds the calls under way, by service.
pub(super) struct Pace {
    services: [(&'static str, tokio::sync::Semaphore); 5],
}

/// Calls of one service in one region at the same time. The SDK's adaptive retries slow down further when asked to
/// (source for the order of magnitude: EC2's buckets of 50 to 100 requests, refilled with 10 to 20 a second).
const CALLS_AT_ONCE: usize = 8;

impl Pace {
    fn new() -> Self {
        let of = |service| (service, tokio::sync::Semaphore::new(CALLS_AT_ONCE));
        Self {
            services: [of("ec2"), of("ecs"), of("rds"), of("elasticloadbalancing"), of("")],
        }
    }

    /// Waits for a place for a call of the service that `action` (`ec2:DescribeVpcs`) names.
    pub(super) async fn place(&self, action: &str) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let service = action.split(':').next().unwrap_or_default();
        let last = &self.services[self.services.len() - 1];
        let (_, places) = self.services.iter().find(|(name, _)| *name == service).unwrap_or(last);
        places.acquire().await.ok()
    }
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
    pub(super) fn new(base: &SdkConfig, region: Symbol) -> Self {
        let config = base.to_builder().region(Region::new(region.as_str())).build();
        Self {
            config,
            ec2: OnceLock::new(),
            ecs: OnceLock::new(),
            rds: OnceLock::new(),
            elb: OnceLock::new(),
            pace: Pace::new(),
        }
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

//! The one place that turns the SDK's errors into our faults.
//!
//! Kept: the operation, the service's error code, the request id. Dropped: messages and bodies,
//! because they may quote what was asked for.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::model::CellStatus;

/// Why a call did not give what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `ec2:DescribeVpcs`.
    pub action: &'static str,
    pub reason: Reason,
    /// The service's error code: `UnauthorizedOperation`.
    pub code: Option<String>,
    pub request_id: Option<String>,
}

/// What sort of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Denied,
    /// The credentials are expired or not valid (any more).
    Credentials,
    Throttled,
    NotEnabled,
    /// The service, or the operation, does not exist there: there is nothing to list.
    NotOffered,
    TimedOut,
    Unreachable,
    /// The answer could not be read.
    Broken,
    /// The service does not know the operation.
    NotAvailable,
    /// The same page token came twice: the listing would never end, or ended early.
    RepeatedToken,
    /// Something that was listed a moment ago is not there.
    Gone,
    /// Not on the list of operations that this program may call.
    Refused,
    Other,
}

impl Fault {
    /// A fault that is ours, not the service's.
    #[must_use]
    pub fn ours(action: &'static str, reason: Reason) -> Self {
        Self {
            action,
            reason,
            code: None,
            request_id: None,
        }
    }

    /// Reads an SDK error.
    pub fn from_sdk<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let mut fault = Self::ours(action, Reason::Other);
        match error {
            SdkError::TimeoutError(_) => fault.reason = Reason::TimedOut,
            SdkError::DispatchFailure(failure) => {
                fault.reason = if failure.is_timeout() {
                    Reason::TimedOut
                } else if failure.is_io() {
                    Reason::Unreachable
                } else if mentions_credentials(failure.as_connector_error().map(|e| e as _)) {
                    Reason::Credentials
                } else {
                    Reason::Unreachable
                };
            }
            SdkError::ConstructionFailure(_) => {
                fault.reason = if mentions_refusal(error) {
                    Reason::Refused
                } else {
                    Reason::Credentials
                };
            }
            SdkError::ResponseError(response) => {
                fault.reason = by_status(response.raw().status().as_u16());
            }
            SdkError::ServiceError(service) => {
                let status = service.raw().status().as_u16();
                fault.code = service.err().code().map(str::to_owned);
                fault.request_id = service.err().meta().extra("aws_request_id").map(str::to_owned);
                let html = service
                    .raw()
                    .headers()
                    .get("content-type")
                    .is_some_and(|kind| kind.starts_with("text/html"));
                fault.reason = match fault.code.as_deref() {
                    Some(code) => by_code(code).unwrap_or_else(|| by_status(status)),
                    None if html && matches!(status, 404 | 500 | 501) => Reason::NotAvailable,
                    None => by_status(status),
                };
            }
            _ => {}
        }
        fault
    }

    /// The coverage status that it leads to.
    #[must_use]
    pub fn status(&self) -> CellStatus {
        match self.reason {
            Reason::Denied => CellStatus::Denied,
            Reason::Throttled => CellStatus::Throttled,
            Reason::NotEnabled | Reason::NotOffered => CellStatus::NotEnabled,
            _ => CellStatus::Failed,
        }
    }
}

fn mentions_credentials(error: Option<&(dyn std::error::Error + 'static)>) -> bool {
    let mut next = error;
    while let Some(error) = next {
        if error.is::<aws_credential_types::provider::error::CredentialsError>() {
            return true;
        }
        next = error.source();
    }
    false
}

fn mentions_refusal<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: std::error::Error + 'static,
{
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        if error.is::<super::readonly::NotReadOnly>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// Error codes that mean the same in many services
/// (sources: AWS "Common Errors" of the EC2, ECS, RDS and Elastic Load Balancing API references).
fn by_code(code: &str) -> Option<Reason> {
    Some(match code {
        "UnauthorizedOperation"
        | "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "UnauthorizedException"
        | "NotAuthorized"
        | "NotAuthorizedException"
        | "AccessDeniedFault"
        | "ForbiddenException"
        | "UnauthorizedAccess"
        | "OperationNotPermitted" => Reason::Denied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "InvalidSignatureException"
        | "AuthFailure"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidAccessKeyId" => Reason::Credentials,
        "OptInRequired" | "SubscriptionRequiredException" | "RegionDisabledException" => Reason::NotEnabled,
        "InvalidAction"
        | "UnknownOperationException"
        | "UnsupportedOperation"
        | "NotImplemented"
        | "UnknownOperation" => Reason::NotAvailable,
        _ if code.contains("Throttl") || code.contains("TooManyRequests") => Reason::Throttled,
        "RequestLimitExceeded"
        | "SlowDown"
        | "Rate exceeded"
        | "RequestThrottled"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "LimitExceededException" => Reason::Throttled,
        _ if code.ends_with("NotFound") || code.ends_with("NotFoundFault") || code.ends_with("NotFoundException") => {
            Reason::Gone
        }
        _ => return None,
    })
}

fn by_status(status: u16) -> Reason {
    match status {
        401 | 403 => Reason::Denied,
        429 => Reason::Throttled,
        200..=299 => Reason::Broken,
        501 => Reason::NotAvailable,
        _ => Reason::Other,
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.reason {
            Reason::Denied => "was denied",
            Reason::Credentials => "was refused: the credentials are expired or not valid",
            Reason::Throttled => "was throttled until the retries ran out",
            Reason::NotEnabled => "is not enabled here",
            Reason::NotOffered => "is not offered here",
            Reason::TimedOut => "timed out",
            Reason::Unreachable => "could not be reached",
            Reason::Broken => "gave an answer that cannot be read",
            Reason::NotAvailable => "is not available here",
            Reason::RepeatedToken => "gave the same page token twice",
            Reason::Gone => "says that it is gone",
            Reason::Refused => "was refused: it is not on the list of read-only operations",
            Reason::Other => "failed",
        };
        write!(f, "{} {what}", self.action)?;
        match (&self.code, &self.request_id) {
            (Some(code), Some(id)) => write!(f, " ({code}, request {id})"),
            (Some(code), None) => write!(f, " ({code})"),
            (None, Some(id)) => write!(f, " (request {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_four_services_are_told_apart() {
        for (code, reason) in [
            ("UnauthorizedOperation", Reason::Denied),
            ("AccessDeniedException", Reason::Denied),
            ("Throttling", Reason::Throttled),
            ("ThrottlingException", Reason::Throttled),
            ("RequestLimitExceeded", Reason::Throttled),
            ("ExpiredToken", Reason::Credentials),
            ("OptInRequired", Reason::NotEnabled),
            ("InvalidVpcID.NotFound", Reason::Gone),
        ] {
            assert_eq!(by_code(code), Some(reason), "{code}");
        }
        assert_eq!(by_code("InternalFailure"), None);
    }
}

//! Promise 1: nothing but reading. Every request passes here before it is signed.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// How the name of an operation that only reads begins.
pub const VERBS: &[&str] = &["List", "Describe", "Get", "Head", "BatchGet", "Lookup", "Search"];

/// Operations that read, but return secrets or whole objects.
pub const SECRET: &[&str] = &[
    "GetSecretValue",
    "BatchGetSecretValue",
    "GetParameter",
    "GetParameters",
    "GetParametersByPath",
    "GetParameterHistory",
    "GetObject",
    "GetPasswordData",
    "GetAuthorizationToken",
    "GetSessionToken",
    "GetFederationToken",
    "GetRandomPassword",
    "GetLoginProfile",
    "GetClusterCredentials",
    "GetConsoleOutput",
    "GetConsoleScreenshot",
];

/// Says whether an operation only reads and returns no secret.
#[must_use]
pub fn is_read_only(operation: &str) -> bool {
    VERBS.iter().any(|verb| {
        operation
            .strip_prefix(verb)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    }) && !SECRET.contains(&operation)
}

/// The operation is not one that only reads.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a read-only operation; this program never sends it")]
pub struct NotReadOnly(String);

/// Refuses, before transmission, every operation that does not only read.
#[derive(Debug)]
pub(crate) struct ReadOnly;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for ReadOnly {
    fn name(&self) -> &'static str {
        "ReadOnly"
    }

    fn read_before_signing(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = cfg.load::<Metadata>().map_or("an unnamed operation", Metadata::name);
        if is_read_only(operation) {
            Ok(())
        } else {
            Err(NotReadOnly(operation.to_owned()).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reading_is_read_only() {
        for operation in [
            "DescribeVpcs",
            "ListClusters",
            "GetCallerIdentity",
            "HeadBucket",
            "LookupEvents",
        ] {
            assert!(is_read_only(operation), "{operation}");
        }
        for operation in [
            "DeleteVpc",
            "CreateVpc",
            "TerminateInstances",
            "GetSecretValue",
            "GetParameter",
            "GetObject",
            "Getaway",
            "Listen",
            "PutObject",
            "GetPasswordData",
            "ModifyVpcAttribute",
        ] {
            assert!(!is_read_only(operation), "{operation}");
        }
    }
}

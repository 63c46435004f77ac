//! Amazon Resource Names, taken apart without copying.
//!
//! Format: `arn:partition:service:region:account:resource`
//! (source: AWS General Reference, "Amazon Resource Names").

/// A borrowed, well-formed ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    /// Empty for global services and for S3 buckets.
    pub region: &'a str,
    /// Empty for S3 buckets and for some AWS-owned things.
    pub account: &'a str,
    /// All that follows the fifth colon; may hold colons and slashes.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes `text` apart, or returns `None` where it does not have the exact shape of an ARN.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("arn:")?;
        let mut parts = rest.splitn(5, ':');
        let arn = Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        let word = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let partition_known = arn.partition == "aws" || arn.partition.starts_with("aws-");
        let account_known = arn.account.is_empty()
            || arn.account == "aws"
            || (arn.account.len() == 12 && arn.account.bytes().all(|b| b.is_ascii_digit()));
        let whole = partition_known
            && word(arn.partition)
            && !arn.service.is_empty()
            && word(arn.service)
            && word(arn.region)
            && account_known
            && !arn.resource.is_empty()
            && arn.resource.len() <= 1600
            && !arn
                .resource
                .bytes()
                .any(|b| b.is_ascii_control() || b == b' ' || b == b'"');
        whole.then_some(arn)
    }

    /// The last part of the resource, after its last slash or colon: `vpc-1` of `…:vpc/vpc-1`.
    #[must_use]
    pub fn last_segment(&self) -> &'a str {
        self.resource.rsplit(['/', ':']).next().unwrap_or(self.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_all_partitions_and_odd_services() {
        for (text, region, account, resource) in [
            (
                "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-1",
                "eu-west-1",
                "123456789012",
                "vpc/vpc-1",
            ),
            ("arn:aws-cn:s3:::bucket", "", "", "bucket"),
            (
                "arn:aws-us-gov:iam::123456789012:role/path/to/name",
                "",
                "123456789012",
                "role/path/to/name",
            ),
            (
                "arn:aws:rds:eu-west-1:123456789012:snapshot:rds:db-2026-01-01",
                "eu-west-1",
                "123456789012",
                "snapshot:rds:db-2026-01-01",
            ),
            (
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "",
                "aws",
                "policy/ReadOnlyAccess",
            ),
        ] {
            let arn = Arn::parse(text).expect(text);
            assert_eq!((arn.region, arn.account, arn.resource), (region, account, resource));
        }
    }

    #[test]
    fn refuses_what_only_looks_like_one() {
        for text in [
            "",
            "arn:aws:ec2",
            "arn:aws:ec2:eu-west-1:12345:vpc/vpc-1",
            "arn:azure:ec2:eu-west-1:123456789012:vpc/vpc-1",
            "arn:aws:ec2:eu-west-1:123456789012:",
            "arn:aws:ec2:eu west:123456789012:vpc/v",
            "xarn:aws:s3:::bucket",
            "arn:aws:secretsmanager:eu-west-1:123456789012:a secret",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}

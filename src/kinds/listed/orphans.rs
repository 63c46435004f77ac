//! Orphan tests and list prices of listed kinds: `table/orphans.tsv`.
//!
//! A test needs a fact of the API that says that nothing uses the thing. Where there is none a kind has no test.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::lines;
use crate::kinds::facts::{MonthlyCost, Orphan, Usage};
use crate::kinds::prices;
use crate::model::{Live, Value};

/// One line of the table.
struct Test {
    /// What the API must have said: name, whether it is to be equal, value.
    when: Vec<(&'static str, bool, &'static str)>,
    users: Users,
    sentence: &'static str,
}

/// Who may use it.
enum Users {
    /// Nobody, and everybody who could was listed.
    None,
    /// Nobody who was listed; the API itself says the rest.
    NoneSeen,
}

static TESTS: LazyLock<FxHashMap<&'static str, Test>> = LazyLock::new(|| {
    lines(include_str!("../table/orphans.tsv"))
        .filter_map(|cells| match cells.as_slice() {
            [kind, when, users, sentence] => Some((*kind, Test::new(when, users, sentence)?)),
            _ => None,
        })
        .collect()
});

impl Test {
    fn new(when: &'static str, users: &str, sentence: &'static str) -> Option<Self> {
        let condition = |text: &'static str| match text.split_once("!=") {
            Some((name, value)) => Some((name, false, value)),
            None => text.split_once('=').map(|(name, value)| (name, true, value)),
        };
        let when = when.split(" && ").filter(|text| !text.is_empty());
        Some(Self {
            when: when.map(condition).collect::<Option<_>>()?,
            users: match users {
                "none" => Users::None,
                "none seen" => Users::NoneSeen,
                _ => return None,
            },
            sentence,
        })
    }

    fn holds(&self, live: &Live, usage: &Usage<'_>) -> bool {
        let said = |name: &str| match live.observed.get(name) {
            None => String::new(),
            Some(Value::Text(text)) => text.to_string(),
            Some(other) => other.to_string(),
        };
        // What was not wholly seen may be used in a way that was not seen.
        live.is_wholly_seen()
            && self
                .when
                .iter()
                .all(|(name, equal, value)| (said(name) == *value) == *equal)
            && match self.users {
                Users::None => usage.is_unused(),
                Users::NoneSeen => usage.used_by.is_empty(),
            }
    }
}

/// The orphan test of a kind, where the table has one.
pub(super) fn test_of(kind: &str) -> Option<Orphan> {
    TESTS.contains_key(kind).then_some(orphan as Orphan)
}

fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    let test = TESTS.get(live.kind.as_str())?;
    test.holds(live, usage).then(|| test.sentence.to_owned())
}

/// The list price of a kind, where it is simple.
pub(super) fn cost_of(kind: &str) -> Option<MonthlyCost> {
    Some(match kind {
        "aws_cloudwatch_metric_alarm" => |_| Some(prices::ALARM_MONTH),
        "aws_efs_file_system" => |live| gigabytes(live).map(|size| size * prices::EFS_GB_MONTH),
        "aws_eks_cluster" => |_| Some(prices::month(prices::EKS_CLUSTER_HOUR)),
        "aws_cloudwatch_log_group" => |live| gigabytes(live).map(|size| size * prices::LOGS_GB_MONTH),
        "aws_kms_key" => |_| Some(prices::KMS_KEY_MONTH),
        "aws_route53_zone" => |_| Some(prices::HOSTED_ZONE_MONTH),
        "aws_secretsmanager_secret" => |_| Some(prices::SECRET_MONTH),
        _ => return None,
    })
}

fn gigabytes(live: &Live) -> Option<f64> {
    let bytes = live.observed.text("bytes")?.parse::<f64>().ok()?;
    Some(bytes / f64::from(1_u32 << 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: &'static str, observed: &[(&'static str, &'static str)], usage: &Usage<'_>) -> Option<String> {
        let mut live = Live::new(kind, "123456789012".into(), "eu-west-1".into(), "x", "");
        for (name, value) in observed {
            live.observed.set(*name, *value);
        }
        orphan(&live, usage)
    }

    const UNUSED: Usage<'_> = Usage {
        used_by: &[],
        all_users_listed: true,
        is_live: &|_, _| None,
    };

    #[test]
    fn an_orphan_is_what_the_api_says_that_nothing_uses() {
        let unlisted = Usage {
            all_users_listed: false,
            ..UNUSED
        };
        let users = [("aws_lb_listener".into(), "certificate_arn".into())];
        let used = Usage {
            used_by: &users,
            ..UNUSED
        };
        let idle: &[(&str, &str)] = &[("in_use", "false"), ("type", "AMAZON_ISSUED")];
        assert!(said("aws_acm_certificate", idle, &UNUSED).is_some());
        assert!(
            said("aws_acm_certificate", idle, &unlisted).is_some(),
            "ACM itself says it"
        );
        assert!(said("aws_acm_certificate", idle, &used).is_none());
        assert!(said("aws_acm_certificate", &[("in_use", "true")], &UNUSED).is_none());
        assert!(said("aws_acm_certificate", &[], &UNUSED).is_none(), "not said");
        assert!(
            said(
                "aws_acm_certificate",
                &[("in_use", "false"), ("type", "PRIVATE")],
                &UNUSED
            )
            .is_none()
        );
        assert!(said("aws_iam_instance_profile", &[], &UNUSED).is_some());
        assert!(said("aws_iam_instance_profile", &[], &unlisted).is_none());
        assert!(said("aws_iam_instance_profile", &[("role", "web")], &UNUSED).is_none());
        assert!(said("aws_launch_configuration", &[], &UNUSED).is_some());
        assert!(said("aws_efs_file_system", &[("mount_targets", "2")], &UNUSED).is_none());
        assert!(
            said(
                "aws_efs_file_system",
                &[("mount_targets", "0"), ("unseen", "DescribeX")],
                &UNUSED
            )
            .is_none(),
            "not wholly seen"
        );
    }

    #[test]
    fn every_line_is_a_test_of_a_row_and_its_facts_are_filled() {
        assert_eq!(TESTS.len(), include_str!("../table/orphans.tsv").lines().count() - 1);
        for (kind, test) in TESTS.iter() {
            assert!(
                crate::kinds::kind(kind).is_some_and(|kind| kind.orphan.is_some()),
                "{kind}"
            );
            for (name, ..) in &test.when {
                let wanted = format!("@observed.{name}");
                let filled = lines(include_str!("../table/configuration.tsv"))
                    .any(|cells| cells[0] == *kind && cells[1] == wanted);
                assert!(filled, "{kind}: nothing fills {name}");
            }
        }
    }

    #[test]
    fn prices_are_of_rows() {
        let mut logs = Live::new(
            "aws_cloudwatch_log_group",
            "123456789012".into(),
            "eu-west-1".into(),
            "x",
            "",
        );
        logs.observed.set("bytes", "107374182400");
        let cost = cost_of("aws_cloudwatch_log_group").expect("a price")(&logs);
        assert_eq!(cost.map(|cost| format!("{cost:.2}")), Some("3.00".to_owned()));
    }
}

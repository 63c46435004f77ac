//! `drifted`: managed, and not as its state says.

use std::borrow::Cow;

use super::{Finding, Rule, Severity, title_of};
use crate::kinds::facts::Role;
use crate::ledger::compare::{Difference, Missing, differences};
use crate::ledger::{Ledger, LiveIndex};
use crate::model::{Claim, Configuration, Value};

pub(super) static RULE: Rule = Rule {
    code: "drifted",
    severity: Severity::Medium,
    summary: "managed resources that are not as their state says",
    explanation:
        "\
The state says one thing, the account another: somebody changed it by hand, or another tool did, since Terraform
looked last. The next apply may change it back. The severity is low where only such settings differ as change in
passing (desired counts, windows, sizes that grow by themselves), and medium where it is something that makes the
resource what it is.

Look with terraform plan -refresh-only: it shows the same and more. Then take the change over into the configuration,
or let an apply undo it.

What is claimed as a part of its own (aws_s3_bucket_versioning) is held against what the listing says of that part.

Needs: the setting known on both sides. What a state leaves empty is never drift, and neither are rules, routes and
attachments of a resource of whose kind some are claimed on their own: a state of the whole lists those only sometimes.",
    find,
};

fn find(rule: &Rule, ledger: &Ledger) -> Vec<Finding> {
    (0..)
        .zip(&ledger.entries)
        .filter(|(_, entry)| !entry.claims.is_empty())
        .filter_map(|(at, _)| finding(rule, ledger, at))
        .collect()
}

/// What is different on one live resource, by the claims on it.
fn finding(rule: &Rule, ledger: &Ledger, at: LiveIndex) -> Option<Finding> {
    let (live, entry) = (&ledger.live[at as usize], &ledger.entries[at as usize]);
    let kind = ledger.kind(at)?;
    // A part that is claimed on its own is sometimes in the list of its whole, and sometimes not.
    let parts_claimed = entry.claims.iter().any(|held| held.facet);
    let mut evidence = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut worst = Severity::Low;
    // Those of the resource itself first.
    for own in [true, false] {
        let claims = entry
            .claims
            .iter()
            .filter(|held| held.facet != own)
            .map(|held| &ledger.claims[held.claim as usize]);
        for claim in claims.filter(|claim| claim.deposed.is_none()) {
            let said = if own {
                Cow::Borrowed(&claim.configuration)
            } else {
                Cow::Owned(as_part(claim))
            };
            let found = differences(kind, &said, &live.configuration, Missing::SaysNothing);
            let found: Vec<Difference> = found
                .into_iter()
                .filter(|found| !(own && parts_claimed && (is_list(&found.before) || is_list(&found.after))))
                .filter(|found| !own || !ledger.is_told_by_a_part(at, found.attribute.path))
                .collect();
            if found.is_empty() {
                continue;
            }
            let source = &ledger.states[claim.state as usize].source;
            evidence.push(format!("{} in {source}", claim.address));
            for difference in found {
                let path = difference.attribute.path;
                if difference.attribute.role != Role::Changing {
                    worst = rule.severity;
                }
                if !names.contains(&path) {
                    names.push(path);
                }
                evidence.push(format!(
                    "{path}: state says {}, live is {}",
                    difference.before, difference.after
                ));
            }
        }
    }
    if names.is_empty() {
        return None;
    }
    let mut finding = rule.finding(
        format!(
            "{} {} differs from its state in {}",
            title_of(&live.kind),
            live.label(),
            names.join(", ")
        ),
        vec![live.arn.to_string()],
    );
    finding.severity = worst;
    finding.evidence = evidence;
    finding.advice = "look with terraform plan -refresh-only; take the change over, or apply to undo it".to_owned();
    Some(finding)
}

/// What the state says of a part or setting, as the whole's configuration has it.
fn as_part(claim: &Claim) -> Configuration {
    Configuration::new().with(claim.kind, claim.configuration.clone())
}

impl Ledger {
    /// Says whether a block of a resource's settings is claimed on its own, as `aws_s3_bucket_versioning` is: the state of
    /// the whole says what it was before, until Terraform looks again.
    fn is_told_by_a_part(&self, at: LiveIndex, path: &str) -> bool {
        let Some((block, _)) = path.split_once('.') else {
            return false;
        };
        let whole = self.live[at as usize].kind.as_str();
        let parts = self.entries[at as usize].claims.iter().filter(|held| held.facet);
        parts
            .filter_map(|held| {
                self.claims[held.claim as usize]
                    .kind
                    .as_str()
                    .strip_prefix(whole)?
                    .strip_prefix('_')
            })
            .any(|part| part.starts_with(block))
    }
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Block(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{claim_of, ledger, live, state};
    use crate::model::Configuration;

    /// A database whose state and live configuration differ in what `before` and `after` say.
    fn found(before: Configuration, after: Configuration) -> Vec<Finding> {
        let mut database = live("aws_db_instance", "main");
        database.configuration = after;
        let mut claim = claim_of(0, "aws_db_instance.main", &database);
        claim.configuration = before;
        let ledger = ledger(vec![database], vec![state("platform")], vec![claim]);
        find(&RULE, &ledger)
    }

    #[test]
    fn what_makes_it_what_it_is_outweighs_what_changes_in_passing() {
        let before = Configuration::new()
            .with("instance_class", "db.t3.micro")
            .with("backup_retention_period", 7);
        let passing = found(before.clone(), before.clone().with("backup_retention_period", 0));
        assert_eq!(passing.len(), 1);
        assert_eq!(passing[0].severity, Severity::Low);
        assert_eq!(
            passing[0].evidence,
            [
                "aws_db_instance.main in states/platform.tfstate",
                "backup_retention_period: state says 7, live is 0"
            ]
        );
        let whole = found(before.clone(), before.clone().with("instance_class", "db.r6g.large"));
        assert_eq!(whole[0].severity, Severity::Medium);
        assert_eq!(
            whole[0].evidence[1],
            "instance_class: state says \"db.t3.micro\", live is \"db.r6g.large\""
        );
        assert!(found(before.clone(), before).is_empty());
    }

    #[test]
    fn what_one_side_does_not_know_is_no_drift() {
        let known = Configuration::new().with("instance_class", "db.t3.micro");
        assert!(found(Configuration::new(), known.clone()).is_empty());
        assert!(found(known, Configuration::new()).is_empty());
    }

    #[test]
    fn a_block_that_is_claimed_on_its_own_is_no_drift_of_the_whole() {
        let block = |name: &'static str, enabled: bool| {
            Configuration::new().with(name, Configuration::new().with("enabled", enabled))
        };
        let mut bucket = live("aws_s3_bucket", "logs");
        bucket.configuration = block("versioning", true);
        let mut own = claim_of(0, "aws_s3_bucket.logs", &bucket);
        (own.account, own.region) = (None, None);
        own.configuration = block("versioning", false);
        let alone = ledger(vec![bucket.clone()], vec![state("platform")], vec![own.clone()]);
        assert_eq!(find(&RULE, &alone).len(), 1, "somebody turned it on by hand");
        let mut part = claim_of(0, "aws_s3_bucket_versioning.logs", &bucket);
        (part.arn, part.id, part.account, part.region) = (None, Some("logs".into()), None, None);
        part.configuration = Configuration::new().with("bucket", "logs");
        let both = ledger(vec![bucket], vec![state("platform")], vec![own, part]);
        assert!(both.entries[0].claims.iter().any(|held| held.facet));
        assert!(find(&RULE, &both).is_empty());
    }

    #[test]
    fn a_part_is_held_against_what_the_whole_is_told_of_it() {
        let status = |word: &'static str| {
            Configuration::new().with("versioning_configuration", Configuration::new().with("status", word))
        };
        let mut bucket = live("aws_s3_bucket", "logs");
        bucket.configuration = Configuration::new().with("aws_s3_bucket_versioning", status("Suspended"));
        let mut part = claim_of(0, "aws_s3_bucket_versioning.logs", &bucket);
        (part.arn, part.id, part.account, part.region) = (None, Some("logs".into()), None, None);
        part.configuration = status("Enabled").with("bucket", "logs");
        let found = |part: Claim| {
            find(
                &RULE,
                &ledger(vec![bucket.clone()], vec![state("platform")], vec![part]),
            )
        };
        let drifted = found(part.clone());
        assert_eq!(
            drifted[0].evidence,
            [
                "aws_s3_bucket_versioning.logs in states/platform.tfstate",
                "aws_s3_bucket_versioning.versioning_configuration.status: state says \"Enabled\", live is \"Suspended\""
            ]
        );
        part.configuration = status("Suspended").with("bucket", "logs");
        assert!(found(part).is_empty());
    }

    #[test]
    fn rules_that_are_claimed_on_their_own_are_no_drift_of_the_group() {
        let rule = |port: i32| {
            Configuration::new()
                .with("from_port", port)
                .with("to_port", port)
                .with("protocol", "tcp")
        };
        let group = |rules: Vec<Configuration>| Configuration::new().with("ingress", rules);
        let mut live = live("aws_security_group", "sg-0123456789abcdef0");
        live.configuration = group(vec![rule(80), rule(443)]);
        let mut own = claim_of(0, "aws_security_group.web", &live);
        own.configuration = group(vec![rule(80)]);
        let alone = ledger(vec![live.clone()], vec![state("platform")], vec![own.clone()]);
        assert_eq!(find(&RULE, &alone).len(), 1, "a rule that nobody claims is drift");
        let mut part = claim_of(0, "aws_security_group_rule.https", &live);
        (part.arn, part.id) = (None, Some("sgrule-1".into()));
        part.configuration = Configuration::new().with("security_group_id", &*live.id);
        let both = ledger(vec![live], vec![state("platform")], vec![own, part]);
        assert!(
            both.entries[0].claims.iter().any(|held| held.facet),
            "the rule is a facet"
        );
        assert!(find(&RULE, &both).is_empty());
    }
}

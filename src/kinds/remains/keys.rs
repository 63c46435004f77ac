//! Keys, secrets and certificate authorities that wait for their deletion.

use futures::StreamExt;

use super::{Of, Remains};
use crate::aws::call::{Request, Tree};
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::kinds::listed;
use crate::model::{Live, Symbol, Timestamp};

/// Source: AWS KMS Developer Guide, "Delete an AWS KMS key": 7 to 30 days.
pub(super) const KEYS: Remains = Remains {
    kind: "aws_kms_key",
    title: "KMS key that waits for its deletion",
    actions: &[LIST_KEYS, DESCRIBE_KEY],
    list: |cx| Box::pin(keys(cx)),
    sentence: "everything that it encrypted is lost with it; it comes back disabled",
    command: "aws kms cancel-key-deletion --region {region} --key-id {id} && \
              aws kms enable-key --region {region} --key-id {id}",
    of: Of::Deleted,
};

/// Source: AWS Secrets Manager User Guide, "Delete a secret": 7 to 30 days, unless it was forced.
pub(super) const SECRETS: Remains = Remains {
    kind: "aws_secretsmanager_secret",
    title: "secret that waits for its deletion",
    actions: &[LIST_SECRETS],
    list: |cx| Box::pin(secrets(cx)),
    sentence: "its value and its versions come back with it",
    command: "aws secretsmanager restore-secret --region {region} --secret-id {arn}",
    of: Of::Deleted,
};

/// Source: AWS Private CA User Guide, "Delete a private CA": 7 to 30 days.
pub(super) const AUTHORITIES: Remains = Remains {
    kind: "aws_acmpca_certificate_authority",
    title: "certificate authority that waits for its deletion",
    actions: &[LIST_AUTHORITIES],
    list: |cx| Box::pin(authorities(cx)),
    sentence: "it comes back disabled; update-certificate-authority with status ACTIVE enables it",
    command: "aws acm-pca restore-certificate-authority --region {region} --certificate-authority-arn {arn}",
    of: Of::Deleted,
};

const LIST_KEYS: &str = "kms:ListKeys";
const DESCRIBE_KEY: &str = "kms:DescribeKey";
const LIST_SECRETS: &str = "secretsmanager:ListSecrets";
const LIST_AUTHORITIES: &str = "acm-pca:ListCertificateAuthorities";

/// A request of a JSON protocol.
fn json(members: impl IntoIterator<Item = (&'static str, serde_json::Value)>) -> Request {
    Request {
        body: members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        ..Request::default()
    }
}

fn set_time(live: &mut Live, fact: &'static str, time: Option<Timestamp>) {
    if let Some(time) = time {
        live.observed.set(fact, time.to_string());
    }
}

async fn keys(cx: &ListCx<'_>) -> Result<(), Fault> {
    let Some(service) = listed::service("kms") else {
        return Err(Fault::ours(LIST_KEYS, Reason::NotOffered));
    };
    let mut keys: Vec<(String, String)> = Vec::new();
    let ask = |token: Option<String>| {
        let token = token.map(|token| ("Marker", token.into()));
        json([("Limit", 1000.into())].into_iter().chain(token))
    };
    let listed = cx
        .ask(service, "ListKeys", LIST_KEYS, ask, |page| {
            let pairs = page.items("Keys").into_iter();
            keys.extend(
                pairs.filter_map(|key| Some((key.at(&["KeyId"])?.to_owned(), key.at(&["KeyArn"])?.to_owned()))),
            );
            page.at(&["NextMarker"]).map(str::to_owned)
        })
        .await;
    let details: Vec<_> = futures::stream::iter(keys.into_iter().map(|(id, arn)| async move {
        let request = json([("KeyId", id.as_str().into())]);
        let answer = cx.once(service, "DescribeKey", DESCRIBE_KEY, request).await;
        (id, arn, answer)
    }))
    .buffered(8)
    .collect()
    .await;
    for (id, arn, answer) in details {
        match answer {
            Ok(answer) => {
                let state = answer.at(&["KeyMetadata", "KeyState"]).unwrap_or_default();
                if matches!(state, "PendingDeletion" | "PendingReplicaDeletion") {
                    let mut live = Live::new(Symbol::known(KEYS.kind), cx.account, cx.region, id, arn);
                    let until = answer.at(&["KeyMetadata", "DeletionDate"]).and_then(listed::time);
                    set_time(&mut live, "until", until);
                    live.name = answer.at(&["KeyMetadata", "Description"]).map(Into::into);
                    cx.found(live);
                }
            }
            Err(fault) if fault.reason == Reason::Gone => {}
            Err(fault) => cx.gap(KEYS.kind, fault),
        }
    }
    listed
}

async fn secrets(cx: &ListCx<'_>) -> Result<(), Fault> {
    let Some(service) = listed::service("secretsmanager") else {
        return Err(Fault::ours(LIST_SECRETS, Reason::NotOffered));
    };
    let ask = |token: Option<String>| {
        let token = token.map(|token| ("NextToken", token.into()));
        let fixed = [("MaxResults", 100.into()), ("IncludePlannedDeletion", true.into())];
        json(fixed.into_iter().chain(token))
    };
    cx.ask(service, "ListSecrets", LIST_SECRETS, ask, |page| {
        let secrets = page.items("SecretList").into_iter();
        secrets
            .filter_map(|secret| live_secret(cx, secret))
            .for_each(|secret| cx.found(secret));
        page.at(&["NextToken"]).map(str::to_owned)
    })
    .await
}

/// The shortest window before a secret is deleted for good. The API Reference calls `DeletedDate` the time of the
/// deletion, and does not tell the window.
const SHORTEST: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 7);

fn live_secret(cx: &ListCx<'_>, secret: &Tree) -> Option<Live> {
    let deleted = secret.at(&["DeletedDate"]).and_then(listed::time)?;
    let arn = secret.at(&["ARN"])?;
    let mut live = Live::new(Symbol::known(SECRETS.kind), cx.account, cx.region, arn, arn);
    live.name = secret.at(&["Name"]).map(Into::into);
    set_time(&mut live, "deleted_at", Some(deleted));
    set_time(&mut live, "until", deleted.checked_add(SHORTEST).ok());
    Some(live)
}

async fn authorities(cx: &ListCx<'_>) -> Result<(), Fault> {
    let Some(service) = listed::service("acm-pca") else {
        return Err(Fault::ours(LIST_AUTHORITIES, Reason::NotOffered));
    };
    let ask = |token: Option<String>| {
        let token = token.map(|token| ("NextToken", token.into()));
        json([("MaxResults", 100.into())].into_iter().chain(token))
    };
    cx.ask(service, "ListCertificateAuthorities", LIST_AUTHORITIES, ask, |page| {
        for authority in page.items("CertificateAuthorities") {
            if let (Some("DELETED"), Some(arn)) = (authority.at(&["Status"]), authority.at(&["Arn"])) {
                let mut live = Live::new(Symbol::known(AUTHORITIES.kind), cx.account, cx.region, arn, arn);
                set_time(
                    &mut live,
                    "deleted_at",
                    authority.at(&["LastStateChangeAt"]).and_then(listed::time),
                );
                set_time(
                    &mut live,
                    "until",
                    authority.at(&["RestorableUntil"]).and_then(listed::time),
                );
                cx.found(live);
            }
        }
        page.at(&["NextToken"]).map(str::to_owned)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn keys_that_wait_are_told_from_those_that_do_not() {
        let found = Replay::default()
            .answer(
                "ListKeys",
                r#"{"Keys":[{"KeyId":"a","KeyArn":"arn:aws:kms:eu-west-1:123456789012:key/a"}],"NextMarker":"2","Truncated":true}"#,
            )
            .answer(
                "ListKeys",
                r#"{"Keys":[{"KeyId":"b","KeyArn":"arn:aws:kms:eu-west-1:123456789012:key/b"}],"Truncated":false}"#,
            )
            .answer("DescribeKey", r#"{"KeyMetadata":{"KeyId":"a","KeyState":"Enabled"}}"#)
            .answer(
                "DescribeKey",
                r#"{"KeyMetadata":{"KeyId":"b","KeyState":"PendingDeletion","DeletionDate":1767323045.0}}"#,
            )
            .list(KEYS.list)
            .await
            .expect("all");
        let [key] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (&*key.id, key.observed.text("until")),
            ("b", Some("2026-01-02T03:04:05Z"))
        );
    }

    #[tokio::test]
    async fn secrets_that_wait_have_at_least_a_week() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:old-AbCdEf";
        let page = format!(
            r#"{{"SecretList":[{{"ARN":"{arn}","Name":"old","DeletedDate":1767323045.5}},{{"ARN":"x","Name":"kept"}}]}}"#
        );
        let found = Replay::default()
            .answer("ListSecrets", &page)
            .list(SECRETS.list)
            .await
            .expect("all");
        let [secret] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (&*secret.arn, secret.observed.text("until")),
            (arn, Some("2026-01-09T03:04:05Z"))
        );
    }

    #[tokio::test]
    async fn authorities_say_until_when() {
        let found = Replay::default()
            .answer(
                "ListCertificateAuthorities",
                r#"{"CertificateAuthorities":[{"Arn":"arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/a",
                "Status":"DELETED","RestorableUntil":1767323045},{"Arn":"b","Status":"ACTIVE"}]}"#,
            )
            .list(AUTHORITIES.list)
            .await
            .expect("all");
        let [authority] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(authority.observed.text("until"), Some("2026-01-02T03:04:05Z"));
    }
}

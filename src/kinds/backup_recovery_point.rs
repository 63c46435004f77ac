//! `aws_backup_recovery_point`: what AWS Backup keeps, in every vault, of resources of many services.
//!
//! The name is ours: Terraform has no type for what backup plans make.

use super::facts::{Kind, kept, kept_reference};
use super::{Listing, convert, listed};
use crate::aws::call::{Request, Tree, encoded};
use crate::aws::{Fault, ListCx, fault::Reason};
use crate::model::{Live, Symbol};

/// A recovery point. Its id is its ARN, which is often that of a snapshot or image of another service: that one is
/// listed there too, and only the recovery point says in which vault it stands and until when.
pub(super) static KIND: Kind = Kind {
    attributes: &[
        kept_reference("backup_vault_name", &["aws_backup_vault"]),
        // Not a reference: a recovery point does not need what it is of.
        kept("resource_arn"),
    ],
    import_id: "",
    holds_data: true,
    many_alike: true,
    ..Kind::regional("aws_backup_recovery_point", "recovery point of AWS Backup", "backup")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &[VAULTS, POINTS],
    list: |cx| Box::pin(list(cx)),
};

const VAULTS: &str = "backup:ListBackupVaults";
const POINTS: &str = "backup:ListRecoveryPointsByBackupVault";

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let Some(service) = listed::service("backup") else {
        return Err(Fault::ours(VAULTS, Reason::NotOffered));
    };
    let ask = |path: String| {
        move |token: Option<String>| Request {
            method: "GET",
            path: path.clone(),
            query: std::iter::once(("maxResults".to_owned(), "1000".to_owned()))
                .chain(token.map(|token| ("nextToken".to_owned(), token)))
                .collect(),
            ..Request::default()
        }
    };
    let next = |page: &Tree| page.at(&["NextToken"]).map(str::to_owned);
    let mut vaults: Vec<String> = Vec::new();
    let listed = cx
        .ask(
            service,
            "ListBackupVaults",
            VAULTS,
            ask("/backup-vaults/".to_owned()),
            |page| {
                let names = page.items("BackupVaultList").into_iter();
                vaults.extend(names.filter_map(|vault| vault.at(&["BackupVaultName"]).map(str::to_owned)));
                next(page)
            },
        )
        .await;
    for vault in vaults {
        let path = format!("/backup-vaults/{}/recovery-points/", encoded(&vault));
        let points = cx
            .ask(service, "ListRecoveryPointsByBackupVault", POINTS, ask(path), |page| {
                let points = page.items("RecoveryPoints").into_iter();
                points
                    .filter_map(|point| live(cx, &vault, point))
                    .for_each(|point| cx.found(point));
                next(page)
            })
            .await;
        match points {
            // A vault's own policy may deny one and not another; a vault that is gone meanwhile holds nothing.
            Err(fault) if fault.reason != Reason::Gone => cx.gap(KIND.name, fault),
            _ => {}
        }
    }
    listed
}

fn live(cx: &ListCx<'_>, vault: &str, point: &Tree) -> Option<Live> {
    let id = point.at(&["RecoveryPointArn"])?;
    // An ARN of another service is that of the snapshot or image itself.
    let is_own = id.split(':').nth(2) == Some("backup");
    let arn = if is_own { id } else { "" };
    let mut live = Live::new(Symbol::known(KIND.name), cx.account, cx.region, id, arn);
    let time = |path: &[&str]| point.at(path).and_then(listed::time);
    live.created_at = time(&["CreationDate"]);
    live.name = point.at(&["ResourceName"]).map(Into::into);
    live.configuration
        .set("backup_vault_name", vault)
        .set("resource_arn", point.at(&["ResourceArn"]));
    live.observed
        .set("backup_of", point.at(&["ResourceArn"]))
        .set("resource_type", point.at(&["ResourceType"]))
        .set("status", point.at(&["Status"]).map(str::to_ascii_lowercase))
        .set("iam_role_arn", point.at(&["IamRoleArn"]))
        .set("backup_vault_name", vault);
    if let Some(delete_at) = time(&["CalculatedLifecycle", "DeleteAt"]) {
        live.observed.set("delete_at", delete_at.to_string());
    }
    if let Some(restored) = time(&["LastRestoreTime"]) {
        live.observed.set("last_restored_at", restored.to_string());
    }
    let plan = point
        .at(&["CreatedBy", "BackupPlanName"])
        .or_else(|| point.at(&["CreatedBy", "BackupPlanId"]));
    live.origin = match plan {
        Some(plan) => convert::delegated("backup", plan, "CreatedBy names a backup plan"),
        None => convert::delegated("backup", vault, "it stands in a vault of AWS Backup"),
    };
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const VAULT_PAGES: [&str; 2] = [
        r#"{"BackupVaultList":[{"BackupVaultName":"Default","NumberOfRecoveryPoints":1}],"NextToken":"2"}"#,
        r#"{"BackupVaultList":[{"BackupVaultName":"locked"},{"BackupVaultName":"gone"}]}"#,
    ];

    const POINT: &str = r#"{"RecoveryPointArn":"arn:aws:backup:eu-west-1:123456789012:recovery-point:1EB3B5E7",
        "BackupVaultName":"Default","ResourceArn":"arn:aws:rds:eu-west-1:123456789012:db:platform","ResourceType":"RDS",
        "CreatedBy":{"BackupPlanId":"p-1","BackupPlanName":"nightly"},
        "IamRoleArn":"arn:aws:iam::123456789012:role/service-role/AWSBackupDefaultServiceRole",
        "Status":"COMPLETED","CreationDate":1767323045.678,"CalculatedLifecycle":{"DeleteAt":1769915045.678}}"#;

    fn replay() -> Replay {
        let second = r#"{"RecoveryPointArn":"arn:aws:ec2:eu-west-1::snapshot/snap-0a","Status":"PARTIAL",
            "ResourceArn":"arn:aws:ec2:eu-west-1:123456789012:volume/vol-0a","CreationDate":1767323045}"#;
        let default = "backup-vaults/Default/recovery-points";
        Replay::default()
            .answer("backup-vaults", VAULT_PAGES[0])
            .answer("backup-vaults", VAULT_PAGES[1])
            .answer(default, &format!(r#"{{"RecoveryPoints":[{POINT}],"NextToken":"2"}}"#))
            .answer(default, &format!(r#"{{"RecoveryPoints":[{second}]}}"#))
            .fail(
                "backup-vaults/gone/recovery-points",
                400,
                r#"{"Code":"ResourceNotFoundException"}"#,
            )
    }

    #[tokio::test]
    async fn every_vault_is_looked_into_page_by_page() {
        let locked = "backup-vaults/locked/recovery-points";
        let found = replay()
            .answer(locked, r#"{"RecoveryPoints":[]}"#)
            .list(LISTING.list)
            .await;
        let found = found.expect("all pages");
        let [first, second] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            &*first.arn,
            "arn:aws:backup:eu-west-1:123456789012:recovery-point:1EB3B5E7"
        );
        assert_eq!(
            first.observed.text("backup_of"),
            Some("arn:aws:rds:eu-west-1:123456789012:db:platform")
        );
        assert_eq!(first.observed.text("delete_at"), Some("2026-02-01T03:04:05Z"));
        assert_eq!(first.observed.text("status"), Some("completed"));
        assert_eq!(first.created_at, "2026-01-02T03:04:05Z".parse().ok());
        assert!(!first.origin.is_own());
        // The snapshot itself is listed by EC2, under this ARN.
        assert_eq!(
            (&*second.id, &*second.arn),
            ("arn:aws:ec2:eu-west-1::snapshot/snap-0a", "")
        );
    }

    #[tokio::test]
    async fn a_vault_that_denies_is_a_gap_and_the_others_stand() {
        let locked = "backup-vaults/locked/recovery-points";
        let replay = replay().fail(locked, 403, r#"{"Code":"AccessDeniedException"}"#);
        let (found, gaps, result) = replay.run(LISTING.list).await;
        result.expect("the vaults were listed");
        assert_eq!(found.len(), 2);
        let [(kind, fault)] = gaps.as_slice() else {
            panic!("{gaps:?}")
        };
        assert_eq!((kind.as_str(), fault.reason), (KIND.name, Reason::Denied));
    }
}

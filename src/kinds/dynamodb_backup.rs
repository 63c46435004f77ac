//! `aws_dynamodb_backup`: backups of tables, also those that `DynamoDB` makes when a table is deleted.
//!
//! The name is ours: Terraform has no type for them.

use super::facts::{Kind, kept};
use super::{Listing, convert, listed};
use crate::aws::call::{Request, Tree};
use crate::aws::{Fault, ListCx, fault::Reason};
use crate::model::{Live, Origin, Symbol};

/// A backup of a table, made on demand, by AWS Backup, or by `DynamoDB` at the deletion of a table with point-in-time
/// recovery (*system* backups: kept for 35 days).
pub(super) static KIND: Kind = Kind {
    attributes: &[kept("table_name"), kept("backup_type")],
    import_id: "",
    holds_data: true,
    many_alike: true,
    ..Kind::regional("aws_dynamodb_backup", "DynamoDB backup", "dynamodb")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &[ACTION],
    list: |cx| Box::pin(list(cx)),
};

const ACTION: &str = "dynamodb:ListBackups";

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let Some(service) = listed::service("dynamodb") else {
        return Err(Fault::ours(ACTION, Reason::NotOffered));
    };
    let ask = |token: Option<String>| {
        let mut request = Request::default();
        request.body.insert("BackupType".to_owned(), "ALL".into());
        request.body.insert("Limit".to_owned(), 100.into());
        if let Some(token) = token {
            request.body.insert("ExclusiveStartBackupArn".to_owned(), token.into());
        }
        request
    };
    cx.ask(service, "ListBackups", ACTION, ask, |page| {
        let backups = page.items("BackupSummaries").into_iter();
        backups
            .filter_map(|backup| live(cx, backup))
            .for_each(|backup| cx.found(backup));
        page.at(&["LastEvaluatedBackupArn"]).map(str::to_owned)
    })
    .await
}

fn live(cx: &ListCx<'_>, backup: &Tree) -> Option<Live> {
    let status = backup.at(&["BackupStatus"]);
    if status == Some("DELETED") {
        return None;
    }
    let arn = backup.at(&["BackupArn"])?;
    let mut live = Live::new(Symbol::known(KIND.name), cx.account, cx.region, arn, arn);
    let time = |name: &str| backup.at(&[name]).and_then(listed::time);
    let sort = backup.at(&["BackupType"]).unwrap_or_default();
    live.name = backup.at(&["BackupName"]).map(Into::into);
    live.created_at = time("BackupCreationDateTime");
    live.configuration
        .set("table_name", backup.at(&["TableName"]))
        .set("backup_type", sort);
    live.observed
        .set("backup_of", backup.at(&["TableArn"]))
        .set("status", status.map(str::to_ascii_lowercase))
        .set(
            "size_bytes",
            backup
                .at(&["BackupSizeBytes"])
                .and_then(|size| size.parse::<i64>().ok()),
        );
    if let Some(expires) = time("BackupExpiryDateTime") {
        live.observed.set("delete_at", expires.to_string());
    }
    match sort {
        "SYSTEM" => live.origin = Origin::AwsMade("DynamoDB made it when its table was deleted".into()),
        "AWS_BACKUP" => live.origin = convert::delegated("backup", arn, "BackupType is AWS_BACKUP"),
        _ => {}
    }
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn page(name: &str, sort: &str, rest: &str) -> String {
        format!(
            r#"{{"BackupSummaries":[{{"TableName":"orders","BackupName":"{name}","BackupType":"{sort}",
            "TableArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders","BackupStatus":"AVAILABLE",
            "BackupArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders/backup/{name}",
            "BackupCreationDateTime":1767323045.123{rest}}}]"#
        )
    }

    #[tokio::test]
    async fn each_page_and_each_sort_of_backup() {
        let found = Replay::default()
            .answer(
                "ListBackups",
                &(page("mine", "USER", "") + r#","LastEvaluatedBackupArn":"mine"}"#),
            )
            .answer(
                "ListBackups",
                &(page("last", "SYSTEM", r#","BackupExpiryDateTime":1770347045"#) + "}"),
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        let [mine, last] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            mine.observed.text("backup_of"),
            Some("arn:aws:dynamodb:eu-west-1:123456789012:table/orders")
        );
        assert!(mine.origin.is_own() && mine.observed.text("delete_at").is_none());
        assert!(matches!(last.origin, Origin::AwsMade(_)));
        assert_eq!(last.observed.text("delete_at"), Some("2026-02-06T03:04:05Z"));
    }
}

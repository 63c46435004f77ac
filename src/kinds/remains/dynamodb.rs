//! Point-in-time recovery of tables that are live.

use super::{Of, Remains};
use crate::aws::call::Request;
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::kinds::listed;
use crate::model::{Live, Symbol};

/// Source: Amazon DynamoDB Developer Guide, "Point-in-time backups".
pub(super) const TABLES: Remains = Remains {
    kind: "aws_dynamodb_table",
    title: "point-in-time recovery of a table",
    actions: &[LIST, DESCRIBE],
    list: |cx| Box::pin(list(cx)),
    sentence: "every moment of its window can be had back under another name; --restore-date-time names an earlier one",
    command: "aws dynamodb restore-table-to-point-in-time --region {region} --source-table-name {id} \
              --target-table-name {id}-restored --use-latest-restorable-time",
    of: Of::Live,
};

const LIST: &str = "dynamodb:ListTables";
const DESCRIBE: &str = "dynamodb:DescribeContinuousBackups";

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let Some(service) = listed::service("dynamodb") else {
        return Err(Fault::ours(LIST, Reason::NotOffered));
    };
    let body = |name: &str, value: serde_json::Value| Request {
        body: std::iter::once((name.to_owned(), value)).collect(),
        ..Request::default()
    };
    let ask = |token: Option<String>| match token {
        None => Request::default(),
        Some(token) => body("ExclusiveStartTableName", token.into()),
    };
    let mut tables: Vec<String> = Vec::new();
    let listed = cx
        .ask(service, "ListTables", LIST, ask, |page| {
            tables.extend(
                page.items("TableNames")
                    .into_iter()
                    .filter_map(|name| name.text().map(str::to_owned)),
            );
            page.at(&["LastEvaluatedTableName"]).map(str::to_owned)
        })
        .await;
    for table in tables {
        let request = body("TableName", table.as_str().into());
        let answer = match cx.once(service, "DescribeContinuousBackups", DESCRIBE, request).await {
            Ok(answer) => answer,
            Err(fault) => {
                if fault.reason != Reason::Gone {
                    cx.gap(TABLES.kind, fault);
                }
                continue;
            }
        };
        let said = |name| answer.at(&["ContinuousBackupsDescription", "PointInTimeRecoveryDescription", name]);
        let arn = format!(
            "arn:{}:dynamodb:{}:{}:table/{table}",
            cx.partition, cx.region, cx.account
        );
        let mut live = Live::new(Symbol::known(TABLES.kind), cx.account, cx.region, table, arn);
        live.observed
            .set("protected", said("PointInTimeRecoveryStatus") == Some("ENABLED"));
        for (fact, field) in [
            ("from", "EarliestRestorableDateTime"),
            ("to", "LatestRestorableDateTime"),
        ] {
            if let Some(time) = said(field).and_then(listed::time) {
                live.observed.set(fact, time.to_string());
            }
        }
        cx.found(live);
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::model::Value;

    #[tokio::test]
    async fn each_table_says_whether_it_is_protected() {
        let found = Replay::default()
            .answer("ListTables", r#"{"TableNames":["orders"],"LastEvaluatedTableName":"orders"}"#)
            .answer("ListTables", r#"{"TableNames":["carts"]}"#)
            .answer(
                "DescribeContinuousBackups",
                r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":
                {"PointInTimeRecoveryStatus":"ENABLED","EarliestRestorableDateTime":1767323045,"LatestRestorableDateTime":1767323345}}}"#,
            )
            .answer(
                "DescribeContinuousBackups",
                r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":
                {"PointInTimeRecoveryStatus":"DISABLED"}}}"#,
            )
            .list(TABLES.list)
            .await
            .expect("all");
        let told: Vec<_> = found
            .iter()
            .map(|one| (&*one.id, one.observed.get("protected")))
            .collect();
        assert_eq!(
            told,
            [
                ("orders", Some(&Value::Bool(true))),
                ("carts", Some(&Value::Bool(false)))
            ]
        );
        assert_eq!(found[0].observed.text("to"), Some("2026-01-02T03:09:05Z"));
    }
}

//! Versions and delete markers of objects in buckets that are live. A bucket itself is never had back.

use super::{Of, Remains};
use crate::aws::call::{Host, Protocol, Request, Service, Tree, encoded};
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Symbol};

/// Source: Amazon S3 User Guide, "Working with delete markers".
pub(super) const BUCKETS: Remains = Remains {
    kind: "aws_s3_bucket",
    title: "versions of a bucket's objects",
    actions: &[LIST, VERSIONING, VERSIONS],
    list: |cx| Box::pin(list(cx)),
    sentence: "what is deleted in it lies under a delete marker, which this lists; delete-object with the marker's \
               --version-id brings an object back",
    command: "aws s3api list-object-versions --region {region} --bucket {id} \
              --query 'DeleteMarkers[?IsLatest].[Key,VersionId,LastModified]' --output text",
    of: Of::Live,
};

const LIST: &str = "s3:ListAllMyBuckets";
const VERSIONING: &str = "s3:GetBucketVersioning";
const VERSIONS: &str = "s3:ListBucketVersions";

/// S3 in the region of the bucket; the table's own line asks one region for the buckets of all.
static REGIONAL: Service = Service {
    name: "s3",
    protocol: Protocol::RestXml,
    api_version: "2006-03-01",
    signing_name: "s3",
    hosts: [
        host("s3.{region}.amazonaws.com"),
        host("s3.{region}.amazonaws.com.cn"),
        host("s3.{region}.amazonaws.com"),
    ],
    id: "S3",
    not_in_use: "",
    discovery: "",
    absent: &[],
    regions_known: false,
};

const fn host(name: &'static str) -> Host {
    Host { name, home: "" }
}

fn get(path: String, query: &[(&str, &str)]) -> Request {
    let query = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request {
        method: "GET",
        path,
        query: query.collect(),
        ..Request::default()
    }
}

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut buckets: Vec<String> = Vec::new();
    let ask = |token: Option<String>| {
        let mut request = get("/".to_owned(), &[("max-buckets", "1000")]);
        request
            .query
            .extend(token.map(|token| ("continuation-token".to_owned(), token)));
        request
    };
    let listed = cx
        .ask(&REGIONAL, "ListBuckets", LIST, ask, |page| {
            let all = page.get("Buckets").map(|all| all.all("Bucket")).unwrap_or_default();
            let here = |bucket: &&Tree| bucket.at(&["BucketRegion"]).is_none_or(|region| region == &*cx.region);
            buckets.extend(
                all.into_iter()
                    .filter(here)
                    .filter_map(|one| one.at(&["Name"]).map(str::to_owned)),
            );
            page.at(&["ContinuationToken"]).map(str::to_owned)
        })
        .await;
    for bucket in buckets {
        if let Err(fault) = look_into(cx, &bucket).await
            && fault.reason != Reason::Gone
        {
            cx.gap(BUCKETS.kind, fault);
        }
    }
    listed
}

/// Whether versions are kept, and delete markers among the first thousand versions: a count of all could take hours.
async fn look_into(cx: &ListCx<'_>, bucket: &str) -> Result<(), Fault> {
    let path = || format!("/{}", encoded(bucket));
    let request = get(path(), &[("versioning", "")]);
    let versioning = cx.once(&REGIONAL, "GetBucketVersioning", VERSIONING, request).await?;
    let status = versioning.at(&["Status"]).unwrap_or("never on");
    let arn = format!("arn:{}:s3:::{bucket}", cx.partition);
    let mut live = Live::new(Symbol::known(BUCKETS.kind), cx.account, cx.region, bucket, arn);
    live.observed
        .set("protected", status == "Enabled")
        .set("versioning", status.to_lowercase());
    // A bucket whose versioning was suspended keeps the versions that it had.
    if status != "never on" {
        let request = get(path(), &[("versions", ""), ("max-keys", "1000")]);
        match cx.once(&REGIONAL, "ListObjectVersions", VERSIONS, request).await {
            Ok(page) => {
                let latest = |marker: &&Tree| marker.at(&["IsLatest"]) == Some("true");
                let markers = page.all("DeleteMarker").into_iter().filter(latest).count();
                live.observed
                    .set("delete_markers", i64::try_from(markers).unwrap_or(i64::MAX));
                live.observed
                    .set("counted_all", page.at(&["IsTruncated"]) != Some("true"));
            }
            Err(fault) => cx.gap(BUCKETS.kind, fault),
        }
    }
    cx.found(live);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::model::Value;

    #[tokio::test]
    async fn versions_are_looked_at_where_they_are_kept() {
        let found = Replay::default()
            .answer(
                "",
                "<ListAllMyBucketsResult><Buckets>\
                 <Bucket><Name>kept</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>\
                 <Bucket><Name>plain</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>\
                 <Bucket><Name>far</Name><BucketRegion>us-east-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>",
            )
            .answer("kept", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
            .answer(
                "kept",
                "<ListVersionsResult><IsTruncated>false</IsTruncated>\
                 <Version><Key>CANARY-key</Key><IsLatest>false</IsLatest></Version>\
                 <DeleteMarker><Key>CANARY-key</Key><VersionId>1</VersionId><IsLatest>true</IsLatest></DeleteMarker>\
                 <DeleteMarker><Key>CANARY-other</Key><IsLatest>false</IsLatest></DeleteMarker></ListVersionsResult>",
            )
            .answer("plain", "<VersioningConfiguration/>")
            .list(BUCKETS.list)
            .await
            .expect("all");
        let [kept, plain] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(kept.observed.get("delete_markers"), Some(&Value::Integer(1)));
        assert_eq!(kept.observed.get("protected"), Some(&Value::Bool(true)));
        assert_eq!(plain.observed.get("protected"), Some(&Value::Bool(false)));
        assert!(
            !format!("{found:?}").contains("CANARY"),
            "names of objects are nobody's business here"
        );
    }
}

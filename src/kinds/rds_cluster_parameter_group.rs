//! `aws_rds_cluster_parameter_group`.

use aws_sdk_rds::types::DbClusterParameterGroup;

use super::facts::{Kind, Usage, kept, name, stable};
use super::{Listing, rds};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin};

/// Settings of clusters. RDS, `DocumentDB` and Neptune share the same groups.
///
/// The parameters themselves are not read: that would be one call for each group.
pub(super) static KIND: Kind = Kind {
    aliases: &[
        "aws_docdb_cluster_parameter_group",
        "aws_neptune_cluster_parameter_group",
    ],
    arn: "arn:{partition}:rds:{region}:{account}:cluster-pg:{id}",
    attributes: &[
        name("name"),
        stable("family"),
        stable("description"),
        kept("name_prefix"),
    ],
    cloudformation: "AWS::RDS::DBClusterParameterGroup",
    orphan: Some(orphan),
    ..Kind::regional(
        "aws_rds_cluster_parameter_group",
        "database cluster parameter group",
        "rds",
    )
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeDBClusterParameterGroups", "rds:ListTagsForResource"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut found = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBClusterParameterGroups",
            |token| {
                let request = cx.rds().describe_db_cluster_parameter_groups().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                found.extend(
                    page.db_cluster_parameter_groups()
                        .iter()
                        .filter_map(|group| live(cx, group)),
                );
                page.marker
            },
        )
        .await;
    rds::found_with_tags(cx, &KIND, found).await;
    listed
}

fn live(cx: &ListCx<'_>, group: &DbClusterParameterGroup) -> Option<Live> {
    let id = group.db_cluster_parameter_group_name()?;
    let mut live = rds::live(cx, &KIND, id, group.db_cluster_parameter_group_arn());
    live.configuration
        .set("name", id)
        .set("family", group.db_parameter_group_family())
        .set("description", group.description());
    if id.starts_with("default.") {
        live.origin = Origin::AwsMade("the default parameter group of an engine version".into());
    }
    Some(live)
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage.is_unused().then(|| "no cluster uses it".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn page(name: &str, marker: &str) -> String {
        format!(
            "<DescribeDBClusterParameterGroupsResponse><DescribeDBClusterParameterGroupsResult><DBClusterParameterGroups><DBClusterParameterGroup><DBClusterParameterGroupName>{name}</DBClusterParameterGroupName>\
             <DBParameterGroupFamily>postgres15</DBParameterGroupFamily><Description>tuned</Description>\
             <DBClusterParameterGroupArn>arn:aws:rds:eu-west-1:123456789012:cluster-pg:{name}</DBClusterParameterGroupArn></DBClusterParameterGroup></DBClusterParameterGroups>{marker}\
             </DescribeDBClusterParameterGroupsResult></DescribeDBClusterParameterGroupsResponse>"
        )
    }

    #[tokio::test]
    async fn two_pages_and_the_default_is_aws_made_and_not_asked_for_tags() {
        let live = Replay::default()
            .answer("DescribeDBClusterParameterGroups", &page("tuned", "<Marker>2</Marker>"))
            .answer("DescribeDBClusterParameterGroups", &page("default.postgres15", ""))
            .answer(
                "ListTagsForResource",
                "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList><Tag><Key>Project</Key>\
                 <Value>platform</Value></Tag></TagList></ListTagsForResourceResult></ListTagsForResourceResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!(&*live[0].id, "tuned");
        assert_eq!(&*live[0].arn, "arn:aws:rds:eu-west-1:123456789012:cluster-pg:tuned");
        assert_eq!(live[0].configuration.text("family"), Some("postgres15"));
        assert_eq!(live[0].tags.get("Project"), Some("platform"));
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }
}

//! `aws_db_parameter_group`.

use aws_sdk_rds::types::DbParameterGroup;

use super::facts::{Kind, Usage, kept, name, stable};
use super::{Listing, rds};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin};

/// Settings of database instances. RDS and Neptune share the same groups.
///
/// The parameters themselves are not read: that would be one call for each group.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_neptune_parameter_group"],
    arn: "arn:{partition}:rds:{region}:{account}:pg:{id}",
    attributes: &[
        name("name"),
        stable("family"),
        stable("description"),
        kept("name_prefix"),
    ],
    cloudformation: "AWS::RDS::DBParameterGroup",
    orphan: Some(orphan),
    ..Kind::regional("aws_db_parameter_group", "database parameter group", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeDBParameterGroups", "rds:ListTagsForResource"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut found = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBParameterGroups",
            |token| {
                let request = cx.rds().describe_db_parameter_groups().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                found.extend(page.db_parameter_groups().iter().filter_map(|group| live(cx, group)));
                page.marker
            },
        )
        .await;
    rds::found_with_tags(cx, &KIND, found).await;
    listed
}

fn live(cx: &ListCx<'_>, group: &DbParameterGroup) -> Option<Live> {
    let id = group.db_parameter_group_name()?;
    let mut live = rds::live(cx, &KIND, id, group.db_parameter_group_arn());
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
    usage.is_unused().then(|| "no database instance uses it".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn page(name: &str, marker: &str) -> String {
        format!(
            "<DescribeDBParameterGroupsResponse><DescribeDBParameterGroupsResult><DBParameterGroups><DBParameterGroup><DBParameterGroupName>{name}</DBParameterGroupName>\
             <DBParameterGroupFamily>postgres15</DBParameterGroupFamily><Description>tuned</Description>\
             <DBParameterGroupArn>arn:aws:rds:eu-west-1:123456789012:pg:{name}</DBParameterGroupArn></DBParameterGroup></DBParameterGroups>{marker}\
             </DescribeDBParameterGroupsResult></DescribeDBParameterGroupsResponse>"
        )
    }

    #[tokio::test]
    async fn two_pages_and_the_default_is_aws_made_and_not_asked_for_tags() {
        let live = Replay::default()
            .answer("DescribeDBParameterGroups", &page("tuned", "<Marker>2</Marker>"))
            .answer("DescribeDBParameterGroups", &page("default.postgres15", ""))
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
        assert_eq!(&*live[0].arn, "arn:aws:rds:eu-west-1:123456789012:pg:tuned");
        assert_eq!(live[0].configuration.text("family"), Some("postgres15"));
        assert_eq!(live[0].tags.get("Project"), Some("platform"));
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }
}

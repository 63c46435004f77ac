//! `aws_db_subnet_group`.

use aws_sdk_rds::types::DbSubnetGroup;

use super::facts::{Kind, Usage, kept, kept_reference, name, refers_set, stable};
use super::{Listing, rds};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin, Value};

/// The subnets in which databases may stand. RDS, `DocumentDB` and Neptune share the same groups.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_docdb_subnet_group", "aws_neptune_subnet_group"],
    arn: "arn:{partition}:rds:{region}:{account}:subgrp:{id}",
    attributes: &[
        name("name"),
        stable("description"),
        refers_set("subnet_ids", &["aws_subnet"]),
        kept_reference("vpc_id", &["aws_vpc"]),
        kept("name_prefix"),
    ],
    cloudformation: "AWS::RDS::DBSubnetGroup",
    orphan: Some(orphan),
    ..Kind::regional("aws_db_subnet_group", "database subnet group", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut found = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBSubnetGroups",
            |token| {
                let request = cx.rds().describe_db_subnet_groups().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                found.extend(page.db_subnet_groups().iter().filter_map(|group| live(cx, group)));
                page.marker
            },
        )
        .await;
    rds::found_with_tags(cx, &KIND, found).await;
    listed
}

fn live(cx: &ListCx<'_>, group: &DbSubnetGroup) -> Option<Live> {
    let id = group.db_subnet_group_name()?;
    let mut live = rds::live(cx, &KIND, id, group.db_subnet_group_arn());
    live.configuration
        .set("name", id)
        .set("description", group.db_subnet_group_description())
        .set(
            "subnet_ids",
            Value::set(group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier())),
        )
        .set("vpc_id", group.vpc_id());
    live.observed
        .set("status", group.subnet_group_status().map(str::to_ascii_lowercase));
    if id == "default" || id.starts_with("default-vpc-") {
        live.origin = Origin::AwsMade("a subnet group that AWS made for a database without one".into());
    }
    Some(live)
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage.is_unused().then(|| "no database stands in it".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const FIRST: &str = "<DescribeDBSubnetGroupsResponse><DescribeDBSubnetGroupsResult><DBSubnetGroups><DBSubnetGroup>\
        <DBSubnetGroupName>prod-db</DBSubnetGroupName><DBSubnetGroupDescription>Managed by Terraform</DBSubnetGroupDescription>\
        <VpcId>vpc-0a1b2c3d</VpcId><SubnetGroupStatus>Complete</SubnetGroupStatus><Subnets>\
        <Subnet><SubnetIdentifier>subnet-2a2c5433</SubnetIdentifier></Subnet>\
        <Subnet><SubnetIdentifier>subnet-113b63f0</SubnetIdentifier></Subnet></Subnets>\
        <DBSubnetGroupArn>arn:aws:rds:eu-west-1:123456789012:subgrp:prod-db</DBSubnetGroupArn>\
        </DBSubnetGroup></DBSubnetGroups><Marker>2</Marker></DescribeDBSubnetGroupsResult></DescribeDBSubnetGroupsResponse>";
    const SECOND: &str = "<DescribeDBSubnetGroupsResponse><DescribeDBSubnetGroupsResult><DBSubnetGroups>\
        <DBSubnetGroup><DBSubnetGroupName>default-vpc-0a1b2c3d</DBSubnetGroupName></DBSubnetGroup>\
        <DBSubnetGroup><DBSubnetGroupName>gone</DBSubnetGroupName></DBSubnetGroup>\
        </DBSubnetGroups></DescribeDBSubnetGroupsResult></DescribeDBSubnetGroupsResponse>";
    const TAGS: &str = "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList><Tag><Key>Project</Key>\
        <Value>platform</Value></Tag></TagList></ListTagsForResourceResult></ListTagsForResourceResponse>";

    #[tokio::test]
    async fn two_pages_with_tags_and_a_group_that_is_gone_is_skipped() {
        let live = Replay::default()
            .answer("DescribeDBSubnetGroups", FIRST)
            .answer("DescribeDBSubnetGroups", SECOND)
            .answer("ListTagsForResource", TAGS)
            .fail(
                "ListTagsForResource",
                404,
                "<ErrorResponse><Error><Code>DBSubnetGroupNotFoundFault</Code></Error></ErrorResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!(&*live[0].arn, "arn:aws:rds:eu-west-1:123456789012:subgrp:prod-db");
        assert_eq!(live[0].tags.get("Project"), Some("platform"));
        assert_eq!(
            live[0].configuration.get("subnet_ids"),
            Some(&Value::set(["subnet-113b63f0", "subnet-2a2c5433"]))
        );
        assert_eq!(live[0].observed.text("status"), Some("complete"));
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }

    #[tokio::test]
    async fn tags_that_are_denied_are_a_gap_and_the_group_is_still_there() {
        let (live, gaps, result) = Replay::default()
            .answer("DescribeDBSubnetGroups", &FIRST.replace("<Marker>2</Marker>", ""))
            .fail(
                "ListTagsForResource",
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
            )
            .run(LISTING.list)
            .await;
        result.expect("listed");
        assert_eq!(live.len(), 1);
        assert_eq!(gaps[0].0, "aws_db_subnet_group");
    }
}

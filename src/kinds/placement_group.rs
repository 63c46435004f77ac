//! `aws_placement_group`. The API does not say when a group was made.

use aws_sdk_ec2::types::{PlacementGroup, PlacementGroupState};

use super::Listing;
use super::convert::{ec2_operator, ec2_tags, is_foreign};
use super::facts::{Kind, Usage, kept, name, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Arn, Live};

/// A placement group, known by its name.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:ec2:{region}:{account}:placement-group/{id}",
    id_attribute: "name",
    attributes: &[
        name("name"),
        stable("strategy"),
        stable("partition_count"),
        stable("spread_level"),
        kept("placement_group_id"),
    ],
    cloudformation: "AWS::EC2::PlacementGroup",
    orphan: Some(orphan),
    ..Kind::regional("aws_placement_group", "placement group", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribePlacementGroups"],
    list: |cx| Box::pin(list(cx)),
};

/// `DescribePlacementGroups` has no pages.
async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let answer = cx
        .call(
            "ec2:DescribePlacementGroups",
            cx.ec2().describe_placement_groups().send(),
        )
        .await?;
    answer
        .placement_groups()
        .iter()
        .filter_map(|group| live(cx, group))
        .for_each(|group| cx.found(group));
    Ok(())
}

fn live(cx: &ListCx<'_>, group: &PlacementGroup) -> Option<Live> {
    // Another account may share its group; only the ARN says whose it is.
    let owner = group.group_arn().and_then(Arn::parse).map(|arn| arn.account);
    if group.state() == Some(&PlacementGroupState::Deleted) || is_foreign(cx, owner) {
        return None;
    }
    let group_name = group.group_name()?;
    let mut live = cx.live(&KIND, group_name);
    live.name = Some(group_name.into());
    live.keys.extend(group.group_id().map(Into::into));
    live.configuration
        .set("name", group_name)
        .set("strategy", group.strategy().map(|strategy| strategy.as_str()))
        .set("partition_count", group.partition_count().unwrap_or(0))
        .set("spread_level", group.spread_level().map(|level| level.as_str()))
        .set("placement_group_id", group.group_id());
    live.observed.set("status", group.state().map(|state| state.as_str()));
    live.tagged(ec2_tags(group.tags()));
    if let Some(origin) = ec2_operator(group.operator()) {
        live.origin = origin;
    }
    Some(live)
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage
        .is_unused()
        .then(|| "no instance and no launch template uses it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::model::Value;

    #[tokio::test]
    async fn a_group_that_another_account_shares_is_not_ours() {
        let live = Replay::default()
            .answer(
                "DescribePlacementGroups",
                "<DescribePlacementGroupsResponse><placementGroupSet>\
                 <item><groupName>db</groupName><groupId>pg-0123456789abcdef0</groupId><strategy>partition</strategy>\
                 <partitionCount>3</partitionCount><state>available</state>\
                 <groupArn>arn:aws:ec2:eu-west-1:123456789012:placement-group/db</groupArn>\
                 <tagSet><item><key>Project</key><value>platform</value></item></tagSet></item>\
                 <item><groupName>shared</groupName><state>available</state>\
                 <groupArn>arn:aws:ec2:eu-west-1:210987654321:placement-group/shared</groupArn></item>\
                 <item><groupName>gone</groupName><state>deleted</state></item>\
                 </placementGroupSet></DescribePlacementGroupsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("the only answer");
        assert_eq!(live.len(), 1);
        let group = &live[0];
        assert_eq!(&*group.id, "db");
        assert_eq!(&*group.arn, "arn:aws:ec2:eu-west-1:123456789012:placement-group/db");
        assert_eq!(&*group.keys[0], "pg-0123456789abcdef0");
        assert_eq!(group.tags.get("Project"), Some("platform"));
        assert_eq!(group.configuration.text("strategy"), Some("partition"));
        assert_eq!(group.configuration.get("partition_count"), Some(&Value::Integer(3)));
    }
}

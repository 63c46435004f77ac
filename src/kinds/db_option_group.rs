//! `aws_db_option_group`.

use aws_sdk_rds::types::OptionGroup;

use super::facts::{Kind, Usage, kept, name, stable, stable_set};
use super::{Listing, rds};
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Origin, Value};

/// Engine features of database instances. The options' settings are left out: they may hold passwords.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:rds:{region}:{account}:og:{id}",
    attributes: &[
        name("name"),
        stable("engine_name"),
        stable("major_engine_version"),
        stable("option_group_description"),
        stable_set("option.option_name"),
        kept("name_prefix"),
    ],
    cloudformation: "AWS::RDS::OptionGroup",
    orphan: Some(orphan),
    ..Kind::regional("aws_db_option_group", "database option group", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeOptionGroups", "rds:ListTagsForResource"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut found = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeOptionGroups",
            |token| {
                let request = cx.rds().describe_option_groups().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                found.extend(page.option_groups_list().iter().filter_map(|group| live(cx, group)));
                page.marker
            },
        )
        .await;
    rds::found_with_tags(cx, &KIND, found).await;
    match listed {
        // No name was asked for: "not found" can only mean that there is none.
        Err(fault) if fault.reason == Reason::Gone => Ok(()),
        other => other,
    }
}

fn live(cx: &ListCx<'_>, group: &OptionGroup) -> Option<Live> {
    let id = group.option_group_name()?;
    let mut live = rds::live(cx, &KIND, id, group.option_group_arn());
    let options: Vec<Value> = group
        .options()
        .iter()
        .map(|option| Configuration::new().with("option_name", option.option_name()).into())
        .collect();
    live.configuration
        .set("name", id)
        .set("engine_name", group.engine_name())
        .set("major_engine_version", group.major_engine_version())
        .set("option_group_description", group.option_group_description())
        .set("option", Value::set(options));
    if id.starts_with("default:") {
        live.origin = Origin::AwsMade("the default option group of an engine version".into());
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
            "<DescribeOptionGroupsResponse><DescribeOptionGroupsResult><OptionGroupsList><OptionGroup>\
             <OptionGroupName>{name}</OptionGroupName><EngineName>oracle-ee</EngineName>\
             <MajorEngineVersion>19</MajorEngineVersion><Options><Option><OptionName>OEM_AGENT</OptionName><OptionSettings>\
             <OptionSetting><Name>AGENT_REGISTRATION_PASSWORD</Name><Value>hunter2</Value></OptionSetting></OptionSettings>\
             </Option></Options><OptionGroupArn>arn:aws:rds:eu-west-1:123456789012:og:{name}</OptionGroupArn></OptionGroup>\
             </OptionGroupsList>{marker}</DescribeOptionGroupsResult></DescribeOptionGroupsResponse>"
        )
    }

    #[tokio::test]
    async fn two_pages_without_the_settings_of_options() {
        let live = Replay::default()
            .answer("DescribeOptionGroups", &page("oracle", "<Marker>2</Marker>"))
            .answer("DescribeOptionGroups", &page("default:oracle-ee-19", ""))
            .answer(
                "ListTagsForResource",
                "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList/></ListTagsForResourceResult>\
                 </ListTagsForResourceResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!(&*live[0].arn, "arn:aws:rds:eu-west-1:123456789012:og:oracle");
        assert_eq!(live[0].configuration.text("engine_name"), Some("oracle-ee"));
        assert!(!format!("{live:?}").contains("hunter2"));
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }

    #[tokio::test]
    async fn not_found_means_that_there_is_none() {
        let live = Replay::default()
            .fail(
                "DescribeOptionGroups",
                404,
                "<ErrorResponse><Error><Code>OptionGroupNotFoundFault</Code></Error></ErrorResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("none");
        assert!(live.is_empty());
    }
}

//! `aws_db_event_subscription`.

use aws_sdk_rds::types::EventSubscription;

use super::facts::{Kind, changing, kept, name, refers, stable, stable_set};
use super::{Listing, rds};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Value};

/// Events of databases that are sent to a topic. RDS, `DocumentDB` and Neptune share the same call.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_docdb_event_subscription", "aws_neptune_event_subscription"],
    arn: "arn:{partition}:rds:{region}:{account}:es:{id}",
    attributes: &[
        name("name"),
        refers("sns_topic", &["aws_sns_topic"]),
        // The other two families' name for the same.
        refers("sns_topic_arn", &["aws_sns_topic"]),
        stable("source_type"),
        stable_set("event_categories"),
        stable_set("source_ids"),
        changing("enabled"),
        kept("name_prefix"),
    ],
    cloudformation: "AWS::RDS::EventSubscription",
    ..Kind::regional("aws_db_event_subscription", "database event subscription", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["rds:DescribeEventSubscriptions", "rds:ListTagsForResource"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut found = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeEventSubscriptions",
            |token| {
                let request = cx.rds().describe_event_subscriptions().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                let subscriptions = page.event_subscriptions_list();
                found.extend(subscriptions.iter().filter_map(|subscription| live(cx, subscription)));
                page.marker
            },
        )
        .await;
    rds::found_with_tags(cx, &KIND, found).await;
    listed
}

fn live(cx: &ListCx<'_>, subscription: &EventSubscription) -> Option<Live> {
    let id = subscription.cust_subscription_id()?;
    let mut live = rds::live(cx, &KIND, id, subscription.event_subscription_arn());
    live.configuration
        .set("name", id)
        .set("sns_topic", subscription.sns_topic_arn())
        .set("source_type", subscription.source_type())
        .set("event_categories", Value::set(subscription.event_categories_list()))
        .set("source_ids", Value::set(subscription.source_ids_list()))
        .set("enabled", subscription.enabled().unwrap_or_default());
    live.observed
        .set("status", subscription.status().map(str::to_ascii_lowercase));
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn page(name: &str, marker: &str) -> String {
        format!(
            "<DescribeEventSubscriptionsResponse><DescribeEventSubscriptionsResult><EventSubscriptionsList>\
             <EventSubscription><CustSubscriptionId>{name}</CustSubscriptionId><Status>active</Status>\
             <SnsTopicArn>arn:aws:sns:eu-west-1:123456789012:alarms</SnsTopicArn><SourceType>db-instance</SourceType>\
             <EventCategoriesList><EventCategory>failover</EventCategory><EventCategory>deletion</EventCategory>\
             </EventCategoriesList><Enabled>true</Enabled></EventSubscription></EventSubscriptionsList>{marker}\
             </DescribeEventSubscriptionsResult></DescribeEventSubscriptionsResponse>"
        )
    }

    #[tokio::test]
    async fn two_pages_with_their_topic() {
        let tags = "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList><Tag><Key>Project</Key>\
            <Value>platform</Value></Tag></TagList></ListTagsForResourceResult></ListTagsForResourceResponse>";
        let live = Replay::default()
            .answer("DescribeEventSubscriptions", &page("one", "<Marker>2</Marker>"))
            .answer("DescribeEventSubscriptions", &page("two", ""))
            .answer("ListTagsForResource", tags)
            .answer("ListTagsForResource", tags)
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!(&*live[1].arn, "arn:aws:rds:eu-west-1:123456789012:es:two");
        assert_eq!(live[1].tags.get("Project"), Some("platform"));
        assert_eq!(
            live[0].configuration.text("sns_topic"),
            Some("arn:aws:sns:eu-west-1:123456789012:alarms")
        );
        assert_eq!(
            live[0].configuration.get("event_categories"),
            Some(&Value::set(["deletion", "failover"]))
        );
    }
}

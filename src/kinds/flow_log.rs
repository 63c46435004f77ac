//! `aws_flow_log`.

use aws_sdk_ec2::types::FlowLog;

use super::Listing;
use super::convert::{ec2_tags, time};
use super::facts::{Kind, kept_reference, refers, stable};
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// A flow log of a VPC, subnet, network interface or transit gateway.
///
/// AWS deletes it with what it watches, so that it can hardly be an orphan.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}",
    attributes: &[
        refers("vpc_id", &["aws_vpc"]),
        refers("subnet_id", &["aws_subnet"]),
        refers("eni_id", &["aws_network_interface"]),
        refers("transit_gateway_id", &["aws_ec2_transit_gateway"]),
        refers(
            "transit_gateway_attachment_id",
            &["aws_ec2_transit_gateway_vpc_attachment"],
        ),
        stable("traffic_type"),
        stable("log_destination_type"),
        stable("log_format"),
        stable("max_aggregation_interval"),
        refers(
            "log_destination",
            &[
                "aws_cloudwatch_log_group",
                "aws_kinesis_firehose_delivery_stream",
                "aws_s3_bucket",
            ],
        ),
        refers("iam_role_arn", &["aws_iam_role"]),
        kept_reference("log_group_name", &["aws_cloudwatch_log_group"]),
    ],
    cloudformation: "AWS::EC2::FlowLog",
    ..Kind::regional("aws_flow_log", "flow log", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeFlowLogs"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeFlowLogs",
        |token| {
            cx.ec2()
                .describe_flow_logs()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.flow_logs()
                .iter()
                .filter_map(|log| live(cx, log))
                .for_each(|log| cx.found(log));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, log: &FlowLog) -> Option<Live> {
    let mut live = cx.live(&KIND, log.flow_log_id()?);
    live.created_at = time(log.creation_time());
    if let Some(watched) = log.resource_id() {
        live.configuration.set(attribute_of(watched), watched);
    }
    // The API may write a log group's ARN with the `:*` that policies use.
    let destination = log.log_destination().map(|arn| arn.strip_suffix(":*").unwrap_or(arn));
    live.configuration
        .set("traffic_type", log.traffic_type().map(|kind| kind.as_str()))
        .set(
            "log_destination_type",
            log.log_destination_type().map(|kind| kind.as_str()),
        )
        .set("log_format", log.log_format())
        .set("max_aggregation_interval", log.max_aggregation_interval())
        .set("log_destination", destination)
        .set("iam_role_arn", log.deliver_logs_permission_arn())
        .set("log_group_name", log.log_group_name());
    // Below a bucket's ARN may stand the folder to write to.
    if let Some(destination) = destination
        && destination.contains(":s3:::")
        && let Some((bucket, _)) = destination.split_once('/')
    {
        live.refer("log_destination", bucket);
    }
    live.observed
        .set("status", log.flow_log_status().map(str::to_lowercase))
        .set("delivery", log.deliver_logs_status().map(str::to_lowercase));
    live.tagged(ec2_tags(log.tags()));
    Some(live)
}

/// Terraform's attribute for what is watched, by the prefix of its id.
fn attribute_of(watched: &str) -> &'static str {
    let of = |prefix| watched.starts_with(prefix);
    if of("vpc-") {
        "vpc_id"
    } else if of("subnet-") {
        "subnet_id"
    } else if of("tgw-attach-") {
        "transit_gateway_attachment_id"
    } else if of("tgw-") {
        "transit_gateway_id"
    } else {
        "eni_id"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_with_what_they_watch() {
        let page = |id: &str, watched: &str, destination: &str, next: &str| {
            format!(
                "<DescribeFlowLogsResponse><flowLogSet><item><flowLogId>{id}</flowLogId><resourceId>{watched}</resourceId>\
                 <creationTime>2024-05-01T10:00:00.000Z</creationTime><flowLogStatus>ACTIVE</flowLogStatus>\
                 <trafficType>ALL</trafficType><logDestination>{destination}</logDestination>\
                 <logDestinationType>s3</logDestinationType><maxAggregationInterval>600</maxAggregationInterval>\
                 <deliverLogsPermissionArn>arn:aws:iam::123456789012:role/logs</deliverLogsPermissionArn>\
                 <tagSet><item><key>Name</key><value>all</value></item></tagSet></item></flowLogSet>{next}\
                 </DescribeFlowLogsResponse>"
            )
        };
        let live = Replay::default()
            .answer(
                "DescribeFlowLogs",
                &page(
                    "fl-0a1b2c3d",
                    "vpc-0a1b2c3d",
                    "arn:aws:s3:::logs/flow/",
                    "<nextToken>2</nextToken>",
                ),
            )
            .answer(
                "DescribeFlowLogs",
                &page(
                    "fl-1a1b2c3d",
                    "tgw-attach-0a1b2c3d",
                    "arn:aws:logs:eu-west-1:123456789012:log-group:flow:*",
                    "",
                ),
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        let log = &live[0];
        assert_eq!(&*log.id, "fl-0a1b2c3d");
        assert_eq!(&*log.arn, "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/fl-0a1b2c3d");
        assert_eq!(log.name.as_deref(), Some("all"));
        assert_eq!(
            log.created_at.map(|time| time.to_string()).as_deref(),
            Some("2024-05-01T10:00:00Z")
        );
        assert_eq!(log.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(
            log.configuration.text("iam_role_arn"),
            Some("arn:aws:iam::123456789012:role/logs")
        );
        assert_eq!(&*log.references[0].target, "arn:aws:s3:::logs");
        assert_eq!(
            live[1].configuration.text("transit_gateway_attachment_id"),
            Some("tgw-attach-0a1b2c3d")
        );
        assert_eq!(
            live[1].configuration.text("log_destination"),
            Some("arn:aws:logs:eu-west-1:123456789012:log-group:flow")
        );
    }
}

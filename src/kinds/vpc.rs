//! `aws_vpc`.

use aws_sdk_ec2::types::Vpc;

use super::Listing;
use super::convert::ec2_tags;
use super::facts::{Facet, Kind, kept, kept_reference, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin};

/// A virtual private cloud.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_default_vpc"],
    facets: &[Facet {
        kind: "aws_vpc_ipv4_cidr_block_association",
        whole: "vpc_id",
    }],
    arn: "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
    attributes: &[
        stable("cidr_block"),
        stable("instance_tenancy"),
        kept_reference("dhcp_options_id", &["aws_vpc_dhcp_options"]),
        kept("enable_dns_hostnames"),
        kept("enable_dns_support"),
    ],
    cloudformation: "AWS::EC2::VPC",
    ..Kind::regional("aws_vpc", "VPC", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeVpcs"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeVpcs",
        |token| cx.ec2().describe_vpcs().max_results(1000).set_next_token(token).send(),
        |page| {
            page.vpcs()
                .iter()
                .filter_map(|vpc| live(cx, vpc))
                .for_each(|vpc| cx.found(vpc));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, vpc: &Vpc) -> Option<Live> {
    let mut live = cx.live(&KIND, vpc.vpc_id()?);
    live.configuration
        .set("cidr_block", vpc.cidr_block())
        .set(
            "instance_tenancy",
            vpc.instance_tenancy().map(|tenancy| tenancy.as_str()),
        )
        .set("dhcp_options_id", vpc.dhcp_options_id());
    if vpc.is_default() == Some(true) {
        live.origin = Origin::AwsMade("the default VPC of the region".into());
    }
    live.tagged(ec2_tags(vpc.tags()));
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_and_the_default_is_aws_made() {
        let live = Replay::default()
            .answer(
                "DescribeVpcs",
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-0a1b2c3d</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>\
                 <instanceTenancy>default</instanceTenancy><isDefault>false</isDefault>\
                 <tagSet><item><key>Name</key><value>main</value></item></tagSet></item></vpcSet>\
                 <nextToken>2</nextToken></DescribeVpcsResponse>",
            )
            .answer(
                "DescribeVpcs",
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1a1b2c3d</vpcId><isDefault>true</isDefault>\
                 </item></vpcSet></DescribeVpcsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!(&*live[0].arn, "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d");
        assert_eq!(live[0].name.as_deref(), Some("main"));
        assert_eq!(live[0].configuration.text("cidr_block"), Some("10.0.0.0/16"));
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }
}

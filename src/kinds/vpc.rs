//! `aws_vpc`.

use aws_sdk_ec2::types::{Vpc, VpcCidrBlockStateCode};

use super::Listing;
use super::convert::{ec2_tags, is_foreign, texts};
use super::facts::{Kind, Usage, facet, kept, kept_reference, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin};

/// A virtual private cloud.
///
/// Its default security group, network ACL and main route table are live resources of their own, part of it.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_default_vpc"],
    facets: &[
        facet("aws_vpc_dhcp_options_association", "vpc_id"),
        facet("aws_vpc_ipv4_cidr_block_association", "vpc_id"),
        facet("aws_vpc_ipv6_cidr_block_association", "vpc_id"),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
    attributes: &[
        stable("cidr_block"),
        stable("instance_tenancy"),
        stable("assign_generated_ipv6_cidr_block"),
        kept_reference("dhcp_options_id", &["aws_vpc_dhcp_options"]),
        kept("enable_dns_hostnames"),
        kept("enable_dns_support"),
        kept("ipv6_cidr_block"),
    ],
    cloudformation: "AWS::EC2::VPC",
    orphan: Some(orphan),
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
    if is_foreign(cx, vpc.owner_id()) {
        return None;
    }
    let mut live = cx.live(&KIND, vpc.vpc_id()?);
    let ipv6 = || {
        vpc.ipv6_cidr_block_association_set().iter().filter(|association| {
            let state = association.ipv6_cidr_block_state().and_then(|state| state.state());
            matches!(state, Some(VpcCidrBlockStateCode::Associated))
        })
    };
    live.configuration
        .set("cidr_block", vpc.cidr_block())
        .set(
            "instance_tenancy",
            vpc.instance_tenancy().map(|tenancy| tenancy.as_str()),
        )
        // AWS calls its own pool "Amazon"; IPAM's and the customer's pools have ids.
        .set(
            "assign_generated_ipv6_cidr_block",
            ipv6().any(|association| association.ipv6_pool() == Some("Amazon")),
        )
        .set(
            "ipv6_cidr_block",
            ipv6().find_map(|association| association.ipv6_cidr_block()),
        )
        .set("dhcp_options_id", vpc.dhcp_options_id());
    live.observed
        .set("status", vpc.state().map(|state| state.as_str()))
        .set(
            "cidr_blocks",
            texts(
                vpc.cidr_block_association_set()
                    .iter()
                    .filter_map(|association| association.cidr_block()),
            ),
        );
    if vpc.is_default() == Some(true) {
        live.origin = Origin::AwsMade("the default VPC of the region".into());
    }
    live.tagged(ec2_tags(vpc.tags()));
    Some(live)
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage
        .is_unused()
        .then(|| "nothing is in it but what AWS made with it".to_owned())
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
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-0a1b2c3d</vpcId><ownerId>123456789012</ownerId>\
                 <state>available</state><cidrBlock>10.0.0.0/16</cidrBlock><dhcpOptionsId>dopt-0a1b2c3d</dhcpOptionsId>\
                 <cidrBlockAssociationSet><item><cidrBlock>10.1.0.0/16</cidrBlock></item>\
                 <item><cidrBlock>10.0.0.0/16</cidrBlock></item></cidrBlockAssociationSet>\
                 <ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2a05:d018::/56</ipv6CidrBlock>\
                 <ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState><ipv6Pool>Amazon</ipv6Pool></item>\
                 </ipv6CidrBlockAssociationSet>\
                 <instanceTenancy>default</instanceTenancy><isDefault>false</isDefault>\
                 <tagSet><item><key>Name</key><value>main</value></item></tagSet></item></vpcSet>\
                 <nextToken>2</nextToken></DescribeVpcsResponse>",
            )
            .answer(
                "DescribeVpcs",
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1a1b2c3d</vpcId><isDefault>true</isDefault></item>\
                 <item><vpcId>vpc-2a1b2c3d</vpcId><ownerId>999999999999</ownerId></item>\
                 </vpcSet></DescribeVpcsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2, "a VPC of another account is shared with us, not ours");
        assert_eq!(&*live[0].arn, "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0a1b2c3d");
        assert_eq!(live[0].name.as_deref(), Some("main"));
        assert_eq!(live[0].configuration.text("cidr_block"), Some("10.0.0.0/16"));
        assert_eq!(live[0].configuration.text("dhcp_options_id"), Some("dopt-0a1b2c3d"));
        assert_eq!(live[0].configuration.text("ipv6_cidr_block"), Some("2a05:d018::/56"));
        assert_eq!(
            live[0].configuration.get("assign_generated_ipv6_cidr_block"),
            Some(&true.into())
        );
        assert_eq!(
            live[0].observed.get("cidr_blocks"),
            Some(&texts(["10.0.0.0/16", "10.1.0.0/16"]))
        );
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }
}

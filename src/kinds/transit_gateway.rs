//! `aws_ec2_transit_gateway` and `aws_ec2_transit_gateway_vpc_attachment`.

use aws_sdk_ec2::types::{
    TransitGateway, TransitGatewayAttachmentState, TransitGatewayState, TransitGatewayVpcAttachment,
};

use super::Listing;
use super::convert::{ec2_tags, is_foreign, texts, time};
use super::facts::{Kind, facet, kept_reference, refers, refers_set, stable, stable_set};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::{Delegate, Live, Origin, Symbol};

/// A transit gateway. It has no orphan test, because accounts that it is shared with may use it.
static GATEWAY: Kind = Kind {
    facets: &[
        facet(
            "aws_ec2_transit_gateway_default_route_table_association",
            "transit_gateway_id",
        ),
        facet(
            "aws_ec2_transit_gateway_default_route_table_propagation",
            "transit_gateway_id",
        ),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:transit-gateway/{id}",
    attributes: &[
        stable("description"),
        stable("amazon_side_asn"),
        stable("auto_accept_shared_attachments"),
        stable("default_route_table_association"),
        stable("default_route_table_propagation"),
        stable("dns_support"),
        stable("multicast_support"),
        stable("security_group_referencing_support"),
        stable("vpn_ecmp_support"),
        stable_set("transit_gateway_cidr_blocks"),
        kept_reference(
            "association_default_route_table_id",
            &["aws_ec2_transit_gateway_route_table"],
        ),
        kept_reference(
            "propagation_default_route_table_id",
            &["aws_ec2_transit_gateway_route_table"],
        ),
    ],
    cloudformation: "AWS::EC2::TransitGateway",
    ..Kind::regional("aws_ec2_transit_gateway", "transit gateway", "ec2")
};

/// A VPC's attachment to a transit gateway, seen from the account of either.
static VPC_ATTACHMENT: Kind = Kind {
    adopters: &["aws_ec2_transit_gateway_vpc_attachment_accepter"],
    arn: "arn:{partition}:ec2:{region}:{account}:transit-gateway-attachment/{id}",
    attributes: &[
        refers("transit_gateway_id", &["aws_ec2_transit_gateway"]),
        refers("vpc_id", &["aws_vpc"]),
        refers_set("subnet_ids", &["aws_subnet"]),
        stable("appliance_mode_support"),
        stable("dns_support"),
        stable("ipv6_support"),
        stable("security_group_referencing_support"),
    ],
    cloudformation: "AWS::EC2::TransitGatewayAttachment",
    monthly_cost: Some(|_| Some(prices::month(prices::TRANSIT_GATEWAY_ATTACHMENT_HOUR))),
    ..Kind::regional(
        "aws_ec2_transit_gateway_vpc_attachment",
        "transit gateway attachment",
        "ec2",
    )
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&GATEWAY],
    actions: &["ec2:DescribeTransitGateways"],
    list: |cx| Box::pin(list(cx)),
};

pub(super) static VPC_ATTACHMENTS: Listing = Listing {
    kinds: &[&VPC_ATTACHMENT],
    actions: &["ec2:DescribeTransitGatewayVpcAttachments"],
    list: |cx| Box::pin(list_attachments(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeTransitGateways",
        |token| {
            cx.ec2()
                .describe_transit_gateways()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.transit_gateways()
                .iter()
                .filter_map(|gateway| gateway_live(cx, gateway))
                .for_each(|gateway| cx.found(gateway));
            page.next_token
        },
    )
    .await
}

fn gateway_live(cx: &ListCx<'_>, gateway: &TransitGateway) -> Option<Live> {
    if is_foreign(cx, gateway.owner_id()) || matches!(gateway.state(), Some(TransitGatewayState::Deleted)) {
        return None;
    }
    let mut live = cx.live(&GATEWAY, gateway.transit_gateway_id()?);
    live.created_at = time(gateway.creation_time());
    live.configuration.set("description", gateway.description());
    if let Some(options) = gateway.options() {
        live.configuration
            .set("amazon_side_asn", options.amazon_side_asn())
            .set(
                "auto_accept_shared_attachments",
                options.auto_accept_shared_attachments().map(|is| is.as_str()),
            )
            .set(
                "default_route_table_association",
                options.default_route_table_association().map(|is| is.as_str()),
            )
            .set(
                "default_route_table_propagation",
                options.default_route_table_propagation().map(|is| is.as_str()),
            )
            .set("dns_support", options.dns_support().map(|is| is.as_str()))
            .set("multicast_support", options.multicast_support().map(|is| is.as_str()))
            .set(
                "security_group_referencing_support",
                options.security_group_referencing_support().map(|is| is.as_str()),
            )
            .set("vpn_ecmp_support", options.vpn_ecmp_support().map(|is| is.as_str()))
            .set(
                "transit_gateway_cidr_blocks",
                texts(options.transit_gateway_cidr_blocks().iter().map(String::as_str)),
            )
            .set(
                "association_default_route_table_id",
                options.association_default_route_table_id(),
            )
            .set(
                "propagation_default_route_table_id",
                options.propagation_default_route_table_id(),
            );
    }
    live.observed.set("status", gateway.state().map(|state| state.as_str()));
    live.tagged(ec2_tags(gateway.tags()));
    Some(live)
}

async fn list_attachments(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeTransitGatewayVpcAttachments",
        |token| {
            cx.ec2()
                .describe_transit_gateway_vpc_attachments()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.transit_gateway_vpc_attachments()
                .iter()
                .filter_map(|attachment| attachment_live(cx, attachment))
                .for_each(|attachment| cx.found(attachment));
            page.next_token
        },
    )
    .await
}

fn attachment_live(cx: &ListCx<'_>, attachment: &TransitGatewayVpcAttachment) -> Option<Live> {
    if matches!(
        attachment.state(),
        Some(
            TransitGatewayAttachmentState::Deleted
                | TransitGatewayAttachmentState::Rejected
                | TransitGatewayAttachmentState::Failed
        )
    ) {
        return None;
    }
    let mut live = cx.live(&VPC_ATTACHMENT, attachment.transit_gateway_attachment_id()?);
    live.created_at = time(attachment.creation_time());
    live.configuration
        .set("transit_gateway_id", attachment.transit_gateway_id())
        .set("vpc_id", attachment.vpc_id())
        .set("subnet_ids", texts(attachment.subnet_ids().iter().map(String::as_str)));
    if let Some(options) = attachment.options() {
        live.configuration
            .set(
                "appliance_mode_support",
                options.appliance_mode_support().map(|is| is.as_str()),
            )
            .set("dns_support", options.dns_support().map(|is| is.as_str()))
            .set("ipv6_support", options.ipv6_support().map(|is| is.as_str()))
            .set(
                "security_group_referencing_support",
                options.security_group_referencing_support().map(|is| is.as_str()),
            );
    }
    live.observed
        .set("status", attachment.state().map(|state| state.as_str()));
    // Listed here because the gateway is ours; it is the other account's, unless a state of ours accepts it.
    if is_foreign(cx, attachment.vpc_owner_id()) {
        live.origin = Origin::Delegated(Box::new(Delegate {
            system: Symbol::known("another-account"),
            name: attachment.vpc_owner_id().unwrap_or_default().into(),
            evidence: "the API says VpcOwnerId".into(),
        }));
    }
    live.tagged(ec2_tags(attachment.tags()));
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_our_gateways() {
        let page = |id: &str, owner: &str, next: &str| {
            format!(
                "<DescribeTransitGatewaysResponse><transitGatewaySet><item><transitGatewayId>{id}</transitGatewayId>\
                 <state>available</state><ownerId>{owner}</ownerId><description>hub</description>\
                 <creationTime>2024-05-01T10:00:00.000Z</creationTime><options><amazonSideAsn>64512</amazonSideAsn>\
                 <transitGatewayCidrBlocks><item>10.99.0.0/24</item></transitGatewayCidrBlocks>\
                 <autoAcceptSharedAttachments>disable</autoAcceptSharedAttachments><dnsSupport>enable</dnsSupport>\
                 <associationDefaultRouteTableId>tgw-rtb-0a1b2c3d</associationDefaultRouteTableId></options>\
                 <tagSet><item><key>Name</key><value>hub</value></item></tagSet></item></transitGatewaySet>{next}\
                 </DescribeTransitGatewaysResponse>"
            )
        };
        let live = Replay::default()
            .answer(
                "DescribeTransitGateways",
                &page("tgw-1a1b2c3d", "999999999999", "<nextToken>2</nextToken>"),
            )
            .answer("DescribeTransitGateways", &page("tgw-0a1b2c3d", "123456789012", ""))
            .list(LISTING.list)
            .await
            .expect("both pages");
        let [hub] = &*live else { panic!("one of ours") };
        assert_eq!(&*hub.id, "tgw-0a1b2c3d");
        assert_eq!(
            &*hub.arn,
            "arn:aws:ec2:eu-west-1:123456789012:transit-gateway/tgw-0a1b2c3d"
        );
        assert_eq!(hub.name.as_deref(), Some("hub"));
        assert_eq!(
            hub.created_at.map(|time| time.to_string()).as_deref(),
            Some("2024-05-01T10:00:00Z")
        );
        assert_eq!(hub.configuration.get("amazon_side_asn"), Some(&64512.into()));
        assert_eq!(
            hub.configuration.get("transit_gateway_cidr_blocks"),
            Some(&texts(["10.99.0.0/24"]))
        );
    }

    #[tokio::test]
    async fn two_pages_give_the_attachments_of_both_sides() {
        let page = |id: &str, owner: &str, next: &str| {
            format!(
                "<DescribeTransitGatewayVpcAttachmentsResponse><transitGatewayVpcAttachments><item>\
                 <transitGatewayAttachmentId>{id}</transitGatewayAttachmentId><transitGatewayId>tgw-0a1b2c3d</transitGatewayId>\
                 <vpcId>vpc-0a1b2c3d</vpcId><vpcOwnerId>{owner}</vpcOwnerId><state>available</state>\
                 <subnetIds><item>subnet-1a1b2c3d</item><item>subnet-0a1b2c3d</item></subnetIds>\
                 <creationTime>2024-05-01T10:00:00.000Z</creationTime><options><dnsSupport>enable</dnsSupport></options>\
                 <tagSet><item><key>Name</key><value>main</value></item></tagSet></item></transitGatewayVpcAttachments>{next}\
                 </DescribeTransitGatewayVpcAttachmentsResponse>"
            )
        };
        let live = Replay::default()
            .answer(
                "DescribeTransitGatewayVpcAttachments",
                &page("tgw-attach-0a1b2c3d", "123456789012", "<nextToken>2</nextToken>"),
            )
            .answer(
                "DescribeTransitGatewayVpcAttachments",
                &page("tgw-attach-1a1b2c3d", "999999999999", ""),
            )
            .list(VPC_ATTACHMENTS.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!(
            &*live[0].arn,
            "arn:aws:ec2:eu-west-1:123456789012:transit-gateway-attachment/tgw-attach-0a1b2c3d"
        );
        assert_eq!(live[0].name.as_deref(), Some("main"));
        assert_eq!(live[0].configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(
            live[0].configuration.get("subnet_ids"),
            Some(&texts(["subnet-0a1b2c3d", "subnet-1a1b2c3d"]))
        );
        assert!(live[0].origin.is_own());
        assert!(matches!(live[1].origin, Origin::Delegated(_)));
    }
}

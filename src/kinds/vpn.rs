//! Site-to-site VPN: `aws_customer_gateway`, `aws_vpn_gateway` and `aws_vpn_connection`.
//!
//! The API gives each of them all at once. It must not keep a connection's configuration for the customer's
//! device or its tunnel options: they hold pre-shared keys.

use aws_sdk_ec2::types::{AttachmentStatus, CustomerGateway, VpnConnection, VpnGateway, VpnState};

use super::Listing;
use super::convert::ec2_tags;
use super::facts::{Kind, Usage, facet, refers, stable};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// The customer's end of a VPN.
static CUSTOMER_GATEWAY: Kind = Kind {
    arn: "arn:{partition}:ec2:{region}:{account}:customer-gateway/{id}",
    attributes: &[
        stable("bgp_asn"),
        stable("bgp_asn_extended"),
        stable("ip_address"),
        stable("type"),
        stable("device_name"),
        refers("certificate_arn", &["aws_acm_certificate"]),
    ],
    cloudformation: "AWS::EC2::CustomerGateway",
    orphan: Some(|_, usage| usage.is_unused().then(|| "no VPN connection uses it".to_owned())),
    ..Kind::regional("aws_customer_gateway", "customer gateway", "ec2")
};

/// The end of a VPN at a VPC.
static VPN_GATEWAY: Kind = Kind {
    facets: &[facet("aws_vpn_gateway_attachment", "vpn_gateway_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:vpn-gateway/{id}",
    attributes: &[
        refers("vpc_id", &["aws_vpc"]),
        stable("amazon_side_asn"),
        stable("availability_zone"),
    ],
    cloudformation: "AWS::EC2::VPNGateway",
    orphan: Some(unattached),
    ..Kind::regional("aws_vpn_gateway", "VPN gateway", "ec2")
};

/// A VPN connection. Its static routes are parts of it.
static VPN_CONNECTION: Kind = Kind {
    facets: &[facet("aws_vpn_connection_route", "vpn_connection_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:vpn-connection/{id}",
    attributes: &[
        refers("customer_gateway_id", &["aws_customer_gateway"]),
        refers("vpn_gateway_id", &["aws_vpn_gateway"]),
        refers("transit_gateway_id", &["aws_ec2_transit_gateway"]),
        refers(
            "transport_transit_gateway_attachment_id",
            &["aws_ec2_transit_gateway_vpc_attachment"],
        ),
        stable("type"),
        stable("static_routes_only"),
        stable("enable_acceleration"),
        stable("local_ipv4_network_cidr"),
        stable("remote_ipv4_network_cidr"),
        stable("local_ipv6_network_cidr"),
        stable("remote_ipv6_network_cidr"),
        stable("outside_ip_address_type"),
        stable("tunnel_inside_ip_version"),
    ],
    cloudformation: "AWS::EC2::VPNConnection",
    monthly_cost: Some(|_| Some(prices::month(prices::VPN_CONNECTION_HOUR))),
    ..Kind::regional("aws_vpn_connection", "VPN connection", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&VPN_CONNECTION],
    actions: &["ec2:DescribeVpnConnections"],
    list: |cx| Box::pin(list_connections(cx)),
};

pub(super) static CUSTOMER_GATEWAYS: Listing = Listing {
    kinds: &[&CUSTOMER_GATEWAY],
    actions: &["ec2:DescribeCustomerGateways"],
    list: |cx| Box::pin(list_customer_gateways(cx)),
};

pub(super) static VPN_GATEWAYS: Listing = Listing {
    kinds: &[&VPN_GATEWAY],
    actions: &["ec2:DescribeVpnGateways"],
    list: |cx| Box::pin(list_vpn_gateways(cx)),
};

async fn list_customer_gateways(cx: &ListCx<'_>) -> Result<(), Fault> {
    let answer = cx
        .call(
            "ec2:DescribeCustomerGateways",
            cx.ec2().describe_customer_gateways().send(),
        )
        .await?;
    answer
        .customer_gateways()
        .iter()
        .filter_map(|gateway| customer_gateway(cx, gateway))
        .for_each(|gateway| cx.found(gateway));
    Ok(())
}

fn customer_gateway(cx: &ListCx<'_>, gateway: &CustomerGateway) -> Option<Live> {
    if gateway.state() == Some("deleted") {
        return None;
    }
    let mut live = cx.live(&CUSTOMER_GATEWAY, gateway.customer_gateway_id()?);
    live.configuration
        .set("bgp_asn", gateway.bgp_asn())
        .set("bgp_asn_extended", gateway.bgp_asn_extended())
        .set("ip_address", gateway.ip_address())
        .set("type", gateway.r#type())
        .set("device_name", gateway.device_name())
        .set("certificate_arn", gateway.certificate_arn());
    live.observed.set("status", gateway.state());
    live.tagged(ec2_tags(gateway.tags()));
    Some(live)
}

async fn list_vpn_gateways(cx: &ListCx<'_>) -> Result<(), Fault> {
    let answer = cx
        .call("ec2:DescribeVpnGateways", cx.ec2().describe_vpn_gateways().send())
        .await?;
    answer
        .vpn_gateways()
        .iter()
        .filter_map(|gateway| vpn_gateway(cx, gateway))
        .for_each(|gateway| cx.found(gateway));
    Ok(())
}

fn vpn_gateway(cx: &ListCx<'_>, gateway: &VpnGateway) -> Option<Live> {
    if matches!(gateway.state(), Some(VpnState::Deleted)) {
        return None;
    }
    let mut live = cx.live(&VPN_GATEWAY, gateway.vpn_gateway_id()?);
    // Earlier attachments stay in the list.
    let vpc = gateway
        .vpc_attachments()
        .iter()
        .find(|attachment| !matches!(attachment.state(), Some(AttachmentStatus::Detached)))
        .and_then(|attachment| attachment.vpc_id());
    live.configuration
        .set("vpc_id", vpc)
        .set("amazon_side_asn", gateway.amazon_side_asn().map(|asn| asn.to_string()))
        .set("availability_zone", gateway.availability_zone());
    live.observed
        .set("attached", vpc.is_some())
        .set("status", gateway.state().map(|state| state.as_str()));
    live.tagged(ec2_tags(gateway.tags()));
    Some(live)
}

fn unattached(live: &Live, usage: &Usage<'_>) -> Option<String> {
    (live.observed.get("attached") == Some(&false.into()) && usage.is_unused())
        .then(|| "attached to no VPC, and no VPN connection uses it".to_owned())
}

async fn list_connections(cx: &ListCx<'_>) -> Result<(), Fault> {
    let answer = cx
        .call("ec2:DescribeVpnConnections", cx.ec2().describe_vpn_connections().send())
        .await?;
    answer
        .vpn_connections()
        .iter()
        .filter_map(|connection| vpn_connection(cx, connection))
        .for_each(|connection| cx.found(connection));
    Ok(())
}

fn vpn_connection(cx: &ListCx<'_>, connection: &VpnConnection) -> Option<Live> {
    if matches!(connection.state(), Some(VpnState::Deleted)) {
        return None;
    }
    let mut live = cx.live(&VPN_CONNECTION, connection.vpn_connection_id()?);
    live.configuration
        .set("customer_gateway_id", connection.customer_gateway_id())
        .set("vpn_gateway_id", connection.vpn_gateway_id())
        .set("transit_gateway_id", connection.transit_gateway_id())
        .set("type", connection.r#type().map(|kind| kind.as_str()));
    if let Some(options) = connection.options() {
        live.configuration
            .set(
                "transport_transit_gateway_attachment_id",
                options.transport_transit_gateway_attachment_id(),
            )
            .set("static_routes_only", options.static_routes_only().unwrap_or_default())
            .set("enable_acceleration", options.enable_acceleration().unwrap_or_default())
            .set("local_ipv4_network_cidr", options.local_ipv4_network_cidr())
            .set("remote_ipv4_network_cidr", options.remote_ipv4_network_cidr())
            .set("local_ipv6_network_cidr", options.local_ipv6_network_cidr())
            .set("remote_ipv6_network_cidr", options.remote_ipv6_network_cidr())
            .set("outside_ip_address_type", options.outside_ip_address_type())
            .set(
                "tunnel_inside_ip_version",
                options.tunnel_inside_ip_version().map(|version| version.as_str()),
            );
    }
    live.observed
        .set("status", connection.state().map(|state| state.as_str()));
    live.tagged(ec2_tags(connection.tags()));
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn customer_gateways_come_at_once_without_the_deleted() {
        let live = Replay::default()
            .answer(
                "DescribeCustomerGateways",
                "<DescribeCustomerGatewaysResponse><customerGatewaySet><item><customerGatewayId>cgw-0a1b2c3d</customerGatewayId>\
                 <state>available</state><type>ipsec.1</type><ipAddress>203.0.113.1</ipAddress><bgpAsn>65000</bgpAsn>\
                 <tagSet><item><key>Name</key><value>office</value></item></tagSet></item>\
                 <item><customerGatewayId>cgw-1a1b2c3d</customerGatewayId><state>deleted</state></item>\
                 </customerGatewaySet></DescribeCustomerGatewaysResponse>",
            )
            .list(CUSTOMER_GATEWAYS.list)
            .await
            .expect("the one answer");
        let [office] = &*live else { panic!("one") };
        assert_eq!(&*office.id, "cgw-0a1b2c3d");
        assert_eq!(
            &*office.arn,
            "arn:aws:ec2:eu-west-1:123456789012:customer-gateway/cgw-0a1b2c3d"
        );
        assert_eq!(office.name.as_deref(), Some("office"));
        assert_eq!(office.configuration.text("bgp_asn"), Some("65000"));
        assert_eq!(office.configuration.text("type"), Some("ipsec.1"));
    }

    #[tokio::test]
    async fn a_gateway_that_was_detached_is_attached_to_nothing() {
        let live = Replay::default()
            .answer(
                "DescribeVpnGateways",
                "<DescribeVpnGatewaysResponse><vpnGatewaySet><item><vpnGatewayId>vgw-0a1b2c3d</vpnGatewayId>\
                 <state>available</state><amazonSideAsn>64512</amazonSideAsn><attachments>\
                 <item><vpcId>vpc-1a1b2c3d</vpcId><state>detached</state></item>\
                 <item><vpcId>vpc-0a1b2c3d</vpcId><state>attached</state></item></attachments>\
                 <tagSet><item><key>Name</key><value>office</value></item></tagSet></item>\
                 <item><vpnGatewayId>vgw-1a1b2c3d</vpnGatewayId><state>available</state><attachments>\
                 <item><vpcId>vpc-1a1b2c3d</vpcId><state>detached</state></item></attachments></item>\
                 <item><vpnGatewayId>vgw-2a1b2c3d</vpnGatewayId><state>deleted</state></item>\
                 </vpnGatewaySet></DescribeVpnGatewaysResponse>",
            )
            .list(VPN_GATEWAYS.list)
            .await
            .expect("the one answer");
        assert_eq!(live.len(), 2);
        assert_eq!(
            &*live[0].arn,
            "arn:aws:ec2:eu-west-1:123456789012:vpn-gateway/vgw-0a1b2c3d"
        );
        assert_eq!(live[0].name.as_deref(), Some("office"));
        assert_eq!(live[0].configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(live[0].configuration.text("amazon_side_asn"), Some("64512"));
        let usage = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert_eq!(unattached(&live[0], &usage), None);
        assert!(unattached(&live[1], &usage).is_some());
    }

    #[tokio::test]
    async fn connections_are_listed_without_their_keys() {
        let live = Replay::default()
            .answer(
                "DescribeVpnConnections",
                "<DescribeVpnConnectionsResponse><vpnConnectionSet><item><vpnConnectionId>vpn-0a1b2c3d</vpnConnectionId>\
                 <state>available</state><customerGatewayConfiguration>canary-key</customerGatewayConfiguration>\
                 <type>ipsec.1</type><customerGatewayId>cgw-0a1b2c3d</customerGatewayId><vpnGatewayId>vgw-0a1b2c3d</vpnGatewayId>\
                 <options><staticRoutesOnly>true</staticRoutesOnly><tunnelOptionSet><item>\
                 <preSharedKey>canary-key</preSharedKey></item></tunnelOptionSet></options>\
                 <tagSet><item><key>Name</key><value>office</value></item></tagSet></item>\
                 <item><vpnConnectionId>vpn-1a1b2c3d</vpnConnectionId><state>deleted</state></item>\
                 </vpnConnectionSet></DescribeVpnConnectionsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("the one answer");
        let [office] = &*live else { panic!("one") };
        assert_eq!(&*office.id, "vpn-0a1b2c3d");
        assert_eq!(
            &*office.arn,
            "arn:aws:ec2:eu-west-1:123456789012:vpn-connection/vpn-0a1b2c3d"
        );
        assert_eq!(office.name.as_deref(), Some("office"));
        assert_eq!(office.configuration.text("customer_gateway_id"), Some("cgw-0a1b2c3d"));
        assert_eq!(office.configuration.text("vpn_gateway_id"), Some("vgw-0a1b2c3d"));
        assert_eq!(office.configuration.get("static_routes_only"), Some(&true.into()));
        assert!(!format!("{office:?}").contains("canary-key"));
    }
}

//! `aws_nat_gateway`.

use aws_sdk_ec2::types::{NatGateway, NatGatewayState};

use super::Listing;
use super::convert::{ec2_tags, texts, time};
use super::facts::{Kind, Usage, kept, kept_reference, refers, refers_set, stable};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::Live;

/// A NAT gateway.
pub(super) static KIND: Kind = Kind {
    arn: "arn:{partition}:ec2:{region}:{account}:natgateway/{id}",
    attributes: &[
        refers("allocation_id", &["aws_eip"]),
        refers("subnet_id", &["aws_subnet"]),
        stable("connectivity_type"),
        refers_set("secondary_allocation_ids", &["aws_eip"]),
        kept_reference("network_interface_id", &["aws_network_interface"]),
        kept_reference("vpc_id", &["aws_vpc"]),
        kept("private_ip"),
        kept("public_ip"),
    ],
    cloudformation: "AWS::EC2::NatGateway",
    orphan: Some(orphan),
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_nat_gateway", "NAT gateway", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeNatGateways"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeNatGateways",
        |token| {
            cx.ec2()
                .describe_nat_gateways()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.nat_gateways()
                .iter()
                .filter_map(|gateway| live(cx, gateway))
                .for_each(|gateway| cx.found(gateway));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, gateway: &NatGateway) -> Option<Live> {
    // A deleted gateway stays in the answer for about an hour.
    if matches!(gateway.state(), Some(NatGatewayState::Deleted)) {
        return None;
    }
    let mut live = cx.live(&KIND, gateway.nat_gateway_id()?);
    live.created_at = time(gateway.create_time());
    let addresses = gateway.nat_gateway_addresses();
    let primary = addresses
        .iter()
        .find(|address| address.is_primary() == Some(true))
        .or(addresses.first());
    let secondary = addresses
        .iter()
        .filter(|address| primary.is_none_or(|primary| !std::ptr::eq(*address, primary)));
    live.configuration
        .set("allocation_id", primary.and_then(|address| address.allocation_id()))
        .set("subnet_id", gateway.subnet_id())
        .set(
            "connectivity_type",
            gateway.connectivity_type().map(|kind| kind.as_str()),
        )
        .set(
            "secondary_allocation_ids",
            texts(secondary.filter_map(|address| address.allocation_id())),
        )
        .set(
            "network_interface_id",
            primary.and_then(|address| address.network_interface_id()),
        )
        // A regional gateway is in no subnet, but always in a VPC.
        .set("vpc_id", gateway.vpc_id())
        .set("private_ip", primary.and_then(|address| address.private_ip()))
        .set("public_ip", primary.and_then(|address| address.public_ip()));
    live.observed
        .set("status", gateway.state().map(|state| state.as_str()))
        .set("failure", gateway.failure_code());
    live.tagged(ec2_tags(gateway.tags()));
    Some(live)
}

/// Traffic comes to a NAT gateway by routes only.
fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    match live.observed.text("status") {
        Some("available") => {
            let unused = usage.all_users_listed && !usage.is_used_by("aws_route_table");
            unused.then(|| "no route leads to it, and it is billed by the hour".to_owned())
        }
        Some("failed") => Some("it failed to start".to_owned()),
        _ => None,
    }
}

fn monthly_cost(live: &Live) -> Option<f64> {
    (live.observed.text("status") == Some("available")).then_some(prices::month(prices::NAT_GATEWAY_HOUR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_but_the_deleted() {
        let live = Replay::default()
            .answer(
                "DescribeNatGateways",
                "<DescribeNatGatewaysResponse><natGatewaySet><item><natGatewayId>nat-0a1b2c3d</natGatewayId>\
                 <subnetId>subnet-0a1b2c3d</subnetId><vpcId>vpc-0a1b2c3d</vpcId><state>available</state>\
                 <createTime>2024-05-01T10:00:00.000Z</createTime><connectivityType>public</connectivityType>\
                 <natGatewayAddressSet><item><allocationId>eipalloc-2a1b2c3d</allocationId><isPrimary>false</isPrimary></item>\
                 <item><allocationId>eipalloc-0a1b2c3d</allocationId><networkInterfaceId>eni-0a1b2c3d</networkInterfaceId>\
                 <privateIp>10.0.0.7</privateIp><publicIp>203.0.113.7</publicIp><isPrimary>true</isPrimary></item>\
                 </natGatewayAddressSet><tagSet><item><key>Name</key><value>main</value></item></tagSet></item>\
                 </natGatewaySet><nextToken>2</nextToken></DescribeNatGatewaysResponse>",
            )
            .answer(
                "DescribeNatGateways",
                "<DescribeNatGatewaysResponse><natGatewaySet><item><natGatewayId>nat-1a1b2c3d</natGatewayId>\
                 <state>deleted</state></item><item><natGatewayId>nat-2a1b2c3d</natGatewayId><state>failed</state></item>\
                 </natGatewaySet></DescribeNatGatewaysResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        let nat = &live[0];
        assert_eq!(&*nat.id, "nat-0a1b2c3d");
        assert_eq!(&*nat.arn, "arn:aws:ec2:eu-west-1:123456789012:natgateway/nat-0a1b2c3d");
        assert_eq!(nat.name.as_deref(), Some("main"));
        assert_eq!(
            nat.created_at.map(|time| time.to_string()).as_deref(),
            Some("2024-05-01T10:00:00Z")
        );
        assert_eq!(nat.configuration.text("subnet_id"), Some("subnet-0a1b2c3d"));
        assert_eq!(nat.configuration.text("allocation_id"), Some("eipalloc-0a1b2c3d"));
        assert_eq!(nat.configuration.text("network_interface_id"), Some("eni-0a1b2c3d"));
        assert_eq!(
            nat.configuration.get("secondary_allocation_ids"),
            Some(&texts(["eipalloc-2a1b2c3d"]))
        );
        let says = |used_by: &[_]| {
            let usage = Usage {
                used_by,
                all_users_listed: true,
                is_live: &|_, _| None,
            };
            orphan(nat, &usage).is_some()
        };
        assert!(says(&[]));
        assert!(!says(&[("aws_route_table".into(), "route".into())]));
        assert!(monthly_cost(nat).is_some_and(|cost| cost > 30.0));
        assert_eq!(monthly_cost(&live[1]), None);
    }
}

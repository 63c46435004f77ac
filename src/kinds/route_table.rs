//! `aws_route_table`, with its routes and associations.

use aws_sdk_ec2::types::{Route, RouteOrigin, RouteState, RouteTable};

use super::Listing;
use super::convert::{ec2_tags, is_foreign, texts};
use super::facts::{Kind, Usage, facet, kept_reference, refers, refers_set};
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Origin, Value};

/// A route table. Its routes and what it is associated with are parts of it.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_default_route_table"],
    facets: &[
        facet("aws_main_route_table_association", "route_table_id"),
        facet("aws_route", "route_table_id"),
        facet("aws_route_table_association", "route_table_id"),
        facet("aws_vpn_gateway_route_propagation", "route_table_id"),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:route-table/{id}",
    attributes: &[
        refers("vpc_id", &["aws_vpc"]),
        refers_set(
            "route",
            &[
                "aws_ec2_carrier_gateway",
                "aws_ec2_managed_prefix_list",
                "aws_ec2_transit_gateway",
                "aws_egress_only_internet_gateway",
                "aws_internet_gateway",
                "aws_nat_gateway",
                "aws_network_interface",
                "aws_networkmanager_core_network",
                "aws_vpc_endpoint",
                "aws_vpc_peering_connection",
                "aws_vpn_gateway",
            ],
        ),
        refers_set("propagating_vgws", &["aws_vpn_gateway"]),
        // No attributes of Terraform's: what the API says of associations and of instances behind routes.
        kept_reference("association.subnet_id", &["aws_subnet"]),
        kept_reference("association.gateway_id", &["aws_internet_gateway", "aws_vpn_gateway"]),
        kept_reference("route.instance_id", &["aws_instance"]),
    ],
    canonical: Some(canonical),
    cloudformation: "AWS::EC2::RouteTable",
    orphan: Some(orphan),
    ..Kind::regional("aws_route_table", "route table", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeRouteTables"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeRouteTables",
        |token| {
            cx.ec2()
                .describe_route_tables()
                .max_results(100)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.route_tables()
                .iter()
                .filter_map(|table| live(cx, table))
                .for_each(|table| cx.found(table));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, table: &RouteTable) -> Option<Live> {
    if is_foreign(cx, table.owner_id()) {
        return None;
    }
    let mut live = cx.live(&KIND, table.route_table_id()?);
    live.configuration
        .set("vpc_id", table.vpc_id())
        .set(
            "propagating_vgws",
            texts(
                table
                    .propagating_vgws()
                    .iter()
                    .filter_map(|gateway| gateway.gateway_id()),
            ),
        )
        .set("route", table.routes().iter().filter_map(route).collect::<Vec<_>>());
    canonical(&mut live.configuration);

    let mut main = false;
    let mut associations = 0;
    for association in table.associations() {
        main |= association.main() == Some(true);
        if let Some(subnet) = association.subnet_id() {
            live.refer("association.subnet_id", subnet);
            associations += 1;
        }
        if let Some(gateway) = association.gateway_id() {
            live.refer("association.gateway_id", gateway);
            associations += 1;
        }
    }
    for route in table.routes() {
        // Terraform names the interface only; the instance behind it is what breaks the route.
        if let Some(instance) = route.instance_id() {
            live.refer("route.instance_id", instance);
        }
    }
    let blackholes = table
        .routes()
        .iter()
        .filter(|route| matches!(route.state(), Some(RouteState::Blackhole)))
        .count();
    live.observed
        .set("main", main)
        .set("associations", associations)
        .set("blackholes", i64::try_from(blackholes).ok());
    if main {
        live.origin = Origin::AwsMade("the main route table of its VPC".into());
        if let Some(vpc) = table.vpc_id() {
            live.lives_with("aws_vpc", vpc, "the main association, which goes with the VPC only");
        }
    }
    live.tagged(ec2_tags(table.tags()));
    Some(live)
}

/// A route in the shape of Terraform's block, or nothing for a route that nobody made by hand:
/// local ones, propagated ones, and those of gateway endpoints and VPC Lattice.
fn route(route: &Route) -> Option<Configuration> {
    let gateway = route.gateway_id().unwrap_or_default();
    let by_endpoint = route.destination_prefix_list_id().is_some() && gateway.starts_with("vpce-");
    if matches!(
        route.origin(),
        Some(RouteOrigin::CreateRouteTable | RouteOrigin::EnableVgwRoutePropagation)
    ) || matches!(gateway, "local" | "VpcLattice")
        || by_endpoint
    {
        return None;
    }
    let (endpoint, gateway) = if gateway.starts_with("vpce-") {
        (gateway, "")
    } else {
        ("", gateway)
    };
    Some(
        Configuration::new()
            .with("cidr_block", route.destination_cidr_block())
            .with("ipv6_cidr_block", route.destination_ipv6_cidr_block())
            .with("destination_prefix_list_id", route.destination_prefix_list_id())
            .with("gateway_id", gateway)
            .with("vpc_endpoint_id", endpoint)
            .with("egress_only_gateway_id", route.egress_only_internet_gateway_id())
            .with("nat_gateway_id", route.nat_gateway_id())
            .with("transit_gateway_id", route.transit_gateway_id())
            .with("local_gateway_id", route.local_gateway_id())
            .with("carrier_gateway_id", route.carrier_gateway_id())
            .with("core_network_arn", route.core_network_arn())
            .with("network_interface_id", route.network_interface_id())
            .with("vpc_peering_connection_id", route.vpc_peering_connection_id()),
    )
}

/// Leaves out local routes, which a configuration may or may not write down.
fn canonical(configuration: &mut Configuration) {
    if let Some(Value::List(routes)) = configuration.get("route") {
        let made = routes
            .iter()
            .filter(|route| !matches!(route, Value::Block(route) if route.text("gateway_id") == Some("local")))
            .cloned();
        let made = Value::set(made.collect::<Vec<_>>());
        configuration.set("route", made);
    }
}

fn orphan(live: &Live, _: &Usage<'_>) -> Option<String> {
    let alone = live.observed.get("main") == Some(&false.into())
        && live.observed.get("associations") == Some(&Value::Integer(0));
    alone.then(|| "associated with no subnet and no gateway".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_with_routes_and_associations() {
        let live = Replay::default()
            .answer(
                "DescribeRouteTables",
                "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-0a1b2c3d</routeTableId>\
                 <ownerId>123456789012</ownerId><vpcId>vpc-0a1b2c3d</vpcId><routeSet>\
                 <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>\
                 <state>active</state><origin>CreateRouteTable</origin></item>\
                 <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-0a1b2c3d</natGatewayId>\
                 <state>active</state><origin>CreateRoute</origin></item>\
                 <item><destinationCidrBlock>10.9.0.0/16</destinationCidrBlock><gatewayId>vpce-0a1b2c3d</gatewayId>\
                 <origin>CreateRoute</origin></item>\
                 <item><destinationPrefixListId>pl-0a1b2c3d</destinationPrefixListId><gatewayId>vpce-1a1b2c3d</gatewayId>\
                 <origin>CreateRoute</origin></item>\
                 <item><destinationCidrBlock>10.8.0.0/16</destinationCidrBlock><instanceId>i-0a1b2c3d</instanceId>\
                 <networkInterfaceId>eni-0a1b2c3d</networkInterfaceId><origin>CreateRoute</origin></item>\
                 </routeSet><associationSet><item><routeTableAssociationId>rtbassoc-0a1b2c3d</routeTableAssociationId>\
                 <subnetId>subnet-0a1b2c3d</subnetId><main>false</main></item></associationSet>\
                 <propagatingVgwSet><item><gatewayId>vgw-0a1b2c3d</gatewayId></item></propagatingVgwSet>\
                 <tagSet><item><key>Name</key><value>private</value></item></tagSet></item></routeTableSet>\
                 <nextToken>2</nextToken></DescribeRouteTablesResponse>",
            )
            .answer(
                "DescribeRouteTables",
                "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1a1b2c3d</routeTableId>\
                 <vpcId>vpc-0a1b2c3d</vpcId><associationSet><item><main>true</main></item></associationSet></item>\
                 <item><routeTableId>rtb-2a1b2c3d</routeTableId><vpcId>vpc-0a1b2c3d</vpcId></item></routeTableSet>\
                 </DescribeRouteTablesResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 3);
        let private = &live[0];
        assert_eq!(&*private.id, "rtb-0a1b2c3d");
        assert_eq!(
            &*private.arn,
            "arn:aws:ec2:eu-west-1:123456789012:route-table/rtb-0a1b2c3d"
        );
        assert_eq!(private.name.as_deref(), Some("private"));
        assert_eq!(private.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(
            private.configuration.get("propagating_vgws"),
            Some(&texts(["vgw-0a1b2c3d"]))
        );
        let to =
            |cidr: &str, target: &'static str, id: &str| Configuration::new().with("cidr_block", cidr).with(target, id);
        assert_eq!(
            private.configuration.get("route"),
            Some(&Value::set([
                to("0.0.0.0/0", "nat_gateway_id", "nat-0a1b2c3d"),
                to("10.9.0.0/16", "vpc_endpoint_id", "vpce-0a1b2c3d"),
                to("10.8.0.0/16", "network_interface_id", "eni-0a1b2c3d"),
            ]))
        );
        let refers_to: Vec<_> = private.references.iter().map(|reference| &*reference.target).collect();
        assert_eq!(refers_to, ["subnet-0a1b2c3d", "i-0a1b2c3d"]);

        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
        assert_eq!(live[1].part_of.as_ref().map(|part| &*part.whole), Some("vpc-0a1b2c3d"));
        let usage = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert_eq!(orphan(private, &usage), None);
        assert_eq!(orphan(&live[1], &usage), None);
        assert!(orphan(&live[2], &usage).is_some());
    }

    #[test]
    fn a_local_route_that_is_written_down_says_nothing() {
        let local = Configuration::new()
            .with("cidr_block", "10.0.0.0/16")
            .with("gateway_id", "local");
        let mut configuration = Configuration::new().with("route", vec![local]);
        canonical(&mut configuration);
        assert!(configuration.is_empty());
    }
}

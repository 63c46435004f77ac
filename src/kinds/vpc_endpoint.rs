//! `aws_vpc_endpoint`.

use aws_sdk_ec2::types::VpcEndpoint;

use super::Listing;
use super::convert::{ec2_tags, is_foreign, texts, time};
use super::facts::{Kind, Usage, facet, kept_reference, refers, refers_set, stable};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::{Delegate, Live, Origin, Symbol, Value};

/// An endpoint of a VPC. The permissions of its policy are not kept.
pub(super) static KIND: Kind = Kind {
    facets: &[
        facet("aws_vpc_endpoint_policy", "vpc_endpoint_id"),
        facet("aws_vpc_endpoint_private_dns", "vpc_endpoint_id"),
        facet("aws_vpc_endpoint_route_table_association", "vpc_endpoint_id"),
        facet("aws_vpc_endpoint_security_group_association", "vpc_endpoint_id"),
        facet("aws_vpc_endpoint_subnet_association", "vpc_endpoint_id"),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}",
    attributes: &[
        refers("vpc_id", &["aws_vpc"]),
        stable("service_name"),
        stable("service_region"),
        stable("vpc_endpoint_type"),
        stable("private_dns_enabled"),
        stable("ip_address_type"),
        refers_set("route_table_ids", &["aws_route_table"]),
        refers_set("subnet_ids", &["aws_subnet"]),
        refers_set("security_group_ids", &["aws_security_group"]),
        refers("resource_configuration_arn", &["aws_vpclattice_resource_configuration"]),
        refers("service_network_arn", &["aws_vpclattice_service_network"]),
        kept_reference("network_interface_ids", &["aws_network_interface"]),
    ],
    cloudformation: "AWS::EC2::VPCEndpoint",
    orphan: Some(orphan),
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_vpc_endpoint", "VPC endpoint", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeVpcEndpoints"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeVpcEndpoints",
        |token| {
            cx.ec2()
                .describe_vpc_endpoints()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.vpc_endpoints()
                .iter()
                .filter_map(|endpoint| live(cx, endpoint))
                .for_each(|endpoint| cx.found(endpoint));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, endpoint: &VpcEndpoint) -> Option<Live> {
    // The API writes states in upper and in lower case.
    let state = endpoint.state().map(|state| state.as_str().to_lowercase());
    if is_foreign(cx, endpoint.owner_id()) || state.as_deref() == Some("deleted") {
        return None;
    }
    let mut live = cx.live(&KIND, endpoint.vpc_endpoint_id()?);
    live.created_at = time(endpoint.creation_timestamp());
    live.configuration
        .set("vpc_id", endpoint.vpc_id())
        .set("service_name", endpoint.service_name())
        .set("service_region", endpoint.service_region())
        .set(
            "vpc_endpoint_type",
            endpoint.vpc_endpoint_type().map(|kind| kind.as_str()),
        )
        .set("private_dns_enabled", endpoint.private_dns_enabled())
        .set("ip_address_type", endpoint.ip_address_type().map(|kind| kind.as_str()))
        .set(
            "route_table_ids",
            texts(endpoint.route_table_ids().iter().map(String::as_str)),
        )
        .set("subnet_ids", texts(endpoint.subnet_ids().iter().map(String::as_str)))
        .set(
            "security_group_ids",
            texts(endpoint.groups().iter().filter_map(|group| group.group_id())),
        )
        .set("resource_configuration_arn", endpoint.resource_configuration_arn())
        .set("service_network_arn", endpoint.service_network_arn())
        .set(
            "network_interface_ids",
            texts(endpoint.network_interface_ids().iter().map(String::as_str)),
        );
    live.observed.set("status", state);
    if endpoint.requester_managed() == Some(true) {
        live.origin = Origin::Delegated(Box::new(Delegate {
            system: Symbol::known("aws-service"),
            name: endpoint.service_name().unwrap_or_default().into(),
            evidence: "the API says RequesterManaged".into(),
        }));
    }
    live.tagged(ec2_tags(endpoint.tags()));
    Some(live)
}

/// Who calls through an interface endpoint nobody can list; a gateway endpoint works by its route tables alone.
fn orphan(live: &Live, _: &Usage<'_>) -> Option<String> {
    let gateway = live.configuration.text("vpc_endpoint_type") == Some("Gateway");
    (gateway && live.configuration.get("route_table_ids").is_none()).then(|| "no route table leads to it".to_owned())
}

fn monthly_cost(live: &Live) -> Option<f64> {
    let hour = match live.configuration.text("vpc_endpoint_type")? {
        "Interface" => prices::INTERFACE_ENDPOINT_HOUR,
        "GatewayLoadBalancer" => prices::GATEWAY_LOAD_BALANCER_ENDPOINT_HOUR,
        _ => return None,
    };
    let Some(Value::List(subnets)) = live.configuration.get("subnet_ids") else {
        return None;
    };
    // One subnet is one availability zone.
    let zones = f64::from(u16::try_from(subnets.len()).ok()?);
    Some(prices::month(hour) * zones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_but_the_deleted() {
        let live = Replay::default()
            .answer(
                "DescribeVpcEndpoints",
                "<DescribeVpcEndpointsResponse><vpcEndpointSet><item><vpcEndpointId>vpce-0a1b2c3d</vpcEndpointId>\
                 <ownerId>123456789012</ownerId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-0a1b2c3d</vpcId>\
                 <serviceName>com.amazonaws.eu-west-1.ecr.api</serviceName><state>available</state>\
                 <privateDnsEnabled>true</privateDnsEnabled><requesterManaged>false</requesterManaged>\
                 <subnetIdSet><item>subnet-1a1b2c3d</item><item>subnet-0a1b2c3d</item></subnetIdSet>\
                 <groupSet><item><groupId>sg-0a1b2c3d</groupId><groupName>ecr</groupName></item></groupSet>\
                 <networkInterfaceIdSet><item>eni-0a1b2c3d</item></networkInterfaceIdSet>\
                 <creationTimestamp>2024-05-01T10:00:00.000Z</creationTimestamp>\
                 <tagSet><item><key>Name</key><value>ecr</value></item></tagSet></item></vpcEndpointSet>\
                 <nextToken>2</nextToken></DescribeVpcEndpointsResponse>",
            )
            .answer(
                "DescribeVpcEndpoints",
                "<DescribeVpcEndpointsResponse><vpcEndpointSet><item><vpcEndpointId>vpce-1a1b2c3d</vpcEndpointId>\
                 <vpcEndpointType>Gateway</vpcEndpointType><state>Available</state></item>\
                 <item><vpcEndpointId>vpce-2a1b2c3d</vpcEndpointId><state>deleted</state></item>\
                 <item><vpcEndpointId>vpce-3a1b2c3d</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType>\
                 <routeTableIdSet><item>rtb-0a1b2c3d</item></routeTableIdSet><requesterManaged>true</requesterManaged>\
                 <state>available</state></item></vpcEndpointSet></DescribeVpcEndpointsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 3);
        let ecr = &live[0];
        assert_eq!(&*ecr.id, "vpce-0a1b2c3d");
        assert_eq!(
            &*ecr.arn,
            "arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint/vpce-0a1b2c3d"
        );
        assert_eq!(ecr.name.as_deref(), Some("ecr"));
        assert_eq!(
            ecr.created_at.map(|time| time.to_string()).as_deref(),
            Some("2024-05-01T10:00:00Z")
        );
        assert_eq!(ecr.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(
            ecr.configuration.get("subnet_ids"),
            Some(&texts(["subnet-0a1b2c3d", "subnet-1a1b2c3d"]))
        );
        assert_eq!(
            ecr.configuration.get("security_group_ids"),
            Some(&texts(["sg-0a1b2c3d"]))
        );
        assert!(monthly_cost(ecr).is_some_and(|cost| (cost - 14.6).abs() < 0.01));
        assert_eq!(live[1].observed.text("status"), Some("available"));
        let usage = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert_eq!(orphan(ecr, &usage), None);
        assert!(orphan(&live[1], &usage).is_some());
        assert_eq!(orphan(&live[2], &usage), None);
        assert!(matches!(live[2].origin, Origin::Delegated(_)));
    }
}

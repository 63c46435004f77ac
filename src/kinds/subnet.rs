//! `aws_subnet`.

use aws_sdk_ec2::types::Subnet;

use super::Listing;
use super::convert::{ec2_tags, is_foreign};
use super::facts::{Kind, Usage, facet, kept, refers, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin};

/// A subnet of a VPC.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_default_subnet"],
    facets: &[facet("aws_ec2_subnet_cidr_reservation", "subnet_id")],
    arn: "arn:{partition}:ec2:{region}:{account}:subnet/{id}",
    attributes: &[
        refers("vpc_id", &["aws_vpc"]),
        stable("cidr_block"),
        stable("availability_zone"),
        stable("map_public_ip_on_launch"),
        stable("assign_ipv6_address_on_creation"),
        stable("ipv6_native"),
        stable("enable_dns64"),
        stable("enable_resource_name_dns_a_record_on_launch"),
        stable("enable_resource_name_dns_aaaa_record_on_launch"),
        stable("private_dns_hostname_type_on_launch"),
        stable("map_customer_owned_ip_on_launch"),
        stable("customer_owned_ipv4_pool"),
        stable("outpost_arn"),
        kept("ipv6_cidr_block"),
        kept("availability_zone_id"),
    ],
    cloudformation: "AWS::EC2::Subnet",
    orphan: Some(orphan),
    ..Kind::regional("aws_subnet", "subnet", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeSubnets"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeSubnets",
        |token| {
            cx.ec2()
                .describe_subnets()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.subnets()
                .iter()
                .filter_map(|subnet| live(cx, subnet))
                .for_each(|subnet| cx.found(subnet));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, subnet: &Subnet) -> Option<Live> {
    if is_foreign(cx, subnet.owner_id()) {
        return None;
    }
    let mut live = cx.live(&KIND, subnet.subnet_id()?);
    let dns = subnet.private_dns_name_options_on_launch();
    // Terraform writes false where the API says nothing.
    live.configuration
        .set("vpc_id", subnet.vpc_id())
        .set("cidr_block", subnet.cidr_block())
        .set("availability_zone", subnet.availability_zone())
        .set("availability_zone_id", subnet.availability_zone_id())
        .set(
            "map_public_ip_on_launch",
            subnet.map_public_ip_on_launch().unwrap_or_default(),
        )
        .set(
            "assign_ipv6_address_on_creation",
            subnet.assign_ipv6_address_on_creation().unwrap_or_default(),
        )
        .set("ipv6_native", subnet.ipv6_native().unwrap_or_default())
        .set("enable_dns64", subnet.enable_dns64().unwrap_or_default())
        .set(
            "enable_resource_name_dns_a_record_on_launch",
            dns.and_then(|dns| dns.enable_resource_name_dns_a_record())
                .unwrap_or_default(),
        )
        .set(
            "enable_resource_name_dns_aaaa_record_on_launch",
            dns.and_then(|dns| dns.enable_resource_name_dns_aaaa_record())
                .unwrap_or_default(),
        )
        .set(
            "private_dns_hostname_type_on_launch",
            dns.and_then(|dns| dns.hostname_type()).map(|kind| kind.as_str()),
        )
        .set(
            "map_customer_owned_ip_on_launch",
            subnet.map_customer_owned_ip_on_launch().unwrap_or_default(),
        )
        .set("customer_owned_ipv4_pool", subnet.customer_owned_ipv4_pool())
        .set("outpost_arn", subnet.outpost_arn())
        .set(
            "ipv6_cidr_block",
            subnet
                .ipv6_cidr_block_association_set()
                .iter()
                .find_map(|association| association.ipv6_cidr_block()),
        );
    live.observed.set("status", subnet.state().map(|state| state.as_str()));
    if subnet.default_for_az() == Some(true) {
        live.origin = Origin::AwsMade("the default subnet of its availability zone".into());
    }
    live.tagged(ec2_tags(subnet.tags()));
    Some(live)
}

/// Route tables and network ACLs name the subnets that they serve; being served is not being used.
fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    let used = usage
        .used_by
        .iter()
        .any(|(user, _)| !matches!(user.as_str(), "aws_route_table" | "aws_network_acl"));
    (!used && usage.all_users_listed).then(|| "no network interface, and nothing else, is in it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_with_their_vpc() {
        let live = Replay::default()
            .answer(
                "DescribeSubnets",
                "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-0a1b2c3d</subnetId>\
                 <subnetArn>arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0a1b2c3d</subnetArn>\
                 <state>available</state><ownerId>123456789012</ownerId><vpcId>vpc-0a1b2c3d</vpcId>\
                 <cidrBlock>10.0.10.0/24</cidrBlock><availableIpAddressCount>251</availableIpAddressCount>\
                 <availabilityZone>eu-west-1a</availabilityZone><availabilityZoneId>euw1-az2</availabilityZoneId>\
                 <defaultForAz>false</defaultForAz><mapPublicIpOnLaunch>true</mapPublicIpOnLaunch>\
                 <assignIpv6AddressOnCreation>false</assignIpv6AddressOnCreation>\
                 <privateDnsNameOptionsOnLaunch><hostnameType>ip-name</hostnameType>\
                 <enableResourceNameDnsARecord>false</enableResourceNameDnsARecord>\
                 <enableResourceNameDnsAAAARecord>false</enableResourceNameDnsAAAARecord></privateDnsNameOptionsOnLaunch>\
                 <tagSet><item><key>Name</key><value>public-a</value></item></tagSet></item></subnetSet>\
                 <nextToken>2</nextToken></DescribeSubnetsResponse>",
            )
            .answer(
                "DescribeSubnets",
                "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1a1b2c3d</subnetId>\
                 <vpcId>vpc-1a1b2c3d</vpcId><defaultForAz>true</defaultForAz></item>\
                 <item><subnetId>subnet-2a1b2c3d</subnetId><ownerId>999999999999</ownerId></item></subnetSet>\
                 </DescribeSubnetsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2, "a subnet that another account shares is not ours");
        let subnet = &live[0];
        assert_eq!(&*subnet.id, "subnet-0a1b2c3d");
        assert_eq!(
            &*subnet.arn,
            "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-0a1b2c3d"
        );
        assert_eq!(subnet.name.as_deref(), Some("public-a"));
        assert_eq!(subnet.tags.get("Name"), Some("public-a"));
        assert_eq!(subnet.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(subnet.configuration.text("cidr_block"), Some("10.0.10.0/24"));
        assert_eq!(subnet.configuration.get("map_public_ip_on_launch"), Some(&true.into()));
        assert_eq!(
            subnet.configuration.text("private_dns_hostname_type_on_launch"),
            Some("ip-name")
        );
        assert_eq!(
            subnet
                .configuration
                .get("enable_resource_name_dns_aaaa_record_on_launch"),
            Some(&false.into())
        );
        assert!(subnet.origin.is_own());
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }

    #[test]
    fn a_route_table_that_serves_it_does_not_use_it() {
        let live = Live::new(
            KIND.name,
            "123456789012".into(),
            "eu-west-1".into(),
            "subnet-0a1b2c3d",
            "",
        );
        let says = |used_by: &[_], all_users_listed| {
            let usage = Usage {
                used_by,
                all_users_listed,
                is_live: &|_, _| None,
            };
            orphan(&live, &usage).is_some()
        };
        let table = ("aws_route_table".into(), "association".into());
        let interface = ("aws_network_interface".into(), "subnet_id".into());
        assert!(says(&[table], true));
        assert!(!says(&[table], false), "what could not be listed may use it");
        assert!(!says(&[table, interface], true));
    }
}

//! `aws_vpc_dhcp_options`.

use aws_sdk_ec2::types::DhcpOptions;

use super::Listing;
use super::convert::{ec2_tags, is_foreign};
use super::facts::{Kind, Usage, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Origin};

/// A set of DHCP options. Which VPCs use it is a setting of theirs.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_default_vpc_dhcp_options"],
    arn: "arn:{partition}:ec2:{region}:{account}:dhcp-options/{id}",
    attributes: &[
        stable("domain_name"),
        stable("domain_name_servers"),
        stable("ntp_servers"),
        stable("netbios_name_servers"),
        stable("netbios_node_type"),
        stable("ipv6_address_preferred_lease_time"),
    ],
    cloudformation: "AWS::EC2::DHCPOptions",
    orphan: Some(orphan),
    ..Kind::regional("aws_vpc_dhcp_options", "DHCP options", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeDhcpOptions"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeDhcpOptions",
        |token| {
            cx.ec2()
                .describe_dhcp_options()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.dhcp_options()
                .iter()
                .filter_map(|options| live(cx, options))
                .for_each(|options| cx.found(options));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, options: &DhcpOptions) -> Option<Live> {
    if is_foreign(cx, options.owner_id()) {
        return None;
    }
    let mut live = cx.live(&KIND, options.dhcp_options_id()?);
    for option in options.dhcp_configurations() {
        let values: Vec<&str> = option.values().iter().filter_map(|value| value.value()).collect();
        let (name, many) = match option.key().unwrap_or_default() {
            "domain-name" => ("domain_name", false),
            "domain-name-servers" => ("domain_name_servers", true),
            "ntp-servers" => ("ntp_servers", true),
            "netbios-name-servers" => ("netbios_name_servers", true),
            "netbios-node-type" => ("netbios_node_type", false),
            "ipv6-address-preferred-lease-time" => ("ipv6_address_preferred_lease_time", false),
            _ => continue,
        };
        if many {
            live.configuration.set(name, values);
        } else {
            live.configuration.set(name, values.first().copied());
        }
    }
    live.tagged(ec2_tags(options.tags()));
    if is_default(&live) {
        live.origin = Origin::AwsMade("the DHCP options that AWS made for the region".into());
    }
    Some(live)
}

/// AWS makes one set for each region, which names its own resolver and domain and nothing else.
fn is_default(live: &Live) -> bool {
    let domain = if &*live.region == "us-east-1" {
        "ec2.internal".to_owned()
    } else {
        format!("{}.compute.internal", live.region)
    };
    let servers = crate::model::Value::from(vec!["AmazonProvidedDNS"]);
    live.tags.own().next().is_none()
        && live.configuration.len() == 2
        && live.configuration.text("domain_name") == Some(&domain)
        && live.configuration.get("domain_name_servers") == Some(&servers)
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage.is_unused().then(|| "no VPC uses it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_and_the_regions_own_is_aws_made() {
        let live = Replay::default()
            .answer(
                "DescribeDhcpOptions",
                "<DescribeDhcpOptionsResponse><dhcpOptionsSet><item><dhcpOptionsId>dopt-0a1b2c3d</dhcpOptionsId>\
                 <ownerId>123456789012</ownerId><dhcpConfigurationSet>\
                 <item><key>domain-name</key><valueSet><item><value>corp.example</value></item></valueSet></item>\
                 <item><key>domain-name-servers</key><valueSet><item><value>10.0.0.3</value></item>\
                 <item><value>10.0.0.2</value></item></valueSet></item></dhcpConfigurationSet>\
                 <tagSet><item><key>Name</key><value>corp</value></item></tagSet></item></dhcpOptionsSet>\
                 <nextToken>2</nextToken></DescribeDhcpOptionsResponse>",
            )
            .answer(
                "DescribeDhcpOptions",
                "<DescribeDhcpOptionsResponse><dhcpOptionsSet><item><dhcpOptionsId>dopt-1a1b2c3d</dhcpOptionsId>\
                 <dhcpConfigurationSet><item><key>domain-name</key><valueSet><item>\
                 <value>eu-west-1.compute.internal</value></item></valueSet></item>\
                 <item><key>domain-name-servers</key><valueSet><item><value>AmazonProvidedDNS</value></item></valueSet>\
                 </item></dhcpConfigurationSet></item></dhcpOptionsSet></DescribeDhcpOptionsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        let corp = &live[0];
        assert_eq!(&*corp.id, "dopt-0a1b2c3d");
        assert_eq!(
            &*corp.arn,
            "arn:aws:ec2:eu-west-1:123456789012:dhcp-options/dopt-0a1b2c3d"
        );
        assert_eq!(corp.name.as_deref(), Some("corp"));
        assert_eq!(corp.configuration.text("domain_name"), Some("corp.example"));
        assert_eq!(
            corp.configuration.get("domain_name_servers"),
            Some(&vec!["10.0.0.3", "10.0.0.2"].into()),
            "servers are asked in their order"
        );
        assert!(corp.origin.is_own());
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
    }
}

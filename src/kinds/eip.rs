//! `aws_eip`.

use aws_sdk_ec2::types::{Address, ServiceManaged};

use super::Listing;
use super::convert::ec2_tags;
use super::facts::{Kind, Usage, facet, kept, kept_reference, stable};
use super::prices;
use crate::aws::{Fault, ListCx};
use crate::model::{Delegate, Live, Origin, Symbol};

/// An elastic IP address.
pub(super) static KIND: Kind = Kind {
    facets: &[
        facet("aws_eip_association", "allocation_id"),
        facet("aws_eip_domain_name", "allocation_id"),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:elastic-ip/{id}",
    attributes: &[
        stable("domain"),
        stable("network_border_group"),
        stable("public_ipv4_pool"),
        stable("customer_owned_ipv4_pool"),
        kept_reference("instance", &["aws_instance"]),
        kept_reference("network_interface", &["aws_network_interface"]),
        kept("public_ip"),
        kept("private_ip"),
    ],
    cloudformation: "AWS::EC2::EIP",
    orphan: Some(orphan),
    monthly_cost: Some(|_| Some(prices::month(prices::PUBLIC_IPV4_HOUR))),
    ..Kind::regional("aws_eip", "elastic IP address", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeAddresses"],
    list: |cx| Box::pin(list(cx)),
};

/// The API gives all addresses at once.
async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let answer = cx
        .call("ec2:DescribeAddresses", cx.ec2().describe_addresses().send())
        .await?;
    answer
        .addresses()
        .iter()
        .filter_map(|address| live(cx, address))
        .for_each(|address| cx.found(address));
    Ok(())
}

fn live(cx: &ListCx<'_>, address: &Address) -> Option<Live> {
    let mut live = cx.live(&KIND, address.allocation_id()?);
    live.configuration
        .set("domain", address.domain().map(|domain| domain.as_str()))
        .set("network_border_group", address.network_border_group())
        .set("public_ipv4_pool", address.public_ipv4_pool())
        .set("customer_owned_ipv4_pool", address.customer_owned_ipv4_pool())
        .set("instance", address.instance_id())
        .set("network_interface", address.network_interface_id())
        .set("public_ip", address.public_ip())
        .set("private_ip", address.private_ip_address());
    live.observed
        .set("attached", address.association_id().is_some_and(|id| !id.is_empty()));
    if let Some(service) = address.service_managed() {
        live.origin = Origin::Delegated(Box::new(Delegate {
            system: Symbol::known(match service {
                ServiceManaged::Alb | ServiceManaged::Nlb => "elasticloadbalancing",
                ServiceManaged::Rds => "rds",
                ServiceManaged::Rnat => "regional-nat",
                _ => "aws-service",
            }),
            name: service.as_str().into(),
            evidence: "the API says ServiceManaged".into(),
        }));
    }
    live.tagged(ec2_tags(address.tags()));
    Some(live)
}

/// A load balancer or NAT gateway that is still being made may name it before it is associated.
fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    let free = live.observed.get("attached") == Some(&false.into());
    (free && usage.used_by.is_empty()).then(|| "associated with nothing, and billed for it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn all_addresses_come_at_once() {
        let live = Replay::default()
            .answer(
                "DescribeAddresses",
                "<DescribeAddressesResponse><addressesSet><item><publicIp>203.0.113.7</publicIp>\
                 <allocationId>eipalloc-0a1b2c3d</allocationId><associationId>eipassoc-0a1b2c3d</associationId>\
                 <domain>vpc</domain><instanceId>i-0a1b2c3d</instanceId><networkInterfaceId>eni-0a1b2c3d</networkInterfaceId>\
                 <networkInterfaceOwnerId>123456789012</networkInterfaceOwnerId><privateIpAddress>10.0.0.4</privateIpAddress>\
                 <publicIpv4Pool>amazon</publicIpv4Pool><networkBorderGroup>eu-west-1</networkBorderGroup>\
                 <tagSet><item><key>Name</key><value>bastion</value></item></tagSet></item>\
                 <item><publicIp>203.0.113.8</publicIp><allocationId>eipalloc-1a1b2c3d</allocationId><domain>vpc</domain></item>\
                 <item><publicIp>203.0.113.9</publicIp><allocationId>eipalloc-2a1b2c3d</allocationId><domain>vpc</domain>\
                 <associationId>eipassoc-2a1b2c3d</associationId><serviceManaged>nlb</serviceManaged></item>\
                 </addressesSet></DescribeAddressesResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("the one answer");
        assert_eq!(live.len(), 3);
        let bastion = &live[0];
        assert_eq!(&*bastion.id, "eipalloc-0a1b2c3d");
        assert_eq!(
            &*bastion.arn,
            "arn:aws:ec2:eu-west-1:123456789012:elastic-ip/eipalloc-0a1b2c3d"
        );
        assert_eq!(bastion.name.as_deref(), Some("bastion"));
        assert_eq!(bastion.configuration.text("instance"), Some("i-0a1b2c3d"));
        assert_eq!(bastion.configuration.text("network_interface"), Some("eni-0a1b2c3d"));
        assert_eq!(bastion.configuration.text("domain"), Some("vpc"));
        let usage = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert_eq!(orphan(bastion, &usage), None);
        assert!(orphan(&live[1], &usage).is_some());
        assert!(matches!(&live[2].origin, Origin::Delegated(by) if by.system == "elasticloadbalancing"));
    }
}

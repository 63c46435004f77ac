//! `aws_network_interface`: most of them live and die with something else, and the API says with what.

use aws_sdk_ec2::types::{NetworkInterface, NetworkInterfaceType};

use super::Listing;
use super::convert::{ec2_tags, is_foreign, texts};
use super::facts::{Kind, Usage, facet, kept, kept_reference, kept_set, refers, refers_set, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Delegate, Live, Origin, Symbol};

/// A network interface.
pub(super) static KIND: Kind = Kind {
    facets: &[
        facet("aws_network_interface_attachment", "network_interface_id"),
        facet("aws_network_interface_sg_attachment", "network_interface_id"),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:network-interface/{id}",
    attributes: &[
        refers("subnet_id", &["aws_subnet"]),
        refers_set("security_groups", &["aws_security_group"]),
        stable("description"),
        stable("interface_type"),
        stable("source_dest_check"),
        kept_reference("attachment.instance", &["aws_instance"]),
        kept("private_ip"),
        kept_set("private_ips"),
    ],
    cloudformation: "AWS::EC2::NetworkInterface",
    orphan: Some(orphan),
    ..Kind::regional("aws_network_interface", "network interface", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeNetworkInterfaces"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeNetworkInterfaces",
        |token| {
            cx.ec2()
                .describe_network_interfaces()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.network_interfaces()
                .iter()
                .filter_map(|interface| live(cx, interface))
                .for_each(|interface| cx.found(interface));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, interface: &NetworkInterface) -> Option<Live> {
    if is_foreign(cx, interface.owner_id()) {
        return None;
    }
    let mut live = cx.live(&KIND, interface.network_interface_id()?);
    let attachment = interface.attachment();
    let instance = attachment.and_then(|attachment| attachment.instance_id());
    live.configuration
        .set("subnet_id", interface.subnet_id())
        .set(
            "security_groups",
            texts(interface.groups().iter().filter_map(|group| group.group_id())),
        )
        .set("description", interface.description())
        .set("interface_type", interface.interface_type().map(|kind| kind.as_str()))
        .set("source_dest_check", interface.source_dest_check())
        .set(
            "attachment",
            instance.map(|instance| vec![Configuration::new().with("instance", instance)]),
        )
        .set("private_ip", interface.private_ip_address())
        .set(
            "private_ips",
            texts(
                interface
                    .private_ip_addresses()
                    .iter()
                    .filter_map(|address| address.private_ip_address()),
            ),
        );
    live.observed
        .set("status", interface.status().map(|status| status.as_str()))
        .set("attached", attachment.is_some())
        .set("requester_managed", interface.requester_managed());
    if is_made_by_a_service(cx, interface) {
        made_by_a_service(cx, &mut live, interface);
    } else if let Some(instance) = instance
        && attachment.and_then(|attachment| attachment.delete_on_termination()) == Some(true)
    {
        live.lives_with(
            "aws_instance",
            instance,
            "attached with DeleteOnTermination: it goes with the instance",
        );
    }
    live.tagged(ec2_tags(interface.tag_set()));
    Some(live)
}

/// Says whether an AWS service made it. Anybody may write any description, so that alone never counts.
fn is_made_by_a_service(cx: &ListCx<'_>, interface: &NetworkInterface) -> bool {
    let made_to_order = matches!(
        interface.interface_type(),
        None | Some(
            NetworkInterfaceType::Interface
                | NetworkInterfaceType::Efa
                | NetworkInterfaceType::EfaOnly
                | NetworkInterfaceType::Trunk
                | NetworkInterfaceType::Branch
        )
    );
    let attached_to = interface
        .attachment()
        .and_then(|attachment| attachment.instance_owner_id());
    interface.requester_managed() == Some(true)
        || !made_to_order
        || interface.operator().and_then(|operator| operator.managed()) == Some(true)
        || is_foreign(cx, attached_to)
}

/// How the descriptions of services' interfaces begin, and which service that is
/// (source: Amazon EC2 User Guide, "Requester-managed network interfaces", and the services' own guides).
const SERVICES: &[(&str, &str)] = &[
    ("AWS Lambda VPC ENI", "lambda"),
    ("AWS created network interface for directory", "directoryservice"),
    ("Amazon EKS ", "eks"),
    ("DMSNetworkInterface", "dms"),
    ("EFS mount target for ", "elasticfilesystem"),
    ("ELB ", "elasticloadbalancing"),
    ("ElastiCache", "elasticache"),
    ("Interface for NAT Gateway ", "nat-gateway"),
    ("Network interface for DBProxy", "rds"),
    ("Network Interface for Transit Gateway Attachment ", "transit-gateway"),
    ("RDSNetworkInterface", "rds"),
    ("RedshiftNetworkInterface", "redshift"),
    ("Route 53 Resolver", "route53resolver"),
    ("VPC Endpoint Interface ", "vpc-endpoint"),
    ("arn:", "ecs"),
];

/// Says which service made it and, where the description names it, with what it lives and dies.
fn made_by_a_service(cx: &ListCx<'_>, live: &mut Live, interface: &NetworkInterface) {
    let description = interface.description().unwrap_or_default();
    let known = SERVICES
        .iter()
        .find(|(start, system)| description.starts_with(start) && (*system != "ecs" || description.contains(":ecs:")))
        .map(|(start, system)| (*system, description.strip_prefix(start).unwrap_or_default().trim()));
    let operator = interface.operator().and_then(|operator| operator.principal());
    let requester = interface
        .requester_id()
        .and_then(|requester| requester.strip_prefix("amazon-"));
    let system = match (known, operator, requester) {
        (Some((system, _)), ..) => Symbol::known(system),
        (None, Some(operator), _) => operator.into(),
        (None, None, Some(requester)) => requester.into(),
        (None, None, None) => match interface.interface_type() {
            Some(kind) if !matches!(kind, NetworkInterfaceType::Interface) => kind.as_str().into(),
            _ => Symbol::known("aws-service"),
        },
    };
    if let Some((system, named)) = known
        && let Some((kind, whole)) = whole(cx, system, named)
    {
        live.lives_with(kind, whole, format!("made by a service for {description:?}"));
    }
    live.origin = Origin::Delegated(Box::new(Delegate {
        system,
        name: description.into(),
        evidence: if interface.requester_managed() == Some(true) {
            "the API says RequesterManaged".into()
        } else {
            "its type, operator or the owner of what it is attached to".into()
        },
    }));
}

/// What the rest of a service's description names, as kind and id or ARN.
fn whole(cx: &ListCx<'_>, system: &str, named: &str) -> Option<(&'static str, String)> {
    let arn = |service: &str, resource: &str| {
        format!("arn:{}:{service}:{}:{}:{resource}", cx.partition, cx.region, cx.account)
    };
    let id = |prefix: &str| named.starts_with(prefix).then(|| named.to_owned());
    Some(match system {
        "elasticloadbalancing" => {
            // `app/name/hash` for the newer ones, the bare name for classic ones.
            let kind = if named.contains('/') { "aws_lb" } else { "aws_elb" };
            (kind, arn("elasticloadbalancing", &format!("loadbalancer/{named}")))
        }
        "nat-gateway" => ("aws_nat_gateway", id("nat-")?),
        "vpc-endpoint" => ("aws_vpc_endpoint", id("vpce-")?),
        "transit-gateway" => ("aws_ec2_transit_gateway_vpc_attachment", id("tgw-attach-")?),
        "elasticfilesystem" => {
            let target = named.split_once('(')?.1.strip_suffix(')')?;
            (
                "aws_efs_mount_target",
                target.starts_with("fsmt-").then(|| target.to_owned())?,
            )
        }
        "eks" if !named.is_empty() => ("aws_eks_cluster", arn("eks", &format!("cluster/{named}"))),
        _ => return None,
    })
}

fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    let free = live.observed.text("status") == Some("available")
        && live.observed.get("attached") == Some(&false.into())
        && live.part_of.is_none();
    (free && usage.is_unused()).then(|| "attached to nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const ON_INSTANCE: &str = "<attachment><attachmentId>eni-attach-0a1b2c3d</attachmentId>\
                               <instanceId>i-0a1b2c3d</instanceId><instanceOwnerId>123456789012</instanceOwnerId>\
                               <deviceIndex>0</deviceIndex><deleteOnTermination>true</deleteOnTermination></attachment>";
    const ON_SERVICE: &str = "<attachment><instanceOwnerId>amazon-elb</instanceOwnerId></attachment>";

    fn interface(id: &str, kind: &str, managed: bool, description: &str, attachment: &str) -> String {
        let status = if attachment.is_empty() { "available" } else { "in-use" };
        format!(
            "<item><networkInterfaceId>{id}</networkInterfaceId><subnetId>subnet-0a1b2c3d</subnetId>\
             <vpcId>vpc-0a1b2c3d</vpcId><ownerId>123456789012</ownerId><description>{description}</description>\
             <interfaceType>{kind}</interfaceType><requesterManaged>{managed}</requesterManaged>\
             <status>{status}</status><sourceDestCheck>true</sourceDestCheck><privateIpAddress>10.0.0.9</privateIpAddress>\
             <groupSet><item><groupId>sg-1a1b2c3d</groupId></item><item><groupId>sg-0a1b2c3d</groupId></item></groupSet>\
             {attachment}<privateIpAddressesSet><item><privateIpAddress>10.0.0.9</privateIpAddress></item>\
             </privateIpAddressesSet><tagSet><item><key>Name</key><value>{id}-name</value></item></tagSet></item>"
        )
    }

    /// Lists two pages.
    async fn list_two(first: &str, second: &str) -> Vec<Live> {
        let page = |items: &str, next: &str| {
            format!(
                "<DescribeNetworkInterfacesResponse><networkInterfaceSet>{items}</networkInterfaceSet>{next}\
                 </DescribeNetworkInterfacesResponse>"
            )
        };
        Replay::default()
            .answer("DescribeNetworkInterfaces", &page(first, "<nextToken>2</nextToken>"))
            .answer("DescribeNetworkInterfaces", &page(second, ""))
            .list(LISTING.list)
            .await
            .expect("both pages")
    }

    #[tokio::test]
    async fn two_pages_give_all() {
        let live = list_two(
            &interface("eni-0a1b2c3d", "interface", false, "", ON_INSTANCE),
            &interface("eni-1a1b2c3d", "interface", false, "ELB app/mine/50dc6c495c0c9188", ""),
        )
        .await;
        assert_eq!(live.len(), 2);
        let primary = &live[0];
        assert_eq!(&*primary.id, "eni-0a1b2c3d");
        assert_eq!(
            &*primary.arn,
            "arn:aws:ec2:eu-west-1:123456789012:network-interface/eni-0a1b2c3d"
        );
        assert_eq!(primary.name.as_deref(), Some("eni-0a1b2c3d-name"));
        assert_eq!(primary.configuration.text("subnet_id"), Some("subnet-0a1b2c3d"));
        assert_eq!(
            primary.configuration.get("security_groups"),
            Some(&texts(["sg-0a1b2c3d", "sg-1a1b2c3d"]))
        );
        let mut instances = Vec::new();
        primary
            .configuration
            .each_at("attachment.instance", &mut |value| instances.extend(value.as_str()));
        assert_eq!(instances, ["i-0a1b2c3d"]);
        assert_eq!(primary.part_of.as_ref().map(|part| &*part.whole), Some("i-0a1b2c3d"));
        let usage = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert_eq!(orphan(primary, &usage), None);
        assert!(
            live[1].part_of.is_none(),
            "anybody can write a load balancer's description"
        );
        assert!(orphan(&live[1], &usage).is_some());
    }

    #[tokio::test]
    async fn what_services_make_lives_with_what_it_serves() {
        let live = list_two(
            &[
                interface(
                    "eni-0a1b2c3d",
                    "interface",
                    true,
                    "ELB app/web/50dc6c495c0c9188",
                    ON_SERVICE,
                ),
                interface(
                    "eni-1a1b2c3d",
                    "nat_gateway",
                    true,
                    "Interface for NAT Gateway nat-0a1b2c3d",
                    "",
                ),
                interface(
                    "eni-2a1b2c3d",
                    "lambda",
                    true,
                    "AWS Lambda VPC ENI-job-1b4c",
                    ON_SERVICE,
                ),
            ]
            .concat(),
            &[
                interface(
                    "eni-3a1b2c3d",
                    "interface",
                    true,
                    "EFS mount target for fs-0a1b2c3d (fsmt-0a1b2c3d)",
                    "",
                ),
                interface(
                    "eni-4a1b2c3d",
                    "vpc_endpoint",
                    true,
                    "VPC Endpoint Interface vpce-0a1b2c3d",
                    "",
                ),
            ]
            .concat(),
        )
        .await;
        let wholes: Vec<_> = live
            .iter()
            .map(|one| one.part_of.as_ref().map(|part| (part.kind.as_str(), &*part.whole)))
            .collect();
        assert_eq!(
            wholes,
            [
                Some((
                    "aws_lb",
                    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
                )),
                Some(("aws_nat_gateway", "nat-0a1b2c3d")),
                None, // functions share interfaces
                Some(("aws_efs_mount_target", "fsmt-0a1b2c3d")),
                Some(("aws_vpc_endpoint", "vpce-0a1b2c3d")),
            ]
        );
        assert!(live.iter().all(|one| matches!(one.origin, Origin::Delegated(_))));
        assert!(matches!(&live[2].origin, Origin::Delegated(by) if by.system == "lambda"));
    }
}

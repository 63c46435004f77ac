//! `aws_network_acl`, with its entries and associations.

use aws_sdk_ec2::types::{NetworkAcl, NetworkAclEntry};

use super::Listing;
use super::convert::{ec2_tags, is_foreign, texts};
use super::facts::{Kind, Usage, facet, kept_reference, refers, stable_set};
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Origin, Value};

/// A network ACL. Its entries and the subnets that it serves are parts of it.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_default_network_acl"],
    facets: &[
        facet("aws_network_acl_association", "network_acl_id"),
        facet("aws_network_acl_rule", "network_acl_id"),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:network-acl/{id}",
    attributes: &[
        refers("vpc_id", &["aws_vpc"]),
        stable_set("ingress"),
        stable_set("egress"),
        kept_reference("subnet_ids", &["aws_subnet"]),
    ],
    canonical: Some(canonical),
    cloudformation: "AWS::EC2::NetworkAcl",
    orphan: Some(orphan),
    ..Kind::regional("aws_network_acl", "network ACL", "ec2")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeNetworkAcls"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeNetworkAcls",
        |token| {
            cx.ec2()
                .describe_network_acls()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.network_acls()
                .iter()
                .filter_map(|acl| live(cx, acl))
                .for_each(|acl| cx.found(acl));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, acl: &NetworkAcl) -> Option<Live> {
    if is_foreign(cx, acl.owner_id()) {
        return None;
    }
    let mut live = cx.live(&KIND, acl.network_acl_id()?);
    let entries = |egress: bool| {
        acl.entries()
            .iter()
            .filter(|entry| entry.egress() == Some(egress))
            .filter_map(entry)
            .collect::<Vec<_>>()
    };
    live.configuration
        .set("vpc_id", acl.vpc_id())
        .set("ingress", entries(false))
        .set("egress", entries(true))
        .set(
            "subnet_ids",
            texts(
                acl.associations()
                    .iter()
                    .filter_map(|association| association.subnet_id()),
            ),
        );
    canonical(&mut live.configuration);
    live.observed
        .set("associations", i64::try_from(acl.associations().len()).ok());
    if acl.is_default() == Some(true) {
        live.origin = Origin::AwsMade("the default network ACL of its VPC".into());
        if let Some(vpc) = acl.vpc_id() {
            live.lives_with("aws_vpc", vpc, "IsDefault: AWS makes and deletes it with the VPC");
        }
    }
    live.tagged(ec2_tags(acl.tags()));
    Some(live)
}

/// The last entry, which denies everything else and cannot be changed, for IPv4 and for IPv6.
const LAST: [i32; 2] = [32767, 32768];

/// An entry in the shape of Terraform's block.
fn entry(entry: &NetworkAclEntry) -> Option<Configuration> {
    let number = entry.rule_number()?;
    if LAST.contains(&number) {
        return None;
    }
    let (ports, icmp) = (entry.port_range(), entry.icmp_type_code());
    Some(
        Configuration::new()
            .with("rule_no", number)
            .with("action", entry.rule_action().map(|action| action.as_str()))
            .with("protocol", entry.protocol())
            .with("cidr_block", entry.cidr_block())
            .with("ipv6_cidr_block", entry.ipv6_cidr_block())
            .with("from_port", ports.and_then(|ports| ports.from()))
            .with("to_port", ports.and_then(|ports| ports.to()))
            .with("icmp_type", icmp.and_then(|icmp| icmp.r#type()))
            .with("icmp_code", icmp.and_then(|icmp| icmp.code())),
    )
}

/// Writes protocols as numbers and leaves out ports and ICMP types that are zero, which is what Terraform keeps
/// where none was given.
fn canonical(configuration: &mut Configuration) {
    for direction in ["ingress", "egress"] {
        let Some(Value::List(entries)) = configuration.get(direction) else {
            continue;
        };
        let mut same = Vec::with_capacity(entries.len());
        for entry in entries {
            let Value::Block(entry) = entry else { continue };
            same.push(
                entry
                    .iter()
                    .filter(|(name, value)| {
                        let may_be_zero = matches!(name.as_str(), "from_port" | "to_port" | "icmp_type" | "icmp_code");
                        !(may_be_zero && **value == Value::Integer(0))
                    })
                    .map(|(name, value)| match name.as_str() {
                        "protocol" => (name, protocol(value)),
                        "action" => (name, value.as_str().map(str::to_lowercase).into()),
                        _ => (name, value.clone()),
                    })
                    .collect::<Configuration>(),
            );
        }
        configuration.set(direction, Value::set(same));
    }
}

/// The protocol's number (source: IANA), as the API gives it for network ACLs.
fn protocol(value: &Value) -> Value {
    let text = match value {
        Value::Integer(number) => return number.to_string().into(),
        Value::Text(text) => text.to_lowercase(),
        _ => return Value::Null,
    };
    match text.as_str() {
        "all" => "-1",
        "icmp" => "1",
        "tcp" => "6",
        "udp" => "17",
        "gre" => "47",
        "esp" => "50",
        "ah" => "51",
        "icmpv6" | "ipv6-icmp" => "58",
        "sctp" => "132",
        other => other,
    }
    .into()
}

fn orphan(live: &Live, _: &Usage<'_>) -> Option<String> {
    (live.observed.get("associations") == Some(&Value::Integer(0))).then(|| "associated with no subnet".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn two_pages_give_all_with_their_entries() {
        let live = Replay::default()
            .answer(
                "DescribeNetworkAcls",
                "<DescribeNetworkAclsResponse><networkAclSet><item><networkAclId>acl-0a1b2c3d</networkAclId>\
                 <ownerId>123456789012</ownerId><vpcId>vpc-0a1b2c3d</vpcId><default>false</default><entrySet>\
                 <item><ruleNumber>100</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction>\
                 <egress>false</egress><cidrBlock>0.0.0.0/0</cidrBlock><portRange><from>443</from><to>443</to></portRange>\
                 </item><item><ruleNumber>100</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction>\
                 <egress>true</egress><cidrBlock>0.0.0.0/0</cidrBlock></item>\
                 <item><ruleNumber>32767</ruleNumber><protocol>-1</protocol><ruleAction>deny</ruleAction>\
                 <egress>true</egress><cidrBlock>0.0.0.0/0</cidrBlock></item></entrySet><associationSet><item>\
                 <networkAclAssociationId>aclassoc-0a1b2c3d</networkAclAssociationId><subnetId>subnet-0a1b2c3d</subnetId>\
                 </item></associationSet><tagSet><item><key>Name</key><value>private</value></item></tagSet></item>\
                 </networkAclSet><nextToken>2</nextToken></DescribeNetworkAclsResponse>",
            )
            .answer(
                "DescribeNetworkAcls",
                "<DescribeNetworkAclsResponse><networkAclSet><item><networkAclId>acl-1a1b2c3d</networkAclId>\
                 <vpcId>vpc-0a1b2c3d</vpcId><default>true</default></item></networkAclSet></DescribeNetworkAclsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        let acl = &live[0];
        assert_eq!(&*acl.id, "acl-0a1b2c3d");
        assert_eq!(&*acl.arn, "arn:aws:ec2:eu-west-1:123456789012:network-acl/acl-0a1b2c3d");
        assert_eq!(acl.name.as_deref(), Some("private"));
        assert_eq!(acl.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(acl.configuration.get("subnet_ids"), Some(&texts(["subnet-0a1b2c3d"])));
        assert_eq!(
            acl.configuration.get("egress"),
            Some(&Value::set([Configuration::new()
                .with("rule_no", 100)
                .with("action", "allow")
                .with("protocol", "-1")
                .with("cidr_block", "0.0.0.0/0")])),
            "without the last entry"
        );
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
        assert_eq!(live[1].part_of.as_ref().map(|part| &*part.whole), Some("vpc-0a1b2c3d"));

        // A state holds the name and the zeroes that were never given.
        let mut held = Configuration::new().with(
            "ingress",
            vec![
                Configuration::new()
                    .with("rule_no", 100)
                    .with("action", "Allow")
                    .with("protocol", "tcp")
                    .with("cidr_block", "0.0.0.0/0")
                    .with("from_port", 443)
                    .with("to_port", 443)
                    .with("icmp_type", 0)
                    .with("icmp_code", 0),
            ],
        );
        canonical(&mut held);
        assert_eq!(held.get("ingress"), acl.configuration.get("ingress"));
    }
}

//! `aws_security_group`, with its rules.

use aws_sdk_ec2::types::{IpPermission, SecurityGroup};

use super::Listing;
use super::convert::{ec2_tags, is_foreign};
use super::facts::{Attribute, Kind, Role, Usage, facet, name, refers, refers_set, stable};
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Origin, Value};

/// A security group. Its rules, in whichever of four ways Terraform holds them, are a part of it.
pub(super) static KIND: Kind = Kind {
    adopters: &["aws_default_security_group"],
    facets: &[
        facet("aws_security_group_rule", "security_group_id"),
        facet("aws_vpc_security_group_egress_rule", "security_group_id"),
        facet("aws_vpc_security_group_ingress_rule", "security_group_id"),
        facet("aws_vpc_security_group_vpc_association", "security_group_id"),
    ],
    arn: "arn:{partition}:ec2:{region}:{account}:security-group/{id}",
    attributes: &[
        name("name"),
        stable("description"),
        refers("vpc_id", &["aws_vpc"]),
        rules_of("ingress"),
        rules_of("egress"),
    ],
    canonical: Some(canonical),
    cloudformation: "AWS::EC2::SecurityGroup",
    orphan: Some(orphan),
    ..Kind::regional("aws_security_group", "security group", "ec2")
};

/// Rules count for drift, not for whether two groups are copies: they are often added one by one after the group,
/// by other projects too, and a copy that was stopped half-way has the group and not its rules. All that stands in
/// a group would otherwise not be recognised either. The name and the VPC tell groups apart.
const fn rules_of(direction: &'static str) -> Attribute {
    Attribute {
        role: Role::Changing,
        ..refers_set(direction, &["aws_security_group", "aws_ec2_managed_prefix_list"])
    }
}

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &["ec2:DescribeSecurityGroups"],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        "ec2:DescribeSecurityGroups",
        |token| {
            cx.ec2()
                .describe_security_groups()
                .max_results(1000)
                .set_next_token(token)
                .send()
        },
        |page| {
            page.security_groups()
                .iter()
                .filter_map(|group| live(cx, group))
                .for_each(|group| cx.found(group));
            page.next_token
        },
    )
    .await
}

fn live(cx: &ListCx<'_>, group: &SecurityGroup) -> Option<Live> {
    if is_foreign(cx, group.owner_id()) {
        return None;
    }
    let id = group.group_id()?;
    let mut live = cx.live(&KIND, id);
    let rules = |permissions: &[IpPermission]| {
        Value::from(
            permissions
                .iter()
                .flat_map(|p| rules(p, id, group.owner_id()))
                .collect::<Vec<_>>(),
        )
    };
    live.configuration
        .set("name", group.group_name())
        .set("description", group.description())
        .set("vpc_id", group.vpc_id())
        .set("ingress", rules(group.ip_permissions()))
        .set("egress", rules(group.ip_permissions_egress()));
    canonical(&mut live.configuration);
    live.name = group.group_name().map(Into::into);
    if group.group_name() == Some("default") {
        live.origin = Origin::AwsMade("the default security group of its VPC".into());
        if let Some(vpc) = group.vpc_id() {
            live.lives_with(
                "aws_vpc",
                vpc,
                "the group is named default, which AWS makes and deletes with the VPC",
            );
        }
    }
    live.tagged(ec2_tags(group.tags()));
    Some(live)
}

/// One rule for each source or destination of a permission, in the shape of Terraform's blocks.
fn rules(permission: &IpPermission, group: &str, owner: Option<&str>) -> Vec<Configuration> {
    let rule = |description: Option<&str>| {
        Configuration::new()
            .with("protocol", permission.ip_protocol())
            .with("from_port", permission.from_port().unwrap_or_default())
            .with("to_port", permission.to_port().unwrap_or_default())
            .with("description", description)
    };
    let one = |id: Option<&str>| Value::from(id.map(|id| vec![id]));
    let mut rules = Vec::new();
    for range in permission.ip_ranges() {
        rules.push(rule(range.description()).with("cidr_blocks", one(range.cidr_ip())));
    }
    for range in permission.ipv6_ranges() {
        rules.push(rule(range.description()).with("ipv6_cidr_blocks", one(range.cidr_ipv6())));
    }
    for list in permission.prefix_list_ids() {
        rules.push(rule(list.description()).with("prefix_list_ids", one(list.prefix_list_id())));
    }
    for pair in permission.user_id_group_pairs() {
        let rule = rule(pair.description());
        rules.push(match (pair.group_id(), pair.user_id()) {
            (Some(id), _) if id == group => rule.with("self", true),
            // Terraform writes a group of another account with the account before it.
            (Some(id), Some(user)) if owner.is_some_and(|owner| owner != user) => {
                rule.with("security_groups", vec![format!("{user}/{id}")])
            }
            (id, _) => rule.with("security_groups", one(id)),
        });
    }
    rules
}

/// The lists of sources or destinations that a rule may hold.
const SOURCES: [&str; 4] = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups"];

/// Gives every source its own rule: a block may hold several, and AWS does not keep which stood together.
fn canonical(configuration: &mut Configuration) {
    for direction in ["ingress", "egress"] {
        let Some(Value::List(blocks)) = configuration.get(direction) else {
            continue;
        };
        let mut rules = Vec::new();
        for block in blocks {
            let Value::Block(block) = block else { continue };
            let protocol = protocol(block.get("protocol"));
            let any = protocol == Value::from("-1");
            let port = |name| match block.get(name) {
                Some(port) if !any => port.clone(),
                _ => Value::Integer(0),
            };
            let rule = Configuration::new()
                .with("from_port", port("from_port"))
                .with("to_port", port("to_port"))
                .with("protocol", protocol)
                .with("description", block.text("description"));
            for source in SOURCES {
                if let Some(Value::List(items)) = block.get(source) {
                    rules.extend(items.iter().map(|item| rule.clone().with(source, vec![item.clone()])));
                }
            }
            if block.get("self").and_then(Value::as_bool) == Some(true) {
                rules.push(rule.with("self", true));
            }
        }
        configuration.set(direction, Value::set(rules));
    }
}

/// The protocol as AWS writes it: a few by name, all others by number
/// (source: Amazon EC2 API reference, `IpPermission`; IANA's protocol numbers).
fn protocol(value: Option<&Value>) -> Value {
    let text = match value {
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Text(text)) => text.to_lowercase(),
        _ => return Value::Null,
    };
    match text.as_str() {
        "all" => "-1",
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "58" => "icmpv6",
        other => other,
    }
    .into()
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage
        .is_unused()
        .then(|| "no network interface, no other group's rule and nothing else that was listed names it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn block(protocol: &str, port: i64) -> Configuration {
        Configuration::new()
            .with("protocol", protocol)
            .with("from_port", port)
            .with("to_port", port)
    }

    #[tokio::test]
    async fn two_pages_give_all_with_their_rules() {
        let live = Replay::default()
            .answer(
                "DescribeSecurityGroups",
                "<DescribeSecurityGroupsResponse><securityGroupInfo><item><ownerId>123456789012</ownerId>\
                 <groupId>sg-0a1b2c3d</groupId><groupName>web</groupName><groupDescription>of the site</groupDescription>\
                 <vpcId>vpc-0a1b2c3d</vpcId><ipPermissions>\
                 <item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>\
                 <groups><item><userId>123456789012</userId><groupId>sg-1a1b2c3d</groupId></item>\
                 <item><userId>123456789012</userId><groupId>sg-0a1b2c3d</groupId></item>\
                 <item><userId>999999999999</userId><groupId>sg-9a1b2c3d</groupId></item></groups>\
                 <ipRanges><item><cidrIp>10.0.0.0/8</cidrIp><description>inside</description></item></ipRanges>\
                 <ipv6Ranges><item><cidrIpv6>::/0</cidrIpv6></item></ipv6Ranges>\
                 <prefixListIds><item><prefixListId>pl-0a1b2c3d</prefixListId></item></prefixListIds></item>\
                 </ipPermissions><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol>\
                 <ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress>\
                 <tagSet><item><key>Name</key><value>site</value></item></tagSet></item></securityGroupInfo>\
                 <nextToken>2</nextToken></DescribeSecurityGroupsResponse>",
            )
            .answer(
                "DescribeSecurityGroups",
                "<DescribeSecurityGroupsResponse><securityGroupInfo><item><ownerId>123456789012</ownerId>\
                 <groupId>sg-2a1b2c3d</groupId><groupName>default</groupName><vpcId>vpc-0a1b2c3d</vpcId></item>\
                 </securityGroupInfo></DescribeSecurityGroupsResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        let web = &live[0];
        assert_eq!(&*web.id, "sg-0a1b2c3d");
        assert_eq!(
            &*web.arn,
            "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0a1b2c3d"
        );
        assert_eq!(web.name.as_deref(), Some("web"));
        assert_eq!(web.tags.get("Name"), Some("site"));
        assert_eq!(web.configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        assert_eq!(
            web.configuration.get("egress"),
            Some(&Value::set([block("-1", 0).with("cidr_blocks", vec!["0.0.0.0/0"])]))
        );
        assert_eq!(
            web.configuration.get("ingress"),
            Some(&Value::set([
                block("tcp", 443).with("security_groups", vec!["sg-1a1b2c3d"]),
                block("tcp", 443).with("self", true),
                block("tcp", 443).with("security_groups", vec!["999999999999/sg-9a1b2c3d"]),
                block("tcp", 443)
                    .with("cidr_blocks", vec!["10.0.0.0/8"])
                    .with("description", "inside"),
                block("tcp", 443).with("ipv6_cidr_blocks", vec!["::/0"]),
                block("tcp", 443).with("prefix_list_ids", vec!["pl-0a1b2c3d"]),
            ]))
        );
        assert!(matches!(live[1].origin, Origin::AwsMade(_)));
        assert_eq!(live[1].part_of.as_ref().map(|part| &*part.whole), Some("vpc-0a1b2c3d"));
    }

    #[test]
    fn one_block_of_two_sources_and_two_blocks_of_one_are_the_same() {
        let together = block("6", 22)
            .with("cidr_blocks", vec!["10.0.0.0/8", "192.168.0.0/16"])
            .with("self", false)
            .with("description", "");
        let apart = [
            block("tcp", 22).with("cidr_blocks", vec!["192.168.0.0/16"]),
            block("tcp", 22).with("cidr_blocks", vec!["10.0.0.0/8"]),
        ];
        let mut one = Configuration::new().with("ingress", vec![together]);
        let mut two = Configuration::new().with("ingress", apart.to_vec());
        canonical(&mut one);
        canonical(&mut two);
        assert_eq!(one, two);
        let once = one.clone();
        canonical(&mut one);
        assert_eq!(one, once, "twice is once");
    }
}

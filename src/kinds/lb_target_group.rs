//! `aws_lb_target_group`.

use aws_sdk_elasticloadbalancingv2::types::TargetGroup;

use super::facts::{Kind, Usage, changing, facet, kept, name, refers, stable};
use super::{Listing, elb};
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Value};

/// Where load balancers send requests. The targets themselves are not listed: that would be one call for each group.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_alb_target_group"],
    facets: &[
        facet("aws_alb_target_group_attachment", "target_group_arn"),
        facet("aws_lb_target_group_attachment", "target_group_arn"),
    ],
    attributes: &[
        name("name"),
        stable("port"),
        stable("protocol"),
        stable("protocol_version"),
        stable("target_type"),
        stable("ip_address_type"),
        refers("vpc_id", &["aws_vpc"]),
        changing("health_check.enabled"),
        changing("health_check.healthy_threshold"),
        changing("health_check.interval"),
        changing("health_check.matcher"),
        changing("health_check.path"),
        changing("health_check.port"),
        changing("health_check.protocol"),
        changing("health_check.timeout"),
        changing("health_check.unhealthy_threshold"),
        kept("name_prefix"),
    ],
    cloudformation: "AWS::ElasticLoadBalancingV2::TargetGroup",
    import_id: "{arn}",
    orphan: Some(orphan),
    ..Kind::regional("aws_lb_target_group", "target group", "elasticloadbalancing")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &[
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
    ],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut found = Vec::new();
    let listed = cx
        .pages(
            "elasticloadbalancing:DescribeTargetGroups",
            |token| {
                let request = cx.elb().describe_target_groups().page_size(elb::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                found.extend(page.target_groups().iter().filter_map(|group| live(cx, group)));
                page.next_marker
            },
        )
        .await;
    elb::found_with_tags(cx, &KIND, found).await;
    listed
}

fn live(cx: &ListCx<'_>, group: &TargetGroup) -> Option<Live> {
    let arn = group.target_group_arn()?;
    let mut live = cx.live(&KIND, arn);
    live.arn = arn.into();
    live.name = group.target_group_name().map(Into::into);
    let health_check = Configuration::new()
        .with("enabled", group.health_check_enabled())
        .with("healthy_threshold", group.healthy_threshold_count())
        .with("interval", group.health_check_interval_seconds())
        .with(
            "matcher",
            group
                .matcher()
                .and_then(|matcher| matcher.http_code().or_else(|| matcher.grpc_code())),
        )
        .with("path", group.health_check_path())
        .with("port", group.health_check_port())
        .with(
            "protocol",
            group.health_check_protocol().map(|protocol| protocol.as_str()),
        )
        .with("timeout", group.health_check_timeout_seconds())
        .with("unhealthy_threshold", group.unhealthy_threshold_count());
    live.configuration
        .set("name", group.target_group_name())
        .set("port", group.port())
        .set("protocol", group.protocol().map(|protocol| protocol.as_str()))
        .set("protocol_version", group.protocol_version())
        .set("target_type", group.target_type().map(|kind| kind.as_str()))
        .set("ip_address_type", group.ip_address_type().map(|kind| kind.as_str()))
        .set("vpc_id", group.vpc_id())
        .set("health_check", vec![health_check]);
    // The listener or rule refers to the group, not the group to the load balancer.
    live.observed
        .set("load_balancers", Value::set(group.load_balancer_arns()));
    Some(live)
}

fn orphan(live: &Live, usage: &Usage<'_>) -> Option<String> {
    (usage.is_unused() && live.observed.get("load_balancers").is_none())
        .then(|| "no load balancer sends anything to it".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/602c82098a5c847a";

    fn page(name: &str, rest: &str, marker: &str) -> String {
        format!(
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member>\
             <TargetGroupArn>{}</TargetGroupArn><TargetGroupName>{name}</TargetGroupName>{rest}</member></TargetGroups>\
             {marker}</DescribeTargetGroupsResult></DescribeTargetGroupsResponse>",
            GROUP.replace("web", name)
        )
    }

    fn tags(names: &[&str]) -> String {
        let members: String = names
            .iter()
            .map(|name| {
                format!(
                    "<member><ResourceArn>{}</ResourceArn><Tags><member><Key>Project</Key><Value>{name}</Value></member>\
                     </Tags></member>",
                    GROUP.replace("web", name)
                )
            })
            .collect();
        format!(
            "<DescribeTagsResponse><DescribeTagsResult><TagDescriptions>{members}</TagDescriptions></DescribeTagsResult>\
             </DescribeTagsResponse>"
        )
    }

    fn two_pages() -> Replay {
        Replay::default()
            .answer(
                "DescribeTargetGroups",
                &page(
                    "web",
                    "<Protocol>HTTP</Protocol><Port>8080</Port><VpcId>vpc-0a1b2c3d</VpcId><TargetType>ip</TargetType>\
                     <HealthCheckPath>/</HealthCheckPath><HealthCheckEnabled>true</HealthCheckEnabled>\
                     <Matcher><HttpCode>200</HttpCode></Matcher><LoadBalancerArns><member>arn:aws:lb</member></LoadBalancerArns>",
                    "<NextMarker>2</NextMarker>",
                ),
            )
            .answer("DescribeTargetGroups", &page("old", "", ""))
    }

    #[tokio::test]
    async fn two_pages_with_their_tags_in_one_call() {
        let live = two_pages()
            .answer("DescribeTags", &tags(&["old", "web"]))
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 2);
        assert_eq!((&*live[0].id, &*live[0].arn), (GROUP, GROUP));
        assert_eq!(live[0].name.as_deref(), Some("web"));
        assert_eq!(live[0].tags.get("Project"), Some("web"));
        assert_eq!(live[0].configuration.get("port"), Some(&Value::Integer(8080)));
        assert_eq!(live[0].configuration.text("vpc_id"), Some("vpc-0a1b2c3d"));
        let mut path = None;
        live[0]
            .configuration
            .each_at("health_check.path", &mut |value| path = value.as_str());
        assert_eq!(path, Some("/"));
    }

    #[tokio::test]
    async fn one_that_is_gone_costs_the_others_nothing() {
        let gone = "<ErrorResponse><Error><Code>TargetGroupNotFound</Code></Error></ErrorResponse>";
        let live = two_pages()
            .fail("DescribeTags", 400, gone)
            .answer("DescribeTags", &tags(&["web"]))
            .fail("DescribeTags", 400, gone)
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].tags.get("Project"), Some("web"));
    }

    #[tokio::test]
    async fn a_group_that_a_load_balancer_uses_is_no_orphan() {
        let live = two_pages()
            .answer("DescribeTags", &tags(&[]))
            .list(LISTING.list)
            .await
            .expect("both pages");
        let unused = Usage {
            used_by: &[],
            all_users_listed: true,
            is_live: &|_, _| None,
        };
        assert_eq!(orphan(&live[0], &unused), None);
        assert!(orphan(&live[1], &unused).is_some());
    }
}

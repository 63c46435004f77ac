//! `aws_lb` and what hangs on it: `aws_lb_listener`, `aws_lb_listener_rule`.
//!
//! Listeners are listed by load balancer and rules by listener, so the three share one listing.

use aws_sdk_elasticloadbalancingv2::types::{Listener, LoadBalancer, LoadBalancerAttribute, Rule, RuleCondition};
use futures::future::join_all;

use super::facts::{
    Attribute, Kind, Usage, changing, facet, kept, kept_reference, name, refers, refers_set, stable, stable_set,
};
use super::{Listing, convert, elb, prices};
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Value};

/// An application, network or gateway load balancer.
pub(super) static KIND: Kind = Kind {
    aliases: &["aws_alb"],
    attributes: &[
        name("name"),
        stable("internal"),
        stable("load_balancer_type"),
        refers_set("security_groups", &["aws_security_group"]),
        refers_set("subnets", &["aws_subnet"]),
        refers("access_logs.bucket", &["aws_s3_bucket"]),
        refers("connection_logs.bucket", &["aws_s3_bucket"]),
        changing("access_logs.enabled"),
        changing("client_keep_alive"),
        changing("connection_logs.enabled"),
        changing("desync_mitigation_mode"),
        changing("drop_invalid_header_fields"),
        changing("enable_deletion_protection"),
        changing("enable_http2"),
        changing("enable_waf_fail_open"),
        changing("enable_xff_client_port"),
        changing("idle_timeout"),
        changing("ip_address_type"),
        changing("preserve_host_header"),
        changing("xff_header_processing_mode"),
        kept_reference("subnet_mapping.allocation_id", &["aws_eip"]),
        kept_reference("vpc_id", &["aws_vpc"]),
        kept("dns_name"),
        kept("name_prefix"),
    ],
    cloudformation: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    import_id: "{arn}",
    orphan: Some(orphan),
    monthly_cost: Some(monthly_cost),
    ..Kind::regional("aws_lb", "load balancer", "elasticloadbalancing")
};

/// A port of a load balancer, with what happens by default.
pub(super) static LISTENER: Kind = Kind {
    aliases: &["aws_alb_listener"],
    facets: &[
        facet("aws_alb_listener_certificate", "listener_arn"),
        facet("aws_lb_listener_certificate", "listener_arn"),
    ],
    attributes: &[
        refers("load_balancer_arn", &["aws_lb"]),
        stable("port"),
        stable("protocol"),
        changing("ssl_policy"),
        kept("alpn_policy"),
        changing_reference(
            "certificate_arn",
            &["aws_acm_certificate", "aws_iam_server_certificate"],
        ),
        changing("default_action.type"),
        changing_reference("default_action.target_group_arn", &["aws_lb_target_group"]),
        changing_reference("default_action.forward.target_group.arn", &["aws_lb_target_group"]),
        changing("default_action.redirect.host"),
        changing("default_action.redirect.path"),
        changing("default_action.redirect.port"),
        changing("default_action.redirect.protocol"),
        changing("default_action.redirect.status_code"),
        changing("default_action.fixed_response.status_code"),
        changing_reference(
            "default_action.authenticate_cognito.user_pool_arn",
            &["aws_cognito_user_pool"],
        ),
        kept("default_action.authenticate_oidc.issuer"),
        kept_reference("mutual_authentication.trust_store_arn", &["aws_lb_trust_store"]),
    ],
    canonical: Some(|configuration| elb::one_form_of_actions(configuration, "default_action")),
    cloudformation: "AWS::ElasticLoadBalancingV2::Listener",
    import_id: "{arn}",
    ..Kind::regional("aws_lb_listener", "load balancer listener", "elasticloadbalancing")
};

/// A rule of a listener. The values of headers and queries are left out: people keep shared secrets there.
pub(super) static RULE: Kind = Kind {
    aliases: &["aws_alb_listener_rule"],
    attributes: &[
        refers("listener_arn", &["aws_lb_listener"]),
        stable("priority"),
        stable_set("condition.host_header.values"),
        stable_set("condition.path_pattern.values"),
        stable_set("condition.http_header.http_header_name"),
        stable_set("condition.http_request_method.values"),
        stable_set("condition.query_string.key"),
        stable_set("condition.source_ip.values"),
        changing("action.type"),
        changing_reference("action.target_group_arn", &["aws_lb_target_group"]),
        changing_reference("action.forward.target_group.arn", &["aws_lb_target_group"]),
        changing("action.redirect.host"),
        changing("action.redirect.path"),
        changing("action.redirect.port"),
        changing("action.redirect.protocol"),
        changing("action.redirect.status_code"),
        changing("action.fixed_response.status_code"),
        changing_reference("action.authenticate_cognito.user_pool_arn", &["aws_cognito_user_pool"]),
        kept("action.authenticate_oidc.issuer"),
    ],
    canonical: Some(|configuration| elb::one_form_of_actions(configuration, "action")),
    cloudformation: "AWS::ElasticLoadBalancingV2::ListenerRule",
    import_id: "{arn}",
    ..Kind::regional("aws_lb_listener_rule", "load balancer rule", "elasticloadbalancing")
};

/// A reference that deployments change in passing: blue and green target groups, renewed certificates.
const fn changing_reference(path: &'static str, kinds: &'static [&'static str]) -> Attribute {
    Attribute {
        refers_to: kinds,
        ..changing(path)
    }
}

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND, &LISTENER, &RULE],
    actions: &[
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
    ],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut balancers = Vec::new();
    let listed = cx
        .pages(
            "elasticloadbalancing:DescribeLoadBalancers",
            |token| {
                let request = cx.elb().describe_load_balancers().page_size(elb::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                balancers.extend(page.load_balancers.unwrap_or_default());
                page.next_marker
            },
        )
        .await;
    let balancers = with_attributes(cx, balancers).await;
    let arns: Vec<String> = balancers.iter().map(|live| live.arn.to_string()).collect();
    elb::found_with_tags(cx, &KIND, balancers).await;

    let (listeners, fault) = each(&arns, |arn| listeners_of(cx, arn)).await;
    if let Some(fault) = fault {
        // Rules of listeners that nobody could list are not seen either.
        cx.gap(RULE.name, fault.clone());
        cx.gap(LISTENER.name, fault);
    }
    // Only listeners of application load balancers have rules beside the default one.
    let arns: Vec<String> = listeners
        .iter()
        .map(|live| live.arn.to_string())
        .filter(|arn| arn.contains(":listener/app/"))
        .collect();
    elb::found_with_tags(cx, &LISTENER, listeners).await;

    let (rules, fault) = each(&arns, |arn| rules_of(cx, arn)).await;
    if let Some(fault) = fault {
        cx.gap(RULE.name, fault);
    }
    elb::found_with_tags(cx, &RULE, rules).await;
    listed
}

/// Lists the children of each parent; the pacing of calls bounds how many at once. A parent that is gone is skipped.
/// Returns what was found, and the first fault.
async fn each<'a, F: Future<Output = (Vec<Live>, Result<(), Fault>)>>(
    parents: &'a [String],
    children: impl Fn(&'a str) -> F,
) -> (Vec<Live>, Option<Fault>) {
    let mut found = Vec::new();
    let mut first_fault = None;
    for (live, result) in join_all(parents.iter().map(|parent| children(parent))).await {
        found.extend(live);
        match result {
            Err(fault) if fault.reason != Reason::Gone => {
                first_fault.get_or_insert(fault);
            }
            _ => {}
        }
    }
    (found, first_fault)
}

/// Reads the attributes of each load balancer: access logs, protection, timeouts. There is no bulk call for them.
async fn with_attributes(cx: &ListCx<'_>, balancers: Vec<LoadBalancer>) -> Vec<Live> {
    let answers = join_all(balancers.iter().map(|balancer| async move {
        let request = cx
            .elb()
            .describe_load_balancer_attributes()
            .set_load_balancer_arn(balancer.load_balancer_arn.clone());
        cx.call("elasticloadbalancing:DescribeLoadBalancerAttributes", request.send())
            .await
    }))
    .await;
    let mut first_fault = None;
    let mut found = Vec::new();
    for (balancer, answer) in balancers.iter().zip(answers) {
        let Some(mut live) = live(cx, balancer) else { continue };
        match answer {
            Ok(answer) => attributes(&mut live, answer.attributes()),
            Err(fault) if fault.reason == Reason::Gone => continue,
            Err(fault) => {
                first_fault.get_or_insert(fault);
            }
        }
        found.push(live);
    }
    if let Some(fault) = first_fault {
        cx.gap(KIND.name, fault);
    }
    found
}

fn live(cx: &ListCx<'_>, balancer: &LoadBalancer) -> Option<Live> {
    let arn = balancer.load_balancer_arn()?;
    let mut live = cx.live(&KIND, arn);
    live.arn = arn.into();
    live.name = balancer.load_balancer_name().map(Into::into);
    live.created_at = convert::time(balancer.created_time());
    let kind = balancer.r#type().map(|kind| kind.as_str());
    let zones = balancer.availability_zones();
    live.configuration
        .set("name", balancer.load_balancer_name())
        .set("load_balancer_type", kind)
        .set(
            "internal",
            balancer.scheme().is_some_and(|scheme| scheme.as_str() == "internal"),
        )
        .set("ip_address_type", balancer.ip_address_type().map(|kind| kind.as_str()))
        .set("security_groups", Value::set(balancer.security_groups()))
        .set("subnets", Value::set(zones.iter().filter_map(|zone| zone.subnet_id())))
        .set("vpc_id", balancer.vpc_id())
        .set("dns_name", balancer.dns_name());
    let addresses: Vec<Value> = zones
        .iter()
        .flat_map(|zone| zone.load_balancer_addresses())
        .filter_map(|address| address.allocation_id())
        .map(|allocation| Configuration::new().with("allocation_id", allocation).into())
        .collect();
    live.configuration.set("subnet_mapping", addresses);
    live.observed
        .set(
            "status",
            balancer
                .state()
                .and_then(|state| state.code())
                .map(|code| code.as_str().to_ascii_lowercase()),
        )
        .set("type", kind)
        .set("scheme", balancer.scheme().map(|scheme| scheme.as_str()))
        .set("zones", i64::try_from(zones.len()).unwrap_or(i64::MAX));
    Some(live)
}

/// Attributes of the API that Terraform has under another name, by their sort.
const FLAGS: &[(&str, &str)] = &[
    ("deletion_protection.enabled", "enable_deletion_protection"),
    (
        "routing.http.drop_invalid_header_fields.enabled",
        "drop_invalid_header_fields",
    ),
    ("routing.http.preserve_host_header.enabled", "preserve_host_header"),
    ("routing.http.xff_client_port.enabled", "enable_xff_client_port"),
    ("routing.http2.enabled", "enable_http2"),
    ("waf.fail_open.enabled", "enable_waf_fail_open"),
];
const NUMBERS: &[(&str, &str)] = &[
    ("client_keep_alive.seconds", "client_keep_alive"),
    ("idle_timeout.timeout_seconds", "idle_timeout"),
];
const WORDS: &[(&str, &str)] = &[
    ("routing.http.desync_mitigation_mode", "desync_mitigation_mode"),
    ("routing.http.xff_header_processing.mode", "xff_header_processing_mode"),
];
/// Prefixes of the attributes that are a block with `enabled` and `bucket`.
const LOGS: &[(&str, &str)] = &[
    ("access_logs.s3", "access_logs"),
    ("connection_logs.s3", "connection_logs"),
];

fn attributes(live: &mut Live, attributes: &[LoadBalancerAttribute]) {
    let value = |key: &str| {
        let found = attributes.iter().find(|attribute| attribute.key() == Some(key));
        found.and_then(|attribute| attribute.value())
    };
    let flag = |key: &str| value(key).map(|value| value == "true");
    for (key, name) in FLAGS {
        live.configuration.set(*name, flag(key));
    }
    for (key, name) in NUMBERS {
        let number = value(key).and_then(|value| value.parse::<i64>().ok());
        live.configuration.set(*name, number);
    }
    for (key, name) in WORDS {
        live.configuration.set(*name, value(key));
    }
    for (prefix, name) in LOGS {
        let Some(enabled) = flag(&format!("{prefix}.enabled")) else {
            continue;
        };
        let block = Configuration::new()
            .with("enabled", enabled)
            .with("bucket", value(&format!("{prefix}.bucket")));
        live.configuration.set(*name, vec![block]);
    }
    live.observed
        .set("deletion_protection", flag("deletion_protection.enabled"));
}

async fn listeners_of(cx: &ListCx<'_>, balancer: &str) -> (Vec<Live>, Result<(), Fault>) {
    let mut found = Vec::new();
    let result = cx
        .pages(
            "elasticloadbalancing:DescribeListeners",
            |token| {
                let request = cx.elb().describe_listeners().load_balancer_arn(balancer);
                request.page_size(elb::PAGE).set_marker(token).send()
            },
            |page| {
                found.extend(
                    page.listeners()
                        .iter()
                        .filter_map(|listener| live_listener(cx, listener)),
                );
                page.next_marker
            },
        )
        .await;
    (found, result)
}

fn live_listener(cx: &ListCx<'_>, listener: &Listener) -> Option<Live> {
    let arn = listener.listener_arn()?;
    let mut live = cx.live(&LISTENER, arn);
    live.arn = arn.into();
    live.configuration
        .set("load_balancer_arn", listener.load_balancer_arn())
        .set("port", listener.port())
        .set("protocol", listener.protocol().map(|protocol| protocol.as_str()))
        .set("ssl_policy", listener.ssl_policy())
        .set("alpn_policy", listener.alpn_policy().first())
        .set(
            "certificate_arn",
            listener
                .certificates()
                .first()
                .and_then(|certificate| certificate.certificate_arn()),
        )
        .set("default_action", elb::actions(listener.default_actions()));
    let trust_store = listener
        .mutual_authentication()
        .and_then(|authentication| authentication.trust_store_arn());
    if let Some(arn) = trust_store {
        let block = Configuration::new().with("trust_store_arn", arn);
        live.configuration.set("mutual_authentication", vec![block]);
    }
    elb::one_form_of_actions(&mut live.configuration, "default_action");
    Some(live)
}

async fn rules_of(cx: &ListCx<'_>, listener: &str) -> (Vec<Live>, Result<(), Fault>) {
    let mut found = Vec::new();
    let result = cx
        .pages(
            "elasticloadbalancing:DescribeRules",
            |token| {
                let request = cx.elb().describe_rules().listener_arn(listener);
                request.page_size(elb::PAGE).set_marker(token).send()
            },
            |page| {
                found.extend(page.rules().iter().filter_map(|rule| live_rule(cx, listener, rule)));
                page.next_marker
            },
        )
        .await;
    (found, result)
}

fn live_rule(cx: &ListCx<'_>, listener: &str, rule: &Rule) -> Option<Live> {
    let arn = rule.rule_arn()?;
    let mut live = cx.live(&RULE, arn);
    live.arn = arn.into();
    live.configuration
        .set("listener_arn", listener)
        .set(
            "priority",
            rule.priority().and_then(|priority| priority.parse::<i64>().ok()),
        )
        .set("condition", conditions(rule.conditions()))
        .set("action", elb::actions(rule.actions()));
    elb::one_form_of_actions(&mut live.configuration, "action");
    let default = rule.is_default() == Some(true) || rule.priority() == Some("default");
    live.observed.set("default", default);
    if default {
        live.lives_with(LISTENER.name, listener, "it is the listener's default rule");
    }
    Some(live)
}

/// Conditions as Terraform's blocks, without the values that may be secrets.
fn conditions(conditions: &[RuleCondition]) -> Value {
    Value::set(conditions.iter().map(|condition| {
        let values = |values: &[String]| vec![Configuration::new().with("values", Value::set(values))];
        // Old rules have plain values, new ones a block for their field.
        let of_field = |field: &str, block: &[String]| match (condition.field() == Some(field), block.is_empty()) {
            (true, true) => values(condition.values()),
            (_, false) => values(block),
            (false, true) => Vec::new(),
        };
        let block = |list: Option<&[String]>| list.unwrap_or_default().to_vec();
        Configuration::new()
            .with(
                "host_header",
                of_field(
                    "host-header",
                    &block(condition.host_header_config().map(|config| config.values())),
                ),
            )
            .with(
                "path_pattern",
                of_field(
                    "path-pattern",
                    &block(condition.path_pattern_config().map(|config| config.values())),
                ),
            )
            .with(
                "http_header",
                condition
                    .http_header_config()
                    .map(|config| vec![Configuration::new().with("http_header_name", config.http_header_name())])
                    .unwrap_or_default(),
            )
            .with(
                "http_request_method",
                of_field(
                    "http-request-method",
                    &block(condition.http_request_method_config().map(|config| config.values())),
                ),
            )
            .with(
                "query_string",
                condition
                    .query_string_config()
                    .map(|config| config.values())
                    .unwrap_or_default()
                    .iter()
                    .map(|pair| Configuration::new().with("key", pair.key()))
                    .collect::<Vec<_>>(),
            )
            .with(
                "source_ip",
                of_field(
                    "source-ip",
                    &block(condition.source_ip_config().map(|config| config.values())),
                ),
            )
    }))
}

fn orphan(_: &Live, usage: &Usage<'_>) -> Option<String> {
    usage
        .is_unused()
        .then(|| "it has no listener, and is billed for by the hour".into())
}

fn monthly_cost(live: &Live) -> Option<f64> {
    let hour = match live.observed.text("type")? {
        "application" => prices::APPLICATION_LOAD_BALANCER_HOUR,
        "network" => prices::NETWORK_LOAD_BALANCER_HOUR,
        "gateway" => {
            let zones = live.observed.get("zones")?.as_integer()?;
            prices::GATEWAY_LOAD_BALANCER_HOUR * f64::from(u8::try_from(zones).ok()?)
        }
        _ => return None,
    };
    Some(prices::month(hour))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

    /// An answer of the query protocol: `operation`'s result.
    fn answer(operation: &str, result: &str) -> String {
        format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>")
    }

    fn balancers(name: &str, rest: &str, after: &str) -> String {
        answer(
            "DescribeLoadBalancers",
            &format!(
                "<LoadBalancers><member><LoadBalancerArn>{ARN}:loadbalancer/app/{name}/1</LoadBalancerArn>\
                 <LoadBalancerName>{name}</LoadBalancerName>{rest}</member></LoadBalancers>{after}"
            ),
        )
    }

    fn listeners(balancer: &str, ids: &[u8], after: &str) -> String {
        let members: String = ids
            .iter()
            .map(|id| {
                format!(
                    "<member><ListenerArn>{ARN}:listener/app/{balancer}/1/{id}</ListenerArn>\
                     <LoadBalancerArn>{ARN}:loadbalancer/app/{balancer}/1</LoadBalancerArn><Port>{id}</Port>\
                     <Protocol>HTTPS</Protocol><Certificates><member><CertificateArn>arn:aws:acm:eu-west-1:123456789012:\
                     certificate/c</CertificateArn></member></Certificates><DefaultActions><member><Type>forward</Type>\
                     <TargetGroupArn>{ARN}:targetgroup/web/1</TargetGroupArn><ForwardConfig><TargetGroups><member>\
                     <TargetGroupArn>{ARN}:targetgroup/web/1</TargetGroupArn><Weight>1</Weight></member></TargetGroups>\
                     </ForwardConfig></member></DefaultActions></member>"
                )
            })
            .collect();
        answer("DescribeListeners", &format!("<Listeners>{members}</Listeners>{after}"))
    }

    fn rules(id: &str, rest: &str, after: &str) -> String {
        answer(
            "DescribeRules",
            &format!(
                "<Rules><member><RuleArn>{ARN}:listener-rule/app/web/1/80/{id}</RuleArn>{rest}</member></Rules>{after}"
            ),
        )
    }

    fn tags(resource: &str) -> String {
        answer(
            "DescribeTags",
            &format!(
                "<TagDescriptions><member><ResourceArn>{ARN}:{resource}</ResourceArn><Tags><member><Key>Project</Key>\
                 <Value>platform</Value></member></Tags></member></TagDescriptions>"
            ),
        )
    }

    const DENIED: &str = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
    const GONE: &str = "<ErrorResponse><Error><Code>LoadBalancerNotFound</Code></Error></ErrorResponse>";

    /// `web` with its attributes, and `gone`, which is deleted while the listing runs.
    fn two_balancers() -> Replay {
        Replay::default()
            .answer(
                "DescribeLoadBalancers",
                &balancers(
                    "web",
                    "<Type>application</Type><Scheme>internet-facing</Scheme><VpcId>vpc-0a1b2c3d</VpcId>\
                     <CreatedTime>2024-05-01T10:00:00Z</CreatedTime><State><Code>active</Code></State><AvailabilityZones>\
                     <member><SubnetId>subnet-2a2c5433</SubnetId><LoadBalancerAddresses><member>\
                     <AllocationId>eipalloc-0a1b2c3d</AllocationId></member></LoadBalancerAddresses></member>\
                     <member><SubnetId>subnet-113b63f0</SubnetId></member></AvailabilityZones>\
                     <SecurityGroups><member>sg-0a1b2c3d</member></SecurityGroups>",
                    "<NextMarker>2</NextMarker>",
                ),
            )
            .answer("DescribeLoadBalancers", &balancers("gone", "", ""))
            .answer(
                "DescribeLoadBalancerAttributes",
                &answer(
                    "DescribeLoadBalancerAttributes",
                    "<Attributes>\
                     <member><Key>deletion_protection.enabled</Key><Value>true</Value></member>\
                     <member><Key>idle_timeout.timeout_seconds</Key><Value>60</Value></member>\
                     <member><Key>access_logs.s3.enabled</Key><Value>true</Value></member>\
                     <member><Key>access_logs.s3.bucket</Key><Value>logs</Value></member></Attributes>",
                ),
            )
            .fail("DescribeLoadBalancerAttributes", 400, GONE)
            .answer("DescribeTags", &tags("loadbalancer/app/web/1"))
    }

    fn whole_stack() -> Replay {
        two_balancers()
            .answer("DescribeListeners", &listeners("web", &[80], "<NextMarker>2</NextMarker>"))
            .answer("DescribeListeners", &listeners("web", &[81], ""))
            .answer("DescribeTags", &tags("listener/app/web/1/80"))
            // The first pages of both listeners are asked for before the second of the first.
            .answer(
                "DescribeRules",
                &rules(
                    "r1",
                    "<Priority>10</Priority><IsDefault>false</IsDefault><Conditions><member><Field>path-pattern</Field>\
                     <PathPatternConfig><Values><member>/b</member><member>/a</member></Values></PathPatternConfig></member>\
                     <member><Field>http-header</Field><HttpHeaderConfig><HttpHeaderName>X-Origin</HttpHeaderName><Values>\
                     <member>hunter2</member></Values></HttpHeaderConfig></member></Conditions>\
                     <Actions><member><Type>forward</Type><TargetGroupArn>arn:aws:tg</TargetGroupArn></member></Actions>",
                    "<NextMarker>2</NextMarker>",
                ),
            )
            .answer("DescribeRules", &rules("default", "<Priority>default</Priority><IsDefault>true</IsDefault>", ""))
            .fail(
                "DescribeRules",
                400,
                "<ErrorResponse><Error><Code>ListenerNotFound</Code></Error></ErrorResponse>",
            )
            .answer("DescribeTags", &tags("listener-rule/app/web/1/80/r1"))
    }

    #[tokio::test]
    async fn a_load_balancer_its_listeners_and_rules_come_in_one_listing() {
        let live = whole_stack().list(LISTING.list).await.expect("all pages");
        let kinds: Vec<&str> = live.iter().map(|live| live.kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "aws_lb",
                "aws_lb_listener",
                "aws_lb_listener",
                "aws_lb_listener_rule",
                "aws_lb_listener_rule"
            ]
        );
        let [balancer, listener, _, rule, default] = &live[..] else {
            panic!("five");
        };

        assert_eq!(
            &*balancer.arn,
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/1"
        );
        assert_eq!(balancer.id, balancer.arn);
        assert_eq!(balancer.name.as_deref(), Some("web"));
        assert!(balancer.created_at.is_some());
        assert_eq!(balancer.tags.get("Project"), Some("platform"));
        assert_eq!(
            balancer.configuration.get("subnets"),
            Some(&Value::set(["subnet-113b63f0", "subnet-2a2c5433"]))
        );
        assert_eq!(balancer.configuration.get("internal"), Some(&Value::Bool(false)));
        assert_eq!(balancer.configuration.get("idle_timeout"), Some(&Value::Integer(60)));
        assert_eq!(balancer.observed.get("deletion_protection"), Some(&Value::Bool(true)));
        let text_at = |live: &Live, path: &str| {
            let mut found = None;
            live.configuration
                .each_at(path, &mut |value| found = value.as_str().map(str::to_owned));
            found
        };
        assert_eq!(text_at(balancer, "access_logs.bucket").as_deref(), Some("logs"));
        assert_eq!(
            text_at(balancer, "subnet_mapping.allocation_id").as_deref(),
            Some("eipalloc-0a1b2c3d")
        );

        assert_eq!(listener.configuration.get("port"), Some(&Value::Integer(80)));
        assert!(text_at(listener, "certificate_arn").is_some());
        assert!(text_at(listener, "default_action.target_group_arn").is_some());
        assert_eq!(text_at(listener, "default_action.forward.target_group.arn"), None);

        assert_eq!(rule.configuration.get("priority"), Some(&Value::Integer(10)));
        assert_eq!(
            text_at(rule, "condition.http_header.http_header_name").as_deref(),
            Some("X-Origin")
        );
        assert!(!format!("{rule:?}").contains("hunter2"), "header values may be secrets");
        assert!(rule.part_of.is_none());
        assert_eq!(
            default.part_of.as_ref().map(|part| &*part.kind),
            Some("aws_lb_listener")
        );
    }

    #[tokio::test]
    async fn listeners_that_are_denied_are_a_gap_of_rules_too() {
        let (live, gaps, result) = two_balancers()
            .fail("DescribeListeners", 403, DENIED)
            .run(LISTING.list)
            .await;
        result.expect("the load balancers were listed");
        assert_eq!(live.len(), 1);
        let mut kinds: Vec<&str> = gaps.iter().map(|(kind, _)| kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["aws_lb_listener", "aws_lb_listener_rule"]);
    }

    #[tokio::test]
    async fn a_load_balancer_costs_by_its_type() {
        let mut live = Live::new(KIND.name, "1".into(), "eu-west-1".into(), "lb", "arn");
        assert_eq!(monthly_cost(&live), None);
        live.observed.set("type", "application");
        assert!(monthly_cost(&live).is_some_and(|cost| cost > 10.0));
    }
}

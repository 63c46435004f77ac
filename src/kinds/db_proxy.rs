//! `aws_db_proxy`.

use aws_sdk_rds::types::{DbProxy, TargetType};
use futures::future::join_all;

use super::facts::{Kind, changing, facet, kept_reference, name, refers, refers_set, stable};
use super::{Listing, convert, rds};
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Value};

/// A pool of connections before a database. Its targets come with it: they are what it is there for.
pub(super) static KIND: Kind = Kind {
    facets: &[
        facet("aws_db_proxy_default_target_group", "db_proxy_name"),
        facet("aws_db_proxy_target", "db_proxy_name"),
    ],
    // The id in the ARN (`prx-…`) is not the name, so only the API knows the ARN.
    attributes: &[
        name("name"),
        stable("engine_family"),
        refers("role_arn", &["aws_iam_role"]),
        refers_set("vpc_security_group_ids", &["aws_security_group"]),
        refers_set("vpc_subnet_ids", &["aws_subnet"]),
        changing("debug_logging"),
        changing("idle_client_timeout"),
        changing("require_tls"),
        kept_reference("auth.secret_arn", &["aws_secretsmanager_secret"]),
    ],
    cloudformation: "AWS::RDS::DBProxy",
    ..Kind::regional("aws_db_proxy", "database proxy", "rds")
};

pub(super) static LISTING: Listing = Listing {
    kinds: &[&KIND],
    actions: &[
        "rds:DescribeDBProxies",
        "rds:DescribeDBProxyTargets",
        "rds:ListTagsForResource",
    ],
    list: |cx| Box::pin(list(cx)),
};

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let mut found = Vec::new();
    let listed = cx
        .pages(
            "rds:DescribeDBProxies",
            |token| {
                let request = cx.rds().describe_db_proxies().max_records(rds::PAGE);
                request.set_marker(token).send()
            },
            |page| {
                found.extend(page.db_proxies().iter().filter_map(|proxy| live(cx, proxy)));
                page.marker
            },
        )
        .await;
    let answers = join_all(found.iter().map(|proxy| targets(cx, &proxy.id))).await;
    let mut whole = Vec::with_capacity(found.len());
    let mut first_fault = None;
    for (mut proxy, (targets, result)) in found.into_iter().zip(answers) {
        match result {
            Err(fault) if fault.reason == Reason::Gone => continue,
            Err(fault) => {
                first_fault.get_or_insert(fault);
            }
            Ok(()) => {}
        }
        for target in targets {
            proxy.refer("target", target);
        }
        whole.push(proxy);
    }
    if let Some(fault) = first_fault {
        cx.gap(KIND.name, fault);
    }
    rds::found_with_tags(cx, &KIND, whole).await;
    listed
}

/// The ARNs of the databases behind a proxy.
async fn targets(cx: &ListCx<'_>, proxy: &str) -> (Vec<String>, Result<(), Fault>) {
    let mut found = Vec::new();
    let result = cx
        .pages(
            "rds:DescribeDBProxyTargets",
            |token| {
                let request = cx.rds().describe_db_proxy_targets().db_proxy_name(proxy);
                request.max_records(rds::PAGE).set_marker(token).send()
            },
            |page| {
                found.extend(page.targets().iter().filter_map(|target| {
                    if let Some(arn) = target.target_arn() {
                        return Some(arn.to_owned());
                    }
                    let word = match target.r#type()? {
                        TargetType::TrackedCluster => "cluster",
                        _ => "db",
                    };
                    let id = target.rds_resource_id()?;
                    Some(format!(
                        "arn:{}:rds:{}:{}:{word}:{id}",
                        cx.partition, cx.region, cx.account
                    ))
                }));
                page.marker
            },
        )
        .await;
    (found, result)
}

fn live(cx: &ListCx<'_>, proxy: &DbProxy) -> Option<Live> {
    let id = proxy.db_proxy_name()?;
    let mut live = rds::live(cx, &KIND, id, proxy.db_proxy_arn());
    live.created_at = convert::time(proxy.created_date());
    let auth: Vec<Value> = proxy
        .auth()
        .iter()
        .filter_map(|auth| auth.secret_arn())
        .map(|arn| Configuration::new().with("secret_arn", arn).into())
        .collect();
    live.configuration
        .set("name", id)
        .set("engine_family", proxy.engine_family())
        .set("role_arn", proxy.role_arn())
        .set("vpc_security_group_ids", Value::set(proxy.vpc_security_group_ids()))
        .set("vpc_subnet_ids", Value::set(proxy.vpc_subnet_ids()))
        .set("debug_logging", proxy.debug_logging().unwrap_or_default())
        .set("idle_client_timeout", proxy.idle_client_timeout())
        .set("require_tls", proxy.require_tls().unwrap_or_default())
        .set("auth", Value::set(auth));
    live.observed.set(
        "status",
        proxy.status().map(|status| status.as_str().to_ascii_lowercase()),
    );
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    fn page(name: &str, marker: &str) -> String {
        format!(
            "<DescribeDBProxiesResponse><DescribeDBProxiesResult><DBProxies><member><DBProxyName>{name}</DBProxyName>\
             <DBProxyArn>arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-{name}</DBProxyArn><Status>available</Status>\
             <EngineFamily>POSTGRESQL</EngineFamily><RoleArn>arn:aws:iam::123456789012:role/proxy</RoleArn>\
             <CreatedDate>2024-05-01T10:00:00Z</CreatedDate><Auth><member><SecretArn>\
             arn:aws:secretsmanager:eu-west-1:123456789012:secret:s</SecretArn></member></Auth>\
             <VpcSubnetIds><member>subnet-0a1b2c3d</member></VpcSubnetIds></member></DBProxies>{marker}\
             </DescribeDBProxiesResult></DescribeDBProxiesResponse>"
        )
    }

    #[tokio::test]
    async fn two_pages_with_their_targets_and_tags() {
        let live = Replay::default()
            .answer("DescribeDBProxies", &page("web", "<Marker>2</Marker>"))
            .answer("DescribeDBProxies", &page("gone", ""))
            .answer(
                "DescribeDBProxyTargets",
                "<DescribeDBProxyTargetsResponse><DescribeDBProxyTargetsResult><Targets><member>\
                 <RdsResourceId>main</RdsResourceId><Type>TRACKED_CLUSTER</Type></member></Targets>\
                 </DescribeDBProxyTargetsResult></DescribeDBProxyTargetsResponse>",
            )
            .fail(
                "DescribeDBProxyTargets",
                404,
                "<ErrorResponse><Error><Code>DBProxyNotFoundFault</Code></Error></ErrorResponse>",
            )
            .answer(
                "ListTagsForResource",
                "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList><Tag><Key>Project</Key>\
                 <Value>platform</Value></Tag></TagList></ListTagsForResourceResult></ListTagsForResourceResponse>",
            )
            .list(LISTING.list)
            .await
            .expect("both pages");
        assert_eq!(live.len(), 1);
        assert_eq!(&*live[0].id, "web");
        assert_eq!(&*live[0].arn, "arn:aws:rds:eu-west-1:123456789012:db-proxy:prx-web");
        assert!(live[0].created_at.is_some());
        assert_eq!(live[0].tags.get("Project"), Some("platform"));
        assert_eq!(
            &*live[0].references[0].target,
            "arn:aws:rds:eu-west-1:123456789012:cluster:main"
        );
    }
}

//! The services that rows call: `table/services.tsv` and `table/regions.tsv`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::lines;
use crate::aws::call::{Host, Protocol, Service};

static SERVICES: LazyLock<FxHashMap<&'static str, &'static Service>> = LazyLock::new(|| {
    let absent: FxHashMap<&'static str, &'static [&'static str]> = lines(include_str!("../table/regions.tsv"))
        .filter_map(|cells| match cells.as_slice() {
            [service, absent] => {
                let absent: &'static [&'static str] = Vec::leak(absent.split_whitespace().collect());
                Some((*service, absent))
            }
            _ => None,
        })
        .collect();
    let services: Vec<Service> = lines(include_str!("../table/services.tsv"))
        .filter_map(|cells| service(&cells, &absent))
        .collect();
    Vec::leak(services)
        .iter()
        .map(|service| (service.name, service))
        .collect()
});

fn service(cells: &[&'static str], absent: &FxHashMap<&'static str, &'static [&'static str]>) -> Option<Service> {
    let [
        name,
        protocol,
        json,
        target,
        api_version,
        signing_name,
        host_name,
        home,
        host_cn,
        home_cn,
        host_gov,
        home_gov,
        id,
        not_in_use,
        discovery,
    ] = cells
    else {
        return None;
    };
    let host = |name, home| Host { name, home };
    Some(Service {
        name,
        protocol: match *protocol {
            "json" => Protocol::Json { version: json, target },
            "query" => Protocol::Query,
            "ec2" => Protocol::Ec2,
            "rest-json" => Protocol::RestJson,
            "rest-xml" => Protocol::RestXml,
            _ => return None,
        },
        api_version,
        signing_name,
        hosts: [host(host_name, home), host(host_cn, home_cn), host(host_gov, home_gov)],
        id,
        not_in_use,
        discovery,
        absent: absent.get(name).copied().unwrap_or_default(),
        regions_known: absent.contains_key(name),
    })
}

/// A service by its name.
#[must_use]
pub(in crate::kinds) fn find(name: &str) -> Option<&'static Service> {
    SERVICES.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_service_and_every_row_has_one() {
        assert_eq!(
            SERVICES.len(),
            include_str!("../table/services.tsv").lines().count() - 1
        );
        for row in super::super::rows() {
            assert!(find(&row.service).is_some(), "{}", row.kind.0);
        }
    }

    #[test]
    fn hosts_of_all_partitions() {
        let host = |service: &str, partition, region| {
            find(service)
                .and_then(|service| service.host_name(partition, region, "123456789012", false))
                .unwrap_or_default()
        };
        assert_eq!(host("sqs", "aws", "eu-west-1"), "sqs.eu-west-1.amazonaws.com");
        assert_eq!(host("sqs", "aws-cn", "cn-north-1"), "sqs.cn-north-1.amazonaws.com.cn");
        assert_eq!(host("iam", "aws", "eu-west-1"), "iam.amazonaws.com");
        assert_eq!(host("iam", "aws-us-gov", "us-gov-west-1"), "iam.us-gov.amazonaws.com");
        assert_eq!(
            host("ecr", "aws-eusc", "eusc-de-east-1"),
            "api.ecr.eusc-de-east-1.amazonaws.eu"
        );
        assert_eq!(
            host("s3control", "aws", "eu-west-1"),
            "123456789012.s3-control.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            find("sqs")
                .and_then(|sqs| sqs.host_name("aws", "us-east-1", "", true))
                .as_deref(),
            Some("sqs-fips.us-east-1.amazonaws.com")
        );
    }
}

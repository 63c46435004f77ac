//! What has to be known of a service to call it.

use crate::model::Symbol;

/// How requests and answers look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A target header and JSON both ways; the version stands in the content type: `1.1`.
    Json {
        version: &'static str,
        target: &'static str,
    },
    /// Form fields out, XML back.
    Query,
    /// The same as EC2 has it: the answer has no result element of its own.
    Ec2,
    RestJson,
    RestXml,
}

/// Where the endpoint is in one partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host {
    /// With `{region}` and `{account}`; empty where the partition does not have the service.
    pub name: &'static str,
    /// The region of a service that is not regional: it is called, and signed for, there. Empty for the others.
    pub home: &'static str,
}

/// The facts of one service.
#[derive(Debug)]
pub struct Service {
    /// As botocore calls it: `stepfunctions`.
    pub name: &'static str,
    pub protocol: Protocol,
    pub api_version: &'static str,
    pub signing_name: &'static str,
    /// In the partitions `aws`, `aws-cn` and `aws-us-gov`.
    pub hosts: [Host; 3],
    /// Stands in `AWS_ENDPOINT_URL_…`: `SFN`.
    pub id: &'static str,
    /// The error code by which it says that the account does not use it; empty for most.
    pub not_in_use: &'static str,
    /// The operation that tells the real endpoint; empty for most.
    pub discovery: &'static str,
    /// Regions in which it has no endpoint, as far as that is known.
    pub absent: &'static [&'static str],
    /// Says whether `absent` is known at all.
    pub regions_known: bool,
}

/// DNS suffixes of the partitions that have none of the three columns
/// (source: botocore's `partitions.json`).
const SUFFIXES: &[(&str, &str)] = &[
    ("aws-eusc", "amazonaws.eu"),
    ("aws-iso", "c2s.ic.gov"),
    ("aws-iso-b", "sc2s.sgov.gov"),
    ("aws-iso-e", "cloud.adc-e.uk"),
    ("aws-iso-f", "csp.hci.ic.gov"),
];

impl Service {
    /// The region in which the service is called for a caller in `region`: its home, or the same region.
    #[must_use]
    pub fn region(&self, partition: &str, region: Symbol) -> Symbol {
        match self.host(partition).home {
            "" => region,
            home => Symbol::known(home),
        }
    }

    /// Says whether the service is called once in a partition, not in each region.
    #[must_use]
    pub fn is_global(&self) -> bool {
        !self.hosts[0].home.is_empty()
    }

    /// The endpoint of one partition.
    #[must_use]
    pub fn host(&self, partition: &str) -> Host {
        match partition {
            "aws-cn" => self.hosts[1],
            "aws-us-gov" => self.hosts[2],
            _ => self.hosts[0],
        }
    }

    /// The host's name; `None` where the partition does not have the service.
    #[must_use]
    pub fn host_name(&self, partition: &str, region: &str, account: &str, fips: bool) -> Option<String> {
        let template = self.host(partition).name;
        if template.is_empty() {
            return None;
        }
        let mut name = template.to_owned();
        if fips {
            // As nearly every service has it: `ecs-fips.us-east-1.…` (source: AWS, "FIPS endpoints by service").
            let at = name.find(".{region}").or_else(|| name.find('.')).unwrap_or(name.len());
            name.insert_str(at, "-fips");
        }
        if let Some((_, suffix)) = SUFFIXES.iter().find(|(known, _)| *known == partition) {
            name = name.replace("amazonaws.com", suffix);
        }
        Some(name.replace("{region}", region).replace("{account}", account))
    }

    /// Says whether it is known that the service has no endpoint in a region.
    #[must_use]
    pub fn is_absent(&self, region: &str) -> bool {
        self.absent.contains(&region)
    }
}

//! Tags of a whole region in few calls: the Resource Groups Tagging API.
//!
//! It returns only what has tags, or once had some, and only of services that take part.

use std::collections::BTreeSet;

use super::call::{Host, Place, Protocol, Request, Service, Tree};
use super::clients::Clients;
use super::fault::{Fault, Reason};
use crate::model::{Arn, Symbol, Tags};

/// The IAM action, which is also the operation.
pub const ACTION: &str = "tag:GetResources";

/// Resources a page; the API's largest (source: Resource Groups Tagging API reference, "`GetResources`").
const PAGE: u64 = 100;

static SERVICE: Service = Service {
    name: "resourcegroupstaggingapi",
    protocol: Protocol::Json {
        version: "1.1",
        target: "ResourceGroupsTaggingAPI_20170126",
    },
    api_version: "2017-01-26",
    signing_name: "tagging",
    hosts: [
        Host {
            name: "tagging.{region}.amazonaws.com",
            home: "",
        },
        Host {
            name: "tagging.{region}.amazonaws.com.cn",
            home: "",
        },
        Host {
            name: "tagging.{region}.amazonaws.com",
            home: "",
        },
    ],
    id: "RESOURCE_GROUPS_TAGGING_API",
    not_in_use: "",
    discovery: "",
    absent: &[],
    regions_known: true,
};

/// Types of ARNs that are parts of what is listed, or that pass within hours
/// (source: service authorization reference; security groups hold their rules as settings).
const PARTS: &[(&str, &str)] = &[
    ("ec2", "security-group-rule"),
    ("ec2", "spot-instances-request"),
    ("ecs", "task"),
    ("ecs", "task-set"),
    ("ecs", "container-instance"),
];

/// Something that has tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    pub arn: String,
    /// `None` for what belongs to no region.
    pub region: Option<Symbol>,
    pub tags: Tags,
}

/// The region whose answer holds the tags of what belongs to no region
/// (source: Resource Groups Tagging API reference, "`GetResources`").
#[must_use]
pub fn home_of_global(partition: &str) -> Symbol {
    Symbol::known(match partition {
        "aws-cn" => "cn-northwest-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    })
}

/// Hands what has tags in one region to `take`; parts of others left out.
///
/// # Errors
/// The fault that ended it; what earlier pages gave has been handed over.
pub async fn tagged(clients: &Clients, place: Place, take: &mut (dyn FnMut(Tagged) + Send)) -> Result<(), Fault> {
    let call = clients
        .caller()
        .prepare(&SERVICE, "GetResources", ACTION, "", place)
        .await?;
    let mut seen = BTreeSet::new();
    let mut token = String::new();
    loop {
        let mut request = Request::default();
        request.body.insert("ResourcesPerPage".to_owned(), PAGE.into());
        if !token.is_empty() {
            request.body.insert("PaginationToken".to_owned(), token.clone().into());
        }
        let answer = {
            let _place = clients.pace(ACTION).await;
            call.send(request).await?
        };
        if let Some(Tree::List(items)) = answer.get("ResourceTagMappingList") {
            items
                .iter()
                .filter_map(|item| one(item, place.region))
                .for_each(&mut *take);
        }
        match answer
            .get("PaginationToken")
            .and_then(Tree::text)
            .filter(|next| !next.is_empty())
        {
            None => return Ok(()),
            Some(next) if seen.insert(next.to_owned()) => next.clone_into(&mut token),
            Some(_) => return Err(Fault::ours(ACTION, Reason::RepeatedToken)),
        }
    }
}

fn one(item: &Tree, called_in: Symbol) -> Option<Tagged> {
    let text = item.get("ResourceARN").and_then(Tree::text)?;
    let arn = Arn::parse(text)?;
    let sort = arn.resource.split(['/', ':']).next().unwrap_or_default();
    if PARTS.contains(&(arn.service, sort)) {
        return None;
    }
    let region = match arn.region {
        // A bucket's ARN has no region, and the bucket is in that which names it.
        "" if arn.service == "s3" => Some(called_in),
        "" => None,
        region => Some(Symbol::new(region)),
    };
    Some(Tagged {
        arn: text.to_owned(),
        region,
        tags: tags(item),
    })
}

fn tags(item: &Tree) -> Tags {
    let Some(Tree::List(pairs)) = item.get("Tags") else {
        return Tags::default();
    };
    pairs
        .iter()
        .filter_map(|pair| {
            let value = pair.get("Value").and_then(Tree::text).unwrap_or_default();
            Some((pair.get("Key")?.text()?, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    async fn ask(replay: &Replay) -> (Vec<(String, String)>, Result<(), Fault>) {
        let place = Place {
            partition: Symbol::known("aws"),
            account: Symbol::known("123456789012"),
            region: Symbol::known("eu-west-1"),
        };
        let mut found = Vec::new();
        let mut take = |one: Tagged| {
            let region = one.region.map_or("global", Symbol::as_str).to_owned();
            found.push((region, one.tags.get("Project").unwrap_or_default().to_owned()));
        };
        let end = tagged(&replay.clients(), place, &mut take).await;
        (found, end)
    }

    fn page(arn: &str, project: &str, token: &str) -> String {
        format!(
            r#"{{"PaginationToken":"{token}","ResourceTagMappingList":[{{"ResourceARN":"{arn}","Tags":[{{"Key":"Project","Value":"{project}"}}]}}]}}"#
        )
    }

    #[tokio::test]
    async fn all_pages_are_read_and_parts_left_out() {
        let replay = Replay::default()
            .answer(
                "GetResources",
                &page("arn:aws:sqs:eu-west-1:123456789012:jobs", "a", "t1"),
            )
            .answer("GetResources", &page("arn:aws:s3:::bucket", "b", "t2"))
            .answer(
                "GetResources",
                &page(
                    "arn:aws:ec2:eu-west-1:123456789012:security-group-rule/sgr-1",
                    "c",
                    "t3",
                ),
            )
            .answer(
                "GetResources",
                &page("arn:aws:cloudfront::123456789012:distribution/E1", "d", ""),
            );
        let (found, end) = ask(&replay).await;
        assert_eq!(end, Ok(()));
        let found: Vec<_> = found
            .iter()
            .map(|(region, tag)| (region.as_str(), tag.as_str()))
            .collect();
        assert_eq!(found, [("eu-west-1", "a"), ("eu-west-1", "b"), ("global", "d")]);
    }

    #[tokio::test]
    async fn a_repeated_token_and_a_denied_second_page_are_faults() {
        let first = page("arn:aws:sqs:eu-west-1:123456789012:jobs", "a", "t1");
        let replay = Replay::default()
            .answer("GetResources", &first)
            .answer("GetResources", &first);
        let (found, end) = ask(&replay).await;
        assert_eq!(
            (found.len(), end.err().map(|fault| fault.reason)),
            (2, Some(Reason::RepeatedToken))
        );
        let replay = Replay::default().answer("GetResources", &first).fail(
            "GetResources",
            400,
            r#"{"__type":"AccessDeniedException"}"#,
        );
        let (found, end) = ask(&replay).await;
        assert_eq!(
            (found.len(), end.err().map(|fault| fault.reason)),
            (1, Some(Reason::Denied))
        );
    }
}

//! Tags of a whole region in few calls: the Resource Groups Tagging API.
//!
//! It returns only what has tags, or once had some, and only of services that take part.

use super::call::{Host, Place, Protocol, Request, Service, Tree};
use super::clients::Clients;
use super::fault::{Fault, Reason};
use crate::model::Tags;

/// The IAM action.
pub const ACTION: &str = "tag:GetResources";

/// Resources a page; the API's largest (source: Resource Groups Tagging API reference, "GetResources").
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

/// The ARNs and tags of one region.
///
/// # Errors
/// The fault that ended it; what earlier pages gave has been handed to `take`.
pub async fn tagged(clients: &Clients, place: Place, take: &mut (dyn FnMut(String, Tags) + Send)) -> Result<(), Fault> {
    let call = clients.caller().prepare(&SERVICE, "GetResources", ACTION, "", place).await?;
    let mut seen = std::collections::BTreeSet::new();
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
            for item in items {
                if let Some(arn) = item.get("ResourceARN").and_then(Tree::text) {
                    take(arn.to_owned(), tags(item));
                }
            }
        }
        match answer.get("PaginationToken").and_then(Tree::text) {
            None => return Ok(()),
            Some(next) if seen.insert(next.to_owned()) => next.clone_into(&mut token),
            Some(_) => return Err(Fault::ours(ACTION, Reason::RepeatedToken)),
        }
    }
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

//! What `CloudFormation` made: the resources of each stack, which is the full truth where tags are not.

use super::call::{Host, Place, Protocol, Request, Service, Tree};
use super::clients::Clients;
use super::fault::{Fault, Reason};

/// The IAM action.
pub const ACTION: &str = "cloudformation:ListStackResources";

static SERVICE: Service = Service {
    name: "cloudformation",
    protocol: Protocol::Query,
    api_version: "2010-05-15",
    signing_name: "cloudformation",
    hosts: [
        Host {
            name: "cloudformation.{region}.amazonaws.com",
            home: "",
        },
        Host {
            name: "cloudformation.{region}.amazonaws.com.cn",
            home: "",
        },
        Host {
            name: "cloudformation.{region}.amazonaws.com",
            home: "",
        },
    ],
    id: "CLOUDFORMATION",
    not_in_use: "",
    discovery: "",
    absent: &[],
    regions_known: true,
};

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResource {
    /// The name in the template.
    pub logical: String,
    /// An id, a name or an ARN, as the type has it.
    pub physical: String,
    /// `AWS::EC2::VPC`.
    pub sort: String,
}

/// The resources of one stack, by its id.
///
/// # Errors
/// The fault that ended it.
pub async fn resources(clients: &Clients, place: Place, stack: &str) -> Result<Vec<StackResource>, Fault> {
    let call = clients
        .caller()
        .prepare(&SERVICE, "ListStackResources", ACTION, "", place)
        .await?;
    let mut seen = std::collections::BTreeSet::new();
    let mut token: Option<String> = None;
    let mut found = Vec::new();
    loop {
        let mut request = Request::default();
        request.form.push(("StackName".to_owned(), stack.to_owned()));
        if let Some(token) = token {
            request.form.push(("NextToken".to_owned(), token));
        }
        let answer = {
            let _place = clients.pace(ACTION).await;
            call.send(request).await?
        };
        if let Some(Tree::Map(members)) = answer.get("StackResourceSummaries") {
            found.extend(members.iter().filter_map(|(_, member)| resource(member)));
        }
        match answer.get("NextToken").and_then(Tree::text) {
            None => return Ok(found),
            Some(next) if seen.insert(next.to_owned()) => token = Some(next.to_owned()),
            Some(_) => return Err(Fault::ours(ACTION, Reason::RepeatedToken)),
        }
    }
}

/// A resource that is there: one that was never made or is deleted has no physical id, or says so.
fn resource(member: &Tree) -> Option<StackResource> {
    let text = |name| member.get(name).and_then(Tree::text).map(str::to_owned);
    if member.get("ResourceStatus").and_then(Tree::text) == Some("DELETE_COMPLETE") {
        return None;
    }
    Some(StackResource {
        logical: text("LogicalResourceId")?,
        physical: text("PhysicalResourceId")?,
        sort: text("ResourceType")?,
    })
}

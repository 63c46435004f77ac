//! What `CloudFormation` made: the resources of each stack, which is the full truth where tags are not.

use std::collections::BTreeSet;

use futures::StreamExt;

use super::call::{Call, Host, Place, Protocol, Request, Service, Tree};
use super::clients::Clients;
use super::fault::{Fault, Reason};

/// The word for it as the maker of resources.
pub const SYSTEM: &str = "cloudformation";

/// The IAM actions, which are the operations too.
pub const ACTIONS: [&str; 2] = [STACKS, RESOURCES];

const STACKS: &str = "cloudformation:ListStacks";
const RESOURCES: &str = "cloudformation:ListStackResources";

/// Stacks that are asked at the same time; the pace of the service bounds them further.
const AT_ONCE: usize = 8;

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

/// Every status but `DELETE_COMPLETE`, which the API would return for 90 days
/// (source: `CloudFormation` API reference, `ListStacks`).
const STATUSES: &[&str] = &[
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "CREATE_COMPLETE",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS",
    "DELETE_FAILED",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
];

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The name of the stack.
    pub stack: String,
    /// The name in the template.
    pub logical: String,
    /// An id, a name or an ARN, as the type has it.
    pub physical: String,
    /// `AWS::EC2::VPC`.
    pub sort: String,
}

/// Hands the resources of all stacks of one region to `take`, nested stacks' too: each of them is listed by itself.
///
/// # Errors
/// The first fault; what could be had nevertheless has been handed over.
pub async fn held(clients: &Clients, place: Place, take: &mut (dyn FnMut(Held) + Send)) -> Result<(), Fault> {
    let caller = clients.caller();
    let list = caller.prepare(&SERVICE, "ListStacks", STACKS, "", place).await?;
    let ask = caller
        .prepare(&SERVICE, "ListStackResources", RESOURCES, "", place)
        .await?;
    let mut filter = Request::default();
    for (number, status) in (1..).zip(STATUSES) {
        let name = format!("StackStatusFilter.member.{number}");
        filter.form.push((name, (*status).to_owned()));
    }
    let (stacks, fault) = pages(clients, &list, STACKS, &filter, "StackSummaries", stack).await;
    let mut first = fault;
    let asked: Vec<_> = stacks
        .into_iter()
        .map(|stack| resources(clients, &ask, stack))
        .collect();
    let mut answers = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
    while let Some((found, fault)) = answers.next().await {
        // Deleted since it was listed: it holds nothing any more.
        if let Some(fault) = fault.filter(|fault| !(found.is_empty() && is_gone(fault))) {
            first.get_or_insert(fault);
        }
        found.into_iter().for_each(&mut *take);
    }
    first.map_or(Ok(()), Err)
}

/// A stack that is not there is an invalid request with the code of any other
/// (source: `CloudFormation` API reference, "Common errors").
fn is_gone(fault: &Fault) -> bool {
    fault.reason == Reason::Gone || fault.code.as_deref() == Some("ValidationError")
}

struct Stack {
    name: String,
    id: String,
}

async fn resources(clients: &Clients, ask: &Call, stack: Stack) -> (Vec<Held>, Option<Fault>) {
    let request = Request {
        form: vec![("StackName".to_owned(), stack.id)],
        ..Request::default()
    };
    let read = |member: &Tree| resource(member, &stack.name);
    pages(clients, ask, RESOURCES, &request, "StackResourceSummaries", read).await
}

/// All members of a list, page by page, and the fault that ended it before its end.
async fn pages<T>(
    clients: &Clients,
    call: &Call,
    action: &'static str,
    request: &Request,
    list: &str,
    read: impl Fn(&Tree) -> Option<T>,
) -> (Vec<T>, Option<Fault>) {
    let mut seen = BTreeSet::new();
    let mut token: Option<String> = None;
    let mut found = Vec::new();
    loop {
        let mut request = request.clone();
        request.form.extend(token.map(|token| ("NextToken".to_owned(), token)));
        let answer = {
            let _place = clients.pace(action).await;
            match call.send(request).await {
                Ok(answer) => answer,
                Err(fault) => return (found, Some(fault)),
            }
        };
        if let Some(Tree::Map(members)) = answer.get(list) {
            found.extend(members.iter().filter_map(|(_, member)| read(member)));
        }
        match answer
            .get("NextToken")
            .and_then(Tree::text)
            .filter(|next| !next.is_empty())
        {
            None => return (found, None),
            Some(next) if seen.insert(next.to_owned()) => token = Some(next.to_owned()),
            Some(_) => return (found, Some(Fault::ours(action, Reason::RepeatedToken))),
        }
    }
}

fn text(member: &Tree, name: &str) -> Option<String> {
    member.get(name).and_then(Tree::text).map(str::to_owned)
}

fn stack(member: &Tree) -> Option<Stack> {
    // A stand-in may not know the filter.
    if member.get("StackStatus").and_then(Tree::text) == Some("DELETE_COMPLETE") {
        return None;
    }
    Some(Stack {
        name: text(member, "StackName")?,
        id: text(member, "StackId").or_else(|| text(member, "StackName"))?,
    })
}

/// A resource that is there: one that was never made or is deleted has no physical id, or says so.
fn resource(member: &Tree, stack: &str) -> Option<Held> {
    if member.get("ResourceStatus").and_then(Tree::text) == Some("DELETE_COMPLETE") {
        return None;
    }
    Some(Held {
        stack: stack.to_owned(),
        logical: text(member, "LogicalResourceId")?,
        physical: text(member, "PhysicalResourceId").filter(|id| !id.is_empty())?,
        sort: text(member, "ResourceType")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;
    use crate::model::Symbol;

    fn stacks(members: &str, next: &str) -> String {
        format!("<R><ListStacksResult><StackSummaries>{members}</StackSummaries>{next}</ListStacksResult></R>")
    }

    fn stack_of(name: &str, status: &str) -> String {
        format!(
            "<member><StackName>{name}</StackName><StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1\
             </StackId><StackStatus>{status}</StackStatus></member>"
        )
    }

    fn holds(physical: &str, status: &str, next: &str) -> String {
        format!(
            "<R><ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>L</LogicalResourceId>\
             <PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType>\
             <ResourceStatus>{status}</ResourceStatus></member></StackResourceSummaries>{next}\
             </ListStackResourcesResult></R>"
        )
    }

    async fn ask(replay: &Replay) -> (Vec<String>, Result<(), Fault>) {
        let place = Place {
            partition: Symbol::known("aws"),
            account: Symbol::known("123456789012"),
            region: Symbol::known("eu-west-1"),
        };
        let mut found = Vec::new();
        let mut take = |held: Held| found.push(format!("{} {}", held.stack, held.physical));
        let end = held(&replay.clients(), place, &mut take).await;
        (found, end)
    }

    #[tokio::test]
    async fn every_stack_is_asked_nested_ones_too_page_by_page() {
        let next = "<NextToken>n</NextToken>";
        let replay = Replay::default()
            .answer("ListStacks", &stacks(&stack_of("shop", "UPDATE_COMPLETE"), next))
            .answer(
                "ListStacks",
                &stacks(
                    &(stack_of("shop-Inner-1", "CREATE_COMPLETE") + &stack_of("old", "DELETE_COMPLETE")),
                    "",
                ),
            )
            .answer("ListStackResources", &holds("a", "CREATE_COMPLETE", next))
            .answer("ListStackResources", &holds("c", "CREATE_COMPLETE", ""))
            .answer("ListStackResources", &holds("b", "DELETE_COMPLETE", ""));
        let (found, end) = ask(&replay).await;
        assert_eq!((found.len(), end), (2, Ok(())));
        assert!(found.iter().any(|one| one.starts_with("shop ")), "{found:?}");
        assert!(!found.iter().any(|one| one.ends_with(" b")), "{found:?}");
    }

    #[tokio::test]
    async fn a_stack_that_cannot_be_asked_is_a_fault_and_one_that_is_gone_is_none() {
        let refused = |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        for (code, reason) in [("AccessDenied", Some(Reason::Denied)), ("ValidationError", None)] {
            let two = stack_of("a", "CREATE_COMPLETE") + &stack_of("b", "CREATE_COMPLETE");
            let replay = Replay::default()
                .answer("ListStacks", &stacks(&two, ""))
                .fail("ListStackResources", 400, &refused(code))
                .answer("ListStackResources", &holds("x", "CREATE_COMPLETE", ""));
            let (found, end) = ask(&replay).await;
            assert_eq!(
                (found.len(), end.err().map(|fault| fault.reason)),
                (1, reason),
                "{code}"
            );
        }
        let replay = Replay::default().fail("ListStacks", 403, &refused("AccessDenied"));
        assert_eq!(
            ask(&replay).await.1.err().map(|fault| fault.reason),
            Some(Reason::Denied)
        );
        let again = stacks(&stack_of("a", "CREATE_COMPLETE"), "<NextToken>n</NextToken>");
        let replay = Replay::default()
            .answer("ListStacks", &again)
            .answer("ListStacks", &again)
            .answer("ListStackResources", &holds("x", "CREATE_COMPLETE", ""))
            .answer("ListStackResources", &holds("x", "CREATE_COMPLETE", ""));
        assert_eq!(
            ask(&replay).await.1.err().map(|fault| fault.reason),
            Some(Reason::RepeatedToken)
        );
    }
}

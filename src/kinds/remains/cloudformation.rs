//! Deleted stacks, and what they left where it is.

use super::{Of, Remains};
use crate::aws::call::{Request, Tree};
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::kinds::listed;
use crate::model::{Live, Symbol, Timestamp, Value};

/// Source: AWS CloudFormation API Reference, `ListStacks` and `GetTemplate`: for 90 days after the deletion.
pub(super) const STACKS: Remains = Remains {
    kind: "aws_cloudformation_stack",
    title: "deleted stack",
    actions: &[LIST, RESOURCES],
    list: |cx| Box::pin(list(cx)),
    sentence: "its template and the list of what it retained are kept; what it retained is live, and an import into a \
               new stack takes it back",
    command: "aws cloudformation get-template --region {region} --stack-name {arn} --query TemplateBody",
    of: Of::Old,
};

const LIST: &str = "cloudformation:ListStacks";
const RESOURCES: &str = "cloudformation:ListStackResources";

/// A page of a query protocol.
fn form(fixed: &[(&str, &str)], token: Option<String>) -> Request {
    let fixed = fixed
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request {
        form: fixed
            .chain(token.map(|token| ("NextToken".to_owned(), token)))
            .collect(),
        ..Request::default()
    }
}

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let Some(service) = listed::service("cloudformation") else {
        return Err(Fault::ours(LIST, Reason::NotOffered));
    };
    let mut stacks: Vec<Live> = Vec::new();
    let deleted = [("StackStatusFilter.member.1", "DELETE_COMPLETE")];
    let next = |page: &Tree| page.at(&["NextToken"]).map(str::to_owned);
    let listed = cx
        .ask(
            service,
            "ListStacks",
            LIST,
            |token| form(&deleted, token),
            |page| {
                stacks.extend(
                    page.items("StackSummaries")
                        .into_iter()
                        .filter_map(|stack| live(cx, stack)),
                );
                next(page)
            },
        )
        .await;
    for mut stack in stacks {
        let mut retained: Vec<String> = Vec::new();
        let of = [("StackName", &*stack.arn)];
        let resources = cx
            .ask(
                service,
                "ListStackResources",
                RESOURCES,
                |token| form(&of, token),
                |page| {
                    for one in page.items("StackResourceSummaries") {
                        if one.at(&["ResourceStatus"]) == Some("DELETE_SKIPPED") {
                            let sort = one.at(&["ResourceType"]).unwrap_or_default();
                            let id = one.at(&["PhysicalResourceId"]).unwrap_or_default();
                            retained.push(format!("{sort} {id}"));
                        }
                    }
                    next(page)
                },
            )
            .await;
        match resources {
            Err(fault) if fault.reason != Reason::Gone => cx.gap(STACKS.kind, fault),
            _ => {}
        }
        if !retained.is_empty() {
            stack.observed.set("retained", Value::set(retained));
        }
        cx.found(stack);
    }
    listed
}

fn live(cx: &ListCx<'_>, stack: &Tree) -> Option<Live> {
    const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 90);
    let arn = stack.at(&["StackId"])?;
    let mut live = Live::new(Symbol::known(STACKS.kind), cx.account, cx.region, arn, arn);
    live.name = stack.at(&["StackName"]).map(Into::into);
    if let Some(deleted) = stack.at(&["DeletionTime"]).and_then(listed::time) {
        live.observed.set("deleted_at", deleted.to_string());
        let until: Option<Timestamp> = deleted.checked_add(KEPT).ok();
        live.observed.set("until", until.map(|until| until.to_string()));
    }
    Some(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn a_deleted_stack_says_what_it_left() {
        let found = Replay::default()
            .answer(
                "ListStacks",
                "<ListStacksResponse><ListStacksResult><StackSummaries><member><StackName>data</StackName>\
                 <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/data/1</StackId>\
                 <DeletionTime>2026-01-02T03:04:05Z</DeletionTime><StackStatus>DELETE_COMPLETE</StackStatus></member>\
                 </StackSummaries></ListStacksResult></ListStacksResponse>",
            )
            .answer(
                "ListStackResources",
                "<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>\
                 <member><ResourceStatus>DELETE_SKIPPED</ResourceStatus><ResourceType>AWS::S3::Bucket</ResourceType>\
                 <PhysicalResourceId>kept</PhysicalResourceId></member>\
                 <member><ResourceStatus>DELETE_COMPLETE</ResourceStatus><ResourceType>AWS::SQS::Queue</ResourceType>\
                 <PhysicalResourceId>gone</PhysicalResourceId></member>\
                 </StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>",
            )
            .list(STACKS.list)
            .await
            .expect("all");
        let [stack] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            stack.observed.get("retained"),
            Some(&Value::set(["AWS::S3::Bucket kept"]))
        );
        assert_eq!(stack.observed.text("until"), Some("2026-04-02T03:04:05Z"));
    }
}

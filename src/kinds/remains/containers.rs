//! Task definitions that were deregistered: ECS goes on to describe them.

use super::{Of, Remains};
use crate::aws::{Fault, ListCx};
use crate::model::{Live, Symbol};

/// Source: Amazon ECS Developer Guide, "Deregistering a task definition revision": INACTIVE ones stay discoverable.
pub(super) const TASK_DEFINITIONS: Remains = Remains {
    kind: "aws_ecs_task_definition",
    title: "inactive task definition",
    actions: &[ACTION],
    list: |cx| Box::pin(list(cx)),
    sentence: "its text is kept; jq takes out what register-task-definition does not take",
    command: "aws ecs describe-task-definition --region {region} --task-definition {arn} --query taskDefinition \
              --output json | jq 'del(.taskDefinitionArn,.revision,.status,.requiresAttributes,.compatibilities,\
              .registeredAt,.registeredBy,.deregisteredAt)' > task-definition.json && \
              aws ecs register-task-definition --region {region} --cli-input-json file://task-definition.json",
    of: Of::Old,
};

const ACTION: &str = "ecs:ListTaskDefinitions";

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    cx.pages(
        ACTION,
        |token| {
            let request = cx.ecs().list_task_definitions();
            let request = request
                .status(aws_sdk_ecs::types::TaskDefinitionStatus::Inactive)
                .max_results(100);
            request.set_next_token(token).send()
        },
        |page| {
            for arn in page.task_definition_arns() {
                let live = Live::new(
                    Symbol::known(TASK_DEFINITIONS.kind),
                    cx.account,
                    cx.region,
                    arn.as_str(),
                    arn.as_str(),
                );
                cx.found(live);
            }
            page.next_token
        },
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::replay::Replay;

    #[tokio::test]
    async fn inactive_revisions_are_listed_page_by_page() {
        let arn = |revision: u8| format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/web:{revision}");
        let found = Replay::default()
            .answer(
                "ListTaskDefinitions",
                &format!(r#"{{"taskDefinitionArns":["{}"],"nextToken":"2"}}"#, arn(1)),
            )
            .answer(
                "ListTaskDefinitions",
                &format!(r#"{{"taskDefinitionArns":["{}"]}}"#, arn(2)),
            )
            .list(TASK_DEFINITIONS.list)
            .await
            .expect("both pages");
        let arns: Vec<&str> = found.iter().map(|one| &*one.arn).collect();
        assert_eq!(arns, [arn(1), arn(2)]);
    }
}

//! What the kinds of Elastic Load Balancing (version 2) share: tags in bulk, and actions as Terraform's blocks.
//!
//! It knows no single kind.

use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum};
use futures::future::join_all;

use super::convert;
use super::facts::Kind;
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};
use crate::model::{Configuration, Live, Tags, Value};

/// The most records of a page (source: Elastic Load Balancing API reference, `PageSize`).
pub(super) const PAGE: i32 = 400;

/// The most ARNs that one `DescribeTags` takes (source: the same).
const ARNS_A_CALL: usize = 20;

/// Hands over resources with their tags, which come in calls of twenty.
///
/// A resource that is gone by then is skipped. Tags that cannot be read are a gap of the kind: without them nobody can
/// say that another system made it.
pub(super) async fn found_with_tags(cx: &ListCx<'_>, kind: &'static Kind, lives: Vec<Live>) {
    let arns: Vec<String> = lives.iter().map(|live| live.arn.to_string()).collect();
    let answers = join_all(arns.chunks(ARNS_A_CALL).map(|chunk| tags_of(cx, chunk))).await;
    let mut first_fault = None;
    let tags = answers.into_iter().flatten();
    for (mut live, tags) in lives.into_iter().zip(tags) {
        match tags {
            Ok(tags) => live.tagged(tags),
            Err(fault) if fault.reason == Reason::Gone => continue,
            Err(fault) => {
                first_fault.get_or_insert(fault);
            }
        }
        cx.found(live);
    }
    if let Some(fault) = first_fault {
        cx.gap(kind.name, fault);
    }
}

/// Asks for the tags of some ARNs. One of them that is gone fails the whole call, so then each is asked for alone.
async fn tags_of(cx: &ListCx<'_>, arns: &[String]) -> Vec<Result<Tags, Fault>> {
    match describe_tags(cx, arns).await {
        Ok(tags) => tags.into_iter().map(Ok).collect(),
        Err(fault) if fault.reason == Reason::Gone && arns.len() > 1 => {
            let alone = arns.chunks(1).map(|arn| describe_tags(cx, arn));
            let answers = join_all(alone).await.into_iter();
            answers
                .map(|answer| answer.map(|mut tags| tags.pop().unwrap_or_default()))
                .collect()
        }
        Err(fault) => arns.iter().map(|_| Err(fault.clone())).collect(),
    }
}

async fn describe_tags(cx: &ListCx<'_>, arns: &[String]) -> Result<Vec<Tags>, Fault> {
    let request = cx.elb().describe_tags().set_resource_arns(Some(arns.to_vec()));
    let answer = cx.call("elasticloadbalancing:DescribeTags", request.send()).await?;
    let tags_of = |arn: &String| {
        let description = answer
            .tag_descriptions()
            .iter()
            .find(|description| description.resource_arn() == Some(arn));
        description.map_or_else(Tags::default, |description| {
            convert::tags(description.tags().iter().map(|tag| (tag.key(), tag.value())))
        })
    };
    Ok(arns.iter().map(tags_of).collect())
}

/// Actions of a listener or rule as Terraform's blocks, by their order.
///
/// Left out, because they may hold a secret or are nobody's identity: the body of a fixed response, the query of a
/// redirect, and the client secret of `OpenID` Connect.
pub(super) fn actions(actions: &[Action]) -> Value {
    let mut sorted: Vec<&Action> = actions.iter().collect();
    sorted.sort_by_key(|action| action.order());
    Value::List(
        sorted
            .into_iter()
            .map(|action| Value::Block(self::action(action)))
            .collect(),
    )
}

fn action(action: &Action) -> Configuration {
    let mut block = Configuration::new();
    block.set("type", action.r#type().map(ActionTypeEnum::as_str));
    let forwarded: Vec<Value> = action
        .forward_config()
        .map(|forward| forward.target_groups())
        .unwrap_or_default()
        .iter()
        .filter_map(|group| group.target_group_arn())
        .map(|arn| Configuration::new().with("arn", arn).into())
        .collect();
    if forwarded.is_empty() {
        block.set("target_group_arn", action.target_group_arn());
    } else {
        block.set("forward", vec![Configuration::new().with("target_group", forwarded)]);
    }
    if let Some(redirect) = action.redirect_config() {
        let block_of = Configuration::new()
            .with("host", redirect.host())
            .with("path", redirect.path())
            .with("port", redirect.port())
            .with("protocol", redirect.protocol())
            .with("status_code", redirect.status_code().map(|code| code.as_str()));
        block.set("redirect", vec![block_of]);
    }
    if let Some(fixed) = action.fixed_response_config() {
        let block_of = Configuration::new()
            .with("content_type", fixed.content_type())
            .with("status_code", fixed.status_code());
        block.set("fixed_response", vec![block_of]);
    }
    if let Some(cognito) = action.authenticate_cognito_config() {
        let block_of = Configuration::new().with("user_pool_arn", cognito.user_pool_arn());
        block.set("authenticate_cognito", vec![block_of]);
    }
    if let Some(oidc) = action.authenticate_oidc_config() {
        let block_of = Configuration::new().with("issuer", oidc.issuer());
        block.set("authenticate_oidc", vec![block_of]);
    }
    block
}

/// Brings the actions under `name` into one form: to forward to a single target group may be written as
/// `target_group_arn` or as a block `forward`, and the API returns both.
pub(super) fn one_form_of_actions(configuration: &mut Configuration, name: &'static str) {
    let Some(Value::List(actions)) = configuration.get(name) else {
        return;
    };
    let actions: Vec<Value> = actions
        .iter()
        .map(|action| match action {
            Value::Block(action) => Value::Block(one_form(action.clone())),
            other => other.clone(),
        })
        .collect();
    configuration.set(name, Value::List(actions));
}

fn one_form(mut action: Configuration) -> Configuration {
    let mut groups = Vec::new();
    action.each_at("forward.target_group.arn", &mut |arn| groups.extend(arn.as_str()));
    if let [only] = groups[..] {
        let only = only.to_owned();
        action.set("forward", Value::Null).set("target_group_arn", only);
    } else if groups.len() > 1 {
        let mut groups: Vec<String> = groups.into_iter().map(str::to_owned).collect();
        groups.sort_unstable();
        let groups: Vec<Value> = groups
            .into_iter()
            .map(|arn| Configuration::new().with("arn", arn).into())
            .collect();
        let forward = Configuration::new().with("target_group", groups);
        action
            .set("forward", vec![forward])
            .set("target_group_arn", Value::Null);
    }
    action
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_target_group_is_the_same_in_both_ways_of_writing() {
        let group = |arn: &str| Value::from(Configuration::new().with("arn", arn));
        let action = |block: Configuration| Configuration::new().with("default_action", vec![block]);
        let mut short = action(
            Configuration::new()
                .with("type", "forward")
                .with("target_group_arn", "a"),
        );
        let forward = Configuration::new().with("target_group", vec![group("a")]);
        let mut long = action(
            Configuration::new()
                .with("type", "forward")
                .with("forward", vec![forward]),
        );
        one_form_of_actions(&mut short, "default_action");
        one_form_of_actions(&mut long, "default_action");
        assert_eq!(short, long);

        let two = |first, second| {
            let forward = Configuration::new().with("target_group", vec![group(first), group(second)]);
            let mut two = action(Configuration::new().with("forward", vec![forward]));
            one_form_of_actions(&mut two, "default_action");
            two
        };
        assert_eq!(two("a", "b"), two("b", "a"));
    }
}

//! From the SDK's types to the model's, shared by all described kinds.

use crate::model::{Delegate, Origin, Tags, Timestamp, Value};

/// Turns the SDK's time into ours; a time that cannot be told is left out.
pub(super) fn time(time: Option<&aws_smithy_types::DateTime>) -> Option<Timestamp> {
    let time = time?;
    Timestamp::new(time.secs(), 0).ok()
}

/// Collects tags of any service from pairs of optional key and value.
pub(super) fn tags<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Tags {
    pairs
        .filter_map(|(key, value)| Some((key?, value.unwrap_or_default())))
        .collect()
}

/// EC2's tags.
pub(super) fn ec2_tags(tags: &[aws_sdk_ec2::types::Tag]) -> Tags {
    self::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// Says whether `owner` is another account than the one that is listed.
pub(super) fn is_foreign(cx: &crate::aws::ListCx<'_>, owner: Option<&str>) -> bool {
    owner.is_some_and(|owner| *owner != *cx.account)
}

/// Texts without an order.
pub(super) fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Value {
    Value::set(items)
}

/// ECS's tags.
pub(super) fn ecs_tags(tags: &[aws_sdk_ecs::types::Tag]) -> Tags {
    self::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// Reads a time that an API gives as text: `2026-01-01T00:00:00.000Z`.
pub(super) fn time_of_text(text: Option<&str>) -> Option<Timestamp> {
    let time: Timestamp = text?.parse().ok()?;
    Timestamp::new(time.as_second(), 0).ok()
}

/// Says that another system made and manages a resource; `evidence` is the API fact that shows it.
pub(super) fn delegated(system: &str, name: &str, evidence: impl Into<Box<str>>) -> Origin {
    Origin::Delegated(Box::new(Delegate {
        system: system.strip_suffix(".amazonaws.com").unwrap_or(system).into(),
        name: name.into(),
        evidence: evidence.into(),
    }))
}

/// Reads EC2's own mark of a resource that an AWS service manages
/// (source: EC2 API reference, `OperatorResponse`).
pub(super) fn ec2_operator(operator: Option<&aws_sdk_ec2::types::OperatorResponse>) -> Option<Origin> {
    let operator = operator.filter(|operator| operator.managed() == Some(true))?;
    let principal = operator.principal().unwrap_or("an AWS service");
    Some(delegated(
        principal,
        principal,
        format!("EC2 says that {principal} operates it"),
    ))
}

/// Says whether EC2 here does not know `IncludeManagedResources` yet (other partitions learn parameters later),
/// so that the call has to be made without it.
pub(super) fn knows_no_managed_resources(result: &Result<(), crate::aws::Fault>) -> bool {
    matches!(result, Err(fault) if fault.code.as_deref() == Some("UnknownParameter"))
}

//! From the SDK's types to the model's, shared by all described kinds.

use crate::model::{Tags, Timestamp, Value};

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

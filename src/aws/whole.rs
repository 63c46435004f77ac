//! An answer that ends early must not pass for a shorter list.
//!
//! The SDK's readers of XML are content with what they have when the text ends, and its readers of JSON with no text
//! at all. A transport says so when a body breaks off; a proxy that shortens one and counts it anew does not.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// The answer is not whole.
#[derive(Debug, thiserror::Error)]
#[error("the answer breaks off")]
pub struct CutOff;

/// Refuses, after reading, every good answer whose text is not whole.
#[derive(Debug)]
pub(crate) struct Whole;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        match response.body().bytes() {
            Some(body) if response.status().is_success() && !is_whole(body) => Err(CutOff.into()),
            _ => Ok(()),
        }
    }
}

/// Says whether a text is one element of XML, or looks like one object of JSON from both ends (what is between has
/// been read by then).
pub(crate) fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    match body.first() {
        Some(b'{') => body.ends_with(b"}"),
        Some(b'<') => is_whole_xml(body),
        _ => false,
    }
}

/// The name of the element that holds all the others, and what follows its `<`.
fn root_of(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = body;
    // `<?xml … ?>`, comments.
    while rest.starts_with(b"<?") || rest.starts_with(b"<!") {
        let end = rest.iter().position(|byte| *byte == b'>')?;
        rest = rest[end + 1..].trim_ascii_start();
    }
    let rest = rest.strip_prefix(b"<")?;
    let end = rest
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))?;
    Some((&rest[..end], rest))
}

/// Says whether a text is a page for people, whatever its header says.
pub(crate) fn is_page(body: &[u8]) -> bool {
    root_of(body.trim_ascii()).is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"html"))
}

fn is_whole_xml(body: &[u8]) -> bool {
    let Some((name, rest)) = root_of(body) else {
        return false;
    };
    let close = [b"</", name, b">"].concat();
    let only_tag = rest.iter().position(|byte| *byte == b'>') == Some(rest.len() - 1);
    body.ends_with(&close) || (only_tag && rest.ends_with(b"/>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_off_is_not_whole() {
        for whole in [
            "<A/>",
            "<A></A>\n",
            "<?xml version=\"1.0\"?>\n<!-- x --><A xmlns=\"y\"><B/></A>",
            "{}",
            " {\"a\": {}} ",
        ] {
            assert!(is_whole(whole.as_bytes()), "{whole}");
        }
        for cut in [
            "",
            " ",
            "<",
            "<A",
            "<A>",
            "<A><B>",
            "<A><B></B>",
            "<A><B/>",
            "<A></A",
            "<?xml version=\"1.0\"?>",
            "{",
            "{\"a\": [",
            "null",
        ] {
            assert!(!is_whole(cut.as_bytes()), "{cut}");
        }
    }

    #[tokio::test]
    async fn a_list_that_breaks_off_is_a_fault() {
        let listing = crate::kinds::LISTINGS
            .iter()
            .find(|listing| listing.kinds[0].name == "aws_vpc")
            .expect("a listing");
        let fault = crate::aws::replay::Replay::default()
            .answer(
                "DescribeVpcs",
                "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-0a1b2c3d</vpcId></item>",
            )
            .list(listing.list)
            .await
            .expect_err("not a list of one");
        assert_eq!(fault.reason, crate::aws::fault::Reason::Broken);
    }
}

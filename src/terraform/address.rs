//! Addresses as Terraform prints them: `module.net.aws_subnet.public["a"]`.

use std::fmt::Write as _;

use crate::model::Mode;

/// The key of an instance that `count` or `for_each` made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IndexKey {
    Number(i64),
    Text(Box<str>),
}

/// The address of a resource's block: its module's path, `data.` for data sources, type and name.
pub(super) fn block(module: &str, mode: Mode, kind: &str, name: &str) -> String {
    let data = if mode == Mode::Data { "data." } else { "" };
    let dot = if module.is_empty() { "" } else { "." };
    format!("{module}{dot}{data}{kind}.{name}")
}

/// The address of an instance of `block`.
pub(super) fn instance(block: &str, key: Option<&IndexKey>) -> Box<str> {
    let mut address = String::with_capacity(block.len() + 8);
    address.push_str(block);
    match key {
        None => {}
        Some(IndexKey::Number(number)) => {
            let _ = write!(address, "[{number}]");
        }
        Some(IndexKey::Text(text)) => {
            address.push('[');
            quote(&mut address, text);
            address.push(']');
        }
    }
    address.into()
}

/// Writes `text` as a quoted string of Terraform's language.
///
/// Source: the function that prints `addrs.StringKey` in Terraform and OpenTofu.
fn quote(address: &mut String, text: &str) {
    address.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => address.push_str("\\n"),
            '\r' => address.push_str("\\r"),
            '\t' => address.push_str("\\t"),
            '"' => address.push_str("\\\""),
            '\\' => address.push_str("\\\\"),
            // A brace after these would start a template: they are doubled.
            '$' | '%' if rest.peek() == Some(&'{') => {
                address.push(c);
                address.push(c);
            }
            _ if is_printed(c) => address.push(c),
            _ if u32::from(c) < 0x1_0000 => {
                let _ = write!(address, "\\u{:04x}", u32::from(c));
            }
            _ => {
                let _ = write!(address, "\\U{:08x}", u32::from(c));
            }
        }
    }
    address.push('"');
}

/// Says whether Terraform prints the character itself: letters, marks, numbers, signs and the plain space.
fn is_printed(c: char) -> bool {
    let unseen = c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(u32::from(c),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f
            | 0xe000..=0xf8ff | 0xfeff | 0xfff0..=0xfffb | 0xfffe..=0xffff | 0xe_0000..=0x10_ffff);
    !unseen
}

/// The provider's source in a provider's address: `registry.terraform.io/hashicorp/aws` of
/// `module.x.provider["registry.terraform.io/hashicorp/aws"].west`, and `aws` of the old `provider.aws.west`.
pub(super) fn provider_source(address: &str) -> &str {
    if let Some(at) = address.find("provider[\"") {
        let rest = &address[at + "provider[\"".len()..];
        return rest.split('"').next().unwrap_or(rest);
    }
    let name = address
        .strip_prefix("provider.")
        .or_else(|| address.split_once(".provider.").map(|(_, rest)| rest))
        .unwrap_or(address);
    if name.contains('/') {
        name
    } else {
        name.split('.').next().unwrap_or(name)
    }
}

/// Says whether a provider's instances are AWS resources: `aws` and `awscc` of any host and namespace,
/// and forks under other names, whose types still start with `aws_`.
pub(super) fn is_aws(source: &str, kind: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or(source);
    matches!(name, "aws" | "awscc") || kind.starts_with("aws_") || kind.starts_with("awscc_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_quoted_as_terraform_does() {
        for (key, printed) in [
            ("a", r#"["a"]"#),
            ("", r#"[""]"#),
            ("k.1", r#"["k.1"]"#),
            ("k\"2", r#"["k\"2"]"#),
            ("b c", r#"["b c"]"#),
            ("a\\b", r#"["a\\b"]"#),
            ("x\ny\t\r", r#"["x\ny\t\r"]"#),
            ("${a}", r#"["$${a}"]"#),
            ("%{a}", r#"["%%{a}"]"#),
            ("$a%", r#"["$a%"]"#),
            ("ä日本", r#"["ä日本"]"#),
            ("\u{7f}", r#"["\u007f"]"#),
            ("\u{a0}", r#"["\u00a0"]"#),
            ("\u{e0001}", r#"["\U000e0001"]"#),
        ] {
            let key = IndexKey::Text(key.into());
            assert_eq!(&*instance("", Some(&key)), printed);
        }
        assert_eq!(&*instance("aws_vpc.a", Some(&IndexKey::Number(0))), "aws_vpc.a[0]");
        assert_eq!(
            block("module.m[\"a\"]", Mode::Data, "aws_ami", "al"),
            "module.m[\"a\"].data.aws_ami.al"
        );
    }

    #[test]
    fn any_address_of_a_provider_gives_its_source() {
        for (address, source, aws) in [
            (
                r#"provider["registry.terraform.io/hashicorp/aws"]"#,
                "registry.terraform.io/hashicorp/aws",
                true,
            ),
            (
                r#"provider["registry.opentofu.org/hashicorp/aws"].west["eu-west-1"]"#,
                "registry.opentofu.org/hashicorp/aws",
                true,
            ),
            (
                r#"module.x["provider.y"].provider["example.com/mirror/aws"].w"#,
                "example.com/mirror/aws",
                true,
            ),
            ("provider.aws", "aws", true),
            ("provider.aws.west", "aws", true),
            ("module.net.provider.aws.west", "aws", true),
            (
                "registry.terraform.io/hashicorp/aws",
                "registry.terraform.io/hashicorp/aws",
                true,
            ),
            (
                r#"provider["registry.terraform.io/hashicorp/random"]"#,
                "registry.terraform.io/hashicorp/random",
                false,
            ),
            ("provider.awsome", "awsome", false),
        ] {
            assert_eq!(provider_source(address), source, "{address}");
            assert_eq!(is_aws(source, "x_y"), aws, "{address}");
        }
    }
}

//! Claims: resource instances in Terraform states.

use serde::{Deserialize, Serialize};

use super::{Configuration, Reference, Symbol, Tags};

/// Whether a state manages a resource or only reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A `resource` block: the state owns it.
    #[default]
    Managed,
    /// A `data` block: the project reads it.
    Data,
}

/// One resource instance in a state.
///
/// It holds no more than what the kind's facts name and strings in the shape of an id or ARN:
/// everything else was dropped at parse, because states hold passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Which of the states holds it, as an index into their list.
    pub state: u32,
    pub mode: Mode,
    /// The Terraform type as the state says it: `aws_alb`, `aws_default_vpc`, `aws_route`.
    pub kind: Symbol,
    /// `module.net.aws_subnet.public["a"]`.
    pub address: Box<str>,
    /// The provider's address, with its alias: `provider["registry.terraform.io/hashicorp/aws"].west`.
    pub provider: Symbol,
    /// The attribute `id`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<Box<str>>,
    /// The provider's own identity of the instance (Terraform 1.12 and later): `account_id`, `region`, `id`, `arn` …
    #[serde(default, skip_serializing_if = "Configuration::is_empty")]
    pub identity: Configuration,
    /// From the attribute `region` (provider 6), the identity or the ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// Attributes that the kind's facts name.
    #[serde(default, skip_serializing_if = "Configuration::is_empty")]
    pub configuration: Configuration,
    /// Every other string of the instance in the shape of an ARN or AWS-made id, with its attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Reference>,
    /// The key of a deposed object: still live, but no longer wanted by the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposed: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tainted: bool,
    /// The project, once it is decided.
    #[serde(default)]
    pub project: Symbol,
}

impl Claim {
    /// Says whether the claim owns the resource, rather than reading it.
    #[must_use]
    pub fn is_managed(&self) -> bool {
        self.mode == Mode::Managed
    }

    /// The address of the block, without the instance's own key: siblings of `count` and `for_each` share it.
    #[must_use]
    pub fn block(&self) -> &str {
        match self.address.strip_suffix(']') {
            Some(rest) => {
                // A key may itself hold brackets and quotes: it starts after the resource's name,
                // which is the last `[` outside quotes.
                let mut quoted = false;
                let mut escaped = false;
                let mut start = None;
                for (at, c) in rest.char_indices() {
                    match c {
                        _ if escaped => escaped = false,
                        '\\' if quoted => escaped = true,
                        '"' => quoted = !quoted,
                        '[' if !quoted => start = Some(at),
                        _ => {}
                    }
                }
                start.map_or(&self.address, |at| &rest[..at])
            }
            None => &self.address,
        }
    }
}

/// How reading a state ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateStatus {
    Read,
    /// Another file with the same lineage and a higher serial counts instead.
    Stale,
    Unreadable,
    /// A file without content: not the same as a state without resources, which is `read`.
    Empty,
}

/// One state, or a file that should have been one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The path or address as the user would write it.
    pub source: String,
    pub status: StateStatus,
    /// The project of a claim that neither the config nor a tag gives another: the state's name.
    pub project: Symbol,
    pub lineage: Option<String>,
    pub serial: Option<u64>,
    pub terraform_version: Option<String>,
    /// Managed instances.
    pub claims: u64,
    /// Types without a disposition, with the number of instances of each.
    #[serde(default)]
    pub unknown_types: Vec<(Symbol, u64)>,
    /// Why it could not be read: place, never content.
    pub error: Option<String>,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
}

impl State {
    /// Says whether it may hold claims that are not known now: it could not be read, or it is a backup whose own state
    /// is not there (stale, with an error).
    #[must_use]
    pub fn is_gap(&self) -> bool {
        match self.status {
            StateStatus::Unreadable | StateStatus::Empty => true,
            StateStatus::Stale => self.error.is_some(),
            StateStatus::Read => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_of_an_instance_is_without_its_own_key() {
        let claim = |address: &str| Claim {
            state: 0,
            mode: Mode::Managed,
            kind: "aws_subnet".into(),
            address: address.into(),
            provider: "".into(),
            id: None,
            arn: None,
            identity: Configuration::new(),
            region: None,
            account: None,
            tags: Tags::default(),
            configuration: Configuration::new(),
            candidates: Vec::new(),
            deposed: None,
            tainted: false,
            project: "".into(),
        };
        for (address, block) in [
            ("aws_vpc.main", "aws_vpc.main"),
            ("aws_subnet.a[0]", "aws_subnet.a"),
            (r#"module.m["x"].aws_subnet.a["b[1]"]"#, r#"module.m["x"].aws_subnet.a"#),
            (
                r#"module.m["x"].aws_subnet.a["q\"]["]"#,
                r#"module.m["x"].aws_subnet.a"#,
            ),
            (r#"module.m["x"].aws_subnet.a"#, r#"module.m["x"].aws_subnet.a"#),
        ] {
            assert_eq!(claim(address).block(), block);
        }
    }
}

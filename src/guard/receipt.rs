//! Receipts: what a check leaves behind, so that the guard knows what was checked.
//!
//! A receipt names one plan file, or one command, by its SHA-256; it holds for exactly those bytes and for an hour.
//! It is no signature: whoever can write the folder of receipts can write a receipt.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::check::Verdict;
use crate::model::Timestamp;

/// The schema's name; it changes only with a breaking change.
pub const SCHEMA: &str = "whose.receipt/1";

/// Seconds that a receipt holds, where nothing else was asked for.
pub const VALID_SECONDS: i64 = 3600;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub schema: String,
    /// The version of this program that checked.
    pub version: String,
    pub verdict: Verdict,
    /// `false` where something that the answer needs could not be seen.
    pub complete: bool,
    pub subject: Subject,
    /// The projects of what is changed, sorted; a person who confirms a review types them.
    pub projects: Vec<String>,
    /// The accounts that were looked at, sorted.
    pub accounts: Vec<String>,
    /// When the live side was seen.
    pub scanned_at: Timestamp,
    pub checked_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sort", rename_all = "snake_case")]
pub enum Subject {
    /// A plan file.
    Plan {
        sha256: String,
        /// The path as the user wrote it; for people, the hash is what counts.
        source: String,
        lineage: Option<String>,
        serial: Option<u64>,
    },
    /// One command of the AWS CLI.
    Command {
        sha256: String,
        /// For people.
        text: String,
    },
}

impl Subject {
    #[must_use]
    pub fn sha256(&self) -> &str {
        match self {
            Self::Plan { sha256, .. } | Self::Command { sha256, .. } => sha256,
        }
    }
}

/// What a valid receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Pass,
    /// A person may still confirm it.
    Review,
}

impl Receipt {
    /// Says what the receipt is worth for the bytes with this hash, at `now`.
    ///
    /// # Errors
    /// Says in one clause why it is worth nothing.
    pub fn word(&self, sha256: &str, now: Timestamp) -> Result<Word, String> {
        if self.schema != SCHEMA {
            return Err(format!("its receipt is of another format ({})", self.schema));
        }
        if self.subject.sha256() != sha256 {
            return Err("its receipt is for something else".to_owned());
        }
        if self.checked_at > now {
            return Err("its receipt is from the future: the clock was changed".to_owned());
        }
        if self.expires_at <= now {
            return Err(format!("its receipt ran out at {}: check it again", self.expires_at));
        }
        match (self.verdict, self.complete) {
            (Verdict::Pass, true) => Ok(Word::Pass),
            (Verdict::Review, true) => Ok(Word::Review),
            (verdict, _) => Err(format!(
                "the check said {}",
                if self.complete { verdict.word() } else { "incomplete" }
            )),
        }
    }
}

/// The SHA-256 of bytes, in hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The SHA-256 of a command: its arguments, the program by its bare name, and what decides the account and region.
///
/// `environment` gives the variables that the command would see.
#[must_use]
pub fn command_sha256(args: &[&str], environment: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::from("whose.command/1\0");
    for (at, arg) in args.iter().enumerate() {
        let arg = if at == 0 {
            arg.rsplit('/').next().unwrap_or(arg)
        } else {
            arg
        };
        // The length keeps two arguments from reading as one.
        text.push_str(&format!("{}:{arg}\0", arg.len()));
    }
    for name in crate::commands::aws::DECIDING {
        if let Some(value) = environment(name).filter(|value| !value.is_empty()) {
            text.push_str(&format!("{name}={}:{value}\0", value.len()));
        }
    }
    sha256(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(verdict: Verdict, complete: bool) -> Receipt {
        let at: Timestamp = "2026-11-24T08:00:00Z".parse().expect("a time");
        Receipt {
            schema: SCHEMA.to_owned(),
            version: "0".to_owned(),
            verdict,
            complete,
            subject: Subject::Plan {
                sha256: sha256(b"plan"),
                source: "plan.out".to_owned(),
                lineage: None,
                serial: None,
            },
            projects: vec!["platform".to_owned()],
            accounts: vec!["123456789012".to_owned()],
            scanned_at: at,
            checked_at: at,
            expires_at: "2026-11-24T09:00:00Z".parse().expect("a time"),
        }
    }

    #[test]
    fn it_holds_for_the_same_bytes_and_for_its_time() {
        let receipt = receipt(Verdict::Pass, true);
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let hash = sha256(b"plan");
        assert_eq!(receipt.word(&hash, at("2026-11-24T08:30:00Z")), Ok(Word::Pass));
        for (hash, now, why) in [
            (sha256(b"other"), "2026-11-24T08:30:00Z", "something else"),
            (hash.clone(), "2026-11-24T09:00:00Z", "ran out"),
            (hash.clone(), "2026-11-24T07:59:59Z", "future"),
        ] {
            let error = receipt.word(&hash, at(now)).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn only_whole_passes_and_reviews_are_worth_something() {
        let now = "2026-11-24T08:30:00Z".parse().expect("a time");
        let hash = sha256(b"plan");
        assert_eq!(receipt(Verdict::Review, true).word(&hash, now), Ok(Word::Review));
        for (verdict, complete) in [
            (Verdict::Pass, false),
            (Verdict::Review, false),
            (Verdict::Incomplete, true),
            (Verdict::Block, true),
        ] {
            assert!(
                receipt(verdict, complete).word(&hash, now).is_err(),
                "{verdict:?} {complete}"
            );
        }
    }

    #[test]
    fn a_command_is_its_arguments_and_where_they_go() {
        let none = |_: &str| None;
        let one = command_sha256(&["aws", "ec2", "delete-vpc", "--vpc-id", "vpc-1"], none);
        assert_eq!(
            one,
            command_sha256(&["/usr/bin/aws", "ec2", "delete-vpc", "--vpc-id", "vpc-1"], none)
        );
        assert_ne!(
            one,
            command_sha256(&["aws", "ec2", "delete-vpc", "--vpc-id", "vpc-2"], none)
        );
        assert_ne!(
            one,
            command_sha256(&["aws", "ec2", "delete-vpc", "--vpc-id vpc-1"], none)
        );
        let elsewhere = |name: &str| (name == "AWS_PROFILE").then(|| "prod".to_owned());
        assert_ne!(
            one,
            command_sha256(&["aws", "ec2", "delete-vpc", "--vpc-id", "vpc-1"], elsewhere)
        );
    }
}

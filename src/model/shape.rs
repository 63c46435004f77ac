//! Which strings have the exact shape of an ARN or of an id that AWS makes.
//!
//! At parse only such strings, and attributes that a kind's facts name, are kept from a state.
//! The shape is therefore narrow on purpose: a password that passes it would have to be an id.

use super::Arn;

/// Prefixes of ids that AWS makes as `prefix-` and 8 or 17 hexadecimal digits
/// (source: Amazon EC2 User Guide, "Resource IDs", and the ids in the EC2 API reference).
const PREFIXES: &[&str] = &[
    "acl",
    "ami",
    "aki",
    "ari",
    "bundle",
    "cagw",
    "carrier",
    "cgw",
    "cr",
    "dopt",
    "eigw",
    "eipalloc",
    "eipassoc",
    "eni",
    "eni-attach",
    "export-i",
    "fl",
    "fleet",
    "fs",
    "fsap",
    "fsmt",
    "fle",
    "host",
    "hr",
    "i",
    "iap",
    "igw",
    "import-ami",
    "import-snap",
    "ipam",
    "ipam-pool",
    "ipam-scope",
    "key",
    "lgw",
    "lt",
    "nat",
    "pcx",
    "pg",
    "pl",
    "r",
    "rtb",
    "rtbassoc",
    "sg",
    "sgr",
    "sir",
    "snap",
    "srv",
    "subnet",
    "svr",
    "tgw",
    "tgw-attach",
    "tgw-rtb",
    "tmf",
    "tms",
    "tmt",
    "vgw",
    "vol",
    "vpc",
    "vpc-cidr-assoc",
    "vpce",
    "vpce-svc",
    "vpn",
    "cvpn-endpoint",
    "nia",
    "nis",
    "opl",
    "rnat",
    "se",
    "vai",
    "vatp",
    "vagr",
];

/// Says whether `text` is an id of the form `prefix-` and hexadecimal digits that AWS made.
#[must_use]
pub fn is_aws_id(text: &str) -> bool {
    let Some((prefix, digits)) = text.rsplit_once('-') else {
        return false;
    };
    matches!(digits.len(), 8 | 17)
        && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && PREFIXES.contains(&prefix)
}

/// Says whether `text` may be kept as a candidate for a reference.
#[must_use]
pub fn is_candidate(text: &str) -> bool {
    is_aws_id(text) || Arn::parse(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_both_lengths_are_candidates() {
        for text in [
            "sg-0123456789abcdef0",
            "vpc-1a2b3c4d",
            "tgw-attach-0123456789abcdef0",
            "arn:aws:s3:::b",
        ] {
            assert!(is_candidate(text), "{text}");
        }
    }

    #[test]
    fn what_a_person_could_have_chosen_is_not() {
        for text in [
            "hunter2",
            "sg-",
            "sg-xyz",
            "my-12345678",
            "sg-0123456789ABCDEF0",
            "sgrule-123456789",
            "-12345678",
        ] {
            assert!(!is_candidate(text), "{text}");
        }
    }
}

//! Binary plans: zip files with the state that the plan was made from.
//!
//! `tfplan` is a protocol buffer that only Terraform's own schemas explain; `tfstate` is a state of format 4 with the
//! lineage and serial of the moment (source: `planfile` of Terraform and OpenTofu).

use std::io::{Cursor, Read};

use super::PlanError;
use crate::model::{StateStatus, Timestamp};
use crate::terraform::state::parse_state;

/// What a binary plan says about where it comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) lineage: Option<String>,
    pub(super) serial: Option<u64>,
    /// By the clock in the zip file, which has no time zone: taken for UTC.
    pub(super) made_at: Option<Timestamp>,
    pub(super) instances: Option<u64>,
}

/// No state that a plan carries is larger; a zip file that unpacks to more is an attack.
const LARGEST: u64 = 1 << 30;

pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

pub(super) fn read(bytes: &[u8], source: &str) -> Result<Origin, PlanError> {
    let damaged = || PlanError::Archive {
        source_name: source.to_owned(),
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if archive.by_name("tfplan").is_err() {
        return Err(PlanError::NotAPlan {
            source_name: source.to_owned(),
            what: "is a zip file, but not a plan: there is no `tfplan` in it",
            hint: super::SHOW,
        });
    }
    let Ok(entry) = archive.by_name("tfstate") else {
        return Ok(Origin::default());
    };
    let made_at = entry.last_modified().and_then(|at| {
        let date = jiff::civil::date(
            i16::try_from(at.year()).ok()?,
            i8::try_from(at.month()).ok()?,
            i8::try_from(at.day()).ok()?,
        );
        let time = date.at(
            i8::try_from(at.hour()).ok()?,
            i8::try_from(at.minute()).ok()?,
            i8::try_from(at.second()).ok()?,
            0,
        );
        jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
    });
    let mut state = Vec::new();
    entry.take(LARGEST).read_to_end(&mut state).map_err(|_| damaged())?;
    let parsed = parse_state(&state, source);
    if parsed.state.status != StateStatus::Read {
        return Err(damaged());
    }
    Ok(Origin {
        lineage: parsed.state.lineage,
        serial: parsed.state.serial,
        made_at,
        instances: Some(parsed.state.claims),
    })
}

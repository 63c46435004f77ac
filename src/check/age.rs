//! Ages in words, for sentences.

use crate::model::Timestamp;

/// The age in its largest unit: `3 days`; `None` for what is not born yet.
pub(super) fn age(born: Timestamp, now: Timestamp) -> Option<String> {
    let seconds = now.as_second() - born.as_second();
    (seconds >= 0).then(|| span(seconds))
}

/// Seconds in their largest whole unit.
pub(super) fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        63_072_000.. => (seconds / 31_536_000, "year"),
        5_184_000.. => (seconds / 2_592_000, "month"),
        172_800.. => (seconds / 86_400, "day"),
        3_600.. => (seconds / 3_600, "hour"),
        60.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_their_largest_unit() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (60, "1 minute"),
            (3_600, "1 hour"),
            (90_000, "25 hours"),
            (259_200, "3 days"),
            (80_000_000, "2 years"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }
}

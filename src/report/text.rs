//! Text from elsewhere (names, tags, error words), made harmless, measured and fitted into lines.
//!
//! A name or tag may hold anything: escape sequences that repaint a terminal, characters that reverse the reading
//! order. [`plain`] is the only way by which such text may reach a person.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Says whether a character could do more than be read: control characters, and those that are invisible or
/// change the order of what is read (source: Unicode TR 36, "Bidirectional Text Spoofing").
#[must_use]
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// The text with every hostile character written out: a newline as `\n`, an escape as `\u{1b}`.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hostile(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Columns that the text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Columns of one character: wide ones of East Asian scripts and pictures take two, combining marks none
/// (source: Unicode TR 11, as coarse ranges; being wrong shifts a column and no more).
fn columns(c: char) -> usize {
    match c {
        '\u{0300}'..='\u{036F}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// Cuts a *name* to `columns`. Ids, ARNs and addresses are never cut.
#[must_use]
pub fn shorten(name: &str, columns: usize) -> Cow<'_, str> {
    if width(name) <= columns {
        return Cow::Borrowed(name);
    }
    let mut out = String::new();
    let mut used = 1;
    for c in name.chars() {
        used += self::columns(c);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    Cow::Owned(out)
}

/// Pads to `columns` with blanks on the right.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{:blanks$}", "")
}

/// Breaks a sentence into lines of at most `columns`, at blanks only, and never inside a bracketed key of an
/// address (`aws_subnet.a["b c"]`). A word that is longer than the line stands whole on its own line.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in words(text) {
        let wide = width(word);
        if used > 0 && used + 1 + wide > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += wide;
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Words at blanks outside `["…"]`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            return None;
        }
        let mut quoted = false;
        let mut escaped = false;
        let mut before = ' ';
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' if quoted => quoted = false,
                // A key that never closes is no key.
                '"' if before == '[' && rest[at..].contains("\"]") => quoted = true,
                ' ' if !quoted => {
                    end = at;
                    break;
                }
                _ => {}
            }
            before = c;
        }
        let (word, left) = rest.split_at(end);
        rest = left;
        Some(word)
    })
}

/// `1 state`, `2 states`, `0 states`.
#[must_use]
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// `1,234,567`.
#[must_use]
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A moment for people: `2026-11-24 08:30 UTC`.
#[must_use]
pub fn moment(at: crate::model::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A day: `2026-11-24`.
#[must_use]
pub fn day(at: crate::model::Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The age in its largest two units that a person would use: `2 years 5 months`, `40 minutes`.
#[must_use]
pub fn age(born: crate::model::Timestamp, now: crate::model::Timestamp) -> Option<String> {
    let seconds = u64::try_from(now.as_second() - born.as_second()).ok()?;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    Some(match (days, hours, minutes) {
        (730.., ..) => {
            let (years, months) = (days / 365, days % 365 / 31);
            if months == 0 {
                counted(years, "year", "years")
            } else {
                format!("{years} years {}", counted(months, "month", "months"))
            }
        }
        (60.., ..) => counted(days * 12 / 365, "month", "months"),
        (2.., ..) => counted(days, "day", "days"),
        (_, 2.., _) => counted(hours, "hour", "hours"),
        _ => counted(minutes, "minute", "minutes"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile = "a\u{1b}[2Jb\u{9b}31mc\r\n\u{202e}d\u{7}\u{feff}\t";
        let safe = plain(hostile);
        assert!(!safe.contains(is_hostile), "{safe:?}");
        assert_eq!(safe, "a\\u{1b}[2Jb\\u{9b}31mc\\r\\n\\u{202e}d\\u{7}\\u{feff}\\t");
        assert!(matches!(plain("ünïcode 名前"), Cow::Borrowed(_)));
    }

    #[test]
    fn ids_and_addresses_are_never_broken() {
        let arn = "arn:aws:ecs:eu-west-1:123456789012:service/a-long-cluster/and-a-longer-service";
        let lines = wrap(&format!("used by {arn} of labs"), 20);
        assert_eq!(lines, ["used by", arn, "of labs"]);
        let address = r#"module.m["a b"].aws_subnet.c["d e"]"#;
        assert_eq!(wrap(&format!("in {address} now"), 10), ["in", address, "now"]);
        assert_eq!(wrap("a [\"b c d", 3), ["a", "[\"b", "c d"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn names_are_cut_by_columns() {
        assert_eq!(shorten("production", 6), "produ…");
        assert_eq!(shorten("名前名前", 5), "名前…");
        assert_eq!(pad("名", 4), "名  ");
    }

    #[test]
    fn ages_are_those_that_people_say() {
        let now: crate::model::Timestamp = "2026-07-01T00:00:00Z".parse().expect("a time");
        for (born, said) in [
            ("2024-01-01T00:00:00Z", Some("2 years 5 months")),
            ("2026-01-01T00:00:00Z", Some("5 months")),
            ("2026-06-20T00:00:00Z", Some("11 days")),
            ("2026-06-30T23:20:00Z", Some("40 minutes")),
            ("2026-06-30T20:00:00Z", Some("4 hours")),
            ("2027-06-30T20:00:00Z", None),
        ] {
            assert_eq!(age(born.parse().expect("a time"), now).as_deref(), said, "{born}");
        }
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(123), "123");
    }
}

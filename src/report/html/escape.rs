//! Foreign text inside HTML: one builder, into which foreign text can come only escaped.
//!
//! Markup is `&'static str`, so it stands in this crate; everything else goes through [`Html::text`] or
//! [`Html::attribute`], which also write out the characters that would reorder or hide what is read.

use super::super::text::plain;

/// A piece of a page.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup of the crate's own.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text between tags.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        push_escaped(&mut self.0, &plain(text));
        self
    }

    /// Text between tags in which an id is not broken at its hyphens.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        for (at, word) in text.split(' ').enumerate() {
            if at > 0 {
                self.0.push(' ');
            }
            if looks_like_an_id(word) {
                self.element("span", "w", word);
            } else {
                self.text(word);
            }
        }
        self
    }

    /// ` name="value"`; the name is the crate's own.
    pub(super) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        push_escaped(&mut self.0, &plain(value));
        self.0.push('"');
        self
    }

    /// `<tag class="class">text</tag>`.
    pub(super) fn element(&mut self, tag: &'static str, class: &str, text: &str) -> &mut Self {
        self.0.push('<');
        self.0.push_str(tag);
        if !class.is_empty() {
            self.attribute("class", class);
        }
        self.0.push('>');
        self.text(text);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    pub(super) fn link(&mut self, class: &str, href: &str, text: &str) -> &mut Self {
        self.0.push_str("<a");
        if !class.is_empty() {
            self.attribute("class", class);
        }
        self.attribute("href", href);
        self.0.push('>');
        self.text(text);
        self.0.push_str("</a>");
        self
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A word with a hyphen and a digit that still fits a line of a phone.
fn looks_like_an_id(word: &str) -> bool {
    word.len() <= 36 && word.contains('-') && word.contains(|c: char| c.is_ascii_digit())
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// JSON for a `<script type="application/json">`: nothing in it can end the script or begin a comment.
///
/// The characters that could stand only inside strings, where their escapes mean the same.
pub(super) fn script_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 64);
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

/// The address of a page inside the report: `#/resource/arn:aws:…`, with whatever could end it percent-encoded.
pub(super) fn route(page: &'static str, about: &str) -> String {
    use std::fmt::Write as _;
    let mut out = format!("#/{page}/");
    for byte in plain(about).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b'/' => {
                out.push(char::from(byte));
            }
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Standard base64 with padding; the hashes of a content security policy are written so.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .chain(&[0, 0])
            .take(3)
            .fold(0_usize, |word, byte| word << 8 | usize::from(*byte));
        for at in 0..4 {
            out.push(if at <= chunk.len() {
                char::from(ALPHABET[word >> (18 - 6 * at) & 63])
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        let mut html = Html::default();
        html.raw("<p")
            .attribute("title", "\"><img src=x onerror=alert(1)>")
            .raw(">")
            .text("</p><script>alert('1')</script>&amp;\u{202e}")
            .raw("</p>");
        let text = html.finish();
        assert_eq!(text.matches('<').count(), 2, "{text}");
        assert_eq!(text.matches('"').count(), 2, "{text}");
        assert!(text.contains("&amp;amp;") && text.contains("\\u{202e}"), "{text}");
    }

    #[test]
    fn json_cannot_leave_its_script_and_keeps_its_value() {
        let hostile = "</script><!-- --> & \u{2028}\u{2029} ]]>";
        let json = serde_json::to_string(hostile).expect("JSON");
        let safe = script_json(&json);
        for bad in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
            assert!(!safe.contains(bad), "{safe}");
        }
        let again: String = serde_json::from_str(&safe).expect("JSON");
        assert_eq!(again, hostile);
    }

    #[test]
    fn routes_keep_arns_readable() {
        assert_eq!(
            route("resource", "arn:aws:ec2:eu-west-1:1:vpc/v\"é #?"),
            "#/resource/arn:aws:ec2:eu-west-1:1:vpc/v%22%C3%A9%20%23%3F"
        );
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfb]), "//77");
    }
}

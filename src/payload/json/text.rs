//! What stands between the quotes of a JSON string.

use std::borrow::Cow;
use std::cmp::Ordering;

use memchr::memchr;

/// Whether a string of these raw bytes says `text`.
#[must_use]
#[inline]
pub fn equals(raw: &[u8], text: &[u8]) -> bool {
    let plain = raw.iter().zip(text);
    let plain = plain.take_while(|(raw, said)| raw == said && **raw != b'\\');
    match raw.get(plain.count()) {
        Some(b'\\') => Unescaped::new(raw).eq(text.iter().copied()),
        Some(_) => false,
        None => raw.len() == text.len(),
    }
}

/// How what a string of these raw bytes says compares to `text`, byte by byte.
#[must_use]
pub fn compare(raw: &[u8], text: &[u8]) -> Ordering {
    if has_escape(raw) {
        Unescaped::new(raw).cmp(text.iter().copied())
    } else {
        raw.cmp(text)
    }
}

/// Whether anything in these raw bytes is not as it is written.
#[must_use]
pub fn has_escape(raw: &[u8]) -> bool {
    memchr(b'\\', raw).is_some()
}

/// What a value of JSON says: a string what stands between its quotes, anything else what is written.
#[must_use]
pub fn said(value: &[u8]) -> Cow<'_, [u8]> {
    match value {
        [b'"', raw @ .., b'"'] if has_escape(raw) => Unescaped::new(raw).collect(),
        [b'"', raw @ .., b'"'] => raw.into(),
        other => other.into(),
    }
}

/// What a string says, in quotes as people read it. That need not be JSON.
#[must_use]
pub fn quoted(said: &[u8]) -> Vec<u8> {
    [b"\"", said, b"\""].concat()
}

/// What a string of these raw bytes says, byte by byte. Half of a surrogate pair gives the three
/// bytes that UTF-8 would have for it; what is no escape is taken as it is written.
pub struct Unescaped<'a> {
    raw: &'a [u8],
    at: usize,
    /// Bytes of a character that are still to come, the next one first.
    ready: [u8; 4],
    left: usize,
}

impl<'a> Unescaped<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(raw: &'a [u8]) -> Self {
        Self {
            raw,
            at: 0,
            ready: [0; 4],
            left: 0,
        }
    }

    /// The code unit of the `\u` escape at `at`.
    fn unit(&self, at: usize) -> Option<u32> {
        let escape = self.raw.get(at..at + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| {
            Some(unit << 4 | char::from(*digit).to_digit(16)?)
        })
    }

    /// Takes the `\u` escape here and gives its first byte.
    fn take_unit(&mut self) -> Option<u8> {
        let high = self.unit(self.at)?;
        self.at += 6;
        let low = self
            .unit(self.at)
            .filter(|low| (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(low));
        let code = match low {
            Some(low) => {
                self.at += 6;
                0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
            }
            None => high,
        };
        let mut bytes = [0; 4];
        let length = if let Some(character) = char::from_u32(code) {
            character.encode_utf8(&mut bytes).len()
        } else {
            let low_byte = |code: u32| code.to_le_bytes()[0];
            bytes[0] = 0xe0 | low_byte(code >> 12);
            bytes[1] = 0x80 | low_byte(code >> 6 & 0x3f);
            bytes[2] = 0x80 | low_byte(code & 0x3f);
            3
        };
        let first = bytes[0];
        bytes.rotate_left(1);
        (self.ready, self.left) = (bytes, length - 1);
        Some(first)
    }
}

impl Iterator for Unescaped<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.left > 0 {
            let byte = self.ready[0];
            self.ready.rotate_left(1);
            self.left -= 1;
            return Some(byte);
        }
        let byte = *self.raw.get(self.at)?;
        if byte != b'\\' {
            self.at += 1;
            return Some(byte);
        }
        let escaped = match self.raw.get(self.at + 1) {
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(same @ (b'"' | b'\\' | b'/')) => *same,
            _ => {
                return self.take_unit().or_else(|| {
                    self.at += 1;
                    Some(byte)
                });
            }
        };
        self.at += 2;
        Some(escaped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(raw: &str) -> Vec<u8> {
        Unescaped::new(raw.as_bytes()).collect()
    }

    #[test]
    fn escapes_say_what_json_has_them_say() {
        assert_eq!(said(r#"a\"\\\/\b\f\n\r\tz"#), b"a\"\\/\x08\x0c\n\r\tz");
        assert_eq!(said(r"\u0069d"), b"id");
        assert_eq!(said(r"\u00e9\u20AC"), "é€".as_bytes());
        assert_eq!(said(r"\ud83d\ude00!"), "😀!".as_bytes());
        assert_eq!(said(r"\ud83d\ud83d\ude00"), b"\xed\xa0\xbd\xf0\x9f\x98\x80");
        assert_eq!(said(r"\ude00"), b"\xed\xb8\x80");
        assert_eq!(said(r"\q\u12"), br"\q\u12");
        assert_eq!(said(r"a\"), br"a\");
    }

    #[test]
    fn a_value_says_what_a_string_says_or_what_is_written() {
        assert_eq!(
            super::said(br#""caf\u00e9 \"x\"""#),
            "café \"x\"".as_bytes()
        );
        assert_eq!(super::said(b"\"plain\""), &b"plain"[..]);
        assert_eq!(super::said(b"\"\""), &b""[..]);
        assert_eq!(super::said(br#"["\n"]"#), &br#"["\n"]"#[..]);
        assert_eq!(quoted(b"a\"b"), b"\"a\"b\"");
    }

    #[test]
    fn equality_sees_through_escapes() {
        assert!(equals(br"\u0069d", b"id"));
        assert!(equals(b"id", b"id"));
        assert!(!equals(br"\u0069", b"id"));
        assert!(!equals(b"idx", b"id"));
        assert!(!equals(b"i", b"id"));
        assert!(!equals(br"\n", br"\n"));
        assert!(equals(br"\\n", br"\n"));
        assert_eq!(compare(br"\u0062", b"a"), Ordering::Greater);
    }
}

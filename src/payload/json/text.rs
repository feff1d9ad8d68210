//! The contents of JSON strings.

use std::array;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter::Take;

use memchr::{memchr, memchr2};

/// Returns whether the unescaped contents of a string with these raw bytes equal `text`.
#[inline]
pub fn equals(raw: &[u8], text: &[u8]) -> bool {
    let plain = raw.iter().zip(text);
    let plain = plain.take_while(|(raw, plain)| raw == plain && **raw != b'\\');
    match raw.get(plain.count()) {
        Some(b'\\') => Unescaped::new(raw).eq(text.iter().copied()),
        Some(_) => false,
        None => raw.len() == text.len(),
    }
}

/// Compares the unescaped contents of a string with these raw bytes to `text`, byte by byte.
pub fn compare(raw: &[u8], text: &[u8]) -> Ordering {
    if has_escape(raw) {
        Unescaped::new(raw).cmp(text.iter().copied())
    } else {
        raw.cmp(text)
    }
}

/// Returns a quoted string whose contents are exactly `text`, which need not be UTF-8.
pub fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_quoted(text, &mut out);
    out
}

/// Appends what [`quoted`] returns.
pub fn push_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend([b'\\', rest[at]]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Returns whether these raw bytes contain an escape.
pub fn has_escape(raw: &[u8]) -> bool {
    memchr(b'\\', raw).is_some()
}

/// Returns the text between the quotes, if the value is a string.
#[inline]
pub fn unquoted(value: &[u8]) -> Option<&[u8]> {
    match value {
        [b'"', raw @ .., b'"'] => Some(raw),
        _ => None,
    }
}

/// Returns the unescaped contents of a string with these raw bytes.
#[inline]
pub fn unescaped(raw: &[u8]) -> Cow<'_, [u8]> {
    if has_escape(raw) {
        Unescaped::new(raw).collect()
    } else {
        raw.into()
    }
}

/// Returns the text of a JSON value: for a string, its unescaped contents, else the value as
/// written.
pub fn contents(value: &[u8]) -> Cow<'_, [u8]> {
    unquoted(value).map_or(value.into(), unescaped)
}

/// Returns a string's contents in quotes for display. The result need not be JSON.
pub fn in_quotes(text: &[u8]) -> Vec<u8> {
    [b"\"", text, b"\""].concat()
}

/// Returns the half of a surrogate pair that `bytes` begin with, if any: three bytes in the pattern
/// of UTF-8 that never occur in valid UTF-8, but that JSON escapes can express.
#[inline]
pub fn surrogate(bytes: &[u8]) -> Option<u16> {
    match *bytes {
        [0xed, middle @ 0xa0..=0xbf, last @ 0x80..=0xbf, ..] => {
            Some(0xd000 | u16::from(middle & 0x3f) << 6 | u16::from(last & 0x3f))
        }
        _ => None,
    }
}

/// Returns the three bytes that UTF-8 would use for half of a surrogate pair.
pub fn surrogate_bytes(surrogate: u16) -> [u8; 3] {
    let [high, low] = surrogate.to_be_bytes();
    let middle = high << 2 & 0x3c | low >> 6;
    [0xe0 | high >> 4, 0x80 | middle, 0x80 | low & 0x3f]
}

/// A part of a string's contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run<'a> {
    /// A run of valid UTF-8, as long as possible.
    Text(&'a str),
    /// Half of a surrogate pair.
    Surrogate(u16),
    /// A sequence of invalid bytes, which JSON cannot express.
    Broken,
}

/// Returns the parts of a string's contents.
pub fn runs(text: &[u8]) -> impl Iterator<Item = Run<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if let Some(surrogate) = surrogate(rest) {
            rest = &rest[3..];
            return Some(Run::Surrogate(surrogate));
        }
        let chunk = rest.utf8_chunks().next()?;
        let (text, broken) = (chunk.valid(), chunk.invalid());
        if text.is_empty() {
            rest = &rest[broken.len()..];
            return Some(Run::Broken);
        }
        rest = &rest[text.len()..];
        Some(Run::Text(text))
    })
}

/// An iterator over the contents of a string with these raw bytes, byte by byte. Half of a
/// surrogate pair yields the three bytes that UTF-8 would use for it; an invalid escape is kept as
/// written.
pub struct Unescaped<'a> {
    raw: &'a [u8],
    at: usize,
    /// Whether halves of surrogate pairs are kept as escapes instead.
    keeps_surrogates: bool,
    /// The bytes of the current character that are still to be returned.
    ready: Take<array::IntoIter<u8, 4>>,
}

impl<'a> Unescaped<'a> {
    /// Creates an iterator that starts at the first byte.
    pub fn new(raw: &'a [u8]) -> Self {
        Self {
            raw,
            at: 0,
            keeps_surrogates: false,
            ready: [0; 4].into_iter().take(0),
        }
    }

    /// Like [`Self::new`], but half of a surrogate pair stays an escape, so the output is UTF-8 if
    /// `raw` is.
    pub fn keeping_surrogates(raw: &'a [u8]) -> Self {
        Self {
            keeps_surrogates: true,
            ..Self::new(raw)
        }
    }

    /// Returns the code unit of the `\u` escape at `at`.
    fn unit(&self, at: usize) -> Option<u32> {
        let escape = self.raw.get(at..at + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| {
            Some(unit << 4 | char::from(*digit).to_digit(16)?)
        })
    }

    /// Takes the `\u` escape at the current position and returns the first byte of its character.
    fn take_unit(&mut self) -> Option<u8> {
        let high = self.unit(self.at)?;
        let low = self
            .unit(self.at + 6)
            .filter(|low| (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(low));
        let (code, taken) = match low {
            Some(low) => (0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12),
            None => (high, 6),
        };
        let mut bytes = [0; 4];
        let length = match char::from_u32(code) {
            Some(character) => character.encode_utf8(&mut bytes).len(),
            None if self.keeps_surrogates => return None,
            None => {
                let surrogate = u16::try_from(code).unwrap_or_default();
                bytes[..3].copy_from_slice(&surrogate_bytes(surrogate));
                3
            }
        };
        self.at += taken;
        self.ready = bytes.into_iter().take(length);
        self.ready.next()
    }
}

impl Iterator for Unescaped<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let Some(byte) = self.ready.next() {
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

    fn unescaped(raw: &str) -> Vec<u8> {
        Unescaped::new(raw.as_bytes()).collect()
    }

    #[test]
    fn escapes_mean_what_json_defines() {
        assert_eq!(unescaped(r#"a\"\\\/\b\f\n\r\tz"#), b"a\"\\/\x08\x0c\n\r\tz");
        assert_eq!(unescaped(r"\u0069d"), b"id");
        assert_eq!(unescaped(r"\u00e9\u20AC"), "é€".as_bytes());
        assert_eq!(unescaped(r"\ud83d\ude00!"), "😀!".as_bytes());
        assert_eq!(
            unescaped(r"\ud83d\ud83d\ude00"),
            b"\xed\xa0\xbd\xf0\x9f\x98\x80"
        );
        assert_eq!(unescaped(r"\ude00"), b"\xed\xb8\x80");
        assert_eq!(unescaped(r"\q\u12"), br"\q\u12");
        assert_eq!(unescaped(r"a\"), br"a\");
    }

    #[test]
    fn halves_of_surrogate_pairs_may_stay_escapes() {
        for (raw, kept) in [
            (r"a\ud800b", r"a\ud800b"),
            (r"\uD83D\ud83d\ude00\uDE00", "\\uD83D\u{1f600}\\uDE00"),
            (r"\\ud800\n", "\\ud800\n"),
            (r"\u00e9", "é"),
        ] {
            let text: Vec<u8> = Unescaped::keeping_surrogates(raw.as_bytes()).collect();
            assert_eq!(String::from_utf8(text).as_deref(), Ok(kept), "{raw}");
        }
    }

    #[test]
    fn halves_of_surrogate_pairs_have_their_own_bytes() {
        for code in 0xd800..=0xdfff_u16 {
            assert_eq!(surrogate(&surrogate_bytes(code)), Some(code));
        }
        for text in ["\u{d7ff}", "\u{e000}", "\u{fffd}"] {
            assert_eq!(surrogate(text.as_bytes()), None);
        }
    }

    #[test]
    fn contents_are_split_into_runs() {
        let contents = b"a\xed\xa0\x80\xed\xbf\xbf\xc3\xa9\xff\xed\x9f\xbf\xed\xa0";
        let parts: Vec<Run<'_>> = runs(contents).collect();
        let (a, e) = (Run::Text("a"), Run::Text("\u{e9}"));
        let (first, last) = (Run::Surrogate(0xd800), Run::Surrogate(0xdfff));
        let (below, broken) = (Run::Text("\u{d7ff}"), Run::Broken);
        assert_eq!(parts, [a, first, last, e, broken, below, broken, broken]);
    }

    #[test]
    fn the_text_of_a_value_is_unescaped_only_for_strings() {
        for (value, text) in [
            (&br#""caf\u00e9 \"x\"""#[..], "café \"x\""),
            (b"\"plain\"", "plain"),
            (b"\"\"", ""),
            (br#"["\n"]"#, r#"["\n"]"#),
        ] {
            assert_eq!(contents(value), text.as_bytes());
        }
        assert_eq!(in_quotes(b"a\"b"), b"\"a\"b\"");
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
        assert!(equals(br"\uD800", b"\xed\xa0\x80"));
        for other in [&br"\ud800"[..], "\u{fffd}".as_bytes(), b"", b"?"] {
            assert!(!equals(br"\ud800", other));
        }
    }
}

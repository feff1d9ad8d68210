//! In-place JSON parsing without recursion: validating every message of a burst, finding a value,
//! or building a tree.
//!
//! JSON is as in RFC 8259 (including lone surrogate escapes, which its grammar allows), nested no
//! deeper than [`MAX_DEPTH`].

pub mod flat;
pub mod locate;
pub mod number;
pub mod text;

mod layout;
mod tokens;

use std::ops::Range;

pub use layout::{read, read_lines};
pub use tokens::NotJson;

use crate::payload::tree;

/// The maximum nesting depth of accepted JSON, as in `serde_json`.
pub const MAX_DEPTH: usize = tree::MAX_DEPTH;

/// Returns whether all of `bytes` are one JSON value.
#[must_use]
pub fn is_json(bytes: &[u8]) -> bool {
    // Outside strings the grammar is pure ASCII, so this only checks that every string is UTF-8.
    Grammar { bytes, at: 0 }.whole(&mut ()).is_some() && str::from_utf8(bytes).is_ok()
}

/// Receives the parts of a value while it is parsed. Only at the end is it certain to be JSON.
trait Visit {
    /// An object or array starts.
    fn open(&mut self, is_object: bool);
    /// The innermost open object or array ends.
    fn close(&mut self);
    /// The name of a member, without its quotes.
    fn key(&mut self, raw: Range<usize>);
    /// Any other value, which starts with `first`; a string without its quotes.
    fn scalar(&mut self, first: u8, raw: Range<usize>);
}

/// A visitor that ignores everything.
impl Visit for () {
    fn open(&mut self, _: bool) {}
    fn close(&mut self) {}
    fn key(&mut self, _: Range<usize>) {}
    fn scalar(&mut self, _: u8, _: Range<usize>) {}
}

/// Returns the position of the first byte at or after `at` that is not whitespace.
#[inline]
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Parsing state: the bytes up to `at` follow the grammar.
struct Grammar<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Grammar<'_> {
    #[inline]
    fn whole(mut self, visit: &mut impl Visit) -> Option<()> {
        // The kinds of the open brackets, the innermost in the lowest bit: 1 is an object.
        let mut open: u128 = 0;
        let mut depth = 0;
        'value: loop {
            match self.next()? {
                first @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return None;
                    }
                    let is_object = first == b'{';
                    visit.open(is_object);
                    let ahead = skip_space(self.bytes, self.at);
                    let closing = if is_object { b'}' } else { b']' };
                    if self.bytes.get(ahead) == Some(&closing) {
                        self.at = ahead + 1;
                        visit.close();
                    } else {
                        depth += 1;
                        open = open << 1 | u128::from(is_object);
                        if is_object {
                            self.key(visit)?;
                        }
                        continue 'value;
                    }
                }
                first => self.scalar(first, visit)?,
            }
            while depth > 0 {
                match (self.next()?, open & 1 == 1) {
                    (b',', true) => {
                        self.key(visit)?;
                        continue 'value;
                    }
                    (b',', false) => continue 'value,
                    (b'}', true) | (b']', false) => {
                        depth -= 1;
                        open >>= 1;
                        visit.close();
                    }
                    _ => return None,
                }
            }
            let end = skip_space(self.bytes, self.at);
            return (end == self.bytes.len()).then_some(());
        }
    }

    /// Takes the next byte that is not whitespace.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let at = skip_space(self.bytes, self.at);
        self.at = at + 1;
        self.bytes.get(at).copied()
    }

    /// Takes a key and its colon.
    #[inline]
    fn key(&mut self, visit: &mut impl Visit) -> Option<()> {
        if self.next()? != b'"' {
            return None;
        }
        let start = self.at;
        self.string()?;
        visit.key(start..self.at - 1);
        (self.next()? == b':').then_some(())
    }

    /// Takes the rest of a value other than an object or array, after its first byte.
    #[inline]
    fn scalar(&mut self, first: u8, visit: &mut impl Visit) -> Option<()> {
        let start = self.at - 1;
        match first {
            b'"' => {
                self.string()?;
                visit.scalar(first, start + 1..self.at - 1);
                return Some(());
            }
            b't' => self.rest_of(b"rue")?,
            b'f' => self.rest_of(b"alse")?,
            b'n' => self.rest_of(b"ull")?,
            _ => self.number(first)?,
        }
        visit.scalar(first, start..self.at);
        Some(())
    }

    /// Takes the rest of a string, after its first quote.
    #[inline]
    fn string(&mut self) -> Option<()> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                0..=0x1f => return None,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let kind = *self.bytes.get(self.at)?;
        self.at += 1;
        match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.bytes.get(self.at..self.at + 4)?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    fn rest_of(&mut self, word: &[u8]) -> Option<()> {
        let stands = self.bytes.get(self.at..)?.starts_with(word);
        self.at += word.len();
        stands.then_some(())
    }

    /// Takes the rest of a number, after its first byte.
    fn number(&mut self, first: u8) -> Option<()> {
        self.at -= usize::from(first != b'-');
        let whole = self.at;
        self.digits()?;
        if self.bytes[whole] == b'0' && self.at > whole + 1 {
            return None;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            let signed = matches!(self.bytes.get(self.at), Some(b'+' | b'-'));
            self.at += usize::from(signed);
            self.digits()?;
        }
        Some(())
    }

    /// Takes one or more digits.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_that_of_rfc_8259() {
        for json in [
            "0",
            "-0",
            "1e999999999",
            " [ ] ",
            "{ }",
            r#"{"a":[1,{"b":null}],"c":"\ud800\/"}"#,
            "[true,false,null]",
            "1.5E+3",
            "\"\u{7f}\u{e9}\"",
            "\t\r\n1\t",
        ] {
            assert!(is_json(json.as_bytes()), "{json}");
        }
        for other in [
            "",
            " ",
            "01",
            "-",
            "+1",
            "1.",
            ".5",
            "1e",
            "1e+",
            "[1,]",
            "[,1]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "[1}",
            "{\"a\":1]",
            "[",
            "]",
            "1 2",
            "tru",
            "truex",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12",
            "\"\n\"",
            "\u{feff}1",
            "'a'",
            "NaN",
            "[1",
            "{\"a\":1,}",
            "/**/1",
            "\"\\",
        ] {
            assert!(!is_json(other.as_bytes()), "{other}");
        }
        assert!(!is_json(b"\"\xff\""));
        assert!(!is_json(b"\"\xed\xa0\x80\""));
    }

    #[test]
    fn nesting_has_a_limit() {
        for (depth, is) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            assert_eq!(
                is_json(&[b"[".repeat(depth), b"]".repeat(depth)].concat()),
                is
            );
            let objects = [&b"{\"a\":".repeat(depth)[..], b"1", &b"}".repeat(depth)].concat();
            assert_eq!(is_json(&objects), is);
        }
        assert!(!is_json(&b"[".repeat(1 << 20)));
    }
}

//! Parsing JSON in place, without recursion. It is used to validate every message of a burst, to
//! find a value, and to visit all values.
//!
//! JSON is as in RFC 8259 (including lone surrogate escapes, which its grammar allows), nested no
//! deeper than [`MAX_DEPTH`].

pub mod flat;
pub mod locate;
pub mod number;
pub mod text;

use std::ops::Range;

/// The maximum nesting depth of accepted JSON, as in `serde_json`.
pub const MAX_DEPTH: usize = 127;

/// Returns whether all of `bytes` are one JSON value.
pub fn is_json(bytes: &[u8]) -> bool {
    // Outside strings the grammar is pure ASCII, so in effect `from_utf8` checks only the strings.
    Parser { bytes, at: 0 }.parse(&mut ()).is_ok() && str::from_utf8(bytes).is_ok()
}

/// A receiver of the parts of a value while it is parsed. It may refuse a part, which stops the
/// parser with [`Flaw::Refused`]. Whether the value is JSON is certain only once it has been parsed
/// completely.
pub(super) trait Visitor {
    /// Handles the start of an object or array at `start`.
    fn open(&mut self, is_object: bool, start: usize) -> Result<(), Flaw>;
    /// Handles the end of the innermost open object or array at `end`.
    fn close(&mut self, end: usize);
    /// Handles the name of a member, given without its quotes.
    fn key(&mut self, raw: Range<usize>) -> Result<(), Flaw>;
    /// Handles a value other than an object or array. `first` is its first byte; a string is given
    /// without its quotes.
    fn scalar(&mut self, first: u8, raw: Range<usize>) -> Result<(), Flaw>;
}

/// A visitor that ignores everything.
impl Visitor for () {
    fn open(&mut self, _: bool, _: usize) -> Result<(), Flaw> {
        Ok(())
    }
    fn close(&mut self, _: usize) {}
    fn key(&mut self, _: Range<usize>) -> Result<(), Flaw> {
        Ok(())
    }
    fn scalar(&mut self, _: u8, _: Range<usize>) -> Result<(), Flaw> {
        Ok(())
    }
}

/// The reason why parsing stopped. It is kept as small as possible, since it is part of every
/// parsing result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    UnexpectedEnd,
    TrailingData,
    NoValue,
    NoKey,
    NoColon,
    NoCommaInObject,
    NoCommaInArray,
    UnterminatedString,
    BadEscape,
    Control,
    BadNumber,
    TooDeep,
    Refused,
}

impl Flaw {
    /// Returns what is wrong, as text.
    pub fn why(self) -> &'static str {
        match self {
            Self::UnexpectedEnd => "unexpected end",
            Self::TrailingData => "trailing data",
            Self::NoValue => "expected a value",
            Self::NoKey => "expected a key",
            Self::NoColon => "expected a colon",
            Self::NoCommaInObject => "expected a comma or }",
            Self::NoCommaInArray => "expected a comma or ]",
            Self::UnterminatedString => "unterminated string",
            Self::BadEscape => "invalid escape",
            Self::Control => "control character in a string",
            Self::BadNumber => "invalid number",
            Self::TooDeep => "nested too deeply",
            Self::Refused => "refused",
        }
    }
}

/// Returns the position of the first byte at or after `at` that is not whitespace.
#[inline]
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The state of parsing. The bytes up to `at` follow the grammar; after an error, `at` is its
/// position.
pub(super) struct Parser<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl Parser<'_> {
    /// Parses one value, which must be all of the bytes except for whitespace around it.
    #[inline]
    pub fn parse(&mut self, visitor: &mut impl Visitor) -> Result<(), Flaw> {
        // The kinds of the open brackets, the innermost in the lowest bit: 1 is an object.
        let mut open: u128 = 0;
        let mut depth = 0;
        'value: loop {
            match self.next()? {
                first @ (b'{' | b'[') => {
                    let start = self.at - 1;
                    if depth == MAX_DEPTH {
                        return self.stop(start, Flaw::TooDeep);
                    }
                    let is_object = first == b'{';
                    self.pass_on(start, visitor.open(is_object, start))?;
                    let ahead = skip_space(self.bytes, self.at);
                    let closing = if is_object { b'}' } else { b']' };
                    if self.bytes.get(ahead) == Some(&closing) {
                        self.at = ahead + 1;
                        visitor.close(self.at);
                    } else {
                        depth += 1;
                        open = open << 1 | u128::from(is_object);
                        if is_object {
                            self.key(visitor)?;
                        }
                        continue 'value;
                    }
                }
                first => self.scalar(first, visitor)?,
            }
            while depth > 0 {
                match (self.next()?, open & 1 == 1) {
                    (b',', true) => {
                        self.key(visitor)?;
                        continue 'value;
                    }
                    (b',', false) => continue 'value,
                    (b'}', true) | (b']', false) => {
                        depth -= 1;
                        open >>= 1;
                        visitor.close(self.at);
                    }
                    (_, true) => return self.stop(self.at - 1, Flaw::NoCommaInObject),
                    (_, false) => return self.stop(self.at - 1, Flaw::NoCommaInArray),
                }
            }
            let end = skip_space(self.bytes, self.at);
            if end == self.bytes.len() {
                return Ok(());
            }
            return self.stop(end, Flaw::TrailingData);
        }
    }

    /// Returns `flaw` as an error at `at`.
    #[cold]
    fn stop<T>(&mut self, at: usize, flaw: Flaw) -> Result<T, Flaw> {
        self.at = at;
        Err(flaw)
    }

    /// Returns an error at `start` if the visitor refused the part that starts there.
    #[inline]
    fn pass_on(&mut self, start: usize, visited: Result<(), Flaw>) -> Result<(), Flaw> {
        visited.or_else(|flaw| self.stop(start, flaw))
    }

    /// Takes the next byte that is not whitespace.
    #[inline]
    fn next(&mut self) -> Result<u8, Flaw> {
        let at = skip_space(self.bytes, self.at);
        match self.bytes.get(at) {
            Some(byte) => {
                self.at = at + 1;
                Ok(*byte)
            }
            None => self.stop(at, Flaw::UnexpectedEnd),
        }
    }

    /// Takes a key and its colon.
    #[inline]
    fn key(&mut self, visitor: &mut impl Visitor) -> Result<(), Flaw> {
        if self.next()? != b'"' {
            return self.stop(self.at - 1, Flaw::NoKey);
        }
        let start = self.at;
        self.string()?;
        self.pass_on(start - 1, visitor.key(start..self.at - 1))?;
        if self.next()? != b':' {
            return self.stop(self.at - 1, Flaw::NoColon);
        }
        Ok(())
    }

    /// Takes the rest of a value other than an object or array, after its first byte.
    #[inline]
    fn scalar(&mut self, first: u8, visitor: &mut impl Visitor) -> Result<(), Flaw> {
        let start = self.at - 1;
        let raw = match first {
            b'"' => {
                self.string()?;
                start + 1..self.at - 1
            }
            b'-' | b'0'..=b'9' => {
                if self.number(first).is_none() {
                    return self.stop(start, Flaw::BadNumber);
                }
                start..self.at
            }
            _ => {
                let word: &[u8] = match first {
                    b't' => b"true",
                    b'f' => b"false",
                    b'n' => b"null",
                    _ => return self.stop(start, Flaw::NoValue),
                };
                if !self.bytes[start..].starts_with(word) {
                    return self.stop(start, Flaw::NoValue);
                }
                self.at = start + word.len();
                start..self.at
            }
        };
        self.pass_on(start, visitor.scalar(first, raw))
    }

    /// Takes the rest of a string, after its first quote.
    #[inline]
    fn string(&mut self) -> Result<(), Flaw> {
        let start = self.at - 1;
        loop {
            let Some(byte) = self.bytes.get(self.at) else {
                return self.stop(start, Flaw::UnterminatedString);
            };
            self.at += 1;
            match byte {
                b'"' => return Ok(()),
                b'\\' => {
                    let backslash = self.at - 1;
                    if self.escape().is_none() {
                        return self.stop(backslash, Flaw::BadEscape);
                    }
                }
                0..=0x1f => return self.stop(self.at - 1, Flaw::Control),
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
        let numbers = ["01", "-", "+1", "1.", ".5", "1e", "1e+", "1 2", "NaN"];
        let words = ["", " ", "tru", "truex", "nul", "'a'", "/**/1", "\u{feff}1"];
        let arrays = ["[", "]", "[1", "[1}", "[1,]", "[,1]"];
        let objects = [
            "{,}",
            "{a:1}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1]",
            "{\"a\":1,}",
        ];
        let strings = ["\"", "\"\\", "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "\"\n\""];
        for other in [&numbers[..], &words, &arrays, &objects, &strings].concat() {
            assert!(!is_json(other.as_bytes()), "{other}");
        }
        assert!(!is_json(b"\"\xff\""));
        assert!(!is_json(b"\"\xed\xa0\x80\""));
    }

    #[test]
    fn nesting_is_limited() {
        for (depth, expected) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            let arrays = [b"[".repeat(depth), b"]".repeat(depth)].concat();
            assert_eq!(is_json(&arrays), expected);
            let objects = [&b"{\"a\":".repeat(depth)[..], b"1", &b"}".repeat(depth)].concat();
            assert_eq!(is_json(&objects), expected);
        }
        assert!(!is_json(&b"[".repeat(1 << 20)));
    }
}

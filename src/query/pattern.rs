//! Regular expressions on bytes.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

use crate::query::equivalence::{composed, either_form};
use crate::query::error::{QueryError, fail};

/// The maximum size of a compiled expression, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// The maximum nesting depth of an expression.
const NEST_LIMIT: u32 = 100;

/// A regular expression with its source, so that two patterns can be compared.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    insensitive: bool,
    regex: Regex,
}

impl Pattern {
    /// Compiles `source`, which is at the range `at` of the query. In it, `\xff` stands for that
    /// byte, not for that code point.
    pub fn new(source: &str, insensitive: bool, at: Range<usize>) -> Result<Self, QueryError> {
        let regex = RegexBuilder::new(&with_bytes(source))
            .case_insensitive(insensitive)
            .size_limit(SIZE_LIMIT)
            .nest_limit(NEST_LIMIT)
            .build();
        let problem = match regex {
            Ok(regex) => {
                return Ok(Self {
                    source: source.into(),
                    insensitive,
                    regex,
                });
            }
            Err(regex::Error::CompiledTooBig(_)) => "too large: use smaller repetitions".to_owned(),
            Err(error) => last_line(&error.to_string()),
        };
        fail(at, format!("invalid regular expression: {problem}"))
    }

    /// Returns the compiled expression.
    pub fn regex(&self) -> &Regex {
        &self.regex
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.insensitive) == (&other.source, other.insensitive)
    }
}

/// Lets characters match in composed and in decomposed form, except in character classes, and wraps
/// every escape of a non-ASCII byte (`\x80` to `\xff`) in `source`, and every character class
/// that contains one, so that they match bytes. Returns the result.
fn with_bytes(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let source = composed(source);
    let mut rest = &*source;
    while let Some(first) = rest.chars().next() {
        let (length, is_bytes) = match first {
            '\\' => escape(rest),
            '[' => class(rest),
            other => (other.len_utf8(), false),
        };
        let (part, after) = rest.split_at(length);
        if is_bytes {
            text.extend(["(?-u:", part, ")"]);
        } else if let Some(forms) = either_form(first) {
            text.push_str(&forms);
        } else {
            text.push_str(part);
        }
        rest = after;
    }
    text
}

/// Returns the length of the escape at the start of `text`, and whether it stands for a non-ASCII
/// byte.
fn escape(text: &str) -> (usize, bool) {
    let is_high = matches!(
        text.as_bytes(),
        [_, b'x', high, low, ..]
            if matches!(high, b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F') && low.is_ascii_hexdigit()
    );
    let escaped = text.chars().nth(1).map_or(0, char::len_utf8);
    (if is_high { 4 } else { 1 + escaped }, is_high)
}

/// Returns the length of the character class at the start of `text`, and whether it contains a
/// non-ASCII byte.
fn class(text: &str) -> (usize, bool) {
    let mut depth = 0;
    let mut holds_bytes = false;
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let mut length = next.len_utf8();
        match next {
            '[' => {
                depth += 1;
                // A leading `]` is a member of the class.
                let is_negated = text[at + 1..].starts_with('^');
                length += usize::from(is_negated);
                length += usize::from(text[at + length..].starts_with(']'));
            }
            ']' => depth -= 1,
            '\\' => {
                let (escape, is_high) = escape(&text[at..]);
                length = escape;
                holds_bytes |= is_high;
            }
            _ => {}
        }
        at += length;
        if depth == 0 {
            return (at, holds_bytes);
        }
    }
    // The class is not closed: leave it as written for the error message.
    (text.len(), false)
}

/// Returns the last line of an error message, without the diagram above it.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_escapes_of_non_ascii_bytes_are_wrapped() {
        for (source, expected) in [
            (r"a\xff+\x7f", r"a(?-u:\xff)+\x7f"),
            (r"\\\xff\\xff", r"\\(?-u:\xff)\\xff"),
            (r"\x{ff}\xf\xfg\x8", r"\x{ff}\xf\xfg\x8"),
            (r"[a\xff]é\é[b]", "(?-u:[a\\xff])(?:é|e\u{301})\\é[b]"),
            (r"[^]\x80-\xFF]x", r"(?-u:[^]\x80-\xFF])x"),
            (r"[[:alpha:]\]]\xff", r"[[:alpha:]\]](?-u:\xff)"),
            (r"[a&&[^\xff]]b", r"(?-u:[a&&[^\xff]])b"),
            (r"[a\xff", r"[a\xff"),
            ("\\", "\\"),
            ("[", "["),
            ("[^", "[^"),
            ("[]", "[]"),
        ] {
            assert_eq!(with_bytes(source), expected);
        }
    }
}

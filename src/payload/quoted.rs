//! A reversible notation for arbitrary bytes, for editing payloads that are not plain text.
//!
//! The notation is what redis-cli accepts and prints between double quotes: `\n \r \t \a \b \\ \"
//! \xHH`. Non-ASCII characters that are safe to show are kept. The escapes that the screen shows
//! for other bytes, `\0` and `\u{a0}`, are accepted as well.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use crate::payload::escape::Ends;
use crate::payload::escape::pieces::{Piece, Pieces};
use crate::payload::hex;

/// An invalid escape, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscapeError {
    /// The line of the backslash, counted from 1.
    pub line: usize,
    /// The column of the backslash in the line, in characters, counted from 1.
    pub column: usize,
    /// What is wrong, and how to write it correctly.
    pub why: Cow<'static, str>,
}

impl Display for EscapeError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if self.line > 1 {
            write!(formatter, "line {}, ", self.line)?;
        }
        write!(formatter, "column {}: {}", self.column, self.why)
    }
}

/// Writes `bytes` in this notation, on one line.
pub fn to_escaped(bytes: &[u8]) -> String {
    let mut escaped = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut rest = bytes;
    for piece in Pieces::with_ends(bytes, Ends::BOTH) {
        let (written, after) = rest.split_at(piece.bytes());
        if let Piece::Cluster(cluster, _) = piece {
            // The cluster may be a quote or backslash with combining marks.
            if cluster.starts_with(['"', '\\']) {
                escaped.push('\\');
            }
            escaped.push_str(cluster);
        } else {
            for byte in written {
                push_byte(&mut escaped, *byte);
            }
        }
        rest = after;
    }
    escaped
}

/// Parses text in this notation. A line break stands for itself, and so does an unescaped quote.
/// The error is the first invalid escape.
pub fn parse_escaped(text: &str) -> Result<Vec<u8>, EscapeError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let length = parse_escape(escape, &mut bytes).map_err(|why| {
            let before = &text[..text.len() - escape.len() - 1];
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            EscapeError {
                line: before.matches('\n').count() + 1,
                column: before[line_start..].chars().count() + 1,
                why,
            }
        })?;
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// Appends the byte or character that `escape` stands for; `escape` begins after a backslash.
/// Returns its length, or what is wrong with it.
fn parse_escape(escape: &str, bytes: &mut Vec<u8>) -> Result<usize, Cow<'static, str>> {
    let byte = match escape.chars().next() {
        None => return Err(r"a lone \ at the end; write \\ for a backslash".into()),
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('a') => 0x07,
        Some('b') => 0x08,
        Some('\\') => b'\\',
        Some('"') => b'"',
        Some('0') => 0,
        Some('x') => {
            let code = escape.get(1..3).and_then(hexadecimal);
            let byte = code.and_then(|code| u8::try_from(code).ok());
            bytes.push(byte.ok_or(r"\x needs two hexadecimal digits, as in \x1b")?);
            return Ok(3);
        }
        Some('u') => {
            let braced = escape[1..].strip_prefix('{');
            let digits = braced.and_then(|rest| Some(rest.split_once('}')?.0));
            let character = digits.and_then(|digits| char::from_u32(hexadecimal(digits)?));
            let (digits, character) = digits
                .zip(character)
                .ok_or(r"\u needs a character code in braces, as in \u{a0}")?;
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(digits.len() + 3);
        }
        Some(other) => {
            let other = other.escape_debug();
            let known = r#"\n \r \t \a \b \\ \" \xHH or \u{a0}"#;
            return Err(format!(r"unknown escape \{other}; use {known}").into());
        }
    };
    bytes.push(byte);
    Ok(1)
}

/// Parses a hexadecimal number that consists only of digits, without a sign.
fn hexadecimal(digits: &str) -> Option<u32> {
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)
}

fn push_byte(escaped: &mut String, byte: u8) {
    match byte {
        b'\n' => escaped.push_str("\\n"),
        b'\r' => escaped.push_str("\\r"),
        b'\t' => escaped.push_str("\\t"),
        0x07 => escaped.push_str("\\a"),
        0x08 => escaped.push_str("\\b"),
        _ => {
            escaped.push_str("\\x");
            escaped.extend(hex::digits(&[byte]).map(char::from));
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;
    use crate::payload::escape;

    #[test]
    fn bytes_are_written_as_redis_cli_writes_them() {
        for (bytes, expected) in [
            (&b"plain"[..], "plain"),
            (b"a\n\r\t\x07\x08\\\"", r#"a\n\r\t\a\b\\\""#),
            (b"\x00\x1b\xff", r"\x00\x1b\xff"),
            (b"\xed\xa0\x80", r"\xed\xa0\x80"),
            (b" a b\t ", r"\x20a b\t\x20"),
            ("a\u{a0}\u{3000}b".as_bytes(), r"a\xc2\xa0\xe3\x80\x80b"),
            ("größe 你".as_bytes(), "größe 你"),
            ("\u{202e}".as_bytes(), r"\xe2\x80\xae"),
            ("\"\u{301}".as_bytes(), "\\\"\u{301}"),
        ] {
            assert_eq!(to_escaped(bytes), expected);
            assert_eq!(parse_escaped(expected).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn escapes_as_shown_on_the_screen_are_accepted() {
        let bytes = " \t\0 x\u{a0}\u{3000}\u{200b}\x1b ".as_bytes();
        assert_eq!(parse_escaped(&escape::whole(bytes)).as_deref(), Ok(bytes));
    }

    #[test]
    fn line_breaks_and_quotes_need_no_escape() {
        assert_eq!(
            parse_escaped("{\"a\":\n1}\\x0A").as_deref(),
            Ok(&b"{\"a\":\n1}\n"[..])
        );
    }

    #[test]
    fn errors_name_the_position_and_the_remedy() {
        let digits = r"\x needs two hexadecimal digits, as in \x1b";
        let code = r"\u needs a character code in braces, as in \u{a0}";
        let known = r#"unknown escape \q; use \n \r \t \a \b \\ \" \xHH or \u{a0}"#;
        let lone = r"a lone \ at the end; write \\ for a backslash";
        for (text, position, why) in [
            ("\\", "column 1", lone),
            ("aä\\q", "column 3", known),
            ("\\u{d800}", "column 1", code),
            ("\\u00e9", "column 1", code),
            ("one\ntwo \\x1", "line 2, column 5", digits),
            ("\\x+1", "column 1", digits),
            ("\\x1é", "column 1", digits),
        ] {
            let error = parse_escaped(text).unwrap_err();
            assert_eq!(error.to_string(), format!("{position}: {why}"));
        }
    }
}

//! Parsing lines exactly as this program writes them, in one pass. All other lines are left to the
//! general parser.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::row::{self, MessageRow, Row, Via, decoded};
use super::stamp::StampParser;
use crate::payload::json::flat::Token;
use crate::payload::json::text::unescaped;

/// Buffers for parsing lines, which are reused.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    tokens: Vec<Token>,
    stamps: StampParser,
    text: Vec<u8>,
}

/// Parses a line. The error says why it is no row.
pub(super) fn parse<'a>(line: &'a [u8], scratch: &'a mut Scratch) -> Result<Row<'a>, &'static str> {
    let Scratch {
        tokens,
        stamps,
        text,
    } = scratch;
    match parse_message(line, stamps, text) {
        Some(row) => Ok(Row::Message(row)),
        None => row::parse(line, tokens, stamps),
    }
}

/// Parses the line of a message. Returns `None` if it is written in any other way, or is no such
/// line.
fn parse_message<'a>(
    line: &'a [u8],
    stamps: &mut StampParser,
    text: &'a mut Vec<u8>,
) -> Option<MessageRow<'a>> {
    let mut rest = Rest(line);
    rest.expect(b"{\"time\":\"")?;
    let time = stamps.parse(rest.until(memchr(b'"', rest.0)?))?;
    rest.expect(b"\",\"channel\":\"")?;
    let channel = unescaped(rest.string()?);
    let is_channel_encoded = rest.expect(b",\"channel_encoding\":\"base64\"").is_some();
    rest.expect(b",\"via\":[")?;
    let via = rest.names()?;
    let is_sharded = rest.expect(b",\"sharded\":true").is_some();
    let size = match rest.expect(b",\"size\":") {
        Some(()) => Some(rest.number()?),
        None => None,
    };
    rest.expect(b",\"payload\":\"")?;
    // The payload is the last string, so its end need not be searched for.
    let (raw, is_encoded) = match rest.0.strip_suffix(b"\",\"encoding\":\"base64\"}") {
        Some(raw) => (raw, true),
        None => (rest.0.strip_suffix(b"\"}")?, false),
    };
    let has_escapes = text_of(raw, text)?;
    let payload = Cow::Borrowed(if has_escapes { &text[..] } else { raw });
    Some(MessageRow {
        time: Some(time),
        channel: decoded(channel, is_channel_encoded).ok()?,
        via: Via::Raw(via),
        is_sharded,
        payload: decoded(payload, is_encoded).ok()?,
        size,
    })
}

/// Writes the text of a string into `text` if it has escapes, and returns whether it has. Returns
/// `None` if the string is not valid.
fn text_of(raw: &[u8], text: &mut Vec<u8>) -> Option<bool> {
    let Some(first) = memchr2(b'\\', b'"', raw) else {
        return Some(false);
    };
    // The text is shorter than its escapes.
    text.resize(raw.len(), 0);
    text[..first].copy_from_slice(&raw[..first]);
    let (mut from, mut to) = (first, first);
    while from < raw.len() {
        // In JSON, escapes are so near to each other that searching for them costs more than
        // copying eight bytes at a time.
        if let Some(&chunk) = raw[from..].first_chunk::<8>() {
            text[to..to + 8].copy_from_slice(&chunk);
            let plain = plain_length(u64::from_le_bytes(chunk));
            (from, to) = (from + plain, to + plain);
            if plain == 8 {
                continue;
            }
        }
        let (meant, length) = match raw[from..] {
            [b'\\', b'u', ..] => {
                let length = unicode_length(&raw[from..])?;
                let unescaped = unescaped(&raw[from..from + length]);
                text[to..to + unescaped.len()].copy_from_slice(&unescaped);
                (from, to) = (from + length, to + unescaped.len());
                continue;
            }
            [b'\\', b'n', ..] => (b'\n', 2),
            [b'\\', b'r', ..] => (b'\r', 2),
            [b'\\', b't', ..] => (b'\t', 2),
            [b'\\', other @ (b'"' | b'\\'), ..] => (other, 2),
            // A quotation mark would have ended the string, and other escapes are rare.
            [b'"' | b'\\', ..] | [] => return None,
            [plain, ..] => (plain, 1),
        };
        text[to] = meant;
        (from, to) = (from + length, to + 1);
    }
    text.truncate(to);
    Some(true)
}

/// Returns how many of the eight bytes come before the first quotation mark or backslash.
fn plain_length(bytes: u64) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let found = zeros(bytes ^ (ONES * u64::from(b'"'))) | zeros(bytes ^ (ONES * u64::from(b'\\')));
    // Only bytes after the first one that is found may be found by mistake.
    found.trailing_zeros() as usize / 8
}

/// Returns the length of the `\u` escapes at the start of `text`: two if they are surrogates.
fn unicode_length(text: &[u8]) -> Option<usize> {
    let digits = text.get(2..6)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let is_surrogate = matches!(
        digits[..2],
        [b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B']
    );
    let follows = text.get(6..12).is_some_and(|next| next.starts_with(b"\\u"));
    Some(if is_surrogate && follows { 12 } else { 6 })
}

/// The part of a line that has not been parsed yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// Passes over `text` if it comes next.
    fn expect(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Returns the next `length` bytes.
    fn until(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// Returns the raw text of a string that has begun, up to its end.
    fn string(&mut self) -> Option<&'a [u8]> {
        let mut at = 0;
        loop {
            at += memchr2(b'"', b'\\', &self.0[at..])?;
            if self.0[at] == b'"' {
                break;
            }
            at += 2;
            self.0.get(at..)?;
        }
        let text = self.until(at);
        self.0 = &self.0[1..];
        Some(text)
    }

    /// Returns the raw text of the strings of an array that has begun.
    fn names(&mut self) -> Option<&'a [u8]> {
        let all = self.0;
        while self.expect(b"\"").is_some() {
            self.string()?;
            let _ = self.expect(b",");
        }
        let length = all.len() - self.0.len();
        self.expect(b"]")?;
        Some(&all[..length])
    }

    fn number(&mut self) -> Option<u64> {
        let length = self.0.iter().position(|byte| !byte.is_ascii_digit())?;
        str::from_utf8(self.until(length)).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_they_are_written_mean_the_same_to_both_parsers() {
        let time = r#"{"time":"2026-11-23T11:00:01.123456Z","channel":"#;
        for rest in [
            r#""a","via":["*"],"payload":"x"}"#,
            r#""a","via":["*","a","b\"],"payload":""}"#,
            r#""a\"\u001b","via":["a\""],"sharded":true,"size":9,"payload":"\n\r\t\\\"\u0000é"}"#,
            r#""/w==","channel_encoding":"base64","via":[],"payload":"AP4=","encoding":"base64"}"#,
            r#""a","via":[],"payload":"\udb40\udc01 \ud800 \udb40\u0041"}"#,
            r#""a","via":[],"payload":"x\"}"#,
            r#""a","via":[],"payload":"x"y"}"#,
            r#""a","via":[],"payload":"\x"}"#,
        ] {
            let line = format!("{time}{rest}");
            let mut tokens = Vec::new();
            let mut stamps = StampParser::default();
            let any = row::parse(line.as_bytes(), &mut tokens, &mut stamps);
            let mut text = Vec::new();
            let quick = parse_message(line.as_bytes(), &mut stamps, &mut text);
            let quick = quick.map(|mut row| {
                if let Via::Raw(raw) = row.via {
                    row.via = Via::Names(Via::split(raw));
                }
                Row::Message(row)
            });
            assert_eq!(quick, any.ok(), "{line}");
        }
    }
}

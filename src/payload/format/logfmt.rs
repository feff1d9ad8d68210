//! logfmt: pairs of a key and a value on one line, as in `level=info msg="order paid" took=12ms`.

use std::ops::Range;

use crate::payload::json;
use crate::payload::json::text;
use crate::payload::reading::{Stop, Unreadable, finish};
use crate::payload::tree::{Builder, Kind, Refusal, Text, Tree};

/// The name of the format.
pub(super) const NAME: &str = "logfmt";

/// Keys that loggers write. One of them is required for automatic detection.
const KNOWN: [&[u8]; 14] = [
    b"level",
    b"lvl",
    b"severity",
    b"msg",
    b"message",
    b"time",
    b"ts",
    b"timestamp",
    b"t",
    b"at",
    b"caller",
    b"logger",
    b"err",
    b"error",
];

/// Returns whether `bytes` may be in this format, judged by the first ones: a key and `=`.
pub(super) fn may_be(bytes: &[u8]) -> bool {
    let key = bytes.iter().take_while(|byte| is_in_key(**byte)).count();
    key > 0 && bytes.get(key) == Some(&b'=')
}

/// Reads `bytes` if they are one line of at least two pairs, with a key that loggers write.
pub(super) fn detect(bytes: &[u8]) -> Option<Tree> {
    if !may_be(bytes) {
        return None;
    }
    let pairs = pairs(bytes).ok()?;
    let has_known = || {
        pairs
            .iter()
            .any(|pair| KNOWN.contains(&&bytes[pair.key.clone()]))
    };
    // Punctuation at the end of a value is that of a sentence or another format.
    let is_whole = |pair: &Pair| {
        let value = pair.value.clone();
        value.is_some_and(|value| !matches!(bytes[value].last(), Some(b',' | b';')))
    };
    if pairs.len() < 2 || !pairs.iter().all(is_whole) || !has_known() {
        return None;
    }
    tree(bytes, Ok(pairs)).ok()
}

/// Reads one line of keys, each with or without a value.
pub(super) fn read(bytes: &[u8]) -> Result<Tree, Unreadable> {
    tree(bytes, pairs(bytes))
}

/// A key and its value, if it has one.
struct Pair {
    key: Range<usize>,
    /// The value, including its quotes.
    value: Option<Range<usize>>,
}

fn pairs(bytes: &[u8]) -> Result<Vec<Pair>, Stop> {
    let end = bytes.trim_ascii_end().len();
    let line = &bytes[..end];
    let mut pairs = Vec::new();
    let mut at = 0;
    loop {
        at += line[at..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        if at == end {
            break;
        }
        let start = at;
        at += line[at..]
            .iter()
            .take_while(|byte| is_in_key(**byte))
            .count();
        let key = start..at;
        if key.is_empty() {
            return Err(Stop::wrong("expected a key", at));
        }
        let value = match line.get(at) {
            Some(b'=') => {
                let value = value(line, at + 1)?;
                at = value.end;
                Some(value)
            }
            _ => None,
        };
        if !matches!(line.get(at), None | Some(b' ' | b'\t')) {
            return Err(Stop::wrong("expected a space", at));
        }
        pairs.push(Pair { key, value });
    }
    if pairs.is_empty() {
        return Err(Stop::wrong("expected a key", end));
    }
    Ok(pairs)
}

/// Returns the range of the value at `start`: a quoted string, or everything up to a space.
fn value(line: &[u8], start: usize) -> Result<Range<usize>, Stop> {
    let mut at = start;
    if line.get(at) != Some(&b'"') {
        let is_in_value = |byte: &&u8| !matches!(byte, 0..=b' ' | b'"' | b'=' | 0x7f);
        at += line[at..].iter().take_while(is_in_value).count();
        return Ok(start..at);
    }
    loop {
        at += 1;
        match line.get(at) {
            Some(b'"') => return Ok(start..at + 1),
            Some(b'\\') => at += 1,
            Some(b'\n' | b'\r') => return Err(Stop::wrong("line break in a string", at)),
            Some(_) => {}
            None => return Err(Stop::wrong("unterminated string", start)),
        }
    }
}

fn tree(bytes: &[u8], pairs: Result<Vec<Pair>, Stop>) -> Result<Tree, Unreadable> {
    // No part of the line is to be taken for JSON.
    let mut builder = Builder::of_binary();
    let outcome = pairs.and_then(|pairs| {
        let refused = Stop::refused(0);
        builder.open(Kind::Object, b"", 0).map_err(refused)?;
        for pair in &pairs {
            let at = pair.key.start;
            add(bytes, pair, &mut builder).map_err(Stop::refused(at))?;
        }
        builder.close(bytes.len());
        Ok(())
    });
    finish(builder, outcome, NAME)
}

fn add(bytes: &[u8], pair: &Pair, builder: &mut Builder) -> Result<(), Refusal> {
    builder.name(Text::InPayload(pair.key.clone()))?;
    let Some(value) = pair.value.clone() else {
        return builder.scalar(Kind::Null, Text::Bytes(b"null"), pair.key.clone());
    };
    let written = &bytes[value.clone()];
    if let Some(raw) = text::unquoted(written) {
        let contents = text::unescaped(raw);
        let text = if text::has_escape(raw) {
            Text::Bytes(&contents)
        } else {
            Text::InPayload(value.start + 1..value.end - 1)
        };
        return builder.scalar(Kind::String, text, value);
    }
    let kind = match written {
        b"true" | b"false" => Kind::Bool,
        b"null" => Kind::Null,
        [b'-' | b'0'..=b'9', ..] if json::is_json(written) => Kind::Number,
        _ => Kind::String,
    };
    builder.scalar(kind, Text::InPayload(value.clone()), value)
}

fn is_in_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'@' | b'[' | b']')
}

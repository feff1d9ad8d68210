//! Parsing the lines of `mqttui log --json`.

use std::borrow::Cow;

use super::{MessageRow, Row, StampParser, Via};
use crate::message::Time;
use crate::payload::json::flat::{Kind, Token, flatten};
use crate::payload::json::text::unescaped;

/// Parses an object with `time`, `topic` and `payload`.
pub fn parse<'a>(
    line: &'a [u8],
    undated: Time,
    tokens: &mut Vec<Token>,
    stamps: &mut StampParser,
) -> Result<Row<'a>, &'static str> {
    if !flatten(line, tokens) {
        return Err("not JSON");
    }
    let mut channel = None;
    let mut payload = None;
    let mut time = undated;
    let mut at = 1;
    while let Some([name, value]) = tokens.get(at..at + 2) {
        let end = at + 2 + inside(tokens, at + 1);
        match (name.text(line), value.kind) {
            (b"topic", Kind::String) => channel = Some(unescaped(value.text(line))),
            (b"time", Kind::String) => {
                let text = unescaped(value.text(line));
                time = local_time(&text, stamps).ok_or("not a time")?;
            }
            (b"payload", Kind::String) => payload = Some(unescaped(value.text(line))),
            (b"payload", Kind::Array | Kind::Object) => {
                let bytes = bytes(line, &tokens[at + 1..end]);
                payload = bytes.or_else(|| after_name(line, name));
            }
            (b"payload", _) => payload = Some(value.text(line).into()),
            _ => {}
        }
        at = end;
    }
    Ok(Row::Message(MessageRow {
        time: Some(time),
        channel: channel.ok_or("no topic")?,
        via: Via::Names(vec![b"#"[..].into()]),
        is_sharded: false,
        payload: payload.ok_or("no payload")?,
        size: None,
    }))
}

/// Returns the number of tokens of the value at `at` after its first one.
fn inside(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens[at..].iter().enumerate() {
        match token.kind {
            Kind::Object | Kind::Array => depth += 1,
            Kind::End => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    0
}

/// Returns the bytes of an array that consists of them.
fn bytes<'a>(line: &[u8], tokens: &[Token]) -> Option<Cow<'a, [u8]>> {
    let [first, bytes @ .., _] = tokens else {
        return None;
    };
    let byte = |token: &Token| str::from_utf8(token.text(line)).ok()?.parse().ok();
    let bytes: Option<Vec<u8>> = bytes.iter().map(byte).collect();
    let is_array = first.kind == Kind::Array;
    bytes
        .filter(|bytes| is_array && !bytes.is_empty())
        .map(Cow::Owned)
}

/// Returns the value of the last member of an object, whose name is `name`, as it is written.
fn after_name<'a>(line: &'a [u8], name: &Token) -> Option<Cow<'a, [u8]>> {
    let name = name.text(line);
    let end = name.as_ptr() as usize - line.as_ptr() as usize + name.len();
    let value = line.get(end..)?.strip_prefix(b"\":")?;
    Some(value.strip_suffix(b"}")?.into())
}

/// Parses a time, which may be without a zone. Then it is local.
fn local_time(text: &[u8], stamps: &mut StampParser) -> Option<Time> {
    if let Some(time) = stamps.parse(text) {
        return Some(time);
    }
    let time: jiff::civil::DateTime = str::from_utf8(text).ok()?.parse().ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::system()).ok()?;
    Some(Time(time.timestamp().as_microsecond()))
}

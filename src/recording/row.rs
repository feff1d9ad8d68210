//! Parsing the lines of recordings.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::stamp::StampParser;
use crate::message::Time;
use crate::payload::json::flat::{Kind, Token, flatten};
use crate::payload::json::text::unescaped;

/// The version of the format that this program writes, and the newest one that it reads.
pub(super) const VERSION: u64 = 1;

/// The first line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name and version of the program that wrote it.
    pub program: Box<str>,
    /// The server's address, without a password.
    pub server: Box<str>,
    /// When the recording started.
    pub start: Time,
}

/// A parsed line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row<'a> {
    Header(Header),
    Message(MessageRow<'a>),
    Notice {
        time: Time,
        name: Cow<'a, [u8]>,
        text: Cow<'a, [u8]>,
    },
}

impl Row<'_> {
    /// Returns when the row arrived.
    pub(super) fn time(&self) -> Time {
        match self {
            Row::Header(header) => header.start,
            Row::Message(message) => message.time.unwrap_or_default(),
            Row::Notice { time, .. } => *time,
        }
    }
}

/// A line with a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MessageRow<'a> {
    /// When it arrived; unknown if another program wrote the line.
    pub time: Option<Time>,
    pub channel: Cow<'a, [u8]>,
    /// The subscriptions.
    pub via: Via<'a>,
    pub is_sharded: bool,
    pub payload: Cow<'a, [u8]>,
    /// The original size of the payload, if only its start was kept.
    pub size: Option<u64>,
}

/// The names of the subscriptions that delivered a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Via<'a> {
    /// As they are written, without the brackets around them: usually as in the line before.
    Raw(&'a [u8]),
    /// One by one.
    Names(Vec<Cow<'a, [u8]>>),
}

impl Via<'_> {
    /// Returns the names in `raw`.
    pub(super) fn split(raw: &[u8]) -> Vec<Cow<'_, [u8]>> {
        let mut names = Vec::new();
        let mut rest = raw;
        while let Some(start) = rest.strip_prefix(b"\"") {
            let mut end = 0;
            while start.get(end).is_some_and(|byte| *byte != b'"') {
                end += if start[end] == b'\\' { 2 } else { 1 };
            }
            names.push(unescaped(&start[..end.min(start.len())]));
            rest = start.get(end + 1..).unwrap_or_default();
            rest = rest.strip_prefix(b",").unwrap_or(rest);
        }
        names
    }
}

/// The members of a line that have a meaning.
#[derive(Default)]
struct Members<'a> {
    version: Option<u64>,
    program: Cow<'a, [u8]>,
    server: Cow<'a, [u8]>,
    time: Option<Cow<'a, [u8]>>,
    channel: Option<Cow<'a, [u8]>>,
    is_channel_encoded: bool,
    via: Vec<Cow<'a, [u8]>>,
    is_sharded: bool,
    payload: Option<Cow<'a, [u8]>>,
    is_encoded: bool,
    size: Option<u64>,
    notice: Option<Cow<'a, [u8]>>,
    text: Cow<'a, [u8]>,
}

/// Parses a line, however it is written; `tokens` is reused. The error says why it is no row.
pub(super) fn parse<'a>(
    line: &'a [u8],
    tokens: &mut Vec<Token>,
    stamps: &mut StampParser,
) -> Result<Row<'a>, &'static str> {
    if !flatten(line, tokens) {
        return Err("not JSON");
    }
    let members = members(line, tokens).ok_or("not an object")?;
    if let Some(version) = members.version {
        if version > VERSION {
            return Err("written by a newer version");
        }
        let start = members.time.as_deref();
        return Ok(Row::Header(Header {
            program: String::from_utf8_lossy(&members.program).into(),
            server: String::from_utf8_lossy(&members.server).into(),
            start: start
                .and_then(|time| stamps.parse(time))
                .unwrap_or_default(),
        }));
    }
    let written = members.time.as_deref();
    let time = match written.map(|written| stamps.parse(written)) {
        Some(None) => return Err("not a time in RFC 3339"),
        parsed => parsed.flatten(),
    };
    if let Some(name) = members.notice {
        let (time, text) = (time.ok_or("no time")?, members.text);
        return Ok(Row::Notice { time, name, text });
    }
    let channel = members.channel.ok_or("no channel")?;
    let payload = members.payload.ok_or("no payload")?;
    Ok(Row::Message(MessageRow {
        time,
        channel: decoded(channel, members.is_channel_encoded)?,
        via: Via::Names(members.via),
        is_sharded: members.is_sharded,
        payload: decoded(payload, members.is_encoded)?,
        size: members.size,
    }))
}

/// Returns the time of a line, however it is written.
pub(super) fn time(line: &[u8], stamps: &mut StampParser) -> Option<Time> {
    let row = parse(line, &mut Vec::new(), stamps);
    Some(row.ok()?.time())
}

/// Returns the bytes that `text` stands for, in base64 or as they are.
pub(super) fn decoded(text: Cow<'_, [u8]>, is_base64: bool) -> Result<Cow<'_, [u8]>, &'static str> {
    if !is_base64 {
        return Ok(text);
    }
    let bytes = STANDARD.decode(&*text);
    bytes.map(Cow::Owned).map_err(|_| "not base64")
}

/// Returns the members of the object that `tokens` are.
fn members<'a>(line: &'a [u8], tokens: &[Token]) -> Option<Members<'a>> {
    let mut found = Members::default();
    let mut tokens = tokens.iter();
    if tokens.next()?.kind != Kind::Object {
        return None;
    }
    while let Some(token) = tokens.next().filter(|token| token.kind == Kind::Key) {
        let name = token.text(line);
        let value = tokens.next()?;
        let text = || unescaped(value.text(line));
        let number = || str::from_utf8(value.text(line)).ok()?.parse().ok();
        match (name, value.kind) {
            (b"recording", Kind::Number) => found.version = number(),
            (b"program", Kind::String) => found.program = text(),
            (b"server", Kind::String) => found.server = text(),
            (b"time" | b"start", Kind::String) => found.time = Some(text()),
            (b"channel", Kind::String) => found.channel = Some(text()),
            (b"channel_encoding", Kind::String) => found.is_channel_encoded = true,
            (b"payload", Kind::String) => found.payload = Some(text()),
            (b"encoding", Kind::String) => found.is_encoded = true,
            (b"sharded", Kind::Bool) => found.is_sharded = value.text(line) == b"true",
            (b"size", Kind::Number) => found.size = number(),
            (b"notice", Kind::String) => found.notice = Some(text()),
            (b"text", Kind::String) => found.text = text(),
            (b"via", Kind::Array) => {
                for name in tokens.by_ref() {
                    match name.kind {
                        Kind::String => found.via.push(unescaped(name.text(line))),
                        Kind::End => break,
                        _ => return None,
                    }
                }
            }
            (_, Kind::Object | Kind::Array) => skip(&mut tokens),
            _ => {}
        }
    }
    Some(found)
}

/// Passes over the rest of an object or array that has just been opened.
fn skip<'t>(tokens: &mut impl Iterator<Item = &'t Token>) {
    let mut depth = 1;
    for token in tokens {
        match token.kind {
            Kind::Object | Kind::Array => depth += 1,
            Kind::End => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Row<'_>, &'static str> {
        parse(
            line.as_bytes(),
            &mut Vec::new(),
            &mut StampParser::default(),
        )
    }

    #[test]
    fn members_may_be_in_any_order_and_unknown_ones_are_ignored() {
        let line = r#"{"x":{"time":1,"y":[[]]},"payload":"\u0041","via":["a*","b"],"channel":"a",
            "z":[1,{}],"time":"1970-01-01T00:00:01Z"}"#;
        let Ok(Row::Message(row)) = parsed(line) else {
            panic!("no message");
        };
        assert_eq!((&*row.channel, &*row.payload), (&b"a"[..], &b"A"[..]));
        assert_eq!((row.time, row.size), (Some(Time(1_000_000)), None));
        let names: [Cow<'_, [u8]>; 2] = [b"a*"[..].into(), b"b"[..].into()];
        assert_eq!(row.via, Via::Names(names.into()));
    }

    #[test]
    fn other_lines_are_rejected_with_the_reason() {
        for (line, why) in [
            ("", "not JSON"),
            ("[]", "not an object"),
            ("{}", "no channel"),
            (r#"{"notice":"gap"}"#, "no time"),
            (r#"{"time":"yesterday"}"#, "not a time in RFC 3339"),
            (r#"{"time":"1970-01-01T00:00:01Z"}"#, "no channel"),
            (
                r#"{"time":"1970-01-01T00:00:01Z","channel":"a"}"#,
                "no payload",
            ),
            (
                r#"{"time":"1970-01-01T00:00:01Z","channel":"a","payload":"?","encoding":"base64"}"#,
                "not base64",
            ),
            (r#"{"recording":2}"#, "written by a newer version"),
            (r#"{"time":"1970-01-01T00:00:01Z","chan"#, "not JSON"),
        ] {
            assert_eq!(parsed(line), Err(why), "{line}");
        }
    }
}

//! Parsing what other programs write about messages.

use std::borrow::Cow;

use memchr::memmem;

use super::file_format::FileFormat;
use super::row::{MessageRow, Row, Via};
use super::stamp::StampParser;
use crate::message::Time;
use crate::payload::json::flat::{Kind, Token, flatten};
use crate::payload::json::text::unescaped;

/// What a line of another program is if it is not what it should be.
const NOT_A_REPLY: &str = "not a reply to a subscription";

/// The name under which rows from MONITOR are listed, because no subscription delivered them.
const MONITOR: &[u8] = b"MONITOR";

/// The fields of a line.
type Fields<'a> = Vec<Cow<'a, [u8]>>;

/// Parses the lines of one file. A message may take several.
#[derive(Debug)]
pub(super) struct ForeignParser {
    format: FileFormat,
    /// The time of rows whose time is not in the file.
    undated: Time,
    /// The fields of the message that has begun.
    fields: Vec<Box<[u8]>>,
    tokens: Vec<Token>,
    stamps: StampParser,
}

impl ForeignParser {
    pub(super) fn new(format: FileFormat, undated: Time) -> Self {
        Self {
            format,
            undated,
            fields: Vec::new(),
            tokens: Vec::new(),
            stamps: StampParser::default(),
        }
    }

    /// Parses a line. Returns `None` if no row is complete with it. The error says why it is no
    /// part of a row.
    pub(super) fn parse<'a>(&mut self, line: &'a [u8]) -> Result<Option<Row<'a>>, &'static str> {
        match self.format {
            FileFormat::RedisCli => self.parse_numbered(line),
            FileFormat::RedisCliRaw => Ok(self.parse_raw(line)),
            FileFormat::RedisCliJson | FileFormat::RedisCliCsv if is_banner(line) => Ok(None),
            FileFormat::RedisCliJson => {
                let fields = json_fields(line).ok_or("not JSON")?;
                row(fields, self.undated).map(Some)
            }
            FileFormat::RedisCliCsv => {
                let fields = csv_fields(line).ok_or("not CSV")?;
                row(fields, self.undated).map(Some)
            }
            FileFormat::Monitor => parse_monitor(line),
            FileFormat::Mqttui => self.parse_mqttui(line).map(Some),
            FileFormat::Recording => Err("not a recording"),
        }
    }

    /// Returns the row that the end of the file completes.
    pub(super) fn finish(&mut self) -> Option<Row<'static>> {
        match self.format {
            FileFormat::RedisCliRaw => self.take_row(),
            _ => None,
        }
    }

    /// Parses `1) "message"`.
    fn parse_numbered<'a>(&mut self, line: &[u8]) -> Result<Option<Row<'a>>, &'static str> {
        let Some((number, value)) = numbered(line) else {
            // redis-cli explains itself, and a terminal's recording may too.
            return Ok(None);
        };
        if number == 1 {
            self.fields.clear();
        }
        if number != self.fields.len() + 1 {
            return Err(NOT_A_REPLY);
        }
        let value = match value {
            [b'"', ..] => quoted(value).ok_or(NOT_A_REPLY)?.0,
            _ => value.into(),
        };
        self.fields.push(value.as_ref().into());
        let kind = Kinds::of(&self.fields[0]).ok_or(NOT_A_REPLY)?;
        Ok((number == kind.fields()).then(|| self.take_row()).flatten())
    }

    /// Parses a line of raw output, where a payload ends where the next reply begins.
    fn parse_raw<'a>(&mut self, line: &[u8]) -> Option<Row<'a>> {
        let begun = self.fields.first().and_then(|kind| Kinds::of(kind));
        let Some(kind) = begun else {
            if is_kind(line) {
                self.fields.push(line.into());
            }
            return None;
        };
        if self.fields.len() < kind.fields() {
            self.fields.push(line.into());
            return None;
        }
        if is_kind(line) {
            let row = self.take_row();
            self.fields.push(line.into());
            return row;
        }
        // The payload has several lines.
        if let Some(payload) = self.fields.last_mut() {
            *payload = [payload, &b"\n"[..], line].concat().into();
        }
        None
    }

    /// Returns the row that the collected fields are.
    fn take_row(&mut self) -> Option<Row<'static>> {
        let fields = std::mem::take(&mut self.fields).into_iter();
        let fields = fields.map(|field| Cow::Owned(field.into_vec()));
        row(fields.collect(), self.undated).ok()
    }

    /// Parses an object with `time`, `topic` and `payload`.
    fn parse_mqttui<'a>(&mut self, line: &'a [u8]) -> Result<Row<'a>, &'static str> {
        if !flatten(line, &mut self.tokens) {
            return Err("not JSON");
        }
        let mut channel = None;
        let mut payload = None;
        let mut time = self.undated;
        let tokens = &self.tokens;
        let mut at = 1;
        while let Some([name, value]) = tokens.get(at..at + 2) {
            let end = at + 2 + inside(tokens, at + 1);
            match (name.text(line), value.kind) {
                (b"topic", Kind::String) => channel = Some(unescaped(value.text(line))),
                (b"time", Kind::String) => {
                    let text = unescaped(value.text(line));
                    time = local_time(&text, &mut self.stamps).ok_or("not a time")?;
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
            time,
            channel: channel.ok_or("no topic")?,
            via: Via::Names(vec![b"#"[..].into()]),
            is_sharded: false,
            payload: payload.ok_or("no payload")?,
            size: None,
        }))
    }
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

/// The kinds of replies to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kinds {
    Message,
    PatternMessage,
    ShardedMessage,
    Subscribed,
    Unsubscribed,
}

impl Kinds {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"message" => Self::Message,
            b"pmessage" => Self::PatternMessage,
            b"smessage" => Self::ShardedMessage,
            b"subscribe" | b"psubscribe" | b"ssubscribe" => Self::Subscribed,
            b"unsubscribe" | b"punsubscribe" | b"sunsubscribe" => Self::Unsubscribed,
            _ => return None,
        })
    }

    /// Returns the number of fields of such a reply.
    fn fields(self) -> usize {
        match self {
            Self::PatternMessage => 4,
            _ => 3,
        }
    }
}

/// Returns what kind of reply these fields are.
pub(super) fn kind_of(fields: &[Cow<'_, [u8]>]) -> Option<Kinds> {
    let kind = Kinds::of(fields.first()?)?;
    (fields.len() == kind.fields()).then_some(kind)
}

/// Returns whether a line is the first line of a reply in raw output.
pub(super) fn is_kind(line: &[u8]) -> bool {
    Kinds::of(line).is_some()
}

/// Returns the row that a reply is.
fn row(mut fields: Fields<'_>, time: Time) -> Result<Row<'_>, &'static str> {
    let kind = kind_of(&fields).ok_or(NOT_A_REPLY)?;
    let last = fields.pop().unwrap_or_default();
    let channel = fields.pop().unwrap_or_default();
    let (name, verb) = match kind {
        Kinds::Subscribed => ("subscribed", "subscribed to"),
        Kinds::Unsubscribed => ("unsubscribed", "unsubscribed from"),
        Kinds::Message | Kinds::PatternMessage | Kinds::ShardedMessage => {
            let via = if kind == Kinds::PatternMessage {
                fields.pop().unwrap_or_default()
            } else {
                channel.clone()
            };
            return Ok(Row::Message(MessageRow {
                time,
                channel,
                via: Via::Names(vec![via]),
                is_sharded: kind == Kinds::ShardedMessage,
                payload: last,
                size: None,
            }));
        }
    };
    let text = format!("{verb} {}", String::from_utf8_lossy(&channel));
    Ok(Row::Notice {
        time,
        name: name.as_bytes().into(),
        text: text.into_bytes().into(),
    })
}

/// Returns whether a line is what redis-cli says before the first reply.
fn is_banner(line: &[u8]) -> bool {
    line.is_empty() || line.starts_with(b"Reading messages...")
}

/// Splits `12) "text"` into the number and the value.
pub(super) fn numbered(line: &[u8]) -> Option<(usize, &[u8])> {
    let length = line.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = line.split_at(length);
    let value = rest.strip_prefix(b") ")?;
    Some((str::from_utf8(digits).ok()?.parse().ok()?, value))
}

/// Splits an array of strings and numbers in JSON. The strings need not be UTF-8.
pub(super) fn json_fields(line: &[u8]) -> Option<Fields<'_>> {
    let mut rest = line.strip_prefix(b"[")?;
    let mut fields = Vec::new();
    loop {
        let after = match rest.strip_prefix(b"\"") {
            Some(text) => {
                let end = string_end(text)?;
                fields.push(unescaped(&text[..end]));
                &text[end + 1..]
            }
            None => {
                let end = rest.iter().position(|byte| matches!(byte, b',' | b']'))?;
                fields.push(rest[..end].into());
                &rest[end..]
            }
        };
        match after {
            b"]" => return Some(fields),
            [b',', next @ ..] => rest = next,
            _ => return None,
        }
    }
}

/// Splits a line of CSV as redis-cli writes it.
pub(super) fn csv_fields(line: &[u8]) -> Option<Fields<'_>> {
    let mut rest = line;
    let mut fields = Vec::new();
    loop {
        let after = if rest.starts_with(b"\"") {
            let (text, length) = quoted(rest)?;
            fields.push(text);
            &rest[length..]
        } else {
            let end = rest.iter().position(|byte| *byte == b',');
            let end = end.unwrap_or(rest.len());
            fields.push(rest[..end].into());
            &rest[end..]
        };
        match after {
            [] => return Some(fields),
            [b',', next @ ..] => rest = next,
            _ => return None,
        }
    }
}

/// Returns the position of the quotation mark that ends a string that has begun.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the text in quotation marks at the start of `text`, as redis-cli and MONITOR escape it,
/// and its length with the quotation marks.
fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, usize)> {
    let inside = text.strip_prefix(b"\"")?;
    let end = string_end(inside)?;
    let raw = &inside[..end];
    if !raw.contains(&b'\\') {
        return Some((raw.into(), end + 2));
    }
    let mut plain = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'\\' {
            plain.push(*byte);
            continue;
        }
        let (meant, length) = match after {
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b't', ..] => (b'\t', 1),
            [b'a', ..] => (0x07, 1),
            [b'b', ..] => (0x08, 1),
            [b'x', digits @ ..] => {
                let digits = str::from_utf8(digits.get(..2)?).ok()?;
                (u8::from_str_radix(digits, 16).ok()?, 3)
            }
            [other, ..] => (*other, 1),
            [] => return None,
        };
        plain.push(meant);
        rest = &after[length..];
    }
    Some((plain.into(), end + 2))
}

/// Returns whether a line is one of MONITOR: `1339518083.107412 [0 127.0.0.1:60866] "get" "a"`.
pub(super) fn is_monitor_line(line: &[u8]) -> bool {
    monitor_parts(line).is_some()
}

/// Splits a line of MONITOR into its time and the command with its arguments.
pub(super) fn monitor_parts(line: &[u8]) -> Option<(Time, &[u8])> {
    let dot = line.iter().take(12).position(|byte| *byte == b'.')?;
    let (seconds, rest) = line.split_at(dot);
    let (micros, rest) = rest[1..].split_at_checked(6)?;
    let number = |digits: &[u8]| str::from_utf8(digits).ok()?.parse::<i64>().ok();
    let time = Time(number(seconds)? * 1_000_000 + number(micros)?);
    let rest = rest.strip_prefix(b" [")?;
    let command = memmem::find(rest, b"] \"")?;
    Some((time, &rest[command + 2..]))
}

/// Returns whether a line of MONITOR is a command that publishes a message.
pub(super) fn is_publish(line: &[u8]) -> bool {
    let Some((_, command)) = monitor_parts(line) else {
        return false;
    };
    let starts = |name: &[u8]| {
        let start = command.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    starts(b"\"publish\" ") || starts(b"\"spublish\" ")
}

/// Parses a line of MONITOR. Other commands than those that publish are no rows.
fn parse_monitor<'a>(line: &[u8]) -> Result<Option<Row<'a>>, &'static str> {
    if line.is_empty() || line == b"OK" {
        return Ok(None);
    }
    let (time, mut rest) = monitor_parts(line).ok_or("not a line of MONITOR")?;
    if !is_publish(line) {
        return Ok(None);
    }
    let mut words = Vec::new();
    while !rest.is_empty() {
        let (word, length) = quoted(rest).ok_or("not a line of MONITOR")?;
        words.push(word.into_owned());
        rest = rest[length..].trim_ascii_start();
    }
    let [command, channel, payload] = <[Vec<u8>; 3]>::try_from(words).map_err(|_| "no payload")?;
    Ok(Some(Row::Message(MessageRow {
        time,
        channel: channel.into(),
        via: Via::Names(vec![MONITOR.into()]),
        is_sharded: command.eq_ignore_ascii_case(b"spublish"),
        payload: payload.into(),
        size: None,
    })))
}

//! Parsing what other programs write about messages.

mod fields;
mod mqttui;

use std::borrow::Cow;

use memchr::memmem;

use self::fields::{Fields, quoted};
pub(super) use self::fields::{csv_fields, json_fields, numbered};
use super::file_format::FileFormat;
use super::row::{MessageRow, Row, Via};
use super::stamp::StampParser;
use crate::message::Time;
use crate::payload::json::flat::Token;

/// What a line of another program is if it is not what it should be.
const NOT_A_REPLY: &str = "not a reply to a subscription";

/// The name under which rows from MONITOR are listed, because no subscription delivered them.
const MONITOR: &[u8] = b"MONITOR";

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
            FileFormat::Mqttui => {
                let (tokens, stamps) = (&mut self.tokens, &mut self.stamps);
                mqttui::parse(line, self.undated, tokens, stamps).map(Some)
            }
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
                time: Some(time),
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
        time: Some(time),
        channel: channel.into(),
        via: Via::Names(vec![MONITOR.into()]),
        is_sharded: command.eq_ignore_ascii_case(b"spublish"),
        payload: payload.into(),
        size: None,
    })))
}

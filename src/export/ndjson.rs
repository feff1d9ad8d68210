//! One JSON object per line.

use std::fmt::Write as _;

use super::json::push_string;
use super::value::{base64, content};
use super::{Message, notice as notices};
use crate::message::{Notice, SubscriptionKind, Time};
use crate::payload::figures::Clock;

/// A line that is being written.
struct Line(String);

impl Line {
    fn starting_at(time: Time, clock: &Clock) -> Self {
        let mut line = Self("{\"time\":".to_owned());
        push_string(&mut line.0, &clock.timestamp(time));
        line
    }

    /// Adds a member whose value is already JSON.
    fn add(&mut self, name: &str, json: impl std::fmt::Display) {
        // Writing to a string does not fail.
        let _ = write!(self.0, ",\"{name}\":{json}");
    }

    fn add_text(&mut self, name: &str, text: &str) {
        self.add(name, "");
        push_string(&mut self.0, text);
    }

    /// Adds bytes as text or, if they are not UTF-8, in base64, with an additional member named
    /// `encoding` that says so.
    fn add_bytes(&mut self, name: &str, encoding: &str, bytes: &[u8]) {
        if let Ok(text) = str::from_utf8(bytes) {
            self.add_text(name, text);
        } else {
            self.add_text(name, &base64(bytes));
            self.add_text(encoding, "base64");
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.0.push_str("}\n");
        self.0.into_bytes()
    }
}

/// Returns the line of a message.
pub fn message(message: &Message<'_>, clock: &Clock) -> Vec<u8> {
    let mut line = Line::starting_at(message.time, clock);
    line.add_bytes("channel", "channel_encoding", message.channel);
    add_topics(&mut line, message);
    line.add("size", message.size);
    if message.is_cut() {
        line.add("cut", true);
    }
    line.add_bytes("payload", "encoding", message.payload);
    if let Some(content) = content(message) {
        line.add_text("format", &content.format);
        match content.json {
            Ok(json) => line.add("decoded", json),
            Err(why) => line.add_text("not_decoded", &why),
        }
    }
    if let Some(lens) = message.lens {
        line.add_text("path", lens.path);
        if let Some(value) = lens.value {
            line.add_text("value", &String::from_utf8_lossy(value));
        }
    }
    line.end()
}

fn add_topics(line: &mut Line, message: &Message<'_>) {
    line.add("subscriptions", "[");
    for (index, topic) in message.topics.iter().enumerate() {
        if index > 0 {
            line.0.push(',');
        }
        push_string(&mut line.0, &String::from_utf8_lossy(&topic.name));
    }
    line.0.push(']');
    let is_sharded = message.topics.iter().any(|topic| {
        matches!(
            topic.kind,
            SubscriptionKind::Shard | SubscriptionKind::ShardPattern
        )
    });
    if is_sharded {
        line.add("sharded", true);
    }
}

/// Returns the line of a notice.
pub fn notice(time: Time, notice: &Notice, words: &str, clock: &Clock) -> Vec<u8> {
    let mut line = Line::starting_at(time, clock);
    line.add_text("notice", notices::name(notice));
    line.add_text("text", words);
    if let Some((from, to)) = notices::period(notice) {
        line.add_text("from", &clock.timestamp(from));
        match to {
            Some(to) => line.add_text("to", &clock.timestamp(to)),
            None => line.add("to", "null"),
        }
    }
    if let Some(count) = notices::missing(notice) {
        line.add("missing", count);
    }
    line.end()
}

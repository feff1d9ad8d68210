//! Comma-separated values.

use std::io::{self, Write};

use super::Message;
use super::value::{base64, content};
use crate::message::Time;
use crate::payload::escape::whole_name;
use crate::payload::figures::Clock;

/// The names of the columns.
const COLUMNS: [&str; 11] = [
    "time",
    "channel",
    "subscriptions",
    "size",
    "cut",
    "payload",
    "encoding",
    "decoded",
    "path",
    "value",
    "notice",
];

/// A table that is being written.
#[derive(Debug)]
pub struct Table<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    /// Creates a table with a header.
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(COLUMNS)?;
        Ok(Self { out })
    }

    /// Writes the row of a message.
    pub fn message(&mut self, message: &Message<'_>, clock: &Clock) -> io::Result<()> {
        let topics = message.topics.iter().map(|topic| whole_name(&topic.name));
        let (payload, encoding) = text_or_base64(message.payload);
        // JSON stands in the column of the payload.
        let decoded = content(message).filter(|content| content.format.is_some());
        let decoded = decoded.and_then(|content| content.json.ok());
        let decoded = decoded.map(|json| String::from_utf8_lossy(&json).into_owned());
        let path = message.lens.map_or("", |lens| lens.path);
        let value = message.lens.and_then(|lens| lens.value);
        let (value, _) = text_or_base64(value.unwrap_or_default());
        let cells: [&str; COLUMNS.len()] = [
            &clock.timestamp(message.time),
            &whole_name(message.channel),
            &topics.collect::<Vec<_>>().join(" "),
            &message.size.to_string(),
            if message.is_cut() { "cut" } else { "" },
            &payload,
            encoding,
            &decoded.unwrap_or_default(),
            path,
            &value,
            "",
        ];
        self.out.write_record(cells)?;
        Ok(())
    }

    /// Writes the row of a notice.
    pub fn notice(&mut self, time: Time, words: &str, clock: &Clock) -> io::Result<()> {
        let mut row = [""; COLUMNS.len()];
        let time = clock.timestamp(time);
        row[0] = &time;
        row[COLUMNS.len() - 1] = words;
        self.out.write_record(row)?;
        Ok(())
    }

    /// Writes what is still buffered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns bytes and the name of their encoding: text, or base64 if they are not text or a terminal
/// would act on them, since CSV has no escapes.
fn text_or_base64(bytes: &[u8]) -> (String, &'static str) {
    match str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(is_harmful) => (text.to_owned(), ""),
        _ => (base64(bytes), "base64"),
    }
}

/// Returns whether a terminal acts on `character` or lets it reorder other characters.
fn is_harmful(character: char) -> bool {
    let is_line = matches!(character, '\n' | '\r' | '\t');
    let is_bidi = matches!(
        character,
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    is_bidi || character.is_control() && !is_line
}

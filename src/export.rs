//! Writes messages and notices to files and pipes: as NDJSON or CSV for programs, or as text for
//! people.
//!
//! No output can control a terminal: JSON escapes the characters that a terminal would act on, text
//! shows them as the screen does, and CSV uses base64 for values that contain them.

mod json;
mod ndjson;
mod pretty;
mod table;
mod value;

use std::io::{self, Write};

pub use self::ndjson::message as ndjson_message;
pub use self::pretty::{Pretty, pretty};
use self::table::Table;
use crate::message::{Notice, Time, Topic};
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures::{self, Clock};
use crate::recording::Stamps;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line.
    Ndjson,
    /// One line per row, as the screen shows it.
    Text,
    /// Comma-separated values (RFC 4180) with a header.
    Csv,
}

impl Format {
    /// Returns the format for the extension of `path`.
    ///
    /// # Errors
    ///
    /// Fails if the extension is unknown; the error lists the known ones.
    pub fn of(path: &str) -> Result<Self, String> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let extension = extension.unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "ndjson" | "json" | "jsonl" => Ok(Self::Ndjson),
            "txt" | "log" => Ok(Self::Text),
            "csv" => Ok(Self::Csv),
            _ => Err("the name must end in .ndjson, .json, .txt, .log or .csv".to_owned()),
        }
    }

    /// Returns the display name of the format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "NDJSON",
            Self::Text => "text",
            Self::Csv => "CSV",
        }
    }
}

/// A message to write.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// When the message arrived.
    pub time: Time,
    /// The channel it was published to.
    pub channel: &'a [u8],
    /// The subscriptions that delivered it.
    pub topics: &'a [&'a Topic],
    /// The payload, or as much of it as is known.
    pub payload: &'a [u8],
    /// The original size of the payload, in bytes.
    pub size: u64,
    /// The decoder chosen for the payload; `None` to detect its format.
    pub choice: Option<&'a DecoderChoice>,
    /// The part that is shown in place of the whole message, if any.
    pub lens: Option<Lens<'a>>,
}

impl Message<'_> {
    /// Returns whether only the first bytes of the payload are known.
    fn is_cut(&self) -> bool {
        self.size > self.payload.len() as u64
    }
}

/// The part of a message that is shown in its place.
#[derive(Clone, Copy, Debug)]
pub struct Lens<'a> {
    /// The path of the part.
    pub path: &'a str,
    /// The value as text; `None` if the message has none.
    pub value: Option<&'a [u8]>,
}

/// A writer of rows in one of the formats.
#[derive(Debug)]
pub struct Writer<W: Write> {
    clock: Clock,
    form: Form<W>,
}

#[derive(Debug)]
enum Form<W: Write> {
    Ndjson(W, Box<Lines>),
    Text(W),
    Csv(Box<Table<W>>),
}

/// What it takes to write lines of JSON.
#[derive(Debug)]
struct Lines {
    stamps: Stamps,
    line: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Creates a writer to `out`, which should be buffered. In text, times are shown as `clock`
    /// does; in the other formats, they are in UTC.
    ///
    /// # Errors
    ///
    /// Fails if the header cannot be written.
    pub fn new(format: Format, out: W, clock: Clock) -> io::Result<Self> {
        let form = match format {
            Format::Ndjson => {
                let stamps = Stamps::new(clock.clone());
                let line = Vec::new();
                Form::Ndjson(out, Box::new(Lines { stamps, line }))
            }
            Format::Text => Form::Text(out),
            Format::Csv => Form::Csv(Box::new(Table::new(out)?)),
        };
        Ok(Self { clock, form })
    }

    /// Writes a message.
    ///
    /// # Errors
    ///
    /// Fails if writing to `out` fails.
    pub fn message(&mut self, message: &Message<'_>) -> io::Result<()> {
        match &mut self.form {
            Form::Ndjson(out, lines) => {
                lines.line.clear();
                ndjson::message(message, &mut lines.stamps, &mut lines.line);
                out.write_all(&lines.line)
            }
            Form::Text(out) => {
                let time = self.clock.date_and_time(message.time);
                let channel = whole_name(message.channel);
                writeln!(out, "{time}  {channel}  {}", text(message))
            }
            Form::Csv(table) => table.message(message, &self.clock),
        }
    }

    /// Writes a notice. `words` is its text for users, without control characters.
    ///
    /// # Errors
    ///
    /// Fails if writing to `out` fails.
    pub fn notice(&mut self, time: Time, notice: &Notice, words: &str) -> io::Result<()> {
        match &mut self.form {
            Form::Ndjson(out, lines) => {
                lines.line.clear();
                ndjson::notice(time, notice, words, &mut lines.stamps, &mut lines.line);
                out.write_all(&lines.line)
            }
            Form::Text(out) => {
                let time = self.clock.date_and_time(time);
                writeln!(out, "{time}  ── {words}")
            }
            Form::Csv(table) => table.notice(time, words, &self.clock),
        }
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    ///
    /// Fails if writing to `out` fails.
    pub fn finish(&mut self) -> io::Result<()> {
        match &mut self.form {
            Form::Ndjson(out, _) | Form::Text(out) => out.flush(),
            Form::Csv(table) => table.flush(),
        }
    }
}

/// Returns the payload of a message, or the part of it that is shown, formatted as on the screen.
fn text(message: &Message<'_>) -> String {
    match message.lens {
        Some(Lens {
            value: Some(value), ..
        }) => whole(value),
        Some(Lens { path, value: None }) => format!("(no {path})"),
        None if message.size == 0 => "(empty)".to_owned(),
        None if message.is_cut() => {
            let head = whole(message.payload);
            format!("{head}… first part of {}", figures::size(message.size))
        }
        None => whole(message.payload),
    }
}

#[cfg(test)]
mod tests;

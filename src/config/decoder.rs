//! A decoder of the user's own.

use std::time::Duration;

use super::error::ConfigError;
use super::keys::{Keys, Value};
use super::part::Part;

/// The maximum length of a decoder's name, in characters.
const MAX_NAME: usize = 30;

/// The time limit, unless the file sets one.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// The time limits that can be set, in milliseconds.
const TIME_LIMITS: (i64, i64) = (10, 60_000);

/// A decoder as it is written in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderEntry {
    /// The name to show.
    pub name: String,
    /// The channels whose messages it decodes, as a glob.
    pub channel: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How long it may take for a message.
    pub time_limit: Duration,
}

/// Reads every table of `[[decoder]]`.
pub(super) fn read(value: Value<'_>) -> Part<Vec<DecoderEntry>> {
    let (tables, mut errors) = value.tables();
    let mut decoders: Vec<DecoderEntry> = Vec::new();
    for (value, keys) in tables {
        let (decoder, wrong) = DecoderEntry::read(&value, keys);
        errors.extend(wrong);
        if decoders.iter().any(|other| other.name == decoder.name) && !decoder.name.is_empty() {
            errors.push(value.error("has the name of another decoder"));
        }
        decoders.push(decoder);
    }
    Part::new(decoders, errors)
}

impl DecoderEntry {
    /// Reads a decoder. Values that are missing or invalid are empty.
    fn read(value: &Value<'_>, mut keys: Keys<'_>) -> (Self, Vec<ConfigError>) {
        let places = keys.places();
        let name = keys.read("name", |value| {
            let error = value.error(format!("must be 1 to {MAX_NAME} printable characters"));
            let name = value.text()?.trim().to_owned();
            let length = name.chars().count();
            let is_fine = (1..=MAX_NAME).contains(&length) && !name.contains(char::is_control);
            if is_fine { Ok(name) } else { Err(error) }
        });
        let channel = keys.read("channel", |value| {
            let error = value.error("is empty: takes a channel or a glob such as orders:*");
            let channel = value.text()?;
            if channel.is_empty() {
                Err(error)
            } else {
                Ok(channel)
            }
        });
        let command = keys.read_parts("command", |value| {
            let error = value.error("is empty: takes a command line, or a list of arguments");
            let command = if value.is_text() {
                let line = value.text().map_err(|error| vec![error])?;
                vec!["/bin/sh".to_owned(), "-c".to_owned(), line]
            } else {
                value.texts()?
            };
            let is_empty = command.last().is_none_or(|last| last.trim().is_empty());
            if is_empty {
                Err(vec![error])
            } else {
                Ok(command)
            }
        });
        let (least, most) = TIME_LIMITS;
        let time_limit = keys.read("timeout", |value| value.number(least, most));
        let time_limit = time_limit.map(|limit| Duration::from_millis(limit.unsigned_abs()));
        let mut errors = keys.finish();
        let required = [
            ("name", "needs a name"),
            ("channel", "needs a channel, or a glob such as orders:*"),
            ("command", "needs a command"),
        ];
        let missing = required
            .iter()
            .filter(|(key, _)| !places.contains_key(*key));
        errors.extend(missing.map(|(_, problem)| value.error(*problem)));
        let decoder = Self {
            name: name.unwrap_or_default(),
            channel: channel.unwrap_or_default(),
            command: command.unwrap_or_default(),
            time_limit: time_limit.unwrap_or(TIME_LIMIT),
        };
        (decoder, errors)
    }
}

//! A recipe: what runs on some channels, and how to show and check it.

use std::collections::BTreeMap;

use super::error::{ConfigError, Place};
use super::keys::{Keys, Value};
use super::part::Part;

/// A recipe as it is written in the file.
#[derive(Clone, Debug)]
pub struct RecipeEntry {
    /// The name to show.
    pub name: String,
    /// The channels that the recipe may apply to, as globs.
    pub channels: Vec<String>,
    /// A query that a message of the channel must match.
    pub test: Option<String>,
    /// Whether a message must be an object whose only key is the name of the channel in other letters.
    pub has_key_of_channel: bool,
    /// The name of the format in which the messages are decoded.
    pub format: Option<String>,
    /// What the rows show, as for `--lens`.
    pub summary: Option<String>,
    /// Requests and replies, as for `--pair`.
    pub pairs: Vec<String>,
    /// The path of the sequence number and perhaps that of a key, as for `--seq` without its glob.
    pub sequence: Option<String>,
    /// The path of the sent time, as for `--sent` without its glob.
    pub sent: Option<String>,
    /// Whether the channels start muted.
    pub is_muted: bool,
    /// The channels that share a line of the channel list, as globs.
    pub collapse: Vec<String>,
    /// What the user should know about the channels.
    pub note: Option<String>,
    /// The place of the recipe and of its keys in the file.
    place: Place,
    places: BTreeMap<String, Place>,
}

/// Reads every table of `[[recipe]]`.
pub(super) fn read(value: Value<'_>) -> Part<Vec<RecipeEntry>> {
    value.entries(RecipeEntry::read)
}

impl RecipeEntry {
    /// Reads a recipe. Values that are missing or invalid are empty.
    fn read(value: &Value<'_>, mut keys: Keys<'_>) -> (Self, Vec<ConfigError>) {
        let place = value.place();
        let places = keys.places();
        let name = keys.read("name", printable);
        let channels = keys.read_parts("channels", Value::one_or_more_texts);
        let test = keys.read("test", Value::text);
        let has_key_of_channel = keys.read("key-of-channel", Value::flag);
        let format = keys.read("format", Value::text);
        let summary = keys.read("summary", Value::text);
        let pairs = keys.read_parts("pair", Value::one_or_more_texts);
        let sequence = keys.read("seq", Value::text);
        let sent = keys.read("sent", Value::text);
        let is_muted = keys.read("mute", Value::flag);
        let collapse = keys.read_parts("collapse", Value::one_or_more_texts);
        let note = keys.read("note", printable);
        let mut errors = keys.finish();
        let required = [
            ("name", "needs a name"),
            (
                "channels",
                "needs channels, such as channels = [\"orders:*\"]",
            ),
        ];
        let missing = required
            .iter()
            .filter(|(key, _)| !places.contains_key(*key));
        errors.extend(missing.map(|(_, problem)| value.error(*problem)));
        let entry = Self {
            name: name.unwrap_or_default(),
            channels: channels.unwrap_or_default(),
            test,
            has_key_of_channel: has_key_of_channel.unwrap_or_default(),
            format,
            summary,
            pairs: pairs.unwrap_or_default(),
            sequence,
            sent,
            is_muted: is_muted.unwrap_or_default(),
            collapse: collapse.unwrap_or_default(),
            note,
            place,
            places,
        };
        (entry, errors)
    }

    /// Returns the line of the value of `key`, or that of the recipe.
    pub fn line(&self, key: &str) -> usize {
        self.places.get(key).unwrap_or(&self.place).line()
    }

    /// Returns an error about the value of `key`.
    pub fn error(&self, key: &str, problem: impl Into<String>) -> ConfigError {
        self.places.get(key).unwrap_or(&self.place).error(problem)
    }
}

/// Parses text that can be shown.
fn printable(value: Value<'_>) -> Result<String, ConfigError> {
    let error = value.error("must be printable text");
    let text = value.text()?;
    let is_fine = !text.trim().is_empty() && !text.contains(char::is_control);
    if is_fine { Ok(text) } else { Err(error) }
}

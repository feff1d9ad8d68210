//! A user-defined command.

use super::error::{ConfigError, Place};
use super::keys::{Keys, Value};
use super::part::Part;

/// Maximum length of a command's name, in characters.
const MAX_NAME: usize = 30;

/// How a command receives the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommandInput {
    /// On its standard input, decoded and formatted.
    #[default]
    Shown,
    /// On its standard input, as received.
    Raw,
    /// In a file, decoded and formatted.
    File,
}

impl CommandInput {
    const NAMES: [(&str, Self); 3] = [
        ("shown", Self::Shown),
        ("raw", Self::Raw),
        ("file", Self::File),
    ];
}

/// Where the output of a command goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommandShow {
    /// In a pane that covers the others.
    #[default]
    Pane,
    /// To the terminal, which the command has to itself until it ends.
    Terminal,
}

impl CommandShow {
    const NAMES: [(&str, Self); 2] = [("pane", Self::Pane), ("terminal", Self::Terminal)];
}

/// A command as it is written in the file.
#[derive(Clone, Debug)]
pub struct CommandEntry {
    /// The name to show.
    pub name: String,
    /// The name of the command's key.
    pub key: Option<String>,
    /// The channels whose messages the command applies to, as a glob.
    pub channel: Option<String>,
    /// The command line, which is passed to `sh -c`.
    pub run: String,
    /// How the command receives the message.
    pub input: CommandInput,
    /// Where the command's output goes.
    pub show: CommandShow,
    /// The place of the command's key in the file, or of the command if it has no key.
    place: Place,
}

/// Reads every table of `[[command]]`.
pub(super) fn read(value: Value<'_>) -> Part<Vec<CommandEntry>> {
    value.entries(CommandEntry::read)
}

impl CommandEntry {
    /// Reads a command. Values that are missing or invalid are empty.
    fn read(value: &Value<'_>, mut keys: Keys<'_>) -> (Self, Vec<ConfigError>) {
        let mut place = value.place();
        let places = keys.places();
        let name = keys.read("name", |value| {
            let error = value.error(format!("must be 1 to {MAX_NAME} printable characters"));
            let name = value.text()?;
            let length = name.trim().chars().count();
            let is_fine = (1..=MAX_NAME).contains(&length) && !name.contains(char::is_control);
            if is_fine { Ok(name) } else { Err(error) }
        });
        let key = keys.read("key", |value| {
            place = value.place();
            value.text()
        });
        let channel = keys.read("channel", Value::text);
        let run = keys.read("run", |value| {
            let error = value.error("is empty: needs a command line");
            let run = value.text()?;
            if run.trim().is_empty() {
                Err(error)
            } else {
                Ok(run)
            }
        });
        let input = keys.read("input", |value| value.one_of(&CommandInput::NAMES));
        let show = keys.read("show", |value| value.one_of(&CommandShow::NAMES));
        let mut errors = keys.finish();
        let required = [
            ("name", "needs a name"),
            ("run", "needs a command line under run"),
        ];
        let missing = required
            .iter()
            .filter(|(key, _)| !places.contains_key(*key));
        errors.extend(missing.map(|(_, problem)| value.error(*problem)));
        let entry = Self {
            name: name.unwrap_or_default(),
            key,
            channel,
            run: run.unwrap_or_default(),
            input: input.unwrap_or_default(),
            show: show.unwrap_or_default(),
            place,
        };
        (entry, errors)
    }

    /// Returns an error about the command's key.
    pub fn error(&self, problem: impl Into<String>) -> ConfigError {
        self.place.error(problem)
    }
}

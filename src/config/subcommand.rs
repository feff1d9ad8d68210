//! The tables of subcommands, which set their options.

use std::path::{Path, PathBuf};

use super::error::{ConfigError, Place};
use super::keys::Value;
use super::part::Part;

/// The subcommands whose options the file can set, each in the table of its name.
pub const SUBCOMMANDS: [&str; 7] = [
    "tail", "expect", "publish", "channels", "record", "replay", "open",
];

/// An option of a subcommand, as it is written in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionEntry {
    /// The long name of the option.
    pub name: String,
    /// Its values as on the command line; several if the file lists several.
    pub values: Vec<String>,
    /// Where the file sets the option.
    place: Place,
}

/// Reads the table of a subcommand. Which options there are, and which values they take, is not
/// checked here.
pub(super) fn read(value: Value<'_>) -> Part<Vec<OptionEntry>> {
    let keys = match value.table() {
        Ok(keys) => keys,
        Err(error) => return error.into(),
    };
    let mut errors = Vec::new();
    let mut options = Vec::new();
    for (name, value) in keys.rest() {
        let place = value.place();
        match value.words() {
            Ok(values) => options.push(OptionEntry {
                name: name.to_owned(),
                values,
                place,
            }),
            Err(wrong) => errors.extend(wrong),
        }
    }
    Part::new(options, errors)
}

impl OptionEntry {
    /// Returns an error about the option. `problem` must not contain a password.
    pub fn error(&self, problem: impl Into<String>) -> ConfigError {
        self.place.error(problem)
    }

    /// Returns `path` relative to the folder of the file.
    pub fn in_folder(&self, path: &Path) -> PathBuf {
        self.place.in_folder(path)
    }
}

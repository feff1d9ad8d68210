//! The config file: profiles as plain data.
//!
//! ```toml
//! [profile.production]
//! color = "red"
//! url = "rediss://app@redis.example:6380"
//! read-only = true
//! ```
//!
//! Keys are named like the long options. Each value is interpreted by the code that uses it; if the
//! value is invalid, [`Profile::error`] creates the error.

mod error;
pub mod home;
mod keys;
mod profile;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use self::keys::{Keys, Source, Value};

pub use self::error::{ConfigError, suggestion};
pub use self::profile::{Colour, Profile};

/// Returns whether `text` is a URL or starts with a login. Where a path or a name is expected, this
/// is a mistake; the text may contain a password, so it must not be shown. A path that looks like a
/// login can be written with a leading `./`.
pub fn holds_login(text: &str) -> bool {
    let is_path = text.starts_with(['/', '.', '~']);
    let login = text.rsplit_once('@').map(|(login, _)| login);
    text.contains("://") || !is_path && login.is_some_and(|login| login.contains(':'))
}

/// A parsed config file.
#[derive(Debug)]
pub struct Config {
    /// The path of the file.
    pub path: PathBuf,
    /// Every profile, or what is wrong with it, in file order.
    pub entries: Vec<Entry>,
    /// The error in the rest of the file, if there is one.
    pub error: Option<ConfigError>,
}

/// A profile, or what is wrong with it.
#[derive(Debug)]
pub struct Entry {
    /// The name that `--profile` takes.
    pub name: String,
    /// The profile. An invalid profile does not affect the others.
    pub profile: Result<Profile, ConfigError>,
}

impl Config {
    /// Parses the text of the file at `path`.
    ///
    /// # Errors
    ///
    /// Fails if the text is not TOML, or if `profile` is not a table. The error names the line and
    /// what is expected. Errors in a profile are reported only when that profile is used.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let source = Source { path, text };
        let table = DeTable::parse(text).map_err(|error| {
            let line = source.line(error.span().map_or(0, |span| span.start));
            // The excerpt from the file is left out, since it may contain a password.
            ConfigError::new(path, line, String::new(), error.message())
        })?;
        let mut keys = Keys::of(source, "", table.get_ref());
        let profiles = keys.read("profile", Value::table)?;
        let profiles = profiles.map(Keys::rest).unwrap_or_default();
        let entries = profiles.into_iter().map(|(name, value)| Entry {
            name: name.to_owned(),
            profile: Profile::read(name, value, path),
        });
        Ok(Self {
            path: path.to_owned(),
            entries: entries.collect(),
            error: keys.finish().err(),
        })
    }

    /// Returns the profile called `name`.
    ///
    /// # Errors
    ///
    /// Fails if the profile is invalid, or if no profile has that name; the error then lists the
    /// profiles.
    pub fn profile(&self, name: &str) -> Result<&Profile, ConfigError> {
        let found = self.entries.iter().find(|entry| entry.name == name);
        let found = found.ok_or_else(|| {
            let names = self.entries.iter().map(|entry| entry.name.as_str());
            ConfigError::no_profile(&self.path, name, &names.collect::<Vec<_>>())
        });
        found?.profile.as_ref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests;

//! What the person has written down: profiles, as plain data, read from the config file.
//!
//! ```toml
//! [profile.production]
//! color = "red"
//! url = "rediss://app@redis.example:6380"
//! read-only = true
//! ```
//!
//! Keys are named as the long options are. What their values mean is for those to say who use
//! them; if one means nothing, [`Profile::wrong`] makes the complaint.

mod error;
pub mod home;
mod keys;
mod profile;

use std::path::{Path, PathBuf};

pub use self::error::ConfigError;
pub use self::profile::{Colour, Profile, Tls};

/// Whether `text` is a URL or starts with a login: a mistake where a path or a name belongs, and
/// perhaps with a password, which nothing may show. A path that looks like it can start with `./`.
#[must_use]
pub fn holds_login(text: &str) -> bool {
    let is_path = text.starts_with(['/', '.', '~']);
    let login = text.rsplit_once('@').map(|(login, _)| login);
    text.contains("://") || !is_path && login.is_some_and(|login| login.contains(':'))
}

/// The config file, understood.
#[derive(Debug)]
pub struct Config {
    path: PathBuf,
    /// As they stand in the file.
    entries: Vec<Entry>,
    /// What is wrong outside of them.
    wrong: Vec<ConfigError>,
}

/// A profile, or what is wrong with it.
#[derive(Debug)]
pub struct Entry {
    /// What `--profile` calls it.
    pub name: String,
    /// The profile. What is wrong with one does not stop the others.
    pub profile: Result<Profile, ConfigError>,
}

impl Config {
    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    ///
    /// If it is no TOML, or `profile` is no table: names the line, and says what is right. What is
    /// wrong with a profile is told where that is used.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let (entries, wrong) = profile::read(path, text)?;
        Ok(Self {
            path: path.to_owned(),
            entries,
            wrong,
        })
    }

    /// Every profile, or what is wrong with it, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every profile that nothing is wrong with, in the order of the file.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.entries
            .iter()
            .filter_map(|entry| entry.profile.as_ref().ok())
    }

    /// What is wrong outside of the profiles.
    #[must_use]
    pub fn wrong(&self) -> &[ConfigError] {
        &self.wrong
    }

    /// The profile called `name`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, or which there are, if there is none of that name.
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

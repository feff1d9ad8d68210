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

/// The config file, understood.
#[derive(Debug)]
pub struct Config {
    path: PathBuf,
    /// As they stand in the file.
    profiles: Vec<Profile>,
}

impl Config {
    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    ///
    /// Names the line and the key that is wrong, and says what is right.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            path: path.to_owned(),
            profiles: profile::read(path, text)?,
        })
    }

    /// Every profile, in the order of the file.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile called `name`.
    ///
    /// # Errors
    ///
    /// Says which there are, if there is none of that name.
    pub fn profile(&self, name: &str) -> Result<&Profile, ConfigError> {
        let found = self.profiles.iter().find(|profile| profile.name == name);
        found.ok_or_else(|| {
            let names = self.profiles.iter().map(|profile| profile.name.as_str());
            ConfigError::no_profile(&self.path, name, &names.collect::<Vec<_>>())
        })
    }
}

#[cfg(test)]
mod tests;

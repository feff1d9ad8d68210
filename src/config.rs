//! The config file as plain data: profiles, the defaults of all options, and keys.
//!
//! ```toml
//! [profile.production]
//! color = "red"
//! url = "rediss://app@redis.example:6380"
//! read-only = true
//! ```
//!
//! Keys of a profile are named like the long options. Each value is interpreted by the code that uses it; if the
//! value is invalid, [`Profile::error`] creates the error.

mod command;
mod decoder;
mod error;
pub mod home;
mod key_changes;
mod keys;
mod part;
mod profile;
mod recipe;
mod subcommand;
mod theme;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use self::keys::{Keys, Source, Value};

pub use self::command::{CommandEntry, CommandInput, CommandShow};
pub use self::decoder::DecoderEntry;
pub use self::error::{ConfigError, Place, suggestion};
pub use self::key_changes::{KeyChange, PaneKeys};
pub use self::part::Part;
pub use self::profile::{Colour, Profile};
pub use self::recipe::RecipeEntry;
pub use self::subcommand::{OptionEntry, SUBCOMMANDS};
pub use self::theme::Theme;

/// Returns whether `text` is a URL or starts with a login. Where a path or a name is expected, this
/// is a mistake; the text may contain a password, so it must not be shown. A path that looks like a
/// login can be written with a leading `./`.
pub fn holds_login(text: &str) -> bool {
    let is_path = text.starts_with(['/', '.', '~']);
    let login = text.rsplit_once('@').map(|(login, _)| login);
    text.contains("://") || !is_path && login.is_some_and(|login| login.contains(':'))
}

/// A parsed config file. A mistake in one part does not affect the others.
#[derive(Debug)]
pub struct Config {
    /// The path of the file.
    pub path: PathBuf,
    /// The defaults of all options.
    pub defaults: Part<Defaults>,
    /// The changes to key bindings.
    pub keys: Part<Vec<PaneKeys>>,
    /// The user's own commands.
    pub commands: Part<Vec<CommandEntry>>,
    /// The user's own recipes.
    pub recipes: Part<Vec<RecipeEntry>>,
    /// The user's own decoders.
    pub decoders: Part<Vec<DecoderEntry>>,
    /// The options of each of [`SUBCOMMANDS`].
    subcommands: [Part<Vec<OptionEntry>>; SUBCOMMANDS.len()],
    /// Every profile, in file order.
    pub entries: Vec<Entry>,
    /// The errors in the rest of the file.
    pub errors: Vec<ConfigError>,
}

/// The defaults of all options.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// The defaults of the options that a profile can set.
    pub options: Profile,
    /// The profile to use if no server is named.
    pub profile: Option<String>,
    /// The seed of the demo's traffic.
    pub seed: Option<u64>,
}

/// A profile and its name.
#[derive(Debug)]
pub struct Entry {
    /// The name that `--profile` takes.
    pub name: String,
    /// The profile, without the defaults.
    pub profile: Part<Profile>,
}

impl Config {
    /// Parses the text of the file at `path`.
    ///
    /// # Errors
    ///
    /// Fails if the text is not TOML. The error names the line. Any other error affects only one
    /// part of the file, and is reported when that part is used.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let source = Source { path, text };
        let table = DeTable::parse(text).map_err(|error| {
            let line = source.line(error.span().map_or(0, |span| span.start));
            // The excerpt from the file is left out, since it may contain a password.
            ConfigError::new(path, line, String::new(), error.message())
        })?;
        // Each part takes its own key here; a key that no part takes is an error.
        let mut keys = Keys::of(source, "", table.get_ref());
        let profiles = keys.read("profile", Value::table);
        let profiles = profiles.map(Keys::rest).unwrap_or_default();
        let entries = profiles.into_iter().map(|(name, value)| Entry {
            name: name.to_owned(),
            profile: Profile::read(name, value),
        });
        Ok(Self {
            path: path.to_owned(),
            defaults: keys.part("defaults", Defaults::read),
            keys: keys.part("keys", key_changes::read),
            commands: keys.part("command", command::read),
            recipes: keys.part("recipe", recipe::read),
            decoders: keys.part("decoder", decoder::read),
            subcommands: SUBCOMMANDS.map(|name| keys.part(name, subcommand::read)),
            entries: entries.collect(),
            errors: keys.finish(),
        })
    }

    /// Returns the options of the subcommand called `name`, one of [`SUBCOMMANDS`].
    pub fn subcommand(&self, name: &str) -> &Part<Vec<OptionEntry>> {
        let index = SUBCOMMANDS.iter().position(|known| *known == name);
        &self.subcommands[index.unwrap_or_default()]
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
        let profile = found?.profile.valid();
        profile.map_err(|errors| errors[0].clone())
    }
}

impl Defaults {
    fn read(value: Value<'_>) -> Part<Self> {
        let place = value.place();
        let mut keys = match value.table() {
            Ok(keys) => keys,
            Err(error) => return error.into(),
        };
        let options = Profile::of("", &mut keys, place);
        let profile = keys.read("profile", Value::text);
        let seed = keys.read("seed", |value| value.number(0, i64::MAX));
        let mut errors = keys.finish();
        errors.extend(options.contradictions());
        let defaults = Self {
            options,
            profile,
            seed: seed.map(i64::unsigned_abs),
        };
        Part::new(defaults, errors)
    }
}

#[cfg(test)]
mod tests;

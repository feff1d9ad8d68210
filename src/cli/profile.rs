//! Chooses a profile of the config file, and merges it into the command line.

use std::ops::ControlFlow;

use subscope::app::{Badge, Keymap, Pickable};
use subscope::config::{Config, ConfigError, Defaults, Entry, Profile};
use subscope::payload::escape::whole;
use subscope::server::{OptionError, Target};
use subscope::terminal::signals::Signals;

use super::config_file::{self, ConfigFile, EXAMPLE};
use super::merge::{mistakes, screen, server};
use super::target::{self, PASSWORD_COMMAND};
use super::{KeySetName, Screen, Server, Watch, user_commands};
use crate::host::failure::{Failure, shown_path};
use crate::host::pick::pick;

/// The options that the config file sets for this run: those of the chosen profile, with the
/// defaults for all others.
pub struct Chosen {
    profile: Profile,
    /// A warning for the user; the program continues.
    pub warning: Option<String>,
    /// The signal listener, if the profile was picked from the list: see [`pick`].
    pub signals: Option<Signals>,
}

/// Returns the profile that the command line names, or the default one if no server is named; lets
/// the user pick one if `--profile` has no name. Breaks with the exit code if none was picked.
pub async fn choose(file: &ConfigFile, given: &Watch) -> Result<ControlFlow<u8, Chosen>, Failure> {
    let connect = &given.listen.connect;
    let defaults = defaults(&file.config)?;
    let names_server = target::is_named(&connect.server);
    let by_default = || defaults.profile.as_deref().filter(|_| !names_server);
    let (name, signals) = match &connect.profile {
        Some(Some(name)) => (Some(name.as_str()), None),
        Some(None) => {
            let options = screen(&defaults.options, given.screen.clone());
            let options = options.map_err(Failure::usage)?;
            let keymap = keymap(&file.config, &options)?;
            let profiles = pickable(file, defaults)?;
            match pick(profiles, keymap, options.terminal()).await? {
                ControlFlow::Continue((number, signals)) => {
                    let name = file.config.entries[number].name.as_str();
                    (Some(name), Some(signals))
                }
                ControlFlow::Break(exit_code) => return Ok(ControlFlow::Break(exit_code)),
            }
        }
        None => (by_default(), None),
    };
    let profile = match name {
        Some(name) => {
            let profile = file.config.profile(name);
            let profile = profile.map_err(|error| match &connect.profile {
                Some(_) => error,
                None => in_defaults(error, defaults),
            });
            let profile = profile.map_err(Failure::usage)?;
            has_one_password(profile).map_err(Failure::usage)?;
            profile.clone().over(&defaults.options)
        }
        None if names_server => defaults.options.clone().without_server(),
        None => defaults.options.clone(),
    };
    let target = target_of(&profile).map_err(Failure::usage)?;
    Ok(ControlFlow::Continue(Chosen {
        warning: warning(file, &target),
        profile,
        signals,
    }))
}

/// Returns the defaults in the config file, or fails if any of them is invalid.
pub fn defaults(config: &Config) -> Result<&Defaults, Failure> {
    let defaults = config.defaults.valid().map_err(config_file::failure)?;
    let mistakes = mistakes_in_defaults(defaults);
    if mistakes.is_empty() {
        Ok(defaults)
    } else {
        Err(config_file::failure(&mistakes))
    }
}

/// Adds the line of the `profile` key in the defaults to an error about that profile, unless the
/// error already has a line.
pub fn in_defaults(error: ConfigError, defaults: &Defaults) -> ConfigError {
    match error.line() {
        Some(_) => error,
        None => defaults.options.error("profile", error.problem()),
    }
}

/// Returns the key bindings that the options and the config file set.
pub fn keymap(config: &Config, options: &Screen) -> Result<Keymap, Failure> {
    key_table(config, options.keys.unwrap_or_default())
}

/// Returns the key bindings of `set` with the changes in the config file.
pub fn key_table(config: &Config, set: KeySetName) -> Result<Keymap, Failure> {
    changed_keys(config, set).map_err(|errors| config_file::failure(&errors))
}

/// Returns what is wrong with the key changes and the user's commands in the config file.
pub fn mistakes_in_keys(config: &Config, set: KeySetName) -> Vec<ConfigError> {
    let keymap = changed_keys(config, set);
    let mut found = user_commands::mistakes(config, keymap.as_ref().ok());
    found.extend(keymap.err().unwrap_or_default());
    found
}

/// Returns how many of the key changes in the config file differ from the keys of `set`.
pub fn count_key_changes(config: &Config, set: KeySetName) -> usize {
    set.set().count_differing(config.keys.rest())
}

fn changed_keys(config: &Config, set: KeySetName) -> Result<Keymap, Vec<ConfigError>> {
    let keymap = Keymap::new(set.set(), config.keys.rest());
    let mut errors = config.keys.errors().to_vec();
    match keymap {
        Ok(keymap) if errors.is_empty() => return Ok(keymap),
        Ok(_) => {}
        Err(wrong) => errors.extend(wrong),
    }
    errors.sort_by_key(ConfigError::line);
    Err(errors)
}

/// Returns what is wrong with the values of the defaults.
pub fn mistakes_in_defaults(defaults: &Defaults) -> Vec<ConfigError> {
    let options = &defaults.options;
    let mut found = mistakes(options, false);
    found.extend(has_one_password(options).err());
    found.extend(target_of(options).err());
    found
}

/// Returns what is wrong with the values of a profile.
pub fn mistakes_in_profile(profile: &Profile, defaults: &Defaults) -> Vec<ConfigError> {
    let all = profile.clone().over(&defaults.options);
    let mut found = mistakes(&all, false);
    found.extend(has_one_password(profile).err());
    found.extend(target_of(&all).err());
    found
}

impl Chosen {
    /// Returns the profile's name and colour, if a profile was chosen.
    pub fn badge(&self) -> Option<Badge> {
        (!self.profile.name.is_empty()).then(|| badge(&self.profile))
    }

    /// Merges the profile into the given command line. The command line wins: single-valued options
    /// replace those of the profile, repeatable ones add to them, and channels replace the
    /// profile's channels.
    pub fn add_to(&self, given: Watch) -> Result<Watch, Failure> {
        let profile = &self.profile;
        let screen = screen(profile, given.screen).map_err(Failure::usage)?;
        let mut listen = given.listen;
        if listen.channels.is_empty() && listen.shard.is_empty() {
            listen.channels = profile.channels.iter().map(Into::into).collect();
            listen.shard = profile.shard.iter().map(Into::into).collect();
            listen.exact = listen.exact.or(profile.exact);
        }
        let until = profile.until.as_ref().map(Into::into);
        listen.sentinel_events = listen.sentinel_events.or(profile.sentinel_events);
        listen.until = listen.until.or(until);
        listen.connect.server = server(profile, listen.connect.server);
        Ok(Watch { listen, screen })
    }

    /// Returns the error for a problem with the profile and the command line combined. It blames
    /// the key in the file if the value comes from there, and the option otherwise.
    pub fn blame(&self, error: OptionError, merged: &Server) -> Failure {
        if let Some(key) = error.option.and_then(key_of)
            && self.sets(key, merged)
        {
            return Failure::usage(self.profile.error(key, error.problem));
        }
        let failure = Failure::usage(error);
        match self.profile.name.as_str() {
            "" => failure,
            name => failure.and(&format!(" (profile '{name}')")),
        }
    }

    /// Returns whether the value of `key` in `merged` comes from the profile.
    fn sets(&self, key: &str, merged: &Server) -> bool {
        let own = server(&self.profile, Server::default());
        self.profile.has(key)
            && match key {
                "db" => own.db == merged.db,
                "user" => own.user == merged.user,
                "password-command" => own.password_command == merged.password_command,
                "socket" => own.socket == merged.socket,
                "via" => own.via == merged.via,
                "ssh" => own.ssh == merged.ssh,
                "tls.cacert" => own.tls.cacert == merged.tls.cacert,
                "tls.cert" => own.tls.cert == merged.tls.cert,
                "tls.key" => own.tls.key == merged.tls.key,
                "tls.sni" => own.tls.sni == merged.tls.sni,
                _ => true,
            }
    }
}

/// Returns the profiles of the file for the picker.
fn pickable(file: &ConfigFile, defaults: &Defaults) -> Result<Vec<Pickable>, Failure> {
    let entries = &file.config.entries;
    if entries.is_empty() {
        if let Some(error) = file.config.errors.first() {
            return Err(Failure::usage(error));
        }
        let path = shown_path(&file.config.path);
        let message = format!("--profile: no profile in {path}; example:");
        return Err(Failure::usage(message).with_example(EXAMPLE));
    }
    let entries = entries.iter();
    Ok(entries
        .map(|entry| pickable_entry(entry, defaults))
        .collect())
}

/// Returns a profile as the picker lists it. An invalid profile is marked as unusable; picking it
/// shows the whole error.
fn pickable_entry(entry: &Entry, defaults: &Defaults) -> Pickable {
    let found = entry.profile.valid().map_err(|errors| errors[0].clone());
    let found = found.and_then(|profile| {
        has_one_password(profile)?;
        let profile = profile.clone().over(&defaults.options);
        let target = target_of(&profile)?;
        Ok((profile, target))
    });
    match found {
        Ok((profile, target)) => Pickable {
            badge: badge(&profile),
            address: whole(target.to_string().as_bytes()),
            read_only: profile.read_only == Some(true),
        },
        Err(error) => Pickable {
            badge: Badge {
                name: entry.name.clone(),
                colour: None,
            },
            address: Failure::usage(format!("unusable: {}", error.brief())).to_string(),
            read_only: false,
        },
    }
}

fn badge(profile: &Profile) -> Badge {
    Badge {
        name: profile.name.clone(),
        colour: profile.colour,
    }
}

/// Returns a warning if other users can read a password in the file, or if there are errors in the
/// parts of the file that are not used.
fn warning(file: &ConfigFile, target: &Target) -> Option<String> {
    let path = shown_path(&file.config.path);
    let open = (file.is_open && target.holds_password())
        .then(|| format!("other users can read the password in {path}: run chmod 600"));
    let errors = &file.config.errors;
    let error = (!errors.is_empty()).then(|| config_file::failure(errors).to_string());
    let warnings: Vec<String> = open.into_iter().chain(error).collect();
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

/// Returns the target that the profile connects to.
fn target_of(profile: &Profile) -> Result<Target, ConfigError> {
    // If the file names no server, the environment may name one, but its errors must not be blamed
    // on the profile.
    let given = Server {
        host: Some("127.0.0.1".to_owned()),
        ..Server::default()
    };
    target::target(&server(profile, given)).map_err(|error| {
        // Blame the address, unless another key is at fault.
        let key = error.option.and_then(key_of).filter(|key| profile.has(key));
        profile.error(key.unwrap_or_else(|| profile.address_key()), error.problem)
    })
}

/// Fails if one table of the file has both a password in its URL and a command that prints a
/// password.
fn has_one_password(own: &Profile) -> Result<(), ConfigError> {
    let is_commanded = own.password_command.is_some() && own.url.is_some();
    if is_commanded && target_of(own)?.server().password.is_some() {
        return Err(own.error("password-command", "the URL already has a password"));
    }
    Ok(())
}

/// Returns the profile key that corresponds to an option.
fn key_of(option: &str) -> Option<&'static str> {
    Some(match option {
        "-u" => "url",
        "-h" => "host",
        "-s" => "socket",
        "-n" => "db",
        "--user" => "user",
        "--tls" => "tls",
        "--cacert" => "tls.cacert",
        "--cert" => "tls.cert",
        "--key" => "tls.key",
        "--sni" => "tls.sni",
        "--insecure" => "tls.insecure",
        "--via" => "via",
        "--ssh" => "ssh",
        "--map-address" => "map-address",
        "--sentinel-events" => "sentinel-events",
        PASSWORD_COMMAND => "password-command",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;

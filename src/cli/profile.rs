//! Turns a profile of the config file into the equivalent command line.

use std::ops::ControlFlow;
use std::path::Path;

use subscope::app::{Badge, Keymap, Pickable};
use subscope::config::{ConfigError, Entry, Profile};
use subscope::server::{OptionError, Target};
use subscope::terminal::signals::Signals;

use super::config_file::{self, ConfigFile, EXAMPLE};
use super::target::PASSWORD_COMMAND;
use super::{Screen, Server, Watch, checks, decode_options, queries, target, values};
use crate::cli;
use crate::host::failure::{Failure, shown_path};
use crate::host::pick::pick;

/// The chosen profile.
pub struct Chosen {
    profile: Profile,
    /// A warning for the user; the program continues.
    pub warning: Option<String>,
    /// The signal listener, if the profile was picked from the list: see [`pick`].
    pub signals: Option<Signals>,
}

/// Returns the profile called `name`, or lets the user pick one if there is no name. It comes from
/// the file `config`, or else from the default config file. Breaks with the exit code if no profile
/// was picked.
pub async fn choose(
    name: Option<&str>,
    config: Option<&Path>,
    options: &Screen,
) -> Result<ControlFlow<u8, Chosen>, Failure> {
    let file = config_file::read(config)?;
    let (name, signals) = match name {
        Some(name) => (name, None),
        None => match pick(pickable(&file)?, Keymap::default(), options.terminal()).await? {
            ControlFlow::Continue((number, signals)) => {
                (file.config.entries[number].name.as_str(), Some(signals))
            }
            ControlFlow::Break(exit_code) => return Ok(ControlFlow::Break(exit_code)),
        },
    };
    let profile = file.config.profile(name).map_err(Failure::usage)?;
    let target = target_of(profile).map_err(Failure::usage)?;
    Ok(ControlFlow::Continue(Chosen {
        warning: warning(&file, &target),
        profile: profile.clone(),
        signals,
    }))
}

impl Chosen {
    /// Returns the profile's name and colour.
    pub fn badge(&self) -> Badge {
        badge(&self.profile)
    }

    /// Merges the profile into the given command line. The command line wins: single-valued options
    /// replace those of the profile, repeatable ones add to them, and channels replace the
    /// profile's channels. No option turns `read-only` off.
    pub fn add_to(&self, given: Watch) -> Result<Watch, Failure> {
        let profile = &self.profile;
        let screen = screen(profile, given.screen).map_err(Failure::usage)?;
        let (mut channels, mut shard, mut exact) = (given.channels, given.shard, given.exact);
        if channels.is_empty() && shard.is_empty() {
            channels = profile.channels.iter().map(Into::into).collect();
            shard = profile.shard.iter().map(Into::into).collect();
            exact |= profile.exact;
        }
        Ok(Watch {
            channels,
            exact,
            shard,
            sentinel_events: given.sentinel_events || profile.sentinel_events,
            until: given.until.or(profile.until.as_ref().map(Into::into)),
            server: server(profile, given.server),
            screen,
            ..given
        })
    }

    /// Returns the error for a problem with the profile and the command line combined. It blames
    /// the key in the file if the value comes from there, and the option otherwise.
    pub fn blame(&self, error: OptionError, merged: &Server) -> Failure {
        if let Some(key) = error.option.and_then(key_of)
            && self.sets(key, merged)
        {
            return Failure::usage(self.profile.error(key, error.problem));
        }
        Failure::usage(error).and(&format!(" (profile '{}')", self.profile.name))
    }

    /// Returns whether the value of `key` in `merged` comes from the profile.
    fn sets(&self, key: &str, merged: &Server) -> bool {
        let own = server(&self.profile, Server::default());
        self.profile.has(key)
            && match key {
                "db" => own.db == merged.db,
                "user" => own.user == merged.user,
                "socket" => own.socket == merged.socket,
                "tls.cacert" => own.tls.cacert == merged.tls.cacert,
                "tls.cert" => own.tls.cert == merged.tls.cert,
                "tls.key" => own.tls.key == merged.tls.key,
                "tls.sni" => own.tls.sni == merged.tls.sni,
                _ => true,
            }
    }
}

/// Returns the profiles of the file for the picker.
fn pickable(file: &ConfigFile) -> Result<Vec<Pickable>, Failure> {
    let entries = &file.config.entries;
    if entries.is_empty() {
        if let Some(error) = &file.config.error {
            return Err(Failure::usage(error));
        }
        let path = shown_path(&file.config.path);
        let message = format!("--profile: no profile in {path}; example:");
        return Err(Failure::usage(message).with_example(EXAMPLE));
    }
    Ok(entries.iter().map(pickable_entry).collect())
}

/// Returns a profile as the picker lists it. An invalid profile is marked as unusable; picking it
/// shows the whole error.
fn pickable_entry(entry: &Entry) -> Pickable {
    let found = entry.profile.as_ref().map_err(Clone::clone);
    match found.and_then(|profile| Ok((profile, target_of(profile)?))) {
        Ok((profile, target)) => Pickable {
            badge: badge(profile),
            address: target.to_string(),
            read_only: profile.read_only,
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

/// Returns a warning if other users can read a password in the file, or if something is wrong
/// outside the profiles.
fn warning(file: &ConfigFile, target: &Target) -> Option<String> {
    let path = shown_path(&file.config.path);
    let open = (file.is_open && target.holds_password())
        .then(|| format!("other users can read the password in {path}: run chmod 600"));
    let error = file.config.error.as_ref();
    let error = error.map(|error| Failure::usage(error).to_string());
    let warnings: Vec<String> = open.into_iter().chain(error).collect();
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

/// Returns the target that the profile connects to.
fn target_of(profile: &Profile) -> Result<Target, ConfigError> {
    let target = target::target(&server(profile, Server::default())).map_err(|error| {
        // The address is to blame, unless another key is at fault.
        let key = error.option.and_then(key_of).filter(|key| profile.has(key));
        profile.error(key.unwrap_or_else(|| profile.address_key()), error.problem)
    })?;
    if target.server().password.is_some() && profile.password_command.is_some() {
        return Err(profile.error("password-command", "the URL already has a password"));
    }
    Ok(target)
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
        "--sentinel-events" => "sentinel-events",
        PASSWORD_COMMAND => PASSWORD_COMMAND,
        _ => return None,
    })
}

/// Returns the server options of the profile, overridden by those of the command line.
fn server(profile: &Profile, given: Server) -> Server {
    let tls = profile.tls.clone().unwrap_or_default();
    // A profile that names no server means the local one, not the one from the environment.
    let has_no_address = profile.address_key().is_empty();
    let local = has_no_address.then(|| "127.0.0.1".to_owned());
    Server {
        url: profile.url.clone(),
        host: profile.host.clone().or(local),
        port: profile.port,
        socket: profile.socket.clone(),
        db: given.db.or(profile.db),
        user: given.user.or_else(|| profile.user.clone()),
        password_command: profile.password_command.clone(),
        url_source: Some(format!("url of profile '{}'", profile.name)),
        tls: cli::Tls {
            enabled: given.tls.enabled || profile.tls.is_some(),
            cacert: given.tls.cacert.or(tls.cacert),
            cert: given.tls.cert.or(tls.cert),
            key: given.tls.key.or(tls.key),
            sni: given.tls.sni.or(tls.sni),
            insecure: given.tls.insecure || tls.insecure,
        },
        ..given
    }
}

/// Merges the screen options. Parses those of the profile here, so that an error names the line in
/// the file.
fn screen(profile: &Profile, given: Screen) -> Result<Screen, ConfigError> {
    let blame = |key: &str, problem: String| profile.error(key, problem);
    queries::read(&profile.filters, |problem| blame("filter", problem))?;
    queries::read_breakpoints(&profile.breakpoints, |problem| blame("break", problem))?;
    let mut decode = cli::DecodeOptions {
        lens: profile.lenses.clone(),
        ..cli::DecodeOptions::default()
    };
    // If the command line gives another file, message types are looked up in that file later.
    if given.decode.proto.is_none() {
        decode.proto.clone_from(&profile.proto);
        decode.proto_type.clone_from(&profile.proto_types);
    }
    decode_options::read(&decode, blame)?;
    let checks = cli::Checks {
        shape: profile.shapes.clone(),
        seq: profile.sequences.clone(),
        pair: profile.pairs.clone(),
        sent: profile.delays.clone(),
    };
    checks::read(&checks, blame)?;
    let keep = profile.keep.as_deref().map(values::keep).transpose();
    let keep = keep.map_err(|problem| blame("keep", problem))?;
    let both = |mine: &[String], others: Vec<String>| [mine, &others].concat();
    Ok(Screen {
        keep: given.keep.or(keep),
        filter: both(&profile.filters, given.filter),
        breakpoint: both(&profile.breakpoints, given.breakpoint),
        alert_command: given
            .alert_command
            .or_else(|| profile.alert_command.clone()),
        decode: cli::DecodeOptions {
            lens: both(&profile.lenses, given.decode.lens),
            proto: given.decode.proto.or_else(|| profile.proto.clone()),
            proto_type: both(&profile.proto_types, given.decode.proto_type),
        },
        checks: cli::Checks {
            shape: both(&checks.shape, given.checks.shape),
            seq: both(&checks.seq, given.checks.seq),
            pair: both(&checks.pair, given.checks.pair),
            sent: both(&checks.sent, given.checks.sent),
        },
        read_only: given.read_only || profile.read_only,
        ..given
    })
}

#[cfg(test)]
mod tests;

//! Turns a profile of the config file into the equivalent command line.

use std::path::Path;

use subscope::app::{Badge, Pickable};
use subscope::config::{ConfigError, Entry, Profile};
use subscope::server::Target;
use subscope::terminal::signals::Signals;

use super::config_file::{self, ConfigFile, EXAMPLE};
use super::target::{PASSWORD_COMMAND, TargetError};
use super::{Screen, Server, Watch, checks, decode_options, queries, target, values};
use crate::cli;
use crate::host::failure::{Failure, shown_path};
use crate::host::pick::{Picked, pick};

/// What the user chose.
pub enum Choice {
    /// This profile.
    Profile(Box<Chosen>),
    /// No profile was chosen; exit with this code.
    Nothing(u8),
}

/// The chosen profile.
pub struct Chosen {
    profile: Profile,
    /// A warning for the user; the program continues.
    pub warning: Option<String>,
    /// The signal listener, if the profile was picked from the list: see [`Picked::Profile`].
    pub signals: Option<Signals>,
}

/// Returns the profile called `name`, or lets the user pick one if there is no name. It comes from
/// the file `config`, or else from the default config file.
pub async fn choose(
    name: Option<&str>,
    config: Option<&Path>,
    options: &Screen,
) -> Result<Choice, Failure> {
    let file = config_file::read(config)?;
    let (profile, signals) = match name {
        Some(name) => {
            let profile = file.config.profile(name);
            (profile.map_err(Failure::usage)?, None)
        }
        None => match pick(pickable(&file)?, options.terminal()).await? {
            Picked::Profile(number, signals) => {
                let profile = file.config.entries[number].profile.as_ref();
                (profile.map_err(Failure::usage)?, Some(signals))
            }
            Picked::Nothing(exit_code) => return Ok(Choice::Nothing(exit_code)),
        },
    };
    let target = target_of(profile).map_err(Failure::usage)?;
    let chosen = Chosen {
        warning: warning(&file, &target),
        profile: profile.clone(),
        signals,
    };
    Ok(Choice::Profile(Box::new(chosen)))
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
        let is_given = !given.channels.is_empty() || !given.shard.is_empty();
        let texts = |texts: &[String]| texts.iter().map(Into::into).collect();
        let (channels, shard, exact) = if is_given {
            (given.channels, given.shard, false)
        } else {
            (
                texts(&profile.channels),
                texts(&profile.shard),
                profile.exact,
            )
        };
        Ok(Watch {
            channels,
            exact: exact || given.exact,
            shard,
            sentinel_events: given.sentinel_events || profile.sentinel_events,
            until: given.until.or(profile.until.as_ref().map(Into::into)),
            server: merged(given.server, server(profile)),
            screen,
            ..given
        })
    }

    /// Returns the error for a problem with the profile and the command line combined. It blames
    /// the key in the file if the value comes from there, and the option otherwise.
    pub fn blame(&self, error: TargetError, merged: &Server) -> Failure {
        if let Some(key) = error.option.and_then(key_of)
            && self.sets(key, merged)
        {
            return Failure::usage(self.profile.error(key, error.problem));
        }
        Failure::from(error).and(&format!(" (profile '{}')", self.profile.name))
    }

    /// Returns whether the value of `key` in `merged` comes from the profile.
    fn sets(&self, key: &str, merged: &Server) -> bool {
        let own = server(&self.profile);
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
    if let ([], [error, ..]) = (&entries[..], &file.config.errors[..]) {
        return Err(Failure::usage(error));
    }
    if entries.is_empty() {
        let path = shown_path(&file.path);
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
    let path = shown_path(&file.path);
    let open = (file.is_open && target.holds_password())
        .then(|| format!("other users can read the password in {path}: run chmod 600"));
    let errors = file.config.errors.iter();
    let errors = errors.map(|error| Failure::usage(error).to_string());
    let warnings: Vec<String> = open.into_iter().chain(errors).collect();
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

/// Returns the target that the profile connects to.
fn target_of(profile: &Profile) -> Result<Target, ConfigError> {
    let target = target::target(&server(profile))
        .map_err(|error| profile.error(key_to_blame(profile, &error), error.problem))?;
    if target.server().password.is_some() && profile.password_command.is_some() {
        return Err(profile.error("password-command", "the URL already has a password"));
    }
    Ok(target)
}

/// Returns the key of the profile to blame for `error`: its address, unless another key is at
/// fault.
fn key_to_blame(profile: &Profile, error: &TargetError) -> &'static str {
    let key = error.option.and_then(key_of);
    let key = key.filter(|key| profile.has(key));
    key.unwrap_or_else(|| profile.address_key())
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

/// Returns the profile's server as command-line options.
fn server(profile: &Profile) -> Server {
    let tls = profile.tls.clone().unwrap_or_default();
    // A profile that names no server means the local one, not the one from the environment.
    let has_no_address = profile.address_key().is_empty();
    let local = has_no_address.then(|| "127.0.0.1".to_owned());
    Server {
        url: profile.url.clone(),
        host: profile.host.clone().or(local),
        port: profile.port,
        socket: profile.socket.clone(),
        db: profile.db,
        user: profile.user.clone(),
        pass: None,
        askpass: false,
        password_command: profile.password_command.clone(),
        url_source: Some(format!("url of profile '{}'", profile.name)),
        tls: cli::Tls {
            tls: profile.tls.is_some(),
            cacert: tls.cacert,
            cert: tls.cert,
            key: tls.key,
            sni: tls.sni,
            insecure: tls.insecure,
        },
    }
}

/// Merges the server options of the command line and of the profile.
fn merged(given: Server, profile: Server) -> Server {
    Server {
        db: given.db.or(profile.db),
        user: given.user.or(profile.user),
        pass: given.pass,
        askpass: given.askpass,
        tls: cli::Tls {
            tls: given.tls.tls || profile.tls.tls,
            cacert: given.tls.cacert.or(profile.tls.cacert),
            cert: given.tls.cert.or(profile.tls.cert),
            key: given.tls.key.or(profile.tls.key),
            sni: given.tls.sni.or(profile.tls.sni),
            insecure: given.tls.insecure || profile.tls.insecure,
        },
        ..profile
    }
}

/// Merges the screen options. Parses the profile's queries here, so that an error names the line in
/// the file.
fn screen(profile: &Profile, given: Screen) -> Result<Screen, ConfigError> {
    for (key, texts) in [
        ("filter", &profile.filters),
        ("break", &profile.breakpoints),
    ] {
        queries::read(texts, |problem| profile.error(key, problem))?;
    }
    check_decode_options(profile, &given.decode)?;
    let mine = cli::Checks {
        shape: profile.shapes.clone(),
        seq: profile.sequences.clone(),
        pair: profile.pairs.clone(),
        sent: profile.delays.clone(),
    };
    checks::read(&mine, |key, problem| profile.error(key, problem))?;
    let keep = profile.keep.as_deref().map(values::keep).transpose();
    let keep = keep.map_err(|problem| profile.error("keep", problem))?;
    let both = |mine: &[String], others: Vec<String>| [mine, &others].concat();
    Ok(Screen {
        keep: given.keep.or(keep),
        filter: both(&profile.filters, given.filter),
        breakpoint: both(&profile.breakpoints, given.breakpoint),
        decode: cli::DecodeOptions {
            lens: both(&profile.lenses, given.decode.lens),
            proto: given.decode.proto.or_else(|| profile.proto.clone()),
            proto_type: both(&profile.proto_types, given.decode.proto_type),
        },
        checks: cli::Checks {
            shape: both(&mine.shape, given.checks.shape),
            seq: both(&mine.seq, given.checks.seq),
            pair: both(&mine.pair, given.checks.pair),
            sent: both(&mine.sent, given.checks.sent),
        },
        read_only: given.read_only || profile.read_only,
        ..given
    })
}

/// Checks the profile's decode options. If the command line gives another `--proto` file, message
/// types are looked up in that file later.
fn check_decode_options(profile: &Profile, given: &cli::DecodeOptions) -> Result<(), ConfigError> {
    let mut mine = cli::DecodeOptions {
        lens: profile.lenses.clone(),
        ..cli::DecodeOptions::default()
    };
    if given.proto.is_none() {
        mine.proto.clone_from(&profile.proto);
        mine.proto_type.clone_from(&profile.proto_types);
    }
    decode_options::read(&mine, |key, problem| profile.error(key, problem)).map(drop)
}

#[cfg(test)]
mod tests;

//! A profile of the config file, as the command line that it stands for.

use std::path::Path;

use super::config_file::{self, ConfigFile, EXAMPLE, complaint};
use super::pick::{Picked, pick};
use super::target::{PASSWORD_COMMAND, Wrong};
use super::{Failure, checks, decode_options, queries, shown_path, target};
use crate::app::{Badge, Pickable};
use crate::cli::{self, Screen, Server, Watch};
use crate::config::{ConfigError, Entry, Profile};
use crate::server::Target;
use crate::terminal::signals::Signals;

/// What the person has chosen.
pub(super) enum Choice {
    /// This profile.
    Profile(Box<Chosen>),
    /// None; the code to exit with.
    Nothing(u8),
}

/// The profile that was chosen.
pub(super) struct Chosen {
    profile: Profile,
    /// What the person should know though it stops nothing.
    pub warning: Option<String>,
    /// The signals, if it was picked: see [`Picked::Profile`].
    pub signals: Option<Signals>,
}

/// The profile called `name`, or else the one that the person picks, of the file that `config`
/// names or of the usual one.
pub(super) async fn choose(
    name: Option<&str>,
    config: Option<&Path>,
    options: &Screen,
) -> Result<Choice, Failure> {
    let file = config_file::read(config)?;
    let (profile, signals) = match name {
        Some(name) => {
            let profile = file.config.profile(name);
            (profile.map_err(|error| complaint(&error))?, None)
        }
        None => match pick(pickable(&file)?, options).await? {
            Picked::Profile(number, signals) => {
                let entry = &file.config.entries()[number];
                let profile = entry.profile.as_ref();
                (profile.map_err(complaint)?, Some(signals))
            }
            Picked::Nothing(exit_code) => return Ok(Choice::Nothing(exit_code)),
        },
    };
    let target = target_of(profile).map_err(|error| complaint(&error))?;
    let chosen = Chosen {
        warning: warning(&file, &target),
        profile: profile.clone(),
        signals,
    };
    Ok(Choice::Profile(Box::new(chosen)))
}

impl Chosen {
    /// Its name and colour.
    pub fn badge(&self) -> Badge {
        badge(&self.profile)
    }

    /// The command line with the profile in it. What stands on the command line wins: options that
    /// can be given once replace those of the profile, others add to them, and channels replace
    /// its channels. Nothing undoes a refusal to write.
    pub fn add_to(&self, given: Watch) -> Result<Watch, Failure> {
        let profile = &self.profile;
        let screen = screen(profile, given.screen).map_err(|error| complaint(&error))?;
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

    /// The complaint about what became of the profile and the command line together: of the key
    /// in the file where it is that, else of the option.
    pub fn blame(&self, wrong: Wrong, made: &Server) -> Failure {
        if let Some(key) = wrong.option.and_then(key_of)
            && self.says(key, made)
        {
            return complaint(&self.profile.wrong(key, wrong.problem));
        }
        Failure::from(wrong).and(&format!(" (profile '{}')", self.profile.name))
    }

    /// Whether it is the profile that says what `made` has for `key`.
    fn says(&self, key: &str, made: &Server) -> bool {
        let own = server(&self.profile);
        self.profile.has(key)
            && match key {
                "db" => own.db == made.db,
                "user" => own.user == made.user,
                "socket" => own.socket == made.socket,
                "tls.cacert" => own.tls.cacert == made.tls.cacert,
                "tls.cert" => own.tls.cert == made.tls.cert,
                "tls.key" => own.tls.key == made.tls.key,
                "tls.sni" => own.tls.sni == made.tls.sni,
                _ => true,
            }
    }
}

/// The profiles of the file, to pick one from.
fn pickable(file: &ConfigFile) -> Result<Vec<Pickable>, Failure> {
    let entries = file.config.entries();
    if let ([], Some(wrong)) = (entries, file.config.wrong().first()) {
        return Err(complaint(wrong));
    }
    if entries.is_empty() {
        let path = shown_path(&file.path);
        let words = format!("--profile: there is no profile in {path}; one is, for example");
        return Err(Failure::usage(words).with_example(EXAMPLE));
    }
    Ok(entries.iter().map(pickable_entry).collect())
}

/// A profile as it is listed. One that something is wrong with is listed as such: the complaint
/// follows if it is picked.
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

/// What others can read though it is not theirs, and what is wrong outside of the profiles.
fn warning(file: &ConfigFile, target: &Target) -> Option<String> {
    let path = shown_path(&file.path);
    let open = (file.is_open && target.holds_password())
        .then(|| format!("other users can read the password in {path}: chmod 600 keeps it in"));
    let wrong = file
        .config
        .wrong()
        .iter()
        .map(|error| complaint(error).to_string());
    let warnings: Vec<String> = open.into_iter().chain(wrong).collect();
    (!warnings.is_empty()).then(|| warnings.join("; "))
}

/// What the profile connects to.
fn target_of(profile: &Profile) -> Result<Target, ConfigError> {
    let target = target::named(&server(profile))
        .map_err(|wrong| profile.wrong(key_to_blame(profile, &wrong), wrong.problem))?;
    if target.has_password() && profile.password_command.is_some() {
        return Err(profile.wrong("password-command", "the URL holds a password already"));
    }
    Ok(target)
}

/// The key of the profile that is to blame for what is wrong: its address unless another is.
fn key_to_blame(profile: &Profile, wrong: &Wrong) -> &'static str {
    let key = wrong.option.and_then(key_of);
    let key = key.filter(|key| profile.has(key));
    key.unwrap_or_else(|| profile.address_key())
}

/// The key of a profile that says what an option says.
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

/// The server as options would name it.
fn server(profile: &Profile) -> Server {
    let tls = profile.tls.clone().unwrap_or_default();
    // Where no server is named, that of the environment is not meant.
    let is_nowhere = profile.address_key().is_empty();
    let here = is_nowhere.then(|| "127.0.0.1".to_owned());
    Server {
        url: profile.url.clone(),
        host: profile.host.clone().or(here),
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

/// The server of the profile, as the command line wants it.
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

/// The options of the screen. Queries of the profile are looked at here, so that a complaint about
/// one names its line.
fn screen(profile: &Profile, given: Screen) -> Result<Screen, ConfigError> {
    for (key, texts) in [
        ("filter", &profile.filters),
        ("break", &profile.breakpoints),
    ] {
        queries::read(texts, |words| profile.wrong(key, words))?;
    }
    check_reading(profile, &given.decode)?;
    let mine = cli::Checks {
        shape: profile.shapes.clone(),
        seq: profile.sequences.clone(),
        pair: profile.pairs.clone(),
        sent: profile.delays.clone(),
    };
    checks::read(&mine, |key, words| profile.wrong(key, words))?;
    let keep = profile.keep.as_deref().map(cli::parse_keep).transpose();
    let keep = keep.map_err(|words| profile.wrong("keep", words))?;
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

/// Looks at how the profile reads messages. Where the command line gives another file of types, it
/// is that which they are looked up in, later.
fn check_reading(profile: &Profile, given: &cli::DecodeOptions) -> Result<(), ConfigError> {
    let mut mine = cli::DecodeOptions {
        lens: profile.lenses.clone(),
        ..cli::DecodeOptions::default()
    };
    if given.proto.is_none() {
        mine.proto.clone_from(&profile.proto);
        mine.proto_type.clone_from(&profile.proto_types);
    }
    decode_options::read(&mine, |key, words| profile.wrong(key, words)).map(drop)
}

#[cfg(test)]
mod tests;

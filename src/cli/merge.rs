//! Turns a profile of the config file into the equivalent options.

use std::slice::from_ref;
use std::time::Duration;

use clap::ValueEnum;
use subscope::config::{ConfigError, Profile, suggestion};
use subscope::server::{AddressMap, OptionError};

use super::{Screen, Server, checks, decode_options, queries, target, values};
use crate::cli;

/// Returns the server options of the profile, overridden by those of the command line.
pub fn server(profile: &Profile, given: Server) -> Server {
    let tls = profile.tls.clone().unwrap_or_default();
    let own = match (profile.address_key(), profile.name.as_str()) {
        ("", "") => Server {
            url: given.url,
            host: given.host,
            port: given.port,
            socket: given.socket,
            ..Server::default()
        },
        // A profile that names no server means the local one, not the one from the environment.
        ("", _) => Server {
            host: Some("127.0.0.1".to_owned()),
            ..Server::default()
        },
        _ => Server {
            url: profile.url.clone(),
            host: profile.host.clone(),
            port: profile.port,
            socket: profile.socket.clone(),
            url_source: Some(profile.error("url", "").to_string().trim_end().to_owned()),
            ..Server::default()
        },
    };
    let (via, ssh) = match (given.via, given.ssh) {
        (None, None) => (profile.via.clone(), profile.ssh.clone()),
        way => way,
    };
    Server {
        via,
        ssh,
        // The first rule that matches counts.
        map_address: [given.map_address, profile.address_map.clone()].concat(),
        askpass: given.askpass || given.pass.is_none() && profile.askpass == Some(true),
        db: given.db.or(profile.db),
        user: given.user.or_else(|| profile.user.clone()),
        password_command: given
            .password_command
            .or_else(|| profile.password_command.clone()),
        name: given.name.or_else(|| known_name(profile)),
        connect_timeout: given.connect_timeout.or_else(|| {
            let seconds = profile.connect_timeout?;
            Some(Duration::from_secs(seconds.into()))
        }),
        no_auth_warning: given.no_auth_warning,
        needless: given.needless,
        tls: cli::Tls {
            enabled: given.tls.enabled || profile.tls.is_some(),
            cacert: given.tls.cacert.or(tls.cacert),
            cert: given.tls.cert.or(tls.cert),
            key: given.tls.key.or(tls.key),
            sni: given.tls.sni.or(tls.sni),
            insecure: given.tls.insecure.or(tls.insecure),
        },
        pass: given.pass,
        ..own
    }
}

/// Returns every error in the values of the profile, by line. If the command line gives another
/// file of Protobuf types, the profile's message types are checked later, against that file.
pub fn mistakes(profile: &Profile, has_other_types: bool) -> Vec<ConfigError> {
    let blame = |key: &str, problem: String| profile.error(key, problem);
    let mut found: Vec<ConfigError> = Vec::new();
    for filter in &profile.filters {
        let query = queries::read(from_ref(filter), |problem| blame("filter", problem));
        found.extend(query.err());
    }
    for breakpoint in &profile.breakpoints {
        let breakpoint = from_ref(breakpoint);
        let query = queries::read_breakpoints(breakpoint, |problem| blame("break", problem));
        found.extend(query.err());
    }
    let others = cli::DecodeOptions {
        lens: profile.lenses.clone(),
        avro: profile.avro.clone(),
        ..cli::DecodeOptions::default()
    };
    let types = cli::DecodeOptions {
        proto: profile.proto.clone(),
        proto_type: profile.proto_types.clone(),
        ..cli::DecodeOptions::default()
    };
    let decoding = [Some(others), (!has_other_types).then_some(types)];
    for options in decoding.into_iter().flatten() {
        found.extend(decode_options::errors(&options, blame));
    }
    found.extend(checks::errors(&own_checks(profile), blame));
    let keep = profile.keep.as_deref().map(values::keep).transpose();
    let separator = separator_of(profile).err();
    let client_name = profile.client_name.as_deref().map(values::client_name);
    let client_name = client_name.and_then(Result::err);
    let choices = [
        ("name", client_name.map(str::to_owned)),
        ("keep", keep.err()),
        ("separator", separator.map(str::to_owned)),
        (
            "theme",
            choice::<cli::ThemeName>(profile.theme.as_deref()).err(),
        ),
        ("via", way_problem(profile.via.as_deref(), target::via)),
        ("ssh", way_problem(profile.ssh.as_deref(), target::ssh)),
        ("map-address", AddressMap::parse(&profile.address_map).err()),
        (
            "ascii",
            choice::<cli::Ascii>(profile.ascii.as_deref()).err(),
        ),
        (
            "keys",
            choice::<cli::KeySetName>(profile.key_set.as_deref()).err(),
        ),
    ];
    let wrong = choices.into_iter();
    found.extend(wrong.filter_map(|(key, problem)| Some(blame(key, problem?))));
    found.sort_by_key(ConfigError::line);
    found
}

/// Returns the name of the connections, if it is valid.
fn known_name(profile: &Profile) -> Option<String> {
    values::client_name(profile.client_name.as_deref()?).ok()
}

fn way_problem<T>(
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, OptionError>,
) -> Option<String> {
    Some(parse(text?).err()?.problem)
}

fn separator_of(profile: &Profile) -> Result<Option<u8>, &'static str> {
    let separator = profile.separator.as_deref();
    separator.map(values::separator).transpose()
}

fn own_checks(profile: &Profile) -> cli::Checks {
    cli::Checks {
        shape: profile.shapes.clone(),
        schema: profile.schemas.clone(),
        seq: profile.sequences.clone(),
        pair: profile.pairs.clone(),
        sent: profile.delays.clone(),
    }
}

/// Parses the value of an option that takes one of a few names. The error does not repeat the value.
fn choice<T: ValueEnum>(text: Option<&str>) -> Result<Option<T>, String> {
    let Some(text) = text else {
        return Ok(None);
    };
    if let Ok(value) = T::from_str(text, false) {
        return Ok(Some(value));
    }
    let values = T::value_variants().iter();
    let names = values.filter_map(|value| Some(value.to_possible_value()?.get_name().to_owned()));
    let names: Vec<String> = names.collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let hint = suggestion(text, &names);
    Err(format!("must be one of {}{hint}", names.join(", ")))
}

/// Merges the screen options. Parses those of the profile here, so that an error names the line in
/// the file.
pub fn screen(profile: &Profile, given: Screen) -> Result<Screen, ConfigError> {
    let mistakes = mistakes(profile, given.decode.proto.is_some());
    if let Some(first) = mistakes.into_iter().next() {
        return Err(first);
    }
    let checks = own_checks(profile);
    let keep = profile.keep.as_deref().map(values::keep);
    let both = |mine: &[String], others: Vec<String>| [mine, &others].concat();
    Ok(Screen {
        keep: given.keep.or(keep.and_then(Result::ok)),
        filter: both(&profile.filters, given.filter),
        breakpoint: both(&profile.breakpoints, given.breakpoint),
        alert_command: given
            .alert_command
            .or_else(|| profile.alert_command.clone()),
        clipboard: given.clipboard.or_else(|| profile.clipboard.clone()),
        separator: given
            .separator
            .or_else(|| separator_of(profile).ok().flatten()),
        decode: cli::DecodeOptions {
            lens: both(&profile.lenses, given.decode.lens),
            proto: given.decode.proto.or_else(|| profile.proto.clone()),
            proto_type: both(&profile.proto_types, given.decode.proto_type),
            avro: both(&profile.avro, given.decode.avro),
        },
        checks: cli::Checks {
            shape: both(&checks.shape, given.checks.shape),
            schema: both(&checks.schema, given.checks.schema),
            seq: both(&checks.seq, given.checks.seq),
            pair: both(&checks.pair, given.checks.pair),
            sent: both(&checks.sent, given.checks.sent),
        },
        read_only: given.read_only.or(profile.read_only),
        is_file_read_only: given.read_only.is_none() && profile.read_only == Some(true),
        no_mouse: given.no_mouse.or(profile.no_mouse),
        theme: given.theme.or_else(|| known(profile.theme.as_deref())),
        ascii: given.ascii.or_else(|| known(profile.ascii.as_deref())),
        keys: given.keys.or_else(|| key_set(profile)),
        escape_time: given.escape_time.or(profile.escape_time),
        stats: given.stats.or_else(|| profile.stats.clone()),
    })
}

/// Returns the set of keys that the profile chooses.
pub fn key_set(profile: &Profile) -> Option<cli::KeySetName> {
    known(profile.key_set.as_deref())
}

/// Returns the value for a name that has already been validated.
fn known<T: ValueEnum>(text: Option<&str>) -> Option<T> {
    choice(text).ok().flatten()
}

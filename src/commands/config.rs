//! `subscope config`: writes a config file to start from, and checks the one in use.

use subscope::config::{Config, ConfigError, Defaults, Entry, Part};
use subscope::payload::figures::counted;

use crate::cli::merge::key_set;
use crate::cli::profile::{
    count_key_changes, in_defaults, mistakes_in_defaults, mistakes_in_keys, mistakes_in_profile,
};
use crate::cli::{Check, ConfigCommand, Init, config_file, file_options, recipes};
use crate::host::failure::{line, reason, shown_path};
use crate::host::{Failure, files, pager, report};

/// The file that `init` writes.
const EXPLAINED: &str = include_str!("../../assets/config.toml");

/// Runs the command. Returns the exit code.
pub fn run(command: &ConfigCommand) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Init(init) => write(init),
        ConfigCommand::Check(check) => check_file(check),
    }
}

/// Writes a config file in which every option is explained, and prints its path.
fn write(init: &Init) -> Result<u8, Failure> {
    let path = config_file::path(init.file.path.as_deref())?;
    let shown = shown_path(&path);
    if path.exists() && !init.force {
        let remedy = "use --force to replace it, or --config FILE for another file";
        return Err(Failure::usage(format!("{shown} exists: {remedy}")));
    }
    files::replace(&path, EXPLAINED.as_bytes()).map_err(|error| {
        let reason = reason(&error);
        Failure::other(format!("{shown} cannot be written: {reason}"))
    })?;
    pager::print(&format!("{shown}\n"))?;
    Ok(0)
}

/// Reports every mistake in the file, or describes its contents if there is none. Returns the exit
/// code.
fn check_file(check: &Check) -> Result<u8, Failure> {
    let path = config_file::path(check.file.path.as_deref())?;
    if !path.exists() {
        let shown = shown_path(&path);
        let remedy = "subscope config init writes one";
        return Err(Failure::usage(format!("no config file {shown}: {remedy}")));
    }
    let file = config_file::read(Some(&path), false)?;
    let errors = mistakes(&file.config);
    for error in &errors {
        report(Failure::usage(error));
    }
    if !errors.is_empty() {
        return Ok(2);
    }
    pager::print(&format!("{}\n", contents(&file.config)))?;
    Ok(0)
}

/// Returns every mistake in the file, by line.
pub(super) fn mistakes(config: &Config) -> Vec<ConfigError> {
    let mut found = config.errors.clone();
    let defaults = config.defaults.rest();
    let named = defaults.profile.as_deref();
    let is_missing = |name: &&str| config.entries.iter().all(|entry| entry.name != *name);
    let wrong = named.filter(is_missing);
    let wrong = wrong.and_then(|name| config.profile(name).err());
    found.extend(wrong.map(|error| in_defaults(error, defaults)));
    let wrong = values_of(&config.defaults, mistakes_in_defaults);
    // The mistakes in the defaults are not repeated for each profile.
    let lower = match wrong.as_slice() {
        [] => defaults.clone(),
        _ => Defaults::default(),
    };
    found.extend(wrong);
    for Entry { profile, .. } in &config.entries {
        found.extend(values_of(profile, |profile| {
            mistakes_in_profile(profile, &lower)
        }));
    }
    let profiles = config.entries.iter();
    let sets = profiles.filter_map(|entry| key_set(entry.profile.rest()));
    let set = key_set(&defaults.options).unwrap_or_default();
    found.extend(
        [set]
            .into_iter()
            .chain(sets)
            .flat_map(|set| mistakes_in_keys(config, set)),
    );
    found.extend(recipes::mistakes(config));
    found.extend(file_options::mistakes(config));
    found.extend(config.decoders.errors().iter().cloned());
    found.sort_by_key(ConfigError::line);
    let mut once: Vec<ConfigError> = Vec::new();
    for error in found {
        if !once.contains(&error) {
            once.push(error);
        }
    }
    once
}

/// Returns what is wrong with the part: what its parser found, and the errors in the values of the
/// other keys.
fn values_of<T>(part: &Part<T>, check: impl Fn(&T) -> Vec<ConfigError>) -> Vec<ConfigError> {
    let mut found = part.errors().to_vec();
    let is_new = |error: &ConfigError| !part.errors().iter().any(|one| one.has_place_of(error));
    found.extend(check(part.rest()).into_iter().filter(is_new));
    found
}

/// Describes what the file contains.
pub(super) fn contents(config: &Config) -> String {
    let defaults = &config.defaults.rest().options;
    let changes = count_key_changes(config, key_set(defaults).unwrap_or_default());
    let defaults = defaults.count();
    let commands = config.commands.rest().len();
    let profiles: Vec<&str> = config
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let names = match profiles.join(", ") {
        names if names.is_empty() => names,
        names => format!(" ({names})"),
    };
    let contents = format!(
        "{}: no mistakes · {}{names} · {} · {} · {} · {}{}",
        shown_path(&config.path),
        counted(profiles.len() as u64, "profile"),
        counted(defaults as u64, "default"),
        counted(changes as u64, "key change"),
        counted(commands as u64, "command"),
        counted(config.recipes.rest().len() as u64, "recipe"),
        decoders_words(config),
    );
    line(&contents)
}

/// Returns the part of the description about decoders, if there are any.
fn decoders_words(config: &Config) -> String {
    match config.decoders.rest().len() {
        0 => String::new(),
        count => format!(" · {}", counted(count as u64, "decoder")),
    }
}

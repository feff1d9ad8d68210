//! The config file and the environment variables.

use std::env;
use std::path::Path;

use subscope::config::suggestion;
use subscope::payload::figures;

use super::page::Page;
use crate::cli::{config_file, environment};
use crate::commands::config::{contents, mistakes};
use crate::host::failure::shown_path;

/// The variables whose values can hold nothing private.
const HARMLESS: [&str; 11] = [
    "SUBSCOPE_ASCII",
    "SUBSCOPE_CONFIG",
    "SUBSCOPE_ESCAPE_TIME",
    "SUBSCOPE_EXACT",
    "SUBSCOPE_INSECURE",
    "SUBSCOPE_KEEP",
    "SUBSCOPE_KEYS",
    "SUBSCOPE_NO_MOUSE",
    "SUBSCOPE_READ_ONLY",
    "SUBSCOPE_SEPARATOR",
    "SUBSCOPE_THEME",
];

/// The variables of other programs that have an effect.
const OTHERS: [&str; 4] = ["NO_COLOR", "PAGER", "REDISCLI_AUTH", "REDIS_URL"];

/// The variables that subscope sets for the commands it runs.
const GIVEN: [&str; 4] = [
    "SUBSCOPE_ALERT",
    "SUBSCOPE_CHANNEL",
    "SUBSCOPE_FILE",
    "SUBSCOPE_TIME",
];

/// The start of the names of all other variables.
const OURS: &str = "SUBSCOPE_";

/// Reports which config file is read, and what is wrong with it.
pub fn examine(page: &mut Page, option: Option<&Path>) {
    let path = match config_file::path(option) {
        Ok(path) => path,
        Err(failure) => return page.section("config").row("file", failure),
    };
    let shown = shown_path(&path);
    if !path.exists() {
        let section = page.section("config");
        return section.row("file", format!("{shown} (does not exist)"));
    }
    let file = match config_file::read(Some(&path), false) {
        Ok(file) => file,
        Err(failure) => {
            page.section("config").row("file", shown);
            let remedy = "correct it: subscope config check";
            return page.problem("the config file", failure, remedy);
        }
    };
    let section = page.section("config");
    let found = mistakes(&file.config);
    if found.is_empty() {
        section.row("file", contents(&file.config));
    } else {
        let count = figures::counted(found.len() as u64, "mistake");
        section.row("file", format!("{shown}: {count}"));
    }
    for mistake in found {
        let remedy = "correct it: subscope config check";
        page.problem("a part of the config file", mistake, remedy);
    }
}

/// Lists the environment variables that have an effect, with their values where these are harmless.
pub fn examine_environment(page: &mut Page) {
    let known = environment::names();
    let set = env::vars_os().filter(|(_, value)| !value.is_empty());
    let set = set.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let ours = set.filter(|(name, _)| name.starts_with(OURS) || OTHERS.contains(&name.as_str()));
    let mut ours: Vec<_> = ours.collect();
    ours.sort();
    let section = page.section("environment");
    if ours.is_empty() {
        return section.row("variables", "none set");
    }
    for (name, value) in &ours {
        if HARMLESS.contains(&name.as_str()) {
            section.row(name, value.to_string_lossy());
        } else {
            section.row(name, "set");
        }
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for (name, _) in ours {
        let is_known = known.contains(&name.as_str()) || GIVEN.contains(&name.as_str());
        if name.starts_with(OURS) && !is_known {
            let why = format!("no option has this variable{}", suggestion(&name, &known));
            page.problem(&name, why, "see subscope help profiles");
        }
    }
}

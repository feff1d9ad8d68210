//! Locates and reads the config file.

use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use etcetera::BaseStrategy as _;
use subscope::config::{Config, ConfigError, home};
use subscope::payload::figures;

use crate::host::failure::{Failure, reason, shown_path};

/// An example of a minimal profile.
pub const EXAMPLE: &str = "[profile.staging]\nurl = \"redis://staging.example:6379\"";

/// A config file that has been read.
pub struct ConfigFile {
    pub config: Config,
    /// Whether users other than its owner can read it.
    pub is_open: bool,
}

/// Reads the file named by `option`, else the one named by the environment, else the default one.
/// If the default one does not exist, it counts as empty unless a profile is required.
pub fn read(option: Option<&Path>, requires_profile: bool) -> Result<ConfigFile, Failure> {
    let who = if requires_profile { "--profile: " } else { "" };
    let (path, is_named) = match named(option)? {
        Some(path) => (path, true),
        None => match default_path() {
            Ok(path) => (path, false),
            Err(_) if !requires_profile => (PathBuf::new(), false),
            Err(problem) => return Err(Failure::usage(format!("{who}{problem}"))),
        },
    };
    let text = match text(&path) {
        Ok(text) => text,
        Err(error) if is_absent(&error) && !is_named && !requires_profile => String::new(),
        Err(error) => return Err(unread(who, &path, &error)),
    };
    let config = Config::parse(&path, &text).map_err(Failure::usage)?;
    let is_open = fs::metadata(&path).is_ok_and(|file| file.permissions().mode() & 0o044 != 0);
    Ok(ConfigFile { config, is_open })
}

/// Returns the text of a file. It is read once, since it may come through a pipe.
fn text(path: &Path) -> io::Result<String> {
    static READ: Mutex<Option<(PathBuf, String)>> = Mutex::new(None);
    let mut last = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, text)) = last.as_ref().filter(|(read, _)| read == path) {
        return Ok(text.clone());
    }
    let text = fs::read_to_string(path)?;
    *last = Some((path.to_owned(), text.clone()));
    Ok(text)
}

/// Returns the path of the file that [`read`] reads.
pub fn path(option: Option<&Path>) -> Result<PathBuf, Failure> {
    match named(option)? {
        Some(path) => Ok(path),
        None => default_path().map_err(Failure::usage),
    }
}

/// Returns the failure for the first of several errors in the file. The failure says how many more
/// there are.
pub fn failure(errors: &[ConfigError]) -> Failure {
    let [first, others @ ..] = errors else {
        return Failure::usage("the config file is invalid");
    };
    let failure = Failure::usage(first);
    if others.is_empty() {
        return failure;
    }
    let more = figures::counted(others.len() as u64, "more error");
    failure.and(&format!(" ({more}: subscope config check)"))
}

/// Returns the path named by `option` or by the environment.
fn named(option: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    if let Some(path) = option {
        return Ok(Some(path.to_owned()));
    }
    let variable = env::var_os("SUBSCOPE_CONFIG").filter(|path| !path.is_empty());
    let path = variable.map(|path| home::expand(path.into())).transpose();
    path.map_err(|problem| Failure::usage(format!("SUBSCOPE_CONFIG {problem}")))
}

fn default_path() -> Result<PathBuf, String> {
    let base = etcetera::choose_base_strategy()
        .map_err(|error| format!("cannot locate the config file: {error}; use --config FILE"))?;
    Ok(base.config_dir().join("subscope").join("config.toml"))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn unread(who: &str, full: &Path, error: &io::Error) -> Failure {
    let path = shown_path(full);
    if is_absent(error) {
        return Failure::usage(format!("{who}no config file {path}; example:"))
            .with_example(EXAMPLE);
    }
    if error.kind() == ErrorKind::IsADirectory {
        return Failure::usage(format!(
            "{who}{path} is a folder; name the file in it, such as {}",
            shown_path(&full.join("config.toml"))
        ));
    }
    let reason = reason(error);
    Failure::usage(format!("{who}{path} cannot be read: {reason}"))
}

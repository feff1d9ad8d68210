//! Locates and reads the config file.

use std::env;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use subscope::config::{Config, home};

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
pub fn read(option: Option<&Path>) -> Result<ConfigFile, Failure> {
    let path = path(option)?;
    let text = fs::read_to_string(&path).map_err(|error| unread(&path, &error))?;
    let config = Config::parse(&path, &text).map_err(Failure::usage)?;
    let is_open = fs::metadata(&path).is_ok_and(|file| file.permissions().mode() & 0o044 != 0);
    Ok(ConfigFile { config, is_open })
}

fn path(option: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = option {
        return Ok(path.to_owned());
    }
    let variable = env::var_os("SUBSCOPE_CONFIG").filter(|path| !path.is_empty());
    if let Some(path) = variable {
        let path = home::expand(path.into());
        return path.map_err(|problem| Failure::usage(format!("SUBSCOPE_CONFIG {problem}")));
    }
    let base = etcetera::choose_base_strategy().map_err(|error| {
        Failure::usage(format!(
            "--profile: cannot locate the config file: {error}; use --config FILE"
        ))
    })?;
    Ok(base.config_dir().join("subscope").join("config.toml"))
}

fn unread(full: &Path, error: &io::Error) -> Failure {
    let path = shown_path(full);
    if error.kind() == ErrorKind::NotFound {
        return Failure::usage(format!("--profile: no config file {path}; example:"))
            .with_example(EXAMPLE);
    }
    if error.kind() == ErrorKind::IsADirectory {
        return Failure::usage(format!(
            "--profile: {path} is a folder; name the file in it, such as {}",
            shown_path(&full.join("config.toml"))
        ));
    }
    let reason = reason(error);
    Failure::usage(format!("--profile: {path} cannot be read: {reason}"))
}

//! Errors in the config file, one line each.

use std::fmt;
use std::path::{Path, PathBuf};

/// An error in the config file: one line that names the file, the line, the key, and what is
/// expected. It never contains a value that may be a password.
///
/// It may contain names from the file, so code that shows the error must escape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    path: PathBuf,
    /// The line, counted from 1; `None` if no line is at fault.
    line: Option<usize>,
    /// The key; empty if no key is at fault.
    key: String,
    problem: String,
}

/// The place of a key in the config file, for errors about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub(super) path: PathBuf,
    pub(super) line: usize,
    /// The full path of the key, such as `profile.staging.url`.
    pub(super) key: String,
}

impl Place {
    /// Returns an error about the key or its value. `problem` must not contain a password.
    pub fn error(&self, problem: impl Into<String>) -> ConfigError {
        ConfigError::new(&self.path, self.line, self.key.clone(), problem)
    }

    /// Returns the line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns `path` relative to the folder of the file.
    pub fn in_folder(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

impl ConfigError {
    /// Creates an error about `key` in `line`.
    pub(super) fn new(path: &Path, line: usize, key: String, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            key,
            problem: problem.into(),
        }
    }

    /// Returns the line, counted from 1; `None` if no line is at fault.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns whether both errors are about the same key in the same line.
    pub fn has_place_of(&self, other: &Self) -> bool {
        (self.line, &self.key) == (other.line, &other.key)
    }

    /// Returns what is wrong, without saying where.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// Returns the message without the path of the file.
    pub fn brief(&self) -> String {
        let line = self.line.map(|line| format!("line {line}"));
        let key = Some(self.key.clone()).filter(|key| !key.is_empty());
        let parts = [line, key, Some(self.problem.clone())];
        parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    }

    /// Creates the error about an unknown profile `name`, which lists the existing `names`.
    pub(super) fn no_profile(path: &Path, name: &str, names: &[&str]) -> Self {
        let problem = match names {
            [] => format!("no profile '{}': the file has none", masked(name)),
            names => {
                let hint = suggestion(name, names);
                let names: Vec<&str> = names.iter().map(|name| masked(name)).collect();
                let mark = if hint.is_empty() { "." } else { "" };
                let names = names.join(", ");
                let name = masked(name);
                format!("no profile '{name}'{hint}{mark} Profiles: {names}")
            }
        };
        Self {
            path: path.to_owned(),
            line: None,
            key: String::new(),
            problem,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Returns a name for display in an error. A name that may be a URL with a password is masked.
pub(super) fn masked(name: &str) -> &str {
    if name.contains('@') || name.contains("://") {
        "***"
    } else {
        name
    }
}

/// Returns a "did you mean" suffix if one of `names` is similar to `name`, and an empty string
/// otherwise.
pub fn suggestion(name: &str, names: &[&str]) -> String {
    let distance = |other: &str| {
        // A prefix counts as an exact match, and a word of the name as one typo.
        if !name.is_empty() && other.starts_with(name) {
            return 0;
        }
        if other.split('-').any(|word| word == name) {
            return 1;
        }
        strsim::osa_distance(name, other)
    };
    // The shorter the name, the fewer typos are allowed.
    let most = name.chars().count() / 3;
    let nearest = names.iter().min_by_key(|other| distance(other));
    match nearest.filter(|other| distance(other) <= most) {
        Some(nearest) => format!(", did you mean '{}'?", masked(nearest)),
        None => String::new(),
    }
}

//! What is wrong with the config file, in one line.

use std::fmt;
use std::path::{Path, PathBuf};

/// What is wrong with the config file: one line that names the file, the line, the key, and what
/// would be right. It never holds the value of a key that may carry a password.
///
/// It may hold names from the file: whoever shows it escapes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    path: PathBuf,
    /// Counted from 1. `None` if no line is to blame.
    line: Option<usize>,
    /// Empty if no key is to blame.
    key: String,
    problem: String,
}

impl ConfigError {
    /// `key`, in `line`, is wrong.
    pub(super) fn new(path: &Path, line: usize, key: String, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            key,
            problem: problem.into(),
        }
    }

    /// The same without the path of the file.
    #[must_use]
    pub fn brief(&self) -> String {
        let line = self.line.map(|line| format!("line {line}"));
        let key = Some(self.key.clone()).filter(|key| !key.is_empty());
        let parts = [line, key, Some(self.problem.clone())];
        parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    }

    /// There is no profile called `name` among `names`.
    pub(super) fn no_profile(path: &Path, name: &str, names: &[&str]) -> Self {
        let problem = match names {
            [] => format!("no profile '{}', nor any other", named(name)),
            names => {
                let hint = suggestion(name, names);
                let names: Vec<&str> = names.iter().map(|name| named(name)).collect();
                let mark = if hint.is_empty() { "." } else { "" };
                let verb = if names.len() == 1 { "is" } else { "are" };
                let names = names.join(", ");
                let name = named(name);
                format!("no profile '{name}'{hint}{mark} There {verb} {names}")
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

/// A name as a complaint repeats it: one that may be a URL with a password in it is not.
pub(super) fn named(name: &str) -> &str {
    if name.contains('@') || name.contains("://") {
        "***"
    } else {
        name
    }
}

/// Asks whether the one of `names` was meant that is like `name`, if one is.
pub(super) fn suggestion(name: &str, names: &[&str]) -> String {
    let distance = |other: &str| {
        // The start of a name is as good as a slip.
        let is_start = !name.is_empty() && other.starts_with(name);
        if is_start {
            return 0;
        }
        strsim::osa_distance(name, other)
    };
    // In a short name every letter counts.
    let most = name.chars().count() / 3;
    let nearest = names.iter().min_by_key(|other| distance(other));
    match nearest.filter(|other| distance(other) <= most) {
        Some(nearest) => format!(", did you mean '{}'?", named(nearest)),
        None => String::new(),
    }
}

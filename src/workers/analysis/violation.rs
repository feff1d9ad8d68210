//! Violations of a JSON Schema, as data and as text for the log.

use std::fmt;

/// A violation of a JSON Schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A value violates the schema.
    At {
        /// The path of the value.
        path: Box<str>,
        /// What is wrong with it.
        why: Box<str>,
    },
    /// The message has no values.
    NoValues,
    /// This many further violations are not listed.
    More(usize),
    /// There may be further violations: the message is too large to look for all of them.
    Others,
}

impl Violation {
    /// Returns the length of the texts, in bytes.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::At { path, why } => path.len() + why.len(),
            Self::NoValues | Self::More(_) | Self::Others => 0,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { path, why } => write!(f, "✗ {path} {why}"),
            Self::NoValues => f.write_str("✗ not JSON, nor another format with values"),
            Self::More(count) => write!(f, "and {count} more"),
            Self::Others => f.write_str("and perhaps more"),
        }
    }
}

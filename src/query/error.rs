//! Errors in a query.

use std::fmt;
use std::ops::Range;

use crate::payload::escape;

/// The maximum width of the faulty part that [`QueryError::place`] quotes, in columns.
const MAX_QUOTED: usize = 20;

/// The maximum width of a part of the query that a message quotes, in columns.
const MAX_IN_MESSAGE: usize = 40;

/// An error in a query, with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The byte range of the error, on character boundaries; empty where something is missing.
    pub at: Range<usize>,
    /// What is wrong and how to fix it, in one sentence. What it quotes is escaped and shortened.
    pub message: String,
    /// The whole query as the user probably meant it. It is a valid query.
    pub correction: Option<String>,
    /// Whether the query only breaks off: with more text at its end, it would be valid.
    pub is_unfinished: bool,
}

impl QueryError {
    /// Creates an error with `message` for the bytes `at`.
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
            correction: None,
            is_unfinished: false,
        }
    }

    /// Fails with this error, which more text at the end of the query may remove if
    /// `is_unfinished`.
    pub(super) fn fail_unfinished_if<T>(self, is_unfinished: bool) -> Result<T, Self> {
        Err(Self {
            is_unfinished,
            ..self
        })
    }

    /// Describes where in `text` the error is, as a phrase to put before the message; `None` if the
    /// whole text is wrong. What the phrase quotes is escaped and shortened.
    pub fn place(&self, text: &str) -> Option<String> {
        let before = text.get(..self.at.start).unwrap_or(text);
        let part = text.get(self.at.clone()).unwrap_or_default();
        if part == text.trim() {
            return None;
        }
        if part.is_empty() && before == text {
            return Some("at the end".to_owned());
        }
        let column = before.chars().count() + 1;
        let mut place = format!("at column {column}");
        if !part.is_empty() {
            place.extend([" (\"", &cut(part, MAX_QUOTED), "\")"]);
        }
        Some(place)
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}

/// Returns an error with `message` for the bytes `at`.
pub fn fail<T>(at: Range<usize>, message: impl Into<String>) -> Result<T, QueryError> {
    Err(QueryError::new(at, message))
}

/// Returns an error with `message` for the bytes `at`, which more text at the end of the query may
/// remove.
pub fn fail_unfinished<T>(at: Range<usize>, message: impl Into<String>) -> Result<T, QueryError> {
    QueryError::new(at, message).fail_unfinished_if(true)
}

/// Returns a part of the query as messages quote it.
pub fn shown(text: &str) -> String {
    cut(text, MAX_IN_MESSAGE)
}

/// Returns `text` escaped, cut off after `columns`.
fn cut(text: &str, columns: usize) -> String {
    let shown = escape::one_line(text.as_bytes(), columns);
    let more = if shown.cut { "…" } else { "" };
    shown.string + more
}

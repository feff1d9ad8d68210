//! Errors in a query.

use std::fmt;
use std::ops::Range;

/// The maximum number of characters to quote from the faulty part.
const MAX_QUOTED: usize = 20;

/// An error in a query, with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The byte range of the error, on character boundaries; empty where something is missing.
    pub at: Range<usize>,
    /// What is wrong and how to fix it, in one sentence.
    pub message: String,
    /// The whole query as the user probably meant it. It is a valid query.
    pub correction: Option<String>,
    /// Whether the query only breaks off: with more text at its end, it would be valid.
    pub is_unfinished: bool,
}

impl QueryError {
    /// Describes where in `text` the error is, as a phrase to put before the message; `None` if the
    /// whole text is wrong. The phrase quotes part of the text verbatim.
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
            let more = part.chars().nth(MAX_QUOTED).map_or("", |_| "…");
            let start: String = part.chars().take(MAX_QUOTED).collect();
            place.extend([" (\"", &start, more, "\")"]);
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
    Err(QueryError {
        at,
        message: message.into(),
        correction: None,
        is_unfinished: false,
    })
}

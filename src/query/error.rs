//! What is wrong with a query.

use std::fmt;
use std::ops::Range;

/// The characters of a wrong part that are repeated where its place is told.
const MOST_OF_PART: usize = 20;

/// What is wrong with a query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The bytes of the text that it is about, on the bounds of characters; empty where
    /// something is missing.
    pub at: Range<usize>,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
}

impl QueryError {
    /// Where in `text`, which it is about, something is wrong, in words that may stand before the
    /// message; `None` if all of it is. The words hold a part of the text as it is.
    #[must_use]
    pub fn place(&self, text: &str) -> Option<String> {
        let before = text.get(..self.at.start).unwrap_or(text);
        let part = text.get(self.at.clone()).unwrap_or_default();
        if part == text.trim() {
            return None;
        }
        if part.is_empty() && before == text {
            return Some("at its end".to_owned());
        }
        let column = before.chars().count() + 1;
        let mut place = format!("at column {column}");
        if !part.is_empty() {
            let more = part.chars().nth(MOST_OF_PART).map_or("", |_| "…");
            let start: String = part.chars().take(MOST_OF_PART).collect();
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

/// The failure `message` about the bytes `at`.
pub fn fail<T>(at: Range<usize>, message: impl Into<String>) -> Result<T, QueryError> {
    Err(QueryError {
        at,
        message: message.into(),
    })
}

//! What is wrong with a query.

use std::fmt;
use std::ops::Range;

/// What is wrong with a query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The bytes of the text that it is about, on the bounds of characters; empty where
    /// something is missing.
    pub at: Range<usize>,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
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

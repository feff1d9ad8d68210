//! The path of a value within a payload.

use std::sync::Arc;

use crate::payload::json::locate::PathStep;
use crate::query::error::QueryError;
use crate::query::parse;

/// The location of a value within a payload: `.user.tags[0]`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Path {
    text: Arc<str>,
    steps: Arc<[PathStep]>,
}

impl Path {
    /// Parses a path as written in queries; `.` is the whole payload.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let before = text.len() - text.trim_start().len();
        let text = text.trim();
        let steps = parse::path(text).map_err(|error| QueryError {
            at: before + error.at.start..before + error.at.end,
            ..error
        })?;
        let (text, steps) = (text.into(), steps.into());
        Ok(Self { text, steps })
    }

    /// Returns the path as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the keys and indexes of the path.
    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }
}

/// Two paths are equal if they lead to the same value, however they are written.
impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.steps == other.steps
    }
}

impl Eq for Path {}

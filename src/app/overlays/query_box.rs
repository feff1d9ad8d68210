//! The box in which a query is edited.

use crate::app::input::Input;
use crate::query::{Query, QueryError};

/// What the edited query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Hides rows that do not match, as the user types.
    Filter,
    /// Marks rows that match, as the user types.
    Find,
    /// A filter of the list: the one at this index, or a new one.
    ListedFilter(Option<usize>),
    /// A breakpoint: the one at this index, or a new one.
    Breakpoint(Option<usize>),
}

/// The box in which a query is edited.
#[derive(Debug)]
pub struct QueryBox {
    /// What the query is for.
    pub purpose: Purpose,
    /// The text of the query.
    pub input: Input,
    /// The first visible line of the syntax list, if it is shown above the box.
    pub syntax: Option<usize>,
    pub(crate) error: Option<QueryError>,
    /// What the user may have meant instead of the text.
    pub(crate) meant: Option<String>,
    /// The filter or search that was active before.
    pub(crate) before: Option<Query>,
    /// The entry of the history that is shown, if any; `kept` is then the draft that it replaced.
    pub(crate) older: Option<usize>,
    pub(crate) kept: String,
}

impl QueryBox {
    pub(crate) fn holding(purpose: Purpose, text: &str) -> Self {
        Self {
            purpose,
            input: Input::holding(text),
            syntax: None,
            error: None,
            meant: None,
            before: None,
            older: None,
            kept: String::new(),
        }
    }

    /// Returns the error in the text, with its position.
    #[must_use]
    pub fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// Returns the filter or search that was active before, which is active again while the text
    /// has an error.
    #[must_use]
    pub fn before(&self) -> Option<&Query> {
        self.before.as_ref()
    }

    pub(crate) fn put(&mut self, text: &str) {
        self.input = Input::holding(text);
    }
}

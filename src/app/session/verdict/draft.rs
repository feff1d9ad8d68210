//! Queries that are being written and not in force: invalid ones, and those of breakpoints and
//! listed filters. Whether they find anything is tried out only to correct them.

use super::Verdict;
use crate::query::Query;

/// A query that is being written and not in force.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The text of the query.
    pub text: String,
    /// The query; `None` if the text is invalid.
    pub query: Option<Query>,
    /// Whether it may contain conditions on a channel over time.
    pub takes_conditions: bool,
    /// Whether it will be the typed filter.
    pub is_filter: bool,
}

/// What is known about a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried<'a> {
    /// It is still being tried out.
    Pending,
    /// The query needs no correction: it finds something.
    NotNeeded,
    /// This query finds something.
    Finds(&'a str),
    /// No correction finds anything.
    NoneFinds,
    /// There are no messages to try it out on.
    NoMessages,
}

impl Verdict {
    /// Returns what is known about the corrections of the draft `text`.
    pub(crate) fn tried(&self, text: &str) -> Tried<'_> {
        if self.text != text {
            Tried::Pending
        } else if let Some(found) = &self.trials.found {
            Tried::Finds(found)
        } else if self.trials.finds == Some(true) {
            Tried::NotNeeded
        } else if self.has_no_messages {
            Tried::NoMessages
        } else if self.is_final && self.trials.is_meant_known() {
            Tried::NoneFinds
        } else {
            Tried::Pending
        }
    }
}

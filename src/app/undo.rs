//! What can be undone.

use std::sync::Arc;

use super::log_pane::LogPane;
use super::plot::Quantity;
use super::session::breakpoints::Breakpoint;
use super::session::filters::Filter;
use crate::log::Cleared;
use crate::message::Topic;

/// An action that can be undone.
#[derive(Debug)]
pub(crate) enum Undo {
    /// The log was cleared when its pane was in this state.
    Clear(Cleared, LogPane),
    /// The user unsubscribed.
    Unsubscribe(Topic),
    /// A filter was removed from this index of the list.
    RemoveFilter(usize, Filter),
    /// A breakpoint was removed from this index of the list.
    RemoveBreakpoint(usize, Box<Breakpoint>),
    /// Series were removed from the plot.
    RemoveSeries(Vec<(Arc<[u8]>, Quantity)>),
}

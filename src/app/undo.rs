//! What can be undone.

use std::sync::Arc;

use super::log_pane::Position;
use super::plot::Quantity;
use super::session::breakpoints::Breakpoint;
use super::session::filters::Filter;
use super::session::scope::Scope;
use crate::log::Cleared;
use crate::message::Topic;
use crate::query::Query;

/// What the user removed by removing its chip.
#[derive(Debug)]
pub(crate) enum RemovedChip {
    /// The typed filter.
    Filter(Query),
    /// A filter in the list, which was switched off.
    Listed(Query),
    /// The only channel, branch or pattern that was shown.
    Only(Scope),
    /// A muted channel, branch or pattern.
    Muted(Scope),
}

/// An action that can be undone.
#[derive(Debug)]
pub(crate) enum Undo {
    /// The log was cleared when its pane was at this position.
    Clear(Cleared, Position),
    /// The user unsubscribed.
    Unsubscribe(Topic),
    /// A filter was removed from this index of the list.
    RemoveFilter(usize, Filter),
    /// A chip was removed.
    RemoveChip(RemovedChip),
    /// A breakpoint was removed from this index of the list.
    RemoveBreakpoint(usize, Box<Breakpoint>),
    /// Series were removed from the plot.
    RemoveSeries(Vec<(Arc<[u8]>, Quantity)>),
}

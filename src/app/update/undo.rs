//! Undoing actions that removed something, the most recent first.

use std::sync::Arc;

use super::App;
use crate::app::effect::Effect;
use crate::app::log_pane::Position;
use crate::app::overlays::{List, ListView, Overlay};
use crate::app::plot::{MAX_SERIES, Quantity};
use crate::app::session::breakpoints::Breakpoint;
use crate::app::session::filters::Filter;
use crate::app::undo::Undo;
use crate::log::Cleared;
use crate::message::Topic;
use crate::payload::{escape, figures};

/// The maximum number of actions that can be undone.
const MOST_UNDONE: usize = 100;

/// The maximum width of a query in a toast, in columns.
const MAX_QUERY_COLUMNS: usize = 28;

impl App {
    /// Undoes the last action that can be undone.
    pub(super) fn undo(&mut self) -> Vec<Effect> {
        match self.undo.pop() {
            Some(Undo::Clear(cleared, position)) => self.restore(cleared, position),
            Some(Undo::Unsubscribe(topic)) => self.session.subscribe_again(topic),
            Some(Undo::RemoveFilter(at, filter)) => self.restore_filter(at, filter),
            Some(Undo::RemoveChip(removed)) => self.restore_chip(removed),
            Some(Undo::RemoveBreakpoint(at, removed)) => self.restore_breakpoint(at, *removed),
            Some(Undo::RemoveSeries(series)) => self.restore_series(series),
            None => self.tell("nothing to undo"),
        }
    }

    /// Records an action that can be undone.
    pub(super) fn can_undo(&mut self, act: Undo) {
        if self.undo.len() == MOST_UNDONE {
            self.undo.remove(0);
        }
        self.undo.push(act);
    }

    /// Clears the log.
    pub(super) fn clear(&mut self) -> Vec<Effect> {
        if self.session.log.first() == self.session.log.end() {
            return self.tell("the log is empty");
        }
        let cleared = self.session.log.clear();
        // The log can restore only one clear, so clearing again merges with the previous clear.
        let is_clear = |act: &Undo| matches!(act, Undo::Clear(..));
        let before = self.undo.iter().position(is_clear);
        let act = match before.map(|at| self.undo.remove(at)) {
            Some(Undo::Clear(before, position)) => Undo::Clear(before.and(cleared), position),
            _ => Undo::Clear(cleared, self.log_pane.position),
        };
        self.can_undo(act);
        self.session.forget_gone();
        self.log_pane.follow_past_stops(&mut self.session);
        self.tell(self.keyed("log cleared (counters kept) · {undo} undoes it"));
        self.session.refresh_shown()
    }

    fn restore(&mut self, cleared: Cleared, position: Position) -> Vec<Effect> {
        let restored = self.session.log.restore(cleared);
        self.log_pane.position = position;
        let lost = cleared.messages.saturating_sub(restored);
        let restored = figures::counted(restored, "message");
        self.tell(match lost {
            0 => format!("{restored} restored"),
            lost => format!(
                "{restored} restored · {} evicted meanwhile",
                figures::count(lost)
            ),
        });
        self.session.shown.follow(&self.session.log);
        self.session.ask_again(|_| true)
    }

    /// Returns whether undoing the last action would subscribe to `topic` again.
    pub(super) fn undoes_unsubscribing(&self, topic: &Topic) -> bool {
        matches!(self.undo.last(), Some(Undo::Unsubscribe(ended)) if ended == topic)
    }

    /// Removes the filter at `index` of the list.
    pub(super) fn remove_filter(&mut self, index: usize) -> Vec<Effect> {
        if index >= self.session.filters.list.len() {
            return Vec::new();
        }
        let filter = self.session.filters.list.remove(index);
        let name = named(filter.query.text());
        self.tell_removed("filter", &name);
        self.can_undo(Undo::RemoveFilter(index, filter));
        self.session.refresh_shown()
    }

    fn tell_removed(&mut self, what: &str, name: &str) {
        let undo = self.keyed("{undo} undoes it");
        self.tell(format!("{what} {name} removed · {undo}"));
    }

    fn restore_filter(&mut self, index: usize, filter: Filter) -> Vec<Effect> {
        let index = index.min(self.session.filters.list.len());
        let name = named(filter.query.text());
        self.tell(format!("filter {name} restored"));
        self.session.filters.list.insert(index, filter);
        if let Some(Overlay::List(List::Filters, view)) = &mut self.overlay {
            *view = ListView::at(index);
        }
        self.session.refresh_shown()
    }

    /// Removes the breakpoint at `index` of the list. Its hits stay marked.
    pub(super) fn remove_breakpoint(&mut self, index: usize) -> Vec<Effect> {
        let Some(removed) = self.session.breakpoints.take(index) else {
            return Vec::new();
        };
        self.session.hold_stops();
        let (id, name) = (removed.id, named(removed.query.text()));
        self.tell_removed("breakpoint", &name);
        self.can_undo(Undo::RemoveBreakpoint(index, Box::new(removed)));
        vec![Effect::StopScan(id)]
    }

    fn restore_breakpoint(&mut self, index: usize, breakpoint: Breakpoint) -> Vec<Effect> {
        let name = named(breakpoint.query.text());
        self.tell(format!("breakpoint {name} restored"));
        let index = self.session.restore_breakpoint(index, breakpoint);
        if let Some(Overlay::List(List::Breakpoints, view)) = &mut self.overlay {
            *view = ListView::at(index);
        }
        Vec::new()
    }

    fn restore_series(&mut self, series: Vec<(Arc<[u8]>, Quantity)>) -> Vec<Effect> {
        if self.plot.series.len() + series.len() > MAX_SERIES {
            self.can_undo(Undo::RemoveSeries(series));
            return self.tell(format!(
                "the plot is limited to {MAX_SERIES} series: nothing restored"
            ));
        }
        let mut effects = Vec::new();
        for (channel, quantity) in series {
            effects.extend(self.show_series(&channel, quantity));
        }
        effects
    }
}

/// Returns a query shortened for a toast.
pub(super) fn named(query: &str) -> String {
    let whole = escape::words(query, MAX_QUERY_COLUMNS);
    let dots = if whole.cut { "…" } else { "" };
    format!("{}{dots}", whole.string)
}

//! The list of filters and the list of breakpoints, opened over the panes.

use super::action::{BreakpointAction, FilterAction, Motion};
use super::query_editor::Purpose;
use super::{App, Effect, Overlay, inside};

impl App {
    /// Opens the list of filters at `line`.
    pub(super) fn open_filters(&mut self, line: usize) {
        self.overlay = Some(Overlay::Filters { line });
    }

    /// Opens the list of breakpoints at `line`.
    pub(super) fn open_breakpoints(&mut self, line: usize) {
        self.overlay = Some(Overlay::Breakpoints { line });
    }

    /// Opens the list of filters, or the box to write the first one if there is none yet.
    pub(super) fn filters_key(&mut self) {
        if self.session.filters.list.is_empty() {
            self.write_query(Purpose::ListedFilter(None));
        } else {
            self.open_filters(0);
        }
    }

    /// Opens the list of breakpoints, or the box to write the first one if there is none yet.
    pub(super) fn breakpoints_key(&mut self) {
        if self.session.breakpoints.list().is_empty() {
            self.write_query(Purpose::Breakpoint(None));
        } else {
            self.open_breakpoints(0);
        }
    }

    /// Moves the selection in the open list.
    pub(super) fn move_in_list(&mut self, step: Motion) {
        let height = usize::from(inside(self.areas().overlay).height);
        let nodes = self.session.nodes.len();
        let ways = self.session.ways_to_read().len();
        let (filters, breakpoints) = (
            self.session.filters.list.len(),
            self.session.breakpoints.list().len(),
        );
        let (line, count) = match &mut self.overlay {
            Some(Overlay::Filters { line }) => (line, filters),
            Some(Overlay::Breakpoints { line }) => (line, breakpoints),
            Some(Overlay::Nodes { line }) => (line, nodes),
            Some(Overlay::Formats { line }) => (line, ways),
            _ => return,
        };
        *line = step.from(*line, height, count.saturating_sub(1));
    }

    /// Executes `action` on the selected filter.
    pub(super) fn act_on_filter(&mut self, action: FilterAction) -> Vec<Effect> {
        let Some(Overlay::Filters { line }) = self.overlay else {
            return Vec::new();
        };
        let Some(filter) = self.session.filters.list.get_mut(line) else {
            return self
                .session
                .tell("the list is empty: press a to add a filter");
        };
        match action {
            FilterAction::Edit => self.write_query(Purpose::ListedFilter(Some(line))),
            FilterAction::Toggle => filter.is_on = !filter.is_on,
            FilterAction::ToggleExclude => filter.is_exclude = !filter.is_exclude,
            FilterAction::Remove => {
                let effects = self.remove_filter(line);
                self.move_in_list(Motion::Lines(0));
                return effects;
            }
        }
        self.session.refresh_shown()
    }

    /// Executes `action` on the selected breakpoint.
    pub(super) fn act_on_breakpoint(&mut self, action: BreakpointAction) -> Vec<Effect> {
        let Some(Overlay::Breakpoints { line }) = self.overlay else {
            return Vec::new();
        };
        let Some(breakpoint) = self.session.breakpoint_mut(line) else {
            return self
                .session
                .tell("the list is empty: press a to set a breakpoint");
        };
        match action {
            BreakpointAction::Edit => self.write_query(Purpose::Breakpoint(Some(line))),
            BreakpointAction::Toggle => return self.session.toggle_breakpoint(line),
            BreakpointAction::ToggleLogOnly => self.session.toggle_log_only(line),
            BreakpointAction::NextAttention => {
                breakpoint.attention = breakpoint.attention.next();
            }
            BreakpointAction::StopLater => breakpoint.every = breakpoint.every.saturating_add(1),
            BreakpointAction::StopSooner => breakpoint.every = (breakpoint.every - 1).max(1),
            BreakpointAction::Remove => {
                let effects = self.remove_breakpoint(line);
                self.move_in_list(Motion::Lines(0));
                return effects;
            }
        }
        Vec::new()
    }
}

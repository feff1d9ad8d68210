//! The list of filters and the list of breakpoints, opened over the panes.

use super::moving::Motion;
use super::query_editor::Purpose;
use super::{Action, App, Effect, Overlay, inside};

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
        if self.filters.list.is_empty() {
            self.write_query(Purpose::ListedFilter(None));
        } else {
            self.open_filters(0);
        }
    }

    /// Opens the list of breakpoints, or the box to write the first one if there is none yet.
    pub(super) fn breakpoints_key(&mut self) {
        if self.breakpoints.list().is_empty() {
            self.write_query(Purpose::Breakpoint(None));
        } else {
            self.open_breakpoints(0);
        }
    }

    /// Moves the selection in the open list.
    pub(super) fn move_in_list(&mut self, step: Motion) {
        let height = usize::from(inside(self.areas().overlay).height);
        let nodes = self.nodes.len();
        let ways = self.ways_to_read().len();
        let (filters, breakpoints) = (self.filters.list.len(), self.breakpoints.list().len());
        let (line, count) = match &mut self.overlay {
            Some(Overlay::Filters { line }) => (line, filters),
            Some(Overlay::Breakpoints { line }) => (line, breakpoints),
            Some(Overlay::Nodes { line }) => (line, nodes),
            Some(Overlay::Formats { line }) => (line, ways),
            _ => return,
        };
        *line = step.from(*line, height, count.saturating_sub(1));
    }

    /// Executes `action` on the selected line of the open list.
    pub(super) fn act_in_list(&mut self, action: Action) -> Vec<Effect> {
        match self.overlay {
            Some(Overlay::Filters { line }) => self.act_on_filter(action, line),
            Some(Overlay::Breakpoints { line }) => self.act_on_breakpoint(action, line),
            _ => Vec::new(),
        }
    }

    fn act_on_filter(&mut self, action: Action, line: usize) -> Vec<Effect> {
        if action == Action::AddQuery {
            self.write_query(Purpose::ListedFilter(None));
            return Vec::new();
        }
        let Some(filter) = self.filters.list.get_mut(line) else {
            return self.tell("the list is empty: press a to add a filter");
        };
        match action {
            Action::EditQuery => self.write_query(Purpose::ListedFilter(Some(line))),
            Action::ToggleQuery => filter.is_on = !filter.is_on,
            Action::ToggleExclude => filter.is_exclude = !filter.is_exclude,
            Action::RemoveQuery => {
                let effects = self.remove_filter(line);
                self.move_in_list(Motion::Lines(0));
                return effects;
            }
            _ => {}
        }
        self.refresh_shown()
    }

    fn act_on_breakpoint(&mut self, action: Action, line: usize) -> Vec<Effect> {
        if action == Action::AddQuery {
            self.write_query(Purpose::Breakpoint(None));
            return Vec::new();
        }
        let Some(breakpoint) = self.breakpoint_mut(line) else {
            return self.tell("the list is empty: press a to set a breakpoint");
        };
        match action {
            Action::ToggleLogOnly => self.toggle_log_only(line),
            Action::NextAttention => breakpoint.attention = breakpoint.attention.next(),
            Action::StopLater => breakpoint.every = breakpoint.every.saturating_add(1),
            Action::StopSooner => breakpoint.every = (breakpoint.every - 1).max(1),
            Action::EditQuery => self.write_query(Purpose::Breakpoint(Some(line))),
            Action::ToggleQuery => return self.toggle_breakpoint(line),
            Action::RemoveQuery => {
                let effects = self.remove_breakpoint(line);
                self.move_in_list(Motion::Lines(0));
                return effects;
            }
            _ => {}
        }
        Vec::new()
    }
}

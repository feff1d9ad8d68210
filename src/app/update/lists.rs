//! The lists that open over the panes, and the help.

use super::App;
use crate::app::action::{BreakpointAction, FilterAction, Motion};
use crate::app::effect::Effect;
use crate::app::keymap::Context;
use crate::app::layout::inside;
use crate::app::overlays::help::{HelpLine, help_lines};
use crate::app::overlays::query_box::Purpose;
use crate::app::overlays::{List, Overlay};

impl App {
    pub(super) fn open_help(&mut self) {
        let top = self.help_start(self.context());
        let over = self.overlay.take().map(Box::new);
        self.overlay = Some(Overlay::Help { top, over });
    }

    /// Returns the line at which to open the help for `context`: where its keys start, or as far down
    /// as the help can scroll. For the panes it is the first line, since their keys come first.
    fn help_start(&self, context: Context) -> usize {
        if matches!(context, Context::Channels | Context::Messages) {
            return 0;
        }
        let is_heading =
            |line: HelpLine| matches!(line, HelpLine::Heading(title) if title == context.title());
        let settings = &self.session.settings;
        let line = help_lines(settings).position(is_heading).unwrap_or(0);
        let height = usize::from(inside(self.areas().overlay).height);
        line.min(help_lines(settings).count().saturating_sub(height))
    }

    /// Opens `list` with `line` selected.
    pub(super) fn open_list(&mut self, list: List, line: usize) {
        self.overlay = Some(Overlay::List(list, line));
    }

    /// Opens the list that `purpose` belongs to or, if it is empty, the box for its first entry.
    pub(super) fn open_list_or_box(&mut self, purpose: Purpose) {
        self.return_to_list(purpose);
        if self.overlay.is_none() {
            self.write_query(purpose);
        }
    }

    /// Moves the selection in the open list.
    pub(super) fn move_in_list(&mut self, step: Motion) {
        let height = usize::from(inside(self.areas().overlay).height);
        let session = &self.session;
        let Some(Overlay::List(list, line)) = &mut self.overlay else {
            return;
        };
        let count = match list {
            List::Filters => session.filters.list.len(),
            List::Breakpoints => session.breakpoints.list.len(),
            List::Nodes => session.server.nodes.by_id.len(),
            List::Formats => session.decoder_options().len(),
        };
        *line = step.from(*line, height, count.saturating_sub(1));
    }

    /// Executes `action` on the selected filter.
    pub(super) fn act_on_filter(&mut self, action: FilterAction) -> Vec<Effect> {
        let Some(Overlay::List(List::Filters, line)) = self.overlay else {
            return Vec::new();
        };
        let Some(filter) = self.session.filters.list.get_mut(line) else {
            return self.tell("the list is empty: press a to add a filter");
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
        let Some(Overlay::List(List::Breakpoints, line)) = self.overlay else {
            return Vec::new();
        };
        let Some(breakpoint) = self.session.breakpoints.list.get_mut(line) else {
            return self.tell("the list is empty: press a to set a breakpoint");
        };
        match action {
            BreakpointAction::Edit => self.write_query(Purpose::Breakpoint(Some(line))),
            BreakpointAction::Toggle => return self.session.toggle_breakpoint(line),
            BreakpointAction::ToggleLogOnly => self.session.toggle_log_only(line),
            BreakpointAction::NextAttention => {
                let has_command = self.session.settings.alert_command.is_some();
                breakpoint.attention = breakpoint.attention.next(has_command);
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

//! Moving through the focused pane, by keys and by the wheel.

use super::overlay::help_lines;
use super::{App, Focus, Motion, Overlay, Position};
use crate::message::RowId;

impl App {
    pub(super) fn move_by(&mut self, step: Motion) {
        let areas = self.areas();
        match &mut self.overlay {
            Some(Overlay::Help { top, .. }) => {
                let height = usize::from(super::inside(areas.overlay).height);
                let lowest = help_lines().count().saturating_sub(height);
                *top = step.from(*top, height, lowest);
            }
            Some(
                Overlay::Filters { .. }
                | Overlay::Breakpoints { .. }
                | Overlay::Nodes { .. }
                | Overlay::Formats { .. },
            ) => self.move_in_list(step),
            Some(Overlay::Query(_)) => self.move_in_syntax(step),
            Some(Overlay::Subscribe(_) | Overlay::Confirm(_) | Overlay::SearchMessage(_)) => {}
            None if self.focus == Focus::Channels => self.move_in_channels(step),
            None if self.focus == Focus::Message => self.move_in_message(step),
            None if self.focus == Focus::Plot => self.plot.select(step),
            None => self.move_in_messages(step),
        }
    }

    pub(super) fn move_in_channels(&mut self, step: Motion) {
        let height = super::inside(self.areas().channels).height;
        let last = self.channels.entries().len().saturating_sub(1);
        let line = step.from(self.channels.selected_line(), usize::from(height), last);
        self.select_channel_line(line);
    }

    pub(super) fn move_in_messages(&mut self, step: Motion) {
        let height = super::inside(self.areas().messages).height;
        match step.lines(usize::from(height)) {
            Some(rows) => self
                .messages
                .select_by(&self.session.shown, rows as i64, height),
            None if step == Motion::First => {
                self.messages.select_first(&self.session.shown, height)
            }
            None => self.follow(),
        }
    }

    pub(super) fn select_channel_line(&mut self, line: usize) {
        let height = super::inside(self.areas().channels).height;
        let lists = super::Lists {
            channels: self.session.log.channels(),
            subscriptions: &self.session.subscriptions,
        };
        self.channels.select_line(line, height, &lists);
    }

    pub(super) fn toggle_freeze(&mut self) {
        let height = super::inside(self.areas().messages).height;
        match self.messages.position() {
            Position::Following => self.messages.freeze(&self.session.shown, height),
            Position::Frozen { .. } if self.go_to_next_stop() => {}
            Position::Frozen { .. } => self.follow(),
        }
    }

    /// Selects `row`. If it was out of view, it is shown with most of the pane above it.
    pub(super) fn select_row(&mut self, row: RowId) {
        let height = super::inside(self.areas().messages).height;
        self.messages.bring_in(&self.session.shown, row, height);
    }
}

//! Comparison of the open message with another.

use super::reader::Tab;
use super::{Against, App, Effect, Focus, Session};
use crate::message::RowId;

impl Session {
    /// Returns the nearest marked message before `row`, or else the nearest one after it.
    fn marked_beside(&self, row: RowId) -> Option<RowId> {
        let is_message = |marked: &&RowId| self.channel_of(**marked).is_some();
        let before = self.marked.range(..row).rev().find(is_message);
        let behind = || {
            let rows = self.marked.range(RowId(row.0 + 1)..);
            rows.into_iter().find(is_message)
        };
        before.or_else(behind).copied()
    }
}

impl App {
    /// Shows what changed in the selected or open message since the previous or a marked one, or
    /// shows its value again.
    pub(super) fn toggle_diff(&mut self, against: Against) -> Vec<Effect> {
        self.hide_plot();
        let mut effects = Vec::new();
        if self.open.is_none() {
            if self.current_message().is_none() {
                return self.session.tell("select a message to compare it");
            }
            effects = self.open_message();
        }
        let focus = self.focus;
        let Some(open) = &mut self.open else {
            return effects;
        };
        let is_shown = open.reader.tab() == Tab::Diff && open.against == against;
        let was_open = focus == Focus::Message || effects.is_empty();
        open.against = against;
        let tab = if is_shown && was_open {
            Tab::Value
        } else {
            Tab::Diff
        };
        effects.extend(self.show_tab(|_| tab));
        effects
    }

    /// Finds the message to compare the open one with, while the diff is shown.
    pub(super) fn find_base(&mut self) {
        let Some(open) = &self.open else { return };
        if open.reader.tab() != Tab::Diff {
            return;
        }
        let row = open.reader.snapshot().row;
        let base = match open.against {
            Against::Before => self.session.log.message_before(row),
            Against::Marked => self.session.marked_beside(row),
        };
        let snapshot = base.and_then(|row| self.session.snapshot(row));
        if let Some(open) = &mut self.open {
            open.reader.compare_with(snapshot);
        }
    }
}

//! Moving in the log, marking its rows, and stopping at breakpoints.

use crate::app::App;
use crate::app::action::Motion;
use crate::app::effect::Effect;
use crate::app::layout::inside;
use crate::app::log_pane::Position;
use crate::app::session::breakpoints::{Breakpoints, Stop};
use crate::message::{Notice, RowId};
use crate::workers::scan::Answer;

impl App {
    /// Follows the newest row, past all breakpoint hits so far.
    pub(crate) fn follow(&mut self) {
        self.session.pass_stops();
        self.messages.follow();
    }

    /// Marks or unmarks the selected row. Freezes the view there so that the row stays in sight.
    pub(crate) fn toggle_mark(&mut self) -> Vec<Effect> {
        let Some(row) = self.selected_row() else {
            return self.session.tell("select a row to mark it");
        };
        if !self.session.marked.remove(&row) {
            self.session.marked.insert(row);
        }
        self.select_row(row);
        Vec::new()
    }

    /// Selects the next or previous shown row that is marked, was hit by a breakpoint, or is a gap.
    pub(crate) fn go_to_landmark(&mut self, is_forward: bool) -> Vec<Effect> {
        let Some(mut from) = self.jumps_start() else {
            return self.session.tell("no row is shown");
        };
        while let Some(row) = self.session.landmark(from, is_forward) {
            if self.session.shown.contains(row) {
                self.select_row(row);
                return Vec::new();
            }
            from = row;
        }
        let direction = if is_forward { "newer" } else { "older" };
        self.session.tell(format!(
            "no {direction} mark, breakpoint hit or gap is shown"
        ))
    }

    /// Returns where a jump to another row starts: at the selected row, or past the last row while
    /// following, since the selection is not shown then.
    pub(crate) fn jumps_start(&self) -> Option<RowId> {
        let selected = self.messages.selected(&self.session.shown)?;
        Some(match self.messages.position() {
            Position::Following => self.session.shown.end(),
            Position::Frozen { .. } => selected,
        })
    }

    pub(crate) fn move_in_messages(&mut self, step: Motion) {
        let height = inside(self.areas().messages).height;
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

    pub(crate) fn toggle_freeze(&mut self) {
        let height = inside(self.areas().messages).height;
        match self.messages.position() {
            Position::Following => self.messages.freeze(&self.session.shown, height),
            Position::Frozen { .. } if self.go_to_next_stop() => {}
            Position::Frozen { .. } => self.follow(),
        }
    }

    /// Selects `row`. If it was out of view, it is shown with most of the pane above it.
    pub(crate) fn select_row(&mut self, row: RowId) {
        let height = inside(self.areas().messages).height;
        self.messages.bring_in(&self.session.shown, row, height);
    }

    /// Records rows that a breakpoint matched, and stops at the first of them if the view is
    /// following.
    pub(crate) fn note_breakpoint(&mut self, answer: &Answer) -> Vec<Effect> {
        let Breakpoints {
            list,
            hits,
            stops,
            passed,
            ..
        } = &mut self.session.breakpoints;
        let mut list = list.iter_mut();
        let Some(one) = list.find(|one| one.id == answer.watch) else {
            return Vec::new();
        };
        if !one.watch.as_mut().is_some_and(|watch| watch.note(answer)) {
            return Vec::new();
        }
        let has_waiting = stops.at_or_after(*passed).is_some();
        let (count, first) = one.note(answer, hits, stops);
        let calls = if one.logs_only {
            count > 0
        } else {
            first.is_some()
        };
        let (attention, query) = (one.attention, one.query.text().to_owned());
        self.session.forget_gone();
        if let Some(row) = first {
            if self.messages.position() == Position::Following {
                self.stop_at(row);
                if self.overlay.is_some() {
                    self.session.tell("breakpoint hit · log frozen there");
                }
            } else if self.session.breakpoints.at.is_none() && !has_waiting {
                self.session.tell("breakpoint hit · Space shows it");
            }
            self.session.hold_stops();
        }
        if calls {
            self.session.draw_attention(attention, &query)
        } else {
            Vec::new()
        }
    }

    /// Goes on to the next row at which the view stops. Returns whether there is one.
    pub(crate) fn go_to_next_stop(&mut self) -> bool {
        let breakpoints = &self.session.breakpoints;
        let next = breakpoints.stops.at_or_after(breakpoints.passed);
        match next {
            Some(row) => self.stop_at(row),
            None => self.session.leave_stop(),
        }
        self.session.hold_stops();
        next.is_some()
    }

    /// Stops the view at `row`, and adds a notice to the log.
    fn stop_at(&mut self, row: RowId) {
        let Some(query) = self.session.breakpoints.query_at(row) else {
            return;
        };
        let passed = RowId(row.0 + 1);
        self.session.breakpoints.passed = self.session.breakpoints.passed.max(passed);
        self.session.breakpoints.at = Some(Stop {
            row,
            query: query.clone(),
            is_gone: false,
        });
        // The row is shown even if the filter hides it.
        self.session.shown.show_anyway(Some(row));
        // Hold the row before adding the notice, which could evict it.
        self.session.hold_stops();
        if let Some(channel) = self.session.channel_of(row) {
            let query = query.text().into();
            let notice = Notice::Breakpoint {
                query,
                row,
                channel: (*channel).into(),
            };
            self.session.log.push_notice(self.session.now, notice);
            self.session.shown.follow(&self.session.log);
        }
        self.select_row(row);
    }
}

//! Stopping the view where breakpoints match.

use super::{LogPane, Position};
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::breakpoints::{Breakpoints, Stop};
use crate::message::{Notice, RowId};
use crate::workers::scan::Answer;

impl LogPane {
    /// Follows the newest row, past all breakpoint hits so far.
    pub(crate) fn follow_past_stops(&mut self, session: &mut Session) {
        session.pass_stops();
        self.follow();
    }

    /// Freezes the log, or goes on to the next breakpoint hit, or follows again.
    pub(crate) fn toggle_freeze(&mut self, session: &mut Session, height: u16) {
        if self.position == Position::Following {
            self.freeze(&session.shown, height);
        } else if !self.go_to_next_stop(session, height) {
            self.follow_past_stops(session);
        }
    }

    /// Records rows that a breakpoint matched, and stops at the first of them if the view is
    /// following. `is_covered` says whether something lies over the log.
    pub(crate) fn note_breakpoint(
        &mut self,
        answer: &Answer,
        is_covered: bool,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        let Breakpoints {
            list,
            hits,
            stops,
            passed,
            ..
        } = &mut session.breakpoints;
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
        session.forget_gone();
        if let Some(row) = first {
            if self.position == Position::Following {
                self.stop_at(row, session, height);
                if is_covered {
                    session.tell("breakpoint hit · log frozen there");
                }
            } else if session.breakpoints.at.is_none() && !has_waiting {
                session.tell("breakpoint hit · Space shows it");
            }
            session.hold_stops();
        }
        if calls {
            session.draw_attention(attention, &query)
        } else {
            Vec::new()
        }
    }

    /// Goes on to the next row at which the view stops. Returns whether there is one.
    fn go_to_next_stop(&mut self, session: &mut Session, height: u16) -> bool {
        let breakpoints = &session.breakpoints;
        let next = breakpoints.stops.at_or_after(breakpoints.passed);
        match next {
            Some(row) => self.stop_at(row, session, height),
            None => session.leave_stop(),
        }
        session.hold_stops();
        next.is_some()
    }

    /// Stops the view at `row`, and adds a notice to the log.
    fn stop_at(&mut self, row: RowId, session: &mut Session, height: u16) {
        let Some(query) = session.breakpoints.query_at(row) else {
            return;
        };
        let passed = RowId(row.0 + 1);
        session.breakpoints.passed = session.breakpoints.passed.max(passed);
        session.breakpoints.at = Some(Stop {
            row,
            query: query.clone(),
            is_gone: false,
        });
        // The row is shown even if the filter hides it.
        session.shown.show_anyway(Some(row));
        // Hold the row before adding the notice, which could evict it.
        session.hold_stops();
        if let Some(channel) = session.channel_of(row) {
            let query = query.text().into();
            let notice = Notice::Breakpoint {
                query,
                row,
                channel: (*channel).into(),
            };
            session.log.push_notice(session.now, notice);
            session.shown.follow(&session.log);
        }
        self.bring_in(&session.shown, row, height);
    }
}

//! Stopping the view at rows that breakpoints match.

use super::{LogPane, Position};
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::stops::Hits;
use crate::message::RowId;
use crate::workers::scan::Answer;

impl LogPane {
    /// Follows the newest row, past all breakpoint hits so far.
    pub(crate) fn follow_past_stops(&mut self, session: &mut Session) {
        session.pass_stops();
        self.follow();
    }

    /// Freezes the log. If it is already frozen, moves to the next breakpoint hit or, if there is
    /// none, follows new rows again.
    pub(crate) fn toggle_freeze(&mut self, session: &mut Session, height: u16) {
        if self.position == Position::Following {
            self.freeze(&session.shown, height);
        } else if !self.go_to_next_stop(session, height) {
            self.follow_past_stops(session);
        }
    }

    /// Records rows that a breakpoint matched, and stops at the first one if the view is following.
    /// `is_covered` says whether something covers the log.
    pub(crate) fn note_breakpoint(
        &mut self,
        answer: &Answer,
        is_covered: bool,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        let hits = session.note_hits(answer);
        hits.map_or_else(Vec::new, |hits| {
            self.note_hits(hits, is_covered, session, height)
        })
    }

    /// Evaluates the breakpoints' conditions on whole channels, if that is due.
    pub(crate) fn judge_channels(
        &mut self,
        is_covered: bool,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        let (hits, mut effects) = session.judge_channels();
        for hits in hits {
            effects.extend(self.note_hits(hits, is_covered, session, height));
        }
        effects
    }

    /// Stops at the first new hit if the view is following.
    fn note_hits(
        &mut self,
        hits: Hits,
        is_covered: bool,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        if let Some(row) = hits.first {
            if self.position == Position::Following {
                self.stop_at(row, session, height);
                if is_covered && !hits.is_told {
                    session.tell("breakpoint hit · log frozen at the hit");
                }
            } else if session.breakpoints.stop.is_none() && !hits.has_waiting && !hits.is_told {
                session.tell(session.keyed("breakpoint hit · {toggle-freeze} shows it"));
            }
            session.hold_stops();
        }
        hits.alert.into_iter().collect()
    }

    /// Moves to the next breakpoint hit at which the view stops. Returns whether there is one.
    fn go_to_next_stop(&mut self, session: &mut Session, height: u16) -> bool {
        let next = session.breakpoints.next_stop();
        match next {
            Some(row) => self.stop_at(row, session, height),
            None => session.leave_stop(),
        }
        session.hold_stops();
        next.is_some()
    }

    fn stop_at(&mut self, row: RowId, session: &mut Session, height: u16) {
        if session.stop_at(row) {
            self.bring_into_view(&session.shown, row, height);
        }
    }
}

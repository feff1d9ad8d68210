//! Jumping to the matches of a search in the log.

use super::{LogPane, Position};
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::find::Jump;
use crate::message::RowId;
use crate::payload::figures;
use crate::workers::scan::Answer;

impl LogPane {
    /// Records rows that were found.
    pub(crate) fn note_find(
        &mut self,
        answer: &Answer,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        if !session.note_find(answer) {
            return Vec::new();
        }
        self.jump_to_hit(session, height)
    }

    /// Goes to the first match at or after the selected row or else to the last one before it.
    /// While following, goes to the newest match. Jumps at once, or as soon as the match is known.
    pub(crate) fn go_to_nearest_hit(&mut self, session: &mut Session, height: u16) -> Vec<Effect> {
        let jump = self.jump_from_here(session);
        if let Some(find) = &mut session.find {
            find.jump = jump;
        }
        self.jump_to_hit(session, height)
    }

    fn jump_from_here(&self, session: &Session) -> Option<Jump> {
        Some(match self.position {
            Position::Following => Jump::Following,
            Position::Frozen { .. } => Jump::At(self.selected(&session.shown)?),
        })
    }

    /// Performs the pending jump, if its target is known.
    pub(crate) fn jump_to_hit(&mut self, session: &mut Session, height: u16) -> Vec<Effect> {
        let from_here = self.jump_from_here(session);
        // If the user has moved since the search began, the view stays where it is.
        let pending = session.find.as_ref().and_then(|find| find.jump);
        let jump = pending.filter(|_| pending == from_here);
        let target = jump.and_then(|jump| session.end_of_jump(jump));
        if let Some(find) = &mut session.find {
            find.jump = jump.filter(|_| target.is_none());
        }
        match target {
            Some(Ok(row)) => self.bring_into_view(&session.shown, row, height),
            Some(Err(words)) => return session.tell(words),
            None => {}
        }
        Vec::new()
    }

    /// Selects the next or previous match among the rows shown, wrapping around at the end.
    pub(crate) fn go_to_hit(
        &mut self,
        is_forward: bool,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        let Some(find) = &session.find else {
            return session.tell(session.keyed("no search active: press {find} to find"));
        };
        let from = self.search_start(&session.shown).unwrap_or_default();
        let (hit, wrapped) = if is_forward {
            (RowId(from.0 + 1), RowId::default())
        } else {
            (from, session.shown.end())
        };
        let nearest = |row| {
            if is_forward {
                session.shown_hit_from(find, row)
            } else {
                session.shown_hit_before(find, row)
            }
        };
        let hit = nearest(hit);
        let Some(row) = hit.or_else(|| nearest(wrapped)) else {
            let words = session.no_hit_words(find);
            return session.tell(words);
        };
        // The next match may be in a row that has not been searched yet.
        let left = find.left(session.now);
        self.bring_into_view(&session.shown, row, height);
        if hit.is_some() {
            return Vec::new();
        }
        let end = if is_forward { "oldest" } else { "newest" };
        session.tell(if left > 0 {
            let left = figures::count(left);
            format!("wrapped to the {end} match found so far, {left} not yet searched")
        } else if row == from {
            "the only match".to_owned()
        } else {
            format!("wrapped to the {end} match")
        })
    }
}

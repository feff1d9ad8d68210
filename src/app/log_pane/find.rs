//! Going to the matches of the search in the log.

use super::{LogPane, Position};
use crate::app::effect::Effect;
use crate::app::session::Session;
use crate::app::session::find::{Jump, no_hit_words};
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

    /// Goes to the match nearest to the selected row: the first one from there on, as in vim and
    /// less, or else the last one before it; while following, the newest one. The jump happens at
    /// once, or as soon as the match is known.
    pub(crate) fn go_to_nearest_hit(&mut self, session: &mut Session, height: u16) -> Vec<Effect> {
        let from = self.jump_start(session);
        if let Some(find) = &mut session.find {
            find.jump = from;
        }
        self.jump_to_hit(session, height)
    }

    fn jump_start(&self, session: &Session) -> Option<Jump> {
        Some(match self.position {
            Position::Following => Jump::Following,
            Position::Frozen { .. } => Jump::At(self.selected(&session.shown)?),
        })
    }

    /// Performs the pending jump, if its target is known.
    fn jump_to_hit(&mut self, session: &mut Session, height: u16) -> Vec<Effect> {
        let start = self.jump_start(session);
        // If the user has moved meanwhile, the view stays there.
        let waiting = session.find.as_ref().and_then(|find| find.jump);
        let jump = waiting.filter(|jump| start == Some(*jump));
        let settled = jump.and_then(|jump| session.end_of_jump(jump));
        if let Some(find) = &mut session.find {
            find.jump = jump.filter(|_| settled.is_none());
        }
        match settled {
            Some(Ok(row)) => self.bring_in(&session.shown, row, height),
            Some(Err(words)) => return session.tell(words),
            None => {}
        }
        Vec::new()
    }

    /// Selects the next or previous match among the rows shown, and wraps around at the end.
    pub(crate) fn go_to_hit(
        &mut self,
        is_forward: bool,
        session: &mut Session,
        height: u16,
    ) -> Vec<Effect> {
        let Some(find) = &session.find else {
            return session.tell("no search active: press F to find");
        };
        let from = self.jumps_start(&session.shown).unwrap_or_default();
        let hit = session.shown_hit(find, from, is_forward);
        let wrapped = || {
            if is_forward {
                session.shown_hit_from(find, RowId::default())
            } else {
                session.shown_hit(find, session.shown.end(), false)
            }
        };
        let Some(row) = hit.or_else(wrapped) else {
            let words = no_hit_words(find, session.now);
            return session.tell(words);
        };
        // Rows not searched yet may contain the next match.
        let left = find.left(session.now);
        self.bring_in(&session.shown, row, height);
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

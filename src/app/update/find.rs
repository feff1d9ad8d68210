//! Going to the matches of the search in the log.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::focus::Focus;
use crate::app::log_pane::Position;
use crate::app::session::find::{Jump, no_hit_words};
use crate::message::RowId;
use crate::payload::figures;
use crate::workers::scan::Answer;

impl App {
    /// Records rows that were found.
    pub(crate) fn note_find(&mut self, answer: &Answer) -> Vec<Effect> {
        let Some(find) = &mut self.session.find else {
            return Vec::new();
        };
        if !find.watch.note(answer) {
            return Vec::new();
        }
        for found in &answer.found {
            find.rows.replace(found);
        }
        self.jump_to_hit()
    }

    /// Goes to the match nearest to the selected row: the first one from there on, as in vim and
    /// less, or else the last one before it; while following, the newest one. The jump happens at
    /// once, or as soon as the match is known.
    pub(crate) fn go_to_nearest_hit(&mut self) -> Vec<Effect> {
        let from = self.jump_start();
        if let Some(find) = &mut self.session.find {
            find.jump = from;
        }
        self.jump_to_hit()
    }

    fn jump_start(&self) -> Option<Jump> {
        Some(match self.messages.position() {
            Position::Following => Jump::Following,
            Position::Frozen { .. } => Jump::At(self.messages.selected(&self.session.shown)?),
        })
    }

    /// Performs the pending jump, if its target is known.
    fn jump_to_hit(&mut self) -> Vec<Effect> {
        let start = self.jump_start();
        // If the user has moved meanwhile, the view stays there.
        let waiting = self.session.find.as_ref().and_then(|find| find.jump);
        let jump = waiting.filter(|jump| start == Some(*jump));
        let settled = jump.and_then(|jump| self.session.end_of_jump(jump));
        if let Some(find) = &mut self.session.find {
            find.jump = jump.filter(|_| settled.is_none());
        }
        match settled {
            Some(Ok(row)) => self.select_row(row),
            Some(Err(words)) => return self.session.tell(words),
            None => {}
        }
        Vec::new()
    }

    /// Selects the next or previous match among the rows shown, and wraps around at the end. In an
    /// open message, goes to the next or previous match in it.
    pub(crate) fn go_to_hit(&mut self, is_forward: bool) -> Vec<Effect> {
        if self.focus == Focus::Message {
            return self.go_to_match(is_forward);
        }
        let Some(find) = &self.session.find else {
            return self.session.tell("no search active: press F to find");
        };
        let from = self.jumps_start().unwrap_or_default();
        let hit = self.session.shown_hit(find, from, is_forward);
        let wrapped = || {
            if is_forward {
                self.session.shown_hit_from(find, RowId::default())
            } else {
                self.session
                    .shown_hit(find, self.session.shown.end(), false)
            }
        };
        let Some(row) = hit.or_else(wrapped) else {
            let words = no_hit_words(find, self.session.now);
            return self.session.tell(words);
        };
        // Rows not searched yet may contain the next match.
        let left = find.left(self.session.now);
        self.select_row(row);
        if hit.is_some() {
            return Vec::new();
        }
        let end = if is_forward { "oldest" } else { "newest" };
        self.session.tell(if left > 0 {
            let left = figures::count(left);
            format!("wrapped to the {end} match found so far, {left} not yet searched")
        } else if row == from {
            "the only match".to_owned()
        } else {
            format!("wrapped to the {end} match")
        })
    }
}

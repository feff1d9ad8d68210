//! Which row of the log a key acts on: only one that stays in place under the highlight.
//!
//! While the log follows new messages, or once the highlighted row has been evicted, the row in
//! that place keeps changing. The first key that would act on it freezes the log and highlights a
//! message instead; pressed again, it acts.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::update::MAX_NAME_COLUMNS;
use super::{Action, App, Chord, Effect, Focus, Position};
use crate::payload::escape;

impl App {
    /// Freezes the log on a message and says so, if `action` would act on a row that does not stay
    /// in place. Returns `None` if the action may go ahead.
    pub(super) fn highlight_first(&mut self, action: Action, key: KeyEvent) -> Option<Vec<Effect>> {
        let what = action.on_row()?;
        if self.has_highlight() {
            return None;
        }
        if action == Action::EditResend && self.settings.read_only {
            return None;
        }
        let channel = self.highlight_newest()?;
        if let Some(why) = self.why_not(action, &channel) {
            return Some(self.tell(format!("frozen: {why} · Space resumes")));
        }
        let channel = escape::name(&channel, MAX_NAME_COLUMNS).string;
        let key = Chord::of(key).label();
        Some(self.tell(format!(
            "frozen · {key} again to {what}: {channel} · Space resumes"
        )))
    }

    /// Returns why `action` cannot be done with the highlighted message, which is on `channel`, so
    /// that the user does not press the key again in vain.
    fn why_not(&self, action: Action, channel: &Arc<[u8]>) -> Option<String> {
        match action {
            Action::Unsubscribe => self.why_not_unsubscribe(channel),
            Action::EditResend => self.why_not_edit(),
            Action::ToggleLens if self.focus != Focus::Message && self.lens(channel).is_none() => {
                Some("no lens here · i on a value of an open message sets one".to_owned())
            }
            _ => None,
        }
    }

    /// Returns whether keys act on something that does not change by itself.
    pub(super) fn has_highlight(&self) -> bool {
        let is_log = matches!(self.focus, Focus::Messages | Focus::Message) && !self.shows_latest();
        if !is_log || self.overlay.is_some() {
            return true;
        }
        match self.messages.position() {
            Position::Following => false,
            Position::Frozen { .. } if self.focus == Focus::Message => true,
            Position::Frozen { selected, .. } => self.shown.keeps(selected),
        }
    }

    /// Freezes the log on the open message, if that has the focus, or on the newest one in view.
    /// Returns its channel, or `None` if no message is in view; the log then keeps following.
    pub(super) fn highlight_newest(&mut self) -> Option<Arc<[u8]>> {
        let open = self.open.as_ref().filter(|_| self.focus == Focus::Message);
        let rows = match open {
            Some(open) => vec![open.reader.snapshot().row],
            None => self.window().rows,
        };
        let mut newest_first = rows.into_iter().rev();
        let (row, channel) = newest_first.find_map(|row| Some((row, self.channel_of(row)?)))?;
        let height = super::inside(self.areas().messages).height;
        self.messages.select(&self.shown, row, height);
        Some(channel)
    }
}

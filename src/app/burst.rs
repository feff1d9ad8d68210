//! Keys that arrive at once: a paste that the terminal did not mark as one, or keys typed ahead on
//! a slow connection. In a text box they are inserted as text and never send it; elsewhere they
//! only move.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Kind;
use super::{Action, App, Chord, Context, Effect, action_for};

/// Toast for keys that would do more than move.
const IGNORED: &str = "several keys at once: only movement keys act here";

impl App {
    /// Handles a key that arrived together with others.
    ///
    /// A line break is held back until more text arrives in the same way. If nothing follows, it is
    /// dropped: a user who typed it ahead did not mean a line break, and one who pasted it did not
    /// mean to send.
    pub(super) fn press_in_burst(&mut self, key: KeyEvent) -> Vec<Effect> {
        let context = self.context();
        if !context.is_text() {
            return self.press_among_others(key);
        }
        let line_break = match context {
            Context::PublishPayload => "\n",
            _ => " ",
        };
        let mut effects = Vec::new();
        if std::mem::take(&mut self.held_break) {
            effects.extend(self.paste(line_break));
        }
        effects.extend(match key.code {
            KeyCode::Enter => self.hold_break(context),
            KeyCode::Char('j') if key.modifiers == KeyModifiers::CONTROL => {
                self.hold_break(context)
            }
            KeyCode::Tab => self.paste("\t"),
            _ => self.press(key),
        });
        effects
    }

    /// Handles a key of a burst outside a text box. The key moves, or does nothing.
    fn press_among_others(&mut self, key: KeyEvent) -> Vec<Effect> {
        let action = action_for(self.context(), Chord::of(key));
        match action.map(Action::kind) {
            Some(Kind::Adjust | Kind::Once | Kind::Plain) => {
                self.typed.last = Some((Chord::of(key), self.session.now));
                self.session.tell(IGNORED)
            }
            Some(Kind::Step | Kind::Jump) | None => {
                let said = self.session.toast.take_if(|toast| toast.text == IGNORED);
                let effects = self.press(key);
                self.session.toast = self.session.toast.take().or(said);
                effects
            }
        }
    }

    fn hold_break(&mut self, context: Context) -> Vec<Effect> {
        self.held_break = true;
        self.session.tell(match context {
            Context::PublishPayload => "pasted, not sent · Enter send",
            _ => "pasted · Enter confirm",
        })
    }
}

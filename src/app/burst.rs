//! Keys that came at once: a paste that the terminal did not mark as one, or typed ahead on a slow
//! line. In a text box they are text, and do not send it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{App, Chord, Context, Effect};

impl App {
    /// Takes in a key that came together with others. Outside of a text box it acts as usual.
    ///
    /// A line break is held back until more text follows it in the same way. One that nothing
    /// follows is dropped: whoever typed it ahead did not mean a line break, and whoever pasted it
    /// did not mean to send.
    pub(super) fn press_in_burst(&mut self, key: KeyEvent) -> Vec<Effect> {
        let context = self.context();
        if context == Context::Confirm {
            // What is pasted answers no question.
            return Vec::new();
        }
        if !context.is_text() || key.kind == KeyEventKind::Release {
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

    /// Presses a key that came with others outside of a text box: a pasted q does not quit.
    fn press_among_others(&mut self, key: KeyEvent) -> Vec<Effect> {
        if key.code == KeyCode::Char('q') {
            self.last_key = Some((Chord::of(key), self.now));
        }
        self.press(key)
    }

    fn hold_break(&mut self, context: Context) -> Vec<Effect> {
        self.held_break = true;
        self.tell(match context {
            Context::PublishPayload => "pasted, not sent: Enter sends",
            _ => "pasted: Enter confirms",
        })
    }
}

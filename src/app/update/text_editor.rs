//! Editing the text of the publish box in the user's editor.

use super::App;
use crate::app::effect::Effect;
use crate::app::text_editor::EditorClosed;

impl App {
    /// Opens the text of the publish box in the user's editor.
    pub(super) fn open_editor(&mut self) -> Vec<Effect> {
        let request = self.publish_box.open_editor();
        self.session.is_terminal_lent = true;
        vec![Effect::EditText(request)]
    }

    /// Takes the edited text into the box, without sending it.
    pub(super) fn note_editor_closed(&mut self, closed: EditorClosed) -> Vec<Effect> {
        self.session.is_terminal_lent = false;
        let taken = closed
            .outcome
            .and_then(|file| self.publish_box.take_from_editor(&file));
        match taken {
            Ok(true) => {}
            Ok(false) => drop(self.tell("text unchanged in the editor")),
            Err(why) => drop(self.session.tell_error(format!("{why} · text unchanged"))),
        }
        if closed.had_terminal {
            vec![Effect::TakeTerminal]
        } else {
            Vec::new()
        }
    }
}

//! Setting and removing lenses.

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::session::lenses::{MOST_THROUGH_LENS, MOST_UNPACKED_THROUGH_LENS};
use crate::payload::escape::whole_name;
use crate::query::Path;

impl App {
    /// Sets a lens at `path` on `channel`, or removes it if it is already there.
    pub(crate) fn look_through(&mut self, channel: &[u8], path: Path) -> Vec<Effect> {
        if self.session.lens(channel) == Some(&path) {
            return self.session.look_at_all(channel);
        }
        let name = whole_name(channel);
        let text = path.text().to_owned();
        self.session.lenses.insert(channel.into(), Some(path));
        let but = if self.is_open_too_long() {
            " (this message is too long)"
        } else {
            ""
        };
        self.session.tell(format!(
            "showing only {text} for {name}{but} · i whole messages"
        ))
    }

    /// Returns whether the open message is too long for a lens.
    fn is_open_too_long(&self) -> bool {
        self.open().is_some_and(|open| {
            let reader = &open.reader;
            reader.snapshot().size > MOST_THROUGH_LENS as u64
                || reader.bytes().len() > MOST_UNPACKED_THROUGH_LENS
        })
    }

    /// Removes the lens from the selected channel.
    pub(crate) fn take_lens_away(&mut self) -> Vec<Effect> {
        let Some(channel) = self.current_channel() else {
            return self.session.tell("select a channel or a message");
        };
        if self.session.lens(&channel).is_some() {
            return self.session.look_at_all(&channel);
        }
        self.session
            .tell("open a message and press i on a value to show only that")
    }
}

//! Lenses: of the messages of a channel only the value at a path is shown in the log.

use super::{App, Effect};
use crate::payload::escape::whole;
use crate::payload::format::Format;
use crate::query::Path;

impl App {
    /// The path that the messages of the channel called `name` are looked at through.
    #[must_use]
    pub fn lens(&self, name: &[u8]) -> Option<&Path> {
        self.lenses.get(name)
    }

    /// The format that the person has chosen for the channel called `name`.
    #[must_use]
    pub fn format(&self, name: &[u8]) -> Option<Format> {
        self.formats.get(name).copied()
    }

    /// Looks at the messages of `channel` through `path`, or at all of them again.
    pub(super) fn look_through(&mut self, channel: Box<[u8]>, path: Path) -> Vec<Effect> {
        let name = whole(&channel);
        if self.lenses.get(&channel) == Some(&path) {
            self.lenses.remove(&channel);
            return self.tell(format!("the log shows the messages of {name} again"));
        }
        let text = path.text().to_owned();
        self.lenses.insert(channel, path);
        self.tell(format!("of {name} the log shows {text}; i again shows all"))
    }

    /// Looks at the messages of the selected channel as they are again.
    pub(super) fn take_lens_away(&mut self) -> Vec<Effect> {
        let Some(channel) = self.current_channel() else {
            return self.tell("select a channel or a message");
        };
        let name = whole(&channel);
        if self.lenses.remove(&channel).is_some() {
            return self.tell(format!("the log shows the messages of {name} again"));
        }
        self.tell("open a message, and press i on one of its values: the log shows only that")
    }
}

//! The format picker: sets the format in which the messages of a channel are decoded.

use std::sync::Arc;

use crate::app::App;
use crate::app::effect::Effect;
use crate::app::overlays::Overlay;
use crate::payload::escape::whole_name;

impl App {
    /// Opens the list at the current choice.
    pub(crate) fn open_formats(&mut self) -> Vec<Effect> {
        let Some(channel) = self.open_channel() else {
            return self.session.tell("a notice has no format");
        };
        let now = self.session.read_as(&channel);
        let ways = self.session.ways_to_read();
        let line = ways.iter().position(|way| way.as_ref() == now);
        self.overlay = Some(Overlay::Formats {
            line: line.unwrap_or(0),
        });
        Vec::new()
    }

    /// Decodes the messages of the open message's channel in the format at `line` of the list.
    pub(crate) fn choose_format(&mut self, line: usize) -> Vec<Effect> {
        let way = self.session.ways_to_read().into_iter().nth(line);
        let (Some(channel), Some(way)) = (self.open_channel(), way) else {
            return Vec::new();
        };
        let name = whole_name(&channel);
        self.session.tell(match &way {
            Some(way) => format!("{name}: format {}", way.words()),
            None => format!("{name}: format detected automatically"),
        });
        let mut effects = self.session.read_as_chosen(&channel, way);
        if let Some(open) = &self.open {
            effects.extend(self.turn_to(open.reader.snapshot().clone()));
        }
        effects
    }

    /// Returns the channel of the open message.
    fn open_channel(&self) -> Option<Arc<[u8]>> {
        self.open.as_ref()?.reader.snapshot().channel.clone()
    }
}

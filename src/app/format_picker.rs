//! The format picker: sets the format in which the messages of a channel are decoded.

use std::sync::Arc;

use super::{App, Effect, Overlay, Session};
use crate::payload::decoder_choices::{DecoderChoices, ReadAs};
use crate::payload::escape::whole_name;
use crate::payload::format::Format;
use crate::query::Query;
use crate::workers::analysis::Request;

/// The formats to choose from. Serialized objects are not among them, since they are only named and
/// never decoded.
const FORMATS: [Format; 7] = [
    Format::Json,
    Format::JsonLines,
    Format::MessagePack,
    Format::Cbor,
    Format::Protobuf,
    Format::Text,
    Format::Binary,
];

impl Session {
    /// Returns the format that the user chose for the channel called `name`.
    #[must_use]
    pub fn read_as(&self, name: &[u8]) -> Option<&ReadAs> {
        self.decoder_choices.chosen(name)
    }

    /// Returns the formats that were set for channels.
    #[must_use]
    pub fn decoder_choices(&self) -> &DecoderChoices {
        &self.decoder_choices
    }

    /// Returns the choices in the order of the list; `None` stands for automatic detection.
    #[must_use]
    pub fn ways_to_read(&self) -> Vec<Option<ReadAs>> {
        let by_format = FORMATS.into_iter().map(|format| Some(format.into()));
        let by_type = self.settings.known_types.iter().map(|message_type| {
            Some(ReadAs {
                format: Format::Protobuf,
                message_type: Some(message_type.clone()),
            })
        });
        let automatic = std::iter::once(None);
        automatic.chain(by_format).chain(by_type).collect()
    }

    /// Applies a choice for `channel` wherever values are read: queries are run again on the
    /// messages in the log, checks use it for new messages.
    fn read_as_chosen(&mut self, channel: &[u8], way: Option<ReadAs>) -> Vec<Effect> {
        Arc::make_mut(&mut self.decoder_choices).choose(channel.into(), way);
        let plan = self.checks.read_by(&self.decoder_choices);
        let mut effects: Vec<Effect> = plan
            .map(Request::Plan)
            .map(Effect::Analyse)
            .into_iter()
            .collect();
        effects.extend(self.ask_again(Query::uses_values));
        effects
    }
}

impl App {
    /// Opens the list at the current choice.
    pub(super) fn open_formats(&mut self) -> Vec<Effect> {
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
    pub(super) fn choose_format(&mut self, line: usize) -> Vec<Effect> {
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

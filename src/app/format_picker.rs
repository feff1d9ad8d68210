//! The format in which messages are read, chosen by hand and remembered for the channel.

use std::sync::Arc;

use super::{App, Effect, Overlay};
use crate::analysis::Request;
use crate::payload::decoder_choices::{DecoderChoices, ReadAs};
use crate::payload::escape::whole_name;
use crate::payload::format::Format;
use crate::query::Query;

/// The formats that can be chosen. Serialised objects are not among them: they are only named.
const FORMATS: [Format; 7] = [
    Format::Json,
    Format::JsonLines,
    Format::MessagePack,
    Format::Cbor,
    Format::Protobuf,
    Format::Text,
    Format::Binary,
];

impl App {
    /// How the person has chosen to read the messages of the channel called `name`.
    #[must_use]
    pub fn read_as(&self, name: &[u8]) -> Option<&ReadAs> {
        self.decoder_choices.chosen(name)
    }

    /// How the messages of channels are read, as far as someone has said it.
    #[must_use]
    pub fn decoder_choices(&self) -> &DecoderChoices {
        &self.decoder_choices
    }

    /// The ways to read messages, in the order of the list that they are chosen from; `None` is
    /// to find out what they are.
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

    /// Opens the list at what holds now.
    pub(super) fn open_formats(&mut self) -> Vec<Effect> {
        let Some(channel) = self.open_channel() else {
            return self.tell("a notice has no format");
        };
        let now = self.read_as(&channel);
        let ways = self.ways_to_read();
        let line = ways.iter().position(|way| way.as_ref() == now);
        self.overlay = Some(Overlay::Formats {
            line: line.unwrap_or(0),
        });
        Vec::new()
    }

    /// Reads the messages of the open one's channel as the list says at `line`.
    pub(super) fn choose_format(&mut self, line: usize) -> Vec<Effect> {
        let way = self.ways_to_read().into_iter().nth(line);
        let (Some(channel), Some(way)) = (self.open_channel(), way) else {
            return Vec::new();
        };
        let name = whole_name(&channel);
        self.tell(match &way {
            Some(way) => format!("{name} is read as {} from now on", way.words()),
            None => format!("{name} is read as what it looks like again"),
        });
        let mut effects = self.read_as_chosen(&channel, way);
        if let Some(open) = &self.open {
            effects.extend(self.turn_to(open.reader.snapshot().clone()));
        }
        effects
    }

    /// Has all who look for values read the messages of `channel` so: queries those that are kept
    /// too, checks those that come.
    fn read_as_chosen(&mut self, channel: &[u8], way: Option<ReadAs>) -> Vec<Effect> {
        Arc::make_mut(&mut self.decoder_choices).choose(channel.into(), way);
        let plan = self.checks.read_by(&self.decoder_choices);
        let mut effects: Vec<Effect> = plan
            .map(Request::Plan)
            .map(Effect::Analyse)
            .into_iter()
            .collect();
        effects.extend(self.ask_again(Query::asks_values));
        effects
    }

    /// The channel of the open message.
    fn open_channel(&self) -> Option<Arc<[u8]>> {
        self.open.as_ref()?.reader.snapshot().channel.clone()
    }
}

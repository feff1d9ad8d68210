//! The formats in which the messages of channels are decoded.

use std::sync::Arc;

use super::Session;
use super::snapshot::MessageSnapshot;
use crate::app::effect::Effect;
use crate::payload::decoder_choices::ReadAs;
use crate::payload::format::Format;
use crate::query::Query;
use crate::workers::decode::Source;

/// The formats to choose from: all but serialized objects, which are never decoded.
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
    /// Returns the decoders that can be chosen, in the order of the list; `None` stands for
    /// automatic detection.
    pub fn decoder_options(&self) -> Vec<Option<ReadAs>> {
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

    /// Applies a choice for `channel`. Queries that read values run again; checks do not.
    pub(crate) fn choose_decoder(&mut self, channel: &[u8], choice: Option<ReadAs>) -> Vec<Effect> {
        Arc::make_mut(&mut self.decoder_choices).choose(channel.into(), choice);
        let plan = self.checks.read_by(&self.decoder_choices);
        let mut effects: Vec<Effect> = plan.into_iter().collect();
        effects.extend(self.ask_again(Query::uses_values));
        effects
    }

    /// Returns a message with the decoder chosen for its channel.
    pub(crate) fn source(&self, snapshot: &MessageSnapshot) -> Source {
        let channel = snapshot.channel.as_deref().unwrap_or_default();
        Source {
            payload: snapshot.payload.clone(),
            choice: self.decoder_choices.of(channel).unwrap_or_default(),
        }
    }
}

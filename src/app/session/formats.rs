//! The formats in which the messages of channels are decoded.

use std::sync::Arc;

use super::Session;
use super::snapshot::MessageSnapshot;
use crate::app::effect::Effect;
use crate::payload::decoder_choices::ReadAs;
use crate::payload::escape::{whole, whole_name};
use crate::payload::figures;
use crate::payload::format::{Format, Wrapping};
use crate::query::Query;
use crate::workers::decode::Source;

/// The formats to choose from: all but Avro, which is chosen by its schema. Python pickle stands
/// for all of its protocols.
const FORMATS: [Format; 24] = [
    Format::Json,
    Format::JsonLines,
    Format::LenientJson,
    Format::Xml,
    Format::Yaml,
    Format::Logfmt,
    Format::MessagePack,
    Format::Cbor,
    Format::Protobuf,
    Format::Bson,
    Format::Pickle,
    Format::Php,
    Format::Ruby,
    Format::Java,
    Format::Erlang,
    Format::Text,
    Format::Binary,
    Format::Wrapped(Wrapping::Brotli),
    Format::Wrapped(Wrapping::Deflate),
    Format::Wrapped(Wrapping::Lz4Block),
    Format::Wrapped(Wrapping::SnappyBlock),
    Format::Wrapped(Wrapping::Utf16Le),
    Format::Wrapped(Wrapping::Utf16Be),
    Format::Wrapped(Wrapping::Windows1252),
];

impl Session {
    /// Returns the decoders that can be chosen, in the order of the list; `None` stands for
    /// automatic detection.
    pub fn decoder_options(&self) -> Vec<Option<ReadAs>> {
        let by_format = FORMATS.into_iter().map(|format| Some(format.into()));
        let by_type = self.settings.known_types.iter().map(|message_type| {
            Some(ReadAs {
                format: Format::of_type(message_type),
                message_type: Some(message_type.clone()),
            })
        });
        let automatic = std::iter::once(None);
        automatic.chain(by_format).chain(by_type).collect()
    }

    /// Applies a choice for `channel`. Queries that read values run again; checks do not.
    pub(crate) fn choose_decoder(&mut self, channel: &[u8], choice: Option<ReadAs>) -> Vec<Effect> {
        Arc::make_mut(&mut self.decoder_choices).choose(channel.into(), choice);
        self.read_anew()
    }

    /// Shows the strings and bytes at `place` in messages of `channel` as they are, or unfolds them
    /// again.
    pub(crate) fn toggle_plain(&mut self, channel: &[u8], place: &str) -> Vec<Effect> {
        let is_unfolded = Arc::make_mut(&mut self.decoder_choices).toggle_plain(channel, place);
        let at = if place.is_empty() {
            "the message"
        } else {
            place
        };
        let mut effects = self.tell(if is_unfolded {
            format!("{at} unfolded for this channel")
        } else {
            let unfolds = self.keyed("{toggle-nested} unfolds it");
            format!("{at} as received for this channel, also for queries · {unfolds}")
        });
        effects.extend(self.read_anew());
        effects
    }

    /// Says which strings and bytes `query` does not look into because they are shown as received.
    pub fn folded_words(&self, query: &Query) -> Option<String> {
        let places = self.decoder_choices.all_plain();
        let mut folded = places
            .filter(|(channel, place)| !query.excludes_channel(channel) && query.looks_into(place));
        let (channel, place) = folded.next()?;
        let more = match folded.count() {
            0 => String::new(),
            more => format!(" and {}", figures::counted(more as u64, "other value")),
        };
        let place = match place {
            "" => ".".to_owned(),
            place => whole(place.as_bytes()),
        };
        let keys = self.keyed("{toggle-nested} in the open message unfolds it");
        let channel = whole_name(channel);
        Some(format!(
            "does not look into {place} of {channel}{more}, shown as received · {keys}"
        ))
    }

    fn read_anew(&mut self) -> Vec<Effect> {
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
            choice: self.choice_of(snapshot.row, channel).unwrap_or_default(),
        }
    }
}

//! The decoders configured for channels.

use std::collections::BTreeMap;

use super::format::{self, Decoded, Format};
use super::protobuf::MessageType;
use crate::message::glob::ByGlob;

/// A choice of how to decode payloads, which overrides format detection.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadAs {
    /// The format.
    pub format: Format,
    /// The Protobuf message type, if it differs from the one configured for the channel.
    pub message_type: Option<MessageType>,
}

impl From<Format> for ReadAs {
    fn from(format: Format) -> Self {
        Self {
            format,
            message_type: None,
        }
    }
}

impl ReadAs {
    /// Returns the display name.
    pub fn words(&self) -> String {
        let format = self.format.name();
        match &self.message_type {
            Some(message_type) => format!("{format} {}", message_type.name()),
            None => format.to_owned(),
        }
    }
}

/// The decoder settings of one channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecoderChoice {
    /// The format chosen by the user.
    pub format: Option<Format>,
    /// The Protobuf message type.
    pub message_type: Option<MessageType>,
}

impl DecoderChoice {
    /// Decodes `payload`. No compressed or encoded content is unpacked to more than `max_size`
    /// bytes. If the payload is not in the chosen format, the format is detected instead, and a
    /// note explains why.
    pub fn read(&self, payload: &[u8], max_size: usize) -> Decoded {
        let message_type = self.message_type.as_ref();
        let Some(format) = self.format else {
            return format::recognise(payload, message_type, max_size);
        };
        match format::read_as(payload, format, message_type, max_size) {
            Ok(decoded) => decoded,
            Err(why) => Decoded {
                note: Some(why),
                ..format::recognise(payload, message_type, max_size)
            },
        }
    }

    /// Like [`Self::read`], but for looking up values: a choice of text or binary is ignored, since
    /// that would hide the values.
    pub(super) fn read_values(&self, payload: &[u8], max_size: usize) -> Decoded {
        if matches!(self.format, Some(Format::Text | Format::Binary)) {
            return format::recognise(payload, self.message_type.as_ref(), max_size);
        }
        self.read(payload, max_size)
    }

    /// Returns whether bytes that look like JSON may be decoded as something else.
    pub(super) fn may_differ_from_json(&self) -> bool {
        let is_as_it_looks = matches!(
            self.format,
            None | Some(Format::Json | Format::Text | Format::Binary)
        );
        !is_as_it_looks || self.message_type.is_some()
    }
}

/// The decoder settings of all channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecoderChoices {
    chosen: BTreeMap<Box<[u8]>, ReadAs>,
    configured_types: ByGlob<MessageType>,
}

impl DecoderChoices {
    /// Creates settings in which no formats have been chosen; `configured_types` are the configured
    /// Protobuf message types of channels.
    pub fn new(configured_types: ByGlob<MessageType>) -> Self {
        Self {
            chosen: BTreeMap::new(),
            configured_types,
        }
    }

    /// Sets how messages of `channel` are decoded; `None` restores format detection.
    pub fn choose(&mut self, channel: Box<[u8]>, choice: Option<ReadAs>) {
        match choice {
            Some(choice) => self.chosen.insert(channel, choice),
            None => self.chosen.remove(&channel),
        };
    }

    /// Returns the user's choice for `channel`.
    pub fn chosen(&self, channel: &[u8]) -> Option<&ReadAs> {
        self.chosen.get(channel)
    }

    /// Returns the settings of `channel`, if it has any.
    pub fn of(&self, channel: &[u8]) -> Option<DecoderChoice> {
        let chosen = self.chosen(channel);
        let chosen_type = chosen.and_then(|chosen| chosen.message_type.as_ref());
        let message_type = chosen_type.or_else(|| self.configured_types.of(channel));
        (chosen.is_some() || message_type.is_some()).then(|| DecoderChoice {
            format: chosen.map(|chosen| chosen.format),
            message_type: message_type.cloned(),
        })
    }
}

//! How the messages of channels are read, as far as someone has said it.

use std::collections::BTreeMap;

use super::format::{self, Decoded, Format};
use super::protobuf::MessageType;
use crate::message::glob::ByGlob;

/// How a payload is read, whatever it looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadAs {
    /// The format.
    pub format: Format,
    /// The type of a Protobuf message, if it is not the one that its channel carries.
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
    /// What it is called.
    #[must_use]
    pub fn words(&self) -> String {
        let format = self.format.name();
        match &self.message_type {
            Some(message_type) => format!("{format} {}", message_type.name()),
            None => format.to_owned(),
        }
    }
}

/// What is said of the payloads of one channel beforehand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecoderChoice {
    /// The format that was chosen by hand.
    pub format: Option<Format>,
    /// The type of Protobuf messages that they are.
    pub message_type: Option<MessageType>,
}

impl DecoderChoice {
    /// What `payload` is, of which nothing is unpacked to more than `most` bytes. If it is not of
    /// the format that was chosen, it is what it looks like, with a note on why.
    #[must_use]
    pub fn read(&self, payload: &[u8], most: usize) -> Decoded {
        let message_type = self.message_type.as_ref();
        let Some(format) = self.format else {
            return format::recognise_within(payload, message_type, most);
        };
        match format::read_as_within(payload, format, message_type, most) {
            Ok(decoded) => decoded,
            Err(why) => Decoded {
                note: Some(why),
                ..format::recognise_within(payload, message_type, most)
            },
        }
    }

    /// The same, for who looks for values: to be shown as a text or as bytes takes none away.
    pub(super) fn read_values(&self, payload: &[u8], most: usize) -> Decoded {
        if matches!(self.format, Some(Format::Text | Format::Binary)) {
            return format::recognise_within(payload, self.message_type.as_ref(), most);
        }
        self.read(payload, most)
    }

    /// Whether bytes that look like JSON may be something else by it.
    pub(super) fn may_differ_from_json(&self) -> bool {
        let is_as_it_looks = matches!(
            self.format,
            None | Some(Format::Json | Format::Text | Format::Binary)
        );
        !is_as_it_looks || self.message_type.is_some()
    }
}

/// What is said of all channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecoderChoices {
    chosen: BTreeMap<Box<[u8]>, ReadAs>,
    carried: ByGlob<MessageType>,
}

impl DecoderChoices {
    /// Nothing is chosen by hand; `carried` are the types of Protobuf messages that channels carry.
    #[must_use]
    pub fn new(carried: ByGlob<MessageType>) -> Self {
        Self {
            chosen: BTreeMap::new(),
            carried,
        }
    }

    /// Has the messages of `channel` read so, or as what they look like again.
    pub fn choose(&mut self, channel: Box<[u8]>, way: Option<ReadAs>) {
        match way {
            Some(way) => self.chosen.insert(channel, way),
            None => self.chosen.remove(&channel),
        };
    }

    /// What was chosen by hand for `channel`.
    #[must_use]
    pub fn chosen(&self, channel: &[u8]) -> Option<&ReadAs> {
        self.chosen.get(channel)
    }

    /// What is said of `channel`, if anything.
    #[must_use]
    pub fn of(&self, channel: &[u8]) -> Option<DecoderChoice> {
        let chosen = self.chosen(channel);
        let chosen_type = chosen.and_then(|chosen| chosen.message_type.as_ref());
        let message_type = chosen_type.or_else(|| self.carried.of(channel));
        (chosen.is_some() || message_type.is_some()).then(|| DecoderChoice {
            format: chosen.map(|chosen| chosen.format),
            message_type: message_type.cloned(),
        })
    }
}

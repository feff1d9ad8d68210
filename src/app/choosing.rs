//! The format in which messages are read, chosen by hand and remembered for the channel.

use super::{App, Effect, Overlay};
use crate::payload::escape::whole;
use crate::payload::format::Format;
use crate::payload::protobuf::MessageType;

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

impl App {
    /// How the person has chosen to read the messages of the channel called `name`.
    #[must_use]
    pub fn read_as(&self, name: &[u8]) -> Option<&ReadAs> {
        self.formats.get(name)
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
        let name = whole(&channel);
        if let Some(way) = way {
            self.tell(format!("{name} is read as {} from now on", way.words()));
            self.formats.insert(channel, way);
        } else {
            self.tell(format!("{name} is read as what it looks like again"));
            self.formats.remove(&channel);
        }
        match &self.open {
            Some(open) => self.turn_to(open.reader.letter().clone()),
            None => Vec::new(),
        }
    }

    /// The channel of the open message.
    fn open_channel(&self) -> Option<Box<[u8]>> {
        self.open.as_ref()?.reader.letter().channel.clone()
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

//! What messages are known to be, in formats that cannot be decoded without a schema.

use super::reading::Unreadable;
use super::tree::Tree;
use super::{avro, protobuf};

/// The type of messages.
#[derive(Clone, Debug, PartialEq)]
pub enum MessageType {
    /// A Protobuf message type.
    Protobuf(protobuf::MessageType),
    /// An Avro schema.
    Avro(avro::Schema),
}

impl MessageType {
    /// Returns the full name, such as `shop.v1.Order`.
    pub fn name(&self) -> &str {
        match self {
            Self::Protobuf(message_type) => message_type.name(),
            Self::Avro(schema) => schema.name(),
        }
    }

    /// Decodes `bytes` as a message of this type. If it has more values than fit in a tree, only
    /// the first ones are decoded.
    pub fn decode(&self, bytes: &[u8]) -> Result<Tree, Unreadable> {
        match self {
            Self::Protobuf(message_type) => message_type.decode(bytes),
            Self::Avro(schema) => schema.decode(bytes),
        }
    }

    /// Decodes `bytes` as a message of this type if they look like one.
    pub fn recognise(&self, bytes: &[u8]) -> Option<Tree> {
        match self {
            Self::Protobuf(message_type) => message_type.recognise(bytes),
            Self::Avro(schema) => schema.decode(bytes).ok(),
        }
    }

    /// Returns the JSON form of messages of this type, if their format prescribes one.
    pub fn to_json(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Protobuf(message_type) => message_type.to_json(bytes),
            Self::Avro(_) => None,
        }
    }
}

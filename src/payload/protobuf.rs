//! Decoding Protocol Buffers (<https://protobuf.dev/programming-guides/encoding/>) into a tree: by
//! a message type of a [`Schema`], or without one as raw fields ([`read_raw`]).
//!
//! With a schema, fields have their names, repeated fields are arrays and maps are objects, in the
//! order of their first occurrence; enum values have their names. If a field that is not repeated
//! occurs twice, both values are shown, although Protobuf parsers use the last one. Fields that the
//! schema does not know, or whose wire type does not match it, are shown raw. Absent fields, whose
//! value is the default, are not shown.

mod described;
mod raw;
mod sink;
mod typed;
mod wire;

use std::fmt::Display;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use super::reading::{Unreadable, finish};
use super::tree::Tree;

/// The name of the format.
pub const NAME: &str = "Protobuf";

/// A set of message types, read from a descriptor set.
#[derive(Clone, Debug)]
pub struct Schema {
    pool: DescriptorPool,
}

/// A message type in a [`Schema`].
#[derive(Clone, Debug, PartialEq)]
pub struct MessageType {
    descriptor: MessageDescriptor,
}

impl Schema {
    /// Reads a `FileDescriptorSet`, as `protoc --include_imports --descriptor_set_out=…` writes it.
    /// The error says why `bytes` are not a descriptor set, or what is missing from the set.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let wrong = |error: &dyn Display| format!("not a Protobuf descriptor set: {error}");
        let set = described::plain(bytes).map_err(|error| wrong(&error))?;
        let pool = DescriptorPool::from_file_descriptor_set(set);
        let pool = pool.map_err(|error| wrong(&error))?;
        Ok(Self { pool })
    }

    /// Returns the full names of the message types, in the order of the descriptors.
    pub fn message_types(&self) -> impl Iterator<Item = String> {
        let messages = self.pool.all_messages();
        messages
            .filter(|message| !message.is_map_entry())
            .map(|message| message.full_name().to_owned())
    }

    /// Returns the message type with this full name, such as `shop.v1.Order`.
    pub fn message_type(&self, name: &str) -> Option<MessageType> {
        let descriptor = self.pool.get_message_by_name(name)?;
        Some(MessageType { descriptor })
    }
}

impl MessageType {
    /// Returns the full name, such as `shop.v1.Order`.
    pub fn name(&self) -> &str {
        self.descriptor.full_name()
    }

    /// Decodes `bytes` as a message of this type. If it has more values than fit in a tree, only
    /// the first ones are decoded.
    pub fn decode(&self, bytes: &[u8]) -> Result<Tree, Unreadable> {
        let mut reader = typed::Reader::new(bytes);
        let outcome = reader.root(&self.descriptor);
        finish(reader.sink.builder, outcome, NAME)
    }

    /// Decodes `bytes` as a message of this type if they look like one: they contain a field that
    /// the type knows, or are empty.
    pub fn recognise(&self, bytes: &[u8]) -> Option<Tree> {
        let mut reader = typed::Reader::new(bytes);
        let outcome = reader.root(&self.descriptor);
        let fits = reader.knows_any || bytes.is_empty();
        let tree = finish(reader.sink.builder, outcome, NAME).ok();
        tree.filter(|_| fits)
    }
}

/// Decodes a message without a schema: fields are named by their numbers, in the order in which
/// they are written. Varints are shown as unsigned numbers. A length-delimited field is shown as
/// text if it is UTF-8 without control characters, else as a message if it is one, else as text if
/// it is UTF-8, else as bytes.
pub fn read_raw(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut sink = sink::Sink::new();
    let whole = 0..bytes.len();
    let outcome = raw::message(bytes, &mut sink, whole.clone(), &whole);
    finish(sink.builder, outcome, NAME)
}

//! Protocol Buffers (<https://protobuf.dev/programming-guides/encoding/>) as a tree: by the message
//! type of a [`Schema`], or as the bare fields that are written, [`read_raw`].
//!
//! By a schema the fields go by their names, repeated ones are an array and a map is an object, in
//! the order in which they come first; enums go by the names of their values. A field that may
//! come once and comes twice stays two, of which readers of Protobuf take the last. What the schema
//! does not know, or knows to be written otherwise, is shown bare. What is not written has its
//! default value and is not shown.

mod described;
mod raw;
mod sink;
mod typed;
mod wire;

use std::fmt::Display;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use super::assembly::finish;
use super::reading::Unreadable;
use super::tree::Tree;

/// The name of the format.
pub const NAME: &str = "Protobuf";

/// The message types that someone has described.
#[derive(Clone, Debug)]
pub struct Schema {
    pool: DescriptorPool,
}

/// A message type of a [`Schema`].
#[derive(Clone, Debug, PartialEq)]
pub struct MessageType {
    descriptor: MessageDescriptor,
}

impl Schema {
    /// Reads a `FileDescriptorSet`, as `protoc --include_imports --descriptor_set_out=…` writes it.
    ///
    /// # Errors
    ///
    /// Why it is none, or what is missing in it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let wrong = |error: &dyn Display| format!("not a Protobuf descriptor set: {error}");
        let set = described::plain(bytes).map_err(|error| wrong(&error))?;
        let pool = DescriptorPool::from_file_descriptor_set(set);
        let pool = pool.map_err(|error| wrong(&error))?;
        Ok(Self { pool })
    }

    /// The full names of its message types, in the order in which they are described.
    pub fn message_types(&self) -> impl Iterator<Item = String> {
        let messages = self.pool.all_messages();
        messages
            .filter(|message| !message.is_map_entry())
            .map(|message| message.full_name().to_owned())
    }

    /// The message type of this full name, such as `shop.v1.Order`.
    #[must_use]
    pub fn message_type(&self, name: &str) -> Option<MessageType> {
        let descriptor = self.pool.get_message_by_name(name)?;
        Some(MessageType { descriptor })
    }

    /// Reads `bytes` as a message of the type of this full name.
    ///
    /// # Errors
    ///
    /// That there is no such type, or where `bytes` stop being Protobuf, and why.
    pub fn decode(&self, bytes: &[u8], message_type: &str) -> Result<Tree, String> {
        match self.message_type(message_type) {
            Some(message_type) => message_type
                .decode(bytes)
                .map_err(|error| error.to_string()),
            None => Err(format!("the schema has no message type {message_type}")),
        }
    }
}

impl MessageType {
    /// Its full name, such as `shop.v1.Order`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.descriptor.full_name()
    }

    /// Reads `bytes` as a message of this type. Of one with more values than a tree holds the
    /// first are laid out, and the rest is not read.
    ///
    /// # Errors
    ///
    /// Where they stop being Protobuf, and why.
    pub fn decode(&self, bytes: &[u8]) -> Result<Tree, Unreadable> {
        let mut reader = typed::Reader::new(bytes);
        let read = reader.root(&self.descriptor);
        finish(reader.sink.builder, read, NAME)
    }

    /// Reads `bytes` as a message of this type if they look like one: there is a field that the
    /// type knows, or nothing at all.
    #[must_use]
    pub fn recognise(&self, bytes: &[u8]) -> Option<Tree> {
        let mut reader = typed::Reader::new(bytes);
        let read = reader.root(&self.descriptor);
        let fits = reader.knows_any || bytes.is_empty();
        finish(reader.sink.builder, read, NAME)
            .ok()
            .filter(|_| fits)
    }
}

/// Reads a message without a schema: fields go by their numbers, in the order in which they are
/// written. A number of variable length is shown without a sign. A field of a given length is
/// shown as a text if it is one without control characters, else as a message if it is one, else
/// as a text if it is one, else as bytes.
///
/// # Errors
///
/// Where it stops being Protobuf, and why.
pub fn read_raw(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let mut sink = sink::Sink::new();
    let whole = 0..bytes.len();
    let read = raw::message(bytes, &mut sink, whole.clone(), &whole);
    finish(sink.builder, read, NAME)
}

//! Decoding Protocol Buffers (<https://protobuf.dev/programming-guides/encoding/>) into a tree: by
//! a message type of a [`Schema`], or without one as raw fields ([`read_raw`]).
//!
//! With a schema, fields have their names, repeated fields are arrays and maps are objects, in the
//! order of their first occurrence; enum values have their names. If a field that is not repeated
//! occurs twice, both values are shown, although Protobuf parsers use the last one. Fields that the
//! schema does not know, or whose wire type does not match it, are shown raw. Absent fields, whose
//! value is the default, are not shown. Well-known types have their JSON form. Messages may be
//! framed as in gRPC or by their lengths.

mod centrifugo;
mod described;
mod framing;
mod raw;
mod sink;
pub(super) mod typed;
pub(super) mod wire;

use std::fmt::Display;
use std::ops::Range;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};

use super::json::locate::PathStep;
use super::reading::{Unreadable, finish};
use super::tree::{NodeId, Tree};
pub use framing::COMPRESSED;
use framing::{Frame, Framing};
use typed::{Reader, Style};

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

    /// Returns the descriptor.
    pub(super) fn descriptor(&self) -> &MessageDescriptor {
        &self.descriptor
    }

    /// Decodes `bytes` as a message of this type, or as one or more of them in frames. If they have
    /// more values than fit in a tree, only the first ones are decoded.
    pub fn decode(&self, bytes: &[u8]) -> Result<Tree, Unreadable> {
        self.best(bytes, Style::Shown).tree
    }

    /// Returns the number of the value `name` of the enum at `steps`.
    pub fn enum_number(&self, steps: &[PathStep], name: &[u8]) -> Option<i32> {
        let name = str::from_utf8(name).ok()?;
        let mut kind = Kind::Message(self.descriptor.clone());
        let mut steps = steps.iter();
        while let Some(step) = steps.next() {
            let (Kind::Message(message), PathStep::Key(key)) = (&kind, step) else {
                return None;
            };
            let key = str::from_utf8(key).ok()?;
            let field = message.get_field_by_name(key);
            let field = field.or_else(|| message.get_field_by_json_name(key))?;
            kind = field.kind();
            if field.is_map() {
                let Kind::Message(entry) = &kind else {
                    return None;
                };
                kind = entry.get_field(2)?.kind();
            }
            if field.is_list() || field.is_map() {
                steps.next()?;
            }
        }
        match kind {
            Kind::Enum(values) => Some(values.get_value_by_name(name)?.number()),
            _ => None,
        }
    }

    /// Decodes `bytes` as [`Self::decode`] does, if they look like a message of this type: they
    /// contain a field that the type knows, or are empty.
    pub fn recognise(&self, bytes: &[u8]) -> Option<Tree> {
        let best = self.best(bytes, Style::Shown);
        let fits = best.is_known || bytes.is_empty();
        best.tree.ok().filter(|_| fits)
    }

    /// Returns the JSON form of the messages in `bytes`
    /// (<https://protobuf.dev/programming-guides/json/>), or `None` if they cannot be decoded
    /// completely.
    pub fn to_json(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let tree = self.best(bytes, Style::Json).tree.ok()?;
        let is_whole = tree.cut_at().is_none();
        is_whole.then(|| tree.to_json(NodeId::default(), bytes))
    }

    /// Decodes `bytes` in the way that fits best: as one message if that has only known fields, as
    /// messages in frames if these have, and as one message otherwise.
    fn best(&self, bytes: &[u8], style: Style) -> Attempt {
        let bare = self.attempt(bytes, style, None);
        if bare.tree.is_ok() && bare.is_known && bare.is_all_known {
            return bare;
        }
        let framings = [Framing::Grpc, Framing::Delimited].into_iter();
        let mut framed = framings.filter_map(|framing| {
            let frames = framing.split(bytes)?;
            let attempt = self.attempt(bytes, style, Some((framing, &frames)));
            // No message begins like a gRPC frame, so an unknown field does not speak against it.
            let fits = attempt.is_all_known || framing == Framing::Grpc;
            (attempt.tree.is_ok() && attempt.is_known && fits).then_some(attempt)
        });
        framed.next().unwrap_or(bare)
    }

    fn attempt(&self, bytes: &[u8], style: Style, frames: Option<(Framing, &[Frame])>) -> Attempt {
        let mut reader = Reader::new(bytes, style);
        let outcome = match frames {
            None => reader.root(&self.descriptor),
            Some((framing, frames)) => reader.framed(&self.descriptor, framing, frames),
        };
        let is_grpc = frames.is_some_and(|(framing, _)| framing == Framing::Grpc);
        Attempt {
            is_known: reader.knows_any || is_grpc,
            is_all_known: reader.knows_all,
            tree: finish(reader.sink.builder, outcome, NAME),
        }
    }
}

/// The outcome of decoding bytes in one way.
struct Attempt {
    tree: Result<Tree, Unreadable>,
    /// Whether the bytes look like messages of the type.
    is_known: bool,
    /// Whether the type knows every field.
    is_all_known: bool,
}

/// Returns whether `json_name` is the name in JSON of a field called `name`: `userId` of `user_id`.
pub fn is_json_name(name: &[u8], json_name: &[u8]) -> bool {
    let name = str::from_utf8(name).ok();
    name.is_some_and(|name| typed::camel_case(name).as_bytes() == json_name)
}

/// Decodes a message without a schema: fields are named by their numbers, in the order in which
/// they are written. Varints are shown as unsigned numbers. A length-delimited field is shown as
/// text if it is UTF-8 without control characters, else as a message if it is one, else as text if
/// it is UTF-8, else as bytes. Bytes that are not a message may be messages in frames, or one after
/// a prefix of Centrifugo, which is shown as a field called `prefix`.
pub fn read_raw(bytes: &[u8]) -> Result<Tree, Unreadable> {
    let read = |frames: Option<(Framing, &[Frame])>| {
        let mut sink = sink::Sink::new();
        let message = |sink: &mut sink::Sink, content: Range<usize>| {
            raw::message(bytes, sink, content.clone(), &content)
        };
        let outcome = match frames {
            None => message(&mut sink, 0..bytes.len()),
            Some((framing, frames)) => framing.add(frames, &mut sink, |sink| sink, message),
        };
        finish(sink.builder, outcome, NAME)
    };
    read(None).or_else(|wrong| {
        if let Some((prefix, content)) = centrifugo::split(bytes) {
            let mut sink = sink::Sink::new();
            let outcome = raw::message_after(bytes, &mut sink, prefix, content);
            return finish(sink.builder, outcome, NAME);
        }
        let mut framings = [Framing::Grpc, Framing::Delimited].into_iter();
        let framed =
            framings.find_map(|framing| read(Some((framing, &framing.split(bytes)?))).ok());
        framed.ok_or(wrong)
    })
}

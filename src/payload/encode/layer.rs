//! How values are encoded, and the values within the strings and bytes of others.

use prost_reflect::MessageDescriptor;

use super::item::{Item, Value};
use super::wrap::is_supported;
use super::{cbor, json, msgpack, protobuf};
use crate::payload::format::unpack::unpack;
use crate::payload::format::{self, Decoded, Format, Wrapping};

/// The format of a value within its wrappings.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Inner {
    Json,
    MessagePack,
    Cbor,
    Protobuf(MessageDescriptor),
    Text,
}

impl Inner {
    pub fn label(&self) -> String {
        match self {
            Self::Json => Format::Json.name().to_owned(),
            Self::MessagePack => Format::MessagePack.name().to_owned(),
            Self::Cbor => Format::Cbor.name().to_owned(),
            Self::Protobuf(descriptor) => {
                format!("{} {}", Format::Protobuf.name(), descriptor.full_name())
            }
            Self::Text => "text".to_owned(),
        }
    }
}

/// How a value is encoded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Encoding {
    /// The wrappings, the outermost first.
    pub wrappings: Vec<Wrapping>,
    pub format: Inner,
}

impl Encoding {
    /// Returns the encoding of a decoded payload, if it can be encoded again. Text that is not packed
    /// counts as an encoding only where it `is_held` by a string or bytes.
    pub fn of(
        decoded: &Decoded,
        descriptor: Option<&MessageDescriptor>,
        is_held: bool,
    ) -> Option<Self> {
        let is_text = is_held || !decoded.wrappings.is_empty();
        let is_cut = decoded
            .tree
            .as_ref()
            .is_some_and(|tree| tree.cut_at().is_some());
        let are_supported = decoded.wrappings.iter().all(|one| is_supported(*one));
        let format = match decoded.format {
            _ if is_cut || !are_supported => return None,
            Format::Json => Inner::Json,
            Format::MessagePack => Inner::MessagePack,
            Format::Cbor => Inner::Cbor,
            Format::Protobuf => Inner::Protobuf(descriptor?.clone()),
            Format::Text | Format::JsonLines | Format::Yaml if is_text => Inner::Text,
            _ => return None,
        };
        Some(Self {
            wrappings: decoded.wrappings.clone(),
            format,
        })
    }

    /// Returns the encoding that a mark such as `⟨base64 json⟩` names.
    pub fn of_mark(mark: &str) -> Option<Self> {
        let names = mark.trim_start_matches('⟨').trim_end_matches('⟩');
        let mut wrappings = Vec::new();
        let mut names = names.split_ascii_whitespace();
        let format = loop {
            wrappings.push(match names.next()? {
                "gzip" => Wrapping::Gzip,
                "zlib" => Wrapping::Zlib,
                "zstd" => Wrapping::Zstd,
                "lz4" => Wrapping::Lz4,
                "snappy" => Wrapping::Snappy,
                "bzip2" => Wrapping::Bzip2,
                "xz" => Wrapping::Xz,
                "base64" => Wrapping::Base64,
                "json" => break Inner::Json,
                "msgpack" => break Inner::MessagePack,
                "cbor" => break Inner::Cbor,
                "text" => break Inner::Text,
                _ => return None,
            });
        };
        names.next().is_none().then_some(Self { wrappings, format })
    }

    pub fn mark(&self) -> String {
        let wrappings = self.wrappings.iter().map(|wrapping| match wrapping {
            Wrapping::Lz4 => "lz4",
            other => other.name(),
        });
        let format = match self.format {
            Inner::Json => "json",
            Inner::MessagePack => "msgpack",
            Inner::Cbor => "cbor",
            Inner::Protobuf(_) => "protobuf",
            Inner::Text => "text",
        };
        let names: Vec<&str> = wrappings.chain([format]).collect();
        format!("⟨{}⟩", names.join(" "))
    }
}

/// An encoded value: a payload, or the contents of a string or bytes.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub payload: Vec<u8>,
    pub encoding: Encoding,
    /// The bytes that each wrapping was removed from.
    pub wrapped: Vec<Vec<u8>>,
    /// The bytes within the wrappings.
    pub content: Vec<u8>,
    /// The value, and the same with the values that its strings and bytes hold.
    pub plain: Item,
    pub item: Item,
    /// How many more values may be nested within, and their maximum size.
    pub levels: usize,
    pub max_size: usize,
}

impl Layer {
    pub fn new(payload: &[u8], encoding: Encoding, levels: usize, max_size: usize) -> Option<Self> {
        let mut content = payload.to_vec();
        let mut wrapped = Vec::new();
        for wrapping in &encoding.wrappings {
            let inner = match wrapping {
                Wrapping::Base64 => format::decode_base64(&content, max_size)?,
                other => unpack(*other, &content, max_size).ok()?,
            };
            wrapped.push(std::mem::replace(&mut content, inner));
        }
        let plain = match &encoding.format {
            Inner::Json => json::read(&content)?,
            Inner::MessagePack => msgpack::read(&content)?,
            Inner::Cbor => cbor::read(&content)?,
            Inner::Protobuf(descriptor) => protobuf::read(&content, descriptor)?,
            Inner::Text => {
                str::from_utf8(&content).ok()?;
                Item::new(Value::String(content.clone()), 0..content.len())
            }
        };
        let item = match encoding.format {
            Inner::Text => plain.clone(),
            _ => unfolded(&plain, levels, max_size),
        };
        Some(Self {
            payload: payload.to_vec(),
            encoding,
            wrapped,
            content,
            plain,
            item,
            levels,
            max_size,
        })
    }

    /// Returns the value that a string or bytes hold.
    pub fn within(value: &Value, levels: usize, max_size: usize) -> Option<Self> {
        let levels = levels.checked_sub(1)?;
        let (text, is_string) = match value {
            Value::String(text) => (text, true),
            Value::Bytes(bytes) => (bytes, false),
            _ => return None,
        };
        let decoded = format::held_by(text, is_string, max_size)?;
        let encoding = Encoding::of(&decoded, None, true)?;
        Self::new(text, encoding, levels, max_size)
    }
}

/// Returns a value with those that its strings and bytes hold.
fn unfolded(item: &Item, levels: usize, max_size: usize) -> Item {
    let inner = |item: &Item| unfolded(item, levels, max_size);
    let value = match &item.value {
        Value::Array(items) => Value::Array(items.iter().map(inner).collect()),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.clone(), inner(value)));
            Value::Object(members.collect())
        }
        Value::Call(name, items) if is_tag(name) => {
            Value::Call(name.clone(), items.iter().map(inner).collect())
        }
        value => match Layer::within(value, levels, max_size) {
            Some(layer) => Value::Nested(layer.encoding.mark(), Box::new(layer.item)),
            None => value.clone(),
        },
    };
    Item::new(value, item.range.clone())
}

pub(super) fn is_tag(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
}

//! How values are encoded, and the values within the strings and bytes of others.

use prost_reflect::MessageDescriptor;

use super::item::{Item, Value};
use super::refusal::NotEdited;
use super::wrap::is_supported;
use super::{avro, bson, cbor, form, json, lenient, msgpack, protobuf};
use crate::payload::avro::Schema;
use crate::payload::format::unpack::unpack;
use crate::payload::format::{self, Decoded, Format, Wrapping};
use crate::payload::message_type::MessageType;
use crate::payload::tree::NodeId;

/// The format of a value within its wrappings.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Inner {
    Json,
    JsonLines,
    LenientJson,
    Form,
    MessagePack,
    Cbor,
    Bson,
    Protobuf(MessageDescriptor),
    Avro(Schema),
    /// Text, which may be in a format.
    Text(Format),
}

impl Inner {
    pub fn label(&self) -> String {
        let format = match self {
            Self::Json => Format::Json,
            Self::JsonLines => Format::JsonLines,
            Self::LenientJson => Format::LenientJson,
            Self::MessagePack => Format::MessagePack,
            Self::Cbor => Format::Cbor,
            Self::Bson => Format::Bson,
            Self::Form => return "URL-encoded form".to_owned(),
            Self::Protobuf(descriptor) => {
                return format!("{} {}", Format::Protobuf.name(), descriptor.full_name());
            }
            Self::Avro(schema) => return format!("{} {}", Format::Avro.name(), schema.name()),
            Self::Text(Format::Text) => return "text".to_owned(),
            Self::Text(format) => *format,
        };
        format.name().to_owned()
    }

    /// Returns the format as it is called in a mark.
    fn mark(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "json lines",
            Self::LenientJson => "lenient json",
            Self::Form => "form",
            Self::MessagePack => "msgpack",
            Self::Cbor => "cbor",
            Self::Bson => "bson",
            Self::Protobuf(_) => "protobuf",
            Self::Avro(_) => "avro",
            Self::Text(_) => "text",
        }
    }

    /// The formats that a mark can name.
    const MARKED: [Self; 8] = [
        Self::Json,
        Self::JsonLines,
        Self::LenientJson,
        Self::Form,
        Self::MessagePack,
        Self::Cbor,
        Self::Bson,
        Self::Text(Format::Text),
    ];

    fn read(&self, content: &[u8]) -> Option<Item> {
        match self {
            Self::Json => json::read(content),
            Self::JsonLines => json::read_lines(content),
            Self::LenientJson => lenient::read(content),
            Self::Form => form::read(content),
            Self::MessagePack => msgpack::read(content),
            Self::Cbor => cbor::read(content),
            Self::Bson => bson::read(content),
            Self::Protobuf(descriptor) => protobuf::read(content, descriptor),
            Self::Avro(schema) => avro::read(content, schema),
            Self::Text(_) => {
                str::from_utf8(content).ok()?;
                Some(Item::new(Value::String(content.to_vec()), 0..content.len()))
            }
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
        payload: &[u8],
        message_type: Option<&MessageType>,
        is_held: bool,
    ) -> Result<Self, NotEdited> {
        let tree = decoded.tree.as_ref();
        if decoded.is_too_large || tree.is_some_and(|tree| tree.cut_at().is_some()) {
            return Err(NotEdited::TooLarge);
        }
        if let Some(wrapping) = decoded.wrappings.iter().find(|one| !is_supported(**one)) {
            return Err(NotEdited::Packed(*wrapping));
        }
        let root = tree.and_then(|tree| tree.value(NodeId::default(), decoded.bytes(payload)));
        let mark = root.map_or(&[][..], |root| root.text);
        let is_text = is_held || !decoded.wrappings.is_empty();
        let format = match (decoded.format, message_type) {
            (Format::Json, _) => Inner::Json,
            (Format::JsonLines, _) => Inner::JsonLines,
            (Format::LenientJson, _) => Inner::LenientJson,
            (Format::MessagePack, _) => Inner::MessagePack,
            (Format::Cbor, _) => Inner::Cbor,
            (Format::Bson, _) => Inner::Bson,
            (Format::Protobuf, Some(MessageType::Protobuf(known))) => {
                Inner::Protobuf(known.descriptor().clone())
            }
            (Format::Protobuf, _) => return Err(NotEdited::Untyped),
            (Format::Avro, Some(MessageType::Avro(schema))) => Inner::Avro(schema.clone()),
            (Format::Text, _) if mark == format::FORM.as_bytes() => Inner::Form,
            (Format::Text, _) if mark == format::JWT.as_bytes() => return Err(NotEdited::Token),
            (format @ (Format::Text | Format::Xml | Format::Yaml | Format::Logfmt), _)
                if is_text =>
            {
                Inner::Text(format)
            }
            (format, _) if format.is_serialized() => return Err(NotEdited::Serialized(format)),
            _ => return Err(NotEdited::NoValues),
        };
        Ok(Self {
            wrappings: decoded.wrappings.clone(),
            format,
        })
    }

    /// Returns the encoding that a mark such as `⟨base64 json⟩` names.
    pub fn of_mark(mark: &str) -> Option<Self> {
        let mut names = mark.trim_start_matches('⟨').trim_end_matches('⟩').trim();
        let mut wrappings = Vec::new();
        loop {
            let mut formats = Inner::MARKED.into_iter();
            if let Some(format) = formats.find(|format| format.mark() == names) {
                return Some(Self { wrappings, format });
            }
            let (first, rest) = names.split_once(char::is_whitespace)?;
            let found = WRAPPINGS.iter().find(|(name, _)| *name == first)?;
            wrappings.push(found.1);
            names = rest.trim_start();
        }
    }

    pub fn mark(&self) -> String {
        let wrappings = self.wrappings.iter().map(|wrapping| {
            let known = WRAPPINGS.iter().find(|(_, known)| known == wrapping);
            known.map_or(wrapping.name(), |(name, _)| *name)
        });
        let names: Vec<&str> = wrappings.chain([self.format.mark()]).collect();
        format!("⟨{}⟩", names.join(" "))
    }
}

/// The wrappings that a mark can name.
const WRAPPINGS: [(&str, Wrapping); 11] = [
    ("gzip", Wrapping::Gzip),
    ("zlib", Wrapping::Zlib),
    ("zstd", Wrapping::Zstd),
    ("lz4", Wrapping::Lz4),
    ("snappy", Wrapping::Snappy),
    ("bzip2", Wrapping::Bzip2),
    ("xz", Wrapping::Xz),
    ("base64", Wrapping::Base64),
    ("UTF-16LE", Wrapping::Utf16Le),
    ("UTF-16BE", Wrapping::Utf16Be),
    ("Windows-1252", Wrapping::Windows1252),
];

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
        let plain = encoding.format.read(&content)?;
        let item = match encoding.format {
            Inner::Text(_) => plain.clone(),
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
        let encoding = if is_string && form::read(text).is_some() {
            Encoding {
                wrappings: Vec::new(),
                format: Inner::Form,
            }
        } else {
            let decoded = format::held_by(text, is_string, max_size)?;
            Encoding::of(&decoded, text, None, true).ok()?
        };
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

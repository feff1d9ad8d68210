//! What a payload is, found out or said by hand, and what it says.
//!
//! [`recognise`] claims a format only where nothing plainer fits: JSON where it is one value of it,
//! be it a number, words where it is a text, a compression that unpacks, `MessagePack` and CBOR
//! where the whole payload is one map or array. Protobuf is taken for what it is only where someone
//! has named the message type. Serialised objects of Python, PHP and Java are named and never read,
//! since to read them is to run what they say. [`read_as`] tries harder, for one format.
//!
//! What wraps the payload, compression or base64, is taken off, up to [`MAX_WRAPPINGS`] layers of
//! it and within the bounds of [`unpack`].

mod by_hand;
mod encoded;
mod guess;
mod lz4;
mod named;
mod pickle;
pub mod unpack;

use self::unpack::Failure;
use super::json::NotJson;
use super::protobuf::{self, MessageType};
use super::tree::Tree;
use super::{cbor, json, msgpack};

/// The most wrappings that are taken off.
pub const MAX_WRAPPINGS: usize = 4;

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One value of JSON (RFC 8259).
    Json,
    /// Values of JSON on lines of their own.
    JsonLines,
    /// One value of `MessagePack`.
    MessagePack,
    /// One data item of CBOR (RFC 8949).
    Cbor,
    /// One message of Protocol Buffers.
    Protobuf,
    /// Python objects, by `pickle`. Only named.
    Pickle,
    /// Python objects, by `pickle` in its oldest protocol, which is letters. Only named.
    PickleText,
    /// PHP values, by `serialize`. Only named.
    Php,
    /// Java objects, by `ObjectOutputStream`. Only named.
    Java,
    /// Words: UTF-8 without control characters that no text has.
    Text,
    /// Anything else.
    Binary,
}

impl Format {
    /// All of them, the readable ones first.
    pub const ALL: [Self; 11] = [
        Self::Json,
        Self::JsonLines,
        Self::MessagePack,
        Self::Cbor,
        Self::Protobuf,
        Self::Pickle,
        Self::PickleText,
        Self::Php,
        Self::Java,
        Self::Text,
        Self::Binary,
    ];

    /// How people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::JsonLines => "JSON lines",
            Self::MessagePack => msgpack::NAME,
            Self::Cbor => cbor::NAME,
            Self::Protobuf => protobuf::NAME,
            Self::Pickle => "Python pickle",
            Self::PickleText => "Python pickle (protocol 0)",
            Self::Php => "PHP serialized",
            Self::Java => "Java serialization",
            Self::Text => "Text",
            Self::Binary => "Binary",
        }
    }
}

/// What a payload is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrapping {
    /// gzip (RFC 1952).
    Gzip,
    /// zlib (RFC 1950).
    Zlib,
    /// Zstandard (RFC 8878).
    Zstd,
    /// LZ4 in its frame format.
    Lz4,
    /// Base64, in either alphabet (RFC 4648, sections 4 and 5), padded or not.
    Base64,
}

impl Wrapping {
    /// How people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Zstd => "zstd",
            Self::Lz4 => "LZ4",
            Self::Base64 => "base64",
        }
    }
}

/// What has been found out about a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// What is wrapped around it, the outermost first.
    pub wrappings: Vec<Wrapping>,
    /// What is within.
    pub format: Format,
    /// What is within, if anything is wrapped around it.
    pub unwrapped: Option<Vec<u8>>,
    /// The values, to be read with [`Decoded::bytes`]; `None` of what has none.
    pub tree: Option<Tree>,
    /// What the person should know besides, in words.
    pub note: Option<String>,
    /// Whether what is within was not unpacked because it would have become too large.
    pub is_too_large: bool,
}

impl Decoded {
    /// The bytes that the tree belongs to: what is within `payload`.
    #[must_use]
    pub fn bytes<'a>(&'a self, payload: &'a [u8]) -> &'a [u8] {
        self.unwrapped.as_deref().unwrap_or(payload)
    }

    /// The bytes that it takes beside the payload.
    #[must_use]
    pub fn size(&self) -> usize {
        self.unwrapped.as_ref().map_or(0, Vec::capacity)
            + self.tree.as_ref().map_or(0, Tree::size)
            + self.note.as_ref().map_or(0, String::capacity)
    }
}

/// A payload with some of its wrappings taken off.
struct Unwrapped<'a> {
    payload: &'a [u8],
    wrappings: Vec<Wrapping>,
    inner: Option<Vec<u8>>,
}

impl<'a> Unwrapped<'a> {
    fn new(payload: &'a [u8]) -> Self {
        Self {
            payload,
            wrappings: Vec::new(),
            inner: None,
        }
    }

    fn bytes(&self) -> &[u8] {
        self.inner.as_deref().unwrap_or(self.payload)
    }

    fn take_off(&mut self, wrapping: Wrapping, inner: Vec<u8>) {
        self.wrappings.push(wrapping);
        self.inner = Some(inner);
    }

    /// How to speak of one more wrapping: `a gzip`, `a gzip within it`.
    fn next_named(&self, wrapping: Wrapping) -> String {
        let article = match wrapping {
            Wrapping::Lz4 => "an",
            _ => "a",
        };
        let place = if self.wrappings.is_empty() {
            ""
        } else {
            " within it"
        };
        format!("{article} {}{place}", wrapping.name())
    }

    fn into_decoded(self, format: Format, tree: Option<Tree>, note: Option<String>) -> Decoded {
        Decoded {
            wrappings: self.wrappings,
            format,
            unwrapped: self.inner,
            tree,
            note,
            is_too_large: false,
        }
    }
}

/// Finds out what `payload` is. `message_type` is what someone has said that its channel carries.
///
/// Takes a few microseconds for a payload of a few hundred bytes, and a time that grows with the
/// bytes within it for others, at most [`unpack::limit`] of those that came for each wrapping.
#[must_use]
pub fn recognise(payload: &[u8], message_type: Option<&MessageType>) -> Decoded {
    recognise_within(payload, message_type, unpack::MAX_SIZE)
}

/// The same, where no wrapping is unpacked to more than `most` bytes.
#[must_use]
pub fn recognise_within(
    payload: &[u8],
    message_type: Option<&MessageType>,
    most: usize,
) -> Decoded {
    let mut unwrapped = Unwrapped::new(payload);
    let most = most.min(unpack::limit(payload.len()));
    loop {
        let (wrapping, inner) = match guess::look(unwrapped.bytes(), message_type, most) {
            guess::Look::Is(format, tree) => {
                let bytes = unwrapped.bytes();
                let note = misfit(format, message_type, bytes);
                let note = note.or_else(|| broken_json(format, bytes));
                return unwrapped.into_decoded(format, tree, note);
            }
            guess::Look::Wrapped(wrapping, inner) => (wrapping, inner),
        };
        let named = unwrapped.next_named(wrapping);
        let mut is_too_large = false;
        let note = if unwrapped.wrappings.len() == MAX_WRAPPINGS {
            format!("{named} was not unpacked: {MAX_WRAPPINGS} wrappings were taken off before")
        } else {
            match inner {
                Ok(inner) => {
                    unwrapped.take_off(wrapping, inner);
                    continue;
                }
                Err(why) => {
                    is_too_large = matches!(why, Failure::Large { .. });
                    format!("{named} was not unpacked: {why}")
                }
            }
        };
        let format = guess::unopened(unwrapped.bytes());
        return Decoded {
            is_too_large,
            ..unwrapped.into_decoded(format, None, Some(note))
        };
    }
}

/// The values of `payload`, if it has some as it stands and no type of it has to be known. Nothing is unpacked: the
/// time grows with the bytes given, whatever they hold.
#[must_use]
pub fn values(payload: &[u8]) -> Option<Tree> {
    guess::values(payload)
}

/// Whether bytes that do not look like JSON can have values: judged by the first of them, so that
/// `false` is certain and `true` is not.
#[must_use]
pub(super) fn may_have_values(payload: &[u8]) -> bool {
    guess::may_have_values(payload)
}

/// Why what looks like JSON is none, if it is taken for something else.
fn broken_json(format: Format, bytes: &[u8]) -> Option<String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut letters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    // A line of a log may begin with a bracket too.
    let looks_like_it = match letters.next()? {
        b'{' => matches!(letters.next(), Some(b'"' | b'}')),
        b'[' => matches!(letters.next(), Some(b'"' | b'{' | b'[')),
        _ => false,
    };
    let is_other = matches!(format, Format::Text | Format::Binary);
    let wrong = (looks_like_it && is_other).then(|| json::read(bytes).err())??;
    Some(broken_lines(bytes, &wrong).unwrap_or_else(|| wrong.to_string()))
}

/// Why what looks like lines of JSON is none: `wrong` as one value, they get further line by line.
fn broken_lines(bytes: &[u8], wrong: &NotJson) -> Option<String> {
    let lines = json::read_lines(bytes).err()?;
    let get_further = lines.at > wrong.at || lines.at == wrong.at && lines.why != wrong.why;
    let breaks = bytes.iter().take(lines.at).filter(|byte| **byte == b'\n');
    let (why, at, line) = (lines.why, lines.at, breaks.count() + 1);
    get_further.then(|| format!("not JSON lines: {why} at byte {at}, in line {line}"))
}

/// Why the message type that someone has named is not what the payload is, if it is not.
fn misfit(format: Format, message_type: Option<&MessageType>, bytes: &[u8]) -> Option<String> {
    let message_type = message_type.filter(|_| format != Format::Protobuf)?;
    let name = message_type.name();
    Some(match message_type.decode(bytes) {
        Err(wrong) => format!("no {name}: {wrong}"),
        Ok(_) => format!("no {name}: none of its fields are in it"),
    })
}

/// Reads `payload` as what someone says that it is. What is wrapped around it is taken off as far
/// as the format needs it; base64 is taken off where the text itself is not of the format. By
/// [`Format::Text`] and [`Format::Binary`] any payload can be read: as a text it is unpacked
/// where that gives a text, as bytes it stays as it is. Protobuf is read by `message_type`, or as
/// bare fields if there is none.
///
/// # Errors
///
/// Why it is not of the format, with the byte at which it stops being so.
pub fn read_as(
    payload: &[u8],
    format: Format,
    message_type: Option<&MessageType>,
) -> Result<Decoded, String> {
    read_as_within(payload, format, message_type, unpack::MAX_SIZE)
}

/// The same, where no wrapping is unpacked to more than `most` bytes.
///
/// # Errors
///
/// Why it is not of the format, with the byte at which it stops being so.
pub fn read_as_within(
    payload: &[u8],
    format: Format,
    message_type: Option<&MessageType>,
    most: usize,
) -> Result<Decoded, String> {
    let most = most.min(unpack::limit(payload.len()));
    match format {
        Format::Binary => Ok(Unwrapped::new(payload).into_decoded(format, None, None)),
        Format::Text => Ok(by_hand::text(payload, most)),
        _ => by_hand::read(payload, format, message_type, most),
    }
}

//! Detection and decoding of payload formats.
//!
//! [`recognise`] detects a format only if no simpler one fits: JSON if the payload is one JSON
//! value, even a bare number; text if it is plain text; a compression format if it can be unpacked;
//! `MessagePack` and CBOR if the whole payload is one map or array. Protobuf is detected only if
//! the message type has been configured. Serialized objects of Python, PHP and Java are named but
//! never decoded, since decoding them can run code. [`read_as`] tries harder to read a payload in
//! one given format.
//!
//! Wrappings around the payload (compression or base64) are removed, up to [`MAX_WRAPPINGS`] layers
//! and within the bounds of [`unpack`].

mod by_hand;
mod encoded;
mod guess;
mod jwt;
mod lz4;
mod named;
mod nested;
mod pickle;
pub mod unpack;
mod urlencoded;

pub use self::guess::values;

pub(super) use self::guess::may_have_values;
use self::nested::Limits;
pub(super) use self::nested::may_be_in as may_have_nested;
use self::unpack::Failure;
use super::protobuf::{self, MessageType};
use super::reading::Unreadable;
use super::tree::Tree;
use super::{cbor, json_tree, msgpack};

/// The maximum number of wrappings that are removed.
pub const MAX_WRAPPINGS: usize = 4;

/// The format of a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON value (RFC 8259).
    Json,
    /// JSON values, one per line.
    JsonLines,
    /// One `MessagePack` value.
    MessagePack,
    /// One CBOR data item (RFC 8949).
    Cbor,
    /// One Protocol Buffers message.
    Protobuf,
    /// Python objects serialized by `pickle`. Never decoded.
    Pickle,
    /// Python objects serialized by `pickle` in its oldest protocol, which is text. Never decoded.
    PickleText,
    /// PHP values serialized by `serialize`. Never decoded.
    Php,
    /// Java objects serialized by `ObjectOutputStream`. Never decoded.
    Java,
    /// Plain text: UTF-8 without unusual control characters.
    Text,
    /// Anything else.
    #[default]
    Binary,
}

impl Format {
    /// All formats; those that can be decoded come first.
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

    /// Returns the display name.
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

/// A layer of compression or encoding around a payload.
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
    /// Returns the display name.
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

/// A payload after detection and decoding; the default stands for bytes that are shown as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The wrappings that were removed, the outermost first.
    pub wrappings: Vec<Wrapping>,
    /// The format of the unwrapped payload.
    pub format: Format,
    /// The unwrapped payload, if any wrapping was removed.
    pub unwrapped: Option<Vec<u8>>,
    /// The values, which refer to [`Decoded::bytes`]; `None` if the format has no values.
    pub tree: Option<Tree>,
    /// An additional note for the user.
    pub note: Option<String>,
    /// Whether the content was not unpacked because it would become too large.
    pub is_too_large: bool,
}

impl Decoded {
    /// Returns the bytes that the tree refers to: the unwrapped content of `payload`.
    pub fn bytes<'a>(&'a self, payload: &'a [u8]) -> &'a [u8] {
        self.unwrapped.as_deref().unwrap_or(payload)
    }

    /// Returns the memory use of the decoded payload in bytes, excluding the original.
    pub fn size(&self) -> usize {
        self.unwrapped.as_ref().map_or(0, Vec::capacity)
            + self.tree.as_ref().map_or(0, Tree::size)
            + self.note.as_ref().map_or(0, String::capacity)
    }

    fn take_off(&mut self, wrapping: Wrapping, inner: Vec<u8>) {
        self.wrappings.push(wrapping);
        self.unwrapped = Some(inner);
    }

    /// Returns a phrase that names `wrapping` as the next layer: `gzip layer`, `inner gzip layer`.
    fn next_named(&self, wrapping: Wrapping) -> String {
        let name = wrapping.name();
        match self.wrappings.len() {
            0 => format!("{name} layer"),
            _ => format!("inner {name} layer"),
        }
    }
}

/// Detects the format of `payload` and decodes it. `message_type` is the Protobuf type configured
/// for its channel. No wrapping is unpacked to more than `max_size` bytes or [`unpack::limit`].
///
/// A payload of a few hundred bytes takes a few microseconds. The time grows with the size of the
/// unwrapped content.
pub fn recognise(payload: &[u8], message_type: Option<&MessageType>, max_size: usize) -> Decoded {
    let mut limits = Limits::of(max_size.min(unpack::limit(payload.len())));
    let mut decoded = recognise_within(payload, message_type, &mut limits);
    if decoded.format == Format::Text {
        decoded.tree = nested::of_text(decoded.bytes(payload), &mut limits);
    }
    decoded
}

/// Like [`recognise`], for a payload or a value inside one.
fn recognise_within(
    payload: &[u8],
    message_type: Option<&MessageType>,
    limits: &mut Limits,
) -> Decoded {
    let mut decoded = Decoded::default();
    let max_size = limits.bytes;
    loop {
        let bytes = decoded.bytes(payload);
        let (wrapping, inner) = match guess::look(bytes, message_type, max_size) {
            guess::Look::Is(format, tree) => {
                let note = misfit(format, message_type, bytes);
                let note = note.or_else(|| broken_json(format, bytes));
                let tree = tree.map(|tree| nested::unfold(tree, bytes, limits));
                (decoded.format, decoded.tree, decoded.note) = (format, tree, note);
                return decoded;
            }
            guess::Look::Wrapped(wrapping, inner) => (wrapping, inner),
        };
        let named = decoded.next_named(wrapping);
        decoded.note = Some(match inner {
            _ if decoded.wrappings.len() == MAX_WRAPPINGS => {
                format!("{named} not unpacked: limit of {MAX_WRAPPINGS} layers reached")
            }
            Ok(inner) => {
                decoded.take_off(wrapping, inner);
                continue;
            }
            Err(why) => {
                decoded.is_too_large = matches!(why, Failure::Large { .. });
                format!("{named} not unpacked: {why}")
            }
        });
        if guess::is_words(decoded.bytes(payload)) {
            decoded.format = Format::Text;
        }
        return decoded;
    }
}

/// Returns whether a payload may be shown differently from how it is written, because it is encoded
/// or something in it is, judged by cheap checks. `false` is certain unless a decoder was chosen.
#[inline]
pub fn may_differ(payload: &[u8]) -> bool {
    guess::may_have_values(payload) || nested::has_signs(payload)
}

/// Explains why bytes that look like JSON are not JSON, if they were taken for something else.
fn broken_json(format: Format, bytes: &[u8]) -> Option<String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut letters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    // A log line may also begin with a bracket.
    let looks_like_json = match letters.next()? {
        b'{' => matches!(letters.next(), Some(b'"' | b'}')),
        b'[' => matches!(letters.next(), Some(b'"' | b'{' | b'[')),
        _ => false,
    };
    let is_other = matches!(format, Format::Text | Format::Binary);
    let wrong = (looks_like_json && is_other).then(|| json_tree::read(bytes).err())??;
    Some(broken_lines(bytes, &wrong).unwrap_or_else(|| wrong.to_string()))
}

/// Explains why bytes are not JSON lines either, given the error `wrong` of reading them as one
/// value. Returns `None` unless reading them line by line gets further.
fn broken_lines(bytes: &[u8], wrong: &Unreadable) -> Option<String> {
    let lines = json_tree::read_lines(bytes).err()?;
    let gets_further = lines.at > wrong.at || lines.at == wrong.at && lines.why != wrong.why;
    let breaks = bytes.iter().take(lines.at).filter(|byte| **byte == b'\n');
    let (why, at, line) = (lines.why, lines.at, breaks.count() + 1);
    gets_further.then(|| format!("not JSON lines: {why} at byte {at}, line {line}"))
}

/// Explains why the payload does not match the configured message type, if it does not.
fn misfit(format: Format, message_type: Option<&MessageType>, bytes: &[u8]) -> Option<String> {
    let message_type = message_type.filter(|_| format != Format::Protobuf)?;
    let name = message_type.name();
    Some(match message_type.decode(bytes) {
        Err(wrong) => format!("not a {name}: {wrong}"),
        Ok(_) => format!("not a {name}: no known fields"),
    })
}

/// Decodes `payload` in the given format. Compression is removed as far as the format requires;
/// base64 is removed where the text itself is not in the format. No wrapping is unpacked to more
/// than `max_size` bytes or [`unpack::limit`]. Any payload can be read as [`Format::Text`] or
/// [`Format::Binary`]: text is unpacked if the result is still text, and binary is left unchanged.
/// Protobuf is decoded according to `message_type`, or as raw fields if there is none. The error
/// says why the payload is not in the format, and from which byte on.
pub fn read_as(
    payload: &[u8],
    format: Format,
    message_type: Option<&MessageType>,
    max_size: usize,
) -> Result<Decoded, String> {
    let max_size = max_size.min(unpack::limit(payload.len()));
    let mut decoded = match format {
        Format::Binary => return Ok(Decoded::default()),
        Format::Text => return Ok(by_hand::text(payload, max_size)),
        _ => by_hand::read(payload, format, message_type, max_size)?,
    };
    if let Some(tree) = decoded.tree.take() {
        let mut limits = Limits::of(max_size);
        decoded.tree = Some(nested::unfold(tree, decoded.bytes(payload), &mut limits));
    }
    Ok(decoded)
}

//! Detection and decoding of payload formats.
//!
//! [`recognise`] detects a format only if no simpler one fits: JSON if the payload is one JSON
//! value, even a bare number; lenient JSON, XML, YAML and logfmt if text is evidently one of them;
//! text if it is plain text; a compression format if it can be unpacked; `MessagePack` and CBOR if
//! the whole payload is one map or array; text in another encoding if it is mostly ASCII. Protobuf
//! and Avro are detected only if the message type has been configured; serialized objects, which
//! [`objects`](super::objects) reads without running code, if their first bytes or their whole
//! structure identify them. [`read_as`] tries harder to read a payload in one given format.
//!
//! Wrappings around the payload (compression, base64, text encodings, colours) are removed, up to
//! [`MAX_WRAPPINGS`] layers and within the bounds of [`unpack`].

pub mod ansi;
mod by_hand;
mod charset;
pub(super) mod direct;
mod encoded;
mod explain;
mod guess;
mod inflate;
mod jwt;
mod lenient;
mod logfmt;
mod lz4;
mod named;
mod nested;
mod readable;
mod streams;
pub mod unpack;
mod urlencoded;
mod wrapping;
mod xml;
mod yaml;

use std::fmt::Write as _;

pub use self::charset::may_be_windows_1252;
pub use self::guess::values;
pub use self::lenient::Dialect;
pub use self::wrapping::Wrapping;

pub(super) use self::charset::{to_utf16, to_windows_1252};
pub(super) use self::encoded::decode as decode_base64;
pub(super) use self::guess::may_have_values;
pub(super) use self::lenient::{dialect, read_with_keys as read_lenient};
use self::nested::Limits;
pub(super) use self::nested::{FORM, JWT, held_by, may_be_in as may_have_nested, may_hold_scalar};
pub(super) use self::urlencoded::{decoded as form_decoded, pairs as form_pairs};
use super::figures;
use super::message_type::MessageType;
use super::objects::{bson, erlang, java, php, pickle, ruby};
use super::tree::Tree;
use super::{avro, cbor, msgpack, protobuf};

/// The maximum number of wrappings that are removed.
pub const MAX_WRAPPINGS: usize = 4;

/// The format of a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON value (RFC 8259).
    Json,
    /// JSON values, one per line.
    JsonLines,
    /// One value in JSON5, in Python's notation, or in JSON with other deviations.
    LenientJson,
    /// One XML document.
    Xml,
    /// YAML documents.
    Yaml,
    /// A line of keys and values, as loggers write them.
    Logfmt,
    /// One `MessagePack` value.
    MessagePack,
    /// One CBOR data item (RFC 8949).
    Cbor,
    /// One Protocol Buffers message.
    Protobuf,
    /// One Avro value.
    Avro,
    /// Python objects serialized by `pickle`.
    Pickle,
    /// Python objects serialized by `pickle` in its oldest protocol, which is text.
    PickleText,
    /// PHP values serialized by `serialize`.
    Php,
    /// Java objects serialized by `ObjectOutputStream`.
    Java,
    /// Ruby objects serialized by `Marshal`.
    Ruby,
    /// One term in Erlang's external term format.
    Erlang,
    /// One BSON document.
    Bson,
    /// Plain text: UTF-8 without unusual control characters.
    Text,
    /// Anything else.
    #[default]
    Binary,
    /// A choice, never detected: a payload with this wrapping, whose content is detected.
    Wrapped(Wrapping),
}

impl Format {
    /// All formats; those with values come first.
    pub const ALL: [Self; 26] = [
        Self::Json,
        Self::JsonLines,
        Self::LenientJson,
        Self::Xml,
        Self::Yaml,
        Self::Logfmt,
        Self::MessagePack,
        Self::Cbor,
        Self::Protobuf,
        Self::Avro,
        Self::Pickle,
        Self::PickleText,
        Self::Php,
        Self::Java,
        Self::Ruby,
        Self::Erlang,
        Self::Bson,
        Self::Text,
        Self::Binary,
        Self::Wrapped(Wrapping::Brotli),
        Self::Wrapped(Wrapping::Deflate),
        Self::Wrapped(Wrapping::Lz4Block),
        Self::Wrapped(Wrapping::SnappyBlock),
        Self::Wrapped(Wrapping::Utf16Le),
        Self::Wrapped(Wrapping::Utf16Be),
        Self::Wrapped(Wrapping::Windows1252),
    ];

    /// Returns whether the format is one of serialized objects.
    pub(super) fn is_serialized(self) -> bool {
        use Format::{Erlang, Java, Php, Pickle, PickleText, Ruby};
        matches!(self, Pickle | PickleText | Php | Java | Ruby | Erlang)
    }

    /// Returns the format of messages of this type.
    pub fn of_type(message_type: &MessageType) -> Self {
        match message_type {
            MessageType::Protobuf(_) => Self::Protobuf,
            MessageType::Avro(_) => Self::Avro,
        }
    }

    /// Returns the display name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::JsonLines => "JSON lines",
            Self::LenientJson => "Lenient JSON",
            Self::Xml => xml::NAME,
            Self::Yaml => yaml::NAME,
            Self::Logfmt => logfmt::NAME,
            Self::MessagePack => msgpack::NAME,
            Self::Cbor => cbor::NAME,
            Self::Protobuf => protobuf::NAME,
            Self::Avro => avro::NAME,
            Self::Pickle => pickle::NAME,
            Self::PickleText => pickle::TEXT_NAME,
            Self::Php => php::NAME,
            Self::Java => java::NAME,
            Self::Ruby => ruby::NAME,
            Self::Erlang => erlang::NAME,
            Self::Bson => bson::NAME,
            Self::Text => "Text",
            Self::Binary => "Binary",
            Self::Wrapped(wrapping) => wrapping.name(),
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
    /// The colours of the text, if it has any.
    pub colours: Vec<ansi::Change>,
    /// An additional note for the user.
    pub note: Option<String>,
    /// Whether the content, or a value in it, was not unpacked because it would become too large.
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
            + self.colours.capacity() * size_of::<ansi::Change>()
            + self.note.as_ref().map_or(0, String::capacity)
    }

    /// Removes the next wrapping from `payload`; `inner` is what is in it.
    fn take_off(&mut self, wrapping: Wrapping, inner: Vec<u8>, payload: &[u8]) {
        self.colours = match wrapping {
            Wrapping::Ansi => ansi::changes(self.bytes(payload), usize::MAX),
            _ => Vec::new(),
        };
        self.wrappings.push(wrapping);
        self.unwrapped = Some(inner);
    }

    /// Adds a note about what was left as it is because of `limits`, unless there is another note.
    fn add_limit(&mut self, limits: &mut Limits) {
        if self.note.is_none() {
            self.note = limits.note.take();
            self.is_too_large |= limits.is_too_large;
        }
    }

    /// Returns the names of the layers around the content and its format as a tag, `⟨base64 json⟩`.
    /// Returns `None` if there is no compression or base64.
    pub fn packing(&self) -> Option<String> {
        let mut wrappings = self.wrappings.iter();
        wrappings
            .any(|wrapping| wrapping.is_packing())
            .then(|| nested::mark(self))
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

/// Detects the format of `payload` and decodes it. `message_type` is the type configured for its
/// channel. No wrapping is unpacked to more than `max_size` bytes or [`unpack::limit_unasked`].
///
/// A payload of a few hundred bytes takes a few microseconds. The time grows with the size of the
/// unwrapped content.
pub fn recognise(payload: &[u8], message_type: Option<&MessageType>, max_size: usize) -> Decoded {
    let unasked = unpack::limit_unasked(payload.len());
    let mut limits = Limits::of(max_size.min(unasked));
    let mut decoded = recognise_whole(payload, message_type, &mut limits);
    let chosen = max_size.min(unpack::limit(payload.len()));
    if let Some(note) = decoded
        .note
        .as_mut()
        .filter(|_| decoded.is_too_large && unasked < chosen)
    {
        let limit = figures::size(chosen as u64);
        let _ = write!(note, "; a format chosen with f unpacks up to {limit}");
    }
    decoded
}

/// Like [`recognise`], within `limits`.
fn recognise_whole(
    payload: &[u8],
    message_type: Option<&MessageType>,
    limits: &mut Limits,
) -> Decoded {
    let mut decoded = recognise_within(payload, message_type, limits);
    if decoded.format == Format::Text {
        decoded.tree = nested::of_text(decoded.bytes(payload), limits);
    }
    decoded.add_limit(limits);
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
                let (format, tree) = match (format, decoded.wrappings.last()) {
                    (Format::Text, Some(Wrapping::Base64)) => guess::in_base64(bytes),
                    // It has control characters besides the colours.
                    (Format::Binary, Some(Wrapping::Ansi)) => (Format::Text, None),
                    _ => (format, tree),
                };
                let note = explain::note(format, message_type, bytes);
                let tree = tree.map(|tree| nested::unfold(tree, bytes, message_type, limits));
                (decoded.format, decoded.tree, decoded.note) = (format, tree, note);
                return decoded;
            }
            guess::Look::Opaque(format, why) => {
                (decoded.format, decoded.note) = (format, Some(why.to_string()));
                return decoded;
            }
            // What is left of the escapes is not to be interpreted again.
            guess::Look::Wrapped(Wrapping::Ansi, _)
                if decoded.wrappings.last() == Some(&Wrapping::Ansi) =>
            {
                decoded.format = Format::Text;
                return decoded;
            }
            guess::Look::Wrapped(wrapping, inner) => (wrapping, inner),
        };
        let named = decoded.next_named(wrapping);
        let (why, is_limit) = match inner {
            _ if decoded.wrappings.len() == MAX_WRAPPINGS => {
                (format!("limit of {MAX_WRAPPINGS} layers reached"), true)
            }
            Ok(inner) => {
                decoded.take_off(wrapping, inner, payload);
                continue;
            }
            Err(why) => {
                decoded.is_too_large = limits.is_exceeded_by(&why);
                (why.to_string(), decoded.is_too_large)
            }
        };
        let note = format!("{named} not unpacked: {why}");
        if is_limit {
            limits.note(&note);
        }
        decoded.note = Some(note);
        if guess::is_words(decoded.bytes(payload)) {
            decoded.format = Format::Text;
        }
        return decoded;
    }
}

/// Returns whether a payload may be shown differently from how it is written, because it is encoded
/// or something in it is, judged by cheap checks. `false` is certain unless a decoder was chosen or
/// the payload is in Windows-1252, for which the whole payload would have to be read.
#[inline]
pub fn may_differ(payload: &[u8]) -> bool {
    guess::may_be_binary(payload) || nested::has_signs(payload)
}

/// Decodes `payload` in the given format. Compression is removed as far as the format requires;
/// base64 is removed where the text itself is not in the format. No wrapping is unpacked to more
/// than `max_size` bytes or [`unpack::limit`]. Any payload can be read as [`Format::Text`] or
/// [`Format::Binary`]: text is unpacked if the result is still text, and binary is left unchanged.
/// Protobuf is decoded according to `message_type`; without one, its fields are shown by their
/// numbers, and Avro is an error. The error says why the payload is not in the format, and from which
/// byte on.
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
        Format::Wrapped(wrapping) => {
            let limits = Limits::of(max_size);
            return by_hand::wrapped(payload, wrapping, message_type, limits);
        }
        _ => by_hand::read(payload, format, message_type, max_size)?,
    };
    if let Some(tree) = decoded.tree.take() {
        let mut limits = Limits::of(max_size);
        let bytes = decoded.bytes(payload);
        decoded.tree = Some(nested::unfold(tree, bytes, message_type, &mut limits));
        decoded.add_limit(&mut limits);
    }
    Ok(decoded)
}

//! How a payload is told by its looks.

use super::unpack::{Failure, packed_by, unpack_within};
use super::{Format, Wrapping, encoded, named};
use crate::payload::protobuf::MessageType;
use crate::payload::tree::{Key, Kind, NodeId, Tree};
use crate::payload::{cbor, json, msgpack};

/// What some bytes look like.
pub(super) enum Look {
    /// This, with its values.
    Is(Format, Option<Tree>),
    /// Something wrapped in this: what is within, or why it is not unpacked.
    Wrapped(Wrapping, Result<Vec<u8>, Failure>),
}

/// A compression, and what is within it or why that is not known.
pub(super) type Packed = (Wrapping, Result<Vec<u8>, Failure>);

/// What `bytes` look like, of which nothing is unpacked to more than `most`. `message_type` is what
/// someone says that they are.
pub(super) fn look(bytes: &[u8], message_type: Option<&MessageType>, most: usize) -> Look {
    if let Some(tree) = message_type.and_then(|message_type| message_type.recognise(bytes)) {
        return Look::Is(Format::Protobuf, Some(tree));
    }
    if let Some((format, tree)) = as_json(bytes) {
        return Look::Is(format, Some(tree));
    }
    if let Some(format) = named::named(bytes) {
        return Look::Is(format, None);
    }
    if is_words(bytes) {
        return match encoded(bytes, message_type, most) {
            Some(inner) => Look::Wrapped(Wrapping::Base64, Ok(inner)),
            None => Look::Is(Format::Text, None),
        };
    }
    if let Some((wrapping, inner)) = packed(bytes, most) {
        return Look::Wrapped(wrapping, inner);
    }
    match as_binary(bytes) {
        Some((format, tree)) => Look::Is(format, Some(tree)),
        None => Look::Is(Format::Binary, None),
    }
}

/// The values of bytes that are not wrapped.
pub(super) fn values(bytes: &[u8]) -> Option<Tree> {
    if let Some((_, tree)) = as_json(bytes) {
        return Some(tree);
    }
    let is_other = named::named(bytes).is_some() || is_words(bytes) || packed_by(bytes).is_some();
    let (_, tree) = (!is_other).then(|| as_binary(bytes))??;
    Some(tree)
}

/// What bytes are to be called that look wrapped and are not unwrapped.
pub(super) fn unopened(bytes: &[u8]) -> Format {
    if is_words(bytes) {
        Format::Text
    } else {
        Format::Binary
    }
}

/// Whether bytes that do not look like JSON can have values, judged by what takes no time: hardly
/// any text can.
pub(super) fn may_have_values(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80..))
        || packed_by(bytes).is_some()
        || encoded::probe(bytes).is_some()
}

/// What is within compressed bytes, if that is no more than `most`, or why it is not known. What begins like zlib and is broken
/// is taken for something else.
pub(super) fn packed(bytes: &[u8], most: usize) -> Option<Packed> {
    let wrapping = packed_by(bytes)?;
    let inner = unpack_within(wrapping, bytes, most);
    if wrapping == Wrapping::Zlib && is_none_of_zlib(bytes, &inner) {
        return None;
    }
    Some((wrapping, inner))
}

/// Whether what failed to unpack as zlib is rather something else: a text that begins like `x^2`,
/// say. `0x78` is what encoders write, and begins no map or array of another format.
fn is_none_of_zlib(bytes: &[u8], inner: &Result<Vec<u8>, Failure>) -> bool {
    match inner {
        Err(Failure::Broken(..)) => true,
        Err(Failure::EndsEarly(_)) => {
            bytes.first() != Some(&0x78) || bytes.len() < 3 || is_words(bytes)
        }
        _ => false,
    }
}

/// JSON: one value, as the query `is:json` has it, be it a bare number or word; or objects and
/// arrays on lines of their own.
fn as_json(bytes: &[u8]) -> Option<(Format, Tree)> {
    let first = bytes.get(json::skip_space(bytes, 0))?;
    match first {
        b'{' | b'[' => match json::read(bytes) {
            Ok(tree) => Some((Format::Json, tree)),
            // What follows the first value may be the second line.
            Err(_) if bytes.contains(&b'\n') => {
                let tree = json::read_lines(bytes).ok()?;
                Some((Format::JsonLines, tree))
            }
            Err(_) => None,
        },
        b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
            Some((Format::Json, json::read(bytes).ok()?))
        }
        _ => None,
    }
}

/// Whether `bytes` are UTF-8 without control characters but those of texts: tab, line feed, form
/// feed, carriage return, and escape, which colours are written with.
fn is_words(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| match byte {
        b'\t' | b'\n' | b'\x0c' | b'\r' | b'\x1b' => false,
        0..0x20 | 0x7f => true,
        _ => false,
    };
    !bytes.iter().any(is_control) && str::from_utf8(bytes).is_ok()
}

/// What words stand for in base64, if that is something that can be told from noise: compressed
/// bytes, an object or array of JSON, serialised objects, a map of `MessagePack` or CBOR whose
/// keys are strings, or a message of `message_type`. Digits, words and identifiers decode to noise.
fn encoded(words: &[u8], message_type: Option<&MessageType>, most: usize) -> Option<Vec<u8>> {
    let head = encoded::probe(words)?;
    let is_worth_it = match head.trim_ascii_start() {
        [b'{' | b'[', ..] => true,
        _ => {
            message_type.is_some()
                || packed_by(&head).is_some()
                || matches!(head.first(), Some(0x80..=0x8f | 0xa0..=0xbf | 0xde | 0xdf))
                || head.starts_with(&cbor::SELF_DESCRIBED)
                || named::may_be_named(&head)
        }
    };
    let inner = is_worth_it.then(|| encoded::decode(words, most))??;
    is_telling(&inner, message_type, most).then_some(inner)
}

/// Whether bytes cannot well be noise.
fn is_telling(bytes: &[u8], message_type: Option<&MessageType>, most: usize) -> bool {
    if packed_by(bytes).is_some_and(|wrapping| wrapping != Wrapping::Zlib) {
        return true;
    }
    as_json(bytes).is_some_and(|(_, tree)| !is_bare(&tree, bytes))
        || named::named(bytes).is_some()
        || packed(bytes, most).is_some_and(|(_, inner)| inner.is_ok())
        || as_binary(bytes).is_some_and(|(_, tree)| is_named_map(&tree, bytes))
        || message_type.is_some_and(|message_type| is_all_of(message_type, bytes))
}

/// Whether it is a number or a word alone.
fn is_bare(tree: &Tree, bytes: &[u8]) -> bool {
    let root = tree.value(NodeId::default(), bytes);
    root.is_some_and(|root| matches!(root.kind, Kind::Number | Kind::Bool | Kind::Null))
}

/// Whether `message_type` knows every field in `bytes`, and there are some. Noise now and then has
/// one that it knows.
fn is_all_of(message_type: &MessageType, bytes: &[u8]) -> bool {
    let tree = message_type.recognise(bytes);
    tree.is_some_and(|tree| is_named_map(&tree, bytes))
}

/// `MessagePack` or CBOR, if all of `bytes` are one map or array that is not empty.
///
/// `dc` to `df` begin containers of `MessagePack` only, `a0` to `bf` maps of CBOR only, as does the
/// tag that says that CBOR follows. `80` to `8f` are a map of the one and an array of the other: a
/// map whose keys are texts is `MessagePack`, and what can be read as both without such keys is
/// CBOR, since it would be a map of the same key again and again (`82 18 64 18 65`). `90` to `9f`
/// are an array of either, of different lengths: what can be read as both is `MessagePack`.
/// Without keys that are texts the bytes behind the first must not all be printable ASCII: then it
/// is rather a text in an old encoding.
fn as_binary(bytes: &[u8]) -> Option<(Format, Tree)> {
    let (format, tree) = match bytes {
        [] | [_] => return None,
        [0xd9, 0xd9, 0xf7, ..] => {
            return cbor::read(bytes).ok().map(|tree| (Format::Cbor, tree));
        }
        [0x80..=0x8f, ..] => match msgpack(bytes) {
            Some((_, tree)) if is_named_map(&tree, bytes) => {
                return Some((Format::MessagePack, tree));
            }
            unnamed => cbor(bytes).or(unnamed)?,
        },
        [0x90..=0x9f, ..] => msgpack(bytes).or_else(|| cbor(bytes))?,
        [0xdc..=0xdf, ..] => msgpack(bytes)?,
        [0xa0..=0xbf, ..] => cbor(bytes)?,
        _ => return None,
    };
    let is_printable = |byte: &u8| matches!(byte, b' '..=b'~');
    let is_like_text = bytes.iter().skip(1).all(is_printable);
    (!is_like_text || is_named_map(&tree, bytes)).then_some((format, tree))
}

fn msgpack(bytes: &[u8]) -> Option<(Format, Tree)> {
    let tree = msgpack::read(bytes).ok()?;
    (tree.len() > 1).then_some((Format::MessagePack, tree))
}

fn cbor(bytes: &[u8]) -> Option<(Format, Tree)> {
    let tree = cbor::read(bytes).ok()?;
    (tree.len() > 1).then_some((Format::Cbor, tree))
}

/// Whether the root is a map with members, and their keys are texts.
fn is_named_map(tree: &Tree, bytes: &[u8]) -> bool {
    let mut root = NodeId::default();
    while tree
        .value(root, bytes)
        .is_some_and(|value| value.kind == Kind::Tag)
    {
        root = NodeId(root.0 + 1);
    }
    let is_map = tree
        .value(root, bytes)
        .is_some_and(|value| value.kind == Kind::Object && value.count > 0);
    let has_name = |child: NodeId| {
        let key = tree.value(child, bytes).map(|value| value.key);
        matches!(key, Some(Key::Name(name)) if is_words(name))
    };
    is_map && tree.children(root).all(has_name)
}

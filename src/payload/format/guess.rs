//! Detection of a payload's format.

use super::unpack::{Failure, packed_by, unpack};
use super::{
    Format, Wrapping, ansi, charset, encoded, jwt, lenient, logfmt, named, readable, urlencoded,
    xml, yaml,
};
use crate::payload::message_type::MessageType;
use crate::payload::objects::{bson, erlang};
use crate::payload::reading::Unreadable;
use crate::payload::tree::{Key, Kind, NodeId, Tree};
use crate::payload::{cbor, json, json_tree, msgpack};

/// The apparent format or wrapping of some bytes.
pub(super) enum Look {
    /// A format, with the decoded values if it has any.
    Is(Format, Option<Tree>),
    /// A format, with the reason why its values cannot be shown.
    Opaque(Format, Unreadable),
    /// A wrapping, with the content or the reason why it was not unpacked.
    Wrapped(Wrapping, Result<Vec<u8>, Failure>),
}

/// A compression format, with the content or the reason why it was not unpacked.
pub(super) type Packed = (Wrapping, Result<Vec<u8>, Failure>);

/// Detects what `bytes` look like. Nothing is unpacked to more than `max_size` bytes.
pub(super) fn look(bytes: &[u8], message_type: Option<&MessageType>, max_size: usize) -> Look {
    if let Some(message_type) = message_type
        && let Some(tree) = message_type.recognise(bytes)
    {
        return Look::Is(Format::of_type(message_type), Some(tree));
    }
    if let Some((format, tree)) = as_json(bytes) {
        return Look::Is(format, Some(tree));
    }
    if let Some(tree) = lenient::detect(bytes) {
        return Look::Is(Format::LenientJson, Some(tree));
    }
    if let Some((format, read)) = named::named(bytes) {
        return match read {
            Ok(tree) => Look::Is(format, Some(tree)),
            Err(why) => Look::Opaque(format, why),
        };
    }
    if is_words(bytes) {
        if ansi::is_coloured(bytes) {
            return Look::Wrapped(Wrapping::Ansi, unpack(Wrapping::Ansi, bytes, max_size));
        }
        if let Some((format, tree)) = as_text(bytes) {
            return Look::Is(format, Some(tree));
        }
        return match encoded(bytes, message_type, max_size) {
            Some(inner) => Look::Wrapped(Wrapping::Base64, Ok(inner)),
            None => Look::Is(Format::Text, None),
        };
    }
    if let Some((wrapping, inner)) = packed(bytes, max_size) {
        return Look::Wrapped(wrapping, inner);
    }
    if is_for_terminal(bytes) && ansi::is_coloured(bytes) {
        return Look::Wrapped(Wrapping::Ansi, unpack(Wrapping::Ansi, bytes, max_size));
    }
    if let Some((format, tree)) = as_binary(bytes) {
        return Look::Is(format, Some(tree));
    }
    if let Some(text) = windows_1252(bytes, max_size) {
        return Look::Wrapped(Wrapping::Windows1252, text);
    }
    Look::Is(Format::Binary, None)
}

/// Decodes Windows-1252, if `bytes` are evidently text or values in it.
fn windows_1252(bytes: &[u8], max_size: usize) -> Option<Result<Vec<u8>, Failure>> {
    let is_text = charset::is_windows_1252(bytes);
    if !is_text && !charset::may_be_values(bytes) {
        return None;
    }
    let text = unpack(Wrapping::Windows1252, bytes, max_size);
    let has_values = |text: &Vec<u8>| {
        as_json(text).is_some() || lenient::detect(text).is_some() || xml::detect(text).is_some()
    };
    (is_text || text.as_ref().is_ok_and(has_values)).then_some(text)
}

/// Detects a format that text in base64 may have without further evidence.
pub(super) fn in_base64(text: &[u8]) -> (Format, Option<Tree>) {
    match yaml::detect_unmarked(text) {
        Some(tree) => (Format::Yaml, Some(tree)),
        None => (Format::Text, None),
    }
}

/// Returns the values of `bytes`, if they have any without unwrapping and without a known
/// type. Since nothing is unpacked, the time grows only with the size of `bytes`.
pub fn values(bytes: &[u8]) -> Option<Tree> {
    if let Some((_, tree)) = as_json(bytes) {
        return Some(tree);
    }
    if let Some(tree) = lenient::detect(bytes) {
        return Some(tree);
    }
    if let Some((_, tree)) = as_text(bytes).filter(|_| is_words(bytes)) {
        return Some(tree);
    }
    if let Some((_, read)) = named::named(bytes) {
        return read.ok();
    }
    let is_other = is_words(bytes) || packed_by(bytes).is_some();
    let (_, tree) = (!is_other).then(|| as_binary(bytes))??;
    Some(tree)
}

/// Returns whether bytes that do not look like JSON may have values, judged by cheap checks:
/// `false` is certain, `true` is not, but is rare for text.
pub(in crate::payload) fn may_have_values(bytes: &[u8]) -> bool {
    may_be_binary(bytes)
        || lenient::may_be(bytes)
        || xml::may_be(bytes)
        || yaml::may_be(bytes)
        || logfmt::may_be(bytes)
        || encoded::probe(bytes).is_some()
        || jwt::may_be(bytes)
        || urlencoded::may_be(bytes)
}

/// Returns whether bytes may be in a binary format, serialized objects or packed, judged by the first
/// ones and the last one.
#[inline]
pub(super) fn may_be_binary(bytes: &[u8]) -> bool {
    // Most JSON is ruled out at once.
    let is_like_json = matches!(bytes, [b'{', b'"', ..]) && !bson::may_be(bytes);
    !is_like_json && (named::may_be_named(bytes) || packed_by(bytes).is_some())
}

/// Returns whether the contents of a string may be another value: JSON, base64 or serialized
/// objects, judged by cheap checks.
pub(super) fn may_hold_values(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let is_between = |open, close| text.first() == Some(&open) && text.last() == Some(&close);
    is_between(b'{', b'}')
        || is_between(b'[', b']')
        || is_between(b'"', b'"')
        || named::may_be_in_text(text)
        || may_be_base64(text)
}

/// Returns whether the contents of a string may be base64, judged by its start and its letters.
pub(super) fn may_be_base64(text: &[u8]) -> bool {
    text.len() >= encoded::LEAST_INNER && encoded::probe(text).is_some()
}

/// Unpacks compressed bytes to at most `max_size` bytes. Returns `None` if they do not seem to be
/// compressed: bytes that begin like zlib, for example, may be something else.
pub(super) fn packed(bytes: &[u8], max_size: usize) -> Option<Packed> {
    if let Some(zlib) = erlang::compressed(bytes) {
        let term = unpack(Wrapping::Zlib, zlib, max_size);
        let is_broken = matches!(term, Err(Failure::Broken(..)));
        let term = term.map(|term| [&[erlang::VERSION], &term[..]].concat());
        return (!is_broken).then_some((Wrapping::Zlib, term));
    }
    let wrapping = packed_by(bytes)?;
    let inner = unpack(wrapping, bytes, max_size);
    let content = inner.as_deref().ok();
    let is_likely = match wrapping {
        Wrapping::Zlib => !is_unlike_zlib(bytes, &inner),
        Wrapping::SnappyBlock => content.is_some_and(|content| as_json(content).is_some()),
        Wrapping::Utf16Le | Wrapping::Utf16Be => {
            content.is_some_and(|text| charset::is_utf16(bytes, text) && is_words(text))
        }
        _ => true,
    };
    is_likely.then_some((wrapping, inner))
}

/// Returns whether bytes that begin like zlib but do not unpack are probably something else, such
/// as text that begins with `x^2`. Encoders write `0x78` as the first byte of zlib data; no map or
/// array in another format begins with it.
fn is_unlike_zlib(bytes: &[u8], inner: &Result<Vec<u8>, Failure>) -> bool {
    match inner {
        Err(Failure::Broken(..)) => true,
        Err(Failure::EndsEarly(_)) => {
            bytes.first() != Some(&0x78) || bytes.len() < 3 || is_words(bytes)
        }
        _ => false,
    }
}

/// Reads JSON: either one value, which may be a bare number or word, as in the query `is:json`, or
/// objects and arrays, each on its own line.
fn as_json(bytes: &[u8]) -> Option<(Format, Tree)> {
    let first = bytes.get(json::skip_space(bytes, 0))?;
    match first {
        b'{' | b'[' => match json_tree::read(bytes) {
            Ok(tree) => Some((Format::Json, tree)),
            // The data after the first value may be a second line.
            Err(_) if bytes.contains(&b'\n') => {
                let tree = json_tree::read_lines(bytes).ok()?;
                Some((Format::JsonLines, tree))
            }
            Err(_) => None,
        },
        b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
            Some((Format::Json, json_tree::read(bytes).ok()?))
        }
        _ => None,
    }
}

/// Reads text in a format with values, each of which begins in its own way.
fn as_text(bytes: &[u8]) -> Option<(Format, Tree)> {
    if let Some(tree) = xml::detect(bytes) {
        return Some((Format::Xml, tree));
    }
    if let Some(tree) = yaml::detect(bytes) {
        return Some((Format::Yaml, tree));
    }
    logfmt::detect(bytes).map(|tree| (Format::Logfmt, tree))
}

/// Returns whether `bytes` are UTF-8 without control characters other than those common in text:
/// tab, line feed, form feed, carriage return, and escape, which starts colour codes.
pub(super) fn is_words(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| match byte {
        b'\t' | b'\n' | b'\x0c' | b'\r' | b'\x1b' => false,
        0..0x20 | 0x7f => true,
        _ => false,
    };
    !bytes.iter().any(is_control) && str::from_utf8(bytes).is_ok()
}

/// Returns whether `bytes` are UTF-8 that has an escape sequence and no control characters other than
/// those that terminals know, such as bell, backspace and the end of a DOS file.
fn is_for_terminal(bytes: &[u8]) -> bool {
    let is_unknown = |byte: &u8| matches!(byte, 0..7 | 0x10..0x1a | 0x1c..0x20 | 0x7f);
    ansi::may_be_coloured(bytes) && !bytes.iter().any(is_unknown) && str::from_utf8(bytes).is_ok()
}

/// Decodes base64 in `words` if the result is more than noise: compressed bytes, a JSON object or
/// array, serialized objects, a `MessagePack` or CBOR map whose keys are strings, a message of
/// `message_type`, or text. Digits, words and identifiers decode to noise.
fn encoded(words: &[u8], message_type: Option<&MessageType>, max_size: usize) -> Option<Vec<u8>> {
    let head = encoded::probe(words)?;
    let may_encode = may_encode(&head, message_type.is_some());
    let inner = may_encode.then(|| encoded::decode(words, max_size))??;
    is_meaningful(&inner, message_type, max_size).then_some(inner)
}

/// Returns whether base64 whose first bytes are `head` may be more than noise. `has_type` tells
/// whether it may be a message of a known type.
pub(super) fn may_encode(head: &[u8], has_type: bool) -> bool {
    match head.trim_ascii_start() {
        [b'{' | b'[' | b'<', ..] => true,
        _ => {
            has_type
                || packed_by(head).is_some()
                || matches!(head, [0x80..=0x8f | 0xa0..=0xbf | 0xde | 0xdf, ..])
                // An array that begins with a map, in MessagePack.
                || matches!(head, [0x91..=0x9f, 0x81..=0x8f | 0xde | 0xdf, ..])
                || head.starts_with(&cbor::SELF_DESCRIBED)
                || named::may_start(head)
                || readable::may_start(head)
        }
    }
}

/// Returns whether bytes are unlikely to be noise.
fn is_meaningful(bytes: &[u8], message_type: Option<&MessageType>, max_size: usize) -> bool {
    if packed_by(bytes).is_some_and(Wrapping::has_magic) || readable::is_in_base64(bytes) {
        return true;
    }
    as_json(bytes).is_some_and(|(_, tree)| !is_bare(&tree, bytes))
        || lenient::detect(bytes).is_some()
        || named::named(bytes).is_some()
        || is_words(bytes) && as_text(bytes).is_some()
        || packed(bytes, max_size).is_some_and(|(_, inner)| inner.is_ok())
        || as_binary(bytes).is_some_and(|(_, tree)| has_named_maps(&tree, bytes))
        || message_type.is_some_and(|known| has_only_known_fields(known, bytes))
}

/// Returns whether the root is a number, a boolean or null.
fn is_bare(tree: &Tree, bytes: &[u8]) -> bool {
    let root = tree.value(NodeId::default(), bytes);
    root.is_some_and(|root| matches!(root.kind, Kind::Number | Kind::Bool | Kind::Null))
}

/// Returns whether `bytes` have fields and `message_type` knows all of them. Noise sometimes
/// contains one known field.
fn has_only_known_fields(message_type: &MessageType, bytes: &[u8]) -> bool {
    let tree = message_type.recognise(bytes);
    tree.is_some_and(|tree| is_named_map(&tree, bytes))
}

/// Reads `MessagePack` or CBOR, if all of `bytes` are one map or array that is not empty.
///
/// `dc` to `df` begin containers only in `MessagePack`, `a0` to `bf` begin maps only in CBOR, and
/// the tag for self-described CBOR begins only CBOR. `80` to `8f` begin a map in `MessagePack` and
/// an array in CBOR: a map whose keys are strings is taken as `MessagePack`; without such keys,
/// bytes that can be read as both are taken as CBOR, since as a map they would repeat a key
/// (`82 18 64 18 65`). `90` to `9f` begin an array in both, with different lengths: bytes that can
/// be read as both are taken as `MessagePack`. Without string keys, the bytes after the first must
/// not all be printable ASCII: such bytes are more likely text in a legacy encoding.
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
    let looks_like_text = bytes.iter().skip(1).all(is_printable);
    (!looks_like_text || is_named_map(&tree, bytes)).then_some((format, tree))
}

fn msgpack(bytes: &[u8]) -> Option<(Format, Tree)> {
    let tree = msgpack::read(bytes).ok()?;
    (tree.len() > 1).then_some((Format::MessagePack, tree))
}

fn cbor(bytes: &[u8]) -> Option<(Format, Tree)> {
    let tree = cbor::read(bytes).ok()?;
    (tree.len() > 1).then_some((Format::Cbor, tree))
}

/// Returns whether the root is a non-empty map whose keys are strings, or an array of such maps.
fn has_named_maps(tree: &Tree, bytes: &[u8]) -> bool {
    let root = tree.untagged(NodeId::default());
    let array = root
        .and_then(|root| tree.value(root, bytes))
        .filter(|root| root.kind == Kind::Array && root.count > 0);
    array.map_or_else(
        || is_named_map(tree, bytes),
        |array| {
            let mut maps = tree.children(array.id);
            maps.all(|map| is_named_map_at(tree, map, bytes))
        },
    )
}

/// Returns whether the root is a non-empty map whose keys are strings.
fn is_named_map(tree: &Tree, bytes: &[u8]) -> bool {
    is_named_map_at(tree, NodeId::default(), bytes)
}

fn is_named_map_at(tree: &Tree, id: NodeId, bytes: &[u8]) -> bool {
    let root = tree.untagged(id);
    let root = root.and_then(|root| tree.value(root, bytes));
    let has_name = |child: NodeId| {
        let key = tree.value(child, bytes).map(|value| value.key);
        matches!(key, Some(Key::Name(name)) if is_words(name))
    };
    root.is_some_and(|root| {
        root.kind == Kind::Object && root.count > 0 && tree.children(root.id).all(has_name)
    })
}

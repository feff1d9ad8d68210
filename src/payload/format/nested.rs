//! Values inside values: strings and bytes that hold another encoded value.
//!
//! Frameworks put JSON into JSON strings, base64 into envelopes, and `MessagePack` into bytes. Such
//! values become part of the tree of their payload, below a tag that names the encoding. A path
//! goes through the tag as if it were not there.

use memchr::{memchr, memchr3};

use super::encoded::LEAST_INNER;
use super::guess::{may_be_base64, may_hold_values};
use super::unpack::Failure;
use super::{Decoded, Format, Wrapping, jwt, readable, recognise_within, urlencoded};
use crate::payload::json::text;
use crate::payload::message_type::MessageType;
use crate::payload::protobuf;
use crate::payload::tree::{Graft, Key, Kind, NodeId, Tree, Value};

/// The maximum number of values that are nested within one another.
const MAX_LEVELS: usize = 8;

/// The mark of a URL-encoded form.
pub(in crate::payload) const FORM: &str = "⟨form⟩";

/// The mark of a JSON Web Token.
pub(in crate::payload) const JWT: &str = "⟨jwt⟩";

/// The limits on unfolding a payload.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// How many more values may be nested within one another.
    levels: usize,
    /// How many more bytes may be decoded.
    pub bytes: usize,
    /// What was left as it is because of a limit, if anything was.
    pub note: Option<String>,
    /// Whether that would have become too large.
    pub is_too_large: bool,
}

impl Limits {
    /// Returns the limits for a payload of which at most `bytes` may be decoded.
    pub fn of(bytes: usize) -> Self {
        Self {
            levels: MAX_LEVELS,
            bytes,
            note: None,
            is_too_large: false,
        }
    }

    /// Returns whether the limits are why something was not unpacked, and records what was unpacked in
    /// vain.
    pub fn is_exceeded_by(&mut self, why: &Failure) -> bool {
        let Failure::Large { limit, .. } = why else {
            return false;
        };
        self.is_too_large = true;
        self.bytes = self.bytes.saturating_sub(*limit);
        true
    }

    /// Records that something within a value was left as it is, and why.
    pub fn note(&mut self, why: &str) {
        self.note
            .get_or_insert_with(|| format!("within a value: {why}"));
    }
}

/// Returns `tree`, decoded from `bytes`, with the values that its strings and bytes hold. What a
/// frame says is compressed is of the type `message_type`. Values beyond `limits` stay as they are.
pub(super) fn unfold(
    tree: Tree,
    bytes: &[u8],
    message_type: Option<&MessageType>,
    limits: &mut Limits,
) -> Tree {
    let ids = (0..tree.len()).filter_map(|index| u32::try_from(index).ok());
    let mut values = ids.filter_map(|id| tree.value(NodeId(id), bytes));
    let Some(levels) = limits.levels.checked_sub(1) else {
        let may_hold = |value: Value<'_>| value.kind == Kind::String && may_hold_values(value.text);
        if values.any(may_hold) {
            limits.note(&format!(
                "more values not unfolded: limit of {MAX_LEVELS} levels reached"
            ));
        }
        return tree;
    };
    limits.levels = levels;
    let grafts: Vec<Graft> = values
        .filter_map(|value| {
            let known = message_type.filter(|_| is_compressed(&tree, &value, bytes));
            within(&value, known, limits)
        })
        .collect();
    limits.levels += 1;
    tree.grafted(grafts)
}

/// Returns the value that a whole text holds, if any.
pub(super) fn of_text(text: &[u8], limits: &mut Limits) -> Option<Tree> {
    let is_possible = jwt::may_be(text) || urlencoded::may_be(text);
    let tree = is_possible.then(|| Tree::of_text(text.len()))??;
    Some(unfold(tree, text, None, limits)).filter(Tree::has_nested)
}

/// A value found within a string or bytes.
struct Within {
    mark: String,
    tree: Tree,
    /// The bytes that the tree refers to.
    bytes: Vec<u8>,
}

/// Returns whether a value is the compressed message in a frame.
fn is_compressed(tree: &Tree, value: &Value<'_>, bytes: &[u8]) -> bool {
    let parent = tree.parent(value.id).filter(|_| value.kind == Kind::Bytes);
    let parent = parent.and_then(|parent| tree.value(parent, bytes));
    parent.is_some_and(|parent| {
        parent.kind == Kind::Tag && parent.text == protobuf::COMPRESSED.as_bytes()
    })
}

/// Returns the value that a string or bytes hold. Bytes may be a message of `message_type`.
fn within(
    value: &Value<'_>,
    message_type: Option<&MessageType>,
    limits: &mut Limits,
) -> Option<Graft> {
    let text = value.text;
    // Most strings are ruled out by their length or first bytes.
    let is_possible = text.len() > 2 && text.len() <= limits.bytes;
    if text.len() > limits.bytes && value.kind == Kind::String && may_hold_values(text) {
        limits.note("more values not unfolded: limit of the decoded size reached");
        limits.is_too_large = true;
    }
    let found = match value.kind {
        Kind::String if is_possible => within_string(text, limits)?,
        Kind::Bytes if is_possible => within_bytes(text, message_type, limits)?,
        _ => return None,
    };
    limits.bytes = limits.bytes.checked_sub(found.bytes.len())?;
    Some(Graft {
        at: value.id,
        mark: found.mark,
        tree: found.tree,
        bytes: found.bytes,
    })
}

/// Looks for a value in the contents of a string.
fn within_string(text: &[u8], limits: &mut Limits) -> Option<Within> {
    if let Some(json) = jwt::to_json(text) {
        let decoded = recognise_within(&json, None, limits);
        return Some(Within {
            mark: JWT.to_owned(),
            tree: decoded.tree?,
            bytes: json,
        });
    }
    if let Some(tree) = urlencoded::read(text) {
        return Some(Within {
            mark: FORM.to_owned(),
            tree: unfold(tree, text, None, limits),
            bytes: text.to_vec(),
        });
    }
    content(decoded_string(text, limits)?, text)
}

/// Decodes the contents of a string, if they are another value.
fn decoded_string(text: &[u8], limits: &mut Limits) -> Option<Decoded> {
    if !may_hold_values(text) {
        return None;
    }
    let decoded = recognise_within(text, None, limits);
    let is_meaningful = !decoded.wrappings.is_empty() || has_values(&decoded, text);
    shown(decoded, is_meaningful, limits)
}

/// Returns `decoded` if it is meaningful and can be shown as a value. Otherwise, what was unpacked for
/// it counts nevertheless, so that many values that are unpacked in vain do not add up.
fn shown(decoded: Decoded, is_meaningful: bool, limits: &mut Limits) -> Option<Decoded> {
    if is_meaningful && (decoded.tree.is_some() || decoded.format == Format::Text) {
        return Some(decoded);
    }
    let unpacked = decoded.unwrapped.map_or(0, |unpacked| unpacked.len());
    limits.bytes = limits.bytes.saturating_sub(unpacked);
    None
}

/// Looks for a value in bytes.
fn within_bytes(
    bytes: &[u8],
    message_type: Option<&MessageType>,
    limits: &mut Limits,
) -> Option<Within> {
    content(decoded_bytes(bytes, message_type, limits)?, bytes)
}

/// Decodes bytes, if they are another value.
fn decoded_bytes(
    bytes: &[u8],
    message_type: Option<&MessageType>,
    limits: &mut Limits,
) -> Option<Decoded> {
    let decoded = recognise_within(bytes, message_type, limits);
    let is_meaningful = match decoded.format {
        _ if !decoded.wrappings.is_empty() => true,
        // Short bytes may look like an array by chance.
        Format::MessagePack | Format::Cbor => has_names(&decoded, bytes),
        Format::Text => readable::is_in_bytes(bytes),
        _ => has_values(&decoded, bytes),
    };
    shown(decoded, is_meaningful, limits)
}

/// Returns the decoded value that a string or bytes hold. Tokens are not looked for: they cannot be
/// signed again. Nor are forms, which have no format of their own.
pub(in crate::payload) fn held_by(
    text: &[u8],
    is_string: bool,
    max_size: usize,
) -> Option<Decoded> {
    let mut limits = Limits::of(max_size);
    if text.len() <= 2 || text.len() > max_size {
        return None;
    }
    if !is_string {
        return decoded_bytes(text, None, &mut limits);
    }
    let is_token = jwt::to_json(text).is_some();
    (!is_token).then(|| decoded_string(text, &mut limits))?
}

/// Returns the content of `decoded`, which was decoded from `text`. Text becomes a string.
fn content(decoded: Decoded, text: &[u8]) -> Option<Within> {
    let mark = mark(&decoded);
    let bytes = decoded.unwrapped.unwrap_or_else(|| text.to_vec());
    let tree = match (decoded.tree, decoded.format) {
        (Some(tree), _) => tree,
        (None, Format::Text) => Tree::of_text(bytes.len())?,
        _ => return None,
    };
    Some(Within { mark, tree, bytes })
}

/// Returns whether any string in a value, as written in JSON, may hold another value, judged by
/// cheap checks.
#[inline]
pub(in crate::payload) fn may_be_in(value: &[u8]) -> bool {
    match value {
        [b'"', raw @ .., b'"'] => {
            may_hold_values(raw)
                || jwt::may_be(raw)
                || urlencoded::may_be(raw)
                || may_hold_scalar(value)
        }
        [b'{' | b'[', ..] => has_signs(value),
        _ => false,
    }
}

/// Returns whether a string, as written in JSON, may hold a value that is no array or object: text in
/// base64, or another string. Judged by cheap checks.
#[inline]
pub(in crate::payload) fn may_hold_scalar(value: &[u8]) -> bool {
    let [b'"', raw @ .., b'"'] = value else {
        return false;
    };
    let may_be = |text: &[u8]| matches!(text, [b'"', .., b'"']) || may_be_base64(text);
    may_be_base64(raw)
        // Some encoders escape the slashes of base64.
        || memchr(b'\\', raw).is_some() && may_be(&text::unescaped(raw))
}

/// Returns whether anything in `bytes` may be shown differently: an escape of JSON or of a terminal,
/// an ampersand, or a long run of base64. `false` is certain.
pub(super) fn has_signs(bytes: &[u8]) -> bool {
    memchr3(b'\\', b'&', b'\x1b', bytes).is_some() || has_base64(bytes)
}

/// Returns whether `bytes` may contain base64 of at least [`LEAST_INNER`] characters.
fn has_base64(bytes: &[u8]) -> bool {
    // Such a run covers at least one of these blocks. Counting has no early exit, so that it can be
    // vectorized.
    const BLOCK: usize = LEAST_INNER / 2;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    blocks.iter().any(|block| {
        let possible = block.iter().filter(|byte| {
            let is_letter = (**byte | 0x20).wrapping_sub(b'a') < 26;
            // From `+` to `9` there are only `,` and `.` besides.
            let is_other = byte.wrapping_sub(b'+') < 15;
            is_letter || is_other || **byte == b'_'
        });
        possible.count() == BLOCK
    })
}

/// Returns whether the decoded value is an array or object with values, or a string that holds one.
fn has_values(decoded: &Decoded, text: &[u8]) -> bool {
    let bytes = decoded.bytes(text);
    let root = decoded
        .tree
        .as_ref()
        .and_then(|tree| tree.value(NodeId::default(), bytes));
    root.is_some_and(|root| match root.kind {
        Kind::Array | Kind::Object | Kind::Tag => root.count > 0,
        _ => false,
    })
}

/// Returns whether any value in the tree has a name, or is a string.
fn has_names(decoded: &Decoded, text: &[u8]) -> bool {
    let bytes = decoded.bytes(text);
    decoded.tree.as_ref().is_some_and(|tree| {
        let ids = (0..tree.len()).filter_map(|index| u32::try_from(index).ok());
        let mut values = ids.filter_map(|id| tree.value(NodeId(id), bytes));
        values.any(|value| matches!(value.key, Key::Name(_)) || value.kind == Kind::String)
    })
}

/// Names an encoding: `⟨base64 gzip json⟩`.
pub(super) fn mark(decoded: &Decoded) -> String {
    let wrappings = decoded.wrappings.iter().map(|wrapping| match wrapping {
        Wrapping::Lz4 => "lz4",
        Wrapping::Snappy => "snappy",
        other => other.name(),
    });
    let format = match decoded.format {
        Format::Json => "json",
        Format::JsonLines => "json lines",
        Format::LenientJson => "lenient json",
        Format::Xml => "xml",
        Format::Yaml => "yaml",
        Format::MessagePack => "msgpack",
        Format::Cbor => "cbor",
        Format::Protobuf => "protobuf",
        Format::Text => "text",
        Format::Pickle | Format::PickleText => "pickle",
        Format::Php => "php",
        Format::Java => "java",
        Format::Ruby => "ruby",
        Format::Erlang => "erlang",
        Format::Bson => "bson",
        other => other.name(),
    };
    let names: Vec<&str> = wrappings.chain([format]).collect();
    format!("⟨{}⟩", names.join(" "))
}

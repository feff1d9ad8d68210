//! Decoding a payload in a format chosen by the user.

use super::{Decoded, Format, MAX_WRAPPINGS, Wrapping, encoded, guess, named};
use crate::payload::protobuf::{self, MessageType};
use crate::payload::tree::Tree;
use crate::payload::{cbor, json_tree, msgpack};

/// Reads a payload as text. Unpacks it if the result is text of at most `max_size` bytes; otherwise
/// leaves it unchanged.
pub(super) fn text(payload: &[u8], max_size: usize) -> Decoded {
    let mut decoded = Decoded::default();
    while decoded.wrappings.len() < MAX_WRAPPINGS
        && let Some((wrapping, Ok(inner))) = guess::packed(decoded.bytes(payload), max_size)
    {
        decoded.take_off(wrapping, inner);
    }
    if str::from_utf8(decoded.bytes(payload)).is_err() {
        decoded = Decoded::default();
    }
    decoded.format = Format::Text;
    decoded
}

/// Like [`super::read_as`], for a format other than text and binary.
pub(super) fn read(
    payload: &[u8],
    format: Format,
    message_type: Option<&MessageType>,
    max_size: usize,
) -> Result<Decoded, String> {
    let mut decoded = Decoded::default();
    let mut wrong: Option<String> = None;
    loop {
        let bytes = decoded.bytes(payload);
        let (wrapping, inner) = match guess::packed(bytes, max_size) {
            Some((wrapping, Ok(inner))) => {
                wrong = None;
                (wrapping, inner)
            }
            broken => match bare(bytes, format, message_type) {
                Ok(tree) => {
                    (decoded.format, decoded.tree) = (format, tree);
                    return Ok(decoded);
                }
                Err(why) => {
                    // Ordinary text is often valid base64 that decodes to noise. In that case, the
                    // error for the text itself is reported.
                    let why = wrong.unwrap_or_else(|| with_broken(why, broken, &decoded));
                    let Some(inner) = encoded::decode(bytes, max_size) else {
                        return Err(why);
                    };
                    wrong = Some(why);
                    (Wrapping::Base64, inner)
                }
            },
        };
        if decoded.wrappings.len() == MAX_WRAPPINGS {
            let otherwise = format!("more than {MAX_WRAPPINGS} layers");
            return Err(wrong.unwrap_or(otherwise));
        }
        decoded.take_off(wrapping, inner);
    }
}

/// Returns the error `why`. If the bytes look compressed but could not be unpacked, adds the
/// reason.
fn with_broken(why: String, packed: Option<guess::Packed>, decoded: &Decoded) -> String {
    match packed {
        Some((wrapping, Err(broken))) => {
            let named = decoded.next_named(wrapping);
            format!("{why}; {named} not unpacked: {broken}")
        }
        _ => why,
    }
}

/// Decodes `bytes` in this format, without unpacking them. Returns `None` if the format has no
/// values.
fn bare(
    bytes: &[u8],
    format: Format,
    message_type: Option<&MessageType>,
) -> Result<Option<Tree>, String> {
    let tree = match format {
        Format::Json => json_tree::read(bytes),
        Format::JsonLines => json_tree::read_lines(bytes),
        Format::MessagePack => msgpack::read(bytes),
        Format::Cbor => cbor::read(bytes),
        Format::Protobuf => match message_type {
            Some(message_type) => message_type.decode(bytes),
            None => protobuf::read_raw(bytes),
        },
        Format::Pickle | Format::PickleText | Format::Php | Format::Java => {
            return match named::named(bytes) {
                Some(found) if found == format => Ok(None),
                _ => Err(format!("not recognised as {}", format.name())),
            };
        }
        Format::Text | Format::Binary => return Ok(None),
    };
    tree.map(Some).map_err(|wrong| wrong.to_string())
}

//! Decoding a payload in a format chosen by the user.

use super::{Decoded, Format, MAX_WRAPPINGS, Unwrapped, Wrapping, encoded, guess, named};
use crate::payload::protobuf::{self, MessageType};
use crate::payload::tree::Tree;
use crate::payload::{cbor, json_tree, msgpack};

/// Reads a payload as text: unpacked if the result is text of at most `max_size` bytes, else as it
/// is.
pub(super) fn text(payload: &[u8], max_size: usize) -> Decoded {
    let mut unwrapped = Unwrapped::new(payload);
    while unwrapped.wrappings.len() < MAX_WRAPPINGS {
        match guess::packed(unwrapped.bytes(), max_size) {
            Some((wrapping, Ok(inner))) => unwrapped.take_off(wrapping, inner),
            _ => break,
        }
    }
    if str::from_utf8(unwrapped.bytes()).is_err() {
        unwrapped = Unwrapped::new(payload);
    }
    unwrapped.into_decoded(Format::Text, None, None)
}

/// Decodes a payload in a format other than text and binary. Nothing is unpacked to more than
/// `max_size` bytes.
pub(super) fn read(
    payload: &[u8],
    format: Format,
    message_type: Option<&MessageType>,
    max_size: usize,
) -> Result<Decoded, String> {
    let mut unwrapped = Unwrapped::new(payload);
    let mut wrong: Option<String> = None;
    loop {
        let (wrapping, inner) = match guess::packed(unwrapped.bytes(), max_size) {
            Some((wrapping, Ok(inner))) => {
                wrong = None;
                (wrapping, inner)
            }
            broken => match bare(unwrapped.bytes(), format, message_type) {
                Ok(tree) => return Ok(unwrapped.into_decoded(format, tree, None)),
                Err(why) => {
                    // Much text is also valid base64 of noise: in that case, the error of the text
                    // itself is reported.
                    let why = wrong.unwrap_or_else(|| with_broken(why, broken, &unwrapped));
                    let Some(inner) = encoded::decode(unwrapped.bytes(), max_size) else {
                        return Err(why);
                    };
                    wrong = Some(why);
                    (Wrapping::Base64, inner)
                }
            },
        };
        if unwrapped.wrappings.len() == MAX_WRAPPINGS {
            let otherwise = format!("more than {MAX_WRAPPINGS} layers");
            return Err(wrong.unwrap_or(otherwise));
        }
        unwrapped.take_off(wrapping, inner);
    }
}

/// Combines the error of the format with that of the compression that the bytes look like.
fn with_broken(why: String, packed: Option<guess::Packed>, unwrapped: &Unwrapped<'_>) -> String {
    match packed {
        Some((wrapping, Err(broken))) => {
            let named = unwrapped.next_named(wrapping);
            format!("{why}; {named} not unpacked: {broken}")
        }
        _ => why,
    }
}

/// Decodes `bytes` in this format. Returns `None` if the format has no values.
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

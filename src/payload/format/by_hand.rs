//! Decoding a payload in a format chosen by the user.

use super::nested::Limits;
use super::unpack::unpack;
use super::{
    Decoded, Format, MAX_WRAPPINGS, Wrapping, encoded, explain, guess, lenient, logfmt,
    recognise_whole, xml, yaml,
};
use crate::payload::message_type::MessageType;
use crate::payload::objects::{bson, erlang, java, php, pickle, ruby};
use crate::payload::tree::Tree;
use crate::payload::{cbor, json_tree, msgpack, protobuf};

/// Reads a payload as text. Unpacks it if the result is text of at most `max_size` bytes; otherwise
/// leaves it unchanged.
pub(super) fn text(payload: &[u8], max_size: usize) -> Decoded {
    let mut decoded = Decoded::default();
    while decoded.wrappings.len() < MAX_WRAPPINGS
        && let Some((wrapping, Ok(inner))) = guess::packed(decoded.bytes(payload), max_size)
    {
        decoded.take_off(wrapping, inner, payload);
    }
    if str::from_utf8(decoded.bytes(payload)).is_err() {
        decoded = Decoded::default();
    }
    decoded.format = Format::Text;
    decoded
}

/// Removes `wrapping` from a payload and detects the format of the content.
pub(super) fn wrapped(
    payload: &[u8],
    wrapping: Wrapping,
    message_type: Option<&MessageType>,
    mut limits: Limits,
) -> Result<Decoded, String> {
    let inner = unpack(wrapping, payload, limits.bytes);
    let inner = inner.map_err(|why| format!("{} layer not unpacked: {why}", wrapping.name()))?;
    let mut decoded = recognise_whole(&inner, message_type, &mut limits);
    decoded.wrappings.insert(0, wrapping);
    decoded.unwrapped.get_or_insert(inner);
    Ok(decoded)
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
                    decoded.note = explain::deviations(format, bytes);
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
        decoded.take_off(wrapping, inner, payload);
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
        Format::LenientJson => lenient::read(bytes),
        Format::Xml => xml::read(bytes),
        Format::Yaml => yaml::read(bytes),
        Format::Logfmt => logfmt::read(bytes),
        Format::MessagePack => msgpack::read(bytes),
        Format::Cbor => cbor::read(bytes),
        Format::Protobuf => match message_type {
            Some(MessageType::Protobuf(message_type)) => message_type.decode(bytes),
            _ => protobuf::read_raw(bytes),
        },
        Format::Avro => match message_type {
            Some(MessageType::Avro(schema)) => schema.decode(bytes),
            _ => return Err("Avro needs a schema".to_owned()),
        },
        Format::Pickle | Format::PickleText => pickle::read(bytes).map(|pickle| pickle.tree),
        Format::Php => php::read(bytes),
        Format::Ruby => ruby::read(bytes),
        Format::Erlang => erlang::read(bytes),
        Format::Bson => bson::read(bytes),
        Format::Java => java::read(bytes),
        Format::Text | Format::Binary | Format::Wrapped(_) => return Ok(None),
    };
    tree.map(Some).map_err(|wrong| wrong.to_string())
}

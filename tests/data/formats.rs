//! Format recognition and decoding: examples from the specifications, values written by other
//! encoders, and hostile bytes.

use std::fmt::Write;

use subscope::payload::format::unpack::MAX_SIZE;
use subscope::payload::format::{self, Decoded, Format};
use subscope::payload::message_type::MessageType;
use subscope::payload::protobuf as proto;
use subscope::payload::tree::{Key, Kind, NodeId, Tree};

mod avro;
mod cbor;
mod charsets;
mod chosen;
mod copied;
mod detection;
mod direct;
mod documents;
mod editing;
mod hostile;
mod json;
mod lenient;
mod lookup;
mod msgpack;
mod nested;
mod objects;
pub mod packed;
mod packings;
mod protobuf;
mod protobuf_json;
mod round_trips;
mod user_decoder;

/// Detects the format of `payload` and decodes it, as the message pane does.
fn recognise(payload: &[u8], message_type: Option<&proto::MessageType>) -> Decoded {
    let message_type = message_type.cloned().map(MessageType::Protobuf);
    format::recognise(payload, message_type.as_ref(), MAX_SIZE)
}

/// Decodes `payload` in the given format, as the message pane does.
fn read_as(
    payload: &[u8],
    format: Format,
    message_type: Option<&proto::MessageType>,
) -> Result<Decoded, String> {
    let message_type = message_type.cloned().map(MessageType::Protobuf);
    format::read_as(payload, format, message_type.as_ref(), MAX_SIZE)
}

/// Returns the tree on one line, similar to CBOR's diagnostic notation.
fn shown(tree: &Tree, payload: &[u8]) -> String {
    let mut out = String::new();
    show(tree, NodeId(0), payload, &mut out);
    out
}

fn show(tree: &Tree, id: NodeId, payload: &[u8], out: &mut String) {
    let value = tree.value(id, payload).unwrap();
    let words = String::from_utf8_lossy(value.text);
    match value.kind {
        Kind::String => write!(out, "{words:?}").unwrap(),
        Kind::Bytes => write!(out, "h'{}'", hex(value.text)).unwrap(),
        Kind::Array | Kind::Object | Kind::Tag => {
            let (open, close) = match value.kind {
                Kind::Array => ("[".to_owned(), ']'),
                Kind::Object => ("{".to_owned(), '}'),
                _ => (format!("{words}("), ')'),
            };
            out.push_str(&open);
            for (index, child) in tree.children(id).enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                match tree.value(child, payload).unwrap().key {
                    Key::Name(name) => {
                        write!(out, "{:?}: ", String::from_utf8_lossy(name)).unwrap();
                    }
                    Key::Other(odd) => write!(out, "{}: ", String::from_utf8_lossy(odd)).unwrap(),
                    Key::None | Key::Index(_) => {}
                }
                show(tree, child, payload, out);
            }
            out.push(close);
        }
        _ => out.push_str(&words),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// Returns the bytes that these hex digits stand for; spaces are ignored.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    let at = |index| u8::from_str_radix(&digits[index..index + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(at).collect()
}

/// Asserts what must hold for every tree of `payload`: parts lie within their parents, and values
/// are in order.
fn assert_sound(tree: &Tree, payload: &[u8]) {
    let mut latest = 0;
    for index in 0..tree.len() {
        let id = NodeId(u32::try_from(index).unwrap());
        let value = tree.value(id, payload).unwrap();
        assert_eq!(value.count, tree.children(id).count());
        if let Some(source) = tree.source(id) {
            assert!(source.end <= payload.len(), "{source:?}");
            assert!(source.start >= latest, "{source:?}");
            latest = source.start;
        }
        let (text, name) = tree.written(id);
        for range in [text, name].into_iter().flatten() {
            assert!(range.end <= payload.len(), "{range:?}");
        }
    }
}

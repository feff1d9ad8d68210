//! The decoded content of payloads that are not readable as received.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Message;
use super::json::push_json;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::format::{Decoded, Format};
use crate::payload::lookup::{Lookup, MOST_UNPACKED};
use crate::payload::tree::NodeId;
use crate::recording::push_string;

/// The decoded content of a payload.
pub struct Content {
    /// The format, after the names of any wrappings around it, such as `gzip JSON`; `None` for a
    /// payload that is JSON as received.
    pub format: Option<String>,
    /// The content as JSON, or why it was not decoded.
    pub json: Result<Vec<u8>, String>,
}

/// Returns the decoded content of a payload; `None` for one that is text or unknown bytes as
/// received, and for a truncated one.
pub fn content(message: &Message<'_>) -> Option<Content> {
    if message.is_cut() {
        return None;
    }
    if Lookup::new(message.payload, message.choice).is_plain_json() {
        let mut json = Vec::with_capacity(message.payload.len());
        push_json(&mut json, message.payload.trim_ascii());
        return Some(Content {
            format: None,
            json: Ok(json),
        });
    }
    let decoded = match message.choice {
        Some(choice) => choice.read(message.payload, MOST_UNPACKED),
        None => DecoderChoice::default().read(message.payload, MOST_UNPACKED),
    };
    let is_plain = matches!(
        decoded.format,
        Format::Json | Format::JsonLines | Format::Text | Format::Binary
    );
    if is_plain && decoded.wrappings.is_empty() && !decoded.is_too_large {
        return None;
    }
    let wrappings = decoded.wrappings.iter().map(|wrapping| wrapping.name());
    let names: Vec<&str> = wrappings.chain([decoded.format.name()]).collect();
    Some(Content {
        format: Some(names.join(" ")),
        json: json_of(&decoded, message.payload),
    })
}

fn json_of(decoded: &Decoded, payload: &[u8]) -> Result<Vec<u8>, String> {
    let bytes = decoded.bytes(payload);
    let mut json = Vec::new();
    if let Some(tree) = &decoded.tree {
        push_json(&mut json, &tree.to_json(NodeId::default(), bytes));
        return Ok(json);
    }
    if let Some(note) = &decoded.note {
        return Err(note.clone());
    }
    match str::from_utf8(bytes) {
        Ok(text) => push_string(&mut json, text),
        Err(_) => push_string(&mut json, &base64(bytes)),
    }
    Ok(json)
}

/// Returns bytes in base64 (RFC 4648 section 4).
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

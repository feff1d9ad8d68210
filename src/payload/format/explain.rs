//! Notes on what a payload looks like but is not.

use super::{Format, lenient, yaml};
use crate::payload::figures;
use crate::payload::json_tree;
use crate::payload::message_type::MessageType;
use crate::payload::reading::Unreadable;

/// Returns what the user should know about `bytes`, which were detected as `format`.
pub(super) fn note(
    format: Format,
    message_type: Option<&MessageType>,
    bytes: &[u8],
) -> Option<String> {
    misfit(format, message_type, bytes)
        .or_else(|| broken_json(format, bytes))
        .or_else(|| deviations(format, bytes))
        .or_else(|| large_yaml(format, bytes))
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

/// Explains why text that begins like YAML is not shown as such, if it is too large.
fn large_yaml(format: Format, bytes: &[u8]) -> Option<String> {
    let is_large = bytes.len() > yaml::MAX_DETECTED && yaml::may_be(bytes);
    let limit = figures::size(yaml::MAX_DETECTED as u64);
    (format == Format::Text && is_large)
        .then(|| format!("YAML of more than {limit} is read only if it is chosen with f"))
}

/// Explains how lenient JSON deviates from JSON.
pub(super) fn deviations(format: Format, bytes: &[u8]) -> Option<String> {
    (format == Format::LenientJson).then(|| lenient::note(bytes))?
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
    let message_type = message_type.filter(|known| format != Format::of_type(known))?;
    let name = message_type.name();
    Some(match message_type.decode(bytes) {
        Err(wrong) => format!("not a {name}: {wrong}"),
        Ok(_) => format!("not a {name}: no known fields"),
    })
}

//! Formats that are named but never decoded, since decoding them can run code.

use super::{Format, pickle};

/// Returns the format of `bytes` if they are serialized objects.
pub(super) fn named(bytes: &[u8]) -> Option<Format> {
    match bytes {
        // Protocols 2 to 5 begin with their version and end with STOP (`pickletools`).
        [0x80, 2..=5, .., b'.'] if bytes.len() > 3 => Some(Format::Pickle),
        // STREAM_MAGIC and STREAM_VERSION (Java Object Serialization Specification, section 6.4).
        [0xac, 0xed, 0x00, 0x05, ..] => Some(Format::Java),
        [b'a' | b'O' | b'C' | b'E' | b's', b':', b'0'..=b'9', ..] => {
            is_php(bytes).then_some(Format::Php)
        }
        _ => pickle::format(bytes),
    }
}

/// Returns whether bytes that begin with `head` may be in one of the formats that [`named`]
/// recognises, judged by cheap checks.
pub(super) fn may_be_named(head: &[u8]) -> bool {
    match head {
        [0x80, 2..=5, ..]
        | [0xac, 0xed, ..]
        | [b'a' | b'O' | b'C' | b'E' | b's', b':', b'0'..=b'9', ..] => true,
        _ => head.first().is_some_and(|first| pickle::may_start(*first)),
    }
}

/// Returns whether `bytes` are an array, an object, an enumeration or a string as `serialize`
/// writes them: `a:0:{}`, `O:8:"stdClass":0:{}`, `C:1:"X":2:{..}`, `E:6:"Suit:A";`, `s:1:"x";`.
/// Scalars such as numbers count as text.
fn is_php(bytes: &[u8]) -> bool {
    let (kind, rest) = (bytes.first(), bytes.get(2..).unwrap_or_default());
    let Some((length, rest)) = number(rest) else {
        return false;
    };
    let after_name = || number(quoted(rest, length)?.strip_prefix(b":")?);
    match kind {
        Some(b'a') => is_braced(rest),
        Some(b's' | b'E') => quoted(rest, length) == Some(b";"),
        // The output of a class's own serializer: a length and arbitrary bytes.
        Some(b'C') => after_name().is_some_and(|(length, rest)| {
            rest.len() == length.saturating_add(2) && within_braces(rest).is_some()
        }),
        _ => after_name().is_some_and(|(_, rest)| is_braced(rest)),
    }
}

/// Parses a number. Returns the number and the bytes after the colon that follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let colon = bytes.iter().take(20).position(|byte| *byte == b':')?;
    let digits = str::from_utf8(&bytes[..colon]).ok()?;
    let number = digits.parse().ok()?;
    Some((number, &bytes[colon + 1..]))
}

/// Returns the bytes after a quoted name of `length` bytes.
fn quoted(bytes: &[u8], length: usize) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"\"")?.get(length..)?;
    rest.strip_prefix(b"\"")
}

/// Returns whether `bytes` are members in braces, each of which ends with a semicolon or a closing
/// brace.
fn is_braced(bytes: &[u8]) -> bool {
    let within = within_braces(bytes);
    within.is_some_and(|within| matches!(within.last(), None | Some(b';' | b'}')))
}

fn within_braces(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(b"{")?.strip_suffix(b"}")
}

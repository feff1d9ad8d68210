//! The frames of Centrifugo: what it publishes through Redis may have a prefix, which is followed by
//! a Protobuf message.

use std::ops::Range;

use memchr::memmem;

/// Returns where the prefix and the message are in `bytes`:
///
/// - `__j__…` and `__l__…`: a client that joins or leaves
/// - `__p1:OFFSET:EPOCH__…`: a publication with its position in the history
/// - `__d1:OFFSET:EPOCH:LENGTH:PREVIOUS:LENGTH:…`: the same after the previous publication
pub(super) fn split(bytes: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    let whole = bytes.len();
    match bytes {
        [b'_', b'_', b'j' | b'l', b'_', b'_', ..] => Some((0..5, 5..whole)),
        [b'_', b'_', b'p', b'1', b':', rest @ ..] => {
            let end = 5 + memmem::find(rest, b"__")? + 2;
            Some((0..end, end..whole))
        }
        [b'_', b'_', b'd', b'1', b':', ..] => {
            let offset = until_colon(bytes, 5)?;
            let epoch = until_colon(bytes, offset.end + 1)?;
            let previous = counted(bytes, epoch.end + 1)?;
            let message = counted(bytes, previous.end + 1)?;
            (message.end == whole).then_some((0..epoch.end, message))
        }
        _ => None,
    }
}

/// Returns where the text from `start` to the next colon is.
fn until_colon(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let length = memchr::memchr(b':', bytes.get(start..)?)?;
    Some(start..start + length)
}

/// Returns where the bytes are whose length is at `start`, before a colon.
fn counted(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let length = until_colon(bytes, start)?;
    let start = length.end + 1;
    let length: usize = str::from_utf8(&bytes[length]).ok()?.parse().ok()?;
    let end = start.checked_add(length)?;
    (end <= bytes.len()).then_some(start..end)
}

//! Plain text within base64 and within bytes.

use super::encoded;

/// The minimum size in bytes of text in base64 that is detected automatically. Random bytes of this
/// size are almost never text.
const LEAST_IN_BASE64: usize = encoded::LEAST_INNER / 4 * 3;

/// The minimum size of text in bytes that is detected automatically.
const LEAST_IN_BYTES: usize = 8;

/// The minimum number of different bytes in text in base64. Repeated letters, such as `VVVV`, may be
/// base64 of other repeated letters.
const LEAST_DIFFERENT: u32 = 8;

/// Returns whether `inner`, decoded from base64, is meant to be read.
pub(super) fn is_in_base64(inner: &[u8]) -> bool {
    let mut seen = [0_u128; 2];
    for byte in inner {
        seen[usize::from(byte >> 7)] |= 1 << (byte & 0x7f);
    }
    let different = seen.iter().map(|bits| bits.count_ones()).sum::<u32>();
    inner.len() >= LEAST_IN_BASE64 && different >= LEAST_DIFFERENT && is_readable(inner)
}

/// Returns whether `bytes` are meant to be read.
pub(super) fn is_in_bytes(bytes: &[u8]) -> bool {
    bytes.len() >= LEAST_IN_BYTES && is_readable(bytes)
}

/// Returns whether text that [`is_in_base64`] accepts may begin with `head`.
pub(super) fn may_start(head: &[u8]) -> bool {
    // The last character may be cut.
    let is_cut = |text: &[u8]| {
        let wrong = str::from_utf8(text).err();
        wrong.is_none_or(|wrong| wrong.error_len().is_none())
    };
    has_no_control(head) && is_cut(head)
}

/// Returns whether `bytes` are UTF-8 without control characters other than tabs and line breaks.
fn is_readable(bytes: &[u8]) -> bool {
    has_no_control(bytes) && str::from_utf8(bytes).is_ok()
}

fn has_no_control(bytes: &[u8]) -> bool {
    let is_control =
        |byte: &u8| matches!(byte, 0..0x20 | 0x7f) && !matches!(byte, b'\t' | b'\n' | b'\r');
    !bytes.iter().any(is_control)
}

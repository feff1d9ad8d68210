//! Base64 within text.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::{memchr, memchr2};

use super::unpack::MAX_SIZE;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(false);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The number of characters at the start that decide whether the rest is worth decoding. Base64
/// shorter than this is not detected automatically.
const PROBE: usize = 16;

/// The number of bytes in these characters.
pub(super) const HEAD: usize = PROBE / 4 * 3;

/// The number of characters that are checked at once.
const BLOCK: usize = 64;
/// The minimum length of base64 inside another value.
pub(super) const LEAST_INNER: usize = 32;

/// Decodes `text` if it is base64 of at most `max_size` bytes; MIME line breaks and surrounding
/// whitespace are ignored.
pub(in crate::payload) fn decode(text: &[u8], max_size: usize) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if text.is_empty() || text.len() / 4 * 3 > max_size {
        return None;
    }
    if memchr(b'\n', text).is_some() {
        let is_kept = |byte: &u8| !matches!(byte, b'\n' | b'\r');
        let joined: Vec<u8> = text.iter().copied().filter(is_kept).collect();
        return decode_line(&joined);
    }
    decode_line(text)
}

/// Decodes the start of `text` if the length and all characters of `text` are possible in base64.
pub(super) fn probe(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    // Most text is ruled out here, by a space or a dot among its first characters.
    let head = text.get(..PROBE)?;
    if !head.iter().all(|byte| is_letter(*byte)) || text.len() / 4 * 3 > MAX_SIZE {
        return None;
    }
    // No early exit within a block, so that the loop can be vectorized.
    let mut blocks = text[head.len()..].chunks(BLOCK);
    let is_possible = |byte: u8| {
        is_alphanumeric(byte) || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b'\n' | b'\r')
    };
    let are_possible = |block: &[u8]| {
        block
            .iter()
            .fold(true, |all, byte| all & is_possible(*byte))
    };
    blocks.all(are_possible).then(|| decode_line(head))?
}

/// Returns whether `byte` is an ASCII letter or digit. Written so that a loop over it can be
/// vectorized.
fn is_alphanumeric(byte: u8) -> bool {
    (byte | 0x20).wrapping_sub(b'a') < 26 || byte.wrapping_sub(b'0') < 10
}

fn decode_line(text: &[u8]) -> Option<Vec<u8>> {
    let is_url_safe = memchr2(b'-', b'_', text).is_some();
    let engine = if is_url_safe { &URL_SAFE } else { &STANDARD };
    engine.decode(text).ok()
}

/// Returns whether `byte` belongs to either alphabet.
pub(super) fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

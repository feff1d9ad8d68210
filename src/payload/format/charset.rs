//! Text that is not UTF-8: UTF-16 and Windows-1252, which includes Latin-1.

use std::io::{self, ErrorKind};

use super::Wrapping;

/// The minimum size in bytes of UTF-16 without a byte order mark that is detected automatically.
const LEAST_UTF16: usize = 8;

/// The minimum size in bytes of Windows-1252 that is detected automatically.
const LEAST_1252: usize = 12;

/// The characters of the bytes 0x80 to 0x9f in Windows-1252; those of all others are the same in
/// Unicode. As in the WHATWG Encoding Standard, undefined bytes are control characters.
const FROM_0X80: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
    '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}',
    '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}',
    '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// Returns the encoding that the first bytes suggest: UTF-16 with a byte order mark, or with an
/// ASCII character at the start. Only decoding can tell whether it is right.
pub(super) fn utf16_by(bytes: &[u8]) -> Option<Wrapping> {
    let is_printable = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    match bytes {
        [0xff, 0xfe, ..] => Some(Wrapping::Utf16Le),
        [0xfe, 0xff, ..] => Some(Wrapping::Utf16Be),
        [low, 0, ..] => is_printable(*low).then_some(Wrapping::Utf16Le),
        [0, low, ..] => is_printable(*low).then_some(Wrapping::Utf16Be),
        _ => None,
    }
}

/// Returns whether `text`, decoded from the UTF-16 in `bytes`, is likely to be meant, provided that it
/// has no control characters.
pub(super) fn is_utf16(bytes: &[u8], text: &[u8]) -> bool {
    let has_mark = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let ascii = text.iter().filter(|byte| byte.is_ascii()).count();
    // At least three quarters of the characters are ASCII.
    let is_mostly_ascii = bytes.len() >= LEAST_UTF16 && ascii * 8 >= bytes.len() * 3;
    !text.is_empty() && (has_mark || is_mostly_ascii)
}

/// Appends UTF-16 to `out`, without a byte order mark.
pub(super) fn utf16<'a>(bytes: &'a [u8], is_big: bool, out: &mut Vec<u8>) -> io::Result<&'a [u8]> {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return Err(broken("odd number of bytes"));
    };
    let unit = if is_big {
        u16::from_be_bytes
    } else {
        u16::from_le_bytes
    };
    let mark = pairs.first().is_some_and(|first| unit(*first) == 0xfeff);
    let units = pairs[usize::from(mark)..].iter().map(|pair| unit(*pair));
    for letter in char::decode_utf16(units) {
        let letter = letter.map_err(|_| broken("unpaired surrogate"))?;
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(&[])
}

/// Appends Windows-1252 to `out`.
pub(super) fn windows_1252<'a>(bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    for byte in bytes {
        let letter = match byte {
            0x80..0xa0 => FROM_0X80[usize::from(byte - 0x80)],
            other => char::from(*other),
        };
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    &[]
}

/// Encodes `text` in UTF-16, with a byte order mark if `old` begins with one.
pub(in crate::payload) fn to_utf16(text: &str, is_big: bool, old: &[u8]) -> Vec<u8> {
    let mark = matches!(old, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]).then_some(0xfeff);
    let units = mark.into_iter().chain(text.encode_utf16());
    let bytes = units.flat_map(|unit| {
        if is_big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    });
    bytes.collect()
}

/// Encodes `text` in Windows-1252. The error is the first character that it does not have.
pub(in crate::payload) fn to_windows_1252(text: &str) -> Result<Vec<u8>, char> {
    let bytes = text.chars().map(|letter| {
        let other = FROM_0X80.iter().position(|known| *known == letter);
        match (u8::try_from(letter), other) {
            (Ok(byte), _) if !(0x80..0xa0).contains(&byte) => Ok(byte),
            (_, Some(at)) => Ok(0x80 + u8::try_from(at).unwrap_or_default()),
            _ => Err(letter),
        }
    });
    bytes.collect()
}

/// Returns whether `bytes` may be Windows-1252, judged by the first byte that is not ASCII: that it
/// is not part of valid UTF-8.
#[inline]
pub fn may_be_windows_1252(bytes: &[u8]) -> bool {
    !bytes.is_ascii() && {
        let first = bytes.iter().position(|byte| !byte.is_ascii());
        let rest = first.map_or(&b""[..], |first| &bytes[first..]);
        let character = &rest[..rest.len().min(4)];
        let wrong = str::from_utf8(character).err();
        wrong.is_some_and(|wrong| wrong.valid_up_to() == 0 && wrong.error_len().is_some())
    }
}

/// Returns whether `bytes` are almost certain to be text in Windows-1252: mostly ASCII letters,
/// with some letters and typographic signs that are not ASCII, none of them valid UTF-8.
pub(super) fn is_windows_1252(bytes: &[u8]) -> bool {
    let is_mostly_plain = |(plain, foreign): (usize, usize)| {
        plain * 4 >= bytes.len() * 3 && foreign * 6 <= bytes.len()
    };
    bytes.len() >= LEAST_1252 && letters(bytes).is_some_and(is_mostly_plain)
}

/// Returns whether `bytes` may be JSON or XML in Windows-1252. Their syntax is the evidence, so the
/// number of letters does not matter.
pub(super) fn may_be_values(bytes: &[u8]) -> bool {
    let first = bytes.trim_ascii_start().first();
    matches!(first, Some(b'{' | b'[' | b'"' | b'<')) && letters(bytes).is_some()
}

/// Counts the ASCII letters, digits and spaces, and the characters that are not ASCII. Returns
/// `None` unless all bytes are common in text, some are not ASCII, and none of those are UTF-8.
fn letters(bytes: &[u8]) -> Option<(usize, usize)> {
    if !may_be_windows_1252(bytes) {
        return None;
    }
    let (mut plain, mut foreign) = (0, 0);
    for byte in bytes {
        match byte {
            b' ' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => plain += 1,
            b'\t' | b'\n' | b'\r' | b'!'..=b'~' => {}
            // Currency, quotes, dashes and the ellipsis; degree, paragraph and quotation signs.
            0x80
            | 0x84
            | 0x85
            | 0x91..=0x97
            | 0x99
            | 0xa0
            | 0xa3
            | 0xa7
            | 0xab
            | 0xb0
            | 0xb5
            | 0xb7
            | 0xbb
            | 0xbf..=0xff => foreign += 1,
            _ => return None,
        }
    }
    (!has_utf8(bytes)).then_some((plain, foreign))
}

/// Returns whether any part of `bytes` is valid UTF-8 other than ASCII, or `bytes` end within it.
fn has_utf8(bytes: &[u8]) -> bool {
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        // Truncated UTF-8 ends early.
        let is_cut = chunks.peek().is_none() && !chunk.invalid().is_empty() && {
            let wrong = str::from_utf8(chunk.invalid()).err();
            wrong.is_some_and(|wrong| wrong.error_len().is_none())
        };
        if !chunk.valid().is_ascii() || is_cut {
            return true;
        }
    }
    false
}

fn broken(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why)
}

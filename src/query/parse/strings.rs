//! Quoted strings and their escapes.

use crate::query::error::{QueryError, fail};

use super::cursor::Cursor;

/// The escapes that a string may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// The escapes of JSON and those displayed on the screen: `\xff` for a byte, `\0`, `\u{a0}`.
    Bytes,
    /// The escapes of JSON.
    Json,
}

/// Consumes the quoted string that starts here and returns its bytes.
pub fn take_quoted(cursor: &mut Cursor<'_>, escapes: Escapes) -> Result<Vec<u8>, QueryError> {
    let start = cursor.at();
    cursor.eat("\"");
    let mut bytes = Vec::new();
    loop {
        let plain = cursor.take_while(|next| !matches!(next, '"' | '\\'));
        bytes.extend_from_slice(plain.as_bytes());
        if cursor.eat("\"") {
            return Ok(bytes);
        }
        if cursor.at_end() {
            return fail(start..start + 1, "this quote is not closed: add a \"");
        }
        take_escape(cursor, escapes, &mut bytes)?;
    }
}

/// Consumes the quoted string that starts here verbatim, except that `\"` is a quote.
pub fn take_raw(cursor: &mut Cursor<'_>) -> Result<String, QueryError> {
    let start = cursor.at();
    take_until(cursor, '"', start, "this quote is not closed: add a \"")
}

/// Consumes the regular expression in slashes that starts here, in which `\/` is a slash.
pub fn take_slashed(cursor: &mut Cursor<'_>) -> Result<String, QueryError> {
    let start = cursor.at();
    take_until(
        cursor,
        '/',
        start,
        "this regular expression is not closed: add a /, or put the text in quotes",
    )
}

fn take_until(
    cursor: &mut Cursor<'_>,
    end: char,
    start: usize,
    unclosed: &str,
) -> Result<String, QueryError> {
    cursor.take();
    let mut text = String::new();
    loop {
        match cursor.take() {
            None => return fail(start..start + 1, unclosed),
            Some('\\') => match cursor.take() {
                Some(escaped) if escaped == end => text.push(end),
                Some(escaped) => text.extend(['\\', escaped]),
                None => return fail(start..start + 1, unclosed),
            },
            Some(next) if next == end => return Ok(text),
            Some(next) => text.push(next),
        }
    }
}

fn take_escape(
    cursor: &mut Cursor<'_>,
    escapes: Escapes,
    bytes: &mut Vec<u8>,
) -> Result<(), QueryError> {
    let start = cursor.at();
    cursor.eat("\\");
    let byte = match cursor.take() {
        Some('n') => b'\n',
        Some('t') => b'\t',
        Some('r') => b'\r',
        Some('b') => 8,
        Some('f') => 12,
        Some(same @ ('"' | '\\' | '/')) => same as u8,
        Some('x') if escapes == Escapes::Bytes => match take_hex(cursor, 2) {
            Some(byte) => low_byte(byte),
            None => {
                return fail(
                    cursor.since(start),
                    "\\x takes two hexadecimal digits: \\xff",
                );
            }
        },
        Some('0') if escapes == Escapes::Bytes => 0,
        Some('u') if escapes == Escapes::Bytes && cursor.eat("{") => {
            let digits = cursor.take_while(|next| next.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, 16).ok();
            let Some(character) = code.and_then(char::from_u32).filter(|_| cursor.eat("}")) else {
                return fail(
                    cursor.since(start),
                    "\\u{ takes a character code and a }: \\u{a0}",
                );
            };
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(());
        }
        Some('u') => {
            let Some(code) = take_hex(cursor, 4) else {
                return fail(
                    cursor.since(start),
                    "\\u takes four hexadecimal digits: \\u00e9",
                );
            };
            put_code(cursor, code, bytes);
            return Ok(());
        }
        _ => {
            return fail(
                cursor.since(start),
                "unknown escape: write \\\\ for a backslash",
            );
        }
    };
    bytes.push(byte);
    Ok(())
}

/// Consumes `count` hexadecimal digits.
fn take_hex(cursor: &mut Cursor<'_>, count: usize) -> Option<u32> {
    let mut value = 0;
    for _ in 0..count {
        value = value * 16 + cursor.peek()?.to_digit(16)?;
        cursor.take();
    }
    Some(value)
}

/// Appends the character of a `\u` escape, consuming a second escape if the two are a surrogate
/// pair.
fn put_code(cursor: &mut Cursor<'_>, code: u32, bytes: &mut Vec<u8>) {
    let mut ahead = *cursor;
    let low = (ahead.eat("\\u"))
        .then(|| take_hex(&mut ahead, 4))
        .flatten()
        .filter(|low| (0xd800..0xdc00).contains(&code) && (0xdc00..0xe000).contains(low));
    let code = match low {
        Some(low) => {
            *cursor = ahead;
            0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        }
        None => code,
    };
    match char::from_u32(code) {
        Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        // An unpaired surrogate: encode it in three bytes as UTF-8 would.
        None => bytes.extend([
            0xe0 | low_byte(code >> 12),
            0x80 | low_byte(code >> 6 & 0x3f),
            0x80 | low_byte(code & 0x3f),
        ]),
    }
}

fn low_byte(code: u32) -> u8 {
    code.to_le_bytes()[0]
}

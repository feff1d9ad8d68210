//! Quoted strings and their escapes.

use crate::payload::json::text::surrogate_bytes;
use crate::query::error::{QueryError, fail_unfinished};

use super::cursor::Cursor;

/// The escapes that a string may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// The escapes of JSON and those used for display on the screen: `\xff` for a byte, `\0`,
    /// `\u{a0}`.
    Bytes,
    /// The escapes of JSON.
    Json,
}

/// The error for a quoted string without an end.
pub const UNCLOSED_QUOTE: &str = "this quote is not closed: add a \"";

const UNKNOWN_ESCAPE: &str = "unknown escape: write \\\\ for a backslash";

/// Consumes the quoted string that starts at the cursor and returns its bytes.
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
            return fail_unfinished(start..start + 1, UNCLOSED_QUOTE);
        }
        let escape = cursor.at();
        take_escape(cursor, escapes, &mut bytes).or_else(|problem| {
            let is_begun = cursor.text_since(escape) == "\\" || problem != UNKNOWN_ESCAPE;
            QueryError::new(cursor.since(escape), problem)
                .fail_unfinished_if(cursor.at_end() && is_begun)
        })?;
    }
}

/// Consumes the text between the `delimiter` that comes next and the one after it. Returns the text
/// verbatim, except that an escaped delimiter loses its backslash. `unclosed` is the error if there
/// is no second delimiter.
pub fn take_until(
    cursor: &mut Cursor<'_>,
    delimiter: char,
    unclosed: &str,
) -> Result<String, QueryError> {
    let start = cursor.at();
    cursor.take();
    let mut text = String::new();
    loop {
        match cursor.take() {
            None => return fail_unfinished(start..start + 1, unclosed),
            Some('\\') => match cursor.take() {
                Some(escaped) if escaped == delimiter => text.push(delimiter),
                Some(escaped) => text.extend(['\\', escaped]),
                None => return fail_unfinished(start..start + 1, unclosed),
            },
            Some(next) if next == delimiter => return Ok(text),
            Some(next) => text.push(next),
        }
    }
}

/// Returns the bytes of a name in which bytes are escaped as on the screen, such as `a\xff`; `None`
/// if it has no such escapes. Other backslashes are kept.
pub fn unescaped(name: &str) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(name);
    let mut bytes = Vec::new();
    let mut has_escapes = false;
    while !cursor.at_end() {
        bytes.extend_from_slice(cursor.take_while(|next| next != '\\').as_bytes());
        let mut after = cursor.rest().chars().skip(1);
        if let Some('x' | 'u' | 'n' | 'r' | 't' | '0') = after.next() {
            take_escape(&mut cursor, Escapes::Bytes, &mut bytes).ok()?;
            has_escapes = true;
        } else {
            let start = cursor.at();
            cursor.take();
            cursor.take();
            bytes.extend_from_slice(cursor.text_since(start).as_bytes());
        }
    }
    has_escapes.then_some(bytes)
}

/// Consumes the escape that starts at the cursor and appends its bytes, or returns what is wrong
/// with it.
fn take_escape(
    cursor: &mut Cursor<'_>,
    escapes: Escapes,
    bytes: &mut Vec<u8>,
) -> Result<(), &'static str> {
    let is_bytes = escapes == Escapes::Bytes;
    cursor.eat("\\");
    let byte = match cursor.take() {
        Some('n') => b'\n',
        Some('t') => b'\t',
        Some('r') => b'\r',
        Some('b') => 8,
        Some('f') => 12,
        Some(same @ ('"' | '\\' | '/')) => same as u8,
        Some('x') if is_bytes => {
            let byte = take_hex(cursor, 2).and_then(|byte| u8::try_from(byte).ok());
            byte.ok_or("\\x takes two hexadecimal digits: \\xff")?
        }
        Some('0') if is_bytes => 0,
        Some('u') if is_bytes && cursor.eat("{") => {
            let digits = cursor.take_while(|next| next.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, 16).ok();
            let character = code.and_then(char::from_u32).filter(|_| cursor.eat("}"));
            let character = character.ok_or("\\u{ takes a character code and a }: \\u{a0}")?;
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(());
        }
        Some('u') => {
            let code = take_hex(cursor, 4);
            let code = code.ok_or("\\u takes four hexadecimal digits: \\u00e9")?;
            put_code(cursor, code, bytes);
            return Ok(());
        }
        _ => return Err(UNKNOWN_ESCAPE),
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

/// Appends the character of a `\u` escape, and consumes a second escape if it completes a surrogate
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
        // The surrogate is unpaired.
        None => bytes.extend(surrogate_bytes(u16::try_from(code).unwrap_or_default())),
    }
}

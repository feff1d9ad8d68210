//! Splitting lines into fields.

use std::borrow::Cow;

use crate::payload::json::text::unescaped;

/// The fields of a line.
pub type Fields<'a> = Vec<Cow<'a, [u8]>>;

/// Splits `12) "text"` into the number and the value.
pub fn numbered(line: &[u8]) -> Option<(usize, &[u8])> {
    let length = line.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = line.split_at(length);
    let value = rest.strip_prefix(b") ")?;
    Some((str::from_utf8(digits).ok()?.parse().ok()?, value))
}

/// Splits an array of strings and numbers in JSON. The strings need not be UTF-8.
pub fn json_fields(line: &[u8]) -> Option<Fields<'_>> {
    let mut rest = line.strip_prefix(b"[")?;
    let mut fields = Vec::new();
    loop {
        let after = if let Some(text) = rest.strip_prefix(b"\"") {
            let end = string_end(text)?;
            fields.push(unescaped(&text[..end]));
            &text[end + 1..]
        } else {
            let end = rest.iter().position(|byte| matches!(byte, b',' | b']'))?;
            fields.push(rest[..end].into());
            &rest[end..]
        };
        match after {
            b"]" => return Some(fields),
            [b',', next @ ..] => rest = next,
            _ => return None,
        }
    }
}

/// Splits a line of CSV as redis-cli writes it.
pub fn csv_fields(line: &[u8]) -> Option<Fields<'_>> {
    let mut rest = line;
    let mut fields = Vec::new();
    loop {
        let after = if rest.starts_with(b"\"") {
            let (text, length) = quoted(rest)?;
            fields.push(text);
            &rest[length..]
        } else {
            let end = rest.iter().position(|byte| *byte == b',');
            let end = end.unwrap_or(rest.len());
            fields.push(rest[..end].into());
            &rest[end..]
        };
        match after {
            [] => return Some(fields),
            [b',', next @ ..] => rest = next,
            _ => return None,
        }
    }
}

/// Returns the position of the quotation mark that ends a string that has begun.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the text in quotation marks at the start of `text`, as redis-cli and MONITOR escape it,
/// and its length with the quotation marks.
pub fn quoted(text: &[u8]) -> Option<(Cow<'_, [u8]>, usize)> {
    let inside = text.strip_prefix(b"\"")?;
    let end = string_end(inside)?;
    let raw = &inside[..end];
    if !raw.contains(&b'\\') {
        return Some((raw.into(), end + 2));
    }
    let mut plain = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'\\' {
            plain.push(*byte);
            continue;
        }
        let (meant, length) = match after {
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b't', ..] => (b'\t', 1),
            [b'a', ..] => (0x07, 1),
            [b'b', ..] => (0x08, 1),
            [b'x', digits @ ..] => {
                let digits = str::from_utf8(digits.get(..2)?).ok()?;
                (u8::from_str_radix(digits, 16).ok()?, 3)
            }
            [other, ..] => (*other, 1),
            [] => return None,
        };
        plain.push(meant);
        rest = &after[length..];
    }
    Some((plain.into(), end + 2))
}

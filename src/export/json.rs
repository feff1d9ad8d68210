//! Writing JSON that is safe to show on a terminal.

use std::fmt::Write as _;

use crate::payload::escape::is_forbidden;

/// Appends `text` as a JSON string. Characters that a terminal would act on or hide are escaped,
/// which does not change the value.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(character),
            _ => push_safely(out, character),
        }
    }
    out.push('"');
}

/// Appends JSON. In its strings, characters that a terminal would act on or hide are escaped.
pub fn push_json(out: &mut String, json: &[u8]) {
    for character in String::from_utf8_lossy(json).chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            push_safely(out, character);
        }
    }
}

fn push_safely(out: &mut String, character: char) {
    if is_forbidden(character) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    } else {
        out.push(character);
    }
}

//! Writing values in the notation in which they are edited.
//!
//! It is JSON, extended by the diagnostic notation of CBOR (RFC 8949, section 8) where JSON has no
//! form for a value: `h'00ff'`, `NaN`, `32("…")`, keys that are not strings. Strings are escaped
//! like JSON wherever the screen would show an escape.

use std::fmt::Write as _;

use super::item::{Item, Member, Value};
use crate::payload::escape::Ends;
use crate::payload::escape::pieces::{Piece, Pieces};
use crate::payload::hex;
use crate::payload::json::text::{Run, runs};

/// The width up to which an array or object is written on one line.
const WIDTH: usize = 72;

/// Writes a value on several lines, if it is long.
pub(super) fn pretty(item: &Item) -> String {
    let mut out = String::new();
    write(item, 0, &mut out);
    out
}

/// Writes a value on one line.
pub(super) fn one_line(item: &Item) -> String {
    let mut out = String::new();
    write_flat(item, usize::MAX, &mut out);
    out
}

/// Writes text such that everything the screen would escape is an escape of JSON. Line breaks and
/// tabs stay as they are if `keeps_lines`.
pub(super) fn write_text(text: &[u8], keeps_lines: bool, out: &mut String) {
    let mut rest = text;
    for piece in Pieces::with_ends(text, Ends::default()) {
        let (written, after) = rest.split_at(piece.bytes());
        rest = after;
        match piece {
            Piece::Cluster(cluster, _) => write_visible(cluster, keeps_lines, out),
            Piece::Char('\n') if keeps_lines => out.push('\n'),
            Piece::Char('\t') if keeps_lines => out.push('\t'),
            Piece::Char('\n') => out.push_str("\\n"),
            Piece::Char('\r') => out.push_str("\\r"),
            Piece::Char('\t') => out.push_str("\\t"),
            Piece::Char(other) => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    write_unit(*unit, out);
                }
            }
            Piece::Surrogate(unit) => write_unit(unit, out),
            Piece::Byte(_) => out.push_str(&String::from_utf8_lossy(written)),
        }
    }
}

fn write_visible(cluster: &str, keeps_quotes: bool, out: &mut String) {
    // The cluster may be a quote or backslash with combining marks.
    if cluster.starts_with(['"', '\\']) && !keeps_quotes {
        out.push('\\');
    }
    out.push_str(cluster);
}

fn write_unit(unit: u16, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\u{unit:04x}");
}

fn write(item: &Item, indent: usize, out: &mut String) {
    let start = out.len();
    let (open, close, count) = match &item.value {
        Value::Array(items) => ('[', ']', items.len()),
        Value::Object(members) => ('{', '}', members.len()),
        Value::Nested(mark, inner) => {
            out.push_str(mark);
            out.push(' ');
            return write(inner, indent, out);
        }
        Value::Call(name, items) if items.len() == 1 => {
            out.push_str(name);
            out.push('(');
            write(&items[0], indent, out);
            out.push(')');
            return;
        }
        _ => {
            write_flat(item, usize::MAX, out);
            return;
        }
    };
    if write_flat(item, WIDTH.saturating_sub(indent), out) {
        return;
    }
    out.truncate(start);
    out.push(open);
    for index in 0..count {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        out.extend(std::iter::repeat_n(' ', indent + 2));
        match &item.value {
            Value::Object(members) => {
                let (key, value) = &members[index];
                write_flat(key, usize::MAX, out);
                out.push_str(": ");
                write(value, indent + 2, out);
            }
            Value::Array(items) => write(&items[index], indent + 2, out),
            _ => {}
        }
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    out.push(close);
}

/// Writes a value on one line. Stops and returns `false` if it takes more than `room` bytes.
fn write_flat(item: &Item, room: usize, out: &mut String) -> bool {
    let end = out.len().saturating_add(room);
    match &item.value {
        Value::Word(word) => out.push_str(word),
        Value::Number(digits) => out.push_str(digits),
        Value::String(text) => write_string(text, out),
        Value::Bytes(bytes) => write_bytes(bytes, out),
        Value::Call(name, items) => {
            out.push_str(name);
            return write_list(['(', ')'], items, end, out);
        }
        Value::Array(items) => return write_list(['[', ']'], items, end, out),
        Value::Object(members) => return write_members(members, end, out),
        Value::Nested(mark, inner) => {
            out.push_str(mark);
            out.push(' ');
            return write_flat(inner, end.saturating_sub(out.len()), out);
        }
    }
    out.len() <= end
}

fn write_list([open, close]: [char; 2], items: &[Item], end: usize, out: &mut String) -> bool {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if !write_flat(item, end.saturating_sub(out.len()), out) {
            return false;
        }
    }
    out.push(close);
    out.len() <= end
}

fn write_members(members: &[Member], end: usize, out: &mut String) -> bool {
    out.push('{');
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_flat(key, usize::MAX, out);
        out.push_str(": ");
        if !write_flat(value, end.saturating_sub(out.len()), out) {
            return false;
        }
    }
    out.push('}');
    out.len() <= end
}

/// Writes a string in quotes or, if no escapes of JSON express it, as the bytes of a string.
fn write_string(text: &[u8], out: &mut String) {
    if !is_expressible(text) {
        out.push_str("string(");
        write_bytes(text, out);
        out.push(')');
        return;
    }
    out.push('"');
    write_text(text, false, out);
    out.push('"');
}

/// Returns whether escapes of JSON express the text exactly.
fn is_expressible(text: &[u8]) -> bool {
    let mut after_high = false;
    runs(text).all(|run| match run {
        Run::Text(_) => {
            after_high = false;
            true
        }
        // The escapes of a pair stand for one character.
        Run::Surrogate(unit) => {
            let is_pair = after_high && unit >= 0xdc00;
            after_high = unit < 0xdc00;
            !is_pair
        }
        Run::Broken => false,
    })
}

fn write_bytes(bytes: &[u8], out: &mut String) {
    out.push_str("h'");
    out.extend(hex::digits(bytes).map(char::from));
    out.push('\'');
}

//! A whole value on one line, as a row of the log shows it.

use super::{Key, Kind, NodeId, Tree, Value};
use crate::payload::hex;
use crate::payload::json::text::push_quoted;

impl Tree {
    /// Returns the whole payload on one line, written like JSON but for reading: strings are
    /// unescaped, bytes are in hex (`h'00ff'`), and a tag precedes its content. Ends after about
    /// `max` bytes. For display, quotes and backslashes in strings stay escaped, so that no string
    /// looks like several values; for searching, they do not.
    pub fn one_line(&self, payload: &[u8], max: usize, is_shown: bool) -> Vec<u8> {
        self.one_line_of(NodeId::default(), payload, max, is_shown)
    }

    /// Like [`Self::one_line`], for one of the values.
    pub fn one_line_of(&self, root: NodeId, payload: &[u8], max: usize, is_shown: bool) -> Vec<u8> {
        let size = self.source(root).map_or(0, |source| source.len());
        let mut out = Vec::with_capacity(size.min(max));
        // The ends of the open containers, and their closing brackets.
        let mut open: Vec<(u32, &str)> = Vec::new();
        let end = self.node(root).map_or(0, |node| node.end);
        for id in root.0..end {
            close(&mut open, id, &mut out);
            if out.len() > max {
                return out;
            }
            let Some(value) = self.value(NodeId(id), payload) else {
                break;
            };
            let is_first = self
                .parent(value.id)
                .is_none_or(|parent| parent.0 + 1 == id);
            if value.id != root {
                begin(&value, is_first, is_shown, &mut out);
            }
            if matches!(value.kind, Kind::Array | Kind::Object) {
                let (bracket, closing) = value.kind.brackets();
                out.extend(bracket.as_bytes());
                let end = self.after(value.id).map_or(u32::MAX, |next| next.0);
                open.push((end, closing));
            } else {
                write_text(&value, max, is_shown, &mut out);
            }
        }
        close(&mut open, u32::MAX, &mut out);
        out
    }
}

/// Writes what precedes a value: a comma, and its key.
fn begin(value: &Value<'_>, is_first: bool, is_shown: bool, out: &mut Vec<u8>) {
    if !is_first {
        out.push(b',');
    }
    match value.key {
        Key::Name(name) => {
            write_string(name, is_shown, out);
            out.push(b':');
        }
        Key::Other(name) => out.extend([name, b":"].concat()),
        Key::Index(_) | Key::None => {}
    }
}

/// Closes the containers that end before `next`.
fn close(open: &mut Vec<(u32, &str)>, next: u32, out: &mut Vec<u8>) {
    while let Some((_, closing)) = open.pop_if(|(end, _)| *end <= next) {
        out.extend(closing.as_bytes());
    }
}

/// Writes the text of a scalar, or the mark of a tag.
fn write_text(value: &Value<'_>, max: usize, is_shown: bool, out: &mut Vec<u8>) {
    let text = &value.text[..value.text.len().min(max)];
    match value.kind {
        Kind::String => write_string(text, is_shown, out),
        Kind::Bytes => {
            out.extend(b"h'");
            out.extend(hex::digits(text));
            out.push(b'\'');
        }
        Kind::Tag => {
            out.extend_from_slice(text);
            out.push(b' ');
        }
        _ => out.extend_from_slice(text),
    }
}

fn write_string(text: &[u8], is_shown: bool, out: &mut Vec<u8>) {
    if is_shown {
        push_quoted(text, out);
    } else {
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    }
}

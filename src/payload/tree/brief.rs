//! Short text for displaying values, since long text does not fit in a row and would take too long
//! to format for each frame.

use super::{Key, Kind, NodeId, Tree, Value};
use crate::payload::escape::char_start;
use crate::payload::figures;
use crate::payload::hex;
use crate::payload::json::text::quoted;

/// Arrays and objects with more values than this are shown only as a count.
const MAX_VALUES: u32 = 500;

/// Text of more than this many bytes is shown in part, followed by its size.
const LONG_TEXT: usize = 16 << 10;

/// Like [`LONG_TEXT`], for text within an array, an object or a tag.
const LONG_INNER_TEXT: usize = 200;

/// The number of bytes of long text to show.
const PART: usize = 200;

/// The number of bytes to show before the requested offset in long text.
const LEAD: usize = 40;

impl Tree {
    /// Returns a value as the message pane shows it. A string is shown as its contents in quotes,
    /// which need not be JSON; within arrays and objects, quotes and backslashes are escaped. Bytes
    /// are in hex, `h'00ff'`. A tag precedes its content. A value that is too long is shown in
    /// part, with its size; for text, this is the part around the byte at `from`.
    pub fn in_brief(&self, id: NodeId, payload: &[u8], from: usize) -> Vec<u8> {
        let Some(value) = self.value(id, payload) else {
            return Vec::new();
        };
        match value.kind {
            Kind::Tag => {
                let inner = self.next(id);
                let inner = inner.map(|inner| self.in_brief(inner, payload, from));
                [value.text, b" ", &inner.unwrap_or_default()].concat()
            }
            Kind::Array | Kind::Object => {
                let mut out = Vec::new();
                self.push_within(&value, payload, &mut out);
                out
            }
            kind => Part::of(value.text, from, LONG_TEXT).shown(kind, <[u8]>::to_vec),
        }
    }

    /// Appends a value that is inside another value, or a whole array or object.
    fn push_within(&self, value: &Value<'_>, payload: &[u8], out: &mut Vec<u8>) {
        let inner = Part::of(value.text, 0, LONG_INNER_TEXT);
        match value.kind {
            Kind::Array | Kind::Object => self.push_list(value, payload, out),
            Kind::Tag => {
                out.extend(inner.shown(value.kind, escaped));
                for child in self.values_in(value.id, payload) {
                    out.push(b' ');
                    self.push_within(&child, payload, out);
                }
            }
            kind => out.extend(inner.shown(kind, escaped)),
        }
    }

    fn push_list(&self, value: &Value<'_>, payload: &[u8], out: &mut Vec<u8>) {
        let (open, close) = value.kind.brackets();
        out.extend(open.as_bytes());
        let node = self.node(value.id);
        if node.is_some_and(|node| node.end - value.id.0 > MAX_VALUES) {
            out.extend(figures::count(value.count as u64).as_bytes());
            out.extend(close.as_bytes());
            return;
        }
        for (index, child) in self.values_in(value.id, payload).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let name = match child.key {
                Key::Name(name) => Some((name, Kind::String)),
                Key::Other(words) => Some((words, Kind::Other)),
                Key::Index(_) | Key::None => None,
            };
            if let Some((name, kind)) = name {
                out.extend(Part::of(name, 0, LONG_INNER_TEXT).shown(kind, escaped));
                out.push(b':');
            }
            self.push_within(&child, payload, out);
        }
        out.extend(close.as_bytes());
    }

    fn values_in<'a>(&'a self, id: NodeId, payload: &'a [u8]) -> impl Iterator<Item = Value<'a>> {
        self.children(id)
            .filter_map(move |child| self.value(child, payload))
    }
}

/// Text, or the part of it that is shown.
struct Part<'a> {
    text: &'a [u8],
    has_start: bool,
    has_end: bool,
    /// The size of the text, if it is cut; otherwise empty.
    size: String,
}

impl<'a> Part<'a> {
    /// Returns all of `text` if it has at most `long` bytes, else the part around the byte at
    /// `from`.
    fn of(text: &'a [u8], from: usize, long: usize) -> Self {
        let (mut start, mut end) = (0, text.len());
        let mut size = String::new();
        if text.len() > long {
            start = char_start(text, from.saturating_sub(LEAD));
            end = char_start(text, end.min(start + PART));
            size = format!(" {}", figures::size(text.len() as u64));
        }
        Self {
            text: &text[start..end],
            has_start: start == 0,
            has_end: end == text.len(),
            size,
        }
    }

    /// Returns the text in the notation of this kind of value. `string` formats the contents of a
    /// string.
    fn shown(&self, kind: Kind, string: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        match kind {
            Kind::String => self.between("\"", &string(self.text), "\""),
            Kind::Bytes => self.between("h'", &hex::digits(self.text).collect::<Vec<_>>(), "'"),
            _ => self.between("", self.text, ""),
        }
    }

    /// Returns `shown` between `open` and `close`, followed by the size. `…` replaces `open` or
    /// `close` at an end that is cut.
    fn between(&self, open: &str, shown: &[u8], close: &str) -> Vec<u8> {
        let open = if self.has_start { open } else { "…" };
        let close = if self.has_end { close } else { "…" };
        let (open, close) = (open.as_bytes(), close.as_bytes());
        [open, shown, close, self.size.as_bytes()].concat()
    }
}

/// Returns the contents of a string within a value, escaped, without the quotes.
fn escaped(text: &[u8]) -> Vec<u8> {
    let quoted = quoted(text);
    quoted[1..quoted.len() - 1].to_vec()
}

//! Short texts of values for display: a row has no room, and a frame no time, for more.

use super::{Key, Kind, NodeId, Tree, Value};
use crate::payload::figures;
use crate::payload::hex;
use crate::payload::json::text::quoted;

/// Arrays and objects with more values than this are shown by their count.
const MOST_VALUES: u32 = 500;

/// Texts longer than this are shown by a part and their length.
const LONG_TEXT: usize = 16 << 10;

/// Like [`LONG_TEXT`], for a text within an array, an object or a tag.
const LONG_INNER_TEXT: usize = 200;

/// The number of bytes shown of a long text.
const PART: usize = 200;

/// The number of bytes shown before the requested offset.
const LEAD: usize = 40;

impl Tree {
    /// Returns a value as the message pane shows it. A string is its contents in quotes, which need
    /// not be JSON; within arrays and objects, quotes and backslashes are escaped. Bytes are in
    /// hex, `h'00ff'`. A tag precedes its content. What is too long is shown by a part and its
    /// size; of a long text, this is the part around the byte at `from`.
    pub fn in_brief(&self, id: NodeId, payload: &[u8], from: usize) -> Vec<u8> {
        let Some(value) = self.value(id, payload) else {
            return Vec::new();
        };
        match value.kind {
            Kind::Tag => {
                let inner = self
                    .next(id)
                    .map(|inner| self.in_brief(inner, payload, from));
                [value.text, b" ", &inner.unwrap_or_default()].concat()
            }
            Kind::Array | Kind::Object => {
                let mut out = Vec::new();
                self.push_within(&value, payload, &mut out);
                out
            }
            Kind::String => Part::of(value.text, from, LONG_TEXT).in_quotes(<[u8]>::to_vec),
            Kind::Bytes => Part::of(value.text, from, LONG_TEXT).in_hex(),
            _ => Part::of(value.text, from, LONG_TEXT).bare(),
        }
    }

    /// Appends a value within another, or a whole array or object.
    fn push_within(&self, value: &Value<'_>, payload: &[u8], out: &mut Vec<u8>) {
        let inner = Part::of(value.text, 0, LONG_INNER_TEXT);
        match value.kind {
            Kind::Array | Kind::Object => self.push_list(value, payload, out),
            Kind::Tag => {
                out.extend(inner.bare());
                for child in self.values_in(value.id, payload) {
                    out.push(b' ');
                    self.push_within(&child, payload, out);
                }
            }
            Kind::String => out.extend(inner.in_quotes(escaped)),
            Kind::Bytes => out.extend(inner.in_hex()),
            _ => out.extend(inner.bare()),
        }
    }

    fn push_list(&self, value: &Value<'_>, payload: &[u8], out: &mut Vec<u8>) {
        let (open, close) = match value.kind {
            Kind::Array => (b'[', b']'),
            _ => (b'{', b'}'),
        };
        out.push(open);
        if self.is_large(value.id) {
            out.extend(figures::count(value.count as u64).as_bytes());
            out.push(close);
            return;
        }
        for (index, child) in self.values_in(value.id, payload).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            match child.key {
                Key::Name(name) => {
                    out.extend(Part::of(name, 0, LONG_INNER_TEXT).in_quotes(escaped));
                    out.push(b':');
                }
                Key::Other(words) => {
                    out.extend(Part::of(words, 0, LONG_INNER_TEXT).bare());
                    out.push(b':');
                }
                Key::Index(_) | Key::None => {}
            }
            self.push_within(&child, payload, out);
        }
        out.push(close);
    }

    fn values_in<'a>(&'a self, id: NodeId, payload: &'a [u8]) -> impl Iterator<Item = Value<'a>> {
        self.children(id)
            .filter_map(move |child| self.value(child, payload))
    }

    fn is_large(&self, id: NodeId) -> bool {
        let all = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let after = self.after(id).map_or(all, |after| after.0);
        after - id.0 > MOST_VALUES
    }
}

/// A text, or the part of it that is shown.
struct Part<'a> {
    text: &'a [u8],
    starts_it: bool,
    ends_it: bool,
    /// The size of the text, if it is cut; otherwise empty.
    size: String,
}

impl<'a> Part<'a> {
    /// Returns all of `text` if it is no longer than `long`, else the part around the byte at
    /// `from`.
    fn of(text: &'a [u8], from: usize, long: usize) -> Self {
        let is_long = text.len() > long;
        let inside = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
        let (start, end) = if is_long {
            let mut start = from.saturating_sub(LEAD);
            while start > 0 && inside(&start) {
                start -= 1;
            }
            let mut end = text.len().min(start + PART);
            while end > start && inside(&end) {
                end -= 1;
            }
            (start, end)
        } else {
            (0, text.len())
        };
        Self {
            text: &text[start..end],
            starts_it: start == 0,
            ends_it: end == text.len(),
            size: if is_long {
                format!(" {}", figures::size(text.len() as u64))
            } else {
                String::new()
            },
        }
    }

    fn in_quotes(&self, write: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        self.between("\"", &write(self.text), "\"")
    }

    fn in_hex(&self) -> Vec<u8> {
        self.between("h'", &hex::digits(self.text).collect::<Vec<_>>(), "'")
    }

    fn bare(&self) -> Vec<u8> {
        self.between("", self.text, "")
    }

    /// Returns `shown` between `open` and `close`, with `…` instead where it is cut, and the size
    /// if it is.
    fn between(&self, open: &str, shown: &[u8], close: &str) -> Vec<u8> {
        let open = if self.starts_it { open } else { "…" };
        let close = if self.ends_it { close } else { "…" };
        [
            open.as_bytes(),
            shown,
            close.as_bytes(),
            self.size.as_bytes(),
        ]
        .concat()
    }
}

/// Returns a string within a value as it is written between its quotes.
fn escaped(text: &[u8]) -> Vec<u8> {
    let quoted = quoted(text);
    quoted[1..quoted.len() - 1].to_vec()
}

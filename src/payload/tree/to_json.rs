//! Writing a value as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Key, Kind, NodeId, Tree};
use crate::payload::hex;
use crate::payload::json;
use crate::payload::json::text::{Run, Unescaped, runs};

/// What remains to be written.
enum Pending {
    Value(NodeId),
    Name(NodeId),
    Text(&'static str),
}

impl Tree {
    /// Returns the value as JSON, on one line. JSON input is kept as it is written, except for
    /// whitespace between tokens. Values that JSON cannot express are approximated: bytes become a
    /// base64 string (RFC 4648 section 4), keys that are not strings become text, non-finite
    /// numbers become null, and tags are dropped.
    pub fn to_json(&self, id: NodeId, payload: &[u8]) -> Vec<u8> {
        self.written_as_json(id, payload, false)
    }

    /// Like [`Self::to_json`], but strings and bytes below `id` in which a value was found are
    /// written as they were sent.
    pub fn to_json_as_sent(&self, id: NodeId, payload: &[u8]) -> Vec<u8> {
        self.written_as_json(id, payload, true)
    }

    fn written_as_json(&self, id: NodeId, payload: &[u8], is_as_sent: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut steps = vec![Pending::Value(id)];
        while let Some(step) = steps.pop() {
            match step {
                Pending::Text(text) => out.extend_from_slice(text.as_bytes()),
                Pending::Name(id) => {
                    let name = self.value(id, payload).map(|value| value.key);
                    if let Some(Key::Name(name) | Key::Other(name)) = name {
                        self.write_name(id, name, payload, &mut out);
                    }
                }
                Pending::Value(id)
                    if is_as_sent && let Some((kind, text)) = self.original(id, payload) =>
                {
                    write_scalar(kind, text, &mut out);
                }
                Pending::Value(id) => self.write_value(id, payload, &mut out, &mut steps),
            }
        }
        out
    }

    /// Returns the text of a value for copying. Containers are returned as written if that is JSON,
    /// and converted to JSON otherwise; bytes are in hex, as they are shown. In a JSON string, half
    /// of a surrogate pair stays an escape, since UTF-8 cannot express it.
    pub fn copy_text(&self, id: NodeId, payload: &[u8]) -> Vec<u8> {
        let Some(value) = self.value(id, payload) else {
            return Vec::new();
        };
        let written = self.source(id).and_then(|range| payload.get(range));
        match (value.kind, written.filter(|_| !self.is_binary)) {
            (Kind::Array | Kind::Object | Kind::Tag, Some(written)) => written.to_vec(),
            (Kind::Array | Kind::Object | Kind::Tag, None) => self.to_json(id, payload),
            (Kind::Bytes, _) => hex::digits(value.text).collect(),
            (_, Some([b'"', raw @ .., b'"'])) if str::from_utf8(value.text).is_err() => {
                Unescaped::keeping_surrogates(raw).collect()
            }
            _ => value.text.to_vec(),
        }
    }

    fn write_value(&self, id: NodeId, payload: &[u8], out: &mut Vec<u8>, steps: &mut Vec<Pending>) {
        let Some(value) = self.value(id, payload) else {
            return;
        };
        match value.kind {
            Kind::Tag => steps.extend(self.children(id).map(Pending::Value)),
            Kind::Array | Kind::Object => {
                let (open, close) = value.kind.brackets();
                out.extend_from_slice(open.as_bytes());
                let start = steps.len();
                for (index, child) in self.children(id).enumerate() {
                    if index > 0 {
                        steps.push(Pending::Text(","));
                    }
                    if value.kind == Kind::Object {
                        steps.extend([Pending::Name(child), Pending::Text(":")]);
                    }
                    steps.push(Pending::Value(child));
                }
                steps.push(Pending::Text(close));
                steps[start..].reverse();
            }
            _ => {
                let source = self.source(id).and_then(|range| payload.get(range));
                match source.filter(|source| self.is_as_json(source)) {
                    Some(source) => out.extend_from_slice(source),
                    None => write_scalar(value.kind, value.text, out),
                }
            }
        }
    }

    /// Writes a name. A name that is JSON in the payload is copied from there unchanged.
    fn write_name(&self, id: NodeId, name: &[u8], payload: &[u8], out: &mut Vec<u8>) {
        let range = self.written(id).1;
        let quoted = range.and_then(|range| {
            let start = range.start.checked_sub(1)?;
            payload.get(start..=range.end)
        });
        match quoted.filter(|quoted| self.is_as_json(quoted)) {
            Some(quoted) => out.extend_from_slice(quoted),
            None => write_string(name, out),
        }
    }

    /// Returns whether `written`, a part of the payload, is valid JSON.
    fn is_as_json(&self, written: &[u8]) -> bool {
        !self.is_binary && json::is_json(written)
    }
}

fn write_scalar(kind: Kind, text: &[u8], out: &mut Vec<u8>) {
    match kind {
        Kind::Bool | Kind::Number if json::is_json(text) => out.extend_from_slice(text),
        Kind::Null | Kind::Bool | Kind::Number => out.extend_from_slice(b"null"),
        Kind::Bytes => write_string(STANDARD.encode(text).as_bytes(), out),
        _ => write_string(text, out),
    }
}

/// Writes `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD, except for halves of
/// surrogate pairs, which JSON can express.
fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for run in runs(text) {
        match run {
            Run::Text(text) => write_text(text, out),
            Run::Surrogate(code) => out.extend_from_slice(format!("\\u{code:04x}").as_bytes()),
            Run::Broken => out.extend_from_slice("\u{fffd}".as_bytes()),
        }
    }
    out.push(b'"');
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    for letter in text.chars() {
        match letter {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            control if control.is_control() => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes());
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

//! Writing the lines of recordings. Nothing in them can act on a terminal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::message::Topic;
use crate::payload::escape::is_forbidden;

/// A message to write.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The channel it was published to.
    pub channel: &'a [u8],
    /// The subscriptions that delivered it.
    pub topics: &'a [&'a Topic],
    /// The payload, or as much of it as is known.
    pub payload: &'a [u8],
    /// The original size of the payload, in bytes.
    pub size: u64,
}

impl Message<'_> {
    /// Returns whether only the first bytes of the payload are known.
    pub fn is_cut(&self) -> bool {
        self.size > self.payload.len() as u64
    }

    fn is_sharded(&self) -> bool {
        self.topics.iter().any(|topic| topic.is_sharded())
    }
}

/// A line that is being written: an object, member by member.
#[derive(Debug)]
pub struct Line<'a>(&'a mut Vec<u8>);

impl<'a> Line<'a> {
    /// Starts a line at the end of `out` with the member `time`, whose value needs no escapes.
    pub fn starting_at(time: &str, out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(time.as_bytes());
        out.push(b'"');
        Self(out)
    }

    /// Starts a line at the end of `out` with a member whose value is already JSON.
    pub fn starting_with(name: &str, json: &str, out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(b"{\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(json.as_bytes());
        Self(out)
    }

    /// Adds a member whose value is already JSON.
    pub fn add(&mut self, name: &str, json: impl AsRef<[u8]>) {
        self.name(name);
        self.0.extend_from_slice(json.as_ref());
    }

    /// Adds a member with a string.
    pub fn add_text(&mut self, name: &str, text: &str) {
        self.name(name);
        push_string(self.0, text);
    }

    /// Adds a member with bytes as text or, if they are not UTF-8, in base64, followed by a member
    /// named `encoding` that says so.
    pub fn add_bytes(&mut self, name: &str, encoding: &str, bytes: &[u8]) {
        if let Ok(text) = str::from_utf8(bytes) {
            self.add_text(name, text);
        } else {
            self.name(name);
            self.0.push(b'"');
            let start = self.0.len();
            let length = base64::encoded_len(bytes.len(), true).unwrap_or_default();
            self.0.resize(start + length, 0);
            // The slice has exactly the length of the text.
            let _ = STANDARD.encode_slice(bytes, &mut self.0[start..]);
            self.0.push(b'"');
            self.add(encoding, "\"base64\"");
        }
    }

    /// Adds the members of a message.
    pub fn add_message(&mut self, message: &Message<'_>) {
        self.add_bytes("channel", "channel_encoding", message.channel);
        self.name("via");
        self.0.push(b'[');
        for (index, topic) in message.topics.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            push_string(self.0, &String::from_utf8_lossy(&topic.name));
        }
        self.0.push(b']');
        if message.is_sharded() {
            self.add("sharded", "true");
        }
        if message.is_cut() {
            self.add("size", message.size.to_string());
        }
        self.add_bytes("payload", "encoding", message.payload);
    }

    /// Ends the line.
    pub fn end(self) {
        self.0.extend_from_slice(b"}\n");
    }

    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}

/// Appends `text` as a JSON string. Characters that a terminal would act on or hide are escaped,
/// which does not change the value.
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(CHUNK);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (chunk, next) = rest.split_at(end);
        push_chunk(out, chunk);
        rest = next;
    }
    out.push(b'"');
}

/// In [`ESCAPES`], a byte that stands for itself.
const PLAIN: u8 = 0;

/// In [`ESCAPES`], a byte that is not ASCII, or has no short escape.
const OTHER: u8 = 1;

/// What follows the backslash that escapes a byte, if it has such a short escape.
const ESCAPES: [u8; 256] = {
    let mut escapes = [OTHER; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        escapes[byte as usize] = PLAIN;
        byte += 1;
    }
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes[b'\n' as usize] = b'n';
    escapes[b'\r' as usize] = b'r';
    escapes[b'\t' as usize] = b't';
    escapes
};

/// Maximum number of bytes that are appended at once.
const CHUNK: usize = 256;

/// Maximum length of the escape of one byte: `\u001b`.
const MAX_ESCAPE: usize = 6;

/// Appends a part of a string. JSON is full of quotes, so that copying what is between them would
/// take longer than going byte by byte.
fn push_chunk(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    out.resize(start + MAX_ESCAPE * text.len(), 0);
    let room = &mut out[start..];
    let mut written = 0;
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        at += 1;
        match ESCAPES[usize::from(*byte)] {
            PLAIN => {
                room[written] = *byte;
                written += 1;
            }
            OTHER => {
                let character = text[at - 1..].chars().next().unwrap_or_default();
                at += character.len_utf8() - 1;
                written += put_other(character, &mut room[written..]);
            }
            escape => {
                room[written] = b'\\';
                room[written + 1] = escape;
                written += 2;
            }
        }
    }
    out.truncate(start + written);
}

/// Writes a character that is not ASCII, or has no short escape. Returns its length.
fn put_other(character: char, room: &mut [u8]) -> usize {
    if !character.is_ascii() && !is_forbidden(character) {
        return character.encode_utf8(room).len();
    }
    let mut escaped = Vec::with_capacity(2 * MAX_ESCAPE);
    push_escaped(&mut escaped, character);
    room[..escaped.len()].copy_from_slice(&escaped);
    escaped.len()
}

/// Appends a character as its UTF-16 code units, escaped as in a JSON string.
pub fn push_escaped(out: &mut Vec<u8>, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    fn string(text: &str) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_keep_their_value_and_cannot_act_on_a_terminal() {
        for (text, json) in [
            ("", r#""""#),
            ("plain é 漢", r#""plain é 漢""#),
            ("\"\\\n\r\t", r#""\"\\\n\r\t""#),
            ("\u{1b}[2J\u{7f}", r#""\u001b[2J\u007f""#),
            ("a\u{202e}b\u{e0001}", r#""a\u202eb\udb40\udc01""#),
        ] {
            assert_eq!(string(text), json);
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(value.as_str().unwrap(), text);
        }
    }

    #[test]
    fn long_strings_keep_their_value() {
        for part in ["\"", "a\"é\u{202e}", "x", "漢字", "\u{0}\\"] {
            for count in [CHUNK - 1, CHUNK, CHUNK + 1, 1000] {
                let text = part.repeat(count);
                let value: serde_json::Value = serde_json::from_str(&string(&text)).unwrap();
                assert!(value.as_str() == Some(&text), "{part:?} × {count}");
            }
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_in_base64() {
        let mut out = Vec::new();
        let mut line = Line::starting_at("now", &mut out);
        let topic = Topic::shard(b"s");
        line.add_message(&Message {
            channel: b"\xff",
            topics: &[&topic],
            payload: b"\x00\xfe",
            size: 9,
        });
        line.end();
        let expected = r#"{"time":"now","channel":"/w==","channel_encoding":"base64","via":["s"],"sharded":true,"size":9,"payload":"AP4=","encoding":"base64"}"#;
        assert_eq!(String::from_utf8(out).unwrap(), format!("{expected}\n"));
    }
}

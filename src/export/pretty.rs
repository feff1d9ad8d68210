//! A payload as text for people and their programs: decoded and formatted.

use super::json::push_json;
use crate::payload::decoder_choices::DecoderChoice;
use crate::payload::escape::{is_forbidden, whole};
use crate::payload::format::unpack::MAX_SIZE;
use crate::payload::hex;
use crate::payload::tree::NodeId;

/// The width of a hex dump, in columns.
const HEX_COLUMNS: usize = 76;

/// The maximum indentation, in levels. More deeply nested values are not indented further.
const MAX_INDENT: usize = 32;

/// A payload as text, and the extension of a file for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pretty {
    /// The text, which ends in a line break unless it is empty.
    pub text: String,
    /// `json`, `txt` or `hex`.
    pub extension: &'static str,
}

/// Decodes and formats a payload. Nothing in the result can act on a terminal.
pub fn pretty(payload: &[u8], choice: Option<&DecoderChoice>) -> Pretty {
    let decoded = match choice {
        Some(choice) => choice.read(payload, MAX_SIZE),
        None => DecoderChoice::default().read(payload, MAX_SIZE),
    };
    let bytes = decoded.bytes(payload);
    let (mut text, extension) = if let Some(tree) = &decoded.tree {
        let mut json = Vec::new();
        push_json(&mut json, &tree.to_json(NodeId::default(), bytes));
        (indented(&String::from_utf8_lossy(&json)), "json")
    } else if let Ok(text) = str::from_utf8(bytes) {
        (safe(text), "txt")
    } else {
        (dump(bytes), "hex")
    };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Pretty { text, extension }
}

/// Formats single-line JSON with one value per line.
fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut is_string = false;
    let mut is_escaped = false;
    let mut letters = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(MAX_INDENT)));
    };
    while let Some(letter) = letters.next() {
        if is_string {
            out.push(letter);
            is_string = letter != '"' || is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            continue;
        }
        match letter {
            '{' | '[' => {
                out.push(letter);
                if let Some(close) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter => {
                is_string = letter == '"';
                out.push(letter);
            }
        }
    }
    out
}

/// Returns `text` with visible escapes for the characters that a terminal would act on or hide.
/// Line breaks and tabs are kept.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut buffer = [0; 4];
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => out.push(letter),
            letter if is_forbidden(letter) => {
                out.push_str(&whole(letter.encode_utf8(&mut buffer).as_bytes()));
            }
            letter => out.push(letter),
        }
    }
    out
}

/// Returns a hex dump, as the bytes tab shows it.
fn dump(bytes: &[u8]) -> String {
    let width = hex::bytes_in_row(HEX_COLUMNS);
    let rows = bytes.chunks(width).enumerate();
    let rows = rows.map(|(row, bytes)| {
        let digits = bytes.iter().map(|byte| format!("{byte:02x} "));
        let characters: String = bytes.iter().map(|byte| hex::character(*byte)).collect();
        let digits: String = digits.collect();
        format!(
            "{:08x}  {digits:<1$} {characters}\n",
            row * width,
            width * 3
        )
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_a_value_per_line() {
        let shown = pretty(br#"{"a":[1,{}],"b": "x\"{,:\\"}"#, None);
        assert_eq!(
            shown.text,
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x\\\"{,:\\\\\"\n}\n"
        );
        assert_eq!(shown.extension, "json");
        // {"a":"x"} in CBOR.
        assert_eq!(
            pretty(b"\xa1\x61a\x61x", None).text,
            "{\n  \"a\": \"x\"\n}\n"
        );
        assert_eq!(pretty(b"", None).text, "");
    }

    #[test]
    fn nothing_acts_on_a_terminal() {
        let shown = pretty("\u{1b}[2Jé\n\tx\u{202e}".as_bytes(), None);
        assert_eq!(shown.text, "\\x1b[2Jé\n\tx\\u{202e}\n");
        // Colours are left out.
        let coloured = pretty(b"\x1b[31mred\x1b[0m \x1b[2J", None);
        assert_eq!(coloured.text, "red \\x1b[2J\n");
        let shown = pretty("{\"a\":\"\u{9b}\"}".as_bytes(), None);
        assert_eq!(shown.text, "{\n  \"a\": \"\\u009b\"\n}\n");
        let shown = pretty(b"\xff\x00\x1b", None);
        assert_eq!(shown.extension, "hex");
        assert!(
            shown.text.starts_with("00000000  ff 00 1b "),
            "{}",
            shown.text
        );
    }

    #[test]
    fn deep_values_do_not_grow_without_bound() {
        let deep = [vec![b'['; 5_000], vec![b']'; 5_000]].concat();
        assert!(pretty(&deep, None).text.len() < 5_000 * 2 * (2 * MAX_INDENT + 3));
    }
}

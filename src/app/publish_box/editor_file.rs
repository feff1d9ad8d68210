//! The file in which the text of the box is opened in the user's editor.

use std::fmt::Write as _;
use std::str::Utf8Error;

use super::limits::MAX_EDITED;
use crate::payload::figures;
use crate::payload::format::unpack::SMALL;
use crate::payload::format::{self, Format};

/// Returns the content of the file for a text. Editors end the last line too.
pub(super) fn content(text: &str) -> String {
    format!("{text}\n")
}

/// Returns the text in a file: without the end of the last line.
///
/// # Errors
///
/// Returns the reason if the text is too long for the box.
pub(super) fn text(file: &[u8]) -> Result<&[u8], String> {
    let text = file.strip_suffix(b"\n").unwrap_or(file);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    if text.len() > MAX_EDITED {
        let [size, most] = [text.len(), MAX_EDITED].map(|size| figures::size(size as u64));
        return Err(format!(
            "the edited text is too long: {size}, at most {most}"
        ));
    }
    Ok(text)
}

/// Returns the extension of a file with this text.
pub(super) fn extension(text: &str) -> &'static str {
    match format::recognise(text.as_bytes(), None, SMALL).format {
        Format::Json => "json",
        Format::Xml => "xml",
        Format::Yaml => "yaml",
        _ => "txt",
    }
}

/// Returns text in which escapes stand for the bytes that are not UTF-8.
pub(super) fn with_escapes(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Returns the error for bytes that are not text.
pub(super) fn not_utf8(bytes: &[u8], wrong: Utf8Error) -> String {
    let before = bytes.get(..wrong.valid_up_to()).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    format!("the edited text is not UTF-8: see line {line}")
}

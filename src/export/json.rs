//! Writing JSON that is safe to show on a terminal.

use crate::payload::escape::is_forbidden;
use crate::recording::push_escaped;

/// Appends JSON on one line. In its strings, characters that a terminal would act on or hide are
/// escaped, which does not change the value.
pub fn push_json(out: &mut Vec<u8>, json: &[u8]) {
    let text = String::from_utf8_lossy(json);
    let mut written = 0;
    for (at, character) in text.char_indices() {
        if matches!(character, ' '..='~') || !is_forbidden(character) {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[written..at]);
        written = at + character.len_utf8();
        // Strings contain no control characters, so these are blanks between tokens.
        if matches!(character, '\n' | '\r' | '\t') {
            out.push(b' ');
        } else {
            push_escaped(out, character);
        }
    }
    out.extend_from_slice(&text.as_bytes()[written..]);
}

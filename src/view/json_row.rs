//! Quiet colours for JSON in a row of the log.

use ratatui::style::Style;

use super::theme;

/// Returns the style of each part of a row's text: where the part ends, and its style. `None` if
/// the text does not start like a JSON object or array.
///
/// The text is what the row shows, so that a cut or escaped document is coloured as far as it goes.
pub(super) fn styles(text: &str) -> Option<Vec<(usize, Style)>> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut styles = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (end, style) = match byte {
            b'"' => string(bytes, at),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => (at + 1, theme::QUIET),
            _ => {
                let others = bytes[at..].iter();
                let length = others
                    .take_while(|byte| !b"\"{}[],:".contains(byte))
                    .count();
                (at + length, Style::new())
            }
        };
        styles.push((end, style));
        at = end;
    }
    Some(styles)
}

/// Returns the end and the style of the string that starts at `at`: a key if a colon follows.
fn string(bytes: &[u8], at: usize) -> (usize, Style) {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        end += 1;
        match byte {
            b'"' => break,
            b'\\' => end += 1,
            _ => {}
        }
    }
    let end = end.min(bytes.len());
    let mut rest = bytes[end..].iter().filter(|byte| **byte != b' ');
    let is_key = rest.next() == Some(&b':');
    (end, if is_key { theme::KEY } else { theme::STRING })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text with a letter for the style of each byte: key, string, or punctuation.
    fn painted(text: &str) -> String {
        let mut start = 0;
        let mut painted = String::new();
        for (end, style) in styles(text).unwrap_or_default() {
            let letter = match style {
                theme::KEY => "k",
                theme::STRING => "s",
                theme::QUIET => ".",
                _ => " ",
            };
            painted += &letter.repeat(end - start);
            start = end;
        }
        painted
    }

    #[test]
    fn keys_strings_and_punctuation_are_told_apart() {
        for (text, expected) in [
            (r#"{"a":"b","c": [1,true]}"#, ".kkk.sss.kkk. . .    .."),
            (r#"["\"a","b" : 1]"#, ".sssss.kkk .  ."),
            (r#"{"a":"cut"#, ".kkk.ssss"),
            (r#"["\"#, ".ss"),
            ("not JSON", ""),
            ("", ""),
        ] {
            let painted = painted(text);
            assert_eq!(painted, expected, "{text}");
        }
    }
}

//! Quiet colours for JSON in a row of the log.

use ratatui::style::Style;

use super::theme;

/// Returns the end and the style of each part of a row's text, or `None` if the payload does not
/// start like a JSON object or array. `before` is the part of the payload that precedes the text.
///
/// Since `text` is what the row shows, a document that is cut off or escaped is coloured as far as
/// it is visible.
pub(super) fn styles(before: &[u8], text: &str) -> Option<Vec<(usize, Style)>> {
    let first = before.first().or(text.as_bytes().first());
    if !first.is_some_and(|first| b"{[".contains(first)) {
        return None;
    }
    let mut place = Place::default();
    let is_inside = place.pass(before);
    let bytes = text.as_bytes();
    let mut styles = Vec::new();
    let mut at = 0;
    if is_inside {
        let (end, style) = string(bytes, 0, &place);
        styles.push((end, style));
        at = end;
    }
    while let Some(byte) = bytes.get(at) {
        place.enter(*byte);
        let (end, style) = match byte {
            b'"' => string(bytes, at + 1, &place),
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

/// A place between the strings of a document.
#[derive(Debug, Default)]
struct Place {
    /// For each object or array around it, innermost in the lowest bit, whether it is an object. The
    /// outermost of more than 64 are forgotten.
    objects: u64,
    /// Whether a string here is a key.
    expects_key: bool,
}

impl Place {
    /// Moves past a byte outside of strings.
    fn enter(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => {
                self.objects = self.objects << 1 | u64::from(byte == b'{');
                self.expects_key = byte == b'{';
            }
            b'}' | b']' => {
                self.objects >>= 1;
                self.expects_key = false;
            }
            b',' => self.expects_key = self.objects & 1 == 1,
            b':' => self.expects_key = false,
            _ => {}
        }
    }

    /// Moves past `text`. Returns whether it ends inside a string.
    fn pass(&mut self, text: &[u8]) -> bool {
        let mut is_inside = false;
        let mut bytes = text.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => is_inside = !is_inside,
                b'\\' if is_inside => {
                    bytes.next();
                }
                byte if !is_inside => self.enter(*byte),
                _ => {}
            }
        }
        is_inside
    }
}

/// Returns the end and the style of the string whose text starts at `at`: that of a key if a colon
/// follows or, if the text ends before that can be seen, if the string is at the place of a key.
fn string(bytes: &[u8], at: usize, place: &Place) -> (usize, Style) {
    let mut end = at;
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
    let is_key = rest.next().map_or(place.expects_key, |next| *next == b':');
    (end, if is_key { theme::KEY } else { theme::STRING })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text with a letter for the style of each byte: key, string, or punctuation.
    fn painted(before: &str, text: &str) -> String {
        let mut start = 0;
        let mut painted = String::new();
        for (end, style) in styles(before.as_bytes(), text).unwrap_or_default() {
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
            (r#"{"a":"b","cut"#, ".kkk.sss.kkkk"),
            (r#"{"a":"b","whole""#, ".kkk.sss.kkkkkkk"),
            ("{", "."),
            (r#"{"c"#, ".kk"),
            (r#"{"a":["b","cut"#, ".kkk..sss.ssss"),
            (r#"{"a":[1],"cut"#, ".kkk.. ..kkkk"),
            (r#"[{"a":1},"cut"#, "..kkk. ..ssss"),
            (r#"["\"#, ".ss"),
            ("not JSON", ""),
            ("", ""),
        ] {
            let painted = painted("", text);
            assert_eq!(painted, expected, "{text}");
        }
    }

    #[test]
    fn a_text_cut_at_its_start_is_coloured_like_the_rest_of_the_document() {
        for (before, text, expected) in [
            (r#"{"a":"#, r#""b","c":1}"#, "sss.kkk. ."),
            (r#"{"a":"lo"#, r#"ng, 1","c":1}"#, "ssssss.kkk. ."),
            (r#"{"a\""#, r#"b":"c"}"#, "kk.sss."),
            (r#"{"k"#, r#"ey": 1}"#, "kkk.  ."),
            (r#"{"a":["},","#, r#""b"],"cut"#, "sss..kkkk"),
            (r#"{"a":1,"k"#, "ey cut", "kkkkkk"),
            (r#"{"a":"{","k"#, "ey cut", "kkkkkk"),
            (r#"["a","v"#, "alue cut", "ssssssss"),
            (r#"text with "a"#, r#"b" : {"#, ""),
        ] {
            let painted = painted(before, text);
            assert_eq!(painted, expected, "{before}|{text}");
        }
    }
}

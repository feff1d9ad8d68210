//! Wrapping of text into lines.

use unicode_width::UnicodeWidthStr as _;

/// Wraps text into lines of at most `columns`, unless a word is longer. Text that may contain
/// control characters must be escaped first, as its width is taken to be the width on the screen.
pub fn wrapped(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    // The start, the end and the width of the current line, and the start of the next word.
    let (mut start, mut end, mut width, mut next) = (0, 0, 0, 0);
    for word in text.split(' ') {
        let longer = width + 1 + word.width();
        if next == 0 {
            width = word.width();
        } else if longer <= columns {
            width = longer;
        } else {
            lines.push(&text[start..end]);
            (start, width) = (next, word.width());
        }
        end = next + word.len();
        next = end + 1;
    }
    lines.push(&text[start..]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_too_long_has_a_line_of_its_own() {
        assert_eq!(wrapped("a bc def g", 4), ["a bc", "def", "g"]);
        assert_eq!(wrapped("a bcdef g", 2), ["a", "bcdef", "g"]);
        assert_eq!(wrapped("bcdef", 2), ["bcdef"]);
        assert_eq!(wrapped("", 0), [""]);
        assert_eq!(wrapped(" a  b ", 2), [" a", " b", ""]);
    }

    #[test]
    fn a_long_text_is_wrapped_in_one_pass() {
        let text = "ab c ".repeat(100_000);
        let lines = wrapped(&text, 9);
        assert_eq!((lines.len(), lines[0]), (50_001, "ab c ab c"));
    }
}

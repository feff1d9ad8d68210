//! Wrapping of text into lines.

use unicode_width::UnicodeWidthStr as _;

/// Wraps the program's own text into lines of at most `columns`, unless a word is longer.
pub fn wrapped(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > columns {
        let spaces = rest.match_indices(' ').map(|(at, _)| at);
        let (fitting, longer): (Vec<_>, Vec<_>) =
            spaces.partition(|at| rest[..*at].width() <= columns);
        let Some(at) = fitting.last().or(longer.first()) else {
            break;
        };
        lines.push(&rest[..*at]);
        rest = &rest[at + 1..];
    }
    lines.push(rest);
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
    }
}

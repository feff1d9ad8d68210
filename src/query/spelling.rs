//! How names and values are written in queries, and how similar two spellings are.

use std::ops::Range;

use crate::payload::escape;

/// Returns the number of typos that turn `known` into `written`, ignoring case; `None` if there are
/// more than a user is likely to make.
pub fn typos(written: &str, known: &str) -> Option<usize> {
    if written.eq_ignore_ascii_case(known) {
        return Some(0);
    }
    // Compare the lengths first: this is cheap and rules out most names.
    let length = written.chars().count();
    let most = length.div_ceil(4);
    if length < 3 || known.chars().count().abs_diff(length) > most {
        return None;
    }
    let (written, known) = (written.to_lowercase(), known.to_lowercase());
    Some(strsim::osa_distance(&written, &known)).filter(|typos| *typos <= most)
}

/// Returns `text` in quotes.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// Returns the regular expression for `text` within a string, in upper or lower case.
pub fn pattern_within(text: &str) -> String {
    format!("/{}/i", regex::escape(text).replace('/', "\\/"))
}

/// Returns whether a channel's name needs no quotes or escapes after `channel:`.
pub fn is_simple_name(name: &str) -> bool {
    let is_special = |letter: char| letter.is_whitespace() || "()\"\\*?[".contains(letter);
    !name.is_empty() && !name.contains(is_special) && escape::is_plain_name(name.as_bytes())
}

/// Returns `text` with `parts` replaced; `None` if there are none.
pub fn replaced<'a>(
    text: &str,
    parts: impl IntoIterator<Item = (&'a Range<usize>, &'a str)>,
) -> Option<String> {
    let mut replaced = String::new();
    let mut end = 0;
    for (part, with) in parts {
        // Parts may overlap; the first wins.
        let Some(between) = text.get(end..part.start) else {
            continue;
        };
        replaced.push_str(between);
        replaced.push_str(with);
        end = part.end;
    }
    replaced.push_str(text.get(end..)?);
    (end > 0).then_some(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_typos_are_tolerated() {
        for (written, known, expected) in [
            ("ordrs", "orders", Some(1)),
            ("lvel", "level", Some(1)),
            ("Level", "level", Some(0)),
            ("levle", "level", Some(1)),
            ("a", "b", None),
            ("id", "ix", None),
            ("info", "error", None),
            ("customer", "customers", Some(1)),
        ] {
            assert_eq!(typos(written, known), expected, "{written} {known}");
        }
    }
}

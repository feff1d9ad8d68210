//! How names and values are written in queries, and how similar two spellings are.

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

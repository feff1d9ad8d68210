//! The text beside a completion.

use unicode_width::UnicodeWidthStr as _;

/// A text beside a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What it means, or how often it was seen.
    Words(String),
    /// The first values seen at a path, and whether there are more.
    Values(Vec<String>, bool),
}

impl Note {
    /// Returns the note within `columns`: as many whole values as fit, and `…` for the others.
    pub fn within(&self, columns: usize) -> String {
        let (values, has_more) = match self {
            Self::Words(words) => return words.clone(),
            Self::Values(values, has_more) => (values, *has_more),
        };
        for count in (1..=values.len()).rev() {
            let more = if has_more || count < values.len() {
                ", …"
            } else {
                ""
            };
            let words = values[..count].join(", ") + more;
            if words.width() <= columns {
                return words;
            }
        }
        values.first().cloned().unwrap_or_default()
    }
}

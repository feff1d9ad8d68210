//! The list of query syntax, formatted for a given width.

use crate::app::layout::wrapped;
use crate::query::{CONDITIONS, SYNTAX};

/// The columns for the general form of a term, including the space after it.
const FORM: usize = 21;

/// The columns for an example, including the space after it.
const EXAMPLE: usize = 31;

/// A list narrower than this leaves out the forms, since the examples are enough.
const MIN_FOR_FORMS: usize = 100;

/// A list narrower than this shows the meaning below the example.
const MIN_FOR_MEANINGS: usize = 60;

/// The indentation of a meaning below its example.
const INDENT: usize = 2;

/// A line of the list. Parts that are on other lines are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyntaxLine {
    /// The general form of a term.
    pub form: &'static str,
    /// An example that can be used as is.
    pub example: &'static str,
    /// What the example matches, or the part of it that fits on this line.
    pub meaning: &'static str,
}

/// The widths of the parts of a line, including the space after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxColumns {
    /// The columns of the form; 0 if it is left out.
    pub form: usize,
    /// The columns of the example. An example may be longer if nothing follows it on its line.
    pub example: usize,
}

impl SyntaxColumns {
    /// Returns the columns of the parts in a list of `columns`.
    pub fn of(columns: usize) -> Self {
        let form = if columns < MIN_FOR_FORMS { 0 } else { FORM };
        let example = if columns < MIN_FOR_MEANINGS {
            INDENT
        } else {
            EXAMPLE
        };
        Self { form, example }
    }
}

/// Returns the lines of the list, wrapped to `columns`. `with_conditions` adds what only breakpoints
/// can have.
pub fn syntax_lines(columns: usize, with_conditions: bool) -> Vec<SyntaxLine> {
    let parts = SyntaxColumns::of(columns);
    let room = columns.saturating_sub(parts.form + parts.example);
    let mut lines = Vec::new();
    let conditions = CONDITIONS.into_iter().filter(|_| with_conditions);
    for (form, example, meaning) in conditions.chain(SYNTAX) {
        let mut line = SyntaxLine {
            form,
            example,
            meaning: "",
        };
        if columns < MIN_FOR_MEANINGS {
            lines.push(std::mem::take(&mut line));
        }
        for meaning in wrapped(meaning, room) {
            lines.push(SyntaxLine { meaning, ..line });
            line = SyntaxLine::default();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn every_line_fits() {
        for columns in 30..200 {
            let parts = SyntaxColumns::of(columns);
            for line in syntax_lines(columns, true) {
                let form = if parts.form > 0 { line.form } else { "" };
                assert!(form.width() < parts.form.max(1), "{line:?}");
                let example = if line.meaning.is_empty() {
                    line.example.width()
                } else {
                    assert!(line.example.width() < parts.example, "{line:?}");
                    parts.example
                };
                let total = parts.form + example + line.meaning.width();
                assert!(total <= columns, "{line:?} in {columns}");
            }
        }
    }
}

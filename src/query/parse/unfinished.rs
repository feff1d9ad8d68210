//! Whether an invalid query is only unfinished: whether text could be added that makes it valid.

use crate::query::syntax::KINDS;
use crate::query::time::Moment;

/// What may come next in a query, wherever it breaks off.
const ENDS: [&str; 38] = [
    "",
    "x",
    " x",
    " == 1",
    "= 1",
    " 1",
    "1",
    "\"",
    "'",
    "/",
    " (1",
    "n (1",
    " in (1",
    ".x",
    ".x == 1",
    "x == 1",
    "0] == 1",
    "] == 1",
    "\" == 1",
    "x\" == 1",
    "\"] == 1",
    " until < 1",
    " < 1",
    "< 1",
    "s",
    "0s",
    "1s",
    "30s",
    ">1",
    "0:00",
    ":00",
    "00",
    "0",
    "12:00",
    ")/",
    "]/",
    "}/",
    ")\"",
];

/// What may come next in a jq program.
const ENDS_OF_JQ: [&str; 7] = ["", ".", " .", " 1", "\"", "]", "}"];

/// What closes the parentheses around it.
const CLOSERS: [&str; 4] = ["", ")", "))", ")))"];

/// Longer queries are not tried, in bytes.
const MAX_TEXT: usize = 1 << 10;

/// Returns whether `text`, which is invalid, would be valid with more text at its end.
pub fn is_unfinished(text: &str, moment: &Moment, takes_conditions: bool) -> bool {
    if text.len() > MAX_TEXT {
        return false;
    }
    let is_valid = |end: &str| {
        CLOSERS.iter().any(|closer| {
            let text = format!("{text}{end}{closer}");
            super::is_valid(&text, moment, takes_conditions)
        })
    };
    // Compiling a program takes long.
    if text.contains("jq(") {
        return ENDS_OF_JQ.into_iter().any(is_valid);
    }
    let kind = text.rsplit([' ', '(', '-', '!']).next().unwrap_or(text);
    let kind = kind.strip_prefix("is:");
    let mut kinds = KINDS.iter().filter_map(|(known, _)| {
        let rest = known.strip_prefix(kind?)?;
        (!rest.is_empty()).then_some(rest)
    });
    ENDS.into_iter().any(is_valid) || kinds.any(is_valid)
}

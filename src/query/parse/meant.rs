//! What may be meant by a query that finds nothing.

use std::ops::Range;

use crate::query::value::Scalar;

use super::path::{is_of_name, scalar_of};

/// `text` with its parts replaced; `None` if there is nothing to replace.
pub fn rewritten(text: &str, parts: &[(Range<usize>, String)]) -> Option<String> {
    let mut rewritten = String::new();
    let mut end = 0;
    for (part, meant) in parts {
        // Parts may overlap: the first counts.
        let Some(between) = text.get(end..part.start) else {
            continue;
        };
        rewritten.push_str(between);
        rewritten.push_str(meant);
        end = part.end;
    }
    rewritten.push_str(text.get(end..)?);
    (end > 0).then_some(rewritten)
}

/// What may be meant by `word`, with which `rest` begins, and by how many bytes of that.
pub fn of_word(word: &str, rest: &str) -> Option<(usize, String)> {
    if let Some(behind) = rest.strip_prefix('\'')
        && let Some((inside, _)) = behind.split_once('\'')
        && !inside.is_empty()
    {
        return Some((inside.len() + 2, quoted(inside)));
    }
    Some((word.len(), of_bare(word)?))
}

fn of_bare(word: &str) -> Option<String> {
    if matches!(word, "AND" | "OR" | "NOT") {
        return Some(word.to_lowercase());
    }
    if let Some((name, value)) = word.split_once(':')
        && is_name(name)
        && !value.is_empty()
        && !value.starts_with('/')
    {
        let value = value.trim_matches('"');
        let value = match scalar_of(value) {
            Some(_) => value.to_owned(),
            None => quoted(value),
        };
        return Some(format!(".{name} == {value}"));
    }
    for (sign, between) in [("||", " or "), ("&&", " "), ("|", " or "), ("&", " ")] {
        let parts: Vec<&str> = word.split(sign).collect();
        if parts.len() > 1 && parts.iter().all(|part| !part.is_empty()) {
            return Some(format!("({})", parts.join(between)));
        }
    }
    if word.contains('*') {
        return Some(format!("channel:{word}"));
    }
    word.contains(char::is_uppercase)
        .then(|| word.to_lowercase())
}

/// What may be meant by the value `written`: a string in place of a number or a word, and the other
/// way round.
pub fn of_value(written: &str, value: &Scalar) -> Option<String> {
    match value {
        Scalar::Number(_) | Scalar::Word(_) => Some(quoted(written)),
        Scalar::Text(said) => {
            let said = str::from_utf8(said).ok()?;
            scalar_of(said).map(|_| said.to_owned())
        }
    }
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    starts && text.chars().all(is_of_name)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

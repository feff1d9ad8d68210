//! Corrections of invalid queries.
//!
//! A correction is offered only if it parses.

use crate::payload::json::is_json;
use crate::query::compare::COMPARISONS;
use crate::query::error::QueryError;
use crate::query::spelling::typos;
use crate::query::syntax::KINDS;
use crate::query::time::Moment;

use super::cursor::ends_word;
use super::suggest::{self, quoted};

/// Invalid operators that resemble valid ones, each with its replacement.
const SIGNS: [(&str, &str); 6] = [
    ("===", "=="),
    ("!==", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
    ("==~", "~"),
];

/// The names of functions that test whether a path exists.
const EXISTS: [&str; 3] = ["exists", "isnotnull", "isset"];

/// The jq functions that a user may call without `jq(…)` around them.
const FUNCTIONS: [&str; 14] = [
    "all",
    "any",
    "contains",
    "endswith",
    "first",
    "has",
    "keys",
    "last",
    "length",
    "map",
    "select",
    "startswith",
    "test",
    "type",
];

/// Returns what the user may have meant by the invalid query `text`, likeliest first. The last one
/// searches for the text itself.
pub fn corrections(text: &str, moment: &Moment, takes_conditions: bool) -> Vec<String> {
    let Err(error) = super::parse(text, moment, takes_conditions) else {
        return Vec::new();
    };
    let verbatim = quoted(text.trim());
    let verbatim = Some(verbatim).filter(|text| super::is_valid(text, moment, takes_conditions));
    corrected(text, &error, moment, takes_conditions)
        .chain(verbatim)
        .collect()
}

/// Returns the valid queries that the user may have meant by `text`, whose `error` is given, the
/// likeliest first.
pub fn corrected(
    text: &str,
    error: &QueryError,
    moment: &Moment,
    takes_conditions: bool,
) -> impl Iterator<Item = String> {
    let candidates = candidates(text, error).into_iter().flatten().flatten();
    candidates.filter(move |text| super::is_valid(text, moment, takes_conditions))
}

fn candidates(text: &str, error: &QueryError) -> Option<[Option<String>; 16]> {
    let part = text.get(error.at.clone())?;
    let (before, after) = (&text[..error.at.start], &text[error.at.end..]);
    Some([
        of_sign(before, part, after),
        of_kind(before, part, after),
        of_negated_match(before, part, after),
        of_call(before, part, after),
        of_text_call(before, part, after),
        of_value(before, part, after),
        of_path(before, part, after),
        of_each(text, error.at.start),
        of_optional(before, part, after),
        of_program(text, error.at.start),
        of_spaced_key(before, part, after),
        of_slash(before, part, after),
        of_unclosed(text, part),
        of_flags(before, part, after),
        of_number(before, part, after),
        (part == ")").then(|| format!("{before}{after}")),
    ])
}

fn of_sign(before: &str, part: &str, after: &str) -> Option<String> {
    let (_, sign) = SIGNS.iter().find(|(other, _)| *other == part)?;
    Some(format!("{before}{sign}{after}"))
}

/// Corrects a misspelled kind: `is:jso`.
fn of_kind(before: &str, part: &str, after: &str) -> Option<String> {
    let kind = part.strip_prefix("is:")?.to_lowercase();
    let mut kinds = KINDS.iter().map(|(known, _)| *known);
    let begun = kinds.clone().find(|known| known.starts_with(&*kind));
    let near = kinds.find(|known| typos(&kind, known).is_some());
    let meant = begun.or(near).filter(|_| !kind.is_empty())?;
    Some(format!("{before}is:{meant}{after}"))
}

/// Corrects text with parentheses, which looks like a call: `level:(a OR b)`, `select(.a == 1)`.
fn of_call(before: &str, part: &str, after: &str) -> Option<String> {
    let inside = after.strip_prefix('(')?;
    let (inside, rest) = inside.split_at(end_of_call(inside)?);
    let rest = &rest[1..];
    if let Some(name) = part.strip_suffix(':') {
        let is_value = |word: &&str| !["or", "OR", "||"].contains(word);
        let values = inside.split([' ', ',']).filter(|word| !word.is_empty());
        let values: Vec<&str> = values.filter(is_value).collect();
        return Some(format!("{before}.{name} in ({}){rest}", values.join(", ")));
    }
    let path = inside.trim().trim_matches(['"', '\'']);
    if EXISTS.contains(&part) && !path.is_empty() {
        let dot = if path.starts_with('.') { "" } else { "." };
        return Some(format!("{before}has({dot}{path}){rest}"));
    }
    Some(if FUNCTIONS.contains(&part) {
        format!("{before}jq({part}({inside})){rest}")
    } else {
        format!("{before}{}{rest}", quoted(&format!("{part}({inside})")))
    })
}

/// Corrects a search for text in the form of a call: `contains("timeout")`.
fn of_text_call(before: &str, part: &str, after: &str) -> Option<String> {
    let inside = after.strip_prefix('(')?;
    let (inside, rest) = inside.split_at(end_of_call(inside)?);
    let text = inside.strip_prefix('"')?.strip_suffix('"')?;
    let meant = match part {
        "contains" | "includes" | "startswith" | "endswith" => inside.to_owned(),
        "test" | "match" | "matches" | "regex" => format!("/{}/", text.replace('/', "\\/")),
        _ => return None,
    };
    Some(format!("{before}{meant}{}", &rest[1..]))
}

/// Corrects `level !~ "err"`: here, the whole term is negated.
fn of_negated_match(before: &str, part: &str, after: &str) -> Option<String> {
    let path = before.trim_end().rsplit(ends_word).next()?;
    let start = before.trim_end().len() - path.len();
    let is_match = part == "!~" && !path.is_empty();
    is_match.then(|| format!("{}not {path} ~ {}", &before[..start], after.trim_start()))
}

/// Corrects a path with a question mark, as in jq: `.user?.name`.
fn of_optional(before: &str, part: &str, after: &str) -> Option<String> {
    Some(format!("{before}{part}{}", after.strip_prefix('?')?))
}

/// Returns the position in `text` of the parenthesis that closes the one just before `text`.
fn end_of_call(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    text.find(|next| {
        depth = match next {
            '(' => depth + 1,
            ')' => depth - 1,
            _ => depth,
        };
        depth == 0
    })
}

/// Corrects a path without a known comparison: `.level is error`, `.error`, or `has(error)`.
fn of_path(before: &str, part: &str, after: &str) -> Option<String> {
    if before.ends_with("has(") {
        return Some(format!("{before}.{part}{after}"));
    }
    let name = part.strip_prefix('$').unwrap_or(part).strip_prefix('.')?;
    let rest = format!("{name}{after}");
    if let Some((length, text)) = suggest::of_phrase(name, &rest) {
        return Some(format!("{before}{text}{}", rest.get(length..)?));
    }
    let is_alone = after
        .trim_start()
        .chars()
        .next()
        .is_none_or(|next| next == ')');
    is_alone.then(|| format!("{before}has({part}){after}"))
}

/// Corrects a comparison that only jq can perform: `.a == [1]`, `.a == .b`.
fn of_value(before: &str, part: &str, after: &str) -> Option<String> {
    let is_sign = |next: char| matches!(next, '=' | '!' | '<' | '>');
    let compared = before.trim_end().strip_suffix(is_sign)?;
    let compared = compared.trim_end_matches(is_sign).trim_end();
    // A space character may be longer than one byte.
    let comparison = compared.rsplit(ends_word).next().unwrap_or(compared);
    let (before, comparison) = before.split_at(compared.len() - comparison.len());
    let is_for_jq = part.starts_with(['[', '{', '.', '$']);
    let dot = if comparison.starts_with('.') { "" } else { "." };
    is_for_jq.then(|| format!("{before}jq({dot}{comparison}{part}){after}"))
}

/// Closes the parenthesis, quote or regular expression that was left open.
fn of_unclosed(text: &str, part: &str) -> Option<String> {
    let close = match part.chars().next()? {
        '(' => ')',
        '"' => '"',
        '/' => '/',
        _ if part.contains('(') => ')',
        _ => return None,
    };
    Some(format!("{text}{close}"))
}

/// Corrects a jq program without `jq(…)` around it: `.user | test("x")`, `.items[].id == 1`.
fn of_program(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let word = before.rsplit(ends_word).next().unwrap_or(before);
    let (before, program) = text.split_at(at - word.len());
    let is_program = program.starts_with('.') && (program.contains('|') || program.contains("[]"));
    is_program.then(|| format!("{before}jq({})", program.trim_end()))
}

/// Removes the space between a key and its value: `channel: orders`.
fn of_spaced_key(before: &str, part: &str, after: &str) -> Option<String> {
    let is_key = part.ends_with(':') || (part.is_empty() && before.ends_with(':'));
    let value = after.trim_start();
    let is_apart = !value.is_empty() && value.len() < after.len();
    (is_key && is_apart).then(|| format!("{before}{part}{value}"))
}

/// Puts text that starts like a regular expression in quotes, if a `?` after a letter is all that
/// is special about it: `/search?q`.
fn of_slash(before: &str, part: &str, after: &str) -> Option<String> {
    let (word, rest) = after.split_at(after.find(ends_word).unwrap_or(after.len()));
    let (start, _) = word.split_once('?').filter(|_| part == "/")?;
    let is_plain = start.ends_with(char::is_alphanumeric)
        && !word.contains(['\\', '^', '$', '*', '+', '[', ']', '{', '}', '|'])
        && !rest.starts_with('(');
    is_plain.then(|| format!("{before}{}{rest}", quoted(word)))
}

/// Corrects a comparison with any element of a list, which takes jq: `.items[].sku == "a"`,
/// `.items[*].sku=a`. `at` is in the path.
fn of_each(text: &str, at: usize) -> Option<String> {
    let start = text[..at].rfind([' ', '(']).map_or(0, |space| space + 1);
    let (before, term) = text.split_at(start);
    let (list, rest) = term.split_once("[]").or_else(|| term.split_once("[*]"))?;
    let (path, rest) = rest.split_at(rest.find(['=', '!', '<', '>'])?);
    let mut signs = COMPARISONS.iter();
    let (sign, rest) = signs.find_map(|(sign, _)| Some((*sign, rest.strip_prefix(sign)?)))?;
    let sign = if sign == "=" { "==" } else { sign };
    let rest = rest.trim_start();
    let inside = rest.strip_prefix('"');
    let closing = inside.and_then(|inside| Some(inside.find('"')? + 2));
    let end = closing.or_else(|| rest.find(char::is_whitespace));
    let (value, after) = rest.split_at(end.unwrap_or(rest.len()));
    let value = if is_json(value.as_bytes()) {
        value.to_owned()
    } else {
        quoted(value)
    };
    let list = list.strip_prefix('$').unwrap_or(list);
    let dot = if list.starts_with('.') { "" } else { "." };
    let path = Some(path.trim()).filter(|path| !path.is_empty());
    let path = path.unwrap_or(".");
    Some(format!(
        "{before}jq(any({dot}{list}[]; {path} {sign} {value})){after}"
    ))
}

/// Removes the unknown flags of a regular expression: `/a+/g`.
fn of_flags(before: &str, part: &str, after: &str) -> Option<String> {
    let is_flags = before.ends_with('/')
        && part.len() <= 3
        && part.bytes().all(|byte| b"gimsuy".contains(&byte));
    let flag = if part.contains('i') { "i" } else { "" };
    (is_flags && !part.is_empty()).then(|| format!("{before}{flag}{after}"))
}

/// Corrects a duration without a unit, `last:5`, or a rate without a sign, `rate:20`.
fn of_number(before: &str, part: &str, after: &str) -> Option<String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_span = before.ends_with("last:") || before.ends_with("silent:");
    if is_span && is_number(part) {
        return Some(format!("{before}{part}s{after}"));
    }
    let is_rate = before.ends_with("rate:") && is_number(part.trim_end_matches("/s"));
    is_rate.then(|| format!("{before}>{part}{after}"))
}

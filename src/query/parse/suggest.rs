//! Suggestions for queries that match nothing, based on the syntax of other tools.

mod foreign;
mod phrase;
mod rewrite;
mod wildcard;

pub use self::foreign::{of_condition, of_flag};
pub use self::phrase::of_phrase;
pub use self::rewrite::{all_rewritten, likeliest, rewritten};
pub use self::wildcard::of_wildcard;

use std::ops::Range;

use self::foreign::{of_program, of_statement};
use self::phrase::of_range;

use crate::query::compare::{COMPARISONS, Compare};
pub use crate::query::spelling::{quoted, replaced};
use crate::query::value::{Scalar, Test};

use super::cursor::{ends_word, is_name_char};

/// Names by which other tools refer to the whole payload.
const PAYLOAD: [&str; 12] = [
    "payload", "message", "msg", "text", "body", "data", "line", "raw", "frame", "log_body",
    "content", "_source",
];

/// The keys of this query language, each with the names it may have here and in other tools.
const KEYS: [(&str, &[&str]); 6] = [
    ("channel", &["channel", "chan", "ch", "topic"]),
    ("via", &["via", "sub", "subscription", "pattern"]),
    ("since", &["since", "after"]),
    ("until", &["until", "before"]),
    ("last", &["last"]),
    ("is", &["is"]),
];

/// Operators of other languages, each with its equivalent here.
const SIGNS: [(&str, &str); 8] = [
    ("|", "||"),
    ("&", "&&"),
    ("<>", "!="),
    ("===", "=="),
    ("!==", "!="),
    ("=>", ">="),
    ("=<", "<="),
    ("NOT", "not"),
];

/// A part of a query that the user may have meant differently.
pub struct Suggestion {
    /// The range of the part.
    pub at: Range<usize>,
    /// The replacement.
    pub text: String,
    /// How likely the suggestion is.
    pub rank: Rank,
}

/// The likelihood of a suggestion, the most likely first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A word that looks like a term of another language.
    Word,
    /// A valid comparison that may have been meant as something else.
    Comparison,
    /// A value that may have been meant as a value of another type.
    Value,
}

/// Returns what the user may have meant by `word`, the first word of `rest`, and the length in
/// bytes of the part of `rest` to replace.
pub fn of_word(word: &str, rest: &str) -> Option<(usize, String)> {
    if let Some(after) = rest.strip_prefix('\'')
        && let Some((inside, _)) = after.split_once('\'')
        && !inside.is_empty()
    {
        return Some((inside.len() + 2, quoted(inside)));
    }
    of_quoted(word, rest)
        .or_else(|| of_statement(rest))
        .or_else(|| of_program(rest))
        .or_else(|| of_range(word, rest))
        .or_else(|| of_phrase(word, rest))
        .or_else(|| Some((word.len(), of_bare(word)?)))
}

/// Rewrites a name with an adjacent quoted value, such as `level:"not found"`.
fn of_quoted(word: &str, rest: &str) -> Option<(usize, String)> {
    let (name, _) = word.split_once(':').filter(|(name, _)| is_name(name))?;
    let value = rest.get(name.len() + 1..)?;
    if !value.starts_with(['"', '\'']) {
        return None;
    }
    let (value, end) = first_value(value)?;
    Some((rest.len() - end.len(), of_pair(name, value)))
}

/// Returns the value at the start of `text`, without its quotes, and the text after it.
fn first_value(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| "\"'".contains(*first));
    if let Some(quote) = quote {
        return text[1..].split_once(quote);
    }
    let (value, end) = text.split_at(text.find(ends_word).unwrap_or(text.len()));
    (!value.is_empty()).then_some((value, end))
}

fn of_bare(word: &str) -> Option<String> {
    if let Some((_, sign)) = SIGNS.iter().find(|(other, _)| *other == word) {
        return Some((*sign).to_owned());
    }
    if let Some((name, value)) = word.split_once(':')
        && is_name(name)
        && !value.is_empty()
        && !value.starts_with('/')
    {
        return Some(of_pair(name, value.trim_matches(['"', '\''])));
    }
    if let Some((name, value)) = word.split_once(':')
        && is_name(name)
        && value.len() > 2
        && value.starts_with('/')
        && value.ends_with('/')
        && !value.starts_with("//")
    {
        return Some(format!(".{name} ~ {value}"));
    }
    let signs = [
        ("\\|", " or "),
        ("||", " or "),
        ("&&", " "),
        ("|", " or "),
        ("&", " "),
    ];
    for (sign, between) in signs {
        let parts: Vec<&str> = word.split(sign).collect();
        if parts.len() > 1 && parts.iter().all(|part| !part.is_empty()) {
            return Some(format!("({})", parts.join(between)));
        }
    }
    if is_regex(word) {
        return Some(format!("/{}/", word.replace('/', "\\/")));
    }
    if word.contains('*') {
        return Some(format!("channel:{word}"));
    }
    if let Some(word) = word.strip_prefix('+') {
        let is_pair = word.contains([':', '=']);
        let of_word = || {
            if is_pair {
                word.to_owned()
            } else {
                text_of(word)
            }
        };
        return (!word.is_empty()).then(of_word);
    }
    if let Some(compared) = of_unspaced(word) {
        return Some(compared);
    }
    // Lucene syntax for similar words.
    if let Some(word) = word.strip_suffix('~').filter(|word| is_name(word)) {
        return Some(text_of(word));
    }
    word.contains(char::is_uppercase)
        .then(|| word.to_lowercase())
}

/// Rewrites a comparison that, without spaces, is only text to search for: `level~err`,
/// `name>=high`.
fn of_unspaced(word: &str) -> Option<String> {
    let at = word.find(['~', '<', '>'])?;
    let (name, rest) = word.split_at(at);
    let sign = ["<=", ">=", "<", ">", "~"]
        .into_iter()
        .find(|sign| rest.starts_with(sign))?;
    let value = &rest[sign.len()..];
    let negated = name.strip_suffix('!').filter(|_| sign == "~");
    let (not, name) = negated.map_or(("", name), |name| ("not ", name));
    let is_value = !value.is_empty() && !value.contains(['~', '<', '>', '=', '"']);
    let is_path = name.split('.').all(is_name) && !name.ends_with('-');
    let key = key_of(name).filter(|_| regex::escape(value) == value);
    (is_value && is_path).then(|| match (sign, key) {
        ("~", Some(key)) => format!("{not}{key}:{value}"),
        ("~", None) => format!("{not}.{name} ~ {}", quoted(value)),
        _ => format!(".{name} {sign} {}", value_of(value)),
    })
}

/// Returns whether `word` looks like a regular expression rather than a channel name or pattern.
fn is_regex(word: &str) -> bool {
    let classes = ["\\d", "\\w", "\\s", "\\b", "]+", "]*"];
    let has_class = classes.iter().any(|part| word.contains(part));
    let is_anchored = word.starts_with('^') || word.ends_with('$') || word.starts_with(".*");
    // `orders.*` and `orders.*.paid` are names.
    let mut wildcards = word.split(".*").skip(1);
    let is_within = wildcards.any(|after| after.starts_with(char::is_alphanumeric));
    word.len() > 1 && (has_class || is_anchored || is_within)
}

/// Rewrites `name:value` if the name has a special meaning, here or in other languages.
pub fn of_known_name(name: &str, value: &str) -> Option<String> {
    if let Some(key) = key_of(name) {
        return (!value.contains([' ', '(', ')', '"'])).then(|| format!("{key}:{value}"));
    }
    if PAYLOAD.contains(&name) {
        return Some(text_of(value));
    }
    let is_has = ["has", "exists", "_exists_"].contains(&name) && is_name(value);
    is_has.then(|| format!("has(.{value})"))
}

/// Rewrites `name:value`, a comparison in other languages.
fn of_pair(name: &str, value: &str) -> String {
    if let Some(known) = of_known_name(name, value) {
        return known;
    }
    if value.contains('*') {
        return format!("channel:{name}:{value}");
    }
    let signs = [">=", "<=", ">", "<"];
    let ordered = signs
        .iter()
        .find_map(|sign| Some((sign, value.strip_prefix(sign)?)));
    match ordered {
        Some((sign, value)) => format!(".{name} {sign} {}", value_of(value)),
        None => format!(".{name} == {}", value_of(value)),
    }
}

/// Returns what the user may have meant by comparing the value at `path` with `written`.
/// `is_text_too` tells whether the comparison is also searched for as text.
pub fn of_comparison(path: &str, test: &Test, written: &str, is_text_too: bool) -> Option<String> {
    let name = path.trim_start_matches('$').trim_start_matches('.');
    // Wireshark syntax.
    let name = match name {
        "frame.len" | "frame.length" => "length",
        "redis.channel" => "channel",
        other => other,
    };
    let (compare, value) = match test {
        Test::Compare(compare, value) => (*compare, value),
        Test::Match(_) => {
            let source = written.trim_matches(['"', '/']);
            return Some(match key_of(name) {
                // A key takes a glob, not a regular expression.
                Some(key) => {
                    let is_plain = !written.starts_with('/') && regex::escape(source) == source;
                    return is_plain.then(|| format!("{key}:{source}"));
                }
                None if written.starts_with('/') => written.to_owned(),
                None => format!("/{}/", source.replace('/', "\\/")),
            });
        }
        Test::In(_) => return of_list(key_of(name)?, written),
        Test::Exists => return None,
    };
    let content = match value {
        Scalar::Text(content) => str::from_utf8(content).ok()?,
        Scalar::Number(_) | Scalar::Word(_) | Scalar::Bytes(_) => written,
    };
    let not = match compare {
        Compare::Equal => "",
        Compare::NotEqual => "-",
        _ if ["len", "length", "bytes"].contains(&name) => {
            let (sign, _) = COMPARISONS.iter().find(|(_, other)| *other == compare)?;
            return Some(format!("size{sign}{content}"));
        }
        _ => return None,
    };
    if let Some(key) = key_of(name).filter(|_| !content.contains([' ', '(', ')', '"'])) {
        return Some(format!("{not}{key}:{content}"));
    }
    if compare == Compare::Equal && content.contains('*') {
        return wildcard::of_value(name, content);
    }
    let is_text = matches!(value, Scalar::Text(_)) && Scalar::of_word(content).is_none();
    if compare != Compare::Equal || !is_text || content.is_empty() {
        return None;
    }
    let is_plain = is_name(name) && !PAYLOAD.contains(&name);
    Some(if is_plain && !is_text_too {
        quoted(&format!("{name}={content}"))
    } else {
        text_of(content)
    })
}

/// Rewrites a key with several values: `channel in (a, b)`.
fn of_list(key: &str, written: &str) -> Option<String> {
    let (_, values) = written.split_once('(')?;
    let values = values.trim_end().strip_suffix(')')?.split(',');
    let terms = values.map(|value| {
        let value = value.trim().trim_matches(['"', '\'']);
        let is_plain = !value.is_empty() && !value.contains([' ', '(', ')', '"', '\\']);
        is_plain.then(|| format!("{key}:{value}"))
    });
    let terms: Vec<String> = terms.collect::<Option<_>>()?;
    Some(format!("({})", terms.join(" or ")))
}

/// Returns the string that the user may have meant by a number or keyword, or the number or keyword
/// that the user may have meant by a string. `is_order` tells whether values are compared by order:
/// a number is then never meant as a string, of which `"9"` is greater than `"10"`.
pub fn of_value(written: &str, value: &Scalar, is_order: bool) -> Option<String> {
    match value {
        Scalar::Number(_) | Scalar::Word(_) => (!is_order).then(|| quoted(written)),
        Scalar::Bytes(_) => None,
        Scalar::Text(text) => {
            let text = str::from_utf8(text).ok()?;
            Scalar::of_word(text).map(|_| text.to_owned())
        }
    }
}

/// Returns the key that `name` is a synonym or a misspelling of.
fn key_of(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let is_it = |known: &&str| {
        // A short name must be spelled exactly.
        let max_typos = known.len() / 4;
        *known == name || (known.len() > 4 && strsim::osa_distance(known, &name) <= max_typos)
    };
    let found = KEYS.iter().find(|(_, names)| names.iter().any(is_it));
    found.map(|(key, _)| *key)
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    starts && text.chars().all(is_name_char)
}

/// Returns the value as it is written in a comparison: in quotes if it is a string.
fn value_of(value: &str) -> String {
    match Scalar::of_word(value) {
        Some(_) => value.to_owned(),
        None => quoted(value),
    }
}

/// Returns a text search for `text`: a word unquoted, anything else in quotes.
fn text_of(text: &str) -> String {
    let is_of_word = |next: char| next.is_alphanumeric() || next == '_';
    let is_word = text.chars().all(is_of_word);
    let is_of_language = ["or", "and", "not", "in", "OR", "AND", "NOT"].contains(&text);
    if is_word && !is_of_language {
        text.to_owned()
    } else {
        quoted(text)
    }
}

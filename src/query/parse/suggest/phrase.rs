//! Comparisons in words and ranges, as in SQL, Wireshark and Lucene.

use super::wildcard;
use super::{KEYS, PAYLOAD, first_value, is_name, key_of, of_pair, text_of, value_of};
use crate::query::parse::cursor::ends_word;

/// Comparisons in words, each with its operator here. Those that search within a string become `~`.
const VERBS: [(&str, &str); 19] = [
    ("is not", "!="),
    ("is", "=="),
    ("equals", "=="),
    ("eq", "=="),
    ("ne", "!="),
    ("gt", ">"),
    ("ge", ">="),
    ("lt", "<"),
    ("le", "<="),
    ("contains", "~"),
    ("includes", "~"),
    ("has", "~"),
    ("matches", "~"),
    ("like", "~"),
    ("ilike", "~"),
    ("startswith", "~"),
    ("in", "in"),
    (":", "=="),
    ("!~", "!~"),
];

/// Rewrites a comparison in words, such as `level is error`, or a key with a space before its
/// value.
pub fn of_phrase(word: &str, rest: &str) -> Option<(usize, String)> {
    let after = rest.get(word.len()..)?;
    let after = after.strip_prefix(char::is_whitespace)?.trim_start();
    if let Some(name) = word.strip_suffix(':').filter(|name| is_name(name)) {
        let (value, end) = first_value(after)?;
        return Some((rest.len() - end.len(), of_pair(name, value)));
    }
    if !word.split('.').all(is_name) {
        return None;
    }
    if let Some((end, text)) = of_between(word, after) {
        return Some((rest.len() - end.len(), text));
    }
    // SQL negates the verb: `not like`.
    let negated = after_word(after, "not");
    let (not, said) = negated.map_or(("", after), |said| ("not ", said));
    let verb = VERBS.iter().find_map(|(verb, sign)| {
        let start = said.get(..verb.len())?;
        let end = said[verb.len()..].strip_prefix(char::is_whitespace)?;
        let is_verb = start.eq_ignore_ascii_case(verb);
        is_verb.then_some((*verb, *sign, end))
    });
    if let Some((verb, sign, end)) = verb {
        let end = end.trim_start();
        if verb == "in" && end.starts_with('(') {
            return Some((rest.len() - end.len(), format!("{not}.{word} in ")));
        }
        let (value, end) = first_value(end)?;
        let text = of_verb(word, verb, sign, value);
        return Some((rest.len() - end.len(), format!("{not}{text}")));
    }
    let (key, _) = KEYS.iter().find(|(_, names)| names.contains(&word))?;
    let (value, end) = first_value(after)?;
    let is_key = *key != "last" || value.starts_with(|first: char| first.is_ascii_digit());
    is_key.then(|| (rest.len() - end.len(), format!("{key}:{value}")))
}

fn of_verb(name: &str, verb: &str, sign: &str, value: &str) -> String {
    let not = if sign == "!=" { "-" } else { "" };
    if let Some(key) = key_of(name) {
        return format!("{not}{key}:{value}");
    }
    if PAYLOAD.contains(&name) && verb == "matches" {
        return format!("{not}/{}/", value.replace('/', "\\/"));
    }
    if PAYLOAD.contains(&name) {
        return format!("{not}{}", text_of(value.trim_matches(['%', '*'])));
    }
    match sign {
        "in" => {
            let inside = value.trim_matches(['{', '}', '[', ']']);
            let bounds = inside.split_once("..");
            let bounds = bounds.and_then(|(low, high)| of_bounds(name, (">=", low), ("<=", high)));
            if let Some(bounds) = bounds {
                return bounds;
            }
            let values: Vec<String> = value.split(',').map(value_of).collect();
            return format!(".{name} in ({})", values.join(", "));
        }
        "~" => {}
        "!~" => return format!("not .{name} ~ \"{}\"", value.replace('"', "\\\"")),
        "==" if value.contains('*') => {
            return wildcard::of_value(name, value).unwrap_or_default();
        }
        _ if verb.starts_with("is") && value.eq_ignore_ascii_case("null") => {
            return format!(".{name} {sign} null");
        }
        _ => return format!(".{name} {sign} {}", value_of(value)),
    }
    let (start, end) = match verb {
        "like" | "ilike" => (!value.starts_with('%'), !value.ends_with('%')),
        "startswith" => (true, false),
        _ => (false, false),
    };
    let text = value.trim_matches('%');
    let text = if verb == "matches" {
        text.to_owned()
    } else {
        regex::escape(text)
    };
    let (start, end) = (if start { "^" } else { "" }, if end { "$" } else { "" });
    if verb == "ilike" {
        return format!(".{name} ~ /{start}{}{end}/i", text.replace('/', "\\/"));
    }
    format!(".{name} ~ \"{start}{}{end}\"", text.replace('"', "\\\""))
}

/// Rewrites the rest of `amount between 100 and 200`, after the name. Returns the text after it.
fn of_between<'t>(name: &str, after: &'t str) -> Option<(&'t str, String)> {
    let (low, after) = first_value(after_word(after, "between")?)?;
    let (high, end) = first_value(after_word(after.trim_start(), "and")?)?;
    Some((end, of_bounds(name, (">=", low), ("<=", high))?))
}

/// Rewrites a range of Lucene's, such as `amount:[100 TO 200]`.
pub fn of_range(word: &str, rest: &str) -> Option<(usize, String)> {
    let (name, low) = word.split_once(':')?;
    let low = match low.strip_prefix('[') {
        Some(low) => (">=", low),
        None => (">", low.strip_prefix('{')?),
    };
    let after = rest.get(word.len()..)?.trim_start();
    let after = after_word(after, "to")?;
    let (high, end) = after.split_at(after.find(ends_word).unwrap_or(after.len()));
    let high = match high.strip_suffix(']') {
        Some(high) => ("<=", high),
        None => ("<", high.strip_suffix('}')?),
    };
    let is_path = name.split('.').all(is_name);
    let text = is_path.then(|| of_bounds(name, low, high))?;
    Some((rest.len() - end.len(), text?))
}

/// Returns the comparisons with both bounds, each with its sign. A bound may be `*`: any value.
fn of_bounds(name: &str, low: (&str, &str), high: (&str, &str)) -> Option<String> {
    let bounds = [low, high].into_iter().filter(|(_, value)| *value != "*");
    let terms = bounds.map(|(sign, value)| {
        (!value.is_empty()).then(|| format!(".{name} {sign} {}", value_of(value)))
    });
    let terms: Vec<String> = terms.collect::<Option<_>>()?;
    Some(match &terms[..] {
        [] => format!("has(.{name})"),
        [one] => one.clone(),
        _ => format!("({})", terms.join(" ")),
    })
}

/// Returns the text after `word` and a space, if `text` starts with them in any case.
pub(super) fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let start = text.get(..word.len())?;
    let after = text[word.len()..].strip_prefix(char::is_whitespace)?;
    start.eq_ignore_ascii_case(word).then(|| after.trim_start())
}

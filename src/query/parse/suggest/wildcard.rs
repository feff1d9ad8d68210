//! Comparisons with a wildcard, as in other languages.

use super::{is_name, key_of};

/// Rewrites `name:value*`, a comparison with a wildcard in other languages.
pub fn of_wildcard(word: &str) -> Option<String> {
    let (name, value) = word.split_once(':')?;
    if !is_name(name) || key_of(name).is_some() || !value.contains('*') || value.contains('"') {
        return None;
    }
    of_value(name, value)
}

/// Rewrites the comparison of the value at the path `name` with a value that has wildcards.
pub(super) fn of_value(name: &str, value: &str) -> Option<String> {
    if value.chars().all(|next| next == '*') {
        return Some(format!("has(.{name})"));
    }
    let parts: Vec<String> = value.split('*').map(regex::escape).collect();
    let pattern = format!("^{}$", parts.join(".*"));
    let pattern = pattern.strip_suffix(".*$").unwrap_or(&pattern);
    let pattern = pattern.strip_prefix("^.*").unwrap_or(pattern);
    let is_plain = !pattern.is_empty() && !pattern.contains('"');
    is_plain.then(|| format!(".{name} ~ \"{pattern}\""))
}

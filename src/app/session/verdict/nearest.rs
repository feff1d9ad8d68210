//! Suggestions for a misspelled name, path or value: the most similar one that exists.

use crate::payload::escape;
use crate::query::WantedValue;
use crate::query::spelling::{is_simple_name, quoted, typos};
use crate::workers::decode::{SeenPath, SeenValue};

/// The maximum number of channels whose names are compared as a whole.
const MAX_CHANNELS: usize = 5000;

/// The maximum number of channels that are also compared in parts.
const MAX_IN_PARTS: usize = 2000;

/// The maximum number of paths returned.
const MAX_PATHS: usize = 3;

/// The maximum length of a compared name, in bytes.
const MAX_NAME: usize = 120;

/// Returns the channel name, or part of one, that is most like `written`, in the same form: quoted
/// for an exact name, followed by the rest of the pattern for a glob.
pub fn nearest_channel<'n>(written: &str, names: impl Iterator<Item = &'n [u8]>) -> Option<String> {
    let is_exact = written.starts_with('"');
    let written = written.trim_matches('"');
    let glob = written.find(['*', '?', '[']).unwrap_or(written.len());
    let (stem, rest) = written.split_at(glob);
    if stem.is_empty() {
        return None;
    }
    let names = names
        .take(MAX_CHANNELS)
        .filter(|name| name.len() <= MAX_NAME);
    let names = names.filter_map(|name| {
        str::from_utf8(name)
            .ok()
            .filter(|name| is_simple_name(name))
    });
    let forms = names.enumerate().flat_map(|(index, name)| {
        let is_in_parts = index < MAX_IN_PARTS;
        let parts = name.split([':', '.', '/', '_', '-']);
        let begins = prefixes(name, stem.chars().count());
        // The whole name comes first, so that it wins a tie.
        let parts = parts.chain(begins);
        let parts = parts.filter(move |_| is_in_parts && !is_exact && rest.is_empty());
        let globbed = prefixes(name, stem.chars().count()).filter(|_| !rest.is_empty());
        let whole = Some(name).filter(|_| rest.is_empty());
        whole.into_iter().chain(parts).chain(globbed)
    });
    let near = forms.filter_map(|form| Some((typos(stem, form)?, form)));
    let (_, form) = near.min_by_key(|(typos, _)| *typos)?;
    Some(if is_exact {
        quoted(form)
    } else {
        format!("{form}{rest}")
    })
}

/// Returns the prefixes of `name` that are about `length` characters long.
fn prefixes(name: &str, length: usize) -> impl Iterator<Item = &str> {
    let lengths = [length, length + 1, length.saturating_sub(1)];
    lengths.into_iter().filter_map(|length| {
        let end = name.char_indices().nth(length)?.0;
        name.get(..end)
    })
}

/// Returns the paths that are like `wanted`, the most alike first.
pub fn nearest_paths<'a>(wanted: &str, paths: &'a [SeenPath]) -> Vec<&'a SeenPath> {
    let last_key = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |seen: &SeenPath| {
        let text = &*seen.text;
        if text.eq_ignore_ascii_case(wanted) {
            Some((0, 0))
        } else if text.ends_with(wanted) || wanted.ends_with(text) {
            Some((1, text.len().abs_diff(wanted.len())))
        } else if let Some(typos) = typos(wanted, text) {
            Some((2, typos))
        } else {
            typos(&last_key(wanted), &last_key(text)).map(|typos| (3, typos))
        }
    };
    let near = paths.iter().filter(|seen| can_be_written(&seen.text));
    let near = near.filter_map(|seen| Some((likeness(seen)?, seen)));
    let mut near: Vec<_> = near.collect();
    near.sort_by_key(|(likeness, _)| *likeness);
    near.into_iter()
        .take(MAX_PATHS)
        .map(|(_, seen)| seen)
        .collect()
}

/// Returns paths at which the wanted string was seen, those in most messages first.
pub fn paths_with<'a>(wanted: Option<&WantedValue>, paths: &'a [SeenPath]) -> Vec<&'a SeenPath> {
    let Some(wanted) = wanted.filter(|wanted| wanted.is_string) else {
        return Vec::new();
    };
    let is_it = |value: &SeenValue| value.is_string && value.text == wanted.text;
    let with = paths.iter().filter(|seen| seen.values.iter().any(is_it));
    with.filter(|seen| can_be_written(&seen.text))
        .take(MAX_PATHS)
        .collect()
}

fn can_be_written(text: &str) -> bool {
    escape::is_plain_name(text.as_bytes())
}

/// The closest match to a wanted value.
#[derive(Debug, PartialEq)]
pub enum Near<'a> {
    /// This value is the closest.
    Value(&'a SeenValue),
    /// No single value is close, but some strings contain the wanted one.
    Within,
}

/// Returns the value that is most like `wanted`.
pub fn nearest_value<'a>(wanted: &WantedValue, values: &'a [SeenValue]) -> Option<Near<'a>> {
    let values = || values.iter().filter(|value| can_be_written(&value.text));
    let same = values().find(|value| value.text == wanted.text);
    let near = |value: &'a SeenValue| {
        let typos = typos(&wanted.text, &value.text).filter(|_| wanted.is_string)?;
        value.is_string.then_some((typos, value))
    };
    let near = values().filter_map(near).min_by_key(|(typos, _)| *typos);
    if let Some(value) = same.or(near.map(|(_, value)| value)) {
        return Some(Near::Value(value));
    }
    let wanted = wanted.text.to_lowercase();
    let is_within =
        |value: &SeenValue| value.is_string && value.text.to_lowercase().contains(&wanted);
    let is_any = wanted.len() > 1 && values().any(is_within);
    is_any.then_some(Near::Within)
}

/// Returns a value as it is written in a query.
pub fn written(value: &SeenValue) -> String {
    if value.is_string {
        quoted(&value.text)
    } else {
        value.text.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_channel_keeps_the_form_of_the_name() {
        let names = [
            &b"orders.created"[..],
            b"metrics:cpu",
            b"jobs",
            b"a b",
            b"\xff",
        ];
        for (written, nearest) in [
            ("ordrs", Some("orders")),
            ("ORDERS", Some("orders")),
            ("ordrs.created", Some("orders.created")),
            ("orders.craeted", Some("orders.created")),
            ("ordrs.*", Some("orders.*")),
            ("metrics.*", Some("metrics:*")),
            ("jbos", Some("jobs")),
            ("\"ordrs.created\"", Some("\"orders.created\"")),
            ("\"ordrs\"", None),
            ("nothing", None),
            ("*", None),
        ] {
            let found = nearest_channel(written, names.into_iter());
            assert_eq!(found.as_deref(), nearest, "{written}");
        }
    }

    #[test]
    fn the_nearest_path_is_spelled_alike_or_lies_deeper() {
        let paths = ["user", "user.name", "log.level", "level_name"].map(|text| SeenPath {
            text: format!(".{text}"),
            count: 1,
            values: Vec::new(),
        });
        for (wanted, nearest) in [
            (".User", Some(".user")),
            (".level", Some(".log.level")),
            (".nmae", Some(".user.name")),
            (".data.user", Some(".user")),
            (".usr.name", Some(".user.name")),
            (".other", None),
        ] {
            let found = nearest_paths(wanted, &paths);
            let found = found.first().map(|seen| &*seen.text);
            assert_eq!(found, nearest, "{wanted}");
        }
    }

    #[test]
    fn the_nearest_value_may_differ_in_its_type_or_its_case() {
        let value = |text: &str, is_string| SeenValue {
            text: text.to_owned(),
            is_string,
            count: 1,
        };
        let values = [
            value("ERROR", true),
            value("7", false),
            value("Eva Maria", true),
        ];
        for (wanted, is_string, nearest) in [
            ("error", true, Some("\"ERROR\"")),
            ("eror", true, Some("\"ERROR\"")),
            ("7", true, Some("7")),
            ("eva", true, Some("~")),
            ("8", false, None),
            ("warning", true, None),
        ] {
            let wanted = WantedValue {
                at: 0..0,
                text: wanted.to_owned(),
                is_string,
            };
            let found = nearest_value(&wanted, &values).map(|near| match near {
                Near::Value(value) => written(value),
                Near::Within => "~".to_owned(),
            });
            assert_eq!(found.as_deref(), nearest, "{wanted:?}");
        }
    }
}

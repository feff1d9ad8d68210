//! Calls that stand for plain values.

use std::ops::Range;

use super::class::class_name;
use crate::payload::json;
use crate::payload::objects::graph::{Graph, Id, Shape};
use crate::payload::objects::number;
use crate::payload::reading::Stop;
use crate::payload::tree::Kind;

/// The maximum number of arguments of the calls that are known.
const MAX_ARGUMENTS: usize = 3;

/// The maximum length of the digits of a decimal number.
const MAX_DIGITS: usize = 100;

/// Returns the value that a call of `class` stands for, if it is known: bytes, a set, a time, a decimal number.
pub(super) fn value(
    graph: &mut Graph<'_>,
    class: Id,
    args: Id,
    source: &Range<usize>,
) -> Result<Option<Id>, Stop> {
    let name = class_name(graph, class);
    let name = str::from_utf8(&name).unwrap_or_default();
    let each = graph.elements(args).unwrap_or_default();
    let each: Vec<Id> = each.iter().take(MAX_ARGUMENTS + 1).copied().collect();
    let builtin = name.strip_prefix("__builtin__.");
    match (
        builtin.or_else(|| name.strip_prefix("builtins.")),
        &each[..],
    ) {
        (Some("set" | "frozenset"), [list]) if matches!(graph.shape(*list), Shape::Array(_)) => {
            let name = builtin_name(name);
            graph.tag(name, *list, source.clone()).map(Some)
        }
        (Some("bytes"), []) => graph.words(Kind::Bytes, "", source.clone()).map(Some),
        (Some("bytearray"), []) => {
            let bytes = graph.words(Kind::Bytes, "", source.clone())?;
            graph.tag(b"bytearray", bytes, source.clone()).map(Some)
        }
        (Some("bytearray"), [text, rest @ ..]) => {
            let is_latin_1 = rest.iter().all(|encoding| is_latin_1(graph, *encoding));
            let bytes = is_latin_1.then(|| bytes(graph, *text, !rest.is_empty()));
            let Some(bytes) = bytes.flatten() else {
                return Ok(None);
            };
            let bytes = add_bytes(graph, &bytes, source)?;
            graph.tag(b"bytearray", bytes, source.clone()).map(Some)
        }
        (None, [text, encoding]) if name == "_codecs.encode" && is_latin_1(graph, *encoding) => {
            match bytes(graph, *text, true) {
                Some(bytes) => add_bytes(graph, &bytes, source).map(Some),
                None => Ok(None),
            }
        }
        // A time zone needs its arguments.
        (None, [_, _, _]) if name == "datetime.timedelta" => graph
            .tag("datetime.timedelta(…)".as_bytes(), args, source.clone())
            .map(Some),
        (None, each) => {
            let words = words(graph, name, each);
            let Some((kind, words)) = words else {
                return Ok(None);
            };
            let content = graph.words(kind, &words, source.start..source.start)?;
            graph
                .tag(name.as_bytes(), content, source.clone())
                .map(Some)
        }
        _ => Ok(None),
    }
}

fn builtin_name(name: &str) -> &[u8] {
    name.rsplit('.').next().unwrap_or(name).as_bytes()
}

fn add_bytes(graph: &mut Graph<'_>, bytes: &[u8], source: &Range<usize>) -> Result<Id, Stop> {
    let stored = graph.store(bytes);
    graph.add(Shape::Scalar(Kind::Bytes, stored), source.clone())
}

/// Returns the bytes of a text in Latin-1 or, unless `is_encoded`, of bytes as they are.
fn bytes(graph: &mut Graph<'_>, id: Id, is_encoded: bool) -> Option<Vec<u8>> {
    let size = graph.string(id)?.len();
    if !graph.may_copy(size) {
        return None;
    }
    let text = graph.string(id)?;
    if !is_encoded {
        return Some(text.to_vec());
    }
    let letters = str::from_utf8(text).ok()?.chars();
    letters.map(|letter| u8::try_from(letter).ok()).collect()
}

fn is_latin_1(graph: &Graph<'_>, id: Id) -> bool {
    matches!(graph.string(id), Some(b"latin1" | b"latin-1"))
}

/// Returns a value of the standard library as text.
fn words(graph: &Graph<'_>, name: &str, args: &[Id]) -> Option<(Kind, String)> {
    match (name, args) {
        ("decimal.Decimal", [text]) => {
            let text = str::from_utf8(graph.string(*text)?).ok()?;
            let is_number = json::is_json(text.as_bytes()) && !text.contains(char::is_whitespace);
            let kind = if is_number { Kind::Number } else { Kind::Other };
            (text.len() <= MAX_DIGITS).then(|| (kind, text.to_owned()))
        }
        ("datetime.date", [state]) => Some((Kind::Other, date(graph.string(*state)?)?)),
        ("datetime.time", [state]) => Some((Kind::Other, time(graph.string(*state)?)?)),
        ("datetime.datetime", [state, zone @ ..]) if zone.len() <= 1 => {
            let (date_state, time_state) = graph.string(*state)?.split_at_checked(4)?;
            let offset = match zone {
                [zone] => offset(graph, *zone)?,
                _ => String::new(),
            };
            let (date, time) = (date(date_state)?, time(time_state)?);
            Some((Kind::Other, format!("{date}T{time}{offset}")))
        }
        ("datetime.timezone", [delta]) => {
            let seconds = seconds(graph, *delta)?;
            Some((Kind::Other, offset_words(seconds)))
        }
        _ => None,
    }
}

/// Formats the state of a `date`.
fn date(state: &[u8]) -> Option<String> {
    let [high, low, month, day] = state else {
        return None;
    };
    let year = u16::from_be_bytes([*high, *low]);
    let is_date = (1..=9999).contains(&year) && (1..=12).contains(month) && (1..=31).contains(day);
    is_date.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Formats the state of a `time`.
fn time(state: &[u8]) -> Option<String> {
    let [hour, minute, second, micros @ ..] = state else {
        return None;
    };
    // The highest bit tells which of two equal times is meant when clocks are set back.
    let hour = hour & 0x7f;
    let [high, middle, low] = micros else {
        return None;
    };
    let micros = u32::from_be_bytes([0, *high, *middle, *low]);
    let is_time = hour < 24 && *minute < 60 && *second < 60 && micros < 1_000_000;
    let fraction = match micros {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    is_time.then(|| format!("{hour:02}:{minute:02}:{second:02}{fraction}"))
}

/// Returns the offset of a time zone that is a tagged `timezone`: `+01:00`.
fn offset(graph: &Graph<'_>, zone: Id) -> Option<String> {
    let Shape::Tag(mark, content) = graph.shape(zone) else {
        return None;
    };
    let (_, words) = graph.scalar(*content)?;
    let is_zone = graph.text(mark) == "⟨datetime.timezone⟩".as_bytes();
    is_zone.then(|| String::from_utf8_lossy(words).into_owned())
}

/// Returns the number of seconds in a `timedelta`.
fn seconds(graph: &Graph<'_>, delta: Id) -> Option<i64> {
    let [days, seconds, _] = graph.elements(delta)? else {
        return None;
    };
    let number = |id: &Id| {
        let (kind, text) = graph.scalar(*id)?;
        let number: i32 = str::from_utf8(text).ok()?.parse().ok()?;
        (kind == Kind::Number).then_some(i64::from(number))
    };
    Some(number(days)? * 86_400 + number(seconds)?)
}

fn offset_words(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (minutes, second) = (seconds.abs() / 60, seconds.abs() % 60);
    let words = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    match second {
        0 => words,
        second => format!("{words}:{second:02}"),
    }
}

/// Returns an object with this state as text, if it stands for a plain value: a UUID.
pub(super) fn of_state(graph: &Graph<'_>, name: &[u8], state: Id) -> Option<String> {
    let Shape::Object(members) = graph.shape(state) else {
        return None;
    };
    let mut members = members.iter();
    let (_, bits) = members.find(|(key, _)| graph.string(*key) == Some(b"int"))?;
    let (_, digits) = graph.scalar(*bits).filter(|_| name == b"uuid.UUID")?;
    let bits = str::from_utf8(digits).ok()?.parse().ok()?;
    Some(number::uuid(bits))
}

//! Where the values of a template are in a message.

use std::ops::Range;

use super::MISSING;
use super::form::{Form, is_null};
use super::place::Place;
use super::quotes::{outside_quotes, path};
use crate::payload::json::locate::PathStep;
use crate::payload::lookup::{Lookup, Shown};
use crate::payload::tree::Kind;
use crate::query::error::{QueryError, fail};
use crate::query::path::Path;

/// The maximum number of elements of an array that are shown one by one.
const MAX_ELEMENTS: usize = 8;

/// The maximum number of elements of an array that are searched for one with a given value.
const MAX_SEARCHED: usize = 32;

/// Where a value is: a path, which may lead through arrays, or the difference of two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    way: Box<[Segment]>,
    subtracted: Option<Box<[Segment]>>,
}

/// A part of the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Path(Path),
    /// `[]`: each element of the array.
    Each,
    /// `[.key=="value"]`: the first element of the array that has this value.
    Having(Path, Box<[u8]>),
}

impl From<Path> for Source {
    fn from(path: Path) -> Self {
        Self {
            way: [Segment::Path(path)].into(),
            subtracted: None,
        }
    }
}

impl Source {
    /// Parses what is at `range` of `text`. `before` is the position of the text in what was typed.
    pub(super) fn parse(
        text: &str,
        range: Range<usize>,
        before: usize,
    ) -> Result<Self, QueryError> {
        let minus = outside_quotes(&text[range.clone()], " - ").next();
        let end = minus.map_or(range.end, |at| range.start + at);
        let subtracted = minus.map(|_| way(text, end + 3..range.end, before));
        Ok(Self {
            way: way(text, range.start..end, before)?,
            subtracted: subtracted.transpose()?,
        })
    }

    /// Returns the path that the way starts with, as written.
    pub(super) fn text(&self) -> &str {
        match self.way.first() {
            Some(Segment::Path(path)) => path.text(),
            _ => ".",
        }
    }

    /// Returns the path, if that is all.
    pub(super) fn as_path(&self) -> Option<&Path> {
        match (&*self.way, &self.subtracted) {
            ([Segment::Path(path)], None) => Some(path),
            _ => None,
        }
    }

    /// Returns the value below `place`, or the list of values, in the given form. Null is returned
    /// as it is.
    pub(super) fn show<'a>(
        &self,
        lookup: &Lookup<'a, '_>,
        place: Place<'_>,
        form: &Form,
    ) -> Result<Shown<'a>, Option<String>> {
        let look = |way: &[Segment], form| {
            let mut steps = place.steps.to_vec();
            follow(way, &mut steps, lookup, place, form)
        };
        let Some(subtracted) = &self.subtracted else {
            return look(&self.way, form);
        };
        let value = look(&self.way, &Form::Value)?;
        let subtracted = look(subtracted, &Form::Value)?;
        let text = difference(&value.text, &subtracted.text).ok_or(None)?;
        let shown = Shown {
            text: text.into_bytes().into(),
            kind: Kind::Number,
        };
        Ok(form.apply(shown))
    }
}

/// Returns the value at the end of a way that continues from `steps`.
fn follow<'a>(
    way: &[Segment],
    steps: &mut Vec<PathStep>,
    lookup: &Lookup<'a, '_>,
    place: Place<'_>,
    form: &Form,
) -> Result<Shown<'a>, Option<String>> {
    let Some((first, rest)) = way.split_first() else {
        let shown = place.look(lookup, steps)?;
        if is_null(&shown) {
            return Ok(shown);
        }
        return form.show(shown, lookup, Place { steps, ..place });
    };
    if let Segment::Path(path) = first {
        steps.extend_from_slice(path.steps());
        return follow(rest, steps, lookup, place, form);
    }
    let Some((Kind::Array, total)) = lookup.list(steps) else {
        return Err(place.look(lookup, steps).err().flatten());
    };
    if let Segment::Having(path, wanted) = first {
        return if enter_element(steps, total, (path, &**wanted), lookup, place) {
            follow(rest, steps, lookup, place, form)
        } else {
            Err(None)
        };
    }
    let length = steps.len();
    let mut text = Vec::new();
    let mut listed = 0;
    while listed < total.min(MAX_ELEMENTS) && place.left.get() > 0 {
        steps.truncate(length);
        steps.push(PathStep::Index(listed));
        if listed > 0 {
            text.extend_from_slice(b", ");
        }
        match follow(rest, steps, lookup, place, form) {
            Ok(value) => text.extend_from_slice(&value.text),
            Err(_) => text.extend_from_slice(MISSING.as_bytes()),
        }
        listed += 1;
    }
    if listed == 0 {
        return Err(None);
    }
    if total > listed {
        text.extend_from_slice(format!(", … {total} in all").as_bytes());
    }
    Ok(Shown {
        text: text.into(),
        kind: Kind::String,
    })
}

/// Adds the index of the first of the `total` elements of the array at `steps` that has the wanted
/// value at the path. Returns whether there is one.
fn enter_element(
    steps: &mut Vec<PathStep>,
    total: usize,
    (path, wanted): (&Path, &[u8]),
    lookup: &Lookup<'_, '_>,
    place: Place<'_>,
) -> bool {
    let length = steps.len();
    for index in 0..total.min(MAX_SEARCHED) {
        steps.push(PathStep::Index(index));
        steps.extend_from_slice(path.steps());
        let found = place.look(lookup, steps);
        if found.is_ok_and(|shown| *shown.text == *wanted) {
            steps.truncate(length + 1);
            return true;
        }
        steps.truncate(length);
    }
    false
}

/// Returns the difference of two numbers.
fn difference(value: &[u8], subtracted: &[u8]) -> Option<String> {
    let texts = [value, subtracted].map(|text| std::str::from_utf8(text).ok());
    let [value, subtracted] = [texts[0]?, texts[1]?];
    if let (Ok(value), Ok(subtracted)) = (value.parse::<i128>(), subtracted.parse::<i128>()) {
        return Some(value.checked_sub(subtracted)?.to_string());
    }
    let [value, subtracted] = [value.parse::<f64>().ok()?, subtracted.parse::<f64>().ok()?];
    Some((value - subtracted).to_string())
}

/// Parses the way at `range` of `text`.
fn way(text: &str, range: Range<usize>, before: usize) -> Result<Box<[Segment]>, QueryError> {
    let mut way = Vec::new();
    let mut start = range.start;
    loop {
        let brackets = outside_quotes(&text[start..range.end], "[").map(|at| start + at);
        let is_list = |at: &usize| matches!(text.as_bytes().get(at + 1), Some(b']' | b'.'));
        let open = brackets.into_iter().find(is_list);
        let end = open.unwrap_or(range.end);
        let written = text[start..end].trim();
        // A path starts with a dot, even if it goes on with an index.
        if written.starts_with('[') && !way.is_empty() {
            way.push(Segment::Path(Path::parse(&format!(".{written}"))?));
        } else if !written.is_empty() || way.is_empty() {
            way.push(Segment::Path(path(text, start..end, before)?));
        }
        let Some(open) = open else {
            return Ok(way.into());
        };
        let inside = open + 1..range.end;
        let Some(length) = outside_quotes(&text[inside.clone()], "]").next() else {
            let problem = "a bracket is not closed: write [] or [.key==\"value\"]";
            return fail(before + open..before + open + 1, problem);
        };
        let inside = inside.start..inside.start + length;
        start = inside.end + 1;
        way.push(if inside.is_empty() {
            Segment::Each
        } else {
            having(text, inside, before)?
        });
    }
}

/// Parses `.key=="value"` at `range` of `text`.
fn having(text: &str, range: Range<usize>, before: usize) -> Result<Segment, QueryError> {
    let Some(at) = outside_quotes(&text[range.clone()], "==").next() else {
        let problem = "write [.key==\"value\"] for the element with this value";
        return fail(before + range.start..before + range.end, problem);
    };
    let sign = range.start + at;
    let value = text[sign + 2..range.end].trim();
    let quoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let value = quoted.unwrap_or(value).as_bytes().into();
    Ok(Segment::Having(
        path(text, range.start..sign, before)?,
        value,
    ))
}

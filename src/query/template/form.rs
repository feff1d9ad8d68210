//! The forms in which a template shows a value.

use std::ops::Range;
use std::time::Duration;

use super::place::Place;
use super::{Part, show, with_braces};
use crate::payload::figures;
use crate::payload::lookup::{Lookup, Shown};
use crate::payload::tree::Kind;
use crate::query::error::{QueryError, fail};

/// The maximum number of templates within one another.
const MAX_DEPTH: usize = 4;

/// The units of a time, and how many of them are a second.
const UNITS: [(&str, f64); 4] = [("ns", 1e9), ("us", 1e6), ("ms", 1e3), ("s", 1.0)];

/// How a value is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Value,
    /// As the number of values in it, if it is an array or object.
    Length,
    /// As a duration, if it is a number of this unit.
    Time(&'static str),
    /// By its name, if it has one here.
    Named(Box<[(Box<str>, Box<str>)]>),
    /// As a template, whose paths start from the value.
    Template(Box<[Part]>),
}

impl Form {
    /// Parses what follows the bar, at `range` of `text`, within `depth` other templates. `before`
    /// is the position of the text in what was typed.
    pub(super) fn parse(
        text: &str,
        range: Range<usize>,
        before: usize,
        depth: usize,
    ) -> Result<Self, QueryError> {
        let words = text[range.clone()].trim();
        if words.contains('{') && depth < MAX_DEPTH {
            let start = range.end - text[range.clone()].trim_start().len();
            let parts = with_braces(words, before + start, depth + 1)?;
            return Ok(Self::Template(parts.into()));
        }
        if words == "length" {
            return Ok(Self::Length);
        }
        if let Some((unit, _)) = UNITS.iter().find(|(unit, _)| *unit == words) {
            return Ok(Self::Time(unit));
        }
        let names = words.split_whitespace().map(|name| {
            let (value, name) = name.split_once('=')?;
            Some((value.into(), name.into()))
        });
        match names.collect::<Option<Box<[_]>>>() {
            Some(names) if !names.is_empty() => Ok(Self::Named(names)),
            _ => fail(
                before + range.start - 1..before + range.end,
                "write length, a unit of time such as ms, names such as 0=off 1=on, or text with \
                 paths in braces after |",
            ),
        }
    }

    /// Returns the form of a value at `place`.
    pub(super) fn show<'a>(
        &self,
        shown: Shown<'a>,
        lookup: &Lookup<'a, '_>,
        place: Place<'_>,
    ) -> Result<Shown<'a>, Option<String>> {
        match self {
            Self::Template(parts) => {
                let summary = show(parts, lookup, place).finish_within()?;
                Ok(summary.shown)
            }
            Self::Length => Ok(match lookup.list(place.steps) {
                None => shown,
                Some((_, count)) => Shown {
                    text: count.to_string().into_bytes().into(),
                    kind: Kind::Number,
                },
            }),
            _ => Ok(self.apply(shown)),
        }
    }

    /// Returns the form of a value without a place.
    pub(super) fn apply<'a>(&self, shown: Shown<'a>) -> Shown<'a> {
        let text = match self {
            Self::Template(_) | Self::Value | Self::Length => return shown,
            Self::Time(unit) => duration(&shown.text, unit),
            Self::Named(names) => {
                let is_shown = |(value, _): &&(Box<str>, _)| value.as_bytes() == &*shown.text;
                let found = names.iter().find(is_shown);
                found.map(|(_, name)| name.to_string())
            }
        };
        text.map_or(shown, |text| Shown {
            text: text.into_bytes().into(),
            kind: Kind::String,
        })
    }
}

/// Returns whether a value is null.
pub(super) fn is_null(shown: &Shown<'_>) -> bool {
    shown.kind == Kind::Null
}

/// Returns the words for a number of `unit`.
fn duration(number: &[u8], unit: &str) -> Option<String> {
    let number: f64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    let (_, per_second) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let time = Duration::try_from_secs_f64(number.abs() / per_second).ok()?;
    let sign = if number < 0.0 { "-" } else { "" };
    Some(format!("{sign}{}", figures::duration(time)))
}

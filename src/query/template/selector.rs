//! The values that a template shows: where they are in a message, and in which form they are shown.

use std::ops::Range;

use super::form::{Form, is_null};
use super::place::Place;
use super::quotes::outside_quotes;
use super::source::Source;
use crate::payload::lookup::{Lookup, Shown};
use crate::query::error::QueryError;
use crate::query::path::Path;

/// Which value to show, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    /// Where the value may be. The first value other than null counts.
    sources: Box<[Source]>,
    form: Form,
    /// What to show if there is no value.
    otherwise: Option<Box<str>>,
}

impl From<Path> for Selector {
    fn from(path: Path) -> Self {
        Self {
            sources: [Source::from(path)].into(),
            form: Form::Value,
            otherwise: None,
        }
    }
}

impl Selector {
    /// Parses what is in braces, at `range` of `text`, within `depth` other templates. `before` is
    /// the position of the text in what was typed.
    pub(super) fn parse(
        text: &str,
        range: Range<usize>,
        before: usize,
        depth: usize,
    ) -> Result<Self, QueryError> {
        let bar = outside_quotes(&text[range.clone()], "|").next();
        let end = bar.map_or(range.end, |bar| range.start + bar);
        let form = match bar {
            None => Form::Value,
            Some(_) => Form::parse(text, end + 1..range.end, before, depth)?,
        };
        let mut sources = Vec::new();
        let mut otherwise = None;
        let mut start = range.start;
        let signs: Vec<usize> = outside_quotes(&text[start..end], "//").collect();
        for stop in signs.into_iter().map(|at| range.start + at).chain([end]) {
            let part = text[start..stop].trim();
            let is_last = stop == end && !sources.is_empty();
            match part
                .strip_prefix('"')
                .and_then(|part| part.strip_suffix('"'))
            {
                Some(words) if is_last => otherwise = Some(words.into()),
                _ => sources.push(Source::parse(text, start..stop, before)?),
            }
            start = stop + 2;
        }
        Ok(Self {
            sources: sources.into(),
            form,
            otherwise,
        })
    }

    /// Returns the paths.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(Source::text)
    }

    /// Returns what to show if there is no value.
    pub(super) fn otherwise(&self) -> Option<&str> {
        self.otherwise.as_deref()
    }

    /// Returns the path, if that is all.
    pub(super) fn as_path(&self) -> Option<&Path> {
        match &*self.sources {
            [source] if self.form == Form::Value && self.otherwise.is_none() => source.as_path(),
            _ => None,
        }
    }

    /// Returns the value in the message that `lookup` reads, below `place`. The error is that of
    /// [`Lookup::shown`].
    pub(super) fn show<'a>(
        &self,
        lookup: &Lookup<'a, '_>,
        place: Place<'_>,
    ) -> Result<Shown<'a>, Option<String>> {
        let mut found: Option<Result<Shown<'a>, Option<String>>> = None;
        for source in &self.sources {
            let shown = source.show(lookup, place, &self.form);
            let has_value = shown.as_ref().is_ok_and(|shown| !is_null(shown));
            if has_value || found.is_none() {
                found = Some(shown);
            }
            if has_value {
                break;
            }
        }
        let shown = found.unwrap_or(Err(None))?;
        if is_null(&shown) && self.otherwise.is_some() {
            return Err(None);
        }
        Ok(if is_null(&shown) {
            self.form.apply(shown)
        } else {
            shown
        })
    }
}

//! The values that a template shows: where they are in a message, and in which form they are shown.

use std::mem;
use std::ops::Range;

use super::MISSING;
use crate::payload::json::locate::PathStep;
use crate::payload::lookup::{Lookup, Shown};
use crate::payload::tree::Kind;
use crate::query::error::{QueryError, fail};
use crate::query::path::Path;

/// The maximum number of elements of an array that are shown one by one.
const MAX_ELEMENTS: usize = 8;

/// Which value to show, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    /// Where the value may be. The first value other than null counts.
    sources: Box<[Source]>,
    form: Form,
    /// What to show if there is no value.
    otherwise: Option<Box<str>>,
}

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    path: Path,
    /// The path within each element of the array at `path`, to show a value of every element.
    within: Option<Path>,
}

/// How a value is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// As it is.
    Value,
    /// As the number of values in it, if it is an array or object.
    Length,
    /// By its name, if it has one here.
    Named(Box<[(Box<str>, Box<str>)]>),
}

impl From<Path> for Selector {
    fn from(path: Path) -> Self {
        Self {
            sources: [Source { path, within: None }].into(),
            form: Form::Value,
            otherwise: None,
        }
    }
}

impl Selector {
    /// Parses what is in braces, at `range` of `text`. `before` is the position of the text in what
    /// was typed.
    pub(super) fn parse(
        text: &str,
        range: Range<usize>,
        before: usize,
    ) -> Result<Self, QueryError> {
        let bar = outside_quotes(&text[range.clone()], "|").next();
        let end = bar.map_or(range.end, |bar| range.start + bar);
        let form = match bar {
            None => Form::Value,
            Some(_) => Form::parse(&text[end + 1..range.end]).map_or_else(
                || {
                    let problem = "write length or names such as 0=off 1=on after |";
                    fail(before + end..before + range.end, problem)
                },
                Ok,
            )?,
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
        self.sources.iter().map(|source| source.path.text())
    }

    /// Returns what to show if there is no value.
    pub(super) fn otherwise(&self) -> Option<&str> {
        self.otherwise.as_deref()
    }

    /// Returns the path, if that is all.
    pub(super) fn as_path(&self) -> Option<&Path> {
        match &*self.sources {
            [Source { path, within: None }] => {
                let is_plain = self.form == Form::Value && self.otherwise.is_none();
                is_plain.then_some(path)
            }
            _ => None,
        }
    }

    /// Returns the value in the message that `lookup` reads. The error is that of
    /// [`Lookup::shown`].
    pub(super) fn show<'a>(&self, lookup: &Lookup<'a, '_>) -> Result<Shown<'a>, Option<String>> {
        let mut first = Err(None);
        for (index, source) in self.sources.iter().enumerate() {
            let shown = source.show(lookup);
            if let Ok(shown) = &shown
                && shown.kind != Kind::Null
            {
                return Ok(self.form.of(source, shown.clone(), lookup));
            }
            if index == 0 {
                first = shown;
            }
        }
        match first? {
            _ if self.otherwise.is_some() => Err(None),
            null => Ok(self.form.of(&self.sources[0], null, lookup)),
        }
    }
}

impl Source {
    /// Parses the path at `range` of `text`, which may lead to each element of an array.
    fn parse(text: &str, range: Range<usize>, before: usize) -> Result<Self, QueryError> {
        let Some(at) = outside_quotes(&text[range.clone()], "[]").next() else {
            let path = path(text, range, before)?;
            return Ok(Self { path, within: None });
        };
        let (end, rest) = (range.start + at, range.start + at + 2..range.end);
        let list = match text[range.start..end].trim() {
            "." => Path::parse("."),
            _ => path(text, range.start..end, before),
        };
        let within = match text[rest.clone()].trim() {
            "" => Path::parse("."),
            // A path starts with a dot, even if it goes on with an index.
            index if index.starts_with('[') => Path::parse(&format!(".{index}")),
            _ => path(text, rest, before),
        };
        Ok(Self {
            path: list?,
            within: Some(within?),
        })
    }

    /// Returns the value in the message that `lookup` reads, or those in each element of an array.
    fn show<'a>(&self, lookup: &Lookup<'a, '_>) -> Result<Shown<'a>, Option<String>> {
        let steps = self.path.steps();
        let Some(within) = &self.within else {
            return lookup.shown(steps);
        };
        let Some((Kind::Array, count)) = lookup.list(steps) else {
            return Err(lookup.shown(steps).err().flatten());
        };
        let mut steps = self.path.steps().to_vec();
        let mut text = Vec::new();
        for index in 0..count.min(MAX_ELEMENTS) {
            steps.truncate(self.path.steps().len());
            steps.push(PathStep::Index(index));
            steps.extend_from_slice(within.steps());
            if index > 0 {
                text.extend_from_slice(b", ");
            }
            match lookup.shown(&steps) {
                Ok(value) => text.extend_from_slice(&value.text),
                Err(_) => text.extend_from_slice(MISSING.as_bytes()),
            }
        }
        if count > MAX_ELEMENTS {
            text.extend_from_slice(format!(", … {count} in all").as_bytes());
        }
        Ok(Shown {
            text: text.into(),
            kind: Kind::String,
        })
    }
}

impl Form {
    /// Parses what follows the bar.
    fn parse(text: &str) -> Option<Self> {
        let words = text.trim();
        if words == "length" {
            return Some(Self::Length);
        }
        let names = words.split_whitespace().map(|name| {
            let (value, name) = name.split_once('=')?;
            Some((value.into(), name.into()))
        });
        let names: Box<[_]> = names.collect::<Option<_>>()?;
        (!names.is_empty()).then_some(Self::Named(names))
    }

    /// Returns in this form the value of `source`, which is `shown` as it is.
    fn of<'a>(&self, source: &Source, shown: Shown<'a>, lookup: &Lookup<'a, '_>) -> Shown<'a> {
        match self {
            Self::Length if source.within.is_none() => match lookup.list(source.path.steps()) {
                None => shown,
                Some((_, count)) => Shown {
                    text: count.to_string().into_bytes().into(),
                    kind: Kind::Number,
                },
            },
            Self::Value | Self::Length => shown,
            Self::Named(names) => {
                let is_shown = |(value, _): &&(Box<str>, _)| value.as_bytes() == &*shown.text;
                let found = names.iter().find(is_shown);
                found.map_or(shown, |(_, name)| Shown {
                    text: name.as_bytes().to_vec().into(),
                    kind: Kind::String,
                })
            }
        }
    }
}

/// Returns the positions of `sign` in `text`, except in quotes.
fn outside_quotes<'a>(text: &'a str, sign: &'a str) -> impl Iterator<Item = usize> {
    let mut quotes = Quotes::default();
    text.char_indices().filter_map(move |(at, letter)| {
        quotes.pass(letter);
        (!quotes.is_open && text[at..].starts_with(sign)).then_some(at)
    })
}

/// Parses the path at `range` of `text`. `before` is the position of the text in what was typed.
pub(super) fn path(text: &str, range: Range<usize>, before: usize) -> Result<Path, QueryError> {
    Path::parse(&text[range.clone()]).map_err(|error| QueryError {
        at: before + range.start + error.at.start..before + range.start + error.at.end,
        ..error
    })
}

/// Whether a position in a path is within a quoted name.
#[derive(Default)]
pub(super) struct Quotes {
    pub(super) is_open: bool,
    is_escaped: bool,
}

impl Quotes {
    pub(super) fn pass(&mut self, letter: char) {
        let is_escaped = mem::take(&mut self.is_escaped);
        match letter {
            '"' if !is_escaped => self.is_open = !self.is_open,
            '\\' if self.is_open => self.is_escaped = !is_escaped,
            _ => {}
        }
    }
}

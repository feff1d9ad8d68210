//! Takes the keys of a table one by one, so that any key left over is known to be an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place, masked, suggestion};
use super::part::Part;
use super::{holds_login, home};

/// A file that is being parsed.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

/// A table that is being parsed.
pub(super) struct Keys<'a> {
    /// The keys that have not been taken.
    values: BTreeMap<&'a str, Value<'a>>,
    /// The names of all keys that have been requested.
    known: Vec<&'static str>,
    /// What is wrong with the values taken.
    errors: Vec<ConfigError>,
}

/// The value of a key, and its location.
pub(super) struct Value<'a> {
    source: Source<'a>,
    /// The full path of the key, such as `profile.staging.url`.
    pub key: String,
    /// The line of the key, counted from 1.
    pub line: usize,
    content: &'a DeValue<'a>,
}

impl Source<'_> {
    /// Returns the number of the line that contains the byte at `offset`.
    pub fn line(self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        1 + before.matches('\n').count()
    }
}

impl<'a> Keys<'a> {
    /// Reads the keys of `table`. `place` is the prefix of each key in errors: empty, or ending in
    /// a dot.
    pub fn of(source: Source<'a>, place: &str, table: &'a DeTable<'a>) -> Self {
        let values = table.iter().map(|(name, value)| {
            let key = name.get_ref().as_ref();
            let value = Value {
                source,
                key: format!("{place}{}", quoted_key(key)),
                line: source.line(name.span().start),
                content: value.get_ref(),
            };
            (key, value)
        });
        Self {
            values: values.collect(),
            known: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Takes the key called `name`, if present, and parses it with `read`. An error is kept for
    /// [`Self::finish`].
    pub fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value<'a>) -> Result<T, ConfigError>,
    ) -> Option<T> {
        self.read_parts(name, |value| read(value).map_err(|error| vec![error]))
    }

    /// Like [`Self::read`], for a value in which several things may be wrong.
    pub fn read_parts<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value<'a>) -> Result<T, Vec<ConfigError>>,
    ) -> Option<T> {
        self.known.push(name);
        match read(self.values.remove(name)?) {
            Ok(value) => Some(value),
            Err(errors) => {
                self.errors.extend(errors);
                None
            }
        }
    }

    /// Takes the key called `name` and parses it with `read`; if it is absent, returns the default.
    pub fn part<T: Default>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value<'a>) -> Part<T>,
    ) -> Part<T> {
        self.known.push(name);
        self.values.remove(name).map(read).unwrap_or_default()
    }

    /// Returns the place of every key.
    pub fn places(&self) -> BTreeMap<String, Place> {
        let values = self.values.iter();
        let places = values.map(|(name, value)| ((*name).to_owned(), value.place()));
        places.collect()
    }

    /// Takes all remaining keys, in file order.
    pub fn rest(self) -> Vec<(&'a str, Value<'a>)> {
        let mut rest: Vec<_> = self.values.into_iter().collect();
        rest.sort_by_key(|(_, value)| value.line);
        rest
    }

    /// Returns every error, by line: those of the values taken, and one for each key left that was
    /// never requested.
    pub fn finish(mut self) -> Vec<ConfigError> {
        let mut errors = std::mem::take(&mut self.errors);
        let known = std::mem::take(&mut self.known);
        let unknown = self.rest().into_iter().map(|(name, value)| {
            value.error(match suggestion(name, &known).as_str() {
                "" => format!("no such key; valid keys: {}", known.join(", ")),
                suggestion => format!("no such key{suggestion}"),
            })
        });
        errors.extend(unknown);
        errors.sort_by_key(ConfigError::line);
        errors
    }
}

impl<'a> Value<'a> {
    /// Returns the place of the value, for errors found later.
    pub fn place(&self) -> Place {
        Place {
            path: self.source.path.to_owned(),
            line: self.line,
            key: self.key.clone(),
        }
    }

    /// Returns whether the value is a string.
    pub fn is_text(&self) -> bool {
        matches!(self.content, DeValue::String(_))
    }

    /// Returns an error about the value.
    pub fn error(&self, problem: impl Into<String>) -> ConfigError {
        ConfigError::new(self.source.path, self.line, self.key.clone(), problem)
    }

    /// Parses a string.
    pub fn text(self) -> Result<String, ConfigError> {
        match self.content {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.must_be("a quoted string")),
        }
    }

    /// Parses a file path, relative to the file's folder, or to the home folder if it starts with
    /// `~`.
    pub fn path(self) -> Result<PathBuf, ConfigError> {
        let DeValue::String(text) = self.content else {
            return Err(self.must_be("a quoted string"));
        };
        if text.is_empty() {
            return Err(self.error("is empty"));
        }
        if holds_login(text) {
            return Err(self.error("takes a path; for a URL or a login use url"));
        }
        let folder = self.source.path.parent().unwrap_or(Path::new(""));
        let path = home::expand(PathBuf::from(text.as_ref()));
        path.map(|path| folder.join(path))
            .map_err(|problem| self.error(problem))
    }

    /// Parses a boolean.
    pub fn flag(self) -> Result<bool, ConfigError> {
        match self.content {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.must_be("true or false")),
        }
    }

    /// Parses an integer from `least` to `most`.
    pub fn number(self, least: i64, most: i64) -> Result<i64, ConfigError> {
        let DeValue::Integer(number) = self.content else {
            return Err(self.must_be("a whole number"));
        };
        // Parsing fails only if the number is too large.
        let number = i64::from_str_radix(number.as_str(), number.radix());
        match number {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            Ok(number) if number < least && most == i64::MAX => {
                Err(self.error(format!("must be at least {least}")))
            }
            _ => Err(self.error(format!("must be from {least} to {most}"))),
        }
    }

    /// Parses an integer from `least` to `most`, which both fit in a `u16`.
    pub fn small(self, least: u16, most: u16) -> Result<u16, ConfigError> {
        let number = self.number(least.into(), most.into())?;
        Ok(u16::try_from(number).unwrap_or(most))
    }

    /// Parses one of the names in `choices` and returns its value.
    pub fn one_of<T: Copy>(self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let DeValue::String(text) = self.content else {
            return Err(self.must_be(&format!("one of {}", names.join(", "))));
        };
        let found = choices.iter().find(|(name, _)| *name == text.as_ref());
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            // The value is not repeated: it may be a misplaced password.
            let hint = suggestion(text, &names);
            self.error(format!("must be one of {}{hint}", names.join(", ")))
        })
    }

    /// Parses an array of strings. Fails with an error for each element that is not a string.
    pub fn texts(self) -> Result<Vec<String>, Vec<ConfigError>> {
        const FORM: &str = "a list of strings, such as [\"one\", \"two\"]";
        let DeValue::Array(values) = self.content else {
            return Err(vec![self.must_be(FORM)]);
        };
        let mut texts = Vec::new();
        let mut errors = Vec::new();
        for (number, value) in (1..).zip(values.iter()) {
            match value.get_ref() {
                DeValue::String(text) => texts.push(text.to_string()),
                _ => errors.push(
                    self.element(value)
                        .error(format!("must be {FORM}; element {number} is not a string")),
                ),
            }
        }
        if errors.is_empty() {
            Ok(texts)
        } else {
            Err(errors)
        }
    }

    /// Parses a value of any simple type, or an array of them. Returns each as on a command line.
    pub fn words(self) -> Result<Vec<String>, Vec<ConfigError>> {
        let DeValue::Array(values) = self.content else {
            return self
                .word()
                .map(|word| vec![word])
                .map_err(|wrong| vec![wrong]);
        };
        let mut words = Vec::new();
        let mut errors = Vec::new();
        for value in values {
            match self.element(value).word() {
                Ok(word) => words.push(word),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(words)
        } else {
            Err(errors)
        }
    }

    fn word(self) -> Result<String, ConfigError> {
        match self.content {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(_) => Ok(self.number(i64::MIN, i64::MAX)?.to_string()),
            DeValue::Float(number) => Ok(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Ok(flag.to_string()),
            DeValue::Datetime(time) => Ok(time.to_string()),
            DeValue::Array(_) | DeValue::Table(_) => {
                Err(self.must_be("a string, a number, true or false, or a list of them"))
            }
        }
    }

    /// Parses an array of strings `glob=path`. Each path is relative to the file's folder, unless
    /// it starts with `~`.
    pub fn paths_by_glob(self) -> Result<Vec<String>, Vec<ConfigError>> {
        let folder = self.source.path.parent().unwrap_or(Path::new(""));
        let in_folder = |text: String| match text.rsplit_once('=') {
            Some((glob, path))
                if !matches!(path.trim(), "" | "~") && !path.trim().starts_with("~/") =>
            {
                format!("{glob}={}", folder.join(path.trim()).display())
            }
            _ => text,
        };
        Ok(self.texts()?.into_iter().map(in_folder).collect())
    }

    /// Parses an array of strings, or one string.
    pub fn one_or_more_texts(self) -> Result<Vec<String>, Vec<ConfigError>> {
        match self.content {
            DeValue::String(text) => Ok(vec![text.to_string()]),
            _ => self.texts(),
        }
    }

    /// Parses an array of tables. Returns each table as a value, for use in errors, together with
    /// its keys, and an error for each element that is not a table.
    pub fn tables(self) -> (Vec<(Self, Keys<'a>)>, Vec<ConfigError>) {
        let form = format!("tables that start with [[{}]]", self.key);
        let DeValue::Array(values) = self.content else {
            return (Vec::new(), vec![self.must_be(&form)]);
        };
        let mut tables = Vec::new();
        let mut errors = Vec::new();
        for value in values {
            let value = self.element(value);
            match value.content {
                DeValue::Table(table) => {
                    let keys = Keys::of(self.source, &format!("{}.", self.key), table);
                    tables.push((value, keys));
                }
                _ => errors.push(value.must_be(&form)),
            }
        }
        (tables, errors)
    }

    /// Parses an array of tables, each by `read`, which returns an entry and what is wrong with it.
    pub fn entries<T>(
        self,
        read: impl Fn(&Self, Keys<'a>) -> (T, Vec<ConfigError>),
    ) -> Part<Vec<T>> {
        let (tables, mut errors) = self.tables();
        let entries = tables.into_iter().map(|(value, keys)| {
            let (entry, wrong) = read(&value, keys);
            errors.extend(wrong);
            entry
        });
        let entries = entries.collect();
        Part::new(entries, errors)
    }

    /// Returns an element of an array.
    fn element(&self, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self {
            source: self.source,
            key: self.key.clone(),
            line: self.source.line(value.span().start),
            content: value.get_ref(),
        }
    }

    /// Parses a table.
    pub fn table(self) -> Result<Keys<'a>, ConfigError> {
        match self.content {
            DeValue::Table(table) => Ok(Keys::of(self.source, &format!("{}.", self.key), table)),
            _ => Err(self.must_be("a table")),
        }
    }

    /// Returns an error saying that the value is not of the `expected` type. It does not show the
    /// value, which may be an unquoted password.
    fn must_be(&self, expected: &str) -> ConfigError {
        let kind = match self.content {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(format!("must be {expected}, not {kind}"))
    }
}

/// Returns a key as it is written in the file.
fn quoted_key(key: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !key.is_empty() && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        format!("\"{}\"", masked(key))
    }
}

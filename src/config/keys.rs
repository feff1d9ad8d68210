//! The keys of a table, taken one by one, so that what is left over is known to be wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, named, suggestion};
use super::{holds_login, home};

/// A file that is being read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

/// A table that is being read.
pub(super) struct Keys<'a> {
    /// Those that have not been taken.
    values: BTreeMap<&'a str, Value<'a>>,
    /// The names of all that have been asked for.
    known: Vec<&'static str>,
}

/// The value of a key, and where it stands.
pub(super) struct Value<'a> {
    source: Source<'a>,
    /// With all that it stands in.
    key: String,
    /// The line of the key, counted from 1.
    pub line: usize,
    content: &'a DeValue<'a>,
}

impl<'a> Source<'a> {
    /// The number of the line in which the byte at `offset` stands.
    pub fn line(self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        1 + before.matches('\n').count()
    }

    /// The keys of the outermost table.
    pub fn keys(self, table: &'a DeTable<'a>) -> Keys<'a> {
        Keys::of(self, "", table)
    }
}

impl<'a> Keys<'a> {
    /// `place` stands before each key in a complaint: empty, or with a dot at its end.
    fn of(source: Source<'a>, place: &str, table: &'a DeTable<'a>) -> Self {
        let values = table.iter().map(|(name, value)| {
            let key = name.get_ref().as_ref();
            let value = Value {
                source,
                key: format!("{place}{}", written(key)),
                line: source.line(name.span().start),
                content: value.get_ref(),
            };
            (key, value)
        });
        Self {
            values: values.collect(),
            known: Vec::new(),
        }
    }

    /// Takes the key called `name`, if it is there.
    pub fn take(&mut self, name: &'static str) -> Option<Value<'a>> {
        self.known.push(name);
        self.values.remove(name)
    }

    /// Takes the key called `name` as `read` understands it.
    pub fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value<'a>) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        self.take(name).map(read).transpose()
    }

    /// The line of every key.
    pub fn lines(&self) -> BTreeMap<String, usize> {
        let values = self.values.iter();
        values
            .map(|(name, value)| ((*name).to_owned(), value.line))
            .collect()
    }

    /// Takes the rest, whatever it is called, in the order of the file.
    pub fn rest(self) -> Vec<(&'a str, Value<'a>)> {
        let mut rest: Vec<_> = self.values.into_iter().collect();
        rest.sort_by_key(|(_, value)| value.line);
        rest
    }

    /// Complains if a key is left that was not asked for.
    pub fn finish(self) -> Result<(), ConfigError> {
        let known = self.known.clone();
        let Some((name, value)) = self.rest().into_iter().next() else {
            return Ok(());
        };
        Err(value.wrong(match suggestion(name, &known).as_str() {
            "" => match known[..] {
                [only] => format!("no such key; the only one is {only}"),
                _ => format!("no such key; there are {}", known.join(", ")),
            },
            suggestion => format!("no such key{suggestion}"),
        }))
    }
}

impl<'a> Value<'a> {
    /// The key, with all that it stands in.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The complaint that it is wrong.
    pub fn wrong(&self, problem: impl Into<String>) -> ConfigError {
        ConfigError::new(self.source.path, self.line, self.key.clone(), problem)
    }

    /// A text.
    pub fn text(self) -> Result<String, ConfigError> {
        match self.content {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.must_be("a text in quotes")),
        }
    }

    /// The path of a file: from `folder`, or from the home folder after `~`.
    pub fn path(self, folder: &Path) -> Result<PathBuf, ConfigError> {
        match self.content {
            DeValue::String(text) if text.is_empty() => Err(self.wrong("names no file")),
            DeValue::String(text) if holds_login(text) => {
                Err(self.wrong("takes a path; a URL or a login goes with url"))
            }
            DeValue::String(text) => {
                let path = home::expand(PathBuf::from(text.as_ref()));
                path.map(|path| folder.join(path))
                    .map_err(|problem| self.wrong(problem))
            }
            _ => Err(self.must_be("a text in quotes")),
        }
    }

    /// Yes or no.
    pub fn flag(self) -> Result<bool, ConfigError> {
        match self.content {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.must_be("true or false")),
        }
    }

    /// A whole number from `least` to `most`.
    pub fn number(self, least: i64, most: i64) -> Result<i64, ConfigError> {
        let DeValue::Integer(number) = self.content else {
            return Err(self.must_be("a whole number"));
        };
        // It fails where the number is too large to be any.
        let number = i64::from_str_radix(number.as_str(), number.radix());
        match number {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            Ok(number) if number < least && most == i64::MAX => {
                Err(self.wrong(format!("must be at least {least}")))
            }
            _ => Err(self.wrong(format!("must be from {least} to {most}"))),
        }
    }

    /// What one of the names in `choices` stands for.
    pub fn one_of<T: Copy>(self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let DeValue::String(text) = self.content else {
            return Err(self.must_be(&format!("one of the texts {}", names.join(", "))));
        };
        let found = choices.iter().find(|(name, _)| *name == text.as_ref());
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            // Not repeated: a file that is not in order may have a password there.
            let hint = suggestion(text, &names);
            self.wrong(format!("must be one of {}{hint}", names.join(", ")))
        })
    }

    /// A list of texts.
    pub fn texts(self) -> Result<Vec<String>, ConfigError> {
        const FORM: &str = "a list of texts, such as [\"one\", \"two\"]";
        let DeValue::Array(values) = self.content else {
            return Err(self.must_be(FORM));
        };
        let texts = values.iter().map(|value| match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.wrong(format!("must be {FORM}; something in it is not a text"))),
        });
        texts.collect()
    }

    /// A table, by its keys.
    pub fn table(self) -> Result<Keys<'a>, ConfigError> {
        match self.content {
            DeValue::Table(table) => Ok(Keys::of(self.source, &format!("{}.", self.key), table)),
            _ => Err(self.must_be("a table")),
        }
    }

    /// The complaint that it is of another kind than `right`. It does not show what it is, which
    /// may be a password without its quotes.
    fn must_be(&self, right: &str) -> ConfigError {
        let kind = match self.content {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(format!("must be {right}, not {kind}"))
    }
}

/// A key as the file writes it.
fn written(key: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !key.is_empty() && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        format!("\"{}\"", named(key))
    }
}

//! A regular expression on bytes.

use regex::bytes::{Regex, RegexBuilder};

/// How large a compiled expression may become, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// How deep an expression may be nested.
const NEST_LIMIT: u32 = 100;

/// A regular expression with what it was made from, so that two can be compared.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    insensitive: bool,
    regex: Regex,
}

impl Pattern {
    /// Compiles `source`. A failure is said in words that follow "this is not a regular
    /// expression:".
    pub fn new(source: &str, insensitive: bool) -> Result<Self, String> {
        let regex = RegexBuilder::new(source)
            .case_insensitive(insensitive)
            .size_limit(SIZE_LIMIT)
            .nest_limit(NEST_LIMIT)
            .build();
        match regex {
            Ok(regex) => Ok(Self {
                source: source.into(),
                insensitive,
                regex,
            }),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err("it becomes too large: make its repetitions smaller".to_owned())
            }
            Err(other) => Err(last_line(&other.to_string())),
        }
    }

    /// The compiled expression.
    pub fn regex(&self) -> &Regex {
        &self.regex
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.insensitive) == (&other.source, other.insensitive)
    }
}

/// What is wrong, from a message that also draws where.
fn last_line(message: &str) -> String {
    let line = message.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

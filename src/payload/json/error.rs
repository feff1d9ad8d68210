//! Why a payload is not JSON.

use std::fmt::{self, Display, Formatter};

use crate::payload::tree::Refusal;

/// Why a payload is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// The byte, counted from 0, at which it stops being JSON.
    pub at: usize,
    /// What is wrong there.
    pub why: &'static str,
}

impl Display for NotJson {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "not JSON: {} at byte {}", self.why, self.at)
    }
}

/// Why parsing stops early. As small as it can be, since it is part of the result for every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    EndsEarly,
    NotTheEnd,
    NoValue,
    NoName,
    NoColon,
    NoCommaInObject,
    NoCommaInArray,
    OpenString,
    BadEscape,
    Control,
    CutNumber,
    TooDeep,
    /// The visitor does not accept the value.
    Refused(Refusal),
}

impl Stop {
    /// Returns what is wrong, as text.
    pub fn why(self) -> &'static str {
        match self {
            Self::EndsEarly => "unexpected end",
            Self::NotTheEnd => "trailing data",
            Self::NoValue => "expected a value",
            Self::NoName => "expected a key",
            Self::NoColon => "expected a colon",
            Self::NoCommaInObject => "expected a comma or }",
            Self::NoCommaInArray => "expected a comma or ]",
            Self::OpenString => "unterminated string",
            Self::BadEscape => "invalid escape",
            Self::Control => "control character in a string",
            Self::CutNumber => "invalid number",
            Self::TooDeep | Self::Refused(Refusal::TooDeep) => "nested too deeply",
            Self::Refused(Refusal::TooLong) => "longer than 4 GiB",
            Self::Refused(Refusal::Full) => "too many values",
        }
    }
}

//! Reasons why bytes are not JSON.

/// The visitor does not accept a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Why parsing stops. It is as small as possible, since the result for every value contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
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
    Refused,
}

impl Flaw {
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
            Self::TooDeep => "nested too deeply",
            Self::Refused => "refused",
        }
    }
}

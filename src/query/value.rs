//! Conditions on the value at a path.

use std::ops::Range;

use memchr::memmem::Finder;

use crate::payload::format::{may_be_windows_1252, may_differ};
use crate::payload::hex;
use crate::payload::json::is_json;
use crate::payload::json::locate::{self, Located, PathStep};
use crate::payload::json::number::Number;
use crate::payload::json::text::{self, unquoted};
use crate::payload::lookup::Lookup;
use crate::payload::tree::{PLACE_OF_ELEMENTS, place_step};
use crate::query::compare::Compare;
use crate::query::pattern::Pattern;

/// A condition on the value at a path.
#[derive(Clone, Debug)]
pub struct PathTerm {
    steps: Vec<PathStep>,
    test: Test,
    /// Bytes that occur in every JSON payload that satisfies the condition and has no escapes.
    needle: Option<Finder<'static>>,
    /// Bytes that occur in every JSON payload that satisfies the condition and has no exponents.
    digits: Option<Finder<'static>>,
}

/// A condition on a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The value exists, even if null.
    Exists,
    /// The comparison of the value with this scalar is true.
    Compare(Compare, Scalar),
    /// The value is one of these.
    In(Vec<Scalar>),
    /// The value is a string that matches this pattern.
    Match(Pattern),
}

/// A value to compare with; values of different types are never equal.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `true` or `false`.
    Word(&'static str),
    /// A number.
    Number(Number),
    /// A string, unescaped.
    Text(Box<[u8]>),
    /// Bytes, written in hex: `h'00ff'`.
    Bytes(Box<[u8]>),
}

/// Why a comparison holds for no value of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeClash {
    /// It compares with a number, and the value is a string.
    TextForNumber,
    /// It compares with a string, but the value is not one.
    NoText,
}

impl PathTerm {
    /// Returns why the condition holds for no value of the type of this one, in JSON.
    pub fn clash(&self, value: &[u8]) -> Option<TypeClash> {
        match (&self.test, value.first()? == &b'"') {
            // A value of another type differs.
            (Test::Compare(Compare::NotEqual, _), _) => None,
            (Test::Compare(_, Scalar::Number(_)), true) => Some(TypeClash::TextForNumber),
            (Test::Compare(_, Scalar::Text(_)), false) => Some(TypeClash::NoText),
            _ => None,
        }
    }
}

impl Scalar {
    /// Returns the value written as `word`; `None` if `word` is an unquoted string.
    pub fn of_word(word: &str) -> Option<Self> {
        // Formats other than JSON have additional numbers and other words for null.
        let words = ["null", "true", "false", "NaN", "Infinity", "-Infinity"];
        let sought = match word {
            "nil" | "undefined" => "null",
            _ => word,
        };
        if let Some(word) = words.into_iter().find(|other| *other == sought) {
            return Some(Self::Word(word));
        }
        if word.starts_with("h'") {
            let is_closed = word.len() > 2 && word.ends_with('\'');
            let digits = is_closed.then(|| &word.as_bytes()[2..word.len() - 1])?;
            return hex::parse(digits).map(|bytes| Self::Bytes(bytes.into()));
        }
        let first = word.bytes().next()?;
        let is_number = (first == b'-' || first.is_ascii_digit()) && is_json(word.as_bytes());
        is_number.then(|| Self::Number(Number::new(word)))
    }

    /// Returns whether the JSON `value` compares to the scalar as `compare` requires.
    #[inline]
    fn holds(&self, compare: Compare, value: &[u8]) -> bool {
        let order = match self {
            Self::Word(word) => {
                let equal = value == word.as_bytes();
                return match compare {
                    Compare::Equal => equal,
                    Compare::NotEqual => !equal,
                    _ => false,
                };
            }
            Self::Number(number) => number.order_of(value),
            Self::Text(expected) if compare == Compare::Equal || compare == Compare::NotEqual => {
                let equal = match digits(value) {
                    Some(digits) => digits.eq_ignore_ascii_case(expected),
                    None => unquoted(value).is_some_and(|raw| text::equals(raw, expected)),
                };
                return equal == (compare == Compare::Equal);
            }
            Self::Bytes(expected) => {
                let bytes = digits(value).and_then(hex::parse);
                bytes.map(|bytes| bytes.as_slice().cmp(expected))
            }
            Self::Text(expected) => unquoted(value).map(|raw| text::compare(raw, expected)),
        };
        // Values of different types are unequal and have no order.
        order.map_or(compare == Compare::NotEqual, |order| compare.holds(order))
    }
}

impl PartialEq for PathTerm {
    fn eq(&self, other: &Self) -> bool {
        (&self.steps, &self.test) == (&other.steps, &other.test)
    }
}

impl PathTerm {
    /// Returns whether the value is within a value at `place`.
    pub fn is_within(&self, place: &str) -> bool {
        let mut of_path = String::new();
        self.steps.iter().any(|step| {
            let is_there = of_path == place;
            match step {
                PathStep::Key(name) => of_path.push_str(&place_step(name)),
                PathStep::Index(_) => of_path.push_str(PLACE_OF_ELEMENTS),
            }
            is_there
        })
    }

    /// Creates the condition that the value at `steps` satisfies `test`.
    pub fn new(steps: Vec<PathStep>, test: Test) -> Self {
        let key = steps.iter().rev().find_map(|step| match step {
            PathStep::Key(key) => Some(&**key),
            PathStep::Index(_) => None,
        });
        let needle = match &test {
            Test::Compare(Compare::Equal, Scalar::Text(value)) => Some(&**value),
            _ => key,
        };
        // The needle is sought without its quotes, since those of lenient JSON may be single. If it
        // needs escaping, it is never found, but then the payload contains an escape and so may
        // differ.
        let needle = needle.map(|needle| Finder::new(needle).into_owned());
        let digits = match &test {
            Test::Compare(Compare::Equal, Scalar::Number(number)) => number.plain_digits(),
            _ => None,
        };
        let digits = digits.map(|digits| Finder::new(digits).into_owned());
        Self {
            steps,
            test,
            needle,
            digits,
        }
    }

    /// Returns the keys and indexes of the path.
    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }

    /// Returns the condition on the value.
    pub fn test(&self) -> &Test {
        &self.test
    }

    /// Returns whether the condition holds for the value in `payload`, which `lookup` reads.
    /// `may_differ` tells whether the payload may have values that it does not contain verbatim;
    /// see [`may_differ`].
    #[inline]
    pub fn holds(&self, payload: &[u8], lookup: &Lookup<'_, '_>, may_differ: bool) -> bool {
        // Only JSON is certain to contain the needle and the digits verbatim.
        let is_ruled_out = !may_differ && lookup.looks_like_json() && self.is_ruled_out(payload);
        !is_ruled_out
            && lookup.has(
                &self.steps,
                |values| !self.lacks_digits(values),
                |value, other| self.test.holds(value, other),
            )
    }

    /// Returns the range in `payload` of the value that satisfies the condition. `payload` must be
    /// JSON, which is not checked; otherwise the result is unspecified.
    #[inline]
    pub fn find(&self, payload: &[u8]) -> Option<Range<usize>> {
        if !may_differ(payload) && self.is_ruled_out(payload) {
            return None;
        }
        let Located::At(found) = locate::locate(payload, &self.steps) else {
            return None;
        };
        self.test
            .holds(&payload[found.clone()], None)
            .then_some(found)
    }

    /// Returns whether the condition cannot hold if `payload` is JSON whose values are all in it
    /// verbatim.
    #[inline]
    fn is_ruled_out(&self, payload: &[u8]) -> bool {
        self.lacks_digits(payload) || self.lacks_needle(payload)
    }

    /// Returns whether the payload lacks the text that every match contains, in whatever charset.
    #[inline]
    fn lacks_needle(&self, payload: &[u8]) -> bool {
        let is_ascii = |needle: &Finder<'_>| needle.needle().is_ascii();
        lacks(self.needle.as_ref(), payload)
            && (self.needle.as_ref().is_some_and(is_ascii) || !may_be_windows_1252(payload))
    }

    /// Returns whether the condition cannot hold for any number in this JSON.
    #[inline]
    fn lacks_digits(&self, json: &[u8]) -> bool {
        lacks(self.digits.as_ref(), json) && !may_hold_exponent(json)
    }
}

impl Test {
    /// Returns whether the condition holds for the JSON `value`, which may have an `other` notation:
    /// `h'00ff'` for bytes, or the number of an enum value. A value differs from another if it does
    /// in both.
    #[inline]
    fn holds(&self, value: &[u8], other: Option<&[u8]>) -> bool {
        let Some(other) = other else {
            return self.holds_for(value);
        };
        match self {
            Self::Compare(Compare::NotEqual, _) => self.holds_for(value) && self.holds_for(other),
            _ => self.holds_for(value) || self.holds_for(other),
        }
    }

    #[inline]
    fn holds_for(&self, value: &[u8]) -> bool {
        match self {
            Self::Exists => true,
            Self::Compare(compare, scalar) => scalar.holds(*compare, value),
            Self::In(scalars) => scalars
                .iter()
                .any(|scalar| scalar.holds(Compare::Equal, value)),
            Self::Match(pattern) => {
                let digits = digits(value).map(Into::into);
                let text = digits.or_else(|| unquoted(value).map(text::unescaped));
                text.is_some_and(|text| pattern.regex().is_match(&text))
            }
        }
    }
}

/// Returns whether `bytes` do not contain `text`, if there is one.
#[inline]
fn lacks(text: Option<&Finder<'_>>, bytes: &[u8]) -> bool {
    text.is_some_and(|text| text.find(bytes).is_none())
}

/// Returns the digits of bytes written in hex: `h'00ff'`.
fn digits(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"h'")?.strip_suffix(b"'")
}

/// Returns whether a number in this JSON may have an exponent, which is the case if an `e` follows
/// a digit.
#[inline]
fn may_hold_exponent(payload: &[u8]) -> bool {
    let pairs = payload.iter().zip(payload.iter().skip(1));
    // No early exit, so that the loop can be vectorized.
    pairs.fold(false, |is_found, (digit, letter)| {
        is_found | (digit.is_ascii_digit() && (letter | 0x20 == b'e'))
    })
}

//! What is asked of the value at a path.

use std::ops::Range;

use memchr::memchr;
use memchr::memmem::Finder;

use crate::payload::json::locate::{self, PathStep};
use crate::payload::json::number::Number;
use crate::payload::json::text;
use crate::payload::lookup::Lookup;
use crate::query::compare::Compare;
use crate::query::pattern::Pattern;

/// What is asked of the value at a path.
#[derive(Clone, Debug)]
pub struct PathTerm {
    steps: Vec<PathStep>,
    test: Test,
    /// What stands in every payload of JSON that it is true of and that holds no escape.
    needle: Option<Finder<'static>>,
    /// What stands in every payload of JSON that it is true of and that holds no exponent.
    digits: Option<Finder<'static>>,
}

/// What must be true of the value.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// It is there, be it null.
    Exists,
    /// It compares so to this.
    Compare(Compare, Scalar),
    /// It is one of these.
    In(Vec<Scalar>),
    /// It is a string in which this matches.
    Match(Pattern),
}

/// A value to compare with, of which no other type is ever the equal.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `null`, `true` or `false`.
    Word(&'static str),
    /// A number.
    Number(Number),
    /// A string, as what it says.
    Text(Box<[u8]>),
}

impl PartialEq for PathTerm {
    fn eq(&self, other: &Self) -> bool {
        (&self.steps, &self.test) == (&other.steps, &other.test)
    }
}

impl PathTerm {
    /// Asks `test` of the value at the end of `steps`.
    pub fn new(steps: Vec<PathStep>, test: Test) -> Self {
        let key = steps.iter().rev().find_map(|step| match step {
            PathStep::Key(key) => Some(&**key),
            PathStep::Index(_) => None,
        });
        let needle = match &test {
            Test::Compare(Compare::Equal, Scalar::Text(said)) => Some(&**said),
            _ => key,
        };
        // One that has to be escaped is not to be found; it never stands without a backslash.
        let needle =
            needle.map(|needle| Finder::new(&[b"\"", needle, b"\""].concat()).into_owned());
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

    /// Whether it is true of the value in `payload`, which is what `lookup` looks into.
    #[inline]
    pub fn holds(&self, payload: &[u8], lookup: &Lookup<'_, '_>) -> bool {
        // Only in JSON is a text written as it is said.
        let is_missing = lookup.looks_like_json() && self.is_missing(payload);
        !is_missing && lookup.has(&self.steps, |value| self.test.holds(value))
    }

    /// Where in `payload` the value stands that it is true of: if `payload` is JSON, which is not
    /// checked. If it is not, anything may be found or nothing.
    #[inline]
    pub fn find(&self, payload: &[u8]) -> Option<Range<usize>> {
        if self.is_missing(payload) {
            return None;
        }
        let found = locate::locate(payload, &self.steps)?;
        self.test.holds(&payload[found.clone()]).then_some(found)
    }

    /// Whether it cannot be true if `payload` is JSON.
    #[inline]
    fn is_missing(&self, payload: &[u8]) -> bool {
        let lacks = |text: &Option<Finder<'_>>| {
            let text = text.as_ref();
            text.is_some_and(|text| text.find(payload).is_none())
        };
        (lacks(&self.digits) && !may_hold_exponent(payload))
            || (lacks(&self.needle) && memchr(b'\\', payload).is_none())
    }
}

impl Test {
    /// Whether it is true of the value that these bytes write.
    #[inline]
    fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Exists => true,
            Self::Compare(compare, scalar) => scalar.holds(*compare, value),
            Self::In(scalars) => scalars
                .iter()
                .any(|scalar| scalar.holds(Compare::Equal, value)),
            Self::Match(pattern) => unquoted(value).is_some_and(|raw| {
                if text::has_escape(raw) {
                    let said: Vec<u8> = text::Unescaped::new(raw).collect();
                    pattern.regex().is_match(&said)
                } else {
                    pattern.regex().is_match(raw)
                }
            }),
        }
    }
}

impl Scalar {
    /// Whether the value that these bytes write compares so to this.
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
            Self::Text(said) if compare == Compare::Equal || compare == Compare::NotEqual => {
                let equal = unquoted(value).is_some_and(|raw| text::equals(raw, said));
                return equal == (compare == Compare::Equal);
            }
            Self::Text(said) => unquoted(value).map(|raw| text::compare(raw, said)),
        };
        // A value of another type has no order to this one, and differs from it.
        order.map_or(compare == Compare::NotEqual, |order| compare.holds(order))
    }
}

/// Whether a number in this JSON may have an exponent: whether an `e` follows a digit.
#[inline]
fn may_hold_exponent(payload: &[u8]) -> bool {
    let pairs = payload.iter().zip(payload.iter().skip(1));
    // Without a way out, so that many bytes are looked at in one instruction.
    pairs.fold(false, |is_found, (digit, letter)| {
        is_found | (digit.is_ascii_digit() && (letter | 0x20 == b'e'))
    })
}

/// What stands between the quotes, if the value is a string.
#[inline]
fn unquoted(value: &[u8]) -> Option<&[u8]> {
    match value {
        [b'"', raw @ .., b'"'] => Some(raw),
        _ => None,
    }
}

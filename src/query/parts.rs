//! The parts of a query that name a channel or compare a value, with their ranges in the query's
//! text.

use std::ops::Range;

use crate::query::compare::Compare;
use crate::query::expr::Name;
use crate::query::value::{Scalar, Test};

/// A part of a query that is not negated.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// The name or glob of a channel.
    Channel {
        /// The range of the name, including its quotes.
        at: Range<usize>,
        /// The condition on the name.
        name: ChannelName,
    },
    /// A word, which is searched for in payloads and channel names.
    Word {
        /// The range of the word.
        at: Range<usize>,
    },
    /// A comparison.
    Compared {
        /// The range of the comparison.
        at: Range<usize>,
        /// The range of the path, including its dot if it has one.
        path: Range<usize>,
        /// The range of what the value is compared with, including its quotes.
        operand: Range<usize>,
        /// What the comparison asks for.
        wanted: Wanted,
    },
}

/// What a comparison asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// This value.
    Value(WantedValue),
    /// A number in this order to another one.
    NumberInOrder,
    /// A string that matches a regular expression.
    Match,
    /// Something else.
    Other,
}

/// A value in a query.
#[derive(Clone, Debug, PartialEq)]
pub struct WantedValue {
    /// The range of the value, including its quotes.
    pub at: Range<usize>,
    /// The contents of a string, or the source text of a number or keyword.
    pub text: String,
    /// Whether the value is a string.
    pub is_string: bool,
}

/// A condition on the name of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelName(Name);

impl ChannelName {
    pub(super) fn new(name: &Name) -> Self {
        Self(name.clone())
    }

    /// Returns whether `name` satisfies the condition.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.0.matches(name)
    }
}

impl Part {
    /// Creates the part for a comparison of `path` with the value at the range `value`, which is
    /// written as `written`.
    pub(super) fn compared(
        written: &str,
        path: Range<usize>,
        value: Range<usize>,
        test: &Test,
    ) -> Self {
        let wanted = match test {
            Test::Compare(Compare::Equal, Scalar::Text(content)) => str::from_utf8(content)
                .ok()
                .map(|content| (content.to_owned(), true)),
            Test::Compare(Compare::Equal, Scalar::Number(_) | Scalar::Word(_)) => {
                Some((written.to_owned(), false))
            }
            _ => None,
        };
        let wanted = match (wanted, test) {
            (Some((content, is_string)), _) => Wanted::Value(WantedValue {
                at: value.clone(),
                text: content,
                is_string,
            }),
            (_, Test::Match(_)) => Wanted::Match,
            (_, Test::Compare(compare, Scalar::Number(_))) if *compare != Compare::NotEqual => {
                Wanted::NumberInOrder
            }
            _ => Wanted::Other,
        };
        Self::Compared {
            at: path.start..value.end,
            path,
            operand: value,
            wanted,
        }
    }
}

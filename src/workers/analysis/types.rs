//! Types of JSON values.

use std::fmt;

use crate::payload::json::flat::Kind;

/// The number of types.
pub const TYPES: usize = 6;

/// The names of the types, by index.
pub const NAMES: [&str; TYPES] = ["null", "bool", "number", "string", "array", "object"];

/// The index of the object type.
pub const OBJECT: usize = 5;

/// Returns the index of the type of the value that a token represents or starts.
#[inline]
pub fn index(kind: Kind) -> usize {
    match kind {
        Kind::Null => 0,
        Kind::Bool => 1,
        Kind::Number => 2,
        Kind::String | Kind::Key | Kind::End => 3,
        Kind::Array => 4,
        Kind::Object => OBJECT,
    }
}

/// A set of types. Formatted in a fixed order: `null|number`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Types(u8);

impl Types {
    /// Returns the set that contains only the type at `index`.
    #[inline]
    pub(super) fn one(index: usize) -> Self {
        Self(1 << index)
    }

    /// Returns whether the set contains all of `other`.
    #[inline]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the union of this set and `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indexes = (0..TYPES).filter(|index| self.contains(Self::one(*index)));
        for (number, index) in indexes.enumerate() {
            let bar = if number > 0 { "|" } else { "" };
            write!(f, "{bar}{}", NAMES[index])?;
        }
        Ok(())
    }
}

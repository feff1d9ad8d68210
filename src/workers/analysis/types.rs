//! Types of JSON values.

use std::fmt;

use crate::payload::json::flat::Kind;

/// The number of types.
pub const TYPES: usize = 6;

/// The names of the types, by index.
const NAMES: [&str; TYPES] = ["null", "bool", "number", "string", "array", "object"];

/// The index of the object type.
pub const OBJECT: usize = 5;

/// Returns the type index of the value that a token is or starts.
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
    /// Returns the set with the type at `index`.
    #[inline]
    pub(super) fn one(index: usize) -> Self {
        Self(1 << index)
    }

    /// Whether the set contains all of `other`.
    #[inline]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the union with `other`.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the names of the types.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let named = (0..TYPES).zip(NAMES);
        named
            .filter(move |(index, _)| self.contains(Self::one(*index)))
            .map(|(_, name)| name)
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, name) in self.names().enumerate() {
            let bar = if number > 0 { "|" } else { "" };
            write!(f, "{bar}{name}")?;
        }
        Ok(())
    }
}

/// Returns the name of the type at `index`.
pub fn name(index: usize) -> &'static str {
    NAMES[index]
}

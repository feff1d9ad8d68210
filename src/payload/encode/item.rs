//! Values as they are edited.

use std::borrow::Cow;
use std::ops::Range;

/// A value, and where it is: in the text being edited, or in the bytes that it was read from.
/// Equality ignores the place.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub value: Value,
    pub range: Range<usize>,
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// The values that some format can express.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// `null`, `undefined`, `true` or `false`.
    Word(&'static str),
    /// A number in its digits, `NaN`, `Infinity` or `-Infinity`.
    Number(String),
    /// A string, unescaped.
    String(Vec<u8>),
    /// Binary data.
    Bytes(Vec<u8>),
    /// A named value: a tag such as `32("…")`, or `ext(5, h'00')`.
    Call(String, Vec<Item>),
    Array(Vec<Item>),
    Object(Vec<Member>),
    /// A value within a string or bytes, after its mark: `⟨base64 json⟩`.
    Nested(String, Box<Item>),
}

/// A key and its value.
pub(super) type Member = (Item, Item);

/// What is wrong with an edited value, and where.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub at: usize,
    pub why: Cow<'static, str>,
}

impl Item {
    pub fn new(value: Value, range: Range<usize>) -> Self {
        Self { value, range }
    }

    /// Returns the error that this value cannot be encoded.
    pub fn wrong<T>(&self, why: impl Into<Cow<'static, str>>) -> Result<T, Wrong> {
        Err(Wrong {
            at: self.range.start,
            why: why.into(),
        })
    }

    /// Returns the string that this value is.
    pub fn as_string(&self) -> Option<&[u8]> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// A value that guides the encoding of the one that takes its place, and the bytes it is in.
#[derive(Clone, Copy)]
pub(super) struct Guide<'a> {
    pub item: &'a Item,
    pub bytes: &'a [u8],
}

impl<'a> Guide<'a> {
    /// Returns the guide for a value within this one.
    pub fn at(self, item: &'a Item) -> Self {
        Self { item, ..self }
    }

    /// Returns the bytes of the value.
    pub fn raw(self) -> &'a [u8] {
        self.bytes.get(self.item.range.clone()).unwrap_or_default()
    }

    /// Returns the first byte of the value.
    pub fn first(self) -> u8 {
        self.raw().first().copied().unwrap_or_default()
    }

    /// Returns the elements, if the value is an array.
    pub fn elements(self) -> Option<&'a [Item]> {
        match &self.item.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the members, if the value is an object.
    pub fn members(self) -> Option<&'a [Member]> {
        match &self.item.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// Returns the bytes of the old value, if the new one is the same.
pub(super) fn unchanged<'a>(new: &Item, old: Option<Guide<'a>>) -> Option<&'a [u8]> {
    let old = old.filter(|old| old.item == new)?;
    Some(old.raw())
}

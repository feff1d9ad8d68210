//! Finding the value at a path by skipping everything else.
//!
//! The result is exact for valid JSON. For anything else, the result is arbitrary, but the search
//! still ends, and the time it takes grows with the size of the input. Callers that need certainty
//! validate the bytes themselves.

use std::ops::Range;

use super::skip_space;
use super::text;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// A step to the last member with this name.
    Key(Box<[u8]>),
    /// A step to the element with this index, from 0.
    Index(usize),
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// To the value in this range.
    At(Range<usize>),
    /// To a place that only decoding shows, such as within a string that holds another encoded
    /// value.
    Encoded,
    /// Nowhere.
    Missing,
}

/// Returns where the value at `steps` is in `bytes`.
#[inline]
pub fn locate(bytes: &[u8], steps: &[PathStep]) -> Located {
    let start = skip_space(bytes, 0);
    let mut value = start..start;
    for step in steps {
        let next = match step {
            PathStep::Key(key) => member(bytes, value.start, key),
            PathStep::Index(index) => element(bytes, value.start, *index),
        };
        value = match next {
            Some(next) => next,
            None if bytes.get(value.start) == Some(&b'"') => return Located::Encoded,
            None => return Located::Missing,
        };
    }
    if steps.is_empty() {
        match skip_value(bytes, start) {
            Some(end) => value.end = end,
            None => return Located::Missing,
        }
    }
    Located::At(value)
}

/// Returns whether a value is written as only lenient JSON allows, judged by its ends.
#[inline]
pub fn is_lenient(value: &[u8]) -> bool {
    match value {
        [b'"' | b'{' | b'[' | b't' | b'f', ..] | [b'n', b'u', ..] => false,
        _ => {
            let digits = value.strip_prefix(b"-").unwrap_or(value);
            let is_decimal =
                matches!(digits, [b'0'..=b'9', ..]) && !matches!(digits, [b'0', b'x' | b'X', ..]);
            !(is_decimal && digits.last().is_some_and(u8::is_ascii_digit))
        }
    }
}

/// Returns the value of the last member named `key` of the object at `at`.
#[inline]
fn member(bytes: &[u8], at: usize, key: &[u8]) -> Option<Range<usize>> {
    let mut found = None;
    let mut at = enter(bytes, at, b'{')?;
    loop {
        at = skip_space(bytes, at);
        match bytes.get(at)? {
            b'"' => {}
            b',' => {
                at += 1;
                continue;
            }
            b'}' => return found,
            _ => return None,
        }
        let name_end = skip_string(bytes, at)?;
        let name = &bytes[at + 1..name_end - 1];
        at = skip_space(bytes, name_end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        let start = skip_space(bytes, at + 1);
        at = skip_value(bytes, start)?;
        if text::equals(name, key) {
            found = Some(start..at);
        }
    }
}

/// Returns the element with this index of the array at `at`.
fn element(bytes: &[u8], at: usize, index: usize) -> Option<Range<usize>> {
    let mut at = enter(bytes, at, b'[')?;
    let mut left = index;
    loop {
        at = skip_space(bytes, at);
        match bytes.get(at)? {
            b']' => return None,
            b',' => {
                at += 1;
                continue;
            }
            _ => {}
        }
        let end = skip_value(bytes, at)?;
        if left == 0 {
            return Some(at..end);
        }
        left -= 1;
        at = end;
    }
}

/// Returns the position after the bracket at `at`.
fn enter(bytes: &[u8], at: usize, bracket: u8) -> Option<usize> {
    (bytes.get(at) == Some(&bracket)).then_some(at + 1)
}

/// Returns the position after the value at `at`, which is at least one byte long.
#[inline]
fn skip_value(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => skip_string(bytes, at),
        b'{' | b'[' => skip_nested(bytes, at),
        b'}' | b']' | b',' | b':' => None,
        _ => {
            let rest = &bytes[at..];
            let ends =
                |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
            Some(at + rest.iter().position(ends).unwrap_or(rest.len()))
        }
    }
}

/// Returns the position after the object or array at `at`.
fn skip_nested(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = skip_string(bytes, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Returns the position after the string at `at`.
#[inline]
fn skip_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

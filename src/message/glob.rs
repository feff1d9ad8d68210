//! Redis's glob matching, edge cases included, in time bounded by the product of the two lengths.
//!
//! `*` matches any run of bytes, `?` any one byte, `[…]` one byte of a class, and `\` makes the
//! next byte literal. Matching is bytewise and case-sensitive.

use std::ffi::c_char;

/// Returns the pattern that matches only `name`.
pub fn literal(name: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(name.len());
    for byte in name {
        if b"*?[\\".contains(byte) {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern
}

/// Returns whether `pattern` matches all of `name`, exactly as in Redis.
///
/// ```
/// use subscope::message::glob::matches;
///
/// assert!(matches(b"orders:[a-c]*", b"orders:created"));
/// assert!(!matches(b"orders:?", b"orders:"));
/// ```
pub fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // Redis's matching loop does not run for an empty name, so not even `*` matches it.
    if name.is_empty() {
        return pattern.is_empty();
    }
    let (mut at_pattern, mut at_name) = (0, 0);
    // Where to resume after a mismatch: the last `*` then takes one more byte. Every other element
    // takes exactly one byte, so earlier stars never need to be retried.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at_pattern) == Some(&b'*') {
            at_pattern += 1;
            if at_pattern == pattern.len() {
                return true;
            }
            retry = Some((at_pattern, at_name));
            continue;
        }
        if at_name == name.len() {
            // If the last star took more bytes, even fewer would be left for the rest of the
            // pattern.
            return at_pattern == pattern.len();
        }
        match (element(&pattern[at_pattern..], name[at_name]), retry) {
            (Some(length), _) => {
                at_pattern += length;
                at_name += 1;
            }
            (None, Some((after_star, start))) => {
                retry = Some((after_star, start + 1));
                (at_pattern, at_name) = (after_star, start + 1);
            }
            (None, None) => return false,
        }
    }
}

/// Returns whether `pattern` ends in a `*` that matches any run of bytes.
pub fn ends_in_star(mut pattern: &[u8]) -> bool {
    loop {
        pattern = match pattern {
            [] => return false,
            [b'*'] => return true,
            [b'[', class @ ..] => {
                let (_, length) = class_matches(class, 0);
                class.get(length..).unwrap_or_default()
            }
            [b'\\', _, rest @ ..] | [_, rest @ ..] => rest,
        };
    }
}

/// Returns the part of `pattern` before its last `*`, if it has one that matches any run of bytes.
pub fn before_last_star(pattern: &[u8]) -> Option<&[u8]> {
    let mut star = None;
    let mut rest = pattern;
    while let [first, after @ ..] = rest {
        let at = pattern.len() - rest.len();
        rest = match (first, after) {
            (b'*', _) => {
                star = Some(at);
                after
            }
            (b'[', class) => {
                let (_, length) = class_matches(class, 0);
                class.get(length..).unwrap_or_default()
            }
            (b'\\', [_, rest @ ..]) => rest,
            _ => after,
        };
    }
    star.map(|at| &pattern[..at])
}

/// Values assigned to channels by globs. If several globs match, the last one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByGlob<T>(Vec<(Box<[u8]>, T)>);

impl<T> ByGlob<T> {
    /// Returns the value for the channel `name`.
    pub fn of(&self, name: &[u8]) -> Option<&T> {
        let mut entries = self.0.iter().rev();
        let (_, value) = entries.find(|(glob, _)| matches(glob, name))?;
        Some(value)
    }
}

impl<T> Default for ByGlob<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FromIterator<(Box<[u8]>, T)> for ByGlob<T> {
    fn from_iter<I: IntoIterator<Item = (Box<[u8]>, T)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Returns the length of the first element of `pattern`, which must not be a star, if it matches
/// `byte`.
fn element(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', class @ ..] => {
            let (is_match, length) = class_matches(class, byte);
            is_match.then_some(1 + length)
        }
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// Returns whether the class after a `[` matches `byte`, and the length of the class including its
/// `]`. An unclosed class extends to the end of the pattern.
fn class_matches(class: &[u8], byte: u8) -> (bool, usize) {
    let negated = class.first() == Some(&b'^');
    let mut position = usize::from(negated);
    let mut is_match = false;
    loop {
        match &class[position..] {
            [b'\\', escaped, ..] => {
                is_match |= *escaped == byte;
                position += 2;
            }
            [b']', ..] => {
                position += 1;
                break;
            }
            // The end of a range may be any byte, even `]`, which then does not close the class.
            [start, b'-', end, ..] => {
                let (start, end, byte) = (signed(*start), signed(*end), signed(byte));
                is_match |= (start.min(end)..=start.max(end)).contains(&byte);
                position += 3;
            }
            [literal, ..] => {
                is_match |= *literal == byte;
                position += 1;
            }
            [] => break,
        }
    }
    (is_match != negated, position)
}

/// Converts a byte to C's `char`, in which Redis compares the bounds of a range: it is signed on
/// x86, but not on ARM.
fn signed(byte: u8) -> c_char {
    c_char::from_ne_bytes([byte])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_matching_globs_wins() {
        let entries = [("a*", 1), ("ab", 2), ("c", 3)];
        let entries = entries.map(|(glob, value)| (glob.as_bytes().into(), value));
        let values: ByGlob<i32> = entries.into_iter().collect();
        let of = |name: &str| values.of(name.as_bytes()).copied();
        assert_eq!((of("ax"), of("ab"), of("c")), (Some(1), Some(2), Some(3)));
        assert_eq!((of("b"), ByGlob::<()>::default().of(b"a")), (None, None));
    }

    #[test]
    fn edge_cases_match_as_in_redis() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", false),
            ("**", "", false),
            ("*", "a", true),
            ("a*", "a", true),
            ("a**", "a", true),
            ("*a", "bab", false),
            ("*a*", "bab", true),
            ("a?c", "abc", true),
            ("a?", "a", false),
            ("A", "a", false),
            ("[abc]", "b", true),
            ("[^abc]", "b", false),
            ("[!abc]", "!", true),
            ("[a-c]", "b", true),
            ("[c-a]", "b", true),
            ("[]", "a", false),
            ("[^]", "a", true),
            ("[", "[", false),
            ("[^", "a", true),
            ("[a", "a", true),
            ("[a-", "-", true),
            ("[a-]", "]", true),
            ("[\\]]", "]", true),
            ("[\\a-c]", "b", false),
            ("[\\", "\\", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\", "\\", true),
            ("a\\", "a", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern:?} on {name:?}"
            );
        }
    }

    #[test]
    fn many_stars_stay_cheap() {
        let pattern = b"a*".repeat(2000);
        let name = b"a".repeat(4000);
        assert!(matches(&pattern, &name));
        assert!(!matches(&[&pattern[..], b"b"].concat(), &name));
    }
}

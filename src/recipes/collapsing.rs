//! The channels that share a line of the channel list because a recipe says so.

use std::sync::Arc;

use crate::message::glob;

/// How many bytes at the start of a name may be the prefix of a group. Names may be megabytes long.
const MAX_PREFIX: usize = 512;

/// A glob of channels that share a line, in groups: those whose names are equal up to what the last
/// `*` of the glob matches.
#[derive(Clone, Debug)]
pub(super) struct CollapsedGlob {
    glob: Box<[u8]>,
    /// The part before its last `*`.
    start: Box<[u8]>,
}

impl CollapsedGlob {
    /// Parses a glob. The error says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let glob = text.as_bytes();
        let start = glob::before_last_star(glob);
        let has_text = |start: &&[u8]| start.iter().any(|byte| *byte != b'*');
        let Some(start) = start.filter(has_text) else {
            return Err(
                "needs text and then a * for the part that differs, such as reply:*".into(),
            );
        };
        Ok(Self {
            glob: glob.into(),
            start: start.into(),
        })
    }

    /// Returns the length of the prefix that `name` shares with its group, if it is in one.
    fn prefix_of(&self, name: &[u8]) -> Option<usize> {
        if !glob::matches(&self.glob, name) {
            return None;
        }
        if name.starts_with(&self.start) && !self.start.iter().any(|byte| b"*?[\\".contains(byte)) {
            return Some(self.start.len());
        }
        let mut ends = 1..=name.len().min(MAX_PREFIX);
        ends.find(|end| glob::matches(&self.start, &name[..*end]))
    }
}

/// The channels that share a line. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Collapsing {
    globs: Arc<[CollapsedGlob]>,
    /// The bytes that the names of these channels start with, or `None` if they start with any.
    starts: Option<Arc<[u8]>>,
}

impl FromIterator<CollapsedGlob> for Collapsing {
    fn from_iter<I: IntoIterator<Item = CollapsedGlob>>(globs: I) -> Self {
        let globs: Arc<[CollapsedGlob]> = globs.into_iter().collect();
        let start = |glob: &CollapsedGlob| {
            let first = glob.glob.first().copied();
            first.filter(|first| !b"*?[\\".contains(first))
        };
        Self {
            starts: globs.iter().map(start).collect(),
            globs,
        }
    }
}

impl Collapsing {
    /// Returns the length of the prefix that the channel `name` shares with those in the same line,
    /// if it is to share one.
    pub fn prefix_of(&self, name: &[u8]) -> Option<usize> {
        let first = name.first()?;
        // This is asked of every channel whenever the list is sorted.
        if self
            .starts
            .as_ref()
            .is_some_and(|starts| !starts.contains(first))
        {
            return None;
        }
        self.globs.iter().find_map(|glob| glob.prefix_of(name))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use super::*;

    fn group<'a>(globs: &[&str], name: &'a str) -> Option<&'a str> {
        let globs = globs.iter().map(|glob| CollapsedGlob::parse(glob).unwrap());
        let collapsing: Collapsing = globs.collect();
        collapsing
            .prefix_of(name.as_bytes())
            .map(|end| &name[..end])
    }

    #[test]
    fn channels_are_grouped_by_what_comes_before_the_last_star() {
        for (glob, name, expected) in [
            ("reply:*", "reply:17", Some("reply:")),
            ("reply:*", "other:17", None),
            ("*reply:*", "app:reply:17:reply:", Some("app:reply:")),
            ("a:*:created:*", "a:0:created:x", Some("a:0:created:")),
            ("a#*#?*A#", "a#/chat#xyA#", Some("a#/chat#x")),
            ("\\*a*", "*ab", Some("*a")),
            ("[ab]:*", "b:1", Some("b:")),
        ] {
            assert_eq!(group(&[glob], name), expected, "{glob} {name}");
        }
        assert_eq!(group(&["b*", "a*"], "ax"), Some("a"));
        assert_eq!(group(&[], "ax"), None);
        assert_eq!(group(&["b*", "*a*"], "xax"), Some("xa"));
    }

    #[test]
    fn a_glob_without_text_before_its_last_star_is_refused() {
        for glob in ["orders", "*", "**", "*x", "[*]x", "\\*"] {
            assert!(CollapsedGlob::parse(glob).is_err(), "{glob}");
        }
    }
}

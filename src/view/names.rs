//! Names that are too long for their columns. Names of one scheme are all cut in the same way: what
//! they have in common is left out, and what tells them apart or matches a search is kept.

mod member;
mod scheme;

use std::collections::BTreeMap;
use std::ops::Range;

use self::member::Member;
use self::scheme::Scheme;
use crate::payload::escape::{self, MAX_ELIDED_NAME, Text};
use crate::payload::ranges::Ranges;

/// Minimum width, in columns, to leave out parts rather than the end of a name.
const LEAST_COLUMNS: usize = 4;

/// A name on the screen.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The name, or the part of it that its line shows.
    pub name: &'a [u8],
    /// The width that it may take, in columns.
    pub room: usize,
    /// The ranges that match a search.
    pub marks: Vec<Range<usize>>,
}

/// How the names on the screen are cut.
#[derive(Debug, Default)]
pub struct Names<'a> {
    /// The parts to show of the names that are cut, by width and name.
    parts: BTreeMap<(usize, &'a [u8]), Vec<Range<usize>>>,
}

impl<'a> Names<'a> {
    /// Examines the names on the screen.
    pub fn new(listed: &[Listed<'a>]) -> Self {
        let mut all: BTreeMap<(usize, &[u8]), Vec<Range<usize>>> = BTreeMap::new();
        for one in listed {
            if one.room >= LEAST_COLUMNS && one.name.len() <= MAX_ELIDED_NAME {
                let marks = all.entry((one.room, one.name)).or_default();
                marks.extend_from_slice(&one.marks);
            }
        }
        let mut schemes: BTreeMap<(usize, Vec<u8>), Vec<Member<'a>>> = BTreeMap::new();
        for ((room, name), marks) in all {
            let member = Member::new(name, room, marks);
            let scheme = schemes.entry((room, member.separators()));
            scheme.or_default().push(member);
        }
        let mut parts = BTreeMap::new();
        for ((room, _), members) in schemes {
            if let Some(scheme) = Scheme::new(members, room) {
                let cut = scheme.cut().into_iter();
                parts.extend(cut.map(|(name, shown)| ((room, name), shown)));
            }
        }
        Self { parts }
    }

    /// Returns a name in at most `columns`, with the ranges in `marks` highlighted. It is cut as the
    /// others if it was listed with this width.
    pub fn text(&self, name: &[u8], marks: &[Range<usize>], columns: usize) -> Text {
        match self.parts.get(&(columns, name)) {
            Some(parts) => escape::name_parts(name, parts, columns, marks),
            None => escape::name_marked(name, columns, Ranges::of(marks)),
        }
    }
}

#[cfg(test)]
mod tests;

//! A line-by-line diff of text.

use std::ops::Range;

use super::align::{self, Effort};
use super::digest::{Digest, Digester};
use super::marks;

/// The maximum size of text that is compared line by line, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The maximum number of lines of text that is compared line by line.
pub const MAX_LINES: usize = 20_000;

/// The number of unchanged lines included before and after each change.
pub const CONTEXT: usize = 3;

/// The differences between two texts.
///
/// A line ends before its line break, and the text after the last line break counts as a line even
/// if it is empty, so that an added line break at the end is visible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The merged lines of both texts: changes with the lines around them, and counts of the lines
    /// in between. In a replacement, the old lines come first. Empty if nothing has changed.
    pub lines: Vec<Line>,
    /// The number of lines only in the new text.
    pub added: usize,
    /// The number of lines only in the old text.
    pub removed: usize,
    /// Whether the texts had too many equal lines to find the smallest diff. The listed changes are
    /// still correct.
    pub is_coarse: bool,
}

/// One line of the merged text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line in both texts.
    Same {
        /// The line in the old text.
        old: Written,
        /// The line in the new text.
        new: Written,
    },
    /// A line only in the old text.
    Removed {
        /// The line in the old text.
        old: Written,
        /// The changed ranges of the old text, ascending. Empty if no line replaced this one, or if
        /// the two have little in common.
        marks: Vec<Range<usize>>,
    },
    /// A line only in the new text.
    Added {
        /// The line in the new text.
        new: Written,
        /// The changed ranges of the new text, as for `Removed`.
        marks: Vec<Range<usize>>,
    },
    /// A run of unchanged lines far from any change, of which only the number is given.
    Folded {
        /// The number of lines, at least two.
        count: usize,
        /// The number of the first line in the old text, from 0.
        old: usize,
        /// The number of the first line in the new text, from 0.
        new: usize,
    },
}

/// The position of a line in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The line number, from 0.
    pub number: usize,
    /// The bytes of the line, without the line break.
    pub range: Range<usize>,
}

impl Lines {
    /// Returns whether both texts are equal.
    pub fn is_same(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the memory use of the differences in bytes, excluding the texts.
    pub fn size(&self) -> usize {
        let marks = self.lines.iter().map(|line| match line {
            Line::Removed { marks, .. } | Line::Added { marks, .. } => marks.capacity(),
            Line::Same { .. } | Line::Folded { .. } => 0,
        });
        self.lines.capacity() * size_of::<Line>() + marks.sum::<usize>() * size_of::<Range<usize>>()
    }
}

/// Compares two texts line by line. Returns `None` if either exceeds [`MAX_BYTES`] or
/// [`MAX_LINES`].
pub fn compare(old: &str, new: &str) -> Option<Lines> {
    let digester = Digester::default();
    let (old, new) = (Text::of(old, &digester)?, Text::of(new, &digester)?);
    let mut effort = Effort::new();
    let common = align::align(&old.digests, &new.digests, &mut effort);
    let mut comparison = Comparison {
        old,
        new,
        digester,
        effort,
        found: Lines::default(),
    };
    comparison.add_all(&common);
    comparison.found.is_coarse = comparison.effort.is_spent;
    Some(comparison.found)
}

/// Text split into lines.
struct Text<'a> {
    whole: &'a str,
    lines: Vec<Range<usize>>,
    digests: Vec<Digest>,
}

impl<'a> Text<'a> {
    fn of(text: &'a str, digester: &Digester) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let mut lines = Vec::new();
        let mut digests = Vec::new();
        let mut start = 0;
        for line in text.split('\n') {
            if lines.len() == MAX_LINES {
                return None;
            }
            lines.push(start..start + line.len());
            digests.push(digester.of_text(line));
            start += line.len() + 1;
        }
        Some(Self {
            whole: text,
            lines,
            digests,
        })
    }

    fn line(&self, number: usize) -> Written {
        Written {
            number,
            range: self.lines[number].clone(),
        }
    }
}

/// A comparison in progress.
struct Comparison<'a> {
    old: Text<'a>,
    new: Text<'a>,
    digester: Digester,
    effort: Effort,
    found: Lines,
}

impl Comparison<'_> {
    /// Adds all lines; `common` are the pairs of equal lines.
    fn add_all(&mut self, common: &[align::Pair]) {
        let (old_end, new_end) = (self.old.lines.len(), self.new.lines.len());
        let mut at = (0, 0);
        let mut rest = common;
        while at != (old_end, new_end) {
            let run = rest.iter().enumerate();
            let same = run
                .take_while(|(step, pair)| **pair == (at.0 + step, at.1 + step))
                .count();
            let is_last = at.0 + same == old_end && at.1 + same == new_end;
            self.same(at, same, is_last);
            rest = &rest[same..];
            let from = (at.0 + same, at.1 + same);
            let to = rest.first().copied().unwrap_or((old_end, new_end));
            self.changed(from.0..to.0, from.1..to.1);
            at = to;
        }
    }

    /// Adds a run of `count` unchanged lines, which starts at `start` in the two texts.
    fn same(&mut self, start: align::Pair, count: usize, is_last: bool) {
        let is_first = start == (0, 0);
        if is_first && is_last {
            return;
        }
        let head = if is_first { 0 } else { CONTEXT };
        let tail = if is_last { 0 } else { CONTEXT };
        // Folding a single line would save nothing.
        let folded = match count.saturating_sub(head + tail) {
            1 => 0,
            folded => folded,
        };
        let head = if folded > 0 { head } else { count };
        self.unchanged(start, 0..head);
        if folded > 0 {
            self.found.lines.push(Line::Folded {
                count: folded,
                old: start.0 + head,
                new: start.1 + head,
            });
        }
        self.unchanged(start, head + folded..count);
    }

    fn unchanged(&mut self, start: align::Pair, steps: Range<usize>) {
        let lines = steps.map(|step| Line::Same {
            old: self.old.line(start.0 + step),
            new: self.new.line(start.1 + step),
        });
        self.found.lines.extend(lines);
    }

    /// Adds the old lines that were replaced, then the new ones.
    fn changed(&mut self, old: Range<usize>, new: Range<usize>) {
        let pairs = old.clone().zip(new.clone());
        let marks: Vec<_> = pairs.map(|(old, new)| self.marks(old, new)).collect();
        let (mut removed, mut added): (Vec<_>, Vec<_>) = marks.into_iter().unzip();
        removed.resize(old.len(), Vec::new());
        added.resize(new.len(), Vec::new());
        self.found.removed += old.len();
        self.found.added += new.len();
        let removed = old.zip(removed).map(|(number, marks)| Line::Removed {
            old: self.old.line(number),
            marks,
        });
        let added = new.zip(added).map(|(number, marks)| Line::Added {
            new: self.new.line(number),
            marks,
        });
        self.found.lines.extend(removed.chain(added));
    }

    /// Returns the changed ranges of an old line and of the new one; none if the two have too
    /// little in common.
    fn marks(&mut self, old: usize, new: usize) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
        let (old, new) = (self.old.lines[old].clone(), self.new.lines[new].clone());
        let (before, after) = (&self.old.whole[old.clone()], &self.new.whole[new.clone()]);
        let (removed, added) = marks::changed(before, after, &self.digester, &mut self.effort);
        let shared = |length: usize, marks: &[Range<usize>]| {
            let marked: usize = marks.iter().map(Range::len).sum();
            (length - marked) * 4 >= length
        };
        if !shared(old.len(), &removed) && !shared(new.len(), &added) {
            return (Vec::new(), Vec::new());
        }
        (shifted(removed, old.start), shifted(added, new.start))
    }
}

fn shifted(ranges: Vec<Range<usize>>, by: usize) -> Vec<Range<usize>> {
    let ranges = ranges.into_iter();
    ranges
        .map(|range| range.start + by..range.end + by)
        .collect()
}

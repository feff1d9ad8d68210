//! Sorted byte ranges, visited in order.

use std::ops::Range;

/// Byte ranges, such as those that a query matched, relative to an offset: ascending, non-empty and
/// not overlapping, although they may touch. Ranges before the offset are dropped, and a range that
/// contains the offset is cut to start there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ranges<'a> {
    /// The remaining ranges, as they were given.
    rest: &'a [Range<usize>],
    /// The byte position that is offset 0 here, in the coordinates of `rest`.
    origin: usize,
}

impl<'a> Ranges<'a> {
    /// Wraps `ranges`, relative to byte 0.
    pub fn of(ranges: &'a [Range<usize>]) -> Self {
        Self {
            rest: ranges,
            origin: 0,
        }
    }

    /// Returns the same ranges relative to `offset`, in time that hardly depends on the offset.
    #[must_use]
    pub fn from(self, offset: usize) -> Self {
        let origin = self.origin.saturating_add(offset);
        let passed = self.rest.partition_point(|range| range.end <= origin);
        Self {
            rest: &self.rest[passed..],
            origin,
        }
    }

    /// Returns whether the first byte is in a range.
    pub fn covers_first(mut self) -> bool {
        self.at(0).0
    }

    /// Returns whether the byte at `offset` is in a range, and the next offset at which that may
    /// change. Offsets must not decrease from one call to the next.
    pub(super) fn at(&mut self, offset: usize) -> (bool, usize) {
        self.pass(offset);
        match self.rest.first() {
            Some(range) if range.start <= self.origin + offset => (true, range.end - self.origin),
            Some(range) => (false, range.start - self.origin),
            None => (false, usize::MAX),
        }
    }

    /// Returns whether any byte of `span` is in a range. As with [`Self::at`], `span.start` must
    /// not decrease.
    pub(super) fn meet(&mut self, span: &Range<usize>) -> bool {
        self.pass(span.start);
        let first = self.rest.first();
        first.is_some_and(|range| range.start < self.origin + span.end)
    }

    /// Drops the ranges that end at or before `offset`.
    fn pass(&mut self, offset: usize) {
        while let [first, rest @ ..] = self.rest
            && first.end <= self.origin + offset
        {
            self.rest = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGES: &[Range<usize>] = &[2..4, 4..5, 8..9];

    #[test]
    fn an_offset_is_inside_or_outside_until_the_next_edge() {
        let mut ranges = Ranges::of(RANGES);
        for (offset, expected) in [
            (0, (false, 2)),
            (2, (true, 4)),
            (3, (true, 4)),
            (4, (true, 5)),
            (5, (false, 8)),
            (8, (true, 9)),
            (9, (false, usize::MAX)),
        ] {
            assert_eq!(ranges.at(offset), expected, "{offset}");
        }
    }

    #[test]
    fn offsets_are_relative_to_the_origin() {
        for origin in 0..12 {
            let mut seen = Ranges::of(RANGES)
                .from(origin / 2)
                .from(origin - origin / 2);
            for offset in 0..12 {
                let is_inside = RANGES
                    .iter()
                    .any(|range| range.contains(&(origin + offset)));
                assert_eq!(seen.at(offset).0, is_inside, "{offset} from {origin}");
            }
        }
    }

    #[test]
    fn a_span_meets_a_range_that_shares_a_byte_with_it() {
        for (span, meets) in [(0..2, false), (0..3, true), (4..9, true), (5..8, false)] {
            assert_eq!(Ranges::of(RANGES).meet(&span), meets, "{span:?}");
        }
    }
}

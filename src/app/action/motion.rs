//! The moves that keys make within a pane.

/// How far and in which direction a key moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Motion {
    /// By this many lines, down if positive.
    Lines(isize),
    /// By this many half pages, down if positive.
    HalfPages(isize),
    /// To the first line.
    First,
    /// To the last line. In the log, new messages are followed again.
    Last,
}

impl Motion {
    /// Returns the lines to move by on a page of `height`, or `None` for a move to either end.
    pub fn lines(self, height: usize) -> Option<isize> {
        let page = isize::try_from(height.max(2)).unwrap_or(isize::MAX);
        match self {
            Self::Lines(lines) => Some(lines),
            Self::HalfPages(halves) => Some(halves * (page / 2)),
            Self::First | Self::Last => None,
        }
    }

    /// Returns the name of the motion, in the form of an enum variant. A step size without a key of
    /// its own gets the name of the nearest size that has one.
    pub(super) fn variant(self) -> &'static str {
        match self {
            Self::Lines(..0) => "Up",
            Self::Lines(_) => "Down",
            Self::HalfPages(..=-2) => "PageUp",
            Self::HalfPages(..0) => "HalfPageUp",
            Self::HalfPages(..=1) => "HalfPageDown",
            Self::HalfPages(_) => "PageDown",
            Self::First => "First",
            Self::Last => "Last",
        }
    }

    /// Returns the line reached from `line` on a page of `height`, where `last` is the last line.
    pub fn from(self, line: usize, height: usize, last: usize) -> usize {
        match self.lines(height) {
            Some(lines) => line.saturating_add_signed(lines).min(last),
            None if self == Self::First => 0,
            None => last,
        }
    }
}

//! Frames that nobody asked for. Each is counted, and the first are told one by one; of a flood of
//! them a row a second tells how many more there were.

use std::time::Duration;

use tokio::time::Instant;

use crate::message::{Notice, Unexpected};
use crate::wire::{AnyFrame, MAX_BULK};

/// How much of a frame is shown.
pub(super) const SHOWN_BYTES: usize = 256;

/// How many are told one by one in each [`WINDOW`].
const ROWS: u32 = 4;

/// How long the others are gathered.
const WINDOW: Duration = Duration::from_secs(1);

/// Tells of frames that nobody asked for.
#[derive(Debug)]
pub(super) struct UnexpectedFrames {
    window_start: Instant,
    /// How many rows there are since then.
    rows: u32,
    /// The first of those that are not told yet, and how many they are.
    gathered: Option<(Unexpected, u64)>,
}

impl UnexpectedFrames {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            window_start: now,
            rows: 0,
            gathered: None,
        }
    }

    /// Counts one. Gives the notice that is due now, if one is.
    pub(super) fn note(
        &mut self,
        frame: impl FnOnce() -> Unexpected,
        now: Instant,
    ) -> Option<Notice> {
        if let Some((_, count)) = &mut self.gathered {
            *count += 1;
            return None;
        }
        if now >= self.window_start + WINDOW {
            self.begin_window(now);
        }
        if self.rows >= ROWS {
            self.gathered = Some((frame(), 1));
            return None;
        }
        self.rows += 1;
        Some(Notice::Unexpected {
            first: frame(),
            count: 1,
        })
    }

    /// When [`Self::take`] is to be called, if anything waits for that.
    pub(super) fn due(&self) -> Option<Instant> {
        self.gathered.as_ref().map(|_| self.window_start + WINDOW)
    }

    /// Takes the notice of those that were gathered, if there are any.
    pub(super) fn take(&mut self, now: Instant) -> Option<Notice> {
        let (first, count) = self.gathered.take()?;
        self.begin_window(now);
        // What goes on like this is told by one row a second.
        self.rows = ROWS;
        Some(Notice::Unexpected { first, count })
    }

    fn begin_window(&mut self, now: Instant) {
        self.window_start = now;
        self.rows = 0;
    }
}

/// A whole frame as a text.
pub(super) fn describe(frame: &[u8]) -> Box<str> {
    let mut any = AnyFrame::new(2 * MAX_BULK, SHOWN_BYTES);
    // What the other decoder takes for a frame is one for this, too.
    let _ = any.take_in(frame);
    any.into_text().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64) -> Unexpected {
        Unexpected::Frame(number.to_string().into())
    }

    fn notice(number: u64, count: u64) -> Notice {
        Notice::Unexpected {
            first: frame(number),
            count,
        }
    }

    #[test]
    fn few_are_told_one_by_one_and_a_flood_by_a_row_a_second() {
        let mut now = Instant::now();
        let mut frames = UnexpectedFrames::new(now);
        let told: Vec<Notice> = (0..1000)
            .filter_map(|number| frames.note(|| frame(number), now))
            .collect();
        assert_eq!(told, [0, 1, 2, 3].map(|number| notice(number, 1)));
        for gathered in [notice(4, 996), notice(0, 500), notice(0, 500)] {
            assert_eq!(frames.due(), Some(now + WINDOW));
            now += WINDOW;
            assert_eq!(frames.take(now), Some(gathered));
            assert_eq!((frames.take(now), frames.due()), (None, None));
            let told = (0..500).filter_map(|number| frames.note(|| frame(number), now));
            assert_eq!(told.count(), 0);
        }
        frames.take(now + WINDOW);
        let later = now + 2 * WINDOW;
        assert_eq!(frames.note(|| frame(7), later), Some(notice(7, 1)));
    }
}

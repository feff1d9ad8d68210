//! Unsolicited frames. All are counted, and the first few are reported one by one. During a flood,
//! one row per second reports how many more there have been.

use std::time::Duration;

use tokio::time::Instant;

use crate::message::{Notice, Unexpected};
use crate::wire::{AnyFrame, MAX_BULK};

/// Maximum number of bytes shown of a frame.
pub(super) const SHOWN_BYTES: usize = 256;

/// Maximum number of frames reported individually in each [`WINDOW`].
const ROWS: u32 = 4;

/// The time for which further frames are collected before they are reported.
const WINDOW: Duration = Duration::from_secs(1);

/// A counter of unsolicited frames that also reports them.
#[derive(Debug)]
pub(super) struct UnexpectedFrames {
    window_start: Instant,
    /// Number of rows reported since `window_start`.
    rows: u32,
    /// The first frame that has not been reported yet, and the number of such frames.
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

    /// Counts a frame. Returns a notice if one is due.
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

    /// Returns when to call [`Self::take`], if there are collected frames.
    pub(super) fn due(&self) -> Option<Instant> {
        self.gathered.as_ref().map(|_| self.window_start + WINDOW)
    }

    /// Returns the notice about the collected frames, if there are any, and starts a new window.
    pub(super) fn take(&mut self, now: Instant) -> Option<Notice> {
        let (first, count) = self.gathered.take()?;
        self.begin_window(now);
        // If the flood continues, report it with one row per second.
        self.rows = ROWS;
        Some(Notice::Unexpected { first, count })
    }

    fn begin_window(&mut self, now: Instant) {
        self.window_start = now;
        self.rows = 0;
    }
}

/// Formats a whole frame as text.
pub(super) fn describe(frame: &[u8]) -> Box<str> {
    let mut any = AnyFrame::new(2 * MAX_BULK, SHOWN_BYTES);
    // This decoder accepts every frame that the other decoder has accepted, so this cannot fail.
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
    fn a_few_frames_are_reported_one_by_one_and_many_once_per_second() {
        let mut now = Instant::now();
        let mut frames = UnexpectedFrames::new(now);
        let notices: Vec<Notice> = (0..1000)
            .filter_map(|number| frames.note(|| frame(number), now))
            .collect();
        assert_eq!(notices, [0, 1, 2, 3].map(|number| notice(number, 1)));
        for gathered in [notice(4, 996), notice(0, 500), notice(0, 500)] {
            assert_eq!(frames.due(), Some(now + WINDOW));
            now += WINDOW;
            assert_eq!(frames.take(now), Some(gathered));
            assert_eq!((frames.take(now), frames.due()), (None, None));
            let notices = (0..500).filter_map(|number| frames.note(|| frame(number), now));
            assert_eq!(notices.count(), 0);
        }
        frames.take(now + WINDOW);
        let later = now + 2 * WINDOW;
        assert_eq!(frames.note(|| frame(7), later), Some(notice(7, 1)));
    }
}

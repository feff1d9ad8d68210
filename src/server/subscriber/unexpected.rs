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
    pub(super) fn new() -> Self {
        Self {
            window_start: Instant::now(),
            rows: 0,
            gathered: None,
        }
    }

    /// Counts one. Gives the notice that is due now, if one is.
    pub(super) fn note(&mut self, frame: impl FnOnce() -> Unexpected) -> Option<Notice> {
        if let Some((_, count)) = &mut self.gathered {
            *count += 1;
            return None;
        }
        if self.window_start.elapsed() >= WINDOW {
            self.begin_window();
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
    pub(super) fn take(&mut self) -> Option<Notice> {
        let (first, count) = self.gathered.take()?;
        self.begin_window();
        // What goes on like this is told by one row a second.
        self.rows = ROWS;
        Some(Notice::Unexpected { first, count })
    }

    fn begin_window(&mut self) {
        self.window_start = Instant::now();
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

    #[tokio::test(start_paused = true)]
    async fn few_are_told_one_by_one_and_a_flood_by_a_row_a_second() {
        let mut frames = UnexpectedFrames::new();
        let told: Vec<Notice> = (0..1000)
            .filter_map(|number| frames.note(|| frame(number)))
            .collect();
        assert_eq!(told, [0, 1, 2, 3].map(|number| notice(number, 1)));
        for second in 1..=3 {
            let due = frames.due().expect("some are gathered");
            tokio::time::sleep_until(due).await;
            let expected = if second == 1 {
                notice(4, 996)
            } else {
                notice(0, 500)
            };
            assert_eq!(frames.take(), Some(expected));
            assert_eq!((frames.take(), frames.due()), (None, None));
            let told = (0..500).filter_map(|number| frames.note(|| frame(number)));
            assert_eq!(told.count(), 0);
        }
        frames.take();
        tokio::time::sleep(WINDOW).await;
        assert_eq!(frames.note(|| frame(7)), Some(notice(7, 1)));
    }
}

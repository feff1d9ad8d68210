//! The output of a terminal, with timestamps.

use std::num::NonZeroU16;
use std::time::{Duration, Instant};

use memchr::memmem;

use crate::samples::Samples;
use crate::support::pty::{Chunk, Pty};

/// The escape sequence that starts a frame with changes: a synchronized update.
pub const FRAME: &[u8] = b"\x1b[?2026h";

/// All output of a terminal so far.
pub struct Timeline {
    raw: Vec<u8>,
    chunks: Vec<Chunk>,
    size: (NonZeroU16, NonZeroU16),
}

/// The expected effect of a key press on the screen.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// This text appears.
    Shows(&'static str),
    /// This text appears at least this many times.
    ShowsOften(&'static str, usize),
    /// This text disappears.
    Lacks(&'static str),
}

impl Expected {
    /// Returns whether the screen meets the expectation.
    pub fn is_on(self, screen: &vt100::Screen) -> bool {
        let text = screen.contents();
        match self {
            Self::Shows(words) => text.contains(words),
            Self::ShowsOften(words, times) => text.matches(words).count() >= times,
            Self::Lacks(words) => !text.contains(words),
        }
    }
}

/// Timeout for a key press to take effect; a timed-out press counts as having taken this long.
const KEY_TIMEOUT: Duration = Duration::from_secs(20);

/// A key press.
#[derive(Clone, Copy, Debug)]
pub struct Press {
    at: Instant,
    expected: Expected,
    has_shown: bool,
}

impl Press {
    /// Presses a key and waits for its effect, which must not be on the screen yet.
    pub fn new(pty: &mut Pty, key: &str, expected: Expected) -> Self {
        let at = Instant::now();
        pty.send(key);
        let has_shown = pty.wait_up_to(KEY_TIMEOUT, |screen| expected.is_on(screen));
        Self {
            at,
            expected,
            has_shown,
        }
    }
}

impl Timeline {
    /// Takes all output of the terminal so far.
    pub fn of(pty: &Pty) -> Self {
        // Take the chunks first, so that every chunk lies within the bytes.
        let chunks = pty.chunks();
        Self {
            raw: pty.raw(),
            chunks,
            size: pty.screen().size(),
        }
    }

    /// Returns when `bytes` had arrived in full, searching from offset `from`, or `None` if they
    /// have not.
    pub fn arrival_of(&self, bytes: &[u8], from: usize) -> Option<Instant> {
        let place = from + memmem::find(&self.raw[from..], bytes)?;
        let end = place + bytes.len();
        let chunk = self.chunks.partition_point(|chunk| chunk.end < end);
        Some(self.chunks.get(chunk)?.at)
    }

    /// Returns the number of frames with changes between two offsets.
    pub fn frames(&self, from: usize, to: usize) -> usize {
        memmem::find_iter(&self.raw[from..to], FRAME).count()
    }

    /// Returns the time from each press to its effect on the screen. Replays the output on a
    /// terminal; a press has taken effect after the first chunk that makes the screen match.
    pub fn press_times(&self, presses: &[Press]) -> Samples {
        let (rows, columns) = self.size;
        let mut parser = vt100::Parser::new(rows, columns, 0);
        let (shown, failed): (Vec<&Press>, Vec<&Press>) =
            presses.iter().partition(|press| press.has_shown);
        let mut presses = shown.into_iter().peekable();
        let mut times = vec![KEY_TIMEOUT; failed.len()];
        let mut begin = 0;
        for chunk in &self.chunks {
            parser.process(&self.raw[begin..chunk.end]);
            begin = chunk.end;
            while let Some(press) = presses.peek()
                && chunk.at >= press.at
                && press.expected.is_on(parser.screen())
            {
                times.push(chunk.at - press.at);
                presses.next();
            }
        }
        Samples::new(times)
    }
}

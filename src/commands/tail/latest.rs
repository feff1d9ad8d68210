//! The latest message of each channel, a line each.

use std::collections::BTreeMap;
use std::time::Duration;

use subscope::payload::escape::words;
use tokio::time::Instant;

use crate::host::tty::output_size;

/// Minimum time between two drawings.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Moves the cursor to the previous line.
const UP: &[u8] = b"\x1b[A";

/// Clears from the cursor to the end of the screen.
const CLEAR: &[u8] = b"\r\x1b[J";

/// The latest lines.
#[derive(Default)]
pub struct Latest {
    lines: BTreeMap<Box<[u8]>, Box<[u8]>>,
    /// The number of lines on the terminal.
    drawn: usize,
    drawn_at: Option<Instant>,
    has_changed: bool,
}

impl Latest {
    /// Replaces the line of a channel.
    pub fn set(&mut self, channel: &[u8], line: &[u8]) {
        self.has_changed = true;
        match self.lines.get_mut(channel) {
            Some(known) => *known = line.into(),
            None => {
                self.lines.insert(channel.into(), line.into());
            }
        }
    }

    /// Returns when to draw, if anything has changed.
    pub fn due(&self) -> Option<Instant> {
        let drawn_at = self
            .drawn_at
            .map_or_else(Instant::now, |at| at + DRAW_EVERY);
        self.has_changed.then_some(drawn_at)
    }

    /// Appends to `out` what draws the lines over those drawn before: as many as the terminal has
    /// room for, each cut to its width.
    pub fn draw(&mut self, out: &mut Vec<u8>) {
        self.has_changed = false;
        self.drawn_at = Some(Instant::now());
        let (columns, rows) = output_size();
        out.extend(UP.repeat(self.drawn));
        out.extend_from_slice(CLEAR);
        let room = usize::from(rows).saturating_sub(1);
        self.drawn = self.lines.len().min(room);
        for line in self.lines.values().take(self.drawn) {
            let line = String::from_utf8_lossy(line.trim_ascii_end());
            out.extend_from_slice(words(&line, columns.into()).string.as_bytes());
            out.push(b'\n');
        }
    }

    /// Appends all lines to `out`.
    pub fn list(&self, out: &mut Vec<u8>) {
        self.lines
            .values()
            .for_each(|line| out.extend_from_slice(line));
    }
}

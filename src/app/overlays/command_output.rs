//! The pane with the output of a user-defined command.

use crate::app::action::Motion;
use crate::app::user_command::CommandEnd;

/// The distance between tab stops, in columns.
const TAB: usize = 8;

/// Number of columns by which a key scrolls sideways.
const SIDESTEP: usize = 16;

/// The output of a user-defined command so far.
#[derive(Debug)]
pub struct CommandOutput {
    /// The number of the run.
    pub(crate) id: u64,
    /// The name of the command.
    pub name: String,
    /// The lines, without line breaks. Tabs are expanded.
    pub lines: Vec<Vec<u8>>,
    /// Whether the last line is complete.
    is_line_complete: bool,
    /// The first line shown.
    pub top: usize,
    /// How many bytes of each line are scrolled out on the left.
    pub left: usize,
    /// How the command ended, if it has ended.
    pub end: Option<CommandEnd>,
}

impl CommandOutput {
    pub(crate) fn new(id: u64, name: String) -> Self {
        Self {
            id,
            name,
            lines: Vec::new(),
            is_line_complete: true,
            top: 0,
            left: 0,
            end: None,
        }
    }

    /// Adds what the command wrote.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let is_complete = piece.ends_with(b"\n");
            let text = piece.strip_suffix(b"\n").unwrap_or(piece);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if std::mem::replace(&mut self.is_line_complete, is_complete) {
                self.lines.push(Vec::new());
            }
            let Some(line) = self.lines.last_mut() else {
                return;
            };
            for byte in text {
                match byte {
                    b'\t' => {
                        let stop = (line.len() / TAB + 1) * TAB;
                        line.resize(stop, b' ');
                    }
                    byte => line.push(*byte),
                }
            }
        }
    }

    /// Returns the whole output as text.
    pub(crate) fn text(&self) -> Vec<u8> {
        self.lines.join(&b'\n')
    }

    /// Scrolls in a pane of `height` lines.
    pub(crate) fn move_by(&mut self, motion: Motion, height: usize) {
        let last = self.lines.len().saturating_sub(height);
        self.top = motion.from(self.top, height, last);
    }

    /// Scrolls sideways.
    pub(crate) fn move_sideways(&mut self, is_right: bool) {
        let widest = self.lines.iter().map(Vec::len).max().unwrap_or(0);
        self.left = if is_right {
            (self.left + SIDESTEP).min(widest.saturating_sub(1))
        } else {
            self.left.saturating_sub(SIDESTEP)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_arrive_in_pieces() {
        let mut output = CommandOutput::new(1, "x".to_owned());
        for piece in ["a", "b\n\n", "\tc\r\n", "d"] {
            output.add(piece.as_bytes());
        }
        assert_eq!(output.text(), b"ab\n\n        c\nd");
        assert_eq!(output.lines.len(), 4);
    }
}

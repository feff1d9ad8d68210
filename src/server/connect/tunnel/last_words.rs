//! The end of what a command writes to its standard error.

use crate::payload::escape::{truncated, whole};

/// How many bytes are kept.
const KEPT: usize = 4 << 10;

/// How many lines are shown. The last one often says only that something failed, and the one before
/// it what.
const SHOWN_LINES: usize = 2;

/// The maximum length of a line that is shown, in bytes.
const MAX_LINE: usize = 300;

/// The last bytes that were written.
#[derive(Debug, Default)]
pub(super) struct LastWords(Vec<u8>);

impl LastWords {
    pub(super) fn push(&mut self, written: &[u8]) {
        self.0.extend_from_slice(written);
        let excess = self.0.len().saturating_sub(KEPT);
        self.0.drain(..excess);
    }

    /// Returns the last lines that are not blank as one line, escaped.
    pub(super) fn text(&self) -> String {
        self.lines(SHOWN_LINES)
    }

    /// Returns the last line that is not blank, escaped.
    pub(super) fn last_line(&self) -> String {
        self.lines(1)
    }

    fn lines(&self, count: usize) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let lines = text.split(['\n', '\r']).map(str::trim);
        let lines = lines.filter(|line| !line.is_empty()).rev();
        let mut lines: Vec<&str> = lines.take(count).collect();
        lines.reverse();
        lines.dedup();
        let lines = lines.iter().map(|line| truncated(line, MAX_LINE));
        whole(lines.collect::<Vec<_>>().join(" · ").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_shown_escaped_on_one_line() {
        let words = |written: &[&[u8]]| {
            let mut words = LastWords::default();
            for piece in written {
                words.push(piece);
            }
            words.text()
        };
        assert_eq!(words(&[]), "");
        assert_eq!(words(&[b"\r\n \n"]), "");
        let denied = b"me@host: Permission denied (publickey).\r\n";
        assert_eq!(words(&[denied]), "me@host: Permission denied (publickey).");
        assert_eq!(words(&[b"a\nb\n", b"\nc"]), "b · c");
        assert_eq!(words(&[b"a\nb\nb\n"]), "b");
        assert_eq!(words(&[b"\x1b[31mred\xff"]), "\\x1b[31mred\u{fffd}");
        let long = words(&[&[b'x'; 2 * KEPT]]);
        assert!(long.len() <= MAX_LINE, "{long}");
    }
}

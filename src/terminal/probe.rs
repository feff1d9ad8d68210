//! Asks the terminal about itself, for `subscope doctor`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use super::decoder::background;
use super::sequences::{Cut, cut};
use super::{ASK_BACKGROUND, ASK_WHETHER_PASTES_ARE_MARKED};

/// Asks for the state of the keyboard protocol of kitty, and then for the terminal's attributes
/// (DA1). Every terminal answers the last question, so its answer is the end of all others.
const ASK_KEYBOARD_AND_ATTRIBUTES: &[u8] = b"\x1b[?u\x1b[c";

/// The attribute of terminals that take text for the clipboard.
const CLIPBOARD: &str = "52";

/// What a terminal says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The name and version (XTVERSION); tmux names itself.
    pub name: Option<String>,
    /// The colour of the background: red, green and blue.
    pub background: Option<[u8; 3]>,
    /// Whether pastes can be marked; `None` if it does not tell.
    pub marks_pastes: Option<bool>,
    /// Whether it supports the keyboard protocol of kitty.
    pub has_kitty_keyboard: bool,
    /// Whether it says that it takes text for the clipboard.
    pub says_clipboard: bool,
    /// Whether it has answered the last question.
    pub has_finished: bool,
}

/// Asks the terminal of this process, and waits for its answers until `within` has passed. Keys
/// pressed in the meantime are lost.
///
/// # Errors
///
/// Returns an error if there is no terminal, or if another program has it.
pub fn ask(within: Duration) -> io::Result<Answers> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    if tcgetpgrp(&terminal)? != getpgrp() {
        return Err(io::Error::other("the program runs in the background"));
    }
    let terminal = Raw::new(terminal)?;
    for question in [
        ASK_WHETHER_PASTES_ARE_MARKED,
        ASK_BACKGROUND,
        ASK_KEYBOARD_AND_ATTRIBUTES,
    ] {
        (&terminal.file).write_all(question)?;
    }
    terminal.read_answers(Instant::now() + within)
}

/// A terminal that passes on every byte at once and shows none, until this is dropped.
struct Raw {
    file: File,
    before: Termios,
}

impl Raw {
    fn new(file: File) -> io::Result<Self> {
        let before = tcgetattr(&file)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&file, OptionalActions::Now, &raw)?;
        Ok(Self { file, before })
    }

    fn read_answers(&self, deadline: Instant) -> io::Result<Answers> {
        let mut answers = Answers::default();
        let mut pending = Vec::new();
        while !answers.has_finished {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut waited = [PollFd::new(&self.file, PollFlags::IN)];
            match poll(&mut waited, Some(&left)) {
                Ok(0) => break,
                Err(Errno::INTR) => continue,
                result => result?,
            };
            let mut buffer = [0; 1024];
            let count = (&self.file).read(&mut buffer)?;
            if count == 0 {
                break;
            }
            pending.extend_from_slice(&buffer[..count]);
            answers.take(&mut pending);
        }
        Ok(answers)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Answers that come too late must not reach the shell. Nothing can be done about an error.
        let _ = tcsetattr(&self.file, OptionalActions::Flush, &self.before);
    }
}

impl Answers {
    /// Takes all whole answers from the bytes that have arrived.
    fn take(&mut self, pending: &mut Vec<u8>) {
        let mut taken = 0;
        while taken < pending.len() {
            let Cut::Whole(length) = cut(&pending[taken..]) else {
                break;
            };
            self.note(&pending[taken..taken + length]);
            taken += length;
        }
        pending.drain(..taken);
    }

    fn note(&mut self, answer: &[u8]) {
        if let Some(colour) = background(answer) {
            self.background = Some(colour);
            return;
        }
        let Ok(answer) = str::from_utf8(answer) else {
            return;
        };
        if let Some(name) = answer.strip_prefix("\x1bP>|") {
            let name = name.trim_end_matches(['\x07', '\\', '\x1b']);
            self.name = Some(name.to_owned());
            return;
        }
        let Some(answer) = answer.strip_prefix("\x1b[?") else {
            return;
        };
        if let Some(state) = answer.strip_prefix("2004;") {
            // 0 is an unknown mode, 4 one that cannot be set.
            self.marks_pastes = Some(matches!(state, "1$y" | "2$y" | "3$y"));
        } else if answer.ends_with('u') {
            self.has_kitty_keyboard = true;
        } else if let Some(attributes) = answer.strip_suffix('c') {
            self.says_clipboard = attributes.split(';').skip(1).any(|one| one == CLIPBOARD);
            self.has_finished = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(pieces: &[&str]) -> Answers {
        let (mut answers, mut pending) = (Answers::default(), Vec::new());
        for piece in pieces {
            pending.extend_from_slice(piece.as_bytes());
            answers.take(&mut pending);
        }
        answers
    }

    #[test]
    fn answers_are_read_in_any_pieces_and_keys_in_between_are_ignored() {
        let all = "\x1b[?2004;2$y\x1bP>|kitty(0.36)\x1b\\x\x1b]11;rgb:ff/00/80\x1b\\\x1b[?0u\
                   \x1b[A\x1b[?62;52;c";
        let expected = Answers {
            name: Some("kitty(0.36)".to_owned()),
            background: Some([255, 0, 128]),
            marks_pastes: Some(true),
            has_kitty_keyboard: true,
            says_clipboard: true,
            has_finished: true,
        };
        assert_eq!(answers(&[all]), expected);
        for at in 1..all.len() {
            // A lone Esc may be a key.
            let (one, other) = all.split_at(at);
            assert_eq!(answers(&[one, other]), expected, "{at}");
        }
    }

    #[test]
    fn an_old_terminal_answers_only_the_last_question() {
        let plain = answers(&["\x1b[?1;2c"]);
        assert!(plain.has_finished && !plain.says_clipboard && plain.marks_pastes.is_none());
        assert_eq!(answers(&["\x1b[?2004;0$y"]).marks_pastes, Some(false));
        assert!(!answers(&["\x1b[?2004;0$y"]).has_finished);
    }
}

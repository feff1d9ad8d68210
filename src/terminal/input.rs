//! The input thread: reads keys, mouse events and pastes.
//!
//! The bytes are not decoded by crossterm, for three reasons. It takes an Esc for the key unless
//! more bytes follow at once, so that on a slow line the rest of an arrow key or a mouse event acts
//! as typed keys. It passes on the rest of an unknown sequence as text. And it keeps reading from a
//! terminal that is gone.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::terminal::TerminalEvent;
use crate::terminal::decoder::Decoder;

/// The default time to wait for the rest of a sequence after Esc.
pub const ESCAPE_TIME: Duration = Duration::from_millis(50);

/// Maximum number of bytes per read.
const READ_SIZE: usize = 4096;

/// Reads the terminal on a separate thread and passes events to `tell`, until `tell` returns
/// `false` or the terminal can no longer be read, in which case the last event gives the reason.
/// Waits `escape_time` for the rest of a sequence after Esc.
///
/// The thread mostly waits for input and ends with the process; it is not meant to be joined.
/// Events that one thread has read but not passed on are left to the next.
///
/// # Errors
///
/// If the terminal cannot be opened, or the thread cannot be started.
pub fn spawn(
    escape_time: Duration,
    tell: impl FnMut(TerminalEvent) -> bool + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    static KEYBOARD: Mutex<Option<Keyboard>> = Mutex::new(None);
    let keyboard = || KEYBOARD.lock().unwrap_or_else(PoisonError::into_inner);
    if keyboard().is_none() {
        *keyboard() = Some(Keyboard {
            terminal: terminal()?,
            decoder: Decoder::new(escape_time),
            events: VecDeque::new(),
        });
    }
    let next = move || match &mut *keyboard() {
        Some(keyboard) => keyboard.next(),
        None => TerminalEvent::InputLost("it could not be opened".to_owned()),
    };
    thread::Builder::new()
        .name("input".into())
        .spawn(move || forward(tell, next))
}

/// Passes each event of `next` to `tell`, until the input is lost or `tell` returns `false`.
fn forward(mut tell: impl FnMut(TerminalEvent) -> bool, mut next: impl FnMut() -> TerminalEvent) {
    loop {
        let event = next();
        let is_last = matches!(event, TerminalEvent::InputLost(_));
        if !tell(event) || is_last {
            return;
        }
    }
}

/// Returns the terminal to read from: standard input if it is a terminal, else `/dev/tty`.
pub(super) fn terminal() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        stdin.as_fd().try_clone_to_owned()
    } else {
        File::open("/dev/tty").map(OwnedFd::from)
    }
}

/// Reads events from a terminal.
#[derive(Debug)]
struct Keyboard {
    terminal: OwnedFd,
    decoder: Decoder,
    /// Events that were read but not passed on yet.
    events: VecDeque<TerminalEvent>,
}

impl Keyboard {
    /// Waits for the next event.
    fn next(&mut self) -> TerminalEvent {
        loop {
            if let Some(event) = self.events.pop_front() {
                return event;
            }
            match self.read() {
                Ok(events) => self.events.extend(events),
                Err(error) => return TerminalEvent::InputLost(error.to_string()),
            }
        }
    }

    /// Waits for input and reads what is available.
    fn read(&mut self) -> io::Result<Vec<TerminalEvent>> {
        if !self.wait()? {
            return Ok(self.decoder.give_up(Instant::now()));
        }
        // Whether keys form a burst depends on when they arrived. The time is taken before the
        // read, because a busy machine may delay this thread.
        let arrived = Instant::now();
        let mut bytes = [0; READ_SIZE];
        match rustix::io::read(&self.terminal, &mut bytes[..]) {
            Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it hung up")),
            Ok(count) => Ok(self.decoder.read(&bytes[..count], arrived)),
            Err(Errno::INTR | Errno::AGAIN) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until there is something to read. Returns `false` if the rest of a sequence has not
    /// arrived in time.
    fn wait(&self) -> io::Result<bool> {
        let patience = self.decoder.patience();
        let patience = patience.and_then(|time| Timespec::try_from(time).ok());
        let mut terminals = [PollFd::new(&self.terminal, PollFlags::IN)];
        loop {
            match poll(&mut terminals, patience.as_ref()) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::Event;

    use super::*;

    #[test]
    fn the_loss_of_input_is_the_last_event() {
        let mut events = Vec::new();
        let lost = || TerminalEvent::InputLost("gone".into());
        let focus = TerminalEvent::Input(Event::FocusGained);
        let mut reads = vec![lost(), focus.clone()];
        let tell = |event| {
            events.push(event);
            true
        };
        forward(tell, || reads.pop().unwrap_or_else(lost));
        assert_eq!(events, [focus, lost()]);
    }

    #[test]
    fn reading_ends_once_no_one_listens() {
        let mut reads = 0;
        let next = || {
            reads += 1;
            TerminalEvent::Input(Event::FocusGained)
        };
        forward(|_| false, next);
        assert_eq!(reads, 1);
    }
}

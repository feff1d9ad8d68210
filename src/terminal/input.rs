//! The input thread: what the user does at the keyboard.
//!
//! The bytes are read and understood here, not by crossterm: that takes an Esc for the key as soon
//! as nothing follows it at once, so that on a slow line the rest of an arrow or of a mouse event
//! acts as typed keys; it passes the rest of an unknown sequence on as text; and it reads a terminal
//! that is gone over and over.

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

/// How long to wait for what may follow an Esc, unless the user says otherwise.
pub const ESCAPE_TIME: Duration = Duration::from_millis(50);

/// The bytes that are read at once.
const READ_SIZE: usize = 4096;

/// Reads the terminal on a thread of its own and gives what arrives to `tell`, until that returns
/// `false` or the terminal cannot be read any more; the reason is then the last event. Waits for
/// `escape_time` for what may follow an Esc.
///
/// The thread waits for input most of the time and ends with the process; it is not meant to be
/// joined. What one thread has read and not told, the next one tells.
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
        *keyboard() = Some(Keyboard::new(terminal()?, escape_time));
    }
    let next = move || match &mut *keyboard() {
        Some(keyboard) => keyboard.next(),
        None => TerminalEvent::InputLost("it was never opened".to_owned()),
    };
    thread::Builder::new()
        .name("input".into())
        .spawn(move || forward(tell, next))
}

/// Tells each event of `next` until no other can follow or nobody listens.
fn forward(mut tell: impl FnMut(TerminalEvent) -> bool, mut next: impl FnMut() -> TerminalEvent) {
    loop {
        let event = next();
        let is_last = matches!(event, TerminalEvent::InputLost(_));
        if !tell(event) || is_last {
            return;
        }
    }
}

/// The terminal to read: standard input, unless that is a file or a pipe.
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
    /// What was read and has not been told.
    events: VecDeque<TerminalEvent>,
}

impl Keyboard {
    fn new(terminal: OwnedFd, escape_time: Duration) -> Self {
        Self {
            terminal,
            decoder: Decoder::new(escape_time),
            events: VecDeque::new(),
        }
    }

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

    /// Waits for input, and reads what there is.
    fn read(&mut self) -> io::Result<Vec<TerminalEvent>> {
        if !self.wait()? {
            return Ok(self.decoder.give_up(Instant::now()));
        }
        // Keys are a burst by when they had come. Taken after the read, the time would be that at which
        // a busy machine let this thread go on.
        let come = Instant::now();
        let mut bytes = [0; READ_SIZE];
        match rustix::io::read(&self.terminal, &mut bytes[..]) {
            Ok(0) => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it has hung up",
            )),
            Ok(count) => Ok(self.decoder.read(&bytes[..count], come)),
            Err(Errno::INTR | Errno::AGAIN) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until there is something to read. Returns `false` if the rest of a sequence has not
    /// come in time.
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
    fn reading_ends_when_nobody_listens() {
        let mut reads = 0;
        let next = || {
            reads += 1;
            TerminalEvent::Input(Event::FocusGained)
        };
        forward(|_| false, next);
        assert_eq!(reads, 1);
    }
}

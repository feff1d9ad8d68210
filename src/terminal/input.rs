//! The input thread: what the person does at the keyboard.

use std::io;
use std::thread::{self, JoinHandle};

use crossterm::event;

use crate::terminal::TerminalEvent;

/// Reads the terminal on a thread of its own and gives what arrives to `tell`, until that says
/// `false` or the terminal cannot be read; the reason is then the last event.
///
/// The thread blocks in a read most of the time and ends with the process; it is not meant to be
/// joined. A terminal that has hung up is not a read error to crossterm (0.29), which then tries
/// again without a pause: leave the program on [`Signal::Hangup`](super::Signal::Hangup).
///
/// # Errors
///
/// If the thread cannot be started.
pub fn spawn(
    tell: impl FnMut(TerminalEvent) -> bool + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("input".into())
        .spawn(move || forward(tell, event::read))
}

/// Tells each result of `read` until one is an error or nobody listens.
fn forward(
    mut tell: impl FnMut(TerminalEvent) -> bool,
    mut read: impl FnMut() -> io::Result<event::Event>,
) {
    loop {
        let (event, is_last) = match read() {
            Ok(event) => (TerminalEvent::Input(event), false),
            Err(error) => (TerminalEvent::InputLost(error.to_string()), true),
        };
        if !tell(event) || is_last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::Event;

    use super::*;

    #[test]
    fn a_read_error_is_the_last_event() {
        let mut events = Vec::new();
        let mut reads = vec![Err(io::Error::other("gone")), Ok(Event::FocusGained)];
        let tell = |event| {
            events.push(event);
            true
        };
        forward(tell, || reads.pop().unwrap_or(Ok(Event::FocusLost)));
        assert_eq!(
            events,
            [
                TerminalEvent::Input(Event::FocusGained),
                TerminalEvent::InputLost("gone".into()),
            ]
        );
    }

    #[test]
    fn reading_ends_when_nobody_listens() {
        let mut reads = 0;
        let read = || {
            reads += 1;
            Ok(Event::FocusGained)
        };
        forward(|_| false, read);
        assert_eq!(reads, 1);
    }
}

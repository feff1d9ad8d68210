//! The input thread: what the person does at the keyboard.

use std::io;
use std::thread::{self, JoinHandle};

use crossterm::event;
use tokio::sync::mpsc::Sender;

use crate::terminal::TerminalEvent;

/// Reads the terminal on a thread of its own and sends what arrives, until nobody listens or the
/// terminal cannot be read; the reason is then the last event.
///
/// The thread blocks in a read most of the time and ends with the process; it is not meant to be
/// joined. A terminal that has hung up is not a read error to crossterm (0.29), which then tries
/// again without a pause: leave the program on [`Signal::Hangup`](super::Signal::Hangup).
///
/// # Errors
///
/// If the thread cannot be started.
pub fn spawn(events: Sender<TerminalEvent>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("input".into())
        .spawn(move || forward(&events, event::read))
}

/// Sends each result of `read` until one is an error or nobody listens.
fn forward(events: &Sender<TerminalEvent>, mut read: impl FnMut() -> io::Result<event::Event>) {
    loop {
        let (event, last) = match read() {
            Ok(event) => (TerminalEvent::Input(event), false),
            Err(error) => (TerminalEvent::InputLost(error.to_string()), true),
        };
        if events.blocking_send(event).is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::Event;
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn a_read_error_is_the_last_event() {
        let (events_tx, mut events_rx) = mpsc::channel(8);
        let mut reads = vec![Err(io::Error::other("gone")), Ok(Event::FocusGained)];
        forward(&events_tx, || reads.pop().unwrap_or(Ok(Event::FocusLost)));
        drop(events_tx);
        let first = events_rx.blocking_recv();
        assert_eq!(first, Some(TerminalEvent::Input(Event::FocusGained)));
        let last = events_rx.blocking_recv();
        assert_eq!(last, Some(TerminalEvent::InputLost("gone".into())));
        assert_eq!(events_rx.blocking_recv(), None);
    }

    #[test]
    fn reading_ends_when_nobody_listens() {
        let (events_tx, events_rx) = mpsc::channel(8);
        drop(events_rx);
        let mut reads = 0;
        forward(&events_tx, || {
            reads += 1;
            Ok(Event::FocusGained)
        });
        assert_eq!(reads, 1);
    }
}

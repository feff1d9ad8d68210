//! The input thread: reads keys, mouse events and pastes.
//!
//! The bytes are not decoded by crossterm, for three reasons. It takes an Esc byte for the Esc key
//! unless more bytes follow at once, so that on a slow line the rest of an arrow key or a mouse
//! event acts as typed keys. It passes on the rest of an unknown sequence as text. And it keeps
//! reading from a terminal that is gone.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IsTerminal as _, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};

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
/// The thread mostly waits for input and ends with the process; it is not meant to be joined. If a
/// thread ends before passing on all events that it has read, the next thread passes on the rest.
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
        let (wake, waker) = io::pipe()?;
        GATE.state().waker = Some(waker);
        *keyboard() = Some(Keyboard {
            terminal: terminal()?,
            wake,
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

/// Decides whether the terminal may be read.
static GATE: Gate = Gate {
    state: Mutex::new(GateState {
        is_closed: false,
        is_reading: false,
        waker: None,
    }),
    changed: Condvar::new(),
};

struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

struct GateState {
    is_closed: bool,
    is_reading: bool,
    /// Wakes the thread that is waiting for input.
    waker: Option<PipeWriter>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(
        &self,
        condition: impl FnMut(&mut GateState) -> bool,
    ) -> MutexGuard<'_, GateState> {
        let waited = self.changed.wait_while(self.state(), condition);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the terminal may be read.
    fn enter(&self) {
        self.wait_while(|state| state.is_closed).is_reading = true;
    }

    fn leave(&self) {
        self.state().is_reading = false;
        self.changed.notify_all();
    }
}

/// Leaves the input to another program until [`resume`] is called. When this function returns, the
/// terminal is no longer being read.
pub fn pause() {
    let mut state = GATE.state();
    state.is_closed = true;
    if let Some(waker) = &mut state.waker {
        // The result does not matter: if the pipe is full, it wakes the thread anyway.
        let _ = waker.write_all(&[0]);
    }
    drop(state);
    drop(GATE.wait_while(|state| state.is_reading));
}

/// Discards what was typed and has not been read.
pub fn discard_typed() {
    // If it fails, the terminal is gone.
    let _ = terminal().map(|terminal| tcflush(&terminal, QueueSelector::IFlush));
}

/// Resumes reading the terminal.
pub fn resume() {
    GATE.state().is_closed = false;
    GATE.changed.notify_all();
}

/// Passes each event from `next` to `tell`, until the input is lost or `tell` returns `false`.
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
///
/// # Errors
///
/// If the process has no terminal.
pub fn terminal() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        stdin.as_fd().try_clone_to_owned()
    } else {
        File::open("/dev/tty").map(OwnedFd::from)
    }
}

/// The result of waiting for input.
enum Ready {
    /// There is something to read.
    Input,
    /// The thread was woken.
    Woken,
    /// The rest of a sequence has not arrived in time.
    Nothing,
}

/// Reads events from a terminal.
#[derive(Debug)]
struct Keyboard {
    terminal: OwnedFd,
    /// A pipe that becomes readable when the thread must check whether it may go on reading.
    wake: PipeReader,
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
            GATE.enter();
            let read = self.read();
            GATE.leave();
            match read {
                Ok(events) => self.events.extend(events),
                Err(error) => return TerminalEvent::InputLost(error.to_string()),
            }
        }
    }

    /// Waits for input and reads what is available.
    fn read(&mut self) -> io::Result<Vec<TerminalEvent>> {
        match self.wait()? {
            Ready::Nothing => return Ok(self.decoder.give_up(Instant::now())),
            Ready::Woken => {
                self.wake.read_exact(&mut [0])?;
                return Ok(Vec::new());
            }
            Ready::Input => {}
        }
        // Whether keys arrived together depends on when they arrived. The time is taken before the
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

    /// Waits until there is something to read, or the thread is woken.
    fn wait(&self) -> io::Result<Ready> {
        let patience = self.decoder.patience();
        let patience = patience.and_then(|time| Timespec::try_from(time).ok());
        let mut sources = [
            PollFd::new(&self.terminal, PollFlags::IN),
            PollFd::new(&self.wake, PollFlags::IN),
        ];
        loop {
            match poll(&mut sources, patience.as_ref()) {
                Ok(0) => return Ok(Ready::Nothing),
                Ok(_) if !sources[1].revents().is_empty() => return Ok(Ready::Woken),
                Ok(_) => return Ok(Ready::Input),
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

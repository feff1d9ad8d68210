//! The signals that a terminal program must answer.

use std::io;

use tokio::select;
use tokio::signal::unix::{self, SignalKind, signal};

/// A signal to the process, by what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: end. From `kill`; Ctrl-C in raw mode is a key.
    Interrupt,
    /// SIGTERM: end.
    Terminate,
    /// SIGHUP: the terminal is gone, end.
    Hangup,
    /// SIGTSTP: stop until continued. From `kill`; Ctrl-Z in raw mode is a key.
    Suspend,
    /// SIGCONT: the process was stopped and goes on.
    Continue,
    /// SIGWINCH: the terminal has another size. The input thread says so too, but only once it
    /// runs; this is heard from the start.
    Resize,
}

impl Signal {
    /// What a program that this signal ended exits with by the shells' convention: 128 and the
    /// signal's number. `None` if the signal does not ask to end.
    #[must_use]
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Self::Hangup => Some(128 + 1),
            Self::Interrupt => Some(128 + 2),
            Self::Terminate => Some(128 + 15),
            Self::Suspend | Self::Continue | Self::Resize => None,
        }
    }
}

/// The signals as they arrive. From its creation on, and for as long as the process lives, none
/// of them has its default effect.
#[derive(Debug)]
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
    suspend: unix::Signal,
    resume: unix::Signal,
    resize: unix::Signal,
}

impl Signals {
    /// Starts listening. Must be called within a tokio runtime, and before the first frame is
    /// drawn, lest a change of the size in between is missed.
    ///
    /// # Errors
    ///
    /// If the system does not let a handler be set.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            suspend: signal(SignalKind::from_raw(signal_hook::consts::SIGTSTP))?,
            resume: signal(SignalKind::from_raw(signal_hook::consts::SIGCONT))?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// Waits for the next signal. Safe to cancel: none is lost.
    pub async fn next(&mut self) -> Signal {
        select! {
            biased;
            _ = self.hangup.recv() => Signal::Hangup,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.suspend.recv() => Signal::Suspend,
            _ = self.resume.recv() => Signal::Continue,
            _ = self.resize.recv() => Signal::Resize,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    use signal_hook::low_level::raise;

    use super::*;

    #[tokio::test]
    async fn each_signal_arrives_under_its_name() {
        let mut signals = Signals::listen().unwrap();
        let all = [
            (SIGINT, Signal::Interrupt, Some(130)),
            (SIGTERM, Signal::Terminate, Some(143)),
            (SIGHUP, Signal::Hangup, Some(129)),
            (SIGTSTP, Signal::Suspend, None),
            (SIGCONT, Signal::Continue, None),
            (SIGWINCH, Signal::Resize, None),
        ];
        for (number, named, exit_code) in all {
            raise(number).unwrap();
            assert_eq!(signals.next().await, named);
            assert_eq!(named.exit_code(), exit_code);
        }
    }
}

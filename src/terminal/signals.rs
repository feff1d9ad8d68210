//! The signals that a terminal program must answer.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGSYS, SIGTERM, SIGTRAP,
    SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ,
};
use tokio::signal::unix::{self, SignalKind, signal};

/// A signal to the process, by what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End. By default a signal of this number does so at once, and leaves the terminal as it is.
    End(u8),
    /// SIGTSTP: stop until continued. From `kill`; Ctrl-Z in raw mode is a key.
    Suspend,
    /// SIGCONT: the process was stopped and goes on.
    Continue,
    /// SIGWINCH: the terminal has another size.
    Resize,
}

/// The signals that end a process and may be handled, the most telling first. Those of a fault in
/// the program itself (SIGSEGV and others) are not among them: it cannot go on. SIGPIPE is ignored
/// by every Rust program.
const ENDING: [i32; 15] = [
    SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
    SIGIO, SIGXCPU, SIGXFSZ, SIGSYS, SIGTRAP,
];

/// Those that only Linux has: SIGSTKFLT, SIGPWR and the real-time signals.
#[cfg(target_os = "linux")]
fn own_ending() -> impl Iterator<Item = i32> {
    [16, 30].into_iter().chain(34..=64)
}

#[cfg(not(target_os = "linux"))]
fn own_ending() -> impl Iterator<Item = i32> {
    std::iter::empty()
}

impl Signal {
    /// Returns what a program that this signal ended exits with by the shells' convention: 128 and
    /// the signal's number. `None` if the signal does not ask to end.
    #[must_use]
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Self::End(number) => Some(128 + number),
            Self::Suspend | Self::Continue | Self::Resize => None,
        }
    }
}

/// The signals as they arrive. From its creation on, and for as long as the process lives, none
/// of them has its default effect.
#[derive(Debug)]
pub struct Signals {
    /// Each with its handler, in the order in which they are told.
    handlers: Vec<(Signal, unix::Signal)>,
}

impl Signals {
    /// Starts listening. Must be called within a tokio runtime, and before the first frame is
    /// drawn, lest a change of the size in between is missed.
    ///
    /// # Errors
    ///
    /// If the system does not let a handler be set for a signal that does not end the process.
    pub fn listen() -> io::Result<Self> {
        Self::listen_to(ENDING.into_iter().chain(own_ending()))
    }

    /// Starts listening to these ending signals and to all others. An ending signal whose handler
    /// is refused is left out: some C libraries keep real-time signals to themselves.
    fn listen_to(ending: impl Iterator<Item = i32>) -> io::Result<Self> {
        let ending = ending.filter_map(|number| {
            let handler = signal(SignalKind::from_raw(number)).ok()?;
            Some(Ok((Signal::End(u8::try_from(number).ok()?), handler)))
        });
        let others = [
            (Signal::Suspend, SIGTSTP),
            (Signal::Continue, SIGCONT),
            (Signal::Resize, SIGWINCH),
        ];
        let others = others
            .into_iter()
            .map(|(meaning, number)| Ok((meaning, signal(SignalKind::from_raw(number))?)));
        Ok(Self {
            handlers: ending.chain(others).collect::<io::Result<_>>()?,
        })
    }

    /// Waits for the next signal. Safe to cancel: none is lost.
    pub async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            for (meaning, handler) in &mut self.handlers {
                if handler.poll_recv(context).is_ready() {
                    return Poll::Ready(*meaning);
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use signal_hook::consts::SIGKILL;
    use signal_hook::low_level::raise;

    use super::*;

    #[tokio::test]
    async fn each_signal_arrives_under_its_name() {
        let mut signals = Signals::listen().unwrap();
        for (number, named) in [
            (SIGTSTP, Signal::Suspend),
            (SIGCONT, Signal::Continue),
            (SIGWINCH, Signal::Resize),
        ] {
            raise(number).unwrap();
            assert_eq!(signals.next().await, named);
            assert_eq!(named.exit_code(), None);
        }
        let handled: Vec<Signal> = signals.handlers.iter().map(|(signal, _)| *signal).collect();
        for number in ENDING.into_iter().chain(own_ending()) {
            if !handled.contains(&Signal::End(u8::try_from(number).unwrap())) {
                let is_kept_by_libc = cfg!(target_env = "musl") && number == 34;
                assert!(is_kept_by_libc, "{number} is refused");
                continue;
            }
            raise(number).unwrap();
            let signal = signals.next().await;
            assert_eq!(signal, Signal::End(u8::try_from(number).unwrap()));
            assert_eq!(signal.exit_code(), u8::try_from(128 + number).ok());
        }
    }

    #[tokio::test]
    async fn a_signal_that_is_refused_is_left_out() {
        let signals = Signals::listen_to([SIGKILL, SIGTERM].into_iter()).unwrap();
        let named: Vec<Signal> = signals.handlers.iter().map(|(signal, _)| *signal).collect();
        let term = Signal::End(u8::try_from(SIGTERM).unwrap());
        let others = [Signal::Suspend, Signal::Continue, Signal::Resize];
        assert_eq!(named, [&[term], &others[..]].concat());
    }
}

//! The signals that a terminal program must handle.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGSYS, SIGTERM, SIGTRAP,
    SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ,
};
use tokio::signal::unix::{self, SignalKind, signal};

/// A signal sent to the process, classified by purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A request to terminate. By default, the signal with this number ends the process at once,
    /// without restoring the terminal.
    End(u8),
    /// SIGTSTP: stop until continued. Sent by `kill`: in raw mode, Ctrl-Z is an ordinary key.
    Suspend,
    /// SIGCONT: the process was stopped and continues.
    Continue,
    /// SIGWINCH: the terminal was resized.
    Resize,
}

/// The signals that end a process and can be handled, the most meaningful first. Signals for faults
/// in the program itself (SIGSEGV and others) are not included, because it cannot continue after
/// them; nor are SIGPIPE, which every Rust program ignores, and SIGXFSZ, which comes with the error of
/// a write.
const ENDING: [i32; 14] = [
    SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
    SIGIO, SIGXCPU, SIGSYS, SIGTRAP,
];

/// Returns the ending signals that exist only on Linux: SIGSTKFLT, SIGPWR and the real-time
/// signals.
fn linux_ending() -> impl Iterator<Item = i32> {
    let own = [16, 30].into_iter().chain(34..=64);
    own.filter(|_| cfg!(target_os = "linux"))
}

impl Signal {
    /// Returns whether the terminal sends this signal when the user presses a key to end a program.
    pub fn is_from_keyboard(self) -> bool {
        let numbers = [SIGINT, SIGQUIT];
        matches!(self, Self::End(number) if numbers.contains(&number.into()))
    }

    /// Returns the exit code that shells use for a program ended by this signal: 128 plus the
    /// signal's number. Returns `None` if the signal is not a request to terminate.
    pub fn exit_code(self) -> Option<u8> {
        match self {
            Self::End(number) => Some(128 + number),
            Self::Suspend | Self::Continue | Self::Resize => None,
        }
    }
}

/// Listens for signals. Creating a listener disables the default actions of these signals for the
/// rest of the process's lifetime.
#[derive(Debug)]
pub struct Signals {
    /// The signals with their handlers, in order of priority.
    handlers: Vec<(Signal, unix::Signal)>,
}

impl Signals {
    /// Starts listening. Must be called within a tokio runtime, and before the first frame is
    /// drawn, so that no resize is missed.
    ///
    /// # Errors
    ///
    /// If the handler of a signal that does not end the process cannot be installed.
    pub fn listen() -> io::Result<Self> {
        Self::outlive_file_limit();
        Self::listen_to(ENDING.into_iter().chain(linux_ending()))
    }

    /// Makes a write that would exceed the limit on the size of files fail, instead of ending the
    /// process, for the rest of its lifetime.
    fn outlive_file_limit() {
        // The handler stays when the stream is dropped.
        drop(signal(SignalKind::from_raw(SIGXFSZ)));
    }

    /// Starts listening for the given ending signals and for all non-ending ones. An ending signal
    /// whose handler cannot be installed is skipped: some C libraries reserve real-time signals.
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
        let handlers = ending.chain(others).collect::<io::Result<_>>()?;
        Ok(Self { handlers })
    }

    /// Waits for the next signal. Cancel safe: no signal is lost.
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
        for number in ENDING.into_iter().chain(linux_ending()) {
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
    async fn a_signal_that_cannot_be_handled_is_skipped() {
        let signals = Signals::listen_to([SIGKILL, SIGTERM].into_iter()).unwrap();
        let named: Vec<Signal> = signals.handlers.iter().map(|(signal, _)| *signal).collect();
        let term = Signal::End(u8::try_from(SIGTERM).unwrap());
        let others = [Signal::Suspend, Signal::Continue, Signal::Resize];
        assert_eq!(named, [&[term], &others[..]].concat());
    }
}

//! The interpretation of stream errors.

use std::io;

use super::carrier::Carrier;
use super::tls;
use crate::message::{Closing, ConnectionError, io_reason};

/// Returns the cause of a stream error.
pub(crate) fn io_cause(error: &io::Error) -> ConnectionError {
    use io::ErrorKind as Kind;
    if let Some(cause) = tls::cause_of(error) {
        return cause;
    }
    if let Some(cause) = error.get_ref().and_then(|inner| Carrier::cause_in(inner)) {
        return cause;
    }
    match error.kind() {
        Kind::UnexpectedEof => ConnectionError::Closed(Closing::Later),
        // Depending on the timing, a write after a reset fails with this error.
        Kind::BrokenPipe => ConnectionError::Network(Kind::ConnectionReset),
        kind @ (Kind::ConnectionRefused
        | Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::TimedOut
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::PermissionDenied) => ConnectionError::Network(kind),
        _ => ConnectionError::Io(io_reason(error).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If these were two different errors, a server that alternates between them would add a row to
    /// the log each time.
    #[test]
    fn a_broken_pipe_is_a_reset() {
        let cause = |kind: io::ErrorKind| io_cause(&kind.into());
        let [pipe, reset] = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
        assert_eq!(cause(pipe), cause(reset));
    }
}

//! Standard output of the commands without a screen.

use std::io::{self, ErrorKind, Write as _};

use super::Failure;

/// The outcome of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Everything was written.
    Whole,
    /// The reader has closed the pipe.
    NoReader,
}

/// Writes `bytes` to standard output.
///
/// # Errors
///
/// Fails for any reason other than a closed pipe.
pub fn write(bytes: &[u8]) -> Result<Written, Failure> {
    if bytes.is_empty() {
        return Ok(Written::Whole);
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Written::Whole),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Written::NoReader),
        Err(error) => Err(Failure::other(format!("standard output: {error}"))),
    }
}

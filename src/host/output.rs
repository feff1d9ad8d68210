//! Standard output of the commands without a screen.

use std::future::pending;
use std::io::{self, ErrorKind, Write as _};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

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

/// Waits until the reader of standard output has closed it, which otherwise shows only when
/// something is written.
pub async fn reader_gone() {
    let (gone_tx, gone_rx) = oneshot::channel();
    let wait = move || {
        if wait_for_reader_to_go() {
            // Nobody may wait any more.
            let _ = gone_tx.send(());
        }
    };
    let waiting = thread::Builder::new().name("output".into()).spawn(wait);
    if waiting.is_err() || gone_rx.await.is_err() {
        pending::<()>().await;
    }
}

/// Blocks until the reader of standard output has closed it. Returns false if that cannot be found
/// out.
fn wait_for_reader_to_go() -> bool {
    let stdout = io::stdout();
    // Without any other event to wait for, only errors and the end of the connection count.
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    loop {
        match poll(&mut watched, None) {
            Ok(_) => return true,
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

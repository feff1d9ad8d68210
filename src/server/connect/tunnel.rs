//! A connection through a command: its standard input and output.

mod keeper;
mod kept;
mod last_words;

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::{Sleep, sleep};

use self::keeper::Place;
use self::kept::LAST_WORDS_WITHIN;
use super::carrier::Carrier;
use crate::message::{ConnectionError, TunnelError, io_reason};

pub use self::keeper::{TUNNEL, serve};
pub(super) use self::kept::{Kept, Voice};

/// A connection through a command.
#[derive(Debug)]
pub(super) struct Tunnel {
    kept: Kept,
    /// The command that the tunnel's own command goes through, if any. It may know more about a
    /// failure.
    carrier: Option<Voice>,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// The address that the connection leads to, if it was announced.
    announced: Option<String>,
    has_received: bool,
    /// Set at the end of the command's output: until when to wait for the end of the command.
    patience: Option<Pin<Box<Sleep>>>,
    /// How the connection ended, once that is known: in an orderly way, or why not.
    end: Option<Result<(), ConnectionError>>,
}

impl Tunnel {
    /// Starts a command, without waiting for what it connects to. It has no terminal, so it cannot
    /// prompt the user.
    ///
    /// # Errors
    ///
    /// Returns an error if the command cannot be started. The first read reports a command that
    /// ends.
    pub(super) fn open(arguments: &[OsString]) -> Result<Self, ConnectionError> {
        let not_started = |error: io::Error| {
            let reason = io_reason(&error).into();
            ConnectionError::Tunnel(TunnelError::NotStarted(reason))
        };
        let folder = Path::new("");
        let started = Kept::start(Place::Alone, folder, arguments, false, Stdio::piped);
        let (kept, stdin, stdout) = started.map_err(not_started)?;
        let stdout = stdout.ok_or_else(|| not_started(ErrorKind::BrokenPipe.into()))?;
        Ok(Self {
            kept,
            carrier: None,
            stdin,
            stdout,
            announced: None,
            has_received: false,
            patience: None,
            end: None,
        })
    }

    /// Returns the tunnel with the address that it leads to, if a server has announced it, for the
    /// error if it cannot be reached.
    pub(super) fn leading_to(self, announced: Option<String>) -> Self {
        Self { announced, ..self }
    }

    /// Returns the tunnel with the command that its own command goes through.
    pub(super) fn over(self, carrier: Voice) -> Self {
        Self {
            carrier: Some(carrier),
            ..self
        }
    }

    /// Waits for the end of the command. Fails unless it was an orderly end of the connection.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        if let Some(end) = &self.end {
            return Poll::Ready(end.clone());
        }
        // Some commands wait for the end of their input.
        self.stdin = None;
        let patience = self
            .patience
            .get_or_insert_with(|| Box::pin(sleep(LAST_WORDS_WITHIN)));
        let exit_code = match self.kept.poll_end(context) {
            Poll::Ready(exit_code) => exit_code,
            Poll::Pending => {
                ready!(patience.as_mut().poll(context));
                Some(0)
            }
        };
        let end = self.end_with(exit_code);
        self.end = Some(end.clone());
        Poll::Ready(end)
    }

    /// Fails unless this exit code means an orderly end of the connection.
    fn end_with(&self, exit_code: Option<i32>) -> Result<(), ConnectionError> {
        let last_words = self.kept.last_words();
        // Some commands say something while all is well.
        let is_orderly = exit_code == Some(0) && (self.has_received || last_words.is_empty());
        if is_orderly {
            return Ok(());
        }
        let carrier = self.carrier.as_ref().filter(|_| !self.has_received);
        let more = carrier.map(Voice::last_line);
        let last_words = match more.filter(|more| !more.is_empty()) {
            Some(more) => format!("{more} · {last_words}"),
            None => last_words,
        };
        let error = ConnectionError::Tunnel(TunnelError::Ended {
            last_words: last_words.into(),
            exit_code,
        });
        Err(match &self.announced {
            Some(address) if !self.has_received => {
                ConnectionError::Announced(address.as_str().into(), Box::new(error))
            }
            _ => error,
        })
    }
}

/// Returns the arguments of a command with the shell `sh`.
pub(super) fn in_shell(command: &str) -> Vec<OsString> {
    ["/bin/sh", "-c", command].map(OsString::from).to_vec()
}

impl AsyncRead for Tunnel {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.patience.is_none() && buffer.remaining() > 0 {
            let start = buffer.filled().len();
            let read = ready!(Pin::new(&mut this.stdout).poll_read(context, buffer));
            if read.is_ok() && buffer.filled().len() > start {
                this.has_received = true;
                return Poll::Ready(Ok(()));
            }
        }
        let end = ready!(this.poll_end(context));
        Poll::Ready(end.map_err(|cause| io::Error::other(Carrier(cause))))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let error = match &mut this.stdin {
            Some(stdin) => match ready!(Pin::new(stdin).poll_write(context, bytes)) {
                Ok(length) => return Poll::Ready(Ok(length)),
                Err(error) => error,
            },
            None => ErrorKind::BrokenPipe.into(),
        };
        let end = ready!(this.poll_end(context));
        Poll::Ready(Err(match end {
            Err(cause) => io::Error::other(Carrier(cause)),
            Ok(()) => error,
        }))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A pipe has nothing to flush.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stdin = None;
        Poll::Ready(Ok(()))
    }
}

//! A command whose standard input and output are a connection.

mod keeper;
mod last_words;

use std::ffi::OsString;
use std::future::Future as _;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::pin::{Pin, pin};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::select;
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep, timeout};

use self::keeper::Place;
use self::last_words::LastWords;
use super::carrier::Carrier;
use crate::message::{ConnectionError, TunnelError, io_reason};

pub use self::keeper::{TUNNEL, serve};

/// How long after the end of its output a command may take to end and to say why.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);

/// A running command. It ends, with all that it has started, when this is dropped.
#[derive(Debug)]
pub(super) struct Kept {
    last_words: Arc<Mutex<LastWords>>,
    is_echoed: Arc<AtomicBool>,
    /// Reads what the command writes to its standard error. Returns its exit code.
    ended: JoinHandle<Option<i32>>,
}

impl Kept {
    /// Starts a command that has the terminal, as far as there is one, to prompt the user. What it
    /// writes to standard error is copied there until [`Self::silence`]. `folder` is removed when
    /// the command ends.
    pub(super) fn start_prompting(arguments: &[OsString], folder: &Path) -> io::Result<Self> {
        let place = Place::Terminal;
        let (kept, _, _) = Self::start(place, folder, arguments, true, Stdio::null)?;
        Ok(kept)
    }

    /// Starts a command without a terminal. `folder` is removed when the command ends.
    pub(super) fn start_alone(arguments: &[OsString], folder: &Path) -> io::Result<Self> {
        let (kept, _, _) = Self::start(Place::Alone, folder, arguments, false, Stdio::null)?;
        Ok(kept)
    }

    fn start(
        place: Place,
        folder: &Path,
        arguments: &[OsString],
        is_echoed: bool,
        streams: impl Fn() -> Stdio,
    ) -> io::Result<(Self, Option<ChildStdin>, Option<ChildStdout>)> {
        let mut command = Command::from(TUNNEL.command()?);
        command.arg(place.name()).arg(folder).args(arguments);
        command
            .stdin(streams())
            .stdout(streams())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stderr = child.stderr.take().ok_or(ErrorKind::BrokenPipe)?;
        let last_words = Arc::<Mutex<LastWords>>::default();
        let is_echoed = Arc::new(AtomicBool::new(is_echoed));
        let listening = listen(stderr, Arc::clone(&last_words), Arc::clone(&is_echoed));
        let kept = Self {
            last_words,
            is_echoed,
            ended: tokio::spawn(wait(child, listening)),
        };
        Ok((kept, stdin, stdout))
    }

    /// Stops copying what the command writes to standard error.
    pub(super) fn silence(&self) {
        self.is_echoed.store(false, Relaxed);
    }

    /// Returns whether the command has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_finished()
    }

    /// Returns the last lines that the command wrote to its standard error.
    pub(super) fn last_words(&self) -> String {
        lock(&self.last_words).text()
    }

    /// Returns what the command writes to its standard error, for a tunnel through it.
    pub(super) fn voice(&self) -> Voice {
        Voice(Arc::clone(&self.last_words))
    }
}

/// What a command writes to its standard error.
#[derive(Clone, Debug)]
pub(super) struct Voice(Arc<Mutex<LastWords>>);

impl Drop for Kept {
    fn drop(&mut self) {
        // This closes the pipe whose end makes the keeper end the command.
        self.ended.abort();
    }
}

/// Reads what a command writes to its standard error, until the end.
async fn listen(
    mut stderr: ChildStderr,
    last_words: Arc<Mutex<LastWords>>,
    is_echoed: Arc<AtomicBool>,
) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
        let written = &buffer[..length];
        lock(&last_words).push(written);
        if is_echoed.load(Relaxed) {
            // If the terminal is gone, nobody is reading.
            let _ = io::stderr().write_all(written);
        }
    }
}

/// Waits until a command has ended and its standard error has been read. Returns its exit code.
async fn wait(mut child: Child, listening: impl Future<Output = ()>) -> Option<i32> {
    let mut listening = pin!(listening);
    let mut has_closed = false;
    let status = loop {
        select! {
            status = child.wait() => break status,
            () = &mut listening, if !has_closed => has_closed = true,
        }
    };
    if !has_closed {
        // Something in the background may keep it open.
        let _ = timeout(LAST_WORDS_WITHIN, listening).await;
    }
    status.ok()?.code()
}

fn lock(last_words: &Mutex<LastWords>) -> MutexGuard<'_, LastWords> {
    last_words.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    /// How the connection ended, once that is known.
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
    pub(super) fn announced_as(self, announced: Option<String>) -> Self {
        Self { announced, ..self }
    }

    /// Returns the tunnel with the command that its own command goes through.
    pub(super) fn over(self, carrier: Voice) -> Self {
        Self {
            carrier: Some(carrier),
            ..self
        }
    }

    /// Waits for the end of the command. Returns why the connection ended, unless it was closed in
    /// an orderly way.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        if let Some(end) = &self.end {
            return Poll::Ready(end.clone());
        }
        // Some commands wait for the end of their input.
        self.stdin = None;
        let patience = self
            .patience
            .get_or_insert_with(|| Box::pin(sleep(LAST_WORDS_WITHIN)));
        let exit_code = match Pin::new(&mut self.kept.ended).poll(context) {
            Poll::Ready(exit_code) => exit_code.ok().flatten(),
            Poll::Pending => {
                ready!(patience.as_mut().poll(context));
                Some(0)
            }
        };
        let end = self.end_with(exit_code);
        self.end = Some(end.clone());
        Poll::Ready(end)
    }

    /// Returns how the connection ended, if the command ended with this exit code.
    fn end_with(&self, exit_code: Option<i32>) -> Result<(), ConnectionError> {
        let last_words = self.kept.last_words();
        // Some commands say something while all is well.
        let is_orderly = exit_code == Some(0) && (self.has_received || last_words.is_empty());
        if is_orderly {
            return Ok(());
        }
        let carrier = self.carrier.as_ref().filter(|_| !self.has_received);
        let more = carrier.map(|voice| lock(&voice.0).last_line());
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
        match ready!(this.poll_end(context)) {
            Err(cause) => Poll::Ready(Err(io::Error::other(Carrier(cause)))),
            Ok(()) => Poll::Ready(Ok(())),
        }
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
        let cause = ready!(this.poll_end(context));
        Poll::Ready(Err(match cause {
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

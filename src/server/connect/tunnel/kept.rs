//! A command that runs under a keeper.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::pin::{Pin, pin};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::select;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::keeper::{Place, TUNNEL};
use super::last_words::LastWords;

/// How long after the end of its output a command may take to end and to say why.
pub(super) const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);

/// A running command. It ends, with all that it has started, when this is dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    last_words: Arc<Mutex<LastWords>>,
    is_echoed: Arc<AtomicBool>,
    /// Reads what the command writes to its standard error. Returns its exit code.
    ended: JoinHandle<Option<i32>>,
}

impl Kept {
    /// Starts a command that has the terminal, as far as there is one, to prompt the user. What it
    /// writes to standard error is copied there until [`Self::silence`]. `folder` is removed when
    /// the command ends.
    pub(crate) fn start_prompting(arguments: &[OsString], folder: &Path) -> io::Result<Self> {
        let place = Place::Terminal;
        let (kept, _, _) = Self::start(place, folder, arguments, true, Stdio::null)?;
        Ok(kept)
    }

    /// Starts a command without a terminal. `folder` is removed when the command ends.
    pub(crate) fn start_alone(arguments: &[OsString], folder: &Path) -> io::Result<Self> {
        let (kept, _, _) = Self::start(Place::Alone, folder, arguments, false, Stdio::null)?;
        Ok(kept)
    }

    /// Starts a command, with standard input and output from `pipe`.
    pub(super) fn start(
        place: Place,
        folder: &Path,
        arguments: &[OsString],
        is_echoed: bool,
        pipe: impl Fn() -> Stdio,
    ) -> io::Result<(Self, Option<ChildStdin>, Option<ChildStdout>)> {
        let mut command = Command::from(TUNNEL.command()?);
        command.arg(place.name()).arg(folder).args(arguments);
        command.stdin(pipe()).stdout(pipe()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let stderr = child.stderr.take().ok_or(ErrorKind::BrokenPipe)?;
        let last_words = Arc::<Mutex<LastWords>>::default();
        let is_echoed = Arc::new(AtomicBool::new(is_echoed));
        let listening = listen(stderr, Arc::clone(&last_words), Arc::clone(&is_echoed));
        let kept = Self {
            last_words,
            is_echoed,
            ended: tokio::spawn(wait(child, listening)),
        };
        Ok((kept, input, output))
    }

    /// Stops copying what the command writes to standard error.
    pub(crate) fn silence(&self) {
        self.is_echoed.store(false, Relaxed);
    }

    /// Returns whether the command has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_finished()
    }

    /// Waits for the end of the command. Returns its exit code, if it is known.
    pub(super) fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<Option<i32>> {
        let ended = ready!(Pin::new(&mut self.ended).poll(context));
        Poll::Ready(ended.ok().flatten())
    }

    /// Returns the last lines that the command wrote to its standard error.
    pub(crate) fn last_words(&self) -> String {
        lock(&self.last_words).text()
    }

    /// Returns what the command writes to its standard error, for a tunnel through it.
    pub(crate) fn voice(&self) -> Voice {
        Voice(Arc::clone(&self.last_words))
    }
}

/// What a command writes to its standard error.
#[derive(Clone, Debug)]
pub(crate) struct Voice(Arc<Mutex<LastWords>>);

impl Voice {
    /// Returns the last line, escaped.
    pub(super) fn last_line(&self) -> String {
        lock(&self.0).last_line()
    }
}

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

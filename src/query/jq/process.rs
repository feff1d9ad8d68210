//! The process that runs a program, as its parent sees it.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::Program;
use super::child::{ARGUMENT, Answer, NAME, READY};
use super::meter::{Cut, MAX_TIME};

/// How long the process may take to start and to compile the program.
const START_TIME: Duration = Duration::from_secs(20);

/// How long it may take for a batch of several payloads. It answers what it has after a few
/// milliseconds, so one of them takes longer, and is asked about alone then.
const BATCH_TIME: Duration = Duration::from_millis(250);

/// The executable to run, where it is not this one.
static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();

/// Has jq programs run by this executable of subscope, for programs that are not subscope itself,
/// such as tests. The first one counts.
pub fn set_executable(path: impl Into<PathBuf>) {
    EXECUTABLE.get_or_init(|| path.into());
}

fn executable() -> io::Result<PathBuf> {
    match EXECUTABLE.get() {
        Some(path) => Ok(path.clone()),
        // This works even when the file has been replaced since.
        None if cfg!(target_os = "linux") => Ok("/proc/self/exe".into()),
        None => std::env::current_exe(),
    }
}

/// The process. It ends when this is dropped, or with its parent, whose end closes its stdin.
pub struct Process {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    batch: Vec<u8>,
}

impl Process {
    /// Starts it.
    pub fn start(program: &Program) -> io::Result<Self> {
        let mut child = Command::new(executable()?)
            .arg0(NAME)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // The terminal's signals are not for it.
            .process_group(0)
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or(ErrorKind::BrokenPipe)?;
        let mut process = Self {
            child,
            input,
            output,
            batch: Vec::new(),
        };
        process.put_frame(program.source.as_bytes());
        process.input.write_all(&process.batch)?;
        if !process.answers_within(START_TIME)? {
            return Err(ErrorKind::TimedOut.into());
        }
        let mut first = [0];
        process.output.read_exact(&mut first)?;
        match first {
            [READY] => Ok(process),
            _ => Err(io::Error::other("it is not subscope")),
        }
    }

    /// Asks the program of `payloads`: the answers to the first of them, at least to one.
    ///
    /// # Errors
    ///
    /// The process was cut off, and is of no more use.
    pub fn ask(&mut self, payloads: &[&[u8]]) -> Result<Vec<Answer>, Cut> {
        self.batch.clear();
        self.put_count(payloads.len());
        for payload in payloads {
            self.put_frame(payload);
        }
        let time = if payloads.len() == 1 {
            MAX_TIME
        } else {
            BATCH_TIME
        };
        // It dies of a lack of memory only.
        let died = |_: io::Error| Cut::Memory;
        self.input.write_all(&self.batch).map_err(died)?;
        // What was needed for a large payload is not kept.
        self.batch.shrink_to(64 << 10);
        if !self.answers_within(time).map_err(died)? {
            return Err(Cut::Time);
        }
        self.read_answers().map_err(died)
    }

    fn read_answers(&mut self) -> io::Result<Vec<Answer>> {
        let mut count = [0; size_of::<u32>()];
        self.output.read_exact(&mut count)?;
        let mut bytes = vec![0; u32::from_le_bytes(count) as usize];
        self.output.read_exact(&mut bytes)?;
        let answers = bytes.into_iter().map(Answer::from_byte);
        answers
            .collect::<Option<_>>()
            .ok_or(ErrorKind::InvalidData.into())
    }

    /// Whether it answers, or ends, before so long.
    fn answers_within(&self, time: Duration) -> io::Result<bool> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut waited = [PollFd::from_borrowed_fd(self.output.as_fd(), PollFlags::IN)];
            match poll(&mut waited, Some(&left)) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(wrong) => return Err(wrong.into()),
            }
        }
    }

    fn put_frame(&mut self, bytes: &[u8]) {
        self.put_count(bytes.len());
        self.batch.extend_from_slice(bytes);
    }

    fn put_count(&mut self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.batch.extend_from_slice(&count.to_le_bytes());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Killed or ended by itself: either way it has to be waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

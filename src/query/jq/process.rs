//! The parent's side of the process that runs a program.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::Program;
use super::child::{Answer, JQ, READY};
use super::meter::{Cut, MAX_TIME};

/// The maximum time to start the process and compile the program.
const START_TIME: Duration = Duration::from_secs(20);

/// The maximum time for a batch of several payloads. The process replies with the answers it has
/// after a few milliseconds, so exceeding this means that one payload is slow; the payloads are
/// then sent one by one.
const BATCH_TIME: Duration = Duration::from_millis(250);

/// The start of the message that Rust prints when an allocation fails. The abort signal alone could
/// have other causes.
const OUT_OF_MEMORY: &str = "memory allocation of ";

/// The maximum number of bytes to read from the process's stderr.
const MAX_STDERR: u64 = 4 << 10;

/// The child process. It exits when its stdin is closed, which happens when the parent exits;
/// dropping this value kills it.
pub struct Process {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// The child's stderr. It reports running out of memory there before it aborts.
    stderr: ChildStderr,
    batch: Vec<u8>,
}

impl Process {
    /// Starts the process.
    pub fn start(program: &Program) -> io::Result<Self> {
        Self::start_as(&mut JQ.command()?, program)
    }

    fn start_as(command: &mut Command, program: &Program) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Keeps the terminal's signals from reaching the process.
            .process_group(0)
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let pipes = pipes.zip(child.stderr.take());
        let ((input, output), stderr) = pipes.ok_or(ErrorKind::BrokenPipe)?;
        let mut process = Self {
            child,
            input,
            output,
            stderr,
            batch: Vec::new(),
        };
        process.put_frame(program.0.as_bytes());
        process.input.write_all(&process.batch)?;
        if !process.answers_within(START_TIME)? {
            return Err(ErrorKind::TimedOut.into());
        }
        let mut first = [0];
        process.output.read_exact(&mut first)?;
        match first {
            [READY] => Ok(process),
            _ => Err(io::Error::other("not subscope")),
        }
    }

    /// Runs the program on the first of `payloads`, at least one, and returns their answers. If the
    /// process was cut off, returns the reason; the process can then no longer be used.
    pub fn ask(&mut self, payloads: &[&[u8]]) -> Result<Vec<Answer>, Cut> {
        self.batch.clear();
        self.put_count(payloads.len());
        for payload in payloads {
            self.put_frame(payload);
        }
        let is_batch = payloads.len() > 1;
        let time = if is_batch { BATCH_TIME } else { MAX_TIME };
        let answers = self.answers_to_batch(time);
        answers
            .map_err(|error| self.why_it_ended(&error))?
            .ok_or(Cut::Time)
    }

    /// Returns the answers to `batch`, if they arrive within `time`.
    fn answers_to_batch(&mut self, time: Duration) -> io::Result<Option<Vec<Answer>>> {
        self.input.write_all(&self.batch)?;
        // Free most of the memory that a large payload needed.
        self.batch.shrink_to(64 << 10);
        if !self.answers_within(time)? {
            return Ok(None);
        }
        let mut count = [0; size_of::<u32>()];
        self.output.read_exact(&mut count)?;
        let mut bytes = vec![0; u32::from_le_bytes(count) as usize];
        self.output.read_exact(&mut bytes)?;
        let answers: Option<Vec<_>> = bytes.into_iter().map(Answer::from_byte).collect();
        answers.map(Some).ok_or(ErrorKind::InvalidData.into())
    }

    /// Returns why the process ended, given the `error` of the failed communication with it.
    fn why_it_ended(&mut self, error: &io::Error) -> Cut {
        use ErrorKind::{BrokenPipe, UnexpectedEof};
        if !matches!(error.kind(), UnexpectedEof | BrokenPipe) {
            // The process is still running but no longer usable.
            let _ = self.child.kill();
        }
        let status = self.child.wait().unwrap_or_default();
        let mut printed = Vec::new();
        let mut stderr = (&mut self.stderr).take(MAX_STDERR);
        let _ = stderr.read_to_end(&mut printed);
        if String::from_utf8_lossy(&printed).contains(OUT_OF_MEMORY) {
            Cut::Memory
        } else {
            Cut::Ended(status)
        }
    }

    /// Waits until the process answers or ends. Returns whether that happens within `time`.
    fn answers_within(&self, time: Duration) -> io::Result<bool> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut waited = [PollFd::from_borrowed_fd(self.output.as_fd(), PollFlags::IN)];
            match poll(&mut waited, Some(&left)) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
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
        // The process must be reaped even if it has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    /// Returns the error of a query if the process runs `script` when it receives the query.
    fn error_after(script: &str) -> String {
        let script = format!("printf !; read -r line; {script}");
        let program = Program("true".into());
        let mut command = Command::new("sh");
        let started = Process::start_as(command.arg("-c").arg(script), &program);
        // The payload contains a newline because the script's `read` waits for one.
        let asked = started.unwrap().ask(&[b"1\n"]);
        asked.unwrap_err().to_string()
    }

    #[test]
    fn the_error_tells_what_ended_the_process() {
        assert_eq!(error_after("kill -KILL $$"), "its process ended (signal 9)");
        assert_eq!(error_after("kill -ABRT $$"), "its process ended (signal 6)");
        assert_eq!(error_after("exit 1"), "its process ended (exit 1)");
        let out_of_memory = "echo memory allocation of 9 bytes failed >&2; kill -ABRT $$";
        assert!(error_after(out_of_memory).starts_with("out of memory: "));
    }
}

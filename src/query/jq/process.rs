//! The process that runs a program, as its parent sees it.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
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

/// What Rust says when it cannot have more memory, before it ends by the signal that it uses for
/// other things too.
const OUT_OF_MEMORY: &str = "memory allocation of ";

/// How many bytes of what the process says are read.
const LONGEST_COMPLAINT: u64 = 4 << 10;

/// The executable to run, where it is not this one.
static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();

/// Has jq programs run by this executable of subscope, for programs that are not subscope itself,
/// such as tests. The first one counts.
pub fn set_executable(path: impl Into<PathBuf>) {
    EXECUTABLE.get_or_init(|| path.into());
}

/// The executable to run for another process of subscope.
///
/// # Errors
///
/// If the system does not say which one runs.
pub fn executable() -> io::Result<PathBuf> {
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
    /// What it says before it ends for want of memory.
    complaint: ChildStderr,
    batch: Vec<u8>,
}

impl Process {
    /// Starts it.
    pub fn start(program: &Program) -> io::Result<Self> {
        let mut command = Command::new(executable()?);
        Self::start_as(command.arg0(NAME).arg(ARGUMENT), program)
    }

    fn start_as(command: &mut Command, program: &Program) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // The terminal's signals are not for it.
            .process_group(0)
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let pipes = pipes.zip(child.stderr.take());
        let ((input, output), complaint) = pipes.ok_or(ErrorKind::BrokenPipe)?;
        let mut process = Self {
            child,
            input,
            output,
            complaint,
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
        match self.answers_to_batch(time) {
            Ok(Some(answers)) => Ok(answers),
            Ok(None) => Err(Cut::Time),
            Err(wrong) => Err(self.why_it_ended(&wrong)),
        }
    }

    /// The answers to what is in `batch`, if they come before so long.
    fn answers_to_batch(&mut self, time: Duration) -> io::Result<Option<Vec<Answer>>> {
        self.input.write_all(&self.batch)?;
        // What was needed for a large payload is not kept.
        self.batch.shrink_to(64 << 10);
        if !self.answers_within(time)? {
            return Ok(None);
        }
        self.read_answers().map(Some)
    }

    /// Why the process ended, now that talking to it went `wrong`.
    fn why_it_ended(&mut self, wrong: &io::Error) -> Cut {
        if !matches!(
            wrong.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe
        ) {
            // It did not, but it is of no more use.
            let _ = self.child.kill();
        }
        let status = self.child.wait().unwrap_or_default();
        let mut words = Vec::new();
        let _ = (&mut self.complaint)
            .take(LONGEST_COMPLAINT)
            .read_to_end(&mut words);
        if String::from_utf8_lossy(&words).contains(OUT_OF_MEMORY) {
            Cut::Memory
        } else {
            Cut::Ended(status)
        }
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed test should panic")]
mod tests {
    use super::*;

    /// What is said of a process that ends by this script, once it is asked.
    fn said_after(script: &str) -> String {
        let script = format!("printf !; read -r line; {script}");
        let program = Program {
            source: "true".into(),
        };
        let mut command = Command::new("sh");
        let started = Process::start_as(command.arg("-c").arg(script), &program);
        // A frame has no line of its own.
        let asked = started.unwrap().ask(&[b"1\n"]);
        asked.unwrap_err().to_string()
    }

    #[test]
    fn what_ended_the_process_is_said() {
        assert_eq!(said_after("kill -KILL $$"), "its process ended (signal 9)");
        assert_eq!(said_after("kill -ABRT $$"), "its process ended (signal 6)");
        assert_eq!(said_after("exit 1"), "its process ended (exit 1)");
        let out_of_memory = "echo memory allocation of 9 bytes failed >&2; kill -ABRT $$";
        assert!(said_after(out_of_memory).starts_with("out of memory: "));
    }
}

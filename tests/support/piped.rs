//! The built program without a terminal: its output in pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::pty::SUBSCOPE;

/// How long the program may take for anything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that is killed on drop, so that a failed test leaves none behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It fails if the process has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running program.
pub struct Piped {
    child: Process,
    pub stdin: Option<ChildStdin>,
    output: Lines,
    errors: Lines,
}

/// What a program wrote, and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ended {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub fn text(&self) -> &str {
        str::from_utf8(&self.stdout).unwrap()
    }
}

/// Lines that a thread reads.
struct Lines {
    lines_rx: Receiver<Vec<u8>>,
    read: Vec<u8>,
}

impl Lines {
    fn new(input: impl Read + Send + 'static) -> Self {
        let (lines_tx, lines_rx) = channel();
        thread::spawn(move || {
            let mut input = BufReader::new(input);
            loop {
                let mut line = Vec::new();
                match input.read_until(b'\n', &mut line) {
                    Ok(1..) if lines_tx.send(line).is_ok() => {}
                    _ => return,
                }
            }
        });
        Self {
            lines_rx,
            read: Vec::new(),
        }
    }

    /// Waits for the next line; `None` at the end.
    fn next(&mut self) -> Option<String> {
        let line = match self.lines_rx.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&self.read)),
        };
        self.read.extend_from_slice(&line);
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    fn all(mut self) -> Vec<u8> {
        while self.next().is_some() {}
        self.read
    }
}

impl Piped {
    /// Starts `subscope` with these arguments, without a config file.
    pub fn start(arguments: &[&str]) -> Self {
        Self::launch(Command::new(SUBSCOPE).args(arguments))
    }

    /// Starts a command of the program.
    pub fn launch(command: &mut Command) -> Self {
        let mut child = command
            .env_remove("SUBSCOPE_URL")
            .env_remove("REDIS_URL")
            .env("SUBSCOPE_CONFIG", "/dev/null")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            output: Lines::new(child.stdout.take().unwrap()),
            errors: Lines::new(child.stderr.take().unwrap()),
            stdin: child.stdin.take(),
            child: Process(child),
        }
    }

    /// Runs the program with `input` on its standard input until it ends.
    pub fn run(arguments: &[&str], input: &[u8]) -> Ended {
        let mut program = Self::start(arguments);
        let mut stdin = program.stdin.take().unwrap();
        // A program that does not read its input may have ended.
        let _ = stdin.write_all(input);
        drop(stdin);
        program.finish()
    }

    /// Waits for a line on standard error that contains `text`.
    pub fn wait_for_note(&mut self, text: &str) -> String {
        loop {
            match self.errors.next() {
                Some(line) if line.contains(text) => return line,
                Some(_) => {}
                None => panic!(
                    "ended without {text:?}: {}",
                    String::from_utf8_lossy(&self.errors.read)
                ),
            }
        }
    }

    /// Waits for the next line on standard output.
    pub fn line(&mut self) -> String {
        self.output.next().expect("a line")
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.0.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Waits for the program to end.
    pub fn finish(mut self) -> Ended {
        drop(self.stdin.take());
        let stdout = self.output.all();
        let stderr = String::from_utf8_lossy(&self.errors.all()).into_owned();
        Ended {
            status: self.child.0.wait().unwrap(),
            stdout,
            stderr,
        }
    }
}

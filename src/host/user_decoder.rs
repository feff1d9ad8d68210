//! Runs the user's own decoders: one process each, started for the first message and kept.
//!
//! A message and its answer are each preceded by their length, in four bytes, big-endian. A process
//! that does not answer in time is killed. After a failure, it starts again after a pause that grows
//! with every further one.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use subscope::app::{
    DecoderAnswer, DecoderFailure, DecoderRequest, DecoderTrouble, Event, UserDecoder,
};
use subscope::payload::escape;
use subscope::payload::json::is_json;
use tokio::sync::mpsc::Sender;

use super::processes::{Process, Processes};

/// The maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 16 << 20;

/// The interval at which a waiting thread checks whether the program ends.
const TICK: Duration = Duration::from_millis(50);

/// The first and the longest pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The number of bytes of the standard error that are kept.
const MAX_WORDS: usize = 4 << 10;

/// The maximum width of the last line of the standard error, in columns.
const MAX_COLUMNS: usize = 200;

/// The decoders that have been used, each with a thread.
pub struct UserDecoders {
    answer_tx: Sender<Event>,
    running: HashMap<String, mpsc::Sender<DecoderRequest>>,
}

impl UserDecoders {
    pub fn new(answer_tx: Sender<Event>) -> Self {
        Self {
            answer_tx,
            running: HashMap::new(),
        }
    }

    /// Passes a message to its decoder. The answer arrives as an event.
    pub fn decode(&mut self, request: DecoderRequest, processes: &mut Processes) -> Option<Event> {
        let decoder = request.decoder.clone();
        let unsent = match self.running.get(&decoder.name) {
            Some(request_tx) => request_tx.send(request).err().map(|error| error.0),
            None => Some(request),
        };
        let request = unsent?;
        let row = request.row;
        let (request_tx, request_rx) = mpsc::channel();
        let name = decoder.name.clone();
        let answer_tx = self.answer_tx.clone();
        let serve = move |process: &Process| {
            let server = Server::new(&decoder, process);
            server.serve(&request_rx, &answer_tx);
        };
        // The thread has the receiver, so sending cannot fail.
        let _ = request_tx.send(request);
        match processes.start("user decoder", serve, |_, ()| {}) {
            Ok(_) => {
                self.running.insert(name, request_tx);
                None
            }
            Err(error) => {
                let failure = DecoderFailure {
                    cause: DecoderTrouble::NotStarted(error.to_string()),
                    last_words: String::new(),
                    pause: None,
                };
                let result = Err(failure);
                Some(Event::UserDecoded(DecoderAnswer { row, result }))
            }
        }
    }
}

/// A decoder, and its process while that runs.
struct Server<'a> {
    decoder: &'a UserDecoder,
    process: &'a Process,
    running: Option<Running>,
    failures: u32,
    /// The last failure, and when the process may start again.
    failed: Option<(DecoderFailure, Instant)>,
}

impl<'a> Server<'a> {
    fn new(decoder: &'a UserDecoder, process: &'a Process) -> Self {
        Self {
            decoder,
            process,
            running: None,
            failures: 0,
            failed: None,
        }
    }

    /// Answers requests, the newest first, until there is nobody left who asks.
    fn serve(mut self, request_rx: &Receiver<DecoderRequest>, answer_tx: &Sender<Event>) {
        let mut waiting: Vec<DecoderRequest> = Vec::new();
        while !self.process.is_stopped() {
            if waiting.is_empty() {
                match request_rx.recv() {
                    Ok(request) => waiting.push(request),
                    Err(_) => break,
                }
            }
            waiting.extend(request_rx.try_iter());
            let Some(request) = waiting.pop() else {
                continue;
            };
            let result = self.answer(&request.payload);
            let answer = DecoderAnswer {
                row: request.row,
                result,
            };
            if answer_tx.blocking_send(Event::UserDecoded(answer)).is_err() {
                break;
            }
        }
        self.end();
    }

    fn answer(&mut self, payload: &[u8]) -> Result<Vec<u8>, DecoderFailure> {
        // A process that has ended by itself starts again at once.
        if self.running.as_mut().is_some_and(Running::has_ended) {
            self.end();
        }
        let now = Instant::now();
        if self.running.is_none()
            && let Some((failure, resumes)) = &self.failed
            && *resumes > now
        {
            return Err(DecoderFailure {
                pause: Some((*resumes - now).as_secs() + 1),
                ..failure.clone()
            });
        }
        let was_running = self.running.is_some();
        let mut outcome = self.exchange(payload);
        if was_running && outcome == Err(DecoderTrouble::Ended) {
            // It may have been about to end before it was asked.
            self.end();
            outcome = self.exchange(payload);
        }
        let last_words = self.running.as_mut().map(Running::last_words);
        let failure = outcome.map_err(|cause| DecoderFailure {
            cause,
            last_words: last_words.unwrap_or_default(),
            pause: None,
        });
        match &failure {
            Err(failure) if failure.cause != DecoderTrouble::NotJson => {
                let (first, longest) = PAUSES;
                let pause = first.saturating_mul(1 << self.failures.min(5));
                self.failures += 1;
                self.failed = Some((failure.clone(), Instant::now() + pause.min(longest)));
                self.end();
            }
            _ => (self.failures, self.failed) = (0, None),
        }
        failure
    }

    /// Passes a message to the process, which starts if it does not run, and takes the answer.
    fn exchange(&mut self, payload: &[u8]) -> Result<Vec<u8>, DecoderTrouble> {
        let running = match &mut self.running {
            Some(running) => running,
            empty => {
                let started = Running::start(self.decoder, self.process);
                let started =
                    started.map_err(|error| DecoderTrouble::NotStarted(error.to_string()))?;
                empty.insert(started)
            }
        };
        let deadline = Instant::now() + self.decoder.time_limit;
        let answer = running.exchange(payload, deadline, self.process)?;
        if is_json(&answer) {
            Ok(answer)
        } else {
            Err(DecoderTrouble::NotJson)
        }
    }

    fn end(&mut self) {
        if let Some(running) = self.running.take() {
            self.process.end(running.child);
        }
    }
}

/// A running process and its pipes, which never block.
struct Running {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    errors: Option<ChildStderr>,
    /// The end of what it wrote to its standard error.
    words: Vec<u8>,
}

impl Running {
    fn start(decoder: &UserDecoder, process: &Process) -> io::Result<Self> {
        let (program, arguments) = decoder.command.split_first().ok_or(ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let mut child = process.begin(&mut command)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            process.end(child);
            return Err(ErrorKind::BrokenPipe.into());
        };
        ioctl_fionbio(&input, true)?;
        ioctl_fionbio(&output, true)?;
        ioctl_fionbio(&errors, true)?;
        Ok(Self {
            child,
            input,
            output,
            errors: Some(errors),
            words: Vec::new(),
        })
    }

    /// Returns whether the process has ended. It stays to be reaped.
    fn has_ended(&mut self) -> bool {
        let mut waited = [PollFd::new(&self.output, PollFlags::IN)];
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // Nothing may be written without a question, so anything to read is the end.
        matches!(poll(&mut waited, Some(&now)), Ok(1..))
    }

    /// Writes a message and reads the answer, until `deadline`.
    fn exchange(
        &mut self,
        payload: &[u8],
        deadline: Instant,
        process: &Process,
    ) -> Result<Vec<u8>, DecoderTrouble> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let question = [&length.to_be_bytes()[..], payload].concat();
        let mut written = 0;
        let mut answer = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(DecoderTrouble::Late);
            }
            if process.is_stopped() {
                return Err(DecoderTrouble::Ended);
            }
            self.wait(written < question.len(), left.min(TICK));
            self.hear();
            if written < question.len() {
                match self.input.write(&question[written..]) {
                    Ok(count) => written += count,
                    Err(error) if is_passing(&error) => {}
                    // It may have answered all the same.
                    Err(_) => written = question.len(),
                }
            }
            let is_open = read_piece(&mut self.output, &mut answer);
            if let Some((length, content)) = answer.split_first_chunk::<4>() {
                let size = u32::from_be_bytes(*length) as usize;
                if size > MAX_ANSWER {
                    return Err(DecoderTrouble::TooLarge {
                        size: size as u64,
                        limit: MAX_ANSWER as u64,
                    });
                }
                if content.len() >= size {
                    answer.truncate(4 + size);
                    return Ok(answer.split_off(4));
                }
            }
            if !is_open {
                return Err(DecoderTrouble::Ended);
            }
        }
    }

    /// Waits until something can be written or read, or until `time` has passed.
    fn wait(&self, has_more: bool, time: Duration) {
        let mut waited = vec![PollFd::new(&self.output, PollFlags::IN)];
        let errors = self.errors.as_ref();
        waited.extend(errors.map(|errors| PollFd::new(errors, PollFlags::IN)));
        if has_more {
            waited.push(PollFd::new(&self.input, PollFlags::OUT));
        }
        if let Ok(time) = Timespec::try_from(time) {
            // After an error, the pipes tell what is wrong.
            let _ = poll(&mut waited, Some(&time));
        }
    }

    /// Returns the last line that it wrote to its standard error, safe to show.
    fn last_words(&mut self) -> String {
        self.hear();
        last_line(&self.words)
    }

    /// Takes what it has written to its standard error.
    fn hear(&mut self) {
        let words = &mut self.words;
        self.errors.take_if(|errors| !read_piece(errors, words));
        words.drain(..words.len().saturating_sub(MAX_WORDS));
    }
}

/// Reads what is there, up to a limit, into `out`. Returns whether there may be more.
fn read_piece(pipe: &mut impl Read, out: &mut Vec<u8>) -> bool {
    let mut piece = [0; 16 << 10];
    loop {
        match pipe.read(&mut piece) {
            Ok(0) => return false,
            Ok(count) => out.extend(&piece[..count]),
            Err(error) => return is_passing(&error),
        }
        if out.len() > MAX_ANSWER + 4 {
            return true;
        }
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Returns the last line that is not empty, safe to show.
fn last_line(words: &[u8]) -> String {
    let lines = words.split(|byte| *byte == b'\n').rev();
    let mut lines = lines.map(<[u8]>::trim_ascii);
    let last = lines.find(|line| !line.is_empty()).unwrap_or_default();
    if last.is_empty() {
        return String::new();
    }
    escape::name(last, MAX_COLUMNS).string
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use std::sync::Arc;

    use subscope::message::RowId;
    use tokio::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A decoder that runs `line` in a shell.
    struct Bench {
        decoder: Arc<UserDecoder>,
        decoders: UserDecoders,
        processes: Processes,
        answer_rx: Receiver<Event>,
    }

    impl Bench {
        fn new(command: &[&str], milliseconds: u64) -> Self {
            let (answer_tx, answer_rx) = channel(16);
            let command = command.iter().map(|part| (*part).to_owned());
            Self {
                decoder: Arc::new(UserDecoder {
                    name: "bench".to_owned(),
                    channel: b"*"[..].into(),
                    command: command.collect(),
                    time_limit: Duration::from_millis(milliseconds),
                }),
                decoders: UserDecoders::new(answer_tx),
                processes: Processes::default(),
                answer_rx,
            }
        }

        fn shell(line: &str, milliseconds: u64) -> Self {
            Self::new(&["/bin/sh", "-c", line], milliseconds)
        }

        fn decode(&mut self, payload: &[u8]) -> Result<Vec<u8>, DecoderFailure> {
            let request = DecoderRequest {
                decoder: Arc::clone(&self.decoder),
                row: RowId(7),
                payload: payload.to_vec().into(),
            };
            let refused = self.decoders.decode(request, &mut self.processes);
            match refused.or_else(|| self.answer_rx.blocking_recv()) {
                Some(Event::UserDecoded(answer)) => {
                    assert_eq!(answer.row, RowId(7));
                    answer.result
                }
                other => panic!("{other:?}"),
            }
        }

        /// Returns the cause of a failure and the last words.
        fn fail(&mut self, payload: &[u8]) -> (DecoderTrouble, String) {
            let failure = self.decode(payload).unwrap_err();
            assert_eq!(failure.pause, None);
            (failure.cause, failure.last_words)
        }

        fn finish(self) {
            drop(self.decoders);
            self.processes.finish();
        }
    }

    /// Long enough for any machine.
    const LONG: u64 = 60_000;

    #[test]
    fn one_process_answers_all_messages_however_large() {
        let folder = tempfile::tempdir().unwrap();
        let starts = folder.path().join("starts");
        let line = format!("echo >> {}; exec cat", starts.display());
        let mut bench = Bench::shell(&line, LONG);
        assert_eq!(bench.decode(b"{\"a\":1}"), Ok(b"{\"a\":1}".to_vec()));
        let large = format!("\"{}\"", "x".repeat(4 << 20));
        assert_eq!(bench.decode(large.as_bytes()), Ok(large.into_bytes()));
        // What is not JSON does not end it.
        let failure = bench.fail(b"text");
        assert_eq!(failure, (DecoderTrouble::NotJson, String::new()));
        assert_eq!(bench.decode(b"2"), Ok(b"2".to_vec()));
        assert_eq!(std::fs::read(starts).unwrap(), b"\n");
        bench.finish();
    }

    #[test]
    fn a_failure_has_its_cause() {
        let mut bench = Bench::shell("echo one >&2; echo '  two\x1b ' >&2; exit 3", LONG);
        let (cause, words) = bench.fail(b"1");
        assert_eq!((cause, &*words), (DecoderTrouble::Ended, r"two\x1b"));
        bench.finish();

        let mut late = Bench::shell("trap '' TERM; sleep 1000; sleep 1000", 50);
        assert_eq!(late.fail(b"1").0, DecoderTrouble::Late);
        late.finish();

        let mut large = Bench::shell(r"printf '\377\377\377\377'; sleep 1000", LONG);
        let (cause, _) = large.fail(b"1");
        let (size, limit) = (u32::MAX.into(), MAX_ANSWER as u64);
        assert_eq!(cause, DecoderTrouble::TooLarge { size, limit });
        large.finish();

        let (cause, _) = Bench::new(&["/no/such/program"], LONG).fail(b"1");
        assert!(matches!(cause, DecoderTrouble::NotStarted(_)), "{cause:?}");
    }

    #[test]
    fn the_decoder_pauses_after_a_failure() {
        let decoder = Bench::shell("exec cat", LONG).decoder;
        let process = Process::default();
        let mut server = Server::new(&decoder, &process);
        let failure = DecoderFailure {
            cause: DecoderTrouble::Late,
            last_words: "busy".to_owned(),
            pause: None,
        };
        let hour = Duration::from_secs(3600);
        server.failed = Some((failure.clone(), Instant::now() + hour));
        let again = server.answer(b"1").unwrap_err();
        assert!(again.pause.is_some_and(|seconds| seconds <= 3601));
        assert_eq!(
            DecoderFailure {
                pause: None,
                ..again
            },
            failure
        );
        // Once the pause is over, it starts again, and a success ends the count.
        server.failed = Some((failure, Instant::now()));
        server.failures = 3;
        assert_eq!(server.answer(b"1"), Ok(b"1".to_vec()));
        assert_eq!(server.failures, 0);
        server.end();
    }

    #[test]
    fn a_process_that_ends_between_messages_starts_again_at_once() {
        // It answers one message, and ends.
        let mut bench = Bench::shell("head -c 5", LONG);
        assert_eq!(bench.decode(b"1"), Ok(b"1".to_vec()));
        assert_eq!(bench.decode(b"2"), Ok(b"2".to_vec()));
        bench.finish();
    }

    #[test]
    fn a_decoder_that_is_being_asked_ends_with_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        let line = format!("trap '' TERM; echo $$ > {}; sleep 1000", path.display());
        let mut bench = Bench::shell(&line, LONG);
        let request = DecoderRequest {
            decoder: Arc::clone(&bench.decoder),
            row: RowId(7),
            payload: b"1".to_vec().into(),
        };
        assert!(
            bench
                .decoders
                .decode(request, &mut bench.processes)
                .is_none()
        );
        let number = loop {
            let number = std::fs::read_to_string(&path).unwrap_or_default();
            if number.ends_with('\n') {
                break number;
            }
            std::thread::yield_now();
        };
        bench.finish();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", number.trim()));
        assert!(stat.is_err(), "{stat:?}");
    }
}

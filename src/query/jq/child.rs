//! The process that runs a program: frames in on stdin, answers out on stdout.
//!
//! A frame is a length (`u32`, little-endian) and that many bytes. The first is the program, which
//! [`READY`] confirms. Then come batches: a count, and as many frames, each a payload. The answer
//! to a batch is a count and as many bytes, each an [`Answer`]: of fewer payloads than were asked
//! about if these took longer than [`TURN`], but at least of one. The process ends when stdin does.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufReader, ErrorKind, IsTerminal, Read, Write};
use std::panic;
use std::process::ExitCode;
use std::thread::Builder;
use std::time::{Duration, Instant};

use jaq_core::{Ctx, Filter, ValT, Vars};
use jaq_json::{Val, read};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::meter::{Cut, Data, Meter, Run};
use super::{STACK, compile, shielded};

/// The name by which this executable is called to serve jq.
pub const NAME: &str = "subscope-jq";

/// The argument that makes it do so.
pub const ARGUMENT: &str = "__jq";

/// What says that the program has been compiled.
pub(super) const READY: u8 = b'!';

/// How much memory the process may have, in bytes, all address space counted.
const MAX_MEMORY: u64 = 1 << 30;

/// How many seconds of processor time a batch may take. The parent kills the process sooner, if it
/// is there to do so.
const MAX_CPU: u64 = 10;

/// After how long a batch is answered, as far as it goes.
const TURN: Duration = Duration::from_millis(5);

/// What the program says to a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The first output is false or null, or there is none.
    No,
    /// It is anything else.
    Yes,
    /// jq cannot read the payload: half of a surrogate pair is JSON, but is no text.
    Unreadable,
    /// It was cut off.
    Cut(Cut),
    /// There is a fault in jq itself.
    Fault,
}

/// All answers, by the byte that stands for them.
const ANSWERS: [Answer; 6] = [
    Answer::No,
    Answer::Yes,
    Answer::Unreadable,
    Answer::Cut(Cut::Steps),
    Answer::Cut(Cut::Stack),
    Answer::Fault,
];

impl Answer {
    /// The answer that `byte` stands for.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        ANSWERS.get(usize::from(byte)).copied()
    }

    fn to_byte(self) -> u8 {
        let index = ANSWERS.iter().position(|answer| *answer == self);
        index
            .and_then(|index| u8::try_from(index).ok())
            .unwrap_or_default()
    }
}

/// Whether this process is to serve jq. A user may well mean a channel by [`ARGUMENT`].
#[must_use]
pub fn is_asked_for() -> bool {
    let is = |argument: Option<OsString>, word| argument.is_some_and(|argument| argument == word);
    let mut arguments = env::args_os();
    is(arguments.next(), NAME) && is(arguments.next(), ARGUMENT) && !io::stdin().is_terminal()
}

/// Serves one program until stdin ends.
#[must_use]
pub fn serve() -> ExitCode {
    // Panics are answers.
    panic::set_hook(Box::new(|_| {}));
    if limit_resources().is_err() {
        return ExitCode::FAILURE;
    }
    let thread = Builder::new().stack_size(STACK).spawn(answer_batches);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Limits the memory of this process, and has it leave no dump when it runs into that.
fn limit_resources() -> io::Result<()> {
    limit(Resource::Core, 0)?;
    limit(Resource::As, MAX_MEMORY)
}

/// How much memory the process gets, in bytes: this one may have less itself.
pub(super) fn most_memory() -> u64 {
    most_of(Resource::As, MAX_MEMORY)
}

fn most_of(resource: Resource, most: u64) -> u64 {
    getrlimit(resource)
        .maximum
        .map_or(most, |maximum| maximum.min(most))
}

/// Lowers both limits on a resource to `most`.
fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = most_of(resource, most);
    let limits = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(resource, limits).map_err(io::Error::from)
}

/// Gives this process so much more processor time from now on.
fn allow_cpu(seconds: u64) -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    let limits = Rlimit {
        current: Some(u64::try_from(used).unwrap_or_default() + seconds),
        ..getrlimit(Resource::Cpu)
    };
    setrlimit(Resource::Cpu, limits).map_err(io::Error::from)
}

fn answer_batches() -> io::Result<()> {
    let mut input = BufReader::with_capacity(64 << 10, io::stdin().lock());
    let mut output = io::stdout().lock();
    let mut bytes = Vec::new();
    read_frame(&mut input, &mut bytes)?;
    let source = str::from_utf8(&bytes).map_err(io::Error::other)?;
    let compiled = shielded(|| compile::compile(source));
    let unfit = || io::Error::other("not a program");
    let filter = compiled.ok().and_then(Result::ok).ok_or_else(unfit)?;
    output.write_all(&[READY])?;
    output.flush()?;
    let mut ends = Vec::new();
    while let Some(count) = read_count(&mut input)? {
        allow_cpu(MAX_CPU)?;
        bytes.clear();
        ends.clear();
        for _ in 0..count {
            read_frame(&mut input, &mut bytes)?;
            ends.push(bytes.len());
        }
        let answers = answer_batch(&filter, &bytes, &ends);
        output.write_all(&answers)?;
        output.flush()?;
    }
    Ok(())
}

/// The answers to the first of the payloads that end in `bytes` at `ends`, as they are written.
fn answer_batch(filter: &Filter<Data>, bytes: &[u8], ends: &[usize]) -> Vec<u8> {
    let started = Instant::now();
    let mut answers = vec![0; size_of::<u32>()];
    let mut start = 0;
    for end in ends {
        answers.push(answer(filter, &bytes[start..*end]).to_byte());
        start = *end;
        if started.elapsed() > TURN {
            break;
        }
    }
    let count = u32::try_from(answers.len() - size_of::<u32>()).unwrap_or_default();
    answers[..size_of::<u32>()].copy_from_slice(&count.to_le_bytes());
    answers
}

fn answer(filter: &Filter<Data>, payload: &[u8]) -> Answer {
    let ran = shielded(|| {
        let input = read::parse_single(payload).ok()?;
        let meter = Meter::new();
        let run = Run::new(&filter.lut, &meter);
        let context = Ctx::<Data>::new(run, Vars::new([]));
        let mut outputs = filter.id.run((context, input));
        Some(matches!(outputs.next(), Some(Ok(output)) if Val::as_bool(&output)))
    });
    match ran {
        Ok(Some(true)) => Answer::Yes,
        Ok(Some(false)) => Answer::No,
        Ok(None) => Answer::Unreadable,
        Err(caught) => match caught.downcast_ref::<Cut>() {
            Some(cut) => Answer::Cut(*cut),
            None => Answer::Fault,
        },
    }
}

/// Appends the next frame to `bytes`.
fn read_frame(input: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let length = read_count(input)?.ok_or(ErrorKind::UnexpectedEof)?;
    let read = input.take(u64::from(length)).read_to_end(bytes)?;
    if read < length as usize {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// The next number, unless the input ends before it.
fn read_count(input: &mut impl Read) -> io::Result<Option<u32>> {
    let mut number = [0; size_of::<u32>()];
    match input.read_exact(&mut number) {
        Ok(()) => Ok(Some(u32::from_le_bytes(number))),
        Err(wrong) if wrong.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(wrong) => Err(wrong),
    }
}

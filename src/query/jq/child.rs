//! The child process that runs a program: frames in on stdin, answers out on stdout.
//!
//! A frame is a length (`u32`, little-endian) and that many bytes. The first frame is the program,
//! which [`READY`] acknowledges. Batches follow: a count and that many frames, one per payload. The
//! reply to a batch is a count and that many bytes, each an [`Answer`]. The reply covers only the
//! first payloads of the batch, at least one, if all of them would take longer than [`TURN`]. The
//! process exits when stdin is closed.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::panic;
use std::process::ExitCode;
use std::thread::Builder;
use std::time::{Duration, Instant};

use jaq_core::{Ctx, Filter, ValT, Vars};
use jaq_json::{Val, read};

use super::meter::{Cut, Data, Meter, Run};
use super::{STACK, catch_panic, compile, limits};
use crate::helper::Helper;

/// The process that runs jq.
pub const JQ: Helper = Helper {
    name: "subscope-jq",
    argument: "__jq",
};

/// The byte that the child sends once the program has been compiled.
pub(super) const READY: u8 = b'!';

/// The time after which the child replies to a batch, even if some payloads have no answer yet.
const TURN: Duration = Duration::from_millis(5);

/// The result of running the program on a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The first output is false or null, or there is no output.
    No,
    /// The first output is anything else.
    Yes,
    /// jq cannot parse the payload: an unpaired surrogate is valid JSON, but not valid text.
    Unreadable,
    /// The program was cut off.
    Cut(Cut),
    /// jq itself panicked, which is a bug in it.
    Fault,
}

/// All answers, each at the index that encodes it.
const ANSWERS: [Answer; 6] = [
    Answer::No,
    Answer::Yes,
    Answer::Unreadable,
    Answer::Cut(Cut::Steps),
    Answer::Cut(Cut::Stack),
    Answer::Fault,
];

impl Answer {
    /// Returns the answer encoded as `byte`.
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        ANSWERS.get(usize::from(byte)).copied()
    }

    fn to_byte(self) -> u8 {
        let known = (0..).zip(ANSWERS).find(|(_, answer)| *answer == self);
        known.map_or(0, |(byte, _)| byte)
    }
}

/// Serves one program until stdin is closed.
pub fn serve() -> ExitCode {
    // Panics are reported as answers, so nothing is printed.
    panic::set_hook(Box::new(|_| {}));
    if limits::limit_memory().is_err() {
        return ExitCode::FAILURE;
    }
    let thread = Builder::new().stack_size(STACK).spawn(answer_batches);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn answer_batches() -> io::Result<()> {
    let mut input = BufReader::with_capacity(64 << 10, io::stdin().lock());
    let mut output = io::stdout().lock();
    let mut bytes = Vec::new();
    read_frame(&mut input, &mut bytes)?;
    let source = str::from_utf8(&bytes).map_err(io::Error::other)?;
    let compiled = catch_panic(|| compile::compile(source));
    let invalid = || io::Error::other("not a program");
    let filter = compiled.ok().and_then(Result::ok).ok_or_else(invalid)?;
    output.write_all(&[READY])?;
    output.flush()?;
    let mut ends = Vec::new();
    while let Some(count) = read_count(&mut input)? {
        limits::allow_more_cpu()?;
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

/// Returns the encoded reply for as many payloads as [`TURN`] allows, but at least one. `bytes`
/// contains the payloads, and `ends` the end of each.
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
    let ran = catch_panic(|| {
        let input = read::parse_single(payload).ok()?;
        let meter = Meter::new();
        let (terms, meter) = (&filter.lut, &meter);
        let context = Ctx::<Data>::new(Run { terms, meter }, Vars::new([]));
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

/// Reads the next frame and appends it to `bytes`.
fn read_frame(input: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let length = read_count(input)?.ok_or(ErrorKind::UnexpectedEof)?;
    let read = input.take(u64::from(length)).read_to_end(bytes)?;
    if read < length as usize {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Reads the next count; `None` if the input has ended.
fn read_count(input: &mut impl Read) -> io::Result<Option<u32>> {
    let mut number = [0; size_of::<u32>()];
    match input.read_exact(&mut number) {
        Ok(()) => Ok(Some(u32::from_le_bytes(number))),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

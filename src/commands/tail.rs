//! `subscope tail`: writes messages to standard output as they arrive.

mod latest;
pub mod printer;
mod tally;

use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use subscope::log::{Batch, BatchRow};
use subscope::message::{Notice, Topic};
use subscope::payload::decoder_choices::DecoderChoices;
use subscope::payload::figures;
use subscope::query::{BatchMatcher, Query};
use subscope::recording::FileFormat;
use tokio::select;
use tokio::time::Instant;

use self::latest::Latest;
use self::printer::Printer;
use self::tally::Tally;
use super::input;
use super::job::prepare;
use crate::cli::{Form, Tail};
use crate::host::failure::reason;
use crate::host::listener::{Heard, Listener};
use crate::host::output::{self, Written};
use crate::host::{Failure, report};

/// The exit code of a run that ended because time was up.
pub const TIME_UP: u8 = 3;

/// The exit code of a run that ended at a message that must not arrive.
const FAILED_ON: u8 = 4;

/// How often `--stats` prints.
const SECOND: Duration = Duration::from_secs(1);

/// Writes messages until one of the limits is reached. Returns the exit code.
/// Prints `note` to standard error once the options are known to be valid.
pub async fn run(mut tail: Tail, note: Option<&str>) -> Result<u8, Failure> {
    let is_terminal = io::stdout().is_terminal();
    let form = tail.output.take();
    let form = form.unwrap_or_else(|| Form::default(is_terminal));
    let job = match prepare(tail.watch()).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    note.into_iter().for_each(report);
    let settings = &job.settings;
    let choices = Arc::new(DecoderChoices::new(settings.message_types.clone()));
    let filters = settings.filters.clone();
    let lenses = settings.lenses.clone();
    let printer = Printer::new(form, Arc::clone(&choices), lenses, is_terminal);
    let mut run = Run {
        filter: matcher("--filter", filters, &choices)?,
        fail_on: matcher("--fail-on", std::mem::take(&mut tail.fail_on), &choices)?,
        tally: (tail.stats || tail.summary).then(|| Tally::new(&settings.checks)),
        latest: tail.latest.then(Latest::default),
        is_terminal,
        printer: if tail.latest {
            printer.without_colour()
        } else {
            printer
        },
        choices,
        left: tail.count,
    };
    let shows_notices = tail.notices != Some(false);
    let mut result = if let Some(path) = &tail.from {
        run.read(path, tail.from_format, &job.topics, shows_notices)
    } else {
        let mut listener = Listener::start(job, shows_notices)?;
        let limits = Limits::new(&tail);
        let result = run.follow(&mut listener, limits).await;
        listener.stop().await;
        result
    };
    if let Err(failure) = run.finish() {
        result = result.and(Err(failure));
    }
    if let Some(tally) = run.tally.filter(|_| tail.summary) {
        tally.tell_all();
    }
    result
}

/// Prepares all of `queries`, which `option` gave; `None` if there are none.
pub fn matcher(
    option: &str,
    queries: Vec<Query>,
    choices: &Arc<DecoderChoices>,
) -> Result<Option<BatchMatcher>, Failure> {
    if queries.is_empty() {
        return Ok(None);
    }
    let matcher = BatchMatcher::new(Query::all(queries), choices);
    let blame = |problem| Failure::usage(format!("{option}: {problem}"));
    matcher.map(Some).map_err(blame)
}

/// When to end, apart from the number of messages, and when to print.
struct Limits {
    end: Option<Instant>,
    idle: Option<Duration>,
    idle_end: Option<Instant>,
    /// When the last second was counted, if seconds are.
    counted: Option<Instant>,
}

impl Limits {
    fn new(tail: &Tail) -> Self {
        let now = Instant::now();
        Self {
            end: tail.time.map(|time| now + time),
            idle: tail.idle,
            idle_end: tail.idle.map(|idle| now + idle),
            counted: tail.stats.then_some(now),
        }
    }

    /// Returns the next time at which there is something to do.
    fn next(&self, latest: Option<&Latest>) -> Option<Instant> {
        let second = self.counted.map(|counted| counted + SECOND);
        let draw = latest.and_then(Latest::due);
        [self.end, self.idle_end, second, draw]
            .into_iter()
            .flatten()
            .min()
    }

    fn note_written(&mut self) {
        self.idle_end = self.idle.map(|idle| Instant::now() + idle);
    }

    fn is_over(&self) -> bool {
        let now = Instant::now();
        self.end
            .into_iter()
            .chain(self.idle_end)
            .any(|end| end <= now)
    }
}

/// The state of a run.
struct Run {
    filter: Option<BatchMatcher>,
    fail_on: Option<BatchMatcher>,
    tally: Option<Tally>,
    latest: Option<Latest>,
    is_terminal: bool,
    printer: Printer,
    choices: Arc<DecoderChoices>,
    /// How many more messages to write, if that is limited.
    left: Option<u64>,
}

impl Run {
    /// Writes what arrives.
    async fn follow(&mut self, listener: &mut Listener, mut limits: Limits) -> Result<u8, Failure> {
        let mut reader_gone = pin!(output::reader_gone());
        loop {
            let heard = select! {
                heard = listener.next(limits.next(self.drawn())) => heard?,
                () = &mut reader_gone => return Ok(0),
            };
            match heard {
                Heard::Batch(batch) => {
                    let written = self.printer.written();
                    let ending = self.take(&batch, listener.topics());
                    if let Some(exit_code) = self.write()?.or(ending) {
                        return Ok(exit_code);
                    }
                    if self.printer.written() > written {
                        limits.note_written();
                    }
                }
                Heard::Published(_) | Heard::TimeUp => {}
                Heard::AllEnded => return Ok(0),
                Heard::Signal(exit_code) => return Ok(exit_code),
            }
            if self
                .drawn()
                .and_then(Latest::due)
                .is_some_and(|due| due <= Instant::now())
                && let Some(exit_code) = self.draw()?
            {
                return Ok(exit_code);
            }
            if let (Some(counted), Some(tally)) = (&mut limits.counted, &mut self.tally)
                && counted.elapsed() >= SECOND
            {
                tally.tell_second(counted.elapsed());
                *counted = Instant::now();
            }
            if limits.is_over() {
                let has_match = self.printer.written() > 0 && self.left.is_none();
                let is_met = has_match || self.fail_on.is_some();
                return Ok(if is_met { 0 } else { TIME_UP });
            }
        }
    }

    /// Writes the messages of a recording on the channels that match any of `topics`.
    fn read(
        &mut self,
        path: &Path,
        format: Option<FileFormat>,
        topics: &[Topic],
        shows_notices: bool,
    ) -> Result<u8, Failure> {
        let blame =
            |error: io::Error| Failure::other(format!("{}: {}", input::name(path), reason(&error)));
        let mut reader = input::reader(path, format).map_err(blame)?;
        let mut exit_code = 0;
        while let Some(batch) = reader.read().map_err(blame)? {
            for notice in batch.notices().iter().filter(|_| shows_notices) {
                if let Notice::Recorded { text, .. } = notice {
                    report(text);
                }
            }
            let batch = only(batch, topics);
            let ending = self.take(&batch, reader.topics());
            if let Some(ending) = self.write()?.or(ending) {
                exit_code = ending;
                break;
            }
        }
        let (skipped, count) = reader.skipped();
        if let Some(first) = skipped.first() {
            let lines = figures::counted(count, "line");
            report(format!(
                "{lines} skipped: line {}: {}",
                first.line, first.why
            ));
        }
        Ok(exit_code)
    }

    /// Formats the messages of a batch. Returns the exit code if the run ends with one of them.
    fn take(&mut self, batch: &Batch, topics: &[Topic]) -> Option<u8> {
        for test in [&mut self.filter, &mut self.fail_on].into_iter().flatten() {
            test.enter(batch, topics);
        }
        for row in batch.rows() {
            let BatchRow::Message(message) = row else {
                continue;
            };
            let passes = |test: &mut BatchMatcher| test.matches(batch, &message);
            let is_wanted = self.filter.as_mut().is_none_or(passes);
            let fails = self.fail_on.as_mut().is_some_and(passes);
            if is_wanted || fails {
                self.printer.message(batch, &message, topics);
                if let Some(latest) = &mut self.latest {
                    latest.set(message.name, self.printer.output());
                    self.printer.clear();
                }
                if let Some(tally) = &mut self.tally {
                    tally.add(&message, self.choices.of(message.name).as_ref());
                }
            }
            if fails {
                return Some(FAILED_ON);
            }
            if is_wanted && let Some(left) = &mut self.left {
                *left -= 1;
                if *left == 0 {
                    return Some(0);
                }
            }
        }
        None
    }

    /// Returns the latest values, if they are drawn as they change.
    fn drawn(&self) -> Option<&Latest> {
        self.latest.as_ref().filter(|_| self.is_terminal)
    }

    /// Writes what has been formatted. Returns the exit code if nobody reads it any more.
    fn write(&mut self) -> Result<Option<u8>, Failure> {
        let written = output::write(self.printer.output());
        self.printer.clear();
        exit_code(written?)
    }

    /// Draws the latest values. Returns the exit code if nobody reads them any more.
    fn draw(&mut self) -> Result<Option<u8>, Failure> {
        let mut out = Vec::new();
        if let Some(latest) = &mut self.latest {
            latest.draw(&mut out);
        }
        exit_code(output::write(&out)?)
    }

    /// Writes the latest values for the last time.
    fn finish(&mut self) -> Result<(), Failure> {
        let mut out = Vec::new();
        match &mut self.latest {
            Some(latest) if self.is_terminal => latest.draw(&mut out),
            Some(latest) => latest.list(&mut out),
            None => return Ok(()),
        }
        output::write(&out).map(drop)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "for use with ?")]
fn exit_code(written: Written) -> Result<Option<u8>, Failure> {
    Ok(match written {
        Written::Whole => None,
        Written::NoReader => Some(0),
    })
}

/// Returns the messages of `batch` on the channels that match any of `topics`.
fn only(batch: Batch, topics: &[Topic]) -> Batch {
    let is_wanted = |name: &[u8]| topics.iter().any(|topic| topic.matches(name));
    if batch.channel_names().all(is_wanted) {
        return batch;
    }
    let mut wanted = Batch::default();
    for row in batch.rows() {
        if let BatchRow::Message(message) = row
            && is_wanted(message.name)
        {
            wanted.push_copy(&batch, &message);
        }
    }
    wanted
}

//! `subscope tail`: writes messages to standard output as they arrive.

mod form;
mod printer;

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use subscope::log::{Batch, BatchRow};
use subscope::payload::decoder_choices::DecoderChoices;
use subscope::query::{BatchMatcher, Query};
use tokio::time::Instant;

use self::form::Form;
use self::printer::Printer;
use super::job::prepare;
use crate::cli::{Tail, queries};
use crate::host::Failure;
use crate::host::listener::{Heard, Listener};

/// The exit code of a run that ended because time was up.
const TIME_UP: u8 = 3;

/// The exit code of a run that ended at a message that must not arrive.
const FAILED_ON: u8 = 4;

/// Writes messages until one of the limits is reached. Returns the exit code.
pub async fn run(mut tail: Tail) -> Result<u8, Failure> {
    let is_terminal = io::stdout().is_terminal();
    let form = Form::parse(tail.output.as_deref(), is_terminal)?;
    let blame = |problem| Failure::usage(format!("--fail-on {problem}"));
    let fail_on = queries::read(&tail.fail_on, blame)?;
    let job = match prepare(tail.watch()).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    let choices = Arc::new(DecoderChoices::new(job.settings.message_types.clone()));
    let filter = matcher("--filter", job.settings.filters.clone(), &choices)?;
    let lenses = job.settings.lenses.clone();
    let mut run = Run {
        filter,
        fail_on: matcher("--fail-on", fail_on, &choices)?,
        printer: Printer::new(form, choices, lenses, is_terminal),
        left: tail.count,
    };
    let mut listener = Listener::start(job, tail.notices != Some(false))?;
    let result = run.follow(&mut listener, tail.time, tail.idle).await;
    listener.stop().await;
    result
}

/// Prepares all of `queries`, which `option` gave; `None` if there are none.
fn matcher(
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

/// The state of a run.
struct Run {
    filter: Option<BatchMatcher>,
    fail_on: Option<BatchMatcher>,
    printer: Printer,
    /// How many more messages to write, if that is limited.
    left: Option<u64>,
}

impl Run {
    async fn follow(
        &mut self,
        listener: &mut Listener,
        time: Option<Duration>,
        idle: Option<Duration>,
    ) -> Result<u8, Failure> {
        let end = time.map(|time| Instant::now() + time);
        let mut idle_end = idle.map(|idle| Instant::now() + idle);
        loop {
            let deadline = end.into_iter().chain(idle_end).min();
            match listener.next(deadline).await? {
                Heard::Batch(batch) => {
                    let written = self.printer.written();
                    let ending = self.take(&batch, listener);
                    if let Some(exit_code) = self.write()?.or(ending) {
                        return Ok(exit_code);
                    }
                    if self.printer.written() > written {
                        idle_end = idle.map(|idle| Instant::now() + idle);
                    }
                }
                Heard::Published(_) => {}
                Heard::AllEnded => return Ok(0),
                Heard::Signal(exit_code) => return Ok(exit_code),
                Heard::TimeUp => {
                    // The time was the only thing to wait for, unless a number was asked for.
                    let is_met = self.left.is_none() && idle.is_none();
                    return Ok(if is_met { 0 } else { TIME_UP });
                }
            }
        }
    }

    /// Formats the messages of a batch. Returns the exit code if the run ends with one of them.
    fn take(&mut self, batch: &Batch, listener: &Listener) -> Option<u8> {
        for test in [&mut self.filter, &mut self.fail_on].into_iter().flatten() {
            test.enter(batch, listener.topics());
        }
        for row in batch.rows() {
            let BatchRow::Message(message) = row else {
                continue;
            };
            let passes = |test: &mut BatchMatcher| test.matches(batch, &message);
            if self.left == Some(0) {
                return Some(0);
            }
            let is_wanted = self.filter.as_mut().is_none_or(passes);
            let fails = self.fail_on.as_mut().is_some_and(passes);
            if is_wanted || fails {
                self.printer.message(batch, &message, listener.topics());
            }
            if fails {
                return Some(FAILED_ON);
            }
            if is_wanted && let Some(left) = &mut self.left {
                *left -= 1;
            }
        }
        (self.left == Some(0)).then_some(0)
    }

    /// Writes what has been formatted. Returns the exit code if nobody reads it any more.
    fn write(&mut self) -> Result<Option<u8>, Failure> {
        let mut stdout = io::stdout().lock();
        let result = stdout.write_all(self.printer.output());
        self.printer.clear();
        match result.and_then(|()| stdout.flush()) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Some(0)),
            Err(error) => Err(Failure::other(format!("standard output: {error}"))),
        }
    }
}

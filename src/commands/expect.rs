//! `subscope expect`: waits for a message, for tests.

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use subscope::app::publish_error_words;
use subscope::log::{Batch, BatchRow};
use subscope::message::Notice;
use subscope::payload::decoder_choices::DecoderChoices;
use subscope::payload::figures;
use subscope::query::BatchMatcher;
use subscope::server::{Ask, Feed};
use tokio::time::Instant;

use super::job::prepare;
use super::tail::printer::Printer;
use super::tail::{TIME_UP, matcher};
use crate::cli::{Expect, Form, queries};
use crate::host::listener::{Heard, Listener};
use crate::host::{Failure, output, report};

/// The default of `--within`.
const WITHIN: Duration = Duration::from_secs(5);

/// Maximum number of other messages that are listed if the expected one does not come.
const MAX_OTHERS: usize = 10;

/// Waits until enough messages match, or time is up. Returns the exit code.
pub async fn run(mut expect: Expect) -> Result<u8, Failure> {
    let form = expect.output.take();
    let form = form.unwrap_or_else(|| Form::default(io::stdout().is_terminal()));
    let query = queries::read(slice::from_ref(&expect.query), |problem| {
        Failure::usage(format!("QUERY {problem}"))
    })?;
    let job = match prepare(expect.watch()).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    let choices = Arc::new(DecoderChoices::new(job.settings.message_types.clone()));
    let lenses = job.settings.lenses.clone();
    let printer =
        |form, is_terminal| Printer::new(form, Arc::clone(&choices), lenses.clone(), is_terminal);
    let mut wait = Wait {
        matcher: matcher("QUERY", query, &choices)?,
        wanted: expect.count.unwrap_or(1),
        matched: 0,
        printer: printer(form, io::stdout().is_terminal()),
        // Standard error is for people, wherever it goes.
        other_printer: printer(Form::Pretty, io::stderr().is_terminal()),
        others: VecDeque::new(),
        other_count: 0,
    };
    let message = match &expect.publish[..] {
        [channel, payload] => Some(Ask::Publish {
            id: 0,
            channel: channel.as_bytes().into(),
            payload: payload.as_bytes().into(),
            is_sharded: false,
        }),
        _ => None,
    };
    let within = expect.within.unwrap_or(WITHIN);
    let mut listener = Listener::start(job, false)?;
    let result = wait.run(&mut listener, message, within).await;
    listener.stop().await;
    result
}

/// The state of a wait.
struct Wait {
    matcher: Option<BatchMatcher>,
    wanted: u64,
    matched: u64,
    printer: Printer,
    other_printer: Printer,
    /// The newest messages that do not match, formatted.
    others: VecDeque<Vec<u8>>,
    other_count: u64,
}

impl Wait {
    async fn run(
        &mut self,
        listener: &mut Listener,
        mut message: Option<Ask>,
        within: Duration,
    ) -> Result<u8, Failure> {
        let end = Instant::now() + within;
        let mut unconfirmed = listener.topics().len();
        while self.matched < self.wanted {
            match listener.next(Some(end)).await? {
                Heard::Batch(batch) => {
                    let is_confirmed = |notice: &&Notice| {
                        matches!(
                            notice,
                            Notice::Subscribed { .. } | Notice::Discovered { .. }
                        )
                    };
                    let confirmed = batch.notices().iter().filter(is_confirmed).count();
                    unconfirmed = unconfirmed.saturating_sub(confirmed);
                    if unconfirmed == 0
                        && let Some(message) = message.take()
                    {
                        listener.ask(message);
                    }
                    self.take(&batch, listener);
                }
                Heard::Published(Feed::Published {
                    receivers: Err(error),
                    ..
                }) => return Err(Failure::other(publish_error_words(&error))),
                Heard::Published(_) => {}
                Heard::AllEnded | Heard::TimeUp => {
                    self.tell_what_came(within);
                    return Ok(TIME_UP);
                }
                Heard::Signal(exit_code) => return Ok(exit_code),
            }
            output::write(self.printer.output())?;
            self.printer.clear();
        }
        Ok(0)
    }

    fn take(&mut self, batch: &Batch, listener: &Listener) {
        let topics = listener.topics();
        let Some(matcher) = &mut self.matcher else {
            return;
        };
        matcher.enter(batch, topics);
        for row in batch.rows() {
            let BatchRow::Message(message) = row else {
                continue;
            };
            if matcher.matches(batch, &message) {
                self.printer.message(batch, &message, topics);
                self.matched += 1;
                if self.matched == self.wanted {
                    return;
                }
            } else {
                self.other_count += 1;
                self.other_printer.message(batch, &message, topics);
                self.others.push_back(self.other_printer.output().to_vec());
                self.other_printer.clear();
                if self.others.len() > MAX_OTHERS {
                    self.others.pop_front();
                }
            }
        }
    }

    /// Says on standard error what came instead.
    fn tell_what_came(&self, within: Duration) {
        let time = figures::duration(within);
        let wanted = figures::counted(self.wanted, "message");
        let what = match self.matched {
            0 => format!("no match within {time}"),
            matched => format!("{matched} of {wanted} within {time}"),
        };
        let others = match self.other_count {
            0 => "no other messages came".to_owned(),
            count => format!("{} came instead:", figures::counted(count, "other message")),
        };
        report(format!("{what}; {others}"));
        let left_out = self.other_count - self.others.len() as u64;
        if left_out > 0 {
            report(format!("… {} more", figures::count(left_out)));
        }
        for line in &self.others {
            report(String::from_utf8_lossy(line.trim_ascii_end()));
        }
    }
}

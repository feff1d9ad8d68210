//! `subscope publish`: publishes messages, and prints how many clients received each.

mod source;
mod template;

use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::time::Duration;

use subscope::app::{publish_error_words, why_ask};
use subscope::message::ConnectionError;
use subscope::payload::figures;
use subscope::server::{PublishError, Publisher};
use subscope::terminal::signals::Signals;
use tokio::select;
use tokio::time::{Instant, sleep_until};

use self::source::{Message, Source};
use super::job::refuse_url;
use super::sending::{connect, ending, flush, prepare_sending, unknown_words};
use crate::cli::Publish;
use crate::host::confirm::confirm;
use crate::host::output::{self, Written};
use crate::host::{Failure, report};

/// How many messages are sent at once, at most.
const BATCH: usize = 256;

/// How many bytes of payloads are sent at once, unless a single one is longer.
const BATCH_BYTES: usize = 256 << 10;

/// Publishes. Returns the exit code.
pub async fn run(mut publish: Publish) -> Result<u8, Failure> {
    let job = match prepare_sending(&mut publish.sending).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    if let Some(channel) = &publish.channel {
        refuse_url(channel)?;
        if !publish.sending.yes
            && let Some(warning) = why_ask(channel.as_encoded_bytes())
            && !confirm(&warning, "Publish to it?")?
        {
            return Ok(1);
        }
    }
    let source = Source::open(&publish)?;
    let mut signals = Signals::listen().map_err(Failure::other)?;
    let address = job.settings.address.clone();
    let publisher = connect(job).await?;
    check_counts(&publisher, &publish)?;
    let mut run = Run {
        address,
        publisher,
        pace: publish.rate.map(|every| (Instant::now(), every)),
        published: 0,
        unheard: 0,
        unknown: 0,
        last_loss: None,
        has_reader: true,
    };
    select! {
        result = run.publish(source) => result?,
        exit_code = ending(&mut signals) => {
            let unanswered = run.publisher.unanswered() as u64;
            report(format!(
                "interrupted after {}{}",
                figures::counted(run.published, "message"),
                match unanswered {
                    0 => String::new(),
                    count => format!("; {count} more may have been published"),
                }
            ));
            return Ok(exit_code);
        }
    }
    run.result(publish.fail_if_unheard)
}

/// Checks that the answers mean what the user asks for. In a cluster, they may not.
fn check_counts(publisher: &Publisher, publish: &Publish) -> Result<(), Failure> {
    let Some(node) = publisher.counted_at().filter(|_| !publish.shard) else {
        return Ok(());
    };
    if publish.fail_if_unheard {
        return Err(Failure::usage(
            "--fail-if-unheard: a node of a cluster counts only its own subscribers; 'subscope \
             channels' counts those of all nodes",
        ));
    }
    if io::stderr().is_terminal() {
        report(format!(
            "only the subscribers at {node} are counted, not those at other nodes"
        ));
    }
    Ok(())
}

/// The state of a run.
struct Run {
    address: String,
    publisher: Publisher,
    /// When the next message may be published, and the time between two, if that is limited.
    pace: Option<(Instant, Duration)>,
    published: u64,
    /// The number of messages without receivers.
    unheard: u64,
    /// The number of messages that may have been published.
    unknown: u64,
    last_loss: Option<ConnectionError>,
    /// Whether anybody reads standard output.
    has_reader: bool,
}

impl Run {
    /// Publishes everything up to the end, or up to what cannot be read.
    async fn publish(&mut self, mut source: Source) -> Result<(), Failure> {
        let (mut count, mut bytes) = (0, 0);
        let mut failure = None;
        while let Some(message) = self.next(&mut source).await? {
            let Message {
                channel,
                payload,
                is_sharded,
            } = match message {
                Ok(message) => message,
                Err(unread) => {
                    failure = Some(unread);
                    break;
                }
            };
            self.publisher.push(&channel, &payload, is_sharded);
            count += 1;
            bytes += channel.len() + payload.len();
            if count == BATCH || bytes >= BATCH_BYTES || source.is_slow() || self.pace.is_some() {
                (count, bytes) = (0, 0);
                flush(&mut self.publisher, &self.address).await?;
                self.take_answers()?;
            }
            if !self.has_reader {
                break;
            }
        }
        self.finish().await?;
        failure.map_or(Ok(()), Err)
    }

    /// Waits for the next message and until it may be published. Takes answers meanwhile.
    async fn next(
        &mut self,
        source: &mut Source,
    ) -> Result<Option<Result<Message, Failure>>, Failure> {
        let due = self.pace.map(|(due, _)| due);
        if let Some((due, every)) = &mut self.pace {
            *due += *every;
        }
        let mut next = None;
        loop {
            let is_waiting = self.publisher.is_waiting();
            let wake = due.unwrap_or_else(Instant::now);
            select! {
                biased;
                () = sleep_until(wake), if next.is_some() => return Ok(next),
                message = source.next(), if next.is_none() => match (message, due) {
                    (Some(Ok(message)), Some(_)) => next = Some(Ok(message)),
                    (message, _) => return Ok(message),
                },
                () = self.publisher.wait(), if is_waiting => self.take_answers()?,
            }
        }
    }

    /// Sends what is left, and waits for all answers.
    async fn finish(&mut self) -> Result<(), Failure> {
        loop {
            flush(&mut self.publisher, &self.address).await?;
            self.take_answers()?;
            if !self.publisher.is_waiting() {
                return Ok(());
            }
            self.publisher.wait().await;
        }
    }

    /// Prints the answers that have arrived. Fails if a message was refused.
    fn take_answers(&mut self) -> Result<(), Failure> {
        let mut text = String::new();
        let mut refusal = None;
        let unknown = self.unknown;
        while let Some(answer) = self.publisher.take_answer() {
            match answer {
                Ok(receivers) => {
                    self.published += 1;
                    self.unheard += u64::from(receivers == 0);
                    text += &receivers.to_string();
                    text.push('\n');
                }
                Err(PublishError::Unknown(error) | PublishError::NotPublished(error)) => {
                    self.unknown += 1;
                    self.last_loss = Some(error);
                }
                Err(error) => {
                    refusal = Some(error);
                    break;
                }
            }
        }
        self.has_reader = output::write(text.as_bytes())? == Written::Whole;
        if let Some(error) = &self.last_loss
            && self.unknown > unknown
        {
            report(unknown_words(self.unknown - unknown, error));
        }
        match refusal {
            None => Ok(()),
            Some(error) => Err(self.refused(&error)),
        }
    }

    fn refused(&self, error: &PublishError) -> Failure {
        let words = publish_error_words(error);
        match (self.published, self.publisher.unanswered()) {
            (0, 0) => Failure::other(words),
            (published, 0) => Failure::other(format!(
                "{words} (after {})",
                figures::counted(published, "message")
            )),
            (published, more) => Failure::other(format!(
                "{words} (after {}; {more} more may have been published)",
                figures::counted(published, "message")
            )),
        }
    }

    /// Returns the exit code of a run that has come to its end.
    fn result(&self, fails_if_unheard: bool) -> Result<u8, Failure> {
        if self.unknown > 0 {
            return Ok(1);
        }
        if fails_if_unheard && self.unheard > 0 {
            let all = self.published;
            return Err(Failure::other(match all {
                1 => "nobody received the message".to_owned(),
                _ => format!("nobody received {} of {all} messages", self.unheard),
            }));
        }
        Ok(0)
    }
}

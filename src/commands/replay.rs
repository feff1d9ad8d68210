//! `subscope replay`: publishes a recording with its own timing.

mod schedule;
mod selection;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use subscope::app::publish_error_words;
use subscope::message::ConnectionError;
use subscope::payload::decoder_choices::DecoderChoices;
use subscope::payload::escape::whole_name;
use subscope::payload::figures;
use subscope::server::{PublishError, Publisher};
use subscope::terminal::signals::Signals;
use tokio::select;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, sleep_until};

use self::schedule::Schedule;
use self::selection::{Chunk, Entry, LeftOut, Selection, place};
use super::input;
use super::job::prepare;
use super::sending::{connect, ending, flush, prepare_sending, unknown_words};
use super::tail::matcher;
use crate::cli::{Replay, Speed};
use crate::host::confirm::{can_ask, confirm};
use crate::host::failure::reason;
use crate::host::output;
use crate::host::screen::Job;
use crate::host::{Failure, report};

/// Maximum number of chunks that are read ahead.
const ROOM: usize = 8;

/// How many messages are sent at once, at most.
const BATCH: usize = 256;

/// How many bytes are sent at once, unless a single message is longer.
const BATCH_BYTES: usize = 256 << 10;

/// How often the progress is shown.
const SHOW_EVERY: Duration = Duration::from_secs(1);

/// Publishes the recording. Returns the exit code.
pub async fn run(mut replay: Replay) -> Result<u8, Failure> {
    let prepared = if replay.dry_run {
        prepare(replay.sending.watch()).await?
    } else {
        prepare_sending(&mut replay.sending).await?
    };
    let job = match prepared {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    if replay.repeats && input::is_stdin(&replay.path) {
        return Err(Failure::usage(
            "--loop requires a file, because standard input can be read only once",
        ));
    }
    let path = input::name(&replay.path);
    let is_same = recorded_at(&replay)?.is_some_and(|server| {
        place(&server) == place(&job.settings.address) && !replay.same_server
    });
    if is_same && replay.map.is_empty() {
        return Err(Failure::usage(format!(
            "{path} was recorded at this server, {}; --map publishes to other channels, \
             --same-server to the same",
            job.settings.address
        )));
    }
    let choices = Arc::new(DecoderChoices::new(job.settings.message_types.clone()));
    let address = job.settings.address.clone();
    let select = || -> Result<Selection, Failure> {
        Ok(Selection {
            only: matcher("--only", replay.only.clone(), &choices)?,
            map: replay.map.clone(),
            from: replay.from,
            to: replay.to,
            has_special: replay.special,
            forbidden: (!replay.same_server).then(|| address.clone()),
        })
    };
    if replay.dry_run {
        return list(start_reading(&replay, select()?)?).await;
    }
    let question = format!("Publish it to {}?", job.settings.address);
    if !replay.sending.yes && can_ask() && !confirm(&path, &question)? {
        return Ok(1);
    }
    publish(job, &replay, select).await
}

/// Publishes everything, once or again and again.
async fn publish(
    job: Job,
    replay: &Replay,
    select: impl Fn() -> Result<Selection, Failure>,
) -> Result<u8, Failure> {
    let mut signals = Signals::listen().map_err(Failure::other)?;
    let address = job.settings.address.clone();
    let mut run = Run {
        address,
        publisher: connect(job).await?,
        schedule: Schedule::new(replay.speed.unwrap_or(Speed::Times(1.0))),
        totals: Totals::default(),
        shown: io::stderr().is_terminal().then(Instant::now),
        waiting: (0, 0),
    };
    let started = Instant::now();
    let work = async {
        loop {
            run.schedule.restart();
            let before = run.totals.pushed;
            run.replay(start_reading(replay, select()?)?).await?;
            if !replay.repeats || run.totals.pushed == before {
                return Ok::<_, Failure>(None);
            }
        }
    };
    let result = select! {
        result = work => result,
        exit_code = ending(&mut signals) => Ok(Some(exit_code)),
    };
    run.summarise(started.elapsed());
    match result? {
        Some(exit_code) => Ok(exit_code),
        None => Ok(u8::from(!run.totals.is_complete())),
    }
}

/// Returns the address of the server that was recorded, if the recording has one. A pipe can be read
/// only once, so that its server stays unknown until the messages are read.
fn recorded_at(replay: &Replay) -> Result<Option<String>, Failure> {
    if input::is_stdin(&replay.path) {
        return Ok(None);
    }
    let blame = blame(&replay.path);
    if !fs::metadata(&replay.path).map_err(&blame)?.is_file() {
        return Ok(None);
    }
    let mut reader = input::reader(&replay.path, replay.from_format).map_err(&blame)?;
    reader.read_arrived().map_err(&blame)?;
    Ok(reader.header().map(|header| header.server.to_string()))
}

fn blame(path: &Path) -> impl Fn(io::Error) -> Failure + Send + use<> {
    let path = input::name(path);
    move |error| Failure::other(format!("{path}: {}", reason(&error)))
}

/// Starts reading the messages to publish on a thread of its own.
fn start_reading(
    replay: &Replay,
    mut selection: Selection,
) -> Result<Receiver<Result<Chunk, Failure>>, Failure> {
    let blame = blame(&replay.path);
    let (chunk_tx, chunk_rx) = channel(ROOM);
    let (path, format) = (replay.path.clone(), replay.from_format);
    let read = move || {
        let reader = input::reader(&path, format);
        let read = reader.and_then(|reader| selection.read(reader, &chunk_tx));
        if let Err(error) = read {
            // Nobody may want it any more.
            let _ = chunk_tx.blocking_send(Err(blame(error)));
        }
    };
    let reading = thread::Builder::new().name("replay".into()).spawn(read);
    reading.map_err(Failure::other)?;
    Ok(chunk_rx)
}

/// Lists the channels that the recording would be published on.
async fn list(mut chunk_rx: Receiver<Result<Chunk, Failure>>) -> Result<u8, Failure> {
    let mut channels: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut totals = Totals::default();
    let mut times = None;
    while let Some(chunk) = chunk_rx.recv().await.transpose()? {
        totals.left_out.add(&chunk.left_out);
        for entry in &chunk.entries {
            let (first, _) = *times.get_or_insert((entry.time, entry.time));
            times = Some((first, entry.time));
            totals.pushed += 1;
            *channels
                .entry(chunk.bytes[entry.channel.clone()].to_vec())
                .or_default() += 1;
        }
    }
    let mut text = String::new();
    for (channel, count) in &channels {
        let _ = writeln!(text, "{count:>12} {}", whole_name(channel));
    }
    output::write(text.as_bytes())?;
    let length = times.map_or(Duration::ZERO, |(first, last)| last.since(first));
    report(format!(
        "{} on {} in {}{}",
        figures::counted(totals.pushed, "message"),
        figures::counted(channels.len() as u64, "channel"),
        figures::duration(length),
        totals.left_out.words()
    ));
    Ok(0)
}

/// What was published.
#[derive(Debug, Default)]
struct Totals {
    pushed: u64,
    published: u64,
    receivers: u64,
    unknown: u64,
    refused: u64,
    left_out: LeftOut,
}

impl Totals {
    fn is_complete(&self) -> bool {
        self.unknown == 0 && self.refused == 0 && self.pushed == self.published
    }
}

/// The state of a run.
struct Run {
    address: String,
    publisher: Publisher,
    schedule: Schedule,
    totals: Totals,
    /// When the progress was last shown, if it is.
    shown: Option<Instant>,
    /// The messages that were pushed and not sent, and their size.
    waiting: (usize, usize),
}

impl Run {
    async fn replay(
        &mut self,
        mut chunk_rx: Receiver<Result<Chunk, Failure>>,
    ) -> Result<(), Failure> {
        while let Some(chunk) = chunk_rx.recv().await.transpose()? {
            self.totals.left_out.add(&chunk.left_out);
            for entry in &chunk.entries {
                self.wait_until_due(entry).await?;
                self.push(&chunk, entry).await?;
            }
        }
        loop {
            self.send().await?;
            if !self.publisher.is_waiting() {
                return Ok(());
            }
            self.publisher.wait().await;
        }
    }

    /// Sends what is waiting and waits until `entry` is due, unless it is.
    async fn wait_until_due(&mut self, entry: &Entry) -> Result<(), Failure> {
        while let Some(wake) = self.schedule.wait_for(entry.time) {
            if self.waiting.0 > 0 {
                self.send().await?;
            }
            let is_waiting = self.publisher.is_waiting();
            let show = self.shown.map(|shown| shown + SHOW_EVERY);
            let next = show.into_iter().chain([wake]).min().unwrap_or(wake);
            select! {
                biased;
                () = sleep_until(next) => self.show(),
                () = self.publisher.wait(), if is_waiting => self.take_answers(),
            }
        }
        Ok(())
    }

    async fn push(&mut self, chunk: &Chunk, entry: &Entry) -> Result<(), Failure> {
        let channel = &chunk.bytes[entry.channel.clone()];
        let payload = &chunk.bytes[entry.payload.clone()];
        self.publisher.push(channel, payload, entry.is_sharded);
        self.totals.pushed += 1;
        self.waiting.0 += 1;
        self.waiting.1 += channel.len() + payload.len();
        if self.waiting.0 >= BATCH || self.waiting.1 >= BATCH_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    /// Sends what is waiting. After an outage, the rest of the recording keeps its timing, too.
    async fn send(&mut self) -> Result<(), Failure> {
        self.waiting = (0, 0);
        let outage = flush(&mut self.publisher, &self.address).await?;
        self.schedule.shift(outage);
        self.take_answers();
        self.show();
        Ok(())
    }

    fn take_answers(&mut self) {
        let mut loss: Option<(u64, ConnectionError)> = None;
        while let Some(answer) = self.publisher.take_answer() {
            match answer {
                Ok(receivers) => {
                    self.totals.published += 1;
                    self.totals.receivers += u64::try_from(receivers).unwrap_or(0);
                }
                Err(PublishError::Unknown(error) | PublishError::NotPublished(error)) => {
                    self.totals.unknown += 1;
                    loss = Some((loss.map_or(0, |(count, _)| count) + 1, error));
                }
                Err(error) => {
                    if self.totals.refused == 0 {
                        report(format!("refused: {}", publish_error_words(&error)));
                    }
                    self.totals.refused += 1;
                }
            }
        }
        if let Some((count, error)) = loss {
            report(unknown_words(count, &error));
        }
    }

    /// Rewrites the line with the progress, if it is time.
    fn show(&mut self) {
        if let Some(shown) = &mut self.shown
            && shown.elapsed() >= SHOW_EVERY
        {
            *shown = Instant::now();
            let words = self.words();
            let lag = figures::duration(self.schedule.take_lag());
            // The line is only for information.
            let _ = write!(io::stderr(), "\r{words} · lag {lag}\u{1b}[K\r");
        }
    }

    fn words(&self) -> String {
        format!(
            "{} · {} · {}",
            figures::counted(self.totals.published, "message"),
            figures::duration(self.schedule.position()),
            figures::counted(self.totals.receivers, "receiver")
        )
    }

    fn summarise(&mut self, time: Duration) {
        self.take_answers();
        let Totals {
            pushed,
            published,
            unknown,
            refused,
            ref left_out,
            ..
        } = self.totals;
        let mut words = format!(
            "{} in {} · {}",
            figures::counted(published, "message"),
            figures::duration(time),
            figures::counted(self.totals.receivers, "receiver")
        );
        if let Some(lag) = self.schedule.worst_lag() {
            let _ = write!(words, " · at most {} late", figures::duration(lag));
        }
        let unanswered = pushed.saturating_sub(published + unknown + refused);
        for (count, what) in [
            (refused, "refused"),
            (unknown + unanswered, "perhaps published"),
        ] {
            if count > 0 {
                let _ = write!(words, " · {} {what}", figures::count(count));
            }
        }
        words += &left_out.words();
        report(format!("replayed {words}"));
    }
}

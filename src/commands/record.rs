//! `subscope record`: records messages to a file.

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use subscope::payload::decoder_choices::DecoderChoices;
use subscope::payload::figures;
use subscope::query::{BatchMatcher, Query};
use tokio::time::Instant;

use super::job::prepare;
use crate::cli::Record;
use crate::host::failure::{reason, shown_path};
use crate::host::listener::{Heard, Listener};
use crate::host::recorder::{Destination, Progress, Recorder};
use crate::host::{Failure, report};

/// How often the progress is shown.
const SHOW_EVERY: Duration = Duration::from_secs(1);

/// Records until the user ends it. Returns the exit code.
pub async fn run(mut record: Record) -> Result<u8, Failure> {
    let job = match prepare(record.watch()).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    let filter = filter(&job.settings)?;
    let path = shown_path(&record.path);
    let blame = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{path} exists; --force replaces it"))
        }
        _ => Failure::other(format!("{path}: {}", reason(&error))),
    };
    let destination = Destination {
        path: record.path.clone(),
        replaces: record.force,
        rotation: record.rotate,
        keep_files: record.keep_files,
        server: job.settings.address.as_str().into(),
    };
    let recorder = Recorder::start(destination, filter).map_err(blame)?;
    let mut listener = Listener::start(job, true)?;
    let result = follow(&mut listener, &recorder, record.time).await;
    listener.stop().await;
    let progress = recorder.finish().map_err(blame)?;
    report(format!("recorded {} to {path}", words(&progress)));
    result
}

/// Returns what decides which messages are recorded; `None` for all.
fn filter(settings: &subscope::app::Settings) -> Result<Option<BatchMatcher>, Failure> {
    if settings.filters.is_empty() {
        return Ok(None);
    }
    let choices = Arc::new(DecoderChoices::new(settings.message_types.clone()));
    let query = Query::all(settings.filters.iter().cloned());
    let matcher = BatchMatcher::new(query, &choices);
    let blame = |problem| Failure::usage(format!("--filter: {problem}"));
    matcher.map(Some).map_err(blame)
}

/// Passes everything that arrives to the recorder.
async fn follow(
    listener: &mut Listener,
    recorder: &Recorder,
    time: Option<Duration>,
) -> Result<u8, Failure> {
    let end = time.map(|time| Instant::now() + time);
    let mut show = io::stderr().is_terminal().then(Instant::now);
    loop {
        let next_show = show.map(|shown| shown + SHOW_EVERY);
        let deadline = end.into_iter().chain(next_show).min();
        match listener.next(deadline).await? {
            Heard::Batch(batch) => {
                let topics = listener.shared_topics();
                if !recorder.record(batch, topics) {
                    // The reason comes with the end of the recording.
                    return Ok(1);
                }
            }
            Heard::AllEnded => return Ok(0),
            Heard::Signal(exit_code) => return Ok(exit_code),
            Heard::TimeUp if end.is_some_and(|end| end <= Instant::now()) => return Ok(0),
            Heard::TimeUp | Heard::Published(_) => {}
        }
        if let Some(shown) = &mut show
            && shown.elapsed() >= SHOW_EVERY
        {
            *shown = Instant::now();
            // The line is only for information.
            let _ = write!(io::stderr(), "\r{}\u{1b}[K\r", words(recorder.progress()));
        }
    }
}

fn words(progress: &Progress) -> String {
    let messages = figures::counted(progress.messages.load(Relaxed), "message");
    let size = figures::size(progress.bytes.load(Relaxed));
    format!("{messages} ({size})")
}

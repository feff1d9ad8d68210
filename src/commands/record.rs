//! `subscope record`: records messages to a file.

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use subscope::payload::decoder_choices::DecoderChoices;
use subscope::payload::figures;
use tokio::time::Instant;

use super::job::prepare;
use super::tail::matcher;
use crate::cli::Record;
use crate::host::failure::{reason, shown_path};
use crate::host::listener::{Heard, Listener};
use crate::host::recorder::{Destination, Progress, Recorder};
use crate::host::{Failure, report};

/// How often the progress is shown, and a failed write noticed, while nothing arrives.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// Records until the user ends it. Returns the exit code.
pub async fn run(mut record: Record) -> Result<u8, Failure> {
    let job = match prepare(record.watch()).await? {
        ControlFlow::Continue(job) => job,
        ControlFlow::Break(exit_code) => return Ok(exit_code),
    };
    let choices = Arc::new(DecoderChoices::new(job.settings.message_types.clone()));
    let filter = matcher("--filter", job.settings.filters.clone(), &choices)?;
    let path = shown_path(&record.path);
    let blame = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{path} exists; --force replaces it"))
        }
        _ => Failure::other(format!("{path}: {}", reason(&error))),
    };
    if record.path.exists() && !record.force {
        return Err(blame(io::ErrorKind::AlreadyExists.into()));
    }
    let destination = Destination {
        path: record.path.clone(),
        replaces: record.force,
        rotation: record.rotate,
        keep_files: record.keep_files,
        server: job.settings.address.as_str().into(),
    };
    let end = record.time.map(|time| Instant::now() + time);
    let mut listener = Listener::start(job, true)?;
    // Unless the server answers, no file is created, and none is replaced.
    let first = listener.next(end).await?;
    let recorder = Recorder::start(destination, filter).map_err(blame)?;
    let result = follow(&mut listener, &recorder, first, end).await;
    listener.stop().await;
    let progress = recorder.finish().map_err(blame)?;
    report(format!("recorded {} to {path}", words(&progress)));
    result
}

/// Passes everything that arrives to the recorder, beginning with `heard`.
async fn follow(
    listener: &mut Listener,
    recorder: &Recorder,
    mut heard: Heard,
    end: Option<Instant>,
) -> Result<u8, Failure> {
    let is_shown = io::stderr().is_terminal();
    let mut checked = Instant::now();
    loop {
        match heard {
            Heard::Batch(batch) => {
                let topics = listener.shared_topics();
                recorder.record(batch, topics);
            }
            Heard::AllEnded => return Ok(0),
            Heard::Signal(exit_code) => return Ok(exit_code),
            Heard::TimeUp if end.is_some_and(|end| end <= Instant::now()) => return Ok(0),
            Heard::TimeUp | Heard::Published(_) => {}
        }
        // The reason comes with the end of the recording.
        if recorder.has_ended() {
            return Ok(1);
        }
        if checked.elapsed() >= CHECK_EVERY {
            checked = Instant::now();
            if is_shown {
                // The line is only for information.
                let _ = write!(io::stderr(), "\r{}\u{1b}[K\r", words(recorder.progress()));
            }
        }
        let deadline = end.into_iter().chain([checked + CHECK_EVERY]).min();
        heard = listener.next(deadline).await?;
    }
}

fn words(progress: &Progress) -> String {
    let messages = figures::counted(progress.messages.load(Relaxed), "message");
    let size = figures::size(progress.bytes.load(Relaxed));
    format!("{messages} ({size})")
}

//! The recording of a session with a screen, which must never wait for it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use subscope::app::{Event, RecordedRows, RecordingNews, RecordingRequest, RecordingSize};
use subscope::config::home;
use subscope::message::{Dropped, Time};
use subscope::payload::figures;
use subscope::query::{BatchMatcher, Query};
use tokio::sync::mpsc::Sender;

use super::{Destination, Progress, Recording, Rows, Waiting};
use crate::host::failure::{reason, report, shown_path};
use crate::host::files;

/// Maximum size of the rows that wait to be written, in bytes. More of them are lost.
const MAX_WAITING: usize = 64 << 20;

/// How long to wait for a recording to be written when the program ends, and how often to check.
const PATIENCE: Duration = Duration::from_secs(10);
const CHECK_EVERY: Duration = Duration::from_millis(10);

/// The recording of a session with a screen, if there is one.
pub struct Recordings {
    answer_tx: Sender<Event>,
    /// Passes rows to the running recording, until it is stopped.
    rows_tx: Option<mpsc::Sender<Rows>>,
    /// The size of the rows that wait to be written, in bytes.
    waiting: Arc<AtomicUsize>,
    /// The messages lost since the last rows were passed on.
    lost: Option<Dropped>,
    /// The thread of the last recording. It returns the outcome if the loop has ended before it.
    thread: Option<JoinHandle<Option<RecordingNews>>>,
}

impl Recordings {
    pub fn new(answer_tx: Sender<Event>) -> Self {
        Self {
            answer_tx,
            rows_tx: None,
            waiting: Arc::default(),
            lost: None,
            thread: None,
        }
    }

    /// Creates the file and starts recording. Returns whether that succeeded.
    pub fn start(&mut self, request: RecordingRequest) -> Event {
        let (path, scope) = (request.path.clone(), request.scope);
        Event::Recording(match self.try_start(request) {
            Ok(true) => RecordingNews::Started(path),
            Ok(false) => RecordingNews::Exists(path, scope),
            Err(cause) => RecordingNews::Refused { path, scope, cause },
        })
    }

    /// Returns whether the recording has started; if not, the file exists and is not to be replaced.
    fn try_start(&mut self, request: RecordingRequest) -> Result<bool, String> {
        let path: PathBuf = home::expand(request.path.as_str().into())?;
        if files::found(&path)?.is_some() && !request.replaces {
            return Ok(false);
        }
        let matcher = |query: Query| BatchMatcher::new(query, &request.decoder_choices);
        let filter = request.filter.map(matcher).transpose()?;
        let destination = Destination {
            path,
            replaces: request.replaces,
            rotation: None,
            keep_files: None,
            server: request.server,
        };
        let recording = Recording::create(destination, filter).map_err(|error| reason(&error))?;
        let (rows_tx, rows_rx) = mpsc::channel();
        let (path, answer_tx) = (request.path, self.answer_tx.clone());
        let work = move || run(recording, &rows_rx, path, &answer_tx);
        let thread = thread::Builder::new().name("record".into()).spawn(work);
        self.thread = Some(thread.map_err(|error| error.to_string())?);
        self.lost = None;
        if let Some(kept) = request.kept {
            // The log keeps these rows in memory anyway, so they do not count.
            let waiting = Waiting::new(0, &self.waiting);
            // Sending fails only if the recording has failed, which it reports.
            let _ = rows_tx.send(Rows::Excerpt(kept, waiting));
        }
        self.rows_tx = Some(rows_tx);
        Ok(true)
    }

    /// Passes rows on without waiting. If too many are waiting, they are lost. Returns an event
    /// that counts the lost messages once there is room again.
    pub fn record(&mut self, rows: RecordedRows) -> Option<Event> {
        let rows_tx = self.rows_tx.as_ref()?;
        let bytes = rows.rows.bytes();
        let waiting_bytes = self.waiting.load(Relaxed);
        // Rows that are larger than the limit are passed on alone.
        if waiting_bytes > 0 && waiting_bytes + bytes > MAX_WAITING {
            let now = Time::now();
            let lost = Dropped {
                count: rows.rows.messages(),
                bytes: bytes as u64,
                from: now,
                to: now,
            };
            self.lost = Some(self.lost.map_or(lost, |earlier| earlier.and_then(lost)));
            return None;
        }
        let lost = self.lost.take();
        if let Some(lost) = lost {
            let _ = rows_tx.send(Rows::Lost(lost));
        }
        let waiting = Waiting::new(bytes, &self.waiting);
        let _ = rows_tx.send(Rows::Excerpt(rows, waiting));
        lost.map(|lost| Event::Recording(RecordingNews::Lost(lost)))
    }

    /// Lets the recording end once everything is written. Returns an event that counts the lost
    /// messages.
    pub fn stop(&mut self) -> Option<Event> {
        let rows_tx = self.rows_tx.take()?;
        let lost = self.lost.take()?;
        let _ = rows_tx.send(Rows::Lost(lost));
        Some(Event::Recording(RecordingNews::Lost(lost)))
    }

    /// Completes the file and says what it contains, unless that takes long or is abandoned.
    pub fn finish(mut self, is_abandoned: &AtomicBool) {
        self.stop();
        let Some(thread) = self.thread else { return };
        let started = Instant::now();
        while !thread.is_finished() {
            if is_abandoned.load(Relaxed) || started.elapsed() >= PATIENCE {
                report("the end of the recording is missing: it was not written in time");
                return;
            }
            thread::sleep(CHECK_EVERY);
        }
        match thread.join().ok().flatten() {
            Some(RecordingNews::Done { path, size }) => {
                let messages = figures::counted(size.messages, "message");
                let (path, bytes) = (shown_path(path.as_ref()), figures::size(size.bytes));
                report(format!("recorded {messages} ({bytes}) to {path}"));
            }
            Some(RecordingNews::Failed { path, cause }) => {
                report(format!(
                    "recording to {} ended: {cause}",
                    shown_path(path.as_ref())
                ));
            }
            _ => {}
        }
    }
}

impl Waiting {
    fn new(bytes: usize, total: &Arc<AtomicUsize>) -> Self {
        total.fetch_add(bytes, Relaxed);
        Self {
            bytes,
            total: Arc::clone(total),
        }
    }
}

/// Records to `path` until the recording is stopped, and reports on it. Returns the outcome if
/// nothing takes it.
fn run(
    recording: Recording,
    rows_rx: &Receiver<Rows>,
    path: String,
    answer_tx: &Sender<Event>,
) -> Option<RecordingNews> {
    let progress = Arc::clone(&recording.progress);
    let tell = |progress: &Progress| {
        let news = RecordingNews::Progress(size_of(progress));
        // Sending fails only if the loop has ended.
        let _ = answer_tx.blocking_send(Event::Recording(news));
    };
    let outcome: io::Result<()> = recording.run(rows_rx, tell);
    let news = match outcome {
        Ok(()) => RecordingNews::Done {
            path,
            size: size_of(&progress),
        },
        Err(error) => RecordingNews::Failed {
            path,
            cause: reason(&error),
        },
    };
    let sent = answer_tx.blocking_send(Event::Recording(news.clone()));
    sent.is_err().then_some(news)
}

fn size_of(progress: &Progress) -> RecordingSize {
    RecordingSize {
        messages: progress.messages.load(Relaxed),
        bytes: progress.bytes.load(Relaxed),
    }
}

//! Writes a recording to files, on a thread of its own.

mod of_screen;

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use subscope::app::{Keymap, RecordedRows, notice_words};
use subscope::log::Batch;
use subscope::message::{Dropped, Notice, Time, Topic};
use subscope::payload::figures::{Clock, Zone};
use subscope::query::BatchMatcher;
use subscope::recording::{Compression, Header, Writer};

use super::files;
pub use of_screen::Recordings;

/// Maximum number of batches that wait to be written.
const ROOM: usize = 64;

/// The longest time for which rows stay in memory before they are written.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// When to start a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// When the file has this size, in bytes, before compression.
    Size(u64),
    /// After this time.
    Time(Duration),
}

/// Where a recording goes.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The file.
    pub path: PathBuf,
    /// Whether an existing file is replaced.
    pub replaces: bool,
    /// When to start a new file, if ever.
    pub rotation: Option<Rotation>,
    /// How many full files to keep; `None` for all.
    pub keep_files: Option<u64>,
    /// The address of the server, without a password.
    pub server: Box<str>,
}

/// What has been recorded so far.
#[derive(Debug, Default)]
pub struct Progress {
    /// The number of messages.
    pub messages: AtomicU64,
    /// The size of the files, in bytes.
    pub bytes: AtomicU64,
}

/// Rows to record. The topics are those of all subscriptions, by id.
enum Rows {
    Batch(Box<Batch>, Arc<[Topic]>),
    Excerpt(RecordedRows, Waiting),
    /// These messages could not be recorded.
    Lost(Dropped),
}

/// The size of rows that wait to be written, which is part of a total until they are.
struct Waiting {
    bytes: usize,
    total: Arc<AtomicUsize>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Relaxed);
    }
}

/// A running recording.
pub struct Recorder {
    rows_tx: SyncSender<Rows>,
    thread: JoinHandle<io::Result<()>>,
    progress: Arc<Progress>,
}

impl Recorder {
    /// Creates the file and starts recording the messages that match `filter`, and all notices.
    ///
    /// # Errors
    ///
    /// If the file cannot be created, or exists and is not to be replaced.
    pub fn start(destination: Destination, filter: Option<BatchMatcher>) -> io::Result<Self> {
        let (rows_tx, rows_rx) = sync_channel(ROOM);
        let recording = Recording::create(destination, filter)?;
        let progress = Arc::clone(&recording.progress);
        let thread = thread::Builder::new()
            .name("record".into())
            .spawn(move || recording.run(&rows_rx, |_| {}))?;
        Ok(Self {
            rows_tx,
            thread,
            progress,
        })
    }

    /// Passes rows on, and waits if too many are waiting. They are lost if the recording has ended.
    pub fn record(&self, batch: Box<Batch>, topics: Arc<[Topic]>) {
        let _ = self.rows_tx.send(Rows::Batch(batch, topics));
    }

    /// Returns whether a failed write has ended the recording.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Returns what has been recorded so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Writes what is waiting and ends the recording.
    ///
    /// # Errors
    ///
    /// If a write failed, which ended the recording there.
    pub fn finish(self) -> io::Result<Arc<Progress>> {
        drop(self.rows_tx);
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the recorder crashed")))?;
        Ok(self.progress)
    }
}

/// The state of the thread.
struct Recording {
    destination: Destination,
    filter: Option<BatchMatcher>,
    progress: Arc<Progress>,
    writer: Writer<File>,
    /// When the current file was started.
    started: Time,
    /// Whether rows have not been flushed.
    is_dirty: bool,
    /// The bytes in earlier files.
    before: u64,
    /// The full files, oldest first.
    full: VecDeque<PathBuf>,
    clock: Clock,
    keymap: Keymap,
}

impl Recording {
    fn create(destination: Destination, filter: Option<BatchMatcher>) -> io::Result<Self> {
        let started = Time::now();
        let writer = open(&destination, destination.replaces, started)?;
        Ok(Self {
            destination,
            filter,
            progress: Arc::default(),
            writer,
            started,
            is_dirty: false,
            before: 0,
            full: VecDeque::new(),
            clock: Clock::new(Zone::Local),
            keymap: Keymap::default(),
        })
    }

    /// Records until nothing can send rows any more. Calls `tell` whenever what was recorded can be
    /// read, even if the program is killed.
    fn run(mut self, rows_rx: &Receiver<Rows>, mut tell: impl FnMut(&Progress)) -> io::Result<()> {
        let mut flushed = Instant::now();
        loop {
            let left = FLUSH_EVERY.saturating_sub(flushed.elapsed());
            // While there is nothing to do, no timer runs.
            let rows = if self.is_dirty || self.destination.rotation.is_some() {
                rows_rx.recv_timeout(left)
            } else {
                rows_rx.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match rows {
                Ok(rows) => self.write(rows)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if flushed.elapsed() >= FLUSH_EVERY {
                flushed = Instant::now();
                if self.is_dirty {
                    self.flush()?;
                    tell(&self.progress);
                }
            }
            if self.is_full() {
                self.rotate()?;
            }
        }
        let bytes = self.before + self.writer.finish()?.metadata()?.len();
        self.progress.bytes.store(bytes, Relaxed);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.is_dirty = false;
        let file = self.writer.output().map(File::metadata).transpose()?;
        let bytes = self.before + file.map_or(0, |file| file.len());
        self.progress.bytes.store(bytes, Relaxed);
        Ok(())
    }

    fn write(&mut self, rows: Rows) -> io::Result<()> {
        self.is_dirty = true;
        let added = match rows {
            Rows::Batch(batch, topics) => self.write_batch(&batch, &topics)?,
            // The rows count as waiting until they are written.
            Rows::Excerpt(rows, _waiting) => self.write_excerpt(rows)?,
            Rows::Lost(lost) => {
                let notice = Notice::Unrecorded(lost);
                let words = notice_words(&notice, &self.clock, &self.keymap);
                self.writer.notice(lost.to, &notice, &words);
                0
            }
        };
        self.progress.messages.fetch_add(added, Relaxed);
        Ok(())
    }

    fn write_batch(&mut self, batch: &Batch, topics: &[Topic]) -> io::Result<u64> {
        if let Some(filter) = &mut self.filter {
            filter.enter(batch, topics);
        }
        let filter = &mut self.filter;
        self.writer.batch(
            batch,
            topics,
            |message| match filter {
                Some(filter) => filter.matches(batch, message),
                None => true,
            },
            |notice| Some(notice_words(notice, &self.clock, &self.keymap)),
        )
    }

    fn write_excerpt(&mut self, rows: RecordedRows) -> io::Result<u64> {
        let RecordedRows { rows, topics } = rows;
        // The segment that the filter has been prepared for.
        let mut entered = None;
        let filter = &mut self.filter;
        self.writer.excerpt(
            rows,
            &topics,
            |segment, row, via| {
                let Some(filter) = filter else { return true };
                let first = Some(segment.rows().start);
                if entered != first {
                    filter.enter_segment(segment, &topics);
                    entered = first;
                }
                filter.matches_row(row, via)
            },
            |notice| match notice {
                // The recording has a line of its own where they are missing.
                Notice::Unrecorded(_) => None,
                notice => Some(notice_words(notice, &self.clock, &self.keymap)),
            },
        )
    }

    /// Returns whether it is time for a new file.
    fn is_full(&self) -> bool {
        match self.destination.rotation {
            Some(Rotation::Size(bytes)) => self.writer.written() >= bytes,
            Some(Rotation::Time(time)) => Time::now().since(self.started) >= time,
            None => false,
        }
    }

    /// Renames the current file, and starts a new one in its place.
    fn rotate(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        let full = self.full_name();
        fs::rename(&self.destination.path, &full)?;
        self.full.push_back(full);
        self.started = Time::now();
        let next = open(&self.destination, false, self.started)?;
        let full = std::mem::replace(&mut self.writer, next).finish()?;
        self.before += full.metadata()?.len();
        let kept = self.destination.keep_files.unwrap_or(u64::MAX);
        while self.full.len() as u64 > kept {
            if let Some(oldest) = self.full.pop_front() {
                fs::remove_file(oldest)?;
            }
        }
        Ok(())
    }

    /// Returns a free name for the current file, with the time of its start.
    fn full_name(&self) -> PathBuf {
        let path = &self.destination.path;
        let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
        let (stem, extension) = name.split_once('.').unwrap_or((&name, ""));
        let dot = if extension.is_empty() { "" } else { "." };
        let stamp = self.clock.file_stamp(self.started);
        let names = (1..).map(|number| match number {
            1 => format!("{stem}-{stamp}{dot}{extension}"),
            _ => format!("{stem}-{stamp}-{number}{dot}{extension}"),
        });
        let mut paths = names.map(|name| path.with_file_name(name));
        paths.find(|path| !path.exists()).unwrap_or_default()
    }
}

/// Creates the file and writes the header.
fn open(destination: &Destination, replaces: bool, start: Time) -> io::Result<Writer<File>> {
    let path = &destination.path;
    let file = if replaces {
        replaced(path)?
    } else {
        files::create_new(path)?
    };
    let name = path.to_string_lossy();
    let header = Header {
        program: concat!("subscope ", env!("CARGO_PKG_VERSION")).into(),
        server: destination.server.clone(),
        start,
    };
    let mut writer = Writer::new(file, Compression::of(&name), &header)?;
    writer.flush()?;
    Ok(writer)
}

/// Opens a file that may exist, without its content. A new one can be read only by its owner.
fn replaced(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

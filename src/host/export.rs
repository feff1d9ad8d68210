//! Writes exports to files, each on a thread of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use subscope::app::{Event, ExportCounts, ExportRequest, Exported, write_export};
use subscope::config::home;
use tokio::sync::mpsc::Sender;

use super::failure::reason;

/// The size of the buffer between the rows and the file.
const BUFFER: usize = 256 << 10;

/// How often a thread pauses, and for how long, so that the threads that read from Redis and draw
/// get a core soon.
const REST_EVERY: Duration = Duration::from_millis(2);
const REST: Duration = Duration::from_micros(50);

/// How long to wait for running exports when the program ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to check whether they have ended.
const CHECK_EVERY: Duration = Duration::from_millis(10);

/// The running exports.
pub struct Exports {
    answer_tx: Sender<Event>,
    threads: Vec<JoinHandle<()>>,
    is_cancelled: Arc<AtomicBool>,
}

/// A file that is being written under another name, and the name that it will have.
struct Target {
    path: PathBuf,
    part: PathBuf,
    /// Whether `path` is an empty file that reserves the name.
    is_reserved: bool,
}

impl Exports {
    pub fn new(answer_tx: Sender<Event>) -> Self {
        Self {
            answer_tx,
            threads: Vec::new(),
            is_cancelled: Arc::default(),
        }
    }

    /// Starts an export. Returns the answer if it cannot start.
    pub fn start(&mut self, request: ExportRequest) -> Option<Event> {
        let path = request.path.clone();
        let refused = |cause| Some(Event::Exported(Exported::Refused { path, cause }));
        let (target, file) = match Target::create(&request.path, request.replaces) {
            Ok(Some(created)) => created,
            Ok(None) => return Some(Event::Exported(Exported::Exists(request.path))),
            Err(cause) => return refused(cause),
        };
        let is_cancelled = Arc::clone(&self.is_cancelled);
        let answer_tx = self.answer_tx.clone();
        let work = move || {
            let path = request.path.clone();
            let exported = match target.write(request, &file, &is_cancelled) {
                Ok((counts, size)) => Exported::Done { path, counts, size },
                Err(error) => {
                    let cause = reason(&error);
                    Exported::Failed { path, cause }
                }
            };
            // Sending fails only if the loop has ended.
            let _ = answer_tx.blocking_send(Event::Exported(exported));
        };
        self.threads.retain(|thread| !thread.is_finished());
        match thread::Builder::new().name("export".into()).spawn(work) {
            Ok(thread) => self.threads.push(thread),
            Err(error) => return refused(error.to_string()),
        }
        None
    }

    /// Waits for running exports, but not for long: then they end without a file.
    pub fn finish(self) {
        let started = Instant::now();
        let is_running = || self.threads.iter().any(|thread| !thread.is_finished());
        while is_running() && started.elapsed() < PATIENCE {
            thread::sleep(CHECK_EVERY);
        }
        self.is_cancelled.store(true, Ordering::Relaxed);
        while is_running() && started.elapsed() < 2 * PATIENCE {
            thread::sleep(CHECK_EVERY);
        }
    }
}

impl Target {
    /// Creates the file for an export to `path`, which may start with `~`. Returns `None` if there
    /// is such a file and it is not to be replaced.
    fn create(path: &str, replaces: bool) -> Result<Option<(Self, File)>, String> {
        let path = home::expand(path.into()).map_err(|problem| format!("{path} {problem}"))?;
        let found = fs::metadata(&path);
        if found.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err("is a folder".to_owned());
        }
        if found.as_ref().is_ok_and(|found| !found.is_file()) {
            return Err("is not a regular file".to_owned());
        }
        let exists = found.is_ok();
        if exists && !replaces {
            return Ok(None);
        }
        // A link stays, and the file that it leads to is replaced.
        let path = if exists {
            fs::canonicalize(&path).map_err(|error| reason(&error))?
        } else {
            path
        };
        let mut target = Self {
            part: part_of(&path),
            path,
            is_reserved: false,
        };
        if !exists {
            match create_new(&target.path) {
                Ok(_) => target.is_reserved = true,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
                Err(error) => return Err(reason(&error)),
            }
        }
        match create_new(&target.part) {
            Ok(file) => Ok(Some((target, file))),
            Err(error) => {
                // The part belongs to another export.
                if target.is_reserved {
                    let _ = fs::remove_file(&target.path);
                }
                Err(reason(&error))
            }
        }
    }

    /// Writes the export. Returns its counts and its size in bytes. On an error, no file is left.
    fn write(
        self,
        request: ExportRequest,
        file: &File,
        is_cancelled: &AtomicBool,
    ) -> io::Result<(ExportCounts, u64)> {
        let mut rested = Instant::now();
        let pause = || {
            if is_cancelled.load(Ordering::Relaxed) {
                return Err(io::Error::other("the program ended"));
            }
            if rested.elapsed() >= REST_EVERY {
                thread::sleep(REST);
                rested = Instant::now();
            }
            Ok(())
        };
        let written = write_export(request, BufWriter::with_capacity(BUFFER, file), pause);
        let size = written.and_then(|counts| Ok((counts, file.metadata()?.len())));
        let done = size.and_then(|written| {
            fs::rename(&self.part, &self.path)?;
            Ok(written)
        });
        if done.is_err() {
            self.remove();
        }
        done
    }

    /// Removes what this export has created.
    fn remove(&self) {
        let _ = fs::remove_file(&self.part);
        if self.is_reserved {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns a name for the file while it is being written, a new one each time.
fn part_of(path: &Path) -> PathBuf {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{name}.{}-{serial}.part", process::id()))
}

/// Creates a file that only its owner can read.
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

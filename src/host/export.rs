//! Writes exports to files, each on its own thread.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use subscope::app::{Event, ExportCounts, ExportRequest, Exported, write_export};
use subscope::config::home;
use tokio::sync::mpsc::Sender;

use super::failure::{reason, report};
use super::files::{self, Part};

/// The size of the buffer between the rows and the file.
const BUFFER: usize = 256 << 10;

/// How often an export pauses, and for how long, so that the threads that read from Redis and draw
/// do not wait for a core.
const REST_EVERY: Duration = Duration::from_millis(2);
const REST: Duration = Duration::from_micros(50);

/// How long to wait for running exports when the program ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to check whether running exports have ended.
const CHECK_EVERY: Duration = Duration::from_millis(10);

/// The running exports.
pub struct Exports {
    answer_tx: Sender<Event>,
    threads: Vec<JoinHandle<()>>,
    /// Whether they are to end without a file.
    pub is_abandoned: Arc<AtomicBool>,
}

/// The file that an export is written to. Unless it is completed, nothing of it is left.
struct Target {
    part: Part,
    /// Whether it replaces a file.
    replaces: bool,
}

impl Exports {
    pub fn new(answer_tx: Sender<Event>) -> Self {
        Self {
            answer_tx,
            threads: Vec::new(),
            is_abandoned: Arc::default(),
        }
    }

    /// Starts an export. Returns an event that says why if the export cannot start.
    pub fn start(&mut self, request: ExportRequest) -> Option<Event> {
        let path = request.path.clone();
        let refused = |cause| Some(Event::Exported(Exported::Refused { path, cause }));
        let (target, file) = match Target::create(&request.path, request.replaces) {
            Ok(Some(created)) => created,
            Ok(None) => return Some(Event::Exported(Exported::Exists(request.path))),
            Err(cause) => return refused(cause),
        };
        let is_abandoned = Arc::clone(&self.is_abandoned);
        let answer_tx = self.answer_tx.clone();
        let work = move || {
            let path = request.path.clone();
            let exported = match target.write(request, &file, &is_abandoned) {
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

    /// Makes all exports end without a file.
    pub fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Relaxed);
    }

    /// Waits for running exports, but not for long: then they are abandoned.
    pub fn finish(self) {
        let is_abandoned = || self.is_abandoned.load(Ordering::Relaxed);
        if self.is_running() && !is_abandoned() {
            report("finishing the export; Ctrl-C abandons it");
        }
        let started = Instant::now();
        while self.is_running() && !is_abandoned() && started.elapsed() < PATIENCE {
            thread::sleep(CHECK_EVERY);
        }
        // What is left of the file goes at the next row.
        self.abandon();
        let abandoned = Instant::now();
        while self.is_running() && abandoned.elapsed() < PATIENCE {
            thread::sleep(CHECK_EVERY);
        }
    }

    fn is_running(&self) -> bool {
        self.threads.iter().any(|thread| !thread.is_finished())
    }
}

impl Target {
    /// Creates the file for an export to `path`, which may start with `~`. Returns `None` if the
    /// file exists and must not be replaced. A replaced file keeps its permissions.
    fn create(path: &str, replaces: bool) -> Result<Option<(Self, File)>, String> {
        let path = home::expand(path.into())?;
        let found = files::found(&path)?;
        let Some(found) = found else {
            let (part, file) = Part::create(path).map_err(|error| reason(&error))?;
            let replaces = false;
            return Ok(Some((Self { part, replaces }, file)));
        };
        if !replaces {
            return Ok(None);
        }
        // A link stays, and the file that it leads to is replaced, if it may be written to.
        let path = fs::canonicalize(&path).map_err(|error| reason(&error))?;
        let file = OpenOptions::new().write(true).open(&path);
        file.map_err(|error| reason(&error))?;
        let (part, file) = Part::create(path).map_err(|error| reason(&error))?;
        let mode = Permissions::from_mode(found.permissions().mode() & 0o777);
        file.set_permissions(mode).map_err(|error| reason(&error))?;
        Ok(Some((Self { part, replaces }, file)))
    }

    /// Writes the export. Returns its counts and its size in bytes.
    fn write(
        self,
        request: ExportRequest,
        file: &File,
        is_abandoned: &AtomicBool,
    ) -> io::Result<(ExportCounts, u64)> {
        let mut rested = Instant::now();
        let pause = || {
            if is_abandoned.load(Ordering::Relaxed) {
                return Err(io::Error::other("the program ended"));
            }
            if rested.elapsed() >= REST_EVERY {
                thread::sleep(REST);
                rested = Instant::now();
            }
            Ok(())
        };
        let counts = write_export(request, BufWriter::with_capacity(BUFFER, file), pause)?;
        let size = file.metadata()?.len();
        if self.replaces {
            self.part.put()?;
        } else {
            self.part.put_new().map_err(|error| match error.kind() {
                ErrorKind::AlreadyExists => io::Error::other("another file has taken that name"),
                _ => error,
            })?;
        }
        Ok((counts, size))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    /// Creates the target of an export to `name` in `folder`.
    fn create(folder: &Path, name: &str, replaces: bool) -> Result<Option<(Target, File)>, String> {
        Target::create(folder.join(name).to_str().unwrap(), replaces)
    }

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn an_export_that_does_not_begin_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let created = create(folder.path(), "new.csv", false).unwrap();
        // Nothing is at the place of the export before it is complete.
        assert_eq!(count(folder.path()), 1);
        assert!(!folder.path().join("new.csv").exists());
        drop(created);
        assert_eq!(count(folder.path()), 0);
    }

    #[test]
    fn a_link_to_no_file_is_refused_instead_of_asked_about_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        symlink("nowhere", folder.path().join("dangling")).unwrap();
        symlink("round", folder.path().join("round")).unwrap();
        for replaces in [false, true] {
            let refusal = create(folder.path(), "dangling", replaces).err().unwrap();
            assert_eq!(refusal, "it is a link to a file that does not exist");
            assert!(create(folder.path(), "round", replaces).is_err());
        }
    }

    #[test]
    fn a_name_may_be_as_long_as_the_file_system_allows() {
        let folder = tempfile::tempdir().unwrap();
        let name = "n".repeat(251) + ".csv";
        let created = create(folder.path(), &name, false).unwrap();
        assert!(created.is_some());
        let refusal = create(folder.path(), &("n".to_owned() + &name), false);
        assert_eq!(refusal.err().unwrap(), "File name too long");
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions_and_its_links() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.csv");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        symlink("old.csv", folder.path().join("link.csv")).unwrap();
        assert!(create(folder.path(), "link.csv", false).unwrap().is_none());
        let (target, file) = create(folder.path(), "link.csv", true).unwrap().unwrap();
        assert_eq!(target.part.path.file_name(), path.file_name());
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        drop(target);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(count(folder.path()), 2);
    }
}

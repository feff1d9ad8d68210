//! Files that only their owner can read, and that never exist half written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Creates a file that only its owner can read.
pub fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// A file that is being written under a temporary name, next to its final place. Unless it is put
/// there, nothing of it is left.
pub struct Part {
    /// The final place.
    pub path: PathBuf,
    part: PathBuf,
}

impl Part {
    /// Creates the file for `path`.
    pub fn create(path: PathBuf) -> io::Result<(Self, File)> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        loop {
            // The name does not contain that of the file, which may be as long as a name can be.
            let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
            let name = format!(".subscope-{}-{serial}.part", process::id());
            let part = path.with_file_name(name);
            match create_new(&part) {
                Ok(file) => return Ok((Self { path, part }, file)),
                // A killed process with the same number has left it behind.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Puts the file in its place, where it replaces any other.
    pub fn put(&self) -> io::Result<()> {
        fs::rename(&self.part, &self.path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It fails if the file is in its place.
        let _ = fs::remove_file(&self.part);
    }
}

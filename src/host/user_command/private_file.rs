//! A file that a command opens, which only the user can read.

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::host::files::create_new;

/// A file in a folder of its own, since programs may write other files next to it. Dropping it
/// removes both.
pub struct PrivateFile {
    folder: PathBuf,
    path: PathBuf,
}

impl PrivateFile {
    /// Creates the file.
    pub fn create(extension: &str, content: &[u8]) -> io::Result<Self> {
        let folder = create_folder()?;
        let path = folder.join(format!("message.{extension}"));
        let file = Self { folder, path };
        create_new(&file.path)?.write_all(content)?;
        Ok(file)
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn create_folder() -> io::Result<PathBuf> {
    static SERIAL: AtomicU32 = AtomicU32::new(0);
    loop {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("subscope-{}-{serial}", process::id()));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            // A killed process with the same number has left it behind.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

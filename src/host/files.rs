//! Files that only their owner can read, and that never exist half written.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::failure::reason;

/// Creates a file that only its owner can read.
pub fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Returns the metadata of the file at `path`, if there is one. The error says why no file can be
/// written there.
pub fn found(path: &Path) -> Result<Option<Metadata>, String> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err("it is a folder".to_owned()),
        Ok(found) if !found.is_file() => Err("it is not a regular file".to_owned()),
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(reason(&error)),
        Err(_) if path.is_symlink() => Err("it is a link to a file that does not exist".to_owned()),
        Err(_) => Ok(None),
    }
}

/// Replaces the content of the file at `path` as a whole, so that no other process sees a part of
/// it. Creates the folder if necessary. Only the owner can read the file. A link stays a link.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (part, mut file) = Part::create(path)?;
    file.write_all(content)?;
    part.put()
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

    /// Puts the file in its place.
    ///
    /// # Errors
    ///
    /// If there is another file, which stays.
    pub fn put_new(&self) -> io::Result<()> {
        match fs::hard_link(&self.part, &self.path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            // Not every file system has hard links. An empty file reserves the place.
            Err(_) => {
                create_new(&self.path)?;
                self.put()
            }
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It fails if the file was renamed.
        let _ = fs::remove_file(&self.part);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should panic")]

    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("file");
        replace(&path, b"old").unwrap();
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        // A reader that has the old file open keeps it.
        let mut reader = File::open(&path).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(io::read_to_string(&mut reader).unwrap(), "old");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(link.is_symlink());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_never_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let (part, mut file) = Part::create(path.clone()).unwrap();
        file.write_all(b"mine").unwrap();
        fs::write(&path, "other").unwrap();
        let error = part.put_new().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"other");
        fs::remove_file(&path).unwrap();
        part.put_new().unwrap();
        drop(part);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

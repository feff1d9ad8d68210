//! Reading a file at several places at once.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

/// A place in a file, which others read too.
pub(super) struct Cursor {
    file: Arc<File>,
    position: u64,
}

impl Cursor {
    pub(super) fn new(file: &Arc<File>, position: u64) -> Self {
        let file = Arc::clone(file);
        Self { file, position }
    }
}

impl Read for Cursor {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(target, self.position)?;
        self.position += length as u64;
        Ok(length)
    }
}
